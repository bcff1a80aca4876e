"""Does a sentence still say what the numbers say? Ties between words that state a sign, a ranking or a
threshold and the value.

Decisions
- A tie is made where the value is, in the notebook, and travels with the sentence: `display.sentence(...,
  tie=...)` for a computed sentence, `display.check` for words that stand in Markdown.
- When a value crosses its bound, the run fails and quotes the sentence with the value. A sentence may have an
  alternative for that case.
- The numbers of a sentence need no tie: they are computed. Words need one.
- No tie holds for a value that is not known (NaN).
"""

from __future__ import annotations

import math
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis import exhibits, labels, units
from analysis.errors import Problem, ProseError


@dataclass(frozen=True)
class Assertion:
    """What words state of a value.

    Attributes
    ----------
    holds : bool
        Whether the value still agrees with the words.
    reason : str
        What the value is and what it would have to be, for whoever has to mend the words.
    """

    holds: bool
    reason: str


def above(value: float, bound: float, name: str) -> Assertion:
    """The value lies above a bound; `name` says what it is the value of."""
    return Assertion(
        value > bound, f"{name} is {_format(value)}, and would have to be above {_format(bound)}"
    )


def below(value: float, bound: float, name: str) -> Assertion:
    """The value lies below a bound."""
    return Assertion(
        value < bound, f"{name} is {_format(value)}, and would have to be below {_format(bound)}"
    )


def between(value: float, low: float, high: float, name: str) -> Assertion:
    """The value lies between two bounds, or on one."""
    return Assertion(
        low <= value <= high,
        f"{name} is {_format(value)}, and would have to be {_format(low)} to {_format(high)}",
    )


def largest(values: Mapping[str, float], key: str, name: str) -> Assertion:
    """The value of a key is the only largest; `name` says what the values are."""
    first = max(values, key=lambda key: -math.inf if math.isnan(values[key]) else values[key])
    unique = list(values.values()).count(values[first]) == 1
    return Assertion(
        first == key and unique,
        f"the largest {name} is {first}'s with {_format(values[first])}, and would have to be {key}'s alone",
    )


def every(ties: Sequence[Assertion]) -> Assertion:
    """All of several ties; the reason names those that do not hold."""
    reasons = [tie.reason for tie in ties if not tie.holds]
    return Assertion(not reasons, "; ".join(reasons))


def choose(id: str, text: str, tie: Assertion, alternative: str | None) -> str:
    """The form of a sentence that holds: the text where the tie does, else the alternative.

    Raises
    ------
    ProseError
        The tie does not hold and there is no alternative; the message names the sentence by its `id`.
    """
    if tie.holds:
        return text
    if alternative is not None:
        return alternative
    rule = f"“{text}” no longer holds: {tie.reason}"
    raise ProseError(Problem(f"sentence {id}", rule, "Write what holds now, or a form for the other side"))


def render(template: str, values: Mapping[str, Any]) -> str:
    """A sentence with its numbers: `str.format`, with formats of prose.

    ``{n:count}`` is a count as prose has it (`labels.number_word`), ``{n:Count}`` the same at the start of a
    sentence, and ``{n:count|is|are}`` adds the word that goes with it. ``{x:sign|rises|falls}`` is the first
    word where a value is above zero, else the second; ``{names:list}`` has several one after the other,
    ``{text:quote}`` is a sentence in quotation marks, without its full stop, and ``{day:date}`` a day as a
    reader writes it (`units.format_date`). ``{share:odds}`` is a probability in words (`units.odds`).
    ``{share:chance}`` is the share of simulated futures in which something happened: never 0% or 100%.
    ``{share:.0%}`` is 0% or 100% only where the share is, else under 1% or over 99%; ``{percent:pct}`` is the
    same of a number in percent. A negative number has a true minus, a large one no exponent.
    """
    return units.true_minus(_ProseFormatter().vformat(template, (), values))


class _ProseFormatter(string.Formatter):
    """`str.format` that also knows how prose counts, lists, quotes and dates."""

    def format_field(self, value: Any, format_spec: str) -> str:
        kind, *forms = format_spec.split("|")
        match kind:
            case "count":
                return labels.number_word(value, *forms)
            case "Count":
                word = labels.number_word(value, *forms)
                return word[0].upper() + word[1:]
            case "sign":
                above, below = forms
                return above if value > 0 else below
            case "list":
                return "; ".join(map(str, value))
            case "quote":
                return f"“{str(value).rstrip('.')}”"
            case "date":
                return units.format_date(pd.Timestamp(value))
            case "chance":
                return exhibits.chance_in_words(value)
            case "odds":
                return units.odds(value)
            case ".0%":
                return exhibits.share_in_words(value)
            case "pct":
                return exhibits.share_in_words(value / 100)
        if format_spec.endswith("g") and isinstance(value, float):
            return exhibits.number(value, format_spec)
        return str(super().format_field(value, format_spec))


def _format(value: float) -> str:
    return f"{value:.4g}"
