"""What does a site say beyond its single pages? Results over scenarios, claims with places, assumptions.

Decisions
- The first scenario leads: its claims, verdicts and data are the site's, and differences are taken to it.
- A difference is taken between the values and printed as the metric itself is; one that rounds to nothing is
  called the same, so that no reader explains noise.
- The longest ledger gives the claims their order and their content; the exhibits of a claim are those
  that name it.
- Claims that are wrong for one and the same reason are one error; what the argument needs most comes first.
- What a run really used counts: a value that no scenario file explains is listed, with the run that had
  it.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from itertools import chain, groupby
from pathlib import Path
from typing import Any, Literal

from markupsafe import Markup

from analysis import exhibits, scenarios, thesis
from analysis.characters import legible
from analysis.errors import Problem, PublishError
from analysis.exhibits import (
    VERDICTS,
    Board,
    Evidence,
    Figure,
    Forecast,
    Forecasts,
    Indicator,
    JudgedClaim,
    Ledger,
    MethodProbability,
    Metric,
    NotFound,
    Skill,
    SkillRow,
    Statement,
    Table,
    Tabular,
    Verdict,
    Weight,
    number,
)
from analysis.project import Project
from analysis.scenarios import Entry, Value, display_path
from analysis.site import front, pages, reader, retired, sanitize
from analysis.site.guide import Guide
from analysis.site.guide import read as read_guide
from analysis.site.pages import Page
from analysis.site.reader import PlacedExhibit
from analysis.site.results import Manifest, Runs
from analysis.site.retired import Kind, RetiredId, by_replacement
from analysis.units import UNITS, format_date, format_figure

PRINTED_NUMBER = re.compile(r"[-\u2212]?(?P<before>[^\d.<>]*)(?P<number>\d[\d,]*+(?:\.\d+)?+)(?P<after>\D*)")
"""A printed number between the text before and after it: `$64.6B`, `13%`, `1.4x`; `<1%` is a bound and none.
"""


@dataclass(frozen=True)
class ComparedMetric:
    """A metric under one scenario, and how it differs from the leading one."""

    scenario: str
    metric: Metric | None
    difference: str = ""
    verdict: Literal["better", "worse", "same", ""] = ""


@dataclass(frozen=True)
class NumberLine:
    """A line from `low` to `high` on which numbers are drawn; logarithmic where it says so."""

    low: float
    high: float
    log: bool = False

    def at(self, value: float, length: float = 100) -> float:
        """Where a value lies on the line, from 0 to `length`; what lies beyond an end is drawn at it."""
        inside = min(max(value, self.low), self.high)
        low, high, inside = (math.log(v) if self.log else v for v in (self.low, self.high, inside))
        return round((inside - low) / (high - low) * length, 1)


def day(value: object) -> str:
    """A day as a reader writes it, from a date or from one as data have it; anything else as it is."""
    if isinstance(value, str):
        with suppress(ValueError):
            value = dt.date.fromisoformat(value)
    return format_date(value) if isinstance(value, dt.date) else str(value)


def figure(value: float, unit: str | None) -> str:
    """A figure of the fact-check with its unit, as a sentence has it: $64.6bn, 43%, 3×."""
    if unit == "share":
        return number(value, ".0%")
    if unit == "usd_per_mtok":
        return format_figure(value, unit, 2)
    if unit in UNITS:
        return format_figure(value, unit)
    return f"{number(value)} {unit or ''}".strip()


WORST_FIRST: tuple[Verdict, ...] = ("fails", "partly", "holds", "void", "open", "uncheckable")
"""The verdicts as a front page has them: what is wrong first, and what nothing decides last."""
LONG_LIST = 12
"""A list of more sources than this is given once on a page."""
RATIO = NumberLine(0.2, 5.0, log=True)
"""Where a ratio is drawn: one in the middle, a fifth and five times at the ends."""


@dataclass(frozen=True)
class Comparison:
    """One metric over all scenarios."""

    placed: PlacedExhibit
    metric: Metric
    by_scenario: tuple[ComparedMetric, ...]

    @cached_property
    def axis(self) -> NumberLine | None:
        """One line for all scenarios, intervals included; None where there is nothing to tell apart.

        Shares of a whole stand between nothing and all; multiples on a log line, as does whatever has one
        central value ten times all others, since a linear line would press those against its end.
        """
        metrics = [compared.metric for compared in self.by_scenario if compared.metric]
        centres = [metric.value for metric in metrics if metric.value is not None]
        numbers = [v for metric in metrics for v in (metric.low, metric.value, metric.high) if v is not None]
        if not centres or min(numbers) == max(numbers):
            return None
        if self.metric.short.endswith("%"):
            whole = 100 / _scale(*metrics)
            if min(numbers) >= 0 and max(numbers) <= whole:
                return NumberLine(0.0, whole)
        if self.metric.short.endswith(("x", "×")) and min(numbers) > 0:
            return NumberLine(min(numbers), max(numbers), log=True)
        if len(centres) > 1 and min(centres) > 0 and max(centres) > 10 * sorted(centres)[-2]:
            return NumberLine(min(centres) / 2, max(numbers), log=True)
        return NumberLine(min(numbers), max(numbers))

    def label(self, value: float) -> str:
        """A number of the line as the metric itself is printed."""
        printed = PRINTED_NUMBER.fullmatch(self.metric.short)
        if printed is None:
            return number(value, self.metric.format)
        scaled = value * _scale(*(compared.metric for compared in self.by_scenario if compared.metric))
        decimals = len(printed["number"].partition(".")[2]) if scaled < 10 else 0
        if 0 < scaled < 10**-decimals:
            return f"{printed['before']}{number(scaled, '.1g')}{printed['after']}"
        return f"{printed['before']}{scaled:,.{decimals}f}{printed['after']}"

    @property
    def varies(self) -> bool:
        """Whether it differs by scenario; what depends on none of their assumptions is the same under all."""
        texts = [compared.metric.short if compared.metric else None for compared in self.by_scenario]
        return any(text != self.metric.short for text in texts)


@dataclass(frozen=True)
class ClaimView:
    """A claim of the ledger and the exhibits that show it."""

    claim: JudgedClaim
    exhibits: tuple[PlacedExhibit, ...]

    @property
    def by_notebook(self) -> dict[str, list[PlacedExhibit]]:
        """The exhibits that show it, by notebook."""
        by_notebook = groupby(self.exhibits, key=lambda placed: placed.notebook)
        return {slug: list(exhibits) for slug, exhibits in by_notebook}

    @property
    def stated(self) -> tuple[float, float] | None:
        """The stated figure as low and high, where it is a number."""
        return _low_and_high(self.claim.stated, self.claim.stated_low, self.claim.stated_high)

    @property
    def computed(self) -> tuple[float, float, float] | None:
        """The recomputed figure as low, centre and high, where it is a number."""
        ends = _low_and_high(self.claim.computed, self.claim.computed_low, self.claim.computed_high)
        centre = self.claim.computed
        return (
            (ends[0], centre if isinstance(centre, int | float) else sum(ends) / 2, ends[1]) if ends else None
        )

    @property
    def axis(self) -> NumberLine | None:
        """From zero to the largest number, where both figures are numbers that a bar can show."""
        if self.stated is None or self.computed is None:
            return None
        numbers = [*self.stated, *self.computed]
        return NumberLine(0.0, max(numbers)) if min(numbers) >= 0 and max(numbers) > 0 else None


@dataclass(frozen=True)
class DistinctError:
    """One error: the claims that are wrong for one and the same reason, the heaviest first."""

    claims: tuple[ClaimView, ...]

    @property
    def first(self) -> ClaimView:
        """The heaviest of its claims."""
        return self.claims[0]

    @property
    def weight(self) -> Weight | None:
        """How much the article's argument needs the heaviest of its claims."""
        return self.first.claim.weight


