"""How do results leave a notebook? As exhibits: readable output, and beside it a bundle that programs read.

Decisions
- Every metric, table, figure, ledger and computed sentence is displayed by one function here; the bundle's
  keys are those of the design, and nothing else of a notebook is read by the site.
- Numbers in a bundle are rounded to six significant digits, numbers in text to what they mean, so that stored
  outputs survive another processor.
- What an iterative search found (`rounded`) keeps four digits: the fifth may hang on the processor.
- Evidence is displayed whole for the site, each figure as its source has it, and as one line for the reader.
- A number ends where its series ends: the sources of a series carry the date of its last point (`citations`),
  and a bundle takes it from them, so that a new number cannot forget it. Which dates a page shows is the
  page's affair.
- Figures are PNG in notebooks (text comparisons skip it) and SVG in the batch, which sets
  `THESIS_FIGURES=svg`.
"""

from __future__ import annotations

import datetime as dt
import html
import math
import numbers
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
from IPython.display import display
from matplotlib.axes import Axes

from analysis import labels
from analysis.evidence import article_tables, evidence_tables, gathering
from analysis.evidence import sources as origins
from analysis.figures import theme
from analysis.notebook import prose
from analysis.scenarios import Assumptions
from analysis.statistics.backtest import NAMES
from analysis.units import format_value, json_value

MIME = "application/vnd.thesis.exhibit+json"
References = Iterable[Mapping[str, Any]]
SERIES_TO = "series_to"
"""The key under which a source carries the last points of the series that it is cited for, until a bundle
takes them.
"""

TERMS = {"pick", "lag_days", "lag_because", "pseudo_out_of_sample", "licence", "credit"}
"""What the sidecar of an evidence table says and its exhibit repeats, under the same names."""


class Column(NamedTuple):
    """How a column of a table is shown: its title, unit, and number format (a Python format
    specification).
    """

    title: str
    unit: str | None = None
    format: str | None = None


Columns = Mapping[str, Column | str | tuple[str, ...] | tuple[str, str | None, str]]
"""Which columns of a frame to show, in order: a title alone, or title, unit and format."""


def metric(
    id: str,
    title: str,
    value: float,
    *,
    unit: str,
    reads: str,
    digits: int | None = None,
    low: float | None = None,
    high: float | None = None,
    level: float | None = None,
    formula: str | None = None,
    inputs: Mapping[str, Any] | None = None,
    better: str | None = None,
    role: str = "detail",
    sources: References = (),
    claims: Sequence[str] = (),
) -> None:
    """Show one number with its interval and what it means.

    Parameters
    ----------
    id, title : str
        Stable id (``section.name``) and what is measured.
    value, low, high : float
        The number and its interval, in `unit`, a name of `units.UNITS`.
    level : float
        Level of the interval, 0 to 1; None where the bounds come from printed figures.
    reads : str
        One plain sentence that says what the number means.
    formula, inputs
        How it was computed and from what, for whoever asks.
    better : str
        ``higher`` or ``lower`` for the investor, where that can be said.
    role : str
        ``headline`` puts it on the index and side by side over the scenarios.
    """
    short = format_value(value, unit, digits)
    text = short + _interval(low, high, level, unit, digits)
    bundle = _bundle(id, "metric", title, unit, role, sources, claims) | {
        "value": json_value(value),
        "low": json_value(low),
        "high": json_value(high),
        "level": level,
        "text": text,
        "short": short,
        "format": f".{digits}f" if digits is not None else None,
        "formula": formula,
        "inputs": {name: json_value(v) for name, v in (inputs or {}).items()},
        "better": better,
        "reads": reads,
    }
    page = f"<p><strong>{html.escape(title)}: {html.escape(text)}</strong><br>{html.escape(reads)}</p>"
    _emit(bundle, f"{title}: {text}. {reads}", {"text/html": page})


