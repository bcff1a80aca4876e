"""What decides a cell of the article that no table of evidence decides? Dated facts, by column and row.

Decisions
- `cells.yml` names facts and rules, never a verdict; every column says what would decide a cell that nothing
  in our data does.
- A rule's keys, its dated facts and the names in its sentences are checked here, so that a misspelt id is an
  error with file and key and not a cell that nobody could check. They are checked against the evidence folder
  of the same project.
- Which rules there are is for whoever judges by them to say: they register (`cell_rule`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from analysis import thesis
from analysis.cache import cached
from analysis.errors import DataError, Problem, nearest
from analysis.evidence import article_tables, evidence_tables
from analysis.evidence.lazy_tables import LazyTables
from analysis.evidence.sources import sidecar
from analysis.project import Project
from analysis.scenarios import display_path, read_yaml, validation_problems

_PLACEHOLDER = re.compile(r"\{([^{}]+?)(?:\.(?:months|value|due))?\}")


@dataclass(frozen=True)
class AvailableEvidence:
    """What a rule may name of a project's evidence: ids of dated facts, and the columns of each table, read
    when a rule names the table.
    """

    fact_ids: frozenset[str]
    columns: Mapping[str, frozenset[str]]


class FactId(str):
    """The id of a dated fact that the evidence holds."""


def _fact_id(name: str, info: ValidationInfo) -> FactId:
    if name not in (ids := available_evidence(info).fact_ids):
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


Rule = TypeVar("Rule", bound=CellRule)
RULES: dict[str, type[CellRule]] = {}
"""The rules that a cell may have, by the name that `cells.yml` calls them by."""


def cell_rule(name: str) -> Callable[[type[Rule]], type[Rule]]:
    """Register a rule under a name."""

    def registered(rule: type[Rule]) -> type[Rule]:
        RULES[name] = rule
        return rule

    return registered


@cell_rule("opinion")
class Undecidable(CellRule):
    """Nothing decides the cell; the note says what bears on it."""


@dataclass(frozen=True)
class ColumnRules:
    """What would decide the open cells of a column, and the rules of those that have one, by row."""

    would_decide: str
    rows: Mapping[str, CellRule]


def load(project: Project | None = None) -> Mapping[tuple[str, str], ColumnRules]:
    """Every column of the article's tables but their keys, by (table, column).

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
    """Every column of the article's tables but their keys, by its name in the file: ``TABLE.COLUMN``."""
    return {
        f"{name}.{column}": (name, column)
        for name in thesis.load(project).tables
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
    columns = LazyTables(
        evidence_tables.names(project),
        lambda name: evidence_tables.sidecar(name, project),
        lambda meta: frozenset(meta.columns),
    )
    return AvailableEvidence(frozenset(evidence_tables.load("dated_facts", project=project)["id"]), columns)


def available_evidence(info: ValidationInfo) -> AvailableEvidence:
    """What the evidence of the project holds, while `load` reads its rules."""
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
