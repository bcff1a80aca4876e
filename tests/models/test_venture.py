"""A spreadsheet by hand, a closed form, identities in every draw, and directions that must not turn."""

import math
from dataclasses import fields, replace
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from analysis.models import mechanisms, venture
from analysis.models.venture import PURPOSES, Payment, VentureInputs, VenturePaths, simulate
from analysis.statistics.simulation import concat_paths, probability, spawn

PAID = (Payment(-0.25, 34.6), Payment(0.25, 15.0), Payment(0.5, 15.0))
# Each rule that is tested alone below does nothing here: no noise, no cut, no pay in shares, no margin seen.
BASE = VentureInputs(
    revenue_usd_bn=28,
    growth_factor_per_year=3,
    growth_half_life_years=1.5,
    revenue_volatility_pct=0,
    long_run_growth_pct=10,
    pool_usd_bn=1300,
    pool_share=0.3,
    ceiling=1,
    parity_years=0.6,
    parity_growth_loss_pct=0,
    erosion_pct_per_year=15,
    premium_share=0.3,
    shock_rate_per_year=0.15,
    shock_loss_pct=8,
    shock_delay_years=0.25,
    running_cost_ratio=0.95,
    running_cost_ratio_long_run=0.5,
    running_cost_half_life_years=1.5,
    compute_usd_bn=20,
    compute_factor_per_year=2.8,
    compute_half_life_years=0.8,
    committed_share=0.5,
    commitment_years=3,
    commitments_run_off=1,
    plan_growth_pct=150,
    plan_half_life_years=2.5,
    discount_pct=10,
    cash_usd_bn=55,
    cash_floor_quarters=2,
    raise_quarters=6,
    capital_share_per_year=100,
    compute_elasticity=0,
    floor_multiple=1,
    stock_pay_pct=0,
    shut_fall_pct=35,
    distress_discount_pct=0,  # a fair price for new money, so that dilution alone moves no value
    listing_years=1.25,
    listing_price_share=0,
    multiple_long_run=7,
    multiple_sensitivity=1.4,
    multiple_margin_sensitivity=0,
    reference_margin_pct=25,
    multiple_volatility_pct=35,
    co_movement=0,
    degrees_of_freedom=0,
    start_equity_usd_bn=852,
    repricing_half_life_years=0,  # the model's value throughout, so that each mechanism is seen alone
    mark_smoothing_share=0.5,
    stake_share=0.13,
    preference_share=0,
    paid_in_usd_bn=190,
    manager_gain_share=0,
    horizon_years=5,
    payments=PAID,
)
CALM = replace(BASE, multiple_volatility_pct=0, shock_rate_per_year=0)
# Every rule at work, about as the register has them.
WHOLE = replace(
    BASE,
    revenue_usd_bn=34,
    growth_half_life_years=1.2,
    revenue_volatility_pct=24,
    long_run_growth_pct=5,
    ceiling=0,
    parity_growth_loss_pct=10,
    compute_usd_bn=24,
    compute_factor_per_year=2.4,
    compute_half_life_years=1.4,
    cash_usd_bn=20,
    capital_share_per_year=0.25,
    compute_elasticity=0.3,
    stock_pay_pct=3,
    distress_discount_pct=30,
    listing_price_share=0.3,
    multiple_long_run=3.3,
    multiple_sensitivity=2.5,
    multiple_margin_sensitivity=1.5,
    multiple_volatility_pct=45,
    co_movement=0.3,
    repricing_half_life_years=1,
    preference_share=0.3,
    manager_gain_share=0.05,
)
# Growth at its long-run rate, costs equal to revenue, no cash,
# one payment: the mark moves with the market factor alone.
MARKET_ONLY = replace(
    BASE,
    growth_factor_per_year=1.1,
    ceiling=0,
    running_cost_ratio=1,
    running_cost_ratio_long_run=1,
    compute_usd_bn=0,
    cash_usd_bn=0,
    parity_years=math.inf,
    shock_rate_per_year=0,
    listing_years=0,
    payments=(Payment(0, 64.6),),
)


def run(inputs: VentureInputs, n_draws: int = 500, seed: int = 11) -> VenturePaths:
    return simulate(inputs, n_draws, spawn(seed, PURPOSES))


