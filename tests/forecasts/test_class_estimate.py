"""What past cases alone say of the money: ratios by hand, the place of the company, and what comes first."""

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis import audit, scenarios
from analysis.forecasts import calibration, class_estimate
from analysis.forecasts.class_estimate import CLASS, CORRECTED, RAW


def assumptions(**overrides):
    return scenarios.check(scenarios.resolve("base", {"draws": 2000} | overrides))


def terms(**overrides):
    """A stake of a tenth that was worth twice its cost at the last price; nothing is paid to anybody."""
    usual = {"stake_share": 0.1, "start_equity_usd_bn": 400.0, "invested_usd_bn": 20.0}
    return assumptions(**usual | {"stock_pay_pct": 0.0, "manager_gain_share": 0.0} | overrides)


def cases(*outcomes, basis="market value"):
    return pd.DataFrame(
        {
            "company": [f"c{row}" for row in range(len(outcomes))],
            "entry_year": range(2010, 2010 + len(outcomes)),
            "basis": basis,
            "outcome_x": outcomes,
        }
    )


def repairs(shift=0.0, spread_factor=1.0, verdict=calibration.CLASS_FIRST):
    """A calibration that asks for one and the same repair everywhere."""
    repair = calibration.Repair(shift, spread_factor, 1.0, 50.0)
    return SimpleNamespace(repair=lambda test, years: repair, verdict=lambda test: verdict)


@pytest.fixture(scope="module")
def facts():
    return audit.gather(assumptions())


def test_a_ratio_becomes_a_multiple_by_what_the_stake_was_worth():
    # 0.1 × 400 / 20 = 2 times the money at the entry; half of it is 1, thrice is 6
    moic = class_estimate.money_multiples(terms(), cases(0.5, 3.0), 5)
    assert sorted(set(np.round(moic, 12))) == [1.0, 6.0]


def test_the_manager_keeps_his_share_of_the_gain_alone():
    # 1 - nothing gained; 6 - 0.2 × (6 - 1) = 5
    moic = class_estimate.money_multiples(terms(manager_gain_share=0.2), cases(0.5, 3.0), 5)
    assert sorted(set(np.round(moic, 12))) == [1.0, 5.0]


def test_new_shares_for_employees_are_taken_off_market_values_and_not_off_share_prices():
    # 2% a year for 5 years leave 0.98^5 of a share of a company of constant value
    diluted = terms(stock_pay_pct=2.0)
    whole = class_estimate.money_multiples(diluted, cases(1.0), 5)
    share = class_estimate.money_multiples(diluted, cases(1.0, basis="share price"), 5)
    assert whole == pytest.approx(2 * 0.98**5)
    assert share == pytest.approx(2.0)


def test_a_wider_spread_leaves_the_median_and_reaches_no_lower_than_a_total_loss():
    # logs -ln 2, 0, ln 2 about 0, times 2: a quarter, 1, 4; ln 0.02 times 2 is below a hundredth
    wide = class_estimate.money_multiples(terms(), cases(0.5, 1.0, 2.0), 5, 2.0)
    assert sorted(set(np.round(wide, 9))) == [0.5, 2.0, 8.0]
    assert min(class_estimate.money_multiples(terms(), cases(0.02, 1.0, 2.0), 5, 2.0)) == pytest.approx(0.02)


def test_the_spread_is_that_of_a_forecast_so_far_from_the_middle():
    assert class_estimate.widening(0.0, 4.0) == pytest.approx(math.sqrt(1.25))
    assert class_estimate.widening(3.0, 10.0) == pytest.approx(math.sqrt(2.0))


def test_distances_are_in_the_spreads_of_the_cases():
    # the corners of a square: variance 4 / 3 on either axis, so 2 to the side are 2 / sqrt(4/3) = sqrt 3
    corners = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    distance, distances = class_estimate.mahalanobis(np.array([2.0, 0.0]), corners)
    assert distance == pytest.approx(math.sqrt(3))
    assert distances == pytest.approx(math.sqrt(1.5))


def test_the_company_lies_as_far_out_as_its_size_and_growth_say(facts):
    table = class_estimate.positions(assumptions(), facts.known, facts.record).set_index("test")
    listed = facts.known["value_cases"]
    smaller = listed.assign(size_class_usd_bn=listed["size_class_usd_bn"] / 1e3)
    known = {"growth_pairs": facts.known["growth_pairs"], "value_cases": smaller}
    farther = class_estimate.positions(assumptions(), known, facts.record).set_index("test")
    assert farther["distance"]["value"] > table["distance"]["value"]
    assert farther["widening_x"]["value"] > table["widening_x"]["value"] > 1
    assert farther["distance"]["revenue"] == table["distance"]["revenue"]
    assert (table["n_as_far"] <= table["n_cases"]).all()


