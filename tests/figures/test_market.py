"""Do the charts say how large the market is: printed, forecast, simulated and added up?"""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PolyCollection

from analysis.evidence import article_tables, evidence_tables
from analysis.figures import charts, theme
from analysis.models import market
from analysis.statistics import backtest, trend
from tests.figures.artists import (
    assert_drawn_alike,
    bars,
    colours,
    date_number,
    finding,
    is_empty,
    lines,
    marks,
    note,
    numbers_in,
    points,
    subtitle,
    words,
)

LATER = "2026-10-31"
DAY = "2026-05-21"


@pytest.fixture(scope="module")
def sizes():
    return article_tables.load("market_size")


def test_growth_rates_stand_printed_next_to_recomputed(sizes):
    ax = charts.market.growth_rates(market.growth_checks(sizes, 4), years=4, ax=theme.axes())
    drawn = {round(float(x), 1) for x, _ in points(ax)}
    assert {43.0, 35.0, 32.0, 40.0, 44.0} <= drawn  # as printed
    assert {56.5, 45.6, 41.4, 52.0, 58.1} <= drawn  # recomputed
    assert numbers_in(finding(ax)) == ["9"]  # the smallest difference: 41.4 − 32
    assert numbers_in(note(ax)) == ["5.0"]


def test_over_five_years_the_growth_chart_says_the_opposite(sizes):
    ax = charts.market.growth_rates(market.growth_checks(sizes, 5), years=5, ax=theme.axes())
    four = charts.market.growth_rates(market.growth_checks(sizes, 4), years=4, ax=theme.axes())
    assert numbers_in(finding(ax)) == ["5"]
    assert finding(ax) != finding(four)


def test_the_lines_of_implied_periods_cross_zero_at_five(sizes):
    checks = market.growth_checks(sizes, 4)
    ax = charts.market.implied_periods(
        market.rates_by_period(sizes, [3, 4, 5, 6]), checks, years=4, ax=theme.axes()
    )
    segments = [line for line in ax.lines if len(line.get_xdata()) == 4]
    assert len(segments) == 5
    for line in segments:
        assert np.interp(5, line.get_xdata(), line.get_ydata()) == pytest.approx(0, abs=0.5)
    assert "5" in numbers_in(finding(ax))


QUARTERS = pd.Series([1.0, 2.0, 4.0], index=pd.to_datetime(["2025-03-31", "2025-06-30", "2025-09-30"]))


def fan_of(name="NVIDIA", low=3.0, naive=5.5):
    return pd.DataFrame(
        {
            "series": name,
            "decimal_year": [2026.0, 2026.25],
            "p5": low,
            "p25": [4.0, 5.0],
            "p50": [5.0, 6.0],
            "p75": [6.0, 8.0],
            "p95": [7.0, 12.0],
            "naive": [5.0, naive],
        }
    )


def past(series=None, fans=None, axes=None):
    return charts.market.record_and_paths(
        {"NVIDIA": QUARTERS} if series is None else series,
        fan_of() if fans is None else fans,
        unit="usd_bn",
        subtitle="Revenue",
        axes=axes,
    )


def test_the_record_is_bars_and_the_fan_and_the_naive_forecast_start_at_its_end():
    ax = past()
    assert [bar.get_height() for bar in ax.patches] == [1, 2, 4]
    end = float(trend.decimal_year(["2025-09-30"])[0])
    (median,) = [line for line in lines(ax, theme.RECOMPUTED) if len(line) == 3]
    assert median == pytest.approx(np.array([[end, 4], [2026, 5], [2026.25, 6]]))
    (naive,) = [line for line in lines(ax, theme.INK, dashed=True) if len(line) == 3]
    assert naive[:, 1].tolist() == [4, 5, 5.5]
    tops = sorted(
        float(c.get_paths()[0].vertices[:, 1].max()) for c in ax.collections if isinstance(c, PolyCollection)
    )
    assert tops == [8, 12]  # 75% and 95%
    assert {"median $6bn", "naive $5.5bn", "$3bn", "$12bn", "record ends September 2025"} <= set(words(ax))
    last = ax.patches[-1].get_bbox()
    assert last.xmax == pytest.approx(end)  # a bar ends on the day on which its quarter ends
    assert abs(last.width) == pytest.approx(
        0.21, abs=0.005
    )  # 0.84 of the 0.25 years from one quarter to the next


