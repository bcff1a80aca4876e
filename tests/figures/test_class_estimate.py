"""The three readings of the money in one chart."""

import pandas as pd
import pytest

from analysis.figures import class_estimate, theme

TABLE = pd.DataFrame(
    {
        "estimate": ["past cases", "corrected model", "raw model"],
        "p05_moic_x": [0.4, 0.2, 0.1],
        "p25_moic_x": [1.2, 0.5, 0.3],
        "median_moic_x": [2.5, 1.0, 0.6],
        "p75_moic_x": [5.7, 2.2, 1.3],
        "p95_moic_x": [12.4, 7.5, 4.4],
    }
)


@pytest.mark.parametrize(
    ("order", "finding"),
    [
        ([0, 1, 2], "The median return is 2.5 times the money by past cases"),
        ([1, 2, 0], "The median return is 1.0 times the money by the corrected model"),
    ],
)
def test_the_title_is_that_of_the_reading_that_comes_first(order, finding):
    ax = class_estimate.readings(TABLE.iloc[order], {"the money back": 1.0})
    assert theme.chart_of(ax).finding == finding
    assert [label.get_text() for label in ax.get_yticklabels()] == TABLE["estimate"].iloc[order].tolist()


def test_every_reading_is_drawn_with_its_median_and_the_alt_text_has_its_range():
    ax = class_estimate.readings(TABLE, {"the money back": 1.0, "outsized": 3.0})
    dots = [
        tuple(collection.get_offsets()[0]) for collection in ax.collections if len(collection.get_offsets())
    ]
    assert {(2.5, 0.0), (1.0, 1.0), (0.6, 2.0)} <= set(dots)
    assert "raw model: median 0.6, 90% from 0.1 to 4.4" in theme.chart_of(ax).alt
