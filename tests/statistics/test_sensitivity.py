"""Known indices, values and break-evens come out again; what says nothing is marked, bad input refused."""

import math
from itertools import combinations

import numpy as np
import pytest

from analysis.statistics import sensitivity
from analysis.statistics.sensitivity import break_even, shapley, sobol, tornado
from analysis.statistics.simulation import correlated, draw, quantile_function

NORMAL = quantile_function(
    "normal", [-1.6448536269514722, 1.6448536269514722]
)  # standard normal: 1.645 = z(95%)


def stream(seed=7):
    return np.random.default_rng(seed)


def indices(result, order):
    rows = result.indices
    return rows[rows["order"] == order].set_index("group")["index"]


# --- quantile functions


@pytest.mark.parametrize(
    ("dist", "value", "quantiles"),
    [
        ("normal", [20, 90], {0.05: 20, 0.5: 55, 0.95: 90}),  # median: (20 + 90) / 2
        ("lognormal", [2, 18], {0.05: 2, 0.5: 6, 0.95: 18}),  # median: sqrt(2 × 18)
        ("split_normal", [-1, 1, 6], {0.05: -1, 0.5: 1, 0.95: 6}),
        # PERT: Beta(1 + 4 × 0, 1 + 4 × 1) = Beta(1, 5) has distribution 1 - (1 - x)^5; stretched to 0..10
        (
            "pert",
            [0, 0, 10],
            {0.05: 10 * (1 - 0.95**0.2), 0.5: 10 * (1 - 0.5**0.2), 0.95: 10 * (1 - 0.05**0.2)},
        ),
        ("pert", [2, 4, 6], {0.5: 4}),  # Beta(3, 3) is symmetric
        (None, 3, {0.05: 3, 0.95: 3}),
        ("normal", 3, {0.05: 3, 0.95: 3}),
    ],
)
def test_quantile_functions_give_the_quantiles_that_a_range_is_written_by(dist, value, quantiles):
    at = np.array(list(quantiles))
    assert quantile_function(dist, value)(at) == pytest.approx(list(quantiles.values()), rel=1e-12)


@pytest.mark.parametrize(
    ("dist", "value"),
    [("normal", [20, 90]), ("lognormal", [2, 18]), ("split_normal", [-1, 1, 6]), ("pert", [0.5, 2, 6])],
)
def test_quantile_functions_are_of_the_distribution_that_is_drawn_from(dist, value):
    # the share of draws below the p-quantile is p, with standard error sqrt(p (1 - p) / n)
    n, p = 40_000, np.array([0.01, 0.2, 0.4, 0.6, 0.8, 0.99])
    below = (draw(dist, value, n, stream())[:, np.newaxis] < quantile_function(dist, value)(p)).mean(axis=0)
    assert (np.abs(below - p) < 4 * np.sqrt(p * (1 - p) / n)).all()


def test_what_is_no_distribution_or_no_probability_is_refused():
    with pytest.raises(ValueError, match=r"write \[p5, p95\] in rising order"):
        quantile_function("normal", [2, 1])
    for p in (0.0, 1.0, math.nan):
        with pytest.raises(ValueError, match="above 0 and below 1"):
            NORMAL(np.array([0.5, p]))


# --- tornado


def test_a_tornado_of_a_case_worked_by_hand():
    # y = a + 10 b - 2 c at a 5, b 1, c 3: 5 + 10 - 6 = 9.
    # a from 0 to 10: 4 and 14; b from 0 to 4: 9 - 10 = -1 and 9 + 30 = 39; c from 2 to 4: 11 and 7.
    calls = []

    def run(x):
        calls.append(len(x["a"]))
        return x["a"] + 10 * x["b"] - 2 * x["c"]

    distributions = {
        "a": quantile_function("normal", [0, 10]),
        "b": quantile_function("split_normal", [0, 1, 4]),
        "c": quantile_function("normal", [2, 4]),
    }
    rows = tornado(run, distributions, {"c": 3, "a": 5, "b": 1})
    assert calls == [7]
    assert rows.columns.tolist() == [
        "input",
        "at_low",
        "at_high",
        "low_result",
        "high_result",
        "central_result",
        "swing",
    ]
    assert rows["input"].tolist() == ["b", "a", "c"]
    wanted = [[0, 4, -1, 39, 9, 40], [0, 10, 4, 14, 9, 10], [2, 4, 11, 7, 9, 4]]
    np.testing.assert_allclose(rows.iloc[:, 1:].to_numpy(float), wanted, atol=1e-12)


