"""Probabilities of single events: pool, bounds and scores against hand calculations and published limits."""

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from analysis.statistics import scoring

INSIDE = st.floats(0.001, 0.999)


def test_the_pool_is_the_mean_of_log_odds():
    # odds 9 and 1: the mean of their logs is ln 3, which is 3 to 1; opposite odds 1/4 and 4 cancel
    assert scoring.pooled([0.9, 0.5]) == pytest.approx(0.75)
    assert scoring.pooled([0.2, 0.8]) == pytest.approx(0.5)
    assert scoring.pooled([0.3]) == pytest.approx(0.3)


@given(st.lists(INSIDE, min_size=1, max_size=6))
def test_the_pool_lies_among_its_methods_and_does_not_depend_on_the_side(probabilities):
    result = scoring.pooled(probabilities)
    assert min(probabilities) - 1e-12 <= result <= max(probabilities) + 1e-12
    assert scoring.pooled([1 - p for p in probabilities]) == pytest.approx(1 - result)


@pytest.mark.parametrize("wrong", [[0.0, 0.5], [1.0], [-0.1], [1.2], [math.nan], []])
def test_what_is_no_probability_is_refused(wrong):
    for use in (scoring.pooled, scoring.joint_bounds, scoring.as_probabilities):
        with pytest.raises(ValueError, match="probability"):
            use(wrong)


def test_frechet_bounds_are_those_of_the_extreme_joint_distributions():
    # 0.7 and 0.6: they overlap in 0.3 at least (0.7 + 0.6 - 1) and 0.6 at most
    assert scoring.joint_bounds([0.7, 0.6]) == pytest.approx((0.3, 0.6))
    assert scoring.joint_bounds([0.2, 0.3, 0.4]) == pytest.approx((0.0, 0.2))


@given(st.lists(st.tuples(*[st.booleans()] * 3), min_size=4, max_size=40))
def test_joint_draws_never_leave_the_frechet_bounds(draws):
    hits = np.array(draws)
    # pseudo-counts as in base_rate keep each share inside (0, 1); they move a joint share by less than 1/n
    shares, slack = (hits.sum(axis=0) + 0.5) / (len(hits) + 1), 2 / len(hits)
    low, high = scoring.joint_bounds(shares)
    assert low - slack <= hits.all(axis=1).mean() <= high + slack


def test_base_rates_have_the_limits_of_the_jeffreys_interval():
    # Brown, Cai, DasGupta (2001): 95% upper limit of 0 in 10 is 0.217; by symmetry the lower limit of 10 in
    # 10 is 0.783
    none, every = scoring.base_rate(0, 10, 0.95), scoring.base_rate(10, 10, 0.95)
    assert (round(none.high, 3), round(every.low, 3)) == (0.217, 0.783)
    assert none.probability == pytest.approx(0.5 / 11)
    # 3 of 4: mean 3.5 / 5; the quartiles of Beta(3.5, 1.5) enclose it
    result = scoring.base_rate(3, 4, 0.5)
    assert result.probability == pytest.approx(0.7)
    assert result.low < 0.7 < result.high


@given(st.integers(1, 500), st.data())
def test_a_base_rate_is_never_certain(cases, data):
    events = data.draw(st.integers(0, cases))
    result = scoring.base_rate(events, cases)
    assert 0 < result.low <= result.probability <= result.high < 1


@pytest.mark.parametrize(("events", "cases"), [(5, 4), (-1, 4), (0, 0)])
def test_more_events_than_cases_are_refused(events, cases):
    with pytest.raises(ValueError, match="is no share"):
        scoring.base_rate(events, cases)


def test_cases_of_one_cluster_count_as_one_where_they_share_their_fate():
    # two years of four cases each, all of one and none of the other: half of two cases, not of eight
    assert scoring.clustered_rate([True] * 4 + [False] * 4, [1] * 4 + [2] * 4) == scoring.base_rate(1, 2)
    # a case a cluster: as many cases as there are
    assert scoring.clustered_rate([True, False, False], "abc") == scoring.base_rate(1, 3)
    assert scoring.clustered_rate([True, True], "aa").probability == scoring.base_rate(1, 1).probability
    for happened, clusters in (([True], "ab"), ([], "")):
        with pytest.raises(ValueError):
            scoring.clustered_rate(happened, clusters)


