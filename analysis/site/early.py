"""When can the first pages be read? As soon as the notebooks of the base scenario are done.

Decisions
- Only where there is no site yet: one that exists is replaced by the whole next one, or stays.
- The pages are drawn next to the batch, in a thread, so that no worker waits for them. The batch learns of
  them with its next event: only its own thread prints.
- What goes wrong with them is no error of the batch. Whatever is wrong with these results is reported when
  the whole site is published.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from analysis.batch.manifest import GOOD
from analysis.batch.plan import Task
from analysis.batch.runner import Event, Outcome, Planned
from analysis.errors import ThesisError
from analysis.project import Project
from analysis.scenarios import BASE
from analysis.site import build


class EarlySite:
    """Publishes the base scenario while a batch computes the others; called with each event of the batch.

    Parameters
    ----------
    project : Project
        Whose runs and site.
    tasks : sequence of Task
        The batch.
    announce : callable
        Called with the index page once it can be read, and the scenarios that the site lacks.

    Attributes
    ----------
    index : Path or None
        That page; None until then.
    """

    def __init__(
        self, project: Project, tasks: Sequence[Task], announce: Callable[[Path, Sequence[str]], None]
    ) -> None:
        self._project, self._announce = project, announce
        self.index: Path | None = None
        self._awaited = [name for name in dict.fromkeys(task.scenario for task in tasks) if name != BASE]
        self._base = {task.name for task in tasks if task.scenario == BASE}
        self._others = {task.name for task in tasks} - self._base
        self._is_started = not self._base
        self._thread = ThreadPoolExecutor(1)
        self._drawn: Future[Path | None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown()
        self._report_drawn()

    def __call__(self, event: Event) -> None:
        """Count what has ended; start when all of base is good and another scenario is not done.

        What need not run is reported first, so that nothing is known of the rest while that goes on.
        """
        if isinstance(event, Outcome):
            self._others.discard(event.name)
            if event.status in GOOD:
                self._base.discard(event.name)
        if isinstance(event, Planned) or (isinstance(event, Outcome) and event.status == "cached"):
            return
        if self._others and not self._base and not self._is_started:
            self._is_started = True
            if not self._project.site.exists():
                self._drawn = self._thread.submit(self._publish)
        if self._drawn and self._drawn.done():
            self._report_drawn()

    def _publish(self) -> Path | None:
        with suppress(ThesisError, OSError):
            return build.publish(self._project, awaited=self._awaited)
        return None

    def _report_drawn(self) -> None:
        drawn, self._drawn = self._drawn, None
        if drawn and (index := drawn.result()):
            self.index = index
            self._announce(index, self._awaited)
