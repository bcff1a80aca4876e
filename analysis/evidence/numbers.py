"""Which numbers does the article print, and what tests each of them? Every one with its claim or cell.

Decisions
- A number is a token with a digit (``$60 billion``, ``2-3x``, ``1/100th``, ``H2O``, ``2024``,
  ``1-million-token``) or a number word (one to twelve, first to tenth, half, dozen, decade, order of
  magnitude; hundred to trillion standing alone). A scale word belongs to the figure before it; a sign or
  currency that is printed against a figure is part of it.
- Reading them takes no judgement: a word that only looks like a number is read too, and `numbers.csv` says
  what it is.
- The body counts, paragraphs and tables of its sections, headings of tables included; what follows it
  does not.
- The article is not part of the project, so the list replaces it: paragraph, token, and which occurrence of
  it.
- Cells of tables go to cells, figures of sentences to claims; the rest are names, dates and ordinals.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, NamedTuple

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, model_validator

from analysis import thesis
from analysis.cache import cached
from analysis.errors import DataError, Problem, nearest
from analysis.evidence import article_tables, csv_files, evidence_tables, sources
from analysis.evidence.claims import Claim
from analysis.project import Project, sidecar_of
from analysis.scenarios import display_path

KEY = ("paragraph", "text", "occurrence")
COLUMNS = (*KEY, "kind", "target", "note")
TARGETED = ("claim", "cell")
"""The kinds of number that have a target; a name, a date or an ordinal has none."""

_COUNTS = "one two three four five six seven eight nine ten eleven twelve"
_ORDERS = "first second third fourth fifth sixth seventh eighth ninth tenth"
_GROUPS = "half dozen decade hundred thousand million billion trillion"
_MANY = "tens dozens decades hundreds thousands millions billions trillions"
WORDS = frozenset(f"{_COUNTS} {_ORDERS} {_GROUPS} {_MANY}".split())
SCALES = ("thousand", "million", "billion", "trillion")
_PARAGRAPH = re.compile(r"^`(?P<id>[a-z][a-z0-9_]*\.(?:\d+|table))`(?P<text>.*)$")
_TOKEN = re.compile(r"orders? of magnitude|[^\s—–()\[\]{}|\"“”‘*`_]+", re.IGNORECASE)
_FIGURE = re.compile(r"[~≈<>≤≥]?[$€£]?\d(?:[\d.,-]*\d)?")


class Number(NamedTuple):
    """One printed number: its paragraph, its token, and which of its occurrences in the paragraph."""

    paragraph: str
    text: str
    occurrence: int


class NumbersSidecar(BaseModel):
    """What `numbers.meta.yml` says about the list."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    key: tuple[str, ...] = KEY
    inclusion: str = Field(min_length=20)
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    columns: dict[str, evidence_tables.EvidenceColumn]

    @model_validator(mode="after")
    def _the_columns_are_those_that_are_read(self) -> NumbersSidecar:
        if tuple(self.columns) != COLUMNS or self.key != KEY:
            raise ValueError(f"columns must be {', '.join(COLUMNS)}, and key the first three")
        return self


def tokens(text: str) -> list[str]:
    """The numbers of some running text, in order, as printed."""
    numbers: list[str] = []
    complete = True  # whether a scale word may not follow any more
    for raw in _TOKEN.findall(text):
        token = re.sub(r"['’]s$", "", raw.strip(".,;:!?'’…"))
        if not complete and token.lower() in SCALES:
            numbers[-1] += f" {token}"
            complete = True
        elif re.search(r"\d", token):
            numbers.append(token)
            complete = not _FIGURE.fullmatch(raw)
        else:
            complete = True
            numbers += [token] if _is_word(token) else []
    return numbers


def extract(text: str, project: Project | None = None) -> list[Number]:
    """Every number printed in the body of an article, in the order of reading.

    Parameters
    ----------
    text : str
        Markdown whose paragraphs begin with their id in backticks; a table follows the line of its id.
    """
    numbers: list[Number] = []
    for paragraph, printed in _paragraphs(text, project).items():
        numbers += _with_occurrences(paragraph, (token for piece in printed for token in tokens(piece)))
    return numbers


def load(project: Project | None = None) -> pd.DataFrame:
    """The list: ``paragraph, text, occurrence, kind, target, note``, indexed by the row in the file.

    Raises
    ------
    DataError
        Not as its sidecar describes it: a kind that there is not, a target too few or too many, occurrences
        that do not count up from one, a paragraph that the article does not have; all of it at once.
    """
    return _read(project or Project.default()).copy()


