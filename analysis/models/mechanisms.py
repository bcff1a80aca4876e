"""By what rules does the company grow, pay, raise money and get its price? One pure function a mechanism.

Decisions
---------
- A function takes arrays and gives arrays; `venture` says in which order they meet. Axis 0 is the draws, axis
  1 the quarter ends, unless stated; inputs of a draw come as a column, shape (draws, 1).
- Growth decays in logs, continuously, from its current rate to its long-run rate. Its half-life cannot be
  read off eight run-rates (a quadratic term has the sign of acceleration there), so it is a belief of its
  own.
- Volume and price are kept separate. Regulation takes volume, and the costs of serving fall with it; open
  models take price, and the same tokens are served for less money.
- Compute is planned against a revenue plan. What is committed is paid whatever comes; the rest is cut where
  revenue stays behind the plan.
"""

from functools import lru_cache

import numpy as np

from analysis.statistics.simulation import QUARTERS_PER_YEAR, Floats, Values, from_zero

GROWTH_GAP_LIMITS = (-0.5, 1.0)
"""Next-year log growth less the long-run rate: beyond these the multiple stays where it is. Growth of more
than about 170% a year is not paid for as if it were sure, and a shrinking company keeps some value.
"""

WORTHLESS_SHARE = 1e-4
"""Share of the starting price below which a price per share has no logarithm worth smoothing."""


def growth_index(
    years: Floats, growth_factor_per_year: Floats, half_life_years: Floats, long_run_pct: Floats
) -> Floats:
    """Volume over its start, from a log growth rate that decays exponentially to its long-run rate.

        ln I(t) = l t + (ln G - l) (h / ln 2) (1 - 2^(-t/h)),   l = ln(1 + long run)

    Parameters
    ----------
    years
        t, from the start, any shape that broadcasts.
    growth_factor_per_year, half_life_years, long_run_pct
        G, by how much a year multiplies at the current rate; h; the rate in the end, percent per year.

    Returns
    -------
    ndarray, 1 at the start. At the start it grows at ln G, after h years at the mean of ln G and l.
    """
    long_run, excess = _log_rates(growth_factor_per_year, long_run_pct)
    reach = excess * half_life_years / np.log(2)
    # in place: what is asked of memory for arrays of this size costs as much as what is done with them
    log_index = np.asarray(-np.log(2) * years / half_life_years)
    np.expm1(log_index, out=log_index)
    log_index = np.asarray(reach * log_index)
    np.subtract(long_run * years, log_index, out=log_index)
    return np.exp(log_index, out=log_index)


def _log_rates(growth_factor_per_year: Floats, long_run_pct: Floats) -> tuple[Floats, Floats]:
    """The long-run log growth rate, and the excess of the current one over it."""
    long_run = np.log1p(long_run_pct / 100)
    return long_run, np.log(growth_factor_per_year) - long_run


def share_of_ceiling(
    revenue_usd_bn: Floats, pool_usd_bn: Floats, pool_share: Floats, ceiling: Floats
) -> Floats:
    """The start over its ceiling, c min(R / (pool × share), 1): 1 where above; 0 where c, the switch, is."""
    return np.asarray(ceiling * np.minimum(revenue_usd_bn / (pool_usd_bn * pool_share), 1.0))


def under_ceiling(index: Floats, share_of_ceiling: Floats) -> Floats:
    """Growth under a ceiling, I / (1 + q (I - 1)): the logistic form.

    Parameters
    ----------
    index
        Growth without a ceiling, 1 at the start.
    share_of_ceiling
        q, the start over the ceiling, 0 (no ceiling) to 1 (no growth).

    Returns
    -------
    ndarray of the broadcast shape: 1 at the start, never above 1/q, close to `index` while it is far below.
    """
    return np.asarray(index / (1 + share_of_ceiling * (index - 1)))


