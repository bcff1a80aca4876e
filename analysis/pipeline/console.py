"""What does the terminal show? The progress of a batch, its summary, and listings for readers and for scripts.

Decisions
- A bar on a terminal (stderr), otherwise one plain line a notebook on stdout, as they end.
- A listing has the same columns in every format; `csv` and `json` hold values as they are, `table` is for reading.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from analysis.errors import Problem

if TYPE_CHECKING:
    from rich.progress import Progress

    from analysis.pipeline.runner import Outcome

WIDE = 160
"""Columns of a table that goes to a file or a pipe."""


class Format(StrEnum):
    """The formats of a listing."""

    table = "table"
    csv = "csv"
    json = "json"


class Display:
    """Shows a batch of `total` notebooks while it runs; called as the runner's `on_event`."""

    def __init__(self, total: int) -> None:
        self._running: list[str] = []
        self._bar = _bar() if sys.stderr.isatty() else None
        self._row = self._bar.add_task("", total=total) if self._bar else None

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def __call__(self, name: str, outcome: Outcome | None) -> None:
        """Take note of a notebook that starts (no outcome) or ended."""
        if outcome is None:
            self._running.append(name)
        elif name in self._running:
            self._running.remove(name)
        if self._bar is None:
            if outcome:
                print(_line(outcome), flush=True)
        elif self._row is not None:
            self._bar.update(
                self._row, advance=int(outcome is not None), description="  ".join(self._running)
            )


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _line(outcome: Outcome) -> str:
    how = "unchanged" if outcome.status == "cached" else f"{outcome.seconds:.1f} s"
    return f"{outcome.status:<9}  {outcome.name}  {how}"


def problem(outcome: Outcome) -> Problem:
    """What to say of a notebook that failed."""
    fix = f"Open {shown(outcome.failed)}" if outcome.failed else "Run it again"
    return Problem(outcome.name, outcome.error or "failed", fix)


def shown(path: Path) -> str:
    """A path as a user can open it from here: relative if it lies below, whole otherwise."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def summary(outcomes: Sequence[Outcome], folder: Path, seconds: float) -> str:
    """A batch in one line: ``36 notebooks: 34 succeeded, 2 cached in 80 s. See reports/runs.``"""
    counts = Counter(outcome.status for outcome in outcomes)
    parts = [f"{counts[status]} {status}" for status in ("succeeded", "cached", "failed") if counts[status]]
    noun = "notebook" if len(outcomes) == 1 else "notebooks"
    return f"{len(outcomes)} {noun}: {', '.join(parts)} in {seconds:.0f} s. See {shown(folder)}."


def listing(rows: Sequence[Mapping[str, object]], form: Format) -> str:
    """Rows of equal columns as text.

    Parameters
    ----------
    rows : sequence of mapping
        Column names and values; a value may be a list, None is an empty cell.
    form : Format
        `table`, `csv` (RFC 4180, header first) or `json` (a list of objects).
    """
    if form is Format.json:
        return json.dumps([dict(row) for row in rows], indent=1, ensure_ascii=False) + "\n"
    cells = [{name: _cell(value) for name, value in row.items()} for row in rows]
    names = list(rows[0]) if rows else []
    return _csv(cells, names) if form is Format.csv else _table(cells, names)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _csv(rows: Sequence[Mapping[str, str]], names: Sequence[str]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _table(rows: Sequence[Mapping[str, str]], names: Sequence[str]) -> str:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for name in names:
        table.add_column(name, no_wrap=not any(" " in row[name] for row in rows))
    for above, row in pairwise([{}, *rows]):
        table.add_row(*(Text(text) for text in _without_repeats(row, above, names)))
    text = io.StringIO()
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDE
    Console(file=text, width=width, color_system=None).print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def _without_repeats(row: Mapping[str, str], above: Mapping[str, str], names: Sequence[str]) -> list[str]:
    """The cells of a row, those blank that open it as they opened the row above."""
    new = next((at for at, name in enumerate(names) if row[name] != above.get(name)), 0)
    return [row[name] if at >= new else "" for at, name in enumerate(names)]
