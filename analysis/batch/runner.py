"""How is a batch of notebooks executed so that nothing is lost?

Decisions
- Notebooks run in a scratch folder. Only the batch itself moves a result into place, by renaming, and notes
  it in the manifest at once. So whatever is killed, no output is half-written, and what finished is not run
  again.
- A notebook that fails does not stop the others; its last good output stays, the failed one is kept next
  to it. So does one whose result cannot be put into place (a full disk, a store that is gone).
- One batch at a time writes in a folder. It clears away what one that was killed left there.
- Ctrl-C, SIGTERM and the end of the terminal (SIGHUP, unless it is ignored, as after `nohup`) are looked at
  between two steps, never during one. What was running is kept as it was, with a note, and counts as not run.
- What is unchanged is not run; the reason for every run is recorded.
- Of equal jobs one runs, and the others take its result over (`equal_jobs`); so does a job for which the
  result of an equal one is in place. A first one that fails, or shows the name of its scenario, stands for
  itself alone, and the others run.
- The base scenario runs first, since its pages are published first; otherwise what took longest the last time
  starts first, so that no worker waits long for another at the end.
- Where notebooks run (processes here, machines of a cluster) makes no difference to anything else.
"""

from __future__ import annotations

import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import FrameType
from typing import ClassVar, Protocol

import yaml

from analysis.batch import equal_jobs, execute, lock, manifest, storage
from analysis.batch.equal_jobs import LABEL
from analysis.batch.execute import Job, Limits, OnJobCell, OnJobStart, Results, RunResult, StartedCell
from analysis.batch.manifest import Reason, RunEntry, Runs, Status
from analysis.batch.plan import DeclaredNotebook, Task
from analysis.batch.pool import BATCH, Pool, end_processes
from analysis.batch.storage import content_digest
from analysis.errors import Problem, ThesisError
from analysis.hashing import sha256_of_texts
from analysis.project import Project
from analysis.scenarios import BASE, Value

WORKERS = 2
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FIGURES = {"THESIS_FIGURES": "svg"}
"""Variables for the kernels of a batch: published charts are drawn as SVG, stored notebooks hold PNG."""


@dataclass(frozen=True)
class Outcome:
    """How one notebook ended; `failed` is the notebook that was kept to look at, if there is one.

    `unfit` holds the reasons why the file could not be run under any scenario, `changed` the tables and other
    files whose change made it run, and `same_as` names the job whose result it took over instead of running.
    """

    kind: ClassVar[str] = "ended"
    name: str
    status: Status
    reason: Reason
    seconds: float
    error: str | None = None
    failed: Path | None = None
    unfit: tuple[Problem, ...] = ()
    changed: tuple[str, ...] = ()
    same_as: str | None = None


class Interrupted(ThesisError):
    """A batch that was asked to stop before its end; what finished stays."""

    exit_code: ClassVar[int] = 130

    @classmethod
    def after(cls, done: int, total: int) -> Interrupted:
        """The error of a batch of `total` notebooks, `done` of which are in place."""
        return cls(
            Problem(
                "stopped",
                f"{done} of {total} notebooks are done",
                "Run the same command again to continue",
            )
        )


@dataclass(frozen=True)
class Planned:
    """A batch before its first notebook: its notebooks, how many run, and how long that took last time."""

    kind: ClassVar[str] = "planned"
    notebooks: int
    to_run: int
    expected_seconds: float | None


@dataclass(frozen=True)
class Started:
    """A notebook that starts, and how long it took the last time."""

    kind: ClassVar[str] = "started"
    name: str
    expected_seconds: float | None


@dataclass(frozen=True)
class CellStarted:
    """The cell that a notebook is at, and how long that took the last time."""

    kind: ClassVar[str] = "cell"
    name: str
    cell: StartedCell
    expected_seconds: float | None


Event = Planned | Started | CellStarted | Outcome
"""`kind` is what other programs call it (`--json`)."""

OnEvent = Callable[[Event], None]
"""Called with each event of a batch."""


