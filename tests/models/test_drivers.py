"""The model behind the sensitivity analysis: the same shocks in every row, and sums that add up."""

from itertools import combinations

import numpy as np
import pytest
from scipy import optimize, stats

from analysis import scenarios
from analysis.models import drivers, outlook, start, venture
from analysis.statistics import sensitivity, simulation

REGISTER = scenarios.load_register()


def assumptions(**overrides):
    return scenarios.check(scenarios.resolve("base", {"draws": 1000} | overrides))


@pytest.fixture(scope="module")
def model(evidence):
    return drivers.SensitivityModel(assumptions(), evidence)


def test_a_row_s_outcome_does_not_depend_on_its_neighbours(model):
    values = np.linspace(4, 12, 300)  # more rows than a chunk of 4096 / 64 = 64 holds
    together = model.run(drivers.MOIC)({"multiple_long_run": values})
    alone = model.run(drivers.MOIC)({"multiple_long_run": values[[7, 290]]})
    assert together[[7, 290]] == pytest.approx(alone, rel=1e-12)
    assert (np.diff(together) > 0).all()  # on the same shocks a higher multiple pays more, without noise


@pytest.mark.parametrize(
    ("scenario", "risk"),
    [("commoditised", "open models"), ("compute_trap", "compute trap"), ("regulation", "regulation")],
)
def test_without_its_own_risk_a_scenario_is_the_base_path_for_path(evidence, scenario, risk):
    base, own = (scenarios.check(scenarios.resolve(name, {"draws": 1000})) for name in ("base", scenario))
    on, *off = (
        outlook.venture_paths(chosen, evidence)
        for chosen in (own, drivers.switch_off(own, [risk]), drivers.switch_off(base, [risk]))
    )
    for name in ("moic", "revenue_usd_bn", "cash_usd_bn", "reported_usd_bn"):
        # the same sums in another order are off by rounding
        np.testing.assert_allclose(getattr(off[0], name), getattr(off[1], name), rtol=1e-12, err_msg=name)
    assert np.median(on.moic) < np.median(off[0].moic)


def test_tiled_streams_repeat_the_draws_of_the_first_rows():
    plain, tiled = np.random.default_rng(3), drivers.RepeatedShocks(np.random.default_rng(3), 4)
    draws = plain.standard_normal((4, 5))
    assert np.array_equal(tiled.standard_normal((12, 5)), np.vstack([draws] * 3))
    assert np.array_equal(tiled.random((8, 2))[:4], plain.random((4, 2)))


def test_the_middle_of_a_tornado_is_the_model_at_its_medians(model, evidence):
    table = model.tornado(drivers.MOIC, 256)
    assert table["swing"].is_monotonic_decreasing
    assert set(table["name"]) == set(model.distributions)
    assert table["input"].tolist() == [REGISTER[name].label for name in table["name"]]
    # by hand: the same medians and the same shocks
    chosen = outlook.run_setting(assumptions(), evidence)
    inputs = venture.VentureInputs(
        **{name: model.medians.get(name, value) for name, value, _ in chosen.values}, payments=chosen.payments
    )
    paths = venture.simulate(inputs, 256, simulation.spawn(assumptions().seed, venture.PURPOSES))
    middle = np.sort(paths.moic)[64:192].mean()  # 256 futures without the lowest and the highest quarter
    assert table["central_result"].iloc[0] == pytest.approx(middle)


def test_the_middle_of_draws_moves_where_their_median_sticks():
    # seven and eight futures: without the lowest and the highest quarter, one and two of them at each end
    assert drivers.middle_mean(np.array([[9.0, 2, 2, 3, 1, 0, 2]])).tolist() == [
        2.0
    ]  # (1 + 2 + 2 + 2 + 3) / 5
    assert drivers.middle_mean(np.array([[9.0, 2, 2, 4, 1, 0, 2, 8]])).tolist() == [
        2.5
    ]  # (2 + 2 + 2 + 4) / 4


def test_every_uncertain_input_belongs_to_one_group(model):
    result = model.sobol(drivers.MOIC, n=8)
    assert set(result.indices["group"]) == set(model.groups)
    names = [name for members in model.groups.values() for name in members]
    assert sorted(names) == sorted(model.distributions)


def test_inputs_that_move_together_share_a_group_and_no_other_moves_with_them(model):
    together = set(model.groups[drivers.TOGETHER])
    assert together == set(outlook.CORRELATED)
    assert all(REGISTER[name].label in model.labels_together for name in together)
    for group, members in model.groups.items():
        if group != drivers.TOGETHER:
            assert {REGISTER[name].group for name in members} == {group}
    # level and growth at the start move together too, within one group of the register
    assert set(start.UPDATED) <= set(model.groups[REGISTER["revenue_usd_bn"].group])


