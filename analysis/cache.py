"""Does a file still hold what was read from it? Results of reading, reused until one of their files changes.

Decisions
- A result is reused while every file that was read for it has the same state (times, size, inode), so that a
  live kernel sees an edited table or ledger at the next call.
- Which files those are is observed while the result is made: whatever reads a file says so (`depends_on`),
  and what is read through another cached function counts for both.
- The state of a file is taken before it is read: an edit in between makes the result stale, never wrong.
- Errors are not cached.
"""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import ParamSpec, TypeVar

from analysis.hashing import sha256, sha256_of_texts

P = ParamSpec("P")
T = TypeVar("T")
State = tuple[int, ...] | None
"""What tells one content of a file from another; None where there is no such file."""

MAX_RESULTS = 64
"""How many results each function caches; the least recently used one goes first."""

_files: ContextVar[dict[Path, State] | None] = ContextVar("files", default=None)


def depends_on(path: Path) -> None:
    """Announce that the result being computed depends on a file, or on which files a folder holds; called
    before reading it.
    """
    announce({path.absolute(): state_of(path)})


def announce(files: Mapping[Path, State]) -> None:
    """Announce that the result being computed depends on files, with their states before they were read: what
    another result that it uses was read from.
    """
    if (own := _files.get()) is not None:
        for path, state in files.items():
            own.setdefault(path, state)


def cached(function: Callable[P, T]) -> Callable[P, T]:
    """Cache a function's results by its arguments, each as long as the files it was read from stay the same.

    Parameters
    ----------
    function : callable
        Reads files, each announced by `depends_on`, and depends on nothing else but its arguments, which are
        hashable.
    """
    entries: OrderedDict[Hashable, tuple[T, dict[Path, State]]] = OrderedDict()

    @functools.wraps(function)
    def read(*args: P.args, **kwargs: P.kwargs) -> T:
        key = (args, tuple(sorted(kwargs.items())))
        entry = entries.pop(key, None)
        if entry is None or any(state_of(path) != state for path, state in entry[1].items()):
            entry = with_files(functools.partial(function, *args, **kwargs))
        entries[key] = entry
        while len(entries) > MAX_RESULTS:
            entries.popitem(last=False)
        result, files = entry
        announce(files)
        return result

    return read


def with_files(function: Callable[[], T]) -> tuple[T, dict[Path, State]]:
    """The result of a function, and the state of every file that it depends on, taken before it was read;
    whoever calls has to announce them in turn.
    """
    token = _files.set({})
    try:
        result = function()
        return result, _files.get() or {}
    finally:
        _files.reset(token)


def state_of(path: Path) -> State:
    """Times, size and inode of a file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


def content_digest(path: Path) -> str:
    """The digest of what a file holds, or of the names in a folder; empty where there is none."""
    try:
        if path.is_dir():
            return sha256_of_texts(*sorted(child.name for child in path.iterdir()))
        return sha256(path.read_bytes())
    except OSError:
        return ""
