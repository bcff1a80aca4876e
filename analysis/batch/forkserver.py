"""What does the process do that kernels are forked from? It imports what each would, and forks on request.

Decisions
- It is run as a script and imports nothing of this project but what it is asked to preload, and
  `analysis.cache` where a batch says what it reads: a kernel finds in it what the stock one would find, no
  more. `provisioner` starts it.
- What modules read when they are imported, each fork counts as having read: it is written down as the kernels
  of a batch do it (`cache.watch`), where the environment says so.
- A module is preloaded only if importing it changes nothing but `sys.modules`: one that fails, prints, starts
  a thread, keeps a file open, resolves the backend of pyplot or asks whether it runs in IPython is left to
  the kernels. Since what it did cannot be undone, the process then starts itself again without it. What is
  not installed does nothing.
- It never has a second thread, and says no to a fork if it does.
- A fork gets a new session, signals, streams, environment, folder and random state, as a fresh interpreter
  would have them.
- It ends when nobody is left who could ask, and its kernels with it; it adopts what they leave behind, and
  ends that, too. Before it serves it has no kernels, and ends with the process that started it at once, also
  in the midst of an import: the system sends a signal when the other end of its lifeline closes. (A signal
  for the death of the parent process would come with the death of the thread that started it.)
"""

from __future__ import annotations

import ctypes
import fcntl
import gc
import importlib
import json
import os
import random
import select
import selectors
import signal
import socket
import struct
import sys
import tempfile
import types
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

LAUNCHER = "ipykernel_launcher"
READS = "THESIS_READS"
INLINE = "module://matplotlib_inline.backend_inline"
BASE = (
    "ipykernel.kernelapp",
    "ipykernel.displayhook",
    "ipykernel.zmqshell",
    "ipykernel.debugger",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "faulthandler",
    "pdb",
    "psutil",
    "sqlite3",
    "tornado.platform.asyncio",
)
"""What a stock kernel has imported before its first cell."""

AGAIN = {"ipywidgets"}
"""Packages that sign up with the shell when they are imported: executed once more in each fork, whose shell
is there then.
"""

AFTER_FOLDER = {"lib-dynload", "site-packages"}
"""The entries of a path before which IPython puts the folder of a notebook."""

NOT_THERE = "it is not installed"
LENGTH = struct.Struct("!I")
SET_PDEATHSIG, SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h
PATIENCE_SECONDS = 30.0
"""How long a request may take to arrive once it was announced."""


def main() -> None:
    """Preload, serve, and be a kernel in each fork."""
    del sys.path[0]  # where this script lies, in a stock kernel not on the path
    control, lifeline = (socket.socket(fileno=int(number)) for number in sys.argv[1:3])
    names, left_out = json.loads(sys.argv[3]), json.loads(sys.argv[4]) if len(sys.argv) > 4 else {}
    with _bound_to(lifeline):
        state = _preloaded(names, left_out)
    ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    gc.collect()
    gc.freeze()  # a collection in a fork would copy every page that it looks at
    if request := _ForkServer(control, state).serve():
        _run_kernel(request, state)


@contextmanager
def _bound_to(lifeline: socket.socket) -> Iterator[None]:
    """End at once (SIGIO) when the other end of a connection closes, or has closed already."""
    with lifeline:
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
        if select.select([lifeline], [], [], 0)[0]:
            os._exit(1)
        yield


@dataclass(frozen=True)
class _State:
    """What preloading did."""

    left_out: dict[str, str]
    environment: dict[str, str | None]
    """Variables that imports have set, or removed (None)."""

    filters: list[Any]
    """Filters of warnings that imports have added."""

    files: dict[str, tuple[int, int]]
    """Time and size of the file of every module."""

    packages: dict[str, Path]
    """Where those packages lie that a stock kernel would not have imported yet."""


def _preloaded(names: Sequence[str], left_out: dict[str, str]) -> _State:
    """Import what a kernel imports, then `names`; start again without a name that leaves a trace."""
    original = dict(os.environ)
    os.environ.setdefault("MPLBACKEND", INLINE)  # as a kernel does before its first cell
    before = dict(os.environ)
    for name in BASE:
        importlib.import_module(name)
    stock_modules, filters = set(sys.modules), list(warnings.filters)
    cache = importlib.import_module("analysis.cache") if READS in os.environ else None
    if cache:
        cache.watch(os.environ[READS])
    for name in names:
        if (trace := _import(name)) == NOT_THERE:
            left_out[name] = trace
        elif trace:
            left_out[name] = trace
            # One may be left out; where a second follows, the fault lies with what they share.
            traces = [trace for trace in left_out.values() if trace != NOT_THERE]
            rest = [other for other in names if other != name] if len(traces) == 1 else []
            os.environ.clear()
            os.environ.update(original)
            options = sys.orig_argv[1 : sys.orig_argv.index(sys.argv[0])]
            arguments = [*sys.argv[:3], json.dumps(rest), json.dumps(left_out)]
            os.execv(sys.executable, [sys.executable, *options, *arguments])  # noqa: S606
    if cache:
        cache.pause()
    after = dict(os.environ)
    return _State(
        left_out,
        {name: after.get(name) for name in {*before, *after} if before.get(name) != after.get(name)},
        [entry for entry in warnings.filters if entry not in filters],
        _files(),
        _packages(set(sys.modules) - stock_modules),
    )