def test_the_shares_of_variance_see_the_inputs_as_they_are_drawn(model, evidence, monkeypatch):
    rows = {}

    def kept(run, distributions, groups, rng, *, n, joint):
        points = {name: rng.random(20_000) for name in distributions}
        rows.update({name: distributions[name](column) for name, column in joint(points).items()})

    monkeypatch.setattr(sensitivity, "sobol", kept)
    model.sobol(drivers.MOIC)
    drawn, _ = outlook.run_setting(assumptions(), evidence).inputs(4096)
    pairs = [*combinations(outlook.CORRELATED, 2), start.UPDATED, ("cash_usd_bn", "revenue_usd_bn")]
    for one, other in pairs:
        by_rank, expected = (
            stats.spearmanr(values(one), values(other)).statistic
            for values in (rows.__getitem__, lambda name: getattr(drawn, name))
        )
        # four errors of a correlation over 4,096 draws
        assert by_rank == pytest.approx(expected, abs=4 / 64), (one, other)


def middle_multiple(model, shocks):
    """With every input at its median."""
    name = "multiple_long_run"
    return float(np.exp(model.run(drivers.MOIC, shocks)({name: np.array([model.medians[name]])})[0]))


def test_at_its_break_even_the_middle_multiple_is_the_target(model):
    target = 1.1 * middle_multiple(model, 256)
    result = model.break_even("multiple_long_run", target, 256)
    assert 50 < result.percentile < 100
    reached = np.exp(model.run(drivers.MOIC, 256)({"multiple_long_run": np.array([result.value])})[0])
    assert reached == pytest.approx(target, rel=0.01)


def test_the_multiple_that_a_return_needs():
    # 10 three years and 20 two years before the end, at 10%: (10 x 1.331 + 20 x 1.21) / 30 = 1.2503
    payments = [venture.Payment(-1, 10), venture.Payment(0, 20)]
    assert drivers.required_moic(payments, 10, 2) == pytest.approx((13.31 + 24.2) / 30)


def test_the_four_risks_of_the_article_can_be_switched_off():
    off = drivers.risks(assumptions())
    assert set(off) == {"compute trap", "regulation", "open models", "balance sheet"}
    calm = drivers.switch_off(assumptions(), ["regulation", "open models"])
    assert (calm.shock_rate_per_year, calm.erosion_pct_per_year) == (0, 0)
    assert calm.committed_share == assumptions().committed_share


def test_shares_of_risks_add_up_to_all_on_less_all_off(evidence):
    value = drivers.risk_combinations(assumptions(), evidence, draws=1000)
    every = frozenset(drivers.risks(assumptions()))
    for outcome in ("write_down", "ltv"):
        table = drivers.shapley(value, assumptions(), outcome)
        assert table["shapley_value"].sum() == pytest.approx(
            value(every)[outcome].mean() - value(frozenset())[outcome].mean()
        )
        assert (table["shapley_high"] - table["shapley_low"]).max() < 0.1
    # what SoftBank owes and holds besides OpenAI is no cause of a reported value below cost
    parts = drivers.shapley(value, assumptions(), "write_down").set_index("risk")
    assert parts.loc["balance sheet", "shapley_value"] == 0
    assert (parts["shapley_value"] >= 0).all()
    assert (
        len({value(frozenset(c))["ltv"].mean() for k in range(5) for c in combinations(sorted(every), k)}) > 1
    )


def test_a_risk_of_the_balance_sheet_alone_needs_no_run_of_the_venture(evidence, monkeypatch):
    runs, simulate = [], venture.simulate

    def counted(inputs, draws, streams):
        if draws > 1:  # one draw is the revenue that was expected
            runs.append(inputs)
        return simulate(inputs, draws, streams)

    monkeypatch.setattr(venture, "simulate", counted)
    combined = drivers.risk_combinations(assumptions(seed=9), evidence, draws=1000)
    for outcome in (drivers.WRITE_DOWN, "ltv"):
        drivers.shapley(combined, assumptions(seed=9), outcome)
    # sixteen combinations of four risks, of which three are the venture's: 2 x 2 x 2
    assert len(runs) == 8


