import pytest

from analysis import columns, units
from analysis.errors import DataError

POINTS = "n: {label: Points, meaning: How many points.}"


def catalogues(tmp_path, engine, thesis):
    """Paths of two catalogues with some entries."""
    paths = tmp_path / "engine.yml", tmp_path / "thesis.yml"
    for path, text in zip(paths, (engine, thesis), strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


def test_the_two_catalogues_are_read_as_one(tmp_path):
    loaded = columns.load(*catalogues(tmp_path, POINTS, "x: {label: X, meaning: A place.}"))
    assert {name: entry.label for name, entry in loaded.items()} == {"n": "Points", "x": "X"}


def test_a_name_in_both_catalogues_is_refused(tmp_path):
    with pytest.raises(DataError, match="key n: stands in"):
        columns.load(*catalogues(tmp_path, POINTS, "n: {label: Number, meaning: How many.}"))


def test_an_unknown_key_of_an_entry_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"key n\.titel"):
        columns.load(
            *catalogues(tmp_path, POINTS.replace("label", "titel"), "x: {label: X, meaning: A place.}")
        )


def test_a_name_carries_its_unit_and_an_entry_may_say_another(tmp_path):
    loaded = columns.load(
        *catalogues(
            tmp_path,
            "cost_usd_bn: {label: Cost, meaning: Cost of all.}",
            'growth_pct: {label: G, meaning: Growth, unit: "% a year"}',
        )
    )
    assert loaded["cost_usd_bn"].unit_of("cost_usd_bn") == "$B"
    assert loaded["growth_pct"].unit_of("growth_pct") == "% a year"


def test_a_general_column_has_the_unit_of_its_exhibit():
    low = columns.ColumnEntry(label="Low", meaning="Lower bound.", unit="exhibit")
    assert [low.unit_of("low", unit) for unit in ("usd_bn", "a year", None)] == ["$B", "a year", None]
    assert low.format_in("share") == units.FORMATS["share"]


def test_an_entry_without_a_meaning_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"key x\.meaning"):
        columns.load(*catalogues(tmp_path, POINTS, "x: {label: X}"))


def test_a_column_that_is_not_in_the_catalogue_is_an_error_that_names_the_file():
    with pytest.raises(DataError, match=r"column amount_usd_bm: .*'amount_usd_bn'.*thesis/columns\.yml"):
        columns.entry("amount_usd_bm")


def test_the_catalogues_are_sorted_by_name():
    for path in (columns.ENGINE, columns.THESIS):
        names = list(columns._read(path))
        assert names == sorted(names), path
