"""What must come true for the price paid, and who gains when tokens get cheaper?

Decisions
- The price of the whole business is compared with its cash flows (a reverse DCF); what one investor's money
  needs, by stake and exit multiple alone, is `market.required_revenue_usd_bn`. The two answer different
  questions and stand side by side.
- Revenue grows at one constant rate to the revenue that is solved for: one unknown, where a decaying rate
  would need two. A path that grows faster at first earns the same revenue earlier, at the worse margins of
  these years.
- Years are whole and cash comes at their ends; the run rate at a year's end is taken as its revenue.
- Cash flows before maturity are mostly negative: new money pays them, and the price stands for what is left
  to the owners of today. Dilution is therefore inside the calculation.
- After maturity the business is either held indefinitely at the same return (Gordon) or sold at a multiple of
  the next year's revenue. The first asks a venture return of a grown company and so needs the most; the
  second leaves that to the buyer.
- Use of a plan is lognormal. Given how much the heaviest users take and the mean cost of serving, the shares
  of subscribers and of tokens need no other measurement; amounts in tokens need a price as well.
- Prices, costs and use are those of one model. Costs and prices of a token fall by the same factor: margins
  by the token stay.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Annotated, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.models import frontier
from analysis.provenance import traced
from analysis.statistics.growth import cagr_pct
from analysis.statistics.simulation import GROWTH_PCT, NUMBER, POSITIVE, Constraint, check_inputs

WHOLE_YEARS: Constraint = (lambda x: (x >= 1) & (x == np.round(x)), "whole years, 1 or more")


@dataclass(frozen=True)
class Business:
    """What is assumed of a business whose price is to be explained, each with its rule and its meaning.

    Margins are free cash flow as a percentage of revenue, on a line between today and maturity. Without a
    buyer the business is worth margin / (return - growth) at maturity.

    Raises
    ------
    ValueError
        A number outside its range, or growth that is not below the return where nobody buys.
    """

    revenue_usd_bn: Annotated[float, POSITIVE, "Yearly revenue run rate today"]
    margin_pct: Annotated[float, NUMBER, "Margin today, which may be negative"]
    target_margin_pct: Annotated[float, POSITIVE, "Margin from maturity on"]
    years: Annotated[int, WHOLE_YEARS, "Years to maturity"]
    return_pct: Annotated[float, GROWTH_PCT, "Return asked for, percent a year"]
    long_run_growth_pct: Annotated[float, GROWTH_PCT, "Growth after maturity, percent a year, indefinitely"]
    exit_multiple: Annotated[float | None, POSITIVE, "What a buyer then pays per next revenue"] = None

    def __post_init__(self) -> None:
        check_inputs(self)
        if self.exit_multiple is None and self.return_pct <= self.long_run_growth_pct:
            raise ValueError(
                f"return_pct is {self.return_pct:g} and long_run_growth_pct {self.long_run_growth_pct:g}:"
                " growth without end must stay below the return, or the business is worth more than any"
                " price; write a lower growth or an exit_multiple."
            )

    @property
    def terminal_multiple(self) -> float:
        """Value at maturity per unit of the next year's revenue."""
        if self.exit_multiple is not None:
            return self.exit_multiple
        return self.target_margin_pct / (self.return_pct - self.long_run_growth_pct)

    @property
    def held(self) -> Business:
        """The same business, which nobody sells."""
        return replace(self, exit_multiple=None)

    def sold_at(self, multiple: float) -> Business:
        """The same business, sold at maturity at a multiple of the next year's revenue."""
        return replace(self, exit_multiple=multiple)


def cash_flow_path(business: Business, target_usd_bn: float) -> pd.DataFrame:
    """Year by year to maturity: what the business earns and what that is worth today.

    Parameters
    ----------
    business : Business
        Its assumptions.
    target_usd_bn : float
        Yearly revenue at maturity, billion dollars.

    Returns
    -------
    DataFrame, a row for each year 1 to T
        ``year``, ``revenue_usd_bn``, ``margin_pct``, ``cash_flow_usd_bn``, ``terminal_usd_bn`` (0 but in the
        last year), ``present_usd_bn`` (cash flow and terminal value, discounted).

    Notes
    -----
    ``R_t = R_0 (R_T / R_0)^(t/T)``, ``m_t = m_0 + (m_T - m_0) t/T``, ``present_t = (m_t R_t +
    V_t) / (1 + r)^t``, ``V_T = multiple × R_T (1 + l)``. With ``multiple = m_T / (r - l)`` this is Gordon's
    ``FCF_(T+1) / (r - l)``.
    """
    _positive("target_usd_bn", target_usd_bn)
    growth_x = (target_usd_bn / business.revenue_usd_bn) ** (1 / business.years)
    return _path(business, growth_x)


