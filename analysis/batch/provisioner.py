"""How does a kernel start without importing everything again? A process that has done so forks on request.

Decisions
- A `jupyter_client` kernel provisioner, by the name `thesis-fork`: the batch chooses it in its kernelspec,
  anyone else with ``JUPYTER_DEFAULT_PROVISIONER_NAME=thesis-fork``, the variable of Jupyter itself, and
  ``THESIS_PRELOAD=pandas,seaborn`` for what to preload.
- One process a kernel as ever. Whoever asks holds a connection to the process that forked it: signals go
  through it, the exit status comes back, and when it breaks, the kernel and its group end. So the end of the
  owner ends its kernels.
- A preloaded process serves the environment that it was started with, since libraries read theirs when
  imported; another environment gets another process. The batch has one of its own, so nothing in it is older
  than the batch; elsewhere it is replaced once the file of any module that it holds has changed.
- What a process that forks itself (`os.fork`, `multiprocessing`) hands on of this, its child closes and
  forgets: it starts a parent of its own, and holds none of ours, which could not see our end otherwise. For
  the same reason nothing is left to the executor of an event loop: a child inherits the loop, but not its
  threads, nor a pipe of its own to be woken by.
- Whatever cannot be forked (another system, another language, a process with threads) is started by the stock
  provisioner; where a fork was to be expected, a warning says so once.
"""

from __future__ import annotations

import ast
import asyncio
import json
import logging
import os
import re
import socket
import struct
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Self

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from analysis.batch.forkserver import LAUNCHER, LENGTH, READS, receive, send

NAME = "thesis-fork"
PRELOAD = "THESIS_PRELOAD"
GROUP = "jupyter_client.kernel_provisioners"
START_SECONDS = 120.0
"""How long the process that forks may take to import everything."""

LOOK_SECONDS = 0.002
"""How often a wait for the end of a kernel polls."""

END_SECONDS = 2.0
"""How long a killed kernel may take to be gone before we stop looking so often."""

PER_KERNEL = {
    "JPY_PARENT_PID",
    "JPY_SESSION_NAME",
    "JUPYTER_RUNTIME_DIR",
    "PYTEST_CURRENT_TEST",
    "PWD",
    "OLDPWD",
    "SHLVL",
    "_",
    "COLUMNS",
    "LINES",
    READS,
}
"""Variables that differ from kernel to kernel and that no library reads when it is imported."""

AT_TOP = re.compile(r"^(?:from|import) [^(\n]*(?:\([^()]*\))?", re.MULTILINE)
INDENTED = re.compile(r"^[ \t]+(?:from|import) [^(\n]*(?:\([^()]*\))?", re.MULTILINE)
"""Imports at the top of a module, and in its functions: reading them takes a fiftieth of the time that
parsing takes.
"""

