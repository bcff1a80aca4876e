"""The kinds of exhibits as typed objects, and numbers as a page prints them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pydantic import ValidationError

from analysis import exhibits
from analysis.errors import ExhibitError
from analysis.exhibits import (
    Column,
    Evidence,
    Exhibit,
    Ledger,
    Metric,
    Source,
    Table,
    number,
    source_url,
    sources_in_cell,
    weakest,
)
from tests.site.site_material import forecasts

METRIC: dict[str, Any] = {
    "id": "risks.multiple",
    "kind": "metric",
    "title": "Multiple",
    "unit": "x",
    "role": "headline",
    "note": None,
    "sources": [{"title": "A", "url": "https://example.org"}, {"title": "B", "url": "javascript:alert(1)"}],
    "claims": ["a.b"],
    "value": 1.4,
    "low": 0.2,
    "high": 4.9,
    "level": 0.9,
    "text": "1.4x (0.2x to 4.9x, 90%)",
    "short": "1.4x",
    "format": ".1f",
    "formula": "a / b",
    "inputs": {"a": 1},
    "better": "higher",
    "reads": "It is.",
}


def read(bundle: object) -> Exhibit:
    return exhibits.ADAPTER.validate_python(bundle)


def test_a_metric_keeps_its_interval_as_printed() -> None:
    metric = read(METRIC)
    assert isinstance(metric, Metric)
    assert metric.interval == "0.2x to 4.9x, 90%"


def test_only_web_addresses_stay_links() -> None:
    assert [source.url for source in read(METRIC).sources] == ["https://example.org", None]


@pytest.mark.parametrize(
    ("text", "leads_to"),
    [
        ("https://example.org/a?b=1", "https://example.org/a?b=1"),
        ("some-org/a.repo:data/x y.csv", "https://github.com/some-org/a.repo/blob/HEAD/data/x%20y.csv"),
        ("org/repo@0deb7c4:x.json", "https://github.com/org/repo/blob/0deb7c4/x.json"),
        ("org/repo:x.json@0deb7c4", "https://github.com/org/repo/blob/0deb7c4/x.json"),
        ('org/repo:a"><b>?c#d', "https://github.com/org/repo/blob/HEAD/a%22%3E%3Cb%3E%3Fc%23d"),
        ("javascript:alert(1)", None),
        ("//example.org/x", None),
        ("https://example.org/ x", None),
        ("org/repo", None),
        ("org/repo: a remark", None),
        ("article", None),
        ("", None),
        (None, None),
    ],
)
def test_a_reference_leads_to_the_web_or_nowhere(text: str | None, leads_to: str | None) -> None:
    assert source_url(text) == leads_to


def test_a_source_says_how_strong_it_is_and_the_weakest_of_several_counts() -> None:
    sources = [Source(title=q, quality=q) for q in ("official", "secondary", "reported", "article")]
    assert weakest(sources) == "secondary"
    assert weakest([*sources[:1], Source(title="no word of it")]) == "official"
    assert weakest([Source(title="article", quality="article")]) is weakest([]) is None


def test_keys_that_are_not_known_are_ignored() -> None:
    assert read(METRIC | {"colour": "blue"}) == read(METRIC)


def ledger(**claim: Any) -> dict[str, Any]:
    row = {
        "id": "a.b",
        "section": "market",
        "statement": "S.",
        "verdict": "holds",
        "stale": None,
        "where": "market.5",
        "sources": ["article"],
    }
    return {
        "id": "all.claims",
        "kind": "ledger",
        "columns": [{"name": "id", "title": "Id"}],
        "rows": [row | claim],
    }


def test_the_rows_of_a_ledger_are_claims() -> None:
    exhibit = read(ledger())
    assert isinstance(exhibit, Ledger)
    (claim,) = exhibit.entries
    assert (claim.where, claim.stale, claim.sources[0].title) == (("market.5",), False, "article")


def test_a_ledger_with_an_unknown_verdict_is_refused() -> None:
    with pytest.raises(ValidationError, match="'holds', 'partly', 'fails', 'void', 'open' or 'uncheckable'"):
        read(ledger(verdict="maybe"))


@pytest.mark.parametrize("stated", ["probability", "probability_low", "probability_high", "methods"])
def test_what_is_void_has_no_probability(stated: str) -> None:
    table = forecasts()
    void, open_part, *others = table["rows"]
    assert void["status"] == "void" and read(table).kind == "predictions"
    with pytest.raises(ValidationError, match="has no probability and no methods"):
        read(table | {"rows": [void | {stated: open_part[stated]}, open_part, *others]})


def test_the_noise_of_a_simulation_is_no_range() -> None:
    table = forecasts()
    _, open_part, *others = table["rows"]
    noise = open_part | {"probability": 0.5, "probability_low": 0.498, "probability_high": 0.502}
    read_table = read(table | {"rows": [open_part, noise, *others]})
    assert isinstance(read_table, exhibits.Forecasts)
    assert [part.has_range for part in read_table.entries][:2] == [True, False]


def test_a_ledger_counts_its_verdicts_and_says_what_they_rest_on() -> None:
    exhibit = read(ledger(strength="secondary", computed=None, stated=None))
    assert isinstance(exhibit, Ledger)
    assert exhibit.counts == {"holds": 1, "partly": 0, "fails": 0, "void": 0, "open": 0, "uncheckable": 0}
    assert (exhibit.entries[0].strength, exhibit.entries[0].computed) == ("secondary", None)
    with pytest.raises(ValidationError, match=r"rows\.0\.strength"):
        read(ledger(strength="strong"))


def test_claims_that_share_a_reason_are_one_error_and_only_wrong_ones_are_any() -> None:
    rows = [
        ledger(id=f"market.c{place}", verdict=verdict, error=error)["rows"][0]
        for place, (verdict, error) in enumerate(
            [("fails", "slip"), ("fails", "slip"), ("fails", None), ("void", None), ("holds", "slip")]
        )
    ]
    exhibit = read(ledger() | {"rows": rows})
    assert isinstance(exhibit, Ledger)
    # the slip that two share, and the one alone; what was overtaken and what is right are none
    assert (exhibit.counts["fails"], exhibit.errors) == (3, 2)


def test_a_ledger_leads_with_what_the_argument_needs() -> None:
    weights = ["passing", None, "central", "supporting", "central"]
    rows = [ledger(id=f"market.c{n}", weight=weight)["rows"][0] for n, weight in enumerate(weights)]
    exhibit = read(ledger() | {"rows": rows})
    assert isinstance(exhibit, Ledger)
    assert [claim.id[-1] for claim in exhibit.entries] == ["2", "4", "3", "0", "1"]
    assert [row["id"][-1] for row in exhibit.rows] == ["0", "1", "2", "3", "4"]  # the files keep their order


def test_a_cell_that_lists_sources_is_read_as_sources() -> None:
    listed = [{"title": "A", "url": "org/repo:x", "quality": "official"}]
    table = {
        "id": "a.b",
        "kind": "table",
        "columns": [{"name": "sources", "title": "S"}],
        "rows": [{}, {"sources": listed}],
    }
    exhibit = read(table)
    assert isinstance(exhibit, Table)
    assert [source.url for source in sources_in_cell(exhibit.rows[1]["sources"])] == [
        "https://github.com/org/repo/blob/HEAD/x"
    ]
    assert (
        sources_in_cell("A") == sources_in_cell(["A"]) == sources_in_cell([]) == sources_in_cell(None) == ()
    )
    with pytest.raises(ValidationError, match=r"table\.rows\.1\.sources\.0\.title"):
        read(table | {"rows": [{}, {"sources": [{"url": "https://example.org"}]}]})


def observation(**more: Any) -> dict[str, Any]:
    dates = {
        "valid_on": "2025-03-31",
        "known_on": "2025-05-01",
        "known_inferred": "no",
        "quality": "reported",
    }
    return {"what": "x", "source_title": "A page", "source": "https://example.org"} | dates | more


EVIDENCE: dict[str, Any] = {
    "id": "evidence.prices",
    "kind": "evidence",
    "title": "Prices",
    "note": "Every price.",
    "as_of": "2026-05-21",
    "pick": "The last.",
    "gathered_on": "2026-06-30",
    "not_found": [{"id": "quarter", "what": "The next quarter", "due": "2026-06-15", "where": "Its page"}],
    "lag_days": 30,
    "lag_because": "So it is.",
    "pseudo_out_of_sample": True,
    "licence": "Facts.",
    "credit": "All.",
    "unseen": 2,
    "columns": [{"name": name, "title": name, "meaning": "What it is."} for name in observation()],
    "rows": [
        observation(),
        observation(quality="official", valid_on="2024-12-31"),
        observation(known_inferred="yes", source="a book", valid_on="2025-01-31"),
    ],
}


def test_a_table_of_evidence_sums_itself_up() -> None:
    exhibit = read(EVIDENCE)
    assert isinstance(exhibit, Evidence)
    assert list(exhibit.qualities.items()) == [("official", 1), ("reported", 2)]
    assert exhibit.span and [day.isoformat() for day in exhibit.span] == ["2024-12-31", "2025-03-31"]
    assert (
        exhibit.source_count,
        exhibit.inferred_count,
        [column.name for column in exhibit.specific_columns],
    ) == (
        2,
        1,
        ["what"],
    )
    assert exhibit.observations[2].reference == Source(title="A page (a book)", quality=None)
    empty = read(EVIDENCE | {"rows": []})
    assert isinstance(empty, Evidence)
    assert (empty.span, empty.qualities, empty.source_count) == (None, {}, 0)


def test_a_series_ends_early_more_than_a_quarter_before_the_cut_off_date() -> None:
    last = dt.date(2025, 3, 31)
    # 31 March to 1 July 2025: 30 + 31 + 30 + 1 = 92 days
    assert [exhibits.is_early(last, dt.date(2025, 7, day)) for day in (1, 2)] == [False, True]
    assert not exhibits.is_early(None, last) and not exhibits.is_early(last, None)


def test_an_exhibit_knows_whether_its_series_end_on_one_day() -> None:
    ends = {"data_to": "2025-03-31", "data_to_latest": "2025-03-31"}
    assert read(EVIDENCE | ends).series_end_together
    assert not read(EVIDENCE | ends | {"data_to_latest": "2025-06-30"}).series_end_together


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        (None, None, "–"),
        ("", ".1f", "–"),
        (True, None, "yes"),
        ("as printed", ".1f", "as printed"),
        (["a", 1.50], None, "a; 1.5"),
        (1234.5, ",.0f", "1,234"),
        (-0.5, ".1%", "\N{MINUS SIGN}50.0%"),
        (1.5, "d", "1.5"),
        (2026, None, "2026"),
        (20000, None, "20,000"),
        (0.0321456, None, "0.0321"),
        (56.508, None, "56.5"),
        (0, None, "0"),
        (-1.25, None, "\N{MINUS SIGN}1.25"),
        (123.456, None, "123"),
        (0.9996, ".0%", ">99%"),
        (0.0006, ".0%", "<1%"),
        (1.0, ".0%", "100%"),
        (0.0, ".0%", "0%"),
        (0.995, ".1%", "99.5%"),
        (2600.0, ".3g", "2,600"),
        (117290.0, ".5g", "117,290"),
        (-1.31e4, ",.3g", "\N{MINUS SIGN}13,100"),
    ],
)
def test_a_number_is_printed_by_its_format_and_else_to_three_digits(
    value: object, spec: str | None, text: str
) -> None:
    assert number(value, spec) == text


def test_a_whole_percentage_of_a_column_is_0_or_100_only_where_the_share_is() -> None:
    shares = {0.0: "0", 0.088: "<1", 0.6: "1", 99.4: "99", 99.6: ">99", 100.0: "100"}
    assert [number(share, ".0f", "%") for share in shares] == list(shares.values())
    assert number(0.088, ".0f", "years") == "0"


def test_a_heading_names_its_unit_once() -> None:
    def unit(title: str, unit: str) -> str | None:
        return Column(name="x", title=title, unit=unit).heading_unit

    assert unit("Years to maturity", "years") is None
    assert unit("Doubles in", "months") == "months"


def test_a_backtest_has_a_verdict_that_is_known() -> None:
    row = {
        "trend": "t",
        "method": "m",
        "ahead": "1 quarter",
        "n": 9,
        "rival": "r",
        "relative_mae": 0.5,
        "verdict": "wins",
    }
    table = {
        "id": "a.skill",
        "kind": "skill",
        "columns": [{"name": n, "title": n} for n in row],
        "rows": [row],
    }
    with pytest.raises(ValidationError, match="beats naive"):
        read(table)
    assert read(table | {"rows": [row | {"verdict": "beats naive"}]}).kind == "skill"


def test_a_bundle_that_lacks_keys_is_refused_with_place_exhibit_and_each_key() -> None:
    broken = {key: value for key, value in METRIC.items() if key not in ("text", "short")}
    with pytest.raises(ExhibitError) as caught:
        exhibits.parse(broken, "1_one, cell 3")
    assert [problem.place for problem in caught.value.problems] == [
        f"1_one, cell 3, exhibit {METRIC['id']}, key metric.{key}" for key in ("text", "short")
    ]
    assert {problem.rule for problem in caught.value.problems} == {"is missing"}


@pytest.mark.parametrize("bundle", [None, [], "text", {}, {"kind": "poem", "id": "a.b"}])
def test_what_is_no_bundle_at_all_is_refused_too(bundle: object) -> None:
    with pytest.raises(ExhibitError):
        exhibits.parse(bundle)


def test_no_number_is_nothing() -> None:
    metric = exhibits.parse(METRIC | {"value": float("nan"), "high": float("inf")})
    assert isinstance(metric, Metric) and (metric.value, metric.high) == (None, None)


def test_sources_of_one_title_and_strength_stand_together() -> None:
    source = exhibits.Source.model_validate
    first, other, again, weaker = (
        source({"title": title, "url": f"https://example.org/{number}", "quality": quality})
        for number, (title, quality) in enumerate(
            [("File", "official"), ("Page", "official"), ("File", "official"), ("File", "secondary")]
        )
    )
    assert exhibits.by_title([first, other, again, weaker]) == [[first, again], [other], [weaker]]


@pytest.mark.parametrize(
    ("value", "spec", "printed"),
    [
        (20_000, ".10g", "20,000"),
        (-123_456.78, ".2f", "−123,456.78"),
        (12_345.6, ",.1f", "12,345.6"),
        (2026, ".4g", "2026"),
        (1e7, ".3g", "10,000,000"),
    ],
)
def test_a_large_number_has_commas_and_no_exponent(value: float, spec: str, printed: str) -> None:
    assert exhibits.number(value, spec) == printed


@pytest.mark.parametrize(("share", "words"), [(0, "under 1%"), (1, "over 99%"), (0.5, "50%"), (0.01, "1%")])
def test_what_no_or_every_future_shows_is_not_said_to_be_certain(share: float, words: str) -> None:
    assert exhibits.chance_in_words(share) == words
