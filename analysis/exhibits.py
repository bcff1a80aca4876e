"""What is an exhibit? The kinds, columns, verdicts and qualities of what a notebook displays, with types.

Decisions
- Notebooks write bundles of this form, and the site, comparisons and downloads read them: it is an interface,
  stored in one place, and its keys stay.
- Keys that are not known here are ignored, so that a bundle may grow; one that its kind needs may not be
  missing.
- An id is an address (`#id`, `data/id.csv`), hence its narrow alphabet; none of the templates' can be taken.
- A number ends where its series ends. Where that is well before the cut-off date (`EARLY`), the date is shown
  next to it.
- A source is linked where it has a web address, or names a file in a public repository; any other text stays
  text.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache, cached_property
from itertools import product
from typing import Annotated, Any, ClassVar, Literal, Protocol, TypeGuard, get_args, runtime_checkable
from urllib.parse import quote

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from analysis.errors import ExhibitError
from analysis.scenarios import validation_problems

MIME = "application/vnd.thesis.exhibit+json"

Verdict = Literal["holds", "partly", "fails", "void", "open", "uncheckable"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
"""Every verdict, in the order in which counts are shown. `void` is a forecast whose premise was
overtaken before it was made: neither right nor wrong.
"""

Weight = Literal["central", "supporting", "passing"]
WEIGHTS: tuple[Weight, ...] = get_args(Weight)
"""How much the article's argument needs a claim, heaviest first."""

Quality = Literal["official", "measured", "reported", "estimate", "secondary"]
QUALITIES: tuple[Quality, ...] = get_args(Quality)
"""What a source can be, strongest first: the developer's or company's own word, a third party's test,
press on named figures, a modelled figure, and one site quoting another.
"""

Strength = Quality | Literal["article", "model"]
"""What something rests on: the weakest quality among its sources, or no outside source at all."""

Uncertainty = Literal[
    "simulated",
    "structure",
    "scenarios",
    "past_cases",
    "trend",
    "few_points",
    "judgement",
    "sampling",
    "pooled",
    "arithmetic",
]
"""What kind of uncertainty a number or a statement carries; `labels.UNCERTAINTY` says it to a reader."""

REPOSITORY = re.compile(
    r"(?P<repo>[\w.-]+/[\w.-]+)(@(?P<commit>[0-9a-f]{4,40}))?:(?P<path>[^\s@][^@]*)(@(?P<at>[0-9a-f]{4,40}))?"
)
"""A file of a public repository: `owner/repo:path`, with `@commit` behind either part where one version is
meant.
"""


Share = Annotated[float, Field(gt=0, lt=1)]
"""A probability of something that lies ahead: nothing is certain."""


RESERVED = ("main", "contents", "top", "all-pages")
"""Ids that the templates of all pages use themselves; every other one of theirs has a hyphen, or is on a page
without ours.
"""


def _not_reserved(id: str) -> str:
    if id in RESERVED:
        raise ValueError(f"{id!r} is an id of every page")
    return id


Id = Annotated[
    str,
    Field(pattern=r"^[a-z0-9][a-z0-9_]*(\.[a-z0-9_.-]+)?$", max_length=120),
    AfterValidator(_not_reserved),
]
"""An address: letters, digits, underscores; behind its first dot hyphens, too."""

Format = Annotated[str, Field(pattern=r"^\+?,?(\.\d{1,2})?[efg%]?$")]
"""How a number is printed: by a code that every number has, and without a width, which could be that of a
library.
"""

EARLY = dt.timedelta(days=92)
"""A series ends early if its last point lies more than the longest quarter before the cut-off date: at least
one more point could have been measured since.
"""

Word = Annotated[str, Field(pattern=r"^[a-z0-9_]+$", max_length=60)]
"""What becomes part of an id or a class."""


def is_early(data_to: dt.date | None, as_of: dt.date | None) -> bool:
    """Whether a series ends well before a cut-off date; not so where either is unknown."""
    return data_to is not None and as_of is not None and as_of - data_to > EARLY


