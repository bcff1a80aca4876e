"""What do the tests of the site publish, and how do they read it? Three made-up notebooks, three scenarios.

Decisions
- Together the notebooks show every kind of exhibit, and one number differs between the scenarios.
- A notebook is written as JSON, as a batch leaves it: nbformat would check every cell of it against its
  schema each time.
- Templates are compiled once for all tests (`compiled_once`): that was half of the time of a site of this
  size.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag

import jinja2
import pytest

from analysis import exhibits
from analysis.errors import PublishError
from analysis.project import Project
from tests.small_project import write_titles

SCENARIOS = ("base", "cheap", "dear")
SLUGS = ("1_prices", "2_growth", "3_verdict")
ODD = "50% & #4? 'ü' \"x\""
"""What a name may hold, and a link does not take as it is."""
SVG = (
    '<?xml version="1.0"?>\n<svg width="460.8pt" height="266.4pt" viewBox="0 0 9 9"'
    ' xmlns="http://www.w3.org/2000/svg"><path d="M 1 2 \nL 3 4 z"/></svg>'
)
PNG = base64.b64encode(
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (640).to_bytes(4, "big") + (370).to_bytes(4, "big")
).decode()
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src='https://example.org/pixel.png'>",
    "<p style='position:fixed' class='claim' id='main' onclick='alert(1)'>kept words</p>",
    "<a href='javascript:alert(1)'>kept link</a>",
    "<meta http-equiv='refresh' content='0;url=https://example.org'>",
    "<style>body{display:none}</style><link rel=stylesheet href=x.css>",
    "<iframe src='https://example.org'></iframe><form action='https://example.org'><input name=q></form>",
    "<svg onload=alert(1)><script>alert(1)</script></svg><base href='https://example.org/'>",
]


Cell = dict[str, Any]
Output = dict[str, Any]


def prose(source: str) -> Cell:
    """A Markdown cell."""
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def code(source: str, *outputs: Output, tags: Iterable[str] = ()) -> Cell:
    """A code cell with what it showed."""
    cell = {"cell_type": "code", "metadata": {"tags": list(tags)}, "execution_count": 1, "source": source}
    return cell | {"outputs": list(outputs)}


def displayed(**forms: Any) -> Output:
    """An output in some forms, each by its MIME type."""
    return {"output_type": "display_data", "metadata": {}, "data": forms}


def printed(name: str, text: str) -> Output:
    """What a cell wrote to `stdout` or `stderr`."""
    return {"output_type": "stream", "name": name, "text": text}


def failed(name: str, text: str) -> Output:
    """What a cell leaves that raised."""
    return {"output_type": "error", "ename": name, "evalue": text, "traceback": []}


def write_notebook(path: Path, cells: Iterable[Cell]) -> None:
    """A notebook of these cells."""
    content = {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    path.write_text(json.dumps(content), encoding="utf-8")


def rewrite(path: Path, *outputs: Output) -> None:
    """A notebook of one cell in the place of another notebook."""
    write_notebook(path, [code("x", *outputs)])


def shown(bundle: dict[str, Any], **more: Any) -> Output:
    """An output that carries a bundle, as `display` would leave it."""
    empty = {"title": bundle["id"], "unit": None, "role": "detail", "note": None, "sources": [], "claims": []}
    viewers = {"text/plain": "for viewers", "text/html": "<p>for viewers</p>"}
    return displayed(**({exhibits.MIME: empty | bundle} | viewers | more))


def metric(id: str, value: float, **more: Any) -> dict[str, Any]:
    short = f"{value:.1f}x"
    text = f"{short} ({value / 2:.1f}x to {value * 2:.1f}x, 90%)"
    fields = {
        "value": value,
        "low": value / 2,
        "high": value * 2,
        "level": 0.9,
        "text": text,
        "short": short,
        "format": ".1f",
    }
    return (
        {
            "id": id,
            "kind": "metric",
            "formula": "a / b",
            "inputs": {"a": value, "b": 1},
            "reads": "It is.",
            "better": "higher",
        }
        | fields
        | more
    )


COLUMNS = [
    {"name": "who", "title": "Who", "unit": None, "format": None, "align": "left"},
    {"name": "price", "title": "Price", "unit": "USD", "format": ".2f", "align": "right"},
]
ROWS = [
    {"who": "=HYPERLINK(1)", "price": 1.5},
    {"who": "-5", "price": -2.25},
    {"who": "<b>bold</b>", "price": None},
]


def claim(id: str, verdict: str, **more: Any) -> dict[str, Any]:
    figures = {
        "stated": "43%",
        "stated_low": 42.5,
        "stated_high": 43.5,
        "unit": "pct",
        "computed": 56.5,
        "computed_low": 54.0,
        "computed_high": 59.0,
    }
    words = {
        "statement": f"The statement of {id}.",
        "reason": "6 ** (1/4) is 1.565.",
        "basis": "article",
        "where": ["market.table"],
    }
    return (
        {
            "id": id,
            "section": id.partition(".")[0],
            "kind": "quantity",
            "verdict": verdict,
            "stale": False,
            "since": None,
            "sources": ["article"],
            "strength": "article",
        }
        | figures
        | words
        | more
    )


def evidence(name: str = "prices", **more: Any) -> dict[str, Any]:
    """A table of evidence; its rows have sources of every form, and a cell and a source do harm."""
    common = {
        "valid_on": "2025-03-31",
        "known_on": "2025-04-30",
        "known_inferred": "yes",
        "quality": "reported",
        "source_title": "A page",
    }
    rows = [
        {"what": "a price", "source": "https://example.org/row"},
        {"what": "=1+1", "source": "org/repo:data/prices.csv@0deb7c4", "quality": "official"},
        {"what": "<script>alert(2)</script>", "source": "javascript:alert(2)", "known_inferred": "no"},
    ]
    rules = {
        "note": "Every price that was seen.",
        "pick": "The later row counts.",
        "lag_days": 30,
        "lag_because": "Pages carry no day.",
        "pseudo_out_of_sample": True,
        "licence": "CC BY 4.0",
        "credit": "Who collected them.",
        "as_of": "2026-05-21",
        "gathered_on": "2026-06-30",
        "not_found": [
            {
                "id": "quarter",
                "what": "The <next> quarter",
                "due": "2026-06-15",
                "where": "The seller & its releases",
            },
            {"id": f"list_of_{name}", "what": f"A list of {name}", "due": None, "where": "Its page"},
        ],
        "unseen": 4,
    }
    columns = [{"name": n, "title": n, "meaning": f"What {n} means."} for n in ("what", "source", *common)]
    bundle = {"id": f"evidence.{name}", "kind": "evidence", "title": f"Table of {name}"}
    return bundle | rules | {"columns": columns, "rows": [common | row for row in rows]} | more


def cells(slug: str, value: float) -> list[Cell]:
    """The cells of one made-up notebook; `value` is what differs between scenarios."""
    name = slug.partition("_")[2]
    opening = prose(
        f"# On {name}\n\nIt costs $60 **billion** against $5.\n\n## First heading\n\nSee [the"
        " verdict](3_verdict.ipynb) and [more](#second-heading)."
    )
    parameters = code('scenario: str = "base"  # the label', tags=["parameters"])
    numbers = code(
        "numbers()",
        shown(metric(f"{name}.multiple", value, role="headline", title="Multiple")),
        shown(metric(f"{name}.other", 2.0)),
    )
    table = {
        "id": f"{name}.table",
        "kind": "table",
        "title": "Prices",
        "columns": COLUMNS,
        "rows": ROWS,
        "sources": [{"title": "A source", "url": "https://example.org/a", "quality": "reported"}],
    }
    chart = {
        "id": f"{name}.chart",
        "kind": "figure",
        "title": "Prices fall",
        "subtitle": "USD",
        "alt": "Bars that fall.",
        "columns": COLUMNS,
        "rows": ROWS,
        "claims": ["market.growth"],
    }
    pictures = code("chart()", shown(table), shown(chart, **{"image/svg+xml": SVG}))
    plain = code("print(1)", printed("stdout", "a < b\n"), printed("stderr", "a warning\n"))
    hostile = code("hostile()", *(displayed(**{"text/html": text}) for text in HOSTILE))
    rates = evidence("rates", pseudo_out_of_sample=False, unseen=0)
    tables = [code("found()", shown(evidence()), shown(rates))] if slug != "2_growth" else []
    return [
        opening,
        parameters,
        numbers,
        *tables,
        prose("## Second heading\n\n" + "\n\n".join(HOSTILE)),
        pictures,
        plain,
        hostile,
    ]


def ledger(claims: Iterable[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A ledger of claims, which the tests find at one id."""
    rows = list(claims)
    columns = [{"name": name, "title": name} for name in rows[0]]
    fields = {"id": "verdict.ledger", "kind": "ledger", "title": "All claims"}
    return fields | {"columns": columns, "rows": rows} | more


