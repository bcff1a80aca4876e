"""Has a model like this been right before?

Decisions
- What each test is judged by was fixed before any of them was run: one score, at one horizon, against one
  rival. Everything else that is printed is there to be looked at and decides nothing.
- The horizon is that of the question: the investment ends after five years, the article's write-down within
  three. The rival is the class itself: the outcomes of other companies that looked alike at the entry. A model
  that does not beat them adds nothing to counting.
- Ratios are scored on logs, where half and twice are as far away.
"""

from __future__ import annotations

from typing import NamedTuple

MODEL, CLASS = "model", "class"
LEAST_EFFECTIVE = 30.0
"""Cases that must count, by clusters of entry years and companies, before a test has a verdict."""
LEAST_PROBABILITY = 0.8
"""How likely it must be that the model's score beats the class before its number comes first."""


class CalibrationTest(NamedTuple):
    """A part of the model that past cases can judge, and what decides."""

    name: str
    outcome: str
    horizons_years: tuple[int, ...]
    primary_years: int
    """The horizon that decides, fixed before the test was run."""
    score: str
    """The score that decides; smaller is better."""
    rival: str


TESTS = (
    CalibrationTest("revenue", "log of revenue over revenue at the entry", (1, 2, 3, 5), 5, "CRPS", CLASS),
    CalibrationTest("value", "log of value over value at the entry", (1, 3, 5), 5, "CRPS", CLASS),
    CalibrationTest(
        "event", "value a quarter or more below the entry within the time", (3,), 3, "Brier", CLASS
    ),
)
