"""What does a figure say? Parse and format quantities: `~$100M`, `>$20B`, `405B (Dense)`, `10-20x`.

Decisions
- A figure keeps its text and is read into value, lower and upper bound, qualifier, unit and note; an unknown
  one is missing with the reason that the text gives, never zero.
- A figure without qualifier stands for everything that rounds to it: half a unit of its last digit to each
  side.
- `~`, `est.` and words like them have wider bounds: a share of the value (`approximation`) to each side.
- `>` is a lower bound and has no upper one; its value is the bound itself. A range has bounds and no value.
- The caller names the unit (`usd_bn`, `pct`), and the symbol in the text must agree with it.
"""

from __future__ import annotations

import datetime as dt
import math
import numbers
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from analysis.errors import FigureError

if TYPE_CHECKING:
    import pandas as pd

APPROXIMATION = 0.10
"""The bounds of `about` where the caller names none, as a share of the value to each side."""

UNITS: dict[str, tuple[str, float]] = {
    "usd": ("$", 1.0),
    "usd_mn": ("$", 1e6),
    "usd_bn": ("$", 1e9),
    "usd_per_mtok": ("$", 1.0),
    "pct": ("%", 1.0),
    "points": ("points", 1.0),
    "x": ("x", 1.0),
    "count": ("", 1.0),
    "parameters_bn": ("", 1e9),
    "tokens": ("tokens", 1.0),
    "years": ("years", 1.0),
    "months": ("months", 1.0),
    "share": ("", 1.0),
}
"""Unit name to the symbol that a figure may carry, and how many base units one of it is."""

HEADINGS: dict[str, str] = {
    "usd": "$",
    "usd_mn": "$m",
    "usd_bn": "$bn",
    "usd_per_mtok": "$ per million tokens",
    "jpy_tn": "trillion yen",
    "pct": "%",
    "points": "points",
    "x": "×",
    "mtok": "million tokens",
    "tokens": "tokens",
    "years": "years",
    "months": "months",
    "share": "share",
}
"""Unit name to what a heading says of it; a column whose name ends in one (`amount_usd_bn`) is in that unit.
"""

HOUSE_UNITS: dict[str, str] = {
    "usd_bn": "bn",
    "usd_mn": "m",
    "pct": "%",
    "x": "×",
    "points": " points",
    "parameters_bn": "bn",
    "tokens": " tokens",
    "years": " years",
    "months": " months",
}
"""What follows a number of a unit; dollars get their sign before it."""

FORMATS: dict[str, str] = {"share": ".1%"}
"""How numbers of a unit are printed where three significant digits do not suit."""

SCALES = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
SCALES |= {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "bn": 1e9, "trn": 1e12}
QUALIFIERS = {
    "~": ("~", "≈", "about", "around", "roughly", "approximately", "some"),
    ">": (">", "≥", "over", "more than", "at least", "above"),
    "<": ("<", "≤", "under", "less than", "at most", "below", "up to"),
}
INCLUSIVE = ("≥", "≤", "at least", "at most", "up to")
"""Qualifiers whose bound a value may meet; it has to pass those of the others."""
DAYS_PER_YEAR = 365.25
DAYS_PER_MONTH = DAYS_PER_YEAR / 12

NUMBER_WORDS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
}
MISSING = re.compile(r"^(unknown|n/?a|none|not disclosed|[-–—])?\s*(?:\((?P<note>[^)]*)\))?$", re.IGNORECASE)
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_PREFIX = "|".join(
    re.escape(word) for words in QUALIFIERS.values() for word in sorted(words, key=len, reverse=True)
)
FIGURE = re.compile(
    rf"^(?P<prefix>{_PREFIX})?\s*(?P<sign>[-−+])?(?P<currency>\$)?(?P<first>{_NUMBER})"
    rf"(?:\s*[-–]\s*\$?(?P<second>{_NUMBER}))?"
    r"(?:/(?P<denominator>\d+)(?:th)?)?"
    r"\s*(?P<scale>thousand|million|billion|trillion|trn|bn|[kKmMbBtT](?![a-z]))?"
    r"\s*(?P<unit>%|percentage points|points?|x|tokens|stars|years?)?"
    r"\s*(?P<qualifier>\+)?\s*(?:\((?P<note>[^)]*)\))?$",
    re.IGNORECASE,
)
DECIMAL_COMMA = re.compile(r"\d,\d{1,2}(?!\d)|\d,\d{4,}")


