"""How good are models, and how far is open from closed? Printed scores next to those of sources, the best of
each kind over time, and the time to match a score.

Decisions
- A printed score is orange-brown and a bar or a band, one from a source is blue: colour is never the only
  difference.
- A score under another protocol than the one that the article's column names is hollow.
- Lags that others published are rings below the curve: they are means of other definitions, not points on it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MultipleLocator
from numpy.typing import ArrayLike

from analysis.audit.cell_checks.scores import HEADINGS
from analysis.figures import layout, theme
from analysis.labels import join_words, number_word
from analysis.models import frontier
from analysis.models.parity import TimeToMatch
from analysis.units import DAYS_PER_MONTH, Quantity, format_date

KINDS = {"closed": "solid", "open": (0, (5, 2))}
"""Line styles: open against closed weights, as in the chart of their frontiers: dashed against solid."""

MARKS = {"closed": theme.DOT, "open": theme.HOLLOW}

BAR_DEPTHS = (0.38, 0.3)
"""How far the bar of the article's score reaches below its row and above it: its number stands on top of it,
clear of the bar of the row above.
"""

LANE_DEPTH = 0.17
"""How far below one another the lags that others published stand, in the shares of the curve."""

SCORE_ROUNDING = 0.05
"""Half a unit of the last printed digit: a score closer than this rounds to the printed one."""


def scores(printed: pd.DataFrame, sourced: pd.DataFrame, *, benchmark: str, ax: Axes | None = None) -> Axes:
    """A row per model: the printed score as a bar, and the scores that sources give, a lane per protocol.

    Parameters
    ----------
    printed : DataFrame
        ``model`` and the column of scores (``mmlu_pct``, ``humaneval_pct``), as the article's table has them.
    sourced : DataFrame
        `models.frontier.article_scores`: ``model``, ``protocol``, ``variant``, ``score_pct``.
    benchmark : str
        The benchmark; the protocol of the column's heading goes with it and is filled, the others are hollow.
    ax : Axes, optional
        New ones where not given, the higher the more protocols there are.
    """
    columns = {name: (column, heading) for column, (name, heading) in HEADINGS.items()}
    if benchmark not in columns:
        raise ValueError(f"benchmark is {benchmark!r}; the article's table has {' and '.join(columns)}")
    column, heading = columns[benchmark]
    printed = printed.rename(columns={column: "score_pct"})
    ax = ax or theme.axes(height_in=3.4 + 0.4 * sourced["protocol"].nunique())
    covered = sourced[sourced["model"].isin(printed["model"])]
    if covered.empty:
        return theme.empty_chart(ax, f"any {benchmark} score of the printed models")
    rows = {model: len(printed) - 1 - index for index, model in enumerate(printed["model"])}
    for model, score in printed[["model", "score_pct"]].itertuples(index=False):
        low, high = rows[model] - BAR_DEPTHS[0], rows[model] + BAR_DEPTHS[1]
        ax.vlines(score, low, high, color=theme.PRINTED, linewidth=3.5, zorder=2)
        text = f"the article: {score:.1f}" if rows[model] == len(rows) - 1 else f"{score:.1f}"
        theme.text(ax, text, (score, high), (0, 1), theme.PRINTED, ha="center", va="bottom")
    _draw_protocols(ax, covered, dict(layout.value_pairs(printed, "score_pct")), rows, heading)
    ax.set_yticks(list(rows.values()), list(rows))
    every = [*printed["score_pct"], *covered["score_pct"]]
    span = max(every) - min(every) or 1.0
    edges = (min(every) - 0.5 * span, max(every) + 0.4 * span)  # labels stand to both sides
    ax.locator_params(axis="x", integer=True)
    ax.set(xlabel="", ylabel="", ylim=(-0.6, len(rows) - 0.3), xlim=edges)
    alt = (
        f"A row for each of {len(printed)} models: a bar at the printed score and marks at those that sources"
        f" give, by protocol; filled is {heading}, the protocol of the heading."
    )
    subtitle = f"{benchmark}, per cent; bar: the article, filled: tested as its column says"
    finding, note = _scores_finding(printed, covered, benchmark, heading)
    return theme.set_texts(ax, finding, subtitle, alt, note=note)


def _draw_protocols(
    ax: Axes, covered: pd.DataFrame, printed: Mapping[str, float], rows: Mapping[str, int], heading: str
) -> None:
    """Marks and numbers of the scores that sources give, in a lane per protocol; the heading's is filled."""
    lanes = [heading, *sorted(set(covered["protocol"]) - {heading})]
    shifts = dict(zip(lanes, np.linspace(0.24, -0.3, len(lanes)), strict=True))
    marks = dict(zip(lanes, ("o", "D", "s", "^"), strict=False))
    for protocol, part in covered.groupby("protocol", sort=False):
        heights = [rows[model] + shifts[protocol] for model in part["model"]]
        style = theme.DOT if protocol == heading else theme.HOLLOW
        ax.scatter(part["score_pct"], heights, marker=marks[str(protocol)], zorder=4, **(style | {"s": 36}))
        for (_, row), height in zip(part.iterrows(), heights, strict=True):
            left = row["score_pct"] < printed[row["model"]] - SCORE_ROUNDING
            theme.text(
                ax,
                f"{row['score_pct']:.1f} {_protocol_label(row, part)}",
                (row["score_pct"], height),
                (-6 if left else 6, 0),
                theme.RECOMPUTED,
                ha="right" if left else "left",
                size=9.5,
            )


