"""What can the models do? Checks that compare claims on benchmark scores with what others measured.

Decisions
- Protocols are never mixed: a lead is taken within one protocol, and each protocol is a reading of its own.
- A frontier is the running best score by release date. Whether the gap between two frontiers closes is
  decided by the test on their slopes alone (`models.parity`), never by its mean over some months: a single
  release moves that.
- A record speaks of publication day where its last release lies at most `facts.CURRENT_FOR` before it. Each
  such record is a reading if its test shows a change; where none does, nothing is decided. A published
  finding without a test is mentioned: the study of 17 benchmarks on LessWrong draws bootstrap bands around
  smoothed trends, and does not test their change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis import labels
from analysis.audit.checks.record import render_sentence
from analysis.audit.facts import (
    Facts,
    Interval,
    NothingKnown,
    describe_day,
    describe_value,
    exact,
    interval_of,
    too_early_note,
)
from analysis.audit.verdicts import ANSWERS, Finding, accepted, answer, check, judge, meets_interval
from analysis.labels import join_words
from analysis.models import parity
from analysis.units import DAYS_PER_MONTH, Quantity, format_date, format_figure

BENCHMARKS = "model_benchmarks"
YEAR = pd.Timedelta(days=365)

TESTS = {"GPQA Diamond": "a test of science questions", "MMLU (HELM)": "a test of general knowledge"}
"""What a benchmark asks, in words."""


def describe_benchmark(name: str) -> str:
    """A benchmark as a sentence first names it: `GPQA Diamond, a test of science questions,`."""
    return f"{name}, {TESTS[name]}," if name in TESTS else name


@check("evidence")
def benchmark_lead(
    facts: Facts,
    figure: Quantity,
    *,
    column: str,
    benchmark: str,
    reference: str,
    protocols: Sequence[str],
    open_models: Sequence[str],
) -> Finding:
    """A model's lead over the article's best other and best open model: as printed, and scored alike.

    Scored alike means within one of the `protocols`; each model counts with the best version that the article
    means.
    """
    table = facts.column("models", column).set_index("row")
    bounds = {name: Interval(*row) for name, row in zip(table.index, table.to_numpy(), strict=True)}
    printed = {
        rival: interval_of(lambda a, b: a - b, bounds[reference], bounds[rival])
        for rival in _rivals(table["value"].drop(reference), open_models)
    }
    alike = {
        protocol: _leads_scored_alike(facts, benchmark, protocol, reference, open_models)
        for protocol in protocols
    }
    readings: dict[str, Interval | bool] = {
        f"as printed over {rival}": lead for rival, lead in printed.items()
    }
    readings |= {
        f"{protocol} over {rival}": lead for protocol, leads in alike.items() for rival, lead in leads.items()
    }
    smallest = sorted(min(lead.value for lead in leads.values()) for leads in alike.values())
    reason = (
        f"{_lead_answer(readings, printed, figure)}: in the article's table {reference} {_leads(printed)}."
        f" Where all are scored alike it is {_ahead(smallest[0])} to {_ahead(smallest[-1])} the best rival."
    )
    details = " ".join(
        f"{benchmark}, {protocol}: {reference} is {_standings(leads)}." for protocol, leads in alike.items()
    )
    return Finding(readings, reason, details=details)


def _leads_scored_alike(
    facts: Facts, benchmark: str, protocol: str, reference: str, open_models: Sequence[str]
) -> dict[str, Interval]:
    """A model's lead over its rivals within one protocol, points by rival; the scores are cited."""
    scores = facts.require(BENCHMARKS, benchmark=benchmark, protocol=protocol, use="trend")
    scores = scores[scores["article_model"] != ""].sort_values("score_pct", kind="stable")
    best = scores.drop_duplicates("article_model", keep="last")
    score_of = best.set_index("article_model")["score_pct"]
    if reference not in score_of or not score_of.index.isin(open_models).any():
        raise NothingKnown(f"{reference} and an open model on {benchmark}, {protocol}")
    rivals = _rivals(score_of.drop(reference), open_models)
    facts.cite(BENCHMARKS, best[best["article_model"].isin([reference, *rivals])])
    return {rival: exact(float(score_of[reference] - score_of[rival])) for rival in rivals}


