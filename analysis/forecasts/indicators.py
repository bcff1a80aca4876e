"""Where do the leading indicators stand? The evidence known on a day against their thresholds.

Decisions
- A reader is a small function of the evidence; what it reads is remembered, so the value carries its sources
  and its day.
- A value on the threshold signals: the criteria say "at least" and "at most".
- What was not known yet has no value and says what is missing; it is never quiet.
- The distance to the threshold is a ratio, so that indicators of different units can be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis import thesis
from analysis.audit import arguments
from analysis.audit.facts import FACTS, Facts, NothingKnown
from analysis.errors import DataError, Problem, nearest
from analysis.evidence import indicators, predictions
from analysis.exhibits import Side
from analysis.models import frontier, prices
from analysis.scenarios import Assumptions, Register, unknown_name
from analysis.statistics.growth import cagr_pct
from analysis.units import DAYS_PER_MONTH, DAYS_PER_YEAR, format_value

NEAR_DAYS = 75
"""How far a value of about twelve months ago may lie from that day."""


@dataclass(frozen=True)
class Reading:
    """A value, and the day that it describes."""

    value: float
    on: pd.Timestamp


Reader = Callable[..., Reading]
READERS: dict[str, Reader] = {}


def reader(function: Reader) -> Reader:
    """Register a function under its name, for `reads` in `indicators.yml`."""
    name = function.__name__
    if name in READERS and READERS[name].__module__ != function.__module__:
        raise ValueError(f"Two readers are called {name}. Rename one: indicators.yml calls them by name.")
    READERS[name] = function
    return function


def table(
    assumptions: Assumptions, facts: Facts, entries: Mapping[str, indicators.Indicator] | None = None
) -> pd.DataFrame:
    """Every indicator as it stands on the cut-off date.

    Parameters
    ----------
    assumptions, facts
        Assumptions, and the evidence of the same day.
    entries
        Indicators by id; those of the file without.

    Returns
    -------
    DataFrame
        One row an indicator: ``id, label, observable, unit, threshold, side`` (above or below), ``because``;
        ``value`` (NaN where unknown) and ``valid_on`` (ISO date, None); ``status``: signals, quiet or
        unknown; ``missing``, what was not known; ``to_threshold``: value over threshold (NaN where unknown or
        the threshold is 0); ``moves``: a list in words, and ``moved``, the ids; ``sources``: list of ``title,
        url, quality``.

    Raises
    ------
    DataError
        A reader that does not exist or cannot use its arguments, a threshold that is no number, a part or
        risk that nobody knows, or a name that no row of the evidence has.
    """
    entries = indicators.read(facts.project) if entries is None else entries
    parts = predictions.read(facts.project).predictions
    if problems := reference_problems(
        entries, assumptions.register, set(facts.evidence[FACTS]["id"]), parts, facts.project.indicators.name
    ):
        raise DataError(problems)
    return pd.DataFrame([_row(name, entry, assumptions, facts) for name, entry in entries.items()])


def triggered_or_near(board: pd.DataFrame, *, within: float = 0.25) -> pd.DataFrame:
    """The indicators of `table` that are triggered, and those whose value is as near to the threshold as that
    part of it.
    """
    is_near = (board["to_threshold"] - 1).abs() <= within
    return board[(board["status"] == "signals") | is_near]


def reference_problems(
    entries: Mapping[str, indicators.Indicator],
    register: Register,
    facts: set[str],
    parts: Mapping[str, predictions.Prediction],
    path: str,
) -> list[Problem]:
    """Readers, thresholds, dated facts, parts of predictions and risks that indicators name and that do not
    exist, arguments that a reader does not take, thresholds that are no numbers, and parts that were
    overtaken before they were made: nothing moves those. `path` is the file of the indicators.
    """
    overtaken = {name for name, part in parts.items() if part.void}
    movable = parts.keys() - overtaken | {entry.risk for entry in register.values() if entry.risk}
    problems: list[Problem] = []
    for name, entry in entries.items():
        where = f"{path}, key {name}"
        if entry.reads.name not in READERS:
            rule = f"there is no reader {entry.reads.name!r}"
            problems.append(Problem(f"{where}.reads.name", rule, nearest(entry.reads.name, READERS)))
            continue
        problems += _call_problems(entry.reads, facts, f"{where}.reads")
        problems += _threshold_problems(entry.threshold, register, f"{where}.threshold")
        problems += _move_problems(entry.moves, movable, overtaken, f"{where}.moves")
    return problems


def _call_problems(call: indicators.ReaderCall, facts: set[str], where: str) -> Iterator[Problem]:
    """Arguments that a reader does not take, and dated facts that there are not."""
    problems = list(arguments.problems(READERS[call.name], call.arguments, where, "reader", 1))
    yield from problems
    if problems:
        return
    ids = call.arguments.get("ids")
    if ids == []:
        yield Problem(f"{where}.ids", "names no dated fact", "Name one or more")
    for fact in [fact for fact in ids or [] if fact not in facts]:
        yield Problem(where, f"there is no dated fact {fact!r}", nearest(fact, facts))


def _threshold_problems(threshold: float | str, register: Register, where: str) -> Iterator[Problem]:
    """A threshold that names no assumption, or one that is no number."""
    if not isinstance(threshold, str):
        return
    if threshold not in register:
        yield unknown_name(threshold, f"{where}, name {threshold}", register)
    elif not _is_number(register[threshold].value):
        rule = f"{threshold} is {register[threshold].value!r}, which is no plain number"
        yield Problem(where, rule, "Write a number, or name a register entry that is one")


def _move_problems(
    moves: Iterable[str], movable: set[str], overtaken: set[str], where: str
) -> Iterator[Problem]:
    """Parts and risks that there are not, and parts that nothing can move."""
    for name in moves:
        if name in overtaken:
            rule = f"{name!r} was overtaken before it was made and has no probability to move"
            yield Problem(where, rule, "Name an open part or a risk, or drop it")
        elif name not in movable:
            rule = f"{name!r} is neither a part of the predictions nor a risk"
            yield Problem(where, rule, nearest(name, movable))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def figure_text(value: float | None, unit: str) -> str:
    """A value or threshold with its unit, in two significant digits or whole; a dash for none."""
    if value is None or pd.isna(value):
        return "–"
    digits = 0 if unit == "count" or abs(value) >= 100 else 1 if abs(value) >= 1 else 2
    is_whole = float(round(value, digits)).is_integer()
    return format_value(value, unit, 0 if is_whole else digits)


def _row(name: str, entry: indicators.Indicator, assumptions: Assumptions, facts: Facts) -> dict[str, Any]:
    evidence = facts.without_memory().at(facts.as_of)
    threshold = float(assumptions[entry.threshold]) if isinstance(entry.threshold, str) else entry.threshold
    row = {
        "id": name,
        "label": entry.label,
        "observable": entry.observable,
        "unit": entry.unit,
        "threshold": threshold,
        "side": entry.signals,
        "because": entry.because,
        "moves": [f"{verb} {moved}" for moved, verb in entry.moves.items()],
        "moved": list(entry.moves),
    }
    try:
        with arguments.errors_at(f"{facts.project.indicators.name}, key {name}.reads"):
            reading = READERS[entry.reads.name](evidence, **entry.reads.arguments)
    except NothingKnown as missing:
        return row | _unknown_status(str(missing))
    return row | _status(reading, threshold, entry.signals) | {"sources": evidence.references}


def _unknown_status(missing: str) -> dict[str, Any]:
    """How an indicator stands whose value was not known."""
    return {
        "value": float("nan"),
        "valid_on": None,
        "status": "unknown",
        "missing": missing,
        "to_threshold": float("nan"),
        "sources": [],
    }


def _status(reading: Reading, threshold: float, side: Side) -> dict[str, Any]:
    """How an indicator with a value stands against its threshold."""
    crossed = reading.value >= threshold if side == "above" else reading.value <= threshold
    return {
        "value": reading.value,
        "valid_on": reading.on.date().isoformat(),
        "status": "signals" if crossed else "quiet",
        "missing": None,
        "to_threshold": reading.value / threshold if threshold else float("nan"),
    }


# The readers, a function each. All raise `NothingKnown` where what they need was not known.


@reader
def latest_fact(facts: Facts, *, ids: Sequence[str]) -> Reading:
    """The value of the latest of some dated facts."""
    last = _latest_fact(facts, ids)
    return Reading(float(last["value"]), last["valid_on"])


@reader
def months_since(facts: Facts, *, ids: Sequence[str]) -> Reading:
    """Months from the latest of some dated facts to the cut-off date."""
    return Reading((facts.as_of - _latest_fact(facts, ids)["valid_on"]).days / DAYS_PER_MONTH, facts.as_of)


@reader
def months_until(facts: Facts, *, ids: Sequence[str]) -> Reading:
    """Months from the cut-off date to the due day of the rule in force: the latest of some dated facts."""
    return Reading((_latest_fact(facts, ids)["due_on"] - facts.as_of).days / DAYS_PER_MONTH, facts.as_of)


@reader
def column(facts: Facts, *, table: str, column: str, where: Mapping[str, Any] | None = None) -> Reading:
    """The latest value in a column of an evidence table."""
    row = facts.last(table, column, **(where or {}))
    return Reading(float(row[column]), row["valid_on"])


@reader
def gap(facts: Facts, *, benchmark: str) -> Reading:
    """Best closed less best open score so far, percentage points, on the rows of one harness; the day is that
    of its last row.
    """
    facts.refuse_unknown_values("model_benchmarks", {"benchmark": benchmark})
    rows = facts.find("model_benchmarks", benchmark=benchmark, use="trend")
    best = rows.loc[rows.groupby("weights")["score_pct"].idxmax()].set_index("weights", append=True)
    if len(best) < 2:
        raise NothingKnown(f"open and closed models on {benchmark}")
    scores = best["score_pct"].droplevel(0)
    facts.cite("model_benchmarks", best.reset_index("weights"))
    return Reading(float(scores["closed"] - scores["open"]), rows["valid_on"].max())


@reader
def cheapest_open_over(facts: Facts, *, of: str, benchmark: str, protocol: str) -> Reading:
    """The lowest list price, hosts' included, of a newer open model that scores no lower than another, over
    its launch price; blended.

    The selection is that of `prices.open_matches`, by the runs of a benchmark under a protocol.
    """
    models = facts.evidence["api_prices"]["model"]
    if not of or not models.str.startswith(of).any():
        raise DataError(Problem("api_prices.csv", f"has no model {of!r}", nearest(of, models)))
    rows = _list_prices(facts)
    launch = _launch_price(rows, of)
    runs = facts.find("model_benchmarks", benchmark=benchmark, protocol=protocol)
    matches = prices.open_matches(rows, runs, launch.iloc[0])
    if matches.empty:
        raise NothingKnown(f"the price of a newer open model that matches {of} on {benchmark}")
    cheapest = matches.nsmallest(1, "price")
    compared = pd.concat([cheapest, launch])["benchmark_model"]
    facts.cite("model_benchmarks", runs[runs["model"].isin(compared)])
    return _price_ratio(facts, cheapest, launch)


@reader
def sellers_cutting(facts: Facts, *, days: int, cut_pct: float) -> Reading:
    """How many developers cut the list price of a line of models by `cut_pct` or more in the last `days`.

    Without a cut the reading rests on the last price.

    A cut is one of `prices.price_cuts`: of a model, or of the model that it replaces; hosts, promotions and
    introductory prices do not count.
    """
    rows = _list_prices(facts)
    if rows.empty:
        raise NothingKnown("list prices")
    cuts = prices.price_cuts(rows, facts.assumptions.input_token_share, pct=cut_pct)
    cuts = cuts[cuts["valid_on"] > facts.as_of - pd.Timedelta(days=days)]
    facts.cite("api_prices", cuts if len(cuts) else rows.tail(1))
    return Reading(float(cuts["seller"].nunique()), facts.as_of)


@reader
def growth(facts: Facts, *, measure: str, months: int) -> Reading:
    """Growth a year, percent, of a measure to its latest value from the one nearest to `months` before."""
    rows = facts.rows("openai_finance", measure=measure, counts="yes").sort_values("valid_on", kind="stable")
    last = rows.iloc[-1]
    away = (rows["valid_on"] - (last["valid_on"] - pd.DateOffset(months=months))).abs()
    first = rows.loc[away.idxmin()]
    years = (last["valid_on"] - first["valid_on"]).days / DAYS_PER_YEAR
    if years <= 0 or away.min() > pd.Timedelta(days=NEAR_DAYS):
        raise NothingKnown(f"{measure} about {months} months before {last['valid_on'].date()}")
    return Reading(cagr_pct(float(first["value"]), float(last["value"]), years), last["valid_on"])


@reader
def relative_growth(facts: Facts, *, measure: str, over: str, periods: Sequence[str]) -> Reading:
    """By how much more one measure grew than another between two accounts: the ratio of their factors."""
    if len(periods) != 2:
        raise DataError(
            Problem("periods", f"{list(periods)} are not two accounts", "Name the first and the last")
        )
    ends = {
        name: [facts.last("openai_finance", "value", measure=name, period=period) for period in periods]
        for name in (measure, over)
    }
    factors = {name: float(last["value"]) / float(first["value"]) for name, (first, last) in ends.items()}
    return Reading(factors[measure] / factors[over], ends[measure][-1]["valid_on"])


@reader
def stake_loss(facts: Facts) -> Reading:
    """How far the company's last priced equity times the stake is below what it cost, percent of that."""
    company = thesis.load(facts.project).company
    last = facts.last("funding_rounds", "post_money_usd_bn", company=company)
    worth = float(last["post_money_usd_bn"]) * facts.assumptions.stake_share
    return Reading(100 * (1 - worth / facts.assumptions.invested_usd_bn), last["valid_on"])