def price_after_parity(
    years: Floats, parity_years: Floats, erosion_pct_per_year: Floats, premium_share: Floats
) -> Floats:
    """Price kept after open models match, 1 - s (1 - (1 - e)^max(t - parity, 0)).

    Parameters
    ----------
    years
        t, from the start, shape (dates,).
    parity_years
        Until an open model matches what is sold at the start; inf for never, 0 or less for already.
    erosion_pct_per_year, premium_share
        e, part of the premium that is lost a year after parity; s, part of the price that is premium.

    Returns
    -------
    ndarray, shape (draws, dates), 1 until parity, never below 1 - s.
    """
    since = np.maximum(years - parity_years, 0.0)
    return np.asarray(1 + premium_share * np.expm1(np.log1p(-erosion_pct_per_year / 100) * since))


def shock_counts(rate_per_year: Floats, quarters: int, rng: np.random.Generator) -> Floats:
    """Regulatory shocks so far, a Poisson process.

    Parameters
    ----------
    rate_per_year
        Expected number a year, shape (draws, 1).
    quarters
        With the draws the shape of the uniforms that are taken from `rng`, whatever the rate is.
    rng
        The stream "shocks". Counts invert one uniform a quarter, so that with the same stream a higher rate
        never means fewer shocks.

    Returns
    -------
    ndarray of whole numbers, shape (draws, quarters + 1), 0 at the start.
    """
    uniforms = rng.random((rate_per_year.shape[0], quarters))
    mean = rate_per_year / QUARTERS_PER_YEAR
    most = _most_in_a_quarter(float(np.max(mean)))
    counts, likely = np.zeros_like(uniforms), np.exp(-mean)
    at_most = likely.copy()
    for k in range(most):
        further = uniforms > at_most
        if not further.any():  # `at_most` only grows: there is none from here on
            break
        counts += further
        likely = likely * mean / (k + 1)
        at_most = at_most + likely
    return from_zero(np.cumsum(counts, axis=1))


@lru_cache(maxsize=64)
def _most_in_a_quarter(mean: float) -> int:
    """More than so many shocks in a quarter are as good as impossible."""
    from scipy import stats  # half a second: only where it is used

    return int(stats.poisson.ppf(1 - 1e-12, mean))


def declining_ratio(years: Floats, start: Floats, long_run: Floats, half_life_years: Floats) -> Floats:
    """A ratio on its way to a long-run level, r + (r0 - r) 2^(-t/h); years (dates,), the rest (draws, 1)."""
    return np.asarray(long_run + (start - long_run) * np.exp2(-years / half_life_years))


def use_of_plan(revenue_usd_bn: Floats, planned_usd_bn: Floats) -> Floats:
    """How far revenue carries the plan behind the compute, min(1, revenue / planned); shaped as revenue."""
    return np.asarray(np.minimum(revenue_usd_bn / planned_usd_bn, 1.0))


def compute_spent(planned_usd_bn: Floats, committed_share: Floats, use: Floats) -> Floats:
    """Research compute that is paid, planned × (c + (1 - c) use): the uncancellable part c whatever comes."""
    return np.asarray(planned_usd_bn * (committed_share + (1 - committed_share) * use))


def onerous_commitments(
    planned_usd_bn: Floats, committed_share: Floats, use: Floats, years: Floats, discount_pct: Floats
) -> Floats:
    """Present value of commitments that revenue no longer carries.

        c × planned × (1 - use) × (1 - (1 + r)^-D) / r

    What the plan can use is a running cost that the multiple already prices; only the idle part is a debt.

    Parameters
    ----------
    planned_usd_bn, use
        Planned compute a year and `use_of_plan`, shape (draws, dates).
    committed_share, years, discount_pct
        c; D, how long commitments run on; r, percent per year, above 0. Shape (draws, 1).

    Returns
    -------
    ndarray, billions of dollars, shape (draws, dates).
    """
    rate = discount_pct / 100
    annuity = -np.expm1(-years * np.log1p(rate)) / rate
    return np.asarray(committed_share * planned_usd_bn * (1 - use) * annuity)


def ev_multiple(
    log_growth: Floats, long_run_pct: Floats, multiple_long_run: Floats, sensitivity: Floats
) -> Floats:
    """EV over NTM revenue before the market factor, M exp(b (g - l)), g - l within `GROWTH_GAP_LIMITS`.

    Parameters
    ----------
    log_growth
        g, log growth of the next year, shape (draws, dates).
    long_run_pct, multiple_long_run, sensitivity
        Long-run growth in percent (l is its log), M and b, shape (draws, 1).

    Returns
    -------
    ndarray, shape (draws, dates).
    """
    gap = np.clip(log_growth - np.log1p(long_run_pct / 100), *GROWTH_GAP_LIMITS)
    return np.asarray(multiple_long_run * np.exp(sensitivity * gap))


