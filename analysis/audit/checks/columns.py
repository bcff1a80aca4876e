"""Are the figures of a column of the article's tables right? A check on its cells together.

Decisions
- A column is judged by its cells where at least half of those with a figure are decided; fewer say nothing of
  the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis import labels
from analysis.audit import cells
from analysis.audit.facts import Facts, Interval
from analysis.audit.verdicts import Finding, check, unanimous
from analysis.evidence import cell_rules
from analysis.evidence.sources import sidecar
from analysis.labels import join_words
from analysis.units import Quantity, format_figure, parse_figure

JudgedCells = Sequence[Mapping[str, Any]]
"""Rows of `cells.judged_rows`."""

WRONG = {"Wrong": "fails", "Partly right": "partly"}
NAMED = 2
"""How many wrong figures a sentence compares with ours; of more it gives the rows alone."""


@dataclass(frozen=True)
class ColumnCells:
    """The judged cells of a column.

    Attributes
    ----------
    noun : str
        What one of them is called.
    unit : str or None
        The unit of their figures.
    decided, undecided : sequence of mapping
        The cells with a figure, rows of `cells.judged_rows`.
    blank : sequence of mapping
        The cells without one in a column of figures.
    """

    noun: str
    unit: str | None
    decided: JudgedCells
    undecided: JudgedCells
    blank: JudgedCells

    @classmethod
    def of(cls, facts: Facts, table: str, column: str) -> ColumnCells:
        """The cells of a column of one of the article's tables."""
        judged = cells.judged_rows(facts, [(table, column)])
        spec, figures = sidecar(table, facts.project).columns[column], facts.cells[table]
        figures = figures[figures["column"] == column]
        missing = zip(figures["row"], figures["missing"], strict=True)
        without_figure = {row for row, why in missing if isinstance(why, str)}
        blank = [row for row in judged if row["row"] in without_figure]
        rest = [row for row in judged if row["row"] not in without_figure]
        undecided = [row for row in rest if row["verdict"] == "uncheckable"]
        decided = [row for row in rest if row["verdict"] != "uncheckable"]
        return cls(spec.cell, spec.unit, decided, undecided, blank)

    @property
    def right(self) -> JudgedCells:
        """The decided cells that agree."""
        return [row for row in self.decided if row["verdict"] == "holds"]

    @property
    def wrong(self) -> JudgedCells:
        """The decided cells that do not agree, or only in part."""
        return [row for row in self.decided if row["verdict"] != "holds"]

    def wrong_by_kind(self) -> str:
        """The wrong cells by what is wrong with them, a sentence for each kind."""
        kinds = {"Out of date": [row for row in self.wrong if row["stale"]]}
        kinds |= {
            word: [row for row in self.wrong if row["verdict"] == verdict and not row["stale"]]
            for word, verdict in WRONG.items()
        }
        return " ".join(f"{word}: {_names(rows)}." for word, rows in kinds.items() if rows)

    def deviation(self) -> str | None:
        """On which side all decided figures lie of ours, with both; None where there are too many, some are
        right, or they are no figures or lie on both sides.
        """
        few_wrong = not self.right and 0 < len(self.wrong) <= NAMED
        return _deviation(self.wrong, self.unit) if few_wrong else None


@check("evidence")
def column_agrees(facts: Facts, figure: Quantity | None, *, table: str, column: str) -> Finding:
    """Whether the cells of a column of the article's tables agree with what others measured; only decided
    cells are cited.

    A cell without a figure in a column of figures ("N/A", "Unknown") is neither right nor wrong: the details
    name it. Where fewer than half of the others are decided, the column is `uncheckable`, and the cells that
    are decided are mentioned.
    """
    judged = ColumnCells.of(facts, table, column)
    blanks = [f"Without a figure: {_names(judged.blank)}."] if judged.blank else []
    if len(judged.decided) < len(judged.undecided):
        facts.mentioned.extend([*_rows_read(judged.decided), *_rows_read(judged.undecided)])
        reason = _too_few_reason(judged, cell_rules.load(facts.project)[table, column].would_decide)
        details = [*_short_sentences([*judged.wrong, *judged.undecided]), *blanks]
        return Finding({}, reason, verdict="uncheckable", details=" ".join(details))
    facts.used.extend(_rows_read(judged.decided))
    details = _short_sentences(judged.wrong)
    if judged.undecided:
        details.append(f"Not decided: {_names(judged.undecided)}.")
    readings: dict[str, Interval | bool] = {
        str(row["row"]): row["verdict"] == "holds" for row in judged.decided
    }
    readings |= {f"{row['row']}, in part": True for row in judged.decided if row["verdict"] == "partly"}
    all_stale = bool(judged.wrong) and all(row["stale"] for row in judged.wrong)
    return Finding(
        readings,
        _column_reason(judged),
        overtaken=all_stale and not judged.right,
        details=" ".join([*details, *blanks]) or None,
    )


