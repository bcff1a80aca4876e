"""How large is the market? Printed sizes and growth rates, those that other forecasters give, simulated paths
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

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from analysis.figures import layout, simulation, theme
from analysis.labels import join_words, number_word
from analysis.models import market
from analysis.statistics import growth
from analysis.statistics.trend import decimal_year
from analysis.units import format_date, format_value

LARGE_RING: dict[str, Any] = {
    "facecolors": "none",
    "edgecolors": theme.PRINTED,
    "linewidths": 2.0,
    "s": 62,
    "zorder": 3,
}

QUANTILES = ("p5", "p25", "p50", "p75", "p95")

WEEKS = 13
"""Weeks in a quarter."""


def growth_rates(checks: pd.DataFrame, *, years: float, ax: Axes) -> Axes:
    """A row per segment: the printed rate, the recomputed one, and the distance between them.

    `checks` is `models.market.growth_checks` over `years` elapsed years.
    """
    table = checks.sort_values("recomputed_pct", ignore_index=True)
    ax.hlines(
        table.index, table["stated_pct"], table["recomputed_pct"], color=theme.GRID, linewidth=3, zorder=2
    )
    ax.scatter(table["stated_pct"], table.index, **LARGE_RING)
    sns.scatterplot(x=table["recomputed_pct"], y=table.index, ax=ax, legend=False, **layout.LARGE_DOT)
    for row, stated, found in zip(table.index, table["stated_pct"], table["recomputed_pct"], strict=True):
        side = 1 if found >= stated else -1
        layout.side_label(ax, stated, row, f"{stated:.0f}", -side, theme.PRINTED)
        layout.side_label(ax, found, row, f"{found:.1f}", side, theme.RECOMPUTED)
    top = table.index[-1]
    ax.annotate(
        "printed",
        (table["stated_pct"][top], top),
        xytext=(0, 12),
        textcoords="offset points",
        ha="center",
        color=theme.PRINTED,
    )
    ax.annotate(
        "recomputed",
        (table["recomputed_pct"][top], top),
        xytext=(0, 12),
        textcoords="offset points",
        ha="center",
        color=theme.RECOMPUTED,
    )
    ax.set_yticks(table.index, table["segment"])
    ax.set(
        xlabel="",
        ylabel="",
        xlim=(0, table[["stated_pct", "recomputed_pct"]].to_numpy().max() * 1.15),
        ylim=(-0.6, top + 0.7),
    )
    off = (table["difference_points"].abs() >= 1).sum()
    low, high = table["difference_points"].abs().min(), table["difference_points"].abs().max()
    finding = (
        f"{_count(off, len(table))} printed growth rates are {low:.0f} to {high:.0f} points too low"
        if off and table["difference_points"].min() > 0
        else (
            f"Over {years:g} years {_count(len(table) - off, len(table)).lower()} printed growth rates come"
            " out as printed"
        )
    )
    told = "; ".join(
        f"{row['segment']} {row['stated_pct']:.0f}% printed, {row['recomputed_pct']:.0f}% recomputed"
        for row in table.to_dict("records")
    )
    alt = f"Two marks for each of {len(table)} segments: {told}."
    return theme.set_texts(ax, finding, f"Growth per year, percent, over {years:g} elapsed years", alt)


def implied_periods(rates: pd.DataFrame, checks: pd.DataFrame, *, years: float, ax: Axes) -> Axes:
    """Recomputed less printed rate by number of elapsed years, a line per segment; zero is where print is
    right.
    """
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
    _note(ax, years, gaps["gap"].max() * 0.93, f"{years:g} years, as\nused here", theme.RECOMPUTED, "left")
    _note(ax, right, 0, f"{right:.1f} years: as printed", theme.PRINTED, "left", dy=9)
    ax.scatter([right], [0], color=theme.PRINTED, s=50, zorder=4)
    ax.set(xlabel="elapsed years taken between the two sizes", ylabel="")
    ax.set_xticks(sorted(gaps["years"].unique()))
    spread = checks["implied_years"].max() - checks["implied_years"].min()
    finding = (
        f"{_count(len(checks), len(checks))} printed rates need {right:.1f} years; between 2024 and 2028 lie"
        " four"
    )
    alt = (
        f"Lines for {len(checks)} segments fall from above zero to below it as the number of years rises;"
        f" they cross zero within {spread:.2f} years of each other."
    )
    return theme.set_texts(ax, finding, "Recomputed less printed growth rate, percentage points", alt)


def _note(ax: Axes, x: float, y: float, text: str, color: str, ha: str, dy: float = 0) -> None:
    ax.annotate(
        text,
        (x, y),
        xytext=(6 if ha == "left" else -6, dy),
        textcoords="offset points",
        color=color,
        ha=ha,
        va="center",
    )


def growth_forecasts(forecasts: pd.DataFrame, printed: pd.DataFrame, *, ax: Axes) -> Axes:
    """A row per segment: the printed growth rate against those that follow from forecasters' own sizes.

    Parameters
    ----------
    forecasts : DataFrame
        The evidence table ``market_size_forecasts``: ``segment``, ``scope_fit`` (``close`` counts, the rest
        is hollow), ``base_year``, ``base_usd_bn``, ``end_year``, ``end_usd_bn``.
    printed : DataFrame
        ``segment`` and ``cagr_pct``, as the article's table has them.

    Raises
    ------
    ValueError
        A column is missing.
    """
    layout.require_columns(
        "forecasts", forecasts, ("segment", "scope_fit", "base_year", "base_usd_bn", "end_year", "end_usd_bn")
    )
    layout.require_columns("printed", printed, ("segment", "cagr_pct"))
    stated = dict(zip(printed["segment"], printed["cagr_pct"].astype(float), strict=True))
    rows = {segment: len(stated) - 1 - place for place, segment in enumerate(stated)}
    found = forecasts[forecasts["segment"].isin(list(rows))].reset_index(drop=True)
    if found.empty:
        return theme.empty_chart(ax, "a forecast of the printed segments")
    years = found["end_year"] - found["base_year"]
    rates = [
        growth.cagr_pct(*sizes)
        for sizes in zip(found["base_usd_bn"], found["end_usd_bn"], years, strict=True)
    ]
    found = found.assign(rate=rates, row=found["segment"].map(rows))
    close = found[found["scope_fit"] == "close"]
    for _, part in close.groupby("segment"):
        ax.hlines(
            part["row"].iloc[0],
            part["rate"].min(),
            part["rate"].max(),
            color=theme.GRID,
            linewidth=4,
            zorder=2,
        )
    for part, mark in ((found.drop(close.index), theme.HOLLOW), (close, theme.DOT)):
        ax.scatter(part["rate"], part["row"], zorder=3, **(mark | {"s": 38}))
    ax.scatter(list(stated.values()), list(rows.values()), **theme.RING)
    for segment, rate in stated.items():
        theme.text(ax, f"{rate:g}%", (rate, rows[segment]), (0, 8), theme.PRINTED, ha="center", va="bottom")
    ax.set_yticks(list(rows.values()), [segment.replace(" (", "\n(") for segment in rows])
    ax.set(xlabel="", ylabel="", ylim=(-0.6, len(rows) - 0.3), xlim=(0, 1.08 * max(*rates, *stated.values())))
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:.0f}%")
    alt = (
        f"A row for each of {number_word(len(rows))} segments with a ring at the printed growth rate"
        f" and {len(found)} marks at the rates of forecasters; filled marks count the same market, hollow"
        " ones a part of it or more."
    )
    subtitle = (
        "Growth a year, percent, from the sizes and years that forecasters print; rings: the article, filled:"
        " same scope, hollow: another"
    )
    return theme.set_texts(ax, _growth_finding(close, stated), subtitle, alt)


def _growth_finding(close: pd.DataFrame, stated: Mapping[str, float]) -> str:
    ends = close.groupby("segment")["rate"].agg(["min", "max"])
    if ends.empty:
        return "No forecast is of the same scope; those of another decide nothing"
    above = sum(stated[str(segment)] > row["max"] for segment, row in ends.iterrows())
    below = sum(stated[str(segment)] < row["min"] for segment, row in ends.iterrows())
    places = ((above, "above"), (len(ends) - above - below, "within"), (below, "below"))
    told = join_words(
        [
            f"{number_word(count)} {layout.verb(count, 'lies', 'lie')} {where}"
            for count, where in places
            if count
        ]
    )
    return (
        f"Of {number_word(len(ends))} printed growth rates that forecasts of the same scope cover,"
        f" {told} what forecasters give"
    )


def forecast_ranges(forecasts: pd.DataFrame, printed: pd.DataFrame, *, year: int, ax: Axes) -> Axes:
    """A row per segment: the printed size of a year against what forecasters give for it.

    Parameters
    ----------
    forecasts : DataFrame
        ``segment``, ``forecaster``, ``scope_fit`` and what `models.market.forecast_value` needs.
    printed : DataFrame
        ``segment`` and ``size_YEAR_usd_bn``.
    year : int
        The year of the sizes.
    """
    valued = forecasts.assign(size_usd_bn=market.forecast_value(forecasts, year))
    found = valued[valued["segment"].isin(printed["segment"])].dropna(subset="size_usd_bn")
    if found.empty:
        return theme.empty_chart(ax, f"a forecast that covers {year}")
    ax.set_xscale("log")
    sizes = dict(layout.value_pairs(printed, f"size_{year}_usd_bn", "segment"))
    rows = {segment: len(sizes) - 1 - place for place, segment in enumerate(sizes)}
    close = found[found["scope_fit"] == "close"]
    for segment, part in close.groupby("segment"):
        ax.hlines(
            rows[segment],
            part["size_usd_bn"].min(),
            part["size_usd_bn"].max(),
            color=theme.GRID,
            linewidth=4,
            zorder=2,
        )
    for part, style in ((found.drop(close.index), theme.HOLLOW), (close, theme.DOT)):
        ax.scatter(part["size_usd_bn"], [rows[segment] for segment in part["segment"]], zorder=3, **style)
    ax.scatter(list(sizes.values()), list(rows.values()), **theme.RING)
    for segment, size in sizes.items():
        theme.text(
            ax,
            format_value(size, "usd_bn", 1),
            (size, rows[segment]),
            (0, 8),
            theme.PRINTED,
            ha="center",
            va="bottom",
        )
    ax.set_yticks(list(rows.values()), [segment.replace(" (", "\n(") for segment in rows])
    layout.money_ticks(ax.xaxis, [*found["size_usd_bn"], *sizes.values()], "B")
    ax.set(xlabel="", ylabel="", ylim=(-0.6, len(rows) - 0.3))
    alt = (
        f"A row for each of {len(sizes)} segments with a ring at the printed size of {year} and {len(found)}"
        " marks at the values of forecasters on a logarithmic axis; filled marks count the same market,"
        " hollow ones a part of it or more."
    )
    subtitle = (
        f"Market size in {year}, billion dollars, log scale; rings: printed, filled: forecasts of the same"
        " scope, hollow: of another"
    )
    return theme.set_texts(ax, _forecasts_finding(close, sizes, year), subtitle, alt)


def _forecasts_finding(close: pd.DataFrame, sizes: Mapping[Any, float], year: int) -> str:
    ends = close.groupby("segment")["size_usd_bn"].agg(["min", "max"])
    if ends.empty:
        return f"No forecast of the same scope covers {year}; those of another decide nothing"
    low = sum(sizes[segment] < row["min"] for segment, row in ends.iterrows())
    high = sum(sizes[segment] > row["max"] for segment, row in ends.iterrows())
    inside = len(ends) - low - high
    places = ((low, "below all of them"), (inside, "between them"), (high, "above all of them"))
    parts = [f"{number_word(count)} {where}" for count, where in places if count]
    verb = " lies " if parts[0].startswith("one ") else " lie "
    parts[0] = parts[0].replace(" ", verb, 1)
    told = (
        f"all{verb}{places[[low, inside, high].index(len(ends))][1]}"
        if len(parts) == 1 < len(ends)
        else join_words(parts)
    )
    return (
        f"Of {number_word(len(ends))} printed {year} size{'' if len(ends) == 1 else 's'} that"
        f" forecasts of the same scope cover, {told}"
    )


def record_and_paths(
    series: Mapping[str, pd.Series],
    fans: pd.DataFrame,
    naive: pd.DataFrame,
    *,
    unit: str,
    subtitle: str,
    axes: Sequence[Axes],
) -> Axes:
    """Regular series as bars, and beyond the record fans of simulated paths beside the naive forecast.

    Parameters
    ----------
    series : mapping of name to Series
        Values in `unit` by the day on which their period ends; a panel each, in their order.
    fans : DataFrame
        `simulation.quantiles` tables below one another: ``series``, ``time`` (decimal year), ``p5 p25 p50 p75
        p95``.
    naive : DataFrame
        ``series``, ``time`` (decimal year), ``value``: the naive forecast.
    unit : str
        A name of `units.UNITS`.
    subtitle : str
        What is measured, in which unit and per what.
    axes : sequence of Axes
        `theme.panels`, one a series.

    Raises
    ------
    ValueError
        A column is missing, a series has no fan or no naive forecast, or there are more or fewer panels than
        series.
    """
    layout.require_columns("fans", fans, ("series", "time", *QUANTILES))
    layout.require_columns("naive", naive, ("series", "time", "value"))
    if not series or all(values.empty for values in series.values()):
        return theme.empty_chart(axes[0], "a value of the series")
    layout.require_panels(axes, len(series), "series")
    for name in series:
        for what, frame in (("fans", fans), ("naive", naive)):
            if name not in set(frame["series"]):
                raise ValueError(f"{what} has no series {name!r}; each series needs its forecast")
    first = min(float(decimal_year([values.index.min()])[0]) for values in series.values() if len(values))
    ahead = max(frame.loc[frame["series"].isin(list(series)), "time"].max() for frame in (fans, naive))
    ends = {}
    for ax, (name, values) in zip(axes, series.items(), strict=True):
        known = values.sort_index()
        t = decimal_year(pd.DatetimeIndex(known.index))
        width = float(np.median(np.diff(t))) if len(t) > 1 else 0.25
        start = pd.Series({"time": t[-1]} | dict.fromkeys(QUANTILES, known.iloc[-1])).to_frame().T
        fan = pd.concat([start, fans[fans["series"] == name].sort_values("time")], ignore_index=True).astype(
            {"time": float}
        )
        own = naive[naive["series"] == name].sort_values("time")
        shown = [*known, *fan["p95"], *own["value"], 0]
        layout.scales(ax, [first - width, ahead], shown, unit, log=False)
        ax.bar(
            t,
            known,
            width=-0.84 * width,
            align="edge",
            color=theme.RECOMPUTED,
            alpha=0.55,
            linewidth=0,
            zorder=2,
        )
        for low, high, alpha in simulation.BANDS:
            ax.fill_between(
                fan["time"], _at(fan, low), _at(fan, high), color=theme.RECOMPUTED, alpha=alpha, linewidth=0
            )
        ax.plot(fan["time"], fan["p50"].astype(float), color=theme.RECOMPUTED, linewidth=2.2, zorder=4)
        ax.plot(
            [t[-1], *own["time"]],
            [known.iloc[-1], *own["value"]],
            color=theme.INK,
            linewidth=1.6,
            linestyle=theme.DASHED,
            zorder=4,
        )
        last = fan.iloc[-1]
        ends[name] = (
            float(last["time"]),
            {key: float(last[key]) for key in QUANTILES},
            float(own["value"].iloc[-1]),
        )
        if len(series) > 1:
            ax.set_title(name, fontsize=layout.NAMED_SIZE, color=theme.INK)
        layout.record_end(ax, float(t[-1]), low=False)
        _, at, simple = ends[name]
        labels = [theme.Label(at[key], layout.amount(at[key], unit), theme.MUTED) for key in ("p5", "p95")]
        labels.append(theme.Label(at["p50"], f"median {layout.amount(at['p50'], unit)}", theme.RECOMPUTED))
        labels.append(theme.Label(simple, f"naive {layout.amount(simple, unit)}", theme.INK))
        theme.edge_labels(ax, labels)
    alt = (
        "Bars for"
        f" {join_words([f'{len(values)} values of {name}' for name, values in series.items()])}, and"
        " beyond the record shaded fans of simulated paths with their median and a dashed naive forecast."
    )
    told = (
        f"{subtitle}; beyond the record: median, 50% and 90% of simulated paths, dashed: the naive forecast"
    )
    return theme.set_texts(axes[0], _history_finding(ends, unit), told, alt)


def _history_finding(ends: Mapping[str, tuple[float, Mapping[str, float], float]], unit: str) -> str:
    if len(ends) == 1:
        ((name, (time, at, naive)),) = ends.items()
        low, middle, high = (layout.amount(at[key], unit) for key in ("p5", "p50", "p95"))
        told = (
            f"{name}: 90% of simulated paths lie between {low} and {high} in {layout.year_month(time)}, half"
            f" above {middle}"
        )
        return f"{told}; the naive forecast is {layout.amount(naive, unit)}"
    inside = sum(at["p5"] <= naive <= at["p95"] for _, at, naive in ends.values())
    told = (
        f"{number_word(inside)} of {number_word(len(ends))} naive forecasts"
        f" {layout.verb(inside, 'lies', 'lie')}"
    )
    return f"At the end of the forecast {told} within 90% of simulated paths"


def _at(fan: pd.DataFrame, level: float) -> pd.Series:
    return fan[f"p{100 * level:.0f}"].astype(float)


def share_of_sum(
    shares: pd.DataFrame, *, amount_usd_bn: float, what: str, threshold: float, reading: str, ax: Axes
) -> Axes:
    """What share an amount is of a simulated sum, a row per span that is summed, with the threshold of a
    statement.

    Parameters
    ----------
    shares : DataFrame
        `models.skill.SumShare.table` of several spans below one another: ``ahead`` (the span in words: the
        next two years), ``quantile`` (0.05, 0.25, 0.5, 0.75 and 0.95) and ``share`` (ratio).
    amount_usd_bn : float
        The amount, billion dollars.
    what : str
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
    layout.require_columns("shares", shares, ("ahead", "quantile", "share"))
    if not threshold > 0:
        raise ValueError(f"threshold is {threshold}; give a share above 0, 0.2 for 20%")
    if shares.empty:
        return theme.empty_chart(ax, "a simulated sum")
    levels = {0.05: "p5", 0.25: "p25", 0.5: "p50", 0.75: "p75", 0.95: "p95"}
    if (twice := shares.duplicated(["ahead", "quantile"])).any():
        again = shares[twice].iloc[0]
        raise ValueError(f"quantile {again['quantile']:g} of {again['ahead']!r} stands twice; give each once")
    wide = shares.pivot(index="ahead", columns="quantile", values="share").reindex(shares["ahead"].unique())
    if lacking := [level for level in levels if level not in wide or wide[level].isna().any()]:
        raise ValueError(
            f"shares has no quantile {lacking[0]:g}; it needs {', '.join(f'{q:g}' for q in levels)}"
        )
    wide = 100 * wide[list(levels)].rename(columns=levels)
    places, names = range(len(wide) - 1, -1, -1), []
    for row, share in zip(places, wide.to_dict("records"), strict=True):
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
        told = f"{_percent(share['p50'])} ({_percent(share['p5'])} to {_percent(share['p95'])})"
        names.append(
            theme.text(ax, told, (share["p50"], row), (0, 14), theme.RECOMPUTED, ha="center", va="bottom")
        )
    ax.axvline(100 * threshold, color=theme.PRINTED, linewidth=1.8, zorder=1)
    theme.text(
        ax,
        f"{reading}: from {100 * threshold:g}%",
        (100 * threshold, 1),
        (0, 3),
        theme.PRINTED,
        ha="center",
        va="bottom",
        xycoords=("data", "axes fraction"),
    )
    ax.set_yticks(list(places), wide.index)
    ax.set(
        xlabel="",
        ylabel="",
        ylim=(-0.6, len(wide) - 0.3),
        xlim=(0, 1.12 * max(100 * threshold, wide["p95"].max())),
    )
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:.0f}%")
    layout.keep_inside(ax, names)
    amount = format_value(amount_usd_bn, "usd_bn", 0)
    alt = (
        f"A bar for each of {number_word(len(wide))} {layout.verb(len(wide), 'span', 'spans')} with the"
        f" share that {amount} is of the simulated sum, and a line at {100 * threshold:g}%."
    )
    subtitle = (
        f"{amount} as a share of {what}, simulated and summed, percent; dot: median, bars: 50% and 90% of"
        " paths"
    )
    return theme.set_texts(ax, _share_finding(wide, amount, what, threshold), subtitle, alt)


