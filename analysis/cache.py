"""Does a file still hold what was read from it? Results of reading, reused until one of their files changes.

Decisions
- A result is reused while every file that was read for it has the same state (times, size, inode), so that a
  live kernel sees an edited table or ledger at the next call.
- Which files those are is observed while the result is made: what reads a file says so (`depends_on`), and
  what is opened or listed without a word is noticed (Python reports it to an audit hook), but for code,
  libraries and files that were written just before. What is read through another cached function counts for
  both. A result for which another process was started is not reused.
- The state of a file is taken before it is read: an edit in between makes the result stale, never wrong.
- Errors are not cached.
- A process that is watched (`watch`) writes down what it reads, announced or not. What counted when a result
  was computed is written down again whenever the result is used.
- The hook does not see what another process reads: that one is started is written down as `EVERYTHING`. Nor
  does it see a compiled library open files by itself, or somebody ask whether a file exists: announce these
  files.
"""

from __future__ import annotations

import functools
import json
import os
import re
import sys
import sysconfig
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from urllib.parse import unquote, urlsplit

from analysis.hashing import sha256, sha256_of_texts

P = ParamSpec("P")
T = TypeVar("T")
State = tuple[int, ...] | None
"""What tells one content of a file from another; None where there is no such file."""

MAX_RESULTS = 64
"""How many results each function caches; the least recently used one goes first."""

WATCHED, READ, WRITTEN, EVERYTHING, SCENARIO = "watched", "read", "written", "everything", "scenario"
"""What a line of a log says: the process is watched from here on; a file or folder was read; a file was
written anew; anything may have been read; the name of the scenario was used.
"""

STARTS_UNNOTICED = frozenset(
    {
        "multiprocessing.popen_forkserver",
        "multiprocessing.popen_spawn_posix",
        "multiprocessing.popen_spawn_win32",
    }
)
"""Modules whose import shows that a process is being started which an audit hook does not see."""

LOOK_FOR_MODULES = frozenset(
    {"_frozen_importlib_external", "importlib._bootstrap_external", "importlib.metadata", "pkgutil"}
)
"""Modules that list all folders of the path, among them that of the notebooks."""

HARMLESS = frozenset({"fc-list", "ldconfig", "system_profiler", "uname"})
"""Programs that libraries start to learn of fonts and of the system; they read nothing of a project."""

_SCENARIO_NAME, _ANYTHING, _NEVER = Path("name of the scenario"), Path("anything"), (-1,)
"""Stand among the files of a result for what is no file, in a state that no file has."""

UNCOUNTED = re.compile(r"\.(py|pyc|so)$|^/(dev|etc|proc|sys|usr/share)/")
"""Files that are no data of a result: code, which counts by itself, and the system's."""

_files: ContextVar[dict[Path, State] | None] = ContextVar("files", default=None)
_is_bookkeeping: ContextVar[bool] = ContextVar("is_bookkeeping", default=False)
_log: _Log | None = None
_earlier: list[tuple[str, str]] = []
_is_hooked = False


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
    if _log is not None:
        for path in files:
            _log.write(SCENARIO) if path == _SCENARIO_NAME else _log.write(READ, path)


def uses_scenario_name() -> None:
    """Announce that the result being computed depends on the name of the scenario, which is no assumption: it
    is not reused.
    """
    announce({_SCENARIO_NAME: _NEVER})


def watch(log: Path) -> None:
    """From now on, and as long as this process lives, write down in a file what is read.

    Each line is a JSON list: what it says (`WATCHED` and so on), and a path. Forked children write to it.
    """
    global _log
    pause()
    _log = _Log(log)
    for kind, path in [(WATCHED, ""), *_earlier]:
        _log.write(kind, path)
    if STARTS_UNNOTICED.intersection(sys.modules):
        _log.write(EVERYTHING)
    _listen()


def _listen() -> None:
    """Have Python report what is opened; a hook stays for good."""
    global _is_hooked
    if not _is_hooked:
        sys.addaudithook(_on_event)
        _is_hooked = True


@contextmanager
def bookkeeping() -> Iterator[None]:
    """What is opened here is about results and not for them, and counts for nobody."""
    token = _is_bookkeeping.set(True)
    try:
        yield
    finally:
        _is_bookkeeping.reset(token)


def pause() -> None:
    """Write nothing down until `watch` names another file, which then begins with what was written so far.

    A process that imports modules for its forks lets each of them know in this way what the modules read.
    """
    global _log, _earlier
    if _log is not None:
        _earlier = list(_log.lines)
        _log.close()
        _log = None


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
    _listen()
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


