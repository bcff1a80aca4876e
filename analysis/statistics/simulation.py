"""How are uncertain inputs drawn, and how sure are we of what comes out?

Decisions
---------
- A range is written by its quantiles (5%, 50%, 95%), except PERT, which is written by minimum, mode and
  maximum. A single number fixes an input whatever its distribution, and then no random number is used up.
- Each purpose (an input, a source of noise) has a random stream of its own, keyed by its name. Adding or
  fixing one input never changes the draws of another, so two runs differ only by what was changed.
- Every input is drawn as uniforms that go through its quantile function, read off a table. Whatever its
  distribution says, the draws keep the ranks of the uniforms: scenarios share random numbers input by input.
- Inputs that move together do so by a Gaussian copula, which turns their independent uniforms into correlated
  ones before any distribution is applied.
- Draws come in blocks of fixed size, each with streams of its own. A draw depends on the seed, its block and
  its place in it, and on nothing else: not on how many draws there are, how they are cut up or how many
  workers share them.
- Every probability and quantile comes with the 95% interval of the simulation: Wilson's for a probability,
  order statistics for a quantile. It says how far another seed could move the result, and nothing about
  whether the inputs are right.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields, replace
from functools import cache, lru_cache
from statistics import NormalDist
from typing import Any, TypeVar, cast, get_type_hints

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.provenance import Inputs
from analysis.scenarios import QUANTILES

Floats = NDArray[np.float64]
Values = float | Floats
"""A number for all draws, or an array with one number a draw."""

Constraint = tuple[Callable[[Floats], NDArray[np.bool_]], str]
NUMBER: Constraint = (np.isfinite, "a finite number")
POSITIVE: Constraint = (lambda x: np.isfinite(x) & (x > 0), "greater than 0")
NOT_NEGATIVE: Constraint = (lambda x: np.isfinite(x) & (x >= 0), "0 or more")
SHARE: Constraint = (lambda x: (x > 0) & (x <= 1), "a share above 0 and up to 1")
LOSS_PCT: Constraint = (lambda x: (x >= 0) & (x < 100), "a loss of 0 to below 100 percent")
GROWTH_PCT: Constraint = (lambda x: np.isfinite(x) & (x > -100), "a growth above -100 percent")
DEGREES_OF_FREEDOM: Constraint = (
    lambda x: (x == 0) | (np.isfinite(x) & (x > 2)),
    "0 (normal) or more than 2 degrees of freedom",
)

T = TypeVar("T")

BLOCK = 4096
"""Draws in a block: some twenty paths of it fit the cache of a core."""
MEMORY_SHARE = 0.5
"""The part of the free memory that a simulation may plan to use."""
TAIL_LIMIT = 8.0
"""Standard deviations at which a step of Student's t is cut, so that it has a mean."""

QUARTERS_PER_YEAR = 4
LEVEL = 0.95
Z_LEVEL = NormalDist().inv_cdf(0.5 + LEVEL / 2)  # 1.960, the two-sided 95% interval
Z95 = NormalDist().inv_cdf(0.95)  # 1.645, the 95% quantile of a standard normal
PERT_LAMBDA = 4.0  # weight of the mode, standard PERT
CELLS = 1024
"""Equal steps of probability between the knots of a quantile table, which are one more."""
SMALLEST_UNIFORM = 2.0**-53
"""The step between the uniforms of a generator."""
TABLE_TAIL = 1 / 4096
"""The quantiles of this probability and of its complement stand at the ends of a table."""


@dataclass(frozen=True)
class MonteCarloEstimate:
    """A result of a simulation with its Monte-Carlo error.

    Attributes
    ----------
    value
        The estimate, in the unit of the draws (a probability: share, 0 to 1).
    standard_error
        Standard error of `value` over seeds.
    low, high
        Interval which covers the value of an endless simulation with probability `level`.
    level
        Level of the interval, 0.95.
    inputs
        The assumptions that it follows from, where a traced function gave it.
    """

    value: float
    standard_error: float
    low: float
    high: float
    level: float = LEVEL
    inputs: Inputs = field(default_factory=dict, compare=False, repr=False)

    @property
    def half_width(self) -> float:
        """Half the width of the interval."""
        return (self.high - self.low) / 2

    @property
    def percent(self) -> "MonteCarloEstimate":
        """The same estimate of a share, in per cent."""
        parts = {name: getattr(self, name) * 100 for name in ("value", "standard_error", "low", "high")}
        return replace(self, **parts)


