"""What do the fits say, and how far can they be trusted? Trends with their bands and the article's claim, the
factor under every specification, and published fits next to the same data fitted again.

Decisions
- Printed is orange-brown and a ring or a line, fitted is blue and a dot: colour is never the only difference.
- A confidence band of the mean is dark, a prediction band of one more observation light; the subtitle names
  both with their level, the number of points and the span of the record.
- A fit is solid where there is a record and dashed beyond it. A point that describes a time after
  publication day is hollow, whenever it became known: a frame of what was known on a day holds no later ones.
- Factors stand on logarithmic axes, where twice and half are equally far from one.
- What could not be fitted or fitted again keeps its row and says so; it counts as tried and is never drawn as
  a number.
- Published fits are shown to the digits of print. Their verdicts come with the table; one that contradicts
  its own verdicts is refused.
"""

from __future__ import annotations

import math
import textwrap
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
    level: float | None = None,
    claim: ClaimedTrend | None = None,
    day: theme.Day | None = None,
    log: bool = True,
    ax: Axes | None = None,
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
        ``level`` where `level` is left out: what `statistics.trend.Trend.forecast` returns.
    finding, subtitle : str
        What the chart shows, and of what; n, span, bands and their level are added to the subtitle.
    unit : str
        A name of `units.UNITS`.
    level : float, optional
        Level of both bands, between 0 and 1, where the forecast does not carry it.
    claim : ClaimedTrend, optional
        What the article says.
    day : date or ISO date, optional
        Publication day.
    log : bool
        Whether the vertical axis is logarithmic.

    Raises
    ------
    ValueError
        A column is missing, the level is missing, contradicted or not between 0 and 1, the unit is unknown,
        something on a logarithmic axis is not above zero, a number of the fit is not finite, or the claim has
        a factor and no `t`.
    """
    ax = ax or theme.axes(grid="y", height_in=4.8)
    record, line, centre, level = _sorted_fit(points, forecast, level)
    _require_unit_and_claim(unit, claim)
    if record.empty or line.empty:
        return theme.empty_chart(ax, "observations to fit")
    article_t = float(decimal_year([day])[0]) if day is not None else math.inf
    end = float(record["t"].max())
    path = _claimed_path(claim, max(float(line["t"].max()), end))
    for name, frame in (("points", record[["t", "y"]]), ("forecast", line), ("claim", path)):
        _require_finite(name, frame, log)
    heights = [*record["y"], *line.drop(columns="t").to_numpy().ravel(), *path["y"]]
    tip = _tip(claim, min(heights), max(heights), log)
    heights += [] if tip is None else [tip]
    times = [*record["t"], *line["t"], *([article_t] if day is not None else []), *path["t"].dropna()]
    layout.scales(ax, times, heights, unit, log)
    _draw_fit(ax, line, centre, end, log)
    _draw_points(ax, record, article_t)
    if line["t"].iloc[-1] > end:
        layout.record_end(ax, end, low=bool(line[centre].iloc[-1] >= line[centre].iloc[0]))
    if day is not None:
        theme.mark_date(ax, article_t, f"the article, {format_date(pd.Timestamp(day))}")
    claim_labels = _draw_claim(ax, claim, path, tip)
    theme.edge_labels(ax, _end_labels(line.iloc[-1], centre, unit) + claim_labels)
    marks = [*zip(record["t"], record["y"], strict=True), *_ring(claim)]
    layout.name_points(ax, _names(record, claim), marks, _along(ax, line, centre))
    subtitle += _fit_subtitle(record, line, centre, level, article_t)
    return theme.set_texts(ax, finding, subtitle, _fit_alt(record, line, centre, unit, log, claim))


def _sorted_fit(
    points: pd.DataFrame, forecast: pd.DataFrame, level: float | None
) -> tuple[pd.DataFrame, pd.DataFrame, str, float]:
    """Points and fitted line by time, the name of the line's centre, and the level of its bands."""
    layout.require_columns("points", points, ("t", "y", "label"))
    centre = "median" if "median" in forecast else "mean"
    columns = ["t", centre, *(f"{band}_{end}" for band in BANDS for end in ("lower", "upper"))]
    layout.require_columns("forecast", forecast, columns)
    level = _level_of(forecast, level)
    return points.sort_values("t"), forecast.sort_values("t", ignore_index=True)[columns], centre, level


