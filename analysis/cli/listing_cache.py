"""Was this listing computed before? Results by the digest of everything that they depend on.

Decisions
- The key is the content of the package's code and data and the resolved parameters: a result is used again
  only where computing it would give the same, and touching a file changes nothing.
- Results of an earlier state of code and data are removed, so that the folder holds one state.
- A result that cannot be read is computed again; the cache is never the reason for an error.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from analysis.batch import plan, storage
from analysis.hashing import sha256
from analysis.project import Project

Rows = list[dict[str, Any]]


def cached_rows(
    name: str, parameters: Mapping[str, Any], compute: Callable[[], Rows], project: Project | None = None
) -> Rows:
    """The rows of a listing, computed only if anything that they depend on has changed.

    Parameters
    ----------
    name : str
        Name of the listing, a file name.
    parameters : mapping
        Everything that `compute` depends on besides the package's code and data.
    compute : callable
        Makes the rows; they must survive JSON.
    """
    project = project or Project.default()
    state, key = plan.state_digest(project), sha256(json.dumps(parameters, sort_keys=True))
    path = project.cache / state[:16] / f"{name}-{key[:16]}.json"
    if (rows := _read(path)) is not None:
        return rows
    rows = compute()
    _keep(path, rows)
    return rows


def _read(path: Path) -> Rows | None:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return rows if isinstance(rows, list) else None


def _keep(path: Path, rows: Rows) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for earlier in path.parent.parent.iterdir():
            if earlier != path.parent:
                shutil.rmtree(earlier, ignore_errors=True)
        storage.write_text(path, json.dumps(rows, ensure_ascii=False))
    except OSError:
        return  # a read-only checkout still gets its answer
