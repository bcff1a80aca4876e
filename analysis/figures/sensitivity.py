"""What drives the result? Ranges, shares of variance, shares of risks, break-evens, beliefs, the risk
register, and judgement at its ends.

Decisions
- Hollow marks the low end of an input or what is not reliable, filled the high end: it can be read in grey.
- Labels stand next to their marks; there is a legend only where a mark has two meanings.
- Every finding is computed from the table that is drawn.
- Tables come with the label that the register has for each input (``input``): its name is shown to no reader.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.columns import axis_label
from analysis.exhibits import chance_in_words
from analysis.figures import simulation, theme
from analysis.labels import join_words, number_word
from analysis.models.sweep import SweepOutput

MAX_BARS = 12
"""Inputs that a chart of one input at a time shows; the rest move the result least."""
MOST_NAMED = 2
"""Inputs that a title names."""


def tornado(
    table: pd.DataFrame,
    *,
    outcome: str,
    unit: str,
    ax: Axes | None = None,
) -> Axes:
    """The outcome as each input goes from its 5% to its 95% quantile, largest first.

    `table` is that of `SensitivityModel.tornado`; `outcome` names the result, `unit` stands behind its
    numbers.
    """
    ax = ax or theme.axes(height_in=5.6)
    form = f"{{:.3g}}{unit}".format
    bars = table.head(MAX_BARS)
    centre = float(table["central_result"].iloc[0])
    for row, item in enumerate(bars.to_dict("records")):
        _tornado_bar(ax, row, item, centre)
    ax.axvline(centre, color=theme.INK, linewidth=1.2)
    _label_rows(ax, bars["input"].tolist())
    words = f"all at their medians: {form(centre)}"
    theme.text(ax, words, (centre, -0.6), (0, 3), theme.INK, ha="center", va="bottom")
    ax.margins(x=0.12)
    ax.xaxis.set_major_formatter(lambda x, _: form(x))
    first, left_out = bars.to_dict("records")[0], len(table) - len(bars)
    low, high = sorted((first["low_result"], first["high_result"]))
    finding = f"The {first['input']} moves {outcome} most"
    widest = bars["input"].head(3).tolist()
    alt = (
        f"Bars around {form(centre)}, the widest first: {join_words(widest)} lead. The first runs from"
        f" {form(low)} to {form(high)}."
    )
    subtitle = (
        f"{outcome[0].upper()}{outcome[1:]}, one assumption at a time from the low (hollow) to the high end"
        " of its range (filled)"
    )
    subtitle += f"; {left_out} that move it less are left out" if left_out > 0 else ""
    return theme.set_texts(ax, finding, subtitle, alt)


def _tornado_bar(ax: Axes, row: int, item: Mapping[Hashable, Any], centre: float) -> None:
    """The two halves of a bar, and the input's value at each of their ends."""
    style: dict[str, Any] = {"height": 0.56, "edgecolor": theme.RECOMPUTED, "linewidth": 1.2}
    for result, color in ((item["low_result"], theme.FAINT), (item["high_result"], theme.RECOMPUTED)):
        ax.barh(row, result - centre, left=centre, color=color, **style)
    for value, result, other in (
        (item["at_low"], item["low_result"], item["high_result"]),
        (item["at_high"], item["high_result"], item["low_result"]),
    ):
        ha, shift = ("right", -4) if result < other else ("left", 4)
        text = _format_number(value)
        theme.annotate(
            ax, text, (result, row), (shift, 0), va="center", ha=ha, fontsize=9.5, color=theme.MUTED
        )


def sobol(table: pd.DataFrame, *, outcome: str, ax: Axes | None = None) -> Axes:
    """First-order and total variance shares by group (`sensitivity.Sobol.indices`), with their intervals."""
    ax = ax or theme.axes(height_in=4.6)
    best = table[table["order"] == "total"].set_index("group")["index"].sort_values(ascending=False)
    order = best.index.tolist()
    _draw_shares(ax, table, "total", order, -0.13, theme.RECOMPUTED, "with interactions", "o")
    _draw_shares(ax, table, "first", order, 0.13, theme.SECOND, "alone", "D")
    ax.axvline(0, color=theme.GRID, linewidth=1)
    _label_rows(ax, order)
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:.0%}")
    theme.legend(ax)
    unreliable = table.loc[table["unreliable"], "group"].nunique()
    finding = _sobol_finding(outcome, table[table["order"] == "total"], best)
    subtitle = f"Share of what is uncertain about {outcome}, 95% intervals"
    if unreliable:
        subtitle += (
            f"; hollow: too uncertain to read ({unreliable} {'group' if unreliable == 1 else 'groups'})"
        )
    totals = "; ".join(f"{group} {share:.0%}" for group, share in best.items())
    alt = (
        f"Two marks with intervals, first-order and total share, for each of {len(order)} groups of inputs;"
        f" in total {totals}."
    )
    return theme.set_texts(ax, finding, subtitle, alt)


