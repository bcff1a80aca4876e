"""Do the notebooks still say what the data says? Their stored outputs, as far as no kernel is needed to tell.

Decisions
- A notebook is read as the JSON file it is; nothing of it is executed. A stored bundle that lacks what its
  kind needs is a problem of its own, and compared with nothing.
- What can be compared: a parameters cell against the register, columns against their catalogue, a ledger's
  verdicts against fresh ones, an evidence exhibit's rows against the table, the claims that any exhibit names
  against those that there are.
- At most one line for each row of an exhibit: the first difference, the verdict before the words.
"""

from __future__ import annotations

import ast
import datetime as dt
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import ipynb, scenarios
from analysis.cache import cached, depends_on
from analysis.columns import ColumnEntry
from analysis.errors import ExhibitError, NotebookError, Problem, nearest
from analysis.evidence.sources import ArticleColumn
from analysis.exhibits import MIME, Evidence, Exhibit, Grid, Tabular, parse
from analysis.scenarios import Register, display_path

FIX = "Run thesis notebooks"
COMPARED = ("verdict", "computed", "sourced", "reason")
"""What of a row of a ledger is compared with the fresh row, in the order of importance."""

EXCERPT = 90
"""How many characters of a long text a message shows."""

_USED = re.compile(r"\bassumptions\.([a-z]\w*)")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class StoredNotebook:
    """A saved notebook: its file, its text, and what that says."""

    path: Path
    text: str
    content: ipynb.Notebook

    @property
    def exhibits(self) -> list[Exhibit]:
        """What its stored outputs display; without those that `exhibit_problems` names."""
        return self._parsed[0]

    @property
    def exhibit_problems(self) -> list[Problem]:
        """Bundles that lack what their kind needs."""
        problems = []
        for bundle, reason in self._parsed[1]:
            where = self._line(0, f'"id": {json.dumps(_id_of(bundle), ensure_ascii=False)}')[0]
            problems += [
                replace(problem, place=f"{where}, {problem.place}", fix=FIX) for problem in reason.problems
            ]
        return problems

    @cached_property
    def _parsed(self) -> tuple[list[Exhibit], list[tuple[object, ExhibitError]]]:
        """The exhibits, and the bundles that are none with the reason."""
        bundles = [
            output.data[MIME] for cell in self.content.cells for output in cell.outputs if MIME in output.data
        ]
        exhibits, refused = [], []
        for bundle in bundles:
            try:
                exhibits.append(parse(bundle))
            except ExhibitError as reason:
                refused.append((bundle, reason))
        return exhibits, refused

    @property
    def code(self) -> str:
        """The source of all its cells."""
        return "\n".join(cell.source for cell in self.content.cells)

    def source_line(self, source: str) -> str:
        """The file and the line on which the first line of a source stands."""
        first = "".join(ipynb.source_lines(source)[:1]).rstrip("\r\n")
        return self._line(0, json.dumps(first, ensure_ascii=False)[1:-1])[0]

    def exhibit_line(self, exhibit: Exhibit, row: str | None = None) -> str:
        """The file, the line and the id of an exhibit, or the line of one of its rows or names."""
        name = json.dumps(exhibit.id, ensure_ascii=False)
        where, start = self._line(0, f'"id": {name}')
        if row is not None:
            where, _ = self._line(start, json.dumps(row, ensure_ascii=False))
        return f"{where}, exhibit {exhibit.id}"

    def _line(self, start: int, text: str) -> tuple[str, int]:
        """The file and the line of a text after an offset, and the text's own offset."""
        offset = max(self.text.find(text, start), start)
        return f"{display_path(self.path)}, line {self.text.count(chr(10), 0, offset) + 1}", offset


@cached
def read(path: Path) -> StoredNotebook:
    """A notebook.

    Raises
    ------
    NotebookError
        As `ipynb.read`.
    """
    depends_on(path)
    text = ipynb.read_text(path)
    return StoredNotebook(path, text, ipynb.parse(text, path))


def parameter_problems(book: StoredNotebook, register: Register) -> Iterator[Problem]:
    """Where a notebook's parameters cell is not what the register says."""
    try:
        source = book.content.parameters_cell(book.path).source
        declared = dict(_declared(source))
    except NotebookError as reason:
        yield from reason.problems
        return
    except (SyntaxError, ValueError) as reason:  # what holds a NUL may be either
        rule = f"its parameters cell is not Python ({getattr(reason, 'msg', reason)})"
        yield Problem(book.source_line(source), rule, "Write `name: type = default`")
        return
    for name, line in declared.items():
        where = f"{book.source_line(line)}, parameter {name}"
        if name not in register:
            yield scenarios.unknown_name(name, where, register)
        elif line != scenarios.parameter_line(name, register[name]):
            yield Problem(where, "is not declared as the register has it", FIX)
    for name in dict.fromkeys(_USED.findall(book.code)):
        if name in register and name not in declared:
            rule = f"uses assumptions.{name}, which its parameters cell does not declare"
            yield Problem(book.source_line(f"assumptions.{name}"), rule, f"Declare {name} there")


def claim_problems(book: StoredNotebook, claims: Iterable[str]) -> Iterator[Problem]:
    """Claims that an exhibit names and that there are not."""
    ids = set(claims)
    for exhibit in book.exhibits:
        for name in [name for name in exhibit.claims if name not in ids]:
            yield Problem(book.exhibit_line(exhibit, name), f"there is no claim {name!r}", nearest(name, ids))