def marks(*paths: list[float], cost: float = 10.0) -> VenturePaths:
    """Paths of which only the reported mark and the cost matter."""
    mark = np.array(paths)
    filled = {field.name: mark for field in fields(VenturePaths)}
    filled |= {
        "times_years": np.arange(mark.shape[1]) / 4,
        "cost_to_date_usd_bn": np.full(mark.shape[1], cost),
    }
    return VenturePaths(**filled)


def test_a_spreadsheet_made_by_hand_is_met_to_the_last_digit():
    inputs = replace(
        BASE,
        revenue_usd_bn=40,
        growth_factor_per_year=4,
        growth_half_life_years=1,
        long_run_growth_pct=0,
        pool_usd_bn=1000,
        pool_share=0.4,
        parity_years=1,
        erosion_pct_per_year=20,
        premium_share=0.5,
        shock_rate_per_year=0,
        running_cost_ratio=1,
        running_cost_half_life_years=1,
        compute_factor_per_year=4,
        compute_half_life_years=1,
        commitment_years=0.5,
        plan_growth_pct=300,
        plan_half_life_years=1,
        discount_pct=25,
        cash_usd_bn=9,
        cash_floor_quarters=1,
        raise_quarters=4,
        capital_share_per_year=0.02,
        compute_elasticity=0.5,
        stock_pay_pct=4,
        listing_years=1.5,
        listing_price_share=0.4,
        multiple_long_run=5,
        multiple_sensitivity=1,
        multiple_margin_sensitivity=2,
        multiple_volatility_pct=0,
        start_equity_usd_bn=400,
        stake_share=0.1,
        manager_gain_share=0.2,
        horizon_years=2,
        payments=(Payment(-1, 10), Payment(0.3, 10)),
    )
    paths = run(inputs, n_draws=1)

    # Growth: ln 4 / ln 2 = 2, so I = e^(2 (1 - 2^-t)): 1, e after one year, e^1.5 after two; as planned, of
    # compute and revenue alike. Ceiling 0.4 x 1000 = 400, q = 40 / 400 = 0.1: volume 40 I / (1 + 0.1 (I - 1))
    # where no compute was cut. Quarters 0 to 28, five years past the horizon.
    planned = [math.exp(2 * (1 - 2 ** -(q / 4))) for q in range(29)]
    growing = [40 * i / (1 + 0.1 * (i - 1)) for i in planned]  # 40, 92.788 after one year, 132.97 after two
    # Premium: half of the price, a fifth of it lost each year from year one on: 1 - 0.5 (1 - 0.8^(t - 1)).
    price_share = [1 - 0.5 * (1 - 0.8 ** max(q / 4 - 1, 0)) for q in range(29)]
    ratio = [0.5 + 0.5 * 2 ** -(q / 4) for q in range(29)]
    r = math.log(1.25)
    annuity = 1 / r - (1 - math.exp(-r / 2)) / (r**2 / 2)  # contracts of half a year that run off
    owed = [10, 10, 0, 0, 0, 0, 0, 0, 0]  # the instalment comes in before the second quarter end
    volume, revenue, compute, idle, cut, equity, raised = ([] for _ in range(7))
    cash, kept_share, uncut, use = [9.0], [1.0], 1.0, []
    for q in range(9):
        volume.append(growing[q] * uncut)
        foreseen = [growing[k] * uncut * price_share[k] for k in range(q, q + 21)]
        revenue.append(foreseen[0])
        # Half of a plan of 20 I for a revenue of 40 I is committed, a half each for the use that this quarter
        # and the one before saw, 1 before the start.
        use.append(revenue[q] / (40 * planned[q]))
        signed = (use[q] + (use[q - 1] if q else 1)) / 2
        wanted, committed = 20 * planned[q] * use[q], 10 * planned[q] * signed
        idle.append(10 * planned[q] * max(signed - use[q], 0))
        # EV: 5 R(t + 1) / R(t) e^(2 (margin - 0.25)) times revenue of the next four quarters. Five years on
        # revenue will be below the plan, of which compute is half.
        margin = 1 - ratio[q + 20] / price_share[q + 20] - 0.5
        ev = 5 * foreseen[4] / foreseen[0] * math.exp(2 * (margin - 0.25)) * sum(foreseen[:4]) / 4
        equity.append(ev + cash[q] + owed[q] - annuity * idle[q])
        # What a quarter may burn: a fourth of cash, and 2% of equity a year. The rest is cut from what is not
        # committed. Below a quarter of burn in cash, four quarters of it are raised, and no more than 2% of
        # equity: the share count then grows by raised / pre-money, and by 4% a year besides.
        afford = cash[q] / 4 + 0.02 / 4 * equity[q]
        before = (volume[q] * ratio[q] + wanted + idle[q] - revenue[q]) / 4
        saved = min(max(4 * (before - afford), 0), max(wanted + idle[q] - committed, 0))
        cut.append(saved / wanted)
        compute.append(wanted + idle[q] - saved)
        burn = (volume[q] * ratio[q] + compute[q] - revenue[q]) / 4
        raised.append(min(4 * burn, 0.02 * equity[q]) if cash[q] < burn and q < 8 else 0.0)
        kept_share.append(kept_share[q] * 0.96**0.25 * equity[q] / (equity[q] + raised[q]))
        cash.append(cash[q] - burn + raised[q] + (10 if q + 1 == 2 else 0))
        # half of the share of compute that is cut is lost of the quarter's growth
        uncut *= (growing[q + 1] / growing[q]) ** (-0.5 * cut[q])
    # Stake: 0.1 on completion, 10 / 400 = 0.025 of it with the instalment.
    stake = [(0.1 - owed[q] / 400) * kept_share[q] for q in range(9)]
    value = [stake[q] * equity[q] for q in range(9)]
    # Reported: half of the gap in logs each quarter, the round's price where money was raised, the price once
    # listed: from the sixth quarter on, where it stands at 40% of the 400 that was paid or above. A share of
    # the start is worth that price, so the stake is worth stake / kept times it.
    price = [kept_share[q] * equity[q] for q in range(9)]
    reported, listed = [price[0]], False
    for q in range(1, 9):
        listed = listed or (q >= 6 and price[q] >= 0.4 * 400)
        smooth = math.exp((math.log(reported[-1]) + math.log(price[q])) / 2)
        reported.append(price[q] if listed or raised[q] > 0 else smooth)

    assert growing[4] == pytest.approx(92.7877, abs=1e-4) and growing[8] == pytest.approx(132.971, abs=1e-3)
    # the case does raise money, cut compute, leave contracts idle
    assert max(raised) > 0 and max(cut) > 0 and max(idle) > 0
    running = [volume[q] * ratio[q] for q in range(9)]
    assert paths.revenue_usd_bn[0] == pytest.approx(revenue, abs=1e-9)
    assert paths.running_cost_usd_bn[0] == pytest.approx(running, abs=1e-9)
    assert paths.compute_usd_bn[0] == pytest.approx(compute, abs=1e-9)
    assert paths.idle_usd_bn[0] == pytest.approx(idle, abs=1e-9)
    assert paths.cut_share[0] == pytest.approx(cut, abs=1e-9)
    assert paths.cash_usd_bn[0] == pytest.approx(cash[:9], abs=1e-9)
    assert paths.raised_usd_bn[0] == pytest.approx(raised, abs=1e-9)
    assert paths.kept_share[0] == pytest.approx(kept_share[:9], abs=1e-9)
    assert paths.price_usd_bn[0] == pytest.approx(price, abs=1e-9)
    assert paths.stake_share[0] == pytest.approx(stake, abs=1e-9)
    reported_stake = [stake[q] / kept_share[q] * reported[q] for q in range(9)]
    assert paths.reported_usd_bn[0] == pytest.approx(reported_stake, abs=1e-9)
    # The manager keeps a fifth of the gain over 20.
    received = value[8] - 0.2 * max(value[8] - 20, 0)
    assert paths.moic[0] == pytest.approx(received / 20, abs=1e-9)
    rate = 1 + paths.irr_pct[0] / 100
    assert 10 * rate**3 + 10 * rate**1.7 == pytest.approx(received, abs=1e-9)