CITED = [
    {"title": f"Page {n}", "url": f"https://example.org/{n}", "quality": quality}
    for n, quality in enumerate(("official", "measured", "official", "secondary", "reported"))
]


def backtests() -> dict[str, Any]:
    fields = {
        "ahead": "4 quarters",
        "rival": "a drift",
        "coverage_95": 0.9,
        "coverage_95_low": 0.6,
        "coverage_95_high": 0.98,
    }
    rows = [
        {"trend": "Sales", "method": "a line", "n": 12, "relative_mae": 1.25, "verdict": "loses"} | fields,
        {"trend": "Sales", "method": "a drift", "n": 12, "relative_mae": 1.0, "verdict": "naive"} | fields,
        {
            "trend": "Sales",
            "method": "smoothing",
            "n": 12,
            "relative_mae": 0.5,
            "relative_scale_mae": 2.0,
            "methods_tested": 4,
            "p_better": 0.01,
            "p_worse": 1.0,
            "coverage_80": 0.75,
            "verdict": "beats naive",
        }
        | fields,
        {
            "trend": "Rates",
            "method": "a line",
            "n": 3,
            "ahead": "8 quarters",
            "rival": "a drift",
            "verdict": "not backtestable",
            "reason": "three forecasts",
        },
    ]
    columns = [{"name": n, "title": n} for n in rows[2]]
    return {
        "id": "market.skill",
        "kind": "skill",
        "title": "Skill",
        "columns": columns,
        "rows": rows,
        "note": "It is used.",
    }