def table(
    id: str,
    title: str,
    frame: pd.DataFrame,
    columns: Columns,
    *,
    note: str | None = None,
    role: str = "detail",
    sources: References = (),
    claims: Sequence[str] = (),
) -> None:
    """Show a table: the columns named, in that order, formatted as they say."""
    rows, specs = _rows(frame, columns)
    bundle = _bundle(id, "table", title, None, role, sources, claims) | {
        "note": note,
        "columns": specs,
        "rows": rows,
    }
    _emit(
        bundle,
        f"{title}\n{_shown(frame, columns).to_string(index=False)}" + (f"\n{note}" if note else ""),
        {"text/html": _html(id, title, frame, columns) + (f"<p>{html.escape(note)}</p>" if note else "")},
    )


def article_table(id: str, name: str) -> None:
    """Show one of the article's tables as it is printed, with the headings and the source of its sidecar."""
    meta = origins.sidecar(name)
    columns: Columns = {column: spec.title for column, spec in meta.columns.items()}
    table(id, meta.title, article_tables.printed_table(name), columns, sources=origins.references([name]))


def figure(
    id: str,
    ax: Axes,
    data: pd.DataFrame,
    columns: Columns,
    *,
    role: str = "detail",
    note: str | None = None,
    sources: References = (),
    claims: Sequence[str] = (),
) -> None:
    """Show a chart, with the data behind it in the bundle; `note` stands below it."""
    chart = theme.chart_of(ax)
    rows, specs = _rows(data, columns)
    bundle = _bundle(id, "figure", chart.finding, None, role, sources, claims) | {
        "note": note,
        "alt": chart.alt,
        "subtitle": chart.subtitle,
        "columns": specs,
        "rows": rows,
    }
    as_svg = os.environ.get("THESIS_FIGURES") == "svg"
    image: dict[str, Any] = {"image/svg+xml": theme.svg(chart)} if as_svg else {"image/png": theme.png(chart)}
    _emit(bundle, f"{chart.finding} ({chart.subtitle})", image)


def ledger(id: str, title: str, rows: pd.DataFrame, *, sources: References = ()) -> None:
    """Show claims with their verdicts; `rows` has the columns of `models.audit.FIELDS`."""
    shown = {
        "verdict": Column("Verdict"),
        "weight": Column("Weight"),
        "statement": Column("The article says"),
        "reason": Column("We find"),
        "id": Column("Claim"),
    }
    _typed(id, "ledger", title, rows, shown, None, sources, list(rows["id"]))


def show_forecast(
    id: str, title: str, rows: pd.DataFrame, *, note: str | None = None, sources: References = ()
) -> None:
    """Show predictions in parts; `rows` has the columns of `models.forecasts.FIELDS` and those of
    `evidence.predictions.load_table`.
    """
    shown = {
        "label": Column("Part"),
        "deadline": Column("Deadline"),
        "status": Column("Status"),
        "probability": Column("Probability", "share", ".0%"),
        "probability_low": Column("Low", "share", ".0%"),
        "probability_high": Column("High", "share", ".0%"),
        "method": Column("By"),
    }
    _typed(id, "predictions", title, rows, shown, note, sources)


def show_indicators(
    id: str, title: str, rows: pd.DataFrame, *, note: str | None = None, sources: References = ()
) -> None:
    """Show a status board; `rows` is `models.indicators.table`."""
    told = rows.assign(
        value_text=[_measured(value, unit) for value, unit in zip(rows["value"], rows["unit"], strict=True)],
        threshold_text=[
            _measured(value, unit) for value, unit in zip(rows["threshold"], rows["unit"], strict=True)
        ],
    )
    shown = {
        "label": Column("Indicator"),
        "value_text": Column("Value"),
        "threshold_text": Column("Threshold"),
        "side": Column("Triggered"),
        "status": Column("Status"),
        "valid_on": Column("As of"),
        "moves": Column("Once triggered"),
    }
    _typed(id, "indicators", title, told, shown, note, sources)


