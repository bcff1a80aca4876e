"""A batch that is killed, or whose terminal is closed, at any moment: nothing is left of it."""

import errno
import multiprocessing
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from analysis.batch import plan, pool, provisioner, runner
from analysis.batch.execute import Job, RunResult
from analysis.batch.pool import BATCH, Pool
from analysis.batch.runner import CellStarted, Event, Started
from analysis.errors import ParameterError
from analysis.project import Project
from tests.processes import PATIENCE_SECONDS, processes_below, wait_for

ROOT = Project.default().root

forked = multiprocessing.get_context("fork")


def end_at(moment: str, project: Project, patch: pytest.MonkeyPatch) -> None:
    """Run a batch that kills its own process at a moment."""

    def end(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def after(owner: Any, name: str) -> None:
        before = getattr(owner, name)
        patch.setattr(owner, name, lambda *a, **k: (before(*a, **k), end()))

    def on_event(event: Event) -> None:
        if isinstance(event, {"handed over": Started, "at a cell": CellStarted}.get(moment, ())):
            end()

    if moment == "the parent of kernels starts":
        after(provisioner.Parent, "__init__")
    if moment == "a worker starts":
        after(Pool, "_start")
    runner.run(plan.plan(["base"], project=project), project=project, on_event=on_event)


@pytest.mark.parametrize(
    "moment", ["the parent of kernels starts", "a worker starts", "handed over", "at a cell"]
)
def test_nothing_of_a_batch_outlives_its_end_at_any_step(
    project: Callable[..., Project], monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    # Each starts a batch: the processes whose end is at issue are real ones.
    small = project("good")
    batch = forked.Process(target=end_at, args=(moment, small, monkeypatch))
    batch.start()
    batch.join(PATIENCE_SECONDS)
    assert batch.exitcode == -signal.SIGKILL
    wait_for(lambda: not processes_below(small.root))
    folders = list(small.runs.glob(f"{BATCH}*"))
    if (
        moment == "the parent of kernels starts"
    ):  # nobody was there yet who could clear up: the next batch does
        assert len(folders) == 1
        with runner._scratch_dir(small.runs):
            assert list(small.runs.glob(f"{BATCH}*")) == []
    elif moment != "a worker starts":  # then it depends on whether the worker knew of its task yet
        wait_for(lambda: not list(small.runs.glob(f"{BATCH}*")))


@pytest.mark.parametrize(("allowed", "size", "needed"), [(64, 2, 128), (127, 1, 128), (128, 40, 160)])
def test_a_batch_for_which_too_few_files_may_be_open_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, allowed: int, size: int, needed: int
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (allowed, 4096))
    with pytest.raises(ParameterError) as refused:
        Pool(tmp_path, size=size, root=tmp_path)
    assert (
        str(refused.value)
        == f"ulimit -n: {allowed} open files are too few for {size} notebooks at a time, which need {needed}."
        " Run `ulimit -n 1024` first."
    )
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (needed, 4096))
    with Pool(tmp_path, size=size, root=tmp_path, forked=False):
        pass


def test_a_notebook_that_ran_out_of_open_files_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (130, 4096))
    (tmp_path / "log").write_text(f"old\nOSError: [Errno 24] {os.strerror(errno.EMFILE)}: '/x'\nand so on\n")
    worker, job = cast(Any, SimpleNamespace(log=tmp_path / "log")), Job(tmp_path, tmp_path)
    for error in ("cell 1: CellExecutionError", "RuntimeError: Kernel died before replying to kernel_info"):
        running = pool._RunningJob(worker, 0, job, log_start=4)
        assert (
            pool._with_last_output(RunResult(1.0, error), running).error
            == f"{error} (too many open files, of which `ulimit -n` allows 130: raise it)"
        )
    later = pool._RunningJob(worker, 0, job, log_start=(tmp_path / "log").stat().st_size - len("and so on\n"))
    assert (
        pool._with_last_output(RunResult(1.0, "cell 1: X"), later).error == "cell 1: X"
    )  # a cell names its cause itself
    assert pool._with_last_output(RunResult(1.0, "X"), later).error == "X (and so on)"


def test_a_closed_terminal_stops_a_batch_as_a_request_to_end_does_but_not_after_nohup() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with runner._stoppable() as stop:
                os.kill(os.getpid(), number)
                assert stop.is_set()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with runner._stoppable() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not stop.is_set()
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.fixture
def heavy(project: Callable[..., Project]) -> Project:
    """A project with two notebooks whose libraries take longer to import than a worker takes to start."""
    made = project("good")
    path = made.notebooks / "good.ipynb"
    first, heavier = '"import os\\n",', '"import os\\n", "import pandas, scipy.stats\\n",'
    path.write_text(path.read_text().replace(first, heavier))
    shutil.copy(
        path, made.notebooks / "also_good.ipynb"
    )  # both workers wait for a kernel as these are imported
    assert "scipy.stats" in provisioner.imports([path])
    return made


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP])
def test_nothing_of_a_batch_outlives_its_end_at_fifty_random_moments(
    heavy: Project, number: signal.Signals
) -> None:
    # Fifty batches of seconds, 25 for each signal: what no list
    # of moments foresees. How long one takes is measured first.
    code = (
        "import sys; from pathlib import Path; from analysis.batch import plan, runner; from"
        " analysis.project import Project\n"
    )
    code += (
        "project = Project(Path(sys.argv[1])); runner.run(plan.plan(['base'], project=project),"
        " project=project, force=True)"
    )
    command = [sys.executable, "-c", code, str(heavy.root)]
    begin = time.monotonic()
    subprocess.run(command, cwd=ROOT, check=True)
    duration = time.monotonic() - begin
    moments = random.Random(int(number))
    for turn in range(25):
        batch = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(moments.uniform(0, duration))
        batch.send_signal(number)
        batch.wait(PATIENCE_SECONDS)
        wait_for(lambda: not processes_below(heavy.root))
        if number == signal.SIGHUP and batch.returncode not in (0, -signal.SIGHUP):
            assert list(heavy.runs.glob(f"{BATCH}*")) == [], turn
    tasks = plan.plan(["base"], project=heavy)
    ends = [outcome.status for outcome in runner.run(tasks, project=heavy, force=True)]
    assert ends == ["succeeded", "succeeded"]
    assert sorted(path.name for path in heavy.runs.iterdir()) == ["base", "manifest.json"]
