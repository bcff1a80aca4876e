"""How is a batch of notebooks executed so that nothing is lost?

Decisions
- Notebooks run aside. Only the batch itself moves a result into place, by renaming, and notes it in the
  manifest at once. So whatever is killed, no output is half-written, and what finished is not run again.
- A notebook that fails does not stop the others; its last good output stays, the failed one is kept beside it.
- Ctrl-C and SIGTERM are looked at between two steps, never in the midst of one.
- What is unchanged is not run; the reason for every run is recorded.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import ClassVar

import yaml

from analysis.errors import ParameterError, Problem, ThesisError
from analysis.pipeline import manifest
from analysis.pipeline.manifest import Entry, Reason, Status
from analysis.pipeline.notebook import Ended, Job
from analysis.pipeline.plan import Project, Task, content_digest
from analysis.pipeline.pool import Pool
from analysis.scenarios import Value

WORKERS = 2
SIGNALS = (signal.SIGINT, signal.SIGTERM)
FIGURES = {"THESIS_FIGURES": "svg"}
"""What the kernels of a batch are told: published charts are drawn as SVG, stored notebooks hold PNG."""


@dataclass(frozen=True)
class Outcome:
    """How one notebook ended; `failed` is the notebook that was kept to look at, if there is one."""

    name: str
    status: Status
    reason: Reason
    seconds: float
    error: str | None = None
    failed: Path | None = None


class Interrupted(ThesisError):
    """A batch that was asked to stop before it was through; what finished is kept."""

    exit_code: ClassVar[int] = 130

    @classmethod
    def after(cls, done: int, total: int) -> Interrupted:
        """The error of a batch of `total` notebooks, `done` of which are in place."""
        return cls(
            Problem(
                "stopped",
                f"{done} of {total} notebooks are done",
                "Run the same command again to do the rest",
            )
        )


OnEvent = Callable[[str, Outcome | None], None]
"""Called with the name of a notebook when it starts (None) and when it ended (its outcome)."""


def _silent(name: str, outcome: Outcome | None) -> None:
    """An `OnEvent` that shows nothing."""


def run(
    tasks: Sequence[Task],
    *,
    workers: int = WORKERS,
    on_event: OnEvent = _silent,
    force: bool = False,
    project: Project | None = None,
) -> list[Outcome]:
    """Execute tasks, `workers` at a time, except those whose result would be what is there.

    Parameters
    ----------
    tasks : sequence of Task
        From `plan.plan`.
    workers : int
        How many notebooks run at a time.
    on_event : callable
        Is told of every start and end.
    force : bool
        Run also what is unchanged.

    Returns
    -------
    list of Outcome
        In the order of the tasks.

    Raises
    ------
    Interrupted
        After Ctrl-C or SIGTERM, when all that was running has been ended and cleared away.
    """
    if not tasks:
        return []
    project, folder = project or Project(), tasks[0].output.parents[1]
    _make(folder)
    ledger = _Ledger(folder, project)
    outcomes = ledger.cached(tasks) if not force else {}
    for name, outcome in outcomes.items():
        on_event(name, outcome)
    todo = [task for task in tasks if task.name not in outcomes]
    works = [
        _Work(task.name, task.source, task.parameters, partial(ledger.settle, task, force=force))
        for task in todo
    ]
    outcomes |= _execute(works, folder, workers, on_event, project, FIGURES, done=len(outcomes))
    return [outcomes[task.name] for task in tasks]


def refresh(
    sources: Sequence[Path],
    *,
    workers: int = WORKERS,
    on_event: OnEvent = _silent,
    project: Project | None = None,
) -> list[Outcome]:
    """Renew the stored outputs of notebooks: execute each with its own defaults, in place.

    A notebook whose bytes would not change is left untouched, and so is one that fails; the failed one is kept apart.
    Parameters, result and exceptions are those of `run`; `sources` come from `plan.refresh_sources`.
    """
    project = project or Project()
    works = [_Work(f"notebooks/{path.stem}", path, None, partial(_renew, path, project)) for path in sources]
    outcomes = _execute(works, project.notebooks, workers, on_event, project, {})
    return [outcomes[work.name] for work in works]


@dataclass(frozen=True)
class _Work:
    """A notebook to execute, and what becomes of it then."""

    name: str
    source: Path
    parameters: Mapping[str, Value] | None
    settle: Callable[[Path, Ended], Outcome]


def _execute(
    works: Sequence[_Work],
    beside: Path,
    workers: int,
    on_event: OnEvent,
    project: Project,
    variables: Mapping[str, str],
    *,
    done: int = 0,
) -> dict[str, Outcome]:
    """Execute works in a pool, settling each as it ends; `done` is what the user's count starts from."""
    outcomes: dict[str, Outcome] = {}
    if not works:
        return outcomes
    with _stoppable() as stop, Pool(beside, size=workers, root=project.root, variables=variables) as pool:
        jobs = [Job(work.source, pool.target(work.name), work.parameters) for work in works]
        for index, ended in pool.results(
            jobs, stop=stop, on_start=lambda index: on_event(works[index].name, None)
        ):
            work = works[index]
            outcomes[work.name] = work.settle(jobs[index].target, ended)
            on_event(work.name, outcomes[work.name])
    if stop.is_set():
        raise Interrupted.after(done + len(outcomes), done + len(works))
    return outcomes