@dataclass(frozen=True)
class MedianAndRange:
    """The median of draws with their central range, which holds a part `level` of them."""

    value: float
    low: float
    high: float
    level: float
    inputs: Inputs = field(default_factory=dict, compare=False, repr=False)

    @property
    def percent(self) -> "MedianAndRange":
        """The same of a share, in per cent."""
        return replace(self, value=self.value * 100, low=self.low * 100, high=self.high * 100)


def median_and_range(draws: Floats, level: float = 0.9) -> MedianAndRange:
    """The median of draws with the central range that holds a part `level` of them, in their unit."""
    tail = (1 - level) / 2
    low, middle, high = np.quantile(draws, (tail, 0.5, 1 - tail))
    return MedianAndRange(float(middle), float(low), float(high), level)


def draw(dist: str | None, value: float | Sequence[float], size: int, rng: np.random.Generator) -> Floats:
    """Independent draws of one uncertain input.

    Parameters
    ----------
    dist
        `"normal"` or `"lognormal"` with `[p5, p95]`, `"split_normal"` with `[p5, p50, p95]`, `"pert"` with
        `[min, mode, max]`, or None for a fixed input.
    value
        The numbers of the distribution, or one number, which fixes the input whatever `dist` says.
    size
        Number of draws.
    rng
        The input's own stream (see `spawn`).

    Returns
    -------
    ndarray, shape (size,), in the unit of `value`: `from_uniforms` of the stream's next uniforms.

    Raises
    ------
    ValueError
        Unknown `dist`; wrong number, wrong order or non-finite `value`; a `lognormal` number that is not
        positive; `size` below 1.

    Notes
    -----
    Up to the steps of a `quantile_table`, with Z standard normal and z = 1.645:

    - normal: X = (p5 + p95) / 2 + (p95 - p5) / 2z Z
    - lognormal: ln X is the normal of ln p5 and ln p95
    - split_normal: X = p50 + (p50 - p5) / z Z below the median and p50 + (p95 - p50) / z Z above it. Each
      half carries half of the probability, so the three quantiles are hit exactly (and the density jumps at
      the median, other than in the textbook's two-piece normal, which is joined at the mode).
    - pert: X = min + (max - min) B, with B ~ Beta(1 + 4 (mode - min)/(max - min), 1 + 4 (max - mode)/(max -
      min))

    References
    ----------
    Malcolm, Roseboom, Clark, Fazar (1959), Operations Research 7(5), for PERT.
    """
    if size < 1:
        raise ValueError(f"size is {size}: write 1 draw or more.")
    if np.ndim(value) == 0:
        return np.full(size, float(_checked_numbers(dist, value)))
    return from_uniforms(dist, value, rng.random(size))


def from_uniforms(dist: str | None, value: float | Sequence[float], uniforms: Floats) -> Floats:
    """The draws of an uncertain input that belong to some uniforms, in the same order of rank.

    Parameters
    ----------
    dist, value
        As in `draw`.
    uniforms
        Probabilities from 0 to 1, both included, any shape.

    Returns
    -------
    ndarray, shape of `uniforms`, in the unit of `value`: `quantile_table` between its knots, straight lines.

    Raises
    ------
    ValueError
        As `draw`; uniforms outside 0 to 1.
    """
    u = np.asarray(uniforms, dtype=float)
    if not (u.min(initial=0.0) >= 0 and u.max(initial=1.0) <= 1):
        raise ValueError("uniforms reach outside 0 to 1: write probabilities from 0 to 1.")
    table = quantile_table(dist, value)
    position = u * CELLS
    cell = np.minimum(position.astype(np.intp), CELLS - 1)
    low = table[cell]
    return np.asarray(low + (position - cell) * (table[cell + 1] - low))