def test_a_company_that_cannot_pay_its_quarter_is_sold_and_nothing_moves_afterwards():
    # All compute is committed, so nothing can be cut: burn (28 + 20 - 28) / 4 = 5 at the start; cash 1 and at
    # most 6/4 x 0.001 of 852 new money, 1.3, do not pay it.
    inputs = replace(
        CALM,
        running_cost_ratio=1,
        committed_share=1,
        cash_usd_bn=1,
        capital_share_per_year=0.001,
        floor_multiple=1.5,
        listing_years=0.25,
        repricing_half_life_years=1,
        payments=(Payment(-1, 64.6),),
    )
    paths = run(inputs, 1)
    # a buyer pays 1.5 times the revenue of the next twelve months, and 1 is left
    free = run(replace(inputs, cash_usd_bn=10_000, start_equity_usd_bn=50_000), 1)
    worth = 1.5 * free.revenue_usd_bn[0, :4].mean() + 1
    assert paths.price_usd_bn[0] == pytest.approx(np.full(21, worth))
    assert paths.kept_share[0].tolist() == [1] * 21 and paths.raised_usd_bn[0].tolist() == [0] * 21
    assert paths.rescued.all() and not paths.listed.any()
    assert paths.moic == pytest.approx([0.13 * worth / 64.6])
    # with a preference for half of the 190 that was paid in SoftBank gets half of its 64.6, or its part
    preferred = run(replace(inputs, preference_share=0.5), 1)
    assert preferred.moic == pytest.approx([max(0.13 * worth / 64.6, min(0.5, worth / 190))])


