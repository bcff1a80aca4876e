"""What do the article's tables say? CSV with a sidecar, read, checked cell by cell, and parsed.

Decisions
- A file holds what was printed; numbers are made here, by `analysis.units`, and never written back.
- The sidecar is the contract: columns and their order, units, bounds, which cells may be unknown, and the
  hash.
- Every bad cell of a file is reported at once, with file, row, column, value, rule and fix.
- The hash comes last, so that a mistake is named before "the file has changed" is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import thesis
from analysis.cache import cached, depends_on
from analysis.errors import DataError, FigureError, Problem, nearest
from analysis.evidence import csv_files
from analysis.evidence.lazy_tables import LazyTables
from analysis.evidence.sources import ArticleColumn, ArticleSidecar, read_as, sidecar
from analysis.project import Project, sidecar_of
from analysis.scenarios import display_path
from analysis.units import APPROXIMATION, Quantity, parse_figure, parse_figures

TEXT_FIGURES = "text_figures"
"""The figures that the article prints in its text and calculations use; an article may have none."""

FIELDS = ("value", "low", "high", "qualifier", "unit", "note", "missing")


def names(project: Project | None = None) -> list[str]:
    """The tables with figures of the article: those that it prints, and what its text prints (`TEXT_FIGURES`)
    where there is such a file.
    """
    project = project or Project.default()
    path = sidecar_of(project.article_table(TEXT_FIGURES))
    depends_on(path)
    return [*thesis.load(project).tables, *([TEXT_FIGURES] if path.is_file() else [])]


def printed_table(name: str, project: Project | None = None) -> pd.DataFrame:
    """A table as printed: one text per cell, columns named as in the file.

    Raises
    ------
    DataError
        The file cannot be read as its sidecar describes it: missing, empty, not UTF-8 text, with a byte-order
        mark, another header, a row of another length, an empty or a repeated key.
    """
    return _printed(name, project or Project.default()).copy()


@cached
def _printed(name: str, project: Project) -> pd.DataFrame:
    meta = sidecar(name, project)
    frame, problems = csv_files.read_rows(project.article_table(name), list(meta.columns), [meta.key])
    if problems:
        raise DataError(problems)
    return frame.reset_index(drop=True)


def parsed_cells(
    name: str, project: Project | None = None, *, approximation: float = APPROXIMATION
) -> pd.DataFrame:
    """Every figure of a table, one row each.

    Returns
    -------
    DataFrame
        ``row`` (the key), ``column`` (parts named ``input_...``), ``printed``, and the fields of
        `units.Quantity`: ``value, low, high, qualifier, unit, note, missing``.
    """
    return _parse_table((project or Project.default()).article_table(name), approximation).copy()


def all_parsed_cells(
    project: Project | None = None, *, approximation: float = APPROXIMATION
) -> dict[str, pd.DataFrame]:
    """`parsed_cells` of every table, by table name."""
    return dict(load_lazily(project, approximation=approximation))


def load_lazily(
    project: Project | None = None, *, approximation: float = APPROXIMATION
) -> Mapping[str, pd.DataFrame]:
    """`parsed_cells` of every table, by table name, each read when it is asked for."""
    project = project or Project.default()
    return LazyTables(
        names(project),
        lambda name: _parse_table(project.article_table(name), approximation),
        pd.DataFrame.copy,
    )


def load(name: str, project: Project | None = None) -> pd.DataFrame:
    """A table with its figures as numbers, without an index, texts as printed, unknown figures NaN."""
    meta, table = sidecar(name, project), printed_table(name, project)
    wide = parsed_cells(name, project).pivot(index="row", columns="column", values="value")
    parsed = wide.reindex(table[meta.key]).reset_index(drop=True)
    columns = [part for name, column in meta.columns.items() for part in column.names(name)]
    return pd.concat([table, parsed], axis=1).loc[:, lambda t: ~t.columns.duplicated(keep="last")][columns]


def text_figure(name: str, project: Project | None = None) -> Quantity:
    """One figure that the article prints in its text, by its name in `text_figures.csv`."""
    table = parsed_cells(TEXT_FIGURES, project).set_index("row")
    if name not in table.index:
        raise DataError(Problem(f"{TEXT_FIGURES}.csv", f"has no figure {name!r}", nearest(name, table.index)))
    row: Mapping[Any, Any] = table.loc[name].to_dict()
    return Quantity(row["printed"], *(row[field] for field in FIELDS))


@cached
def _parse_table(path: Path, approximation: float) -> pd.DataFrame:
    meta = read_as(ArticleSidecar, sidecar_of(path))
    table, problems = csv_files.read_rows(path, list(meta.columns), [meta.key])
    rows: list[dict[str, object]] = []
    for number, record in zip(table.index, table.to_dict("records"), strict=True):
        for column, spec in _quantities(meta):
            where = f"{display_path(path)}, row {number}, column {column}"
            try:
                figures = _figures(record, column, spec, approximation)
            except FigureError as reason:
                problems.append(Problem(where, reason.rule, reason.fix))
                continue
            for part, quantity in zip(spec.names(column), figures, strict=True):
                rows.append(
                    {"row": record[meta.key], "column": part, "printed": quantity.text, "place": where}
                    | {field: getattr(quantity, field) for field in FIELDS}
                )
    with csv_files.python_texts():
        frame = pd.DataFrame(rows, columns=["row", "column", "printed", "place", *FIELDS])
    problems += _value_problems(frame, meta)
    problems += [] if problems else csv_files.hash_problems(path, meta.sha256)
    if problems:
        raise DataError(problems)
    return frame.drop(columns="place").astype({"value": float, "low": float, "high": float})


def _figures(
    record: Mapping[Any, str], column: str, spec: ArticleColumn, approximation: float
) -> list[Quantity]:
    unit = spec.unit or record[str(spec.unit_from)]
    if spec.parts:
        return parse_figures(record[column], unit, spec.parts, approximation=approximation)
    return [parse_figure(record[column], unit, approximation=approximation)]


def _quantities(meta: ArticleSidecar) -> Iterator[tuple[str, ArticleColumn]]:
    return ((name, column) for name, column in meta.columns.items() if column.kind == "quantity")


def _value_problems(frame: pd.DataFrame, meta: ArticleSidecar) -> list[Problem]:
    """Figures out of bounds or missing, column by column."""
    specs = {part: spec for name, spec in _quantities(meta) for part in spec.names(name)}
    problems = []
    for column, spec in specs.items():
        rows = frame[frame["column"] == column]
        # A range has no value of its own: its bounds are compared with the limits.
        figures = rows["value"].astype(float).fillna(rows["low"].astype(float))
        if not spec.missing:
            problems += [_missing_problem(row) for _, row in rows[figures.isna()].iterrows()]
        lowest = -math.inf if spec.minimum is None else spec.minimum
        highest = math.inf if spec.maximum is None else spec.maximum
        outside = (figures < lowest) | (figures > highest)
        problems += [_bound_problem(row, spec) for _, row in rows[outside].iterrows()]
    return problems


def _missing_problem(row: pd.Series) -> Problem:
    return Problem(
        row["place"],
        f"{row['printed']!r} is no figure, and the sidecar allows none to be missing",
        "Write the figure, or set missing: true in the sidecar",
    )


def _bound_problem(row: pd.Series, spec: ArticleColumn) -> Problem:
    limits = " and ".join(
        text
        for text, bound in (
            (f"at least {spec.minimum}", spec.minimum),
            (f"at most {spec.maximum}", spec.maximum),
        )
        if bound is not None
    )
    return Problem(
        row["place"], f"{row['printed']!r} is out of bounds", f"Write a figure of {limits}, in {row['unit']}"
    )
