"""What decides a cell of the article that no table of evidence decides? Dated facts, by column and row.

Decisions
- `cells.yml` names facts and rules, never a verdict; every column says what would decide a cell that nothing
  in our data does.
- A rule's keys, its dated facts and the names in its sentences are checked here, so that a misspelt id is an
  error with file and key and not a cell that nobody could check. They are checked against the evidence folder
  of the same project.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from analysis.cache import cached
from analysis.errors import DataError, Problem, nearest
from analysis.evidence import article_tables, evidence_tables
from analysis.evidence.sources import sidecar
from analysis.project import Project
from analysis.scenarios import display_path, read_yaml, validation_problems

TABLES = ("models", "players", "market_size")
"""The article's tables, in its order."""

_PLACEHOLDER = re.compile(r"\{([^{}]+?)(?:\.(?:months|value|due))?\}")


@dataclass(frozen=True)
class AvailableEvidence:
    """What a rule may name of a project's evidence: ids of dated facts, and the columns of each table."""

    fact_ids: frozenset[str]
    columns: Mapping[str, frozenset[str]]


class FactId(str):
    """The id of a dated fact that the evidence holds."""


def _fact_id(name: str, info: ValidationInfo) -> FactId:
    if name not in (ids := _context(info).fact_ids):
        raise ValueError(f"no dated fact has this id. {nearest(name, ids)}")
    return FactId(name)


FactRef = Annotated[str, AfterValidator(_fact_id)]
FactRefs = tuple[FactRef, ...]


class CellRule(BaseModel):
    """How one cell is decided; `note` is a sentence on the facts `beside` it, which never decide."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    beside: FactRefs = ()
    note: str | None = None

    @property
    def ids(self) -> set[str]:
        """The dated facts that the rule names."""
        return {text for text in _texts(dict(self)) if isinstance(text, FactId)}

    @model_validator(mode="after")
    def _sentences_name_its_facts(self) -> CellRule:
        for key, text in self:
            names = _PLACEHOLDER.findall(text) if isinstance(text, str) else []
            if unknown := [name for name in names if name not in self.ids]:
                raise ValueError(f"{key} names {', '.join(unknown)}, which is none of the facts of this cell")
        return self


class Undecidable(CellRule):
    """Nothing decides the cell; the note says what bears on it."""


class Parameters(CellRule):
    """The developer's own count, in total and active; facts that it gives none; counts repeated by others."""

    total: FactRef | None = None
    active: FactRef | None = None
    undisclosed: FactRefs = ()
    estimates: FactRefs = ()


class TrainingCost(CellRule):
    """A developer's statement (`told`) with what it is read as (million dollars), or its GPU-hours
    (millions), to be priced.
    """

    stated: FactRef | None = None
    told: str | None = None
    read_as_usd_mn: tuple[float, float] | None = None
    gpu_hours: FactRef | None = None

    @model_validator(mode="after")
    def _a_statement_has_its_reading(self) -> TrainingCost:
        if len({value is None for value in (self.stated, self.told, self.read_as_usd_mn)}) > 1:
            raise ValueError("stated, told and read_as_usd_mn belong together; give all or none")
        return self


class Releases(CellRule):
    """The releases of a developer's leading model: name as the article would print it, by dated fact."""

    names: dict[FactRef, str] = Field(min_length=1)


