"""A spreadsheet by hand, a closed form, identities in every draw, and directions that must not turn."""

import math
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.models import venture
from analysis.models.simulation import probability, spawn
from analysis.models.venture import PURPOSES, VentureInputs, VenturePaths, simulate

BASE = VentureInputs(
    revenue_usd_bn=34,
    growth_pct=80,
    growth_half_life_years=1.5,
    long_run_growth_pct=10,
    cost_ratio=2.2,
    cost_growth_ratio=0.7,
    cash_usd_bn=70,
    raise_quarters=8,
    parity_years=2,
    erosion_pct_per_year=10,
    shock_rate_per_year=0.15,
    shock_loss_pct=8,
    multiple_long_run=8,
    multiple_sensitivity=1.2,
    multiple_volatility_pct=35,
    start_equity_usd_bn=852,
    repricing_half_life_years=0,  # the model's value throughout, so that each mechanism is seen alone
    stake_share=0.13,
    invested_usd_bn=64.6,
    horizon_years=5,
)
CALM = replace(BASE, multiple_volatility_pct=0, shock_rate_per_year=0)
# Growth at its long-run rate, costs equal to revenue, no cash: the mark moves with the market factor alone.
MARKET_ONLY = replace(
    BASE,
    growth_pct=10,
    cost_ratio=1,
    cost_growth_ratio=1,
    cash_usd_bn=0,
    parity_years=math.inf,
    shock_rate_per_year=0,
)


def run(inputs: VentureInputs, n_draws: int = 500, seed: int = 11) -> VenturePaths:
    return simulate(inputs, n_draws, spawn(seed, PURPOSES))


def marks(*paths: list[float], invested: float = 10.0) -> VenturePaths:
    """Paths of which only the mark and the cost matter."""
    mark = np.array(paths)
    times = np.arange(mark.shape[1]) / 4
    return VenturePaths(times, *[mark] * 9, np.full(mark.shape[0], invested))


