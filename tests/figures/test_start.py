import math

import matplotlib.colors as mcolors
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection

from analysis.figures import charts, theme


def contributions():
    """A half year of 4, a run rate of about 20, one of at least 30; 2.5 with all, 2.4 without the first."""
    return pd.DataFrame(
        {
            "figure": ["H1 2025", "run rate, 1 October 2025", "run rate, 1 March 2026"],
            "valid_on": pd.to_datetime(["2025-06-30", "2025-10-01", "2026-03-01"]),
            "period_years": [0.5, math.nan, math.nan],
            "reported_usd_bn": [4.0, 20.0, 30.0],
            "qualifier": ["exact", "about", "at least"],
            "path_usd_bn": [4.5, 18.0, 33.0],
            "run_rate_without_usd_bn": [36.0, 37.5, 37.0],
            "growth_without": [2.4, 2.55, 2.5],
            "run_rate_change_pct": [3.0, -1.0, 0.2],
            "growth_change_pct": [4.2, -2.0, 0.0],
        }
    )


def dots(ax):
    """Where points stand, with whether they are filled."""
    parts = [part for part in ax.collections if isinstance(part, PathCollection)]
    return [
        (float(x), float(y), mcolors.to_hex(part.get_facecolors()[0]) != "#ffffff")
        for part in parts
        for x, y in part.get_offsets()
    ]


def test_revenue_of_a_period_is_a_bar_at_its_yearly_rate_and_a_bound_is_hollow_with_an_arrow():
    ax = charts.start.path(contributions(), growth=2.5)
    bars = [line for line in ax.lines if line.get_linewidth() == 4]
    assert [list(bar.get_ydata()) for bar in bars] == [[8.0, 8.0]]  # 4 in half a year
    assert np.ptp(bars[0].get_xdata()) == pytest.approx(0.5)
    assert [(y, filled) for _, y, filled in dots(ax)] == [(20.0, True), (30.0, False)]
    arrows = [
        (text.xyann[1], text.xy[1]) for text in ax.texts if getattr(text, "arrow_patch", None) is not None
    ]
    assert len(arrows) == 1 and arrows[0][0] == 30 < arrows[0][1]


def test_the_path_goes_through_what_each_figure_would_be_on_it():
    ax = charts.start.path(contributions(), growth=2.5)
    (line,) = [line for line in ax.lines if line.get_color() == theme.SECOND]
    assert line.get_ydata().tolist() == pytest.approx([9.0, 18.0, 33.0])
    # the half year stands at its middle, a quarter before its end
    assert line.get_xdata()[0] == pytest.approx(2025.25, abs=0.01)
    assert "2.5-fold" in theme.chart_of(ax).finding


def test_the_estimate_without_each_figure_stands_beside_the_one_with_all():
    ax = charts.start.without(contributions(), growth=2.5)
    assert [text.get_text() for text in ax.get_yticklabels()] == contributions()["figure"].tolist()
    assert [x for x, _, _ in dots(ax)] == [2.4, 2.55, 2.5]
    assert list(ax.lines[0].get_xdata()) == [2.5, 2.5]
    # 4.2% at most, in whole per cent upwards
    assert "more than 5%" in theme.chart_of(ax).finding
    assert {"2.40, $36.0bn", "2.55, $37.5bn"} <= {text.get_text() for text in ax.texts}


def test_without_figures_both_charts_say_that_there_are_none():
    for chart in (charts.start.path, charts.start.without):
        assert "a figure of revenue" in theme.chart_of(chart(contributions().iloc[:0], growth=2.5)).finding