def sidecar(project: Project | None = None) -> NumbersSidecar:
    """The sidecar of the list."""
    return sources.read_as(NumbersSidecar, sidecar_of((project or Project.default()).numbers))


def paragraphs(project: Project | None = None) -> list[str]:
    """The ids of all paragraphs and tables of the article's body."""
    this = thesis.load(project)
    counted = [
        f"{name}.{n}" for name, section in this.sections.items() for n in range(1, section.paragraphs + 1)
    ]
    return [*counted, *(sources.sidecar(name, project).where for name in this.tables)]


def printed_cells(project: Project | None = None) -> dict[str, str]:
    """What each cell of the article's tables prints, by id ``SECTION.table.ROW.COLUMN``; keys have none."""
    cells = {}
    for name in thesis.load(project).tables:
        meta = sources.sidecar(name, project)
        for row in article_tables.printed_table(name, project).to_dict("records"):
            for column in [column for column in meta.columns if column != meta.key]:
                cells[f"{meta.where}.{slug(row[meta.key])}.{column}"] = str(row[column])
    return cells


def slug(text: str) -> str:
    """A name as an id may hold it: lower case, and one `_` for whatever is neither letter nor digit."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def coverage_problems(claims: Sequence[Claim], project: Project | None = None) -> list[Problem]:
    """Unknown targets in the list, and claims and cells whose figures it lacks."""
    project = project or Project.default()
    listed, printed = load(project), printed_cells(project)
    where = display_path(project.numbers)
    ids = {"claim": {claim.id for claim in claims}, "cell": set(printed)}
    problems = [
        Problem(
            f"{where}, row {row}, column target",
            f"there is no {kind} {target!r}",
            nearest(target, ids[kind]),
        )
        for row, kind, target in listed[["kind", "target"]].itertuples()
        if kind in ids and target not in ids[kind]
    ]
    return [
        *problems,
        *_unlisted_claim_figures(claims, listed, project),
        *_unlisted_cell_numbers(printed, listed, where),
    ]


def compare_with_article(
    text: str, listed: pd.DataFrame, project: Project | None = None, article: str = "the article"
) -> list[Problem]:
    """What an article prints that the list lacks, and what the list has too much.

    Parameters
    ----------
    text : str
        The article, as `extract` reads it.
    listed : DataFrame
        What `load` gives.
    article : str
        How messages call the article.
    """
    project = project or Project.default()
    where = display_path(project.numbers)
    rows = {Number(*row): number for number, *row in listed[list(KEY)].itertuples()}
    numbers = extract(text, project)
    problems = [
        Problem(
            f"{article}, {n.paragraph}",
            f"prints {n.text!r} ({_ordinal(n.occurrence)} time), which {where} lacks",
            f"Add the row {n.paragraph},{n.text},{n.occurrence}, with its kind and target",
        )
        for n in numbers
        if n not in rows
    ]
    problems += [
        Problem(
            f"{where}, row {row}",
            f"{n.paragraph} does not print {n.text!r} a {_ordinal(n.occurrence)} time",
            "Remove the row",
        )
        for n, row in rows.items()
        if n not in set(numbers)
    ]
    counted, printed = set(paragraphs(project)), set(_paragraphs(text, project))
    for name in sorted(counted ^ printed):
        rule = "is not in the article" if name in counted else "is not counted in thesis.yml"
        problems.append(Problem(f"{article}, {name}", rule, "Correct the paragraphs of thesis.yml"))
    return problems


def _is_word(token: str) -> bool:
    lower = token.lower()
    return lower.endswith("of magnitude") or not WORDS.isdisjoint(lower.split("-"))


def _paragraphs(text: str, project: Project | None) -> dict[str, list[str]]:
    """The pieces of each paragraph of the body: its text, or the cells of its table."""
    pieces: dict[str, list[str]] = {}
    current: list[str] | None = None
    sections = thesis.load(project).sections
    for line in text.split("\n"):
        if line.startswith("#"):
            current = None
        elif begins := _PARAGRAPH.match(line):
            body = begins["id"].partition(".")[0] in sections
            current = pieces.setdefault(begins["id"], []) if body else None
            line = begins["text"]
        if current is not None:
            current += line.strip("|").split("|") if line.startswith("|") else [line]
    return pieces


def _with_occurrences(paragraph: str, printed: Iterable[str]) -> Iterator[Number]:
    seen: Counter[str] = Counter()
    for token in printed:
        seen[token] += 1
        yield Number(paragraph, token, seen[token])


@cached
def _read(project: Project) -> pd.DataFrame:
    meta, path = sidecar(project), project.numbers
    table, problems = csv_files.read_rows(path, list(meta.columns), meta.key)
    names, seen = set(paragraphs(project)), Counter[tuple[str, str]]()
    for row, record in zip(table.index, _records(table), strict=True):
        where = f"{display_path(path)}, row {row}, column"
        seen[record["paragraph"], record["text"]] += 1
        problems += _row_problems(record, seen[record["paragraph"], record["text"]], meta, names, where)
    problems += [] if problems else csv_files.hash_problems(path, meta.sha256)
    if problems:
        raise DataError(problems)
    return table.astype({"occurrence": int})


def _records(table: pd.DataFrame) -> list[dict[str, str]]:
    return [{str(column): str(cell) for column, cell in row.items()} for row in table.to_dict("records")]


def _row_problems(
    record: Mapping[str, str], nth: int, meta: NumbersSidecar, paragraphs: set[str], where: str
) -> Iterator[Problem]:
    if record["paragraph"] not in paragraphs:
        rule = f"the article has no paragraph {record['paragraph']!r}"
        yield Problem(f"{where} paragraph", rule, nearest(record["paragraph"], paragraphs))
    if tokens(record["text"]) != [record["text"]]:
        yield Problem(
            f"{where} text",
            f"{record['text']!r} is no number",
            "Write the token as it is printed, and nothing else",
        )
    if record["occurrence"] != str(nth):
        rule = (
            f"{record['occurrence']!r} is out of turn: it is the {_ordinal(nth)} {record['text']!r} in"
            f" {record['paragraph']}"
        )
        yield Problem(f"{where} occurrence", rule, f"Write {nth}")
    kinds = meta.columns["kind"].values
    if record["kind"] not in kinds:
        yield Problem(
            f"{where} kind", f"{record['kind']!r} is none of the values", f"Write one of {', '.join(kinds)}"
        )
    elif (record["kind"] in TARGETED) != bool(record["target"]):
        rule, fix = (
            (f"a {record['kind']} has no target", "Leave it empty")
            if record["target"]
            else ("is empty", f"Write the id of the {record['kind']} that tests the number")
        )
        yield Problem(f"{where} target", rule, fix)


def _unlisted_claim_figures(
    claims: Sequence[Claim], listed: pd.DataFrame, project: Project
) -> Iterator[Problem]:
    """Claims whose printed figure is not among the numbers of their paragraphs."""
    printed = listed.groupby("paragraph")["text"].agg(set).to_dict()
    names, path = paragraphs(project), display_path(project.claims)
    for claim in claims:
        for name in [name for name in claim.where if name not in names]:
            rule = f"the article has no paragraph {name!r}"
            yield Problem(f"{path}, claim {claim.id}, key where", rule, nearest(name, names))
        there = set().union(*(printed.get(name, set()) for name in claim.where))
        for token in [token for token in tokens(claim.stated or "") if not _is_printed(token, there)]:
            rule = f"{token!r} is not among the numbers of {', '.join(claim.where)}"
            fix = "Write the figure as printed, name the paragraph that prints it, or add it to numbers.csv"
            yield Problem(f"{path}, claim {claim.id}, key stated", rule, fix)


def _is_printed(token: str, printed: Iterable[str]) -> bool:
    """Whether a number is printed, alone or first in a compound (``1 million`` of ``1-million-token``)."""
    return any(text == token or text.replace("-", " ").startswith(f"{token} ") for text in printed)


def _unlisted_cell_numbers(printed: Mapping[str, str], listed: pd.DataFrame, where: str) -> Iterator[Problem]:
    """Cells of the tables whose numbers the list does not have, or has otherwise."""
    listed_numbers: dict[str, list[str]] = defaultdict(list)
    for text, target in listed.loc[listed["kind"] == "cell", ["text", "target"]].itertuples(index=False):
        listed_numbers[target].append(text)
    for cell, text in printed.items():
        if (printed_numbers := tokens(text)) != listed_numbers[cell]:
            rule = (
                f"cell {cell} prints {', '.join(printed_numbers) or 'no number'}, the list has"
                f" {', '.join(listed_numbers[cell]) or 'none'}"
            )
            yield Problem(where, rule, f"Write one row a number, kind cell, target {cell}")


def _ordinal(count: int) -> str:
    return {1: "1st", 2: "2nd", 3: "3rd"}.get(count, f"{count}th")
