"""Do the charts say what the fits say: what is solid, dark or hollow, and what comes out again?"""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection

from analysis.figures import charts, theme
from analysis.statistics import trend
from tests.figures.artists import (
    assert_drawn_alike,
    bars,
    finding,
    is_empty,
    lines,
    marks,
    numbers_in,
    rows,
    subtitle,
    text_boxes,
    words,
)

DAY = "2026-05-21"
AT = 2026 + 4 / 12 + 20 / 365  # the same day by the rule year + (month - 1)/12 + (day - 1)/365


PUBLISHED = pd.DataFrame(
    [
        # evidence/published_results.md, section 1: A prints 2.4 (95% 2.0 to 3.1) and comes out as 2.447931
        # (1.962059 to 3.054121)
        ("A", "Training cost", 2.4, 2.0, 3.1, 2.447931, 1.962059, 3.054121, True, 0.95),
        ("B", "Training cost, revised", 2.40727, 1.969, 2.9431, 2.407268, 1.968995, 2.943095, True, 0.9),
        ("C", "Invented", 10.0, np.nan, np.nan, 12.3, 9.0, 16.0, False, 0.9),
        ("D", "Range alone", np.nan, 4.0, 5.0, np.nan, np.nan, np.nan, False, np.nan),
    ],
    columns=[
        "fit",
        "published_fit",
        "published",
        "published_low",
        "published_high",
        "refitted",
        "refitted_low",
        "refitted_high",
        "agrees",
        "level",
    ],
)


def reproduced(table=PUBLISHED):
    return charts.trends.reproduced(table, ax=theme.axes(height_in=4))


def test_printed_and_refitted_factors_stand_in_their_row_one_above_the_other():
    ax = reproduced()
    assert ax.get_xscale() == "log"
    row = rows(ax)
    assert list(row) == ["Range alone", "Invented", "Training cost, revised", "Training cost"][::-1]
    assert row["Training cost"] > row["Range alone"]
    printed, again = marks(ax, theme.PRINTED), marks(ax, theme.RECOMPUTED)
    assert printed[:, 0].tolist() == [2.4, 2.40727, 10.0]
    assert again[:, 0].tolist() == [2.447931, 2.407268, 12.3]
    assert (printed[:, 1] > again[:, 1]).all()
    assert printed[0, 1] == pytest.approx(row["Training cost"], abs=0.3)


def test_intervals_are_bars_of_their_own_colour():
    ax = reproduced()
    assert [bar[:2] for bar in bars(ax, theme.PRINTED)] == [(2.0, 3.1), (1.969, 2.9431), (4.0, 5.0)]
    assert [bar[:2] for bar in bars(ax, theme.RECOMPUTED)] == [
        (1.962059, 3.054121),
        (1.968995, 2.943095),
        (9.0, 16.0),
    ]


def test_refitted_figures_have_the_digits_of_the_printed_ones():
    texts = words(reproduced())
    # 1.962 and 3.054 to one decimal, as 2.4 has; 1.968995 to three, 2.943095 to four
    assert {"published 2.4 (2.0 to 3.1)", "refitted 2.4 (2.0 to 3.1)"} <= set(texts)
    assert texts.count("2.40727 (1.969 to 2.9431)") == 2
    assert {"10", "12 (9 to 16), differs", "4 to 5", "no data to refit"} <= set(texts)


def test_the_finding_counts_what_agrees_and_what_could_not_be_refitted():
    assert finding(reproduced()).startswith("Two of three")
    assert "one could not be refitted" in finding(reproduced())
    assert finding(reproduced(PUBLISHED.head(2))).startswith("Both")
    assert finding(reproduced(PUBLISHED.head(1))).startswith("One of one")
    assert finding(reproduced(PUBLISHED.iloc[[2]])).startswith("None of one refitted")
    assert finding(reproduced(PUBLISHED.tail(1))) == "None of one published trends could be refitted"


def test_the_level_of_the_intervals_is_stated():
    assert subtitle(reproduced()).endswith("bars: intervals at the published level, 90% and 95%")
    assert subtitle(reproduced(PUBLISHED.drop(columns="level"))).endswith(
        "bars: intervals at the published level"
    )


