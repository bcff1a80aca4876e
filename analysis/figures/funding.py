"""Who pays for it? Money raised and promised, who holds what, run-rate revenue, and costs next to revenue.

Decisions
- A figure of the article is orange-brown, with a bar over the bounds of its qualifier; an arrow is an open
  end.
- Lines end where the data end; they are drawn on only to the cut-off date.
- Between the irregular days of statements no line is fitted and none is drawn but a thin one to follow.
- Hollow is what does not decide: it describes a day after the article, another row counts, or a source only
  repeats another.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis import thesis
from analysis.figures import layout, theme
from analysis.labels import join_words, number_word
from analysis.models.funding import RunRate
from analysis.statistics.trend import decimal_year
from analysis.units import format_date, format_figure, format_value

BOUNDS = {"at least": 1, "at most": -1}
"""Qualifiers that leave a side open: upwards and downwards."""


def funding_history(
    rounds: pd.DataFrame,
    printed: pd.DataFrame,
    *,
    conditional_usd_bn: pd.Series,
    day: theme.Day,
    ax: Axes | None = None,
    focus: str | None = None,
    as_of: theme.Day | None = None,
) -> Axes:
    """What each company had raised or been promised, over time, with the article's totals on its day.

    Parameters
    ----------
    rounds : DataFrame
        `funding.raised_over_time`; companies without a total in the article are left out.
    conditional_usd_bn : Series
        `funding.conditional_usd_bn`, which the note names as left out.
    printed : DataFrame
        ``company``, ``printed``, ``value``, ``low``, ``high``, billion dollars; rows without a value are left
        out.
    day : date or ISO date
        Publication day.
    focus : str, optional
        The company that the finding names first; that of the thesis by default.
    as_of : date or ISO date, optional
        The day up to which the rounds were known; lines are carried on to it.
    """
    focus = focus or thesis.load().company
    ax = ax or theme.axes(grid="y")
    day, totals = pd.Timestamp(day), printed.dropna(subset="value")
    raised = rounds[rounds["company"].isin(totals["company"])]
    if raised.empty:
        return theme.empty_chart(ax, "a round of the printed companies")
    ax.set_yscale("log")
    end = _carried_to(raised, day, as_of)
    labels = _draw_raised(ax, raised, list(totals["company"]), end) + _draw_totals(ax, totals, day)
    theme.mark_date(ax, day, f"the article, {format_date(day)}")
    layout.money_ticks(ax.yaxis, [*raised["raised_usd_bn"], *totals["value"]], "bn")
    theme.dates(ax, raised["valid_on"].min(), max(day, end) + pd.Timedelta(days=30))
    theme.edge_labels(ax, labels)
    alt = (
        f"Rising steps on a logarithmic axis for the money that {raised['company'].nunique()} companies had"
        " raised or been promised; rings with bars are the printed totals and the bounds of their"
        " qualifiers, an arrow is an open one."
    )
    until = format_date(layout.finding_day(day, as_of))
    subtitle = f"Raised or promised in total, $bn, log scale, compared on {until}; ring: the article"
    finding = _funding_finding(raised, totals, focus, layout.finding_day(day, as_of))
    return theme.set_texts(ax, finding, subtitle, alt, note=_conditional_note(conditional_usd_bn))


def _conditional_note(amounts: pd.Series) -> str | None:
    """Which money on conditions is left out; None where there is none."""
    promised = [f"{format_figure(amount, 'usd_bn')} for {company}" for company, amount in amounts.items()]
    return f"Money on conditions is left out: {join_words(promised)}." if promised else None


def _draw_raised(
    ax: Axes, raised: pd.DataFrame, companies: Sequence[str], end: pd.Timestamp
) -> list[theme.Label]:
    """Steps of what each company raised, carried on to the end, and their labels."""
    styles = dict(zip(companies, ("solid", (0, (6, 2)), (0, (3, 1, 1, 1))), strict=False))
    labels = []
    for company, part in raised.groupby("company", sort=False):
        last = _draw_steps(
            ax, part["valid_on"], part["raised_usd_bn"], end, styles.get(str(company), "dotted"), 2.0
        )
        labels.append(theme.Label(last, f"{company} {_usd(last)}", theme.RECOMPUTED))
    return labels


def _draw_steps(
    ax: Axes, days: pd.Series, amounts: pd.Series, end: pd.Timestamp, style: Any, width: float
) -> float:
    """A line that keeps each amount until the next, and the last one to the end; returns that one."""
    last = amounts.iloc[-1]
    line: dict[str, Any] = {"color": theme.RECOMPUTED, "linewidth": width, "linestyle": style, "zorder": 3}
    ax.step([*days, end], [*amounts, last], where="post", **line)
    return float(last)


def _draw_totals(ax: Axes, totals: pd.DataFrame, day: pd.Timestamp) -> list[theme.Label]:
    """The article's totals on its day with their bounds, or an arrow where one is open, and their labels."""
    labels, x = [], layout.date_number(day)
    arrow = {"arrowstyle": "->", "color": theme.PRINTED, "linewidth": 1.8}
    bar: dict[str, Any] = {"color": theme.PRINTED, "linewidth": 2.0, "zorder": 4, "clip_on": False}
    columns = totals[["company", "printed", "value", "low", "high"]]
    for company, text, value, low, high in columns.itertuples(index=False):
        if math.isinf(high):
            ax.annotate("", (day, value * 1.9), (day, value), annotation_clip=False, arrowprops=arrow)
        else:
            ax.vlines(x, low, high, **bar)
        labels.append(theme.Label(value, f"{company} {text}", theme.PRINTED))
    ax.scatter([x] * len(totals), totals["value"], **(theme.RING | {"s": 40}))
    return labels