def _rows_read(rows: JudgedCells) -> list[tuple[str, int]]:
    """The rows of evidence that some cells rest on."""
    return [label for row in rows for label in row["used"]]


def _short_sentences(rows: JudgedCells) -> list[str]:
    """What the sources give for some cells, a sentence each."""
    return [f"{row['row']}: {row['short']}." for row in rows]


def _names(rows: JudgedCells) -> str:
    """Whose cells they are, in words."""
    return join_words(str(row["row"]) for row in rows)


def _too_few_reason(judged: ColumnCells, would_decide: str) -> str:
    """Why a column is not judged: how many of its cells are decided, what they are, what would decide it."""
    decided = judged.decided
    figures = len(decided) + len(judged.undecided)
    opening = (
        f"Too few to judge: {labels.number_word(len(decided))} of the {labels.number_word(figures)}"
        f" {_plural(judged.noun)} can be checked."
    )
    deviation, they_are = judged.deviation(), "It is" if len(decided) == 1 else "They are"
    if not decided:
        result = ""
    elif deviation:
        result = f"{they_are} {deviation}"
    else:
        result = judged.wrong_by_kind() if judged.wrong else f"{they_are} right."
    return " ".join(text for text in (opening, result, would_decide) if text)


def _column_reason(judged: ColumnCells) -> str:
    """How many of the cells that can be checked are right, and which are not."""
    number, right, deviation = len(judged.decided), judged.right, judged.deviation()
    count, plural = labels.number_word(number), _plural(judged.noun)
    checkable = " that we can check" if judged.undecided else ""
    every = {1: f"The one {judged.noun}", 2: f"Both {plural}"}.get(number, f"All {count} {plural}")
    every = f"{every}{checkable} {'is' if number == 1 else 'are'}"
    if deviation is not None:
        return f"{every} {deviation}"
    if not judged.wrong:
        return f"{every} right."
    number_right, verb = labels.number_word(len(right)), "is" if len(right) <= 1 else "are"
    the = "the " if not right or checkable else ""
    some = f"{number_right[0].upper()}{number_right[1:]} of {the}{count} {plural}{checkable}"
    return f"{some} {verb} right{_only_as_bound(right)}. {judged.wrong_by_kind()}"


def _plural(noun: str) -> str:
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"


def _only_as_bound(right: JudgedCells) -> str:
    """Whose lower bound is right although the figure has come far beyond it, where no other cell is right."""
    if len(right) != 1 or not right[0]["stale"]:
        return ""
    return f", {right[0]['row']}'s, and only because the article says 'over'"


def _deviation(wrong: JudgedCells, unit: str | None) -> str | None:
    """On which side of ours the wrong figures lie, with both; None for texts and where sides differ."""
    if unit not in ("usd_mn", "usd_bn"):
        return None
    printed = {row["row"]: parse_figure(row["printed"], unit) for row in wrong}
    ours = {
        row["row"]: [float(end.replace(",", "")) for end in row["sourced"].split(" to ")] for row in wrong
    }
    above = unanimous(float(printed[row].low or 0) > ends[-1] for row, ends in ours.items())
    if above is None or any(row["stale"] or row["verdict"] != "fails" for row in wrong):
        return None
    article = join_words(f"{_about(figure)} for {row}" for row, figure in printed.items())
    if len(ours) == 1:
        figures = " to ".join(format_figure(end, unit) for end in next(iter(ours.values())))
    else:
        nearest_ends = (format_figure(ends[-1] if above else ends[0], unit) for ends in ours.values())
        figures = f"{'at most' if above else 'at least'} {join_words(nearest_ends)}"
    return f"too {'high' if above else 'low'}: the article has {article}. We find {figures}."


def _ends(sourced: str) -> list[float]:
    """The figure that sources give, or both ends of their range."""
    return [float(end.replace(",", "")) for end in sourced.split(" to ")]


def _about(figure: Quantity) -> str:
    about = "about " if figure.qualifier.startswith("~") else ""
    return f"{about}{format_figure(float(figure.value or 0), figure.unit)}"
