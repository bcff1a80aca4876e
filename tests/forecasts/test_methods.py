"""What gives a part its probability: every method against a count or a formula by hand."""

import math
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest

from analysis import audit, scenarios
from analysis.evidence import predictions
from analysis.forecasts import methods
from analysis.models import outlook, prices
from analysis.statistics import scoring
from analysis.units import json_value


def holding(context, **tables):
    """The same context with other evidence in some tables."""
    facts = context.facts
    return replace(context, facts=replace(facts, evidence=dict(facts.evidence) | tables))


def test_every_simulation_says_which_assumptions_it_rests_on(context):
    """Else its line through past days would be drawn with hindsight."""
    made = {make: make(context) for makers in methods.METHODS.values() for make in makers}
    assert {make for make, method in made.items() if method and method.kind == "simulation"} == set(
        methods.ASSUMES
    )


def test_a_fit_without_a_standard_error_gives_way_to_the_next(context):
    """Where the mixed model's interval is missing, as on the blend of the scenario commoditised, least
    squares stand in.
    """
    assumptions = scenarios.check(scenarios.resolve("commoditised", {"draws": 1000}))
    trend = methods.price_fall_trend(
        methods.MethodContext(assumptions, audit.gather(assumptions), predictions.load_table())
    )
    assert prices.NAMES["ols"] in trend.note
    assert prices.NAMES["mixed"] in methods.price_fall_trend(context).note


def test_a_method_that_reads_series_says_where_the_first_of_them_ends(context, rows):
    tables = context.known
    scores = (
        tables["model_benchmarks"].query("benchmark == 'GPQA Diamond' and use == 'trend'")["valid_on"].max()
    )
    data_ends = {
        (row["id"], m["kind"]): m["data_to"]
        for row in rows.reset_index().to_dict("records")
        for m in row["methods"]
    }
    assert data_ends["p2.quality", "base rate"] == str(scores.date())
    assert data_ends["p2.price", "trend"] == str(min(scores, tables["api_prices"]["valid_on"].max()).date())
    # a simulation rests on assumptions, and three losses of the past are no series
    assert data_ends["p2.price", "simulation"] is None and data_ends["p3.write_down", "base rate"] is None
    assert (
        methods.Method(
            "trend", scoring.Chance(0.5, 0.4, 0.6, 0.9), "told", {}, series=(pd.DataFrame(),)
        ).data_to
        is None
    )


def test_a_hundredth_needs_what_is_left_of_the_fall(context, rows):
    # the cheapest match costs 0.21875 of GPT-5's 3.4375, 6.36 hundredths; 31 October 2026 to 21 May 2028 are
    # 568 days, 1.555 years: 6.36 ** (1 / 1.555) = 3.29 a year
    drawn, fitted = rows.loc["p2.price", "methods"]
    years = 568 / 365.25
    assert drawn["inputs"]["years"] == pytest.approx(years)
    needed = (0.21875 / 3.4375 * 100) ** (1 / years)
    assert drawn["inputs"]["needed_factor_per_year"] == pytest.approx(needed)
    hits = int((outlook.price_falls(context.assumptions) >= needed).sum())
    assert drawn["probability"] == pytest.approx((hits + 0.5) / 2001)
    low, mid, high = (math.log(fitted["inputs"][name]) for name in ("low", "factor_per_year", "high"))
    at = (mid - math.log(needed)) / ((high - low) / 2 / 1.959964)
    assert fitted["probability"] == pytest.approx(NormalDist().cdf(at), abs=1e-6)


