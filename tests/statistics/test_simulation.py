"""Draws hit the quantiles they are written by, streams stand alone, Monte-Carlo errors are as claimed."""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from analysis import exhibits
from analysis.statistics import simulation
from analysis.statistics.simulation import draw, probability, quantile, spawn

N = 100_000


def stream(name: str = "x", seed: int = 7) -> np.random.Generator:
    return spawn(seed, [name])[name]


@pytest.mark.parametrize(
    ("dist", "value", "quantiles"),
    [
        ("normal", [20, 90], {0.05: 20, 0.5: 55, 0.95: 90}),  # median: (20 + 90) / 2
        ("lognormal", [2, 18], {0.05: 2, 0.5: 6, 0.95: 18}),  # median: sqrt(2 × 18)
        ("split_normal", [-1, 1, 6], {0.05: -1, 0.5: 1, 0.95: 6}),
    ],
)
def test_the_quantiles_of_the_draws_are_those_the_range_is_written_by(dist, value, quantiles):
    x = draw(dist, value, N, stream())
    for q, expected in quantiles.items():
        estimate = quantile(x, q)
        assert abs(estimate.value - expected) < 4 * estimate.standard_error


def test_pert_has_the_moments_of_its_beta():
    # mean (min + 4 mode + max) / 6 = (0 + 8 + 10) / 6 = 3
    # variance (mean - min)(max - mean) / 7 = 3 × 7 / 7 = 3
    x = draw("pert", [0, 2, 10], N, stream())
    assert x.min() >= 0 and x.max() <= 10
    assert x.mean() == pytest.approx(3, abs=4 * math.sqrt(3 / N))
    assert x.var() == pytest.approx(3, rel=0.02)


def test_pert_may_have_its_mode_at_an_end():
    # mean (0 + 0 + 6) / 6 = 1
    assert draw("pert", [0, 0, 6], N, stream()).mean() == pytest.approx(1, abs=0.02)


@given(
    low=st.floats(-100, 100), left=st.floats(0.01, 50), right=st.floats(0.01, 50), seed=st.integers(0, 2**32)
)
@settings(max_examples=25)
def test_a_split_normal_has_half_of_its_draws_on_either_side_of_the_median(low, left, right, seed):
    x = draw("split_normal", [low, low + left, low + left + right], 2000, stream(seed=seed))
    assert abs((x < low + left).mean() - 0.5) < 6 * 0.5 / math.sqrt(2000)


DISTRIBUTIONS = {
    "normal": ([20, 90], [-5, 3]),
    "lognormal": ([2, 18], [0.5, 0.6]),
    "split_normal": ([-1, 1, 6], [2, 5, 6]),
    "pert": ([0, 2, 10], [3, 9, 9]),
}
"""Two sets of numbers of each distribution, of different width and skew."""
EACH = [(dist, value) for dist, values in DISTRIBUTIONS.items() for value in values]


def independent(names, seed=3):
    """Independent uniforms by name."""
    return {name: stream(name, seed).random(N) for name in names}


def ranks(x):
    return np.argsort(np.argsort(x, kind="stable"), kind="stable")


@pytest.mark.parametrize(("dist", "value"), EACH)
def test_a_quantile_table_holds_the_exact_quantiles_at_equal_steps(dist, value):
    table, exact = simulation.quantile_table(dist, value), simulation.quantile_function(dist, value)
    assert len(table) == 1025 and not table.flags.writeable
    assert table[1:-1] == pytest.approx(exact(np.arange(1, 1024) / 1024), rel=1e-12)
    assert table[[0, -1]] == pytest.approx(exact(np.array([1 / 4096, 4095 / 4096])), rel=1e-12)
    knots = simulation.from_uniforms(dist, value, np.arange(1025) / 1024)
    assert np.array_equal(knots, table)  # both ends of the probabilities included