def test_a_peak_in_the_middle_has_a_swing_and_a_fixed_input_has_none():
    # y = -x² at x = 0 is 0, at both ends -1.645² = -2.706; equal swings keep the order given
    distributions = {"still": quantile_function(None, 4.0), "x": NORMAL, "same": NORMAL}
    rows = tornado(lambda v: -(v["x"] ** 2) - v["same"] ** 2, distributions, {"x": 0, "still": 4, "same": 0})
    assert rows["input"].tolist() == ["x", "same", "still"]
    assert rows["swing"].tolist() == pytest.approx([2.705543, 2.705543, 0], abs=1e-6)


def test_equal_swings_keep_the_order_given():
    names = [f"x{k}" for k in range(40)]
    rows = tornado(lambda v: sum(v.values()) * 0, dict.fromkeys(names, NORMAL), dict.fromkeys(names, 0.0))
    assert rows["input"].tolist() == names


def test_other_ends_can_be_asked_for():
    rows = tornado(lambda v: v["x"], {"x": NORMAL}, {"x": 0}, low=0.25, high=0.75)
    assert rows["at_high"][0] == pytest.approx(0.6744898)  # quartile of the standard normal


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"central": {"y": 1.0}}, r"differ in \['x', 'y'\]"),
        ({"distributions": {}, "central": {}}, "are empty"),
        ({"low": 0.95, "high": 0.05}, "write 0 < low < high < 1"),
        ({"high": 1.0}, "write 0 < low < high < 1"),
        ({"run": lambda v: np.log(v["x"] - 99)}, r"nan in 3 of 3 rows, first at \{'x': 0.0\}"),
        ({"run": lambda v: 1.0}, r"shape \(\) for 3 rows"),
        ({"distributions": {"x": lambda p: p * np.inf}}, "x has values that are not finite"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_a_tornado_refuses_what_it_cannot_turn(changed, message):
    options = {"run": lambda v: v["x"], "distributions": {"x": NORMAL}, "central": {"x": 0.0}} | changed
    with pytest.raises(ValueError, match=message):
        tornado(**options)


# --- Sobol indices


def uniform(p):
    """Between -pi and pi."""
    return math.pi * (2 * p - 1)


def ishigami(x):
    return np.sin(x["x1"]) + 7 * np.sin(x["x2"]) ** 2 + 0.1 * x["x3"] ** 4 * np.sin(x["x1"])


def test_the_ishigami_function_has_its_published_indices():
    # Ishigami and Homma (1990), a = 7, b = 0.1. V1 = (1 + b pi^4/5)²/2 = 4.34589, V2 = a²/8 = 6.125,
    # V13 = 8 b² pi^8/225 = 3.37369, V = 13.84459; mean a/2 = 3.5
    distributions = dict.fromkeys(("x1", "x2", "x3"), uniform)
    result = sobol(ishigami, distributions, {name: [name] for name in distributions}, stream())
    wanted = np.array([0.3139, 0.5576, 0.4424, 0.4424, 0, 0.2437])
    rows = result.indices
    assert rows.columns.tolist() == ["group", "order", "index", "standard_error", "low", "high", "unreliable"]
    assert rows["group"].tolist() == ["x1", "x1", "x2", "x2", "x3", "x3"]
    assert rows["order"].tolist() == ["first", "total"] * 3
    np.testing.assert_allclose(rows["index"], wanted, atol=0.006)
    assert (rows["low"] < wanted).all() and (wanted < rows["high"]).all()
    assert rows["standard_error"].between(1e-5, 0.005).all()
    # only the index that is zero is lost in its interval
    assert rows["unreliable"].tolist() == [False] * 6
    assert result.mean == pytest.approx(3.5, abs=0.01)
    assert result.standard_deviation == pytest.approx(math.sqrt(13.84459), rel=0.002)
    assert result.evaluations == 5 * 1024 * 8 and result.notes == ()


def test_an_additive_model_splits_its_variance_by_input_and_by_group():
    # y = 1 + 3a + 2b + c + 2d with standard normals: variances 9, 4, 1, 4 of 18, no interactions. Groups out
    # of the order of the inputs: {c, a} 10/18, {b} 4/18, {d} 4/18.
    distributions = dict.fromkeys("abcd", NORMAL)
    result = sobol(
        lambda x: 1 + 3 * x["a"] + 2 * x["b"] + x["c"] + 2 * x["d"],
        distributions,
        {"outer": ["c", "a"], "b": ["b"], "d": ["d"]},
        stream(),
        n=512,
    )
    for order in ("first", "total"):
        assert indices(result, order).to_dict() == pytest.approx(
            {"outer": 10 / 18, "b": 4 / 18, "d": 4 / 18}, abs=0.01
        )
    assert result.standard_deviation == pytest.approx(math.sqrt(18), rel=0.01)


def test_a_product_is_all_interaction_apart_and_all_first_order_as_a_group():
    # y = a b with means 0: E(y | a) = 0, so first 0 and total 1 for each; the group {a, b} explains
    # everything. c does nothing: both indices are zero exactly.
    def run(x):
        return x["a"] * x["b"]

    distributions = dict.fromkeys("abc", NORMAL)
    apart = sobol(run, distributions, {name: [name] for name in "abc"}, stream(), n=256)
    assert indices(apart, "first").tolist() == pytest.approx([0, 0, 0], abs=0.05)
    assert indices(apart, "total").tolist() == pytest.approx([1, 1, 0], abs=0.05)
    together = sobol(run, distributions, {"ab": "ab", "c": "c"}, stream(), n=256)
    for order in ("first", "total"):
        assert indices(together, order).tolist() == pytest.approx([1, 0], abs=0.05)
        assert indices(together, order)["c"] == 0
    assert not together.indices["unreliable"].any()  # an index of zero in every resample is zero for sure


def test_few_points_make_wide_intervals_and_mark_the_small_index():
    # variances 100 and 1 of 101: with 8 points a scrambling the small first-order index drowns
    result = sobol(
        lambda x: 10 * x["a"] + x["b"] ** 3 / math.sqrt(15),  # E(b^6) = 15
        {"a": NORMAL, "b": NORMAL},
        {"a": ["a"], "b": ["b"]},
        stream(),
        n=8,
    )
    rows = result.indices.set_index(["group", "order"])
    assert rows.loc[("b", "first"), "unreliable"] and not rows.loc[("a", "total"), "unreliable"]
    wide, exact = rows.loc[("b", "first")], 1 / 101
    assert wide["low"] < exact < wide["high"] and wide["high"] - wide["low"] > wide["index"]


def test_the_interval_is_never_narrower_than_the_spread_of_scramblings_allows():
    # exp(2a + b) with few points: now and then one point in the tail carries
    # a scrambling, which no resample of the others shows. t with 7 degrees of
    # freedom: 2.364624. For the smooth a + b the bootstrap is the wider one.
    apart = {"a": ["a"], "b": ["b"]}
    long_tail, smooth = (
        sobol(run, {"a": NORMAL, "b": NORMAL}, apart, stream(), n=64).indices
        for run in (lambda x: np.exp(2 * x["a"] + x["b"]), lambda x: x["a"] + x["b"])
    )
    ratios = [
        (rows["high"] - rows["low"]) / 2 / (2.364624 * rows["standard_error"]) for rows in (long_tail, smooth)
    ]
    assert ratios[0].min() == pytest.approx(1, abs=1e-6)
    assert ratios[1].min() > 2


def test_the_stream_alone_decides_and_the_global_one_is_left_alone():
    options = (ishigami, dict.fromkeys(("x1", "x2", "x3"), uniform), {"odd": ["x1", "x3"], "even": ["x2"]})
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first, again, other = (sobol(*options, stream(seed), n=16).indices for seed in (1, 1, 2))
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
    assert first.equals(again)
    assert not np.allclose(first[["index", "low"]], other[["index", "low"]], atol=1e-6)


@pytest.mark.parametrize("level", [0.0, 0.3, 1e9])
def test_an_outcome_that_does_not_vary_has_no_index(level):
    # apart from a constant also one that varies by rounding alone
    result = sobol(
        lambda x: level * (1 + 1e-16 * np.sign(x["a"])),
        {"a": NORMAL, "b": NORMAL},
        {"a": ["a"], "b": ["b"]},
        stream(),
        n=8,
    )
    assert result.indices[["index", "standard_error", "low", "high"]].isna().all(axis=None)
    assert result.indices["unreliable"].all()
    assert result.mean == pytest.approx(level) and "does not vary in 8 of 8" in result.notes[0]


def test_each_quantile_of_an_input_is_computed_once_a_scrambling():
    asked = []

    def quantile(p):
        asked.append(p)
        return p

    distributions = dict.fromkeys("abc", quantile)
    groups, stream = {"x": ["a", "b"], "y": ["c"]}, np.random.default_rng(1)
    sobol(lambda x: x["a"] + x["b"] * x["c"], distributions, groups, stream, n=16)
    # 4 x 16 rows, but each input has the values of two sets of 16 points
    assert len(asked) == 3 * 8
    assert {len(np.unique(p)) == len(p) <= 2 * 16 for p in asked} == {True}


def test_points_at_the_edge_of_the_cube_do_not_reach_infinity(monkeypatch):
    from SALib.sample import sobol as sampling

    monkeypatch.setattr(
        sampling, "sample", lambda problem, n, **_: np.tile([[0.0, 0.3], [0.6, 0.9]], (2 * n, 1))
    )
    result = sobol(lambda x: x["a"], {"a": NORMAL, "b": NORMAL}, {"a": ["a"], "b": ["b"]}, stream(), n=8)
    assert math.isfinite(result.mean)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"groups": {"a": ["a"]}}, r"groups name \['b'\] not exactly once"),
        ({"groups": {"a": ["a", "b"], "b": ["b"]}}, r"groups name \['b'\] not exactly once"),
        ({"groups": {"a": ["a"], "b": ["b", "z"]}}, r"groups name \['z'\] not exactly once"),
        ({"groups": {"all": ["a", "b"]}}, "two groups or more"),
        ({"groups": {"a": ["a", "b"], "none": []}}, "each with an input"),
        ({"groups": {"a": ["a"], "b": ["b"], "none": []}}, "each with an input"),
        ({"n": 1000}, "n is 1000: Sobol points need a power of 2"),
        ({"n": 0}, "power of 2"),
        ({"scrambles": 7}, "scrambles is 7: their spread needs 8"),
        ({"run": lambda x: x["a"][:3]}, r"shape \(3,\) for 32 rows"),
        ({"run": lambda x: np.where(x["a"] > 9, np.inf, np.nan)}, "in 32 of 32 rows"),
    ],
)
def test_sobol_refuses_what_it_cannot_share_out(changed, message):
    options = {
        "run": lambda x: x["a"],
        "distributions": {"a": NORMAL, "b": NORMAL},
        "groups": {"a": ["a"], "b": ["b"]},
        "rng": stream(),
        "n": 8,
    } | changed
    with pytest.raises(ValueError, match=message):
        sobol(**options)


