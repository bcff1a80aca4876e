"""Was this computed before, by whatever process? Results on disk, found by all that they follow from.

Decisions
- A result is found again by its function, all code that it reaches and its arguments by content
  (`fingerprints`), and the files that were read for it, which have to hold what they held. Which those are is
  observed (`cache`): nothing is listed by hand, so nothing can be forgotten.
- Where a result is taken over, everybody who asks what was read, or which assumptions it follows from, gets
  the answer that computing it would have given.
- The store is never the reason for an error: what is gone, damaged, from elsewhere or cannot be written is
  computed. Each file carries the digest of what it holds, so that a damaged one is noticed.
- Of two processes that ask for the same at once, the second waits for the first; if that dies, it computes.
- At most `LIMIT_BYTES` are stored; what has not been used for the longest time goes first.
- A process in which code was replaced finds results and stores none from then on: what its functions
  remember (`lru_cache`) may be of other code.
- What cannot be compared is computed each time: code or arguments from a notebook's cell.
- `THESIS_CACHE=off` computes everything.
- Our own files and not a library's: joblib's Memory finds a result by the lines of its function alone, and
  what it stores with is no interface of its own; diskcache has had no release since 2023. Neither notices
  that a file was damaged.
"""

from __future__ import annotations

import fcntl
import functools
import inspect
import json
import os
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from analysis import cache, provenance
from analysis.errors import ParameterError, Problem
from analysis.fingerprints import Contents, digest_of_modules, was_code_replaced
from analysis.hashing import sha256, sha256_of_texts
from analysis.project import Project

P = ParamSpec("P")
T = TypeVar("T")

VARIABLE = "THESIS_CACHE"
"""The environment variable that turns the store off."""

LIMIT_BYTES = 200_000_000
"""How much is stored at most: a batch of six scenarios takes less than a hundredth of it."""

DIGEST_BYTES = 32
LOCK = "lock"
RESULT, READS = ".result", ".reads"
"""How the names of files end: a result, and the list of files that were read for results of one call."""


def computed_once(function: Callable[P, T]) -> Callable[P, T]:
    """Compute a function's result once for all processes of a project, as long as nothing that it follows
    from changes.

    Parameters
    ----------
    function : callable
        Pure, and expensive (a result that is found costs a few milliseconds). Its arguments are values with a
        content: numbers, texts, dates, arrays, tables, dataclasses, functions of modules. What it reads from
        files is noticed; where only the existence of a file decides, it is announced (`cache.depends_on`).
        Its result can be pickled, and whoever gets it may change it.

    Raises
    ------
    TypeError
        An argument is a generator of random numbers: its state would change only where the result is
        computed. Hand over a seed.
    """
    signature = inspect.signature(function)

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        arguments = signature.bind(*args, **kwargs)
        arguments.apply_defaults()
        _refuse_generators(function, arguments.arguments)
        if (store := _store()) is None:
            return function(*args, **kwargs)
        try:
            key = _key(function, arguments.arguments)
        except Exception:  # `NotComparable`, or whatever a value does when somebody looks into it
            return function(*args, **kwargs)
        entry = store.find(key)
        if entry is None:
            with store.locked(key):
                entry = store.find(key) or store.put(key, *_computed(lambda: function(*args, **kwargs)))
        cache.announce(entry.files)
        provenance.note(entry.inputs)
        result: T = entry.result
        return result

    return run


def usage(project: Project | None = None) -> tuple[int, int]:
    """How many results are stored, and how many bytes they take."""
    files = list(_files(_folder(project)))
    return sum(path.suffix == RESULT for path, _ in files), sum(status.st_size for _, status in files)


def clear(project: Project | None = None) -> None:
    """Remove every stored result."""
    for path, _ in _files(_folder(project)):
        path.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Entry:
    """A result, the files that were read for it, and the assumptions that it follows from."""

    result: Any
    files: Mapping[Path, cache.State]
    inputs: Mapping[str, Any]