def test_one_series_is_described_by_amounts_and_several_by_how_many_naive_forecasts_lie_inside():
    assert all(amount in finding(past()) for amount in ("$3bn", "$12bn"))  # 5% and 95%
    both = {"NVIDIA": QUARTERS, "Meta": QUARTERS * 2}
    ax = past(both, pd.concat([fan_of(), fan_of("Meta", naive=1.0)]))
    assert "one of two" in finding(ax)
    assert [panel.get_title(loc="left") for panel in theme.chart_of(ax).axes] == ["NVIDIA", "Meta"]
    short = past({"NVIDIA": QUARTERS, "Meta": QUARTERS.tail(2)}, pd.concat([fan_of(), fan_of("Meta")]))
    assert (
        short.get_xlim()[0] < trend.decimal_year(["2025-03-31"])[0] - 0.2
    )  # the first bar of the longest record


def test_paths_ahead_can_be_drawn_as_they_are_and_a_series_without_them_has_no_panel():
    days = pd.date_range("2022-03-31", periods=12, freq="QE")
    series = {"S": pd.Series(np.exp(0.1 * np.arange(12)), index=days), "short": QUARTERS}
    tested = backtest.rolling_origin({"S": series["S"]}, methods=["log_drift"])
    ahead = backtest.simulate_ahead(series, tested.ranking, 2, draws=200, seed=0)
    ax = past(series, ahead)
    assert finding(ax).startswith("S ")
    assert len(theme.chart_of(ax).axes) == 1


def test_history_refuses_and_is_empty():
    with pytest.raises(ValueError, match="series has no 'other'; each series ahead needs its record"):
        past(fans=fan_of("other"))
    with pytest.raises(ValueError, match="ahead has no column 'naive'"):
        past(fans=fan_of().drop(columns="naive"))
    with pytest.raises(ValueError, match="there are 2 panels for 1 series; hand in"):
        past(axes=theme.panels(2))
    assert is_empty(past(fans=fan_of().iloc[:0]))


def test_revenue_above_the_segments_is_bold_and_counted():
    grid = market.required_revenue_grid(
        returns_pct=[0, 20],
        multiples=[5, 20],
        invested_usd_bn=60,
        years=5,
        stake_share=0.1,
        retained_share=1.0,
    )
    ax = charts.market.required_revenue(grid, years=5, segments_usd_bn=58)
    # 60 / (0.1 x 5) = 120 and / (0.1 x 20) = 30; times 1.2^5 = 2.488: 299 and 75
    assert [(text.get_text(), text.get_fontweight()) for text in ax.texts] == [
        ("120", "semibold"),
        ("30", "normal"),
        ("299", "semibold"),
        ("75", "semibold"),
    ]
    assert finding(ax).startswith("3 of 4 cases")
    assert {"5", "58"} <= set(numbers_in(subtitle(ax)))
    assert [label.get_text() for label in ax.get_xticklabels()] == ["5", "20"]


def shares(**by_span):
    levels = (0.05, 0.25, 0.5, 0.75, 0.95)
    return pd.DataFrame(
        [
            (span.replace("_", " "), q, s)
            for span, values in by_span.items()
            for q, s in zip(levels, values, strict=True)
        ],
        columns=["ahead", "quantile_level", "share"],
    )


TWO = shares(
    the_next_two_years=(0.02, 0.03, 0.04, 0.05, 0.07), the_next_three_years=(0.005, 0.01, 0.015, 0.02, 0.036)
)


def shared(table=TWO, threshold=0.2):
    return charts.market.share_of_sum(
        table,
        amount_usd_bn=60,
        subject="the revenue",
        threshold=threshold,
        reading="“significant”",
        ax=theme.axes(),
    )


def test_a_span_has_bars_of_half_and_of_nine_tenths_of_the_paths_and_a_dot_at_the_median():
    ax = shared()
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "the next two years",
        "the next three years",
    ]
    assert np.round([bar[:2] for bar in bars(ax, theme.RECOMPUTED)], 6).tolist() == [
        [2, 7],
        [3, 5],
        [0.5, 3.6],
        [1, 2],
    ]
    assert marks(ax, theme.RECOMPUTED)[:, 0].tolist() == pytest.approx([4, 1.5])
    assert {"4.0% (2.0% to 7.0%)", "1.5% (0.5% to 3.6%)"} <= set(words(ax))
    assert [set(line[:, 0]) for line in lines(ax, theme.PRINTED)] == [{20.0}]
    assert "“significant”: from 20%" in words(ax)


LEVELS = [
    (0.2, "20%"),  # every span lies below in 95% of futures
    (0.004, "0.4%"),  # and above
    (0.04, "4%"),  # these lie within the bars
    (0.05, "5%"),
    (0.01, "1%"),
]


@pytest.mark.parametrize(("threshold", "verdict"), LEVELS)
def test_the_finding_compares_the_share_with_the_statement(threshold, verdict):
    assert verdict in finding(shared(threshold=threshold))
    forms = {level: finding(shared(threshold=level)).replace(text, "") for level, text in LEVELS}
    assert len(set(forms.values())) == 3
    assert forms[0.04] == forms[0.05] == forms[0.01]


