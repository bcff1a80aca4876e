"""Who pays for it? Money raised and promised, who holds which part, run-rate revenue, and costs next to
revenue.

Decisions
- A printed figure is orange-brown, with a bar over what its qualifier leaves open; an arrow is an end that is
  open.
- Lines end where the record ends; they are drawn on only to the cut-off date.
- Between the irregular days of statements no line is fitted and none is drawn but a thin one to follow.
- Hollow is what does not decide: it describes a day after the article, another row counts, or a source only
  repeats another.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping

import networkx as nx
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from analysis.figures import layout, theme
from analysis.labels import number_word
from analysis.statistics.trend import decimal_year
from analysis.units import format_date, format_value

BOUNDS = {"at least": 1, "at most": -1}
"""Qualifiers that leave a side open: upwards and downwards."""


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


def _usd(value: float) -> str:
    """Billions, with a decimal only below ten: $7.6B, $180B."""
    return format_value(value, "usd_bn", 0 if value >= 10 or value == 0 else 1)


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


def shares(before: pd.DataFrame, after: pd.DataFrame, *, amount: str, company: str, ax: Axes) -> Axes:
    """Shares of external funding before and after an investment, a row per company with the bounds.

    `before` and `after` are `models.players.funding_shares`.
    """
    order = list(before["company"])[::-1]
    for table, color, shift, label in (
        (before, theme.PRINTED, 0.14, "as printed"),
        (after, theme.RECOMPUTED, -0.14, f"after {amount}"),
    ):
        part = table.set_index("company").loc[order]
        rows = [row + shift for row in range(len(order))]
        ax.hlines(
            rows, part["share_low"] * 100, part["share_high"] * 100, color=color, linewidth=3, alpha=0.4
        )
        ax.scatter(
            part["share"] * 100,
            rows,
            color=color,
            s=58,
            zorder=4,
            label=label,
            marker="o" if shift > 0 else "s",
        )
        for row, value in zip(rows, part["share"] * 100, strict=True):
            ax.annotate(
                f"{value:.0f}",
                (value, row),
                xytext=(0, 7),
                textcoords="offset points",
                ha="center",
                color=color,
                fontsize=10,
            )
    ax.set_yticks(range(len(order)), order)
    ax.set(xlabel="", ylabel="", xlim=(0, 104), ylim=(-0.6, len(order) - 0.3))
    theme.legend(ax)
    share = [float(table.loc[table["company"] == company, "share"].iloc[0]) for table in (before, after)]
    before_text, after_text = (f"{value:.0%}" for value in share)
    change = (
        f"stays at {after_text}" if before_text == after_text else f"rises from {before_text} to {after_text}"
    )
    finding = f"{company}'s share of external funding {change}"
    alt = (
        f"Two marks for each of {len(order)} companies, its share before and after the investment, with the"
        " bounds of both."
    )
    return theme.set_texts(
        ax,
        finding,
        "Share of the external funding in the table, percent; bars are the bounds that > and ~ leave",
        alt,
    )


def funding_links(graph: nx.DiGraph[str], *, focus: str, ax: Axes) -> Axes:
    """Who is named as an investor in whom: investors left, companies right; a dashed line is a parent's own
    money.
    """
    sides = {
        kind: [node for node, data in graph.nodes(data=True) if data["kind"] == kind]
        for kind in ("investor", "company")
    }
    height = max(map(len, sides.values())) - 1
    place = {
        node: (0 if kind == "investor" else 1, height - i * height / max(len(nodes) - 1, 1))
        for kind, nodes in sides.items()
        for i, node in enumerate(nodes)
    }
    for investor, company, data in graph.edges(data=True):
        (x0, y0), (x1, y1) = place[investor], place[company]
        color = theme.RECOMPUTED if focus in (investor, company) else theme.MUTED
        line = (0, (4, 3)) if data["internal"] else "solid"
        ax.annotate(
            "",
            (x1 - 0.02, y1),
            (x0 + 0.02, y0),
            arrowprops={"arrowstyle": "-|>", "color": color, "linewidth": 1.7, "linestyle": line},
        )
    for node, (x, y) in place.items():
        ax.annotate(
            node,
            (x, y),
            xytext=(-6 if x == 0 else 6, 0),
            textcoords="offset points",
            ha="right" if x == 0 else "left",
            va="center",
            color=theme.INK,
            fontweight="semibold" if node == focus else "normal",
        )
    ax.set(xlim=(-0.55, 1.55), ylim=(-0.5, height + 0.5), xticks=[], yticks=[])
    ax.spines["bottom"].set_visible(False)
    inside = sum(data["internal"] for *_, data in graph.edges(data=True))
    backers = [company for company in sides["company"] if graph.in_degree(company) > 1]
    finding = (
        f"{' and '.join(backers)} have several outside investors; {inside} of {len(sides['company'])} live on"
        " a parent's money"
    )
    alt = (
        f"Lines from {len(sides['investor'])} investors to {len(sides['company'])} companies; dashed lines"
        " are internal money."
    )
    return theme.set_texts(
        ax,
        finding,
        "Investors as the table names them (left) and the companies that they fund (right); dashed: internal",
        alt,
    )


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


def _stated(row: pd.Series) -> str:
    hedge = f"{row['qualifier']} " if row["qualifier"] != "exact" else ""
    return f"{hedge}${row['value']:g}B in {row['valid_on']:%B %Y}"


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
