"""Do fans, distributions and probabilities show the draws that they are made of?"""

import numpy as np
import pandas as pd
import pytest

from analysis.figures import charts, theme
from tests.figures.artists import finding, numbers_in, subtitle, text, words


def test_a_fan_shows_median_and_ranges_of_the_draws():
    paths = np.array([[1.0, v] for v in range(1, 102)])
    table = charts.simulation.quantiles(np.array([0.0, 1.0]), {"x": paths})
    assert table.iloc[-1][["p5", "p50", "p95"]].tolist() == [6, 51, 96]
    ax = charts.simulation.fan(
        table, finding="{middle:.0f} in the middle", subtitle="s", lines={"limit": 7}, middle=51.2
    )
    assert finding(ax) == "51 in the middle"
    assert ax.lines[0].get_ydata().tolist() == [1, 51]
    assert len(ax.collections) == 2
    assert "limit" in text(ax)
    assert "simulated futures" in theme.chart_of(ax).subtitle


def test_the_names_of_two_fans_with_close_ends_stand_apart():
    paths = np.array([[1.0, 100.0], [1.0, 100.0]])
    table = charts.simulation.quantiles(np.array([0.0, 1.0]), {"costs": paths, "revenue": 0.99 * paths})
    ax = charts.simulation.fan(table, finding="f", subtitle="s", log=True)
    figure = theme.chart_of(ax)
    figure.canvas.draw()
    costs, revenue = (
        next(t for t in ax.texts if t.get_text() == name).get_window_extent() for name in ("costs", "revenue")
    )
    assert costs.y0 >= revenue.y1 - 1
    assert costs.x0 > ax.get_window_extent().x1


def test_the_distribution_says_what_lies_between_the_thresholds():
    moic = np.array([0.1] * 20 + [1.0] * 50 + [4.0] * 20 + [50.0] * 10)
    ax = charts.simulation.outcome(moic, {"low": 0.25, "high": 3.0}, ax=theme.axes())
    assert sum(bar.get_height() for bar in ax.patches) == pytest.approx(
        100
    )  # also what lies beyond the right edge
    assert {"20%", "50%", "30%", "money back"} <= {text.get_text() for text in ax.texts}
    assert numbers_in(finding(ax)) == ["1.0"]
    edges = [bar.get_x() for bar in ax.patches]
    assert all(any(edge == pytest.approx(level) for edge in edges) for level in (0.25, 1.0, 3.0))
    colors = {tuple(bar.get_facecolor()) for bar in ax.patches if 0.3 < bar.get_x() < 2.9}
    assert len(colors) == 1 and len({tuple(bar.get_facecolor()) for bar in ax.patches}) == 3
    counted = charts.simulation.outcome(
        moic, {"low": 0.25, "high": 3.0}, median=1.26, shares=[0.19, 0.52, 0.29], ax=theme.axes()
    )
    assert numbers_in(finding(counted)) == ["1.3"]
    assert {"19%", "52%", "29%"} <= {text.get_text() for text in counted.texts}


def test_a_label_that_the_next_threshold_would_cross_stands_left_of_its_own():
    ax = charts.simulation.returns(np.linspace(-100, 100, 401), 20.0)
    sides = {text.get_text(): text.get_ha() for text in ax.texts}
    assert (sides["money back"], sides["20% asked for"]) == ("right", "left")
    # -100 to 100 in steps of 0.5: 161 of 401 draws are 20 or more, and the middle one is 0
    assert numbers_in(finding(ax)) == ["40", "20"]
    assert subtitle(ax).endswith("median is 0%")


def test_a_negative_return_has_a_minus_sign_wherever_it_is_printed():
    ax = charts.simulation.returns(np.full(3, -12.5), 20.0)
    chart = theme.chart_of(ax)
    assert chart.subtitle.endswith("the median is −12%") and "The median is −12.5%" in chart.alt
    assert "(−100 and less" in ax.get_xlabel()
    assert ax.xaxis.get_major_formatter()(-50, 0) == "−50%"


def test_probabilities_over_time_end_where_the_table_ends():
    table = pd.DataFrame(
        {
            "series": "below cost",
            "times_years": [0.0, 1.0],
            "probability": [0.0, 0.4],
            "low": [0.0, 0.35],
            "high": [0.0, 0.45],
        }
    )
    ax = charts.simulation.probability_over_time(
        table, deadline_years=0.5, finding="f", subtitle="s", ax=theme.axes()
    )
    assert ax.lines[0].get_ydata()[-1] == pytest.approx(40)
    assert "deadline" in text(ax)
    assert ax.lines[-1].get_xdata() == pytest.approx([2026.5 + 0.5] * 2)


def test_a_heat_map_prints_its_numbers_and_sets_those_above_the_mark_in_bold():
    grid = pd.DataFrame([[10.0, 90.0]], index=[0], columns=[5, 8])
    ax = charts.simulation.heat_map(
        grid, finding="f", subtitle="s", xlabel="x", ylabel="y", mark=58, ax=theme.axes()
    )
    assert ax.figure.alt == "A grid of 1 by 2 numbers by y and x, from 10 to 90."
    assert [(text.get_text(), text.get_fontweight()) for text in ax.texts] == [
        ("10", "normal"),
        ("90", "semibold"),
    ]


def test_returns_are_piled_at_the_edges_and_counted_between_the_thresholds():
    draws = np.array([-100.0, -10.0, 5.0, 25.0, 400.0])
    ax = charts.simulation.returns(draws, 20.0)
    assert words(ax) == ["money back", "20% asked for", "40%", "20%", "40%"]
    assert sum(bar.get_height() for bar in ax.patches) == pytest.approx(100)
    assert numbers_in(finding(ax)) == ["40", "20"]
    assert subtitle(ax).endswith("median is 5%")
    assert charts.simulation.distribution(draws, "irr_pct")["irr_pct"].iloc[9] == 5
    few = charts.simulation.returns(draws, 20.0, reached=0.001)
    assert theme.chart_of(few).finding.startswith("Under 1% of simulated futures")
