"""Do the charts say what the balance sheet bears: net asset value, loan-to-value, losses and loads?"""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from analysis.evidence import evidence_tables
from analysis.figures import charts, theme
from analysis.statistics import simulation, trend
from analysis.statistics.trend import decimal_year
from tests.figures.artists import assert_drawn_alike, finding, is_empty, marks, numbers_in, subtitle, words

DAY = "2026-05-21"
LATER = "2026-10-31"


def test_the_stress_chart_says_from_which_loss_on_the_ceiling_is_passed():
    table = pd.DataFrame(
        {"loss_pct": [0, 10, 20], "alone_pct": [20.0, 21.0, 22.0], "along_pct": [20.0, 24.0, 27.0]}
    )
    ax = charts.balance_sheet.stress(table, {"promised": 25.0})
    # a third of the way from 24% to 27%, between a loss of 10 and one of 20%
    assert numbers_in(finding(ax)) == ["13"] and "25% promised" in words(ax)


def test_a_loading_curve_ends_with_its_ceilings_and_marks_what_is_assumed():
    table = pd.DataFrame(
        {
            "loading": [0.0, 2.0] * 2,
            "ceiling_pct": [25.0, 25.0, 35.0, 35.0],
            "probability": [0.9, 1.0, 0.3, 0.7],
            "low": [0.88, 0.99, 0.28, 0.68],
            "high": [0.92, 1.0, 0.32, 0.72],
        }
    )
    ax = charts.balance_sheet.loading_curve(table, current=0.5, within_years=3)
    assert words(ax) == ["25%", "35%", "assumed for Arm"]
    assert [line.get_xdata()[0] for line in ax.lines][-1] == 0.5
    chart = theme.chart_of(ax)
    assert "35% it ends at 70%" in chart.alt
    level = charts.balance_sheet.loading_curve(table.assign(probability=0.4), current=0.5, within_years=3)
    assert finding(level) != chart.finding


def test_loan_to_value_is_a_fan_with_its_ceilings_and_the_chance_of_the_highest():
    table = charts.simulation.quantiles(np.array([0.0, 1.0]), {"LTV": np.full((5, 2), 20.0)})
    chance = simulation.probability(np.array([True, False]))
    ax = charts.balance_sheet.ltv(
        table, chance, ceilings={"promised": 25.0, "in emergencies": 35.0}, within_years=3
    )
    assert {"25% promised", "35% in emergencies"} <= set(words(ax)) and ax.get_ylim() == (0, 100)
    assert numbers_in(finding(ax)) == ["50"]
    assert "if nothing is sold" in subtitle(ax)


def test_the_note_of_value_and_loan_to_value_has_their_growth_in_a_year():
    t = np.arange(4.0)
    fits = {
        "nav_jpy_tn": trend.fit(t, 10 * 1.5**t, form="exponential"),
        "ltv_pct": trend.fit(t, 20 - 2 * t),
    }
    ax = charts.balance_sheet.nav_and_ltv(
        evidence_tables.load("softbank_nav", LATER),
        company="SoftBank",
        ceilings=CEILINGS,
        day=DAY,
        trends=fits,
    )
    note = theme.chart_of(ax).note
    assert "1.50-fold a year (1.50 to 1.50, 4 dates)" in note
    assert "−2.0 points a year (−2.0 to −2.0, 4 dates)" in note
    assert theme.chart_of(nav()).note is None


CEILINGS = {"own ceiling": 25.0, "in emergencies": 35.0}


def nav(table=None, ceilings=None, day=DAY, panels=2):
    values = evidence_tables.load("softbank_nav", LATER) if table is None else table
    return charts.balance_sheet.nav_and_ltv(
        values,
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
    assert subtitle(nav()).endswith("hollow: after publication day or a source that repeats others")
    early = nav(day="2022-01-01")
    assert len(marks(early, theme.RECOMPUTED, theme.RECOMPUTED)) == 3
    assert "hollow: after publication day or a source" in subtitle(early)
    assert decimal_year(["2021-06-30"])[0] in marks(early, theme.RECOMPUTED, theme.RECOMPUTED)[:, 0]


def test_the_finding_holds_the_highest_loan_to_value_against_the_lowest_ceiling():
    assert "below 25%" in finding(nav())
    # 16.2, 17.0 twice, 16.5 and 20.6 lie above 16
    assert "above 16%" in finding(nav(ceilings={"low": 16.0}))
    assert "five of 15 days" in finding(nav(ceilings={"low": 16.0}))
    none = evidence_tables.load("softbank_nav", LATER).assign(ltv_pct=np.nan)
    assert "not in our data" in finding(nav(none))


def test_value_and_loan_to_value_refuse_and_are_empty():
    with pytest.raises(ValueError, match=r"1 panels and 2 ceilings; hand in theme.panels\(2\)"):
        nav(panels=1)
    with pytest.raises(ValueError, match="0 ceilings"):
        nav(ceilings={})
    with pytest.raises(ValueError, match="nav has no column 'ltv_pct'"):
        nav(evidence_tables.load("softbank_nav", LATER).drop(columns="ltv_pct"))
    assert is_empty(nav(evidence_tables.load("softbank_nav", "2020-01-01")))


def test_charts_are_the_same_bytes_each_time_well_formed_and_dark_where_they_should_be():
    assert_drawn_alike(nav)
