"""Certified values, published fits, known factors and hand arithmetic come out; bad input is refused."""

import dataclasses
import datetime as dt
import itertools
import math
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.regression.linear_model import OLS, WLS, RegressionResults
from statsmodels.tools import add_constant
from statsmodels.tools.sm_exceptions import ValueWarning

from analysis.evidence import evidence_tables
from analysis.statistics import trend, validation

YEARS = np.array([2019.0, 2020.0, 2020.5, 2021.0, 2022.25, 2023.0, 2024.0, 2024.5])
VALUES = np.array([1.1, 2.3, 2.2, 4.9, 7.0, 13.0, 21.0, 40.0])


@pytest.fixture(scope="module")
def training_cost():
    return evidence_tables.load("training_cost")


@pytest.fixture(scope="module")
def published():
    return evidence_tables.load("published_fits")


def run_of(training_cost, name):
    sample = training_cost[training_cost["run"] == name]
    return trend.decimal_year(sample["valid_on"]), sample["training_cost_usd"]


# Certified and published numbers


def test_norris_comes_out_as_nist_certifies_it():
    # the other certified values are compared in test_validation
    x, y = zip(*validation.NORRIS, strict=True)
    assert trend.fit(x, y).diagnostics().fvalue == pytest.approx(5436385.54079785, rel=1e-11)


# name, n, slope and standard error (log10 a year), constant, R2, level, factor and ends, decimals of the
# factor as printed; Epoch AI's own output: epoch-research/training-cost-trends, cost_analysis.ipynb at
# 4884b54, 39013e2, f2dc68a, b3a1dc6. The slope of A to nine digits, and of B to D, was computed from costs
# that were not yet rounded to the cent.
RUNS = [
    ("A", 45, 0.388799152, 0.048, -780.1761, 0.608, 0.95, (2.4, 2.0, 3.1), 1),
    ("B", 41, 0.381524700, 0.052, -765.4884, 0.582, 0.90, (2.40727, 1.969, 2.9431), 4),
    ("C", 55, 0.446328884, 0.039, -896.4478, 0.707, 0.90, (2.79466, 2.40004, 3.25416), 5),
    ("D", 54, 0.466786776, 0.038, -937.4015, 0.746, 0.90, (2.92945, 2.53207, 3.3892), 5),
]


@pytest.mark.parametrize(("name", "n", "slope", "error", "const", "r2", "level", "factors", "decimals"), RUNS)
def test_the_four_training_cost_fits_come_out_as_published(
    training_cost, name, n, slope, error, const, r2, level, factors, decimals
):
    # slope, constant and error in log10 are those in ln over
    # ln 10; costs are stored to the cent, hence 1e-6 and 1e-3
    fitted = trend.fit(*run_of(training_cost, name), form="exponential", level=level)
    assert fitted.nobs == n
    assert fitted.params["slope"] / math.log(10) == pytest.approx(slope, abs=1e-6)
    assert fitted.params["const"] / math.log(10) == pytest.approx(const, abs=1e-3)
    assert round(fitted.bse["slope"] / math.log(10), 3) == error
    assert round(fitted.rsquared, 3) == r2
    ends = [round(end, decimals) for end in (fitted.growth_factor_per_year, *fitted.growth_factor_interval)]
    assert ends == [round(factor, decimals) for factor in factors]


@pytest.mark.parametrize(
    ("name", "level", "months", "tolerance"),
    [
        ("A", 0.95, (9, 7, 12), 0.5),
        ("B", 0.90, (9.46822, 7.70547, 12.27672), 1.2e-5),  # a slope off by 3e-7 of 0.38 moves 9.5 by 7e-6
        ("C", 0.90, (8.09349, 7.04935, 9.50074), 1.2e-5),
        ("D", 0.90, (7.73878, 6.81452, 8.9531), 1.2e-5),
    ],
)
def test_the_doubling_times_come_out_as_published(training_cost, name, level, months, tolerance):
    fitted = trend.fit(*run_of(training_cost, name), form="exponential", level=level)
    years = (fitted.doubling_time_years, *fitted.doubling_time_interval)
    assert [12 * time for time in years] == pytest.approx(months, abs=tolerance)


def test_the_other_statistics_of_run_a_come_out_as_printed(training_cost):
    # printed from log10 of cost: F 66.59, p 2.81e-10, log-likelihood -47.251, AIC 98.50, BIC 102.1, slope
    # 0.293 to 0.485; Durbin-Watson was printed as 2.047 and is 2.036 in the order of our file (two pairs of
    # models share a day)
    t, cost = run_of(training_cost, "A")
    fitted = trend.fit(t, np.log10(cost))
    diagnostics = fitted.diagnostics()
    assert round(diagnostics.fvalue, 2) == 66.59
    assert f"{diagnostics.f_pvalue:.2e}" == "2.81e-10"
    assert [round(diagnostics.llf, 3), round(diagnostics.aic, 2), round(diagnostics.bic, 1)] == [
        -47.251,
        98.50,
        102.1,
    ]
    assert fitted.conf_int().loc["slope"].round(3).to_list() == [0.293, 0.485]
    assert round(diagnostics.durbin_watson, 3) == 2.036
    assert (diagnostics.nobs, diagnostics.df_resid, diagnostics.df_interval) == (45, 43, 43)


