"""Cells as a page: what opens it, what is folded, what stays in the notebook."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import PublishError
from analysis.site import pages, reader
from tests.site.site_material import (
    SCENARIOS,
    SVG,
    Elements,
    Publish,
    broken_links,
    code,
    displayed,
    failed,
    metric,
    part,
    printed,
    prose,
    rewrite,
    shown,
    write_notebook,
)


def tagged(cell: dict[str, Any], *tags: str) -> dict[str, Any]:
    return cell | {"metadata": {"tags": list(tags)}}


def number(id: str) -> dict[str, Any]:
    return code("x", shown(metric(id, 1.0)))


def chart(id: str) -> dict[str, Any]:
    bundle = {"id": id, "kind": "figure", "subtitle": "", "alt": "Bars.", "columns": [], "rows": []}
    return code("x", shown(bundle, **{"image/svg+xml": SVG}))


def read(tmp_path: Path, *cells: dict[str, Any]) -> pages.Page:
    path = tmp_path / "x.ipynb"
    write_notebook(path, cells)
    return pages.read(reader.read_notebook(path), "base", "x", "x.ipynb", lambda _: None, {}, "")


def ids(blocks: tuple[pages.Block, ...]) -> list[str]:
    return [placed.exhibit.id for block in blocks for placed in block.exhibits]


def test_what_opens_a_page_leaves_its_place_further_down(tmp_path: Path) -> None:
    cells = (prose("# T\n\nS."), prose("## A"), chart("x.a"), tagged(chart("x.b"), "opening"), chart("x.c"))
    page = read(tmp_path, *cells)
    assert (page.title, page.standfirst, ids(page.opening), ids(page.blocks)) == (
        "T",
        "S.",
        ["x.b"],
        ["x.a", "x.c"],
    )


def test_an_exhibit_is_drawn_once_and_where_the_page_opens_if_it_stands_there(tmp_path: Path) -> None:
    page = read(tmp_path, chart("x.a"), tagged(chart("x.a"), "opening"), tagged(chart("x.a"), "folded"))
    assert ids(page.opening) == ["x.a"] and page.blocks == ()


def test_neighbouring_folded_cells_are_one_fold_under_their_first_heading(tmp_path: Path) -> None:
    page = read(
        tmp_path,
        tagged(prose("Words.\n\n### The *title*"), "folded"),
        tagged(code("x"), "notebook-only"),
        tagged(chart("x.a"), "folded"),
        prose("## Between"),
        tagged(number("x.b"), "folded"),
    )
    first, _, second = page.blocks
    assert (first.kind, first.title, first.anchor) == ("fold", "The title", "the-title")
    assert [block.kind for block in first.blocks] == ["prose", "exhibit"]
    assert "Words." in first.blocks[0].html and "title" not in first.blocks[0].html
    assert second.title == pages.UNTITLED and ids(second.blocks) == ["x.b"]


def test_a_heading_starts_another_fold(tmp_path: Path) -> None:
    first, second = tagged(prose("### One"), "folded"), tagged(prose("### Two\n\nWords."), "folded")
    page = read(tmp_path, first, tagged(chart("x.a"), "folded"), second, tagged(chart("x.b"), "folded"))
    folds = [block for block in page.blocks if block.kind == "fold"]
    assert [fold.title for fold in folds] == ["One", "Two"]


def test_the_contents_list_what_is_visible_while_folds_are_closed(tmp_path: Path) -> None:
    cells = (prose("## Seen"), tagged(prose("## Folded"), "folded"), tagged(prose("## Not"), "notebook-only"))
    assert read(tmp_path, *cells).contents == (("seen", "Seen"),)


def test_code_parameters_and_warnings_are_not_on_the_page(tmp_path: Path) -> None:
    cells = (code("a = 1", printed("stderr", "Careful"), tags=["parameters"]), code("f()"))
    assert read(tmp_path, *cells).blocks == ()


def test_what_stays_in_the_notebook_can_still_be_picked(tmp_path: Path) -> None:
    page = read(tmp_path, tagged(chart("x.a"), "notebook-only"), chart("x.b"))
    assert {placed.exhibit.id: placed.is_shown for placed in page.exhibits} == {"x.a": False, "x.b": True}


@pytest.mark.parametrize("place", [(), ("folded",), ("notebook-only",)])
def test_an_error_is_refused_wherever_it_stands(tmp_path: Path, place: tuple[str, ...]) -> None:
    with pytest.raises(PublishError, match="cell 1: holds an error"):
        read(tmp_path, tagged(code("x", failed("KeyError", "a")), *place))


def test_a_cell_with_two_places_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match=r"x\.ipynb, cell 2: is tagged both `opening` and `folded`"):
        read(tmp_path, prose("a"), tagged(prose("b"), "folded", "opening"))


def test_the_folders_of_a_machine_are_not_on_the_page_of_a_missing_section() -> None:
    reason = "failed: cell 3: OSError: [Errno 2] no file: '/home/me/work/a b/x.csv' or ~/y/z.csv"
    assert "/home" not in pages.missing_page("base", "1_x", reason).missing
    assert "x.csv" in pages.missing_page("base", "1_x", reason).missing


def test_a_section_has_its_answer_before_everything_else(publish: Publish, runs: Path) -> None:
    answer = {"id": "x.answer", "kind": "statement", "text": "It does."}
    for scenario in SCENARIOS:
        cells = [prose("# Title\n\nLead."), prose("## More"), tagged(code("x", shown(answer)), "opening")]
        fold = [tagged(prose("### Aside"), "folded"), tagged(chart("x.folded"), "folded")]
        alone = [tagged(chart("x.alone"), "notebook-only")]
        write_notebook(runs / scenario / "1_prices.ipynb", [*cells, *fold, *alone])
    index = publish()
    text = (index.parent / "base" / "1_prices.html").read_text(encoding="utf-8")
    places = [text.index(words) for words in ("Lead.", "It does.", "More</h2>", "<span>Aside</span>")]
    assert places == sorted(places) and 'id="x.alone"' not in text
    assert "It does." in index.read_text(encoding="utf-8")
    folded = part(
        index.parent / "base" / "1_prices.html", '<details class="fold aside" id="aside">', "</details>"
    )
    assert 'id="x.folded"' in folded
    assert broken_links(index.parent) == []
    listed = json.loads((index.parent / "catalogue.json").read_text(encoding="utf-8"))["exhibits"]
    at = {entry["id"]: entry["page"] for entry in listed if entry["scenario"] == "base"}
    assert at["x.alone"] == "base/1_prices.ipynb" and at["x.folded"] == "base/1_prices.html#x.folded"
    assert (index.parent / "data" / "x.alone.csv").is_file()


def test_the_executed_notebook_is_a_download_that_the_page_leads_to(built: Path) -> None:
    page = Elements(built / "cheap" / "1_prices.html")
    assert "../cheap/1_prices.ipynb" in page.all("href")
    content = json.loads((built / "cheap" / "1_prices.ipynb").read_text(encoding="utf-8"))
    assert any("numbers()" in cell["source"] for cell in content["cells"])
    runs = json.loads((built / "catalogue.json").read_text(encoding="utf-8"))["runs"]
    assert {run["file"] for run in runs} == {
        path.relative_to(built).as_posix() for path in built.rglob("*.ipynb")
    }


def test_a_download_does_not_say_when_and_where_it_was_run(publish: Publish, runs: Path) -> None:
    path = runs / "base" / "1_prices.ipynb"
    rewrite(path, displayed(**{"text/plain": "1"}))
    plain = (publish().parent / "base" / "1_prices.ipynb").read_bytes()
    content = json.loads(path.read_text())
    content["metadata"]["papermill"] = {"start_time": "now", "input_path": "/home/me/x.ipynb"}
    content["cells"][0]["metadata"]["papermill"] = {"duration": 3.0}
    path.write_text(json.dumps(content))
    assert (publish().parent / "base" / "1_prices.ipynb").read_bytes() == plain
