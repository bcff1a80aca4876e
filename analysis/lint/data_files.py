"""How is a changed data file accepted? Its SHA-256 enters its sidecar, once nothing else is wrong with it."""

from __future__ import annotations

import re
from pathlib import Path

from analysis.errors import DataError, Problem
from analysis.evidence.csv_files import CHANGED
from analysis.hashing import sha256
from analysis.lint import consistency
from analysis.project import Project, sidecar_of
from analysis.scenarios import display_path


def accept(path: Path, project: Project) -> str:
    """Enter the SHA-256 of a data file in its sidecar, and return it.

    Parameters
    ----------
    path : Path
        A CSV file of the project's data.
    project : Project
        The project that it belongs to.

    Raises
    ------
    DataError
        The file has no sidecar with a hash, or something else is wrong with it: every mistake in it at once.
        Nothing is written then.
    """
    sidecar = sidecar_of(path)
    if not path.is_file() or not sidecar.is_file():
        missing = sidecar if path.is_file() else path
        raise DataError(Problem(str(missing), "there is no such file", "Name a CSV file that has a sidecar"))
    where = display_path(path)
    problems = [problem for problem in consistency.check(project).problems if problem.place.startswith(where)]
    if mistakes := [problem for problem in problems if problem.rule != CHANGED]:
        raise DataError(mistakes)
    digest = sha256(path.read_bytes())
    text = sidecar.read_text(encoding="utf-8")
    accepted, count = re.subn(r"(?m)^sha256: *\w+ *$", f"sha256: {digest}", text)
    if count != 1:
        raise DataError(Problem(display_path(sidecar), "has no line for the hash", f"Write sha256: {digest}"))
    sidecar.write_text(accepted, encoding="utf-8")
    return digest