def _protocol_label(row: pd.Series, part: pd.DataFrame) -> str:
    """The protocol in short, with the variant where a model has several scores under it."""
    several = (part["model"] == row["model"]).sum() > 1
    variant = f" {row['variant']}" if several and row.get("variant") else ""
    return str(row["protocol"]).removeprefix("pass@1 ") + variant


def _scores_finding(
    printed: pd.DataFrame, covered: pd.DataFrame, benchmark: str, heading: str
) -> tuple[str, str | None]:
    """How many scores are not of the protocol of their heading, and a note of what they are."""
    protocols: list[str | None] = []
    for model, score in printed[["model", "score_pct"]].itertuples(index=False):
        of_model = covered[covered["model"] == model]
        if len(of_model):
            equal = (of_model["score_pct"] - score).abs() <= SCORE_ROUNDING
            matches = of_model.loc[equal, "protocol"].tolist()
            protocols.append(heading if heading in matches else matches[0] if matches else None)
    wrong, count = len(protocols) - protocols.count(heading), len(protocols)
    others = []
    for name in dict.fromkeys(protocols):
        if name not in (None, heading):
            several = protocols.count(name)
            others.append(f"{number_word(several)} {layout.verb(several, 'is', 'are')} {name}")
    if unmatched := protocols.count(None):
        others.append(
            f"{number_word(unmatched)} {layout.verb(unmatched, 'is', 'are')} in our data for no version of"
            f" {layout.verb(unmatched, 'its model', 'their models')}"
        )
    if unknown := len(printed) - len(protocols):
        others.append(f"{number_word(unknown)} cannot be checked")
    finding = f"The article's {benchmark} scores are what their heading says"
    if wrong and count == 1:
        finding = f"The article's {benchmark} score is mislabelled"
    elif wrong:
        verb = layout.verb(wrong, "is", "are")
        share = f"{number_word(wrong)} of the article's {number_word(count)} {benchmark} scores {verb}"
        finding = f"{share[0].upper()}{share[1:]} mislabelled"
    note = f"Headed as {heading.removesuffix(' developer')}; {join_words(others)}." if others else None
    return finding, note


def leads(table: pd.DataFrame, claimed: Quantity, *, reference: str, ax: Axes | None = None) -> Axes:
    """Leads of the reference model over each other model, on several benchmarks; the claimed range is a band.

    Parameters
    ----------
    table : DataFrame
        `models.frontier.leads` of columns of the article's table.
    claimed : Quantity
        The range that the article gives, points.
    reference : str
        The reference model.
    ax : Axes, optional
        New ones where not given.
    """
    ax, band = ax or theme.axes(), layout.bounds(claimed)
    columns = {name: f"lead_points_{column.removesuffix('_pct')}" for column, (name, _) in HEADINGS.items()}
    points = {name: table[column] for name, column in columns.items() if column in table}
    rivals = list(table.sort_values(columns[next(iter(points))], ascending=False)["model"])
    ax.axvspan(*band, color=theme.PRINTED, alpha=0.18, linewidth=0)
    ax.axvline(0, color=theme.MUTED, linewidth=1.2)
    marks = dict(zip(points, ("o", "D", "s", "^"), strict=False))
    for (benchmark, lead), shift in zip(points.items(), np.linspace(0.16, -0.16, len(points)), strict=True):
        rows = [rivals.index(model) + shift for model in table["model"]]
        ax.scatter(lead, rows, marker=marks[benchmark], **(layout.LARGE_DOT | {"s": 52}))
        for value, row in zip(lead, rows, strict=True):
            label = f"{value:+.1f} {benchmark}".replace("-", "−")
            layout.side_label(ax, value, row, label, 1 if value >= 0 else -1, theme.RECOMPUTED, size=9.5)
    is_open = table.set_index("model")["open"]
    ax.set_yticks(range(len(rivals)), [f"{model} (open)" if is_open[model] else model for model in rivals])
    ends = [pick(lead) for pick in (min, max) for lead in points.values()]
    span = max(*ends, 0) - min(*ends, 0)  # its labels point away from zero
    edges = (min(ends) - 0.45 * span if min(ends) < 0 else None, max(ends) + 0.35 * span)
    ax.set(xlabel="", ylabel="", ylim=(-0.6, len(rivals) - 0.2), xlim=edges)
    label = f"the article: {band[0]:g} to {band[1]:g} points"
    theme.annotate(ax, label, (band[1], len(rivals) - 0.45), (4, 0), color=theme.PRINTED, va="center")
    alt = (
        f"Marks for the lead of {reference} over {len(rivals)} models on {' and '.join(points)}; a band shows"
        " the printed range."
    )
    subtitle = f"Lead of {reference} over each model, points; band: the article"
    by_model = pd.DataFrame(points).set_axis(table["model"])
    return theme.set_texts(ax, _leads_finding(by_model, reference), subtitle, alt)


