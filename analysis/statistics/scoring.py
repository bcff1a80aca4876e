"""How are probabilities of single events found, pooled, bounded and scored?

Decisions
- A probability lies strictly between 0 and 1: nothing that lies ahead is certain, and the log score of a miss
  at 0 or 1 is without bound. What was never seen in n cases or draws therefore gets (0 + 1/2) / (n + 1), not
  0.
- Methods that disagree are pooled as the mean of their probabilities, weighted by what each lost before. The
  pool then lies among them and is no surer than the surest, and a method that was often wrong counts for
  little; without a record all count the same.
- Parts that depend on each other are counted on the same draws, or bounded (Fréchet); a product would treat
  them as independent.
- Both scores are losses, smaller is better: Brier (p - o)², and the log score -ln of the probability given to
  what happened.

References
----------
Brier (1950), Monthly Weather Review 78(1); Good (1952), JRSS B 14(1); Brown, Cai,
DasGupta (2001), Statistical Science 16(2); Fréchet (1935), Fundamenta Mathematicae 25; Kish (1965), Survey
Sampling, on the effective number of clustered cases; Owen (2007), Annals of Applied Statistics 1(2), on the
bootstrap of cases with two clusterings; Vovk (1998), Journal of Computer and System Sciences 56(2), on
weights by summed loss.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from string import ascii_lowercase

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
    """How much smaller the mean loss of some forecasts is than others' on the same cases.

    Attributes
    ----------
    value
        1 - score / score of the reference; 1 is perfect, 0 no better, negative worse.
    low, high
        Percentiles of a bootstrap that draws whole clusters, NaN with fewer than two.
    level
        Level of that interval.
    n, n_clusters
        Cases, and the clusters of each clustering that they come from.
    n_effective
        Cases that count, by `effective_cases` of the score differences.
    """

    value: float
    low: float
    high: float
    level: float
    n: int
    n_clusters: tuple[int, ...]
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
    """The mean of the log-odds of several probabilities, equal weights: what ignores every record."""
    values = as_probabilities(probabilities)
    return float(1 / (1 + math.exp(-float(np.log(values / (1 - values)).mean()))))


def pool_weights(
    losses: Mapping[str, float], eta: float, prior: Mapping[str, float] | None = None
) -> dict[str, float]:
    """What each forecaster weighs in a pool, by its record: its prior weight times exp(-eta loss), to sum 1.

    Parameters
    ----------
    losses
        Summed Brier scores by forecaster, all on the same questions.
    eta
        How fast the record counts, 0 or more: 2, the rate of Vovk's aggregating algorithm for Brier scores of
        single events, times n_effective / n for questions that share their fate. With 0 the prior stands.
    prior
        Weights before any record, above 0, by forecaster; equal without them.

    Returns
    -------
    dict
        Shares by forecaster, in the order of the losses.

    Raises
    ------
    ValueError
        There is no forecaster, a loss is negative or not finite, or a prior weight is missing or not above 0.
    """
    weights = dict.fromkeys(losses, 1.0) if prior is None else {name: prior.get(name, 0.0) for name in losses}
    if not losses or not all(math.isfinite(loss) and loss >= 0 for loss in losses.values()):
        raise ValueError(f"losses {dict(losses)}: hand over a number of 0 or more for each forecaster.")
    if not all(math.isfinite(weight) and weight > 0 for weight in weights.values()):
        raise ValueError(f"prior weights {weights}: each must be above 0.")
    if not (math.isfinite(eta) and eta >= 0):
        raise ValueError(f"eta {eta:g}: it must be 0 or more.")
    least = min(losses.values())
    raw = {name: weights[name] * math.exp(-eta * (loss - least)) for name, loss in losses.items()}
    total = math.fsum(raw.values())
    return {name: value / total for name, value in raw.items()}


def linear_pool(probabilities: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The weighted mean of probabilities; both by forecaster, and the weights, 0 or more, are scaled to 1.

    Raises
    ------
    ValueError
        A forecaster has a probability and no weight or the reverse, or the weights are no such weights.
    """
    if probabilities.keys() != weights.keys():
        raise ValueError(
            f"probabilities of {sorted(probabilities)}, weights of {sorted(weights)}: one each a forecaster."
        )
    names = list(probabilities)
    values = as_probabilities([probabilities[name] for name in names])
    shares = np.array([weights[name] for name in names], dtype=float)
    if not (np.isfinite(shares).all() and (shares >= 0).all() and shares.sum() > 0):
        raise ValueError(f"weights {dict(weights)}: each must be 0 or more, and one above 0.")
    # between the outermost, also where the sum is rounded
    return float(np.clip(values @ shares / shares.sum(), values.min(), values.max()))


