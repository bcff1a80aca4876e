"""The tests match statsmodels and a brute search, keep their size under a line, and find a known bend."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from statsmodels.stats.multitest import multipletests

from analysis.statistics import breaks
from analysis.statistics.breaks import FASTER, NOT_SHOWN, SLOWER

T = np.linspace(2018, 2026, 33)
DEVELOPERS = list("abcdefghijk") * 3


def run(t, y, seed=1, **options):
    options = {"form": "linear", "draws": 400, **options}
    return breaks.acceleration_test(t, y, rng=np.random.default_rng(seed), **options)


def noise(seed, size=T.size):
    return np.random.default_rng(seed).standard_normal(size)


# Against other ways to the same number


def test_the_quadratic_term_is_that_of_the_formula():
    y = 3 + 2 * (T - 2018) + 0.1 * (T - 2022) ** 2 + noise(3)
    result = run(T, y)
    fit = smf.ols("y ~ x + I(x ** 2)", pd.DataFrame({"y": y, "x": T - T.mean()})).fit()
    assert result.quadratic == pytest.approx(fit.params["I(x ** 2)"], rel=1e-8)
    assert result.quadratic_p == pytest.approx(fit.pvalues["I(x ** 2)"], rel=1e-8)
    line = smf.ols("y ~ x", pd.DataFrame({"y": y, "x": T})).fit()
    assert (result.slope, result.slope_p) == pytest.approx((line.params["x"], line.pvalues["x"]), rel=1e-6)


def test_with_controls_it_is_the_formulas_too():
    z = noise(9)
    y = 2 * T - 1.5 * z + noise(3)
    result = run(T, y, controls=z)
    fit = smf.ols("y ~ x + I(x ** 2) + z", pd.DataFrame({"y": y, "x": T - T.mean(), "z": z})).fit()
    assert (result.quadratic, result.quadratic_p) == pytest.approx(
        (fit.params["I(x ** 2)"], fit.pvalues["I(x ** 2)"]), rel=1e-8
    )


def test_the_largest_f_is_that_of_a_search_over_the_formula():
    # 33 dates a quarter apart; 15% of 32 steps is 4.8, so bends stand on the dates 5 to 27
    y = 2 * (T - 2018) + noise(5)
    result = run(T, y)
    fits = {
        date: (
            smf.ols(
                "y ~ t + bend", pd.DataFrame({"y": y, "t": T - 2022, "bend": np.maximum(0, T - date)})
            ).fit()
        )
        for date in T[5:28]
    }
    best = max(fits, key=lambda date: fits[date].tvalues["bend"] ** 2)
    assert result.sup_f == pytest.approx(fits[best].tvalues["bend"] ** 2, rel=1e-8)
    assert result.bend_at == best
    assert result.slope_before == pytest.approx(fits[best].params["t"])
    assert result.slope_after == pytest.approx(fits[best].params["t"] + fits[best].params["bend"])


def test_the_critical_value_lies_between_those_of_one_date_and_of_all_dates_apart():
    # one date chosen beforehand: F(1, 30) at 95% is 4.17; 23 independent ones by Bonferroni: F(1, 30) at 1 -
    # 0.05/23 is 11.3
    result = run(T, T + noise(2), draws=4000)
    assert 4.17 < result.critical < 11.3
    assert (result.sup_f > result.critical) == (result.bend_p < 0.05)


def test_holm_is_that_of_statsmodels():
    p = [0.04, 0.01, 0.5, 0.03, 0.03]
    assert breaks.holm(p) == pytest.approx(multipletests(p, method="holm")[1], rel=1e-12)
    # by hand: 5 × 0.01, 4 × 0.03, then never less than the one before; 1 × 0.5
    assert breaks.holm(p) == pytest.approx([0.12, 0.05, 0.5, 0.12, 0.12])
    assert breaks.holm([0.9, 0.8]).tolist() == [1, 1]


@pytest.mark.parametrize("p", [[], [0.5, 1.5], [math.nan], [[0.1]]])
def test_what_is_no_p_value_is_refused(p):
    with pytest.raises(ValueError, match="p_values are"):
        breaks.holm(p)


# Size and power


def test_a_straight_line_is_rejected_as_often_as_the_level_says():
    # 300 lines with normal errors: 5% with a standard error of
    # 1.3 points, so 1.5 to 9%; the joint verdict at most that
    rng = np.random.default_rng(11)
    result = [
        breaks.acceleration_test(T, T + rng.standard_normal(T.size), rng=rng, form="linear", draws=200)
        for _ in range(300)
    ]
    assert 0.015 <= np.mean([test.bend_p <= 0.05 for test in result]) <= 0.09
    assert 0.015 <= np.mean([test.quadratic_p <= 0.05 for test in result]) <= 0.09
    assert np.mean([test.verdict != NOT_SHOWN for test in result]) <= 0.09


def test_many_controls_keep_the_size():
    # 20 controls leave 10 degrees of freedom; what they explain belongs to neither side of the comparison
    rng = np.random.default_rng(13)
    controls = rng.standard_normal((T.size, 20))
    result = [run(T, rng.standard_normal(T.size), seed, controls=controls, draws=200) for seed in range(300)]
    assert 0.015 <= np.mean([test.bend_p <= 0.05 for test in result]) <= 0.09


def test_two_looks_at_one_series_are_adjusted():
    # both p values lie between 0.025 and 0.05: each would reject alone, of two neither does
    result = run(T, T + 0.1 * (T - 2022) ** 2 + noise(13))
    assert 0.025 < result.quadratic_p < 0.05 and 0.025 < result.bend_p < 0.05
    assert result.verdict == NOT_SHOWN


def test_groups_with_levels_of_their_own_keep_the_size():
    # 300 lines of 12 unequal groups that share an error of
    # their own: clustered t tests reject about twice too often
    rng = np.random.default_rng(12)
    codes = np.repeat(np.arange(12), [10, 8, 4, 3, 2, 2, 2, 2, 1, 1, 1, 1])
    t = rng.uniform(0, 5, codes.size)
    rejected = np.zeros(2)
    for _ in range(300):
        y = t + rng.standard_normal(12)[codes] + rng.standard_normal(codes.size)
        test = breaks.acceleration_test(t, y, rng=rng, form="linear", draws=200, groups=codes)
        rejected += [test.quadratic_p <= 0.05, test.bend_p <= 0.05]
    assert (rejected / 300 <= 0.09).all() and (rejected > 0).all()


def test_groups_that_go_their_own_way_are_no_evidence_of_a_curve():
    # one group of 20 of 40 points arrives late and high: by points a bend, by groups one thing that happened
    codes = np.array([*([0] * 20), *range(1, 21)])
    t = np.concatenate([np.linspace(4, 5, 20), np.linspace(0, 5, 20)])
    y = t + 0.3 * noise(4, 40) + np.where(codes == 0, 3 * (t - 4), 0)
    assert run(t, y).bend_p < 0.01
    assert run(t, y, groups=codes).bend_p > 0.05


def test_a_known_bend_is_found_near_its_date():
    # slopes 1 and 4 from 2022 on, noise 1: in 50 series
    result = [run(T, T - 2018 + 3 * np.maximum(0, T - 2022) + noise(seed), draws=200) for seed in range(50)]
    assert np.mean([test.verdict == FASTER for test in result]) > 0.95
    assert abs(np.median([test.bend_at for test in result]) - 2022) < 0.3
    assert np.median([test.slope_after - test.slope_before for test in result]) == pytest.approx(3, abs=0.3)


@pytest.mark.parametrize(
    ("curve", "verdict"),
    [
        (lambda x: np.exp(0.5 * x + 0.1 * x**2), FASTER),  # grows faster and faster
        (lambda x: np.exp(2.0 * x - 0.1 * x**2), SLOWER),
        (lambda x: np.exp(-0.5 * x - 0.1 * x**2), FASTER),  # falls faster and faster
        (lambda x: np.exp(-2.0 * x + 0.1 * x**2), SLOWER),
        (lambda x: np.exp(0.5 * x), NOT_SHOWN),
    ],
)
def test_faster_is_along_the_line(curve, verdict):
    y = curve(T - 2018) * np.exp(0.1 * noise(6))
    assert run(T, y, form="exponential").verdict == verdict


def test_curvature_that_the_controls_explain_is_none():
    x = T - 2022
    z = x**2 + noise(8)
    y = x + z + 0.3 * noise(7)
    assert run(T, y).verdict == FASTER
    assert run(T, y, controls=z).verdict == NOT_SHOWN
    mixed = np.random.default_rng(2).permutation(T.size)
    assert run(T[mixed], y[mixed], controls=z[mixed]).quadratic == pytest.approx(
        run(T, y, controls=z).quadratic
    )


def test_a_slope_of_nothing_has_no_direction():
    result = run(T, 0.2 * (T - 2022) ** 2 + 0.3 * noise(2))
    assert "not told apart from zero" in result.notes[-1]


# The result


def test_order_scale_and_seed():
    y = np.exp(0.4 * (T - 2018) + 0.3 * noise(5))
    mixed = np.random.default_rng(2).permutation(T.size)
    codes = np.array(DEVELOPERS)
    result = run(T, y, form="exponential", groups=codes)
    same = run(T[mixed], 1000 * y[mixed], form="exponential", groups=codes[mixed])
    for name in ("slope", "quadratic", "quadratic_p", "sup_f", "critical", "bend_p", "bend_at"):
        assert getattr(result, name) == pytest.approx(getattr(same, name), rel=1e-6)
    assert result.clusters == 11 and result.nobs == 33 and result.period == (2018, 2026)
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.verdict = FASTER


def test_a_p_value_counts_the_observed_series_among_the_draws():
    result = run(T, T + noise(5), draws=999)
    assert round(result.bend_p * 1000, 6) == int(round(result.bend_p * 1000, 6))  # (1 + count) / 1000


def test_few_groups_are_noted():
    assert run(T, T + noise(5), groups=(DEVELOPERS * 3)[: T.size]).notes == ()
    assert run(T, T + noise(5), groups=np.arange(T.size) % 6).notes[-1].startswith("6 groups: p values")


def test_several_series_are_adjusted_together():
    strong = run(T, T + 0.2 * (T - 2018) ** 2 + noise(1))
    weak, none = run(T, T + 0.08 * (T - 2022) ** 2 + noise(12)), run(T, T + noise(5))
    table = breaks.acceleration_table({"strong": strong, "weak": weak, "none": none}).set_index("series")
    raw = [p for result in (strong, weak, none) for p in (result.quadratic_p, result.bend_p)]
    assert table[["quadratic_p_holm", "bend_p_holm"]].to_numpy().ravel() == pytest.approx(
        multipletests(raw, method="holm")[1]
    )
    assert (table["tests"] == 6).all()
    assert weak.verdict == FASTER  # alone: over two tests
    assert table["verdict"].tolist() == [FASTER, NOT_SHOWN, NOT_SHOWN]
    assert table["n"].tolist() == [33] * 3


def test_two_tests_in_two_directions_show_nothing():
    # a verdict of one falls away where the other rejects the other way
    word, notes = breaks._verdict(1.0, (0.5, -0.5), np.array([0.01, 0.01]), 0.05)
    assert word == NOT_SHOWN and "two directions" in notes[0]
    assert breaks._verdict(1.0, (0.5, -0.5), np.array([0.01, 0.2]), 0.05) == (FASTER, [])


# Refusals


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"t": T[:7], "y": noise(1, 7)}, "t has 7 points on 7 dates: a test of curvature needs 8 on 5"),
        ({"t": np.arange(33) % 4}, "t has 33 points on 4 dates"),
        ({"t": [0, 1, 2, 3] + [4] * 29}, "t has no date between the first and last 15%"),
        ({"y": T}, "y lies on a straight line to rounding"),
        (
            {"form": "exponential", "y": -T},
            "y is -2018 at position 0: an exponential trend needs values above 0",
        ),
        ({"form": "logistic"}, "form is 'logistic': write one of linear, exponential; hand in logits"),
        ({"draws": 100}, "draws is 100: a p value near 0.05 needs 200"),
        ({"level": 95}, "level is 95: write a share"),
        ({"y": [math.nan, *noise(1, 32)]}, "y has 1 values that are not finite"),
        ({"groups": np.arange(33) % 4}, "groups has 4 clusters: the bootstrap needs 5"),
        ({"groups": list("abc")}, "groups has 3 names for 33 points"),
        ({"groups": [None, *range(32)]}, "groups has 32 names for 33 points"),
        ({"controls": T}, "controls repeat the constant, the date or each other"),
        ({"controls": np.ones(33)}, "controls repeat the constant"),
        ({"controls": noise(1, 5)}, r"controls have shape \(5,\) for 33 points"),
        (
            {"controls": np.eye(33)[:, 2:]},
            "controls .* leave one of them out|controls has 31 columns for 33 points",
        ),
        ({"controls": (T - 2022) ** 2}, "controls leave nothing of the square of t or of a bend"),
    ],
)
def test_what_cannot_be_tested_is_refused(options, message):
    options = {"t": T, "y": noise(1), **options}
    with pytest.raises(ValueError, match=message):
        run(options.pop("t"), options.pop("y"), **options)


def test_a_frame_may_be_handed_in():
    y = T + noise(5)
    frame = pd.DataFrame({"t": T, "y": y, "z": noise(2)}, index=range(100, 133))
    result = run(frame["t"], frame["y"], controls=frame[["z"]], groups=frame["t"].astype(int))
    assert result.nobs == 33 and result.clusters == 9
