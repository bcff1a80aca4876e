"""What differs between two sides, tested on small made-up notebooks."""

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from analysis import exhibits, scenarios
from analysis.errors import ParameterError, PublishError
from analysis.project import Project
from analysis.site import diff
from analysis.site.diff import Compared, compare, read
from tests.site.site_material import evidence


def metric(name: str, value: float, spread: float = 0.5, better: str | None = "higher") -> dict[str, Any]:
    short = f"{value:.1f}x"
    text = f"{short} ({value - spread:.1f}x to {value + spread:.1f}x, 90%)"
    return {
        "id": name,
        "kind": "metric",
        "title": "How much",
        "value": value,
        "text": text,
        "short": short,
        "better": better,
    }


def statement(name: str, text: str) -> dict[str, Any]:
    return {"id": name, "kind": "statement", "text": text}


def ledger(name: str, **verdicts: str) -> dict[str, Any]:
    rows = [
        {"id": f"c.{key}", "section": "one", "statement": f"{key} is so", "verdict": verdict, "reason": "why"}
        for key, verdict in verdicts.items()
    ]
    return {"id": name, "kind": "ledger", "columns": [{"name": "id", "title": "Id"}], "rows": rows}


def figure(name: str, finding: str, labels: list[Any]) -> dict[str, Any]:
    rows = [{"label": label, "y": at} for at, label in enumerate(labels)]
    columns = [{"name": "label", "title": "L"}, {"name": "y", "title": "Y"}]
    return {
        "id": name,
        "kind": "figure",
        "title": finding,
        "alt": "Points.",
        "columns": columns,
        "rows": rows,
    }


def side(folder: Path, *bundles: dict[str, Any], slug: str = "1_one", **values: Any) -> Path:
    """A folder with one executed notebook that shows these bundles, and its parameters."""
    folder.mkdir(parents=True, exist_ok=True)
    outputs = [new_output("display_data", {exhibits.MIME: bundle}) for bundle in bundles]
    cell = new_code_cell("shown", outputs=outputs, execution_count=1)
    nbformat.write(new_notebook(cells=[cell]), folder / f"{slug}.ipynb")
    flat = {"scenario": folder.name} | values
    (folder / f"{slug}.yml").write_text(
        "".join(f"{key}: {json.dumps(value)}\n" for key, value in flat.items())
    )
    return folder


def manifest(root: Path, **digests: dict[str, str]) -> None:
    """A manifest that gives the one notebook of each side its digests."""
    runs = [
        {"scenario": name, "notebook": "1_one", "status": "succeeded", "seconds": 1.0, "digests": parts}
        for name, parts in digests.items()
    ]
    (root / "manifest.json").write_text(json.dumps({"runs": runs}))


def compare_sides(root: Path) -> Compared:
    return compare(read("a", root / "a"), read("b", root / "b"))


def test_two_sides_that_are_the_same_differ_in_nothing(tmp_path: Path) -> None:
    for name in ("a", "b"):
        side(tmp_path / name, metric("m", 2.0), ledger("l", x="holds"), statement("s", "So."), growth=2.0)
    part = {"code": "c", "data": "d"}
    manifest(tmp_path, a=part, b=part)
    comparison = compare_sides(tmp_path)
    assert comparison.differences == ()
    assert (
        comparison.summary
        == "Nothing differs; the same: 1 parameter, code, data, 1 metric, 1 verdict, 1 statement."
    )


def test_a_number_has_moved_if_it_is_printed_otherwise(tmp_path: Path) -> None:
    side(
        tmp_path / "a",
        metric("up", 2.0),
        metric("wider", 2.0),
        metric("below_print", 2.0),
        metric("cost", 2.0, better="lower"),
        metric("rounds", 2.44),
    )
    side(
        tmp_path / "b",
        metric("up", 3.5),
        metric("wider", 2.0, 1.0),
        metric("below_print", 2.01),
        metric("cost", 3.0, better="lower"),
        metric("rounds", 2.46),
    )
    comparison = compare_sides(tmp_path)
    changes = {
        difference.id: (difference.change, difference.direction) for difference in comparison.of("metric")
    }
    # 3.5 - 2.0 = 1.5; 3.0 - 2.0 = 1.0, and higher costs are worse
    assert changes == {
        "up": ("+1.5x", "better"),
        "wider": ("interval only", ""),
        "cost": ("+1.0x", "worse"),
        "rounds": ("less than one in the last digit", ""),
    }
    assert comparison.of("metric")[0].a == "2.0x (1.5x to 2.5x, 90%)"
    assert comparison.same["metric"] == 1


