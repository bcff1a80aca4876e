"""When the evidence was gathered and what was not found: what the file must say, and what to look up next."""

import datetime as dt

import pandas as pd
import pytest
import yaml

from analysis.errors import DataError
from analysis.evidence import evidence_tables, gathering

ENTRY = {
    "what": "Sales in the third quarter",
    "tables": ["sales"],
    "due": "2026-11-13",
    "where": "The seller's releases",
}
REGISTER = """as_of: {value: "2026-10-31", unit: date, range: [2024-11-27, 2026-10-31],
  description: The cut-off date., status: assumption, reference: {title: t}, label: cut-off date, group: run}
"""


@pytest.fixture
def written(project):
    """Two empty tables, a register that ends on 31 October 2026, and a file written from its content."""
    project.register.write_text(REGISTER)
    for name in ("prices", "sales"):
        project.evidence_table(name).touch()

    def read(**content):
        document = {"gathered_on": "2026-11-30", "not_found": {"quarter": ENTRY}} | content
        project.gathering.write_text(yaml.safe_dump(document, sort_keys=False))
        return gathering.load(project)

    return read


def test_it_says_the_day_and_for_each_table_what_was_not_found(written):
    gathered = written(
        not_found={"quarter": ENTRY, "list": ENTRY | {"tables": ["sales", "prices"], "due": None}}
    )
    assert gathered.gathered_on == dt.date(2026, 11, 30)
    assert list(gathered.of("sales")) == ["quarter", "list"]
    assert list(gathered.of("prices")) == ["list"]
    assert gathered.not_found["quarter"].due == dt.date(2026, 11, 13)


def test_nothing_may_be_missing(written):
    assert written(not_found={}).not_found == {}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            {"not_found": {"quarter": ENTRY | {"tables": ["sale"]}}},
            ["line 6, key not_found.quarter.tables.0: there is no evidence table 'sale'", "'sales'"],
        ),
        (
            {"not_found": {"quarter": ENTRY | {"tables": ["sales", "sales"]}}},
            ["line 7, key not_found.quarter.tables.1: names sales a second time"],
        ),
        ({"not_found": {"quarter": ENTRY | {"tables": []}}}, ["key not_found.quarter.tables"]),
        ({"not_found": {"quarter": ENTRY | {"what": "  "}}}, ["line 4, key not_found.quarter.what"]),
        ({"not_found": {"quarter": ENTRY | {"where": ""}}}, ["line 8, key not_found.quarter.where"]),
        ({"not_found": {"quarter": None}}, ["key not_found.quarter"]),
        ({"not_found": {"quarter": ENTRY | {"by": "x"}}}, ["key not_found.quarter.by", "Remove the key"]),
        ({"not_found": {"Quarter 3": ENTRY}}, ["key not_found.Quarter 3"]),
        ({"not_found": None}, ["key not_found"]),
        # 1796083200 seconds after 1970 are 1 December 2026, to which nobody who wrote a number is held
        (
            {"gathered_on": 1796083200},
            ["line 1, key gathered_on: is not a date; write it as YYYY-MM-DD (got 1796083200)"],
        ),
        ({"gathered_on": "9999-12-31"}, ["line 1, key gathered_on: is outside 1900-01-01 to 2099-12-31"]),
        (
            {"not_found": {"quarter": ENTRY | {"due": 1793318400}}},
            ["line 7, key not_found.quarter.due: is not a date"],
        ),
        (
            {"not_found": {"quarter": ENTRY | {"due": dt.datetime(2026, 11, 13)}}},
            ["line 7, key not_found.quarter.due: is not a date"],
        ),
        (
            {"not_found": {"quarter": ENTRY | {"what": "=1+1 and so on"}}},
            ["line 4, key not_found.quarter.what: holds markup or a formula"],
        ),
        (
            {"not_found": {"quarter": ENTRY | {"where": "<b>Its</b> releases"}}},
            ["line 8, key not_found.quarter.where: holds markup or a formula"],
        ),
        ({"gathered_on": "2026-11-31"}, ["line 1, key gathered_on"]),
        # the register lets a report look up to 31 October; evidence of the day before is too early by one
        (
            {"gathered_on": "2026-10-30"},
            ["line 1, key gathered_on: 2026-10-30 is before 2026-10-31, the last day of as_of"],
        ),
    ],
)
def test_what_it_must_say_is_refused_with_its_line(written, content, expected):
    with pytest.raises(DataError) as refused:
        written(**content)
    assert all(words in str(refused.value) for words in expected)
    assert len(refused.value.problems) == 1


def test_the_last_day_of_the_register_is_not_too_early(written):
    assert written(gathered_on="2026-10-31").gathered_on == dt.date(2026, 10, 31)


def test_an_id_stands_once(written, project):
    path = project.gathering
    written()
    path.write_text(path.read_text() + path.read_text().split("not_found:\n")[1])
    with pytest.raises(DataError, match=r"quarter"):
        gathering.load(project)


def test_an_edited_file_counts_at_the_next_call(written):
    assert written().gathered_on != written(gathered_on="2026-12-01").gathered_on


def test_every_table_is_to_be_looked_up_with_its_last_point_and_what_it_lacks():
    listed = gathering.due("2026-10-31")
    assert list(dict.fromkeys(listed["table"])) == evidence_tables.names()
    for name, rows in listed.groupby("table"):
        assert set(rows["last_point"]) == {
            str(evidence_tables.load(name, "2026-10-31")["valid_on"].max().date())
        }
        lacking = [entry.what for entry in gathering.load().of(name).values()]
        assert rows["not_found"].dropna().tolist() == lacking and len(rows) == max(len(lacking), 1)


def test_on_a_day_that_knew_nothing_no_series_has_a_last_point():
    assert gathering.due("1950-01-01")["last_point"].isna().all()


def test_an_entry_whose_period_every_table_has_reached_is_found(written):
    entry = ENTRY | {"tables": ["sales", "prices"], "period_end": "2026-09-30"}
    gathered = written(not_found={"quarter": entry})
    tables = {
        name: pd.DataFrame({"valid_on": pd.to_datetime(["2026-06-30", last])})
        for name, last in (("sales", "2026-10-01"), ("prices", "2026-09-29"))
    }
    assert list(gathering.filled_gap_problems(gathered, tables, "here")) == []  # the prices end a day before
    tables["prices"].loc[1, "valid_on"] = pd.Timestamp("2026-09-30")
    (problem,) = gathering.filled_gap_problems(gathered, tables, "here")
    assert (
        str(problem)
        == "here, key not_found.quarter: sales and prices reach 2026-09-30, so that this is found. Delete the"
        " entry, or write what is still missing."
    )