def test_one_level_is_not_the_other(training_cost):
    # the same sample, A: 95% prints 2.0 to 3.1, 90% is 2.035649 to 2.943712
    wide = trend.fit(*run_of(training_cost, "A"), form="exponential", level=0.95)
    narrow = trend.fit(*run_of(training_cost, "A"), form="exponential", level=0.90)
    assert narrow.growth_factor_interval == pytest.approx((2.035649, 2.943712), abs=1e-5)
    assert wide.growth_factor_interval == pytest.approx((1.962059, 3.054121), abs=1e-5)
    assert wide.conf_int(0.90).equals(narrow.conf_int())


def test_what_falls_fortyfold_in_365_days_has_the_factor_of_epochs_price_map():
    # The points of Epoch AI's price fits are an aggregator's and not carried; their map is: 10^(-365 slope),
    # slope per day.
    days = [0, 100, 250, 365, 500]
    prices = [60 * 40 ** (-day / 365) for day in days]
    dates = [
        dt.date(2023, 3, 14) + dt.timedelta(day) for day in days
    ]  # 2024 is a leap year: ordinals do not care
    fitted = trend.fit(trend.decimal_year(dates, "ordinal"), prices, form="exponential")
    assert 1 / fitted.growth_factor_per_year == pytest.approx(40, rel=1e-9)
    assert fitted.halving_time_years == pytest.approx(math.log(2) / math.log(40), rel=1e-9)


def test_the_interval_of_the_price_map_is_that_of_the_slope_per_day():
    # by the authors' own route: log10 of price on ordinal day,
    # 90% interval of the slope put through 10^(-365 slope)
    dates = [dt.date(2022, 1, 1) + dt.timedelta(day) for day in (0, 90, 200, 480, 700, 900)]
    prices = [60, 20, 25, 2, 0.9, 0.1]
    line = stats.linregress([day.toordinal() for day in dates], np.log10(prices))
    half = stats.t.ppf(0.95, 4) * line.stderr
    expected = [10 ** (-365 * slope) for slope in (line.slope + half, line.slope - half)]
    fitted = trend.fit(trend.decimal_year(dates, "ordinal"), prices, form="exponential", level=0.90)
    assert [1 / end for end in reversed(fitted.growth_factor_interval)] == pytest.approx(expected, rel=1e-9)
    assert 1 / fitted.growth_factor_per_year == pytest.approx(10 ** (-365 * line.slope), rel=1e-9)


# Dates


def test_decimal_years_by_both_rules():
    # 2015 + 11/12 + 7/365;   29 February: 2024 + 1/12 +
    # 28/365;   1 January is the year itself;   day 1 over 365
    days = pd.Series(pd.to_datetime(["2015-12-08", "2024-02-29", "2024-01-01"]), index=[7, 8, 9])
    expected = [2015 + 11 / 12 + 7 / 365, 2024 + 1 / 12 + 28 / 365, 2024]
    assert trend.decimal_year(days) == pytest.approx(expected, abs=1e-12)
    assert trend.decimal_year(["2015-12-08", "2024-02-29"]) == pytest.approx(expected[:2], abs=1e-12)
    assert trend.decimal_year([dt.datetime(2024, 1, 1, 23, 59)]) == pytest.approx([2024], abs=1e-12)
    # 2023-03-14 is day 738593: date(2023, 3, 14).toordinal()
    assert trend.decimal_year([dt.date(2023, 3, 14)], "ordinal") == pytest.approx([738593 / 365], abs=1e-12)


def test_a_later_day_is_never_earlier():
    years = trend.decimal_year(pd.date_range("2019-12-01", "2025-02-01"))
    assert (np.diff(years) > 0).all()


@pytest.mark.parametrize(
    ("dates", "rule", "message"),
    [
        (["2024-01-01", None], "epoch", "lack the one at position 1: leave such rows out"),
        (["soon"], "epoch", "what is no date .*: write YYYY-MM-DD"),
        (["2024-01-01"], "julian", "rule is 'julian': write one of epoch, ordinal"),
    ],
)
def test_dates_that_cannot_be_read_are_refused(dates, rule, message):
    with pytest.raises(ValueError, match=message):
        trend.decimal_year(dates, rule)


# Intervals mean what they say


@pytest.mark.parametrize("form", ["linear", "exponential"])
@pytest.mark.slow
def test_intervals_cover_as_often_as_they_say(form):
    # 2,000 series of 15 points with slope ln 2 (factor 2 a year), noise 0.5: each 95% interval holds what it
    # is about in 93 to 97% of them; the standard error of a share of 0.95 in 2,000 is sqrt(0.95 × 0.05 /
    # 2000) = 0.5 points.
    rng = np.random.default_rng(20260521)
    t = np.linspace(2018, 2025, 15)
    new = np.array([2027.0])
    back = np.exp if form == "exponential" else np.asarray
    slope_in = curve_in = point_in = 0
    for _ in range(2000):
        fitted = trend.fit(t, back(math.log(2) * (t - 2020) + rng.normal(0, 0.5, t.size)), form=form)
        ahead = fitted.forecast(new).iloc[0]
        if form == "exponential":
            low, high = fitted.growth_factor_interval
            slope_in += low <= 2 <= high
        else:
            low, high = fitted.conf_int().loc["slope"]
            slope_in += low <= math.log(2) <= high
        curve, point = back(math.log(2) * 7), back(math.log(2) * 7 + rng.normal(0, 0.5))
        curve_in += ahead["mean_ci_lower"] <= curve <= ahead["mean_ci_upper"]
        point_in += ahead["obs_ci_lower"] <= point <= ahead["obs_ci_upper"]
    assert 0.93 <= slope_in / 2000 <= 0.97
    assert 0.93 <= curve_in / 2000 <= 0.97
    assert 0.93 <= point_in / 2000 <= 0.97