@runtime_checkable
class Estimate(Protocol):
    """A number with its interval and the level of that; None where it has none."""

    @property
    def value(self) -> float:
        """The number."""

    @property
    def low(self) -> float | None:
        """The lower end of its interval."""

    @property
    def high(self) -> float | None:
        """The upper end of its interval."""

    @property
    def level(self) -> float | None:
        """The level of the interval, 0 to 1; None where the bounds come from figures of the article."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


def source_url(text: str | None) -> str | None:
    """The web address that a reference leads to; None where it is only a text."""
    if text and re.fullmatch(r"https?://\S+", text):
        return text
    if match := REPOSITORY.fullmatch(text or ""):
        version = match["commit"] or match["at"] or "HEAD"
        return f"https://github.com/{match['repo']}/blob/{version}/{quote(match['path'])}"
    return None


class Source(_Model):
    """Where something comes from, and how strong a source it is; a web address makes it a link."""

    title: str
    url: str | None = None
    quality: Strength | None = None

    @field_validator("url")
    @classmethod
    def _web_address_only(cls, url: str | None) -> str | None:
        return source_url(url)


def weakest(sources: Iterable[Source]) -> Quality | None:
    """The weakest quality among some sources; None where none says what it is."""
    present = {source.quality for source in sources}
    return next((quality for quality in reversed(QUALITIES) if quality in present), None)


def by_title(sources: Iterable[Source]) -> list[list[Source]]:
    """Sources of one title and quality together, such as dated states of one file, in the order of the first
    of each.
    """
    alike: dict[tuple[str, str | None], list[Source]] = {}
    for source in sources:
        alike.setdefault((source.title, source.quality), []).append(source)
    return list(alike.values())


def sources_in_cell(value: object) -> tuple[Source, ...]:
    """The sources that a cell of a table lists; none where it holds something else."""
    return tuple(Source.model_validate(item) for item in value) if _lists_sources(value) else ()


def _lists_sources(value: object) -> TypeGuard[list[Mapping[str, Any]]]:
    """Whether a cell is a list of sources: of parts that have a title or an address."""
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        return False
    return any({"title", "url"} & set(item) for item in value)


class Column(_Model):
    """One column of a table: its key in the rows, its heading, and how its numbers are printed."""

    name: str
    title: str
    unit: str | None = None
    format: Format | None = None
    align: Literal["left", "right"] = "left"
    meaning: str | None = None

    @property
    def heading_unit(self) -> str | None:
        """The unit that its heading names: none where its title or every number says it."""
        in_title = self.unit in self.title.lower().split()
        return None if in_title or (self.format and self.format.endswith("%")) else self.unit


class _Exhibit(_Model):
    id: Id
    title: str = ""
    unit: str | None = None
    role: Literal["headline", "verdict", "check", "detail"] = "detail"
    note: str | None = None
    sources: tuple[Source, ...] = ()
    claims: tuple[str, ...] = ()
    uncertainty: Uncertainty | None = None
    data_to: dt.date | None = None
    data_to_latest: dt.date | None = None
    """The last point of the series that ends first, and of the one that ends last; None where it rests on no
    series.
    """

    @property
    def series_end_together(self) -> bool:
        """Whether all its series end on one day."""
        return self.data_to == self.data_to_latest


class Metric(_Exhibit):
    """One number with its interval, its formula and what it means."""

    kind: Literal["metric"]
    value: float | None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    text: str
    short: str
    format: Format | None = None
    formula: str | None = None
    inputs: Mapping[str, Any] = {}
    better: Literal["higher", "lower"] | None = None
    reads: str | None = None

    @property
    def interval(self) -> str:
        """The interval as printed: `text` without the number that it opens with and without its brackets."""
        rest = self.text.removeprefix(self.short).strip()
        return rest[1:-1] if rest.startswith("(") and rest.endswith(")") else rest


_CELL_SOURCES = TypeAdapter(list[dict[str, list[Source]]])


@cache
def _rows_of(kind: type[_Model]) -> TypeAdapter[list[Any]]:
    """What checks the rows of a kind; making it takes longer than most checks."""
    return TypeAdapter(list[kind])  # type: ignore[valid-type]


class Tabular(_Exhibit):
    """Whatever has columns and rows, and can be taken away as a file."""

    row: ClassVar[type[_Model] | None] = None
    """What each row has to be, where the kind says so."""
    columns: tuple[Column, ...]
    rows: tuple[Mapping[str, Any], ...]

    @field_validator("rows")
    @classmethod
    def _listed_sources_are_sources(
        cls, rows: tuple[Mapping[str, Any], ...]
    ) -> tuple[Mapping[str, Any], ...]:
        cells = [{name: cell for name, cell in row.items() if _lists_sources(cell)} for row in rows]
        _CELL_SOURCES.validate_python(cells)
        return rows

    @field_validator("rows")
    @classmethod
    def _rows_are_of_their_kind(cls, rows: tuple[Mapping[str, Any], ...]) -> tuple[Mapping[str, Any], ...]:
        if cls.row:
            _rows_of(cls.row).validate_python([dict(row) for row in rows])
        return rows


class Table(Tabular):
    """Columns and rows."""

    kind: Literal["table"]


class Figure(Tabular):
    """A chart: its finding is the title, its data are columns and rows."""

    kind: Literal["figure"]
    alt: str
    subtitle: str = ""


class JudgedClaim(_Model):
    """One row of a ledger: what was stated, what was recomputed, and the verdict."""

    id: Id
    section: Word
    statement: str
    verdict: Verdict
    where: tuple[str, ...] = ()
    kind: str | None = None
    stated: str | float | None = None
    stated_low: float | None = None
    stated_high: float | None = None
    unit: str | None = None
    computed: str | float | None = None
    computed_low: float | None = None
    computed_high: float | None = None
    basis: Word | None = None
    weight: Weight | None = None
    error: str | None = None
    stale: bool = False
    reason: str | None = None
    details: str | None = None
    since: str | None = None
    sources: tuple[Source, ...] = ()
    mentioned: tuple[Source, ...] = ()
    strength: Strength | None = None

    @property
    def passages(self) -> dict[str, list[str]]:
        """Where the article says it: paragraphs, or its table, by section."""
        paragraphs: dict[str, list[str]] = {}
        for passage in self.where:
            section, _, part = passage.partition(".")
            paragraphs.setdefault(section, []).append(part)
        return paragraphs

    @property
    def weight_rank(self) -> int:
        """Its place in the order of `WEIGHTS`; one without a weight comes last."""
        return WEIGHTS.index(self.weight) if self.weight else len(WEIGHTS)

    @property
    def error_id(self) -> str:
        """What counts as one error with it: the reason that it shares with others, else itself; nothing where
        it is not wrong.
        """
        return (self.error or self.id) if self.verdict == "fails" else ""

    @field_validator("stale", mode="before")
    @classmethod
    def _missing_means_false(cls, value: object) -> object:
        return False if value is None else value

    @field_validator("where", mode="before")
    @classmethod
    def _one_passage_is_a_list(cls, value: object) -> object:
        return _as_list(value)

    @field_validator("sources", "mentioned", mode="before")
    @classmethod
    def _a_source_may_be_a_name(cls, value: object) -> object:
        return [{"title": item} if isinstance(item, str) else item for item in _as_list(value)]


class Ledger(Tabular):
    """A table of claims."""

    kind: Literal["ledger"]
    row: ClassVar[type[_Model] | None] = JudgedClaim

    @cached_property
    def entries(self) -> tuple[JudgedClaim, ...]:
        """The rows as claims, the heaviest first."""
        claims = [JudgedClaim.model_validate(row) for row in self.rows]
        return tuple(sorted(claims, key=lambda claim: claim.weight_rank))

    @property
    def errors(self) -> int:
        """How many distinct errors the wrong ones come to."""
        return len({claim.error_id for claim in self.entries if claim.error_id})

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many claims have each verdict."""
        verdicts = [claim.verdict for claim in self.entries]
        return {verdict: verdicts.count(verdict) for verdict in VERDICTS}