def _low_and_high(value: object, low: float | None, high: float | None) -> tuple[float, float] | None:
    number = value if isinstance(value, int | float) else None
    low, high = (number if low is None else low), (number if high is None else high)
    low, high = (high if low is None else low), (low if high is None else high)
    return None if low is None or high is None else (low, high)


@dataclass(frozen=True)
class Change:
    """What a scenario sets instead of the register's value, and why."""

    name: str
    entry: Entry
    value: Value
    because: str


@dataclass(frozen=True)
class ScenarioView:
    """A scenario with its pages, and what it changes."""

    name: str
    description: str
    changes: tuple[Change, ...]
    pages: tuple[Page, ...]

    @cached_property
    def exhibits(self) -> list[PlacedExhibit]:
        """Everything that its notebooks show; an exhibit that two notebooks show is listed once, with the
        first page that shows it, too.
        """
        by_id: dict[str, PlacedExhibit] = {}
        for placed in chain.from_iterable(page.exhibits for page in self.pages):
            first = by_id.setdefault(placed.exhibit.id, placed)
            if placed.is_shown and not first.is_shown:
                by_id[placed.exhibit.id] = placed
        return list(by_id.values())

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The values of its parameters, by name."""
        return dict(chain.from_iterable(page.parameters.items() for page in self.pages))


@dataclass(frozen=True)
class Assumption:
    """A register entry and what the scenarios make of it."""

    name: str
    entry: Entry
    changes: tuple[tuple[str, Change], ...]
    used_by: tuple[str, ...]
    """The notebooks that were given it."""


@dataclass(frozen=True)
class Input:
    """Something that a number follows from, with its value; without an assumption it is only a name."""

    name: str
    value: Any
    assumption: Assumption | None

    @property
    def differs(self) -> bool:
        """Whether it is an assumption that does not have the value of the register."""
        return self.assumption is not None and self.value != self.assumption.entry.value


@dataclass(frozen=True)
class UnexplainedValue:
    """A value that a run had and that no scenario file explains."""

    scenario: str
    name: str
    value: Any
    expected: Any


@dataclass(frozen=True)
class Gathered:
    """Up to which day evidence counts, when it was gathered, and what was looked for then and not found."""

    as_of: dt.date
    gathered_on: dt.date
    not_found: tuple[NotFound, ...]


@dataclass(frozen=True)
class Site:
    """Everything that the templates draw from."""

    scenarios: tuple[ScenarioView, ...]
    assumptions: tuple[Assumption, ...]
    manifest: Manifest
    unexplained_values: tuple[UnexplainedValue, ...]
    changelog: Markup = pages.NOTHING
    guide: Guide | None = None
    retired: tuple[RetiredId, ...] = ()
    shared: frozenset[str] = frozenset()
    """The sections that are the same under every scenario."""
    awaited: tuple[str, ...] = ()
    """The scenarios that are still being computed."""
    drawn_elsewhere: Mapping[str, str] = field(default_factory=dict)
    """The page that draws an exhibit besides that of its section, by the exhibit's id."""

    @property
    def main(self) -> ScenarioView:
        """The scenario that leads."""
        return self.scenarios[0]

    @cached_property
    def _assumptions(self) -> dict[str, Assumption]:
        return {item.name: item for item in self.assumptions}

    def inputs_of(self, exhibit: Metric) -> tuple[Input, ...]:
        """What a number follows from: assumptions in the order of the register, after what is none.

        Numbers that follow from the same have one tuple, so that it is drawn once.
        """
        return self._inputs_of(json.dumps(dict(exhibit.inputs)))

    @cached_property
    def _inputs_of(self) -> Callable[[str], tuple[Input, ...]]:
        order = {name: place for place, name in enumerate(self._assumptions)}

        @cache
        def read(inputs: str) -> tuple[Input, ...]:
            pairs = json.loads(inputs).items()
            items = [Input(name, value, self._assumptions.get(name)) for name, value in pairs]
            return tuple(sorted(items, key=lambda item: order.get(item.name, -1)))

        return read

    @cached_property
    def assumption_names(self) -> frozenset[str]:
        """The names of the register."""
        return frozenset(item.name for item in self.assumptions)

    @cached_property
    def titles(self) -> dict[str, str]:
        """The title of each notebook, in their order."""
        return {page.slug: page.title for page in self.main.pages}

    @property
    def missing(self) -> list[Page]:
        """The pages that have no result to show."""
        return [page for scenario in self.scenarios for page in scenario.pages if page.missing]

    def page(self, scenario: str, slug: str) -> Page:
        """One page."""
        return next(
            page
            for view in self.scenarios
            if view.name == scenario
            for page in view.pages
            if page.slug == slug
        )

    def find(self, id: str) -> PlacedExhibit | None:
        """An exhibit of the leading scenario; None where it is not shown."""
        return self.exhibit(self.main.name, id)

    def find_all(self, ids: Iterable[str]) -> list[PlacedExhibit]:
        """The exhibits of the leading scenario that are shown, of some, in their order."""
        return [placed for name in ids if (placed := self.find(name))]

    @cached_property
    def _by_scenario(self) -> dict[str, dict[str, PlacedExhibit]]:
        return {s.name: {placed.exhibit.id: placed for placed in s.exhibits} for s in self.scenarios}

    def exhibit(self, scenario: str, id: str) -> PlacedExhibit | None:
        """An exhibit under one scenario; None where it is not shown."""
        return self._by_scenario[scenario].get(id)

    def compared_with_main(self, placed: PlacedExhibit) -> ComparedMetric | None:
        """A metric compared with that of the leading scenario; None for the leading one itself, and for what
        it does not have.
        """
        base = self.find(placed.exhibit.id)
        if base is None or placed.scenario == self.main.name:
            return None
        # For the type checker.
        assert isinstance(base.exhibit, Metric) and isinstance(placed.exhibit, Metric)  # noqa: S101
        return compare_metric(placed.scenario, base.exhibit, placed.exhibit)

    def same_sources(self, placed: PlacedExhibit) -> PlacedExhibit | None:
        """What has the same long list of sources earlier on its notebook's page; None where nothing does."""
        sources = placed.exhibit.sources
        if len(sources) <= LONG_LIST:
            return None
        first = next(
            (
                other
                for other in self.page(placed.scenario, placed.notebook).of(Table, Figure, Skill)
                if other.is_shown and other.exhibit.sources == sources and other.exhibit.role != "check"
            ),
            None,
        )
        return None if first is None or first.exhibit.id == placed.exhibit.id else first

    def address(self, placed: PlacedExhibit) -> str:
        """Where an exhibit stands, from the root of the site: on the page of its section, else on another
        that draws it, else in the executed notebook.
        """
        if placed.is_shown:
            return f"{placed.page}#{placed.exhibit.id}"
        is_lead = self.main.name in (placed.scenario, placed.same_as)
        page = self.drawn_elsewhere.get(placed.exhibit.id) if is_lead else None
        return f"{page}.html#{placed.exhibit.id}" if page else placed.download

    def over_scenarios(self, id: str) -> list[PlacedExhibit]:
        """An exhibit under each scenario that shows it, the leading one first."""
        return [exhibits[id] for exhibits in self._by_scenario.values() if id in exhibits]

    def data_folder(self, placed: PlacedExhibit) -> str:
        """Where the files of an exhibit lie: the leading scenario's in `data`, others' in their own folders.

        What is the same under every scenario has one set of files. Evidence depends on the day alone: where
        another scenario looks on the same day, its files are the leading one's.
        """
        if placed.same_as:
            return "data"
        lead = self.find(placed.exhibit.id)
        same = (
            lead is not None
            and isinstance(lead.exhibit, Evidence)
            and _comparable_content(lead) == _comparable_content(placed)
        )
        return "data" if same or placed.scenario == self.main.name else f"data/{placed.scenario}"

    @cached_property
    def verdicts(self) -> list[PlacedExhibit]:
        """The statements that open the site."""
        return [
            s for s in self.main.exhibits if isinstance(s.exhibit, Statement) and s.exhibit.role == "verdict"
        ]

    @cached_property
    def headlines(self) -> list[Comparison]:
        """Headline metrics over all scenarios."""
        return [
            compare_scenarios(placed, self.scenarios)
            for placed in self.main.exhibits
            if isinstance(placed.exhibit, Metric) and placed.exhibit.role == "headline"
        ]

    @cached_property
    def claims(self) -> list[ClaimView]:
        """The ledger: every claim once, with the exhibits that show it."""
        ledgers = [placed.exhibit for placed in self.main.exhibits if isinstance(placed.exhibit, Ledger)]
        longest_first = sorted(ledgers, key=lambda ledger: -len(ledger.rows))
        claims = {claim.id: claim for ledger in reversed(longest_first) for claim in ledger.entries}
        order = {str(row["id"]): None for ledger in longest_first for row in ledger.rows}
        exhibits_of: dict[str, list[PlacedExhibit]] = {}
        for placed in self.main.exhibits:
            for name in () if isinstance(placed.exhibit, Ledger) else placed.exhibit.claims:
                exhibits_of.setdefault(name, []).append(placed)
        return [ClaimView(claims[name], tuple(exhibits_of.get(name, ()))) for name in order]

    @cached_property
    def _claim_places(self) -> dict[str, int]:
        return {view.claim.id: place for place, view in enumerate(self.claims)}

    def claims_named(self, ids: Iterable[str]) -> list[ClaimView]:
        """Those of some claims that the ledger holds, in its order."""
        places = (self._claim_places.get(name) for name in ids)
        return [self.claims[place] for place in sorted({place for place in places if place is not None})]

    @cached_property
    def claim_ids(self) -> frozenset[str]:
        """The ids of the claims that the ledger holds."""
        return frozenset(view.claim.id for view in self.claims)

    @cached_property
    def evidence(self) -> list[PlacedExhibit]:
        """The tables of evidence that the notebooks of the leading scenario show."""
        return [placed for placed in self.main.exhibits if isinstance(placed.exhibit, Evidence)]

    @cached_property
    def gathered(self) -> Gathered | None:
        """What the tables of evidence say of their gathering, by due date; None where none is shown."""
        tables = [placed.exhibit for placed in self.evidence if isinstance(placed.exhibit, Evidence)]
        if not tables:
            return None
        missing = {entry.id: entry for table in tables for entry in table.not_found}
        expected = sorted(missing.values(), key=lambda entry: entry.due or dt.date.max)
        return Gathered(tables[0].as_of, max(table.gathered_on for table in tables), tuple(expected))

    def as_of(self, page: Page | None) -> dt.date | None:
        """The cut-off date of a page: that of its run, else that of the evidence; None without either."""
        as_of = page.parameters.get("as_of") if page else None
        if isinstance(as_of, str):
            return dt.date.fromisoformat(as_of)
        return self.gathered.as_of if self.gathered else None

    def ends_early(self, placed: PlacedExhibit, part: MethodProbability | None = None) -> bool:
        """Whether an exhibit, or a method in it, rests on a series that ends well before its cut-off date."""
        return exhibits.is_early(
            (part or placed.exhibit).data_to, self.as_of(self.page(placed.scenario, placed.notebook))
        )

    def rows_page(self, placed: PlacedExhibit) -> str:
        """The page with every row of a table of evidence."""
        return f"evidence/{placed.exhibit.id.removeprefix('evidence.')}.html"

    @cached_property
    def predictions(self) -> list[PlacedExhibit]:
        """The predictions of the leading scenario, in parts."""
        return [placed for placed in self.main.exhibits if isinstance(placed.exhibit, Forecasts)]

    @cached_property
    def forecasts(self) -> list[Forecast]:
        """Every part of the predictions."""
        return [
            part
            for placed in self.predictions
            if isinstance(placed.exhibit, Forecasts)
            for part in placed.exhibit.entries
        ]

    @cached_property
    def boards(self) -> list[PlacedExhibit]:
        """The status boards of the leading scenario, the longest first."""
        boards = [
            (len(placed.exhibit.rows), placed)
            for placed in self.main.exhibits
            if isinstance(placed.exhibit, Board)
        ]
        return [placed for _, placed in sorted(boards, key=lambda board: -board[0])]

    @cached_property
    def triggered(self) -> list[Indicator]:
        """The indicators of the whole board that are triggered."""
        return [row for row in self._indicators if row.status == "signals"]

    @cached_property
    def news(self) -> list[front.NewsItem]:
        """What became known after publication, the newest first."""
        return front.news(view.claim for view in self.claims)

    def indicators_moving(self, moved: str) -> list[Indicator]:
        """The indicators of the whole board that move something by its id or name."""
        return [row for row in self._indicators if moved in row.moved]

    @cached_property
    def indicator_ids(self) -> frozenset[str]:
        """The ids of the indicators of the whole board."""
        return frozenset(row.id for row in self._indicators)

    @cached_property
    def _indicators(self) -> tuple[Indicator, ...]:
        longest = self.boards[0].exhibit if self.boards else None
        return longest.entries if isinstance(longest, Board) else ()

    @cached_property
    def checks(self) -> list[PlacedExhibit]:
        """What the leading scenario shows to prove that its methods are right."""
        return [placed for placed in self.main.exhibits if placed.exhibit.role == "check"]

    def exhibits_of(self, *kinds: str) -> list[PlacedExhibit]:
        """The exhibits of some kinds that the leading scenario shows."""
        return [placed for placed in self.main.exhibits if placed.exhibit.kind in kinds]

    def assumptions_of(self, slug: str) -> list[Assumption]:
        """The assumptions that a notebook uses."""
        return [item for item in self.assumptions if slug in item.used_by]

    @cached_property
    def skills(self) -> list[tuple[SkillRow, PlacedExhibit]]:
        """Every backtest of the leading scenario with its table, the smallest error first.

        What could not be backtested comes last, the naive forecasts themselves are left out.
        """
        backtests = [
            (row, placed)
            for placed in self.main.exhibits
            if isinstance(placed.exhibit, Skill)
            for row in placed.exhibit.entries
            if row.verdict != "naive"
        ]
        return sorted(backtests, key=lambda backtest: _backtest_error(backtest[0]))

    def first_differing(self) -> Page | None:
        """The first section of the leading scenario that another has otherwise; None where none does."""
        return next((page for page in self.main.pages if page.slug not in self.shared), None)

    def pages_showing(self, id: str) -> list[Page]:
        """The pages of the leading scenario that show an exhibit."""
        return [
            page
            for page in self.main.pages
            if any(placed.exhibit.id == id and placed.is_shown for placed in page.exhibits)
        ]

    def verdict_counts(self, section: str | None = None) -> dict[Verdict, int]:
        """How many claims have each verdict, over all sections or in one."""
        verdicts = [view.claim.verdict for view in self.claims if section in (None, view.claim.section)]
        return {verdict: verdicts.count(verdict) for verdict in VERDICTS}

    @cached_property
    def claims_by_weight(self) -> list[ClaimView]:
        """The claims, those that the argument needs most first."""
        return sorted(self.claims, key=lambda view: view.claim.weight_rank)

    @cached_property
    def errors(self) -> list[DistinctError]:
        """The distinct errors, the heaviest first."""
        claims_of: dict[str, list[ClaimView]] = {}
        for view in self.claims_by_weight:
            if view.claim.error_id:
                claims_of.setdefault(view.claim.error_id, []).append(view)
        return [DistinctError(tuple(claims)) for claims in claims_of.values()]

    @cached_property
    def central_entries(self) -> list[list[ClaimView]]:
        """The claims that the argument needs most, in the order of verdicts that front pages have: wrong,
        partly right, right, then the undecided; those with one error are one entry.
        """
        entries: dict[str, list[ClaimView]] = {}
        for view in self.claims_by_weight:
            entries.setdefault(view.claim.error_id or view.claim.id, []).append(view)
        central = [entry for entry in entries.values() if entry[0].claim.weight == "central"]
        return sorted(central, key=lambda entry: WORST_FIRST.index(entry[0].claim.verdict))

    def entries(self, section: str) -> dict[Weight | None, list[list[ClaimView]]]:
        """The claims of a section by weight; those with one error are one entry, by the heaviest."""
        entries: dict[str, list[ClaimView]] = {}
        for view in self.claims_by_weight:
            if view.claim.section == section:
                entries.setdefault(view.claim.error_id or view.claim.id, []).append(view)
        by_weight: dict[Weight | None, list[list[ClaimView]]] = {}
        for entry in entries.values():
            by_weight.setdefault(entry[0].claim.weight, []).append(entry)
        return by_weight

    def retired_in(self, page: Page) -> dict[str, list[str]]:
        """The retired ids of a section by the exhibit on its page that replaced them (`by_replacement`)."""
        on_page = {placed.exhibit.id for placed in page.exhibits if placed.is_shown}
        return by_replacement((entry for entry in self.retired if entry.section == page.slug), on_page)

    @cached_property
    def retired_rows(self) -> dict[Kind, dict[str, list[str]]]:
        """The retired ids of claims and whatever else has a page that lists it, by kind and by the row that
        replaced them (`by_replacement`).
        """
        rows: dict[Kind, Iterable[str]] = {
            "claim": self.claim_ids,
            "prediction": {part.id for part in self.forecasts},
            "indicator": self.indicator_ids,
            "evidence": {placed.exhibit.id for placed in self.evidence},
        }
        return {
            kind: by_replacement((entry for entry in self.retired if entry.kind == kind), set(ids))
            for kind, ids in rows.items()
        }

    @cached_property
    def sections(self) -> list[str]:
        """The sections of the ledger, in its order."""
        return list(dict.fromkeys(view.claim.section for view in self.claims))