@pytest.mark.slow
def test_robust_intervals_cover_where_the_plain_ones_do_not():
    # noise that grows from 0.1 to 3 over 40 points: the
    # plain interval of the slope is too short, HC3's is not
    rng = np.random.default_rng(4)
    t = np.linspace(2016, 2024, 40)
    covered = dict.fromkeys(("nonrobust", "HC3"), 0)
    for _ in range(500):
        y = t - 2016 + rng.normal(size=40) * np.linspace(0.1, 3, 40) ** 2
        for cov in covered:
            low, high = trend.fit(t, y, cov=cov).conf_int().loc["slope"]
            covered[cov] += low <= 1 <= high
    assert covered["nonrobust"] / 500 < 0.92
    assert 0.925 <= covered["HC3"] / 500 <= 0.975


@pytest.mark.slow
def test_a_bootstrapped_prediction_interval_covers_new_points():
    # equal spread, 20 points, 95%: within the binomial error of 400 runs (1.1 points) and a small-sample
    # shortfall of 3
    rng = np.random.default_rng(11)
    t = np.linspace(2016, 2024, 20)
    covered = 0
    for run in range(400):
        fitted = trend.fit(t, t - 2016 + rng.normal(size=20), cov="HC3")
        ahead = fitted.forecast(2025, rng=run, draws=1000).iloc[0]
        covered += ahead["obs_ci_lower"] <= 9 + rng.normal() <= ahead["obs_ci_upper"]
    assert 0.90 <= covered / 400 <= 0.975


# Forecasts


def test_a_linear_forecast_is_that_of_statsmodels():
    ahead = trend.fit(YEARS, VALUES, level=0.90).forecast([2020, 2026])
    design = add_constant(YEARS - 2020)  # the constant counts from 2020, for the sake of rounding
    frame = OLS(VALUES, design).fit().get_prediction([[1, 0], [1, 6]]).summary_frame(alpha=0.10)
    names = ["mean", "mean_ci_lower", "mean_ci_upper", "obs_ci_lower", "obs_ci_upper"]
    assert list(ahead) == ["t", *names, "level", "extrapolated"]
    assert ahead[names].to_numpy() == pytest.approx(frame[names].to_numpy(), rel=1e-9)
    assert ahead["level"].tolist() == [0.90, 0.90]
    assert ahead["extrapolated"].tolist() == [False, True]


def test_after_a_log_the_centre_is_a_median_and_all_ends_go_through_exp():
    ahead = trend.fit(YEARS, VALUES, form="exponential").forecast([2020.0, 2026.0])
    line = trend.fit(YEARS, np.log(VALUES)).forecast([2020.0, 2026.0])
    assert "mean" not in ahead and list(ahead)[1] == "median"
    assert ahead.iloc[:, 1:6].to_numpy() == pytest.approx(np.exp(line.iloc[:, 1:6].to_numpy()), rel=1e-9)


def test_a_forecast_takes_its_own_level_and_one_date():
    fitted = trend.fit(YEARS, VALUES)
    wide, narrow = fitted.forecast(2026.0), fitted.forecast(2026.0, 0.5)
    # half widths are in the ratio of the t quantiles with 8 - 2 = 6 degrees of freedom
    ratio = stats.t.ppf(0.975, 6) / stats.t.ppf(0.75, 6)
    halves = [frame["obs_ci_upper"][0] - frame["mean"][0] for frame in (wide, narrow)]
    assert halves[0] / halves[1] == pytest.approx(ratio, rel=1e-9)


def test_the_bootstrap_follows_the_skew_that_the_closed_form_ignores():
    # three points of thirty lie 8 above the rest: upper end far, lower end near; the closed form is symmetric
    t = np.linspace(2016, 2024, 30)
    y = t - 2016 + np.where(np.arange(30) % 10 == 4, 8.0, 0.0) + np.tile([0.1, -0.1], 15)
    plain = trend.fit(t, y).forecast(2020).iloc[0]
    robust = trend.fit(t, y, cov="HC3").forecast(2020).iloc[0]
    assert plain["obs_ci_upper"] - plain["mean"] == pytest.approx(plain["mean"] - plain["obs_ci_lower"])
    assert robust["obs_ci_upper"] - robust["mean"] > 3 * (robust["mean"] - robust["obs_ci_lower"])


def test_the_bootstrap_has_the_spread_of_parameters_and_of_a_new_point():
    # 400 points of one variance: interval half width is q
    # sqrt(x V x' + s²) in both; far out, x V x' is most of it
    rng = np.random.default_rng(8)
    t = np.linspace(2016, 2024, 400)
    y = rng.normal(size=400)
    for at in (2020.0, 2150.0):
        plain = trend.fit(t, y).forecast(at).iloc[0]
        robust = trend.fit(t, y, cov="HC3").forecast(at, draws=40_000).iloc[0]
        widths = [row["obs_ci_upper"] - row["obs_ci_lower"] for row in (robust, plain)]
        assert widths[0] == pytest.approx(widths[1], rel=0.06)


