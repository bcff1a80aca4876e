"""The published site: what a reader may rely on, held against a small run of made-up notebooks."""

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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote, unquote, urldefrag

import pytest

from analysis import ROOT, exhibits
from analysis.errors import PublishError
from analysis.scenarios import Entry
from analysis.site import build
from tests.site.site_material import (
    CITED,
    COLUMNS,
    ODD,
    ROWS,
    SCENARIOS,
    SLUGS,
    Elements,
    backtests,
    broken_links,
    cells,
    claim,
    compiled_once,
    evidence,
    failed,
    grid,
    metric,
    pages,
    part,
    prose,
    rewrite,
    shown,
    tree,
    write_notebook,
    write_params,
    write_retired,
    write_runs,
)

Publish = Callable[..., Path]


@pytest.fixture(scope="module", autouse=True)
def templates() -> Iterator[None]:
    with compiled_once():
        yield


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return write_runs(tmp_path / "runs")


@pytest.fixture
def publish(tmp_path: Path, runs: Path) -> Publish:
    own = {"params": write_params(tmp_path / "params"), "retired": write_retired(tmp_path / "retired.yml")}
    return lambda out=tmp_path / "site", **more: build.publish(more.pop("runs", runs), out, **own | more)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, templates: None) -> Path:
    """A site to look at; tests that change something build their own, or take a copy of this as `earlier`."""
    folder = tmp_path_factory.mktemp("built")
    own = {"params": write_params(folder / "params"), "retired": write_retired(folder / "retired.yml")}
    return build.publish(write_runs(folder / "runs"), folder / "site", **own).parent


@pytest.fixture
def earlier(built: Path, tmp_path: Path) -> Path:
    """The same site where `publish` puts one."""
    return shutil.copytree(built, tmp_path / "site")


def test_the_guide_reads_a_fan_by_the_numbers_of_that_fan(built: Path) -> None:
    reading = re.search(r'<ul class="reading">(.+?)</ul>', (built / "guide.html").read_text(), re.DOTALL)
    assert reading
    assert re.findall(r"<b>(.+?)</b>", reading[1]) == [
        "31",
        "12.2",
        "62",
        "1.5",
        "203",
    ]  # the last row, three digits
    assert "3 years from the start" in (built / "guide.html").read_text()


def test_the_site_has_its_sheets_and_a_page_for_each_notebook_and_scenario(built: Path) -> None:
    names = {name for name in tree(built) if name.endswith(".html")}
    sheets = {path.stem for path in build.TEMPLATES.glob("*.html.j2")} - {"section.html"}
    rows = {"evidence/prices.html", "evidence/rates.html"}
    assert names == sheets | rows | {f"{scenario}/{slug}.html" for scenario in SCENARIOS for slug in SLUGS}


def test_every_internal_link_and_fragment_leads_somewhere(built: Path) -> None:
    assert broken_links(built) == []


def test_links_between_files_are_relative_and_stay_inside_the_site(built: Path) -> None:
    for path, page in pages(built):
        for address in page.all("href"):
            if not re.match(r"(https?|data|mailto):", address):
                assert not address.startswith("/")
                assert (path.parent / urldefrag(address)[0]).resolve().is_relative_to(built.resolve())


def test_links_lead_somewhere_whatever_the_folders_and_the_notebooks_are_called(
    publish: Publish, runs: Path, tmp_path: Path
) -> None:
    slug = f"1 {ODD}"
    odd = runs.rename(tmp_path / f"runs {ODD}")
    for path in sorted(odd.glob("*/1_prices.*")):
        path.rename(path.with_stem(slug))
    change_manifest(odd, lambda entries: [run.update(notebook=slug) for run in entries[:: len(SLUGS)]])
    said = prose(f"See [it](<{quote(slug)}.ipynb>) and [this]({quote(slug)}.ipynb#prices.table).")
    for scenario in SCENARIOS:
        write_notebook(odd / scenario / "2_growth.ipynb", [said])
    out = publish(tmp_path / f"site {ODD}", runs=odd).parent
    assert broken_links(out) == []
    assert f'<a href="{quote(slug)}.html#prices.table"' in (out / "base" / "2_growth.html").read_text()
    listed = json.loads((out / "catalogue.json").read_text(encoding="utf-8"))
    for address in [run["page"] for run in listed["runs"]] + [one["page"] for one in listed["exhibits"]]:
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
    for path, page in pages(built):
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
        runs, lambda entries: [one.update(seconds=99.5, status="cached", reason="x") for one in entries]
    )
    assert tree(publish().parent) == tree(built)


def test_pages_stay_light(built: Path) -> None:
    sizes = {name: len(content) for name, content in tree(built).items() if name.endswith(".html")}
    assert sizes["index.html"] < 300_000
    assert max(sizes.values()) < 600_000


def test_the_index_opens_with_the_verdict_and_shows_numbers_counts_and_scenarios(built: Path) -> None:
    text = " ".join(Elements(built / "index.html").text.split())
    places = [
        text.index(part)
        for part in (
            "Most of it <fails>.",
            "1.4x",
            "0.7x to 2.8x, 90%",
            "four statements",
            "Section by section",
        )
    ]
    assert places == sorted(places)
    assert "+0.5x" in text and "+1.0x" in text  # 1.9 and 2.4 against 1.4


def test_a_claim_shows_stated_beside_recomputed_and_where_it_is_shown(built: Path) -> None:
    page = (built / "claims.html").read_text(encoding="utf-8")
    own = page[page.index('id="market.growth"') : page.index('id="market.size"')]
    assert "43%" in own and "56.5%" in own and "54 to 59" in own
    assert "Wrong" in own and 'href="base/1_prices.html#prices.chart"' in own