@pytest.mark.parametrize(("dist", "value"), EACH)
def test_draws_off_a_table_are_close_to_the_exact_quantiles(dist, value):
    # a straight line over a step h of probability is off by h²/8 |Q''|; a normal has Q'' = z / phi(z)², which
    # gives 0.0004 standard deviations at 1% and 0.017 in the second step; a lognormal as wide as [2, 18] is
    # further off in its upper tail, by 0.11 of its standard deviation
    exact = simulation.quantile_function(dist, value)
    p = np.linspace(1 / 1024, 1023 / 1024, 20_001)[1:-1]
    off = np.abs(simulation.from_uniforms(dist, value, p) - exact(p)) / np.std(exact(p))
    middle = (p >= 0.01) & (p <= 0.99)
    assert off[middle].max() < 0.0025 and off.max() < 0.15
    if dist != "lognormal":
        assert off[middle].max() < 0.0006 and off.max() < 0.03


@pytest.mark.parametrize(("dist", "value"), EACH)
def test_a_table_keeps_mean_and_variance(dist, value):
    # exact moments of straight lines: (a + b) / 2 and (a² + ab + b²) / 3 over each step
    table = simulation.quantile_table(dist, value)
    a, b = table[:-1], table[1:]
    mean, square = ((a + b) / 2).mean(), ((a * a + a * b + b * b) / 3).mean()
    exact = simulation.quantile_function(dist, value)((np.arange(200_000) + 0.5) / 200_000)
    assert mean == pytest.approx(exact.mean(), abs=1e-3 * exact.std())
    assert square - mean**2 == pytest.approx(exact.var(), rel=0.02 if dist == "lognormal" else 0.002)


@pytest.mark.parametrize("dist", DISTRIBUTIONS)
def test_draws_under_two_sets_of_numbers_have_the_same_ranks(dist):
    one, other = (draw(dist, value, 4096, stream()) for value in DISTRIBUTIONS[dist])
    assert np.array_equal(ranks(one), ranks(other))
    assert np.array_equal(ranks(one), ranks(stream().random(4096)))
    assert (np.diff(np.sort(one)) > 0).all()  # no two are the same, so that ranks mean something


@pytest.mark.parametrize("uniforms", [[-0.1, 0.5], [0.5, 1.1], [0.5, math.nan]])
def test_uniforms_outside_their_range_are_refused(uniforms):
    with pytest.raises(ValueError, match="write probabilities from 0 to 1"):
        simulation.from_uniforms("normal", [1, 2], np.array(uniforms))


def test_correlated_uniforms_are_uniform_and_have_the_stated_correlation():
    correlation = np.array([[1, 0.6, -0.3], [0.6, 1, 0.2], [-0.3, 0.2, 1]])
    result = simulation.correlated(uniforms := independent("abcd"), ["c", "a", "b"], correlation)
    assert list(result) == list("abcd")
    z = special.ndtri([result[name] for name in ("c", "a", "b", "d")])
    # the error of a correlation is at most 1 / sqrt(n) = 0.003
    assert np.corrcoef(z)[:3, :3] == pytest.approx(correlation, abs=0.013)
    assert np.corrcoef(z)[3, :3] == pytest.approx([0, 0, 0], abs=0.013)
    # Spearman's is 6 / pi × asin(0.6 / 2) = 0.582
    by_rank = np.corrcoef(ranks(result["c"]), ranks(result["a"]))[0, 1]
    assert by_rank == pytest.approx(6 / math.pi * math.asin(0.3), abs=0.013)
    for name in "abc":
        # the largest distance to a uniform has a 0.1% quantile of 1.95 / sqrt(n) (Kolmogorov)
        distance = np.abs(np.sort(result[name]) - (np.arange(N) + 0.5) / N).max()
        assert distance < 1.95 / math.sqrt(N)
    # the first, and what is not named, stay as they are
    assert result["c"] is uniforms["c"] and result["d"] is uniforms["d"]


def test_inputs_without_a_correlation_keep_their_draws():
    uniforms = independent("abc")
    correlation = np.array([[1, 0, 0.5], [0, 1, 0], [0.5, 0, 1]])
    result = simulation.correlated(uniforms, list("abc"), correlation)
    assert result["a"] is uniforms["a"] and result["b"] is uniforms["b"]
    # 0.5 z_a + sqrt(0.75) z_c, by hand
    z = 0.5 * special.ndtri(uniforms["a"]) + math.sqrt(0.75) * special.ndtri(uniforms["c"])
    assert result["c"] == pytest.approx(special.ndtr(z))


