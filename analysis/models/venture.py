"""What does SoftBank get back for its money?

Decisions
---------
- Quarterly, axis 0 the draws, axis 1 the quarter ends; index 0 is the start, a fiscal quarter end of
  SoftBank, and so are the others. Amounts are billions of US dollars; revenue, costs and compute are
  annualised run-rates.
- What the market foresees is volume with its decay of growth, its ceiling and the price erosion. Regulatory
  shocks and the market factor surprise it.
- Enterprise value is a multiple of the revenue of the next twelve months (EV/NTM revenue), and the multiple
  follows next-year growth. It does not look at the margin; losses reach the holder through cash and dilution.
- The market factor is a random walk whose mean is one. A factor that returned to its mean would promise a
  rebound after each fall, which a traded price does not, and would understate how far the mark can move in
  five years.
- New money comes at the equity value of the day (pre-money), so a raise moves no value between holders on
  that day; with the market shut it comes at a discount, which does. Hence on a single path more expensive
  compute can help: it makes the company raise before a fall in price. The mean and the quantiles of MOIC fall
  with more expensive compute.
- The path starts at a price that was paid, not at the model's value: under every assumption the first
  reported value is the same. The gap between the two, in logs, closes with a stated half-life, as the market
  learns what the model assumes.
- Shares of instalments that are still to be paid are in the share count from the start, and what is owed for
  them is in the equity value: when they are paid, nothing jumps. An instalment buys its shares at the price
  agreed at the start.
- Commitments that revenue carries are running costs, which the multiple prices; only idle ones are taken off
  as a debt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.models import mechanisms
from analysis.provenance import Inputs, traced
from analysis.statistics.simulation import (
    DEGREES_OF_FREEDOM,
    GROWTH_PCT,
    LOSS_PCT,
    NOT_NEGATIVE,
    POSITIVE,
    QUARTERS_PER_YEAR,
    SHARE,
    Constraint,
    Floats,
    MonteCarloEstimate,
    Values,
    check_inputs,
    cumulative_probability,
    input_column,
    input_rules,
    lognormal_walk,
    probability,
)

PURPOSES = ("market", "shocks")  # the random streams that `simulate` asks for

SHARE_OR_NONE: Constraint = (lambda x: (x >= 0) & (x <= 1), "a share of 0 to 1")
QUARTERS: Constraint = (lambda x: np.isfinite(x) & (x >= 1), "1 quarter or more")
YEARS_OR_NEVER: Constraint = (lambda x: ~np.isnan(x), "a number of years (inf: never)")
SWITCH: Constraint = (lambda x: (x == 0) | (x == 1), "0 (off) or 1 (on)")
WHOLE_QUARTERS: Constraint = (
    lambda x: np.isfinite(x) & (x > 0) & (x * QUARTERS_PER_YEAR == np.round(x * QUARTERS_PER_YEAR)),
    "whole quarters above 0, such as 5 or 2.25",
)


class Payment(NamedTuple):
    """Money that SoftBank paid or pays for the stake."""

    years: float
    """From the start; 0 or less was paid before, more is an instalment."""
    amount_usd_bn: float


@dataclass(frozen=True, kw_only=True)
class VentureInputs:
    """Inputs of `simulate`, each with its rule and its meaning: one number, or an array of shape (draws,).

    A new one gets a default at which it does nothing, so that whoever does not name it computes as before;
    the register always does.

    Raises
    ------
    ValueError
        Any input outside its range, all of them in one message; no payment, one that is not positive, one
        after the horizon; instalments that buy more than the stake.
    """

    revenue_usd_bn: Annotated[Values, POSITIVE, "Annualised run-rate at the start"]
    growth_factor_per_year: Annotated[Values, POSITIVE, "What a year first multiplies volume by; it decays"]
    growth_half_life_years: Annotated[Values, POSITIVE, "Half-life of log growth above the long-run rate"]
    long_run_growth_pct: Annotated[Values, GROWTH_PCT, "Rate that growth settles at, that of compute too"]
    pool_usd_bn: Annotated[Values, POSITIVE, "Revenue that the whole market can hold"]
    pool_share: Annotated[Values, SHARE, "The part of it that one company can have"]
    ceiling: Annotated[Values, SWITCH, "1 where that part is a ceiling, 0 where nothing is"]
    parity_years: Annotated[Values, YEARS_OR_NEVER, "Years until open models match what is sold at the start"]
    erosion_pct_per_year: Annotated[Values, LOSS_PCT, "Part of the premium lost a year after that"]
    premium_share: Annotated[Values, SHARE_OR_NONE, "Part of the price that is premium"]
    shock_rate_per_year: Annotated[Values, NOT_NEGATIVE, "Expected number of regulatory shocks a year"]
    shock_loss_pct: Annotated[Values, LOSS_PCT, "Volume that each takes for good"]
    shock_delay_years: Annotated[Values, NOT_NEGATIVE, "Time for which each stops growth"]
    running_cost_ratio: Annotated[Values, NOT_NEGATIVE, "Costs except research per volume revenue, at first"]
    running_cost_ratio_long_run: Annotated[Values, NOT_NEGATIVE, "The same in the end"]
    running_cost_half_life_years: Annotated[Values, POSITIVE, "The half-life between the two"]
    compute_usd_bn: Annotated[Values, NOT_NEGATIVE, "Research and training as planned, a year at the start"]
    compute_factor_per_year: Annotated[Values, POSITIVE, "Its current growth, which decays"]
    compute_half_life_years: Annotated[Values, POSITIVE, "The half-life of that growth's excess"]
    committed_share: Annotated[Values, SHARE_OR_NONE, "Part of the plan that cannot be cancelled"]
    commitment_years: Annotated[Values, NOT_NEGATIVE, "Years for which it cannot"]
    plan_growth_pct: Annotated[Values, GROWTH_PCT, "Growth a year of the plan on which compute was bought"]
    discount_pct: Annotated[Values, POSITIVE, "Rate at which commitments are discounted"]
    cash_usd_bn: Annotated[Values, NOT_NEGATIVE, "Net cash at the start, without instalments to come"]
    cash_floor_quarters: Annotated[Values, QUARTERS, "Quarters of burn below which money is raised"]
    raise_quarters: Annotated[Values, QUARTERS, "Quarters of burn that a round is for"]
    shut_fall_pct: Annotated[Values, LOSS_PCT, "Fall of the market factor that shuts the market"]
    distress_discount_pct: Annotated[Values, LOSS_PCT, "Discount on money raised then"]
    listing_years: Annotated[Values, YEARS_OR_NEVER, "Years until the shares are traded"]
    multiple_long_run: Annotated[Values, POSITIVE, "EV over NTM revenue when growth is at its long-run rate"]
    multiple_sensitivity: Annotated[Values, NOT_NEGATIVE, "Its log change per unit of next-year log growth"]
    multiple_volatility_pct: Annotated[Values, NOT_NEGATIVE, "Volatility of the market factor, a year"]
    degrees_of_freedom: Annotated[float, DEGREES_OF_FREEDOM, "Tails of its steps: 0 normal, else Student's t"]
    start_equity_usd_bn: Annotated[Values, POSITIVE, "Equity at the start, as last paid, with instalments"]
    repricing_half_life_years: Annotated[Values, NOT_NEGATIVE, "Half-life of the gap to the model's value"]
    mark_smoothing_share: Annotated[Values, SHARE, "Part of the gap that an unlisted mark closes a quarter"]
    stake_share: Annotated[Values, SHARE, "SoftBank's share once all instalments are paid"]
    preferences_usd_bn: Annotated[Values, NOT_NEGATIVE, "Paid by holders with a preference; 0: as converted"]
    manager_gain_share: Annotated[Values, SHARE_OR_NONE, "Part of the gain that the fund's manager keeps"]
    horizon_years: Annotated[float, WHOLE_QUARTERS, "Years simulated; one number"]
    payments: Sequence[Payment]
    """SoftBank's payments; those after the start are instalments at the price of the start."""

    def __post_init__(self) -> None:
        for name in ("horizon_years", "degrees_of_freedom"):
            if np.ndim(getattr(self, name)):
                raise ValueError(f"{name} is an array: write one number for all draws.")
        check_inputs(self)
        self._check_payments()

    def _check_payments(self) -> None:
        if not self.payments or any(not payment.amount_usd_bn > 0 for payment in self.payments):
            raise ValueError(f"payments are {list(self.payments)}: write one or more, each above 0.")
        late = [payment for payment in self.payments if not payment.years <= self.horizon_years]
        if late:
            raise ValueError(
                f"payments fall due after {late[0].years:g} years, past the horizon of"
                f" {self.horizon_years:g}: write earlier dates or a longer horizon."
            )
        if (self._bought_later() > np.asarray(self.stake_share)).any():
            raise ValueError(
                f"payments after the start buy {np.max(self._bought_later()):.3g} of the equity, more than"
                " stake_share: write smaller instalments or a larger stake."
            )

    def _bought_later(self) -> Floats:
        """Share of the equity that the instalments buy at the price of the start."""
        later = sum(amount for years, amount in self._plain_payments() if years > 0)
        return np.asarray(later / np.asarray(self.start_equity_usd_bn, dtype=float))

    @property
    def quarters(self) -> int:
        """Number of quarters simulated."""
        return round(self.horizon_years * QUARTERS_PER_YEAR)

    @property
    def invested_usd_bn(self) -> float:
        """All payments together."""
        return sum(amount for _, amount in self._plain_payments())

    def paid_by(self, times_years: Floats) -> Floats:
        """Payments after the start that were made by each date, shape (dates,)."""
        later = [payment for payment in self._plain_payments() if payment.years > 0]
        paid = [sum(p.amount_usd_bn for p in later if p.years <= time + 1e-9) for time in times_years]
        return np.asarray(paid, dtype=float)

    def _plain_payments(self) -> list[Payment]:
        """The payments as numbers that know no assumptions, which cost less to compute with."""
        return [Payment(float(payment.years), float(payment.amount_usd_bn)) for payment in self.payments]