def test_a_claim_says_what_it_rests_on_what_happened_since_and_only_what_it_has(built: Path) -> None:
    own = part(built / "claims.html", 'id="market.fact"', "</article>")
    assert "It grew." in own and "The article</dt>" in own and "We find" not in own
    own = part(built / "claims.html", 'id="market.size"', "</article>")
    assert 'class="quality q-secondary"' in own
    assert "5 sources, weakest: " in own and own.count('href="https://example.org/') == 5


def test_claims_are_filtered_by_verdict_section_and_basis_each_with_its_count(built: Path) -> None:
    page = Elements(built / "claims.html")
    names = [a.get("id") for t, a in page.tags if t == "input"]
    assert names == [
        "show-all",
        "show-holds",
        "show-fails",
        "show-uncheckable",
        None,
        None,
        None,
        "by-any",
        "by-article",
        "by-evidence",
    ]
    form = " ".join(page.text.split("Show everything again")[0].split())
    assert (
        "All 4" in form and "Right 2" in form and "Market dynamics 3" in form and "outside sources 2" in form
    )
    classes = [set(a["class"].split()) for t, a in page.tags if t == "article"]
    assert classes == [
        {"claim", "fails", "by-article"},
        {"claim", "holds", "by-evidence"},
        {"claim", "holds", "by-evidence"},
        {"claim", "uncheckable", "by-article"},
    ]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory, templates: None) -> Path:
    """A site whose ledger has weights, an error that three statements share, and a forecast that was
    overtaken.
    """
    folder = tmp_path_factory.mktemp("judged")
    runs = write_runs(folder / "runs")
    slip = {"error": "slip"}
    rows = [
        claim("market.passing", "fails", weight="passing", **slip),
        claim("market.right", "holds", weight="supporting"),
        claim(
            "market.slip",
            "fails",
            weight="central",
            **slip,
            details="Spread of <nine>.",
            sources=CITED[:1],
            mentioned=CITED[1:3],
        ),
        claim("market.alone", "fails", weight="supporting", stale=True),
        claim("risks.slip", "fails", weight="supporting", **slip),
        claim("risks.late", "void", weight="central"),
    ]
    only = {
        "id": "verdict.ledger",
        "kind": "ledger",
        "title": "L",
        "columns": [{"name": "id", "title": "Id"}],
        "rows": rows,
    }
    for scenario in SCENARIOS:
        rewrite(runs / scenario / "3_verdict.ipynb", shown(only))
    return build.publish(runs, folder / "site", params=write_params(folder / "params")).parent


def test_errors_are_counted_once_and_what_was_overtaken_is_none(judged: Path) -> None:
    index, claims = (" ".join(Elements(judged / page).text.split()) for page in ("index.html", "claims.html"))
    # slip (three statements) and alone; slip is as heavy as its heaviest statement
    errors = "The four wrong statements come to two distinct errors, one of them central to the argument."
    assert f"We checked six statements. {errors}" in index
    assert (
        f"six statements: one is right, none partly right and four wrong. {errors} Of the rest, one was"
        " overtaken" in claims
    )


def test_claims_stand_by_weight_and_those_of_one_error_as_one(judged: Path) -> None:
    page = (judged / "claims.html").read_text(encoding="utf-8")
    places = [
        page.index(f'id="{name}"')
        for name in (
            "market.slip",
            "market.passing",
            "market.right",
            "market.alone",
            "risks.late",
            "risks.slip",
        )
    ]
    assert places == sorted(places)
    folded = part(judged / "claims.html", '<details class="group same">', "</details>")
    assert "and one more statement wrong for the same reason" in folded and 'id="market.passing"' in folded
    assert page.count('<details class="group same">') == 1


def test_what_is_stale_is_out_of_date_where_wrong_and_far_exceeded_where_right(
    built: Path, judged: Path
) -> None:
    wrong = part(judged / "claims.html", 'id="market.alone"', "</article>")
    right = part(built / "claims.html", 'id="market.size"', "</article>")
    assert "out of date" in wrong and "far exceeded" not in wrong
    assert "far exceeded" in right and "out of date" not in right


def test_the_index_leads_with_what_is_wrong_and_central(judged: Path) -> None:
    own = part(judged / "index.html", "wrong and central", "</ul>")
    assert own.count("<li>") == 1 and 'href="claims.html#market.slip"' in own
    assert "and two more statements wrong for the same reason" in own


def test_the_claims_page_lists_every_distinct_error_once(judged: Path) -> None:
    own = part(judged / "claims.html", 'id="the-errors"', "</details>")
    listed = re.findall(r'href="claims.html#([\w.]+)"', own)
    assert listed[0] == "market.slip" and len(listed) == len(set(listed)) == own.count("<li>")
    assert 'href="claims.html#the-errors"' in (judged / "index.html").read_text(encoding="utf-8")


def test_a_card_gives_the_reason_then_the_statistics_folded_then_what_decides(judged: Path) -> None:
    own = part(judged / "claims.html", 'id="market.slip"', "</article>")
    marks = (
        "6 ** (1/4) is 1.565.",
        '<details class="statistics"><summary>',
        "Spread of &lt;nine&gt;.",
        'href="https://example.org/0"',
        "Also mentioned",
        'href="https://example.org/1"',
    )
    places = [own.index(mark) for mark in marks]
    assert places == sorted(places)
    assert ">central<" in own
    other = part(judged / "claims.html", 'id="market.right"', "</article>")
    assert "statistics" not in other and "mentioned" not in other and "supporting" not in other


