"""NAV and LTV by hand, a closed form for passing the ceiling, interest and instalments on their days."""

import math
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.models import balance_sheet
from analysis.models.balance_sheet import (
    HOLDINGS,
    ExposureInputs,
    ExposurePaths,
    Instalment,
    Loan,
    StakePaths,
    ai_factor,
    exceedance_probability,
    forced_sales,
    implied_correlation,
    ltv_after_loss,
    maturity,
    required_sale,
    simulate,
)
from analysis.statistics.simulation import spawn

# Net debt 11; a stake of $100bn is 15 trillion yen; others 18 + 8 + 4 = 30.
INPUTS = ExposureInputs(
    arm_jpy_tn=18,
    vision_fund_jpy_tn=8,
    rest_jpy_tn=4,
    net_debt_jpy_tn=11,
    interest_pct=0,
    usdjpy=150,
    loading_arm=0.5,
    loading_vision_fund=0.5,
    loading_rest=0.5,
    arm_volatility_pct=0,
    vision_fund_volatility_pct=0,
    rest_volatility_pct=0,
    degrees_of_freedom=0,
)
WITH_INTEREST = replace(INPUTS, interest_pct=5)


def noise(seed: int = 5) -> dict[str, np.random.Generator]:
    return spawn(seed, HOLDINGS)


def stake(value, factor=None, instalments=()) -> StakePaths:
    """A stake whose value moves with the AI factor alone where no factor is named."""
    value = np.asarray(value, dtype=float)
    return StakePaths(value, value / value[:, :1] if factor is None else np.asarray(factor), instalments)


def test_nav_and_ltv_follow_by_hand():
    # start: gross 15 + 30 = 45, NAV 45 - 11 = 34, LTV 11 / 45
    # factor at a quarter: stake 3.75; others 30 × 0.25^0.5 = 15; gross 18.75, NAV 7.75, LTV 11 / 18.75
    # factor at four times: stake 60; others 30 × 4^0.5 = 60; gross 120, NAV 109
    paths = simulate(INPUTS, stake([[100.0, 25.0, 400.0]]), noise())
    assert paths.times_years.tolist() == [0, 0.25, 0.5]
    assert paths.openai_jpy_tn[0] == pytest.approx([15, 3.75, 60])
    assert paths.other_holdings_jpy_tn[0] == pytest.approx([30, 15, 60])
    assert paths.net_debt_jpy_tn.tolist() == [[11, 11, 11]]
    assert paths.nav_jpy_tn[0] == pytest.approx([34, 7.75, 109])
    assert paths.ltv_share[0] == pytest.approx([11 / 45, 11 / 18.75, 11 / 120])


def test_a_stake_that_is_lost_by_dilution_leaves_the_other_holdings_where_the_factor_has_them():
    paths = simulate(INPUTS, stake([[100.0, 0.0, 0.5]], factor=[[1.0, 1.0, 0.25]]), noise())
    assert paths.other_holdings_jpy_tn[0] == pytest.approx([30, 30, 15])
    assert paths.ltv_share[0, 1] == pytest.approx(11 / 30)
    assert paths.nav_jpy_tn[0, 1] == pytest.approx(30 - 11)


def test_growth_as_expected_moves_nothing_and_a_miss_does():
    # central revenue 20, 40, 30: as expected in the first future, from another start in the second; half of
    # it in the third; with the market at a half
    central = np.array([20.0, 40.0, 30.0])
    revenue = np.array([[20.0, 40.0, 30.0], [30.0, 60.0, 45.0], [20.0, 20.0, 15.0], [20.0, 40.0, 30.0]])
    market = np.array([[1.0, 1.0, 1.0]] * 3 + [[1.0, 0.5, 2.0]])
    assert ai_factor(market, revenue, central) == pytest.approx(
        np.array([[1, 1, 1], [1, 1, 1], [1, 0.5, 0.5], [1, 0.5, 2]])
    )


