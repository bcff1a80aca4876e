"""What drives the result? Ranges, shares of variance, shares of risks, break-evens, beliefs, the risk
register, and judgement at its ends.

Decisions
- Hollow marks the low end of an input or what is not reliable, filled the high end: it reads in grey.
- Labels stand next to their marks; there is a legend only where a mark has two meanings.
- Every finding is computed from the table that is drawn.
- Words for inputs stand in one place, and an input without words is refused wherever one is named: neither
  its name in the register nor an empty cell is shown to a reader.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from analysis.errors import ParameterError, Problem
from analysis.figures import simulation, theme
from analysis.labels import join_words, number_word
from analysis.models.sweep import OUTPUTS


class Labels(dict[str, str]):
    """Words by name; a name that has none is refused, by ``[]`` and by pandas' ``map`` alike."""

    def __missing__(self, name: str) -> str:
        """There are no words for a name.

        Raises
        ------
        ParameterError
            Always: it says where to add them.
        """
        rule = f"has no words for the input {name!r}"
        raise ParameterError(
            Problem("analysis/figures/sensitivity.py, LABELS", rule, "Add them, as charts shall write it")
        )


LABELS = Labels(
    {
        "revenue_usd_bn": "run-rate at the start",
        "growth_factor_per_year": "current growth",
        "growth_half_life_years": "half-life of growth",
        "long_run_growth_pct": "long-run growth",
        "pool_usd_bn": "size of the market",
        "pool_share": "largest share of it",
        "parity_years": "years to open parity",
        "erosion_pct_per_year": "erosion of the premium",
        "premium_share": "premium in the price",
        "shock_loss_pct": "loss by a shock",
        "shock_delay_years": "delay by a shock",
        "running_cost_ratio": "running costs now",
        "running_cost_ratio_long_run": "running costs in the end",
        "running_cost_half_life_years": "half-life of running costs",
        "compute_usd_bn": "research compute now",
        "compute_factor_per_year": "growth of compute",
        "compute_half_life_years": "half-life of compute growth",
        "committed_share": "committed compute",
        "commitment_years": "length of commitments",
        "cash_usd_bn": "cash at the start",
        "distress_discount_pct": "discount in distress",
        "listing_years": "years to the listing",
        "multiple_long_run": "long-run multiple",
        "repricing_half_life_years": "half-life of repricing",
        "mark_smoothing_share": "smoothing of marks",
        "manager_gain_share": "manager's share of the gain",
    }
)
"""Words for the uncertain inputs of the venture model, as charts write them."""

SHOWN = 12
"""Inputs that a tornado shows; the rest move the result least."""


def tornado(
    table: pd.DataFrame,
    labels: Mapping[str, str] = LABELS,
    *,
    outcome: str,
    form: Callable[[float], str],
    ax: Axes,
) -> Axes:
    """The outcome as each input goes from its 5% to its 95% quantile (`sensitivity.tornado`), largest first.

    `labels` names the inputs, `outcome` the result, `form` writes one.
    """
    shown = table.head(SHOWN)
    centre = float(table["central_result"].iloc[0])
    for row, item in enumerate(shown.to_dict("records")):
        for end, filled in ((item["low_result"], False), (item["high_result"], True)):
            ax.barh(
                row,
                end - centre,
                left=centre,
                height=0.56,
                color=theme.RECOMPUTED if filled else theme.FAINT,
                edgecolor=theme.RECOMPUTED,
                linewidth=1.2,
            )
        for value, result, other in (
            (item["at_low"], item["low_result"], item["high_result"]),
            (item["at_high"], item["high_result"], item["low_result"]),
        ):
            left = result < other
            ax.annotate(
                _number(value),
                (result, row),
                xytext=(-4 if left else 4, 0),
                textcoords="offset points",
                va="center",
                ha="right" if left else "left",
                fontsize=9.5,
                color=theme.MUTED,
            )
    ax.axvline(centre, color=theme.INK, linewidth=1.2)
    _rows(ax, [labels[str(name)] for name in shown["input"]])
    ax.margins(x=0.12)
    ax.xaxis.set_major_formatter(lambda x, _: form(x))
    first, left_out = shown.to_dict("records")[0], len(table) - len(shown)
    low, high = sorted((first["low_result"], first["high_result"]))
    finding = f"The {labels[first['input']]} moves {outcome} most: from {form(low)} to {form(high)}"
    more = f"; {left_out} inputs that move it less are left out" if left_out > 0 else ""
    named = [labels[str(name)] for name in shown["input"].head(3)]
    alt = f"Bars for {len(shown)} inputs around {form(centre)}, the widest first: {join_words(named)} lead."
    return theme.set_texts(
        ax,
        finding,
        f"{outcome[0].upper()}{outcome[1:]}, one input at a time from its 5% (hollow) to its 95% quantile"
        f" (filled), others at medians{more}",
        alt,
    )


