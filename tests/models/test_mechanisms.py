"""Each rule by hand, at its ends, and in the direction that it must not turn."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.models import mechanisms as m


def col(*values):
    return np.array(values, dtype=float)[:, np.newaxis]


def test_growth_starts_at_its_rate_halves_its_excess_and_ends_at_the_long_run_rate():
    # G = e^1.1, l = ln 1.1, h = 2: the rate is d ln I / dt; at 0 it is 1.1, after 2 years ln 1.1 + (1.1 - ln
    # 1.1) / 2
    step = 1e-6
    times = np.array([0.0, step, 2.0, 2.0 + step, 60.0, 60.0 + step])
    logs = np.log(m.growth_index(times, col(math.exp(1.1)), col(2.0), col(10.0)))[0]
    rates = (logs[1::2] - logs[::2]) / step
    slow = math.log(1.1)
    assert rates == pytest.approx([1.1, slow + (1.1 - slow) / 2, slow], abs=1e-5)
    # and after one half-life ln I = l h + (ln G - l) (h / ln 2) / 2
    assert logs[2] == pytest.approx(2 * slow + (1.1 - slow) / math.log(2))


def test_a_ceiling_is_never_passed_and_far_below_it_nothing_is_felt():
    # q = 0.1: the ceiling is 10 times the start; I = 5 gives 5 / 1.4 = 3.571, I = 1e9 gives 10
    assert m.under_ceiling(np.array([1.0, 5.0, 1e9]), np.array(0.1)) == pytest.approx([1, 5 / 1.4, 10])
    assert m.under_ceiling(np.array([1.0, 5.0]), np.array(0.0)).tolist() == [1, 5]
    assert m.under_ceiling(np.array([1.0, 5.0]), np.array(1.0)).tolist() == [1, 1]


def test_the_premium_erodes_after_parity_down_to_the_price_of_open_models():
    # s = 0.5, e = 20%: a year after parity 1 - 0.5 (1 - 0.8) = 0.9, two years 1 - 0.5 (1 - 0.64) = 0.82, in
    # the end 0.5
    kept_share = m.price_after_parity(np.array([0.0, 1.0, 2.0, 3.0, 90.0]), col(1.0), col(20.0), col(0.5))[0]
    assert kept_share == pytest.approx([1, 1, 0.9, 0.82, 0.5])
    assert m.price_after_parity(np.array([5.0]), col(math.inf), col(20.0), col(0.5))[0] == pytest.approx(1)


@given(st.floats(0, 5), st.floats(0, 5), st.floats(0, 90), st.floats(0, 1))
def test_earlier_parity_never_raises_the_price(early, delay, erosion, share):
    times = np.arange(25) / 4
    first, later = (
        m.price_after_parity(times, col(parity), col(erosion), col(share))
        for parity in (early, early + delay)
    )
    assert (first <= later + 1e-12).all()


def test_shocks_come_as_often_as_a_poisson_process_and_never_leave():
    # mean and variance of the count after 5 years at 0.8 a year are both 4
    counts = m.shock_counts(np.full((40_000, 1), 0.8), 20, np.random.default_rng(3))
    assert (np.diff(counts, axis=1) >= 0).all() and (counts[:, 0] == 0).all()
    assert counts[:, -1].mean() == pytest.approx(4, abs=0.04)
    assert counts[:, -1].var() == pytest.approx(4, abs=0.12)


def test_shocks_of_a_quarter_are_the_quantile_of_a_poisson_count():
    rates = np.array([[0.0], [0.3], [6.0]])
    uniforms = np.random.default_rng(5).random((3, 400))
    counts = m.shock_counts(rates, 400, np.random.default_rng(5))
    assert np.diff(counts, axis=1).tolist() == stats.poisson.ppf(uniforms, rates / 4).tolist()


def test_a_higher_rate_never_means_fewer_shocks():
    few, many = (m.shock_counts(np.full((500, 1), rate), 20, np.random.default_rng(3)) for rate in (0.1, 0.7))
    assert (many >= few).all() and (many > few).any()


def test_a_ratio_goes_half_way_in_its_half_life():
    assert m.declining_ratio(np.array([0.0, 2.0, 1e3]), col(1.0), col(0.5), col(2.0))[0] == pytest.approx(
        [1, 0.75, 0.5]
    )


def test_parity_takes_its_part_of_the_growth_above_the_long_run_from_the_next_quarter_on():
    # G = e^1.1, l = 0, h = 2: the first year adds (1.1 x 2 / ln 2) (1 - 2^-0.5); of the second half is lost
    inputs = (col(math.exp(1.1)), col(2.0), col(0.0), col(50.0))
    clock = np.arange(9)[np.newaxis] / 4
    logs = m.log_index(clock, clock < 1, *inputs)[0]
    scale = 1.1 * 2 / math.log(2)
    first = scale * (1 - 2**-0.5)
    assert logs[[0, 4, 8]] == pytest.approx([0, first, first + 0.5 * scale * (2**-0.5 - 0.5)])
    # without a loss it is the index at the clock; while the clock stands nothing is added
    free = m.log_index(clock, clock < 1, *inputs[:3], col(0.0))
    assert np.exp(free) == pytest.approx(m.growth_index(clock, *inputs[:3]))
    stopped = m.log_index(np.array([[0.0, 0.25, 0.25, 0.5]]), np.full((1, 4), True), *inputs)[0]
    assert stopped[1] == stopped[2] < stopped[3]


@given(st.floats(0, 3), st.integers(0, 8), st.floats(0.5, 6), st.floats(-5, 15), st.floats(0, 100))
def test_what_is_foreseen_is_what_comes_if_nothing_happens(start, to_parity, growth, long_run, loss):
    # the log index after two years less the one now, where the clock runs on
    inputs = (col(growth), col(1.3), col(long_run), col(loss))
    clock = start + np.arange(9)[np.newaxis] / 4
    logs = m.log_index(clock, np.arange(9)[np.newaxis] < to_parity, *inputs)[0]
    ahead = m.log_growth_ahead(col(start), 8, col(to_parity), *inputs)[0, 0]
    assert ahead == pytest.approx(logs[8] - logs[0], abs=1e-12)


def test_a_shock_stops_the_clock_for_its_delay_and_never_turns_it_back():
    # 0.6 years from the second quarter on: it stands for two quarters and for 0.1 years of the fourth; two
    # shocks at once stop it for 1.2 years, longer than is left
    shocks = np.array([[0, 0, 1, 1, 1, 1], [0, 2, 2, 2, 2, 2]], dtype=float)
    clock = m.growth_clock(shocks, col(0.6, 0.6))
    assert clock[0] == pytest.approx([0, 0.25, 0.25, 0.25, 0.4, 0.65])
    assert clock[1] == pytest.approx([0, 0, 0, 0, 0, 0.05])


def test_a_start_above_its_ceiling_stands_at_it_and_without_the_switch_there_is_none():
    # 40 of 0.4 x 1000 is 0.1; of 0.02 x 1000 it would be 2
    got = m.share_of_ceiling(col(40, 40, 40), col(1000, 1000, 1000), col(0.4, 0.02, 0.4), col(1, 1, 0))
    assert got[:, 0].tolist() == [0.1, 1, 0]


def test_contracts_are_paid_as_they_were_signed_whatever_comes():
    # Planned 40, half of what was wanted is committed. Signed when all was used and used at 60% now: 40 (0.6
    # + 0.5 x 0.4) = 32 is spent, 20 of it committed, 8 of that idle. Used at 90%, signed at 60%: 36, 12, 0.
    planned, use, signed = np.array([40.0, 40.0]), np.array([0.6, 0.9]), np.array([1.0, 0.6])
    spent, committed, idle = m.compute_as_signed(planned, use, signed, np.array([0.5, 0.5]))
    assert spent == pytest.approx([32, 36])
    assert committed == pytest.approx([20, 12])
    assert idle == pytest.approx([8, 0])
    assert m.use_of_plan(np.array([30.0, 90.0]), np.array([50.0, 50.0])).tolist() == [0.6, 1]


def test_idle_contracts_end_evenly_or_last_another_term():
    # 8 a year that tapers off within one, at r = ln 1.25: 8 (1/r - (1 - 1/1.25) / r^2); for a whole year at
    # 25% 8 (1 - 1 / 1.25) / 0.25 = 6.4
    r = math.log(1.25)
    got = m.idle_contracts(
        np.array([8.0, 8.0]), np.array([1.0, 1.0]), np.array([25.0, 25.0]), np.array([1, 0])
    )
    assert got == pytest.approx([8 * (1 / r - 0.2 / r**2), 6.4])
    # the taper is the integral of (1 - t) 1.25^-t over the year
    t = (np.arange(10_000) + 0.5) / 10_000
    assert got[0] == pytest.approx(8 * ((1 - t) * 1.25**-t).mean(), rel=1e-8)


@given(st.floats(0.25, 20), st.floats(0.1, 100))
def test_contracts_that_run_off_cost_between_half_of_their_term_and_all_of_it(term, discount):
    # early payments, which are the larger ones, are discounted less: more than half of 1 a year for the term
    got = m.idle_contracts(*map(np.array, (1.0, term, discount, 1)))
    r = math.log1p(discount / 100)
    for_the_term = (1 - math.exp(-r * term)) / r
    assert for_the_term / 2 * (1 - 1e-9) <= got <= for_the_term


def test_a_quarter_may_burn_its_part_of_cash_and_of_the_money_within_reach():
    # 30 / 6 + 0.2 / 4 x 400 = 25
    assert m.affordable_burn(*map(np.array, (30.0, 400.0, 6.0, 0.2))) == pytest.approx(25)


def test_compute_is_cut_down_to_what_is_affordable_or_committed():
    # of a burn of 40 a quarter 25 are affordable: 15 go where (80 - 12) / 4 = 17 are free, 10 where only
    # (80 - 40) / 4 are, none where the burn is 20
    got = m.compute_cut(
        np.array([40.0, 40, 20]), np.array([25.0] * 3), np.array([80.0] * 3), np.array([12.0, 40, 12])
    )
    assert got.tolist() == [15, 10, 0]


@given(st.floats(-20, 60), st.floats(0, 60), st.floats(0, 200), st.floats(0, 1))
def test_after_cuts_the_burn_is_affordable_or_only_contracts_are_left(burn, affordable, spent, committed):
    cut = m.compute_cut(*map(np.array, (burn, affordable, spent, spent * committed)))
    left = spent / 4 - cut
    assert 0 <= cut <= spent / 4 * (1 - committed) + 1e-9
    assert burn - cut <= affordable + 1e-9 or left == pytest.approx(spent * committed / 4)


def test_the_margin_ahead_counts_compute_as_planned_where_revenue_stays_behind():
    # running 0.6; compute of 30 on a plan of 100: 0.3 at a revenue of 80, 0.2 at 150; within -0.5 and 0.5
    got = m.margin_ahead(
        np.array([0.6, 0.6, 0.1, 2.0]), np.full(4, 30.0), np.array([80.0, 150, 150, 150]), np.full(4, 100.0)
    )
    assert got == pytest.approx([0.1, 0.2, 0.5, -0.5])


def test_a_margin_above_the_reference_raises_the_multiple():
    # e^(2 (0.35 - 0.25)) and its inverse; a sensitivity of 0 sees none
    got = m.margin_premium(np.array([0.35, 0.25, 0.15]), np.array(25.0), np.array(2.0))
    assert got == pytest.approx([math.exp(0.2), 1, math.exp(-0.2)])
    assert m.margin_premium(np.array([-0.5]), np.array(25.0), np.array(0.0)) == pytest.approx([1])


def test_the_multiple_follows_growth_within_its_limits():
    # M = 8, b = 1.4, l = 0: at log growth 0.5 it is 8 e^0.7; above 1 and below -0.5 it stays
    got = m.ev_multiple(np.array([[0.0, 0.5, 1.0, 3.0, -0.5, -9.0]]), col(0.0), col(8.0), col(1.4))[0]
    assert got == pytest.approx([8, 8 * math.exp(0.7), *[8 * math.exp(1.4)] * 2, *[8 * math.exp(-0.7)] * 2])
    # growth counts above its long-run rate: at that rate it is 8, whatever the rate is
    assert m.ev_multiple(np.log1p([[0.1]]), col(10.0), col(8.0), col(1.4))[0] == pytest.approx([8])


def test_the_gap_to_the_price_paid_halves_in_its_half_life():
    # paid four times the model's value: 4, after one half-life 2, after two sqrt 2; with a half-life of 0 it
    # was never there
    times = np.array([0.0, 1.0, 2.0])
    got = m.repricing_factor(times, col(400.0, 400.0), col(100.0, 100.0), col(1.0, 0.0))
    assert got[0] == pytest.approx([4, 2, math.sqrt(2)])
    assert got[1].tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match="start_equity_usd_bn does not exceed cash"):
        m.repricing_factor(times, col(0.0), col(100.0), col(1.0))


def test_the_market_is_shut_from_its_fall_until_it_has_recovered_enough():
    # the highest so far is 2; 35% below it is 1.3
    assert m.market_shut(np.array([[1.0, 2.0, 1.31, 1.29, 1.5]]), col(35.0))[0].tolist() == [
        False,
        False,
        False,
        True,
        False,
    ]


def test_money_is_raised_below_the_floor_and_no_more_than_is_within_reach():
    # burn 10 a quarter, floor 2: cash of 25 lasts, at 15 four quarters are raised, 40, or 4 x 0.2 / 4 x 150 =
    # 30; where nothing burns, nothing
    cash, burn, pre = (
        np.array([25.0, 15, 15, 15]),
        np.array([10.0, 10, 10, -3]),
        np.array([400.0, 400, 150, 400]),
    )
    rest = [np.full(4, value) for value in (2.0, 4.0, 0.2)]
    assert m.new_money(cash, burn, pre, *rest).tolist() == pytest.approx([0, 40, 30, 0])


def test_a_share_is_diluted_by_new_money_and_by_pay_in_shares():
    # 40 at a value of 100 before: 100 / 140; 4% a year in pay: 0.96^(1/4); both multiply; nothing: as before
    got = m.kept_after(
        np.full(4, 0.5), np.array([100.0, 100, 100, 0]), np.array([40.0, 0, 40, 0]), np.array([0.0, 4, 4, 0])
    )
    assert got == pytest.approx([0.5 * 100 / 140, 0.5 * 0.96**0.25, 0.5 * 0.96**0.25 * 100 / 140, 0.5])


def test_a_rescue_pays_its_multiple_of_revenue_and_what_is_left_after_idle_contracts():
    # 1.5 x 30 + 4 - 20 = 29; where contracts cost more than that, nothing
    got = m.rescue_value(np.array([1.5, 1.5]), np.array([30.0, 30]), np.array([4.0, 4]), np.array([20.0, 90]))
    assert got.tolist() == [29, 0]


def test_a_reported_price_follows_with_a_delay_takes_a_round_s_price_and_is_the_price_once_listed():
    # w = 0.5: ln M goes half of the way: 100, then sqrt(100
    # x 400) = 200; a round at 300; listed: the price itself
    price = np.array([[100.0, 400.0, 400.0, 50.0]])
    rounds = np.array([[False, False, True, False]])
    listed = np.array([[False, False, False, True]])
    got = m.reported_price(price, rounds, np.full((1, 4), 300.0), listed, col(0.5))[0]
    assert got == pytest.approx([100, 200, 300, 50])


def test_a_worthless_price_is_reported_as_nearly_nothing_and_exactly_nothing_once_listed():
    price = np.array([[100.0, 0.0, 0.0]])
    never = np.zeros((1, 3), bool)
    got = m.reported_price(price, never, price, np.array([[False, False, True]]), col(1.0))[0]
    assert got == pytest.approx([100, 100 * m.WORTHLESS_SHARE, 0])


def test_a_preference_is_worth_its_part_of_cost_until_the_shares_convert():
    # 10% of 200 is 20. Of 150 paid in 60% come first, of 30 of cost 18, which is less. Of an equity of 100
    # 10% are only 10; one of 45 pays 45 / 150 of each cost, 9.
    shares, cost = np.full((1, 4), 0.1), np.full(4, 30.0)
    equity = np.array([[200.0, 100.0, 45.0, 45.0]])
    converted = np.array([[False, False, False, True]])
    claim = m.claim_usd_bn(shares, equity, cost, col(150.0), col(0.6), converted)
    assert claim[0] == pytest.approx([20, 18, 9, 4.5])
    nobody = m.claim_usd_bn(shares, equity, cost, col(150.0), col(0.0), converted)
    assert nobody[0] == pytest.approx([20, 10, 4.5, 4.5])


@given(st.floats(0, 1e3), st.floats(0, 1), st.floats(0, 200), st.floats(0, 1), st.floats(1, 5))
def test_no_claim_is_larger_than_the_equity(equity, share, cost, preference, others):
    claim = m.claim_usd_bn(*map(np.array, (share, equity, cost, cost * others + 1e-9, preference, False)))
    assert claim <= equity * (1 + 1e-12)


def test_the_manager_takes_of_the_gain_and_of_nothing_else():
    assert m.after_manager(np.array([50.0, 20.0]), 30.0, np.array(0.2)).tolist() == [46, 20]


def test_irr_is_the_rate_at_which_the_payments_grow_to_the_receipt():
    # 10 two years and 20 one year before: at 20% 14.4 + 24 = 38.4; at -50% 2.5 + 10 = 12.5; at 0% 30
    years, amounts = np.array([0.0, 1.0]), np.array([10.0, 20.0])
    got = m.irr_pct(years, amounts, np.array([38.4, 12.5, 30.0, 0.0]), 2.0)
    assert got == pytest.approx([20, -50, 0, -100], abs=1e-9)


@given(st.floats(1e-4, 1e4))
def test_irr_solves_its_equation(receipt):
    years, amounts = np.array([-1.5, -0.2, 0.5]), np.array([4.6, 30.0, 30.0])
    rate = m.irr_pct(years, amounts, np.array([receipt]), 5.0)[0] / 100
    assert (amounts * (1 + rate) ** (5.0 - years)).sum() == pytest.approx(receipt, rel=1e-9)
