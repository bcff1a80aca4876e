"""Do the charts say what drives the result, the largest first, and turn when the numbers turn?"""

import math

import pandas as pd
import pytest

from analysis.figures import charts, theme
from tests.figures.artists import numbers_in, row_labels, words

SWINGS = pd.DataFrame(
    {
        "input": ["size of the market", "premium in the price", "cash at the start"],
        "at_low": [650.0, 0.17, 33.0],
        "at_high": [2600.0, 0.48, 77.0],
        "low_result": [0.59, 1.36, 1.14],
        "high_result": [1.81, 0.92, 1.19],
        "central_result": 1.15,
        "swing": [1.22, 0.44, 0.05],
    }
)


def test_a_tornado_starts_with_the_widest_and_writes_the_ends_of_the_input():
    ax = charts.sensitivity.tornado(SWINGS, outcome="the median multiple", unit="x")
    assert row_labels(ax) == ["size of the market", "premium in the price", "cash at the start"]
    assert words(ax)[:2] == ["650", "2,600"] and words(ax)[-1].endswith(": 1.15x")  # the line in the middle
    # bars run from the centre: 0.59 - 1.15 and 1.81 - 1.15
    assert [bar.get_width() for bar in ax.patches[:2]] == pytest.approx([-0.56, 0.66])
    chart = theme.chart_of(ax)
    assert chart.finding == "The size of the market moves the median multiple most"
    assert "from 0.59x to 1.81x" in chart.alt
    assert "left out" not in chart.subtitle


def test_a_long_tornado_says_how_many_inputs_it_leaves_out():
    long = pd.concat([SWINGS] * 5, ignore_index=True)
    ax = charts.sensitivity.tornado(long, outcome="the median multiple", unit="x")
    assert len(row_labels(ax)) == 12 and "3 that move it less" in theme.chart_of(ax).subtitle


def test_shares_of_variance_are_sorted_and_the_unreliable_are_hollow():
    table = pd.DataFrame(
        {
            "group": ["a", "a", "b", "b"],
            "order": ["first", "total"] * 2,
            "index": [0.2, 0.3, 0.6, 0.7],
            "low": [0.0, 0.2, 0.5, 0.6],
            "high": [0.4, 0.4, 0.7, 0.8],
            "unreliable": [True, False, False, False],
        }
    )
    ax = charts.sensitivity.sobol(table, outcome="the multiple", ax=theme.axes())
    assert row_labels(ax) == ["b", "a"]
    total, first = ax.collections[:2]
    assert total.get_offsets()[:, 0].tolist() == [0.7, 0.3]
    assert first.get_offsets()[:, 0].tolist() == [0.6, 0.2]
    hollow = [tuple(color) == tuple(first.get_facecolors()[1]) for color in first.get_facecolors()]
    assert hollow == [False, True]
    chart = theme.chart_of(ax)
    assert chart.finding == "The multiple depends most on b" and "b 70%" in chart.alt
    assert "hollow: too uncertain to read (1 group)" in chart.subtitle
    table.loc[1, "high"] = 0.65  # reaches into the interval of b: which one is larger cannot be told
    both = charts.sensitivity.sobol(table, outcome="the multiple", ax=theme.axes())
    assert theme.chart_of(both).finding.startswith("Two groups")


def test_what_never_varies_depends_on_nothing():
    table = pd.DataFrame(
        {
            "group": ["a", "a"],
            "order": ["first", "total"],
            "index": [math.nan] * 2,
            "low": [math.nan] * 2,
            "high": [math.nan] * 2,
            "unreliable": [True, True],
        }
    )
    ax = charts.sensitivity.sobol(table, outcome="the multiple", ax=theme.axes())
    assert theme.chart_of(ax).finding == "The multiple does not vary"


def test_the_finding_names_the_risk_that_adds_most_and_how_much():
    table = pd.DataFrame(
        {
            "risk": ["x", "y"],
            "shapley_value": [0.02, 0.09],
            "shapley_low": [0.018, 0.083],
            "shapley_high": [0.022, 0.097],
            "alone": [0.01, 0.08],
            "on_top": [0.03, 0.1],
        }
    )
    ax = charts.sensitivity.shapley(table, outcome="a write-down", ax=theme.axes())
    assert row_labels(ax) == ["y +9.0", "x +2.0"] and not words(ax)
    assert "“y”" in theme.chart_of(ax).finding and numbers_in(theme.chart_of(ax).finding) == ["9"]
    assert theme.chart_of(ax).note is None  # how far another seed would move a bar is no finding


def test_a_break_even_out_of_reach_is_said_and_not_drawn():
    table = pd.DataFrame(
        {
            "input": ["a", "b"],
            "target": ["money back"] * 2,
            "value": [5.7, math.nan],
            "percentile": [28.0, math.nan],
        }
    )
    ax = charts.sensitivity.break_even(table, ax=theme.axes())
    assert row_labels(ax) == ["a: money back", "b: money back"]
    assert words(ax) == ["5.7", "not by this one alone"]
    assert theme.chart_of(ax).finding.startswith("One of two break-evens")


def beliefs(posterior):
    return pd.DataFrame(
        {
            "name": ["revenue_usd_bn", "growth_factor_per_year"],
            "input": ["run-rate", "growth"],
            "unit": ["$B", "times"],
            "prior_p5": [20, 1.25],
            "prior_p50": [28, 1.9],
            "prior_p95": [40, 3.0],
            "data_low": [25, math.nan],
            "data_mid": [27, math.nan],
            "data_high": [30, math.nan],
            "posterior_p5": [25, posterior * 0.9],
            "posterior_p50": [27.5, posterior],
            "posterior_p95": [30, posterior * 1.1],
        }
    )