def _sobol_finding(outcome: str, totals: pd.DataFrame, best: pd.Series) -> str:
    """What a result depends on most: the group with the largest share, or how many where intervals overlap
    with its own, since then there is no telling which is larger.
    """
    if best.isna().all():
        return f"{outcome[0].upper()}{outcome[1:]} does not vary"
    low = totals.set_index("group").loc[best.index[0], "low"]
    equal = int((totals["high"] >= low).sum())
    if equal > 1:
        return f"{number_word(equal).capitalize()} groups of assumptions matter most for {outcome}"
    return f"{outcome[0].upper()}{outcome[1:]} depends most on {best.index[0]}"


def _draw_shares(
    ax: Axes,
    table: pd.DataFrame,
    kind: str,
    groups: Sequence[str],
    shift: float,
    color: str,
    label: str,
    marker: str,
) -> None:
    """The shares of one order with their intervals, a row for each group; unreliable ones are hollow."""
    part = table[table["order"] == kind].set_index("group").loc[list(groups)]
    for row, item in enumerate(part.to_dict("records")):
        ax.plot([item["low"], item["high"]], [row + shift] * 2, color=color, linewidth=1.6)
    ax.scatter(
        part["index"],
        np.arange(len(groups)) + shift,
        s=46,
        zorder=3,
        linewidths=1.5,
        edgecolors=color,
        marker=marker,
        facecolors=[theme.FAINT if bad else color for bad in part["unreliable"]],
        label=label,
    )


def shapley(table: pd.DataFrame, *, outcome: str, ax: Axes | None = None) -> Axes:
    """What a risk adds to a probability (`sensitivity.shapley`), with its effect alone and as the last."""
    import seaborn as sns  # three quarters of a second: only where it is used

    ax = ax or theme.axes(height_in=3.6)
    risks = table.sort_values("shapley_value", ascending=False, ignore_index=True)
    points = risks[["shapley_value", "alone", "on_top"]] * 100
    sns.barplot(
        x=points["shapley_value"], y=risks["risk"], color=theme.RECOMPUTED, width=0.5, ax=ax, orient="h"
    )
    hollow: dict[str, Any] = {"facecolors": theme.FAINT, "edgecolors": theme.INK, "linewidths": 1.6}
    for column, marker, name in (("alone", "o", "alone"), ("on_top", "s", "on top of the others")):
        ax.scatter(points[column], range(len(risks)), marker=marker, s=44, zorder=3, label=name, **hollow)
    _label_rows(
        ax,
        [f"{risk} {share:+.1f}" for risk, share in zip(risks["risk"], points["shapley_value"], strict=True)],
    )
    ax.margins(x=0.06)
    theme.legend(ax)
    most = points["shapley_value"].iloc[0]
    finding = f"The risk “{risks['risk'].iloc[0]}” adds most to {outcome}: {most:.0f} points"
    pairs = zip(risks["risk"], points["shapley_value"], strict=True)
    alt = (
        f"Bars for {len(risks)} risks in points, with markers for each alone and on top of the"
        f" others: {'; '.join(f'{risk} {share:+.1f}' for risk, share in pairs)}."
    )
    subtitle = (
        f"What each risk adds to the chance of {outcome}, points, averaged over all orders (Shapley shares)"
    )
    return theme.set_texts(ax, finding, subtitle, alt)


def break_even(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """The value of each input that meets a target (`input`, `target`, `value`, `percentile`), by percentile.

    Without a percentile the target is met nowhere in the input's range, or at several places; the table says
    which.
    """
    ax = ax or theme.axes(height_in=5.2)
    rows = table.to_dict("records")
    for row, item in enumerate(rows):
        ax.plot([5, 95], [row, row], color=theme.GRID, linewidth=7, solid_capstyle="butt", zorder=1)
        ax.plot([50], [row], marker="|", color=theme.MUTED, markersize=11, zorder=2)
        _draw_break_even(ax, row, item["value"], item["percentile"])
    _label_rows(ax, [f"{item['input']}: {item['target']}" for item in rows])
    ax.set_xlim(0, 100)
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:.0f}%")
    reached = int(table["percentile"].between(5, 95).sum())
    verb = "lies" if reached == 1 else "lie"
    finding = (
        f"{number_word(reached).capitalize()} of {number_word(len(table))} break-evens {verb} within the"
        " range of one assumption"
    )
    texts = "; ".join(
        f"{row['input']} for {row['target']} at {row['percentile']:.0f}%"
        for row in table.dropna(subset=["percentile"]).to_dict("records")
    )
    alt = f"A strip of percentiles for each break-even{f': {texts}' if texts else ', none reached'}."
    subtitle = "Where in its range an assumption meets the target, percentile; band: 5% to 95%, tick: median"
    return theme.set_texts(ax, finding, subtitle, alt)