@contextmanager
def _stoppable() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set, instead of what they do otherwise; a second one changes nothing."""
    stop = threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        stop.set()

    if threading.current_thread() is not threading.main_thread():  # signals are the main thread's
        yield stop
        return
    before = {number: signal.signal(number, note) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        why = None if os.access(folder, os.W_OK) else "Permission denied"
    except OSError as reason:
        why = reason.strerror
    if why:
        fix = "Name a folder that you may write to"
        raise ParameterError(Problem(f"--out {folder}", f"cannot be written to ({why})", fix))


class _Ledger:
    """The manifest of one folder while a batch runs."""

    def __init__(self, folder: Path, project: Project) -> None:
        self._folder = folder
        self._project = project
        self._before = manifest.read(folder)
        self._versions = manifest.versions()
        self._git = manifest.git(project.root)

    def cached(self, tasks: Sequence[Task]) -> dict[str, Outcome]:
        """The outcomes of those tasks that need not run, noted."""
        found = {}
        for task in tasks:
            entry = self._before.get((task.scenario, task.notebook))
            if entry and manifest.reason_to_run(task, entry) == "unchanged":
                found[task.name] = Outcome(task.name, "cached", "unchanged", entry["seconds"])
        if found:
            self._note([(task, found[task.name]) for task in tasks if task.name in found])
        return found

    def settle(self, task: Task, result: Path, ended: Ended, *, force: bool) -> Outcome:
        """Move the result of a task into place and note it."""
        reason = manifest.reason_to_run(task, self._before.get((task.scenario, task.notebook)), force=force)
        task.output.parent.mkdir(exist_ok=True)
        if ended.error is not None:
            result.replace(task.failed)
            outcome = Outcome(task.name, "failed", reason, ended.seconds, ended.error, task.failed)
        else:
            result.replace(task.output)
            manifest.write_text(task.resolved, _flat(task.parameters))
            task.failed.unlink(missing_ok=True)
            outcome = Outcome(task.name, "succeeded", reason, ended.seconds)
        self._note([(task, outcome)])
        return outcome

    def _note(self, done: Sequence[tuple[Task, Outcome]]) -> None:
        entries = {(task.scenario, task.notebook): _entry(task, outcome) for task, outcome in done}
        manifest.record(self._folder, entries, project=self._project, versions=self._versions, git=self._git)


def _flat(parameters: Mapping[str, Value]) -> str:
    """Parameters as `papermill -f` takes them."""
    return str(yaml.safe_dump(dict(parameters), sort_keys=False, allow_unicode=True))


def _entry(task: Task, outcome: Outcome) -> Entry:
    return {
        "scenario": task.scenario,
        "notebook": task.notebook,
        "status": outcome.status,
        "reason": outcome.reason,
        "seconds": outcome.seconds,
        "digest": task.digests.whole,
        "digests": asdict(task.digests),
        "output": None if outcome.error else content_digest(task.output),
        "error": outcome.error,
    }


def _renew(source: Path, project: Project, result: Path, ended: Ended) -> Outcome:
    """Put renewed outputs in the place of the stored ones, if they are good and differ."""
    name, failed = f"notebooks/{source.stem}", project.refused / f"{source.stem}.failed.ipynb"
    if ended.error is not None:
        failed.parent.mkdir(parents=True, exist_ok=True)
        result.replace(failed)
        return Outcome(name, "failed", "forced", ended.seconds, ended.error, failed)
    failed.unlink(missing_ok=True)
    if result.read_bytes() == source.read_bytes():
        return Outcome(name, "succeeded", "unchanged", ended.seconds)
    result.replace(source)
    return Outcome(name, "succeeded", "forced", ended.seconds)
