"""Skill is found only where there is some, intervals cover, nothing sees later values, sums are of paths."""

import math
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.evidence import evidence_tables
from analysis.statistics import backtest as backtesting
from analysis.statistics import trend
from analysis.statistics.backtest import (
    METHODS,
    combined_ranking,
    longest_run,
    method_for,
    rolling_origin,
    share_of_sum,
    simulate_ahead,
    simulate_paths,
    time_split,
)

QUICK = ("drift", "log_drift", "ols")


def quarterly(values, start="2010-03-31"):
    return pd.Series(np.asarray(values, float), pd.date_range(start, periods=len(values), freq="QE"))


def rng(seed=7):
    return np.random.default_rng(seed)


def random_walk(generator, n, drift=0.0, sd=10.0, start=1000.0):
    return quarterly(start + np.cumsum(drift + sd * generator.standard_normal(n)))


def noisy_trend(generator, n):
    return quarterly(np.exp(3 + 0.05 * np.arange(n) + 0.1 * generator.standard_normal(n)))


def local_level_trend(generator, n):
    """Slope and level walk, observed with noise: the model of `local_trend` and nearly that of `ets`."""
    slope = 0.03 + np.cumsum(0.01 * generator.standard_normal(n))
    level = 4 + np.cumsum(slope + 0.05 * generator.standard_normal(n))
    return quarterly(np.exp(level + 0.05 * generator.standard_normal(n)))


def damped_smoothing(generator, n, alpha=0.6, beta=0.2, phi=0.9):
    level, trend, logs = 4.0, 0.05, []
    for shock in 0.1 * generator.standard_normal(n):
        logs.append(level + phi * trend + shock)
        level, trend = level + phi * trend + alpha * shock, phi * trend + beta * shock
    return quarterly(np.exp(logs))


def pooled(result):
    """Mean relative MAE over the series, and its standard error from their spread: they are independent."""
    ratios = result.ranking.groupby(["method", "horizon"])["relative_mae"]
    return ratios.mean(), ratios.std() / np.sqrt(ratios.count())


def wavy(n):
    """Growing, above zero and bumpy, the same each time: for tests that need just any series."""
    t = np.arange(n)
    return quarterly(100 * np.exp(0.06 * t + 0.15 * np.sin(1.7 * t)))


# --- skill where there is some, none where there is none


def test_on_a_random_walk_no_method_has_skill():
    generator = rng()
    walks = {str(i): random_walk(generator, 60) for i in range(25)}
    mean, error = pooled(rolling_origin(walks, methods=QUICK, horizons=(1, 4), least_points=30))
    # without drift, steps of 10 at a level of 1000 are a walk on logs too: the two drifts are one method up
    # to the square of a hundredth. (With a drift of 5 they are not: the level goes from 1000 to 1300, and
    # drift on logs then expects 1300 ln(1.3)/60 = 5.7 a step where 5 come, which costs it 3% at four steps.)
    assert (error["drift"] < 0.005).all()
    assert ((mean["drift"] - 1).abs() < 3 * error["drift"]).all()
    # a line misses the last value: by the distance of the walk from its line, at one step many times a step
    assert (mean["ols"] > 1 + 3 * error["ols"]).all() and mean["ols", 1] > 2


def test_a_backtest_is_computed_once(count_stored):
    values = quarterly(random_walk(rng(), 20))
    first = rolling_origin({"walk": values}, methods=["ols"])
    again = rolling_origin({"walk": values.copy()}, methods=["ols"])
    for name in ("ranking", "forecasts", "notes"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(first, name))
    assert count_stored() == 1
    rolling_origin({"walk": values[1:]}, methods=["ols"])
    assert count_stored() == 2


@pytest.mark.parametrize(("method", "series"), [("ets", 10), ("local_trend", 6)])
@pytest.mark.slow
def test_on_a_random_walk_smoothing_and_state_space_have_no_skill(method, series):
    # Nobody does better than to know that there is no drift: error variance h, where the naive forecast with
    # its drift from 34 steps has h + h²/34. So the ratio of errors is at least sqrt(1 / (1 + h/34)), 0.99 and
    # 0.95, but by chance, which is three standard errors over the walks. One step ahead a method is worse by
    # the k parameters that it fits in vain to n values: they add k/n to the error's variance. ETS has five
    # more than the walk: sqrt(1 + 5/35) = 1.07.
    generator = rng()
    walks = {str(i): random_walk(generator, 46) for i in range(series)}
    mean, error = pooled(rolling_origin(walks, methods=[method], horizons=(1, 4), least_points=35))
    for h in (1, 4):
        assert error[method, h] < 0.1
        assert mean[method, h] > math.sqrt(1 / (1 + h / 34)) - 3 * error[method, h]
    assert mean[method, 1] < math.sqrt(1 + 5 / 35) + 3 * error[method, 1]


def test_smoothing_finds_the_random_walk_where_one_start_would_not():
    # with the start of statsmodels alone the fit of these 22 values takes them for noise around a fixed
    # curve: smoothing 0, log-likelihood 66.51 in place of 76.75
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    y = random_walk(rng(), 40, drift=5.0).iloc[:22]
    model = ETSModel(np.log(y.reset_index(drop=True)), error="add", trend="add", damped_trend=True)
    assert model.fit(disp=False).llf == pytest.approx(66.51, abs=0.05)
    start = np.asarray(model.start_params)
    starts = [start, *(np.concatenate([smoothing, start[3:]]) for smoothing in backtesting.ETS_STARTS)]
    for order in (starts, starts[::-1]):
        assert backtesting._likeliest(model, order).llf == pytest.approx(76.75, abs=0.05)
    # so the spread one step ahead is that of a step, 10 in 1000 to 1100, and grows with the horizon
    fit = backtesting._ets(y.to_numpy(), 8)
    assert 0.004 < fit.spread[0] < 0.015 and fit.spread[7] > 2 * fit.spread[0]