def quantile_table(dist: str | None, value: float | Sequence[float]) -> Floats:
    """Quantiles of an uncertain input at equal steps of probability, read-only.

    Parameters
    ----------
    dist, value
        As in `draw`.

    Returns
    -------
    ndarray, shape (`CELLS` + 1,), in the unit of `value`: the quantile of k / `CELLS` at position k. The two
    ends, where a normal has no finite quantile, hold those of `TABLE_TAIL` and its complement.

    Raises
    ------
    ValueError
        As `draw`.

    Notes
    -----
    A normal read off its table is off by at most 0.0005 standard deviations between 1% and 99% and by at most
    0.02 down to 0.1%. Its variance is 0.1% too small, and that of a lognormal from 2 to 18 is 1.3% too small.
    """
    numbers = np.asarray(value, dtype=float)
    return _table(dist, tuple(numbers.tolist()) if numbers.ndim else float(numbers))


@lru_cache(maxsize=512)
def _table(dist: str | None, value: float | tuple[float, ...]) -> Floats:
    probabilities = np.arange(CELLS + 1) / CELLS
    probabilities[[0, -1]] = TABLE_TAIL, 1 - TABLE_TAIL
    table = quantile_function(dist, value)(probabilities)
    table.flags.writeable = False
    return table


def correlated(
    uniforms: Mapping[str, Floats], names: Sequence[str], correlation: Floats
) -> dict[str, Floats]:
    """Uniforms of inputs that move together, by a Gaussian copula of their independent uniforms.

    Parameters
    ----------
    uniforms
        Independent uniforms by name, each of shape (draws,).
    names
        Those that move together, in the order of the matrix.
    correlation
        Correlation of their standard normals, shape (names, names): symmetric, ones on the diagonal, positive
        definite. The correlation of ranks that it leads to is 6/pi × asin(rho / 2), slightly below rho.

    Returns
    -------
    dict of ndarray
        `uniforms` with those of `names` replaced; all others, the first of `names` and each that is
        uncorrelated with those before it are the same arrays.

    Raises
    ------
    ValueError
        A name without uniforms or named twice, or a matrix that is not such a correlation.

    Notes
    -----
    With L the Cholesky factor of the correlation, Z = Phi^-1(U) and U' = Phi(L Z). The ranks of the result
    depend on the uniforms and the matrix alone, not on the distributions that are applied to it.

    References
    ----------
    Nelsen (2006), An Introduction to Copulas, section 2.3.
    """
    from scipy import special  # only where it is used

    factor = _correlation_factor(uniforms, names, np.asarray(correlation, dtype=float))
    # a uniform of zero would be a normal of minus infinity
    normals = [special.ndtri(np.maximum(uniforms[name], SMALLEST_UNIFORM)) for name in names]
    result = dict(uniforms)
    for name, weights in zip(names, factor, strict=True):
        terms = [weight * z for weight, z in zip(weights, normals, strict=True) if weight]
        if len(terms) > 1:
            shares = special.ndtr(np.sum(terms, axis=0))
            result[name] = np.clip(shares, SMALLEST_UNIFORM, 1 - SMALLEST_UNIFORM)
    return result


def equal_correlation(count: int, correlation: float) -> Floats:
    """The matrix of `count` inputs any two of which have the same correlation."""
    matrix = np.full((count, count), float(correlation))
    np.fill_diagonal(matrix, 1.0)
    return matrix


def _correlation_factor(uniforms: Mapping[str, Floats], names: Sequence[str], matrix: Floats) -> Floats:
    """The Cholesky factor of a correlation, refused where the names or the matrix do not fit."""
    odd = sorted({name for name in names if name not in uniforms or names.count(name) > 1})
    if odd:
        raise ValueError(f"names {odd} have no uniforms or stand there twice: name each input of them once.")
    size = len(names)
    if matrix.shape != (size, size):
        raise ValueError(f"correlation has shape {matrix.shape} for {size} names: write ({size}, {size}).")
    if not (np.array_equal(matrix, matrix.T) and (np.diag(matrix) == 1).all()):
        raise ValueError(f"correlation of {list(names)} is not symmetric with ones on its diagonal: mend it.")
    try:
        return np.asarray(np.linalg.cholesky(matrix))
    except np.linalg.LinAlgError:
        raise ValueError(
            f"correlation of {list(names)} is not positive definite: no inputs can move like that; write"
            " correlations nearer to 0."
        ) from None


def _from_normal(dist: str | None, numbers: Floats, z: Floats) -> Floats:
    """What a standard normal stands for in every distribution but PERT."""
    if dist == "split_normal":
        p5, p50, p95 = numbers
        return np.asarray(p50 + z * np.where(z < 0, p50 - p5, p95 - p50) / Z95)
    low, high = np.log(numbers) if dist == "lognormal" else numbers
    x = (low + high) / 2 + (high - low) / (2 * Z95) * z
    return np.asarray(np.exp(x) if dist == "lognormal" else x)