def _import(name: str) -> str | None:
    """Import a module, or what ``module.name`` stands for; the trace that this leaves, or None."""
    opened = _open_files()
    with _watched() as askers, tempfile.TemporaryFile() as printed, _printing_to(printed.fileno()):
        try:
            _import_name(name)
        except ModuleNotFoundError:
            return NOT_THERE
        except BaseException as reason:
            return f"{type(reason).__name__}: {reason}"
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
        if printed.tell():
            return "it prints something"
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None and getattr(pyplot, "_backend_mod", None) is not None:
        return "it chooses a backend of pyplot"
    if askers:
        return f"{min(askers)} asks whether it runs in IPython"
    if _threads() > 1:
        return "it starts a thread"
    if _open_files() - opened:
        return "it keeps a file open"
    return None


def _import_name(name: str) -> None:
    """Import `name` as ``from module import name`` would: it may be a module, or something in one."""
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as reason:
        module, _, attribute = name.rpartition(".")
        if reason.name != name or not module:
            raise
        getattr(importlib.import_module(module), attribute)


@contextmanager
def _watched() -> Iterator[set[str]]:
    """The names of modules that ask whether there is an IPython shell, but for those that may."""
    from IPython.core.interactiveshell import InteractiveShell

    askers: set[str] = set()
    shell: Any = InteractiveShell
    original = shell.__dict__.get("initialized")

    def initialized(cls: type) -> bool:
        askers.add(_asking(sys._getframe(1)))
        askers.difference_update(AGAIN)
        return False

    shell.initialized = classmethod(initialized)
    try:
        yield askers
    finally:
        if original is None:
            del shell.initialized
        else:
            shell.initialized = original


def _asking(frame: types.FrameType | None) -> str:
    """The module that asks IPython something."""
    while frame and frame.f_globals.get("__name__", "").partition(".")[0] == "IPython":
        frame = frame.f_back
    return str(frame.f_globals.get("__name__")) if frame else "IPython"


@contextmanager
def _printing_to(file: int) -> Iterator[None]:
    """Send output to a file, also that of libraries that bypass Python's streams."""
    copies = {stream: os.dup(stream) for stream in (1, 2)}
    for stream in copies:
        os.dup2(file, stream)
    try:
        yield
    finally:
        for stream, copy in copies.items():
            os.dup2(copy, stream)
            os.close(copy)


def _threads() -> int:
    return len(os.listdir("/proc/self/task"))  # noqa: PTH208 (pathlib would hold the folder open)


def _open_files() -> set[str]:
    """The files that are open, but for the one that looking at them opens."""
    names = set()
    for number in os.listdir("/proc/self/fd"):  # noqa: PTH208
        with suppress(OSError):
            names.add(f"{number} {os.readlink(f'/proc/self/fd/{number}')}")  # noqa: PTH115
    return names


def _files() -> dict[str, tuple[int, int]]:
    """Time and size of the file of every module, by its path."""
    paths = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    return {path: _stamp(path) for path in paths if path}


def _stamp(path: str) -> tuple[int, int]:
    try:
        status = os.stat(path)  # noqa: PTH116 (thousands of them, at each fork)
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


def _packages(modules: set[str]) -> dict[str, Path]:
    """Where the packages of modules lie, by the name under which a folder would hide them.

    IPython puts the folder of a notebook on the path after PYTHONPATH and the standard library, before all
    else.
    """
    paths, first_entries = {}, set(takewhile(lambda entry: Path(entry).name not in AFTER_FOLDER, sys.path))
    for name in {module.partition(".")[0] for module in modules}:
        module = sys.modules.get(name)
        file = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", [])), None)
        if file:
            path = Path(file).parent if Path(file).name == "__init__.py" else Path(file)
            if str(path.parent) not in first_entries:
                paths[name] = path
    return paths


