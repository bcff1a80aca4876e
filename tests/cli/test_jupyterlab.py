"""JupyterLab as a reviewer gets it: a server that is really started, asked, and ended."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest

from analysis.cli import jupyterlab
from analysis.cli.jupyterlab import Session
from analysis.errors import NotebookError, ParameterError, RunError
from analysis.project import Project

ROOT = Project.default().root

Build = Callable[..., Project]


def ask(session: Session, path: str, *, token: bool = True) -> Any:
    parts = urlsplit(session.url)
    key = parse_qs(parts.query)["token"][0] if token else "wrong"
    with urllib.request.urlopen(f"http://{parts.netloc}{path}?token={key}", timeout=30) as answer:
        return json.load(answer)


def settings_of_a_user(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose Jupyter has another kernel and another address, under every variable that leads there."""
    (home / "kernels" / "python3").mkdir(parents=True)
    (home / "kernels" / "python3" / "kernel.json").write_text(
        json.dumps({"argv": ["false"], "display_name": "Other", "language": "python"})
    )
    (home / "jupyter_server_config.json").write_text('{"ServerApp": {"base_url": "/elsewhere/"}}')
    for name in ("HOME", "JUPYTER_PATH", "JUPYTER_CONFIG_PATH", "JUPYTERLAB_DIR"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
    return home


def test_the_notebook_stands_open_on_loopback_behind_a_token_and_nothing_outlives_it(
    project: Build, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # A server that is really started: 3 s, once for all that is asked of one.
    home = settings_of_a_user(tmp_path / "home", monkeypatch)
    copy = project("good", "raises")
    with jupyterlab.start_server("raises.ipynb", project=copy) as session:
        assert session.notebook == copy.notebooks / "raises.ipynb"
        assert urlsplit(session.url).hostname == "127.0.0.1"
        listening = [
            c.laddr.ip for c in psutil.Process(session.process.pid).net_connections() if c.status == "LISTEN"
        ]
        assert listening and set(listening) == {"127.0.0.1"}
        with pytest.raises(urllib.error.HTTPError, match="403"):
            ask(session, "/api/kernelspecs", token=False)
        specs = ask(session, "/api/kernelspecs")
        assert specs["default"] == "python3"
        assert specs["kernelspecs"]["python3"]["spec"]["argv"][0] == sys.executable
        workspace = ask(session, "/lab/api/workspaces/review")["data"]
        assert workspace["layout-restorer:data"]["main"]["current"] == "notebook:notebooks/raises.ipynb"
        assert workspace["notebook:notebooks/raises.ipynb"]["data"]["path"] == "notebooks/raises.ipynb"
        settings = ask(session, "/lab/api/settings/@jupyterlab/apputils-extension:notification")
        assert json.loads(settings["raw"])["fetchNews"] == "false"
        assert (
            psutil.Process(session.process.pid).environ()["THESIS_REVIEW"] == "1"
        )  # its kernels show controls
        children = psutil.Process(session.process.pid).children(recursive=True)
    assert session.process.poll() is not None
    assert not any(child.is_running() for child in children)
    # nothing of the user's settings was used, and nothing written into the user's folders
    assert not any((home / name).exists() for name in (".jupyter", ".ipython", ".local"))
    assert sorted(path.name for path in copy.notebooks.iterdir()) == ["good.ipynb", "raises.ipynb"]


def test_a_port_that_is_taken_is_refused_before_anything_starts(project: Build) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(ParameterError, match=rf"--port {port}: cannot be used \(Address already in use\)"),
            jupyterlab.start_server(port=port, project=project("good")),
        ):
            raise AssertionError("opened")


@pytest.mark.parametrize("port", [-1, 70_000])
def test_a_number_that_is_no_port_is_refused(project: Build, port: int) -> None:
    with (
        pytest.raises(ParameterError, match="cannot be used"),
        jupyterlab.start_server(port=port, project=project("good")),
    ):
        raise AssertionError("opened")


def test_a_notebook_that_is_not_there_is_refused_with_the_nearest(project: Build) -> None:
    with (
        pytest.raises(NotebookError, match=r"there is no such notebook.*'good'"),
        jupyterlab.start_server("goood", project=project("good")),
    ):
        raise AssertionError("opened")


def test_without_jupyterlab_the_way_to_get_it_is_shown(
    project: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with (
        pytest.raises(ParameterError, match=r"not installed\. Run `make review`"),
        jupyterlab.start_server(project=project("good")),
    ):
        raise AssertionError("opened")


def test_a_server_that_does_not_start_tells_its_last_line(
    project: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        jupyterlab, "_command", lambda *_: ["sh", "-c", "echo first; echo the reason; exit 3"]
    )
    with (
        pytest.raises(RunError, match="JupyterLab did not start: the reason"),
        jupyterlab.start_server(project=project("good")),
    ):
        raise AssertionError("opened")


class Ended:
    """A process that ends at once."""

    def __init__(self, code: int) -> None:
        self.code = code

    def wait(self) -> int:
        return self.code


def test_without_a_browser_the_address_is_still_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webbrowser.open", lambda url: False)
    lines: list[str] = []
    session = Session(Path(os.devnull), "http://127.0.0.1:1/lab?token=t", Ended(0))  # type: ignore[arg-type]
    jupyterlab.review(session, browser=True, echo=lines.append)
    assert session.url in lines[0] and lines[1] == "No browser was found; open the address in one."
    with pytest.raises(RunError, match="exit code 9"):
        session = Session(Path(os.devnull), "u", Ended(9))  # type: ignore[arg-type]
        jupyterlab.review(session, browser=False, echo=lines.append)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_heeded_for_as_long_as_a_review_lasts(number: signal.Signals) -> None:
    before = {handled: signal.signal(handled, signal.SIG_IGN) for handled in (signal.SIGINT, signal.SIGTERM)}
    try:
        with pytest.raises(KeyboardInterrupt), jupyterlab._ended_by_signals():
            signal.raise_signal(number)
        assert signal.getsignal(signal.SIGINT) == signal.getsignal(signal.SIGTERM) == signal.SIG_IGN
    finally:
        for handled, handler in before.items():
            signal.signal(handled, handler)


def test_ctrl_c_ends_the_server_with_the_first_notebook_even_where_the_shell_ignores_it() -> None:
    # `command &` in a script starts it with SIGINT ignored,
    # which would be inherited: 5 s for processes that do inherit
    command = [sys.executable, "-m", "analysis", "review", "--no-browser"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    assert process.stdout
    first = Project.default().slugs()[0]
    assert process.stdout.readline().startswith(f"notebooks/{first}.ipynb is open at http://127.0.0.1:")
    [server] = psutil.Process(process.pid).children()
    process.send_signal(signal.SIGINT)
    assert process.communicate()[1].strip() == "stopped." and process.returncode == 130
    assert not server.is_running()