NAMES = tuple(input_rules(VentureInputs))
"""The inputs that are numbers, which is all but the payments."""


Basis = Literal["cost", "peak"]
BASES: tuple[Basis, ...] = ("cost", "peak")
"""What a reported value is compared with: cumulative cost, or the highest reported value so far."""

SHARED = ("times_years", "cost_to_date_usd_bn", "payments")
"""What all draws of `VenturePaths` have in common."""


@dataclass(frozen=True)
class VenturePaths:
    """Simulated paths; arrays have shape (draws, quarters + 1) unless stated.

    Attributes
    ----------
    times_years
        Quarter ends, years from the start, shape (quarters + 1,).
    revenue_usd_bn, volume_usd_bn
        Annualised run-rate, and what it would be at the prices of the start.
    running_cost_usd_bn, compute_usd_bn
        Annualised costs: serving, selling and running; research and training.
    cash_usd_bn
        Net cash before the raise of that date.
    raised_usd_bn
        New money of that date, which counts from the next quarter end on; none at the horizon.
    kept_share
        What a share of the start has become by dilution, before the raise of that date; 1 at the start.
    stake_share
        SoftBank's share of the equity; what it has paid for, after dilution.
    price_usd_bn
        Value of the equity of the start after dilution: kept share × equity before the raise of that date.
    reported_usd_bn
        SoftBank's claim at the reported price, the fair value in its books: smoothed before the listing, at
        the price of the last round.
    cost_to_date_usd_bn
        Cumulative cost of the stake, shape (quarters + 1,).
    after_manager_usd_bn
        SoftBank's claim at the horizon, less what the fund's manager keeps, shape (draws,).
    payments
        As in the inputs.
    stake_on_completion
        SoftBank's share once all instalments are paid, at the share count of the start, shape (draws,).
    inputs
        The assumptions that they follow from, where these are known.
    """

    times_years: Floats
    revenue_usd_bn: Floats
    volume_usd_bn: Floats
    running_cost_usd_bn: Floats
    compute_usd_bn: Floats
    cash_usd_bn: Floats
    raised_usd_bn: Floats
    kept_share: Floats
    stake_share: Floats
    price_usd_bn: Floats
    reported_usd_bn: Floats
    cost_to_date_usd_bn: Floats
    after_manager_usd_bn: Floats
    payments: Sequence[Payment]
    stake_on_completion: Floats
    inputs: Inputs = field(default_factory=dict, compare=False, repr=False)

    @property
    def cost_usd_bn(self) -> Floats:
        """Annualised total costs, shape (draws, quarters + 1)."""
        return self.running_cost_usd_bn + self.compute_usd_bn

    @property
    def pro_forma_usd_bn(self) -> Floats:
        """The stake at the price of the day as if all instalments were paid, shape (draws, quarters + 1)."""
        return self.stake_on_completion[:, np.newaxis] * self.price_usd_bn

    @property
    def invested_usd_bn(self) -> float:
        """All payments together."""
        return sum(payment.amount_usd_bn for payment in self.payments)

    @property
    def moic(self) -> Floats:
        """Multiple on invested capital at the horizon, after the manager's share, shape (draws,)."""
        return self.after_manager_usd_bn / self.invested_usd_bn

    @property
    def irr_pct(self) -> Floats:
        """IRR of the dated payments and the claim at the horizon, percent per year, shape (draws,)."""
        years, amounts = (np.array(values, dtype=float) for values in zip(*self.payments, strict=True))
        return mechanisms.irr_pct(years, amounts, self.after_manager_usd_bn, float(self.times_years[-1]))


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
    volume = R0 × growth under the ceiling × shocks; revenue = volume × premium kept; running cost
    = volume × ratio; EV = multiple × NTM revenue × market factor × repricing; equity = EV + net cash +
    instalments owed - idle commitments; claim = bought share × kept share × equity. Each rule stands in
    `mechanisms`.
    """
    _check_draws(n_draws, rngs)
    x = {name: input_column(name, getattr(inputs, name), n_draws) for name in NAMES}
    times = np.arange(inputs.quarters + 1) / QUARTERS_PER_YEAR
    paid = inputs.paid_by(times)
    listed = times >= x["listing_years"]
    sales = _sales(x, times, rngs["shocks"])
    costs = _costs(x, times, sales)
    factor = lognormal_walk(
        x["multiple_volatility_pct"],
        n_draws,
        inputs.quarters,
        rngs["market"],
        degrees_of_freedom=inputs.degrees_of_freedom,
    )
    shares = _shares(x, times, sales, costs, paid, factor, listed)
    stake: dict[str, Any] = _stake(x, shares, paid[-1] - paid, inputs.invested_usd_bn, listed)
    return VenturePaths(
        times_years=times,
        revenue_usd_bn=sales.revenue,
        volume_usd_bn=sales.volume,
        running_cost_usd_bn=costs.running,
        compute_usd_bn=costs.compute,
        cash_usd_bn=shares.cash,
        raised_usd_bn=shares.raised,
        kept_share=shares.kept_share,
        price_usd_bn=shares.price,
        payments=inputs.payments,
        stake_on_completion=np.array(x["stake_share"][:, 0]),
        **stake,
    )


def _check_draws(n_draws: int, rngs: Mapping[str, np.random.Generator]) -> None:
    missing = [purpose for purpose in PURPOSES if purpose not in rngs]
    if n_draws < 1 or missing:
        raise ValueError(f"n_draws is {n_draws}: write 1 or more; streams missing: {missing} of {PURPOSES}.")


class _Sales(NamedTuple):
    """What the company sells, billions of dollars a year, shape (draws, dates)."""

    volume: Floats
    """Revenue at the prices of the start."""
    revenue: Floats
    ntm_revenue: Floats
    """Revenue of the next twelve months as foreseen."""
    log_growth: Floats
    """Log growth of revenue over the next twelve months, as foreseen."""


def _sales(x: Mapping[str, Floats], times: Floats, rng: np.random.Generator) -> _Sales:
    """What the company sells, now and over the next year as foreseen.

    Foreseen at t: that volume grows on from where it is, prices erode as they will, and no further shock
    comes.
    """
    dates = times.size
    shocks = mechanisms.shock_counts(x["shock_rate_per_year"], dates - 1, rng)
    growing = np.maximum(times - x["shock_delay_years"] * shocks, 0.0)
    start = x["revenue_usd_bn"] * np.exp(np.log1p(-x["shock_loss_pct"] / 100) * shocks)
    start_over_ceiling = mechanisms.share_of_ceiling(
        x["revenue_usd_bn"], x["pool_usd_bn"], x["pool_share"], x["ceiling"]
    )
    ahead = np.arange(dates + QUARTERS_PER_YEAR) / QUARTERS_PER_YEAR
    prices = mechanisms.price_after_parity(
        ahead, x["parity_years"], x["erosion_pct_per_year"], x["premium_share"]
    )

    def sold_after(quarter: int) -> tuple[Floats, Floats]:
        index = mechanisms.growth_index(
            growing + quarter / QUARTERS_PER_YEAR,
            x["growth_factor_per_year"],
            x["growth_half_life_years"],
            x["long_run_growth_pct"],
        )
        volume = mechanisms.under_ceiling(index, start_over_ceiling)
        return volume, volume * prices[:, quarter : quarter + dates]

    volume, revenue = sold_after(0)
    foreseen = revenue
    for quarter in range(1, QUARTERS_PER_YEAR):
        foreseen = foreseen + sold_after(quarter)[1]
    _, in_a_year = sold_after(QUARTERS_PER_YEAR)
    ntm_revenue = start * (foreseen / QUARTERS_PER_YEAR)
    return _Sales(start * volume, start * revenue, ntm_revenue, np.log(in_a_year / revenue))


class _Costs(NamedTuple):
    """What the company spends, billions of dollars a year, shape (draws, dates)."""

    running: Floats
    compute: Floats
    """Research and training."""
    idle: Floats
    """Present value of commitments that revenue does not carry, billions of dollars."""


def _costs(x: Mapping[str, Floats], times: Floats, sales: _Sales) -> _Costs:
    """Running costs, research compute, and the commitments that lie idle."""
    ratio = mechanisms.declining_ratio(
        times,
        x["running_cost_ratio"],
        x["running_cost_ratio_long_run"],
        x["running_cost_half_life_years"],
    )
    planned = x["compute_usd_bn"] * mechanisms.growth_index(
        times, x["compute_factor_per_year"], x["compute_half_life_years"], x["long_run_growth_pct"]
    )
    use = mechanisms.use_of_plan(
        sales.revenue, x["revenue_usd_bn"] * np.exp(np.log1p(x["plan_growth_pct"] / 100) * times)
    )
    return _Costs(
        sales.volume * ratio,
        mechanisms.compute_spent(planned, x["committed_share"], use),
        mechanisms.onerous_commitments(
            planned, x["committed_share"], use, x["commitment_years"], x["discount_pct"]
        ),
    )


class _Shares(NamedTuple):
    """How the company is funded and what its equity is worth, shape (draws, dates)."""

    cash: Floats
    raised: Floats
    kept_share: Floats
    equity: Floats
    price: Floats
    """Value of the equity of the start after dilution."""
    reported_price: Floats


def _shares(
    x: Mapping[str, Floats],
    times: Floats,
    sales: _Sales,
    costs: _Costs,
    paid: Floats,
    factor: Floats,
    listed: NDArray[np.bool_],
) -> _Shares:
    """Cash, new money, dilution and price; `paid` are the instalments made by each date, shape (dates,)."""
    owed = paid[-1] - paid
    enterprise_value = _multiple(x, times, sales, costs, owed, factor) * sales.ntm_revenue
    value_without_cash = enterprise_value + owed - costs.idle
    discount = mechanisms.market_shut(factor, x["shut_fall_pct"]) * (x["distress_discount_pct"] / 100)
    cash, raised, kept_share = mechanisms.fund(
        (costs.running + costs.compute - sales.revenue) / QUARTERS_PER_YEAR,
        value_without_cash,
        x["cash_usd_bn"],
        np.diff(paid, prepend=paid[0]),
        floor_quarters=x["cash_floor_quarters"],
        raise_quarters=x["raise_quarters"],
        discount=discount,
    )
    equity = np.maximum(value_without_cash + cash, 0.0)
    price = kept_share * equity
    reported_price = mechanisms.reported_price(
        price, raised > 0, (1 - discount) * price, listed, x["mark_smoothing_share"]
    )
    return _Shares(cash, raised, kept_share, equity, price, reported_price)


def _multiple(
    x: Mapping[str, Floats], times: Floats, sales: _Sales, costs: _Costs, owed: Floats, factor: Floats
) -> Floats:
    """EV over NTM revenue as the market pays it: as growth explains it, times the market factor, starting
    from the price that was paid.
    """
    explained = mechanisms.ev_multiple(
        sales.log_growth, x["long_run_growth_pct"], x["multiple_long_run"], x["multiple_sensitivity"]
    )
    repricing = mechanisms.repricing_factor(
        times,
        x["start_equity_usd_bn"] - x["cash_usd_bn"] - owed[0] + costs.idle[:, :1],
        explained[:, :1] * sales.ntm_revenue[:, :1],
        x["repricing_half_life_years"],
    )
    return explained * (factor * repricing)


def _stake(
    x: Mapping[str, Floats], shares: _Shares, owed: Floats, invested_usd_bn: float, listed: NDArray[np.bool_]
) -> dict[str, Floats]:
    """SoftBank's stake, by the names of the fields of `VenturePaths`; `owed` are the instalments to come."""
    stake = (x["stake_share"] - owed / x["start_equity_usd_bn"]) * shares.kept_share
    cost = invested_usd_bn - owed
    held = shares.kept_share > 0
    reported_equity = np.where(held, shares.reported_price / np.where(held, shares.kept_share, 1.0), 0.0)
    preferences = x["preferences_usd_bn"]
    at_horizon = mechanisms.claim_usd_bn(
        stake[:, -1:], shares.equity[:, -1:], cost[-1:], preferences, listed[:, -1:]
    )
    return {
        "stake_share": stake,
        "reported_usd_bn": mechanisms.claim_usd_bn(stake, reported_equity, cost, preferences, listed),
        "cost_to_date_usd_bn": cost,
        "after_manager_usd_bn": mechanisms.after_manager(
            at_horizon[:, 0], invested_usd_bn, x["manager_gain_share"][:, 0]
        ),
    }


