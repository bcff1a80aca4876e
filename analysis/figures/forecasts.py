"""What is forecast, and what were earlier forecasts worth? Deadlines, probabilities and calibration.

Decisions
- A method has the same mark in every chart.
- A part of a prediction has one lane from 0 to 100%; its methods are lines in it, the latest value is at the
  right.
- Calibration is drawn with the interval of each share, since a share of few questions says little; a
  forecaster that is honest lies on the diagonal.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib import dates as mdates
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from analysis import labels
from analysis.columns import entry
from analysis.figures import theme
from analysis.forecasts.probabilities import History
from analysis.forecasts.track_record import FORECASTERS
from analysis.labels import join_words, number_word
from analysis.units import format_date

METHODS = {"simulation": "o", "base rate": "s", "trend": "^", "random walk": "v", "judgement": "D"}
"""The mark of each kind of method."""

FORECASTER_MARKS = {
    FORECASTERS["naive"]: ("o", theme.MUTED, -0.8),
    FORECASTERS["trend"]: ("^", theme.RECOMPUTED, 0.0),
    FORECASTERS["pooled"]: ("D", theme.PARTLY, 0.8),
}
"""The mark of each forecaster, its colour and how far it is shifted sideways, percent."""


def deadlines(parts: pd.DataFrame, *, as_of: str, ax: Axes | None = None) -> Axes:
    """The parts of the predictions from the day they were made to their deadlines, with the cut-off date and
    what is decided.

    `parts` has ``label``, ``made_on`` and ``deadline`` (ISO dates) and ``status``: open, true, false or void.
    """
    ax = ax or theme.axes(height_in=6.2)
    table = parts.sort_values("deadline", kind="stable")[::-1].reset_index(drop=True)
    today = dt.date.fromisoformat(as_of)
    start, now = (
        float(mdates.date2num(dt.date.fromisoformat(day))) for day in (parts["made_on"].iloc[0], as_of)
    )
    ends = [dt.date.fromisoformat(day) for day in table["deadline"]]
    for row, (label, end, status) in enumerate(zip(table["label"], ends, table["status"], strict=True)):
        _draw_deadline(ax, row, label, end, status, start, now)
    ax.xaxis_date()
    ax.xaxis.set_major_locator(mdates.YearLocator())
    ax.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))
    latest = max(mdates.date2num(end) for end in ends)
    ax.set(yticks=[], ylim=(-0.5, len(table) - 0.2), xlim=(start, latest * 1.0 + 190))
    counts = table["status"].value_counts()
    statuses = [
        f"{number_word(int(counts[status]))} {'is' if counts[status] == 1 else 'are'} {label}"
        for status, label in labels.PARTS.items()
        if status in counts
    ]
    finding = f"Of {number_word(len(table))} parts {join_words(statuses)}"
    alt = (
        f"A bar for each of {len(table)} predictions from the day it was made to its deadline. The dark part"
        " is the time gone by; dashed bars were overtaken."
    )
    subtitle = f"From publication to each deadline, on {format_date(today)}; dark: gone by, dashed: overtaken"
    return theme.set_texts(ax, finding, subtitle, alt)


def _draw_deadline(
    ax: Axes, row: int, label: str, end: dt.date, status: str, start: float, now: float
) -> None:
    """A bar to a deadline, dark as far as the time has gone by, or dashed where the part was overtaken."""
    width = float(mdates.date2num(end)) - start
    bar: dict[str, Any] = {"left": start, "height": 0.34}
    if status == "void":
        ax.barh(row, width, color="none", edgecolor=theme.MUTED, linestyle=(0, (3, 2)), **bar)
    else:
        ax.barh(row, width, color=theme.GRID, **bar)
        ax.barh(row, min(max(now - start, 0), width), color=theme.RECOMPUTED, **bar)
    color = theme.MUTED if status == "void" else theme.INK
    theme.annotate(ax, label, (start, row), (0, 13), va="center", fontsize=10.5, color=color)
    text = f"{end.day} {end:%b %Y}" if status == "open" else labels.PARTS[status]
    theme.annotate(ax, text, (mdates.date2num(end), row), (6, 0), va="center", color=theme.MUTED)


def chances(methods: pd.DataFrame, parts: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """The probability of each part by every method, with its interval, and the pool where there are several.

    Parameters
    ----------
    methods : DataFrame
        `probabilities.by_method`: a row a method.
    parts : DataFrame
        The name of each part: ``id, label``.
    """
    ax = ax or theme.axes(height_in=6.6)
    if methods.empty:
        return theme.empty_chart(ax, "nothing to base a probability on")
    names = _part_names(parts)
    ids = list(dict.fromkeys(methods["id"]))[::-1]
    for row, part in enumerate(ids):
        _draw_part(ax, row, methods[methods["id"] == part].reset_index(drop=True), names[part])
    handles = _method_handles(ax, methods["method"])
    if methods["id"].duplicated().any():
        handles += ax.plot([], [], color=theme.INK, linewidth=2.2, label="pooled")
    theme.legend(ax, handles)
    ax.set(yticks=[], ylim=(-0.5, len(ids) - 0.4), xlim=(0, 100), xticks=range(0, 101, 25))
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:.0f}%")
    pools = methods.drop_duplicates("id").set_index("id")["pooled_pct"]
    likely = int((pools.round() > 50).sum())  # a part that prints 50% is not called likely
    verb = "is" if likely < 2 else "are"
    finding = (
        f"{number_word(likely).capitalize()} of {number_word(len(pools), 'part', 'parts')} {verb} more likely"
        " than not"
    )
    subtitle = "Probability of each part by every method. Right: pooled, and the cases or points that decide"
    alt = "A row for each part with a mark for each method and a line for its interval: " + "; ".join(
        f"{names[str(part)]}, {value:.0f}%" for part, value in pools.items()
    )
    note = (
        f"{_condition_note(methods, names)}Bars: how far 90% of past cases or fitted trends may be off. A"
        " simulated probability has no bar: it holds only under the assumptions of the model."
    )
    return theme.set_texts(ax, finding, subtitle, f"{alt}.", note=note)


def _condition_note(methods: pd.DataFrame, names: Mapping[str, str]) -> str:
    """What “if so” means for the parts that take another for granted, as a sentence to prepend."""
    given = dict.fromkeys(methods["given"].dropna())
    if not given:
        return ""
    conditions = " or ".join(f"“{names[str(part)]}”" for part in given)
    return f"“If so”: should {conditions} come true. "


def _part_names(parts: pd.DataFrame) -> dict[str, str]:
    """The label of each part by its id."""
    return dict(zip(parts["id"], parts["label"], strict=True))


METHOD_GAP = 0.16
"""How far the methods of a part stand apart, in lanes."""


def _draw_part(ax: Axes, row: int, methods: pd.DataFrame, label: str) -> None:
    """The methods of a part, the pool across them if there are several, and its probability at the right."""
    middle, half = row - 0.1, METHOD_GAP * (len(methods) - 1) / 2
    for at, method in enumerate(methods.to_dict("records")):
        y = middle + half - METHOD_GAP * at
        if method["method"] != "simulation":  # whose interval is the noise of a finite number of futures
            interval = [method["low_pct"], method["high_pct"]]
            ax.plot(interval, [y, y], color=theme.RECOMPUTED, alpha=0.45, linewidth=2)
        mark = METHODS[method["method"]]
        ax.plot(method["probability_pct"], y, mark, color=theme.RECOMPUTED, markersize=6.5)
    pool, condition = float(methods["pooled_pct"].iloc[0]), methods["given"].iloc[0]
    if len(methods) > 1:
        ends = [middle - half - 0.09, middle + half + 0.09]
        ax.plot([pool, pool], ends, color=theme.INK, linewidth=2.2)
    style: dict[str, Any] = {"va": "center", "annotation_clip": False}
    theme.annotate(ax, f"{pool:.0f}%", (100, middle), (8, 0), fontweight="semibold", **style)
    heaviest = methods.iloc[int(methods["weight_pct"].argmax())]
    basis = _basis(str(heaviest["method"]), float(heaviest["rests_on"]))
    theme.annotate(ax, basis, (100, middle), (44, 0), color=theme.MUTED, fontsize=9.5, **style)
    text = label + (", if so" if isinstance(condition, str) else "")
    theme.annotate(ax, text, (0, middle + half), (0, 14), va="center", fontsize=10.5)


def _basis(method: str, cases: float) -> str:
    """What a probability rests on, in a few words: three cases, four data points, our simulation."""
    if pd.isna(cases):
        return labels.METHODS[method]
    noun = "case" if method == "base rate" else "data point"
    return number_word(cases, noun, f"{noun}s")


def _method_handles(ax: Axes, methods: pd.Series) -> list[Line2D]:
    """A key for each kind of method that is there, in the order of `METHODS`."""
    present = [kind for kind in METHODS if kind in set(methods)]
    return [
        ax.plot([], [], METHODS[kind], color=theme.RECOMPUTED, label=labels.METHODS[kind])[0]
        for kind in present
    ]


def probability_history(history: History, parts: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Every part's probability by every method over the cut-off dates for which it was computed.

    `parts` has the name of each part: ``id, label``.
    """
    table, ax = history.table, ax or theme.axes(height_in=6.8)
    if table.empty:
        return theme.empty_chart(ax, "probabilities of the parts")
    known = set(table["id"])
    names = {part: label for part, label in _part_names(parts).items() if part in known}
    for lane, (part, name) in enumerate(reversed(names.items())):
        rows = table[table["id"] == part]
        _draw_lane(ax, lane, name, rows, (table["as_of"].min(), table["as_of"].max()))
    theme.legend(ax, _method_handles(ax, table["method"]))
    ax.grid(visible=False)
    ax.set(yticks=[], ylim=(-0.1, len(names) - 0.02), xlim=(-0.02, 1.02))
    _label_days(ax, table["as_of"].min(), table["as_of"].max())
    changes = {part: _largest_change(table[table["id"] == part]) for part in names}
    most = max(changes, key=lambda part: abs(changes[part]))
    finding = "No probability has moved by a point since publication"
    if round(abs(changes[most])):
        finding = f"“{names[most]}” {_moved(changes[most])} since publication"
    subtitle = "Probability by each method from what was known on the day; each lane runs from 0% to 100%"
    alt = "A lane for each part with its probabilities by day: " + "; ".join(
        f"{names[part]}, {_moved(change)}" for part, change in changes.items()
    )
    return theme.set_texts(
        ax, finding, subtitle, f"{alt}.", note=_left_out_note(history.left_out, _part_names(parts))
    )


