"""How does a frame become a table? By its columns, as the catalogue describes them: JSON, text, and HTML.

Decisions
- Every column of a frame is shown, in its order, called as the catalogue (`analysis.columns`) says; which
  columns those are, pandas says.
- An index that has a name is a column, and days are ISO dates, so that no cell has to prepare a frame.
- The table that a notebook shows is plain HTML in the colours of whatever shows it, with a caption, scoped
  headings and numbers to the right; the site makes its own of the bundle.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analysis import columns as catalogue
from analysis import exhibits, labels
from analysis.exhibits import Column
from analysis.units import json_value

SHORT = 12
"""Characters of a cell that stays on one line, as on the pages."""
NO_BREAK = ";white-space:nowrap"
CAPTION = "caption-side:top;text-align:left;font-weight:bold"


@dataclass(frozen=True)
class DescribedFrame:
    """A frame, and what describes its columns."""

    frame: pd.DataFrame
    columns: Sequence[Column]

    def select(self, names: Iterable[str]) -> DescribedFrame:
        """Some of its columns, in the order of the frame."""
        chosen = set(names)
        return replace(self, columns=[column for column in self.columns if column.name in chosen])

    @property
    def specs(self) -> list[dict[str, Any]]:
        """What describes each column, as a bundle has it."""
        return [column.model_dump() for column in self.columns]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows as a bundle has them: JSON values by the names of the columns."""
        records = self.frame[[column.name for column in self.columns]].to_dict("records")
        return [{str(name): json_value(value) for name, value in record.items()} for record in records]

    @property
    def texts(self) -> pd.DataFrame:
        """The cells as a reader sees them, each under its heading; two columns may have the same one."""
        cells = {
            column.name: [_cell_text(column, value) for value in self.frame[column.name]]
            for column in self.columns
        }
        return pd.DataFrame(cells).set_axis([_heading(column) for column in self.columns], axis=1)

    def to_text(self) -> str:
        """The table in plain text."""
        return self.texts.to_string(index=False)

    def to_html(self, title: str) -> str:
        """The table with a caption and scoped headings, which say what their columns mean."""
        heads = "".join(
            f'<th scope="col" style="text-align:{column.align}" title="{html.escape(column.meaning or "")}">'
            f"{html.escape(_heading(column))}</th>"
            for column in self.columns
        )
        rows = "".join(
            f"<tr>{''.join(map(_html_cell, self.columns, row))}</tr>"
            for row in self.texts.itertuples(index=False)
        )
        caption = f'<caption style="{CAPTION}">{html.escape(title)}</caption>'
        return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def describe(frame: pd.DataFrame, unit: str | None = None) -> DescribedFrame:
    """A frame with its columns as the catalogue describes them.

    Parameters
    ----------
    frame : DataFrame
        What to show; an index that has a name is a column, too.
    unit : str, optional
        The unit of general columns (``low``, ``value``): a name of `units.UNITS`, or a text.

    Raises
    ------
    DataError
        The catalogue has no such column.
    """
    flat = frame.reset_index() if any(name is not None for name in frame.index.names) else frame
    described = [_column(str(name), flat[name], unit) for name in flat.columns]
    return DescribedFrame(with_iso_days(flat), described)


def with_iso_days(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame whose columns of days hold ISO dates."""
    days = frame.select_dtypes(["datetime", "datetimetz"]).columns
    return frame.assign(**{name: frame[name].dt.strftime("%Y-%m-%d").astype(object) for name in days})


def _column(name: str, values: pd.Series, unit: str | None) -> Column:
    entry = catalogue.entry(name)
    return Column(
        name=name,
        title=entry.label,
        unit=entry.unit_of(name, unit),
        format=entry.format_in(unit),
        align="right" if _is_number(values) else "left",
        meaning=entry.meaning,
    )


def _is_number(values: pd.Series) -> bool:
    types = pd.api.types
    return bool(types.is_numeric_dtype(values) and not types.is_bool_dtype(values))


def _heading(column: Column) -> str:
    unit = column.heading_unit
    return f"{column.title} ({unit})" if unit else column.title


def _cell_text(column: Column, value: Any) -> str:
    shown = labels.label(column.name, value)
    if isinstance(shown, list | tuple):
        return ", ".join(str(item["title"] if isinstance(item, Mapping) else item) for item in shown)
    return exhibits.number(json_value(shown), column.format, column.unit)


def _html_cell(column: Column, text: str) -> str:
    style = f"text-align:{column.align}{NO_BREAK if len(text) <= SHORT else ''}"
    return f'<td style="{style}">{html.escape(text)}</td>'
