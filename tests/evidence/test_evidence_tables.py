"""Evidence in two dates: what a day can see, and what a bad row says. Each bad file has one mistake."""

import hashlib

import pandas as pd
import pytest
import yaml

from analysis import columns, units
from analysis.errors import DataError
from analysis.evidence import article_tables, evidence_tables
from analysis.exhibits import QUALITIES
from analysis.project import Project, sidecar_of

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
  revenue_usd_mn: {title: Revenue, kind: number, unit: million USD, minimum: 0, maximum: 1000,
                   meaning: revenue of the quarter}
  note: {title: Note, kind: text, missing: true, meaning: anything to know}
  valid_on: {title: Quarter end, kind: date, meaning: last day of the quarter}
  known_on: {title: Known on, kind: date, meaning: day of the results}
  known_inferred: {title: Inferred, kind: category, values: ["yes", "no"],
                   meaning: whether the day is inferred}
  quality: {title: Quality, kind: category, values: [official, measured, reported, estimate, secondary],
            meaning: kind of source}
  source_title: {title: Source, kind: text, meaning: title of the source}
  source: {title: Address, kind: text, meaning: where it was read}
"""


@pytest.fixture
def table(project):
    """A project with one table of evidence."""
    return write(project, HEADER + ROWS)


def write(project, text, sidecar=SIDECAR, *, rehash=True):
    path = project.evidence_table("revenue")
    path.write_text(text, encoding="utf-8")
    digest = hashlib.sha256((text if rehash else "other").encode()).hexdigest()
    sidecar_of(path).write_text(sidecar.replace("HASH", digest), encoding="utf-8")
    return project


def refused(project):
    with pytest.raises(DataError) as caught:
        evidence_tables.load("revenue", None, project)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_a_table_whose_csv_is_gone_is_named_and_refused(table):
    table.evidence_table("revenue").unlink()
    assert evidence_tables.names(table) == ["revenue"]
    assert "revenue.csv: there is no such file. Restore it or remove its sidecar." in refused(table)


def test_numbers_and_dates_are_typed_and_missing_is_not_zero(table):
    loaded = evidence_tables.load("revenue", project=table)
    assert loaded["revenue_usd_mn"].tolist() == [100, 150.5]
    assert loaded["valid_on"].tolist() == [pd.Timestamp("2026-03-31"), pd.Timestamp("2026-06-30")]
    empty = evidence_tables.load(
        "revenue",
        project=write(
            table,
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
def test_a_day_sees_what_was_known_on_it(table, day, quarters):
    assert evidence_tables.load("revenue", day, table)["quarter"].tolist() == quarters


def test_the_summary_counts_what_the_day_does_not_see(table):
    row = evidence_tables.summary("2026-07-01", table).iloc[0]
    assert row[["name", "rows", "unseen", "from", "to", "sources"]].tolist() == [
        "revenue",
        1,
        1,
        "2026-03-31",
        "2026-03-31",
        1,
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            ",100,",
            ",-5,",
            (
                "row 2, column revenue_usd_mn: '-5' is not allowed. Write at least 0 and at most 1000, in"
                " million USD"
            ),
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
def test_a_bad_row_is_refused_with_file_row_column_value_rule_and_fix(table, old, new, expected):
    text = HEADER + ROWS
    assert old in text
    write(table, text.replace(old, new, 1))
    message = refused(table)
    assert expected in message
    assert "revenue.csv" in message


@pytest.mark.parametrize(
    ("bounds", "rows", "expected"),
    [
        (
            "exclusive_minimum: 0",
            "Q1,0,",
            "row 2, column revenue_usd_mn: '0' is not allowed. Write above 0, in million USD.",
        ),
        (
            "exclusive_minimum: 0, maximum: 9",
            "Q1,-1,",
            "'-1' is not allowed. Write above 0 and at most 9, in million USD.",
        ),
        ("exclusive_minimum: 0", "Q1,1e999,", "row 2, column revenue_usd_mn: '1e999' is not a number"),
        ("exclusive_maximum: 100", "Q1,100,", "'100' is not allowed. Write below 100, in million USD."),
        (
            "floors: {by: quarter, above: {Q1: 25}}",
            "Q1,25,",
            "row 2, column revenue_usd_mn: '25' is not above 25 for Q1. Write",
        ),
        (
            "below: forecast",
            "Q1,7,",
            "row 2, column revenue_usd_mn: 7 is not below forecast, which is 5. Correct one",
        ),
    ],
)
def test_what_is_divided_by_or_logged_has_bounds_that_cannot_be_reached(project, bounds, rows, expected):
    forecast = (
        "  forecast: {title: Forecast, kind: number, unit: million USD, missing: true, meaning: of the"
        " quarter}\n"
    )
    sidecar = SIDECAR.replace("minimum: 0, maximum: 1000", bounds) + forecast
    line = f"{rows},2026-03-31,2026-05-20,no,official,Results,https://example.org/q1,5\n"
    write(project, HEADER.replace("source\n", "source,forecast\n") + line, sidecar)
    assert expected in refused(project)


def test_a_series_has_one_row_a_day_whatever_its_key(project):
    write(project, HEADER + ROWS.replace("2026-06-30", "2026-03-31"), f"{SIDECAR}once: [[valid_on]]\n")
    assert "row 3, column valid_on: '2026-03-31' stands in row 2 too. Remove one of the two rows." in refused(
        project
    )


def test_all_bad_cells_come_at_once(table):
    write(
        table,
        HEADER + ROWS.replace(",100,", ",x,").replace("official", "good").replace("2026-06-30", "soon"),
    )
    assert len(refused(table).splitlines()) == 3


def test_a_changed_file_is_noticed(table):
    write(table, HEADER + ROWS, rehash=False)
    assert "is not the file that its sidecar describes" in refused(table)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "  note: {title: Note, kind: text, missing: true",
            "  note: {title: Note, kind: number",
            "a number needs a unit",
        ),
        ('kind: category, values: ["yes", "no"]', "kind: category", "a category needs its values"),
        (
            "{title: Quarter, kind: text, meaning: the fiscal quarter}",
            "{kind: text}",
            "quarter.title: Field required",
        ),
        ("pick: There are no conflicts.\n", "", "key pick: Field required"),
        ("  source: {title: Address, kind: text, meaning: where it was read}\n", "", "columns lack source"),
        ("key: [quarter]", "key: [quarters]", "columns lack quarters"),
        ("key: [quarter]", "key: [quarter]\nonce: [[month]]", "columns lack month"),
        ("minimum: 0", "below: cost", "columns lack cost"),
        ("minimum: 0", "floors: {by: kind, above: {a: 1}}", "columns lack kind"),
        ("estimate, secondary]", "estimate, rumour]", "quality cannot be rumour"),
    ],
)
def test_a_sidecar_that_says_too_little_is_refused(table, old, new, expected):
    assert old in SIDECAR
    write(table, HEADER + ROWS, SIDECAR.replace(old, new))
    assert expected in refused(table)


TABLES = evidence_tables.names()


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_the_project_is_as_its_sidecar_says_and_the_base_date_sees_it(name):
    table = evidence_tables.load(name)
    assert len(table) > 3
    assert set(table["quality"]) <= set(QUALITIES)
    assert len(evidence_tables.load(name, "2026-10-31")) >= len(evidence_tables.load(name, "2026-05-21")) > 0
    assert table["valid_on"].is_monotonic_increasing


def test_a_series_harvested_later_is_dated_by_the_release_it_describes_and_says_so():
    assert evidence_tables.sidecar("model_benchmarks").pseudo_out_of_sample
    gpqa = evidence_tables.load("model_benchmarks").query("benchmark == 'GPQA Diamond'")
    assert (gpqa["known_on"] == gpqa["valid_on"]).all()
    assert set(gpqa["known_inferred"]) == {"yes"}


def test_one_row_stands_for_a_model_on_a_benchmark_and_protocol_in_a_trend():
    trend = evidence_tables.load("model_benchmarks").query("use == 'trend'")
    assert not trend.duplicated(["model", "benchmark", "protocol"]).any()
    # GPT-4o on MMLU: 88.7 is 0-shot chain of thought, 87.2 is 5-shot; the two are never pooled
    gpt = trend[
        (trend["model"].str.startswith("GPT-4o"))
        & (trend["article_model"] == "GPT-4o")
        & (trend["benchmark"] == "MMLU")
    ]
    assert dict(zip(gpt["protocol"], gpt["score_pct"], strict=True)).items() >= {
        ("0-shot CoT", 88.7),
        ("5-shot", 87.2),
    }


def test_the_training_cost_samples_have_the_published_sizes():
    # published N: 45, 41, 55 and 54 models
    assert evidence_tables.load("training_cost").groupby("run").size().to_dict() == {
        "A": 45,
        "B": 41,
        "C": 55,
        "D": 54,
    }


def test_a_quarter_that_has_ended_is_invisible_until_it_is_reported():
    # the quarter ended on 26 April 2026 and was reported on 20 May, the day before the article
    def last(day):
        return evidence_tables.load("nvidia_revenue", day)["fiscal_quarter"].iloc[-1]

    assert last("2026-05-19") == "Q4 FY2026"
    assert last("2026-05-21") == "Q1 FY2027"


def test_audited_accounts_are_known_after_the_article_and_before_the_base_date():
    def costs(day):
        return evidence_tables.load("openai_finance", day).query("measure == 'total_costs'")["value"].tolist()

    assert costs("2026-05-21") == []
    assert costs("2026-10-31") == [12.48, 34.0]


def test_every_segment_of_the_forecasters_is_one_of_the_article_s():
    segments = set(evidence_tables.load("market_size_forecasts")["segment"])
    assert segments <= set(article_tables.printed_table("market_size")["segment"])


def test_an_edited_table_is_read_again_in_the_same_process(table):
    assert len(evidence_tables.load("revenue", None, table)) == 2
    write(table, HEADER + ROWS.splitlines(keepends=True)[0])
    assert len(evidence_tables.load("revenue", None, table)) == 1
    write(table, HEADER + ROWS, rehash=False)
    assert "is not the file that its sidecar describes" in refused(table)


def test_a_column_that_the_catalogue_describes_needs_no_more_than_its_kind(table):
    said = "{title: Known on, kind: date, meaning: day of the results}"
    bare = SIDECAR.replace(said, "{kind: date}").replace("unit: million USD, ", "")
    assert bare.count("{kind: date}") == 1
    write(table, HEADER + ROWS, bare)
    read, entry = evidence_tables.sidecar("revenue", table).columns, columns.entry("known_on")
    assert (read["known_on"].title, read["known_on"].meaning) == (entry.label, entry.meaning)
    assert read["revenue_usd_mn"].unit == units.HEADINGS["usd_mn"]


def test_no_sidecar_repeats_what_the_catalogue_or_a_name_says():
    for name in evidence_tables.names():
        stated = yaml.safe_load(sidecar_of(Project.default().evidence_table(name)).read_text())["columns"]
        for column, spec in stated.items():
            entry = columns.load().get(column)
            assert not (entry and "title" in spec), (name, column)
            assert not (entry and spec.get("meaning") == entry.meaning), (name, column)
            assert spec.get("unit") != units.unit_of_name(column) or "unit" not in spec, (name, column)
