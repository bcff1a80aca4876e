"""What may happen under these assumptions? A run of venture and balance sheet, from register names to paths.

Decisions
- A register name and the model's field are one word, so that an assumption can be followed by searching for
  it.
- Level and growth of revenue at the start, and SoftBank's payments, come from `start`.
- Every input has random streams of its own, keyed by its name and the block of draws: a scenario that changes
  one input leaves the draws of the others as they were, and scenarios are compared on common random numbers.
- Inputs that move together in the world do so in the draws: their uniforms are correlated by a copula before
  the distributions are applied, so that the ranks of an input do not depend on anybody's range.
- OpenAI's and SoftBank's paths share their draws. Charts show the first `SHOWN_DRAWS`; what a headline says
  is counted in all of them, block by block.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.models import balance_sheet, frontier, market, mechanisms, start, venture
from analysis.provenance import traced
from analysis.scenarios import Assumptions
from analysis.statistics import simulation
from analysis.units import DAYS_PER_YEAR

VENTURE = venture.NAMES
EXPOSURE = tuple(item.name for item in fields(balance_sheet.ExposureInputs))
EVIDENCE = ("run_rate_error_pct", "invested_usd_bn")
"""The names that say how the evidence enters, in addition to those of the models."""


@dataclass(frozen=True)
class EditorialVerdict:
    """How likely both ends of the article's verdict are: neither outsized returns nor a total catastrophe."""

    outsized: simulation.MonteCarloEstimate
    catastrophe: simulation.MonteCarloEstimate
    between: simulation.MonteCarloEstimate


CORRELATED = ("growth_half_life_years", "long_run_growth_pct", "pool_share", "multiple_long_run")
"""Inputs that move together by ``co_movement``; level and growth at the start by what the figures say."""

SHOWN_DRAWS = 20_000
"""Simulated futures of which whole paths are kept, for charts and tables."""

PLAN_YEARS = 4.5
"""From the start to the end of 2030, when the company's plan in our data ends."""

Together = tuple[tuple[tuple[str, ...], float], ...]
"""Groups of inputs, each with the correlation of any two of its normals."""


def draw_inputs(
    values: Sequence[tuple[str, Any, str | None]],
    n_draws: int,
    seed: int,
    block: int,
    together: Together = (),
) -> dict[str, Any]:
    """Draws of each input that has a distribution, from the uniforms of its name; the others as they are.

    The inputs of each group of `together` are correlated, those that are fixed with the uniforms that they
    would have had.
    """
    groups = {name: group for group in together for name in group[0]}
    return {
        name: _draws(name, value, dist, n_draws, seed, block, groups.get(name)) if np.ndim(value) else value
        for name, value, dist in values
    }


@lru_cache(maxsize=256)
def _draws(
    name: str,
    value: tuple[float, ...],
    dist: str | None,
    n_draws: int,
    seed: int,
    block: int,
    group: tuple[tuple[str, ...], float] | None,
) -> simulation.Floats:
    """Draws of one input, read-only: runs that differ in a few inputs share those of all others."""
    uniforms = (
        simulation.spawn(seed, [name], block)[name].random(n_draws)
        if group is None
        else _uniforms_together(*group, n_draws, seed, block)[name]
    )
    draws = simulation.from_uniforms(dist, value, uniforms)
    draws.flags.writeable = False
    return draws


@lru_cache(maxsize=64)
def _uniforms_together(
    names: tuple[str, ...], correlation: float, n_draws: int, seed: int, block: int
) -> dict[str, simulation.Floats]:
    """Uniforms of a group of inputs, any two of them correlated alike."""
    streams = simulation.spawn(seed, names, block)
    matrix = simulation.equal_correlation(len(names), correlation)
    return simulation.correlated({name: streams[name].random(n_draws) for name in names}, names, matrix)


@dataclass(frozen=True)
class RunSetting:
    """All that a run of the venture model needs: hashable, so that a run is made once."""

    values: tuple[tuple[str, Any, str | None], ...]
    payments: tuple[venture.Payment, ...]
    seed: int
    together: Together = ()

    def inputs(self, n_draws: int, block: int = 0) -> tuple[venture.VentureInputs, dict[str, Any]]:
        """The inputs of one block of draws, and its random streams."""
        streams = simulation.spawn(self.seed, venture.PURPOSES, block)
        inputs = draw_inputs(self.values, n_draws, self.seed, block, self.together)
        return venture.VentureInputs(**inputs, payments=self.payments), streams

    def paths(self, n_draws: int, block: int = 0) -> venture.VenturePaths:
        """The paths of one block of draws."""
        inputs, streams = self.inputs(n_draws, block)
        paths = venture.simulate(inputs, n_draws, streams)
        return replace(paths, expected_revenue_usd_bn=expected_revenue_usd_bn(self))


