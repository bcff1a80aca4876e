"""Charts of what was foretold, read off their artists: lanes, calibration, loads; and what their words say on
each side.
"""

import numpy as np
import pandas as pd
import pytest

from analysis.figures import charts, theme


def history(*rows):
    table = pd.DataFrame(rows, columns=["day", "id", "kind", "probability_pct"])
    return table.assign(day=pd.to_datetime(table["day"]))


LABELS = {"a": "First", "b": "\u2026 second"}
MOVED = history(
    ("2026-05-21", "a", "trend", 40.0),
    ("2026-06-21", "a", "trend", 52.0),
    ("2026-06-21", "a", "simulation", 80.0),
    ("2026-05-21", "b", "base rate", 20.0),
    ("2026-06-21", "b", "base rate", 20.0),
)


def test_each_part_has_a_lane_with_a_line_a_method_and_its_last_value():
    ax = charts.forecasts.probability_history(MOVED, LABELS, ax=theme.axes())
    lines = {
        tuple(np.round(line.get_ydata(), 3))
        for line in ax.lines
        if line.get_marker() in "o^s" and len(line.get_xdata())
    }
    # the first part stands on top: lane 1 of 0 and 1, a percent is 1/160 of a lane
    assert lines == {(1 + 40 / 160, 1 + 52 / 160), (1.5,), (0.125, 0.125)}
    words = {text.get_text() for text in ax.texts}
    assert {"First", "second", "52%, 80%", "20%"} <= words
    assert theme.chart_of(ax).finding == "\u201cFirst\u201d moved most since publication, by +12 points"


def test_where_nothing_moves_it_says_so():
    ax = charts.forecasts.probability_history(MOVED[MOVED["id"] == "b"], LABELS, ax=theme.axes())
    assert (
        theme.chart_of(ax).finding
        == "Since publication no probability has moved by a point: nothing in our data bears on one"
    )
    assert (
        "no data"
        in charts.forecasts.probability_history(MOVED[:0], LABELS, ax=theme.axes()).texts[0].get_text()
    )


def bins(*rows):
    table = pd.DataFrame(rows, columns=["forecaster", "low", "high", "forecast", "observed"])
    return table.assign(observed_low=table["observed"] - 0.1, observed_high=table["observed"] + 0.1, n=5)


BINS = bins(
    ("naive", 0.8, 1.0, 0.9, 0.9),
    ("trend", 0.8, 1.0, 0.95, 0.7),
    ("trend", 0.0, 0.2, 0.05, 0.3),
    ("pooled", 0.8, 1.0, 0.9, 0.8),
)


def record(verdict):
    return pd.DataFrame(
        {
            "forecaster": ["naive", "trend", "pooled"],
            "skill": [np.nan, -0.5, -0.2],
            "n": 54,
            "n_series": 14,
            "verdict": ["the measure", verdict, "worse"],
        }
    )


def test_calibration_draws_what_happened_over_what_was_said():
    ax = charts.forecasts.calibration(BINS, record("worse"), ax=theme.axes())
    marks = {
        line.get_label(): (line.get_xdata(), line.get_ydata())
        for line in ax.lines
        if line.get_marker() != "None" and len(line.get_xdata())
    }
    assert marks["trend"][0] == pytest.approx([95, 5])
    assert marks["trend"][1] == pytest.approx([70, 30])
    assert (
        theme.chart_of(ax).finding
        == "Trends would have been worse than the naive forecast, and too sure, on 54 past questions"
    )


@pytest.mark.parametrize(
    ("verdict", "finding"),
    [
        ("better", "Trends would have been better than the naive forecast on 54 past questions"),
        ("no different", "Trends cannot be told from the naive forecast on 54 past questions"),
    ],
)
def test_the_words_follow_the_verdict(verdict, finding):
    assert (
        theme.chart_of(charts.forecasts.calibration(BINS, record(verdict), ax=theme.axes())).finding
        == finding
    )


def test_trends_that_are_not_too_sure_are_not_called_so():
    honest = bins(("trend", 0.8, 1.0, 0.9, 0.95), ("trend", 0.0, 0.2, 0.1, 0.0))
    assert (
        "too sure"
        not in theme.chart_of(charts.forecasts.calibration(honest, record("worse"), ax=theme.axes())).finding
    )


LOADS = pd.DataFrame(
    {
        "id": ["x", "y"],
        "moic_x": [0.36, 1.4],
        "write_down_pct": [56.0, 19.0],
        "write_down_change_pct": [29.0, -8.0],
        "moves": [True, True],
    }
)


def test_each_statement_has_a_ring_where_it_takes_the_write_down():
    ax = charts.audit.load_bearing(
        LOADS, {"x": "A market.", "y": "A lead."}, moic_x=0.99, write_down_pct=27.0, ax=theme.axes()
    )
    rings = [tuple(found.get_offsets()[0]) for found in ax.collections]
    assert rings == [(19.0, 0), (56.0, 1)]  # the heaviest on top
    assert {"56%, 0.36x", "19%, 1.40x", "A market", "by the evidence: 27%, 0.99x"} <= {
        text.get_text() for text in ax.texts
    }
    assert (
        theme.chart_of(ax).finding
        == "Taken at its word the heaviest statement lifts the probability of a write-down from 27 to 56%"
    )


def test_a_load_that_lowers_and_loads_that_move_nothing_are_told_so():
    lowered = charts.audit.load_bearing(
        LOADS[1:], {"y": "A lead."}, moic_x=1, write_down_pct=27.0, ax=theme.axes()
    )
    assert "lowers the probability of a write-down from 27 to 19%" in theme.chart_of(lowered).finding
    still = charts.audit.load_bearing(
        LOADS.assign(moves=False), {"x": "A.", "y": "B."}, moic_x=1, write_down_pct=27.0, ax=theme.axes()
    )
    assert theme.chart_of(still).finding == "None of these statements moves the probability of a write-down"


ENDS = pd.DataFrame(
    [("a", 5, 1.0, 40.0), ("a", 95, 2600.0, 70.0), ("b", 5, 0.1, 60.0), ("b", 95, 0.2, 66.0)],
    columns=["input", "end", "value", "between_pct"],
)


def test_each_input_has_a_line_between_its_ends_and_those_that_turn_the_judgement_are_named():
    ax = charts.sensitivity.judgement_at_ends(
        ENDS, {"a": "the market", "b": "the share"}, now_pct=67.0, ax=theme.axes()
    )
    lines = [
        tuple(line.get_xdata())
        for line in ax.lines
        if len(line.get_xdata()) == 2 and line.get_xdata()[0] != line.get_xdata()[1]
    ]
    assert lines == [(60.0, 66.0), (40.0, 70.0)]  # the one that falls lowest on top
    assert {"1", "2,600", "0.1", "0.2", "all drawn: 67%"} <= {text.get_text() for text in ax.texts}
    assert (
        theme.chart_of(ax).finding
        == "One of 2 inputs alone turns the judgement at an end of its range: the market"
    )


def test_where_no_input_turns_it_the_chart_says_so():
    ax = charts.sensitivity.judgement_at_ends(ENDS[2:], {"b": "the share"}, now_pct=67.0, ax=theme.axes())
    assert theme.chart_of(ax).finding == "None of 1 inputs alone turns the judgement at an end of its range"