def test_of_many_spans_and_methods_the_widest_decides():
    three = pd.concat([TWO, shares(next_two_years_naively=(0.05, 0.06, 0.07, 0.08, 0.25))])
    assert finding(shared(three)) != finding(shared(TWO))  # one span reaches the 20%


def test_shares_of_the_model_can_be_drawn_as_they_are_and_others_are_refused():
    paths = np.full((50, 4), 75.0)
    table = backtest.share_of_sum(60, paths, (0.05, 0.25, 0.5, 0.75, 0.95)).table.assign(
        ahead="the next year"
    )
    assert "20% or more" in finding(shared(table))  # 60 / 300
    with pytest.raises(ValueError, match=r"shares has no quantile 0.95; it needs 0.05, 0.25"):
        shared(TWO[TWO["quantile_level"] < 0.9])
    with pytest.raises(ValueError, match=r"quantile 0.05 of 'the next two years' stands twice"):
        shared(pd.concat([TWO, TWO.head(1)]))
    with pytest.raises(ValueError, match="threshold is 0; give a share"):
        shared(threshold=0)
    assert is_empty(shared(TWO.head(0)))


def known(name, as_of=LATER):
    return evidence_tables.load(name, as_of)


def ranges(sizes, year, as_of=LATER):
    forecasts = market.forecast_sizes(known("market_size_forecasts", as_of), [year])
    return charts.market.forecast_ranges(forecasts, sizes, year=year)


def test_printed_sizes_of_2024_against_forecasts_of_the_same_scope(sizes):
    ax = ranges(sizes, 2024)
    # code 2.5 under 6.18; service 4.0 under 6.67; content 3.0 from 2.15 to 15.2; drugs 1.5 over 1.26;
    # robotics: none close. One firm covers code and drugs, and content is from 2 to 15: service alone is
    # decided
    assert finding(ax).startswith("The one 2024 size")
    assert finding(ax).endswith("too low")
    assert sorted(marks(ax, theme.PRINTED)[:, 0]) == [0.8, 1.5, 2.5, 3.0, 4.0]
    close = sorted(marks(ax, theme.RECOMPUTED, theme.RECOMPUTED)[:, 0])
    assert close == [pytest.approx(v, abs=0.01) for v in (1.26, 2.15, 6.18, 6.67, 7.76, 12.06, 14.8, 15.22)]
    assert len(marks(ax, theme.RECOMPUTED, "#ffffff")) == 4
    assert ax.get_xscale() == "log"
    assert {"$2.5bn", "$0.8bn"} <= set(words(ax))


def test_rows_of_marks_are_those_of_their_segment(sizes):
    ax = ranges(sizes, 2024)
    rows = dict(zip((label.get_text() for label in ax.get_yticklabels()), ax.get_yticks(), strict=True))
    code = [
        x
        for x, y in marks(ax, theme.RECOMPUTED, theme.RECOMPUTED)
        if y == rows["Code Generation & Assistants"]
    ]
    assert code == [pytest.approx(6.177, abs=1e-3)]  # 4.86 * (26.03 / 4.86)^(1/7)


def test_printed_sizes_of_2028_are_decided_as_the_cells_of_the_table(sizes):
    # content is from 4 to 46: no figure could miss it
    assert finding(ranges(sizes, 2028)).startswith("The three 2028 sizes")
    assert finding(ranges(sizes, 2028)).endswith("right")
    double = sizes.assign(size_2028_usd_bn=sizes["size_2028_usd_bn"] * [3, 1, 1, 1, 1])
    assert finding(ranges(double, 2028)).startswith("One of three 2028 sizes")


def test_forecasts_known_early_are_fewer(sizes):
    # on 1 March 2024 one firm alone forecasts chatbots
    assert "none" in finding(ranges(sizes, 2024, "2024-03-01"))
    assert is_empty(ranges(sizes, 2024, "2020-01-01"))
    broad = known("market_size_forecasts").query("scope_fit != 'close'")
    ax = charts.market.forecast_ranges(market.forecast_sizes(broad, [2024]), sizes, year=2024)
    assert finding(ax).startswith("No forecast")


def test_the_note_compares_the_spread_of_forecasters_with_a_fifth_period_where_it_is_wider(sizes):
    forecasts = known("market_size_forecasts")

    def noted(**spread):
        return note(charts.market.growth_forecasts(forecasts, sizes, pd.DataFrame(spread)))

    # a fifth year at the article's highest rate, 44% a year, makes 1.44 times
    wide, narrow = noted(spread_x=[1.5, 3.0, np.nan]), noted(spread_x=[1.4, 3.0])
    assert numbers_in(wide)[1:] == ["1.5", "3.0"]
    assert len(wide) > len(narrow)
    assert noted(spread_x=[np.nan]) == "No two forecasts of one segment reach 2028."