def test_inputs_that_move_together_are_one_group_with_the_variance_of_their_sum():
    # y = a + b + 2c, all standard normal, a and b with a correlation of 0.5: V = 1 + 1 + 2 × 0.5 + 4 = 7, of
    # which 3 come from a and b and 4 from c
    result = sobol(
        lambda x: x["a"] + x["b"] + 2 * x["c"],
        dict.fromkeys("abc", NORMAL),
        {"together": ["a", "b"], "c": ["c"]},
        stream(),
        n=256,
        joint=lambda uniforms: correlated(uniforms, ["a", "b"], np.array([[1, 0.5], [0.5, 1]])),
    )
    shares = result.indices.set_index(["group", "order"])["index"]
    assert shares["together"].tolist() == pytest.approx([3 / 7, 3 / 7], abs=0.02)
    assert shares["c"].tolist() == pytest.approx([4 / 7, 4 / 7], abs=0.02)
    assert result.standard_deviation == pytest.approx(math.sqrt(7), rel=0.03)


# --- Shapley values


def test_the_glove_game():
    # Player l has a left glove, r and s a right one each; a pair is worth 1. Of 6 orders l completes the pair
    # in 4, r and s in 1 each: 2/3, 1/6, 1/6. Alone nobody has a pair. All less l: no pair, so l's last is 1;
    # less r: a pair.
    def pair(on):
        return float("l" in on and bool(on & {"r", "s"}))

    rows = shapley(pair, ["l", "r", "s"])
    assert rows.columns.tolist() == list(sensitivity.SHAPLEY_COLUMNS)
    assert (
        rows[["shapley_low", "shapley_high", "alone_error", "on_top_error"]].isna().all(axis=None)
    )  # one number has none
    assert rows["risk"].tolist() == ["l", "r", "s"]
    assert rows["shapley_value"].tolist() == pytest.approx([2 / 3, 1 / 6, 1 / 6], abs=1e-15)
    assert rows["alone"].tolist() == [0, 0, 0]
    assert rows["on_top"].tolist() == [1, 0, 0]


