"""Charts of horizons, read through their artists: what was seen, what goes beyond it, and what the findings
say.
"""

import math
import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from matplotlib.colors import to_hex

from analysis.evidence import evidence_tables
from analysis.figures import charts, theme
from analysis.models import parity as parities
from analysis.models import prices
from analysis.statistics import backtest, trend

DAY = "2026-05-21"
AT = 2026 + 4 / 12 + 20 / 365  # the same day by the rule year + (month - 1)/12 + (day - 1)/365


def said(ax):
    chart = theme.chart_of(ax)
    assert chart.subtitle
    assert chart.alt.endswith(".")
    return chart.finding


def words(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


def marks(ax, edge, face=None):
    found = [
        np.asarray(c.get_offsets(), dtype=float)
        for c in ax.collections
        if isinstance(c, PathCollection)
        and len(c.get_offsets())
        and to_hex(c.get_edgecolor()[0]) == edge
        and (face is None or to_hex(c.get_facecolor()[0]) == face)
    ]
    return np.concatenate(found) if found else np.empty((0, 2))


def bars(ax, color):
    """Horizontal bars of a colour: from, to, height."""
    found = [
        c for c in ax.collections if isinstance(c, LineCollection) and to_hex(c.get_edgecolor()[0]) == color
    ]
    return [(a[0], b[0], a[1]) for c in found for a, b in c.get_segments()]


def lines(ax, color, *, stepped=False, dashed=None):
    return [
        np.column_stack([line.get_xdata(), line.get_ydata()]).astype(float)
        for line in ax.lines
        if to_hex(line.get_color()) == color
        and (line.get_drawstyle() == "steps-post") == stepped
        and (dashed is None or (line.get_linestyle() != "-") == dashed)
    ]


def nothing(ax):
    assert said(ax).startswith("No data")
    assert words(ax) == ["no data"]
    return True


# Prices at a fixed score


def spell(model, day, price, score, developer):
    day = pd.Timestamp(day)
    return {
        "seller": developer,
        "model": model,
        "developer": developer,
        "weights": "closed",
        "price_usd_per_mtok": price,
        "score_pct": score,
        "valid_on": day,
        "t": float(trend.decimal_year([day])[0]),
    }


SPELLS = pd.DataFrame(
    [
        spell("a", "2023-01-01", 100.0, 40, "A"),
        spell("b", "2024-01-01", 10.0, 45, "B"),
        spell("c", "2024-07-01", 30.0, 60, "C"),
        spell("d", "2025-01-01", 1.0, 42, "D"),
        spell("low", "2024-01-01", 0.5, 20, "E"),
    ]
)
FITS = pd.DataFrame(
    {
        "name": ["GPT-4", "GPT-4o"],
        "threshold_pct": [40.0, 50.0],
        "decline_factor_per_year": [10.0, np.nan],
        "bootstrap_low": [5.0, np.nan],
        "bootstrap_high": [20.0, np.nan],
        "level": 0.9,
        "n": [3, 1],
    }
)


def price(spells=SPELLS, fits=FITS, day=DAY, panels=2):
    return charts.prices.price_frontier(
        spells, fits, day=day, benchmark="GPQA", axes=theme.panels(panels, height_in=2 * panels)
    )


def test_a_panel_holds_all_prices_that_reach_its_score_and_the_cheapest_so_far_as_steps():
    top, bottom = theme.chart_of(price()).axes
    assert sorted(marks(top, theme.OPEN)[:, 1]) == [1, 10, 30, 100]  # not the 0.5 of the model with 20%
    assert marks(bottom, theme.OPEN)[:, 1].tolist() == [30]
    (steps,) = lines(top, theme.RECOMPUTED, stepped=True)
    assert steps[:3].tolist() == [[2023, 100], [2024, 10], [2025, 1]]
    assert marks(top, theme.RECOMPUTED, theme.RECOMPUTED)[:, 1].tolist() == [100, 10, 1]


def test_the_line_falls_by_the_factor_that_was_fitted_through_the_mean_of_the_steps():
    top, bottom = theme.chart_of(price()).axes
    fitted = [
        line for line in lines(top, theme.INK, dashed=False) if len(line) == 2 and line[0, 0] != line[1, 0]
    ]
    # ln 100, ln 10 and ln 1 lie on a line that falls tenfold a year, so it meets the first and the last
    assert fitted[0] == pytest.approx(np.array([[2023, 100], [2025, 1]]))
    assert not [line for line in lines(bottom, theme.INK, dashed=False) if line[0, 0] != line[1, 0]]


def test_titles_give_factor_interval_and_steps_or_why_there_is_none():
    told = [ax.get_title(loc="left") for ax in theme.chart_of(price()).axes]
    assert told == [
        "GPT-4, 40% or more: divided by 10 a year (90%: 5 to 20), 3 steps",
        "GPT-4o, 50% or more: 1 step, too few to fit",
    ]
    alone = price(fits=FITS.assign(bootstrap_low=np.nan).head(1), panels=1)
    assert alone.get_title(loc="left").endswith("divided by 10 a year, no interval, 3 steps")


def test_the_finding_spans_factors_and_intervals():
    assert (
        said(price())
        == "At a fixed score on GPQA the cheapest price fell by a factor of 10 a year; intervals reach from 5"
        " to 20"
    )
    both = FITS.assign(decline_factor_per_year=[10, 40], bootstrap_low=[5, 2], bootstrap_high=[20, 900])
    assert (
        said(price(fits=both))
        == "At a fixed score on GPQA the cheapest price fell by a factor of 10 to 40 a year; intervals reach"
        " from 2 to 900"
    )
    assert (
        said(price(fits=FITS.assign(decline_factor_per_year=np.nan)))
        == "Too few prices at a fixed score on GPQA for a trend"
    )


def test_steps_after_the_articles_day_are_hollow_and_the_day_is_a_line_in_every_panel():
    axes = theme.chart_of(price(day="2024-06-01")).axes
    assert marks(axes[0], theme.RECOMPUTED, "#ffffff")[:, 1].tolist() == [1]
    at = 2024 + 5 / 12
    assert all(
        any(line[0, 0] == pytest.approx(at) == line[1, 0] for line in lines(ax, theme.INK)) for ax in axes
    )
    assert "the article,\n1 June 2024" in words(axes[0])
    assert {"a", "d"} <= set(words(axes[0]))  # the first and the last step are named


def test_the_models_own_frames_can_be_drawn_as_they_are():
    scores = evidence_tables.load("model_benchmarks", "2026-10-31").query(
        "benchmark == 'GPQA Diamond' and protocol == 'Epoch AI run' and use == 'trend'"
    )
    spells = prices.price_spells(evidence_tables.load("api_prices", "2026-10-31"), scores, 0.75)
    fits = prices.at_thresholds(
        spells, {"GPT-4-0314": 33, "nothing": 99.9}, rng=np.random.default_rng(0), draws=100
    )
    ax = price(spells, fits)
    assert said(ax).startswith("At a fixed score on GPQA the cheapest price fell by a factor of")
    assert (
        theme.chart_of(ax).axes[1].get_title(loc="left") == "nothing, 99.9% or more: 0 steps, too few to fit"
    )


def test_prices_need_their_columns_and_a_panel_each():
    with pytest.raises(ValueError, match="spells has no column 'score_pct'"):
        price(SPELLS.drop(columns="score_pct"))
    with pytest.raises(ValueError, match="there are 1 panels for 2 rows of fits; hand in"):
        price(panels=1)
    assert nothing(price(SPELLS.assign(score_pct=1.0)))


# Time to match


LAGS = pd.DataFrame({"lag_months": [2.0, 4.0, 6.0, 9.0], "matched": [True, True, False, False]})
# 4 at risk: 3/4 after 2 months, 2/4 after 4
SURVIVAL = pd.DataFrame(
    {"lag_months": [2.0, 4.0], "unmatched_share": [0.75, 0.5], "low": [0.1, 0.05], "high": [0.95, 0.9]}
)


def match(lags=LAGS, median=4.0, interval=(2.0, math.inf), published=(), survival=SURVIVAL, level=0.95):
    return charts.benchmarks.time_to_match(
        survival,
        lags,
        median_months=median,
        interval=interval,
        level=level,
        benchmark="GPQA",
        published=published,
        ax=theme.axes(grid="y"),
    )


def test_the_share_still_unmatched_falls_in_steps_from_all_of_them_to_the_longest_lag():
    ax = match()
    (steps,) = lines(ax, theme.RECOMPUTED, stepped=True)
    assert steps.tolist() == [[0, 1], [2, 0.75], [4, 0.5], [9, 0.5]]
    (band,) = (
        c for c in ax.collections if isinstance(c, PolyCollection) and not isinstance(c, LineCollection)
    )
    assert band.get_paths()[0].vertices[:, 1].min() == 0.05


def test_lags_that_still_run_are_ticks_on_the_curve():
    (ticks,) = (c for c in match(median=math.nan).collections if isinstance(c, PathCollection))
    assert ticks.get_offsets().tolist() == [[6, 0.5], [9, 0.5]]
    assert to_hex(ticks.get_edgecolor()[0]) == theme.INK


def test_the_median_is_marked_and_told_with_its_interval():
    ax = match()
    assert [4, 0.5] in marks(ax, theme.RECOMPUTED).tolist()
    assert "half after 4 months" in words(ax)
    assert (
        said(ax)
        == "Half of the closed bests on GPQA were matched within 4 months (95%: 2 to not reached); 2 of 4 by"
        " the end of the record"
    )
    assert "95% interval" in theme.chart_of(ax).subtitle


def test_a_median_that_was_not_reached_is_no_mark():
    ax = match(median=math.nan, interval=(math.nan, math.nan))
    assert (
        said(ax)
        == "Fewer than half of the closed bests on GPQA have been matched; 2 of 4 by the end of the record"
    )
    assert not len(marks(ax, theme.RECOMPUTED))


def test_published_lags_are_rings_or_spans_below_the_curve_with_their_names():
    ax = match(published=[("Epoch AI", 18.4, 18.4), ("LessWrong", 8.0, 10.0)])
    rings = marks(ax, theme.PRINTED)
    assert set(rings[:, 0]) == {18.4, 8, 10}
    assert (rings[:, 1] < 0).all()
    assert [bar[:2] for bar in bars(ax, theme.PRINTED)] == [(18.4, 18.4), (8, 10)]
    assert {"Epoch AI, 18 months", "LessWrong, 8 to 10 months"} <= set(words(ax))
    assert ax.get_xlim()[1] > 18.4
    assert "rings: lags that others published" in theme.chart_of(ax).subtitle
    assert "rings" not in theme.chart_of(match()).subtitle
    assert min(ax.get_yticks()) == 0


def test_the_curve_of_the_model_can_be_drawn_as_it_is():
    days = pd.to_datetime(["2023-01-01", "2023-07-01", "2024-01-01", "2024-02-01", "2024-03-01"])
    scores = pd.DataFrame(
        {
            "model": list("abcde"),
            "developer": list("ABCDE"),
            "weights": ["closed", "open", "closed", "open", "closed"],
            "score_pct": [40.0, 30.0, 60.0, 50.0, 70.0],
            "valid_on": days,
        }
    )
    lags = parities.lags(scores)
    found = parities.time_to_match(lags)
    ax = match(lags, found.median_months, found.median_interval, survival=found.survival, level=found.level)
    assert said(ax).endswith(
        "1 of 3 by the end of the record"
    )  # 40 by the 50 of February 2024; 60 and 70 by none


def test_time_to_match_refuses_and_is_empty():
    with pytest.raises(ValueError, match="lags has no column 'matched'"):
        match(LAGS.drop(columns="matched"))
    with pytest.raises(ValueError, match="level is 95"):
        match(level=95)
    assert nothing(match(LAGS.head(0), survival=SURVIVAL.head(0)))


# Parity


SCORES = pd.DataFrame(
    {
        "weights": ["closed", "closed", "open", "open", "open"],
        "score_pct": [40.0, 60.0, 30.0, 25.0, 50.0],
        "valid_on": pd.to_datetime(["2024-01-01", "2025-01-01", "2024-01-01", "2024-07-01", "2025-07-01"]),
    }
)


def drawn_lines(stop=2028.0):
    t = np.array([2024.0, 2025.0, 2026.0, stop])
    kinds = [
        pd.DataFrame({"weights": kind, "t": t, "median": [low, low + 0.2, 0.8, 0.9], "level": 0.95})
        for kind, low in (("closed", 0.4), ("open", 0.3))
    ]
    return pd.concat(kinds, ignore_index=True).assign(
        mean_ci_lower=lambda f: f["median"] - 0.05, mean_ci_upper=lambda f: f["median"] + 0.05
    )


def meets(years=1.0, interval=(0.0, math.inf), never=0.2, lines=None, scores=SCORES, start=2025.5, level=0.9):
    return charts.benchmarks.parity(
        scores,
        drawn_lines() if lines is None else lines,
        benchmark="GPQA",
        day=DAY,
        start=start,
        years=years,
        interval=interval,
        never=never,
        level=level,
        ax=theme.axes(grid="y"),
    )


def test_frontiers_are_steps_to_the_end_of_the_record_and_lines_go_on_dashed():
    ax = meets()
    closed, opened = lines(ax, theme.RECOMPUTED, stepped=True)
    assert closed.tolist() == [
        [2024, 40],
        [2025, 60],
        [2025.5, 60],
    ]  # carried on to the last release of either kind
    assert opened.tolist() == [[2024, 30], [2024.5, 30], [2025.5, 50], [2025.5, 50]]
    before = [line for line in lines(ax, theme.MUTED, dashed=False) if line[0, 0] != line[-1, 0]]
    beyond = lines(ax, theme.MUTED, dashed=True)
    assert {line[-1, 0] for line in before} == {2025.5}
    assert [line[[0, -1], 0].tolist() for line in beyond] == [[2025.5, 2028], [2025.5, 2028]]
    assert beyond[0][-1, 1] == 90  # a share of 0.9
    bands = [c.get_paths()[0].vertices[:, 1] for c in ax.collections if isinstance(c, PolyCollection)]
    ends = np.array([(band.min(), band.max()) for band in bands])
    assert ends == pytest.approx(np.array([(35, 95), (25, 95)]))  # five points to both sides
    assert {"closed 90%", "open 90%", "record ends July 2025", "the article, 21 May 2026"} <= set(words(ax))
    assert any(line[0, 0] == pytest.approx(AT) for line in lines(ax, theme.INK))


def test_the_time_of_parity_is_a_bar_with_the_estimate_and_an_arrow_where_it_never_ends():
    ax = meets()
    (bar,) = bars(ax, theme.RECOMPUTED)
    assert bar[:2] == pytest.approx((2025.5, ax.get_xlim()[1]))
    assert [2026.5, bar[2]] in marks(ax, theme.RECOMPUTED).tolist()
    assert sum(getattr(text, "arrow_patch", None) is not None for text in ax.texts) == 1
    assert "20% never" in words(ax)
    sure = meets(interval=(0.5, 2.0), never=0.0)
    assert bars(sure, theme.RECOMPUTED)[0][:2] == (2026, 2027.5)
    assert not any(getattr(text, "arrow_patch", None) for text in sure.texts)


@pytest.mark.parametrize(
    ("years", "interval", "told"),
    [
        (1.0, (0.0, math.inf), "meet in July 2026 (90% of draws: already to never)"),
        (0.0, (0.0, 2.0), "have met already (90% of draws: already to July 2027)"),
        (math.inf, (3.0, math.inf), "never meet (90% of draws: July 2028 to never)"),
        (90.0, (80.0, math.inf), "meet after 2100 (90% of draws: after 2100 to never)"),
    ],
)
def test_the_finding_says_when_and_how_often_never(years, interval, told):
    assert (
        said(meets(years, interval))
        == f"On GPQA the lines of open and closed weights {told}; in 20% of draws they never do"
    )


def test_the_lines_of_the_model_can_be_drawn_as_they_are():
    t = [2024.0, 2024.5, 2025.0, 2025.5]
    fits = {
        "closed": trend.fit(t, [0.4, 0.5, 0.6, 0.65], form="logistic", floor=0.25),
        "open": trend.fit(t, [0.3, 0.4, 0.5, 0.6], form="logistic", floor=0.25),
    }
    lines_ = pd.concat(
        [fit.forecast(np.linspace(2024, 2028, 9)).assign(weights=kind) for kind, fit in fits.items()]
    )
    assert "95% bands" in theme.chart_of(meets(lines=lines_)).subtitle


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"scores": SCORES[SCORES["weights"] == "open"]}, "scores has no closed weights; both kinds"),
        ({"lines": drawn_lines().query("weights == 'open'")}, "lines has no closed weights"),
        ({"lines": drawn_lines().drop(columns="median")}, "lines has no column 'median'"),
        ({"never": 20.0}, "never is 20.0; it is a share"),
        ({"level": 90}, "level is 90"),
    ],
)
def test_parity_refuses(change, told):
    with pytest.raises(ValueError, match=told):
        meets(**change)