def ledger_problems(
    books: Sequence[StoredNotebook], fresh: Sequence[Row], claim_ids: Iterable[str] = ()
) -> Iterator[Problem]:
    """Stored verdicts that a fresh ledger lacks, and claims (`claim_ids`) that no stored ledger shows."""
    rows = {row["id"]: row for row in fresh}
    stored_ids: set[str] = set()
    for book in books:
        for exhibit in book.exhibits:
            for stored in _verdict_rows(exhibit):
                stored_ids.add(stored["id"])
                if stored["id"] in rows and (rule := _difference(stored, rows[stored["id"]])):
                    yield Problem(book.exhibit_line(exhibit, stored["id"]), rule, FIX)
    if books and (absent := [name for name in claim_ids if name not in stored_ids]):
        more = f" and {len(absent) - 3} more" if len(absent) > 3 else ""
        yield Problem(
            display_path(books[0].path.parent), f"no stored ledger shows {', '.join(absent[:3])}{more}", FIX
        )


def column_problems(
    book: StoredNotebook,
    catalogue: Mapping[str, ColumnEntry],
    sidecars: Iterable[Mapping[str, ArticleColumn]],
) -> Iterator[Problem]:
    """The first column of each exhibit that is not called as the catalogue, or the sidecar of a table of the
    article, has it.

    Evidence is compared by its rows, and what is over a grid are assumptions and results of a sweep.
    """
    published = {(name, spec.title, spec.meaning) for columns in sidecars for name, spec in columns.items()}
    for exhibit in book.exhibits:
        if not isinstance(exhibit, Tabular) or isinstance(exhibit, Evidence | Grid):
            continue
        for column in exhibit.columns:
            entry = catalogue.get(column.name)
            is_published = (column.name, column.title, column.meaning) in published
            if not (is_published or (entry and entry.describes(column))):
                rule = (
                    f"column {column.name}, stored as {column.title!r}, is not described as in the catalogue"
                )
                yield Problem(book.exhibit_line(exhibit), rule, FIX)
                break


def evidence_problems(
    book: StoredNotebook, evidence: Mapping[str, pd.DataFrame], names: Sequence[str]
) -> Iterator[Problem]:
    """Stored evidence that is not what its table holds on that day.

    Parameters
    ----------
    book : StoredNotebook
        The notebook.
    evidence : mapping of str to DataFrame
        All rows of each table that can be read, as `evidence_tables.load` gives them.
    names : sequence of str
        The tables that there are, also those that cannot be read.
    """
    for exhibit in book.exhibits:
        if not isinstance(exhibit, Evidence):
            continue
        name, where = exhibit.id.removeprefix("evidence."), book.exhibit_line(exhibit)
        if name not in names:
            yield Problem(where, f"there is no evidence table {name!r}", nearest(name, names))
        elif name in evidence and (
            rule := _row_difference(exhibit.rows, _known_on(evidence[name], exhibit.as_of))
        ):
            yield Problem(where, rule, FIX)


def _declared(source: str) -> Iterator[tuple[str, str]]:
    """The names of a parameters cell with the lines that declare them, without the label `scenario`."""
    lines = ipynb.source_lines(source)
    for statement in ast.parse(source).body:
        target = statement.target if isinstance(statement, ast.AnnAssign) else None
        if isinstance(target, ast.Name) and target.id not in scenarios.LABELS:
            yield target.id, "".join(lines[statement.lineno - 1 : statement.end_lineno]).rstrip("\r\n")


def _id_of(bundle: object) -> object:
    return bundle.get("id") if isinstance(bundle, dict) else None


def _verdict_rows(exhibit: Exhibit) -> list[Row]:
    """The rows of an exhibit that carry a verdict."""
    rows = exhibit.rows if isinstance(exhibit, Tabular) else ()
    return [row for row in rows if isinstance(row.get("id"), str) and "verdict" in row]


def _difference(stored: Row, fresh: Row) -> str | None:
    for name in [name for name in COMPARED if name in stored and name in fresh]:
        if not _same(stored[name], fresh[name]):
            old, new = _excerpt(stored[name], fresh[name]), _excerpt(fresh[name], stored[name])
            return f"stored {name} of {stored['id']} is {old}, a fresh one is {new}"
    return None


def _row_difference(stored: Sequence[Row], table: pd.DataFrame) -> str | None:
    if len(stored) != len(table):
        return f"{len(stored)} rows are stored, the table has {len(table)}"
    for number, (old, new) in enumerate(zip(stored, table.to_dict("records"), strict=True), start=1):
        for column, value in new.items():
            before, now = old.get(str(column)), _as_stored(value)
            if not _same(before, now):
                texts = _excerpt(before, now), _excerpt(now, before)
                return f"stored {column} of row {number} is {texts[0]}, the table has {texts[1]}"
    return None


def _known_on(table: pd.DataFrame, day: dt.date) -> pd.DataFrame:
    return table[table["known_on"] <= pd.Timestamp(day)]


def _as_stored(value: Any) -> Any:
    if pd.isna(value) or value == "":
        return None
    return value.date().isoformat() if isinstance(value, pd.Timestamp) else value


def _same(stored: Any, fresh: Any) -> bool:
    if isinstance(stored, int | float) and isinstance(fresh, int | float):
        return math.isclose(stored, fresh, rel_tol=1e-5)
    return bool(stored == fresh)


def _excerpt(value: Any, other: Any) -> str:
    """A value as a message shows it: of a long text only the part around its first difference."""
    if not isinstance(value, str):
        return "nothing" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    same = next((i for i, (a, b) in enumerate(zip(value, str(other), strict=False)) if a != b), len(value))
    start = max(same - EXCERPT // 3, 0) if len(value) > EXCERPT else 0
    text = value[start : start + EXCERPT].removesuffix(".")
    return f"{'... ' if start else ''}{text}{' ...' if start + EXCERPT < len(value) else ''}"
