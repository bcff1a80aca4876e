"""What do charts share beyond their look? Scales, names of points, amounts, phrases, rows with bounds, and
what is refused.

Decisions
- Time is a decimal year (`statistics.trend.decimal_year`), as the fits have it.
- Factors, prices and costs have logarithmic axes with two to nine round ticks.
- Names of points take the side on which they cover least; labels that reach out of the axes are moved in.
- A figure that is missing keeps its row and says why; it is never drawn at zero.
- A frame without a column, or with a number that cannot be drawn, is refused by its name, with what it needs.
"""

from __future__ import annotations

import datetime as dt
import math
import string
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd
from matplotlib import dates as mdates
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.text import Annotation
from matplotlib.ticker import MaxNLocator, NullLocator
from matplotlib.transforms import Bbox
from numpy.typing import ArrayLike, NDArray

from analysis.exhibits import chance_in_words, share_in_words
from analysis.figures import theme
from analysis.labels import join_words, number_word
from analysis.units import UNITS, Quantity

FINE, COARSE = (1, 1.5, 2, 3, 4, 5, 7), (1, 2, 5)
"""Ticks within a power of ten, where an axis spans less than one and where it spans more."""

NAMED_SIZE = 9.5
SIDES = (
    (7, 0, "left", "center"),
    (-7, 0, "right", "center"),
    (0, 7, "center", "bottom"),
    (0, -7, "center", "top"),
    (5, 5, "left", "bottom"),
    (-5, 5, "right", "bottom"),
    (5, -5, "left", "top"),
    (-5, -5, "right", "top"),
)
"""Where the name of a point may be, best first: offset in points, horizontal and vertical alignment."""

LARGE_DOT: dict[str, Any] = {"color": theme.RECOMPUTED, "s": 62, "zorder": 4, "linewidth": 0}
"""Marks of a recomputed figure where a row has room for large ones, as `Axes.scatter` takes them."""


class Name(NamedTuple):
    """The name of a point, in data coordinates, and its colour."""

    text: str
    x: float
    y: float
    color: str


def fill(template: str, values: Mapping[str, Any]) -> str:
    """A text of a chart with its numbers: `str.format`, whole shares as in a sentence (`share_in_words`), and
    `chance` as the format of a share of simulated futures (`chance_in_words`).
    """
    return _ShareFormatter().vformat(template, (), values)


class _ShareFormatter(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        formats = {".0%": share_in_words, "chance": chance_in_words}
        in_words = formats.get(format_spec)
        return in_words(value) if in_words else str(super().format_field(value, format_spec))


def scales(ax: Axes, times: Sequence[float], heights: Sequence[float], unit: str, log: bool) -> None:
    """Scales, limits and ticks that hold everything drawn, before labels; times are decimal years."""
    if log:
        ax.set_yscale("log")
        log_ticks(ax.yaxis, heights, unit, room=1.15)
    else:
        low, high = min(heights), max(heights)
        room = (high - low or abs(high) or 1.0) * 0.05
        ax.set_ylim(low - room, high + room)
        ax.yaxis.set_major_formatter(lambda y, _: amount(y, unit, 4))
    years(ax, min(times), max(times))


def years(ax: Axes, start: float, stop: float) -> None:
    """A time axis in decimal years with a little room on both sides, ticks at whole years."""
    room = (stop - start or 1.0) * 0.02
    ax.set_xlim(start - room, stop + room)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=True, min_n_ticks=2))
    ax.xaxis.set_major_formatter(lambda t, _: f"{t:.0f}")
    ax.set(xlabel="", ylabel="")