def test_a_spreadsheet_made_by_hand_is_met_to_the_last_digit():
    inputs = VentureInputs(
        revenue_usd_bn=40,
        growth_pct=100,
        growth_half_life_years=1,
        long_run_growth_pct=0,
        cost_ratio=1.5,
        cost_growth_ratio=0.5,
        cash_usd_bn=10,
        raise_quarters=4,
        parity_years=1,
        erosion_pct_per_year=20,
        shock_rate_per_year=0,
        shock_loss_pct=8,
        multiple_long_run=5,
        multiple_sensitivity=1,
        multiple_volatility_pct=0,
        start_equity_usd_bn=400,
        repricing_half_life_years=0,
        stake_share=0.1,
        invested_usd_bn=30,
        horizon_years=2,
    )
    paths = run(inputs, n_draws=1)

    # Growth: ln I = ln 2 × (1 - 2^-t) / (1 - 2^-1) = 2 ln 2 (1 - 2^-t), so I = 4^(1 - 2^-t): 1, 2 after one
    # year, 2.83 after two. Erosion: 0.8^(t - 1) from year one on. Quarters 0 to 12, a year past the horizon.
    revenue = [
        40 * 4 ** (1 - 2**-0.00),  # 40
        40 * 4 ** (1 - 2**-0.25),  # 49.8712
        40 * 4 ** (1 - 2**-0.50),  # 60.0343
        40 * 4 ** (1 - 2**-0.75),  # 70.1670
        40 * 4 ** (1 - 2**-1.00),  # 80
        40 * 4 ** (1 - 2**-1.25) * 0.8**0.25,  # 84.4807
        40 * 4 ** (1 - 2**-1.50) * 0.8**0.50,  # 87.6606
        40 * 4 ** (1 - 2**-1.75) * 0.8**0.75,  # 89.6281
        40 * 4 ** (1 - 2**-2.00) * 0.8**1.00,  # 90.5097
        40 * 4 ** (1 - 2**-2.25) * 0.8**1.25,
        40 * 4 ** (1 - 2**-2.50) * 0.8**1.50,
        40 * 4 ** (1 - 2**-2.75) * 0.8**1.75,
        40 * 4 ** (1 - 2**-3.00) * 0.8**2.00,
    ]
    # Cost: 40 × 1.5 = 60, growing by the square root of I, without erosion: 60 × 2^(1 - 2^-t).
    cost = [60 * 2 ** (1 - 2 ** -(quarter / 4)) for quarter in range(9)]
    # EV: 5 × e^(growth of the next year - 0) × revenue of the next four quarters. At the start
    # (40 + 49.8712 + 60.0343 + 70.1670) / 4 = 55.0181; 80 / 40 - 1 = 1; 5 e = 13.5914; EV 747.7738.
    ev = [
        5
        * math.exp(revenue[q + 4] / revenue[q] - 1)
        * (revenue[q] + revenue[q + 1] + revenue[q + 2] + revenue[q + 3])
        / 4
        for q in range(9)
    ]
    # Cash: 10, 5.0000, 0.7189. The next quarter burns (73.5057 - 60.0343) / 4 = 3.3679 > 0.7189, so at
    # quarter 2 four quarters of it are raised, 13.4714. After that 10.8225 lasts to the horizon (2.4180).
    raised = 4 * (cost[2] - revenue[2]) / 4
    cash_0 = 10.0
    cash_1 = cash_0 + (revenue[0] - cost[0]) / 4
    cash_2 = cash_1 + (revenue[1] - cost[1]) / 4
    cash_3 = cash_2 + (revenue[2] - cost[2]) / 4 + raised
    cash_4 = cash_3 + (revenue[3] - cost[3]) / 4
    cash_5 = cash_4 + (revenue[4] - cost[4]) / 4
    cash_6 = cash_5 + (revenue[5] - cost[5]) / 4
    cash_7 = cash_6 + (revenue[6] - cost[6]) / 4
    cash_8 = cash_7 + (revenue[7] - cost[7]) / 4
    cash = [cash_0, cash_1, cash_2, cash_3, cash_4, cash_5, cash_6, cash_7, cash_8]
    # Stake: 0.1 × 584.3194 / (584.3194 + 13.4714) = 0.09775 from quarter 3 on.
    pre_money = ev[2] + cash_2
    diluted = 0.1 * pre_money / (pre_money + raised)
    stake = [0.1, 0.1, 0.1, diluted, diluted, diluted, diluted, diluted, diluted]
    mark = [stake[q] * (ev[q] + cash[q]) for q in range(9)]  # 75.7774 at the start, 41.9801 at the end

    assert paths.revenue_usd_bn[0] == pytest.approx(revenue[:9], abs=1e-9)
    assert paths.cost_usd_bn[0] == pytest.approx(cost, abs=1e-9)
    assert paths.cash_usd_bn[0] == pytest.approx(cash, abs=1e-9)
    assert paths.raised_usd_bn[0] == pytest.approx([0, 0, raised, 0, 0, 0, 0, 0, 0], abs=1e-9)
    assert paths.stake_share[0] == pytest.approx(stake, abs=1e-9)
    assert paths.equity_usd_bn[0] == pytest.approx([ev[q] + cash[q] for q in range(9)], abs=1e-9)
    assert paths.multiple[0] * paths.ntm_revenue_usd_bn[0] == pytest.approx(ev, abs=1e-9)
    assert paths.stake_value_usd_bn[0] == pytest.approx(mark, abs=1e-9)
    assert paths.moic[0] == pytest.approx(mark[8] / 30, abs=1e-9)  # 1.3993
    assert paths.irr_pct[0] == pytest.approx((math.sqrt(mark[8] / 30) - 1) * 100, abs=1e-9)  # 18.29
    assert mark[8] == pytest.approx(41.9801, abs=1e-4) and mark[0] == pytest.approx(75.7774, abs=1e-4)


