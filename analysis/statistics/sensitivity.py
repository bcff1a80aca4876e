"""What drives the result? One input at a time, groups of inputs, risks on and off, and tipping points.

Decisions
- The model is handed in as a function from inputs, one value a row, to one outcome a row (a probability, a
  median). Chance within the model is the caller's: every row sees the same shocks, so that rows differ only
  by their inputs.
- An input's range is its quantile function. "Low" and "high" are its 5% and 95% quantiles, never a percentage
  of the value, which would call an input important for being large rather than for being uncertain.
- Groups of inputs are independent. Inputs that move together are one group with one index: indices run on
  independent uniforms, and what correlates them is applied within the group.
- A tornado and a break-even move one input and hold all others at their central values, those that move with
  it in the world too.
- A Sobol index has two errors: the bootstrap over points, which does not know how evenly Sobol points lie,
  and the spread of independent scramblings, which does and is the standard error. The interval is the wider
  of the two: for smooth outcomes that is the bootstrap, several times too wide; for outcomes with a long tail
  it can be the spread.
- An interval wider than its index is marked where either could matter (above `SMALL`); then the tornado is
  what can be shown.
- Shares of a variance that rests on a few points in a long tail are biased upwards however they are
  estimated. A probability, or the log of a median multiple, is what to hand in, not a mean multiple.
- Shares of risks are Shapley values over all on/off cells. No order of switching them on is preferred, and
  they add up. Cells share their draws, so the error of a share is that of its mean over draws, in which most
  of the chance cancels.
- A break-even is searched on a grid of percentiles first. Several crossings are all given and no single value
  then; a target that is not met on the grid is a result with its reason.
- Nothing is clipped: a first-order index slightly below zero is noise around zero, and is shown as such.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis.statistics.simulation import Z_LEVEL, Floats

Outcome = float | Floats
"""One number, or one a draw, shape (draws,), of which the mean is meant."""

Run = Callable[[Mapping[str, Floats]], Floats]
"""From inputs by name, each of shape (rows,), to one outcome a row; pure, with the same shocks in every row.
"""

Joint = Callable[[Mapping[str, Floats]], Mapping[str, Floats]]
"""From independent uniforms of all inputs by name to those that their quantile functions are applied to."""

Quantile = Callable[[Floats], Floats]
"""An input's quantile function: from probabilities above 0 and below 1 to values, element by element, never
falling.
"""

LEVEL = 0.95
"""Level of the intervals of Sobol indices."""

RESAMPLES = 200
"""Bootstrap resamples a scrambling; the width of an interval from 8 scramblings is then good to about 2%."""

LEAST_SCRAMBLES = 8
GRID_POINTS = 41
"""Percentiles at which `break_even` looks for crossings: 2.5 points apart between the 0.1% and the 99.9%
quantile.
"""

HALF_BIT = 2.0**-31
"""Sobol points are multiples of 2^-30; a zero among them would send a normal quantile to minus infinity."""

SMALL = 0.05
"""A share of the variance that nobody would act on: below it an index and its interval are small, not
unreliable.
"""

SAME = 1e-12
"""Outcomes whose range is within this share of their size are the same number: the rest is rounding."""

SHAPLEY_COLUMNS = (
    "risk",
    "shapley_value",
    "shapley_low",
    "shapley_high",
    "alone",
    "alone_error",
    "on_top",
    "on_top_error",
)
"""Columns of `shapley`."""

FIRST, TOTAL = "first", "total"
RISING, FALLING, TOUCHING = "rising", "falling", "touching"


@dataclass(frozen=True)
class Sobol:
    """How much of the variance of the outcome each group of inputs explains.

    Attributes
    ----------
    indices : DataFrame
        Two rows a group, in the order given: ``group``; ``order`` ("first": the group alone; "total": with
        all its interactions); ``index``, share of the variance, 0 to 1 but for noise (NaN where the outcome
        does not vary); ``standard_error`` from the spread of scramblings; ``low, high`` of the interval at
        `LEVEL`; ``unreliable``: the interval is wider than the index and reaches above `SMALL`, or there is
        none.
    mean, standard_deviation
        Of the outcome over the inputs, in its unit.
    evaluations
        Rows that `run` was asked for, (groups + 2) × n × scrambles.
    notes
        Caveats of the result.
    """

    indices: pd.DataFrame
    mean: float
    standard_deviation: float
    evaluations: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class BreakEven:
    """Where one input makes the outcome equal to a target.

    Attributes
    ----------
    value, percentile
        The input at the only crossing, in its unit, and its percentile in its distribution, 0 to 100; NaN
        without a crossing and with several.
    reason
        Why they are NaN; empty otherwise.
    crossings : DataFrame
        Every crossing by rising percentile: ``value``; ``percentile``; ``outcome`` there, which a jump leaves
        off the target; ``direction`` in which the outcome goes through the target as the input grows
        ("rising", "falling", or "touching" where it equals the target at a point of the grid without passing
        through it).
    """

    value: float
    percentile: float
    reason: str
    crossings: pd.DataFrame


def tornado(
    run: Run,
    distributions: Mapping[str, Quantile],
    central: Mapping[str, float],
    low: float = 0.05,
    high: float = 0.95,
) -> pd.DataFrame:
    """The outcome as each input goes from its low to its high quantile, the others at their central values.

    Parameters
    ----------
    run
        The model; it is called once, with 1 + 2 × inputs rows.
    distributions
        Quantile function by input.
    central
        Central value by input, for the same inputs.
    low, high
        Probabilities of the two ends, 0 < low < high < 1.

    Returns
    -------
    DataFrame, one row an input, the largest swing first: ``input``; ``at_low, at_high``, its
    values there, in its unit; ``low_result, high_result, central_result``, the outcomes; ``swing``, the
    largest less the smallest of the three, so that a peak in the middle is not mistaken for no effect.

    Raises
    ------
    ValueError
        No inputs, inputs without a central value or the other way round, probabilities out of order, values
        or outcomes that are not finite, or not one outcome a row.
    """
    names = list(distributions)
    _check_ends(low, high, "0.05 and 0.95")
    if not names or set(names) != set(central):
        odd = sorted(set(names) ^ set(central))
        raise ValueError(
            f"distributions and central differ in {odd}, or are empty: give both for every input."
        )
    ends = {name: _quantiles(name, distributions[name], np.array([low, high])) for name in names}
    rows = {name: np.full(1 + 2 * len(names), float(central[name])) for name in names}
    for k, name in enumerate(names):
        rows[name][1 + 2 * k : 3 + 2 * k] = ends[name]
    outcome = _outcomes(run, rows)
    middle, pairs = outcome[0], outcome[1:].reshape(-1, 2)
    three = np.column_stack([pairs, np.full(len(names), middle)])
    return (
        pd.DataFrame(
            {
                "input": names,
                "at_low": [ends[name][0] for name in names],
                "at_high": [ends[name][1] for name in names],
                "low_result": pairs[:, 0],
                "high_result": pairs[:, 1],
                "central_result": middle,
                "swing": np.ptp(three, axis=1),
            }
        )
        .sort_values("swing", ascending=False, kind="stable")
        .reset_index(drop=True)
    )


def sobol(
    run: Run,
    distributions: Mapping[str, Quantile],
    groups: Mapping[str, Sequence[str]],
    rng: np.random.Generator,
    *,
    n: int = 1024,
    scrambles: int = 8,
    joint: Joint | None = None,
) -> Sobol:
    """First-order and total Sobol indices of independent groups of inputs.

    Parameters
    ----------
    run
        The model with its shocks integrated out: the outcome of a row depends on the inputs of that row
        alone. It is called once a scrambling, with (groups + 2) × n rows.
    distributions
        Quantile function by input.
    groups
        Inputs by group, two groups or more, every input in exactly one.
    rng
        Stream of the scramblings and of the bootstrap.
    n
        Points a scrambling, a power of 2.
    scrambles
        Independent scramblings, 8 or more.
    joint
        What makes inputs of one group move together (see `simulation.correlated`); it may tie no input to one
        of another group. None: all inputs are independent.

    Returns
    -------
    Sobol

    Raises
    ------
    ValueError
        Groups that leave out, repeat or invent an input; fewer than two; `n` no power of 2; too few
        scramblings; values or outcomes that are not finite, or not one outcome a row.

    Notes
    -----
    With V the variance of the outcome and X_g the inputs of group g: first = V(E(Y | X_g)) / V
    and total = E(V(Y | all inputs but X_g)) / V. The indices are means over scramblings, which are
    independent. The half width of an interval is the larger of sqrt(mean(h²) / scrambles), with h the half
    widths of the scramblings' own bootstraps, and of t × standard error, with t of scrambles - 1 degrees of
    freedom.

    References
    ----------
    Saltelli et al. (2010), Computer Physics Communications 181(2), for the estimators;
    SALib for points and analysis.
    """
    _check_groups(groups, distributions)
    if n < 2 or n & (n - 1):
        raise ValueError(f"n is {n}: Sobol points need a power of 2, such as 1024.")
    if scrambles < LEAST_SCRAMBLES:
        raise ValueError(f"scrambles is {scrambles}: their spread needs {LEAST_SCRAMBLES} or more.")
    problem = {
        "num_vars": len(distributions),
        "names": [name for members in groups.values() for name in members],
        "groups": [group for group, members in groups.items() for _ in members],
        "bounds": [[0.0, 1.0]] * len(distributions),
    }
    sampled = (_scrambled_uniforms(problem, n, rng) for _ in range(scrambles))
    outcomes = np.stack(
        [_outcomes_at(run, distributions, joint(uniforms) if joint else uniforms) for uniforms in sampled]
    )
    constant = int((np.ptp(outcomes, axis=1) <= SAME * np.abs(outcomes).max(axis=1)).sum())
    if constant:
        unknown = np.full((2, len(groups)), math.nan)
        indices = _Indices(unknown, unknown, unknown)
        notes: tuple[str, ...] = (
            f"the outcome does not vary in {constant} of {scrambles} scramblings: no index",
        )
    else:
        indices, notes = _indices(problem, outcomes, rng), ()
    # the rows that mix two points are spread like the points themselves: all count
    mean, deviation = float(outcomes.mean()), float(outcomes.std())
    return Sobol(_index_table(list(groups), indices), mean, deviation, outcomes.size, notes)


def _check_groups(groups: Mapping[str, Sequence[str]], distributions: Mapping[str, Quantile]) -> None:
    names = [name for members in groups.values() for name in members]
    if sorted(names) != sorted(distributions):
        odd = sorted(
            {name for name in [*names, *distributions] if names.count(name) != 1 or name not in distributions}
        )
        raise ValueError(
            f"groups name {odd} not exactly once each: put every input of distributions in one group."
        )
    filled = [group for group, members in groups.items() if members]
    if len(filled) < 2 or len(filled) < len(groups):
        raise ValueError(f"groups are {list(groups)}: write two groups or more, each with an input.")


def _scrambled_uniforms(problem: Mapping[str, Any], n: int, rng: np.random.Generator) -> dict[str, Floats]:
    """One scrambling of the Sobol points of SALib's `problem`, by input, shape ((groups + 2) × n,)."""
    from SALib.sample import sobol as sampling  # a second: only where it is used

    points = np.maximum(sampling.sample(problem, n, calc_second_order=False, seed=rng), HALF_BIT)
    return dict(zip(problem["names"], points.T, strict=True))


