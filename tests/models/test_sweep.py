"""Points as asked for, results that a plain run gives too, and bad ranges refused before anything runs."""

import numpy as np
import pytest

from analysis import scenarios
from analysis.errors import ParameterError
from analysis.evidence import measured
from analysis.models import exposure, outlook, sweep, venture

REGISTER = scenarios.load_register()


def given(**overrides):
    return scenarios.check(scenarios.resolve("base", {"draws": 5000} | overrides))


@pytest.fixture(scope="module")
def known():
    return outlook.record({
        name: measured.load(name, "2026-10-31") for name in ("openai_finance", "softbank_openai")
    })  # fmt: skip


def test_a_grid_has_every_combination_with_both_ends():
    axes, fixed = sweep.split(["multiple_long_run=4:12:3", "loading_arm=0:1:2", "seed=7"], REGISTER)
    assert fixed == {"seed": 7}
    found = sweep.points(axes, "grid", None, 1)
    assert found.to_numpy().tolist() == [[4, 0], [4, 1], [8, 0], [8, 1], [12, 0], [12, 1]]


@pytest.mark.parametrize("kind", ["sobol", "lhs"])
def test_a_sample_fills_every_eighth_of_each_range_once_and_follows_its_seed(kind):
    axes = [sweep.Axis("multiple_long_run", 4, 12), sweep.Axis("loading_arm", 0, 1)]
    found = sweep.points(axes, kind, 8, 1)
    for axis in axes:
        eighths = np.floor((found[axis.name] - axis.low) / (axis.high - axis.low) * 8)
        assert sorted(eighths) == list(range(8))
    assert found.equals(sweep.points(axes, kind, 8, 1))
    assert not found.equals(sweep.points(axes, kind, 8, 2))


def test_a_point_gives_what_a_plain_run_gives(known):
    rows = {
        row["output"]: row
        for row in sweep.evaluate({"multiple_long_run": 9.0}, given(), known, list(sweep.OUTPUTS))
    }
    assert set(rows) == set(sweep.OUTPUTS)
    plain = given(multiple_long_run=9.0)
    paths = outlook.venture_paths(plain, known)
    held = exposure.exceedance(outlook.exposure_paths(plain, paths), 0.35).set_index("times_years")
    expected = {
        "moic_median": np.median(paths.moic),
        "irr_median_pct": np.median(paths.irr_pct),
        "loss_probability": (paths.moic < 1).mean(),
        "outsized_probability": (paths.moic >= 3).mean(),
        "required_return_probability": (paths.irr_pct >= 20).mean(),
        "write_down_probability": venture.write_down_probability(paths, within_years=3).value,
        "peak_write_down_probability": venture.write_down_probability(
            paths, within_years=3, basis="peak"
        ).value,
        "ltv_emergency_probability": held.loc[3.0, "probability"],
        "raised_usd_bn": np.median(paths.raised_usd_bn.sum(axis=1)),
    }
    assert {name: rows[name]["value"] for name in expected} == pytest.approx(expected)
    assert all(row["low"] <= row["value"] <= row["high"] for row in rows.values())


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["multiple_long_rum=4:12:3"], "The nearest valid name is 'multiple_long_run'"),
        (["multiple_long_run=4:99:3"], "99 is outside 0.5 to 60"),
        (["multiple_long_run=12:4:3"], "goes from 12 to 4. Write the lower end first"),
        (["multiple_long_run=4:12:1"], "has 1 steps"),
        (["multiple_long_run=4:12:3:4"], "is not LOW:HIGH or LOW:HIGH:STEPS"),
        (["multiple_long_run=a:b"], "is not LOW:HIGH or LOW:HIGH:STEPS"),
        (["multiple_long_run=4:12:3", "multiple_long_run=8"], "multiple_long_run is given twice"),
        (["multiple_long_run=8"], "names no range"),
        ([], "names no range"),
    ],
)
def test_ranges_that_cannot_be_are_refused(texts, message):
    with pytest.raises(ParameterError, match=message):
        sweep.split(texts, REGISTER)


@pytest.mark.parametrize(
    ("axis", "kind", "count", "message"),
    [
        (sweep.Axis("loading_arm", 0, 1), "grid", None, "a grid takes LOW:HIGH:STEPS"),
        (sweep.Axis("loading_arm", 0, 1, 5), "grid", 8, "a grid takes LOW:HIGH:STEPS"),
        (sweep.Axis("loading_arm", 0, 1, 5), "sobol", 8, "a sample takes LOW:HIGH and --points N"),
        (sweep.Axis("loading_arm", 0, 1), "lhs", None, "a sample takes LOW:HIGH and --points N"),
        (sweep.Axis("loading_arm", 0, 1), "sobol", 12, "is 12. Write a power of 2"),
        (sweep.Axis("loading_arm", 0, 1), "lhs", 0, "is 0"),
        (sweep.Axis("loading_arm", 0, 1, 10**6), "grid", None, "has 1,000,000 points"),
    ],
)
def test_points_that_cannot_be_are_refused(axis, kind, count, message):
    with pytest.raises(ParameterError, match=message):
        sweep.points([axis], kind, count, 1)


def test_half_of_a_whole_number_is_refused():
    half = sweep.points([sweep.Axis("raise_quarters", 2, 5, 3)], "grid", None, 1)  # 2, 3.5, 5
    with pytest.raises(ParameterError, match=r"raise_quarters.*3\.5 is not a whole number"):
        sweep.check_points(half, REGISTER)
    sweep.check_points(sweep.points([sweep.Axis("raise_quarters", 2, 6, 3)], "grid", None, 1), REGISTER)
