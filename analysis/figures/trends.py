"""What do the fits say, and how far can they be trusted? Trends with their bands and the article's claim, the
factor under every specification, and published fits next to the same data fitted again.

Decisions
- Printed is orange-brown and a ring or a line, fitted is blue and a dot: colour is never the only difference.
- A confidence band of the mean is dark, a prediction band of one more observation light; the subtitle names
  both with their level, the number of points and the span of the record.
- A fit is solid where there is a record and dashed beyond it. A point that describes a time after the
  article's day is hollow, whenever it became known: a frame of what was known on a day holds no later ones.
- Factors stand on logarithmic axes, where twice and half are equally far from one.
- What could not be fitted or fitted again keeps its row and says so; it counts as tried and is never drawn as
  a number.
- Published fits are shown to the digits of print. Their verdicts come with the table; one that contradicts
  its own verdicts is refused.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.text import Annotation
from numpy.typing import NDArray

from analysis.figures import layout, theme
from analysis.labels import join_words, number_word
from analysis.statistics.trend import decimal_year
from analysis.units import UNITS, format_date

BANDS = {"obs_ci": 0.14, "mean_ci": 0.34}
"""Prefix of statsmodels' names of a band, and how dark it is."""


class ClaimedTrend(NamedTuple):
    """What the article says, to be drawn into a trend.

    With `t` alone it is a ring, with neither `t` nor `factor` a level line, with both a path from the ring
    on.
    """

    label: str
    y: float
    t: float | None = None
    """Decimal year of the statement."""
    qualifier: str = ""
    """``>`` or ``<`` where the printed figure is open to that side: an arrow."""
    factor: float | None = None
    """What the article multiplies `y` by each year; needs `t`."""