@dataclass(frozen=True)
class Quantity:
    """A figure, read from its text.

    Attributes
    ----------
    text : str
        The figure as the source has it.
    value, low, high : float or None
        Central value and bounds in `unit`. A range has no value, an open end is infinite, a missing figure
        has None.
    qualifier : str
        The qualifier in one spelling: ``~``, ``>``, ``<``, ``est.``, ``~ est.``, ``range``, or
        nothing.
    unit : str
        A name of `UNITS`.
    note : str
        The text in brackets without `est.` (``mixture, 21B active``).
    missing : str or None
        Why there is no figure, in the words of the source (``Unknown``, ``N/A (internal)``).
    """

    text: str
    value: float | None
    low: float | None
    high: float | None
    qualifier: str
    unit: str
    note: str = ""
    missing: str | None = None

    @property
    def strict(self) -> bool:
        """Whether a value has to pass its bound (``over 13``) and not only meet it (``at least 13``)."""
        return self.qualifier[:1] in ("<", ">") and not self.text.lower().startswith(INCLUSIVE)


class BoundedFigure(NamedTuple):
    """A number that follows from bounded figures, with the bounds that they leave it."""

    value: float
    low: float
    high: float

    @property
    def level(self) -> None:
        """None: no chance belongs to such bounds."""

    @property
    def percent(self) -> BoundedFigure:
        """The same of a share, in per cent."""
        return BoundedFigure(*(100 * number for number in self))


def parse_figure(text: str, unit: str, *, approximation: float = APPROXIMATION) -> Quantity:
    """Read one figure.

    Parameters
    ----------
    text : str
        The figure with its qualifier, currency, scale and bracketed note.
    unit : str
        The unit of the result, a name of `UNITS`.
    approximation : float
        The bounds of `~` and `est.`, as a share of the value to each side.

    Raises
    ------
    FigureError
        Not a figure, a decimal comma, or a symbol that disagrees with `unit`.
    """
    symbol, size = UNITS[unit]
    words = " ".join(text.split())
    if (absent := MISSING.match(words)) is not None:
        return Quantity(text, None, None, None, "", unit, absent["note"] or "", missing=words or "empty cell")
    first, _, rest = words.partition(" ")
    figure = f"{NUMBER_WORDS.get(first.lower(), first)} {rest}".strip()
    if DECIMAL_COMMA.search(figure):
        raise FigureError(f"{text!r} has a decimal comma", "Write a dot for decimals and no separators")
    match = FIGURE.match(figure)
    if match is None:
        raise FigureError(f"{text!r} is not a figure", f"Write for example {_example(unit)}, or Unknown")
    _check_symbol(match, symbol, text, unit)
    scale = SCALES[(match["scale"] or "").lower()] / size
    note, estimated = _split_note(match["note"] or "")
    qualifier = " ".join(
        filter(None, (_qualifier_mark(match["prefix"], match["qualifier"]), "est." if estimated else ""))
    )
    value = _to_float(match["first"]) * scale * (-1 if match["sign"] in ("-", "−") else 1)
    if match["second"]:
        return Quantity(text, None, value, _to_float(match["second"]) * scale, "range", unit, note)
    if match["denominator"]:
        part = value / float(match["denominator"])
        return Quantity(text, part, part, part, qualifier, unit, note)
    half = 0.5 * 10 ** -_decimals(match["first"]) * scale
    low, high = _bounds(value, half, qualifier, approximation)
    return Quantity(text, value, low, high, qualifier, unit, note)


