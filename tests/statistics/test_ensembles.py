"""Forecasts given as draws: scores and places of outcomes by hand and against closed forms, and what a right
model looks like.
"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from analysis.statistics import ensembles

FEW = st.lists(st.floats(-100, 100), min_size=1, max_size=8)


def test_the_score_by_hand():
    # of 1 and 3 for 2: mean distance 1, less half the mean distance of two draws (0, 2, 2, 0: 1/2): 0.5;
    # a single draw scores its distance, and a certain and right forecast 0
    assert ensembles.crps([[3.0, 1.0]], [2.0]) == pytest.approx([0.5])
    assert ensembles.crps([[5.0], [2.0]], [2.0, 2.0]) == pytest.approx([3.0, 0.0])


@pytest.mark.parametrize("outcome", [-1.7, 0.0, 0.3, 2.5])
def test_the_score_of_a_normal_forecast_is_its_closed_form(outcome):
    # Gneiting, Raftery (2007), equation 21: z (2 F(z) - 1) + 2 f(z) - 1/√π; 2,000 equally likely quantiles
    # stand for the distribution
    draws = stats.norm.ppf((np.arange(2000) + 0.5) / 2000)
    expected = (
        outcome * (2 * stats.norm.cdf(outcome) - 1) + 2 * stats.norm.pdf(outcome) - 1 / math.sqrt(math.pi)
    )
    assert ensembles.crps([draws], [outcome])[0] == pytest.approx(expected, abs=2e-4)


@given(FEW, st.floats(-100, 100))
def test_the_score_is_the_squared_distance_of_the_distributions(draws, outcome):
    """The definition: the integral of (share of draws up to x - whether the outcome is up to x)²."""
    edges = np.unique([*draws, outcome])
    squares = [(np.mean(np.array(draws) <= x) - (outcome <= x)) ** 2 for x in edges[:-1]]
    assert ensembles.crps([draws], [outcome])[0] == pytest.approx(np.dot(squares, np.diff(edges)), abs=1e-9)


def test_the_place_of_an_outcome_by_hand():
    # among four draws there are five gaps: the middles are at 0.1, 0.3, ... 0.9; an outcome that equals two
    # of them takes the middle of three gaps
    draws = [[4.0, 1.0, 3.0, 2.0]] * 3 + [[1.0, 2.0, 2.0, 3.0]]
    assert ensembles.pit(draws, [0.0, 2.5, 9.0, 2.0]) == pytest.approx([0.1, 0.5, 0.9, 0.5])


def test_coverage_counts_what_lies_in_the_middle_and_takes_its_interval_from_the_cases_that_count():
    places = [0.05, 0.2, 0.4, 0.6, 0.97]
    assert ensembles.coverage(places, 0.8, 5)[0] == pytest.approx(3 / 5)
    assert ensembles.coverage(places, 0.5, 5)[0] == pytest.approx(2 / 5)
    for counted in (5, 2.5):
        assert ensembles.coverage(places, 0.8, counted)[1:] == pytest.approx(
            proportion_confint(0.6 * counted, counted, alpha=0.1, method="wilson")
        )
    assert ensembles.coverage([0.5, 0.5], 0.8, 2)[2] == 1.0


def test_a_histogram_has_the_band_of_a_flat_one():
    # Binomial(20, 1/2): 5% and 95% quantiles are 6 and 14
    table = ensembles.pit_histogram([0.1, 0.2, 0.3, 1.0] * 5, 20, bins=2)
    assert list(table["share"]) == [0.75, 0.25]
    assert list(table["bin_low"]) == [0.0, 0.5] and list(table["bin_high"]) == [0.5, 1.0]
    assert set(table["band_low"]) == {6 / 20} and set(table["band_high"]) == {14 / 20}
    narrow, wide = (ensembles.pit_histogram(np.linspace(0, 1, 400), n) for n in (400, 20.9))
    assert narrow["share"].sum() == pytest.approx(1)
    assert (narrow["band_high"] < wide["band_high"]).all()


def test_the_smooth_test_is_the_chi_square_of_its_two_components():
    # all at 3/4: p1 = √12 / 4 and p2 = √5 (6/16 - 1/2) = -√5/8, so 8 (12/16 + 5/64) = 6.625
    assert ensembles.omnibus_p([0.75] * 8, 8) == pytest.approx(stats.chi2.sf(6.625, 2))
    # where half as many count, half of it
    assert ensembles.omnibus_p([0.75] * 8, 4) == pytest.approx(stats.chi2.sf(3.3125, 2))
    # right in the mean and too wide: p1 = 0, p2 = √5 (6/400 - 1/2) at 0.45 and 0.55
    expected = math.exp(-8 * 5 * (6 / 400 - 0.5) ** 2 / 2)
    assert ensembles.omnibus_p([0.45, 0.55] * 4, 8) == pytest.approx(expected)


def test_a_right_model_passes_in_nine_of_ten_runs_and_half_its_spread_is_caught():
    # 4,000 runs: the standard error of a share of 0.9 is 0.5 points
    rates = {n: ensembles.pass_rates(n, np.random.default_rng(1), 4000) for n in (10, 30)}
    for n, rate in rates.items():
        assert abs(rate.right - 0.9) < 0.02, n
    assert rates[30].wrong_spread < 0.05 < rates[10].wrong_spread < 0.4
    # and a model that is right in both is passed as often in both
    same = ensembles.pass_rates(10, np.random.default_rng(2), 100, 1.0)
    assert same.right == same.wrong_spread
    # far too wide, every place is 1/2: n 5/4 is below 4.6 (10% of chi-square with 2) for three cases; far too
    # narrow, the places are 0 and 1, and n 5 lies above
    for factor, passes in ((1000, 1.0), (0.001, 0.0)):
        assert ensembles.pass_rates(3, np.random.default_rng(2), 20, factor).wrong_spread == passes


def test_cases_that_share_their_fate_pass_as_often_once_those_that_count_are_counted():
    # ten companies in nine years each; 400 runs: the standard error of 0.9 is 1.5 points
    names, years = [i for i in range(10) for _ in range(9)], list(range(9)) * 10
    rate = ensembles.pass_rates_in_clusters([names, years], 0.4, np.random.default_rng(3), 400)
    assert 0.85 < rate.right < 1 and rate.wrong_spread < 0.3
    assert 15 < rate.n_effective < 45  # Kish: 90 / (1 + 8 * 0.2 + 9 * 0.2) = 20
    alone = ensembles.pass_rates_in_clusters([range(90)], 0.0, np.random.default_rng(4), 200)
    assert alone.n_effective == 90 and abs(alone.right - 0.9) < 0.07


@pytest.mark.parametrize(
    ("draws", "outcomes"),
    [([[1.0]], [1.0, 2.0]), ([1.0], [1.0]), ([[]], [1.0]), ([[1.0]], [math.nan]), ([[math.inf]], [1.0])],
)
def test_cases_without_outcome_or_draws_are_refused(draws, outcomes):
    for use in (ensembles.crps, ensembles.pit):
        with pytest.raises(ValueError, match="draw"):
            use(draws, outcomes)


@pytest.mark.parametrize(
    ("places", "counted"), [([0.5, 1.5], 2), ([math.nan], 1), ([], 1), ([0.5], 2), ([0.5], 0)]
)
def test_what_are_no_places_or_more_cases_than_there_are_is_refused(places, counted):
    for use in (ensembles.omnibus_p, ensembles.pit_histogram):
        with pytest.raises(ValueError, match=r"places|cases count"):
            use(places, counted)