def _funding_finding(raised: pd.DataFrame, totals: pd.DataFrame, focus: str, day: pd.Timestamp) -> str:
    """How many times the article's total the funding of a company had reached by a day."""
    by_day = raised[raised["valid_on"] <= day].groupby("company")["raised_usd_bn"].last()
    ratios = {
        name: by_day[name] / value
        for name, value in layout.value_pairs(totals, "value", "company")
        if name in by_day
    }
    if not ratios:
        return f"No round of these companies is in our data by {format_date(day)}"
    if focus in ratios:
        whose, reached = f"{focus}'s funding", f"{ratios[focus]:.1f}"
    else:
        whose, reached = "funding", f"{min(ratios.values()):.1f} to {max(ratios.values()):.1f}"
    return f"{whose[0].upper()}{whose[1:]} was {reached}× what the article says"


def _usd(value: float) -> str:
    """Billions, with a decimal only below ten: $7.6B, $180B."""
    return format_value(value, "usd_bn", 0 if value >= 10 or value == 0 else 1)


def paid_and_promised(
    tranches: pd.DataFrame,
    *,
    printed: float,
    day: theme.Day,
    ax: Axes | None = None,
    as_of: theme.Day | None = None,
) -> Axes:
    """SoftBank's money in OpenAI over time, paid and promised in total, with the article's sum and day.

    Parameters
    ----------
    tranches : DataFrame
        `funding.paid_and_promised`: ``valid_on``, ``paid_usd_bn``, ``promised_usd_bn``.
    printed : float
        The article's investment, billion dollars.
    day : date or ISO date
        Publication day.
    as_of : date or ISO date, optional
        The day up to which the payments were known; lines are carried on to it.
    """
    ax, day = ax or theme.axes(grid="y"), pd.Timestamp(day)
    if tranches.empty:
        return theme.empty_chart(ax, "a payment or promise of SoftBank")
    end = _carried_to(tranches, day, as_of)
    labels = _draw_tranches(ax, tranches, end)
    ax.axhline(printed, color=theme.PRINTED, linewidth=1.8)
    layout.level_label(ax, f"the article: about {format_value(printed, 'usd_bn', 0)}", printed, theme.PRINTED)
    theme.mark_date(ax, day, f"the article, {format_date(day)}")
    theme.dates(ax, tranches["valid_on"].min(), max(day, end) + pd.Timedelta(days=10))
    top = max(printed, tranches["promised_usd_bn"].max(), tranches["paid_usd_bn"].max())
    ax.set(xlabel="", ylabel="", ylim=(0, top * 1.12))
    ax.yaxis.set_major_formatter(lambda y, _: f"${y:g}bn")
    theme.edge_labels(ax, labels)
    alt = (
        "Two stepped lines for the money that SoftBank had paid into OpenAI and what it had paid or promised"
        " in total. A level line is the article's investment, a vertical one publication day."
    )
    subtitle = "SoftBank's money in OpenAI, $bn; solid: paid, dashed: paid or promised in total"
    return theme.set_texts(ax, _paid_finding(tranches, layout.finding_day(day, as_of)), subtitle, alt)