def _moved(points: float) -> str:
    """How far a probability moved: rose 12 points, fell 1 point, did not move."""
    size = round(abs(points))
    if not size:
        return "did not move"
    return f"{'rose' if points > 0 else 'fell'} {size} point{'' if size == 1 else 's'}"


def _left_out_note(left_out: pd.DataFrame, names: Mapping[str, str]) -> str | None:
    """Which parts have a method without a history, and on how many assumptions each of these rests."""
    if left_out.empty:
        return None
    listed = "; ".join(
        f"{names[part]} ({assumptions.count(',') + 1} assumptions)"
        for part, assumptions in zip(left_out["id"], left_out["assumptions"], strict=True)
    )
    return f"Simulated probabilities have no history, because their assumptions are undated: {listed}"


def _draw_lane(
    ax: Axes, lane: int, name: str, rows: pd.DataFrame, days: tuple[pd.Timestamp, pd.Timestamp]
) -> None:
    """The lane of a part: a line a method from the first to the last day, the latest values at the right."""
    for level in (0, 50, 100):
        width = 0.6 if level == 50 else 0.9
        ax.plot([0, 1], [lane + level / 160] * 2, color=theme.GRID, linewidth=width, zorder=1)
    first, last = days
    line: dict[str, Any] = {"linestyle": "-", "markersize": 4.5, "linewidth": 1.6, "zorder": 3}
    latest, now = [], []
    for method, part in rows.groupby("method", sort=False):
        x = (part["as_of"] - first).dt.days / _span_days(first, last)
        y = lane + part["probability_pct"] / 160
        ax.plot(x, y, METHODS[str(method)], color=theme.RECOMPUTED, **line)
        latest.append(float(part["probability_pct"].iloc[-1]))
        now += [round(latest[-1])] if part["as_of"].iloc[-1] == last else []
    values = ", ".join(f"{value:.0f}%" for value in dict.fromkeys(now)) or "none now"
    theme.text(ax, values, (1, lane + sum(latest) / len(latest) / 160), (8, 0), theme.INK)
    theme.text(ax, name, (0, lane + 0.72), (0, 2), theme.INK, va="bottom", size=10.5)