class Observation(_Model):
    """What every row of evidence says whatever its table: two dates and its source."""

    valid_on: dt.date
    known_on: dt.date
    known_inferred: bool
    quality: Quality
    source_title: str
    source: str

    @property
    def reference(self) -> Source:
        """Its source; what has no address keeps its reference in the title."""
        title = self.source_title if source_url(self.source) else f"{self.source_title} ({self.source})"
        return Source(title=title, url=self.source)


class DescribedColumn(Column):
    """A column that says what it means."""

    meaning: str


class NotFound(_Model):
    """Something that was looked for and not found: what, by when it was expected, where it would be."""

    id: Word
    what: str
    due: dt.date | None = None
    where: str


class Evidence(Tabular):
    """A table of what others found, as it was known on a day; the note says which rows are in."""

    kind: Literal["evidence"]
    row: ClassVar[type[_Model] | None] = Observation
    note: str
    columns: tuple[DescribedColumn, ...]
    as_of: dt.date
    gathered_on: dt.date
    not_found: tuple[NotFound, ...]
    pick: str
    lag_days: int
    lag_because: str
    pseudo_out_of_sample: bool
    licence: str
    credit: str
    unseen: int

    @cached_property
    def observations(self) -> tuple[Observation, ...]:
        """The rows as observations."""
        return tuple(Observation.model_validate(row) for row in self.rows)

    @property
    def gaps(self) -> dict[str, str]:
        """What was looked for and not found, in words, by id."""
        return {entry.id: entry.what for entry in self.not_found}

    @property
    def specific_columns(self) -> tuple[DescribedColumn, ...]:
        """The columns that other tables do not have."""
        return tuple(column for column in self.columns if column.name not in Observation.model_fields)

    @property
    def span(self) -> tuple[dt.date, dt.date] | None:
        """The first and the last day that its rows describe."""
        days = [row.valid_on for row in self.observations]
        return (min(days), max(days)) if days else None

    @cached_property
    def qualities(self) -> dict[Quality, int]:
        """How many rows there are of each quality that occurs, strongest first."""
        qualities = [row.quality for row in self.observations]
        return {quality: qualities.count(quality) for quality in QUALITIES if quality in qualities}

    @property
    def source_count(self) -> int:
        """How many different sources it has."""
        return len({row.source for row in self.observations})

    @property
    def inferred_count(self) -> int:
        """How many rows have a publication day that is inferred."""
        return sum(row.known_inferred for row in self.observations)