@pytest.mark.parametrize(("noise", "together"), [(0, 0), (30, 0), (30, 0.5)])
def test_with_market_and_noise_alone_the_loss_probability_has_its_closed_form(noise, together):
    # mark = stake x 7 x NTM x F x W with ln F ~ Normal(-0.35^2 t/2, 0.35^2 t), NTM(t) = 28 x 1.1^t x (1 +
    # 1.1^0.25 + 1.1^0.5 + 1.1^0.75) / 4, ln W ~ Normal(0, noise^2 t), correlated with ln F
    inputs = replace(MARKET_ONLY, revenue_volatility_pct=noise, co_movement=together)
    paths = run(inputs, n_draws=20_000)

    def below(level: float, years: float) -> float:
        ntm = 28 * 1.1**years * (1 + 1.1**0.25 + 1.1**0.5 + 1.1**0.75) / 4
        sd = math.sqrt((0.35**2 + (noise / 100) ** 2 + 2 * together * 0.35 * noise / 100) * years)
        return NormalDist().cdf((math.log(level * 64.6 / (0.13 * 7 * ntm)) + 0.35**2 * years / 2) / sd)

    loss = probability(paths.moic < 1)
    assert abs(loss.value - below(1, 5)) < 4 * loss.standard_error
    half = probability(paths.moic >= 0.5)
    assert abs(1 - half.value - below(0.5, 5)) < 4 * half.standard_error
    first_quarter = venture.write_down_probability(paths, within_years=0.25)
    assert abs(first_quarter.value - below(0.75, 0.25)) < 4 * first_quarter.standard_error


def test_noise_of_revenue_leaves_its_median_and_spreads_it():
    # ln W after five years ~ Normal(0, 0.3^2 x 5); the error of a median is 1.25 sd / sqrt(draws)
    noise = np.log(
        run(replace(MARKET_ONLY, revenue_volatility_pct=30), 20_000).revenue_usd_bn[:, -1] / 28 / 1.1**5
    )
    sd = 0.3 * math.sqrt(5)
    assert abs(np.median(noise)) < 4 * 1.25 * sd / math.sqrt(20_000)
    assert noise.std() == pytest.approx(sd, rel=0.02)


@given(
    running=st.floats(0, 3),
    compute=st.floats(0, 80),
    committed=st.floats(0, 1),
    cash=st.floats(0, 200),
    raise_quarters=st.floats(1, 12),
    capital=st.floats(0.01, 1),
    volatility=st.floats(0, 120),
    discount=st.floats(0, 60),
    preference=st.floats(0, 1),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=40, phases=(Phase.explicit, Phase.reuse, Phase.generate))
