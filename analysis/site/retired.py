"""Where does a link with an old id lead? Ids that pages once had, each with its section and what replaced it.

Decisions
- Ids are addresses that readers keep. One that nothing on the pages has any more stays in a list, and pages
  keep an empty anchor for it: a link lands without script.
- The page of its section has the anchor; so has the page that lists all claims, predictions, indicators or
  tables of evidence, where it was one. It is at what replaced the id, where that is on the page, else at the
  top.
- An id is either in use or retired. Two parts of a page with one name would take the reader to the first, so
  that an id which comes back is refused until it leaves the list.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from analysis.errors import Problem, PublishError
from analysis.exhibits import Id
from analysis.project import Project
from analysis.scenarios import Day, display_path, read_yaml, validation_problems

Kind = Literal[
    "metric",
    "table",
    "figure",
    "ledger",
    "evidence",
    "skill",
    "predictions",
    "indicators",
    "grid",
    "statement",
    "claim",
    "prediction",
    "indicator",
]
"""What had the id: an exhibit of some kind, or one row of a ledger, of predictions or of a status board."""


class RetiredId(BaseModel):
    """An id that was published once: of what, in which section, gone since when, and what replaced it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: Id
    kind: Kind
    section: str
    since: Day
    replaced_by: Id | None = None


def read(project: Project | None = None) -> tuple[RetiredId, ...]:
    """The retired ids of a project, in the order of their file; none where there is no such file.

    Raises
    ------
    PublishError
        Entries that cannot be used, all of them at once.
    """
    path = (project or Project.default()).retired_ids
    if not path.is_file():
        return ()
    retired: list[RetiredId] = []
    problems: list[Problem] = []
    for name, raw in read_yaml(path, error=PublishError).items():
        entry = {"id": name, **raw} if isinstance(raw, dict) else raw
        try:
            retired.append(RetiredId.model_validate(entry))
        except ValidationError as reason:
            problems += validation_problems(reason, f"{display_path(path)}, key {name}")
    if problems:
        raise PublishError(problems)
    return tuple(retired)


def refuse_ids_in_use(retired: Iterable[RetiredId], pages: Mapping[str, str], path: Path) -> None:
    """Refuse ids that are retired and in use; `pages` has the page of each id in use, `path` is their list.

    Raises
    ------
    PublishError
        One line for each.
    """
    problems = [
        Problem(
            f"{display_path(path)}, key {entry.id}",
            f"is retired, and {pages[entry.id]} shows it",
            "Remove it from the list, or give what has it now another id",
        )
        for entry in retired
        if entry.id in pages
    ]
    if problems:
        raise PublishError(problems)


def by_replacement(retired: Iterable[RetiredId], on_page: Container[str]) -> dict[str, list[str]]:
    """Retired ids by the id on a page that replaced them; under "" what nothing there replaced."""
    anchors: dict[str, list[str]] = {}
    for entry in retired:
        replaced_by = entry.replaced_by if entry.replaced_by in on_page else None
        anchors.setdefault(replaced_by or "", []).append(entry.id)
    return anchors