def _backtest_error(row: SkillRow) -> float:
    """The error of a backtest; infinite where there is none, so that it comes last."""
    return math.inf if row.relative_mae is None else row.relative_mae


def compare_scenarios(placed: PlacedExhibit, views: Sequence[ScenarioView]) -> Comparison:
    """A metric of the leading scenario, the first one, with the same metric of the others."""
    # The caller chose it; this is for the type checker.
    assert isinstance(placed.exhibit, Metric)  # noqa: S101
    metric = placed.exhibit
    by_scenario = [ComparedMetric(views[0].name, metric)]
    for scenario in views[1:]:
        others = {item.exhibit.id: item.exhibit for item in scenario.exhibits}
        other = others.get(metric.id)
        same_kind = other if isinstance(other, Metric) else None
        by_scenario.append(compare_metric(scenario.name, metric, same_kind))
    return Comparison(placed, metric, tuple(by_scenario))


def compare_metric(scenario: str, base: Metric, other: Metric | None) -> ComparedMetric:
    """A metric compared with that of the base: how far it is from it, and whether that is good news."""
    if other is None or other.value is None or base.value is None:
        return ComparedMetric(scenario, other)
    text = difference(base, other)
    if not text:
        return ComparedMetric(scenario, other, "", "same")
    if base.better is None:
        return ComparedMetric(scenario, other, text)
    gain = (other.value > base.value) == (base.better == "higher")
    return ComparedMetric(scenario, other, text, "better" if gain else "worse")