def test_a_verdict_that_changed_is_reported_once_with_the_new_reason(tmp_path: Path) -> None:
    side(tmp_path / "a", ledger("l", x="holds", y="fails", z="open"), ledger("every", x="holds", y="fails"))
    side(tmp_path / "b", ledger("l", x="partly", y="fails"), ledger("every", x="partly", y="fails"))
    comparison = compare_sides(tmp_path)
    assert [
        (difference.id, difference.a, difference.b, difference.change)
        for difference in comparison.of("verdict")
    ] == [
        ("c.x", "holds", "partly", "why"),
        ("c.z", "open", None, "listed on one side only"),
    ]
    assert comparison.same["verdict"] == 1


def test_a_reader_sees_the_label_of_a_verdict_and_a_program_its_key(tmp_path: Path) -> None:
    side(tmp_path / "a", ledger("l", x="open", y="holds"), figure("f", "open", ["p"]))
    side(tmp_path / "b", ledger("l", x="void"), figure("f", "void", ["p"]))
    comparison = compare_sides(tmp_path)
    (_, verdicts), (_, findings) = (
        listing
        for listing in diff.listing(comparison)
        if "code" not in listing[0] and "data" not in listing[0]
    )
    assert [list(row.values())[1:3] for row in verdicts] == [
        ["too early to tell", "overtaken"],
        ["right", None],
    ]
    assert list(findings[0].values())[1:] == ["open", "void"]  # words of a chart are no keys
    verdicts = [row for row in json.loads(comparison.as_json())["differences"] if row["kind"] == "verdict"]
    assert [(row["a"], row["b"]) for row in verdicts] == [("open", "void"), ("holds", None)]
    diff.write_page(comparison, tmp_path / "page.html")
    assert ">overtaken<" in (tmp_path / "page.html").read_text()


def test_a_claim_that_only_the_second_side_lists_is_reported(tmp_path: Path) -> None:
    side(tmp_path / "a", ledger("l", x="holds"))
    side(tmp_path / "b", ledger("l", x="holds", new="fails"))
    assert [
        (difference.id, difference.a, difference.b) for difference in compare_sides(tmp_path).of("verdict")
    ] == [("c.new", None, "fails")]


def test_rows_that_changed_places_are_named_with_both(tmp_path: Path) -> None:
    side(tmp_path / "a", figure("f", "P leads", ["p", "q", "r", "only_a"]))
    side(tmp_path / "b", figure("f", "Q leads", ["q", "only_b", "p", "r"]))
    comparison = compare_sides(tmp_path)
    (ranking,) = comparison.of("ranking")
    # Among p, q, r, which both have: p was 1st and is 2nd, q was 2nd and is 1st, r stays 3rd
    assert ranking.change == "p 1 to 2; q 2 to 1"
    assert (ranking.a, ranking.b) == ("p", "q")
    assert [(difference.a, difference.b) for difference in comparison.of("finding")] == [
        ("P leads", "Q leads")
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["2026-01", "2026-02"], ["2026-02", "2026-01"]),
        (["p", "p", "q"], ["q", "p", "p"]),
        ([1.0, 2.0], [2.0, 1.0]),
    ],
)
def test_dates_repeated_names_and_numbers_are_no_ranking(
    tmp_path: Path, before: list[Any], after: list[Any]
) -> None:
    side(tmp_path / "a", figure("f", "Same", before))
    side(tmp_path / "b", figure("f", "Same", after))
    assert compare_sides(tmp_path).of("ranking") == []