def test_the_local_trend_finds_the_higher_of_two_peaks():
    # NVIDIA's first 14 quarters: log-likelihood -0.27 where the slope alone walks
    # (from statsmodels' start, and a forecast that explodes), -1.49 and less from
    # others; of its first 10: 4.06 from our start, 4.01 from statsmodels'
    y = evidence_tables.load("nvidia_revenue")["data_center_revenue_usd_mn"].to_numpy()
    for n, eight_ahead in ((14, 16.29), (10, 9.30)):
        assert backtesting._local_trend(y[:n], 8).centre[7] == pytest.approx(eight_ahead, abs=0.01)


@pytest.mark.parametrize("n", [10, 16, 26])
def test_the_last_bits_of_the_data_do_not_reach_the_forecast(n):
    # another machine rounds otherwise; with the first level given a large variance, the forecast from the
    # first 10 quarters moved by 4e-4 and that from 16 by 3e-5 when the data moved by 1e-14
    y, noise = evidence_tables.load("nvidia_revenue")["data_center_revenue_usd_mn"].to_numpy()[:n], rng()
    for fit in (backtesting._local_trend, backtesting._ets):
        plain = fit(y, 8).centre
        for _ in range(3):
            other = fit(y * (1 + 1e-14 * noise.standard_normal(n)), 8).centre
            assert other == pytest.approx(plain, rel=0, abs=2e-6)


def test_a_start_that_fails_is_passed_over_unless_all_do():
    class Model:
        def fit(self, start_params, disp, return_params):
            if start_params > 1:
                raise np.linalg.LinAlgError("singular")
            return start_params

        def loglike(self, params):
            return params if params else math.nan

        def smooth(self, params):
            return params

    assert backtesting._likeliest(Model(), [5, 0, -3, 1, -2]) == 1  # of 0 there is no likelihood
    with pytest.raises(ValueError, match="none of 3 starts led to a fit"):
        backtesting._likeliest(Model(), [5, 0, 2])


def test_an_exact_exponential_is_known_by_logs_and_not_by_drift_on_levels():
    y = quarterly(100 * 1.1 ** np.arange(20))
    result = rolling_origin({"exact": y}, methods=QUICK)
    ranking = result.ranking.set_index(["method", "horizon"])
    # the naive forecast is exact, and so is the line on logs; drift in the unit is not
    assert ranking.loc[("ols", 1), "relative_mae"] == 1
    assert ranking.loc[("drift", 1), "relative_mae"] == math.inf
    # first origin: tenth value 100 × 1.1^9 = 235.795, mean step (235.795 - 100) / 9 = 15.088
    first = result.forecasts.query("method == 'drift' and horizon == 1").iloc[0]
    assert first["forecast"] == pytest.approx(235.795 + 15.088, abs=2e-3)
    assert first["actual"] == pytest.approx(259.374, abs=1e-3)
    # 20 - 10 - 1 + 1 = 10 origins one step ahead, 3 eight steps ahead
    assert ranking["origins"].to_dict() == {(m, h): n for m in QUICK for h, n in {1: 10, 4: 7, 8: 3}.items()}
    assert ranking.loc["drift", "verdict"].tolist() == ["loses", "not backtestable", "not backtestable"]
    # forecasts of drift fall short every time, by more than the growth of the mean step allows
    drift = result.forecasts.query("method == 'drift'")
    assert (drift["forecast"] < drift["actual"]).all()


def test_relative_error_is_the_ratio_of_the_two_mean_absolute_errors_in_the_original_unit():
    result = rolling_origin({"wavy": wavy(30)}, methods=[*QUICK, "ets"], horizons=(4,))
    errors = result.forecasts.assign(e=lambda t: (t["actual"] - t["forecast"]).abs())
    wide = errors.pivot(index="origin", columns="method", values="e")
    for row in result.ranking.itertuples():
        assert row.mae == pytest.approx(wide[row.method].mean())
        assert row.relative_mae == pytest.approx(wide[row.method].mean() / wide["log_drift"].mean())
        assert (
            row.origins == len(wide) == 17 and row.origins_apart == 5
        )  # 30 - 10 - 4 + 1; every fourth: 1, 5, 9, 13, 17
        if row.method == "log_drift":
            assert row.verdict == "naive"
            continue
        # three methods were tried next to the naive one; errors four steps ahead share three steps
        p = backtesting.diebold_mariano(wide[row.method].to_numpy(), wide["log_drift"].to_numpy(), 4)
        assert row.p_better == pytest.approx(min(1, 3 * p))
        assert row.p_worse == pytest.approx(min(1, 3 * (1 - p)))
        assert row.closer_share == pytest.approx((wide[row.method] < wide["log_drift"]).mean())


def test_a_win_is_tested_by_the_mean_difference_over_its_standard_error():
    from scipy import stats

    ours, theirs = np.array([1.0, -1.0, 2.0, 0.0]), np.array([2.0, 3.0, -2.0, 1.0])
    # differences of absolute errors: -1, -2, 0, -1: mean -1, variance (0 + 1 + 1 + 0) / 4; one step ahead the
    # statistic -1 / sqrt(0.5 / 4) is cut by sqrt((4 + 1 - 2 + 0) / 4)
    expected = stats.t.cdf(-1 / math.sqrt(0.125) * math.sqrt(0.75), 3)
    assert backtesting.diebold_mariano(ours, theirs, 1) == pytest.approx(expected)
    assert backtesting.diebold_mariano(theirs, ours, 1) == pytest.approx(1 - expected)
    assert backtesting.diebold_mariano(ours, -ours, 1) == 0.5
    # eight origins eight steps ahead have no error of their own: 8 + 1 - 16 + 7 = 0
    eight = np.arange(8.0)
    assert backtesting.diebold_mariano(eight, 2 * eight + 1, 8) == 0.5


def test_of_equal_forecasts_one_in_twenty_wins_by_chance():
    draws = rng(3).standard_normal((2000, 2, 16))
    wins = np.mean([backtesting.diebold_mariano(*pair, 1) < 0.05 for pair in draws])
    assert wins == pytest.approx(0.05, abs=0.015)  # three errors of 2,000 runs