@pytest.mark.parametrize("dist", DISTRIBUTIONS)
def test_correlated_draws_have_the_same_ranks_whatever_their_numbers_are(dist):
    correlation = simulation.equal_correlation(2, 0.7)
    assert correlation.tolist() == [[1, 0.7], [0.7, 1]]
    result = simulation.correlated(independent("ab"), ["a", "b"], correlation)
    for name in "ab":
        one, other = (
            simulation.from_uniforms(dist, value, result[name][:4096]) for value in DISTRIBUTIONS[dist]
        )
        assert np.array_equal(ranks(one), ranks(other))


def test_a_uniform_of_zero_is_correlated_too():
    uniforms = {"a": np.array([0.0, 0.5]), "b": np.array([0.0, 0.0])}
    result = simulation.correlated(uniforms, ["a", "b"], np.array([[1, -0.5], [-0.5, 1]]))
    assert ((result["b"] > 0) & (result["b"] < 1)).all()


@pytest.mark.parametrize(
    ("names", "correlation", "message"),
    [
        (["a", "x"], np.eye(2), r"names \['x'\] have no uniforms or stand there twice"),
        (["a", "a"], np.eye(2), r"\['a'\] have no uniforms or stand there twice"),
        (["a", "b"], np.eye(3), r"shape \(3, 3\) for 2 names: write \(2, 2\)"),
        (["a", "b"], [[1, 0.5], [0.4, 1]], "not symmetric with ones on its diagonal"),
        (["a", "b"], [[1, 0.5], [0.5, 2]], "not symmetric with ones on its diagonal"),
        (["a", "b"], [[1, math.nan], [math.nan, 1]], "not symmetric with ones on its diagonal"),
        (["a", "b"], [[1, 1.5], [1.5, 1]], "not positive definite"),
        # a and b move alike, b and c move alike, a and c move against each other: nothing does
        (list("abc"), [[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]], "write correlations nearer to 0"),
    ],
)
def test_a_matrix_that_is_no_correlation_is_refused(names, correlation, message):
    with pytest.raises(ValueError, match=message):
        simulation.correlated({name: np.array([0.3]) for name in "abc"}, names, correlation)


@pytest.mark.parametrize("dist", [None, "normal", "lognormal", "split_normal", "pert"])
def test_one_number_pins_the_input_and_uses_no_randomness(dist):
    rng = stream()
    assert draw(dist, -3, 4, rng).tolist() == [-3.0] * 4
    assert rng.random() == stream().random()


@pytest.mark.parametrize(
    ("dist", "value", "message"),
    [
        ("normal", [9, 2], r"\[9.0, 2.0\]: write \[p5, p95\] in rising order"),
        ("normal", [2, 2], "or one number to pin"),
        ("normal", [1, 2, 3], r"write \[p5, p95\]"),
        ("split_normal", [1, 2], r"write \[p5, p50, p95\]"),
        ("split_normal", [1, 3, 2], "rising order"),
        ("pert", [3, 2, 5], r"write \[min, mode, max\] in rising order"),
        ("pert", [2, 2, 2], "rising order"),
        ("normal", [1, math.inf], "finite"),
        ("pert", [1, math.nan, 3], "finite"),
        ("lognormal", [0, 5], "above 0"),
        ("lognormal", [-2, 5], "above 0"),
        ("uniform", [1, 2], "'uniform' is unknown: write one of"),
        (None, [1, 2], "no distribution: write one number"),
        (None, math.nan, "finite"),
    ],
)
def test_a_range_that_describes_no_distribution_is_refused_with_advice(dist, value, message):
    with pytest.raises(ValueError, match=message):
        draw(dist, value, 10, stream())


def test_no_draws_are_refused():
    with pytest.raises(ValueError, match="size is 0"):
        draw("normal", [1, 2], 0, stream())


@given(extra=st.lists(st.text(min_size=1, max_size=8), unique=True, max_size=5), seed=st.integers(0, 2**64))
@settings(max_examples=40)
def test_adding_a_purpose_leaves_the_other_streams_alone(extra, seed):
    alone = spawn(seed, ["growth", "market"])
    others = [name for name in extra if name not in ("growth", "market")]
    together = spawn(seed, [*others, "market", "growth"])
    for name in ("growth", "market"):
        assert alone[name].random(3).tolist() == together[name].random(3).tolist()


