"""Which runs can be published: all, a part where that is asked for, none that failed or was edited."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from analysis.project import Project
from tests.site.site_material import (
    SCENARIOS,
    SLUGS,
    Elements,
    Publish,
    broken_links,
    change_manifest,
    fail_runs,
    part,
    refused,
    tree,
)


def test_no_manifest_is_one_clear_line(publish: Publish, runs: Path) -> None:
    shutil.rmtree(runs)
    runs.mkdir()
    assert (
        refused(publish)
        == "runs/manifest.json: there is no such file, so nothing was run. Run `thesis run` first."
    )


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("[", "is not JSON"),
        ("[]", "valid dict"),
        ('{"runs": []}', "lists no runs"),
        ('{"runs": [{}]}', "Field required"),
    ],
)
def test_a_manifest_that_is_none_is_refused(publish: Publish, runs: Path, text: str, rule: str) -> None:
    (runs / "manifest.json").write_text(text)
    assert rule in refused(publish)


def test_a_failed_run_a_missing_notebook_and_a_gap_are_all_named_at_once(
    publish: Publish, runs: Path
) -> None:
    change_manifest(
        runs, lambda listed: (listed[0].update(status="failed", error="ValueError: no.\nmore"), listed.pop())
    )
    (runs / "cheap" / "2_growth.ipynb").unlink()
    lines = refused(publish).splitlines()
    assert lines[0].startswith(
        "runs/manifest.json, base/1_prices: failed: ValueError: no. Mend it, then run `thesis run --scenario"
        " base"
    )
    assert (
        lines[1]
        == "cheap/2_growth.ipynb: there is no such notebook. Run `thesis run --scenario cheap --notebook"
        " 2_growth`."
    )
    assert (
        lines[2]
        == "dear/3_verdict: was not run, while other scenarios have it. Run `thesis run --scenario dear"
        " --notebook 3_verdict`."
    )
    assert len(lines) == 3


def test_a_part_is_published_where_that_is_asked_for_and_says_what_is_missing(
    publish: Publish, runs: Path
) -> None:
    fail_runs(runs, ("base", "1_prices"), ("cheap", "2_growth"))
    change_manifest(runs, lambda listed: listed.pop())  # dear/3_verdict was not run
    index = publish(partial=True)
    text = Elements(index).text
    assert "Not the whole report. 3 of 9 notebooks have no result" in text
    missing = {
        "base/1_prices": "(failed: cell 3: ValueError: 1 < 2)",
        "cheap/2_growth": "(failed: cell 3: ValueError: 1 < 2)",
        "dear/3_verdict": "(was not run, while other scenarios have it)",
    }
    for scenario in SCENARIOS:
        for slug in SLUGS:
            name = f"{scenario}/{slug}"
            page = Elements(index.parent / f"{name}.html")
            assert ("This section is missing." in page.text) == (name in missing), name
            assert missing.get(name, "") in page.text
            if name in missing:  # the result of an earlier run does not stand in for it
                assert "<figure" not in (index.parent / f"{name}.html").read_text()
                assert f'href="{name}.html"' in index.read_text()
    assert broken_links(index.parent) == []
    made = json.loads((index.parent / "catalogue.json").read_text())["runs"]
    assert {f"{run['scenario']}/{run['notebook']}" for run in made if "missing" in run} == set(missing)


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("scenario", ["base", "dear"])
def test_any_notebook_may_be_missing(publish: Publish, runs: Path, scenario: str, slug: str) -> None:
    fail_runs(runs, (scenario, slug))
    assert broken_links(publish(partial=True).parent) == []


def test_a_notebook_of_the_project_that_never_ran_is_missing_too(publish: Publish, project: Project) -> None:
    project.notebooks.mkdir()
    for slug in (*SLUGS, "4_new"):
        (project.notebooks / f"{slug}.ipynb").write_text("{}")
    lines = refused(publish).splitlines()
    command = "Run `thesis run --scenario base --notebook 4_new`"
    assert len(lines) == len(SCENARIOS) and lines[0] == f"base/4_new: was never run. {command}."
    index = publish(partial=True)
    page = part(index.parent / "base" / "4_new.html", '<p class="warning">', "</p>")
    assert "(was never run)" in page and "thesis run --scenario base --notebook 4_new" in page
    assert broken_links(index.parent) == []


def test_the_whole_leading_scenario_may_be_missing_but_not_everything(publish: Publish, runs: Path) -> None:
    fail_runs(runs, *(("base", slug) for slug in SLUGS))
    assert "This section is missing." in Elements(publish(partial=True).parent / "base/1_prices.html").text
    fail_runs(runs, *((scenario, slug) for scenario in SCENARIOS for slug in SLUGS))
    assert len(refused(publish, partial=True).splitlines()) == 9


def test_a_whole_report_is_the_same_where_a_part_would_do(publish: Publish, built: Path) -> None:
    assert tree(publish(partial=True).parent) == tree(built)


def test_a_notebook_that_was_edited_after_its_run_is_refused(publish: Publish, runs: Path) -> None:
    change_manifest(runs, lambda listed: listed[0].update(output="0" * 64))
    assert refused(publish).startswith("base/1_prices.ipynb: was edited after it was run.")