def test_the_ranking_has_each_combination_once_and_the_best_first():
    result = rolling_origin({"b": wavy(24), "a": wavy(16)}, methods=QUICK)
    ranking = result.ranking
    assert len(ranking) == 2 * 3 * len(QUICK)
    assert not ranking.duplicated(["series", "method", "horizon"]).any()
    assert ranking["series"].drop_duplicates().tolist() == ["b", "a"]
    for _, group in ranking.groupby(["series", "horizon"]):
        errors = group["relative_mae"].dropna()
        assert errors.is_monotonic_increasing and group["relative_mae"].isna().tolist() == sorted(
            group["relative_mae"].isna()
        )


def test_where_the_naive_forecast_is_exact_nothing_beats_it():
    result = rolling_origin({"curve": quarterly(100 * 1.05 ** np.arange(25))}, methods=QUICK, horizons=(1,))
    ranking = result.ranking.set_index("method")
    assert ranking.loc["drift", "relative_mae"] == math.inf
    assert ranking["verdict"].to_dict() == {"drift": "loses", "log_drift": "naive", "ols": "no different"}


def test_fewer_than_eight_origins_give_no_number():
    # 10 values before the first forecast: 17 values leave 7 origins one step ahead, 18 leave 8
    for n, origins, verdicts in [
        (17, 7, {"not backtestable"}),
        (18, 8, {"naive", "no different", "beats naive", "loses"}),
    ]:
        ranking = rolling_origin({"short": wavy(n)}, methods=QUICK, horizons=(1,)).ranking
        assert set(ranking["reason"]) == ({"7 origins, 8 are needed"} if origins < 8 else {""})
        numbers = ranking.select_dtypes(float)
        assert set(ranking["origins"]) == {origins}
        assert set(ranking["verdict"]) <= verdicts
        assert numbers.isna().all(axis=None) == (origins < 8)


@pytest.mark.parametrize(
    ("frequency", "ahead"),
    [("W", "4 weeks"), ("ME", "4 months"), ("QE", "4 quarters"), ("YE", "4 years"), ("10D", "4 steps")],
)
def test_the_horizon_is_given_in_the_steps_of_the_series(frequency, ahead):
    y = pd.Series(wavy(20).to_numpy(), pd.date_range("2000-12-31", periods=20, freq=frequency))
    ranking = rolling_origin({"s": y[::-1]}, methods=["log_drift"], horizons=(4, 1)).ranking
    assert ranking["ahead"].tolist() == [ahead, ahead.replace("4", "1").removesuffix("s")]


@pytest.mark.parametrize("n", [1, 2, 5])
def test_a_series_without_any_origin_is_not_backtestable_either(n):
    ranking = rolling_origin({"stub": wavy(n)}).ranking
    assert set(ranking["verdict"]) == {"not backtestable"} and set(ranking["origins"]) == {0}


# --- nothing sees later values


@pytest.mark.parametrize("method", METHODS)
def test_no_forecast_uses_a_value_later_than_its_origin(method):
    y = wavy(16)
    for changed in (11, 15):
        later = y.copy()
        later.iloc[changed] *= 3
        before, after = (
            rolling_origin({"s": s}, methods=[method], horizons=(1, 4)).forecasts.query("method == @method")
            for s in (y, later)
        )
        seen = before["origin"] >= y.index[changed]
        columns = ["forecast", "low_80", "high_80", "low_95", "high_95"]
        assert (before["origin"] == y.index[9]).any()  # the first origin is the tenth value
        pd.testing.assert_frame_equal(before.loc[~seen, columns], after.loc[~seen, columns])
        at = before["origin"] == y.index[changed]  # the change is seen there; the last value is no origin
        assert at.any() == (changed == 11)
        assert (before.loc[at, "forecast"] != after.loc[at, "forecast"]).all()


def test_order_of_rows_does_not_matter_and_the_input_stays_as_it_was():
    y = wavy(20)
    shuffled = y.sample(frac=1, random_state=3)
    unchanged = shuffled.copy()
    pd.testing.assert_frame_equal(
        rolling_origin({"s": y}, methods=QUICK).ranking,
        rolling_origin({"s": shuffled}, methods=QUICK).ranking,
    )
    pd.testing.assert_series_equal(shuffled, unchanged)


# --- intervals


@pytest.mark.parametrize(
    ("method", "world", "n", "least_points", "series"),
    [
        ("drift", random_walk, 40, 10, 20),
        ("log_drift", lambda g, n: np.exp(random_walk(g, n, drift=5.0) / 200), 40, 10, 20),
        ("ols", noisy_trend, 40, 10, 20),
        ("ets", damped_smoothing, 60, 50, 6),
        ("local_trend", local_level_trend, 60, 50, 6),
    ],
)
@pytest.mark.slow
def test_intervals_cover_as_they_say_where_the_model_is_right(method, world, n, least_points, series):
    generator = rng(11)
    worlds = {str(i): world(generator, n) for i in range(series)}
    forecasts = rolling_origin(worlds, methods=[method], horizons=(1,), least_points=least_points).forecasts
    rows = forecasts[forecasts["method"] == method]
    count = series * (n - least_points)  # 600 or 60 forecasts: three standard errors are 0.03 or 0.08 at 95%
    assert len(rows) == count
    for level, share in ((80, 0.8), (95, 0.95)):
        low, high = rows[f"low_{level}"], rows[f"high_{level}"]
        covered = ((low <= rows["actual"]) & (rows["actual"] <= high)).mean()
        assert covered == pytest.approx(share, abs=3 * math.sqrt(share * (1 - share) / count))


def test_coverage_comes_with_its_count_and_wilson_interval():
    result = rolling_origin({"s": wavy(30)}, methods=["ols"], horizons=(1,))
    row = result.ranking.set_index("method").loc["ols"]
    rows = result.forecasts.query("method == 'ols'")
    hits = int(((rows["low_80"] <= rows["actual"]) & (rows["actual"] <= rows["high_80"])).sum())
    assert row["origins"] == 20 and hits > 0
    wilson = stats.binomtest(hits, 20).proportion_ci(0.95, method="wilson")
    assert row["coverage_80"] == pytest.approx(hits / 20)
    assert (row["coverage_80_low"], row["coverage_80_high"]) == pytest.approx((wilson.low, wilson.high))