def _leads_finding(by_model: pd.DataFrame, reference: str) -> str:
    """On which benchmarks the reference leads the best other model, and on which it trails it."""
    behind = [str(benchmark) for benchmark in by_model if by_model[benchmark].min() < 0]
    ahead = [str(benchmark) for benchmark in by_model if str(benchmark) not in behind]
    if behind and ahead:
        return f"{reference} leads on {join_words(ahead)} and trails on {join_words(behind)}"
    place = "trails" if behind else "leads"
    return f"{reference} {place} on {join_words(behind or ahead)}"


def frontiers(scores: pd.DataFrame, *, benchmark: str, day: theme.Day, ax: Axes | None = None) -> Axes:
    """The best open and the best closed model so far by release day, and how far they are apart.

    Parameters
    ----------
    scores : DataFrame
        ``weights``, ``score_pct``, ``valid_on`` (release day) of one benchmark and protocol.
    benchmark : str
        Its name, for the words.
    day : date or ISO date
        Publication day.
    """
    day, ax = pd.Timestamp(day), ax or theme.axes(grid="y")
    gap = frontier.frontier_gap(scores)
    if gap.empty:
        return theme.empty_chart(ax, f"{benchmark} scores of open and of closed models")
    end = gap.index[-1]
    best = {kind: _best_to_end(part, end) for kind, part in frontier.running_bests(scores).groupby("weights")}
    for kind in KINDS:
        part = scores[scores["weights"] == kind]
        style = MARKS[kind] | {"s": 11, "linewidths": 0.9, "alpha": 0.55}
        ax.scatter(part["valid_on"], part["score_pct"], zorder=2, **style)
        _draw_steps(ax, kind, best[kind].index, best[kind])
    both = pd.DataFrame(best).sort_index().ffill().loc[gap.index[0] :]
    ax.fill_between(
        both.index, both["open"], both["closed"], step="post", color=theme.RECOMPUTED, alpha=0.13, linewidth=0
    )
    theme.dates(ax, scores["valid_on"].min(), end)
    _mark_publication_day(ax, day, end)
    last = {kind: float(series.iloc[-1]) for kind, series in best.items()}
    ax.set(xlabel="", ylabel="")
    labels = [theme.Label(last[kind], f"{kind} {last[kind]:.1f}", theme.RECOMPUTED) for kind in KINDS]
    labels.append(theme.Label(sum(last.values()) / 2, f"gap {_signed(gap.iloc[-1])}", theme.INK))
    theme.edge_labels(ax, labels)
    alt = (
        f"Two rising steps for the best closed and the best open model so far on {benchmark}, with"
        f" {len(scores)} scores behind them; at the end they are {abs(gap.iloc[-1]):.1f} points apart."
    )
    subtitle = f"{benchmark}, per cent, by day of release; solid: best closed, dashed: best open model"
    return theme.set_texts(ax, _frontiers_finding(gap), subtitle, alt, note=_frontiers_note(gap))