@reader
def loans_over_cost(facts: Facts, *, ids: Sequence[str]) -> Reading:
    """Loans in billion dollars together, over the register's cost of the stake, percent."""
    rows = facts.find(FACTS, id=list(ids))
    if rows.empty:
        raise NothingKnown(", ".join(ids))
    facts.cite(FACTS, rows)
    return Reading(
        100 * float(rows["value"].sum()) / facts.assumptions.invested_usd_bn, rows["valid_on"].max()
    )


@reader
def rent_over_earlier(facts: Facts, *, basis: str) -> Reading:
    """The latest rent of a GPU-hour on an H100 over the oldest of the twelve months before it."""
    rows = facts.rows("gpu_economics", metric="rental_price", item="H100", basis=basis).sort_values(
        "valid_on", kind="stable"
    )
    last = rows.iloc[-1]
    year = rows[rows["valid_on"] >= last["valid_on"] - pd.DateOffset(years=1)]
    if len(year) < 2:
        raise NothingKnown(f"an earlier H100 rent ({basis}) within a year of {last['valid_on'].date()}")
    return Reading(float(last["value_low"] / year.iloc[0]["value_low"]), last["valid_on"])


def _latest_fact(facts: Facts, ids: Sequence[str]) -> pd.Series:
    """The latest of some dated facts by the day that they describe; it alone is remembered."""
    rows = facts.find(FACTS, id=list(ids)).sort_values("valid_on", kind="stable")
    if rows.empty:
        raise NothingKnown(", ".join(ids))
    facts.cite(FACTS, rows.tail(1))
    return rows.iloc[-1]


def _list_prices(facts: Facts) -> pd.DataFrame:
    """Every list price by day with ``price``, blended, dollars a million tokens; not remembered."""
    rows = facts.find("api_prices", terms="list").sort_values("valid_on", kind="stable")
    share = facts.assumptions.input_token_share
    return rows.assign(
        price=frontier.blended_price(
            rows["price_input_usd_per_mtok"], rows["price_output_usd_per_mtok"], share
        )
    )


def _launch_price(rows: pd.DataFrame, model: str) -> pd.DataFrame:
    """The launch price of a model or of its first dated version."""
    launch = rows[rows["model"].str.startswith(model) & (rows["event"] == "launch")].head(1)
    if launch.empty:
        raise NothingKnown(f"the launch price of {model}")
    return launch


def _price_ratio(facts: Facts, top: pd.DataFrame, bottom: pd.DataFrame) -> Reading:
    facts.cite("api_prices", pd.concat([top, bottom]))
    return Reading(float(top["price"].iloc[0] / bottom["price"].iloc[0]), top["valid_on"].iloc[0])
