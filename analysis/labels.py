"""What does a reader see where data hold a key? One label for each, on pages, in charts and in listings; and
how prose counts.

Decisions
- Keys are an interface and stay in data and JSON; a label is for people and may change.
- Labels have a module of their own, apart from what computes and what displays, so that a chart, a page and
  a listing cannot differ.
"""

from __future__ import annotations

import re
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
"""Every status of a part of a prediction, with its label."""

INDICATORS: Mapping[str, str] = {
    "signals": "triggered",
    "quiet": "not triggered",
    "unknown": "not in our data",
}
"""Every status of an indicator, with its label."""

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

METHODS: Mapping[str, str] = {
    "base rate": "past cases",
    "trend": "trend",
    "random walk": "naive forecast",
    "simulation": "our simulation",
    "judgement": "our judgement",
    "none: overtaken": "–",
}
"""Every kind of method for a probability, and the key for a part that can have none, with its label."""

UNCERTAINTY: Mapping[str, tuple[str, str]] = {
    "simulated": (
        "simulated",
        "The share of this model's simulated futures, under its assumptions. The model itself may be wrong.",
    ),
    "structure": (
        "range over model variants",
        "What other defensible structures of the model say under the same assumptions.",
    ),
    "scenarios": (
        "range over our scenarios",
        "What our scenarios say. Nobody knows how likely each of them is.",
    ),
    "past_cases": (
        "from past cases",
        "How often it happened to comparable companies. Few of them come close to this one.",
    ),
    "trend": ("fitted trend", "A line fitted to dated points; it assumes that the past goes on."),
    "few_points": ("a handful of points", "It rests on a handful of data points and can be far off."),
    "judgement": ("our judgement", "No data decide it; it is our reading."),
    "sampling": (
        "few cases counted",
        "The interval reflects how few cases were counted, not what those cases may have wrong.",
    ),
    "pooled": (
        "several methods pooled",
        "Several methods give a probability; those with a better record count for more.",
    ),
    "arithmetic": ("calculated", "It follows from stated figures; only those may be wrong."),
}
"""Every kind of uncertainty with its label, and what a reader should know of it."""

DISCLAIMER = "Research, not investment advice. Simulated outcomes under stated assumptions."
"""What every page with a forecast says."""

COLUMNS: Mapping[str, Mapping[str, str]] = {
    "verdict": VERDICTS,
    "status": {**PARTS, **INDICATORS},
    "strength": QUALITIES,
    "quality": QUALITIES,
    "method": METHODS,
}
"""The columns of tables and listings that hold keys."""

_KEY = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+|[a-z][a-z0-9_]*\.[a-z][a-z0-9_]+")

COUNT_WORDS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def label(column: str, value: Any) -> Any:
    """What a reader sees for a value of a column: the label of a key, anything else as it is."""
    return COLUMNS.get(column, {}).get(value, value) if isinstance(value, str) else value


def is_key(value: Any) -> bool:
    """Whether a value is a name of data (`total_costs`, `p2.price`) and no word."""
    return isinstance(value, str) and _KEY.fullmatch(value) is not None


def number_word(number: float, singular: str = "", plural: str = "") -> str:
    """A count as a sentence has it, in words up to nine and in digits beyond, with the word that follows:
    `singular` or `plural`.
    """
    count = int(number) if number == int(number) else number
    word = COUNT_WORDS[int(count)] if count in range(len(COUNT_WORDS)) else f"{count:,}"
    return f"{word} {singular if number == 1 else plural}".rstrip()


def join_words(parts: Iterable[str]) -> str:
    """Parts in a row: a, b and c."""
    *first, last = list(parts) or [""]
    return f"{', '.join(first)} and {last}" if first else last
