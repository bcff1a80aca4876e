"""How did the model's forecasts of past cases compare with what happened?

Decisions
- The raw model has the colour of our results in every chart, whatever it is compared with the second one.
- Everything has its uncertainty: of a share the interval that so few independent cases leave, of a histogram
  the band in which a well calibrated forecast lies.
- Each case is drawn, in the order of the entry years: cases of one year share their fate, and that shows.
- Ratios are on a log scale, since they are scored on logs.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.figures import layout, theme
from analysis.labels import number_word

MODEL = "raw model"
"""The forecaster whose colour is that of our results."""
ROW_IN = 0.42
"""The height of a row, in inches."""
TICKS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)
WORST_PCT = 150
"""How far below zero a skill is drawn; an interval that goes on beyond says to where."""
QUANTILES = tuple(f"forecast_p{share}" for share in ("05", "25", "50", "75", "95"))
"""The columns of a forecast."""


def coverage(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Outcomes inside the forecasters' ranges, next to what these promise (`calibration_tables.coverage`)."""
    columns = ["tested", "forecaster", "level_pct", "inside_pct", "inside_low_pct", "inside_high_pct"]
    layout.require_columns("table", table, columns)
    names = list(dict.fromkeys(zip(table["tested"], table["forecaster"], strict=True)))
    ax = ax or theme.axes(height_in=1.0 + 1.3 * ROW_IN * max(len(names), 3), grid="")
    if table.empty:
        return theme.empty_chart(ax, "forecasts of past cases")
    levels = sorted(table["level_pct"].unique())
    for level in levels:
        ax.axvline(level, color=theme.INK, linewidth=1.2, linestyle=theme.DOTTED, zorder=1)
        theme.annotate(ax, f"{level:g}%", (level, -0.75), (3, 0), va="center", fontsize=9.5)
    for row in table.to_dict("records"):
        at = names.index((row["tested"], row["forecaster"])) + 0.24 * (levels.index(row["level_pct"]) - 1)
        color = _color(str(row["forecaster"]))
        ax.hlines(at, row["inside_low_pct"], row["inside_high_pct"], color=color, linewidth=3, alpha=0.45)
        ax.scatter([row["inside_pct"]], [at], color=color, s=30, zorder=3)
    ax.set_yticks(range(len(names)), [f"{tested},\n{forecaster}" for tested, forecaster in names])
    ax.set_ylim(len(names) - 0.4, -1.0)
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(0, 100)
    ax.set(xlabel="", ylabel="")
    return _coverage_texts(ax, table)


def _coverage_texts(ax: Axes, table: pd.DataFrame) -> Axes:
    model = table[table["forecaster"].eq(MODEL)]
    too_few = int(model["inside_high_pct"].lt(model["level_pct"]).sum())
    too_many = int(model["inside_low_pct"].gt(model["level_pct"]).sum())
    finding = _coverage_finding(too_few, too_many)
    subtitle = (
        "Outcomes inside each range, per cent. Dotted: as many as it promises. Lines: 90% intervals by how"
        " many cases count"
    )
    alt = "; ".join(
        f"{row['tested']}, {row['forecaster']}: {row['inside_pct']:.0f}% inside {row['level_pct']:g}%"
        for row in table.to_dict("records")
    )
    return theme.set_texts(ax, finding, subtitle, f"{alt}.")


def _coverage_finding(too_few: int, too_many: int) -> str:
    """Whether the model's ranges hold as much as they promise, as far as the cases tell."""
    if too_few > too_many:
        return "The raw model's ranges held too few of the past outcomes"
    if too_many > too_few:
        return "The raw model's ranges held too many of the past outcomes"
    return "Past cases do not show that the raw model's ranges are too narrow"


def places(table: pd.DataFrame, what: str, *, ax: Axes | None = None) -> Axes:
    """Where in the forecasts the outcomes lay, one panel a forecaster (`calibration_tables.places`).

    Parameters
    ----------
    what
        What was forecast, as a sentence begins: Past values.
    """
    layout.require_columns("table", table, ["forecaster", "place_low", "outcomes_pct", "band_low_pct"])
    names = list(dict.fromkeys(table["forecaster"]))
    panels = (
        theme.chart_of(ax).axes if ax else theme.panels(max(len(names), 1), height_in=1 + 1.4 * len(names))
    )
    if table.empty:
        return theme.empty_chart(panels[0], "forecasts of past cases")
    top = 1.4 * float(table[["outcomes_pct", "band_high_pct"]].max().max())
    for panel, name in zip(panels, names, strict=True):
        part = table[table["forecaster"].eq(name)]
        width = part["place_high"] - part["place_low"]
        band = part["band_high_pct"] - part["band_low_pct"]
        panel.bar(
            part["place_low"], band, width, part["band_low_pct"], align="edge", color=theme.GRID, zorder=1
        )
        middle = part["place_low"] + width / 2
        panel.bar(middle, part["outcomes_pct"], width * 0.55, color=_color(name), zorder=2)
        panel.axhline(100 * float(width.iloc[0]), color=theme.INK, linewidth=1.2, linestyle=theme.DOTTED)
        theme.annotate(panel, name, (0.005, top), (0, -4), va="top", color=_color(name), fontsize=10)
        panel.set_ylim(0, top)
        panel.set(xlabel="", ylabel="")
    panels[-1].set_xlim(0, 1)
    panels[-1].set_xticks([0, 0.25, 0.5, 0.75, 1], ["lowest", "25%", "median", "75%", "highest"])
    return _place_texts(panels[0], table, what)


