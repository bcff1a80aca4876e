import datetime as dt
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from analysis import scenarios
from analysis.evidence import evidence_tables
from analysis.models import mechanisms, start, venture

PATH = start.Path(half_life_years=1.2, long_run_pct=5.0)
STEADY = start.Path(half_life_years=1e6, long_run_pct=0.0)
"""Growth that never slows: ln of revenue is a straight line."""
PRIOR = start.Prior((math.log(30), math.log(2)), (0.3, 0.25))
TABLES = ("openai_finance", "softbank_openai")


def assumptions(scenario="base", **overrides):
    return scenarios.check(scenarios.resolve(scenario, {"draws": 2000} | overrides))


def known(as_of="2026-10-31"):
    return start.start_evidence({name: evidence_tables.load(name, as_of) for name in TABLES})


def day(years):
    """The day that lies so many years from the start."""
    return start.START + dt.timedelta(days=round(years * 365.25))


def rate(years, value, qualifier="about"):
    return start.ReportedFigure(f"run rate at {years}", day(years), (), value, qualifier)


def revenue(first, last, value, qualifier="exact"):
    return start.ReportedFigure(f"revenue to {last}", day(last), ((first, last),), value, qualifier)


def finance(*rows):
    """Evidence rows: measure, period, value, qualifier, valid_on."""
    columns = ["measure", "period", "value", "qualifier", "valid_on"]
    table = pd.DataFrame(rows, columns=columns).assign(counts="yes")
    return table.assign(valid_on=pd.to_datetime(table["valid_on"]))


POINTS = (rate(-1.0, 12.0), rate(-0.5, 20.0), rate(-0.25, 24.0), rate(0.0, 31.0), rate(0.25, 36.0))


def test_with_points_alone_the_posterior_is_the_closed_form_of_a_normal_line():
    # y = L + g t + common error + own error, both known: a normal linear model with the prior's precision
    design = np.array([[1.0, figure.years] for figure in POINTS])
    y = np.log([figure.value_usd_bn for figure in POINTS])
    own, common = math.log1p(0.06), 0.05
    noise = own**2 * np.eye(len(y)) + common**2
    precision = np.diag(np.array(PRIOR.spreads) ** -2.0) + design.T @ np.linalg.solve(noise, design)
    covariance = np.linalg.inv(precision)
    shift = np.array(PRIOR.means) / np.array(PRIOR.spreads) ** 2 + design.T @ np.linalg.solve(noise, y)
    result = start.posterior(PRIOR, POINTS, STEADY, common, (6.0, 6.0))
    spreads = np.sqrt(np.diag(covariance))
    assert result.means == pytest.approx(covariance @ shift, abs=1e-4)
    assert result.spreads == pytest.approx(spreads, rel=1e-3)
    assert result.correlation == pytest.approx(covariance[0, 1] / spreads.prod(), abs=1e-3)
    assert result.point_error_pct == pytest.approx(6)


def test_without_a_prior_it_is_least_squares():
    own = math.log1p(0.06)
    design = np.array([[1.0, figure.years] for figure in POINTS])
    y = np.log([figure.value_usd_bn for figure in POINTS])
    covariance = own**2 * np.linalg.inv(design.T @ design)
    result = start.posterior(None, POINTS, STEADY, 0.0, (6.0, 6.0))
    assert result.means == pytest.approx(np.linalg.lstsq(design, y, rcond=None)[0], abs=1e-4)
    assert result.spreads == pytest.approx(np.sqrt(np.diag(covariance)), rel=1e-3)


def test_an_unknown_point_error_is_summed_out_over_its_prior():
    # level alone, growth fixed: the density of the level by quadrature over a lognormal error with 2 to 15%
    low, high = (math.log(math.log1p(end / 100)) for end in (2.0, 15.0))
    spread = stats.lognorm((high - low) / (2 * 1.6448536), scale=math.exp((low + high) / 2))
    expected = [math.log(f.value_usd_bn) - math.log(2) * f.years for f in POINTS]
    levels, errors = np.linspace(2.8, 4.0, 241), np.geomspace(0.002, 1.0, 600)
    points = stats.norm.pdf(expected, levels[:, None, None], errors[:, None]).prod(axis=-1)
    weights = integrate.trapezoid(points * spread.pdf(errors), errors) * stats.norm.pdf(
        levels, math.log(30), 0.3
    )
    mean = np.average(levels, weights=weights)
    prior = PRIOR._replace(spreads=(0.3, 0.0))
    result = start.posterior(prior, POINTS, STEADY, 0.0, (2.0, 15.0))
    assert result.means == pytest.approx((mean, math.log(2)), abs=2e-4)
    assert result.spreads[0] == pytest.approx(
        math.sqrt(np.average((levels - mean) ** 2, weights=weights)), rel=0.01
    )
    assert result.spreads[1] == result.correlation == 0


