"""What does a rule take, and what does it give? A cell as printed, and what the sources say of it.

Decisions
- A figure outside all that sources give fails. One inside agrees only where their ends lie no more than
  `WIDEST` apart: between wider ones hardly any figure could fail, so none is borne out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from analysis.audit.facts import Facts, Interval
from analysis.audit.verdicts import meets_interval
from analysis.evidence.cell_rules import CellRule
from analysis.units import format_figure, format_value

NONE = "none"
"""What stands under `sourced` where no source gives the figure."""

WIDEST = 3.0
"""How many times the lowest figure of the sources the highest may be, if a figure between them is to agree.
"""


@dataclass(frozen=True)
class PrintedCell:
    """One cell as printed."""

    id: str
    table: str
    row: str
    column: str
    title: str
    printed: str


@dataclass(frozen=True)
class CellFinding:
    """What sources say of a cell; `sourced` in the cell's unit, `protocol` its protocol, basis or date."""

    verdict: str
    reason: str
    short: str
    sourced: str = NONE
    protocol: str = ""
    stale: bool = False


CellCheck = Callable[..., CellFinding]
Judge = TypeVar("Judge", bound=CellCheck)
BY_COLUMN: dict[str, CellCheck] = {}
"""How the cells of a column are judged by the tables of evidence, by ``TABLE.COLUMN``."""

BY_RULE: dict[type[CellRule], CellCheck] = {}
"""How a cell with a rule of its own in `cells.yml` is judged; it goes before its column's."""


def cell_check(*columns: str, rule: type[CellRule] | None = None) -> Callable[[Judge], Judge]:
    """Register how cells are judged: those of some columns (``TABLE.COLUMN``), and those with a rule."""

    def registered(function: Judge) -> Judge:
        BY_COLUMN.update(dict.fromkeys(columns, function))
        if rule is not None:
            BY_RULE[rule] = function
        return function

    return registered


def printed_figure(facts: Facts, cell: PrintedCell, part: str | None = None) -> Interval:
    """The printed figure of a cell, or of one of its parts, with its bounds."""
    return facts.cell(cell.table, cell.row, f"{part}_{cell.column}" if part else cell.column)


def verdict_between(printed: Interval, low: float, high: float) -> str:
    """The verdict on a figure by the range that sources give: wrong outside, not borne out by a wide one."""
    if not meets_interval(printed, (low, high)):
        return "fails"
    return "holds" if high <= WIDEST * low else "uncheckable"


def range_text(low: float, high: float, unit: str) -> str:
    """A range as a sentence has it."""
    ends = [format_figure(end, unit) for end in (low, high)]
    return ends[0] if low == high else " to ".join(ends)


def range_in_cell(low: float, high: float) -> str:
    """A range in the unit of its cell, without the unit."""
    ends = [format_value(end, "count") for end in (low, high)]
    return ends[0] if low == high else " to ".join(ends)