def _lead_answer(
    readings: Mapping[str, Interval | bool], printed: Mapping[str, Interval], figure: Quantity
) -> str:
    """How a reason on a lead opens: over which rivals it is as large as stated, if not over all."""
    verdict = judge(Finding(readings, ""), figure)
    if verdict in ("holds", "fails"):
        return ANSWERS[verdict]
    passed = [rival for rival, lead in printed.items() if meets_interval(lead, accepted(figure))]
    if not passed:
        return "Only where models are scored alike"
    if len(passed) == len(printed):
        return "Only as the article prints it"
    return f"Only over {labels.number_word(len(passed), 'rival', 'rivals')}"


def _leads(printed: Mapping[str, Interval]) -> str:
    """Leads in words, the largest first; the verb stands once for rivals in a row."""
    leads = sorted(printed.items(), key=lambda item: -item[1].value)
    verbs = ["leads" if lead.value >= 0 else "trails" for _, lead in leads]
    return join_words(
        (
            f"{verb} {rival} by {abs(lead.value):.1f} points"
            if verb != previous
            else f"{rival} by {abs(lead.value):.1f}"
        )
        for verb, previous, (rival, lead) in zip(verbs, ["", *verbs], leads, strict=False)
    )


@check("evidence")
def frontier_gap(
    facts: Facts,
    figure: Quantity | None,
    *,
    series: Mapping[str, Mapping[str, str | float]],
    beside: Sequence[str] = (),
    told: str = "",
) -> Finding:
    """Whether open weights come closer to closed ones, by every record that speaks of publication day.

    Parameters
    ----------
    facts, figure
        A `figure` asks for a speed besides: the mean gap of the last year over that of the year before has to
        meet it.
    series
        Each benchmark and protocol with its floor of guessing (a share). A series is a reading where the 90%
        interval of the difference of its frontiers' slopes lies on one side of zero.
    beside, told
        Published findings on the gap, and a sentence on them. They publish bands but no test of the change,
        so that they are mentioned only.
    """
    readings: dict[str, Interval | bool] = {}
    sentences, details, later = [], [], []
    for name, where in series.items():
        selection = {key: value for key, value in where.items() if key != "floor"}
        scores = facts.require(BENCHMARKS, **selection, use="trend")
        last = pd.Timestamp(scores["valid_on"].max())
        if not facts.is_current(scores):
            details.append(too_early_note(name, scores))
            continue
        result = _gap_test(facts, scores, name, where)
        sentences.append(_gap_in_words(name, result))
        details.append(_test_in_words(name, result))
        if result.change == parity.NOT_SHOWN:
            facts.mention(BENCHMARKS, _steps(scores))
        else:
            facts.cite(BENCHMARKS, _steps(scores))
            readings[f"on {name}"] = result.change == parity.CLOSING and _fast_enough(result, figure)
        known_scores = facts.at(facts.as_of).require(BENCHMARKS, **selection, use="trend")
        if known_scores["valid_on"].max() > last:
            later.append(_gap_in_words(name, _gap_test(facts, known_scores, name, where)))
    if published := facts.facts_by_day(beside, decides=False):
        details.append(render_sentence(told, published, facts))
    if readings:
        reason, verdict = _answered(answer(Finding(readings, ""), None), sentences), None
    else:
        opening = "Too close to call" if sentences else "Our records end too early to tell"
        reason = f"{_answered(opening, sentences)} Scores of open and closed models over a longer time would"
        reason, verdict = f"{reason} settle it.", "uncheckable"
    since = " ".join(later) or None
    return Finding(readings, reason, verdict=verdict, details=" ".join(details), since=since)


def _answered(opening: str, sentences: Sequence[str]) -> str:
    """An answer and the sentences that follow it."""
    first, *rest = sentences or [""]
    lead = f"{opening}: {first[0].lower()}{first[1:]}" if first else f"{opening}."
    return " ".join([lead, *rest])