@pytest.mark.parametrize("at", [2021.0, 2026.0, 2060.0])
def test_the_bootstrap_comes_to_what_all_its_outcomes_come_to(at):
    # 8 points: 2^8 signs times 8 residuals are 2,048 equally likely outcomes, by the hand formulas of the
    # line: leverage h = 1/n + d²/S, weight of point i in the curve at `at` is 1/n + d_i (at - mean)/S, with d
    # = t - mean, S = sum d²
    d = YEARS - YEARS.mean()
    square = (d**2).sum()
    slope = (d * VALUES).sum() / square
    residuals, room = VALUES - VALUES.mean() - slope * d, 1 - 1 / 8 - d**2 / square
    signs = np.array(list(itertools.product([-1, 1], repeat=8)))
    moved = signs @ (residuals / room * (1 / 8 + d * (at - YEARS.mean()) / square))
    new = residuals / np.sqrt(room) * stats.t.ppf(0.9, 6) / stats.norm.ppf(0.9)
    outcomes = VALUES.mean() + slope * (at - YEARS.mean()) + np.add.outer(moved, new)
    ahead = trend.fit(YEARS, VALUES, cov="HC3").forecast(at, 0.8, draws=100_000).iloc[0]
    ends = np.quantile(outcomes, [0.1, 0.9])
    assert [ahead["obs_ci_lower"], ahead["obs_ci_upper"]] == pytest.approx(
        ends, abs=0.01 * (ends[1] - ends[0])
    )


def test_the_bootstrap_is_the_same_for_the_same_seed_and_moves_with_another():
    fitted = trend.fit(YEARS, VALUES, cov="HC3")
    first = fitted.forecast(2026, rng=3)
    assert first.equals(fitted.forecast(2026, rng=np.random.default_rng(3)))
    assert fitted.forecast(2026).equals(fitted.forecast(2026))
    assert not first.equals(fitted.forecast(2026, rng=4))


# Errors and weights


@pytest.mark.parametrize(
    ("cov", "options", "expected"),
    [
        ("HC3", {}, {"cov_type": "HC3", "use_t": True}),
        (
            "cluster",
            {"groups": list("abcabcab")},
            {
                "cov_type": "cluster",
                "use_t": True,
                "cov_kwds": {"groups": np.array([0, 1, 2, 0, 1, 2, 0, 1])},
            },
        ),
    ],
)
def test_robust_errors_are_those_of_statsmodels(cov, options, expected):
    fitted = trend.fit(YEARS, VALUES, cov=cov, **options)
    direct = OLS(VALUES, add_constant(YEARS - 2000)).fit(**expected)
    ends = fitted.conf_int().loc["slope"]
    assert fitted.bse["slope"] == pytest.approx(direct.bse[1], rel=1e-9)
    assert ends.tolist() == pytest.approx(list(direct.conf_int()[1]), rel=1e-9)
    diagnostics = fitted.diagnostics()
    assert diagnostics.f_pvalue == pytest.approx(direct.pvalues[1], rel=1e-9)  # with one slope F is t squared
    assert diagnostics.clusters == (3 if cov == "cluster" else None)
    assert diagnostics.df_interval == (2 if cov == "cluster" else 6)  # clusters less one, points less two


@pytest.mark.parametrize(("maxlags", "lags"), [(4, 4), (0, 0), (None, 3)])
def test_hac_errors_are_those_of_statsmodels(maxlags, lags):
    # floor(4 (40/100)^(2/9)) = floor(4 × 0.8158) = 3
    t = 2015 + np.arange(40) / 4
    y = np.cumsum(np.random.default_rng(2).normal(size=40))
    fitted = trend.fit(t, y, cov="HAC", maxlags=maxlags)
    options = {"maxlags": lags, "use_correction": True}
    direct = OLS(y, add_constant(t - 2015)).fit(cov_type="HAC", use_t=True, cov_kwds=options)
    assert fitted.bse["slope"] == pytest.approx(direct.bse[1], rel=1e-9)


def test_quarter_ends_are_a_regular_series():
    t = trend.decimal_year(pd.date_range("2020-03-31", periods=12, freq="QE"))
    assert trend.fit(t, np.arange(12.0) ** 2, cov="HAC").nobs == 12


def test_groups_follow_their_points_when_these_are_sorted():
    shuffled = np.random.default_rng(1).permutation(8)
    groups, weights = np.array(list("abcabcab")), np.arange(1.0, 9)
    plain = trend.fit(YEARS, VALUES, cov="cluster", groups=groups, weights=weights)
    mixed = trend.fit(
        YEARS[shuffled], VALUES[shuffled], cov="cluster", groups=groups[shuffled], weights=weights[shuffled]
    )
    assert mixed.params.to_numpy() == pytest.approx(plain.params.to_numpy(), rel=1e-10)
    assert mixed.bse.to_numpy() == pytest.approx(plain.bse.to_numpy(), rel=1e-10)
    assert mixed.t.tolist() == YEARS.tolist() and mixed.y.tolist() == VALUES.tolist()


