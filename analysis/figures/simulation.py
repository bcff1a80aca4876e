"""What may happen? Fans of simulated paths, distributions, probabilities over time, and grids.

Decisions
- A fan shows the median and the 50% and 90% ranges of the simulated draws: a distribution of outcomes, not a
  confidence interval of a mean. The subtitle says so.
- Thresholds are the article's or the register's; their line carries its own label.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from analysis.exhibits import chance_in_words
from analysis.figures import layout, theme
from analysis.models.start import START_YEAR
from analysis.statistics.simulation import path_quantiles
from analysis.units import true_minus, whole_percents

BANDS = ((0.05, 0.95, 0.18), (0.25, 0.75, 0.30))
"""The ranges of a fan: their ends, and how opaque they are."""
STYLES: tuple[tuple[str, Any], ...] = ((theme.RECOMPUTED, "solid"), (theme.SECOND, (0, (5, 2))))
"""Colour and line style of the first and the second series."""
BIN, TAIL_BINS = 0.155, 16
"""Bins of a logarithmic histogram: about how wide they are, in logs, and how many lie beyond each end."""
MULTIPLES = (0.03, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30)
"""Ticks of a logarithmic scale of money back per dollar."""


def quantiles(times: NDArray[np.float64], paths: Mapping[str, NDArray[np.float64]]) -> pd.DataFrame:
    """Quantiles of paths over time, for `fan`.

    Parameters
    ----------
    times
        Years from the start, shape (dates,).
    paths
        The paths of each series by its name, shape (draws, dates).

    Returns
    -------
    DataFrame
        A row a series and date: ``series``, ``time``, ``p5 p25 p50 p75 p95``.
    """
    tables = [
        pd.DataFrame({"series": name, "time": times} | path_quantiles(values))
        for name, values in paths.items()
    ]
    return pd.concat(tables, ignore_index=True)


def _fan_alt(table: pd.DataFrame) -> str:
    """Where a fan starts and ends, in words."""
    first, last = table.iloc[0], table.iloc[-1]
    return f"{first['series']} from {first['p50']:.3g} to {last['p50']:.3g}"


def _shares_below(draws: NDArray[np.float64], thresholds: Mapping[str, float], unit: str) -> str:
    """Which part of draws lies below each threshold, in words."""
    below = [
        f"{chance_in_words((draws < level).mean())} below {level:g}{unit}"
        for level in sorted(thresholds.values())
    ]
    return f"{'. '.join(below)}. The median is {np.median(draws):.3g}{unit}"


def distribution(draws: NDArray[np.float64], name: str = "moic_x") -> pd.DataFrame:
    """Quantiles of a result in steps of five percent: ``quantile`` (percent) and a column `name`."""
    levels = np.arange(5, 100, 5)
    return pd.DataFrame({"quantile": levels, name: np.quantile(draws, levels / 100)})


def fan(
    table: pd.DataFrame,
    *,
    finding: str,
    subtitle: str,
    lines: Mapping[str, float] | None = None,
    log: bool = False,
    percent: bool = False,
    start_year: float = START_YEAR,
    top: float | None = None,
    ax: Axes | None = None,
    **values: Any,
) -> Axes:
    """Fans over time.

    Parameters
    ----------
    table
        `quantiles`, of one or two series.
    finding, subtitle, values
        What the chart shows, and what is plotted in which unit: templates for `str.format`, and what fills
        them.
    lines
        Thresholds by their labels.
    log, percent
        Whether the scale is logarithmic, and whether its numbers are percentages.
    start_year
        The decimal year of time 0.
    top
        Where the vertical axis is cut.
    """
    ax = ax or theme.axes(grid="both")
    fans = {str(name): part for name, part in table.groupby("series", sort=False)}
    for part, (color, style) in zip(fans.values(), STYLES, strict=False):
        years = part["time"] + start_year
        for low, high, alpha in BANDS:
            bounds = (part[f"p{low * 100:.0f}"], part[f"p{high * 100:.0f}"])
            ax.fill_between(years, *bounds, color=color, alpha=alpha, linewidth=0)
        ax.plot(years, part["p50"], color=color, linewidth=2.2, linestyle=style)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if log:
        _log_ticks(ax, table["p5"].min(), table["p95"].max())
    for label, level in (lines or {}).items():
        theme.threshold(ax, label, level, [part["p50"].tolist() for part in fans.values()])
    if top is not None:
        ax.set_ylim(0, top)
    if percent:
        ax.yaxis.set_major_formatter(lambda y, _: f"{y:.0f}%")
    ax.set(xlabel="", ylabel="")
    if len(fans) > 1:
        ends = zip(fans.items(), STYLES, strict=False)
        theme.edge_labels(
            ax, [theme.Label(part["p50"].iloc[-1], name, color) for (name, part), (color, _) in ends]
        )
    dates = table["time"].nunique()
    alt = f"Medians with shaded ranges over {dates} dates. {'. '.join(map(_fan_alt, fans.values()))}."
    subtitle = f"{layout.fill(subtitle, values)}; median, 50% and 90% of simulated futures"
    return theme.set_texts(ax, layout.fill(finding, values), subtitle, alt)


def _log_ticks(ax: Axes, low: float, high: float) -> None:
    """A logarithmic scale with ticks at 1, 2 and 5 of every power of ten about the values."""
    ax.set_yscale("log")
    ticks = [m * 10.0**e for e in range(-3, 6) for m in (1, 2, 5) if low * 0.8 <= m * 10.0**e <= high * 1.25]
    ax.set_yticks(ticks, [f"{tick:,g}" for tick in ticks])
    ax.minorticks_off()


def outcome(
    moic: NDArray[np.float64],
    thresholds: Mapping[str, float],
    *,
    median: float | None = None,
    shares: Sequence[float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Distribution of MOIC on a logarithmic scale, with a line where the money is back, labelled thresholds,
    and a colour and a share for what lies between them; draws beyond the ends are counted there.

    Parameters
    ----------
    moic
        The draws that are drawn.
    thresholds
        By their labels, the lowest first.
    median, shares
        The median, and the shares below the first threshold, between them, and from the last one on, where
        they were counted in more draws than these.
    """
    ax = ax or theme.axes(grid="y")
    median = float(np.median(moic)) if median is None else median
    edges = _multiple_edges(sorted({*thresholds.values(), 1.0}))
    counts, _ = np.histogram(np.clip(moic, edges[0], edges[-1]), edges)
    zones = np.searchsorted(list(thresholds.values()), edges[:-1] * (1 + 1e-9))
    colors = [theme.FAILS, *[theme.RECOMPUTED] * (len(thresholds) - 1), theme.HOLDS]
    style: dict[str, Any] = {"color": [to_rgba(colors[zone], 0.85) for zone in zones], "linewidth": 0}
    ax.set_xscale("log")
    ax.bar(edges[:-1], counts / counts.sum() * 100, np.diff(edges), align="edge", **style)
    peak = _room_above(ax)
    ax.axvline(1, ymax=0.86, color=theme.INK, linewidth=1.4)
    style = {"color": theme.INK, "va": "top", "fontsize": 10}
    theme.annotate(ax, "money back", (1, peak * 0.85), (-4, 0), ha="right", **style)
    for label, level in thresholds.items():
        ax.axvline(level, color=theme.INK, linewidth=1.4, linestyle=theme.DOTTED)
        right = level > 1
        at, shift, ha = (level, peak * 0.85), (4 if right else -4, 0), "left" if right else "right"
        theme.annotate(ax, label, at, shift, color=theme.INK, ha=ha, va="top", fontsize=10)
    _share_texts(ax, moic, list(thresholds.values()), (edges[0], edges[-1]), peak, shares)
    ticks = [tick for tick in MULTIPLES if edges[0] <= tick <= edges[-1]]
    ax.set_xticks(ticks, [f"{tick:g}×" for tick in ticks])
    ax.minorticks_off()
    ends = f"log scale, {edges[0]:.2g} and less and {edges[-1]:.0f} and more at the edges"
    ax.set(xlabel=f"money back per dollar ({ends})", ylabel="", xlim=(edges[0], edges[-1]))
    finding = f"The raw model returns {median:.1f} times the money in the middle future"
    alt = f"Histogram of simulated multiples. {_shares_below(moic, thresholds, '×')}."
    subtitle = "Simulated futures by money back per dollar, per cent"
    return theme.set_texts(ax, finding, subtitle, alt)


