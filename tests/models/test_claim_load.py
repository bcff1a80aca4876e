"""What bears the load: each statement against a run by hand, common random numbers, and ranks."""

import numpy as np
import pytest

from analysis import scenarios
from analysis.errors import ParameterError
from analysis.evidence import claims
from analysis.models import claim_load, outlook, venture
from analysis.statistics import simulation


@pytest.fixture(scope="module")
def assumptions():
    return scenarios.check(scenarios.resolve("base", {"draws": 2000}))


WORDS = {
    "small": {"ceiling": 1, "pool_usd_bn": [120.0, 240.0]},
    "same": {"pool_usd_bn": [650.0, 2600.0]},
    "dear": {"running_cost_ratio_long_run": [0.8, 1.0, 1.2]},
}


@pytest.fixture(scope="module")
def table(assumptions, evidence):
    return claim_load.rank_claims(assumptions, evidence, WORDS).set_index("id")


def test_a_statement_at_its_word_is_the_model_with_its_values(assumptions, evidence, table):
    paths = outlook.venture_paths(assumptions.with_changes(**WORDS["small"]), evidence)
    years = outlook.deadline_years(assumptions)
    down = venture.write_down_probability(paths, within_years=years, threshold_pct=25.0)
    assert table.loc["small", "median_moic_x"] == pytest.approx(float(np.median(paths.moic)))
    assert table.loc["small", "write_down_pct"] == pytest.approx(100 * down.value)


def test_a_statement_that_says_what_the_evidence_says_moves_nothing(table):
    # the same draws, so the difference is zero and not a difference of two random numbers
    assert table.loc["same", ["moic_change_x", "write_down_change_pct"]].tolist() == [0.0, 0.0]
    assert not table.loc["same", "beyond_noise"]
    assert table.loc["small", "beyond_noise"]


def test_a_smaller_market_and_more_expensive_running_never_help(table):
    for name in ("small", "dear"):
        assert table.loc[name, "moic_change_x"] < 0
        assert table.loc[name, "write_down_change_pct"] > 0


def test_the_noise_is_that_of_the_difference_on_common_random_numbers(assumptions, evidence, table):
    # by hand: the draws that change sides, plus those that change back, over all draws
    down, then = (
        claim_load.outcomes(assumptions.with_changes(**values), evidence)["down"]
        for values in ({}, WORDS["dear"])
    )
    worse, better = (then & ~down).mean(), (down & ~then).mean()
    error = np.sqrt((worse + better - (worse - better) ** 2) / (len(down) - 1))
    assert table.loc["dear", "noise_pct"] == pytest.approx(100 * 1.96 * error, rel=1e-3)
    apart = np.hypot(*(simulation.probability(hits).half_width for hits in (down, then)))
    assert table.loc["dear", "noise_pct"] < 100 * apart


def test_ranks_are_the_mean_of_both_ranks(table):
    both = table[["moic_change_x", "write_down_change_pct"]].abs().rank(ascending=False).mean(axis=1)
    assert list(table.index) == list(both.sort_values(kind="stable").index)
    assert table["rank"].tolist()[-1] == 3


def test_a_value_that_the_register_does_not_allow_is_refused(assumptions, evidence):
    with pytest.raises(ParameterError, match="pool_share"):
        claim_load.rank_claims(assumptions, evidence, {"x": {"pool_share": 7.0}})


def test_every_claim_that_bears_a_load_is_in_the_terms_of_the_register_and_of_the_articles_scenario():
    register, article = scenarios.load_register(), scenarios.load("article").overrides
    bearers = claims.in_model_terms()
    assert len(bearers) >= 5
    for name, values in bearers.items():
        assert not scenarios.overrides_problems(values, register, name)
    # what the scenario takes from the article, a claim says too, where the models draw on it
    claimed = {key: value for values in bearers.values() for key, value in values.items()}
    shared = {key: value for key, value in article.items() if key in claimed and key != "parity_years"}
    assert shared == {key: claimed[key] for key in shared} and len(shared) >= 4
    assert article["parity_years"] == bearers["verdict.open_parity"]["parity_years"]