def _outcomes_at(run: Run, distributions: Mapping[str, Quantile], uniforms: Mapping[str, Floats]) -> Floats:
    """Outcomes of rows that are given as uniforms by input."""
    rows = {}
    for name, column in uniforms.items():
        # two points make all rows of a group: each value is there several times
        probabilities, place = np.unique(column, return_inverse=True)
        rows[name] = _quantiles(name, distributions[name], probabilities)[place]
    return _outcomes(run, rows)


class _Indices(NamedTuple):
    """First-order and total indices, shape (2, groups)."""

    estimates: Floats
    errors: Floats
    half_widths: Floats


def _indices(problem: Mapping[str, Any], outcomes: Floats, rng: np.random.Generator) -> _Indices:
    """Indices from the outcomes of several scramblings, shape (scrambles, rows)."""
    from SALib.analyze import sobol as analysis  # a second: only where it is used
    from scipy import stats

    scrambles = len(outcomes)
    # a seed of zero would send SALib to numpy's global stream
    seeds = rng.integers(1, 2**31, scrambles)
    results = [
        analysis.analyze(
            problem,
            row,
            calc_second_order=False,
            num_resamples=RESAMPLES,
            conf_level=LEVEL,
            seed=int(seed),
        )
        for row, seed in zip(outcomes, seeds, strict=True)
    ]
    each = np.array([[result["S1"], result["ST"]] for result in results])  # scramblings, orders, groups
    widths = np.array([[result["S1_conf"], result["ST_conf"]] for result in results])
    errors = each.std(axis=0, ddof=1) / math.sqrt(scrambles)
    t = stats.t.ppf(0.5 + LEVEL / 2, scrambles - 1)
    half_widths = np.maximum(np.sqrt((widths**2).mean(axis=0) / scrambles), t * errors)
    return _Indices(each.mean(axis=0), errors, half_widths)


