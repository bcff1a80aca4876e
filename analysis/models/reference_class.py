"""What became of companies that grew as fast, and what did the market pay for growth?

Decisions
- Excess of log growth over a long-run rate halves every h years. Over H years the log of revenue then grows
  by H l + s (g - l), where g is the log growth of the year, l the long-run rate and s = q + q^2 + .. + q^H
  with q = 2^(-1/h). A line through the origin gives s, and s gives h.
- Growth falls fast at first and slower after, so one half-life cannot follow the class in every year. The
  reference reading looks as far ahead as the investment, five years; shorter horizons stand next to it.
- Entries of fiscal 2020 to 2022, when demand was pulled forward, fade twice as fast: readings are made with
  and without them. None of them is five years old yet.
- What growth leaves unexplained is the company's noise: its standard deviation over the root of the horizon,
  as of a walk.
- A company gives several years that share its fate, so intervals resample companies, never rows.
- What a company costs is what its growth explains times a gap. A line through five years of listed companies
  gives the part of the gap that closed, hence its half-life; what the line leaves is the volatility of the
  multiple. Read over five years it is lower than over one, since part of a year's move is taken back.
- Market values are of companies that stayed on lists, so their volatility is the lower reading; share prices
  give the upper one, less the noise of revenue that they hold too.
- The level of the multiple is that of slow growers on many days: a geometric mean over the days, and their
  spread, so that neither a peak nor a trough decides. Its slope is one for each day.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.statistics.simulation import Z95
from analysis.stored_results import computed_once

SURGE = (2020, 2022)
"""Fiscal years whose entries the reference reading leaves out: the first and the last of them."""
REFERENCE_YEARS = 5
"""Horizon of the reference reading."""
LATER = {1: "after_1_year_x", 2: "after_2_years_x", 3: "after_3_years_x", 5: "after_5_years_x"}
"""The column of later revenue, by the years that lie between."""
LONG_RUN_PCT = 5.0
GAP_HALF_LIVES = (0.25, 20.0)
"""In years: a gap that closed at once, or more than closed, counts as the first, the step of the model; one
that did not close counts as the second."""
RESAMPLES = 2000
SLOW = "0 to 10"
"""Growth class of the companies whose multiple is that of the long-run growth rate."""

GROWTH_CLASSES = (
    "below 0",
    SLOW,
    "10 to 20",
    "20 to 30",
    "30 to 50",
    "50 or more",
    "below 15",
    "15 to 30",
    "30 or more",
)

Floats = NDArray[np.float64]


class GrowthDecay(NamedTuple):
    """How fast excess growth fades, and how far companies stray from that; low and high end 90% intervals."""

    half_life_years: float
    """Years in which the excess of log growth over the long-run rate halves; 0 where none is left, inf where
    it does not fade."""
    half_life_low: float
    half_life_high: float
    volatility_pct: float
    """Standard deviation of a year of noise, percent."""
    volatility_low: float
    volatility_high: float
    n: int
    """Company-years."""
    n_companies: int


class Repricing(NamedTuple):
    """How fast the price of a company comes back to what its growth explains, and how far it strays."""

    half_life_years: float
    """Years in which half of the gap closes, within `GAP_HALF_LIVES`."""
    half_life_low: float
    half_life_high: float
    """Ends of the 90% interval from resampled companies."""
    volatility_pct: float
    """Volatility of the multiple, percent a year: the geometric mean of the two readings that follow."""
    volatility_low: float
    """By market values, growth and gap allowed for."""
    volatility_high: float
    """By share prices less the noise of revenue; at least the lower reading."""
    correlation: float
    """Of what the multiple and revenue left unexplained, by market values."""
    n: int
    """Market values."""
    n_companies: int
    least_low: float
    least_high: float
    """Ends of the 90% interval of the lower reading."""
    correlation_low: float
    correlation_high: float
    shares_n: int
    """Share prices."""


class MarketReading(NamedTuple):
    """A figure of the market, and how far its readings lie apart."""

    value: float
    low: float
    high: float
    readings: int


def half_life(slope: Floats, horizon_years: int) -> Floats:
    """The half-life at which ``q + q^2 + .. + q^H`` with ``q = 2^(-1/h)`` is the slope.

    0 where the slope is 0 or less, inf where it is the horizon or more.
    """
    slope = np.asarray(slope, dtype=float)
    low, high = np.zeros_like(slope), np.ones_like(slope)
    powers = np.arange(1, horizon_years + 1)
    for _ in range(60):
        q = (low + high) / 2
        above = (q[..., None] ** powers).sum(axis=-1) > slope
        low, high = np.where(above, low, q), np.where(above, q, high)
    with np.errstate(divide="ignore"):
        years = -math.log(2) / np.log(np.where((slope > 0) & (slope < horizon_years), q, 0.5))
    return np.asarray(np.where(slope <= 0, 0.0, np.where(slope >= horizon_years, np.inf, years)))


def entries(
    pairs: pd.DataFrame,
    horizon_years: int = REFERENCE_YEARS,
    *,
    surge: bool = False,
    least_revenue_usd_bn: float = 0.0,
    least_growth_pct: float = 0.0,
) -> pd.DataFrame:
    """Company-years with growth of the company's own and revenue that many years on.

    Parameters
    ----------
    pairs : DataFrame
        ``company fiscal_year growth_kind size_class_usd_bn year_growth_pct``, and revenue after 1, 2, 3 and 5
        years over that of the year.
    horizon_years
        Years from the entry to the later revenue.
    surge
        Whether entries of fiscal 2020 to 2022 count.
    least_revenue_usd_bn, least_growth_pct
        Revenue (as a class) and growth of the year from which a row counts.

    Returns
    -------
    DataFrame
        ``company year_growth_pct later_x``, the later revenue over that of the year.
    """
    chosen = pairs["growth_kind"].eq("own") & pairs[LATER[horizon_years]].notna()
    chosen &= pairs["size_class_usd_bn"].ge(least_revenue_usd_bn)
    chosen &= pairs["year_growth_pct"].ge(least_growth_pct)
    if not surge:
        chosen &= ~pairs["fiscal_year"].between(*SURGE)
    return pairs.loc[chosen, ["company", "year_growth_pct", LATER[horizon_years]]].rename(
        columns={LATER[horizon_years]: "later_x"}
    )


def growth_decay(
    rows: pd.DataFrame,
    rng: np.random.Generator,
    horizon_years: int = REFERENCE_YEARS,
    long_run_pct: float = LONG_RUN_PCT,
) -> GrowthDecay:
    """Half-life of excess growth and noise of revenue, with intervals from resampled companies.

    Parameters
    ----------
    rows : DataFrame
        `entries` of that horizon.
    rng
        Draws the companies.
    horizon_years
        Years from the entry to the later revenue.
    long_run_pct
        Long-run growth, percent a year.

    Raises
    ------
    ValueError
        Fewer than two companies.
    """
    years, long_run = horizon_years, math.log1p(long_run_pct / 100)
    companies = rows["company"].nunique()
    if companies < 2:
        raise ValueError(
            f"rows of {companies} companies give no decay. Choose entries of two companies or more."
        )
    now = np.log1p(rows["year_growth_pct"].to_numpy() / 100) - long_run
    later = np.log(rows["later_x"].to_numpy()) - years * long_run
    codes = pd.factorize(rows["company"])[0]
    sums = np.array(
        [np.bincount(codes, v) for v in (now * later, now * now, later * later, np.ones_like(now))]
    )
    drawn = rng.multinomial(companies, np.full(companies, 1 / companies), size=RESAMPLES) @ sums.T
    slope, spread = _line(np.vstack([sums.sum(axis=1), drawn]))
    halves, noise = half_life(slope, years), 100 * spread / math.sqrt(years)
    (half_low, half_high), (low, high) = (np.quantile(x[1:], [0.05, 0.95]) for x in (halves, noise))
    return GrowthDecay(
        float(halves[0]),
        float(half_low),
        float(half_high),
        float(noise[0]),
        float(low),
        float(high),
        len(rows),
        companies,
    )


def _line(sums: Floats) -> tuple[Floats, Floats]:
    """Slope of a line through the origin and the spread around it, from sums of xy, xx, yy and 1 a row."""
    xy, xx, yy, count = sums.T
    return xy / xx, np.sqrt(np.maximum(yy - xy * xy / xx, 0.0) / np.maximum(count - 1, 1))


def by_rule(cases: pd.DataFrame) -> pd.DataFrame:
    """The cases that a rule chose without a look at what became of them: rates count these alone."""
    return cases[cases["chosen"].eq("rule")]


@computed_once
def growth_readings(pairs: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Half-life and noise by horizon and sample, with and without entries of fiscal 2020 to 2022.

    Returns
    -------
    DataFrame
        ``sample years_on`` and the fields of `GrowthDecay`, a row a reading.
    """
    rng = np.random.default_rng(seed)
    samples: dict[str, dict[str, Any]] = {
        "without fiscal 2020 to 2022": {},
        "all years": {"surge": True},
        "revenue of $10bn or more": {"least_revenue_usd_bn": 10.0},
        "growth of 50% or more": {"least_growth_pct": 50.0},
    }
    return pd.DataFrame(
        {"sample": sample, "years_on": years}
        | growth_decay(entries(pairs, years, **choice), rng, years)._asdict()
        for sample, choice in samples.items()
        for years in LATER
    )


