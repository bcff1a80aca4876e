"""Can the data be read? Asked before a kernel starts, once for each state of code and data.

Decisions
- That a state was read without a mistake is marked by an empty file among the stored results, which are
  cleared with it: a batch in which nothing has changed reads no table, nor what would read them.
- The last day of `as_of` counts, since the day of gathering is compared with it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from analysis import scenarios
from analysis.batch import plan
from analysis.hashing import sha256_of_texts
from analysis.project import Project


def check(read: Callable[[Project], None], project: Project | None = None) -> None:
    """Refuse data that cannot be used.

    Parameters
    ----------
    read : callable
        Reads all data of a project.

    Raises
    ------
    DataError
        What is wrong with a file, all of it at once.
    """
    project = project or Project.default()
    mark = project.cache / f".data-{sha256_of_texts(plan.state_digest(project), *_days(project))[:16]}"
    if mark.exists():
        return
    read(project)
    with suppress(OSError):  # a checkout that takes no file is checked each time
        mark.parent.mkdir(parents=True, exist_ok=True)
        for earlier in mark.parent.glob(".data-*"):
            earlier.unlink(missing_ok=True)
        mark.touch()


def _days(project: Project) -> list[str]:
    """The first and the last day of `as_of`."""
    entry = scenarios.load_register(project).get("as_of")
    return [day.isoformat() for day in (entry.days or () if entry else ())]
