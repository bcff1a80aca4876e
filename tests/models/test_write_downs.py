"""The first write-down of a path, and what had grown faster by then: by hand on four paths."""

import datetime as dt
from types import SimpleNamespace

import numpy as np
import pytest

from analysis.models import write_downs

COST = 10.0
# below 7.5 at the quarter ends 2 and 3; at 5; never; at the start alone, which is no report
REPORTED = np.array(
    [
        [10, 9, 7.5, 7.0, 9, 9],
        [10, 10, 10, 10, 10, 1],
        [10, 10, 10, 10, 10, 10],
        [7, 10, 10, 10, 10, 10],
    ]
)
PATHS = SimpleNamespace(
    reported_usd_bn=REPORTED,
    cost_to_date_usd_bn=np.full(6, COST),
    compute_usd_bn=np.array([[4, 5, 6, 7, 8, 9]] * 4, dtype=float),
    running_cost_usd_bn=np.array([[10, 10, 10, 10, 10, 10]] * 4, dtype=float),
    revenue_usd_bn=np.array([[10, 11, 13, 14, 15, 16]] * 4, dtype=float),
)


@pytest.mark.parametrize(
    ("deadline", "quarters"),
    [
        ("2029-05-21", 11),  # 30 September 2026 is the first, 31 March 2029 the eleventh
        ("2029-03-31", 11),
        ("2029-03-30", 10),
        ("2026-09-29", 0),
        ("2026-05-21", 0),
    ],
)
def test_the_quarter_ends_up_to_a_deadline(deadline, quarters):
    assert write_downs.last_quarter(dt.date(2026, 6, 30), dt.date.fromisoformat(deadline)) == quarters


def test_the_first_write_down_counts_and_one_after_the_deadline_does_not():
    first = write_downs.first_write_down(PATHS, below_pct=25, last=5)
    assert first.tolist() == [2, 5, write_downs.NEVER, write_downs.NEVER]
    assert write_downs.first_write_down(PATHS, below_pct=25, last=4).tolist()[1] == write_downs.NEVER
    assert write_downs.first_write_down(PATHS, below_pct=30, last=5).tolist()[0] == 3


def test_growth_counts_from_a_year_before_or_from_the_start():
    # the second from quarter 1 to 5, 16 / 11; the first has no year behind it: from the start to 2, 13 / 10
    growth = write_downs.growth_until(
        PATHS.revenue_usd_bn, np.array([2, 5, write_downs.NEVER]).repeat([1, 1, 2]), 12
    )
    assert growth[:2].tolist() == pytest.approx([1.3, 16 / 11])
    assert np.isnan(growth[2:]).all()


@pytest.mark.parametrize(
    ("serving_share", "outgrew"),
    [
        (0.0, [True, True, False, False]),  # 6 / 4 > 13 / 10, 9 / 5 > 16 / 11
        (0.2, [True, True, False, False]),  # 8 / 6 = 1.33, 11 / 7 = 1.57
        (0.5, [False, False, False, False]),  # 11 / 9 = 1.22 < 1.3, 14 / 10 = 1.4 < 1.45
    ],
)
def test_computing_is_research_and_the_serving_part_of_running_costs(serving_share, outgrew):
    terms = {"below_pct": 25, "last": 5, "months": 12, "serving_share": serving_share}
    down, faster = write_downs.write_down_and_cause(PATHS, **terms)
    assert down.tolist() == [True, True, False, False]
    assert faster.tolist() == outgrew