def _place_texts(ax: Axes, table: pd.DataFrame, what: str) -> Axes:
    names = list(dict.fromkeys(table["forecaster"]))
    above = table[table["place_low"].ge(0.5 - 1e-9)].groupby("forecaster")["outcomes_pct"].sum()
    finding = f"{what} ended above the raw model's median in {above.get(MODEL, math.nan):.0f}% of cases"
    subtitle = (
        "Per cent of outcomes in each tenth of their forecasts. A calibrated model has 10% in each (dotted;"
        " grey: 90% band)"
    )
    alt = "; ".join(f"{above[name]:.0f}% of outcomes lie above the median of the {name}" for name in names)
    return theme.set_texts(ax, finding, subtitle, f"{alt}.")


def cases(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Each forecast of the model and what happened, by entry year (`calibration_tables.cases`)."""
    layout.require_columns("table", table, ["company", "entry_year", *QUANTILES, "outcome_x"])
    ax = ax or theme.axes(height_in=4.4, grid="y")
    if table.empty:
        return theme.empty_chart(ax, "forecasts of past cases")
    at = np.arange(len(table))
    style: dict[str, Any] = {"color": theme.RECOMPUTED, "alpha": 0.4}
    ax.vlines(at, table["forecast_p05"], table["forecast_p95"], linewidth=1, **style)
    ax.vlines(at, table["forecast_p25"], table["forecast_p75"], linewidth=4, **style)
    ax.scatter(at, table["outcome_x"], color=_outcome_colors(table), s=16, zorder=3, linewidths=0)
    starts = np.flatnonzero(table["entry_year"].ne(table["entry_year"].shift()))
    shown: list[int] = []
    for start in starts.tolist():
        if not shown or start - shown[-1] >= len(table) / 14:
            shown.append(start)
    for year in shown[1:]:
        ax.axvline(year - 0.5, color=theme.GRID, linewidth=0.8, zorder=0)
    ax.set_xticks(np.array(shown) - 0.5, [f"{table['entry_year'].iloc[n]:.0f}" for n in shown], ha="left")
    ax.set_xlim(-1, len(table))
    ax.tick_params(axis="x", length=0)
    ax.set_yscale("log")
    ends = table[["forecast_p05", "forecast_p95", "outcome_x"]]
    _ratio_ticks(ax, float(ends.min().min()), float(ends.max().max()), vertical=True)
    ax.axhline(1, color=theme.INK, linewidth=1.2, linestyle=theme.DOTTED, zorder=1)
    ax.set(xlabel="year of the entry", ylabel="")
    return _case_texts(ax, table, "past outcomes")


def named_cases(table: pd.DataFrame, what: str, *, ax: Axes | None = None) -> Axes:
    """The same for a few cases, each with its name.

    Parameters
    ----------
    what
        What happened to them, for the title: picked outcomes.
    """
    layout.require_columns("table", table, ["company", "entry_year", *QUANTILES, "outcome_x"])
    ax = ax or theme.axes(height_in=1.0 + ROW_IN * max(len(table), 3))
    if table.empty:
        return theme.empty_chart(ax, "rounds with known growth and price")
    at = np.arange(len(table))
    style: dict[str, Any] = {"color": theme.RECOMPUTED, "alpha": 0.4}
    ax.hlines(at, table["forecast_p05"], table["forecast_p95"], linewidth=1.5, **style)
    ax.hlines(at, table["forecast_p25"], table["forecast_p75"], linewidth=7, **style)
    ax.scatter(table["outcome_x"], at, color=_outcome_colors(table), s=34, zorder=3, linewidths=0)
    for row, outcome in enumerate(table["outcome_x"]):
        theme.annotate(ax, f"{outcome:.2g}×", (outcome, row), (0, 6), ha="center", va="bottom", fontsize=9.5)
    labels = [f"{row['company']}, {row['entry_year']:.0f}" for row in table.to_dict("records")]
    ax.set_yticks(at, labels)
    ax.set_ylim(len(table) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.set_xscale("log")
    ends = table[["forecast_p05", "forecast_p95", "outcome_x"]]
    _ratio_ticks(ax, float(ends.min().min()), 1.3 * float(ends.max().max()), vertical=False)
    ax.axvline(1, color=theme.INK, linewidth=1.2, linestyle=theme.DOTTED, zorder=1)
    ax.set(xlabel="", ylabel="")
    return _case_texts(ax, table, what)


def _outcome_colors(table: pd.DataFrame) -> list[str]:
    """Of each outcome: red where it lies outside the 90% range of its forecast."""
    inside = table["outcome_x"].between(table["forecast_p05"], table["forecast_p95"])
    return [theme.INK if held else theme.FAILS for held in inside]


def _case_texts(ax: Axes, table: pd.DataFrame, what: str) -> Axes:
    inside = table["outcome_x"].between(table["forecast_p05"], table["forecast_p95"])
    above = int(table["outcome_x"].gt(table["forecast_p95"]).sum())
    part = f"{number_word(int(inside.sum()))} of {number_word(len(table))}".capitalize()
    finding = f"{part} {what} lay in the raw model's wide range"
    subtitle = (
        "Value over that of the entry, log scale. Thin and thick: 90% and half of a forecast. Dots: outcomes,"
        " red outside"
    )
    below = len(table) - int(inside.sum()) - above
    alt = f"{above} of {len(table)} outcomes lie above the range and {below} below it."
    return theme.set_texts(ax, finding, subtitle, alt)


def _ratio_ticks(ax: Axes, low: float, high: float, *, vertical: bool) -> None:
    """Ticks of a log axis as multiples."""
    ticks = [tick for tick in TICKS if low * 0.7 <= tick <= high * 1.4]
    (ax.set_yticks if vertical else ax.set_xticks)(ticks, [f"{tick:g}×" for tick in ticks])
    ax.minorticks_off()


def skill(table: pd.DataFrame, deciding_rival: str, *, ax: Axes | None = None) -> Axes:
    """The skill of the model against each rival (`calibration_tables.scores`).

    Parameters
    ----------
    deciding_rival
        The rival that decides.
    """
    layout.require_columns("table", table, ["tested", "forecaster", "skill_pct", "corrected_skill_pct"])
    known = table[table["skill_pct"].notna() & table["corrected_skill_pct"].notna()]
    rows = [{str(name): value for name, value in row.items()} for row in known.to_dict("records")]
    ax = ax or theme.axes(height_in=1.0 + ROW_IN * max(len(rows), 3))
    if not rows:
        return theme.empty_chart(ax, "forecasts of past cases")
    for at, row in enumerate(rows):
        color = theme.RECOMPUTED if row["forecaster"] == deciding_rival else theme.SECOND
        ax.hlines(at, row["skill_low_pct"], row["skill_high_pct"], color=color, linewidth=3, alpha=0.45)
        ax.scatter([row["skill_pct"]], [at], color=color, s=46, zorder=4)
        ax.scatter([row["corrected_skill_pct"]], [at], facecolors="#ffffff", edgecolors=color, s=46, zorder=3)
    ax.axvline(0, color=theme.INK, linewidth=1.2, linestyle=theme.DOTTED, zorder=1)
    ax.set_yticks(range(len(rows)), [f"{row['tested']},\nagainst {row['forecaster']}" for row in rows])
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0, labelsize=9.5)
    ends = [row[name] for row in rows for name in ("skill_low_pct", "skill_high_pct", "corrected_skill_pct")]
    ax.set_xlim(max(min(ends), -WORST_PCT) - 5, min(max(ends), 100) + 5)
    for at, row in enumerate(rows):
        if row["skill_low_pct"] < -WORST_PCT:
            theme.text(
                ax,
                f"to {row['skill_low_pct']:.0f}".replace("-", "−"),
                (-WORST_PCT, at),
                (0, 9),
                theme.MUTED,
                size=9,
            )
    ax.set(xlabel="", ylabel="")
    return _skill_texts(ax, rows, deciding_rival)


def _skill_texts(ax: Axes, rows: list[dict[str, Any]], deciding_rival: str) -> Axes:
    deciding = [row for row in rows if row["forecaster"] == deciding_rival]
    worse = sum(row["skill_pct"] < 0 for row in deciding)
    finding = (
        f"Against {deciding_rival} the raw model is worse in {number_word(worse)} of"
        f" {number_word(len(deciding))} tests"
        if deciding
        else "The raw model against simple forecasts of past cases"
    )
    subtitle = (
        "Score better (right) or worse (left) than the rival's, per cent, with 90% intervals. Rings: the"
        " corrected model. Blue: the rival that decides"
    )
    alt = "; ".join(
        f"{row['tested']} against {row['forecaster']}: {row['skill_pct']:.0f}%, corrected"
        f" {row['corrected_skill_pct']:.0f}%"
        for row in rows
    )
    return theme.set_texts(ax, finding, subtitle, f"{alt}.")


def _color(forecaster: str) -> str:
    return theme.RECOMPUTED if forecaster == MODEL else theme.SECOND
