"""What do companies and forecasters state? Run-rate revenue, net asset value and loan-to-value, growth of
markets.

Decisions
- Statements are points; between irregular days no line is fitted and none is drawn but a thin one to follow.
- A figure that is a bound is a point with an arrow to the side that it leaves open.
- Hollow is what does not decide: it describes a day after the article, another row counts, a source only
  repeats another, another market is counted.
- Forecasts of a market show how far forecasters are apart and never a level that is right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.figures import layout, theme
from analysis.labels import join_words, number_word
from analysis.statistics.trend import decimal_year
from analysis.units import format_date

BOUNDS = {"at least": 1, "at most": -1}
"""Qualifiers that leave a side open: upwards and downwards."""

PANELS = {"nav_jpy_tn": "Net asset value, trillion yen", "ltv_pct": "Loan-to-value, percent"}


def run_rate(statements: pd.DataFrame, *, company: str, day: theme.Day, ax: Axes) -> Axes:
    """Annualised revenue as it was stated, over time.

    Parameters
    ----------
    statements : DataFrame
        Rows of the evidence table ``openai_finance`` of one measure: ``valid_on``, ``value`` (billion dollars
        a year), ``qualifier`` (``exact``, ``about``, ``at least``, ``at most``) and ``counts``, ``no`` for a
        row that another one replaces; it is not in the finding.
    company : str
        Whose revenue it is.
    day : date or ISO date
        The article's day.

    Raises
    ------
    ValueError
        A column is missing or a value is not above zero.
    """
    layout.require_columns("statements", statements, ("valid_on", "value", "qualifier", "counts"))
    told = statements.sort_values("valid_on", kind="stable", ignore_index=True)
    counted = told[told["counts"] == "yes"]
    if counted.empty:
        return theme.empty_chart(ax, f"a run rate of {company}")
    if (low := told[~(told["value"] > 0)]).size:
        first = low.iloc[0]
        raise ValueError(
            f"value on {first['valid_on'].date()} is {first['value']:g}; a logarithmic axis needs values"
            " above zero, leave it out"
        )
    t, at = decimal_year(told["valid_on"]), float(decimal_year([day])[0])
    told = told.assign(t=t, side=told["qualifier"].map(BOUNDS).fillna(0))
    tips = told["value"] * 1.45 ** told["side"]
    layout.scales(ax, [*t, at], [*told["value"] / 1.25, *told["value"] * 1.25, *tips], "usd_bn", log=True)
    ax.plot(
        told["t"][counted.index], counted["value"], color=theme.RECOMPUTED, linewidth=0.9, alpha=0.5, zorder=2
    )
    decides = (told["counts"] == "yes") & (told["t"] <= at)
    for part, mark in ((told[decides], theme.DOT), (told[~decides], theme.HOLLOW)):
        ax.scatter(part["t"], part["value"], zorder=4, **(mark | {"s": 34}))
    for (x, value), tip in zip(
        told.loc[told["side"] != 0, ["t", "value"]].to_numpy(float), tips[told["side"] != 0], strict=True
    ):
        ax.annotate(
            "",
            (x, tip),
            (x, value),
            zorder=3,
            arrowprops={"arrowstyle": "->", "color": theme.RECOMPUTED, "linewidth": 1.6},
        )
    theme.mark_date(ax, at, f"the article, {format_date(pd.Timestamp(day))}")
    names = [
        layout.Name(f"${value:g}B", x, value, theme.RECOMPUTED if counts == "yes" else theme.MUTED)
        for x, value, counts in told[["t", "value", "counts"]].itertuples(index=False)
    ]
    arrows = [told["value"], (told["value"] * tips) ** 0.5, tips]  # points along them
    taken = [at for heights in arrows for at in zip(told["t"], heights, strict=True)]
    grid = np.linspace(told["t"].min(), told["t"].max(), 200)
    path = np.exp(np.interp(grid, told["t"][counted.index], np.log(counted["value"])))
    layout.name_points(ax, names, taken, np.column_stack([grid, path]))
    ends = [_stated(counted.iloc[place]) for place in (0, -1)]
    finding = (
        f"{company}'s run rate rose from {ends[0]} to {ends[1]}"
        if len(counted) > 1
        else f"{company}'s run rate was {ends[0]}"
    )
    if counted["value"].iloc[-1] < counted["value"].iloc[0]:
        finding = finding.replace(" rose ", " fell ")
    bounds = int((told["side"] != 0).sum())
    alt = (
        f"{len(told)} points on a logarithmic axis for annualised revenue as stated, from {ends[0]} to"
        f" {ends[1]}; {number_word(bounds)} with an arrow"
        f" {layout.verb(bounds, 'is a bound', 'are bounds')}."
    )
    subtitle = "Annualised revenue as stated, billion dollars, log scale; arrows: at least or at most"
    why = ["after the article's day"] if (told["t"] > at).any() else []
    why += ["another figure of the same days counts"] if (told["counts"] != "yes").any() else []
    subtitle += f"; hollow: {' or '.join(why)}" if why else ""
    return theme.set_texts(ax, finding, subtitle, alt)


def nav_and_ltv(
    nav: pd.DataFrame, *, company: str, ceilings: Mapping[str, float], day: theme.Day, axes: Sequence[Axes]
) -> Axes:
    """Net asset value above loan-to-value, at the days that our data hold, with the company's own ceilings.

    Parameters
    ----------
    nav : DataFrame
        The evidence table ``softbank_nav``: ``valid_on``, ``nav_jpy_tn`` (trillion yen), ``ltv_pct``
        (percent, may be missing), ``quality``; what only repeats another source (``secondary``) is hollow.
    company : str
        Whose they are.
    ceilings : mapping of label to percent
        Levels of loan-to-value, as lines.
    day : date or ISO date
        The article's day.
    axes : sequence of Axes
        Two `theme.panels`.

    Raises
    ------
    ValueError
        A column is missing, there are not two panels, or no ceiling.
    """
    layout.require_columns("nav", nav, ("valid_on", *PANELS, "quality"))
    if len(axes) != len(PANELS) or not ceilings:
        raise ValueError(
            f"there are {len(axes)} panels and {len(ceilings)} ceilings; hand in theme.panels(2) and one"
            " ceiling or more"
        )
    if nav.empty:
        return theme.empty_chart(axes[0], f"a net asset value of {company}")
    table = nav.sort_values("valid_on", kind="stable")
    table, at = table.assign(t=decimal_year(table["valid_on"])), float(decimal_year([day])[0])
    for ax, (column, title) in zip(axes, PANELS.items(), strict=True):
        known = table.dropna(subset=column)
        levels = list(ceilings.values()) if column == "ltv_pct" else []
        heights = [
            0,
            *known[column],
            *(1.15 * level for level in levels),
        ]  # with room for the words above a line
        layout.scales(ax, [*table["t"], at], heights, "pct" if levels else "count", log=False)
        ax.set_title(title, fontsize=layout.NAMED_SIZE, color=theme.INK)
        ax.plot(known["t"], known[column], color=theme.RECOMPUTED, linewidth=1.0, alpha=0.5, zorder=2)
        decides = (known["quality"] != "secondary") & (known["t"] <= at)
        for part, mark in ((known[decides], theme.DOT), (known[~decides], theme.HOLLOW)):
            ax.scatter(part["t"], part[column], zorder=4, **(mark | {"s": 28, "linewidths": 1.3}))
        theme.mark_date(ax, at, f"the article, {format_date(pd.Timestamp(day))}" if ax is axes[0] else "")
        labels = [
            theme.Label(value, f"{value:.1f}{'%' if levels else ''}", theme.RECOMPUTED)
            for value in known[column].tail(1)
        ]
        for label, level in ceilings.items() if levels else ():
            ax.axhline(level, color=theme.INK, linewidth=1.2, linestyle=theme.DOTTED, zorder=1)
            theme.text(
                ax,
                f"{label}, {level:g}%",
                (0.005, level),
                (0, 3),
                theme.INK,
                va="bottom",
                size=layout.NAMED_SIZE,
                xycoords=("axes fraction", "data"),
            )
        theme.edge_labels(ax, labels)
    alt = (
        f"Two panels with points at irregular days from {layout.year_month(table['t'].min())} to"
        f" {layout.year_month(table['t'].max())}: net asset value above, loan-to-value below with"
        f" {layout.verb(len(ceilings), 'a line', 'lines')} at"
        f" {join_words([f'{level:g}%' for level in ceilings.values()])}."
    )
    subtitle = f"{company} at the ends of quarters that are in our data"
    why = ["after the article's day"] if (table["t"] > at).any() else []
    why += ["a source that repeats others"] if (table["quality"] == "secondary").any() else []
    subtitle += f"; hollow: {' or '.join(why)}" if why else ""
    return theme.set_texts(axes[0], _ltv_finding(table, company, min(ceilings.values())), subtitle, alt)


# Findings


def _stated(row: pd.Series) -> str:
    hedge = f"{row['qualifier']} " if row["qualifier"] != "exact" else ""
    return f"{hedge}${row['value']:g}B in {row['valid_on']:%B %Y}"


def _ltv_finding(table: pd.DataFrame, company: str, ceiling: float) -> str:
    last, lent = table.iloc[-1], table.dropna(subset="ltv_pct")
    told = (
        f"{company}'s net asset value was {last['nav_jpy_tn']:.1f} trillion yen on"
        f" {format_date(last['valid_on'])}"
    )
    if lent.empty:
        return f"{told}; no loan-to-value is in our data"
    highest = lent.sort_values("ltv_pct").iloc[-1]
    over = int((lent["ltv_pct"] > ceiling).sum())
    if over:
        return (
            f"{told}; loan-to-value was above {ceiling:g}% on {number_word(over)} of"
            f" {number_word(len(lent))} days in our data"
        )
    peak = f"{highest['ltv_pct']:.1f}% ({format_date(highest['valid_on'])})"
    return f"{told}; loan-to-value was at most {peak}, below its ceiling of {ceiling:g}%"
