"""How are probabilities of single events found, pooled, bounded and scored?

Decisions
- A probability lies strictly between 0 and 1: nothing that lies ahead is certain, and the log score of a miss
  at 0 or 1 is without bound. What was never seen in n cases or draws therefore gets (0 + 1/2) / (n + 1), not
  0.
- Methods that disagree are pooled as the mean of their log-odds, equal weights: no record says which is
  better, and unlike the mean of probabilities the pool of several confident methods stays confident.
- Parts that depend on each other are counted on the same draws, or bounded (Fréchet); a product would treat
  them as independent.
- Both scores are losses, smaller is better: Brier (p - o)², and the log score -ln of the probability given to
  what happened.

References
----------
Brier (1950), Monthly Weather Review 78(1); Good (1952), JRSS B 14(1); Brown, Cai,
DasGupta (2001), Statistical Science 16(2); Fréchet (1935), Fundamenta Mathematicae 25; Kish (1965), Survey
Sampling, on the effective number of clustered cases.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
JEFFREYS = 0.5
"""Pseudo-cases of each kind that the Jeffreys prior adds."""


@dataclass(frozen=True)
class Chance:
    """A probability with the interval of the method that gave it.

    Attributes
    ----------
    probability, low, high
        Shares, 0 < low <= probability <= high < 1.
    level
        Level of the interval.
    """

    probability: float
    low: float
    high: float
    level: float


@dataclass(frozen=True)
class SkillScore:
    """How much smaller the mean Brier score of some forecasts is than others' on the same questions.

    Attributes
    ----------
    value
        1 - score / score of the reference; 1 is perfect, 0 no better, negative worse.
    low, high
        Percentiles of a bootstrap that draws whole clusters, NaN with fewer than two.
    level
        Level of that interval.
    n, n_clusters
        Questions and the series that they come from.
    n_effective
        Questions that count: n over Kish's design effect 1 + (m - 1) r, with m the mean number of questions a
        cluster (weighted by size) and r the intraclass correlation of the score differences, at least 0.
    """

    value: float
    low: float
    high: float
    level: float
    n: int
    n_clusters: int
    n_effective: float


def as_probabilities(probabilities: ArrayLike) -> Floats:
    """The same probabilities as an array.

    Raises
    ------
    ValueError
        One of them is not above 0 and below 1, or there is none.
    """
    values = np.atleast_1d(np.asarray(probabilities, dtype=float))
    if values.size == 0:
        raise ValueError("there is no probability: hand over at least one.")
    if wrong := [f"{p:g}" for p in values.ravel() if not 0.0 < p < 1.0]:
        raise ValueError(f"{', '.join(wrong)} is no probability above 0 and below 1.")
    return values


def pooled(probabilities: Sequence[float]) -> float:
    """One probability from several methods: the mean of their log-odds, equal weights."""
    values = as_probabilities(probabilities)
    return float(1 / (1 + math.exp(-float(np.log(values / (1 - values)).mean()))))


def joint_bounds(probabilities: Sequence[float]) -> tuple[float, float]:
    """Fréchet bounds of the probability that all of some events happen under any dependence: low, high."""
    values = as_probabilities(probabilities)
    return max(0.0, float(values.sum()) - (values.size - 1)), float(values.min())


def base_rate(events: float, cases: float, level: float = 0.9) -> Chance:
    """How often it happened in a reference class, as the probability of the next case.

    Parameters
    ----------
    events, cases
        In `events` of `cases` it happened; 0 <= events <= cases, cases >= 1. Cases that are worth fewer than
        they are, such as clustered ones, may be parts of one.
    level
        Level of the interval.

    Returns
    -------
    Chance
        Mean (events + 1/2) / (cases + 1) and equal-tailed interval of the beta posterior under the Jeffreys
        prior.

    Raises
    ------
    ValueError
        More events than cases, or no case.
    """
    from scipy import stats

    if not 0 <= events <= cases or cases < 1:
        raise ValueError(f"{events:g} of {cases:g} is no share: count events among at least one case.")
    if not 0 < level < 1:
        raise ValueError(f"level {level:g} is not above 0 and below 1.")
    posterior = stats.beta(events + JEFFREYS, cases - events + JEFFREYS)
    low, high = posterior.ppf([(1 - level) / 2, (1 + level) / 2])
    mean = (events + JEFFREYS) / (cases + 2 * JEFFREYS)
    return Chance(mean, min(float(low), mean), max(float(high), mean), level)


def clustered_rate(happened: ArrayLike, clusters: Sequence[object], level: float = 0.9) -> Chance:
    """`base_rate` of cases that share their fate with others: as many as Kish's effective number of them.

    Parameters
    ----------
    happened
        True or False for each case, one or more.
    clusters
        For each case what it shares its fate with, such as the year.
    """
    values = np.asarray(happened, dtype=float)
    if len(values) != len(clusters):
        raise ValueError(f"{len(values)} cases and {len(clusters)} clusters: one each.")
    _, index = np.unique([str(name) for name in clusters], return_inverse=True)
    cases = max(_effective(values, index, np.bincount(index)), 1.0) if len(values) else 0.0
    return base_rate(float(values.mean()) * cases if len(values) else 0.0, cases, level)


def at_constant_hazard(probability: float, observed_years: float, years: float) -> float:
    """The probability over another time, at a constant hazard: 1 - (1 - p)^(years / observed_years)."""
    (p,) = as_probabilities(probability)
    if observed_years <= 0 or years <= 0:
        raise ValueError(f"{observed_years:g} and {years:g} years: both must be above 0.")
    return float(-math.expm1(math.log1p(-p) * years / observed_years))


def brier(probabilities: ArrayLike, outcomes: ArrayLike) -> Floats:
    """Brier score of each forecast, 0 (certain and right) to 1; `outcomes` are True, False or 1, 0."""
    values = as_probabilities(probabilities)
    return (values - _outcomes(outcomes, values)) ** 2


def log_score(probabilities: ArrayLike, outcomes: ArrayLike) -> Floats:
    """Logarithmic score of each forecast in nats: -ln of what the outcome was given; ln 2 at one half."""
    values = as_probabilities(probabilities)
    happened = _outcomes(outcomes, values)
    return -np.log(np.where(happened == 1, values, 1 - values))


def skill(
    probabilities: ArrayLike,
    reference: ArrayLike,
    outcomes: ArrayLike,
    clusters: Sequence[object],
    *,
    rng: np.random.Generator,
    level: float = 0.9,
    resamples: int = 2000,
) -> SkillScore:
    """Brier skill of forecasts over reference forecasts of the same questions.

    Parameters
    ----------
    probabilities, reference
        Forecasts of both, shape (questions,).
    outcomes
        What happened.
    clusters
        For each question what it shares its fate with, such as the series that it is about.
    rng
        For the bootstrap.

    Returns
    -------
    Skill

    Raises
    ------
    ValueError
        Shapes differ, a probability is none, or the reference makes no error that could be made smaller.
    """
    ours, theirs = brier(probabilities, outcomes), brier(reference, outcomes)
    if not len(ours) == len(theirs) == len(clusters):
        raise ValueError(f"{len(ours)}, {len(theirs)} and {len(clusters)} values: one each a question.")
    names, index = np.unique([str(name) for name in clusters], return_inverse=True)
    sizes = np.bincount(index)
    sums = np.stack([np.bincount(index, weights=ours), np.bincount(index, weights=theirs)])
    low = high = math.nan
    if len(names) > 1:
        picks = rng.integers(len(names), size=(resamples, len(names)))
        mine, other = sums[:, picks].sum(axis=2)
        low, high = np.quantile(1 - mine / other, [(1 - level) / 2, (1 + level) / 2])
    return SkillScore(
        float(1 - ours.sum() / theirs.sum()),
        float(low),
        float(high),
        level,
        len(ours),
        len(names),
        _effective(theirs - ours, index, sizes),
    )


def calibration(probabilities: ArrayLike, outcomes: ArrayLike, bins: int = 5) -> list[dict[str, float]]:
    """How often it happened by forecast probability, in equal bins from 0 to 1; empty ones are left out.

    Returns
    -------
    list of dict
        ``low, high`` ends of the bin; ``n`` forecasts in it; ``forecast`` their mean; ``events``;
        ``observed`` share with the ends ``observed_low, observed_high`` of its 90% interval (Jeffreys, as
        `base_rate`).
    """
    values = as_probabilities(probabilities)
    happened = _outcomes(outcomes, values)
    edges = np.linspace(0, 1, bins + 1)
    rows = []
    for low, high in pairwise(edges):
        inside = (values >= low) & (values < high)
        if not inside.any():
            continue
        n, events = int(inside.sum()), int(happened[inside].sum())
        rate = base_rate(events, n)
        rows.append(
            {
                "low": float(low),
                "high": float(high),
                "n": n,
                "forecast": float(values[inside].mean()),
                "events": events,
                "observed": events / n,
                "observed_low": rate.low,
                "observed_high": rate.high,
            }
        )
    return rows


def _outcomes(outcomes: ArrayLike, forecasts: Floats) -> Floats:
    happened = np.atleast_1d(np.asarray(outcomes, dtype=float))
    if happened.shape != forecasts.shape:
        raise ValueError(f"{happened.size} outcomes for {forecasts.size} forecasts: one each.")
    if not np.isin(happened, (0.0, 1.0)).all():
        raise ValueError("an outcome is neither true nor false: score what is resolved alone.")
    return happened


def _effective(differences: Floats, index: NDArray[np.intp], sizes: NDArray[np.intp]) -> float:
    """Kish's effective number of questions, with the one-way ANOVA estimate of the intraclass correlation."""
    n, k = len(differences), len(sizes)
    if k == n:
        return float(n)
    if k == 1:
        return 1.0
    means = np.bincount(index, weights=differences) / sizes
    between = float((sizes * (means - differences.mean()) ** 2).sum()) / (k - 1)
    inside = float(((differences - means[index]) ** 2).sum()) / (n - k)
    usual = (n - float((sizes**2).sum()) / n) / (k - 1)
    spread = between + (usual - 1) * inside
    correlation = min(max((between - inside) / spread, 0.0), 1.0) if spread > 0 else 0.0
    return n / (1 + (float((sizes**2).sum()) / n - 1) * correlation)
