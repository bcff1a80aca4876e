"""What tests share: the command in this process, notebooks without kernels, and own ports.

Kernels of the tests never meet at a port: each process that runs tests looks for free ones in a range of its
own. No example of hypothesis has a deadline: how long one takes depends on the machine.
"""

import itertools
import os
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import pytest
from hypothesis import HealthCheck, settings
from jupyter_client.connect import LocalPortCache

from analysis import __main__ as command
from analysis import stored_results
from analysis.batch import execute, pool, runner
from analysis.batch.execute import Job, Limits, OnJobCell, OnJobStart, Results, RunResult, StartedCell
from analysis.batch.reads import Reads
from analysis.project import VARIABLE, Project
from tests import small_project

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

COUNT = 2000
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
FIRST = 12_000 + COUNT * (WORKER % 8)
"""Below the ports that the system hands out by itself (32768 and up on Linux)."""

_ports = itertools.cycle(range(FIRST, FIRST + COUNT))


def _own_port(self: LocalPortCache, ip: str) -> int:
    """A port that is free now and that nobody else asks for until its kernel has bound it.

    As jupyter_client does it, the system names one that is free, and names it to the next who asks, too, as
    long as the first kernel starts; of two that meet one never answers
    (https://github.com/jupyter/jupyter_client/issues/487).
    """
    for port in itertools.islice(_ports, COUNT):
        with socket.socket() as candidate:
            try:
                candidate.bind((ip, port))
            except OSError:
                continue
        self.currently_used_ports.add(port)
        return port
    raise RuntimeError(f"no port from {FIRST} to {FIRST + COUNT - 1} is free on {ip}: end what holds them")


LocalPortCache.find_available_port = _own_port  # type: ignore[method-assign]


@pytest.fixture(scope="module", autouse=True)
def compute_models_each_time(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests of models, forecasts and statistics compute: some of them replace a part of a library."""
    with pytest.MonkeyPatch.context() as patch:
        if request.path.parent.name in ("models", "forecasts", "statistics"):
            patch.setenv(stored_results.VARIABLE, "off")
        yield


@pytest.fixture
def own_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """What other tests replaced in this process keeps no result out of a store that is the test's own."""
    monkeypatch.setenv(stored_results.VARIABLE, "on")
    monkeypatch.setattr(stored_results, "was_code_replaced", lambda: False)


@pytest.fixture
def count_stored(own_store: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many results are stored, in an empty store of the test's own."""
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return lambda: stored_results.usage()[0]


@pytest.fixture(scope="session")
def build() -> Callable[..., Project]:
    """`build(folder, "good")` is a small project with that notebook in a folder that is not there yet."""
    return small_project.build


@pytest.fixture(scope="session")
def build_whole() -> Callable[..., Project]:
    """`build_whole(folder, "good")` is the same with a copy of the package."""
    return small_project.build_with_package


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Project]:
    """`project("good", "raises")` is a small project with these notebooks."""
    return partial(small_project.build, tmp_path / "project")


@pytest.fixture
def copied(tmp_path: Path) -> Callable[..., Project]:
    """`copied("good", "raises")` is the same with a copy of the package."""
    return partial(small_project.build_with_package, tmp_path / "project")


class Done(NamedTuple):
    """A command that has ended: its exit code and what it printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def thesis(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """`thesis("run", "--quiet", at=project)` is the command in this process, as if in that project."""

    def run(*words: str, at: Project | None = None) -> Done:
        with monkeypatch.context() as patch:
            if at:
                patch.chdir(at.root)
                patch.setenv(VARIABLE, str(at.root))
            patch.setattr(sys, "argv", ["thesis", *words])
            patch.setenv("COLUMNS", "110")
            patch.delenv("THESIS_DEBUG", raising=False)
            capsys.readouterr()
            with pytest.raises(SystemExit) as end:
                command.main()
        return Done(end.value.code, *capsys.readouterr())

    return run


class WithoutKernels:
    """Where notebooks `run` although nothing executes them: all but `raises` read a table and end well, and
    `names` uses the name of its scenario.
    """

    def __init__(self, scratch_dir: Path, limits: list[Limits]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix=pool.BATCH, dir=scratch_dir)
        self._limits = limits

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.cleanup()

    def target(self, name: str) -> Path:
        """Where a notebook is written until it is moved into place."""
        path = Path(self._folder.name, f"{name}.ipynb")
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def results(
        self,
        jobs: Sequence[Job],
        *,
        stop: threading.Event,
        on_start: OnJobStart,
        on_cell: OnJobCell,
    ) -> Results:
        """Report of every job that it started, reached its cells and ended."""
        for index, job in enumerate(jobs):
            self._limits.append(job.limits)
            on_start(index)
            cells = execute._count_cells(job)
            started = [StartedCell(number, cells, None) for number in range(1, cells + 1)]
            broken = started[2] if job.source.stem == "raises" else None
            for cell in started[:3] if broken else started:
                on_cell(index, cell)
            if broken:
                yield (
                    index,
                    execute.failed_result(job, "ZeroDivisionError: float division by zero", broken, 0.1),
                )
            else:
                shutil.copy(job.source, job.target)
                execute.strip_notebook(job.target, job.source)
                uses_name = job.source.stem == "names"
                reads = Reads(("analysis/data/table.csv",), scenario_name=uses_name)
                yield index, RunResult(0.1, None, (0.1,) * cells, reads)


@pytest.fixture
def without_kernels(monkeypatch: pytest.MonkeyPatch) -> list[Limits]:
    """Batches run no kernels (see `WithoutKernels`); the limits that each notebook had."""
    limits: list[Limits] = []

    def opened(workers: int, project: Project, variables: Mapping[str, str], address: Any = None) -> Any:
        return partial(WithoutKernels, limits=limits)

    monkeypatch.setattr(runner, "_executor_factory", opened)
    return limits