def test_a_probability_over_another_time_keeps_its_hazard():
    # half in a year: a quarter is left after two, the square root of a half after six months
    assert scoring.at_constant_hazard(0.5, 1, 2) == pytest.approx(0.75)
    assert scoring.at_constant_hazard(0.5, 1, 0.5) == pytest.approx(1 - math.sqrt(0.5))
    with pytest.raises(ValueError, match="above 0"):
        scoring.at_constant_hazard(0.5, 1, 0)


def test_scores_by_hand():
    # (0.8 - 1)² = 0.04 and (0.8 - 0)² = 0.64; -ln 0.8 = 0.2231
    # and -ln 0.2 = 1.6094; one half costs 0.25 and ln 2
    assert scoring.brier([0.8, 0.8, 0.5], [True, False, True]) == pytest.approx([0.04, 0.64, 0.25])
    assert scoring.log_score([0.8, 0.8, 0.5], [1, 0, 0]) == pytest.approx(
        [0.223144, 1.609438, math.log(2)], abs=1e-6
    )


@given(INSIDE, INSIDE)
def test_both_scores_are_proper(truth, forecast):
    """Who believes `truth` expects the smallest loss by saying it."""
    for score in (scoring.brier, scoring.log_score):
        yes, no = (float(score([forecast], [o])[0]) for o in (1, 0))
        best_yes, best_no = (float(score([truth], [o])[0]) for o in (1, 0))
        expected = truth * yes + (1 - truth) * no
        assert expected >= truth * best_yes + (1 - truth) * best_no - 1e-12


@pytest.mark.parametrize("outcomes", [[1, 0, 1], [0.5, 1], [math.nan, 1]])
def test_only_what_is_resolved_is_scored(outcomes):
    with pytest.raises(ValueError, match="outcome"):
        scoring.brier([0.5, 0.5], outcomes)


def skill(ours, reference, outcomes, clusters):
    return scoring.skill(ours, reference, outcomes, clusters, rng=np.random.default_rng(1))


def test_skill_by_hand():
    # 0.9 on two that came and 0.1 on two that did not: 0.01
    # each, against 0.25 each of one half: 1 - 0.04 = 0.96
    result = skill([0.9, 0.9, 0.1, 0.1], [0.5] * 4, [1, 1, 0, 0], list("abcd"))
    assert result.value == pytest.approx(0.96)
    assert (result.n, result.n_clusters, result.n_effective) == (4, (4,), 4.0)
    assert (result.low, result.high) == pytest.approx((0.96, 0.96))
    same = skill([0.5] * 4, [0.5] * 4, [1, 1, 0, 0], list("abcd"))
    assert same.value == 0.0


def test_questions_that_share_their_fate_count_as_one():
    # two clusters of three equal score differences: all
    # scatter is between them, r = 1, so 6 / (1 + 2) = 2 count
    ours, outcomes, clusters = [0.9] * 3 + [0.6] * 3, [1] * 6, list("aaabbb")
    assert skill(ours, [0.5] * 6, outcomes, clusters).n_effective == pytest.approx(2.0)
    # the same differences dealt out evenly: the clusters'
    # means agree, r < 0 is taken for 0, and all six count
    mixed = skill([0.9, 0.6] * 3, [0.5] * 6, outcomes, list("aabbcc"))
    assert mixed.n_effective == pytest.approx(6.0)
    alone = skill(ours, [0.5] * 6, outcomes, ["a"] * 6)
    assert alone.n_effective == 1.0 and math.isnan(alone.low)


def test_the_bootstrap_draws_clusters_and_not_questions():
    # clusters that all win or all lose: with two of them
    # both-lose and both-win come in a quarter of resamples each
    ours, outcomes = [0.9] * 20 + [0.1] * 20, [1] * 40
    result = skill(ours, [0.5] * 40, outcomes, ["a"] * 20 + ["b"] * 20)
    assert result.low == pytest.approx(1 - 0.81 / 0.25)
    assert result.high == pytest.approx(1 - 0.01 / 0.25)


