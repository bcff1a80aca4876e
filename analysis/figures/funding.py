"""Printed against sourced: figures of the article beside what others measured, over time where it has a time.

Decisions
- Printed is orange-brown and a ring, a bar or a line, sourced is blue: colour is never the only difference.
- A figure that counts only after the article's day, or with another scope, or under another protocol, is
  hollow.
- Lines end where the record ends; what is taken to have stood on since is dotted.
- The frames are evidence as it was known by some day. Where they hold too little, the chart says so and is
  empty.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from analysis.figures import layout, theme
from analysis.labels import number_word
from analysis.units import format_date, format_value


def funding_history(
    rounds: pd.DataFrame,
    printed: pd.DataFrame,
    *,
    day: theme.Day,
    ax: Axes,
    focus: str = "OpenAI",
    as_of: theme.Day | None = None,
) -> Axes:
    """What each company had raised or been promised, over time, with the printed totals on the article's day.

    Parameters
    ----------
    rounds : DataFrame
        `models.players.raised_over_time`; companies without a printed total are left out.
    printed : DataFrame
        ``company``, ``printed``, ``value``, ``low``, ``high``, billion dollars; rows without a value are left
        out.
    day : date or ISO date
        The article's day.
    focus : str
        The company that the finding names first.
    as_of : date or ISO date, optional
        The day up to which the rounds were known; lines are carried on to it.
    """
    day, totals = pd.Timestamp(day), printed.dropna(subset="value")
    raised = rounds[rounds["company"].isin(totals["company"])]
    if raised.empty:
        return theme.empty_chart(ax, "a round of the printed companies")
    ax.set_yscale("log")
    end, seen = _carried_to(raised, day, as_of), layout.finding_day(day, as_of)
    styles = dict(zip(totals["company"], ("solid", (0, (6, 2)), (0, (3, 1, 1, 1))), strict=False))
    labels = []
    for company, part in raised.groupby("company", sort=False):
        dates = [*part["valid_on"], end]
        heights = [*part["raised_usd_bn"], part["raised_usd_bn"].iloc[-1]]
        ax.step(
            dates,
            heights,
            where="post",
            color=theme.RECOMPUTED,
            linewidth=2.0,
            linestyle=styles.get(company, "dotted"),
            zorder=3,
        )
        labels.append(theme.Label(heights[-1], f"{company} {_usd(heights[-1])}", theme.RECOMPUTED))
    for company, text, value, low, high in totals[["company", "printed", "value", "low", "high"]].itertuples(
        index=False
    ):
        if math.isinf(high):
            ax.annotate(
                "",
                (day, value * 1.9),
                (day, value),
                annotation_clip=False,
                arrowprops={"arrowstyle": "->", "color": theme.PRINTED, "linewidth": 1.8},
            )
        else:
            ax.vlines(
                layout.date_number(day),
                low,
                high,
                color=theme.PRINTED,
                linewidth=2.0,
                zorder=4,
                clip_on=False,
            )
        labels.append(theme.Label(value, f"{company} {text}", theme.PRINTED))
    ax.scatter([layout.date_number(day)] * len(totals), totals["value"], **(theme.RING | {"s": 40}))
    theme.mark_date(ax, day, f"the article, {format_date(day)}")
    layout.money_ticks(ax.yaxis, [*raised["raised_usd_bn"], *totals["value"]], "B")
    theme.dates(ax, raised["valid_on"].min(), max(day, end) + pd.Timedelta(days=30))
    theme.edge_labels(ax, labels)
    by_day = raised[raised["valid_on"] <= seen].groupby("company")["raised_usd_bn"].last()
    over = {
        name: by_day[name] / value
        for name, value in layout.value_pairs(totals, "value", "company")
        if name in by_day
    }
    alt = (
        f"Rising steps on a logarithmic axis for the money that {raised['company'].nunique()} companies had"
        " raised or been promised; rings with bars are the printed totals and the bounds of their"
        " qualifiers, an arrow is an open one."
    )
    subtitle = "Raised or promised in total, billion dollars, log scale; rings: the article"
    return theme.set_texts(ax, _funding_finding(over, focus, seen), subtitle, alt)


def _funding_finding(over: Mapping[Hashable, float], focus: str, day: pd.Timestamp) -> str:
    if not over:
        return f"No round of the article's companies is in our data by {format_date(day)}"
    if focus not in over:
        low, high = min(over.values()), max(over.values())
        return (
            f"By {format_date(day)} funding had reached {low:.1f} to {high:.1f} times what the article says"
        )
    return (
        f"By {format_date(day)} {focus}'s funding had reached {over[focus]:.1f} times what the article says"
    )


def paid_and_promised(
    tranches: pd.DataFrame, *, printed: float, day: theme.Day, ax: Axes, as_of: theme.Day | None = None
) -> Axes:
    """SoftBank's money in OpenAI over time, paid and promised in all, with the printed sum and the article's
    day.

    Parameters
    ----------
    tranches : DataFrame
        `models.players.paid_and_promised`: ``valid_on``, ``paid_usd_bn``, ``promised_usd_bn``.
    printed : float
        The printed investment, billion dollars.
    day : date or ISO date
        The article's day.
    as_of : date or ISO date, optional
        The day up to which the payments were known; lines are carried on to it.
    """
    day = pd.Timestamp(day)
    if tranches.empty:
        return theme.empty_chart(ax, "a payment or promise of SoftBank")
    end = _carried_to(tranches, day, as_of)
    labels = []
    for name, style in (("promised", (0, (5, 2))), ("paid", "solid")):
        part = tranches.dropna(subset=f"{name}_usd_bn")
        if part.empty:
            continue
        heights = [*part[f"{name}_usd_bn"], part[f"{name}_usd_bn"].iloc[-1]]
        ax.step(
            [*part["valid_on"], end],
            heights,
            where="post",
            color=theme.RECOMPUTED,
            linewidth=2.2,
            linestyle=style,
            zorder=3,
        )
        if name == "paid":
            ax.fill_between(
                [*part["valid_on"], end],
                heights,
                step="post",
                color=theme.RECOMPUTED,
                alpha=0.15,
                linewidth=0,
            )
        labels.append(
            theme.Label(heights[-1], f"{name} {format_value(heights[-1], 'usd_bn', 1)}", theme.RECOMPUTED)
        )
    ax.axhline(printed, color=theme.PRINTED, linewidth=1.8)
    theme.text(
        ax,
        f"printed: about {format_value(printed, 'usd_bn', 0)}",
        (0.005, printed),
        (0, 3),
        theme.PRINTED,
        va="bottom",
        xycoords=("axes fraction", "data"),
    )
    theme.mark_date(ax, day, f"the article, {format_date(day)}")
    theme.dates(ax, tranches["valid_on"].min(), max(day, end) + pd.Timedelta(days=10))
    ax.set(
        xlabel="",
        ylabel="",
        ylim=(0, max(printed, tranches["promised_usd_bn"].max(), tranches["paid_usd_bn"].max()) * 1.12),
    )
    ax.yaxis.set_major_formatter(lambda y, _: f"${y:g}B")
    theme.edge_labels(ax, labels)
    alt = (
        "Two stepped lines for the money that SoftBank had paid into OpenAI and what it had paid or promised"
        " in all; a level line is the printed investment and a vertical one the article's day."
    )
    subtitle = "SoftBank's money in OpenAI, billion dollars; solid: paid, dashed: paid or promised in all"
    return theme.set_texts(ax, _paid_finding(tranches, layout.finding_day(day, as_of)), subtitle, alt)


def _paid_finding(tranches: pd.DataFrame, day: pd.Timestamp) -> str:
    then = tranches[tranches["valid_on"] <= day].ffill().tail(1)
    if then.empty:
        return f"Nothing was paid or promised by {format_date(day)} as far as known"
    paid, promised = (float(then[f"{name}_usd_bn"].iloc[0]) for name in ("paid", "promised"))
    if math.isnan(paid) or math.isnan(promised):
        told = "paid" if math.isnan(promised) else "promised"
        return (
            f"By {format_date(day)} SoftBank had {told} {np.fmax(paid, promised):.1f} billion dollars, as far"
            " as known"
        )
    return f"By {format_date(day)} SoftBank had paid {paid:.1f} of {promised:.1f} billion dollars promised"


def costs_and_revenue(finance: pd.DataFrame, ax: Axes) -> Axes:
    """OpenAI's revenue and total costs by whole year, in pairs of bars.

    `finance` has ``measure``, ``period``, ``value`` and ``known_on``; only whole years (``CY2024``) with both
    measures are shown, and no line is drawn through so few.
    """
    names = {"period_revenue": "revenue", "total_costs": "costs"}
    yearly = finance[finance["measure"].isin(names) & finance["period"].str.startswith("CY")]
    wide = (
        yearly.pivot_table(index="period", columns="measure", values="value")
        .reindex(columns=list(names))
        .dropna()
    )
    if len(wide) < 2:
        return theme.empty_chart(ax, "accounts of two whole years")
    long = (
        wide.rename(columns=names)
        .melt(ignore_index=False, var_name="measure", value_name="usd_bn")
        .reset_index()
    )
    colors = {"revenue": theme.RECOMPUTED, "costs": theme.UNCHECKABLE}
    sns.barplot(
        long.assign(year=long["period"].str[2:]),
        x="year",
        y="usd_bn",
        hue="measure",
        palette=colors,
        saturation=1,
        width=0.84,
        legend=False,
        errorbar=None,
        ax=ax,
    )
    for bars, measure in zip(ax.containers, colors, strict=True):
        ax.bar_label(bars, [f"{measure} {bar.get_height():.1f}" for bar in bars], padding=2, color=theme.INK)  # type: ignore[arg-type]  # bars, not error bars
    ax.set(xlabel="", ylabel="")
    ax.margins(y=0.12)
    ax.yaxis.set_major_formatter(lambda y, _: f"${y:g}B")
    first, last = wide.iloc[0], wide.iloc[-1]
    grown, lacking = last / first, wide["total_costs"] - wide["period_revenue"]
    span = f"From {wide.index[0][2:]} to {wide.index[-1][2:]}"
    finding = (
        f"{span} revenue grew {grown['period_revenue']:.2f} times and costs {grown['total_costs']:.2f} times;"
        f" costs less revenue came to {lacking.iloc[0]:.1f}, then {lacking.iloc[-1]:.1f} billion dollars"
    )
    out = yearly["known_on"].max()
    alt = (
        f"Bars of revenue and total costs for {number_word(len(wide))} years, from {first.iloc[0]:.1f}"
        f" and {first.iloc[1]:.1f} to {last.iloc[0]:.1f} and {last.iloc[1]:.1f} billion dollars."
    )
    subtitle = (
        f"OpenAI, billion dollars a year, audited accounts as leaked in {out:%B %Y};"
        f" {number_word(len(wide))} years are no trend"
    )
    return theme.set_texts(ax, finding, subtitle, alt)


def _carried_to(rows: pd.DataFrame, day: pd.Timestamp, as_of: theme.Day | None) -> pd.Timestamp:
    """How far the last step is carried on: to the day of looking, else to the article's day or the last
    row.
    """
    return max(rows["valid_on"].max(), day if as_of is None else pd.Timestamp(as_of))


def _usd(value: float) -> str:
    """Billions, with a decimal only below ten: $7.6B, $180B."""
    return format_value(value, "usd_bn", 0 if value >= 10 or value == 0 else 1)
