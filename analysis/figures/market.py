"""How large is the market? Sizes and growth rates of the article and of other forecasters, simulated futures
and what they add up to.

Decisions
- A printed figure is orange-brown and a ring or a band, a recomputed or sourced one is blue and a dot.
- What the article states as a range is drawn as a band over the whole row that it speaks of.
- Forecasts show how far forecasters are apart and never a level that is right; one of another market or scope
  is hollow.
- Fans and bars of simulated paths hold 50% and 90% of the draws; a sum of a path is never the sum of
  quantiles.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from math import floor
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.text import Annotation
from numpy.typing import NDArray

from analysis.audit.cell_checks.finding import verdict_between
from analysis.audit.facts import exact
from analysis.figures import layout, simulation, theme
from analysis.labels import join_words, number_word
from analysis.models import market
from analysis.statistics import backtest, growth
from analysis.statistics.trend import decimal_year
from analysis.units import format_date, format_value

OPEN_RING: dict[str, Any] = theme.RING | {"facecolors": "none", "s": 62, "zorder": 3, "clip_on": True}
"""A ring through which a dot of ours is seen."""

QUANTILES = ("p5", "p25", "p50", "p75", "p95")


def growth_rates(checks: pd.DataFrame, *, years: float, ax: Axes | None = None) -> Axes:
    """A row per segment: the printed rate, the recomputed one, and the distance between them.

    `checks` is `models.market.growth_checks` over `years` elapsed years.
    """
    import seaborn as sns  # three quarters of a second: only where it is used

    ax = ax or theme.axes()
    table = checks.sort_values("recomputed_pct", ignore_index=True)
    ax.hlines(
        table.index, table["stated_pct"], table["recomputed_pct"], color=theme.GRID, linewidth=3, zorder=2
    )
    ax.scatter(table["stated_pct"], table.index, **OPEN_RING)
    sns.scatterplot(x=table["recomputed_pct"], y=table.index, ax=ax, legend=False, **layout.LARGE_DOT)
    _label_rates(ax, table)
    top = table.index[-1]
    ax.set_yticks(table.index, table["segment"])
    ax.set(
        xlabel="",
        ylabel="",
        xlim=(0, table[["stated_pct", "recomputed_pct"]].to_numpy().max() * 1.15),
        ylim=(-0.6, top + 0.7),
    )
    rates = "; ".join(
        f"{row['segment']} {row['stated_pct']:.0f}% in the article, {row['recomputed_pct']:.0f}% by its sizes"
        for row in table.to_dict("records")
    )
    alt = f"Two marks for each of {len(table)} segments: {rates}."
    subtitle = f"Growth a year, per cent, over {years:g} years; ring: the article, dot: by its own sizes"
    periods = f"{checks['implied_years'].mean():.1f} years"
    note = f"The article's rates fit its sizes over about {periods}."
    return theme.set_texts(
        ax, _differences_finding(table["difference_points"], years), subtitle, alt, note=note
    )


def _label_rates(ax: Axes, table: pd.DataFrame) -> None:
    """Both rates next to their marks, and what the marks are over those of the top row."""
    for row, stated, recomputed in table[["stated_pct", "recomputed_pct"]].itertuples():
        side = 1 if recomputed >= stated else -1
        layout.side_label(ax, stated, row, f"{stated:.0f}", -side, theme.PRINTED)
        layout.side_label(ax, recomputed, row, f"{recomputed:.1f}", side, theme.RECOMPUTED)
    top = table.index[-1]
    for kind, column, color in (
        ("the article", "stated_pct", theme.PRINTED),
        ("by its sizes", "recomputed_pct", theme.RECOMPUTED),
    ):
        at = (table[column][top], top)
        ax.annotate(kind, at, xytext=(0, 12), textcoords="offset points", ha="center", color=color)


def _differences_finding(differences: pd.Series, years: float) -> str:
    """How many printed rates are too low and by how much, or how many come out as printed."""
    rates, off, low = len(differences), int((differences.abs() >= 1).sum()), float(differences.min())
    if off == rates and low > 0:
        verb = layout.verb(off, "is", "are")
        return f"{_count(off, rates)} growth rates in the article {verb} at least {floor(low)} points too low"
    right = _count(rates - off, rates).lower()
    return f"Over {years:g} years {right} growth rates fit the article's sizes"


def implied_periods(
    rates: pd.DataFrame, checks: pd.DataFrame, *, years: float, ax: Axes | None = None
) -> Axes:
    """Our growth rate less the article's by elapsed years, a line per segment; zero is right."""
    import seaborn as sns  # three quarters of a second: only where it is used

    ax = ax or theme.axes(grid="both")
    gaps = rates.assign(gap=rates["recomputed_pct"] - rates["stated_pct"])
    sns.lineplot(
        gaps,
        x="years",
        y="gap",
        hue="segment",
        palette=[theme.MUTED] * gaps["segment"].nunique(),
        legend=False,
        linewidth=1.4,
        ax=ax,
    )
    ax.axhline(0, color=theme.PRINTED, linewidth=1.6)
    right = float(checks["implied_years"].mean())
    ax.axvline(years, color=theme.RECOMPUTED, linewidth=1.4, linestyle=(0, (4, 3)))
    # The label stands on the side of the line where the fan of segments is not.
    _note(ax, years, gaps["gap"].max() * 0.93, f"{years:g} years, as\nwe count", theme.RECOMPUTED, "left")
    _note(ax, right, 0, f"{right:.1f} years: the article", theme.PRINTED, "left", dy=9)
    ax.scatter([right], [0], color=theme.PRINTED, s=50, zorder=4)
    ax.set(xlabel="elapsed years taken between the two sizes", ylabel="")
    ax.set_xticks(sorted(gaps["years"].unique()))
    spread = checks["implied_years"].max() - checks["implied_years"].min()
    finding = f"The article's growth rates assume {right:.0f} years; 2024 to 2028 is four"
    alt = (
        f"Lines for {len(checks)} segments fall from above zero to below it as the number of years rises;"
        f" they cross zero within {spread:.2f} years of each other."
    )
    return theme.set_texts(ax, finding, "Growth by the article's sizes less the rate it gives, points", alt)


