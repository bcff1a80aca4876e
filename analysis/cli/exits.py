"""How does a command end? Its exit code, and its errors on stderr.

Decisions
- Exit codes: 0 all well, 1 something ran and failed, 2 wrong usage or bad input (nothing ran), 130 stopped.
- SIGTERM and the end of the terminal stop a command as Ctrl-C does: it clears up first.
- Every error is one line on stderr for each problem, never a traceback; THESIS_DEBUG=1 shows it.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

import typer

from analysis.characters import for_terminal
from analysis.cli import console
from analysis.errors import OutputError, Problem, ThesisError, nearest

STOPPED = 130
NOT_WRITABLE = {errno.EROFS, errno.EACCES, errno.EPERM}


def run(command: Callable[[], object]) -> NoReturn:
    """Run a command and leave the process with its exit code."""
    console.prepare()
    try:
        code = exit_code(lambda: _stoppable(command))
    except OSError as reason:
        if reason.errno != errno.EIO:  # the terminal was closed
            raise
        code = STOPPED
    finally:
        console.drop_output()
    sys.exit(code)


def exit_code(command: Callable[[], object]) -> int:
    """Run a command: its exit code, and its errors on stderr."""
    try:
        code = command()
        console.flush()
    except SystemExit as end:  # typer leaves like this when the reader of our output has seen enough
        if not isinstance(end.__context__, BrokenPipeError):
            raise
        return _report_error(end.__context__)
    except KeyboardInterrupt:  # before typer is ready for it
        code = STOPPED
    except Exception as reason:
        if os.environ.get("THESIS_DEBUG") == "1":
            raise
        return _report_error(reason)
    if code == STOPPED:  # Ctrl-C outside of a batch, which typer turns into this
        _print_errors(["stopped."])
    return code if isinstance(code, int) else 0


def _stoppable(command: Callable[[], object]) -> object:
    """Run a command, ready for the signals that end it."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # otherwise the caller, such as nohup, has decided
            signal.signal(number, _interrupt)
    return command()


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Do what Ctrl-C does, once: a terminal that is closed sends its signal twice."""
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _report_error(reason: Exception) -> int:
    """Print an error, one line for each problem; its exit code."""
    if isinstance(reason, BrokenPipeError):
        return 0
    if isinstance(reason, ThesisError):
        lines, code = str(reason).splitlines(), reason.exit_code
    elif isinstance(reason, typer.TyperException):
        lines, code = [_usage_error(reason)], 2
    elif isinstance(reason, OSError) and reason.filename and reason.errno in NOT_WRITABLE:
        lines, code = [str(_not_writable(reason))], 2
    elif isinstance(reason, OSError) and reason.strerror:
        lines, code = [str(_system_error(reason))], 1
    else:
        lines, code = [for_terminal(" ".join(f"{type(reason).__name__}: {reason}".split()))], 1
    _print_errors(line if code == STOPPED else f"error: {line}" for line in lines)
    return code


def _print_errors(lines: Iterable[str]) -> None:
    """Print on stderr; where that takes nothing the exit code alone shows how a command ended."""
    with suppress(BrokenPipeError, OutputError):
        for line in lines:
            console.echo(line, error=True)


def _not_writable(reason: OSError) -> Problem:
    """A folder that takes nothing, named as far as it exists: the rest means nothing to the user."""
    from analysis.scenarios import display_path

    path = Path(os.fsdecode(reason.filename)).resolve()
    folder = next(folder for folder in (path, *path.parents) if folder.exists())
    fix = (
        "Work in a copy of the project that you may write to, or name another folder where the command takes"
        " --out"
    )
    return Problem(display_path(folder), f"cannot be written to ({reason.strerror})", fix)


def _system_error(reason: OSError) -> Problem:
    """What the system refused, in its words: a disk that is full, a file that is gone."""
    name = "thesis" if reason.filename is None else str(os.fsdecode(reason.filename))
    return Problem(name, f"cannot go on ({reason.strerror})", "Correct that, then run the same command again")


def _usage_error(reason: typer.TyperException) -> str:
    """A usage error as one line, with the nearest option or command."""
    context = getattr(reason, "ctx", None)
    message = " ".join(reason.format_message().replace("Value error, ", "").split())
    option = getattr(reason, "option_name", None)
    if context and option and hasattr(reason, "possibilities"):  # the command has no such option
        options = [name for parameter in context.command.get_params(context) for name in parameter.opts]
        message = f"There is no option {option}. {nearest(option, options)}"
    end = "" if message.endswith(("?", ".")) else "."
    return f"{message}{end} See {context.command_path if context else 'thesis'} --help."
