"""What does the terminal show? The progress of a batch, its summary, and listings for readers and scripts.

Decisions
- On a terminal (stderr) a line for the batch and one for each notebook that runs: its cell, how long it has
  run, and how long it took the last time. Otherwise a plain line for each notebook on stdout, as they end.
  `--quiet` shows neither.
- `--json` is for other programs: one object a line on stdout, each with its `event`; `reports/reference.md`
  lists the keys.
- A listing has the same columns in every format; `csv` and `json` hold values as they are, `table` is for
  reading.
- Where a table would squeeze a text to a few letters a line, each row is a block of `name: value` lines
  instead. Nothing is cut off, and no column goes without a word.
- Whatever the locale, files and pipes get UTF-8, and a terminal that cannot show a character gets a sign for
  it. Control characters are shown as a sign, too. Output to a stream that was closed before the start is
  dropped.
"""

from __future__ import annotations

import csv
import io
import json
import os
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

from analysis.characters import for_terminal
from analysis.errors import OutputError, Problem

if TYPE_CHECKING:
    from rich.console import Console

    from analysis.batch.manifest import Reason, Status
    from analysis.batch.runner import Event, Outcome

STATUSES: tuple[Status, ...] = ("succeeded", "cached", "failed")
CHANGES: Mapping[Reason, str] = {"code": "the code", "parameters": "its parameters"}
"""What had changed, by the reason for which a notebook ran; data is called by the names of its tables."""

WIDE = 160
"""Columns of a table that goes to a file or a pipe."""

READABLE = 18
"""Columns that a text needs so that it can be read in a column of a table, however long it is."""

NARROWEST = 20
"""Columns that a block of lines takes at least, however narrow the terminal says it is."""

GAP = 2
"""Columns between two columns."""

INDENT = "  "
NOTHING = "\N{EN DASH}"
"""The sign for an empty cell in a block of lines."""


class Format(StrEnum):
    """The formats of a listing."""

    table = "table"
    csv = "csv"
    json = "json"


class Progress(StrEnum):
    """How a batch reports its progress."""

    text = "text"
    quiet = "quiet"
    json = "json"


