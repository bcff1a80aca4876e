"""What does the thesis predict, by when, and how did it end? Its dated predictions, split into parts that a
stranger could judge.

Decisions
- A part is void, not false, where its premise had been overtaken by the day it was made: nobody who knew the
  facts could have bet on it. What overtook it is named, and has to be older than the prediction.
- How a part ended is entered by hand with a day and the dated facts that show it; on an earlier day it is
  open.
- What a criterion asks for stands a second time as an event, in figures: that is what methods count.
- A part whose deadline has passed stays open until somebody resolves it; `thesis check` asks for that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar, get_args

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

from analysis import thesis
from analysis.errors import DataError, Problem, nearest
from analysis.evidence import yaml_lines
from analysis.evidence.claims import Passage
from analysis.evidence.events import AnyEvent, Event
from analysis.evidence.sources import read_as
from analysis.exhibits import Status
from analysis.project import Project
from analysis.scenarios import Day, display_path
from analysis.units import DAYS_PER_YEAR

E = TypeVar("E", bound=Event)

LONGEST = 600
"""Months that a prediction may look ahead; fifty years."""


class Decision(BaseModel):
    """What decides a part: ids of dated facts, and what they show, in our words."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    by: tuple[str, ...] = Field(min_length=1)
    because: str = Field(min_length=15)


class Resolution(Decision):
    """How a part ended, and on which day that was public."""

    resolved_on: Day
    outcome: bool


class Judgement(BaseModel):
    """A probability that somebody states by hand, with its range and the reason; a method like any other,
    named as what it is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    probability: float
    low: float
    high: float
    stated_on: Day
    because: str = Field(min_length=15)

    @model_validator(mode="after")
    def _nothing_that_lies_ahead_is_certain(self) -> Judgement:
        if wrong := [f"{p:g}" for p in (self.low, self.probability, self.high) if not 0 < p < 1]:
            raise ValueError(
                f"{', '.join(wrong)} is no probability above 0 and below 1; nothing that lies ahead is"
                " certain"
            )
        if not self.low <= self.probability <= self.high:
            raise ValueError(
                f"{self.probability:g} lies outside of {self.low:g} to {self.high:g}; write low, probability,"
                " high in this order"
            )
        return self


class Prediction(BaseModel):
    """One part of a prediction: its paragraph, what it says in our words, what would make it true, and where
    that would be published; `given` is the part that it takes for granted, `event` what its methods count.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    where: Passage
    given: str | None = None
    within_months: int = Field(gt=0, le=LONGEST)
    label: str
    statement: str = Field(min_length=15)
    criterion: str = Field(min_length=15)
    source_of_truth: str = Field(min_length=10)
    event: AnyEvent | None = None
    void: Decision | None = None
    resolution: Resolution | None = None
    judgement: Judgement | None = None

    @model_validator(mode="after")
    def _what_is_void_has_no_end(self) -> Prediction:
        if self.void and self.resolution:
            raise ValueError("an overtaken part has no resolution; remove the key void or the key resolution")
        if self.void and self.judgement:
            raise ValueError("an overtaken part has no probability; remove the key void or the key judgement")
        return self

    @model_validator(mode="after")
    def _the_criterion_names_the_figures_of_its_event(self) -> Prediction:
        missing = self.event.missing_phrases(self.criterion) if self.event else ()
        if missing:
            raise ValueError(
                f"the criterion lacks {', '.join(map(repr, missing))}, which its event counts; make the two"
                " agree"
            )
        return self

    @property
    def decision(self) -> Decision | None:
        """What decides it, if anything does."""
        return self.void or self.resolution


