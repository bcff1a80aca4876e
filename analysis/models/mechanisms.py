"""By what rules does the company grow, pay, raise money and get its price? One pure function a mechanism.

Decisions
---------
- A function takes arrays and gives arrays; `venture` says in which order they meet. Axis 0 is the draws, axis
  1 the quarter ends, unless stated; inputs of a draw come as a column, shape (draws, 1). The functions that
  `venture` calls quarter by quarter take one quarter end at a time: every argument has shape (draws,).
- Growth decays in logs, continuously, from its current rate to its long-run rate, as it did in the reference
  class. The class slowed because its companies met their ceilings, so no second one is applied by default.
- Volume and price are kept separate. Regulation takes volume, and the costs of serving fall with it; open
  models take price, and the same tokens are served for less money.
- Compute is planned against a revenue plan. Contracts are signed for a part of it, on the forecast of the day
  of signing, and are paid for their term; the rest follows revenue, and money that is within reach.
"""

from functools import lru_cache

import numpy as np

from analysis.statistics.simulation import QUARTERS_PER_YEAR, Floats, Values, from_zero

GROWTH_GAP_LIMITS = (-0.5, 1.0)
"""Next-year log growth less the long-run rate: beyond these the multiple stays where it is. Growth of more
than about 170% a year is not paid for as if it were sure, and a shrinking company keeps some value.
"""

MARGIN_LIMITS = (-0.5, 0.5)
"""Margins beyond these move the multiple no further."""

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


def growth_clock(shocks: Floats, delay_years: Floats) -> Floats:
    """Years for which growth has run, a clock that stops while a regulatory shock lasts.

        pause(t + 1/4) = max(pause(t) + delay × new shocks - 1/4, 0)
        clock(t + 1/4) = clock(t) + max(1/4 - pause(t) - delay × new shocks, 0)

    Parameters
    ----------
    shocks
        So far, from `shock_counts`, shape (draws, dates).
    delay_years
        For which each of them stops growth, shape (draws, 1).

    Returns
    -------
    ndarray, shape (draws, dates), 0 at the start. It never runs back: growth that was had is kept.
    """
    quarter = 1 / QUARTERS_PER_YEAR
    stopped = np.ascontiguousarray((np.diff(shocks, axis=1) * delay_years).T)
    clock, pause = np.zeros((len(stopped) + 1, shocks.shape[0])), np.zeros(shocks.shape[0])
    for t, delay in enumerate(stopped):
        waiting = pause + delay
        clock[t + 1] = clock[t] + np.maximum(quarter - waiting, 0.0)
        pause = np.maximum(waiting - quarter, 0.0)
    return clock.T


def log_growth_ahead(
    clock_years: Floats,
    quarters: int,
    quarters_to_parity: Floats,
    growth_factor_per_year: Floats,
    half_life_years: Floats,
    long_run_pct: Floats,
    parity_loss_pct: Floats,
) -> Floats:
    """Log growth of volume over the next quarters, as foreseen: no shock, no surprise, nothing cut.

        l n/4 + e h / ln 2 × 2^(-t/h) × (1 - r^m + (1 - loss) (r^m - r^n)),   r = 2^(-1/4h)

    with l the long-run rate, e the excess of the current log growth rate over it, h its half-life, n the
    quarters, m those of them before open models match.

    Parameters
    ----------
    clock_years
        t, the years for which growth has run, shape (draws, dates).
    quarters
        n.
    quarters_to_parity
        Whole quarters, 0 or more, that begin before parity, shape (draws, dates); inf for never.
    growth_factor_per_year, half_life_years, long_run_pct, parity_loss_pct
        Shape (draws, 1); the loss is the part of excess growth that ends with parity.

    Returns
    -------
    ndarray, shape (draws, dates)
    """
    long_run, excess = _log_rates(growth_factor_per_year, long_run_pct)
    step = 1 / (QUARTERS_PER_YEAR * half_life_years)
    before = np.exp2(-np.minimum(quarters_to_parity, quarters) * step)
    kept = 1 - before + (1 - parity_loss_pct / 100) * (before - np.exp2(-quarters * step))
    reach = excess * half_life_years / np.log(2)
    return np.asarray(
        long_run * quarters / QUARTERS_PER_YEAR + reach * np.exp2(-clock_years / half_life_years) * kept
    )


