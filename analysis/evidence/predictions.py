"""What does the thesis predict, and by when? Its dated predictions, split into parts that a stranger could judge."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from analysis.evidence.sources import THESIS, read_as


class Prediction(BaseModel):
    """One part of a prediction: where it stands, what it says in our words, and what would make it true."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    where: str
    within_months: int = Field(gt=0)
    label: str
    statement: str = Field(min_length=15)
    criterion: str = Field(min_length=15)


class Predictions(BaseModel):
    """All parts, and the day on which they were made."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    made_on: dt.date
    predictions: dict[str, Prediction]


def load(directory: Path = THESIS) -> pd.DataFrame:
    """Every part: ``id, where, label, statement, criterion, made_on, deadline`` (ISO dates), in file order.

    Raises
    ------
    DataError
        Not readable, or entries that are no predictions; all of them at once.
    """
    content = read_as(Predictions, directory / "predictions.yml")
    rows = [
        {"id": name} | part.model_dump(exclude={"within_months"})
        | {"made_on": content.made_on.isoformat(), "deadline": deadline(content.made_on, part.within_months).isoformat()}
        for name, part in content.predictions.items()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def deadline(made_on: dt.date, months: int) -> dt.date:
    """The same day some months later, or the month's last day where it has no such day."""
    return (pd.Timestamp(made_on) + pd.DateOffset(months=months)).date()