def test_identities_hold_in_every_draw(
    running, compute, committed, cash, raise_quarters, capital, volatility, discount, preference, seed
):
    inputs = replace(
        BASE,
        running_cost_ratio=running,
        compute_usd_bn=compute,
        committed_share=committed,
        cash_usd_bn=cash,
        raise_quarters=raise_quarters,
        capital_share_per_year=capital,
        compute_elasticity=0.5,
        stock_pay_pct=4,
        multiple_volatility_pct=volatility,
        distress_discount_pct=discount,
        preference_share=preference,
    )
    p = run(inputs, n_draws=50, seed=seed)
    flow = (p.revenue_usd_bn - p.cost_usd_bn) / 4
    paid = np.diff(p.cost_to_date_usd_bn)
    going, sold = ~p.rescued[:, 1:], p.rescued[:, :-1]
    # cash is what it was, less what was burnt, plus new money and instalments, until the company is sold
    next_cash = (p.cash_usd_bn + flow + p.raised_usd_bn)[:, :-1] + paid
    assert p.cash_usd_bn[:, 1:][going] == pytest.approx(next_cash[going], rel=1e-9, abs=1e-9)
    assert (p.cash_usd_bn >= -1e-9).all()
    # the share bought by each date, after dilution; all of it once the last instalment is in
    bought = 0.13 - (64.6 - p.cost_to_date_usd_bn) / 852
    assert p.stake_share == pytest.approx(bought * p.kept_share, rel=1e-12)
    # New money at the value of the day, or below it while the market is shut, and pay in shares: what the
    # holders keep of the company with the new money in it is what they owned before, less 4% a year.
    before, after = p.kept_share[:, :-1], p.kept_share[:, 1:]
    worth, money = (p.price_usd_bn / p.kept_share)[:, :-1], p.raised_usd_bn[:, :-1]
    shut = mechanisms.market_shut(p.market_factor, np.array([[35.0]]))[:, :-1]
    pre = worth * (1 - discount / 100 * shut)
    kept = np.where(sold, before, 0.96**0.25 * before)
    assert after * (pre + money) == pytest.approx(kept * pre, rel=1e-9, abs=1e-9)
    # What is burnt is within reach, or all that is left are contracts; no more is raised than is within reach
    limit = p.cash_usd_bn[:, :-1] / raise_quarters + capital / 4 * pre
    to_contracts = p.compute_usd_bn[:, :-1] <= p.committed_usd_bn[:, :-1] + 1e-9
    assert (to_contracts | (-flow[:, :-1] <= limit + 1e-9) | sold).all()
    assert (money <= raise_quarters * capital / 4 * pre * (1 + 1e-12)).all() and (
        p.raised_usd_bn[:, -1] == 0
    ).all()
    # nobody's claim is more than there is, and after a sale nothing moves
    assert (p.claim_usd_bn <= p.equity_usd_bn * (1 + 1e-12)).all()
    for values in (p.price_usd_bn, p.kept_share, p.cash_usd_bn, p.listed):
        assert (values[:, 1:] == values[:, :-1])[sold].all()
    assert (p.raised_usd_bn[p.rescued] == 0).all()


@given(
    cheap=st.floats(0.2, 2),
    extra=st.floats(0, 2),
    compute=st.floats(0, 60),
    more=st.floats(0, 60),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=30)
def test_costlier_compute_never_raises_moic_in_any_draw_while_cash_lasts(cheap, extra, compute, more, seed):
    inputs = replace(BASE, running_cost_ratio=cheap, compute_usd_bn=compute, cash_usd_bn=50_000)
    dearer = replace(inputs, running_cost_ratio=cheap + extra, compute_usd_bn=compute + more)
    before, after = run(inputs, 50, seed), run(dearer, 50, seed)
    assert (after.raised_usd_bn == 0).all()
    assert (after.moic <= before.moic * (1 + 1e-12)).all()


@pytest.mark.parametrize(
    "change",
    [
        {"compute_usd_bn": 32},
        {"running_cost_ratio_long_run": 0.8},
        {"compute_half_life_years": 2},
        {"compute_factor_per_year": 3},
        {"committed_share": 0.9},
        {"commitment_years": 5},
        {"parity_years": 0},
        {"parity_growth_loss_pct": 50},
        {"erosion_pct_per_year": 25},
        {"shock_rate_per_year": 1},
        {"stock_pay_pct": 5},
    ],
)
@pytest.mark.parametrize(
    ("inputs", "n_draws"), [(replace(BASE, distress_discount_pct=30), 1000), (CALM, 1), (WHOLE, 1000)]
)
def test_what_costs_more_or_earns_less_never_raises_moic_over_the_draws(inputs, n_draws, change):
    # On a single path it can: it brings a raise forward, to before a fall in price.
    before, after = run(inputs, n_draws), run(replace(inputs, **change), n_draws)
    levels = [0.05, 0.25, 0.5, 0.75, 0.95]
    assert (np.quantile(after.moic, levels) <= np.quantile(before.moic, levels) + 1e-12).all()
    assert after.moic.mean() <= before.moic.mean() + 1e-12


@given(
    early=st.floats(-1, 7),
    delay=st.floats(0, 5),
    erosion=st.floats(0, 60),
    loss=st.floats(0, 100),
    margin=st.floats(0, 3),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=30)