def test_effective_cases_of_two_clusterings_add_their_design_effects():
    # twelve values in three series by four years that move with the year alone: all scatter lies between
    # years, so 12 / 3 = 4 count by year, the series say nothing more, and the design effects 3 + 1 - 1 = 3
    years, names = [1, 2, 3, 4] * 3, list("aaaabbbbcccc")
    values = [0.1, 0.9, 0.4, 0.2] * 3
    assert scoring.effective_cases(values, years) == pytest.approx(4)
    assert scoring.effective_cases(values, names) == pytest.approx(12)
    assert scoring.effective_cases(values, names, years) == pytest.approx(4)
    # the same clustering twice: 12 / (3 + 3 - 1)
    assert scoring.effective_cases(values, years, years) == pytest.approx(12 / 5)
    # never below one case: all values of two clusters apart, each way
    assert scoring.effective_cases([0, 0, 1, 1], "aabb", "aabb", "aabb") == 1.0


@given(st.lists(st.tuples(st.floats(-1, 1), st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=30))
def test_effective_cases_lie_between_one_and_all(rows):
    values, *clusterings = zip(*rows, strict=True)
    both = scoring.effective_cases(values, *clusterings)
    assert 1 <= both <= len(rows)
    assert both <= min(scoring.effective_cases(values, names) for names in clusterings) + 1e-9


def test_the_skill_of_scores_is_that_of_their_means():
    ours, theirs = [1.0, 2.0, 3.0], [4.0, 4.0, 4.0]
    result = scoring.skill_of_scores(ours, theirs, "abc", rng=np.random.default_rng(1))
    assert result.value == pytest.approx(1 - 6 / 12)
    assert result.low < result.value < result.high
    with pytest.raises(ValueError, match="no loss"):
        scoring.skill_of_scores(ours, [0.0] * 3, "abc", rng=np.random.default_rng(1))
    for wrong in ((), ("ab",), ("abc", "abcd")):
        with pytest.raises(ValueError, match="cluster"):
            scoring.skill_of_scores(ours, theirs, *wrong, rng=np.random.default_rng(1))


def two_way(rng, between):
    """Score differences of six series in eight years, with an effect of the year."""
    rows = [(name, year) for name in range(6) for year in range(8)]
    effect = rng.normal(0, between, 8)
    values = np.array([effect[year] + rng.normal(0, 0.05) for _, year in rows])
    return values, [name for name, _ in rows], [year for _, year in rows]


def test_a_bootstrap_over_series_alone_misses_that_years_share_their_fate():
    values, names, years = two_way(np.random.default_rng(3), 0.3)

    def width(*clusterings):
        result = scoring.skill_of_scores(1 + values, np.ones(48), *clusterings, rng=np.random.default_rng(4))
        return result.high - result.low

    # of the year's effect the mean has a standard error of 0.3/√8, whose 90% range is 3.3 times that
    assert width(names, years) > 0.8 * width(years) > 3 * width(names)
    assert width(names, years) == pytest.approx(3.3 * 0.3 / math.sqrt(8), rel=0.5)


def test_how_likely_the_first_is_better_is_even_without_a_difference_and_sure_with_a_clear_one():
    def better(values, *clusterings):
        return scoring.better_probability(values, *clusterings, rng=np.random.default_rng(5))

    assert better([0.0] * 4, "abcd") == 0.5
    assert better([-1.0, -2.0, -1.5, -1.0], "abcd", "aabb") == 1.0
    assert better([1.0, 2.0, 1.5, 1.0], "abcd", "aabb") == 0.0
    # two clusters of which each loses as much as the other wins: a quarter, a half that ties, a quarter
    assert better([-1.0, 1.0], "ab") == pytest.approx(0.5, abs=0.03)
    assert math.isnan(better([-1.0, 1.0], "ab", "aa"))


def test_weights_follow_the_record_by_hand():
    # losses 1 and 1 + ln 3: at eta 1 the second weighs a third of the first
    losses = {"walk": 1.0, "trend": 1.0 + math.log(3)}
    assert scoring.pool_weights(losses, 1.0) == pytest.approx({"walk": 0.75, "trend": 0.25})
    assert scoring.pool_weights(losses, 1.0, {"walk": 1, "trend": 3}) == pytest.approx(
        {"walk": 0.5, "trend": 0.5}
    )
    # without a record, or with none that counts, the prior stands
    for weights in (scoring.pool_weights({"a": 0.0, "b": 0.0}, 2.0), scoring.pool_weights(losses, 0.0)):
        assert list(weights.values()) == [0.5, 0.5]
    # and a long record leaves what is far behind nothing, without an error
    assert scoring.pool_weights({"a": 5000.0, "b": 9000.0}, 2.0) == {"a": 1.0, "b": 0.0}


@pytest.mark.parametrize(
    ("losses", "eta", "prior"),
    [
        ({}, 1.0, None),
        ({"a": -1.0}, 1.0, None),
        ({"a": math.nan}, 1.0, None),
        ({"a": 1.0}, -1.0, None),
        ({"a": 1.0, "b": 1.0}, 1.0, {"a": 1.0}),
    ],
)
def test_a_record_that_is_none_is_refused(losses, eta, prior):
    with pytest.raises(ValueError, match=r"losses|eta|prior"):
        scoring.pool_weights(losses, eta, prior)


def test_the_linear_pool_is_the_weighted_mean():
    assert scoring.linear_pool({"a": 0.9, "b": 0.5}, {"b": 0.75, "a": 0.25}) == pytest.approx(0.6)
    assert scoring.linear_pool({"a": 0.9, "b": 0.5}, {"a": 1, "b": 1}) == pytest.approx(0.7)
    for weights in ({"a": 1.0}, {"a": 0.0, "b": 0.0}, {"a": 2.0, "b": -1.0}, {"a": 1.0, "b": math.nan}):
        with pytest.raises(ValueError, match="weight"):
            scoring.linear_pool({"a": 0.9, "b": 0.5}, weights)


def test_the_interval_of_a_mixture_by_hand():
    low, high = scoring.Chance(0.1, 0.08, 0.12, 0.9), scoring.Chance(0.8, 0.7, 0.9, 0.9)
    assert scoring.mixture_interval([low, high], [1.0, 0.0]) == pytest.approx((0.08, 0.12))
    # half and half, far apart: below the 5% quantile of the mixture lies a tenth of the lower one
    logits = [math.log(p / (1 - p)) for p in (0.08, 0.12, 0.7, 0.9)]
    tenth = scipy.stats.norm.ppf(0.1) / scipy.stats.norm.ppf(0.95) / 2
    expected = [
        (logits[0] + logits[1]) / 2 + tenth * (logits[1] - logits[0]),
        (logits[2] + logits[3]) / 2 - tenth * (logits[3] - logits[2]),
    ]
    assert scoring.mixture_interval([low, high], [0.5, 0.5]) == pytest.approx(
        [1 / (1 + math.exp(-x)) for x in expected], rel=1e-5
    )
    # what is no wider than a number stays one
    sure = scoring.Chance(0.3, 0.3, 0.3, 0.9)
    assert scoring.mixture_interval([sure], [1.0]) == pytest.approx((0.3, 0.3))


def test_half_way_to_the_pool_is_half_way_on_log_odds():
    # odds 9 and 1: the middle of their logs is ln 3
    assert scoring.shrunk_half_way(0.9, 0.5) == pytest.approx(0.75)
    assert scoring.shrunk_half_way(0.2, 0.2) == pytest.approx(0.2)


def test_calibration_counts_outcomes_by_forecast_probability():
    rows = scoring.calibration([0.1, 0.1, 0.15, 0.9, 0.95], [0, 1, 0, 1, 1])
    assert [(row["n"], row["events"]) for row in rows] == [(3, 1), (2, 2)]
    assert rows[0]["forecast"] == pytest.approx(0.35 / 3)
    assert (rows[1]["low"], rows[1]["high"]) == pytest.approx((0.8, 1.0))
    assert rows[1]["observed"] == 1.0 > rows[1]["observed_high"] > rows[1]["observed_low"]
    # four questions of two series that share their fate are worth two: a half of two is wider than of four
    one_by_one, shared = (
        scoring.calibration([0.5] * 4, [1, 1, 0, 0], *clusterings)[0] for clusterings in ((), ("aabb",))
    )
    assert shared["n"] == 4 and shared["observed"] == one_by_one["observed"] == 0.5
    expected = scoring.base_rate(1, 2)
    assert (shared["observed_low"], shared["observed_high"]) == pytest.approx((expected.low, expected.high))
    assert one_by_one["observed_high"] < shared["observed_high"]
