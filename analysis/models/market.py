"""Is the market large enough? Growth as printed and recomputed, and the revenue that the investment needs.

Decisions
- The period is elapsed years and a parameter; the period that each printed rate would need is given next to
  it.
- The revenue needed follows from the money put in, the return asked for, the stake and the exit multiple: a
  reverse DCF with a single exit value. Cash flows before the exit, and dilution beyond the stated share, are
  left out.
- A forecast grows at a constant rate from its base to its end; outside these years it says nothing.
- What share an amount is of future sales is computed path by path, over the sum of simulated quarters: ends
  of intervals do not add.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

import pandas as pd

from analysis.labels import number_word
from analysis.provenance import Inputs, traced
from analysis.statistics import backtest, growth, simulation
from analysis.units import BoundedFigure

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


@traced
def growth_gap(market: pd.DataFrame, years: float) -> BoundedFigure:
    """Recomputed less printed growth, points: the mean of the segments, the lowest and the highest.

    `market` and `years` as for `growth_checks`.
    """
    differences = growth_checks(market, years)["difference_points"]
    return BoundedFigure(*(float(end) for end in (differences.mean(), differences.min(), differences.max())))


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


def forecast_sizes(forecasts: pd.DataFrame, years: Sequence[int]) -> pd.DataFrame:
    """What each forecast gives for some years: ``segment, forecaster, market, scope_fit`` and, by
    `forecast_value`, a column ``size_YEAR_usd_bn`` for each of them.
    """
    sizes = {f"size_{year}_usd_bn": forecast_value(forecasts, year) for year in years}
    return forecasts[["segment", "forecaster", "market", "scope_fit"]].assign(**sizes)


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
    *,
    returns_pct: Sequence[float],
    multiples: Sequence[float],
    invested_usd_bn: float,
    years: float,
    stake_share: float,
    retained_share: float,
) -> pd.DataFrame:
    """`required_revenue_usd_bn` at every return and exit multiple.

    Returns
    -------
    DataFrame
        ``return_pct``, ``multiple_x``, ``revenue_usd_bn``; a row for each pair, multiple by multiple.
    """
    pairs = pd.DataFrame(product(multiples, returns_pct), columns=["multiple_x", "return_pct"]).astype(float)
    revenue = [
        required_revenue_usd_bn(invested_usd_bn, r, years, stake_share, retained_share, m)
        for m, r in pairs.itertuples(index=False)
    ]
    return pairs.assign(revenue_usd_bn=revenue)[["return_pct", "multiple_x", "revenue_usd_bn"]]


WEEKS = 13
"""Weeks in a quarter."""


def weeks_of_sales(amount_usd_bn: float, quarters: pd.DataFrame) -> float:
    """How many weeks a seller takes to sell an amount, at the pace of the last of some quarters.

    `quarters` has ``data_center_revenue_usd_mn``, by day; NaN where there are none.
    """
    revenue = quarters["data_center_revenue_usd_mn"].dropna()
    return WEEKS * amount_usd_bn * 1000 / float(revenue.iloc[-1]) if len(revenue) else math.nan


def quarterly_spending(capex: pd.DataFrame) -> dict[str, pd.Series]:
    """Capital expenditure of each company by quarter, billion dollars, under ``COMPANY capex``.

    `capex` has ``company``, ``valid_on`` and ``capex_usd_mn``; of each company the longest stretch without a
    gap is taken.
    """
    return {
        f"{company} capex": backtest.longest_run(rows.set_index("valid_on")["capex_usd_mn"]) / 1000
        for company, rows in capex.groupby("company")
    }


@dataclass(frozen=True)
class ShareOfSales:
    """What share an amount is of all that will be sold in some years from now, by method of forecast.

    Attributes
    ----------
    table : DataFrame
        ``years``, ``method``, ``ahead`` (both in words), ``quantile_level``; ``total`` (billion dollars) and
        ``share``, that quantile of the sum and of the share; ``share_error_low``, ``share_error_high``, the
        95% Monte-Carlo interval of the share.
    inputs : mapping
        The assumptions that it follows from.
    """

    table: pd.DataFrame
    inputs: Inputs = field(default_factory=dict, compare=False, repr=False)

    def over(self, years: int) -> simulation.MedianAndRange:
        """The share over some years by the first method, with the range that holds 90% of the paths.

        To a tenth of a percent: further digits depend on the processor.
        """
        first = self.table["method"].iloc[0]
        rows = self.table[(self.table["years"] == years) & (self.table["method"] == first)]
        low, middle, high = rows.set_index("quantile_level")["share"].round(3)[[0.05, 0.5, 0.95]]
        return simulation.MedianAndRange(middle, low, high, 0.9, self.inputs)


@traced
def share_of_sales(
    amount_usd_bn: float,
    sales_usd_bn: pd.Series,
    methods: Sequence[str],
    *,
    years: Sequence[int],
    draws: int,
    seed: int,
) -> ShareOfSales:
    """An amount as a share of what is sold in the next years, path by path.

    Parameters
    ----------
    amount_usd_bn : float
        The amount.
    sales_usd_bn : Series
        Quarterly sales by the day on which the quarter ends, as `backtest.simulate_paths` takes them.
    methods : sequence of str
        Of `backtest.METHODS`, the one that counts first; one that stands twice is taken once.
    years : sequence of int
        How many years ahead are summed.
    draws, seed : int
        Simulated paths by each method, and the seed of their streams.
    """
    parts = []
    for method in dict.fromkeys(methods):
        stream = simulation.spawn(seed, [method])[method]
        paths = backtest.simulate_paths(sales_usd_bn, method, 4 * max(years), draws, stream)
        for horizon in years:
            ahead = f"next {number_word(horizon)} years, {backtest.NAMES[method]}"
            part = backtest.share_of_sum(amount_usd_bn, paths[:, : 4 * horizon], QUANTILES).table
            parts.append(part.assign(years=horizon, method=method, ahead=ahead))
    table = pd.concat(parts, ignore_index=True).sort_values("years", kind="stable", ignore_index=True)
    errors = {"share_low": "share_error_low", "share_high": "share_error_high"}
    return ShareOfSales(table.rename(columns=errors))


QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The levels of `share_of_sales`."""