def _draw_fit(ax: Axes, line: pd.DataFrame, centre: str, end: float, log: bool) -> None:
    """Both bands, and the line, dashed beyond the end of the record."""
    for band, alpha in BANDS.items():
        lower, upper = line[f"{band}_lower"], line[f"{band}_upper"]
        ax.fill_between(line["t"], lower, upper, color=theme.RECOMPUTED, alpha=alpha, linewidth=0)
    parts = layout.split_at(line[["t", centre]], end, log)
    for part, style in zip(parts, ("solid", theme.DASHED), strict=True):
        if len(part) > 1:
            ax.plot(part["t"], part[centre], color=theme.RECOMPUTED, linewidth=2.2, linestyle=style, zorder=3)


def _draw_points(ax: Axes, record: pd.DataFrame, article_t: float) -> None:
    """Observations, hollow after publication day."""
    after = record["t"] > article_t
    for part, mark in ((record[~after], theme.DOT), (record[after], theme.HOLLOW)):
        ax.scatter(part["t"], part["y"], zorder=4, **(mark | {"s": 24, "linewidths": 1.2}))


def _end_labels(last: pd.Series, centre: str, unit: str) -> list[theme.Label]:
    """The centre of the fit and both ends of the prediction interval, where the line ends."""
    ends = [last[f"obs_ci_{end}"] for end in ("lower", "upper")]
    return [
        theme.Label(last[centre], f"{centre} {layout.amount(last[centre], unit)}", theme.RECOMPUTED),
        *(theme.Label(value, layout.amount(value, unit), theme.MUTED) for value in ends),
    ]


def _fit_subtitle(
    record: pd.DataFrame, line: pd.DataFrame, centre: str, level: float, article_t: float
) -> str:
    """The number of points, the span of the record, what the bands are, and what is dashed or hollow."""
    start, end = record["t"].min(), float(record["t"].max())
    text = (
        f"; {len(record)} points, {layout.year_month(start)} to {layout.year_month(end)};"
        f" dark: {level:.0%} confidence interval of the {centre}, light: {level:.0%} prediction interval"
    )
    text += "; dashed: beyond the record" if line["t"].iloc[-1] > end else ""
    return text + ("; hollow: after publication day" if (record["t"] > article_t).any() else "")


def _fit_alt(
    record: pd.DataFrame, line: pd.DataFrame, centre: str, unit: str, log: bool, claim: ClaimedTrend | None
) -> str:
    """The fit from its first to its last value, with the prediction there."""
    first, last = line.iloc[0], line.iloc[-1]
    text = (
        f"{len(record)} points and the line fitted through them{' on a logarithmic axis' if log else ''}. It"
        f" goes from {layout.amount(first[centre], unit)} in {layout.year_month(first['t'])} to"
        f" {layout.amount(last[centre], unit)} in {layout.year_month(last['t'])}. One more observation there"
        f" is predicted between {layout.amount(last['obs_ci_lower'], unit)} and"
        f" {layout.amount(last['obs_ci_upper'], unit)}."
    )
    return text + (f" The article's claim is drawn in: {claim.label}." if claim else "")


def _draw_claim(
    ax: Axes, claim: ClaimedTrend | None, path: pd.DataFrame, tip: float | None
) -> list[theme.Label]:
    """Ring, level line or path; the label of a line is handed back for the right edge."""
    if claim is None:
        return []
    if claim.t is None:
        ax.axhline(claim.y, color=theme.PRINTED, linewidth=1.8, zorder=3)
        return [theme.Label(claim.y, claim.label, theme.PRINTED)]
    if claim.factor is not None:
        ax.plot(path["t"], path["y"], color=theme.PRINTED, linewidth=1.8, linestyle=(0, (1, 1.5)), zorder=3)
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
        return [theme.Label(float(path["y"].iloc[-1]), claim.label, theme.PRINTED)]
    return []


