"""What do fitted trends say about a statement? Checks that rest on a fit, and say what it cannot decide.

Decisions
- A test that does not tell a change from none decides nothing: the statement is `uncheckable`, neither true
  nor false.
- Every record of prices is tested and Holm's adjustment is over the tests of all; one that ends too early to
  speak of publication day (`facts.CURRENT_FOR`) shows in the details alone.
- A figure without a basis is compared with every basis; it is decided where all of them agree by a wide
  margin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis import labels
from analysis.audit.checks.benchmarks import describe_benchmark
from analysis.audit.checks.record import render_sentence
from analysis.audit.facts import Facts, Interval, NothingKnown, too_early_note
from analysis.audit.verdicts import Finding, answer, check
from analysis.labels import join_words
from analysis.models import frontier, prices
from analysis.statistics import breaks
from analysis.units import Quantity, format_figure

SURE = 0.95
"""From which probability on a basis decides, and below one minus it."""
OF_LATE = {breaks.FASTER: " (of late faster)", breaks.SLOWER: " (of late more slowly)"}
"""How a sentence on a fall of prices says that its rate has changed."""


@check("evidence")
def price_acceleration(
    facts: Facts, figure: Quantity | None, *, series: Mapping[str, Mapping[str, str | float]]
) -> Finding:
    """Whether prices at equal quality fall faster than before, by every record that reaches publication day.

    `series` names each benchmark and protocol with its floor of guessing (a share). A record is a reading
    where its test shows a change of the rate.
    """
    listed_prices, results, records = facts.require("api_prices", terms="list"), {}, {}
    for name, where in series.items():
        selection = {key: value for key, value in where.items() if key != "floor"}
        scores = facts.require("model_benchmarks", use="trend", **selection)
        spells = prices.price_spells(listed_prices, scores, facts.assumptions.input_token_share)
        try:
            results[name] = prices.acceleration(spells, float(where["floor"]), facts.assumptions.seed)
        except ValueError:
            raise NothingKnown(f"{name}: too few prices of scored models for a test") from None
        records[name] = _tested_rows(listed_prices, scores, spells)
    readings: dict[str, Interval | bool] = {}
    falls, details = [], []
    for _, row in breaks.acceleration_table(results).iterrows():
        name, change = str(row["series"]), str(row["verdict"])
        priced, scored = records[name]
        is_current = facts.is_current(priced)
        decides = is_current and change != breaks.NOT_SHOWN
        for table, rows in (("api_prices", priced), ("model_benchmarks", scored)):
            (facts.cite if decides else facts.mention)(table, rows)
        if decides:
            readings[f"on {name}"] = change == breaks.FASTER
        if is_current:
            falls.append(f"{_fall_in_words(name, row['slope'])}{OF_LATE[change] if decides else ''}")
        else:
            details.append(too_early_note(name, priced))
        details.append(_tests_in_words(name, row))
    reason, verdict = _acceleration_reason(readings, falls), None if readings else "uncheckable"
    return Finding(readings, reason, verdict=verdict, details=" ".join(details))


def _acceleration_reason(readings: Mapping[str, Interval | bool], falls: Sequence[str]) -> str:
    """Whether prices fall faster than they did, then how fast they fell by each record."""
    if readings:
        return f"{answer(Finding(readings, ''), None)}: prices fell {join_words(falls)}."
    reason = (
        f"Too close to call: prices fell {join_words(falls)}. No test tells whether the fall is speeding up."
        if falls
        else "Our records of prices end too early to tell."
    )
    return f"{reason} A longer record of prices would settle it."


def _fall_in_words(name: str, slope: float) -> str:
    fall = f"{np.exp(-slope):.0f}-fold a year at equal scores on {describe_benchmark(name)}"
    return fall.removesuffix(",")


def _tested_rows(
    listed_prices: pd.DataFrame, scores: pd.DataFrame, spells: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The prices that enter a test, and the scores of their models."""
    key = ["seller", "model", "valid_on"]
    tested = pd.MultiIndex.from_frame(prices.repeat_sellers(spells)[key])
    priced = listed_prices[pd.MultiIndex.from_frame(listed_prices[key]).isin(tested)]
    return priced, scores[scores["model"].isin(priced["benchmark_model"])]


def _tests_in_words(name: str, row: pd.Series) -> str:
    shows = {
        breaks.FASTER: "show a fall that speeds up",
        breaks.SLOWER: "show a fall that slows down",
        breaks.NOT_SHOWN: "show no change of the rate",
    }
    return (
        f"At equal {name} {row['n']:.0f} prices of {row['clusters']:.0f} sellers {shows[row['verdict']]}: p"
        f" is {_p(row['quadratic_p_holm'])} for a gradual change and {_p(row['bend_p_holm'])} for a sudden"
        f" one, both adjusted for all {labels.number_word(int(row['tests']))} tests (Holm). Unadjusted they"
        f" are {row['quadratic_p']:.3f} and {row['bend_p']:.3f}."
    )


def _p(value: float) -> str:
    """A p value in a sentence: one that rejects must not read like one that does not."""
    return "below 0.05" if value <= 0.05 else f"{value:.3f}"


@check("evidence")
def threshold_by_basis(
    facts: Facts,
    figure: Quantity,
    *,
    runs: Mapping[str, str],
    year: int,
    beside: Sequence[str],
    told: str,
) -> Finding:
    """Whether a training run of a year passed a cost, by the trend of each cost basis; all must agree.

    `runs` names each basis, as a condition ("if rented"), and its sample; costs are those of the middle of
    the year; `told` and `beside` as in `record.undecided`.
    """
    try:
        table = frontier.cost_by_basis(
            facts.rows("training_cost", run=list(runs.values())),
            runs,
            t=year + 0.5,
            threshold_usd=float(figure.low or 0.0) * 1e9,
            seed=facts.assumptions.seed,
        )
    except ValueError:
        raise NothingKnown("a trend of training costs on each basis") from None
    one_run = join_words(f"{row.p_one:.0%} {row.basis}" for row in table.itertuples(index=False))
    most_expensive = join_words(f"{chance:.0%}" for chance in table["p_dearest"])
    reason = render_sentence(told, facts.facts_by_day(beside, decides=False), facts)
    details = (
        f"Going by training costs to {int(table['last'].max())}, the chance that a run of {year} cost over"
        f" {format_figure(float(figure.low or 0.0), 'usd_bn')} was {one_run}. For the year's most"
        f" expensive run it was {most_expensive}."
    )
    chances = [*table["p_one"], *table["p_dearest"]]
    first = table.iloc[0]
    median, low, high = (float(first[f"{end}_run_usd"]) / 1e9 for end in ("median", "low", "high"))
    median_cost = Interval(median, low, high)
    if min(chances) >= SURE or max(chances) <= 1 - SURE:
        return Finding({"passed": min(chances) >= SURE}, reason, computed=median_cost, details=details)
    return Finding({}, reason, verdict="uncheckable", details=details)