@pytest.mark.parametrize(("qualifier", "tail"), [("at least", stats.norm.sf), ("at most", stats.norm.cdf)])
def test_a_bound_counts_with_the_probability_of_the_side_that_it_allows(qualifier, tail):
    # "at least 30" where the path says 28: P(Z > (ln 30 - ln 28) / s) with a shared error of 0.01
    level, growth = np.array(math.log(28)), np.array(0.7)
    error, shared = np.array(0.06), np.array(0.01)
    got = start.log_likelihood(level, growth, error, shared, [rate(0.0, 30.0, qualifier)], PATH)
    assert got == pytest.approx(math.log(tail((math.log(30 / 28) - 0.01) / 0.06)))


def test_bounds_that_do_not_bind_change_nothing_and_those_that_do_move_towards_what_they_allow():
    free = start.posterior(PRIOR, POINTS, PATH, 0.05)
    loose = start.posterior(
        PRIOR, (*POINTS, rate(0.25, 500.0, "at most"), rate(0.0, 3.0, "at least")), PATH, 0.05
    )
    for part, whole in zip(loose, free, strict=True):
        assert part == pytest.approx(whole, rel=1e-6)
    capped = start.posterior(PRIOR, (*POINTS, rate(0.25, 34.0, "at most")), PATH, 0.05)
    pointed = start.posterior(PRIOR, (*POINTS, rate(0.25, 34.0)), PATH, 0.05)
    lifted = start.posterior(PRIOR, (*POINTS, rate(0.25, 45.0, "at least")), PATH, 0.05)
    assert capped.means[0] < free.means[0] < lifted.means[0]
    # a bound says less than a point: it leaves more open
    assert capped.spreads[0] > pointed.spreads[0]


def test_revenue_of_a_period_is_the_integral_of_the_path():
    growth = np.array([0.4, 0.9])
    got = np.exp(start.expected_log(revenue(-1.0, -0.5, 9.0), growth, PATH))
    decay = np.array(PATH.half_life_years), np.array(PATH.long_run_pct)
    expected = [
        integrate.quad(lambda t, factor=factor: mechanisms.growth_index(t, factor, *decay), -1.0, -0.5)[0]
        for factor in np.exp(growth)
    ]
    assert got == pytest.approx(expected, rel=1e-8)


def test_a_run_rate_is_the_path_of_the_model_on_its_day_and_revenue_shares_no_error_with_it():
    growth = np.array(0.9)
    expected = mechanisms.growth_index(
        np.array(rate(0.25, 1.0).years), np.exp(growth), np.array(1.2), np.array(5.0)
    )
    assert start.expected_log(rate(0.25, 1.0), growth, PATH) == pytest.approx(math.log(expected))
    level, error = np.array(3.4), np.array(0.06)
    for figure, moved in ((rate(0.25, 40.0), True), (revenue(-0.5, -0.25, 6.0), False)):
        plain, shifted = (
            start.log_likelihood(level, growth, error, np.array(shared), [figure], PATH)
            for shared in (0.0, 0.1)
        )
        assert bool(plain != shifted) is moved


def test_an_error_that_all_run_rates_share_widens_the_level_and_leaves_growth():
    sure, unsure = (start.posterior(None, POINTS, PATH, shared, (6.0, 6.0)) for shared in (0.0, 0.1))
    assert unsure.spreads[0] == pytest.approx(math.hypot(sure.spreads[0], 0.1), rel=5e-3)
    assert unsure.means == pytest.approx(sure.means, abs=1e-4)
    assert unsure.spreads[1] == pytest.approx(sure.spreads[1], rel=5e-3)


def test_level_and_growth_at_a_start_after_most_figures_go_together():
    # the start lies right of the mean date, so a steeper line ends higher; at the mean date they part
    late = start.posterior(None, POINTS, STEADY, 0.0)
    mean = np.mean([figure.years for figure in POINTS])
    middle = tuple(figure._replace(day=day(figure.years - mean)) for figure in POINTS)
    assert late.correlation > 0.3
    assert start.posterior(None, middle, STEADY, 0.0).correlation == pytest.approx(0, abs=0.01)