def test_scenarios_are_compared_by_what_they_change(publish: Publish, runs: Path) -> None:
    for scenario in SCENARIOS:
        same = metric("verdict.same", 2.0, role="headline", title="Wrong statements")
        rewrite(runs / scenario / "3_verdict.ipynb", shown(same))
    page = (publish().parent / "scenarios.html").read_text(encoding="utf-8")
    assert "Multiple" in page and "Wrong statements" not in page


def test_every_filter_and_every_pair_of_filters_has_its_rule() -> None:
    css = (build.STATIC / "filter.css").read_text(encoding="utf-8")
    for verdict in exhibits.VERDICTS:
        assert (
            f"main:has(#show-{verdict}:checked) :is(.claim:not(.{verdict}),"
            f" .group:not(:has(.claim.{verdict})))" in css
        )
        for basis in ("article", "evidence", "model"):
            pair = f"main:has(#show-{verdict}:checked):has(#by-{basis}:checked)"
            assert f"{pair} .group:not(:has(.claim.{verdict}.by-{basis}))" in css
    for basis in ("article", "evidence", "model"):
        assert (
            f"main:has(#by-{basis}:checked) :is(.claim:not(.by-{basis}), .group:not(:has(.claim.by-{basis})))"
            in css
        )


def test_every_status_that_the_register_knows_has_its_words_its_mark_and_its_filter() -> None:
    css = "".join((build.STATIC / name).read_text(encoding="utf-8") for name in ("site.css", "filter.css"))
    words = (build.TEMPLATES / "words.j2").read_text(encoding="utf-8")
    known = get_args(Entry.model_fields["status"].annotation)
    for status in known:
        assert f"main:has(#show-{status}:checked) .assumption:not(.s-{status})" in css
        assert f".status.s-{status} {{" in css
    assert words.count("status_names") == words.count("status_meanings") == 1
    for block in ("status_names", "status_meanings"):
        told = words.split(block)[1].split("%}")[0]
        assert re.findall(r'"(\w+)":', told) == list(known)


def test_every_verdict_and_every_weight_has_its_words() -> None:
    words = (build.TEMPLATES / "words.j2").read_text(encoding="utf-8")
    for block, known in (
        ("verdict_meanings", exhibits.VERDICTS),
        ("weight_names", get_args(exhibits.Weight)),
    ):
        told = words.split(block)[1].split("%}")[0]
        assert re.findall(r'"(\w+)":', told) == list(known)


