"""How far can the fits be trusted? Published fits reproduced, and the skill of each method against the naive forecast.

Decisions
- Printed is orange-brown and a ring, found again is blue and a dot; both are shown to the digits of print.
- Factors and ratios of errors stand on logarithmic axes, where twice and half are equally far from one.
- What could not be refitted or backtested keeps its row and says so; it is counted and never drawn as a number.
- Verdicts come with the tables; a table that contradicts its own verdicts is refused.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Annotation

from analysis.figures import parts, theme
from analysis.models.skill import BEATS, ITSELF, LOSES, NAIVE, NAMES, UNKNOWN

MARKS = "osD^v<>P"
"""Marks of distances ahead, the shortest first."""


def reproduced(table: pd.DataFrame, *, ax: Axes) -> Axes:
    """A row per published fit: the factor that it prints with its interval, and that of the same data fitted again.

    Parameters
    ----------
    table : DataFrame
        ``fit``, ``what``, ``printed``, ``printed_low``, ``printed_high``, ``refitted``, ``refitted_low``,
        ``refitted_high`` (factors a year) and ``agrees``, true where every printed digit came out; NaN is what was not
        printed or could not be refitted. An optional ``level`` (share) is that of both
        intervals. Rows are named by
        ``what`` and drawn in their order; give them about 0.8 inches each.

    Raises
    ------
    ValueError
        A column is missing, a factor is not above zero, or a row agrees that was not refitted.
    """
    values = [f"{kind}{end}" for kind in ("printed", "refitted") for end in ("", "_low", "_high")]
    parts.needs("table", table, ("fit", "what", *values, "agrees"))
    if table[values].isna().all(axis=None):
        return theme.nothing(ax, "a published fit")
    parts.above_zero(table, values, "fit")
    again = table["refitted"].notna()
    agrees = table["agrees"].fillna(False).astype(bool)
    if (wrong := agrees & ~again).any():
        raise ValueError(
            f"fit {table.loc[wrong, 'fit'].iloc[0]!r} agrees and has no refitted factor; give the factor, or agrees=False"
        )
    ax.set_xscale("log")
    rows = range(len(table) - 1, -1, -1)
    for (_, fit), row in zip(table.iterrows(), rows, strict=True):
        for kind, side, color, mark in (("printed", 1, theme.PRINTED, theme.RING), ("refitted", -1, theme.RECOMPUTED, theme.DOT)):  # fmt: skip
            middle, height = _middle(fit, kind), row + 0.13 * side
            ax.hlines(height, fit[f"{kind}_low"], fit[f"{kind}_high"], color=color, linewidth=3, alpha=0.45, zorder=2)  # fmt: skip
            ax.scatter([fit[kind]], [height], **(mark | {"zorder": 4}))
            told = _factor_text(fit, kind)
            told += ", differs" if kind == "refitted" and told and not fit["agrees"] else ""
            text = f"{kind} {told}" if row == len(table) - 1 else told
            if not told:
                text, color, middle = "no data to refit", theme.MUTED, _middle(fit, "printed")
            theme.text(ax, text, (middle, height), (0, 6 * side), color, ha="center", va="bottom" if side > 0 else "top",
                  size=parts.NAMED_SIZE)  # fmt: skip
    ax.set_yticks(list(rows), [textwrap.fill(what, 26) for what in table["what"]], fontsize=parts.NAMED_SIZE)
    ax.set(xlabel="", ylabel="", ylim=(-0.6, len(table) - 0.4))
    parts.log_ticks(ax.xaxis, parts.numbers(table[values]), "x", room=1.35)
    parts.keep_inside(ax, [text for text in ax.texts if isinstance(text, Annotation)])
    finding = _reproduced_finding(int(agrees.sum()), int(again.sum()), len(table))
    alt = (
        f"A row for each of {len(table)} published fits with a ring at the printed factor a year and a dot at the refitted one on a "
        "logarithmic axis, and the interval of each as a bar."
    )
    words = "Factor a year, log scale; ring: printed, dot: fitted again, shown to the digits of print; bars: intervals"
    words += (
        _levels(table["level"].dropna().unique().tolist()) if "level" in table else " at the printed level"
    )
    return theme.headline(ax, finding, words, alt)


def skill(table: pd.DataFrame, *, ax: Axes, names: Mapping[str, str] = NAMES) -> Axes:
    """A row per trend and method: its error as a multiple of the naive forecast's, a mark per distance ahead.

    Parameters
    ----------
    table : DataFrame
        ``trend``, ``method``, ``ahead`` (how far, in words: 4 quarters), ``n`` (forecasts that it rests on),
        ``relative_mae`` (ratio of the mean absolute errors), ``coverage_95`` (share of what came that lay inside the 95%
        prediction interval, NaN where there is none) and ``verdict``: ``beats naive``, ``loses``, or ``not backtestable``
        without a number, as `models.skill` ranks them. An optional ``rival`` names the naive forecast in words. Rows of the
        naive method itself are the line at one and not counted. Give a row of the chart about 0.25 inches, one more a
        trend for its name.
    names : mapping
        What the reader is told for a method; one that is not in it is called as in the table.

    Raises
    ------
    ValueError
        A column is missing, a verdict is unknown or contradicts its number, an error is zero or infinite, a row stands
        twice, or there are more distances ahead than marks.
    """
    parts.needs("table", table, ("trend", "method", "ahead", "n", "relative_mae", "coverage_95", "verdict"))
    rated = table[(table["method"] != NAIVE) & (table["verdict"] != ITSELF)]
    if rated.empty:
        return theme.nothing(ax, "a method beside the naive forecast")
    _rated(rated)
    rivals = rated["rival"].unique().tolist() if "rival" in rated else []
    simple = rivals[0] if len(rivals) == 1 else ""
    done = rated[rated["verdict"] != UNKNOWN]
    distances = sorted(rated["ahead"].unique(), key=_how_far)
    marks = dict(zip(distances, MARKS, strict=False))
    shifts = dict(zip(distances, np.linspace(0.24, -0.24, len(distances)), strict=True))
    ax.set_xscale("log")
    parts.log_ticks(ax.xaxis, [*done["relative_mae"], 0.7, 1.4], "x", room=1.15)
    places: list[tuple[str, str | None]] = []
    for trend, part in rated.groupby("trend", sort=False):
        places += [(str(trend), None), *((str(trend), method) for method in part["method"].unique())]
    left = ax.get_xlim()[0]
    ax.axvspan(left, 1, color=theme.FAINT, linewidth=0, zorder=0)
    ax.axvline(1, color=theme.INK, linewidth=1.2, linestyle=theme.DOTTED, zorder=1)
    ax.set_xlim(left=left)
    theme.text(ax, f"naive: {simple}" if simple else "naive forecast", (1, 1), (0, 3), theme.INK, ha="center", va="bottom",
               size=parts.NAMED_SIZE, xycoords=("data", "axes fraction"))  # fmt: skip
    for row, (trend, method) in enumerate(reversed(places)):
        of_trend = rated[rated["trend"] == trend]
        if method is None:
            ax.axhline(row + 0.5, color=theme.GRID, linewidth=0.7, zorder=1)
            theme.text(ax, _forecasts(of_trend), (1, row), (-2, 0), theme.MUTED, ha="right", size=9,
                       xycoords=("axes fraction", "data"))  # fmt: skip
            continue
        of_row = of_trend[of_trend["method"] == method]
        for verdict, style in ((BEATS, theme.DOT), (LOSES, theme.HOLLOW)):
            for ahead, ratio in of_row.loc[of_row["verdict"] == verdict, ["ahead", "relative_mae"]].itertuples(index=False):  # fmt: skip
                ax.scatter([ratio], [row + shifts[ahead]], marker=marks[ahead], **(style | {"s": 30, "zorder": 4}))  # fmt: skip
        if (of_row["verdict"] == UNKNOWN).all():
            theme.text(ax, UNKNOWN, (1, row), (5, 0), theme.MUTED, size=9)
        else:
            theme.text(ax, _covered(of_row), (1, row), (5, 0), theme.MUTED, size=9, xycoords=("axes fraction", "data"))  # fmt: skip
    ax.set_yticks(
        range(len(places)),
        [names.get(method, method) if method else trend for trend, method in reversed(places)],
    )
    for label, (_, method) in zip(ax.get_yticklabels(), reversed(places), strict=True):
        label.set(color=theme.MUTED if method else theme.INK, fontweight="normal" if method else "semibold")
    ax.set(xlabel="", ylabel="", ylim=(-0.5, len(places) - 0.5))
    ax.grid(visible=False, axis="y")
    if drawn := [ahead for ahead in distances if ahead in set(done["ahead"])]:
        theme.legend(ax, [Line2D([], [], linestyle="none", marker=marks[ahead], color=theme.RECOMPUTED, markersize=5.5,
                                 label=ahead) for ahead in drawn])  # fmt: skip
    rival = simple or "naive forecast"
    alt = (
        f"A row for each of {sum(method is not None for _, method in places)} pairs of trend and method on a logarithmic axis, with a mark "
        f"per distance ahead at its error over that of the {rival}; left of the line at one it errs less."
    )
    words = (
        f"Mean absolute error over that of the {rival}, log scale; left of one and filled: skill; n: forecasts made, by distance ahead; "
        "right: how often the 95% interval held what came"
    )
    return theme.headline(ax, _skill_finding(rated), words, alt)


# Findings


def _reproduced_finding(good: int, tried: int, whole: int) -> str:
    if not tried:
        return f"None of {theme.count(whole)} published trends could be refitted"
    part = (
        f"All {theme.count(tried)}"
        if good == tried > 2
        else f"{theme.count(good).capitalize()} of {theme.count(tried)}"
    )
    part = "Both" if good == tried == 2 else part
    agree = parts.verb(1 if tried == 1 else good, "agrees", "agree")
    told = f"{part} refitted {parts.verb(tried, 'trend', 'trends')} {agree} with print to every digit"
    return told + (f"; {theme.count(whole - tried)} could not be refitted" if whole > tried else "")


def _skill_finding(rated: pd.DataFrame) -> str:
    beats, lost = (int((rated["verdict"] == verdict).sum()) for verdict in (BEATS, UNKNOWN))
    tested = len(rated) - lost
    if not tested:
        return "No forecast is backtestable: none has enough origins to be held against the naive one"
    told = f"{theme.count(beats).capitalize()} of {theme.count(tested)} backtested forecasts {parts.verb(beats, 'beats', 'beat')} the naive one"
    return told + (
        f"; {theme.count(lost)} more {parts.verb(lost, 'is', 'are')} not backtestable" if lost else ""
    )


# What goes into the charts


def _factor_text(fit: pd.Series, kind: str) -> str:
    """A factor with its interval, to the digits that print gives."""
    told = []
    for end in ("", "_low", "_high"):
        value, digits = float(fit[f"{kind}{end}"]), _decimals(fit, f"printed{end}")
        told.append("" if math.isnan(value) else f"{value:.{digits}f}")
    found, low, high = told
    span = f"{low} to {high}" if low and high else ""
    return f"{found} ({span})" if found and span else found or span


def _decimals(fit: pd.Series, name: str) -> int:
    """Decimals that print gives a figure; a whole or missing one has those of its row, 2.0 beside 2.4 and 3.1."""
    row = ("printed", "printed_low", "printed_high")
    shown = {column: len(f"{float(fit[column]):.10g}".partition(".")[2]) for column in row}
    return shown[name] or max(shown.values())


def _middle(fit: pd.Series, kind: str) -> float:
    """Where the words of a fit stand: at its factor, else amid its interval, else at one."""
    found, low, high = (float(fit[f"{kind}{end}"]) for end in ("", "_low", "_high"))
    middle = math.sqrt(low * high) if math.isnan(found) else found
    return 1.0 if math.isnan(middle) else middle


def _levels(levels: Sequence[float]) -> str:
    return (
        f" at the printed level, {theme.listed([f'{level:.0%}' for level in sorted(levels)])}"
        if levels
        else ""
    )


def _how_far(ahead: str) -> tuple[float, str]:
    """What sorts distances in words: the number that they begin with, then the words."""
    number = re.match(r"\d+(\.\d+)?", ahead)
    return float(number[0]) if number else math.inf, ahead


def _forecasts(part: pd.DataFrame) -> str:
    """How many forecasts a trend has, by distance; a range where the methods differ."""
    ends = part.groupby("ahead")["n"].agg(["min", "max"])
    told = [f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}"
            for low, high in ends.loc[sorted(ends.index, key=_how_far)].itertuples(index=False)]  # fmt: skip
    return f"n = {', '.join(told)}"


def _covered(of_row: pd.DataFrame) -> str:
    """Coverage of the 95% interval by distance, a dash where there is none."""
    by_distance = of_row.set_index("ahead")["coverage_95"]
    shares = by_distance[sorted(by_distance.index, key=_how_far)]
    return ", ".join("–" if math.isnan(share) else f"{share:.0%}" for share in shares)


# What is refused


def _rated(rated: pd.DataFrame) -> None:
    """Refuses verdicts that are unknown or that the numbers contradict."""
    for _, row in rated.iterrows():
        name = f"{row['trend']}, {row['method']}, {row['ahead']}"
        ratio, verdict = row["relative_mae"], row["verdict"]
        if verdict not in (BEATS, LOSES, UNKNOWN):
            raise ValueError(f"verdict of {name} is {verdict!r}; use {BEATS!r}, {LOSES!r} or {UNKNOWN!r}")
        if ratio == 0 or math.isinf(ratio):
            raise ValueError(
                f"relative_mae of {name} is {ratio:g}; leave it out and say in words which forecast is exact"
            )
        right = UNKNOWN if math.isnan(ratio) else BEATS if ratio < 1 else LOSES
        if verdict != right:
            raise ValueError(
                f"verdict of {name} is {verdict!r} and its relative_mae {ratio:g}; below one is {BEATS!r}, else {LOSES!r}, and NaN "
                f"is {UNKNOWN!r}"
            )
    if rated["ahead"].nunique() > len(MARKS):
        raise ValueError(
            f"there are {rated['ahead'].nunique()} distances ahead and {len(MARKS)} marks; show fewer at once"
        )
    if (twice := rated.duplicated(["trend", "method", "ahead"])).any():
        row = rated[twice].iloc[0]
        raise ValueError(f"{row['trend']}, {row['method']}, {row['ahead']} stands twice; give one row each")
