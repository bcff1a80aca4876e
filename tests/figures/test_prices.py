"""Do the charts say what models cost: as printed, as listed, and at a fixed quality?"""

import numpy as np
import pandas as pd
import pytest

from analysis.evidence import article_tables, evidence_tables
from analysis.figures import charts, theme
from analysis.models import frontier, prices
from analysis.statistics import trend
from analysis.units import parse_figure
from tests.figures.artists import (
    assert_drawn_alike,
    colours,
    date_number,
    finding,
    is_empty,
    lines,
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


def test_price_multiples_stand_on_a_log_axis_next_to_the_printed_ranges():
    multiples = frontier.price_multiples(article_tables.load("models"), "GPT-4o", 0.75)
    claimed = {"DeepSeek-V2": parse_figure("25-35x", "x")}
    ax = charts.prices.price_multiples(multiples, claimed, reference="GPT-4o")
    assert ax.get_xscale() == "log"
    assert points(ax)[:, 0].max() == pytest.approx(15 / 0.28)
    assert "misses" in finding(ax)
    assert "35.7 to 53.6 times, the article 25 to 35" in theme.chart_of(ax).alt  # 5 / 0.14 and 15 / 0.28
    wide = charts.prices.price_multiples(
        multiples, {"DeepSeek-V2": parse_figure("25-40x", "x")}, reference="GPT-4o"
    )
    assert "meet" in finding(wide)


def test_the_front_joins_what_is_on_it():
    models = frontier.with_blend(article_tables.load("models"), 0.75)
    price = "blended_price_usd_per_mtok"
    front = frontier.pareto_front(models, price, "mmlu_pct")
    ax = charts.prices.price_quality(
        models, front, price=price, quality="mmlu_pct", quality_title="MMLU", ax=theme.axes()
    )
    assert ax.lines[0].get_xdata().tolist() == [pytest.approx(v) for v in (0.175, 2.0, 6.0, 7.5)]
    assert finding(ax).startswith("Gemini 1.5 Pro is beaten on both price and score")


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
        "score_level": ["GPT-4", "GPT-4o"],
        "threshold_pct": [40.0, 50.0],
        "decline_factor_per_year": [10.0, np.nan],
        "bootstrap_low": [5.0, np.nan],
        "bootstrap_high": [20.0, np.nan],
        "level": 0.9,
        "steps": [3, 1],
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
    titles = [ax.get_title(loc="left") for ax in theme.chart_of(price()).axes]
    assert titles == [
        "GPT-4, 40% or more: 10-fold cheaper a year (90%: 5 to 20), 3 steps",
        "GPT-4o, 50% or more: 1 step, too few to fit",
    ]
    alone = price(fits=FITS.assign(bootstrap_low=np.nan).head(1), panels=1)
    assert alone.get_title(loc="left").endswith("10-fold cheaper a year, no interval, 3 steps")


def test_the_finding_spans_the_factors():
    assert numbers_in(finding(price())) == ["10"]
    both = FITS.assign(decline_factor_per_year=[10, 40], bootstrap_low=[5, 2], bootstrap_high=[20, 900])
    assert numbers_in(finding(price(fits=both))) == ["10", "40"]
    assert finding(price(fits=FITS.assign(decline_factor_per_year=np.nan))).startswith("Too few")


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
    assert len(numbers_in(finding(ax))) == 1
    assert (
        theme.chart_of(ax).axes[1].get_title(loc="left") == "nothing, 99.9% or more: 0 steps, too few to fit"
    )


def test_prices_need_their_columns_and_a_panel_each():
    with pytest.raises(ValueError, match="spells has no column 'score_pct'"):
        price(SPELLS.drop(columns="score_pct"))
    with pytest.raises(ValueError, match="there are 1 panels for 2 rows of fits; hand in"):
        price(panels=1)
    assert is_empty(price(SPELLS.assign(score_pct=1.0)))


def known(name, as_of=LATER):
    return evidence_tables.load(name, as_of)


def axes():
    return theme.axes(grid="y")


@pytest.fixture(scope="module")
def models():
    return frontier.with_blend(article_tables.load("models"), 0.75)


def history(models, kind="input", as_of=LATER, share=0.75):
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
    ax = history(models, kind)
    assert ax.get_yscale() == "log"
    assert finding(ax).startswith(f"Two of the article's five {kind} prices")
    assert note(ax).startswith("Two had been cut and Llama 3.1 405B")
    days, heights = next(step for step in steps(ax) if step[0][0] == "2024-05-13")
    assert days[:2] == ["2024-05-13", "2024-08-06"]
    assert heights[:2] == gpt
    assert f"GPT-4o ${gpt[1]:.2f}" in words(ax)


def test_printed_prices_stand_on_the_articles_day_and_hosts_are_points(models):
    ax = history(models)
    rings = marks(ax, theme.PRINTED)
    assert sorted(rings[:, 1]) == [0.14, 2.0, 3.0, 3.5, 5.0]
    assert set(rings[:, 0]) == {date_number(DAY)}
    assert sorted(marks(ax, theme.RECOMPUTED, "#ffffff")[:, 1]) == [0.8, 0.9, 3.0, 3.5, 5.0, 5.32, 5.33]
    assert {"Gemini 1.5 Pro $3.50", "the article, 21 May 2026", "hosts of Llama 3.1 405B"} <= set(words(ax))


def test_before_the_cuts_every_price_was_as_printed(models):
    ax = history(models, as_of="2024-07-31")
    assert finding(ax).startswith("Four of the article's five")
    assert "31 July 2024" in subtitle(ax)
    assert note(ax).startswith("One ")
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
            "own_service": True,
            "valid_on": pd.to_datetime(["2024-01-01", "2024-06-01"]),
            "input_price_usd_per_mtok": [1.0, 2.0],
        }
    )
    printed = pd.DataFrame({"model": ["A"], "input_price_usd_per_mtok": [1.0]})
    ax = charts.prices.price_history(listed, printed, day=DAY, kind="input", ax=axes())
    assert finding(ax).startswith("None of the article's one")
    assert note(ax) == "One had been raised."