class PlanTotals(NamedTuple):
    """What the company's plan adds up to from the start to the end of 2030, billions of dollars."""

    revenue_usd_bn: float
    compute_usd_bn: float
    """Research, training and serving."""
    burn_usd_bn: float
    """All costs less revenue."""


@traced
def plan_to_2030(assumptions: Assumptions, evidence: start.StartEvidence) -> PlanTotals:
    """What the plan behind the compute adds up to at the medians of all inputs; a quarter counts with the
    rate of its middle.

    `assumptions` as for `run_setting`.
    """
    middle = {
        name: np.array([[value]]) for name, value in _medians(run_setting(assumptions, evidence)).items()
    }
    times = np.arange(0.125, PLAN_YEARS, 0.25)
    ratio, compute, revenue = (rows.ravel() for rows in venture.plans(middle, times))
    running = ratio * revenue
    totals = (revenue, compute + venture.SERVING_SHARE * running, compute + running - revenue)
    return PlanTotals(*(float(total.sum()) / simulation.QUARTERS_PER_YEAR for total in totals))


def _medians(setting: RunSetting) -> dict[str, Any]:
    """Each input at its median."""
    half = np.array([0.5])
    return {
        name: float(simulation.quantile_function(dist, value)(half)[0]) if np.ndim(value) else value
        for name, value, dist in setting.values
    }


@lru_cache(maxsize=64)
def expected_revenue_usd_bn(setting: RunSetting) -> simulation.Floats:
    """Revenue at the medians of all inputs, without noise, shocks and cuts, shape (quarters + 1,)."""
    inputs = _medians(setting)
    still = {"revenue_volatility_pct": 0.0, "shock_rate_per_year": 0.0, "compute_elasticity": 0.0}
    one = venture.VentureInputs(**(inputs | still), payments=setting.payments)
    paths = venture.simulate(one, 1, simulation.spawn(setting.seed, venture.PURPOSES))
    return paths.revenue_usd_bn[0]


def run_setting(assumptions: Assumptions, evidence: start.StartEvidence) -> RunSetting:
    """Checked assumptions and the evidence of the day as a `RunSetting`.

    `assumptions` holds every name of `VENTURE` and `EVIDENCE`, and ``seed``.
    """
    values, together = _values(assumptions, evidence, VENTURE)
    return RunSetting(
        values, start.payments(evidence.paid, assumptions.invested_usd_bn), assumptions.seed, together
    )


@traced
def deadline_years(assumptions: Assumptions) -> float:
    """Years from the start of the simulation to the article's deadline for a write-down.

    ``write_down_years`` counts from the day of its reference, on which the article was published, some weeks
    before the start.
    """
    published_on = assumptions.register["write_down_years"].reference.known_on or start.START
    gone = (start.START - published_on).days / DAYS_PER_YEAR
    return float(assumptions.write_down_years) - gone


def _values(
    assumptions: Assumptions, evidence: start.StartEvidence, names: Sequence[str]
) -> tuple[tuple[tuple[str, Any, str | None], ...], Together]:
    """Name, value and distribution of inputs, with the beliefs that the record updated, and what of them
    moves together.
    """
    beliefs = start.update_beliefs(assumptions, evidence)
    values = ((name, beliefs.values.get(name, assumptions[name])) for name in names)
    together = ((start.UPDATED, beliefs.correlation), (CORRELATED, float(assumptions.co_movement)))
    return tuple(
        (name, tuple(value) if isinstance(value, list) else value, assumptions.dist(name))
        for name, value in values
    ), together


@traced
def venture_paths(assumptions: Assumptions, evidence: start.StartEvidence) -> venture.VenturePaths:
    """OpenAI's simulated paths: every input drawn as the register, the scenario and the evidence say.

    As `run_setting`; `assumptions` also holds ``draws``, of which the first `SHOWN_DRAWS` are kept.
    """
    return _venture_paths(run_setting(assumptions, evidence), min(assumptions.draws, SHOWN_DRAWS))


@lru_cache(maxsize=4)
def _venture_paths(setting: RunSetting, draws: int) -> venture.VenturePaths:
    parts = simulation.run_blocks(lambda block, size: setting.paths(size, block), draws)
    return simulation.concat_paths(list(parts), shared=venture.SHARED)