def _path(business: Business, growth_x: float) -> pd.DataFrame:
    year = np.arange(1, business.years + 1)
    revenue = business.revenue_usd_bn * growth_x**year
    margin = business.margin_pct + (business.target_margin_pct - business.margin_pct) * year / business.years
    cash = revenue * margin / 100
    terminal = np.zeros_like(revenue)
    terminal[-1] = business.terminal_multiple * revenue[-1] * (1 + business.long_run_growth_pct / 100)
    return pd.DataFrame(
        {
            "year": year,
            "revenue_usd_bn": revenue,
            "margin_pct": margin,
            "cash_flow_usd_bn": cash,
            "terminal_usd_bn": terminal,
            "present_usd_bn": (cash + terminal) / (1 + business.return_pct / 100) ** year,
        }
    )


@traced
def required_revenue(business: Business, price_usd_bn: float) -> float:
    """Yearly revenue at maturity for which the business is worth its price, billion dollars.

    Parameters
    ----------
    business : Business
        Its assumptions.
    price_usd_bn : float
        Price of the business without its cash: the equity's price less net cash, above 0.

    Raises
    ------
    ValueError
        The price is not above 0: no revenue explains that.

    Notes
    -----
    In the yearly growth factor, value less price is a polynomial whose coefficients change sign
    once (the price and the losses before, the profits after): by Descartes' rule there is one solution, and
    it is found by bracketing. For the same reason a higher return always needs more revenue.
    """
    from scipy.optimize import brentq

    _positive("price_usd_bn", price_usd_bn)

    def excess(growth_x: float) -> float:
        return float(_path(business, growth_x)["present_usd_bn"].sum()) - price_usd_bn

    high = 1.0
    while excess(high) < 0:
        high *= 2
    growth_x = brentq(excess, 0.0, high, xtol=1e-14, rtol=1e-14)
    return float(business.revenue_usd_bn * growth_x**business.years)


class RevenueNeed(NamedTuple):
    """Yearly revenue at maturity that explains a price, billion dollars, in two readings: the business is
    held indefinitely, or sold at maturity.
    """

    held: float
    sold: float
    pool_usd_bn: float
    """Yearly revenue of the whole market."""

    @property
    def value(self) -> float:
        """What is needed if it is held."""
        return self.held

    @property
    def low(self) -> float:
        """The lower of the two."""
        return min(self.held, self.sold)

    @property
    def high(self) -> float:
        """The higher of the two."""
        return max(self.held, self.sold)

    @property
    def level(self) -> None:
        """None: the ends are readings, and no chance belongs to them."""

    @property
    def held_share(self) -> float:
        """What is needed if it is held, as a share of the whole market."""
        return self.held / self.pool_usd_bn

    @property
    def sold_share(self) -> float:
        """What is needed if it is sold, as a share of the whole market."""
        return self.sold / self.pool_usd_bn


def revenue_need(sold: Business, price_usd_bn: float, *, pool_usd_bn: float) -> RevenueNeed:
    """`required_revenue` of a business that is sold at maturity, and of the same one held indefinitely."""
    held = required_revenue(sold.held, price_usd_bn)
    return RevenueNeed(held, required_revenue(sold, price_usd_bn), pool_usd_bn)


