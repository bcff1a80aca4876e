"""What may a check look at? The article's figures, what others measured, and the assumptions it runs under.

Decisions
- A verdict judges publication day with everything known by `as_of`: rows that describe a later day never
  decide.
- Rows that decide are remembered apart from rows that are only mentioned: the former alone give a verdict its
  sources and its strength.
- A table is read, and counts as read, when somebody asks for it: who asks for one does not depend on others.
- The model's assumptions are those of the base scenario whatever the notebook runs under; only how the
  article is read (`Entry.reading`) and the simulation's seed and draws are the caller's.
- That nothing was known is an answer of its own (`NothingKnown`), never true or false; a name that no day
  knows is a mistake.
"""

from __future__ import annotations

import itertools
import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from analysis import labels, thesis
from analysis.audit.lookup import Lookup, Mask, Source
from analysis.cache import cached
from analysis.errors import DataError, Problem, nearest
from analysis.evidence import article_tables, evidence_tables
from analysis.evidence.lazy_tables import LazyTables
from analysis.exhibits import QUALITIES
from analysis.project import Project
from analysis.provenance import Inputs
from analysis.scenarios import Assumptions
from analysis.units import DAYS_PER_MONTH, format_date, format_figure

if TYPE_CHECKING:
    from analysis.models import start

FACTS = "dated_facts"
CURRENT_FOR = pd.Timedelta(days=92)
"""How long before publication day a record may end and still speak of that day: a quarter of a year."""
SIMULATION = ("seed", "draws")
"""How the simulation is run; it is no assumption about the world."""

Pick = str | Mapping[str, Any]
"""A figure of the evidence: the id of a dated fact, or ``{table, column, where}`` for the latest row that
fits, with ``add: true`` for the sum of all.
"""


class Interval(NamedTuple):
    """A number with the bounds that its inputs leave it; `open` where one is unbounded, not only rounded."""

    value: float
    low: float
    high: float
    open: bool = False


class NothingKnown(Exception):
    """Nothing that was known by the day answers the question."""


