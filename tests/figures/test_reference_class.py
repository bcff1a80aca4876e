"""Do the charts of the reference class show every reading where it is, and turn when the numbers turn?"""

import pandas as pd
import pytest

from analysis.figures import charts
from tests.figures.artists import finding, points, row_labels, words

READINGS = pd.DataFrame(
    {
        "sample": ["without fiscal 2020 to 2022", "without fiscal 2020 to 2022", "all years"],
        "years_on": [1, 5, 3],
        "half_life_years": [0.9, 1.5, 1.0],
        "half_life_low": [0.7, 1.2, 0.8],
        "half_life_high": [1.2, 2.0, 1.3],
    }
)
MULTIPLES = pd.DataFrame(
    {
        "companies": ["software and internet", "software and internet", "technology and biotech"],
        "next_year_growth_pct": ["0 to 10", "50 or more", "0 to 10"],
        "revenue_multiple_x": [3.3, 8.25, 2.3],
        "low_x": [2.0, 8.25, 1.4],
        "high_x": [4.6, 8.25, 3.5],
        "n": [14, 1, 14],
    }
)


def beside(simulated):
    return pd.DataFrame(
        {
            "series": ["companies", "simulated futures"] * 2,
            "years_on": [1, 1, 5, 5],
            "p10": [1.0, 1.3, 1.9, 2.0],
            "p25": [1.1, 1.6, 2.4, 2.5],
            "p50": [1.3, 2.0, 3.6, simulated],
            "p75": [1.5, 2.4, 4.7, 8.0],
            "p90": [1.6, 2.8, 6.9, 12.0],
        }
    )


def test_every_reading_has_a_row_and_the_finding_is_the_reference_reading():
    ax = charts.reference_class.decay(READINGS, 5)
    assert row_labels(ax) == [
        "without fiscal 2020 to 2022, 1 year",
        "without fiscal 2020 to 2022, 5 years",
        "all years, 3 years",
    ]
    assert points(ax)[:, 0].tolist() == [0.9, 1.5, 1.0]
    assert words(ax) == ["0.9", "1.5", "1.0"]
    assert "1.5 years" in finding(ax)


def test_without_the_reference_reading_the_chart_says_that_there_are_no_data():
    assert finding(charts.reference_class.decay(READINGS.iloc[2:], 5)).startswith("No data")


def test_multiples_stand_over_their_class_of_growth():
    ax = charts.reference_class.multiples(MULTIPLES, "0 to 10")
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0 to 10%", "50% or more"]
    assert points(ax)[:, 1].tolist() == [3.3, 8.25, 2.3]
    # two groups of companies side by side, around the place of their class
    assert points(ax)[:, 0] == pytest.approx([0 - 0.09, 1 - 0.09, 0 + 0.09])
    assert "3.3 times" in finding(ax)
    assert finding(charts.reference_class.multiples(MULTIPLES.iloc[:0], "0 to 10")).startswith("No data")


def test_the_finding_turns_where_the_futures_grow_less_than_the_companies_did():
    faster, slower = (charts.reference_class.later_revenue(beside(median)) for median in (5.2, 3.0))
    assert finding(faster) == "Simulated revenue outgrows that of large fast growers of the past"
    assert finding(slower) == "Simulated revenue trails that of large fast growers of the past"
    assert points(slower)[:, 1].tolist() == [1.3, 3.6, 2.0, 3.0]
    assert finding(charts.reference_class.later_revenue(beside(3.0).iloc[:0])).startswith("No data")
