"""What should be watched? Observables with a threshold, and the probabilities that they move.

Decisions
- An indicator is a number that anybody can look up, a threshold with its reason, and the side of it that
  triggers the indicator. A threshold that is an assumption of the report is named as the register names it,
  so that it moves with it.
- It moves a part of the predictions or a risk of the register, up or down; by how much is not known.
- What it reads of the evidence is named here and done in `forecasts.indicators`.
"""

from __future__ import annotations

import math
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

from analysis.errors import DataError, Problem
from analysis.evidence import yaml_lines
from analysis.evidence.sources import read_as
from analysis.exhibits import Side
from analysis.project import Project
from analysis.scenarios import display_path

Move = Literal["raises", "lowers"]


class ReaderCall(BaseModel):
    """Which function of `forecasts.indicators` reads the value; the other keys are its arguments."""

    model_config = ConfigDict(extra="allow", frozen=True)
    name: str

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of the function."""
        return dict(self.model_extra or {})


class Indicator(BaseModel):
    """One observable: what it is, in which unit, from which threshold on which side it is triggered and why,
    and what that moves.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    label: str = Field(min_length=5)
    observable: str = Field(min_length=15)
    unit: str
    threshold: float | str
    signals: Side
    because: str = Field(min_length=15)
    moves: dict[str, Move]
    reads: ReaderCall

    @model_validator(mode="after")
    def _it_moves_something(self) -> Indicator:
        if isinstance(self.threshold, float) and not math.isfinite(self.threshold):
            raise ValueError(
                f"threshold {self.threshold} is not a number; write one, or the name of a register entry"
            )
        if not self.moves:
            raise ValueError("moves nothing; name a part of the predictions or a risk, and raises or lowers")
        return self


class Indicators(RootModel[dict[str, Indicator]]):
    """All indicators by id, in the order of the file."""


def read(project: Project | None = None) -> dict[str, Indicator]:
    """All indicators by id, in the order of the file.

    Raises
    ------
    DataError
        Not readable, without an entry, or entries that are no indicators; all of them at once, with their
        lines.
    """
    path = (project or Project.default()).indicators
    try:
        entries = read_as(Indicators, path).root
    except DataError as reason:
        raise DataError(yaml_lines.with_line_numbers(reason.problems, [path])) from None
    if not entries:
        rule = "lists no indicator"
        raise DataError(Problem(f"{display_path(path)}, line 1", rule, "Write one, or restore the file"))
    return entries