def _note(ax: Axes, x: float, y: float, text: str, color: str, ha: str, dy: float = 0) -> None:
    """A label next to a line or a mark, some points higher where `dy` says so."""
    ax.annotate(
        text,
        (x, y),
        xytext=(6 if ha == "left" else -6, dy),
        textcoords="offset points",
        color=color,
        ha=ha,
        va="center",
    )


def growth_forecasts(
    forecasts: pd.DataFrame,
    printed: pd.DataFrame,
    spread: pd.DataFrame | None = None,
    *,
    ax: Axes | None = None,
) -> Axes:
    """A row per segment: the printed growth rate against those that follow from forecasters' own sizes.

    Parameters
    ----------
    forecasts : DataFrame
        The evidence table ``market_size_forecasts``: ``segment``, ``scope_fit`` (``close`` counts, the rest
        is hollow), ``base_year``, ``base_usd_bn``, ``end_year``, ``end_usd_bn``.
    printed : DataFrame
        ``segment`` and ``cagr_pct``, as the article's table has them.
    spread : DataFrame, optional
        `models.market.dispersion` of their sizes in 2028, for the note.

    Raises
    ------
    ValueError
        A column is missing.
    """
    ax = ax or theme.axes()
    layout.require_columns(
        "forecasts", forecasts, ("segment", "scope_fit", "base_year", "base_usd_bn", "end_year", "end_usd_bn")
    )
    layout.require_columns("printed", printed, ("segment", "cagr_pct"))
    stated = dict(zip(printed["segment"], printed["cagr_pct"].astype(float), strict=True))
    covered = forecasts[forecasts["segment"].isin(list(stated))].reset_index(drop=True)
    if covered.empty:
        return theme.empty_chart(ax, "a forecast of the printed segments")
    years = covered["end_year"] - covered["base_year"]
    rates = [
        growth.cagr_pct(*sizes)
        for sizes in zip(covered["base_usd_bn"], covered["end_usd_bn"], years, strict=True)
    ]
    covered = covered.assign(rate=rates)
    _draw_segments(ax, covered, "rate", stated, {"s": 38})
    for row, rate in zip(_row_heights(stated).values(), stated.values(), strict=True):
        theme.text(ax, f"{rate:g}%", (rate, row), (0, 8), theme.PRINTED, ha="center", va="bottom")
    ax.set(xlim=(0, 1.08 * max(*rates, *stated.values())))
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:.0f}%")
    alt = (
        f"A row for each of {number_word(len(stated))} segments with a ring at the printed growth rate"
        f" and {len(covered)} marks at the rates of forecasters; filled marks count the same market, hollow"
        " ones a part of it or more."
    )
    subtitle = (
        "Growth a year, per cent, from each forecaster's own years; ring: the article, filled: the same"
        " market, hollow: another"
    )
    note = None if spread is None else _spread_note(spread["spread_x"].dropna(), stated)
    return theme.set_texts(ax, _growth_finding(_same_scope(covered), stated), subtitle, alt, note=note)