def _draw_tranches(ax: Axes, tranches: pd.DataFrame, end: pd.Timestamp) -> list[theme.Label]:
    """Steps of what was promised and of what was paid, carried on to the end, and their labels."""
    labels = []
    for name, style in (("promised", (0, (5, 2))), ("paid", "solid")):
        part = tranches.dropna(subset=f"{name}_usd_bn")
        if part.empty:
            continue
        days, amounts = part["valid_on"], part[f"{name}_usd_bn"]
        last = _draw_steps(ax, days, amounts, end, style, 2.2)
        if name == "paid":
            area: dict[str, Any] = {"color": theme.RECOMPUTED, "alpha": 0.15, "linewidth": 0}
            ax.fill_between([*days, end], [*amounts, last], step="post", **area)
        labels.append(theme.Label(last, f"{name} {format_value(last, 'usd_bn', 1)}", theme.RECOMPUTED))
    return labels


def _paid_finding(tranches: pd.DataFrame, day: pd.Timestamp) -> str:
    sums = tranches[tranches["valid_on"] <= day].ffill().tail(1)
    if sums.empty:
        return f"Nothing was paid or promised by {format_date(day)} as far as known"
    paid, promised = (float(sums[f"{name}_usd_bn"].iloc[0]) for name in ("paid", "promised"))
    if math.isnan(paid) or math.isnan(promised):
        verb = "paid" if math.isnan(promised) else "promised"
        amount = format_value(float(np.fmax(paid, promised)), "usd_bn", 1)
        return f"SoftBank had {verb} {amount} by {format_date(day)}, as far as known"
    return f"SoftBank had paid {paid / promised:.0%} of its promise by {format_date(day)}"


def shares(
    before: pd.DataFrame, after: pd.DataFrame, *, amount: str, company: str, ax: Axes | None = None
) -> Axes:
    """Shares of external funding before and after an investment, a row per company with the bounds.

    `before` and `after` are `funding.funding_shares`.
    """
    ax = ax or theme.axes()
    order = list(before["company"])[::-1]
    for table, color, shift, label, marker in (
        (before, theme.PRINTED, 0.14, "the article", "o"),
        (after, theme.RECOMPUTED, -0.14, f"after {amount}", "s"),
    ):
        part = table.set_index("company").loc[order, ["share_low", "share", "share_high"]] * 100
        rows = [row + shift for row in range(len(order))]
        ax.hlines(rows, part["share_low"], part["share_high"], color=color, linewidth=3, alpha=0.4)
        ax.scatter(part["share"], rows, color=color, s=58, zorder=4, label=label, marker=marker)
        for row, value in zip(rows, part["share"], strict=True):
            theme.annotate(ax, f"{value:.0f}", (value, row), (0, 7), ha="center", color=color, fontsize=10)
    ax.set_yticks(range(len(order)), order)
    ax.set(xlabel="", ylabel="", xlim=(0, 104), ylim=(-0.6, len(order) - 0.3))
    theme.legend(ax)
    first, last = (
        f"{table.loc[table['company'] == company, 'share'].iloc[0]:.0%}" for table in (before, after)
    )
    change = f"stays at {last}" if first == last else f"rises from {first} to {last}"
    finding = f"{company}'s share of outside funding {change}"
    alt = (
        f"Two marks for each of {len(order)} companies, its share before and after the investment, with the"
        " bounds of both."
    )
    subtitle = "Share of outside funding in the article, per cent; bars: how far > and ~ let it move"
    return theme.set_texts(ax, finding, subtitle, alt)


