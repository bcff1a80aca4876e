"""How do results leave a notebook? As exhibits: readable output, and with it a bundle that programs read.

Decisions
- Every metric, table, figure, ledger and computed sentence is displayed by one function here; the bundle's
  keys are those of the design, and nothing else of a notebook is read by the site.
- Numbers in a bundle are rounded to six significant digits, numbers in text to what they mean, so that stored
  outputs survive another processor.
- What an iterative search gives (`rounded`) keeps four digits: the fifth may depend on the processor.
- Evidence is displayed in full for the site, each figure as its source has it, and as one line for the
  reader.
- A number ends where its series ends: the sources of a series carry the date of its last point (`citations`),
  and a bundle takes it from them, so that a new number cannot forget it. Which dates a page shows is the
  page's affair.
- A bundle is checked against its kind (`exhibits.parse`) where it is displayed: one that no page could show
  fails in its notebook.
- Figures are PNG in notebooks (text comparisons skip it) and SVG in the batch, which sets
  `THESIS_FIGURES=svg`.
"""

from __future__ import annotations

import datetime as dt
import html
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import pandas as pd
from IPython.display import display
from matplotlib.axes import Axes
from pandas.core.groupby import DataFrameGroupBy

from analysis import exhibits, labels, provenance, units
from analysis.evidence import article_tables, evidence_tables, gathering
from analysis.evidence import sources as origins
from analysis.exhibits import MIME, QUALITIES, Column, Estimate, Uncertainty
from analysis.figures import theme
from analysis.forecasts.indicators import figure_text
from analysis.notebook import prose
from analysis.notebook.tables import DescribedFrame, describe
from analysis.scenarios import Assumptions
from analysis.statistics import backtest
from analysis.units import format_date, format_value, json_value

Source = Mapping[str, Any]
Rows: TypeAlias = "pd.DataFrame | DataFrameGroupBy[Any, Any]"
"""Rows of evidence that cite themselves: a series, or several as the groups of a frame."""
Sources: TypeAlias = "Iterable[Source | Rows | Iterable[Source]] | Rows"
"""Cited sources, rows of evidence, and any mixture of them."""
Claims = Iterable[str | Iterable[str]]
"""Ids of claims; some of them may be in groups."""
Inputs = Mapping[str, Any] | Any | None
"""What has the assumptions that it was computed from as its ``inputs``; several of those; or a mapping."""
SERIES_TO = "series_to"
"""The key under which a source carries the last points of the series that it is cited for, until a bundle
takes them.
"""

LEDGER = ("verdict", "weight", "statement", "reason", "id")
PREDICTIONS = ("label", "deadline", "status", "probability", "probability_low", "probability_high", "method")
INDICATORS = ("label", "value_text", "threshold_text", "side", "status", "valid_on", "moves")
"""The columns of an exhibit of its own kind that the notebook shows; its bundle has all."""

TERMS = {"pick", "lag_days", "lag_because", "pseudo_out_of_sample", "licence", "credit"}
"""The keys of an evidence table's sidecar that its exhibit repeats, under the same names."""


