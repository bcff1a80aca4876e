"""Building and replacing a site: its files, links and bytes, and what is refused."""

from __future__ import annotations

import base64
import csv
import errno
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote, unquote, urldefrag

import jinja2
import pytest

from analysis.project import Project
from analysis.site import build
from tests.site.site_material import (
    ODD,
    ROWS,
    SCENARIOS,
    SLUGS,
    Elements,
    Publish,
    broken_links,
    change_manifest,
    evidence,
    fail_runs,
    failed,
    grid,
    metric,
    pages,
    part,
    prose,
    refused,
    rewrite,
    share,
    shown,
    tree,
    write_notebook,
)

ROOT = Project.default().root


def test_the_site_has_its_pages_and_one_for_each_notebook_and_scenario(built: Path) -> None:
    names = {name for name in tree(built) if name.endswith(".html")}
    templates = {path.stem for path in Project.default().templates.glob("*.html.j2")}
    templates -= {"section.html", "calibration.html"}  # nothing here was compared with past cases
    rows = {"evidence/prices.html", "evidence/rates.html"}
    assert names == templates | rows | {f"{scenario}/{slug}.html" for scenario in SCENARIOS for slug in SLUGS}


def test_every_internal_link_and_fragment_leads_somewhere(built: Path) -> None:
    assert broken_links(built) == []


def test_links_between_files_are_relative_and_stay_inside_the_site(built: Path) -> None:
    for path, page in pages(built):
        for address in page.all("href"):
            if not re.match(r"(https?|data|mailto):", address):
                assert not address.startswith("/")
                assert (path.parent / urldefrag(address)[0]).resolve().is_relative_to(built.resolve())


def test_links_lead_somewhere_whatever_the_folders_and_the_notebooks_are_called(
    project: Project, tmp_path: Path
) -> None:
    slug = f"1 {ODD}"
    moved = Project(project.root.rename(tmp_path.with_name(f"project {ODD}")))
    odd = moved.runs
    for path in sorted(odd.glob("*/1_prices.*")):
        path.rename(path.with_stem(slug))
    change_manifest(odd, lambda entries: [run.update(notebook=slug) for run in entries[:: len(SLUGS)]])
    text = prose(f"See [it](<{quote(slug)}.ipynb>) and [this]({quote(slug)}.ipynb#prices.table).")
    for scenario in SCENARIOS:
        write_notebook(odd / scenario / "2_growth.ipynb", [text])
    out = build.publish(moved, moved.reports / f"site {ODD}").parent
    assert broken_links(out) == []
    assert f'<a href="{quote(slug)}.html#prices.table"' in (out / "base" / "2_growth.html").read_text()
    listed = json.loads((out / "catalogue.json").read_text(encoding="utf-8"))
    for address in [run["page"] for run in listed["runs"]] + [
        exhibit["page"] for exhibit in listed["exhibits"]
    ]:
        assert (out / unquote(urldefrag(address)[0])).is_file()


def test_an_id_stands_once_on_a_page_and_every_reference_between_elements_is_met(built: Path) -> None:
    for path, page in pages(built):
        ids = page.all("id")
        assert len(ids) == len(set(ids)), path
        assert set(page.all("aria-labelledby")) | set(page.all("popovertarget")) <= set(ids)


def test_nothing_that_could_run_load_or_restyle_survives(built: Path) -> None:
    for path, page in pages(built):
        text = path.read_text(encoding="utf-8")
        assert "alert(1)" not in text and "refresh" not in text, path
        for tag, attributes in page.tags:
            assert not [name for name in attributes if name.startswith("on") or name == "style"], (path, tag)
            assert tag not in {"iframe", "base", "object", "embed"}
            assert not attributes.get("href", "").lower().startswith("javascript:")
            assert tag == "a" or not attributes.get("href", "").startswith("http")
            assert not re.match(r"(https?:)?//", attributes.get("src", ""))
        assert [t for t, _ in page.tags].count("script") == [t for t, _ in page.tags].count("style") == 1


def test_what_a_hostile_output_says_in_words_is_kept(built: Path) -> None:
    text = Elements(built / "base" / "1_prices.html").text
    assert text.count("kept words") == text.count("kept link") == 2  # once as Markdown, once as an output


