"""How far can the fits be trusted? Published fits beside the same data fitted again.

Decisions
- Printed is orange-brown and a ring, found again is blue and a dot; both are shown to the digits of print.
- Factors stand on a logarithmic axis, where twice and half are equally far from one.
- What could not be refitted keeps its row and says so; it is counted and never drawn as a number.
- Verdicts come with the table; a table that contradicts its own verdicts is refused.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.text import Annotation

from analysis.figures import layout, theme
from analysis.labels import join_words, number_word


def reproduced(table: pd.DataFrame, *, ax: Axes) -> Axes:
    """A row per published fit: the factor that it prints with its interval, and that of the same data fitted
    again.

    Parameters
    ----------
    table : DataFrame
        ``fit``, ``what``, ``printed``, ``printed_low``, ``printed_high``, ``refitted``, ``refitted_low``,
        ``refitted_high`` (factors a year) and ``agrees``, true where every printed digit came out; NaN is
        what was not printed or could not be refitted. An optional ``level`` (share) is that of both
        intervals. Rows are named by ``what`` and drawn in their order; give them about 0.8 inches each.

    Raises
    ------
    ValueError
        A column is missing, a factor is not above zero, or a row agrees that was not refitted.
    """
    values = [f"{kind}{end}" for kind in ("printed", "refitted") for end in ("", "_low", "_high")]
    layout.require_columns("table", table, ("fit", "what", *values, "agrees"))
    if table[values].isna().all(axis=None):
        return theme.empty_chart(ax, "a published fit")
    layout.above_zero(table, values, "fit")
    again = table["refitted"].notna()
    agrees = table["agrees"].fillna(False).astype(bool)
    if (wrong := agrees & ~again).any():
        raise ValueError(
            f"fit {table.loc[wrong, 'fit'].iloc[0]!r} agrees and has no refitted factor; give the factor, or"
            " agrees=False"
        )
    ax.set_xscale("log")
    rows = range(len(table) - 1, -1, -1)
    for (_, fit), row in zip(table.iterrows(), rows, strict=True):
        for kind, side, color, mark in (
            ("printed", 1, theme.PRINTED, theme.RING),
            ("refitted", -1, theme.RECOMPUTED, theme.DOT),
        ):
            middle, height = _middle(fit, kind), row + 0.13 * side
            ax.hlines(
                height,
                fit[f"{kind}_low"],
                fit[f"{kind}_high"],
                color=color,
                linewidth=3,
                alpha=0.45,
                zorder=2,
            )
            ax.scatter([fit[kind]], [height], **(mark | {"zorder": 4}))
            told = _factor_text(fit, kind)
            told += ", differs" if kind == "refitted" and told and not fit["agrees"] else ""
            text = f"{kind} {told}" if row == len(table) - 1 else told
            if not told:
                text, color, middle = "no data to refit", theme.MUTED, _middle(fit, "printed")
            theme.text(
                ax,
                text,
                (middle, height),
                (0, 6 * side),
                color,
                ha="center",
                va="bottom" if side > 0 else "top",
                size=layout.NAMED_SIZE,
            )
    ax.set_yticks(list(rows), [textwrap.fill(what, 26) for what in table["what"]], fontsize=layout.NAMED_SIZE)
    ax.set(xlabel="", ylabel="", ylim=(-0.6, len(table) - 0.4))
    layout.log_ticks(ax.xaxis, layout.numbers(table[values]), "x", room=1.35)
    layout.keep_inside(ax, [text for text in ax.texts if isinstance(text, Annotation)])
    finding = _reproduced_finding(int(agrees.sum()), int(again.sum()), len(table))
    alt = (
        f"A row for each of {len(table)} published fits with a ring at the printed factor a year and a dot at"
        " the refitted one on a logarithmic axis, and the interval of each as a bar."
    )
    words = (
        "Factor a year, log scale; ring: printed, dot: fitted again, shown to the digits of print; bars:"
        " intervals"
    )
    words += (
        _levels(table["level"].dropna().unique().tolist()) if "level" in table else " at the printed level"
    )
    return theme.set_texts(ax, finding, words, alt)


# Findings


def _reproduced_finding(good: int, tried: int, whole: int) -> str:
    if not tried:
        return f"None of {number_word(whole)} published trends could be refitted"
    part = (
        f"All {number_word(tried)}"
        if good == tried > 2
        else f"{number_word(good).capitalize()} of {number_word(tried)}"
    )
    part = "Both" if good == tried == 2 else part
    agree = layout.verb(1 if tried == 1 else good, "agrees", "agree")
    told = f"{part} refitted {layout.verb(tried, 'trend', 'trends')} {agree} with print to every digit"
    return told + (f"; {number_word(whole - tried)} could not be refitted" if whole > tried else "")


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
    """Decimals that print gives a figure; a whole or missing one has those of its row, 2.0 beside 2.4 and
    3.1.
    """
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
        f" at the printed level, {join_words([f'{level:.0%}' for level in sorted(levels)])}" if levels else ""
    )


# What is refused
