"""What drives the outlook? The sensitivity analysis put to the venture and exposure models.

Decisions
- Uncertain inputs (what is not known) are varied; shocks (what nobody can know) are integrated out: every row
  of inputs meets the same shocks, so that rows differ by their inputs alone.
- Outcomes are the log of the middle multiple and the probability of a write-down. The middle multiple is the
  mean of the middle half of the futures: a mean of all rests on its few largest draws, and with all other
  inputs fixed a median can stick at what a preference pays back, whatever else moves.
- A risk is switched off by the values that the register gives under `calm`; the values that it holds are the
  risk on.
- Tables call an input as the register labels it (``input``) and hold its name (``name``), by which it is
  found; groups are the register's.
- Inputs that are left alone stand at their medians, since a PERT's mode is no middle; those that move with an
  input in the draws stand there too.
- Shares of variance are those of the register's groups. Inputs of several groups that move together are one
  group of their own, `TOGETHER`, since what they have in common belongs to none of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.labels import join_words
from analysis.models import balance_sheet, outlook, start, venture
from analysis.scenarios import Assumptions, Register
from analysis.statistics import sensitivity, simulation
from analysis.stored_results import computed_once

MOIC, WRITE_DOWN, LTV = "moic", "write_down", "ltv"
TOGETHER = "inputs that move together"
"""The group of inputs that are correlated across the register's groups."""
RISK_DRAWS = 4 * simulation.BLOCK
"""Draws for each combination of risks: the error of a share is then a few tenths of a point."""
LEAST_MOIC = 0.01
"""A middle multiple below this counts as this in logs: one cent of a dollar."""

VERDICT_COLUMNS = (
    "name",
    "input",
    "end",
    "value",
    "unit",
    "outsized_pct",
    "catastrophe_pct",
    "between_pct",
    "between_low",
    "between_high",
)
"""Columns of `judgement_at_ends`."""