def test_earlier_parity_never_raises_revenue_or_enterprise_value(early, delay, erosion, loss, margin, seed):
    inputs = replace(
        BASE,
        erosion_pct_per_year=erosion,
        parity_growth_loss_pct=loss,
        multiple_margin_sensitivity=margin,
        compute_usd_bn=0,
        cash_usd_bn=10_000,
    )
    a = run(replace(inputs, parity_years=early), 20, seed)
    b = run(replace(inputs, parity_years=early + delay), 20, seed)
    assert (a.revenue_usd_bn <= b.revenue_usd_bn * (1 + 1e-12)).all()
    assert (a.volume_usd_bn <= b.volume_usd_bn * (1 + 1e-12)).all()
    assert loss or (a.running_cost_usd_bn == b.running_cost_usd_bn).all()  # the same tokens are served
    # Faster erosion is over sooner: years later revenue is nearly the same, has no fall left before it, and
    # is paid more for its growth. Up to 45% a year that never turns the order (the register's belief ends at
    # 40); at 60% by up to 2%.
    slack = 1e-9 if erosion <= 45 else 0.02
    assert (a.kept_share == 1).all() and (b.kept_share == 1).all()  # cash lasts, so no price is diluted
    # equity is EV, cash and what is still to be paid in; without compute no commitment lies idle
    values = [p.price_usd_bn - p.cash_usd_bn - (64.6 - p.cost_to_date_usd_bn) for p in (a, b)]
    assert (values[0] <= values[1] * (1 + slack) + 1e-9).all()


@given(rate=st.floats(0, 10), more=st.floats(0, 10), seed=st.integers(0, 2**32))
@settings(max_examples=30)
def test_more_shocks_never_raise_revenue(rate, more, seed):
    few = run(replace(BASE, shock_rate_per_year=rate), 20, seed)
    many = run(replace(BASE, shock_rate_per_year=rate + more), 20, seed)
    assert (many.revenue_usd_bn <= few.revenue_usd_bn * (1 + 1e-12)).all()


def test_a_shock_takes_its_part_of_volume_and_stops_growth_for_its_delay():
    # No ceiling, no erosion. A shock costs 8% and stops the clock for 0.4 years, 1.6 quarters, longer where
    # another comes before it has gone on: volume is 28 x 0.92^shocks x I(clock).
    inputs = replace(CALM, ceiling=0, parity_years=math.inf, shock_rate_per_year=1.5, shock_delay_years=0.4)
    paths = run(inputs, 100)
    shocks = mechanisms.shock_counts(np.full((100, 1), 1.5), 20, spawn(11, PURPOSES)["shocks"])
    assert (shocks[:, -1] > 2).sum() > 50
    clock, pause = np.zeros(100), np.zeros(100)
    for q in range(21):
        index = mechanisms.growth_index(clock, np.array(3.0), np.array(1.5), np.array(10.0))
        assert paths.volume_usd_bn[:, q] == pytest.approx(28 * 0.92 ** shocks[:, q] * index, rel=1e-9)
        if q < 20:
            pause += 0.4 * (shocks[:, q + 1] - shocks[:, q])
            clock += 0.25 - np.minimum(pause, 0.25)
            pause = np.maximum(pause - 0.25, 0)


def test_a_ceiling_holds_revenue_below_the_pool_s_part():
    # 0.3 x 1300 = 390
    assert run(replace(CALM, growth_half_life_years=20), 1).volume_usd_bn.max() < 390
    assert run(replace(CALM, growth_half_life_years=20, ceiling=0), 1).volume_usd_bn.max() > 390


def test_an_instalment_moves_neither_price_nor_the_others_share():
    late = run(replace(CALM, payments=(Payment(-0.25, 34.6), Payment(3, 30.0))), 1)
    soon = run(CALM, 1)
    assert late.price_usd_bn[0, 0] == pytest.approx(soon.price_usd_bn[0, 0])
    # 0.13 - 30 / 852 = 0.0948 before, 0.13 after
    assert late.stake_share[0, [0, 11]] / late.kept_share[0, [0, 11]] == pytest.approx([0.13 - 30 / 852] * 2)
    assert late.stake_share[0, 12] / late.kept_share[0, 12] == pytest.approx(0.13)
    assert late.cost_to_date_usd_bn[[0, 11, 12]] == pytest.approx([34.6, 34.6, 64.6])


def test_fat_tails_keep_the_middle_and_widen_the_ends():
    normal, fat = (run(replace(MARKET_ONLY, degrees_of_freedom=nu), 20_000).price_usd_bn for nu in (0, 3))
    middles = [np.median(price[:, 4]) for price in (normal, fat)]
    assert middles[1] == pytest.approx(middles[0], rel=0.02)
    worst = [np.quantile(price[:, 1], 0.001) for price in (normal, fat)]
    assert worst[1] < worst[0]


