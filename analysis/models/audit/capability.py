"""What can the models do, and for how much? Checks that hold benchmarks and prices against what others measured.

Decisions
- Protocols are never mixed: a lead is taken within one protocol, and each protocol is a reading of its own.
- A frontier is the running best score by release date; its gap is averaged over time, so that no release day decides.
- Prices are list prices of the developer's own service; a price stands until the next one on record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.models import frontier, parity
from analysis.models.audit import cells
from analysis.models.audit.facts import Facts, Interval, Unknown, exact, in_print, in_words
from analysis.models.audit.record import told_on_record
from analysis.models.audit.verdicts import Finding, check, judged
from analysis.units import Quantity, show

BENCHMARKS, PRICES = "model_benchmarks", "api_prices"
YEAR = pd.Timedelta(days=365)


@check("evidence")
def lead_by_protocol(
    facts: Facts,
    figure: Quantity,
    *,
    benchmark: str,
    reference: str,
    protocols: Sequence[str],
    open_models: Sequence[str],
) -> Finding:
    """A model's lead on a benchmark over the best of the article's other models, within each protocol."""
    readings, told = {}, []
    for protocol in protocols:
        scores = facts.rows(BENCHMARKS, benchmark=benchmark, protocol=protocol, use="trend")
        best = scores[scores["article_model"] != ""].groupby("article_model")["score_pct"].max()
        if reference not in best:
            raise Unknown(f"{reference} on {benchmark}, {protocol}")
        rivals = best.drop(reference).sort_values()
        among_open = rivals[rivals.index.isin(open_models)]
        if among_open.empty:
            raise Unknown(f"an open model on {benchmark}, {protocol}")
        rival, rival_open = rivals.index[-1], among_open.index[-1]
        leads = {name: float(best[reference] - best[name]) for name in dict.fromkeys((rival, rival_open))}
        readings[protocol] = exact(leads[rival])
        told.append(
            f"{protocol} " + " and ".join(f"{_signed(lead)} over {name}" for name, lead in leads.items())
        )
    return Finding(readings, f"{reference}'s lead on {benchmark} in points: {'; '.join(told)}{judged(readings, figure)}.")  # fmt: skip


@check("evidence")
def list_price_multiple(
    facts: Facts, figure: Quantity, *, reference: Mapping[str, str], rival: Mapping[str, str]
) -> Finding:
    """A price multiple on input and on output at the list prices that were on record on the article's day."""
    own, other = (_price(facts, where) for where in (reference, rival))
    readings = {
        f"on {kind}": exact(own[f"price_{kind}_usd_per_mtok"] / other[f"price_{kind}_usd_per_mtok"])
        for kind in ("input", "output")
    }
    listed = " against ".join(f"{_dollars(row)} ({in_words(row['valid_on'])})" for row in (own, other))
    told = " and ".join(f"{show(value.value, 'x', 2)} {kind}" for kind, value in readings.items())
    return Finding(readings, f"At the last list prices, {listed}, it is {told}{judged(readings, figure)}.")


@check("evidence")
def launch_price_multiple(
    facts: Facts,
    figure: Quantity,
    *,
    model: str,
    reference: Mapping[str, str],
    successors: Sequence[str] = (),
) -> Finding:
    """A model's price at its launch over another's on that day, both blended; `successors` are told beside it."""
    share = float(facts.given["input_token_share"])
    launch = facts.rows(PRICES, model=model, event="launch").iloc[0]
    then = facts.at(launch["valid_on"]).last(PRICES, "price_input_usd_per_mtok", **reference)
    multiple = _blended(launch, share) / _blended(then, share)
    later = [facts.rows(PRICES, model=name, event="launch").iloc[0] for name in successors]
    told = "".join(f"; {row['model']} costs {_blended(row, share) / _blended(then, share):.1f} times as much" for row in later)  # fmt: skip
    reason = (
        f"{launch['model']} came on {in_words(launch['valid_on'])} at {_dollars(launch)}, {multiple:.2f} times the {_dollars(then)} "
        f"that {then['model']} cost then (blended at {share:.0%} input){told}."
    )
    return Finding({"at launch": exact(multiple)}, reason, overtaken=True)


@check("evidence")
def frontier_gap(
    facts: Facts,
    figure: Quantity,
    *,
    series: Mapping[str, Mapping[str, str | float]],
    told: str | None = None,
) -> Finding:
    """Whether open weights come closer: the mean gap of the last months on record over that of as many months before.

    `series` names each benchmark and protocol with its floor of guessing (a share). Whether the slopes of the two frontiers
    differ is told beside it and decides nothing. The gap is that of the two running bests, averaged over days from the
    first on which both kinds have a model; compared are the last twelve months with the twelve before, or the halves of
    a shorter record, of six months each at least.
    """
    readings, parts, slopes = {}, [], []
    for name, where in series.items():
        wanted = {key: value for key, value in where.items() if key != "floor"}
        scores = facts.rows(BENCHMARKS, **wanted, use="trend")
        gap = frontier.frontier_gap(scores)
        means = frontier.mean_gaps(gap)
        if means is None:
            raise Unknown(f"{name}: less than a year of both frontiers")
        readings[f"on {name}"] = exact(means.last / means.before)
        months = f"{round(means.days / 30.4375)} months"
        parts.append(f"{name} {means.last:.1f} points in the {months} to {in_words(gap.index[-1])} after {means.before:.1f} in the {months} before")  # fmt: skip
        slopes.append(_slopes(scores, name, float(where["floor"]), int(facts.given["seed"])))
    tail = f"; {told}" if told else ""
    reason = f"The mean gap was on {', on '.join(parts)}{judged(readings, figure)}; by the slopes of the frontiers {' and '.join(slopes)}{tail}."
    return Finding(readings, reason)