def _mark_publication_day(ax: Axes, day: pd.Timestamp, end: pd.Timestamp) -> None:
    """Publication day as a line, or how long before it the record ends."""
    if day <= end:
        theme.mark_date(ax, day, f"the article, {format_date(day)}")
        return
    months = round((day - end).days / DAYS_PER_MONTH)
    theme.text(
        ax,
        f"record ends {format_date(end)}, {months} months before the article",
        (1, 1),
        (0, 3),
        theme.INK,
        ha="right",
        va="bottom",
        size=9.5,
        xycoords="axes fraction",
    )


def _best_to_end(part: pd.DataFrame, end: pd.Timestamp) -> pd.Series:
    """A running best by day, carried on to the end of the record."""
    series = part.set_index("valid_on")["best_pct"]
    return series.reindex(series.index.union([end])).ffill()


def _frontiers_finding(gap: pd.Series) -> str:
    """Whether the mean gap of the last year of the record is below that of the year before."""
    means = frontier.mean_gaps(gap)
    if means is None:
        return "The record of open and closed models is too short for a trend"
    narrowed = layout.verb(1 if means.last < means.before else 2, "narrowed", "did not narrow")
    return f"The gap between closed and open models {narrowed}"


def _frontiers_note(gap: pd.Series) -> str:
    """The mean gap of the last year of the record and of the year before."""
    end, means = format_date(gap.index[-1]), frontier.mean_gaps(gap)
    if means is None:
        return f"On {end} closed models were {_signed(gap.iloc[-1])} points from open ones."
    months = round(means.days / DAYS_PER_MONTH)
    last, before = ("year", "year") if months == 12 else (f"{months} months", f"{months} months")
    return (
        f"The gap averaged {_signed(means.last)} points in the {last} to {end}, after"
        f" {_signed(means.before)} in the {before} before."
    )


def _signed(points: float) -> str:
    """Points with one decimal and a proper minus sign."""
    return f"{points:.1f}".replace("-", "−")


PUBLISHED_LAGS = {
    "open_lag.epoch_2025": "Epoch AI's index, 2023 to 2025",
    "open_lag.epoch_2026": "Epoch AI's index, 2026",
    "open_lag.public_benchmarks": "LessWrong, public tests, at least",
    "open_lag.private_benchmarks": "LessWrong, private tests, at least",
}
"""What to call the lags that others give, by the id of the dated fact."""


def time_to_match(
    matched: TimeToMatch,
    lags: pd.DataFrame,
    *,
    benchmark: str,
    published: pd.DataFrame | None = None,
    ax: Axes | None = None,
) -> Axes:
    """How many of the closed bests are still unmatched by open weights, by months since their release.

    Parameters
    ----------
    matched : TimeToMatch
        Its `median_months` is NaN where half were not matched; the ends of its interval may be infinite.
    lags : DataFrame
        `models.parity.lags`: ``lag_months`` and ``matched``, false where the lag still runs.
    benchmark : str
        Its name, for the words.
    published : DataFrame, optional
        Lags that others give, rows of dated facts: ``id``, ``subject`` (who, for an id that `PUBLISHED_LAGS`
        does not have) and ``value`` (months).
    ax : Axes, optional
        New ones where not given.

    Raises
    ------
    ValueError
        A column is missing.
    """
    ax = ax or theme.axes(grid="both")
    layout.require_columns("lags", lags, ("lag_months", "matched"))
    if lags.empty:
        return theme.empty_chart(ax, f"a closed best on {benchmark}")
    named = _named_lags(published)
    longest = float(lags["lag_months"].max())
    end = max([longest, *(months for _, months in named)]) or 1.0
    unmatched = lags.loc[~lags["matched"].astype(bool), "lag_months"]
    _draw_survival(ax, _survival_to_end(matched.survival, longest), unmatched)
    if not math.isnan(matched.median_months):
        _draw_median(ax, matched.median_months)
    _draw_published_lags(ax, named, end)
    _set_lag_axes(ax, end, len(named))
    alt = (
        f"A falling step curve of the share of {len(lags)} closed bests that no open model had matched, with"
        f" an interval, and a tick for each of the {len(unmatched)} that are unmatched still."
    )
    subtitle = (
        f"Share of closed models' records on {benchmark} not yet matched by an open model; band:"
        f" {matched.level:.0%} interval; ticks: not yet matched when our data"
        f" end{'; rings: lags that others published' if named else ''}"
    )
    finding, note = _match_finding(matched), _match_note(matched)
    return theme.set_texts(ax, finding, subtitle, alt, note=note)


def _named_lags(published: pd.DataFrame | None) -> list[tuple[str, float]]:
    """The name and the months of each lag that others give."""
    rows = [] if published is None else published[["id", "subject", "value"]].itertuples(index=False)
    return [(PUBLISHED_LAGS.get(fact, subject), months) for fact, subject, months in rows]