SkillVerdict = Literal["beats naive", "no different", "loses", "not backtestable", "naive"]
SKILL_VERDICTS: tuple[SkillVerdict, ...] = get_args(SkillVerdict)
"""What a backtest can find of a method, best first; the naive forecast itself is the measure."""


class SkillRow(_Model):
    """One method of forecasting one trend so far ahead, against a naive forecast of the same."""

    trend: str
    method: str
    ahead: str
    n: int
    rival: str
    methods_tested: int | None = None
    relative_mae: float | None = None
    p_better: float | None = None
    p_worse: float | None = None
    relative_scale_mae: float | None = None
    coverage_80: float | None = None
    coverage_95: float | None = None
    coverage_95_low: float | None = None
    coverage_95_high: float | None = None
    verdict: SkillVerdict
    reason: str | None = None


class Skill(Tabular):
    """A table of backtests."""

    kind: Literal["skill"]
    row: ClassVar[type[_Model] | None] = SkillRow

    @cached_property
    def entries(self) -> tuple[SkillRow, ...]:
        """The rows as backtests."""
        return tuple(SkillRow.model_validate(row) for row in self.rows)


Status = Literal["open", "true", "false", "void"]
"""How a part of a prediction may stand."""


MethodKind = Literal["trend", "random walk", "simulation", "base rate", "judgement"]
"""The ways to a probability."""

Side = Literal["above", "below"]
"""The side of its threshold on which an indicator signals."""


class MethodProbability(_Model):
    """One way to a probability: what it was drawn from or counted among, with its own range."""

    kind: MethodKind
    probability: Share
    low: Share
    high: Share
    level: float
    told: str
    data_to: dt.date | None = None
    weight: Annotated[float, Field(ge=0, le=1)] | None = None
    past_loss: float | None = None
    past_questions: int | None = None
    past_effective: float | None = None


