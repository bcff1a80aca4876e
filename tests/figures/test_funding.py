"""Printed against sourced, read through the artists: where marks stand, what labels and findings say, and
what as_of hides.
"""

import numpy as np
import pandas as pd
import pytest
from matplotlib import dates as mdates
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex

from analysis.evidence import article_tables, evidence_tables
from analysis.figures import charts, theme
from analysis.models import frontier, funding

DAY = "2026-05-21"
LATER = "2026-10-31"


def known(name, as_of=LATER):
    return evidence_tables.load(name, as_of)


def axes():
    return theme.axes(grid="y")


def said(ax):
    chart = theme.chart_of(ax)
    assert chart.subtitle
    assert chart.alt.endswith(".")
    return chart.finding


def words(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


def marks(ax, edge, face=None):
    """Scattered points of an edge colour (and a face colour), as rows of x and y."""
    found = [
        np.asarray(c.get_offsets(), dtype=float)
        for c in ax.collections
        if isinstance(c, PathCollection)
        and len(c.get_offsets())
        and to_hex(c.get_edgecolor()[0]) == edge
        and (face is None or to_hex(c.get_facecolor()[0]) == face)
    ]
    return np.concatenate(found) if found else np.empty((0, 2))


def printed_marks(ax):
    return marks(ax, theme.PRINTED)


def stepped(ax):
    """Data of the stepped lines: days as dates, and heights."""
    lines = [line for line in ax.lines if line.get_drawstyle() == "steps-post"]
    return [
        (
            [pd.Timestamp(day).date().isoformat() for day in line.get_xdata(orig=True)],
            list(line.get_ydata(orig=True)),
        )
        for line in lines
    ]


def number(day):
    return float(mdates.date2num(pd.Timestamp(day)))


def nothing(ax):
    assert said(ax).startswith("No data by the cut-off date: ")
    assert words(ax) == ["no data"]
    assert not ax.lines
    assert not ax.collections
    assert not ax.patches
    return True


# Scores


@pytest.fixture(scope="module")
def models():
    return frontier.with_blend(article_tables.load("models"), 0.75)


def scores(models, benchmark, as_of=LATER):
    column = {"MMLU": "mmlu_pct", "HumanEval": "humaneval_pct"}[benchmark]
    found = frontier.article_scores(known("model_benchmarks", as_of), benchmark)
    return charts.benchmarks.scores(
        models.rename(columns={column: "score_pct"}), found, benchmark=benchmark, ax=theme.axes()
    )


def test_two_of_five_printed_mmlu_scores_are_of_the_protocol_of_the_heading(models):
    ax = scores(models, "MMLU")
    # Llama 87.3 and DeepSeek 78.5 are 5-shot; 88.7 and 88.3 are 0-shot CoT; 86.4 is no score of Gemini 1.5
    # Pro
    assert (
        said(ax)
        == "Two of five printed MMLU scores are 5-shot, as headed; two are 0-shot CoT and one is in our data"
        " for no version of its model"
    )
    filled = set(marks(ax, theme.RECOMPUTED, theme.RECOMPUTED)[:, 0])
    hollow = set(marks(ax, theme.RECOMPUTED, "#ffffff")[:, 0])
    assert {87.2, 88.7, 85.9, 81.9, 87.3, 85.2, 78.5, 77.8} == filled  # 5-shot
    assert {88.7, 88.3, 88.6, 84.2, 86.5, 82.7, 84.5} == hollow  # 0-shot CoT and HELM
    assert {"printed 88.7", "88.3", "86.4", "87.3", "78.5"} <= set(words(ax))
    assert {"87.2 5-shot", "88.7 0-shot CoT", "84.2 5-shot HELM", "78.5 5-shot base"} <= set(words(ax))


def test_printed_scores_are_bars_in_the_order_of_the_article(models):
    ax = scores(models, "MMLU")
    bars = [c.get_segments()[0] for c in ax.collections if not isinstance(c, PathCollection)]
    assert [bar[0][0] for bar in bars] == [88.7, 88.3, 86.4, 87.3, 78.5]
    assert {to_hex(c.get_edgecolor()[0]) for c in ax.collections if not isinstance(c, PathCollection)} == {
        theme.PRINTED
    }
    rows = dict(zip((label.get_text() for label in ax.get_yticklabels()), ax.get_yticks(), strict=True))
    assert rows["GPT-4o"] > rows["DeepSeek-V2"]
    assert bars[0][:, 1].mean() == rows["GPT-4o"]


def test_the_humaneval_of_deepseek_is_no_score_of_its_own(models):
    # 79.2 is GSM8K; 90.2, 92.0, 84.1 and 89.0 are the developers' pass@1
    ax = scores(models, "HumanEval")
    assert (
        said(ax)
        == "Four of five printed HumanEval scores are pass@1, as headed; one is in our data for no version of"
        " its model"
    )
    assert {"68.3 EvalPlus", "48.8 developer base", "81.1 developer chat"} <= set(words(ax))


def test_a_score_under_both_protocols_counts_as_the_headings_and_a_rounded_one_is_alike():
    printed = pd.DataFrame({"model": ["A", "B"], "score_pct": [80.0, 70.0]})
    found = pd.DataFrame(
        [("A", "0-shot CoT", 80.0), ("A", "5-shot", 80.04), ("B", "5-shot", 70.06)],
        columns=["model", "protocol", "score_pct"],
    ).assign(variant="")
    ax = charts.benchmarks.scores(printed, found, benchmark="MMLU", ax=theme.axes())
    assert (
        said(ax)
        == "One of two printed MMLU scores is 5-shot, as headed; one is in our data for no version of its"
        " model"
    )


def test_scores_that_were_not_known_yet_cannot_be_checked(models):
    # by 1 March 2024 there is the first Gemini 1.5 Pro alone, at 81.9
    ax = scores(models, "MMLU", "2024-03-01")
    assert (
        said(ax)
        == "None of one printed MMLU score is 5-shot, as headed; one is in our data for no version of its"
        " model and four cannot be checked"
    )
    assert nothing(scores(models, "MMLU", "2022-01-01"))


# Prices


def prices(models, kind="input", as_of=LATER, share=0.75):
    return charts.prices.price_history(
        frontier.list_prices(known("api_prices", as_of), share),
        models,
        day=DAY,
        kind=kind,
        ax=axes(),
        as_of=as_of,
    )


@pytest.mark.parametrize(
    ("kind", "gpt"), [("input", [5, 2.5]), ("output", [15, 10]), ("blended", [7.5, 4.375])]
)
def test_two_printed_prices_were_the_last_on_record(models, kind, gpt):
    ax = prices(models, kind)
    assert ax.get_yscale() == "log"
    assert (
        said(ax)
        == f"Two of five printed {kind} prices are the last in our data by 21 May 2026; two had been cut and"
        " Llama 3.1 405B has only hosts' prices"
    )
    days, heights = next(step for step in stepped(ax) if step[0][0] == "2024-05-13")
    assert days[:2] == ["2024-05-13", "2024-08-06"]
    assert heights[:2] == gpt
    assert f"GPT-4o ${gpt[1]:.2f}" in words(ax)


def test_printed_prices_stand_on_the_articles_day_and_hosts_are_points(models):
    ax = prices(models)
    rings = printed_marks(ax)
    assert sorted(rings[:, 1]) == [0.14, 2.0, 3.0, 3.5, 5.0]
    assert set(rings[:, 0]) == {number(DAY)}
    assert sorted(marks(ax, theme.RECOMPUTED, "#ffffff")[:, 1]) == [0.8, 0.9, 3.0, 3.5, 5.0, 5.32, 5.33]
    assert {"Gemini 1.5 Pro $3.50", "the article, 21 May 2026", "hosts of Llama 3.1 405B"} <= set(words(ax))


def test_before_the_cuts_every_price_was_as_printed(models):
    ax = prices(models, as_of="2024-07-31")
    assert (
        said(ax)
        == "Four of five printed input prices are the last in our data by 31 July 2024; one cannot be checked"
    )
    ends = [
        line.get_xdata(orig=True)[-1]
        for line in ax.lines
        if line.get_linestyle() == ":" or line.get_drawstyle() == "default"
    ]
    assert max(pd.Timestamp(end) for end in ends if not isinstance(end, float | int)) <= pd.Timestamp(DAY)


def test_a_rise_is_not_called_a_cut():
    listed = pd.DataFrame(
        {
            "model": "A",
            "seller": "Maker",
            "own": True,
            "valid_on": pd.to_datetime(["2024-01-01", "2024-06-01"]),
            "input_price_usd_per_mtok": [1.0, 2.0],
        }
    )
    printed = pd.DataFrame({"model": ["A"], "input_price_usd_per_mtok": [1.0]})
    ax = charts.prices.price_history(listed, printed, day=DAY, kind="input", ax=axes())
    assert (
        said(ax)
        == "None of one printed input price is the last in our data by 21 May 2026; one had been raised"
    )


def test_a_name_that_the_table_does_not_have_is_refused(models):
    with pytest.raises(ValueError, match="kind is 'cached'; use one of input, output, blended"):
        prices(models, "cached")
    with pytest.raises(ValueError, match="benchmark is 'GSM8K'; the article's table has MMLU and HumanEval"):
        charts.benchmarks.scores(models, pd.DataFrame(), benchmark="GSM8K", ax=theme.axes())


def test_no_price_is_no_data(models):
    assert nothing(prices(models, as_of="2024-03-01"))


# Funding


@pytest.fixture(scope="module")
def article_funding():
    return article_tables.parsed_cells("players").rename(columns={"row": "company"})


def raised(article_funding, as_of=LATER):
    rounds = funding.raised_over_time(known("funding_rounds", as_of))
    return charts.funding.funding_history(rounds, article_funding, day=DAY, ax=axes(), as_of=as_of)


def test_the_record_of_openai_is_seven_times_the_printed_figure_without_money_on_conditions(article_funding):
    ax = raised(article_funding)
    # OpenAI 1 + 10 + 6.6 + 40 + 87 = 144.6, over 20 = 7.23; xAI 6 + 6 + 10 + 20 = 42, over 6 = 7.0
    # Anthropic 74.1 by then, over 7.6 = 9.75; its Series H of 28 May came later
    assert said(ax) == "By 21 May 2026 OpenAI's funding had reached 7.2 times what the article says"
    ends = sorted(heights[-1] for _, heights in stepped(ax))
    assert ends == [pytest.approx(42), pytest.approx(139.1), pytest.approx(144.6)]
    assert {days[-1] for days, _ in stepped(ax)} == {LATER}
    assert ax.get_yscale() == "log"


def test_printed_totals_stand_with_their_bounds(article_funding):
    ax = raised(article_funding)
    assert sorted(printed_marks(ax)[:, 1]) == [6.0, 7.6, 20.0]
    bars = [c.get_segments()[0] for c in ax.collections if not isinstance(c, PathCollection)]
    assert sorted((bar[0][1], bar[1][1]) for bar in bars) == [
        (pytest.approx(5.4), pytest.approx(6.6)),
        (pytest.approx(6.84), pytest.approx(8.36)),
    ]
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None) is not None]
    assert len(arrows) == 1  # > has no top
    assert {"OpenAI >$20B", "Anthropic ~$7.6B", "xAI ~$6B", "OpenAI $145B"} <= set(words(ax))


