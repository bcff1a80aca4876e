"""Where do the results of a batch go, and how do they get there complete? Folders of this machine, and URLs
that fsspec knows.

Decisions
- A URL (``s3://bucket/runs``) is a `UPath`, which answers like a `pathlib.Path`; so there is one code for
  both.
- Whoever reads a file finds the old or the new content, never a part: on
  this machine a second file is renamed, elsewhere there is one put of everything.
- Whatever goes wrong behind a URL is an `OSError`, as it is on a disk.
- No bucket is ever made: a name that is misspelt is an error.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from analysis import scenarios
from analysis.characters import first_hidden_character
from analysis.errors import ParameterError, Problem
from analysis.hashing import sha256

LOCAL = ("file", "local")
EXTRA = "Install the extra: pip install 'thesis-report[cluster]'"


def local_path(text: str, option: str) -> Path:
    """The folder or file of this machine that a user names.

    Raises
    ------
    ParameterError
        Nothing but spaces, as a shell writes for a variable that is not set: it would stand for the
        current folder. Or a character that no reader sees, so that no message could show the path.
    """
    if not text.strip():
        raise ParameterError(Problem(f"{option} {text!r}", "is empty", "Write a path"))
    if hidden := first_hidden_character(text):
        raise ParameterError(Problem(f"{option} {text}", f"holds {hidden[1]}", "Use another name"))
    return Path(text)


def location(text: str) -> Path:
    """The path that a user names by `--out`: a folder, or a URL that fsspec knows.

    Raises
    ------
    ParameterError
        As `local_path`; or a scheme that fsspec does not know, or whose package is not installed.
    """
    scheme = urlsplit(text).scheme if "://" in text else ""
    machine = urlsplit(text).netloc if scheme in LOCAL else ""
    if machine not in ("", "localhost"):  # the first part of a path that was meant from here
        raise _out_error(text, f"names the machine {machine}", "Write file:///FOLDER, or the folder alone")
    if not scheme:
        return local_path(text, "--out")
    if scheme in LOCAL and urlsplit(text).path.strip():
        return local_path(unquote(urlsplit(text).path), "--out")
    if not text.partition("://")[2].strip("/ "):
        raise _out_error(text, "has no folder", "Write s3://BUCKET/FOLDER")
    try:
        from upath import UPath

        url = UPath(text.rstrip("/"))
        _ = url.fs  # which imports what the scheme needs
    except ImportError as reason:
        raise _out_error(text, f"needs a package that is not installed ({reason})", EXTRA) from None
    except ValueError:
        rule = f"nothing here knows the scheme {scheme}://"
        raise _out_error(text, rule, "Write a folder, or a URL of fsspec as s3://BUCKET/FOLDER") from None
    return cast(Path, url)


def _out_error(text: str, rule: str, fix: str) -> ParameterError:
    return ParameterError(Problem(f"--out {text}", rule, fix))


def is_remote(path: Path) -> bool:
    """Whether a path is a URL."""
    return not isinstance(path, PurePath)


def path_text(path: Path) -> str:
    """A path as a message prints it."""
    return str(path) if is_remote(path) else scenarios.display_path(path)


@contextmanager
def as_os_errors(path: Path) -> Iterator[None]:
    """Whatever a file system behind a URL raises, as an `OSError` with one line."""
    try:
        yield
    except OSError:
        raise
    except Exception as reason:
        if not is_remote(path):
            raise
        raise OSError(" ".join(f"{type(reason).__name__}: {reason}".split())) from reason


def read_bytes(path: Path) -> bytes:
    """What a file holds."""
    with as_os_errors(path):
        return path.read_bytes()


def content_digest(path: Path) -> str:
    """The SHA-256 of what a file holds."""
    return sha256(read_bytes(path))


def is_file(path: Path) -> bool:
    """Whether a file exists."""
    with as_os_errors(path):
        return path.is_file()


def remove(path: Path) -> None:
    """Remove a file, if it exists."""
    with as_os_errors(path):
        path.unlink(missing_ok=True)


def move(result: Path, target: Path) -> None:
    """Move a finished file of this machine to its target, which is never half-written."""
    if is_remote(target):
        put(target, result.read_bytes())
        result.unlink()
    else:
        result.replace(target)


def put(target: Path, content: bytes, *, new: bool = False) -> None:
    """Store a file behind a URL in one go; a `new` one is refused with FileExistsError where there is one."""
    from upath.implementations.cloud import CloudPath

    url: Any = target
    with as_os_errors(target):
        if not isinstance(target, CloudPath):  # object stores have no folders
            url.fs.makedirs(url.parent.path, exist_ok=True)
        url.fs.pipe_file(url.path, content, mode="create" if new else "overwrite")


def make_folder(folder: Path) -> None:
    """Make a folder, where there are folders."""
    if not is_remote(folder):
        folder.mkdir(parents=True, exist_ok=True)


def write_text(path: Path, text: str) -> None:
    """`write_whole` of a text."""
    write_whole(path, lambda file: file.write_text(text, encoding="utf-8"))


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file so that whoever reads it finds the old or the new content, never a part; `write` gets
    the file to write.
    """
    if is_remote(path):
        with tempfile.TemporaryDirectory() as folder:
            write(copy := Path(folder) / path.name)
            put(path, copy.read_bytes())
        return
    copy = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(copy)
        copy.replace(path)
    finally:
        copy.unlink(missing_ok=True)