def test_net_debt_bears_interest_from_the_day_it_is_taken_up():
    # 11 × 1.05^t; 1.5 (10 bn at 150) of the second day on: from 0.1 years, seen at 0.25; nothing of what is
    # due after the last date
    due = [Instalment(0.1, 10.0), Instalment(0.25, 20.0), Instalment(0.6, 40.0)]
    paths = simulate(WITH_INTEREST, stake([[100.0, 100.0, 100.0]], instalments=due), noise())
    first = [1.5 * 1.05**0.15, 1.5 * 1.05**0.4]
    assert paths.net_debt_jpy_tn[0] == pytest.approx(
        [11, 11 * 1.05**0.25 + first[0] + 3, 11 * 1.05**0.5 + first[1] + 3 * 1.05**0.25]
    )
    assert paths.unpaid_jpy_tn[0] == pytest.approx([1.5 + 3 + 6, 6, 6])


def test_an_instalment_on_a_quiet_day_changes_debt_and_holdings_and_no_net_asset_value():
    # 20 bn buy shares at the price of the start: the stake is worth 20 more, and debt is 3 higher
    paths = simulate(INPUTS, stake([[100.0, 120.0]], [[1.0, 1.0]], [Instalment(0.2, 20.0)]), noise())
    assert paths.nav_jpy_tn[0] == pytest.approx([34, 34])
    assert paths.net_debt_jpy_tn[0] == pytest.approx([11, 14])
    assert paths.ltv_share[0] == pytest.approx([11 / 45, 14 / 48])


@given(
    loadings=st.lists(st.floats(0, 3), min_size=3, max_size=3),
    interest=st.floats(0, 20),
    due=st.lists(st.tuples(st.floats(0.01, 0.9), st.floats(0.1, 50)), max_size=3),
)
@settings(max_examples=25)
def test_coupling_that_is_switched_off_creates_no_money(loadings, interest, due):
    value, factor = np.array([[100.0, 40.0, 90.0, 90.0]]), np.array([[1.0, 0.3, 1.2, 0.8]])
    company = StakePaths(value, factor, [Instalment(*payment) for payment in due])
    names = [f"loading_{name}" for name in HOLDINGS]
    on = replace(INPUTS, interest_pct=interest, **dict(zip(names, loadings, strict=True)))
    off = replace(on, **dict.fromkeys(names, 0.0))
    with_risk, without = (simulate(inputs, company, noise()) for inputs in (on, off))
    assert without.nav_jpy_tn[:, 0] == pytest.approx(with_risk.nav_jpy_tn[:, 0], rel=1e-12)
    assert np.array_equal(without.net_debt_jpy_tn, with_risk.net_debt_jpy_tn)
    assert np.array_equal(without.openai_jpy_tn, with_risk.openai_jpy_tn)
    # money in is money out: what debt has gained by the end are the payments and their interest
    years = without.times_years[-1]
    taken_up = [(11, 0.0), *((amount * 0.15, day) for day, amount in due if day <= years)]
    expected = sum(amount * (1 + interest / 100) ** (years - day) for amount, day in taken_up)
    assert without.net_debt_jpy_tn[0, -1] == pytest.approx(expected, rel=1e-12)


def test_the_ceiling_is_passed_as_often_as_the_closed_form_says():
    # a stake that stays at 15: LTV > 25% when others < 11 / 0.25 - 15 = 29;
    # others = 30 W with ln W ~ Normal(-s²/8, s²/4) after one quarter, all of it Arm here
    n, s = 40_000, 0.3
    inputs = replace(INPUTS, arm_jpy_tn=30, vision_fund_jpy_tn=0, rest_jpy_tn=0, arm_volatility_pct=30)
    paths = simulate(inputs, stake(np.full((n, 2), 100.0)), noise())
    expected = NormalDist(-(s**2) / 8, s / 2).cdf(math.log(29 / 30))
    chance = exceedance_probability(paths, 0.25, within_years=0.25)
    assert abs(chance.value - expected) < 4 * chance.standard_error


def test_loading_and_own_noise_add_up_in_the_variance_of_logs():
    # factor 40% a year, loading 0.5, own noise 30%: variance over one year 0.5² × 0.4² + 0.3² = 0.13,
    # covariance with the factor 0.5 × 0.4² = 0.08
    n = 40_000
    log_stake = np.cumsum(0.2 * spawn(5, ["stake"])["stake"].standard_normal((n, 4)), axis=1)
    value = 100 * np.exp(np.hstack([np.zeros((n, 1)), log_stake]))
    paths = simulate(replace(INPUTS, arm_volatility_pct=30), stake(value), noise())
    log_other = np.log(paths.arm_jpy_tn[:, -1])
    assert log_other.var() == pytest.approx(0.13, rel=0.03)
    assert np.cov(log_other, log_stake[:, -1])[0, 1] == pytest.approx(0.08, rel=0.04)


