"""What do the reported figures say of the first day? The path through them, and the growth without each.

Decisions
- Revenue of a period is a bar over it at its yearly rate, a run rate a dot on its day, a bound a hollow dot
  with an arrow to the side that it leaves open.
- The path is drawn through what the figures would be on it, at the middle of each.
- What one figure adds is shown by the estimate without it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.figures import layout, theme
from analysis.figures.funding import BOUNDS
from analysis.models.start import START, START_YEAR
from analysis.statistics.trend import decimal_year


def path(table: pd.DataFrame, *, growth: float, ax: Axes | None = None) -> Axes:
    """Reported revenue at yearly rates, and the path that it lies around.

    Parameters
    ----------
    table : DataFrame
        Of `models.start.contributions`.
    growth : float
        Growth factor a year at the start, which the title says.
    """
    ax = ax or theme.axes(grid="y")
    if table.empty:
        return theme.empty_chart(ax, "a figure of revenue")
    shown = _at_yearly_rates(table)
    starts = shown["middle"] - shown["half"]
    layout.scales(
        ax, [*starts, *shown["end"], START_YEAR], [*shown["value"], *shown["tip"]], "usd_bn", log=True
    )
    line = shown.sort_values("middle")
    ax.plot(line["middle"], line["path"], color=theme.SECOND, linewidth=1.6, zorder=2)
    for start, row in zip(starts, shown.itertuples(), strict=True):
        _draw_figure(ax, float(start), row)
    theme.mark_date(ax, START_YEAR, "the simulation starts")
    finding = f"Revenue was growing about {growth:.1f}-fold a year in {START:%B %Y}"
    subtitle = "Revenue at yearly rates, $bn, log scale; bars: revenue of a period, arrows: bounds"
    alt = (
        f"{len(table)} figures around a rising line that flattens: revenue of periods as bars,"
        " the others as dots, bounds with an arrow."
    )
    return theme.set_texts(ax, finding, subtitle, alt)


def _at_yearly_rates(table: pd.DataFrame) -> pd.DataFrame:
    """Each figure with its value and the path a year, its end, half its length, its middle, and for a bound
    the tip of its arrow; in decimal years.
    """
    years = table["period_years"]
    shown = pd.DataFrame(
        {
            "end": decimal_year(table["valid_on"]),
            "half": years.fillna(0) / 2,
            "value": table["reported_usd_bn"] / years.fillna(1),
            "path": table["path_usd_bn"] / years.fillna(1),
            "side": table["qualifier"].map(BOUNDS).fillna(0),
        }
    )
    return shown.assign(middle=shown["end"] - shown["half"], tip=shown["value"] * 1.3 ** shown["side"])


def _draw_figure(ax: Axes, start: float, row: Any) -> None:
    """One figure: a bar over its period, or a dot, hollow with an arrow for a bound."""
    if row.half:
        ax.plot([start, row.end], [row.value] * 2, color=theme.RECOMPUTED, linewidth=4, zorder=3)
        return
    mark = theme.HOLLOW if row.side else theme.DOT
    ax.scatter([row.end], [row.value], **(mark | {"s": 34}), zorder=4)
    if row.side:
        arrow = {"arrowstyle": "->", "color": theme.RECOMPUTED, "linewidth": 1.6}
        ax.annotate("", (row.end, row.tip), (row.end, row.value), zorder=3, arrowprops=arrow)


def without(table: pd.DataFrame, *, growth: float, ax: Axes | None = None) -> Axes:
    """Growth at the start without each of the reported figures.

    Parameters
    ----------
    table : DataFrame
        Of `models.start.contributions`.
    growth : float
        The same with all of them.
    """
    ax = ax or theme.axes(height_in=1.3 + 0.32 * max(len(table), 4))
    if table.empty:
        return theme.empty_chart(ax, "a figure of revenue")
    rows, others = np.arange(len(table)), table["growth_without"].to_numpy(dtype=float)
    ax.axvline(growth, color=theme.INK, linewidth=1.2, linestyle=theme.DOTTED, zorder=1)
    ax.hlines(
        rows, np.minimum(others, growth), np.maximum(others, growth), color=theme.RECOMPUTED, linewidth=2
    )
    ax.scatter(others, rows, **theme.DOT, zorder=3)
    for row, (value, level) in enumerate(zip(others, table["run_rate_without_usd_bn"], strict=True)):
        ha, shift = ("left", 8) if value >= growth else ("right", -8)
        theme.annotate(
            ax, f"{value:.2f}, ${level:.1f}bn", (value, row), (shift, 0), ha=ha, va="center", color=theme.INK
        )
    ax.set_yticks(rows, table["figure"].tolist())
    ax.set_ylim(len(table) - 0.4, -0.9)
    ax.tick_params(axis="y", length=0)
    ends = [*others, growth]
    room = 0.8 * (max(ends) - min(ends)) or 0.1  # for the numbers beyond the outermost dots
    ax.set_xlim(min(ends) - room, max(ends) + room)
    ax.set(xlabel="", ylabel="")
    most = math.ceil(table["growth_change_pct"].abs().max())
    finding = f"No single figure moves growth at the start by more than {most}%"
    subtitle = (
        f"Growth a year and annualised revenue without the figure; dotted: with all of them, {growth:.2f}"
    )
    alt = "A dot for each figure left out: " + "; ".join(
        f"{item['figure']}, {item['growth_without']:.2f}" for item in table.to_dict("records")
    )
    return theme.set_texts(ax, finding, subtitle, f"{alt}.")
