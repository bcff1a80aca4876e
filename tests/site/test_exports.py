"""Files that readers take away: safe in a spreadsheet, and numbers unchanged."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from analysis.exhibits import Column, Table
from analysis.site import build
from analysis.site.exports import FORMULA, NUMBER, columns_csv, csv_cell, rows_csv
from analysis.site.reader import PlacedExhibit
from tests.hostile import corpus


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1", "+5%", "-"]
)
def test_a_text_that_a_spreadsheet_would_run_is_disarmed(text: str) -> None:
    assert csv_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-5", "+1.5", "-.5", "-1e-9", "43%", "~$100M", ">$20B", "a=b", ""])
def test_plain_numbers_and_plain_texts_stay_as_they_are(text: str) -> None:
    assert csv_cell(text) == text


def test_numbers_lists_and_nothing() -> None:
    assert (
        csv_cell(-1.5),
        csv_cell(None),
        csv_cell(True),
        csv_cell(["a", "b"]),
        csv_cell([{"title": "=x"}]),
    ) == (
        "-1.5",
        "",
        "True",
        "a; b",
        "'=x",
    )


def test_a_cell_that_lists_sources_is_their_titles_and_addresses() -> None:
    listed = [
        {"title": "=A", "url": "https://example.org/a", "quality": "official"},
        {"title": "B", "url": None},
    ]
    assert csv_cell(listed) == "'=A <https://example.org/a>; B"


def test_columns_come_in_their_order_and_headings_are_disarmed_too() -> None:
    columns = (Column(name="=b", title="B"), Column(name="a", title="A"))
    table = Table(id="t", kind="table", columns=columns, rows=({"a": 1, "=b": "x,y"}, {"a": None}))
    assert rows_csv(table) == '\'=b,a\n"x,y",1\n,\n'


def test_the_data_dictionary_has_each_column_of_each_table_once_with_its_meaning() -> None:
    columns = (Column(name="a", title="A", unit="$B", meaning="=Money"), Column(name="b", title="B"))
    tables = [
        PlacedExhibit(Table(id=name, kind="table", columns=columns, rows=()), scenario, "1_prices")
        for scenario in ("base", "son")
        for name in ("x", "y")
    ]
    rows = ["a,A,$B,'=Money", "b,B,,"]
    expected = ["exhibit,name,title,unit,meaning", *(f"{name},{row}" for name in ("x", "y") for row in rows)]
    assert columns_csv(tables).splitlines() == expected


def test_no_cell_of_any_file_of_a_hostile_site_is_run_by_a_spreadsheet(tmp_path: Path) -> None:
    out = build.publish(corpus.write_project(tmp_path)).parent
    read = 0
    for path in out.rglob("*.csv"):
        for row in csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")):
            read += len(row)
            assert not [cell for cell in row if cell.startswith(FORMULA) and not NUMBER.fullmatch(cell)], path
    assert read > 5000
