"""Do our data show it? Checks that look up what happened, what was counted, and what overtook a statement.

Decisions
- A statement about a state is true until something in our data ends it: then it fails as out of date, and a
  forecast whose premise was so overtaken is void.
- A lower bound that was passed long ago stays true; the verdict says that it is out of date.
- Sentences come from the claim (`told`) with their days and figures filled in from our data; where a fact
  of the sentence was not known yet, the facts that were known are listed instead. What answers in them
  follows the verdict (``{answer}``, or the name of a reading).
- Silence proves nothing: a part of a statement that no fact bears out or contradicts is unknown, and the
  statement is right in part where another part is right. Of two measures of one thing, one that cannot tell
  leaves it to the other.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType

import pandas as pd

from analysis import labels
from analysis.audit.facts import (
    FACTS,
    Facts,
    Interval,
    NothingKnown,
    Pick,
    describe_day,
    describe_value,
    exact,
    fact_ids_in,
    fill_placeholders,
    names_in,
    placeholder_values,
    refuse_braces,
)
from analysis.audit.verdicts import Finding, accepted, answer, check, meets_interval
from analysis.errors import DataError, Problem, nearest
from analysis.labels import join_words
from analysis.units import DAYS_PER_YEAR, Quantity, format_date, format_figure

WEEKS = 5
"""How many weeks a month touches at most: its users are no more than those of so many weeks that share none.
"""

FIGURE = re.compile(r"\bthis( much(?! more))?(?: much| size| amount| figure| share)?(?! (?:day|context))\b")
"""Where the text of a fact stands for its own figure: this, this much more, this much revenue."""

MAJORITY_PCT = 50.0
"""A stake above this owns what it is a stake in."""

STALE_FACTOR = 2.0
"""A lower bound is out of date where the figure has come to this many times the bound."""


@check("evidence")
def on_record(
    facts: Facts,
    figure: Quantity | None,
    *,
    told: str,
    shows: Sequence[str] = (),
    denies: Sequence[str] = (),
    ended_by: Sequence[str] = (),
    beside: Sequence[str] = (),
) -> Finding:
    """What dated facts say of a statement.

    `shows` bear it out (all are needed), `denies` contradict it, `ended_by` overtook it; `beside` are
    mentioned and decide nothing.
    """
    _refuse_undecidable("on_record", shows=shows, denies=denies, ended_by=ended_by)
    ended, denied = facts.facts_by_day(ended_by), facts.facts_by_day(denies)
    supporting = facts.facts_by_day(shows)
    if not ended and not denied and (not shows or len(supporting) < len(shows)):
        missing = [name for name in shows if name not in {row["id"] for row in supporting}]
        raise NothingKnown(", ".join(missing or [*ended_by, *denies]))
    rows = [*supporting, *denied, *ended, *facts.facts_by_day(beside, decides=False)]
    reason = render_sentence(told, rows, facts)
    return Finding({"on record": not ended and not denied}, reason, overtaken=bool(ended))


@check("evidence")
def readings_on_record(
    facts: Facts, figure: Quantity | None, *, told: str, readings: Mapping[str, Mapping[str, Sequence[str]]]
) -> Finding:
    """A statement with several readings, each borne out (`shows`) or contradicted (`denies`) by dated facts.

    Facts `beside` a reading are mentioned and decide nothing. A reading that no fact decides is unknown. The
    sentence may name a reading (``{Dolphin}``: yes, no or unknown).
    """
    judgements: dict[str, Interval | bool] = {}
    rows: list[pd.Series] = []
    decisive = [
        name for sides in readings.values() for side in ("shows", "denies") for name in sides.get(side) or ()
    ]
    _refuse_undecidable(f"reading {next(iter(readings))!r}", shows=decisive, denies=decisive)
    for name, sides in readings.items():
        denied = facts.facts_by_day(sides.get("denies", ()))
        needed = sides.get("shows", ())
        decided = bool(denied) or 0 < len(needed) == len(facts.without_memory().facts_by_day(needed))
        supporting = facts.facts_by_day(needed, decides=decided)
        if decided:
            judgements[name] = not denied
        rows += [*supporting, *denied, *facts.facts_by_day(sides.get("beside", ()), decides=False)]
    if not judgements:
        raise NothingKnown(
            ", ".join(name for sides in readings.values() for side in sides.values() for name in side)
        )
    answers = {name: _yes_or_no(judgements.get(name)) for name in readings}
    verdict = None
    if len(judgements) < len(readings):
        verdict = "partly" if any(judgements.values()) else "uncheckable"
    return Finding(judgements, render_sentence(told, rows, facts, answers), verdict=verdict)


def _yes_or_no(reading: Interval | bool | None, figure: Quantity | None = None) -> str:
    """What one reading says of a statement, which for a number depends on the stated `figure`."""
    met = meets_interval(reading, accepted(figure)) if isinstance(reading, Interval) else reading
    return "unknown" if met is None else "yes" if met else "no"


@check("evidence")
def figures_on_record(
    facts: Facts,
    figure: Quantity,
    *,
    told: str,
    readings: Mapping[str, Pick],
    was: Sequence[Pick] = (),
    others: Mapping[str, Pick] = MappingProxyType({}),
    beside: Sequence[str] = (),
) -> Finding:
    """A stated figure against one of the evidence per reading; `was` are earlier ones that may add up to it.

    The sentence may name the ``{answer}``, each reading by its label (``{paid}``), ``{was}`` and
    ``{stated}``, besides days and figures of dated facts; the figures `others`, by label, and the facts
    `beside` are mentioned and decide nothing.
    """
    figures = {label: exact(facts.figure(pick)) for label, pick in readings.items()}
    met = any(meets_interval(value, accepted(figure)) for value in figures.values())
    before = exact(sum(facts.figure(pick) for pick in was)) if was else None
    overtaken = not met and before is not None and bool(meets_interval(before, accepted(figure)))
    facts.facts_by_day(beside, decides=False)
    rows = facts.dated_facts
    texts = {label: format_figure(value.value, figure.unit) for label, value in figures.items()}
    for label, pick in others.items():
        with suppress(NothingKnown):  # what decides nothing may be unknown
            texts[label] = format_figure(facts.figure(pick, decides=False), figure.unit)
    texts |= {"stated": figure.text} | ({"was": format_figure(before.value, figure.unit)} if before else {})
    opening = {"answer": answer(Finding(figures, "", overtaken=overtaken), figure)}
    return Finding(figures, render_sentence(told, rows, facts, opening | texts, others), overtaken=overtaken)


@check("evidence")
def layers_owned(
    facts: Facts,
    figure: Quantity | None,
    *,
    told: str,
    stakes: Mapping[str, Pick],
    runs: Mapping[str, Sequence[str]],
    beside: Sequence[str] = (),
) -> Finding:
    """Which layers of a business somebody owns, a reading each: by a stake of more than half, or by dated
    facts that show it.

    `stakes` names a layer's stake in percent, `runs` the facts that show another one; the sentence may name
    each stake by its layer, and ``{answer}``: which layers are owned and which are not.
    """
    stakes_pct = {layer: facts.figure(pick) for layer, pick in stakes.items()}
    readings: dict[str, Interval | bool] = {
        layer: stake > MAJORITY_PCT for layer, stake in stakes_pct.items()
    }
    for layer, names in runs.items():
        readings[layer] = len(facts.facts_by_day(names)) == len(names)
    facts.facts_by_day(beside, decides=False)
    owned, rest = ([layer for layer in readings if bool(readings[layer]) is owns] for owns in (True, False))
    parts = ([f"{join_words(owned)} yes"] if owned else []) + ([f"{join_words(rest)} no"] if rest else [])
    answer = ", ".join(parts)
    values = {layer: format_figure(stake, "pct") for layer, stake in stakes_pct.items()}
    values["answer"] = answer[0].upper() + answer[1:]
    return Finding(readings, render_sentence(told, facts.dated_facts, facts, values))


@check("evidence")
def more_used(
    facts: Facts, figure: Quantity, *, told: str, weekly: str, monthly: str, visits: Sequence[str]
) -> Finding:
    """Whether one service is used more than another: by users, and by visits.

    `weekly` counts the users of the one in a week, `monthly` those of the other in a month. A month has at
    least the users of a week, and at most `WEEKS` times as many; where the other's count lies in between, or
    is the same rounded figure, users leave it open. `visits` are the visits of the one and of the other, in
    one unit; the sentence may name their quotient as ``{visits}``, and the readings, ``{by users}`` and ``{by
    visits}`` (yes, no or unknown).
    """
    readings: dict[str, Interval | bool] = {}
    users = [facts.without_memory().fact(name) for name in (weekly, monthly)]
    weekly_users, monthly_users = (float(row["value"]) for row in users)
    if weekly_users > monthly_users:
        readings["by users"] = True
    elif weekly_users * WEEKS < monthly_users:
        readings["by users"] = False
    facts.facts_by_day([weekly, monthly], decides="by users" in readings)
    counts = [float(facts.fact(name)["value"]) for name in visits]
    readings["by visits"] = exact(counts[0] / counts[1])
    more = {"visits": format_figure(counts[0] / counts[1], "x", 1)}
    more |= {name: _yes_or_no(readings.get(name), figure) for name in ("by users", "by visits")}
    ages = " and ".join(str((facts.day - row["valid_on"]).days) for row in users)
    details = (
        f"The users were counted {ages} days before publication day, in round figures. A month has at least"
        f" the users of each of its weeks, and at most {labels.number_word(WEEKS)} times as many."
    )
    if "by users" not in readings:
        details += " So the users do not tell which service has more, and visits alone decide."
    return Finding(readings, render_sentence(told, facts.dated_facts, facts, more), details=details)


@check("evidence")
def undecided(facts: Facts, figure: Quantity | None, *, told: str, beside: Sequence[str]) -> Finding:
    """What our data say about a statement without deciding it; the sentence says what would."""
    return Finding(
        {}, render_sentence(told, facts.facts_by_day(beside, decides=False), facts), verdict="uncheckable"
    )


@check("evidence")
def bound_passed(facts: Facts, figure: Quantity, *, series: str, told: str | None = None) -> Finding:
    """A printed lower bound against dated counts of a series: dated facts with ids ``series.…``."""
    every = facts.evidence[FACTS]
    names = [name for name in every["id"] if name.startswith(f"{series}.")]
    counts = facts.require(FACTS, id=names or [series])
    now, bound = counts.iloc[-1], float(figure.low or 0)
    since = facts.facts_after_day(names)
    above = counts[counts["value"] > bound]
    first = above.iloc[0] if len(above) else now
    facts.cite(FACTS, counts.loc[list(dict.fromkeys([first.name, now.name]))])
    stale = len(above) > 0 and passed_long_ago(facts, first["valid_on"], now["value"], bound)
    reason = f"{describe_value(now, facts)} {now['unit']} were counted on {format_date(now['valid_on'])}"
    if first["id"] != now["id"]:
        reason += f", and {describe_value(first, facts)} already on {format_date(first['valid_on'])}"
    if told:
        reason += f"; {told}"
    later = f"{describe_value(since[-1], facts)} on {format_date(since[-1]['valid_on'])}." if since else None
    return Finding({"count": exact(float(now["value"]))}, f"{reason}.", stale=stale, since=later)


def passed_long_ago(facts: Facts, first_day: pd.Timestamp, value: float, bound: float) -> bool:
    """Whether a lower bound that was first passed on a day is out of date: by its age, or by how far the
    figure has come.
    """
    days = (facts.day - first_day).days
    return bool(days >= DAYS_PER_YEAR * facts.assumptions.stale_after_years or value >= STALE_FACTOR * bound)


@check("evidence")
def on_record_by(
    facts: Facts,
    figure: Quantity | None,
    *,
    due: dt.date,
    told: str,
    shows: Sequence[str] = (),
    denies: Sequence[str] = (),
    beside: Sequence[str] = (),
) -> Finding:
    """A forecast with its own day (`due`, ``{due}`` in the sentence): open before it, then as `on_record`.

    Before that day dated facts are mentioned and decide nothing, as `beside` does after it too.
    """
    _refuse_undecidable("on_record_by", shows=shows, denies=denies)
    deadline = pd.Timestamp(due)
    over = facts.as_of > deadline
    then = facts.at(min(facts.as_of, deadline))
    supporting, denied = (then.facts_by_day(names, decides=over) for names in (shows, denies))
    mentioned = then.facts_by_day(beside, decides=False)
    sentence = render_sentence(
        told, [*supporting, *denied, *mentioned], facts, {"due": format_date(deadline)}
    )
    if not over:
        return Finding({}, sentence, verdict="open")
    if not denied and (not shows or len(supporting) < len(shows)):
        raise NothingKnown(", ".join([*shows, *denies]))
    return Finding({"on record": not denied}, sentence)


@check("evidence")
def duty_in_force(
    facts: Facts, figure: Quantity | None, *, told: str, duties: Sequence[str], beside: Sequence[str] = ()
) -> Finding:
    """Whether duties with a first day (`due_on`) applied on publication day; `beside` decide nothing.

    The sentence may open with the ``{answer}``, yes or not yet.
    """
    _refuse_undecidable("duty_in_force", duties=duties)
    rules = facts.facts_by_day(duties)
    if not rules:
        raise NothingKnown(", ".join(duties))
    applied = [row for row in rules if row["due_on"] <= facts.day]
    rows = [*rules, *facts.facts_by_day(beside, decides=False)]
    opening = {"answer": "Yes" if applied else "Not yet"}
    return Finding({"applies": bool(applied)}, render_sentence(told, rows, facts, opening))


def since(facts: Facts, items: Sequence[str]) -> str | None:
    """What came after publication day: facts by id in their own words, or sentences with ``{id.value}``.

    A sentence is given once all its facts are known and one of them came after publication day.

    Raises
    ------
    DataError
        A sentence asks for what its facts do not have.
    """
    sentences = []
    for item in items:
        refuse_braces(item)
        if names := fact_ids_in(item):
            sentences += _fill_known(item, facts, names)
        else:
            sentences += [_sentence(row, facts) for row in facts.facts_after_day([item])]
    return " ".join(sentences) or None


def _fill_known(template: str, facts: Facts, names: Sequence[str]) -> list[str]:
    """A sentence with its facts filled in; nothing where some are not known yet."""
    rows = facts.without_memory().at(pd.Timestamp.max).facts_by_day(names)
    if len(rows) < len(names) or all(row["valid_on"] <= facts.day for row in rows):
        return []
    values = placeholder_values(rows, facts)
    sentence = fill_placeholders(template, values)
    if sentence is None:
        rule = f"{template!r} asks for more than its facts have: {', '.join(values)}"
        raise DataError(Problem("the sentence", rule, "Ask for one of these"))
    facts.mention(FACTS, rows)
    return [sentence]


def _sentence(row: pd.Series, facts: Facts) -> str:
    fact, day = str(row["fact"]), describe_day(row)
    if str(row["subject"]) not in fact:
        day = f"{day}, {row['subject']}"
    if pd.notna(row["value"]):
        figure = describe_value(row, facts)
        with_figure = FIGURE.sub(lambda match: figure + (" of" if match[1] else ""), fact, count=1)
        fact = with_figure if with_figure != fact else f"{fact}: {figure}"
    due = f" ({format_date(row['due_on'])})" if pd.notna(row["due_on"]) else ""
    return f"{day}: {fact}{due}."


def _refuse_undecidable(call: str, **sides: Sequence[str] | None) -> None:
    """Calls that name no dated fact on any side: no day could decide them."""
    if not any(sides.values()):
        *before, last = sides
        give = f"{', '.join(before)} or {last}" if before else last
        fix = f"Give {give}, or use the check undecided"
        raise DataError(Problem(call, "names no fact that decides", fix))


def render_sentence(
    template: str,
    rows: Sequence[pd.Series],
    facts: Facts,
    more: Mapping[str, str] | None = None,
    unknown: Iterable[str] = (),
) -> str:
    """A claim's sentence with days and figures of its facts, those that were known by then.

    `unknown` are names besides those of facts that may have no figure yet.

    Raises
    ------
    NothingKnown
        None of them was known yet.
    DataError
        It has a name that no day fills in, or a brace without its other.
    """
    values = {**(more or {}), **placeholder_values(rows, facts)}
    refuse_unknown_names(template, facts, {*values, *unknown})
    sentence = fill_placeholders(template, values)
    if sentence is None and not rows:
        raise NothingKnown("the facts of its sentence")
    on_record_then = "; ".join(f"{row['fact']} ({describe_day(row)})" for row in rows)
    return sentence or f"On record: {on_record_then}."


def refuse_unknown_names(template: str, facts: Facts, allowed: set[str]) -> None:
    """Refuse names of a sentence that are neither allowed nor what some dated fact has on any day, and braces
    that enclose none.

    Raises
    ------
    DataError
        It has such a name or brace.
    """
    refuse_braces(template)
    if not (unknown := [name for name in names_in(template) if name not in allowed]):
        return
    every = facts.evidence[FACTS]
    rows = every[every["id"].isin(fact_ids_in(template))]
    allowed |= placeholder_values((row for _, row in rows.iterrows()), facts).keys()
    if never := [name for name in unknown if name not in allowed]:
        rule = f"{{{never[0]}}} is neither a figure of this check nor what a dated fact has"
        names = {*allowed, *every["id"]} if "." in never[0] else allowed
        fix = nearest(never[0], names) if names else "Name a dated fact"
        raise DataError(Problem("the sentence", rule, fix))
