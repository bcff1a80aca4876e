"""Do the charts say what is forecast, how it moved, and what earlier forecasts were worth?"""

import numpy as np
import pandas as pd
import pytest

from analysis.figures import charts, theme
from analysis.forecasts import probabilities
from analysis.forecasts.track_record import FORECASTERS
from tests.figures.artists import finding, numbers_in, subtitle


def test_deadlines_are_drawn_from_publication_with_the_time_gone_by_and_what_is_decided():
    days = ["2027-05-21", "2028-05-21", "2027-05-21"]
    parts = pd.DataFrame({"label": ["a", "b", "c"], "deadline": days, "status": ["open", "open", "void"]})
    ax = charts.forecasts.deadlines(parts.assign(made_on="2026-05-21"), as_of="2027-10-31")
    widths = {round(bar.get_y() + bar.get_height() / 2): [] for bar in ax.patches}
    for bar in ax.patches:
        widths[round(bar.get_y() + bar.get_height() / 2)].append(bar.get_width())
    # from the top: a is over, c was overtaken, b has run from 21 May 2026 to 31 Oct 2027; 2028 is a leap year
    assert widths == {2: [365, 365], 1: [365], 0: [731, 528]}
    counts = [word for word in finding(ax).split() if word in ("one", "two", "three")]
    assert counts == ["three", "two", "one"]
    assert "31 October 2027" in subtitle(ax)
    labels = [text.get_text() for text in ax.texts]
    assert labels == ["b", "21 May 2028", "c", "overtaken", "a", "21 May 2027"]


METHOD_COLUMNS = [
    "id", "method", "probability_pct", "low_pct", "high_pct", "pooled_pct", "given", "weight_pct", "rests_on",
]  # fmt: skip


def chances_of(*rows):
    parts = pd.DataFrame({"id": ["a", "b"], "label": ["It comes", "It stays"]})
    return charts.forecasts.chances(pd.DataFrame(rows, columns=METHOD_COLUMNS), parts)


def test_every_method_has_its_mark_and_several_are_pooled():
    ax = chances_of(
        ("a", "simulation", 90.0, 89.0, 91.0, 75.0, None, 70.0, np.nan),
        ("a", "trend", 50.0, 20.0, 80.0, 75.0, None, 20.0, 4.0),
        ("a", "random walk", 60.0, 10.0, 70.0, 75.0, None, 10.0, 4.0),
        ("b", "base rate", 25.0, 5.0, 60.0, 25.0, "a", 100.0, 1.0),
    )
    marks = {line.get_marker(): list(line.get_xdata()) for line in ax.lines if len(line.get_xdata()) == 1}
    assert marks == {"o": [90.0], "^": [50.0], "v": [60.0], "s": [25.0]}
    spans = [tuple(line.get_xdata()) for line in ax.lines if len(line.get_xdata()) == 2]
    assert sorted(spans) == [
        (5.0, 60.0),
        (10.0, 70.0),
        (20.0, 80.0),
        (75.0, 75.0),
    ]  # b has one method and no pool, and a simulation no interval: it would be noise of the draws
    assert [text.get_text() for text in ax.texts] == [
        "25%", "one case", "It stays, if so", "75%", "our simulation", "It comes",
    ]  # fmt: skip
    assert "It comes" in theme.chart_of(ax).note  # which the part below takes for granted


@pytest.mark.parametrize(("pooled", "count"), [(50.007, "None"), (50.6, "One")])
def test_a_part_that_prints_one_half_is_not_called_likely(pooled, count):
    ax = chances_of(("a", "simulation", pooled, 50.0, 50.1, pooled, None, 100.0, np.nan))
    assert finding(ax).startswith(f"{count} of one part is ")


def history(*rows, left_out=()):
    table = pd.DataFrame(rows, columns=["as_of", "id", "method", "probability_pct"])
    return probabilities.History(
        table.assign(as_of=pd.to_datetime(table["as_of"])),
        pd.DataFrame(left_out, columns=["id", "assumptions"]),
    )


PARTS = pd.DataFrame({"id": ["a", "b"], "label": ["First", "second"]})


STILL = (("2026-05-21", "b", "base rate", 20.0), ("2026-06-21", "b", "base rate", 20.0))
MOVED = history(
    ("2026-05-21", "a", "trend", 40.0),
    ("2026-06-21", "a", "trend", 52.0),
    ("2026-06-21", "a", "simulation", 80.0),
    *STILL,
    left_out=[("a", "pool_usd_bn, pool_share")],
)