def test_in_an_additive_game_each_gets_what_it_adds():
    # on top of a level of 10 that is there with all risks off
    adds = {"a": 1.0, "b": -2.0, "c": 0.0, "d": 5.0}
    rows = shapley(lambda on: 10 + sum(adds[risk] for risk in on), list(adds))
    for column in ("shapley_value", "alone", "on_top"):
        assert rows[column].tolist() == pytest.approx(list(adds.values()), abs=1e-12)


def test_four_risks_are_sixteen_calls_and_the_shares_add_up():
    risks = ["debt", "parity", "compute", "rules"]
    cells = [frozenset(on) for size in range(5) for on in combinations(risks, size)]
    outcome = dict(zip(cells, stream().lognormal(0, 3, 16), strict=True))
    switches = []

    def value(on):
        switches.append(on)
        return outcome[on]

    rows = shapley(value, risks)
    assert len(switches) == 16 and set(switches) == set(cells)
    assert rows["shapley_value"].sum() == pytest.approx(
        outcome[frozenset(risks)] - outcome[frozenset()], abs=1e-12
    )


def test_a_share_has_the_error_of_its_mean_over_draws_that_the_cells_have_in_common():
    # in each draw an event happens with risk a where u < 0.3, with b where v < 0.2, and always where w < 0.5;
    # by hand: a adds ([a] - [none]) / 2 + ([both] - [b]) / 2
    u, v, w = stream().random((3, 4000))

    def value(on):
        return (w < 0.5) | (("a" in on) & (u < 0.3)) | (("b" in on) & (v < 0.2))

    rows = shapley(value, ["a", "b"]).set_index("risk")
    none, a, b, both = (value(on).astype(float) for on in ("", "a", "b", "ab"))
    share = ((a - none) + (both - b)) / 2
    assert rows.loc["a", "shapley_value"] == pytest.approx(share.mean())
    half = 1.959964 * share.std(ddof=1) / math.sqrt(4000)
    assert rows.loc["a", ["shapley_low", "shapley_high"]].tolist() == pytest.approx(
        [share.mean() - half, share.mean() + half]
    )
    assert rows.loc["a", "alone_error"] == pytest.approx((a - none).std(ddof=1) / math.sqrt(4000))
    assert rows.loc["a", "on_top_error"] == pytest.approx((both - b).std(ddof=1) / math.sqrt(4000))
    # the true share is 0.5 × 0.3 × (1 + 0.8) / 2 = 0.135
    assert rows.loc["a", "shapley_low"] < 0.135 < rows.loc["a", "shapley_high"]
    # cells with draws of their own would have an error of sqrt((var(a) + var(none)) / n), twice as large
    assert rows.loc["a", "alone_error"] < 0.6 * math.sqrt((a.var() + none.var()) / 4000)