class Predictions(BaseModel):
    """All parts, and the day on which they were made."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    made_on: Day
    predictions: dict[str, Prediction] = Field(min_length=1)


def read(project: Project | None = None) -> Predictions:
    """All parts as they stand in the file.

    Raises
    ------
    DataError
        Not readable, entries that are no predictions, or a resolution that comes too early or too late; all
        of them at once, with their lines.
    """
    project = project or Project.default()
    path, sections = project.predictions, tuple(thesis.load(project).sections)
    try:
        content = read_as(Predictions, path, sections)
        where = display_path(path)
        if problems := [*_condition_problems(content, where), *_date_problems(content, where)]:
            raise DataError(problems)
    except DataError as reason:
        raise DataError(yaml_lines.with_line_numbers(reason.problems, [path])) from None
    return content


def load_table(project: Project | None = None) -> pd.DataFrame:
    """Every part: ``id, where, given`` (the part that it takes for granted, or None), ``label, statement,
    criterion, source_of_truth, made_on, deadline`` (ISO dates), in file order.

    Raises
    ------
    DataError
        As `read`.
    """
    content = read(project)
    fields = set(Prediction.model_fields) - {"within_months", "event", "void", "resolution", "judgement"}
    rows = [
        {
            "id": name,
            **part.model_dump(include=fields),
            "made_on": content.made_on.isoformat(),
            "deadline": due.isoformat(),
        }
        for name, part in content.predictions.items()
        for due in [deadline(content.made_on, part.within_months)]
    ]
    return pd.DataFrame(rows)


def years_allowed(part: str, project: Project | None = None) -> float:
    """The time from the day on which a part was made to its deadline, years; errors as of `read`."""
    content = read(project)
    due = deadline(content.made_on, content.predictions[part].within_months)
    return (due - content.made_on).days / DAYS_PER_YEAR


def load_events(project: Project | None = None) -> dict[str, AnyEvent]:
    """The event that each part's methods count, by part, for the parts that name one; errors as of `read`."""
    parts = read(project).predictions
    return {name: part.event for name, part in parts.items() if part.event is not None}


def event(part: str, kind: type[E], project: Project | None = None) -> E:
    """The event of a part, of the kind that somebody counts.

    Raises
    ------
    DataError
        As `read`, or the criterion of the part asks for another kind of event, or for none.
    """
    project = project or Project.default()
    found = load_events(project).get(part)
    if not isinstance(found, kind):
        place = f"{display_path(project.predictions)}, key predictions.{part}.event"
        asked = f"is {found.counts!r}" if found else "is missing"
        fix = f"Write counts: {get_args(kind.model_fields['counts'].annotation)[0]}"
        raise DataError(Problem(place, f"{asked} where a method counts {kind.__name__}", fix))
    return found


def judgements(as_of: str | dt.date, project: Project | None = None) -> dict[str, Judgement]:
    """The probabilities that were stated by hand by a day, by part; errors as of `read`."""
    today = pd.Timestamp(as_of).date()
    stated = {name: part.judgement for name, part in read(project).predictions.items()}
    return {name: entry for name, entry in stated.items() if entry and entry.stated_on <= today}


def statuses(facts: pd.DataFrame, as_of: str | dt.date, project: Project | None = None) -> pd.DataFrame:
    """How every part stands on a day.

    Parameters
    ----------
    facts : DataFrame
        The table of dated facts, all of it: ``id, valid_on, known_on, quality, source_title, source``.
    as_of : date or ISO date
        Facts that were known later decide nothing.

    Returns
    -------
    DataFrame
        ``id``; ``status``: open, true, false or void; ``resolved_on`` (ISO date, None while open): the later
        of the day it was made, the day of its resolution, and the day its facts were known; ``because`` (None
        while open); ``sources``: list of ``title, url, quality``.

    Raises
    ------
    DataError
        As `read`, or a decision by facts that are not in our data or do not fit it (`decision_problems`).
    """
    project, today = project or Project.default(), pd.Timestamp(as_of)
    content, path = read(project), project.predictions
    if problems := list(decision_problems(content, facts, display_path(path))):
        raise DataError(yaml_lines.with_line_numbers(problems, [path]))
    known = facts[facts["known_on"] <= today].set_index("id")
    return pd.DataFrame(
        [
            {"id": name, **_status(part, content.made_on, known, today)}
            for name, part in content.predictions.items()
        ]
    )


