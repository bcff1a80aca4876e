"""How likely is each part of the predictions? By every method that the evidence allows, and pooled.

Decisions
- Where several methods bear on a part all are kept, and pooled by their record (`forecasts.pooling`).
- A part that no method bears on gets no probability and the reason.
- What takes another part for granted is given as conditional on it and says so. A whole is counted on joint
  draws where there are some, else it is bounded (Fréchet).
- A void part has no probability: what was already decided cannot be forecast.
- Scores are those of the probability on the day when the part was made, from what was known then.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analysis import audit, labels
from analysis.evidence import predictions
from analysis.exhibits import share_in_words
from analysis.forecasts import pooling
from analysis.forecasts.methods import (
    ASSUMES,
    JOINT,
    METHODS,
    Method,
    MethodContext,
    MethodFunction,
    apply_methods,
    cases_in,
    missing_evidence,
)
from analysis.scenarios import Assumptions
from analysis.statistics import scoring
from analysis.stored_results import computed_once

FIELDS = (
    "id",
    "where",
    "statement",
    "criterion",
    "made_on",
    "deadline",
    "probability",
    "probability_low",
    "probability_high",
    "method",
    "given",
    "status",
    "resolved_on",
    "because",
    "methods",
    "sources",
    "brier",
    "log_score",
)


@computed_once
def table(assumptions: Assumptions, facts: audit.Facts) -> pd.DataFrame:
    """Every part with its probability, method, status and scores.

    Parameters
    ----------
    assumptions : Assumptions
        Holds ``as_of``, and what the methods need.
    facts : Facts
        Of the same day (`audit.gather`).

    Returns
    -------
    DataFrame
        `FIELDS`, a row a part in the order of the file. ``probability`` and its range are shares, None for a
        void part and where no method bears on it; ``given`` names the part that it is conditional on;
        ``methods``: list of mappings; ``brier`` and ``log_score`` are None until the part is true or false.
    """
    parts = predictions.load_table(facts.project)
    context = MethodContext(assumptions, facts, parts)
    statuses = predictions.statuses(
        facts.evidence["dated_facts"], assumptions.as_of, facts.project
    ).set_index("id")
    records = pooling.records(context)
    rows = [_part_row(part, statuses.loc[part["id"]], context, records) for part in parts.to_dict("records")]
    return pd.DataFrame(rows, columns=list(FIELDS), dtype=object)


def _part_row(
    part: Mapping[Hashable, Any],
    status: pd.Series,
    context: MethodContext,
    records: Sequence[pooling.KindRecord],
) -> dict[str, Any]:
    """The `FIELDS` of a part with this status."""
    name, state = str(part["id"]), str(status["status"])
    methods = [] if state == "void" else apply_methods(name, context)
    row = dict.fromkeys(FIELDS) | {key: part[key] for key in FIELDS if key in part}
    row |= {key: status[key] if state != "open" else None for key in ("resolved_on", "because")}
    row |= {
        "status": state,
        "methods": [],
        "method": "none: overtaken" if state == "void" else "",
        "sources": status["sources"] or _sources_of(methods),
    }
    if methods:
        pool = pooling.pool(methods, records)
        chance = pool.chance
        row |= {
            "probability": chance.probability,
            "probability_low": chance.low,
            "probability_high": chance.high,
            "methods": [method_row(*pair) for pair in zip(methods, pool.weights, strict=True)],
            "method": _method_label(methods, pool.weights),
        }
    elif state != "void":
        row["method"] = missing_evidence(name, context)
    scores = _scores(name, state == "true", context) if state in ("true", "false") else None
    return row | (scores or {})


@dataclass(frozen=True)
class History:
    """The probabilities of the parts on earlier days, each from what was known then.

    Attributes
    ----------
    table : DataFrame
        One row a cut-off date, part and method: ``as_of`` (timestamp), ``id, method, probability_pct,
        low_pct, high_pct``.
    left_out : DataFrame
        Parts with a method that has no history, a row each: ``id``, and the ``assumptions`` it rests on that
        were not known on the first day or carry no day at all.
    """

    table: pd.DataFrame
    left_out: pd.DataFrame


def monthly_days(made_on: str | dt.date, as_of: str | dt.date) -> list[pd.Timestamp]:
    """The day a prediction was made, the same day of each month after it up to a day, and that day itself."""
    first, last = pd.Timestamp(made_on), pd.Timestamp(as_of)
    months = range((last.year - first.year) * 12 + last.month - first.month + 1)
    days = [day for month in months if (day := first + pd.DateOffset(months=month)) <= last]
    return days if not days or days[-1] == last else [*days, last]


def history(assumptions: Assumptions, facts: audit.Facts) -> History:
    """Every part's probability by every method, monthly from publication to the cut-off date.

    A method that rests on an assumption without a day, or with one after the day in question, is left out on
    that day: its line would be drawn with hindsight. `assumptions` and `facts` as for `table`.
    """
    parts = predictions.load_table(facts.project)
    rows, left_out = [], []
    names = _undecided(facts, assumptions.as_of, parts)
    days = monthly_days(str(parts["made_on"].iloc[0]), assumptions.as_of)
    few = _without_beliefs(assumptions)
    counted = _counted_on(days, names, few, replace(facts, assumptions=few, used=[]))
    for day in days:
        context = _context_on(day, assumptions, facts, parts)
        for name in names:
            for function in METHODS.get(name, ()):
                if function not in ASSUMES:
                    rows += counted[day, name, function.__qualname__]
                elif day < days[-1] and (late := known_only_later(ASSUMES[function], context.assumptions)):
                    left_out.append({"id": name, "assumptions": ", ".join(late)})
                elif isinstance(method := function(context), Method):
                    rows.append(_on_day(day, name, method))
            rows += [_on_day(day, name, judgement) for judgement in apply_methods(name, context, [])]
    columns = ["as_of", "id", "method", "probability_pct", "low_pct", "high_pct"]
    return History(
        pd.DataFrame(rows, columns=columns),
        pd.DataFrame(left_out, columns=["id", "assumptions"]).drop_duplicates("id", ignore_index=True),
    )


def _context_on(
    day: pd.Timestamp, assumptions: Assumptions, facts: audit.Facts, parts: pd.DataFrame
) -> MethodContext:
    """What the methods may use on an earlier day; the tables of `facts` are read once for all days."""
    then = assumptions.with_changes(as_of=day.date().isoformat())
    return MethodContext(then, replace(facts, assumptions=then, as_of=day, used=[]), parts)


COUNTED_WITH = ("as_of",)
"""The assumptions that a method may read without drawing on a belief of the world: what it counts stands in
its event.
"""


def _without_beliefs(assumptions: Assumptions) -> Assumptions:
    """The assumptions of `COUNTED_WITH` alone: another cannot be read."""
    values = {name: assumptions[name] for name in COUNTED_WITH if name in assumptions}
    return Assumptions(values, assumptions.register)


@computed_once
def _counted_on(
    days: Sequence[pd.Timestamp], names: Sequence[str], assumptions: Assumptions, facts: audit.Facts
) -> dict[tuple[pd.Timestamp, str, str], list[dict[str, Any]]]:
    """What the methods that draw on no belief gave on each day, the same in every scenario: the row of each,
    or none, by day, part and method.
    """
    parts = predictions.load_table(facts.project)
    contexts = {day: _context_on(day, assumptions, facts, parts) for day in days}
    return {
        (day, name, function.__qualname__): [
            _on_day(day, name, method)
            for method in [_counted(function, context)]
            if isinstance(method, Method)
        ]
        for day, context in contexts.items()
        for name in names
        for function in METHODS.get(name, ())
        if function not in ASSUMES
    }


def _counted(function: MethodFunction, context: MethodContext) -> Method | str | None:
    """What a method gives under the assumptions of `COUNTED_WITH` alone.

    Raises
    ------
    KeyError
        It failed, perhaps because it reads another one.
    """
    try:
        return function(context)
    except (KeyError, AttributeError) as reason:
        rule = f"{function.__qualname__}: cannot be computed from {', '.join(COUNTED_WITH)} alone ({reason})"
        raise KeyError(f"{rule}. Name what else it reads in @method(..., assumes=(...)).") from reason


def _on_day(day: pd.Timestamp, part: str, method: Method) -> dict[str, Any]:
    chance = method.chance
    return {
        "as_of": day,
        "id": part,
        "method": method.kind,
        "probability_pct": 100 * chance.probability,
        "low_pct": 100 * chance.low,
        "high_pct": 100 * chance.high,
    }


def known_only_later(names: Sequence[str], then: Assumptions) -> list[str]:
    """Those assumptions that `then` could not know on its day: their reference has none, or a later one."""
    day = dt.date.fromisoformat(str(then.as_of))
    return [
        name for name in names if (known := then.register[name].reference.known_on) is None or known > day
    ]


def _undecided(facts: audit.Facts, as_of: str, parts: pd.DataFrame) -> list[str]:
    """The parts that are not void: what was decided before it was made has no probability on any day."""
    stands = predictions.statuses(facts.evidence["dated_facts"], as_of, facts.project).set_index("id")[
        "status"
    ]
    return [str(name) for name in parts["id"] if stands[name] != "void"]


PAST = ("past_loss", "past_questions", "past_effective")
"""The record of a kind of method, as listings name it."""


def without_record(rows: pd.DataFrame) -> pd.DataFrame:
    """What the record changes, a row a part with a probability: ``id, method, log_odds_pct`` (the mean of the
    methods' log-odds with equal weights) and ``pooled_pct``, percent.
    """
    pooled = rows[rows["probability"].notna()]
    odds = [scoring.pooled([m["probability"] for m in methods]) for methods in pooled["methods"]]
    return pd.DataFrame(
        {
            "id": pooled["id"].tolist(),
            "method": pooled["method"].tolist(),
            "log_odds_pct": [100 * value for value in odds],
            "pooled_pct": [100 * float(value) for value in pooled["probability"]],
        }
    )


def by_method(rows: pd.DataFrame) -> pd.DataFrame:
    """A row a method of each part, in percent: ``id, method, probability_pct, low_pct, high_pct, pooled_pct,
    given, told, rests_on, data_to, weight_pct, past_loss, past_questions, past_effective`` (how many cases or
    points it rests on, NaN for a simulation; what it counts in the pool, and the record of its kind: summed
    Brier score, questions, and those that count).
    """
    shares = ["probability_pct", "low_pct", "high_pct", "pooled_pct"]
    columns = ["id", "method", *shares, "given", "told", "rests_on", "data_to", "weight_pct", *PAST]
    return pd.DataFrame(
        [
            {
                "id": row["id"],
                "method": method["kind"],
                "probability_pct": 100 * method["probability"],
                "low_pct": 100 * method["low"],
                "high_pct": 100 * method["high"],
                "told": method["told"],
                "rests_on": cases_in(method["inputs"]),
                "data_to": method["data_to"],
                "given": row["given"],
                "pooled_pct": 100 * row["probability"],
                "weight_pct": 100 * method["weight"],
                **{name: method[name] for name in PAST},
            }
            for row in rows.to_dict("records")
            for method in row["methods"]
        ],
        columns=columns,
    )


def cited_sources(rows: pd.DataFrame) -> list[dict[str, str]]:
    """The sources of all parts that have a probability, each once."""
    sources = {
        source["url"]: source
        for row in rows.to_dict("records")
        if row["methods"]
        for source in row["sources"]
    }
    return list(sources.values())


def whole_predictions(rows: pd.DataFrame, assumptions: Assumptions, facts: audit.Facts) -> pd.DataFrame:
    """How likely a prediction is as a whole, where some parts have a probability: ``id, low, high, told``.

    Where parts are counted on joint draws, the bound is that of these (`methods.JOINT`). Elsewhere it is a
    Fréchet bound over the parts that have a probability, each taken without its condition, so that it holds
    however they depend on each other.
    """
    bounds: list[dict[str, Any]] = []
    context = MethodContext(assumptions, facts, rows)
    for name, parts in rows.groupby(rows["id"].str.partition(".")[0], sort=False):
        shares = [float(share) for share in parts["probability"].dropna()]
        high = scoring.joint_bounds(shares)[1] if shares else None
        note = "at most as likely as its least likely part"
        if (parts["status"] == "void").all():
            note = "overtaken in every part"
        elif name in JOINT:
            chance, note = JOINT[str(name)](context)
            high = chance.probability
        elif not shares:
            note = "no part has a probability"
        bounds.append({"id": name, "low": None if high is None else 0.0, "high": high, "told": note})
    return pd.DataFrame(bounds)


def method_row(method: Method, weight: pooling.MethodWeight) -> dict[str, Any]:
    """A method as a listing prints it, with its weight in the pool and the record of its kind."""
    chance = method.chance
    return {
        "kind": method.kind,
        "probability": chance.probability,
        "low": chance.low,
        "high": chance.high,
        "level": chance.level,
        "told": method.note,
        "data_to": method.data_to,
        "inputs": dict(method.inputs),
        "weight": weight.weight,
        "past_loss": weight.loss,
        "past_questions": weight.n,
        "past_effective": weight.n_effective,
    }


def _method_label(methods: Sequence[Method], weights: Sequence[pooling.MethodWeight]) -> str:
    """The kind of the only method, or each with its weight, the largest first."""
    if len(methods) == 1:
        return methods[0].kind
    pairs = sorted(zip(weights, methods, strict=True), key=lambda pair: -pair[0].weight)
    return ", ".join(
        f"{labels.METHODS[method.kind]} {share_in_words(weight.weight)}" for weight, method in pairs
    )


def _sources_of(methods: Sequence[Method]) -> list[dict[str, str]]:
    rows = [method.sources for method in methods if len(method.sources)]
    if not rows:
        return []
    cited = pd.concat(rows).drop_duplicates("source")[["source_title", "source", "quality"]].astype(str)
    return [dict(zip(("title", "url", "quality"), row, strict=True)) for row in cited.to_numpy().tolist()]


def _scores(part: str, outcome: bool, context: MethodContext) -> dict[str, float] | None:
    """The scores of a resolved part: of its probability on the day when it was made."""
    parts = context.parts
    then = context.assumptions.with_changes(as_of=str(parts.set_index("id").loc[part, "made_on"]))
    made = MethodContext(then, audit.gather(then, context.facts.project), parts)
    methods = apply_methods(part, made)
    if not methods:
        return None
    probability = pooling.pool(methods, pooling.records(made)).chance.probability
    return {
        "brier": float(scoring.brier([probability], [outcome])[0]),
        "log_score": float(scoring.log_score([probability], [outcome])[0]),
    }