class _Log:
    """A file that is written to line by line, each line once."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.lines: dict[tuple[str, str], None] = {}

    def write(self, kind: str, path: str | os.PathLike[str] = "") -> None:
        """Write a line, unless it is there."""
        line = kind, os.path.abspath(path) if path else ""  # noqa: PTH100 (at every file that is opened)
        if line not in self.lines:
            self.lines[line] = None
            os.write(self._descriptor, (json.dumps(line) + "\n").encode())

    def close(self) -> None:
        """Write no more."""
        os.close(self._descriptor)


class _Recorder:
    """Takes down an event for the log of a process that is watched, and for the result being computed."""

    def __init__(self) -> None:
        self._written: set[str] = set()

    def write(self, kind: str, path: str = "") -> None:
        """Take down that a file or folder was read, a file written anew, or that anything may have been
        read.
        """
        if _log is not None:
            _log.write(kind, path)
        if (own := _files.get()) is None:
            return
        full = os.path.abspath(path)  # noqa: PTH100
        if kind == WRITTEN:
            self._written.add(full)
        elif kind == EVERYTHING:
            own.setdefault(_ANYTHING, _NEVER)
        elif full not in self._written and not _is_no_data(full):
            own.setdefault(Path(full), state_of(Path(full)))


_recorder = _Recorder()


@functools.cache
def _libraries() -> tuple[str, ...]:
    """The folders of the standard library and of what is installed."""
    return tuple({f"{sysconfig.get_path(name)}{os.sep}" for name in ("stdlib", "purelib", "platlib")})


def _is_no_data(path: str) -> bool:
    return UNCOUNTED.search(path) is not None or path.startswith(_libraries())


def _on_event(event: str, arguments: tuple[Any, ...]) -> None:
    """Take down an event of Python's that has to do with files; `EVERYTHING` where its paths are unclear."""
    if (
        (note := _NOTES.get(event)) is None
        or (_log is None and _files.get() is None)
        or _is_bookkeeping.get()
    ):
        return
    try:
        note(_recorder, *arguments)
    except Exception:
        with suppress(OSError):
            _recorder.write(EVERYTHING)


def _opened(log: _Recorder, path: Any, _mode: object, flags: int) -> None:
    if isinstance(path, int) or path in sys.path:  # it was opened before, or may be an archive of modules
        return
    if flags & (os.O_TRUNC | os.O_EXCL):
        log.write(WRITTEN, _text(path))
    elif flags & os.O_ACCMODE != os.O_WRONLY:
        log.write(READ, _text(path))


def _listed(log: _Recorder, path: Any = None, *_: object) -> None:
    if sys._getframe(2).f_globals.get("__name__") not in LOOK_FOR_MODULES:
        log.write(READ, _text(path))


def _matched(log: _Recorder, pattern: Any, _recursive: bool, root: Any, *_: object) -> None:
    """`glob.glob`, which looks in the deepest folder that has no pattern in its name, and from there on."""
    folder = os.path.dirname(re.split(r"[*?[]", _text(pattern))[0])  # noqa: PTH120
    log.write(READ, os.path.join(_text(root), folder))  # noqa: PTH118


def _started(log: _Recorder, program: Any, *_: object) -> None:
    if os.path.basename(_text(program)) not in HARMLESS:  # noqa: PTH119
        log.write(EVERYTHING)


def _connected(log: _Recorder, database: Any) -> None:
    """`sqlite3.connect`, to a file by its path or by its address (``file:PATH?mode=ro``)."""
    name = _text(database)
    log.write(READ, unquote(urlsplit(name).path) if name.startswith("file:") else name)


def _imported(log: _Recorder, module: str, *_: object) -> None:
    if module in STARTS_UNNOTICED:
        log.write(EVERYTHING)


def _text(path: Any) -> str:
    """A path as text; that of a descriptor is where it leads."""
    if isinstance(path, int):
        return os.readlink(f"/proc/self/fd/{path}")  # noqa: PTH115
    return os.curdir if path is None else os.fsdecode(path)


_NOTES: dict[str, Callable[..., None]] = {
    "open": _opened,
    "sqlite3.connect": _connected,
    "os.listdir": _listed,
    "os.scandir": _listed,
    "pathlib.Path.glob": _listed,
    "pathlib.Path.rglob": _listed,
    "glob.glob/2": _matched,
    "import": _imported,
    "subprocess.Popen": _started,
    "os.exec": _started,
    "os.posix_spawn": _started,
    "os.spawn": lambda log, *_: log.write(EVERYTHING),
    "os.system": lambda log, *_: log.write(EVERYTHING),
    "pty.spawn": lambda log, *_: log.write(EVERYTHING),
}
"""What is done about each event (https://docs.python.org/3/library/audit_events.html)."""