def test_a_weight_of_three_is_a_row_three_times_but_no_more_evidence():
    # Same line. Repeated rows have N - 2 = 14 - 2 degrees of freedom, weights n - 2 = 8 - 2: errors are
    # larger by sqrt(12 / 6), since the sum of squares is the same and only its divisor differs.
    counts = np.array([3, 1, 1, 2, 1, 3, 2, 1])
    weighted = trend.fit(YEARS, VALUES, weights=counts)
    repeated = trend.fit(np.repeat(YEARS, counts), np.repeat(VALUES, counts))
    assert weighted.params.to_numpy() == pytest.approx(repeated.params.to_numpy(), rel=1e-10)
    assert weighted.bse.to_numpy() == pytest.approx(math.sqrt(2) * repeated.bse.to_numpy(), rel=1e-10)
    direct = WLS(VALUES, add_constant(YEARS - 2000), weights=counts).fit(cov_type="HC3", use_t=True)
    assert trend.fit(YEARS, VALUES, weights=counts, cov="HC3").bse["slope"] == pytest.approx(direct.bse[1])


@pytest.mark.parametrize("cov", ["nonrobust", "HC3"])
def test_only_ratios_of_weights_count(cov):
    weights = np.array([3.0, 1, 1, 2, 1, 3, 2, 1])
    single, ten = (trend.fit(YEARS, VALUES, weights=k * weights, cov=cov).forecast(2026) for k in (1, 10))
    assert single.iloc[:, 1:6].to_numpy() == pytest.approx(ten.iloc[:, 1:6].to_numpy(), rel=1e-9)
    equal = trend.fit(YEARS, VALUES, weights=np.full(8, 7.0), cov=cov).forecast(2026)
    assert equal.equals(trend.fit(YEARS, VALUES, cov=cov).forecast(2026))


# Forms


def test_a_logistic_trend_finds_the_curve_that_made_the_points():
    # y = 0.25 + 0.75 / (1 + exp(-0.8 (t - 2023))): slope 0.8,
    # constant -0.8 × 2023, and half way up at 2023: 0.625
    t = np.array([2020.0, 2021, 2022, 2023.5, 2025])
    y = 0.25 + 0.75 / (1 + np.exp(-0.8 * (t - 2023)))
    fitted = trend.fit(t, y, form="logistic", floor=0.25)
    assert fitted.params.tolist() == pytest.approx([-0.8 * 2023, 0.8], rel=1e-9)
    assert fitted.rsquared == pytest.approx(1)
    ahead = fitted.forecast([2023, 1000, 3000])
    assert ahead["median"].tolist() == pytest.approx([0.625, 0.25, 1.0])
    assert fitted.forecast(t)["median"].tolist() == pytest.approx(y.tolist(), rel=1e-9)
    assert trend.fit(t, 100 * y, form="logistic", floor=25, ceiling=100).params["slope"] == pytest.approx(0.8)


def test_logistic_forecasts_stay_between_the_bounds():
    y = [0.30, 0.41, 0.38, 0.55, 0.71, 0.70, 0.88, 0.86]
    ahead = trend.fit(YEARS, y, form="logistic", floor=0.25).forecast(np.arange(2010.0, 2040))
    assert ahead.iloc[:, 1:6].to_numpy().min() >= 0.25
    assert ahead.iloc[:, 1:6].to_numpy().max() <= 1


def test_what_doubles_every_half_year_and_what_halves():
    # 2^(2t): factor 4 a year, doubling time 0.5;   2^(-t/2): factor 1/sqrt 2, halving time 2
    t = np.array([2020.0, 2021, 2023])
    up = trend.fit(t, 2 ** (2 * (t - 2020)), form="exponential")
    down = trend.fit(t, 2 ** (-(t - 2020) / 2), form="exponential")
    assert up.growth_factor_per_year == pytest.approx(4)
    assert up.doubling_time_years == pytest.approx(0.5)
    assert math.isnan(up.halving_time_years) and "does not fall" in up.reasons["halving_time_years"]
    assert all(map(math.isnan, up.halving_time_interval))
    assert down.growth_factor_per_year == pytest.approx(math.sqrt(0.5))
    assert down.halving_time_years == pytest.approx(2)
    assert math.isnan(down.doubling_time_years) and "does not grow" in down.reasons["doubling_time_years"]
    assert up.period == (2020, 2023)


def test_the_interval_of_a_halving_time_is_that_of_the_slope_turned_round():
    y = 1 / VALUES
    fitted = trend.fit(YEARS, y, form="exponential")
    low, high = fitted.conf_int().loc["slope"]
    assert high < 0
    expected = (math.log(2) / -low, math.log(2) / -high)
    assert fitted.halving_time_interval == pytest.approx(expected, rel=1e-12)
    assert trend.fit(YEARS, VALUES, form="exponential").doubling_time_interval == pytest.approx(expected)


def test_a_slope_that_may_be_zero_has_no_longest_doubling_time():
    fitted = trend.fit([2020, 2021, 2022, 2023], [1, 2, 1, 2], form="exponential")
    assert fitted.doubling_time_years > 0
    assert fitted.doubling_time_interval[1] == math.inf
    assert "interval of the slope includes zero" in fitted.reasons["doubling_time_interval"]
    assert fitted.doubling_time_interval[0] < fitted.doubling_time_years


