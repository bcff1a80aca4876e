"""What the pages of a site say, read from a small run of made-up notebooks."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from analysis import exhibits, labels
from analysis.project import Project
from analysis.scenarios import Entry
from analysis.site import build
from tests.site.site_material import (
    COLUMNS,
    ROWS,
    SCENARIOS,
    SLUGS,
    Elements,
    Publish,
    backtests,
    broken_links,
    cells,
    change_manifest,
    claim,
    judged_claims,
    ledger,
    metric,
    pages,
    part,
    prose,
    rewrite,
    shown,
    write_notebook,
    write_project,
)


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


def test_the_index_opens_with_the_verdict_and_shows_numbers_counts_and_scenarios(built: Path) -> None:
    text = " ".join(Elements(built / "index.html").text.split())
    places = [
        text.index(part)
        for part in (
            "Most of it <fails>.",
            "1.4x",
            "0.7x to 2.8x, 90%",
            "4 statements",
            "Read on",
        )
    ]
    assert places == sorted(places)
    assert "+0.5x" in text and "+1.0x" in text  # 1.9 and 2.4 against 1.4


def test_the_index_compares_scenarios_by_metrics_of_their_own(
    project: Project, publish: Publish, runs: Path
) -> None:
    text = project.thesis_file.read_text(encoding="utf-8")
    text = re.sub(r"(?m)^  front_metrics: .*$", "  front_metrics: [x.opens]", text)
    text = re.sub(r"(?m)^  scenario_metrics: .*$", "  scenario_metrics: [x.differs]", text)
    project.thesis_file.write_text(text, encoding="utf-8")
    for scenario in SCENARIOS:
        both = [metric("x.opens", 1.0), metric("x.differs", 2.0)]
        rewrite(runs / scenario / f"{SLUGS[0]}.ipynb", *[shown(item | {"role": "headline"}) for item in both])
    index = publish()
    opening, scenarios = (
        part(index, 'id="the-numbers"', "</section>"),
        part(index, 'id="the-scenarios"', "</section>"),
    )
    assert "#x.opens" in opening and "#x.differs" not in opening
    assert "#x.differs" in scenarios and "#x.opens" not in scenarios
    # the number of the leading scenario is explained where it is shown, once on the page
    assert Elements(index).all("id").count("why-base-x.differs") == 1


def test_the_exhibits_on_past_cases_are_a_part_of_the_methods_to_which_the_index_leads(
    project: Project, publish: Publish, runs: Path
) -> None:
    text = project.thesis_file.read_text(encoding="utf-8")
    listed = "  calibration: [x.opens, x.not_run, x.better, x.table]\n"
    text = re.sub(r"(?m)^  calibration:\n(    - .*\n)+", listed, text)
    project.thesis_file.write_text(text, encoding="utf-8")
    verdict, opens = (
        {"id": name, "kind": "statement", "title": name, "text": words, "role": role}
        for name, words, role in (
            ("x.first", "It fails.", "verdict"),
            ("x.opens", "Rarely <right>.", "detail"),
        )
    )
    table = {"id": "x.table", "kind": "table", "title": "Scores", "columns": COLUMNS, "rows": ROWS}
    shown_all = [shown(item) for item in (verdict, table, metric("x.better", 1.4), opens)]
    rewrite(runs / "base" / f"{SLUGS[0]}.ipynb", *shown_all)
    index = publish()
    assert 'href="methods.html#past-cases"' in index.read_text(encoding="utf-8")
    page = index.with_name("methods.html")
    assert "Rarely &lt;right&gt;." in part(page, 'id="past-cases"', "<details")
    ids = [name for name in Elements(page).all("id") if name.startswith("x.")]
    assert ids == ["x.opens", "x.better", "x.table"]  # in the order of the list, each once


ANSWER = {
    "id": "x.answer",
    "kind": "statement",
    "text": "Perhaps <so>. One way says yes.",
    "role": "verdict",
    "uncertainty": "past_cases",
}
OUTCOMES = {
    "id": "x.outcomes",
    "kind": "table",
    "title": "Outcomes",
    "note": "Of a hundred.",
    "columns": [{"name": name, "title": name.title()} for name in ("case", "bad", "middling", "good")],
    "rows": [
        {"case": "Calm", "bad": 44.325, "middling": 53.2425, "good": 2.4325},
        {"case": "Rough", "bad": 70.9, "middling": 28.996, "good": 0.104},
    ],
}


@pytest.fixture
def answered(project: Project, publish: Publish, runs: Path) -> Path:
    """The index of a thesis that names its question, its answer, paragraphs under it and outcomes."""
    text = project.thesis_file.read_text(encoding="utf-8")
    text = re.sub(r"(?m)^question: .*$", "question: Does it work out in the end?", text)
    text = re.sub(r"(?m)^  front_(answer|points|outcomes|outcome_words): ?.*\n(    .*\n)*", "", text)
    keys = "  front_answer: x.answer\n  front_outcomes: x.outcomes\n"
    keys += "  front_points: {The lead: [x.first, x.second]}\n"
    project.thesis_file.write_text(text.replace("pages:\n", f"pages:\n{keys}", 1), encoding="utf-8")
    said = [ANSWER | {"id": f"x.{name}", "text": f"The {name}."} for name in ("first", "second")]
    everything = [shown(item) for item in (ANSWER, *said, OUTCOMES)]
    rewrite(runs / "base" / f"{SLUGS[0]}.ipynb", *everything)
    return publish()


def test_the_index_names_the_article_and_answers_the_question_before_anything_else(answered: Path) -> None:
    header = part(answered, '<header class="opening', "</header>")
    elements = Elements(answered)
    assert "Does it work out in the end?" in part(answered, "<h1>", "</h1>")
    assert "<strong>Perhaps &lt;so&gt;.</strong> One way says yes." in header
    assert 'href="https://ainews.cool' in header and "21 May 2026" in header and "version" in header
    assert "methods.html#uncertainty-past_cases" in elements.all("href")


def test_a_paragraph_under_the_answer_leads_to_its_first_statement_and_has_all_of_them(
    answered: Path,
) -> None:
    paragraph = part(answered, 'class="lead"', "</div>")
    assert "#x.first" in paragraph and "The lead." in paragraph
    assert paragraph.index("The first.") < paragraph.index("The second.")


def test_outcomes_are_bars_whose_numbers_add_to_a_hundred(answered: Path) -> None:
    rows = re.findall(r"<tr>.*?</tr>", part(answered, 'class="outcomes"', "</table>"), re.DOTALL)[1:]
    numbers = [re.findall(r'<td class="number">(.*?)</td>', row) for row in rows]
    assert numbers == [["44%", "53%", "3%"], ["71%", "29%", "&lt;1%"]]
    widths = [float(width) for width in re.findall(r' width="([\d.]+)"', rows[0])]
    assert widths == pytest.approx([44.33, 53.24, 2.43], abs=0.01)
    assert "Of a hundred." in answered.read_text(encoding="utf-8")


def test_a_claim_shows_stated_next_to_recomputed_and_where_it_is_shown(built: Path) -> None:
    page = (built / "claims.html").read_text(encoding="utf-8")
    fragment = page[page.index('id="market.growth"') : page.index('id="market.size"')]
    assert "43%" in fragment and "56.5%" in fragment and "54% to 59%" in fragment
    assert "Wrong" in fragment and 'href="base/1_prices.html#prices.chart"' in fragment


def test_a_claim_says_what_it_rests_on_what_happened_since_and_only_what_it_has(built: Path) -> None:
    fragment = part(built / "claims.html", 'id="market.fact"', "</article>")
    assert "It grew." in fragment and "The article</dt>" in fragment and "We find" not in fragment
    fragment = part(built / "claims.html", 'id="market.size"', "</article>")
    assert 'class="quality q-secondary"' in fragment
    assert "5 sources, the weakest: " in fragment and fragment.count('href="https://example.org/') == 5


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
    """A site whose ledger has weights, an error that three statements share, and an overtaken forecast."""
    project = write_project(tmp_path_factory.mktemp("judged"))
    for scenario in SCENARIOS:
        rewrite(project.runs / scenario / "3_verdict.ipynb", shown(ledger(judged_claims())))
    return build.publish(project).parent


def test_errors_are_counted_once_and_what_was_overtaken_is_none(judged: Path) -> None:
    index, claims = (" ".join(Elements(judged / page).text.split()) for page in ("index.html", "claims.html"))
    assert "two distinct errors" in index and "six statements" not in index
    # slip (three statements) and alone; slip is as heavy as its heaviest statement
    errors = "The four wrong statements come to two distinct errors, one of them central to the argument."
    for words in ("one right", "none partly right", "four wrong", "one was overtaken", errors):
        assert words in claims


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
    assert "One more statement" in folded and 'id="market.passing"' in folded
    assert page.count('<details class="group same">') == 1


def test_what_is_stale_is_out_of_date_where_wrong_and_far_exceeded_where_right(
    built: Path, judged: Path
) -> None:
    wrong = part(judged / "claims.html", 'id="market.alone"', "</article>")
    right = part(built / "claims.html", 'id="market.size"', "</article>")
    assert "out of date" in wrong and "far exceeded" not in wrong
    assert "far exceeded" in right and "out of date" not in right


def test_the_index_leads_with_what_is_wrong_and_central(judged: Path) -> None:
    fragment = part(judged / "index.html", '<ul class="cards">', "</ul>")
    assert fragment.count("<li>") == 1 and 'href="claims.html#market.slip"' in fragment
    assert "6 ** (1/4) is 1.565." in fragment  # what we find
    assert "two more statements" in fragment.lower()


def test_the_claims_page_lists_every_distinct_error_once(judged: Path) -> None:
    fragment = part(judged / "claims.html", 'id="the-errors"', "</details>")
    listed = re.findall(r'href="claims.html#([\w.]+)"', fragment)
    assert listed[0] == "market.slip" and len(listed) == len(set(listed)) == fragment.count("<li>")
    assert 'href="claims.html#the-errors"' in (judged / "index.html").read_text(encoding="utf-8")


def test_a_card_gives_the_reason_then_the_statistics_folded_then_what_decides(judged: Path) -> None:
    fragment = part(judged / "claims.html", 'id="market.slip"', "</article>")
    marks = (
        "6 ** (1/4) is 1.565.",
        '<details class="statistics"><summary>',
        "Spread of &lt;nine&gt;.",
        'href="https://example.org/0"',
        "Also mentioned",
        'href="https://example.org/1"',
    )
    places = [fragment.index(mark) for mark in marks]
    assert places == sorted(places)
    assert ">central<" in fragment
    other = part(judged / "claims.html", 'id="market.right"', "</article>")
    assert "statistics" not in other and "mentioned" not in other and "supporting" not in other


def test_scenarios_are_compared_by_what_they_change(publish: Publish, runs: Path) -> None:
    for scenario in SCENARIOS:
        same = metric("verdict.same", 2.0, role="headline", title="Wrong statements")
        rewrite(runs / scenario / "3_verdict.ipynb", shown(same))
    page = (publish().parent / "scenarios.html").read_text(encoding="utf-8")
    assert "Multiple" in page and "Wrong statements" not in page


def test_every_filter_and_every_pair_of_filters_has_its_rule() -> None:
    css = (Project.default().static / "filter.css").read_text(encoding="utf-8")
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
    css = "".join(
        (Project.default().static / name).read_text(encoding="utf-8") for name in ("site.css", "filter.css")
    )
    words = (Project.default().templates / "words.j2").read_text(encoding="utf-8")
    expected = get_args(Entry.model_fields["status"].annotation)
    for status in expected:
        assert f"main:has(#show-{status}:checked) .assumption:not(.s-{status})" in css
        assert f".status.s-{status} {{" in css
    assert words.count("status_names") == words.count("status_meanings") == 1
    for block in ("status_names", "status_meanings"):
        entries = words.split(block)[1].split("%}")[0]
        assert re.findall(r'"(\w+)":', entries) == list(expected)


def test_every_verdict_and_weight_has_its_words() -> None:
    words = (Project.default().templates / "words.j2").read_text(encoding="utf-8")
    for block, expected in (
        ("verdict_meanings", exhibits.VERDICTS),
        ("weight_names", get_args(exhibits.Weight)),
    ):
        entries = words.split(block)[1].split("%}")[0]
        assert re.findall(r'"(\w+)":', entries) == list(expected)


def test_a_filter_with_one_choice_is_not_offered(publish: Publish, runs: Path) -> None:
    rows = [claim("market.growth", "fails"), claim("market.size", "holds")]
    for scenario in SCENARIOS:
        rewrite(runs / scenario / "3_verdict.ipynb", shown(ledger(rows)))
    assert 'name="basis"' not in (publish().parent / "claims.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("claims", "folded"), [(8, 0), (9, 9)])
def test_a_long_ledger_folds_its_reasons_and_counts_its_verdicts(
    publish: Publish, runs: Path, claims: int, folded: int
) -> None:
    rows = [claim(f"market.c{n}", "fails" if n else "holds", strength="reported") for n in range(claims)]
    for scenario in SCENARIOS:
        rewrite(runs / scenario / "3_verdict.ipynb", shown(ledger(rows)))
    page = (publish().parent / "base" / "3_verdict.html").read_text(encoding="utf-8")
    assert page.count('<details class="reason">') == folded and page.count("6 ** (1/4) is 1.565.") == claims
    assert f"{claims} statements: 1 right, {claims - 1} wrong" in page and page.count("q-reported") >= claims


def test_a_table_draws_verdicts_strengths_and_sources_as_what_they_are(built: Path) -> None:
    fragment = part(built / "base" / "3_verdict.html", 'id="verdict.cells"', "</section>")
    assert fragment.count('class="badge"') == 1 and "who knows" in fragment
    assert re.search(r'class="quality q-estimate" title="estimate: [^"]+">estimate<', fragment)
    assert 'href="https://example.org/0"' in fragment and 'href="https://example.org/1"' in fragment
    assert ">overtaken<" in fragment and ">too early to tell<" in fragment
    flat = (built / "data" / "verdict.cells.csv").read_text(encoding="utf-8").splitlines()[1]
    assert flat == "a,partly,estimate,Page 0 <https://example.org/0>; Page 1 <https://example.org/1>,void"


def test_names_of_data_in_a_table_are_words_or_code_and_stay_in_downloads(
    publish: Publish, runs: Path
) -> None:
    columns = [{"name": name, "title": name.title()} for name in ("name", "measure")]
    rows = [{"name": "revenue_usd_bn", "measure": "total_costs"}, {"name": "p2.price", "measure": "costs"}]
    bundle = {"id": "growth.keys", "kind": "table", "columns": columns, "rows": rows}
    rewrite(runs / "base" / "3_verdict.ipynb", shown(bundle))
    site = publish().parent
    fragment = part(site / "base" / "3_verdict.html", 'id="growth.keys"', "</table>")
    assert "<code>revenue_usd_bn</code>" in fragment and "<code>p2.price</code>" in fragment
    assert ">total costs<" in fragment
    assert "total_costs" in (site / "data" / "growth.keys.csv").read_text(encoding="utf-8")


def test_a_source_shows_its_quality_next_to_its_name(built: Path) -> None:
    fragment = part(built / "base" / "1_prices.html", 'id="prices.table"', "</section>")
    assert re.search(
        r'A source</a> <span class="quality q-reported" title="press report: [^"]+"><span'
        r' class="hidden">\(press report\)',
        fragment,
    )


def test_evidence_is_a_card_where_it_is_used_and_a_table_on_the_sources(built: Path) -> None:
    page = part(built / "base" / "3_verdict.html", '<div class="metrics cards">', '<details class="fold')
    cards = re.findall(r'class="metric card" id="([^"]+)"', page)
    assert cards == ["evidence.prices", "evidence.rates"]
    assert (built / "base" / "3_verdict.html").read_text(encoding="utf-8").count("metrics cards") == 1
    card = part(built / "base" / "3_verdict.html", 'id="evidence.prices"', "</div>")
    assert (
        'href="../sources.html#evidence.prices"' in card and "3 rows, 31 March 2025 to 31 March 2025" in card
    )
    assert (
        "4 not yet public on 21 May 2026" in card and "pseudo-out-of-sample" in card and "a price" not in card
    )
    assert re.findall(r'<section class="evidence" id="([^"]+)"', (built / "sources.html").read_text()) == [
        "evidence.prices",
        "evidence.rates",
    ]
    assert 'href="sources.html"' in (built / "index.html").read_text(encoding="utf-8")


def test_a_table_of_evidence_gives_its_rules_and_where_it_is_used(built: Path) -> None:
    fragment = part(built / "sources.html", '<section class="evidence" id="evidence.prices"', "</section>")
    for text in (
        "Every price that was seen.",
        "The later row counts.",
        "30 days. Pages carry no day.",
        "CC BY 4.0",
        "Who collected them.",
        "inferred for two rows",
        "A list of prices.",
    ):
        assert text in fragment
    assert (
        'href="base/1_prices.html#evidence.prices"' in fragment
        and 'href="base/3_verdict.html#evidence.prices"' in fragment
        and 'href="evidence/prices.html"' in fragment
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
        text = " ".join(page.text.split())
        assert "Cut-off date: 21 May 2026" in text, path
        assert "gathered the evidence on 30 June 2026" in text, path
        # what two tables lack is listed once, what was expected on a day first
        gaps = re.findall(r"<li>(.+?)\. It would appear in: ", part(path, '<div class="gathered"', "</div>"))
        assert gaps == [
            "The &lt;next&gt; quarter (expected by 15 June 2026)",
            "A list of prices",
            "A list of rates",
        ]
        assert "not found: 3 items" in text and "The seller &amp; its releases" in path.read_text()


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


def test_what_rests_on_a_series_that_ends_early_has_the_date_of_its_last_point(
    publish: Publish, runs: Path
) -> None:
    # 21 May 2026 is 92 days after 18 February and 93 after 17 February
    late, soon = ({"data_to": day, "data_to_latest": day} for day in ("2026-02-17", "2026-02-18"))
    mixed = late | {"data_to_latest": "2026-04-30"}
    table = {"kind": "table", "columns": COLUMNS, "rows": ROWS}
    chart = table | {"kind": "figure", "alt": "Bars.", "subtitle": "USD"}
    exhibits = [
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
        rewrite(runs / scenario / "1_prices.ipynb", *map(shown, [*moved, *exhibits[2:]]))
    out = publish().parent
    page = out / "base" / "1_prices.html"
    ends = {
        e["id"]: re.findall(
            r'class="until">([^<]+)<',
            part(page, f'id="{e["id"]}"', "<table" if e["kind"] != "metric" else 'class="metric-rests"'),
        )
        for e in exhibits
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
    for page_name in ("index", "scenarios"):
        rows = re.findall(
            r'<th scope="row"><a href="base/1_prices.html#(prices..)">.*?</th>',
            (out / f"{page_name}.html").read_text(),
        )
        assert rows == ["prices.a", "prices.b"]
        row_of = {
            name: part(
                out / f"{page_name}.html", f'<th scope="row"><a href="base/1_prices.html#{name}">', "</th>"
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
    mark = "Collected later than the facts in it: pseudo-out-of-sample"
    for name, marked in (("prices", True), ("rates", False)):
        opening = f'<section class="evidence" id="evidence.{name}"'
        assert (mark in part(built / "sources.html", opening, "</section>")) is marked


def test_a_row_links_its_source_only_where_that_has_an_address_and_hostile_text_stays_text(
    built: Path,
) -> None:
    fragment = (built / "evidence" / "prices.html").read_text(encoding="utf-8")
    rows = fragment[fragment.index("<tbody>") :].split("<tr>")[1:]
    assert re.findall(r'href="([^"]+)"', "".join(rows).split("</tbody>")[0]) == [
        "https://example.org/row",
        "https://github.com/org/repo/blob/0deb7c4/data/prices.csv",
    ]
    assert "A page (javascript:alert(2))" in rows[2] and "&lt;script&gt;alert(2)&lt;/script&gt;" in rows[2]
    assert "inferred" in rows[1] and "inferred" not in rows[2]
    assert "q-reported" in rows[0] and "q-official" in rows[1]


def test_what_was_not_shown_has_no_page_of_its_kind(publish: Publish, runs: Path) -> None:
    for scenario in SCENARIOS:
        for slug in SLUGS:
            rewrite(runs / scenario / f"{slug}.ipynb", shown(metric(f"{slug}.x", 1.0)))
    out = publish().parent
    index = (out / "index.html").read_text(encoding="utf-8")
    for page_name in (
        "predictions.html",
        "indicators.html",
        "sources.html",
        "fits.html",
        "skill.html",
        "calibration.html",
        "risks.html",
    ):
        assert not (out / page_name).exists()
        assert page_name not in index


def test_a_prediction_stands_with_its_terms_its_probability_by_every_method_and_how_it_stands(
    built: Path,
) -> None:
    page = built / "predictions.html"
    text = page.read_text(encoding="utf-8")
    assert (
        "four parts" in text
        and "two too early to tell" in text
        and "one came true" in text
        and "one overtaken" in text
    )
    open_, decided = part(page, 'id="p2.second"', "</article>"), part(page, 'id="p2.third"', "</article>")
    for words in (
        "25%",
        "4% to 56%",
        (
            'Past cases: 25%</b> (4% to 56%; <span class="until">data to 13 November 2025</span>). One of'
            " &lt;four&gt; cases."
        ),
        'href="methods.html#uncertainty-past_cases"',
        "It is counted.",
        "The counter.",
        "21 May 2028",
    ):
        assert words in open_, words
    assert "Brier score 0.010, log score 0.105" in decided
    record = part(page, "Our record</dt>", "</dd>")
    assert all(words in record for words in ("0.033", "0.190", "two days", "70 days before"))
    assert "Our record" in decided and "Our record" not in open_
    assert "It was overtaken." in part(page, 'id="p1.first"', "</article>")
    assert "What a method needs was not on record yet." in part(page, 'id="p2.fourth"', "</article>")
    assert 'href="#debt"' in open_ and "#debt" not in decided
    section = (built / "base" / "3_verdict.html").read_text(encoding="utf-8")
    assert '<td data-label="Uncertainty">–</td>' in section and "none: overtaken" not in section


def test_the_board_gives_value_threshold_side_source_and_what_a_signal_moves(built: Path) -> None:
    text = (built / "predictions.html").read_text(encoding="utf-8")
    text = text[text.index('id="indicators"') :]
    assert "One of two indicators is triggered" in text and "Not in our data" in text
    debt, rent = text[text.index('id="debt"') : text.index('id="rent"')], text[text.index('id="rent"') :]
    for words in (
        "30%",
        "above 25%",
        "31 March 2026",
        "A number &lt;seen&gt;.",
        "It matters.",
        '<a href="predictions.html#p2.second">',
        "More likely: ",
    ):
        assert words in debt, words
    assert "not in our data: the rent" in rent and "the risk “heat”" in rent
    # the longest board is the page; a shorter one stands on its section alone and leads there
    section = (built / "base" / "3_verdict.html").read_text(encoding="utf-8")
    assert 'id="verdict.near"' in section and "../predictions.html#debt" in section


def test_backtests_are_ranked_with_the_untestable_apart_and_the_measure_left_out(built: Path) -> None:
    text = (built / "methods.html").read_text(encoding="utf-8")
    text = text[text.index('id="skill"') : text.index('id="fits"')]
    ranking, _, untested = text[text.index("<tbody>") :].partition('id="untested"')
    places = [ranking.index(word) for word in ("smoothing", "0.50×", "better", "1.25×", "worse")]
    assert places == sorted(places)
    assert "a drift</td>" not in ranking
    assert "three forecasts" in untested
    assert '90% <span class="interval">(60% to 98%)' in ranking
    assert "One of two tested forecasts beats the naive one" in text
    assert ranking.count("the best of 4 methods") == 1


def test_backtests_stand_on_the_page_that_uses_them_with_what_follows_from_them(built: Path) -> None:
    text = (built / "base" / "3_verdict.html").read_text(encoding="utf-8")
    section = text[text.index('id="market.skill"') :]
    assert section.index("It is used.") < section.index("../methods.html#skill")
    # a rate of 0.5 ends at ln(0.5/0.2)/ln(25) = 28.5 of 100, the bar runs from there to one at 50
    assert '<rect class="fill-recomputed" x="28.5" width="21.5"' in section
    # 1.25: ln(6.25)/ln(25) = 56.9
    assert '<rect class="lost" x="50" width="6.9"' in section


def test_what_proves_a_method_stands_on_one_page_and_where_it_is_used(built: Path) -> None:
    text = (built / "methods.html").read_text(encoding="utf-8")
    assert 'id="verdict.proof"' in text and "base/3_verdict.html#verdict.proof" in text
    assert "verdict.cells" not in text


def test_what_proves_a_method_is_a_card_where_it_is_used(built: Path) -> None:
    fragment = part(built / "base" / "3_verdict.html", '<div class="proof" id="verdict.proof">', "</div>")
    assert 'href="../methods.html#verdict.proof"' in fragment and "<table" not in fragment


def test_a_number_opens_its_formula_inputs_scenario_notebook_and_what_it_rests_on(built: Path) -> None:
    page = built / "cheap" / "2_growth.html"
    button = part(page, 'id="growth.multiple"', "</button>")
    assert 'popovertarget="why-cheap-growth.multiple"' in button and "how Multiple is computed" in button
    fragment = part(page, 'popover id="why-cheap-growth.multiple"', "</dl>")
    for text in (
        "<dd>a / b</dd>",
        "<dt>A</dt><dd>1.9</dd>",
        "Cheap (Base: 1.4x)",
        "cheap/2_growth.html#growth.multiple",
    ):
        assert text in fragment
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


def test_methods_say_what_each_risk_means_and_which_assumptions_are_behind_it(built: Path) -> None:
    fragment = part(built / "methods.html", 'id="risks"', "<h2")
    assert "Regulation</dt>" in fragment and 'href="assumptions.html#growth"' in fragment


def test_methods_show_how_the_model_changed_where_that_was_run(publish: Publish, project: Project) -> None:
    assert "model-changes" not in (publish().parent / "methods.html").read_text(encoding="utf-8")
    words = project.thesis_file.read_text(encoding="utf-8")
    project.thesis_file.write_text(
        words.replace("model_changes: verdict.model_changes", "model_changes: verdict.chart")
    )
    fragment = part(publish().parent / "methods.html", '<h2 id="model-changes"', 'id="forecasts"')
    assert 'alt="Bars that fall."' in fragment and 'href="data/verdict.chart.csv"' in fragment
    assert "prose method" in fragment  # the text goes on in its own measure


def test_news_since_the_article_stands_on_the_index_with_its_claim(built: Path) -> None:
    fragment = part(built / "index.html", 'id="since"', "</section>")
    assert "It grew." in fragment and 'href="claims.html#market.fact"' in fragment


def test_a_report_from_a_downloaded_archive_has_no_commit_and_says_so(publish: Publish, runs: Path) -> None:
    manifest = json.loads((runs / "manifest.json").read_text())
    (runs / "manifest.json").write_text(json.dumps(manifest | {"git": None}))
    assert "code state unknown" in (publish().parent / "cite.html").read_text()


def test_the_changelog_is_a_page_where_there_is_one(publish: Publish, project: Project) -> None:
    project.changelog.write_text("# Changelog\n\n## 2.0\n\n- More <script>alert(1)</script>.\n")
    page = publish().parent / "changelog.html"
    fragment = part(page, '<div class="prose log"', "</div>")
    assert (
        "2.0</h2>" in fragment and "More" in fragment and "script" not in fragment and "<h1>" not in fragment
    )
    project.changelog.unlink()
    assert not (publish().parent / "changelog.html").exists()


def test_a_page_names_all_pages_and_marks_itself(built: Path) -> None:
    for page_name in ("whatif", "methods"):
        page = Elements(built / f"{page_name}.html")
        assert {a["href"] for _, a in page.tags if a.get("aria-current") == "page"} == {f"{page_name}.html"}
    made = {path.name for path, _ in pages(built) if path.parent == built}
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
    fragment = page[page.index('id="growth"') :]
    assert 'href="https://example.org/t"' in fragment and "public since 21 May 2026" in fragment
    assert fragment.count("It might.") == 2 and 'href="base/2_growth.html"' in fragment


def test_a_figure_carries_its_text_alternative_its_size_and_its_data(built: Path) -> None:
    page = Elements(built / "base" / "3_verdict.html")
    images = {a["alt"]: a for t, a in page.tags if t == "img"}
    assert (images["Bars that fall."]["width"], images["Bars that fall."]["height"]) == ("614", "355")
    assert images["Bars that fall."]["src"].startswith("data:image/svg+xml,%3Csvg%20width='460.8pt'")
    assert (images["A bitmap."]["width"], images["A bitmap."]["height"]) == ("640", "370")
    assert {"../data/verdict.chart.csv", "../data/verdict.chart.json"} <= set(page.all("href"))


def test_the_parameters_of_each_run_stand_with_its_digest(built: Path) -> None:
    fragment = part(built / "about.html", 'id="parameters"', "</section>")
    assert (
        '<td class="short">2</td><td class="short"><b>3</b></td><td class="short"><b>4</b></td>' in fragment
    )


def test_a_value_from_the_command_line_is_declared_on_the_index(publish: Publish, runs: Path) -> None:
    for scenario, value in (("cheap", 8.5), ("dear", 7.5)):
        for slug in SLUGS:
            (runs / scenario / f"{slug}.yml").write_text(f"scenario: {scenario}\ngrowth: {value}\n")
    text = " ".join(Elements(publish()).text.split())
    first, second = "growth = 8.5 instead of 3", "growth = 7.5 instead of 4"
    assert first in text and second in text.split(first)[1]  # in the order of the scenarios


def test_one_scenario_alone_is_published_without_comparisons(publish: Publish, runs: Path) -> None:
    change_manifest(runs, lambda listed: listed.__delitem__(slice(3, None)))
    out = publish().parent
    assert not (out / "scenarios.html").exists()
    assert "scenarios.html" not in (out / "index.html").read_text()


def test_a_section_links_only_to_pages_that_are_made(publish: Publish, runs: Path) -> None:
    linked = "See [all *scenarios*](scenarios.html#base) and [assumptions](assumptions.html)."
    write_notebook(runs / "base" / f"{SLUGS[0]}.ipynb", [prose(linked)])
    section = Elements(publish().parent / "base" / f"{SLUGS[0]}.html")
    assert {"../scenarios.html#base", "../assumptions.html"} <= set(section.all("href"))
    change_manifest(runs, lambda listed: listed.__delitem__(slice(len(SLUGS), None)))
    out = publish().parent
    section = Elements(out / "base" / f"{SLUGS[0]}.html")
    assert "../assumptions.html" in section.all("href") and broken_links(out) == []
    assert "See all scenarios and assumptions." in " ".join(section.text.split())


def test_what_was_not_run_has_no_page(publish: Publish, runs: Path) -> None:
    for scenario in SCENARIOS:
        write_notebook(runs / scenario / "3_verdict.ipynb", cells("3_verdict", 1.0))
    out = publish().parent
    assert not (out / "claims.html").exists()
    assert "claims.html" not in (out / "index.html").read_text()


def test_a_section_is_summed_up_by_the_statement_that_it_marks_as_its_own(
    publish: Publish, runs: Path
) -> None:
    def marked(id: str, text: str, role: str) -> dict[str, Any]:
        return {"id": id, "kind": "statement", "role": role, "text": text}

    for scenario in SCENARIOS:
        rewrite(
            runs / scenario / f"{SLUGS[0]}.ipynb",
            shown(marked("a.first", "Beside the point.", "detail")),
            shown(marked("a.main", "The point.", "headline")),
        )
    index = publish().read_text(encoding="utf-8")
    assert "The point." in index
    assert "Beside the point." not in index


def test_a_number_says_what_kind_of_uncertainty_it_has_and_leads_to_what_it_depends_on(
    publish: Publish, runs: Path
) -> None:
    chart = {"kind": "figure", "subtitle": "USD", "alt": "Bars.", "columns": COLUMNS, "rows": ROWS}
    words = {"id": "x.words", "kind": "statement", "text": "It may."}
    for scenario in SCENARIOS:
        marked = [
            metric("x.number", 1.0, uncertainty="simulated"),
            chart | {"id": "x.chart", "uncertainty": "past_cases"},
            words | {"uncertainty": "judgement"},
            metric("x.plain", 1.0),
        ]
        rewrite(runs / scenario / f"{SLUGS[0]}.ipynb", *map(shown, marked))
    page = publish().parent / "base" / f"{SLUGS[0]}.html"
    kinds = {
        name: re.findall(r'class="kind" href="([^"]+)"', part(page, f'id="x.{name}"', end))
        for name, end in (("number", 'id="x.chart"'), ("chart", "<details"), ("words", "</div>"))
    }
    assert kinds == {
        "number": ["../assumptions.html"],
        "chart": ["../methods.html#uncertainty-past_cases"],
        "words": ["../assumptions.html"],
    }
    assert "kind" not in re.findall(r'class="(\w+)"', part(page, 'id="x.plain"', "Source:"))


def test_every_kind_of_uncertainty_is_explained_on_the_methods(built: Path) -> None:
    ids = Elements(built / "methods.html").all("id")
    assert {f"uncertainty-{key}" for key in labels.UNCERTAINTY} <= set(ids)


def test_every_page_says_who_wrote_it_about_what_and_that_it_is_no_advice(built: Path) -> None:
    for path, page in pages(built):
        footer = " ".join(part(path, '<footer class="footer">', "</footer>").split())
        assert labels.DISCLAIMER in footer, path
        assert 'href="https://ainews' in footer or 'rel="noopener noreferrer"' in footer
        assert "Version" in footer and "Cut-off date" in page.text