def _gap_test(facts: Facts, scores: pd.DataFrame, name: str, where: Mapping[str, str | float]) -> parity.Gap:
    rng = np.random.default_rng(facts.assumptions.seed)
    try:
        return parity.gap(scores, rng, floor=float(where["floor"]))
    except ValueError:
        raise NothingKnown(f"{name}: enough models of both kinds for a test") from None


def _fast_enough(result: parity.Gap, figure: Quantity | None) -> bool:
    """Whether the mean gap of the last year is at most so many times that of the year before; a lead of open
    models is none.
    """
    if figure is None:
        return True
    if result.means is None:
        raise NothingKnown("two years of both kinds")
    return result.means.last <= accepted(figure)[1] * max(result.means.before, 0.0)


def _steps(scores: pd.DataFrame) -> pd.DataFrame:
    """The releases that raised the best score of their kind: they make the two frontiers."""
    rows = scores.sort_values(["valid_on", "score_pct"])
    best = rows.groupby("weights")["score_pct"].cummax()
    return rows[rows["score_pct"] > best.groupby(rows["weights"]).shift(fill_value=-np.inf)]


def _gap_in_words(name: str, result: parity.Gap) -> str:
    """The gap at the end of the record and a year before, and what the test makes of it."""
    change = {
        parity.NOT_SHOWN: "That change may be chance",
        parity.CLOSING: "Our test finds that the gap closes",
        parity.OPENING: "Our test finds that the gap widens",
    }
    earlier = result.daily[: result.record_end - YEAR].tail(1)
    after = "".join(f" after {points:.1f} a year earlier" for points in earlier)
    month = f"{result.record_end:%B} {result.record_end.year}"
    return (
        f"On {describe_benchmark(name)} closed models led by {result.points:.1f} points in {month}{after}."
        f" {change[result.change]}."
    )


def _test_in_words(name: str, result: parity.Gap) -> str:
    means = result.means
    spans = (
        f" The gap averaged {means.last:.1f} points in the last {round(means.days / DAYS_PER_MONTH)} months"
        f" and {means.before:.1f} in as many before."
        if means
        else ""
    )
    return (
        f"On {name} the open frontier gains {_signed(result.slope_difference)} logits a year on the closed"
        f" one, with a {result.level:.0%} interval of {_signed(result.low)} to {_signed(result.high)}.{spans}"
    )


@check("evidence")
def rise_of_the_best(
    facts: Facts, figure: Quantity | None, *, benchmark: str, beside: Sequence[str], told: str
) -> Finding:
    """The best published score a year before publication day and on it, with what that leaves open.

    The sentence may name ``{before}``, ``{now}`` and days and figures of the facts `beside`.
    """
    scores = facts.require(BENCHMARKS, benchmark=benchmark).sort_values(["valid_on", "score_pct"])
    early = scores[scores["valid_on"] <= facts.day - YEAR]
    if early.empty:
        raise NothingKnown(f"{benchmark} over twelve months")
    before, now = (rows.loc[[rows["score_pct"].idxmax()]] for rows in (early, scores))
    facts.mention(BENCHMARKS, pd.concat([before, now]))
    rise = {name: f"{rows['score_pct'].iloc[0]:.1f}%" for name, rows in (("before", before), ("now", now))}
    reason = render_sentence(told, facts.facts_by_day(beside, decides=False), facts, rise)
    return Finding({}, reason, verdict="uncheckable")


