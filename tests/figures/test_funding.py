"""Do the charts say who pays: rounds, payments, shares, links, run-rates and costs?"""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection

from analysis.evidence import article_tables, evidence_tables
from analysis.figures import charts, theme
from analysis.models import funding
from tests.figures.artists import (
    assert_drawn_alike,
    colours,
    finding,
    is_empty,
    marks,
    note,
    numbers_in,
    points,
    steps,
    subtitle,
    words,
)

DAY = "2026-05-21"
LATER = "2026-10-31"


def test_shares_before_and_after_are_both_drawn():
    article_funding = article_tables.parsed_cells("players").rename(columns={"row": "company"})
    after = funding.with_investment(article_funding, "OpenAI", 60)
    ax = charts.funding.shares(
        funding.funding_shares(article_funding),
        funding.funding_shares(after),
        amount="$60bn",
        company="OpenAI",
        ax=theme.axes(),
    )
    assert len(points(ax)) == 6
    assert numbers_in(finding(ax)) == ["60", "85"]


def known(name, as_of=LATER):
    return evidence_tables.load(name, as_of)


def axes():
    return theme.axes(grid="y")


@pytest.fixture(scope="module")
def article_funding():
    return article_tables.parsed_cells("players").rename(columns={"row": "company"})


def raised(article_funding, as_of=LATER):
    rounds = known("funding_rounds", as_of)
    return charts.funding.funding_history(
        funding.raised_over_time(rounds),
        article_funding,
        conditional_usd_bn=funding.conditional_usd_bn(rounds),
        day=DAY,
        as_of=as_of,
    )


def test_the_record_of_openai_is_seven_times_the_printed_figure_without_money_on_conditions(article_funding):
    ax = raised(article_funding)
    # OpenAI 1 + 10 + 6.6 + 40 + 87 = 144.6, over 20 = 7.23; xAI 6 + 6 + 10 + 20 = 42, over 6 = 7.0
    # Anthropic 74.1 by then, over 7.6 = 9.75; its Series H of 28 May came later
    assert numbers_in(finding(ax)) == ["7.2"]
    assert "21 May 2026" in subtitle(ax)
    ends = sorted(heights[-1] for _, heights in steps(ax))
    assert ends == [pytest.approx(42), pytest.approx(139.1), pytest.approx(144.6)]
    assert {days[-1] for days, _ in steps(ax)} == {LATER}
    assert ax.get_yscale() == "log"


def test_printed_totals_stand_with_their_bounds(article_funding):
    ax = raised(article_funding)
    assert sorted(marks(ax, theme.PRINTED)[:, 1]) == [6.0, 7.6, 20.0]
    bars = [c.get_segments()[0] for c in ax.collections if not isinstance(c, PathCollection)]
    assert sorted((bar[0][1], bar[1][1]) for bar in bars) == [
        (pytest.approx(5.4), pytest.approx(6.6)),
        (pytest.approx(6.84), pytest.approx(8.36)),
    ]
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None) is not None]
    assert len(arrows) == 1  # > has no top
    assert {"OpenAI >$20B", "Anthropic ~$7.6B", "xAI ~$6B", "OpenAI $145bn"} <= set(words(ax))


def test_a_company_without_a_printed_total_is_left_out(article_funding):
    assert not [text for text in words(raised(article_funding)) if "Mistral" in text]


def test_funding_as_it_was_known_earlier(article_funding):
    # by 2 April 2025 OpenAI had 1 + 10 + 6.6 + 40 = 57.6; 57.6 / 20 = 2.88
    ax = raised(article_funding, "2025-04-02")
    assert numbers_in(finding(ax)) == ["2.9"]
    assert {days[-1] for days, _ in steps(ax)} == {"2025-04-02"}
    assert numbers_in(finding(raised(article_funding, "2020-01-01"))) == ["0.1"]  # 1 / 20, one company
    assert is_empty(raised(article_funding, "2019-01-01"))


def test_money_on_conditions_stands_in_the_note_company_by_company(article_funding):
    assert note(raised(article_funding)) == (
        "Money on conditions is left out: $50bn for Anthropic and $35bn for OpenAI."
    )
    assert note(raised(article_funding, "2024-12-31")) is None


def test_the_note_of_run_rates_says_their_growth_or_why_there_is_none():
    def growth(table):
        return note(charts.funding.run_rate(table, funding.run_rate(table), company="OpenAI", day=DAY))

    fits = funding.run_rate(rates())
    assert f"{fits.growth.value:.1f}-fold" in growth(rates())
    assert growth(rates().head(2)).startswith("Fewer than three ")
    assert note(rate()) is None


