"""Bundles of executed notebooks: read and placed, or refused with their place."""

from __future__ import annotations

from typing import Any

import pytest

from analysis import exhibits
from analysis.errors import PublishError
from analysis.exhibits import Metric
from analysis.site import reader
from tests.site.site_material import evidence, metric, shown

METRIC = shown(metric("risks.multiple", 1.4))["data"][exhibits.MIME]
EVIDENCE = shown(evidence())["data"][exhibits.MIME]
OBSERVATIONS = EVIDENCE["rows"]


def place(bundle: object, **forms: str) -> reader.PlacedExhibit:
    placed = reader.of_output({"data": {exhibits.MIME: bundle} | forms}, "base", "4_risks", "here")
    assert placed
    return placed


def test_an_output_without_a_bundle_is_no_exhibit() -> None:
    assert reader.of_output({"data": {"text/plain": "1"}}, "base", "4_risks", "here") is None
    assert reader.of_output({"output_type": "stream", "text": "1"}, "base", "4_risks", "here") is None


def test_an_exhibit_knows_the_page_that_shows_it() -> None:
    assert place(METRIC).page == "base/4_risks.html"
    assert reader.page_file("50% & #4") == "50%25%20%26%20%234.html"


def test_no_number_is_no_number_however_it_is_written() -> None:
    exhibit = place(METRIC | {"value": float("nan"), "high": float("inf")}).exhibit
    assert isinstance(exhibit, Metric)
    assert (exhibit.value, exhibit.high) == (None, None)


def test_svg_is_preferred_to_png() -> None:
    both = {"image/png": "QQ==\n", "image/svg+xml": "<svg/>"}
    assert place(METRIC, **both).image == reader.Image("svg", "<svg/>")
    assert place(METRIC, **{"image/png": "QQ\n==\n"}).image == reader.Image("png", "QQ==")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"id": "../../etc"}, "key metric.id"),
        ({"kind": "poem"}, "exhibit risks.multiple"),
        ({"text": None}, "key metric.text"),
        ({"sources": [{"title": "A", "quality": "great"}]}, "key metric.sources.0.quality"),
    ],
)
def test_a_bundle_that_is_not_whole_names_its_place(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(PublishError) as caught:
        place(METRIC | change)
    assert str(caught.value).startswith("here, exhibit ") and complaint in str(caught.value)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"not_found": [{"id": "quarter", "what": "The quarter"}]}, "not_found.0.where"),
        ({"columns": [{"name": "what", "title": "What"}]}, "columns.0.meaning"),
        ({"rows": [{"what": "x"}]}, "rows.0.source"),
    ],
)
def test_what_runs_of_an_earlier_version_lack_is_said_to_come_from_one(
    change: dict[str, Any], key: str
) -> None:
    with pytest.raises(PublishError) as caught:
        place(EVIDENCE | change)
    rule = "is missing, as in runs of an earlier version. Run `thesis run` again"
    assert f"here, exhibit evidence.prices, key evidence.{key}: {rule}" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"pick": None}, "pick"),
        ({"note": None}, "note"),
        ({"as_of": "in May"}, "as_of"),
        ({"gathered_on": None}, "gathered_on"),
        ({"rows": [OBSERVATIONS[0], OBSERVATIONS[1] | {"known_on": None}]}, "rows.1.known_on"),
        ({"rows": [OBSERVATIONS[0] | {"quality": "great"}]}, "rows.0.quality"),
    ],
)
def test_evidence_without_its_rules_dates_or_sources_is_refused(change: dict[str, Any], key: str) -> None:
    with pytest.raises(PublishError) as caught:
        place(EVIDENCE | change)
    assert f"here, exhibit evidence.prices, key evidence.{key}" in str(caught.value)


@pytest.mark.parametrize(
    "forged",
    [
        {"id": 'a"><script>'},
        {"id": "main"},  # the page's own ids
        {"id": "why-risks.multiple"},
        {"id": "../../index"},
        {"id": "A.B"},
        {"format": "999999999d"},  # a page of a gigabyte
        {"format": "{0.__class__}"},
        {"role": "x onclick=y"},
    ],
)
def test_a_forged_bundle_is_refused_with_its_place(forged: dict[str, Any]) -> None:
    with pytest.raises(PublishError, match=r"^here, exhibit"):
        place(METRIC | forged)


@pytest.mark.parametrize("forged", [{"id": "top"}, {"section": "a skip"}, {"basis": "x hidden"}])
def test_a_forged_claim_is_refused(forged: dict[str, Any]) -> None:
    claim = {"id": "a.b", "section": "a", "statement": "s", "verdict": "holds"}
    ledger = {"id": "a.l", "kind": "ledger", "columns": [], "rows": [claim | forged]}
    with pytest.raises(PublishError, match=r"^here, exhibit a\.l"):
        place(ledger)


def test_equal_bundles_are_one_exhibit_wherever_they_stand() -> None:
    first, same = (reader.of_output(shown(metric("a.b", 1.0)), name, "n", "here") for name in ("base", "son"))
    assert first and same and first.exhibit is same.exhibit
    assert place(METRIC | {"value": 1.5}).exhibit is not place(METRIC).exhibit