class RepeatedShocks:
    """A stream that gives every row of a batch the same shocks: `shocks` draws, repeated for each row."""

    def __init__(self, rng: np.random.Generator, shocks: int) -> None:
        self._rng, self._shocks = rng, shocks

    def _repeated(self, draws: simulation.Floats, rows: int) -> simulation.Floats:
        return np.tile(draws, (rows // self._shocks, 1))

    def standard_normal(self, shape: tuple[int, int]) -> simulation.Floats:
        """As numpy's, the first `shocks` rows repeated."""
        return self._repeated(self._rng.standard_normal((self._shocks, shape[1])), shape[0])

    def random(self, shape: tuple[int, int]) -> simulation.Floats:
        """As numpy's, the first `shocks` rows repeated."""
        return self._repeated(self._rng.random((self._shocks, shape[1])), shape[0])

    def chisquare(self, df: float, shape: tuple[int, int]) -> simulation.Floats:
        """As numpy's, the first `shocks` rows repeated."""
        return self._repeated(self._rng.chisquare(df, (self._shocks, shape[1])), shape[0])

    def spawn(self, count: int) -> list[RepeatedShocks]:
        """As numpy's, each child repeated alike."""
        return [RepeatedShocks(child, self._shocks) for child in self._rng.spawn(count)]


class SensitivityModel:
    """The venture model as a function of its uncertain inputs.

    Attributes
    ----------
    register : mapping
        What the register says of each assumption.
    distributions : mapping
        Quantile function of each uncertain input, by name.
    medians : mapping
        Its median.
    """

    def __init__(
        self,
        assumptions: Assumptions,
        evidence: start.StartEvidence,
        *,
        shocks: int = 64,
    ) -> None:
        """`assumptions` as for `outlook.venture_paths`, with ``write_down_years`` and ``write_down_pct``;
        `shocks` a row.
        """
        self.register = assumptions.register
        self._setting = outlook.run_setting(assumptions, evidence)
        self._horizon_years = float(assumptions.horizon_years)
        self._years, self._pct = outlook.deadline_years(assumptions), float(assumptions.write_down_pct)
        self._shocks = shocks
        self._cache: dict[tuple[Any, ...], dict[str, simulation.Floats]] = {}
        uncertain = {
            name: (dist, list(value))
            for name, value, dist in self._setting.values
            if isinstance(value, tuple)
        }
        self.distributions = {
            name: simulation.quantile_function(dist, value) for name, (dist, value) in uncertain.items()
        }
        self.medians = {
            name: float(quantile(np.array([0.5]))[0]) for name, quantile in self.distributions.items()
        }

    def run(self, outcome: str, shocks: int | None = None) -> sensitivity.Run:
        """The model as `sensitivity` asks for it: from rows of inputs to one outcome a row.

        `outcome` is `MOIC` (natural log of the middle multiple) or `WRITE_DOWN` (probability, share). Inputs
        that a row does not name stand at their medians.
        """
        return lambda rows: self._outcomes(rows, shocks or self._shocks)[outcome]

    def _outcomes(self, rows: Mapping[str, simulation.Floats], shocks: int) -> dict[str, simulation.Floats]:
        key = (shocks, *((name, np.asarray(values).tobytes()) for name, values in rows.items()))
        if key not in self._cache:
            count = len(next(iter(rows.values())))
            step = max(1, simulation.BLOCK // shocks)
            parts = [
                self._chunk({name: values[at : at + step] for name, values in rows.items()}, shocks)
                for at in range(0, count, step)
            ]
            self._cache[key] = {
                name: np.concatenate([part[name] for part in parts]) for name in (MOIC, WRITE_DOWN)
            }
        return self._cache[key]

    def _chunk(self, rows: Mapping[str, simulation.Floats], shocks: int) -> dict[str, simulation.Floats]:
        count = len(next(iter(rows.values())))
        values: dict[str, Any] = {
            name: self.medians.get(name, value) for name, value, _ in self._setting.values
        }
        values |= {name: np.repeat(column, shocks) for name, column in rows.items()}
        inputs = venture.VentureInputs(**values, payments=self._setting.payments)
        streams = simulation.spawn(self._setting.seed, venture.PURPOSES)
        repeated: Any = {name: RepeatedShocks(stream, shocks) for name, stream in streams.items()}
        paths = venture.simulate(inputs, count * shocks, repeated)
        within = paths.times_years <= self._years
        hits = venture.write_down_hits(paths, threshold_pct=self._pct)[:, within].any(axis=1)
        middle = middle_mean(paths.moic.reshape(count, shocks))
        return {
            MOIC: np.log(np.maximum(middle, LEAST_MOIC)),
            WRITE_DOWN: hits.reshape(count, shocks).mean(axis=1),
        }

    def tornado(self, outcome: str, shocks: int = 2048) -> pd.DataFrame:
        """`sensitivity.tornado` over all uncertain inputs, 5% to 95%; multiples, not their logs.

        ``name`` is an input's name in the register, ``input`` its label and ``unit`` its unit.
        """
        run = self.run(outcome, shocks)
        scaled: sensitivity.Run = (lambda rows: np.exp(run(rows))) if outcome == MOIC else run
        table = sensitivity.tornado(scaled, self.distributions, self.medians)
        inputs = [_input(name, self.register) for name in table["input"]]
        return pd.concat([pd.DataFrame(inputs), table.drop(columns="input")], axis=1)

    def sobol(self, outcome: str, *, n: int = 64) -> sensitivity.Sobol:
        """`sensitivity.sobol` over `groups`, on a stream of its own."""
        stream = simulation.spawn(self._setting.seed, ["sobol"])["sobol"]
        return sensitivity.sobol(
            self.run(outcome), self.distributions, self.groups, stream, n=n, joint=self._joint
        )

    @property
    def groups(self) -> dict[str, list[str]]:
        """The uncertain inputs by group of the register, those that move across groups under `TOGETHER`."""
        across = {
            name
            for names, _ in self._setting.together
            if len({self.register[name].group for name in names if name in self.distributions}) > 1
            for name in names
        }
        groups: dict[str, list[str]] = {}
        for name, entry in self.register.items():
            if name in self.distributions:
                groups.setdefault(TOGETHER if name in across else entry.group, []).append(name)
        return groups

    @property
    def labels_together(self) -> str:
        """The inputs of `TOGETHER` as the register labels them, joined."""
        return join_words([self.register[name].label for name in self.groups.get(TOGETHER, [])])

    def _joint(self, uniforms: Mapping[str, simulation.Floats]) -> Mapping[str, simulation.Floats]:
        """Independent uniforms as those of the draws, in which some inputs move together."""
        for names, correlation in self._setting.together:
            present = [name for name in names if name in uniforms]
            matrix = simulation.equal_correlation(len(present), correlation)
            uniforms = simulation.correlated(uniforms, present, matrix) if present else uniforms
        return uniforms

    def required_moic(self, return_pct: float) -> float:
        """`required_moic` of SoftBank's payments at the horizon."""
        return required_moic(self._setting.payments, return_pct, self._horizon_years)

    def break_even(self, name: str, moic: float, shocks: int = 512) -> sensitivity.BreakEven:
        """The value of one input at which the middle multiple is `moic`, the others at their medians."""
        run = self.run(MOIC, shocks)
        return sensitivity.break_even(
            lambda value: math.exp(run({name: np.array([value])})[0]), self.distributions[name], moic
        )


def middle_mean(draws: simulation.Floats) -> simulation.Floats:
    """The mean of the middle half of each row's draws, shape (rows, draws) to (rows,)."""
    quarter = draws.shape[1] // 4
    return np.asarray(np.sort(draws, axis=1)[:, quarter : draws.shape[1] - quarter].mean(axis=1))


def _input(name: str, register: Register) -> dict[str, object]:
    """What the register calls an input: the columns ``name, input, unit`` of a table."""
    entry = register[name]
    return {"name": name, "input": entry.label, "unit": entry.unit}


def break_evens(model: SensitivityModel, names: Sequence[str], returns_pct: Sequence[float]) -> pd.DataFrame:
    """Where each of some inputs alone takes the middle multiple to the one that a return needs.

    Parameters
    ----------
    model, names
        The model, and some of its uncertain inputs.
    returns_pct
        Internal rates of return of the dated payments, percent a year; 0 is the money back.

    Returns
    -------
    DataFrame
        One row an input and return: ``name, input`` (its label), ``unit``, ``target`` (in words), ``moic_x``,
        ``value`` and ``percentile``
        (NaN where the target is met nowhere in the input's range, or at several places; then ``reason`` says
        which).
    """
    return pd.DataFrame(
        [
            _input(name, model.register)
            | {
                "target": f"{return_pct:g}% a year" if return_pct else "money back",
                "moic_x": moic,
                "value": result.value,
                "percentile": result.percentile,
                "reason": result.reason,
            }
            for name in names
            for return_pct in returns_pct
            for moic in [model.required_moic(return_pct)]
            for result in [model.break_even(name, moic)]
        ]
    )


@computed_once
def judgement_at_ends(
    assumptions: Assumptions,
    evidence: start.StartEvidence,
    names: Sequence[str] | None = None,
    draws: int = simulation.BLOCK,
) -> pd.DataFrame:
    """How likely both ends of the article's verdict are where one input stands at the end of its range and
    all else is drawn.

    Parameters
    ----------
    assumptions
        As for `outlook.venture_paths`, with ``outsized_moic`` and ``catastrophe_moic``.
    names
        Inputs, of which one that is fixed has no ends and is left out. None: every input that is uncertain.

    Returns
    -------
    DataFrame
        One row an input and end, on common random numbers: ``name, input`` (its label); ``end`` (5 or 95,
        percentile of the input); ``value`` with its ``unit``; ``outsized_pct, catastrophe_pct,
        between_pct`` and the Monte-Carlo interval
        ``between_low, between_high``, percent.
    """
    rows = []
    distributions = SensitivityModel(assumptions, evidence).distributions
    chosen = distributions if names is None else [name for name in names if name in distributions]
    for name, end in product(chosen, (5, 95)):
        value = float(distributions[name](np.array([end / 100]))[0])
        # a belief that the evidence updates is fixed at an end of what is believed after that
        fixed = assumptions.with_changes(**{name: value, "draws": draws})
        verdict = outlook.editorial_verdict(
            outlook.venture_paths(fixed, evidence),
            outsized_moic=assumptions.outsized_moic,
            catastrophe_moic=assumptions.catastrophe_moic,
        )
        rows.append(
            _input(name, assumptions.register)
            | {
                "end": end,
                "value": value,
                "outsized_pct": 100 * verdict.outsized.value,
                "catastrophe_pct": 100 * verdict.catastrophe.value,
                "between_pct": 100 * verdict.between.value,
                "between_low": 100 * verdict.between.low,
                "between_high": 100 * verdict.between.high,
            }
        )
    return pd.DataFrame(rows, columns=list(VERDICT_COLUMNS))


def required_moic(payments: Sequence[venture.Payment], return_pct: float, horizon_years: float) -> float:
    """The multiple that an IRR needs at the horizon: sum of a_i (1 + r)^(T - t_i) over sum of a_i."""
    rate = 1 + return_pct / 100
    grown = sum(p.amount_usd_bn * rate ** (horizon_years - p.years) for p in payments)
    return grown / sum(p.amount_usd_bn for p in payments)


def risks(assumptions: Assumptions) -> dict[str, dict[str, float]]:
    """The article's risks, each with the register's values that switch it off; in the register's order."""
    off_values: dict[str, dict[str, float]] = {}
    for name, entry in assumptions.register.items():
        if entry.calm is not None and entry.risk is not None and name in assumptions:
            off_values.setdefault(entry.risk, {})[name] = entry.calm.value
    return off_values


def switch_off(assumptions: Assumptions, switched_off: Sequence[str]) -> Assumptions:
    """The assumptions with some risks at the values that switch them off."""
    off = risks(assumptions)
    return assumptions.with_changes(
        **{name: value for risk in switched_off for name, value in off[risk].items()}
    )


def risk_combinations(
    assumptions: Assumptions, evidence: start.StartEvidence, draws: int = RISK_DRAWS
) -> Callable[[frozenset[str]], dict[str, simulation.Floats]]:
    """Outcomes with just these risks on: ``write_down`` and ``ltv`` (25% passed), by the article's deadline,
    each as 1 (it happened) or 0 a draw.

    On common random numbers; a combination is run once. `assumptions` as for `outlook`, with
    ``write_down_years``, ``write_down_pct`` and ``ltv_ceiling_pct``.
    """
    outcomes: dict[frozenset[str], dict[str, simulation.Floats]] = {}
    every = list(risks(assumptions))

    def outcome(on: frozenset[str]) -> dict[str, simulation.Floats]:
        if on not in outcomes:
            changed = switch_off(
                assumptions.with_changes(draws=draws), [risk for risk in every if risk not in on]
            )
            paths = outlook.venture_paths(changed, evidence)
            balance = outlook.exposure_paths(changed, paths)
            within = paths.times_years <= outlook.deadline_years(assumptions)
            events = {
                WRITE_DOWN: venture.write_down_hits(paths, threshold_pct=assumptions.write_down_pct),
                LTV: balance.ltv_share > assumptions.ltv_ceiling_pct / 100,
            }
            outcomes[on] = {
                name: np.asarray(hits[:, within].any(axis=1), dtype=float) for name, hits in events.items()
            }
        return outcomes[on]

    return outcome


def shapley(
    value: Callable[[frozenset[str]], dict[str, simulation.Floats]], assumptions: Assumptions, outcome: str
) -> pd.DataFrame:
    """`sensitivity.shapley` of the risks for one outcome of `risk_combinations`."""
    return sensitivity.shapley(lambda on: value(on)[outcome], list(risks(assumptions)))


@computed_once
def verdict_grid(
    assumptions: Assumptions,
    evidence: start.StartEvidence,
    half_lives_years: Sequence[float],
    long_run_pct: Sequence[float],
    draws: int = simulation.BLOCK,
) -> pd.DataFrame:
    """Probability of neither outsized returns nor a catastrophe, over the decay of growth.

    Returns
    -------
    DataFrame
        A row a pair of fixed values: ``half_life_years``, ``long_run_pct`` (percent a year), ``between_pct``.
    """
    rows = []
    for rate, half_life in product(long_run_pct, half_lives_years):
        changed = assumptions.with_changes(
            growth_half_life_years=half_life, long_run_growth_pct=rate, draws=draws
        )
        ends = outlook.editorial_verdict(
            outlook.venture_paths(changed, evidence),
            outsized_moic=assumptions.outsized_moic,
            catastrophe_moic=assumptions.catastrophe_moic,
        )
        rows.append((half_life, rate, ends.between.value * 100))
    return pd.DataFrame(rows, columns=["half_life_years", "long_run_pct", "between_pct"])


def loading_curve(
    assumptions: Assumptions,
    paths: venture.VenturePaths,
    loadings: Sequence[float],
    ceilings_pct: Sequence[float],
) -> pd.DataFrame:
    """Probability of passing each ceiling by the article's deadline, over one loading for all other holdings.

    Columns ``loading``, ``ceiling_pct``, ``probability``, ``low``, ``high``; common random numbers.
    """
    rows = []
    for loading in loadings:
        every = {f"loading_{name}": loading for name in balance_sheet.HOLDINGS}
        balance = outlook.exposure_paths(assumptions.with_changes(**every), paths)
        for ceiling in ceilings_pct:
            chance = balance_sheet.exceedance_probability(
                balance, ceiling / 100, within_years=outlook.deadline_years(assumptions)
            )
            rows.append((loading, ceiling, chance.value, chance.low, chance.high))
    return pd.DataFrame(rows, columns=["loading", "ceiling_pct", "probability", "low", "high"])


@computed_once
def risk_register(
    assumptions: Assumptions, evidence: start.StartEvidence, draws: int = RISK_DRAWS
) -> pd.DataFrame:
    """Likelihood and impact of each risk, both from the model.

    Returns
    -------
    DataFrame
        ``risk``; ``likelihood, likelihood_low, likelihood_high``, share of simulated futures in which it
        occurs; ``impact_pct, impact_low, impact_high``: by how much SoftBank's net asset value at the horizon
        is lower with the risk on than with it off, in percent of its start, mean over the futures in which it
        occurs with its Monte-Carlo interval.

    Notes
    -----
    It occurs where, by the horizon: compute, new money had to be raised; regulation, a shock has
    come; open models, a tenth of revenue is lost to them; balance sheet, loan-to-value has passed the
    promised ceiling. On common random numbers.
    """
    base = assumptions.with_changes(draws=draws)
    on = outlook.venture_paths(base, evidence)
    balance = outlook.exposure_paths(base, on)
    occurs = {
        "compute trap": on.raised_usd_bn.sum(axis=1) > 0,
        "open models": on.revenue_usd_bn[:, -1] < 0.9 * on.volume_usd_bn[:, -1],
        "balance sheet": (balance.ltv_share > assumptions.ltv_ceiling_pct / 100)[:, 1:].any(axis=1),
    }
    rows = []
    for risk in risks(assumptions):
        without = switch_off(base, [risk])
        off = outlook.venture_paths(without, evidence)
        loss = outlook.exposure_paths(without, off).nav_jpy_tn[:, -1] - balance.nav_jpy_tn[:, -1]
        if risk == "regulation":
            occurs[risk] = off.volume_usd_bn[:, -1] > on.volume_usd_bn[:, -1] * (1 + 1e-9)
        loss_pct = 100 * (loss / balance.nav_jpy_tn[:, 0])
        rows.append({"risk": risk} | _likelihood_and_impact(np.asarray(occurs[risk]), loss_pct))
    return pd.DataFrame(rows)


def _likelihood_and_impact(occurs: NDArray[np.bool_], loss_pct: simulation.Floats) -> dict[str, float]:
    """How often a risk occurs, and the mean loss where it does, each with its interval; shape (draws,)."""
    likelihood, losses = simulation.probability(occurs), loss_pct[occurs]
    mean = float(losses.mean()) if losses.size else math.nan
    error = float(losses.std(ddof=1) / math.sqrt(losses.size)) if losses.size > 1 else math.nan
    return {
        "likelihood": likelihood.value,
        "likelihood_low": likelihood.low,
        "likelihood_high": likelihood.high,
        "impact_pct": mean,
        "impact_low": mean - simulation.Z_LEVEL * error,
        "impact_high": mean + simulation.Z_LEVEL * error,
    }
