"""Charts are read through their artists: what is drawn where, and what the finding says."""

import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection

from analysis import audit, labels, scenarios
from analysis.evidence import article_tables, claims
from analysis.figures import charts, theme
from analysis.models import frontier, funding, market


def points(ax):
    """Every scattered point, as rows of x and y."""
    found = [c.get_offsets() for c in ax.collections if isinstance(c, PathCollection)]
    return np.concatenate([np.asarray(offsets) for offsets in found])


def words(ax):
    return " ".join(text.get_text() for text in ax.texts)


def said(ax):
    chart = theme.chart_of(ax)
    assert chart.subtitle
    assert chart.alt.endswith(".")
    return chart.finding


@pytest.fixture(scope="module")
def sizes():
    return article_tables.load("market_size")


@pytest.fixture(scope="module")
def rows():
    register = scenarios.load_register()
    assumptions = scenarios.Assumptions(scenarios.resolve("base", {"draws": 1000}), register)
    return audit.judge_claims(claims.load(), audit.gather(assumptions))


def test_growth_rates_stand_printed_beside_recomputed(sizes):
    ax = charts.market.growth_rates(market.growth_checks(sizes, 4), years=4, ax=theme.axes())
    drawn = {round(float(x), 1) for x, _ in points(ax)}
    assert {43.0, 35.0, 32.0, 40.0, 44.0} <= drawn  # as printed
    assert {56.5, 45.6, 41.4, 52.0, 58.1} <= drawn  # recomputed
    assert said(ax) == "All five printed growth rates are 9 to 14 points too low"


def test_over_five_years_the_growth_chart_says_the_opposite(sizes):
    ax = charts.market.growth_rates(market.growth_checks(sizes, 5), years=5, ax=theme.axes())
    assert said(ax) == "Over 5 years all five printed growth rates come out as printed"


def test_the_lines_of_implied_periods_cross_zero_at_five(sizes):
    checks = market.growth_checks(sizes, 4)
    ax = charts.market.implied_periods(
        market.rates_by_period(sizes, [3, 4, 5, 6]), checks, years=4, ax=theme.axes()
    )
    segments = [line for line in ax.lines if len(line.get_xdata()) == 4]
    assert len(segments) == 5
    for line in segments:
        assert np.interp(5, line.get_xdata(), line.get_ydata()) == pytest.approx(0, abs=0.5)
    assert "need 5.0 years" in said(ax)


def test_leads_are_drawn_signed_with_the_printed_band():
    models = article_tables.load("models")
    found = {"HumanEval": frontier.leads(models, "GPT-4o", "humaneval_pct", ["Llama 3.1 405B"])}
    ax = charts.benchmarks.leads(found, (1, 2), reference="GPT-4o", ax=theme.axes())
    assert points(ax)[:, 0].min() == pytest.approx(-1.8)
    assert "printed: 1 to 2 points" in words(ax)
    assert said(ax).startswith("GPT-4o trails the best model on HumanEval")


def test_price_multiples_stand_on_a_log_axis_beside_the_printed_ranges():
    multiples = frontier.price_multiples(article_tables.load("models"), "GPT-4o", 0.75)
    ax = charts.prices.price_multiples(
        multiples, {"DeepSeek-V2": (25, 35)}, reference="GPT-4o", ax=theme.axes()
    )
    assert ax.get_xscale() == "log"
    assert points(ax)[:, 0].max() == pytest.approx(15 / 0.28)
    assert said(ax) == "GPT-4o costs 35.7 to 53.6 times DeepSeek-V2, printed as 25 to 35"


def test_the_scoreboard_holds_every_claim(rows):
    ax = charts.audit.scoreboard(audit.counts(rows), errors=1, ax=theme.axes())
    assert sum(bar.get_width() for bar in ax.patches) == len(rows)
    shown = {text.get_text() for text in theme.chart_of(ax).legends[0].get_texts()}
    assert shown == {labels.VERDICTS[verdict] for verdict in rows["verdict"]}


@pytest.mark.parametrize(
    ("errors", "title"), [(0, "no distinct errors"), (1, "one distinct error"), (16, "16 distinct errors")]
)
def test_the_scoreboard_names_the_errors_and_not_the_statements_that_repeat_them(rows, errors, title):
    ax = charts.audit.scoreboard(audit.counts(rows), errors=errors, ax=theme.axes())
    assert said(ax) == f"The article makes {title}"