def test_each_part_has_a_lane_with_a_line_a_method_and_its_last_value():
    ax = charts.forecasts.probability_history(MOVED, PARTS)
    lines = {
        tuple(np.round(line.get_ydata(), 3))
        for line in ax.lines
        if line.get_marker() in "o^s" and len(line.get_xdata())
    }
    # the first part stands on top: lane 1 of 0 and 1, a percent is 1/160 of a lane
    assert lines == {(1 + 40 / 160, 1 + 52 / 160), (1.5,), (0.125, 0.125)}
    words = {text.get_text() for text in ax.texts}
    assert {"First", "second", "52%, 80%", "20%"} <= words
    assert "First" in finding(ax)
    assert "rose 12 points" in finding(ax)
    assert "First (2 assumptions)" in theme.chart_of(ax).note


def test_a_fall_is_called_one_and_a_name_keeps_its_hyphen():
    rows = [("2026-05-21", "a", "trend", 52.0), ("2026-06-21", "a", "trend", 40.0)]
    ax = charts.forecasts.probability_history(history(*rows), PARTS.assign(label="As good as GPT-5"))
    assert "“As good as GPT-5”" in finding(ax)
    assert "fell 12 points" in finding(ax)
    assert "GPT-5, fell 12 points" in theme.chart_of(ax).alt


def test_where_nothing_moves_it_says_so():
    ax = charts.forecasts.probability_history(history(*STILL), PARTS)
    assert finding(ax).startswith("No probability has moved")
    assert theme.chart_of(ax).note is None
    assert "no data" in charts.forecasts.probability_history(history(), PARTS).texts[0].get_text()


def test_a_part_that_has_no_probability_any_more_is_not_labelled_with_an_old_one():
    gone = history(*STILL, ("2026-05-21", "a", "trend", 75.0))
    words = [text.get_text() for text in charts.forecasts.probability_history(gone, PARTS).texts]
    assert "none now" in words and "75%" not in words


def bins(*rows):
    table = pd.DataFrame(rows, columns=["forecaster", "forecast", "observed"])
    return table.assign(observed_low=table["observed"] - 0.1, observed_high=table["observed"] + 0.1)


BINS = bins(
    (FORECASTERS["naive"], 0.9, 0.9),
    (FORECASTERS["trend"], 0.95, 0.7),
    (FORECASTERS["trend"], 0.05, 0.3),
    (FORECASTERS["pooled"], 0.9, 0.8),
)


def record(verdict):
    return pd.DataFrame(
        {
            "forecaster": [FORECASTERS[name] for name in ("naive", "trend", "pooled", "trend", "pooled")],
            "look_ahead": ["no"] * 3 + ["yes"] * 2,
            "skill": [np.nan, -0.5, -0.2, 0.7, 0.9],
            "n_questions": [54] * 3 + [11] * 2,
            "n_series": [14] * 3 + [1] * 2,
            "verdict": ["the measure", verdict, "worse", "not tested", "not tested"],
        }
    )


def test_calibration_draws_outcomes_over_forecast_probabilities():
    ax = charts.forecasts.calibration(BINS, record("worse"))
    marks = {
        line.get_label(): (line.get_xdata(), line.get_ydata())
        for line in ax.lines
        if line.get_marker() != "None" and len(line.get_xdata())
    }
    assert marks["trend"][0] == pytest.approx([95, 5])
    assert marks["trend"][1] == pytest.approx([70, 30])
    assert "worse" in finding(ax)
    assert "too sure" in finding(ax)
    assert "54" in numbers_in(subtitle(ax))


@pytest.mark.parametrize(
    ("verdict", "word"),
    [
        ("better", "better"),
        ("no different", "about as well"),
        ("not tested", "about as well"),
    ],
)
def test_the_words_follow_the_verdict(verdict, word):
    assert word in finding(charts.forecasts.calibration(BINS, record(verdict)))


def test_trends_that_are_not_too_sure_are_not_called_so():
    honest = bins((FORECASTERS["trend"], 0.9, 0.95), (FORECASTERS["trend"], 0.1, 0.0))
    assert "too sure" not in theme.chart_of(charts.forecasts.calibration(honest, record("worse"))).finding