def _draw_break_even(ax: Axes, row: int, value: float, percentile: float) -> None:
    """The value that meets the target, at its percentile, or words where there is none."""
    if math.isnan(percentile):
        style: dict[str, Any] = {"fontsize": 9.5, "color": theme.MUTED, "path_effects": theme.HALO}
        ax.annotate("not by this one alone", (7, row), va="center", **style)
        return
    ax.scatter([percentile], [row], color=theme.RECOMPUTED, s=58, zorder=3, clip_on=False)
    ha, shift = ("left", 9) if percentile < 80 else ("right", -9)
    at, text = (percentile, row), _format_number(value)
    theme.annotate(ax, text, at, (shift, 0), va="center", ha=ha, path_effects=theme.HALO)


def judgement_at_ends(table: pd.DataFrame, *, now_pct: float, ax: Axes | None = None) -> Axes:
    """How likely the judgement is with one input at either end of its range.

    Parameters
    ----------
    table : DataFrame
        `drivers.judgement_at_ends`.
    now_pct
        Its probability with all inputs drawn, percent.
    """
    ax = ax or theme.axes(height_in=4.8)
    if table.empty:
        return theme.empty_chart(ax, "inputs that are uncertain")
    wide = table.pivot(index="input", columns="end", values=["between_pct", "value"])
    turning, farthest = _turning_inputs(table, now_pct)
    left_out = len(farthest) - MAX_BARS
    low = table.groupby("input")["between_pct"].min()[farthest[:MAX_BARS]].sort_values(ascending=False)
    ax.axvline(50, color=theme.INK, linewidth=1.2, linestyle=theme.DOTTED, zorder=1)
    ax.axvline(now_pct, color=theme.RECOMPUTED, linewidth=1.6, zorder=1)
    at = (now_pct, len(low) - 0.4)
    theme.text(ax, f"none fixed: {now_pct:.0f}%", at, (0, 4), theme.RECOMPUTED, ha="center", va="bottom")
    for row, name in enumerate(low.index):
        _draw_ends(ax, row, wide.loc[name, "between_pct"].to_dict(), wide.loc[name, "value"].to_dict())
    ax.set_yticks(range(len(low)), low.index.tolist())
    ax.set(ylim=(-0.6, len(low) - 0.1), xlim=(0, 100))
    ax.xaxis.set_major_formatter(lambda v, _: f"{v:.0f}%")
    marks = {5: theme.HOLLOW, 95: theme.DOT}
    theme.legend(
        ax,
        [
            ax.scatter([], [], **mark, label=f"{'low' if end == 5 else 'high'} end of its range")
            for end, mark in marks.items()
        ],
    )
    alt = _ends_in_words({name: wide.loc[name, "between_pct"].to_dict() for name in low.index[::-1]})
    subtitle = (
        "Chance that the article's judgement happens, per cent, with one assumption fixed at the value next"
        " to its mark"
    )
    subtitle += f"; {left_out} that move it less are left out" if left_out > 0 else ""
    return theme.set_texts(ax, _turning_finding(turning, len(farthest)), subtitle, f"{alt}.")


def _ends_in_words(shares: Mapping[str, Mapping[int, float]]) -> str:
    """The probabilities at both ends, by input and end."""
    words = [f"{name}, {ends[5]:.0f}% at its 5%, {ends[95]:.0f}% at its 95%" for name, ends in shares.items()]
    return f"A line for each input between the probabilities at both ends of its range: {'; '.join(words)}"


