"""What did others measure, and what of it was known when? Tables whose rows have a source and two dates.

Decisions
- `valid_on` is the period end, release or event that a row describes, `known_on` the day it was first public.
  Looking on a day sees the rows with `known_on` up to it; trends run over `valid_on`.
- Where the day of publication is unknown, it is `valid_on` plus a lag that the sidecar states, and the row
  says so.
- Sources that disagree both stay; the sidecar says which one counts and why.
- The sidecar is the contract. Every bad cell of a file is reported at once.
- Cells are shown on a page and opened in spreadsheets: markup and formulas are refused where they enter.
"""

from __future__ import annotations

import datetime as dt
import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from analysis.cache import cached, depends_on
from analysis.errors import DataError, Problem
from analysis.evidence import csv_files
from analysis.evidence.lazy_tables import LazyTables
from analysis.evidence.sources import read_sidecar
from analysis.exhibits import QUALITIES
from analysis.project import Project
from analysis.scenarios import display_path

DATES = ("valid_on", "known_on")

COMMON = (*DATES, "known_inferred", "quality", "source_title", "source")
SOURCE = re.compile(r"https?://\S+|[\w.-]+/[\w.-]+(@[0-9a-f]{4,40})?(:\S.*)?")

UNSAFE = re.compile(r"^[=+@\t\r]|^-(?!\d)|<[a-zA-Z/!]")
"""What a spreadsheet takes for a formula, or a page for markup."""


class Floors(BaseModel):
    """The lower bound of a number by another column: scores by benchmark, above what guessing gives."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    by: str
    above: dict[str, float] = Field(min_length=1)


class Predecessors(BaseModel):
    """Where a row names what it replaces: in `column` another name of column `of`, with an earlier row of the
    same `by`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    column: str
    of: str
    by: str


class EvidenceColumn(BaseModel):
    """One column of an evidence table.

    Where the catalogue (`columns`) describes it, its sidecar may leave out `title` and `meaning`, and where
    its name carries the unit, `unit`.

    A number has bounds: `minimum` and `maximum` can be reached; `exclusive_minimum`, `exclusive_maximum` and
    `floors` cannot, for what is divided by or put on a scale of logs or logits; it stays below that of the
    column `below`. A date is `not_after` that of another column.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    kind: Literal["text", "number", "date", "category"]
    meaning: str = Field(min_length=10)
    unit: str | None = None
    missing: bool = False
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: float | None = None
    exclusive_maximum: float | None = None
    floors: Floors | None = None
    below: str | None = None
    not_after: str | None = None
    values: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _a_number_has_a_unit_and_a_category_its_values(self) -> EvidenceColumn:
        if self.kind == "number" and not self.unit:
            raise ValueError("a number needs a unit")
        if self.kind == "category" and not self.values:
            raise ValueError("a category needs its values")
        return self


class EvidenceSidecar(BaseModel):
    """What `NAME.meta.yml` says about an evidence table.

    `inclusion` says which rows are in, `pick` which row counts where sources conflict; `lag_days` stands for
    `known_on` where that is unknown; `once` lists columns that no two rows share besides the key: a series
    has one value a day; `predecessors` says where a row names what
    it replaces; `pseudo_out_of_sample` marks a series harvested later than the facts it holds;
    `credits` are the names in `credit` that some row must name in its source.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    key: tuple[str, ...] = Field(min_length=1)
    once: tuple[tuple[str, ...], ...] = ()
    predecessors: Predecessors | None = None
    inclusion: str = Field(min_length=20)
    pick: str = Field(min_length=10)
    lag_days: int = Field(ge=0)
    lag_because: str
    pseudo_out_of_sample: bool
    licence: str
    credit: str
    credits: tuple[str, ...] = ()
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    columns: dict[str, EvidenceColumn]

    @model_validator(mode="after")
    def _every_row_has_two_dates_and_a_source(self) -> EvidenceSidecar:
        named = [*COMMON, *self.key, *(name for names in self.once for name in names)]
        named += [
            name
            for spec in self.columns.values()
            for name in (spec.below, spec.not_after, spec.floors and spec.floors.by)
            if name
        ]
        named += (
            [self.predecessors.column, self.predecessors.of, self.predecessors.by]
            if self.predecessors
            else []
        )
        if absent := [name for name in dict.fromkeys(named) if name not in self.columns]:
            raise ValueError(f"columns lack {', '.join(absent)}")
        if unknown := set(self.columns["quality"].values) - set(QUALITIES):
            raise ValueError(f"quality cannot be {', '.join(sorted(unknown))}; use {', '.join(QUALITIES)}")
        return self