def sobol(table: pd.DataFrame, *, outcome: str, ax: Axes) -> Axes:
    """First-order and total shares of the variance by group (`sensitivity.Sobol.indices`), with their
    intervals.
    """
    order = table[table["order"] == "total"].sort_values("index", ascending=False)["group"].tolist()
    for kind, shift, color in (("total", -0.13, theme.RECOMPUTED), ("first", 0.13, theme.SECOND)):
        part = table[table["order"] == kind].set_index("group").loc[order]
        for row, item in enumerate(part.to_dict("records")):
            ax.plot([item["low"], item["high"]], [row + shift] * 2, color=color, linewidth=1.6)
        ax.scatter(
            part["index"],
            np.arange(len(order)) + shift,
            s=46,
            zorder=3,
            linewidths=1.5,
            edgecolors=color,
            marker="o" if kind == "total" else "D",
            facecolors=[theme.FAINT if bad else color for bad in part["unreliable"]],
            label="with interactions" if kind == "total" else "alone",
        )
    ax.axvline(0, color=theme.GRID, linewidth=1)
    _rows(ax, order)
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:.0%}")
    theme.legend(ax)
    best = table[(table["order"] == "total")].set_index("group")["index"]
    sure = table.loc[table["unreliable"], "group"].nunique()
    finding = (
        f"{str(best.idxmax()).capitalize()} explains most of what is uncertain about {outcome},"
        f" {best.max():.0%} of its variance"
    )
    told = f"; hollow: too uncertain to read ({sure} {'group' if sure == 1 else 'groups'})" if sure else ""
    totals = "; ".join(f"{group} {share:.0%}" for group, share in best.sort_values(ascending=False).items())
    alt = (
        f"Two marks with intervals, first-order and total share, for each of {len(order)} groups of inputs;"
        f" in total {totals}."
    )
    return theme.set_texts(
        ax, finding, f"Share of the variance of {outcome}, 95% intervals, chance integrated out{told}", alt
    )


def shapley(table: pd.DataFrame, *, outcome: str, ax: Axes) -> Axes:
    """What each risk adds to a probability (`sensitivity.shapley`), with its effect alone and as the last
    one.
    """
    shown = table.sort_values("share", ascending=False, ignore_index=True)
    points = shown[["share", "alone", "last"]] * 100
    sns.barplot(x=points["share"], y=shown["risk"], color=theme.RECOMPUTED, width=0.5, ax=ax, orient="h")
    for column, marker, name in (("alone", "o", "alone"), ("last", "s", "on top of the others")):
        ax.scatter(
            points[column],
            range(len(shown)),
            marker=marker,
            s=44,
            facecolors=theme.FAINT,
            edgecolors=theme.INK,
            linewidths=1.6,
            zorder=3,
            label=name,
        )
    for row, share in enumerate(points["share"]):
        widest = max(points.loc[row].max(), 0)
        ax.annotate(
            f"{share:+.1f}",
            (widest, row),
            xytext=(9, 0),
            textcoords="offset points",
            va="center",
            fontweight="semibold",
        )
    _rows(ax, shown["risk"].tolist())
    ax.margins(x=0.14)
    theme.legend(ax)
    top = shown.to_dict("records")[0]
    finding = (
        f"The risk “{top['risk']}” adds most to {outcome}: {top['share'] * 100:.0f} of"
        f" {shown['share'].sum() * 100:.0f} points"
    )
    told = "; ".join(
        f"{risk} {share:+.1f}" for risk, share in zip(shown["risk"], points["share"], strict=True)
    )
    alt = (
        f"Bars for {len(shown)} risks in percentage points, with markers for each alone and on top of the"
        f" others: {told}."
    )
    return theme.set_texts(
        ax, finding, f"Shapley share of the probability of {outcome}, all risks on less all off, points", alt
    )


