import numpy as np
import pytest

from analysis import scenarios
from analysis.models import outlook


def given(scenario="base", **overrides):
    return scenarios.check(scenarios.resolve(scenario, {"draws": 2000} | overrides))


def test_the_same_assumptions_give_the_same_paths_and_another_seed_others():
    first, again, other = (outlook.venture_paths(given(seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(first.moic, again.moic)
    assert not np.array_equal(first.moic, other.moic)


def test_scenarios_are_compared_on_common_random_numbers():
    # Only the stake differs, so every draw differs by that ratio alone: 0.26 / 0.13 = 2.
    single, double = (outlook.venture_paths(given(stake_share=share)) for share in (0.13, 0.26))
    assert double.moic == pytest.approx(2 * single.moic)


def test_revenue_before_erosion_and_shocks_is_that_of_the_full_model_without_them():
    without = given(erosion_pct_per_year=0.0, shock_rate_per_year=0.0)
    times, revenue = outlook.revenue_paths(without)
    paths = outlook.venture_paths(without)
    assert times.tolist() == paths.times_years.tolist()
    assert revenue == pytest.approx(paths.revenue_usd_bn)


def test_both_ends_and_the_middle_of_the_editorial_verdict_add_up():
    ends = outlook.editorial_verdict(outlook.venture_paths(given()), outsized_moic=3.0, catastrophe_moic=0.25)
    assert ends.outsized.value + ends.catastrophe.value + ends.between.value == pytest.approx(1)


def test_each_risk_of_the_article_lowers_the_median_and_the_investor_s_case_raises_it():
    median = {name: np.median(outlook.venture_paths(given(name)).moic) for name in scenarios.names()}
    assert (
        median["son"]
        > median["base"]
        > max(median[n] for n in ("article", "commoditised", "compute_trap", "regulation"))
    )


def test_a_larger_loss_of_the_stake_raises_loan_to_value_and_falling_along_raises_it_more():
    assumed = given()
    table = outlook.stress_table(assumed, outlook.exposure_paths(assumed, outlook.venture_paths(assumed)))
    assert table["alone_pct"].is_monotonic_increasing
    assert (table["along_pct"] >= table["alone_pct"] - 1e-9).all()
    assert table["along_pct"].iloc[0] == pytest.approx(table["alone_pct"].iloc[0])


def test_loan_to_value_at_the_start_by_hand():
    # (8.21 + 30 * 0.158) / (33.5 + 0.13 * 852 * 0.158) = 12.95 / (33.5 + 17.500) = 25.39 %, under every scenario
    for name in scenarios.names():
        assumed = given(name)
        balance = outlook.exposure_paths(assumed, outlook.venture_paths(assumed))
        assert balance.ltv_share[:, 0] * 100 == pytest.approx(
            100 * (8.21 + 30 * 0.158) / (33.5 + 0.13 * 852 * 0.158)
        )