def test_with_the_market_factor_alone_the_loss_probability_has_its_closed_form():
    # mark = stake × 8 × NTM × W with ln W ~ Normal(-0.35² t/2, 0.35² t),
    # NTM(t) = 34 × 1.1^t × (1 + 1.1^0.25 + 1.1^0.5 + 1.1^0.75) / 4
    paths = run(MARKET_ONLY, n_draws=40_000)

    def below(level: float, years: float) -> float:
        ntm = 34 * 1.1**years * (1 + 1.1**0.25 + 1.1**0.5 + 1.1**0.75) / 4
        sd = 0.35 * math.sqrt(years)
        return NormalDist().cdf((math.log(level * 64.6 / (0.13 * 8 * ntm)) + sd**2 / 2) / sd)

    loss = probability(paths.moic < 1)
    assert abs(loss.value - below(1, 5)) < 4 * loss.standard_error
    outsized = probability(paths.moic >= 3)
    assert abs(1 - outsized.value - below(3, 5)) < 4 * outsized.standard_error
    first_quarter = venture.write_down_probability(paths, within_years=0.25)
    assert abs(first_quarter.value - below(0.75, 0.25)) < 4 * first_quarter.standard_error


def test_the_base_case_starts_near_the_last_round():
    # Multiple 8 exp(1.2 (0.8 - 0.1)) = 8 × 2.3164 = 18.531.
    # NTM revenue 34 × (1 + 1.184 + 1.380 + 1.586) / 4 = 34 × 1.2876 = 43.78.
    # Equity 18.531 × 43.8 + 70 = 881, against $852bn post-money in the round of March 2026.
    paths = run(CALM, n_draws=1)
    assert paths.multiple[0, 0] == pytest.approx(8 * math.exp(0.84))
    assert paths.equity_usd_bn[0, 0] == pytest.approx(852, rel=0.05)


@given(
    cost_ratio=st.floats(0, 4),
    cost_growth=st.floats(0, 1.5),
    cash=st.floats(0, 200),
    raise_quarters=st.floats(1, 12),
    volatility=st.floats(0, 120),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=40, deadline=None)
def test_cash_and_stake_identities_hold_in_every_draw(
    cost_ratio, cost_growth, cash, raise_quarters, volatility, seed
):
    inputs = replace(
        BASE,
        cost_ratio=cost_ratio,
        cost_growth_ratio=cost_growth,
        cash_usd_bn=cash,
        raise_quarters=raise_quarters,
        multiple_volatility_pct=volatility,
    )
    p = run(inputs, n_draws=50, seed=seed)
    flow = (p.revenue_usd_bn - p.cost_usd_bn) / 4
    next_cash = p.cash_usd_bn + flow + p.raised_usd_bn
    assert p.cash_usd_bn[:, 1:] == pytest.approx(next_cash[:, :-1], rel=1e-9, abs=1e-9)
    # what the holder owns of the company with the new money in it is what it owned before: no value moves
    after = p.stake_share[:, 1:] * (p.equity_usd_bn + p.raised_usd_bn)[:, :-1]
    assert after == pytest.approx(p.stake_value_usd_bn[:, :-1], rel=1e-9)
    ev = p.multiple * p.ntm_revenue_usd_bn
    assert p.equity_usd_bn == pytest.approx(ev + p.cash_usd_bn, rel=1e-12)
    assert (p.cash_usd_bn > -1e-9).all()
    assert (np.diff(p.stake_share, axis=1) <= 0).all()
    assert (p.raised_usd_bn[:, -1] == 0).all()


@given(
    cheap=st.floats(0.2, 4), extra=st.floats(0, 3), growth_extra=st.floats(0, 0.5), seed=st.integers(0, 2**32)
)
@settings(max_examples=30, deadline=None)
def test_dearer_compute_never_raises_moic_in_any_draw_while_cash_lasts(cheap, extra, growth_extra, seed):
    inputs = replace(BASE, cost_ratio=cheap, cash_usd_bn=50_000)
    dearer = replace(inputs, cost_ratio=cheap + extra, cost_growth_ratio=0.7 + growth_extra)
    before, after = run(inputs, 50, seed), run(dearer, 50, seed)
    assert (after.raised_usd_bn == 0).all()
    assert (after.moic <= before.moic * (1 + 1e-12)).all()


