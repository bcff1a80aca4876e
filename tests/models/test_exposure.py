"""NAV and LTV by hand, a closed form for passing the ceiling, and a stake that is lost altogether."""

import math
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.models.exposure import ExposureInputs, exceedance, ltv_after_loss, simulate
from analysis.models.simulation import spawn

# Net debt 8 + 20 × 150 / 1000 = 11; a stake of $100bn is 15 trillion yen.
INPUTS = ExposureInputs(
    other_holdings_jpy_tn=30,
    net_debt_jpy_tn=8,
    unpaid_usd_bn=20,
    usdjpy=150,
    loading=0.5,
    other_volatility_pct=0,
)


def noise(seed: int = 5) -> np.random.Generator:
    return spawn(seed, ["other"])["other"]


def test_nav_and_ltv_follow_by_hand():
    # start: gross 15 + 30 = 45, NAV 45 - 11 = 34, LTV 11 / 45, stake 15 / 34 of NAV
    # stake at a quarter: 3.75; others 30 × 0.25^0.5 = 15; gross 18.75, NAV 7.75, LTV 11 / 18.75
    # stake at four times: 60; others 30 × 4^0.5 = 60; gross 120, NAV 109
    paths = simulate(INPUTS, np.array([[100.0, 25.0, 400.0]]), noise())
    assert paths.times_years.tolist() == [0, 0.25, 0.5]
    assert paths.openai_jpy_tn[0] == pytest.approx([15, 3.75, 60])
    assert paths.other_holdings_jpy_tn[0] == pytest.approx([30, 15, 60])
    assert paths.net_debt_jpy_tn.tolist() == [11]
    assert paths.nav_jpy_tn[0] == pytest.approx([34, 7.75, 109])
    assert paths.ltv_share[0] == pytest.approx([11 / 45, 11 / 18.75, 11 / 120])
    assert paths.openai_share_of_nav[0] == pytest.approx([15 / 34, 3.75 / 7.75, 60 / 109])


def test_a_stake_that_is_lost_leaves_a_finite_ltv():
    # others follow down to 1% of the stake: 30 × 0.01^0.5 = 3; LTV 11 / 3; NAV 3 - 11 = -8, no share of it
    paths = simulate(INPUTS, np.array([[100.0, 0.0, 0.5]]), noise())
    assert paths.other_holdings_jpy_tn[0] == pytest.approx([30, 3, 3])
    assert paths.ltv_share[0, 1] == pytest.approx(11 / 3)
    assert paths.nav_jpy_tn[0, 1] == pytest.approx(-8)
    assert np.isnan(paths.openai_share_of_nav[0, 1:]).all()


def test_the_ceiling_is_passed_as_often_as_the_closed_form_says():
    # a stake that stays at 15: LTV > 25% when others < 11 / 0.25 - 15 = 29;
    # others = 30 W with ln W ~ Normal(-s²/8, s²/4) after one quarter
    n, s = 40_000, 0.3
    paths = simulate(replace(INPUTS, other_volatility_pct=30), np.full((n, 2), 100.0), noise())
    expected = NormalDist(-(s**2) / 8, s / 2).cdf(math.log(29 / 30))
    last = exceedance(paths, 0.25).iloc[-1]
    assert abs(last["probability"] - expected) < 4 * last["standard_error"]


def test_loading_and_own_noise_add_up_in_the_variance_of_logs():
    # stake 40% a year, loading 0.5, own noise 30%: variance over one year 0.5² × 0.4² + 0.3² = 0.13,
    # covariance with the stake 0.5 × 0.4² = 0.08
    n = 40_000
    log_stake = np.cumsum(0.2 * spawn(5, ["stake"])["stake"].standard_normal((n, 4)), axis=1)
    stake = 100 * np.exp(np.hstack([np.zeros((n, 1)), log_stake]))
    paths = simulate(replace(INPUTS, other_volatility_pct=30), stake, noise())
    log_other = np.log(paths.other_holdings_jpy_tn[:, -1])
    assert log_other.var() == pytest.approx(0.13, rel=0.03)
    assert np.cov(log_other, log_stake[:, -1])[0, 1] == pytest.approx(0.08, rel=0.04)