def _spread_note(spread: pd.Series, stated: Mapping[str, float]) -> str:
    """How far forecasters of one segment are apart in the size of 2028, and whether that is more than a fifth
    period makes at the printed growth rates: 1 + rate.
    """
    if spread.empty:
        return "No two forecasts of one segment reach 2028."
    low, high = spread.min(), spread.max()
    note = f"For 2028 the highest forecast of a market is {low:.1f} to {high:.1f} times the lowest."
    if low > 1 + max(stated.values()) / 100:
        note += " That spread is wider than the difference between four and five years."
    return note


def _growth_finding(close: pd.DataFrame, stated: Mapping[str, float]) -> str:
    """How many of the article's growth rates lie outside those of forecasts of the same market."""
    ends = close.groupby("segment")["rate"].agg(["min", "max"])
    if ends.empty:
        return "No forecast counts the same market"
    outside = sum(not row["min"] <= stated[str(segment)] <= row["max"] for segment, row in ends.iterrows())
    verb = layout.verb(outside or len(ends), "lies", "lie")
    if outside in (0, len(ends)):
        place = "outside" if outside else "within"
        rates = layout.verb(len(ends), "The one comparable growth rate", "All comparable growth rates")
        return f"{rates} {verb} {place} the forecasts"
    part = f"{_count(outside, len(ends))} of {number_word(len(ends))}"
    return f"{part} comparable growth rates {verb} outside the forecasts"


def forecast_ranges(
    sizes_by_forecaster: pd.DataFrame, printed: pd.DataFrame, *, year: int, ax: Axes | None = None
) -> Axes:
    """A row per segment: the printed size of a year against what forecasters give for it.

    Parameters
    ----------
    sizes_by_forecaster : DataFrame
        `models.market.forecast_sizes`: ``segment``, ``scope_fit`` and ``size_YEAR_usd_bn``.
    printed : DataFrame
        ``segment`` and ``size_YEAR_usd_bn``.
    year : int
        The year of the sizes.
    """
    ax, column = ax or theme.axes(), f"size_{year}_usd_bn"
    of_segments = sizes_by_forecaster["segment"].isin(printed["segment"])
    covered = sizes_by_forecaster[of_segments].dropna(subset=column)
    if covered.empty:
        return theme.empty_chart(ax, f"a forecast that covers {year}")
    ax.set_xscale("log")
    sizes = dict(layout.value_pairs(printed, column, "segment"))
    _draw_segments(ax, covered, column, sizes, {})
    for row, size in zip(_row_heights(sizes).values(), sizes.values(), strict=True):
        label = format_value(size, "usd_bn", 1)
        theme.text(ax, label, (size, row), (0, 8), theme.PRINTED, ha="center", va="bottom")
    layout.money_ticks(ax.xaxis, [*covered[column], *sizes.values()], "bn")
    alt = (
        f"A row for each of {len(sizes)} segments with a ring at the article's size of {year} and"
        f" {len(covered)} marks at the values of forecasters on a logarithmic axis; filled marks count the"
        " same market, hollow ones a part of it or more."
    )
    subtitle = (
        f"Market size in {year}, $bn, log scale; ring: the article, filled: forecasts of the same market,"
        " hollow: of another"
    )
    return theme.set_texts(ax, _sizes_finding(_same_scope(covered), sizes, year), subtitle, alt)


