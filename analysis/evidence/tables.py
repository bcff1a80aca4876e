"""What do the data files hold? CSV beside its sidecar, read, checked cell by cell, and parsed.

Decisions
- A file holds what was printed; numbers are made here, by `analysis.units`, and never written back.
- The sidecar is the contract: columns and their order, units, bounds, which cells may be unknown, and the hash.
- Every bad cell of a file is reported at once, with file, row, column, value, rule and fix. A row is counted as an
  editor counts lines: the header is row 1.
- The hash comes last, so that a mistake is named before "the file has changed" is.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.errors import DataError, FigureError, Problem, nearest
from analysis.evidence.sources import THESIS, Column, Sidecar, sidecar
from analysis.scenarios import place
from analysis.units import APPROXIMATION, Quantity, parse, parse_parts

NAMES = ("models", "players", "market_size", "text_figures")
FIELDS = ("value", "low", "high", "qualifier", "unit", "note", "missing")


def printed(name: str, directory: Path = THESIS) -> pd.DataFrame:
    """A table as printed: one text per cell, columns named as in the file.

    Raises
    ------
    DataError
        The file cannot be read as its sidecar describes it: missing, empty, not UTF-8 text, with a byte-order mark,
        another header, a row of another length, an empty or a repeated key.
    """
    frame, problems = _read(sidecar(name, directory), directory / f"{name}.csv")
    if problems:
        raise DataError(problems)
    return frame.reset_index(drop=True)


def cells(name: str, directory: Path = THESIS, *, approximation: float = APPROXIMATION) -> pd.DataFrame:
    """Every figure of a table, one row each.

    Returns
    -------
    DataFrame
        ``row`` (the key), ``column`` (parts named ``input_...``), ``printed``, and the fields of `units.Quantity`:
        ``value, low, high, qualifier, unit, note, missing``.
    """
    return _cells(name, directory, approximation).copy()


def every_cell(*, approximation: float = APPROXIMATION, directory: Path = THESIS) -> dict[str, pd.DataFrame]:
    """`cells` of every table, by table name."""
    return {name: cells(name, directory, approximation=approximation) for name in NAMES}


def load(name: str, directory: Path = THESIS) -> pd.DataFrame:
    """A table with its figures as numbers, indexed by nothing, text columns as printed, unknown figures NaN."""
    meta, table = sidecar(name, directory), printed(name, directory)
    wide = _cells(name, directory, APPROXIMATION).pivot(index="row", columns="column", values="value")
    parsed = wide.reindex(table[meta.key]).reset_index(drop=True)
    columns = [part for name, column in meta.columns.items() for part in column.names(name)]
    return pd.concat([table, parsed], axis=1).loc[:, lambda t: ~t.columns.duplicated(keep="last")][columns]


def figure(name: str, directory: Path = THESIS) -> Quantity:
    """One figure that the article prints in its text, by its name in `text_figures.csv`."""
    table = _cells("text_figures", directory, APPROXIMATION).set_index("row")
    if name not in table.index:
        raise DataError(Problem("text_figures.csv", f"has no figure {name!r}", nearest(name, table.index)))
    row: Mapping[Any, Any] = table.loc[name].to_dict()
    return Quantity(row["printed"], *(row[field] for field in FIELDS))


@lru_cache(maxsize=64)
def _cells(name: str, directory: Path, approximation: float) -> pd.DataFrame:
    meta, path = sidecar(name, directory), directory / f"{name}.csv"
    table, problems = _read(meta, path)
    found: list[dict[str, object]] = []
    for number, record in zip(table.index, table.to_dict("records"), strict=True):
        for column, spec in _quantities(meta):
            where = f"{place(path)}, row {number}, column {column}"
            try:
                figures = _figures(record, column, spec, approximation)
            except FigureError as reason:
                problems.append(Problem(where, reason.rule, reason.fix))
                continue
            for part, quantity in zip(spec.names(column), figures, strict=True):
                found.append({"row": record[meta.key], "column": part, "printed": quantity.text, "place": where}
                             | {field: getattr(quantity, field) for field in FIELDS})  # fmt: skip
    frame = pd.DataFrame(found, columns=["row", "column", "printed", "place", *FIELDS])
    problems += _value_problems(frame, meta)
    problems += [] if problems else _hash_problems(path, meta)
    if problems:
        raise DataError(problems)
    return frame.drop(columns="place").astype({"value": float, "low": float, "high": float})


def _read(meta: Sidecar, path: Path) -> tuple[pd.DataFrame, list[Problem]]:
    """The rows that have the header's form, indexed by their row in the file, and what is wrong with the others."""
    where = place(path)
    reader = csv.reader(io.StringIO(_text(path)), strict=True)
    try:
        header, *rows = list(reader)
    except csv.Error as reason:
        rule = f"is not CSV: {reason}"
        raise DataError(
            Problem(f"{where}, row {reader.line_num}", rule, "Close the quotes and double those inside")
        ) from None
    if problems := list(_header_problems(header, meta, where)):
        raise DataError(problems)
    good = {number: row for number, row in enumerate(rows, start=2) if len(row) == len(header)}
    frame = pd.DataFrame.from_dict(good, orient="index", columns=header, dtype=str)
    return frame, list(_row_problems([header, *rows], meta, where))


