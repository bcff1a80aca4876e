"""Printed against found: charts that hold a figure of the article beside what its own numbers or outside
sources give.

Decisions
- Printed is orange-brown and a ring or a band, recomputed is blue and a dot: colour is never the only
  difference.
- What the article states as a range is drawn as a band over the whole row that it speaks of.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from analysis import labels
from analysis.figures import layout, theme
from analysis.labels import number_word

LARGE_RING: dict[str, Any] = {
    "facecolors": "none",
    "edgecolors": theme.PRINTED,
    "linewidths": 2.0,
    "s": 62,
    "zorder": 3,
}


def growth_rates(checks: pd.DataFrame, *, years: float, ax: Axes) -> Axes:
    """A row per segment: the printed rate, the recomputed one, and the distance between them.

    `checks` is `models.market.growth_checks` over `years` elapsed years.
    """
    table = checks.sort_values("recomputed_pct", ignore_index=True)
    ax.hlines(
        table.index, table["stated_pct"], table["recomputed_pct"], color=theme.GRID, linewidth=3, zorder=2
    )
    ax.scatter(table["stated_pct"], table.index, **LARGE_RING)
    sns.scatterplot(x=table["recomputed_pct"], y=table.index, ax=ax, legend=False, **layout.LARGE_DOT)
    for row, stated, found in zip(table.index, table["stated_pct"], table["recomputed_pct"], strict=True):
        side = 1 if found >= stated else -1
        layout.side_label(ax, stated, row, f"{stated:.0f}", -side, theme.PRINTED)
        layout.side_label(ax, found, row, f"{found:.1f}", side, theme.RECOMPUTED)
    top = table.index[-1]
    ax.annotate(
        "printed",
        (table["stated_pct"][top], top),
        xytext=(0, 12),
        textcoords="offset points",
        ha="center",
        color=theme.PRINTED,
    )
    ax.annotate(
        "recomputed",
        (table["recomputed_pct"][top], top),
        xytext=(0, 12),
        textcoords="offset points",
        ha="center",
        color=theme.RECOMPUTED,
    )
    ax.set_yticks(table.index, table["segment"])
    ax.set(
        xlabel="",
        ylabel="",
        xlim=(0, table[["stated_pct", "recomputed_pct"]].to_numpy().max() * 1.15),
        ylim=(-0.6, top + 0.7),
    )
    off = (table["difference_points"].abs() >= 1).sum()
    low, high = table["difference_points"].abs().min(), table["difference_points"].abs().max()
    finding = (
        f"{_count(off, len(table))} printed growth rates are {low:.0f} to {high:.0f} points too low"
        if off and table["difference_points"].min() > 0
        else (
            f"Over {years:g} years {_count(len(table) - off, len(table)).lower()} printed growth rates come"
            " out as printed"
        )
    )
    told = "; ".join(
        f"{row['segment']} {row['stated_pct']:.0f}% printed, {row['recomputed_pct']:.0f}% recomputed"
        for row in table.to_dict("records")
    )
    alt = f"Two marks for each of {len(table)} segments: {told}."
    return theme.set_texts(ax, finding, f"Growth per year, percent, over {years:g} elapsed years", alt)


def implied_periods(rates: pd.DataFrame, checks: pd.DataFrame, *, years: float, ax: Axes) -> Axes:
    """Recomputed less printed rate by number of elapsed years, a line per segment; zero is where print is
    right.
    """
    gaps = rates.assign(gap=rates["recomputed_pct"] - rates["stated_pct"])
    sns.lineplot(
        gaps,
        x="years",
        y="gap",
        hue="segment",
        palette=[theme.MUTED] * gaps["segment"].nunique(),
        legend=False,
        linewidth=1.4,
        ax=ax,
    )
    ax.axhline(0, color=theme.PRINTED, linewidth=1.6)
    right = float(checks["implied_years"].mean())
    ax.axvline(years, color=theme.RECOMPUTED, linewidth=1.4, linestyle=(0, (4, 3)))
    # The label stands on the side of the line where the fan of segments is not.
    _note(ax, years, gaps["gap"].max() * 0.93, f"{years:g} years, as\nused here", theme.RECOMPUTED, "left")
    _note(ax, right, 0, f"{right:.1f} years: as printed", theme.PRINTED, "left", dy=9)
    ax.scatter([right], [0], color=theme.PRINTED, s=50, zorder=4)
    ax.set(xlabel="elapsed years taken between the two sizes", ylabel="")
    ax.set_xticks(sorted(gaps["years"].unique()))
    spread = checks["implied_years"].max() - checks["implied_years"].min()
    finding = (
        f"{_count(len(checks), len(checks))} printed rates need {right:.1f} years; between 2024 and 2028 lie"
        " four"
    )
    alt = (
        f"Lines for {len(checks)} segments fall from above zero to below it as the number of years rises;"
        f" they cross zero within {spread:.2f} years of each other."
    )
    return theme.set_texts(ax, finding, "Recomputed less printed growth rate, percentage points", alt)


def agreement(rows: pd.DataFrame, *, ax: Axes) -> Axes:
    """Claims with a printed figure: what was computed as a multiple of it, with bounds; the band is
    agreement.

    `rows` is the ledger; claims without both figures, or with figures of different sign, are left out.
    """
    table = comparable(rows)
    spread = table.assign(y=range(len(table) - 1, -1, -1))
    ax.axvline(1, color=theme.PRINTED, linewidth=2)
    for verdict, part in spread.groupby("verdict", sort=False):
        color = theme.VERDICT[str(verdict)]
        ax.hlines(part["y"], part["ratio_low"], part["ratio_high"], color=color, linewidth=3, alpha=0.75)
        ax.scatter(part["ratio"], part["y"], color=color, s=44, zorder=4, label=labels.VERDICTS[str(verdict)])
    ax.hlines(
        spread["y"],
        spread["printed_low"],
        spread["printed_high"],
        color=theme.PRINTED,
        linewidth=9,
        alpha=0.25,
    )
    (
        ax.set_xscale("symlog", linthresh=0.25, linscale=0.3)
        if (spread["ratio_low"] <= 0).any()
        else ax.set_xscale("log")
    )
    ticks = [0.25, 0.5, 1, 2, 4]
    ax.set_xticks(ticks, [f"{tick:g}x" for tick in ticks])
    ax.minorticks_off()
    ax.set_yticks(spread["y"], [_wrapped(statement) for statement in spread["statement"]], fontsize=9)
    ax.set(xlabel="", ylabel="")
    theme.legend(ax)
    off = int((spread["verdict"] == "fails").sum())
    finding = f"{off} of {len(spread)} figures that we can compute are wrong"
    alt = (
        f"A row for each of {len(spread)} claims with the computed figure over the printed one; a line at one"
        " is agreement."
    )
    return theme.set_texts(
        ax, finding, "Our figure over the article's; bars are the bounds from rounding and readings", alt
    )


def _wrapped(statement: str) -> str:
    """A statement as the label of a row: two lines at most."""
    return textwrap.fill(statement.rstrip("."), 44, max_lines=2, placeholder=" …")


def comparable(rows: pd.DataFrame) -> pd.DataFrame:
    """Claims whose computed figure can be set over the printed one: ratio with bounds, and the printed range
    around it.
    """
    table = rows.dropna(subset=["stated_low", "computed"]).copy()
    middle = (table["stated_low"] + table["stated_high"]) / 2
    table = table.assign(
        ratio=table["computed"] / middle,
        ratio_low=table["computed_low"] / middle,
        ratio_high=table["computed_high"] / middle,
        printed_low=table["stated_low"] / middle,
        printed_high=table["stated_high"] / middle,
    )
    return table[np.isfinite(table["ratio_high"]) & (table["ratio"] > 0)].reset_index(drop=True)


def scoreboard(counts: pd.DataFrame, *, errors: int, ax: Axes) -> Axes:
    """Claims by section and verdict, stacked, with the numbers in the bars.

    Parameters
    ----------
    counts : DataFrame
        `models.audit.counts` by section.
    errors : int
        How many distinct errors the wrong ones come to (`models.audit.errors`).
    ax : Axes
        Where it is drawn.
    """
    sections = list(counts.index)[::-1]
    left = np.zeros(len(sections))
    for verdict in counts.columns:
        width = counts.loc[sections, verdict].to_numpy(float)
        ax.barh(sections, width, left=left, color=theme.VERDICT[verdict], height=0.62)
        for row, (start, count) in enumerate(zip(left, width, strict=True)):
            if count:
                dark = verdict in ("holds", "fails", "void")
                ax.text(
                    start + count / 2,
                    row,
                    f"{count:.0f}",
                    ha="center",
                    va="center",
                    color="#ffffff" if dark else "#1b2531",
                    fontweight="semibold",
                )
        left += width
    ax.set(xlabel="statements", ylabel="", xlim=(0, float(np.max(left)) * 1.02))
    ax.set_yticks(range(len(sections)), [str(section).capitalize() for section in sections])
    handles = [
        Patch(color=theme.VERDICT[v], label=labels.VERDICTS[v]) for v in counts.columns if counts[v].sum()
    ]
    theme.legend(ax, handles)
    finding = (
        f"The article makes {number_word(errors) if errors else 'no'} distinct"
        f" error{'' if errors == 1 else 's'}"
    )
    sums = "; ".join(f"{counts[verdict].sum():.0f} {label}" for verdict, label in labels.VERDICTS.items())
    alt = f"Stacked bars of verdicts for {len(sections)} sections of the article; in total {sums}."
    return theme.set_texts(ax, finding, "Statements by section of the article and verdict", alt)


def _note(ax: Axes, x: float, y: float, text: str, color: str, ha: str, dy: float = 0) -> None:
    ax.annotate(
        text,
        (x, y),
        xytext=(6 if ha == "left" else -6, dy),
        textcoords="offset points",
        color=color,
        ha=ha,
        va="center",
    )


def _count(part: int, whole: int) -> str:
    words: Sequence[str] = ("None", "One", "Two", "Three", "Four", "Five", "Six")
    return (
        f"All {words[whole].lower()}"
        if part == whole and whole < len(words)
        else words[part]
        if part < len(words)
        else str(part)
    )
