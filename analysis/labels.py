"""What does a reader see where data hold a key? One word for each, on pages, in charts and in listings; and
how prose counts.

Decisions
- Keys are an interface and stay in data and JSON; a label is for people and may change.
- They stand here, apart from what computes and what shows, so that a chart, a page and a listing cannot
  differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

VERDICTS: Mapping[str, str] = {
    "holds": "right",
    "partly": "partly right",
    "fails": "wrong",
    "void": "overtaken",
    "open": "too early to tell",
    "uncheckable": "can't be checked",
}
"""Every verdict with its label, in the order in which counts are shown."""

PARTS: Mapping[str, str] = {
    "open": "too early to tell",
    "true": "came true",
    "false": "did not come true",
    "void": VERDICTS["void"],
}
"""How a part of a prediction may stand, with its label."""

INDICATORS: Mapping[str, str] = {
    "signals": "triggered",
    "quiet": "not triggered",
    "unknown": "not in our data",
}
"""How an indicator may stand, with its label."""

QUALITIES: Mapping[str, str] = {
    "official": "official",
    "measured": "measured",
    "reported": "press report",
    "estimate": "estimate",
    "secondary": "second-hand",
    "article": "article alone",
    "model": "our model",
}
"""How strong a source is, strongest first, with its label; the last two are what a verdict can rest on
without a source.
"""

METHODS: Mapping[str, str] = {"none: overtaken": "–"}
"""What stands in the place of a method where a part can have none; the methods are words already."""

COLUMNS: Mapping[str, Mapping[str, str]] = {
    "verdict": VERDICTS,
    "status": {**PARTS, **INDICATORS},
    "strength": QUALITIES,
    "quality": QUALITIES,
    "method": METHODS,
}
"""The columns of tables and listings that hold keys."""

WORDS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def label(column: str, value: Any) -> Any:
    """What a reader sees for a value of a column: the label of a key, anything else as it is."""
    return COLUMNS.get(column, {}).get(value, value) if isinstance(value, str) else value


def number_word(number: float, one: str = "", many: str = "") -> str:
    """A count as a sentence has it, in words up to nine and in digits beyond, with what follows it: `one` or
    `many`.
    """
    whole = int(number) if number == int(number) else number
    words = WORDS[int(whole)] if whole in range(len(WORDS)) else f"{whole:,}"
    return f"{words} {one if number == 1 else many}".rstrip()


def join_words(parts: Iterable[str]) -> str:
    """Parts in a row: a, b and c."""
    *before, last = list(parts) or [""]
    return f"{', '.join(before)} and {last}" if before else last