def test_figures_stay_inside_the_axes_and_apart():
    wide = PUBLISHED.iloc[[1, 1]].assign(
        fit=["near", "far"],
        what=["Near the edge", "Far"],
        refitted=[2.40727, 851.1622],
        published=[2.40727, 851.1622],
        published_low=[1.969, 6.1768],
        published_high=[2.9431, 117290.3],
    )
    ax = reproduced(wide)
    boxes = text_boxes(ax)
    inside = ax.get_window_extent()
    assert all(box.x0 >= inside.x0 and box.x1 <= inside.x1 for box in boxes)
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"agrees": True}, "fit 'D' agrees and has no refitted factor"),
        ({"published": -0.5}, "published of 'A' is -0.5; factors are finite and above zero"),
        ({"refitted_high": np.inf}, "refitted_high of 'A' is inf"),
    ],
)
def test_reproductions_that_contradict_themselves_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        reproduced(PUBLISHED.assign(**change))


def test_reproductions_need_their_columns_and_a_number():
    with pytest.raises(ValueError, match="no column 'agrees'; it needs fit, published_fit, published"):
        reproduced(PUBLISHED.drop(columns="agrees"))
    assert is_empty(reproduced(PUBLISHED.head(0)))


POINTS = pd.DataFrame({"t": [2022.0, 2020.0, 2021.0], "y": [4.0, 1.0, 2.0], "label": ["last", "", ""]})


def forecast(t=(2020.0, 2021.0, 2023.0), factor=2.0, centre="median", **more):
    """`factor` a year from 1 in 2020; the mean within a factor of 1.5, one more observation within 4."""
    t = np.array(t)
    y = factor ** (t - 2020)
    ends = {"mean_ci_lower": y / 1.5, "mean_ci_upper": y * 1.5, "obs_ci_lower": y / 4, "obs_ci_upper": y * 4}
    return pd.DataFrame({"t": t, centre: y, **ends, **more})


def fitted(points=POINTS, line=None, **more):
    texts = {"finding": "It doubles", "subtitle": "Cost", "unit": "usd_bn", "level": 0.9} | more
    return charts.trends.fitted(
        points, forecast() if line is None else line, ax=theme.axes(grid="y"), **texts
    )


def test_a_fit_is_solid_to_the_end_of_the_record_and_dashed_beyond_it():
    ax = fitted()
    (solid,), (dashed,) = (lines(ax, theme.RECOMPUTED, dashed=beyond) for beyond in (False, True))
    # the record ends in 2022; between 2 in 2021 and 8 in 2023 lies 4 on a logarithmic axis, not 5
    assert solid[-1].tolist() == pytest.approx([2022, 4])
    assert dashed[0].tolist() == pytest.approx([2022, 4])
    assert dashed[-1].tolist() == [2023, 8]
    assert solid[0].tolist() == [2020, 1]
    assert "record ends January 2022" in words(ax)
    assert "dashed: beyond the record" in subtitle(ax)


def test_on_a_linear_axis_the_line_is_parted_halfway():
    ax = fitted(log=False)
    assert ax.get_yscale() == "linear"
    assert lines(ax, theme.RECOMPUTED, dashed=False)[0][-1].tolist() == pytest.approx(
        [2022, 5]
    )  # (2 + 8) / 2


def test_a_fit_without_a_forecast_has_no_end_of_the_record():
    ax = fitted(line=forecast((2020.0, 2022.0)))
    assert not lines(ax, theme.RECOMPUTED, dashed=True)
    assert not any("record ends" in word for word in words(ax))
    assert "dashed" not in subtitle(ax)


def test_the_band_of_the_mean_is_darker_than_the_one_of_predictions():
    ax = fitted()
    widths = {
        round(float(band.get_paths()[0].vertices[:, 1].max()), 6): band.get_alpha()
        for band in ax.collections
        if isinstance(band, PolyCollection)
    }
    # at 8 in 2023: the mean up to 12, one more observation up to 32
    assert set(widths) == {12.0, 32.0}
    assert widths[12.0] > 2 * widths[32.0]
    assert "dark: 90% confidence interval of the median, light: 90% prediction interval" in subtitle(ax)
    assert {"median $8bn", "$2bn", "$32bn"} <= set(words(ax))  # 8, 8/4, 8*4


def test_n_and_span_are_stated_and_points_stand_where_they_were_seen():
    ax = fitted()
    assert subtitle(ax).startswith("Cost; 3 points, January 2020 to January 2022; ")
    assert sorted(map(tuple, marks(ax, theme.RECOMPUTED))) == [(2020, 1), (2021, 2), (2022, 4)]
    assert "last" in words(ax)
    assert "from $1bn in January 2020 to $8bn in January 2023" in theme.chart_of(ax).alt