@check("evidence")
def best_on_benchmark(
    facts: Facts,
    figure: Quantity | None,
    *,
    model: str,
    benchmark: str,
    protocol: str,
    told: str,
    later_protocol: str | None = None,
    developers: Sequence[str] = (),
    beside: Sequence[str] = (),
) -> Finding:
    """Whether a model leads a benchmark on publication day; it is out of date where it led before.

    Parameters
    ----------
    facts, figure
        No figure is asked for.
    model, benchmark, protocol
        The runs that hold the model and its rivals.
    told
        The sentence may name the ``{answer}`` (Yes, No longer or No), ``{own}`` and ``{best}``, the scores,
        and ``{later_best}`` with ``{later_model}``, besides days and figures of dated facts.
    later_protocol
        Runs by the same third party with another harness: its scores compare with each other alone and are
        mentioned.
    developers
        Scores that makers of other models report of their own runs (dated facts). They decide only where a
        model leads the runs above: whoever runs the test, a model that others have passed leads no longer.
    beside
        Dated facts that decide nothing.
    """
    scores = facts.require(BENCHMARKS, benchmark=benchmark, protocol=protocol, use="trend").sort_values(
        "valid_on"
    )
    row = scores[scores["model"] == model].iloc[-1]
    best = scores.sort_values("score_pct", kind="stable").iloc[-1]
    facts.cite(BENCHMARKS, scores.loc[list({row.name, best.name})])
    led_at_release = scores[scores["valid_on"] <= row["valid_on"]]["score_pct"].max() <= row["score_pct"]
    leads = bool(best["score_pct"] <= row["score_pct"])
    claimed = facts.facts_by_day(developers, decides=leads)
    leads = leads and all(claim["value"] <= row["score_pct"] for claim in claimed)
    overtaken = bool(led_at_release and not leads)
    values = {"answer": "No longer" if overtaken else "Yes" if leads else "No"}
    values |= {"own": format_figure(row["score_pct"], "pct"), "best": format_figure(best["score_pct"], "pct")}
    details = [
        f"In the same runs {best['model']} has the best score, {values['best']} on"
        f" {format_date(best['valid_on'])}. Our record of these runs ({protocol}) ends on"
        f" {format_date(scores['valid_on'].iloc[-1])}."
    ]
    if later_protocol:
        later = facts.find(BENCHMARKS, benchmark=benchmark, protocol=later_protocol, use="trend")
        if len(later):
            values |= _best_of_newer_runs(later)
            details.append(_newer_runs(facts, later, model))
    if claimed:
        scored = join_words(f"{r['subject']} {describe_value(r, facts)} ({describe_day(r)})" for r in claimed)
        details.append(f"Developers report of their own runs, under other protocols: {scored}.")
    unknown = ("later_best", "later_model") if later_protocol else ()  # on a day before the newer runs
    mentioned = facts.facts_by_day(beside, decides=False)
    reason = render_sentence(told, [*claimed, *mentioned], facts, values, unknown)
    return Finding({"leads": leads}, reason, overtaken=overtaken, details=" ".join(details))


def _best_of_newer_runs(runs: pd.DataFrame) -> dict[str, str]:
    """The best score of some runs and its model, by their names in a sentence."""
    best = runs.sort_values("score_pct", kind="stable").iloc[-1]
    return {"later_best": format_figure(best["score_pct"], "pct"), "later_model": str(best["model"])}


def _newer_runs(facts: Facts, runs: pd.DataFrame, model: str) -> str:
    """What runs by another protocol hold, as a sentence; the lowest and the highest score are mentioned."""
    ends = runs.sort_values("score_pct", kind="stable").iloc[[0, -1]]
    facts.mention(BENCHMARKS, ends)
    low, high = (f"{row['model']} {format_figure(row['score_pct'], 'pct')}" for _, row in ends.iterrows())
    return (
        f"A newer record ({runs['protocol'].iloc[0]})"
        f" {'holds' if model in set(runs['model']) else 'leaves out'} {model} and has"
        f" {labels.number_word(len(runs))} models up to {format_date(runs['valid_on'].max())}, from {low} to"
        f" {high}."
    )


def _rivals(scores: pd.Series, open_models: Sequence[str]) -> list[str]:
    """The best of some models and the best open one; one name where they are the same."""
    among_open = scores[scores.index.isin(open_models)]
    return list(dict.fromkeys(str(rows.idxmax()) for rows in (scores, among_open)))


def _standings(leads: Mapping[str, Interval]) -> str:
    return " and ".join(
        f"{abs(lead.value):.1f} points {'behind' if lead.value < 0 else 'ahead of'} {rival}"
        for rival, lead in leads.items()
    )


def _signed(points: float) -> str:
    return f"{'−' if points < 0 else '+'}{abs(points):.1f}"


def _ahead(points: float) -> str:
    return f"{abs(points):.1f} {'points behind' if points < 0 else 'ahead of'}"