def _beta(numbers: Floats) -> tuple[float, float]:
    """The parameters of PERT's beta."""
    low, mode, high = numbers
    return 1 + PERT_LAMBDA * (mode - low) / (high - low), 1 + PERT_LAMBDA * (high - mode) / (high - low)


def _between(numbers: Floats, share: Floats) -> Floats:
    """From a share of the way to a value between PERT's two ends."""
    return np.asarray(numbers[0] + (numbers[-1] - numbers[0]) * share)


def _finite(name: str, numbers: Floats) -> Floats:
    if not np.isfinite(numbers).all():
        raise ValueError(f"{name} is {numbers.tolist()}: write finite numbers.")
    return numbers


def _checked_numbers(dist: str | None, value: float | Sequence[float]) -> Floats:
    """The numbers of a distribution, or the one that fixes it, refused where they describe none."""
    numbers = np.asarray(value, dtype=float)
    if numbers.ndim == 0:
        return np.asarray(_finite("value", numbers[np.newaxis])[0])
    listed = numbers.tolist()
    if dist is None:
        raise ValueError(
            f"value {listed} has no distribution: write one number, or a dist of {sorted(QUANTILES)}."
        )
    if dist not in QUANTILES:
        raise ValueError(f"dist {dist!r} is unknown: write one of {sorted(QUANTILES)}.")
    form = f"[{', '.join(QUANTILES[dist])}]"
    if numbers.shape != (len(QUANTILES[dist]),):
        raise ValueError(f"{dist} has value {listed}: write {form}, or one number to pin the input.")
    _finite(f"{dist} value", numbers)
    steps = np.diff(numbers)
    ordered = (steps >= 0).all() and numbers[0] < numbers[-1] if dist == "pert" else (steps > 0).all()
    if not ordered:
        raise ValueError(
            f"{dist} has value {listed}: write {form} in rising order, or one number to pin the input."
        )
    if dist == "lognormal" and numbers[0] <= 0:
        raise ValueError(f"lognormal has value {listed}: write {form} above 0, or use normal.")
    return numbers


def quantile_function(dist: str | None, value: float | Sequence[float]) -> Callable[[Floats], Floats]:
    """Exact quantile function of an uncertain input, which `draw` reads off a table.

    Parameters
    ----------
    dist, value
        As in `draw`; one number fixes the input, and its function is constant.

    Returns
    -------
    Function from probabilities to values in the unit of `value`, any shape. It refuses
    probabilities outside (0, 1) with a ValueError.

    Raises
    ------
    ValueError
        As `draw`.
    """
    from scipy import special  # only where it is used

    numbers = _checked_numbers(dist, value)

    def values(probabilities: Floats) -> Floats:
        p = np.asarray(probabilities, dtype=float)
        if not ((p > 0) & (p < 1)).all():
            raise ValueError(
                "probabilities reach outside 0 to 1 or touch an end: write them above 0 and below 1."
            )
        if numbers.ndim == 0:
            return np.full(p.shape, float(numbers))
        if dist == "pert":
            return _between(numbers, special.betaincinv(*_beta(numbers), p))
        return _from_normal(dist, numbers, special.ndtri(p))

    return values


def spawn(seed: int, purposes: Sequence[str], block: int = 0) -> dict[str, np.random.Generator]:
    """One random stream a purpose and block, keyed by the block and the purpose's name.

    Parameters
    ----------
    seed
        Seed of the whole run, 0 or more.
    purposes
        Names, in any order, each once. The stream of a name depends on `seed`, `block` and that name alone.
    block
        Number of the block of draws, 0 or more.

    Returns
    -------
    dict of a fresh `Generator` a name. Streams are independent of each other; a stream moves on when it is
    used, so spawn again to get the same draws again (common random numbers).

    Raises
    ------
    ValueError
        A negative seed or block, an empty or a repeated name.

    References
    ----------
    numpy.random.SeedSequence, `spawn_key`: here the block and the bytes of the name, so
    that no two share a stream.
    """
    names = list(purposes)
    if seed < 0 or block < 0:
        raise ValueError(f"seed is {seed}, block is {block}: write whole numbers of 0 or more.")
    repeated = sorted({name for name in names if not name or names.count(name) > 1})
    if repeated:
        raise ValueError(f"purposes {repeated} are empty or repeated: name each stream once.")
    return {
        name: np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(block, *name.encode())))
        for name in names
    }