def _index_table(groups: Sequence[str], indices: _Indices) -> pd.DataFrame:
    """`Sobol.indices`."""
    estimates, errors, half_widths = indices
    unreliable = ~(2 * half_widths <= estimates) & ~(estimates + half_widths <= SMALL)
    return pd.DataFrame(
        {
            "group": np.repeat(groups, 2),
            "order": [FIRST, TOTAL] * len(groups),
            "index": estimates.T.ravel(),
            "standard_error": errors.T.ravel(),
            "low": (estimates - half_widths).T.ravel(),
            "high": (estimates + half_widths).T.ravel(),
            "unreliable": unreliable.T.ravel(),
        }
    )


def shapley(value: Callable[[frozenset[str]], Outcome], players: Sequence[str]) -> pd.DataFrame:
    """What each risk adds to an outcome, fairly shared, from every combination of risks on and off.

    Parameters
    ----------
    value
        Outcome with exactly these risks on and the others off: its mean over draws, handed in as the draws on
        common random numbers, or one number; called once a combination, 2^players times.
    players
        The risks, each once.

    Returns
    -------
    DataFrame, one row a risk in the order given, in the unit of the outcome: ``risk``;
    ``shapley_value`` (those of all risks add up to all on less all off); ``shapley_low, shapley_high``, its
    Monte-Carlo interval at `LEVEL`; ``alone``, value({risk}) - value({}); ``alone_error``;
    ``on_top``, value(all) - value(all but risk); ``on_top_error``. Errors are standard errors; they and the
    interval are NaN where outcomes are one number.
    Where ``alone`` and ``on_top`` differ, the risk interacts with the others.

    Raises
    ------
    ValueError
        No or repeated risks, an outcome that is not finite, or combinations with different numbers of draws.

    Notes
    -----
    share(i) = sum over sets S without i of |S|! (n - |S| - 1)! / n! × (value(S and i) - value(S))

    References
    ----------
    Shapley (1953), A Value for n-Person Games, Contributions to the Theory of Games II.
    """
    risks = list(players)
    if not risks or len(set(risks)) < len(risks):
        raise ValueError(f"players are {risks}: name one or more, each once.")
    cells = _cells(value, risks)
    everyone, none = frozenset(risks), frozenset[str]()
    rows = []
    for risk in risks:
        others = everyone - {risk}
        share, alone, on_top = (
            _mean_and_error(draws)
            for draws in (
                _share(cells, risk),
                cells[frozenset({risk})] - cells[none],
                cells[everyone] - cells[others],
            )
        )
        half = Z_LEVEL * share[1]
        rows.append((risk, share[0], share[0] - half, share[0] + half, *alone, *on_top))
    return pd.DataFrame(rows, columns=list(SHAPLEY_COLUMNS))