def _sizes_finding(close: pd.DataFrame, sizes: Mapping[Any, float], year: int) -> str:
    """What forecasts of the same market say of the article's sizes, decided as the cells of its table are: by
    two firms or more, and not by a range that hardly any figure could miss.
    """
    if close.empty:
        return f"No forecast of the same market covers {year}"
    sides = []
    for segment, part in close.groupby("segment"):
        values, size = part[f"size_{year}_usd_bn"], sizes[segment]
        verdict = verdict_between(exact(size), values.min(), values.max())
        if len(set(part["forecaster"])) > 1 and verdict != "uncheckable":
            sides.append("right" if verdict == "holds" else "too low" if size < values.min() else "too high")
    if not sides:
        return f"Forecasts can check none of the article's {year} sizes"
    count, wrong = len(sides), sum(side != "right" for side in sides)
    if wrong in (0, count):
        side = sides[0] if len(set(sides)) == 1 else "wrong"
        which = f"one {year} size" if count == 1 else f"{number_word(count)} {year} sizes"
        return f"The {which} that forecasts can check {layout.verb(count, 'is', 'are')} {side}"
    verb = layout.verb(wrong, "is", "are")
    return (
        f"{_count(wrong, count)} of {number_word(count)} {year} sizes that forecasts can check {verb} wrong"
    )


def _row_heights(printed: Mapping[str, float]) -> dict[str, int]:
    """The height of each segment's row, the first at the top."""
    return {segment: len(printed) - 1 - index for index, segment in enumerate(printed)}


def _same_scope(forecasts: pd.DataFrame) -> pd.DataFrame:
    """Forecasts that count the same market as the article."""
    return forecasts[forecasts["scope_fit"] == "close"]


def _draw_segments(
    ax: Axes, forecasts: pd.DataFrame, column: str, printed: Mapping[str, float], style: dict[str, Any]
) -> None:
    """A row per segment: a ring at the printed value, a dot at each forecast of the same scope and a line
    over their range, and hollow marks at the other forecasts.
    """
    rows = _row_heights(printed)
    close = _same_scope(forecasts)
    for segment, values in close.groupby("segment")[column]:
        ax.hlines(rows[str(segment)], values.min(), values.max(), color=theme.GRID, linewidth=4, zorder=2)
    for part, mark in ((forecasts.drop(close.index), theme.HOLLOW), (close, theme.DOT)):
        ax.scatter(part[column], part["segment"].map(rows), zorder=3, **(mark | style))
    ax.scatter(list(printed.values()), list(rows.values()), **theme.RING)
    ax.set_yticks(list(rows.values()), [segment.replace(" (", "\n(") for segment in rows])
    ax.set(xlabel="", ylabel="", ylim=(-0.6, len(rows) - 0.3))