def break_even(table: pd.DataFrame, *, ax: Axes) -> Axes:
    """Where each input would have to stand (`input`, `target`, `value`, `percentile`), on its own
    percentiles.

    Without a percentile the target is met nowhere in the input's range, or at several places; the table says
    which.
    """
    rows = table.to_dict("records")
    for row, item in enumerate(rows):
        ax.plot([5, 95], [row, row], color=theme.GRID, linewidth=7, solid_capstyle="butt", zorder=1)
        ax.plot([50], [row], marker="|", color=theme.MUTED, markersize=11, zorder=2)
        if math.isnan(item["percentile"]):
            ax.annotate(
                "not by this input alone",
                (7, row),
                va="center",
                fontsize=9.5,
                color=theme.MUTED,
                path_effects=theme.HALO,
            )
            continue
        ax.scatter([item["percentile"]], [row], color=theme.RECOMPUTED, s=58, zorder=3)
        right = item["percentile"] < 80
        ax.annotate(
            _number(item["value"]),
            (item["percentile"], row),
            xytext=(9 if right else -9, 0),
            va="center",
            textcoords="offset points",
            ha="left" if right else "right",
            path_effects=theme.HALO,
        )
    _rows(ax, [f"{item['input']}: {item['target']}" for item in rows])
    ax.set_xlim(0, 100)
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:.0f}%")
    reached = int(table["percentile"].between(5, 95).sum())
    finding = f"{reached} of {len(table)} break-evens lie within what is believed possible of one input alone"
    found = table.dropna(subset=["percentile"])
    told = "; ".join(
        f"{row['input']} for {row['target']} at {row['percentile']:.0f}%" for row in found.to_dict("records")
    )
    alt = (
        f"A strip of percentiles for each of {len(table)}"
        f" break-evens{f': {told}' if told else ', none reached'}."
    )
    return theme.set_texts(
        ax, finding, "Percentile of the input at which the target is met; band: 5% to 95%, tick: median", alt
    )


