"""Does each cell of the article's tables hold? Every printed cell with what the sources say, and its
protocol or date.

Decisions
- A cell with a rule of its own in `cells.yml` is judged by it, any other by the rule of its column
  (`cell_checks`); a column without one is a judgement, which nothing decides.
- Sources and strength are those of the rows that decide the cell; a cell that nothing decides has none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from analysis import thesis
from analysis.audit import arguments
from analysis.audit.cell_checks.finding import BY_COLUMN, BY_RULE, CellFinding, PrintedCell, cell_check
from analysis.audit.checks import record
from analysis.audit.facts import Facts, NothingKnown, fill_placeholders, placeholder_values
from analysis.errors import DataError, Problem, nearest
from analysis.evidence import article_tables, cell_rules
from analysis.evidence.numbers import slug
from analysis.evidence.sources import sidecar
from analysis.project import Project
from analysis.stored_results import computed_once
from analysis.units import format_date

FIELDS = (
    "id",
    "section",
    "table",
    "row",
    "column",
    "title",
    "printed",
    "sourced",
    "protocol",
    "verdict",
    "stale",
    "reason",
    "short",
    "sources",
    "mentioned",
    "strength",
    "used",
)
"""The columns of the ledger of cells, in order."""


SHOWN = ["row", "title", "verdict", "printed", "sourced", "protocol", "reason", "strength", "sources"]
"""What a reader sees of the ledger of cells, in order."""


def judge_table(name: str, facts: Facts) -> pd.DataFrame:
    """What a reader sees of the cells of one of the article's tables: `judge_cells`, columns `SHOWN`, with
    ``row`` named as the table names it (``company``).
    """
    meta = sidecar(name, facts.project)
    columns = [(name, column) for column in meta.columns if column != meta.key]
    return judge_cells(facts, columns)[SHOWN].rename(columns={"row": meta.key})


@computed_once
def judge_cells(facts: Facts, columns: Sequence[tuple[str, str]] | None = None) -> pd.DataFrame:
    """Every cell of the article's tables with what the sources say and the verdict, columns `FIELDS`.

    Parameters
    ----------
    facts : Facts
        What may be looked at; each cell reads with a memory of its own.
    columns : sequence of (table, column), optional
        The columns to judge; all of them, the key columns excepted, by default.

    Raises
    ------
    DataError
        The tables have no such column, `cells.yml` cannot be used, or a cell asks for a row that no day
        knows.
    """
    rows = judged_rows(facts, columns)
    ledger = pd.DataFrame(rows, columns=list(FIELDS))
    return ledger.assign(strength=pd.Series([row["strength"] for row in rows], dtype=object))


def judged_rows(facts: Facts, columns: Sequence[tuple[str, str]] | None = None) -> list[dict[str, Any]]:
    """As `judge_cells`, cell by cell."""
    rules = cell_rules.load(facts.project)
    pairs = list(rules) if columns is None else list(columns)
    if unknown := [pair for pair in pairs if pair not in rules]:
        name = ".".join(unknown[0])
        rule = f"the article's tables have no column {name!r}"
        raise DataError(Problem(facts.project.cells.name, rule, nearest(name, map(".".join, rules))))
    return [
        _row(facts.without_memory(), cell, rules[cell.table, cell.column])
        for cell in _printed_cells({table for table, _ in pairs}, facts.project)
        if (cell.table, cell.column) in pairs
    ]


def _printed_cells(tables: Collection[str], project: Project) -> Iterator[PrintedCell]:
    """The cells of some tables of the article, in its order."""
    for name in (name for name in thesis.load(project).tables if name in tables):
        meta = sidecar(name, project)
        for texts in article_tables.printed_table(name, project).to_dict("records"):
            row = texts[meta.key]
            for column, spec in meta.columns.items():
                if column != meta.key:
                    yield PrintedCell(
                        f"{meta.where}.{slug(row)}.{column}", name, row, column, spec.title, texts[column]
                    )


def _row(facts: Facts, cell: PrintedCell, column: cell_rules.ColumnRules) -> dict[str, Any]:
    with arguments.errors_at(f"{facts.project.cells.name}, cell {cell.id}"):
        finding = _finding(facts, cell, column)
    decided = finding.verdict != "uncheckable"
    return {
        "id": cell.id,
        "section": cell.id.partition(".")[0],
        "table": cell.table,
        "row": cell.row,
        "column": cell.column,
        "title": cell.title,
        "printed": cell.printed,
        "sourced": finding.sourced,
        "protocol": finding.protocol,
        "verdict": finding.verdict,
        "stale": finding.stale,
        "reason": finding.reason,
        "short": finding.short,
        "sources": facts.references if decided else [],
        "mentioned": facts.mentions if decided else [*facts.references, *facts.mentions],
        "strength": facts.strength if decided else None,
        "used": list(dict.fromkeys(facts.used)),
    }


def _finding(facts: Facts, cell: PrintedCell, column: cell_rules.ColumnRules) -> CellFinding:
    """The finding of the cell's rule; its reason ends with a note, or with what would decide an open cell."""
    rule = column.rows.get(cell.row)
    by_column = BY_COLUMN.get(f"{cell.table}.{cell.column}", _undecided)
    judge = BY_RULE[type(rule)] if rule else by_column
    try:
        finding = judge(facts, cell, rule)
    except NothingKnown:
        reason = f"We found nothing on this dated up to {format_date(facts.as_of)}."
        finding = CellFinding("uncheckable", reason, "nothing found")
    sentences = [finding.reason, _note(facts, rule)]
    if finding.verdict == "uncheckable":
        sentences.append(column.would_decide)
    return replace(finding, reason=" ".join(text for text in sentences if text))


def _note(facts: Facts, rule: cell_rules.CellRule | None) -> str | None:
    """What is mentioned with the verdict, once its facts are known."""
    if rule is None or rule.note is None:
        return None
    record.refuse_unknown_names(rule.note, facts, set())
    mentioned = facts.facts_by_day(rule.beside, decides=False)
    return fill_placeholders(rule.note, placeholder_values(mentioned, facts))


@cell_check(rule=cell_rules.Undecidable)
def _undecided(facts: Facts, cell: PrintedCell, rule: cell_rules.CellRule | None) -> CellFinding:
    return CellFinding("uncheckable", "", "nothing decides it")