def test_a_company_without_a_printed_total_is_left_out(article_funding):
    assert not [text for text in words(raised(article_funding)) if "Mistral" in text]


def test_funding_as_it_was_known_earlier(article_funding):
    # by 2 April 2025 OpenAI had 1 + 10 + 6.6 + 40 = 57.6; 57.6 / 20 = 2.88
    ax = raised(article_funding, "2025-04-02")
    assert said(ax) == "By 2 April 2025 OpenAI's funding had reached 2.9 times what the article says"
    assert {days[-1] for days, _ in stepped(ax)} == {"2025-04-02"}
    assert said(raised(article_funding, "2020-01-01")).endswith(
        "0.1 times what the article says"
    )  # 1 / 20, one company
    assert nothing(raised(article_funding, "2019-01-01"))


def test_labels_that_would_touch_are_moved_apart_and_others_stay():
    ax = theme.axes()
    ax.set_ylim(0, 100)
    theme.edge_labels(ax, [theme.Label(y, str(y), "k") for y in (50, 10, 50)])
    low, *pair = sorted(text.xy[1] for text in ax.texts)
    assert low == pytest.approx(0.1)
    assert pair[1] - pair[0] == pytest.approx(12 / (3.5 * 72 * 0.85))
    assert sum(pair) / 2 == pytest.approx(0.5)