def _typed(
    id: str,
    kind: str,
    title: str,
    rows: pd.DataFrame,
    shown: dict[str, Column],
    note: str | None,
    sources: References,
    claims: Sequence[str] = (),
) -> None:
    """Show rows of which a reader sees some columns and the bundle holds all."""
    every = {str(name): shown.get(str(name), Column(str(name))) for name in rows.columns}
    records, specs = _rows(rows, every)
    bundle = _bundle(id, kind, title, None, "detail", sources, claims) | {
        "note": note,
        "columns": specs,
        "rows": records,
    }
    page = _html(id, title, rows, shown) + (f"<p>{html.escape(note)}</p>" if note else "")
    _emit(
        bundle,
        f"{title}\n{_shown(rows, shown).to_string(index=False)}" + (f"\n{note}" if note else ""),
        {"text/html": page},
    )


def _measured(value: float, unit: str) -> str:
    """A value with two significant digits at least, as an indicator shows it; a dash for none."""
    if pd.isna(value):
        return "–"
    whole = unit == "count" or abs(value) >= 100 or float(value).is_integer()
    return format_value(value, unit, 0 if whole else 2 if abs(value) < 10 else 1)


def grid(
    id: str,
    title: str,
    points: pd.DataFrame,
    assumptions: Assumptions,
    labels: Mapping[str, str],
    outputs: Mapping[str, tuple[str, str, int, str]],
    *,
    note: str | None = None,
) -> None:
    """Show results over a grid of assumptions, for a page that moves through it.

    Parameters
    ----------
    id, title, note
        As everywhere.
    points : DataFrame
        `models.sweep.evaluate_grid`: a column a name of the register, then a column an output; every
        combination once, the last name varying fastest.
    assumptions : Assumptions
        The scenario: where each name stands in it, and what the register says of it.
    labels : mapping
        What to call each name.
    outputs : mapping
        Each output: its title, its unit (a name of `units.UNITS`), its decimals, and which is better,
        ``higher`` or ``lower``.
    """
    names = [str(name) for name in points if name not in outputs]
    entries = {name: assumptions.register[name] for name in names}
    axes = [
        {
            "name": name,
            "title": labels[name],
            "unit": entry.unit,
            "meaning": entry.description,
            "values": [json_value(value) for value in points[name].unique()],
            "start": json_value(assumptions.central(name)),
        }
        for name, entry in entries.items()
    ]
    columns = {name: Column(labels[name], entry.unit, ".3g") for name, entry in entries.items()}
    columns |= {name: Column(told, unit, f".{digits}f") for name, (told, unit, digits, _) in outputs.items()}
    rows, specs = _rows(rounded(points), columns)
    dressed = [
        {
            "name": name,
            "title": told,
            "unit": unit,
            "decimals": digits,
            "better": better,
            "dress": format_value(1.0, unit, 0).split("1"),
        }
        for name, (told, unit, digits, better) in outputs.items()
    ]
    bundle = _bundle(id, "grid", title, None, "detail", (), ()) | {
        "note": note,
        "columns": specs,
        "rows": rows,
        "axes": axes,
        "outputs": dressed,
    }
    _emit(bundle, f"{title}: {len(points):,} points over {', '.join(labels[name] for name in names)}", {})


SKILL_COLUMNS: Columns = {
    "trend": "Trend",
    "method": "Method",
    "ahead": "Ahead",
    "n": ("Forecasts", None, ".0f"),
    "rival": "Naive forecast",
    "relative_mae": ("Error over the naive one's", "x", ".2f"),
    "relative_to_log_drift": ("Error over that of drift on logs", "x", ".2f"),
    "relative_scale_mae": ("Error over the naive one's, on the scale of the line", "x", ".2f"),
    "coverage_80": ("Inside the 80% interval", "share", ".0%"),
    "coverage_80_low": ("Low, 80%", "share", ".0%"),
    "coverage_80_high": ("High, 80%", "share", ".0%"),
    "coverage_95": ("Inside the 95% interval", "share", ".0%"),
    "coverage_95_low": ("Low, 95%", "share", ".0%"),
    "coverage_95_high": ("High, 95%", "share", ".0%"),
    "verdict": "Verdict",
    "reason": "Reason",
}
"""What `models.skill.ranked` says of each trend and method."""


