"""Do the charts say what a price needs: what a cell holds, where lines cross, and what the findings count?"""

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex

from analysis.figures import charts, theme
from analysis.models import valuation
from analysis.models.valuation import Business, Plan
from tests.figures.artists import finding, note, numbers_in

OPENAI = Business(
    revenue_usd_bn=35, margin_pct=-122, target_margin_pct=25, years=10, return_pct=20, long_run_growth_pct=4
)


def grid(pool, **over):
    return valuation.required_grid(OPENAI, 772, pool_usd_bn=pool, **over)


def drawn(table, pool, business=OPENAI, **names):
    return charts.valuation.required_revenue(
        table,
        business,
        **({"rows": "return_pct", "columns": "margin_pct"} | names),
        equity_usd_bn=852,
        pool_usd_bn=pool,
        segments_usd_bn=58,
    )


def test_a_cell_says_what_is_needed_and_what_share_of_the_market_that_is():
    table = grid(1200, returns_pct=[10, 20], margins_pct=[20, 30])
    ax = drawn(table, 1200)
    cells = [(text.get_text(), text.get_fontweight() == "semibold") for text in ax.texts]
    assert cells == [
        (f"{row.revenue_usd_bn:,.0f}\n{row.pool_share:.0%}", row.revenue_usd_bn > 1200)
        for row in table.itertuples()
    ]
    assert [bold for _, bold in cells] == [False, False, True, True]
    assert finding(ax).endswith("2 of 4 cases")
    assert ax.get_xlabel() == "free cash flow at maturity, per cent of revenue"


def test_the_grid_takes_years_as_well():
    ax = drawn(grid(1200, margins_pct=[20, 30], years=[5, 7]), 1200, rows="margin_pct", columns="years")
    assert [label.get_text() for label in ax.get_xticklabels()] == ["5", "7"]
    assert ax.get_ylabel() == "free cash flow at maturity, per cent of revenue"


@pytest.mark.parametrize(("pool", "comparison"), [(1, "more"), (1e6, "less")])
def test_where_all_cells_agree_the_finding_says_so(pool, comparison):
    table = grid(pool, returns_pct=[10, 20], margins_pct=[20, 30])
    assert f"{comparison} revenue" in finding(drawn(table, pool))
    assert not numbers_in(finding(drawn(table, pool)))


def test_two_rows_for_one_cell_are_refused():
    with pytest.raises(ValueError, match="duplicate"):
        drawn(grid(1200, margins_pct=[20, 30], years=[5, 7]), 1200)
    with pytest.raises(ValueError, match="grid has no column 'pool_share'"):
        drawn(grid(1200).drop(columns="pool_share"), 1200)


def test_the_note_says_what_becomes_of_the_business_at_maturity():
    table = grid(1200, returns_pct=[10, 20], margins_pct=[20, 30])
    held, sold = note(drawn(table, 1200)), note(drawn(table, 1200, OPENAI.sold_at(7.0)))
    assert numbers_in(held)[:2] == ["10", "4"]  # years, and per cent a year
    assert "Every case" in held  # 4 of 4
    assert numbers_in(sold)[:3] == ["20", "7.0", "1.6"]  # 25 / (20 − 4) = 1.6
    assert finding(drawn(table, 1200, OPENAI.sold_at(7.0))).endswith("2 of 4 cases")


PLAN = Plan(
    plan_usd=20,
    price_usd_per_mtok=10,
    cost_usd_per_mtok=3,
    cost_share=0.3,
    spread=valuation.spread(0.1, 0.75),
)


def used(plan):
    return charts.valuation.use_of_plan(plan, model="gpt-5", heavy_user_share=0.1, heavy_token_share=0.75)


def test_the_note_of_use_names_the_model_and_what_the_middle_subscriber_uses():
    assert numbers_in(note(used(PLAN)))[:3] == ["6", "10", "75"]
    assert f"{PLAN.median_mtok:.2f} million" in note(used(PLAN))
    assert note(used(PLAN)).endswith(f"${PLAN.median_usd:.2f} at the list price of GPT-5.")


def test_the_lines_of_use_cross_the_plan_where_the_marks_stand():
    ax = used(PLAN)
    lines = {to_hex(line.get_color()): line for line in ax.lines if len(line.get_xdata()) > 2}
    marks = {
        to_hex(c.get_edgecolor()[0]): np.asarray(c.get_offsets())[0]
        for c in ax.collections
        if isinstance(c, PathCollection)
    }
    assert set(lines) == set(marks) == {theme.RECOMPUTED, theme.SECOND}
    for color, (share, dollars) in marks.items():
        line = lines[color]
        crossing = np.interp(np.log(20), np.log(line.get_ydata()), line.get_xdata())
        assert (share, dollars) == (pytest.approx(crossing, abs=0.1), 20)
    # equal margins: the mean subscriber is the one who breaks even, Phi(1.956041 / 2) = 0.83597 of
    # subscribers stay below
    assert marks[theme.RECOMPUTED][0] == pytest.approx(83.597, abs=1e-2)
    # 1 - Phi((ln(1 / 0.3) + 1.956041^2 / 2) / 1.956041) = 1 - Phi(1.59354) = 0.0555
    assert numbers_in(finding(ax)) == ["84"]
    assert note(ax).startswith("6%")
    assert {"84%", "94%", "the plan, $20"} <= {text.get_text() for text in ax.texts}


def test_a_plan_that_hardly_anyone_uses_up_has_no_mark_outside_the_axes():
    rich = Plan(plan_usd=20, price_usd_per_mtok=10, cost_usd_per_mtok=3, cost_share=0.01, spread=0.5)
    ax = used(rich)
    assert not [c for c in ax.collections if isinstance(c, PathCollection)]
    assert "over 99%" in finding(ax)
    assert note(ax).startswith("less than 1%")


def test_cheaper_tokens_move_margin_and_revenue_apart():
    table = valuation.cheaper_tokens(PLAN, [1, 2, 5, 10], [0, 1, 1.11, 1.5])
    axes = theme.panels(2, height_in=4.6)
    ax = charts.valuation.cheaper_tokens(table, measured=1.11, axes=axes)
    for panel, column in zip(axes, ("plan_margin_pct", "token_revenue_usd"), strict=True):
        lines = [line.get_ydata().tolist() for line in panel.lines]
        assert lines == [part[column].tolist() for _, part in table.groupby("elasticity")]
        (main,) = [line for line in panel.lines if to_hex(line.get_color()) == theme.RECOMPUTED]
        assert main.get_ydata().tolist() == table.query("elasticity == 1.11")[column].tolist()
        assert {text.get_text() for text in panel.texts} == {
            f"elasticity {e}" for e in ("0", "1", "1.11", "1.5")
        }
    # 10^0.11 = 1.288
    assert numbers_in(finding(ax)) == ["10", "29"]


def test_an_elasticity_of_one_leaves_revenue_where_it_is():
    table = valuation.cheaper_tokens(PLAN, [1, 10], [0, 1])
    ax = charts.valuation.cheaper_tokens(table, measured=1.0, axes=theme.panels(2))
    assert "stays" in finding(ax)


def test_what_the_finding_needs_must_be_there():
    table = valuation.cheaper_tokens(PLAN, [1, 10], [0, 1])
    with pytest.raises(
        ValueError, match=r"the elasticities \[0.0, 1.0\]: hand in theme.panels\(2\), 0 and the measured 1.11"
    ):
        charts.valuation.cheaper_tokens(table, measured=1.11, axes=theme.panels(2))
