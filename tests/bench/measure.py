"""What does a command cost? Seconds, CPU seconds and peak memory of a process with everything that it starts.

Decisions
- CPU seconds are those of the process and of all that it started and waited for; memory is the largest sum of
  proportional set sizes seen while it ran, so that pages which processes share count once.
- Every part of the bench writes its results under a key of its own in `reports/bench.json`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from analysis.batch import manifest, storage
from analysis.project import Project

ROOT = Project.default().root
RESULTS = ROOT / "reports" / "bench.json"
LOOK_SECONDS = 0.3
ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "THESIS_FIGURES": "svg",
}


class Cost(NamedTuple):
    """What a command took, and what it printed; `first_seconds` is when the awaited file was there."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    first_seconds: float | None
    text: str

    @property
    def numbers(self) -> dict[str, float]:
        """The costs without the text."""
        return {name: value for name, value in self._asdict().items() if name != "text" and value is not None}


class Watch(threading.Thread):
    """Looks at a process and its descendants: the most memory that they hold together, in MB, and when a file
    appeared.
    """

    def __init__(self, pid: int, awaited: Path | None) -> None:
        super().__init__(daemon=True)
        self._process, self._awaited, self._ended = psutil.Process(pid), awaited, threading.Event()
        self._start = time.perf_counter()
        self.mb, self.first_seconds = 0.0, None

    first_seconds: float | None

    def run(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            if self._awaited and self.first_seconds is None and self._awaited.exists():
                self.first_seconds = time.perf_counter() - self._start
            total = 0.0
            try:
                for process in [self._process, *self._process.children(recursive=True)]:
                    try:
                        total += process.memory_full_info().pss / 1e6
                    except psutil.Error:
                        continue
            except psutil.Error:
                continue
            self.mb = max(self.mb, total)

    def end(self) -> None:
        self._ended.set()
        self.join()


def run(
    command: Sequence[str],
    *,
    code: Path,
    variables: Mapping[str, str] | None = None,
    awaited: Path | None = None,
) -> Cost:
    """Run a command in a checkout, with the package of that checkout; a command that fails ends the bench."""
    environment = os.environ | ENVIRONMENT | {"PYTHONPATH": str(code)} | dict(variables or {})
    with tempfile.TemporaryFile("w+") as printed:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment, cwd=code, stdout=printed, stderr=subprocess.STDOUT
        )
        watch = Watch(process.pid, awaited)
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        watch.end()
        printed.seek(0)
        text = printed.read()
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{text[-2000:]}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, watch.mb, watch.first_seconds, text)


def record(part: str, content: Mapping[str, Any]) -> None:
    """Write the results of a part of the bench, next to those of the others."""
    try:
        results = json.loads(RESULTS.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        results = {}
    results |= {part: dict(content), "cores": os.cpu_count(), "versions": manifest.versions()}
    storage.write_text(RESULTS, json.dumps(results, indent=1) + "\n")
    print(f"{RESULTS.relative_to(ROOT)}: {part}")
