"""The parts of the predictions with their probabilities, pooled and through time, and what has none."""

import math
from dataclasses import replace

import numpy as np
import pytest

from analysis import audit, labels, scenarios
from analysis.evidence import predictions
from analysis.figures import charts, theme
from analysis.forecasts import methods, probabilities
from analysis.models import outlook
from analysis.statistics import scoring


def test_every_part_has_a_probability_or_says_why_not(rows):
    for name, row in rows.iterrows():
        assert (row["probability"] is not None) == bool(row["methods"]), name
        assert row["method"], name
        if row["methods"]:
            assert 0 < row["probability_low"] <= row["probability"] <= row["probability_high"] < 1, name
            assert row["sources"] or all(m["kind"] == "simulation" for m in row["methods"]), name
    overtaken = set(rows.index[rows["status"] == "void"])
    assert set(rows.index[rows["probability"].isna()]) == overtaken | {"p2.quality"}
    # what is missing is said
    assert rows.loc["p2.quality", "method"].startswith("No advance of closed models")


def test_parts_without_a_method_leave_an_empty_table_and_an_empty_chart(rows):
    none = probabilities.by_method(rows[rows["probability"].isna()].reset_index())
    assert none.empty and list(none) == list(probabilities.by_method(rows.reset_index()))
    chart = theme.chart_of(charts.forecasts.chances(none, predictions.load_table()))
    assert chart.finding == "No data by the cut-off date: nothing to base a probability on"


def test_a_condition_is_the_first_part_of_the_same_prediction():
    """The chart says “if so” and means that part."""
    first = (
        predictions.load_table()
        .assign(whole=lambda t: t["id"].str.partition(".")[0])
        .groupby("whole")["id"]
        .first()
    )
    given = predictions.load_table().set_index("id")["given"].dropna()
    assert len(given)
    assert {part: first[part.partition(".")[0]] for part in given.index} == dict(given)


def test_methods_in_rows_are_those_of_the_parts(rows):
    flat = probabilities.by_method(rows.reset_index())
    assert len(flat) == sum(len(methods) for methods in rows["methods"])
    price = flat[flat["id"] == "p2.price"]
    assert list(price["method"]) == ["base rate", "trend", "random walk"]
    assert price["weight_pct"].sum() == pytest.approx(100)
    assert price["past_questions"].nunique() == 1
    assert set(price["pooled_pct"]) == {100 * rows.loc["p2.price", "probability"]}
    cited = probabilities.cited_sources(rows.reset_index())
    assert len({source["url"] for source in cited}) == len(cited) > 10


@pytest.mark.parametrize("scenario", [name for name in scenarios.names() if name != "base"])
def test_every_scenario_has_probabilities(scenario):
    assumptions = scenarios.check(scenarios.resolve(scenario, {"draws": 1000}))
    table = probabilities.table(assumptions, audit.gather(assumptions)).set_index("id")
    assert table["probability"].notna().sum() >= 5
    assert all(0 < m["low"] <= m["probability"] <= m["high"] < 1 for row in table["methods"] for m in row)


def test_what_is_void_is_not_forecast_and_not_scored(rows):
    void = rows[rows["status"] == "void"]
    assert set(void.index) == {name for name, part in predictions.read().predictions.items() if part.void}
    assert void[["probability", "brier", "log_score"]].isna().all(axis=None)
    assert (void["method"] == "none: overtaken").all()


def test_methods_are_pooled_by_their_record(rows):
    row = rows.loc["p2.price"]
    weights = [m["weight"] for m in row["methods"]]
    assert sum(weights) == pytest.approx(1)
    assert row["probability"] == pytest.approx(
        sum(w * m["probability"] for w, m in zip(weights, row["methods"], strict=True))
    )
    # the smaller the loss of a kind on the same questions, the more it weighs, by exp(-eta loss)
    first, second = row["methods"][:2]
    eta = 2 * first["past_effective"] / first["past_questions"]
    assert math.log(weights[0] / weights[1]) == pytest.approx(
        eta * (second["past_loss"] - first["past_loss"])
    )
    # and the label has the largest first
    largest = max(row["methods"], key=lambda m: m["weight"])
    assert row["method"].startswith(f"{labels.METHODS[largest['kind']]} {largest['weight']:.0%}, ")
    # one that past cases leave next to nothing is not printed as nothing
    assert rows.loc["p3.write_down", "method"].endswith(", our simulation under 1%")
    assert rows.loc["p2.llama", "methods"][0]["weight"] == 1 and rows.loc["p2.llama", "method"] == "base rate"


