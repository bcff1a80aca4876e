"""The parts of the predictions: every method against a count or a formula by hand, and what is not
forecast.
"""

import datetime as dt
import math
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest

from analysis import audit, scenarios
from analysis.evidence import predictions
from analysis.figures import futures, theme
from analysis.forecasts import probabilities
from analysis.models import outlook, prices
from analysis.statistics import scoring
from analysis.units import json_value


def view_on(day):
    register = dict(scenarios.load_register())  # a model can be asked about any day
    register["as_of"] = register["as_of"].model_copy(update={"range": (dt.date.min, dt.date.max)})
    assumptions = scenarios.Assumptions(scenarios.resolve("base", {"draws": 2000}) | {"as_of": day}, register)
    return probabilities.MethodInputs(assumptions, audit.gather(assumptions), predictions.load_table())


@pytest.fixture(scope="module")
def view():
    return view_on("2026-10-31")


@pytest.fixture(scope="module")
def rows(view):
    return probabilities.table(view.assumptions, view.facts).set_index("id")


def holding(view, **tables):
    """The same view with other evidence in some tables."""
    facts = view.facts
    return replace(view, facts=replace(facts, evidence=dict(facts.evidence) | tables))


def test_every_part_has_a_probability_or_says_why_not(rows):
    for name, row in rows.iterrows():
        assert (row["probability"] is not None) == bool(row["methods"]), name
        assert row["method"], name
        if row["methods"]:
            assert 0 < row["probability_low"] <= row["probability"] <= row["probability_high"] < 1, name
            assert row["sources"] or all(m["kind"] == "simulation" for m in row["methods"]), name
    assert set(rows.index[rows["probability"].isna()]) == {
        "p1.announcement",
        "p1.state_of_the_art",
        "p1.price",
        "p1.adoption",
    }


def test_every_simulation_says_which_assumptions_it_rests_on(view):
    """Else its line through past days would be drawn with hindsight."""
    made = {make: make(view) for makers in probabilities.METHODS.values() for make in makers}
    assert {make for make, method in made.items() if method and method.kind == "simulation"} == set(
        probabilities.ASSUMES
    )


def test_parts_without_a_method_leave_an_empty_table_and_an_empty_chart(rows):
    none = probabilities.by_method(rows[rows["probability"].isna()].reset_index())
    assert none.empty and list(none) == list(probabilities.by_method(rows.reset_index()))
    chart = theme.chart_of(futures.chances(none, {}, ax=theme.axes()))
    assert chart.finding == "No data by the cut-off date: nothing to base a probability on"


def test_a_condition_is_the_first_part_of_the_same_prediction():
    """The chart says “if so” and means that part."""
    first = (
        predictions.load_table()
        .assign(whole=lambda t: t["id"].str.partition(".")[0])
        .groupby("whole")["id"]
        .first()
    )
    assert {part: first[part.partition(".")[0]] for part in probabilities.CONDITIONAL} == dict(
        probabilities.CONDITIONAL
    )


def test_methods_in_rows_are_those_of_the_parts(rows):
    flat = probabilities.by_method(rows.reset_index())
    assert len(flat) == sum(len(found) for found in rows["methods"])
    price = flat[flat["id"] == "p2.price"]
    assert list(price["kind"]) == ["simulation", "trend"]
    assert set(price["pooled_pct"]) == {100 * rows.loc["p2.price", "probability"]}
    cited = probabilities.cited_sources(rows.reset_index())
    assert len({source["url"] for source in cited}) == len(cited) > 10


@pytest.mark.parametrize("scenario", [name for name in scenarios.names() if name != "base"])
def test_every_scenario_has_probabilities(scenario):
    assumptions = scenarios.check(scenarios.resolve(scenario, {"draws": 1000}))
    found = probabilities.table(assumptions, audit.gather(assumptions)).set_index("id")
    assert found["probability"].notna().sum() >= 5
    assert all(0 < m["low"] <= m["probability"] <= m["high"] < 1 for row in found["methods"] for m in row)


def test_a_fit_without_a_standard_error_gives_way_to_the_next(view):
    """Where the mixed model's interval is missing, as on the blend of the scenario commoditised, least
    squares stand in.
    """
    assumptions = scenarios.check(scenarios.resolve("commoditised", {"draws": 1000}))
    trend = probabilities.price_fall_trend(
        probabilities.MethodInputs(assumptions, audit.gather(assumptions), predictions.load_table())
    )
    assert prices.NAMES["ols"] in trend.told
    assert prices.NAMES["mixed"] in probabilities.price_fall_trend(view).told


def test_what_is_void_is_not_forecast_and_not_scored(rows):
    void = rows[rows["status"] == "void"]
    assert set(void.index) == {name for name, part in predictions.read().predictions.items() if part.void}
    assert void[["probability", "brier", "log_score"]].isna().all(axis=None)
    assert (void["method"] == "none: overtaken").all()