# Forecasts


@pytest.fixture(scope="module")
def sizes():
    return article_tables.load("market_size")


def ranges(sizes, year, as_of=LATER):
    return charts.market.forecast_ranges(
        known("market_size_forecasts", as_of), sizes, year=year, ax=theme.axes()
    )


def test_printed_sizes_of_2024_against_forecasts_of_the_same_scope(sizes):
    ax = ranges(sizes, 2024)
    # code 2.5 under 6.18; service 4.0 under 6.67; content 3.0 from 2.15 to 15.2; drugs 1.5 over 1.26;
    # robotics: none close
    assert (
        said(ax)
        == "Of four printed 2024 sizes that forecasts of the same scope cover, two lie below all of them, one"
        " between them and one above all of them"
    )
    assert sorted(printed_marks(ax)[:, 0]) == [0.8, 1.5, 2.5, 3.0, 4.0]
    close = sorted(marks(ax, theme.RECOMPUTED, theme.RECOMPUTED)[:, 0])
    assert close == [pytest.approx(v, abs=0.01) for v in (1.26, 2.15, 6.18, 6.67, 7.76, 12.06, 14.8, 15.22)]
    assert len(marks(ax, theme.RECOMPUTED, "#ffffff")) == 4
    assert ax.get_xscale() == "log"
    assert {"$2.5B", "$0.8B"} <= set(words(ax))