def fitted(
    points: pd.DataFrame,
    forecast: pd.DataFrame,
    *,
    finding: str,
    subtitle: str,
    unit: str,
    ax: Axes,
    level: float | None = None,
    claim: ClaimedTrend | None = None,
    day: theme.Day | None = None,
    log: bool = True,
) -> Axes:
    """Observations, the line fitted through them with both bands, and what the article claims.

    Parameters
    ----------
    points : DataFrame
        ``t`` (decimal year), ``y`` in `unit`, and ``label``: an empty one leaves its point without a name;
        name few. A point is hollow by its `t`, the time that it describes; leave out what was not yet known,
        nothing here asks.
    forecast : DataFrame
        The fit over the record and beyond it: ``t``, ``mean`` or ``median``, ``mean_ci_lower``,
        ``mean_ci_upper``, ``obs_ci_lower``, ``obs_ci_upper`` (statsmodels' names), in `unit`, and their
        ``level`` where `level` is not given: what `models.trend.Trend.forecast` returns.
    finding, subtitle : str
        What the chart shows, and of what; n, span, bands and their level are added to the subtitle.
    unit : str
        A name of `units.UNITS`.
    level : float, optional
        Level of both bands, between 0 and 1, where the forecast does not carry it.
    claim : Claim, optional
        What the article says.
    day : date or ISO date, optional
        The article's day.
    log : bool
        Whether the vertical axis is logarithmic.

    Raises
    ------
    ValueError
        A column is missing, the level is missing, contradicted or not between 0 and 1, the unit is unknown,
        something on a logarithmic axis is not above zero, a number of the fit is not finite, or the claim has
        a factor and no `t`.
    """
    layout.require_columns("points", points, ("t", "y", "label"))
    centre = "median" if "median" in forecast else "mean"
    bands = [f"{band}_{end}" for band in BANDS for end in ("lower", "upper")]
    layout.require_columns("forecast", forecast, ("t", centre, *bands))
    level = _level_of(forecast, level)
    _checked(unit, claim)
    if points.empty or forecast.empty:
        return theme.empty_chart(ax, "observations to fit")
    seen, line = points.sort_values("t"), forecast.sort_values("t", ignore_index=True)
    _finite("points", seen[["t", "y"]], log)
    _finite("forecast", line[["t", centre, *bands]], log)
    at = float(decimal_year([day])[0]) if day is not None else math.inf
    end = float(seen["t"].max())
    told = _claimed_path(claim, max(float(line["t"].max()), end))
    if told is not None:
        _finite("claim", told, log)
    heights = [*seen["y"], *line[[centre, *bands]].to_numpy().ravel(), *([] if told is None else told["y"])]
    tip = _tip(claim, min(heights), max(heights), log)
    heights += [] if tip is None else [tip]
    times = [*seen["t"], *line["t"], *([at] if day is not None else [])]
    times += [] if told is None else list(told["t"].dropna())
    layout.scales(ax, times, heights, unit, log)

    for band, alpha in BANDS.items():
        ax.fill_between(
            line["t"],
            line[f"{band}_lower"],
            line[f"{band}_upper"],
            color=theme.RECOMPUTED,
            alpha=alpha,
            linewidth=0,
        )
    for part, style in zip(
        layout.split_at(line[["t", centre]], end, log), ("solid", theme.DASHED), strict=True
    ):
        if len(part) > 1:
            ax.plot(part["t"], part[centre], color=theme.RECOMPUTED, linewidth=2.2, linestyle=style, zorder=3)
    after = seen["t"] > at
    for part, mark in ((seen[~after], theme.DOT), (seen[after], theme.HOLLOW)):
        ax.scatter(part["t"], part["y"], zorder=4, **(mark | {"s": 24, "linewidths": 1.2}))
    rises = line[centre].iloc[-1] >= line[centre].iloc[0]
    if line["t"].iloc[-1] > end:
        layout.record_end(ax, end, low=bool(rises))
    if day is not None:
        theme.mark_date(ax, at, f"the article, {format_date(pd.Timestamp(day))}")
    last = line.iloc[-1]
    labels = [theme.Label(last[centre], f"{centre} {layout.amount(last[centre], unit)}", theme.RECOMPUTED)]
    for end_of in ("lower", "upper"):
        labels.append(
            theme.Label(last[f"obs_ci_{end_of}"], layout.amount(last[f"obs_ci_{end_of}"], unit), theme.MUTED)
        )
    told_at = _draw_claim(ax, claim, told, tip)
    theme.edge_labels(ax, labels + told_at)
    layout.name_points(
        ax,
        _names(seen, claim),
        [*zip(seen["t"], seen["y"], strict=True), *_ring(claim)],
        _along(ax, line, centre),
    )
    words = (
        f"{subtitle}; {len(seen)} points, {layout.year_month(seen['t'].min())} to {layout.year_month(end)};"
        f" dark: {level:.0%} confidence interval of the {centre}, light: {level:.0%} prediction interval"
    )
    words += "; dashed: beyond the record" if line["t"].iloc[-1] > end else ""
    words += "; hollow: after the article's day" if after.any() else ""
    alt = (
        f"{len(seen)} points and the line fitted through them{' on a logarithmic axis' if log else ''}, from"
        f" {layout.amount(line[centre].iloc[0], unit)} in {layout.year_month(line['t'].iloc[0])} to"
        f" {layout.amount(last[centre], unit)} in {layout.year_month(last['t'])}, where one more observation"
        f" is predicted between {layout.amount(last['obs_ci_lower'], unit)} and"
        f" {layout.amount(last['obs_ci_upper'], unit)}"
    )
    alt += f"; the article's claim is drawn in: {claim.label}." if claim else "."
    return theme.set_texts(ax, finding, words, alt)