@dataclass(frozen=True)
class Facts:
    """What a check may look at.

    Attributes
    ----------
    cells : mapping of str to DataFrame
        `evidence.article_tables.parsed_cells` of each of the article's tables, by table name; each is read
        when it is asked for.
    assumptions : Assumptions
        What the checks run under.
    evidence : mapping of str to DataFrame
        `evidence.evidence_tables.load` of each evidence table, all rows; each is read when it is asked for.
    day : Timestamp
        Publication day.
    as_of : Timestamp
        The day up to which anything may be known.
    used : list of (table, row label)
        The rows that decide a verdict.
    mentioned : list of (table, row label)
        The rows that a reason mentions and that decide nothing.
    project : Project
        Where all of it was read; what else the checks read of the thesis is read there, too.
    """

    cells: Mapping[str, pd.DataFrame]
    assumptions: Assumptions
    evidence: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    day: pd.Timestamp = pd.Timestamp.max
    as_of: pd.Timestamp = pd.Timestamp.max
    used: list[tuple[str, int]] = field(default_factory=list)
    mentioned: list[tuple[str, int]] = field(default_factory=list)
    project: Project = field(default_factory=Project.default)

    def without_memory(self) -> Facts:
        """The same, with nothing read yet."""
        return self._replace(used=[], mentioned=[])

    def at(self, day: pd.Timestamp) -> Facts:
        """The same on another day, remembering into the same list: forecasts are judged at `as_of`."""
        return self._replace(day=day)

    def _replace(self, **changes: Any) -> Facts:
        changed = replace(self, **changes)
        # what was known does not depend on what changes here: filtered, looked through and fitted once
        for name in ("known", "_lookups", "_figures", "_start_evidence"):
            changed.__dict__[name] = getattr(self, name)
        return changed

    # The article

    @property
    def readings(self) -> dict[str, Any]:
        """How the article is read: the assumptions that verdicts may follow from, with their values."""
        register = self.assumptions.register
        return {name: value for name, value in self.assumptions.items() if register[name].reading}

    def cell(self, table: str, row: str, column: str) -> Interval:
        """One figure of a table with its bounds."""
        figures = self._figures[table]
        if (row, column) not in figures:
            rule = f"has no {column} for {row!r}"
            raise DataError(
                Problem(f"{table}.csv", rule, nearest(row, dict.fromkeys(name for name, _ in figures)))
            )
        value, low, high = figures[row, column]
        return Interval(value, low, high, open=math.isinf(low) or math.isinf(high))

    @cached_property
    def _figures(self) -> Mapping[str, Mapping[tuple[str, str], tuple[float, float, float]]]:
        """The figures of each of the article's tables with their bounds, by row and column."""
        cells = self.cells
        return LazyTables(cells, lambda name: cells[name], _figures_of)

    def column(self, table: str, column: str) -> pd.DataFrame:
        """All figures of a column: ``row``, ``value``, ``low``, ``high``."""
        frame = self.cells[table]
        return frame.loc[frame["column"] == column, ["row", "value", "low", "high"]].reset_index(drop=True)

    def text_figure(self, name: str) -> Interval:
        """One figure that the article prints in its text."""
        return self.cell("text_figures", name, "printed")

    def is_current(self, rows: pd.DataFrame) -> bool:
        """Whether a record ends late enough to say something of publication day."""
        return bool(self.day - rows["valid_on"].max() <= CURRENT_FOR)

    # What others measured

    @property
    def inputs(self) -> Inputs:
        """The assumption that all that was known follows from: the cut-off date."""
        return {"as_of": self.assumptions.as_of}

    @cached_property
    def known(self) -> Mapping[str, pd.DataFrame]:
        """Every evidence table as it was known by `as_of`, each read when it is asked for."""
        evidence, as_of = self.evidence, self.as_of
        return LazyTables(
            evidence, lambda name: evidence[name], lambda table: table[table["known_on"] <= as_of]
        )

    @property
    def record(self) -> start.StartEvidence:
        """What the models of this thesis take of it; nothing else here asks for it."""
        return self._start_evidence()

    @cached_property
    def _start_evidence(self) -> Callable[[], start.StartEvidence]:
        """Makes `record`, once for as long as the tables that it is made of stay the same."""

        def make() -> start.StartEvidence:
            from analysis.models import start

            return replace(start.start_evidence(self.known), inputs=self.inputs)

        return cached(make)

    def find(self, table: str, /, *, later: bool = False, **where: Any) -> pd.DataFrame:
        """Rows of an evidence table on publication day or earlier, by `valid_on`; not remembered.

        Parameters
        ----------
        table : str
            Name of the evidence table.
        later : bool
            The rows that describe a later day instead.
        **where
            Columns with the value, or the values, that they must have.

        Raises
        ------
        DataError
            There is no such table, or it has no such column.
        """
        lookup, chosen = self._find(table, where, later=later)
        return lookup.rows(chosen)

    def _find(self, table: str, where: Mapping[str, Any], *, later: bool = False) -> tuple[Lookup, Mask]:
        """As `find`: the table, and which of its rows."""
        lookup = self._lookup(table, where)
        chosen = lookup.dated("known_on", operator.le, self.as_of)
        chosen = chosen & (lookup.dated("valid_on", operator.gt, self.day) == later)
        for column, value in where.items():
            chosen &= lookup.fitting(column, _listed(value))
        return lookup, chosen

    def rows(self, table: str, **where: Any) -> pd.DataFrame:
        """As `require`, remembered as what decides."""
        rows = self.require(table, **where)
        self.cite(table, rows)
        return rows

    def require(self, table: str, **where: Any) -> pd.DataFrame:
        """As `find`, where there must be one; not remembered: a check cites those that decide (`cite`).

        Raises
        ------
        NothingKnown
            No such row was known.
        DataError
            The table has no such row on any day.
        """
        rows = self.find(table, **where)
        if rows.empty:
            self.refuse_unknown_values(table, where)
            raise NothingKnown(" ".join(str(value) for value in where.values()))
        return rows

    def cite(self, table: str, rows: pd.DataFrame | Iterable[pd.Series]) -> None:
        """Remember some rows of a table as what decides."""
        self.used.extend((table, label) for label in _labels(rows))

    def mention(self, table: str, rows: pd.DataFrame | Iterable[pd.Series]) -> None:
        """Remember some rows of a table as mentioned with the verdict."""
        self.mentioned.extend((table, label) for label in _labels(rows))

    def last(self, table: str, column: str, **where: Any) -> pd.Series:
        """The latest row with a value in `column`; it alone is remembered."""
        self._lookup(table, [column])
        lookup, chosen = self._find(table, where)
        chosen &= ~lookup.fitting(column, [None])
        if not chosen.any():
            self.refuse_unknown_values(table, where)
            raise NothingKnown(" ".join(str(value) for value in where.values()) or f"{table}, {column}")
        row = lookup.last(chosen)
        self.cite(table, [row])
        return row

    def fact(self, name: str) -> pd.Series:
        """One dated fact that had happened by publication day.

        Raises
        ------
        NothingKnown
            It was not known yet.
        """
        return self.rows(FACTS, id=name).iloc[-1]

    def figure(self, pick: Pick, *, decides: bool = True) -> float:
        """One figure of the evidence that describes publication day or an earlier one; its rows decide, or
        are only mentioned.
        """
        read = self.without_memory()
        if isinstance(pick, str):
            value = read.fact(pick)["value"]
        elif pick.get("add"):
            value = read.rows(pick["table"], **pick["where"])[pick["column"]].sum()
        else:
            value = read.last(pick["table"], pick["column"], **pick.get("where", {}))[pick["column"]]
        (self.used if decides else self.mentioned).extend(read.used)
        return float(value)

    def facts_by_day(self, names: Iterable[str], *, decides: bool = True) -> list[pd.Series]:
        """Those of some dated facts that had happened by publication day; none is an answer too."""
        facts = []
        for name in names:
            self.refuse_unknown_values(FACTS, {"id": name})
            lookup, chosen = self._find(FACTS, {"id": name})
            if chosen.any():
                facts.append(lookup.last(chosen))
                (self.cite if decides else self.mention)(FACTS, facts[-1:])
        return facts

    def facts_after_day(self, names: Iterable[str]) -> list[pd.Series]:
        """Dated facts that came after publication day and were known by `as_of`: only mentioned."""
        names = list(names)
        self.refuse_unknown_values(FACTS, {"id": names})
        matches = [self._find(FACTS, {"id": name}, later=True) for name in names]
        later = [lookup.last(chosen) for lookup, chosen in matches if chosen.any()]
        self.mention(FACTS, later)
        return later

    @cached_property
    def _lookups(self) -> Mapping[str, Lookup]:
        """Finds the rows of each evidence table."""
        evidence = self.evidence
        return LazyTables(evidence, lambda name: evidence[name], Lookup)

    def _lookup(self, table: str, columns: Iterable[str]) -> Lookup:
        """Finds the rows of an evidence table, which must have some columns."""
        if table not in self.evidence:
            raise DataError(
                Problem(f"{table}.csv", "is no table of the evidence", nearest(table, self.evidence))
            )
        lookup = self._lookups[table]
        existing = lookup.table.columns
        for column in [column for column in columns if column not in existing]:
            raise DataError(Problem(f"{table}.csv", f"has no column {column!r}", nearest(column, existing)))
        return lookup

    def refuse_unknown_values(self, table: str, where: Mapping[str, Any]) -> None:
        """Refuse values of columns that no row of a table has on any day.

        Raises
        ------
        DataError
            One of them is in no row.
        """
        for column, value in where.items():
            existing = self._lookups[table].places(column)
            for each in _listed(value):
                if each not in existing:
                    rule = f"has no row with {column} {each!r}"
                    raise DataError(Problem(f"{table}.csv", rule, nearest(str(each), map(str, existing))))

    # What was read

    @property
    def dated_facts(self) -> list[pd.Series]:
        """The dated facts used, each once in the order of reading: deciding ones, then mentioned ones."""
        table = self.evidence.get(FACTS)
        if table is None:
            return []
        labels = [label for name, label in dict.fromkeys([*self.used, *self.mentioned]) if name == FACTS]
        return [row for _, row in table.loc[labels].iterrows()]

    @property
    def strength(self) -> str | None:
        """The weakest quality among the rows that decide; None where none does."""
        qualities = {quality for _, _, quality in self._sources(self.used)}
        return max(qualities, key=QUALITIES.index) if qualities else None

    @property
    def references(self) -> list[dict[str, str]]:
        """The sources of the rows that decide, each once: ``title``, ``url``, ``quality``."""
        return self._source_list(self.used)

    @property
    def mentions(self) -> list[dict[str, str]]:
        """The sources of the rows that are mentioned and decide nothing, as `references`."""
        deciding = {source["url"] for source in self.references}
        return [source for source in self._source_list(self.mentioned) if source["url"] not in deciding]

    def _source_list(self, labels: Sequence[tuple[str, int]]) -> list[dict[str, str]]:
        first: dict[str, Source] = {}
        for source in self._sources(labels):
            first.setdefault(source[1], source)
        return [dict(zip(("title", "url", "quality"), source, strict=True)) for source in first.values()]

    def _sources(self, read: Sequence[tuple[str, int]]) -> list[Source]:
        """The sources of some rows, table by table."""
        labels: dict[str, list[int]] = {}
        for table, label in read:
            labels.setdefault(table, []).append(label)
        return [
            sources[label]
            for table, rows in labels.items()
            for sources in [self._lookups[table].sources]
            for label in rows
        ]


