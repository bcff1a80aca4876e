"""What must come true for a price, and what does a flat plan earn? Required revenue, use, cheaper tokens.

Decisions
- A cell says what is needed and what share of the whole market that is; what exceeds the market is bold.
- Subscribers are in the order of their use, so that a share of them is a length and lines cross where
  shares are read off.
- The measured elasticity is blue and thick; others are there for comparison, dashed, with their number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from analysis.columns import axis_label
from analysis.exhibits import share_in_words
from analysis.figures import layout, simulation, theme
from analysis.labels import join_words
from analysis.models import valuation
from analysis.units import format_figure, format_value

PANELS = {
    "plan_margin_pct": "Gross margin of the plan, per cent",
    "token_revenue_usd": "Revenue per subscriber when sold per token, $ a month",
}
"""What each panel of `cheaper_tokens` shows, with its title."""

SHARES = np.linspace(0.005, 0.995, 199)
"""Shares of subscribers at which their use is drawn; a lognormal use has no end."""


def required_revenue(
    grid: pd.DataFrame,
    business: valuation.Business,
    *,
    rows: str,
    columns: str,
    equity_usd_bn: float,
    pool_usd_bn: float,
    segments_usd_bn: float,
    darkest_usd_bn: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Revenue that a price needs, and its share of the market, over two assumptions.

    Parameters
    ----------
    grid : DataFrame
        `valuation.required_grid`, one row for each pair of `rows` and `columns`.
    business : Business
        What the grid was made for; whether it is sold is in the finding and the note.
    rows, columns : str
        Names of its columns.
    equity_usd_bn : float
        The price of the equity, for the note.
    pool_usd_bn, segments_usd_bn : float
        Yearly revenue of the whole market, and of the article's five segments in 2028.
    darkest_usd_bn : float, optional
        Where the colours end, the same in charts that stand next to each other.

    Raises
    ------
    ValueError
        A column is missing, or two rows of the table fall into one cell.
    """
    layout.require_columns("grid", grid, (rows, columns, "revenue_usd_bn", "pool_share"))
    table = grid.pivot(index=rows, columns=columns, values="revenue_usd_bn")
    ax = ax or theme.axes(grid="", height_in=1.4 + 0.5 * len(table))
    above = int((table > pool_usd_bn).to_numpy().sum())
    who = "Investors who hold" if business.exit_multiple is None else "Investors who sell"
    finding = f"{who} need more than the whole market in {above} of {table.size} cases"
    if above in (0, table.size):
        finding = f"{who} need {'more' if above else 'less'} revenue than the whole market has"
    alt = (
        f"A grid of {table.shape[0]} by {table.shape[1]} cells by {axis_label(rows)} and"
        f" {axis_label(columns)}; needed revenue runs from {format_value(table.min().min(), 'usd_bn', 0)} to"
        f" {format_value(table.max().max(), 'usd_bn', 0)}."
    )
    subtitle = (
        "Yearly revenue at maturity that today's price needs, $bn and share of the market; bold: above it"
    )
    simulation.heat_map(
        table,
        finding=finding,
        subtitle=subtitle,
        xlabel=axis_label(columns),
        ylabel=axis_label(rows),
        mark=pool_usd_bn,
        form=lambda value: f"{value:,.0f}\n{value / pool_usd_bn:.0%}",
        alt=alt,
        darkest=darkest_usd_bn,
        ax=ax,
    )
    price, pool = (format_figure(amount, "usd_bn") for amount in (equity_usd_bn, pool_usd_bn))
    chart = theme.chart_of(ax)
    chart.note = _exit_note(business) + _segments_note(grid, business, segments_usd_bn)
    chart.note += f" The price is {price}; we take the market as {pool}."
    return ax


def _exit_note(business: valuation.Business) -> str:
    """What becomes of the business at maturity."""
    if business.exit_multiple is None:
        return (
            f"Held indefinitely, with {business.years} years to maturity. Growth after that is"
            f" {business.long_run_growth_pct:g}% a year."
        )
    return (
        f"At a return of {business.return_pct:g}% a year, sold at {business.exit_multiple:.1f} times the next"
        f" year's revenue. Held indefinitely, that return is worth"
        f" {business.held.terminal_multiple:.1f} times."
    )