def test_a_fixed_level_leaves_the_growth_that_goes_with_it():
    whole = start.posterior(PRIOR, POINTS, STEADY, 0.05, (6.0, 6.0))
    fixed = start.posterior(
        start.Prior((math.log(34), PRIOR.means[1]), (0.0, PRIOR.spreads[1])), POINTS, STEADY, 0.05, (6.0, 6.0)
    )
    # conditional mean and spread of a normal pair; the prior of the level no longer counts, and it is weak
    flat = start.posterior(PRIOR._replace(spreads=(30.0, 0.25)), POINTS, STEADY, 0.05, (6.0, 6.0))
    slope = flat.correlation * flat.spreads[1] / flat.spreads[0]
    assert fixed.means == pytest.approx(
        (math.log(34), flat.means[1] + slope * (math.log(34) - flat.means[0])), abs=1e-3
    )
    assert fixed.spreads[1] == pytest.approx(flat.spreads[1] * math.sqrt(1 - flat.correlation**2), rel=1e-2)
    assert fixed.spreads[0] == fixed.correlation == 0 < whole.spreads[0]


def test_without_figures_nothing_is_known_and_two_say_nothing_by_themselves():
    assert start.posterior(PRIOR, (), PATH, 0.05) is start.NOTHING
    two = (*POINTS[:2], rate(0.0, 25.0, "at least"))
    assert start.posterior(None, two, PATH, 0.05) is start.NOTHING
    assert start.posterior(PRIOR, two, PATH, 0.05).spreads[0] < PRIOR.spreads[0]


def test_figures_far_from_the_prior_are_found():
    # the grid starts at the prior, twenty of its standard deviations away
    far = start.posterior(PRIOR._replace(means=(math.log(31) + 6.0, 0.7)), POINTS, PATH, 0.0, (6.0, 6.0))
    flat = start.posterior(None, POINTS, PATH, 0.0, (6.0, 6.0))
    assert abs(far.means[0] - flat.means[0]) < 0.2
    assert far.spreads == pytest.approx(flat.spreads, rel=0.1)


def test_a_longer_period_counts_by_what_it_adds_to_the_shorter_ones_in_it():
    figures = start.revenue_figures(
        finance(
            ("period_revenue", "CY2025", 13.0, "exact", "2025-12-31"),
            ("period_revenue", "H1 2025", 4.0, "about", "2025-06-30"),
            ("period_revenue", "Q4 2025", 5.5, "about", "2025-12-31"),
            ("period_revenue", "Q1 2026", 5.7, "about", "2026-03-31"),
        )
    )
    by_label = {figure.label: figure for figure in figures}
    assert (
        list(by_label) == ["H1 2025", "Q4 2025", "CY2025 less Q4 2025, H1 2025", "Q1 2026"]
        or len(by_label) == 4
    )
    rest = next(figure for label, figure in by_label.items() if label.startswith("year 2025"))
    assert rest.value_usd_bn == pytest.approx(13.0 - 4.0 - 5.5)
    # from the last day of June to the last of September: 92 days
    ((first, last),) = rest.spans
    assert (last - first) * 365.25 == pytest.approx(92)
    assert len(figures) == 4 and sum(figure.value_usd_bn for figure in figures) == pytest.approx(13.0 + 5.7)


def test_periods_that_fill_a_longer_one_leave_nothing_of_it_and_no_more_than_it():
    halves = [
        ("period_revenue", "H1 2025", 4.0, "about", "2025-06-30"),
        ("period_revenue", "H2 2025", 9.0, "about", "2025-12-31"),
    ]
    whole = ("period_revenue", "CY2025", 13.0, "exact", "2025-12-31")
    assert [f.label for f in start.revenue_figures(finance(*halves, whole))] == [
        "first half of 2025",
        "second half of 2025",
    ]
    with pytest.raises(ValueError, match="year 2025"):
        start.revenue_figures(finance(halves[0], ("period_revenue", "CY2025", 3.9, "exact", "2025-12-31")))


