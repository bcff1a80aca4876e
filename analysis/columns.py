"""What is a column? Its label, unit, format and meaning by its name, for every table, chart and download.

Decisions
- A name means one thing everywhere, so that a reader finds one description of it and nobody writes it twice.
- Two files, and a name stands in one of them: `columns.yml` next to this module has the columns of any thesis
  (statistics, fact-check, forecasts), `columns.yml` among the data of a thesis those of its models.
- A name carries its unit (`units.HEADINGS`: `amount_usd_bn`); an entry says `unit` only where it does not.
- General columns (`low`, `p50`, `value`) have the unit of the exhibit that shows them: `unit: exhibit`.
- A name without an entry is an error with the file to add it to: a column without meaning cannot be
  published.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from analysis import units
from analysis.cache import cached, depends_on
from analysis.errors import DataError, Problem
from analysis.exhibits import Column, Format
from analysis.project import Project
from analysis.scenarios import display_path, read_yaml, validation_problems

ENGINE = Path(__file__).with_name("columns.yml")
OF_EXHIBIT = "exhibit"
"""The unit of a column that has the unit of the exhibit which shows it."""


class ColumnEntry(BaseModel):
    """What the catalogue says of a column."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    label: str = Field(min_length=1)
    meaning: str = Field(min_length=5)
    unit: str | None = None
    format: Format | None = None

    def unit_of(self, name: str, exhibit_unit: str | None = None) -> str | None:
        """The unit as a heading has it; that of the exhibit where the entry leaves it to that."""
        if self.unit == OF_EXHIBIT:
            return units.heading(exhibit_unit) if exhibit_unit else None
        return self.unit if self.unit is not None else units.unit_of_name(name)

    def format_in(self, exhibit_unit: str | None) -> str | None:
        """The number format; by the unit of the exhibit where the entry leaves that open."""
        if self.unit == OF_EXHIBIT and self.format is None and exhibit_unit:
            return units.FORMATS.get(exhibit_unit)
        return self.format

    def describes(self, column: Column) -> bool:
        """Whether a column of an exhibit is described so; the unit of an exhibit may be any."""
        same_words = (column.title, column.meaning) == (self.label, self.meaning)
        same_form = (column.unit, column.format) == (self.unit_of(column.name), self.format)
        return same_words and (same_form or self.unit == OF_EXHIBIT)


_ENTRIES = TypeAdapter(dict[str, ColumnEntry])


def load(project: Project | None = None) -> Mapping[str, ColumnEntry]:
    """Every column that has a description, by name: those of any thesis and those of a project's.

    Raises
    ------
    DataError
        An entry that cannot be used, or a name in both files; all of them at once.
    """
    return _load((project or Project.default()).columns)


@cached
def _load(path: Path) -> Mapping[str, ColumnEntry]:
    depends_on(path)
    general, particular = _read(ENGINE), _read(path) if path.exists() else {}
    if both := sorted(general.keys() & particular.keys()):
        where, rule = display_path(path), f"stands in {display_path(ENGINE)}, too"
        raise DataError(Problem(f"{where}, key {name}", rule, "Remove one, or rename it") for name in both)
    return general | particular


def _read(path: Path) -> dict[str, ColumnEntry]:
    try:
        return _ENTRIES.validate_python(read_yaml(path, error=DataError))
    except ValidationError as reason:
        raise DataError(validation_problems(reason, display_path(path))) from None


def entry(name: str, project: Project | None = None) -> ColumnEntry:
    """What the catalogue says of a column.

    Raises
    ------
    DataError
        The catalogue has no such column: the message names the file to add it to, and the nearest name.
    """
    project = project or Project.default()
    catalogue = load(project)
    if name not in catalogue:
        near = get_close_matches(name, catalogue, n=1)
        rule = "has no entry in the catalogue of columns" + (f", which has {near[0]!r}" if near else "")
        fix = f"Describe it in {display_path(project.columns)}, or rename it where the frame is made"
        raise DataError(Problem(f"column {name}", rule, fix))
    return catalogue[name]


def heading(name: str) -> str:
    """A column as the title of a panel: its label and its unit in words, `Growth needed, per cent a year`.

    Raises
    ------
    DataError
        As `entry`.
    """
    described = entry(name)
    unit = (described.unit_of(name) or "").replace("%", "per cent")
    return described.label if not unit or unit in described.label.lower() else f"{described.label}, {unit}"


def axis_label(name: str) -> str:
    """A column on the axis of a chart: its heading without the capital.

    Raises
    ------
    DataError
        As `entry`.
    """
    title = heading(name)
    return title[0].lower() + title[1:]