QUIET = {"JE_ARROW_MALLOC_CONF": "background_thread:false", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
"""What keeps libraries from starting a thread, or printing, as they are imported; kernels do not see it."""

_log = logging.getLogger(__name__)
_warned: set[str] = set()


class CannotFork(Exception):
    """Why a kernel cannot be forked."""


class Stale(CannotFork):
    """A module that was preloaded has changed since."""


def why_not() -> str | None:
    """Why this system cannot fork kernels; None where it can."""
    if sys.platform != "linux":
        # elsewhere there is no fork, or the system's own libraries do not survive one
        return "kernels are forked on Linux only"
    registered = [entry.value for entry in metadata.entry_points(group=GROUP, name=NAME)]
    if not registered:
        return "this project's kernel provisioner is not installed (make venv)"
    if registered != [f"{ForkProvisioner.__module__}:{ForkProvisioner.__qualname__}"]:
        return f"the installed kernel provisioner is of another version: {registered[0]} (make venv)"
    return None


def warn_once(reason: str) -> None:
    """Warn that kernels are started by the stock provisioner, once for each reason."""
    if reason not in _warned:
        _warned.add(reason)
        _log.warning("note: kernels are started by the stock provisioner, which takes longer: %s", reason)


class ForkProvisioner(LocalProvisioner):
    """Kernels forked from a process that has imported what they need; else those of the stock provisioner."""

    process: Any

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start a kernel."""
        try:
            self.process = await _in_a_thread(lambda: _forked(cmd, kwargs))
        except CannotFork as reason:
            if str(reason):
                warn_once(str(reason))
            return await super().launch_kernel(cmd, **kwargs)
        self.pid, self.pgid = self.process.pid, None  # signals go through the process that forked it
        self.cwd = kwargs.get("cwd") or Path.cwd()
        return self.connection_info

    async def kill(self, restart: bool = False) -> None:
        """End the kernel, and return once it has ended: a caller would look only ten times a second."""
        await super().kill(restart)
        with suppress(TimeoutError):
            await asyncio.wait_for(self.wait(), END_SECONDS)

    async def wait(self) -> int | None:
        """Wait for the end, looking more often than the stock provisioner does."""
        while self.process and self.process.poll() is None:
            await asyncio.sleep(LOOK_SECONDS)
        return await super().wait()


async def _in_a_thread(work: Callable[[], Fork]) -> Fork:
    """What work returns; it runs in its own thread, whose end we poll for (see the decisions)."""
    future: Future[Fork] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as reason:
            future.set_exception(reason)

    threading.Thread(target=run, daemon=True).start()
    while not future.done():
        await asyncio.sleep(LOOK_SECONDS)
    return future.result()


@dataclass(frozen=True)
class _Source:
    """Where forks come from: the connection to ask over, and the environment that they get."""

    control: socket.socket
    environment: Mapping[str, str]
    fresh: bool


_inherited: list[_Source] = []
_parents: dict[tuple[tuple[str, ...], frozenset[tuple[str, str]]], Parent] = {}
_connections: weakref.WeakSet[socket.socket] = weakref.WeakSet()
"""All sockets that connect this process with parents and kernels."""

_starting = threading.RLock()
"""Held while connections are made and parents are started: by one thread at a time, and never as the process
forks.
"""


def _forget() -> None:
    """In a child that this process forked: close all connections to our parents and kernels."""
    for connection in list(_connections):
        connection.close()
    for parent in _parents.values():
        parent.process.poll()  # `Popen` then knows that it is no child of this process
    _inherited.clear()
    _parents.clear()
    _starting.release()


os.register_at_fork(before=_starting.acquire, after_in_parent=_starting.release, after_in_child=_forget)


def _pair() -> tuple[socket.socket, socket.socket]:
    """Two connected sockets that no child of this process keeps."""
    with _starting:
        pair = socket.socketpair()
        _connections.update(pair)
    return pair


def use(control: socket.socket, environment: Mapping[str, str]) -> None:
    """Fork the kernels of this process from a parent that another process has started, and looks after."""
    _connections.add(control)
    _inherited[:] = [_Source(control, environment, fresh=False)]


def parents() -> list[Parent]:
    """The processes that this one has started for itself to fork from."""
    return list(_parents.values())


def end() -> None:
    """End those processes, and their kernels with them."""
    for parent in parents():
        parent.end()
    _parents.clear()


def _forked(command: list[str], options: Mapping[str, Any]) -> Fork:
    """A kernel of a command line, forked if it is one that a fork can be."""
    python, arguments = _split(command)
    environment = options.get("env")
    supported = {"env", "cwd", "kernel_id", "extra_arguments"}
    if environment is None or any(
        value is not None for name, value in options.items() if name not in supported
    ):
        raise CannotFork
    if reason := why_not():
        raise CannotFork(reason)
    folder = str(options.get("cwd") or Path.cwd())
    for source in _inherited:
        if source.environment == _lasting(environment) and python == [sys.executable]:
            return fork(source, command, arguments, environment, folder)
    try:
        return fork(_source(python, environment), command, arguments, environment, folder)
    except Stale:
        return fork(_source(python, environment, restart=True), command, arguments, environment, folder)


def _split(command: Sequence[str]) -> tuple[list[str], list[str]]:
    """The interpreter with its options, and the arguments of the launcher."""
    if list(command).count(LAUNCHER) == 1:
        index = command.index(LAUNCHER)
        if index > 1 and command[index - 1] == "-m":
            python = [os.path.expanduser(command[0]), *command[1 : index - 1]]  # noqa: PTH111
            return python, list(command[index + 1 :])
    raise CannotFork  # another language, or another way to start: not ours


def _source(python: Sequence[str], environment: Mapping[str, str], *, restart: bool = False) -> _Source:
    """The parent of this process's kernels for an interpreter and environment, started at first need."""
    key = tuple(python), frozenset(_lasting(environment).items())
    with _starting:
        if restart or key not in _parents or _parents[key].process.poll() is not None:
            if key in _parents:
                _parents[key].close()
            names = [name for name in environment.get(PRELOAD, "").split(",") if name]
            _parents[key] = Parent(python, environment, names)
        return _Source(_parents[key].socket, _parents[key].environment, fresh=True)


class Fork:
    """A forked kernel, with what `subprocess.Popen` offers to a provisioner."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, connection: socket.socket) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._connection = connection
        self._received = b""
        connection.setblocking(False)

    def poll(self) -> int | None:
        """The exit status, as `Popen` gives it; None while the kernel runs."""
        if self.returncode is None:
            self.returncode = self._status()
            if self.returncode is not None:
                self._connection.close()
        return self.returncode

    def _status(self) -> int | None:
        try:
            part = self._connection.recv(4096)
        except BlockingIOError:
            return None
        except OSError:
            part = b""
        self._received += part
        with suppress(struct.error, ValueError):
            status: int = json.loads(self._received[LENGTH.size :])["status"]
            return status
        return None if part else -9  # the process that forked it is gone, and with it the kernel

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end."""
        end = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired("kernel", timeout or 0)
            time.sleep(LOOK_SECONDS)
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel's process group."""
        if self.poll() is None:
            with suppress(OSError):
                self._connection.send(bytes([number]))

    def terminate(self) -> None:
        """Ask the group to end."""
        self.send_signal(15)

    def kill(self) -> None:
        """End the group."""
        self.send_signal(9)


class Parent:
    """The process that kernels are forked from; it ends when its last owner has, or has closed it.

    Parameters
    ----------
    python : sequence of str
        The interpreter and its options.
    environment : mapping of str to str
        Of the kernels.
    preload : sequence of str
        Modules, or names in modules, in the order of their import.
    log : file descriptor, optional
        Where its output goes; without it, where ours goes.
    """

    def __init__(
        self,
        python: Sequence[str],
        environment: Mapping[str, str],
        preload: Sequence[str] = (),
        *,
        log: int | None = None,
    ) -> None:
        self.environment = _lasting(environment)
        script = Path(__file__).with_name("forkserver.py")
        self._socket, control = _pair()
        self._lifeline, lifeline = _pair()
        with _starting, control, lifeline:
            numbers = [control.fileno(), lifeline.fileno()]
            self.process = subprocess.Popen(
                [*python, str(script), *map(str, numbers), json.dumps(list(preload))],
                env=dict(environment) | QUIET,
                cwd="/",
                pass_fds=numbers,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def socket(self) -> socket.socket:
        """What another process needs in order to `fork` here."""
        return self._socket

    def status(self, patience_seconds: float = START_SECONDS) -> dict[str, Any]:
        """Numbers of running kernels, names not preloaded with the reason, and why forks were refused.

        The answer comes after whatever was to end has ended.
        """
        answer, connection = _ask(self._socket, b"?", [], patience_seconds=patience_seconds)
        connection.close()
        return answer

    def refusals(self) -> list[str]:
        """Why kernels were not forked here, if some were not."""
        if (code := self.process.poll()) is not None:
            return [f"the process to fork from has ended (status {code})"]
        try:
            return list(self.status(END_SECONDS)["refused"])
        except CannotFork:  # it still imports: no request was refused
            return []

    def wait_for_ended_kernels(self) -> None:
        """Return when every kernel has ended whose owner has."""
        with suppress(CannotFork):
            self.status()

    def close(self) -> None:
        """Send no further request: the process ends with the last of its kernels."""
        self._socket.close()

    def end(self) -> None:
        """End it, and all that is left of its kernels; one that still imports ends at once."""
        self.close()
        self._lifeline.close()
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


def _lasting(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without what differs from kernel to kernel."""
    return {name: value for name, value in environment.items() if name not in PER_KERNEL}


def fork(
    source: _Source,
    command: Sequence[str],
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: str,
) -> Fork:
    """Ask for a kernel.

    Parameters
    ----------
    source : _Source
        Where from.
    command, arguments : sequence of str
        The command line of the kernel, and its part after the launcher.
    environment, folder
        Environment and working directory.

    Raises
    ------
    CannotFork
        If it refuses, with the reason; `Stale` if something has changed.
    """
    stdin, write = os.pipe()  # a stock kernel reads from a pipe whose other end is closed
    os.close(write)
    try:
        answer, connection = _ask(
            source.control,
            b"f",
            [stdin, *(_stream(number) for number in (1, 2))],
            {
                "command": list(command),
                "arguments": list(arguments),
                "env": dict(environment),
                "cwd": folder,
                "umask": _umask(),
                "fresh": source.fresh,
            },
        )
    finally:
        os.close(stdin)
    if reason := answer.get("refused"):
        connection.close()
        raise (Stale if reason.startswith("stale") else CannotFork)(reason)
    return Fork(answer["pid"], connection)


def _ask(
    control: socket.socket,
    kind: bytes,
    streams: Sequence[int],
    request: dict[str, Any] | None = None,
    *,
    patience_seconds: float = START_SECONDS,
) -> tuple[dict[str, Any], socket.socket]:
    """Send a request: its answer, and the connection made for it, whose other end the parent gets."""
    connection, parent_end = _pair()
    try:
        connection.settimeout(patience_seconds)
        with parent_end:
            socket.send_fds(control, [kind], [parent_end.fileno(), *streams])
        if request is not None:
            send(connection, request)
        answer = receive(connection)
    except OSError:
        answer = None
    if answer is None:
        connection.close()
        raise CannotFork("the process to fork from has ended or does not answer")
    return answer, connection


def _stream(number: int) -> int:
    """A standard stream of this process, or none of it where it is closed."""
    try:
        os.fstat(number)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY)
    return number


def _umask() -> int:
    """The file mode creation mask, without setting it for an instant, as `os.umask` would."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("Umask:"):
            return int(line.split()[1], 8)
    return 0o022


def imports(notebooks: Iterable[Path], root: Path | None = None) -> list[str]:
    """What notebooks import at the top level of their cells, as names to preload, in order of appearance.

    With `root`, what modules below it import later, in functions, follows. A cell that is not Python (a
    magic, an error) is passed over, and so is a file that cannot be read: what is wrong with it is for its
    own run to say. Modules in the folder of a notebook are not preloaded.
    """
    names: dict[str, None] = {}
    for path in notebooks:
        try:
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        for source in sources:
            names |= dict.fromkeys(name for name in _imported(source) if not _is_local_module(path, name))
    later = _later(list(names), root) if root else []
    return [*names, *(name for name in later if name not in names)]


def _imported(source: str) -> list[str]:
    try:
        return [name for statement in ast.parse(source).body for name in _names(statement)]
    except (SyntaxError, ValueError):  # a ValueError where it holds a NUL or half a character
        return []


def _names(statement: ast.AST) -> list[str]:
    """What a statement imports, if it is one that does."""
    if isinstance(statement, ast.Import):
        return [alias.name for alias in statement.names]
    if isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
        module = statement.module
        return [module if alias.name == "*" else f"{module}.{alias.name}" for alias in statement.names]
    return []


def _later(names: Sequence[str], root: Path) -> list[str]:
    """What the modules of a project that names lead to import in their functions."""
    waiting, seen, imported = list(names), set[Path](), dict[str, None]()
    while waiting:
        path = _file(waiting.pop(0), root)
        if path is None or path in seen:
            continue
        seen.add(path)
        with suppress(OSError, ValueError):
            lines = path.read_text(encoding="utf-8")
            waiting += [name for match in AT_TOP.finditer(lines) for name in _imported(match[0])]
            later = [name for match in INDENTED.finditer(lines) for name in _imported(match[0].strip())]
            imported |= dict.fromkeys(later)
            waiting += later
    return list(imported)


def _file(name: str, root: Path) -> Path | None:
    """The file of the project that a name refers to, or is in."""
    for module in (name, name.rpartition(".")[0]):
        base = root.joinpath(*module.split("."))
        if module and (file := base.with_suffix(".py")).is_file():
            return file
        if module and (file := base / "__init__.py").is_file():
            return file
    return None


def _is_local_module(path: Path, name: str) -> bool:
    package = path.with_name(name.partition(".")[0])
    return package.is_dir() or package.with_suffix(".py").is_file()