def growth_beside_class(
    pairs: pd.DataFrame, revenue_usd_bn: Floats, times_years: Floats, least_revenue_usd_bn: float = 5.0
) -> pd.DataFrame:
    """Later revenue over revenue now: of large companies that grew 50% or more, and of simulated futures.

    Parameters
    ----------
    pairs : DataFrame
        As for `entries`; all years count.
    revenue_usd_bn, times_years
        Simulated revenue (draws by dates) and its dates in years.

    Returns
    -------
    DataFrame
        ``series years_on p10 p25 p50 p75 p90 n``: of the futures n is the number of draws. Horizons
        at which either has none, or fewer than ten companies, are left out.
    """
    names = ("p10", "p25", "p50", "p75", "p90")
    table = []
    for years in LATER:
        date = np.flatnonzero(np.isclose(times_years, years))
        rows = entries(
            pairs, years, surge=True, least_revenue_usd_bn=least_revenue_usd_bn, least_growth_pct=50.0
        )
        if len(date) and rows["company"].nunique() >= 10:
            factors = {
                "companies": rows["later_x"].to_numpy(),
                "simulated futures": revenue_usd_bn[:, date[0]] / revenue_usd_bn[:, 0],
            }
            table += [
                {"series": series, "years_on": years}
                | dict(zip(names, np.quantile(values, [0.1, 0.25, 0.5, 0.75, 0.9]), strict=True))
                | {"n": len(values)}
                for series, values in factors.items()
            ]
    return pd.DataFrame(table, columns=["series", "years_on", *names, "n"])


