"""Links with ids that pages had once: where they lead, and that no id is in use and retired."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from analysis.errors import PublishError
from analysis.exhibits import MIME, Exhibit
from analysis.project import Project
from analysis.site import build, retired
from tests.site.site_material import (
    SCENARIOS,
    Elements,
    Publish,
    metric,
    pages,
    part,
    prose,
    rewrite,
    shown,
    write_notebook,
    write_project,
)

ROOT = Project.default().root


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, templates: None) -> Project:
    """Runs, register and retired ids, published."""
    project = write_project(tmp_path_factory.mktemp("retired"))
    build.publish(project)
    return project


def test_the_page_of_the_section_has_every_retired_id_under_every_scenario(published: Project) -> None:
    for entry in retired.read(published):
        for scenario in SCENARIOS:
            ids = Elements(published.site / scenario / f"{entry.section}.html").all("id")
            assert ids.count(entry.id) == 1, (entry.id, scenario)


@pytest.mark.parametrize(
    ("page_name", "kinds"),
    [
        ("claims", {"claim"}),
        ("predictions", {"prediction", "indicator"}),
        ("sources", {"evidence"}),
    ],
)
def test_the_page_that_lists_all_of_a_kind_has_the_retired_ids_of_that_kind(
    published: Project, page_name: str, kinds: set[str]
) -> None:
    ids = Elements(published.site / f"{page_name}.html").all("id")
    old = {entry.id: entry.kind in kinds for entry in retired.read(published)}
    assert len(set(old.values())) == 2
    assert {name: name in ids for name in old} == old


def test_an_id_stands_once_on_a_page_and_its_anchor_is_empty(published: Project) -> None:
    for path, page in pages(published.site):
        ids = page.all("id")
        assert len(ids) == len(set(ids)), path
        for entry in retired.read(published):
            assert (f'<span id="{entry.id}"></span>' in path.read_text("utf-8")) == (entry.id in ids), path


@pytest.mark.parametrize(
    ("page", "old", "new"),
    [
        ("base/1_prices", "prices.older_table", "prices.table"),
        ("claims", "market.merged", "market.size"),
        ("predictions", "p2.merged", "p2.third"),
        ("predictions", "loan", "debt"),
        ("sources", "evidence.fees", "evidence.rates"),
    ],
)
def test_what_was_replaced_leads_to_what_replaced_it(
    published: Project, page: str, old: str, new: str
) -> None:
    ids = Elements(published.site / f"{page}.html").all("id")
    replaced = {entry.id for entry in retired.read(published)} | {f"t-{new}"}  # the title of the new one
    there = [name for name in ids if name == old or name not in replaced]
    assert abs(there.index(old) - there.index(new)) == 1


def test_what_nothing_replaced_leads_to_the_top_of_the_page(published: Project) -> None:
    for page, old in (
        ("base/1_prices", "prices.old"),
        ("base/3_verdict", "verdict.note"),
        ("claims", "market.gone"),
    ):
        opening = part(published.site / f"{page}.html", '<header class="opening">', "<h1>")
        assert f'<span id="{old}"></span>' in opening


def test_a_heading_does_not_take_a_retired_id(project: Project, publish: Publish) -> None:
    write_notebook(project.runs / "base" / "3_verdict.ipynb", [prose("# Verdict"), prose("## Profit")])
    ids = Elements(publish().parent / "base" / "3_verdict.html").all("id")
    assert "profit" in ids and "profit-2" in ids


def test_the_catalogue_lists_them(published: Project) -> None:
    listed = json.loads((published.site / "catalogue.json").read_text("utf-8"))["retired"]
    assert [entry["id"] for entry in listed] == [entry.id for entry in retired.read(published)]
    assert listed[1] == {
        "id": "prices.older_table",
        "kind": "table",
        "section": "1_prices",
        "since": "2026-01-31",
        "replaced_by": "prices.table",
    }


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("growth.multiple", "base/2_growth.html"),
        ("market.size", "base/3_verdict.html"),
        ("p2.third", "base/3_verdict.html"),
        ("debt", "base/3_verdict.html"),
    ],
)
def test_an_id_that_is_in_use_is_not_retired_in_one_line(
    project: Project, publish: Publish, name: str, page: str
) -> None:
    project.retired_ids.write_text(f"{name}: {{kind: claim, section: 1_prices, since: 2026-01-31}}\n")
    with pytest.raises(PublishError) as caught:
        publish()
    rule = f"retired.yml, key {name}: is retired, and {page} shows it."
    fix = "Remove it from the list, or give what has it now another id."
    assert f"{rule} {fix}" in str(caught.value) and "\n" not in str(caught.value)


def test_an_id_that_another_scenario_alone_has_is_not_retired(project: Project, publish: Publish) -> None:
    rewrite(project.runs / "dear" / "2_growth.ipynb", shown(metric("prices.old", 1.0)))
    with pytest.raises(PublishError, match=r"prices\.old: is retired, and dear/2_growth\.html shows it"):
        publish()


def test_a_list_that_changed_changes_the_pages(project: Project, publish: Publish) -> None:
    publish()
    project.retired_ids.unlink()
    site = publish().parent
    assert json.loads((site / "catalogue.json").read_text("utf-8"))["retired"] == []
    assert "prices.old" not in Elements(site / "base" / "1_prices.html").all("id")


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ("{kind: poem, section: 1_a, since: 2026-01-31}", "key kind"),
        ("{kind: claim, since: 2026-01-31}", "key section"),
        ("{kind: claim, section: 1_a, since: soon}", "key since"),
        ("{kind: claim, section: 1_a, since: 2026-01-31, moved_to: a.b}", "key moved_to"),
        ("a.b", "(got 'a.b')"),
    ],
)
def test_an_entry_that_cannot_be_used_is_refused_with_its_place(
    project: Project, entry: str, complaint: str
) -> None:
    project.retired_ids.write_text(f"a.old: {entry}\n")
    with pytest.raises(PublishError) as caught:
        retired.read(project)
    assert "retired.yml, key a.old" in str(caught.value) and complaint in str(caught.value)


def test_ids_of_every_kind_of_exhibit_can_be_retired() -> None:
    kinds = {get_args(kind.model_fields["kind"].annotation)[0] for kind in get_args(Exhibit)}
    assert kinds == set(get_args(retired.Kind)) - {"claim", "prediction", "indicator"}


def ids_of(notebook: Path) -> Iterator[str]:
    """The ids of the stored exhibits of a notebook, and of the claims, predictions and indicators in them."""
    for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
        for output in cell.get("outputs", ()):
            if bundle := output.get("data", {}).get(MIME):
                yield bundle["id"]
                if bundle["kind"] in ("ledger", "predictions", "indicators"):
                    yield from (row["id"] for row in bundle["rows"])


def test_what_the_project_retired_is_gone_its_section_exists_and_what_replaced_it_is_in_use() -> None:
    notebooks = {path.stem: set(ids_of(path)) for path in (ROOT / "notebooks").glob("*.ipynb")}
    in_use = set().union(*notebooks.values())
    old = retired.read()
    assert old and not {entry.id for entry in old} & in_use
    assert {entry.section for entry in old} <= set(notebooks)
    assert {entry.replaced_by for entry in old} - {None} <= in_use