def test_a_write_down_is_the_lowest_of_the_yearly_values_in_time():
    # twice its cost at the entry, so 25% below cost is a ratio of 0.375; one of three falls so far, in year 2
    rows = pd.DataFrame(
        {
            "company": ["a", "b", "c"],
            "basis": "share price",
            "after_1_year_x": [1.0, 0.5, 2.0],
            "after_2_years_x": [0.3, 0.5, 2.0],
            "after_3_years_x": [1.0, 0.4, 2.0],
        }
    )
    assert class_estimate.write_down_share(terms(), rows) == pytest.approx(1 / 3)
    assert class_estimate.write_down_share(terms(write_down_years=1.0), rows) == 0.0
    assert math.isnan(class_estimate.write_down_share(terms(), rows.iloc[:0]))


def test_the_correction_shifts_and_spreads_the_logs_of_the_multiple(facts):
    chosen = assumptions()
    plain = class_estimate.headlines(chosen, facts.known, facts.record, repairs())
    assert plain[CORRECTED]["median_moic_x"] == pytest.approx(plain[RAW]["median_moic_x"])
    assert plain[CORRECTED]["write_down_pct"] == pytest.approx(plain[RAW]["write_down_pct"])
    twice = class_estimate.headlines(chosen, facts.known, facts.record, repairs(math.log(2), 0.5))
    raw, corrected = twice[RAW], twice[CORRECTED]
    assert corrected["median_moic_x"] == pytest.approx(2 * raw["median_moic_x"])
    # half the distance in logs: (p95 / median)^0.5
    apart = math.sqrt(raw["p95_moic_x"] / raw["median_moic_x"])
    assert corrected["p95_moic_x"] / corrected["median_moic_x"] == pytest.approx(apart, rel=1e-3)
    odds = [row["write_down_pct"] / (100 - row["write_down_pct"]) for row in (raw, corrected)]
    assert odds[1] == pytest.approx(2 * odds[0])


@pytest.mark.parametrize(
    ("verdict", "first"),
    [
        (calibration.MODEL_FIRST, CORRECTED),
        (calibration.CLASS_FIRST, CLASS),
        (calibration.TOO_FEW, CLASS),
    ],
)
def test_the_model_comes_first_only_where_it_beat_the_class(facts, verdict, first):
    result = class_estimate.headlines(assumptions(), facts.known, facts.record, repairs(verdict=verdict))
    assert result.first["estimate"] == first
    assert result.class_is_first == (first == CLASS)
    assert result.compare("between_pct").index(first) == min(
        result.compare("between_pct").index(estimate) for estimate in (CLASS, CORRECTED, RAW)
    )
    assert {"outsized_moic", "stake_share", "multiple_long_run"} <= set(result.inputs)


def test_every_reading_splits_into_both_ends_and_the_middle(facts):
    table = class_estimate.headlines(assumptions(), facts.known, facts.record, repairs()).table
    parts = table[["catastrophe_pct", "between_pct", "outsized_pct"]].sum(axis=1)
    assert parts.to_numpy() == pytest.approx(100.0)


def test_rounds_picked_by_hand_and_stale_prices_are_apart(facts):
    rounds = facts.known["late_rounds"]
    table = class_estimate.class_readings(assumptions(), facts.known)
    counts = table[table["years_on"] == 3].set_index("cases_of")["n_cases"]
    by_rule = rounds[rounds["chosen"].eq("rule") & rounds["ratio_3y"].notna()]
    assert counts[calibration.LATE] == len(by_rule)
    assert counts[calibration.LATE_PRICED] == by_rule["priced_3y"].eq("yes").sum()


def test_the_share_of_rising_markets_counts_the_years_after_the_entry():
    index = pd.DataFrame({"year": [2010, 2011, 2012, 2013], "price_return_pct": [50.0, -20.0, 10.0, 30.0]})
    # two years on: 2010 0.8 × 1.1 < 1, 2011 1.1 × 1.3 > 1, 2012 has one year only
    assert class_estimate.rising_pct(cases(1.0, 1.0, 1.0), index, 2) == 50.0


def test_a_late_round_counts_by_its_lower_value_after_one_year_or_three():
    # 2 times the money at the entry: 0.75 of the cost is 0.375 of the entry; one of three rounds by rule fell
    # so far, the one picked by hand and the one without a value after three years do not count
    rounds = pd.DataFrame(
        {
            "company": ["a", "b", "c", "d", "e"],
            "chosen": ["rule", "rule", "rule", "hand", "rule"],
            "ratio_1y": [1.0, 0.3, 0.5, 0.1, 0.1],
            "ratio_3y": [0.5, 2.0, 0.4, 0.1, math.nan],
        }
    )
    assert class_estimate.late_write_downs(terms(), rounds) == (pytest.approx(1 / 3), 3)


def test_the_parts_of_the_classs_number_multiply_to_it_and_its_median_has_an_interval():
    outcomes = np.exp(np.random.default_rng(0).standard_normal(60))
    known = cases(*outcomes)
    parts = class_estimate.class_parts(terms(), known)
    middle = np.median(class_estimate.money_multiples(terms(), known, 5))
    assert parts.paid_x == 2.0
    assert parts.paid_x * parts.outcome_x == pytest.approx(middle, rel=1e-3)
    assert parts.median_low_x < middle < parts.median_high_x
    alike = class_estimate.class_parts(terms(), cases(*[1.5] * 20))
    assert alike.median_low_x == pytest.approx(alike.median_high_x) == pytest.approx(3.0)