def log_index(
    clock_years: Floats,
    before_parity: Floats,
    growth_factor_per_year: Floats,
    half_life_years: Floats,
    long_run_pct: Floats,
    parity_loss_pct: Floats,
) -> Floats:
    """Log of volume over its start as growth takes it along the clock, 0 at the start.

    Each quarter adds l × clock's advance, and the excess e h / ln 2 × (2^(-t/h) - 2^(-t'/h)) from the clock's
    t to its t', of which the loss is left out where the quarter begins at parity or later. Without a loss it
    is the log of `growth_index` at the clock.

    Parameters
    ----------
    clock_years
        From `growth_clock`, shape (draws, dates).
    before_parity
        Whether the quarter that begins at each date begins before parity, shape (draws, dates); boolean.
    growth_factor_per_year, half_life_years, long_run_pct, parity_loss_pct
        As in `log_growth_ahead`.
    """
    long_run, excess = _log_rates(growth_factor_per_year, long_run_pct)
    left = np.exp2(-clock_years / half_life_years)
    kept = np.where(before_parity[:, :-1], 1.0, 1 - parity_loss_pct / 100)
    reach = excess * half_life_years / np.log(2)
    steps = long_run * np.diff(clock_years, axis=1) - reach * kept * np.diff(left, axis=1)
    return from_zero(np.cumsum(steps, axis=1))


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


def compute_as_signed(
    planned_usd_bn: Floats, use: Floats, signed: Floats, committed_share: Floats
) -> tuple[Floats, Floats, Floats]:
    """What compute costs before anything is cut, what of it is committed, and what of that lies idle.

        spent     = planned × (use + c max(signed - use, 0))
        committed = planned × c × signed
        idle      = planned × c × max(signed - use, 0)

    Parameters
    ----------
    planned_usd_bn, use
        Planned compute a year, and `use_of_plan`.
    signed
        The part of the plan that running contracts were signed for: the mean of `use` on their days.
    committed_share
        c, the part of what was wanted on those days that contracts cover.

    Returns
    -------
    spent, committed, idle: billions of dollars a year, committed never above spent
    """
    idle = committed_share * np.maximum(signed - use, 0.0) * planned_usd_bn
    return planned_usd_bn * use + idle, planned_usd_bn * committed_share * signed, idle


def idle_contracts(idle_usd_bn: Floats, term_years: Floats, discount_pct: Floats, run_off: Floats) -> Floats:
    """Present value of contracts that revenue no longer carries, which end evenly over their term.

        idle × (1/r - (1 - e^(-rD)) / (r² D)),   r = ln(1 + discount)
        idle × (1 - (1 + discount)^-D) / discount   where contracts do not run off

    What the plan can use is a running cost that the multiple already prices; only the idle part is a debt.

    Parameters
    ----------
    idle_usd_bn
        A year, from `compute_as_signed`.
    term_years, discount_pct
        D, above 0; percent per year, above 0.
    run_off
        1, or 0 where every contract lasts another full term.

    Returns
    -------
    ndarray, billions of dollars
    """
    rate, share = np.log1p(discount_pct / 100), discount_pct / 100
    left = -np.expm1(-rate * term_years)
    running_off = 1 / rate - left / (rate**2 * term_years)
    return np.asarray(idle_usd_bn * np.where(run_off > 0, running_off, left / share))


def margin_ahead(
    running_cost_share: Floats, planned_usd_bn: Floats, revenue_usd_bn: Floats, plan_usd_bn: Floats
) -> Floats:
    """Operating margin as foreseen for a later date, 1 - running - planned / max(revenue, plan).

    Parameters
    ----------
    running_cost_share
        Running costs over revenue then.
    planned_usd_bn
        Planned compute then; where revenue stays behind its plan, so does compute.
    revenue_usd_bn, plan_usd_bn
        Revenue then as foreseen, and as in the plan.

    Returns
    -------
    ndarray, share of revenue, within `MARGIN_LIMITS`
    """
    compute = planned_usd_bn / np.maximum(revenue_usd_bn, plan_usd_bn)
    return np.clip(1 - running_cost_share - compute, *MARGIN_LIMITS)


