"""What does it do to SoftBank?

Decisions
---------
- Amounts are trillions of yen at one fixed exchange rate. The start is SoftBank's own balance sheet of that
  day, which holds neither the instalments to come nor the shares that they buy.
- Net debt moves by what it bears in interest and by the instalments, each on its day; interest is borrowed
  too. Nothing is sold, repaid, received as a dividend or bought anew: money that comes in is money that goes
  out, and it depends on no risk.
- Loans fall due on their days. They are part of net debt: one that is repaid by another changes nothing.
- One AI factor moves Arm, the second Vision Fund and the rest, by a loading each on log returns: what the
  market pays for such companies, times OpenAI's revenue over the revenue that was to be expected. What was to
  be expected moves nothing, nor does it touch other holdings how OpenAI is funded and how far that dilutes.
  On top comes noise of their own whose mean is one. Correlations follow from the loadings and are positive
  definite by construction.
- What must be sold to get back to a ceiling is worked out and not done: a sale at a discount loses value and
  lowers debt.
- LTV is net debt over the gross value of the holdings, the OpenAI stake included, as SoftBank defines it; the
  stake at the price of the day and not at the smoothed value of the books.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Annotated, Any, NamedTuple

import numpy as np

from analysis.provenance import Inputs, traced
from analysis.statistics.simulation import (
    DEGREES_OF_FREEDOM,
    NOT_NEGATIVE,
    NUMBER,
    POSITIVE,
    QUARTERS_PER_YEAR,
    Constraint,
    Floats,
    MedianAndRange,
    MonteCarloEstimate,
    Values,
    check_inputs,
    input_column,
    lognormal_walk,
    median_and_range,
    probability,
    quantile,
)

HOLDINGS = ("arm", "vision_fund", "rest")
PURPOSES = HOLDINGS  # the random streams that `simulate` asks for
LOADING: Constraint = (lambda x: (x >= 0) & (x <= 3), "a loading of 0 to 3")


@dataclass(frozen=True)
class ExposureInputs:
    """Inputs of `simulate`, each with its rule and its meaning: one number, or an array of shape (draws,).

    Raises
    ------
    ValueError
        Any input outside its range; all of them in one message.
    """

    arm_jpy_tn: Annotated[Values, POSITIVE, "Value of Arm at the start"]
    vision_fund_jpy_tn: Annotated[Values, NOT_NEGATIVE, "The same of the second Vision Fund without OpenAI"]
    rest_jpy_tn: Annotated[Values, NOT_NEGATIVE, "The same of everything else"]
    net_debt_jpy_tn: Annotated[Values, NUMBER, "Net debt at the start, without the instalments to come"]
    interest_pct: Annotated[Values, NOT_NEGATIVE, "Interest on net debt, percent per year, borrowed too"]
    usdjpy: Annotated[Values, POSITIVE, "Yen per dollar, for the whole horizon"]
    loading_arm: Annotated[Values, LOADING, "Log return of Arm per log return of the AI factor"]
    loading_vision_fund: Annotated[Values, LOADING, "The same of the second Vision Fund"]
    loading_rest: Annotated[Values, LOADING, "The same of everything else"]
    arm_volatility_pct: Annotated[Values, NOT_NEGATIVE, "Volatility of Arm's own noise, percent per year"]
    vision_fund_volatility_pct: Annotated[Values, NOT_NEGATIVE, "The same of the second Vision Fund"]
    rest_volatility_pct: Annotated[Values, NOT_NEGATIVE, "The same of everything else"]
    degrees_of_freedom: Annotated[float, DEGREES_OF_FREEDOM, "Tails of that noise: 0 normal, or Student's t"]

    def __post_init__(self) -> None:
        check_inputs(self)


class Instalment(NamedTuple):
    """Money that SoftBank still has to pay for the stake."""

    years: float
    """From the start, above 0."""
    amount_usd_bn: float


class StakePaths(NamedTuple):
    """What the balance sheet needs of the venture."""

    value_usd_bn: Floats
    """The stake that is paid for, at quarter ends, shape (draws, quarters + 1); above 0 at the start."""
    ai_factor: Floats
    """What moves the other holdings along, of the same shape, above 0 (`ai_factor`)."""
    instalments: Sequence[Instalment]
    """What is still to be paid for the rest of the stake."""


@dataclass(frozen=True)
class ExposurePaths:
    """Simulated balance sheet; arrays have shape (draws, quarters + 1) unless stated, yen in trillions.

    Attributes
    ----------
    times_years
        Quarter ends, years from the start, shape (quarters + 1,).
    openai_jpy_tn, arm_jpy_tn, vision_fund_jpy_tn, rest_jpy_tn
        Value of the stake that is paid for and of the other holdings.
    net_debt_jpy_tn
        Net debt with interest and the instalments paid so far.
    unpaid_jpy_tn
        The instalments to come, at each date.
    inputs
        The assumptions that they follow from, where these are known.
    """

    times_years: Floats
    openai_jpy_tn: Floats
    arm_jpy_tn: Floats
    vision_fund_jpy_tn: Floats
    rest_jpy_tn: Floats
    net_debt_jpy_tn: Floats
    unpaid_jpy_tn: Floats
    inputs: Inputs = field(default_factory=dict, compare=False, repr=False)

    @property
    def other_holdings_jpy_tn(self) -> Floats:
        """Everything but the OpenAI stake."""
        return self.arm_jpy_tn + self.vision_fund_jpy_tn + self.rest_jpy_tn

    @property
    def gross_jpy_tn(self) -> Floats:
        """All holdings, the stake included."""
        return self.openai_jpy_tn + self.other_holdings_jpy_tn

    @property
    def nav_jpy_tn(self) -> Floats:
        """Net asset value: holdings less net debt."""
        return self.gross_jpy_tn - self.net_debt_jpy_tn

    @property
    def ltv_share(self) -> Floats:
        """Loan-to-value: net debt over the gross value of the holdings, the stake included."""
        return self.net_debt_jpy_tn / self.gross_jpy_tn


def jpy_tn(usd_bn: Floats, usdjpy: Values) -> Floats:
    """Billions of dollars as trillions of yen: usd_bn × usdjpy / 1000."""
    return np.asarray(usd_bn * usdjpy / 1000)


def ai_factor(market_factor: Floats, revenue_usd_bn: Floats, expected_revenue_usd_bn: Floats) -> Floats:
    """What moves SoftBank's other holdings along with OpenAI, over the start.

        factor(t) = market(t) × [revenue(t) / revenue(0)] / [expected(t) / expected(0)]

    Growth as expected moves nothing; shocks are a surprise, as they are to what the market pays for OpenAI.

    Parameters
    ----------
    market_factor, revenue_usd_bn
        Shape (draws, dates), above 0.
    expected_revenue_usd_bn
        Shape (dates,), above 0.
    """
    fundamentals = revenue_usd_bn / expected_revenue_usd_bn
    factor = market_factor * fundamentals
    return np.asarray(factor / factor[:, :1])


def net_debt(
    times_years: Floats,
    start: Floats,
    instalments: Sequence[tuple[float, Floats]],
    interest_pct: Floats,
) -> Floats:
    """Net debt at each date, with interest from the day on which it was taken up.

        debt(t) = debt(0) × (1 + r)^t + sum over instalments due by t of amount × (1 + r)^(t - due)

    Parameters
    ----------
    times_years
        Years from the start, shape (dates,).
    start, interest_pct
        Debt at the start and r in percent per year, shape (draws, 1) or (1, 1).
    instalments
        Years from the start and the amount, in the unit and shape of `start`.
    """
    rate = np.log1p(interest_pct / 100)
    debt = start * np.exp(rate * times_years)
    for years, amount in instalments:
        since = times_years - years
        debt = debt + np.where(since >= 0, amount * np.exp(rate * np.maximum(since, 0.0)), 0.0)
    return np.asarray(debt)


def simulate(
    inputs: ExposureInputs, stake: StakePaths, rngs: Mapping[str, np.random.Generator]
) -> ExposurePaths:
    """Simulate SoftBank's NAV and LTV along paths of the OpenAI stake.

    Parameters
    ----------
    inputs
        Numbers, or arrays of shape (draws,).
    stake
        The stake, the AI factor and the instalments.
    rngs
        The streams named in `PURPOSES`, for each holding's own noise, independent of the stake; further ones
        are ignored.

    Returns
    -------
    ExposurePaths

    Raises
    ------
    ValueError
        Stake values of another shape, negative, not finite or zero at the start; a factor of another shape or
        not above 0; an instalment that is not positive or not after the start; an input array of another
        length; a missing stream.

    Notes
    -----
    With F the AI factor, b the loading and N the noise:

        holding(t) = holding(0) × F(t)^b × N(t)

    and net debt as in `net_debt`.
    """
    missing = [purpose for purpose in PURPOSES if purpose not in rngs]
    if missing:
        raise ValueError(f"streams missing: {missing} of {PURPOSES}: spawn them by name.")
    _check_stake(stake)
    n_draws, dates = stake.value_usd_bn.shape
    noise = {
        name: holding_noise(
            name,
            getattr(inputs, f"{name}_volatility_pct"),
            float(inputs.degrees_of_freedom),
            (n_draws, dates - 1),
            rngs[name],
        )
        for name in HOLDINGS
    }
    return along_stake(inputs, stake, noise)


def holding_noise(
    name: str,
    volatility_pct: Values,
    degrees_of_freedom: float,
    shape: tuple[int, int],
    rng: np.random.Generator,
) -> Floats:
    """A holding's own noise: `simulation.lognormal_walk` over a shape of (draws, quarters)."""
    volatility = input_column(f"{name}_volatility_pct", volatility_pct, shape[0])
    return lognormal_walk(volatility, *shape, rng, degrees_of_freedom=degrees_of_freedom)