@pytest.mark.parametrize(
    ("posterior", "change"),
    [(3.2, "moves our growth estimate to 3.2"), (1.9, "leaves our growth estimate at 1.9")],
)
def test_beliefs_show_prior_data_and_posterior(posterior, change):
    ax = charts.sensitivity.beliefs(beliefs(posterior))
    assert row_labels(ax) == [
        f"{name}, {part}" for name in ("run-rate", "growth") for part in ("before", "in our data", "after")
    ]
    assert words(ax)[0] == "28 (20 to 40)" and words(ax)[4] == "none"
    assert change in theme.chart_of(ax).finding
    assert theme.chart_of(ax).subtitle.endswith("run-rate in $B and growth in times")


def test_a_risk_register_names_the_one_that_costs_most_in_all():
    table = pd.DataFrame(
        {
            "risk": ["often", "dear", "never"],
            "likelihood": [0.9, 0.3, 0.0],
            "likelihood_low": [0.89, 0.29, 0.0],
            "likelihood_high": [0.91, 0.31, 0.0],
            "impact_pct": [30.0, 50.0, math.nan],
            "impact_low": [29.0, 48.0, math.nan],
            "impact_high": [31.0, 52.0, math.nan],
        }
    )
    ax = charts.sensitivity.risk_register(table, ax=theme.axes())  # 0.9 x 30 = 27 > 0.3 x 50 = 15
    assert words(ax) == ["dear", "often"]
    chart = theme.chart_of(ax)
    assert chart.finding.startswith("The risk “often” costs SoftBank most")
    assert "often in 90% of simulated futures, 30%" in chart.alt
    places = [text.get_position()[1] for text in ax.texts]
    assert places[0] - places[1] >= 0.11 * 50 - 1e-9


def test_the_verdict_over_the_decay_says_where_it_is_least_likely():
    table = pd.DataFrame(
        {
            "half_life_years": [1.0, 3.0] * 2,
            "long_run_pct": [0.0, 0.0, 5.0, 5.0],
            "between_pct": [70, 60, 65, 43],
        }
    )
    ax = charts.sensitivity.verdict_grid(table, catastrophe_moic=0.25, outsized_moic=3.0)
    assert words(ax) == ["70", "65", "60", "43"]  # half-lives down, long-run rates across
    chart = theme.chart_of(ax)
    assert chart.finding.endswith("slowest") and numbers_in(chart.subtitle) == ["0.25", "3"]
    turned = charts.sensitivity.verdict_grid(
        table.assign(between_pct=100 - table["between_pct"]), catastrophe_moic=0.25, outsized_moic=3.0
    )
    assert theme.chart_of(turned).finding.endswith("fastest")


ENDS = pd.DataFrame(
    [("a", 5, 1.0, 40.0), ("a", 95, 2600.0, 70.0), ("b", 5, 0.1, 60.0), ("b", 95, 0.2, 66.0)],
    columns=["input", "end", "value", "between_pct"],
).replace({"a": "the market", "b": "the share"})


def test_each_input_has_a_line_between_its_ends_and_those_that_turn_the_judgement_are_named():
    ax = charts.sensitivity.judgement_at_ends(ENDS, now_pct=67.0, ax=theme.axes())
    lines = [
        tuple(line.get_xdata())
        for line in ax.lines
        if len(line.get_xdata()) == 2 and line.get_xdata()[0] != line.get_xdata()[1]
    ]
    assert lines == [(60.0, 66.0), (40.0, 70.0)]  # the one that falls lowest on top
    assert {"1", "2,600", "0.1", "0.2", "none fixed: 67%"} <= {text.get_text() for text in ax.texts}
    assert theme.chart_of(ax).finding.startswith("One of 2 ")
    assert "the market" in theme.chart_of(ax).finding


def test_a_judgement_below_a_half_is_turned_by_what_lifts_it():
    # ends at 40% and 70%, and at 60% and 66%: both reach a half
    ax = charts.sensitivity.judgement_at_ends(ENDS, now_pct=45.0, ax=theme.axes())
    assert theme.chart_of(ax).finding.startswith("Two of 2 ")
    low = ENDS.assign(between_pct=ENDS["between_pct"] - 30)  # 10 to 40 and 30 to 36: none reaches a half
    ax = charts.sensitivity.judgement_at_ends(low, now_pct=45.0, ax=theme.axes())
    assert theme.chart_of(ax).finding.startswith("None of 2 ")


def test_of_many_inputs_those_that_move_it_least_are_left_out():
    many = pd.concat([ENDS[2:].assign(input=f"input {k}") for k in range(14)] + [ENDS[:2]])
    ax = charts.sensitivity.judgement_at_ends(many, now_pct=67.0, ax=theme.axes())
    assert len(row_labels(ax)) == 12 and "the market" in row_labels(ax)
    assert "3 that move it less" in theme.chart_of(ax).subtitle
    assert theme.chart_of(ax).finding.startswith("One of 15 ")


def test_where_no_input_turns_it_the_chart_says_so():
    ax = charts.sensitivity.judgement_at_ends(ENDS[2:], now_pct=67.0, ax=theme.axes())
    assert theme.chart_of(ax).finding.startswith("None of 1 ")
