import math

import numpy as np
import pandas as pd
import pytest

from analysis import scenarios
from analysis.evidence import article_tables, evidence_tables
from analysis.models import market
from analysis.provenance import inputs_of


@pytest.fixture(scope="module")
def sizes():
    return article_tables.load("market_size")


def test_all_five_printed_rates_come_out_over_five_years_and_none_over_four(sizes):
    five = market.growth_checks(sizes, 5)
    assert (five["recomputed_pct"].round() == five["stated_pct"]).all()
    four = market.growth_checks(sizes, 4).set_index("segment")
    # 18 / 4 = 4.5;   4.5 ** 0.25 = 1.4565 -> 45.65 %, 10.65 above the printed 35
    assert four.loc["AI Customer Service (Chatbots)", "recomputed_pct"] == pytest.approx(45.65, abs=0.01)
    assert four["difference_points"].between(9, 15).all()


def test_the_segments_add_up(sizes):
    # 2.5 + 4 + 3 + 1.5 + 0.8 = 11.8;   15 + 18 + 12 + 8 + 5 = 58;   58 / 11.8 = 4.915
    assert market.totals(sizes).tolist() == [
        pytest.approx(11.8),
        pytest.approx(58),
        pytest.approx(4.9153, abs=1e-4),
    ]


def test_rates_by_period_hold_one_row_for_each_segment_and_period(sizes):
    rates = market.rates_by_period(sizes, [4, 5])
    assert len(rates) == 10
    assert set(rates["years"]) == {4, 5}


def test_required_revenue_by_hand():
    # 60 * 1.2^5 = 149.2992;   / (0.13 * 0.8 * 10) = 143.5569
    assert market.required_revenue_usd_bn(60, 20, 5, 0.13, 0.8, 10) == pytest.approx(143.5569, abs=1e-4)


def test_the_grid_is_the_function_at_each_point():
    table = market.required_revenue_grid(
        returns_pct=[0, 20],
        multiples=[5, 10],
        invested_usd_bn=60,
        years=5,
        stake_share=0.13,
        retained_share=0.8,
    )
    assert table[["multiple_x", "return_pct"]].to_numpy().tolist() == [[5, 0], [5, 20], [10, 0], [10, 20]]
    grid = table.pivot(index="return_pct", columns="multiple_x", values="revenue_usd_bn")
    assert grid.loc[20, 10] == pytest.approx(market.required_revenue_usd_bn(60, 20, 5, 0.13, 0.8, 10))
    assert (grid.diff().dropna() > 0).all(axis=None)  # a higher return needs more
    assert (grid.diff(axis=1).iloc[:, 1:] < 0).all(axis=None)  # a higher multiple needs less


def test_a_forecast_speaks_of_the_years_between_its_ends_alone():
    forecasts = pd.DataFrame(
        {"base_year": [2023.0], "base_usd_bn": [2.0], "end_year": [2027.0], "end_usd_bn": [32.0]}
    )
    values = {year: market.forecast_value(forecasts, year).iloc[0] for year in (2022, 2023, 2024, 2027, 2028)}
    # 32 / 2 = 16 in four years: twice a year
    assert values == {
        2022: pytest.approx(math.nan, nan_ok=True),
        2023: 2,
        2024: pytest.approx(4),
        2027: 32,
        2028: pytest.approx(math.nan, nan_ok=True),
    }


def test_a_forecast_of_others_by_hand():
    forecasts = evidence_tables.load("market_size_forecasts")
    row = forecasts[(forecasts["market"] == "chatbots") & (forecasts["forecaster"] == "MarketsandMarkets")]
    # 5.4 in 2023, 15.5 in 2028: 5.4 * (15.5 / 5.4)^(1/5) = 6.668
    assert market.forecast_value(row, 2024).tolist() == [pytest.approx(6.668, abs=1e-3)]


def test_no_forecast_gives_no_value():
    none = evidence_tables.load("market_size_forecasts").iloc[:0]
    assert market.forecast_value(none, 2024).empty
    assert list(market.dispersion(none, 2028)) == list(market.DISPERSION)