def test_a_mean_is_not_called_a_median():
    ax = fitted(line=forecast(centre="mean"))
    assert "mean $8bn" in words(ax)
    assert "median" not in subtitle(ax)


@pytest.mark.parametrize(("level", "percent"), [(0.9, "90%"), (0.95, "95%")])
def test_the_level_comes_with_the_forecast(level, percent):
    ax = fitted(line=forecast(level=level), level=None)
    assert f"dark: {percent} " in subtitle(ax)


def test_what_the_model_hands_out_can_be_drawn_as_it_is():
    t = np.array([2020.0, 2020.5, 2021.0, 2021.7, 2022.0])
    made = trend.fit(t, [1.0, 1.5, 2.1, 3.0, 4.2], form="exponential", level=0.8)
    points = pd.DataFrame({"t": made.t, "y": made.y, "label": ""})
    ax = fitted(points, made.forecast(np.linspace(2020, 2024, 9)), level=None)
    assert "80% prediction interval" in subtitle(ax)
    # a slope of ln 2 or so leads from 1 to about 16 in four years
    assert lines(ax, theme.RECOMPUTED, dashed=True)[0][-1, 1] == pytest.approx(
        made.forecast([2024.0])["median"].iloc[0]
    )


def test_the_articles_day_is_a_line_and_what_came_after_it_is_hollow():
    later = pd.DataFrame({"t": [2026.0, AT - 0.001, AT + 0.001], "y": [1.0, 2.0, 3.0], "label": ""})
    ax = fitted(later, forecast((2026.0, 2027.0)), day=DAY)
    assert [line[0, 0] for line in lines(ax, theme.INK)] == pytest.approx([AT])
    assert "the article, 21 May 2026" in words(ax)
    assert marks(ax, theme.RECOMPUTED, "#ffffff")[:, 1].tolist() == [3.0]
    assert marks(ax, theme.RECOMPUTED, theme.RECOMPUTED)[:, 1].tolist() == [1.0, 2.0]
    assert "hollow: after publication day" in subtitle(ax)
    assert "hollow" not in subtitle(fitted(day=DAY))


def test_the_axis_reaches_the_articles_day_and_a_claim_beyond_the_forecast():
    ax = fitted(day=DAY, claim=charts.trends.ClaimedTrend("printed", 900.0, 2028.0))
    assert ax.get_xlim()[1] > 2028
    assert ax.get_ylim()[1] > 900


def test_a_claim_at_a_date_is_a_ring_with_its_label():
    ax = fitted(claim=charts.trends.ClaimedTrend("printed $3bn", 3.0, 2022.5))
    assert marks(ax, theme.PRINTED).tolist() == [[2022.5, 3.0]]
    assert "printed $3bn" in words(ax)
    assert not lines(ax, theme.PRINTED)
    assert "printed $3bn" in theme.chart_of(ax).alt


@pytest.mark.parametrize(("qualifier", "log"), [(">", True), ("<", True), (">", False), ("<", False)])
def test_a_claim_that_is_open_to_one_side_has_an_arrow_to_it(qualifier, log):
    ax = fitted(claim=charts.trends.ClaimedTrend("over", 3.0, 2022.5, qualifier), log=log)
    (arrow,) = (text for text in ax.texts if getattr(text, "arrow_patch", None) is not None)
    assert arrow.xyann == (2022.5, 3.0)  # where it starts
    # from 1/4 to 32 lie 31.75, of which an eighth is 3.97, or a factor of 128 ** (1/8) = 1.834
    tip = {(">", True): 3 * 1.834, ("<", True): 3 / 1.834, (">", False): 3 + 3.97, ("<", False): 3 - 3.97}
    assert arrow.xy[1] == pytest.approx(tip[qualifier, log], abs=0.01)
    top = fitted(claim=charts.trends.ClaimedTrend("over", 32.0, 2022.5, qualifier), log=log)
    reach = 58.7 if log else 35.9  # 32 * 1.834, or 32 + 3.97: an arrow upwards gets its room
    assert (top.get_ylim()[1] > reach) == (qualifier == ">")
    assert not any(
        text.arrow_patch for text in fitted(claim=charts.trends.ClaimedTrend("about", 3.0, 2022.5, "~")).texts
    )


