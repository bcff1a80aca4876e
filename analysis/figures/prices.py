"""What do models cost? Printed list prices next to those in our data, by quality and over time, and the
price of a fixed quality.

Decisions
- A printed price is orange-brown and a ring or a band, one from a source is blue: colour is never the only
  difference.
- Prices stand on logarithmic axes, where twice and half are equally far apart.
- A line ends with the last price in our data; where that is taken to hold since, it is dotted.
- Where several thresholds are shown, each has a panel of its own: two colours cannot tell more apart.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.exhibits import share_in_words
from analysis.figures import layout, theme, trends
from analysis.labels import join_words, number_word
from analysis.models import frontier, prices
from analysis.models.frontier import PRICE
from analysis.statistics.trend import Trend, decimal_year
from analysis.units import Quantity, format_date, odds

FITTED = (
    "score_level",
    "threshold_pct",
    "decline_factor_per_year",
    "bootstrap_low",
    "bootstrap_high",
    "level",
    "steps",
)

CLAIMED_RUN = 2025.5
"""Decimal year of the training run whose cost the article gives."""

MULTIPLE = "multiple_x"
"""How the columns of `models.frontier.price_multiples` end, after the kind of token."""

PRICE_ROUNDING = 0.005
"""Half a unit of the last printed digit: a price closer than this rounds to the printed one."""


def price_quality(
    models: pd.DataFrame,
    front: pd.Series,
    *,
    price: str,
    quality: str,
    quality_title: str,
    ax: Axes | None = None,
) -> Axes:
    """Models by price (log axis) and quality; those that no other beats on both are joined.

    `front` is `models.frontier.pareto_front`, a Boolean per row.
    """
    import seaborn as sns  # three quarters of a second: only where it is used

    ax, best = ax or theme.axes(grid="both"), models[front].sort_values(price)
    ax.step(best[price], best[quality], where="post", color=theme.RECOMPUTED, linewidth=1.6, zorder=2)
    sns.scatterplot(
        models, x=price, y=quality, color=theme.PRINTED, s=70, linewidth=0, zorder=4, ax=ax, legend=False
    )
    _name_models(ax, models[["model", price, quality]].assign(on_front=front))
    ax.set_xscale("log")
    ticks = [0.2, 0.5, 1, 2, 5, 10]
    ax.set_xticks(ticks, [f"${tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.margins(x=0.2, y=0.12)
    ax.set(xlabel="blended price per million tokens, log scale", ylabel="")
    beaten = models[~front]["model"].tolist()
    finding = (
        f"{join_words(beaten)} {layout.verb(len(beaten), 'is', 'are')} beaten on both price and score"
        if beaten
        else "No model is beaten on both price and score"
    )
    note = (
        f"{best.iloc[0]['model']} costs 1/{models[price].max() / best.iloc[0][price]:.0f} as much as the most"
        " expensive model."
    )
    alt = (
        f"{len(models)} models by price and score; a stepped line joins the {int(front.sum())} that no other"
        " beats on both."
    )
    return theme.set_texts(ax, finding, f"{quality_title} against price", alt, note=note)


def _name_models(ax: Axes, table: pd.DataFrame) -> None:
    """Labels where the front does not run: left above it, right below it; the priciest has room on its right.

    `table` has the model, its price, its quality and whether it is on the front.
    """
    highest = table.iloc[:, 1].max()
    for model, x, y, on_front in table.itertuples(index=False):
        shift, side = (
            ((8, -3), "left") if x == highest else ((-6, 7), "right") if on_front else ((8, -10), "left")
        )
        ax.annotate(
            model, (x, y), xytext=shift, textcoords="offset points", ha=side, color=theme.INK, fontsize=10
        )


def price_history(
    prices: pd.DataFrame,
    printed: pd.DataFrame,
    *,
    day: theme.Day,
    kind: str,
    as_of: theme.Day | None = None,
    ax: Axes | None = None,
) -> Axes:
    """List prices of the article's models over time, with the printed ones on publication day.

    Parameters
    ----------
    prices : DataFrame
        `models.frontier.list_prices`: steps for a model's own service (`own_service`), points for the hosts
        of one without.
    printed : DataFrame
        ``model`` and the price of `kind`, as `models.frontier.with_blend` names it.
    day : date or ISO date
        Publication day.
    kind : str
        ``input``, ``output`` or ``blended``.
    as_of : date or ISO date, optional
        The day up to which the prices were known.
    """
    if kind not in frontier.PRICE_KINDS:
        raise ValueError(f"kind is {kind!r}; use one of {', '.join(frontier.PRICE_KINDS)}")
    ax = ax or theme.axes(grid="y")
    column, day = f"{kind}_{frontier.PRICE}", pd.Timestamp(day)
    until = layout.finding_day(day, as_of)
    listed = prices[prices["model"].isin(printed["model"])]
    if listed.empty:
        return theme.empty_chart(ax, f"any {kind} price of the printed models")
    ax.set_yscale("log")
    direct, hosted = _direct_prices(listed), _hosted(listed)
    _draw_direct_prices(ax, direct, column, until, left=until == day)
    _draw_hosted_prices(ax, hosted, column)
    ax.scatter([layout.date_number(day)] * len(printed), printed[column], **theme.RING)
    theme.mark_date(ax, day, f"the article, {format_date(day)}")
    layout.money_ticks(ax.yaxis, [*listed[column], *printed[column]])
    theme.dates(ax, listed["valid_on"].min(), max(day, listed["valid_on"].max()))
    pairs = layout.value_pairs(printed, column)
    labels = [theme.Label(price, f"{model} ${price:.2f}", theme.PRINTED) for model, price in pairs]
    theme.edge_labels(ax, labels)
    hosts = (
        f" (hosts' prices of {join_words(sorted(set(hosted['model'])))} as squares)" if len(hosted) else ""
    )
    alt = (
        f"Stepped lines for {direct['model'].nunique()} models' own list prices on a logarithmic axis{hosts};"
        f" rings on the line of publication day are the {len(printed)} prices of the article."
    )
    subtitle = (
        f"{kind.capitalize()} list price, $ per million tokens, log scale, compared on {format_date(until)};"
        " ring: the article, dotted: no later price in our data"
    )
    finding, note = _changes_finding(listed, printed, column, until, kind)
    return theme.set_texts(ax, finding, subtitle, alt, note=note)


def _draw_direct_prices(
    ax: Axes, direct: pd.DataFrame, column: str, until: pd.Timestamp, *, left: bool
) -> None:
    """Steps of each model's own price, dotted from its last change to `until`, with its name at the end, to
    the left of it or to its right.
    """
    ends = {model: part[column].iloc[-1] for model, part in direct.groupby("model")}
    for model, part in direct.groupby("model"):
        dates, price = part["valid_on"], ends[model]
        ax.step(dates, part[column], where="post", color=theme.RECOMPUTED, linewidth=2.0, zorder=3)
        if (last := dates.iloc[-1]) < until:
            ax.plot([last, until], [price] * 2, color=theme.RECOMPUTED, linewidth=1.6, linestyle=(0, (1, 2)))
        above = not any(1 < other / price < 1.35 for other in ends.values())
        theme.text(
            ax,
            f"{model} ${price:.2f}",
            (max(until, last), price),
            (-9 if left else 4, 4 if above else -4),
            theme.RECOMPUTED,
            ha="right" if left else "left",
            va="bottom" if above else "top",
            size=9.5,
        )


def _draw_hosted_prices(ax: Axes, hosted: pd.DataFrame, column: str) -> None:
    """Squares for the prices of hosts, named at the lowest of a model."""
    for model, part in hosted.sort_values(column).groupby("model"):
        ax.scatter(part["valid_on"], part[column], marker="s", zorder=4, **(theme.HOLLOW | {"s": 30}))
        low = part.iloc[0]
        theme.text(
            ax,
            f"hosts of {model}",
            (low["valid_on"], low[column]),
            (0, -7),
            theme.RECOMPUTED,
            ha="center",
            va="top",
            size=9.5,
        )


def _changes_finding(
    listed: pd.DataFrame, printed: pd.DataFrame, column: str, day: pd.Timestamp, kind: str
) -> tuple[str, str | None]:
    """How many of the article's prices were current on the day, and a note on the others."""
    until_day = listed[listed["valid_on"] <= day]
    last = _direct_prices(until_day).groupby("model")[column].last()
    of_hosts = set(_hosted(until_day)["model"])
    stated = dict(layout.value_pairs(printed, column))
    moves = {model: last[model] - price for model, price in stated.items() if model in last.index}
    unchanged = sum(abs(move) <= PRICE_ROUNDING for move in moves.values())
    others = []
    for count, change in (
        (sum(move < -PRICE_ROUNDING for move in moves.values()), "cut"),
        (sum(move > PRICE_ROUNDING for move in moves.values()), "raised"),
    ):
        others += [f"{number_word(count)} had been {change}"] if count else []
    others += [f"{model} has only hosts' prices" for model in stated if model in of_hosts]
    if unknown := len(set(stated) - set(moves) - of_hosts):
        others.append(f"{number_word(unknown)} cannot be checked")
    verb = layout.verb(unchanged, "was", "were")
    share = f"{number_word(unchanged)} of the article's {number_word(len(printed))} {kind} prices {verb}"
    note = join_words(others)
    return (
        f"{share[0].upper()}{share[1:]} still current",
        f"{note[0].upper()}{note[1:]}." if note else None,
    )