def prepare() -> None:
    """Make the three streams ready for whatever the command prints, before it prints anything."""
    # a descriptor that is closed would be that of the next file that is opened
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            mode = "w" if descriptor else "r"
            setattr(sys, name, open(descriptor, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")
    if not os.environ.get("COLUMNS", "").strip("0"):  # no width at all: the terminal knows it
        os.environ.pop("COLUMNS", None)


def echo(text: str, *, end: str = "\n", error: bool = False) -> None:
    """Print, on stderr if it is an `error`; a terminal gets only visible characters.

    Raises
    ------
    OutputError
        The stream takes no more, as a file on a full disk. A BrokenPipeError is passed on: the reader has
        seen enough.
    """
    stream = sys.stderr if error else sys.stdout
    try:
        print(for_terminal(text) if stream.isatty() else text, end=end, file=stream, flush=True)
    except BrokenPipeError:
        raise
    except OSError as reason:
        raise _undelivered(reason, error=error) from None


def flush() -> None:
    """Flush what others have printed on stdout; errors as `echo`."""
    echo("", end="")


def _undelivered(reason: OSError, *, error: bool) -> OutputError:
    name = "standard error" if error else "standard output"
    rule = f"cannot be written to ({reason.strerror or reason})"
    return OutputError(Problem(name, rule, "Make room there, or write to another place"))


def drop_output() -> None:
    """Drop what could not be written, so that the interpreter does not fail on it when it ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class Display:
    """Shows a batch while it runs; called as the runner's `on_event`, this one shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def __call__(self, event: Event) -> None:
        """Show an event."""

    def end(self, outcomes: Sequence[Outcome], folder: Path, seconds: float) -> None:
        """Show how the batch ended."""


def display(progress: Progress = Progress.text) -> Display:
    """What shows a batch."""
    if progress is Progress.quiet:
        return Display()
    if progress is Progress.json:
        return _Objects()
    return _Terminal() if sys.stderr.isatty() and _takes_bars() else _Lines()


def _takes_bars() -> bool:
    """Whether the terminal can take a line back; a dumb one cannot."""
    from rich.console import Console

    return Console(stderr=True).is_interactive


class _Lines(Display):
    """A plain line for each notebook that ended."""

    def __call__(self, event: Event) -> None:
        from analysis.batch.runner import Outcome

        if isinstance(event, Outcome):
            echo(_line(event))

    def end(self, outcomes: Sequence[Outcome], folder: Path, seconds: float) -> None:
        echo(summary(outcomes, folder, seconds))


class _Objects(Display):
    """An object a line for each event."""

    def __call__(self, event: Event) -> None:
        print_event(event.kind, **_flat(event))

    def end(self, outcomes: Sequence[Outcome], folder: Path, seconds: float) -> None:
        counts = Counter(outcome.status for outcome in outcomes)
        kinds = {status: counts[status] for status in STATUSES}
        print_event("finished", **kinds, seconds=round(seconds, 1), folder=path_from_here(folder))


def print_event(event: str, **keys: object) -> None:
    """Print one object on a line."""
    echo(json.dumps({"event": event} | keys, ensure_ascii=False))


def _flat(event: Event) -> dict[str, object]:
    """An event as flat keys: its name as scenario and notebook, its cell as number and of how many."""
    keys: dict[str, object] = {}
    for name, value in asdict(event).items():
        if name == "name":
            keys["scenario"], _, keys["notebook"] = value.rpartition("/")
        elif name == "cell":
            keys |= {"cell": value["number"], "cells": value["of"]}
        elif name == "failed":
            keys[name] = value and path_from_here(value)
        elif name != "unfit":  # `error` holds it as text
            keys[name] = value
    return keys


class _Terminal(_Lines):
    """Bars that disappear at the end, and the summary."""

    def __init__(self) -> None:
        from analysis.cli.progress import Bars

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
    """How a notebook ended: ``succeeded  base/1_first  4.2 s, as prices changed``."""
    if outcome.status == "cached":
        result = "unchanged"
    else:
        result = f"same as {outcome.same_as}" if outcome.same_as else f"{outcome.seconds:.1f} s"
    changed = ", ".join(outcome.changed) or CHANGES.get(outcome.reason)
    reason = f", as {changed} changed" if changed else ""
    return f"{outcome.status:<9}  {outcome.name}  {result}{reason}"


def problems(outcomes: Iterable[Outcome]) -> list[Problem]:
    """The problems of failed notebooks; that of a file that is not fit to run once, not per scenario."""
    distinct: dict[Problem, None] = {}
    for outcome in outcomes:
        if outcome.status == "failed":
            fix = f"Open {path_from_here(outcome.failed)}" if outcome.failed else "Run it again"
            distinct |= dict.fromkeys(
                outcome.unfit or [Problem(outcome.name, outcome.error or "failed", fix)]
            )
    return list(distinct)


def path_from_here(path: Path) -> str:
    """A path as a user can open it: relative if it lies below the working folder, else absolute; or a URL."""
    relative = isinstance(path, Path) and path.is_relative_to(Path.cwd())
    return str(path.relative_to(Path.cwd()) if relative else path)


def summary(outcomes: Sequence[Outcome], folder: Path, seconds: float) -> str:
    """A batch in one line: ``36 notebooks: 34 succeeded, 2 cached in 80 s. See reports/runs.``"""
    counts = Counter(outcome.status for outcome in outcomes)
    parts = [f"{counts[status]} {status}" for status in STATUSES if counts[status]]
    noun = "notebook" if len(outcomes) == 1 else "notebooks"
    return f"{len(outcomes)} {noun}: {', '.join(parts)} in {seconds:.0f} s. See {path_from_here(folder)}."


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
    if form is Format.csv:
        return _csv(cells, names)
    return _table([{name: for_terminal(text) for name, text in row.items()} for row in cells], names)


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
    """Rows one below the other, where the columns leave room to read; else each as a block of lines."""
    from rich.cells import cell_len

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDE
    wraps = {name: any(" " in row[name] for row in rows) for name in names}
    longest = {
        name: max(
            cell_len(line) for text in (name, *(row[name] for row in rows)) for line in text.split("\n")
        )
        for name in names
    }
    needed = [min(longest[name], READABLE) if wraps[name] else longest[name] for name in names]
    if sum(needed) + GAP * (len(names) - 1) <= width:
        return _grid(rows, names, wraps, width)
    return _blocks(rows, names, max(width, NARROWEST))


def _grid(
    rows: Sequence[Mapping[str, str]], names: Sequence[str], wraps: Mapping[str, bool], width: int
) -> str:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for name in names:
        table.add_column(name, no_wrap=not wraps[name])
    for above, row in pairwise([{}, *rows]):
        table.add_row(*(Text(text) for text in _without_repeats(row, above, names)))
    console, text = _text_console(width)
    console.print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def _blocks(rows: Sequence[Mapping[str, str]], names: Sequence[str], width: int) -> str:
    """A block of `name: value` lines for each row, what does not fit a line indented below it."""
    from rich.text import Text

    console, _ = _text_console(width)
    blocks = []
    for row in rows:
        lines = []
        for name in names:
            first, *rest = Text(f"{name}: {row[name] or NOTHING}").wrap(console, width - len(INDENT))
            lines += [first.plain.rstrip(), *(f"{INDENT}{line.plain.rstrip()}" for line in rest)]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def _text_console(width: int) -> tuple[Console, io.StringIO]:
    """A console that lays out text in so many columns, whatever the environment says of terminals."""
    from rich.console import Console

    text = io.StringIO()
    return Console(file=text, width=width, color_system=None, force_terminal=False), text


def _without_repeats(row: Mapping[str, str], above: Mapping[str, str], names: Sequence[str]) -> list[str]:
    """The cells of a row; those at its start that repeat the row above are blank."""
    first = next((index for index, name in enumerate(names) if row[name] != above.get(name)), 0)
    return [row[name] if index >= first else "" for index, name in enumerate(names)]