def _match_finding(matched: TimeToMatch) -> str:
    """By when half are matched."""
    months = matched.median_months
    if math.isnan(months):
        return "Open models have matched fewer than half of the closed records"
    return f"Open models matched half of the closed records within {_months(months)}"


def _match_note(matched: TimeToMatch) -> str | None:
    """How many are matched, and how far the median may be off; nothing where none is."""
    if not matched.events:
        return None
    return (
        f"{matched.events} of {matched.n} were matched when our data end. The median is a Kaplan-Meier"
        f" estimate. Its {matched.level:.0%} interval of {_span(*matched.median_interval)} months is too"
        " narrow, because one release often matches several records at once."
    )


def _draw_survival(ax: Axes, curve: pd.DataFrame, unmatched: pd.Series) -> None:
    """The falling steps with their interval, and a tick at each lag that still runs."""
    ax.fill_between(
        curve["t"], curve["low"], curve["high"], step="post", color=theme.RECOMPUTED, alpha=0.2, linewidth=0
    )
    ax.step(curve["t"], curve["share"], where="post", color=theme.RECOMPUTED, linewidth=2.2, zorder=3)
    heights = [float(curve.loc[curve["t"] <= lag, "share"].iloc[-1]) for lag in unmatched]
    ax.scatter(unmatched, heights, marker="|", s=90, color=theme.INK, linewidths=1.6, zorder=4)


def _draw_median(ax: Axes, months: float) -> None:
    """The lag by which half are matched, as a dot on the curve."""
    ax.hlines(0.5, 0, months, color=theme.INK, linewidth=1.0, linestyle=theme.DOTTED, zorder=2)
    ax.scatter([months], [0.5], zorder=5, **(theme.DOT | {"s": 50}))
    label = f"half after {_months(months)}"
    theme.text(ax, label, (months, 0.5), (8, 5), theme.RECOMPUTED, va="bottom")


def _draw_published_lags(ax: Axes, published: Sequence[tuple[str, float]], end: float) -> None:
    """Lags that others give, in lanes below the curve, named on the side where there is room."""
    for lane, (label, months) in enumerate(published, 1):
        height = -LANE_DEPTH * lane
        ax.scatter([months], [height], **(theme.RING | {"s": 40}))
        right = months < 0.45 * end
        theme.text(
            ax,
            f"{label}, {_months(months)}",
            (months, height),
            (9 if right else -9, 0),
            theme.PRINTED,
            size=layout.NAMED_SIZE,
            ha="left" if right else "right",
        )


def _set_lag_axes(ax: Axes, end: float, lanes: int) -> None:
    """Shares over months, with room for lanes below zero."""
    ax.axhline(0, color=theme.GRID, linewidth=0.7)
    bottom = -LANE_DEPTH * (lanes + 0.6) if lanes else -0.03
    ax.set(xlim=(0, end * 1.04), ylim=(bottom, 1.03), ylabel="")
    ax.xaxis.set_major_locator(MultipleLocator(3 * math.ceil(end / 24)))
    ax.set_xlabel("months since the release of the closed model")
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])


def _survival_to_end(survival: pd.DataFrame, last: float) -> pd.DataFrame:
    """A survival table from its start, all unmatched, to the longest lag: ``t, share, low, high``."""
    columns = {"lag_months": "t", "unmatched_share": "share"}
    steps = survival.rename(columns=columns)[["t", "share", "low", "high"]].sort_values("t")
    start = pd.DataFrame({"t": [0.0], "share": [1.0], "low": [1.0], "high": [1.0]})
    curve = pd.concat([start, steps], ignore_index=True).astype(float)
    return pd.concat([curve, curve.tail(1).assign(t=max(last, curve["t"].iloc[-1]))], ignore_index=True)


def _months(months: float) -> str:
    """Months, with a decimal only below ten."""
    return f"{months:.0f} months" if months >= 10 else f"{months:.2g} months"


def _span(low: float, high: float) -> str:
    """An interval in months whose upper end may not have been reached."""
    ends = ["not reached" if not math.isfinite(end) else f"{end:.0f}" for end in (low, high)]
    return " to ".join(ends)


def _draw_steps(ax: Axes, kind: str, times: ArrayLike, best: ArrayLike) -> None:
    """The best score so far of a kind of weights."""
    color, style = theme.RECOMPUTED, KINDS[kind]
    ax.step(times, best, where="post", color=color, linewidth=2.2, linestyle=style, zorder=4)