def names(project: Project | None = None) -> list[str]:
    """The evidence tables, also by their sidecar alone: to load one without its CSV is refused."""
    folder = (project or Project.default()).evidence
    depends_on(folder)
    paths = [*folder.glob("*.csv"), *folder.glob("*.meta.yml")]
    return sorted({path.name.partition(".")[0] for path in paths})


def sidecar(name: str, project: Project | None = None) -> EvidenceSidecar:
    """The sidecar of an evidence table.

    Raises
    ------
    DataError
        No sidecar, or one that does not say what it must.
    """
    project = project or Project.default()
    return read_sidecar(EvidenceSidecar, project.evidence_table(name), project)


def load(name: str, as_of: str | dt.date | None = None, project: Project | None = None) -> pd.DataFrame:
    """An evidence table as it could be known on a day.

    Parameters
    ----------
    name : str
        Name of the table.
    as_of : date or ISO date, optional
        Rows that became known later are left out; all rows where it is not given.

    Returns
    -------
    DataFrame
        The columns of the sidecar in their order: numbers as float (NaN where unknown), dates as datetime64,
        the rest as text; sorted by `valid_on`.

    Raises
    ------
    DataError
        The file is not as its sidecar describes it; every bad cell at once.
    """
    table = _sorted(name, project or Project.default())
    if as_of is None:
        return table.copy()
    return table[table["known_on"] <= pd.Timestamp(as_of)].reset_index(drop=True)


def load_lazily(project: Project | None = None) -> Mapping[str, pd.DataFrame]:
    """Every evidence table with all rows, by name, each read when it is asked for.

    Raises
    ------
    DataError
        As `load`, for a table that is asked for.
    """
    project = project or Project.default()
    return LazyTables(names(project), lambda name: _sorted(name, project), pd.DataFrame.copy)


@cached
def _sorted(name: str, project: Project) -> pd.DataFrame:
    table = _typed(name, project)
    return table.sort_values(["valid_on", *sidecar(name, project).key], kind="stable").reset_index(drop=True)


def _typed(name: str, project: Project) -> pd.DataFrame:
    meta, path = sidecar(name, project), project.evidence_table(name)
    text, problems = csv_files.read_rows(path, list(meta.columns), meta.key)
    for column, spec in meta.columns.items():
        problems += _cell_problems(text[column], spec, f"{display_path(path)}, row {{}}, column {column}")
    if not problems:
        typed = text.assign(**{column: _convert(text[column], spec) for column, spec in meta.columns.items()})
        problems += [*_bound_problems(typed, text, meta, path), *_order_problems(typed, path)]
        problems += [*_relation_problems(typed, text, meta, path)]
        problems += [
            p for names in meta.once for p in csv_files.key_problems(text, names, display_path(path))
        ]
    problems += [] if problems else csv_files.hash_problems(path, meta.sha256)
    if problems:
        raise DataError(problems)
    return typed


def _cell_problems(cells: pd.Series, spec: EvidenceColumn, where: str) -> Iterator[Problem]:
    rule, fix = {
        "number": ("is not a number", "Write digits with a dot for decimals and no separators"),
        "date": ("is not a date", "Write it as YYYY-MM-DD"),
        "category": ("is none of the values", f"Write one of {', '.join(spec.values)}"),
        "text": ("holds markup or a formula", "Write plain text"),
    }[spec.kind]
    for row, cell in zip(cells.index, cells.tolist(), strict=True):
        if not cell:
            if not spec.missing:
                yield Problem(
                    where.format(row), "is empty", "Fill it in, or allow missing: true in the sidecar"
                )
        elif not _fits(cell, spec):
            yield Problem(where.format(row), f"{cell!r} {rule}", fix)


