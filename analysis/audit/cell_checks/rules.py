"""By what is a single cell decided? The rules that `cells.yml` may give cells of this article's tables.

Decisions
- A rule names facts and figures, and what they show; the check of the same subject says what follows.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, model_validator

from analysis.errors import nearest
from analysis.evidence.cell_rules import CellRule, FactRef, FactRefs, available_evidence, cell_rule


@cell_rule("parameters")
class Parameters(CellRule):
    """The developer's own count, in total and active; facts that it gives none; counts repeated by others."""

    total: FactRef | None = None
    active: FactRef | None = None
    undisclosed: FactRefs = ()
    estimates: FactRefs = ()


@cell_rule("training_cost")
class TrainingCost(CellRule):
    """A developer's statement (`told`) with what it is read as (million dollars), or its GPU-hours
    (millions), to be priced.
    """

    stated: FactRef | None = None
    told: str | None = None
    read_as_usd_mn: tuple[float, float] | None = None
    gpu_hours: FactRef | None = None

    @model_validator(mode="after")
    def _a_statement_has_its_reading(self) -> TrainingCost:
        if len({value is None for value in (self.stated, self.told, self.read_as_usd_mn)}) > 1:
            raise ValueError("stated, told and read_as_usd_mn belong together; give all or none")
        return self


@cell_rule("releases")
class Releases(CellRule):
    """The releases of a developer's leading model: name as the article would print it, by dated fact."""

    names: dict[FactRef, str] = Field(min_length=1)


class Amount(BaseModel):
    """An investor's money: a dated fact, or a table's column, the latest match or (`add`) the sum of all.

    `less` are dated facts with what of it depends on conditions.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    fact: FactRef | None = None
    table: str | None = None
    column: str | None = None
    where: dict[str, str] = {}
    add: bool = False
    less: FactRefs = ()

    @model_validator(mode="after")
    def _a_fact_or_a_column(self, info: ValidationInfo) -> Amount:
        if (self.fact is None) == (self.table is None or self.column is None):
            raise ValueError("give either fact, or table and column")
        if self.table is None:
            return self
        columns_of = available_evidence(info).columns
        if self.table not in columns_of:
            raise ValueError(f"there is no evidence table {self.table!r}. {nearest(self.table, columns_of)}")
        columns = columns_of[self.table]
        if unknown := [name for name in (self.column, *self.where) if name not in columns]:
            raise ValueError(
                f"{self.table} has no column {unknown[0]!r}. {nearest(str(unknown[0]), columns)}"
            )
        return self


@cell_rule("investors")
class Investors(CellRule):
    """Who put how much into the company, by investor, and who owns how much of it (percent).

    Where stakes are given, what another's money buys at the value of the last round of `valued_as` is its
    stake.
    """

    amounts: dict[str, Amount] = Field(min_length=1)
    stakes: dict[str, Amount] = Field(default_factory=dict)
    valued_as: str | None = None

    @model_validator(mode="after")
    def _stakes_need_a_value(self) -> Investors:
        if bool(self.stakes) != bool(self.valued_as):
            raise ValueError("stakes and valued_as belong together; give both or neither")
        return self


@cell_rule("internal")
class Internal(CellRule):
    """A unit that its parent pays for, if the facts show it (`told`); its name as in hyperscaler_capex."""

    parent: str
    shows: FactRefs = ()
    told: str | None = None

    @model_validator(mode="after")
    def _facts_are_told(self) -> Internal:
        if bool(self.shows) != bool(self.told):
            raise ValueError("shows and told belong together; give both or neither")
        return self


class ReadingEvidence(BaseModel):
    """The facts that support one reading of a statement (`shows`) or contradict it (`denies`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    shows: FactRefs = ()
    denies: FactRefs = ()


@cell_rule("readings_on_record")
class Readings(CellRule):
    """A statement with several readings, each with the facts that decide it."""

    told: str
    sourced: str
    short: str
    readings: dict[str, ReadingEvidence] = Field(min_length=2)


@cell_rule("costs_over_revenue")
class CostsOverRevenue(CellRule):
    """How far costs exceed revenue: a whole year of openai_finance, and a quarter's operating margin."""

    year: str
    margin: FactRef