def parse_figures(
    text: str, unit: str, parts: Sequence[str], *, approximation: float = APPROXIMATION
) -> list[Quantity]:
    """Read a cell that has one figure for each part, or one for all of them.

    ``$5.00 (input) / $15.00 (output)`` and ``$3.00 / $15.00`` give two; ``$2.00 (via API)`` counts for both.

    Raises
    ------
    FigureError
        As `parse_figure`, or another number of figures than parts.
    """
    pieces = re.split(r"\s+/\s+", text.strip())
    if len(pieces) not in (1, len(parts)):
        raise FigureError(
            f"{text!r} prints {len(pieces)} figures", f"Write one, or one for each of {', '.join(parts)}"
        )
    figures = [parse_figure(piece, unit, approximation=approximation) for piece in pieces]
    figures *= len(parts) if len(pieces) == 1 else 1
    return [replace(figure, text=text) for figure in figures]


def format_value(value: float | None, unit: str, digits: int | None = None) -> str:
    """A value in a number or a table: `$11.8bn`, `43%`, `1 year`, or an en dash for none. In sentences:
    `format_figure`.

    `digits` are decimals; without it the value gets about three significant digits.
    """
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "no upper bound" if value > 0 else "no lower bound"
    digits = _default_digits(value) if digits is None else digits
    number = f"{abs(value):,.{digits}f}"
    sign = "−" if value < 0 and float(f"{value:.{digits}f}") != 0 else ""
    return f"{sign}{'$' if UNITS[unit][0] == '$' else ''}{number}{_suffix(number, unit)}"


def _suffix(number: str, unit: str) -> str:
    """What follows a printed number; a word is in the singular after 1."""
    suffix = HOUSE_UNITS.get(unit, "")
    return suffix.removesuffix("s") if number == "1" and suffix.startswith(" ") else suffix


def heading(unit: str) -> str:
    """A unit as a heading has it: `$bn` for `usd_bn`; a text that names no unit of ours as it is."""
    return HEADINGS.get(unit, unit)


def unit_of_name(name: str) -> str | None:
    """The unit that a column's name ends in, as a heading has it; None where it names none."""
    unit = next((unit for unit in HEADINGS if name == unit or name.endswith(f"_{unit}")), None)
    return unit and HEADINGS[unit]


def json_value(value: Any) -> Any:
    """A value as JSON can hold it: six significant digits, nothing for NaN and infinity, no numpy types, days
    in ISO form.
    """
    if isinstance(value, str | bool) or value is None:
        return value
    if isinstance(value, dt.date):
        return value.isoformat()[:10]
    if isinstance(value, Mapping):
        return {str(key): json_value(item) for key, item in value.items()}
    if hasattr(value, "tolist"):  # numpy scalars and arrays
        return json_value(value.tolist())
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    if isinstance(value, numbers.Real) and not isinstance(value, numbers.Integral):
        return float(f"{float(value):.6g}") if math.isfinite(value) else None
    return value if isinstance(value, int) else str(value)


def _default_digits(value: float) -> int:
    return 0 if abs(value) >= 100 or value == 0 else 1 if abs(value) >= 10 else 2


def _to_float(text: str) -> float:
    return float(text.replace(",", ""))


def _decimals(text: str) -> int:
    return len(text.partition(".")[2])


def _check_symbol(match: re.Match[str], symbol: str, text: str, unit: str) -> None:
    in_text = (
        "$"
        if match["currency"]
        else (match["unit"] or "").lower().removeprefix("percentage ").replace("stars", "")
    )
    in_text = {"point": "points", "year": "years"}.get(in_text, in_text)
    if in_text and in_text != symbol:
        raise FigureError(
            f"{text!r} is printed in {in_text} but the column is in {unit}", f"Write {_example(unit)}"
        )


def _example(unit: str) -> str:
    symbol = UNITS[unit][0]
    return {"$": "~$100M", "%": "43%", "x": "10-20x"}.get(symbol, "88.7")


def _qualifier_mark(prefix: str | None, plus: str | None) -> str:
    if plus:
        return ">"
    return next((mark for mark, words in QUALIFIERS.items() if (prefix or "").lower() in words), "")