def _direct_prices(listed: pd.DataFrame) -> pd.DataFrame:
    """Prices of models that their developer sells."""
    return listed[listed["own_service"]]


def _hosted(listed: pd.DataFrame) -> pd.DataFrame:
    """Prices of models that only hosts sell; a host of a model with a service of its own is left out."""
    return listed[~listed["model"].isin(_direct_prices(listed)["model"])]


def price_multiples(
    multiples: pd.DataFrame, claimed: Mapping[str, Quantity], *, reference: str, ax: Axes | None = None
) -> Axes:
    """The reference model's price over each rival's, per kind of token, on a log axis; claims as bands.

    `multiples` is `models.frontier.price_multiples`; `claimed` gives the article's range for the rivals that
    have one.
    """
    ax, bands = ax or theme.axes(), {model: layout.bounds(figure) for model, figure in claimed.items()}
    table = multiples.set_index("model").sort_values(f"blended_{MULTIPLE}")
    order = table.index.tolist()
    ax.axvline(1, color=theme.MUTED, linewidth=1.2)
    _draw_claimed_multiples(ax, bands, order)
    _draw_multiples(ax, table)
    ax.set_xscale("log")
    ticks = [0.5, 1, 2, 5, 10, 20, 50]
    ax.set_xticks(ticks, [f"{tick:g}×" for tick in ticks])
    ax.minorticks_off()
    ax.set_yticks(range(len(order)), order)
    ax.set(
        xlabel="", ylabel="", ylim=(-0.6, len(order) - 0.1), xlim=(0.7, float(table.to_numpy().max()) * 1.6)
    )
    theme.legend(ax)
    ends = {model: (float(times.min()), float(times.max())) for model, times in table.iterrows()}
    apart = [model for model, band in bands.items() if not _overlap(ends[model], band)]
    finding = _multiples_finding(reference, list(bands), apart)
    alt = (
        f"Marks on a logarithmic axis for the price of {reference} over {len(order)} models, by kind of"
        " token, with bands over the ranges of the article: "
        + "; ".join(
            f"{model} {ends[model][0]:.3g} to {ends[model][1]:.3g} times, the article {low:g} to {high:g}"
            for model, (low, high) in bands.items()
        )
        + "."
    )
    return theme.set_texts(
        ax, finding, f"Price per token of {reference} over each model's, log scale; bands: the article", alt
    )


