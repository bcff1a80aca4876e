"""One batch at a time writes in a folder, and a lock never outlives its owner."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from analysis.batch import lock, storage
from analysis.errors import ParameterError

HOLD = """
import sys, time
from pathlib import Path
from analysis.batch import lock
with lock.held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@contextmanager
def owner(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock."""
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_a_second_owner_is_refused_with_the_process_of_the_first(tmp_path: Path) -> None:
    with (
        owner(tmp_path) as first,
        pytest.raises(lock.Busy, match=rf"writes here \(process {first.pid}\)"),
        lock.held(tmp_path),
    ):
        pytest.fail("both hold it")
    with lock.held(tmp_path):  # it was killed, and left its file
        assert (tmp_path / lock.NAME).read_text() == str(os.getpid())
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_the_owner_started_does_not_keep_the_lock(tmp_path: Path) -> None:
    with lock.held(tmp_path):
        child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    try:
        with lock.held(tmp_path):
            pass
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()


def test_a_lock_on_a_file_that_its_owner_removed_meanwhile_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = lock._descriptor

    def late(path: Path) -> int:
        """Open the file, which its owner removes and another one makes again before it is locked."""
        monkeypatch.setattr(lock, "_descriptor", opened)
        descriptor = opened(path)
        path.unlink()
        path.touch()
        return descriptor

    monkeypatch.setattr(lock, "_descriptor", late)
    with lock.held(tmp_path), pytest.raises(lock.Busy):
        lock.held(tmp_path).__enter__()


def test_a_folder_is_made_and_one_that_cannot_be_is_refused(tmp_path: Path) -> None:
    with lock.held(tmp_path / "a" / "b"):
        assert (tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(ParameterError, match=r"file/runs: cannot be written to \(Not a directory\)"):
        lock.held(tmp_path / "file" / "runs").__enter__()


def test_behind_a_url_a_dead_process_of_this_machine_is_followed_and_no_other() -> None:
    folder = storage.location("memory://locks/runs")
    mine = rf"process {os.getpid()} on .*remove memory://locks/runs/.lock"
    with lock.held(folder), pytest.raises(lock.Busy, match=mine):
        lock.held(folder).__enter__()
    assert not storage.is_file(folder / lock.NAME)
    left = {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "since": 1.0,
    }  # this number, but an earlier process
    storage.put(folder / lock.NAME, json.dumps(left).encode())
    with lock.held(folder):
        pass
    storage.put(folder / lock.NAME, json.dumps(left | {"host": "elsewhere"}).encode())
    with pytest.raises(lock.Busy, match=rf"process {os.getpid()} on elsewhere"):
        lock.held(folder).__enter__()
