"""Charts of what was stated, read through their artists: points, bounds, what is hollow, and what the
findings say.
"""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_hex

from analysis.evidence import article_tables, evidence_tables
from analysis.figures import charts, theme
from analysis.statistics.trend import decimal_year

DAY = "2026-05-21"
LATER = "2026-10-31"


def said(ax):
    chart = theme.chart_of(ax)
    assert chart.subtitle
    assert chart.alt.endswith(".")
    return chart.finding


def subtitle(ax):
    return theme.chart_of(ax).subtitle


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


def nothing(ax):
    assert said(ax).startswith("No data")
    assert words(ax) == ["no data"]
    return True


# Run rate


def rates(as_of=LATER):
    return evidence_tables.load("openai_finance", as_of).query("measure == 'annualised_revenue'")


def rate(table=None, day=DAY):
    return charts.funding.run_rate(
        rates() if table is None else table, company="OpenAI", day=day, ax=theme.axes(grid="y")
    )


def test_run_rates_are_points_and_what_does_not_decide_is_hollow():
    ax = rate()
    assert ax.get_yscale() == "log"
    table = rates()
    decides = (table["counts"] == "yes") & (table["valid_on"] <= DAY)
    assert sorted(marks(ax, theme.RECOMPUTED, theme.RECOMPUTED)[:, 1]) == sorted(table["value"][decides])
    # 12 describes the days of the 13, 40 and 50 a day after the article
    hollow = marks(ax, theme.RECOMPUTED, "#ffffff")[:, 1]
    assert {12, 40, 50} <= set(hollow)
    assert len(hollow) == (~decides).sum()
    assert subtitle(ax).endswith("hollow: after the article's day or another figure of the same days counts")
    assert {"$2B", "$12B", "$50B", "the article, 21 May 2026"} <= set(words(ax))
    assert "hollow" not in subtitle(rate(rates().query("value < 12")))


def test_a_bound_has_an_arrow_to_the_side_that_it_leaves_open():
    arrows = {
        round(t.xyann[1], 6): t.xy[1] for t in rate().texts if getattr(t, "arrow_patch", None) is not None
    }
    assert set(arrows) == set(rates().query("qualifier in ('at least', 'at most')")["value"])
    assert arrows[20] > 20
    assert arrows[25] > 25
    assert arrows[70] < 70  # at most


def test_the_finding_goes_from_the_first_to_the_last_figure_that_counts_with_their_hedges():
    assert (
        said(rate())
        == "OpenAI's run rate rose from about $2B in December 2023 to about $50B in September 2026"
    )
    then = said(rate(rates(DAY)))
    assert then == "OpenAI's run rate rose from about $2B in December 2023 to at least $25B in February 2026"
    assert said(rate(rates().head(1))) == "OpenAI's run rate was about $2B in December 2023"
    falling = rates().assign(value=lambda t: 1 / t["value"])
    assert "run rate fell from" in said(rate(falling))


def test_names_of_run_rates_do_not_touch():
    ax = rate()
    theme.chart_of(ax).draw_without_rendering()
    boxes = [t.get_window_extent() for t in ax.texts if t.get_text().startswith("$")]
    assert len(boxes) == len(rates())
    assert not any(a.overlaps(b) for n, a in enumerate(boxes) for b in boxes[:n])


def test_run_rates_refuse_and_are_empty():
    with pytest.raises(ValueError, match="statements has no column 'counts'"):
        rate(rates().drop(columns="counts"))
    with pytest.raises(
        ValueError, match="value on 2023-12-31 is 0; a logarithmic axis needs values above zero"
    ):
        rate(rates().assign(value=0.0))
    assert nothing(rate(rates("2023-01-01")))
    assert nothing(rate(rates().query("counts == 'no'")))


# Net asset value and loan-to-value


CEILINGS = {"own ceiling": 25.0, "in emergencies": 35.0}


def nav(table=None, ceilings=None, day=DAY, panels=2):
    given = evidence_tables.load("softbank_nav", LATER) if table is None else table
    return charts.balance_sheet.nav_and_ltv(
        given,
        company="SoftBank",
        ceilings=CEILINGS if ceilings is None else ceilings,
        day=day,
        axes=theme.panels(panels, height_in=4.4),
    )