def growth_beside_base_rates(
    base_rates: pd.DataFrame, revenue_usd_bn: Floats, times_years: Floats
) -> pd.DataFrame:
    """How often published firms grew that fast for years, and in what share of simulated futures it does.

    Parameters
    ----------
    base_rates : DataFrame
        ``years_on least_growth_pct revenue_class_usd_bn companies_pct``.
    revenue_usd_bn, times_years
        As for `growth_beside_class`.

    Returns
    -------
    DataFrame
        These columns and ``futures_pct``, NaN for a horizon beyond the simulation.
    """
    table = base_rates[["years_on", "least_growth_pct", "revenue_class_usd_bn", "companies_pct"]].reset_index(
        drop=True
    )
    shares = []
    for years, pct in zip(table["years_on"], table["least_growth_pct"], strict=True):
        date = np.flatnonzero(np.isclose(times_years, years))
        least = revenue_usd_bn[:, 0] * (1 + pct / 100) ** years
        shares.append(100 * float((revenue_usd_bn[:, date[0]] >= least).mean()) if len(date) else math.nan)
    return table.assign(futures_pct=shares)


def long_run_multiple(multiples: pd.DataFrame, companies: str = "software and internet") -> MarketReading:
    """Multiple of slow growers: its geometric mean over the days, and where 90% of days lie."""
    rows = multiples[multiples["companies"].eq(companies) & multiples["next_year_growth_pct"].eq(SLOW)]
    logs = np.log(rows["value"].to_numpy())
    middle, spread = float(logs.mean()), Z95 * float(logs.std(ddof=1))
    return MarketReading(math.exp(middle), math.exp(middle - spread), math.exp(middle + spread), len(logs))


