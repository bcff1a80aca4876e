"""Notebooks and points on many machines: a real scheduler, worker processes, and an S3 server, on loopback.

A worker is a process of its own in a copy of the project (the root of a project is the parent of its
package), as it would be on another machine. The batch runs in this process, which kills what is to be killed
when a notebook says where it is.
"""

import importlib.util
import json
import operator
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pandas as pd
import psutil
import pytest

from analysis import __main__ as command
from analysis.batch import cluster, plan, runner, storage, sweeps
from analysis.batch.execute import Job, Limits, RunResult, StartedCell
from analysis.batch.runner import CellStarted, Event, Interrupted
from analysis.cli import console
from analysis.errors import ParameterError, RunError
from analysis.project import VARIABLE, Project
from tests.processes import PATIENCE_SECONDS, processes_below, wait_for
from tests.small_project import NOTEBOOKS

Build = Callable[..., Project]
Thesis = Callable[..., Any]
SLEEPS_ONCE = """
import os, time
from pathlib import Path

if not Path("slept").exists():
    Path("slept.part").write_text(str(os.getpid()))
    Path("slept.part").rename("slept")
    time.sleep(600)
print("slept once, in whatever process")
"""
SLOWLY = '''
"""A function of points that sleeps at one of them the first time."""

import os
import time
from pathlib import Path

SLEPT = Path(__file__).parents[1] / "slept"


def product(point):
    if point["a"] == 2 and not SLEPT.exists():
        SLEPT.with_name("slept.part").write_text(str(os.getpid()))
        SLEPT.with_name("slept.part").rename(SLEPT)
        time.sleep(600)
    return [{"output": "ab", "value": point["a"] * point["b"]}]
'''
POINTS = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [0.5, 0.5, 0.25]})


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, build_whole: Build) -> Project:
    """A project with the package, some notebooks, one of them and a function asleep on the first run."""
    project = build_whole(tmp_path_factory.mktemp("cluster") / "project", "good", "raises", "waits")
    content = json.loads((NOTEBOOKS / "good.ipynb").read_text())
    content["cells"][2]["source"] = SLEEPS_ONCE
    (project.notebooks / "sleeps.ipynb").write_text(json.dumps(content))
    (project.package / "slowly.py").write_text(SLOWLY)
    return project


def environment(root: Path) -> dict[str, str]:
    (temporary := root.parent / "temporary").mkdir(exist_ok=True)
    return os.environ | {"PYTHONPATH": str(root), "TMPDIR": str(temporary)}


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    parent = psutil.Process(process.pid)
    return [parent, *parent.children(recursive=True)]


@contextmanager
def started(root: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A process in a project, which ends with all that it started."""
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=root,
        env=environment(root),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            for member in family(process):
                if member.is_running():
                    member.kill()
        process.communicate()


@contextmanager
def scheduler(root: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A scheduler and its address."""
    address_file = root.parent / "scheduler.json"
    address_file.unlink(missing_ok=True)
    options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(address_file))
    with started(root, "distributed.cli.dask_scheduler", *options) as process:
        wait_for(lambda: address_file.exists() and address_file.read_text().endswith("}"))
        yield process, json.loads(address_file.read_text())["address"]


@contextmanager
def worker(root: Path, address: str) -> Iterator[subprocess.Popen[str]]:
    """A worker as the reference starts it, when the scheduler knows it."""
    from distributed import Client

    options = ("--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1")
    with Client(address, timeout=PATIENCE_SECONDS, set_as_default=False) as client:
        others = len(client.scheduler_info()["workers"])
        with started(root, "distributed.cli.dask_worker", address, *options) as process:
            client.wait_for_workers(others + 1, timeout=PATIENCE_SECONDS)
            yield process


def kernels(project: Project) -> list[psutil.Process]:
    """The processes that run notebooks in the temporary folder of the workers."""
    return processes_below(project.root.parent / "temporary")


def results(files: dict[str, bytes]) -> dict[str, Any]:
    """Files of a run, the manifest without what differs between equal runs."""
    manifest = json.loads(files["manifest.json"])
    for entry in manifest["runs"]:
        del entry["seconds"], entry["cells"]
    return files | {"manifest.json": manifest}