def test_a_method_that_reads_series_says_where_the_first_of_them_ends(view, rows):
    known = view.known
    scores = (
        known["model_benchmarks"].query("benchmark == 'GPQA Diamond' and use == 'trend'")["valid_on"].max()
    )
    found = {
        (row["id"], m["kind"]): m["data_to"]
        for row in rows.reset_index().to_dict("records")
        for m in row["methods"]
    }
    assert found["p2.quality", "base rate"] == str(scores.date())
    assert found["p2.price", "trend"] == str(min(scores, known["api_prices"]["valid_on"].max()).date())
    # a simulation rests on assumptions, and three losses of the past are no series
    assert found["p2.price", "simulation"] is None and found["p3.write_down", "base rate"] is None
    assert (
        probabilities.Method(
            "trend", scoring.Chance(0.5, 0.4, 0.6, 0.9), "told", {}, series=(pd.DataFrame(),)
        ).data_to
        is None
    )


def test_methods_are_pooled_by_their_log_odds_and_the_widest_range_is_kept(rows):
    row = rows.loc["p2.price"]
    first, second = row["methods"]
    odds = [m["probability"] / (1 - m["probability"]) for m in (first, second)]
    both = math.sqrt(odds[0] * odds[1])
    assert row["probability"] == pytest.approx(both / (1 + both))
    assert row["probability_low"] == min(first["low"], second["low"])
    assert row["method"] == "simulation and trend, pooled"


def test_a_hundredth_needs_what_is_left_of_the_fall(view, rows):
    # the cheapest match costs 0.21875 of GPT-5's 3.4375, 6.36 hundredths; 31 October 2026 to 21 May 2028 are
    # 568 days, 1.555 years: 6.36 ** (1 / 1.555) = 3.29 a year
    drawn, fitted = rows.loc["p2.price", "methods"]
    years = 568 / 365.25
    assert drawn["inputs"]["years"] == pytest.approx(years)
    needed = (0.21875 / 3.4375 * 100) ** (1 / years)
    assert drawn["inputs"]["needed_factor_per_year"] == pytest.approx(needed)
    hits = int((outlook.price_falls(view.assumptions) >= needed).sum())
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


def test_one_open_release_is_one_case_however_many_steps_it_matched(view):
    found = probabilities.match_rate(holding(view, model_benchmarks=SCORES))
    # c1, c2 by o1 and c3 by Llama 9 within 33 months: two releases; c4 has run for 12 months and decides
    # nothing
    assert (found.inputs["steps"], found.inputs["releases"], found.inputs["unmatched"]) == (3, 2, 0)
    assert found.chance == scoring.base_rate(2, 2, 0.9)
    assert "three of three advances" in found.told and "one more is undecided" in found.told


def test_a_step_that_stood_longer_than_there_is_time_counts_against_it(view):
    late = pd.concat(
        [SCORES, SCORES.tail(1).assign(model="o3", score_pct=63.0, valid_on=pd.Timestamp("2027-12-01"))]
    )
    late = late.assign(
        known_on=pd.Timestamp("2026-01-01")
    )  # as if it were on record: c4 stands for 39 months
    found = probabilities.match_rate(holding(view, model_benchmarks=late))
    assert (found.inputs["releases"], found.inputs["unmatched"]) == (2, 1)
    assert found.chance == scoring.base_rate(2, 3, 0.9)


def test_llamas_are_counted_among_the_releases_that_matched(view):
    found = probabilities.llama_share(holding(view, model_benchmarks=SCORES))
    assert found.chance == scoring.base_rate(1, 2, 0.9)


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


def test_a_war_takes_three_sellers_within_ninety_days(view):
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
    found = probabilities.price_wars_after_releases(holding(view, model_benchmarks=SCORES, api_prices=table))
    assert (found.inputs["releases"], found.inputs["wars"]) == (2, 1)
    assert "o1: 3, Llama 9: 1" in found.told
    assert found.chance == scoring.base_rate(1, 2, 0.9)


def test_down_rounds_run_for_the_years_that_are_left(view, rows):
    # 31 October 2026 to 21 May 2029: 933 days; 5.2% and 18.5% of rounds, one a year, at a constant hazard
    base = next(m for m in rows.loc["p3.write_down", "methods"] if m["kind"] == "base rate")
    years = 933 / 365.25
    expected = [1 - (1 - share) ** years for share in (0.052, (0.052 + 0.185) / 2, 0.185)]
    assert [base["low"], base["probability"], base["high"]] == pytest.approx(expected)