def _turning_inputs(table: pd.DataFrame, now_pct: float) -> tuple[list[str], list[str]]:
    """The inputs that carry the probability across a half at an end of their range, and all inputs; each by
    how far they carry it, the farthest first.
    """
    across = table.assign(
        distance=(table["between_pct"] - now_pct).abs(),
        turns=(table["between_pct"] < 50) != (now_pct < 50),
    )
    inputs = across.groupby("input").agg(distance=("distance", "max"), turns=("turns", "any"))
    inputs = inputs.sort_values("distance", ascending=False, kind="stable")
    return inputs.index[inputs["turns"]].tolist(), inputs.index.tolist()


def _draw_ends(ax: Axes, row: int, shares: Mapping[int, float], values: Mapping[int, float]) -> None:
    """The probabilities at both ends of an input, joined, each with the input's value on its outer side."""
    line: dict[str, Any] = {"color": theme.RECOMPUTED, "linewidth": 2.4, "alpha": 0.45, "zorder": 2}
    ax.plot([shares[5], shares[95]], [row, row], **line)
    left = min(shares, key=lambda end: shares[end])
    for end, mark in ((5, theme.HOLLOW), (95, theme.DOT)):
        ax.scatter([shares[end]], [row], **mark, zorder=3)
        ha, shift = ("right", -9) if end == left else ("left", 9)
        theme.text(ax, _format_number(values[end]), (shares[end], row), (shift, 0), theme.INK, ha=ha)


def _turning_finding(turning: Sequence[str], count: int) -> str:
    """How many assumptions alone turn the judgement, of so many."""
    verb = "turns" if len(turning) == 1 or not turning else "turn"
    part = number_word(len(turning)).capitalize()
    named = f": {join_words(list(turning))}" if 0 < len(turning) <= MOST_NAMED else ""
    return f"{part} of {count} assumptions alone {verb} the judgement{named}"


