"""What gives a part its probability: every method against a count or a formula by hand."""

import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.evidence import predictions
from analysis.forecasts import methods, track_record
from analysis.models import outlook, reference_class, venture
from analysis.statistics import scoring, trend
from analysis.units import json_value


def holding(context, **tables):
    """The same context with other evidence in some tables."""
    facts = context.facts
    return replace(context, facts=replace(facts, evidence=dict(facts.evidence) | tables))


def asking(monkeypatch, part, **figures):
    """Let the criterion of a part ask for other figures."""
    real = predictions.event

    def event(name, kind, project=None):
        event = real(name, kind, project)
        return event.model_copy(update=figures) if name == part else event

    monkeypatch.setattr(predictions, "event", event)


def applied(context, part):
    return {function.__name__: function(context) for function in methods.METHODS[part]}


def test_every_simulation_says_which_assumptions_it_rests_on(context):
    """Else its line through past days would be drawn with hindsight."""
    made = {make: make(context) for makers in methods.METHODS.values() for make in makers}
    simulated = {
        make
        for make, method in made.items()
        if isinstance(method, methods.Method) and method.kind == "simulation"
    }
    assert simulated == set(methods.ASSUMES)


@pytest.mark.parametrize("part", list(predictions.load_events()))
def test_every_method_of_a_part_reads_every_figure_of_its_event(context, monkeypatch, part):
    """Criterion and event agree by `tests/evidence/test_events.py`; the methods count the whole event."""
    asked, real = set(), predictions.event

    class Recorder:
        def __init__(self, name, event):
            self.name, self.event = name, event

        def __getattr__(self, figure):
            asked.add((self.name, figure))
            return getattr(self.event, figure)

    monkeypatch.setattr(predictions, "event", lambda name, *kind: Recorder(name, real(name, *kind)))
    figures = {
        (part, figure) for figure in set(type(predictions.load_events()[part]).model_fields) - {"counts"}
    }
    assert methods.METHODS[part]
    for function in methods.METHODS[part]:
        asked.clear()
        function(context)
        assert figures <= asked, function.__name__
        assert {name for name, _ in asked} <= {part, "p3.write_down", "p3.cause"}, function.__name__


@pytest.mark.parametrize(
    ("part", "figures"),
    [
        ("p2.llama", {"family": "DeepSeek"}),
        ("p2.price", {"at_most_share": 0.1}),
        ("p2.price_war", {"sellers": 1}),
        ("p2.price_war", {"within_days": 365}),
        ("p2.price_war", {"cut_pct": 1.0}),
        ("p3.write_down", {"below_pct": 60.0}),
        ("p3.cause", {"over_months": 3}),
        ("p3.cause", {"serving_share": 0.0}),
        ("p3.survival", {"more_than_pct": 80.0}),
        ("p3.victory", {"cases": {"son.on_loss_2019": True}}),
    ],
)
def test_another_figure_in_the_criterion_gives_another_chance(context, monkeypatch, part, figures):
    before = applied(context, part)
    asking(monkeypatch, part, **figures)
    for name, method in applied(context, part).items():
        assert method.chance.probability != before[name].chance.probability, name


def test_the_time_at_risk_is_that_of_the_model_to_be_matched(context, monkeypatch):
    # GPT-6 Astra is of 3 September 2026: of the advances that stood longer than 25 days all were matched
    asking(monkeypatch, "p2.quality", target="gpt-6-astra", tasks_pct=50.0)
    method = methods.match_rate(context)
    assert method.inputs["stood_months"] == pytest.approx(25 * 12 / 365)
    assert "50% of a suite" in method.note


def test_what_is_believed_of_the_world_moves_no_count(context):
    """How tokens are mixed and from what loss a write-down counts stand in the criteria."""
    other = replace(
        context, assumptions=context.assumptions.with_changes(input_token_share=0.5, write_down_pct=50.0)
    )
    for part in predictions.load_events():
        for name, method in applied(context, part).items():
            if isinstance(method, methods.Method):
                assert applied(other, part)[name].chance == method.chance, name


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
    assert data_ends["p2.llama", "base rate"] == str(scores.date())
    assert data_ends["p2.price", "trend"] == str(min(scores, tables["api_prices"]["valid_on"].max()).date())
    # a simulation rests on assumptions, and losses of the past are no series
    assert data_ends["p3.cause", "simulation"] is None and data_ends["p3.write_down", "base rate"] is None
    assert (
        methods.Method(
            "trend", scoring.Chance(0.5, 0.4, 0.6, 0.9), "told", {}, series=(pd.DataFrame(),)
        ).data_to
        is None
    )


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