def test_a_claim_without_a_date_is_a_level_line():
    ax = fitted(claim=charts.trends.ClaimedTrend("printed $3bn", 3.0))
    (line,) = lines(ax, theme.PRINTED)
    assert set(line[:, 1]) == {3.0}
    assert "printed $3bn" in words(ax)
    assert not len(marks(ax, theme.PRINTED))


def test_a_claimed_growth_is_a_path_from_its_ring():
    ax = fitted(claim=charts.trends.ClaimedTrend("tenfold a year", 3.0, 2021.0, factor=10.0))
    (path,) = lines(ax, theme.PRINTED)
    assert path[0].tolist() == [2021, 3]
    assert path[-1].tolist() == pytest.approx([2023, 300])  # two years at ten
    assert marks(ax, theme.PRINTED).tolist() == [[2021, 3]]
    assert "tenfold a year" in words(ax)


def test_names_of_points_touch_neither_one_another_nor_the_edge():
    t = 2020 + np.arange(12) / 4
    points = pd.DataFrame({"t": t, "y": 2 ** (t - 2020), "label": [f"model {n}" for n in range(12)]})
    ax = fitted(
        points,
        forecast(tuple(np.linspace(2020, 2024, 20))),
        claim=charts.trends.ClaimedTrend("printed", 6.0, 2022.6),
    )
    boxes = text_boxes(ax, {*points["label"], "printed"})
    assert len(boxes) == 13
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    inside = ax.get_window_extent()
    assert all(box.x0 >= inside.x0 and box.x1 <= inside.x1 for box in boxes)


def test_names_of_points_leave_the_claimed_one_free():
    named = pd.DataFrame({"t": [2021.0, 2022.0], "y": [10.0, 2.0], "label": ["a name", ""]})
    ax = fitted(named, claim=charts.trends.ClaimedTrend("a path", 10.0, 2021.15, factor=1.0))
    (box,) = text_boxes(ax, {"a name"})
    x, y = ax.transData.transform((2021.15, 10.0))  # where the name would stand else: right of its point
    assert not (box.x0 < x < box.x1 and box.y0 < y < box.y1)


def test_labels_at_the_right_edge_are_moved_apart():
    ax = fitted(claim=charts.trends.ClaimedTrend("printed $8bn", 8.0))  # as high as the end of the fit
    boxes = text_boxes(ax, {"printed $8bn", "median $8bn", "$2bn", "$32bn"})
    assert len(boxes) == 4
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