def _overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two ranges have a value in common."""
    return one[0] <= other[1] and other[0] <= one[1]


def _multiples_finding(reference: str, claimed: Sequence[str], apart: Sequence[str]) -> str:
    """For how many models the article's range has nothing in common with the prices of its own table."""
    if not apart:
        return f"The article's price ranges for {reference} meet its own table"
    if len(apart) == len(claimed) > 1:
        return f"The article's price ranges for {reference} miss its own table"
    return f"The article's price range next to {join_words(list(apart))} misses its own table"


def _draw_claimed_multiples(ax: Axes, claimed: Mapping[str, tuple[float, float]], order: list[str]) -> None:
    """Bands over the rows of the models for which the article prints a range."""
    for model, (low, high) in claimed.items():
        row = order.index(model)
        ax.fill_between([low, high], row - 0.34, row + 0.34, color=theme.PRINTED, alpha=0.22, linewidth=0)
        label = f"the article: {low:g}–{high:g}×"
        ax.annotate(label, (low, row + 0.4), color=theme.PRINTED, fontsize=9.5, va="bottom", ha="left")


def _draw_multiples(ax: Axes, table: pd.DataFrame) -> None:
    """A mark for each kind of token; the blended price is hollow."""
    for kind, marker in (("input", "o"), ("output", "s"), ("blended", "D")):
        ax.scatter(
            table[f"{kind}_{MULTIPLE}"],
            range(len(table)),
            marker=marker,
            s=54,
            facecolors="none" if kind == "blended" else theme.RECOMPUTED,
            edgecolors=theme.RECOMPUTED,
            linewidths=1.6,
            zorder=4,
            label=f"{kind} tokens",
        )


