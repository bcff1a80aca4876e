"""What does a reader see where data hold a key? One word for each, on pages, in charts and in listings.

Decisions
- Keys are an interface and stay in data and JSON; a label is for people and may change.
- They stand here, apart from what computes and what shows, so that a chart, a page and a listing cannot differ.
"""

from __future__ import annotations

from collections.abc import Mapping
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

COLUMNS: Mapping[str, Mapping[str, str]] = {"verdict": VERDICTS, "status": PARTS}
"""The columns of tables and listings that hold keys."""


def of(column: str, value: Any) -> Any:
    """What a reader sees for a value of a column: the label of a key, anything else as it is."""
    return COLUMNS.get(column, {}).get(value, value) if isinstance(value, str) else value
