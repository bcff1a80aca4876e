"""Which characters may reach a reader, and which a terminal? Those that can be seen, in their order.

Decisions
- Colours and links of a terminal are dropped: they say nothing on a page.
- Everything else that cannot be shown becomes the sign for it (U+FFFD), so that nothing vanishes in silence:
  control characters and halves of characters, which HTML and UTF-8 forbid, and the signs that turn the
  direction of writing, which let a number or a line of code read as another. The gentle marks of direction
  (U+200E, U+200F) stay.
- A line for a terminal loses more than a page does: a carriage return, and the ends of lines that an editor
  does not show as one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

TERMINAL = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-?]*[ -/]*[@-~]")
"""What tells a terminal a colour, a link or where to write."""

_NONCHARACTERS = "".join(chr(plane << 16 | last) for plane in range(1, 17) for last in (0xFFFE, 0xFFFF))
HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff"
    f"{_NONCHARACTERS}]"
)
"""Characters that are not seen: controls, halves of characters, turns of the direction of writing, what
Unicode never assigns.
"""

_ESCAPES = (r"\b", r"\f", r"\u")
"""How JSON writes a control character, and what looks like it after an escaped backslash."""

_LINE_END = re.compile("[\r\u2028\u2029]")
"""Ends of lines that an editor does not show as one, or that take a terminal back to the start of its line.
"""

_UNNAMED = {"Cc": "a control character", "Cs": "half of a character", "Cn": "assigned to no character"}
"""What to call the characters of a category of Unicode whose characters have no names."""


def legible(value: Any) -> Any:
    """The same value, a text or what JSON makes of many, with every text in characters that a reader sees."""
    if isinstance(value, str):
        if value.isprintable():  # which is far faster, and stricter
            return value
        return HIDDEN.sub("\ufffd", TERMINAL.sub("", value))
    if isinstance(value, Mapping):
        return {legible(key): legible(item) for key, item in value.items()}
    return [legible(item) for item in value] if isinstance(value, list) else value


def is_legible_json(text: str) -> bool:
    """Whether a text of JSON is sure to hold legible texts alone, which is seen at once for all of them."""
    return not (HIDDEN.search("".join(set(text))) or any(escape in text for escape in _ESCAPES))


def for_terminal(text: str) -> str:
    """A text as a terminal may show it: U+FFFD for what a reader does not see, and no colours."""
    return _LINE_END.sub("\ufffd", legible(text))


def first_hidden_character(text: str) -> tuple[int, str] | None:
    """Where the first character is that a reader does not see, and its name; None if there is none."""
    if text.replace("\n", "").isprintable():  # which is far faster, and stricter
        return None
    match = HIDDEN.search(text) or _LINE_END.search(text)
    if match is None:
        return None
    name = _UNNAMED.get(unicodedata.category(match[0])) or unicodedata.name(match[0]).lower()
    return match.start(), f"U+{ord(match[0]):04X} ({name})"