# History


QUARTERS = pd.Series([1.0, 2.0, 4.0], index=pd.to_datetime(["2025-03-31", "2025-06-30", "2025-09-30"]))


def fan_of(name="NVIDIA", low=3.0):
    return pd.DataFrame(
        {
            "series": name,
            "time": [2026.0, 2026.25],
            "p5": low,
            "p25": [4.0, 5.0],
            "p50": [5.0, 6.0],
            "p75": [6.0, 8.0],
            "p95": [7.0, 12.0],
        }
    )


def naive_of(name="NVIDIA", value=5.5):
    return pd.DataFrame({"series": name, "time": [2026.0, 2026.25], "value": [5.0, value]})


def past(series=None, fans=None, naive=None, panels=1):
    return charts.market.record_and_paths(
        {"NVIDIA": QUARTERS} if series is None else series,
        fan_of() if fans is None else fans,
        naive_of() if naive is None else naive,
        unit="usd_bn",
        subtitle="Revenue",
        axes=theme.panels(panels, height_in=3 * panels),
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
    assert {"median $6B", "naive $5.5B", "$3B", "$12B", "record ends September 2025"} <= set(words(ax))
    last = ax.patches[-1].get_bbox()
    assert last.xmax == pytest.approx(end)  # a bar ends on the day on which its quarter ends
    assert abs(last.width) == pytest.approx(
        0.21, abs=0.005
    )  # 0.84 of the 0.25 years from one quarter to the next


def test_one_series_is_told_in_amounts_and_several_in_how_many_naive_forecasts_lie_inside():
    assert (
        said(past())
        == "NVIDIA: 90% of simulated paths lie between $3B and $12B in April 2026, half above $6B; the naive"
        " forecast is $5.5B"
    )
    both = {"NVIDIA": QUARTERS, "Meta": QUARTERS * 2}
    ax = past(
        both, pd.concat([fan_of(), fan_of("Meta")]), pd.concat([naive_of(), naive_of("Meta", 1.0)]), panels=2
    )
    assert (
        said(ax) == "At the end of the forecast one of two naive forecasts lies within 90% of simulated paths"
    )
    assert [one.get_title(loc="left") for one in theme.chart_of(ax).axes] == ["NVIDIA", "Meta"]
    short = past(
        {"NVIDIA": QUARTERS, "Meta": QUARTERS.tail(2)},
        pd.concat([fan_of(), fan_of("Meta")]),
        pd.concat([naive_of(), naive_of("Meta")]),
        panels=2,
    )
    assert (
        short.get_xlim()[0] < trend.decimal_year(["2025-03-31"])[0] - 0.2
    )  # the first bar of the longest record


def test_quantiles_of_simulated_paths_can_be_drawn_as_they_are():
    values = pd.Series(np.exp(0.1 * np.arange(12)), index=pd.date_range("2022-03-31", periods=12, freq="QE"))
    paths = backtest.simulate_paths(values, "log_drift", 2, 200, np.random.default_rng(0))
    fan = charts.simulation.quantiles(np.array([2025.25, 2025.5]), paths, "S")
    ax = past({"S": values}, fan, naive_of("S"))
    assert said(ax).startswith("S: 90% of simulated paths lie between")


def test_history_refuses_and_is_empty():
    with pytest.raises(ValueError, match="fans has no series 'NVIDIA'; each series needs its forecast"):
        past(fans=fan_of("other"))
    with pytest.raises(ValueError, match="naive has no column 'value'"):
        past(naive=naive_of().drop(columns="value"))
    with pytest.raises(ValueError, match="there are 2 panels for 1 series; hand in"):
        past(panels=2)
    assert nothing(past({}))


# Shares of sums


def shares(**by_span):
    levels = (0.05, 0.25, 0.5, 0.75, 0.95)
    return pd.DataFrame(
        [
            (span.replace("_", " "), q, s)
            for span, values in by_span.items()
            for q, s in zip(levels, values, strict=True)
        ],
        columns=["ahead", "quantile", "share"],
    )


TWO = shares(
    the_next_two_years=(0.02, 0.03, 0.04, 0.05, 0.07), the_next_three_years=(0.005, 0.01, 0.015, 0.02, 0.036)
)


def shared(table=TWO, threshold=0.2):
    return charts.market.share_of_sum(
        table,
        amount_usd_bn=60,
        what="the revenue",
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


@pytest.mark.parametrize(
    ("threshold", "told"),
    [
        (0.2, "in 95% of paths it is below 20%"),
        (0.004, "in 95% of paths it is 0.4% or more"),
        (0.04, "90% of paths do not decide whether it reaches 4%"),
        (0.05, "90% of paths do not decide whether it reaches 5%"),
        (0.01, "90% of paths do not decide whether it reaches 1%"),
    ],
)
def test_the_finding_holds_the_share_against_the_statement(threshold, told):
    begins = (
        "In the median path $60B is 4.0% of the revenue over the next two years and 1.5% over the next three"
        " years"
    )
    assert said(shared(threshold=threshold)) == f"{begins}; {told}"


def test_of_many_spans_and_methods_the_finding_gives_the_ends():
    three = pd.concat([TWO, shares(next_two_years_naively=(0.05, 0.06, 0.07, 0.08, 0.09))])
    assert said(shared(three)).startswith(
        "By every span and method the median path makes $60B between 1.5% and 7.0% of the revenue; in 95%"
    )


def test_shares_of_the_model_can_be_drawn_as_they_are_and_others_are_refused():
    paths = np.full((50, 4), 75.0)
    table = backtest.share_of_sum(60, paths, (0.05, 0.25, 0.5, 0.75, 0.95)).table.assign(
        ahead="the next year"
    )
    assert said(shared(table)).startswith(
        "In the median path $60B is 20% of the revenue over the next year"
    )  # 60 / 300
    with pytest.raises(ValueError, match=r"shares has no quantile 0.95; it needs 0.05, 0.25"):
        shared(TWO[TWO["quantile"] < 0.9])
    with pytest.raises(ValueError, match=r"quantile 0.05 of 'the next two years' stands twice"):
        shared(pd.concat([TWO, TWO.head(1)]))
    with pytest.raises(ValueError, match="threshold is 0; give a share"):
        shared(threshold=0)
    assert nothing(shared(TWO.head(0)))


# All of them


@pytest.mark.parametrize("draw", [price, match, meets, past, shared])
def test_charts_are_the_same_bytes_each_time_well_formed_and_dark_where_they_should_be(draw):
    once, again = (theme.svg(theme.chart_of(draw())) for _ in range(2))
    assert once == again
    ET.fromstring(once)
    assert set(re.findall(r"(?:fill|stroke): (#\w{6})", once)) <= set(theme.DARK)
    assert theme.png(theme.chart_of(draw())).startswith(b"\x89PNG")