def gather(assumptions: Assumptions, project: Project | None = None) -> Facts:
    """Everything that the checks may look at; no table is read before it is asked for.

    Parameters
    ----------
    assumptions : Assumptions
        What the caller runs under. Its readings of the article, seed and draws count; every assumption of the
        model is that of the register, since a scenario does not change the fact-check.
    project : Project, optional
        Whose article and evidence.

    Raises
    ------
    DataError
        There are no dated facts. A table that cannot be used is refused when it is asked for.
    """
    project = project or Project.default()
    register = assumptions.register
    caller_values = {
        name: value
        for name, value in assumptions.items()
        if name in SIMULATION or (name in register and register[name].reading)
    }
    base = Assumptions({name: entry.value for name, entry in register.items()} | caller_values, register)
    evidence = evidence_tables.load_lazily(project)
    if FACTS not in evidence:  # without dated facts nothing is judged: what is missing is named
        evidence_tables.load(FACTS, project=project)
    return Facts(
        article_tables.load_lazily(project, approximation=base.approximation_share),
        base,
        evidence,
        pd.Timestamp(thesis.load(project).article.published_on),
        pd.Timestamp(base.as_of),
        project=project,
    )


def _labels(rows: pd.DataFrame | Iterable[pd.Series]) -> list[int]:
    """The labels of some rows of a table."""
    return [
        int(str(label))
        for label in (rows.index if isinstance(rows, pd.DataFrame) else (r.name for r in rows))
    ]