def test_figures_are_those_that_count_of_the_last_eighteen_months():
    table = finance(
        ("annualised_revenue", "at the date", 9.0, "about", "2025-03-29"),
        ("annualised_revenue", "at the date", 10.0, "about", "2025-04-02"),
        ("annualised_revenue", "at the date", 24.0, "at least", "2026-03-31"),
        ("annualised_revenue", "at the date", 50.0, "about", "2026-09-30"),
        ("weekly_users", "at the date", 900.0, "about", "2026-09-30"),
    )
    table.loc[2, "counts"] = "no"
    assert [figure.value_usd_bn for figure in start.revenue_figures(table)] == [10.0, 50.0]
    assert start.revenue_figures(table.iloc[:0]) == ()


def test_beliefs_of_the_register_are_updated_by_the_figures_jointly():
    base = assumptions()
    beliefs = start.update_beliefs(base, known())
    table = beliefs.table.set_index("name")
    for name in start.UPDATED:
        low, high = beliefs.values[name]
        assert table.loc[name, "prior_p5"] == pytest.approx(base[name][0])
        assert [low, high] == table.loc[name, ["posterior_p5", "posterior_p95"]].tolist()
        # the figures say more than the prior, and what is believed lies between the two
        assert high / low < table.loc[name, "prior_p95"] / table.loc[name, "prior_p5"]
        ends = sorted(table.loc[name, ["prior_p50", "data_mid"]])
        assert ends[0] <= table.loc[name, "posterior_p50"] <= ends[1]
    assert 0 < beliefs.correlation < 1
    assert set(beliefs.inputs) == {*start.UPDATED, "run_rate_error_pct"}


def test_without_figures_beliefs_stay_what_they_were_and_a_fixed_one_always():
    nothing = replace(known(), figures=())
    unmoved = start.update_beliefs(assumptions(), nothing)
    for name in start.UPDATED:
        assert unmoved.values[name] == pytest.approx(assumptions()[name])
    assert unmoved.correlation == 0
    pinned = start.update_beliefs(assumptions(revenue_usd_bn=33.0), known())
    assert pinned.values["revenue_usd_bn"] == 33 and pinned.correlation == 0
    both = start.update_beliefs(assumptions(revenue_usd_bn=33.0, growth_factor_per_year=2.0), known())
    assert both.values == {"revenue_usd_bn": 33, "growth_factor_per_year": 2}


def test_every_scenario_reads_the_same_evidence():
    alone = [
        start.update_beliefs(assumptions(scenario), known()).table[["data_low", "data_mid", "data_high"]]
        for scenario in scenarios.names()
    ]
    slow = start.update_beliefs(assumptions(growth_half_life_years=5.0), known()).table
    for table in (*alone, slow[alone[0].columns]):
        pd.testing.assert_frame_equal(table, alone[0])


def test_what_is_known_later_changes_what_is_believed():
    early, late = (start.update_beliefs(assumptions(), known(d)).table for d in ("2026-05-21", "2026-10-31"))
    assert early.loc[1, "data_mid"] != late.loc[1, "data_mid"]


def test_what_the_half_life_leaves_open_is_part_of_what_is_believed_of_growth():
    # a mixture: mean of the means, mean of the covariances and covariance of the means
    paths = tuple((weight, start.Path(1.2 * math.exp(0.25 * z), 5.0)) for z, weight in start.HALF_LIFE_NODES)
    reading = start.read_figures(PRIOR, POINTS, paths, 0.05)
    parts = [start.posterior(PRIOR, POINTS, path, 0.05) for _, path in paths]
    weights = [weight for weight, _ in paths]
    growth = np.array([part.means[1] for part in parts])
    mean = np.average(growth, weights=weights)
    between = np.average((growth - mean) ** 2, weights=weights)
    within = np.average([part.spreads[1] ** 2 for part in parts], weights=weights)
    assert reading.means[1] == pytest.approx(mean)
    assert reading.spreads[1] == pytest.approx(math.sqrt(between + within))
    assert between > 0 and list(growth) == sorted(
        growth
    )  # slower decay reads faster growth off the same figures
    one = start.read_figures(PRIOR, POINTS, ((1.0, PATH),), 0.05)
    for part, same in zip(one, start.posterior(PRIOR, POINTS, PATH, 0.05), strict=True):
        assert part == pytest.approx(same)