def price_frontier(
    spells: pd.DataFrame,
    fits: pd.DataFrame,
    *,
    day: theme.Day,
    benchmark: str,
    axes: Sequence[Axes] | None = None,
) -> Axes:
    """Prices of all models that reach a score, the cheapest so far, and the line fitted through its steps.

    Parameters
    ----------
    spells : DataFrame
        `models.prices.price_spells`: ``model``, ``price_usd_per_mtok``, ``score_pct``, ``t`` (decimal year),
        ``valid_on``.
    fits : DataFrame
        `models.prices.at_thresholds`, a row a panel: ``score_level`` and ``threshold_pct`` of the score to
        reach, ``decline_factor_per_year``, ``bootstrap_low``, ``bootstrap_high``, ``level`` (share),
        ``steps``; NaN where too few steps were left.
    day : date or ISO date
        Publication day; prices that are first seen later are hollow.
    benchmark : str
        Name of the scores' benchmark, for the words.
    axes : sequence of Axes, optional
        `theme.panels`, one a row of `fits`, each about 1.9 inches; new ones where not given.

    Raises
    ------
    ValueError
        A column is missing, or there are more or fewer panels than rows.
    """
    layout.require_columns("spells", spells, ("model", PRICE, "score_pct", "t", "valid_on"))
    layout.require_columns("fits", fits, FITTED)
    axes = axes or theme.panels(max(len(fits), 1), height_in=1.6 + 1.9 * len(fits))
    if fits.empty:
        return theme.empty_chart(axes[0], f"a score on {benchmark} to reach")
    layout.require_panels(axes, len(fits), "rows of fits")
    reached = [spells[spells["score_pct"] >= threshold] for threshold in fits["threshold_pct"]]
    if not any(map(len, reached)):
        return theme.empty_chart(axes[0], f"a price of a model that reaches the scores on {benchmark}")
    article_t = float(decimal_year([day])[0])
    lowest = [prices.price_frontier(spells, threshold) for threshold in fits["threshold_pct"]]
    lines = [*map(_line_ends, lowest, fits["decline_factor_per_year"])]
    every = pd.concat(reached)
    times, heights = [*every["t"], article_t], [*every[PRICE], *(end for line in lines for end in line)]
    for ax, rows, steps, line, fit in zip(axes, reached, lowest, lines, fits.to_dict("records"), strict=True):
        layout.scales(ax, times, heights, "usd_per_mtok", log=True)
        ax.set_title(_fit_title(fit), fontsize=layout.NAMED_SIZE, color=theme.INK)
        theme.mark_date(ax, article_t, "")
        if ax is axes[0]:
            _label_publication_day(ax, article_t, day)
        if len(rows):
            _draw_falling_prices(ax, rows, steps, line, article_t)
    alt = (
        f"{number_word(len(fits)).capitalize()} {layout.verb(len(fits), 'panel', 'panels')} with the"
        f" prices of all models that reach a score on {benchmark}, on a logarithmic axis: the cheapest so far"
        " as falling steps, and a straight line fitted through them."
    )
    subtitle = (
        f"Blended list price of models that reach a score on {benchmark}, $ per million tokens, log scale;"
        " steps: the cheapest so far, thin line: fitted"
    )
    return theme.set_texts(axes[0], _decline_finding(fits, benchmark), subtitle, alt)


