"""Who writes in a folder? One batch at a time; a second is refused, with the process of the first.

Decisions
- On this machine the kernel's own lock on a file (flock) in the folder: it ends with its owner, however that
  ends, so there is nothing to clean up and nothing to guess. Processes that the owner starts do not inherit
  it.
- Behind a URL there is no such lock: an object is made that must not exist yet and names machine and process.
  One that a dead process of this machine left is taken over; of another machine nothing can be known, so a
  user has to remove it.
- The second batch refuses, rather than waits: whoever started it learns at once that there is a first.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from analysis.batch import storage
from analysis.errors import ParameterError, Problem, ThesisError

NAME = ".lock"
ELSEWHERE = "name another place where the command takes --out"


class Busy(ThesisError):
    """Another batch writes in the folder; nothing ran."""


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Be the only batch that writes in a folder, which is made if it does not exist.

    Raises
    ------
    Busy
        Another one writes there.
    ParameterError
        The folder takes no file.
    """
    with _claimed(folder) if storage.is_remote(folder) else _locked(folder):
        yield


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    path = folder / NAME
    descriptor = _open(path)
    try:
        os.truncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        # before the lock is released, so that no one locks a file that is about to vanish
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _open(path: Path) -> int:
    """The lock file, locked; one that its owner removed meanwhile does not count."""
    while True:
        descriptor = _descriptor(path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise _busy(path.parent, f"process {_owner(path)}") from None
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        os.close(descriptor)


def _descriptor(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as reason:
        raise _not_writable(path.parent, reason.strerror or str(reason)) from None


def _owner(path: Path) -> str:
    """The process that holds a lock; it writes its number right after it has it."""
    for _ in range(20):
        with suppress(OSError):
            if number := path.read_text(encoding="utf-8"):
                return number
        time.sleep(0.05)
    return "unknown"


@contextmanager
def _claimed(folder: Path) -> Iterator[None]:
    path = folder / NAME
    claim = json.dumps(_process_identity(os.getpid())).encode()
    try:
        _claim(path, claim)
    except OSError as reason:
        raise _not_writable(folder, str(reason)) from None
    try:
        yield
    finally:
        with suppress(OSError):
            storage.remove(path)


def _claim(path: Path, claim: bytes) -> None:
    try:
        storage.put(path, claim, new=True)
    except FileExistsError:
        owner = json.loads(storage.read_bytes(path))
        if not _is_gone(owner):
            writer = f"process {owner.get('pid')} on {owner.get('host')}"
            raise _busy(path.parent, writer, f"; if that has died, remove {path}") from None
        storage.put(path, claim)


def _process_identity(pid: int) -> dict[str, Any]:
    """A process of this machine, distinct from a later one with the same number."""
    import psutil

    return {"host": socket.gethostname(), "pid": pid, "since": psutil.Process(pid).create_time()}


def _is_gone(owner: dict[str, Any]) -> bool:
    import psutil

    if owner.get("host") != socket.gethostname():
        return False
    try:
        return _process_identity(owner["pid"]) != owner
    except psutil.NoSuchProcess:
        return True


def _busy(folder: Path, writer: str, more: str = "") -> Busy:
    fix = f"Wait until that has ended, or {ELSEWHERE}{more}"
    return Busy(Problem(storage.path_text(folder), f"another batch writes here ({writer})", fix))


def _not_writable(folder: Path, cause: str) -> ParameterError:
    fix = f"Work where you may write, or {ELSEWHERE}"
    return ParameterError(Problem(str(folder), f"cannot be written to ({cause.rstrip('.')})", fix))
