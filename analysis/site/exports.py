"""What can a reader take away? Every table, the data of every figure and every ledger, as CSV and as JSON.

Decisions
- The name of a file is the id of its exhibit; the first scenario's stand in `data/`, others in
  `data/<scenario>/`.
- CSV is for spreadsheets: the names of the columns, then the values. A text that a spreadsheet would run as a
  formula is preceded by an apostrophe, unless it is a plain number.
- A cell that lists sources is their titles and addresses, one after another.
- `columns.csv` is the data dictionary: what each column of each file means, and in which unit it is.
- The executed notebooks are downloads, without what differs between equal runs: when papermill ran them, and
  where.
- JSON carries what CSV cannot: title, units, sources, scenario, notebook and the digest of the run.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from analysis.exhibits import Tabular
from analysis.site.reader import PlacedExhibit

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What opens a formula in a spreadsheet; the last four are the same signs at full width."""


def csv_cell(value: Any) -> str:
    """A value as a CSV cell that no spreadsheet runs."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return csv_cell("; ".join(_as_text(item) for item in value))
    text = _as_text(value)
    return f"'{text}" if text.startswith(FORMULA) and not NUMBER.fullmatch(text) else text


def _as_text(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    if "title" not in value:
        return ", ".join(f"{name}: {part}" for name, part in value.items() if part is not None)
    title, url = value["title"], value.get("url")
    return f"{title} <{url}>" if url else str(title)


def rows_csv(exhibit: Tabular) -> str:
    """The rows of an exhibit under the names of its columns."""
    names = [column.name for column in exhibit.columns]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([csv_cell(name) for name in names])
    writer.writerows([csv_cell(row.get(name)) for name in names] for row in exhibit.rows)
    return buffer.getvalue()


def exhibit_json(placed: PlacedExhibit, digest: str) -> str:
    """An exhibit with everything that a CSV file cannot hold, as JSON."""
    exhibit = placed.exhibit.model_dump(mode="json", exclude={"role"})
    exhibit["unit"] = exhibit["unit"] or exhibit.get("subtitle")  # what a chart shows, and in which unit
    return as_json({"scenario": placed.scenario, "notebook": placed.notebook, "digest": digest} | exhibit)


def metrics_csv(metrics: list[PlacedExhibit]) -> str:
    """Numbers of all scenarios as one tidy CSV: a row for each metric and scenario."""
    fields = ("id", "title", "unit", "value", "low", "high", "level", "data_to")
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["scenario", "notebook", *fields])
    for placed in metrics:
        values = (getattr(placed.exhibit, field) for field in fields)
        writer.writerow([placed.scenario, placed.notebook, *map(csv_cell, values)])
    return buffer.getvalue()


def columns_csv(tables: Iterable[PlacedExhibit]) -> str:
    """The data dictionary: every column of every table and chart, once, with what it means."""
    fields = ("name", "title", "unit", "meaning")
    described = {
        (placed.exhibit.id, column.name): column
        for placed in tables
        if isinstance(placed.exhibit, Tabular)
        for column in placed.exhibit.columns
    }
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["exhibit", *fields])
    for (exhibit, _), column in described.items():
        writer.writerow([exhibit, *(csv_cell(getattr(column, field)) for field in fields)])
    return buffer.getvalue()


def notebook(path: Path) -> str:
    """An executed notebook without the record of its run."""
    content = json.loads(path.read_text(encoding="utf-8"))
    for part in (content, *content["cells"]):
        for name in ("papermill", "execution"):
            part.get("metadata", {}).pop(name, None)
    return json.dumps(content, indent=1) + "\n"


def as_json(value: Any) -> str:
    """JSON as every file of the site is written: keys as given, UTF-8, no NaN, a closing newline."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
