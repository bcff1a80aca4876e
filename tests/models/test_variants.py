"""The two ranges of a headline against runs by hand, and the way from an earlier version to this one."""

import numpy as np
import pandas as pd
import pytest

from analysis import scenarios
from analysis.errors import DataError, ParameterError
from analysis.evidence import evidence_tables
from analysis.models import outlook, reference_class, start, variants, venture
from analysis.project import Project

REGISTER = scenarios.load_register()
VARIANTS = variants.load()


def assumptions(scenario="base", **overrides):
    return scenarios.check(scenarios.resolve(scenario, {"draws": 1000} | overrides))


@pytest.fixture(scope="module")
def table(evidence):
    return variants.headlines(assumptions(), evidence)


def row(table, kind, name):
    return table[(table["kind"] == kind) & (table["name"] == name)].iloc[0]


def test_each_variant_stands_under_base_and_each_scenario_under_the_structure_of_the_register(table):
    by_kind = table.groupby("kind", sort=False)["name"].agg(list)
    assert by_kind["variant"] == ["reference", *variants.load()]
    assert by_kind["scenario"] == scenarios.names()
    assert set(variants.load()) >= {"market_ceiling", "no_margin", "commitments_renewed"}
    reference, base = (row(table, *key) for key in (("variant", "reference"), ("scenario", "base")))
    assert reference[list(variants.MEASURES)].tolist() == base[list(variants.MEASURES)].tolist()


# Twenty runs of 200,000 futures take over a minute.
@pytest.mark.slow
def test_another_seed_moves_no_headline_by_more_than_one_unit_of_its_last_digit(evidence):
    draws = REGISTER["draws"].value
    runs = [variants.measure(assumptions(seed=seed, draws=draws), evidence) for seed in range(20)]
    for name in variants.MEASURES:
        digits = 1 if name.endswith("_x") else 0  # multiples to one decimal, whole per cent
        shown = [round(run[name], digits) for run in runs]
        assert max(shown) - min(shown) <= 10.0**-digits + 1e-9, (name, shown)


def test_an_input_turns_the_judgement_where_it_carries_it_across_a_half(evidence, monkeypatch):
    ends = {"base": [70.0, 55.0, 49.0, 80.0], "son": [30.0, 40.0, 20.0, 45.0]}
    now = {"base": 60.0, "son": 40.0}

    def at_ends(chosen, _):
        names = [("a", 5), ("a", 95), ("b", 5), ("b", 95)]
        rows = zip(names, ends[chosen.scenario], strict=True)
        return pd.DataFrame(
            [
                {
                    "name": name,
                    "input": name.upper(),
                    "end": end,
                    "value": end,
                    "unit": "x",
                    "between_pct": share,
                }
                for (name, end), share in rows
            ]
        )

    monkeypatch.setattr(variants.scenarios, "names", lambda _: list(ends))
    monkeypatch.setattr(variants.drivers, "judgement_at_ends", at_ends)
    monkeypatch.setattr(variants, "measure", lambda chosen, _: {"between_pct": now[chosen.scenario]})
    base, son = variants.turning_points(assumptions(), evidence).to_dict("records")
    assert (base["n_turning"], base["n_inputs"], base["input"], base["at_end_pct"]) == (1, 2, "B", 49.0)
    assert (son["n_turning"], son["input"], son["value"], son["at_end_pct"]) == (0, "B", 95, 45.0)


@pytest.mark.parametrize(
    ("kind", "name", "scenario", "values"),
    [
        ("variant", "no_margin", "base", {"multiple_margin_sensitivity": 0.0}),
        ("scenario", "regulation", "regulation", {}),
    ],
)
def test_a_row_is_the_model_with_its_values_and_no_others(table, evidence, kind, name, scenario, values):
    chosen = assumptions(scenario, **values)
    paths = outlook.venture_paths(chosen, evidence)
    ends = outlook.editorial_verdict(paths, outsized_moic=3.0, catastrophe_moic=0.25)
    # the last quarter end before the deadline is that of 31 March 2029
    down = venture.write_down_probability(paths, within_years=2.75, threshold_pct=25.0)
    ltv = outlook.exposure_paths(chosen, paths).ltv_share[:, paths.times_years <= 2.75].max(axis=1)
    result = row(table, kind, name)
    assert result["median_moic_x"] == np.median(paths.moic)
    assert result["money_lost_pct"] == pytest.approx(100 * (paths.moic < 1).mean())
    assert result["outsized_pct"] == pytest.approx(100 * ends.outsized.value)
    assert result["between_pct"] == pytest.approx(100 * ends.between.value)
    assert result["catastrophe_pct"] == pytest.approx(100 * ends.catastrophe.value)
    assert result["write_down_pct"] == pytest.approx(100 * down.value)
    assert result["ltv_above_pct"] == pytest.approx(100 * (ltv > 0.35).mean())