def test_a_step_counts_only_if_it_stood_as_long_as_the_target():
    """Sooner matches are no evidence: no later one could have been seen."""
    lags = pd.DataFrame(
        [("a", 5.0, "r1", True), ("b", 13.0, "r2", True), ("c", 14.0, "r2", True), ("d", 30.0, "", False)],
        columns=["model", "lag_months", "matched_by", "matched"],
    )
    # after 14 months nothing but d is left, and that is not matched: 0 of 1
    assert methods.chance_of_match(lags, 14.0, 33.0) == (scoring.base_rate(0, 1, 0.9), 1)
    assert methods.chance_of_match(lags, 30.0, 33.0) == (None, 0)
    # after 10 months b and c, one release, and d: of weights 1/2, 1/2 and 1 a fourth goes at 13 and a third
    # of the rest at 14, so half are unmatched
    chance, at_risk = methods.chance_of_match(lags, 10.0, 33.0)
    assert at_risk == 3 and chance == scoring.base_rate(0.5 * 2, 2, 0.9)
    # by 13.5 months c does not count yet: 3/4 are unmatched
    assert methods.chance_of_match(lags, 10.0, 13.5)[0] == scoring.base_rate(0.25 * 2, 2, 0.9)


def test_successes_that_could_not_have_been_failures_give_no_probability(context, rows):
    # GPT-5 is of 7 August 2025 and the scores end on 28 September 2026, 13.7 months later; the longest of all
    # matches took 13.1
    assert rows.loc["p2.quality", "probability"] is None
    assert {"14 months", "took 13"} <= set(re.findall(r"14 months|took 13", rows.loc["p2.quality", "method"]))


def test_the_time_at_risk_ends_with_the_record(context_on):
    # on 21 May 2026 scores reach to 19 May, 285 days after the launch: 9.4 months, and one step stood longer
    method = methods.match_rate(context_on("2026-05-21"))
    assert method.inputs["stood_months"] == pytest.approx(285 * 12 / 365)
    assert method.inputs["at_risk"] == 1 and method.chance == scoring.base_rate(1, 1, 0.9)
    assert "(9 of 9 months)" in method.note and "80% of a suite" in method.note


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
    assert (method.inputs["releases"], method.inputs["wars"], method.inputs["most_sellers"]) == (2, 1, 3)
    assert "one of two" in method.note and "three" in method.note
    assert method.chance == scoring.base_rate(1, 2, 0.9)


def test_a_mini_model_is_no_flagship(context):
    # each seller's second line costs a tenth of its first: cuts of it start no war
    table = cuts(("A", "2024-01-01"), ("B", "2024-02-01"), ("C", "2024-03-31"))
    large = table[table["valid_on"] == "2023-01-01"].assign(
        model="large",
        price_input_usd_per_mtok=80.0,
        price_output_usd_per_mtok=80.0,
        valid_on=pd.Timestamp("2023-06-01"),
    )
    method = methods.price_wars_after_releases(
        holding(
            context,
            model_benchmarks=SCORES,
            api_prices=pd.concat([table, large, table.tail(1).assign(valid_on=pd.Timestamp("2025-12-01"))]),
        )
    )
    assert (method.inputs["releases"], method.inputs["most_sellers"]) == (2, 0)
    assert "none of two" in method.note


def test_a_release_whose_window_is_not_over_is_no_case(context):
    # prices end on 1 April 2024, 91 days after o1 and before 90 days after Llama 9 of 1 August
    table = cuts(("A", "2024-01-01"), ("B", "2024-02-01"), ("C", "2024-03-31"), ("A", "2024-04-01"))
    method = methods.price_wars_after_releases(holding(context, model_benchmarks=SCORES, api_prices=table))
    assert method.inputs == {"releases": 1.0, "wars": 1.0, "most_sellers": 3.0}


PRICES = pd.DataFrame(
    # c1 and c2 cost 8 and 4 at launch, o1, which matches both, 0.4 at first and 0.08 at a host; c3 cost 2 and
    # Llama 9 costs 3; c4 is not matched, and o2 matches nothing
    [
        ("c1", 8.0, "launch", "2023-01-01"),
        ("c2", 4.0, "launch", "2023-07-01"),
        ("o1", 0.4, "launch", "2024-01-01"),
        ("c3", 2.0, "launch", "2024-02-01"),
        ("Llama 9", 3.0, "launch", "2024-08-01"),
        ("c4", 50.0, "launch", "2024-09-01"),
        ("o2", 0.01, "launch", "2025-09-01"),
        ("o1", 0.08, "observation", "2025-10-01"),
    ],
    columns=["benchmark_model", "price_input_usd_per_mtok", "event", "valid_on"],
).assign(
    price_output_usd_per_mtok=lambda t: t["price_input_usd_per_mtok"],
    terms="list",
    source_title="p",
    source="https://example.org/p",
    quality="reported",
    valid_on=lambda t: pd.to_datetime(t["valid_on"]),
    known_on=lambda t: t["valid_on"],
)


