"""Which thesis is it? Its article, sections, tables, risks and names, as `thesis.yml` says them.

Decisions
- What only this thesis has is in one file of its data. Code that would serve another thesis, and the
  templates of the pages, name no company, section, table or risk: they ask here.
- A name without words of its own falls back to the name, made readable, so that a new scenario or prediction
  needs no entry.
- What the file says in two places is compared here; what it says of other files is for `thesis check`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from analysis.cache import cached
from analysis.errors import DataError, Problem, nearest
from analysis.project import Project
from analysis.scenarios import Day, display_path, read_yaml, validation_problems
from analysis.units import UNITS, format_date

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Sentence = Annotated[str, StringConstraints(min_length=10, strip_whitespace=True)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
ExhibitId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$")]


class _Part(BaseModel):
    """A part of the file: every key is known, and nothing changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Article(_Part):
    """Who published the article, where, when and under which terms."""

    title: Text
    publisher: Text
    url: Annotated[str, Field(pattern=r"^https?://\S+$")]
    published_on: Day
    licence: Text

    @property
    def line(self) -> str:
        """Publisher, title and day, as a reader sees it: `The Paper, "Title", 21 May 2026`."""
        return f'{self.publisher}, "{self.title}", {self.day}'

    @property
    def day(self) -> str:
        """Publication day, as a reader sees it: 21 May 2026."""
        return format_date(self.published_on)

    @property
    def reference(self) -> dict[str, str]:
        """The article as an exhibit carries a source: title and url."""
        return {"title": self.line, "url": self.url}


class Publisher(_Part):
    """Who answers for the report: name, address, and what a reader should know of interests."""

    name: Text
    contact: Text | None = None
    conflict_of_interest: Sentence | None = None


class Section(_Part):
    """A section of the article: what readers see, and how many paragraphs it has."""

    title: Text
    paragraphs: int = Field(gt=0)


class Budget(_Part):
    """How long the page of a section may be with its folds closed."""

    words: int = Field(gt=0)
    charts: int = Field(gt=0)


class Pages(_Part):
    """Exhibits that pages pick, by id.

    Attributes
    ----------
    front_answer : str, optional
        The statement that answers the question of the first page.
    front_points : mapping of str to tuple of str
        The paragraphs under the answer: what each leads with, and its statements.
    front_outcomes : str, optional
        The table that the first page draws as bars: a row a case, a column a part of a hundred.
    front_outcome_words : tuple of str
        The statements next to these bars.
    front_metrics : tuple of str
        The results that open the index, in order.
    scenario_metrics : tuple of str
        The results that the index compares over the scenarios; without any those that open it.
    front_chart : str, optional
        The chart next to the verdict.
    fan_chart : str, optional
        The chart on which the guide explains a fan.
    risk_register : str, optional
        The register of risks; an earlier address of the risks leads to the page of its section.
    sliders : str, optional
        What follows from the sliders of the page "What if", in words.
    model_changes : str, optional
        The chart on which the page on methods shows what each change of the model did to the result.
    calibration : tuple of str
        The exhibits on how the model forecast past cases, of which a part of the methods is made, in order; a
        sentence that comes first opens it. Where none of them was run there is no such part.
    length : Budget, optional
        How long the page of a section may be; without one any length will do.
    longer : mapping of str to Budget
        The notebooks that have another limit.
    """

    front_answer: ExhibitId | None = None
    front_points: dict[Text, tuple[ExhibitId, ...]] = {}
    front_outcomes: ExhibitId | None = None
    front_outcome_words: tuple[ExhibitId, ...] = ()
    front_metrics: tuple[ExhibitId, ...] = ()
    scenario_metrics: tuple[ExhibitId, ...] = ()
    front_chart: ExhibitId | None = None
    fan_chart: ExhibitId | None = None
    risk_register: ExhibitId | None = None
    sliders: Text | None = None
    model_changes: ExhibitId | None = None
    calibration: tuple[ExhibitId, ...] = ()
    length: Budget | None = None
    longer: dict[str, Budget] = {}

    def budget(self, notebook: str) -> Budget | None:
        """How long the page of a notebook may be; None where nothing limits it."""
        return self.longer.get(notebook, self.length)

    @property
    def exhibit_ids(self) -> dict[str, str]:
        """The key of each exhibit that the pages pick, by the exhibit's id."""
        single = (
            "front_answer",
            "front_outcomes",
            "front_chart",
            "fan_chart",
            "risk_register",
            "model_changes",
        )
        keys = {name: key for key in single if (name := getattr(self, key))}
        return (
            keys
            | dict.fromkeys(self.scenario_metrics, "scenario_metrics")
            | dict.fromkeys(self.front_metrics, "front_metrics")
            | dict.fromkeys(self.calibration, "calibration")
            | dict.fromkeys(self.front_outcome_words, "front_outcome_words")
            | {name: "front_points" for names in self.front_points.values() for name in names}
        )