def difference(base: Metric, other: Metric) -> str:
    """How much higher or lower `other` is, written as `base` is; empty where it rounds to nothing.

    The printed number says in what scale and with how many decimals (a share of 0.13 printed as 13%); between
    percentages it is in points.
    """
    if base.value is None or other.value is None:
        return ""
    change = other.value - base.value
    sign = "+" if change > 0 else "\N{MINUS SIGN}"
    printed = PRINTED_NUMBER.fullmatch(base.short)
    if printed is None:
        text = number(abs(change), base.format)
        return sign + text if re.search("[1-9]", text) else ""
    before, digits, after = printed["before"], printed["number"], printed["after"]
    decimals = len(digits.partition(".")[2])
    text = f"{abs(change) * _scale(base, other):,.{decimals}f}"
    after = (" point" if text == "1" else " points") if after == "%" else after
    return f"{sign}{before}{text}{after}" if re.search("[1-9]", text) else ""


def _scale(*metrics: Metric) -> float:
    """How many times the value the printed number is, a power of ten."""
    for metric in metrics:
        match = PRINTED_NUMBER.fullmatch(metric.short)
        printed = float(match["number"].replace(",", "")) if match else 0.0
        if printed and metric.value:
            return float(10 ** round(math.log10(printed / abs(metric.value))))
    return 1.0