def _figures(record: Mapping[Any, str], column: str, spec: Column, approximation: float) -> list[Quantity]:
    unit = spec.unit or record[str(spec.unit_from)]
    if spec.parts:
        return parse_parts(record[column], unit, spec.parts, approximation=approximation)
    return [parse(record[column], unit, approximation=approximation)]


def _quantities(meta: Sidecar) -> Iterator[tuple[str, Column]]:
    return ((name, column) for name, column in meta.columns.items() if column.kind == "quantity")


def _text(path: Path) -> str:
    where = place(path)
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise DataError(Problem(where, "there is no such file", "Restore it or remove its sidecar")) from None
    if raw.startswith(b"\xef\xbb\xbf"):
        raise DataError(Problem(where, "starts with a byte-order mark", "Save it as UTF-8 without BOM"))
    if not raw.strip():
        raise DataError(Problem(where, "is empty", "Write a header and at least one row"))
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as reason:
        raise DataError(Problem(where, f"byte {reason.start} is not UTF-8", "Save it as UTF-8")) from None


def _header_problems(header: list[str], meta: Sidecar, where: str) -> Iterator[Problem]:
    expected = list(meta.columns)
    for column in [column for column in expected if column not in header]:
        fix = f"Add it, or take it out of {where.removesuffix('.csv')}.meta.yml"
        yield Problem(f"{where}, row 1", f"column {column} is missing", fix)
    for column in [column for column in header if column not in expected]:
        missing = [name for name in expected if name not in header]
        hint = nearest(column, missing) if missing else "Remove it, or describe it in the sidecar"
        yield Problem(f"{where}, row 1", f"column {column!r} is not in the sidecar", hint)
    if sorted(header) == sorted(expected) and header != expected:
        yield Problem(f"{where}, row 1", "columns are in another order", f"Write {','.join(expected)}")


def _row_problems(rows: list[list[str]], meta: Sidecar, where: str) -> Iterator[Problem]:
    if len(rows) < 2:
        yield Problem(where, "has a header and no row", "Write at least one row")
    seen: dict[str, int] = {}
    key = rows[0].index(meta.key) if meta.key in rows[0] else 0
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(rows[0]):
            fix = "Quote cells that hold a comma, and write decimals with a dot"
            yield Problem(
                f"{where}, row {number}", f"has {len(row)} cells, the header has {len(rows[0])}", fix
            )
            continue
        if not row[key].strip():
            yield Problem(f"{where}, row {number}, column {meta.key}", "'' is no key", "Name the row")
        elif row[key] in seen:
            rule = f"{row[key]!r} stands in row {seen[row[key]]} too"
            yield Problem(f"{where}, row {number}, column {meta.key}", rule, "Remove one of the two rows")
        seen.setdefault(row[key], number)


def _value_problems(frame: pd.DataFrame, meta: Sidecar) -> list[Problem]:
    """Bounds and missing figures, held by a pandera schema that is made from the sidecar."""
    import pandera.pandas as pa
    from pandera.errors import SchemaErrors

    specs = {part: spec for name, spec in _quantities(meta) for part in spec.names(name)}
    problems = []
    for column, spec in specs.items():
        checks = [pa.Check.ge(spec.minimum)] if spec.minimum is not None else []
        checks += [pa.Check.le(spec.maximum)] if spec.maximum is not None else []
        ranged = frame[(frame["column"] == column)]
        # A range has no value of its own: its bounds are what is held against the limits.
        figures = ranged["value"].astype(float).fillna(ranged["low"].astype(float))
        schema = pa.SeriesSchema(float, checks=checks, nullable=spec.missing, name="value")
        try:
            schema.validate(figures.rename("value"), lazy=True)
        except SchemaErrors as reason:
            for index, rule in reason.failure_cases[["index", "check"]].itertuples(index=False):
                problems.append(_schema_problem(frame.loc[index], str(rule), spec))
    return problems


def _schema_problem(row: pd.Series, rule: str, spec: Column) -> Problem:
    if rule == "not_nullable":
        return Problem(row["place"], f"{row['printed']!r} is no figure, and the sidecar allows none to be missing",
                       "Write the figure, or set missing: true in the sidecar")  # fmt: skip
    limits = " and ".join(
        text for text, bound in ((f"at least {spec.minimum}", spec.minimum), (f"at most {spec.maximum}", spec.maximum))
        if bound is not None
    )  # fmt: skip
    return Problem(
        row["place"], f"{row['printed']!r} is out of bounds", f"Write a figure of {limits}, in {row['unit']}"
    )


def _hash_problems(path: Path, meta: Sidecar) -> list[Problem]:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest == meta.sha256:
        return []
    fix = f"Undo the change; or, if it is meant, write sha256: {digest} in {path.stem}.meta.yml"
    return [Problem(place(path), "is not the file that its sidecar describes (sha256 differs)", fix)]