def _label_days(ax: Axes, first: pd.Timestamp, last: pd.Timestamp) -> None:
    """Ticks at the first day and at every month from three weeks after it."""
    ticks = [first, *pd.date_range(first + pd.Timedelta(days=20), last, freq="MS")]
    ax.set_xticks(
        [(day - first).days / _span_days(first, last) for day in ticks],
        [f"{day.day} {day:%b %Y}" if day == first else f"{day:%b}" for day in ticks],
    )


def _span_days(first: pd.Timestamp, last: pd.Timestamp) -> int:
    return max((last - first).days, 1)


def _largest_change(rows: pd.DataFrame) -> float:
    """The largest change of a method from its first day to its last, points."""
    changes = [
        float(line["probability_pct"].iloc[-1] - line["probability_pct"].iloc[0])
        for _, line in rows.groupby("method")
    ]
    return max(changes, key=abs)


def calibration(bins: pd.DataFrame, record: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """How often events of a forecast probability happened, for each forecaster.

    Parameters
    ----------
    bins : DataFrame
        `track_record.reliability`: ``forecaster, n_questions, forecast, observed, observed_low,
        observed_high`` (shares).
    record : DataFrame
        `track_record.score_forecasters`: ``forecaster, look_ahead, n_questions, n_series, skill, verdict``.
    """
    ax = ax or theme.axes(height_in=4.6, grid="both")
    if bins.empty:
        return theme.empty_chart(ax, "questions of the past that resolved")
    ax.plot([0, 100], [0, 100], color=theme.INK, linewidth=1.2, linestyle=theme.DOTTED, zorder=1)
    theme.text(ax, "as often as forecast", (20, 20), (6, -7), theme.INK, size=9.5)
    handles = [_draw_forecaster(ax, str(name), rows) for name, rows in bins.groupby("forecaster", sort=False)]
    theme.legend(ax, handles)
    ax.set(
        xlim=(0, 100),
        ylim=(-3, 103),
        yticks=range(0, 101, 20),
        xlabel=entry("forecast").label,
        ylabel=entry("observed").label,
    )
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:.0f}%")
    by_name = record[record["look_ahead"] == "no"].set_index("forecaster")
    trend = by_name.loc[FORECASTERS["trend"]].to_dict()
    n, skill = int(trend["n_questions"]), float(trend["skill"])
    pooled = float(by_name["skill"].to_dict()[FORECASTERS["pooled"]])
    subtitle = (
        f"How often events happened, by forecast probability, on {n} past questions. Bars: 90% intervals"
    )
    alt = (
        f"Marks of three forecasters against a diagonal. On {n} questions of {int(trend['n_series'])} series"
        f" trends have a Brier skill of {skill:+.2f} against the naive forecast, the pool weighted by record"
        f" {pooled:+.2f}."
    )
    finding = _calibration_finding(bins, str(trend["verdict"]))
    return theme.set_texts(ax, finding, subtitle, alt.replace(" -", " −"))


