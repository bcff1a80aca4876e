"""A frame as a table: its columns by the catalogue, its rows as JSON, and what a notebook shows of it."""

import math
import re

import pandas as pd
import pytest

from analysis import columns, units
from analysis.errors import DataError
from analysis.exhibits import Column
from analysis.notebook.tables import DescribedFrame, describe


def test_every_column_is_described_as_the_catalogue_has_it():
    frame = pd.DataFrame({"score_pct": [88.71], "valid_on": pd.to_datetime(["2025-03-31"]), "low": [1.0]})
    described, entry = describe(frame, "usd_bn"), columns.entry("score_pct")
    score, day, low = described.columns
    assert (score.title, score.meaning, score.unit) == (entry.label, entry.meaning, units.HEADINGS["pct"])
    assert (day.name, low.unit) == ("valid_on", units.HEADINGS["usd_bn"])
    assert [list(spec) for spec in described.specs] == [list(Column.model_fields)] * 3


def test_a_column_without_an_entry_is_refused():
    with pytest.raises(DataError, match=r"column secret: .*thesis/columns\.yml"):
        describe(pd.DataFrame({"secret": [1]}))


def test_days_are_iso_dates_and_an_unknown_one_is_nothing():
    frame = pd.DataFrame({"valid_on": pd.to_datetime(["2025-03-31", None])})
    assert describe(frame).rows == [{"valid_on": "2025-03-31"}, {"valid_on": None}]


def test_an_index_that_has_a_name_is_a_column():
    frame = pd.DataFrame({"n": [3]}, index=pd.Index(["a"], name="series"))
    assert describe(frame).rows == [{"series": "a", "n": 3}]
    assert describe(frame.rename_axis(None)).rows == [{"n": 3}]


def test_numbers_are_formatted_and_to_the_right_and_texts_to_the_left():
    described = describe(pd.DataFrame({"series": ["a", "b"], "score_pct": [88.71, math.nan]}))
    assert [column.align for column in described.columns] == ["left", "right"]
    expected = format(88.71, columns.entry("score_pct").format)
    assert described.texts.iloc[:, 1].tolist() == [expected, "–"]
    assert expected in described.to_text() and expected in described.to_html("T")


def test_a_truth_is_a_word():
    described = describe(pd.DataFrame({"primary": [True, False]}))
    assert described.columns[0].align == "left"
    assert described.texts.iloc[:, 0].tolist() == ["yes", "no"]


def test_a_table_has_a_caption_and_scoped_headings_with_their_meanings():
    text = describe(pd.DataFrame({"series": ["a"], "value": [1.5]})).to_html("A title")
    assert re.search("<caption[^>]*>A title</caption>", text)
    assert text.count('<th scope="col"') == len(re.findall("<th[ >]", text)) == 2
    assert f'title="{columns.entry("series").meaning}"' in text


def test_html_in_cells_and_titles_stays_text():
    text = describe(pd.DataFrame({"note": ["<script>x</script>"]})).to_html("<b>T")
    assert "<script>x" not in text and "<b>T" not in text


def test_two_columns_of_one_heading_are_both_shown():
    alike = [Column(name=name, title="Low") for name in ("first", "second")]
    described = DescribedFrame(pd.DataFrame({"first": ["a word"], "second": ["another"]}), alike)
    for text in (described.to_html("T"), described.to_text()):
        assert "a word" in text and "another" in text


def test_some_columns_can_be_selected():
    described = describe(pd.DataFrame({"series": ["a"], "n": [1], "value": [2.0]})).select(
        ["value", "series"]
    )
    assert [column.name for column in described.columns] == ["series", "value"]
    assert list(described.rows[0]) == ["series", "value"]


def test_a_heading_names_no_unit_where_each_number_carries_its_sign():
    signed = Column(name="a", title="Part", unit="share", format=".0%")
    columns_of_a_share = [signed, signed.model_copy(update={"name": "b", "format": ".2f"})]
    texts = DescribedFrame(pd.DataFrame({"a": [0.5], "b": [0.5]}), columns_of_a_share).texts
    assert list(texts.columns) == ["Part", "Part (share)"]
    assert texts.iloc[0].tolist() == ["50%", "0.50"]