def ids_in_use(scenario: ScenarioView) -> dict[str, str]:
    """The ids of exhibits and of their claims, parts of predictions and indicators, each with its page."""
    ids: dict[str, str] = {}
    for placed in scenario.exhibits:
        ids.setdefault(placed.exhibit.id, placed.page)
        if isinstance(placed.exhibit, Ledger | Forecasts | Board):
            ids |= {str(row["id"]): placed.page for row in placed.exhibit.rows if row["id"] not in ids}
    return ids


def build_context(runs: Runs, project: Project, page_names: Iterable[str]) -> Site:
    """Everything that a site of these runs says.

    Parameters
    ----------
    runs : Runs
        What can be shown (see `results.load`).
    project : Project
        Whose register, scenarios, retired ids, changelog and guide.
    page_names : iterable of str
        The pages that notebooks may link to by name.

    Raises
    ------
    PublishError
        A notebook that cannot be shown, one id for two different exhibits of a scenario, or a retired id
        that is in use.
    ParameterError
        A register or scenario that cannot be read.
    """
    register = scenarios.load_register(project)
    old_ids = retired.read(project)
    shared = {slug: f"{runs.scenarios[0]}/{reader.page_file(slug)}" for slug in runs.shared}
    link = pages.links(runs.notebooks, page_names, shared)
    read_page = cache(partial(_page, runs=runs, link=link, old_ids=old_ids))
    views = tuple(_scenario(name, runs, project, register, read_page) for name in runs.scenarios)
    _refuse_clashes(views)
    in_use = dict(chain.from_iterable(ids_in_use(scenario).items() for scenario in reversed(views)))
    retired.refuse_ids_in_use(old_ids, in_use, project.retired_ids)
    assumptions = tuple(
        Assumption(
            name,
            entry,
            tuple((s.name, c) for s in views for c in s.changes if c.name == name),
            tuple(dict.fromkeys(p.slug for s in views for p in s.pages if name in p.parameters)),
        )
        for name, entry in register.items()
    )
    unexplained = tuple(chain.from_iterable(_unexplained_values(scenario, register) for scenario in views))
    log = sanitize.markdown(_without_heading(_read_if_there(project.changelog)))
    guide = read_guide(_read_if_there(project.guide))
    elsewhere = drawn_elsewhere(views[0].exhibits, thesis.load(project).pages)
    return Site(
        views,
        assumptions,
        runs.manifest,
        unexplained,
        log,
        guide,
        old_ids,
        runs.shared,
        runs.awaited,
        elsewhere,
    )