def required_revenue(
    grid: pd.DataFrame, *, years: float, segments_usd_bn: float, ax: Axes | None = None
) -> Axes:
    """Yearly revenue that the return asked for needs, against what the article's segments come to.

    Parameters
    ----------
    grid : DataFrame
        `models.market.required_revenue_grid`: ``return_pct``, ``multiple_x``, ``revenue_usd_bn``.
    years : float
        Years to the exit.
    segments_usd_bn : float
        The article's five segments in 2028; a cell above them is bold.
    """
    table = grid.pivot(index="return_pct", columns="multiple_x", values="revenue_usd_bn")
    return simulation.heat_map(
        table.rename(index="{:g}".format, columns="{:.3g}".format),
        mark=segments_usd_bn,
        xlabel="what buyers then pay, times revenue",
        ylabel="return asked for, per cent a year",
        finding="{above} of {cases} cases need more revenue than all five markets in 2028",
        subtitle=(
            "Yearly revenue needed in {years:g} years, $bn; bold: above the five markets' ${segments:.0f}bn"
        ),
        ax=ax,
        above=int((grid["revenue_usd_bn"] > segments_usd_bn).sum()),
        cases=len(grid),
        years=years,
        segments=segments_usd_bn,
    )


def record_and_paths(
    series: Mapping[str, pd.Series],
    ahead: pd.DataFrame,
    *,
    unit: str,
    subtitle: str,
    axes: Sequence[Axes] | None = None,
) -> Axes:
    """Regular series as bars, and beyond the record fans of simulated paths with the naive forecast.

    Parameters
    ----------
    series : mapping of name to Series
        Values in `unit` by the day on which their period ends.
    ahead : DataFrame
        `backtest.simulate_ahead`: ``series``, ``decimal_year``, ``p5 p25 p50 p75 p95``, ``naive``; a panel
        for each of its series, in their order.
    unit : str
        A name of `units.UNITS`.
    subtitle : str
        What is measured, in which unit and per what.
    axes : sequence of Axes, optional
        `theme.panels`, one a series.

    Raises
    ------
    ValueError
        A column is missing, a series has no record, or there are more or fewer panels than series.
    """
    layout.require_columns("ahead", ahead, backtest.AHEAD)
    fans = {str(name): part for name, part in ahead.groupby("series", sort=False)}
    if not fans:
        return theme.empty_chart(axes[0] if axes else theme.axes(), "a series that is long enough")
    axes = axes or theme.panels(len(fans), height_in=1.6 + 1.5 * len(fans))
    layout.require_panels(axes, len(fans), "series")
    if unknown := [name for name in fans if name not in series]:
        raise ValueError(f"series has no {unknown[0]!r}; each series ahead needs its record")
    series = {name: series[name].sort_index() for name in fans}
    first = min(float(decimal_year([record.index[0]])[0]) for record in series.values())
    ends = {}
    for ax, (name, record) in zip(axes, series.items(), strict=True):
        t = decimal_year(pd.DatetimeIndex(record.index))
        width = float(np.median(np.diff(t))) if len(t) > 1 else 0.25
        fan = _fan_from_record(fans[name], t[-1], record.iloc[-1])
        heights = [*record, *fan["p95"], *fan["naive"], 0]
        layout.scales(ax, [first - width, ahead["decimal_year"].max()], heights, unit, False)
        _draw_record(ax, t, record, width)
        _draw_paths(ax, fan)
        ends[name] = fan.iloc[-1]
        if len(series) > 1:
            ax.set_title(name, fontsize=layout.NAMED_SIZE, color=theme.INK)
        layout.record_end(ax, float(t[-1]), low=False)
        _label_ends(ax, ends[name], unit)
    counts = join_words([f"{len(values)} values of {name}" for name, values in series.items()])
    alt = (
        f"Bars for {counts}, then shaded fans of simulated futures with their median and a dashed naive"
        " forecast."
    )
    subtitle += "; forecast: median, 50% and 90% of simulated futures, dashed: a naive forecast"
    return theme.set_texts(axes[0], _paths_finding(ends, unit), subtitle, alt)


def _fan_from_record(fan: pd.DataFrame, t: float, value: float) -> pd.DataFrame:
    """A fan by time that opens from the last value of the record."""
    start = pd.DataFrame([{"decimal_year": t} | dict.fromkeys((*QUANTILES, "naive"), value)])
    by_time = pd.concat([start, fan.sort_values("decimal_year")], ignore_index=True)
    return by_time[["decimal_year", *QUANTILES, "naive"]].astype(float)