class Executor(Protocol):
    """Where notebooks run: `pool.Pool` here, `cluster.Cluster` elsewhere."""

    def target(self, name: str) -> Path:
        """Where on this machine the notebook of a name is written until it is moved into place."""

    def results(
        self,
        jobs: Sequence[Job],
        *,
        stop: threading.Event,
        on_start: OnJobStart,
        on_cell: OnJobCell,
    ) -> Results:
        """Execute jobs; once `stop` is set, those that run are ended and no other is started."""


ExecutorFactory = Callable[[Path], AbstractContextManager[Executor]]
"""Makes an executor that writes results into a folder of this machine, from which they are moved."""


def _silent(event: Event) -> None:
    """An `OnEvent` that shows nothing."""


def run(
    tasks: Sequence[Task],
    *,
    workers: int = WORKERS,
    on_event: OnEvent = _silent,
    force: bool = False,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    cluster: str | None = None,
    project: Project | None = None,
) -> list[Outcome]:
    """Execute tasks, `workers` at a time, except those whose result would be the one in place.

    Parameters
    ----------
    tasks : sequence of Task
        From `plan.plan`.
    workers : int
        How many notebooks run at a time.
    on_event : callable
        Called with the plan and with every start, cell and end.
    force : bool
        Run also what is unchanged.
    limits : Limits
        For how long a notebook and each of its cells may run.
    cluster : str, optional
        The address of a dask scheduler, or `local` (see `cluster.Cluster`), instead of processes of this
        machine.

    Returns
    -------
    list of Outcome
        In the order of the tasks.

    Raises
    ------
    Interrupted
        After Ctrl-C, SIGTERM or SIGHUP, when all that was running has been ended and cleared away.
    Busy
        Another batch writes there.
    ParameterError
        The place takes no file, or the cluster cannot be used.
    """
    if not tasks:
        return []
    project, folder = project or Project.default(), tasks[0].output.parents[1]
    with lock.held(folder), _scratch_dir(folder) as scratch_dir:
        writer = _ManifestWriter(folder, project, force=force)
        outcomes = {outcome.name: outcome for task in tasks if (outcome := writer.without_running(task))}
        if outcomes:
            writer.write()
        todo = [task for task in tasks if task.name not in outcomes]
        firsts = writer.first_of_equal(todo)
        running = [first for first, *_ in firsts.values()]
        on_event(Planned(len(tasks), len(running), writer.expected(running, workers)))
        for outcome in outcomes.values():
            on_event(outcome)
        execute_all = partial(
            _execute,
            scratch_dir=scratch_dir,
            open_executor=_executor_factory(workers, project, FIGURES, cluster),
            on_event=on_event,
            limits=limits,
            total=len(tasks),
        )
        outcomes |= execute_all(writer.works(firsts), done=len(outcomes))
        # those for which the first of their equals does not stand
        rest = [task for task in todo if task.name not in outcomes]
        outcomes |= execute_all(writer.works({task.name: [task] for task in rest}), done=len(outcomes))
    return [outcomes[task.name] for task in tasks]


def refresh(
    books: Sequence[DeclaredNotebook],
    *,
    workers: int = WORKERS,
    on_event: OnEvent = _silent,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    project: Project | None = None,
) -> list[Outcome]:
    """Renew the stored outputs of notebooks: execute each with its own defaults, in place.

    A notebook whose bytes would not change is left untouched, and so is one that fails; the failed one is
    kept apart. Parameters, result and exceptions are those of `run`; `books` come from
    `plan.refresh_sources`.
    """
    project = project or Project.default()
    works = [
        _Work(f"notebooks/{book.path.stem}", book.path, partial(_renew, book.path, project), unfit=book.unfit)
        for book in books
    ]
    with lock.held(project.notebooks), _scratch_dir(project.notebooks) as scratch_dir:
        on_event(Planned(len(works), len(works), None))
        outcomes = _execute(
            works,
            scratch_dir=scratch_dir,
            open_executor=_executor_factory(workers, project, {}),
            on_event=on_event,
            limits=limits,
            total=len(works),
        )
    return [outcomes[work.name] for work in works]