@pytest.mark.parametrize(
    ("form", "why"), [("linear", "use form='exponential'"), ("logistic", "its odds are multiplied by")]
)
def test_a_form_without_a_constant_factor_says_so(form, why):
    fitted = trend.fit([2020, 2021, 2022], [0.2, 0.4, 0.5], form=form)
    for name in ("growth_factor_per_year", "doubling_time_years", "halving_time_years"):
        assert math.isnan(getattr(fitted, name)) and why in fitted.reasons[name]
    for name in ("growth_factor_interval", "doubling_time_interval", "halving_time_interval"):
        assert all(map(math.isnan, getattr(fitted, name)))


# Results and diagnostics


def test_order_of_the_points_and_kind_of_vector_do_not_matter():
    shuffled = np.random.default_rng(3).permutation(8)
    plain = trend.fit(YEARS, VALUES)
    mixed = trend.fit(list(YEARS[shuffled]), pd.Series(VALUES[shuffled], index=shuffled))
    assert mixed.params.to_numpy() == pytest.approx(plain.params.to_numpy(), rel=1e-10)
    assert mixed.diagnostics().durbin_watson == pytest.approx(plain.diagnostics().durbin_watson, rel=1e-9)


def test_repeated_dates_are_fine_in_a_cross_section():
    # two points at 0 with mean 1 and two at 1 with mean 4: slope 3
    fitted = trend.fit([0, 1, 0, 1], [0, 3, 2, 5], cov="HC3")
    assert fitted.params.tolist() == pytest.approx([1, 3])


def test_a_result_cannot_be_changed_and_the_input_is_not():
    t, y = YEARS[::-1].copy(), VALUES[::-1].copy()
    fitted = trend.fit(t, y)
    assert t.tolist() == YEARS[::-1].tolist() and t.flags.writeable and y.flags.writeable
    with pytest.raises(dataclasses.FrozenInstanceError):
        fitted.level = 0.5
    with pytest.raises(ValueError, match="read-only"):
        fitted.y[0] = 0


@pytest.mark.parametrize("where", ["fit", "fvalue"])
def test_warnings_of_statsmodels_become_notes_and_are_not_printed(where, monkeypatch, recwarn):
    owner = OLS if where == "fit" else RegressionResults

    def warned(self, *args, **options):
        warnings.warn("near singular", ValueWarning, stacklevel=2)
        return original(self, *args, **options)

    original = getattr(OLS, where) if where == "fit" else lambda self: 1.0
    monkeypatch.setattr(owner, where, warned if where == "fit" else property(warned))
    assert trend.fit(YEARS, VALUES).diagnostics().notes == ("ValueWarning: near singular",)
    assert len(recwarn) == 0


def test_an_exact_line_is_fitted_and_noted(recwarn):
    exact = trend.fit(YEARS, 2 ** (YEARS - 2020), form="exponential")
    assert exact.growth_factor_per_year == pytest.approx(2)
    assert any(note.startswith("the line passes through every point") for note in exact.diagnostics().notes)
    assert len(recwarn) == 0


def test_few_clusters_are_noted():
    few = trend.fit(YEARS, VALUES, cov="cluster", groups=list("abcabcab")).diagnostics()
    assert any(note.startswith("3 clusters: errors from fewer than 10") for note in few.notes)
    assert trend.fit(YEARS, VALUES).diagnostics().notes == ()


def test_ten_clusters_are_enough_for_no_note():
    t = np.arange(20.0)
    fitted = trend.fit(t, np.sin(t), cov="cluster", groups=np.repeat(np.arange(10), 2))
    assert fitted.diagnostics().notes == ()