def test_names_and_seeds_give_different_streams():
    firsts = [spawn(seed, [name])[name].random() for seed in (0, 1) for name in ("a", "b", "ab", "ba")]
    assert len(set(firsts)) == 8


@pytest.mark.parametrize(
    ("seed", "purposes", "message"),
    [
        (-1, ["a"], "seed is -1"),
        (1, ["a", "a"], r"\['a'\] are empty or repeated"),
        (1, [""], "empty or repeated"),
    ],
)
def test_streams_without_a_name_of_their_own_are_refused(seed, purposes, message):
    with pytest.raises(ValueError, match=message):
        spawn(seed, purposes)


def test_a_probability_has_wilsons_interval():
    # 10 of 100: z = 1.959964, z² = 3.841459
    #   centre (0.1 + 3.841459 / 200) / (1 + 0.03841459)        = 0.1192073 / 1.0384146 = 0.1147974
    #   half   1.959964 sqrt(0.1 × 0.9 / 100 + 3.841459 / 40000) = 1.959964 × 0.0315600 = 0.0618565
    #          0.0618565 / 1.0384146                             = 0.0595682
    #   standard error sqrt(0.09 / 100) = 0.03
    estimate = probability(np.arange(100) < 10)
    assert (estimate.value, estimate.level) == (0.1, 0.95)
    assert estimate.standard_error == pytest.approx(0.03)
    assert estimate.low == pytest.approx(0.0552292, abs=1e-6)
    assert estimate.high == pytest.approx(0.1743656, abs=1e-6)


def test_an_event_that_never_came_is_not_called_impossible():
    # no hit in 100: high z² / (n + z²) = 3.841459 / 103.841459 = 0.036993; all hits: the mirror image
    never, always = probability(np.zeros(100, dtype=bool)), probability(np.ones(100, dtype=bool))
    assert (never.low, always.high) == (0.0, 1.0)
    assert never.high == pytest.approx(0.036993, abs=1e-6)
    assert always.low == pytest.approx(1 - 0.036993, abs=1e-6)


def test_a_median_has_the_interval_of_its_order_statistics():
    # n = 100, q = 0.5: Binomial(100, 0.5) has 2.5% quantile 40 and 97.5% quantile 60, so ranks 40 and 61
    estimate = quantile(np.arange(1.0, 101.0), 0.5)
    assert (estimate.value, estimate.low, estimate.high) == (50.5, 40.0, 61.0)
    assert estimate.standard_error == pytest.approx(21 / (2 * 1.959964), rel=1e-6)


def test_a_tail_beyond_the_draws_has_an_open_end():
    estimate = quantile(np.arange(1.0, 11.0), 0.05)
    assert (estimate.low, estimate.high) == (-math.inf, 3.0)  # Binomial(10, 0.05): quantiles 0 and 2


def test_both_intervals_cover_at_their_level():
    # 600 runs of 400 draws: a true 95% cover lies within 95% ± 4 sqrt(0.95 × 0.05 / 600) = ± 3.6 points
    u = stream().random((600, 400))
    p = [probability(row < 0.2) for row in u]
    m = [quantile(row, 0.9) for row in u]
    assert np.mean([e.low <= 0.2 <= e.high for e in p]) == pytest.approx(0.95, abs=0.036)
    assert np.mean([e.low <= 0.9 <= e.high for e in m]) > 0.95 - 0.036


def test_the_error_halves_when_the_draws_quadruple():
    u = stream().random((400, 1600))
    for estimate in (lambda row: probability(row < 0.3), lambda row: quantile(row, 0.5)):
        few, many = [estimate(row[:400]) for row in u], [estimate(row) for row in u]
        # the spread over 400 runs is itself known to 1 / sqrt(2 × 400) = 3.5%, the ratio of two to 5%
        assert np.std([e.value for e in few]) / np.std([e.value for e in many]) == pytest.approx(2, rel=0.2)
        assert np.mean([e.standard_error for e in few]) == pytest.approx(
            2 * np.mean([e.standard_error for e in many]), rel=0.05
        )
        assert np.mean([e.standard_error for e in few]) == pytest.approx(
            np.std([e.value for e in few]), rel=0.2
        )


