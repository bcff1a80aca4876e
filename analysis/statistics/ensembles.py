"""How good are forecasts that are given as draws?

Decisions
- The draws are the forecast: what is scored is the distribution that puts the same weight on each of them, so
  a forecast of few past outcomes and one of many simulated ones are scored alike.
- The continuous ranked probability score is in the unit of what is forecast and is a loss, smaller is better;
  of a single draw it is the distance to the outcome.
- The place of an outcome among its draws (PIT) is (draws below + half of the equal ones + 1/2) / (draws + 1):
  between the first and the last draw even where draws are few, and uniform on average if outcome and draws
  come from one distribution.
- Cases that share their fate say less than as many independent ones. Each interval, band and test therefore
  takes the number of cases that count (`scoring.effective_cases`), not the number of cases.
- One test looks for every misfit at once: Neyman's smooth test with two components, the mean of the places
  (forecasts too high or too low) and their spread (too wide or too narrow). A test for each level of coverage
  would find something by chance.

References
----------
Matheson, Winkler (1976), Management Science 22(10), and Gneiting, Raftery (2007), Journal of the American
Statistical Association 102(477), on the score; Dawid (1984), JRSS A 147(2), on the places of outcomes; Neyman
(1937), Skandinavisk Aktuarietidskrift 20, and Rayner, Best (1989), Smooth Tests of Goodness of Fit; Wilson
(1927), Journal of the American Statistical Association 22(158).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.statistics import scoring

Floats = NDArray[np.float64]
INTERVAL_LEVEL = 0.9
"""Level of the intervals of coverage and of the band of a histogram."""
TEST_LEVEL = 0.1
"""A model fails the test of the places of its outcomes below this probability."""


class PassRates(NamedTuple):
    """How often a test passes a model whose forecasts are right, and one whose spread is wrong: shares."""

    right: float
    wrong_spread: float
    n_effective: float
    """Cases that count, the mean over the runs of the right model."""


def crps(draws: ArrayLike, outcomes: ArrayLike) -> Floats:
    """Continuous ranked probability score of each case: mean |x - y| - mean |x - x'| / 2 over its draws x.

    Parameters
    ----------
    draws
        Forecasts, shape (cases, draws).
    outcomes
        What happened, shape (cases,).

    Returns
    -------
    ndarray, shape (cases,)
        Losses in the unit of the outcomes, at least 0.

    Raises
    ------
    ValueError
        A case has no outcome or no draw, or a value is not finite.
    """
    x, y = _checked(draws, outcomes)
    x, n = np.sort(x, axis=1), x.shape[1]
    # sorted, the sum of all |x - x'| is twice the sum of (2 i - n - 1) x_i
    half_spread = x @ (2 * np.arange(1, n + 1) - n - 1) / n**2
    return np.asarray(np.abs(x - y[:, None]).mean(axis=1) - half_spread)


def pit(draws: ArrayLike, outcomes: ArrayLike) -> Floats:
    """The place of each outcome among the draws of its case, above 0 and below 1.

    Parameters
    ----------
    draws
        Forecasts, shape (cases, draws).
    outcomes
        What happened, shape (cases,).

    Raises
    ------
    ValueError
        As `crps`.
    """
    x, y = _checked(draws, outcomes)
    below, equal = (x < y[:, None]).sum(axis=1), (x == y[:, None]).sum(axis=1)
    return np.asarray((below + (equal + 1) / 2) / (x.shape[1] + 1))


def coverage(pit: ArrayLike, level: float, n_effective: float) -> tuple[float, float, float]:
    """How many outcomes lay in the central interval of their forecasts.

    Parameters
    ----------
    pit
        Places of the outcomes, from the function of that name.
    level
        Share that such an interval should hold, such as 0.8: what lies between 10% and 90%.
    n_effective
        Cases that count.

    Returns
    -------
    tuple of float
        Share, and the ends of its 90% interval (Wilson), which hold it.
    """
    places, n = _places(pit, n_effective)
    if not 0 < level < 1:
        raise ValueError(f"level {level:g} is not above 0 and below 1.")
    share = float((np.abs(places - 0.5) <= level / 2).mean())
    return share, *wilson(share, n, INTERVAL_LEVEL)


def wilson(share: float, n: float, level: float) -> tuple[float, float]:
    """Wilson's interval of a share of n cases, which need not be whole: low, high."""
    z = NormalDist().inv_cdf((1 + level) / 2)
    scale = 1 + z**2 / n
    centre = (share + z**2 / (2 * n)) / scale
    half = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / scale
    return min(max(centre - half, 0.0), share), max(min(centre + half, 1.0), share)


def pit_histogram(pit: ArrayLike, n_effective: float, bins: int = 10) -> pd.DataFrame:
    """The places of the outcomes in equal bins, flat if the forecasts were right.

    Returns
    -------
    DataFrame
        One row a bin: its ends ``bin_low, bin_high``; ``share`` of the outcomes in it; ``band_low,
        band_high``, between which nine in ten shares of a flat histogram of `n_effective` cases lie (by
        chance one bin in ten lies outside).
    """
    from scipy import stats

    places, n = _places(pit, n_effective)
    edges = np.linspace(0, 1, bins + 1)
    counts, _ = np.histogram(places, edges)
    whole = max(math.floor(n), 1)
    tail = (1 - INTERVAL_LEVEL) / 2
    low, high = stats.binom.ppf([tail, 1 - tail], whole, 1 / bins) / whole
    return pd.DataFrame(
        {
            "bin_low": edges[:-1],
            "bin_high": edges[1:],
            "share": counts / len(places),
            "band_low": float(low),
            "band_high": float(high),
        }
    )