def test_the_verdict_over_the_decay_is_that_of_fixed_runs(evidence):
    grid = drivers.verdict_grid(assumptions(), evidence, [1.0, 3.0], [5.0], draws=1000)
    fixed = outlook.venture_paths(assumptions(growth_half_life_years=3.0, long_run_growth_pct=5.0), evidence)
    between = ((fixed.moic >= 0.25) & (fixed.moic < 3)).mean()
    by = grid.set_index(["half_life_years", "long_run_pct"])["between_pct"]
    assert by[3.0, 5.0] == pytest.approx(100 * between)


def test_a_higher_loading_never_lowers_the_probability_of_a_high_ceiling_much(evidence):
    paths = outlook.venture_paths(assumptions(), evidence)
    table = drivers.loading_curve(assumptions(), paths, [0.0, 1.0, 2.0], [25.0, 35.0])
    for _, part in table.groupby("ceiling_pct"):
        assert part["probability"].iloc[-1] >= part["probability"].iloc[0]
        assert ((part["low"] <= part["probability"]) & (part["probability"] <= part["high"])).all()


def test_likelihood_and_impact_come_from_the_draws(evidence):
    table = drivers.risk_register(assumptions(), evidence, draws=1000).set_index("risk")
    paths = outlook.venture_paths(assumptions(), evidence)
    assert table.loc["compute trap", "likelihood"] == (paths.raised_usd_bn.sum(axis=1) > 0).mean()
    eroded = (paths.revenue_usd_bn[:, -1] < 0.9 * paths.volume_usd_bn[:, -1]).mean()
    assert table.loc["open models", "likelihood"] == eroded
    # r shocks a year for 5 years: 1 - e^-5r, on average over what is believed of r
    rates = simulation.quantile_function("pert", REGISTER["shock_rate_per_year"].value)(
        np.arange(0.5, 100) / 100
    )
    assert table.loc["regulation", "likelihood"] == pytest.approx(-np.expm1(-5 * rates).mean(), abs=0.05)
    assert (table["impact_pct"] > 0).all()


def test_break_evens_are_those_of_each_input_and_target(model):
    # the return that the middle multiple at all medians stands for: each input meets it at its own median
    middle = middle_multiple(model, 512)
    middle_pct = optimize.brentq(lambda pct: model.required_moic(pct) - middle, -99, 200)
    table = drivers.break_evens(model, ["growth_half_life_years", "multiple_long_run"], [middle_pct, -99.9])
    assert table["name"].tolist() == [
        name for name in ("growth_half_life_years", "multiple_long_run") for _ in "ab"
    ]
    assert table["target"].tolist() == [f"{middle_pct:g}% a year", "-99.9% a year"] * 2
    assert table["percentile"][[0, 2]].tolist() == pytest.approx([50, 50], abs=0.01)
    assert table.loc[2, "value"] == pytest.approx(model.medians["multiple_long_run"], rel=1e-3)
    needed = model.required_moic(-99.9)
    assert np.isnan(table.loc[3, "value"]) and f"the outcome stays above {needed:g}" in table.loc[3, "reason"]


def test_the_judgement_at_an_end_is_the_model_with_that_input_fixed(evidence):
    table = drivers.judgement_at_ends(
        assumptions(), evidence, ["multiple_long_run", "write_down_pct"], draws=2000
    )
    assert table[["name", "end"]].to_numpy().tolist() == [
        ["multiple_long_run", 5],
        ["multiple_long_run", 95],
    ]  # what is fixed has no ends
    low, high = REGISTER["multiple_long_run"].value
    assert table["value"].tolist() == pytest.approx([low, high], rel=1e-6)
    paths = outlook.venture_paths(assumptions(draws=2000, multiple_long_run=low), evidence)
    ends = outlook.editorial_verdict(paths, outsized_moic=3.0, catastrophe_moic=0.25)
    assert table.loc[0, "between_pct"] == pytest.approx(100 * ends.between.value)
    assert table[["outsized_pct", "catastrophe_pct", "between_pct"]].sum(axis=1).tolist() == pytest.approx(
        [100.0, 100.0]
    )
    # a higher multiple never hurts
    assert (
        table.loc[1, "outsized_pct"] > table.loc[0, "outsized_pct"]
        and table.loc[1, "catastrophe_pct"] < table.loc[0, "catastrophe_pct"]
    )


def test_every_uncertain_input_is_judged_at_its_ends_where_none_is_named(model, evidence):
    few = {
        name: median for name, median in model.medians.items() if name not in ("cash_usd_bn", "pool_share")
    }
    table = drivers.judgement_at_ends(assumptions(**few), evidence, draws=1000)
    assert sorted(set(table["name"])) == ["cash_usd_bn", "pool_share"]