def test_agreement_leaves_out_what_has_no_printed_figure(rows):
    table = charts.audit.comparable(rows)
    both = rows["stated_high"].lt(math.inf) & (rows["computed"] > 0)
    assert set(table["id"]) == set(rows.loc[both, "id"])
    # 56.508 over 43: 1.314
    assert table.set_index("id").loc["market.cagr.code_generation", "ratio"] == pytest.approx(1.314, abs=1e-3)
    ax = charts.audit.agreement(rows, ax=theme.axes())
    assert len(points(ax)) == len(table)
    names = [label.get_text() for label in ax.get_yticklabels()]
    for name, statement in zip(names, table["statement"], strict=True):
        assert statement.startswith(name.replace("\n", " ").removesuffix(" …")) and name.count("\n") < 2


def test_a_missing_figure_says_why_and_is_not_drawn_at_zero():
    cells = article_tables.parsed_cells("players")
    ax = charts.layout.bounded(cells, unit="usd_bn", finding="f", subtitle="s", ax=theme.axes())
    assert words(ax).count("N/A (internal)") == 2
    assert sorted(bar.get_width() for bar in ax.containers[0] if not math.isnan(bar.get_width())) == [
        6.0,
        7.6,
        20.0,
    ]


def test_the_front_joins_what_is_on_it():
    models = frontier.with_blend(article_tables.load("models"), 0.75)
    price = "blended_price_usd_per_mtok"
    front = frontier.pareto_front(models, price, "mmlu_pct")
    ax = charts.prices.price_quality(
        models, front, price=price, quality="mmlu_pct", quality_title="MMLU", ax=theme.axes()
    )
    assert ax.lines[0].get_xdata().tolist() == [pytest.approx(v) for v in (0.175, 2.0, 6.0, 7.5)]
    assert said(ax).startswith("Gemini 1.5 Pro is beaten on both price and score")


def test_shares_before_and_after_are_both_drawn():
    article_funding = article_tables.parsed_cells("players").rename(columns={"row": "company"})
    after = funding.with_investment(article_funding, "OpenAI", 60)
    ax = charts.funding.shares(
        funding.funding_shares(article_funding),
        funding.funding_shares(after),
        amount="$60B",
        company="OpenAI",
        ax=theme.axes(),
    )
    assert len(points(ax)) == 6
    assert said(ax) == "OpenAI's share of external funding rises from 60% to 85%"


def test_every_link_is_an_arrow():
    graph = funding.funding_graph(funding.investor_links(article_tables.load("players")))
    ax = charts.funding.funding_links(graph, focus="OpenAI", ax=theme.axes())
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None) is not None]
    assert len(arrows) == graph.number_of_edges() == 7


def test_a_fan_shows_median_and_ranges_of_the_draws():
    paths = np.array([[1.0, v] for v in range(1, 102)])
    table = charts.simulation.quantiles(np.array([0.0, 1.0]), paths, "x")
    assert table.iloc[-1][["p5", "p50", "p95"]].tolist() == [6, 51, 96]
    ax = charts.simulation.fan([table], finding="f", subtitle="s", lines={"limit": 7}, ax=theme.axes())
    assert ax.lines[0].get_ydata().tolist() == [1, 51]
    assert len(ax.collections) == 2
    assert "limit" in words(ax)
    assert "simulated draws" in theme.chart_of(ax).subtitle


def test_the_distribution_says_what_lies_between_the_thresholds():
    moic = np.array([0.1] * 20 + [1.0] * 50 + [4.0] * 20 + [50.0] * 10)
    ax = charts.simulation.outcome(moic, {"low": 0.25, "high": 3.0}, ax=theme.axes())
    assert sum(bar.get_height() for bar in ax.patches) == pytest.approx(
        100
    )  # also what lies beyond the right edge
    assert {"20%", "50%", "30%"} <= {text.get_text() for text in ax.texts}
    assert said(ax) == "50% of futures end between 0.25x and 3x; the median is 1.00x"


def test_a_label_that_the_next_threshold_would_cross_stands_left_of_its_own():
    ax = charts.simulation.returns(
        np.linspace(-100, 100, 401), {"money back": 0.0, "20% asked for": 20.0}, ax=theme.axes()
    )
    sides = {text.get_text(): text.get_ha() for text in ax.texts}
    assert (sides["money back"], sides["20% asked for"]) == ("right", "left")
    # -100 to 100 in steps of 0.5: 161 of 401 draws are 20 or more, and the middle one is 0
    assert said(ax) == "40% of futures return 20% a year or more; the median is 0.0%"