def test_a_filter_with_one_choice_is_not_offered(publish: Publish, runs: Path) -> None:
    rows = [claim("market.growth", "fails"), claim("market.size", "holds")]
    only = {
        "id": "verdict.ledger",
        "kind": "ledger",
        "title": "L",
        "columns": [{"name": "id", "title": "Id"}],
        "rows": rows,
    }
    for scenario in SCENARIOS:
        rewrite(runs / scenario / "3_verdict.ipynb", shown(only))
    assert 'name="basis"' not in (publish().parent / "claims.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("claims", "folded"), [(8, 0), (9, 9)])
def test_a_long_ledger_folds_its_reasons_and_counts_its_verdicts(
    publish: Publish, runs: Path, claims: int, folded: int
) -> None:
    rows = [claim(f"market.c{n}", "fails" if n else "holds", strength="reported") for n in range(claims)]
    one = {
        "id": "verdict.ledger",
        "kind": "ledger",
        "title": "L",
        "columns": [{"name": "id", "title": "Id"}],
        "rows": rows,
    }
    for scenario in SCENARIOS:
        rewrite(runs / scenario / "3_verdict.ipynb", shown(one))
    page = (publish().parent / "base" / "3_verdict.html").read_text(encoding="utf-8")
    assert page.count('<details class="reason">') == folded and page.count("6 ** (1/4) is 1.565.") == claims
    assert f"{claims} statements: 1 right, {claims - 1} wrong" in page and page.count("q-reported") >= claims


def test_a_table_draws_verdicts_strengths_and_sources_as_what_they_are(built: Path) -> None:
    own = part(built / "base" / "3_verdict.html", 'id="verdict.cells"', "</section>")
    assert own.count('class="badge"') == 1 and "who knows" in own
    assert re.search(r'class="quality q-estimate" title="estimate: [^"]+">estimate<', own)
    assert 'href="https://example.org/0"' in own and 'href="https://example.org/1"' in own
    flat = (built / "data" / "verdict.cells.csv").read_text(encoding="utf-8").splitlines()[1]
    assert flat == "a,partly,estimate,Page 0 <https://example.org/0>; Page 1 <https://example.org/1>"


def test_a_source_shows_its_quality_beside_its_name(built: Path) -> None:
    own = part(built / "base" / "1_prices.html", 'id="prices.table"', "</section>")
    assert re.search(
        r'A source</a> <span class="quality q-reported" title="press report: [^"]+"><span'
        r' class="hidden">\(press report\)',
        own,
    )


def test_evidence_is_a_card_where_it_is_used_and_a_table_on_the_sources(built: Path) -> None:
    page = part(built / "base" / "3_verdict.html", '<div class="metrics cards">', '<details class="fold')
    cards = re.findall(r'class="metric card" id="([^"]+)"', page)
    assert cards == ["evidence.prices", "evidence.rates"]
    assert (built / "base" / "3_verdict.html").read_text(encoding="utf-8").count("metrics cards") == 1
    card = part(built / "base" / "3_verdict.html", 'id="evidence.prices"', "</div>")
    assert 'href="../sources.html#evidence.prices"' in card and "3 rows, 2025-03-31 to 2025-03-31" in card
    assert (
        "4 not yet known on 2026-05-21" in card and "pseudo-out-of-sample" in card and "a price" not in card
    )
    assert re.findall(r'<section class="evidence" id="([^"]+)"', (built / "sources.html").read_text()) == [
        "evidence.prices",
        "evidence.rates",
    ]
    assert 'href="sources.html"' in (built / "index.html").read_text(encoding="utf-8")


def test_a_table_of_evidence_tells_its_rules_and_where_it_is_used(built: Path) -> None:
    own = part(built / "sources.html", '<section class="evidence" id="evidence.prices"', "</section>")
    for told in (
        "Every price that was seen.",
        "The later row counts.",
        "30 days. Pages carry no day.",
        "CC BY 4.0",
        "Who collected them.",
        "inferred for 2 of them",
        "A list of prices.",
    ):
        assert told in own
    assert (
        'href="base/1_prices.html#evidence.prices"' in own
        and 'href="base/3_verdict.html#evidence.prices"' in own
        and 'href="evidence/prices.html"' in own
    )
    rows = (built / "evidence" / "prices.html").read_text(encoding="utf-8")
    assert "What what means." in rows and 'href="../sources.html#evidence.prices"' in rows
    record = json.loads((built / "data" / "evidence.prices.json").read_text(encoding="utf-8"))
    assert (record["pick"], record["as_of"], record["unseen"]) == ("The later row counts.", "2026-05-21", 4)
    assert "'=1+1" in (built / "data" / "evidence.prices.csv").read_text(encoding="utf-8")


def test_every_page_says_up_to_when_evidence_counts_when_it_was_gathered_and_what_was_not_found(
    built: Path,
) -> None:
    for path, page in pages(built):
        told = " ".join(page.text.split())
        assert "Cut-off date: 21 May 2026" in told, path
        assert "gathered the evidence on 30 June 2026" in told, path
        # what two tables lack is listed once, what was expected on a day first
        gaps = re.findall(r"<li>(.+?)\. It would appear in: ", part(path, '<div class="gathered"', "</div>"))
        assert gaps == [
            "The &lt;next&gt; quarter (expected by 15 June 2026)",
            "A list of prices",
            "A list of rates",
        ]
        assert "not found: 3 items" in told and "The seller &amp; its releases" in path.read_text()


def test_a_page_says_the_cut_off_date_of_its_own_run(publish: Publish, runs: Path) -> None:
    (runs / "cheap" / "1_prices.yml").write_text("scenario: cheap\ngrowth: 3.0\nas_of: '2026-03-01'\n")
    out = publish().parent
    assert "Cut-off date: 1 March 2026" in (out / "cheap" / "1_prices.html").read_text()
    assert "Cut-off date: 21 May 2026" in (out / "cheap" / "2_growth.html").read_text()


def test_without_evidence_no_page_says_when_it_was_gathered(publish: Publish, runs: Path) -> None:
    for scenario in SCENARIOS:
        for slug in SLUGS:
            rewrite(runs / scenario / f"{slug}.ipynb", shown(metric(f"{slug}.x", 1.0, data_to="2020-01-01")))
    assert not any(
        "Cut-off date" in page.text or "data to" in page.text for _, page in pages(publish().parent)
    )


def test_beside_what_rests_on_a_series_that_ends_early_stands_the_date_of_its_last_point(
    publish: Publish, runs: Path
) -> None:
    # 21 May 2026 is 92 days after 18 February and 93 after 17 February
    late, soon = ({"data_to": day, "data_to_latest": day} for day in ("2026-02-17", "2026-02-18"))
    mixed = late | {"data_to_latest": "2026-04-30"}
    table = {"kind": "table", "columns": COLUMNS, "rows": ROWS}
    chart = table | {"kind": "figure", "alt": "Bars.", "subtitle": "USD"}
    found = [
        metric("prices.a", 1.4, role="headline", **late),
        metric("prices.b", 1.4, role="headline", **soon),
        metric("prices.c", 1.4, **mixed),
        table | {"id": "prices.table"} | late,
        chart | {"id": "prices.chart"} | late,
        backtests() | {"id": "prices.skill"} | mixed,
        table | {"id": "prices.other"} | soon,
    ]
    for step, scenario in enumerate(SCENARIOS):  # a result that no scenario moves is not compared
        moved = [
            metric(f"prices.{name}", 1.4 + step, role="headline", **end)
            for name, end in (("a", late), ("b", soon))
        ]
        rewrite(runs / scenario / "1_prices.ipynb", *map(shown, [*moved, *found[2:]]))
    out = publish().parent
    page = out / "base" / "1_prices.html"
    ends = {
        e["id"]: re.findall(
            r'class="until">([^<]+)<',
            part(page, f'id="{e["id"]}"', "<table" if e["kind"] != "metric" else 'class="metric-rests"'),
        )
        for e in found
    }
    alone, several = ["data to 17 February 2026"], ["first series ends 17 February 2026"]
    opening = ["Data to 17 February 2026"]
    assert ends == {
        "prices.a": alone,
        "prices.b": [],
        "prices.c": several,
        "prices.table": opening,
        "prices.chart": alone,
        "prices.skill": ["First series ends 17 February 2026"],
        "prices.other": [],
    }
    for sheet in ("index", "scenarios"):
        rows = re.findall(
            r'<th scope="row"><a href="base/1_prices.html#(prices..)">.*?</th>',
            (out / f"{sheet}.html").read_text(),
        )
        assert rows == ["prices.a", "prices.b"]
        row_of = {
            name: part(
                out / f"{sheet}.html", f'<th scope="row"><a href="base/1_prices.html#{name}">', "</th>"
            )
            for name in rows
        }
        assert (alone[0] in row_of["prices.a"], "until" in row_of["prices.b"]) == (True, False)
    # the date itself goes out with every number and table, early or not
    numbers = csv.DictReader(io.StringIO((out / "metrics.csv").read_text()))
    assert {row["id"]: row["data_to"] for row in numbers if row["id"].startswith("prices")} == {
        "prices.a": "2026-02-17",
        "prices.b": "2026-02-18",
        "prices.c": "2026-02-17",
    }
    assert json.loads((out / "data" / "prices.chart.json").read_text())["data_to"] == "2026-02-17"


def test_what_was_collected_with_hindsight_is_marked_and_nothing_else(built: Path) -> None:
    mark = "Harvested later than the facts it holds: pseudo-out-of-sample"
    for name, marked in (("prices", True), ("rates", False)):
        opening = f'<section class="evidence" id="evidence.{name}"'
        assert (mark in part(built / "sources.html", opening, "</section>")) is marked


def test_a_row_links_its_source_only_where_that_has_an_address_and_hostile_text_stays_text(
    built: Path,
) -> None:
    own = (built / "evidence" / "prices.html").read_text(encoding="utf-8")
    rows = own[own.index("<tbody>") :].split("<tr>")[1:]
    assert re.findall(r'href="([^"]+)"', "".join(rows).split("</tbody>")[0]) == [
        "https://example.org/row",
        "https://github.com/org/repo/blob/0deb7c4/data/prices.csv",
    ]
    assert "A page (javascript:alert(2))" in rows[2] and "&lt;script&gt;alert(2)&lt;/script&gt;" in rows[2]
    assert "inferred" in rows[1] and "inferred" not in rows[2]
    assert "q-reported" in rows[0] and "q-official" in rows[1]


def test_evidence_that_scenarios_share_has_one_set_of_files(built: Path) -> None:
    other = SCENARIOS[1]
    assert (built / "data" / "evidence.prices.csv").is_file()
    assert not (built / "data" / other / "evidence.prices.csv").exists()
    listed = json.loads((built / "catalogue.json").read_text(encoding="utf-8"))["exhibits"]
    files = {e["csv"] for e in listed if e["id"] == "evidence.prices"}
    assert files == {"data/evidence.prices.csv"}
    assert f"data/{other}/verdict.cells.csv" in {e.get("csv") for e in listed}


def test_evidence_as_of_another_day_is_another_exhibit(publish: Publish, runs: Path) -> None:
    rewrite(runs / "base" / "1_prices.ipynb", shown(evidence(as_of="2026-01-01")))
    assert refused(publish).startswith("base/3_verdict, exhibit evidence.prices: is not what base/1_prices")


def test_what_was_not_shown_has_no_sheet(publish: Publish, runs: Path) -> None:
    for scenario in SCENARIOS:
        for slug in SLUGS:
            rewrite(runs / scenario / f"{slug}.ipynb", shown(metric(f"{slug}.x", 1.0)))
    out = publish().parent
    index = (out / "index.html").read_text(encoding="utf-8")
    for sheet in ("predictions.html", "indicators.html", "sources.html", "fits.html", "skill.html"):
        assert not (out / sheet).exists()
        assert sheet not in index


def test_a_prediction_stands_with_its_terms_its_probability_by_every_method_and_how_it_stands(
    built: Path,
) -> None:
    page = built / "predictions.html"
    text = page.read_text(encoding="utf-8")
    assert (
        "Four parts" in text
        and "two too early to tell" in text
        and "one came true" in text
        and "one overtaken" in text
    )
    open_, decided = part(page, 'id="p2.second"', "</article>"), part(page, 'id="p2.third"', "</article>")
    for words in (
        "25%",
        "4% to 56%",
        "base rate: 25%",
        (
            'base rate: 25%</b> (4% to 56%; <span class="until">data to 13 November 2025</span>). One of'
            " &lt;four&gt; cases."
        ),
        "if p2.other comes",
        "It is counted.",
        "The counter.",
        "2028-05-21",
    ):
        assert words in open_, words
    assert "Brier 0.010, log score 0.105 nats" in decided
    assert "It was overtaken." in part(page, 'id="p1.first"', "</article>")
    assert "What a method needs was not on record yet." in part(page, 'id="p2.fourth"', "</article>")
    assert 'href="indicators.html#debt"' in open_ and "indicators.html" not in decided
    section = (built / "base" / "3_verdict.html").read_text(encoding="utf-8")
    assert '<td data-label="By">–</td>' in section and "none: overtaken" not in section


def test_the_board_tells_value_threshold_side_source_and_what_a_signal_moves(built: Path) -> None:
    text = (built / "indicators.html").read_text(encoding="utf-8")
    assert "One of two indicators is triggered" in text and "Not in our data" in text
    debt, rent = text[text.index('id="debt"') : text.index('id="rent"')], text[text.index('id="rent"') :]
    for words in (
        "30%",
        "above 25%",
        "2026-03-31",
        "A number &lt;seen&gt;.",
        "It matters.",
        'raises <a href="predictions.html#p2.second">A part</a>',
    ):
        assert words in debt, words
    assert "not in our data: the rent" in rent and "the risk “heat”" in rent
    # the longest board is the page; a shorter one stands on its section alone and leads there
    section = (built / "base" / "3_verdict.html").read_text(encoding="utf-8")
    assert 'id="verdict.near"' in section and "../indicators.html#debt" in section


def test_backtests_are_ranked_with_the_untestable_apart_and_the_measure_left_out(built: Path) -> None:
    text = (built / "skill.html").read_text(encoding="utf-8")
    ranking, _, untested = text[text.index("<tbody>") :].partition('id="untested"')
    places = [ranking.index(word) for word in ("smoothing", "0.50x", "beats naive", "1.25x", "loses")]
    assert places == sorted(places)
    assert "a drift</td>" not in ranking
    assert "three forecasts" in untested
    assert '90% <span class="interval">(60% to 98%)' in ranking
    assert "1 of 2 forecasts beat the naive one" in text
    assert "but 2.00x where each value counts alike" in ranking


def test_backtests_stand_on_the_page_that_uses_them_with_what_follows_from_them(built: Path) -> None:
    text = (built / "base" / "3_verdict.html").read_text(encoding="utf-8")
    section = text[text.index('id="market.skill"') :]
    assert section.index("It is used.") < section.index("../skill.html")
    # a rate of 0.5 ends at ln(0.5/0.2)/ln(25) = 28.5 of 100, the bar runs from there to one at 50
    assert '<rect class="fill-recomputed" x="28.5" width="21.5"' in section
    # 1.25: ln(6.25)/ln(25) = 56.9
    assert '<rect class="lost" x="50" width="6.9"' in section


def test_what_proves_a_method_stands_on_one_page_and_where_it_is_used(built: Path) -> None:
    text = (built / "fits.html").read_text(encoding="utf-8")
    assert 'id="verdict.proof"' in text and "base/3_verdict.html#verdict.proof" in text
    assert "verdict.cells" not in text


def test_what_proves_a_method_is_a_card_where_it_is_used(built: Path) -> None:
    own = part(built / "base" / "3_verdict.html", '<div class="proof" id="verdict.proof">', "</div>")
    assert 'href="../fits.html#verdict.proof"' in own and "<table" not in own


def test_a_number_opens_its_formula_inputs_scenario_notebook_and_what_it_rests_on(built: Path) -> None:
    page = built / "cheap" / "2_growth.html"
    button = part(page, 'id="growth.multiple"', "</button>")
    assert 'popovertarget="why-cheap-growth.multiple"' in button and "how Multiple is computed" in button
    own = part(page, 'popover id="why-cheap-growth.multiple"', "</dl>")
    for told in (
        "<code>a / b</code>",
        "<dt>a</dt><dd>1.9</dd>",
        "Cheap (Base: 1.4x)",
        "cheap/2_growth.html#growth.multiple",
        "our model",
    ):
        assert told in own
    assert "Base: 1.4x" in part(page, 'id="growth.multiple"', 'id="growth.other"').split("metric-base")[1]


def test_every_number_of_the_comparison_opens_its_own_provenance(built: Path) -> None:
    page = Elements(built / "scenarios.html")
    opened = {a["popovertarget"] for _, a in page.tags if "popovertarget" in a}
    assert {f"why-{scenario}-growth.multiple" for scenario in SCENARIOS} <= opened


def test_what_if_carries_the_grid_of_every_scenario_and_a_table_for_whoever_has_no_script(
    built: Path,
) -> None:
    page = Elements(built / "whatif.html")
    grids = [json.loads(a["data-grid"]) for _, a in page.tags if "data-grid" in a]
    assert len(grids) == len(SCENARIOS)
    assert grids[0]["axes"][1] == {"title": "size", "unit": "USD", "values": [5, 10, 20], "start": 7}
    assert grids[0]["outputs"][0]["values"] == [15, 20, 30, 25, 30, 40]
    assert [a["max"] for t, a in page.tags if a.get("type") == "range"] == ["1", "2"]
    # along growth with size at 5, the nearest to 7; along size with growth at 2, the nearest to 1.9
    text = " ".join(page.text.split())
    assert "Growth x ValueResult 115%225%" in text and "Size USD ValueResult 525%1030%2040%" in text


def test_a_grid_that_misses_a_point_is_refused(publish: Publish, runs: Path) -> None:
    broken = grid()
    rewrite(runs / "base" / "3_verdict.ipynb", shown(broken | {"rows": broken["rows"][:-1]}))
    assert "rows are not every combination of the axes" in refused(publish)


def test_risks_stand_by_cost_with_what_carries_them_and_under_each_scenario(built: Path) -> None:
    page = built / "risks.html"
    text = page.read_text(encoding="utf-8")
    assert text.index(">Regulation</h3>") < text.index(">Flood</h3>")
    own = part(page, ">Regulation</h3>", "</article>")
    assert "<b>50%</b> of futures" in own and "35 to 45%" in own and "Nothing burns" in own
    assert 'href="assumptions.html#growth"' in own
    assert (
        'href="dear/3_verdict.html#risks.register"' in text and "The statement of risks.regulation." in text
    )


def test_news_since_the_article_stands_on_the_index_with_its_claim(built: Path) -> None:
    own = part(built / "index.html", 'id="since"', "</section>")
    assert "It grew." in own and 'href="claims.html#market.fact"' in own


def test_a_report_from_a_downloaded_archive_has_no_commit_and_says_so(publish: Publish, runs: Path) -> None:
    manifest = json.loads((runs / "manifest.json").read_text())
    (runs / "manifest.json").write_text(json.dumps(manifest | {"git": None}))
    assert "code state unknown" in (publish().parent / "cite.html").read_text()


def test_the_changelog_is_a_page_where_there_is_one(publish: Publish, tmp_path: Path) -> None:
    log = tmp_path / "log.md"
    log.write_text("# Changelog\n\n## 2.0\n\n- More <script>alert(1)</script>.\n")
    page = publish(changelog=log).parent / "changelog.html"
    own = part(page, '<div class="prose log">', "</div>")
    assert "2.0</h2>" in own and "More" in own and "script" not in own and "<h1>" not in own
    assert not (publish(changelog=tmp_path / "none.md").parent / "changelog.html").exists()


def test_a_page_names_all_pages_and_marks_itself(built: Path) -> None:
    for sheet in ("whatif", "methods"):
        page = Elements(built / f"{sheet}.html")
        assert {a["href"] for _, a in page.tags if a.get("aria-current") == "page"} == {f"{sheet}.html"}
    made = {path.name for path in built.glob("*.html")}
    assert made <= {a.get("href") for _, a in Elements(built / "index.html").tags}


def test_what_a_manifest_says_is_shown_in_characters_that_can_be_seen(publish: Publish, runs: Path) -> None:
    """Texts that users write in YAML hold no such characters; what other files say may."""
    manifest = json.loads((runs / "manifest.json").read_text())
    manifest["versions"] = {"python": "3 \x1b[31mred\x1b[0m by \u202e001\u202c \x07"}
    (runs / "manifest.json").write_text(json.dumps(manifest))
    page = (publish().parent / "about.html").read_text(encoding="utf-8")
    assert "3 red by \ufffd001\ufffd \ufffd" in page


def test_an_assumption_shows_its_reference_and_every_override_with_its_reason(built: Path) -> None:
    page = (built / "assumptions.html").read_text(encoding="utf-8")
    own = page[page.index('id="growth"') :]
    assert 'href="https://example.org/t"' in own and "known on 2026-05-21" in own
    assert own.count("It might.") == 2 and 'href="base/2_growth.html"' in own


def test_a_figure_carries_its_text_alternative_its_size_and_its_data(built: Path) -> None:
    page = Elements(built / "base" / "3_verdict.html")
    images = {a["alt"]: a for t, a in page.tags if t == "img"}
    assert (images["Bars that fall."]["width"], images["Bars that fall."]["height"]) == ("614", "355")
    assert images["Bars that fall."]["src"].startswith("data:image/svg+xml,%3Csvg%20width='460.8pt'")
    assert (images["A bitmap."]["width"], images["A bitmap."]["height"]) == ("640", "370")
    assert {"../data/verdict.chart.csv", "../data/verdict.chart.json"} <= set(page.all("href"))


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


def test_what_each_run_was_given_stands_with_its_digest(built: Path) -> None:
    own = part(built / "about.html", 'id="parameters"', "</section>")
    assert '<td class="short">2</td><td class="short"><b>3</b></td><td class="short"><b>4</b></td>' in own


def test_a_value_from_the_command_line_is_declared_on_the_index(publish: Publish, runs: Path) -> None:
    for scenario, value in (("cheap", 8.5), ("dear", 7.5)):
        for slug in SLUGS:
            (runs / scenario / f"{slug}.yml").write_text(f"scenario: {scenario}\ngrowth: {value}\n")
    text = " ".join(Elements(publish()).text.split())
    first, second = "growth = 8.5 instead of 3", "growth = 7.5 instead of 4"
    assert first in text and second in text.split(first)[1]  # in the order of the scenarios


def refused(publish: Publish, **more: Any) -> str:
    with pytest.raises(PublishError) as caught:
        publish(**more)
    return str(caught.value)


def test_no_manifest_is_one_clear_line(publish: Publish, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    assert (
        refused(publish, runs=tmp_path / "none")
        == "none/manifest.json: there is no such file, so nothing was run. Run `thesis run` first."
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


def change_manifest(runs: Path, change: Callable[[list[dict[str, Any]]], object]) -> None:
    manifest = json.loads((runs / "manifest.json").read_text())
    change(manifest["runs"])
    (runs / "manifest.json").write_text(json.dumps(manifest))


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


def lose(runs: Path, *lost: tuple[str, str]) -> None:
    """Let notebooks have failed."""
    for entry in (listed := json.loads((runs / "manifest.json").read_text()))["runs"]:
        if (entry["scenario"], entry["notebook"]) in lost:
            entry.update(status="failed", error="cell 3: ValueError: 1 < 2")
    (runs / "manifest.json").write_text(json.dumps(listed))


def test_a_part_is_published_where_that_is_asked_for_and_says_what_is_missing(
    publish: Publish, runs: Path
) -> None:
    lose(runs, ("base", "1_prices"), ("cheap", "2_growth"))
    change_manifest(runs, lambda listed: listed.pop())  # dear/3_verdict was not run
    index = publish(partial=True)
    said = Elements(index).text
    assert "Not the whole report. 3 of 9 notebooks have no result" in said
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
    lose(runs, (scenario, slug))
    assert broken_links(publish(partial=True).parent) == []


def test_the_whole_leading_scenario_may_be_missing_but_not_everything(publish: Publish, runs: Path) -> None:
    lose(runs, *(("base", slug) for slug in SLUGS))
    assert "This section is missing." in Elements(publish(partial=True).parent / "base/1_prices.html").text
    lose(runs, *((scenario, slug) for scenario in SCENARIOS for slug in SLUGS))
    assert len(refused(publish, partial=True).splitlines()) == 9


def test_a_whole_report_is_the_same_where_a_part_would_do(publish: Publish, built: Path) -> None:
    assert tree(publish(partial=True).parent) == tree(built)


def test_a_notebook_that_was_edited_after_its_run_is_refused(publish: Publish, runs: Path) -> None:
    change_manifest(runs, lambda listed: listed[0].update(output="0" * 64))
    assert refused(publish).startswith("base/1_prices.ipynb: was edited after it was run.")


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


def test_a_failed_build_leaves_yesterdays_site_and_nothing_beside_it(
    publish: Publish, earlier: Path, runs: Path, tmp_path: Path
) -> None:
    before = tree(earlier)
    (runs / "base" / "1_prices.ipynb").unlink()
    refused(publish)
    assert tree(earlier) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["params", "retired.yml", "runs", "site"]


def test_a_template_that_breaks_leaves_yesterdays_site_and_names_its_line(
    publish: Publish, earlier: Path, tmp_path: Path
) -> None:
    before = tree(earlier)
    broken = shutil.copytree(build.TEMPLATES, tmp_path / "templates")
    (broken / "zz.html.j2").write_text("\n{{ nothing.at.all }}")
    assert "zz.html.j2, line 2: cannot be drawn" in refused(publish, templates=broken)
    assert tree(earlier) == before


def test_a_swap_that_fails_half_way_puts_the_old_site_back(tmp_path: Path) -> None:
    out, missing = tmp_path / "site", tmp_path / "fresh"
    out.mkdir()
    (out / "index.html").write_text("old")
    with pytest.raises(FileNotFoundError):
        build.swap(missing, out, tmp_path / "previous")
    assert (out / "index.html").read_text() == "old"


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
    publish: Publish, earlier: Path, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tree(earlier)
    (earlier / "cheap" / "1_prices.html").write_text("edited")
    names = drawn(monkeypatch)
    publish()
    assert tree(earlier) == before and names.count("section.html.j2") == 1
    names.clear()
    rewrite(runs / "base" / "1_prices.ipynb", shown(metric("prices.multiple", 9.0)))
    publish()
    assert names.count("section.html.j2") == len(SCENARIOS) * len(SLUGS)
    names.clear()
    publish(templates=shutil.copytree(build.TEMPLATES, tmp_path / "templates"))
    assert names == []  # the same templates elsewhere are the same
    (tmp_path / "templates" / "words.j2").open("a").write("{# a word #}")
    publish(templates=tmp_path / "templates")
    assert names.count("section.html.j2") == len(SCENARIOS) * len(SLUGS)


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


def test_a_full_disk_is_told_with_the_folder_and_what_the_site_takes_and_nothing_is_left_behind(
    publish: Publish, earlier: Path, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, room = tree(earlier), 1_000_000
    rewrite(runs / "cheap" / "1_prices.ipynb", shown(metric("prices.multiple", 9.0)))
    whole = tree(publish(tmp_path / "whole").parent)
    shutil.rmtree(tmp_path / "whole")
    write = Path.write_bytes

    def write_bytes(path: Path, content: bytes) -> int:
        nonlocal room
        room -= len(content)
        if room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    needed = sum(len(content) for name, content in whole.items() if name != "built.json") / 1e6
    assert f"site: has no room for the {needed:.1f} MB that it takes" in refused(publish)
    assert tree(earlier) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["params", "retired.yml", "runs", "site"]


def test_one_scenario_alone_is_published_without_comparisons(publish: Publish, runs: Path) -> None:
    change_manifest(runs, lambda listed: listed.__delitem__(slice(3, None)))
    out = publish().parent
    assert not (out / "scenarios.html").exists()
    assert "scenarios.html" not in (out / "index.html").read_text()


def test_what_was_not_run_has_no_page(publish: Publish, runs: Path) -> None:
    for scenario in SCENARIOS:
        write_notebook(runs / scenario / "3_verdict.ipynb", cells("3_verdict", 1.0))
    out = publish().parent
    assert not (out / "claims.html").exists()
    assert "claims.html" not in (out / "index.html").read_text()


def test_neither_batch_nor_site_nor_command_line_holds_a_word_of_the_thesis() -> None:
    words = re.compile(r"OpenAI|SoftBank|\bSon\b|MOIC|Anthropic|GPT|NVIDIA|article of|billion", re.IGNORECASE)
    modules = [path for room in ("batch", "cli", "site") for path in (ROOT / "analysis" / room).glob("*.py")]
    assert ROOT / "analysis" / "site" / "build.py" in modules
    for path in sorted(modules):
        found = words.findall(path.read_text(encoding="utf-8"))
        assert not found, f"{path.name}: {found}"


def test_a_section_is_told_by_the_statement_that_it_marks_as_its_own(publish: Publish, runs: Path) -> None:
    def said(id: str, text: str, role: str) -> dict[str, Any]:
        return {"id": id, "kind": "statement", "role": role, "text": text}

    for scenario in SCENARIOS:
        rewrite(
            runs / scenario / f"{SLUGS[0]}.ipynb",
            shown(said("a.first", "Beside the point.", "detail")),
            shown(said("a.main", "The point.", "headline")),
        )
    index = publish().read_text(encoding="utf-8")
    assert "The point." in index
    assert "Beside the point." not in index