def _cells(value: Callable[[frozenset[str]], Outcome], risks: Sequence[str]) -> dict[frozenset[str], Floats]:
    """The outcome's draws for every combination of risks on, refused where they cannot be compared."""
    # the last risk goes off and on next to each other: what both cells share need not be stored for long
    cells = {
        on: np.atleast_1d(np.asarray(value(on), dtype=float))
        for switches in product((False, True), repeat=len(risks))
        for on in [frozenset(compress(risks, switches))]
    }
    bad = [sorted(on) for on, draws in cells.items() if not np.isfinite(draws).all()]
    if bad:
        raise ValueError(f"value is not finite with {bad} on: give a finite outcome for every combination.")
    if len(shapes := {draws.shape for draws in cells.values()}) > 1:
        raise ValueError(f"value has shapes {sorted(shapes)}: give the same draws for every combination.")
    return cells


def _share(cells: dict[frozenset[str], Floats], risk: str) -> Floats:
    """What a risk adds in each draw, averaged over the orders in which the risks can be added."""
    n = len(next(reversed(cells)))  # the last combination has every risk on
    parts = [
        (cells[on | {risk}] - draws) / (n * math.comb(n - 1, len(on)))
        for on, draws in cells.items()
        if risk not in on
    ]
    return np.asarray(np.sum(parts, axis=0))


def _mean_and_error(draws: Floats) -> tuple[float, float]:
    """The mean of draws and its standard error, NaN for one draw."""
    error = float(draws.std(ddof=1)) / math.sqrt(draws.size) if draws.size > 1 else math.nan
    return float(draws.mean()), error