def log_ticks(axis: Any, values: Sequence[float], unit: str, *, room: float) -> None:
    """Limits and ticks of a logarithmic axis that holds the values; the ticks are round, at most nine on a
    vertical axis and five on the other.
    """
    most = 9 if axis.axis_name == "y" else 5
    low, high = min(values) / room, max(values) * room
    within = FINE if high / low < 12 else COARSE
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [m * 10.0**e for e in powers for m in within if low <= m * 10.0**e <= high]
    if len(ticks) > most:
        decades = [10.0**e for e in powers if low <= 10.0**e <= high]
        ticks = decades[:: max(-(-len(decades) // most), 1)]
    if len(ticks) < 2:
        ticks = [float(tick) for tick in MaxNLocator(4).tick_values(low, high) if low <= tick <= high]
    axis.set_ticks(ticks, labels=[amount(tick, unit, 4) for tick in ticks])
    axis.set_minor_locator(NullLocator())
    (axis.axes.set_ylim if axis.axis_name == "y" else axis.axes.set_xlim)(low, high)


def name_points(ax: Axes, names: Sequence[Name], marks: ArrayLike, path: ArrayLike) -> None:
    """Names of points, each on the side where it covers least; the axes must be final.

    Parameters
    ----------
    names : sequence of Name
        Placed in this order, the most important first.
    marks, path : arrays, shape (m, 2)
        Points that should stay free, in data coordinates, and points along a line that is better left free
        too.
    """
    renderer, inside = renderer_and_extent(ax)
    dots, line = (np.asarray(ax.transData.transform(np.reshape(at, (-1, 2)))) for at in (marks, path))
    boxes = [text.get_window_extent(renderer) for text in ax.texts if text.get_text()]
    for name in names:
        text = theme.text(ax, name.text, (name.x, name.y), (0, 0), name.color, size=NAMED_SIZE)
        text.set_zorder(3.5)
        costs = []
        for side in SIDES:
            _put(text, side)
            box = text.get_window_extent(renderer).padded(3)
            out = box.x0 < inside.x0 or box.x1 > inside.x1 or box.y0 < inside.y0 or box.y1 > inside.y1
            hidden = sum(box.overlaps(other) for other in boxes) + out
            costs.append(1000 * hidden + 10 * _within(box, dots) + _within(box, line))
        _put(text, SIDES[int(np.argmin(costs))])
        boxes.append(text.get_window_extent(renderer))


def split_at(line: pd.DataFrame, end: float, log: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A fitted line (`t` and heights) up to the end of the record and from there on, meeting at the end where
    it lies inside.
    """
    t, y = (line[column].to_numpy(float) for column in line.columns)
    here = np.exp(np.interp(end, t, np.log(y))) if log else np.interp(end, t, y)
    inside = t[0] <= end <= t[-1]
    joint = pd.DataFrame([[end, here]] if inside else [], columns=line.columns, dtype=float)
    return pd.concat([line[t < end], joint]), pd.concat([joint, line[t > end]])


def record_end(ax: Axes, at: float, *, low: bool) -> None:
    """A thin vertical line where the record ends, labelled at the bottom (`low`) or the top."""
    ax.axvline(at, color=theme.MUTED, linewidth=0.9, zorder=1)
    start, stop = ax.get_xlim()
    left = at > start + 0.35 * (stop - start)  # the label takes about a third of the axes
    theme.text(
        ax,
        f"record ends {year_month(at)}",
        (at, 0 if low else 1),
        (-4 if left else 4, 4 if low else -4),
        theme.MUTED,
        ha="right" if left else "left",
        va="bottom" if low else "top",
        size=NAMED_SIZE,
        xycoords=("data", "axes fraction"),
    )


def numbers(table: pd.DataFrame) -> list[float]:
    """Every number of a table, without NaN."""
    values = table.to_numpy(float).ravel()
    return list(values[~np.isnan(values)])


def _put(text: Annotation, side: tuple[float, float, str, str]) -> None:
    x, y, ha, va = side
    text.set(position=(x, y), ha=ha, va=va)


def _within(box: Bbox, at: NDArray[np.float64]) -> int:
    """How many points, in pixels, lie in a box."""
    x, y = at.T
    return int(((x > box.x0) & (x < box.x1) & (y > box.y0) & (y < box.y1)).sum())


def keep_inside(ax: Axes, texts: Sequence[Annotation]) -> None:
    """Moves labels sideways into the axes where they reach out of them; the axes must be final."""
    for text in texts:
        text.set_in_layout(False)
    renderer, inside = renderer_and_extent(ax)
    points = 72 / theme.chart_of(ax).dpi
    for text in texts:
        box = text.get_window_extent(renderer)
        shift = max(inside.x0 + 2 - box.x0, 0) - max(box.x1 - inside.x1 + 2, 0)
        x, y = text.get_position()
        text.set_position((x + shift * points, y))


def renderer_and_extent(ax: Axes) -> tuple[RendererAgg, Bbox]:
    """What measures texts, and where the axes lie, in pixels, once the chart is laid out."""
    chart = theme.chart_of(ax)
    theme.lay_out(chart)
    return cast(FigureCanvasAgg, chart.canvas).get_renderer(), ax.get_window_extent()


def amount(value: float, unit: str, digits: int = 2) -> str:
    """A value to some digits with its unit, money in thousands, millions and so on: $310m, 2.4×, 45%."""
    symbol, scale = UNITS[unit]
    if symbol == "$":
        base = abs(float(f"{value * scale:.{digits}g}"))
        power = min(max(math.floor(math.log10(base) / 3), 0), 4) if base else 0
        return f"{'−' if value < 0 else ''}${base / 1000**power:,g}{('', 'k', 'm', 'bn', 'trn')[power]}"
    number = f"{float(f'{value:.{digits}g}'):,g}".replace("-", "−")
    return number + {"%": "%", "x": "×"}.get(symbol, "")


def year_month(t: float) -> str:
    """The month of a decimal year: March 2025."""
    month = math.floor((t - math.floor(t)) * 12 + 1e-6) + 1
    return f"{dt.date(math.floor(t), month, 1):%B %Y}"


def verb(count: int, singular: str, plural: str) -> str:
    """The form that goes with a count: one agrees, two agree."""
    return singular if count == 1 else plural


def require_columns(name: str, frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Refuses a frame that lacks a column."""
    if missing := [column for column in columns if column not in frame]:
        raise ValueError(
            f"{name} has no column {join_words([repr(column) for column in missing])}; it needs"
            f" {', '.join(columns)}"
        )


def checked_level(level: float) -> None:
    """Refuses a level that is no share."""
    if not 0 < level < 1:
        raise ValueError(f"level is {level!r}; it lies between 0 and 1, 0.95 for 95%")


def above_zero(table: pd.DataFrame, columns: Sequence[str], key: str) -> None:
    """Refuses factors at or below zero and infinite ones; missing ones pass."""
    for column in columns:
        if (bad := (table[column] <= 0) | np.isinf(table[column])).any():
            row = table[bad].iloc[0]
            raise ValueError(
                f"{column} of {row[key]!r} is {row[column]:g}; factors are finite and above zero, a fall of a"
                " half is 0.5"
            )


def finding_day(day: theme.Day, as_of: theme.Day | None) -> pd.Timestamp:
    """The day of which a finding speaks: the article's, or the cut-off date where that is earlier."""
    return pd.Timestamp(day) if as_of is None else min(pd.Timestamp(day), pd.Timestamp(as_of))


def date_number(day: pd.Timestamp) -> float:
    """A day as a date axis counts."""
    return float(mdates.date2num(day))


def money_ticks(axis: Any, values: Sequence[float], unit: str = "") -> None:
    """Ticks at 1, 2 and 5 of every power of ten that the values span, in dollars."""
    low, high = min(values) / 1.3, max(values) * 1.3
    ticks = [m * 10.0**e for e in range(-3, 5) for m in (1, 2, 5) if low <= m * 10.0**e <= high]
    step = 2 if len(ticks) > 8 else 1
    axis.set_ticks(ticks[::step], [f"${tick:g}{unit}" for tick in ticks[::step]])
    axis.set_minor_locator(NullLocator())
    (axis.axes.set_ylim if axis.axis_name == "y" else axis.axes.set_xlim)(low, high)


def value_pairs(table: pd.DataFrame, column: str, key: str = "model") -> list[tuple[Any, float]]:
    """The key and the value of every row."""
    return list(table[[key, column]].itertuples(index=False, name=None))


def share_phrase(part: int, total: int, noun: str) -> str:
    """Two of five of something, with its verb."""
    is_one = total == 1
    return (
        f"{number_word(part).capitalize()} of {number_word(total)} {noun}{'' if is_one else 's'}"
        f" {verb(1 if is_one else part, 'is', 'are')}"
    )


def require_panels(axes: Sequence[Axes], count: int, noun: str) -> None:
    """Refuse any other number of panels than `count`."""
    if len(axes) != count:
        raise ValueError(f"there are {len(axes)} panels for {count} {noun}; hand in theme.panels({count})")


def side_label(ax: Axes, x: float, y: float, text: str, side: int, color: str, size: float = 10.5) -> None:
    """A label to the right of a mark (`side` 1) or to its left (-1)."""
    ha = "left" if side > 0 else "right"
    theme.annotate(ax, text, (x, y), (8 * side, 0), ha=ha, va="center", color=color, fontsize=size)


def line_label(ax: Axes, x: pd.Series, y: pd.Series, text: str, color: str) -> None:
    """The name of a line to the right of its end, in its colour."""
    style = {"color": color, "va": "center", "annotation_clip": False, "fontweight": "semibold"}
    theme.annotate(ax, text, (x.iloc[-1], y.iloc[-1]), (6, 0), **style)


def level_label(ax: Axes, text: str, level: float, color: str, size: float = 10.0) -> None:
    """The name of a horizontal line, above its left end."""
    style: dict[str, Any] = {"va": "bottom", "size": size, "xycoords": ("axes fraction", "data")}
    theme.text(ax, text, (0.005, level), (0, 3), color, **style)


def bounds(figure: Quantity) -> tuple[float, float]:
    """Both ends of a figure that has them, for a band."""
    if figure.low is None or figure.high is None:
        raise ValueError(f"{figure.text!r} has no bounds; a band needs a range or a number")
    return figure.low, figure.high