def judgement_at_ends(table: pd.DataFrame, labels: Mapping[str, str], *, now_pct: float, ax: Axes) -> Axes:
    """How likely the judgement is with one input at either end of its range.

    Parameters
    ----------
    table : DataFrame
        `models.drivers.judgement_at_ends`.
    labels
        The name of each input, in words.
    now_pct
        Its probability with all inputs drawn, percent.
    """
    if table.empty:
        return theme.empty_chart(ax, "inputs that are uncertain")
    wide = table.pivot(index="input", columns="end", values=["between_pct", "value"])
    low = table.groupby("input")["between_pct"].min().sort_values(ascending=False)
    ax.axvline(50, color=theme.INK, linewidth=1.2, linestyle=theme.DOTTED, zorder=1)
    ax.axvline(now_pct, color=theme.RECOMPUTED, linewidth=1.6, zorder=1)
    theme.text(
        ax,
        f"all drawn: {now_pct:.0f}%",
        (now_pct, len(low) - 0.4),
        (0, 4),
        theme.RECOMPUTED,
        ha="center",
        va="bottom",
    )
    for y, name in enumerate(low.index):
        ends = {
            end: (float(wide.loc[name, ("between_pct", end)]), float(wide.loc[name, ("value", end)]))
            for end in (5, 95)
        }
        ax.plot(
            [ends[5][0], ends[95][0]], [y, y], color=theme.RECOMPUTED, linewidth=2.4, alpha=0.45, zorder=2
        )
        left = min(ends, key=lambda end: ends[end][0])
        for end, (share, value) in ends.items():
            ax.scatter([share], [y], **(theme.DOT if end == 95 else theme.HOLLOW), zorder=3)
            side = -1 if end == left else 1
            theme.text(
                ax,
                f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}",
                (share, y),
                (9 * side, 0),
                theme.INK,
                ha="right" if side < 0 else "left",
            )
    ax.set_yticks(range(len(low)), [labels[str(name)] for name in low.index])
    ax.set(ylim=(-0.6, len(low) - 0.1), xlim=(0, 100))
    ax.xaxis.set_major_formatter(lambda v, _: f"{v:.0f}%")
    handles = [
        ax.scatter([], [], **(theme.DOT if end == 95 else theme.HOLLOW), label=f"input at its {end}%")
        for end in (5, 95)
    ]
    theme.legend(ax, handles)
    turned = [labels[str(name)] for name in low.index[::-1] if (low[name] < 50) != (now_pct < 50)]
    finding = (
        f"{number_word(len(turned)).capitalize()} of {len(low)} inputs alone"
        f" {'turn' if len(turned) != 1 else 'turns'} the judgement at an end of"
        f" {'their' if len(turned) != 1 else 'its'} range: {join_words(turned)}"
        if turned
        else f"None of {len(low)} inputs alone turns the judgement at an end of its range"
    )
    alt = "A line for each input between the probabilities at both ends of its range: " + "; ".join(
        f"{labels[str(name)]}, {wide.loc[name, ('between_pct', 5)]:.0f}% at its 5%,"
        f" {wide.loc[name, ('between_pct', 95)]:.0f}% at its 95%"
        for name in low.index[::-1]
    )
    subtitle = (
        "Probability of neither outsized returns nor a catastrophe, one input pinned at the value beside the"
        " mark"
    )
    return theme.set_texts(ax, finding, subtitle, f"{alt}.")


def beliefs(table: pd.DataFrame, labels: Mapping[str, str], *, ax: Axes) -> Axes:
    """Prior, data and posterior of each belief (`outlook.UpdatedBeliefs.table`), over the prior's median;
    `labels` names it with unit.
    """
    parts = (
        ("before", "prior_p5", "prior_p50", "prior_p95", theme.MUTED, "o"),
        ("in our data", "data_low", "data_mid", "data_high", theme.INK, "D"),
        ("after", "posterior_p5", "posterior_p50", "posterior_p95", theme.RECOMPUTED, "s"),
    )
    names, row = [], 0
    for item in table.to_dict("records"):
        for words, low, middle, high, color, marker in parts:
            names.append(f"{labels[str(item['name'])]}, {words}")
            if math.isnan(item[middle]):
                ax.annotate("none", (1, row), va="center", color=theme.MUTED)
            else:
                ends = [item[end] / item["prior_p50"] for end in (low, middle, high)]
                ax.plot([ends[0], ends[2]], [row, row], color=color, linewidth=3)
                ax.scatter([ends[1]], [row], color=color, marker=marker, s=52, zorder=3)
                ax.annotate(
                    f"{item[middle]:.3g} ({item[low]:.3g} to {item[high]:.3g})",
                    (ends[2], row),
                    xytext=(8, 0),
                    textcoords="offset points",
                    va="center",
                    color=color,
                )
            row += 1
    _rows(ax, names)
    ax.set_xscale("log")
    ticks = [0.5, 0.75, 1, 1.5, 2, 3]
    ax.set_xticks(ticks, [f"{tick:g}x" for tick in ticks])
    ax.minorticks_off()
    ax.set_xlim(0.55, 3.4)
    growth = table.set_index("name").to_dict("index")["growth_factor_per_year"]
    moved = growth["posterior_p50"] / growth["prior_p50"]
    finding = (
        f"The run-rates move believed growth from {growth['prior_p50']:.1f} to {growth['posterior_p50']:.1f}"
        " times a year"
        if abs(moved - 1) > 0.005
        else f"The run-rates leave believed growth at {growth['prior_p50']:.1f} times a year"
    )
    alt = f"Three ranges for each of {len(table)} beliefs: before, by the data, and after."
    return theme.set_texts(
        ax,
        finding,
        "Beliefs at the start, median and 90% range, over the median before the data, log scale",
        alt,
    )