def repricing_factor(
    years: Floats, paid_usd_bn: Floats, modelled_usd_bn: Floats, half_life_years: Floats
) -> Floats:
    """What the market pays over the model's enterprise value, (paid / modelled)^(2^(-t/h)); 1 where h is 0.

    Parameters
    ----------
    years
        t, from the start, shape (dates,).
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
            "start_equity_usd_bn does not exceed cash and unpaid instalments in every draw: write a higher"
            " price or less cash."
        )
    gap = np.where(tied, np.log(np.where(tied, paid_usd_bn, modelled_usd_bn) / modelled_usd_bn), 0.0)
    return np.asarray(np.exp(gap * np.exp2(-years / np.where(tied, half_life_years, 1.0))))


def market_shut(market_factor: Floats, fall_pct: Floats) -> np.ndarray:
    """Whether new money comes in distress only: the market factor is over `fall_pct` below its high so far.

    Boolean ndarray of the factor's shape, (draws, dates); `fall_pct` of shape (draws, 1).
    """
    highest = np.maximum.accumulate(market_factor, axis=1)
    return np.asarray(market_factor < (1 - fall_pct / 100) * highest)


def fund(
    burn_usd_bn: Floats,
    value_usd_bn: Floats,
    cash_usd_bn: Floats,
    paid_in_usd_bn: Floats,
    *,
    floor_quarters: Floats,
    raise_quarters: Floats,
    discount: Floats,
) -> tuple[Floats, Floats, Floats]:
    """Cash, new money and dilution, quarter by quarter.

        raised(t)    = raise_quarters × burn(t)  if cash(t) < floor_quarters × burn(t), else 0
        cash(t + 1)  = cash(t) - burn(t) + raised(t) + paid_in(t + 1)
        kept(t + 1)  = kept(t) × pre / (pre + raised(t)),   pre = (1 - discount(t)) × equity(t)
        equity(t)    = max(value(t) + cash(t), 0)

    Parameters
    ----------
    burn_usd_bn
        Costs less revenue of the quarter that begins at t, shape (draws, dates).
    value_usd_bn
        What the holders own besides the cash (EV, instalments still owed to the company, less its debts),
        shape (draws, dates).
    cash_usd_bn
        At the start, shape (draws, 1).
    paid_in_usd_bn
        Instalments that come in between t - 1 and t, shape (dates,); they buy shares that are counted from
        the start.
    floor_quarters, raise_quarters
        Quarters of burn below which money is raised, and for which; 1 or more; shape (draws, 1).
    discount
        Below what price new money comes, share, shape (draws, dates).

    Returns
    -------
    cash, raised, kept, each of shape (draws, dates). Kept is what a share of the start has
    become, 1 at the start, 0 once money is raised at no positive value. Cash never falls below zero. Nothing
    is raised at the last date.
    """
    # quarters in rows: the loop then works on whole, contiguous rows
    burn, value, discounts = (np.ascontiguousarray(x.T) for x in (burn_usd_bn, value_usd_bn, discount))
    cash, raised, kept_share = np.empty_like(burn), np.zeros_like(burn), np.empty_like(burn)
    cash[0], kept_share[0] = cash_usd_bn[:, 0], 1.0
    floor, covered = floor_quarters[:, 0], raise_quarters[:, 0]
    for t in range(len(burn) - 1):
        raised[t] = np.where(cash[t] < floor * burn[t], covered * burn[t], 0.0)
        before = (1 - discounts[t]) * np.maximum(value[t] + cash[t], 0.0)
        after = before + raised[t]
        # without a raise the share stays, also where nothing is left of the value
        kept_share[t + 1] = kept_share[t] * np.where(
            raised[t] > 0, before / np.where(after > 0, after, 1.0), 1.0
        )
        cash[t + 1] = cash[t] - burn[t] + raised[t] + paid_in_usd_bn[t + 1]
    return cash.T, raised.T, kept_share.T


def reported_price(
    price: Floats, priced_round: np.ndarray, round_price: Floats, listed: np.ndarray, smoothing_share: Floats
) -> Floats:
    """The price per share that a holder reports, which follows the value with a delay.

        ln M(t) = ln M(t - 1) + w (ln P(t) - ln M(t - 1))
        M(t)    = round price at a priced round
        M(t)    = P(t) once listed

    Parameters
    ----------
    price
        P, value per share, shape (draws, dates); its start is the first mark.
    priced_round, round_price
        Whether new money came at that date, and at what price.
    listed
        Whether the shares are traded by then.
    smoothing_share
        w, the part of the gap (in logs) that a quarter's report takes in, above 0 and up to 1; shape (draws,
        1).

    Returns
    -------
    ndarray, shape (draws, dates). Prices below `WORTHLESS_SHARE` of the start count as that
    share in the smoothing.
    """
    floor = WORTHLESS_SHARE * price[:, 0]
    logs = np.log(np.maximum(np.ascontiguousarray(price.T), floor))
    rounds, listings = priced_round.T, np.ascontiguousarray(listed.T)
    round_logs = np.log(np.maximum(np.ascontiguousarray(round_price.T), floor))
    marks, w = np.empty_like(logs), smoothing_share[:, 0]
    marks[0] = logs[0]
    for t in range(1, len(logs)):
        smooth = marks[t - 1] + w * (logs[t] - marks[t - 1])
        marks[t] = np.where(listings[t], logs[t], np.where(rounds[t], round_logs[t], smooth))
    reported = np.exp(marks).T
    return np.asarray(np.where(listed, price, reported))


def claim_usd_bn(
    share: Floats,
    equity_usd_bn: Floats,
    cost_usd_bn: Floats,
    preferences_usd_bn: Floats,
    converted: np.ndarray,
) -> Floats:
    """What a holder of preferred shares can claim.

        share × equity                                             once converted max(share × equity, cost ×
        min(1, equity / preferences))   before: its cost, pari passu with the others

    Parameters
    ----------
    share, equity_usd_bn
        Share and equity value, shape (draws, dates).
    cost_usd_bn, preferences_usd_bn
        What the holder paid; what all holders with a preference paid (0: nobody has one); broadcast.
    converted
        Whether the shares have become ordinary ones (a listing).
    """
    as_converted = share * equity_usd_bn
    senior = preferences_usd_bn > 0
    covered = np.minimum(equity_usd_bn / np.where(senior, preferences_usd_bn, 1.0), 1.0)
    return np.asarray(
        np.where(converted | ~senior, as_converted, np.maximum(as_converted, cost_usd_bn * covered))
    )


def after_manager(claim_usd_bn: Floats, cost_usd_bn: Values, gain_share: Floats) -> Floats:
    """A claim after the manager's share of the gain, claim - m max(claim - cost, 0)."""
    return np.asarray(claim_usd_bn - gain_share * np.maximum(claim_usd_bn - cost_usd_bn, 0.0))