def _share_finding(wide: pd.DataFrame, amount: str, what: str, threshold: float) -> str:
    (ahead, share), *others = wide["p50"].items()
    medians = [
        f"{_percent(share)} of {what} over {ahead}",
        *(f"{_percent(other)} over {span}" for span, other in others),
    ]
    told = f"In the median path {amount} is {join_words(medians)}"
    if len(medians) > 2:
        low, high = (_percent(end) for end in (wide["p50"].min(), wide["p50"].max()))
        told = f"By every span and method the median path makes {amount} between {low} and {high} of {what}"
    level = 100 * threshold
    if (wide["p95"] < level).all():
        return f"{told}; in 95% of paths it is below {level:g}%"
    if (wide["p5"] >= level).all():
        return f"{told}; in 95% of paths it is {level:g}% or more"
    return f"{told}; 90% of paths do not decide whether it reaches {level:g}%"


def _percent(share: float) -> str:
    return f"{share:.0f}%" if share >= 10 else f"{share:.1f}%"


def chip_revenue(
    quarters: pd.DataFrame,
    *,
    investment_usd_bn: float,
    day: theme.Day,
    ax: Axes,
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
        The article's day; quarters reported after it are hollow.
    as_of : date or ISO date, optional
        The day up to which the quarters were known.
    """
    day, seen = pd.Timestamp(day), layout.finding_day(day, as_of)
    table = quarters.sort_values("valid_on").assign(usd_bn=lambda t: t["data_center_revenue_usd_mn"] / 1000)
    reported = table[table["known_on"] <= day]
    if reported.empty:
        return theme.empty_chart(ax, f"a quarter reported by {format_date(seen)}")
    for part, face in ((reported, theme.RECOMPUTED), (table.drop(reported.index), "none")):
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
    labelled = table[["valid_on", "usd_bn"]].tail(len(table) - len(reported) + 1)
    for end, value in labelled.itertuples(index=False):
        before = end <= day  # so that no label stands on the line of the day
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
    ax.axhline(investment_usd_bn, color=theme.PRINTED, linewidth=1.8, zorder=3)
    theme.text(
        ax,
        f"the printed investment, {format_value(investment_usd_bn, 'usd_bn', 0)}",
        (0.005, investment_usd_bn),
        (0, 3),
        theme.PRINTED,
        va="bottom",
        xycoords=("axes fraction", "data"),
    )
    theme.mark_date(ax, day, f"the article, {format_date(day)}")
    theme.dates(
        ax,
        table["valid_on"].min() - pd.Timedelta(days=90),
        max(day, table["valid_on"].max()) + pd.Timedelta(days=20),
    )
    ax.set(xlabel="", ylabel="")
    ax.margins(y=0.1)
    ax.yaxis.set_major_formatter(lambda y, _: f"${y:g}B")
    last = reported.iloc[-1]
    weeks = investment_usd_bn / last["usd_bn"] * WEEKS
    finding = (
        f"{format_value(investment_usd_bn, 'usd_bn', 0)} is {weeks:.1f} weeks of NVIDIA's data-centre revenue"
        f" at the last quarter reported by {format_date(seen)}"
    )
    alt = (
        f"Bars for {len(table)} quarters of data-centre revenue, the last reported by {format_date(seen)} at"
        f" {last['usd_bn']:.1f} billion dollars; {number_word(len(table) - len(reported))} reported"
        " later, hollow; a line at the investment."
    )
    subtitle = "Data-centre revenue a quarter, billion dollars" + (
        "; hollow: reported after the article's day" if len(reported) < len(table) else ""
    )
    return theme.set_texts(ax, finding, subtitle, alt)


def _count(part: int, whole: int) -> str:
    words: Sequence[str] = ("None", "One", "Two", "Three", "Four", "Five", "Six")
    return (
        f"All {words[whole].lower()}"
        if part == whole and whole < len(words)
        else words[part]
        if part < len(words)
        else str(part)
    )