@pytest.mark.parametrize("hits", [np.array([], dtype=bool), np.array([0, 1]), np.ones((2, 2), dtype=bool)])
def test_hits_that_are_no_boolean_vector_are_refused(hits):
    with pytest.raises(ValueError, match="write one True or False a draw"):
        probability(hits)


@pytest.mark.parametrize(
    ("x", "q", "message"),
    [
        ([], 0.5, "one number a draw"),
        ([[1.0]], 0.5, "one number a draw"),
        ([1.0], 0.0, "q is 0.0"),
        ([1.0], 1.0, "q is 1.0"),
        ([1.0, math.nan], 0.5, "1 draws that are not finite"),
    ],
)
def test_quantiles_of_nothing_are_refused(x, q, message):
    with pytest.raises(ValueError, match=message):
        quantile(np.array(x, dtype=float), q)


def test_a_probability_by_date_counts_an_event_once():
    # draw 0 hits at date 1, draw 1 at dates 0 and 2, draws 2 and 3 never: 1/4, 2/4, 2/4
    hits = np.array([[0, 1, 0], [1, 0, 1], [0, 0, 0], [0, 0, 0]], dtype=bool)
    frame = simulation.cumulative_probability(hits, np.array([0.0, 0.25, 0.5]))
    assert frame.columns.tolist() == ["times_years", "probability", "standard_error", "low", "high"]
    assert frame["probability"].tolist() == [0.25, 0.5, 0.5]
    assert frame["low"].iloc[1] == probability(hits[:, 1] | hits[:, 0]).low


def test_dates_that_do_not_fit_the_hits_are_refused():
    with pytest.raises(ValueError, match=r"\(2, 3\)"):
        simulation.cumulative_probability(np.ones((2, 3), dtype=bool), np.array([0.0, 0.25]))


def test_a_lognormal_walk_has_mean_one_and_the_stated_volatility():
    # 40% a year for two years: ln W ~ Normal(-0.4² × 2 / 2, 0.4² × 2) = Normal(-0.16, 0.32)
    walk = simulation.lognormal_walk(np.full((N, 1), 40.0), N, 8, stream())
    assert walk.shape == (N, 9) and (walk[:, 0] == 1).all()
    assert walk[:, -1].mean() == pytest.approx(1, abs=4 * math.sqrt(math.expm1(0.32) / N))
    assert np.log(walk[:, -1]).mean() == pytest.approx(-0.16, abs=4 * math.sqrt(0.32 / N))
    assert np.log(walk[:, -1]).var() == pytest.approx(0.32, rel=0.02)


def test_an_input_array_needs_one_number_a_draw():
    assert simulation.input_column("x", 2, 3).tolist() == [[2.0], [2.0], [2.0]]
    assert simulation.input_column("x", np.array([1.0, 2.0]), 2).tolist() == [[1.0], [2.0]]
    with pytest.raises(ValueError, match=r"growth_pct has shape \(2,\).*each of 3 draws"):
        simulation.input_column("growth_pct", np.array([1.0, 2.0]), 3)


def test_all_refused_inputs_are_named_at_once():
    @dataclass
    class Inputs:
        a: Annotated[simulation.Values, simulation.POSITIVE, "An array"]
        b: Annotated[float, simulation.SHARE, "A share"]
        c: Annotated[float, simulation.NUMBER, "Anything"]
        d: str = "no number, so without a rule"

    assert simulation.input_rules(Inputs)["b"] == (simulation.SHARE, "A share")
    assert list(simulation.input_rules(Inputs)) == ["a", "b", "c"]
    with pytest.raises(
        ValueError, match="a is -1 in 1 of 2 draws: write greater than 0; b is 2: write a share"
    ):
        simulation.check_inputs(Inputs(np.array([1.0, -1.0]), 2.0, 0.0))