FAN = {"p5": 1.5, "p25": 12.25, "p50": 31.0, "p75": 62.0, "p95": 203.4}


def grid() -> dict[str, Any]:
    """Two inputs, one result: ten times the first and the second."""
    axes = [
        {
            "name": "growth",
            "title": "growth",
            "unit": "x",
            "meaning": "How fast.",
            "values": [1, 2],
            "start": 1.9,
        },
        {
            "name": "size",
            "title": "size",
            "unit": "USD",
            "meaning": "How much.",
            "values": [5, 10, 20],
            "start": 7,
        },
    ]
    rows = [{"growth": g, "size": s, "result": 10 * g + s} for g in (1, 2) for s in (5, 10, 20)]
    outputs = [{"name": "result", "title": "Result", "unit": "pct", "decimals": 0, "dress": ["", "%"]}]
    columns = [{"name": n, "title": n} for n in rows[0]]
    fields = {"id": "verdict.grid", "kind": "grid", "title": "Two that matter", "note": "Computed before."}
    return fields | {"columns": columns, "rows": rows, "axes": axes, "outputs": outputs}


def risk_register() -> dict[str, Any]:
    rows = [
        {"risk": "flood", "likelihood": 0.25, "impact_pct": 12.4, "impact_low": 11.0, "impact_high": 14.0},
        {
            "risk": "regulation",
            "likelihood": 0.5,
            "impact_pct": 40.0,
            "impact_low": 35.0,
            "impact_high": 45.0,
        },
    ]
    fields = {"id": "risks.register", "kind": "figure", "title": "One costs most", "subtitle": "Percent"}
    return fields | {
        "alt": "Two points.",
        "columns": [{"name": n, "title": n} for n in rows[0]],
        "rows": rows,
    }


