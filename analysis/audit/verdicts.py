"""When does a statement hold? What a check finds, and the verdict that its readings give together.

Decisions
- Printed numbers carry their rounding: a result is an interval made of its inputs' bounds, and a claim holds
  where that interval meets the stated one. So no claim fails on a rounded digit.
- A stated range is its printed ends, not widened; a stated single figure is everything that rounds to it.
- Where the sentence can be read in several ways that its own text supports, each reading is judged: all hold,
  `holds`; none, `fails`; else `partly`, and the reason names them.
- A bound is passed, not met: a rounded figure that equals it does not bear out "over" it.
- Where open-ended figures (`>`) leave both answers possible, the verdict is `uncheckable` and says what would
  settle it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from analysis.audit.facts import Interval
from analysis.units import Quantity

BASES = ("article", "evidence", "model")
"""What a verdict may rest on: the article's own numbers, rows of evidence, a model under base assumptions."""


@dataclass(frozen=True)
class Finding:
    """The result of a check.

    Attributes
    ----------
    readings : mapping of str to Interval or bool
        The result by reading of the sentence: a number to be compared with the stated one, or true or false.
    reason : str
        One or two plain sentences: the answer, then the numbers.
    details : str, optional
        The statistics behind it, for who wants them.
    computed : Interval, optional
        The result to show; the first reading that is a number where there is none.
    accepts : (float, float), optional
        What a number has to meet where the claim states no figure.
    overtaken : bool
        The statement was right until something that came before publication day.
    stale : bool
        A lower bound that had been passed long before.
    verdict : str, optional
        Given outright where readings cannot: `open` for what lies ahead.
    since : str, optional
        What happened after publication day.
    """

    readings: Mapping[str, Interval | bool]
    reason: str
    computed: Interval | None = None
    accepts: tuple[float, float] | None = None
    overtaken: bool = False
    stale: bool = False
    verdict: str | None = None
    details: str | None = None
    since: str | None = None

    @property
    def result(self) -> Interval | None:
        """The result that the ledger shows; None where no reading is a number."""
        numbers = (value for value in self.readings.values() if isinstance(value, Interval))
        return self.computed or next(numbers, None)


ANSWERS = {
    "holds": "Yes",
    "partly": "Only in part",
    "fails": "No",
    "open": "Too early to tell",
    "uncheckable": "We cannot tell",
}
"""How a sentence opens on each verdict that a check gives."""

Check = Callable[..., Finding]
CHECKS: dict[str, Check] = {}
"""Every calculation that a claim may ask for, by its name."""
BASIS: dict[str, str] = {}
"""What each calculation rests on, one of `BASES`."""


def check(basis: str) -> Callable[[Check], Check]:
    """Register a calculation under its own name, for claims to call, with its basis (one of `BASES`)."""

    def registered(function: Check) -> Check:
        name = function.__name__
        if name in CHECKS and CHECKS[name].__module__ != function.__module__:
            raise ValueError(f"Two checks are called {name}. Rename one: claims call them by name.")
        CHECKS[name], BASIS[name] = function, basis
        return function

    return registered


def judge(finding: Finding, figure: Quantity | None) -> str:
    """The verdict of the readings together, compared with the stated figure or what the check accepts."""
    if finding.verdict is not None:
        return finding.verdict
    meets = [_meets(value, finding, figure) for value in finding.readings.values()]
    if None in meets:
        return "uncheckable"
    if figure is not None and any(_on_bound(value, figure) for value in finding.readings.values()):
        return "partly"
    return "holds" if all(meets) else "partly" if any(meets) else "fails"


def answer(finding: Finding, figure: Quantity | None) -> str:
    """The words that open a reason, so that they follow the verdict: Yes, Only in part, No, or No longer."""
    if finding.overtaken:
        return "No longer"
    return ANSWERS[judge(finding, figure)]


def accepted(figure: Quantity | None) -> tuple[float, float]:
    """The bounds of the figure with which a claim is compared."""
    if figure is None or figure.low is None or figure.high is None:
        raise ValueError("a claim needs a figure to be compared with")
    return figure.low, figure.high


def meets_interval(result: Interval, bounds: tuple[float, float]) -> bool | None:
    """Does a result meet an interval: surely, surely not, or (None) both remain possible?

    Rounding alone never leaves it open: an interval that only touches the other one meets it. It is open
    where an unbounded input lets the result lie on either side.
    """
    low, high = bounds
    if result.high < low or result.low > high:
        return False
    inside = result.low >= low and result.high <= high
    return None if result.open and not inside else True


def unanimous(answers: Iterable[bool]) -> bool | None:
    """The answer that all give; None where they differ."""
    distinct = set(answers)
    return distinct.pop() if len(distinct) == 1 else None


def _meets(value: Interval | bool, finding: Finding, figure: Quantity | None) -> bool | None:
    return value if isinstance(value, bool) else meets_interval(value, finding.accepts or accepted(figure))


def _on_bound(value: Interval | bool, figure: Quantity) -> bool:
    """Whether a rounded result equals a bound that the statement passes."""
    return figure.strict and isinstance(value, Interval) and value.value in (figure.low, figure.high)
