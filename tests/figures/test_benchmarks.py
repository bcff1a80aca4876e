"""Do the charts say how good models are, and how far open ones are from closed ones?"""

import math

import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from matplotlib.colors import to_hex

from analysis.evidence import article_tables, evidence_tables
from analysis.figures import charts, theme
from analysis.models import frontier
from analysis.models import parity as parities
from analysis.units import parse_figure
from tests.figures.artists import (
    assert_drawn_alike,
    colours,
    finding,
    is_empty,
    lines,
    marks,
    note,
    numbers_in,
    points,
    steps,
    text,
    words,
)

DAY = "2026-05-21"
AT = 2026 + 4 / 12 + 20 / 365  # the same day by the rule year + (month - 1)/12 + (day - 1)/365
LATER = "2026-10-31"


def test_leads_are_drawn_signed_with_the_printed_band():
    models = article_tables.load("models")
    leads = frontier.leads(models, "GPT-4o", ["humaneval_pct"], ["Llama 3.1 405B"])
    ax = charts.benchmarks.leads(leads, parse_figure("1-2 points", "points"), reference="GPT-4o")
    assert points(ax)[:, 0].min() == pytest.approx(-1.8)
    assert "the article: 1 to 2 points" in text(ax)
    assert finding(ax) == "GPT-4o trails on HumanEval"
    both = frontier.leads(models, "GPT-4o", ["mmlu_pct", "humaneval_pct"], ["Llama 3.1 405B"])
    ax = charts.benchmarks.leads(both, parse_figure("1-2 points", "points"), reference="GPT-4o")
    assert finding(ax) == "GPT-4o leads on MMLU and trails on HumanEval"  # +0.4 and −1.8 points


LAGS = pd.DataFrame({"lag_months": [2.0, 4.0, 6.0, 9.0], "matched": [True, True, False, False]})


# 4 at risk: 3/4 after 2 months, 2/4 after 4
SURVIVAL = pd.DataFrame(
    {"lag_months": [2.0, 4.0], "unmatched_share": [0.75, 0.5], "low": [0.1, 0.05], "high": [0.95, 0.9]}
)


def match(lags=LAGS, median=4.0, interval=(2.0, math.inf), published=None):
    matched = parities.TimeToMatch(
        survival=SURVIVAL,
        median_months=median,
        median_interval=interval,
        naive_mean_months=3.0,
        n=len(lags),
        events=2,
        matchers=1,
        level=0.95,
        reasons={},
        notes=(),
    )
    return charts.benchmarks.time_to_match(matched, lags, benchmark="GPQA", published=published)


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


def test_the_median_is_marked_and_named_with_its_interval():
    ax = match()
    assert [4, 0.5] in marks(ax, theme.RECOMPUTED).tolist()
    assert "half after 4 months" in words(ax)
    assert numbers_in(finding(ax)) == ["4"]
    assert "95% interval" in theme.chart_of(ax).subtitle
    assert numbers_in(note(ax)) == ["2", "4", "95", "2"]  # 2 of 4; 95%: 2 to not reached


def test_a_median_that_was_not_reached_is_no_mark():
    ax = match(median=math.nan, interval=(math.nan, math.nan))
    assert "fewer than half" in finding(ax)
    assert not len(marks(ax, theme.RECOMPUTED))


def test_published_lags_are_rings_below_the_curve_with_their_names():
    facts = [("open_lag.epoch_2026", "Epoch AI", 18.4), ("open_lag.new", "LessWrong", 8.0)]
    ax = match(published=pd.DataFrame(facts, columns=["id", "subject", "value"]))
    rings = marks(ax, theme.PRINTED)
    assert set(rings[:, 0]) == {18.4, 8}
    assert (rings[:, 1] < 0).all()
    # a fact that has no name of its own is called by its subject
    assert {"Epoch AI's index, 2026, 18 months", "LessWrong, 8 months"} <= set(words(ax))
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
    ax = charts.benchmarks.time_to_match(parities.time_to_match(lags), lags, benchmark="GPQA")
    assert note(ax).startswith("1 of 3 ")  # 40 by the 50 of February 2024; 60 and 70 by none


def test_time_to_match_refuses_and_is_empty():
    with pytest.raises(ValueError, match="lags has no column 'matched'"):
        match(LAGS.drop(columns="matched"))
    assert is_empty(match(LAGS.head(0)))


def known(name, as_of=LATER):
    return evidence_tables.load(name, as_of)


@pytest.fixture(scope="module")
def models():
    return frontier.with_blend(article_tables.load("models"), 0.75)


def scores(models, benchmark, as_of=LATER):
    table = frontier.article_scores(known("model_benchmarks", as_of), benchmark)
    return charts.benchmarks.scores(models, table, benchmark=benchmark)