def blocks(n_draws: int) -> list[tuple[int, int]]:
    """Number and size of each block of `BLOCK` draws; the last may be shorter, then the head of a full one.

    Raises
    ------
    ValueError
        Fewer than one draw.
    """
    if n_draws < 1:
        raise ValueError(f"n_draws is {n_draws}: write 1 draw or more.")
    return [(start // BLOCK, min(BLOCK, n_draws - start)) for start in range(0, n_draws, BLOCK)]


def run_blocks(run: Callable[[int, int], T], n_draws: int, *, workers: int = 1) -> Iterator[T]:
    """What `run` gives for each block, in their order, as soon as it is there.

    Parameters
    ----------
    run
        From a block's number and size to its result; pure, called once a block.
    n_draws
        Draws in total, 1 or more.
    workers
        Threads, 1 or more (numpy releases the interpreter while it computes). The results do not depend on
        them.

    Raises
    ------
    ValueError
        Fewer than one draw or worker; whatever `run` raises comes out as it is.
    """
    if workers < 1:
        raise ValueError(f"workers is {workers}: write 1 or more.")
    todo = blocks(n_draws)
    if workers == 1:
        yield from (run(block, size) for block, size in todo)
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting = [pool.submit(run, block, size) for block, size in todo]
        try:
            for position, future in enumerate(waiting):
                yield future.result()
                # A result that was taken is not kept twice.
                waiting[position] = None  # type: ignore[call-overload]
        finally:
            for future in filter(None, waiting):
                future.cancel()


def concat_paths(parts: Sequence[T], *, shared: Sequence[str]) -> T:
    """Results of several blocks as one: arrays one below the other, `shared` fields and `inputs` those of the
    first.
    """
    first: Any = parts[0]
    values = {
        part.name: (
            getattr(first, part.name)
            if part.name in (*shared, "inputs")
            else np.concatenate([getattr(block, part.name) for block in parts])
        )
        for part in fields(first)
    }
    return cast("T", type(first)(**values))


def check_memory(n_draws: int, bytes_per_draw: int, available_bytes: int) -> None:
    """Refuse a number of draws whose results would not fit, before anything runs.

    Raises
    ------
    ValueError
        The results need more than `MEMORY_SHARE` of `available_bytes`; says how many draws would fit.
    """
    fitting = int(available_bytes * MEMORY_SHARE) // bytes_per_draw
    if n_draws > fitting:
        raise ValueError(
            f"draws is {n_draws:,}: {n_draws * bytes_per_draw / 2**30:.1f} GiB of results, and"
            f" {available_bytes / 2**30:.1f} GiB of memory are free, half of which may be used: write"
            f" {fitting:,} or fewer."
        )


def lognormal_walk(
    volatility_pct: Floats,
    n_draws: int,
    quarters: int,
    rng: np.random.Generator,
    *,
    degrees_of_freedom: float = 0.0,
    along: Floats | None = None,
    correlation: Values = 0.0,
) -> Floats:
    """A lognormal random walk with mean one, quarter by quarter.

    ln W(t + 1/4) = ln W(t) - s²/8 + s/2 Z, with s the volatility per year, so that E[W(t)] = 1 at every t and
    ln W(t) ~ Normal(-s² t/2, s² t).

    Parameters
    ----------
    volatility_pct
        s, percent per year, shape (draws, 1).
    n_draws, quarters
        Shape of the normals that are taken from `rng`, whatever the volatility is.
    rng
        The walk's own stream.
    degrees_of_freedom
        0 for normal steps; above 2 for those of Student's t, scaled to a variance of one and cut at
        `TAIL_LIMIT`: fat tails at the same volatility. Each draw's normals are the same in both cases. The
        mean is then no longer one.
    along, correlation
        Standard normals of another walk, shape (draws, quarters), and what those of this one have to do with
        them: c × along + sqrt(1 - c²) × own, with c of shape (draws, 1).

    Returns
    -------
    ndarray, shape (draws, quarters + 1), 1 at the start.

    Raises
    ------
    ValueError
        Degrees of freedom other than 0 and not above 2.
    """
    nu = degrees_of_freedom
    if nu and not nu > 2:
        raise ValueError(f"degrees_of_freedom is {nu:g}: write 0 for normal steps or more than 2.")
    step = volatility_pct / 100 / np.sqrt(QUARTERS_PER_YEAR)
    shocks = rng.standard_normal((n_draws, quarters))
    if along is not None:
        shocks = correlation * along + np.sqrt(1 - np.square(correlation)) * shocks
    if nu:
        mixing = rng.spawn(1)[0].chisquare(nu, (n_draws, quarters))
        shocks = np.clip(shocks * np.sqrt((nu - 2) / mixing), -TAIL_LIMIT, TAIL_LIMIT)
    shocks *= step
    shocks -= step**2 / 2
    return np.asarray(np.exp(from_zero(np.cumsum(shocks, axis=1))))


def random_walk(volatility_pct: Floats, normals: Floats) -> Floats:
    """A random walk without drift, quarter by quarter: s/2 × the sum of its normals so far.

    Parameters
    ----------
    volatility_pct
        s, percent per year, shape (draws, 1).
    normals
        Standard normals, shape (draws, quarters).

    Returns
    -------
    ndarray, shape (draws, quarters + 1), 0 at the start; as the log of a path its median is one.
    """
    step = volatility_pct / 100 / np.sqrt(QUARTERS_PER_YEAR)
    return from_zero(np.cumsum(step * normals, axis=1))


def from_zero(sums: Floats) -> Floats:
    """Cumulative sums with a leading column of zeros: nothing has happened at the start."""
    padded = np.zeros((sums.shape[0], sums.shape[1] + 1))
    padded[:, 1:] = sums
    return padded


def probability(hits: NDArray[np.bool_]) -> MonteCarloEstimate:
    """Probability of an event, from the draws in which it happened.

    Parameters
    ----------
    hits
        Boolean, shape (draws,).

    Returns
    -------
    Estimate, share 0 to 1. Standard error sqrt(p (1 - p) / n); Wilson interval
    (p + z²/2n ± z sqrt(p (1 - p)/n + z²/4n²)) / (1 + z²/n), which stays honest when no draw, or every draw,
    hits.

    Raises
    ------
    ValueError
        `hits` is not a non-empty boolean vector.

    References
    ----------
    Wilson (1927), Journal of the American Statistical Association 22(158).
    """
    if hits.ndim != 1 or hits.size == 0 or hits.dtype != np.bool_:
        raise ValueError(
            f"hits has shape {hits.shape} and type {hits.dtype}: write one True or False a draw."
        )
    n, p = hits.size, float(hits.mean())
    scale = 1 + Z_LEVEL**2 / n
    centre = (p + Z_LEVEL**2 / (2 * n)) / scale
    half = Z_LEVEL * np.sqrt(p * (1 - p) / n + Z_LEVEL**2 / (4 * n**2)) / scale
    low, high = float(max(centre - half, 0.0)), float(min(centre + half, 1.0))
    return MonteCarloEstimate(
        p, float(np.sqrt(p * (1 - p) / n)), low if p > 0 else 0.0, high if p < 1 else 1.0
    )


def quantile(x: Floats, q: float) -> MonteCarloEstimate:
    """Quantile of a result over draws, with the interval that order statistics give.

    Parameters
    ----------
    x
        Results, shape (draws,), finite.
    q
        Level of the quantile, above 0 and below 1 (0.5: the median).

    Returns
    -------
    Estimate in the unit of `x`. With B ~ Binomial(n, q) the interval runs from the order statistic of rank
    B's 2.5% quantile to that of rank B's 97.5% quantile plus one, and covers with at least 95% whatever the
    distribution of `x`. Where so few draws have no such rank the end is infinite. The standard error is the
    interval's half width over 1.96.

    Raises
    ------
    ValueError
        `x` is empty, not a vector or not finite; `q` outside (0, 1).

    References
    ----------
    David and Nagaraja (2003), Order Statistics, section 7.1.
    """
    if x.ndim != 1 or x.size == 0:
        raise ValueError(f"x has shape {x.shape}: write one number a draw.")
    if not 0 < q < 1:
        raise ValueError(f"q is {q}: write a level above 0 and below 1, such as 0.5.")
    if not np.isfinite(x).all():
        raise ValueError(
            f"x has {int((~np.isfinite(x)).sum())} draws that are not finite: leave them out by rule."
        )
    padded = np.concatenate([[-np.inf], np.sort(x), [np.inf]])  # rank r is padded[r]
    low, high = (float(padded[rank]) for rank in _ranks(x.size, q))
    return MonteCarloEstimate(float(np.quantile(x, q)), (high - low) / (2 * Z_LEVEL), low, high)


@lru_cache(maxsize=256)
def _ranks(n: int, q: float) -> tuple[int, int]:
    """The order statistics of `n` draws between which their quantile lies with a probability of `LEVEL`."""
    from scipy import stats  # half a second: only where it is used

    low, high = stats.binom.ppf([(1 - LEVEL) / 2, (1 + LEVEL) / 2], n, q).astype(int)
    return int(low), int(high) + 1


def path_quantiles(paths: Floats) -> dict[str, Floats]:
    """Quantiles of paths (draws by dates) at each date, as columns of a table: ``p5 p25 p50 p75 p95``."""
    levels = (0.05, 0.25, 0.5, 0.75, 0.95)
    rows = np.quantile(paths, levels, axis=0)
    return {f"p{level * 100:.0f}": row for level, row in zip(levels, rows, strict=True)}


def cumulative_probability(hits: NDArray[np.bool_], times_years: Floats) -> pd.DataFrame:
    """Probability that an event has happened by each date.

    Parameters
    ----------
    hits
        Boolean, shape (draws, dates): the event is seen at that date.
    times_years
        Dates, years from the start, shape (dates,).

    Returns
    -------
    DataFrame, one row a date: `times_years`; `probability` that the event was seen at that date or before;
    `standard_error`, `low`, `high` as in `probability`. The rows share their draws: the interval holds for
    each date, not for the whole curve.

    Raises
    ------
    ValueError
        Shapes that do not fit.
    """
    if hits.ndim != 2 or hits.shape[1:] != times_years.shape:
        raise ValueError(
            f"hits has shape {hits.shape}, times_years {times_years.shape}: write (draws, dates), (dates,)."
        )
    estimates = [probability(column) for column in np.logical_or.accumulate(hits, axis=1).T]
    return pd.DataFrame(
        {
            "times_years": times_years,
            "probability": [e.value for e in estimates],
            "standard_error": [e.standard_error for e in estimates],
            "low": [e.low for e in estimates],
            "high": [e.high for e in estimates],
        }
    )


def input_column(name: str, value: Values, n_draws: int) -> Floats:
    """An input as a column, shape (draws, 1), so that it meets paths of shape (draws, dates).

    Raises
    ------
    ValueError
        An array that does not hold one number a draw.
    """
    array = np.asarray(value, dtype=float)
    if array.shape not in [(), (n_draws,)]:
        raise ValueError(
            f"{name} has shape {array.shape}: write one number, or one for each of {n_draws} draws."
        )
    return np.broadcast_to(array, (n_draws,))[:, np.newaxis]


@cache
def input_rules(model: type) -> Mapping[str, tuple[Constraint, str]]:
    """The inputs of a model in their order, each with its rule and its meaning.

    They are the fields of a dataclass that are written so: ``name: Annotated[Values, RULE, "Meaning"]``.
    """
    hints = get_type_hints(model, include_extras=True)
    return {name: hint.__metadata__ for name, hint in hints.items() if hasattr(hint, "__metadata__")}


def check_inputs(inputs: Any) -> None:
    """Refuse inputs of a model outside their range (see `input_rules`), all of them in one message; None is
    one that was left out.

    Raises
    ------
    ValueError
        Names each input, its worst value and what to write.
    """
    problems = []
    for name, ((accepts, wanted), _) in input_rules(inputs.__class__).items():
        value = getattr(inputs, name)
        array = np.atleast_1d(np.asarray([] if value is None else value, dtype=float))
        refused = array[~accepts(array)]
        if refused.size:
            count = f" in {refused.size} of {array.size} draws" if array.size > 1 else ""
            problems.append(f"{name} is {refused[0]:g}{count}: write {wanted}")
    if problems:
        raise ValueError("; ".join(problems) + ".")
