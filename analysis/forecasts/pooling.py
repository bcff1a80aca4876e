"""How much does each method count in the probability of a part? As much as its record says.

Decisions
- The pool is linear: the weighted mean of the methods' probabilities. The weight of a method is proportional
  to exp(-eta loss), with the summed Brier loss of its kind on questions that all kinds of a record answered,
  and eta = 2 n_effective / n. Without a record the weights are equal, so nothing can be fitted to chance.
- There are two records: past questions about series of our data (random walk, trend and base rate), and past
  cases of other companies (the simulation, and the class as a base rate). A part goes by the one on which
  more of its methods were scored.
- Only what was known on the day counts: past questions are those that had resolved, and past cases have no
  record before the last of them was known.
- A kind that this record does not hold, or that has fewer than `LEAST_EFFECTIVE` cases that count, has the
  weight of an equal share and is moved half-way, on log-odds, to the pool of the others. A method that stands
  alone is taken as it is.
- The range is that of the pooled distribution: each method's probability as a logit-normal with the ends of
  its 90% interval, mixed by weight, from 5% to 95%.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from analysis.forecasts import calibration, past_cases, track_record
from analysis.forecasts.methods import Method, MethodContext
from analysis.statistics import scoring

LEAST_EFFECTIVE = 10.0
"""Cases that must count before a kind of method has a record."""
TRACK_KINDS = {"naive": "random walk", "trend": "trend", "base_rate": "base rate"}
"""The kind of method that each forecaster of the track record stands for."""
CASE_KINDS = {calibration.MODEL: "simulation", calibration.CLASS: "base rate"}
"""The kind of method that each forecaster of the test of the event stands for."""


@dataclass(frozen=True)
class KindRecord:
    """What kinds of methods lost on the same questions.

    Attributes
    ----------
    losses
        Summed Brier scores by kind.
    n, n_effective
        Questions, and as how many independent ones they count.
    """

    losses: Mapping[str, float]
    n: int
    n_effective: float

    @property
    def eta(self) -> float:
        """How fast the record counts in `scoring.pool_weights`."""
        return 2 * self.n_effective / self.n


@dataclass(frozen=True)
class MethodWeight:
    """How much a method counts in a pool, and its record: None without one."""

    weight: float
    loss: float | None = None
    n: int | None = None
    n_effective: float | None = None


@dataclass(frozen=True)
class PooledChance:
    """The probability of a part by all its methods, and the weight of each, in their order."""

    chance: scoring.Chance
    weights: tuple[MethodWeight, ...]


def records(context: MethodContext) -> list[KindRecord]:
    """The records of the kinds of methods by the day of a context; those with too few cases are left out."""
    every = []
    if all(name in context.known for name in track_record.EVIDENCE):
        series = track_record.evidence_series(context.known)
        asked = track_record.record(track_record.questions(series, str(context.assumptions.as_of)))
        losses = {kind: asked.losses[name] for name, kind in TRACK_KINDS.items()}
        every = [KindRecord(losses, asked.n, asked.n_effective)]
    if calibration.is_stored(context.facts.project) and _all_cases_known(context):
        every += event_records(calibration.stored(context.facts.project).scores)
    return [record for record in every if record.n_effective >= LEAST_EFFECTIVE]


def _all_cases_known(context: MethodContext) -> bool:
    """Whether every past case that the stored scores rest on was known by the day of a context."""
    every = context.facts.evidence
    return all(len(context.known[name]) == len(every[name]) for name in past_cases.EVIDENCE)


def event_records(scores: pd.DataFrame) -> list[KindRecord]:
    """The record of the test of the event, from `calibration.Results.scores`: one, or none without scores."""
    rows = scores[scores["test"].eq("event") & scores["primary"].eq("yes")].set_index("forecaster")
    rows = rows[rows.index.isin(CASE_KINDS) & rows["score"].notna()]
    if len(rows) < len(CASE_KINDS):
        return []
    losses = (rows["score"] * rows["n_cases"]).to_dict()
    named = {kind: float(losses[name]) for name, kind in CASE_KINDS.items()}
    return [KindRecord(named, int(rows["n_cases"].iloc[0]), float(rows["n_effective"].min()))]


def pool(methods: Sequence[Method], every: Sequence[KindRecord]) -> PooledChance:
    """The probability of a part by its methods, one or more, weighted by the records of their kinds.

    Parameters
    ----------
    methods
        Of one part.
    every
        From `records`.
    """
    kinds = [method.kind for method in methods]
    record = max(every, key=lambda one: sum(kind in one.losses for kind in kinds), default=None)
    losses = (
        {} if record is None else {at: record.losses[k] for at, k in enumerate(kinds) if k in record.losses}
    )
    weights = _weights(losses, len(methods), 0.0 if record is None else record.eta)
    chances = _shrunk([method.chance for method in methods], weights, set(losses))
    probability = sum(w * chance.probability for w, chance in zip(weights, chances, strict=True))
    low, high = scoring.mixture_interval(chances, weights)
    level = chances[0].level
    beside = [
        MethodWeight(weight, losses[at], record.n, record.n_effective)
        if record is not None and at in losses
        else MethodWeight(weight)
        for at, weight in enumerate(weights)
    ]
    chance = scoring.Chance(probability, min(low, probability), max(high, probability), level)
    return PooledChance(chance, tuple(beside))


def _weights(losses: Mapping[int, float], methods: int, eta: float) -> list[float]:
    """The weight of each method: those with a loss share by it what they would have in equal parts."""
    if not losses:
        return [1 / methods] * methods
    shares = scoring.pool_weights({str(at): loss for at, loss in losses.items()}, eta)
    part = len(losses) / methods
    return [part * shares[str(at)] if at in losses else 1 / methods for at in range(methods)]


def _shrunk(
    chances: Sequence[scoring.Chance], weights: Sequence[float], recorded: set[int]
) -> list[scoring.Chance]:
    """The chances, with those that have no record half-way to the pool of those that have one."""
    if not recorded:
        return list(chances)
    center = scoring.linear_pool(
        {str(at): chances[at].probability for at in recorded}, {str(at): weights[at] for at in recorded}
    )
    return [
        chance
        if at in recorded
        else replace(
            chance,
            **{
                end: scoring.shrunk_half_way(getattr(chance, end), center)
                for end in ("low", "probability", "high")
            },
        )
        for at, chance in enumerate(chances)
    ]