def test_the_interval_of_the_naive_forecast_is_the_textbook_one():
    # Hyndman and Athanasopoulos, Forecasting: Principles and Practice (3rd ed.), table 5.2: sigma sqrt(h (1 +
    # h / (T - 1))) ten differences 8, 12, 8, 12, ...: mean 10, s² = 10 × 4 / 9; T = 11, h = 4: s sqrt(4 ×
    # 1.4) = 2.108 × 2.366 = 4.989
    y = quarterly(np.concatenate([[100], 100 + np.cumsum([8, 12] * 5), [210, 220, 230, 240]]))
    result = rolling_origin({"s": y}, methods=["drift"], horizons=(4,))
    row = result.forecasts.query("method == 'drift'").set_index("origin").loc[y.index[10]]
    half = stats.t.ppf(0.975, 9) * math.sqrt(40 / 9) * math.sqrt(4 * (1 + 4 / 10))
    assert row["forecast"] == pytest.approx(200 + 4 * 10)
    assert (row["low_95"], row["high_95"]) == pytest.approx((240 - half, 240 + half))
    assert half == pytest.approx(2.2622 * 4.989, abs=2e-3)


def test_the_interval_of_ols_is_the_textbook_one_on_logs():
    y = wavy(11)
    row = rolling_origin({"s": y}, methods=["ols"], horizons=(1,)).forecasts.query("method == 'ols'").iloc[0]
    x, z = np.arange(10), np.log(y.to_numpy()[:10])
    line = stats.linregress(x, z)
    s = math.sqrt(((z - line.intercept - line.slope * x) ** 2).sum() / 8)
    # one step ahead x = 10: 1 + 1/10 + (10 - 4.5)² / 82.5, with 82.5 = sum of (x - 4.5)²
    half = stats.t.ppf(0.9, 8) * s * math.sqrt(1 + 0.1 + 5.5**2 / 82.5)
    centre = line.intercept + 10 * line.slope
    assert row["forecast"] == pytest.approx(math.exp(centre))
    assert (row["low_80"], row["high_80"]) == pytest.approx(
        (math.exp(centre - half), math.exp(centre + half))
    )


# --- what fits say is noted, not printed


def test_warnings_become_notes_and_a_failed_fit_leaves_its_origin_out(monkeypatch, capfd):
    def moody(y, horizon):
        warnings.warn("did not converge", RuntimeWarning, stacklevel=1)
        if y.size == 12:
            raise np.linalg.LinAlgError("singular")
        fit = backtesting._walk(np.log(y), horizon, on_log=True)
        if y.size == 13:
            return backtesting._Fit(fit.centre + math.inf, fit.spread, fit.dof, True, fit.paths)
        return fit

    monkeypatch.setitem(backtesting._FITS, "ets", moody)
    y = wavy(22)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = rolling_origin({"s": y}, methods=["ets"], horizons=(1,))
    assert capfd.readouterr() == ("", "")
    counts = result.notes.groupby("note").size()
    assert counts["RuntimeWarning: did not converge"] == 12  # every origin, 22 - 10
    assert counts["no forecast: LinAlgError: singular"] == 1
    assert counts["no forecast: the fit has no finite result"] == 1
    ranking = result.ranking.set_index("method")
    assert ranking["origins"].to_dict() == {"log_drift": 12, "ets": 10}
    naive = result.forecasts.query("method == 'log_drift'")
    remaining = naive[~naive["origin"].isin(y.index[[11, 12]])]
    assert ranking.loc["ets", "naive_mae"] == pytest.approx(
        (remaining["actual"] - remaining["forecast"]).abs().mean()
    )
    assert ranking.loc["ets", "naive_mae"] != pytest.approx(ranking.loc["log_drift", "naive_mae"])


def test_real_fits_print_nothing(capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # after an exact exponential the state space has no variance left to fit
        rolling_origin({"s": quarterly(100 * 1.1 ** np.arange(14))}, horizons=(1,))
    assert capfd.readouterr() == ("", "")


# --- what is refused


@pytest.mark.parametrize(
    ("series", "message"),
    [
        (
            wavy(20).drop(wavy(20).index[5]),
            r"183 days from 2011-03-31 to 2011-09-30 where 9\d are usual.*longest run without a gap",
        ),
        (pd.concat([wavy(20), wavy(20).iloc[[4]]]), "repeats 2011-03-31.*time_split"),
        (wavy(20).reset_index(drop=True), "no dates: write a Series by date"),
        (wavy(20).tolist(), "no dates: write a Series by date"),
        (wavy(20).where(lambda y: y.index != y.index[3]), "1 values or dates that are not finite"),
        (wavy(20) - 120, r"holds -\d.*need values above 0; leave the series out"),
    ],
)
def test_a_series_that_is_not_regular_is_refused_with_what_to_use_instead(series, message):
    with pytest.raises(ValueError, match=message):
        rolling_origin({"s": series})
    with pytest.raises(ValueError, match=message):
        simulate_paths(series, "ols", 2, 5, rng())


def test_fiscal_quarters_of_fourteen_weeks_and_other_steps_are_regular():
    weeks = np.cumsum([13] * 7 + [14] + [13] * 12)
    fiscal = pd.Series(wavy(20).to_numpy(), pd.Timestamp("2020-01-26") + pd.to_timedelta(weeks * 7, "D"))
    months = pd.Series(wavy(20).to_numpy(), pd.date_range("2020-01-31", periods=20, freq="ME"))
    years = pd.Series(wavy(20).to_numpy(), pd.date_range("2000-12-31", periods=20, freq="YE"))
    result = [
        rolling_origin({"s": s}, methods=QUICK).ranking["relative_mae"]
        for s in (wavy(20), fiscal, months, years)
    ]
    for other in result[1:]:
        pd.testing.assert_series_equal(result[0], other)


def test_paths_of_a_drift_in_the_unit_take_values_below_zero():
    assert np.isfinite(simulate_paths(wavy(20) - 120, "drift", 2, 5, rng())).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"methods": ["arima"]}, r"\['arima'\] are unknown: write some of"),
        ({"methods": ["ols", "ols"]}, "repeat one"),
        ({"horizons": (0,)}, r"\[0\]: write whole numbers of steps ahead"),
        ({"horizons": (1.5,)}, "whole numbers"),
        ({"horizons": (1, 1)}, "each once"),
        ({"horizons": ()}, "whole numbers"),
        ({"least_points": 9}, "9: the methods have up to six parameters, write 10 or more"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        rolling_origin({"s": wavy(20)}, **options)
    with pytest.raises(ValueError, match="series is empty"):
        rolling_origin({})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((wavy(20), "arima", 2, 5), "unknown"),
        ((wavy(20), "ols", 0, 5), "horizon is 0: write a whole number of 1 or more"),
        ((wavy(20), "ols", 2, 0.5), "draws is 0.5: write a whole number"),
        ((wavy(9), "ols", 2, 5), "has 9 values: paths need 10 or more"),
    ],
)
def test_bad_paths_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        simulate_paths(*arguments, rng())