@contextmanager
def _scratch_dir(folder: Path) -> Iterator[Path]:
    """A folder for unfinished files, on the outputs' file system; what a killed batch left is removed."""
    if storage.is_remote(folder):
        with tempfile.TemporaryDirectory() as local_dir:
            yield Path(local_dir)
        return
    for leftover in folder.resolve().glob(f"{BATCH}*"):
        end_processes(leftover)
        shutil.rmtree(leftover, ignore_errors=True)
    yield folder


def _executor_factory(
    workers: int, project: Project, variables: Mapping[str, str], address: str | None = None
) -> ExecutorFactory:
    if address is None:
        return partial(Pool, size=workers, root=project.root, variables=variables)
    from analysis.batch.cluster import Cluster

    return partial(Cluster, address=address, workers=workers, project=project, variables=variables)


@dataclass(frozen=True)
class _Work:
    """A notebook to execute, what becomes of it then, and how long it took the last time."""

    name: str
    source: Path
    record_result: Callable[[Path, RunResult], list[Outcome]]
    parameters: Mapping[str, Value] | None = None
    unfit: tuple[Problem, ...] = ()
    expected: RunEntry | None = None

    def started(self) -> Started:
        return Started(self.name, self.expected["seconds"] if self.expected else None)

    def cell_started(self, cell: StartedCell) -> CellStarted:
        times = self.expected.get("cells", []) if self.expected else []
        return CellStarted(self.name, cell, times[cell.number - 1] if cell.number <= len(times) else None)


def _execute(
    works: Sequence[_Work],
    *,
    scratch_dir: Path,
    open_executor: ExecutorFactory,
    on_event: OnEvent,
    limits: Limits,
    total: int,
    done: int = 0,
) -> dict[str, Outcome]:
    """Execute works, recording each result as it arrives; the user's count starts at `done` of `total`."""
    outcomes: dict[str, Outcome] = {}
    if not works:
        return outcomes

    def record(work: _Work, job: Job, result: RunResult) -> None:
        for outcome in work.record_result(job.target, result):
            if not result.stopped:
                outcomes[outcome.name] = replace(outcome, unfit=work.unfit)
                on_event(outcomes[outcome.name])

    with _stoppable() as stop, open_executor(scratch_dir) as executor:
        jobs = [Job(work.source, executor.target(work.name), work.parameters, limits) for work in works]
        for work, job in zip(works, jobs, strict=True):
            if work.unfit:
                record(work, job, execute.unreadable_result(job, " ".join(map(str, work.unfit))))
        runnable = [(work, job) for work, job in zip(works, jobs, strict=True) if not work.unfit]
        for index, result in executor.results(
            [job for _, job in runnable],
            stop=stop,
            on_start=lambda index: on_event(runnable[index][0].started()),
            on_cell=lambda index, cell: on_event(runnable[index][0].cell_started(cell)),
        ):
            record(*runnable[index], result)
    if stop.is_set():
        raise Interrupted.after(done + len(outcomes), total)
    return outcomes