def _split_note(note: str) -> tuple[str, bool]:
    """A note without `est.`, and whether it had that."""
    pieces = [piece.strip() for piece in note.split(",") if piece.strip()]
    notes = [piece for piece in pieces if piece.lower() not in ("est.", "est", "estimate", "estimated")]
    return ", ".join(notes), len(notes) < len(pieces)


def _bounds(value: float, half: float, qualifier: str, approximation: float) -> tuple[float, float]:
    if qualifier.startswith(">"):
        return value, math.inf
    if qualifier.startswith("<"):
        return -math.inf, value
    margin = max(half, abs(value) * approximation) if qualifier else half
    return value - margin, value + margin


def true_minus(text: str) -> str:
    """A text with a real minus sign before its negative numbers."""
    return re.sub(r"(?<![\w-])-(?=\$?\d)", "\N{MINUS SIGN}", text)


def format_date(day: pd.Timestamp | dt.date) -> str:
    """A day as a reader writes it: 7 August 2025."""
    return f"{day.day} {day:%B %Y}"


def odds(share: float) -> str:
    """A probability as odds in words: `about one in six`, `about two in three`; for the ends `under one in a
    hundred` and `almost certain`.

    The fraction is the simplest that is near, measured in log odds; never a false precision.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"{share} is no probability: it must lie between 0 and 1")
    if share < 0.01:
        return "under one in a hundred"
    if share > 0.99:
        return "almost certain"
    logit = math.log(share / (1 - share))
    part, whole = min(_ODDS, key=lambda pair: abs(math.log(pair[0] / (pair[1] - pair[0])) - logit))
    return f"about {_in_words(part)} in {_in_words(whole)}"


_ODDS = (
    *((1, whole) for whole in (100, 50, 30, 20, 15, 10, 9, 8, 7, 6, 5, 4, 3, 2)),
    *((2, 5), (3, 5), (2, 3), (3, 4), (4, 5), (5, 6), (9, 10), (19, 20), (49, 50), (99, 100)),
)
"""The fractions that odds in words may be, part and whole."""


def _in_words(number: int) -> str:
    return next((word for word, value in NUMBER_WORDS.items() if value == number), str(number))


def whole_percents(shares: Sequence[float]) -> list[int]:
    """The shares of a whole as whole per cents that add to 100, by largest remainder.

    Raises
    ------
    ValueError
        The shares do not add to one.
    """
    if abs(sum(shares) - 1) > 1e-6:
        raise ValueError(f"the shares add to {sum(shares):.6g}, and parts of a whole add to 1")
    floors = [math.floor(100 * share) for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda i: floors[i] - 100 * shares[i])
    for i in by_remainder[: 100 - sum(floors)]:
        floors[i] += 1
    return floors


def percent_parts(shares: Sequence[float]) -> list[str]:
    """The shares of a whole as `whole_percents` in words; what is possible is never 0%, what is not certain
    never 100%.
    """
    parts = zip(shares, whole_percents(shares), strict=True)
    return [
        "<1%" if whole == 0 < share else ">99%" if whole == 100 and share < 1 else f"{whole}%"
        for share, whole in parts
    ]


def format_figure(value: float, unit: str, digits: int | None = None) -> str:
    """A figure as a sentence has it: $44.6bn, $400m, $1.77trn, 2.6×, 13%; without `digits` it gets a decimal
    only where it has one.
    """
    if unit == "usd_bn" and abs(value) >= 1000:
        number = f"{abs(value) / 1000:,.2f}".rstrip("0").rstrip(".")
        return f"{'−' if value < 0 else ''}${number}trn"
    if unit == "usd_bn" and 0 < abs(value) < 1:
        value, unit = value * 1000, "usd_mn"
    if digits is None:
        digits = 0 if unit == "count" or abs(value - round(value)) < 0.05 else 1
    number = f"{abs(value):,.{digits}f}"
    minus = "−" if value < 0 and float(f"{value:.{digits}f}") != 0 else ""
    dollar = "$" if unit.startswith("usd") else ""
    return f"{minus}{dollar}{number}{_suffix(number, unit)}"
