"""Does a sentence still say what the numbers say? Ties between words that state a sign, a ranking or a
threshold and the value.

Decisions
- A tie is made where the value is, in the notebook, and travels with the sentence: `display.sentence(...,
  tie=...)` for a computed sentence, `display.check` for words that stand in Markdown.
- When a value crosses, the run fails and quotes the sentence with the value. A sentence may have a form for
  the other side.
- Numbers that are printed need no tie: they are computed. Words need one.
- A value that is not known (NaN) holds nothing.
"""

from __future__ import annotations

import math
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis import labels
from analysis.errors import Problem, ProseError


@dataclass(frozen=True)
class Assertion:
    """Whether words hold, and what the value is, for whoever has to mend them."""

    holds: bool
    told: str


def above(value: float, bound: float, what: str) -> Assertion:
    """The value lies above a bound; `what` names it."""
    return Assertion(
        value > bound, f"{what} is {_number(value)}, and would have to be above {_number(bound)}"
    )


def below(value: float, bound: float, what: str) -> Assertion:
    """The value lies below a bound."""
    return Assertion(
        value < bound, f"{what} is {_number(value)}, and would have to be below {_number(bound)}"
    )


def between(value: float, low: float, high: float, what: str) -> Assertion:
    """The value lies between two bounds, or on one."""
    return Assertion(
        low <= value <= high,
        f"{what} is {_number(value)}, and would have to be {_number(low)} to {_number(high)}",
    )


def largest(values: Mapping[str, float], name: str, what: str) -> Assertion:
    """The value of a name is the only largest."""
    first = max(values, key=lambda key: -math.inf if math.isnan(values[key]) else values[key])
    alone = list(values.values()).count(values[first]) == 1
    return Assertion(
        first == name and alone,
        f"the largest {what} is {first}'s with {_number(values[first])}, and would have to be {name}'s alone",
    )


def true(condition: bool, told: str) -> Assertion:
    """A condition that the others do not cover; `told` says how it stands where it does not hold."""
    return Assertion(bool(condition), told)


def fill(template: str, values: Mapping[str, Any]) -> str:
    """A sentence with its numbers: `str.format`, with a format for counts.

    ``{n:count}`` is a count as prose has it (`labels.number_word`), ``{n:Count}`` the same at the start of a
    sentence, and ``{n:count|is|are}`` adds the word that goes with it.
    """
    return _Counting().vformat(template, (), values)


class _Counting(string.Formatter):
    """`str.format` that also knows how prose counts."""

    def format_field(self, value: Any, format_spec: str) -> str:
        kind, *forms = format_spec.split("|")
        if kind.lower() != "count":
            return str(super().format_field(value, format_spec))
        words = labels.number_word(value, *forms)
        return words[0].upper() + words[1:] if kind == "Count" else words


def every(ties: Sequence[Assertion]) -> Assertion:
    """All of several ties; those that do not hold are told."""
    broken = [tie.told for tie in ties if not tie.holds]
    return Assertion(not broken, "; ".join(broken))


def choose(name: str, words: str, tie: Assertion, otherwise: str | None) -> str:
    """The form of a sentence that holds.

    Raises
    ------
    ProseError
        The words do not hold and there is no form for the other side.
    """
    if tie.holds:
        return words
    if otherwise is not None:
        return otherwise
    rule = f"“{words}” no longer holds: {tie.told}"
    raise ProseError(Problem(f"sentence {name}", rule, "Write what holds now, or a form for the other side"))


def _number(value: float) -> str:
    return f"{value:.4g}"