def _multiple_edges(inner: Sequence[float]) -> NDArray[np.float64]:
    """Edges of bins that are about equally wide in logs and end at each of these multiples."""
    reach = math.exp(BIN * TAIL_BINS)
    parts = list(pairwise([inner[0] / reach, *inner, inner[-1] * reach]))
    counts = [max(1, round(math.log(high / low) / BIN)) for low, high in parts]
    bins = [np.geomspace(*part, count, endpoint=False) for part, count in zip(parts, counts, strict=True)]
    return np.concatenate([*bins, [parts[-1][1]]])


def returns(
    irr_pct: NDArray[np.float64],
    required_pct: float,
    *,
    median: float | None = None,
    reached: float | None = None,
    low: float = -100.0,
    high: float = 100.0,
    ax: Axes | None = None,
) -> Axes:
    """Distribution of the IRR below and above the return of the money and the required one; draws beyond the
    ends are counted there.

    `median` and `reached`, the share of futures that reach the required one, where they were counted in more
    draws than these.
    """
    median = float(np.median(irr_pct)) if median is None else median
    reached = float((irr_pct >= required_pct).mean()) if reached is None else reached
    ax = ax or theme.axes(grid="y")
    thresholds = {"money back": 0.0, f"{required_pct:g}% asked for": required_pct}
    _distribution(irr_pct, thresholds, low, high, "%", ax)
    edges = f"per cent a year ({low:g} and less, {high:g} and more at the edges)"
    ax.set(xlabel=true_minus(edges), xlim=(low, high))
    share = chance_in_words(reached).capitalize()
    finding = f"{share} of simulated futures return {required_pct:g}% a year or more"
    alt = f"Histogram of simulated returns. {_shares_below(irr_pct, thresholds, '%')}."
    subtitle = true_minus(
        f"Simulated futures by internal rate of return, per cent a year; the median is {median + 0.0:.0f}%"
    )
    return theme.set_texts(ax, finding, subtitle, alt)