def test_the_interval_of_a_share_covers_at_its_level():
    # 400 games of 500 draws: a true 95% cover lies within 95% ± 4 sqrt(0.95 × 0.05 / 400) = ± 4.4 points
    rng, covered = stream(), 0
    for _ in range(400):
        u, w = rng.random((2, 500))
        row = shapley(lambda on, u=u, w=w: (w < 0.5) | (("a" in on) & (u < 0.3)), ["a"]).iloc[0]
        covered += row["shapley_low"] <= 0.15 <= row["shapley_high"]
    assert covered / 400 == pytest.approx(0.95, abs=0.044)


@pytest.mark.parametrize(
    ("value", "players", "message"),
    [
        (lambda on: np.zeros(3 + len(on)), ["a"], "the same draws for every combination"),
        (lambda on: 1.0, [], "name one or more"),
        (lambda on: 1.0, ["a", "a"], "each once"),
        (
            lambda on: math.nan if "b" in on else 0.0,
            ["a", "b"],
            r"not finite with \[\['b'\], \['a', 'b'\]\] on",
        ),
    ],
)
def test_shapley_refuses_what_is_no_game(value, players, message):
    with pytest.raises(ValueError, match=message):
        shapley(value, players)


# --- break-even


def test_a_linear_case():
    # x is normal with p5 0 and p95 2, so mean 1; 2x + 1 = 5 at x = 2, its 95th percentile
    result = break_even(lambda x: 2 * x + 1, quantile_function("normal", [0, 2]), 5)
    assert (result.value, result.percentile) == pytest.approx((2, 95), rel=1e-10)
    assert result.reason == ""
    assert result.crossings.columns.tolist() == ["value", "percentile", "outcome", "direction"]
    assert result.crossings["direction"].tolist() == ["rising"]
    assert result.crossings["outcome"][0] == pytest.approx(5, rel=1e-10)