# --- paths and their sums


@pytest.mark.parametrize("method", METHODS)
def test_paths_spread_at_each_step_as_the_prediction_interval_does(method):
    y, draws = damped_smoothing(rng(5), 40), 5_000
    paths = simulate_paths(y, method, 8, draws, rng())
    assert paths.shape == (draws, 8)
    longer = pd.concat([y, quarterly(np.ones(8), start=y.index[-1] + pd.Timedelta(days=1))])
    forecasts = rolling_origin({"s": longer}, methods=[method], least_points=40).forecasts
    forecasts = forecasts[(forecasts["method"] == method) & (forecasts["origin"] == y.index[-1])].set_index(
        "horizon"
    )
    for h in (1, 4, 8):
        below = {
            name: (paths[:, h - 1] < forecasts.loc[h, name]).mean()
            for name in [*backtesting._ends(), "forecast"]
        }
        expected = {"low_80": 0.1, "high_80": 0.9, "low_95": 0.025, "high_95": 0.975, "forecast": 0.5}
        for name, share in expected.items():
            assert below[name] == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / draws)), (
                h,
                name,
            )


def test_paths_of_smoothing_are_joined_as_the_model_says():
    # Hyndman et al. (2008), Forecasting with Exponential Smoothing, table 6.2, damped additive trend: the
    # error j steps later is c_j times a shock, c_0 = 1, c_j = alpha + beta (phi + ... + phi^j); so the
    # variance h ahead is s² (1 + c_1² + ... + c_(h-1)²), and a shock k steps before the end of a sum counts 1
    # + c_1 + ... + c_k times.
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    y, draws = damped_smoothing(rng(5), 40), 40_000
    model = ETSModel(np.log(y.reset_index(drop=True)), error="add", trend="add", damped_trend=True)
    fitted = backtesting._likeliest(model, [np.asarray(model.start_params)])
    alpha, beta, phi = np.asarray(fitted.params)[:3]
    c = np.array([1, *(alpha + beta * sum(phi**i for i in range(1, j + 1)) for j in range(1, 8))])
    assert alpha > 0.3 and c[7] > c[1]  # the slope moves, so errors grow faster than a walk's
    logs = np.log(simulate_paths(y, "ets", 8, draws, rng()))
    near = {"rel": 4 * math.sqrt(2 / draws)}  # four standard errors of a variance
    assert logs.var(axis=0) == pytest.approx(fitted.mse * np.cumsum(c**2), **near)
    assert logs.sum(axis=1).var() == pytest.approx(fitted.mse * (np.cumsum(c) ** 2).sum(), **near)