def test_parameters_code_and_data_come_first(tmp_path: Path) -> None:
    side(tmp_path / "a", metric("m", 2.0), growth=2.0, rate=[1.0, 2.0])
    side(tmp_path / "b", metric("m", 3.0), growth=2.0, rate=[1.0, 3.0], late="2026-05-21")
    manifest(tmp_path, a={"code": "old", "data": "d"}, b={"code": "new", "data": "d"})
    comparison = compare_sides(tmp_path)
    assert [
        (difference.kind, difference.id, difference.a, difference.b)
        for difference in comparison.differences[:3]
    ] == [
        ("parameter", "rate", "[1.0, 2.0]", "[1.0, 3.0]"),
        ("parameter", "late", None, "2026-05-21"),
        ("code", "code", "old", "new"),
    ]
    assert comparison.of("code")[0].change == "differs in 1_one"
    assert comparison.same == {"parameter": 1, "data": 1} and comparison.of("data") == []


@pytest.mark.parametrize(("digest", "differ"), [("1", False), ("2", True)])
def test_data_differ_if_a_file_that_both_sides_read_does(tmp_path: Path, digest: str, differ: bool) -> None:
    for name in ("a", "b"):
        side(tmp_path / name, metric("m", 2.0), growth=2.0)
    manifest(tmp_path, a={"code": "c", "data": "of one file"}, b={"code": "c", "data": "of two files"})
    path = tmp_path / "manifest.json"
    content = json.loads(path.read_text())
    content["runs"][0]["reads"] = {"table.csv": "1"}
    content["runs"][1]["reads"] = {"table.csv": digest, "another.csv": "3"}
    path.write_text(json.dumps(content))
    assert bool(compare_sides(tmp_path).of("data")) is differ


def test_what_plain_papermill_ran_is_compared_by_the_values_in_its_own_cells(tmp_path: Path) -> None:
    for name, given in (("a", []), ("b", ["rate = [1.0, 3.0]"])):
        path = side(tmp_path / name, metric("m", 2.0)) / "1_one.ipynb"
        path.with_suffix(".yml").unlink()
        content = nbformat.read(path, 4)
        defaults = (
            'scenario: str = "base"\ngrowth: float = 2.0  # x\nrate: list = [1.0, 2.0]\nleft = float("inf")'
        )
        cells = [
            new_code_cell(source, metadata={"tags": [tag]})
            for source, tag in ((defaults, "parameters"), *((row, "injected-parameters") for row in given))
        ]
        content.cells = cells + content.cells
        nbformat.write(content, path)
    comparison = compare_sides(tmp_path)
    (change,) = comparison.of("parameter")
    assert (change.id, change.a, change.b) == ("rate", "[1.0, 2.0]", "[1.0, 3.0]")
    assert (
        comparison.same["parameter"] == 1
    )  # growth; scenario is a label, and what is called is not written out


def test_a_cut_off_date_that_moved_shows_the_new_rows_their_end_and_what_was_found(tmp_path: Path) -> None:
    gaps = [
        {"id": "quarter", "what": "The quarter to June", "where": "Its page"},
        {"id": "list", "what": "A list", "where": "Its page"},
    ]
    before = evidence(data_to="2026-03-31", data_to_latest="2026-03-31", not_found=gaps)
    row = before["rows"][0] | {"valid_on": "2026-06-30", "known_on": "2026-08-26"}
    after = before | {
        "rows": [*before["rows"], row],
        "as_of": "2026-11-30",
        "data_to": "2026-06-30",
        "data_to_latest": "2026-06-30",
        "not_found": [gaps[1], gaps[0] | {"id": "next", "what": "The quarter to September"}],
    }
    side(tmp_path / "a", before, as_of="2026-05-21")
    side(tmp_path / "b", after, as_of="2026-11-30")
    (change,) = compare_sides(tmp_path).of("evidence")
    assert (change.a, change.b) == ("3 rows to 2026-03-31", "4 rows to 2026-06-30")
    assert (
        change.change
        == "1 row only in the second, 0 only in the first; found since: The quarter to June; not found now:"
        " The quarter to September"
    )
    reworded = [gap | {"what": f"{gap['what']}, again"} for gap in gaps]
    side(tmp_path / "b", before | {"as_of": "2026-11-30", "not_found": reworded}, as_of="2026-11-30")
    assert compare_sides(tmp_path).same["evidence"] == 1