@dataclass(frozen=True)
class _Store:
    """The stored results of a project; paths of its files are noted relative to its root."""

    folder: Path
    root: Path

    def find(self, key: str) -> _Entry | None:
        """The result of a call as it would be computed now; None where there is none."""
        with (
            cache.bookkeeping(),
            suppress(Exception),
        ):  # whatever a damaged or foreign file does when it is read
            reads = self.folder / f"{key}{READS}"
            names: list[str] = json.loads(_read(reads))
            files = {path: cache.state_of(path) for path in map(self._path, names)}
            path = self._result_path(key, names)
            result, inputs = pickle.loads(_read(path))  # noqa: S301 (our own file, like the code next to it)
            with suppress(OSError):  # files of somebody else, or on a disk that takes none
                for used in (reads, path):
                    os.utime(used)
            return _Entry(result, files, inputs)
        return None

    def put(
        self, key: str, result: Any, files: Mapping[Path, cache.State], inputs: Mapping[str, Any]
    ) -> _Entry:
        """Store a result, unless a file was changed while it was computed, or code in this process."""
        names = sorted(os.path.relpath(path, self.root) for path in files)
        with (
            cache.bookkeeping(),
            suppress(Exception),
        ):  # a full disk, a folder of somebody else, what cannot be pickled
            content = pickle.dumps((result, dict(inputs)), protocol=5)
            path = self._result_path(key, names)
            is_unchanged = all(cache.state_of(path) == state for path, state in files.items())
            if is_unchanged and not was_code_replaced():
                self.folder.mkdir(parents=True, exist_ok=True)
                _write(path, content)
                _write(self.folder / f"{key}{READS}", json.dumps(names).encode())
                _shrink(self.folder)
        return _Entry(result, files, inputs)

    def _path(self, name: str) -> Path:
        """A file that was read, by its name from the root on."""
        return Path(os.path.normpath(self.root / name))

    def _result_path(self, key: str, names: Sequence[str]) -> Path:
        """Where the result of a call is, given what the files that it reads hold now."""
        held = (f"{name} {cache.content_digest(self._path(name))}" for name in names)
        return self.folder / f"{sha256_of_texts(key, *held)}{RESULT}"

    @contextmanager
    def locked(self, key: str) -> Iterator[None]:
        """Wait for whoever computes the same; each key has a byte of its own in one file to lock."""
        file, place = _lock_file(self.folder), int(key[:15], 16)
        if file is None:
            yield
            return
        try:
            with suppress(OSError):
                fcntl.lockf(file, fcntl.LOCK_EX, 1, place)
            yield
        finally:
            with suppress(OSError):
                fcntl.lockf(file, fcntl.LOCK_UN, 1, place)


def is_on() -> bool:
    """Whether results are stored and used.

    Raises
    ------
    ParameterError
        The environment variable is neither on nor off.
    """
    value = os.environ.get(VARIABLE, "")
    if value not in ("", "on", "off"):
        raise ParameterError(
            Problem(f"{VARIABLE}={value}", "is neither on nor off", "Write off, or unset it")
        )
    return value != "off"


def _store() -> _Store | None:
    """The store of the default project; None where it is turned off."""
    project = Project.default()
    return _Store(project.cache, project.root) if is_on() else None


def _folder(project: Project | None) -> Path:
    return (project or Project.default()).cache


def _refuse_generators(function: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
    for name, value in arguments.items():
        if type(value).__module__.startswith("numpy.random"):
            raise TypeError(
                f"{function.__qualname__}({name}=...) takes a seed, not a generator: see computed_once"
            )


def _key(function: Callable[..., Any], arguments: Mapping[str, Any]) -> str:
    """What a call follows from besides the files that it reads."""
    contents = Contents()
    text = contents.text([getattr(function, "__qualname__", ""), dict(arguments)])
    code = digest_of_modules({function.__module__, *contents.modules})
    return sha256_of_texts(function.__module__, text, code, str(provenance.is_tracing()))


def _computed(compute: Callable[[], T]) -> tuple[T, Mapping[Path, cache.State], Mapping[str, Any]]:
    """A result, the files that were read for it with their states, and the assumptions that were read."""
    (result, inputs), files = cache.with_files(lambda: provenance.with_reads(compute))
    return result, files, inputs


@functools.cache
def _lock_file(folder: Path) -> int | None:
    """A file to lock, open as long as this process lives: closing it would give up all its locks."""
    with cache.bookkeeping(), suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        return os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    return None


def _read(path: Path) -> bytes:
    """What a stored file holds.

    Raises
    ------
    ValueError
        It is not what was written.
    """
    content = path.read_bytes()
    held = content[DIGEST_BYTES:]
    if bytes.fromhex(sha256(held)) != content[:DIGEST_BYTES]:
        raise ValueError(f"{path.name} is damaged")
    return held


def _write(path: Path, content: bytes) -> None:
    """Store a file whole, with the digest of what it holds."""
    copy = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        copy.write_bytes(bytes.fromhex(sha256(content)) + content)
        copy.replace(path)
    finally:
        copy.unlink(missing_ok=True)


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """The stored files, also those that somebody did not finish."""
    with suppress(OSError):
        for entry in list(os.scandir(folder)):
            if entry.name.endswith((RESULT, READS)) or entry.name.startswith("."):
                with suppress(OSError):
                    yield Path(entry.path), entry.stat()


def _shrink(folder: Path) -> None:
    """Remove what was not used for longest until the rest is within the limit."""
    files = sorted(_files(folder), key=lambda item: item[1].st_mtime_ns, reverse=True)
    total = 0
    for path, status in files:
        total += status.st_size
        if total > LIMIT_BYTES:
            with suppress(OSError):
                path.unlink(missing_ok=True)
