"""The rows of a table by what stands in them."""

import operator

import pandas as pd
import pytest

from analysis.audit.lookup import Lookup

TABLE = pd.DataFrame(
    {
        "animal": ["cat", "dog", "cat", "cow"],
        "age": [3.0, 5.0, None, 5.0],
        "valid_on": pd.to_datetime(["2025-01-01", "2025-03-01", "2025-05-01", "2025-07-01"]),
        "source_title": ["A", "B", "A", "C"],
        "source": ["a", "b", "a", "c"],
        "quality": ["official", "reported", "official", "estimate"],
    },
    index=[2, 3, 5, 7],
)


@pytest.mark.parametrize(
    ("column", "values", "labels"),
    [
        ("animal", ["cat"], [2, 5]),
        ("animal", ["cow", "dog"], [3, 7]),
        ("animal", ["horse"], []),
        ("animal", [1], []),
        ("age", [5], [3, 7]),
        ("age", [None], [5]),
        ("age", [float("nan"), 3], [2, 5]),
    ],
)
def test_rows_are_found_by_the_values_of_a_column_with_their_labels(column, values, labels):
    lookup = Lookup(TABLE)
    rows = lookup.rows(lookup.fitting(column, values))
    pd.testing.assert_frame_equal(rows, TABLE.loc[labels])


def test_a_day_sees_what_is_dated_up_to_it():
    lookup, day = Lookup(TABLE), pd.Timestamp("2025-03-01")
    assert lookup.rows(lookup.dated("valid_on", operator.le, day)).index.tolist() == [2, 3]
    assert lookup.rows(lookup.dated("valid_on", operator.gt, day)).index.tolist() == [5, 7]
    assert lookup.last(lookup.dated("valid_on", operator.le, day)).equals(TABLE.loc[3])


def test_what_a_caller_does_to_rows_does_not_reach_the_table():
    lookup = Lookup(TABLE.copy())
    rows = lookup.rows(lookup.fitting("animal", ["dog"]))
    rows["age"] = 0.0
    assert lookup.table["age"].equals(TABLE["age"])


def test_each_row_has_its_source():
    assert Lookup(TABLE).sources[3] == ("B", "b", "reported")
    assert list(Lookup(TABLE).sources) == [2, 3, 5, 7]
