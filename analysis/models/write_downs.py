"""When is the stake first written down, and what had grown faster by then? Events along simulated paths.

Decisions
- A prediction about a write-down and its cause is about the first one: what happens later is no part of it.
- Growth over the months before a quarter end is that of yearly rates at both ends. Before the start there are
  no paths: for a write-down in the first quarters growth counts from the start.
- The quarter ends that count are those from the start to the deadline, the start itself left out.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
from numpy.typing import NDArray

from analysis.models.venture import VenturePaths, write_down_hits
from analysis.statistics.simulation import QUARTERS_PER_YEAR, Floats

MONTHS_PER_QUARTER = 12 // QUARTERS_PER_YEAR
NEVER = -1
"""What `first_write_down` gives for a future without one."""


def last_quarter(start: dt.date, deadline: dt.date) -> int:
    """How many quarter ends lie after the start, itself a quarter end, and not after a deadline."""
    months = (deadline.year - start.year) * 12 + deadline.month - start.month
    month_is_over = (deadline + dt.timedelta(days=1)).day == 1
    return max(months - (0 if month_is_over else 1), 0) // MONTHS_PER_QUARTER


def first_write_down(paths: VenturePaths, *, below_pct: float, last: int) -> NDArray[np.intp]:
    """The quarter end at which the reported value is first so far below cost, shape (draws,).

    Parameters
    ----------
    paths
        From `venture.simulate`.
    below_pct
        As in `venture.write_down_hits`.
    last
        The last quarter end that counts (`last_quarter`).

    Returns
    -------
    ndarray of int
        Index of the quarter end; `NEVER` in a future without one.
    """
    hits = write_down_hits(paths, threshold_pct=below_pct)[:, : last + 1]
    return np.where(hits.any(axis=1), hits.argmax(axis=1), NEVER)


def write_down_and_cause(
    paths: VenturePaths, *, below_pct: float, last: int, months: int, serving_share: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Futures with a write-down in time, and those in which computing costs had outgrown revenue by the first
    one, each of shape (draws,); arguments as of `first_write_down` and `computing_outgrew_revenue`.
    """
    first = first_write_down(paths, below_pct=below_pct, last=last)
    outgrew = computing_outgrew_revenue(paths, first, months=months, serving_share=serving_share)
    return first != NEVER, outgrew


def computing_usd_bn(paths: VenturePaths, serving_share: float) -> Floats:
    """What computing costs a year: research and training, and the serving part of running costs."""
    return np.asarray(paths.compute_usd_bn + serving_share * paths.running_cost_usd_bn)


def growth_until(values: Floats, at: NDArray[np.intp], months: int) -> Floats:
    """The factor by which a path grew over the months before a quarter end, or since the start if that is
    later; shape (draws,), NaN where `at` is `NEVER`.
    """
    rows = np.arange(len(values))
    before = np.maximum(at - months // MONTHS_PER_QUARTER, 0)
    return np.where(at == NEVER, np.nan, values[rows, at] / values[rows, before])


def computing_outgrew_revenue(
    paths: VenturePaths, at: NDArray[np.intp], *, months: int, serving_share: float
) -> NDArray[np.bool_]:
    """Where computing costs grew by a higher percentage than revenue in the months before a quarter end,
    shape (draws,); False where there is none.
    """
    costs, revenue = computing_usd_bn(paths, serving_share), paths.revenue_usd_bn
    with np.errstate(invalid="ignore"):
        return np.asarray(growth_until(costs, at, months) > growth_until(revenue, at, months))