def test_half_lives_are_those_of_the_register_and_keep_its_mean_and_spread():
    base = assumptions()
    paths = start.reference_paths(base)
    low, high = base.register["growth_half_life_years"].value
    logs = [math.log(path.half_life_years) for _, path in paths]
    weights = [weight for weight, _ in paths]
    mean = np.average(logs, weights=weights)
    assert mean == pytest.approx(math.log(low * high) / 2)
    spread = math.sqrt(np.average((np.array(logs) - mean) ** 2, weights=weights))
    assert spread == pytest.approx(math.log(high / low) / (2 * 1.6448536), rel=1e-2)
    assert start.reference_paths(assumptions(growth_half_life_years=5.0)) == paths


def test_each_figure_s_contribution_is_the_estimate_with_it_over_that_without_it():
    base, evidence = assumptions(), replace(known(), figures=known().figures[-3:])
    table = start.contributions(base, evidence)
    beliefs = start.update_beliefs(base, evidence).table.set_index("name")
    assert table["figure"].tolist() == [figure.label for figure in evidence.figures]
    names = ["run_rate_without_usd_bn", "growth_without"]
    for column, change, name in zip(
        names, ("run_rate_change_pct", "growth_change_pct"), start.UPDATED, strict=True
    ):
        whole = table[column] * (1 + table[change] / 100)
        assert whole.to_numpy() == pytest.approx(beliefs.loc[name, "posterior_p50"])
    last = replace(evidence, figures=evidence.figures[:-1])
    again = start.update_beliefs(base, last).table.set_index("name")["posterior_p50"]
    assert table.iloc[-1][names].tolist() == pytest.approx(again.tolist())
    only = start.contributions(base, replace(evidence, figures=evidence.figures[-1:]))
    prior = [math.sqrt(math.prod(base[name])) for name in start.UPDATED]
    assert only.iloc[0][names].tolist() == pytest.approx(prior)


def test_slower_decay_reads_faster_growth_off_the_same_figures():
    # if growth decays slowly, it was hardly faster in the past than it is now
    table = start.half_life_readings(assumptions(), known())
    assert table["half_life_years"].is_monotonic_increasing and table["half_life_years"].iloc[-1] == math.inf
    assert table["factor"].is_monotonic_increasing
    growth = (
        start.update_beliefs(assumptions(), known()).table.set_index("name").loc["growth_factor_per_year"]
    )
    assert table["factor_low"].iloc[0] < growth["posterior_p5"]
    assert growth["posterior_p50"] < table["factor_high"].iloc[2]
    assert start.half_life_readings(assumptions(), replace(known(), figures=())).empty


def test_run_rates_and_revenues_of_periods_are_read_apart_and_together():
    base, evidence = assumptions(), known()
    table = start.kind_readings(base, evidence).set_index("figures")
    rates = replace(evidence, figures=tuple(figure for figure in evidence.figures if not figure.spans))
    for kind, part in (("annualised figures alone", rates), ("all figures", evidence)):
        growth = start.update_beliefs(base, part).table.set_index("name").loc["growth_factor_per_year"]
        assert table.loc[kind, ["factor_low", "factor", "factor_high"]].tolist() == pytest.approx(
            growth[["posterior_p5", "posterior_p50", "posterior_p95"]].tolist()
        )
    assert list(start.kind_readings(base, rates)["figures"]) == ["annualised figures alone", "all figures"]


def test_payments_are_those_known_by_the_start_and_equal_instalments_on_the_announced_days_after_them():
    # 0.5 in October 2024, 1.7 to reach the stated 2.2, 7.5, 24.9 to reach the stated 34.6, 10 on 1 April;
    # 64.6 - 44.6 = 2 x 10 on 1 July and 1 October
    result = start.payments(known().paid, 64.6)
    assert [p.amount_usd_bn for p in result] == pytest.approx([0.5, 1.7, 7.5, 24.9, 10, 10, 10])
    assert [p.years for p in result[4:]] == pytest.approx([-90 / 365.25, 1 / 365.25, 93 / 365.25])
    assert sum(p.amount_usd_bn for p in start.payments(known().paid, 20.0)) == pytest.approx(20)


def test_before_the_first_instalment_is_known_three_lie_ahead():
    result = start.payments(known("2026-03-15").paid, 64.6)
    assert [p.amount_usd_bn for p in result[-3:]] == pytest.approx([10, 10, 10])
    unpaid = start.payments((), 30.0)
    assert unpaid == tuple(venture.Payment((d - start.START).days / 365.25, 10.0) for d in start.INSTALMENTS)