def _segments_note(grid: pd.DataFrame, business: valuation.Business, segments_usd_bn: float) -> str:
    """How many cases of a business that is held need more than the article's segments come to."""
    if business.exit_multiple is not None:
        return ""
    above = int((grid["revenue_usd_bn"] > segments_usd_bn).sum())
    cases = "Every case needs" if above == len(grid) else f"{above} of {len(grid)} cases need"
    return f" {cases} more than the article's five markets in 2028."


def use_of_plan(
    plan: valuation.Plan,
    *,
    model: str,
    heavy_user_share: float,
    heavy_token_share: float,
    ax: Axes | None = None,
) -> Axes:
    """What each subscriber's use costs to serve and would cost by the token, against the plan's price.

    Parameters
    ----------
    plan : Plan
        Its prices, costs and use.
    model : str
        The model whose list price that is, as the seller's price list names it; for the note.
    heavy_user_share, heavy_token_share : float
        The heaviest users, and the part of all tokens that they use, from which the spread of use follows;
        for the note.
    """
    ax = ax or theme.axes(grid="y")
    above = valuation.plan_break_even(plan).set_index("counted_at")["share_above"]
    use = plan.used_mtok(SHARES)
    lines: dict[str, tuple[NDArray[np.float64], str, Any]] = {
        "per token": (use * plan.price_usd_per_mtok, theme.RECOMPUTED, "solid"),
        "cost of serving": (use * plan.cost_usd_per_mtok, theme.SECOND, theme.DASHED),
    }
    ax.set_yscale("log")
    layout.log_ticks(
        ax.yaxis, np.concatenate([line for line, *_ in lines.values()]).tolist(), "usd", room=1.2
    )
    ax.set_xlim(0, 100)
    for line, color, style in lines.values():
        ax.plot(100 * SHARES, line, color=color, linestyle=style, linewidth=2.2)
    ax.axhline(plan.plan_usd, color=theme.INK, linewidth=1.4, linestyle=theme.DOTTED)
    theme.text(ax, f"the plan, ${plan.plan_usd:g}", (1, plan.plan_usd), (0, 3), theme.INK, va="bottom")
    _mark_crossings(ax, plan.plan_usd, 1 - above["price"], 1 - above["cost"])
    ends = [theme.Label(float(line[-1]), name, color) for name, (line, color, _) in lines.items()]
    theme.edge_labels(ax, ends)
    ax.set(xlabel="subscribers in the order of their use, per cent", ylabel="")
    overpay, lossy = 1 - above["price"], above["cost"]
    finding = f"At list prices per token, {share_in_words(overpay)} of subscribers would pay less"
    alt = (
        "Two rising lines over subscribers ordered by use: what their tokens would sell for, and what they"
        f" cost. The first crosses the plan's price at {overpay:.0%} of subscribers, the second at"
        f" {1 - lossy:.0%}."
    )
    note = (
        f"{_percent(lossy)} cost more than they pay. The heaviest {heavy_user_share:.0%} use"
        f" {heavy_token_share:.0%} of the tokens. The middle subscriber uses {plan.median_mtok:.2f} million"
        f" tokens a month, worth ${plan.median_usd:.2f} at the list price of {model.replace('gpt', 'GPT')}."
    )
    subtitle = f"What a subscriber's use costs, $ a month, log scale; the plan is ${plan.plan_usd:g}"
    return theme.set_texts(ax, finding, subtitle, alt, note=note)


def _mark_crossings(ax: Axes, plan_usd: float, at_price: float, at_cost: float) -> None:
    """The shares of subscribers at which both lines cross the price of the plan, where they lie on the axis.

    The line of the token price crosses first: its label is to the left and above, the other's to the right
    and below.
    """
    hollow = theme.RING | {"edgecolors": theme.SECOND}
    for crossing, mark, shift, ha in (
        (at_price, theme.DOT, (-7, 9), "right"),
        (at_cost, hollow, (5, -10), "left"),
    ):
        share = 100 * crossing
        if 100 * SHARES[0] <= share <= 100 * SHARES[-1]:
            ax.scatter([share], [plan_usd], **(mark | {"zorder": 5}))
            theme.text(ax, f"{share:.0f}%", (share, plan_usd), shift, mark["edgecolors"], ha=ha)


