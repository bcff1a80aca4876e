"""How does the article stand? Its statements by verdict, printed figures next to those that our data give,
and the claims that bear its verdict.

Decisions
- A printed figure is orange-brown and a ring, a recomputed one is blue and a dot: colour is never the only
  difference.
- A statement without a printed figure is counted and never drawn as a number.
"""

from __future__ import annotations

import textwrap
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from numpy.typing import NDArray

from analysis import labels
from analysis.exhibits import number, share_in_words
from analysis.figures import theme
from analysis.labels import number_word


def scoreboard(counts: pd.DataFrame, *, errors: int, ax: Axes | None = None) -> Axes:
    """Claims by section and verdict, stacked, with the numbers in the bars.

    Parameters
    ----------
    counts : DataFrame
        `audit.counts` by section.
    errors : int
        How many distinct errors the wrong ones come to (`audit.errors`).
    """
    ax = ax or theme.axes()
    sections = list(counts.index)[::-1]
    left = np.zeros(len(sections))
    for verdict in counts.columns:
        width = counts.loc[sections, verdict].to_numpy(float)
        ax.barh(sections, width, left=left, color=theme.VERDICT[verdict], height=0.62)
        _label_counts(ax, left, width, "#ffffff" if verdict in ("holds", "fails", "void") else "#1b2531")
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
    return theme.set_texts(ax, finding, "Statements by section of the article and by our verdict", alt)


def _label_counts(ax: Axes, left: NDArray[np.float64], counts: NDArray[np.float64], color: str) -> None:
    """The count in the middle of each bar that has any."""
    for row, (start, count) in enumerate(zip(left, counts, strict=True)):
        if count:
            ax.text(
                start + count / 2,
                row,
                f"{count:.0f}",
                ha="center",
                va="center",
                color=color,
                fontweight="semibold",
            )


