"""The calibration as a reader sees it, and what its test can tell apart."""

import dataclasses
import math

import pandas as pd
import pytest

from analysis.forecasts import calibration, calibration_summary


@pytest.fixture(scope="module")
def stored():
    return calibration.stored()


def with_scores(results, **columns):
    return dataclasses.replace(results, scores=results.scores.assign(**columns))


def test_a_table_has_a_row_for_every_score_and_empty_cells_for_what_is_not_there(stored):
    rows = calibration_summary.score_rows(stored)

    assert len(rows) == len(stored.scores)
    assert all(list(row) == list(calibration_summary.COLUMNS) for row in rows)
    of_the_model = [row for row in rows if row["forecaster"] == calibration.MODEL]
    assert {row["skill"] for row in of_the_model} == {""}  # it has none against itself
    events = [row for row in rows if row["test"] == "event"]
    assert {row["cover_80"] for row in events} == {""}  # an event has no interval


def test_a_line_says_for_each_test_whose_number_comes_first(stored):
    lines = calibration_summary.lines(with_scores(stored, reason=""))

    for test, line in zip(calibration.TESTS, lines, strict=True):
        assert line.startswith(f"{test.name}, {test.primary_years} years: {stored.verdict(test.name)}. ")


def test_a_test_without_a_rival_has_a_verdict_and_no_reason_for_it(stored):
    alone = with_scores(stored, reason="", n_effective=math.nan, verdict=calibration.TOO_FEW)

    assert calibration_summary.lines(alone)[0] == "revenue, 5 years: too few cases."


def test_a_row_that_is_empty_says_why(stored):
    index = stored.scores["forecaster"].eq(calibration.INDEX) & stored.scores["test"].eq("event")
    reasons = index.map({True: "the index is not known", False: ""})

    gaps = calibration_summary.lines(with_scores(stored, reason=reasons))[len(calibration.TESTS) :]

    assert len(gaps) == index.sum()
    assert gaps[0] == "event, 3 years, listed, index: the index is not known"


def test_the_place_of_the_company_is_a_line_for_each_class():
    place = {"test": "value", "n_cases": 90, "size_percentile": 96.7, "growth_percentile": 100.0}
    rows = pd.DataFrame([place | {"n_as_far": 0, "widening_x": 1.234}])

    (line,) = calibration_summary.place_lines(rows)

    assert line == (
        "the company in the class of value: as large as or larger than 97% of 90 cases, as fast as or faster"
        " than 100%; 0 cases lie as far from the middle, and outcomes are spread 1.23 times as far for it."
    )


def test_a_right_model_passes_nine_times_in_ten_and_half_the_spread_is_caught(stored):
    """The standard error of 1000 runs is one point, and how many cases count is itself uncertain."""
    decides = stored.scores["primary"].where(stored.scores["test"].eq("value"), "no")
    value = with_scores(stored, primary=decides)

    independent, sharing = calibration_summary.study(value, seed=1)

    assert independent["n_effective"] >= calibration.LEAST_EFFECTIVE
    assert independent["right_passes_pct"] == pytest.approx(90, abs=1.5)
    assert sharing["right_passes_pct"] == pytest.approx(92, abs=4)
    assert min(row["half_spread_caught_pct"] for row in (independent, sharing)) > 95