def test_the_policy_allows_exactly_the_style_and_script_of_the_page_and_no_request(built: Path) -> None:
    for path, page in pages(built, moved=True):
        policy = dict(
            part.strip().split(" ", 1)
            for part in next(a["content"] for t, a in page.tags if a.get("http-equiv")).split(";")
        )
        assert policy["default-src"] == "'none'" and policy["img-src"] == "data:", path
        for kind in ("style", "script"):
            digest = base64.b64encode(hashlib.sha256("".join(page.inline[kind]).encode()).digest()).decode()
            assert policy[f"{kind}-src"] == f"'sha256-{digest}'"


def test_no_page_loads_anything(built: Path) -> None:
    for path, page in pages(built):
        loads = [
            a.get("src") or a.get("href")
            for t, a in page.tags
            if t in {"img", "link", "script", "source", "use", "image"}
        ]
        assert all(address is None or address.startswith("data:") for address in loads), path


def test_two_builds_of_the_same_runs_have_the_same_bytes(
    publish: Publish, built: Path, tmp_path: Path
) -> None:
    again = tree(publish().parent)
    assert again == tree(built)
    assert not any(str(tmp_path).encode() in content for content in again.values())


def test_a_page_does_not_say_how_long_a_run_took_or_that_it_was_cached(
    publish: Publish, built: Path, runs: Path
) -> None:
    change_manifest(
        runs, lambda entries: [entry.update(seconds=99.5, status="cached", reason="x") for entry in entries]
    )
    assert tree(publish().parent) == tree(built)


def test_what_a_macro_makes_of_the_same_objects_is_made_once() -> None:
    drawn: list[object] = []
    source = "{% macro say(words, mark='') %}{{ note(words) }}<{{ words[0] }}>{{ mark }}{% endmacro %}"
    environment = jinja2.Environment(autoescape=True)
    environment.globals["note"] = lambda words: drawn.append(words) or ""
    say, once = environment.from_string(source).module.say, build._DrawnOnce()
    first, second = ["<a"], ["<a"]
    texts = [once(say, words) for words in (first, first, second)]
    assert texts == ["<&lt;a>"] * 3 and drawn == [first, second]
    assert once(say, first, "!") == "<&lt;a>!"


def test_a_site_is_built_without_libraries_that_only_notebooks_need() -> None:
    code = "import sys, analysis.site.build; print({'pandas', 'scipy', 'matplotlib'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"


def test_pages_stay_light(built: Path) -> None:
    sizes = {name: len(content) for name, content in tree(built).items() if name.endswith(".html")}
    assert sizes["index.html"] < 300_000
    assert max(sizes.values()) < 600_000


@pytest.mark.parametrize(
    ("name", "target", "old", "new"),
    [
        ("risks", "base/3_verdict.html", "risk-1", "base/3_verdict.html#risks.register"),
        ("indicators", "predictions.html", "debt", ""),
        ("skill", "methods.html", "ranking", "methods.html#skill"),
        ("fits", "methods.html", "verdict.proof", ""),
    ],
)
def test_an_earlier_address_leads_on_with_the_place_that_was_asked_for(
    built: Path, name: str, target: str, old: str, new: str
) -> None:
    page = Elements(built / f"{name}.html")
    refresh = [attributes for _, attributes in page.tags if attributes.get("http-equiv") == "refresh"]
    assert [attributes["content"] for attributes in refresh] == [f"0; url={target}"]
    places = re.search(r"const places = (\{.*?\})", page.inline["script"][0])
    assert places and json.loads(places[1]).get(old, "") == new
    assert "location.hash" in page.inline["script"][0]
    # what has no place of its own has the same on the new page
    path, fragment = urldefrag(new or f"{target}#{old}")
    assert fragment in Elements(built / path).all("id")
    assert not any(f"{name}.html" in page.all("href") for _, page in pages(built))


def test_the_navigation_has_six_entries_and_marks_the_one_that_a_page_belongs_to(built: Path) -> None:
    for name, entry in (
        ("index", "Findings"),
        ("base/1_prices", "Findings"),
        ("claims", "Fact-check"),
        ("predictions", "Predictions"),
        ("whatif", "Scenarios and What if"),
        ("evidence/prices", "Evidence"),
        ("assumptions", "Evidence"),
        ("guide", "Methods"),
    ):
        nav = part(built / f"{name}.html", '<nav aria-label="Site">', "</nav>")
        assert nav.count("<a ") == 6
        assert re.findall(r'aria-current="\w+">([^<]+)<', nav) == [entry], name