@given(low=st.floats(0.05, 0.5), step=st.floats(0, 0.5), more=st.floats(0, 20), seed=st.integers(0, 2**32))
@settings(max_examples=25)
def test_a_higher_ceiling_is_passed_less_often_and_more_or_costlier_debt_more_often(low, step, more, seed):
    company = stake(100 * np.exp(np.random.default_rng(seed).normal(0, 0.5, (30, 5))))
    inputs = replace(INPUTS, arm_volatility_pct=40, rest_volatility_pct=20)
    paths = simulate(inputs, company, noise(seed))

    def curve(of: ExposurePaths, ceiling: float) -> np.ndarray:
        return np.array([exceedance_probability(of, ceiling, within_years=t).value for t in of.times_years])

    base = curve(paths, low)
    assert (np.diff(base) >= 0).all()
    assert (curve(paths, low + step) <= base).all()
    for changes in ({"net_debt_jpy_tn": 11 + more}, {"interest_pct": more}):
        assert (curve(simulate(replace(inputs, **changes), company, noise(seed)), low) >= base).all()


def test_a_start_above_the_ceiling_counts():
    paths = simulate(INPUTS, stake([[100.0, 400.0]]), noise())
    # 11 / 45 = 0.2444
    for ceiling, chance in ((0.24, 1), (0.25, 0)):
        for years in (0, 0.25):
            assert exceedance_probability(paths, ceiling, within_years=years).value == chance


def test_the_stress_table_agrees_with_the_simulation_of_the_same_loss():
    # loss of half, loading 0.5: 11 / (7.5 + 30 × 0.7071) = 11 / 28.7132 = 0.38310; loading 0: 11 / 37.5
    losses = np.array([0.0, 0.5, 0.75, 0.99])
    paths = simulate(INPUTS, stake(np.column_stack([np.full(4, 100.0), 100 * (1 - losses)])), noise())
    table = ltv_after_loss([18, 8, 4], 15, 11, losses, [0.5] * 3)
    assert table == pytest.approx(paths.ltv_share[:, 1], rel=1e-12)
    assert table[1] == pytest.approx(0.38310, abs=1e-5)
    assert (np.diff(table) > 0).all()
    assert ltv_after_loss([18, 8, 4], 15, 11, np.array([0.5, 1.0])) == pytest.approx([11 / 37.5, 11 / 30])


def test_inputs_may_differ_from_draw_to_draw():
    # loading 0: Arm stays at 18; loading 1: 9
    inputs = replace(INPUTS, loading_arm=np.array([0.0, 1.0]), interest_pct=np.array([0.0, 10.0]))
    paths = simulate(inputs, stake([[100.0, 50.0]] * 2), noise())
    assert paths.arm_jpy_tn[:, 1] == pytest.approx([18, 9])
    assert paths.net_debt_jpy_tn[:, 1] == pytest.approx([11, 11 * 1.1**0.25])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("arm_jpy_tn", 0),
        ("vision_fund_jpy_tn", -1),
        ("rest_jpy_tn", math.nan),
        ("net_debt_jpy_tn", math.nan),
        ("interest_pct", -1),
        ("usdjpy", 0),
        ("loading_arm", -0.1),
        ("loading_vision_fund", 3.1),
        ("loading_rest", math.inf),
        ("arm_volatility_pct", -1),
        ("degrees_of_freedom", 1.5),
    ],
)
def test_inputs_outside_their_range_are_refused_by_name(field, value):
    with pytest.raises(ValueError, match=f"{field} is .*: write "):
        replace(INPUTS, **{field: value})