def _distribution(
    draws: NDArray[np.float64],
    thresholds: Mapping[str, float],
    low: float,
    high: float,
    unit: str,
    ax: Axes,
) -> None:
    """A histogram between two ends with labelled thresholds and the share of draws between them."""
    edges = np.linspace(low, high, 49)
    counts, _ = np.histogram(np.clip(draws, low, high), edges)
    style: dict[str, Any] = {"facecolor": to_rgba(theme.RECOMPUTED, 0.85), "linewidth": 0}
    ax.bar(edges[:-1], counts / counts.sum() * 100, np.diff(edges), align="edge", **style)
    peak = _room_above(ax)
    for rank, (label, level) in enumerate(thresholds.items()):
        # A label is right of its line, unless the next line would cross it.
        left = any(0 < other - level < (high - low) / 4 for other in thresholds.values())
        ax.axvline(level, color=theme.INK, linewidth=1.4, linestyle=theme.DOTTED)
        at, shift = (level, peak * (0.93 - 0.06 * rank)), (-4 if left else 4, 0)
        ha = "right" if left else "left"
        theme.annotate(ax, label, at, shift, color=theme.INK, ha=ha, va="top", fontsize=10)
    _share_texts(ax, draws, list(thresholds.values()), (low, high), peak)
    ax.set_ylabel("")
    ax.xaxis.set_major_formatter(lambda x, _: true_minus(f"{x:g}{unit}"))


def _room_above(ax: Axes) -> float:
    """Make room for words above bars, without ticks there; the top of the axis."""
    highest = ax.get_ylim()[1]
    ax.set_yticks([tick for tick in ax.get_yticks() if tick <= highest])
    ax.set_ylim(0, highest * 1.2)
    return float(highest * 1.2)