def _label_publication_day(ax: Axes, article_t: float, day: theme.Day) -> None:
    """Publication day in two lines, left of its line at the top of the axes."""
    theme.text(
        ax,
        f"the article,\n{format_date(pd.Timestamp(day))}",
        (article_t, 1),
        (-4, -3),
        theme.INK,
        ha="right",
        va="top",
        size=layout.NAMED_SIZE,
        xycoords=("data", "axes fraction"),
    )


def _draw_falling_prices(
    ax: Axes, rows: pd.DataFrame, steps: pd.DataFrame, line: Sequence[float], article_t: float
) -> None:
    """Every price that reaches the score, the cheapest so far as steps with the first and last one named, and
    the fitted line by its two ends.
    """
    ax.scatter(rows["t"], rows[PRICE], s=14, color=theme.OPEN, linewidths=0, zorder=2)
    t, price = [*steps["t"], rows["t"].max()], [*steps[PRICE], steps[PRICE].iloc[-1]]
    ax.step(t, price, where="post", color=theme.RECOMPUTED, linewidth=2.0, zorder=3)
    later = steps["t"] > article_t
    for part, mark in ((steps[~later], theme.DOT), (steps[later], theme.HOLLOW)):
        ax.scatter(part["t"], part[PRICE], zorder=4, **(mark | {"s": 24, "linewidths": 1.2}))
    if line:
        ax.plot([t[0], steps["t"].iloc[-1]], line, color=theme.INK, linewidth=1.2, zorder=3.2)
    ends = steps.iloc[[0, -1]].drop_duplicates("t")[["model", "t", PRICE]]
    names = [layout.Name(model, x, y, theme.RECOMPUTED) for model, x, y in ends.itertuples(index=False)]
    grid = np.linspace(t[0], t[-1], 200)
    path = [*zip(grid, np.array(price)[np.searchsorted(t, grid, side="right") - 1], strict=True)]
    if line:
        path += zip(np.linspace(t[0], t[-2], 200), np.geomspace(line[0], line[1], 200), strict=True)
    layout.name_points(ax, names, rows[["t", PRICE]], path)