def decision_problems(content: Predictions, facts: pd.DataFrame, where: str) -> Iterator[Problem]:
    """Decisions by facts that are not in our data, that came too late to void a part, or after the day that
    they resolve it on.
    """
    days = dict(zip(facts["id"], facts["valid_on"], strict=True))
    for name, part in content.predictions.items():
        if part.decision is None:
            continue
        key = "void" if part.void else "resolution"
        last = pd.Timestamp(
            content.made_on if part.void or not part.resolution else part.resolution.resolved_on
        )
        for number, fact in enumerate(part.decision.by):
            at = f"{where}, key predictions.{name}.{key}.by.{number}"
            if fact not in days:
                yield Problem(at, f"there is no dated fact {fact!r}", nearest(fact, days))
            elif days[fact] > last:
                day = days[fact].date()
                rule = f"{fact} is of {day}, after the day that it decides on ({last.date()})"
                fix = "Resolve the part by it instead" if part.void else "Correct the day"
                yield Problem(at, rule, fix)


def deadline(made_on: dt.date, months: int) -> dt.date:
    """The same day some months later, or the month's last day where it has no such day."""
    return (pd.Timestamp(made_on) + pd.DateOffset(months=months)).date()


def _condition_problems(content: Predictions, where: str) -> Iterator[Problem]:
    """Parts that take for granted what is no other part of their prediction."""
    for name, part in content.predictions.items():
        whole = f"{name.partition('.')[0]}."
        others = [other for other in content.predictions if other != name and other.startswith(whole)]
        if part.given is not None and part.given not in others:
            rule = f"{part.given!r} is no other part of the same prediction"
            fix = nearest(part.given, others) if others else "Remove the key"
            yield Problem(f"{where}, key predictions.{name}.given", rule, fix)


def _date_problems(content: Predictions, where: str) -> Iterator[Problem]:
    """Judgements and resolutions dated before the prediction was made, or true ones after its deadline."""
    for name, part in content.predictions.items():
        if part.judgement and part.judgement.stated_on < content.made_on:
            rule = f"{part.judgement.stated_on} is before the prediction, which was made on {content.made_on}"
            yield Problem(f"{where}, key predictions.{name}.judgement.stated_on", rule, "Correct the day")
        if (end := part.resolution) is None:
            continue
        at, due = (
            f"{where}, key predictions.{name}.resolution.resolved_on",
            deadline(content.made_on, part.within_months),
        )
        if end.resolved_on <= content.made_on:
            rule = f"{end.resolved_on} is not after the prediction, which was made on {content.made_on}"
            yield Problem(at, rule, "Say void if its premise was overtaken, or correct the day")
        elif end.outcome and end.resolved_on > due:
            yield Problem(
                at, f"{end.resolved_on} is past the deadline {due}", "Resolve it as false, or correct the day"
            )


def _status(
    part: Prediction, made_on: dt.date, known: pd.DataFrame, today: pd.Timestamp
) -> Mapping[str, Any]:
    still_open: dict[str, Any] = {"status": "open", "resolved_on": None, "because": None, "sources": []}
    decision = part.decision
    if decision is None or not set(decision.by) <= set(known.index) or today < pd.Timestamp(made_on):
        return still_open
    rows = known.loc[list(decision.by)]
    days = [pd.Timestamp(made_on), rows["known_on"].max()]
    status: Status = "void"
    if part.resolution:
        days.append(pd.Timestamp(part.resolution.resolved_on))
        status = "true" if part.resolution.outcome else "false"
    if max(days) > today:
        return still_open
    cited = rows.drop_duplicates("source")
    columns = [cited[name].astype(str) for name in ("source_title", "source", "quality")]
    sources = [dict(zip(("title", "url", "quality"), row, strict=True)) for row in zip(*columns, strict=True)]
    resolved_on = max(days).date().isoformat()
    return {"status": status, "resolved_on": resolved_on, "because": decision.because, "sources": sources}