def break_even(
    run: Callable[[float], float],
    distribution: Quantile,
    target: float,
    low: float = 0.001,
    high: float = 0.999,
) -> BreakEven:
    """The value of one input at which the outcome equals a target, and how likely lower values are.

    Parameters
    ----------
    run
        Outcome at one value of the input, the others as the caller holds them, on common random numbers.
    distribution
        The input's quantile function.
    target
        Outcome to meet, in its unit, such as a MOIC of 1.
    low, high
        Probabilities between which it is searched, 0 < low < high < 1.

    Returns
    -------
    BreakEven

    Raises
    ------
    ValueError
        A fixed input, a target or outcomes that are not finite, probabilities out of order.

    Notes
    -----
    The outcome is computed at `GRID_POINTS` percentiles; each change of sign is then solved by
    Brent's method in the percentile. Two crossings between neighbours of the grid are not seen. A probability
    over finite draws moves in steps: the break-even is good to one step of it, and ``outcome`` says how far
    it is off.
    """
    _check_ends(low, high, "0.001 and 0.999")
    if not math.isfinite(target):
        raise ValueError(f"target is {target}: write a finite outcome.")
    grid = np.linspace(low, high, GRID_POINTS)
    values = _quantiles("distribution", distribution, grid)
    if values[0] == values[-1]:
        raise ValueError(f"distribution is fixed at {values[0]:g}: a break-even needs a range.")

    def gap(probability: float) -> float:
        x = float(distribution(np.array([probability]))[0])
        outcome = float(run(x))
        if not math.isfinite(outcome):
            raise ValueError(f"run gives {outcome} at {x:g}: give a finite outcome within the whole range.")
        return outcome - target

    gaps = np.array([gap(p) for p in grid])
    roots = _roots(gap, grid, gaps)
    at = np.array([p for p, _ in roots])
    crossings = pd.DataFrame(
        {
            "value": distribution(at),
            "percentile": 100 * at,
            "outcome": [gap(p) + target for p in at],
            "direction": [direction for _, direction in roots],
        }
    )
    if len(roots) == 1:
        return BreakEven(float(crossings["value"][0]), float(crossings["percentile"][0]), "", crossings)
    return BreakEven(math.nan, math.nan, _no_break_even_reason(len(roots), target, values, gaps), crossings)


def _roots(gap: Callable[[float], float], grid: Floats, gaps: Floats) -> list[tuple[float, str]]:
    """Probabilities at which the outcome meets its target, with the direction in which it does."""
    from scipy import optimize  # only where it is used

    signs = np.sign(gaps)
    roots: list[tuple[float, str]] = []
    for k in range(GRID_POINTS):
        if signs[k] == 0:
            before, after = signs[k - 1] if k else 0.0, signs[k + 1] if k + 1 < GRID_POINTS else 0.0
            passes = before * after < 0
            roots.append((grid[k], (RISING if after > 0 else FALLING) if passes else TOUCHING))
        elif k and signs[k - 1] * signs[k] < 0:
            root = optimize.brentq(gap, grid[k - 1], grid[k], xtol=1e-13)
            roots.append((root, RISING if signs[k] > 0 else FALLING))
    return roots


def _no_break_even_reason(crossings: int, target: float, values: Floats, gaps: Floats) -> str:
    """Why no single value of the input is the break-even."""
    if crossings:
        return f"{crossings} crossings of {target:g}: the outcome is not monotone, or rests on it"
    side, nearest = ("above", gaps.min()) if gaps[0] > 0 else ("below", gaps.max())
    return (
        f"never within the range {values[0]:.4g} to {values[-1]:.4g}: the outcome stays {side}"
        f" {target:g}, at the nearest {target + nearest:.4g}"
    )


def _check_ends(low: float, high: float, example: str) -> None:
    if not 0 < low < high < 1:
        raise ValueError(f"low is {low} and high is {high}: write 0 < low < high < 1, such as {example}.")


def _quantiles(name: str, function: Quantile, probabilities: Floats) -> Floats:
    """Values of an input, refused where they are not finite."""
    values = np.asarray(function(probabilities), dtype=float)
    if values.shape != probabilities.shape or not np.isfinite(values).all():
        raise ValueError(
            f"{name} has values that are not finite or not one a probability: give a quantile function."
        )
    return values


def _outcomes(run: Run, rows: Mapping[str, Floats]) -> Floats:
    """What the model makes of the rows, refused where it is not one finite outcome a row."""
    count = len(next(iter(rows.values())))
    outcomes = np.asarray(run(rows), dtype=float)
    if outcomes.shape != (count,):
        raise ValueError(f"run gives shape {outcomes.shape} for {count} rows: give one outcome a row.")
    bad = np.flatnonzero(~np.isfinite(outcomes))
    if bad.size:
        inputs = {name: float(f"{values[bad[0]]:.6g}") for name, values in rows.items()}
        raise ValueError(
            f"run gives {outcomes[bad[0]]} in {bad.size} of {count} rows, first at {inputs}: give a finite"
            " outcome."
        )
    return outcomes