def beliefs(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Prior, data and posterior of each belief (`start.UpdatedBeliefs.table`), over the prior's median."""
    ax = ax or theme.axes(height_in=4.2)
    ranges = (
        ("before", "prior_p5", "prior_p50", "prior_p95", theme.MUTED, "o"),
        ("in our data", "data_low", "data_mid", "data_high", theme.INK, "D"),
        ("after", "posterior_p5", "posterior_p50", "posterior_p95", theme.RECOMPUTED, "s"),
    )
    names: list[str] = []
    for item in table.to_dict("records"):
        for name, low, middle, high, color, marker in ranges:
            _draw_belief(ax, len(names), item, (low, middle, high), color, marker)
            names.append(f"{item['input']}, {name}")
    _label_rows(ax, names)
    ax.set_xscale("log")
    ticks = [0.5, 0.75, 1, 1.5, 2, 3]
    ax.set_xticks(ticks, [f"{tick:g}×" for tick in ticks])
    ax.minorticks_off()
    ax.set_xlim(0.55, 3.4)
    growth = table.set_index("name").to_dict("index")["growth_factor_per_year"]
    before, after = growth["prior_p50"], growth["posterior_p50"]
    finding = (
        f"Reported revenue moves our growth estimate to {after:.1f}-fold a year"
        if abs(after / before - 1) > 0.005
        else f"Reported revenue leaves our growth estimate at {before:.1f}-fold a year"
    )
    alt = f"Three ranges for each of {len(table)} beliefs: before, by the data, and after."
    units = join_words([f"{item['input']} in {item['unit']}" for item in table.to_dict("records")])
    subtitle = f"Median and 90% range over the median before the data, log scale; {units}"
    return theme.set_texts(ax, finding, subtitle, alt)


def _draw_belief(
    ax: Axes,
    row: int,
    item: Mapping[Hashable, Any],
    columns: tuple[str, str, str],
    color: str,
    marker: str,
) -> None:
    """One range with its median and its numbers; `columns` hold low end, median and high end."""
    low, middle, high = (item[column] for column in columns)
    if math.isnan(middle):
        ax.annotate("none", (1, row), va="center", color=theme.MUTED)
        return
    ends = [value / item["prior_p50"] for value in (low, middle, high)]
    ax.plot([ends[0], ends[2]], [row, row], color=color, linewidth=3)
    ax.scatter([ends[1]], [row], color=color, marker=marker, s=52, zorder=3)
    text = f"{middle:.3g} ({low:.3g} to {high:.3g})"
    theme.annotate(ax, text, (ends[2], row), (8, 0), va="center", color=color)


def verdict_grid(
    table: pd.DataFrame, *, catastrophe_moic: float, outsized_moic: float, ax: Axes | None = None
) -> Axes:
    """How likely the article's judgement is over the decay of growth (`drivers.verdict_grid`): a multiple
    between its two ends.
    """
    grid = table.pivot(index="half_life_years", columns="long_run_pct", values="between_pct")
    by_half_life = grid.mean(axis=1)
    places = {by_half_life.index.max(): "slowest", by_half_life.index.min(): "fastest"}
    where = places.get(by_half_life.idxmin(), f"with a half-life of {by_half_life.idxmin():g} years")
    return simulation.heat_map(
        grid,
        finding=f"The article's judgement is least likely if growth fades {where}",
        subtitle="Chance of getting back {catastrophe:g} to {outsized:g} times the money, per cent",
        xlabel=axis_label("long_run_pct"),
        ylabel=axis_label("half_life_years"),
        ax=ax,
        catastrophe=catastrophe_moic,
        outsized=outsized_moic,
    )


def risk_register(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Likelihood and impact of each risk (`drivers.risk_register`); one that never happens is left out."""
    ax = ax or theme.axes(grid="both")
    rows = sorted(table.dropna(subset="impact_pct").to_dict("records"), key=lambda item: -item["impact_pct"])
    gap = 0.11 * abs(max(item["impact_pct"] for item in rows))
    label_y = math.inf
    for item in rows:
        label_y = min(item["impact_pct"], label_y - gap)  # labels below one another, each tied to its point
        _draw_risk(ax, item, label_y)
    ax.axhline(0, color=theme.GRID, linewidth=1)
    ax.set(xlim=(0, 100), xlabel="simulated futures in which it happens, per cent", ylabel="")
    ax.margins(y=0.2)
    ax.xaxis.set_major_formatter(lambda v, _: f"{v:.0f}%")
    ax.yaxis.set_major_formatter(lambda v, _: f"{v:.0f}%")
    worst = max(rows, key=lambda item: item["likelihood"] * item["impact_pct"])
    finding = f"The risk “{worst['risk']}” costs SoftBank most"
    risks = "; ".join(
        f"{row['risk']} in {chance_in_words(row['likelihood'])} of simulated futures,"
        f" {row['impact_pct']:.0f}%"
        for row in rows
    )
    alt = f"Risks as points by how often they happen and what they cost: {risks}."
    subtitle = (
        "SoftBank's net asset value at the exit with the risk off minus on, where it happens, per cent of the"
        " start"
    )
    note = (
        "Costs overlap and do not add up. A risk happens where new money had to be raised, a shock came, a"
        " tenth of revenue was lost to open models, or debt passed the promised limit."
    )
    return theme.set_texts(ax, finding, subtitle, alt, note=note)


def _draw_risk(ax: Axes, item: Mapping[Hashable, Any], label_y: float) -> None:
    """A risk at its likelihood and impact, with its name at a height."""
    x, y = item["likelihood"] * 100, item["impact_pct"]
    ax.scatter([x], [y], s=64, color=theme.RECOMPUTED, zorder=3)
    left = x > 50
    ax.annotate(
        item["risk"],
        (x, y),
        xytext=(x - 9 if left else x + 9, label_y),
        ha="right" if left else "left",
        va="center",
        fontweight="semibold",
        path_effects=theme.HALO,
        arrowprops={"arrowstyle": "-", "color": theme.MUTED, "linewidth": 0.8},
    )


def sweep_map(
    table: pd.DataFrame, name: str, output: SweepOutput, axes: Sequence[str], *, ax: Axes | None = None
) -> Axes:
    """One output over a grid of two inputs, from a sweep's table.

    Parameters
    ----------
    table : DataFrame
        A column for each of `axes`, ``output`` and ``value``.
    name, output
        Which output, and how it is called (`sweep.outputs`).
    axes
        The names of the inputs, across and up.
    """
    grid = table[table["output"] == name].pivot(index=axes[1], columns=axes[0], values="value")
    grid = grid.iloc[::-1].rename(index="{:.4g}".format, columns="{:.4g}".format)
    low, high = grid.min().min(), grid.max().max()
    form = ("{:.0%}" if output.unit == "share" else "{:,.0f}" if high >= 100 else "{:.2f}").format
    return simulation.heat_map(
        grid,
        finding=f"{output.title}: {form(low)} to {form(high)}",
        subtitle=f"Over {axes[0]} and {axes[1]}",
        xlabel=axes[0],
        ylabel=axes[1],
        form=form,
        ax=ax,
    )


def _label_rows(ax: Axes, labels: Sequence[str]) -> None:
    """One horizontal row a label, the first on top."""
    ax.set_yticks(range(len(labels)), labels)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.set(xlabel="", ylabel="")


def _format_number(value: float) -> str:
    """Three digits, without an exponent."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