def required_grid(
    business: Business,
    price_usd_bn: float,
    *,
    pool_usd_bn: float,
    returns_pct: Sequence[float] | None = None,
    margins_pct: Sequence[float] | None = None,
    years: Sequence[int] | None = None,
) -> pd.DataFrame:
    """`required_revenue` over returns, margins and years to maturity; the rest stays as in `business`.

    Parameters
    ----------
    business, price_usd_bn
        As for `required_revenue`.
    pool_usd_bn : float
        Yearly revenue of the whole market at maturity, billion dollars.
    returns_pct, margins_pct, years
        Values of ``return_pct``, ``target_margin_pct`` and ``years`` to combine.

    Returns
    -------
    DataFrame, a row for each combination
        ``return_pct``, ``margin_pct`` (at maturity), ``years``, ``revenue_usd_bn``, ``pool_share`` (above 1:
        more than there is), ``growth_pct`` (a year, from today), ``losses_usd_bn`` (sum of the negative cash
        flows on the way, positive).
    """
    _positive("pool_usd_bn", pool_usd_bn)
    rows: list[dict[str, Any]] = []
    for return_pct, margin_pct, horizon in product(
        returns_pct or [business.return_pct],
        margins_pct or [business.target_margin_pct],
        years or [business.years],
    ):
        case = replace(business, return_pct=return_pct, target_margin_pct=margin_pct, years=horizon)
        revenue = required_revenue(case, price_usd_bn)
        rows.append(
            {
                "return_pct": return_pct,
                "margin_pct": margin_pct,
                "years": horizon,
                "revenue_usd_bn": revenue,
                "pool_share": revenue / pool_usd_bn,
                "growth_pct": cagr_pct(case.revenue_usd_bn, revenue, horizon),
                "losses_usd_bn": -float(
                    cash_flow_path(case, revenue)["cash_flow_usd_bn"].clip(upper=0).sum()
                ),
            }
        )
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class Plan:
    """A flat plan whose subscribers' use is lognormal, and the same use paid by the token.

    Raises
    ------
    ValueError
        A number that is not above 0, or a cost above the price.
    """

    plan_usd: Annotated[float, POSITIVE, "Price of the plan, dollars a month"]
    price_usd_per_mtok: Annotated[float, POSITIVE, "Price of a million tokens, sold one by one"]
    cost_usd_per_mtok: Annotated[float, POSITIVE, "Cost of serving them"]
    cost_share: Annotated[float, POSITIVE, "Cost of serving the mean subscriber, a share of the plan's price"]
    spread: Annotated[float, POSITIVE, "Standard deviation of the log of use, see `spread`"]

    def __post_init__(self) -> None:
        check_inputs(self)
        if self.cost_usd_per_mtok > self.price_usd_per_mtok:
            raise ValueError(
                f"cost_usd_per_mtok is {self.cost_usd_per_mtok:g}, above price_usd_per_mtok"
                f" {self.price_usd_per_mtok:g}: write a cost up to the price; tokens sold one by one are not"
                " sold at a loss."
            )

    @property
    def mean_mtok(self) -> float:
        """Use of the mean subscriber, million tokens a month: cost share × plan / cost."""
        return self.cost_share * self.plan_usd / self.cost_usd_per_mtok

    @property
    def median_mtok(self) -> float:
        """Use of the middle subscriber, million tokens a month: mean × exp(-spread² / 2)."""
        return self.mean_mtok * math.exp(-(self.spread**2) / 2)

    @property
    def median_usd(self) -> float:
        """What that use would cost by the token, dollars a month."""
        return self.median_mtok * self.price_usd_per_mtok

    def used_mtok(self, share_below: ArrayLike) -> NDArray[np.float64]:
        """Use, million tokens a month, below which these shares of subscribers stay (between 0 and 1)."""
        from scipy.stats import norm

        return np.asarray(self.median_mtok * np.exp(self.spread * norm.ppf(np.asarray(share_below))))


@traced
def spread(heavy_share: float, heavy_token_share: float) -> float:
    """Standard deviation of log use at which the heaviest users take a given share of all tokens.

    ``σ = z(1 - users) + z(tokens)``, z the standard normal quantile: a share ``Φ(σ - z(1 - users))`` of a
    lognormal sum belongs to its top ``users``.

    Parameters
    ----------
    heavy_share, heavy_token_share : float
        Share of users, and the larger share of the tokens that they take, both between 0 and 1.

    Raises
    ------
    ValueError
        A share outside its bounds, or heavy users who take no more than their part.
    """
    from scipy.stats import norm

    if not 0 < heavy_share < heavy_token_share < 1:
        raise ValueError(
            f"heavy_share is {heavy_share}, heavy_token_share {heavy_token_share}: write shares between 0 and"
            " 1, the second larger."
        )
    return float(norm.ppf(1 - heavy_share) + norm.ppf(heavy_token_share))


def plan_break_even(plan: Plan) -> pd.DataFrame:
    """Where use passes the plan's price, counted at the cost of serving it and at the price by the token.

    Returns
    -------
    DataFrame, rows ``cost`` (beyond it the seller loses) and ``price`` (beyond it the plan is
    cheaper for its user)
        ``counted_at``, ``usd_per_mtok``, ``use_mtok`` (a month), ``share_above`` (of subscribers),
        ``token_share_above`` (of all tokens).

    Notes
    -----
    ``u = plan / rate``; above it are ``Φ(-x)`` of the subscribers with ``Φ(σ - x)`` of the
    tokens, ``x = ln(u / median) / σ``.
    """
    from scipy.stats import norm

    table = pd.DataFrame(
        {
            "counted_at": ["cost", "price"],
            "usd_per_mtok": [plan.cost_usd_per_mtok, plan.price_usd_per_mtok],
        }
    )
    use = plan.plan_usd / table["usd_per_mtok"]
    x = np.log(use / plan.median_mtok) / plan.spread
    return table.assign(use_mtok=use, share_above=norm.sf(x), token_share_above=norm.cdf(plan.spread - x))


