"""What simulated futures hold next to base rates: counted by hand on paths made by hand."""

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

from analysis import scenarios
from analysis.models import cross_checks, outlook
from analysis.models.venture import Payment, VenturePaths


def paths_of(dates=3, draws=2, **given):
    """Paths of which only the given arrays matter, with dates a year apart."""
    filled = {field.name: np.ones((draws, dates)) for field in fields(VenturePaths) if field.name != "inputs"}
    filled |= {name: np.zeros((draws, dates), dtype=bool) for name in ("rescued", "listed")}
    filled |= {"times_years": np.arange(dates, dtype=float), "cost_to_date_usd_bn": np.ones(dates)}
    filled["payments"] = (Payment(0.0, 1.0),)
    return VenturePaths(**(filled | {name: np.array(value) for name, value in given.items()}))


def test_a_round_is_down_if_it_is_priced_below_the_round_before_it():
    price = np.array([[10.0, 12.0, 11.0, 9.0], [10.0, 5.0, 9.0, 9.5]])
    is_round = np.array([[False, True, False, True], [False, False, True, True]])
    # first future: 12 after 10 at the start, then 9 after 12, as the 11 was no round; second: 9 after 10,
    # then 9.5 after 9
    counted = cross_checks.rounds(price, is_round)
    assert (counted.count, counted.down) == (4, 2)
    assert counted.down_pct == 50


def test_without_a_round_no_share_of_them_is_down():
    assert np.isnan(cross_checks.rounds(np.ones((2, 3)), np.zeros((2, 3), dtype=bool)).down_pct)


def test_a_rescued_company_neither_burns_money_nor_counts():
    paths = paths_of(
        draws=3,
        revenue_usd_bn=[[1, 1, 5], [1, 1, 5], [1, 1, 5]],
        running_cost_usd_bn=[[1, 1, 3], [1, 1, 3], [1, 1, 3]],
        compute_usd_bn=[[1, 1, 3], [1, 1, 1], [1, 1, 9]],
        rescued=[[False] * 3, [False] * 3, [False, True, True]],
    )
    assert cross_checks.loss_making(paths).value == 0.5  # 6 > 5, 4 < 5, and one that was sold


def test_the_price_of_the_start_implies_a_return_and_a_fair_price():
    paths = paths_of(price_usd_bn=[[100.0, 100.0, 121.0], [100.0, 100.0, 100.0], [100.0, 90.0, 64.0]])
    implied = cross_checks.implied_return(paths, 10.0)
    # two years: a mean of 95 from 100 and a median of 100; at 10% a year 95 is worth 95 / 1.21 today
    assert implied.mean_pct == pytest.approx(100 * (0.95**0.5 - 1))
    assert implied.median_pct == pytest.approx(0.0)
    assert implied.fair_usd_bn == pytest.approx(95 / 1.21)
    assert implied.overpriced_pct == pytest.approx(100 * (121 / 95 - 1))


def test_values_at_horizons_come_from_one_run():
    values = np.array([[1.0, 0.5, 2.0], [1.0, 0.1, 0.4], [1.0, 1.5, 0.6]])
    run = cross_checks.LongRun(np.arange(3.0), values)
    table = run.at([1, 2], catastrophe_moic=0.25)
    assert table["median_moic_x"].tolist() == [0.5, 0.6]
    assert table["money_lost_pct"].tolist() == pytest.approx([200 / 3, 200 / 3])
    assert table["catastrophe_pct"].tolist() == pytest.approx([100 / 3, 0])


def test_where_model_and_base_rates_disagree_the_table_says_so():
    simulated = {"triples": 2.0, "losses": 20.0, "down rounds": 61.0, "falls": 9.6, "unknown": 5.0}
    simulated["rounds of none"] = float("nan")
    table = cross_checks.against_base_rates(
        simulated,
        {"down rounds": [18.5, 5.2], "losses": [6, 83], "triples": [10], "falls": [10, 12], "unknown": []}
        | {"rounds of none": [5]},
    )
    # 9.6 is printed as 10, which is the lowest share in the data
    words = (cross_checks.BELOW, cross_checks.AGREES, cross_checks.ABOVE, cross_checks.AGREES)
    assert tuple(table["agreement"]) == words
    assert cross_checks.disagreements(table) == [
        "down rounds (61% simulated, at most 18% in our data)",
        "triples (2% simulated, at least 10% in our data)",
    ]