def test_a_fit_of_nothing_is_an_empty_chart():
    assert is_empty(fitted(POINTS.head(0)))
    assert is_empty(fitted(line=forecast().head(0)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"points": POINTS.drop(columns="label")}, "points has no column 'label'"),
        ({"line": forecast().drop(columns="obs_ci_upper")}, "forecast has no column 'obs_ci_upper'"),
        ({"line": forecast().drop(columns="median")}, "forecast has no column 'mean'"),
        ({"points": POINTS.assign(y=[1, 0, 2])}, "y 0 at t = 2020.0; a logarithmic axis .* use log=False"),
        ({"points": POINTS.assign(y=[1, np.nan, 2])}, "y nan at t = 2020.0; leave such rows out"),
        ({"points": POINTS.assign(t=[np.inf, 2020, 2021])}, "a t that is not finite; give decimal years"),
        ({"line": forecast().assign(obs_ci_upper=np.inf)}, "obs_ci_upper inf"),
        ({"claim": charts.trends.ClaimedTrend("c", 0.0)}, "claim has y 0"),
        (
            {"claim": charts.trends.ClaimedTrend("c", 1.0, factor=2.0)},
            "a factor and no t; give the decimal year",
        ),
        (
            {"claim": charts.trends.ClaimedTrend("c", 1.0, 2021.0, "at least")},
            "qualifier is 'at least'; use '>'",
        ),
        ({"unit": "euro"}, "unit is 'euro'; use one of usd,"),
        ({"level": 95}, "level is 95; it lies between 0 and 1, 0.95 for 95%"),
        ({"level": None}, "the bands have no level; give one"),
        ({"line": forecast(level=0.8)}, "level 0.8 and level 0.9; give one"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_what_to_use_instead(change, message):
    with pytest.raises(ValueError, match=message):
        fitted(**change)


def test_a_linear_axis_takes_values_below_zero():
    ax = fitted(POINTS.assign(y=[-5.0, -1.0, 2.0]), log=False)
    assert ax.get_ylim()[0] < -5


TRIED = pd.DataFrame(
    [
        ("OLS", 2.4, 2.0, 2.9, True),
        ("HC3", 2.4, 1.9, 3.0, False),
        ("since 2020", 1.5, 0.9, 2.5, False),
        ("cloud rental", 2.9, 2.5, 3.4, False),
        ("quadratic", np.nan, np.nan, np.nan, False),
    ],
    columns=["specification", "factor", "low", "high", "primary"],
)


def curve(table=TRIED, primary="OLS", level=0.95):
    return charts.trends.specification_curve(
        table, subject="Cost", primary=primary, level=level, ax=theme.axes()
    )


def test_specifications_are_sorted_by_their_factor_and_the_primary_one_is_filled():
    ax = curve()
    assert ax.get_xscale() == "log"
    row = rows(ax)
    assert sorted(row, key=row.get) == [
        "quadratic",
        "since 2020",
        *sorted(["OLS", "HC3"], key=row.get),
        "cloud rental",
    ]
    (refitted,) = marks(ax, theme.RECOMPUTED, theme.RECOMPUTED)
    assert refitted.tolist() == [2.4, row["OLS"]]
    others = marks(ax, theme.MUTED, "#ffffff")
    assert sorted(others[:, 0]) == [1.5, 2.4, 2.9]
    assert {"primary 2.40×", "1.50×", "not fitted"} <= set(words(ax))
    assert bars(ax, theme.RECOMPUTED) == [(2.0, 2.9, row["OLS"])]
    assert (0.9, 2.5, row["since 2020"]) in bars(ax, theme.OPEN)
    bold = [label.get_text() for label in ax.get_yticklabels() if label.get_fontweight() == "semibold"]
    assert bold == ["OLS"]


def test_the_note_counts_what_was_tried_and_fitted_and_what_shows_a_change():
    ax = curve(TRIED.assign(p_holm=[0.01, 0.02, 0.4, 0.06, np.nan]))
    # five rows, one without a factor, two p below 0.05
    without = theme.chart_of(curve()).note
    assert theme.chart_of(ax).note.startswith(without)
    assert "two of them" in theme.chart_of(ax).note


def test_the_number_tried_counts_those_that_could_not_be_fitted():
    assert numbers_in(subtitle(curve())) == ["5", "95"]
    assert numbers_in(finding(curve())) == ["2.4"]
    assert theme.chart_of(curve()).note.startswith("All factors lie between 1.50 and 2.90; one ")


def test_no_change_is_a_line_only_where_the_axis_holds_it():
    assert [set(line[:, 0]) for line in lines(curve(), theme.INK)] == [{1.0}]
    away = curve(TRIED[TRIED["specification"] != "since 2020"])
    assert not lines(away, theme.INK)
    assert theme.chart_of(away).note == "All factors lie between 2.40 and 2.90."


def test_a_primary_specification_that_could_not_be_fitted_is_said_first():
    table = TRIED.assign(primary=TRIED["specification"] == "quadratic")
    ax = curve(table, "quadratic")
    assert "could not be fitted" in finding(ax)
    assert not len(marks(ax, theme.RECOMPUTED))
    assert numbers_in(finding(curve(TRIED.head(1)))) == ["2.4"]
    assert theme.chart_of(curve(TRIED.head(1))).note is None
    assert is_empty(curve(table.tail(1), "quadratic"))


@pytest.mark.parametrize(
    ("table", "primary", "level", "message"),
    [
        (TRIED, "HC3", 0.95, "primary is 'HC3' and the table marks 'OLS'"),
        (TRIED.assign(primary=False), None, 0.95, "the table marks none"),
        (
            TRIED.assign(primary=[True, True, False, False, False]),
            "OLS",
            0.95,
            "marks 'OLS' and 'HC3'; mark the one",
        ),
        (TRIED.assign(specification="OLS"), "OLS", 0.95, "'OLS' stands twice"),
        (TRIED.assign(low=0.0), "OLS", 0.95, "low of 'OLS' is 0; factors are finite and above zero"),
        (TRIED, "OLS", 95, "level is 95"),
        (TRIED.drop(columns="high"), "OLS", 0.95, "no column 'high'"),
    ],
)
def test_curves_that_hide_their_primary_specification_are_refused(table, primary, level, message):
    with pytest.raises(ValueError, match=message):
        curve(table, primary, level)


@pytest.mark.parametrize("draw", [fitted, curve, reproduced])
def test_charts_are_the_same_bytes_each_time_well_formed_and_dark_where_they_should_be(draw):
    assert_drawn_alike(draw)
