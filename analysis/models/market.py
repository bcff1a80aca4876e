"""Is the market large enough? Growth as printed and recomputed, and the revenue that the investment needs.

Decisions
- The period is elapsed years and a parameter; the period that each printed rate would need is given next to
  it.
- The revenue needed follows from the money put in, the return asked for, the stake and the exit multiple: a
  reverse DCF with a single exit value. Cash flows before the exit, and dilution beyond the stated share, are
  left out.
- A forecast grows at a constant rate from its base to its end; outside these years it says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.provenance import traced
from analysis.statistics import growth

DISPERSION = (
    "segment",
    "forecasts",
    "sized",
    "size_low",
    "size_median",
    "size_high",
    "spread_x",
    "cagr_low_pct",
    "cagr_median_pct",
    "cagr_high_pct",
)
"""Columns of `dispersion`."""


def growth_checks(market: pd.DataFrame, years: float) -> pd.DataFrame:
    """Printed growth rates and recomputed ones.

    Parameters
    ----------
    market : DataFrame
        ``segment``, ``size_2024_usd_bn``, ``size_2028_usd_bn``, ``cagr_pct``.
    years : float
        Elapsed years between the two sizes.

    Returns
    -------
    DataFrame
        ``segment``, ``stated_pct``, ``recomputed_pct``, ``difference_points`` (recomputed less stated),
        ``implied_years`` (the period at which the printed rate is right), ``multiple_x`` (end over start).
    """
    sizes = list(zip(market["size_2024_usd_bn"], market["size_2028_usd_bn"], market["cagr_pct"], strict=True))
    checks = pd.DataFrame(
        {
            "segment": market["segment"],
            "stated_pct": market["cagr_pct"],
            "recomputed_pct": [growth.cagr_pct(start, end, years) for start, end, _ in sizes],
            "implied_years": [growth.implied_years(start, end, rate) for start, end, rate in sizes],
            "multiple_x": [end / start for start, end, _ in sizes],
        }
    )
    return checks.assign(difference_points=checks["recomputed_pct"] - checks["stated_pct"])


def rates_by_period(market: pd.DataFrame, periods: Sequence[int]) -> pd.DataFrame:
    """The rate by number of elapsed years: ``segment``, ``years``, ``recomputed_pct``, ``stated_pct``."""
    tables = [growth_checks(market, years).assign(years=years) for years in periods]
    return pd.concat(tables, ignore_index=True)[["segment", "years", "recomputed_pct", "stated_pct"]]


def forecast_value(forecasts: pd.DataFrame, year: float) -> pd.Series:
    """What each forecast gives for a year, between its own base and end; NaN outside these years.

    Parameters
    ----------
    forecasts : DataFrame
        ``base_year``, ``base_usd_bn``, ``end_year``, ``end_usd_bn``.
    year : float
        The year to look at.

    Notes
    -----
    ``base × (end / base)^((year − base year) / (end year − base year))``.
    """
    start, end = forecasts["base_year"], forecasts["end_year"]
    growth_x = forecasts["end_usd_bn"] / forecasts["base_usd_bn"]
    sizes = forecasts["base_usd_bn"] * growth_x ** ((year - start) / (end - start))
    return sizes.where((start <= year) & (year <= end)).rename("size_usd_bn")


def dispersion(forecasts: pd.DataFrame, year: float) -> pd.DataFrame:
    """How far forecasters of one segment are apart, in size on one year and in growth.

    Parameters
    ----------
    forecasts : DataFrame
        ``segment``, ``base_year``, ``base_usd_bn``, ``end_year``, ``end_usd_bn``.
    year : float
        The year on which sizes are compared; a forecast that does not reach it counts for growth alone.

    Returns
    -------
    DataFrame, by segment in their order
        ``segment``, ``forecasts``, ``sized`` (how many reach the year), ``size_low, size_median, size_high``
        (billion dollars; NaN below two), ``spread_x`` (highest over lowest size), ``cagr_low_pct,
        cagr_median_pct, cagr_high_pct`` (each over a forecast's own years).
    """
    rates = 100 * (
        (forecasts["end_usd_bn"] / forecasts["base_usd_bn"])
        ** (1 / (forecasts["end_year"] - forecasts["base_year"]))
        - 1
    )
    measured = forecasts.assign(size=forecast_value(forecasts, year), cagr=rates)
    rows = []
    for segment, part in measured.groupby("segment", sort=False):
        sizes = part["size"].dropna()
        low, middle, high = sizes.quantile([0, 0.5, 1]) if len(sizes) > 1 else (float("nan"),) * 3
        rates_low, rates_middle, rates_high = part["cagr"].quantile([0, 0.5, 1])
        rows.append(
            {
                "segment": segment,
                "forecasts": len(part),
                "sized": len(sizes),
                "size_low": low,
                "size_median": middle,
                "size_high": high,
                "spread_x": high / low,
                "cagr_low_pct": rates_low,
                "cagr_median_pct": rates_middle,
                "cagr_high_pct": rates_high,
            }
        )
    return pd.DataFrame(rows, columns=list(DISPERSION))


def totals(market: pd.DataFrame) -> pd.Series:
    """The segments together: ``size_2024_usd_bn``, ``size_2028_usd_bn``, ``multiple_x``."""
    total = market[["size_2024_usd_bn", "size_2028_usd_bn"]].sum()
    total["multiple_x"] = total["size_2028_usd_bn"] / total["size_2024_usd_bn"]
    return total


@traced
def required_revenue_usd_bn(
    invested_usd_bn: float,
    return_pct: float,
    years: float,
    stake_share: float,
    retained_share: float,
    multiple: float,
) -> float:
    """Yearly revenue at the exit that gives the investor the return asked for.

    ``invested × (1 + r)^years = stake × retained × multiple × revenue``, solved for revenue.

    Parameters
    ----------
    invested_usd_bn : float
        Money put in, at once, billion dollars.
    return_pct : float
        Internal rate of return asked for, percent per year.
    years : float
        Years from paying in to the exit.
    stake_share : float
        Share of the equity bought, 0 to 1.
    retained_share : float
        What later rounds leave of that stake, 0 to 1.
    multiple : float
        Equity value at the exit per unit of yearly revenue.
    """
    return growth.compound(invested_usd_bn, return_pct, years) / (stake_share * retained_share * multiple)


def required_revenue_grid(
    returns_pct: Sequence[float],
    multiples: Sequence[float],
    *,
    invested_usd_bn: float,
    years: float,
    stake_share: float,
    retained_share: float,
) -> pd.DataFrame:
    """`required_revenue_usd_bn` over returns (rows) and exit multiples (columns), billion dollars."""
    grid = [
        [
            required_revenue_usd_bn(invested_usd_bn, r, years, stake_share, retained_share, m)
            for m in multiples
        ]
        for r in returns_pct
    ]
    return pd.DataFrame(
        grid, index=pd.Index(returns_pct, name="return_pct"), columns=pd.Index(multiples, name="multiple_x")
    )