def _share_texts(
    ax: Axes,
    draws: NDArray[np.float64],
    levels: Sequence[float],
    ends: tuple[float, float],
    y: float,
    shares: Sequence[float] | None = None,
) -> None:
    """The shares of draws below, between and above levels, large, at the top of the part of the axis that
    holds them; they add to 100.
    """
    parts = list(pairwise([-np.inf, *levels, np.inf]))
    shares = shares or [float(((draws >= low) & (draws < high)).mean()) for low, high in parts]
    style: dict[str, Any] = {"fontweight": "semibold", "fontsize": 12, "path_effects": theme.HALO}
    low, high = ends
    middle = (lambda *x: math.sqrt(x[0] * x[1])) if ax.get_xscale() == "log" else (lambda *x: sum(x) / 2)
    for (start, end), share, percent in zip(parts, shares, whole_percents(shares), strict=True):
        words = chance_in_words(share) if not 0.005 <= share <= 0.995 else f"{percent}%"
        at = (middle(max(start, low), min(end, high)), y)
        ax.annotate(words, at, ha="center", va="top", color=theme.INK, **style)


def probability_over_time(
    table: pd.DataFrame,
    *,
    deadline_years: float | None = None,
    finding: str,
    subtitle: str,
    start_year: float = START_YEAR,
    ax: Axes | None = None,
    **values: Any,
) -> Axes:
    """Cumulative probabilities, a line a series.

    Parameters
    ----------
    table
        ``series`` and the columns of `simulation.cumulative_probability`, of one or two series.
    deadline_years
        A time to mark, years from the start.
    finding, subtitle, start_year, values
        As for `fan`.
    """
    ax = ax or theme.axes(grid="both")
    lines = {str(name): part for name, part in table.groupby("series", sort=False)}
    for (name, part), (color, style) in zip(lines.items(), STYLES, strict=False):
        years, percent = part["times_years"] + start_year, part["probability"] * 100
        ax.plot(years, percent, color=color, linewidth=2.2, linestyle=style)
        layout.line_label(ax, years, percent, name, color)
    if deadline_years is not None:
        _mark_deadline(ax, deadline_years, start_year)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlabel="", ylabel="", ylim=(0, None))
    ax.yaxis.set_major_formatter(lambda y, _: f"{y:.0f}%")
    ends = "; ".join(
        f"{name} {chance_in_words(part['probability'].iloc[-1])} at the end" for name, part in lines.items()
    )
    alt = f"Rising lines for the probability by date: {ends}."
    return theme.set_texts(ax, layout.fill(finding, values), layout.fill(subtitle, values), alt)


def _mark_deadline(ax: Axes, deadline_years: float, start_year: float) -> None:
    """A vertical line at the deadline, some years from the start."""
    at = deadline_years + start_year
    ax.axvline(at, color=theme.INK, linewidth=1.2, linestyle=(0, (2, 2)))
    style: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "ha": "right", "va": "top"}
    theme.annotate(ax, "deadline", (at, 1), (-5, -3), fontsize=10, **style)


def heat_map(
    grid: pd.DataFrame,
    *,
    finding: str,
    subtitle: str,
    xlabel: str,
    ylabel: str,
    mark: float | None = None,
    form: Callable[[float], str] = "{:,.0f}".format,
    alt: str | None = None,
    darkest: float | None = None,
    ax: Axes | None = None,
    **values: Any,
) -> Axes:
    """A grid of numbers as a heat map that shows them, written by `form`; those above `mark` in bold.

    `finding` and `subtitle` are templates for `str.format`, which `values` fill. Colours run from zero to
    `darkest` where neighbouring maps share them, else from the lowest number to the highest.
    """
    import seaborn as sns  # three quarters of a second: only where it is used

    ax = ax or theme.axes(grid="")
    sns.heatmap(
        grid,
        annot=grid.map(form),
        fmt="",
        cmap="Blues",
        cbar=False,
        linewidths=1.2,
        vmin=None if darkest is None else 0,
        vmax=darkest,
        ax=ax,
        annot_kws={"fontsize": 10.5},
    )
    for text, value in zip(ax.texts, grid.to_numpy().ravel(), strict=True):
        if text.get_color() in ("w", "white", "#ffffff"):
            text.set_color("#fffffe")  # on a dark cell in light and dark alike, so not the theme's white
        text.set_fontweight("semibold" if mark is not None and value > mark else "normal")
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.tick_params(axis="y", rotation=0)
    ends = f"from {form(grid.min().min())} to {form(grid.max().max())}"
    alt = alt or f"A grid of {grid.shape[0]} by {grid.shape[1]} numbers by {ylabel} and {xlabel}, {ends}."
    return theme.set_texts(ax, layout.fill(finding, values), layout.fill(subtitle, values), alt)
