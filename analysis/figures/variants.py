"""How far does the result move with the model's structure, with the scenario, and since the last version?

Decisions
- Structures and scenarios are two ranges and never crossed: every structure is drawn under the base
  assumptions, every scenario under the reference structure. They have a panel of rows each, and one scale.
- A waterfall goes from the old result to the new one, one change at a time and cumulative: its bars depend on
  their order, which the note says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from analysis.figures import theme
from analysis.statistics.simulation import Floats
from analysis.units import format_value

KINDS = {"variant": "variants", "scenario": "scenarios"}
"""The two ranges of a headline, and what they go over, in words."""
ROW_IN = 0.29
"""The height of a row of either chart, in inches."""


class ResultRange(NamedTuple):
    """A result over several structures or scenarios: its ends, and the labels at them."""

    low: float
    high: float
    lowest: str
    highest: str


def ranges(headlines: pd.DataFrame, column: str) -> dict[str, ResultRange]:
    """The two ranges of a result, by `KINDS`.

    Parameters
    ----------
    headlines
        `models.variants.headlines`.
    column
        One of its results.
    """
    results = {}
    for kind in KINDS:
        part = headlines[headlines["kind"] == kind].sort_values(column)
        values, labels = part[column].tolist(), part["label"].tolist()
        results[kind] = ResultRange(values[0], values[-1], labels[0], labels[-1])
    return results


def two_ranges(
    headlines: pd.DataFrame,
    column: str,
    *,
    outcome: str,
    unit: str,
    digits: int,
    ax: Axes | None = None,
) -> Axes:
    """A result under each structure and each scenario.

    Parameters
    ----------
    headlines, column
        As for `ranges`; the first variant is the reference structure.
    outcome
        The result in words, as a noun with its article.
    unit, digits
        A name of `units.UNITS`, and decimals.
    """
    ax = ax or theme.axes(height_in=1.6 + ROW_IN * (len(headlines) + 1))
    now = float(headlines.loc[headlines["kind"] == "variant", column].iloc[0])
    ax.axvline(now, color=theme.INK, linewidth=1.2, linestyle=theme.DOTTED, zorder=1)
    labels: list[str] = []
    for kind, mark in zip(KINDS, (theme.DOT, theme.HOLLOW), strict=True):
        part = headlines[headlines["kind"] == kind].sort_values(column)
        labels += [""] if labels else []
        _range_rows(ax, len(labels), part[column].to_numpy(), mark, unit, digits)
        labels += part["label"].tolist()
    rows = {row: label for row, label in enumerate(labels) if label}
    ax.set_yticks(list(rows), list(rows.values()))
    ax.set_ylim(len(labels) - 0.4, -0.7)
    ax.tick_params(axis="y", length=0)
    ax.margins(x=0.14)
    _plain_ticks(ax, unit, digits)
    ends = ranges(headlines, column)
    alt = "; ".join(
        f"{words} from {format_value(ends[kind].low, unit, digits)} ({ends[kind].lowest}) to"
        f" {format_value(ends[kind].high, unit, digits)} ({ends[kind].highest})"
        for kind, words in KINDS.items()
    )
    subtitle = (
        f"{outcome[0].upper()}{outcome[1:]}. Filled: variants of the model. Hollow: scenarios. Dotted: our"
        f" central case, {format_value(now, unit, digits)}"
    )
    alt = f"Dots in two groups of rows with their range: {alt}."
    return theme.set_texts(ax, _wider(ends, outcome), subtitle, alt)


def _range_rows(ax: Axes, first: int, values: Floats, mark: dict[str, Any], unit: str, digits: int) -> None:
    """A row a value from `first` down, with the range of all of them behind."""
    places = list(range(first, first + len(values)))
    span: dict[str, Any] = {"color": theme.RECOMPUTED, "alpha": 0.12, "linewidth": 0}
    ax.fill_betweenx([first - 0.4, places[-1] + 0.4], values.min(), values.max(), **span)
    ax.scatter(values, places, zorder=3, **mark)
    for value, place in zip(values, places, strict=True):
        theme.text(ax, format_value(value, unit, digits), (value, place), (8, 0), theme.INK)


def _wider(ends: Mapping[str, ResultRange], outcome: str) -> str:
    """Which of the two ranges is the wider one, as a finding; alike within a quarter."""
    structure, scenario = (ends[kind].high - ends[kind].low for kind in KINDS)
    if max(structure, scenario) <= 1.25 * min(structure, scenario):
        return f"Variants of the model move {outcome} about as far as scenarios do"
    if structure > scenario:
        return f"Variants of the model move {outcome} further than scenarios do"
    return f"Scenarios move {outcome} further than variants of the model do"


def waterfall(
    changes: pd.DataFrame, column: str, *, outcome: str, unit: str, digits: int, ax: Axes | None = None
) -> Axes:
    """From the result of the last version to that of this one, one change of the model at a time.

    Parameters
    ----------
    changes
        `models.variants.model_changes`: ``label`` and the result after each step; the first row is the last
        version.
    column, outcome, unit, digits
        As for `two_ranges`; a change has the same decimals as the result.
    """
    ax = ax or theme.axes(height_in=1.5 + ROW_IN * (len(changes) + 1))
    after = changes[column].to_numpy(dtype=float)
    labels = [*changes["label"], "This version"]
    steps = np.diff(after)
    _bar(ax, 0, 0.0, after[0], format_value(after[0], unit, digits), total=True)
    for row, step in enumerate(steps, start=1):
        _bar(ax, row, after[row - 1], after[row], signed(step, unit, digits), total=False)
    _bar(ax, len(after), 0.0, after[-1], format_value(after[-1], unit, digits), total=True)
    ax.set_yticks(range(len(labels)), labels)
    ax.set(ylim=(len(labels) - 0.4, -0.6), xlim=(0, 1.18 * after.max()))
    ax.tick_params(axis="y", length=0)
    _plain_ticks(ax, unit, digits)
    largest = labels[1 + int(np.argmax(np.abs(steps)))]
    first, last = (format_value(value, unit, digits) for value in (after[0], after[-1]))
    alt = f"Bars from {first} to {last}, a change in each row."
    subtitle = (
        f"{outcome[0].upper()}{outcome[1:]} after each change of the model. Filled: higher. Hollow: lower"
    )
    note = "Each bar adds its change to those above it. In another order the bars would differ, not the ends."
    return theme.set_texts(ax, f"The largest step of {outcome} is “{largest}”", subtitle, alt, note=note)


def _bar(ax: Axes, row: int, before: float, after: float, text: str, *, total: bool) -> None:
    """A bar of a waterfall, with its number at the right: full for a result, hollow for what lowers it."""
    color = theme.SECOND if total else theme.RECOMPUTED if after >= before else theme.FAINT
    edge = theme.SECOND if total else theme.RECOMPUTED
    ax.barh(row, after - before, left=before, height=0.6, color=color, edgecolor=edge, linewidth=1.2)
    theme.text(ax, text, (max(before, after), row), (6, 0), theme.INK)


def _plain_ticks(ax: Axes, unit: str, digits: int) -> None:
    """Few ticks at multiples of 1, 2 or 5, which these decimals can show."""
    ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(lambda x, _: format_value(x, unit, digits))


def signed(value: float, unit: str, digits: int) -> str:
    """A change with its sign; none where it rounds to nothing."""
    text = format_value(value, unit, digits)
    return f"+{text}" if round(value, digits) > 0 else text
