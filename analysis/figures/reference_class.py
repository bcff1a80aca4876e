"""How fast did growth fade elsewhere, what did the market pay for it, and do the futures look like that?

Decisions
- Every reading has a row of its own with its interval, the reference reading in the colour of our results: a
  reader sees how much the choice of years, horizon and companies moves it.
- Multiples are on a log scale, since their slope on growth is one in logs.
- The class and the simulated futures are drawn alike, next to each other at every horizon.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.figures import layout, theme

REFERENCE = "without fiscal 2020 to 2022"
"""The sample of the reference reading."""
ROW_IN = 0.3
"""The height of a row, in inches."""
COLORS = (theme.RECOMPUTED, theme.SECOND)
"""The colours of a first and a second series."""


def decay(readings: pd.DataFrame, reference_years: int, *, ax: Axes | None = None) -> Axes:
    """Half-life of excess growth by sample and horizon (`reference_class.growth_readings`)."""
    layout.require_columns("readings", readings, ["sample", "years_on", "half_life_years", "half_life_low"])
    ax = ax or theme.axes(height_in=1.0 + ROW_IN * len(readings))
    chosen = readings["sample"].eq(REFERENCE) & readings["years_on"].eq(reference_years)
    if not chosen.any():
        return theme.empty_chart(ax, "companies that grew as fast")
    for row, (item, is_reference) in enumerate(zip(readings.to_dict("records"), chosen, strict=True)):
        color = theme.RECOMPUTED if is_reference else theme.MUTED
        low, middle, high = (item[f"half_life_{end}"] for end in ("low", "years", "high"))
        ax.hlines(row, low, high, color=color, linewidth=3, alpha=0.6)
        ax.scatter([middle], [row], color=color, s=46, zorder=3)
        theme.annotate(ax, f"{middle:.1f}", (high, row), (8, 0), va="center", color=color)
    years = ["1 year" if n == 1 else f"{n:g} years" for n in readings["years_on"]]
    labels = [f"{sample}, {after}" for sample, after in zip(readings["sample"], years, strict=True)]
    ax.set_yticks(range(len(labels)), labels)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(0, float(readings["half_life_high"].max()) * 1.12)
    ax.set(xlabel="", ylabel="")
    middle = readings.loc[chosen, "half_life_years"].iloc[0]
    finding = f"Fast growers lose half of their extra growth every {middle:.1f} years"
    subtitle = (
        "Years in which growth above 5% a year halves, by sample and years looked ahead. Lines: 90%,"
        " companies resampled"
    )
    low, high = readings["half_life_years"].min(), readings["half_life_years"].max()
    alt = f"{len(readings)} readings of the half-life, from {low:.1f} to {high:.1f} years."
    return theme.set_texts(ax, finding, subtitle, alt)


def multiples(table: pd.DataFrame, slow: str, *, ax: Axes | None = None) -> Axes:
    """Revenue multiple by class of next-year growth (`reference_class.multiples_by_growth`).

    Parameters
    ----------
    table
        Two groups of companies at most, in the order of growth.
    slow
        The growth class of slow growers, of which the finding is.
    """
    ax = ax or theme.axes(grid="y")
    if table.empty:
        return theme.empty_chart(ax, "revenue multiples by growth")
    classes = list(dict.fromkeys(table["next_year_growth_pct"]))
    groups = {str(name): part for name, part in table.groupby("companies", sort=False)}
    for (name, part), color, shift in zip(groups.items(), COLORS, (-0.09, 0.09), strict=False):
        at = np.array([classes.index(growth) for growth in part["next_year_growth_pct"]]) + shift
        ax.vlines(at, part["low_x"], part["high_x"], color=color, linewidth=3, alpha=0.45)
        ax.scatter(at, part["revenue_multiple_x"], color=color, s=46, zorder=3, label=name)
    ax.set_xticks(range(len(classes)), [_percent(growth) for growth in classes])
    ax.set_yscale("log")
    ticks = [tick for tick in (0.5, 1, 2, 5, 10, 20) if tick <= table["high_x"].max() * 1.2]
    ax.set_yticks(ticks, [f"{tick:g}×" for tick in ticks])
    ax.minorticks_off()
    ax.set(xlabel="growth of revenue in the next year", ylabel="")
    theme.legend(ax)
    first, part = next(iter(groups.items()))
    level = part.loc[part["next_year_growth_pct"].eq(slow), "revenue_multiple_x"]
    finding = (
        f"Slow growers are worth {level.iloc[0]:.1f} times next year's revenue"
        if len(level)
        else "Fast growers are worth more for each dollar of revenue"
    )
    subtitle = (
        "Company value divided by next year's revenue, log scale. Dots: mean of the medians of our lists."
        " Lines: lowest to highest"
    )
    alt = f"Multiples in {len(classes)} classes of growth, of {first} and {len(groups) - 1} more."
    return theme.set_texts(ax, finding, subtitle, alt)


def _percent(growth: str) -> str:
    """A class of growth with its unit: 10 to 20%, 50% or more."""
    number = growth.removesuffix(" or more")
    return f"{growth}%" if number == growth else f"{number}% or more"


def later_revenue(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Later revenue of the class and of the futures (`reference_class.growth_beside_class`)."""
    ax = ax or theme.axes(grid="y")
    if table.empty:
        return theme.empty_chart(ax, "companies that grew as fast")
    horizons = list(dict.fromkeys(table["years_on"]))
    groups = {str(name): part for name, part in table.groupby("series", sort=False)}
    for (name, part), color, shift in zip(groups.items(), COLORS[::-1], (-0.09, 0.09), strict=False):
        at = np.array([horizons.index(years) for years in part["years_on"]]) + shift
        ax.vlines(at, part["p10"], part["p90"], color=color, linewidth=2, alpha=0.5)
        ax.vlines(at, part["p25"], part["p75"], color=color, linewidth=6, alpha=0.5)
        ax.scatter(at, part["p50"], color=color, s=46, zorder=3, label=name)
    ax.set_xticks(range(len(horizons)), ["1 year" if n == 1 else f"{n:g} years" for n in horizons])
    ax.set_yscale("log")
    ticks = [tick for tick in (0.5, 1, 2, 5, 10, 20) if tick <= table["p90"].max() * 1.2]
    ax.set_yticks(ticks, [f"{tick:g}×" for tick in ticks])
    ax.minorticks_off()
    ax.set(xlabel="", ylabel="")
    theme.legend(ax)
    last = table[table["years_on"].eq(horizons[-1])].set_index("series")["p50"]
    simulated, real = last["simulated futures"], last["companies"]
    verb = "outgrows" if simulated > real else "trails"
    finding = f"Simulated revenue {verb} that of large fast growers of the past"
    subtitle = (
        "Revenue divided by that of the start, log scale. Dots: medians. Thick and thin lines: half and 80%"
    )
    alt = (
        f"After {horizons[-1]:g} years the median is {real:.1f} times for companies and {simulated:.1f} for"
        " simulated futures."
    )
    return theme.set_texts(ax, finding, subtitle, alt)