def test_notebooks_under_all_scenarios_show_the_same_table():
    for name in ("base", "commoditised"):
        assert dict(variants.under_scenario(assumptions("son"), name)) == dict(assumptions(name))


def test_values_of_ones_own_hold_in_every_row():
    own = assumptions("regulation", committed_share=0.9)
    under_base = variants.under_scenario(own, "base")
    assert dict(under_base) == dict(assumptions(committed_share=0.9))
    assert variants.under_scenario(own, "compute_trap").committed_share == 0.9


def test_the_way_to_this_version_starts_at_the_recorded_results_and_ends_at_the_reference(table, evidence):
    history = variants.load_history()
    changes = variants.model_changes(assumptions(), evidence)
    assert changes["label"].tolist() == [
        f"Version {history.version}",
        history.rules.label,
        *(step.label for step in history.steps),
    ]
    measures = list(variants.MEASURES)
    assert changes.iloc[0][measures].to_dict() == history.recorded
    assert changes.iloc[-1][measures].tolist() == row(table, "scenario", "base")[measures].tolist()
    steps = changes["moic_step_x"].iloc[1:]
    assert steps.sum() == pytest.approx(changes["median_moic_x"].iloc[-1] - changes["median_moic_x"].iloc[0])


def test_each_change_is_made_alone_and_kept(evidence):
    steps = variants.load_history().steps
    base = assumptions()
    settings = [variants._as_before(base, evidence, steps[done:])[0] for done in range(len(steps) + 1)]
    assert settings[-1] == outlook.run_setting(base, evidence)
    for step, before, after in zip(steps, settings, settings[1:], strict=False):
        moved = {
            name for (name, *old), (_, *new) in zip(before.values, after.values, strict=True) if old != new
        }
        assert moved == set(step.before) & set(outlook.VENTURE)
        assert (before.payments != after.payments) == bool(step.payments)


def test_what_the_evidence_updates_stands_in_the_history_as_it_was_after_that(evidence):
    (first, *_) = steps = variants.load_history().steps
    setting, _ = variants._as_before(assumptions(), evidence, steps)
    values = {name: value for name, value, _ in setting.values}
    for name in start.UPDATED:
        assert values[name] == tuple(first.before[name])


def test_an_assumption_that_changes_twice_stands_before_each_change_as_that_change_met_it(evidence):
    earlier, later = (
        variants.ModelStep(label=label, fault="It was another.", before={"multiple_volatility_pct": value})
        for label, value in (("first", 80.0), ("second", [70.0, 75.0]))
    )
    first, second = (
        variants._as_before(assumptions(), evidence, undone)[1].multiple_volatility_pct
        for undone in ([earlier, later], [later])
    )
    assert (first, list(second)) == (80.0, [70.0, 75.0])


VARIANT = "no_margin: {label: Without margin, because: Growth explains it., values: {%s}}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            VARIANT % "multiple_margin: 0",
            "values, key multiple_margin: the register has no such name.*sensitiv",
        ),
        (VARIANT % "multiple_margin_sensitivity: 99", "99 is outside 0 to 10"),
        (VARIANT % "write_down_pct: 30", "says how the article is read, which a scenario may not change"),
        (VARIANT % "run_rate_weight: 0", "is retired.* Write growth_factor_per_year instead"),
        (VARIANT % "commitments_run_off: 1", "1 is what the register has. Remove it"),
        (VARIANT % "stake_loan_years: 9", "9 is past horizon_years, which is 5"),
        (VARIANT % "", "key no_margin, key values"),
        ("no_margin: {because: Growth explains it., values: {ceiling: 1}}\n", "key label: Field required"),
        ("no_margin: {label: A, lable: B}\n", "key lable: Extra inputs are not permitted"),
    ],
)
def test_a_variant_that_no_scenario_could_be_is_refused(tmp_path, text, expected):
    project = Project(tmp_path)
    project.params.mkdir()
    project.variants.write_text(text)
    with pytest.raises(ParameterError, match=expected):
        variants.load(project, REGISTER)
    assert scenarios.names(project) == []  # and it is no scenario