def paid(as_of=LATER):
    steps = funding.paid_and_promised(known("softbank_openai", as_of))
    return charts.funding.paid_and_promised(steps, printed=60, day=DAY, ax=axes(), as_of=as_of)


def test_what_had_been_paid_on_the_articles_day():
    ax = paid()
    # 34.6 stated at the year's end and 10 on 1 April 2026; 34.6 + 30 promised
    assert finding(ax).startswith("SoftBank had paid 69%")  # 44.6 / 64.6
    promised, done = steps(ax)
    assert done[1] == [pytest.approx(v) for v in (2.2, 9.7, 34.6, 34.6, 34.6, 44.6, 54.6, 64.6, 64.6)]
    assert promised[1][0] == pytest.approx(32.2)
    assert done[0][-1] == promised[0][-1] == LATER
    level = [line for line in ax.lines if list(line.get_ydata()) == [60, 60]]
    assert [line.get_color() for line in level] == [theme.PRINTED]
    assert {
        "the article: about $60bn",
        "paid $64.6bn",
        "promised $64.6bn",
        "the article, 21 May 2026",
    } <= set(words(ax))


def test_what_was_known_later_is_not_drawn():
    ax = paid(DAY)
    assert finding(ax).startswith("SoftBank had paid 69%")  # 44.6 / 64.6
    assert {days[-1] for days, _ in steps(ax)} == {DAY}
    assert {"paid $44.6bn", "promised $64.6bn"} <= set(words(ax))
    assert finding(paid("2025-04-02")).startswith("SoftBank had paid 7%")  # 2.2 / 32.2
    assert is_empty(paid("2024-01-01"))


def test_one_step_says_what_it_can():
    tranche = pd.DataFrame(
        {"valid_on": pd.to_datetime(["2025-04-01"]), "paid_usd_bn": [2.2], "promised_usd_bn": [np.nan]}
    )
    ax = charts.funding.paid_and_promised(tranche, printed=60, day=DAY, ax=axes())
    assert finding(ax).startswith("SoftBank had paid $2.2bn")
    assert len(steps(ax)) == 1
    late = tranche.assign(valid_on=pd.Timestamp("2026-06-01"))
    assert finding(charts.funding.paid_and_promised(late, printed=60, day=DAY, ax=axes())).startswith(
        "Nothing was paid or promised by 21 May 2026"
    )


def test_growth_of_revenue_and_costs_over_two_years():
    ax = charts.funding.costs_and_revenue(known("openai_finance"), axes())
    # 13.07 / 3.7 = 3.532; 34.0 / 12.48 = 2.724; 12.48 - 3.7 = 8.78; 34.0 - 13.07 = 20.93
    assert finding(ax).startswith("Revenue grew faster")
    assert numbers_in(note(ax)) == ["3.53", "2.72", "8.8", "20.9"]
    assert [[bar.get_height() for bar in bars] for bars in ax.containers] == [[3.7, 13.07], [12.48, 34.0]]
    assert {"revenue 3.7", "revenue 13.1", "costs 12.5", "costs 34.0"} <= set(words(ax))
    assert not ax.lines
    assert "two years are no trend" in theme.chart_of(ax).subtitle
    assert "leaked in June 2026" in theme.chart_of(ax).subtitle


def test_accounts_that_were_not_known_or_of_one_year_are_no_data():
    assert is_empty(charts.funding.costs_and_revenue(known("openai_finance", "2026-06-15"), axes()))
    year = known("openai_finance").query("period == 'CY2025'")
    assert is_empty(charts.funding.costs_and_revenue(year, axes()))


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
    assert subtitle(ax).endswith("hollow: after publication day or another figure of the same days counts")
    assert {"$2bn", "$12bn", "$50bn", "the article, 21 May 2026"} <= set(words(ax))
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
    assert "25-fold since December 2023" in finding(rate())  # about 50 over about 2
    then = finding(rate(rates(DAY)))
    assert "at least 12-fold" in then  # at least 25 over about 2
    assert "about $2bn in December 2023" in finding(rate(rates().head(1)))
    falling = rates().assign(value=lambda t: 1 / t["value"])
    assert "fallen" in finding(rate(falling))


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
    assert is_empty(rate(rates("2023-01-01")))
    assert is_empty(rate(rates().query("counts == 'no'")))


def test_charts_are_the_same_bytes_each_time_well_formed_and_dark_where_they_should_be():
    assert_drawn_alike(rate)


def test_every_colour_has_a_dark_counterpart(article_funding):
    accounts = charts.funding.costs_and_revenue(known("openai_finance"), axes())
    for ax in (raised(article_funding), paid(), accounts):
        assert colours(ax) <= set(theme.DARK)