def _draw_record(ax: Axes, t: NDArray[np.float64], record: pd.Series, width: float) -> None:
    """Bars that end where their periods end."""
    ax.bar(
        t,
        record,
        width=-0.84 * width,
        align="edge",
        color=theme.RECOMPUTED,
        alpha=0.55,
        linewidth=0,
        zorder=2,
    )


def _draw_paths(ax: Axes, fan: pd.DataFrame) -> None:
    """The fan of simulated paths with its median, and the naive forecast as a dashed line."""
    time = fan["decimal_year"]
    for low, high, alpha in simulation.BANDS:
        lower, upper = (fan[f"p{100 * level:.0f}"] for level in (low, high))
        ax.fill_between(time, lower, upper, color=theme.RECOMPUTED, alpha=alpha, linewidth=0)
    ax.plot(time, fan["p50"], color=theme.RECOMPUTED, linewidth=2.2, zorder=4)
    ax.plot(time, fan["naive"], color=theme.INK, linewidth=1.6, linestyle=theme.DASHED, zorder=4)


def _label_ends(ax: Axes, last: pd.Series, unit: str) -> None:
    """The 90% range, the median and the naive forecast at the end of the forecast."""
    labels = [theme.Label(last[key], layout.amount(last[key], unit), theme.MUTED) for key in ("p5", "p95")]
    for key, name, color in (("p50", "median", theme.RECOMPUTED), ("naive", "naive", theme.INK)):
        labels.append(theme.Label(last[key], f"{name} {layout.amount(last[key], unit)}", color))
    theme.edge_labels(ax, labels)


def _paths_finding(ends: Mapping[str, pd.Series], unit: str) -> str:
    """Where the simulated futures of one series end, or how many of several series keep rising."""
    if len(ends) == 1:
        ((name, last),) = ends.items()
        low, high = (layout.amount(last[key], unit) for key in ("p5", "p95"))
        return (
            f"{name} reaches {low} to {high} by {layout.year_month(last['decimal_year'])} in 90% of futures"
        )
    inside = sum(bool(last["p5"] <= last["naive"] <= last["p95"]) for last in ends.values())
    return (
        f"Our forecasts agree with a naive one for {number_word(inside)} of {number_word(len(ends))} series"
    )


def share_of_sum(
    shares: pd.DataFrame,
    *,
    amount_usd_bn: float,
    subject: str,
    threshold: float,
    reading: str,
    ax: Axes | None = None,
) -> Axes:
    """An amount as a share of simulated sums, a row per span that is summed, with a statement's threshold.

    Parameters
    ----------
    shares : DataFrame
        `backtest.SumShare.table` of several spans below one another: ``ahead`` (the span in words: the
        next two years), ``quantile_level`` (0.05, 0.25, 0.5, 0.75 and 0.95) and ``share`` (ratio).
    amount_usd_bn : float
        The amount, billion dollars.
    subject : str
        What is summed: NVIDIA's data-centre revenue.
    threshold : float
        The share from which the statement is taken to be true, above 0.
    reading : str
        The statement, for the label of its line.

    Raises
    ------
    ValueError
        A column or a quantile is missing, a span has one twice, or the threshold is not above zero.
    """
    layout.require_columns("shares", shares, ("ahead", "quantile_level", "share"))
    ax = ax or theme.axes(height_in=1.6 + 0.6 * shares["ahead"].nunique())
    if not threshold > 0:
        raise ValueError(f"threshold is {threshold}; give a share above 0, 0.2 for 20%")
    if shares.empty:
        return theme.empty_chart(ax, "a simulated sum")
    wide = _percent_by_quantile(shares)
    rows = range(len(wide) - 1, -1, -1)
    names = [_draw_share(ax, row, share) for row, share in zip(rows, wide.to_dict("records"), strict=True)]
    _draw_threshold(ax, 100 * threshold, reading)
    ax.set_yticks(list(rows), wide.index)
    right = 1.12 * max(100 * threshold, wide["p95"].max())
    ax.set(xlabel="", ylabel="", ylim=(-0.6, len(wide) - 0.3), xlim=(0, right))
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:.0f}%")
    layout.keep_inside(ax, names)
    amount = format_value(amount_usd_bn, "usd_bn", 0)
    alt = (
        f"A bar for each of {number_word(len(wide))} {layout.verb(len(wide), 'span', 'spans')} with the"
        f" share that {amount} is of the simulated sum. A line stands at {100 * threshold:g}%."
    )
    subtitle = (
        f"{amount} as a share of {subject}, simulated and summed, per cent; dot: median, bars: 50% and 90% of"
        " futures"
    )
    return theme.set_texts(ax, _share_finding(wide, amount, subject, threshold), subtitle, alt)