class Methods(_Part):
    """What the page on methods says of a thesis: what is simulated, how far other structures of the model
    reach, how its drivers are found, and what its models leave out; a part that does not apply is missing.
    """

    in_short: tuple[Sentence, ...] = ()
    simulation: Sentence | None = None
    structure: Sentence | None = None
    sensitivity: Sentence | None = None
    limits: tuple[Sentence, ...] = ()


class Thesis(_Part):
    """What is particular to a thesis.

    Attributes
    ----------
    title, brand, summary : str
        What the report is called on its pages and in menus, and what it does.
    question : str, optional
        What its first page asks and answers.
    author : str
        Who wrote the report.
    publisher, article : Publisher, Article
        Who answers for the report, and what it is about.
    beneficiary : str
        Whose result the numbers are: better and worse are meant for them.
    company : str
        The company that the money goes into.
    sections : mapping of str to Section
        The sections of the article, in its order.
    tables : tuple of str
        The article's tables, in its order: the names of their files.
    fact_units : mapping of str to str
        The units in which dated facts are entered, and their names in `units.UNITS`.
    unit_words : mapping of str to str
        How a sentence writes other units of dated facts.
    risks : mapping of str to str
        What each risk of the register means.
    scenarios, predictions : mapping of str to str
        What scenarios and predictions are called.
    methods, pages : Methods, Pages
        What the page on methods says, and the exhibits that pages pick.
    """

    title: Text
    brand: Text
    summary: Sentence
    question: Sentence | None = None
    author: Text = "The thesis-report authors"
    publisher: Publisher
    article: Article
    beneficiary: Text
    company: Text
    sections: dict[Name, Section] = Field(min_length=1)
    tables: tuple[Name, ...] = ()
    fact_units: dict[str, str] = {}
    unit_words: dict[str, Text] = {}
    risks: dict[Text, Sentence] = {}
    scenarios: dict[Name, Text] = {}
    predictions: dict[Name, Text] = {}
    methods: Methods = Methods()
    pages: Pages = Pages()

    @property
    def passage(self) -> re.Pattern[str]:
        """What names a paragraph or a table of the article: ``SECTION.5``, ``SECTION.table``."""
        return re.compile(rf"\b(?:{'|'.join(self.sections)})\.(?:\d+|table)\b")


def load(project: Project | None = None) -> Thesis:
    """The thesis of a project.

    Raises
    ------
    DataError
        There is no `thesis.yml`, or it does not say what it must; all of it at once.
    """
    return _read((project or Project.default()).thesis_file)


@cached
def _read(path: Path) -> Thesis:
    where = display_path(path)
    try:
        thesis = Thesis.model_validate(read_yaml(path, error=DataError))
    except ValidationError as reason:
        raise DataError(validation_problems(reason, where)) from None
    if problems := list(_relation_problems(thesis, where)):
        raise DataError(problems)
    return thesis


def _relation_problems(thesis: Thesis, where: str) -> Iterator[Problem]:
    """Units that there are not, and tables that are named twice."""
    for text, unit in thesis.fact_units.items():
        if unit not in UNITS:
            yield Problem(f"{where}, key fact_units.{text}", f"{unit!r} is no unit", nearest(unit, UNITS))
    for name in [name for name, count in Counter(thesis.tables).items() if count > 1]:
        yield Problem(f"{where}, key tables", f"{name!r} appears twice", "Name each table once")