def summarise_draws(
    setting: RunSetting,
    draws: int,
    reduce: Callable[[venture.VenturePaths, int], Mapping[str, Any]],
    *,
    workers: int = 1,
) -> dict[str, Any]:
    """A few numbers a draw, block by block, so that any number of draws runs in bounded memory.

    Parameters
    ----------
    setting, draws
        The setting, and 1 draw or more.
    reduce
        From the paths of a block and its number to numbers a draw by name, each of shape (draws of the
        block,).
    workers
        Threads; the result does not depend on them.

    Returns
    -------
    dict of ndarray, shape (draws,)
    """
    parts = [
        dict(part)
        for part in simulation.run_blocks(
            lambda block, size: reduce(setting.paths(size, block), block), draws, workers=workers
        )
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


REVENUE = (
    *start.UPDATED,
    "growth_half_life_years",
    "long_run_growth_pct",
    "revenue_volatility_pct",
    "pool_usd_bn",
    "pool_share",
    "ceiling",
)
"""The inputs that revenue follows from before open models, shocks and cuts of compute."""


@traced
def revenue_paths(
    assumptions: Assumptions, evidence: start.StartEvidence
) -> tuple[simulation.Floats, simulation.Floats]:
    """Times in years and revenue (draws by quarters) before open models, shocks and cuts of compute take from
    it, on the first `SHOWN_DRAWS` of the full model's draws.

    `assumptions` holds every name of `REVENUE`, ``run_rate_error_pct``, ``co_movement``, ``horizon_years``,
    ``seed`` and ``draws``.
    """
    times = np.arange(round(assumptions.horizon_years * 4) + 1) / 4
    values, together = _values(assumptions, evidence, REVENUE)

    def paths(block: int, size: int) -> simulation.Floats:
        inputs = draw_inputs(values, size, assumptions.seed, block, together)
        stream = simulation.spawn(assumptions.seed, ["revenue"], block)["revenue"]
        x = {name: simulation.input_column(name, value, size) for name, value in inputs.items()}
        index = mechanisms.growth_index(
            times, x["growth_factor_per_year"], x["growth_half_life_years"], x["long_run_growth_pct"]
        )
        filled = mechanisms.share_of_ceiling(
            x["revenue_usd_bn"], x["pool_usd_bn"], x["pool_share"], x["ceiling"]
        )
        noise = stream.standard_normal((size, times.size - 1))
        surprise = simulation.random_walk(x["revenue_volatility_pct"], noise)
        return x["revenue_usd_bn"] * mechanisms.under_ceiling(index, filled) * np.exp(surprise)

    shown = min(assumptions.draws, SHOWN_DRAWS)
    return times, np.concatenate(list(simulation.run_blocks(paths, shown)))


def stake_paths(paths: venture.VenturePaths) -> balance_sheet.StakePaths:
    """What SoftBank's balance sheet needs of the venture: the stake at the price of the day, what moves the
    other holdings along, and the instalments to come.
    """
    return balance_sheet.StakePaths(
        paths.stake_usd_bn,
        balance_sheet.ai_factor(paths.market_factor, paths.revenue_usd_bn, paths.expected_revenue_usd_bn),
        [balance_sheet.Instalment(*payment) for payment in paths.payments if payment.years > 0],
    )


@traced
def exposure_paths(assumptions: Assumptions, paths: venture.VenturePaths) -> balance_sheet.ExposurePaths:
    """SoftBank's paths along OpenAI's; `assumptions` holds every name of `EXPOSURE` and ``seed``."""
    stake = stake_paths(paths)
    parts = [
        _block_exposure(
            assumptions,
            stake._replace(
                value_usd_bn=stake.value_usd_bn[block * simulation.BLOCK :][:size],
                ai_factor=stake.ai_factor[block * simulation.BLOCK :][:size],
            ),
            block,
        )
        for block, size in simulation.blocks(len(stake.value_usd_bn))
    ]
    return simulation.concat_paths(parts, shared=("times_years",))


def block_exposure(
    assumptions: Assumptions, paths: venture.VenturePaths, block: int
) -> balance_sheet.ExposurePaths:
    """The same for one block of draws, from the paths of that block."""
    return _block_exposure(assumptions, stake_paths(paths), block)


def _block_exposure(
    assumptions: Assumptions, stake: balance_sheet.StakePaths, block: int
) -> balance_sheet.ExposurePaths:
    inputs = balance_sheet.ExposureInputs(**{name: assumptions[name] for name in EXPOSURE})
    draws, dates = stake.value_usd_bn.shape
    noise = {
        name: _holding_noise(
            name,
            assumptions[f"{name}_volatility_pct"],
            assumptions.degrees_of_freedom,
            (draws, dates - 1),
            assumptions.seed,
            block,
        )
        for name in balance_sheet.HOLDINGS
    }
    return balance_sheet.along_stake(inputs, stake, noise)


@lru_cache(maxsize=24)
def _holding_noise(
    name: str,
    volatility_pct: float,
    degrees_of_freedom: float,
    shape: tuple[int, int],
    seed: int,
    block: int,
) -> simulation.Floats:
    """A holding's own noise, read-only: whatever the stake does, it is the same."""
    stream = simulation.spawn(seed, [name], block)[name]
    noise = balance_sheet.holding_noise(name, volatility_pct, degrees_of_freedom, shape, stream)
    noise.flags.writeable = False
    return noise


@traced
def editorial_verdict(
    paths: venture.VenturePaths, *, outsized_moic: float, catastrophe_moic: float
) -> EditorialVerdict:
    """Probabilities of a MOIC of at least `outsized_moic`, below `catastrophe_moic`, and between the two."""
    moic = paths.moic
    high, low = moic >= outsized_moic, moic < catastrophe_moic
    return EditorialVerdict(*(simulation.probability(hits) for hits in (high, low, ~high & ~low)))


def stress_table(assumptions: Assumptions, start: balance_sheet.ExposurePaths) -> pd.DataFrame:
    """Loan-to-value after a loss on the stake: ``loss_pct``, ``alone_pct``, ``along_pct``; losses up to 75%.

    From the median of the simulated starting values, the instalments to come paid and borrowed at the price
    of the start.
    """
    losses = range(0, 80, 5)
    unpaid, debt, stake, *holdings = (
        float(np.median(getattr(start, f"{name}_jpy_tn")[:, 0]))
        for name in ("unpaid", "net_debt", "openai", *balance_sheet.HOLDINGS)
    )
    loadings = [float(assumptions[f"loading_{name}"]) for name in balance_sheet.HOLDINGS]
    levels = {
        name: [
            float(balance_sheet.ltv_after_loss(holdings, stake + unpaid, debt + unpaid, loss / 100, coupling))
            * 100
            for loss in losses
        ]
        for name, coupling in (("alone_pct", None), ("along_pct", loadings))
    }
    return pd.DataFrame({"loss_pct": list(losses)} | levels)


def correlations(assumptions: Assumptions) -> pd.DataFrame:
    """Correlation of quarterly log returns that loadings and volatilities imply, the AI factor first.

    Its volatility is that of what the market pays and of the company's own noise in revenue together, at the
    middle of their ranges; shocks come on top.
    """
    market_pct, revenue_pct, co_movement = (
        assumptions.central(name)
        for name in ("multiple_volatility_pct", "revenue_volatility_pct", "co_movement")
    )
    matrix = balance_sheet.implied_correlation(
        [assumptions[f"loading_{name}"] for name in balance_sheet.HOLDINGS],
        [assumptions[f"{name}_volatility_pct"] for name in balance_sheet.HOLDINGS],
        math.sqrt(market_pct**2 + revenue_pct**2 + 2 * co_movement * market_pct * revenue_pct),
    )
    names = ["AI factor", "Arm", "Vision Fund 2", "the rest"]
    return pd.DataFrame(matrix, index=pd.Index(names, name="holding"), columns=names)


def price_falls(assumptions: Assumptions) -> NDArray[np.float64]:
    """Draws of the factor by which the price of a fixed quality of answer falls in a year."""
    name = "price_decline_factor_per_year"
    return simulation.draw(
        assumptions.dist(name),
        assumptions[name],
        assumptions.draws,
        simulation.spawn(assumptions.seed, ["price"])["price"],
    )


def price_paths(assumptions: Assumptions) -> tuple[simulation.Floats, simulation.Floats]:
    """Times in years, quarterly over three years, and the price of a fixed quality of answer at them in
    percent of that at the start (draws by quarters), on the draws of `price_falls`.
    """
    times = np.arange(13) / 4
    return times, 100 * frontier.price_after(price_falls(assumptions), times)


@traced
def needed_revenue_usd_bn(assumptions: Assumptions) -> float:
    """Yearly revenue at the exit that the required return needs, at the middle long-run multiple."""
    return market.required_revenue_usd_bn(
        assumptions.invested_usd_bn,
        assumptions.required_return_pct,
        assumptions.horizon_years,
        assumptions.stake_share,
        1.0,
        assumptions.central("multiple_long_run"),
    )