def run_rate(
    statements: pd.DataFrame,
    rate: RunRate | None = None,
    *,
    company: str,
    day: theme.Day,
    ax: Axes | None = None,
) -> Axes:
    """Annualised revenue as it was stated, over time.

    Parameters
    ----------
    statements : DataFrame
        Rows of the evidence table ``openai_finance`` of one measure: ``valid_on``, ``value`` (billion dollars
        a year), ``qualifier`` (``exact``, ``about``, ``at least``, ``at most``) and ``counts``, ``no`` for a
        row that another one replaces; it is not in the finding.
    rate : RunRate, optional
        `funding.run_rate` of them, whose growth the note says.
    company : str
        Whose revenue it is.
    day : date or ISO date
        Publication day.

    Raises
    ------
    ValueError
        A column is missing or a value is not above zero.
    """
    ax = ax or theme.axes(grid="y")
    layout.require_columns("statements", statements, ("valid_on", "value", "qualifier", "counts"))
    table = statements.sort_values("valid_on", kind="stable", ignore_index=True)
    counted = table[table["counts"] == "yes"]
    if counted.empty:
        return theme.empty_chart(ax, f"a run rate of {company}")
    _require_positive(table)
    at = float(decimal_year([day])[0])
    table = table.assign(t=decimal_year(table["valid_on"]), side=table["qualifier"].map(BOUNDS).fillna(0))
    table = table.assign(tip=table["value"] * 1.45 ** table["side"])
    counted = table.loc[counted.index]
    heights = [*table["value"] / 1.25, *table["value"] * 1.25, *table["tip"]]
    layout.scales(ax, [*table["t"], at], heights, "usd_bn", log=True)
    _draw_statements(ax, table, counted, at)
    theme.mark_date(ax, at, f"the article, {format_date(pd.Timestamp(day))}")
    _name_statements(ax, table, counted)
    bounds = int((table["side"] != 0).sum())
    alt = (
        f"{len(table)} points on a logarithmic axis for annualised revenue as stated. They go from"
        f" {_amount_and_month(counted.iloc[0])} to {_amount_and_month(counted.iloc[-1])}."
        f" {number_word(bounds).capitalize()} with an arrow"
        f" {layout.verb(bounds, 'is a bound', 'are bounds')}."
    )
    reasons = ["after publication day"] if (table["t"] > at).any() else []
    reasons += ["another figure of the same days counts"] if (table["counts"] != "yes").any() else []
    subtitle = "Annualised revenue as stated, $bn, log scale; arrows: at least or at most"
    subtitle += f"; hollow: {' or '.join(reasons)}" if reasons else ""
    return theme.set_texts(
        ax, _run_rate_finding(counted, company), subtitle, alt, note=rate and _growth_note(rate)
    )


def _growth_note(rate: RunRate) -> str:
    """By what a year multiplied the run rate over the record and over the last months."""
    if rate.record is None or rate.growth is None:
        return "Fewer than three exact figures were known for the last eighteen months, so we fit no growth."
    return (
        f"Revenue grew {rate.record.value:.1f}-fold a year over all {number_word(len(rate.points))} figures."
        f" Over the last eighteen months, with {number_word(rate.recent)} figures, it grew"
        f" {rate.growth.value:.1f}-fold a year."
    )


def _require_positive(table: pd.DataFrame) -> None:
    """Refuse values at or below zero, which a logarithmic axis cannot hold."""
    if (low := table[~(table["value"] > 0)]).size:
        first = low.iloc[0]
        raise ValueError(
            f"value on {first['valid_on'].date()} is {first['value']:g}; a logarithmic axis needs values"
            " above zero, leave it out"
        )


def _draw_statements(ax: Axes, table: pd.DataFrame, counted: pd.DataFrame, at: float) -> None:
    """A thin line through the figures that count, a mark for each, hollow where it does not decide, and an
    arrow where it is a bound.
    """
    ax.plot(counted["t"], counted["value"], color=theme.RECOMPUTED, linewidth=0.9, alpha=0.5, zorder=2)
    decides = (table["counts"] == "yes") & (table["t"] <= at)
    for part, mark in ((table[decides], theme.DOT), (table[~decides], theme.HOLLOW)):
        ax.scatter(part["t"], part["value"], zorder=4, **(mark | {"s": 34}))
    arrow = {"arrowstyle": "->", "color": theme.RECOMPUTED, "linewidth": 1.6}
    for x, value, tip in table.loc[table["side"] != 0, ["t", "value", "tip"]].to_numpy(float):
        ax.annotate("", (x, tip), (x, value), zorder=3, arrowprops=arrow)


def _name_statements(ax: Axes, table: pd.DataFrame, counted: pd.DataFrame) -> None:
    """The amount of each figure, where it covers neither marks nor arrows and least of the line."""
    names = [
        layout.Name(f"${value:g}bn", x, value, theme.RECOMPUTED if counts == "yes" else theme.MUTED)
        for x, value, counts in table[["t", "value", "counts"]].itertuples(index=False)
    ]
    arrows = [table["value"], (table["value"] * table["tip"]) ** 0.5, table["tip"]]  # points along them
    marks = [at for heights in arrows for at in zip(table["t"], heights, strict=True)]
    grid = np.linspace(table["t"].min(), table["t"].max(), 200)
    path = np.exp(np.interp(grid, counted["t"], np.log(counted["value"])))
    layout.name_points(ax, names, marks, np.column_stack([grid, path]))


