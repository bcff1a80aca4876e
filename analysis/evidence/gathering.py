"""When was the evidence gathered, and what was looked for then and not found?

Decisions
- One file next to the tables says both. A reader can then tell a figure that nobody has published yet from
  one that nobody looked for, and whoever moves the cut-off date has the list of what to look up.
- Each entry names the tables that it would go into, so that it is shown with them; one that was found is
  deleted.
- Evidence is gathered on the last day that `as_of` may be, or later: a report cannot count what nobody has
  looked for yet.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import pandas as pd
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from analysis.cache import cached
from analysis.errors import DataError, Problem, nearest
from analysis.evidence import evidence_tables, yaml_lines
from analysis.evidence.sources import read_as
from analysis.project import Project
from analysis.scenarios import Day, display_path, load_register


def _without_markup(text: str) -> str:
    if evidence_tables.UNSAFE.search(text):
        raise ValueError("holds markup or a formula; write plain text")
    return text


PlainText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=10), AfterValidator(_without_markup)
]
GapId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class EvidenceGap(BaseModel):
    """Something that was looked for and not found.

    Attributes
    ----------
    what : str
        What it is, in plain words.
    tables : tuple of str
        The evidence tables that it would go into.
    due : date, optional
        The day by which it was expected; None where there was no such day.
    period_end : date, optional
        The end of the period that it describes: once each of its tables has a row of that day or a later one,
        it is found.
    where : str
        Where it would be published.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    what: PlainText
    tables: tuple[str, ...] = Field(min_length=1)
    due: Day | None = None
    period_end: Day | None = None
    where: PlainText


class Gathering(BaseModel):
    """The day on which the evidence was gathered, and what was not found on it, by id."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    gathered_on: Day
    not_found: dict[GapId, EvidenceGap]

    def of(self, table: str) -> dict[str, EvidenceGap]:
        """What would go into one table."""
        return {name: entry for name, entry in self.not_found.items() if table in entry.tables}


def load(project: Project | None = None) -> Gathering:
    """When the evidence was gathered, and what was not found; the register's `as_of` says up to which day a
    report may look.

    Raises
    ------
    DataError
        The file does not say what it must; all of it at once, with lines.
    ParameterError
        The register cannot be read.
    """
    return _read(project or Project.default())


@cached
def _read(project: Project) -> Gathering:
    path = project.gathering
    try:
        gathering = read_as(Gathering, path)
        if problems := [
            *_table_problems(gathering, path, evidence_tables.names(project)),
            *_day_problems(gathering, project),
        ]:
            raise DataError(problems)
    except DataError as reason:
        raise DataError(yaml_lines.with_line_numbers(reason.problems, [path])) from None
    return gathering


def due(as_of: str | dt.date | None = None, project: Project | None = None) -> pd.DataFrame:
    """What to look up next: ``table, last_point, not_found, due, where``, a row a table and gap.

    `last_point` is the latest `valid_on` among the rows known on the day (None where there is none). A table
    of which nothing is missing has one row all the same: whether its series has gone on is to be looked up as
    well.
    """
    gathering, rows = load(project), []
    for name in evidence_tables.names(project):
        days = evidence_tables.load(name, as_of, project)["valid_on"]
        last = days.max().date().isoformat() if len(days) else None
        entries: list[EvidenceGap | None] = [*gathering.of(name).values()]
        for entry in entries or [None]:
            rows.append(
                {
                    "table": name,
                    "last_point": last,
                    "not_found": entry and entry.what,
                    "due": entry.due.isoformat() if entry and entry.due else None,
                    "where": entry and entry.where,
                }
            )
    return pd.DataFrame(rows)


def filled_gap_problems(
    gathering: Gathering, tables: Mapping[str, pd.DataFrame], where: str
) -> Iterator[Problem]:
    """Entries whose `period_end` the evidence has reached; `where` is their file, `tables` hold all rows."""
    for name, entry in gathering.not_found.items():
        if entry.period_end is None or not set(entry.tables) <= set(tables):
            continue
        ends = [tables[table]["valid_on"].max() for table in entry.tables]
        if min(ends) >= pd.Timestamp(entry.period_end):
            rule = f"{' and '.join(entry.tables)} reach {min(ends).date()}, so that this is found"
            yield Problem(
                f"{where}, key not_found.{name}", rule, "Delete the entry, or write what is still missing"
            )


def _table_problems(gathering: Gathering, path: Path, tables: list[str]) -> Iterator[Problem]:
    """Tables that an entry names and that there are not, or that it names twice."""
    for name, entry in gathering.not_found.items():
        for number, table in enumerate(entry.tables):
            where = f"{display_path(path)}, key not_found.{name}.tables.{number}"
            if table not in tables:
                yield Problem(where, f"there is no evidence table {table!r}", nearest(table, tables))
            elif table in entry.tables[:number]:
                yield Problem(where, f"names {table} a second time", "Remove one of them")


def _day_problems(gathering: Gathering, project: Project) -> Iterator[Problem]:
    """A day of gathering before the last day of `as_of`."""
    register = load_register(project)
    days = register["as_of"].days if "as_of" in register else None
    if days is not None and gathering.gathered_on < days[1]:
        yield Problem(
            f"{display_path(project.gathering)}, key gathered_on",
            f"{gathering.gathered_on} is before {days[1]}, the last day of as_of",
            "Write the day on which you looked, or end the range of as_of in params/register.yml earlier",
        )
