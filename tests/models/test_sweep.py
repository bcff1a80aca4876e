"""Points as asked for, results that a plain run gives too, and bad ranges refused before anything runs."""

import numpy as np
import pytest

from analysis import scenarios
from analysis.errors import ParameterError
from analysis.models import balance_sheet, outlook, sweep, venture

REGISTER = scenarios.load_register()


def assumptions(**overrides):
    return scenarios.check(scenarios.resolve("base", {"draws": 5000} | overrides))


def test_a_grid_has_every_combination_with_both_ends():
    axes, fixed = sweep.parse_options(["multiple_long_run=4:12:3", "loading_arm=0:1:2", "seed=7"], REGISTER)
    assert fixed == {"seed": 7}
    result = sweep.points(axes, "grid", None, 1)
    assert result.to_numpy().tolist() == [[4, 0], [4, 1], [8, 0], [8, 1], [12, 0], [12, 1]]


@pytest.mark.parametrize("kind", ["sobol", "lhs"])
def test_a_sample_fills_every_eighth_of_each_range_once_and_follows_its_seed(kind):
    axes = [sweep.Axis("multiple_long_run", 4, 12), sweep.Axis("loading_arm", 0, 1)]
    result = sweep.points(axes, kind, 8, 1)
    for axis in axes:
        eighths = np.floor((result[axis.name] - axis.low) / (axis.high - axis.low) * 8)
        assert sorted(eighths) == list(range(8))
    assert result.equals(sweep.points(axes, kind, 8, 1))
    assert not result.equals(sweep.points(axes, kind, 8, 2))


def test_a_point_gives_what_a_plain_run_gives(evidence):
    rows = {
        row["output"]: row
        for row in sweep.evaluate({"multiple_long_run": 9.0}, assumptions(), evidence, list(sweep.OUTPUTS))
    }
    assert set(rows) == set(sweep.OUTPUTS)
    plain = assumptions(multiple_long_run=9.0)
    paths = outlook.venture_paths(plain, evidence)
    # 36 months from 21 May 2026 end before 30 June 2029: the last quarter end that counts is 2.75 years in
    exposure, within = outlook.exposure_paths(plain, paths), 2.75
    passed = balance_sheet.exceedance_probability(exposure, 0.35, within_years=within)
    expected = {
        "moic_median": np.median(paths.moic),
        "irr_median_pct": np.median(paths.irr_pct),
        "loss_probability": (paths.moic < 1).mean(),
        "outsized_probability": (paths.moic >= 3).mean(),
        "required_return_probability": (paths.irr_pct >= 20).mean(),
        "write_down_probability": venture.write_down_probability(paths, within_years=within).value,
        "peak_write_down_probability": (
            venture.write_down_probability(paths, within_years=within, basis="peak").value
        ),
        "ltv_emergency_probability": passed.value,
        "ltv_peak_median_pct": (
            100 * np.median(exposure.ltv_share[:, paths.times_years <= within].max(axis=1))
        ),
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
        sweep.parse_options(texts, REGISTER)


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


FOUR = ["growth_half_life_years", "multiple_long_run", "compute_factor_per_year", "premium_share"]


def test_a_grid_runs_over_the_registers_ninety_percent_and_out_to_where_the_scenario_stands():
    # a lognormal [low, high] has low × (high / low)^(k/3); what is fixed below it takes the place of low
    result = sweep.grid_values(assumptions(pool_usd_bn=200.0), ["multiple_long_run", "pool_usd_bn"], 4)
    low, high = REGISTER["multiple_long_run"].value
    assert result["multiple_long_run"] == pytest.approx(np.geomspace(low, high, 4), rel=0.005)
    assert result["pool_usd_bn"] == pytest.approx([200, 470, 1110, 2600], rel=0.01)


def test_a_grid_gives_at_each_point_what_a_sweep_gives_there(evidence):
    outputs = ["moic_median", "ltv_peak_median_pct"]
    result = sweep.evaluate_grid(assumptions(), evidence, FOUR[:2], outputs, steps=2, draws=1000)
    (short, long), (low, high) = (REGISTER[name].value for name in FOUR[:2])
    assert result[FOUR[:2]].to_numpy().tolist() == [[short, low], [short, high], [long, low], [long, high]]
    point = dict(zip(FOUR[:2], (long, low), strict=True))
    at_point = {
        row["output"]: row["value"]
        for row in sweep.evaluate(point, assumptions(draws=1000), evidence, outputs)
    }
    assert result.loc[2, outputs].to_dict() == pytest.approx(at_point)


def test_between_points_of_the_stored_grid_a_straight_line_is_good_enough(evidence):
    # in the middle of each side of the grid (geometric means), against the model itself on the same draws
    outputs = ["moic_median", "write_down_probability", "ltv_peak_median_pct"]
    few = assumptions(draws=1000)
    values = sweep.grid_values(few, FOUR, 4)
    centre = {name: (ends[1] * ends[2]) ** 0.5 for name, ends in values.items()}

    def at(point):
        return {row["output"]: row["value"] for row in sweep.evaluate(point, few, evidence, outputs)}

    for name, ends in values.items():
        near, far = (at(centre | {name: end}) for end in ends[1:3])
        middle = at(centre)
        assert (near["moic_median"] + far["moic_median"]) / 2 == pytest.approx(middle["moic_median"], rel=0.1)
        for output in outputs[1:]:
            scale = 100 if output.endswith("pct") else 1
            assert (near[output] + far[output]) / 2 == pytest.approx(middle[output], abs=0.04 * scale)


@pytest.mark.parametrize(("name", "steps"), [("stake_share", 4), ("long_run_growth_pct", 1)])
def test_a_grid_over_what_is_certain_or_of_one_step_is_refused(name, steps):
    with pytest.raises(ValueError, match=f"{name} in {steps} steps: name an assumption with a distribution"):
        sweep.grid_values(assumptions(), [name], steps)


def test_titles_of_outputs_hold_the_thresholds_of_the_scenario():
    titles = {
        name: output.title for name, output in sweep.outputs(assumptions(), list(sweep.OUTPUTS)).items()
    }
    assert not any("{" in title for title in titles.values())
    base = assumptions()
    assert f"passes {base.ltv_emergency_pct:g}%" in titles["ltv_emergency_probability"]
    assert (
        f"{base.write_down_pct:g}% below cost within {base.write_down_years:g} years"
        in titles["write_down_probability"]
    )