def risk_register(table: pd.DataFrame, *, ax: Axes) -> Axes:
    """Likelihood and impact of each risk (`drivers.risk_register`), with Monte-Carlo intervals; one that
    never bites is left out.
    """
    rows = sorted(table.dropna(subset="impact_pct").to_dict("records"), key=lambda item: -item["impact_pct"])
    top = max(item["impact_pct"] for item in rows)
    label_y = math.inf
    for item in rows:
        x, y = item["likelihood"] * 100, item["impact_pct"]
        ax.plot(
            [item["likelihood_low"] * 100, item["likelihood_high"] * 100],
            [y, y],
            color=theme.RECOMPUTED,
            linewidth=1.4,
        )
        ax.plot([x, x], [item["impact_low"], item["impact_high"]], color=theme.RECOMPUTED, linewidth=1.4)
        ax.scatter([x], [y], s=64, color=theme.RECOMPUTED, zorder=3)
        label_y = min(y, label_y - 0.11 * abs(top))  # labels below one another, each tied to its point
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
    ax.axhline(0, color=theme.GRID, linewidth=1)
    ax.set(xlim=(0, 100), xlabel="futures in which it bites, percent", ylabel="")
    ax.margins(y=0.2)
    ax.xaxis.set_major_formatter(lambda v, _: f"{v:.0f}%")
    ax.yaxis.set_major_formatter(lambda v, _: f"{v:.0f}%")
    worst = max(rows, key=lambda item: item["likelihood"] * item["impact_pct"])
    finding = (
        f"The risk “{worst['risk']}” costs SoftBank most: it bites in {worst['likelihood']:.0%} of futures"
        f" and takes {worst['impact_pct']:.0f}% of net asset value"
    )
    told = "; ".join(
        f"{row['risk']} in {row['likelihood']:.0%} of futures, {row['impact_pct']:.0f}%" for row in rows
    )
    alt = f"{len(rows)} risks as points by likelihood and impact: {told}."
    return theme.set_texts(
        ax,
        finding,
        "Fall of SoftBank's net asset value at the exit where the risk bites, percent of its start, against"
        " likelihood",
        alt,
    )


def sweep_map(table: pd.DataFrame, output: str, names: Sequence[str], *, ax: Axes) -> Axes:
    """One of `sweep.OUTPUTS` over a grid of two inputs (`names`, across and up), from the tidy table of a
    sweep.
    """
    grid = table[table["output"] == output].pivot(index=names[1], columns=names[0], values="value")
    grid = grid.iloc[::-1].rename(index="{:.4g}".format, columns="{:.4g}".format)
    low, high = grid.min().min(), grid.max().max()
    share = output.endswith(("_probability", "_share"))
    form = ("{:.0%}" if share else "{:,.0f}" if high >= 100 else "{:.2f}").format
    return simulation.heat_map(
        grid,
        finding=f"{OUTPUTS[output].capitalize()}: {form(low)} to {form(high)}",
        subtitle=f"Over {names[0]} and {names[1]}",
        xlabel=names[0],
        ylabel=names[1],
        form=form,
        ax=ax,
    )


def _rows(ax: Axes, labels: Sequence[str]) -> None:
    """One horizontal row a label, the first on top."""
    ax.set_yticks(range(len(labels)), labels)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.set(xlabel="", ylabel="")


def _number(value: float) -> str:
    """Three digits, without an exponent."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