def omnibus_p(pit: ArrayLike, n_effective: float) -> float:
    """How likely places as uneven as these are if the forecasts were right: Neyman's smooth test of order 2.

    Parameters
    ----------
    pit
        Places of the outcomes, from the function of that name.
    n_effective
        Cases that count.

    Notes
    -----
    With the Legendre polynomials that are orthonormal on 0 to 1, p1 = √12 (u - 1/2) and p2 = √5 (6 (u -
    1/2)² - 1/2), n (mean p1² + mean p2²) follows chi-square with 2 degrees of freedom, whose upper tail is
    exp(-x / 2). Of right forecasts some 9.2% fail at 10% where 10 cases count, and 9.8% where 46 do.
    """
    places, n = _places(pit, n_effective)
    return float(_smooth_p(places[None, :], n)[0])


def pass_rates(n: int, rng: np.random.Generator, runs: int = 20_000, spread_factor: float = 0.5) -> PassRates:
    """A simulation of the test: how often a right model passes, and one whose spread is wrong.

    Parameters
    ----------
    n
        Independent cases, as many as count.
    rng
        For the outcomes.
    runs
        Repetitions; with 20,000 the standard error of a share is at most 0.4 points.
    spread_factor
        Standard deviation of the wrong model's normal forecasts over that of the outcomes.

    Returns
    -------
    PassRates
        Shares of runs in which `omnibus_p` is at least `TEST_LEVEL`.
    """
    from scipy import special

    if n < 1 or runs < 1 or not spread_factor > 0:
        raise ValueError(f"{n} cases, {runs} runs, factor {spread_factor:g}: all must be above 0.")
    z = rng.standard_normal((runs, n))
    right, wrong = (
        float((_smooth_p(special.ndtr(z / factor), n) >= TEST_LEVEL).mean()) for factor in (1, spread_factor)
    )
    return PassRates(right, wrong, n)


def pass_rates_in_clusters(
    clusterings: Sequence[Sequence[object]],
    shared: float,
    rng: np.random.Generator,
    runs: int = 1000,
    spread_factor: float = 0.5,
) -> PassRates:
    """`pass_rates` of cases that share their fate, where how many count has to be estimated in each run.

    Parameters
    ----------
    clusterings
        Each says for every case what it shares its fate with, such as the company, or the year.
    shared
        Share of the variance of the outcomes that clusters explain, an equal part of it each clustering.
    rng
        For the outcomes.
    runs
        Repetitions; with 1,000 the standard error of a share is at most 1.6 points.
    spread_factor
        As for `pass_rates`.
    """
    from scipy import special

    if not clusterings or not 0 <= shared <= 1 or runs < 1 or not spread_factor > 0:
        raise ValueError(
            f"{len(clusterings)} clusterings share {shared:g}: one or more, and a share up to 1."
        )
    n = len(clusterings[0])
    z = math.sqrt(1 - shared) * rng.standard_normal((runs, n))
    for names in clusterings:
        clusters, index = np.unique([str(name) for name in names], return_inverse=True)
        effects = rng.standard_normal((runs, len(clusters)))
        z += math.sqrt(shared / len(clusterings)) * effects[:, index]
    passed, counted = [], []
    for factor in (1.0, spread_factor):
        places = special.ndtr(z / factor)
        effective = [scoring.effective_cases(row, *clusterings) for row in places]
        passed.append([omnibus_p(row, k) >= TEST_LEVEL for row, k in zip(places, effective, strict=True)])
        counted.append(effective)
    return PassRates(float(np.mean(passed[0])), float(np.mean(passed[1])), float(np.mean(counted[0])))


def _smooth_p(places: Floats, n: float) -> Floats:
    """The probability of `omnibus_p` for each row of places."""
    from_half = places - 0.5
    first = math.sqrt(12) * from_half.mean(axis=1)
    second = math.sqrt(5) * (6 * (from_half**2).mean(axis=1) - 0.5)
    return np.asarray(np.exp(-n * (first**2 + second**2) / 2))


def _places(pit: ArrayLike, n_effective: float) -> tuple[Floats, float]:
    places = np.asarray(pit, dtype=float)
    if places.ndim != 1 or not places.size or not ((places >= 0) & (places <= 1)).all():
        raise ValueError("the places of outcomes are not numbers from 0 to 1: take them from pit.")
    if not 0 < n_effective <= len(places):
        raise ValueError(
            f"{n_effective:g} of {len(places)} cases count: hand over a number above 0 that is not higher."
        )
    return places, float(n_effective)


def _checked(draws: ArrayLike, outcomes: ArrayLike) -> tuple[Floats, Floats]:
    x, y = np.asarray(draws, dtype=float), np.asarray(outcomes, dtype=float)
    if x.ndim != 2 or y.ndim != 1 or len(x) != len(y) or not x.shape[1]:
        raise ValueError(f"draws of shape {x.shape} for outcomes of shape {y.shape}: a row of draws each.")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("a draw or an outcome is not finite: score cases that have ended.")
    return x, y