def test_rows_of_marks_are_those_of_their_segment(sizes):
    ax = ranges(sizes, 2024)
    rows = dict(zip((label.get_text() for label in ax.get_yticklabels()), ax.get_yticks(), strict=True))
    code = [
        x
        for x, y in marks(ax, theme.RECOMPUTED, theme.RECOMPUTED)
        if y == rows["Code Generation & Assistants"]
    ]
    assert code == [pytest.approx(6.177, abs=1e-3)]  # 4.86 * (26.03 / 4.86)^(1/7)


def test_printed_sizes_of_2028_all_lie_between_forecasts(sizes):
    assert (
        said(ranges(sizes, 2028))
        == "Of four printed 2028 sizes that forecasts of the same scope cover, all lie between them"
    )


def test_forecasts_known_early_are_fewer(sizes):
    # on 1 March 2024 chatbots alone are forecast: 6.67, above the printed 4.0
    assert (
        said(ranges(sizes, 2024, "2024-03-01"))
        == "Of one printed 2024 size that forecasts of the same scope cover, one lies below all of them"
    )
    assert nothing(ranges(sizes, 2024, "2020-01-01"))
    broad = known("market_size_forecasts").query("scope_fit != 'close'")
    ax = charts.market.forecast_ranges(broad, sizes, year=2024, ax=theme.axes())
    assert said(ax) == "No forecast of the same scope covers 2024; those of another decide nothing"


# SoftBank's money, chips, frontiers, accounts


def paid(as_of=LATER):
    steps = funding.paid_and_promised(known("softbank_openai", as_of))
    return charts.funding.paid_and_promised(steps, printed=60, day=DAY, ax=axes(), as_of=as_of)


def test_what_had_been_paid_on_the_articles_day():
    ax = paid()
    # 34.6 stated at the year's end and 10 on 1 April 2026; 34.6 + 30 promised
    assert said(ax) == "By 21 May 2026 SoftBank had paid 44.6 of 64.6 billion dollars promised"
    promised, done = stepped(ax)
    assert done[1] == [pytest.approx(v) for v in (2.2, 9.7, 34.6, 34.6, 34.6, 44.6, 54.6, 64.6, 64.6)]
    assert promised[1][0] == pytest.approx(32.2)
    assert done[0][-1] == promised[0][-1] == LATER
    level = [line for line in ax.lines if list(line.get_ydata()) == [60, 60]]
    assert [line.get_color() for line in level] == [theme.PRINTED]
    assert {"printed: about $60B", "paid $64.6B", "promised $64.6B", "the article, 21 May 2026"} <= set(
        words(ax)
    )


