"""What has to happen for a part of a prediction to be true? The event that its criterion names, as figures.

Decisions
- A criterion is read by people and an event by methods: the criterion has to name every figure of its event,
  so that the two cannot drift apart.
- A method counts, fits or draws an event and nothing else; what no data show has no probability.
- What needs a judgement of ours before it can be counted, such as whether a statement presents a loss as a
  success, is coded here, next to the criterion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from analysis.labels import number_word

Percent = Annotated[float, Field(gt=0, le=100)]


class Event(BaseModel):
    """What a criterion asks for; `counts` is its kind."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def phrases(self) -> tuple[str, ...]:
        """What the criterion has to say, word by word, for the figures of the event."""
        return tuple(self._phrases())

    def missing_phrases(self, criterion: str) -> tuple[str, ...]:
        """What the criterion does not say; a part of a longer word or number is not it: 1/100 is not 1/10."""
        return tuple(
            phrase
            for phrase in self.phrases()
            if not re.search(rf"(?<![\w./]){re.escape(phrase)}(?![./:]?\w)", criterion, re.IGNORECASE)
        )

    def _phrases(self) -> Iterator[str]:
        yield from ()


class OpenMatch(Event):
    """An open model scores no lower than a closed one on a part of the tasks of a suite."""

    counts: Literal["open_match"]
    target: str
    """The closed model, as the price table calls it."""
    tasks_pct: Percent

    def _phrases(self) -> Iterator[str]:
        yield f"{self.tasks_pct:g}%"
        yield f"no lower than {self.target}"


class DerivedModel(Event):
    """The first open model that matches is derived from a family of models."""

    counts: Literal["derived_model"]
    family: str

    def _phrases(self) -> Iterator[str]:
        yield self.family
        yield "first open model"


class FirstMatchPrice(Event):
    """The lowest list price of the first open model that matches is at most a share of the closed one's."""

    counts: Literal["first_match_price"]
    at_most_share: Annotated[float, Field(gt=0, lt=1)]
    input_token_share: Annotated[float, Field(gt=0, lt=1)]

    def _phrases(self) -> Iterator[str]:
        yield f"1/{1 / self.at_most_share:g}"
        yield f"{self.input_token_share / (1 - self.input_token_share):g}:1"
        yield "lowest"


class PriceWar(Event):
    """So many sellers cut a flagship's list price by so much within so many days of a release."""

    counts: Literal["price_war"]
    within_days: Annotated[int, Field(gt=0)]
    sellers: Annotated[int, Field(gt=0)]
    cut_pct: Percent
    input_token_share: Annotated[float, Field(gt=0, lt=1)]

    def _phrases(self) -> Iterator[str]:
        yield f"{self.within_days} days"
        yield f"{number_word(self.sellers)} sellers"
        yield f"{self.cut_pct:g}%"
        yield "flagship"
        yield f"{self.input_token_share / (1 - self.input_token_share):g}:1"


class BelowCost(Event):
    """The reported value of the stake is so far below its cost at a fiscal quarter-end."""

    counts: Literal["below_cost"]
    below_pct: Percent

    def _phrases(self) -> Iterator[str]:
        yield f"{self.below_pct:g}% below its cumulative cost"
        yield "quarter-end"


class ComputeOutgrowsRevenue(Event):
    """Computing costs grow by a higher percentage than revenue in the months before the first write-down."""

    counts: Literal["compute_outgrows_revenue"]
    over_months: Annotated[int, Field(gt=0, multiple_of=3)]
    serving_share: Annotated[float, Field(ge=0, le=1)]
    """The part of the costs other than research that counts: that of serving."""

    def _phrases(self) -> Iterator[str]:
        yield f"{MONTHS.get(self.over_months, self.over_months)} months before the first write-down"
        yield "research, training and serving" if self.serving_share else "research and training"
        yield "higher percentage than revenue"


class BusinessShare(Event):
    """The company operates at the deadline and takes more than a share of its revenue from businesses."""

    counts: Literal["business_share"]
    more_than_pct: Percent

    def _phrases(self) -> Iterator[str]:
        yield "more than half" if self.more_than_pct == 50 else f"more than {self.more_than_pct:g}%"
        yield "operates"


class CalledSuccess(Event):
    """After a loss the founder presents its outcome as a success; `cases` codes what he said of past ones."""

    counts: Literal["called_success"]
    cases: dict[str, bool] = Field(min_length=1)
    """By id of the dated fact that reports what he said."""

    def _phrases(self) -> Iterator[str]:
        yield "After a write-down"


MONTHS = {3: "three", 6: "six", 9: "nine", 12: "twelve"}

AnyEvent = Annotated[
    OpenMatch
    | DerivedModel
    | FirstMatchPrice
    | PriceWar
    | BelowCost
    | ComputeOutgrowsRevenue
    | BusinessShare
    | CalledSuccess,
    Field(discriminator="counts"),
]