SPECIFICATION_COLUMNS: Columns = {
    "specification": "Specification",
    "factor": ("Factor", "a year", ".2f"),
    "low": ("Low", "a year", ".2f"),
    "high": ("High", "a year", ".2f"),
    "n": ("Points", None, ".0f"),
    "p_holm": ("p, adjusted by Holm", None, ".3f"),
    "primary": "Written down first",
    "reason": "To be said with it",
}
"""A specification curve as a table."""


def show_skill(id: str, title: str, ranked: pd.DataFrame, *, follows: str, sources: References = ()) -> None:
    """Show how well trends would have forecast.

    Parameters
    ----------
    id, title
        As everywhere.
    ranked : DataFrame
        `models.skill.ranked`.
    follows : str
        One sentence that says what is made of it; which trends lose is said before it.
    """
    named = rounded(ranked).assign(method=ranked["method"].replace(NAMES))
    rows, specs = _rows(named, SKILL_COLUMNS)
    note = f"{_outcome(named)} {follows}"
    bundle = _bundle(id, "skill", title, None, "detail", sources, ())
    bundle |= {"note": note, "columns": specs, "rows": rows}
    page = _html(id, title, named, SKILL_COLUMNS) + f"<p>{html.escape(note)}</p>"
    _emit(
        bundle, f"{title}\n{_shown(named, SKILL_COLUMNS).to_string(index=False)}\n{note}", {"text/html": page}
    )


def rounded(frame: pd.DataFrame, digits: int = 4) -> pd.DataFrame:
    """A frame whose floats keep some significant digits."""
    floats = frame.select_dtypes("float").columns
    return frame.assign(**{name: [float(f"{value:.{digits}g}") for value in frame[name]] for name in floats})


def _outcome(ranked: pd.DataFrame) -> str:
    """How many forecasts beat the naive one, which trends lose, and how many could not be tested."""
    counts = ranked["verdict"].value_counts()
    beats, loses, unknown = (
        int(counts.get(verdict, 0)) for verdict in ("beats naive", "loses", "not backtestable")
    )
    if not beats + loses:
        return "None of these trends can be backtested: too few forecasts could be held against what came."
    losing = ranked.loc[ranked["verdict"] == "loses", ["trend", "method", "ahead"]]
    told = [
        f"{trend} by {method} ({', '.join(part['ahead'])})"
        for (trend, method), part in losing.groupby(["trend", "method"], sort=False)
    ]
    words = f"{beats} of {beats + loses} forecasts that can be tested beat the naive one"
    words += f"; it would have been better to take the naive one for {'; '.join(told)}" if told else ""
    on_scale = ranked[(ranked["verdict"] == "beats naive") & (ranked["relative_scale_mae"] > 1)]
    if len(on_scale):
        words += (
            f". {len(on_scale)} of these win by a few large values and lose on the scale of their line, where"
            " each counts alike"
        )
    return f"{words}. {unknown} cannot be tested." if unknown else f"{words}."