def test_a_lognormal_case():
    # ln x from ln 2 to ln 18. 54 / x = 9 at x = 6 = sqrt(2 × 18), the median; 3 at x = 18, the 95th
    # percentile. sigma = ln 3 / 1.644854 = 0.667908; 54 / x = 54 / 4 at x = 4: z = ln(4/6) / sigma =
    # -0.607067, 27.19 percent.
    distribution = quantile_function("lognormal", [2, 18])
    for target, value, percentile in [(9, 6, 50), (3, 18, 95), (13.5, 4, 27.19)]:
        result = break_even(lambda x: 54 / x, distribution, target)
        assert result.value == pytest.approx(value, rel=1e-9)
        assert result.percentile == pytest.approx(percentile, abs=0.005)
        assert result.crossings["direction"].tolist() == ["falling"]


@pytest.mark.parametrize(
    ("target", "words"),
    [(2, "stays below 2, at the nearest 0.999"), (-1, "stays above -1, at the nearest 0.001")],
)
def test_a_target_that_is_not_met_is_a_result_with_its_reason(target, words):
    # x is uniform on 0 to 1 and y = x, searched from the 0.1% to the 99.9% quantile
    result = break_even(lambda x: x, lambda p: p, target)
    assert math.isnan(result.value) and math.isnan(result.percentile) and result.crossings.empty
    assert result.reason.startswith("never within the range 0.001 to 0.999: the outcome ")
    assert words in result.reason


def test_several_crossings_are_all_given_and_no_single_value():
    # (x - 0.2)(x - 0.5)(x - 0.8) rises through zero at 0.2, falls at 0.5 and rises at 0.8
    result = break_even(lambda x: (x - 0.2) * (x - 0.5) * (x - 0.8) + 3, lambda p: p, 3)
    assert result.crossings["value"].tolist() == pytest.approx([0.2, 0.5, 0.8], abs=1e-9)
    assert result.crossings["percentile"].tolist() == pytest.approx([20, 50, 80], abs=1e-7)
    assert result.crossings["direction"].tolist() == ["rising", "falling", "rising"]
    assert math.isnan(result.value) and result.reason.startswith(
        "3 crossings of 3: the outcome is not monotone"
    )


def test_a_jump_over_the_target_is_found_and_shown_to_be_off_it():
    # a probability over 4 draws jumps from 0.25 to 0.75 at x = 0.3
    result = break_even(lambda x: 0.25 if x < 0.3 else 0.75, lambda p: p, 0.4)
    assert result.value == pytest.approx(0.3, abs=1e-9)
    assert result.crossings["outcome"][0] in (0.25, 0.75)


def test_a_target_met_on_the_grid_itself():
    # exactly at the grid's last point: met there, not passed through; a level stretch: every point of the
    # grid on it
    last = break_even(lambda x: x, lambda p: p, 0.999)
    assert (last.value, last.crossings["direction"].tolist()) == (0.999, ["touching"])
    level = break_even(lambda x: max(x, 0.5), lambda p: p, 0.5)
    assert len(level.crossings) > 10 and set(level.crossings["direction"]) == {"touching"}
    assert math.isnan(level.value) and "or rests on it" in level.reason
    # exactly between two grid points that lie on either side
    middle = np.linspace(0.001, 0.999, sensitivity.GRID_POINTS)[20]
    through = break_even(lambda x: middle - x, lambda p: p, 0)
    assert (through.value, through.crossings["direction"].tolist()) == (middle, ["falling"])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"distribution": quantile_function(None, 4.0)}, "fixed at 4: a break-even needs a range"),
        ({"target": math.nan}, "target is nan"),
        ({"low": 0.6, "high": 0.4}, "write 0 < low < high < 1"),
        ({"run": lambda x: math.inf if x > 0.6 else 0.0}, "run gives inf at 0.6"),
    ],
)
def test_break_even_refuses_what_has_no_range(changed, message):
    options = {"run": lambda x: x, "distribution": lambda p: p, "target": 0.5} | changed
    with pytest.raises(ValueError, match=message):
        break_even(**options)