def test_write_down_and_cause_are_counted_on_the_same_draws(view, rows):
    down, lag = probabilities.event_draws(view.assumptions, view.facts)
    drawn = rows.loc["p3.write_down", "methods"][0]
    assert drawn["probability"] == pytest.approx((down.sum() + 0.5) / 2001)
    assert rows.loc["p3.cause", "probability"] == pytest.approx(((down & lag).sum() + 0.5) / (down.sum() + 1))
    assert rows.loc["p3.cause", "given"] == "p3.write_down"
    whole = probabilities.whole_predictions(rows.reset_index(), view.assumptions, view.facts).set_index("id")
    assert whole.loc["p3", "high"] == pytest.approx(((down & lag).sum() + 0.5) / 2001)
    assert whole.loc["p2", "high"] == min(
        rows.loc[["p2.quality", "p2.llama", "p2.price", "p2.price_war"], "probability"]
    )
    assert np.isnan(float(whole.loc["p1", "high"]))


def test_a_fall_is_counted_from_the_launch_until_an_open_model_matches():
    # the first match, Kimi K2.5 of 27 January 2026, has no list price; GLM-5 has one from 12 February. Before
    # that all of the fall is left, over the 1018 days from 7 August 2025 to 21 May 2028: 100 ** (1 / 2.787) =
    # 5.22 a year
    then = view_on("2026-02-01")
    fall = probabilities.simulated_price_fall(then).inputs
    assert fall["multiple"] == 1.0
    assert fall["needed_factor_per_year"] == pytest.approx(100 ** (365.25 / 1018))
    # GLM-5 at 1 and 3.2 is 1.55 blended
    assert probabilities.simulated_price_fall(view_on("2026-02-13")).inputs["multiple"] == pytest.approx(
        1.55 / 3.4375
    )


def test_a_price_that_is_due_has_no_probability():
    assert probabilities.simulated_price_fall(view_on("2028-05-21")) is None


def test_what_was_not_known_yet_is_not_used():
    before = probabilities.table(*(lambda v: (v.assumptions, v.facts))(view_on("2025-06-30"))).set_index("id")
    # GPT-5 was not out: no price to be matched, and nothing is void yet
    assert before.loc["p2.price", "probability"] is None
    assert before.loc["p2.price", "method"] == "What a method needs was not in our data yet."
    assert set(before["status"]) == {"open"}


@pytest.mark.parametrize("outcome", [True, False])
def test_a_resolved_part_is_scored_by_what_was_said_when_it_was_made(view, monkeypatch, outcome):
    real = predictions.statuses

    def resolved(facts, as_of, *more):
        table = real(facts, as_of, *more)
        chosen = table["id"] == "p2.llama"
        table.loc[chosen, ["status", "resolved_on", "because"]] = [
            str(outcome).lower(),
            "2026-10-01",
            "It was.",
        ]
        return table

    monkeypatch.setattr(predictions, "statuses", resolved)
    row = probabilities.table(view.assumptions, view.facts).set_index("id").loc["p2.llama"]
    # 1 of 7 releases is a Llama on the day of publication: (1 + 1/2) / 8
    said = 1.5 / 8
    assert row["status"] == str(outcome).lower()
    assert row["brier"] == pytest.approx((said - outcome) ** 2)
    assert row["log_score"] == pytest.approx(-math.log(said if outcome else 1 - said))


def test_the_business_share_is_read_off_the_line_through_the_logits():
    # on publication day logit(0.3), logit(0.4), logit(0.4) on 31 January 2025, 21 January and 31 March 2026,
    # read on 21 May 2029
    found = probabilities.business_share_trend(view_on("2026-05-21"))
    t = np.array([0.0, 355 / 365.25, 424 / 365.25])
    z = np.log(np.array([0.3, 0.4, 0.4]) / np.array([0.7, 0.6, 0.6]))
    design = np.column_stack([np.ones(3), t])
    beta, residual, *_ = np.linalg.lstsq(design, z, rcond=None)
    at = np.array([1.0, (pd.Timestamp("2029-05-21") - pd.Timestamp("2025-01-31")).days / 365.25])
    spread = math.sqrt(residual[0] * (1 + at @ np.linalg.inv(design.T @ design) @ at))
    # Student's t with one degree of freedom is Cauchy: 1/2 + arctan(x) / pi
    expected = 0.5 + math.atan((at @ beta) / spread) / math.pi
    assert found.chance.probability == pytest.approx(expected, abs=0.005)  # years of 365 and 366 days
    assert "three shares of revenue in our data (30%, 40%, 40%)" in found.told


def test_a_share_above_half_makes_survival_likelier():
    before, after = (probabilities.business_share_trend(view_on(day)) for day in ("2026-08-13", "2026-08-14"))
    assert after.inputs["shares"] == before.inputs["shares"] + 1
    assert after.inputs["latest_share"] == 0.5
    assert after.chance.probability > before.chance.probability


def test_two_shares_make_no_line():
    # the third share was published on 31 March 2026
    assert probabilities.business_share_trend(view_on("2026-03-30")) is None
    assert probabilities.business_share_trend(view_on("2026-03-31")) is not None


