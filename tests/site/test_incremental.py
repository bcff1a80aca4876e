"""What is drawn again after a change, and that nothing else is."""

from __future__ import annotations

import shutil
from pathlib import Path

import grimp
import pytest

from analysis import thesis
from analysis.project import Project
from analysis.site import build, incremental
from tests.site.site_material import (
    SCENARIOS,
    SLUGS,
    Publish,
    metric,
    rewrite,
    shown,
    tree,
)

ROOT = Project.default().root


def test_nothing_is_written_where_nothing_has_changed(publish: Publish, earlier: Path) -> None:
    first = {path: path.stat().st_ino for path in earlier.rglob("*")}
    publish()
    assert {path: path.stat().st_ino for path in earlier.rglob("*")} == first


def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the templates that are drawn from now on."""
    names: list[str] = []
    draw = build._render
    monkeypatch.setattr(
        build, "_render", lambda e, name, /, **more: names.append(name) or draw(e, name, **more)
    )
    return names


def test_only_the_page_of_a_notebook_that_changed_is_drawn_again_and_the_bytes_are_those_of_a_fresh_build(
    publish: Publish, earlier: Path, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(runs / "cheap" / "1_prices.ipynb", shown(metric("prices.multiple", 9.0, role="headline")))
    names = drawn(monkeypatch)
    publish()
    assert names.count("section.html.j2") == 1
    assert tree(earlier) == tree(publish(tmp_path / "fresh").parent)


def test_a_change_of_the_leading_scenario_a_template_or_an_edited_page_is_drawn_again(
    publish: Publish, earlier: Path, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, runs = tree(earlier), project.runs
    (earlier / "cheap" / "1_prices.html").write_text("edited")
    names = drawn(monkeypatch)
    publish()
    assert tree(earlier) == before and names.count("section.html.j2") == 1
    names.clear()
    rewrite(runs / "base" / "1_prices.ipynb", shown(metric("prices.multiple", 9.0)))
    publish()
    assert names.count("section.html.j2") == len(SCENARIOS) * len(SLUGS)
    names.clear()
    shutil.copytree(project.templates, project.reports / "templates")
    publish()
    assert names == []  # the same templates elsewhere are the same
    (project.templates / "words.j2").open("a").write("{# a word #}")
    publish()
    assert names.count("section.html.j2") == len(SCENARIOS) * len(SLUGS)


def test_another_name_of_the_thesis_is_on_every_page(
    publish: Publish, earlier: Path, project: Project
) -> None:
    text, brand = project.thesis_file.read_text(encoding="utf-8"), thesis.load(project).brand
    project.thesis_file.write_text(text.replace(brand, "A fresh name"), encoding="utf-8")
    publish()
    pages = [path.read_text(encoding="utf-8") for path in earlier.rglob("*.html")]
    assert all("A fresh name" in page and brand not in page for page in pages)


def test_a_module_that_the_site_imports_counts_for_every_page(
    publish: Publish, earlier: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that it reaches through others, as the batch's reading of files."""
    graph = grimp.build_graph("analysis", cache_dir=None)
    imported = graph.find_upstream_modules("analysis.site", as_package=True)
    assert "analysis.batch.storage" in imported
    files = {path.relative_to(ROOT).with_suffix("") for path in incremental.code_files()}
    modules = {".".join(path.parts).removesuffix(".__init__") for path in files}
    assert imported | graph.find_descendants("analysis.site") <= modules
    (changed := tmp_path / "module.py").write_text("")
    monkeypatch.setattr(incremental, "code_files", lambda: {changed})
    names = drawn(monkeypatch)
    publish()
    assert names.count("section.html.j2") == len(SCENARIOS) * len(SLUGS)