def test_a_project_without_variants_has_none(tmp_path):
    assert variants.load(Project(tmp_path), REGISTER) == {}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "commitments_run_off: 0",
            "commitments_run_off: 1",
            "steps.5.before, key commitments_run_off: 1 is what",
        ),
        ("  money_lost_pct:", "  money_won_pct:", "key recorded: has not just median_moic_x, money_lost_pct"),
        ("money_lost_pct: 50.23", "money_lost_pct: .nan", "key recorded.money_lost_pct: .* finite"),
        ("24.9]", "-24.9]", r"steps.0.payments.3.1: .* greater than 0"),
        ("[-0.2464065708418891, ", "[-.inf, ", r"steps.0.payments.3.0: .* finite"),
        ("version: 2.0.0", "version: 2", "key version"),
        ("commit: b415", "commit: main", "key commit"),
    ],
)
def test_a_history_that_does_not_fit_the_register_is_refused(tmp_path, old, new, expected):
    project, text = Project(tmp_path), Project.default().model_changes.read_text()
    project.thesis.mkdir(parents=True)
    assert old in text
    project.model_changes.write_text(text.replace(old, new))
    with pytest.raises(DataError, match=expected):
        variants.load_history(project, REGISTER)


def test_the_variants_of_decay_and_noise_are_readings_of_the_reference_class():
    # a second: six samples resampled by company
    pairs = evidence_tables.load("growth_pairs", "2026-10-31")
    readings = reference_class.growth_readings(pairs, 1).set_index(["sample", "years_on"])
    for name, sample, years in (
        ("slow_decay", "revenue of $10bn or more", 5),
        ("fast_decay", "growth of 50% or more", 3),
    ):
        low, high = readings.loc[(sample, years), ["half_life_low", "half_life_high"]]
        assert VARIANTS[name].values["growth_half_life_years"] == pytest.approx([low, high], abs=0.1)
    for name, sample, years in (
        ("low_volatility", "without fiscal 2020 to 2022", 1),
        ("high_volatility", "growth of 50% or more", 3),
    ):
        low, high = readings.loc[(sample, years), ["volatility_low", "volatility_high"]]
        assert VARIANTS[name].values["revenue_volatility_pct"] == pytest.approx([low, high], abs=1.0)


def test_the_variants_of_repricing_and_of_the_multiples_volatility_are_other_readings():
    pairs, multiples, cases = (
        evidence_tables.load(name, "2026-10-31")
        for name in ("growth_pairs", "revenue_multiples", "value_cases")
    )
    rng = np.random.default_rng(1)
    others = (
        reference_class.growth_decay(reference_class.entries(pairs), rng),
        reference_class.long_run_multiple(multiples),
        reference_class.multiple_slope(multiples),
    )
    read, without = (
        reference_class.repricing(rows, *others, rng) for rows in (cases, cases[cases["entry_year"].ne(2020)])
    )
    quick = VARIANTS["quick_repricing"].values["repricing_half_life_years"]
    assert quick == pytest.approx(without.half_life_years, abs=0.1)
    assert without.half_life_years < read.half_life_years
    yearly = reference_class.multiple_volatility(multiples)
    for name, low, high in (
        ("low_volatility", read.least_low, read.least_high),
        ("high_volatility", yearly.low, yearly.high),
    ):
        assert VARIANTS[name].values["multiple_volatility_pct"] == pytest.approx([low, high], abs=1.0)


def test_a_change_that_moves_nothing_shows_zero(evidence, monkeypatch):
    # the balance sheet moves no multiple; with fewer draws for some steps than for others it would seem to
    monkeypatch.setattr(variants, "VARIANT_DRAWS", 1000)
    changes = variants.model_changes(assumptions(draws=2000), evidence).set_index("label")["moic_step_x"]
    balance = [
        step.label
        for step in variants.load_history().steps
        if not step.payments and not set(step.before) & set(outlook.VENTURE)
    ]
    assert balance and (changes[balance] == 0.0).all()
    assert (changes.drop(balance).iloc[1:].abs() > 0).sum() > 10