# Refusals


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"t": [1, 2], "y": [1, 2]},
            "t has 2 points: a trend needs 3 or more; between two use growth.cagr_pct",
        ),
        ({"t": [], "y": []}, "t has 0 points"),
        (
            {"t": [2020] * 4, "y": [1, 2, 3, 4]},
            "t is 2020 at all 4 points: one date has no trend; compare levels",
        ),
        ({"y": [3.0] * 8}, "y is 3 at all 8 points: no variation.*; state the constant"),
        (
            {"y": [*VALUES[:3], math.nan, *VALUES[4:]]},
            "y has 1 values that are not finite, the first at position 3: leave",
        ),
        ({"t": [math.inf, *YEARS[1:]]}, "t has 1 values that are not finite, the first at position 0"),
        ({"y": [None, *VALUES[1:]]}, "y has 1 values that are not finite"),
        ({"y": ["many", *VALUES[1:]]}, "y holds <U32, not numbers"),
        ({"y": pd.Series(["many", *VALUES[1:]], dtype=object)}, "y holds what is no number"),
        (
            {"t": pd.date_range("2020", periods=8)},
            r"t holds datetime64.*, not numbers: use trend.decimal_year",
        ),
        ({"t": [dt.date(2020, 1, day) for day in range(1, 9)]}, "t holds what is no number.*decimal_year"),
        ({"y": VALUES[:7]}, r"t has shape \(8,\), y \(7,\): write two vectors, one y for each t"),
        ({"t": YEARS[:, None], "y": VALUES[:, None]}, r"t has shape \(8, 1\), y \(8, 1\): write two vectors"),
        (
            {"form": "exponential", "y": [*VALUES[:2], 0, *VALUES[3:]]},
            "y is 0 at position 2: an exponential trend needs values above 0; use form='linear'",
        ),
        ({"form": "exponential", "y": [*VALUES[:7], -1]}, "y is -1 at position 7"),
        (
            {"form": "exponential", "y": pd.Series([*VALUES[:7], 0], name="revenue_usd_mn")},
            "revenue_usd_mn is 0 at position 7",
        ),
        (
            {"form": "logistic"},
            "y is 1.1 at position 0: .* between floor 0 and ceiling 1, ends left out; write shares",
        ),
        ({"form": "logistic", "y": np.linspace(0.2, 0.8, 8), "floor": 0.25}, "y is 0.2 at position 0"),
        ({"form": "logistic", "y": np.linspace(0.25, 0.8, 8), "floor": 0.25}, "y is 0.25 at position 0"),
        ({"form": "logistic", "y": np.linspace(0.3, 1, 8)}, "y is 1 at position 7"),
        (
            {"form": "logistic", "floor": 1.0},
            "floor is 1.0 and ceiling 1.0: write finite bounds, floor below ceiling",
        ),
        ({"form": "logistic", "ceiling": math.inf}, "ceiling inf: write finite bounds"),
        ({"floor": 0.25}, "floor 0.25 and ceiling 1.0 bound no linear trend: .*use form='logistic'"),
        ({"form": "cubic"}, "form is 'cubic': write one of linear, exponential, logistic"),
        ({"cov": "HC1"}, "cov is 'HC1': write one of nonrobust, HC3, HAC, cluster"),
        ({"level": 95}, "level is 95: write a share between 0 and 1, such as 0.95"),
        ({"level": 0}, "level is 0:"),
        ({"level": math.nan}, "level is nan:"),
        ({"maxlags": 2}, "maxlags is 2, but cov 'nonrobust' has no lags: leave it out, or use cov='HAC'"),
        ({"groups": list("abcabcab")}, "groups are given, but cov 'nonrobust' does not use them"),
        ({"cov": "cluster"}, "groups has none for 8 points: cov='cluster' needs a group for each point"),
        ({"cov": "cluster", "groups": list("abc")}, "groups has 3 for 8 points"),
        (
            {"cov": "cluster", "groups": list("abababab")},
            "groups has 2 clusters: errors need 3 or more; use cov='HC3'",
        ),
        ({"cov": "cluster", "groups": [*"abcabca", None]}, "groups lacks the one at position 7: name it"),
        ({"cov": "HC3", "t": [0, 0, 0, 0, 0, 0, 0, 1]}, "cov is HC3, but the point 7 .* is alone at its end"),
        ({"cov": "HAC"}, "t has steps from 0.5 to 1.25 years: HAC needs a regular series without gaps"),
        (
            {"cov": "HAC", "t": [1, 2, 3, 3, 4, 5, 6, 7]},
            "t holds 3 twice: HAC needs a regular series; use cov='HC3'",
        ),
        ({"cov": "HAC", "t": range(8), "maxlags": 8}, "maxlags is 8: write a whole number from 0 to below 8"),
        ({"cov": "HAC", "t": range(8), "maxlags": -1}, "maxlags is -1:"),
        ({"cov": "HAC", "t": range(8), "maxlags": 1.5}, "maxlags is 1.5:"),
        ({"weights": [1, 2]}, r"weights have shape \(2,\): write one for each of 8 points"),
        ({"weights": [1, 2, 3, 4, 5, 6, 7, 0]}, "weights hold 0 at position 7: write numbers above 0"),
        ({"weights": [1, 2, 3, 4, 5, 6, 7, math.nan]}, "weights has 1 values that are not finite"),
    ],
)
def test_what_cannot_be_fitted_is_refused_with_what_to_do_instead(options, message):
    with pytest.raises(ValueError, match=message):
        trend.fit(**{"t": YEARS, "y": VALUES, **options})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"t": [2026, math.nan]}, "t has 1 values that are not finite, the first at position 1"),
        ({"t": pd.date_range("2026", periods=2)}, "use trend.decimal_year for dates"),
        ({"t": [[2026], [2027]]}, r"t has shape \(2, 1\): write one date or a vector"),
        ({"t": 2026, "level": 90}, "level is 90: write a share"),
        ({"t": 2026, "draws": 50}, "draws is 50: the ends of an interval need 100 or more"),
    ],
)
def test_a_forecast_refuses_what_it_cannot_use(options, message):
    with pytest.raises(ValueError, match=message):
        trend.fit(YEARS, VALUES, cov="HC3").forecast(**options)


# How we know that the fits are right