def test_no_two_pages_have_one_name(built: Path) -> None:
    directory = part(built / "index.html", '<nav class="directory"', "</nav>")
    names = re.findall(r"<a [^>]*>([^<]+)</a>", directory)
    assert len(names) == len(set(names)) and "Methods" in directory


def test_evidence_that_scenarios_share_has_one_set_of_files(built: Path) -> None:
    other = SCENARIOS[1]
    assert (built / "data" / "evidence.prices.csv").is_file()
    assert not (built / "data" / other / "evidence.prices.csv").exists()
    listed = json.loads((built / "catalogue.json").read_text(encoding="utf-8"))["exhibits"]
    files = {e["csv"] for e in listed if e["id"] == "evidence.prices"}
    assert files == {"data/evidence.prices.csv"}
    assert f"data/{other}/verdict.cells.csv" in {e.get("csv") for e in listed}


@pytest.fixture
def shared(publish: Publish, runs: Path) -> Path:
    """A site whose first section is the same under every scenario."""
    share(runs, "1_prices")
    write_notebook(runs / "dear" / "2_growth.ipynb", [prose("See [it](1_prices.ipynb#prices.table).")])
    return publish().parent


def test_a_section_that_is_the_same_under_every_scenario_is_drawn_once(shared: Path) -> None:
    """Its other addresses lead on, also to a place on it, with and without a script."""
    lead = Elements(shared / "base" / "1_prices.html")
    assert lead.text.count("same under every scenario") == 1 and "Base" not in lead.inline["script"]
    assert 'aria-current="true"' not in part(shared / "base" / "1_prices.html", "<main", "</main>")
    for scenario in SCENARIOS[1:]:
        page = Elements(shared / scenario / "1_prices.html")
        assert "same under every scenario" in page.text and "<figure" not in page.text
        assert [attributes["href"] for tag, attributes in page.tags if tag == "a"] == [
            "../base/1_prices.html"
        ]
        refresh = [attributes for _, attributes in page.tags if attributes.get("http-equiv") == "refresh"]
        assert [attributes["content"] for attributes in refresh] == ["0; url=../base/1_prices.html"]
        assert "location.hash" in page.inline["script"][0]
        assert "same under every scenario" not in Elements(shared / scenario / "2_growth.html").text


def test_nothing_points_to_an_address_that_leads_on(shared: Path) -> None:
    moved = {(shared / scenario / "1_prices.html").resolve() for scenario in SCENARIOS[1:]}
    for path, page in pages(shared):
        linked = {(path.parent / unquote(urldefrag(address)[0])).resolve() for address in page.all("href")}
        assert not linked & moved, path
    assert broken_links(shared) == []
    text = (shared / "dear" / "2_growth.html").read_text()
    assert '"../base/1_prices.html#prices.table"' in text and "Next section" in text


def test_the_catalogue_has_every_exhibit_of_every_scenario_with_the_one_page_and_file_of_a_shared_section(
    shared: Path,
) -> None:
    listed = json.loads((shared / "catalogue.json").read_text(encoding="utf-8"))
    tables = [entry for entry in listed["exhibits"] if entry["id"] == "prices.table"]
    assert [entry["scenario"] for entry in tables] == list(SCENARIOS)
    assert {(entry["page"], entry["csv"]) for entry in tables} == {
        ("base/1_prices.html#prices.table", "data/prices.table.csv")
    }
    assert not (shared / "data" / "dear" / "prices.table.csv").exists()
    runs = [run for run in listed["runs"] if run["notebook"] == "1_prices"]
    assert {run["page"] for run in runs} == {"base/1_prices.html"}
    assert [run["digest"] for run in runs] == [f"{step}abc" * 8 for step in range(3)]
    numbers = csv.DictReader(io.StringIO((shared / "metrics.csv").read_text(encoding="utf-8")))
    assert [row["scenario"] for row in numbers if row["id"] == "prices.multiple"] == list(SCENARIOS)