def _names(record: pd.DataFrame, claim: ClaimedTrend | None) -> list[layout.Name]:
    """The names to place: that of a claimed point first, unless its path is named at the edge."""
    named = [
        layout.Name(label, t, y, theme.RECOMPUTED)
        for t, y, label in record[["t", "y", "label"]].itertuples(index=False)
        if isinstance(label, str) and label
    ]
    ring = _ring(claim)
    return (
        [layout.Name(claim.label, *ring[0], theme.PRINTED), *named]
        if claim and ring and claim.factor is None
        else named
    )


def _ring(claim: ClaimedTrend | None) -> list[tuple[float, float]]:
    """Where the ring of a dated claim stands."""
    return [] if claim is None or claim.t is None else [(claim.t, claim.y)]


def _along(ax: Axes, line: pd.DataFrame, centre: str) -> NDArray[np.float64]:
    """Points along the fitted line, close enough to one another that no name can stand between them."""
    low, high = ax.get_xlim()
    t = np.linspace(max(low, line["t"].iloc[0]), min(high, line["t"].iloc[-1]), 200)
    return np.column_stack([t, np.interp(t, line["t"], line[centre])])


def _tip(claim: ClaimedTrend | None, low: float, high: float, log: bool) -> float | None:
    """Where the arrow of a dated one-sided claim ends, an eighth of the heights away from it."""
    if claim is None or claim.t is None or claim.qualifier not in (">", "<"):
        return None
    sign = 1 if claim.qualifier == ">" else -1
    return claim.y * (high / low) ** (sign / 8) if log else claim.y + sign * (high - low) / 8


def _claimed_path(claim: ClaimedTrend | None, end: float) -> pd.DataFrame:
    """Where the claim is: no row without one, one row (`t` is NaN for a level), or 200 along a path."""
    if claim is None:
        return pd.DataFrame({"t": [], "y": []})
    if claim.factor is None or claim.t is None:
        return pd.DataFrame({"t": [math.nan if claim.t is None else claim.t], "y": [claim.y]})
    t = np.linspace(claim.t, max(end, claim.t), 200)
    return pd.DataFrame({"t": t, "y": claim.y * claim.factor ** (t - claim.t)})


def _require_unit_and_claim(unit: str, claim: ClaimedTrend | None) -> None:
    """Refuse an unknown unit, and a claim that cannot be drawn."""
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
    in_forecast = forecast["level"].unique().tolist() if "level" in forecast else []
    levels = [*in_forecast, *([] if level is None or level in in_forecast else [level])]
    if len(levels) != 1:
        raise ValueError(
            f"the bands have {join_words([f'level {value}' for value in levels]) or 'no level'}; give"
            " one, in the column level of the forecast or as level="
        )
    layout.checked_level(levels[0])
    return float(levels[0])


def _require_finite(name: str, frame: pd.DataFrame, log: bool) -> None:
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