def mixture_interval(chances: Sequence[Chance], weights: Sequence[float]) -> tuple[float, float]:
    """The ends of the interval, at the level of the chances, of a mixture of what they say of a probability.

    Parameters
    ----------
    chances
        Of one level; each stands for a logit-normal whose interval is its own.
    weights
        0 or more, to sum 1.
    """
    from scipy import optimize, special, stats

    (level,) = {chance.level for chance in chances}
    ends = special.logit(np.array([[chance.low, chance.high] for chance in chances]))
    z = float(stats.norm.ppf((1 + level) / 2))
    middle, spread = ends.mean(axis=1), np.maximum((ends[:, 1] - ends[:, 0]) / (2 * z), 1e-9)
    shares = np.asarray(weights, dtype=float)

    def quantile(share: float) -> float:
        outer = middle + float(stats.norm.ppf(share)) * spread
        if np.ptp(outer) < 1e-9:
            return float(special.expit(outer[0]))
        root = optimize.brentq(
            lambda x: float(shares @ special.ndtr((x - middle) / spread)) - share,
            float(outer.min()) - 1e-6,
            float(outer.max()) + 1e-6,
        )
        return float(special.expit(root))

    return quantile((1 - level) / 2), quantile((1 + level) / 2)


def shrunk_half_way(probability: float, pool: float) -> float:
    """Half-way from a probability to that of a pool, on log-odds."""
    return pooled([probability, pool])


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
    """`base_rate` of cases that share their fate with others: of as many as `effective_cases`.

    Parameters
    ----------
    happened
        True or False for each case, one or more.
    clusters
        For each case what it shares its fate with, such as the year.
    """
    values = np.asarray(happened, dtype=float)
    cases = effective_cases(values, clusters)
    return base_rate(float(values.mean()) * cases, cases, level)


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
    *clusterings: Sequence[object],
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
    *clusterings, rng, level, resamples
        As for `skill_of_scores`.

    Returns
    -------
    SkillScore

    Raises
    ------
    ValueError
        Shapes differ, a probability is none, or the reference makes no error that could be made smaller.
    """
    ours, theirs = brier(probabilities, outcomes), brier(reference, outcomes)
    return skill_of_scores(ours, theirs, *clusterings, rng=rng, level=level, resamples=resamples)


def skill_of_scores(
    ours: ArrayLike,
    theirs: ArrayLike,
    *clusterings: Sequence[object],
    rng: np.random.Generator,
    level: float = 0.9,
    resamples: int = 2000,
) -> SkillScore:
    """How much smaller our mean loss is than theirs on the same cases, for any loss that is 0 at best.

    Parameters
    ----------
    ours, theirs
        Losses, shape (cases,).
    *clusterings
        One or more; each says for every case what it shares its fate with, such as the series that it is
        about, or the year.
    rng
        For the bootstrap, which draws whole clusters. With several clusterings a case counts as often as the
        product of the times that its clusters are drawn (Owen's pigeonhole bootstrap). That is on the safe
        side: where nothing is shared, noise counts up to three times, and of 90% intervals 99% hold.

    Returns
    -------
    SkillScore
        The interval is NaN where a clustering has a single cluster.

    Raises
    ------
    ValueError
        Numbers of values differ, or their losses are all 0.
    """
    mine, other = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    if len(mine) != len(other):
        raise ValueError(f"{len(mine)} and {len(other)} losses: one each a case.")
    if not other.sum() > 0:
        raise ValueError("the reference has no loss that could be smaller: compare with one that errs.")
    indices = _indices(len(mine), clusterings)
    low = high = math.nan
    sums = _resampled_sums([mine, other], indices, rng, resamples)
    if sums is not None:
        ratios = sums[sums[:, 1] > 0]
        low, high = np.quantile(1 - ratios[:, 0] / ratios[:, 1], [(1 - level) / 2, (1 + level) / 2])
    return SkillScore(
        float(1 - mine.sum() / other.sum()),
        float(low),
        float(high),
        level,
        len(mine),
        tuple(int(index.max()) + 1 for index in indices),
        effective_cases(other - mine, *clusterings),
    )


def effective_cases(values: ArrayLike, *clusterings: Sequence[object]) -> float:
    """How many independent cases say as much about the mean of some values.

    Parameters
    ----------
    values
        Such as score differences, shape (cases,), one or more.
    *clusterings
        As for `skill_of_scores`.

    Returns
    -------
    float
        n / (sum of the design effects - (clusterings - 1)), from 1 to n. Kish's design effect of a clustering
        is 1 + (m - 1) r, with m the mean size of a case's cluster and r the intraclass correlation of the
        values (one-way ANOVA), at least 0.
    """
    array = np.asarray(values, dtype=float)
    n = len(array)
    excess = [_design_effect(array, index) - 1 for index in _indices(n, clusterings)]
    return float(min(max(n / (1 + math.fsum(excess)), 1.0), n))


def better_probability(
    differences: ArrayLike,
    *clusterings: Sequence[object],
    rng: np.random.Generator,
    resamples: int = 4000,
) -> float:
    """How likely it is that the mean of score differences is below 0: that the first loss is the smaller.

    Parameters
    ----------
    differences
        Our loss less theirs, shape (cases,).
    *clusterings, rng
        As for `skill_of_scores`.

    Returns
    -------
    float
        Share of the bootstrap's resamples with a mean below 0; a mean of 0 counts half. NaN where a
        clustering has a single cluster.
    """
    array = np.asarray(differences, dtype=float)
    resampled = _resampled_sums(
        [array, np.ones_like(array)], _indices(len(array), clusterings), rng, resamples
    )
    if resampled is None:
        return math.nan
    sums = resampled[resampled[:, 1] > 0, 0]
    return float((sums < 0).mean() + (sums == 0).mean() / 2)


def calibration(
    probabilities: ArrayLike, outcomes: ArrayLike, *clusterings: Sequence[object], bins: int = 5
) -> list[dict[str, float]]:
    """How often it happened by forecast probability, in equal bins from 0 to 1; empty ones are left out.

    Parameters
    ----------
    probabilities, outcomes
        Forecasts and what happened, shape (questions,).
    *clusterings
        What questions share their fate with, as for `skill_of_scores`; without any each counts as one.

    Returns
    -------
    list of dict
        ``low, high`` ends of the bin; ``n`` forecasts in it; ``forecast`` their mean; ``events``;
        ``observed`` share with the ends ``observed_low, observed_high`` of its 90% interval (Jeffreys, as
        `base_rate`, of as many questions as `effective_cases`).
    """
    values = as_probabilities(probabilities)
    happened = _outcomes(outcomes, values)
    if clusterings:
        _indices(len(values), clusterings)  # a cluster for each
    edges = np.linspace(0, 1, bins + 1)
    rows = []
    for low, high in pairwise(edges):
        inside = (values >= low) & (values < high)
        if not inside.any():
            continue
        n, events = int(inside.sum()), int(happened[inside].sum())
        within = [[names[int(at)] for at in np.flatnonzero(inside)] for names in clusterings]
        cases = effective_cases(happened[inside], *within) if within else float(n)
        rate = base_rate(events / n * cases, cases)
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


def _indices(n: int, clusterings: Sequence[Sequence[object]]) -> list[NDArray[np.intp]]:
    """For each clustering the number of each case's cluster."""
    lengths = {len(clusters) for clusters in clusterings}
    if not n or lengths != {n}:
        counts = ", ".join(str(len(clusters)) for clusters in clusterings) or "no"
        raise ValueError(f"{n} values and {counts} clusters: a cluster for each of one or more values.")
    return [np.unique([str(name) for name in names], return_inverse=True)[1] for names in clusterings]


def _resampled_sums(
    values: Sequence[Floats], indices: Sequence[NDArray[np.intp]], rng: np.random.Generator, resamples: int
) -> Floats | None:
    """Sums of some values in each resample of the clusters, shape (resamples, values); none with a single
    cluster.
    """
    sizes = [int(index.max()) + 1 for index in indices]
    if min(sizes) < 2:
        return None
    # the values of the cases that share all their clusters are summed first: there are far fewer such cells
    sums = np.zeros((*sizes, len(values)))
    np.add.at(sums, tuple(indices), np.stack(values, axis=1))
    counts = [_times_drawn(size, rng, resamples) for size in sizes]
    axes = ascii_lowercase[: len(sizes)]
    formula = ",".join(f"R{axis}" for axis in axes) + f",{axes}V->RV"
    return np.asarray(np.einsum(formula, *counts, sums, optimize=True))


def _times_drawn(size: int, rng: np.random.Generator, resamples: int) -> Floats:
    """How often each of some clusters is drawn among as many, shape (resamples, size)."""
    picks = rng.integers(size, size=(resamples, size)) + size * np.arange(resamples)[:, None]
    return np.bincount(picks.ravel(), minlength=resamples * size).reshape(resamples, size).astype(float)


def _design_effect(values: Floats, index: NDArray[np.intp]) -> float:
    """Kish's design effect, with the one-way ANOVA estimate of the intraclass correlation."""
    sizes = np.bincount(index)
    n, k = len(values), len(sizes)
    if k == n:
        return 1.0
    if k == 1:
        return float(n)
    means = np.bincount(index, weights=values) / sizes
    between = float((sizes * (means - values.mean()) ** 2).sum()) / (k - 1)
    inside = float(((values - means[index]) ** 2).sum()) / (n - k)
    usual = (n - float((sizes**2).sum()) / n) / (k - 1)
    spread = between + (usual - 1) * inside
    correlation = min(max((between - inside) / spread, 0.0), 1.0) if spread > 0 else 0.0
    return 1 + (float((sizes**2).sum()) / n - 1) * correlation