def _draw_forecaster(ax: Axes, name: str, rows: pd.DataFrame) -> Line2D:
    """The observed shares of a forecaster with their intervals, set apart sideways from the others'."""
    mark, color, shift = FORECASTER_MARKS[name]
    x = 100 * rows["forecast"] + shift
    low, high = 100 * rows["observed_low"], 100 * rows["observed_high"]
    ax.vlines(x, low, high, color=color, alpha=0.45, linewidth=2, zorder=2)
    style: dict[str, Any] = {"color": color, "markersize": 7.5, "zorder": 3}
    return ax.plot(x, 100 * rows["observed"], mark, label=name, **style)[0]


def _calibration_finding(bins: pd.DataFrame, verdict: str) -> str:
    """How trends compare with the naive forecast, and whether they are too sure where they are surest."""
    trend = bins[bins["forecaster"] == FORECASTERS["trend"]]
    ends = trend[(trend["forecast"] >= 0.8) | (trend["forecast"] < 0.2)]
    too_sure = len(ends) and ((ends["observed"] - 0.5).abs() < (ends["forecast"] - 0.5).abs()).all()
    sure = ", and were too sure" if too_sure else ""
    return {
        "worse": f"Trends did worse than a naive forecast{sure}",
        "better": "Trends did better than a naive forecast",
        "no different": "Trends did about as well as a naive forecast",
        "not tested": "Trends did about as well as a naive forecast",
    }[verdict]