def test_what_the_record_changes_is_computed_beside_the_mean_of_log_odds(rows):
    table = probabilities.without_record(rows.reset_index()).set_index("id")
    odds = [m["probability"] / (1 - m["probability"]) for m in rows.loc["p3.survival", "methods"]]
    both = math.sqrt(odds[0] * odds[1])
    assert table.loc["p3.survival", "log_odds_pct"] == pytest.approx(100 * both / (1 + both))
    assert table.loc["p3.survival", "pooled_pct"] == 100 * rows.loc["p3.survival", "probability"]
    assert table.loc["p2.llama", "log_odds_pct"] == pytest.approx(table.loc["p2.llama", "pooled_pct"])


def test_write_down_and_cause_are_counted_on_the_same_draws(context, rows):
    down, lag = methods.event_draws(context)
    drawn = rows.loc["p3.write_down", "methods"][0]
    assert drawn["probability"] == pytest.approx((down.sum() + 0.5) / 2001)
    assert rows.loc["p3.cause", "probability"] == pytest.approx(((down & lag).sum() + 0.5) / (down.sum() + 1))
    assert rows.loc["p3.cause", "given"] == "p3.write_down"
    bounds = probabilities.whole_predictions(
        rows.reset_index(), context.assumptions, context.facts
    ).set_index("id")
    assert bounds.loc["p3", "high"] == pytest.approx(((down & lag).sum() + 0.5) / 2001)
    assert bounds.loc["p2", "high"] == min(rows.loc[["p2.llama", "p2.price", "p2.price_war"], "probability"])
    assert np.isnan(float(bounds.loc["p1", "high"]))


def test_what_was_not_known_yet_is_not_used(context_on):
    before = probabilities.table(*(lambda v: (v.assumptions, v.facts))(context_on("2025-06-30"))).set_index(
        "id"
    )
    # GPT-5 was not out: nothing to be matched, and nothing is void yet
    assert before.loc["p2.quality", "probability"] is None
    assert before.loc["p2.quality", "method"] == "What a method needs was not in our data yet."
    assert set(before["status"]) == {"open"}


@pytest.mark.parametrize("outcome", [True, False])
def test_a_resolved_part_is_scored_by_what_was_said_when_it_was_made(context, monkeypatch, outcome):
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
    row = probabilities.table(context.assumptions, context.facts).set_index("id").loc["p2.llama"]
    # 1 of 7 releases is a Llama on the day of publication: (1 + 1/2) / 8
    probability = 1.5 / 8
    assert row["status"] == str(outcome).lower()
    assert row["brier"] == pytest.approx((probability - outcome) ** 2)
    assert row["log_score"] == pytest.approx(-math.log(probability if outcome else 1 - probability))


def stating(monkeypatch, **more):
    judgement = predictions.Judgement.model_validate(
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
        predictions,
        "judgements",
        lambda as_of, *_: {"p2.llama": judgement} if str(as_of) >= "2026-06-01" else {},
    )


def test_a_judgement_is_a_method_like_any_other_from_its_day_on(context_on, context, monkeypatch):
    stating(monkeypatch)
    row = probabilities.table(context.assumptions, context.facts).set_index("id").loc["p2.llama"]
    assert [m["kind"] for m in row["methods"]] == ["base rate", "judgement"]
    counted = row["methods"][0]["probability"]
    # without a record it counts one half, and half-way to the base rate
    half_way = scoring.shrunk_half_way(0.2, counted)
    assert row["probability"] == pytest.approx((counted + half_way) / 2)
    assert row["methods"][1]["past_loss"] is None and row["methods"][1]["weight"] == 0.5
    before = context_on("2026-05-21")
    assert [m.kind for m in methods.apply_methods("p2.llama", before)] == ["base rate"]