def specification_curve(
    table: pd.DataFrame,
    *,
    subject: str,
    level: float,
    primary: str | None = None,
    caveat: str = "",
    ax: Axes | None = None,
) -> Axes:
    """The factor that every specification gives, sorted; the one written down beforehand is marked.

    Parameters
    ----------
    table : DataFrame
        ``specification``, ``factor``, ``low``, ``high`` (factors a year) and ``primary``, true for one row.
        Where a specification could not be fitted its numbers are NaN; it counts as tried. With ``p_holm``
        the chart has a note that says how many show a change.
    subject : str
        What grows or falls, to open the finding: Training cost on rented hardware.
    level : float
        Level of the intervals, between 0 and 1.
    primary : str, optional
        The primary specification, as fixed before the fit, where the table must mark this one.
    caveat : str
        A sentence that ends the note.
    ax : Axes, optional
        About 0.25 inches a row; new ones of that height where not given.

    Raises
    ------
    ValueError
        A column is missing, the level is not between 0 and 1, a number is not above zero, a specification
        stands twice, or the table marks another primary one.
    """
    layout.require_columns("table", table, ("specification", "factor", "low", "high", "primary"))
    layout.checked_level(level)
    ax = ax or theme.axes(height_in=1.6 + 0.25 * len(table))
    if table["factor"].isna().all():
        return theme.empty_chart(ax, "a specification that could be fitted")
    layout.above_zero(table, ["factor", "low", "high"], "specification")
    primary = _primary(table, primary)
    ordered = table.sort_values("factor", na_position="first", ignore_index=True)
    central = float(ordered.loc[ordered["specification"] == primary, "factor"].iloc[0])
    fits = ordered.dropna(subset="factor")
    ax.set_xscale("log")
    if not math.isnan(central):
        ax.axvline(central, color=theme.RECOMPUTED, linewidth=1.2, linestyle=theme.DASHED, zorder=1)
    layout.log_ticks(ax.xaxis, layout.numbers(fits[["factor", "low", "high"]]), "x", room=1.1)
    low, high = ax.get_xlim()
    if low < 1 < high:
        ax.axvline(1, color=theme.INK, linewidth=1.2, linestyle=theme.DOTTED, zorder=1)
    for row, *fit in ordered[["factor", "low", "high", "primary"]].itertuples():
        _draw_specification(ax, row, *fit)
    _name_specifications(ax, ordered)
    tried, factors = len(ordered), fits["factor"]
    alt = (
        f"{subject}: a row for each of {tried} methods sorted by the factor a year that they give, from"
        f" {factors.min():.2f} to {factors.max():.2f}, with intervals on a logarithmic axis. The one fixed"
        " beforehand is filled."
    )
    subtitle = (
        f"Factor a year by {tried} {layout.verb(tried, 'method', 'methods')}, log scale; bars: {level:.0%}"
        " intervals; filled: the main method, fixed beforehand"
    )
    finding = _specifications_finding(subject, central)
    return theme.set_texts(ax, finding, subtitle, alt, note=_specifications_note(table, level, caveat))


def _specifications_note(table: pd.DataFrame, level: float, caveat: str) -> str | None:
    """The range of all methods, how many of them show a change, and a further sentence."""
    fits = table.dropna(subset="factor")
    notes = [caveat] if caveat else []
    if "p_holm" in table:
        notes.insert(0, _tests_note(table, level))
    if len(fits) > 1:
        flat = int(((fits["low"] <= 1) & (fits["high"] >= 1)).sum())
        low, high = fits["factor"].min(), fits["factor"].max()
        includes = f"; {number_word(flat)} cannot exclude no change" if flat else ""
        notes.insert(0, f"All factors lie between {low:.2f} and {high:.2f}{includes}.")
    return " ".join(notes) or None


def _tests_note(table: pd.DataFrame, level: float) -> str:
    """How many methods show a change once it is counted that many were tried."""
    changes = int((table["p_holm"] < 1 - level).sum())
    verb = layout.verb(changes, "shows", "show")
    return f"Counting how many methods were tried, {number_word(changes)} of them {verb} a change."


def _primary(table: pd.DataFrame, primary: str | None) -> str:
    """The one primary specification; refuse one that stands twice, and a table that marks another one."""
    if (twice := table["specification"].duplicated()).any():
        raise ValueError(
            f"specification {table.loc[twice, 'specification'].iloc[0]!r} stands twice; give each its own"
            " name"
        )
    marked = table.loc[table["primary"].astype(bool), "specification"].tolist()
    if len(marked) != 1 or primary not in (None, *marked):
        asked = f"primary is {primary!r} and " if primary else ""
        raise ValueError(
            f"{asked}the table marks {join_words([repr(name) for name in marked]) or 'none'}; mark the one"
            " specification that was fixed before the fit"
        )
    return str(marked[0])


