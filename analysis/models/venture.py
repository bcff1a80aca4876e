"""What does SoftBank get back for its money?

Decisions
---------
- Quarterly, axis 0 the draws, axis 1 the quarter ends; index 0 is the start, a fiscal quarter end of
  SoftBank, and so are the others. Amounts are billions of US dollars; revenue, costs and compute are
  annualised run-rates.
- What the market foresees is volume with its decay of growth and the price erosion. Regulatory shocks, the
  company's own noise and the market factor surprise it, and so does compute that is cut.
- Enterprise value is a multiple of the revenue of the next twelve months (EV/NTM revenue), and the multiple
  follows next-year growth and the margin that is foreseen five years on.
- The market factor is a random walk whose mean is one. A factor that returned to its mean would promise a
  rebound after each fall, which a traded price does not, and would understate how far the mark can move in
  five years. The noise of revenue is a walk whose median is one, as it was measured.
- New money comes at the equity value of the day (pre-money), so a raise moves no value between holders on
  that day; with the market shut it comes at a discount, which does. How much can be had is a share of that
  value: what goes beyond is cut from compute that is not committed, and growth falls with it.
- A buyer stands ready at a multiple of revenue, and the market never pays less than that. What can no longer
  be financed is sold to the buyer, once; holders share the price by their preferences. Only there can old
  shares become worthless.
- The path starts at a price that was paid, not at the model's value: under every assumption the first
  reported value is the same. The gap between the two, in logs, closes with a stated half-life, as the market
  learns what the model assumes.
- Shares of instalments that are still to be paid are in the share count from the start, and what is owed for
  them is in the equity value: when they are paid, nothing jumps. An instalment buys its shares at the price
  agreed at the start.
- Commitments that revenue carries are running costs, which the multiple prices; only idle ones are taken off
  as a debt.
"""

from collections.abc import Callable, Mapping, Sequence
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
    NUMBER,
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
    random_walk,
)

PURPOSES = ("market", "shocks", "revenue")  # the random streams that `simulate` asks for

SHARE_OR_NONE: Constraint = (lambda x: (x >= 0) & (x <= 1), "a share of 0 to 1")
QUARTERS: Constraint = (lambda x: np.isfinite(x) & (x >= 1), "1 quarter or more")
YEARS_OR_NEVER: Constraint = (lambda x: ~np.isnan(x), "a number of years (inf: never)")
TERM: Constraint = (lambda x: np.isfinite(x) & (x >= 0.25), "a quarter (0.25 years) or more")
LOSS_OR_ALL_PCT: Constraint = (lambda x: (x >= 0) & (x <= 100), "a loss of 0 to 100 percent")
CORRELATION: Constraint = (lambda x: (x > -1) & (x < 1), "a correlation between -1 and 1")
SWITCH: Constraint = (lambda x: (x == 0) | (x == 1), "0 (off) or 1 (on)")
WHOLE_QUARTERS: Constraint = (
    lambda x: np.isfinite(x) & (x > 0) & (x * QUARTERS_PER_YEAR == np.round(x * QUARTERS_PER_YEAR)),
    "whole quarters above zero, such as 2.25",
)


class Payment(NamedTuple):
    """Money that SoftBank paid or pays for the stake."""

    years: float
    """From the start; 0 or less was paid before, more is an instalment."""
    amount_usd_bn: float