@pytest.mark.parametrize("change", [{"cost_ratio": 2.4}, {"cost_ratio": 3.5}, {"cost_growth_ratio": 0.9}])
@pytest.mark.parametrize("volatility", [0, 35, 60])
def test_dearer_compute_never_raises_moic_over_the_draws_when_money_must_be_raised(change, volatility):
    # On a single path it can: it brings a raise forward, to before a fall in price. At 80% volatility that
    # is so frequent among the worst draws that the lowest tenth of MOIC need not fall; up to 60% it does.
    inputs = replace(BASE, multiple_volatility_pct=volatility)
    before, after = run(inputs, 4000), run(replace(inputs, **change), 4000)
    levels = [0.05, 0.25, 0.5, 0.75, 0.95]
    assert (np.quantile(after.moic, levels) <= np.quantile(before.moic, levels)).all()
    assert after.moic.mean() < before.moic.mean()


@given(early=st.floats(-1, 7), delay=st.floats(0, 5), erosion=st.floats(0, 60), seed=st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_earlier_parity_never_raises_revenue_or_enterprise_value(early, delay, erosion, seed):
    inputs = replace(BASE, erosion_pct_per_year=erosion)
    a = run(replace(inputs, parity_years=early), 20, seed)
    b = run(replace(inputs, parity_years=early + delay), 20, seed)
    assert (a.revenue_usd_bn <= b.revenue_usd_bn * (1 + 1e-12)).all()
    assert (a.multiple * a.ntm_revenue_usd_bn <= b.multiple * b.ntm_revenue_usd_bn * (1 + 1e-9)).all()
    assert (a.cost_usd_bn == b.cost_usd_bn).all()


@given(rate=st.floats(0, 20), more=st.floats(0, 20), seed=st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_more_shocks_never_raise_revenue(rate, more, seed):
    few = run(replace(BASE, shock_rate_per_year=rate), 20, seed)
    many = run(replace(BASE, shock_rate_per_year=rate + more), 20, seed)
    assert (many.revenue_usd_bn <= few.revenue_usd_bn).all()


def test_shocks_cost_what_a_poisson_process_costs():
    # E[(1 - loss)^N(t)] = exp(-rate × loss × t): exp(-0.8 × 0.25 × 2) = 0.67032; mean count 0.8 × 2 = 1.6
    one = np.ones((50_000, 1))
    kept = venture.shock_factor(0.8 * one, 25 * one, 50_000, 8, spawn(3, ["shocks"])["shocks"])
    counts = np.log(kept[:, -1]) / math.log(0.75)
    assert (kept[:, 0] == 1).all()
    assert kept[:, -1].mean() == pytest.approx(math.exp(-0.4), abs=0.005)
    assert counts.mean() == pytest.approx(1.6, abs=4 * math.sqrt(1.6 / 50_000))
    assert counts.var() == pytest.approx(1.6, rel=0.03)


def test_the_error_halves_when_the_draws_quadruple():
    # 160,000 draws as 800 runs of 200 and as 200 runs of 800: the ratio of the spreads is known to about 6%
    moic = run(replace(BASE, horizon_years=1), 160_000).moic
    for result in (lambda x: (x < 1.5).mean(axis=1), lambda x: np.median(x, axis=1)):
        few, many = result(moic.reshape(800, 200)).std(), result(moic.reshape(200, 800)).std()
        assert few / many == pytest.approx(2, rel=0.2)


def test_switching_one_stream_leaves_the_other_alone():
    calm = run(replace(BASE, multiple_volatility_pct=0))
    wild = run(replace(BASE, multiple_volatility_pct=90))
    assert (calm.revenue_usd_bn == wild.revenue_usd_bn).all()
    unregulated = run(replace(BASE, shock_rate_per_year=0))
    assert (unregulated.multiple == run(BASE).multiple).all()


def test_an_array_of_one_value_is_the_same_as_the_number():
    ones = np.ones(500)
    arrays = replace(BASE, growth_pct=80 * ones, parity_years=2 * ones, shock_rate_per_year=0.15 * ones)
    assert (run(arrays).stake_value_usd_bn == run(BASE).stake_value_usd_bn).all()


def test_each_draw_follows_its_own_inputs():
    two = run(replace(CALM, growth_pct=np.array([20.0, 80.0]), stake_share=np.array([0.1, 0.13])), 2)
    first = run(replace(CALM, growth_pct=20, stake_share=0.1), 1)
    assert two.stake_value_usd_bn[0] == pytest.approx(first.stake_value_usd_bn[0], rel=1e-12)
    assert two.moic[1] == pytest.approx(run(CALM, 1).moic[0], rel=1e-12)


def test_growth_starts_as_stated_halves_its_excess_and_ends_at_the_long_run_rate():
    times = np.array([0.0, 1.0, 1.5, 2.5, 40.0, 41.0])
    index = venture.growth_index(times, *(np.array([[v]]) for v in (80.0, 1.5, 10.0)))[0]
    assert index[0] == 1 and index[1] == pytest.approx(1.8)
    # the year from 1.5 on carries half of the first year's log excess: (ln 1.8 - ln 1.1) / 2
    excess = math.log(index[3] / index[2]) - math.log(1.1)
    assert excess == pytest.approx(math.log(1.8 / 1.1) / 2)
    assert index[5] / index[4] == pytest.approx(1.1, abs=1e-6)


def test_the_multiple_stops_following_growth_at_its_limits():
    # long run 10%: gaps of 0, 0.7, then 1.5 (for 3.0) and -0.5 (for -0.8)
    growth = np.array([[0.1, 0.8, 3.0, -0.8]])
    one = np.ones((1, 1))
    expected = [8, 8 * math.exp(0.7), 8 * math.exp(1.5), 8 * math.exp(-0.5)]
    assert venture.ev_multiple(growth, 10 * one, 8 * one, one)[0] == pytest.approx(expected)


def test_new_money_dilutes_and_wipes_out_where_nothing_of_value_is_left():
    # 0.2 × 100 / 125 = 0.16; no positive value: 0; no raise: unchanged, whatever the value
    stake, pre, raised = np.full(4, 0.2), np.array([100.0, 0.0, -5.0, -5.0]), np.array([25.0, 25.0, 3.0, 0.0])
    assert venture.diluted_share(stake, pre, raised).tolist() == pytest.approx([0.16, 0, 0, 0.2])


def test_irr_is_the_yearly_rate_of_the_multiple():
    # 2^(1/5) - 1 = 14.87%; all lost: -100%
    assert venture.irr_pct(np.array([2.0, 1.0, 0.0]), 5).tolist() == pytest.approx(
        [14.8698, 0, -100], abs=1e-4
    )


def test_a_write_down_from_cost_looks_at_cost_and_one_from_the_peak_at_the_highest_mark():
    # cost 10, so 7.5 is 25% below cost; 12 is 25% below a peak of 16; the start itself is no report
    paths = marks([8, 9, 7.5, 9], [10, 11, 16, 12], [16, 12.1, 12.1, 12.1], [1, 8, 8, 8])
    by_cost, by_peak = venture.write_down_hits(paths), venture.write_down_hits(paths, basis="peak")
    assert by_cost.tolist() == [[0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert by_peak.tolist() == [[0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert venture.write_down_hits(paths, threshold_pct=20).tolist()[3] == [False, True, True, True]
    assert venture.write_down_path(paths)["probability"].tolist() == [0, 0, 0.25, 0.25]
    assert venture.write_down_probability(paths, within_years=0.25).value == 0
    assert venture.write_down_probability(paths, within_years=0.5).value == 0.25
    assert venture.write_down_probability(paths, within_years=0.75, basis="peak").value == 0.25


def test_the_path_of_write_downs_ends_at_their_probability():
    paths = run(BASE)
    frame = venture.write_down_path(paths, basis="peak").set_index("times_years")
    within = venture.write_down_probability(paths, within_years=3, basis="peak")
    assert frame.loc[3.0, "probability"] == within.value and frame.loc[3.0, "low"] == within.low
    assert frame["probability"].is_monotonic_increasing


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: venture.write_down_hits(p, threshold_pct=0), "threshold_pct is 0"),
        (lambda p: venture.write_down_hits(p, threshold_pct=101), "threshold_pct is 101"),
        (lambda p: venture.write_down_hits(p, basis="top"), "basis is 'top': write 'cost' or 'peak'"),
        (lambda p: venture.write_down_probability(p, within_years=0.1), "within_years is 0.1"),
        (lambda p: venture.write_down_probability(p, within_years=1), r"up to the horizon, 0\.75"),
    ],
)
def test_questions_about_write_downs_that_have_no_answer_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(marks([8, 9, 7.5, 9]))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("revenue_usd_bn", 0),
        ("growth_pct", -100),
        ("growth_half_life_years", 0),
        ("long_run_growth_pct", math.inf),
        ("cost_ratio", -0.1),
        ("cost_growth_ratio", math.nan),
        ("cash_usd_bn", -1),
        ("raise_quarters", 0.5),
        ("parity_years", math.nan),
        ("erosion_pct_per_year", 100),
        ("shock_rate_per_year", -1),
        ("shock_loss_pct", 101),
        ("multiple_long_run", 0),
        ("multiple_sensitivity", -1),
        ("multiple_volatility_pct", -1),
        ("stake_share", 1.1),
        ("invested_usd_bn", 0),
        ("horizon_years", 1.1),
        ("horizon_years", 0),
    ],
)
def test_inputs_outside_their_range_are_refused_by_name(field, value):
    with pytest.raises(ValueError, match=f"{field} is .*: write "):
        replace(BASE, **{field: value})


def test_all_bad_inputs_are_named_at_once():
    with pytest.raises(ValueError, match=r"revenue_usd_bn is -1.*stake_share is 0"):
        replace(BASE, revenue_usd_bn=np.array([3.0, -1.0]), stake_share=0)


def test_runs_without_draws_streams_or_matching_arrays_are_refused():
    with pytest.raises(ValueError, match="n_draws is 0"):
        run(BASE, 0)
    with pytest.raises(ValueError, match=r"streams missing: \['shocks'\]"):
        simulate(BASE, 5, spawn(1, ["market"]))
    with pytest.raises(ValueError, match=r"growth_pct has shape \(3,\)"):
        run(replace(BASE, growth_pct=np.array([1.0, 2.0, 3.0])), 5)
    with pytest.raises(ValueError, match="horizon_years is an array"):
        replace(BASE, horizon_years=np.array([1.0, 2.0]))


@pytest.mark.parametrize(
    "change",
    [{}, {"growth_pct": 200}, {"multiple_long_run": 3}, {"parity_years": 0, "erosion_pct_per_year": 40}],
)
def test_every_assumption_starts_at_the_price_that_was_paid(change):
    paths = run(replace(BASE, repricing_half_life_years=1, **change))
    assert paths.equity_usd_bn[:, 0] == pytest.approx(852)
    assert paths.stake_value_usd_bn[:, 0] == pytest.approx(0.13 * 852)


def test_the_gap_to_the_model_s_value_halves_in_its_half_life_and_closes():
    # ln(paid / modelled) at the start; half of it after one year, a quarter after two: 2^-1, 2^-2.
    free = run(CALM, n_draws=1)
    tied = run(replace(CALM, repricing_half_life_years=1), n_draws=1)
    gap = np.log(tied.multiple / free.multiple)[0]
    modelled = free.equity_usd_bn[0, 0] - 70
    assert gap[0] == pytest.approx(math.log((852 - 70) / modelled))
    assert gap[[4, 8]] == pytest.approx([gap[0] / 2, gap[0] / 4])


def test_a_price_below_the_cash_is_refused():
    with pytest.raises(ValueError, match="start_equity_usd_bn does not exceed cash_usd_bn"):
        run(replace(BASE, start_equity_usd_bn=60, repricing_half_life_years=1))
