"""Are all specifications tried, counted, distinguished and adjusted?"""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest

from analysis.statistics import specifications, trend
from analysis.statistics.specifications import Window, curve

T = np.arange(2015, 2025, 0.5)
NOISE = np.random.default_rng(3).normal(0, 0.2, T.size)
Y = np.exp(0.7 * (T - 2015) + NOISE)


def test_every_combination_is_tried_once_and_the_first_of_each_choice_is_primary():
    result = curve(
        T, Y, windows={"all": Window(), "late": Window(start=2020)}, weights={"equal": None, "late": T - 2014}
    )
    # 2 windows x 2 outlier rules x (3 methods with equal weights + OLS with others) = 16
    assert result.tried == result.fitted == 16
    assert result.table["specification"].is_unique
    first = result.table[result.table["primary"]]
    assert first.index.tolist() == [0]
    assert first["specification"].item() == "all, equal, all points, OLS"


def test_a_curve_is_computed_once(count_stored):
    windows = {"all": Window(), "late": Window(start=2020)}
    first = curve(T, Y, windows=windows, methods=["OLS"])
    again = curve(T.copy(), Y.copy(), windows=dict(windows), methods=["OLS"])
    pd.testing.assert_frame_equal(again.table, first.table)
    assert count_stored() == 1
    curve(T, Y, windows=windows, methods=["OLS"], level=0.9)
    assert count_stored() == 2


def test_the_primary_one_is_the_trend_itself():
    plain = trend.fit(T, Y, form="exponential")
    row = curve(T, Y).table.iloc[0]
    assert row["factor"] == pytest.approx(plain.growth_factor_per_year)
    assert (row["low"], row["high"]) == pytest.approx(plain.growth_factor_interval)
    # the interval ends are where p is one minus the level
    at_end = curve(T, Y, against=row["low"]).table.iloc[0]
    assert at_end["p"] == pytest.approx(0.05)


def test_an_outlier_moves_least_squares_and_not_the_median():
    y = Y.copy()
    y[-1] *= 30
    table = curve(T, y).table.set_index(["outliers", "method"])
    true = math.exp(0.7)
    off = (table["factor"] / true - 1).abs()
    assert off["all points", "OLS"] > 3 * off["all points", "median"]
    assert table.loc[("no outliers", "OLS"), "n"] == T.size - 1
    assert off["no outliers", "OLS"] < 0.05


def test_a_window_that_cannot_carry_a_fit_keeps_its_row_and_says_why():
    result = curve(T, Y, windows={"all": Window(), "last": Window(start=2024.0)}, methods=["OLS"])
    last = result.table[result.table["window"] == "last"]
    assert (result.tried, result.fitted) == (4, 2)
    assert last["factor"].isna().all()
    assert last["reason"].str.contains("needs 3 or more").all()


def test_windows_hold_both_of_their_ends():
    result = curve(T, Y, windows={"three": Window(2016, 2017)}, methods=["OLS"])
    assert result.table["n"].tolist() == [3, 3]


def test_p_values_are_adjusted_over_what_was_fitted():
    table = curve(T, Y, windows={"all": Window(), "last": Window(start=2024.0)}, methods=["OLS"]).table
    # four tried, two fitted: the smaller p counts twice, and the larger is not below it
    fitted = table.dropna(subset="p").sort_values("p")
    assert fitted["p_holm"].tolist() == pytest.approx(
        [2 * fitted["p"].iloc[0], max(2 * fitted["p"].iloc[0], fitted["p"].iloc[1])]
    )
    assert table["p_holm"].isna().sum() == 2


def test_what_is_rejected_is_counted_after_the_adjustment():
    result = curve(T, Y)
    assert result.rejecting == result.fitted == 6
    assert curve(T, Y, against=math.exp(0.7)).rejecting == 0
    assert result.span[0] <= math.exp(0.7) * 1.1
    assert result.span[0] == result.table["factor"].min()


def test_a_window_of_days_or_of_the_last_years_holds_the_same_points_as_one_of_decimal_years():
    windows = {
        "years": Window(2017.0, 2019.0),
        "days": Window(dt.date(2017, 1, 1), dt.date(2019, 1, 1)),
        "from the end": Window(last_years=T.max() - 2019.5),
        "since": Window(2019.5),
    }
    years, days, last, since = curve(T, Y, windows=windows, methods=["OLS"]).table["n"].iloc[::2]
    assert years == days == ((T >= 2017) & (T <= 2019)).sum()
    assert last == since == (T >= 2019.5).sum()


@pytest.mark.parametrize("n", [0, 2])
def test_points_too_few_for_any_trend_keep_a_row_a_specification_with_the_reason(n):
    result = curve(T[:n], Y[:n], windows={"last year": Window(last_years=1)})
    assert (result.tried, result.fitted) == (len(result.table), 0)
    assert result.table["reason"].str.startswith(f"t has {n} points: a trend needs 3").all()
    assert result.table["primary"].tolist() == [True] + [False] * (result.tried - 1)


def test_clusters_widen_least_squares_where_points_of_a_group_move_together():
    groups = np.repeat(np.arange(5), 4)
    shared = np.exp(0.7 * (T - 2015) + np.repeat([0.6, -0.5, 0.4, -0.6, 0.2], 4) + NOISE / 10)
    plain, clustered = (curve(T, shared, groups=g, methods=["OLS"]).table.iloc[0] for g in (None, groups))
    assert clustered["factor"] == pytest.approx(plain["factor"])
    assert math.log(clustered["high"] / clustered["low"]) != pytest.approx(
        math.log(plain["high"] / plain["low"])
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"against": 0.0}, "against is 0"),
        ({"methods": ["lasso"]}, r"methods \['lasso'\] are unknown"),
        ({"methods": []}, "need one entry"),
        ({"y": -Y}, "exponential trend needs values above 0"),
    ],
)
def test_what_cannot_be_tried_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        curve(**({"t": T, "y": Y} | options))


@pytest.mark.parametrize("method", ["median", "Huber"])
@pytest.mark.parametrize("last_bits", range(5))
def test_a_line_through_every_point_has_no_robust_error_and_says_so_whatever_the_last_bits(method, last_bits):
    exact = np.exp(0.7 * (T - 2015)) * (1 + 1e-15 * np.random.default_rng(last_bits).integers(-2, 3, len(T)))
    table = curve(T, exact).table.set_index(["outliers", "method"])
    assert table.loc[("all points", "OLS"), "factor"] == pytest.approx(math.exp(0.7))
    assert math.isnan(table.loc[("all points", method), "factor"])
    assert table.loc[("all points", method), "reason"].startswith(
        f"{method} found no line: the points lie on"
    )


def test_outliers_are_those_of_the_fits_without_each_point():
    """Against statsmodels, which refits the line n times; with 20 points some of which stand far off."""
    from statsmodels.regression.linear_model import OLS

    rng, result = np.random.default_rng(5), 0
    for _ in range(20):
        t = rng.uniform(2018, 2026, 20)
        y = np.exp(0.5 * (t - 2018) + 0.3 * rng.standard_t(2, 20))
        fit = OLS(np.log(y), np.column_stack([np.ones_like(t), t - t.mean()])).fit()
        slow = np.abs(fit.get_influence().resid_studentized_external) > specifications.OUTLIER_CUT
        assert specifications._outliers(t, y).tolist() == slow.tolist()
        result += slow.sum()
    assert result > 10  # there was something to find


def test_windows_since_years_come_after_the_whole_record():
    windows = specifications.windows_since(2018, 2020)
    assert list(windows) == ["whole record", "since 2018", "since 2020"]
    assert windows["since 2020"].start == 2020
