"""Do the two ranges of a headline and the waterfall show the tables that they are made of?"""

import pandas as pd
import pytest

from analysis.figures import charts, theme
from tests.figures.artists import finding, points, subtitle, text

HEADLINES = pd.DataFrame(
    [
        ("variant", "reference", 0.8),
        ("variant", "ceiling", 0.4),
        ("variant", "no run-off", 1.4),
        ("scenario", "base", 0.8),
        ("scenario", "boom", 1.0),
    ],
    columns=["kind", "label", "moic_median"],
)
CHANGES = pd.DataFrame(
    {"label": ["version 2.0.0", "bounds", "run-off", "multiple"], "moic_median": [1.0, 0.7, 0.9, 0.6]}
)
MEDIAN = {"outcome": "the median return", "unit": "x", "digits": 1}


def two_ranges(table=HEADLINES):
    return charts.variants.two_ranges(table, "moic_median", **MEDIAN)


def test_the_two_ranges_of_a_headline_are_never_crossed():
    ranges = charts.variants.ranges(HEADLINES, "moic_median")
    assert ranges["variant"] == (0.4, 1.4, "ceiling", "no run-off")
    assert ranges["scenario"] == (0.8, 1.0, "base", "boom")


def test_each_structure_and_each_scenario_is_a_dot_in_its_own_group():
    ax = two_ranges()
    # three rows, a gap, two rows; each group from its lowest to its highest
    assert points(ax).tolist() == [[0.4, 0], [0.8, 1], [1.4, 2], [0.8, 4], [1.0, 5]]
    labels = [tick.get_text() for tick in ax.get_yticklabels()]
    assert labels == ["ceiling", "reference", "no run-off", "base", "boom"]
    assert ax.lines[0].get_xdata() == pytest.approx([0.8, 0.8])
    assert "0.8×" in subtitle(ax)


def test_the_finding_says_which_range_is_the_wider_one():
    alike = HEADLINES.assign(moic_median=[0.8, 0.4, 1.4, 0.5, 1.4])
    wide = HEADLINES.assign(moic_median=[0.8, 0.9, 1.0, 0.1, 2.0])
    structure, both, scenario = (finding(two_ranges(table)) for table in (HEADLINES, alike, wide))
    assert structure.startswith("Variants") and "further" in structure
    assert "about as far" in both
    assert scenario.startswith("Scenarios") and "further" in scenario


def test_a_waterfall_goes_from_the_last_version_to_this_one():
    ax = charts.variants.waterfall(CHANGES, "moic_median", **MEDIAN)
    bars = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]
    assert bars == [pytest.approx(ends) for ends in [(0, 1.0), (1.0, 0.7), (0.7, 0.9), (0.9, 0.6), (0, 0.6)]]
    assert text(ax) == "1.0× −0.3× +0.2× −0.3× 0.6×"
    assert [tick.get_text() for tick in ax.get_yticklabels()][-1] == "This version"
    assert subtitle(ax).index("Filled") < subtitle(ax).index("Hollow")


def test_a_waterfall_names_the_largest_change():
    ax = charts.variants.waterfall(CHANGES.assign(moic_median=[1.0, 0.9, 0.4, 0.6]), "moic_median", **MEDIAN)
    assert "“run-off”" in finding(ax)
    assert "another order" in theme.chart_of(ax).note


def test_a_change_that_rounds_to_nothing_has_no_sign():
    assert [charts.variants.signed(value, "x", 1) for value in (0.26, -0.26, 0.02, -0.02)] == [
        "+0.3×",
        "−0.3×",
        "0.0×",
        "0.0×",
    ]