def _run_rate_finding(counted: pd.DataFrame, company: str) -> str:
    """How the run rate changed from the first to the last figure that counts."""
    first, last = counted.iloc[0], counted.iloc[-1]
    if len(counted) == 1:
        return f"{company}'s annualised revenue was {_amount_and_month(first)}"
    times = last["value"] / first["value"]
    since = f"{first['valid_on']:%B %Y}"
    if times < 1:
        return f"{company}'s annualised revenue has fallen since {since}"
    hedge = {"at least": "at least ", "at most": "at most "}.get(last["qualifier"], "")
    return f"{company}'s annualised revenue has grown {hedge}{times:.0f}-fold since {since}"


def _amount_and_month(row: pd.Series) -> str:
    """A figure with its qualifier and month."""
    qualifier = f"{row['qualifier']} " if row["qualifier"] != "exact" else ""
    return f"{qualifier}${row['value']:g}bn in {row['valid_on']:%B %Y}"


def costs_and_revenue(finance: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """OpenAI's revenue and total costs by whole year, in pairs of bars.

    `finance` has ``measure``, ``period``, ``value`` and ``known_on``; only whole years (``CY2024``) with both
    measures are shown, and no line is drawn through so few.
    """
    ax = ax or theme.axes(grid="y")
    names = {"period_revenue": "revenue", "total_costs": "costs"}
    yearly = finance[finance["measure"].isin(names) & finance["period"].str.startswith("CY")]
    pivot = yearly.pivot_table(index="period", columns="measure", values="value")
    years = pivot.reindex(columns=list(names)).dropna()
    if len(years) < 2:
        return theme.empty_chart(ax, "accounts of two whole years")
    _draw_pairs(ax, years.rename(columns=names))
    first, last = years.iloc[0], years.iloc[-1]
    grown, lacking = last / first, years["total_costs"] - years["period_revenue"]
    faster = "Costs" if grown["total_costs"] > grown["period_revenue"] else "Revenue"
    slower = "revenue" if faster == "Costs" else "costs"
    finding = f"{faster} grew faster than {slower} from {years.index[0][2:]} to {years.index[-1][2:]}"
    note = (
        f"Revenue grew {grown['period_revenue']:.2f}-fold and costs {grown['total_costs']:.2f}-fold."
        f" The loss came to {format_value(lacking.iloc[0], 'usd_bn', 1)}, then"
        f" {format_value(lacking.iloc[-1], 'usd_bn', 1)}."
    )
    leaked = yearly["known_on"].max()
    alt = (
        f"Bars of revenue and total costs for {number_word(len(years))} years, from {first.iloc[0]:.1f}"
        f" and {first.iloc[1]:.1f} to {last.iloc[0]:.1f} and {last.iloc[1]:.1f} billion dollars."
    )
    subtitle = (
        f"OpenAI, $bn a year, audited accounts as leaked in {leaked:%B %Y}; {number_word(len(years))} years"
        " are no trend"
    )
    return theme.set_texts(ax, finding, subtitle, alt, note=note)


def _draw_pairs(ax: Axes, years: pd.DataFrame) -> None:
    """A pair of bars for each year, each with its measure and amount above it."""
    import seaborn as sns  # three quarters of a second: only where it is used

    colors = {"revenue": theme.RECOMPUTED, "costs": theme.UNCHECKABLE}
    long = years.melt(ignore_index=False, var_name="measure", value_name="usd_bn").reset_index()
    long = long.assign(year=long["period"].str[2:])
    bar: dict[str, Any] = {"palette": colors, "saturation": 1, "width": 0.84, "errorbar": None}
    sns.barplot(long, x="year", y="usd_bn", hue="measure", legend=False, ax=ax, **bar)
    for bars, measure in zip(ax.containers, colors, strict=True):
        texts = [f"{measure} {bar.get_height():.1f}" for bar in bars]
        # These containers are bars, not error bars.
        ax.bar_label(bars, texts, padding=2, color=theme.INK)  # type: ignore[arg-type]
    ax.set(xlabel="", ylabel="")
    ax.margins(y=0.12)
    ax.yaxis.set_major_formatter(lambda y, _: f"${y:g}bn")


def _carried_to(rows: pd.DataFrame, day: pd.Timestamp, as_of: theme.Day | None) -> pd.Timestamp:
    """Where the last step ends: at the cut-off date, else on publication day, or at a later last row."""
    return max(rows["valid_on"].max(), day if as_of is None else pd.Timestamp(as_of))