@dataclass(frozen=True, kw_only=True)
class VentureInputs:
    """Inputs of `simulate`, each with its rule and its meaning: one number, or an array of shape (draws,).

    Raises
    ------
    ValueError
        Any input outside its range, all of them in one message; no payment, one that is not positive, one
        after the horizon; instalments that buy more than the stake; more by the start than all holders paid.
    """

    revenue_usd_bn: Annotated[Values, POSITIVE, "Annualised run-rate at the start"]
    growth_factor_per_year: Annotated[Values, POSITIVE, "What a year first multiplies volume by; it decays"]
    growth_half_life_years: Annotated[Values, POSITIVE, "Half-life of log growth above the long-run rate"]
    long_run_growth_pct: Annotated[Values, GROWTH_PCT, "Rate that growth settles at, that of compute too"]
    revenue_volatility_pct: Annotated[Values, NOT_NEGATIVE, "Noise of the company's own volume, a year"]
    pool_usd_bn: Annotated[Values, POSITIVE, "Revenue that the whole market can hold"]
    pool_share: Annotated[Values, SHARE, "The part of it that one company can have"]
    ceiling: Annotated[Values, SWITCH, "1 where that part is a ceiling, 0 where nothing is"]
    parity_years: Annotated[Values, YEARS_OR_NEVER, "Years until open models match what is sold at the start"]
    parity_growth_loss_pct: Annotated[Values, LOSS_OR_ALL_PCT, "Part of excess growth lost from then on"]
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
    commitment_years: Annotated[Values, TERM, "Term of a contract, which is then signed anew"]
    commitments_run_off: Annotated[Values, SWITCH, "1; 0 where contracts on the old plan never end"]
    plan_growth_pct: Annotated[Values, GROWTH_PCT, "Growth a year of the revenue plan, at first"]
    plan_half_life_years: Annotated[Values, POSITIVE, "Half-life of its excess over the long-run rate"]
    discount_pct: Annotated[Values, POSITIVE, "Rate at which commitments are discounted"]
    cash_usd_bn: Annotated[Values, NOT_NEGATIVE, "Net cash at the start, without instalments to come"]
    cash_floor_quarters: Annotated[Values, QUARTERS, "Quarters of burn below which money is raised"]
    raise_quarters: Annotated[Values, QUARTERS, "Quarters of burn that a round is for"]
    capital_share_per_year: Annotated[Values, POSITIVE, "New money of a year over pre-money value, at most"]
    compute_elasticity: Annotated[Values, SHARE_OR_NONE, "Part of growth lost where all compute is cut"]
    floor_multiple: Annotated[Values, NOT_NEGATIVE, "What a buyer pays per NTM revenue at any time"]
    stock_pay_pct: Annotated[Values, LOSS_PCT, "New shares given to employees, a year"]
    shut_fall_pct: Annotated[Values, LOSS_PCT, "Fall of the market factor that shuts the market"]
    distress_discount_pct: Annotated[Values, LOSS_PCT, "Discount on money raised then"]
    listing_years: Annotated[Values, YEARS_OR_NEVER, "Years until the company is ready to list"]
    listing_price_share: Annotated[Values, NOT_NEGATIVE, "Price over that of the start below which it waits"]
    multiple_long_run: Annotated[Values, POSITIVE, "EV over NTM revenue when growth is at its long-run rate"]
    multiple_sensitivity: Annotated[Values, NOT_NEGATIVE, "Its log change per unit of next-year log growth"]
    multiple_margin_sensitivity: Annotated[Values, NOT_NEGATIVE, "Its log change per unit of margin"]
    reference_margin_pct: Annotated[Values, NUMBER, "Margin of the companies that the multiple is that of"]
    co_movement: Annotated[Values, CORRELATION, "Correlation of the market factor with volume's noise"]
    multiple_volatility_pct: Annotated[Values, NOT_NEGATIVE, "Volatility of the market factor, a year"]
    degrees_of_freedom: Annotated[float, DEGREES_OF_FREEDOM, "Tails of its steps: 0 normal, else Student's t"]
    start_equity_usd_bn: Annotated[Values, POSITIVE, "Equity at the start, as last paid, with instalments"]
    repricing_half_life_years: Annotated[Values, NOT_NEGATIVE, "Half-life of the gap to the model's value"]
    mark_smoothing_share: Annotated[Values, SHARE, "Part of the gap that an unlisted mark closes a quarter"]
    stake_share: Annotated[Values, SHARE, "SoftBank's share once all instalments are paid"]
    preference_share: Annotated[
        Values, SHARE_OR_NONE, "Part of money paid in that is paid back first in a sale"
    ]
    paid_in_usd_bn: Annotated[Values, POSITIVE, "Paid in by all holders by the start"]
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

        before = sum(amount for years, amount in self._plain_payments() if years <= 0)
        if (before > np.asarray(self.paid_in_usd_bn)).any():
            raise ValueError(
                f"payments by the start are {before:.3g}, more than the paid_in_usd_bn of all holders: write"
                " smaller payments or a larger sum."
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

GROWTH = ("growth_factor_per_year", "growth_half_life_years", "long_run_growth_pct", "parity_growth_loss_pct")
"""The inputs that growth ahead follows from, in the order of `mechanisms.log_growth_ahead`."""

SERVING_SHARE = 2 / 3
"""Part of running costs that is serving the models: two thirds in 2025, by revenue less gross profit."""

MARGIN_YEARS = 5.0
"""How far the market looks ahead for the margin."""

RECORDED = (
    "volume_usd_bn",
    "revenue_usd_bn",
    "running_cost_usd_bn",
    "compute_usd_bn",
    "committed_usd_bn",
    "idle_usd_bn",
    "cut_share",
    "margin_ahead",
    "cash_usd_bn",
    "raised_usd_bn",
    "kept_share",
    "price_usd_bn",
    "round_price_usd_bn",
    "raised_before_usd_bn",
)
"""What is recorded at each quarter end; the last one only serves the preferences."""
INTERNAL = ("raised_before_usd_bn",)


Basis = Literal["cost", "peak"]
BASES: tuple[Basis, ...] = ("cost", "peak")
"""What a reported value is compared with: cumulative cost, or the highest reported value so far."""

SHARED = ("times_years", "cost_to_date_usd_bn", "expected_revenue_usd_bn", "payments")
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
        Annualised costs: serving, selling and running; research and training, after cuts.
    committed_usd_bn, idle_usd_bn
        Of the compute what is under contract, and what of that revenue does not carry.
    cut_share
        The part of wanted compute that is cut for want of money.
    margin_ahead
        Operating margin as foreseen for five years later, share of revenue.
    market_factor
        What the market pays over what growth and margin explain, 1 at the start; the gap to the price paid
        left out.
    cash_usd_bn
        Net cash before the raise of that date; 0 once the company was sold.
    raised_usd_bn
        New money of that date, which counts from the next quarter end on; none at the horizon.
    kept_share
        What a share of the start has become by dilution, before the raise of that date; 1 at the start.
    rescued, listed
        Whether the company had to be sold, and whether its shares are traded, by that date; boolean.
    stake_share
        SoftBank's share of the equity; what it has paid for, after dilution.
    price_usd_bn
        Value of the equity of the start after dilution: kept share × equity before the raise of that date.
    round_price_usd_bn
        The same at the value at which new money comes that day, with the market shut at a discount.
    reported_usd_bn
        SoftBank's claim at the reported price, the fair value in its books: smoothed before the listing, at
        the price of the last round.
    stake_usd_bn
        SoftBank's claim at the price of the day.
    claim_usd_bn
        The same, less what the fund's manager keeps.
    cost_to_date_usd_bn
        Cumulative cost of the stake, shape (quarters + 1,).
    expected_revenue_usd_bn
        Revenue at the medians of all inputs without noise, shocks and cuts, shape (quarters + 1,); empty
        where nobody asked for it.
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
    committed_usd_bn: Floats
    idle_usd_bn: Floats
    cut_share: Floats
    margin_ahead: Floats
    market_factor: Floats
    cash_usd_bn: Floats
    raised_usd_bn: Floats
    kept_share: Floats
    rescued: NDArray[np.bool_]
    listed: NDArray[np.bool_]
    stake_share: Floats
    price_usd_bn: Floats
    round_price_usd_bn: Floats
    reported_usd_bn: Floats
    stake_usd_bn: Floats
    claim_usd_bn: Floats
    cost_to_date_usd_bn: Floats
    payments: Sequence[Payment]
    stake_on_completion: Floats
    expected_revenue_usd_bn: Floats = field(default_factory=lambda: np.empty(0))
    inputs: Inputs = field(default_factory=dict, compare=False, repr=False)

    @property
    def cost_usd_bn(self) -> Floats:
        """Annualised total costs, shape (draws, quarters + 1)."""
        return self.running_cost_usd_bn + self.compute_usd_bn

    @property
    def equity_usd_bn(self) -> Floats:
        """Value of the whole equity before the raise of that date, 0 where nothing is kept."""
        held = self.kept_share > 0
        return np.where(held, self.price_usd_bn / np.where(held, self.kept_share, 1.0), 0.0)

    @property
    def pro_forma_usd_bn(self) -> Floats:
        """The stake at the price of the day as if all instalments were paid, shape (draws, quarters + 1)."""
        return self.stake_on_completion[:, np.newaxis] * self.price_usd_bn

    @property
    def invested_usd_bn(self) -> float:
        """All payments together."""
        return sum(payment.amount_usd_bn for payment in self.payments)

    @property
    def after_manager_usd_bn(self) -> Floats:
        """SoftBank's claim at the horizon, less what the fund's manager keeps, shape (draws,)."""
        return self.claim_usd_bn[:, -1]

    @property
    def moic(self) -> Floats:
        """Multiple on invested capital at the horizon, after the manager's share, shape (draws,)."""
        return self.after_manager_usd_bn / self.invested_usd_bn

    def moic_after(self, years: float) -> Floats:
        """Multiple on the money paid by then at an earlier quarter end, shape (draws,).

        Raises
        ------
        ValueError
            No quarter end of the simulation lies `years` after the start.
        """
        at = np.flatnonzero(np.isclose(self.times_years, years))
        if not at.size:
            raise ValueError(
                f"years is {years:g}: write a quarter end from 0 to {float(self.times_years[-1]):g}."
            )
        return np.asarray(self.claim_usd_bn[:, at[0]] / self.cost_to_date_usd_bn[at[0]])

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
        moves with the noise of revenue, as far as `co_movement` says; shocks are independent of both.

    Returns
    -------
    VenturePaths

    Raises
    ------
    ValueError
        `n_draws` below 1, a missing stream, an input array of another length.

    Notes
    -----
    volume = R0 × growth × noise × shocks × growth kept; revenue = volume × price kept; running cost = volume
    × ratio; EV = multiple × NTM revenue × market factor × repricing, after the start never below what a buyer
    pays for that revenue; equity = EV + net cash + instalments to come - idle contracts, 0 at least; claim =
    bought share × kept share × equity, or the preference. Each rule stands in `mechanisms`.
    """
    _check_draws(n_draws, rngs)
    x = {name: input_column(name, getattr(inputs, name), n_draws) for name in NAMES}
    times = np.arange(inputs.quarters + 1) / QUARTERS_PER_YEAR
    paid = inputs.paid_by(times)
    noise = rngs["revenue"].standard_normal((n_draws, inputs.quarters))
    factor = lognormal_walk(
        x["multiple_volatility_pct"],
        n_draws,
        inputs.quarters,
        rngs["market"],
        degrees_of_freedom=inputs.degrees_of_freedom,
        along=noise,
        correlation=x["co_movement"],
    )
    company = _Company(x, times, _market(x, times, noise, rngs["shocks"]), factor, paid)
    for quarter in range(times.size):
        company.pass_quarter(quarter)
    recorded = company.paths()
    stake: dict[str, Any] = _stake(x, recorded, paid, inputs.invested_usd_bn)
    paths: dict[str, Any] = {name: values for name, values in recorded.items() if name not in INTERNAL}
    return VenturePaths(
        times_years=times,
        market_factor=factor,
        payments=inputs.payments,
        stake_on_completion=np.array(x["stake_share"][:, 0]),
        **paths,
        **stake,
    )


def _check_draws(n_draws: int, rngs: Mapping[str, np.random.Generator]) -> None:
    missing = [purpose for purpose in PURPOSES if purpose not in rngs]
    if n_draws < 1 or missing:
        raise ValueError(f"n_draws is {n_draws}: write 1 or more; streams missing: {missing} of {PURPOSES}.")


class _Market(NamedTuple):
    """What the company can sell and what that costs before any compute is cut, shape (draws, dates)."""

    volume: Floats
    """Revenue at the prices of the start, billions of dollars a year."""
    price: Floats
    """Price kept after parity, share."""
    growth: Floats
    """Log growth of volume over the quarter to come, without surprises."""
    ntm_share: Floats
    """Revenue of the next twelve months as foreseen over revenue now."""
    multiple: Floats
    """EV over NTM revenue as growth explains it."""
    running_ratio: Floats
    """Running costs per volume."""
    planned: Floats
    """Research compute as planned, billions of dollars a year."""
    plan: Floats
    """Revenue of the plan."""
    running_ahead: Floats
    """Running costs over revenue `MARGIN_YEARS` later, as foreseen."""
    planned_ahead: Floats
    plan_ahead: Floats
    revenue_share_ahead: Floats
    """Revenue then over revenue now."""


def _market(x: Mapping[str, Floats], times: Floats, noise: Floats, rng: np.random.Generator) -> _Market:
    """What the company can sell, now and as foreseen.

    Foreseen at t: that volume grows on from where it is and that prices erode as they will; no further shock
    or surprise comes.
    """
    dates, years = times.size, int(MARGIN_YEARS * QUARTERS_PER_YEAR)
    volume, growth, volume_over_now = _volume(x, times, noise, rng)
    ahead = np.arange(dates + years) / QUARTERS_PER_YEAR
    prices = mechanisms.price_after_parity(
        ahead, x["parity_years"], x["erosion_pct_per_year"], x["premium_share"]
    )

    def over_now(quarters: int) -> Floats:
        """Revenue some quarters later over that of now."""
        return volume_over_now(quarters) * (prices[:, quarters : quarters + dates] / prices[:, :dates])

    ntm_share, in_a_year = _next_year(over_now)
    multiple = mechanisms.ev_multiple(
        np.log(in_a_year), x["long_run_growth_pct"], x["multiple_long_run"], x["multiple_sensitivity"]
    )
    ratio, planned, plan = plans(x, ahead)
    return _Market(
        volume=volume,
        price=prices[:, :dates],
        growth=growth,
        ntm_share=ntm_share,
        multiple=multiple,
        running_ratio=ratio[:, :dates],
        planned=planned[:, :dates],
        plan=plan[:, :dates],
        running_ahead=ratio[:, years:] / prices[:, years:],
        planned_ahead=planned[:, years:],
        plan_ahead=plan[:, years:],
        revenue_share_ahead=over_now(years),
    )


def _volume(
    x: Mapping[str, Floats], times: Floats, noise: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats, Callable[[int], Floats]]:
    """Volume, its log growth over the quarter to come without surprises, and what it is foreseen to be some
    quarters later over what it is now.
    """
    rates = [x[name] for name in GROWTH]
    shocks = mechanisms.shock_counts(x["shock_rate_per_year"], times.size - 1, rng)
    clock = mechanisms.growth_clock(shocks, x["shock_delay_years"])
    to_parity = np.ceil(np.maximum(x["parity_years"] - times, 0.0) * QUARTERS_PER_YEAR)
    full = mechanisms.share_of_ceiling(x["revenue_usd_bn"], x["pool_usd_bn"], x["pool_share"], x["ceiling"])
    index = np.exp(mechanisms.log_index(clock, to_parity > 0, *rates))
    sold = mechanisms.under_ceiling(index, full)
    surprise = random_walk(x["revenue_volatility_pct"], noise) + np.log1p(-x["shock_loss_pct"] / 100) * shocks

    def over_now(quarters: int) -> Floats:
        later = index * np.exp(mechanisms.log_growth_ahead(clock, quarters, to_parity, *rates))
        return mechanisms.under_ceiling(later, full) / sold

    growth = np.diff(np.log(sold), axis=1, append=np.nan)
    return x["revenue_usd_bn"] * sold * np.exp(surprise), growth, over_now


def _next_year(over_now: Callable[[int], Floats]) -> tuple[Floats, Floats]:
    """Revenue of the next twelve months, and revenue after them, over revenue now.

    The twelve months are the mean of the run-rates at the beginnings of their quarters.
    """
    total: Floats = np.asarray(1.0)
    for quarter in range(1, QUARTERS_PER_YEAR):
        total = total + over_now(quarter)
    return total / QUARTERS_PER_YEAR, over_now(QUARTERS_PER_YEAR)


def plans(x: Mapping[str, Floats], times: Floats) -> tuple[Floats, Floats, Floats]:
    """Running costs per volume, planned compute, and the revenue plan behind it, shape (draws, dates)."""
    ratio = mechanisms.declining_ratio(
        times,
        x["running_cost_ratio"],
        x["running_cost_ratio_long_run"],
        x["running_cost_half_life_years"],
    )
    planned = x["compute_usd_bn"] * mechanisms.growth_index(
        times, x["compute_factor_per_year"], x["compute_half_life_years"], x["long_run_growth_pct"]
    )
    plan = x["revenue_usd_bn"] * mechanisms.growth_index(
        times, 1 + x["plan_growth_pct"] / 100, x["plan_half_life_years"], x["long_run_growth_pct"]
    )
    return ratio, planned, plan


class _Operations(NamedTuple):
    """A quarter end before money: what is sold, spent and owed, shape (draws,)."""

    volume: Floats
    revenue: Floats
    running: Floats
    wanted: Floats
    """Compute that the plan asks for at this revenue."""
    spent: Floats
    """Compute before cuts."""
    committed: Floats
    idle: Floats
    idle_debt: Floats
    """Present value of idle contracts."""

    @property
    def burn(self) -> Floats:
        """Costs less revenue of the quarter to come, before cuts."""
        return (self.running + self.spent - self.revenue) / QUARTERS_PER_YEAR


class _Company:
    """The company on its way through the quarters: what it sells, spends and raises, and what it is worth.

    State is one number a draw, shape (draws,); what is recorded has shape (dates, draws).
    """

    def __init__(
        self, x: Mapping[str, Floats], times: Floats, market: _Market, factor: Floats, paid: Floats
    ) -> None:
        """`paid` are the instalments made by each date, shape (dates,); the rest as in `simulate`."""
        n_draws, dates = factor.shape
        self._x = {name: np.ascontiguousarray(value[:, 0]) for name, value in x.items()}
        self._times, self._paid = times, paid
        # quarters in rows: each step then works on whole, contiguous rows
        self._market = _Market(*(np.ascontiguousarray(values.T) for values in market))
        self._factor = np.ascontiguousarray(factor.T)
        self._shut = np.ascontiguousarray(mechanisms.market_shut(factor, x["shut_fall_pct"]).T)
        self._half_life = x["repricing_half_life_years"]
        self._repricing = self._factor
        self._use = _UseOfPlan(self._x["commitment_years"], self._x["commitments_run_off"], dates)
        self._rows = {name: np.zeros((dates, n_draws)) for name in RECORDED}
        self._flags = {name: np.zeros((dates, n_draws), dtype=bool) for name in ("rescued", "listed")}
        self._cash, self._kept = self._x["cash_usd_bn"].copy(), np.ones(n_draws)
        self._log_kept_growth, self._raised = np.zeros(n_draws), np.zeros(n_draws)
        self._rescued, self._listed = np.zeros(n_draws, dtype=bool), np.zeros(n_draws, dtype=bool)
        self._rescue_value = np.zeros(n_draws)

    def paths(self) -> dict[str, Floats]:
        """What was recorded by name, shape (draws, dates)."""
        return {name: rows.T for name, rows in (self._rows | self._flags).items()}

    def pass_quarter(self, t: int) -> None:
        """What happens at a quarter end, and in the quarter that follows it."""
        x, last = self._x, t == self._times.size - 1
        quarter = self._operate(t)
        margin = self._margin_ahead(t, quarter.revenue)
        offer = self._offer(t, quarter)
        # at the start the price was paid
        equity = np.maximum(self._equity(t, quarter, margin), offer if t else 0.0)
        discount = self._shut[t] * (x["distress_discount_pct"] / 100)
        pre_money = (1 - discount) * equity
        cut, raised = self._finance(quarter, pre_money, last)
        burn = quarter.burn - cut
        fails = ~self._rescued & (self._cash + raised < burn) & ~np.array(last)
        self._rescue_value = np.where(fails, offer, self._rescue_value)
        self._rescued = self._rescued | fails
        alive = ~self._rescued
        equity = np.where(alive, equity, self._rescue_value)
        cut, raised, self._cash = (np.where(alive, values, 0.0) for values in (cut, raised, self._cash))
        self._list(t, equity)
        cut_share = np.minimum(_over(QUARTERS_PER_YEAR * cut, quarter.wanted), 1.0)
        self._record(
            t,
            quarter,
            compute_usd_bn=quarter.spent - QUARTERS_PER_YEAR * cut,
            cut_share=cut_share,
            margin_ahead=margin,
            raised_usd_bn=raised,
            price_usd_bn=self._kept * equity,
            round_price_usd_bn=(1 - discount) * self._kept * equity,
        )
        if not last:
            self._advance(t, np.where(alive, burn, 0.0), pre_money, raised, cut_share)

    def _operate(self, t: int) -> _Operations:
        x, market = self._x, self._market
        volume = market.volume[t] * np.exp(self._log_kept_growth)
        revenue = volume * market.price[t]
        use = mechanisms.use_of_plan(revenue, market.plan[t])
        spent, committed, idle = mechanisms.compute_as_signed(
            market.planned[t], use, self._use.signed(t, use), x["committed_share"]
        )
        return _Operations(
            volume,
            revenue,
            volume * market.running_ratio[t],
            market.planned[t] * use,
            spent,
            committed,
            idle,
            mechanisms.idle_contracts(
                idle, x["commitment_years"], x["discount_pct"], x["commitments_run_off"]
            ),
        )

    def _margin_ahead(self, t: int, revenue: Floats) -> Floats:
        market = self._market
        return mechanisms.margin_ahead(
            market.running_ahead[t],
            market.planned_ahead[t],
            revenue * market.revenue_share_ahead[t],
            market.plan_ahead[t],
        )

    def _equity(self, t: int, quarter: _Operations, margin: Floats) -> Floats:
        """Value of the equity as the market sees it."""
        x, owed = self._x, self._paid[-1] - self._paid[t]
        premium = mechanisms.margin_premium(
            margin, x["reference_margin_pct"], x["multiple_margin_sensitivity"]
        )
        explained = self._market.multiple[t] * premium * self._market.ntm_share[t] * quarter.revenue
        if t == 0:
            price = x["start_equity_usd_bn"] - x["cash_usd_bn"] - owed + quarter.idle_debt
            factors = mechanisms.repricing_factor(
                self._times, price[:, np.newaxis], explained[:, np.newaxis], self._half_life
            )
            self._repricing = np.ascontiguousarray(factors.T)
        enterprise_value = explained * (self._factor[t] * self._repricing[t])
        return np.maximum(enterprise_value + self._cash + owed - quarter.idle_debt, 0.0)

    def _offer(self, t: int, quarter: _Operations) -> Floats:
        """What a buyer stands ready to pay for the equity."""
        return mechanisms.rescue_value(
            self._x["floor_multiple"],
            self._market.ntm_share[t] * quarter.revenue,
            self._cash + (self._paid[-1] - self._paid[t]),
            quarter.idle_debt,
        )

    def _finance(self, quarter: _Operations, pre_money: Floats, last: bool) -> tuple[Floats, Floats]:
        """Compute that is cut in the quarter, and money that is raised for it; none at the horizon."""
        x = self._x
        affordable = mechanisms.affordable_burn(
            self._cash, pre_money, x["raise_quarters"], x["capital_share_per_year"]
        )
        cut = mechanisms.compute_cut(quarter.burn, affordable, quarter.spent, quarter.committed)
        raised = mechanisms.new_money(
            self._cash,
            quarter.burn - cut,
            pre_money,
            x["cash_floor_quarters"],
            x["raise_quarters"],
            x["capital_share_per_year"],
        )
        return cut, np.zeros_like(raised) if last else raised

    def _list(self, t: int, equity: Floats) -> None:
        """List the company where it is ready and price and market allow."""
        x = self._x
        ready = (self._times[t] >= x["listing_years"]) & ~self._shut[t] & ~self._rescued
        dear = self._kept * equity >= x["listing_price_share"] * x["start_equity_usd_bn"]
        self._listed = self._listed | (ready & dear)

    def _record(self, t: int, quarter: _Operations, **values: Floats) -> None:
        values |= {
            "volume_usd_bn": quarter.volume,
            "revenue_usd_bn": quarter.revenue,
            "running_cost_usd_bn": quarter.running,
            "committed_usd_bn": quarter.committed,
            "idle_usd_bn": quarter.idle,
            "cash_usd_bn": self._cash,
            "kept_share": self._kept,
            "raised_before_usd_bn": self._raised,
        }
        for name, rows in self._rows.items():
            rows[t] = values[name]
        self._flags["rescued"][t], self._flags["listed"][t] = self._rescued, self._listed

    def _advance(self, t: int, burn: Floats, pre_money: Floats, raised: Floats, cut_share: Floats) -> None:
        """On to the next quarter end."""
        x, alive = self._x, ~self._rescued
        slower = x["compute_elasticity"] * cut_share * np.maximum(self._market.growth[t], 0.0)
        self._log_kept_growth = self._log_kept_growth - slower
        kept = mechanisms.kept_after(self._kept, pre_money, raised, x["stock_pay_pct"])
        self._kept = np.where(alive, kept, self._kept)
        paid_in = np.where(alive, self._paid[t + 1] - self._paid[t], 0.0)
        self._cash = self._cash + raised - burn + paid_in
        self._raised = self._raised + raised


class _UseOfPlan:
    """How far revenue carried the plan on the days on which running contracts were signed.

    Contracts of D years are signed at every quarter end; those that run at t were signed within D years, at t
    included, and of the oldest quarter the part that D still covers. Before the start the plan was as
    planned: a use of 1.
    """

    def __init__(self, term_years: Floats, run_off: Floats, dates: int) -> None:
        self._quarters = term_years * QUARTERS_PER_YEAR
        self._whole = np.floor(self._quarters).astype(int)
        self._run_off, self._draws = run_off > 0, np.arange(term_years.size)
        self._before = int(self._whole.max()) + 1
        self._sums = np.zeros((self._before + dates, term_years.size))
        self._sums[: self._before] = np.arange(1 - self._before, 1)[:, np.newaxis]

    def signed(self, t: int, use: Floats) -> Floats:
        """Mean of `use` over the days on which the contracts of t were signed; called date by date."""
        at = self._before + t
        self._sums[at] = self._sums[at - 1] + use
        since = self._sums[at - self._whole, self._draws]
        oldest = since - self._sums[at - self._whole - 1, self._draws]
        total = self._sums[at] - since + (self._quarters - self._whole) * oldest
        return np.where(self._run_off, total / self._quarters, 1.0)


def _over(part: Floats, whole: Floats) -> Floats:
    """A part over the whole, 0 where there is nothing."""
    return np.asarray(np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), 0.0))


def _stake(
    x: Mapping[str, Floats], paths: Mapping[str, Floats], paid: Floats, invested_usd_bn: float
) -> dict[str, Floats]:
    """SoftBank's stake, by the names of the fields of `VenturePaths`; `paid` are the instalments by date."""
    owed, kept, listed = paid[-1] - paid, paths["kept_share"], np.asarray(paths["listed"], dtype=bool)
    rescued = np.asarray(paths["rescued"], dtype=bool)
    stake, cost = (x["stake_share"] - owed / x["start_equity_usd_bn"]) * kept, invested_usd_bn - owed
    sold = rescued & ~np.concatenate([np.zeros_like(rescued[:, :1]), rescued[:, :-1]], axis=1)
    reported = mechanisms.reported_price(
        paths["price_usd_bn"],
        (paths["raised_usd_bn"] > 0) | sold,
        np.where(sold, paths["price_usd_bn"], paths["round_price_usd_bn"]),
        listed,
        x["mark_smoothing_share"],
    )
    paid_in = x["paid_in_usd_bn"] + (paid - paid[0]) + paths["raised_before_usd_bn"]
    claim = {
        name: mechanisms.claim_usd_bn(stake, _over(price, kept), cost, paid_in, x["preference_share"], listed)
        for name, price in (("reported", reported), ("own", paths["price_usd_bn"]))
    }
    return {
        "stake_share": stake,
        "reported_usd_bn": claim["reported"],
        "stake_usd_bn": claim["own"],
        "cost_to_date_usd_bn": cost,
        "claim_usd_bn": mechanisms.after_manager(claim["own"], cost, x["manager_gain_share"]),
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