SCORES = pd.DataFrame(
    # closed steps at 40, 50, 60, 70; open reaches 40 and 50 by one release, 60 by a Llama, 70 never
    [
        ("c1", "closed", 40.0, "2023-01-01"),
        ("c2", "closed", 50.0, "2023-07-01"),
        ("o1", "open", 55.0, "2024-01-01"),
        ("c3", "closed", 60.0, "2024-02-01"),
        ("Llama 9", "open", 61.0, "2024-08-01"),
        ("c4", "closed", 70.0, "2024-09-01"),
        ("o2", "open", 62.0, "2025-09-01"),
    ],
    columns=["model", "weights", "score_pct", "valid_on"],
).assign(
    developer=lambda t: t["model"],
    benchmark="GPQA Diamond",
    protocol="zero-shot",
    use="trend",
    quality="measured",
    source_title="made up",
    source=lambda t: "https://example.org/" + t["model"].str.replace(" ", ""),
    valid_on=lambda t: pd.to_datetime(t["valid_on"]),
    known_on=lambda t: t["valid_on"],
)


def test_one_open_release_is_one_case_however_many_steps_it_matched(context):
    method = methods.match_rate(holding(context, model_benchmarks=SCORES))
    # c1, c2 by o1 and c3 by Llama 9 within 33 months: two
    # releases; c4 has run for 12 months and decides nothing
    assert (method.inputs["steps"], method.inputs["releases"], method.inputs["unmatched"]) == (3, 2, 0)
    assert method.chance == scoring.base_rate(2, 2, 0.9)
    assert "three of three advances" in method.note and "one more is undecided" in method.note


def test_a_step_that_stood_longer_than_there_is_time_counts_against_it(context):
    late = pd.concat(
        [SCORES, SCORES.tail(1).assign(model="o3", score_pct=63.0, valid_on=pd.Timestamp("2027-12-01"))]
    )
    late = late.assign(
        known_on=pd.Timestamp("2026-01-01")
    )  # as if it were in our data: c4 stands for 39 months
    method = methods.match_rate(holding(context, model_benchmarks=late))
    assert (method.inputs["releases"], method.inputs["unmatched"]) == (2, 1)
    assert method.chance == scoring.base_rate(2, 3, 0.9)


def test_llamas_are_counted_among_the_releases_that_matched(context):
    method = methods.llama_share(holding(context, model_benchmarks=SCORES))
    assert method.chance == scoring.base_rate(1, 2, 0.9)


def cuts(*rows):
    """A list price of each seller that halves on each of these days."""
    days = pd.DataFrame(rows, columns=["seller", "valid_on"])
    start = days.drop_duplicates("seller").assign(valid_on="2023-01-01")
    table = pd.concat([start, days]).assign(
        model="m",
        replaces="",
        released_on=pd.NaT,
        event="cut",
        terms="list",
        source_title="p",
        source="https://example.org/p",
        quality="reported",
    )
    price = 8.0 / 2 ** table.groupby("seller").cumcount()
    table = table.assign(price_input_usd_per_mtok=price, price_output_usd_per_mtok=price)
    return table.assign(valid_on=pd.to_datetime(table["valid_on"]), known_on=lambda t: t["valid_on"])


def test_a_war_takes_three_sellers_within_ninety_days(context):
    # o1 on 1 January 2024: A, B and C cut within 90 days (31 March is day 90); Llama 9: A twice and D too
    # late (day 91)
    table = cuts(
        ("A", "2024-01-01"),
        ("B", "2024-02-01"),
        ("C", "2024-03-31"),
        ("A", "2024-08-02"),
        ("A", "2024-09-02"),
        ("D", "2024-10-31"),
    )
    method = methods.price_wars_after_releases(holding(context, model_benchmarks=SCORES, api_prices=table))
    assert (method.inputs["releases"], method.inputs["wars"]) == (2, 1)
    assert "o1: 3, Llama 9: 1" in method.note
    assert method.chance == scoring.base_rate(1, 2, 0.9)


def test_down_rounds_run_for_the_years_that_are_left(context, rows):
    # 31 October 2026 to 21 May 2029: 933 days; 5.2% and 18.5% of rounds, one a year, at a constant hazard
    base = next(m for m in rows.loc["p3.write_down", "methods"] if m["kind"] == "base rate")
    years = 933 / 365.25
    expected = [1 - (1 - share) ** years for share in (0.052, (0.052 + 0.185) / 2, 0.185)]
    assert [base["low"], base["probability"], base["high"]] == pytest.approx(expected)


