"""What does the article claim? Its checkable statements, each with its paragraph and what tests it.

Decisions
- A statement is our paraphrase; its figure is stored as printed and read by `analysis.units`.
- The section is the first part of the id, so that the two cannot disagree.
- Claims that are wrong for the same reason share the name of that reason, so that a mistake counts once.
- A claim names its check and the check's arguments; whether there is such a check is for `analysis.audit` to
  say.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from analysis import thesis
from analysis.cache import cached
from analysis.errors import DataError, FigureError, Problem, nearest
from analysis.exhibits import Weight
from analysis.project import Project
from analysis.scenarios import display_path, read_yaml, validation_problems
from analysis.units import UNITS, Quantity, parse_figure

KINDS = ("quantity", "comparison", "trend", "fact", "forecast", "judgement")
WHERE = re.compile(r"^[a-z][a-z0-9_]*\.(\d+|table)$")


def _passage(text: str, info: ValidationInfo) -> str:
    sections = info.context or ()
    if not WHERE.fullmatch(text) or (sections and text.partition(".")[0] not in sections):
        named = f" with a section of {', '.join(sections)}" if sections else ""
        raise ValueError(f"{text}: no paragraph id; write SECTION.5 or SECTION.table{named}")
    return text


Passage = Annotated[str, AfterValidator(_passage)]
"""A paragraph or table of the article."""


class Claim(BaseModel):
    """One checkable statement of the article.

    Attributes
    ----------
    id : str
        ``SECTION.name``, stable.
    where : tuple of str
        The paragraphs or tables that make the statement (``SECTION.5``, ``SECTION.table``).
    kind : str
        One of `KINDS`.
    weight : str
        One of `exhibits.WEIGHTS`: the article's argument needs the claim, leans on it, or mentions it.
    error : str or None
        The name of the reason for which this claim is wrong, where other claims are wrong for the same one.
    statement : str
        The statement in our words.
    unit : str
        The unit of its figure, a name of `units.UNITS`; without one where the claim has no figure.
    stated : str or None
        The figure as printed; None where the article gives none.
    criterion : str or None
        What a claim without a figure of its own has to reach, in the same notation (``over 2x``).
    check : dict or None
        ``name`` of the check in `analysis.audit`, and its arguments; None where nothing in our data can
        decide.
    would_decide : str or None
        What would decide a claim that has no check, or whose evidence was not yet known.
    since : tuple of str
        What happened after publication day, which never changes a verdict: dated facts, or sentences that
        name them (``{id.value}``).
    bears_on : mapping
        The statement in the terms of the register: entry and value if the statement were true. Only for such
        a claim can we measure how much depends on it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    where: tuple[Passage, ...] = Field(min_length=1)
    kind: Literal["quantity", "comparison", "trend", "fact", "forecast", "judgement"]
    weight: Weight
    error: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*$")
    statement: str = Field(min_length=15)
    unit: str = "count"
    stated: str | None = None
    criterion: str | None = None
    check: dict[str, Any] | None = None
    would_decide: str | None = Field(default=None, min_length=15)
    since: tuple[str, ...] = ()
    bears_on: dict[str, float | list[float]] = {}

    @property
    def section(self) -> str:
        """The section of the article that the claim belongs to."""
        return self.id.split(".", maxsplit=1)[0]

    @property
    def figure(self) -> Quantity | None:
        """The stated figure, read; None where the article gives none."""
        return None if self.stated is None else parse_figure(self.stated, self.unit)

    @property
    def accepted(self) -> Quantity | None:
        """What the result is compared with: stated figure, else criterion; None if the check has its own."""
        return self.figure if self.criterion is None else parse_figure(self.criterion, self.unit)

    @field_validator("id")
    @classmethod
    def _the_id_starts_with_its_section(cls, value: str, info: ValidationInfo) -> str:
        sections = info.context or ()
        has_form = re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+", value)
        if not has_form or (sections and value.partition(".")[0] not in sections):
            named = f" with a section of {', '.join(sections)}" if sections else ""
            raise ValueError(f"{value!r} is no claim id; write SECTION.name{named}")
        return value

    @field_validator("since")
    @classmethod
    def _what_came_later_is_dated(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if prose := [item for item in value if " " in item and not re.search(r"\{[^{} ]+\}", item)]:
            raise ValueError(
                f"{prose[0]!r} names no dated fact; name one in braces, for example {{subject.event}}"
            )
        return value

    @model_validator(mode="after")
    def _the_figure_can_be_read(self) -> Claim:
        if self.unit not in UNITS:
            raise ValueError(f"unit {self.unit!r} is unknown; use one of {', '.join(UNITS)}")
        if self.check is None and self.would_decide is None:
            raise ValueError("has neither a check nor would_decide; write one of them")
        if self.check is not None and not isinstance(self.check.get("name"), str):
            raise ValueError("check has no name; write check: {name: ...}")
        if self.stated and self.criterion:
            raise ValueError(
                "has both stated and criterion; a criterion is for a claim that prints no figure"
            )
        try:
            _ = self.figure, self.accepted
        except FigureError as reason:
            raise ValueError(f"stated: {reason.rule}; {reason.fix.lower()}") from None
        return self


def load(project: Project | None = None) -> list[Claim]:
    """Every claim of `claims.yml`, in file order; the file is read once.

    Raises
    ------
    DataError
        Not readable, or entries that are no claims; all of them at once.
    """
    claims, problems = load_with_problems(project)
    if problems:
        raise DataError(problems)
    return list(claims)


def by_id(project: Project | None = None) -> dict[str, Claim]:
    """As `load`, each claim under its id."""
    return {claim.id: claim for claim in load(project)}


def in_model_terms(project: Project | None = None) -> dict[str, dict[str, float | list[float]]]:
    """What the claims that say something in the terms of the model say of its assumptions, by id."""
    return {claim.id: claim.bears_on for claim in load(project) if claim.bears_on}


def ids(stem: str, project: Project | None = None) -> list[str]:
    """The ids of the claims below a stem (``market.cagr``), in file order; refuses a stem without one."""
    claims = load(project)
    below = [claim.id for claim in claims if claim.id.startswith(f"{stem}.")]
    if not below:
        stems = {claim.id.rpartition(".")[0] for claim in claims}
        raise DataError(Problem("claims.yml", f"has no claim below {stem!r}", nearest(stem, sorted(stems))))
    return below


def load_with_problems(
    project: Project | None = None,
) -> tuple[tuple[Claim, ...], tuple[Problem, ...]]:
    """The entries of `claims.yml` that are claims, and what is wrong with the others.

    Raises
    ------
    DataError
        The file cannot be read, or lists no claim.
    """
    return _read(project or Project.default())


@cached
def _read(project: Project) -> tuple[tuple[Claim, ...], tuple[Problem, ...]]:
    path, sections = project.claims, tuple(thesis.load(project).sections)
    claims: list[Claim] = []
    problems: list[Problem] = []
    entries = read_yaml(path, error=DataError)
    if not entries:
        raise DataError(
            Problem(f"{display_path(path)}, line 1", "lists no claim", "Write one, or restore the file")
        )
    for name, raw in entries.items():
        where = f"{display_path(path)}, claim {name}"
        if not isinstance(raw, dict):
            rule = f"{raw!r} is no entry"
            problems.append(
                Problem(where, rule, "Write its fields as a mapping: where, kind, statement, check")
            )
            continue
        try:
            claims.append(Claim.model_validate({"id": name, **raw}, context=sections))
        except ValidationError as reason:
            problems += validation_problems(reason, where)
    problems += _single_errors(claims, display_path(path))
    return tuple(claims), tuple(problems)


def _single_errors(claims: Sequence[Claim], where: str) -> Iterator[Problem]:
    """Names of reasons that only one claim has: nothing is shared then."""
    names = Counter(claim.error for claim in claims if claim.error)
    for claim, name in [(claim, claim.error) for claim in claims if claim.error and names[claim.error] == 1]:
        rule = f"no other claim has the error {name!r}; a name is for a reason that claims share"
        others = [other for other in names if other != name]
        fix = f"Remove it, or correct it. {nearest(str(name), others)}" if others else "Remove it"
        yield Problem(f"{where}, claim {claim.id}, key error", rule, fix)