def along_stake(inputs: ExposureInputs, stake: StakePaths, noise: Mapping[str, Floats]) -> ExposurePaths:
    """`simulate`, with the own noise of each of `HOLDINGS` already drawn (`holding_noise`)."""
    _check_stake(stake)
    n_draws, dates = stake.value_usd_bn.shape
    x = {f.name: input_column(f.name, getattr(inputs, f.name), n_draws) for f in fields(inputs)}
    values: dict[str, Any] = {
        f"{name}_jpy_tn": x[f"{name}_jpy_tn"] * stake.ai_factor ** x[f"loading_{name}"] * noise[name]
        for name in HOLDINGS
    }
    times = np.arange(dates) / QUARTERS_PER_YEAR
    due = [(years, jpy_tn(np.array(amount), x["usdjpy"])) for years, amount in stake.instalments]
    unpaid = sum((np.where(times < years, amount, 0.0) for years, amount in due), np.zeros((1, dates)))
    debt = net_debt(times, x["net_debt_jpy_tn"], due, x["interest_pct"])
    return ExposurePaths(
        times_years=times,
        openai_jpy_tn=jpy_tn(stake.value_usd_bn, x["usdjpy"]),
        net_debt_jpy_tn=np.broadcast_to(debt, (n_draws, dates)),
        unpaid_jpy_tn=np.broadcast_to(unpaid, (n_draws, dates)),
        **values,
    )