@given(low=st.floats(0.05, 0.5), step=st.floats(0, 0.5), unpaid=st.floats(0, 100), seed=st.integers(0, 2**32))
@settings(max_examples=25, deadline=None)
def test_a_higher_ceiling_is_passed_less_often_and_more_debt_more_often(low, step, unpaid, seed):
    stake = 100 * np.exp(np.random.default_rng(seed).normal(0, 0.5, (30, 5)))
    inputs = replace(INPUTS, other_volatility_pct=40)
    paths = simulate(inputs, stake, noise(seed))
    curve = exceedance(paths, low)["probability"]
    assert curve.is_monotonic_increasing
    assert (exceedance(paths, low + step)["probability"] <= curve).all()
    indebted = simulate(replace(inputs, unpaid_usd_bn=20 + unpaid), stake, noise(seed))
    assert (exceedance(indebted, low)["probability"] >= curve).all()


def test_a_start_above_the_ceiling_counts():
    paths = simulate(INPUTS, np.array([[100.0, 400.0]]), noise())
    assert exceedance(paths, 0.24)["probability"].tolist() == [1, 1]  # 11 / 45 = 0.2444
    assert exceedance(paths, 0.25)["probability"].tolist() == [0, 0]


def test_the_stress_table_agrees_with_the_simulation_of_the_same_loss():
    # loss of half, loading 0.5: 11 / (7.5 + 30 × 0.7071) = 11 / 28.7132 = 0.38310; loading 0: 11 / 37.5
    losses = np.array([0.0, 0.5, 0.75, 1.0])
    paths = simulate(INPUTS, np.column_stack([np.full(4, 100.0), 100 * (1 - losses)]), noise())
    table = ltv_after_loss(30, 15, 11, losses, loading=0.5)
    assert table == pytest.approx(paths.ltv_share[:, 1], rel=1e-12)
    assert table[1] == pytest.approx(0.38310, abs=1e-5)
    assert (np.diff(table) > 0).all()
    assert float(ltv_after_loss(30, 15, 11, 0.5)) == pytest.approx(11 / 37.5)


def test_inputs_may_differ_from_draw_to_draw():
    # loading 0: others stay at 30; loading 1: 15
    paths = simulate(replace(INPUTS, loading=np.array([0.0, 1.0])), np.array([[100.0, 50.0]] * 2), noise())
    assert paths.other_holdings_jpy_tn[:, 1] == pytest.approx([30, 15])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("other_holdings_jpy_tn", 0),
        ("net_debt_jpy_tn", math.nan),
        ("unpaid_usd_bn", -1),
        ("usdjpy", 0),
        ("loading", math.inf),
        ("other_volatility_pct", -1),
    ],
)
def test_inputs_outside_their_range_are_refused_by_name(field, value):
    with pytest.raises(ValueError, match=f"{field} is .*: write "):
        replace(INPUTS, **{field: value})


@pytest.mark.parametrize(
    ("stake", "message"),
    [
        ([100.0, 90.0], r"has shape \(2,\)"),
        (np.empty((0, 3)), r"has shape \(0, 3\)"),
        ([[0.0, 90.0]], "zero at the start"),
        ([[100.0, -1.0]], "negative"),
        ([[100.0, math.nan]], "not finite"),
    ],
)
def test_stakes_that_are_no_paths_are_refused(stake, message):
    with pytest.raises(ValueError, match=message):
        simulate(INPUTS, np.array(stake), noise())


def test_other_questions_without_an_answer_are_refused():
    paths = simulate(INPUTS, np.array([[100.0, 90.0]]), noise())
    with pytest.raises(ValueError, match="ceiling_share is 0"):
        exceedance(paths, 0)
    with pytest.raises(ValueError, match=r"loss_share is 1\.5: write 0 to 1"):
        ltv_after_loss(30, 15, 11, 1.5)
    with pytest.raises(ValueError, match="other_holdings_jpy_tn is 0"):
        ltv_after_loss(0, 15, 11, 0.5)
    with pytest.raises(ValueError, match=r"loading has shape \(3,\)"):
        simulate(replace(INPUTS, loading=np.ones(3)), np.array([[100.0, 90.0]]), noise())