@pytest.mark.parametrize(
    ("company", "message"),
    [
        (StakePaths(np.array([100.0, 90.0]), np.ones(2), ()), r"value_usd_bn has shape \(2,\)"),
        (StakePaths(np.empty((0, 3)), np.empty((0, 3)), ()), r"value_usd_bn has shape \(0, 3\)"),
        (stake([[100.0, 90.0]], factor=[[1.0]]), r"ai_factor \(1, 1\): write \(draws, quarters \+ 1\)"),
        (stake([[0.0, 90.0]], factor=[[1.0, 1.0]]), "zero at the start"),
        (stake([[100.0, -1.0]], factor=[[1.0, 1.0]]), "negative"),
        (stake([[100.0, math.nan]], factor=[[1.0, 1.0]]), "not finite"),
        (stake([[100.0, 90.0]], factor=[[1.0, 0.0]]), "ai_factor is zero"),
        (stake([[100.0, 90.0]], instalments=[Instalment(0.0, 10.0)]), "write days after the start"),
        (stake([[100.0, 90.0]], instalments=[Instalment(0.5, 0.0)]), "and amounts above 0"),
    ],
)
def test_stakes_that_are_no_paths_are_refused(company, message):
    with pytest.raises(ValueError, match=message):
        simulate(INPUTS, company, noise())


def test_other_questions_without_an_answer_are_refused():
    paths = simulate(INPUTS, stake([[100.0, 90.0]]), noise())
    with pytest.raises(ValueError, match="ceiling_share is 0"):
        exceedance_probability(paths, 0, within_years=0.25)
    with pytest.raises(ValueError, match="within_years is 9: write a share above 0"):
        exceedance_probability(paths, 0.25, within_years=9)
    with pytest.raises(ValueError, match=r"loss_share is 1\.5: write 0 to 1"):
        ltv_after_loss([30], 15, 11, 1.5)
    with pytest.raises(ValueError, match=r"loss_share is 1\.0: write 0 to 1, below 1 with loadings"):
        ltv_after_loss([30], 15, 11, 1.0, [0.5])
    with pytest.raises(ValueError, match=r"holdings_jpy_tn are \[0\]"):
        ltv_after_loss([0], 15, 11, 0.5)
    with pytest.raises(ValueError, match=r"loading_arm has shape \(3,\)"):
        simulate(replace(INPUTS, loading_arm=np.ones(3)), stake([[100.0, 90.0]]), noise())
    with pytest.raises(ValueError, match=r"streams missing: \['rest'\]"):
        simulate(INPUTS, stake([[100.0, 90.0]]), spawn(1, ["arm", "vision_fund"]))


def test_holdings_add_up_in_every_draw():
    value = 100 * np.exp(np.random.default_rng(3).normal(0, 0.5, (200, 9)))
    inputs = replace(INPUTS, arm_volatility_pct=40, vision_fund_volatility_pct=30, rest_volatility_pct=20)
    p = simulate(inputs, stake(value), noise())
    assert p.gross_jpy_tn == pytest.approx(
        p.openai_jpy_tn + p.arm_jpy_tn + p.vision_fund_jpy_tn + p.rest_jpy_tn
    )
    assert p.nav_jpy_tn == pytest.approx(p.gross_jpy_tn - 11)
    assert p.ltv_share == pytest.approx(11 / p.gross_jpy_tn)


def test_correlations_are_those_of_the_simulated_returns_and_never_impossible():
    # factor 40% a year; Arm: loading 0.6, own 40%: variance 0.36 × 0.16 + 0.16 = 0.2176, correlation with the
    # factor 0.6 × 0.16 / (0.4 × 0.46648) = 0.5145
    matrix = implied_correlation([0.6, 0.5, 0.3], [40, 25, 20], 40)
    assert matrix[0, 1] == pytest.approx(0.5145, abs=1e-4)
    log_stake = 0.2 * spawn(5, ["stake"])["stake"].standard_normal((40_000, 1))
    value = 100 * np.exp(np.hstack([np.zeros_like(log_stake), log_stake]))
    inputs = replace(
        INPUTS,
        loading_arm=0.6,
        loading_vision_fund=0.5,
        loading_rest=0.3,
        arm_volatility_pct=40,
        vision_fund_volatility_pct=25,
        rest_volatility_pct=20,
    )
    p = simulate(inputs, stake(value), noise())
    returns = [
        np.log(x[:, 1] / x[:, 0])
        for x in (p.openai_jpy_tn, p.arm_jpy_tn, p.vision_fund_jpy_tn, p.rest_jpy_tn)
    ]
    assert np.corrcoef(returns) == pytest.approx(matrix, abs=0.02)
    rng = np.random.default_rng(1)
    for _ in range(50):
        drawn = implied_correlation(rng.uniform(0, 3, 3), rng.uniform(1, 150, 3), rng.uniform(1, 150))
        assert np.linalg.eigvalsh(drawn).min() > -1e-12


