"""What happens in a future with a middling end, year by year? One draw of the simulation.

Decisions
- It is a real draw and no average: medians of each quantity need not fit together, while the years of one
  draw do.
- Of the draws whose multiple is nearest the median, the one whose revenue, costs, price and market stay
  closest to the middle of all draws, by their rank at each date. An end in the middle can also come of
  extremes that cancel.
- The words name changes of state (a round, a cut, a listing, a rescue) and large moves of what the market
  pays; the numbers stand next to them.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.models import cross_checks, start, venture
from analysis.statistics.simulation import QUARTERS_PER_YEAR, Floats

CANDIDATE_SHARE = 0.05
"""Which part of the draws, those around the median multiple, is compared."""
LARGE_MOVE = 0.2
"""From which change within a year a move of what the market pays is named, as a share."""
LEAST_CUT = 0.02
"""From which part of the compute that is wanted a cut is named."""


def typical_draw(paths: venture.VenturePaths) -> int:
    """The place of the draw to show, from 0."""
    moic = paths.moic
    count = math.ceil(CANDIDATE_SHARE * len(moic))
    middle = (len(moic) - count) // 2
    near = np.argsort(moic, kind="stable")[middle : middle + count]
    followed = (paths.revenue_usd_bn, paths.cost_usd_bn, paths.price_usd_bn, paths.market_factor)
    distance = sum(np.square(_ranks(values[:, 1:])[near] - 0.5).mean(axis=1) for values in followed)
    return int(near[np.argmin(distance)])


def _ranks(values: Floats) -> Floats:
    """The rank of each draw at each date, from 0 to 1."""
    order = values.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
    return np.asarray((order + 0.5) / len(values))


def year_by_year(paths: venture.VenturePaths, draw: int) -> pd.DataFrame:
    """One draw at the start and after each full year.

    Parameters
    ----------
    paths
        From `venture.simulate`.
    draw
        The place of the draw, from 0.

    Returns
    -------
    DataFrame
        ``date_of_year`` (the day); ``revenue_usd_bn`` and ``costs_usd_bn`` at the yearly rate of that day,
        NaN once the company belongs to a buyer; ``new_money_usd_bn`` of the year before it;
        ``company_value_usd_bn``, the equity; ``stake_value_x``, the value of the stake over the money paid;
        ``events`` of the year, in words.
    """
    dates = list(range(0, paths.times_years.size, QUARTERS_PER_YEAR))
    independent = np.where(paths.rescued[draw, dates], np.nan, 1.0)
    return pd.DataFrame(
        {
            "date_of_year": [_day(year) for year in range(len(dates))],
            "revenue_usd_bn": paths.revenue_usd_bn[draw, dates] * independent,
            "costs_usd_bn": paths.cost_usd_bn[draw, dates] * independent,
            "new_money_usd_bn": [paths.raised_usd_bn[draw, _of_year(date)].sum() for date in dates],
            "company_value_usd_bn": paths.equity_usd_bn[draw, dates],
            "stake_value_x": cross_checks.value_over_money(paths)[draw, dates],
            "events": ["; ".join(_events(paths, draw, date)) or "–" for date in dates],
        }
    )


def _day(years: int) -> str:
    return dt.date(start.START.year + years, start.START.month, start.START.day).isoformat()


def _of_year(date: int) -> slice:
    """The quarter ends of the year that ends at one; of the start, the start alone."""
    return slice(max(date - QUARTERS_PER_YEAR + 1, 0), date + 1)


def _events(paths: venture.VenturePaths, draw: int, date: int) -> Iterator[str]:
    """What changed in the year up to a date, in words."""
    year = _of_year(date)
    if (raised := paths.raised_usd_bn[draw, year].sum()) > 0:
        yield f"raises ${raised:,.0f}bn"
    if (cut := paths.cut_share[draw, year].max()) >= LEAST_CUT:
        yield f"cuts compute by up to {cut:.0%}"
    if date == 0:
        return
    before = date - QUARTERS_PER_YEAR
    for state, words in ((paths.listed, "lists its shares"), (paths.rescued, "is sold in a rescue")):
        if state[draw, date] and not state[draw, before]:
            yield words
    move = paths.market_factor[draw, date] / paths.market_factor[draw, before] - 1
    if abs(move) >= LARGE_MOVE:
        yield f"the market pays {abs(move):.0%} {'more' if move > 0 else 'less'}"
