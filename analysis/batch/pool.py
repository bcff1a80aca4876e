"""How do processes execute notebooks side by side, and leave nothing behind?

Decisions
- Worker processes, because a working directory and an environment belong to a process; started fresh (spawn),
  each with a pipe of its own. So when one dies it is known whose notebook it had: that one fails, and the
  others go on.
- Everything that a batch writes while it runs lies in one folder, which is removed with it.
- Kernels are forked from one process, preloaded for this batch with what its notebooks import
  (`provisioner`), and end with the worker that asked for them. What is started otherwise, by them or in their
  place, is found by the runtime folder in its environment, also when that worker is gone. Where the batch
  itself is gone, one worker ends all that is left of it, and only then removes its folder, in which nobody
  writes any more.
- A worker reports which cell it is at. One that does not observe the limits of its notebook is ended, and
  its kernel with it.
- Workers are sessions of their own: they never see Ctrl-C, nor what kills the group of the batch; what they
  and their kernels print goes to a log in the folder of the batch.
- Where the system allows too few open files, nothing starts: a kernel that runs out of them ends or falls
  silent, and says nothing of the cause.
- A kernel finds nothing of the user's own settings, and writes down what it reads (`environment`); the worker
  hands that on with the result.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import multiprocessing
import os
import re
import resource
import shutil
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from socket import socket
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast

from analysis.batch import environment, execute, provisioner, reads
from analysis.batch.execute import Job, OnCell, OnJobCell, OnJobStart, Results, RunResult, StartedCell
from analysis.errors import ParameterError, Problem
from analysis.project import Project

if TYPE_CHECKING:
    import psutil

LOOK_SECONDS = 0.2
"""How often a waiting batch checks whether it was asked to stop."""

BATCH = ".batch-"
"""How the name of the folder of a batch begins."""

RUNTIME = "JUPYTER_RUNTIME_DIR"
"""The variable that says to which worker a process belongs."""

ROUNDS = 200
GRACE_SECONDS = 15
"""How long after a limit a worker may take to interrupt the cell and to save; then it is ended."""

NOISE = re.compile(r"\[\w+App\] (WARNING|INFO) \|")
"""What kernels print of themselves: that they talk over TCP without encryption, and the like. It names no
cause.
"""

FILES, FILES_A_WORKER = 128, 4
"""Open files that a kernel needs: 62 when it has started, as measured, and as many for its notebook. The
batch itself needs 10 and 3 for each worker: with many workers it is the one that runs out first.
"""

TOO_MANY = os.strerror(errno.EMFILE)
DIED = "the process that ran the notebook died (killed, or out of memory)"

_spawn = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class _Worker:
    process: SpawnProcess
    pipe: Connection
    folder: Path

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def end(self, parent: provisioner.Parent | None) -> None:
        """End the worker, its kernel, and whatever that started."""
        self.process.kill()
        self.process.join()
        if parent:
            parent.wait_for_ended_kernels()
        end_processes(self.folder)
        self.pipe.close()


@dataclass
class _RunningJob:
    """A job at a worker: since when, and at which cell."""

    worker: _Worker
    index: int
    job: Job
    log_start: int
    """Bytes that the worker had printed before."""
    began: float = field(default_factory=time.monotonic)
    cell: StartedCell | None = None
    cell_began: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self.began, 1)

    def start_cell(self, cell: StartedCell) -> None:
        self.cell, self.cell_began = cell, time.monotonic()

    def overdue(self) -> str | None:
        """The limit that was exceeded so long ago that the worker cannot be observing it."""
        now = time.monotonic() - GRACE_SECONDS
        in_cell = now - self.cell_began if self.cell else 0.0
        return self.job.limits.exceeded(now - self.began, in_cell)

    def failed(self, reason: str) -> RunResult:
        """The result of a job that is not let go on."""
        return execute.failed_result(self.job, reason, self.cell, self.seconds)


class Pool:
    """Worker processes and the folder that they share; a context manager that ends them all.

    Parameters
    ----------
    scratch_dir : Path
        Where to put the folder: on the file system of the outputs, so that results can be moved there at
        once.
    size : int
        How many notebooks run at a time.
    root : Path
        The project, whose package the kernels import.
    variables : mapping of str to str
        Environment variables for the kernels.
    forked : bool
        Whether kernels are forked from a preloaded process, where the system can; stock kernels otherwise.

    Raises
    ------
    ParameterError
        The system allows fewer open files than so many notebooks need.
    """

    def __init__(
        self,
        scratch_dir: Path,
        *,
        size: int,
        root: Path,
        variables: Mapping[str, str] | None = None,
        forked: bool = True,
    ) -> None:
        _check_open_files(size)
        self.folder = Path(tempfile.mkdtemp(prefix=BATCH, dir=scratch_dir)).resolve()
        self._size = size
        self._variables = environment.variables(self.folder, root) | dict(variables or {})
        self._workers: list[_Worker] = []
        self._idle: list[_Worker] = []
        self._parent: provisioner.Parent | None = None
        self._root = root
        self._forked = forked and _can_fork()
        environment.write_kernelspec(self.folder, provisioner.NAME if self._forked else None)
        environment.write_start_up_file(self.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.end(None)
        if self._parent:
            for reason in self._parent.refusals():  # the warnings of workers go to their logs
                provisioner.warn_once(reason)
            self._parent.end()
            end_processes(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)

    def target(self, name: str) -> Path:
        """Where the notebook of a name (``base/1_first``) is written until it is moved into place."""
        path = self.folder / "out" / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def results(
        self,
        jobs: Sequence[Job],
        *,
        stop: threading.Event,
        on_start: OnJobStart = execute.ignore,
        on_cell: OnJobCell = execute.ignore,
    ) -> Results:
        """Execute jobs; give the index of each and how it ended, as they end.

        When `stop` is set, those that run are ended and no other is started.
        """
        if self._forked and self._parent is None:
            self._preload(provisioner.imports(dict.fromkeys(job.source for job in jobs), self._root))
        waiting = deque(range(len(jobs)))
        busy: dict[Connection, _RunningJob] = {}
        while (waiting or busy) and not stop.is_set():
            while waiting and len(busy) < self._size:
                index = waiting.popleft()
                running = self._hand_over(index, jobs[index])
                busy[running.worker.pipe] = running
                on_start(index)
            for pipe in cast(list[Connection], wait(list(busy), timeout=LOOK_SECONDS)):
                answer = self._answer(running := busy[pipe])
                if isinstance(answer, StartedCell):
                    running.start_cell(answer)
                    on_cell(running.index, answer)
                else:
                    del busy[pipe]
                    yield running.index, answer
            for pipe, running in list(busy.items()):
                if reason := running.overdue():
                    self._retire(running.worker)
                    del busy[pipe]
                    yield running.index, running.failed(reason)
        for running in busy.values():
            self._retire(running.worker)
            yield running.index, running.failed(execute.STOPPED)

    def _hand_over(self, index: int, job: Job) -> _RunningJob:
        while True:
            worker = self._idle.pop() if self._idle else self._start()
            log_start = worker.log.stat().st_size if worker.log.exists() else 0
            running = _RunningJob(worker, index, job, log_start)
            try:
                worker.pipe.send(job)
            except OSError:  # it died while it had nothing to do
                self._retire(worker)
            else:
                return running

    def _answer(self, running: _RunningJob) -> RunResult | StartedCell:
        try:
            answer: RunResult | StartedCell = running.worker.pipe.recv()
        except (EOFError, OSError):
            self._retire(running.worker)
            return running.failed(DIED)
        if isinstance(answer, StartedCell):
            return answer
        self._idle.append(running.worker)
        return answer if answer.error is None else _with_last_output(answer, running)

    def _retire(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.end(self._parent)

    def _preload(self, names: Sequence[str]) -> None:
        """Start the process that kernels are forked from; it imports while the workers do."""
        folder = self.folder / "parent"
        folder.mkdir()
        own = {RUNTIME: str(folder), reads.VARIABLE: str(folder / "reads")}
        with (folder / "log").open("ab") as log, _variables(self._variables | own):
            self._parent = provisioner.Parent([sys.executable], os.environ, names, log=log.fileno())

    def _start(self) -> _Worker:
        """A new worker; its environment is in place before it starts, so that nothing in it runs
        without.
        """
        folder = Path(tempfile.mkdtemp(prefix="worker-", dir=self.folder))
        batch_end, worker_end = _spawn.Pipe()
        source = (self._parent.socket, self._parent.environment) if self._parent else None
        process = _spawn.Process(target=_serve, args=(worker_end, folder, source), daemon=True)
        resource_tracker.ensure_running()
        own = {RUNTIME: str(folder), reads.VARIABLE: str(folder / "reads")}
        with _interrupts_held(), _variables(self._variables | own):
            process.start()
        worker_end.close()
        self._workers.append(worker := _Worker(process, batch_end, folder))
        return worker


def _open_files() -> int:
    """How many files a process may hold open."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def _check_open_files(size: int) -> None:
    needed, allowed = max(FILES, FILES_A_WORKER * size), _open_files()
    if allowed != resource.RLIM_INFINITY and allowed < needed:
        rule = f"{allowed} open files are too few for {size} notebooks at a time, which need {needed}"
        raise ParameterError(Problem("ulimit -n", rule, f"Run `ulimit -n {max(1024, needed)}` first"))


