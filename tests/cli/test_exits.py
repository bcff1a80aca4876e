"""How a command ends: which exit code, which line, and what happens where nobody can read it."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from analysis import __main__ as command
from analysis.cli import console, exits
from analysis.errors import ParameterError, Problem, RunError
from analysis.project import Project

FULL = Path("/dev/full")


def test_every_way_to_end_has_its_code_and_its_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("THESIS_DEBUG", raising=False)

    def ends(reason: Exception) -> tuple[int, str]:
        def action() -> None:
            raise reason

        return exits.exit_code(action), capsys.readouterr().err

    first, second = Problem("a.yml", "is empty", "Fill it"), Problem("b.yml", "is a list", "Write a mapping")
    assert ends(ParameterError([first, second])) == (
        2,
        "error: a.yml: is empty. Fill it.\nerror: b.yml: is a list. Write a mapping.\n",
    )
    assert ends(RunError(first)) == (1, "error: a.yml: is empty. Fill it.\n")
    assert ends(KeyError("two\nlines")) == (1, "error: KeyError: 'two\\nlines'\n")
    assert exits.exit_code(lambda: 130) == 130
    assert capsys.readouterr().err == "stopped.\n"
    assert exits.exit_code(lambda: None) == 0
    monkeypatch.setenv("THESIS_DEBUG", "1")
    with pytest.raises(KeyError):
        ends(KeyError("x"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_asked_to_end_is_stopped(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    def listing(*_: object) -> str:
        os.kill(os.getpid(), number)
        raise AssertionError("it went on")

    usual = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
        signal.SIGHUP: signal.SIG_DFL,
    }
    # a job in the background ignores SIGINT
    before = {handled: signal.getsignal(handled) for handled in usual}
    monkeypatch.setattr(command.console, "listing", listing)
    monkeypatch.setattr(sys, "argv", ["thesis", "scenarios"])
    try:
        for handled, handler in usual.items():
            signal.signal(handled, handler)
        with pytest.raises(SystemExit) as end:
            command.main()
    finally:
        for handled, handler in before.items():
            signal.signal(handled, handler)
    assert (end.value.code, capsys.readouterr().err) == (130, "stopped.\n")


def test_a_terminal_that_is_gone_ends_a_command_and_not_in_an_exception(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(exits, "exit_code", gone)
    monkeypatch.setattr(os, "dup2", lambda *_: None)
    with pytest.raises(SystemExit) as end:
        command.main()
    assert end.value.code == 130


def test_a_reader_who_leaves_early_is_no_error() -> None:
    line = f"{sys.executable} -m analysis scenarios --format csv | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", line], cwd=Project.default().root, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no file that is always full")
@pytest.mark.parametrize("lines", [1, 10_000])  # more than a buffer holds, and less
def test_what_cannot_be_written_down_ends_with_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, lines: int
) -> None:
    with FULL.open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        code = exits.exit_code(lambda: console.echo("line\n" * lines))
        console.drop_output()  # closing it would fail otherwise
    assert code == 1
    err = capsys.readouterr().err
    assert err.startswith("error: standard output: cannot be written to (No space left on device).")
    assert err.count("\n") == 1


@pytest.mark.skipif(not FULL.exists(), reason="this system has no file that is always full")
def test_where_errors_cannot_be_reported_the_code_says_how_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise RunError([])

    def slips() -> None:
        raise OSError(28, "No space left on device")

    with FULL.open("w") as full:
        monkeypatch.setattr(sys, "stderr", full)
        assert exits.exit_code(fails) == 1
        assert exits.exit_code(slips) == 1
        assert exits.exit_code(lambda: 130) == 130
        console.drop_output()


def test_what_the_system_refused_is_reported_in_its_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("THESIS_DEBUG", raising=False)

    def fails() -> None:
        raise OSError(28, "No space left on device", "/srv/a\x1b[31mb")

    assert exits.exit_code(fails) == 1
    err = capsys.readouterr().err
    assert err.startswith("error: /srv/ab: ") and "(No space left on device)" in err and "OSError" not in err