def ev_multiple(
    log_growth: Floats, long_run_pct: Floats, multiple_long_run: Floats, sensitivity: Floats
) -> Floats:
    """EV over NTM revenue as growth explains it, M exp(b (g - l)), g - l within `GROWTH_GAP_LIMITS`.

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


def margin_premium(margin: Floats, reference_pct: Floats, sensitivity: Floats) -> Floats:
    """What the margin adds to the multiple or takes from it, exp(c (m - reference)); 1 at the reference."""
    return np.exp(sensitivity * (margin - reference_pct / 100))


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


def affordable_burn(
    cash_usd_bn: Floats, pre_money_usd_bn: Floats, raise_quarters: Floats, capital_share: Floats
) -> Floats:
    """Burn of a quarter that the company allows itself: cash over the quarters that a round is for, and what
    new money is within reach.

        cash / n + k/4 × pre-money

    Parameters
    ----------
    cash_usd_bn, pre_money_usd_bn
        Net cash, and the value of the company to new money.
    raise_quarters, capital_share
        n; k, the part of that value that can be raised in a year.
    """
    return np.asarray(cash_usd_bn / raise_quarters + capital_share / QUARTERS_PER_YEAR * pre_money_usd_bn)


def compute_cut(
    burn_usd_bn: Floats, affordable_usd_bn: Floats, spent_usd_bn: Floats, committed_usd_bn: Floats
) -> Floats:
    """Compute that is cut in a quarter, min(max(burn - affordable, 0), (spent - committed) / 4): what is
    committed is paid whatever comes.

    Parameters
    ----------
    burn_usd_bn, affordable_usd_bn
        Of the quarter, before cuts and as in `affordable_burn`.
    spent_usd_bn, committed_usd_bn
        Compute a year, from `compute_as_signed`.
    """
    most = (spent_usd_bn - committed_usd_bn) / QUARTERS_PER_YEAR
    return np.asarray(np.minimum(np.maximum(burn_usd_bn - affordable_usd_bn, 0.0), np.maximum(most, 0.0)))


def new_money(
    cash_usd_bn: Floats,
    burn_usd_bn: Floats,
    pre_money_usd_bn: Floats,
    floor_quarters: Floats,
    raise_quarters: Floats,
    capital_share: Floats,
) -> Floats:
    """Money that is raised at a quarter end: n × burn where cash is below f × burn, no more than n k/4 ×
    pre-money, and nothing elsewhere.

    Parameters
    ----------
    cash_usd_bn, burn_usd_bn, pre_money_usd_bn
        At that date; the burn is that of the quarter to come, after cuts.
    floor_quarters, raise_quarters, capital_share
        f and n, quarters; k, as in `affordable_burn`.
    """
    wanted = np.minimum(burn_usd_bn, capital_share / QUARTERS_PER_YEAR * pre_money_usd_bn)
    return np.where(cash_usd_bn < floor_quarters * burn_usd_bn, raise_quarters * wanted, 0.0)


def kept_after(
    kept_share: Floats, pre_money_usd_bn: Floats, raised_usd_bn: Floats, stock_pay_pct: Floats
) -> Floats:
    """What a share of the start is a quarter later: kept × (1 - pay)^(1/4) × pre / (pre + raised).

    Parameters
    ----------
    kept_share, pre_money_usd_bn, raised_usd_bn
        At that date.
    stock_pay_pct
        New shares given to employees, percent a year.
    """
    after = pre_money_usd_bn + raised_usd_bn
    sold = np.where(raised_usd_bn > 0, pre_money_usd_bn / np.where(after > 0, after, 1.0), 1.0)
    return np.asarray(kept_share * (1 - stock_pay_pct / 100) ** (1 / QUARTERS_PER_YEAR) * sold)


def rescue_value(
    floor_multiple: Floats, ntm_revenue_usd_bn: Floats, cash_usd_bn: Floats, idle_usd_bn: Floats
) -> Floats:
    """What a buyer stands ready to pay the holders, and pays where the company can no longer be financed:
    max(multiple × revenue of the next year + cash - idle contracts, 0).

    Parameters
    ----------
    floor_multiple
        What the buyer pays per unit of that revenue.
    ntm_revenue_usd_bn, cash_usd_bn, idle_usd_bn
        Revenue of the next twelve months; net cash with instalments still owed; `idle_contracts`.
    """
    return np.asarray(np.maximum(floor_multiple * ntm_revenue_usd_bn + cash_usd_bn - idle_usd_bn, 0.0))


def market_shut(market_factor: Floats, fall_pct: Floats) -> np.ndarray:
    """Whether new money comes in distress only: the market factor is over `fall_pct` below its high so far.

    Boolean ndarray of the factor's shape, (draws, dates); `fall_pct` of shape (draws, 1).
    """
    highest = np.maximum.accumulate(market_factor, axis=1)
    return np.asarray(market_factor < (1 - fall_pct / 100) * highest)


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
    paid_in_usd_bn: Floats,
    preference_share: Floats,
    converted: np.ndarray,
) -> Floats:
    """What a holder can claim whose shares come with a preference until they are converted.

        share × equity                                                   once converted
        max(share × equity, cost × min(preference, equity / paid in))    before, pari passu with the others

    Parameters
    ----------
    share, equity_usd_bn
        Share and equity value, shape (draws, dates).
    cost_usd_bn, paid_in_usd_bn
        What the holder paid, and what all holders did; broadcast.
    preference_share
        The part of it that is paid back before anybody shares, alike for all; 0: nobody has a preference.
    converted
        Whether the shares have become ordinary ones (a listing).
    """
    as_converted = share * equity_usd_bn
    senior = cost_usd_bn * np.minimum(preference_share, equity_usd_bn / paid_in_usd_bn)
    # without a preference the second is 0, and so is what it would protect
    return np.asarray(np.where(converted, as_converted, np.maximum(as_converted, senior)))


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