def _can_fork() -> bool:
    """Whether kernels can be forked here; if not, a warning says why."""
    if reason := provisioner.why_not():
        provisioner.warn_once(reason)
    return reason is None


@contextmanager
def _variables(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables, and remove the user's settings, for a process that is about to start."""
    dropped = filter(environment.is_setting, os.environ)
    before = {name: os.environ.pop(name, None) for name in {*dropped, *values}}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold SIGINT back: a process that starts inherits this until it ignores the signal itself."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _with_last_output(result: RunResult, running: _RunningJob) -> RunResult:
    """An error with what was printed during the job and names the cause: that files ran out, or the last line
    if it is no cell's.
    """
    printed = running.worker.log.read_bytes()[running.log_start :].decode("utf-8", errors="replace")
    lines = [line for line in printed.splitlines() if line.strip() and not NOISE.search(line)]
    if any(TOO_MANY in line for line in lines):
        reason = f"too many open files, of which `ulimit -n` allows {_open_files()}: raise it"
    elif lines and not result.in_cell:
        reason = lines[-1].strip()
    else:
        return result
    return replace(result, error=f"{result.error} ({reason})")


def _serve(pipe: Connection, folder: Path, source: tuple[socket, Mapping[str, str]] | None) -> None:
    """The life of a worker: jobs in, results out, as long as the batch; its kernels come from `source`."""
    os.setsid()
    if source:
        provisioner.use(*source)
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    _quiet(folder / "log")
    tempfile.tempdir = str(folder)  # where the file goes that tells a kernel its ports
    batch = threading.Thread(target=_exit_with_parent, args=(folder,), daemon=True)
    batch.start()
    log = Path(os.environ[reads.VARIABLE])
    with suppress(EOFError, OSError):
        while True:
            job = pipe.recv()
            log.unlink(missing_ok=True)
            result = execute.execute(job, cast(OnCell, pipe.send))
            pipe.send(replace(result, reads=reads.read_log(log, Project.default())))
    batch.join()


def _quiet(log: Path) -> None:
    with log.open("ab") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    # Where it is installed, jsonschema builds a grammar of web
    # addresses on import: 1.5 s for what no notebook needs.
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]