def evidence(name: str, as_of: str | dt.date) -> None:
    """Show an evidence table as it was known on a day: one line to read, with rules, columns and rows in the
    bundle.

    The bundle also says when the evidence was gathered, and what was looked for and not found that would go
    into the table.

    Parameters
    ----------
    name : str
        Name of the table (`measured.names`); the id of the exhibit is ``evidence.NAME``.
    as_of : date or ISO date
        Rows that became known later are left out, and counted.
    """
    meta, seen, gathered = evidence_tables.sidecar(name), evidence_tables.load(name, as_of), gathering.load()
    unseen = len(evidence_tables.load(name)) - len(seen)
    bundle = (
        _bundle(f"evidence.{name}", "evidence", meta.title, None, "detail", citations(seen), ())
        | {
            "note": meta.inclusion,
            "as_of": pd.Timestamp(as_of).date().isoformat(),
            "unseen": unseen,
            "gathered_on": gathered.gathered_on.isoformat(),
            "not_found": _not_found(gathered.of(name)),
            "columns": [_described(column, spec, seen[column]) for column, spec in meta.columns.items()],
            "rows": [
                {str(key): _exact(value) for key, value in row.items()} for row in seen.to_dict("records")
            ],
        }
        | meta.model_dump(include=TERMS)
    )
    span = f", {_exact(seen['valid_on'].min())} to {_exact(seen['valid_on'].max())}" if len(seen) else ""
    later = f"; {unseen} not yet known on {bundle['as_of']}" if unseen else ""
    text = f"{meta.title}: {len(seen)} rows{span}, {seen['source'].nunique()} sources{later}."
    if gaps := len(bundle["not_found"]):
        text += f" Looked for on {bundle['gathered_on']} and not found: {gaps} item{'s' if gaps > 1 else ''}."
    _emit(bundle, text, {})


def _not_found(entries: Mapping[str, gathering.EvidenceGap]) -> list[dict[str, Any]]:
    return [
        {"id": name, "what": one.what, "due": one.due and one.due.isoformat(), "where": one.where}
        for name, one in entries.items()
    ]


def citations(*series: pd.DataFrame, ends: bool = True) -> list[dict[str, Any]]:
    """The sources of some evidence rows as an exhibit takes them, each once with the weakest quality that it
    lends.

    Parameters
    ----------
    *series : DataFrame
        Rows of one series each; what rests on several series rests on where each of them ends.
    ends : bool
        Whether the rows are series that end with their last row. Not so for events (funding rounds, releases)
        and for what is compared once: nothing later need have happened, so that an exhibit gets no date from
        them.
    """
    needed = ["valid_on", "quality", "source_title", "source"]
    rows = pd.concat([one[needed].assign(**{SERIES_TO: one["valid_on"].max()}) for one in series])
    ranked = rows.assign(rank=rows["quality"].map(evidence_tables.QUALITIES.index))
    found = ranked.sort_values("rank", kind="stable").drop_duplicates("source", keep="last")
    kept = found.sort_values(["source_title", "source"])[["source_title", "source", "quality"]]
    last = {
        source: sorted({_exact(day) for day in days}) for source, days in rows.groupby("source")[SERIES_TO]
    }
    return [
        {"title": title, "url": url, "quality": quality} | ({SERIES_TO: last[url]} if ends else {})
        for title, url, quality in kept.itertuples(index=False)
    ]


def sentence(
    id: str,
    template: str,
    *,
    tie: prose.Assertion | None = None,
    otherwise: str | None = None,
    role: str = "detail",
    claims: Sequence[str] = (),
    **values: Any,
) -> None:
    """Show a sentence whose numbers are computed: `template` filled with `values` by `prose.fill`.

    Parameters
    ----------
    tie
        What its words state beyond the numbers: a sign, a ranking, a threshold (`figures.prose`).
    otherwise
        The template for the other side.

    Raises
    ------
    ProseError
        The words do not hold and there is no form for the other side.
    """
    text = prose.fill(template, values)
    if tie is not None:
        text = prose.choose(id, text, tie, otherwise and prose.fill(otherwise, values))
    text = text.replace(" -", " −")
    bundle = _bundle(id, "statement", id, None, role, (), claims)
    bundle |= {"text": text, "inputs": {name: json_value(value) for name, value in values.items()}}
    _emit(bundle, text, {"text/markdown": text})


def check(words: str, tie: prose.Assertion) -> None:
    """Hold words of a Markdown cell of this notebook, quoted as they stand, against the value; shows nothing
    where they hold.

    Raises
    ------
    ProseError
        They do not hold.
    """
    prose.choose("in the text", words, tie, None)


