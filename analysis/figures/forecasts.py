"""What is forecast, and what were earlier forecasts worth? Deadlines, probabilities by method and over time,
and calibration.

Decisions
- A method has the same mark in every chart.
- A part of a prediction keeps one lane from 0 to 100%; its methods are lines in it, the latest value stands
  at the right.
- Calibration is drawn with the interval of each share, since a share of few questions says little; a
  forecaster that is honest lies on the diagonal.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pandas as pd
from matplotlib import dates as mdates
from matplotlib.axes import Axes

from analysis import labels
from analysis.figures import theme
from analysis.forecasts.track_record import FORECASTERS

METHODS = {"simulation": "o", "base rate": "s", "trend": "^", "judgement": "D"}
"""The mark of each kind of method."""


def deadlines(predictions: pd.DataFrame, *, published_on: str, as_of: str, ax: Axes) -> Axes:
    """Predictions from the day they were made to their deadlines, with the day of looking and what is
    decided.

    `predictions` has ``label``, ``deadline`` (ISO dates) and ``status``: open, true, false or void.
    """
    table = predictions.sort_values("deadline", kind="stable")[::-1].reset_index(drop=True)
    made, today = (dt.date.fromisoformat(day) for day in (published_on, as_of))
    ends = [dt.date.fromisoformat(day) for day in table["deadline"]]
    left = mdates.date2num(made)
    for row, (label, end, status) in enumerate(zip(table["label"], ends, table["status"], strict=True)):
        width = mdates.date2num(end) - left
        if status == "void":
            ax.barh(
                row, width, left=left, color="none", edgecolor=theme.MUTED, linestyle=(0, (3, 2)), height=0.34
            )
        else:
            ax.barh(row, width, left=left, color=theme.GRID, height=0.34)
            gone = min(max(mdates.date2num(today) - left, 0), width)
            ax.barh(row, gone, left=left, color=theme.RECOMPUTED, height=0.34)
        ax.annotate(
            label,
            (left, row),
            xytext=(0, 13),
            textcoords="offset points",
            va="center",
            fontsize=10.5,
            color=theme.MUTED if status == "void" else theme.INK,
        )
        words = f"{end.day} {end:%b %Y}" if status == "open" else labels.PARTS[status]
        ax.annotate(
            words,
            (mdates.date2num(end), row),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            color=theme.MUTED,
        )
    ax.xaxis_date()
    ax.xaxis.set_major_locator(mdates.YearLocator())
    ax.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))
    ax.set(
        yticks=[],
        ylim=(-0.5, len(table) - 0.2),
        xlim=(left, max(mdates.date2num(end) for end in ends) * 1.0 + 190),
    )
    counts = table["status"].value_counts()
    stands = [f"{counts[status]} {label}" for status, label in labels.PARTS.items() if status in counts]
    finding = f"{len(table)} parts on {today.day} {today:%B %Y}: {', '.join(stands)}"
    alt = (
        f"A bar for each of {len(table)} predictions from the day it was made to its deadline; the dark part"
        " is the time gone by, dashed bars were overtaken."
    )
    subtitle = "From publication to each deadline; dark: gone by; dashed: overtaken before publication"
    return theme.set_texts(ax, finding, subtitle, alt)


def chances(methods: pd.DataFrame, labels: Mapping[str, str], *, ax: Axes) -> Axes:
    """The probability of each part by every method, with its interval, and the pool where there are several.

    `methods` has a row a method: ``id, kind, probability_pct, low_pct, high_pct, pooled_pct, given``;
    `labels` names each part.
    """
    if methods.empty:
        return theme.empty_chart(ax, "nothing to base a probability on")
    parts = list(dict.fromkeys(methods["id"]))[::-1]
    for row, part in enumerate(parts):
        own = methods[methods["id"] == part].reset_index(drop=True)
        offsets = [0.0] if len(own) == 1 else [0.13, -0.13]
        for method, offset in zip(own.to_dict("records"), offsets, strict=False):
            y = row - 0.12 + offset
            ax.plot(
                [method["low_pct"], method["high_pct"]],
                [y, y],
                color=theme.RECOMPUTED,
                alpha=0.45,
                linewidth=2,
            )
            ax.plot(
                method["probability_pct"], y, METHODS[method["kind"]], color=theme.RECOMPUTED, markersize=6.5
            )
        pool, condition = own.loc[0, "pooled_pct"], own.loc[0, "given"]
        if len(own) > 1:
            ax.plot([pool, pool], [row - 0.38, row + 0.14], color=theme.INK, linewidth=2.2)
        ax.annotate(
            f"{pool:.0f}%",
            (100, row - 0.12),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontweight="semibold",
            annotation_clip=False,
        )
        words = labels[part] + (", if so" if isinstance(condition, str) else "")
        ax.annotate(words, (0, row), xytext=(0, 13), textcoords="offset points", va="center", fontsize=10.5)
    kinds = [kind for kind in METHODS if kind in set(methods["kind"])]
    handles = [ax.plot([], [], METHODS[kind], color=theme.RECOMPUTED, label=kind)[0] for kind in kinds]
    if methods["id"].duplicated().any():
        handles += ax.plot([], [], color=theme.INK, linewidth=2.2, label="pooled")
    theme.legend(ax, handles)
    ax.set(yticks=[], ylim=(-0.6, len(parts) - 0.2), xlim=(0, 100), xticks=range(0, 101, 25))
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:.0f}%")
    pools = methods.drop_duplicates("id").set_index("id")["pooled_pct"]
    likely = int((pools > 50).sum())
    finding = (
        f"{likely} of {len(pools)} parts are more likely than not; the likeliest is"
        f" “{labels[str(pools.idxmax())].removeprefix('… ')}”"
    )
    subtitle = (
        "Probability by every method, with its interval; “if so”: if the first part of that prediction comes"
    )
    alt = "A row for each part with a mark for each method and a line for its interval: " + "; ".join(
        f"{labels[str(part)].removeprefix('… ')}, {value:.0f}%" for part, value in pools.items()
    )
    return theme.set_texts(ax, finding, subtitle, f"{alt}.")


def probability_history(table: pd.DataFrame, labels: Mapping[str, str], *, ax: Axes) -> Axes:
    """Every part's probability by every method over the days of looking.

    Parameters
    ----------
    table : DataFrame
        `models.forecasts.History.table`: ``day, id, kind, probability_pct``.
    labels
        The name of each part, by id.
    """
    if table.empty:
        return theme.empty_chart(ax, "probabilities of the parts")
    parts = [part for part in labels if part in set(table["id"])]
    first, last = table["day"].min(), table["day"].max()
    span = max((last - first).days, 1)
    moved = {part: _moved(table[table["id"] == part]) for part in parts}
    for lane, part in enumerate(reversed(parts)):
        own = table[table["id"] == part]
        for level in (0, 50, 100):
            ax.plot(
                [0, 1],
                [lane + level / 160] * 2,
                color=theme.GRID,
                linewidth=0.6 if level == 50 else 0.9,
                zorder=1,
            )
        ends = {}
        for kind, line in own.groupby("kind", sort=False):
            x, y = (line["day"] - first).dt.days / span, lane + line["probability_pct"] / 160
            ax.plot(
                x,
                y,
                METHODS[str(kind)],
                linestyle="-",
                color=theme.RECOMPUTED,
                markersize=4.5,
                linewidth=1.6,
                zorder=3,
            )
            ends[str(kind)] = float(line["probability_pct"].iloc[-1])
        told = ", ".join(f"{value:.0f}%" for value in dict.fromkeys(round(v) for v in ends.values()))
        theme.text(ax, told, (1, lane + sum(ends.values()) / len(ends) / 160), (8, 0), theme.INK)
        theme.text(
            ax, labels[part].removeprefix("… "), (0, lane + 0.72), (0, 2), theme.INK, va="bottom", size=10.5
        )
    kinds = [kind for kind in METHODS if kind in set(table["kind"])]
    theme.legend(
        ax,
        [ax.plot([], [], METHODS[kind], color=theme.RECOMPUTED, label=kind)[0] for kind in kinds],
    )
    ax.grid(visible=False)
    ticks = [first, *pd.date_range(first + pd.Timedelta(days=20), last, freq="MS")]
    ax.set(yticks=[], ylim=(-0.1, len(parts) - 0.02), xlim=(-0.02, 1.02))
    ax.set_xticks(
        [(day - first).days / span for day in ticks],
        [f"{day.day} {day:%b %Y}" if day == first else f"{day:%b}" for day in ticks],
    )
    most = max(moved, key=lambda part: abs(moved[part]))
    finding = (
        "Since publication no probability has moved by a point: nothing in our data bears on one"
        if abs(moved[most]) < 1
        else (
            f"“{labels[most].removeprefix('… ')}” moved most since publication, by {moved[most]:+.0f} points".replace(
                "-", "−"
            )
        )
    )
    subtitle = "Probability by each method from what was known on the day; lane from 0 to 100%, line at 50%"
    alt = "A lane for each part with its probabilities by day: " + "; ".join(
        f"{labels[part].removeprefix('… ')}, moved by {change:+.0f} points" for part, change in moved.items()
    )
    return theme.set_texts(ax, finding, subtitle, f"{alt}.")


def _moved(own: pd.DataFrame) -> float:
    """The largest change of a method from its first day to its last, points."""
    changes = [
        float(line["probability_pct"].iloc[-1] - line["probability_pct"].iloc[0])
        for _, line in own.groupby("kind")
    ]
    return max(changes, key=abs)


def calibration(bins: pd.DataFrame, record: pd.DataFrame, *, ax: Axes) -> Axes:
    """How often it happened where so much was said, for each forecaster.

    Parameters
    ----------
    bins : DataFrame
        `models.track_record.calibration`: ``forecaster, forecast, observed, observed_low, observed_high, n``
        (shares).
    record : DataFrame
        `models.track_record.score_forecasters`: ``forecaster, skill, skill_low, skill_high, n, n_effective,
        verdict``.
    """
    if bins.empty:
        return theme.empty_chart(ax, "questions of the past that resolved")
    looks = {
        "naive": ("o", theme.MUTED, -0.8),
        "trend": ("^", theme.RECOMPUTED, 0.0),
        "pooled": ("D", theme.PARTLY, 0.8),
    }
    ax.plot([0, 100], [0, 100], color=theme.INK, linewidth=1.2, linestyle=theme.DOTTED, zorder=1)
    theme.text(ax, "as often as said", (77, 77), (6, -7), theme.INK, size=9.5)
    handles = []
    for name, own in bins.groupby("forecaster", sort=False):
        mark, color, shift = looks[str(name)]
        x = 100 * own["forecast"] + shift
        ax.vlines(
            x,
            100 * own["observed_low"],
            100 * own["observed_high"],
            color=color,
            alpha=0.45,
            linewidth=2,
            zorder=2,
        )
        handles += ax.plot(
            x,
            100 * own["observed"],
            mark,
            color=color,
            markersize=7.5,
            label=FORECASTERS[str(name)],
            zorder=3,
        )
    theme.legend(ax, handles)
    ax.set(xlim=(0, 100), ylim=(0, 100), xlabel="Said", ylabel="Happened")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:.0f}%")
    by_name = record.set_index("forecaster")
    ours = by_name.loc["trend"].to_dict()
    n, verdict, skill = int(ours["n"]), str(ours["verdict"]), float(ours["skill"])
    ends = bins[(bins["forecaster"] == "trend") & ((bins["low"] >= 0.8) | (bins["high"] <= 0.2))]
    sure = len(ends) and ((ends["observed"] - 0.5).abs() < (ends["forecast"] - 0.5).abs()).all()
    told = {
        "worse": f"Trends would have been worse than the naive forecast{', and too sure,' if sure else ''}",
        "better": "Trends would have been better than the naive forecast",
        "no different": "Trends cannot be told from the naive forecast",
    }[verdict]
    pooled = by_name["skill"].to_dict()["pooled"]
    finding = f"{told} on {n} past questions"
    subtitle = "How often it happened where so much was said, percent, with 90% intervals of the share"
    alt = (
        f"Marks of three forecasters against a diagonal. On {n} questions of {int(ours['n_series'])} series"
        f" trends have a Brier skill of {skill:+.2f} against the naive forecast, the pool of trend and base"
        f" rate {float(pooled):+.2f}."
    ).replace("+-", "-")
    return theme.set_texts(ax, finding, subtitle, alt.replace(" -", " −"))