def forecasts() -> dict[str, Any]:
    fields = {
        "where": "verdict.4",
        "criterion": "It is counted.",
        "source_of_truth": "The counter.",
        "made_on": "2026-05-21",
        "deadline": "2028-05-21",
        "label": "A part",
        "statement": "A part comes.",
    }
    method = {
        "kind": "base rate",
        "probability": 0.25,
        "low": 0.04,
        "high": 0.56,
        "level": 0.9,
        "told": "One of <four> cases.",
        "data_to": "2025-11-13",
    }
    rows = [
        fields
        | {
            "id": "p1.first",
            "status": "void",
            "method": "none: overtaken",
            "resolved_on": "2026-05-21",
            "because": "It was overtaken.",
        },
        fields
        | {
            "id": "p2.second",
            "status": "open",
            "method": "base rate",
            "probability": 0.25,
            "probability_low": 0.04,
            "probability_high": 0.56,
            "methods": [method],
            "sources": CITED,
            "given": "p2.other",
        },
        fields
        | {
            "id": "p2.third",
            "status": "true",
            "method": "base rate",
            "probability": 0.9,
            "probability_low": 0.8,
            "probability_high": 0.95,
            "methods": [method],
            "resolved_on": "2026-09-01",
            "because": "It came.",
            "brier": 0.01,
            "log_score": 0.105,
            "record_published": 2,
            "record_days_before": 70,
            "record_brier": 0.033,
            "record_log_score": 0.19,
        },
        fields
        | {"id": "p2.fourth", "status": "open", "method": "What a method needs was not on record yet."},
    ]
    return {
        "id": "verdict.predictions",
        "kind": "predictions",
        "title": "Parts",
        "columns": [{"name": n, "title": n} for n in fields],
        "rows": rows,
    }


def board(id: str = "verdict.board", count: int = 2) -> dict[str, Any]:
    fields = {
        "observable": "A number <seen>.",
        "side": "above",
        "threshold_text": "25%",
        "because": "It matters.",
        "moved": ["p2.second"],
        "moves": ["raises p2.second"],
    }
    rows = [
        fields
        | {
            "id": "debt",
            "label": "Debt",
            "value_text": "30%",
            "status": "signals",
            "valid_on": "2026-03-31",
            "sources": CITED,
        },
        fields
        | {
            "id": "rent",
            "label": "Rent",
            "value_text": "–",
            "status": "unknown",
            "missing": "the rent",
            "moves": ["raises heat"],
            "moved": ["heat"],
        },
    ][:count]
    return {
        "id": id,
        "kind": "indicators",
        "title": "Board",
        "columns": [{"name": n, "title": n} for n in fields],
        "rows": rows,
    }