def cheaper_tokens(plan: Plan, falls_x: Sequence[float], elasticities: Sequence[float]) -> pd.DataFrame:
    """Margins and revenue by flat plan and by the token, once cost and price of a token fall `falls_x` times.

    Parameters
    ----------
    plan : Plan
        Today's prices and use.
    falls_x : sequence of float
        By what factors the price of a token has fallen, above 0; 1 is today.
    elasticities : sequence of float
        Percent more use per percent of fall, 0 or more; 0 is constant use.

    Returns
    -------
    DataFrame, a row for each elasticity and fall
        ``elasticity``, ``fall_x``, ``use_x`` (over today's), ``plan_margin_pct`` (gross),
        ``token_margin_pct`` (gross), ``token_revenue_usd`` (a month, of the mean subscriber by the token),
        ``plan_revenue_usd``.

    Raises
    ------
    ValueError
        A fall that is not above 0, or a negative elasticity.

    Notes
    -----
    Use is ``fall^ε`` times today's. Margin of the plan ``1 - s fall^(ε - 1)``, s its cost share;
    by the token the margin stays and revenue is ``fall^(ε - 1)`` times today's. At an elasticity of 1 nothing
    changes; above it falling prices raise revenue by the token and lower the margin of the plan, below it the
    reverse: what one gains the other loses.
    """
    falls, elastic = np.asarray(falls_x, dtype=float), np.asarray(elasticities, dtype=float)
    if not ((falls > 0).all() and (elastic >= 0).all()):
        raise ValueError(
            "falls_x must lie above 0 and elasticities must be 0 or more; a fall of 2 is half the price."
        )
    table = pd.DataFrame(list(product(elastic, falls)), columns=["elasticity", "fall_x"])
    spent_x = table["fall_x"] ** (table["elasticity"] - 1)
    return table.assign(
        use_x=table["fall_x"] ** table["elasticity"],
        plan_margin_pct=100 * (1 - plan.cost_share * spent_x),
        token_margin_pct=100 * (1 - plan.cost_usd_per_mtok / plan.price_usd_per_mtok),
        token_revenue_usd=plan.price_usd_per_mtok * plan.mean_mtok * spent_x,
        plan_revenue_usd=plan.plan_usd,
    )


def years_until(plan: Plan, plan_share: float, decline_factor_per_year: ArrayLike) -> NDArray[np.float64]:
    """Years until the middle subscriber's use costs a share of the plan by the token; 0 where it does.

    ``ln(price × median use / (share × plan)) / ln(decline)``, use constant; infinite where the price does not
    fall.

    Parameters
    ----------
    plan : Plan
        Today's prices and use.
    plan_share : float
        The share of the plan's price, above 0.
    decline_factor_per_year : float or array
        By what factor the price of a token falls in a year.

    Returns
    -------
    ndarray of the shape of `decline_factor_per_year`.
    """
    _positive("plan_share", plan_share)
    factor = np.asarray(decline_factor_per_year, dtype=float)
    over = plan.price_usd_per_mtok * plan.median_mtok / (plan_share * plan.plan_usd)
    return frontier.years_to_price_ratio(1 / over, factor) if over > 1 else np.zeros_like(factor)


def _positive(name: str, value: float) -> None:
    if not (value > 0 and math.isfinite(value)):
        raise ValueError(f"{name} is {value}: write a finite number above 0.")


def waiting_times(
    plan: Plan, plan_shares: Sequence[float], *, slow: float, central: float, fast: float
) -> pd.DataFrame:
    """`years_until` for some shares of the plan's price, at three speeds of the fall of token prices.

    `slow`, `central` and `fast` say how many times the price of a token falls in a year; the columns are
    ``plan_share``, ``wait_slow_years``, ``wait_central_years``, ``wait_fast_years``.
    """
    rows = [[share, *years_until(plan, share, [slow, central, fast])] for share in plan_shares]
    waits = [f"wait_{speed}_years" for speed in ("slow", "central", "fast")]
    return pd.DataFrame(rows, columns=["plan_share", *waits])