def _draw_specification(ax: Axes, row: int, factor: float, low: float, high: float, primary: bool) -> None:
    """A factor with its interval, and its number at the right edge; the primary one is filled."""
    if math.isnan(factor):
        color, label = theme.MUTED, "not fitted"
    elif primary:
        color, label = theme.RECOMPUTED, f"primary {factor:.2f}×"
        ax.hlines(row, low, high, color=color, linewidth=4, alpha=0.6, zorder=2)
        ax.scatter([factor], [row], zorder=4, **(theme.DOT | {"s": 54}))
    else:
        color, label = theme.MUTED, f"{factor:.2f}×"
        ax.hlines(row, low, high, color=theme.OPEN, linewidth=2, alpha=0.6, zorder=2)
        ax.scatter([factor], [row], s=28, facecolors="#ffffff", edgecolors=color, linewidths=1.4, zorder=4)
    at = ("axes fraction", "data")
    theme.text(ax, label, (1, row), (6, 0), color, size=layout.NAMED_SIZE, xycoords=at)


def _name_specifications(ax: Axes, ordered: pd.DataFrame) -> None:
    """A row per specification, the name of the primary one in bold."""
    ax.set_yticks(range(len(ordered)), ordered["specification"], fontsize=9.5)
    for label, primary in zip(ax.get_yticklabels(), ordered["primary"], strict=True):
        label.set(color=theme.INK if primary else theme.MUTED, fontweight="semibold" if primary else "normal")
    ax.set(xlabel="", ylabel="", ylim=(-0.6, len(ordered) - 0.4))
    ax.grid(visible=False, axis="y")


def _specifications_finding(subject: str, central: float) -> str:
    """The factor of the primary specification."""
    if math.isnan(central):
        return f"{subject}: the main method could not be fitted"
    return f"{subject}: {central:.1f}-fold a year by the main method"


