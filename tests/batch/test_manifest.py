"""What the manifest keeps, and when a result still stands."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.batch import manifest, plan
from analysis.batch.manifest import RunEntry, Runs
from analysis.batch.plan import Task
from analysis.batch.reads import Reads
from analysis.batch.storage import content_digest
from analysis.project import Project

Build = Callable[..., Project]


def entry(scenario: str, notebook: str) -> RunEntry:
    return {
        "scenario": scenario,
        "notebook": notebook,
        "status": "succeeded",
        "reason": "new",
        "seconds": 1.0,
        "digest": "d",
        "digests": {},
        "output": "o",
        "error": None,
    }


def put(path: Path, text: str = "{}") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def good(task: Task) -> RunEntry:
    """The entry of a task that ran to its end, and its files."""
    put(task.output, "executed")
    put(task.resolved, "years: 4.0")
    done = entry(task.scenario, task.notebook)
    done["reads"] = task.file_digests.of(
        Reads(("analysis/data/table.csv", "analysis/data/evidence")), task.source
    )
    done["digests"] = manifest.result_digests(task, done["reads"])
    done["output"] = content_digest(task.output)
    return done


def test_a_result_stands_as_long_as_nothing_changed(project: Build) -> None:
    (task,) = plan.plan(["base"], project=project("good"))
    done = good(task)
    assert manifest.reason_to_run(task, done) == "unchanged"
    assert manifest.reason_to_run(task, done, force=True) == "forced"
    assert manifest.reason_to_run(task, done | {"status": "cached"}) == "unchanged"


@pytest.mark.parametrize("part", ["code", "parameters"])
def test_the_reason_is_the_part_that_changed(project: Build, part: str) -> None:
    (task,) = plan.plan(["base"], project=project("good"))
    done = good(task)
    done["digests"][part] = "another"
    assert manifest.reason_to_run(task, done) == part


def test_of_the_data_only_what_was_read_is_a_reason(project: Build) -> None:
    here = project("good")
    (task,) = plan.plan(["base"], project=here)
    done = good(task)

    def reason() -> str:
        return manifest.reason_to_run(plan.plan(["base"], project=here)[0], done)

    put(here.data / "unread.csv", "year\n")
    put(
        here.evidence_table("nvidia_revenue"), "another content\n"
    )  # whose folder was listed, but it not read
    assert reason() == "unchanged"
    before = (here.data / "table.csv").read_bytes()
    put(here.data / "table.csv", "year,value\n2025,1\n")
    assert reason() == "data"
    (here.data / "table.csv").write_bytes(before)
    assert reason() == "unchanged"
    put(here.evidence_table("one_more"), "year\n")
    assert reason() == "data"


def test_a_result_of_which_it_is_not_known_what_it_read_runs_again(project: Build) -> None:
    (task,) = plan.plan(["base"], project=project("good"))
    done = good(task)
    del done["reads"]
    assert manifest.reason_to_run(task, done) == "new"


def test_what_is_missing_edited_or_failed_runs_as_new(project: Build) -> None:
    (task,) = plan.plan(["base"], project=project("good"))
    done = good(task)
    assert manifest.reason_to_run(task, None) == "new"
    assert manifest.reason_to_run(task, done | {"status": "failed"}) == "new"
    task.output.write_text("edited by hand")
    assert manifest.reason_to_run(task, done) == "new"
    task.output.write_text("executed")
    task.resolved.unlink()
    assert manifest.reason_to_run(task, done) == "new"


def test_an_equal_job_s_good_result_stands_for_another_that_of_the_base_scenario_first(
    project: Build,
) -> None:
    here = project("good")
    copy_scenario(here, "again", "third")
    tasks = {task.scenario: replace(task, shows_scenario=False) for task in plan.plan(project=here)}
    again, third, base = (tasks[name] for name in ("again", "third", "base"))
    runs = {task.key: good(task) | {"uses_scenario_name": False} for task in (again, base)}
    assert manifest.equal_result(third, runs) == runs[base.key]
    assert manifest.equal_result(third, {again.key: runs[again.key]}) == runs[again.key]
    assert manifest.equal_result(base, {base.key: runs[base.key]}) is None  # its own is no other's
    assert manifest.equal_result(replace(third, shows_scenario=True), runs) is None
    assert manifest.equal_result(tasks["slow"], runs) is None  # of other values


@pytest.mark.parametrize(
    "change",
    [
        {"status": "failed"},
        {"uses_scenario_name": True},
        {"same_as": "again/good"},
        {"output": "of another content"},
        {"reads": {"analysis/data/table.csv": "another digest"}},
    ],
)
def test_a_result_that_is_not_good_or_shows_its_scenario_stands_for_no_other(
    project: Build, change: dict[str, object]
) -> None:
    here = project("good")
    copy_scenario(here, "again")
    base, again = (replace(task, shows_scenario=False) for task in plan.plan(["base", "again"], project=here))
    done: RunEntry = good(base) | {"uses_scenario_name": False}
    assert manifest.equal_result(again, {base.key: done}) == done
    assert manifest.equal_result(again, {base.key: done | change}) is None


def copy_scenario(here: Project, *names: str) -> None:
    """Scenarios with the values of the base."""
    for name in names:
        put(here.scenario(name), f"scenario: {name}\ndescription: The same under another name.\n")


def linked(*pairs: tuple[str, str | None]) -> Runs:
    """Equal results of one notebook by the name of their scenario, and what each is the same as."""
    entries = {name: entry(name, "good") | {"digests": {"code": "c"}} for name, _ in pairs}
    for name, link in pairs:
        if link:
            entries[name]["same_as"] = f"{link}/good"
    return {(name, "good"): entries[name] for name in entries}


def links(runs: Runs) -> dict[str, str | None]:
    true = manifest.with_true_links(runs)
    return {scenario: run.get("same_as") for (scenario, _), run in true.items()}


def test_a_link_stays_as_long_as_both_results_are_good_and_equal() -> None:
    runs = linked(("base", None), ("slow", "base"))
    assert links(runs) == {"base": None, "slow": "base/good"}
    assert links(runs | {("base", "good"): runs["base", "good"] | {"status": "failed"}})["slow"] is None
    assert links(runs | {("base", "good"): runs["base", "good"] | {"digests": {"code": "d"}}})["slow"] is None
    assert links({("slow", "good"): runs["slow", "good"]})["slow"] is None


def test_the_base_scenario_s_result_is_the_one_that_the_others_name() -> None:
    runs = linked(("slow", None), ("third", "slow"), ("base", "slow"))
    runs["slow", "good"] |= {"seconds": 7.0, "cells": [7.0]}
    runs["base", "good"] |= {"seconds": 0.0, "cells": []}
    assert links(runs) == {"slow": "base/good", "third": "base/good", "base": None}
    base = manifest.with_true_links(runs)["base", "good"]
    assert (base["seconds"], base["cells"]) == (7.0, [7.0])  # how long it takes to run


def record(here: Project, *entries: RunEntry) -> dict[str, object]:
    here.runs.mkdir(parents=True, exist_ok=True)
    new = {(run["scenario"], run["notebook"]): run for run in entries}
    runs = manifest.existing_runs(here.runs, here) | new
    manifest.write(here.runs, runs, versions={"python": "3"}, git=None)
    content: dict[str, object] = json.loads((here.runs / "manifest.json").read_text())
    return content


def test_entries_of_other_outputs_are_kept_as_long_as_they_stand_for_something(project: Build) -> None:
    here = project("good", "raises")
    for name in ("base/good.ipynb", "slow/raises.failed.ipynb", "gone/good.ipynb", "base/gone.ipynb"):
        put(here.runs / name)
    record(here, *(entry(s, n) for s in ("slow", "base", "gone") for n in ("raises", "good", "gone")))
    runs = record(here, entry("slow", "good"))["runs"]
    # base/raises and slow/gone have no file, gone is no scenario, and no notebook either.
    assert isinstance(runs, list)
    assert [(run["scenario"], run["notebook"]) for run in runs] == [
        ("base", "good"),
        ("slow", "good"),
        ("slow", "raises"),
    ]


def test_a_manifest_that_cannot_be_read_is_none(project: Build) -> None:
    here = project("good")
    for broken in ("", "{", "[]", '{"runs": [1]}', '{"runs": [{}]}'):
        put(here.runs / "manifest.json", broken)
        assert manifest.read(here.runs) == {}
    assert record(here, entry("base", "good"))["versions"] == {"python": "3"}


@pytest.mark.parametrize(
    "wrong",
    [{"seconds": "1"}, {"reads": [1]}, {"digests": None}, {"cells": None}, {"changed": 1}, {"same_as": 5}],
)
def test_an_entry_with_a_field_of_another_kind_is_none(project: Build, wrong: dict[str, object]) -> None:
    here = project("good")
    runs = [entry("base", "good"), entry("slow", "good") | wrong]
    put(here.runs / "manifest.json", json.dumps({"runs": runs}))
    assert list(manifest.read(here.runs)) == [("base", "good")]
    lacking = {name: value for name, value in entry("base", "good").items() if name != "seconds"}
    put(here.runs / "manifest.json", json.dumps({"runs": [lacking]}))
    assert manifest.read(here.runs) == {}


def test_a_run_is_expected_to_take_as_long_as_the_last_of_the_same_else_of_the_same_notebook() -> None:
    base, slow = entry("base", "good"), entry("slow", "good")
    failed = entry("dear", "good") | {"status": "failed"}
    runs = {("base", "good"): base, ("slow", "good"): slow, ("dear", "good"): failed}
    assert manifest.expected(runs, "slow", "good") is slow
    assert manifest.expected(runs, "dear", "good") is base  # how long a failure took says nothing
    assert manifest.expected(runs, "base", "other") is None
    taken_over = entry("son", "good") | {"seconds": 0.0, "cells": []}  # its source has run again
    assert manifest.expected(runs | {("son", "good"): taken_over}, "son", "good") is base


def test_versions_name_what_a_result_may_depend_on() -> None:
    versions = manifest.versions()
    assert set(versions) == {"python", *manifest.PACKAGES}
    assert all(version[0].isdigit() for version in versions.values())


def test_the_commit_is_that_of_the_project_itself(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True)

    assert manifest.git(tmp_path) is None  # no checkout
    git("init")
    assert manifest.git(tmp_path) is None  # no commit
    git("commit", "--allow-empty", "-m", "first")
    state = manifest.git(tmp_path)
    assert state is not None
    assert (len(state["commit"]), state["dirty"]) == (40, False)
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "file").touch()
    dirty = manifest.git(tmp_path)
    assert dirty is not None
    assert dirty["dirty"]
    assert manifest.git(tmp_path / "inside") is None  # somebody else's checkout around the project
