"""Do the charts of the calibration show what was forecast and what happened, and turn when that turns?"""

import pandas as pd
import pytest

from analysis.figures import charts, theme
from tests.figures.artists import bars, finding, is_empty, points, row_labels, words


def coverage(inside):
    rows = [("value after 5 years", name, 80.0, share, share - 10, share + 10) for name, share in inside]
    columns = ["tested", "forecaster", "level_pct", "inside_pct", "inside_low_pct", "inside_high_pct"]
    return pd.DataFrame(rows, columns=columns)


@pytest.mark.parametrize(
    ("inside", "held"),
    [
        (60.0, "too few of the past outcomes"),
        (75.0, "do not show"),
        (95.0, "too many of the past"),
    ],
)
def test_ranges_hold_too_few_or_too_many_only_where_the_interval_leaves_out_what_they_promise(inside, held):
    ax = charts.past_cases.coverage(coverage([("past cases", 79.0), ("raw model", inside)]))
    assert held in finding(ax)
    assert points(ax)[:, 0].tolist() == [79.0, inside]
    assert bars(ax, theme.RECOMPUTED) == [(inside - 10, inside + 10, 1 - 0.24)]  # the only level is the first
    assert row_labels(ax)[1] == "value after 5 years,\nraw model"
    assert words(ax) == ["80%"]


def places(raw):
    halves = [(0.0, 0.5), (0.5, 1.0)]
    rows = [
        (name, low, high, share, 30.0, 70.0)
        for name, shares in (("raw model", raw), ("past cases", (48.0, 52.0)))
        for (low, high), share in zip(halves, shares, strict=True)
    ]
    columns = ["forecaster", "place_low", "place_high", "outcomes_pct", "band_low_pct", "band_high_pct"]
    return pd.DataFrame(rows, columns=columns)


def test_each_forecaster_has_a_panel_with_its_bars_on_the_band():
    ax = charts.past_cases.places(places((14.0, 86.0)), "Past values")
    assert finding(ax) == "Past values ended above the raw model's median in 86% of cases"
    first, second = (
        [(bar.get_y(), bar.get_height()) for bar in panel.patches] for panel in theme.chart_of(ax).axes
    )
    # the band from 30 to 70 behind each bar
    assert first == [(30, 40), (30, 40), (0, 14), (0, 86)]
    assert second[2:] == [(0, 48), (0, 52)]
    assert finding(charts.past_cases.places(places((70.0, 30.0)), "Past values")).endswith("in 30% of cases")


CASES = pd.DataFrame(
    {
        "company": ["A", "B", "C"],
        "entry_year": [2010, 2010, 2015],
        "forecast_p05": [0.2, 0.3, 0.2],
        "forecast_p25": [0.6, 0.7, 0.6],
        "forecast_p50": [1.0, 1.1, 1.0],
        "forecast_p75": [1.8, 1.9, 1.8],
        "forecast_p95": [4.0, 4.1, 4.0],
        "outcome_x": [0.1, 2.0, 9.0],
    }
)


def test_every_case_is_drawn_with_its_outcome_and_the_finding_counts_those_in_the_range():
    upright, lying = charts.past_cases.cases(CASES), charts.past_cases.named_cases(CASES, "picked outcomes")
    assert points(upright).tolist() == [[0, 0.1], [1, 2.0], [2, 9.0]]
    assert points(lying).tolist() == [[0.1, 0], [2.0, 1], [9.0, 2]]
    assert row_labels(lying) == ["A, 2010", "B, 2010", "C, 2015"]
    for ax, what in ((upright, "past outcomes"), (lying, "picked outcomes")):
        assert finding(ax).startswith(f"One of three {what} ")
        assert theme.chart_of(ax).alt == "1 of 3 outcomes lie above the range and 1 below it."
    assert [label.get_text() for label in upright.get_xticklabels()] == ["2010", "2015"]


def test_an_outcome_outside_its_range_has_a_colour_of_its_own():
    for ax in (charts.past_cases.cases(CASES), charts.past_cases.named_cases(CASES, "picked outcomes")):
        dots = ax.collections[-1]
        below, inside, above = (tuple(color) for color in dots.get_facecolors())
        assert below == above != inside


def scores(against_cases):
    return pd.DataFrame(
        {
            "tested": ["value"] * 4,
            "forecaster": ["raw model", "corrected model", "past cases", "no change"],
            "skill_pct": [None, -32.0, against_cases, 25.0],
            "skill_low_pct": [None, -48.0, against_cases - 20, 10.0],
            "skill_high_pct": [None, -13.0, against_cases + 20, 40.0],
            "corrected_skill_pct": [None, None, -9.0, 45.0],
        }
    )


def test_the_model_is_drawn_against_its_rivals_alone_and_the_finding_is_of_the_one_that_decides():
    ax = charts.past_cases.skill(scores(-44.0), "past cases")
    assert row_labels(ax) == ["value,\nagainst past cases", "value,\nagainst no change"]
    assert points(ax).tolist() == [[-44.0, 0], [-9.0, 0], [25.0, 1], [45.0, 1]]
    assert "past cases" in finding(ax) and "worse in one of one" in finding(ax)
    better = charts.past_cases.skill(scores(12.0), "past cases")
    assert "worse in none of one" in finding(better)


def test_an_interval_that_goes_on_beyond_the_chart_says_to_where():
    """A skill of −140% has an interval from −160%, one of −44% from −64%, which is drawn whole."""
    assert "to −160" in [
        label.get_text() for label in charts.past_cases.skill(scores(-140.0), "past cases").texts
    ]
    assert not charts.past_cases.skill(scores(-44.0), "past cases").texts


def test_without_cases_the_charts_say_so():
    is_empty(charts.past_cases.coverage(coverage([])))
    is_empty(charts.past_cases.places(places((1.0, 2.0)).iloc[:0], "Past values"))
    is_empty(charts.past_cases.cases(CASES.iloc[:0]))
    is_empty(charts.past_cases.named_cases(CASES.iloc[:0], "picked outcomes"))
    is_empty(charts.past_cases.skill(scores(1.0).iloc[:2], "past cases"))
