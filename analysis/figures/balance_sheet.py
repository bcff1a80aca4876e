"""What can the balance sheet bear? Net asset value and loan-to-value, losses in value, and how far the
other holdings move with them.

Decisions
- Each ceiling of loan-to-value is a line with its own label.
- Hollow is what does not decide: it describes a day after the article, or a source only repeats another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.columns import heading
from analysis.exhibits import Estimate, chance_in_words
from analysis.figures import layout, simulation, theme
from analysis.labels import join_words, number_word
from analysis.statistics.trend import Trend, decimal_year
from analysis.units import format_date

PANELS = ("nav_jpy_tn", "ltv_pct")


def ltv(
    table: pd.DataFrame,
    chance: Estimate,
    *,
    ceilings: Mapping[str, float],
    within_years: float,
    top: float = 100.0,
    ax: Axes | None = None,
) -> Axes:
    """Simulated loan-to-value over time, with its ceilings.

    Parameters
    ----------
    table : DataFrame
        `simulation.quantiles` of loan-to-value, percent.
    chance : Estimate
        Of passing the highest ceiling within some years, share (`balance_sheet.exceedance_probability`).
    ceilings : mapping of label to percent
        Levels of loan-to-value, as lines.
    within_years : float
        Those years, from publication.
    top : float
        Where the axis is cut, percent.
    """
    return simulation.fan(
        table,
        finding="SoftBank's debt passes its emergency limit in {chance:chance} of futures",
        subtitle=(
            "Debt as a share of assets if nothing is sold, per cent (cut at {cut:g}), within {years:g} years"
            " of publication"
        ),
        lines=_ceiling_labels(ceilings),
        percent=True,
        top=top,
        cut=top,
        ax=ax,
        years=within_years,
        chance=chance.value,
    )


def _ceiling_labels(ceilings: Mapping[str, float]) -> dict[str, float]:
    """Each ceiling by its level and label, as a line has it."""
    return {f"{level:g}% {label}": level for label, level in ceilings.items()}


def nav_and_ltv(
    nav: pd.DataFrame,
    *,
    company: str,
    ceilings: Mapping[str, float],
    day: theme.Day,
    trends: Mapping[str, Trend] | None = None,
    axes: Sequence[Axes] | None = None,
) -> Axes:
    """Net asset value above loan-to-value, on the days in our data, with the company's own ceilings.

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
        Publication day.
    trends : mapping of column to Trend, optional
        The trend of each of the two over the days in our data, for the note: net asset value by a yearly
        factor, loan-to-value by points a year.
    axes : sequence of Axes
        Two `theme.panels`; new ones if there are none.

    Raises
    ------
    ValueError
        A column is missing, there are not two panels, or no ceiling.
    """
    layout.require_columns("nav", nav, ("valid_on", *PANELS, "quality"))
    axes = axes or theme.panels(len(PANELS), height_in=5.4)
    if len(axes) != len(PANELS) or not ceilings:
        raise ValueError(
            f"there are {len(axes)} panels and {len(ceilings)} ceilings; hand in theme.panels(2) and one"
            " ceiling or more"
        )
    if nav.empty:
        return theme.empty_chart(axes[0], f"a net asset value of {company}")
    table = nav.sort_values("valid_on", kind="stable")
    table, at = table.assign(t=decimal_year(table["valid_on"])), float(decimal_year([day])[0])
    for ax, column in zip(axes, PANELS, strict=True):
        ax.set_title(heading(column), fontsize=layout.NAMED_SIZE, color=theme.INK)
        _draw_points(ax, table, column, ceilings if column == "ltv_pct" else {}, at)
        theme.mark_date(ax, at, f"the article, {format_date(pd.Timestamp(day))}" if ax is axes[0] else "")
        _draw_ceilings(ax, ceilings if column == "ltv_pct" else {})
        _label_last_value(ax, table, column)
    alt = (
        f"Two panels with points at irregular days from {layout.year_month(table['t'].min())} to"
        f" {layout.year_month(table['t'].max())}: net asset value above, loan-to-value below with"
        f" {layout.verb(len(ceilings), 'a line', 'lines')} at"
        f" {join_words([f'{level:g}%' for level in ceilings.values()])}."
    )
    reasons = ["after publication day"] if (table["t"] > at).any() else []
    reasons += ["a source that repeats others"] if (table["quality"] == "secondary").any() else []
    subtitle = f"{company} at the ends of quarters that are in our data"
    subtitle += f"; hollow: {' or '.join(reasons)}" if reasons else ""
    finding = _ltv_finding(table, company, min(ceilings.values()))
    return theme.set_texts(axes[0], finding, subtitle, alt, note=_trend_note(trends) if trends else None)


def _trend_note(trends: Mapping[str, Trend]) -> str:
    """By how much a year changed net asset value and loan-to-value, with intervals."""
    value, ratio = (trends[column] for column in PANELS)
    low, high = value.growth_factor_interval
    points_low, points_high = ratio.conf_int().loc["slope"]
    text = (
        f"Over the dates in our data net asset value grew {value.growth_factor_per_year:.2f}-fold a year"
        f" ({low:.2f} to {high:.2f}, {value.nobs} dates), and loan-to-value changed by"
        f" {ratio.params['slope']:+.1f} points a year"
        f" ({points_low:.1f} to {points_high:.1f}, {ratio.nobs} dates)."
    )
    return text.replace("(-", "(−").replace(" -", " −")


def _draw_points(
    ax: Axes, table: pd.DataFrame, column: str, ceilings: Mapping[str, float], at: float
) -> None:
    """A column's values over time, with room for the ceilings' names; hollow where they do not decide."""
    known = table.dropna(subset=column)
    heights = [0, *known[column], *(1.15 * level for level in ceilings.values())]
    layout.scales(ax, [*table["t"], at], heights, "pct" if ceilings else "count", log=False)
    ax.plot(known["t"], known[column], color=theme.RECOMPUTED, linewidth=1.0, alpha=0.5, zorder=2)
    decides = (known["quality"] != "secondary") & (known["t"] <= at)
    for part, mark in ((known[decides], theme.DOT), (known[~decides], theme.HOLLOW)):
        ax.scatter(part["t"], part[column], zorder=4, **(mark | {"s": 28, "linewidths": 1.3}))


def _draw_ceilings(ax: Axes, ceilings: Mapping[str, float]) -> None:
    for label, level in ceilings.items():
        ax.axhline(level, color=theme.INK, linewidth=1.2, linestyle=theme.DOTTED, zorder=1)
        layout.level_label(ax, f"{label}, {level:g}%", level, theme.INK, layout.NAMED_SIZE)


def _label_last_value(ax: Axes, table: pd.DataFrame, column: str) -> None:
    """The last value of a column, at the right edge."""
    unit = "%" if column == "ltv_pct" else ""
    last = table[column].dropna().tail(1)
    theme.edge_labels(ax, [theme.Label(value, f"{value:.1f}{unit}", theme.RECOMPUTED) for value in last])


def _ltv_finding(table: pd.DataFrame, company: str, ceiling: float) -> str:
    ratios = table.dropna(subset="ltv_pct")
    if ratios.empty:
        return f"{company}'s debt as a share of assets is not in our data"
    above = int((ratios["ltv_pct"] > ceiling).sum())
    if above:
        days = f"{number_word(above)} of {number_word(len(ratios))}"
        return f"{company}'s debt was above {ceiling:g}% of assets on {days} days"
    return f"{company}'s reported debt has stayed below {ceiling:g}% of its assets"


def stress(table: pd.DataFrame, ceilings: Mapping[str, float], *, ax: Axes | None = None) -> Axes:
    """Loan-to-value after a loss on the stake, with and without other holdings falling; ceilings in percent.

    `table` has ``loss_pct``, ``alone_pct`` and ``along_pct``.
    """
    ax = ax or theme.axes(grid="both")
    for column, label, color, style in (
        ("alone_pct", "only the stake falls", theme.SECOND, (0, (5, 2))),
        ("along_pct", "other holdings fall too", theme.RECOMPUTED, "solid"),
    ):
        ax.plot(table["loss_pct"], table[column], color=color, linestyle=style, linewidth=2.2, label=label)
    for label, level in _ceiling_labels(ceilings).items():
        theme.threshold(ax, label, level, [table["alone_pct"].tolist(), table["along_pct"].tolist()])
    theme.legend(ax)
    ax.set(xlabel="loss of value of the OpenAI stake, per cent", ylabel="")
    ax.yaxis.set_major_formatter(lambda y, _: f"{y:.0f}%")
    lowest = min(ceilings.values())
    crossing = float(np.interp(lowest, table["along_pct"], table["loss_pct"]))  # between the losses computed
    finding = (
        "Debt is above the promised limit before any loss"
        if table["along_pct"].iloc[0] > lowest
        else f"If other holdings fall too, losing {crossing:.0f}% breaks the promised limit"
        if table["along_pct"].max() > lowest
        else "Even if other holdings fall too, debt stays below the promised limit"
    )
    last = table.iloc[-1]
    alt = (
        f"Two rising lines of debt as a share of assets. At the largest loss it is {last['alone_pct']:.0f}%"
        f" if the stake falls alone and {last['along_pct']:.0f}% if the others fall too."
    )
    subtitle = "Debt as a share of assets after a fall in value, per cent; instalments paid, no other change"
    return theme.set_texts(ax, finding, subtitle, alt)


def loading_curve(
    table: pd.DataFrame, *, current: float, within_years: float, ax: Axes | None = None
) -> Axes:
    """Chance of passing each ceiling (`drivers.loading_curve`) by how far the rest moves with the AI factor.

    `current` is the loading assumed for Arm, `within_years` the years from publication in
    which a ceiling is passed.
    """
    by = f"within {within_years:g} years of publication"
    ax = ax or theme.axes(grid="both")
    styles = ((theme.RECOMPUTED, "solid"), (theme.SECOND, (0, (5, 2))))
    for (ceiling, part), (color, style) in zip(table.groupby("ceiling_pct"), styles, strict=False):
        x, y = part["loading"], part["probability"] * 100
        ax.plot(x, y, color=color, linestyle=style, linewidth=2.2)
        layout.line_label(ax, x, y, f"{ceiling:g}%", color)
    ax.axvline(current, color=theme.INK, linewidth=1.2, linestyle=(0, (2, 2)))
    theme.annotate(
        ax, "assumed for Arm", (current, 0.03), (5, 0), xycoords=("data", "axes fraction"), va="bottom"
    )
    ax.set(xlabel="how far the other holdings move with AI companies (1: as far)", ylabel="", ylim=(0, 105))
    ax.yaxis.set_major_formatter(lambda y, _: f"{y:.0f}%")
    highest = table[table["ceiling_pct"] == table["ceiling_pct"].max()].sort_values("loading")
    finding = (
        "The closer other holdings follow AI, the more often debt breaks limits"
        if highest["probability"].iloc[-1] > highest["probability"].iloc[0]
        else "However closely other holdings follow AI, debt breaks limits no more often"
    )
    ends = " ".join(
        f"At the limit of {ceiling:g}% it ends at {chance_in_words(part['probability'].iloc[-1])}."
        for ceiling, part in table.groupby("ceiling_pct")
    )
    alt = f"Lines for the chance of passing each limit as the other holdings follow AI more closely. {ends}"
    subtitle = f"Simulated futures that pass each limit {by}, per cent, if nothing is sold and all move alike"
    return theme.set_texts(ax, finding, subtitle, alt)