def _draw_claim(
    ax: Axes, claim: ClaimedTrend | None, told: pd.DataFrame | None, tip: float | None
) -> list[theme.Label]:
    """Ring, level line or path; the label of a line is handed back for the right edge."""
    if claim is None or told is None:
        return []
    if claim.t is None:
        ax.axhline(claim.y, color=theme.PRINTED, linewidth=1.8, zorder=3)
        return [theme.Label(claim.y, claim.label, theme.PRINTED)]
    if claim.factor is not None:
        ax.plot(told["t"], told["y"], color=theme.PRINTED, linewidth=1.8, linestyle=(0, (1, 1.5)), zorder=3)
    ax.scatter([claim.t], [claim.y], **theme.RING)
    if tip is not None:
        ax.annotate(
            "",
            (claim.t, tip),
            (claim.t, claim.y),
            annotation_clip=False,
            zorder=4,
            arrowprops={"arrowstyle": "->", "color": theme.PRINTED, "linewidth": 1.8},
        )
    if claim.factor is not None:
        return [theme.Label(float(told["y"].iloc[-1]), claim.label, theme.PRINTED)]
    return []


def _names(seen: pd.DataFrame, claim: ClaimedTrend | None) -> list[layout.Name]:
    """The names to place: that of a claimed point first, unless its path is named at the edge."""
    named = [
        layout.Name(label, t, y, theme.RECOMPUTED)
        for t, y, label in seen[["t", "y", "label"]].itertuples(index=False)
        if isinstance(label, str) and label
    ]
    ring = _ring(claim)
    return (
        [layout.Name(claim.label, *ring[0], theme.PRINTED), *named]
        if claim and ring and claim.factor is None
        else named
    )


def _ring(claim: ClaimedTrend | None) -> list[tuple[float, float]]:
    return [] if claim is None or claim.t is None else [(claim.t, claim.y)]


def _along(ax: Axes, line: pd.DataFrame, centre: str) -> NDArray[np.float64]:
    """Points along the fitted line, close enough to one another that no name can stand between them."""
    low, high = ax.get_xlim()
    t = np.linspace(max(low, line["t"].iloc[0]), min(high, line["t"].iloc[-1]), 200)
    return np.column_stack([t, np.interp(t, line["t"], line[centre])])


def _tip(claim: ClaimedTrend | None, low: float, high: float, log: bool) -> float | None:
    """Where the arrow of a dated claim that is open to one side ends, an eighth of the heights away from
    it.
    """
    if claim is None or claim.t is None or claim.qualifier not in (">", "<"):
        return None
    sign = 1 if claim.qualifier == ">" else -1
    return claim.y * (high / low) ** (sign / 8) if log else claim.y + sign * (high - low) / 8


def _claimed_path(claim: ClaimedTrend | None, end: float) -> pd.DataFrame | None:
    """Where the claim stands: one row, of which `t` is NaN for a level, or two hundred along a path."""
    if claim is None:
        return None
    if claim.factor is None or claim.t is None:
        return pd.DataFrame({"t": [math.nan if claim.t is None else claim.t], "y": [claim.y]})
    t = np.linspace(claim.t, max(end, claim.t), 200)
    return pd.DataFrame({"t": t, "y": claim.y * claim.factor ** (t - claim.t)})


def _checked(unit: str, claim: ClaimedTrend | None) -> None:
    if unit not in UNITS:
        raise ValueError(f"unit is {unit!r}; use one of {', '.join(UNITS)}")
    if claim is not None and claim.factor is not None and claim.t is None:
        raise ValueError(
            f"claim {claim.label!r} has a factor and no t; give the decimal year from which it runs"
        )
    if claim is not None and claim.qualifier not in ("", "~", ">", "<"):
        raise ValueError(f"qualifier is {claim.qualifier!r}; use '>', '<', '~' or nothing")


def _level_of(forecast: pd.DataFrame, level: float | None) -> float:
    """The one level of both bands: the forecast's, or the one that is given."""
    carried = forecast["level"].unique().tolist() if "level" in forecast else []
    found = [*carried, *([] if level is None or level in carried else [level])]
    if len(found) != 1:
        raise ValueError(
            f"the bands have {join_words([f'level {value}' for value in found]) or 'no level'}; give"
            " one, in the column level of the forecast or as level="
        )
    layout.checked_level(found[0])
    return float(found[0])


