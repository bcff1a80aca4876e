"""What can go wrong, and how it is said: place, value, rule and fix, all problems of one input at once.

Decisions
- A problem is data (`Problem`), an error carries one or many of them; the text is made in one place. It is
  one line of characters that a reader sees: what a file or a notebook says neither moves the cursor nor turns
  the words around it.
- The exit code belongs to the error: 2 for bad input (nothing ran), 1 for a run that failed.
- Code that is handed a wrong argument by other code raises `ValueError`; these classes are for what a user
  wrote.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import ClassVar

TERMINAL = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-?]*[ -/]*[@-~]")
"""What tells a terminal a colour, a link or where to write."""

_ENDS = "".join(chr(plane << 16 | last) for plane in range(1, 17) for last in (0xFFFE, 0xFFFF))
HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff"
    f"{_ENDS}]"
)
"""Characters that are not seen: controls, halves of characters, turns of the direction of writing, what
Unicode never assigns.
"""

_LINE = re.compile("[\r\u2028\u2029]")
"""Ends of lines that an editor does not show as one, or that take a terminal back to the start of its line.
"""


_NAMELESS = {"Cc": "a control character", "Cs": "half of a character", "Cn": "assigned to no character"}


def unseen(text: str) -> tuple[int, str] | None:
    """Where in a text the first character is that a reader does not see, and its name; None where there is
    none.
    """
    if text.replace("\n", "").isprintable():  # which is far faster, and stricter
        return None
    found = HIDDEN.search(text) or _LINE.search(text)
    if found is None:
        return None
    kind = _NAMELESS.get(unicodedata.category(found[0]), "")
    return found.start(), f"U+{ord(found[0]):04X} ({kind or unicodedata.name(found[0]).lower()})"


def visible(text: str) -> str:
    """A text as a terminal may show it: what a reader does not see is the sign for it (U+FFFD), colours are
    dropped.
    """
    return _LINE.sub("\ufffd", HIDDEN.sub("\ufffd", TERMINAL.sub("", text)))


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with one input.

    Attributes
    ----------
    place : str
        Where: file, then row and column, or key (``params/son.yml, key seed``).
    rule : str
        What is not as it must be, with the offending value in it (``'2,5' is not a number``).
    fix : str
        What to write or do instead, as an imperative sentence without its full stop.
    """

    place: str
    rule: str
    fix: str

    def __str__(self) -> str:
        return visible(" ".join(f"{self.place}: {self.rule}. {self.fix}.".splitlines()))


class ThesisError(Exception):
    """Base of the named errors; its text is one line for each problem."""

    exit_code: ClassVar[int] = 2

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type[ThesisError], tuple[tuple[Problem, ...]]]:
        # Errors cross process borders in the batch; the default would rebuild them from their text.
        return type(self), (self.problems,)


class ParameterError(ThesisError):
    """A register entry, a scenario or a `-p NAME=VALUE` that cannot be used."""


class DataError(ThesisError):
    """A data file, its sidecar or a ledger that cannot be used."""


class ProseError(ThesisError):
    """A sentence whose value has crossed what its words state."""

    exit_code: ClassVar[int] = 1


class NotebookError(ThesisError):
    """A notebook that cannot be run as asked: unreadable, without parameters, unknown."""


class PublishError(ThesisError):
    """A site that cannot be built from the runs that are there."""

    exit_code = 1


class PrintError(PublishError):
    """A document that cannot be printed; the site that it is made of can still be published."""


class FigureError(ValueError):
    """A printed figure that cannot be read; whoever knows the place makes a `Problem` of it.

    Attributes
    ----------
    rule, fix : str
        As in `Problem`.
    """

    def __init__(self, rule: str, fix: str) -> None:
        self.rule, self.fix = rule, fix
        super().__init__(f"{rule}. {fix}.")


class OutputError(ThesisError):
    """What is printed cannot be delivered: the file or disk that it goes to takes no more."""

    exit_code: ClassVar[int] = 1


class RunError(ThesisError):
    """Something ran and failed."""

    exit_code = 1


def nearest(name: str, valid: Iterable[str]) -> str:
    """The fix for an unknown name: the nearest valid one, or all of them when none is near."""
    names = sorted(valid)
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    return f"The nearest valid name is {close[0]!r}" if close else f"Use one of: {', '.join(names)}"
