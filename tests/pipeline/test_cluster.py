"""Notebooks and points on many machines: a real scheduler, workers as processes, and an S3 server, all on loopback.

A worker is a process of its own in a copy of the project (the root of a project is the parent of its package), as it would
be on another machine.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psutil
import pytest

import analysis
from analysis.errors import ParameterError
from analysis.pipeline import cluster
from analysis.pipeline.plan import Project

MATERIAL = Path(__file__).parents[1] / "notebooks"
PATIENCE_SECONDS = 240  # how long something may hang; nothing is measured by it
SLEEPS_ONCE = """
import os, time
from pathlib import Path

if not Path("slept").exists():
    Path("slept.part").write_text(str(os.getpid()))
    Path("slept.part").rename("slept")
    time.sleep(600)
print("slept once, in whatever process")
"""


def build(root: Path, *names: str) -> Path:
    """A project with the package, notebooks of `tests/notebooks`, and one that sleeps the first time that it runs."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(analysis.ROOT / "analysis", root / "analysis", ignore=ignored)
    shutil.copytree(MATERIAL / "params", root / "params")
    (root / "notebooks").mkdir()
    for name in names:
        content = json.loads((MATERIAL / "good.ipynb").read_text())
        if name == "sleeps":
            content["cells"][2]["source"] = SLEEPS_ONCE
        else:
            content = json.loads((MATERIAL / f"{name}.ipynb").read_text())
        (root / "notebooks" / f"{name}.ipynb").write_text(json.dumps(content))
    return root


def environment(root: Path, **more: str) -> dict[str, str]:
    (temporary := root.parent / "temporary").mkdir(exist_ok=True)
    return os.environ | {"PYTHONPATH": str(root), "TMPDIR": str(temporary)} | more


def wait_for(what: Callable[[], Any]) -> Any:
    end = time.monotonic() + PATIENCE_SECONDS
    while not (found := what()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
    return found


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    parent = psutil.Process(process.pid)
    return [parent, *parent.children(recursive=True)]


@contextmanager
def started(root: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A process in a project, which ends with all that it started."""
    command = [sys.executable, "-m", *arguments]
    process = subprocess.Popen(
        command, cwd=root, env=environment(root), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            for one in family(process):
                if one.is_running():
                    one.kill()
        process.communicate()


@contextmanager
def scheduler(root: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A scheduler and its address."""
    known = root.parent / "scheduler.json"
    options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(known))
    with started(root, "distributed.cli.dask_scheduler", *options) as process:
        wait_for(lambda: known.exists() and known.read_text().endswith("}"))
        yield process, json.loads(known.read_text())["address"]


@contextmanager
def worker(root: Path, address: str) -> Iterator[subprocess.Popen[str]]:
    """A worker as the README starts it, when the scheduler knows it."""
    from distributed import Client

    options = ("--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1")
    with Client(address, timeout=PATIENCE_SECONDS, set_as_default=False) as client:
        others = len(client.scheduler_info()["workers"])
        with started(root, "distributed.cli.dask_worker", address, *options) as process:
            client.wait_for_workers(others + 1, timeout=PATIENCE_SECONDS)
            yield process


def thesis(root: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "analysis", *arguments], cwd=root, env=environment(root, **variables), text=True,
        capture_output=True, check=False, timeout=2 * PATIENCE_SECONDS,
    )  # fmt: skip


def kernels(root: Path) -> list[int]:
    """What runs notebooks in the temporary folder of the workers."""
    found = []
    for process in psutil.process_iter():
        try:
            place = process.environ().get("JUPYTER_RUNTIME_DIR", "")
            if str(root.parent / "temporary") in place and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def results(files: dict[str, bytes]) -> dict[str, Any]:
    """Files of a run, the manifest without what differs between equal runs."""
    manifest = json.loads(files["manifest.json"])
    for entry in manifest["runs"]:
        del entry["seconds"], entry["cells"]
    return files | {"manifest.json": manifest}


def folder(path: Path) -> dict[str, bytes]:
    return {str(one.relative_to(path)): one.read_bytes() for one in path.rglob("*") if one.is_file()}