def _listed(value: Any) -> Sequence[Any]:
    """The values that a column may have: several, or the one."""
    return value if isinstance(value, list | tuple) else [value]


def _figures_of(cells: pd.DataFrame) -> dict[tuple[str, str], tuple[float, float, float]]:
    """The figures of parsed cells with their bounds, by row and column; the first of two alike."""
    columns = (cells[name].tolist() for name in ("row", "column", "value", "low", "high"))
    figures: dict[tuple[str, str], tuple[float, float, float]] = {}
    for row, column, *figure in zip(*columns, strict=True):
        figures.setdefault((row, column), (figure[0], figure[1], figure[2]))
    return figures


def interval_of(function: Callable[..., float], *inputs: Interval) -> Interval:
    """A function of uncertain inputs: its value at the printed figures, its extremes at their bounds.

    Right for functions that are monotone in each input, as sums, ratios and growth rates of positive figures
    are.
    """
    values = [function(*corner) for corner in itertools.product(*((i.low, i.high) for i in inputs))]
    return Interval(function(*(i.value for i in inputs)), min(values), max(values))


def ratio(top: Interval, bottom: Interval) -> Interval:
    """A quotient of two positive figures; one that is open leaves the quotient open."""
    low = 0.0 if math.isinf(bottom.high) else top.low / bottom.high
    high = math.inf if math.isinf(top.high) else top.high / bottom.low
    return Interval(top.value / bottom.value, low, high, open=top.open or bottom.open)