@pytest.mark.parametrize("change", ["an output", "a value", "failed"])
def test_a_section_that_differs_under_one_scenario_has_a_page_under_each(
    publish: Publish, runs: Path, change: str
) -> None:
    share(runs, "1_prices")
    if change == "an output":
        path = runs / "dear" / "1_prices.ipynb"
        path.write_text(path.read_text().replace("1.4x", "1.5x"))
    elif change == "a value":
        (runs / "dear" / "1_prices.yml").write_text("scenario: dear\ngrowth: 3.0\n")
    else:
        fail_runs(runs, ("dear", "1_prices"))
    out = publish(partial=True).parent
    for scenario in SCENARIOS:
        assert "same under every scenario" not in Elements(out / scenario / "1_prices.html").text
    assert broken_links(out) == []


def test_a_section_that_stops_being_the_same_is_drawn_again_under_every_scenario(
    publish: Publish, shared: Path, runs: Path, tmp_path: Path
) -> None:
    rewrite(runs / "dear" / "1_prices.ipynb", shown(metric("prices.multiple", 9.0, role="headline")))
    publish()
    assert "same under every scenario" not in Elements(shared / "cheap" / "1_prices.html").text
    assert tree(shared) == tree(publish(tmp_path / "fresh").parent)


def test_evidence_as_of_another_day_is_another_exhibit(publish: Publish, runs: Path) -> None:
    rewrite(runs / "base" / "1_prices.ipynb", shown(evidence(as_of="2026-01-01")))
    assert refused(publish).startswith("base/3_verdict, exhibit evidence.prices: is not what base/1_prices")


def test_a_grid_that_misses_a_point_is_refused(publish: Publish, runs: Path) -> None:
    broken = grid()
    rewrite(runs / "base" / "3_verdict.ipynb", shown(broken | {"rows": broken["rows"][:-1]}))
    assert "rows are not every combination of the axes" in refused(publish)


def test_downloads_are_safe_in_a_spreadsheet_and_keep_their_numbers(built: Path) -> None:
    rows = list(csv.reader(io.StringIO((built / "data" / "prices.table.csv").read_text(encoding="utf-8"))))
    assert rows == [["who", "price"], ["'=HYPERLINK(1)", "1.5"], ["-5", "-2.25"], ["<b>bold</b>", ""]]


def test_json_downloads_say_what_they_are(built: Path) -> None:
    record = json.loads((built / "data" / "dear" / "prices.table.json").read_text(encoding="utf-8"))
    assert (record["scenario"], record["notebook"], record["digest"]) == ("dear", "1_prices", "2abc" * 8)
    assert record["rows"] == ROWS and record["columns"][1]["unit"] == "USD"
    assert record["sources"] == [{"title": "A source", "url": "https://example.org/a", "quality": "reported"}]


def test_all_numbers_of_all_scenarios_stand_in_one_file(built: Path) -> None:
    rows = list(csv.DictReader(io.StringIO((built / "metrics.csv").read_text(encoding="utf-8"))))
    values = {row["scenario"]: row["value"] for row in rows if row["id"] == "growth.multiple"}
    assert values == {"base": "1.4", "cheap": "1.9", "dear": "2.4"}


def test_a_notebook_that_cannot_be_read_is_refused_in_one_line(publish: Publish, runs: Path) -> None:
    (runs / "base" / "1_prices.ipynb").write_text('{"cells": [')
    message = refused(publish)
    assert message.startswith("base/1_prices.ipynb: cannot be read as a notebook") and "\n" not in message


def test_a_bundle_that_is_not_whole_is_refused_with_its_place(publish: Publish, runs: Path) -> None:
    rewrite(runs / "base" / "1_prices.ipynb", shown({"id": "prices.x", "kind": "metric"}))
    assert (
        "base/1_prices.ipynb, cell 1, exhibit prices.x, key metric.text: is missing, as in runs of an earlier"
        " version. Run `thesis run` again" in refused(publish)
    )


def test_an_error_in_a_notebook_is_never_published(publish: Publish, runs: Path) -> None:
    rewrite(runs / "base" / "1_prices.ipynb", failed("KeyError", "'a'"))
    assert "base/1_prices.ipynb, cell 1: holds an error: KeyError: 'a'" in refused(publish)


def test_one_id_for_two_different_exhibits_is_refused(publish: Publish, runs: Path) -> None:
    rewrite(runs / "base" / "1_prices.ipynb", shown(metric("growth.multiple", 9.9)))
    assert refused(publish).startswith(
        "base/2_growth, exhibit growth.multiple: is not what base/1_prices shows"
    )