def _fit_title(fit: Mapping[Hashable, Any]) -> str:
    """The score of a panel, and by how much its price falls a year."""
    title = f"{fit['score_level']}, {fit['threshold_pct']:g}% or more: "
    if math.isnan(fit["decline_factor_per_year"]):
        return f"{title}{fit['steps']} {layout.verb(fit['steps'], 'step', 'steps')}, too few to fit"
    title += f"{_times(fit['decline_factor_per_year'])}-fold cheaper a year"
    low, high = fit["bootstrap_low"], fit["bootstrap_high"]
    interval = (
        ", no interval" if math.isnan(low) else f" ({fit['level']:.0%}: {_times(low)} to {_times(high)})"
    )
    return f"{title}{interval}, {fit['steps']} steps"


def _decline_finding(fits: pd.DataFrame, benchmark: str) -> str:
    """By how much prices at a fixed score fell a year, over all scores."""
    fitted = fits.dropna(subset="decline_factor_per_year")
    if fitted.empty:
        return f"Too few prices at a fixed score on {benchmark} for a trend"
    low, high = fitted["decline_factor_per_year"].min(), fitted["decline_factor_per_year"].max()
    fall = f"{_times(low)}-fold" if len(fitted) == 1 else f"{_times(low)}- to {_times(high)}-fold"
    return f"Reaching a fixed score has become {fall} cheaper a year"


def _line_ends(steps: pd.DataFrame, factor: float) -> list[float]:
    """Heights of the fitted line at the first and the last step; it runs through the mean of its points."""
    if math.isnan(factor):
        return []
    t, log_price = steps["t"], np.log(steps[PRICE])
    ends = t.iloc[[0, -1]].to_numpy(float)
    return np.exp(log_price.mean() - math.log(factor) * (ends - t.mean())).tolist()


def _times(factor: float) -> str:
    """A factor to two digits."""
    return layout.amount(factor, "count")


def training_trend(
    training_cost: pd.DataFrame,
    line: Trend,
    by_basis: pd.DataFrame,
    *,
    basis: str,
    claim: Quantity,
    day: theme.Day,
    ax: Axes | None = None,
) -> Axes:
    """What training runs cost on one basis, the trend through them, and the cost that the article gives.

    Parameters
    ----------
    training_cost : DataFrame
        ``run, model, valid_on, training_cost_usd``; the sample of the basis is drawn, its three most
        expensive models are named.
    line : Trend
        `models.frontier.cost_trend` of that sample.
    by_basis : DataFrame
        `models.frontier.cost_by_basis`, with a row of the basis.
    basis : str
        The basis, as `by_basis` names it.
    claim : Quantity
        The cost that the article gives for a run of `CLAIMED_RUN`, billion dollars.
    day : date or ISO date
        Publication day.
    ax : Axes, optional
        New ones where not given.
    """
    row = by_basis.set_index("basis").loc[basis]
    sample = training_cost[training_cost["run"] == row["run"]]
    cost, least_usd = sample["training_cost_usd"], layout.bounds(claim)[0] * 1e9
    most_expensive = sample.index.isin(cost.nlargest(3).index)
    points = pd.DataFrame(
        {"t": decimal_year(sample["valid_on"]), "y": cost, "label": sample["model"].where(most_expensive, "")}
    )
    ax = trends.fitted(
        points,
        line.forecast(np.linspace(line.period[0], math.ceil(CLAIMED_RUN), 60)),
        finding=f"Training costs have grown {row['factor']:.1f}-fold a year ({basis})",
        subtitle="Cost of the final training run, $ of December 2024",
        unit="usd",
        claim=trends.ClaimedTrend(f"GPT-5, by the article {claim.text}", least_usd, CLAIMED_RUN, ">"),
        day=day,
        ax=ax,
    )
    one, largest = (by_basis.set_index("basis")[name].to_dict()[basis] for name in ("p_one", "p_dearest"))
    theme.chart_of(ax).note = (
        f"If the trend went on, {odds(one)} training runs of {int(CLAIMED_RUN)} ({share_in_words(one)}) would"
        f" cost more than the article says. For the most expensive of {row['yearly']} that chance is"
        f" {share_in_words(largest)}."
    )
    return ax