class Amount(BaseModel):
    """An investor's money: a dated fact, or a table's column, the latest match or (`add`) the sum of all.

    `less` are dated facts with what of it depends on conditions.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    fact: FactRef | None = None
    table: str | None = None
    column: str | None = None
    where: dict[str, str] = {}
    add: bool = False
    less: FactRefs = ()

    @model_validator(mode="after")
    def _a_fact_or_a_column(self, info: ValidationInfo) -> Amount:
        if (self.fact is None) == (self.table is None or self.column is None):
            raise ValueError("give either fact, or table and column")
        if self.table is None:
            return self
        columns_of = _context(info).columns
        if self.table not in columns_of:
            raise ValueError(f"there is no evidence table {self.table!r}. {nearest(self.table, columns_of)}")
        columns = columns_of[self.table]
        if unknown := [name for name in (self.column, *self.where) if name not in columns]:
            raise ValueError(
                f"{self.table} has no column {unknown[0]!r}. {nearest(str(unknown[0]), columns)}"
            )
        return self


class Investors(CellRule):
    """Who put how much into the company, by investor, and who owns how much of it (percent).

    Where stakes are given, what another's money buys at the value of the last round of `valued_as` is its
    stake.
    """

    amounts: dict[str, Amount] = Field(min_length=1)
    stakes: dict[str, Amount] = {}
    valued_as: str | None = None

    @model_validator(mode="after")
    def _stakes_need_a_value(self) -> Investors:
        if bool(self.stakes) != bool(self.valued_as):
            raise ValueError("stakes and valued_as belong together; give both or neither")
        return self


class Internal(CellRule):
    """A unit that its parent pays for, if the facts show it (`told`); its name as in hyperscaler_capex."""

    parent: str
    shows: FactRefs = ()
    told: str | None = None

    @model_validator(mode="after")
    def _facts_are_told(self) -> Internal:
        if bool(self.shows) != bool(self.told):
            raise ValueError("shows and told belong together; give both or neither")
        return self


class ReadingEvidence(BaseModel):
    """The facts that support one reading of a statement (`shows`) or contradict it (`denies`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    shows: FactRefs = ()
    denies: FactRefs = ()


class Readings(CellRule):
    """A statement with several readings, each with the facts that decide it."""

    told: str
    sourced: str
    short: str
    readings: dict[str, ReadingEvidence] = Field(min_length=2)


class CostsOverRevenue(CellRule):
    """How far costs exceed revenue: a whole year of openai_finance, and a quarter's operating margin."""

    year: str
    margin: FactRef


RULES: dict[str, type[CellRule]] = {
    "opinion": Undecidable,
    "parameters": Parameters,
    "training_cost": TrainingCost,
    "releases": Releases,
    "investors": Investors,
    "internal": Internal,
    "readings_on_record": Readings,
    "costs_over_revenue": CostsOverRevenue,
}


@dataclass(frozen=True)
class ColumnRules:
    """What would decide the open cells of a column, and the rules of those that have one, by row."""

    would_decide: str
    rows: Mapping[str, CellRule]


def load(project: Project | None = None) -> Mapping[tuple[str, str], ColumnRules]:
    """Every column of the three tables but their keys, by (table, column).

    Raises
    ------
    DataError
        Not readable, a column or row that the tables do not have, a column that is missing, a rule that says
        what it must not; all of it at once.
    """
    return _read(project or Project.default())


@cached
def _read(project: Project) -> Mapping[tuple[str, str], ColumnRules]:
    where, columns = display_path(project.cells), _columns_of_tables(project)
    content = read_yaml(project.cells, error=DataError)
    problems: list[Problem] = []
    available: AvailableEvidence | None = None
    try:
        available = _available_evidence(project)
    except DataError as reason:  # rules cannot be checked then; the rest of the file can
        problems += reason.problems
    for key in [key for key in columns if key not in content]:
        problems.append(Problem(where, f"has no {key}", "Add it with what would decide its cells"))
    rules: dict[tuple[str, str], ColumnRules] = {}
    for key, raw in content.items():
        at = f"{where}, key {key}"
        if key not in columns:
            problems.append(Problem(at, "is no column of the article's tables", nearest(key, columns)))
        elif not isinstance(raw, dict) or not isinstance(raw.get("would_decide"), str):
            problems.append(Problem(at, "does not say what would decide", "Write would_decide: a sentence"))
        else:
            problems += _key_problems(raw, at)
            rows, wrong = _read_rules(raw, _rows_of_table(columns[key][0], project), available, at)
            problems += wrong
            rules[columns[key]] = ColumnRules(raw["would_decide"], rows)
    if problems:
        raise DataError(problems)
    return rules


def _columns_of_tables(project: Project) -> dict[str, tuple[str, str]]:
    """Every column of the three tables but their keys, by its name in the file: ``TABLE.COLUMN``."""
    return {
        f"{name}.{column}": (name, column)
        for name in TABLES
        for column in sidecar(name, project).columns
        if column != sidecar(name, project).key
    }


def _rows_of_table(table: str, project: Project) -> list[str]:
    return list(article_tables.printed_table(table, project)[sidecar(table, project).key])


def _key_problems(raw: Mapping[str, Any], where: str) -> list[Problem]:
    return [
        Problem(f"{where}.{name}", "is no key of a column", "Remove the key or correct its spelling")
        for name in raw
        if name not in ("would_decide", "rows")
    ]


def _read_rules(
    raw: Mapping[str, Any], rows: list[str], available: AvailableEvidence | None, where: str
) -> tuple[dict[str, CellRule], list[Problem]]:
    """The rules of a column by row, and what is wrong with the others; none without evidence."""
    rules: dict[str, CellRule] = {}
    problems: list[Problem] = []
    for row, rule in (raw.get("rows") or {}).items() if available is not None else ():
        try:
            rules[row] = _read_rule(row, rule, rows, available, f"{where}.rows.{row}")
        except DataError as reason:
            problems += reason.problems
    return rules, problems


def _read_rule(row: str, raw: Any, rows: list[str], available: AvailableEvidence | None, at: str) -> CellRule:
    if row not in rows:
        raise DataError(Problem(at, "is no row of the table", nearest(row, rows)))
    name = raw.get("rule") if isinstance(raw, dict) else None
    if name not in RULES:
        raise DataError(Problem(at, f"there is no rule {name!r}", nearest(str(name), RULES)))
    arguments = {key: value for key, value in raw.items() if key != "rule"}
    try:
        return RULES[str(name)].model_validate(arguments, context=available)
    except ValidationError as reason:
        raise DataError(
            Problem(p.place.replace(f"{at}, key ", f"{at}."), p.rule, p.fix)
            for p in validation_problems(reason, at)
        ) from None


def _available_evidence(project: Project) -> AvailableEvidence:
    sidecars = {name: evidence_tables.sidecar(name, project) for name in evidence_tables.names(project)}
    ids = frozenset(evidence_tables.load("dated_facts", project=project)["id"])
    return AvailableEvidence(ids, {name: frozenset(meta.columns) for name, meta in sidecars.items()})


def _context(info: ValidationInfo) -> AvailableEvidence:
    assert isinstance(info.context, AvailableEvidence)  # noqa: S101 (`load` hands it to every rule)
    return info.context


def _texts(value: Any) -> list[str]:
    """Every text in a nested value, keys of mappings too."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, BaseModel):
        return _texts(dict(value))
    if isinstance(value, Mapping):
        return [text for pair in value.items() for item in pair for text in _texts(item)]
    return [text for item in value for text in _texts(item)] if isinstance(value, list | tuple) else []