def test_late_rounds_give_a_rate_with_and_one_without_stale_prices():
    facts = pd.DataFrame(
        {"id": ["base_rate.down_rounds_a", "base_rate.loss_makers_b", "other"], "value": [5.0, 6.0, 7.0]}
    )
    late = pd.DataFrame(
        {
            "ratio_3y": [0.1, 0.7, 1.0, 1.0, np.nan, 9.0],
            "priced_3y": ["yes", "yes", "no", "no", "no", "yes"],
            "chosen": ["rule"] * 5 + ["hand"],
        }
    )
    rates = cross_checks.base_rates(facts, late)
    assert (rates[cross_checks.DOWN_ROUNDS], rates[cross_checks.LOSSES]) == ([5.0], [6.0])
    # two of four below three quarters, or two of the two that had a new price
    assert rates[cross_checks.FALLS] == [50.0, 100.0]
    assert rates[cross_checks.COLLAPSES] == [25.0, 50.0]
    assert rates[cross_checks.TRIPLES] == [0.0, 0.0]
    assert cross_checks.FALLS not in cross_checks.base_rates(facts, late.head(0))


def test_rounds_count_before_the_listing_alone():
    paths = paths_of(
        dates=4,
        draws=1,
        raised_usd_bn=[[0, 1, 1, 0]],
        round_price_usd_bn=[[10, 9, 11, 1]],
        listed=[[False, False, True, True]],
    )
    # one round below the start's price; the one above it came after the listing
    assert cross_checks.simulated_shares(paths)[cross_checks.DOWN_ROUNDS] == 100


def test_what_lies_past_the_horizon_is_not_counted():
    short = paths_of(dates=3)
    assert set(cross_checks.simulated_shares(short)) == {cross_checks.DOWN_ROUNDS, cross_checks.LOSSES}
    long = paths_of(dates=5, price_usd_bn=[[1, 1, 1, 0.5, 9], [1, 1, 1, 3, 9]])
    shares = cross_checks.simulated_shares(long)
    assert [shares[name] for name in (cross_checks.FALLS, cross_checks.COLLAPSES, cross_checks.TRIPLES)] == [
        50,
        0,
        50,
    ]


@pytest.fixture(scope="module")
def assumptions():
    return scenarios.check(scenarios.resolve("base", {"draws": 1000}))


def test_one_long_run_gives_the_value_at_every_whole_year(assumptions, evidence):
    run = cross_checks.long_run(assumptions, evidence, 1000)
    assert run.value_x.shape == (1000, 11)
    setting = outlook.run_setting(assumptions.with_changes(horizon_years=10.0), evidence)
    paths = setting.paths(1000)
    assert run.value_x[:, 10] == pytest.approx(paths.moic)
    assert "horizon_years" not in run.inputs


def test_the_models_own_value_of_the_start_is_not_the_price_paid(assumptions, evidence):
    """The first price is the same under every assumption; the model's own value follows the multiple."""
    low, high = (
        cross_checks.value_at_start(assumptions.with_changes(multiple_long_run=multiple), evidence).value
        for multiple in (3.0, 6.0)
    )
    # enterprise value is in proportion to the multiple; cash and unpaid instalments are the same
    assert high > 1.5 * low


def test_the_model_has_a_steady_state(assumptions, evidence):
    """Where the price is the model's own value, the median after ten years is at least 0.7 of that after
    five; with a gap that closes over years the price comes down to that value for longer.
    """
    own = assumptions.with_changes(repricing_half_life_years=0.0)
    table = cross_checks.long_run(own, evidence, 4000).at(catastrophe_moic=0.25)
    medians = table.set_index("horizon_years")["median_moic_x"]
    assert medians[10] >= cross_checks.STEADY_SHARE * medians[5]


def test_the_value_over_the_money_paid_is_the_multiple_at_the_horizon(assumptions, evidence):
    paths = outlook.venture_paths(assumptions, evidence)
    assert cross_checks.value_over_money(paths)[:, -1] == pytest.approx(paths.moic)