def test_a_failed_build_leaves_yesterdays_site_and_nothing_next_to_it(
    publish: Publish, earlier: Path, runs: Path, tmp_path: Path
) -> None:
    before = tree(earlier)
    (runs / "base" / "1_prices.ipynb").unlink()
    refused(publish)
    assert tree(earlier) == before
    assert sorted(path.name for path in earlier.parent.iterdir()) == [
        "guide.md",
        "retired.yml",
        "runs",
        "site",
    ]


def test_a_template_that_breaks_leaves_yesterdays_site_and_names_its_line(
    publish: Publish, earlier: Path, project: Project
) -> None:
    before = tree(earlier)
    shutil.copytree(project.templates, project.reports / "templates")
    (project.templates / "zz.html.j2").write_text("\n{{ nothing.at.all }}")
    assert "zz.html.j2, line 2: cannot be drawn" in refused(publish)
    assert tree(earlier) == before


def test_a_swap_that_fails_half_way_puts_the_old_site_back(tmp_path: Path) -> None:
    out, missing = tmp_path / "site", tmp_path / "fresh"
    out.mkdir()
    (out / "index.html").write_text("old")
    with pytest.raises(FileNotFoundError):
        build.swap(missing, out, tmp_path / "previous")
    assert (out / "index.html").read_text() == "old"


def test_a_new_build_replaces_the_whole_site(publish: Publish, earlier: Path) -> None:
    (earlier / "stray.html").write_text("left over")
    publish()
    assert not (earlier / "stray.html").exists()


def test_a_folder_that_is_no_site_is_never_replaced(publish: Publish, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("Dear")
    assert "exists and is not a site of ours" in refused(publish, out=tmp_path / "letters")
    assert (tmp_path / "letters" / "dear.txt").read_text() == "Dear"


def test_a_site_is_not_put_where_a_folder_cannot_be_replaced(
    publish: Publish, earlier: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder that the command was started in, one above it, and one that is a file system of its own."""
    before = tree(earlier)
    for folder, out in ((earlier, "."), (earlier / "base", "..")):
        monkeypatch.chdir(folder)
        assert "Go to another folder" in refused(publish, out=Path(out))
    monkeypatch.chdir(earlier.parent)
    monkeypatch.setattr("os.path.ismount", lambda path: Path(path) == earlier)
    assert "site: is a mount point" in refused(publish) and "Name a folder inside it" in refused(publish)
    assert tree(earlier) == before


def test_a_folder_that_the_system_does_not_let_go_is_named(
    publish: Publish, earlier: Path, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rename(self: Path, target: Path) -> None:
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(self), None, str(target))

    before = tree(earlier)
    rewrite(runs / "cheap" / "1_prices.ipynb", shown(metric("prices.multiple", 9.0)))
    monkeypatch.setattr(Path, "rename", rename)
    assert "site: is a mount point" in refused(publish)
    assert tree(earlier) == before


def test_a_full_disk_is_reported_with_the_folder_and_what_the_site_takes_and_nothing_is_left_behind(
    publish: Publish, earlier: Path, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, room = tree(earlier), 1_000_000
    rewrite(runs / "cheap" / "1_prices.ipynb", shown(metric("prices.multiple", 9.0)))
    files = tree(publish(tmp_path / "whole").parent)
    shutil.rmtree(tmp_path / "whole")
    write = Path.write_bytes

    def write_bytes(path: Path, content: bytes) -> int:
        nonlocal room
        room -= len(content)
        if room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    needed = sum(len(content) for name, content in files.items() if name != "built.json") / 1e6
    assert f"site: has no room for the {needed:.1f} MB that it takes" in refused(publish)
    assert tree(earlier) == before
    assert sorted(path.name for path in earlier.parent.iterdir()) == [
        "guide.md",
        "retired.yml",
        "runs",
        "site",
    ]


def test_neither_batch_nor_site_nor_command_line_holds_a_word_of_the_thesis() -> None:
    words = re.compile(r"OpenAI|SoftBank|\bSon\b|MOIC|Anthropic|GPT|NVIDIA|article of|billion", re.IGNORECASE)
    modules = [path for room in ("batch", "cli", "site") for path in (ROOT / "analysis" / room).glob("*.py")]
    assert ROOT / "analysis" / "site" / "build.py" in modules
    for path in sorted(modules):
        matches = words.findall(path.read_text(encoding="utf-8"))
        assert not matches, f"{path.name}: {matches}"