@pytest.fixture
def store() -> Iterator[tuple[dict[str, str], Any]]:
    """An S3 server with a bucket that keeps every version: what a program needs to find it, and a client."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    urlopen(
        Request(f"http://{host}:{port}/moto-api/reset", method="POST")
    ).close()  # servers of a process share it
    variables = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            client = boto3.client("s3")
            client.create_bucket(Bucket="bucket")
            client.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
            yield variables, client
    finally:
        server.stop()


def objects(client: Any) -> dict[str, bytes]:
    listed = client.list_objects_v2(Bucket="bucket", Prefix="runs/").get("Contents", [])
    return {
        one["Key"].removeprefix("runs/"): client.get_object(Bucket="bucket", Key=one["Key"])["Body"].read()
        for one in listed
    }


def test_a_worker_that_is_killed_costs_time_and_what_is_stored_equals_the_local_run(
    tmp_path: Path, store: tuple[dict[str, str], Any]
) -> None:
    root = build(tmp_path / "project", "good", "sleeps", "raises")
    variables, client = store
    slept = root / "notebooks" / "slept"
    command = ["run", "--out", "s3://bucket/runs", "--json"]
    with (
        scheduler(root) as (_, address),
        worker(root, address) as one,
        worker(root, address) as two,
        subprocess.Popen(
            [sys.executable, "-m", "analysis", *command, "--cluster", address], cwd=root, text=True,
            env=environment(root, **variables), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as batch,
    ):  # fmt: skip
        wait_for(lambda: slept.exists() or batch.poll() is not None)
        assert batch.poll() is None, batch.communicate()
        kernel = int(slept.read_text())
        (victim,) = [w for w in (one, two) if kernel in [process.pid for process in family(w)]]
        nanny = psutil.Process(victim.pid)
        for process in [nanny, *nanny.children()]:  # what restarts the worker, and the worker
            process.kill()
        out, err = batch.communicate(timeout=2 * PATIENCE_SECONDS)
        assert err.splitlines()[0].startswith("error: base/raises: cell 3: ZeroDivisionError"), err
        assert "Open s3://bucket/runs/base/raises.failed.ipynb." in err
        assert (batch.returncode, len(err.splitlines())) == (
            1,
            2,
        )  # base/raises and slow/raises, and nothing else
        wait_for(lambda: not psutil.pid_exists(kernel))
        wait_for(lambda: not kernels(root))
        events = [json.loads(line) for line in out.splitlines()]
        assert {e["cell"] for e in events if e["event"] == "cell" and e["notebook"] == "good"} == {1, 2, 3, 4}

        versions = client.list_object_versions(Bucket="bucket", Prefix="runs/")["Versions"]
        notebooks = [one["Key"] for one in versions if one["Key"].endswith(".ipynb")]
        assert len(notebooks) == len(set(notebooks)) == 6  # each is stored once
        again = thesis(root, *command, "--cluster", address, "--notebook", "good", **variables)
        assert again.returncode == 0, again.stderr
        statuses = [
            event["status"] for line in again.stdout.splitlines() if "status" in (event := json.loads(line))
        ]
        assert statuses == ["cached", "cached"]
    assert thesis(root, "run").returncode == 1
    stored, local = objects(client), folder(root / "reports" / "runs")
    again_cached = {"status": "cached", "reason": "unchanged"}
    here = results(local)
    for entry in here["manifest.json"]["runs"]:
        if entry["notebook"] == "good":
            entry.update(again_cached)
    assert results(stored) == here


def test_a_batch_that_is_killed_or_stopped_leaves_no_kernel_on_a_worker(tmp_path: Path) -> None:
    root = build(tmp_path / "project", "waits")
    with scheduler(root) as (_, address), worker(root, address):
        for number in (signal.SIGKILL, signal.SIGINT):
            running = root / "notebooks" / "running-base"
            running.unlink(missing_ok=True)
            command = ["analysis", "run", "--scenario", "base", "--cluster", address]
            with started(root, *command) as batch:
                wait_for(running.exists)
                assert kernels(root)
                batch.send_signal(number)
                assert batch.wait(timeout=PATIENCE_SECONDS) == (130 if number == signal.SIGINT else -number)
            wait_for(lambda: not kernels(root))
    failed = json.loads((root / "reports" / "runs" / "base" / "waits.failed.ipynb").read_text())
    assert "the batch was stopped" in failed["cells"][0]["source"]


def test_a_sweep_on_a_cluster_gives_the_table_of_one_machine_though_a_worker_is_killed(
    tmp_path: Path, store: tuple[dict[str, str], Any]
) -> None:
    root = build(tmp_path / "project")
    shutil.rmtree(root / "params")
    shutil.copytree(analysis.ROOT / "params", root / "params")
    variables, client = store
    command = ["sweep", "-p", "committed_share=0.1:0.9:6", "-p", "parity_years=0.5:2:6", "--draws", "8192"]
    with scheduler(root) as (_, address), worker(root, address), worker(root, address) as two:
        there = [*command, "--cluster", address, "--out", "s3://bucket/runs"]
        with subprocess.Popen(
            [sys.executable, "-m", "analysis", *there], cwd=root, text=True, env=environment(root, **variables),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as sweep:  # fmt: skip
            journals = root / "reports" / ".sweeps"
            wait_for(
                lambda: [path for path in journals.rglob("points.jsonl") if path.read_text().count("\n") > 2]
            )
            for process in psutil.Process(two.pid).children():
                process.kill()
            out, err = sweep.communicate(timeout=2 * PATIENCE_SECONDS)
        assert (sweep.returncode, err) == (0, "")
        assert out.splitlines()[-1].endswith("s3://bucket/runs/sweep.csv")
    done = thesis(root, *command, "--out", "here")
    assert done.returncode == 0, done.stderr
    local = folder(root / "here")
    del local["points.jsonl"]
    assert objects(client) == local


def test_a_scheduler_that_is_gone_ends_the_batch_with_one_line(tmp_path: Path) -> None:
    root = build(tmp_path / "project", "waits")
    with scheduler(root) as (process, address), worker(root, address):
        command = [sys.executable, "-m", "analysis", "run", "--scenario", "base", "--cluster", address]
        with subprocess.Popen(
            command,
            cwd=root,
            text=True,
            env=environment(root),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as batch:
            wait_for((root / "notebooks" / "running-base").exists)
            process.kill()
            _, err = batch.communicate(timeout=PATIENCE_SECONDS)
        assert batch.returncode == 1
        assert err == (
            "error: --cluster: the scheduler is gone. Start it again, then run the same command again to do the rest.\n"
        )
        wait_for(lambda: not kernels(root))


def test_a_worker_with_other_code_is_refused(tmp_path: Path) -> None:
    root = build(tmp_path / "project", "good")
    other = build(tmp_path / "other" / "project", "good")
    (other / "analysis" / "units.py").write_text(
        "# changed\n" + (other / "analysis" / "units.py").read_text()
    )
    with scheduler(root) as (_, address), worker(other, address):
        done = thesis(root, "run", "--scenario", "base", "--cluster", address)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: --cluster {address}, worker tcp://127.0.0.1:")
    assert done.stderr.endswith(
        "holds other code or data than this checkout. Give every worker the same commit, then start it again.\n"
    )


def test_a_local_cluster_gives_what_processes_give(tmp_path: Path) -> None:
    root = build(tmp_path / "project", "good")
    assert thesis(root, "run", "--cluster", "local", "--out", "there").returncode == 0
    assert thesis(root, "run", "--out", "here").returncode == 0
    assert results(folder(root / "there")) == results(folder(root / "here"))
    assert kernels(root) == []


def test_an_address_that_nobody_answers_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cluster, "ANSWER_SECONDS", 1)
    for address, why in [
        ("tcp://127.0.0.1:1", "Timed out"),
        ("foo://127.0.0.1:1", "unknown address scheme 'foo'"),
        ("nowhere", "missing port number"),
    ]:
        with pytest.raises(ParameterError, match=rf"^--cluster {address}: nobody answers \({why}") as refused:
            cluster.connected(address, 1, Project()).__enter__()
        assert str(refused.value).count("\n") == 0
    monkeypatch.setattr(cluster, "ANSWER_SECONDS", 10)
    root = build(tmp_path / "project")
    with (
        scheduler(root) as (_, address),
        pytest.raises(ParameterError, match=r"has no workers\. Start `dask worker"),
    ):
        cluster.connected(address, 1, Project()).__enter__()


def test_a_missing_extra_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(
        ParameterError, match=r"^--cluster local: needs a package .*pip install 'thesis-report\[cluster\]'"
    ):
        cluster.connected("local", 1, Project()).__enter__()


@pytest.mark.parametrize(
    ("out", "said"),
    [
        (
            "s3://misspelt/runs",
            "error: s3://misspelt/runs: cannot be written to (The specified bucket does not exist).",
        ),
        ("s4://bucket/runs", "error: --out s4://bucket/runs: nothing here knows the scheme s4://."),
    ],
)
def test_a_place_that_takes_nothing_is_refused_before_anything_runs(
    tmp_path: Path, store: tuple[dict[str, str], Any], out: str, said: str
) -> None:
    root = build(tmp_path / "project", "good")
    done = thesis(root, "run", "--out", out, **store[0])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(said) and done.stderr.count("\n") == 1
    assert [bucket["Name"] for bucket in store[1].list_buckets()["Buckets"]] == ["bucket"]


def test_two_batches_at_once_on_one_url_are_never_mixed(
    tmp_path: Path, store: tuple[dict[str, str], Any]
) -> None:
    root = build(tmp_path / "project", "good")
    holder = json.dumps({"host": "elsewhere", "pid": 4711, "since": 1.0}).encode()
    store[1].put_object(Bucket="bucket", Key="runs/.lock", Body=holder)
    done = thesis(root, "run", "--out", "s3://bucket/runs", **store[0])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(
        "error: s3://bucket/runs: another batch writes here (process 4711 on elsewhere)."
    )
    assert set(objects(store[1])) == {".lock"}
