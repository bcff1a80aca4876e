"""Processes that tests start: how to wait for them, and which of them are left."""

import time
from collections.abc import Callable
from pathlib import Path

import psutil

from analysis.batch.pool import RUNTIME

PATIENCE_SECONDS = 240
"""How long something may hang; nothing is measured by it."""

ENDED = (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)


def wait_for(condition: Callable[[], object]) -> None:
    """Return once a condition holds."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def processes_below(folder: Path) -> list[psutil.Process]:
    """Kernels and workers of batches in a folder, by the runtime folder in their environment."""
    processes = []
    for process in psutil.process_iter():
        try:
            if str(folder) in process.environ().get(RUNTIME, "") and process.status() not in ENDED:
                processes.append(process)
        except psutil.Error:
            continue
    return processes


def has_ended(pid: int) -> bool:
    """Whether a process has ended, also where nobody has collected its status yet."""
    try:
        return psutil.Process(pid).status() in ENDED
    except psutil.NoSuchProcess:
        return True
