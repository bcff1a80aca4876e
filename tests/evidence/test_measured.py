"""Evidence in two dates: what a day can see, and what a bad row says. The bad files differ from a good one in one thing."""

import hashlib

import pandas as pd
import pytest

from analysis.errors import DataError
from analysis.evidence import measured

HEADER = "quarter,revenue_usd_mn,note,valid_on,known_on,known_inferred,quality,source_title,source\n"
ROWS = (
    "Q1,100,,2026-03-31,2026-05-20,no,official,Results,https://example.org/q1\n"
    "Q2,150.5,restated,2026-06-30,2026-08-14,yes,secondary,A listing,owner/repo:data/q2.csv\n"
)
SIDECAR = """
title: Revenue of a company
key: [quarter]
inclusion: Every quarter that was reported, none left out.
pick: There are no conflicts.
lag_days: 45
lag_because: results come six weeks after the quarter
pseudo_out_of_sample: false
licence: Facts.
credit: nobody
sha256: HASH
columns:
  quarter: {title: Quarter, kind: text, meaning: the fiscal quarter}
  revenue_usd_mn: {title: Revenue, kind: number, unit: million USD, minimum: 0, maximum: 1000, meaning: revenue of the quarter}
  note: {title: Note, kind: text, missing: true, meaning: anything to know}
  valid_on: {title: Quarter end, kind: date, meaning: last day of the quarter}
  known_on: {title: Known on, kind: date, meaning: day of the results}
  known_inferred: {title: Inferred, kind: category, values: ["yes", "no"], meaning: whether the day is inferred}
  quality: {title: Quality, kind: category, values: [official, measured, reported, estimate, secondary], meaning: kind of source}
  source_title: {title: Source, kind: text, meaning: title of the source}
  source: {title: Address, kind: text, meaning: where it was read}
"""


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path, HEADER + ROWS)


def write(folder, text, sidecar=SIDECAR, *, rehash=True):
    (folder / "revenue.csv").write_text(text, encoding="utf-8")
    digest = hashlib.sha256((text if rehash else "other").encode()).hexdigest()
    (folder / "revenue.meta.yml").write_text(sidecar.replace("HASH", digest), encoding="utf-8")
    measured.sidecar.cache_clear()
    measured._typed.cache_clear()
    return folder


def refused(folder):
    with pytest.raises(DataError) as caught:
        measured.load("revenue", None, folder)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_numbers_and_dates_are_typed_and_missing_is_not_zero(folder):
    table = measured.load("revenue", directory=folder)
    assert table["revenue_usd_mn"].tolist() == [100, 150.5]
    assert table["valid_on"].tolist() == [pd.Timestamp("2026-03-31"), pd.Timestamp("2026-06-30")]
    empty = measured.load(
        "revenue",
        directory=write(
            folder,
            HEADER + ROWS.replace(",100,", ",,"),
            SIDECAR.replace("minimum: 0", "missing: true, minimum: 0"),
        ),
    )
    assert empty["revenue_usd_mn"].isna().tolist() == [True, False]


@pytest.mark.parametrize(
    ("day", "quarters"),
    [
        ("2026-03-31", []),  # the quarter has ended but is not reported
        ("2026-05-19", []),
        ("2026-05-20", ["Q1"]),  # the day of the results
        ("2026-07-01", ["Q1"]),  # the second quarter has ended but is not reported
        ("2026-08-14", ["Q1", "Q2"]),
        (None, ["Q1", "Q2"]),
    ],
)
def test_a_day_sees_what_was_known_on_it(folder, day, quarters):
    assert measured.load("revenue", day, folder)["quarter"].tolist() == quarters


def test_the_summary_counts_what_the_day_does_not_see(folder):
    row = measured.summary("2026-07-01", folder).iloc[0]
    assert row[["name", "rows", "unseen", "from", "to", "sources"]].tolist() == [
        "revenue",
        1,
        1,
        "2026-03-31",
        "2026-03-31",
        1,
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            ",100,",
            ",-5,",
            "row 2, column revenue_usd_mn: '-5' is not allowed. Write at least 0 and at most 1000, in million USD",
        ),
        (",100,", ",1001,", "'1001' is not allowed"),
        (",100,", ',"1,5",', "'1,5' is not a number"),
        (",100,", ",nan,", "'nan' is not a number"),
        (",100,", ",,", "row 2, column revenue_usd_mn: is empty"),
        ("2026-03-31", "31.03.2026", "column valid_on: '31.03.2026' is not a date"),
        ("2026-03-31", "20260331", "is not a date"),
        ("2026-03-31", "2026-02-30", "is not a date"),
        ("2026-05-20", "2026-03-30", "column known_on: 2026-03-30 lies before 2026-03-31"),
        ("official", "unverified", "column quality: 'unverified' is none of the values"),
        (
            "https://example.org/q1",
            "a page",
            "column source: 'a page' is not allowed. Write a URL or owner/repo:path",
        ),
        ("restated", "<b>restated</b>", "column note: '<b>restated</b>' holds markup or a formula"),
        ("restated", "=1+1", "holds markup or a formula"),
        ("restated", "@SUM(A1)", "holds markup or a formula"),
        ("\nQ2", "\nQ1", "'Q1' stands in row 2 too"),
        ("Q2,150.5", "Q2,150.5,extra", "has 10 cells, the header has 9"),
        ("quarter,", "quarters,", "column quarter is missing"),
    ],
)
def test_a_bad_row_is_refused_with_file_row_column_value_rule_and_fix(folder, old, new, said):
    text = HEADER + ROWS
    assert old in text
    write(folder, text.replace(old, new, 1))
    message = refused(folder)
    assert said in message
    assert "revenue.csv" in message


def test_all_bad_cells_come_at_once(folder):
    write(
        folder,
        HEADER + ROWS.replace(",100,", ",x,").replace("official", "good").replace("2026-06-30", "soon"),
    )
    assert len(refused(folder).splitlines()) == 3


def test_a_changed_file_is_noticed(folder):
    write(folder, HEADER + ROWS, rehash=False)
    assert "is not the file that its sidecar describes" in refused(folder)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("unit: million USD, ", "", "a number needs a unit"),
        ('kind: category, values: ["yes", "no"]', "kind: category", "a category needs its values"),
        ("pick: There are no conflicts.\n", "", "key pick: Field required"),
        ("  source: {title: Address, kind: text, meaning: where it was read}\n", "", "columns lack source"),
        ("key: [quarter]", "key: [quarters]", "columns lack quarters"),
    ],
)
def test_a_sidecar_that_says_too_little_is_refused(folder, old, new, said):
    assert old in SIDECAR
    write(folder, HEADER + ROWS, SIDECAR.replace(old, new))
    assert said in refused(folder)