def metric(
    id: str,
    title: str,
    value: float | Estimate | None,
    *,
    unit: str,
    meaning: str,
    digits: int | None = None,
    low: float | None = None,
    high: float | None = None,
    level: float | None = None,
    formula: str | None = None,
    inputs: Inputs = None,
    better: str | None = None,
    role: str = "detail",
    sources: Sources = (),
    claims: Claims = (),
    uncertainty: Uncertainty | None = None,
    missing: str | None = None,
    **values: Any,
) -> None:
    """Show one number with its interval and what it means.

    Parameters
    ----------
    id, title : str
        Stable id (``section.name``) and what is measured.
    value : float or Estimate
        The number in `unit`, a name of `units.UNITS`; an estimate brings its interval and the level of that.
        A share shown in per cent is ``estimate.percent``.
    low, high : float
        The interval of a plain number.
    level : float
        Level of the interval, 0 to 1; None where the bounds come from the article's figures.
    meaning : str
        One plain sentence that says what the number means.
    formula, inputs
        How it was computed and from what, for whoever asks. A value that knows the assumptions it follows
        from (`provenance`) brings them; `inputs` adds the result that a number was taken from (whatever has a
        mapping ``inputs``), several of them, or a mapping.
    better : str
        ``higher`` or ``lower`` for the investor, where that can be said.
    role : str
        ``headline`` puts it on the index and side by side over the scenarios.
    uncertainty : str
        What kind of uncertainty it carries, a key of `labels.UNCERTAINTY`.
    missing : str
        The sentence that stands here instead where the value is None or NaN.
    **values
        What fills the fields of `title`, `meaning` and `missing` (``{name:spec}``, by `prose.render`).
    """
    title = _filled(title, values)
    if missing is not None and _is_missing(value):
        sentence(id, missing, claims=claims, uncertainty=uncertainty, **values)
        return
    number, low, high, level = _parts(value, low, high, level)
    meaning = _filled(meaning, values)
    short = _metric_text(number, unit, digits)
    text = short + _interval(low, high, level, unit, digits)
    bundle = _bundle(id, "metric", title, unit, role, sources, claims, uncertainty) | {
        "value": json_value(number),
        "low": json_value(low),
        "high": json_value(high),
        "level": level,
        "text": text,
        "short": short,
        "format": f".{digits}f" if digits is not None else None,
        "formula": formula,
        "inputs": {name: json_value(item) for name, item in _inputs([value, low, high, inputs]).items()},
        "better": better,
        "reads": meaning,
    }
    page = f"<p><strong>{html.escape(title)}: {html.escape(text)}</strong><br>{html.escape(meaning)}</p>"
    _emit(bundle, f"{title}: {text}. {meaning}", {"text/html": page})


def _is_missing(value: Any) -> bool:
    """Whether there is no number: None or NaN, also as the value of an estimate."""
    number = value.value if isinstance(value, Estimate) else value
    return number is None or (isinstance(number, float) and math.isnan(number))


def _parts(
    value: float | Estimate | None, low: float | None, high: float | None, level: float | None
) -> tuple[float | None, float | None, float | None, float | None]:
    """A number with its interval: that of an estimate, or the one handed in."""
    if isinstance(value, Estimate):
        return value.value, value.low, value.high, value.level
    return value, low, high, level


def _inputs(results: Any) -> Mapping[str, Any]:
    """The assumptions that some results were computed from; a mapping holds them itself."""
    if isinstance(results, Mapping):
        return results
    if isinstance(results, list | tuple) and not hasattr(results, "inputs"):
        return {name: value for part in results for name, value in _inputs(part).items()}
    return provenance.inputs_of(results)


def _filled(template: str, values: Mapping[str, Any]) -> str:
    """A text with its fields filled; as it is where there is nothing to fill in."""
    return prose.render(template, values) if values else template


def table(
    id: str,
    title: str,
    frame: pd.DataFrame,
    *,
    unit: str | None = None,
    note: str | None = None,
    role: str = "detail",
    sources: Sources = (),
    claims: Claims = (),
    uncertainty: Uncertainty | None = None,
    missing: str | None = None,
    **values: Any,
) -> None:
    """Show a table: every column of the frame, named and formatted as the catalogue (`columns`) says.

    Parameters
    ----------
    frame : DataFrame
        What to show; days appear as ISO dates, and an index that has a name is a column, too.
    unit : str
        The unit of the general columns (``low``, ``value``): a name of `units.UNITS`, or a text.
    sources
        Cited sources (`article_sources`, `citations`) and rows of evidence, which cite themselves; a sequence
        may hold several of these.
    claims
        The claims that it bears on, by id.
    uncertainty : str
        What kind of uncertainty its numbers carry, a key of `labels.UNCERTAINTY`.
    missing : str
        The sentence that stands here instead where the frame has no rows.
    **values
        What fills the fields of `title`, `note` and `missing`.
    """
    if missing is not None and frame.empty:
        sentence(id, missing, claims=claims, uncertainty=uncertainty, **values)
        return
    _show_rows(
        id,
        "table",
        _filled(title, values),
        describe(frame, unit),
        note=note and _filled(note, values),
        role=role,
        sources=sources,
        claims=claims,
        uncertainty=uncertainty,
    )


def article_table(id: str, name: str) -> None:
    """Show one of the article's tables as published, with the headings and the source of its sidecar."""
    meta = origins.sidecar(name)
    columns = [
        Column(name=column, title=spec.title, meaning=spec.meaning) for column, spec in meta.columns.items()
    ]
    described = DescribedFrame(article_tables.printed_table(name), columns)
    _show_rows(id, "table", meta.title, described, sources=article_sources(name))