def test_value_stands_above_and_loan_to_value_below_with_its_ceilings():
    top, bottom = theme.chart_of(nav()).axes
    table = evidence_tables.load("softbank_nav", LATER)
    assert len(marks(top, theme.RECOMPUTED)) == len(table)
    # December 2024 and March 2025 have none
    assert len(marks(bottom, theme.RECOMPUTED)) == table["ltv_pct"].notna().sum() == len(table) - 2
    levels = {
        float(line.get_ydata()[0])
        for line in bottom.lines
        if to_hex(line.get_color()) == theme.INK and len(set(line.get_ydata())) == 1
    }
    assert levels == {25, 35}
    assert {"own ceiling, 25%", "in emergencies, 35%", "13.0%"} <= set(words(bottom))
    assert {"72.3", "the article, 21 May 2026"} <= set(words(top))
    assert bottom.get_ylim()[1] > 40  # the words above the line have room


def test_a_source_that_repeats_and_a_day_after_the_article_are_hollow():
    top, bottom = theme.chart_of(nav()).axes
    assert sorted(marks(top, theme.RECOMPUTED, "#ffffff")[:, 1]) == [25.72, 27.79, 29.33, 40.06, 72.3]
    assert sorted(marks(bottom, theme.RECOMPUTED, "#ffffff")[:, 1]) == [8.4, 13.0, 17.0]
    assert subtitle(nav()).endswith("hollow: after the article's day or a source that repeats others")
    early = nav(day="2022-01-01")
    assert len(marks(early, theme.RECOMPUTED, theme.RECOMPUTED)) == 3
    assert "hollow: after the article's day or a source" in subtitle(early)
    assert decimal_year(["2021-06-30"])[0] in marks(early, theme.RECOMPUTED, theme.RECOMPUTED)[:, 0]


def test_the_finding_holds_the_highest_loan_to_value_against_the_lowest_ceiling():
    begins = "SoftBank's net asset value was 72.3 trillion yen on 30 June 2026"
    assert (
        said(nav())
        == f"{begins}; loan-to-value was at most 20.6% (31 December 2025), below its ceiling of 25%"
    )
    # 16.2, 17.0 twice, 16.5 and 20.6 lie above 16
    assert (
        said(nav(ceilings={"low": 16.0}))
        == f"{begins}; loan-to-value was above 16% on five of 15 days in our data"
    )
    none = evidence_tables.load("softbank_nav", LATER).assign(ltv_pct=np.nan)
    assert said(nav(none)) == f"{begins}; no loan-to-value is in our data"


def test_value_and_loan_to_value_refuse_and_are_empty():
    with pytest.raises(ValueError, match=r"1 panels and 2 ceilings; hand in theme.panels\(2\)"):
        nav(panels=1)
    with pytest.raises(ValueError, match="0 ceilings"):
        nav(ceilings={})
    with pytest.raises(ValueError, match="nav has no column 'ltv_pct'"):
        nav(evidence_tables.load("softbank_nav", LATER).drop(columns="ltv_pct"))
    assert nothing(nav(evidence_tables.load("softbank_nav", "2020-01-01")))


# Growth that forecasters give


def grown(table=None):
    given = evidence_tables.load("market_size_forecasts", LATER) if table is None else table
    return charts.market.growth_forecasts(given, article_tables.load("market_size"), ax=theme.axes())


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


def test_the_finding_counts_printed_rates_above_within_and_below():
    assert (
        said(grown())
        == "Of four printed growth rates that forecasts of the same scope cover, one lies above and three lie"
        " within what forecasters give"
    )
    broad = evidence_tables.load("market_size_forecasts", LATER).query("scope_fit == 'broad'")
    assert said(grown(broad)) == "No forecast is of the same scope; those of another decide nothing"
    steep = evidence_tables.load("market_size_forecasts", LATER).assign(end_usd_bn=1e6)
    assert "four lie below what forecasters give" in said(grown(steep))
    with pytest.raises(ValueError, match="forecasts has no column 'base_year'"):
        grown(broad.drop(columns="base_year"))
    assert nothing(grown(broad.head(0)))


# All of them


@pytest.mark.parametrize("draw", [rate, nav, grown])
def test_charts_are_the_same_bytes_each_time_well_formed_and_dark_where_they_should_be(draw):
    once, again = (theme.svg(theme.chart_of(draw())) for _ in range(2))
    assert once == again
    ET.fromstring(once)
    assert set(re.findall(r"(?:fill|stroke): (#\w{6})", once)) <= set(theme.DARK)
    assert theme.png(theme.chart_of(draw())).startswith(b"\x89PNG")
