"""Who holds the money? Funding shares with bounds, rounds over time, and run rates.

Decisions
- Only money raised outside counts: a company funded by its parent has no figure, and missing is not zero.
- `>` has no upper bound and `~` reaches to both sides, so a share is an interval; the central
  figure takes the printed numbers as they stand.
- Money in our data is added where its row says that it may be (`in_total`), and mixes what was paid with what
  was promised.
- SoftBank's tranches are never added up: paid is the last stated cost plus the instalments paid after it, and
  promised is what was paid with everything still owed.
- A run rate is one month times twelve as the company or the press gave it; of its growth the level and the
  current rate are given, no more: ten points cannot carry a change of the rate. "At least" and "at most"
  count as bounds, by the likelihood of `start`.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.models import start
from analysis.statistics import trend
from analysis.units import BoundedFigure


def with_investment(funding: pd.DataFrame, company: str, amount_usd_bn: float) -> pd.DataFrame:
    """The funding table after a further investment in one company; bounds move with the value."""
    added = (funding["company"] == company) * amount_usd_bn
    return funding.assign(**{name: funding[name] + added for name in ("value", "low", "high")})


def funding_shares(funding: pd.DataFrame) -> pd.DataFrame:
    """Each company's share of all external funding, with the bounds that its and the others' figures allow.

    Parameters
    ----------
    funding : DataFrame
        ``company``, ``value``, ``low``, ``high`` in billion dollars; rows without a value are left out.

    Returns
    -------
    DataFrame
        ``company``, ``share``, ``share_low``, ``share_high`` (0 to 1), largest first. The lowest share has
        the company at its low bound and all others at their high one, and the other way round.
    """
    figures = funding.dropna(subset="value")
    others_low = figures["low"].sum() - figures["low"]
    others_high = [figures["high"].drop(index).sum() for index in figures.index]
    shares = figures.assign(
        share=figures["value"] / figures["value"].sum(),
        share_low=figures["low"] / (figures["low"] + others_high),
        share_high=[_top_share(high, rest) for high, rest in zip(figures["high"], others_low, strict=True)],
    )
    return shares[["company", "share", "share_low", "share_high"]].sort_values(
        "share", ascending=False, ignore_index=True
    )


def _top_share(high: float, rest: float) -> float:
    return 1.0 if math.isinf(high) else high / (high + rest)


def joint_share(funding: pd.DataFrame, companies: Sequence[str]) -> BoundedFigure:
    """Share of some companies together in all external funding, and the lowest and highest it may be."""
    group = funding.assign(company=funding["company"].where(~funding["company"].isin(companies), "together"))
    summed = group.dropna(subset="value").groupby("company", as_index=False)[["value", "low", "high"]].sum()
    row = funding_shares(summed).set_index("company").loc["together"]
    return BoundedFigure(*row[["share", "share_low", "share_high"]].astype(float))


def raised_over_time(rounds: pd.DataFrame) -> pd.DataFrame:
    """What each company had raised or been promised by the day of each of its rounds.

    Parameters
    ----------
    rounds : DataFrame
        ``company``, ``round``, ``amount_usd_bn``, ``in_total``, ``valid_on``; only rows with `in_total` yes
        are added.

    Returns
    -------
    DataFrame
        ``company``, ``round``, ``valid_on``, ``amount_usd_bn``, ``raised_usd_bn`` (cumulative), by day.
    """
    counted = rounds[rounds["in_total"] == "yes"].sort_values("valid_on", kind="stable")
    summed = counted.assign(raised_usd_bn=counted.groupby("company")["amount_usd_bn"].cumsum())
    columns = ["company", "round", "valid_on", "amount_usd_bn", "raised_usd_bn"]
    return summed[columns].reset_index(drop=True)


def conditional_usd_bn(rounds: pd.DataFrame) -> pd.Series:
    """Money that each company was promised on conditions, billion dollars; none of it counts as raised.

    `rounds` has ``company``, ``event`` (``conditional`` is summed) and ``amount_usd_bn``.
    """
    return rounds[rounds["event"] == "conditional"].groupby("company")["amount_usd_bn"].sum()


def paid_and_promised(tranches: pd.DataFrame) -> pd.DataFrame:
    """What SoftBank had paid into OpenAI, and paid or promised in total, after each day of a change.

    Parameters
    ----------
    tranches : DataFrame
        ``event`` (position, paid, committed; others are left out), ``valid_on``, ``amount_usd_bn``,
        ``cumulative_cost_usd_bn``, ``cost_on_completion_usd_bn``.

    Returns
    -------
    DataFrame
        ``valid_on``, ``paid_usd_bn``, ``promised_usd_bn``, by day; NaN before the first position or
        commitment.

    Notes
    -----
    Paid is the last stated cumulative cost plus the instalments paid after its day; what was paid
    before the first stated cost is in that cost. A commitment brings the promise to its cost on completion,
    where that is stated, else to its amount on top of the cost stated last (or next, if nothing was paid in
    between). What was paid is never more than what was promised: a stated cost above the promise lifts it.
    """
    rows = tranches.sort_values("valid_on", kind="stable")
    positions = rows[rows["event"] == "position"].dropna(subset="cumulative_cost_usd_bn")
    stated = positions.groupby("valid_on")["cumulative_cost_usd_bn"].last()
    paid = rows[rows["event"] == "paid"].groupby("valid_on")["amount_usd_bn"].sum()
    owed = rows[rows["event"] == "committed"].drop_duplicates("valid_on", keep="last").set_index("valid_on")
    days = stated.index.union(paid.index).union(owed.index)
    totals = pd.Series([_paid_by(day, stated, paid) for day in days], index=days, dtype=float)
    promises = {day: _promise(day, row, stated, paid) for day, row in owed.iterrows()}
    promised = pd.Series(promises, dtype=float).reindex(days).ffill()
    promised = promised.mask(totals > promised, totals)
    table = pd.DataFrame({"paid_usd_bn": totals, "promised_usd_bn": promised}, index=days)
    return table.dropna(how="all").rename_axis("valid_on").reset_index()


def paid_usd_bn(tranches: pd.DataFrame) -> float:
    """What SoftBank had paid into OpenAI by the last day of the tranches, billion dollars, by
    `paid_and_promised`; 0 where nothing is known.
    """
    paid = paid_and_promised(tranches)["paid_usd_bn"].dropna()
    return float(paid.iloc[-1]) if len(paid) else 0.0


def _paid_by(day: Hashable, stated: pd.Series, paid: pd.Series) -> float:
    so_far = stated[stated.index <= day]
    if so_far.empty:
        return math.nan
    since = paid[(paid.index > so_far.index[-1]) & (paid.index <= day)]
    return float(so_far.iloc[-1] + since.sum())


def _promise(day: Hashable, row: pd.Series, stated: pd.Series, paid: pd.Series) -> float:
    if not math.isnan(row["cost_on_completion_usd_bn"]):
        return float(row["cost_on_completion_usd_bn"])
    base, later = _paid_by(day, stated, paid), stated[stated.index > day]
    if math.isnan(base) and len(later) and paid[(paid.index > day) & (paid.index <= later.index[0])].empty:
        base = float(later.iloc[0])
    return base + float(row["amount_usd_bn"])


class GrowthFactor(NamedTuple):
    """How many times something grows in a year, with a confidence interval at `level`."""

    value: float
    low: float
    high: float
    level: float


class RunRate(NamedTuple):
    """A run-rate revenue now, and how fast it has grown."""

    points: pd.DataFrame
    """``valid_on``, ``t`` (decimal year), ``value`` (billion dollars a year), ``qualifier``, by day."""
    recent: int
    """How many of them lie in the last months."""
    record: GrowthFactor | None
    """Its growth over the whole record."""
    growth: GrowthFactor | None
    """Its growth over the last months, which is what counts; both None where fewer than three figures that
    are no bounds lie in them: two make no growth.
    """

    @property
    def last(self) -> pd.Series:
        """The last point; NaN where there is none."""
        return self.points.reindex([len(self.points) - 1]).iloc[0]


def run_rate(finance: pd.DataFrame, months: float = 18, level: float = 0.9) -> RunRate:
    """The level and the current growth of annualised revenue.

    Parameters
    ----------
    finance : DataFrame
        ``measure``, ``counts``, ``value`` (billion dollars a year), ``qualifier``, ``valid_on``; of the
        measure ``annualised_revenue`` the rows that count are taken.
    months : float
        How far back from the last point current growth looks.
    level : float
        Level of the intervals.

    Notes
    -----
    One constant growth, every one as likely before; `start.posterior` without a prior. The interval holds the
    scatter of the figures and not their sources' error.
    """
    counted = finance[(finance["measure"] == "annualised_revenue") & (finance["counts"] == "yes")]
    counted = counted.sort_values("valid_on", kind="stable")
    points = (
        counted[["valid_on", "value", "qualifier"]]
        .assign(t=trend.decimal_year(counted["valid_on"]))
        .reset_index(drop=True)
    )
    figures = start.revenue_figures(counted, months / 12)
    growth = _constant_growth(figures, level)
    record = _constant_growth(start.revenue_figures(counted, math.inf), level) if growth else None
    return RunRate(points, len(figures), record, growth)


def _constant_growth(figures: tuple[start.ReportedFigure, ...], level: float) -> GrowthFactor | None:
    """Growth a year with its interval, as if it never changed; None where there are too few points."""
    result = start.posterior(None, figures, start.CONSTANT_GROWTH, shared_error=0.0)
    if result is start.NOTHING:
        return None
    reach = NormalDist().inv_cdf(0.5 + level / 2) * result.spreads[1]
    low, middle, high = (math.exp(result.means[1] + shift) for shift in (-reach, 0.0, reach))
    return GrowthFactor(middle, low, high, level)


class GrowthChange(NamedTuple):
    """What a square of the date says of growth."""

    square: float
    """Coefficient of the squared decimal year in ln of revenue, a year²; above 0 growth speeds up."""
    p: float
    """Two-sided p value of no change."""
    n: int


def growth_change(rate: RunRate | None) -> GrowthChange:
    """Whether growth of annualised revenue changes, by a square of the date; NaN below six points."""
    from statsmodels.regression.linear_model import OLS

    t = np.array([]) if rate is None else rate.points["t"].to_numpy(dtype=float)
    if rate is None or len(t) < LEAST_FOR_SQUARE:
        return GrowthChange(math.nan, math.nan, len(t))
    t = t - t.mean()
    fit = OLS(
        np.log(rate.points["value"].to_numpy(dtype=float)), np.column_stack([np.ones_like(t), t, t**2])
    ).fit()
    return GrowthChange(float(fit.params[2]), float(fit.pvalues[2]), len(t))


LEAST_FOR_SQUARE = 6
"""Three parameters, and three points more to say how far they scatter."""
