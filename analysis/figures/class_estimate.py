"""What does the money come to by past cases, by the corrected model and by the raw one?

Decisions
- All three are drawn alike, one below the other, the one that comes first on top and in the colour of our
  results.
- The scale is logarithmic: half the money and twice the money are as far from one.
- What a reader asks first, how likely a loss is, stands as a number at the end of each row.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from analysis.exhibits import number
from analysis.figures import layout, theme
from analysis.forecasts import answer

COLUMNS = (
    "estimate",
    "p05_moic_x",
    "p25_moic_x",
    "median_moic_x",
    "p75_moic_x",
    "p95_moic_x",
    "money_lost_pct",
)
"""What is drawn of a reading."""
FINDINGS = {
    1: "Three ways to the answer agree",
    2: "One of three ways to the answer disagrees with the others",
    3: "Three ways to the answer disagree: yes, a coin toss, no",
}
"""The finding by how many different answers the ways give."""
TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)


def readings(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """The multiple of the money by each reading (`forecasts.class_estimate.Headlines.table`).

    Parameters
    ----------
    table
        The reading that comes first in the first row.
    """
    layout.require_columns("table", table, COLUMNS)
    ax = ax or theme.axes(height_in=3.2)
    rows = table.to_dict("records")
    for place, row in enumerate(rows):
        color = theme.RECOMPUTED if place == 0 else theme.SECOND
        ax.hlines(place, row["p05_moic_x"], row["p95_moic_x"], color=color, linewidth=2, alpha=0.5)
        ax.hlines(place, row["p25_moic_x"], row["p75_moic_x"], color=color, linewidth=8, alpha=0.5)
        ax.scatter([row["median_moic_x"]], [place], color=color, s=60, zorder=3)
        label, at = f"{row['median_moic_x']:.1f}×", (row["median_moic_x"], place)
        style = {"ha": "center", "va": "bottom", "color": color, "path_effects": theme.HALO}
        theme.annotate(ax, label, at, (0, 11), **style)
    ax.set_xscale("log")
    ax.axvline(1, color=theme.INK, linewidth=1.2, linestyle=theme.DOTTED, zorder=1)
    theme.annotate(ax, "money back", (1, -0.85), (4, 0), va="top", color=theme.INK, fontsize=9)
    low, high = float(table["p05_moic_x"].min()), float(table["p95_moic_x"].max())
    ticks = [tick for tick in TICKS if low * 0.7 <= tick <= high * 1.4]
    ax.set_xticks(ticks, [f"{tick:g}×" for tick in ticks])
    ax.minorticks_off()
    ax.set_yticks(range(len(rows)), [str(row["estimate"]).capitalize() for row in rows])
    ax.set_ylim(len(rows) - 0.5, -0.9)
    ax.tick_params(axis="y", length=0)
    ax.set(xlabel="", ylabel="")
    _losses(ax, [row["money_lost_pct"] for row in rows])
    finding = FINDINGS[len({answer.leaning(row["money_lost_pct"]) for row in rows})]
    subtitle = (
        "Money back per dollar, log scale. Dots: medians. Thick and thin lines: half and 90% of outcomes"
    )
    alt = ". ".join(
        f"{str(row['estimate']).capitalize()}: the median is {row['median_moic_x']:.1f} times the money, and"
        f" {_percent(row['money_lost_pct'])} lose money"
        for row in rows
    )
    return theme.set_texts(ax, finding, subtitle, f"{alt}.")


def _losses(ax: Axes, losses_pct: list[float]) -> None:
    """How likely a loss is, as a column of numbers to the right of the rows."""
    style: dict[str, Any] = {"ha": "right", "color": theme.INK, "xycoords": ax.get_yaxis_transform()}
    ax.annotate("loses money", (1.16, -0.85), va="top", fontsize=9, annotation_clip=False, **style)
    for place, loss in enumerate(losses_pct):
        ax.annotate(
            _percent(loss), (1.16, place), va="center", fontweight="semibold", annotation_clip=False, **style
        )


def _percent(value: float) -> str:
    return number(value / 100, ".0%")