def _slopes(scores: pd.DataFrame, name: str, floor: float, seed: int) -> str:
    try:
        found = parity.gap(scores, np.random.default_rng(seed), floor=floor)
    except ValueError:
        return f"{name} has too few steps to tell"
    change = {parity.NOT_SHOWN: "no change is shown", parity.CLOSING: "it closes", parity.OPENING: "it opens"}
    gain, low, high = (
        f"{number:+.1f}".replace("-", "−") for number in (found.slope_difference, found.low, found.high)
    )
    return f"on {name} {change[found.change]} ({gain} logits a year, {low} to {high}, {found.level:.0%})"


@check("evidence")
def frontier_rise(facts: Facts, figure: Quantity, *, benchmark: str, protocol: str) -> Finding:
    """By how many points the best score on a benchmark rose in the last twelve months on record."""
    scores = facts.rows(BENCHMARKS, benchmark=benchmark, protocol=protocol, use="trend").sort_values(
        "valid_on"
    )
    best, end = scores["score_pct"].cummax(), scores["valid_on"].iloc[-1]
    before = best[scores["valid_on"] <= end - YEAR]
    if before.empty:
        raise Unknown(f"{benchmark} over twelve months")
    now, then = float(best.iloc[-1]), float(before.iloc[-1])
    reason = f"The best score on {benchmark} rose from {then:.1f}% to {now:.1f}% in the year to {in_words(end)}, the last on record."
    return Finding({"rise": exact(now - then)}, reason)


@check("evidence")
def best_on_benchmark(
    facts: Facts,
    figure: Quantity | None,
    *,
    model: str,
    benchmark: str,
    protocol: str,
    told: str,
    developers: Sequence[str] = (),
    beside: Sequence[str] = (),
) -> Finding:
    """Whether a model leads a benchmark on the article's day; it is out of date where it led before.

    `developers` are scores that makers of other models report of their own runs (dated facts): whoever runs the test, a
    model that others have passed leads no longer. The sentence may name ``{own}`` and ``{best}``, the scores, besides days
    and figures of dated facts; `beside` decide nothing.
    """
    scores = facts.look(BENCHMARKS, benchmark=benchmark, protocol=protocol, use="trend").sort_values(
        "valid_on"
    )
    own = scores[scores["model"] == model].iloc[-1]
    best = scores.sort_values("score_pct", kind="stable").iloc[-1]
    facts.cite(BENCHMARKS, scores.loc[list({own.name, best.name})])
    at_release = scores[scores["valid_on"] <= own["valid_on"]]["score_pct"].max() <= own["score_pct"]
    claimed = facts.happened(developers)
    leads = bool(max([best["score_pct"], *(row["value"] for row in claimed)]) <= own["score_pct"])
    values = {"own": in_print(own["score_pct"], "pct"), "best": in_print(best["score_pct"], "pct")}
    reason = told_on_record(told, [*claimed, *facts.happened(beside, decides=False)], facts, values)
    details = (
        f"In the same runs {best['model']} has the best score, {values['best']} on {in_words(best['valid_on'])}; our record of "
        f"them ({protocol}) ends on {in_words(scores['valid_on'].iloc[-1])}."
    )
    if claimed:
        details += " The later scores are the developers' own runs, under another protocol."
    return Finding({"leads": leads}, reason, overtaken=bool(at_release and not leads), details=details)


@check("evidence")
def column_agrees(facts: Facts, figure: Quantity | None, *, table: str, column: str) -> Finding:
    """How many cells of a column of the article's tables agree with what others measured."""
    rows = cells.ledger(facts, [(table, column)])
    facts.used.extend(label for row in rows["used"] for label in row)
    decided = rows[rows["verdict"] != "uncheckable"]
    if decided.empty:
        raise Unknown(f"{table}, {column}")
    good = int((decided["verdict"] == "holds").sum())
    wrong = decided[decided["verdict"] != "holds"]
    told = "; ".join(f"{row['row']}: {row['short']}" for _, row in wrong.iterrows())
    left = len(rows) - len(decided)
    reason = f"{good} of {len(decided)} cells that can be decided agree" + (f"; {told}" if told else "")
    reason += f"; {left} cannot be decided." if left else "."
    readings: dict[str, Interval | bool] = {
        str(row["row"]): row["verdict"] == "holds" for _, row in decided.iterrows()
    }
    stale = bool(len(wrong)) and bool(wrong["stale"].all())
    return Finding(readings, reason, computed=None, overtaken=stale and good == 0)


def _price(facts: Facts, where: Mapping[str, str]) -> pd.Series:
    return facts.last(PRICES, "price_input_usd_per_mtok", terms="list", **where)


def _blended(row: pd.Series, share: float) -> float:
    return float(
        frontier.blended_price(row["price_input_usd_per_mtok"], row["price_output_usd_per_mtok"], share)
    )


def _dollars(row: pd.Series) -> str:
    return f"${row['price_input_usd_per_mtok']:g} / ${row['price_output_usd_per_mtok']:g}"


def _signed(points: float) -> str:
    return f"{'−' if points < 0 else '+'}{abs(points):.1f}"
