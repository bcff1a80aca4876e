"""How do the notebooks of a batch, or the points of a sweep, run on many machines? An adapter to dask.

Decisions
- What runs on a worker is what runs here: a `pool.Pool` of one process. A worker therefore needs nothing but
  a checkout with the same code and data, and is refused if its digest differs; what comes back does not
  depend on where it ran.
- The executed notebook travels back, and the batch alone puts it into place and enters it in the manifest:
  one writer, wherever the workers are, and a notebook that ran twice (its first worker was lost) is stored
  once.
- A lost worker costs time: the scheduler gives its notebook to another one, a few times. A notebook that
  fails is a result and is not tried again.
- A task that nobody waits for any more (the batch was stopped, or killed) ends itself, and its kernel with
  it.
"""

from __future__ import annotations

import functools
import logging
import multiprocessing
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from analysis.batch import execute, plan, storage
from analysis.batch.execute import Job, OnJobCell, OnJobStart, Results, RunResult, StartedCell
from analysis.batch.pool import BATCH, LOOK_SECONDS, Pool
from analysis.batch.storage import EXTRA
from analysis.errors import ParameterError, Problem, RunError, ThesisError
from analysis.project import Project

if TYPE_CHECKING:
    from distributed import Client

LOCAL = "local"
ANSWER_SECONDS = 10
"""How long to wait for a scheduler, and for its first worker."""

LOST_SECONDS = 120
"""How long a cluster may be without any worker before a batch gives up."""

ASK_SECONDS = 5
"""How often to ask a scheduler for its workers."""

RETRIES = 3
ENDING = ("closing", "closed", "failed")
"""States of a worker that no longer has a scheduler."""

OTHER = "holds other code or data than this checkout"
Result = TypeVar("Result")


@contextmanager
def connected(address: str, workers: int, project: Project) -> Iterator[Client]:
    """A client of a scheduler whose workers hold the same code and data; `local` starts one here.

    Raises
    ------
    ParameterError
        The extra is not installed, nobody answers at the address, there is no worker, or one that differs.
    """
    option = f"--cluster {address}"
    try:
        from distributed import Client, LocalCluster
        from distributed.comm.addressing import get_address_host_port
    except ImportError as reason:
        raise ParameterError(
            Problem(option, f"needs a package that is not installed ({reason.name})", EXTRA)
        ) from None
    _quiet()
    with ExitStack() as stack:
        if address == LOCAL:
            local = LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
            )
            stack.enter_context(local)
        try:
            if address != LOCAL:
                # the client itself takes half a minute over an address that it cannot read
                get_address_host_port(address)
            client = Client(
                local if address == LOCAL else address, timeout=ANSWER_SECONDS, set_as_default=False
            )
        except (OSError, ValueError) as reason:
            cause = " ".join(str(reason).split()) or "no answer"
            fix = "Start `dask scheduler` there, or write its address as tcp://HOST:8786"
            raise ParameterError(Problem(option, f"nobody answers ({cause.rstrip('.')})", fix)) from None
        stack.enter_context(client)
        _check_workers(client, option, project)
        yield client


