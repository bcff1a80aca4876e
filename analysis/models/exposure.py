"""What does it do to SoftBank?

Decisions
---------
- Amounts are trillions of yen at one fixed exchange rate. Net debt is pro forma: what is still to be paid for
  the stake counts as debt from the start, and nothing else moves it (no interest, dividends, sales or new
  deals).
- One AI factor: the other holdings move with the OpenAI stake by a loading on log returns, and by noise of
  their own whose mean is one. The stake's own trend, up or down, passes on by the same loading.
- LTV is net debt over the gross value of the holdings, the OpenAI stake included, as SoftBank defines it.
- A stake that loses nearly all has no log return. Its fall counts for the other holdings down to 1% of the
  starting value; its own value stays as simulated.
"""

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from analysis.models.simulation import (
    NOT_NEGATIVE,
    NUMBER,
    POSITIVE,
    QUARTERS_PER_YEAR,
    Floats,
    Rule,
    Values,
    check,
    column,
    cumulative_probability,
    lognormal_walk,
)

FALL_LIMIT_SHARE = 0.01  # share of the starting stake value below which the other holdings no longer follow

_RULES: dict[str, Rule] = {
    "other_holdings_jpy_tn": POSITIVE,
    "net_debt_jpy_tn": NUMBER,
    "unpaid_usd_bn": NOT_NEGATIVE,
    "usdjpy": POSITIVE,
    "loading": NUMBER,
    "other_volatility_pct": NOT_NEGATIVE,
}


@dataclass(frozen=True)
class ExposureInputs:
    """Inputs of `simulate`: one number, or an array of shape (draws,).

    Attributes
    ----------
    other_holdings_jpy_tn
        Value of all holdings but the OpenAI stake at the start.
    net_debt_jpy_tn
        Net debt at the start, without the unpaid commitment.
    unpaid_usd_bn
        Part of the OpenAI commitment not yet paid at the start; added to net debt.
    usdjpy
        Yen per dollar, for the whole horizon.
    loading
        Log return of the other holdings per log return of the OpenAI stake.
    other_volatility_pct
        Volatility of the other holdings' own noise, percent per year.

    Raises
    ------
    ValueError
        Any input outside its range; all of them in one message.
    """

    other_holdings_jpy_tn: Values
    net_debt_jpy_tn: Values
    unpaid_usd_bn: Values
    usdjpy: Values
    loading: Values
    other_volatility_pct: Values

    def __post_init__(self) -> None:
        check({field.name: getattr(self, field.name) for field in fields(self)}, _RULES)


@dataclass(frozen=True)
class ExposurePaths:
    """Simulated balance sheet; arrays have shape (draws, quarters + 1) unless stated, yen in trillions.

    Attributes
    ----------
    times_years
        Quarter ends, years from the start, shape (quarters + 1,).
    openai_jpy_tn, other_holdings_jpy_tn
        Value of the stake and of all other holdings.
    net_debt_jpy_tn
        Net debt with the unpaid commitment, shape (draws,).
    """

    times_years: Floats
    openai_jpy_tn: Floats
    other_holdings_jpy_tn: Floats
    net_debt_jpy_tn: Floats

    @property
    def nav_jpy_tn(self) -> Floats:
        """Net asset value: holdings less net debt."""
        return self.openai_jpy_tn + self.other_holdings_jpy_tn - self.net_debt_jpy_tn[:, np.newaxis]

    @property
    def ltv_share(self) -> Floats:
        """Loan-to-value: net debt over the gross value of the holdings, the stake included."""
        return self.net_debt_jpy_tn[:, np.newaxis] / (self.openai_jpy_tn + self.other_holdings_jpy_tn)

    @property
    def openai_share_of_nav(self) -> Floats:
        """The stake over NAV (above 1 is possible with debt); NaN where NAV is not positive."""
        nav = self.nav_jpy_tn
        return np.divide(self.openai_jpy_tn, nav, out=np.full_like(nav, np.nan), where=nav > 0)


def jpy_tn(usd_bn: Floats, usdjpy: Values) -> Floats:
    """Billions of dollars as trillions of yen: usd_bn × usdjpy / 1000."""
    return np.asarray(usd_bn * usdjpy / 1000)


def other_holdings_factor(openai_share_kept: Floats, loading: Values) -> Floats:
    """Other holdings over their start, from the share of its starting value that the stake keeps.

    max(share kept, 0.01)^loading: at a loading of 0.5 a stake that halves takes 29% of the other holdings,
    and one that is lost takes 90%. Any shapes that broadcast.
    """
    return np.asarray(np.maximum(openai_share_kept, FALL_LIMIT_SHARE) ** loading)