def multiple_slope(multiples: pd.DataFrame) -> MarketReading:
    """Slope of the log multiple on log next-year growth: the middle of the days, the lowest, the highest."""
    slopes = multiples.loc[multiples["measure"].eq("slope"), "value"].to_numpy()
    return MarketReading(float(np.median(slopes)), float(slopes.min()), float(slopes.max()), len(slopes))


def repricing(
    cases: pd.DataFrame,
    decay: GrowthDecay,
    level: MarketReading,
    slope: MarketReading,
    rng: np.random.Generator,
    long_run_pct: float = LONG_RUN_PCT,
) -> Repricing:
    """Half-life of the gap between price and what growth explains, and volatility of the multiple.

    Parameters
    ----------
    cases : DataFrame
        ``company basis year_growth_pct price_over_sales_x after_5_years_x revenue_after_5_years_x chosen``:
        those chosen by rule count.
    decay
        Half-life of excess growth and noise of revenue.
    level, slope
        Multiple of slow growers, and slope of its log on log growth of the next year.
    rng
        Draws the companies.
    long_run_pct
        Long-run growth, percent a year.

    Raises
    ------
    ValueError
        Fewer than two companies with a market value, or with a share price, five years on.
    """
    rows = _repriced(by_rule(cases), decay.half_life_years, level.value, slope.value, long_run_pct)
    valued = (rows["gap"].notna() & rows["multiple"].notna()).to_numpy()
    shares = rows["basis"].eq("share price").to_numpy()
    for basis, chosen in (("a market value", valued), ("a share price", shares)):
        if rows.loc[chosen, "company"].nunique() < 2:
            raise ValueError(f"cases of fewer than two companies have {basis} {REFERENCE_YEARS} years on.")
    codes, names = pd.factorize(rows["company"])
    drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=RESAMPLES)
    times = np.vstack([np.ones(len(names)), drawn])
    halves, least, together = _gap_line(
        *_moments(rows[valued], ["gap", "multiple", "noise"], codes[valued], times)
    )
    count, spread = _moments(rows[shares], ["value"], codes[shares], times)
    yearly = spread[:, 0, 0] * count / np.maximum(count - 1, 1) / REFERENCE_YEARS
    most = np.maximum(_less_revenue(yearly, decay.volatility_pct / 100, together), least)
    half_life, lower, correlation = map(_with_interval, (halves, 100 * least, together))
    return Repricing(
        *half_life,
        volatility_pct=100 * math.sqrt(least[0] * most[0]),
        volatility_low=lower[0],
        volatility_high=100 * float(most[0]),
        correlation=correlation[0],
        n=int(valued.sum()),
        n_companies=rows.loc[valued, "company"].nunique(),
        least_low=lower[1],
        least_high=lower[2],
        correlation_low=correlation[1],
        correlation_high=correlation[2],
        shares_n=int(shares.sum()),
    )


def _with_interval(readings: Floats) -> tuple[float, float, float]:
    """The reading of the sample, which comes first, and the 90% interval of the resampled ones."""
    low, high = np.nanquantile(readings[1:], [0.05, 0.95])
    return float(readings[0]), float(low), float(high)


def _repriced(
    cases: pd.DataFrame, half_life_years: float, level: float, slope: float, long_run_pct: float
) -> pd.DataFrame:
    """What happened over the reference years beyond what growth explains, in logs, a row a case.

    ``gap`` of the price at the entry, change of the ``multiple``, ``noise`` of revenue, and change of the
    ``value``.
    """
    after, long_run = f"after_{REFERENCE_YEARS}_years_x", math.log1p(long_run_pct / 100)
    rows = cases[cases[after].notna()].reset_index(drop=True)
    excess = np.log1p(rows["year_growth_pct"] / 100) - long_run
    left = [excess * 2 ** (-(year + 1) / half_life_years) for year in range(REFERENCE_YEARS + 1)]
    first, last = (
        math.log(level) + slope * left[year].clip(-0.5, 1.0) + long_run + left[year]
        for year in (0, REFERENCE_YEARS)
    )
    path = REFERENCE_YEARS * long_run + sum(left[:-1])
    value, revenue = np.log(rows[after]), np.log(rows[f"revenue_{after}"])
    return pd.DataFrame(
        {
            "company": rows["company"],
            "basis": rows["basis"],
            "gap": np.log(rows["price_over_sales_x"]) - first,
            "multiple": value - revenue - (last - first),
            "noise": revenue - path,
            "value": value - path - (last - first),
        }
    )