def test_a_negative_return_has_a_minus_sign_wherever_it_is_printed():
    ax = charts.simulation.returns(np.full(3, -12.5), {"money back": 0.0, "asked for": 20.0}, ax=theme.axes())
    chart = theme.chart_of(ax)
    assert chart.finding.endswith("the median is −12.5%") and "median −12.5%" in chart.alt
    assert "(−100 and less" in ax.get_xlabel()
    assert ax.xaxis.get_major_formatter()(-50, 0) == "−50%"


def test_probabilities_over_time_end_where_the_table_ends():
    table = pd.DataFrame(
        {"times_years": [0.0, 1.0], "probability": [0.0, 0.4], "low": [0.0, 0.35], "high": [0.0, 0.45]}
    )
    ax = charts.simulation.probability_over_time(
        {"below cost": table}, deadline=("due", 0.5), finding="f", subtitle="s", ax=theme.axes()
    )
    assert ax.lines[0].get_ydata()[-1] == pytest.approx(40)
    assert "due" in words(ax)


def test_a_heat_map_prints_its_numbers_and_sets_those_above_the_mark_in_bold():
    grid = pd.DataFrame([[10.0, 90.0]], index=[0], columns=[5, 8])
    ax = charts.simulation.heat_map(
        grid, finding="f", subtitle="s", xlabel="x", ylabel="y", mark=58, ax=theme.axes()
    )
    assert ax.figure.alt == "A grid of 1 by 2 numbers by y and x, from 10 to 90."
    assert [(text.get_text(), text.get_fontweight()) for text in ax.texts] == [
        ("10", "normal"),
        ("90", "semibold"),
    ]


def test_the_stress_chart_says_from_which_loss_on_the_ceiling_is_passed():
    table = pd.DataFrame(
        {"loss_pct": [0, 10, 20], "alone_pct": [20.0, 21.0, 22.0], "along_pct": [20.0, 24.0, 27.0]}
    )
    ax = charts.balance_sheet.stress(table, {"promised": 25.0}, ax=theme.axes())
    assert "from a loss of 20% on" in said(ax)


def test_deadlines_are_drawn_from_publication_with_the_time_gone_by_and_what_is_decided():
    days = ["2027-05-21", "2028-05-21", "2027-05-21"]
    parts = pd.DataFrame({"label": ["a", "b", "c"], "deadline": days, "status": ["open", "open", "void"]})
    ax = charts.forecasts.deadlines(parts, published_on="2026-05-21", as_of="2027-10-31", ax=theme.axes())
    widths = {round(bar.get_y() + bar.get_height() / 2): [] for bar in ax.patches}
    for bar in ax.patches:
        widths[round(bar.get_y() + bar.get_height() / 2)].append(bar.get_width())
    # from the top: a is over, c was overtaken, b has run from 21 May 2026 to 31 Oct 2027; 2028 is a leap year
    assert widths == {2: [365, 365], 1: [365], 0: [731, 528]}
    assert said(ax) == "3 parts on 31 October 2027: 2 too early to tell, 1 overtaken"
    told = [text.get_text() for text in ax.texts]
    assert told == ["b", "21 May 2028", "c", "overtaken", "a", "21 May 2027"]


def test_every_method_has_its_mark_and_several_are_pooled():
    rows = [
        ("a", "simulation", 90.0, 89.0, 91.0, 75.0, None),
        ("a", "trend", 50.0, 20.0, 80.0, 75.0, None),
        ("b", "base rate", 25.0, 5.0, 60.0, 25.0, "a"),
    ]
    columns = ["id", "kind", "probability_pct", "low_pct", "high_pct", "pooled_pct", "given"]
    ax = charts.forecasts.chances(
        pd.DataFrame(rows, columns=columns), {"a": "It comes", "b": "… and stays"}, ax=theme.axes()
    )
    marks = {line.get_marker(): list(line.get_xdata()) for line in ax.lines if len(line.get_xdata()) == 1}
    assert marks == {"o": [90.0], "^": [50.0], "s": [25.0]}
    spans = [tuple(line.get_xdata()) for line in ax.lines if len(line.get_xdata()) == 2]
    assert sorted(spans) == [
        (5.0, 60.0),
        (20.0, 80.0),
        (75.0, 75.0),
        (89.0, 91.0),
    ]  # b has one method and no pool
    assert [text.get_text() for text in ax.texts] == ["25%", "… and stays, if so", "75%", "It comes"]
    assert said(ax) == "1 of 2 parts are more likely than not; the likeliest is “It comes”"