def _check_stake(stake: StakePaths) -> None:
    value, factor = stake.value_usd_bn, stake.ai_factor
    if value.ndim != 2 or value.shape[0] == 0 or value.shape[1] == 0 or factor.shape != value.shape:
        raise ValueError(
            f"value_usd_bn has shape {value.shape} and ai_factor {factor.shape}: write (draws, quarters + 1)"
            " for both."
        )
    if not (np.isfinite(value) & (value >= 0)).all() or (value[:, 0] <= 0).any():
        raise ValueError(
            "value_usd_bn is negative or not finite, or zero at the start: write 0 or more, start > 0."
        )
    if not (np.isfinite(factor) & (factor > 0)).all():
        raise ValueError("ai_factor is zero, negative or not finite: write numbers above 0.")
    if wrong := [payment for payment in stake.instalments if not (payment[0] > 0 and payment[1] > 0)]:
        raise ValueError(f"instalments include {wrong[0]}: write days after the start and amounts above 0.")


def implied_correlation(
    loadings: Sequence[float], volatilities_pct: Sequence[float], factor_volatility_pct: float
) -> Floats:
    """Correlation of quarterly log returns of the AI factor and the other holdings.

    With b the loadings, v the own volatilities and s that of the factor the covariances are b_i b_j s² + v_i²
    (i = j); the factor itself has b = 1 and v = 0.

    Parameters
    ----------
    loadings, volatilities_pct
        Of the other holdings, percent per year.
    factor_volatility_pct
        Of the AI factor, above 0.

    Returns
    -------
    ndarray, shape (holdings + 1, holdings + 1), the factor first; NaN for a holding that does not move.
    """
    b = np.array([1.0, *loadings])
    covariance = np.outer(b, b) * factor_volatility_pct**2 + np.diag(np.array([0.0, *volatilities_pct]) ** 2)
    spread = np.sqrt(np.diag(covariance))
    with np.errstate(invalid="ignore"):
        return np.asarray(covariance / np.outer(spread, spread))