def cheaper_tokens(table: pd.DataFrame, *, measured: float, axes: list[Axes] | None = None) -> Axes:
    """Gross margin of the flat plan, and revenue by the token, as tokens get cheaper, a line for each
    elasticity of use.

    Parameters
    ----------
    table : DataFrame
        `valuation.cheaper_tokens`, falls from 1 on; the measured elasticity and 0, constant use, among its
        elasticities.
    measured : float
        The elasticity of the finding.
    axes : list of Axes, optional
        Two `theme.panels`.

    Raises
    ------
    ValueError
        A column is missing, there are not two panels, or an elasticity that the finding needs is not in the
        table.
    """
    layout.require_columns("table", table, ("elasticity", "fall_x", "plan_revenue_usd", *PANELS))
    axes = axes or theme.panels(len(PANELS), height_in=4.6)
    if len(axes) != len(PANELS) or not {0.0, measured} <= set(table["elasticity"]):
        raise ValueError(
            f"there are {len(axes)} panels and the elasticities {sorted(set(table['elasticity']))}: hand in"
            f" theme.panels(2), 0 and the measured {measured:g}"
        )
    for ax, column in zip(axes, PANELS, strict=True):
        _scale_panel(ax, table, column)
        _draw_elasticities(ax, table, column, measured)
    axes[-1].set(xlabel="times cheaper than today", ylabel="")
    last = table[table["fall_x"] == table["fall_x"].max()].set_index("elasticity")
    margin, revenue = last["plan_margin_pct"], last["token_revenue_usd"]
    first = table.loc[table["fall_x"] == table["fall_x"].min(), "token_revenue_usd"].iloc[0]
    change, fall = revenue / first - 1, table["fall_x"].max()
    finding = (
        f"With tokens {fall:g} times cheaper, revenue per token sold {_describe_change(change[measured])}"
        " as use grows"
    )
    alt = (
        f"Two panels over the fall of token prices up to {fall:g} times, with lines for elasticities of"
        f" {join_words([f'{elasticity:g}' for elasticity in last.index])}. At {measured:g} the plan's"
        f" margin ends at {margin[measured]:.0f}% and revenue per token at"
        f" {layout.amount(float(revenue[measured]), 'usd')}."
    )
    subtitle = f"Lines: how use responds to price (elasticity), {measured:g} as measured, 0 not at all"
    return theme.set_texts(axes[0], finding, subtitle, alt)


def _scale_panel(ax: Axes, table: pd.DataFrame, column: str) -> None:
    """Title and axes of a panel: falls on a logarithmic axis, revenue on one too, the margin in per cent."""
    ax.set_title(PANELS[column], fontsize=layout.NAMED_SIZE, color=theme.INK)
    ax.set_xscale("log")
    falls = [fall for fall in (1, 2, 5, 10, 20, 50, 100) if fall <= table["fall_x"].max()]
    ax.set_xticks(falls, [f"{fall}×" for fall in falls])
    ax.minorticks_off()
    if column == "token_revenue_usd":
        ax.set_yscale("log")
        layout.log_ticks(ax.yaxis, table[column].tolist(), "usd", room=1.2)
    else:
        ax.set_ylim(min(0.0, table[column].min() * 1.05), 105)
        ax.yaxis.set_major_formatter(lambda y, _: f"{y:.0f}%".replace("-", "−"))


def _draw_elasticities(ax: Axes, table: pd.DataFrame, column: str, measured: float) -> None:
    """A line for each elasticity with its number at the right edge, the measured one thick."""
    thick: dict[str, Any] = {"color": theme.RECOMPUTED, "linewidth": 2.6, "linestyle": "solid", "zorder": 3}
    thin: dict[str, Any] = {"color": theme.MUTED, "linewidth": 1.4, "linestyle": theme.DASHED, "zorder": 2}
    labels = []
    for elasticity, line in table.groupby("elasticity"):
        style = thick if elasticity == measured else thin
        ax.plot(line["fall_x"], line[column], **style)
        labels.append(theme.Label(float(line[column].iloc[-1]), f"elasticity {elasticity:g}", style["color"]))
    theme.edge_labels(ax, labels)


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.01 else "less than 1%"


def _describe_change(change: float) -> str:
    if abs(change) < 0.005:
        return "stays"
    return f"{'rises' if change > 0 else 'falls'} {abs(change):.0%}"
