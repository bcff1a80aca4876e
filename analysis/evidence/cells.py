"""What decides a cell of the article's tables that no table of evidence decides? Dated facts, by column and row.

Decisions
- `cells.yml` names facts and rules, never a verdict; every column says what would decide a cell that nothing at hand does.
- A rule's keys, its dated facts and the names in its sentences are checked here, so that a misspelt id is an error with
  file and key and not a cell that nobody could check.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from analysis.errors import DataError, Problem, nearest
from analysis.evidence import measured, tables
from analysis.evidence.sources import THESIS, sidecar
from analysis.scenarios import place, read_yaml, validation_problems

FILE = "cells.yml"
TABLES = ("models", "players", "market_size")
"""The article's tables, in its order."""

NAMED = re.compile(r"\{([^{}]+?)(?:\.(?:months|value|due))?\}")


def _dated(name: str) -> str:
    if name not in (known := _dated_facts()):
        raise ValueError(f"no dated fact has this id. {nearest(name, known)}")
    return name


Fact = Annotated[str, AfterValidator(_dated)]
Facts = tuple[Fact, ...]


class Rule(BaseModel):
    """How one cell is decided; `note` is a sentence on the facts `beside` it, which never decide."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    beside: Facts = ()
    note: str | None = None

    @property
    def ids(self) -> set[str]:
        """The dated facts that the rule names."""
        return set(_texts(self.model_dump())) & _dated_facts()

    @model_validator(mode="after")
    def _sentences_name_its_facts(self) -> Rule:
        for key, text in self.model_dump().items():
            named = NAMED.findall(text) if isinstance(text, str) else []
            if unknown := [name for name in named if name not in self.ids]:
                raise ValueError(f"{key} names {', '.join(unknown)}, which is none of the facts of this cell")
        return self


class Opinion(Rule):
    """Nothing decides it; the note tells what bears on it."""


class Parameters(Rule):
    """The developer's own count, in all and active; facts that it gives none; and counts that others repeat."""

    total: Fact | None = None
    active: Fact | None = None
    undisclosed: Facts = ()
    estimates: Facts = ()


class TrainingCost(Rule):
    """A developer's statement with what it is read as (million dollars), or its GPU-hours (millions), to be priced."""

    stated: Fact | None = None
    read_as_usd_mn: tuple[float, float] | None = None
    gpu_hours: Fact | None = None

    @model_validator(mode="after")
    def _a_statement_has_its_reading(self) -> TrainingCost:
        if (self.stated is None) != (self.read_as_usd_mn is None):
            raise ValueError("stated and read_as_usd_mn belong together; give both or neither")
        return self


class Releases(Rule):
    """The releases of a developer's leading model: name as the article would print it, by dated fact."""

    names: dict[Fact, str] = Field(min_length=1)


class Amount(BaseModel):
    """An investor's money: a dated fact, or a column of a table, the latest row that fits or (`add`) the sum of all."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    fact: Fact | None = None
    table: str | None = None
    column: str | None = None
    where: dict[str, str] = {}
    add: bool = False

    @model_validator(mode="after")
    def _one_place(self) -> Amount:
        if (self.fact is None) == (self.table is None or self.column is None):
            raise ValueError("give either fact, or table and column")
        if self.table is not None and self.table not in measured.names():
            raise ValueError(
                f"there is no evidence table {self.table!r}. {nearest(self.table, measured.names())}"
            )
        columns = measured.sidecar(self.table).columns if self.table is not None else {}
        if unknown := [name for name in (self.column, *self.where) if self.table and name not in columns]:
            raise ValueError(
                f"{self.table} has no column {unknown[0]!r}. {nearest(str(unknown[0]), columns)}"
            )
        return self


class Investors(Rule):
    """Who put how much into the company, by investor."""

    amounts: dict[str, Amount] = Field(min_length=1)


class Internal(Rule):
    """A unit that its parent pays for, if the facts show it; the parent's name as in hyperscaler_capex."""

    parent: str
    shows: Facts = ()


class Record(Rule):
    """A statement that facts bear out (`shows`), contradict (`denies`) or overtook (`ended_by`)."""

    told: str
    sourced: str
    short: str
    shows: Facts = ()
    denies: Facts = ()
    ended_by: Facts = ()


class CostsOverRevenue(Rule):
    """Whether costs exceed revenue: a whole year of openai_finance, and a quarter's operating margin."""

    year: str
    margin: Fact


RULES: dict[str, type[Rule]] = {
    "opinion": Opinion, "parameters": Parameters, "training_cost": TrainingCost, "releases": Releases,
    "investors": Investors, "internal": Internal, "on_record": Record, "costs_over_revenue": CostsOverRevenue,
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """What would decide the cells of a column that nothing does, and the rules of those with one of their own, by row."""

    would_decide: str
    rows: Mapping[str, Rule]


@lru_cache(maxsize=8)
def load(directory: Path = THESIS) -> Mapping[tuple[str, str], Column]:
    """Every column of the three tables but their keys, by (table, column).

    Raises
    ------
    DataError
        Not readable, a column or row that the tables do not have, a column that is missing, a rule that says what it
        must not; all of it at once.
    """
    path = directory / FILE
    where, found, problems = place(path), {}, []
    wanted = {
        f"{name}.{column}": (name, column)
        for name in TABLES for column in sidecar(name, directory).columns if column != sidecar(name, directory).key
    }  # fmt: skip
    content = read_yaml(path, error=DataError)
    for key in wanted:
        if key not in content:
            problems.append(Problem(where, f"has no {key}", "Add it with what would decide its cells"))
    for key, raw in content.items():
        at = f"{where}, key {key}"
        if key not in wanted:
            problems.append(Problem(at, "is no column of the article's tables", nearest(key, wanted)))
            continue
        if not isinstance(raw, dict) or not isinstance(raw.get("would_decide"), str):
            problems.append(Problem(at, "does not say what would decide", "Write would_decide: a sentence"))
            continue
        problems += [
            Problem(f"{at}.{name}", "is no key of a column", "Remove the key or correct its spelling")
            for name in raw if name not in ("would_decide", "rows")
        ]  # fmt: skip
        table = wanted[key][0]
        printed = list(tables.printed(table, directory)[sidecar(table, directory).key])
        rules: dict[str, Rule] = {}
        for row, rule in (raw.get("rows") or {}).items():
            problems += _read_rule(rules, row, rule, printed, f"{at}.rows.{row}")
        found[wanted[key]] = Column(raw["would_decide"], rules)
    if problems:
        raise DataError(problems)
    return found


def _read_rule(into: dict[str, Rule], row: str, raw: Any, printed: list[str], at: str) -> list[Problem]:
    if row not in printed:
        return [Problem(at, "is no row of the table", nearest(row, printed))]
    name = raw.get("rule") if isinstance(raw, dict) else None
    if name not in RULES:
        return [Problem(at, f"there is no rule {name!r}", nearest(str(name), RULES))]
    try:
        into[row] = RULES[str(name)].model_validate(
            {key: value for key, value in raw.items() if key != "rule"}
        )
    except ValidationError as reason:
        problems = validation_problems(reason, at)
        return [Problem(p.place.replace(f"{at}, key ", f"{at}."), p.rule, p.fix) for p in problems]
    return []


@lru_cache(maxsize=1)
def _dated_facts() -> frozenset[str]:
    return frozenset(measured.load("dated_facts")["id"])


def _texts(value: Any) -> list[str]:
    """Every text in a nested value, keys of mappings too."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for pair in value.items() for item in pair for text in _texts(item)]
    return [text for item in value for text in _texts(item)] if isinstance(value, list | tuple) else []