@pytest.mark.parametrize("method", METHODS)
def test_paths_are_those_of_their_stream(method):
    y = wavy(20)
    first, again, other = (simulate_paths(y, method, 3, 50, rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_the_sum_of_a_random_walk_varies_as_its_correlated_errors_say():
    # 400 differences of 1 and 3: drift 2, s² = 400/399. Sum over h = 4 steps of a walk: shocks count 4, 3, 2
    # and 1 times, 16 + 9 + 4 + 1 = 30 s²; the drift's error s²/400 counts 1 + 2 + 3 + 4 = 10 times, 100/400
    # s². Variances of steps that were independent would add up to 1 + 2 + 3 + 4 = 10 s² (+ 30/400 s²).
    # Student's t with 399: times 399/397.
    y = quarterly(np.concatenate([[50], 50 + np.cumsum([1, 3] * 200)]), start="1900-03-31")
    draws = 100_000
    paths = simulate_paths(y, "drift", 4, draws, rng())
    expected = (30 + 100 / 400) * 400 / 399 * 399 / 397
    assert paths.sum(axis=1).var() == pytest.approx(expected, rel=4 * math.sqrt(2 / draws))
    independent = (10 + 30 / 400) * 400 / 397
    assert paths.var(axis=0).sum() == pytest.approx(independent, rel=0.02)
    assert expected > 2.9 * independent
    assert paths.sum(axis=1).mean() == pytest.approx(4 * 850 + 2 * 10, abs=4 * math.sqrt(expected / draws))


def test_adding_the_ends_of_independent_errors_would_be_too_wide():
    # errors around a well-known line are nearly independent: sd of the sum of 8 grows as sqrt(8), the added
    # ends as 8
    y = quarterly(np.exp(4 + 0.02 * rng(3).standard_normal(60)))
    paths = simulate_paths(y, "ols", 8, 20_000, rng())
    low, high = np.quantile(paths, [0.025, 0.975], axis=0)
    total = np.diff(np.quantile(paths.sum(axis=1), [0.025, 0.975]))[0]
    assert total < 0.55 * (high - low).sum()  # sqrt(8) / 8 = 0.35, plus what the line's own error adds


def test_the_share_of_a_sum_by_hand():
    # sums 30, 60 and 120 of 101 paths each: 60 is 2, 1 and 0.5 of them
    paths = np.repeat([[10.0, 20.0], [20.0, 40.0], [50.0, 70.0]], 101, axis=0)
    result = share_of_sum(60, paths, quantiles=(0.1, 0.5, 0.9))
    assert (result.amount, result.horizon, result.draws) == (60, 2, 303)
    assert result.table["share"].tolist() == [0.5, 1, 2]
    assert result.table["total"].tolist() == [30, 60, 120]
    assert (result.table["share_low"] <= result.table["share"]).all()
    assert (result.table["share"] <= result.table["share_high"]).all()


@pytest.mark.parametrize(
    ("amount", "paths", "message"),
    [
        (-1, np.ones((5, 2)), "amount is -1"),
        (math.nan, np.ones((5, 2)), "amount is nan"),
        (1, np.ones(5), r"shape \(5,\): write \(draws, horizon\)"),
        (1, np.ones((0, 3)), "shape"),
        (1, np.array([[1.0, 2.0], [1.0, -1.0]]), "1 of 2 paths do not add up.*method on logs"),
        (1, np.array([[1.0, math.inf]]), "1 of 1 paths"),
    ],
)
def test_a_share_of_nothing_is_refused(amount, paths, message):
    with pytest.raises(ValueError, match=message):
        share_of_sum(amount, paths)


# --- cross-sections

DAYS = pd.date_range("2020-01-01", "2024-12-31", freq="MS")


def split_of(values, splits=("2023-01-01",), dates=DAYS, **options):
    return time_split("prices", dates, values, splits, **options)


def test_a_straight_line_through_a_cross_section_is_judged_by_the_mean_of_the_last_twelve_months():
    # y = 10 + 1 a day: the mean of the twelve values after 2022-01-15 is that of 1 Feb 2022 to 1 Jan 2023
    y = 10 + np.asarray((DAYS - DAYS[0]).days, float)
    result = split_of(y, ["2023-01-15"], methods=["linear"]).iloc[0]
    last, after = DAYS[25:37], DAYS[37:]
    assert [str(day.date()) for day in (last[0], last[-1], after[0])] == [
        "2022-02-01",
        "2023-01-01",
        "2023-02-01",
    ]
    assert (result["n_before"], result["n_last_year"], result["n"]) == (37, 12, 23)
    assert result["naive_mae"] == pytest.approx(y[37:].mean() - y[25:37].mean())  # all later values lie above
    # months of a decimal year are a twelfth each, of 28 to 31 days: the line is exact up to two days
    assert result["mae"] < 2 and result["relative_mae"] == result["mae"] / result["naive_mae"]
    assert result["relative_scale_mae"] == result["relative_mae"] and result["verdict"] == "beats naive"


def test_a_split_is_the_trend_of_the_rows_before_it():
    y = np.exp(0.5 + 0.3 * rng(8).standard_normal(DAYS.size))
    result = split_of(y, ["2023-01-01"], months=12).iloc[0]
    past, future = DAYS <= "2023-01-01", (DAYS > "2023-01-01") & (DAYS <= "2024-01-01")
    line = trend.fit(trend.decimal_year(DAYS[past]), y[past], form="exponential")
    ahead = line.forecast(trend.decimal_year(DAYS[future]), 0.8)
    inside = (ahead["obs_ci_lower"] <= y[future]) & (y[future] <= ahead["obs_ci_upper"])
    assert result["n"] == 12 and result["coverage_80"] == inside.mean()
    assert result["mae"] == pytest.approx(np.abs(y[future] - ahead["median"]).mean())
    # on the scale of the line the naive forecast is the mean of the logs of twelve months, moved on by its
    # change from the twelve months before them
    logs, years = np.log(y), trend.decimal_year(DAYS)
    drift = (logs[25:37].mean() - logs[13:25].mean()) / (years[25:37].mean() - years[13:25].mean())
    naive = logs[25:37].mean() + drift * (years[future] - years[25:37].mean())
    ratio = np.abs(logs[future] - np.log(ahead["median"])).mean() / np.abs(logs[future] - naive).mean()
    assert result["relative_scale_mae"] == pytest.approx(ratio)


def test_what_compounds_at_one_rate_is_known_to_the_naive_forecast_as_well():
    result = split_of(100 * 0.5 ** (trend.decimal_year(DAYS) - 2020)).iloc[0]
    assert result["naive_mae"] < 1e-9 and result["verdict"] != "beats naive"


def test_a_cross_section_without_a_trend_shows_no_skill_and_its_intervals_cover():
    generator, runs = rng(2), 60
    worlds = [np.exp(3 + 0.4 * generator.standard_normal(DAYS.size)) for _ in range(runs)]
    table = pd.concat([split_of(y, ["2023-06-30"]) for y in worlds])
    ratio = table["relative_scale_mae"]
    # a drift that is not there costs the naive forecast more than a line through three years costs the line
    assert ratio.mean() < 1
    straight = pd.concat([split_of(y, ["2023-06-30"], methods=["linear"]) for y in worlds])
    assert straight["relative_mae"].mean() > 1 - 3 * straight["relative_mae"].std() / math.sqrt(runs)
    assert straight["verdict"].eq("beats naive").mean() < 0.15
    count = runs * 18  # forecasts; those of one run share a line, so twice the three binomial errors
    for level, share in ((80, 0.8), (95, 0.95)):
        expected = pytest.approx(share, abs=6 * math.sqrt(share * (1 - share) / count))
        assert table[f"coverage_{level}"].mean() == expected


def test_halving_prices_are_known_by_the_exponential_line_on_both_scales():
    years = np.asarray((DAYS - DAYS[0]).days) / 365.25
    y = 100 * 0.5**years * np.exp(0.05 * rng(4).standard_normal(DAYS.size))
    result = split_of(y, ["2022-12-31", "2023-12-31"], months=12)
    assert (result["n"] == 12).all()
    assert result["ahead"].tolist() == ["12 months after 2022-12-31", "12 months after 2023-12-31"]
    # noise of 5% each month is a hundredth and a half in the mean of twelve, and the drift from two of them
    # is off by twice that after a year: the line through all months is nearer
    assert (result["relative_mae"] < 1.1).all() and (result["relative_scale_mae"] < 1.1).all()
    assert (result["naive_mae"] < 0.1 * y[36:48].mean()).all()


def test_scores_that_saturate_are_known_by_the_logistic_line_and_not_by_the_straight_one():
    # from 25 (guessing) to 100: logit -2 in 2020, one more a year: 34 in January 2020, 80 at the split, 95 at
    # the end of 2024
    logit = -2 + trend.decimal_year(DAYS) - 2020 + 0.05 * rng(5).standard_normal(DAYS.size)
    scores = 25 + 75 / (1 + np.exp(-logit))
    result = split_of(scores, methods=["linear", "exponential", "logistic"], floor=25, ceiling=100)
    assert sorted(result["method"]) == ["exponential", "linear", "logistic"]
    mae = result.set_index("method")["mae"]
    assert mae["logistic"] < 0.1 * mae["linear"] < mae["exponential"]
    with pytest.raises(
        ValueError, match="is not between 40 and 100: method logistic needs that; move a bound"
    ):
        split_of(scores, methods=["linear", "logistic"], floor=40, ceiling=100)


def test_a_split_sees_nothing_later_and_repeated_dates_are_fine():
    generator = rng(6)
    dates = DAYS.append(DAYS[:40])
    y = np.exp(generator.standard_normal(dates.size))
    later = np.where(dates > pd.Timestamp("2023-01-01"), 2 * y, y)
    first, second = (split_of(values, dates=dates, methods=["linear"]).iloc[0] for values in (y, later))
    after = dates > pd.Timestamp("2023-01-01")
    naive = y[(dates > pd.Timestamp("2022-01-01")) & ~after].mean()
    assert first["naive_mae"] == pytest.approx(np.abs(y[after] - naive).mean())
    assert second["naive_mae"] == pytest.approx(np.abs(2 * y[after] - naive).mean())


NONE_BEFORE = DAYS[(DAYS < "2021-01-02") | (DAYS > "2023-01-01")]
RISING = np.arange(1.0, DAYS.size + 1)


@pytest.mark.parametrize(
    ("dates", "values", "split", "reason"),
    [
        (DAYS, RISING, "2024-05-15", "7 rows after the split, 8 are needed"),
        (NONE_BEFORE, RISING[: len(NONE_BEFORE)], "2022-06-30", "no row in the twelve months"),
        (DAYS, RISING, "2020-12-15", "no row in the twelve months before those"),
        (DAYS, np.where(DAYS <= "2022-06-30", 1.0, RISING), "2022-06-30", "two values before the split"),
    ],
)
def test_a_split_that_cannot_be_judged_gives_a_reason_and_no_number(dates, values, split, reason):
    result = split_of(values, [split], dates).iloc[0]
    assert result["verdict"] == "not backtestable" and reason in result["reason"]
    assert result[["mae", "naive_mae", "relative_mae", "relative_scale_mae", "coverage_95"]].isna().all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"methods": ["cubic"]},
            r"methods are \['cubic'\]: write some of \('linear', 'exponential', 'logistic'\)",
        ),
        ({"methods": ["linear", "linear"]}, "each once"),
        ({"methods": []}, "write some of"),
        ({"values": [1.0]}, "60 dates and values of shape"),
        ({"values": np.full(60, np.nan)}, "60 of 60 rows lack a finite value"),
        ({"dates": [pd.NaT, *DAYS[1:]]}, "1 of 60 rows"),
        ({"values": np.zeros(60)}, "value 0 is not above 0: method exponential needs that.*use 'linear'"),
        ({"methods": ["logistic"]}, "value 1 is not between 0 and 1: method logistic"),
        ({"methods": ["logistic"], "floor": 2}, "floor is 2 and ceiling 1: write floor below ceiling"),
        ({"months": 0}, "months is 0: write a whole number"),
        ({"months": 1.5}, "months is 1.5"),
    ],
)
def test_a_bad_cross_section_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        split_of(**({"values": np.ones(60)} | options))


