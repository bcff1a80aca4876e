"""How far is a batch, on a terminal? A bar for it and one for each running notebook, gone at the end.

Decisions
- Bars count what is done (notebooks, cells); the text shows the time: so far, and how long it took the last
  time. Bars that follow an estimate of the time would stand still, or be full, where the estimate is wrong.
"""

from __future__ import annotations

import time
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.table import Column
from rich.text import Text

from analysis.batch.runner import CellStarted, Event, Outcome, Planned, Started
from analysis.characters import for_terminal


class Bars:
    """The bars of one batch, on stderr, which follow its events."""

    def __init__(self) -> None:
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(20),
            MofNCompleteColumn(),
            # a narrow terminal cuts the text, and keeps one line for each bar
            _Times(table_column=Column(no_wrap=True)),
        )
        self.progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self._batch = self.progress.add_task("notebooks", total=None, expected=None)
        self._running: dict[str, TaskID] = {}

    def show(self, event: Event) -> None:
        """Show an event."""
        if isinstance(event, Planned):
            self.progress.update(self._batch, total=event.notebooks, expected=event.expected_seconds)
        elif isinstance(event, Started):
            fields: dict[str, Any] = {"expected": event.expected_seconds, "cell": None}
            self._running[event.name] = self.progress.add_task(for_terminal(event.name), total=None, **fields)
        elif isinstance(event, CellStarted):
            done, now = event.cell.number - 1, time.monotonic()
            self.progress.update(
                self._running[event.name], total=event.cell.of, completed=done, cell=event, since=now
            )
        elif isinstance(event, Outcome):
            self.progress.advance(self._batch)
            if event.name in self._running:
                self.progress.remove_task(self._running.pop(event.name))


class _Times(ProgressColumn):
    """How long so far, and the last time: of a batch or notebook, and of the cell that it is at."""

    def render(self, task: Task) -> Text:
        """The text of one bar."""
        text = _time(task.elapsed or 0.0, task.fields["expected"])
        if cell := task.fields.get("cell"):
            now = time.monotonic() - task.fields["since"]
            text += f", cell {cell.cell.number}: {_time(now, cell.expected_seconds)}"
        return Text(text)


def _time(seconds: float, expected: float | None) -> str:
    """``8 s of about 31 s``."""
    return f"{seconds:.0f} s" + (f" of about {expected:.0f} s" if expected else "")
