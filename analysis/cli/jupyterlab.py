"""How does a reviewer open the notebooks? JupyterLab on this project: own kernel, on loopback, with a token.

Decisions
- The server is that of the environment this command runs in, so that the kernel of the notebooks has the
  project; nothing of the user's own settings, kernels or workspaces is read or written
  (`environment`).
- The requested notebook is open; nothing is asked of the user and nothing is fetched from the internet.
- It listens on 127.0.0.1 alone. A requested port that is taken is refused; without a request, any free port
  is used.
"""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from analysis.batch import environment
from analysis.batch.plan import notebook_names
from analysis.errors import ParameterError, Problem, RunError
from analysis.project import Project
from analysis.scenarios import display_path

HOST = "127.0.0.1"
START_SECONDS = 60
"""How long a server may take until it answers; after a cold start it is slow, a broken one never answers."""
WORKSPACE = "review"


@dataclass(frozen=True)
class Session:
    """A server that answers: what is open in it and where."""

    notebook: Path
    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def start_server(
    notebook: str | None = None, *, port: int | None = None, project: Project | None = None
) -> Iterator[Session]:
    """JupyterLab on the project's folder for as long as the block runs.

    Parameters
    ----------
    notebook : str, optional
        Slug or file name of the notebook to open; by default the first.
    port : int, optional
        Where to listen; any free port by default.

    Raises
    ------
    NotebookError
        No such notebook.
    ParameterError
        JupyterLab is not installed, or the port is taken.
    RunError
        The server ended or did not answer.
    """
    project = project or Project.default()
    slug = notebook_names([notebook] if notebook else (), project)[0]
    path = project.notebooks / f"{slug}.ipynb"
    if importlib.util.find_spec("jupyterlab") is None:
        rule = "needs JupyterLab, which is not installed"
        raise ParameterError(Problem("review", rule, "Run `make review`, or pip install -e '.[review]'"))
    port = _free_port(port)
    token = secrets.token_urlsafe(24)
    with _ended_by_signals(), tempfile.TemporaryDirectory(prefix="review-") as folder:
        session_dir = Path(folder)
        _write_workspace(session_dir / "workspaces", path.relative_to(project.root).as_posix())
        _write_settings(session_dir / "settings")
        environment.write_kernelspec(session_dir)
        log = session_dir / "log"
        with log.open("wb") as log_file:
            process = subprocess.Popen(
                _command(project.root, port, token),
                cwd=project.root,
                env=_environment(session_dir, project.root),
                stdout=log_file,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C reaches this process alone, which ends the server
            )
        try:
            base = f"http://{HOST}:{port}"
            _wait_until_ready(process, f"{base}/api/status?token={token}", log)
            yield Session(path, f"{base}/lab/workspaces/{WORKSPACE}?token={token}", process)
        finally:
            _end(process)


def review(session: Session, *, browser: bool, echo: Callable[[str], object] = print) -> None:
    """Print what was opened and where, open it in a browser if there is one, and wait until the server ends.

    Raises
    ------
    RunError
        The server ended by itself with an error.
    """
    echo(f"{display_path(session.notebook)} is open at {session.url}")
    if browser and not _open_in_browser(session.url):
        echo("No browser was found; open the address in one.")
    echo("Ctrl-C ends JupyterLab and its kernels.")
    if code := session.process.wait():
        raise RunError(Problem("review", f"JupyterLab ended with exit code {code}", "Run it again"))


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM ends a review as Ctrl-C does, and Ctrl-C does so even where a shell started us in the
    background without it.
    """
    before = {
        number: signal.signal(number, signal.default_int_handler)
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _free_port(port: int | None) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port or 0))
        except (OSError, OverflowError) as reason:
            rule = f"cannot be used ({getattr(reason, 'strerror', None) or reason})"
            raise ParameterError(
                Problem(f"--port {port}", rule, "Name another, or leave out --port to get a free one")
            ) from None
        return int(probe.getsockname()[1])


def _command(root: Path, port: int, token: str) -> list[str]:
    options = {
        "ServerApp.ip": HOST,
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.open_browser": False,
        "ServerApp.root_dir": root,
        "IdentityProvider.token": token,
        "ServerApp.allow_root": True,
    }
    return [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in options.items())]


def _environment(session_dir: Path, root: Path) -> dict[str, str]:
    """The variables of the user without settings, with our folder for those, and with the variable that tells
    notebooks that someone reads them.
    """
    return {name: value for name, value in os.environ.items() if not environment.is_setting(name)} | {
        **environment.variables(session_dir, root),
        "THESIS_REVIEW": "1",
        "JUPYTERLAB_WORKSPACES_DIR": str(session_dir / "workspaces"),
        "JUPYTERLAB_SETTINGS_DIR": str(session_dir / "settings"),
    }


def _write_workspace(folder: Path, path: str) -> None:
    """A workspace with one notebook open, as JupyterLab saves it."""
    widget = f"notebook:{path}"
    main = {"dock": {"type": "tab-area", "currentIndex": 0, "widgets": [widget]}, "current": widget}
    content = {
        "data": {
            "layout-restorer:data": {"main": main},
            widget: {"data": {"path": path, "factory": "Notebook"}},
        },
        "metadata": {"id": WORKSPACE},
    }
    from jupyterlab_server.workspaces_handler import WorkspacesManager

    WorkspacesManager(str(folder)).save(WORKSPACE, json.dumps(content))  # only it knows the name of the file


def _write_settings(folder: Path) -> None:
    """Settings under which JupyterLab fetches no news and looks for no updates: nothing is sent."""
    target = folder / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    target.parent.mkdir(parents=True)
    target.write_text(
        json.dumps({"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}),
        encoding="utf-8",
    )


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Until the server answers."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 (our own loopback address)
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["it printed nothing"]
    raise RunError(Problem("review", f"JupyterLab did not start: {lines[-1]}", "Run `make review`"))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the server, which ends its kernels; by force if it does not."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _open_in_browser(url: str) -> bool:
    try:
        return webbrowser.open(url)
    except webbrowser.Error:
        return False