def test_what_must_be_sold_brings_loan_to_value_to_the_ceiling():
    # gross 40, debt 12, ceiling 25%, discount 10%: S = (12 - 10) / (0.9 - 0.25) = 3.0769; (12 - 0.9 S) / (40
    # - S) = 0.25
    sold = float(required_sale(np.array(40.0), np.array(12.0), 0.25, 0.1))
    assert sold == pytest.approx(2 / 0.65)
    assert (12 - 0.9 * sold) / (40 - sold) == pytest.approx(0.25, abs=1e-12)
    assert float(required_sale(np.array(50.0), np.array(12.0), 0.25, 0.1)) == 0
    assert float(required_sale(np.array(40.0), np.array(12.0), 0.3, 0.1)) < sold
    for ceiling, discount in ((0.0, 0.1), (0.25, 0.75), (0.25, -0.1)):
        with pytest.raises(ValueError, match="write a ceiling above 0 and a discount"):
            required_sale(np.array(40.0), np.array(12.0), ceiling, discount)


def test_a_sale_is_compared_with_arm_and_with_everything_but_the_stake():
    # debt 11, ceiling 25%, no discount: S = (11 - G / 4) / 0.75. Three draws, others falling along by their
    # loading of 0.5: stake kept: G = 45, nothing. Factor at a quarter: G = 18.75, S = 8.42, Arm 9: Arm
    # suffices. Stake lost and factor at a hundredth: G = 3, S = 13.67, Arm 1.8, others 3: nothing suffices.
    company = stake([[100.0, 100.0], [100.0, 25.0], [100.0, 0.0]], [[1.0, 1.0], [1.0, 0.25], [1.0, 0.01]])
    paths = simulate(INPUTS, company, noise())
    result = forced_sales(paths, ceiling_pct=25, discount_pct=0, within_years=0.25)
    assert result.needed.value == pytest.approx(2 / 3)
    assert (result.arm_suffices.value, result.all_suffices.value) == (0.5, 0.5)
    ratios = [(11 - 18.75 / 4) / 0.75 / 9, (11 - 3 / 4) / 0.75 / 1.8]
    assert result.of_arm.value == pytest.approx(np.median(ratios))
    quiet = simulate(INPUTS, stake([[100.0, 100.0]]), noise())
    calm = forced_sales(quiet, ceiling_pct=25, discount_pct=0, within_years=0.25)
    assert (calm.needed.value, calm.of_arm) == (0, None)


def test_a_loan_falls_due_at_the_quarter_end_before_its_day():
    # 40 bn at 150 are 6 tn; after 0.4 years the last quarter end is 0.25: stake at a quarter, LTV 11 / 18.75
    # = 58.7%, Arm 9
    paths = simulate(INPUTS, stake([[100.0, 25.0, 400.0]]), noise())
    due = maturity(paths, Loan("loan on the stake", 40, 0.4), usdjpy=150, ceiling_pct=25)
    assert due.due_jpy_tn == pytest.approx(6)
    assert (due.ltv_pct.value, due.shut.value) == (pytest.approx(100 * 11 / 18.75), 1)
    assert due.of_arm.value == pytest.approx(6 / 9)
    for loan in (Loan("late", 40, 0.6), Loan("past", 40, -0.1), Loan("empty", 0, 0.25)):
        with pytest.raises(ValueError, match=f"{loan.name} has a balance of"):
            maturity(paths, loan, usdjpy=150, ceiling_pct=25)


def test_fat_tails_are_a_switch():
    company = stake(np.full((20_000, 2), 100.0))
    normal, fat = (
        simulate(replace(INPUTS, arm_volatility_pct=40, degrees_of_freedom=nu), company, noise()).arm_jpy_tn[
            :, 1
        ]
        for nu in (0, 3)
    )
    assert np.quantile(fat, 0.001) < np.quantile(normal, 0.001)
    assert balance_sheet.PURPOSES == HOLDINGS