def _percent_by_quantile(shares: pd.DataFrame) -> pd.DataFrame:
    """Shares in percent, a row per span and a column per quantile, each of which there must be once."""
    levels = {0.05: "p5", 0.25: "p25", 0.5: "p50", 0.75: "p75", 0.95: "p95"}
    if (twice := shares.duplicated(["ahead", "quantile_level"])).any():
        again = shares[twice].iloc[0]
        raise ValueError(
            f"quantile {again['quantile_level']:g} of {again['ahead']!r} stands twice; give each once"
        )
    wide = shares.pivot(index="ahead", columns="quantile_level", values="share").reindex(
        shares["ahead"].unique()
    )
    if lacking := [level for level in levels if level not in wide or wide[level].isna().any()]:
        raise ValueError(
            f"shares has no quantile {lacking[0]:g}; it needs {', '.join(f'{q:g}' for q in levels)}"
        )
    return 100 * wide[list(levels)].rename(columns=levels)


def _draw_share(ax: Axes, row: int, share: Mapping[Hashable, float]) -> Annotation:
    """Bars over 50% and 90% of the paths and a dot at the median, with their numbers; gives the label."""
    for (low, high, alpha), thickness in zip(simulation.BANDS, (9, 16), strict=True):
        ax.hlines(
            row,
            share[f"p{100 * low:.0f}"],
            share[f"p{100 * high:.0f}"],
            color=theme.RECOMPUTED,
            linewidth=thickness,
            alpha=alpha + 0.1,
            capstyle="butt",
            zorder=2,
        )
    ax.scatter([share["p50"]], [row], zorder=4, **theme.DOT)
    label = f"{_percent(share['p50'])} ({_percent(share['p5'])} to {_percent(share['p95'])})"
    return theme.text(ax, label, (share["p50"], row), (0, 14), theme.RECOMPUTED, ha="center", va="bottom")


def _draw_threshold(ax: Axes, percent: float, reading: str) -> None:
    """A vertical line from which a statement is taken to be true, with the statement above it."""
    ax.axvline(percent, color=theme.PRINTED, linewidth=1.8, zorder=1)
    theme.text(
        ax,
        f"{reading}: from {percent:g}%",
        (percent, 1),
        (0, 3),
        theme.PRINTED,
        ha="center",
        va="bottom",
        xycoords=("data", "axes fraction"),
    )


def _share_finding(wide: pd.DataFrame, amount: str, subject: str, threshold: float) -> str:
    level = 100 * threshold
    if (wide["p95"] < level).all():
        return f"{amount} is well under {level:g}% of {subject}"
    if (wide["p5"] >= level).all():
        return f"{amount} is {level:g}% or more of {subject}"
    return f"It is open whether {amount} reaches {level:g}% of {subject}"


def _percent(share: float) -> str:
    """Percent, with a decimal only below ten."""
    return f"{share:.0f}%" if share >= 10 else f"{share:.1f}%"


