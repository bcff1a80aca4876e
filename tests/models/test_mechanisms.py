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


def test_committed_compute_is_paid_whatever_comes():
    # planned 40, half committed, revenue at 60% of its plan: 40 (0.5 + 0.5 x 0.6) = 32; idle 40 x 0.5 x 0.4 =
    # 8 a year, for one year at 25%: (1 - 1 / 1.25) / 0.25 = 0.8, so 6.4
    use = m.use_of_plan(np.array([[30.0, 90.0]]), np.array([[50.0, 50.0]]))
    assert use[0] == pytest.approx([0.6, 1])
    planned = np.full((1, 2), 40.0)
    assert m.compute_spent(planned, col(0.5), use)[0] == pytest.approx([32, 40])
    assert m.onerous_commitments(planned, col(0.5), use, col(1.0), col(25.0))[0] == pytest.approx([6.4, 0])


def test_the_multiple_follows_growth_within_its_limits():
    # M = 8, b = 1.4, l = 0: at log growth 0.5 it is 8 e^0.7; above 1 and below -0.5 it stays
    got = m.ev_multiple(np.array([[0.0, 0.5, 1.0, 3.0, -0.5, -9.0]]), col(0.0), col(8.0), col(1.4))[0]
    assert got == pytest.approx([8, 8 * math.exp(0.7), *[8 * math.exp(1.4)] * 2, *[8 * math.exp(-0.7)] * 2])


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


def test_money_is_raised_at_the_floor_dilutes_and_comes_at_a_discount_when_the_market_is_shut():
    # burn 10 a quarter, cash 25, floor 2: at 0 there are 25 > 20, at 1 15 < 20, so 4 x 10 = 40 are raised.
    # pre-money 85 + 15 = 100; kept 100 / 140; with a discount of a half 50 / 90.
    burn, value = np.full((2, 4), 10.0), np.full((2, 4), 85.0)
    discount = np.array([[0.0] * 4, [0.5] * 4])
    cash, raised, kept_share = m.fund(
        burn,
        value,
        col(25.0, 25.0),
        np.zeros(4),
        floor_quarters=col(2.0, 2.0),
        raise_quarters=col(4.0, 4.0),
        discount=discount,
    )
    assert cash.tolist() == [[25, 15, 45, 35]] * 2
    assert raised.tolist() == [[0, 40, 0, 0]] * 2
    assert kept_share[:, 2].tolist() == pytest.approx([100 / 140, 50 / 90])


def test_nothing_is_left_where_money_is_raised_at_no_value_and_instalments_fill_the_cash():
    cash, raised, kept_share = m.fund(
        np.full((1, 3), 10.0),
        np.full((1, 3), -50.0),
        col(5.0),
        np.array([0.0, 7.0, 0.0]),
        floor_quarters=col(1.0),
        raise_quarters=col(2.0),
        discount=np.zeros((1, 3)),
    )
    assert raised[0].tolist() == [20, 0, 0]  # 5 < 10; then 5 - 10 + 20 + 7 = 22 lasts
    assert cash[0].tolist() == [5, 22, 12]
    assert kept_share[0].tolist() == [1, 0, 0]


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


def test_a_preference_is_worth_its_cost_until_the_shares_convert():
    # 10% of 200 is 20; cost 30 of preferences of 150: equity
    # covers all of it, so 30; of an equity of 75 half, 15
    shares = np.full((1, 3), 0.1)
    equity = np.array([[200.0, 75.0, 200.0]])
    converted = np.array([[False, False, True]])
    claim = m.claim_usd_bn(shares, equity, np.full(3, 30.0), col(150.0), converted)
    assert claim[0] == pytest.approx([30, 15, 20])
    assert m.claim_usd_bn(shares, equity, np.full(3, 30.0), col(0.0), converted)[0] == pytest.approx(
        [20, 7.5, 20]
    )


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
