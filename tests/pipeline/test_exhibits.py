"""Bundles of executed notebooks as typed objects, and numbers as a page prints them."""

from __future__ import annotations

from typing import Any

import pytest

from analysis.errors import PublishError
from analysis.pipeline import exhibits
from analysis.pipeline.exhibits import Ledger, Metric, number

METRIC: dict[str, Any] = {
    "id": "risks.multiple", "kind": "metric", "title": "Multiple", "unit": "x", "role": "headline", "note": None,
    "sources": [{"title": "A", "url": "https://example.org"}, {"title": "B", "url": "javascript:alert(1)"}], "claims": ["a.b"],
    "value": 1.4, "low": 0.2, "high": 4.9, "level": 0.9, "text": "1.4x (0.2x to 4.9x, 90%)", "short": "1.4x",
    "format": ".1f", "formula": "a / b", "inputs": {"a": 1}, "better": "higher", "reads": "It is.",
}  # fmt: skip


def output(bundle: object, **more: str) -> dict[str, Any]:
    return {"data": {exhibits.MIME: bundle} | more}


def read(bundle: object, **more: str) -> exhibits.Shown:
    shown = exhibits.of_output(output(bundle, **more), "base", "4_risks", "here")
    assert shown
    return shown


def test_an_output_without_a_bundle_is_no_exhibit() -> None:
    assert exhibits.of_output({"data": {"text/plain": "1"}}, "base", "4_risks", "here") is None
    assert exhibits.of_output({"output_type": "stream", "text": "1"}, "base", "4_risks", "here") is None


def test_a_metric_keeps_its_interval_as_printed() -> None:
    metric = read(METRIC).exhibit
    assert isinstance(metric, Metric)
    assert metric.interval == "0.2x to 4.9x, 90%"


def test_only_web_addresses_stay_links() -> None:
    assert [source.url for source in read(METRIC).exhibit.sources] == ["https://example.org", None]


def test_no_number_is_no_number_however_it_is_written() -> None:
    metric = read(METRIC | {"value": float("nan"), "high": float("inf")}).exhibit
    assert isinstance(metric, Metric)
    assert (metric.value, metric.high) == (None, None)


def test_keys_that_are_not_known_are_ignored() -> None:
    assert read(METRIC | {"colour": "blue"}) == read(METRIC)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"id": "../../etc"}, "key metric.id"),
        ({"kind": "poem"}, "exhibit risks.multiple"),
        ({"text": None}, "key metric.text"),
    ],
)
def test_a_bundle_that_is_not_whole_names_its_place(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(PublishError) as caught:
        read(METRIC | change)
    assert str(caught.value).startswith("here, exhibit ") and complaint in str(caught.value)


def test_svg_is_preferred_to_png() -> None:
    assert read(METRIC, **{"image/png": "QQ==\n", "image/svg+xml": "<svg/>"}).image == exhibits.Image(
        "svg", "<svg/>"
    )
    assert read(METRIC, **{"image/png": "QQ\n==\n"}).image == exhibits.Image("png", "QQ==")


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
    found = read(ledger()).exhibit
    assert isinstance(found, Ledger)
    (claim,) = found.entries
    assert (claim.where, claim.stale, claim.sources[0].title) == (("market.5",), False, "article")


def test_a_ledger_with_an_unknown_verdict_is_refused() -> None:
    with pytest.raises(PublishError, match="'holds', 'partly', 'fails', 'open' or 'uncheckable'"):
        read(ledger(verdict="maybe"))


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        (None, None, "–"), ("", ".1f", "–"), (True, None, "yes"), ("as printed", ".1f", "as printed"), (["a", 1.50], None, "a; 1.5"),
        (1234.5, ",.0f", "1,234"), (-0.5, ".1%", "\N{MINUS SIGN}50.0%"), (1.5, "d", "1.5"),
        (2026, None, "2026"), (20000, None, "20,000"), (0.0321456, None, "0.0321"), (56.508, None, "56.5"), (0, None, "0"),
        (-1.25, None, "\N{MINUS SIGN}1.25"), (123.456, None, "123"),
    ],
)  # fmt: skip
def test_a_number_is_printed_by_its_format_and_else_to_three_digits(
    value: object, spec: str | None, text: str
) -> None:
    assert number(value, spec) == text