def total(cells: pd.DataFrame) -> Interval:
    """The sum of some figures, with the sums of their bounds."""
    value, low, high = cells[["value", "low", "high"]].sum()
    return Interval(value, low, high, open=math.isinf(low) or math.isinf(high))


def exact(value: float) -> Interval:
    """A figure of the evidence, taken as it is printed."""
    return Interval(value, value, value)


def too_early_note(name: str, rows: pd.DataFrame) -> str:
    """A sentence on a record that ends too long before publication day."""
    return (
        f"On {name} the record ends on {format_date(rows['valid_on'].max())}, too early to speak of"
        " publication day."
    )


def describe_value(row: pd.Series, facts: Facts) -> str:
    """The figure of a dated fact, in its unit; one that `analysis.units` does not know is written out."""
    names, unit = thesis.load(facts.project), str(row["unit"])
    if unit in names.fact_units:
        return format_figure(row["value"], names.fact_units[unit])
    return f"{row['value']:,.10g} {names.unit_words.get(unit, unit)}"


def describe_day(row: pd.Series) -> str:
    """The day of a dated fact as far as it is known: 7 August 2025, or May 2026."""
    day = row["valid_on"]
    return format_date(day) if row["date_precision"] == "day" else f"{day:%B %Y}"


def fill_placeholders(template: str, values: Mapping[str, str]) -> str | None:
    """A sentence with its ``{names}`` filled in; None where one of them is not known."""
    if any(name not in values for name in names_in(template)):
        return None
    return NAME.sub(lambda match: values[match[1]], template)


NAME = re.compile(r"\{([^{}]+)\}")
"""A name in a sentence, to be filled in."""


def names_in(template: str) -> list[str]:
    """The ``{names}`` of a sentence, in its order."""
    return NAME.findall(template)


def refuse_braces(template: str) -> None:
    """Refuse a sentence with a brace that encloses no name, which a reader would see.

    Raises
    ------
    DataError
        It has such a brace.
    """
    if brace := re.search(r"[{}]", NAME.sub("", template)):
        rule = f"{template!r} has {brace[0]!r} without a name in a pair of braces"
        raise DataError(Problem("the sentence", rule, "Write {name}, or remove the brace"))


SUFFIXES = (".value", ".months", ".due")
"""What `placeholder_values` says of a fact besides its day: ``{id.value}`` and so on."""


def fact_ids_in(template: str) -> list[str]:
    """The dated facts whose days and figures a sentence asks for, each once."""
    names = names_in(template)
    ends = [next((end for end in SUFFIXES if name.endswith(end)), "") for name in names]
    return list(dict.fromkeys(name.removesuffix(end) for name, end in zip(names, ends, strict=True)))


def placeholder_values(rows: Iterable[pd.Series], facts: Facts) -> dict[str, str]:
    """What a sentence may say of some dated facts, by name: the day of each (``{id}``), its figure
    (``{id.value}``), due day (``{id.due}``), and months before the article or after it (``{id.months}``).
    """
    values = {}
    for row in rows:
        name, months = row["id"], round(abs((facts.day - row["valid_on"]).days) / DAYS_PER_MONTH)
        values[name] = describe_day(row)
        values[f"{name}.months"] = labels.number_word(months, "month", "months")
        if pd.notna(row["value"]):
            values[f"{name}.value"] = describe_value(row, facts)
        if pd.notna(row["due_on"]):
            values[f"{name}.due"] = format_date(row["due_on"])
    return values