def test_blocks_cover_the_draws_once_and_a_short_one_is_the_head_of_a_long_one():
    assert simulation.blocks(9000) == [(0, 4096), (1, 4096), (2, 808)]
    assert simulation.blocks(1) == [(0, 1)]
    for dist, value in (
        ("normal", [1, 2]),
        ("lognormal", [1, 2]),
        ("split_normal", [1, 2, 5]),
        ("pert", [1, 2, 5]),
    ):
        few, many = (
            simulation.draw(dist, value, size, simulation.spawn(5, ["x"], 3)["x"]) for size in (100, 4096)
        )
        assert np.array_equal(few, many[:100])
    sigma = np.full((4096, 1), 30.0)
    for nu in (0.0, 4.0):
        few, many = (
            simulation.lognormal_walk(
                sigma[:size], size, 20, simulation.spawn(5, ["x"], 3)["x"], degrees_of_freedom=nu
            )
            for size in (100, 4096)
        )
        assert np.array_equal(few, many[:100])


def test_each_block_and_each_name_has_a_stream_of_its_own():
    streams = [simulation.spawn(5, ["x", "y"], block)[name] for block in (0, 1) for name in ("x", "y")]
    assert len({stream.random() for stream in streams}) == 4
    assert simulation.spawn(5, ["x"])["x"].random() == simulation.spawn(5, ["x"], 0)["x"].random()


def test_blocks_come_in_their_order_for_any_number_of_workers_and_a_failure_comes_out_as_it_is():
    for workers in (1, 2, 5):
        result = list(simulation.run_blocks(lambda block, size: (block, size), 20_000, workers=workers))
        assert result == simulation.blocks(20_000)

    def fails(block, size):
        if block == 1:
            raise ZeroDivisionError("in the second")
        return block

    for workers in (1, 3):
        with pytest.raises(ZeroDivisionError, match="in the second"):
            list(simulation.run_blocks(fails, 20_000, workers=workers))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: simulation.blocks(0), "n_draws is 0: write 1 draw or more"),
        (lambda: list(simulation.run_blocks(print, 5, workers=0)), "workers is 0"),
        (lambda: simulation.spawn(1, ["x"], -1), "block is -1"),
        (
            lambda: simulation.lognormal_walk(
                np.ones((1, 1)), 1, 1, np.random.default_rng(0), degrees_of_freedom=2
            ),
            "degrees_of_freedom is 2",
        ),
        # 10^9 draws of 80 bytes are 74.5 GiB; half of 16 GiB holds 107,374,182 of them
        (
            lambda: simulation.check_memory(10**9, 80, 2**34),
            r"draws is 1,000,000,000: 74\.5 GiB.*16\.0 GiB.*write 107,374,182 or fewer",
        ),
    ],
)
def test_what_cannot_run_is_refused_before_it_does(call, message):
    with pytest.raises(ValueError, match=message):
        call()
    simulation.check_memory(107_374_182, 80, 2**34)


def test_steps_of_student_have_the_same_variance_and_fatter_tails():
    # unit variance up to the cut at 8 standard deviations: at 5 degrees of freedom that takes less than 2%
    steps = {
        nu: np.diff(
            np.log(
                simulation.lognormal_walk(
                    np.full((200_000, 1), 20.0), 200_000, 1, np.random.default_rng(1), degrees_of_freedom=nu
                )
            ),
            axis=1,
        )
        for nu in (0.0, 5.0)
    }
    assert steps[5.0].std() == pytest.approx(steps[0.0].std(), rel=0.02)
    assert np.quantile(steps[5.0], 0.0005) < 1.2 * np.quantile(steps[0.0], 0.0005)


def test_the_median_of_draws_comes_with_the_range_that_holds_a_part_of_them():
    # of 0 to 100 in steps of one: the median is 50, and 5 to 95 holds nine in ten
    result = simulation.median_and_range(np.arange(101.0))
    assert (result.value, result.low, result.high) == pytest.approx((50, 5, 95))
    assert result.level == 0.9


def test_a_share_in_per_cent_keeps_its_level():
    share = simulation.probability(np.arange(4) < 1)
    percent = share.percent
    assert (percent.value, percent.low, percent.high) == (25, 100 * share.low, 100 * share.high)
    assert (percent.standard_error, percent.level) == (100 * share.standard_error, share.level)
    assert isinstance(percent, exhibits.Estimate)