def _fits(cell: str, spec: EvidenceColumn) -> bool:
    if spec.kind == "number":
        return re.fullmatch(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", cell) is not None and math.isfinite(float(cell))
    if spec.kind == "category":
        return cell in spec.values
    if spec.kind == "text":
        return UNSAFE.search(cell) is None
    try:
        return dt.date.fromisoformat(cell).isoformat() == cell
    except ValueError:
        return False


def _convert(cells: pd.Series, spec: EvidenceColumn) -> pd.Series | NDArray[Any]:
    if spec.kind == "number":
        return np.array([float(cell) if cell else math.nan for cell in cells.tolist()])
    if spec.kind == "date":
        return np.array([cell or "NaT" for cell in cells.tolist()], dtype="datetime64[us]")
    return cells


def _bound_problems(
    typed: pd.DataFrame, text: pd.DataFrame, meta: EvidenceSidecar, path: Path
) -> Iterator[Problem]:
    """Numbers out of bounds and sources of another form."""
    places = {column: f"{display_path(path)}, row {{}}, column {column}" for column in meta.columns}
    for row, source in zip(text.index, text["source"].tolist(), strict=True):
        if SOURCE.fullmatch(source) is None:
            rule, fix = f"{source!r} is not allowed", "Write a URL or owner/repo:path"
            yield Problem(places["source"].format(row), rule, fix)
    for column, spec in meta.columns.items():
        outside = [~is_within(typed[column], bound) for is_within, _, bound in _ends(spec)]
        for row in typed.index[typed[column].notna() & np.logical_or.reduce(outside)] if outside else ():
            rule = f"{text.loc[row, column]!r} is not allowed"
            yield Problem(places[column].format(row), rule, _bounded(spec))


def _ends(spec: EvidenceColumn) -> list[tuple[Callable[[pd.Series, float], pd.Series], str, float]]:
    """The bounds that a number has: what compares a column with it, its words, and the number."""
    ends = (
        (operator.ge, "at least", spec.minimum),
        (operator.gt, "above", spec.exclusive_minimum),
        (operator.le, "at most", spec.maximum),
        (operator.lt, "below", spec.exclusive_maximum),
    )
    return [(is_within, words, bound) for is_within, words, bound in ends if bound is not None]


def _bounded(spec: EvidenceColumn) -> str:
    """What to write for a number out of bounds, with its unit."""
    return f"Write {' and '.join(f'{words} {bound:g}' for _, words, bound in _ends(spec))}, {_unit(spec)}"


def _unit(spec: EvidenceColumn) -> str:
    column = str(spec.unit).removeprefix("as in ")
    return f"in {spec.unit}" if column == spec.unit else f"in the unit that {column} names"


def _relation_problems(
    typed: pd.DataFrame, text: pd.DataFrame, meta: EvidenceSidecar, path: Path
) -> Iterator[Problem]:
    """Numbers that are not below another of their row, or not above the floor of its kind."""
    for name, spec in meta.columns.items():
        where = f"{display_path(path)}, row {{}}, column {name}"
        if spec.below is not None:
            for row in typed.index[typed[name] >= typed[spec.below]]:
                rule = (
                    f"{text.loc[row, name]} is not below {spec.below}, which is {text.loc[row, spec.below]}"
                )
                yield Problem(where.format(row), rule, "Correct one of the two")
        if spec.floors is not None:
            kinds = typed[spec.floors.by]
            for row in typed.index[typed[name] <= kinds.map(spec.floors.above)]:
                floor = f"{spec.floors.above[kinds[row]]:g} for {kinds[row]}"
                rule = f"{text.loc[row, name]!r} is not above {floor}"
                yield Problem(
                    where.format(row), rule, f"Write a number above that, {_unit(spec)}, or leave the row out"
                )


def _order_problems(typed: pd.DataFrame, path: Path) -> Iterator[Problem]:
    for row in typed.index[typed["known_on"] < typed["valid_on"]]:
        known, valid = (typed.loc[row, name].date() for name in ("known_on", "valid_on"))
        rule = f"{known} lies before {valid}, the day that the row describes"
        yield Problem(
            f"{display_path(path)}, row {row}, column known_on",
            rule,
            "Write the day on which it could first be read",
        )


def summary(as_of: str | dt.date | None = None, project: Project | None = None) -> pd.DataFrame:
    """One row a table: ``name, title, rows, unseen, from, to, sources, licence, credit``.

    `rows` are those known on the day, `unseen` those that became known later; `from` and `to` are dates of
    `valid_on`.
    """
    tables = []
    for name in names(project):
        meta = sidecar(name, project)
        known, rows = load(name, as_of, project), load(name, None, project)
        ends = [
            day.date().isoformat() if len(known) else None
            for day in (known["valid_on"].min(), known["valid_on"].max())
        ]
        tables.append(
            {
                "name": name,
                "title": meta.title,
                "rows": len(known),
                "unseen": len(rows) - len(known),
                "from": ends[0],
                "to": ends[1],
                "sources": known["source"].nunique(),
                "licence": meta.licence,
                "credit": meta.credit,
            }
        )
    return pd.DataFrame(tables)