class Forecast(_Model):
    """One part of a prediction: what would make it true, by when, how likely that is, and how it stands."""

    id: Id
    label: str
    where: str | None = None
    statement: str
    criterion: str
    source_of_truth: str
    made_on: dt.date
    deadline: dt.date
    probability: Share | None = None
    probability_low: Share | None = None
    probability_high: Share | None = None
    method: str
    given: str | None = None
    status: Status
    resolved_on: dt.date | None = None
    because: str | None = None
    methods: tuple[MethodProbability, ...] = ()
    sources: tuple[Source, ...] = ()
    brier: float | None = None
    log_score: float | None = None
    record_published: int | None = None
    record_days_before: int | None = None
    record_brier: float | None = None
    record_log_score: float | None = None

    @property
    def has_range(self) -> bool:
        """Whether its range is more than the noise of a simulation: more than one whole percentage."""
        return number(self.probability_low, ".0%") != number(self.probability_high, ".0%")

    @model_validator(mode="after")
    def _what_is_void_has_no_probability(self) -> Forecast:
        stated = (self.probability, self.probability_low, self.probability_high)
        if self.status == "void" and (self.methods or any(share is not None for share in stated)):
            raise ValueError("an overtaken part has no probability and no methods")
        return self


class Forecasts(Tabular):
    """A table of predictions in parts."""

    kind: Literal["predictions"]
    row: ClassVar[type[_Model] | None] = Forecast

    @cached_property
    def entries(self) -> tuple[Forecast, ...]:
        """The rows as forecasts."""
        return tuple(Forecast.model_validate(row) for row in self.rows)

    @property
    def groups(self) -> dict[str, list[Forecast]]:
        """The parts by the prediction that they belong to: the text before the first dot of an id."""
        parts: dict[str, list[Forecast]] = {}
        for part in self.entries:
            parts.setdefault(part.id.partition(".")[0], []).append(part)
        return parts


Signal = Literal["signals", "quiet", "unknown"]
SIGNALS: tuple[Signal, ...] = get_args(Signal)
"""How an indicator stands: its value is on the side of the threshold that signals, on the other, or
unknown.
"""


class Indicator(_Model):
    """One indicator: what is looked at, from where on it signals, how it stands, and what a signal moves."""

    id: Id
    label: str
    observable: str
    value_text: str
    threshold_text: str
    side: Side
    because: str
    status: Signal
    valid_on: dt.date | None = None
    missing: str | None = None
    moves: tuple[str, ...]
    moved: tuple[str, ...]
    sources: tuple[Source, ...] = ()


class Board(Tabular):
    """A status board of indicators."""

    kind: Literal["indicators"]
    row: ClassVar[type[_Model] | None] = Indicator

    @cached_property
    def entries(self) -> tuple[Indicator, ...]:
        """The rows as indicators."""
        return tuple(Indicator.model_validate(row) for row in self.rows)

    @property
    def counts(self) -> dict[Signal, int]:
        """How many indicators have each status."""
        statuses = [row.status for row in self.entries]
        return {status: statuses.count(status) for status in SIGNALS}


class GridAxis(_Model):
    """One input of a grid: its values in rising order, and where the scenario stands."""

    name: str
    title: str
    unit: str = ""
    meaning: str = ""
    values: Annotated[tuple[float, ...], Field(min_length=2)]
    start: float


class GridOutput(_Model):
    """One result of a grid, and how it is printed: the text before and after its number."""

    name: str
    title: str
    decimals: int = 2
    better: Literal["higher", "lower"] | None = None
    dress: tuple[str, str] = ("", "")