def agreement(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Claims with a printed figure (`audit.comparable`): what was computed as a multiple of it, with bounds;
    the band agrees.
    """
    ax = ax or theme.axes(height_in=1.2 + 0.38 * len(table))
    if table.empty:
        return theme.empty_chart(ax, "figures of the article that we can compute")
    table = table.assign(y=range(len(table) - 1, -1, -1))
    ax.axvline(1, color=theme.PRINTED, linewidth=2)
    _draw_ratios(ax, table)
    if (table["ratio_low"] <= 0).any():
        ax.set_xscale("symlog", linthresh=0.25, linscale=0.3)
    else:
        ax.set_xscale("log")
    ticks = [0.25, 0.5, 1, 2, 4]
    ax.set_xticks(ticks, [f"{tick:g}×" for tick in ticks])
    ax.minorticks_off()
    ax.set_yticks(table["y"], [_wrapped(statement) for statement in table["statement"]], fontsize=9)
    ax.set(xlabel="", ylabel="")
    theme.legend(ax)
    wrong = int((table["verdict"] == "fails").sum())
    verb = "is" if wrong == 1 else "are"
    finding = f"{number_word(wrong).capitalize()} of {len(table)} figures that we can compute {verb} wrong"
    alt = (
        f"A row for each of {len(table)} claims with the computed figure over the printed one; a line at one"
        " is agreement."
    )
    subtitle = "Our figure divided by the article's. Bars: bounds from rounding and readings"
    return theme.set_texts(ax, finding, subtitle, alt)


def _draw_ratios(ax: Axes, table: pd.DataFrame) -> None:
    """The computed figure with its bounds, coloured by verdict, and the printed one as a band."""
    for verdict, part in table.groupby("verdict", sort=False):
        color, label = theme.VERDICT[str(verdict)], labels.VERDICTS[str(verdict)]
        ax.hlines(part["y"], part["ratio_low"], part["ratio_high"], color=color, linewidth=3, alpha=0.75)
        ax.scatter(part["ratio"], part["y"], color=color, s=44, zorder=4, label=label)
    low, high = table["article_low"], table["article_high"]
    ax.hlines(table["y"], low, high, color=theme.PRINTED, linewidth=9, alpha=0.25)


def _wrapped(statement: str) -> str:
    """A statement as the label of a row: two lines at most."""
    return textwrap.fill(statement.rstrip("."), 44, max_lines=2, placeholder=" …")


ALIKE = 0.8
"""A statement that moves a result by this part of what the heaviest does moves it about as far."""


def heaviest(table: pd.DataFrame) -> pd.DataFrame:
    """The statements that move the probability of a write-down about as far as the one that moves it most,
    in the same direction, the heaviest first; none where nothing goes beyond chance.

    Parameters
    ----------
    table : DataFrame
        As for `load_bearing`.

    Returns
    -------
    DataFrame
        Rows of `table` with ``quoted``, the statement as a sentence names it.
    """
    change = table["write_down_change_pct"]
    top = change.iloc[int(change.abs().to_numpy().argmax())]
    alike = table["beyond_noise"] & (change / top >= ALIKE) & (change.abs() > table["noise_pct"])
    rows = table[alike].sort_values("write_down_change_pct", key=abs, ascending=False)
    return rows.assign(quoted=[f"“{statement.rstrip('.')}”" for statement in rows["statement"]])


def load_bearing(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """What each statement moves when it is taken at its word: the probability of the write-down, with the
    multiple next to it.

    Parameters
    ----------
    table : DataFrame
        `models.claim_load.rank_claims`, with the ``statement`` of each claim.
    """
    rows = table.iloc[::-1].to_dict("records")
    ax = ax or theme.axes(height_in=1.4 + 0.68 * len(rows))
    if not rows:
        return theme.empty_chart(ax, "statements that the model can express")
    moic_x = rows[0]["median_moic_x"] - rows[0]["moic_change_x"]
    write_down_pct = rows[0]["write_down_pct"] - rows[0]["write_down_change_pct"]
    ax.axvline(write_down_pct, color=theme.RECOMPUTED, linewidth=1.8, zorder=2)
    theme.text(
        ax,
        f"as we find it: {number(write_down_pct / 100, '.0%')}, {moic_x:.1f}×",
        (write_down_pct, len(rows) - 0.1),
        (0, 12),
        theme.RECOMPUTED,
        ha="center",
        va="bottom",
    )
    for y, row in enumerate(rows):
        _draw_load(ax, y, row, write_down_pct)
        statement = "\n".join(textwrap.wrap(row["statement"].rstrip("."), 74))
        theme.text(ax, statement, (0, y), (0, 9), theme.INK, va="bottom")
    top = max(write_down_pct, *(row["write_down_pct"] for row in rows))
    ax.set(yticks=[], ylim=(-0.4, len(rows) + 0.05), xlim=(0, max(1.0, 1.3 * top)))
    ax.xaxis.set_major_formatter(lambda v, _: f"{v:.0f}%")
    subtitle = (
        "Chance of a write-down, then median money back per dollar, if one statement were true and all else"
        " as we find it"
    )
    alt = f"A line at {write_down_pct:.0f}% and a ring for each statement: " + "; ".join(
        f"{row['statement'].rstrip('.')}: {row['write_down_pct']:.0f}%, {row['median_moic_x']:.1f} times the"
        " money"
        for row in reversed(rows)
    )
    return theme.set_texts(ax, _loads_finding(rows), subtitle, f"{alt}.")


def _draw_load(ax: Axes, y: int, row: Mapping[Hashable, Any], write_down_pct: float) -> None:
    """A ring at the probability that a statement leads to, joined to that by the evidence."""
    value = row["write_down_pct"]
    ax.plot([write_down_pct, value], [y, y], color=theme.PRINTED, linewidth=2.4, alpha=0.5, zorder=3)
    ax.scatter([value], [y], **theme.RING)
    right = value >= write_down_pct
    theme.text(
        ax,
        f"{number(value / 100, '.0%')}, {row['median_moic_x']:.1f}×",
        (value, y),
        (9 if right else -9, 0),
        theme.PRINTED,
        ha="left" if right else "right",
    )


def _loads_finding(rows: Sequence[Mapping[Hashable, Any]]) -> str:
    """What the heaviest statements do to the probability of a write-down."""
    alike = heaviest(pd.DataFrame(rows)).to_dict("records")
    if not alike:
        return "None of these statements moves the chance of a write-down"
    lifts = alike[0]["write_down_change_pct"] > 0
    if len(alike) > 1:
        count = number_word(len(alike)).capitalize()
        return f"{count} statements {'lift' if lifts else 'lower'} the chance of a write-down most"
    chance = share_in_words(alike[0]["write_down_pct"] / 100)
    return f"One statement {'lifts' if lifts else 'lowers'} the chance of a write-down to {chance}"
