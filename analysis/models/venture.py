"""What does SoftBank get back for its money?

Decisions
---------
- Quarterly, axis 0 the draws, axis 1 the quarter ends; index 0 is the start. Model quarters are taken as
  fiscal quarters. Amounts are billions of US dollars; revenue and cost are annualised run-rates.
- What the market foresees is the revenue path with its decay of growth and its price erosion. Regulatory
  shocks and the market factor surprise it.
- Enterprise value is a multiple of the revenue of the next twelve months (EV/NTM revenue), and the multiple
  follows next-year growth. At 34 of run-rate, 80% growth, a long-run multiple of 8 and a sensitivity of 1.2
  this gives an equity near the last round ($852bn); on run-rate revenue it would be a fifth below.
- Costs follow volume: erosion and shocks cut revenue and leave costs where they were, since the same tokens
  are served for less money. The multiple does not look at the margin; losses reach the holder through cash
  and dilution.
- The market factor is a random walk whose mean is one. A factor that returned to its mean would promise a
  rebound after each fall, which a traded price does not, and would understate how far the mark can move in
  five years.
- New money comes at the equity value of the day (pre-money), so a raise moves no value between holders on
  that day. Hence on a single path dearer compute can help: it makes the company raise before a fall in price.
  The mean and the quantiles of MOIC fall with dearer compute (at 80% volatility the lowest tenth need not).
- The path starts at a price that was paid, not at the model's value: under every assumption the first mark is the same.
  The gap between the two, in logs, closes with a stated half-life, as the market learns what the model assumes.
- The mark is the stake's value in dollars, without smoothing and without fees or the fund manager's share.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.models.simulation import (
    GROWTH_PCT,
    LOSS_PCT,
    NOT_NEGATIVE,
    NUMBER,
    POSITIVE,
    QUARTERS_PER_YEAR,
    SHARE,
    Estimate,
    Floats,
    Rule,
    Values,
    check,
    column,
    cumulative_probability,
    from_zero,
    lognormal_walk,
    probability,
)

PURPOSES = ("market", "shocks")  # the random streams that `simulate` asks for

# Next-year growth less the long-run rate, as fractions. Beyond these limits the multiple stays where it is:
# growth above 150% a year is not paid for as if it were sure, and a shrinking company keeps some value.
GROWTH_GAP_LIMITS = (-0.5, 1.5)

_RULES: dict[str, Rule] = {
    "revenue_usd_bn": POSITIVE,
    "growth_pct": GROWTH_PCT,
    "growth_half_life_years": POSITIVE,
    "long_run_growth_pct": GROWTH_PCT,
    "cost_ratio": NOT_NEGATIVE,
    "cost_growth_ratio": NUMBER,
    "cash_usd_bn": NOT_NEGATIVE,
    "raise_quarters": (lambda x: np.isfinite(x) & (x >= 1), "1 quarter or more"),
    "parity_years": (lambda x: ~np.isnan(x), "a number of years (inf: never)"),
    "erosion_pct_per_year": LOSS_PCT,
    "shock_rate_per_year": NOT_NEGATIVE,
    "shock_loss_pct": LOSS_PCT,
    "multiple_long_run": POSITIVE,
    "multiple_sensitivity": NOT_NEGATIVE,
    "multiple_volatility_pct": NOT_NEGATIVE,
    "start_equity_usd_bn": POSITIVE,
    "repricing_half_life_years": NOT_NEGATIVE,
    "stake_share": SHARE,
    "invested_usd_bn": POSITIVE,
    "horizon_years": (
        lambda x: np.isfinite(x) & (x > 0) & (x * QUARTERS_PER_YEAR == np.round(x * QUARTERS_PER_YEAR)),
        "whole quarters above 0, such as 5 or 2.25",
    ),
}


@dataclass(frozen=True)
class VentureInputs:
    """Inputs of `simulate`: one number, or an array of shape (draws,); `horizon_years` is one number.

    Attributes
    ----------
    revenue_usd_bn
        Annualised run-rate at the start.
    growth_pct
        Growth over the first year, percent, before erosion and shocks.
    growth_half_life_years
        Time in which the excess of growth over its long-run rate halves.
    long_run_growth_pct
        Growth in the end, percent per year.
    cost_ratio
        Total costs over revenue at the start.
    cost_growth_ratio
        Log growth of costs per log growth of revenue before erosion and shocks.
    cash_usd_bn
        Net cash at the start.
    raise_quarters
        Quarters of the current burn that one raise covers.
    parity_years
        Years from the start until an open model matches; inf for never, 0 or less for already.
    erosion_pct_per_year
        Revenue lost per year to lower prices after parity.
    shock_rate_per_year, shock_loss_pct
        Regulation: expected number of shocks a year, and the revenue that each takes for good.
    multiple_long_run
        EV over NTM revenue when growth is at its long-run rate.
    multiple_sensitivity
        Log change of the multiple per 100 points of next-year growth above the long-run rate.
    multiple_volatility_pct
        Volatility of the market factor, percent per year.
    start_equity_usd_bn
        Equity value at the start, as last paid (post-money).
    repricing_half_life_years
        Time in which the log gap between that price and the model's value halves; 0 for the model's value throughout.
    stake_share, invested_usd_bn
        SoftBank's share of the equity at the start, and what it paid for it.
    horizon_years
        Years simulated, in whole quarters.

    Raises
    ------
    ValueError
        Any input outside its range; all of them in one message.
    """

    revenue_usd_bn: Values
    growth_pct: Values
    growth_half_life_years: Values
    long_run_growth_pct: Values
    cost_ratio: Values
    cost_growth_ratio: Values
    cash_usd_bn: Values
    raise_quarters: Values
    parity_years: Values
    erosion_pct_per_year: Values
    shock_rate_per_year: Values
    shock_loss_pct: Values
    multiple_long_run: Values
    multiple_sensitivity: Values
    multiple_volatility_pct: Values
    start_equity_usd_bn: Values
    repricing_half_life_years: Values
    stake_share: Values
    invested_usd_bn: Values
    horizon_years: float

    def __post_init__(self) -> None:
        if np.ndim(self.horizon_years):
            raise ValueError("horizon_years is an array: write one number for all draws.")
        check({field.name: getattr(self, field.name) for field in fields(self)}, _RULES)

    @property
    def quarters(self) -> int:
        """Number of quarters simulated."""
        return round(self.horizon_years * QUARTERS_PER_YEAR)


@dataclass(frozen=True)
class VenturePaths:
    """Simulated paths; arrays have shape (draws, quarters + 1) unless stated.

    Attributes
    ----------
    times_years
        Quarter ends, years from the start, shape (quarters + 1,).
    revenue_usd_bn, cost_usd_bn
        Annualised run-rates.
    ntm_revenue_usd_bn
        Revenue of the next four quarters as foreseen at that date.
    cash_usd_bn
        Net cash before the raise of that date.
    raised_usd_bn
        New money of that date, which counts from the next quarter end on; none at the horizon.
    stake_share
        SoftBank's share before the raise of that date.
    multiple
        EV over NTM revenue, as the market pays it.
    equity_usd_bn
        Equity value before the raise of that date (pre-money).
    stake_value_usd_bn
        SoftBank's mark: share × equity.
    invested_usd_bn
        Cumulative cost, shape (draws,).
    """

    times_years: Floats
    revenue_usd_bn: Floats
    ntm_revenue_usd_bn: Floats
    cost_usd_bn: Floats
    cash_usd_bn: Floats
    raised_usd_bn: Floats
    stake_share: Floats
    multiple: Floats
    equity_usd_bn: Floats
    stake_value_usd_bn: Floats
    invested_usd_bn: Floats

    @property
    def moic_path(self) -> Floats:
        """Multiple on invested capital at each quarter end, shape (draws, quarters + 1)."""
        return self.stake_value_usd_bn / self.invested_usd_bn[:, np.newaxis]

    @property
    def moic(self) -> Floats:
        """Multiple on invested capital at the horizon, shape (draws,)."""
        return self.moic_path[:, -1]

    @property
    def irr_pct(self) -> Floats:
        """IRR at the horizon, percent per year, as if all was paid at the start; shape (draws,)."""
        return irr_pct(self.moic, float(self.times_years[-1]))


def growth_index(
    times_years: Floats, growth_pct: Floats, half_life_years: Floats, long_run_pct: Floats
) -> Floats:
    """Revenue over its start, before erosion and shocks.

    The continuous growth rate decays exponentially from its start to the long-run rate, and the start is
    chosen such that the first year grows by exactly `growth_pct`:

        ln I(t) = l t + (ln(1 + g) - l) (1 - 2^(-t/h)) / (1 - 2^(-1/h)),   l = ln(1 + long run)

    Parameters
    ----------
    times_years
        Years from the start, shape (dates,).
    growth_pct, half_life_years, long_run_pct
        g, h and the long-run rate; percent, years, percent per year; shape (draws, 1).

    Returns
    -------
    ndarray, shape (draws, dates), 1 at the start.
    """
    first_year, long_run = np.log1p(growth_pct / 100), np.log1p(long_run_pct / 100)
    decay = np.log(2) / half_life_years
    share_of_excess = np.expm1(-decay * times_years) / np.expm1(-decay)
    return np.asarray(np.exp(long_run * times_years + (first_year - long_run) * share_of_excess))


def erosion_factor(times_years: Floats, parity_years: Floats, erosion_pct_per_year: Floats) -> Floats:
    """Revenue kept after price erosion, (1 - e)^max(t - parity, 0).

    Parameters
    ----------
    times_years
        t, years from the start, shape (dates,).
    parity_years, erosion_pct_per_year
        Years from the start until parity, inf for never; e in percent per year; shape (draws, 1).

    Returns
    -------
    ndarray, shape (draws, dates), 1 until parity.
    """
    after_parity = np.maximum(times_years - parity_years, 0.0)
    return np.asarray((1 - erosion_pct_per_year / 100) ** after_parity)


def shock_factor(
    rate_per_year: Floats, loss_pct: Floats, n_draws: int, quarters: int, rng: np.random.Generator
) -> Floats:
    """Revenue kept after regulatory shocks, (1 - loss)^N(t) with N a Poisson process.

    Parameters
    ----------
    rate_per_year, loss_pct
        Shocks a year; percent of revenue lost by each, for good; shape (draws, 1).
    n_draws, quarters
        Shape of the uniforms that are taken from `rng`, whatever the rate is.
    rng
        The stream "shocks". Counts invert one uniform a quarter, so that with the same stream a higher rate
        never means fewer shocks.

    Returns
    -------
    ndarray, shape (draws, quarters + 1), 1 at the start.
    """
    from scipy import stats  # type: ignore[import-untyped, unused-ignore]  # half a second: only where it is used

    uniforms = rng.random((n_draws, quarters))
    mean = rate_per_year / QUARTERS_PER_YEAR
    most = int(stats.poisson.ppf(1 - 1e-12, np.max(mean)))
    at_most = stats.poisson.cdf(np.arange(most), mean)  # shape (draws, most)
    counts = np.zeros_like(uniforms)
    for k in range(most):
        counts += uniforms > at_most[:, [k]]
    return np.asarray((1 - loss_pct / 100) ** from_zero(np.cumsum(counts, axis=1)))


def next_year(foreseen: Floats) -> tuple[Floats, Floats]:
    """What the market foresees at each date: NTM revenue and next-year growth.

    Parameters
    ----------
    foreseen
        Annualised revenue at quarter ends, shape (draws, dates + 4): four quarters longer than the result.

    Returns
    -------
    NTM revenue, (R(t) + R(t + 1/4) + R(t + 1/2) + R(t + 3/4)) / 4, the revenue that the cash identity books;
    and growth R(t + 1) / R(t) - 1 as a fraction. Both shape (draws, dates).
    """
    dates = foreseen.shape[1] - QUARTERS_PER_YEAR
    ntm = sum(foreseen[:, k : k + dates] for k in range(QUARTERS_PER_YEAR)) / QUARTERS_PER_YEAR
    growth = foreseen[:, QUARTERS_PER_YEAR:] / foreseen[:, :dates] - 1
    return np.asarray(ntm), growth


def ev_multiple(
    growth: Floats, long_run_pct: Floats, multiple_long_run: Floats, sensitivity: Floats
) -> Floats:
    """EV over NTM revenue before the market factor: M exp(b (g - l)), g - l within `GROWTH_GAP_LIMITS`.

    Parameters
    ----------
    growth
        Next-year growth g as a fraction, shape (draws, dates).
    long_run_pct, multiple_long_run, sensitivity
        l (percent per year), M and b, shape (draws, 1).

    Returns
    -------
    ndarray, shape (draws, dates).
    """
    gap = np.clip(growth - long_run_pct / 100, *GROWTH_GAP_LIMITS)
    return np.asarray(multiple_long_run * np.exp(sensitivity * gap))


def repricing_factor(
    times_years: Floats, paid_usd_bn: Floats, modelled_usd_bn: Floats, half_life_years: Floats
) -> Floats:
    """What the market pays over the model's enterprise value, (paid / modelled)^(2^(-t/h)); 1 where h is 0.

    Parameters
    ----------
    times_years
        t, years from the start, shape (dates,).
    paid_usd_bn, modelled_usd_bn, half_life_years
        Enterprise value at the start as paid and as modelled, and h; shape (draws, 1).

    Returns
    -------
    ndarray, shape (draws, dates).

    Raises
    ------
    ValueError
        The price paid does not exceed the cash, so that nothing was paid for the business.
    """
    tied = half_life_years > 0
    if (tied & (paid_usd_bn <= 0)).any():
        raise ValueError(
            "start_equity_usd_bn does not exceed cash_usd_bn in every draw: write a higher price or less cash."
        )
    gap = np.where(tied, paid_usd_bn, modelled_usd_bn) / modelled_usd_bn
    return np.asarray(gap ** (2.0 ** -(times_years / np.where(tied, half_life_years, 1.0))))


def diluted_share(stake_share: Floats, pre_money: Floats, raised: Floats) -> Floats:
    """Share after a raise, s × pre / (pre + raised).

    Nothing is left where money is raised at no positive value; without a raise the share stays. `pre_money`
    and `raised` in one unit, any shapes that broadcast.
    """
    post_money = np.maximum(pre_money, 0.0) + raised
    kept = np.divide(
        np.maximum(pre_money, 0.0), post_money, out=np.zeros_like(post_money), where=post_money > 0
    )
    return np.asarray(stake_share * np.where(raised > 0, kept, 1.0))


def fund(
    revenue: Floats, cost: Floats, enterprise: Floats, cash: Floats, stake: Floats, raise_quarters: Floats
) -> tuple[Floats, Floats, Floats]:
    """Cash, new money and dilution, quarter by quarter.

        burn(t)      = (cost(t) - revenue(t)) / 4
        raised(t)    = raise_quarters × burn(t)  if cash(t) < burn(t), else 0
        cash(t + 1)  = cash(t) - burn(t) + raised(t)
        share(t + 1) = share(t) × pre / (pre + raised(t)),   pre = EV(t) + cash(t)

    Parameters
    ----------
    revenue, cost, enterprise
        Annualised revenue and cost, and EV, billions of dollars, shape (draws, quarters + 1).
    cash, stake, raise_quarters
        Net cash and share at the start, and the runway bought by one raise, shape (draws, 1).

    Returns
    -------
    cash, raised, share, each of shape (draws, quarters + 1). Cash never falls below zero. Nothing is raised
    at the last date.
    """
    cash_path, raised, share = np.zeros_like(revenue), np.zeros_like(revenue), np.zeros_like(revenue)
    cash_path[:, :1], share[:, :1] = cash, stake
    burn = (cost - revenue) / QUARTERS_PER_YEAR
    for t in range(revenue.shape[1] - 1):
        short = cash_path[:, t] < burn[:, t]
        raised[:, t] = np.where(short, raise_quarters[:, 0] * burn[:, t], 0.0)
        share[:, t + 1] = diluted_share(share[:, t], enterprise[:, t] + cash_path[:, t], raised[:, t])
        cash_path[:, t + 1] = cash_path[:, t] - burn[:, t] + raised[:, t]
    return cash_path, raised, share


def irr_pct(moic: Floats, years: float) -> Floats:
    """IRR of one payment at the start and one receipt after `years`, percent per year.

    (MOIC^(1/years) - 1) × 100; a MOIC of 0 gives -100.
    """
    return (moic ** (1 / years) - 1) * 100


def simulate(inputs: VentureInputs, n_draws: int, rngs: Mapping[str, np.random.Generator]) -> VenturePaths:
    """Simulate the company and SoftBank's stake in it.

    Parameters
    ----------
    inputs
        Numbers, or arrays of shape (n_draws,).
    n_draws
        Number of draws, 1 or more.
    rngs
        The streams named in `PURPOSES` (from `simulation.spawn`); further ones are ignored. The market factor
        and the shocks are independent of each other and across draws.

    Returns
    -------
    VenturePaths

    Raises
    ------
    ValueError
        `n_draws` below 1, a missing stream, an input array of another length.

    Notes
    -----
    revenue = R0 × growth × erosion × shocks; cost = R0 × cost ratio × growth^(cost growth ratio);
    EV = multiple × NTM revenue × market factor × repricing; equity = EV + net cash; mark = share × equity.
    """
    missing = [purpose for purpose in PURPOSES if purpose not in rngs]
    if n_draws < 1 or missing:
        raise ValueError(f"n_draws is {n_draws}: write 1 or more; streams missing: {missing} of {PURPOSES}.")
    x = {f.name: column(f.name, getattr(inputs, f.name), n_draws) for f in fields(inputs)}
    times = np.arange(inputs.quarters + 1) / QUARTERS_PER_YEAR
    foreseen, cost = _foreseen_revenue_and_cost(x, inputs.quarters)
    shocks = shock_factor(
        x["shock_rate_per_year"], x["shock_loss_pct"], n_draws, inputs.quarters, rngs["shocks"]
    )
    ntm, growth = next_year(foreseen)
    multiple = ev_multiple(
        growth, x["long_run_growth_pct"], x["multiple_long_run"], x["multiple_sensitivity"]
    )
    multiple = multiple * repricing_factor(
        times,
        x["start_equity_usd_bn"] - x["cash_usd_bn"],
        multiple[:, :1] * ntm[:, :1],
        x["repricing_half_life_years"],
    )
    multiple = multiple * lognormal_walk(
        x["multiple_volatility_pct"], n_draws, inputs.quarters, rngs["market"]
    )
    revenue, ntm = foreseen[:, : times.size] * shocks, ntm * shocks
    cash, raised, share = fund(
        revenue, cost, multiple * ntm, x["cash_usd_bn"], x["stake_share"], x["raise_quarters"]
    )
    equity = multiple * ntm + cash
    invested = x["invested_usd_bn"][:, 0]
    return VenturePaths(
        times, revenue, ntm, cost, cash, raised, share, multiple, equity, share * equity, invested
    )


def _foreseen_revenue_and_cost(x: Mapping[str, Floats], quarters: int) -> tuple[Floats, Floats]:
    """Annualised revenue before shocks, to a year past the horizon, and cost, to the horizon."""
    times = np.arange(quarters + 1 + QUARTERS_PER_YEAR) / QUARTERS_PER_YEAR
    index = growth_index(times, x["growth_pct"], x["growth_half_life_years"], x["long_run_growth_pct"])
    erosion = erosion_factor(times, x["parity_years"], x["erosion_pct_per_year"])
    cost = x["revenue_usd_bn"] * x["cost_ratio"] * index[:, : quarters + 1] ** x["cost_growth_ratio"]
    return x["revenue_usd_bn"] * index * erosion, cost


def write_down_hits(
    paths: VenturePaths, *, threshold_pct: float = 25.0, basis: Literal["cost", "peak"] = "cost"
) -> NDArray[np.bool_]:
    """Quarter ends at which the mark is at least `threshold_pct` below its basis.

    Parameters
    ----------
    paths
        From `simulate`.
    threshold_pct
        Above 0 and up to 100.
    basis
        `"cost"`: cumulative cost. `"peak"`: the highest mark so far, the start included. The mark is the
        stake's value in dollars, not smoothed, so it moves earlier and further than a reported fair value.

    Returns
    -------
    Boolean ndarray, shape (draws, quarters + 1); False at the start, which is no quarter end to come.

    Raises
    ------
    ValueError
        A threshold or a basis of another kind.
    """
    if not 0 < threshold_pct <= 100:
        raise ValueError(f"threshold_pct is {threshold_pct}: write a percentage above 0 and up to 100.")
    if basis not in ("cost", "peak"):
        raise ValueError(f"basis is {basis!r}: write 'cost' or 'peak'.")
    mark = paths.stake_value_usd_bn
    reference = (
        paths.invested_usd_bn[:, np.newaxis] if basis == "cost" else np.maximum.accumulate(mark, axis=1)
    )
    hits = np.asarray(mark <= (1 - threshold_pct / 100) * reference)
    hits[:, 0] = False
    return hits


def write_down_path(
    paths: VenturePaths, *, threshold_pct: float = 25.0, basis: Literal["cost", "peak"] = "cost"
) -> pd.DataFrame:
    """Probability of a write-down by each quarter end; columns as in `simulation.cumulative_probability`."""
    return cumulative_probability(
        write_down_hits(paths, threshold_pct=threshold_pct, basis=basis), paths.times_years
    )


def write_down_probability(
    paths: VenturePaths,
    *,
    within_years: float,
    threshold_pct: float = 25.0,
    basis: Literal["cost", "peak"] = "cost",
) -> Estimate:
    """Probability that some quarter end up to `within_years` shows a write-down (see `write_down_hits`).

    Parameters
    ----------
    paths
        From `simulate`.
    within_years
        A quarter (0.25) up to the horizon.
    threshold_pct, basis
        As in `write_down_hits`.

    Returns
    -------
    Estimate, share 0 to 1, with its Monte-Carlo interval.

    Raises
    ------
    ValueError
        `within_years` shorter than a quarter or past the horizon.
    """
    horizon = float(paths.times_years[-1])
    if not 1 / QUARTERS_PER_YEAR <= within_years <= horizon:
        raise ValueError(
            f"within_years is {within_years}: write a quarter (0.25) up to the horizon, {horizon:g}."
        )
    hits = write_down_hits(paths, threshold_pct=threshold_pct, basis=basis)
    return probability(np.any(hits[:, paths.times_years <= within_years], axis=1))
