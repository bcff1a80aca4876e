"""How is a data file read so that every mistake in it is named? CSV as text, with the columns of its sidecar.

Decisions
- Cells stay text here; whoever knows what they mean parses them. Rows keep the number that an editor shows:
  the header is row 1.
- Texts are stored as Python's whether pyarrow is installed or not: these tables are small, and taking a few
  rows of one is several times as fast.
- A file that cannot be read at all, or has another header, is one error; rows of another form are collected,
  so that the good ones can be checked in the same pass.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pandas as pd

from analysis.cache import depends_on
from analysis.characters import first_hidden_character
from analysis.errors import DataError, Problem, nearest
from analysis.hashing import sha256
from analysis.project import sidecar_of
from analysis.scenarios import display_path

CHANGED = "is not the file that its sidecar describes (sha256 differs)"


def read_rows(path: Path, columns: Sequence[str], key: Sequence[str]) -> tuple[pd.DataFrame, list[Problem]]:
    """Rows in the header's form as text, indexed by their row in the file, and the problems of the others.

    Parameters
    ----------
    columns : sequence of str
        The header that the sidecar describes, in order.
    key : sequence of str
        The columns that make a row unique.

    Raises
    ------
    DataError
        The file is missing, empty, not UTF-8, starts with a byte-order mark, is not CSV, or has another
        header.
    """
    where = display_path(path)
    reader = csv.reader(io.StringIO(_text(path)), strict=True)
    try:
        header, *rows = list(reader)
    except csv.Error as reason:
        rule = f"is not CSV: {reason}"
        raise DataError(
            Problem(f"{where}, row {reader.line_num}", rule, "Close the quotes and double those inside")
        ) from None
    if problems := list(_header_problems(header, columns, where)):
        raise DataError(problems)
    good = {number: row for number, row in enumerate(rows, start=2) if len(row) == len(header)}
    with python_texts():
        frame = pd.DataFrame.from_dict(good, orient="index", columns=header, dtype=str)
    return frame, [*_form_problems(header, rows, where), *key_problems(frame, key, where)]


def python_texts() -> AbstractContextManager[None]:
    """Makes frames whose texts are Python's."""
    return pd.option_context("mode.string_storage", "python")


def hash_problems(path: Path, expected: str) -> list[Problem]:
    """A file that is not the one its sidecar describes, if so with the hash to write."""
    depends_on(path)
    digest = sha256(path.read_bytes())
    if digest == expected:
        return []
    where = display_path(path)
    fix = (
        f"Undo the change; or, if it is meant, write sha256: {digest} in {sidecar_of(path).name}"
        f" (thesis check --accept {where} does)"
    )
    return [Problem(where, CHANGED, fix)]


def _text(path: Path) -> str:
    where = display_path(path)
    depends_on(path)
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise DataError(Problem(where, "there is no such file", "Restore it or remove its sidecar")) from None
    if raw.startswith(b"\xef\xbb\xbf"):
        raise DataError(Problem(where, "starts with a byte-order mark", "Save it as UTF-8 without BOM"))
    if not raw.strip():
        raise DataError(Problem(where, "is empty", "Write a header and at least one row"))
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as reason:
        raise DataError(Problem(where, f"byte {reason.start} is not UTF-8", "Save it as UTF-8")) from None
    if hidden := first_hidden_character(text.replace("\r\n", "\n")):
        line = text.replace("\r\n", "\n").count("\n", 0, hidden[0]) + 1
        raise DataError(
            Problem(f"{where}, line {line}", f"holds {hidden[1]}, which no reader sees", "Remove it")
        )
    return text


def _header_problems(header: Sequence[str], expected: Sequence[str], where: str) -> Iterator[Problem]:
    for column in [column for column in expected if column not in header]:
        fix = f"Add it, or take it out of {where.removesuffix('.csv')}.meta.yml"
        yield Problem(f"{where}, row 1", f"column {column} is missing", fix)
    for column in [column for column in header if column not in expected]:
        missing = [name for name in expected if name not in header]
        hint = nearest(column, missing) if missing else "Remove it, or describe it in the sidecar"
        yield Problem(f"{where}, row 1", f"column {column!r} is not in the sidecar", hint)
    if sorted(header) == sorted(expected) and list(header) != list(expected):
        yield Problem(f"{where}, row 1", "columns are in another order", f"Write {','.join(expected)}")


def _form_problems(header: Sequence[str], rows: Sequence[Sequence[str]], where: str) -> Iterator[Problem]:
    if not rows:
        yield Problem(where, "has a header and no row", "Write at least one row")
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            fix = "Quote cells that hold a comma, and write decimals with a dot"
            yield Problem(
                f"{where}, row {number}", f"has {len(row)} cells, the header has {len(header)}", fix
            )


def key_problems(frame: pd.DataFrame, key: Sequence[str], where: str) -> Iterator[Problem]:
    """Rows of a table of texts that have nothing in some columns, or together what an earlier row has;
    `where` is the file.
    """
    seen: dict[tuple[str, ...], int] = {}
    for number, *cells in zip(frame.index, *(frame[name].tolist() for name in key), strict=True):
        key_place = f"{where}, row {number}, column {' and '.join(key)}"
        if not any(cell.strip() for cell in cells):
            yield Problem(key_place, "'' is no key", "Name the row")
        elif tuple(cells) in seen:
            rule = f"{', '.join(map(repr, cells))} stands in row {seen[tuple(cells)]} too"
            yield Problem(key_place, rule, "Remove one of the two rows")
        seen.setdefault(tuple(cells), number)
