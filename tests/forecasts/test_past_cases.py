"""Cases, their inputs and what is said of them: nothing that came later, nothing tuned on the case itself."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from analysis import scenarios
from analysis.errors import DataError
from analysis.evidence import evidence_tables
from analysis.forecasts import past_cases
from analysis.models import reference_class

LONG_RUN = math.log(1.05)


@pytest.fixture(scope="module")
def evidence():
    assumptions = scenarios.Assumptions(scenarios.resolve("base", {}), scenarios.load_register())
    known = {name: evidence_tables.load(name, "2026-10-31") for name in past_cases.EVIDENCE}
    return past_cases.CaseEvidence.of(known, assumptions)


@pytest.fixture(scope="module")
def shared():
    return past_cases.uniforms(1)


def made_up(count=30):
    """Companies that entered two a year from 2001 on, with outcomes of 1, 2, 3, .. times."""
    return pd.DataFrame(
        {
            "company": [f"company {number}" for number in range(count)],
            "entry_year": 2001 + np.arange(count) // 2,
            "chosen": past_cases.RULE,
            "basis": past_cases.MARKET_VALUE,
            "year_growth_pct": 50.0,
            "price_over_sales_x": 10.0,
            "outcome_x": 1.0 + np.arange(count),
            "lowest_x": 1.0,
        }
    )


def still(**changes):
    """Inputs of a company that nothing happens to, one draw."""
    x = {
        "growth_half_life_years": 1.0,
        "revenue_volatility_pct": 0.0,
        "long_run_growth_pct": 5.0,
        "multiple_long_run": 3.0,
        "multiple_sensitivity": 2.0,
        "repricing_half_life_years": 2.0,
        "multiple_volatility_pct": 0.0,
    } | changes
    return {name: np.array([value]) for name, value in x.items()}


FAULTS = {
    "twice": lambda rows: pd.concat([rows, rows.iloc[:1]]),
    "no outcome": lambda rows: rows.assign(
        **dict.fromkeys(past_cases.TABLES["value_cases"].outcomes.values(), math.nan)
    ),
    "zero or below": lambda rows: rows.assign(after_1_year_x=0.0),
    "before its entry": lambda rows: rows.assign(known_on=pd.Timestamp(1999, 1, 1)),
    "no growth": lambda rows: rows.assign(year_growth_pct=math.nan),
    "growth above -100%": lambda rows: rows.assign(year_growth_pct=-100.0),
    "price over sales of zero": lambda rows: rows.assign(price_over_sales_x=0.0),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_case_that_cannot_be_scored_is_refused_with_its_place_and_what_to_write(evidence, fault):
    rows = FAULTS[fault](evidence.value_cases.head(1))
    name, year = rows[["company", "entry_year"]].iloc[0]

    with pytest.raises(DataError, match=fault) as refused:
        past_cases.check_cases(rows, "value_cases")
    assert [problem.place for problem in refused.value.problems] == [f"value_cases.csv, {name} {year:g}"]


def test_a_round_is_named_by_its_day(evidence):
    rows = evidence.late_rounds.head(1).assign(ratio_1y=0.0, valid_on=pd.Timestamp(2015, 3, 31))

    with pytest.raises(DataError, match=r"late_rounds\.csv, .* 2015-03-31: has an outcome of zero"):
        past_cases.check_cases(rows, "late_rounds")


def test_a_project_without_such_cases_reads_which_tables_it_lacks(evidence):
    with pytest.raises(DataError) as refused:
        past_cases.CaseEvidence.of({"growth_pairs": evidence.growth_pairs}, evidence.assumptions)
    places = [problem.place for problem in refused.value.problems]
    assert places == [f"evidence {name}" for name in past_cases.EVIDENCE if name != "growth_pairs"]


def test_every_stored_case_can_be_scored(evidence):
    for name in past_cases.TABLES:
        past_cases.check_cases(getattr(evidence, name), name)


def test_only_growth_of_a_companys_own_is_a_case(evidence):
    own = evidence.growth_pairs.query("growth_kind == 'own'")

    rows = past_cases.cases(evidence.growth_pairs, "growth_pairs", 5)

    assert len(rows) == own["after_5_years_x"].notna().sum() < len(evidence.growth_pairs)
    assert set(rows.columns) == set(past_cases.COLUMNS)


def test_the_lowest_value_is_missing_where_one_of_its_dates_is(evidence):
    rows = past_cases.cases(evidence.late_rounds, "late_rounds", 1)
    both = evidence.late_rounds.query("ratio_1y.notna()")["ratio_3y"].notna().to_numpy()

    assert (rows["lowest_x"].notna().to_numpy() == both).all()
    assert (rows["lowest_x"] <= rows["outcome_x"])[both].all()


def test_growth_of_a_hundred_per_cent_halves_its_excess_every_year():
    path = past_cases.log_revenue(np.array([[100.0]]), still(), np.ones((1, 3)), 3)[0, 0]

    excess = math.log(2) - LONG_RUN
    steps = [LONG_RUN + excess / 2, LONG_RUN + excess / 4, LONG_RUN + excess / 8]
    np.testing.assert_allclose(path, np.cumsum([0.0, *steps]))


def test_noise_adds_up_as_a_walk():
    quiet, loud = (
        past_cases.log_revenue(np.array([[50.0]]), still(revenue_volatility_pct=s), np.ones((1, 4)), 4)[0, 0]
        for s in (0.0, 20.0)
    )

    np.testing.assert_allclose(loud - quiet, 0.2 * np.arange(5))


def explained(growth_pct, year):
    """ln M + b q + l + q, with q the excess log growth of the year that follows."""
    excess = (math.log1p(growth_pct / 100) - LONG_RUN) / 2 ** (year + 1)
    return math.log(3) + 2 * excess + LONG_RUN + excess


def test_half_of_a_gap_between_price_and_growth_is_closed_after_a_half_life():
    price = 10 * math.exp(explained(60, 0))
    path = past_cases.log_value_over_revenue(
        np.array([[60.0]]), np.array([[price]]), still(), np.zeros((1, 3)), 2
    )[0, 0]

    assert path[0] == 0
    assert path[2] == pytest.approx(explained(60, 2) - explained(60, 0) - math.log(10) / 2)


def test_a_price_that_is_not_known_leaves_what_growth_explains_and_the_market():
    market = np.array([[0.0, 0.3]])
    path = past_cases.log_value_over_revenue(np.array([[60.0]]), np.array([[math.nan]]), still(), market, 1)[
        0, 0
    ]

    assert path[1] == pytest.approx(explained(60, 1) - explained(60, 0) + 0.3)


@pytest.mark.parametrize("value", [False, True])
def test_neither_its_own_outcome_nor_those_of_its_year_move_what_is_said_of_a_case(evidence, value):
    name = "value_cases" if value else "growth_pairs"
    table = getattr(evidence, name)
    every = past_cases.cases(table, name, 5)
    year = int(every["entry_year"].max())
    rows = every[every["entry_year"] == year].head(2).reset_index(drop=True)
    column = past_cases.TABLES[name].outcomes[5]

    def said(of):
        moved = table.assign(**{column: table[column].where(~of, 1.2 * table[column])})
        changed = past_cases.CaseEvidence(**{**vars(evidence), name: moved})
        return past_cases.model(rows, past_cases.Beliefs(changed), 5, value=value)

    before = said(np.zeros(len(table), dtype=bool))
    same_year = table[past_cases.TABLES[name].year] == year
    np.testing.assert_array_equal(said(same_year), before)
    assert not np.array_equal(said(~same_year), before)


def test_rounds_picked_by_hand_say_nothing_of_a_round_whose_growth_is_not_known(evidence):
    table = evidence.late_rounds
    every = past_cases.cases(table, "late_rounds", 1)
    row = every[every["year_growth_pct"].isna()].head(1).reset_index(drop=True)

    def said(chosen):
        faster = table["year_growth_pct"].mask(table["chosen"].eq(chosen), table["year_growth_pct"] + 10)
        changed = dataclasses.replace(evidence, late_rounds=table.assign(year_growth_pct=faster))
        return past_cases.model(row, past_cases.Beliefs(changed), 1, value=True)

    np.testing.assert_array_equal(said(past_cases.HAND), said("none"))
    assert not np.array_equal(said(past_cases.RULE), said("none"))


def test_the_class_is_other_companies_in_other_years():
    rows = made_up()
    rows.loc[2, "company"] = "company 0"

    draws = past_cases.class_outcomes(rows)

    others = np.log(rows["outcome_x"].drop([0, 1, 2]))
    np.testing.assert_allclose(np.median(draws[0]), np.median(others), atol=1e-3)
    assert draws[0].max() <= others.max()
    assert draws[0].min() >= others.min()


def test_a_class_of_too_few_says_nothing():
    rows = made_up(past_cases.LEAST_OTHERS + 1)  # two entered in the year of the first

    assert np.isnan(past_cases.class_outcomes(rows)[0]).all()
    assert np.isnan(past_cases.class_rates(rows, np.ones(len(rows), dtype=bool))[0])


def test_the_rate_of_the_class_leaves_out_the_year_of_the_case():
    rows = made_up()
    happened = (rows["entry_year"] == 2001).to_numpy()

    assert past_cases.class_rates(rows, happened)[0] == pytest.approx(0.5 / 29)  # none of the 28 others
    assert past_cases.class_rates(rows, happened)[5] == pytest.approx(2.5 / 29)


def test_a_constant_value_strays_by_the_spread_of_other_years_times_the_root_of_time(shared):
    rows = made_up()
    path = past_cases.unchanged(rows, rows, shared, 4)[0]

    spread = np.log(rows["outcome_x"].drop([0, 1])).std()
    assert path[:, 0] == pytest.approx(0)
    walk = shared["market"][:, :4].sum(axis=1)
    np.testing.assert_allclose(path[:, -1], spread * walk)


def test_the_index_has_the_mean_growth_of_the_twenty_years_before_the_entry():
    index = pd.DataFrame({"year": range(1990, 2015), "price_return_pct": 5.0})
    index.loc[index["year"] >= 2010, "price_return_pct"] = 900.0
    rows = made_up().assign(entry_year=2010)

    np.testing.assert_allclose(past_cases.index_growth(rows, index), LONG_RUN)
    missing = past_cases.index_growth(rows.assign(entry_year=2009), index)
    assert np.isnan(missing).all()


def test_steady_revenue_is_centred_on_its_rate_and_as_wide_as_other_years_were_off():
    rows = made_up()
    draws = past_cases.steady_revenue(rows, np.full(len(rows), 5.0), 2)

    assert draws[0].mean() == pytest.approx(2 * LONG_RUN)
    assert draws[0].std() == pytest.approx(np.log(rows["outcome_x"].drop([0, 1])).std(), rel=0.01)


def test_an_assumption_of_one_number_has_no_draws(evidence):
    fixed = dataclasses.replace(
        evidence, assumptions=evidence.assumptions.with_changes(stock_pay_pct=3.0, long_run_growth_pct=5.0)
    )
    x = past_cases.inputs(fixed, past_cases.uniforms(1))
    assert set(x["stock_pay_pct"]) == {3.0}
    assert set(x["long_run_growth_pct"]) == {5.0}


def test_a_volatility_whose_ends_are_the_same_is_one_number(evidence, monkeypatch):
    def same(*arguments):
        return real(*arguments)._replace(volatility_low=20.0, volatility_high=20.0)

    real = reference_class.repricing
    monkeypatch.setattr(reference_class, "repricing", same)
    x = past_cases.inputs(evidence, past_cases.uniforms(1))
    assert set(x["multiple_volatility_pct"]) == {20.0}


def test_too_few_cases_of_other_years_end_in_a_line(evidence):
    few = dataclasses.replace(evidence, value_cases=evidence.value_cases.query("entry_year == 2018"))
    with pytest.raises(DataError) as refused:
        past_cases.Beliefs(few).without(2018)
    (problem,) = refused.value.problems
    assert (problem.place, problem.fix) == ("past cases of other years than 2018", "Add cases of other years")