def judged_claims() -> list[dict[str, Any]]:
    """Claims with weights, an error that three of them share, one out of date, and one overtaken."""
    slip = {"error": "slip"}
    return [
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


def verdict_cells() -> list[Cell]:
    rows = [
        claim("market.growth", "fails"),
        claim("market.size", "holds", stale=True, basis="evidence", strength="secondary", sources=CITED),
        claim(
            "market.fact",
            "holds",
            basis="evidence",
            kind="fact",
            stated="yes",
            computed=None,
            since="It grew.",
        ),
        claim("risks.regulation", "uncheckable", stated=None, computed=None),
    ]
    sentence = {"id": "verdict.words", "kind": "statement", "role": "verdict", "text": "Most of it <fails>."}
    png = {
        "id": "verdict.png",
        "kind": "figure",
        "title": "As a bitmap",
        "subtitle": "",
        "alt": "A bitmap.",
        "columns": COLUMNS,
        "rows": ROWS,
    }
    fan = {
        "id": "verdict.fan",
        "kind": "figure",
        "title": "It spreads",
        "subtitle": "Percent (cut at 100)",
        "alt": "A fan.",
        "columns": (
            [{"name": "time", "title": "Time", "unit": "years"}]
            + [{"name": n, "title": n} for n in ("series", *FAN)]
        ),
        "rows": [
            {"time": 0.0, "series": "share"} | dict.fromkeys(FAN, 5.0),
            {"time": 3.0, "series": "share"} | FAN,
        ],
    }
    names = ("what", "verdict", "strength", "sources", "status")
    cell_verdicts = {
        "id": "verdict.cells",
        "kind": "table",
        "title": "Cell by cell",
        "columns": [{"name": n, "title": n} for n in names],
        "rows": [
            {
                "what": "a",
                "verdict": "partly",
                "strength": "estimate",
                "sources": CITED[:2],
                "status": "void",
            },
            {"what": "b", "verdict": "who knows", "strength": None, "sources": [], "status": "open"},
        ],
    }
    proof = {
        "id": "verdict.proof",
        "kind": "table",
        "role": "check",
        "title": "Fitted again",
        "columns": COLUMNS,
        "rows": ROWS,
    }
    return [
        code("verdict()", shown(sentence), shown(ledger(rows)), shown(png, **{"image/png": PNG})),
        code("more()", shown(cell_verdicts), shown(evidence()), shown(fan, **{"image/svg+xml": SVG})),
        code("tried()", shown(backtests()), shown(proof)),
        code("grid()", shown(grid()), shown(risk_register(), **{"image/svg+xml": SVG})),
        code("forecast()", shown(forecasts()), shown(board("verdict.near", 1)), shown(board())),
    ]


def write_project(root: Path) -> Project:
    """A project to publish: runs, register and scenarios, retired ids."""
    project = Project(root)
    write_titles(project)
    write_params(project)
    write_runs(project.runs)
    write_retired(project.retired_ids)
    return project


def write_runs(folder: Path) -> Path:
    """Three notebooks under three scenarios, with their manifest."""
    runs = []
    for step, scenario in enumerate(SCENARIOS):
        (folder / scenario).mkdir(parents=True)
        for slug in SLUGS:
            path = folder / scenario / f"{slug}.ipynb"
            write_notebook(
                path, cells(slug, 1.4 + step / 2) + (verdict_cells() if slug == "3_verdict" else [])
            )
            path.with_suffix(".yml").write_text(f"scenario: {scenario}\ngrowth: {2.0 + step}\n")
            result = {
                "status": "cached" if step else "succeeded",
                "reason": "new",
                "seconds": 1.5,
                "error": None,
            }
            runs.append(result | {"scenario": scenario, "notebook": slug, "digest": f"{step}abc" * 8})
    content = {"runs": runs, "versions": {"python": "3.11"}, "git": {"commit": "0" * 40, "dirty": False}}
    (folder / "manifest.json").write_text(json.dumps(content))
    return folder


def write_params(project: Project) -> None:
    """A register of one assumption, and the scenarios, each but the first with a value of its own for it."""
    project.params.mkdir()
    entry = (
        "{label: speed of growth, group: growth, value: 2.0, unit: x, range: [0, 9],"
        " description: How much it grows., status: sourced, risk: regulation,"
        " calm: {value: 1.0, because: Nothing burns}, reference: {title: T,"
        " url: 'https://example.org/t', known_on: 2026-05-21}}"
    )
    project.register.write_text(f"growth: {entry}\n")
    project.scenario("base").write_text("scenario: base\ndescription: As the register has it.\n")
    for step, name in enumerate(SCENARIOS[1:], start=1):
        project.scenario(name).write_text(
            f"scenario: {name}\ndescription: Another world.\ngrowth: {2.0 + step}\nbecause: {{growth: It"
            " might.}\n"
        )


def write_retired(path: Path) -> None:
    """A list of retired ids: with and without a replacement on the page of their section or of their kind."""
    path.write_text(
        "prices.old: {kind: figure, section: 1_prices, since: 2026-01-31}\n"
        "prices.older_table: {kind: table, section: 1_prices, since: 2026-01-31, replaced_by: prices.table}\n"
        "market.gone: {kind: claim, section: 3_verdict, since: 2026-02-28}\n"
        "market.merged: {kind: claim, section: 3_verdict, since: 2026-02-28, replaced_by: market.size}\n"
        "p1.gone: {kind: prediction, section: 3_verdict, since: 2026-02-28}\n"
        "p2.merged: {kind: prediction, section: 3_verdict, since: 2026-02-28, replaced_by: p2.third}\n"
        "profit: {kind: indicator, section: 3_verdict, since: 2026-02-28}\n"
        "loan: {kind: indicator, section: 3_verdict, since: 2026-02-28, replaced_by: debt}\n"
        "evidence.gone: {kind: evidence, section: 1_prices, since: 2026-02-28}\n"
        "evidence.fees:\n"
        "  {kind: evidence, section: 1_prices, since: 2026-02-28, replaced_by: evidence.rates}\n"
        "verdict.note: {kind: statement, section: 3_verdict, since: 2026-02-28, replaced_by: market.size}\n"
    )


def change_manifest(runs: Path, change: Callable[[list[dict[str, Any]]], object]) -> None:
    """Change what the manifest says of the runs."""
    manifest = json.loads((runs / "manifest.json").read_text())
    change(manifest["runs"])
    (runs / "manifest.json").write_text(json.dumps(manifest))


def share(runs: Path, slug: str) -> None:
    """Give a notebook base's result under every scenario: the same cells but for the values of the run."""
    parameters, cells = {"growth": 2.0}, json.loads((runs / "base" / f"{slug}.ipynb").read_text())["cells"]
    for scenario in SCENARIOS:
        injected = code(f'scenario = "{scenario}"\ngrowth = 2.0', tags=["injected-parameters"])
        write_notebook(runs / scenario / f"{slug}.ipynb", [*cells[:2], injected, *cells[2:]])
        (runs / scenario / f"{slug}.yml").write_text(json.dumps({"scenario": scenario, **parameters}))


def fail_runs(runs: Path, *failed: tuple[str, str]) -> None:
    """Let notebooks have failed."""

    def fail(entries: list[dict[str, Any]]) -> None:
        for entry in entries:
            if (entry["scenario"], entry["notebook"]) in failed:
                entry.update(status="failed", error="cell 3: ValueError: 1 < 2")

    change_manifest(runs, fail)


Publish = Callable[..., Path]
"""Publishes the project of a test; arguments are those of `build.publish` after the project."""


def refused(publish: Publish, **more: Any) -> str:
    """What publishing is refused with."""
    with pytest.raises(PublishError) as caught:
        publish(**more)
    return str(caught.value)


class Elements(HTMLParser):
    """The start tags of a page, the text of its style and script, and its visible text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.inline: dict[str, list[str]] = {"style": [], "script": []}
        self.text = ""
        self._inside = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._inside = tag if tag in self.inline else ""

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.inline[self._inside].append(data)
        else:
            self.text += data

    def all(self, attribute: str) -> list[str]:
        return [attributes[attribute] for _, attributes in self.tags if attribute in attributes]


def pages(folder: Path, *, moved: bool = False) -> Iterator[tuple[Path, Elements]]:
    """The pages of a site; `moved`: those that lead on, too."""
    for path in sorted(folder.rglob("*.html")):
        page = Elements(path)
        if moved or "canonical" not in page.all("rel"):
            yield path, page


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def part(page: Path, opening: str, closing: str) -> str:
    """What stands between two pieces of a page."""
    return page.read_text(encoding="utf-8").split(opening, 1)[1].split(closing, 1)[0]


def broken_links(site: Path) -> list[str]:
    """The links of all pages that lead to no file of the site, or to no part of its page."""
    read = dict(pages(site, moved=True))
    broken = []
    for path, page in read.items():
        for address in page.all("href"):
            target, fragment = urldefrag(address)
            if re.match(r"[a-z]+:", target):
                continue
            linked = (path.parent / unquote(target)).resolve() if target else path
            if not linked.is_file() or (fragment and fragment not in read[linked].all("id")):
                broken.append(f"{path.relative_to(site)}: {address}")
    return broken


@contextmanager
def compiled_once() -> Iterator[None]:
    """What Jinja compiled of a template serves whoever asks for the same text again."""
    known: dict[tuple[Any, ...], Any] = {}
    compile_template = jinja2.Environment.compile

    def compile_once(environment: jinja2.Environment, *template: Any) -> Any:
        if template not in known:
            known[template] = compile_template(environment, *template)
        return known[template]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jinja2.Environment, "compile", compile_once)
        yield
