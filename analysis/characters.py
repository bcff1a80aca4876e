"""Which characters of a notebook may reach a reader? Those that can be seen, in the order in which they
stand.

Decisions
- Colours and links of a terminal are dropped: they say nothing on a page.
- Everything else that cannot be shown becomes the sign for it (U+FFFD), so that nothing vanishes in silence:
  control characters and halves of characters, which HTML and UTF-8 forbid, and the signs that turn the
  direction of writing, which let a number or a line of code read as another. The gentle marks of direction
  (U+200E, U+200F) stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.errors import HIDDEN, TERMINAL


def legible(value: Any) -> Any:
    """The same value, a text or what JSON makes of many, with every text in characters that a reader sees."""
    if isinstance(value, str):
        return HIDDEN.sub("\ufffd", TERMINAL.sub("", value))
    if isinstance(value, Mapping):
        return {legible(key): legible(item) for key, item in value.items()}
    return [legible(item) for item in value] if isinstance(value, list) else value