def simulate(inputs: ExposureInputs, stake_value_usd_bn: Floats, rng: np.random.Generator) -> ExposurePaths:
    """Simulate SoftBank's NAV and LTV along paths of the OpenAI stake.

    Parameters
    ----------
    inputs
        Numbers, or arrays of shape (draws,).
    stake_value_usd_bn
        Value of the stake at quarter ends, shape (draws, quarters + 1), positive at the start (zero later is
        fine).
    rng
        Stream of the other holdings' own noise, independent of the stake.

    Returns
    -------
    ExposurePaths

    Raises
    ------
    ValueError
        Stake values of another shape, negative, not finite or zero at the start; an input array of another
        length.

    Notes
    -----
    With S the stake's value in dollars, b the loading and N the noise:

        other(t) = other(0) × max(S(t)/S(0), 0.01)^b × N(t);   net debt = net debt(0) + unpaid × usdjpy / 1000
    """
    stake = np.asarray(stake_value_usd_bn, dtype=float)
    if stake.ndim != 2 or stake.shape[0] == 0 or stake.shape[1] == 0:
        raise ValueError(f"stake_value_usd_bn has shape {stake.shape}: write (draws, quarters + 1).")
    if not (np.isfinite(stake) & (stake >= 0)).all() or (stake[:, 0] <= 0).any():
        raise ValueError(
            "stake_value_usd_bn is negative or not finite, or zero at the start: write 0 or more, start > 0."
        )
    n_draws, dates = stake.shape
    x = {f.name: column(f.name, getattr(inputs, f.name), n_draws) for f in fields(inputs)}
    other = x["other_holdings_jpy_tn"] * other_holdings_factor(stake / stake[:, :1], x["loading"])
    other = other * lognormal_walk(x["other_volatility_pct"], n_draws, dates - 1, rng)
    net_debt = x["net_debt_jpy_tn"] + jpy_tn(x["unpaid_usd_bn"], x["usdjpy"])
    return ExposurePaths(
        np.arange(dates) / QUARTERS_PER_YEAR, jpy_tn(stake, x["usdjpy"]), other, net_debt[:, 0]
    )


def exceedance(paths: ExposurePaths, ceiling_share: float) -> pd.DataFrame:
    """Probability that LTV has passed a ceiling at some quarter end by each date.

    Parameters
    ----------
    paths
        From `simulate`.
    ceiling_share
        Above 0, such as 0.25 (SoftBank's ceiling in normal times) or 0.35 (in emergencies).

    Returns
    -------
    DataFrame with the columns of `simulation.cumulative_probability`. The start counts: where LTV begins
    above the ceiling, the first row is 1.

    Raises
    ------
    ValueError
        A ceiling that is not positive.

    References
    ----------
    SoftBank Group, financial policy, https://group.softbank/en/ir/investors/management_policy
    """
    if not ceiling_share > 0:
        raise ValueError(f"ceiling_share is {ceiling_share}: write a share above 0, such as 0.25.")
    return cumulative_probability(paths.ltv_share > ceiling_share, paths.times_years)


def ltv_after_loss(
    other_holdings_jpy_tn: float,
    openai_jpy_tn: float,
    net_debt_jpy_tn: float,
    loss_share: Values,
    loading: float = 0.0,
) -> Floats:
    """LTV after a sudden loss on the OpenAI stake, for a stress table.

        LTV = net debt / (openai × (1 - loss) + other × max(1 - loss, 0.01)^loading)

    Parameters
    ----------
    other_holdings_jpy_tn, openai_jpy_tn, net_debt_jpy_tn
        Values before the loss, one currency; net debt with the unpaid commitment.
    loss_share
        Share of the stake lost, 0 to 1; a number or an array.
    loading
        As in `ExposureInputs`; 0 leaves the other holdings where they are.

    Returns
    -------
    ndarray of the shape of `loss_share`, share.

    Raises
    ------
    ValueError
        A loss outside 0 to 1, or other holdings that are not positive.
    """
    kept = 1 - np.asarray(loss_share, dtype=float)
    if not ((kept >= 0) & (kept <= 1)).all() or other_holdings_jpy_tn <= 0:
        raise ValueError(
            f"loss_share is {loss_share}: write 0 to 1; "
            f"other_holdings_jpy_tn is {other_holdings_jpy_tn}: write a value above 0."
        )
    gross = openai_jpy_tn * kept + other_holdings_jpy_tn * other_holdings_factor(kept, loading)
    return np.asarray(net_debt_jpy_tn / gross)