# --- one page of all, and the method to use


def test_series_and_cross_sections_stand_on_one_page_the_best_first():
    regular = rolling_origin({"revenue": wavy(20), "short": wavy(12)}, methods=QUICK, horizons=(1, 4)).ranking
    values = np.exp(0.3 * rng(9).standard_normal(60))
    split = split_of(values, ["2024-11-01", "2022-01-01", "2023-01-01"], methods=["linear"])
    page = combined_ranking(regular, split)
    # a row for each of two series at two distances, and one for the splits: the first that can be tested
    assert page[["trend", "ahead"]].value_counts().max() == 1 and len(page) == 2 * 2 + 1
    assert page.columns[:9].tolist() == [
        "trend",
        "method",
        "ahead",
        "n",
        "methods_tested",
        "rival",
        "relative_mae",
        "p_better",
        "p_worse",
    ]
    errors = page["relative_mae"].dropna()
    assert errors.is_monotonic_increasing and page["relative_mae"].head(len(errors)).notna().all()
    assert (page["relative_mae"].isna() == (page["reason"] != "")).all()
    row = page[page["trend"] == "prices"].iloc[0]
    assert (row["ahead"], row["n"], row["methods_tested"]) == ("all after 2022-01-01", 35, 1)
    row = page[(page["trend"] == "revenue") & (page["ahead"] == "1 quarter")].iloc[0]
    tried = regular.query("series == 'revenue' and horizon == 1 and method != 'log_drift'")
    assert row["relative_mae"] == tried["relative_mae"].min() and row["methods_tested"] == 2
    row = page[(page["trend"] == "revenue") & (page["ahead"] == "4 quarters")].iloc[0]
    assert row["method"] == "any method" and row["reason"] == "7 origins, 8 are needed"


def test_a_win_that_a_later_day_contradicts_is_none():
    steady = split_of(np.exp(0.3 * rng(1).standard_normal(60)), ["2022-01-01", "2023-01-01"])
    page = combined_ranking(steady.assign(verdict=["beats naive", "loses"]))
    assert page["verdict"].tolist() == ["no different"]
    page = combined_ranking(steady.assign(verdict=["beats naive", "beats naive"]))
    assert page["verdict"].tolist() == ["beats naive"]


@pytest.mark.parametrize("verdict", ["beats naive", "loses"])
def test_a_win_or_a_loss_from_one_day_alone_is_none(verdict):
    # two lines from one day: where both miss on one side, what came does not move the gap between them
    table = split_of(np.exp(0.3 * rng(1).standard_normal(60)), ["2022-01-01"]).assign(verdict=verdict)
    assert combined_ranking(table)["verdict"].tolist() == ["no different"]