def test_what_was_known_later_is_not_drawn():
    ax = paid(DAY)
    assert said(ax) == "By 21 May 2026 SoftBank had paid 44.6 of 64.6 billion dollars promised"
    assert {days[-1] for days, _ in stepped(ax)} == {DAY}
    assert {"paid $44.6B", "promised $64.6B"} <= set(words(ax))
    assert (
        said(paid("2025-04-02")) == "By 2 April 2025 SoftBank had paid 2.2 of 32.2 billion dollars promised"
    )
    assert nothing(paid("2024-01-01"))


def test_one_step_says_what_it_can():
    one = pd.DataFrame(
        {"valid_on": pd.to_datetime(["2025-04-01"]), "paid_usd_bn": [2.2], "promised_usd_bn": [np.nan]}
    )
    ax = charts.funding.paid_and_promised(one, printed=60, day=DAY, ax=axes())
    assert said(ax) == "By 21 May 2026 SoftBank had paid 2.2 billion dollars, as far as known"
    assert len(stepped(ax)) == 1
    late = one.assign(valid_on=pd.Timestamp("2026-06-01"))
    assert said(charts.funding.paid_and_promised(late, printed=60, day=DAY, ax=axes())).startswith(
        "Nothing was paid or promised by 21 May 2026"
    )


def chips(as_of=LATER):
    return charts.market.chip_revenue(
        known("nvidia_revenue", as_of), investment_usd_bn=60, day=DAY, ax=axes(), as_of=as_of
    )


def test_the_investment_in_weeks_of_chip_revenue():
    ax = chips()
    # Q1 FY2027 was reported on 20 May 2026: 60 / 75.246 * 13 = 10.37
    assert (
        said(ax)
        == "$60B is 10.4 weeks of NVIDIA's data-centre revenue at the last quarter reported by 21 May 2026"
    )
    hollow = [bar for bar in ax.patches if bar.get_facecolor()[3] == 0]
    assert [bar.get_height() for bar in hollow] == [pytest.approx(89.023)]  # reported on 26 August
    assert len(ax.patches) == 26
    assert {"75.2", "89.0", "the printed investment, $60B"} <= set(words(ax))
    right = max(bar.get_bbox().xmax for bar in ax.patches if bar.get_facecolor()[3])
    assert right == pytest.approx(number("2026-04-26"))  # a bar fills its quarter and ends with it


def test_chips_on_the_day_before_the_report_take_the_quarter_before():
    ax = chips("2026-05-19")
    assert said(ax).startswith("$60B is 12.5 weeks")  # 60 / 62.314 * 13 = 12.52
    assert "hollow" not in theme.chart_of(ax).subtitle
    assert nothing(chips("2020-01-01"))


def test_a_quarter_that_had_ended_but_was_not_reported_is_hollow():
    ax = charts.market.chip_revenue(
        known("nvidia_revenue"), investment_usd_bn=60, day="2026-05-01", ax=axes()
    )  # the quarter to 26 April was reported on 20 May
    assert said(ax).startswith("$60B is 12.5 weeks")
    assert [bar.get_height() for bar in ax.patches if bar.get_facecolor()[3] == 0] == [
        pytest.approx(75.246),
        pytest.approx(89.023),
    ]


def series(benchmark, as_of=LATER, protocol=None):
    rows = known("model_benchmarks", as_of)
    rows = rows[(rows["benchmark"] == benchmark) & (rows["use"] == "trend")]
    return rows if protocol is None else rows[rows["protocol"] == protocol]


def test_frontiers_by_hand():
    rows = [
        ("closed", 60, "2023-01-01"),
        ("open", 40, "2023-01-01"),
        ("open", 55, "2024-01-01"),
        ("closed", 50, "2024-12-30"),
    ]
    table = pd.DataFrame(rows, columns=["weights", "score_pct", "valid_on"]).assign(
        valid_on=lambda t: pd.to_datetime(t["valid_on"])
    )
    ax = charts.benchmarks.frontiers(table, benchmark="Test", day=DAY, ax=axes())
    # 60 - 40 = 20 on 365 days, then 60 - 55 = 5 on 365 more
    assert (
        said(ax)
        == "On Test the gap of closed over open averaged 5.0 points in the 12 months to 30 December 2024,"
        " after 20.0 in the 12 before"
    )
    closed, open_ = stepped(ax)
    assert closed[1] == [60, 60]
    assert open_[1] == [40, 55, 55]  # carried to the end of the record
    assert {
        "closed 60.0",
        "open 55.0",
        "gap 5.0",
        "record ends 30 December 2024, 17 months before the article",
    } <= set(words(ax))
    assert len(marks(ax, theme.RECOMPUTED)) == 4