@contextmanager
def _stoppable() -> Iterator[threading.Event]:
    """An event that `SIGNALS` set, instead of what they do otherwise; a second one changes nothing."""
    stop = threading.Event()

    def set_stop(number: int, frame: FrameType | None) -> None:
        stop.set()

    if threading.current_thread() is not threading.main_thread():  # signals are the main thread's
        yield stop
        return
    ignored = {signal.SIGHUP} if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else set()
    before = {number: signal.signal(number, set_stop) for number in SIGNALS if number not in ignored}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _ManifestWriter:
    """The manifest of one folder while a batch runs; `force` runs also what is unchanged."""

    def __init__(self, folder: Path, project: Project, *, force: bool) -> None:
        self._folder = folder
        self._force = force
        self._before = manifest.read(folder)
        self._versions = manifest.versions()
        self._git = manifest.git(project.root)
        self._runs: Runs = manifest.existing_runs(folder, project)

    def expected(self, tasks: Sequence[Task], workers: int) -> float | None:
        """How long tasks will take, as far as earlier runs show."""
        seconds = [entry["seconds"] for task in tasks if (entry := self._last_run(task))]
        return round(sum(seconds) / min(workers, len(tasks)), 1) if seconds else None

    def _last_run(self, task: Task) -> RunEntry | None:
        return manifest.expected(self._runs, task.scenario, task.notebook)

    def _reason(self, task: Task) -> Reason:
        return manifest.reason_to_run(task, self._before.get(task.key), force=self._force)

    def without_running(self, task: Task) -> Outcome | None:
        """The outcome of a task that need not run: it is unchanged, or an equal result is in place; it is
        entered in the manifest.
        """
        if task.unfit or self._force:
            return None
        if self._reason(task) == "unchanged":
            entry = self._before[task.key]
            cached: RunEntry = entry | {"status": "cached", "reason": "unchanged"}
            self._runs[task.key] = cached
            return Outcome(task.name, "cached", "unchanged", entry["seconds"], same_as=entry.get("same_as"))
        equal_entry = manifest.equal_result(task, self._runs)
        return self._take_over(task, equal_entry) if equal_entry else None

    def first_of_equal(self, tasks: Sequence[Task]) -> dict[str, list[Task]]:
        """Tasks by the one that runs for them, in the order in which those start."""
        groups: dict[object, list[Task]] = {}
        for task in tasks:
            groups.setdefault(task.name if self._stands_alone(task) else task.equality, []).append(task)

        def start(group: Sequence[Task]) -> tuple[bool, float]:
            last = self._last_run(group[0])
            return group[0].scenario != BASE, -last["seconds"] if last else 0.0

        return {group[0].name: group for group in sorted(groups.values(), key=start)}

    def _stands_alone(self, task: Task) -> bool:
        """Whether no other task can have the result of this one, as far as cells and earlier runs show."""
        earlier = [
            entry
            for entry in self._before.values()
            if entry["notebook"] == task.notebook
            and entry.get("digests", {}).get("code") == task.digests.code
        ]
        uses = any(entry.get("uses_scenario_name") for entry in earlier if entry["status"] in manifest.GOOD)
        return bool(task.unfit) or task.shows_scenario or uses

    def works(self, groups: Mapping[str, Sequence[Task]]) -> list[_Work]:
        """What to execute: the first task of each group, for all in it."""
        return [
            _Work(
                first.name,
                first.source,
                partial(self._record, first, others),
                first.parameters,
                first.unfit,
                self._last_run(first),
            )
            for first, *others in groups.values()
        ]

    def _record(self, task: Task, others: Sequence[Task], executed: Path, result: RunResult) -> list[Outcome]:
        """Move the notebook of a task into place and enter it in the manifest, and again for the others if it
        stands for them.
        """
        outcome = self._outcome(task, result.seconds)
        if result.error is None:
            try:
                self._put(task, executed)
            except OSError as error:
                result = replace(result, error=f"could not be put into place ({error})")
        if result.error is not None:
            failed = _keep(task, executed)
            outcome = replace(outcome, status="failed", error=result.error, failed=failed)
        if result.stopped:  # that says nothing about the notebook: its last result still stands
            return [outcome]
        with suppress(OSError):  # the old entry then stays; it does not fit the new file, which runs again
            entry = _entry(task, outcome, result)
            self._enter(entry)
            if outcome.status == "succeeded" and not entry["uses_scenario_name"]:
                return [outcome, *filter(None, (self._take_over(other, entry) for other in others))]
        return [outcome]

    def _take_over(self, task: Task, entry: RunEntry) -> Outcome | None:
        """Put the result of an equal job into the place of a task's, and enter it; None if that fails."""
        name = f"{entry['scenario']}/{entry['notebook']}"
        outcome = self._outcome(task, 0.0, same_as=name)
        try:
            text = storage.read_bytes(self._folder / entry["scenario"] / task.output.name).decode()
            if LABEL in task.parameters:
                text = equal_jobs.relabelled(text, entry["scenario"], task.scenario)
            self._put(task, text)
            own: RunEntry = entry | {
                "scenario": task.scenario,
                "status": outcome.status,
                "reason": outcome.reason,
                "seconds": outcome.seconds,
                "output": content_digest(task.output),
                "cells": [],
                "changed": list(outcome.changed),
                "same_as": name,
            }
            self._enter(own)
        except (OSError, ValueError):
            return None
        return outcome

    def _outcome(self, task: Task, seconds: float, *, same_as: str | None = None) -> Outcome:
        """That of a task that succeeded, with the reason for it."""
        reason = self._reason(task)
        changed = task.file_digests.changed(self._before[task.key]["reads"]) if reason == "data" else ()
        return Outcome(task.name, "succeeded", reason, seconds, changed=changed, same_as=same_as)

    def _put(self, task: Task, result: Path | str) -> None:
        """Put a good result, a file or its text, into place, and only then remove what failed before."""
        storage.make_folder(task.output.parent)
        storage.write_text(task.resolved, _flat(task.parameters))
        if isinstance(result, str):
            storage.write_text(task.output, result)
        else:
            storage.move(result, task.output)
        storage.remove(task.failed)

    def _enter(self, entry: RunEntry) -> None:
        """Enter a result; whatever took over an earlier, different one of that job stands for itself now."""
        key, name = (entry["scenario"], entry["notebook"]), f"{entry['scenario']}/{entry['notebook']}"
        if self._runs.get(key, entry).get("output") != entry.get("output"):
            for other, linked in self._runs.items():
                if linked.get("same_as") == name:
                    self._runs[other] = manifest.without_link(linked)
        self._runs[key] = entry
        self.write()

    def write(self) -> None:
        """Write the manifest."""
        self._runs = manifest.with_true_links(self._runs)
        manifest.write(self._folder, self._runs, versions=self._versions, git=self._git)