def _exit_with_parent(folder: Path) -> None:
    """Wait for the end of the batch's own process; then remove what it can no longer remove itself.

    Of several workers one does it, and ends the others, too.
    """
    if parent := multiprocessing.parent_process():
        parent.join()
    with suppress(OSError):  # gone already, or on a file system without locks
        fcntl.flock(os.open(folder.parent, os.O_RDONLY), fcntl.LOCK_EX)
    end_processes(folder.parent)
    shutil.rmtree(folder.parent, ignore_errors=True)
    os._exit(1)


def end_processes(folder: Path) -> None:
    """Kill every other process with its runtime folder in `folder`, and its children, until none is left."""
    import psutil

    for _ in range(ROUNDS):
        belonging = [
            process
            for process in psutil.process_iter()
            if process.pid != os.getpid() and _belongs(process, folder)
        ]
        if not belonging:
            return
        for process in list(belonging):
            with suppress(psutil.Error):
                belonging += process.children(recursive=True)
        for process in belonging:
            with suppress(psutil.Error):
                process.kill()
        time.sleep(0.05)


def _belongs(process: psutil.Process, folder: Path) -> bool:
    import psutil

    with suppress(psutil.Error, OSError):
        return Path(process.environ().get(RUNTIME, os.sep)).is_relative_to(folder)
    return False
