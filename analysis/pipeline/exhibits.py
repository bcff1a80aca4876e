"""What did a run put on display? The exhibit bundles of executed notebooks, as typed objects.

Decisions
- A bundle is one output of type `application/vnd.thesis.exhibit+json`; nothing else of a notebook is a result. The
  site, comparisons and downloads read these objects and never the readable output beside them.
- Keys that are not known here are ignored, so that a bundle may grow; a bundle that lacks what its kind needs is an
  error that names notebook and cell, because a page without it would pretend.
- An id is an address (`#id`, `data/id.csv`), hence its narrow alphabet.
- The picture of a figure stands beside its bundle in the same output: SVG where there is one, else PNG.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from analysis.errors import Problem, PublishError
from analysis.scenarios import place, validation_problems

MIME = "application/vnd.thesis.exhibit+json"

Verdict = Literal["holds", "partly", "fails", "open", "uncheckable"]
VERDICTS: tuple[Verdict, ...] = ("holds", "partly", "fails", "open", "uncheckable")
"""Every verdict, in the order in which counts are shown."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Source(_Part):
    """Where something comes from; only a web address becomes a link."""

    title: str
    url: str | None = None

    @field_validator("url")
    @classmethod
    def _only_the_web(cls, url: str | None) -> str | None:
        return url if url and url.startswith(("https://", "http://")) else None


class Column(_Part):
    """One column of a table: its key in the rows, its heading, and how its numbers are printed."""

    name: str
    title: str
    unit: str | None = None
    format: str | None = None
    align: Literal["left", "right"] = "left"


class _Exhibit(_Part):
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$", max_length=120)]
    title: str = ""
    unit: str | None = None
    role: Literal["headline", "verdict", "detail"] = "detail"
    note: str | None = None
    sources: tuple[Source, ...] = ()
    claims: tuple[str, ...] = ()


class Metric(_Exhibit):
    """One number with its interval, its formula and what it means."""

    kind: Literal["metric"]
    value: float | None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    text: str
    short: str
    format: str | None = None
    formula: str | None = None
    inputs: Mapping[str, Any] = {}
    better: Literal["higher", "lower"] | None = None
    reads: str | None = None

    @property
    def interval(self) -> str:
        """The interval as printed: `text` without the number that it opens with and without its brackets."""
        rest = self.text.removeprefix(self.short).strip()
        return rest[1:-1] if rest.startswith("(") and rest.endswith(")") else rest


class _Tabular(_Exhibit):
    columns: tuple[Column, ...]
    rows: tuple[Mapping[str, Any], ...]


class Table(_Tabular):
    """Columns and rows."""

    kind: Literal["table"]


class Figure(_Tabular):
    """A chart: its finding is the title, its data are columns and rows."""

    kind: Literal["figure"]
    alt: str
    subtitle: str = ""