def test_what_no_batch_recorded_is_said_to_be_unknown_and_not_the_same(tmp_path: Path) -> None:
    for name in ("a", "b"):
        side(tmp_path / name, metric("m", 2.0))
    comparison = compare_sides(tmp_path)
    assert [difference.change for difference in comparison.differences] == ["was not recorded for 1_one"] * 2
    assert comparison.same == {"metric": 1}


def test_what_one_side_lacks_is_a_difference(tmp_path: Path) -> None:
    side(tmp_path / "a", metric("m", 2.0), statement("gone", "So."))
    side(tmp_path / "a", metric("more", 1.0), slug="2_two")
    side(tmp_path / "b", metric("m", 2.0), metric("new", 4.0))
    comparison = compare_sides(tmp_path)
    assert [(difference.id, difference.a, difference.b) for difference in comparison.of("notebook")] == [
        ("2_two", "there", None)
    ]
    # `more` stands in the notebook that is missing, so that it is not listed again
    assert [(difference.id, difference.a, difference.b) for difference in comparison.of("exhibit")] == [
        ("gone", "there", None),
        ("new", None, "there"),
    ]


def test_the_three_forms_hold_the_same_differences(tmp_path: Path) -> None:
    side(tmp_path / "a", metric("m", 2.0), statement("s", "<b>One</b>"), growth=2.0)
    side(tmp_path / "b", metric("m", 3.0), statement("s", "<script>alert(1)</script>"), growth=3.0)
    comparison = compare_sides(tmp_path)
    content = json.loads(comparison.as_json())
    assert [row["id"] for row in content["differences"]] == [
        difference.id for difference in comparison.differences
    ]
    assert content["a"]["name"] == "a" and content["same"] == {}
    listed = [str(row[next(iter(row))]) for _, rows in diff.listing(comparison) for row in rows]
    assert listed == [difference.id for difference in comparison.differences]
    diff.write_page(comparison, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert all(f">{difference.id}<" in page for difference in comparison.differences)
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page
    assert page.count("<script") == 1  # the page's own


def test_a_page_takes_the_place_of_an_earlier_one_and_of_nothing_else(tmp_path: Path) -> None:
    for name in ("a", "b"):
        side(tmp_path / name, metric("m", 2.0))
    page, other = tmp_path / "page.html", tmp_path / "other.html"
    diff.write_page(compare_sides(tmp_path), page)
    diff.write_page(compare_sides(tmp_path), page)
    other.write_text("somebody's work")
    with pytest.raises(ParameterError, match="is no page of differences"):
        diff.write_page(compare_sides(tmp_path), other)
    assert other.read_text() == "somebody's work"
    with pytest.raises(ParameterError, match="folder does not exist"):
        diff.write_page(compare_sides(tmp_path), tmp_path / "none" / "page.html")
    with pytest.raises(ParameterError, match="is a folder"):
        diff.write_page(compare_sides(tmp_path), tmp_path)


def test_a_word_stands_for_a_scenario_that_was_run_or_for_a_folder(tmp_path: Path) -> None:
    project = Project(tmp_path)
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "base.yml").write_text("scenario: base\n")
    with pytest.raises(ParameterError, match=r"base: was not run. Run `thesis run --scenario base`"):
        diff.folder_of("base", project)
    there = side(project.runs / "base", metric("m", 2.0))
    assert diff.folder_of("base", project) == there
    assert diff.folder_of(str(there), project) == there
    with pytest.raises(ParameterError, match=r"is not a scenario, a day .* 'base'"):
        diff.folder_of("bass", project)


def test_a_folder_without_notebooks_and_a_broken_bundle_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="holds no executed notebook"):
        read("a", tmp_path)
    side(tmp_path / "a", {"id": "m", "kind": "metric"})
    with pytest.raises(PublishError, match="1_one"):
        read("a", tmp_path / "a")


def test_an_assumption_that_differs_is_called_by_its_label(tmp_path: Path) -> None:
    for name, value in (("a", 0.13), ("b", 0.2)):
        side(tmp_path / name, metric("m", 2.0), stake_share=value, old_name=value)
    register = scenarios.load_register()
    sides = read("a", tmp_path / "a"), read("b", tmp_path / "b")
    titles = {difference.id: difference.title for difference in compare(*sides, register).of("parameter")}
    assert titles == {"stake_share": register["stake_share"].label, "old_name": "old_name"}