def test_rows_of_a_quarter_are_one_case_of_a_cross_section():
    # each month three times over: the same line, the same errors, and no more evidence
    y = np.exp(0.3 * rng(12).standard_normal(DAYS.size))
    once = split_of(y).iloc[0]
    thrice = split_of(np.repeat(y, 3), dates=DAYS.repeat(3)).iloc[0]
    assert thrice["n"] == 3 * once["n"]
    assert thrice["p_better"] == pytest.approx(once["p_better"])


def test_a_page_of_nothing_or_of_one_trend_twice_is_refused():
    table = split_of(RISING, methods=["linear"])
    with pytest.raises(ValueError, match="frames are missing"):
        combined_ranking()
    with pytest.raises(ValueError, match=r"frame 1 lacks \['ahead', 'coverage_80'.*Backtest.ranking or"):
        combined_ranking(table, pd.DataFrame({"trend": ["a"]}))
    with pytest.raises(ValueError, match="prices / linear / all after 2023-01-01 stands twice"):
        combined_ranking(table, table)


RANKING = pd.DataFrame(
    [
        ("a", 1, "1 quarter", "ets", 0.4, 15, 15, "beats naive"),
        ("a", 1, "1 quarter", "ols", 0.5, 15, 15, "beats naive"),
        ("a", 1, "1 quarter", "log_drift", 1.0, 15, 15, "naive"),
        ("a", 4, "4 quarters", "drift", 0.6, 12, 3, "beats naive"),
        ("a", 4, "4 quarters", "log_drift", 1.0, 12, 3, "naive"),
        ("a", 4, "4 quarters", "ets", 0.5, 12, 3, "no different"),
        ("a", 8, "8 quarters", "log_drift", math.nan, 7, 1, "not backtestable"),
        ("b", 1, "1 year", "log_drift", 1.0, 9, 9, "naive"),
        ("b", 1, "1 year", "ols", 0.9, 9, 9, "no different"),
        ("c", 1, "1 year", "log_drift", math.nan, 3, 3, "not backtestable"),
    ],
    columns=["series", "horizon", "ahead", "method", "relative_mae", "origins", "origins_apart", "verdict"],
).assign(coverage_95=0.8)


@pytest.mark.parametrize(
    ("series", "horizon", "method", "reason"),
    [
        (
            "a",
            1,
            "ets",
            (
                "damped ETS on logs: 0.40 times the error of the random walk with drift at 1 quarter ahead;"
                " 15 origins, 15 of them a whole horizon apart, and 80% of them inside"
            ),
        ),
        (
            "a",
            3,
            "ets",
            "at 1 quarter ahead, the longest horizon with 8 origins (3 asked for); 15 origins",
        ),
        (
            "a",
            4,
            "drift",
            (
                "drift in the original unit: 0.60 times the error of the random walk with drift at 4 quarters"
                " ahead; 12 origins, 3 of them"
            ),
        ),
        ("a", 12, "drift", "at 4 quarters ahead, the longest horizon with 8 origins (12 asked for)"),
        ("b", 1, "log_drift", "random walk with drift: no other method beats it in a test at 1 year ahead"),
        (
            "c",
            8,
            "log_drift",
            "random walk with drift: no horizon up to 8 has 8 origins to test another method",
        ),
    ],
)
def test_the_method_to_use_is_the_best_at_the_longest_horizon_that_was_tested(
    series, horizon, method, reason
):
    result = method_for(RANKING.sample(frac=1, random_state=1), series, horizon)
    assert result.method == method
    assert reason in result.reason


def test_a_method_for_what_was_not_ranked_is_refused():
    with pytest.raises(ValueError, match=r"series is 'd': the ranking holds \['a', 'b', 'c'\]"):
        method_for(RANKING, "d", 4)
    with pytest.raises(ValueError, match="horizon is 0"):
        method_for(RANKING, "a", 0)


def test_methods_that_cannot_be_tested_for_one_reason_share_a_row():
    result = rolling_origin({"short": quarterly(100 * 1.1 ** np.arange(16))}, methods=QUICK, horizons=(1, 4))
    # 16 values give 6 origins one step ahead and 3 at four steps: too few for any method
    page = combined_ranking(result.ranking)
    assert page[["trend", "method", "ahead"]].to_numpy().tolist() == [
        ["short", "any method", "1 quarter"],
        ["short", "any method", "4 quarters"],
    ]
    assert page["n"].tolist() == [6, 3]


def test_the_longest_run_has_no_gap_and_the_latest_of_equals_counts():
    series = quarterly(np.arange(1.0, 12.0))
    # without the fourth value runs of 3 and 7 are left, without the sixth two of 5
    assert longest_run(series.drop(series.index[3])).tolist() == [5, 6, 7, 8, 9, 10, 11]
    assert longest_run(series.drop(series.index[5])).tolist() == [7, 8, 9, 10, 11]
    assert longest_run(series.sample(frac=1, random_state=1)).tolist() == series.tolist()
    assert longest_run(series.where(series != 4)).tolist() == [5, 6, 7, 8, 9, 10, 11]
    assert longest_run(series.iloc[:1]).tolist() == [1]


def test_paths_ahead_have_a_row_a_step_and_leave_out_what_is_too_short():
    days = pd.date_range("2022-03-31", periods=12, freq="QE")
    values = pd.Series(np.exp(0.1 * np.arange(12)) + np.arange(12) % 2, index=days)
    series = {"long": values, "short": values.tail(9)}
    ranking = rolling_origin(series, methods=["log_drift"]).ranking
    table = simulate_ahead(series, ranking, 2, draws=300, seed=3)
    assert table["series"].tolist() == ["long", "long"]
    end = trend.decimal_year(["2024-12-31"])[0]
    assert table["decimal_year"].tolist() == pytest.approx([end + 0.25, end + 0.5])
    # the mean step of the logs is ln(last / first) / 11
    step = (values.iloc[-1] / values.iloc[0]) ** (1 / 11)
    assert table["naive"].tolist() == pytest.approx([values.iloc[-1] * step, values.iloc[-1] * step**2])
    assert (table["p5"] < table["p50"]).all()
    again = simulate_ahead({"long": values}, ranking, 2, draws=300, seed=3)
    pd.testing.assert_frame_equal(table, again)  # the stream of a series is its own
    assert simulate_ahead({}, ranking, 2, draws=300, seed=3).empty