def test_forecasters_are_compared_on_one_year_and_each_grows_over_its_own():
    table = pd.DataFrame(
        {
            "segment": ["a", "a", "a", "b"],
            "base_year": [2024, 2024, 2026, 2024],
            "base_usd_bn": [1.0, 4.0, 1.0, 1.0],
            "end_year": [2026, 2026, 2028, 2025],
            "end_usd_bn": [4.0, 16.0, 1.21, 2.0],
        }
    )
    result = market.dispersion(table, 2025).set_index("segment")
    # on 2025: 1 x 4^(1/2) = 2 and 4 x 4^(1/2) = 8; the third begins later
    a = result.loc["a"]
    assert a[["forecasts", "sized", "size_low", "size_median", "size_high", "spread_x"]].tolist() == [
        3,
        2,
        2,
        5,
        8,
        4,
    ]
    assert a[["cagr_low_pct", "cagr_median_pct", "cagr_high_pct"]].tolist() == pytest.approx([10, 100, 100])
    # one forecaster is no dispersion
    assert math.isnan(result.loc["b", "spread_x"])
    assert result.loc["b", "cagr_median_pct"] == pytest.approx(100)


def test_sizes_of_forecasts_have_a_column_a_year():
    forecasts = pd.DataFrame(
        {"base_year": [2023.0], "base_usd_bn": [2.0], "end_year": [2027.0], "end_usd_bn": [32.0]}
    ).assign(segment="A", forecaster="F", market="M", scope_fit="close")
    sizes = market.forecast_sizes(forecasts, [2024, 2028])
    # 32 / 2 = 16 in four years: twice a year; 2028 lies beyond its end
    assert sizes.loc[0, "size_2024_usd_bn"] == pytest.approx(4.0)
    assert math.isnan(sizes.loc[0, "size_2028_usd_bn"])
    assert list(sizes)[:4] == ["segment", "forecaster", "market", "scope_fit"]


def test_the_gap_of_growth_is_the_mean_with_its_ends_and_knows_the_years(sizes):
    assumptions = scenarios.check(scenarios.resolve("base"))
    gap = market.growth_gap(sizes, assumptions.elapsed_years)
    differences = market.growth_checks(sizes, 4)["difference_points"]
    assert gap == (differences.mean(), differences.min(), differences.max())
    assert inputs_of(gap) == {"elapsed_years": 4.0}


def test_weeks_of_sales_are_those_of_the_last_quarter():
    quarters = pd.DataFrame({"data_center_revenue_usd_mn": [10_000.0, 26_000.0, math.nan]})
    # 60 of 26 a quarter of 13 weeks: 30 weeks
    assert market.weeks_of_sales(60, quarters) == pytest.approx(30)
    assert math.isnan(market.weeks_of_sales(60, quarters.tail(1)))


def test_spending_is_in_billions_by_company_over_its_longest_stretch():
    days = pd.to_datetime(["2024-03-31", "2024-06-30", "2024-09-30", "2025-03-31"])
    capex = pd.DataFrame({"company": "A", "valid_on": days, "capex_usd_mn": [1000.0, 2000.0, 3000.0, 4000.0]})
    (name, values), *others = market.quarterly_spending(capex).items()
    assert (name, values.tolist(), others) == ("A capex", [1.0, 2.0, 3.0], [])


def test_a_share_of_sales_is_that_of_each_sum_and_the_first_method_counts():
    sales = pd.Series(50.0 + np.arange(12) % 3, index=pd.date_range("2023-03-31", periods=12, freq="QE"))
    shares = market.share_of_sales(
        60, sales, ["log_drift", "drift", "drift"], years=[2, 3], draws=400, seed=1
    )
    # a row a span, method and quantile
    assert len(shares.table) == 2 * 2 * 5
    assert list(shares.table["ahead"].unique()) == [
        "next two years, random walk with drift",
        "next two years, drift in the original unit",
        "next three years, random walk with drift",
        "next three years, drift in the original unit",
    ]
    two, three = shares.over(2), shares.over(3)
    first = shares.table.query("method == 'log_drift' and years == 2").set_index("quantile_level")["share"]
    assert (two.low, two.value, two.high) == pytest.approx(tuple(first[[0.05, 0.5, 0.95]]), abs=5e-4)
    assert three.value < two.value  # a longer sum is larger
    chosen = scenarios.check(scenarios.resolve("base", {"draws": 1000}))
    known = market.share_of_sales(60, sales, ["drift"], years=[2], draws=chosen.draws, seed=chosen.seed)
    assert known.over(2).inputs == {"draws": 1000, "seed": chosen.seed}
    alone = market.share_of_sales(60, sales, ["log_drift"], years=[2, 3], draws=400, seed=1)
    assert alone.over(3) == three  # the streams of methods do not depend on each other