def _keep(task: Task, executed: Path) -> Path | None:
    """Keep a notebook that failed next to the last good one, if it can be kept."""
    with suppress(OSError):
        storage.make_folder(task.failed.parent)
        storage.move(executed, task.failed)
        return task.failed
    return None


def _flat(parameters: Mapping[str, Value]) -> str:
    """Parameters as `papermill -f` takes them."""
    return str(yaml.safe_dump(dict(parameters), sort_keys=False, allow_unicode=True))


def _entry(task: Task, outcome: Outcome, result: RunResult) -> RunEntry:
    reads = task.file_digests.of(None if task.reads_unnoticed else result.reads, task.source)
    digests = manifest.result_digests(task, reads)
    uses_name = LABEL in task.parameters and (
        task.shows_scenario or result.reads is None or result.reads.scenario_name
    )
    return {
        "scenario": task.scenario,
        "notebook": task.notebook,
        "status": outcome.status,
        "reason": outcome.reason,
        "seconds": outcome.seconds,
        "digest": sha256_of_texts(*digests.values(), *([task.scenario] if uses_name else [])),
        "digests": digests,
        "output": None if outcome.error else content_digest(task.output),
        "error": outcome.error,
        "cells": list(result.cells),
        "reads": reads,
        "changed": list(outcome.changed),
        "uses_scenario_name": uses_name,
    }


def _renew(source: Path, project: Project, executed: Path, result: RunResult) -> list[Outcome]:
    """Put renewed outputs in the place of the stored ones, if they are good and differ."""
    name, failed = f"notebooks/{source.stem}", project.failed_refreshes / f"{source.stem}.failed.ipynb"
    if result.error is not None:
        failed.parent.mkdir(parents=True, exist_ok=True)
        executed.replace(failed)
        return [Outcome(name, "failed", "forced", result.seconds, result.error, failed)]
    failed.unlink(missing_ok=True)
    if executed.read_bytes() == source.read_bytes():
        return [Outcome(name, "succeeded", "unchanged", result.seconds)]
    storage.write_whole(source.resolve(), lambda path: shutil.copyfile(executed, path))  # where a link leads
    return [Outcome(name, "succeeded", "forced", result.seconds)]