def _finite(name: str, frame: pd.DataFrame, log: bool) -> None:
    """Times may be any finite number, heights must be above zero on a logarithmic axis."""
    for column in frame.columns.drop("t"):
        bad = frame[~np.isfinite(frame[column].to_numpy(float))]
        if len(bad):
            raise ValueError(
                f"{name} has {column} {bad[column].iloc[0]} at t = {bad['t'].iloc[0]}; leave such rows out"
            )
        if log and (low := frame[frame[column] <= 0]).size:
            raise ValueError(
                f"{name} has {column} {low[column].iloc[0]:g} at t = {low['t'].iloc[0]}; a logarithmic axis"
                " needs values above zero, use log=False"
            )
    if name != "claim" and not np.isfinite(frame["t"].to_numpy(float)).all():
        raise ValueError(f"{name} has a t that is not finite; give decimal years")


def specification_curve(table: pd.DataFrame, *, what: str, primary: str, level: float, ax: Axes) -> Axes:
    """The factor that every specification gives, sorted, with the one that was written down beforehand
    marked.

    Parameters
    ----------
    table : DataFrame
        ``specification``, ``factor``, ``low``, ``high`` (factors a year) and ``primary``, true for one row.
        Where a specification could not be fitted its numbers are NaN; it counts as tried. Give a row about
        0.25 inches.
    what : str
        What a year multiplies or divides, to open the finding: Training cost on rented hardware.
    primary : str
        The primary specification, as fixed before the fit; the table must mark the same one.
    level : float
        Level of the intervals, between 0 and 1.

    Raises
    ------
    ValueError
        A column is missing, the level is not between 0 and 1, a number is not above zero, a specification
        stands twice, or the table marks another primary one.
    """
    layout.require_columns("table", table, ("specification", "factor", "low", "high", "primary"))
    layout.checked_level(level)
    if table["factor"].isna().all():
        return theme.empty_chart(ax, "a specification that could be fitted")
    layout.above_zero(table, ["factor", "low", "high"], "specification")
    if (twice := table["specification"].duplicated()).any():
        raise ValueError(
            f"specification {table.loc[twice, 'specification'].iloc[0]!r} stands twice; give each its own"
            " name"
        )
    marked = table.loc[table["primary"].astype(bool), "specification"].tolist()
    if marked != [primary]:
        raise ValueError(
            f"primary is {primary!r} and the table marks"
            f" {join_words([repr(name) for name in marked]) or 'none'}; mark the one specification"
            " that was fixed before the fit"
        )
    ordered = table.sort_values("factor", na_position="first", ignore_index=True)
    own = ordered[ordered["specification"] == primary].iloc[0]
    ax.set_xscale("log")
    if not math.isnan(own["factor"]):
        ax.axvline(own["factor"], color=theme.RECOMPUTED, linewidth=1.2, linestyle=theme.DASHED, zorder=1)
    found = ordered.dropna(subset="factor")
    layout.log_ticks(ax.xaxis, layout.numbers(found[["factor", "low", "high"]]), "x", room=1.1)
    low, high = ax.get_xlim()
    if low < 1 < high:
        ax.axvline(1, color=theme.INK, linewidth=1.2, linestyle=theme.DOTTED, zorder=1)
    for row, name, factor, start, stop, is_own in ordered[
        ["specification", "factor", "low", "high", "primary"]
    ].itertuples():
        if math.isnan(factor):
            theme.text(
                ax,
                "not fitted",
                (1, row),
                (6, 0),
                theme.MUTED,
                size=layout.NAMED_SIZE,
                xycoords=("axes fraction", "data"),
            )
            continue
        color = theme.RECOMPUTED if is_own else theme.OPEN
        ax.hlines(row, start, stop, color=color, linewidth=4 if is_own else 2, alpha=0.6, zorder=2)
        style = (
            theme.DOT | {"s": 54}
            if is_own
            else {"facecolors": "#ffffff", "edgecolors": theme.MUTED, "linewidths": 1.4, "s": 28}
        )
        ax.scatter([factor], [row], **(style | {"zorder": 4}))
        text = f"primary {factor:.2f}x" if name == primary else f"{factor:.2f}x"
        theme.text(
            ax,
            text,
            (1, row),
            (6, 0),
            theme.RECOMPUTED if is_own else theme.MUTED,
            size=layout.NAMED_SIZE,
            xycoords=("axes fraction", "data"),
        )
    ax.set_yticks(range(len(ordered)), ordered["specification"], fontsize=9.5)
    for label, is_own in zip(ax.get_yticklabels(), ordered["primary"], strict=True):
        label.set(color=theme.INK if is_own else theme.MUTED, fontweight="semibold" if is_own else "normal")
    ax.set(xlabel="", ylabel="", ylim=(-0.6, len(ordered) - 0.4))
    ax.grid(visible=False, axis="y")
    tried = len(ordered)
    factors = ordered["factor"].dropna()
    span = f"from {factors.min():.2f} to {factors.max():.2f}" if len(factors) else "none of them fitted"
    alt = (
        f"{what}: a row for each of {tried} specifications sorted by the factor a year that they give,"
        f" {span}, with intervals on a logarithmic axis; the primary one is filled."
    )
    words = (
        f"Factor a year, log scale; {tried} {layout.verb(tried, 'specification', 'specifications')} tried;"
        f" bars: {level:.0%} confidence intervals"
    )
    words += "; filled: primary, fixed before the fit"
    return theme.set_texts(ax, _specifications_finding(what, found, own), words, alt)