def drawn_elsewhere(placed: Iterable[PlacedExhibit], picked: thesis.Pages) -> dict[str, str]:
    """The page that draws an exhibit besides that of its section, by the exhibit's id."""
    methods = {*picked.calibration, picked.model_changes}
    kinds = {"skill": "methods", "grid": "whatif", "predictions": "predictions"}
    longest = max((one for one in placed if isinstance(one.exhibit, Board)), key=_rows, default=None)
    return {
        one.exhibit.id: page
        for one in placed
        if (
            page := "methods"
            if one.exhibit.id in methods or one.exhibit.role == "check"
            else "predictions"
            if one is longest
            else kinds.get(one.exhibit.kind)
        )
    }


def _rows(placed: PlacedExhibit) -> int:
    return len(placed.exhibit.rows) if isinstance(placed.exhibit, Tabular) else 0


def _read_if_there(path: Path) -> str:
    """The text of a file, as a reader may see it; nothing where there is no such file."""
    return legible(path.read_text(encoding="utf-8")) if path.is_file() else ""


def _without_heading(text: str) -> str:
    """Markdown without the heading that it opens with: a page has its own."""
    return re.sub(r"\A\s*# .*\n", "", text)


def _scenario(
    name: str,
    runs: Runs,
    project: Project,
    register: Mapping[str, Entry],
    read_page: Callable[[str, str], Page],
) -> ScenarioView:
    loaded = scenarios.load(name, project, register)
    changes = tuple(
        Change(key, register[key], value, loaded.because[key]) for key, value in loaded.overrides.items()
    )
    return ScenarioView(
        name,
        loaded.description,
        changes,
        tuple(_page_under(name, slug, runs, read_page) for slug in runs.notebooks),
    )