def test_an_open_lead_is_a_negative_gap():
    rows = [("closed", 60, "2024-01-01"), ("open", 70, "2024-02-01")]
    table = pd.DataFrame(rows, columns=["weights", "score_pct", "valid_on"]).assign(
        valid_on=lambda t: pd.to_datetime(t["valid_on"])
    )
    ax = charts.benchmarks.frontiers(table, benchmark="Test", day="2024-01-15", ax=axes())
    assert (
        said(ax)
        == "On Test closed models are −10.0 points from open ones on 1 February 2024; the record is too short"
        " for a trend"
    )
    assert "gap −10.0" in words(ax)
    assert "the article, 15 January 2024" in words(ax)


def test_the_frontiers_of_the_record_pass_the_article():
    ax = charts.benchmarks.frontiers(series("GPQA Diamond"), benchmark="GPQA Diamond", day=DAY, ax=axes())
    assert "the article, 21 May 2026" in words(ax)
    assert not [text for text in words(ax) if text.startswith("record ends")]
    gap = frontier.frontier_gap(series("GPQA Diamond"))
    assert f"averaged {gap.iloc[-365:].mean():.1f} points" in said(ax)
    assert f"after {gap.iloc[-730:-365].mean():.1f} in" in said(ax)
    assert nothing(
        charts.benchmarks.frontiers(
            series("GPQA Diamond", "2022-01-01"), benchmark="GPQA Diamond", day=DAY, ax=axes()
        )
    )
    closed = series("GPQA Diamond").query("weights == 'closed'")
    assert nothing(charts.benchmarks.frontiers(closed, benchmark="GPQA Diamond", day=DAY, ax=axes()))


def test_growth_of_revenue_and_costs_over_two_years():
    ax = charts.funding.costs_and_revenue(known("openai_finance"), axes())
    # 13.07 / 3.7 = 3.532; 34.0 / 12.48 = 2.724; 12.48 - 3.7 = 8.78; 34.0 - 13.07 = 20.93
    assert (
        said(ax)
        == "From 2024 to 2025 revenue grew 3.53 times and costs 2.72 times; costs less revenue came to 8.8,"
        " then 20.9 billion dollars"
    )
    assert [[bar.get_height() for bar in bars] for bars in ax.containers] == [[3.7, 13.07], [12.48, 34.0]]
    assert {"revenue 3.7", "revenue 13.1", "costs 12.5", "costs 34.0"} <= set(words(ax))
    assert not ax.lines
    assert "two years are no trend" in theme.chart_of(ax).subtitle
    assert "leaked in June 2026" in theme.chart_of(ax).subtitle


def test_accounts_that_were_not_known_or_of_one_year_are_no_data():
    assert nothing(charts.funding.costs_and_revenue(known("openai_finance", "2026-06-15"), axes()))
    one = known("openai_finance").query("period == 'CY2025'")
    assert nothing(charts.funding.costs_and_revenue(one, axes()))


def test_every_figure_stands_in_colours_that_have_a_dark_counterpart(models, article_funding, sizes):
    drawn = [
        scores(models, "MMLU"),
        prices(models),
        raised(article_funding),
        ranges(sizes, 2028),
        paid(),
        chips(),
        charts.benchmarks.frontiers(series("GPQA Diamond"), benchmark="GPQA Diamond", day=DAY, ax=axes()),
        charts.funding.costs_and_revenue(known("openai_finance"), axes()),
    ]
    for ax in drawn:
        drawn = {
            c for artist in (*ax.lines, *ax.patches, *ax.collections, *ax.texts) for c in colours(artist)
        }
        assert drawn <= set(theme.DARK), drawn - set(theme.DARK)


def colours(artist):
    getters = ("get_color", "get_facecolor", "get_edgecolor")
    for name in getters:
        if (get := getattr(artist, name, None)) is not None:
            value = get()
            for one in value if isinstance(value, np.ndarray) and value.ndim == 2 else [value]:
                if isinstance(one, str) or (len(one) == 4 and one[3] > 0):
                    yield to_hex(one)
