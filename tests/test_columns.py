import pytest

from analysis import columns, exhibits, units
from analysis.errors import DataError
from analysis.evidence import article_tables, evidence_tables, sources
from analysis.lint import stored_outputs
from analysis.project import Project

POINTS = "n: {label: Points, meaning: How many points.}"


@pytest.fixture
def loaded(tmp_path, monkeypatch):
    """What is read from the two catalogues with some entries."""

    def read(engine, thesis):
        project = Project(tmp_path)
        project.columns.parent.mkdir(parents=True)
        project.columns.write_text(thesis, encoding="utf-8")
        general = tmp_path / "general.yml"
        general.write_text(engine, encoding="utf-8")
        monkeypatch.setattr(columns, "ENGINE", general)
        return columns.load(project)

    return read


def test_the_two_catalogues_are_read_as_one(loaded):
    entries = loaded(POINTS, "x: {label: X, meaning: A place.}")
    assert {name: entry.label for name, entry in entries.items()} == {"n": "Points", "x": "X"}


def test_a_name_in_both_catalogues_is_refused(loaded):
    with pytest.raises(DataError, match="key n: stands in"):
        loaded(POINTS, "n: {label: Number, meaning: How many.}")


def test_an_unknown_key_of_an_entry_is_refused(loaded):
    with pytest.raises(DataError, match=r"key n\.titel"):
        loaded(POINTS.replace("label", "titel"), "x: {label: X, meaning: A place.}")


def test_a_name_carries_its_unit_and_an_entry_may_say_another(loaded):
    entries = loaded(
        "cost_usd_bn: {label: Cost, meaning: Cost of all.}",
        'growth_pct: {label: G, meaning: Growth, unit: "% a year"}',
    )
    assert entries["cost_usd_bn"].unit_of("cost_usd_bn") == "$bn"
    assert entries["growth_pct"].unit_of("growth_pct") == "% a year"


def test_a_general_column_has_the_unit_of_its_exhibit():
    low = columns.ColumnEntry(label="Low", meaning="Lower bound.", unit="exhibit")
    assert [low.unit_of("low", unit) for unit in ("usd_bn", "a year", None)] == ["$bn", "a year", None]
    assert low.format_in("share") == units.FORMATS["share"]


def test_an_entry_without_a_meaning_is_refused(loaded):
    with pytest.raises(DataError, match=r"key x\.meaning"):
        loaded(POINTS, "x: {label: X}")


@pytest.mark.parametrize(
    ("key", "value"), [("format", "d"), ("format", ".2s"), ("format", "c"), ("label", "''")]
)
def test_a_code_that_not_every_number_has_and_an_empty_label_are_refused(loaded, key, value):
    entry = {"label": "X", "meaning": "A place.", key: value}
    with pytest.raises(DataError, match=rf"key x\.{key}: String should"):
        loaded(POINTS, "x: {" + ", ".join(f"{name}: {text}" for name, text in entry.items()) + "}")


def test_a_column_that_is_not_in_the_catalogue_is_an_error_that_names_the_file():
    with pytest.raises(DataError, match=r"column amount_usd_bm: .*'amount_usd_bn'.*thesis/columns\.yml"):
        columns.entry("amount_usd_bm")


def test_the_catalogues_are_sorted_by_name():
    for path in (columns.ENGINE, Project.default().columns):
        names = list(columns._read(path))
        assert names == sorted(names), path


def test_an_axis_is_called_as_its_column_with_the_unit_unless_the_label_has_it():
    assert columns.axis_label("return_pct") == f"{columns.entry('return_pct').label.lower()}, per cent a year"
    assert columns.axis_label("years") == columns.entry("years").label.lower()


def stored_tables():
    """Every table and chart of the stored notebooks."""
    books = [stored_outputs.read(path) for path in Project.default().notebook_paths()]
    return [exhibit for book in books for exhibit in book.exhibits if isinstance(exhibit, exhibits.Tabular)]


def columns_of_data():
    """The columns that the sidecars of evidence and of the article's tables describe."""
    evidence = [evidence_tables.sidecar(name) for name in evidence_tables.names()]
    article = [sources.sidecar(name) for name in article_tables.names()]
    return {column for meta in (*evidence, *article) for column in meta.columns}


def test_every_stored_column_is_described():
    """A grid's are assumptions, which the register describes, and outputs of a sweep."""
    described = columns.load().keys() | columns_of_data()
    shown = {
        (exhibit.id, column.name)
        for exhibit in stored_tables()
        if not isinstance(exhibit, exhibits.Grid)
        for column in exhibit.columns
    }
    assert [place for place in sorted(shown) if place[1] not in described] == []


def test_no_entry_of_the_catalogue_is_unused():
    shown = {column.name for exhibit in stored_tables() for column in exhibit.columns}
    assert columns.load().keys() - shown - columns_of_data() == set()


def test_a_stored_column_is_described_by_words_unit_and_format():
    entry = columns.ColumnEntry(label="Cost", meaning="Cost of all.", format=".1f")
    column = exhibits.Column(
        name="cost_usd_bn", title="Cost", unit="$bn", format=".1f", meaning="Cost of all."
    )
    assert entry.describes(column)
    for change in ({"title": "Price"}, {"meaning": "Price."}, {"unit": "$M"}, {"format": None}):
        assert not entry.describes(column.model_copy(update=change)), change
    general = columns.ColumnEntry(label="Low", meaning="Lower bound.", unit=columns.OF_EXHIBIT)
    low = exhibits.Column(name="low", title="Low", meaning="Lower bound.")
    assert all(general.describes(low.model_copy(update={"unit": unit})) for unit in (None, "$bn"))