def _specifications_finding(what: str, found: pd.DataFrame, own: pd.Series) -> str:
    told = (
        f"{what}: the primary specification could not be fitted"
        if math.isnan(own["factor"])
        else f"{what}: a factor of {own['factor']:.2f} a year by the primary specification"
    )
    if len(found) < 2:
        return told
    low, high = found["factor"].min(), found["factor"].max()
    told += f"; all {number_word(len(found))} fitted lie between {low:.2f} and {high:.2f}"
    if flat := int(((found["low"] <= 1) & (found["high"] >= 1)).sum()):
        told += (
            f"; {layout.verb(flat, 'the interval', 'the intervals')} of {number_word(flat)}"
            f" {layout.verb(flat, 'includes', 'include')} no change"
        )
    return told


def reproduced(table: pd.DataFrame, *, ax: Axes) -> Axes:
    """A row per published fit: the factor that it prints with its interval, and that of the same data fitted
    again.

    Parameters
    ----------
    table : DataFrame
        ``fit``, ``what``, ``printed``, ``printed_low``, ``printed_high``, ``refitted``, ``refitted_low``,
        ``refitted_high`` (factors a year) and ``agrees``, true where every printed digit came out; NaN is
        what was not printed or could not be refitted. An optional ``level`` (share) is that of both
        intervals. Rows are named by ``what`` and drawn in their order; give them about 0.8 inches each.

    Raises
    ------
    ValueError
        A column is missing, a factor is not above zero, or a row agrees that was not refitted.
    """
    values = [f"{kind}{end}" for kind in ("printed", "refitted") for end in ("", "_low", "_high")]
    layout.require_columns("table", table, ("fit", "what", *values, "agrees"))
    if table[values].isna().all(axis=None):
        return theme.empty_chart(ax, "a published fit")
    layout.above_zero(table, values, "fit")
    again = table["refitted"].notna()
    agrees = table["agrees"].fillna(False).astype(bool)
    if (wrong := agrees & ~again).any():
        raise ValueError(
            f"fit {table.loc[wrong, 'fit'].iloc[0]!r} agrees and has no refitted factor; give the factor, or"
            " agrees=False"
        )
    ax.set_xscale("log")
    rows = range(len(table) - 1, -1, -1)
    for (_, fit), row in zip(table.iterrows(), rows, strict=True):
        for kind, side, color, mark in (
            ("printed", 1, theme.PRINTED, theme.RING),
            ("refitted", -1, theme.RECOMPUTED, theme.DOT),
        ):
            middle, height = _middle(fit, kind), row + 0.13 * side
            ax.hlines(
                height,
                fit[f"{kind}_low"],
                fit[f"{kind}_high"],
                color=color,
                linewidth=3,
                alpha=0.45,
                zorder=2,
            )
            ax.scatter([fit[kind]], [height], **(mark | {"zorder": 4}))
            told = _factor_text(fit, kind)
            told += ", differs" if kind == "refitted" and told and not fit["agrees"] else ""
            text = f"{kind} {told}" if row == len(table) - 1 else told
            if not told:
                text, color, middle = "no data to refit", theme.MUTED, _middle(fit, "printed")
            theme.text(
                ax,
                text,
                (middle, height),
                (0, 6 * side),
                color,
                ha="center",
                va="bottom" if side > 0 else "top",
                size=layout.NAMED_SIZE,
            )
    ax.set_yticks(list(rows), [textwrap.fill(what, 26) for what in table["what"]], fontsize=layout.NAMED_SIZE)
    ax.set(xlabel="", ylabel="", ylim=(-0.6, len(table) - 0.4))
    layout.log_ticks(ax.xaxis, layout.numbers(table[values]), "x", room=1.35)
    layout.keep_inside(ax, [text for text in ax.texts if isinstance(text, Annotation)])
    finding = _reproduced_finding(int(agrees.sum()), int(again.sum()), len(table))
    alt = (
        f"A row for each of {len(table)} published fits with a ring at the printed factor a year and a dot at"
        " the refitted one on a logarithmic axis, and the interval of each as a bar."
    )
    words = (
        "Factor a year, log scale; ring: printed, dot: fitted again, shown to the digits of print; bars:"
        " intervals"
    )
    words += (
        _levels(table["level"].dropna().unique().tolist()) if "level" in table else " at the printed level"
    )
    return theme.set_texts(ax, finding, words, alt)


