"""How good are forecasts of past cases, how many of them count, and what repairs them, in plain arithmetic?

Decisions
- Nothing of the package is imported. What takes no random numbers is exact; what the model says of a case
  comes as futures, whose score is the mean over batches of them, with its standard error.
- The score of a batch is the one that few draws do not bias: that of pairs of distinct draws.
"""

import math
import random
import statistics
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable

BATCH, FALL, PSEUDO_CASES, RESAMPLES = 100, 0.75, 15, 2000


def crps(draws: list[float], outcome: float, distinct: bool = False) -> float:
    """Mean distance from the outcome less half the mean distance between two draws, distinct ones or any."""
    n, ordered = len(draws), sorted(draws)
    apart = sum((2 * k - n + 1) * x for k, x in enumerate(ordered)) / (n * (n - distinct))
    return sum(abs(x - outcome) for x in ordered) / n - apart


def normal_crps(mean: float, spread: float, outcome: float) -> float:
    z, bell = (outcome - mean) / spread, statistics.NormalDist()
    return spread * (z * (2 * bell.cdf(z) - 1) + 2 * bell.pdf(z) - 1 / math.sqrt(math.pi))


def place(draws: list[float], outcome: float) -> float:
    """Draws below the outcome, half of those equal to it and a half, over one more than there are."""
    ordered = sorted(draws)
    return (bisect_left(ordered, outcome) + bisect_right(ordered, outcome) + 1) / (2 * len(ordered) + 2)


def coverage(places: list[float], level: float) -> float:
    """The share of outcomes within the middle of their forecasts."""
    return statistics.fmean(abs(u - 0.5) <= level / 2 for u in places)


def design_effect(values: list[float], clusters: list) -> float:
    """Kish's, 1 + (m - 1) r, with r the intraclass correlation of a one-way analysis of variance."""
    n, sizes = len(values), Counter(clusters)
    k, mean = len(sizes), statistics.fmean(values)
    if k in (1, n):
        return float(n) if k == 1 else 1.0
    means = {c: statistics.fmean(v for v, d in zip(values, clusters, strict=True) if d == c) for c in sizes}
    between = sum(m * (means[c] - mean) ** 2 for c, m in sizes.items()) / (k - 1)
    inside = sum((v - means[c]) ** 2 for v, c in zip(values, clusters, strict=True)) / (n - k)
    weighted = sum(m * m for m in sizes.values()) / n
    spread = between + ((n - weighted) / (k - 1) - 1) * inside
    return 1 + (weighted - 1) * (max((between - inside) / spread, 0) if spread else 0)


def effective(values: list[float], cases: list[dict]) -> float:
    """n over the design effects of years and of companies, less one: at least 1 and at most n."""
    n = len(values)
    effect = sum(design_effect(values, [case[key] for case in cases]) for key in ("year", "company")) - 1
    return max(1.0, min(n, n / effect))


def wilson(share: float, n: float, level: float = 0.9) -> tuple[float, float]:
    """Ends of the interval of a share: where (share - p)^2 n = z^2 p (1 - p)."""
    z = statistics.NormalDist().inv_cdf((1 + level) / 2)
    middle, scale = share + z * z / (2 * n), 1 + z * z / n
    half = math.sqrt(middle**2 - scale * share**2)
    return (middle - half) / scale, (middle + half) / scale


def omnibus_p(places: list[float], n: float) -> float:
    """Neyman's smooth test of order two, by the chi-square's tail with two degrees of freedom."""
    first = math.sqrt(12) * (statistics.fmean(places) - 0.5)
    second = math.sqrt(180) * (statistics.fmean((u - 0.5) ** 2 for u in places) - 1 / 12)
    return math.exp(-n * (first**2 + second**2) / 2)


def better_probability(differences: list[float], cases: list[dict], rng: random.Random) -> float:
    """How often the mean is below 0 when years and companies are drawn again, each on its own."""
    names = {key: sorted({case[key] for case in cases}) for key in ("year", "company")}
    below = 0
    for _ in range(RESAMPLES):
        times = {key: Counter(rng.choices(ids, k=len(ids))) for key, ids in names.items()}
        weights = [times["year"][case["year"]] * times["company"][case["company"]] for case in cases]
        below += sum(w * d for w, d in zip(weights, differences, strict=True)) < 0
    return below / RESAMPLES


def repair(draws: list[list[float]], outcomes: list[float], n: float) -> tuple[float, float]:
    """Shift and spread that bring draws to their outcomes, shrunk by cases without a misfit."""
    weight = n / (n + PSEUDO_CASES)
    off = [y - statistics.median(some) for y, some in zip(outcomes, draws, strict=True)]
    mean = statistics.fmean(off)
    scaled = [(d - mean) / statistics.pstdev(some) for d, some in zip(off, draws, strict=True)]
    variance = statistics.fmean(z * z for z in scaled)
    return weight * mean, math.sqrt(weight * variance + 1 - weight)


def logit_shift(forecasts: list[float], happened: list[float], n: float) -> float:
    """Shift on logits that brings the mean probability to the share that happened, shrunk as above."""
    shares = [(sum(values) + 0.5) / (len(values) + 1) for values in (happened, forecasts)]
    high, low = (math.log(share / (1 - share)) for share in shares)
    return n / (n + PSEUDO_CASES) * (high - low)


def in_batches(futures: list[list], score: Callable[[int, list], float]) -> tuple[float, float]:
    """Mean score, from the number of a case and some of its futures: over batches, and its standard error."""
    means = [
        statistics.fmean(score(k, some[start : start + BATCH]) for k, some in enumerate(futures))
        for start in range(0, len(futures[0]), BATCH)
    ]
    return statistics.fmean(means), statistics.stdev(means) / math.sqrt(len(means))


def crps_of_model(cases: list[dict], futures: list[list]) -> tuple[float, float]:
    return in_batches(
        futures, lambda k, some: crps([path[-1] for path in some], cases[k]["log"], distinct=True)
    )


def chance(paths: list[list[float]]) -> float:
    """The share of futures in which the value stands a quarter below the entry at the end of a year."""
    return statistics.fmean(min(path) <= math.log(FALL) for path in paths)


def brier_of_model(cases: list[dict], futures: list[list]) -> tuple[float, float]:
    def brier(k: int, some: list) -> float:
        share = chance(some)
        return (share - cases[k]["event"]) ** 2 - share * (1 - share) / (len(some) - 1)

    return in_batches(futures, brier)
