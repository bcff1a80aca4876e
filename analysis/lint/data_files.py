"""How is a changed data file accepted? Its SHA-256 enters its sidecar, once nothing else is wrong with it.

Decisions
- All files that are named are looked at before the first sidecar is written.
- Only the hash changes: quotes, comments and line ends of a sidecar stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from analysis.errors import DataError, Problem
from analysis.evidence.csv_files import CHANGED
from analysis.hashing import sha256
from analysis.lint import consistency
from analysis.project import Project, sidecar_of
from analysis.scenarios import display_path

HASH = re.compile(r"""(?m)^(sha256: *["']?)\w+(?=["']?[ \t]*(?:#.*)?\r?$)""")


def accept(paths: Iterable[Path], project: Project) -> list[str]:
    """Enter the SHA-256 of data files in their sidecars, and return them.

    Parameters
    ----------
    paths : iterable of Path
        CSV files of the project's data.
    project : Project
        The project that they belong to.

    Raises
    ------
    DataError
        A file is none of the project's data or has no sidecar with a hash, or something else is wrong with
        one of them or its sidecar: every mistake at once. Nothing is written then.
    """
    tables = list(dict.fromkeys(path.parent.resolve() / path.name for path in paths))
    if problems := [problem for table in tables for problem in _file_problems(table, project)]:
        raise DataError(problems)
    digests = [sha256(table.read_bytes()) for table in tables]
    sidecars = {
        sidecar_of(table): _with_hash(sidecar_of(table), digest)
        for table, digest in zip(tables, digests, strict=True)
    }
    places = tuple(map(display_path, [*tables, *sidecars]))
    if mistakes := [
        problem
        for problem in consistency.check(project).problems
        if problem.place.startswith(places)
        and problem.rule != CHANGED
        and not problem.place.endswith("key sha256")
    ]:
        raise DataError(mistakes)
    for sidecar, text in sidecars.items():
        sidecar.write_bytes(text.encode("utf-8"))
    return digests


def _file_problems(table: Path, project: Project) -> Iterator[Problem]:
    """What makes a path no table of the project's data with a sidecar."""
    if missing := [path for path in (table, sidecar_of(table)) if not path.is_file()]:
        yield Problem(display_path(missing[0]), "there is no such file", "Name a CSV file that has a sidecar")
    elif table.parent not in (project.evidence.resolve(), project.thesis.resolve()):
        where = f"{display_path(project.evidence)} or {display_path(project.thesis)}"
        yield Problem(str(table), "is not a data file of the project", f"Name a CSV file in {where}")


def _with_hash(sidecar: Path, digest: str) -> str:
    """The text of a sidecar with another hash."""
    try:
        text = sidecar.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise DataError(Problem(display_path(sidecar), "is not UTF-8 text", "Save it as UTF-8")) from None
    text, count = HASH.subn(rf"\g<1>{digest}", text)
    if count != 1:
        raise DataError(Problem(display_path(sidecar), "has no line for the hash", f"Write sha256: {digest}"))
    return text