def article_sources(*names: str) -> list[dict[str, Any]]:
    """The origins of some of the article's tables, by name, as an exhibit cites them."""
    return [dict(source) for source in origins.references(names)]


def figure(
    id: str,
    ax: Axes,
    data: pd.DataFrame,
    *,
    unit: str | None = None,
    role: str = "detail",
    note: str | None = None,
    sources: Sources = (),
    claims: Claims = (),
    uncertainty: Uncertainty | None = None,
    **values: Any,
) -> None:
    """Show a chart, with the data behind it in the bundle: every column of the frame, as in `table`.

    `note` stands below it; without one, the note that the chart function has set (`theme.set_texts`).
    """
    chart = theme.chart_of(ax)
    described = describe(data, unit)
    bundle = _bundle(id, "figure", chart.finding, None, role, sources, claims, uncertainty) | {
        "note": _filled(note, values) if note else chart.note,
        "alt": chart.alt,
        "subtitle": chart.subtitle,
        "columns": described.specs,
        "rows": described.rows,
    }
    as_svg = os.environ.get("THESIS_FIGURES") == "svg"
    image: dict[str, Any] = {"image/svg+xml": theme.svg(chart)} if as_svg else {"image/png": theme.png(chart)}
    _emit(bundle, f"{chart.finding} ({chart.subtitle})", image)


def ledger(id: str, title: str, rows: pd.DataFrame, *, sources: Sources = ()) -> None:
    """Show claims with their verdicts; `rows` has the columns of `audit.FIELDS`."""
    _show_rows(id, "ledger", title, describe(rows), LEDGER, sources=sources, claims=rows["id"])


def predictions(
    id: str, title: str, rows: pd.DataFrame, *, note: str | None = None, sources: Sources = ()
) -> None:
    """Show predictions in parts; `rows` has the columns of `forecasts.probabilities.FIELDS` and those of
    `evidence.predictions.load_table`. Without a note it says what the scores are of.
    """
    if note is None:
        scored = "those of its probability on the day when it was made"
        note = (
            f"Brier and log score of a part that is true or false are {scored}; those of our record are the"
        )
        note += " means over the days on which the probabilities that we had published stood."
        note += " None has been decided yet." if rows["brier"].isna().all() else ""
    described = describe(rows)
    _show_rows(id, "predictions", title, described, PREDICTIONS, note=note, sources=sources)


def indicators(
    id: str, title: str, rows: pd.DataFrame, *, note: str | None = None, sources: Sources = ()
) -> None:
    """Show a status board; `rows` is `forecasts.indicators.table`."""
    texts = {
        f"{name}_text": [
            figure_text(value, unit) for value, unit in zip(rows[name], rows["unit"], strict=True)
        ]
        for name in ("value", "threshold")
    }
    described = describe(rows.assign(**texts))
    _show_rows(id, "indicators", title, described, INDICATORS, note=note, sources=sources)


def _show_rows(
    id: str,
    kind: str,
    title: str,
    described: DescribedFrame,
    shown: Sequence[str] = (),
    *,
    note: str | None = None,
    role: str = "detail",
    sources: Sources = (),
    claims: Claims = (),
    uncertainty: Uncertainty | None = None,
) -> None:
    """Show a frame: all of it in the bundle, and all or some of its columns to whoever reads the notebook."""
    bundle = _bundle(id, kind, title, None, role, sources, claims, uncertainty) | {
        "note": note,
        "columns": described.specs,
        "rows": described.rows,
    }
    displayed = described.select(shown) if shown else described
    text, page = f"{title}\n{displayed.to_text()}", displayed.to_html(title)
    if note:
        text, page = f"{text}\n{note}", f"{page}<p>{html.escape(note)}</p>"
    _emit(bundle, text, {"text/html": page})