class Grid(Tabular):
    """Results at every combination of some inputs; the last input varies fastest."""

    kind: Literal["grid"]
    axes: Annotated[tuple[GridAxis, ...], Field(min_length=1)]
    outputs: Annotated[tuple[GridOutput, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _every_combination_once(self) -> Grid:
        points = [tuple(row.get(axis.name) for axis in self.axes) for row in self.rows]
        if points != list(product(*(axis.values for axis in self.axes))):
            raise ValueError("rows are not every combination of the axes, the last one varying fastest")
        results = [row.get(output.name) for row in self.rows for output in self.outputs]
        if not all(isinstance(value, int | float) for value in results):
            raise ValueError("a result is not a number")
        return self

    @property
    def packed(self) -> str:
        """Axes and outputs without rows, and the results in the order of the rows: for a page's script."""
        axes = [axis.model_dump(include={"title", "unit", "values", "start"}) for axis in self.axes]
        outputs = [
            output.model_dump(include={"title", "decimals", "dress", "better"})
            | {"values": [row[output.name] for row in self.rows]}
            for output in self.outputs
        ]
        return json.dumps({"axes": axes, "outputs": outputs}, ensure_ascii=False, separators=(",", ":"))

    def rows_along(self, axis: GridAxis) -> tuple[Mapping[str, Any], ...]:
        """The rows along one axis, the others at the grid's value nearest to the scenario."""
        others = {a.name: min(a.values, key=lambda v: abs(v - a.start)) for a in self.axes if a != axis}
        return tuple(row for row in self.rows if all(row[name] == value for name, value in others.items()))


class Statement(_Exhibit):
    """A computed sentence or short paragraph, with the numbers in it by name."""

    kind: Literal["statement"]
    text: str
    inputs: Mapping[str, Any] = {}


Exhibit = Metric | Table | Figure | Ledger | Evidence | Skill | Forecasts | Board | Grid | Statement
ADAPTER: TypeAdapter[Exhibit] = TypeAdapter(Annotated[Exhibit, Field(discriminator="kind")])
"""Checks a bundle and makes it an exhibit of its kind."""


def parse(bundle: object, where: str = "") -> Exhibit:
    """The exhibit that a bundle describes.

    Parameters
    ----------
    bundle
        What an output carries under `MIME`; NaN and infinity in it count as no number.
    where : str
        The place that an error names before the id: a notebook and its cell.

    Raises
    ------
    ExhibitError
        The bundle lacks what its kind needs: every key that does, with the rule.
    """
    try:
        return ADAPTER.validate_python(_finite(bundle))
    except ValidationError as reason:
        name = bundle.get("id", "without id") if isinstance(bundle, Mapping) else "without id"
        problems = validation_problems(reason, f"{where}, exhibit {name}".removeprefix(", "))
        raise ExhibitError(
            replace(problem, rule="is missing") if detail["type"] == "missing" else problem
            for problem, detail in zip(problems, reason.errors(), strict=True)
        ) from None


def _finite(value: Any) -> Any:
    # JSON has no NaN, but Python writes and reads one; to a reader both mean that there is no number.
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list) else value


def _as_list(value: object) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def number(value: object, spec: str | None = None, unit: str | None = None) -> str:
    """A value as a page prints it: numbers by their format, with a real minus sign; an en dash for nothing.

    Without a format a number keeps three significant digits, and all of its digits before the point. No large
    number has an exponent, and from 10,000 on it has commas. A whole percentage is 0% or 100% only where the
    share is: one that would be rounded to it is under 1% or over 99%. That holds for a share, and for a
    number whose `unit` is %.
    """
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, int | float):
        return "; ".join(map(number, value)) if isinstance(value, list | tuple) else str(value)
    try:
        text = _without_exponent(value, spec) if spec else _without_format(value)
        if spec == ".0%" and text in ("0%", "100%") and 0 < value < 1:
            text = "<1%" if value < 0.5 else ">99%"
        if spec == ".0f" and unit == "%" and text in ("0", "100") and 0 < value < 100:
            text = "<1" if value < 50 else ">99"
    except ValueError:
        text = _without_format(value)
    return text.replace("-", "\N{MINUS SIGN}", 1) if text.startswith("-") else text


def share_in_words(share: float) -> str:
    """A share as a whole percentage in a sentence: 43%; under 1% or over 99% for one near an end."""
    return number(share, ".0%").replace("<", "under ").replace(">", "over ")


def chance_in_words(share: float) -> str:
    """The share of simulated futures in which something happened, as `share_in_words`; never 0% or 100%: what
    happened in none or in all of them is still possible, or not certain.
    """
    return share_in_words(min(max(share, sys.float_info.epsilon), 1 - sys.float_info.epsilon))


def _without_exponent(value: float, spec: str) -> str:
    text = format(value, spec)
    if "e+" in text and spec[-1] == "g":
        return f"{float(text.replace(',', '')):,.0f}"
    whole = re.match(r"[+-]?\d{5,}(?![\de])", text)
    return f"{int(whole[0]):{'+' * text.startswith('+')},}{text[whole.end() :]}" if whole else text


def _without_format(value: float) -> str:
    is_whole = float(value).is_integer()
    decimals = 0 if is_whole or value == 0 else max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{decimals}f}" if abs(value) >= 10_000 else f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