@dataclass
class _Kernel:
    """A fork, and the connection to whoever asked for it."""

    pid: int
    client: socket.socket


class _ForkServer:
    """The loop that takes requests, passes signals on and says how kernels ended."""

    def __init__(self, control: socket.socket, state: _State) -> None:
        self._control: socket.socket | None = control
        self._state = state
        self._kernels: dict[int, _Kernel] = {}
        self._refused: dict[str, None] = {}
        self._selector = selectors.DefaultSelector()
        self._wake, self._waker = socket.socketpair()
        self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        self._waker.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        self._selector.register(self._wake, selectors.EVENT_READ)
        self._selector.register(control, selectors.EVENT_READ)

    def serve(self) -> dict[str, Any] | None:
        """Serve until nobody is left; in a fork, return what it is to become."""
        while self._control or self._kernels:
            ready = [key.fileobj for key, _ in self._selector.select()]
            for kernel in [kernel for kernel in self._kernels.values() if kernel.client in ready]:
                self._pass_on(kernel)
            if self._wake in ready:
                self._wake.recv(4096)
            self._reap_all()
            if self._control and self._control in ready and (request := self._answer(self._control)):
                return request
        self._end_all()
        return None

    def _pass_on(self, kernel: _Kernel) -> None:
        """Send the requested signals to a kernel's group; if the client is gone, the kernel goes, too."""
        try:
            numbers = kernel.client.recv(64)
        except OSError:
            numbers = b""
        for number in numbers or bytes([signal.SIGKILL]):
            _signal(kernel.pid, number)
        if not numbers:
            os.waitid(os.P_PID, kernel.pid, os.WEXITED | os.WNOWAIT)
            self._reap(kernel.pid)

    def _reap_all(self) -> None:
        """Collect every child that ended: kernels, and what kernels left behind."""
        with suppress(ChildProcessError):
            while ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                self._reap(ended.si_pid)

    def _reap(self, pid: int) -> None:
        """Collect a child's status and kill the rest of a kernel's group while the number is its own."""
        kernel = self._kernels.pop(pid, None)
        if kernel is None:
            os.waitpid(pid, 0)
            return
        with suppress(OSError):
            os.killpg(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        self._selector.unregister(kernel.client)
        send(kernel.client, {"status": os.waitstatus_to_exitcode(status)})
        kernel.client.close()

    def _answer(self, control: socket.socket) -> dict[str, Any] | None:
        """Answer one request; a fork returns it."""
        try:
            kind, descriptors, _, _ = socket.recv_fds(control, 1, 4)
        except OSError:
            kind, descriptors = b"", []
        if not kind:
            self._close_control(control)
            return None
        client, streams = socket.socket(fileno=descriptors[0]), descriptors[1:]
        pid, request = None, None
        try:
            if kind == b"?":
                send(client, self._status())
            elif (request := self._request(client)) is not None:
                pid = self._fork(request, client, streams)
        finally:
            if pid != 0:
                for stream in streams:
                    os.close(stream)
        if pid == 0:
            return request
        if pid is None:
            client.close()
        else:
            self._add_kernel(pid, client)
        return None

    def _close_control(self, control: socket.socket) -> None:
        """Take no further requests."""
        self._selector.unregister(control)
        control.close()
        self._control = None

    def _status(self) -> dict[str, Any]:
        """Numbers of the kernels that run, names that were not preloaded, and why forks were refused."""
        return {
            "kernels": sorted(self._kernels),
            "left_out": self._state.left_out,
            "refused": list(self._refused),
        }

    def _add_kernel(self, pid: int, client: socket.socket) -> None:
        """Pass signals on to a new kernel from now on."""
        client.setblocking(False)
        self._kernels[pid] = _Kernel(pid, client)
        self._selector.register(client, selectors.EVENT_READ)

    def _request(self, client: socket.socket) -> dict[str, Any] | None:
        client.settimeout(PATIENCE_SECONDS)
        return receive(client)

    def _fork(self, request: dict[str, Any], client: socket.socket, streams: Sequence[int]) -> int | None:
        """Fork a kernel: its process number, 0 in the fork, None if refused; the client gets the reason."""
        if reason := self._refusal(request):
            self._refused[reason] = None
            send(client, {"refused": reason})
            return None
        parent = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            send(client, {"refused": f"no process can be started ({error.strerror})"})
            return None
        if pid:
            send(client, {"pid": pid, "left_out": self._state.left_out})
            return pid
        ctypes.CDLL(None).prctl(SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)
        self._detach(client, streams)
        return 0

    def _refusal(self, request: dict[str, Any]) -> str | None:
        """Why a fork would not be what a fresh interpreter is."""
        if (count := _threads()) > 1:
            return f"the preloaded parent has {count} threads"
        if request["fresh"] and (
            changed := [path for path, stamp in self._state.files.items() if _stamp(path) != stamp]
        ):
            return f"stale: {changed[0]} has changed"
        try:
            entries = os.listdir(request["cwd"])  # noqa: PTH208
        except OSError as reason:
            return f"{request['cwd']}: {reason.strerror}"
        for entry in entries:
            name = entry.partition(".")[0]
            if (package := self._state.packages.get(name)) and _hides(
                Path(request["cwd"], entry), name, package
            ):
                return f"{entry} in {request['cwd']} hides the preloaded {name}"
        return None

    def _detach(self, client: socket.socket, streams: Sequence[int]) -> None:
        """In a fork: keep nothing of the parent but what it had imported."""
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)
        self._selector.close()
        clients = [kernel.client for kernel in self._kernels.values()]
        for connection in (self._control, self._wake, self._waker, client, *clients):
            if connection is not None:
                connection.close()
        for stream, file in enumerate(streams):
            os.dup2(file, stream)
            os.close(file)

    def _end_all(self) -> None:
        """End what kernels left behind: it was adopted, and what it leaves behind is, too."""
        import psutil

        while children := psutil.Process().children():
            for child in children:
                with suppress(psutil.Error):
                    child.kill()
                with suppress(OSError):
                    os.waitpid(child.pid, 0)