def _page_under(name: str, slug: str, runs: Runs, read_page: Callable[[str, str], Page]) -> Page:
    """The page of a section under a scenario, read once where all share it."""
    lead = runs.scenarios[0]
    if slug not in runs.shared or name == lead:
        return read_page(name, slug)
    return pages.shared_page(
        read_page(lead, slug), name, runs.parameters(name, slug), runs.digest(name, slug)
    )


def _page(scenario: str, slug: str, *, runs: Runs, link: sanitize.Link, old_ids: Iterable[RetiredId]) -> Page:
    if reason := runs.missing.get((scenario, slug)):
        return pages.missing_page(scenario, slug, reason)
    path = runs.path(scenario, slug)
    notebook = reader.read_notebook(path)
    return pages.read(
        notebook,
        scenario,
        slug,
        display_path(path),
        link,
        runs.parameters(scenario, slug),
        runs.digest(scenario, slug),
        {entry.id for entry in old_ids if entry.section == slug},
    )


def _refuse_clashes(views: Iterable[ScenarioView]) -> None:
    problems = []
    for scenario in views:
        first: dict[str, PlacedExhibit] = {}
        for placed in chain.from_iterable(page.exhibits for page in scenario.pages):
            same_id = first.setdefault(placed.exhibit.id, placed)
            if _comparable_content(same_id) != _comparable_content(placed):
                where = f"{scenario.name}/{placed.notebook}, exhibit {placed.exhibit.id}"
                rule = f"is not what {scenario.name}/{same_id.notebook} shows under the same id"
                problems.append(Problem(where, rule, "Give one of them another id"))
    if problems:
        raise PublishError(problems)


def _comparable_content(placed: PlacedExhibit) -> object:
    exhibit = placed.exhibit
    if isinstance(exhibit, Evidence):
        return exhibit.kind, exhibit.as_of, exhibit.rows
    if isinstance(exhibit, Tabular):
        return exhibit.kind, exhibit.rows
    return (exhibit.kind, exhibit.text)


def _unexplained_values(scenario: ScenarioView, register: Mapping[str, Entry]) -> list[UnexplainedValue]:
    expected = {name: entry.value for name, entry in register.items()} | {
        c.name: c.value for c in scenario.changes
    }
    values = scenario.parameters
    return [
        UnexplainedValue(scenario.name, name, values[name], expected[name])
        for name in expected
        if name in values
        and scenarios.coerce(values[name], register[name]) != scenarios.coerce(expected[name], register[name])
    ]