def test_the_price_is_that_of_the_first_match_over_what_it_matched(context):
    then = holding(context, model_benchmarks=SCORES, api_prices=PRICES)
    rows = methods.first_match_prices(then)
    # o1 is one case, at its lowest price over the more expensive model that it matched: 0.08 / 8
    assert list(rows["matched_by"]) == ["o1", "Llama 9"]
    assert rows["price_ratio"].tolist() == pytest.approx([0.01, 1.5])
    counted = methods.cheap_matches(then)
    assert counted.chance == scoring.base_rate(1, 2, 0.9) and "1/100" in counted.note
    assert methods.price_of_first_matches(then) is None  # two prices make no spread


def test_tokens_are_mixed_as_the_criterion_says(context, monkeypatch):
    asking(monkeypatch, "p2.price", input_token_share=0.5)
    other = PRICES.assign(
        price_output_usd_per_mtok=PRICES["price_input_usd_per_mtok"] * [1, 1, 1, 3, 9, 1, 1, 1]
    )
    rows = methods.first_match_prices(holding(context, model_benchmarks=SCORES, api_prices=other))
    # c3 at 2 and 6 is 4 at equal parts, Llama 9 at 3 and 27 is 15
    assert rows["price_ratio"].iloc[1] == pytest.approx(15 / 4)


def test_the_spread_of_prices_is_students_t_on_logs(context):
    # ln 0.01 against mean and spread of the logs of all first matches: t with n - 1, for one more case
    ratios = methods.first_match_prices(context)["price_ratio"].to_numpy()
    logs, n = np.log(ratios), len(ratios)
    at = (math.log(0.01) - logs.mean()) / (logs.std(ddof=1) * math.sqrt(1 + 1 / n))
    assert methods.price_of_first_matches(context).chance.probability == pytest.approx(stats.t.cdf(at, n - 1))


def test_the_walk_of_prices_starts_at_the_latest_first_match(context):
    rows = methods.first_match_prices(context)
    years, logs = trend.decimal_year(rows["matched_on"]), np.log(rows["price_ratio"].to_numpy(dtype=float))
    due = trend.decimal_year(pd.Series([context.deadline("p2.price")]))[0]
    walk = track_record.random_walk(years, logs, due - years[-1])
    result = methods.walk_of_first_matches(context)
    assert result.kind == "random walk"
    expected = stats.t.cdf((math.log(0.01) - walk.centre) / walk.spread, walk.dof)
    assert result.chance.probability == pytest.approx(expected)
    assert result.chance.low < result.chance.probability < result.chance.high
    # two days make no spread
    assert methods.walk_of_first_matches(holding(context, model_benchmarks=SCORES, api_prices=PRICES)) is None


STAKE = pd.DataFrame(
    {
        "event": ["position", "committed", "position"],
        "valid_on": pd.to_datetime(["2025-12-31", "2026-02-27", "2026-03-31"]),
        "cumulative_cost_usd_bn": [30.0, np.nan, 30.0],
        "cost_on_completion_usd_bn": [np.nan, 60.0, np.nan],
        "fair_value_usd_bn": [40.0, np.nan, 70.0],
    }
)


def test_how_far_the_price_must_fall_follows_from_value_and_cost():
    # 30 paid by 31 March are worth 70, 30 more buy at that day's price: 0.75 x 60 of 100
    paid = [venture.Payment(-1.0, 30.0), venture.Payment(-0.2, 10.0)]
    assert methods.price_at_write_down(STAKE, paid, 25.0) == pytest.approx(0.75 * 60 / 100)
    assert methods.price_at_write_down(STAKE, paid, 50.0) == pytest.approx(0.5 * 60 / 100)
    assert methods.price_at_write_down(STAKE.head(0), paid, 25.0) is None