def _signal(pid: int, number: int) -> None:
    """Send a signal to the group of a kernel, or to the kernel alone as long as it has not made one."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        with suppress(OSError):
            os.kill(pid, number)
    except OSError:
        pass


def _hides(entry: Path, name: str, package: Path) -> bool:
    """Whether an import in a folder would find this entry instead of what was preloaded by the name."""
    importable = entry.is_dir() or entry.suffix in (".py", ".so", ".pyc")
    if not importable or (entry.is_dir() and entry.name != name):
        return False
    return not (package.exists() and entry.samefile(package))


def send(client: socket.socket, message: dict[str, Any]) -> None:
    """Send a message; whoever was to get it may be gone."""
    text = json.dumps(message).encode()
    with suppress(OSError):
        client.sendall(LENGTH.pack(len(text)) + text)


def receive(client: socket.socket) -> dict[str, Any] | None:
    """The next message, and no byte of what comes after it; None if the other end went away over it."""
    try:
        (length,) = LENGTH.unpack(_exactly(client, LENGTH.size))
        message: dict[str, Any] = json.loads(_exactly(client, length))
    except (OSError, ValueError, struct.error):
        return None
    return message


def _exactly(client: socket.socket, size: int) -> bytes:
    parts = b""
    while len(parts) < size and (part := client.recv(size - len(parts))):
        parts += part
    return parts


def _run_kernel(request: dict[str, Any], state: _State) -> None:
    """Be the kernel of a request: what its command line would have made, from here on."""
    from ipykernel.kernelapp import IPKernelApp

    os.umask(request["umask"])
    os.chdir(request["cwd"])
    _set_environment(request["env"] | {"JPY_PARENT_PID": str(os.getppid())}, state)
    sys.argv = [_launcher(), *request["arguments"]]
    sys.orig_argv[:] = request["command"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    _reseed()
    # What ipykernel read from the environment was read long ago, so it is handed over.
    app = IPKernelApp.instance(parent_handle=os.getppid())
    app.initialize()
    for name in AGAIN & set(sys.modules):
        importlib.reload(sys.modules[name])
    # In a stock kernel imports come after the shell, so their filters of warnings come before its own.
    added = [entry for entry in warnings.filters if entry not in state.filters]
    warnings.filters[:] = state.filters + added  # type: ignore[index]
    with warnings.catch_warnings():  # makes the change known
        pass
    app.start()


def _launcher() -> str:
    """The file of the module that starts stock kernels: what `python -m` makes of its name."""
    spec = importlib.util.find_spec(LAUNCHER)
    return LAUNCHER if spec is None or spec.origin is None else spec.origin


def _set_environment(variables: dict[str, str], state: _State) -> None:
    """The environment of whoever asked, with what imports have changed in it."""
    for name, value in state.environment.items():
        if value is None:
            variables.pop(name, None)
        else:
            variables[name] = value
    for name in set(os.environ) - set(variables):
        del os.environ[name]
    os.environ.update(variables)


def _reseed() -> None:
    """Random state as a fresh process has it; forks would share that of their parent."""
    random.seed()
    if numpy := sys.modules.get("numpy.random"):
        numpy.seed()


if __name__ == "__main__":
    main()