def _bundle(
    id: str, kind: str, title: str, unit: str | None, role: str, sources: References, claims: Sequence[str]
) -> dict[str, Any]:
    """The keys that every bundle has; of the sources' last points the first and the last stand for all."""
    cited = [dict(source) for source in sources]
    ends = sorted({day for source in cited for day in source.pop(SERIES_TO, ())})
    return {
        "id": id,
        "kind": kind,
        "title": title,
        "unit": unit,
        "role": role,
        "note": None,
        "sources": cited,
        "claims": list(claims),
        "data_to": ends[0] if ends else None,
        "data_to_latest": ends[-1] if ends else None,
    }


def _emit(bundle: dict[str, Any], text: str, more: dict[str, Any]) -> None:
    if bundle["data_to"] and bundle["kind"] != "evidence":  # which says from when to when anyway
        words = "Data to" if bundle["data_to"] == bundle["data_to_latest"] else "First series ends"
        last = dt.date.fromisoformat(bundle["data_to"])
        text += f"\n{words} {last.day} {last:%B %Y}."
        if "text/html" in more:
            more = more | {"text/html": f"{more['text/html']}<p>{text.splitlines()[-1]}</p>"}
    display({"text/plain": text, MIME: bundle} | more, raw=True)


def _interval(
    low: float | None, high: float | None, level: float | None, unit: str, digits: int | None
) -> str:
    if low is None or high is None:
        return ""
    return (
        f" ({format_value(low, unit, digits)} to"
        f" {format_value(high, unit, digits)}{f', {level:.0%}' if level else ''})"
    )


def _named(columns: Columns) -> dict[str, Column]:
    return {name: Column(c) if isinstance(c, str) else Column(*c) for name, c in columns.items()}


def _rows(frame: pd.DataFrame, columns: Columns) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    specs = [
        {"name": name, "title": c.title, "unit": c.unit, "format": c.format, "align": _align(frame[name])}
        for name, c in _named(columns).items()
    ]
    records = frame[list(columns)].to_dict("records")
    return [{str(name): json_value(value) for name, value in record.items()} for record in records], specs


def _described(name: str, spec: evidence_tables.EvidenceColumn, column: pd.Series) -> dict[str, Any]:
    number = spec.kind == "number"
    separated = number and column.abs().max() >= 10_000
    return {
        "name": name,
        "title": spec.title,
        "unit": spec.unit,
        "meaning": spec.meaning,
        "format": (",.10g" if separated else ".10g") if number else None,
        "align": "right" if number else "left",
    }


def _exact(value: Any) -> Any:
    """A cell of evidence as JSON can hold it, nothing rounded."""
    if pd.isna(value) or value == "":
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    return int(value) if whole else value


def _align(column: pd.Series) -> str:
    return (
        "right"
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
        else "left"
    )


def _cell(value: Any, spec: str | None) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(str(item["title"] if isinstance(item, Mapping) else item) for item in value)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    return format(value, spec).replace("-", "−") if spec and isinstance(value, numbers.Real) else str(value)


def _shown(frame: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    named = _named(columns)
    titles = {name: f"{c.title} ({c.unit})" if c.unit else c.title for name, c in named.items()}
    return pd.DataFrame(
        {
            titles[name]: [_cell(labels.label(name, v), c.format) for v in frame[name]]
            for name, c in named.items()
        }
    )


def _html(id: str, title: str, frame: pd.DataFrame, columns: Columns) -> str:
    from great_tables import GT

    shown = _shown(frame, columns)
    right = [
        name for name, column in zip(shown.columns, columns, strict=True) if _align(frame[column]) == "right"
    ]
    made = GT(shown, id=id.replace(".", "-")).tab_header(title=title).cols_align("left")
    return str((made.cols_align("right", columns=right) if right else made).as_raw_html())