def test_a_late_round_counts_where_it_fell_as_far_as_the_stake_would_have_to(context):
    rounds = pd.DataFrame(
        # fell at once, and later; unchanged without a new price; risen; bought after a year; just above
        [
            (0.4, "yes", 0.5, "yes"),
            (1.0, "no", 0.1, "yes"),
            (1.0, "no", 1.0, "no"),
            (1.2, "yes", 2.0, "yes"),
            (1.1, "yes", np.nan, "no"),
            (0.9, "yes", 0.46, "yes"),
        ],
        columns=["ratio_1y", "priced_1y", "ratio_3y", "priced_3y"],
    )
    table = (
        context.known["late_rounds"].head(6).reset_index(drop=True).drop(columns=list(rounds)).join(rounds)
    )
    years = pd.to_datetime([f"{2010 + number}-01-31" for number in range(6)])
    table = table.assign(valid_on=years, outcome_sourced=["yes"] * 3 + ["no"] * 3, chosen="rule")
    picked = table.tail(1).assign(chosen="hand", ratio_3y=0.01)  # chosen for its end, so it counts nowhere
    table = pd.concat([table, picked], ignore_index=True)
    method = methods.falls_of_late_rounds(holding(context, late_rounds=table))
    assert method.inputs["fall_to"] == pytest.approx(0.75 * 64.6 / (89.6 + 20))
    # each entry year has one case: 2 of 6, and 2 of 5 without the one that has no new price
    every, priced = scoring.base_rate(2, 6, 0.9), scoring.base_rate(2, 5, 0.9)
    assert method.chance.probability == pytest.approx((every.probability + priced.probability) / 2)
    assert (method.chance.low, method.chance.high) == (every.low, priced.high)
    assert re.search(r"source \S+ the outcome, 2 of 3\b", method.note)


def test_write_downs_are_counted_up_to_the_last_quarter_end_before_the_deadline(context):
    """The register's time, which a reader may move, is the deadline in the base."""
    paths = outlook.venture_paths(context.assumptions, context.facts.record)
    hits = venture.write_down_hits(paths, threshold_pct=25)
    # the start is 30 June 2026, 31 March 2029 the eleventh quarter end, and the deadline 21 May 2029
    down, outgrew = methods.event_draws(context)
    assert down.tolist() == hits[:, :12].any(axis=1).tolist()
    by_the_register = int(outlook.deadline_years(context.assumptions) * 4)
    assert by_the_register == methods.last_quarter(context, "p3.write_down") == 11
    third = methods.third_prediction(context.assumptions, context.facts.record)
    assert third["down"].value == down.mean() and third["both"].value == outgrew.mean()
    assert third["outgrew"].value == pytest.approx(outgrew[down].mean())


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
    assert method.inputs["share_above"] == pytest.approx(expected, abs=0.005)  # years of 365 and 366 days
    # and the company has to operate
    operates = methods.chance_of_operating(context_on("2026-05-21")).probability
    assert method.chance.probability == pytest.approx(method.inputs["share_above"] * operates)
    assert "three shares of revenue, the latest 40%" in method.note


def test_the_walk_starts_at_the_latest_share_and_drifts_as_the_shares_did(context_on):
    # logits of 0.3, 0.4, 0.4: drift (z3 - z1) / T, variance a year of two increments, one degree of freedom
    method = methods.business_share_walk(context_on("2026-05-21"))
    z, h = np.log(np.array([3 / 7, 4 / 6, 4 / 6])), np.array([355, 69]) / 365.25
    drift, ahead = (
        (z[2] - z[0]) / h.sum(),
        (pd.Timestamp("2029-05-21") - pd.Timestamp("2026-03-31")).days / 365.25,
    )
    variance = ((np.diff(z) - drift * h) ** 2 / h).sum()
    spread = math.sqrt(variance * (ahead + ahead**2 / h.sum()))
    expected = 0.5 + math.atan((z[2] + drift * ahead) / spread) / math.pi
    assert method.inputs["share_above"] == pytest.approx(expected, abs=0.005)
    assert method.kind == "random walk" and method.chance.level == 0.9


def test_few_late_rounds_failed_and_over_less_time_fewer(context):
    # 3 of 53 within three years, as many effective cases as the years leave; 933 days are left
    rows = reference_class.by_rule(context.known["late_rounds"])
    failed = scoring.clustered_rate(rows["insolvent_3y"] == "yes", rows["valid_on"].dt.year.tolist())
    expected = (1 - failed.probability) ** (933 / 365.25 / 3)
    assert int((rows["insolvent_3y"] == "yes").sum()) == 3
    assert methods.chance_of_operating(context).probability == pytest.approx(expected)


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


def test_a_loss_that_is_coded_as_called_a_success_counts(context, monkeypatch):
    asking(monkeypatch, "p3.victory", cases={"son.on_loss_2019": True, "son.on_loss_2020": False})
    assert methods.reactions_to_losses(context).chance == scoring.base_rate(1, 2, 0.9)


@pytest.mark.parametrize("happens", [True, False])
def test_what_happens_in_every_future_or_in_none_is_not_printed_as_certain(happens):
    # of 20,000 draws the interval ends nearer to 0 or 1 than six digits can say
    chance = methods.chance_from_draws(np.full(20_000, happens))
    printed = json_value({"low": chance.low, "p": chance.probability, "high": chance.high})
    assert 0 < printed["low"] <= printed["p"] <= printed["high"] < 1