def _moments(
    rows: pd.DataFrame, names: list[str], codes: NDArray[np.intp], times: Floats
) -> tuple[Floats, Floats]:
    """Rows and covariances (divided by them) of samples that hold each company so many `times`."""
    values = np.column_stack([np.ones(len(rows)), rows[names].to_numpy()])
    sums = np.zeros((times.shape[1], values.shape[1], values.shape[1]))
    np.add.at(sums, codes, values[:, :, None] * values[:, None, :])
    totals = np.tensordot(times, sums, axes=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = totals / totals[:, :1, :1]
    return totals[:, 0, 0], means[:, 1:, 1:] - means[:, 1:, :1] * means[:, :1, 1:]


def _gap_line(count: Floats, spread: Floats) -> tuple[Floats, Floats, Floats]:
    """Of the line of the change of the multiple on the gap: the half-life of the gap, the volatility a year
    that the line leaves, and the correlation of what it leaves with the noise of revenue (0 without either).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = spread[:, 0, 1] / spread[:, 0, 0]
        left = np.maximum(spread[:, 1, 1] - slope * spread[:, 0, 1], 0.0)
        noise = spread[:, 1, 2] - slope * spread[:, 0, 2]
        together = np.nan_to_num(noise / np.sqrt(left * spread[:, 2, 2]), posinf=0.0, neginf=0.0)
    with np.errstate(divide="ignore"):
        halves = -REFERENCE_YEARS * math.log(2) / np.log1p(-np.clip(-slope, 0.0, 1.0))
    yearly = left * count / np.maximum(count - 2, 1) / REFERENCE_YEARS
    return np.clip(halves, *GAP_HALF_LIVES), np.sqrt(yearly), np.clip(together, -1.0, 1.0)


def _less_revenue(yearly: Floats, revenue: float, together: Floats) -> Floats:
    """What is left of a variance a year without the noise of revenue, as a volatility: v in
    ``revenue^2 + v^2 + 2 together revenue v``.
    """
    beside = together * revenue
    return np.asarray(np.sqrt(np.maximum(beside**2 + yearly - revenue**2, 0.0)) - beside)


def multiple_volatility(multiples: pd.DataFrame) -> MarketReading:
    """Volatility of the multiple of fast growers, percent a year.

    From below that of companies that stay on the lists, growth allowed for; from above the mean of the
    spreads of price over sales per share, which holds the change of growth too. The value is their geometric
    mean.
    """
    spreads = {
        measure: multiples.loc[
            multiples["measure"].eq(measure) & multiples["companies"].eq(companies), "value"
        ]
        for companies, measure in (
            ("technology, grew 30% or more", "yearly spread, growth allowed for"),
            ("US, grew 30% or more", "yearly spread of price over sales"),
        )
    }
    low, high = (100 * float(values.mean()) for values in spreads.values())
    return MarketReading(math.sqrt(low * high), low, high, sum(map(len, spreads.values())))


def multiples_by_growth(multiples: pd.DataFrame) -> pd.DataFrame:
    """The multiple by class of next-year growth: geometric mean, lowest and highest of n days.

    Returns
    -------
    DataFrame
        ``companies next_year_growth_pct revenue_multiple_x low_x high_x n``, in the order of growth.
    """
    rows = multiples[multiples["measure"].eq("multiple")]
    table = (
        rows.assign(log=np.log(rows["value"]))
        .groupby(["companies", "next_year_growth_pct"], as_index=False)
        .agg(log=("log", "mean"), low_x=("value", "min"), high_x=("value", "max"), n=("value", "size"))
    )
    table["revenue_multiple_x"] = np.exp(table["log"])
    order = table["next_year_growth_pct"].map({name: i for i, name in enumerate(GROWTH_CLASSES)})
    return table.assign(order=order).sort_values(["companies", "order"], ignore_index=True)[
        ["companies", "next_year_growth_pct", "revenue_multiple_x", "low_x", "high_x", "n"]
    ]