class Claim(_Part):
    """One row of a ledger: what was stated, what was recomputed, and the verdict."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$", max_length=120)]
    section: str
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
    basis: str | None = None
    stale: bool = False
    void: bool = False
    reason: str | None = None
    since: str | None = None
    sources: tuple[Source, ...] = ()
    strength: str | None = None

    @field_validator("stale", "void", mode="before")
    @classmethod
    def _unsaid_is_no(cls, value: object) -> object:
        return False if value is None else value

    @field_validator("where", mode="before")
    @classmethod
    def _one_place_is_a_list(cls, value: object) -> object:
        return _listed(value)

    @field_validator("sources", mode="before")
    @classmethod
    def _a_source_may_be_a_name(cls, value: object) -> object:
        return [{"title": item} if isinstance(item, str) else item for item in _listed(value)]


class Ledger(_Tabular):
    """A table of claims."""

    kind: Literal["ledger"]

    @property
    def entries(self) -> tuple[Claim, ...]:
        """The rows as claims."""
        return tuple(Claim.model_validate(row) for row in self.rows)

    @field_validator("rows")
    @classmethod
    def _rows_are_claims(cls, rows: tuple[Mapping[str, Any], ...]) -> tuple[Mapping[str, Any], ...]:
        TypeAdapter(list[Claim]).validate_python([dict(row) for row in rows])
        return rows


class Statement(_Exhibit):
    """A computed sentence or short paragraph."""

    kind: Literal["statement"]
    text: str


Exhibit = Metric | Table | Figure | Ledger | Statement
_ADAPTER: TypeAdapter[Exhibit] = TypeAdapter(Annotated[Exhibit, Field(discriminator="kind")])


@dataclass(frozen=True)
class Image:
    """The picture of a figure: SVG as text, PNG as base64."""

    kind: Literal["svg", "png"]
    content: str


@dataclass(frozen=True)
class Shown:
    """An exhibit where it was shown: which scenario, which notebook, and its picture if it has one."""

    exhibit: Exhibit
    scenario: str
    notebook: str
    image: Image | None = None


def _listed(value: object) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def read_notebook(path: Path) -> Any:
    """An executed notebook (nbformat 4).

    Raises
    ------
    PublishError
        The file is missing or is not a notebook.
    """
    import nbformat

    try:
        return nbformat.read(path, as_version=4)
    except FileNotFoundError:
        raise PublishError(Problem(place(path), "there is no such notebook", "Run it again")) from None
    except (
        Exception
    ) as reason:  # nbformat raises many kinds, from JSON to validation; all mean the same to a user
        first = (str(reason).strip() or type(reason).__name__).splitlines()[0]
        raise PublishError(
            Problem(place(path), f"cannot be read as a notebook: {first}", "Run it again")
        ) from None


def of_output(output: Mapping[str, Any], scenario: str, notebook: str, where: str) -> Shown | None:
    """The exhibit that one output carries, None where it carries none.

    Raises
    ------
    PublishError
        The bundle lacks what its kind needs; `where` names the place.
    """
    data = output.get("data", {})
    if MIME not in data:
        return None
    try:
        exhibit = _ADAPTER.validate_python(_finite(data[MIME]))
    except ValidationError as reason:
        name = data[MIME].get("id", "without id") if isinstance(data[MIME], Mapping) else "without id"
        raise PublishError(validation_problems(reason, f"{where}, exhibit {name}")) from None
    return Shown(exhibit, scenario, notebook, image_of(data))


def image_of(data: Mapping[str, Any]) -> Image | None:
    """The picture among the forms of one output."""
    if svg := data.get("image/svg+xml"):
        return Image("svg", svg)
    if png := data.get("image/png"):
        return Image("png", "".join(png.split()))
    return None


def of_notebook(notebook: Any, scenario: str, slug: str, where: str) -> Iterator[Shown]:
    """Every exhibit of an executed notebook, in the order of its cells."""
    for number, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", ()):
            if shown := of_output(output, scenario, slug, f"{where}, cell {number}"):
                yield shown


def _finite(value: Any) -> Any:
    # JSON has no NaN, but Python writes and reads one; to a reader both mean that there is no number.
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list) else value


def number(value: object, spec: str | None = None) -> str:
    """A value as a page prints it: numbers by their format, with a real minus sign; an en dash for nothing.

    Without a format a number keeps three significant digits, and all of its digits before the point.
    """
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, int | float):
        return "; ".join(map(number, value)) if isinstance(value, list | tuple) else str(value)
    try:
        text = format(value, spec) if spec else _plain(value)
    except ValueError:
        text = _plain(value)
    return text.replace("-", "\N{MINUS SIGN}", 1) if text.startswith("-") else text


def _plain(value: float) -> str:
    whole = float(value).is_integer()
    decimals = 0 if whole or value == 0 else max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{decimals}f}" if abs(value) >= 10_000 else f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def as_json(value: Any) -> str:
    """JSON as every file of the site is written: keys as given, UTF-8, no NaN, a closing newline."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