def test_the_error_halves_when_the_draws_quadruple():
    # 160,000 draws as 800 runs of 200 and as 200 runs of 800: the ratio of the spreads is known to about 6%
    moic = run(replace(BASE, horizon_years=1), 160_000).moic
    for result in (lambda x: (x < 1.2).mean(axis=1), lambda x: np.median(x, axis=1)):
        few, many = result(moic.reshape(800, 200)).std(), result(moic.reshape(200, 800)).std()
        assert few / many == pytest.approx(2, rel=0.2)


def test_switching_one_stream_leaves_the_other_alone():
    calm = run(replace(BASE, multiple_volatility_pct=0))
    wild = run(replace(BASE, multiple_volatility_pct=90))
    assert (calm.revenue_usd_bn == wild.revenue_usd_bn).all()
    # shocks that take nothing and stop nothing leave the market factor alone to move the price
    harmless = run(replace(BASE, shock_rate_per_year=3, shock_loss_pct=0, shock_delay_years=0))
    assert (harmless.price_usd_bn == run(replace(BASE, shock_rate_per_year=0)).price_usd_bn).all()


def test_an_array_of_one_value_is_the_same_as_the_number():
    ones = np.ones(500)
    arrays = replace(
        BASE, growth_factor_per_year=3 * ones, parity_years=0.6 * ones, shock_rate_per_year=0.15 * ones
    )
    assert run(arrays).reported_usd_bn == pytest.approx(run(BASE).reported_usd_bn, rel=1e-12)


def test_each_draw_follows_its_own_inputs():
    two = run(
        replace(CALM, growth_factor_per_year=np.array([1.5, 3.0]), stake_share=np.array([0.1, 0.13])), 2
    )
    first = run(replace(CALM, growth_factor_per_year=1.5, stake_share=0.1), 1)
    assert two.reported_usd_bn[0] == pytest.approx(first.reported_usd_bn[0], rel=1e-12)
    assert two.moic[1] == pytest.approx(run(CALM, 1).moic[0], rel=1e-12)


def test_blocks_joined_are_the_draws_of_all():
    parts = [run(BASE, 300), run(BASE, 200, seed=12)]
    joined = concat_paths(parts, shared=venture.SHARED)
    assert joined.moic.tolist() == [*parts[0].moic, *parts[1].moic]
    assert joined.times_years.tolist() == parts[0].times_years.tolist()


