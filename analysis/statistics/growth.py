"""How fast does something grow? Compound rates, and the period at which a stated rate would be right.

Decisions
- Periods are elapsed years: from 2024 to 2028 four years pass.
- Rates are in percent per year, factors are ratios; names say which.
- Bounds of a result come from the bounds of its inputs, at the corner that is lowest or highest.
"""

from __future__ import annotations

import math


def cagr_pct(start: float, end: float, years: float) -> float:
    """Compound annual growth rate, percent per year.

    ``((end / start) ** (1 / years) - 1) * 100``

    Parameters
    ----------
    start, end : float
        Level at the beginning and at the end, same unit, above zero.
    years : float
        Elapsed years between the two, above zero.

    Raises
    ------
    ValueError
        A level or the period is not above zero.
    """
    _positive(start=start, end=end, years=years)
    return float(((end / start) ** (1 / years) - 1) * 100)


def implied_years(start: float, end: float, rate_pct: float) -> float:
    """Elapsed years after which growth at `rate_pct` leads from `start` to `end`.

    ``ln(end / start) / ln(1 + rate / 100)``; raises ValueError where growth of that sign never gets there.
    """
    _positive(start=start, end=end)
    if rate_pct <= -100 or rate_pct == 0 or (end > start) != (rate_pct > 0):
        raise ValueError(
            f"{rate_pct} % a year never leads from {start} to {end}; give a rate of the right sign"
        )
    return math.log(end / start) / math.log1p(rate_pct / 100)


def compound(start: float, rate_pct: float, years: float) -> float:
    """The level that `rate_pct` percent a year makes of `start` after some elapsed years."""
    return float(start * (1 + rate_pct / 100) ** years)


def doubling_time_years(rate_pct: float) -> float:
    """Years in which something that grows by `rate_pct` percent a year doubles; NaN where it does not."""
    return math.log(2) / math.log1p(rate_pct / 100) if rate_pct > 0 else math.nan


def _positive(**numbers: float) -> None:
    for name, number in numbers.items():
        if not (number > 0 and math.isfinite(number)):
            raise ValueError(f"{name} is {number}; growth needs a finite number above zero")
