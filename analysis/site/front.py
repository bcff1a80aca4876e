"""What does the front page draw besides exhibits? News by day, and outcomes that add to a whole.

Decisions
- News is what claims say of the time after publication, sentence by sentence: the day is the first that a
  sentence names, and a sentence without a day belongs to the one before; alone it comes last. What several
  claims say is one item.
- Bars are as long as the numbers are, and the whole per cents beside them add to 100.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

from analysis.exhibits import Column, JudgedClaim, Table
from analysis.units import percent_parts

MONTHS = {name: number for number, name in enumerate(calendar.month_name) if name}
DAY = re.compile(rf"\b(?:(?P<day>\d{{1,2}}) )?(?P<month>{'|'.join(MONTHS)}) (?P<year>\d{{4}})\b")
"""A day, or only a month, as a sentence names it."""
SENTENCE_END = re.compile(r"(?<=[.!?]) (?=[A-Z$“])")


@dataclass(frozen=True)
class NewsItem:
    """Something that became known after publication: when, what, and the claims that it bears on."""

    on: dt.date
    when: str
    """The day as the sentence has it, which may be a month; nothing where it names none."""
    text: str
    claims: tuple[str, ...]


def news(claims: Iterable[JudgedClaim]) -> list[NewsItem]:
    """What happened after publication, the newest first."""
    claims_of: dict[tuple[dt.date, str, str], list[str]] = {}
    for claim in claims:
        for item in _dated(claim.since or ""):
            claims_of.setdefault(item, []).append(claim.id)
    items = [NewsItem(*item, tuple(ids)) for item, ids in claims_of.items()]
    return sorted(items, key=lambda item: item.on, reverse=True)


def _dated(text: str) -> list[tuple[dt.date, str, str]]:
    """The sentences of a text with their days; those without one follow the one before."""
    items: list[tuple[dt.date, str, str]] = []
    for sentence in SENTENCE_END.split(text):
        if match := DAY.search(sentence):
            day = dt.date(int(match["year"]), MONTHS[match["month"]], int(match["day"] or 1))
            items.append((day, match[0], sentence))
        elif items:
            day, when, before = items[-1]
            items[-1] = day, when, f"{before} {sentence}"
        elif sentence:
            items.append((dt.date.min, "", sentence))
    return items


def first_sentences(text: str, words: int = 1) -> str:
    """The sentences that a text opens with, as many as make so many words."""
    opening = ""
    for sentence in SENTENCE_END.split(text):
        opening = f"{opening} {sentence}".lstrip()
        if len(opening.split()) >= words:
            break
    return opening


@dataclass(frozen=True)
class Part:
    """A part of a whole: where its bar begins and how wide it is, in percent, and what stands beside it."""

    column: Column
    start: float
    width: float
    text: str


@dataclass(frozen=True)
class OutcomeRow:
    """What some outcomes add up to in one case."""

    label: str
    parts: tuple[Part, ...]


def outcome_rows(table: Table) -> list[OutcomeRow]:
    """A table of outcomes as bars: its first column names a case, each other has a part of a hundred."""
    first, *columns = table.columns
    rows = []
    for row in table.rows:
        values = [float(row[column.name]) for column in columns]
        texts = percent_parts([value / sum(values) for value in values])
        starts = [sum(values[:at]) for at in range(len(values))]
        parts = zip(columns, starts, values, texts, strict=True)
        bars = [Part(column, round(start, 2), round(value, 2), text) for column, start, value, text in parts]
        rows.append(OutcomeRow(str(row[first.name]), tuple(bars)))
    return rows