def axes():
    return theme.axes(grid="y")


def chips(as_of=LATER):
    return charts.market.chip_revenue(
        known("nvidia_revenue", as_of), investment_usd_bn=60, day=DAY, ax=axes(), as_of=as_of
    )


def test_the_investment_in_weeks_of_chip_revenue():
    ax = chips()
    # Q1 FY2027 was reported on 20 May 2026: 60 / 75.246 * 13 = 10.37
    assert numbers_in(finding(ax)) == ["60", "10"]
    assert "20 May 2026" not in subtitle(ax)
    hollow = [bar for bar in ax.patches if bar.get_facecolor()[3] == 0]
    assert [bar.get_height() for bar in hollow] == [pytest.approx(89.023)]  # reported on 26 August
    assert len(ax.patches) == 26
    assert {"75.2", "89.0", "the investment, $60bn"} <= set(words(ax))
    right = max(bar.get_bbox().xmax for bar in ax.patches if bar.get_facecolor()[3])
    assert right == pytest.approx(date_number("2026-04-26"))  # a bar fills its quarter and ends with it


def test_chips_on_the_day_before_the_report_take_the_quarter_before():
    ax = chips("2026-05-19")
    assert numbers_in(finding(ax)) == ["60", "13"]  # 60 / 62.314 * 13 = 12.52
    assert "hollow" not in theme.chart_of(ax).subtitle
    assert is_empty(chips("2020-01-01"))


def test_a_quarter_that_had_ended_but_was_not_reported_is_hollow():
    ax = charts.market.chip_revenue(
        known("nvidia_revenue"), investment_usd_bn=60, day="2026-05-01", ax=axes()
    )  # the quarter to 26 April was reported on 20 May
    assert numbers_in(finding(ax)) == ["60", "13"]
    assert [bar.get_height() for bar in ax.patches if bar.get_facecolor()[3] == 0] == [
        pytest.approx(75.246),
        pytest.approx(89.023),
    ]


def grown(table=None):
    forecasts = evidence_tables.load("market_size_forecasts", LATER) if table is None else table
    return charts.market.growth_forecasts(forecasts, article_tables.load("market_size"), ax=theme.axes())


def test_a_segment_has_the_printed_rate_as_ring_and_forecasters_own_as_dots():
    ax = grown()
    rows = dict(zip((label.get_text() for label in ax.get_yticklabels()), ax.get_yticks(), strict=True))
    rings = {row: rate for rate, row in marks(ax, theme.PRINTED)}
    assert rings[rows["Code Generation & Assistants"]] == 43
    filled = marks(ax, theme.RECOMPUTED, theme.RECOMPUTED)
    drug = sorted(filled[filled[:, 1] == rows["AI Drug Discovery"], 0])
    # (4.9/0.9)^(1/5), (49.5/4.6)^(1/9), (13.77/2.35)^(1/8): 40.3%, 30.2%, 24.7%
    assert drug == pytest.approx([24.7, 30.2, 40.3], abs=0.05)
    robots = marks(ax, theme.RECOMPUTED, "#ffffff")
    assert (robots[:, 1] == rows["AI Robotics\n(Warehouse/Manuf.)"]).sum() == 5  # none counts the same market
    spans = [
        (round(a[0], 1), round(b[0], 1))
        for c in ax.collections
        if isinstance(c, LineCollection)
        for a, b in c.get_segments()
    ]
    assert (24.7, 40.3) in spans


def test_the_finding_counts_growth_rates_outside_the_forecasts():
    assert finding(grown()).startswith("One of four")
    broad = evidence_tables.load("market_size_forecasts", LATER).query("scope_fit == 'broad'")
    assert finding(grown(broad)).startswith("No forecast")
    steep = evidence_tables.load("market_size_forecasts", LATER).assign(end_usd_bn=1e6)
    assert finding(grown(steep)).startswith("All")
    with pytest.raises(ValueError, match="forecasts has no column 'base_year'"):
        grown(broad.drop(columns="base_year"))
    assert is_empty(grown(broad.head(0)))


@pytest.mark.parametrize("draw", [past, shared, grown])
def test_charts_are_the_same_bytes_each_time_well_formed_and_dark_where_they_should_be(draw):
    assert_drawn_alike(draw)


def test_every_colour_has_a_dark_counterpart(sizes):
    assert colours(ranges(sizes, 2028)) <= set(theme.DARK)
    assert colours(chips()) <= set(theme.DARK)