def _quiet() -> None:
    """Silence the loggers of dask, each of which has a level of its own: we report errors, in one line."""
    for name in [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def _check_workers(client: Client, option: str, project: Project) -> None:
    extra = EXTRA.removeprefix("Install ")
    fix = f"Start `dask worker ADDRESS --nthreads 1` in a checkout of this project, with {extra}"
    try:
        client.wait_for_workers(1, timeout=ANSWER_SECONDS)
    except TimeoutError:
        raise ParameterError(Problem(option, "has no workers", fix)) from None
    digest = plan.state_digest(project)
    try:
        digests = client.run(checkout_digest)
    except Exception as reason:
        cause = " ".join(f"{type(reason).__name__}: {reason}".split())
        raise ParameterError(Problem(option, f"a worker cannot load this project ({cause})", fix)) from None
    fix = "Give every worker the same commit, then start it again"
    if problems := [
        Problem(f"{option}, worker {worker}", OTHER, fix) for worker in digests if digests[worker] != digest
    ]:
        raise ParameterError(problems)


def checkout_digest() -> str:
    """The digest of the project that this process runs from."""
    return plan.state_digest(Project.default())


@dataclass(frozen=True)
class _RemoteJob:
    """A notebook to execute on a worker: which, in what state, and the topic of its progress."""

    job: Job
    code: str
    content: str
    variables: Mapping[str, str]
    topic: str
    index: int


class Cluster:
    """Notebooks on the workers of a dask scheduler, as `pool.Pool` runs them here.

    Parameters
    ----------
    scratch_dir : Path
        Where to put the folder of the notebooks that came back.
    address : str
        Of the scheduler, or `local`.
    workers : int
        How many processes `local` starts.
    project : Project
        The code and data that the workers must have.
    variables : mapping of str to str
        Environment variables for the kernels.
    """

    def __init__(
        self, scratch_dir: Path, *, address: str, workers: int, project: Project, variables: Mapping[str, str]
    ) -> None:
        self._scratch_dir, self._project, self._variables = scratch_dir, project, variables
        self._address, self._workers = address, workers
        self._topic = f"thesis-{uuid.uuid4().hex}"

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._client = stack.enter_context(connected(self._address, self._workers, self._project))
            folder = tempfile.TemporaryDirectory(prefix=BATCH, dir=self._scratch_dir)
            self._folder = Path(stack.enter_context(folder))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def target(self, name: str) -> Path:
        """Where the notebook of a name is written when it came back."""
        path = self._folder / f"{name}.ipynb"
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
        """As `pool.Pool.results`."""
        code = plan.state_digest(self._project)
        remote_jobs = [
            _RemoteJob(job, code, storage.content_digest(job.source), self._variables, self._topic, index)
            for index, job in enumerate(jobs)
        ]

        running: dict[int, StartedCell | None] = {}
        finished: set[int] = set()

        def on_progress(index: int, cell: StartedCell | None) -> None:
            if index in finished:  # progress goes another way than results, and some arrives after them
                return
            running[index] = cell
            on_start(index) if cell is None else on_cell(index, cell)

        for index, future in _futures_as_done(
            self._client, run_on_worker, remote_jobs, stop=stop, topic=self._topic, on_progress=on_progress
        ):
            result, content = _answer_of(future)
            if content is None:
                result = execute.failed_result(jobs[index], result.error or "nothing came back")
            else:
                jobs[index].target.write_bytes(content)
            running.pop(index, None)
            finished.add(index)
            yield index, result
        for index, cell in running.items():
            yield index, execute.failed_result(jobs[index], execute.STOPPED, cell)


def _answer_of(future: Any) -> tuple[RunResult, bytes | None]:
    """What a worker answered; where it could not, that is a failure of this notebook alone."""
    try:
        answer: tuple[RunResult, bytes | None] = _result(future)
    except ThesisError:
        raise
    except Exception as reason:
        error = str(reason) if isinstance(reason, WorkersLost) else f"the worker failed: {reason!r}"
        return RunResult(0.0, error), None
    return answer


def map_on_cluster(
    address: str,
    workers: int,
    project: Project,
    evaluate: Callable[[Any], Result],
    items: Mapping[int, Any],
) -> Iterator[tuple[int, Result]]:
    """A function of every item, as they are computed, by the workers of a scheduler.

    Parameters
    ----------
    address, workers, project
        As in `Cluster`.
    evaluate : callable
        Importable; the data it holds travel to each worker once.
    items : mapping
        The arguments by number.

    Raises
    ------
    ParameterError
        The cluster cannot be used.
    RunError
        The scheduler is gone, or several workers died at the same item.
    """
    numbers, arguments = list(items), list(items.values())
    with connected(address, workers, project) as client:
        function = client.submit(_identity, evaluate, pure=False)  # computed again if its worker is lost
        for index, future in _futures_as_done(client, _apply, arguments, function, stop=threading.Event()):
            try:
                yield numbers[index], _result(future)
            except WorkersLost as reason:
                raise _broken(str(reason), "See that the workers have memory") from None


def _identity(function: Result) -> Result:
    return function


def _apply(function: Callable[[Any], Result], argument: Any) -> Result:
    return function(argument)


def _futures_as_done(
    client: Client,
    function: Callable[..., Any],
    arguments: Sequence[Any],
    *first: Any,
    stop: threading.Event,
    topic: str | None = None,
    on_progress: Callable[[int, StartedCell | None], None] = execute.ignore,
) -> Iterator[tuple[int, Any]]:
    """Futures by the index of their argument, as they are done; workers report progress to `on_progress`."""
    messages: SimpleQueue[Any] = SimpleQueue()
    if topic:
        client.subscribe_topic(topic, lambda event: messages.put(event[1]))
    batch = topic or uuid.uuid4().hex
    waiting = {
        client.submit(function, *first, argument, key=f"{batch}-{index}", retries=RETRIES, pure=False): index
        for index, argument in enumerate(arguments)
    }
    for future in waiting:
        future.add_done_callback(messages.put)
    timeout = _WorkerTimeout(client)
    try:
        while waiting and not stop.is_set():
            try:
                item = messages.get(timeout=LOOK_SECONDS)
            except Empty:
                timeout.check()
                continue
            if isinstance(item, dict):
                on_progress(item["index"], StartedCell(**item["cell"]) if item["cell"] else None)
            elif item in waiting:
                yield waiting.pop(item), item
    finally:
        with suppress(Exception):  # a scheduler that is gone has nothing to cancel
            client.cancel(list(waiting), force=True)
            if topic:
                client.unsubscribe_topic(topic)


class WorkersLost(Exception):
    """A task at which one worker after another died."""


def _result(future: Any) -> Any:
    from distributed import KilledWorker
    from distributed.client import FutureCancelledError

    try:
        return future.result()
    except FutureCancelledError:
        raise _broken("the scheduler is gone") from None
    except KilledWorker:
        raise WorkersLost("several workers died one after another at the same task") from None


def _broken(rule: str, fix: str = "Start it again") -> RunError:
    return RunError(Problem("--cluster", rule, f"{fix}, then run the same command again to continue"))


class _WorkerTimeout:
    """Gives up on a scheduler that is gone, and on one that has been without workers for too long."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._asked = self._seen = time.monotonic()

    def check(self) -> None:
        if self._client.status not in ("running", "connecting"):
            raise _broken("the scheduler is gone")
        if (now := time.monotonic()) < self._asked + ASK_SECONDS:
            return
        self._asked = now
        with suppress(OSError):  # the client notices by itself when it has lost the scheduler
            if self._client.scheduler_info()["workers"]:
                self._seen = now
        if now > self._seen + LOST_SECONDS:
            raise _broken(f"all workers have been gone for {LOST_SECONDS} s")


def run_on_worker(remote: _RemoteJob) -> tuple[RunResult, bytes | None]:
    """Execute a notebook on a worker: how it ended, and the executed notebook."""
    project = Project.default()
    source = project.notebooks / remote.job.source.name
    if (
        checkout_digest() != remote.code
        or not source.is_file()
        or storage.content_digest(source) != remote.content
    ):
        return RunResult(0.0, f"the worker {_current_worker().address} {OTHER}"), None
    _may_have_children()
    with (
        tempfile.TemporaryDirectory(prefix="thesis-") as folder,
        _stop_if_unwanted() as stop,
        Pool(Path(folder), size=1, root=project.root, variables=remote.variables) as pool,
    ):
        job = replace(remote.job, source=source, target=pool.target(remote.job.source.stem))
        report = functools.partial(_publish_progress, remote)
        for _, result in pool.results([job], stop=stop, on_start=report, on_cell=report):
            return result, job.target.read_bytes() if job.target.is_file() else None
    return RunResult(0.0, "nobody waits for it any more"), None


def _current_worker() -> Any:
    from distributed import get_worker

    return get_worker()


def _publish_progress(remote: _RemoteJob, index: int, cell: StartedCell | None = None) -> None:
    started = {"number": cell.number, "of": cell.of, "id": cell.id} if cell else None
    _current_worker().log_event(remote.topic, {"index": remote.index, "cell": started})


def _may_have_children() -> None:
    """A dask worker is a daemon, which may have no children; ours end by themselves when it dies."""
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]


@contextmanager
def _stop_if_unwanted() -> Iterator[threading.Event]:
    """An event that is set when the scheduler takes the task of this thread back, or it is lost."""
    stop, done = threading.Event(), threading.Event()
    worker = _current_worker()
    key = worker.get_current_task()

    def watch() -> None:
        while not done.wait(LOOK_SECONDS):
            task = worker.state.tasks.get(key)
            if task is None or task.state == "cancelled" or worker.status.name in ENDING:
                stop.set()

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield stop
    finally:
        done.set()
