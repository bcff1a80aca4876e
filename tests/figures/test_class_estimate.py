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
        "money_lost_pct": [18.0, 50.0, 67.0],
    }
)


@pytest.mark.parametrize(
    ("losses", "answers"), [([18.0, 20.0, 10.0], 1), ([18.0, 50.0, 52.0], 2), ([18.0, 50.0, 67.0], 3)]
)
def test_the_title_says_whether_the_ways_agree(losses, answers):
    ax = class_estimate.readings(TABLE.assign(money_lost_pct=losses))
    assert theme.chart_of(ax).finding == class_estimate.FINDINGS[answers]


@pytest.mark.parametrize("order", [[0, 1, 2], [1, 2, 0]])
def test_the_way_that_comes_first_is_on_top(order):
    ax = class_estimate.readings(TABLE.iloc[order])
    names = [label.get_text().lower() for label in ax.get_yticklabels()]
    assert names == TABLE["estimate"].iloc[order].tolist()


def test_every_reading_is_drawn_with_its_median_and_its_loss_and_the_alt_text_says_so():
    ax = class_estimate.readings(TABLE)
    dots = [
        tuple(collection.get_offsets()[0]) for collection in ax.collections if len(collection.get_offsets())
    ]
    assert {(2.5, 0.0), (1.0, 1.0), (0.6, 2.0)} <= set(dots)
    assert {"18%", "50%", "67%"} <= {text.get_text() for text in ax.texts}
    last = theme.chart_of(ax).alt.split(". ")[-1]
    assert "Raw model" in last and "0.6" in last and "67%" in last