def _reproduced_finding(good: int, tried: int, whole: int) -> str:
    if not tried:
        return f"None of {number_word(whole)} published trends could be refitted"
    part = (
        f"All {number_word(tried)}"
        if good == tried > 2
        else f"{number_word(good).capitalize()} of {number_word(tried)}"
    )
    part = "Both" if good == tried == 2 else part
    agree = layout.verb(1 if tried == 1 else good, "agrees", "agree")
    told = f"{part} refitted {layout.verb(tried, 'trend', 'trends')} {agree} with print to every digit"
    return told + (f"; {number_word(whole - tried)} could not be refitted" if whole > tried else "")


def _factor_text(fit: pd.Series, kind: str) -> str:
    """A factor with its interval, to the digits that print gives."""
    told = []
    for end in ("", "_low", "_high"):
        value, digits = float(fit[f"{kind}{end}"]), _decimals(fit, f"printed{end}")
        told.append("" if math.isnan(value) else f"{value:.{digits}f}")
    found, low, high = told
    span = f"{low} to {high}" if low and high else ""
    return f"{found} ({span})" if found and span else found or span


def _decimals(fit: pd.Series, name: str) -> int:
    """Decimals that print gives a figure; a whole or missing one has those of its row, 2.0 beside 2.4 and
    3.1.
    """
    row = ("printed", "printed_low", "printed_high")
    shown = {column: len(f"{float(fit[column]):.10g}".partition(".")[2]) for column in row}
    return shown[name] or max(shown.values())


def _middle(fit: pd.Series, kind: str) -> float:
    """Where the words of a fit stand: at its factor, else amid its interval, else at one."""
    found, low, high = (float(fit[f"{kind}{end}"]) for end in ("", "_low", "_high"))
    middle = math.sqrt(low * high) if math.isnan(found) else found
    return 1.0 if math.isnan(middle) else middle


def _levels(levels: Sequence[float]) -> str:
    return (
        f" at the printed level, {join_words([f'{level:.0%}' for level in sorted(levels)])}" if levels else ""
    )
