"""What can go wrong, and what does a message say? Place, value, rule and fix, for all problems of an input.

Decisions
- A problem is data (`Problem`), an error carries one or many of them; the text is made in one place. It is
  one line of characters that a reader sees: no text of a file or a notebook moves the cursor or turns the
  direction of the words around it.
- The exit code belongs to the error: 2 for bad input (nothing ran), 1 for a run that failed.
- A wrong argument from other code raises `ValueError`; these classes are for what a user wrote.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import ClassVar

from analysis.characters import for_terminal


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with one input.

    Attributes
    ----------
    place : str
        Where: file, then row and column, or key (``params/son.yml, key seed``).
    rule : str
        The rule that is broken, with the offending value (``'2,5' is not a number``).
    fix : str
        What to write or do instead, as an imperative sentence without its full stop.
    """

    place: str
    rule: str
    fix: str

    def __str__(self) -> str:
        return for_terminal(" ".join(f"{self.place}: {self.rule}. {self.fix}.".splitlines()))


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


class TableError(DataError):
    """A table that cannot be used, whoever asks for it: its place is in the table's own files."""


class ProseError(ThesisError):
    """A sentence whose words no longer agree with their value."""

    exit_code: ClassVar[int] = 1


class NotebookError(ThesisError):
    """A notebook that cannot be run as asked: unreadable, without parameters, unknown."""


class ExhibitError(ThesisError):
    """A bundle that lacks what its kind of exhibit needs."""

    exit_code: ClassVar[int] = 1


class PublishError(ThesisError):
    """A site that cannot be built from the available runs."""

    exit_code = 1


class PrintError(PublishError):
    """A document that cannot be printed; the site that it is made of can still be published."""


class FigureError(ValueError):
    """A figure that cannot be read; code that knows its place makes a `Problem` of it.

    Attributes
    ----------
    rule, fix : str
        As in `Problem`.
    """

    def __init__(self, rule: str, fix: str) -> None:
        self.rule, self.fix = rule, fix
        super().__init__(f"{rule}. {fix}.")


class OutputError(ThesisError):
    """Output that cannot be delivered: the file or disk that it goes to takes no more."""

    exit_code: ClassVar[int] = 1


class RunError(ThesisError):
    """Something ran and failed."""

    exit_code = 1


def nearest(name: str, valid: Iterable[str]) -> str:
    """The fix for an unknown name: the nearest valid one, or all of them when none is near."""
    names = sorted(valid)
    if not names:
        return "There is none yet; add one first"
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    return f"The nearest valid name is {close[0]!r}" if close else f"Use one of: {', '.join(names)}"