def test_a_write_down_from_cost_looks_at_cost_and_one_from_the_peak_at_the_highest_mark():
    # cost 10, so 7.5 is 25% below cost; 12 is 25% below a peak of 16; the start itself is no report
    paths = marks([8, 9, 7.5, 9], [10, 11, 16, 12], [16, 12.1, 12.1, 12.1], [1, 8, 8, 8])
    by_cost, by_peak = venture.write_down_hits(paths), venture.write_down_hits(paths, basis="peak")
    assert by_cost.tolist() == [[0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert by_peak.tolist() == [[0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert venture.write_down_hits(paths, threshold_pct=20).tolist()[3] == [False, True, True, True]
    assert venture.write_down_path(paths)["probability"].tolist() == [0, 0, 0.25, 0.25]
    assert venture.write_down_probability(paths, within_years=0.25).value == 0
    assert venture.write_down_probability(paths, within_years=0.5).value == 0.25
    assert venture.write_down_probability(paths, within_years=0.75, basis="peak").value == 0.25


def test_the_path_of_write_downs_ends_at_their_probability():
    paths = run(BASE)
    frame = venture.write_down_path(paths, basis="peak").set_index("times_years")
    within = venture.write_down_probability(paths, within_years=3, basis="peak")
    assert frame.loc[3.0, "probability"] == within.value and frame.loc[3.0, "low"] == within.low
    assert frame["probability"].is_monotonic_increasing


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: venture.write_down_hits(p, threshold_pct=0), "threshold_pct is 0"),
        (lambda p: venture.write_down_hits(p, threshold_pct=101), "threshold_pct is 101"),
        (lambda p: venture.write_down_hits(p, basis="top"), "basis is 'top': write 'cost' or 'peak'"),
        (lambda p: venture.write_down_probability(p, within_years=0.1), "within_years is 0.1"),
        (lambda p: venture.write_down_probability(p, within_years=1), r"up to the horizon, 0\.75"),
    ],
)
def test_questions_about_write_downs_that_have_no_answer_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(marks([8, 9, 7.5, 9]))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("revenue_usd_bn", 0),
        ("growth_factor_per_year", 0),
        ("growth_half_life_years", 0),
        ("long_run_growth_pct", math.inf),
        ("pool_usd_bn", -1),
        ("pool_share", 1.2),
        ("ceiling", 0.5),
        ("parity_years", math.nan),
        ("erosion_pct_per_year", 100),
        ("premium_share", 1.1),
        ("shock_rate_per_year", -1),
        ("shock_loss_pct", 101),
        ("shock_delay_years", -0.1),
        ("running_cost_ratio", -0.1),
        ("running_cost_half_life_years", 0),
        ("compute_usd_bn", math.nan),
        ("compute_factor_per_year", 0),
        ("committed_share", 1.01),
        ("commitment_years", -1),
        ("plan_growth_pct", -100),
        ("discount_pct", 0),
        ("cash_usd_bn", -1),
        ("cash_floor_quarters", 0.5),
        ("raise_quarters", 0.5),
        ("shut_fall_pct", 100),
        ("distress_discount_pct", 100),
        ("listing_years", math.nan),
        ("multiple_long_run", 0),
        ("multiple_sensitivity", -1),
        ("multiple_volatility_pct", -1),
        ("degrees_of_freedom", 2),
        ("mark_smoothing_share", 0),
        ("stake_share", 1.1),
        ("preference_share", 1.1),
        ("paid_in_usd_bn", 0),
        ("manager_gain_share", 1.5),
        ("horizon_years", 1.1),
        ("horizon_years", -1),
        ("horizon_years", 0),
    ],
)
def test_inputs_outside_their_range_are_refused_by_name(field, value):
    with pytest.raises(ValueError, match=f"{field} is .*: write "):
        replace(BASE, **{field: value})


def test_all_bad_inputs_are_named_at_once():
    with pytest.raises(ValueError, match=r"revenue_usd_bn is -1.*stake_share is 0"):
        replace(BASE, revenue_usd_bn=np.array([3.0, -1.0]), stake_share=0)


@pytest.mark.parametrize(
    ("payments", "message"),
    [
        ((), "payments are .*: write one or more"),
        ((Payment(0, -1.0),), "payments are .*each above 0"),
        ((Payment(0, 10.0), Payment(5.5, 1.0)), r"fall due after 5\.5 years, past the horizon of 5"),
        ((Payment(0, 10.0), Payment(1, 200.0)), "more than stake_share"),
        ((Payment(-1, 150.0), Payment(0, 41.0)), "are 191, more than the paid_in_usd_bn"),
    ],
)
def test_payments_that_cannot_be_are_refused(payments, message):
    with pytest.raises(ValueError, match=message):
        replace(BASE, payments=payments)


def test_runs_without_draws_streams_or_matching_arrays_are_refused():
    with pytest.raises(ValueError, match="n_draws is 0"):
        run(BASE, 0)
    with pytest.raises(ValueError, match=r"streams missing: \['shocks', 'revenue'\]"):
        simulate(BASE, 5, spawn(1, ["market"]))
    with pytest.raises(ValueError, match=r"growth_factor_per_year has shape \(3,\)"):
        run(replace(BASE, growth_factor_per_year=np.array([1.0, 2.0, 3.0])), 5)
    with pytest.raises(ValueError, match="horizon_years is an array"):
        replace(BASE, horizon_years=np.array([1.0, 2.0]))


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"growth_factor_per_year": 6},
        {"multiple_long_run": 3},
        {"parity_years": 0, "erosion_pct_per_year": 40},
        {"committed_share": 1.0, "plan_growth_pct": 400},
    ],
)
def test_every_assumption_starts_at_the_price_that_was_paid(change):
    paths = run(replace(BASE, repricing_half_life_years=1, **change))
    assert paths.price_usd_bn[:, 0] == pytest.approx(852)
    assert paths.pro_forma_usd_bn[:, 0] == pytest.approx(0.13 * 852)


def test_a_price_below_the_cash_is_refused():
    with pytest.raises(ValueError, match="start_equity_usd_bn does not exceed cash"):
        run(replace(BASE, start_equity_usd_bn=231, cash_usd_bn=250, repricing_half_life_years=1))
