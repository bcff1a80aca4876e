"""The results that open the report."""

import numpy as np
import pytest

from analysis import scenarios
from analysis.models import balance_sheet, headline, outlook, venture


def assumptions(**overrides):
    return scenarios.check(scenarios.resolve("base", {"draws": 5000} | overrides))


def test_results_are_those_of_the_paths_over_two_blocks(evidence):
    # 5,000 draws are a block of 4,096 and the head of another
    chosen = assumptions()
    results = headline.headline(chosen, evidence)
    paths = outlook.venture_paths(chosen, evidence)
    balance = outlook.exposure_paths(chosen, paths)
    years = outlook.deadline_years(chosen)
    passed = balance_sheet.exceedance_probability(balance, 0.35, within_years=years)
    assert results["moic_median"].value == pytest.approx(float(np.median(paths.moic)))
    assert results["loss_probability"].value == (paths.moic < 1).mean()
    assert results["ltv_emergency_probability"].value == passed.value
    down = venture.write_down_probability(paths, within_years=years, threshold_pct=25.0)
    assert results["write_down_probability"].value == down.value


def test_both_ends_and_the_middle_add_up(evidence):
    results = headline.headline(assumptions(), evidence)
    parts = ("catastrophe_probability", "between_probability", "outsized_probability")
    assert sum(results[name].value for name in parts) == pytest.approx(1)


def test_a_result_names_the_assumptions_that_it_follows_from(evidence):
    results = headline.headline(assumptions(), evidence)
    assert {"multiple_long_run", "outsized_moic", "run_rate_error_pct"} <= set(
        results["outsized_probability"].inputs
    )


def test_a_process_counts_the_same_results_once(evidence, monkeypatch):
    # the store is off in these tests: it is the process that remembers
    first = headline.headline(assumptions(seed=7), evidence)
    monkeypatch.setattr(outlook, "summarise_draws", None)  # nothing is counted from here on
    assert headline.headline(assumptions(seed=7), evidence) == first
    with pytest.raises(TypeError):
        headline.headline(assumptions(seed=7, outsized_moic=4.0), evidence)


def test_the_multiple_of_all_draws_is_stored_as_quantiles_of_them(evidence):
    # 5,000 draws are fewer than are stored, so each of them is there; of more, the shares are the same
    few = assumptions()
    quantiles = headline.moic_quantiles(few, evidence)
    assert np.array_equal(quantiles, np.sort(outlook.venture_paths(few, evidence).moic))
    many = assumptions(draws=12_000)
    results, quantiles = headline.headline(many, evidence), headline.moic_quantiles(many, evidence)
    assert len(quantiles) == headline.QUANTILES
    assert (quantiles < 1).mean() == pytest.approx(results["loss_probability"].value, abs=2e-4)
    assert np.median(quantiles) == pytest.approx(results["moic_median"].value, rel=1e-3)
