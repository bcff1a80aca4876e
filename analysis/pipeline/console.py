"""What does the terminal show? The progress of a batch, its summary, and listings for readers and for scripts.

Decisions
- On a terminal (stderr) a line for the batch and one for each notebook that runs: at which cell, for how long, and how long
  it took the last time. Otherwise one plain line a notebook on stdout, as they end. `--quiet` shows neither.
- `--json` is for other programs: one object a line on stdout, each with its `event`; the keys are in the README.
- A listing has the same columns in every format; `csv` and `json` hold values as they are, `table` is for reading.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from analysis.errors import Problem

if TYPE_CHECKING:
    from analysis.pipeline.manifest import Status
    from analysis.pipeline.runner import Event, Outcome

STATUSES: tuple[Status, ...] = ("succeeded", "cached", "failed")
EVENTS = {"Planned": "planned", "Started": "started", "Reached": "cell", "Outcome": "ended"}
"""What `--json` calls the events of a batch."""

WIDE = 160
"""Columns of a table that goes to a file or a pipe."""


class Format(StrEnum):
    """The formats of a listing."""

    table = "table"
    csv = "csv"
    json = "json"


class Progress(StrEnum):
    """How a batch tells what it does."""

    shown = "shown"
    quiet = "quiet"
    json = "json"


class Display:
    """Shows a batch while it runs; called as the runner's `on_event`, it does nothing by itself."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def __call__(self, event: Event) -> None:
        """Take note of what happened."""

    def end(self, outcomes: Sequence[Outcome], folder: Path, seconds: float) -> None:
        """Say how the batch ended."""


def display(how: Progress = Progress.shown) -> Display:
    """What shows a batch."""
    if how is Progress.quiet:
        return Display()
    if how is Progress.json:
        return _Objects()
    return _Terminal() if sys.stderr.isatty() else _Lines()


class _Lines(Display):
    """A plain line for each notebook that ended."""

    def __call__(self, event: Event) -> None:
        from analysis.pipeline.runner import Outcome

        if isinstance(event, Outcome):
            print(_line(event), flush=True)

    def end(self, outcomes: Sequence[Outcome], folder: Path, seconds: float) -> None:
        print(summary(outcomes, folder, seconds), flush=True)


class _Objects(Display):
    """An object a line for each event."""

    def __call__(self, event: Event) -> None:
        say(EVENTS[type(event).__name__], **_flat(event))

    def end(self, outcomes: Sequence[Outcome], folder: Path, seconds: float) -> None:
        counts = Counter(outcome.status for outcome in outcomes)
        kinds = {status: counts[status] for status in STATUSES}
        say("finished", **kinds, seconds=round(seconds, 1), folder=shown(folder))


def say(event: str, **keys: object) -> None:
    """Print one object on a line."""
    print(json.dumps({"event": event} | keys, ensure_ascii=False), flush=True)


def _flat(event: Event) -> dict[str, object]:
    """An event as flat keys: its name as scenario and notebook, its cell as number and of how many."""
    keys: dict[str, object] = {}
    for name, value in asdict(event).items():
        if name == "name":
            keys["scenario"], _, keys["notebook"] = value.rpartition("/")
        elif name == "cell":
            keys |= {"cell": value["number"], "cells": value["of"]}
        elif name == "failed":
            keys[name] = value and shown(value)
        elif name != "unfit":  # `error` says it in words
            keys[name] = value
    return keys


class _Terminal(_Lines):
    """Bars that go away, and the summary."""

    def __init__(self) -> None:
        from analysis.pipeline.bars import Bars

        self._bars = Bars()

    def __enter__(self) -> Self:
        self._bars.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.progress.stop()

    def __call__(self, event: Event) -> None:
        self._bars.show(event)


def _line(outcome: Outcome) -> str:
    how = "unchanged" if outcome.status == "cached" else f"{outcome.seconds:.1f} s"
    return f"{outcome.status:<9}  {outcome.name}  {how}"


def problems(outcomes: Iterable[Outcome]) -> list[Problem]:
    """What to say of the notebooks that failed; of a file that is not fit to run once, not under every scenario."""
    found: dict[Problem, None] = {}
    for outcome in outcomes:
        if outcome.status == "failed":
            fix = f"Open {shown(outcome.failed)}" if outcome.failed else "Run it again"
            found |= dict.fromkeys(outcome.unfit or [Problem(outcome.name, outcome.error or "failed", fix)])
    return list(found)


def shown(path: Path) -> str:
    """A path as a user can open it from here: relative if it lies below, whole otherwise, a URL as it is."""
    below = isinstance(path, Path) and path.is_relative_to(Path.cwd())
    return str(path.relative_to(Path.cwd()) if below else path)


def summary(outcomes: Sequence[Outcome], folder: Path, seconds: float) -> str:
    """A batch in one line: ``36 notebooks: 34 succeeded, 2 cached in 80 s. See reports/runs.``"""
    counts = Counter(outcome.status for outcome in outcomes)
    parts = [f"{counts[status]} {status}" for status in STATUSES if counts[status]]
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