@traced
def exceedance_probability(
    paths: ExposurePaths, ceiling_share: float, *, within_years: float
) -> MonteCarloEstimate:
    """Probability that LTV passes a ceiling at some quarter end up to `within_years`, the start included.

    Parameters
    ----------
    paths
        From `simulate`.
    ceiling_share
        Above 0, such as 0.25 (SoftBank's ceiling in normal times) or 0.35 (in emergencies).
    within_years
        0 up to the horizon.

    Returns
    -------
    Estimate, share 0 to 1, with its Monte-Carlo interval.

    Raises
    ------
    ValueError
        A ceiling that is not positive, or `within_years` before the start or past the horizon.

    References
    ----------
    SoftBank Group, financial policy, https://group.softbank/en/ir/investors/management_policy
    """
    horizon = float(paths.times_years[-1])
    if not ceiling_share > 0 or not 0 <= within_years <= horizon:
        raise ValueError(
            f"ceiling_share is {ceiling_share}, within_years is {within_years}: write a share above 0,"
            f" such as 0.25, and 0 up to the horizon, {horizon:g}."
        )
    passed = paths.ltv_share[:, paths.times_years <= within_years] > ceiling_share
    return probability(np.asarray(passed.any(axis=1)))


def required_sale(
    gross_jpy_tn: Floats, net_debt_jpy_tn: Floats, ceiling_share: float, discount_share: float
) -> Floats:
    """What must be sold to get loan-to-value down to a ceiling, at market values before the discount.

    S such that (debt - (1 - d) S) / (gross - S) = c:  S = (debt - c gross) / ((1 - d) - c); 0 where
    loan-to-value is below the ceiling. More than `gross` where selling everything does not suffice.

    Parameters
    ----------
    gross_jpy_tn, net_debt_jpy_tn
        Holdings and net debt, any shapes that broadcast.
    ceiling_share
        c, above 0.
    discount_share
        d, what a sale in haste loses, 0 to below 1 - c.

    Raises
    ------
    ValueError
        A ceiling or a discount out of range: at a discount of 1 - c a sale lowers debt no faster than it
        should.
    """
    if not ceiling_share > 0 or not 0 <= discount_share < 1 - ceiling_share:
        raise ValueError(
            f"ceiling_share is {ceiling_share}, discount_share is {discount_share}: "
            "write a ceiling above 0 and a discount of 0 to below 1 - ceiling."
        )
    missing = net_debt_jpy_tn - ceiling_share * gross_jpy_tn
    return np.asarray(np.maximum(missing, 0.0) / (1 - discount_share - ceiling_share))


class ForcedSale(NamedTuple):
    """What a sale would have to be at the worst quarter end, over the draws in which one is needed."""

    needed: MonteCarloEstimate
    """Probability that something must be sold."""
    of_arm: MonteCarloEstimate | None
    """Median of the sale over the value of Arm that day; None where nothing must ever be sold."""
    arm_suffices: MonteCarloEstimate | None
    """Probability that Arm alone is worth enough, where something must be sold."""
    all_suffices: MonteCarloEstimate | None
    """Probability that everything but OpenAI is."""


@traced
def forced_sales(
    paths: ExposurePaths, *, ceiling_pct: float, discount_pct: float, within_years: float
) -> ForcedSale:
    """Whether SoftBank would have to sell to get back to a ceiling, how much, and whether Arm suffices.

    Parameters
    ----------
    paths
        From `simulate`.
    ceiling_pct, discount_pct
        As in `required_sale`, percent.
    within_years
        Quarter ends up to then count, the start included; each draw by its largest sale.
    """
    within = paths.times_years <= within_years
    sale = required_sale(paths.gross_jpy_tn, paths.net_debt_jpy_tn, ceiling_pct / 100, discount_pct / 100)[
        :, within
    ]
    worst = np.argmax(sale, axis=1)[:, np.newaxis]
    size, arm, others = (
        np.take_along_axis(values, worst, axis=1)[:, 0]
        for values in (sale, paths.arm_jpy_tn[:, within], paths.other_holdings_jpy_tn[:, within])
    )
    hit = size > 0
    if not hit.any():
        return ForcedSale(probability(hit), None, None, None)
    return ForcedSale(
        probability(hit),
        quantile(size[hit] / arm[hit], 0.5),
        probability(size[hit] <= arm[hit]),
        probability(size[hit] <= others[hit]),
    )