def folder(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """An S3 server: its address."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def store(server: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of it, with a bucket that keeps every version; the environment says where it is."""
    import boto3
    from s3fs import S3FileSystem

    urlopen(Request(f"{server}/moto-api/reset", method="POST")).close()
    S3FileSystem.clear_instance_cache()
    for name, value in {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket="bucket")
    client.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    return client


def objects(client: Any) -> dict[str, bytes]:
    listed = client.list_objects_v2(Bucket="bucket", Prefix="runs/").get("Contents", [])
    return {
        entry["Key"].removeprefix("runs/"): client.get_object(Bucket="bucket", Key=entry["Key"])[
            "Body"
        ].read()
        for entry in listed
    }


def test_an_address_that_nobody_answers_is_one_line(here: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "ANSWER_SECONDS", 1)
    for address, cause in [
        ("tcp://127.0.0.1:1", "Timed out"),
        ("foo://127.0.0.1:1", "unknown address scheme 'foo'"),
        ("nowhere", "missing port number"),
    ]:
        with pytest.raises(
            ParameterError, match=rf"^--cluster {address}: nobody answers \({cause}"
        ) as refused:
            cluster.connected(address, 1, Project.default()).__enter__()
        assert str(refused.value).count("\n") == 0
    monkeypatch.setattr(cluster, "ANSWER_SECONDS", 10)
    with (
        scheduler(here.root) as (_, address),
        pytest.raises(ParameterError, match=r"has no workers\. Start `dask worker .*, with the extra: pip"),
    ):
        cluster.connected(address, 1, Project.default()).__enter__()


def test_news_that_arrive_after_a_result_do_not_open_its_notebook_again(
    here: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Future:
        def result(self) -> tuple[RunResult, bytes]:
            return RunResult(1.0), b"{}"

    def computed(
        *_: Any, on_progress: Callable[[int, StartedCell | None], None], **__: Any
    ) -> Iterator[tuple[int, Any]]:
        on_progress(0, None)
        yield 0, Future()
        on_progress(0, StartedCell(4, 4))

    monkeypatch.setattr(cluster, "_futures_as_done", computed)
    batch = cluster.Cluster(tmp_path, address="tcp://127.0.0.1:1", workers=1, project=here, variables={})
    batch._client, batch._folder = None, tmp_path
    job = Job(here.notebooks / "good.ipynb", batch.target("good"))
    cells: list[StartedCell] = []
    results = batch.results([job], stop=threading.Event(), on_cell=lambda _, cell: cells.append(cell))
    assert list(results) == [(0, RunResult(1.0))]
    assert cells == []


def test_a_worker_that_is_killed_costs_time_and_what_is_stored_equals_the_local_run(
    here: Project, store: Any, tmp_path: Path, build: Build
) -> None:
    # Real processes: a scheduler, two workers and what they
    # start; this is the one batch that goes the whole way.
    names, events, killed = ["good", "raises", "sleeps"], list[Event](), list[int]()

    def batch(**options: Any) -> list[runner.Outcome]:
        tasks = plan.plan(["base"], names, out=options.pop("out", None), project=here)
        return runner.run(tasks, project=here, **options)

    with (
        scheduler(here.root) as (_, address),
        worker(here.root, address) as first,
        worker(here.root, address) as second,
    ):

        def kill(event: Event) -> None:
            events.append(event)
            if not (isinstance(event, CellStarted) and (event.name, event.cell.number) == ("base/sleeps", 3)):
                return
            if not killed:
                wait_for((here.notebooks / "slept").exists)
                killed.append(int((here.notebooks / "slept").read_text()))
                (victim,) = [
                    w for w in (first, second) if killed[0] in [process.pid for process in family(w)]
                ]
                nanny = psutil.Process(victim.pid)
                for process in [nanny, *nanny.children()]:  # what restarts the worker, and the worker
                    process.kill()

        good, raises, sleeps = batch(out=storage.location("s3://bucket/runs"), cluster=address, on_event=kill)
        assert [outcome.status for outcome in (good, raises, sleeps)] == ["succeeded", "failed", "succeeded"]
        message = str(*console.problems([raises]))
        assert message.startswith("base/raises: cell 3: ZeroDivisionError")
        assert message.endswith("Open s3://bucket/runs/base/raises.failed.ipynb.")
        wait_for(lambda: not psutil.pid_exists(killed[0]) and not kernels(here))
        reached = [event for event in events if isinstance(event, CellStarted) and event.name == good.name]
        assert {event.cell.number for event in reached} == {1, 2, 3, 4}
        versions = store.list_object_versions(Bucket="bucket", Prefix="runs/")["Versions"]
        notebooks = [version["Key"] for version in versions if version["Key"].endswith(".ipynb")]
        assert len(notebooks) == len(set(notebooks)) == len(names)  # each is stored once

        # the worker that is left has another state of the code than a checkout that is not the one it runs in
        with pytest.raises(ParameterError) as refused:
            cluster.connected(address, 1, build(tmp_path / "other")).__enter__()
        message = str(refused.value)
        assert message.startswith(f"--cluster {address}, worker tcp://127.0.0.1:")
        assert message.endswith(
            "holds other code or data than this checkout. Give every worker the same commit, then start it"
            " again."
        )
    batch()
    assert results(objects(store)) == results(folder(here.runs))
    names.remove("raises")
    again = batch(out=storage.location("s3://bucket/runs"))
    assert [(outcome.status, outcome.reason) for outcome in again] == [("cached", "unchanged")] * len(names)


def test_a_batch_that_is_stopped_or_killed_leaves_no_kernel_on_a_worker_and_one_without_scheduler_ends(
    here: Project,
) -> None:
    # Real processes, since what is looked for is what they
    # leave behind; one cluster for the three ways to end.
    running = here.notebooks / "running-base"

    def ended(end: Callable[[], object]) -> None:
        """Run the notebook that waits, until it does; then `end`."""
        running.unlink(missing_ok=True)

        def waits(event: Event) -> None:
            if isinstance(event, CellStarted) and event.cell.number == 4:
                assert running.exists() and kernels(here)
                end()

        runner.run(
            plan.plan(["base"], ["waits"], project=here), project=here, cluster=address, on_event=waits
        )

    with scheduler(here.root) as (process, address), worker(here.root, address):
        with pytest.raises(Interrupted):
            ended(lambda: signal.raise_signal(signal.SIGINT))
        wait_for(lambda: not kernels(here))
        failed = json.loads((here.runs / "base" / "waits.failed.ipynb").read_text())
        assert "the batch was stopped" in failed["cells"][0]["source"]

        running.unlink()
        words = ["run", "--scenario", "base", "--notebook", "waits", "--cluster", address]
        with started(here.root, "analysis", *words) as batch:
            wait_for(running.exists)
            assert kernels(here)
            batch.kill()
        wait_for(lambda: not kernels(here))

        with pytest.raises(RunError) as gone:
            ended(process.kill)
        assert str(gone.value).startswith("--cluster: the scheduler is gone. Start it again")
        wait_for(lambda: not kernels(here))


def test_a_sweep_on_a_cluster_gives_the_table_of_one_machine_though_its_worker_is_killed(
    here: Project, store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Real processes: what was carried to the worker has to be
    # carried to the one that its nanny starts in its place.
    spec = importlib.util.spec_from_file_location("analysis.slowly", here.package / "slowly.py")
    assert spec and spec.loader
    slowly = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "analysis.slowly", slowly)  # so that it travels by its name
    spec.loader.exec_module(slowly)
    monkeypatch.setenv(VARIABLE, str(here.root))
    with scheduler(here.root) as (_, address), worker(here.root, address) as lost_worker:

        def kill() -> None:
            wait_for(slowly.SLEPT.exists)  # at whichever turn: the scheduler may give out points in any order
            (evaluator,) = [
                process for process in family(lost_worker) if process.pid == int(slowly.SLEPT.read_text())
            ]
            evaluator.kill()

        url = storage.location("s3://bucket/runs")
        with ThreadPoolExecutor(1) as threads:
            killed = threads.submit(kill)
            sweeps.run(POINTS, slowly.product, tmp_path / "there", key="k", cluster=address, results=url)
            killed.result()
    sweeps.run(POINTS, slowly.product, tmp_path / "here", key="k")
    local = folder(tmp_path / "here")
    del local[sweeps.JOURNAL]
    assert objects(store) == local


def test_a_local_cluster_is_started_and_ended() -> None:
    before = set(psutil.Process().children(recursive=True))
    computed = cluster.map_on_cluster(
        "local", 1, Project.default(), operator.itemgetter("a"), {3: {"a": 1.0}, 7: {"a": 2.0}}
    )
    assert dict(computed) == {3: 1.0, 7: 2.0}
    wait_for(
        lambda: (
            not [
                p
                for p in set(psutil.Process().children(recursive=True)) - before
                if "nanny" in " ".join(p.cmdline())
            ]
        )
    )


@pytest.mark.slow
def test_a_local_cluster_gives_what_processes_give(here: Project) -> None:
    def thesis(*words: str) -> int:
        command = [sys.executable, "-m", "analysis", "run", "--notebook", "good", *words]
        return subprocess.run(command, cwd=here.root, env=environment(here.root), check=False).returncode

    assert thesis("--cluster", "local", "--out", "there") == 0
    assert thesis("--out", "here") == 0
    assert results(folder(here.root / "there")) == results(folder(here.root / "here"))
    assert kernels(here) == []


def test_the_command_says_which_cluster_runs_notebooks_and_points(
    project: Build, thesis: Thesis, without_kernels: list[Limits], monkeypatch: pytest.MonkeyPatch
) -> None:
    at, opened, addresses = project("good"), runner._executor_factory, list[str]()

    def opens(*options: Any) -> Any:
        addresses.append(options[-1])
        return opened(*options)

    def run(points: pd.DataFrame, evaluate: Any, folder: Path, *, cluster: str, **_: Any) -> None:
        addresses.append(cluster)
        travelled = pickle.loads(pickle.dumps(evaluate))
        (row,) = travelled(points.iloc[0].to_dict())
        assert row["output"] == "moic_median"

    monkeypatch.setattr(runner, "_executor_factory", opens)
    monkeypatch.setattr(sweeps, "run", run)
    monkeypatch.setattr(command, "_publish", lambda *_, **__: None)
    sweep = ["sweep", "-p", "loading_arm=0:1:2", "--output", "moic_median", "--draws", "1000"]
    for words, where in ((["run"], at), (["report", "--force"], at), (sweep, None)):
        thesis(*words, "--cluster", f"tcp://{words[0]}:8786", at=where)
    assert addresses == ["tcp://run:8786", "tcp://report:8786", "tcp://sweep:8786"]


def test_a_missing_extra_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(
        ParameterError, match=r"^--cluster local: needs a package .*pip install 'thesis-report\[cluster\]'"
    ):
        cluster.connected("local", 1, Project.default()).__enter__()


@pytest.mark.parametrize(
    ("out", "message"),
    [
        (
            "s3://misspelt/runs",
            "error: s3://misspelt/runs: cannot be written to (The specified bucket does not exist).",
        ),
        ("s4://bucket/runs", "error: --out s4://bucket/runs: nothing here knows the scheme s4://."),
    ],
)
def test_a_place_that_takes_nothing_is_refused_before_anything_runs(
    project: Build, thesis: Thesis, without_kernels: list[Limits], store: Any, out: str, message: str
) -> None:
    done = thesis("run", "--out", out, at=project("good"))
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(message) and done.err.count("\n") == 1
    assert [bucket["Name"] for bucket in store.list_buckets()["Buckets"]] == ["bucket"]
    assert without_kernels == []


def test_two_batches_at_once_on_one_url_are_never_mixed(
    project: Build, thesis: Thesis, without_kernels: list[Limits], store: Any
) -> None:
    holder = json.dumps({"host": "elsewhere", "pid": 4711, "since": 1.0}).encode()
    store.put_object(Bucket="bucket", Key="runs/.lock", Body=holder)
    done = thesis("run", "--out", "s3://bucket/runs", at=project("good"))
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(
        "error: s3://bucket/runs: another batch writes here (process 4711 on elsewhere)."
    )
    assert set(objects(store)) == {".lock"}
    assert without_kernels == []
