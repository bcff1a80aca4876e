"""What does the money come to by past cases, by the corrected model and by the raw one?

Decisions
- All three are drawn alike, one below the other, the one that comes first on top and in the colour of our
  results.
- The scale is logarithmic: half the money and twice the money are as far from one.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes

from analysis.figures import layout, theme

COLUMNS = ("estimate", "p05_moic_x", "p25_moic_x", "median_moic_x", "p75_moic_x", "p95_moic_x")
"""What is drawn of a reading."""
TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)


def readings(table: pd.DataFrame, thresholds: Mapping[str, float], *, ax: Axes | None = None) -> Axes:
    """The multiple of the money by each reading (`forecasts.class_estimate.Headlines.table`).

    Parameters
    ----------
    table
        The reading that comes first in the first row.
    thresholds
        Multiples by their labels.
    """
    layout.require_columns("table", table, COLUMNS)
    ax = ax or theme.axes(height_in=3.2)
    rows = table.to_dict("records")
    for place, row in enumerate(rows):
        color = theme.RECOMPUTED if place == 0 else theme.SECOND
        ax.hlines(place, row["p05_moic_x"], row["p95_moic_x"], color=color, linewidth=2, alpha=0.5)
        ax.hlines(place, row["p25_moic_x"], row["p75_moic_x"], color=color, linewidth=8, alpha=0.5)
        ax.scatter([row["median_moic_x"]], [place], color=color, s=60, zorder=3)
        label, at = f"{row['median_moic_x']:.1f}x", (row["median_moic_x"], place)
        style = {"ha": "center", "va": "bottom", "color": color, "path_effects": theme.HALO}
        theme.annotate(ax, label, at, (0, 11), **style)
    ax.set_xscale("log")
    _thresholds(ax, thresholds)
    low, high = float(table["p05_moic_x"].min()), float(table["p95_moic_x"].max())
    ticks = [tick for tick in TICKS if low * 0.7 <= tick <= high * 1.4]
    ax.set_xticks(ticks, [f"{tick:g}x" for tick in ticks])
    ax.minorticks_off()
    ax.set_yticks(range(len(rows)), [str(row["estimate"]) for row in rows])
    ax.set_ylim(len(rows) - 0.5, -0.9)
    ax.tick_params(axis="y", length=0)
    ax.set(xlabel="", ylabel="")
    first = rows[0]
    finding = (
        f"The median return is {first['median_moic_x']:.1f} times the money by {_by(str(first['estimate']))}"
    )
    subtitle = (
        "Multiple of invested capital, log scale. Dots: medians. Thick and thin: half and 90% of outcomes"
    )
    alt = "; ".join(
        f"{row['estimate']}: median {row['median_moic_x']:.1f}, 90% from {row['p05_moic_x']:.1f} to"
        f" {row['p95_moic_x']:.1f} times the money"
        for row in rows
    )
    return theme.set_texts(ax, finding, subtitle, f"{alt}.")


def _thresholds(ax: Axes, thresholds: Mapping[str, float]) -> None:
    """Dotted lines with their labels at the top."""
    for label, level in thresholds.items():
        ax.axvline(level, color=theme.INK, linewidth=1.2, linestyle=theme.DOTTED, zorder=1)
        theme.annotate(ax, label, (level, -0.85), (4, 0), va="top", color=theme.INK, fontsize=9)


def _by(name: str) -> str:
    return name if name.endswith("cases") else f"the {name}"