def test_two_of_five_printed_mmlu_scores_are_of_the_protocol_of_the_heading(models):
    ax = scores(models, "MMLU")
    # Llama 87.3 and DeepSeek 78.5 are 5-shot; 88.7 and 88.3
    # are 0-shot CoT; 86.4 is no score of Gemini 1.5 Pro
    assert finding(ax).startswith("Three of the article's five MMLU scores")
    assert "two are 0-shot CoT" in note(ax)
    filled = set(marks(ax, theme.RECOMPUTED, theme.RECOMPUTED)[:, 0])
    hollow = set(marks(ax, theme.RECOMPUTED, "#ffffff")[:, 0])
    assert {87.2, 88.7, 85.9, 81.9, 87.3, 85.2, 78.5, 77.8} == filled  # 5-shot
    assert {88.7, 88.3, 88.6, 84.2, 86.5, 82.7, 84.5} == hollow  # 0-shot CoT and HELM
    assert {"the article: 88.7", "88.3", "86.4", "87.3", "78.5"} <= set(words(ax))
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
    assert bars[0][0, 1] < rows["GPT-4o"] < bars[0][1, 1]


def test_the_humaneval_of_deepseek_is_no_score_of_its_own(models):
    # 79.2 is GSM8K; 90.2, 92.0, 84.1 and 89.0 are the developers' pass@1
    ax = scores(models, "HumanEval")
    assert finding(ax).startswith("One of the article's five HumanEval scores")
    assert {"68.3 EvalPlus", "48.8 developer base", "81.1 developer chat"} <= set(words(ax))


def test_a_score_under_both_protocols_counts_as_the_headings_and_a_rounded_one_is_alike():
    printed = pd.DataFrame({"model": ["A", "B"], "mmlu_pct": [80.0, 70.0]})
    scores = pd.DataFrame(
        [("A", "0-shot CoT", 80.0), ("A", "5-shot", 80.04), ("B", "5-shot", 70.06)],
        columns=["model", "protocol", "score_pct"],
    ).assign(variant="")
    ax = charts.benchmarks.scores(printed, scores, benchmark="MMLU", ax=theme.axes())
    assert finding(ax).startswith("One of the article's two")


def test_scores_that_were_not_known_yet_cannot_be_checked(models):
    # by 1 March 2024 there is the first Gemini 1.5 Pro alone, at 81.9
    ax = scores(models, "MMLU", "2024-03-01")
    assert finding(ax).startswith("The article's MMLU score is")
    assert "four cannot be checked" in note(ax)
    assert is_empty(scores(models, "MMLU", "2022-01-01"))


def test_a_benchmark_that_the_table_does_not_have_is_refused(models):
    with pytest.raises(ValueError, match="benchmark is 'GSM8K'; the article's table has MMLU and HumanEval"):
        charts.benchmarks.scores(models, pd.DataFrame(), benchmark="GSM8K", ax=theme.axes())


def axes():
    return theme.axes(grid="y")


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
    assert finding(ax).endswith("narrowed")
    assert {"5.0", "20.0"} <= set(numbers_in(note(ax)))
    closed, open_ = steps(ax)
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
    assert "too short" in finding(ax)
    assert "−10.0 points" in note(ax)
    assert "gap −10.0" in words(ax)
    assert "the article, 15 January 2024" in words(ax)


def series(benchmark, as_of=LATER, protocol=None):
    rows = known("model_benchmarks", as_of)
    rows = rows[(rows["benchmark"] == benchmark) & (rows["use"] == "trend")]
    return rows if protocol is None else rows[rows["protocol"] == protocol]


def test_the_frontiers_of_the_record_pass_the_article():
    ax = charts.benchmarks.frontiers(series("GPQA Diamond"), benchmark="GPQA Diamond", day=DAY, ax=axes())
    assert "the article, 21 May 2026" in words(ax)
    assert not [text for text in words(ax) if text.startswith("record ends")]
    gap = frontier.frontier_gap(series("GPQA Diamond"))
    assert f"averaged {gap.iloc[-365:].mean():.1f} points" in note(ax)
    assert f"after {gap.iloc[-730:-365].mean():.1f} in" in note(ax)
    assert is_empty(
        charts.benchmarks.frontiers(
            series("GPQA Diamond", "2022-01-01"), benchmark="GPQA Diamond", day=DAY, ax=axes()
        )
    )
    closed = series("GPQA Diamond").query("weights == 'closed'")
    assert is_empty(charts.benchmarks.frontiers(closed, benchmark="GPQA Diamond", day=DAY, ax=axes()))


@pytest.mark.parametrize("draw", [match])
def test_charts_are_the_same_bytes_each_time_well_formed_and_dark_where_they_should_be(draw):
    assert_drawn_alike(draw)


def test_every_colour_has_a_dark_counterpart(models):
    assert colours(scores(models, "MMLU")) <= set(theme.DARK)
    best = charts.benchmarks.frontiers(series("GPQA Diamond"), benchmark="GPQA Diamond", day=DAY, ax=axes())
    assert colours(best) <= set(theme.DARK)