def test_a_fall_is_counted_from_the_launch_until_an_open_model_matches(context_on):
    # the first match, Kimi K2.5 of 27 January 2026, has no list price; GLM-5 has one from 12 February. Before
    # that all of the fall is left, over the 1018 days from 7 August 2025 to 21 May 2028: 100 ** (1 / 2.787) =
    # 5.22 a year
    then = context_on("2026-02-01")
    fall = methods.simulated_price_fall(then).inputs
    assert fall["multiple"] == 1.0
    assert fall["needed_factor_per_year"] == pytest.approx(100 ** (365.25 / 1018))
    # GLM-5 at 1 and 3.2 is 1.55 blended
    assert methods.simulated_price_fall(context_on("2026-02-13")).inputs["multiple"] == pytest.approx(
        1.55 / 3.4375
    )


def test_a_price_that_is_due_has_no_probability(context_on):
    assert methods.simulated_price_fall(context_on("2028-05-21")) is None


def test_the_business_share_is_read_off_the_line_through_the_logits(context_on):
    # on publication day logit(0.3), logit(0.4), logit(0.4) on 31 January 2025, 21 January and 31 March 2026,
    # read on 21 May 2029
    method = methods.business_share_trend(context_on("2026-05-21"))
    t = np.array([0.0, 355 / 365.25, 424 / 365.25])
    z = np.log(np.array([0.3, 0.4, 0.4]) / np.array([0.7, 0.6, 0.6]))
    design = np.column_stack([np.ones(3), t])
    beta, residual, *_ = np.linalg.lstsq(design, z, rcond=None)
    at = np.array([1.0, (pd.Timestamp("2029-05-21") - pd.Timestamp("2025-01-31")).days / 365.25])
    spread = math.sqrt(residual[0] * (1 + at @ np.linalg.inv(design.T @ design) @ at))
    # Student's t with one degree of freedom is Cauchy: 1/2 + arctan(x) / pi
    expected = 0.5 + math.atan((at @ beta) / spread) / math.pi
    assert method.chance.probability == pytest.approx(expected, abs=0.005)  # years of 365 and 366 days
    assert "three shares of revenue in our data (30%, 40%, 40%)" in method.note


def test_a_share_above_half_makes_survival_likelier(context_on):
    before, after = (methods.business_share_trend(context_on(day)) for day in ("2026-08-13", "2026-08-14"))
    assert after.inputs["shares"] == before.inputs["shares"] + 1
    assert after.inputs["latest_share"] == 0.5
    assert after.chance.probability > before.chance.probability


def test_two_shares_make_no_line(context_on):
    # the third share was published on 31 March 2026
    assert methods.business_share_trend(context_on("2026-03-30")) is None
    assert methods.business_share_trend(context_on("2026-03-31")) is not None


def test_what_son_said_after_losses_is_counted(context_on, rows):
    # none of three: (0 + 1/2) / (3 + 1)
    assert rows.loc["p3.victory", "probability"] == 0.125
    earlier = methods.reactions_to_losses(context_on("2021-01-01"))
    assert earlier.inputs["losses"] == 2
    assert "none of the two large losses" in earlier.note and "(2019 and 2020)" in earlier.note


@pytest.mark.parametrize("happens", [True, False])
def test_what_happens_in_every_future_or_in_none_is_not_printed_as_certain(happens):
    # of 20,000 draws the interval ends nearer to 0 or 1 than six digits can say
    chance = methods.chance_from_draws(np.full(20_000, happens))
    printed = json_value({"low": chance.low, "p": chance.probability, "high": chance.high})
    assert 0 < printed["low"] <= printed["p"] <= printed["high"] < 1
