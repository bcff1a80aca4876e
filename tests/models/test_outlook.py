import math
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from analysis import audit, scenarios, thesis
from analysis.evidence import evidence_tables
from analysis.models import balance_sheet, drivers, outlook, start, venture
from analysis.statistics import simulation


def assumptions(scenario="base", **overrides):
    return scenarios.check(scenarios.resolve(scenario, {"draws": 2000} | overrides))


def tables(as_of="2026-10-31"):
    return {name: evidence_tables.load(name, as_of) for name in ("openai_finance", "softbank_openai")}


def evidence(as_of="2026-10-31"):
    return start.start_evidence(tables(as_of))


def paths(scenario="base", **overrides):
    return outlook.venture_paths(assumptions(scenario, **overrides), evidence())


def test_the_same_assumptions_give_the_same_paths_and_another_seed_others():
    first, again, other = (paths(seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.moic, again.moic)
    assert not np.array_equal(first.moic, other.moic)


def test_fewer_draws_are_the_first_of_more_whatever_the_block():
    # 2000 are the head of the first block, 9000 are two full blocks and a part of a third
    few, many = paths(), paths(draws=9000)
    assert np.array_equal(few.moic, many.moic[:2000])
    assert len(many.moic) == 9000


@pytest.mark.parametrize("workers", [1, 3])
def test_a_summary_by_blocks_is_that_of_the_paths_for_any_number_of_workers(workers):
    chosen = outlook.run_setting(assumptions(), evidence())
    result = outlook.summarise_draws(
        chosen, 9000, lambda p, block: {"moic": p.moic, "irr": p.irr_pct}, workers=workers
    )
    full = paths(draws=9000)
    assert np.array_equal(result["moic"], full.moic)
    assert np.array_equal(result["irr"], full.irr_pct)


def test_a_summary_needs_no_more_memory_for_more_draws_than_what_it_keeps_of_them(monkeypatch):
    monkeypatch.setattr(simulation, "BLOCK", 256)
    chosen = outlook.run_setting(assumptions(), evidence())

    def peak_bytes(blocks):
        tracemalloc.start()
        outlook.summarise_draws(chosen, blocks * 256, lambda p, block: {"moic": p.moic, "irr": p.irr_pct})
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak_bytes(6)  # what one run leaves to the next is there from now on
    more = peak_bytes(6) - peak_bytes(2)
    # kept of four blocks more: two numbers of eight bytes a draw, once more while they are joined; the paths
    # of one block alone have some twenty numbers at each of twenty-one quarter ends
    assert more < 4 * 256 * 2 * 8 * 2 + 2**16 < 256 * 20 * 21 * 8 / 4


def test_scenarios_are_compared_on_common_random_numbers():
    # what two scenarios say alike is drawn alike, and so are shocks and the market factor, draw by draw
    base, article = (
        outlook.run_setting(assumptions(scenario), evidence()) for scenario in ("base", "article")
    )
    (inputs, streams), (others, other_streams) = base.inputs(100), article.inputs(100)
    alike = [name for name, value, dist in base.values if (name, value, dist) in article.values]
    drawn = [name for name in alike if np.ndim(getattr(inputs, name))]
    assert drawn and len(alike) < len(base.values)
    for name in drawn:
        assert np.array_equal(getattr(inputs, name), getattr(others, name))
    for purpose in venture.PURPOSES:
        assert np.array_equal(streams[purpose].random(100), other_streams[purpose].random(100))


@pytest.mark.parametrize("scenario", [name for name in scenarios.names() if name != "base"])
def test_every_input_has_the_same_ranks_in_all_scenarios(scenario):
    base, other = (outlook.run_setting(assumptions(name), evidence()) for name in ("base", scenario))
    ours, theirs = (dict(vars(setting.inputs(1000)[0])) for setting in (base, other))
    drawn = [name for name in outlook.VENTURE if np.ndim(ours[name]) and np.ndim(theirs[name])]
    changed = [name for name in drawn if not np.array_equal(ours[name], theirs[name])]
    assert "cash_usd_bn" in drawn and changed
    for name in drawn:
        assert np.array_equal(np.argsort(ours[name]), np.argsort(theirs[name])), name


def test_inputs_are_drawn_once_from_the_streams_of_their_names():
    base, article = (
        outlook.run_setting(assumptions(scenario), evidence()) for scenario in ("base", "article")
    )
    (inputs, _), (others, _) = base.inputs(100, 1), article.inputs(100, 1)
    streams = simulation.spawn(base.seed, outlook.VENTURE, 1)
    grouped = {name for names, _ in base.together for name in names}
    for name, value, dist in base.values:
        if np.ndim(value) and name not in grouped:
            assert np.array_equal(getattr(inputs, name), simulation.draw(dist, value, 100, streams[name])), (
                name
            )
        if np.ndim(value) and (name, value, dist) in article.values:
            assert getattr(inputs, name) is getattr(others, name), name
            assert not getattr(inputs, name).flags.writeable, name


def test_what_moves_together_has_the_same_ranks_in_every_scenario_and_correlates_as_stated():
    # ranks of a Gaussian copula correlate by 6 / pi asin(rho / 2): 0.286 at 0.3
    settings = [outlook.run_setting(assumptions(scenario), evidence()) for scenario in ("base", "son")]
    ours, theirs = (setting.inputs(4000)[0] for setting in settings)
    ranks = {
        name: np.argsort(np.argsort(getattr(inputs, name)))
        for inputs in (ours,)
        for names, _ in settings[0].together
        for name in names
        if np.ndim(getattr(inputs, name))
    }
    for name, order in ranks.items():
        if np.ndim(getattr(theirs, name)):
            assert np.array_equal(order, np.argsort(np.argsort(getattr(theirs, name)))), name
    for names, correlation in settings[0].together:
        first, second = (ranks[name] for name in names[:2])
        expected = 6 / math.pi * math.asin(correlation / 2)
        assert np.corrcoef(first, second)[0, 1] == pytest.approx(expected, abs=0.05)  # 3 / sqrt(4000)


def test_the_deadline_counts_from_publication_and_not_from_the_start():
    # 21 May 2029 is 2.89 years after 30 June 2026; the last quarter end before it is that of 31 March 2029
    assert outlook.deadline_years(assumptions()) == pytest.approx(3 - 40 / 365.25)
    said_on = assumptions().register["write_down_years"].reference.known_on
    assert said_on == thesis.load().article.published_on


def test_holdings_have_the_same_noise_whatever_the_stake_does_drawn_once(monkeypatch):
    chosen = assumptions(arm_volatility_pct=31.0, degrees_of_freedom=5.0, draws=1000)
    company = outlook.stake_paths(paths(draws=1000))
    inputs = balance_sheet.ExposureInputs(**{name: chosen[name] for name in outlook.EXPOSURE})
    expected = balance_sheet.simulate(
        inputs, company, simulation.spawn(chosen.seed, balance_sheet.PURPOSES, block=1)
    )
    first = outlook.block_exposure(chosen, paths(draws=1000), 1)
    assert np.array_equal(first.ltv_share, expected.ltv_share)
    monkeypatch.setattr(balance_sheet, "holding_noise", None)  # nothing is drawn from here on
    again = outlook.block_exposure(chosen.with_changes(loading_arm=0.0), paths(draws=1000), 1)
    noise = expected.arm_jpy_tn / chosen.arm_jpy_tn / company.ai_factor**chosen.loading_arm
    assert again.arm_jpy_tn == pytest.approx(chosen.arm_jpy_tn * noise)


def test_revenue_before_erosion_and_shocks_is_that_of_the_full_model_without_them():
    without = assumptions(erosion_pct_per_year=0.0, shock_rate_per_year=0.0, compute_elasticity=0.0)
    times, revenue = outlook.revenue_paths(without, evidence())
    full = outlook.venture_paths(without, evidence())
    assert times.tolist() == full.times_years.tolist()
    assert revenue == pytest.approx(full.revenue_usd_bn)


def test_prices_over_time_are_those_of_the_yearly_falls():
    base = assumptions()
    times, prices = outlook.price_paths(base)
    falls = outlook.price_falls(base)
    assert prices[:, 0].tolist() == [100.0] * len(falls)
    assert prices[:, times.tolist().index(2.0)] == pytest.approx(100 / falls**2)


def test_both_ends_and_the_middle_of_the_editorial_verdict_add_up():
    ends = outlook.editorial_verdict(paths(), outsized_moic=3.0, catastrophe_moic=0.25)
    assert ends.outsized.value + ends.catastrophe.value + ends.between.value == pytest.approx(1)


def test_each_risk_of_the_article_lowers_the_median_and_the_investor_s_case_raises_it():
    median = {name: np.median(paths(name).moic) for name in scenarios.names()}
    assert (
        median["son"]
        > median["base"]
        > max(median[n] for n in ("article", "commoditised", "compute_trap", "regulation"))
    )


def test_every_future_starts_at_the_price_of_march_2026():
    for name in scenarios.names():
        assert paths(name).price_usd_bn[:, 0] == pytest.approx(852)


def test_the_stake_at_the_start_is_close_to_the_reported_fair_value():
    # (0.13 - 20 / 852) x 852 = 90.8; SoftBank reported 89.6 for 30 June 2026
    assert np.median(paths().reported_usd_bn[:, 0]) == pytest.approx(89.6, rel=0.02)


@pytest.mark.parametrize("end", [0, 1], ids=["least", "most"])
def test_what_the_register_allows_of_an_input_the_model_does_too(end):
    register = scenarios.load_register()
    for name, ((allowed, words), _) in simulation.input_rules(venture.VentureInputs).items():
        value = float(register[name].range[end])
        assert np.all(allowed(np.array([value]))), f"{name} of {value:g}: {words}"


def test_the_plan_adds_up_to_what_the_company_told_investors():
    # of the 840 of revenue planned for 2026 to 2030 some 14 came before the start, and of the 856 of compute
    # some 24; its burn of 278 holds more than operating costs, and our plan burns less
    totals = outlook.plan_to_2030(assumptions(), evidence())
    assert totals.revenue_usd_bn == pytest.approx(840 - 14, rel=0.05)
    assert totals.compute_usd_bn == pytest.approx(856 - 24, rel=0.05)
    assert 0 < totals.burn_usd_bn < 278


def test_the_totals_of_the_plan_are_its_quarters_by_hand():
    # 37 a year that grows by nothing, costs of 0.5 and compute of 10: 4.5 years of each
    still = dict.fromkeys(("plan_growth_pct", "long_run_growth_pct"), 0.0)
    flat = assumptions(
        revenue_usd_bn=37.0,
        compute_usd_bn=10.0,
        compute_factor_per_year=1.0,
        running_cost_ratio=0.5,
        running_cost_ratio_long_run=0.5,
        **still,
    )
    totals = outlook.plan_to_2030(flat, evidence())
    assert totals == pytest.approx((4.5 * 37, 4.5 * (10 + 37 / 3), 4.5 * (10 + 18.5 - 37)))


def test_compute_to_date_adds_quarters_at_their_rates():
    p = paths()
    spent = venture.compute_to_date_usd_bn(p, until_years=4.5, serving_share=0.67)
    assert spent == pytest.approx((p.compute_usd_bn + 0.67 * p.running_cost_usd_bn)[:, :18].sum(axis=1) / 4)


def test_a_larger_loss_of_the_stake_raises_loan_to_value_and_falling_along_raises_it_more():
    # before any loss: (10.81 + 20 * 0.16239) / (68.56 + 0.13 * 852 * 0.16239) = 14.058 / 86.547
    assumed = assumptions()
    table = outlook.stress_table(assumed, outlook.exposure_paths(assumed, paths()))
    assert table["alone_pct"].is_monotonic_increasing
    assert (table["along_pct"] >= table["alone_pct"] - 1e-9).all()
    assert table["along_pct"].iloc[0] == pytest.approx(table["alone_pct"].iloc[0])
    assert table["alone_pct"].iloc[0] == pytest.approx(100 * 14.058 / 86.547, abs=0.001)


def test_loan_to_value_at_the_start_is_the_one_that_softbank_reported(evidence):
    # 10.81 / (49.91 + 4.74 + 13.91 + (0.13 * 852 - 20) * 0.16239) = 10.81 / 83.30 = 12.98 %, in every
    # scenario that pays 64.6; SoftBank reported 13.0 % and 83.11 of holdings
    reported = evidence_tables.load("softbank_nav", "2026-10-31").set_index("valid_on").loc["2026-06-30"]
    for name in scenarios.names():
        chosen = assumptions(name, draws=1000)
        balance = outlook.exposure_paths(chosen, outlook.venture_paths(chosen, evidence))
        unpaid = (chosen.invested_usd_bn - 44.6) * 0.16239
        gross = 49.91 + 4.74 + 13.91 + chosen.stake_share * chosen.start_equity_usd_bn * 0.16239 - unpaid
        assert balance.ltv_share[:, 0] == pytest.approx(10.81 / gross)
        assert balance.unpaid_jpy_tn[:, 0] == pytest.approx(unpaid)
        if name == "base":
            assert round(100 * balance.ltv_share[0, 0]) == reported["ltv_pct"]
            assert gross == pytest.approx(reported["equity_value_jpy_tn"], rel=0.005)


def test_no_risk_that_is_switched_off_moves_the_start_or_what_is_paid(evidence):
    base = assumptions(draws=1000)
    at_base = outlook.exposure_paths(base, outlook.venture_paths(base, evidence))
    # interest apart, debt has gained by the end what was paid after the start
    paid = sum(p.amount_usd_bn for p in outlook.venture_paths(base, evidence).payments if p.years > 0)
    plain = outlook.exposure_paths(base.with_changes(interest_pct=0.0), outlook.venture_paths(base, evidence))
    assert plain.net_debt_jpy_tn[:, -1] - plain.net_debt_jpy_tn[:, 0] == pytest.approx(paid * 0.16239)
    for risk in drivers.risks(base):
        without = drivers.switch_off(base, [risk])
        balance = outlook.exposure_paths(without, outlook.venture_paths(without, evidence))
        assert balance.nav_jpy_tn[:, 0] == pytest.approx(at_base.nav_jpy_tn[:, 0], rel=1e-12), risk
        assert np.array_equal(balance.net_debt_jpy_tn, at_base.net_debt_jpy_tn), risk


def test_other_holdings_do_not_move_with_dilution_or_with_growth_as_expected(evidence):
    # every input at its middle and nothing unforeseen: the company grows and is diluted, all else stays
    quiet = [f"{name}_volatility_pct" for name in (*balance_sheet.HOLDINGS, "multiple", "revenue")]
    base = assumptions(draws=1000, **dict.fromkeys([*quiet, "shock_rate_per_year"], 0.0))
    middle = base.with_changes(**{name: base.central(name) for name in outlook.VENTURE})
    company = outlook.venture_paths(middle, evidence)
    assert (company.kept_share[:, -1] < 0.9).all()
    assert (company.revenue_usd_bn[:, -1] > 2 * company.revenue_usd_bn[:, 0]).all()
    balance = outlook.exposure_paths(middle, company)
    assert balance.other_holdings_jpy_tn == pytest.approx(49.91 + 4.74 + 13.91, rel=0.02)


def another_value(entry, value):
    """A value next to one of the register, within its range."""
    if isinstance(value, str):
        return entry.days[0].isoformat()
    low, high = entry.limits
    if step := entry.multiple_of or int(entry.integer):
        return value + step if value + step <= high else value - step
    if isinstance(value, list):
        return [number + 0.1 * (high - number) for number in value]
    return value + 0.1 * (high - value) if value < high else value - 0.1 * (value - low)


def results(chosen, record):
    """The median multiple, and a probability of the balance sheet along the same paths."""
    venture_paths = outlook.venture_paths(chosen, record)
    exposure = outlook.exposure_paths(chosen, venture_paths)
    multiple = simulation.quantile(venture_paths.moic, 0.5)
    passed = balance_sheet.exceedance_probability(
        exposure, chosen.ltv_emergency_pct / 100, within_years=outlook.deadline_years(chosen)
    )
    return {"multiple": replace(multiple, inputs=venture_paths.inputs), "passed": passed}


def test_a_result_names_every_assumption_that_moves_it_and_no_other_moves_it_by_a_bit():
    # two seconds: 84 runs of 1,000 draws, one for each assumption of the register
    base = assumptions(draws=1000)
    record = {day: audit.gather(base.with_changes(as_of=day)).record for day in ("2024-11-27", base.as_of)}
    at_base = results(base, record[base.as_of])
    moved = {name: set() for name in at_base}
    for name, entry in base.register.items():
        changed = base.with_changes(**{name: another_value(entry, base[name])})
        for result, estimate in results(changed, record[changed.as_of]).items():
            if estimate != at_base[result]:
                moved[result].add(name)
    assert len(moved["multiple"]) > 40  # the comparison would notice
    assert {"ltv_emergency_pct", "write_down_years", "loading_arm"} <= moved["passed"] - moved["multiple"]
    assert {
        result: names - estimate.inputs.keys()
        for result, names in moved.items()
        for estimate in [at_base[result]]
    } == {"multiple": set(), "passed": set()}


def test_results_from_a_cache_know_what_they_follow_from(evidence):
    first, again = (outlook.venture_paths(assumptions(), evidence) for _ in range(2))
    assert again.moic is not None and dict(first.inputs) == dict(again.inputs)
    assert set(outlook.VENTURE) <= set(first.inputs)
    by_scenario = outlook.venture_paths(assumptions("article"), evidence)
    assert by_scenario.inputs["invested_usd_bn"] == 60.0  # the scenario's