def test_a_kind_of_price_that_the_table_does_not_have_is_refused(models):
    with pytest.raises(ValueError, match="kind is 'cached'; use one of input, output, blended"):
        history(models, "cached")


def test_no_price_is_no_data(models):
    assert is_empty(history(models, as_of="2024-03-01"))


def training(as_of=LATER):
    rows = known("training_cost", as_of)
    bases = {"rented hardware": "D"}
    by_basis = frontier.cost_by_basis(rows, bases, t=2025.5, threshold_usd=1e9, seed=1)
    claim = parse_figure("over $1 billion", "usd_bn")
    line = frontier.cost_trend(rows, "D")
    ax = charts.prices.training_trend(rows, line, by_basis, basis="rented hardware", claim=claim, day=DAY)
    return ax, by_basis.iloc[0]


def test_training_costs_of_one_basis_are_drawn_with_the_claim_and_the_chance_that_a_run_passes_it():
    ax, row = training()
    assert finding(ax) == f"Training costs have grown {row['factor']:.1f}-fold a year (rented hardware)"
    # over one billion: a ring at 1e9 dollars in the middle of 2025
    assert marks(ax, theme.PRINTED).tolist() == [[2025.5, 1e9]]
    assert "GPT-5, by the article over $1 billion" in words(ax)
    assert f"({row['p_one']:.0%})" in theme.chart_of(ax).note
    costs = known("training_cost").query("run == 'D'")
    assert set(costs.nlargest(3, "training_cost_usd")["model"]) <= set(words(ax))


def test_charts_are_the_same_bytes_each_time_well_formed_and_dark_where_they_should_be():
    assert_drawn_alike(price)


def test_every_colour_has_a_dark_counterpart(models):
    assert colours(history(models)) <= set(theme.DARK)