class Loan(NamedTuple):
    """Money that SoftBank has borrowed and must repay or borrow again on a day."""

    name: str
    balance_usd_bn: float
    matures_years: float
    """From the start."""


class Maturity(NamedTuple):
    """Where SoftBank stands when a loan falls due: at the quarter end before."""

    due_jpy_tn: float
    """What is due, trillion yen."""
    ltv_pct: MedianAndRange
    """Loan-to-value, percent."""
    shut: MonteCarloEstimate
    """Probability that it is above the ceiling, share."""
    of_arm: MedianAndRange
    """What is due over the value of Arm."""


@traced
def maturity(paths: ExposurePaths, loan: Loan, *, usdjpy: float, ceiling_pct: float) -> Maturity:
    """Where SoftBank stands when a loan falls due.

    Parameters
    ----------
    paths
        From `simulate`.
    loan
        Must fall due within the horizon.
    usdjpy, ceiling_pct
        Yen per dollar; the loan-to-value above which nobody is taken to lend.

    Raises
    ------
    ValueError
        A balance that is not positive, or a maturity before the start or after the horizon.
    """
    horizon = float(paths.times_years[-1])
    if not loan.balance_usd_bn > 0 or not 0 <= loan.matures_years <= horizon:
        raise ValueError(
            f"{loan.name} has a balance of {loan.balance_usd_bn:g} and falls due after"
            f" {loan.matures_years:g} years: write a balance above 0 and 0 to {horizon:g} years."
        )
    at = int(np.searchsorted(paths.times_years, loan.matures_years + 1e-9, side="right")) - 1
    ltv_pct = paths.ltv_share[:, at] * 100
    due = float(jpy_tn(np.array(loan.balance_usd_bn), usdjpy))
    return Maturity(
        due,
        median_and_range(ltv_pct),
        probability(ltv_pct > ceiling_pct),
        median_and_range(due / paths.arm_jpy_tn[:, at]),
    )


def ltv_after_loss(
    holdings_jpy_tn: Sequence[float],
    openai_jpy_tn: float,
    net_debt_jpy_tn: float,
    loss_share: Values,
    loadings: Sequence[float] | None = None,
) -> Floats:
    """LTV after a sudden loss on the OpenAI stake, for a stress table.

        LTV = net debt / (openai × (1 - loss) + sum of holding_i × (1 - loss)^loading_i)

    Parameters
    ----------
    holdings_jpy_tn, openai_jpy_tn, net_debt_jpy_tn
        Values before the loss, one currency.
    loss_share
        Share of the stake lost, 0 to 1, all of it by a fall of the AI factor where there are loadings; a
        number or an array.
    loadings
        One a holding, as in `ExposureInputs`; None leaves the other holdings where they are.

    Returns
    -------
    ndarray of the shape of `loss_share`, share.

    Raises
    ------
    ValueError
        A loss outside 0 to 1, or of all where others fall along; other holdings that are not positive
        together; not one loading a holding.
    """
    kept_share = 1 - np.asarray(loss_share, dtype=float)
    each = [0.0] * len(holdings_jpy_tn) if loadings is None else list(loadings)
    if (
        not ((kept_share >= 0) & (kept_share <= 1)).all()
        or (loadings is not None and not (kept_share > 0).all())
        or sum(holdings_jpy_tn) <= 0
        or len(each) != len(holdings_jpy_tn)
    ):
        raise ValueError(
            f"loss_share is {loss_share}: write 0 to 1, below 1 with loadings; holdings_jpy_tn are"
            f" {list(holdings_jpy_tn)}: write values above 0 together, with one loading each."
        )
    others = sum(value * kept_share**loading for value, loading in zip(holdings_jpy_tn, each, strict=True))
    return np.asarray(net_debt_jpy_tn / (openai_jpy_tn * kept_share + others))