def grid(
    id: str,
    title: str,
    points: pd.DataFrame,
    assumptions: Assumptions,
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
    outputs : mapping
        Each output: its title, its unit (a name of `units.UNITS`; a share is shown in per cent), its
        decimals, and which is better, ``higher`` or ``lower`` (`models.sweep.outputs`).
    """
    shares = [name for name, (_, unit, *_) in outputs.items() if unit == "share"]
    points = points.assign(**{name: points[name] * 100 for name in shares})
    outputs = {
        name: (output_title, "pct" if name in shares else unit, digits, better)
        for name, (output_title, unit, digits, better) in outputs.items()
    }
    names = [str(name) for name in points if name not in outputs]
    entries = {name: assumptions.register[name] for name in names}
    columns = [
        Column(name=name, title=e.label, unit=e.unit, format=".3g", align="right", meaning=e.description)
        for name, e in entries.items()
    ]
    columns += [
        Column(name=name, title=label, unit=unit, format=f".{digits}f", align="right", meaning=label)
        for name, (label, unit, digits, _) in outputs.items()
    ]
    described = DescribedFrame(rounded(points), columns)
    bundle = _bundle(id, "grid", title, None, "detail", (), ()) | {
        "note": note,
        "columns": described.specs,
        "rows": described.rows,
        "axes": [_grid_axis(name, points[name], assumptions) for name in names],
        "outputs": [_grid_output(name, *output) for name, output in outputs.items()],
    }
    over = ", ".join(entry.label for entry in entries.values())
    _emit(bundle, f"{title}: {len(points):,} points over {over}", {})


def _grid_axis(name: str, values: pd.Series, assumptions: Assumptions) -> dict[str, Any]:
    """An assumption of a grid: the values it takes, and where it stands in the scenario."""
    entry = assumptions.register[name]
    return {
        "name": name,
        "title": entry.label,
        "unit": entry.unit,
        "meaning": entry.description,
        "values": [json_value(value) for value in values.unique()],
        "start": json_value(assumptions.central(name)),
    }


def _grid_output(name: str, title: str, unit: str, digits: int, better: str) -> dict[str, Any]:
    """A result of a grid, and what stands before and after its number."""
    return {
        "name": name,
        "title": title,
        "unit": unit,
        "decimals": digits,
        "better": better,
        "dress": format_value(1.0, unit, 0).split("1"),
    }


def skill(
    id: str, title: str, ranked: pd.DataFrame, *, follows: str, sources: Sources = (), **values: Any
) -> None:
    """Show how well trends would have forecast.

    Parameters
    ----------
    id, title
        As everywhere.
    ranked : DataFrame
        `backtest.combined_ranking`.
    follows : str
        One sentence on what follows from it, after the sentence that counts the trends.
    **values
        What fills the fields of `follows`.
    """
    named = rounded(ranked).assign(method=ranked["method"].replace(backtest.NAMES))
    note = f"{_skill_summary(named)} {_filled(follows, values)}"
    described = describe(named)
    _show_rows(id, "skill", title, described, note=note, sources=sources)


def rounded(frame: pd.DataFrame, digits: int = 4) -> pd.DataFrame:
    """A frame whose floats keep some significant digits."""
    floats = frame.select_dtypes("float").columns
    return frame.assign(**{name: [float(f"{value:.{digits}g}") for value in frame[name]] for name in floats})


def _skill_summary(ranked: pd.DataFrame) -> str:
    """How many forecasts beat the naive one in a test, how many lose, and how many could not be tested."""
    counts = ranked["verdict"].value_counts()
    beats, alike, loses, untested = (
        int(counts.get(verdict, 0))
        for verdict in (backtest.BEATS, backtest.ALIKE, backtest.LOSES, backtest.NOT_BACKTESTABLE)
    )
    tested = beats + alike + loses
    if not tested:
        return "None of these trends can be backtested: too few forecasts could be compared with what came."
    text = (
        f"{labels.number_word(beats).capitalize() if beats else 'None'} of {labels.number_word(tested)}"
        f" {'forecast' if tested == 1 else 'forecasts'} that can be tested"
        f" {'beats' if beats <= 1 else 'beat'} the naive one at {backtest.TEST_LEVEL:.0%}"
    )
    text += f"; {labels.number_word(loses)} {'loses' if loses == 1 else 'lose'} to it" if loses else ""
    return f"{text}. {untested} cannot be tested." if untested else f"{text}."


def evidence(name: str, as_of: str | dt.date) -> None:
    """Show an evidence table as it was known on a day: one line; rules, columns and rows are in the bundle.

    The bundle also has the day on which the evidence was gathered, and the items for the table that were
    looked for and not found.

    Parameters
    ----------
    name : str
        Name of the table (`evidence_tables.names`); the id of the exhibit is ``evidence.NAME``.
    as_of : date or ISO date
        Rows that became known later are left out, and counted.
    """
    meta, known, gathered = evidence_tables.sidecar(name), evidence_tables.load(name, as_of), gathering.load()
    later_rows = len(evidence_tables.load(name)) - len(known)
    bundle = (
        _bundle(f"evidence.{name}", "evidence", meta.title, None, "detail", citations(known), ())
        | {
            "note": meta.inclusion,
            "as_of": pd.Timestamp(as_of).date().isoformat(),
            "unseen": later_rows,
            "gathered_on": gathered.gathered_on.isoformat(),
            "not_found": _not_found(gathered.of(name)),
            "columns": [
                _evidence_column(column, spec, known[column]) for column, spec in meta.columns.items()
            ],
            "rows": [
                {str(key): _exact_value(value) for key, value in row.items()}
                for row in known.to_dict("records")
            ],
        }
        | meta.model_dump(include=TERMS)
    )
    _emit(bundle, _evidence_summary(bundle, known), {})


def _evidence_summary(bundle: Mapping[str, Any], known: pd.DataFrame) -> str:
    """One line on an evidence table: its rows, their span and sources, what came later, what is missing."""
    days = known["valid_on"]
    span = f", {_exact_value(days.min())} to {_exact_value(days.max())}" if len(known) else ""
    later = f"; {bundle['unseen']} not yet known on {bundle['as_of']}" if bundle["unseen"] else ""
    text = f"{bundle['title']}: {len(known)} rows{span}, {known['source'].nunique()} sources{later}."
    if gaps := len(bundle["not_found"]):
        text += f" Looked for on {bundle['gathered_on']} and not found: {gaps} item{'s' if gaps > 1 else ''}."
    return text


def _not_found(entries: Mapping[str, gathering.EvidenceGap]) -> list[dict[str, Any]]:
    return [
        {"id": name, "what": gap.what, "due": gap.due and gap.due.isoformat(), "where": gap.where}
        for name, gap in entries.items()
    ]


def citations(*series: Rows, ends: bool = True) -> list[dict[str, Any]]:
    """The sources of evidence rows as an exhibit takes them, each once with the weakest quality it lends.

    Parameters
    ----------
    *series : DataFrame or GroupBy
        Rows of one series each, or groups of them; a result from several series depends on where each of
        them ends.
    ends : bool
        Whether the rows are series that end with their last row. Not so for events (funding rounds, releases)
        and for single comparisons: nothing later need have happened, so that an exhibit gets no date from
        them.
    """
    needed = ["valid_on", "quality", "source_title", "source"]
    single = [
        rows
        for part in series
        for rows in ([part] if isinstance(part, pd.DataFrame) else [group for _, group in part])
    ]
    rows = pd.concat([part[needed].assign(**{SERIES_TO: part["valid_on"].max()}) for part in single])
    ranked = rows.assign(rank=rows["quality"].map(QUALITIES.index))
    weakest = ranked.sort_values("rank", kind="stable").drop_duplicates("source", keep="last")
    sources = weakest.sort_values(["source_title", "source"])[["source_title", "source", "quality"]]
    last_days = {
        source: sorted({_exact_value(day) for day in days})
        for source, days in rows.groupby("source")[SERIES_TO]
    }
    return [
        {"title": title, "url": url, "quality": quality} | ({SERIES_TO: last_days[url]} if ends else {})
        for title, url, quality in sources.itertuples(index=False)
    ]


def sentence(
    id: str,
    template: str,
    *,
    tie: prose.Assertion | None = None,
    alternative: str | None = None,
    alternatives: Sequence[tuple[prose.Assertion, str]] = (),
    missing: str | None = None,
    role: str = "detail",
    claims: Claims = (),
    uncertainty: Uncertainty | None = None,
    **values: Any,
) -> None:
    """Show a sentence whose numbers are computed: `template` filled with `values` by `prose.render`.

    Parameters
    ----------
    tie
        What its words state beyond the numbers: a sign, a ranking, a threshold (`prose`).
    alternative
        The template for values for which those words do not hold.
    alternatives
        Further forms, each with its tie: the first that holds is shown, before `alternative` is asked.
    uncertainty : str
        What kind of uncertainty its numbers carry, a key of `labels.UNCERTAINTY`.
    missing
        The template where a value is None or NaN, which is no reason to stop: an early cut-off date may leave
        nothing to compute it from.

    Raises
    ------
    ProseError
        The words do not hold and there is no alternative.
    """
    if missing is not None and any(_is_missing(value) for value in values.values()):
        template, tie = missing, None
    if tie is not None and not tie.holds:
        form = next((form for other, form in alternatives if other.holds), None)
        template, tie = (form, None) if form is not None else (template, tie)
    text = prose.render(template, values)
    if tie is not None:
        text = prose.choose(id, text, tie, alternative and prose.render(alternative, values))
    bundle = _bundle(id, "statement", id, None, role, (), claims, uncertainty)
    bundle |= {"text": text, "inputs": {name: json_value(value) for name, value in values.items()}}
    _emit(bundle, text, {"text/markdown": text})


def check(text: str, tie: prose.Assertion) -> None:
    """Compare words of a Markdown cell of this notebook, quoted as they stand, with the value; shows nothing
    where they hold.

    Raises
    ------
    ProseError
        They do not hold.
    """
    prose.choose("in the text", text, tie, None)


def _bundle(
    id: str,
    kind: str,
    title: str,
    unit: str | None,
    role: str,
    sources: Sources,
    claims: Claims,
    uncertainty: Uncertainty | None = None,
) -> dict[str, Any]:
    """The keys of every bundle, with the first and the last of the last points of its sources' series."""
    cited = [dict(source) for source in _cited(sources)]
    ends = sorted({day for source in cited for day in source.pop(SERIES_TO, ())})
    return {
        "id": id,
        "kind": kind,
        "title": title,
        "unit": unit,
        "role": role,
        "note": None,
        "sources": cited,
        "claims": [name for item in claims for name in ([item] if isinstance(item, str) else item)],
        "data_to": ends[0] if ends else None,
        "data_to_latest": ends[-1] if ends else None,
    } | ({"uncertainty": uncertainty} if uncertainty else {})


def _cited(sources: Sources) -> list[Source]:
    """The sources that some references and rows of evidence come to; rows are cited together."""
    parts = [sources] if isinstance(sources, pd.DataFrame | DataFrameGroupBy) else list(sources)
    rows = [part for part in parts if isinstance(part, pd.DataFrame | DataFrameGroupBy)]
    cited: list[Source] = []
    for part in parts:
        if isinstance(part, pd.DataFrame | DataFrameGroupBy):
            cited += citations(*rows) if part is rows[0] else []
        else:
            cited += [part] if isinstance(part, Mapping) else list(part)
    return cited


def _emit(bundle: dict[str, Any], text: str, formats: dict[str, Any]) -> None:
    """Display a bundle with its text and further formats, which end with where the data end."""
    if bundle["data_to"] and bundle["kind"] != "evidence":  # whose line has the span anyway
        label = "Data to" if bundle["data_to"] == bundle["data_to_latest"] else "First series ends"
        end = f"{label} {format_date(dt.date.fromisoformat(bundle['data_to']))}."
        text += f"\n{end}"
        if "text/html" in formats:
            formats = formats | {"text/html": f"{formats['text/html']}<p>{end}</p>"}
    exhibits.parse(bundle)
    display({"text/plain": text, MIME: bundle} | formats, raw=True)


def _interval(
    low: float | None, high: float | None, level: float | None, unit: str, digits: int | None
) -> str:
    if low is None or high is None:
        return ""
    first, last = (_metric_text(end, unit, digits) for end in (low, high))
    word = units.HOUSE_UNITS.get(unit, "")
    if word.startswith(" "):  # "9 to 14", and not "9 points to 14 points"
        first, last = (text.removesuffix(word) for text in (first, last))
    return f" ({first} to {last}{f', {level:.0%}' if level else ''})"


def _metric_text(value: float | None, unit: str, digits: int | None) -> str:
    """A value with its unit; a whole percentage is 0% or 100% only where the share is (`exhibits.number`)."""
    if unit == "pct" and digits == 0 and value is not None and 0 < value < 100:
        return exhibits.number(value / 100, ".0%")
    return format_value(value, unit, digits)


def _evidence_column(name: str, spec: evidence_tables.EvidenceColumn, values: pd.Series) -> dict[str, Any]:
    """What describes a column of evidence: numbers keep all their digits, large ones in groups of three."""
    is_number = spec.kind == "number"
    is_grouped = is_number and values.abs().max() >= 10_000
    return {
        "name": name,
        "title": spec.title,
        "unit": spec.unit,
        "meaning": spec.meaning,
        "format": (",.10g" if is_grouped else ".10g") if is_number else None,
        "align": "right" if is_number else "left",
    }


def _exact_value(value: Any) -> Any:
    """A cell of evidence as JSON can hold it, nothing rounded."""
    if pd.isna(value) or value == "":
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    return int(value) if is_whole else value