def compute_to_date_usd_bn(paths: VenturePaths, *, until_years: float, serving_share: float) -> Floats:
    """What all compute costs from the start until a time, research and serving, shape (draws,).

    Parameters
    ----------
    until_years
        Years from the start; each quarter before it counts with a quarter of its yearly rate.
    serving_share
        The part of running costs that is serving, 0 to 1.
    """
    yearly = paths.compute_usd_bn + serving_share * paths.running_cost_usd_bn
    return np.asarray(yearly[:, paths.times_years < until_years].sum(axis=1) / QUARTERS_PER_YEAR)


def write_down_hits(
    paths: VenturePaths, *, threshold_pct: float = 25.0, basis: Basis = "cost"
) -> NDArray[np.bool_]:
    """Quarter ends at which the reported value is at least `threshold_pct` below its basis.

    Parameters
    ----------
    paths
        From `simulate`.
    threshold_pct
        Above 0 and up to 100.
    basis
        `"cost"`: cumulative cost by that date. `"peak"`: the highest reported value so far, the start
        included.

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
    if basis not in BASES:
        raise ValueError(f"basis is {basis!r}: write 'cost' or 'peak'.")
    mark = paths.reported_usd_bn
    reference = paths.cost_to_date_usd_bn if basis == "cost" else np.maximum.accumulate(mark, axis=1)
    hits = np.asarray(mark <= (1 - threshold_pct / 100) * reference)
    hits[:, 0] = False
    return hits


def write_down_path(
    paths: VenturePaths, *, threshold_pct: float = 25.0, basis: Basis = "cost"
) -> pd.DataFrame:
    """Probability of a write-down by each quarter end; columns as in `simulation.cumulative_probability`."""
    return cumulative_probability(
        write_down_hits(paths, threshold_pct=threshold_pct, basis=basis), paths.times_years
    )


def write_down_paths(paths: VenturePaths, *, threshold_pct: float = 25.0) -> pd.DataFrame:
    """`write_down_path` against cost, and against the highest reported value so far, by ``series``."""
    tables = {
        f"below {basis}": write_down_path(paths, threshold_pct=threshold_pct, basis=basis) for basis in BASES
    }
    return pd.concat(tables, names=["series"]).reset_index("series").reset_index(drop=True)


@traced
def write_down_probability(
    paths: VenturePaths,
    *,
    within_years: float,
    threshold_pct: float = 25.0,
    basis: Basis = "cost",
) -> MonteCarloEstimate:
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