def test_all_four_published_fits_agree_with_ours(training_cost, published):
    table = trend.refit_published(training_cost, published).set_index("fit")
    assert list(table.index) == [f"training_cost.{run}" for run in "ABCD"]
    assert table["agrees"].all()
    assert table["published_n"].tolist() == table["refitted_n"].tolist() == [45, 41, 55, 54]
    assert table["level"].tolist() == [0.95, 0.90, 0.90, 0.90]
    assert table["refitted_slope_log10"].tolist() == pytest.approx([run[2] for run in RUNS], abs=1e-6)
    assert table.loc["training_cost.D", ["published", "published_low", "published_high"]].tolist() == [
        2.92945,
        2.53207,
        3.3892,
    ]
    assert table.loc["training_cost.D", "refitted_doubling_months"] == pytest.approx(7.73878, abs=1e-5)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("factor_per_year", 2.92946),
        ("low", 2.53208),
        ("high", 3.3893),
        ("level_pct", 95.0),
        ("n", 53.0),
        ("r2", 0.747),
    ],
)
def test_one_other_digit_is_not_agreement(training_cost, published, column, value):
    changed = published.copy()
    changed.loc[changed["fit"] == "training_cost.D", column] = value
    table = trend.refit_published(training_cost, changed).set_index("fit")
    assert table.index[~table["agrees"]].tolist() == ["training_cost.D"]


def test_one_other_cost_is_not_agreement(training_cost, published):
    changed = training_cost.copy()
    changed.loc[changed.index[changed["run"] == "C"][0], "training_cost_usd"] *= 1.01
    table = trend.refit_published(changed, published).set_index("fit")
    assert table.index[~table["agrees"]].tolist() == ["training_cost.C"]


def test_what_cannot_be_reproduced_is_refused(training_cost, published):
    with pytest.raises(ValueError, match=r"training_cost\.A mixes the cost bases amortized.*, cloud_rental"):
        trend.refit_published(training_cost.assign(run="A"), published[published["fit"] == "training_cost.A"])
    with pytest.raises(ValueError, match=r"training_cost\.A has no low, r2"):
        trend.refit_published(
            training_cost, published.assign(low=math.nan, r2=math.nan).query("fit == 'training_cost.A'")
        )


def test_what_was_not_published_or_has_no_sample_is_left_out(training_cost, published):
    none = trend.refit_published(training_cost, published[published["fit"] == "training_power"])
    assert none.empty and list(none.columns) == trend.REFIT_COLUMNS
    without = trend.refit_published(training_cost[training_cost["run"] != "B"], published)
    assert without["fit"].tolist() == ["training_cost.A", "training_cost.C", "training_cost.D"]


# Probability of passing a threshold


def test_the_probability_of_one_new_point_is_student_t_of_its_prediction_interval():
    """By hand: (ln threshold - line) over the prediction's standard error, Student's t with n - 2."""
    t = np.arange(2015.0, 2025.0)
    result = trend.fit(t, np.exp(0.5 * (t - 2015) + np.tile([0.3, -0.3], 5)), form="exponential", level=0.8)
    for threshold_from in ("obs_ci_lower", "obs_ci_upper", "median"):
        threshold = float(result.forecast(2026)[threshold_from].iloc[0])
        # the ends of the 80% prediction interval leave a tenth on each side
        expected = {"obs_ci_lower": 0.9, "obs_ci_upper": 0.1, "median": 0.5}[threshold_from]
        assert result.probability_above(2026, threshold) == pytest.approx(expected, abs=1e-9)


def test_the_line_can_be_moved_by_its_own_standard_error():
    # at the median of the line moved up by one standard error of the mean the probability is one half again
    t = np.arange(2015.0, 2025.0)
    result = trend.fit(t, np.exp(0.5 * (t - 2015) + np.tile([0.3, -0.3], 5)), form="exponential", level=0.8)
    ahead = result.forecast(2026).iloc[0]
    half = math.log(ahead["mean_ci_upper"] / ahead["median"])
    moved = math.exp(math.log(ahead["median"]) + half / stats.t.ppf(0.9, 8))
    assert result.probability_above(2026, moved, shift=1.0) == pytest.approx(0.5, abs=1e-9)
    assert result.probability_above(2026, moved, shift=-1.0) < result.probability_above(2026, moved) < 0.5


def test_the_largest_of_several_new_points_passes_more_often_and_less_often_than_independent_ones():
    t = np.arange(2015.0, 2021.0)
    result = trend.fit(t, np.exp(0.5 * (t - 2015) + np.tile([0.3, -0.3], 3)), form="exponential")
    threshold = float(result.forecast(2030)["median"].iloc[0])
    single, ten = (result.probability_above(2030, threshold, of=n, draws=50_000) for n in (1, 10))
    # far out the common line decides, so ten points are far from ten chances: 1 - 0.5^10 would be 0.999
    assert single == pytest.approx(0.5, abs=0.01)
    assert single + 0.1 < ten < 0.97


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"of": 0}, "of is 0"),
        ({"of": 1.5}, "of is 1.5"),
        ({"threshold": -1.0}, "threshold is -1"),
        ({"threshold": math.nan}, "not finite"),
    ],
)
def test_what_has_no_probability_is_refused(options, message):
    t = np.arange(2015.0, 2021.0)
    result = trend.fit(t, np.exp(t - 2015 + np.tile([0.3, -0.3], 3)), form="exponential")
    with pytest.raises(ValueError, match=message):
        result.probability_above(**({"t": 2022.0, "threshold": 5.0} | options))


def test_robust_errors_give_no_probability():
    t = np.arange(2015.0, 2021.0)
    result = trend.fit(t, np.exp(t - 2015 + np.tile([0.3, -0.3], 3)), form="exponential", cov="HC3")
    with pytest.raises(ValueError, match="cov is 'HC3'"):
        result.probability_above(2022, 5.0)