def test_what_son_said_after_losses_is_counted(rows):
    # none of three: (0 + 1/2) / (3 + 1)
    assert rows.loc["p3.victory", "probability"] == 0.125
    earlier = probabilities.reactions_to_losses(view_on("2021-01-01"))
    assert earlier.inputs["losses"] == 2
    assert "none of the two large losses" in earlier.told and "(2019 and 2020)" in earlier.told


def stating(monkeypatch, **more):
    said = predictions.Judgement.model_validate(
        {
            "probability": 0.2,
            "low": 0.1,
            "high": 0.3,
            "stated_on": "2026-06-01",
            "because": "Somebody said so.",
        }
        | more
    )
    monkeypatch.setattr(
        predictions, "judgements", lambda as_of: {"p2.llama": said} if str(as_of) >= "2026-06-01" else {}
    )


def test_a_judgement_is_a_method_like_any_other_from_its_day_on(view, monkeypatch):
    stating(monkeypatch)
    row = probabilities.table(view.assumptions, view.facts).set_index("id").loc["p2.llama"]
    assert [m["kind"] for m in row["methods"]] == ["base rate", "judgement"]
    counted = row["methods"][0]["probability"]
    assert row["probability"] == pytest.approx(scoring.pooled([counted, 0.2]))
    before = view_on("2026-05-21")
    assert [m.kind for m in probabilities.apply_methods("p2.llama", before)] == ["base rate"]


# History


def test_days_are_the_day_of_making_the_same_day_of_each_month_and_the_last():
    found = [str(day.date()) for day in probabilities.monthly_days("2026-05-21", "2026-10-31")]
    assert found == [
        "2026-05-21",
        "2026-06-21",
        "2026-07-21",
        "2026-08-21",
        "2026-09-21",
        "2026-10-21",
        "2026-10-31",
    ]
    assert [str(day.date()) for day in probabilities.monthly_days("2026-05-21", "2026-05-21")] == [
        "2026-05-21"
    ]
    assert probabilities.monthly_days("2026-05-21", "2026-05-01") == []


@pytest.fixture(scope="module")
def past(view):
    return probabilities.history(view.assumptions, view.facts)


def test_the_last_day_of_the_history_is_the_table(past, rows):
    last = past.table[past.table["day"] == past.table["day"].max()]
    for part, own in last.groupby("id"):
        assert list(own["probability_pct"] / 100) == pytest.approx(
            [m["probability"] for m in rows.loc[part, "methods"]]
        )
    assert set(last["id"]) == set(rows.index[rows["probability"].notna()])


def test_each_day_is_what_could_be_said_on_it(past):
    first = past.table[past.table["day"] == "2026-05-21"].set_index("id")
    then = probabilities.apply_methods("p3.write_down", view_on("2026-05-21"), [probabilities.down_rounds])[0]
    assert first.loc["p3.write_down", "probability_pct"] == pytest.approx(100 * then.chance.probability)


def test_no_history_is_drawn_through_an_assumption_that_carries_no_day(past):
    early = past.table[past.table["day"] < past.table["day"].max()]
    simulated = early[early["kind"] == "simulation"]
    assert set(simulated["id"]) == {"p2.price"}  # its one assumption is dated 2025-03-12
    left = past.left_out.set_index("id")["assumptions"]
    assert set(left.index) == {"p3.write_down", "p3.cause"}
    assert "pool_share" in left["p3.write_down"]


def test_an_assumption_is_unknown_before_its_day_and_without_one():
    then = view_on("2026-05-21").assumptions
    assert probabilities.known_only_later(["price_decline_factor_per_year"], then) == []
    assert probabilities.known_only_later(["parity_years", "pool_share"], then) == [
        "parity_years",
        "pool_share",
    ]
    known = then.register["parity_years"].reference.known_on
    assert probabilities.known_only_later(["parity_years"], then.with_changes(as_of=known.isoformat())) == []


def test_a_whole_without_a_probability_in_any_part_has_no_bound(view, rows):
    nothing = rows.reset_index().assign(probability=None)
    whole = probabilities.whole_predictions(nothing, view.assumptions, view.facts).set_index("id")
    assert np.isnan(float(whole.loc["p2", "high"])) and whole.loc["p2", "told"] == "no part has a probability"


@pytest.mark.parametrize("happens", [True, False])
def test_what_happens_in_every_future_or_in_none_is_not_printed_as_certain(happens):
    # of 20,000 draws the interval ends nearer to 0 or 1 than six digits can say
    chance = probabilities.chance_from_draws(np.full(20_000, happens))
    printed = json_value({"low": chance.low, "p": chance.probability, "high": chance.high})
    assert 0 < printed["low"] <= printed["p"] <= printed["high"] < 1
