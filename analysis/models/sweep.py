"""What comes out over a range of assumptions? Points on a grid or of a sample, straight through the models.

Decisions
- A point replaces register values by single numbers; everything else stays as the scenario has it, on common
  random numbers, so that points differ by their inputs alone.
- Results are tidy: one row a point and output, with the interval of the simulation.
- Draws run block by block and leave a few numbers each, so that memory does not grow with the number of
  quarters.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis.errors import ParameterError, Problem
from analysis.labels import join_words
from analysis.models import headline, outlook, start
from analysis.scenarios import Assumptions, Register, overrides_problems, parse_override, unknown_name
from analysis.statistics import simulation
from analysis.stored_results import computed_once

MOST_POINTS = 100_000


class SweepOutput(NamedTuple):
    """A result of a run."""

    title: str
    """In words; a template, which `outputs` fills with assumptions."""
    unit: str
    """A name of `units.UNITS`; a share is a probability."""
    digits: int
    """Decimals of the number as a reader sees it, a share in per cent."""
    better: str
    """``higher`` or ``lower``, for the investor."""


WITHIN = "within {write_down_years:g} years"
OUTPUTS: dict[str, SweepOutput] = {
    "moic_median": SweepOutput("Money back per dollar, median", "x", 2, "higher"),
    "irr_median_pct": SweepOutput("Internal rate of return, median", "pct", 1, "higher"),
    "loss_probability": SweepOutput("Chance of a loss of money", "share", 0, "lower"),
    "catastrophe_probability": SweepOutput(
        "Chance of less than {catastrophe_moic:g}× the money back", "share", 0, "lower"
    ),
    "between_probability": SweepOutput(
        "Chance of {catastrophe_moic:g}× to {outsized_moic:g}× the money back", "share", 0, "higher"
    ),
    "outsized_probability": SweepOutput(
        "Chance of {outsized_moic:g}× the money back or more", "share", 0, "higher"
    ),
    "required_return_probability": SweepOutput(
        "Chance of a return of {required_return_pct:g}% a year or more", "share", 0, "higher"
    ),
    "write_down_probability": SweepOutput(
        f"Chance of a reported value {{write_down_pct:g}}% below cost {WITHIN}", "share", 0, "lower"
    ),
    "peak_write_down_probability": SweepOutput(
        f"Chance of a reported value {{write_down_pct:g}}% below its highest so far {WITHIN}",
        "share",
        0,
        "lower",
    ),
    "ltv_ceiling_probability": SweepOutput(
        f"Chance that debt passes {{ltv_ceiling_pct:g}}% of assets {WITHIN}", "share", 0, "lower"
    ),
    "ltv_emergency_probability": SweepOutput(
        f"Chance that debt passes {{ltv_emergency_pct:g}}% of assets {WITHIN}", "share", 0, "lower"
    ),
    "ltv_peak_median_pct": SweepOutput(
        f"Highest debt as a share of assets {WITHIN}, median", "pct", 0, "lower"
    ),
    "revenue_usd_bn_at_exit": SweepOutput("Annualised revenue at the exit, median", "usd_bn", 0, "higher"),
    "raised_usd_bn": SweepOutput("New money raised until the exit, median", "usd_bn", 0, "lower"),
    "kept_share": SweepOutput("Part of its share that SoftBank keeps, median", "share", 0, "higher"),
}
"""What a sweep can give, by name."""
SUMMARY_BYTES = 16 * 8
"""Memory of a draw: the numbers that are kept of it, and their copies while blocks are joined."""


@dataclass(frozen=True)
class Axis:
    """A register name with its range in a sweep; `steps` counts the points of a grid with both ends."""

    name: str
    low: float
    high: float
    steps: int | None = None


def parse_axis(text: str, register: Register) -> Axis:
    """``NAME=LOW:HIGH:STEPS`` or ``NAME=LOW:HIGH`` of the command line.

    Raises
    ------
    ParameterError
        An unknown name, ends that are no numbers, out of range or out of order, fewer than two steps.
    """
    name, _, span = text.partition("=")
    parts = span.split(":")
    where = f"-p {text}"
    if name not in register:
        raise ParameterError(unknown_name(name, where, register))
    try:
        low, high = float(parts[0]), float(parts[1])
        steps = int(parts[2]) if len(parts) == 3 else None
        if len(parts) > 3:
            raise ValueError
    except (ValueError, IndexError):
        raise ParameterError(
            Problem(where, "is not LOW:HIGH or LOW:HIGH:STEPS", f"Write for example {name}=1:5:9")
        ) from None
    problems = [
        problem for end in (low, high) for problem in overrides_problems({name: end}, register, where)
    ]
    if not problems and not low < high:
        problems = [Problem(where, f"goes from {low:g} to {high:g}", "Write the lower end first")]
    if not problems and steps is not None and steps < 2:
        problems = [Problem(where, f"has {steps} steps", "Write 2 or more, both ends included")]
    if problems:
        raise ParameterError(problems)
    return Axis(name, low, high, steps)


def parse_options(texts: Sequence[str], register: Register) -> tuple[list[Axis], dict[str, Any]]:
    """The ranges and the single values among the ``-p`` of a command line, each name once."""
    axes, fixed = [], {}
    for text in texts:
        if ":" in text.partition("=")[2]:
            axes.append(parse_axis(text, register))
        else:
            name, value = parse_override(text, register)
            fixed[name] = value
    names = [axis.name for axis in axes]
    twice = sorted({name for name in names if names.count(name) > 1 or name in fixed})
    if twice:
        raise ParameterError(Problem("-p", f"{', '.join(twice)} is given twice", "Give each name once"))
    if not axes:
        raise ParameterError(Problem("-p", "names no range", "Write for example -p multiple_long_run=4:12:9"))
    return axes, fixed


def points(axes: Sequence[Axis], kind: str, count: int | None, seed: int) -> pd.DataFrame:
    """The points of a sweep, one a row, a column a name.

    Parameters
    ----------
    axes
        The ranges; a grid needs the steps of each.
    kind
        ``grid``: every combination. ``sobol``: scrambled Sobol points, `count` a power of two.
        ``lhs``: a Latin hypercube.
    count
        Number of sampled points; None for a grid.
    seed
        Of the scrambling or the hypercube.

    Raises
    ------
    ParameterError
        Steps or a count that are missing, that do not belong to this kind, are no power of two where one is
        needed, or are too many.
    """
    return _grid_points(axes, count) if kind == "grid" else _sampled_points(axes, kind, count, seed)


def _grid_points(axes: Sequence[Axis], count: int | None) -> pd.DataFrame:
    if count is not None or any(axis.steps is None for axis in axes):
        raise ParameterError(
            Problem("sweep", "a grid takes LOW:HIGH:STEPS and no --points", "Add the steps, or use --sample")
        )
    total = int(np.prod([axis.steps or 1 for axis in axes], dtype=object))
    _check_count(total)
    values = [np.linspace(axis.low, axis.high, axis.steps or 2) for axis in axes]
    return pd.DataFrame(list(itertools.product(*values)), columns=[axis.name for axis in axes])


def _sampled_points(axes: Sequence[Axis], kind: str, count: int | None, seed: int) -> pd.DataFrame:
    if count is None or any(axis.steps is not None for axis in axes):
        raise ParameterError(
            Problem(
                "sweep", "a sample takes LOW:HIGH and --points N", "Leave out the steps, or use --sample grid"
            )
        )
    if count < 1 or (kind == "sobol" and count & (count - 1)):
        raise ParameterError(
            Problem("--points", f"is {count}", "Write a power of 2 for sobol, 1 or more for lhs")
        )
    _check_count(count)
    from scipy.stats import qmc  # half a second: only where it is used

    sampler = (
        qmc.Sobol(len(axes), rng=np.random.default_rng(seed))
        if kind == "sobol"
        else qmc.LatinHypercube(len(axes), rng=np.random.default_rng(seed))
    )
    scaled = qmc.scale(sampler.random(count), [axis.low for axis in axes], [axis.high for axis in axes])
    return pd.DataFrame(scaled, columns=[axis.name for axis in axes])


def check_register(register: Register) -> None:
    """Refuse a register that lacks what the models need, as that of another thesis does.

    Raises
    ------
    ParameterError
        It lacks a name; one line for all of them.
    """
    needed = ("seed", "draws", *outlook.VENTURE)
    if missing := [name for name in needed if name not in register]:
        rule = f"the models of a sweep need {join_words(missing[:3])}, which the register does not have"
        fix = "Vary an assumption of this thesis with thesis run -p NAME=VALUE"
        raise ParameterError(Problem("thesis sweep", rule, fix))


def check_points(points: pd.DataFrame, register: Register) -> None:
    """Refuse points that the register cannot take, such as half of a whole number.

    Raises
    ------
    ParameterError
        One line for the first such value of each name.
    """
    problems = []
    for name in points:
        for value in points[name].unique():
            if refused := overrides_problems({str(name): float(value)}, register, f"-p {name}"):
                problems += refused
                break
    if problems:
        raise ParameterError(problems)


def _check_count(total: int) -> None:
    if total > MOST_POINTS:
        raise ParameterError(
            Problem("sweep", f"has {total:,} points", f"Write fewer steps: at most {MOST_POINTS:,} points")
        )


def outputs(assumptions: Assumptions, names: Sequence[str]) -> dict[str, SweepOutput]:
    """Some of `OUTPUTS` by name, their titles filled with the thresholds of a scenario."""
    return {name: OUTPUTS[name]._replace(title=OUTPUTS[name].title.format(**assumptions)) for name in names}


def evaluate(
    point: Mapping[str, float],
    assumptions: Assumptions,
    evidence: start.StartEvidence,
    outputs: Sequence[str],
) -> list[dict[str, Any]]:
    """The outputs at one point: ``output``, ``value``, ``low``, ``high`` (95% interval of the simulation).

    `assumptions` as for `outlook.venture_paths` and `outlook.exposure_paths`, with the thresholds that
    `OUTPUTS` names.
    """
    changed = assumptions.with_changes(**point)
    draws_by_name = outlook.summarise_draws(
        outlook.run_setting(changed, evidence),
        changed.draws,
        lambda paths, block: headline.numbers(changed, paths, block),
    )
    rows = []
    for name in outputs:
        estimate = headline.ESTIMATES[name](draws_by_name)
        rows.append({"output": name, "value": estimate.value, "low": estimate.low, "high": estimate.high})
    return rows


def grid_values(assumptions: Assumptions, names: Sequence[str], steps: int) -> dict[str, list[float]]:
    """The values that a grid over some uncertain assumptions takes, by name, equal steps in logs.

    From the 5th to the 95th percentile of the register's distribution, so that every scenario has the same
    grid; farther where the scenario itself stands farther out.

    Parameters
    ----------
    assumptions
        The scenario.
    names
        Names with a distribution in the register, above zero.
    steps
        Values of each, 2 or more, three significant digits.

    Raises
    ------
    ValueError
        A name without a distribution above zero, or fewer than two steps.
    """
    values = {}
    for name in names:
        entry = assumptions.register[name]
        if entry.dist is None or not isinstance(entry.value, list) or min(entry.value) <= 0 or steps < 2:
            raise ValueError(
                f"{name} in {steps} steps: name an assumption with a distribution above zero, and 2 steps or"
                " more."
            )
        low, high = simulation.quantile_function(entry.dist, entry.value)(np.array([0.05, 0.95]))
        ends = (min(low, assumptions.central(name)), max(high, assumptions.central(name)))
        values[name] = [float(f"{value:.3g}") for value in np.geomspace(*ends, steps)]
    return values


@computed_once
def evaluate_grid(
    assumptions: Assumptions,
    evidence: start.StartEvidence,
    names: Sequence[str],
    outputs: Sequence[str],
    *,
    steps: int = 4,
    draws: int = 1000,
) -> pd.DataFrame:
    """Outputs at every combination of some fixed assumptions, everything else as the scenario draws it.

    Parameters
    ----------
    assumptions, evidence
        As for `evaluate`.
    names, steps
        As for `grid_values`.
    outputs
        Names of `OUTPUTS`.
    draws
        At each point; the same ones, so that points differ by what is fixed alone.

    Returns
    -------
    DataFrame, one row a combination, the last name varying fastest: a column a name, then a column an output.
    """
    values = grid_values(assumptions, names, steps)
    fewer = assumptions.with_changes(draws=draws)
    rows = []
    for combination in itertools.product(*values.values()):
        point = dict(zip(values, combination, strict=True))
        rows.append(
            point | {row["output"]: row["value"] for row in evaluate(point, fewer, evidence, outputs)}
        )
    return pd.DataFrame(rows)