def test_days_are_the_day_of_making_the_same_day_of_each_month_and_the_last():
    days = [str(day.date()) for day in probabilities.monthly_days("2026-05-21", "2026-10-31")]
    assert days == [
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
def past(context):
    return probabilities.history(context.assumptions, context.facts)


def test_the_last_day_of_the_history_is_the_table(past, rows):
    last = past.table[past.table["as_of"] == past.table["as_of"].max()]
    for part, group in last.groupby("id"):
        assert list(group["probability_pct"] / 100) == pytest.approx(
            [m["probability"] for m in rows.loc[part, "methods"]]
        )
    assert set(last["id"]) == set(rows.index[rows["probability"].notna()])


def test_each_day_is_what_could_be_said_on_it(context_on, past):
    first = past.table[past.table["as_of"] == "2026-05-21"].set_index("id")
    then = methods.falls_of_late_rounds(context_on("2026-05-21"))
    assert first.loc["p3.write_down", "probability_pct"] == pytest.approx(100 * then.chance.probability)


@pytest.fixture
def price_of_a_hundredth(monkeypatch):
    """A part with a method that draws on one belief, which has a day."""

    def falls(context):
        drawn = outlook.price_falls(context.assumptions) >= 4.0
        return methods.Method("simulation", methods.chance_from_draws(drawn), "A share of draws.", {})

    monkeypatch.setitem(methods.METHODS, "p2.price", [falls])
    monkeypatch.setitem(methods.ASSUMES, falls, ("price_decline_factor_per_year",))
    return falls


def test_what_draws_on_no_belief_is_counted_once_for_all_scenarios(
    context, count_stored, price_of_a_hundredth
):
    other = context.assumptions.with_changes(price_decline_factor_per_year=[2.0, 8.0], input_token_share=0.5)
    tables = []
    for assumptions in (context.assumptions, other):
        facts = replace(context.facts, assumptions=assumptions)
        tables.append(probabilities.history(assumptions, facts).table)
        assert count_stored() == 1
    first, second = (table.set_index(["id", "as_of", "method"]) for table in tables)
    simulated = first.index.get_level_values("method") == "simulation"
    assert first[~simulated].equals(second[~simulated])
    assert (first.loc["p2.price"] != second.loc["p2.price"]).all(axis=None)


def test_a_method_that_reads_a_belief_has_to_say_so(context, monkeypatch, price_of_a_hundredth):
    monkeypatch.delitem(methods.ASSUMES, price_of_a_hundredth)
    with pytest.raises(KeyError, match=r"falls: .*price_decline_factor_per_year.*assumes="):
        probabilities.history(context.assumptions, context.facts)


def test_no_history_is_drawn_through_an_assumption_that_carries_no_day(context, past, price_of_a_hundredth):
    early = past.table[past.table["as_of"] < past.table["as_of"].max()]
    assert "simulation" not in set(early["method"])
    left = past.left_out.set_index("id")["assumptions"]
    assert set(left.index) == {"p3.write_down", "p3.cause"}
    assert "pool_share" in left["p3.write_down"]
    # one whose assumption is dated, 12 March 2025, has a history
    dated = probabilities.history(context.assumptions, context.facts).table
    assert set(dated.loc[dated["as_of"] < dated["as_of"].max()].query("method == 'simulation'")["id"]) == {
        "p2.price"
    }


def test_an_assumption_is_unknown_before_its_day_and_without_one(context_on):
    then = context_on("2026-05-21").assumptions
    assert probabilities.known_only_later(["price_decline_factor_per_year"], then) == []
    assert probabilities.known_only_later(["parity_years", "pool_share"], then) == [
        "parity_years",
        "pool_share",
    ]
    known_on = then.register["parity_years"].reference.known_on
    assert (
        probabilities.known_only_later(["parity_years"], then.with_changes(as_of=known_on.isoformat())) == []
    )


def test_a_whole_without_a_probability_in_any_part_has_no_bound(context, rows):
    nothing = rows.reset_index().assign(probability=None)
    bounds = probabilities.whole_predictions(nothing, context.assumptions, context.facts).set_index("id")
    assert (
        np.isnan(float(bounds.loc["p2", "high"])) and bounds.loc["p2", "told"] == "no part has a probability"
    )