def chip_revenue(
    quarters: pd.DataFrame,
    *,
    investment_usd_bn: float,
    day: theme.Day,
    ax: Axes | None = None,
    as_of: theme.Day | None = None,
) -> Axes:
    """NVIDIA's data-centre revenue by quarter, with the printed investment as a line.

    Parameters
    ----------
    quarters : DataFrame
        ``valid_on`` (end of the quarter), ``known_on``, ``data_center_revenue_usd_mn``.
    investment_usd_bn : float
        The printed investment.
    day : date or ISO date
        Publication day; quarters reported after it are hollow.
    as_of : date or ISO date, optional
        The day up to which the quarters were known.
    """
    ax = ax or theme.axes(grid="y")
    day, until = pd.Timestamp(day), layout.finding_day(day, as_of)
    table = quarters.sort_values("valid_on").assign(usd_bn=lambda t: t["data_center_revenue_usd_mn"] / 1000)
    reported = table[table["known_on"] <= day]
    if reported.empty:
        return theme.empty_chart(ax, f"a quarter reported by {format_date(until)}")
    later = table.drop(reported.index)
    _draw_quarters(ax, reported, later)
    _label_quarters(ax, table.tail(len(later) + 1), day)
    investment = format_value(investment_usd_bn, "usd_bn", 0)
    _draw_investment(ax, investment_usd_bn, f"the investment, {investment}")
    theme.mark_date(ax, day, f"the article, {format_date(day)}")
    first, last = table["valid_on"].min(), max(day, table["valid_on"].max())
    theme.dates(ax, first - pd.Timedelta(days=90), last + pd.Timedelta(days=20))
    ax.set(xlabel="", ylabel="")
    ax.margins(y=0.1)
    ax.yaxis.set_major_formatter(lambda y, _: f"${y:g}bn")
    newest_usd_bn = reported["usd_bn"].iloc[-1]
    weeks = market.weeks_of_sales(investment_usd_bn, reported)
    finding = f"{investment} is {weeks:.0f} weeks of NVIDIA's data-centre sales"
    alt = (
        f"Bars for {len(table)} quarters of data-centre revenue, the last reported by {format_date(until)}"
        f" at {newest_usd_bn:.1f} billion dollars. {number_word(len(later)).capitalize()} reported later,"
        " hollow. A line marks the investment."
    )
    subtitle = f"Data-centre revenue a quarter, $bn; weeks at the pace reported by {format_date(until)}"
    subtitle += "; hollow: reported after publication day" if len(later) else ""
    return theme.set_texts(ax, finding, subtitle, alt)


def _draw_quarters(ax: Axes, reported: pd.DataFrame, later: pd.DataFrame) -> None:
    """Bars that end with their quarter, hollow for those reported later."""
    for part, face in ((reported, theme.RECOMPUTED), (later, "none")):
        ax.bar(
            part["valid_on"],
            part["usd_bn"],
            width=-76,
            align="edge",
            facecolor=face,
            edgecolor=theme.RECOMPUTED,
            linewidth=1.2,
            zorder=2,
        )


def _label_quarters(ax: Axes, quarters: pd.DataFrame, day: pd.Timestamp) -> None:
    """Revenue over the bars, so that no label stands on the line of the day."""
    for end, value in quarters[["valid_on", "usd_bn"]].itertuples(index=False):
        before = end <= day
        theme.text(
            ax,
            f"{value:.1f}",
            (end - pd.Timedelta(days=8 if before else 56), value),
            (0, 2),
            theme.RECOMPUTED,
            ha="right" if before else "left",
            va="bottom",
            size=9.5,
        )


def _draw_investment(ax: Axes, usd_bn: float, label: str) -> None:
    """A level line with its label at the left end."""
    ax.axhline(usd_bn, color=theme.PRINTED, linewidth=1.8, zorder=3)
    theme.text(
        ax,
        label,
        (0.005, usd_bn),
        (0, 3),
        theme.PRINTED,
        va="bottom",
        xycoords=("axes fraction", "data"),
    )


def _count(part: int, total: int) -> str:
    """A count of rates in words, as a sentence begins."""
    words: Sequence[str] = ("None", "One", "Two", "Three", "Four", "Five", "Six")
    return (
        f"All {words[total].lower()}"
        if part == total and total < len(words)
        else words[part]
        if part < len(words)
        else str(part)
    )