def irr_pct(payment_years: Floats, payments: Floats, receipt: Floats, receipt_years: float) -> Floats:
    """IRR of dated payments and one receipt after all of them, percent per year.

    Solves sum of a_i (1 + r)^(T - t_i) = X, whose left side rises in r, for x = ln(1 + r) by Newton's method
    from a table.

    Parameters
    ----------
    payment_years, payments
        t_i and a_i > 0, shape (payments,).
    receipt
        X, 0 or more, shape (draws,).
    receipt_years
        T, later than every t_i.

    Returns
    -------
    ndarray, shape (draws,); a receipt of 0 gives -100.
    """
    years_held = receipt_years - payment_years
    rates = np.linspace(-12.0, 12.0, 481)
    tabled = np.log(np.exp(np.outer(rates, years_held)) @ payments)
    log_receipt = np.log(np.maximum(receipt, 1e-300))
    x = np.interp(log_receipt, tabled, rates)
    for _ in range(4):
        grown = np.exp(np.outer(x, years_held)) * payments
        total = grown.sum(axis=1)
        x = x - (np.log(total) - log_receipt) * total / (grown @ years_held)
        x = np.clip(x, rates[0], rates[-1])
    return np.asarray(np.where(receipt > 0, np.expm1(x) * 100, -100.0))