def reproduced(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """A row per published fit: its factor with its interval, and that of the same data refitted.

    Parameters
    ----------
    table : DataFrame
        ``fit``, ``published_fit``, ``published``, ``published_low``, ``published_high``, ``refitted``,
        ``refitted_low``, ``refitted_high`` (factors a year) and ``agrees``, true where every published digit
        came out; NaN is what was not published or could not be refitted. An optional ``level`` (share) is
        that of both intervals. Rows are named by ``published_fit`` and drawn in their order.
    ax : Axes, optional
        About 0.8 inches a row; new ones of that height where not given.

    Raises
    ------
    ValueError
        A column is missing, a factor is not above zero, or a row agrees that was not refitted.
    """
    values = [f"{kind}{end}" for kind in ("published", "refitted") for end in ("", "_low", "_high")]
    layout.require_columns("table", table, ("fit", "published_fit", *values, "agrees"))
    ax = ax or theme.axes(height_in=1.6 + 0.8 * len(table))
    if table[values].isna().all(axis=None):
        return theme.empty_chart(ax, "a published fit")
    layout.above_zero(table, values, "fit")
    agrees, refitted = _agreement(table)
    ax.set_xscale("log")
    rows = range(len(table) - 1, -1, -1)
    for (_, fit), row in zip(table.iterrows(), rows, strict=True):
        for kind in ("published", "refitted"):
            _draw_published_fit(ax, fit, kind, row, named=row == len(table) - 1)
    ax.set_yticks(
        list(rows), [textwrap.fill(label, 26) for label in table["published_fit"]], fontsize=layout.NAMED_SIZE
    )
    ax.set(xlabel="", ylabel="", ylim=(-0.6, len(table) - 0.4))
    layout.log_ticks(ax.xaxis, layout.numbers(table[values]), "x", room=1.35)
    layout.keep_inside(ax, [text for text in ax.texts if isinstance(text, Annotation)])
    finding = _reproduced_finding(int(agrees.sum()), int(refitted.sum()), len(table))
    alt = (
        f"A row for each of {len(table)} published fits: a ring at the published factor a year, a dot at the"
        " refitted one, and the interval of each as a bar, on a logarithmic axis."
    )
    subtitle = (
        f"Factor a year, log scale; ring: published, dot: fitted again; bars: intervals{_levels(table)}"
    )
    return theme.set_texts(ax, finding, subtitle, alt)


def _agreement(table: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Which rows agree with print, and which were refitted; one cannot agree that was not."""
    agrees, refitted = table["agrees"].fillna(False).astype(bool), table["refitted"].notna()
    if (wrong := agrees & ~refitted).any():
        raise ValueError(
            f"fit {table.loc[wrong, 'fit'].iloc[0]!r} agrees and has no refitted factor; give the factor, or"
            " agrees=False"
        )
    return agrees, refitted


def _draw_published_fit(ax: Axes, fit: pd.Series, kind: str, row: int, *, named: bool) -> None:
    """The printed factor in the upper half of a row or the refitted one in the lower half, with its interval
    and its number, after the name of the kind where it is `named`.
    """
    side, color, mark = (
        (1, theme.PRINTED, theme.RING) if kind == "published" else (-1, theme.RECOMPUTED, theme.DOT)
    )
    x, y = _middle(fit, kind), row + 0.13 * side
    low, high = fit[f"{kind}_low"], fit[f"{kind}_high"]
    ax.hlines(y, low, high, color=color, linewidth=3, alpha=0.45, zorder=2)
    ax.scatter([fit[kind]], [y], **(mark | {"zorder": 4}))
    if factor := _factor_text(fit, kind):
        differs = ", differs" if kind == "refitted" and not fit["agrees"] else ""
        text = f"{kind} {factor}{differs}" if named else f"{factor}{differs}"
    else:
        text, color, x = "no data to refit", theme.MUTED, _middle(fit, "published")
    theme.text(
        ax,
        text,
        (x, y),
        (0, 6 * side),
        color,
        ha="center",
        va="bottom" if side > 0 else "top",
        size=layout.NAMED_SIZE,
    )


def _reproduced_finding(agree: int, refitted: int, published: int) -> str:
    """How many refitted trends agree with print, and how many could not be refitted."""
    if not refitted:
        return f"None of {number_word(published)} published trends could be refitted"
    share = (
        f"All {number_word(refitted)}"
        if agree == refitted > 2
        else f"{number_word(agree).capitalize()} of {number_word(refitted)}"
    )
    share = "Both" if agree == refitted == 2 else share
    verb = layout.verb(1 if refitted == 1 else agree, "agrees", "agree")
    trends = layout.verb(refitted, "trend", "trends")
    rest = published - refitted
    finding = f"{share} refitted {trends} {verb} with the published digits"
    return finding + (f"; {number_word(rest)} could not be refitted" if rest else "")


def _factor_text(fit: pd.Series, kind: str) -> str:
    """A factor with its interval, to the digits that print gives."""
    numbers = []
    for end in ("", "_low", "_high"):
        value, digits = float(fit[f"{kind}{end}"]), _decimals(fit, f"published{end}")
        numbers.append("" if math.isnan(value) else f"{value:.{digits}f}")
    factor, low, high = numbers
    span = f"{low} to {high}" if low and high else ""
    return f"{factor} ({span})" if factor and span else factor or span


def _decimals(fit: pd.Series, name: str) -> int:
    """Decimals that print gives a figure; a whole or missing one has its row's: 2.0 with 2.4 and 3.1."""
    columns = ("published", "published_low", "published_high")
    decimals = {column: len(f"{float(fit[column]):.10g}".partition(".")[2]) for column in columns}
    return decimals[name] or max(decimals.values())


def _middle(fit: pd.Series, kind: str) -> float:
    """Where the words of a fit stand: at its factor, else amid its interval, else at one."""
    factor, low, high = (float(fit[f"{kind}{end}"]) for end in ("", "_low", "_high"))
    middle = math.sqrt(low * high) if math.isnan(factor) else factor
    return 1.0 if math.isnan(middle) else middle


def _levels(table: pd.DataFrame) -> str:
    """The levels of the intervals, as far as the table has them."""
    if "level" not in table:
        return " at the published level"
    levels = sorted(table["level"].dropna().unique().tolist())
    return f" at the published level, {join_words([f'{level:.0%}' for level in levels])}" if levels else ""
