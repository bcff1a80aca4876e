"""When the base scenario can be read before the others are computed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from analysis.batch.plan import Digests, Task
from analysis.batch.reads import FileDigests
from analysis.batch.runner import Outcome, Started
from analysis.project import Project
from analysis.site import build
from analysis.site.early import EarlySite
from tests.site.site_material import (
    SCENARIOS,
    SLUGS,
    Elements,
    Publish,
    broken_links,
    change_manifest,
    failed,
    rewrite,
    tree,
)

NO_FILES = FileDigests(Project(Path("nowhere")))
TASKS = [
    Task(scenario, slug, Path(slug), Path(scenario, slug), {}, Digests("", ""), NO_FILES)
    for scenario in SCENARIOS
    for slug in SLUGS
]


def ended(task: Task, *, good: bool = True) -> Outcome:
    return Outcome(task.name, "succeeded" if good else "failed", "new", 1.0)


def unchanged(task: Task) -> Outcome:
    return Outcome(task.name, "cached", "unchanged", 1.0)


@pytest.fixture
def base_done(runs: Path) -> None:
    """A batch that has base, and nothing yet of any other scenario."""
    change_manifest(runs, lambda entries: entries.__delitem__(slice(len(SLUGS), None)))


def announced(project: Project, *events: Outcome | Started) -> list[Path]:
    """The index pages that can be read after these events, before the batch ends."""
    indexes: list[Path] = []
    with EarlySite(project, TASKS, lambda index, _: indexes.append(index)) as early:
        for event in events:
            early(event)
    return indexes


def test_base_can_be_read_once_all_its_notebooks_are_done_and_names_what_is_still_computed(
    project: Project, base_done: None
) -> None:
    assert announced(project, *map(ended, TASKS[: len(SLUGS) - 1])) == []
    assert announced(project, *map(ended, TASKS[: len(SLUGS)])) == [project.site.resolve() / "index.html"]
    text = " ".join(Elements(project.site / "index.html").text.split())
    assert "The base scenario alone." in text and "still being computed: Cheap, Dear." in text
    assert {path.parent.name for path in project.site.glob("*/1_prices.html")} == {"base"}
    assert broken_links(project.site) == []


def test_results_of_other_scenarios_from_an_earlier_batch_are_not_shown_as_those_of_this_one(
    project: Project,
) -> None:
    announced(project, *map(ended, TASKS[: len(SLUGS)]))
    listed = json.loads((project.site / "catalogue.json").read_text())
    assert {run["scenario"] for run in listed["runs"]} == {"base"}


def test_the_whole_site_is_the_same_after_an_early_one(
    project: Project, publish: Publish, built: Path
) -> None:
    announced(project, *map(ended, TASKS[: len(SLUGS)]))
    assert tree(publish().parent) == tree(built)


def test_a_report_of_base_alone_does_not_say_that_it_waits(
    project: Project, publish: Publish, base_done: None
) -> None:
    announced(project, *map(ended, TASKS[: len(SLUGS)]))
    assert "The base scenario alone." not in Elements(publish()).text


def test_a_site_that_stands_stays_while_a_batch_runs(project: Project, earlier: Path) -> None:
    before = tree(earlier)
    assert announced(project, *map(ended, TASKS[: len(SLUGS)])) == []
    assert tree(earlier) == before


def test_there_is_no_early_site_of_a_base_that_failed_or_where_nothing_else_is_computed(
    project: Project,
) -> None:
    first, *rest = TASKS[: len(SLUGS)]
    assert announced(project, ended(first, good=False), *map(ended, rest)) == []
    assert announced(project, *map(ended, reversed(TASKS))) == []
    assert announced(project, *map(unchanged, TASKS)) == []
    assert not project.site.exists()


def test_a_base_that_need_not_run_can_be_read_once_another_scenario_starts(project: Project) -> None:
    start = Started(TASKS[-1].name, None)
    assert announced(project, *map(unchanged, TASKS[:-1])) == []
    assert announced(project, *map(unchanged, TASKS[:-1]), start) == [project.site.resolve() / "index.html"]


def test_what_cannot_be_published_yet_is_no_error_of_the_batch(project: Project, runs: Path) -> None:
    rewrite(runs / "base" / "1_prices.ipynb", failed("KeyError", "'a'"))
    assert announced(project, *map(ended, TASKS[: len(SLUGS)])) == []
    assert not project.site.exists()


def test_the_batch_learns_of_the_pages_with_its_next_event(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    announcements: list[tuple[Path, Sequence[str]]] = []
    monkeypatch.setattr(build, "publish", lambda project, awaited: project.site / "index.html")
    with EarlySite(project, TASKS, lambda *both: announcements.append(both)) as early:
        for task in TASKS[: len(SLUGS)]:
            early(ended(task))
        early._thread.shutdown()
        early(Started(TASKS[-1].name, None))
        assert announcements == [(project.site / "index.html", ["cheap", "dear"])]
    assert early.index == project.site / "index.html"
