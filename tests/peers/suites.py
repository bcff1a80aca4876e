"""Do forked kernels pass what stock ones pass in the test suites of the libraries that start kernels?

Decisions
- The suites of nbclient, papermill and jupyter_client, of the versions that are locked: their sources from
  the package index carry them. Each runs twice, on stock kernels and on forked ones, chosen by the variable
  of Jupyter that the reference names.
- What passes on stock kernels has to pass on forked ones. What fails there is tried again by itself, on both:
  some depend on timing. What fails on both, or needs a cloud, says nothing about kernels.
- A suite has a bounded time, and after it no process that kernels are forked from is left.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[2]
CACHE = ROOT / "reports" / ".peers"
"""Sources of the peers, and in `site` what their tests need (`make test-peers` installs them)."""

SUITES = {"nbclient": "tests", "papermill": "papermill/tests", "jupyter-client": "tests"}
KINDS = {"stock": "local-provisioner", "forked": "thesis-fork"}
OUTCOMES = "THESIS_PEER_OUTCOMES"
MARK = "THESIS_PEER_MARK"
SUITE_SECONDS = 1800
TEST_SECONDS = 120
PATIENCE_SECONDS = 30
TRIES = 3

ELSEWHERE = {
    "papermill": ["test_abs.py", "test_adl.py", "test_gcs.py", "test_hdfs.py"],
}
"""Modules of tests that import the client of a cloud, which is not installed."""

LEFT_OUT = {
    "tests/test_kernelapp.py::test_kernelapp_lifecycle": (
        "It ends a process one second after that asked for its first kernel; a"
        " first forked kernel is there once what all share was imported, which takes about as long."
    ),
}
"""Tests that may pass on stock kernels alone, with the reason why that is right."""

_outcomes: list[int] = []


def pytest_configure(config: object) -> None:
    """Open the file of outcomes: pytest loads this module as a plugin in the suites."""
    _outcomes.append(os.open(os.environ[OUTCOMES], os.O_WRONLY | os.O_APPEND))


def pytest_runtest_logreport(report: Any) -> None:
    """Write down how a test ended, at once, and past Python's own files, which tests replace."""
    if report.when == "call" or not report.passed:
        os.write(_outcomes[0], f"{report.outcome} {report.nodeid}\n".encode())


def main() -> int:
    """Run every suite on both kinds; 1 if a test passes on stock kernels only or a process is left."""
    faults: list[str] = []
    for name in sys.argv[1:] or SUITES:
        folder = _source(name)
        passed, left = {}, {}
        for kind in KINDS:
            begin = time.monotonic()
            passed[kind], left[kind] = _run(name, folder, kind, [SUITES[name]])
            print(
                f"{name}: {len(passed[kind])} pass on {kind} kernels ({time.monotonic() - begin:.0f} s)",
                flush=True,
            )
        faults += [f"{name}: {left['forked']} processes to fork from are left"] if left["forked"] else []
        faults += [f"{name}: no test passes on stock kernels"] if not passed["stock"] else []
        lost = passed["stock"] - passed["forked"]
        for _ in range(TRIES - 1):
            if lost:
                both = [_run(name, folder, kind, sorted(lost))[0] for kind in KINDS]
                lost &= both[0] - both[1]
        faults += [f"{name}: {test} passes on stock kernels only" for test in sorted(lost)]
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    return 1 if faults else 0


def _source(name: str) -> Path:
    """The unpacked source of a peer, of the version and with the hashes that the project is locked to."""
    lock = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
    requirement = re.search(rf"^{name}==(\S+).*\n(?:    --hash=.*\n)+", lock, re.MULTILINE)
    if requirement is None:
        raise SystemExit(f"requirements-dev.lock: {name} is not in it")
    folder = CACHE / f"{name.replace('-', '_')}-{requirement[1]}"
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        requirements = CACHE / f"{name}.txt"
        requirements.write_text(requirement[0], encoding="utf-8")
        options = [
            "--no-deps",
            "--no-binary=:all:",
            "--no-build-isolation",
            "--require-hashes",
            f"--dest={CACHE}",
        ]
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", *options, "-r", str(requirements)],
            check=True,
            env=os.environ | {"PYTHONPATH": str(CACHE / "site")},
        )
        with tarfile.open(CACHE / f"{folder.name}.tar.gz") as archive:
            archive.extractall(CACHE, filter="data")
    return folder


def _run(name: str, folder: Path, kind: str, tests: Sequence[str]) -> tuple[set[str], int]:
    """Which tests pass on a kind of kernels, and how many processes that fork kernels are left."""
    outcomes, mark = CACHE / f"{name}.{kind}.txt", uuid.uuid4().hex
    outcomes.unlink(missing_ok=True)
    outcomes.touch()
    ignored = [f"--ignore-glob=*/{module}" for module in ELSEWHERE.get(name, [])]
    # The suites were written when pytest-asyncio did not ask for a scope.
    options = [
        "-psuites",
        "-pno:cacheprovider",
        "-pno:nbval",
        "-oasyncio_default_fixture_loop_scope=function",
    ]
    options += [f"--timeout={TEST_SECONDS}", *ignored, *(f"--deselect={test}" for test in LEFT_OUT)]
    paths = [CACHE / "site", ROOT, Path(__file__).parent]
    with (CACHE / f"{name}.{kind}.log").open("wb") as log:
        suite = subprocess.Popen(
            [sys.executable, "-m", "pytest", *options, *tests],
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=os.environ
            | {
                "JUPYTER_DEFAULT_PROVISIONER_NAME": KINDS[kind],
                OUTCOMES: str(outcomes),
                MARK: mark,
                "PYTHONPATH": os.pathsep.join(map(str, paths)),
            },
        )
        try:
            suite.wait(SUITE_SECONDS)
        except subprocess.TimeoutExpired:
            print(f"{name}: ended after {SUITE_SECONDS} s", file=sys.stderr)
            suite.kill()
            suite.wait()
    end = time.monotonic() + PATIENCE_SECONDS
    while (left := _marked_processes(mark, "forkserver.py")) and time.monotonic() < end:
        time.sleep(0.1)
    for process in _marked_processes(mark, ""):
        with suppress(psutil.Error):
            process.kill()
    lines = [line.split(" ", 1) for line in outcomes.read_text(encoding="utf-8").splitlines()]
    failed = {test for outcome, test in lines if outcome != "passed"}
    return {test for outcome, test in lines if outcome == "passed"} - failed, len(left)


def _marked_processes(mark: str, script: str) -> list[psutil.Process]:
    """Processes of a suite that run a script."""
    processes = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark and any(script in word for word in process.cmdline()):
                processes.append(process)
        except psutil.Error:
            continue
    return processes


if __name__ == "__main__":
    sys.exit(main())
