"""What may happen under these assumptions? One run of the venture and exposure models, from register names to paths.

Decisions
- A register name and the model's field are one word, so that an assumption can be followed by searching for it.
- Every input has a random stream of its own, keyed by its name: a scenario that changes one input leaves the draws of
  the others as they were, and scenarios are compared on common random numbers.
- The simulation starts on the article's day; OpenAI's and SoftBank's paths share their draws.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from analysis.models import exposure, simulation, venture
from analysis.scenarios import Assumptions

START_YEAR = 2026 + 140 / 365
"""The article's day, 21 May 2026, as a decimal year."""

VENTURE = tuple(field.name for field in fields(venture.VentureInputs))
EXPOSURE = tuple(field.name for field in fields(exposure.ExposureInputs))


@dataclass(frozen=True)
class EditorialVerdict:
    """How likely both ends of the article's verdict are: neither outsized returns nor a total catastrophe."""

    outsized: simulation.Estimate
    catastrophe: simulation.Estimate
    between: simulation.Estimate


def venture_paths(given: Assumptions) -> venture.VenturePaths:
    """OpenAI's simulated paths: every input drawn as the register or the scenario says.

    `given` holds every name of `VENTURE`, ``seed`` and ``draws``.
    """
    key = tuple((name, _hashable(given[name]), given.dist(name)) for name in VENTURE)
    return _venture_paths(key, given.seed, given.draws)


@lru_cache(maxsize=8)
def _venture_paths(
    key: tuple[tuple[str, Any, str | None], ...], seed: int, draws: int
) -> venture.VenturePaths:
    streams = simulation.spawn(seed, [*VENTURE, *venture.PURPOSES])
    drawn: dict[str, Any] = {
        name: simulation.draw(dist, list(value) if isinstance(value, tuple) else value, draws, streams[name])
        if dist else value
        for name, value, dist in key
    }  # fmt: skip
    return venture.simulate(venture.VentureInputs(**drawn), draws, streams)


REVENUE = ("revenue_usd_bn", "growth_pct", "growth_half_life_years", "long_run_growth_pct")
"""The inputs that revenue follows from before erosion and shocks."""


def revenue_paths(given: Assumptions) -> tuple[simulation.Floats, simulation.Floats]:
    """Times in years and revenue (draws by quarters) before price erosion and shocks, on the same draws as the full model.

    `given` holds every name of `REVENUE`, ``horizon_years``, ``seed`` and ``draws``.
    """
    streams = simulation.spawn(given.seed, REVENUE)
    start, growth, half_life, long_run = (
        simulation.draw(given.dist(name), given[name], given.draws, streams[name])[:, np.newaxis]
        for name in REVENUE
    )
    times = np.arange(round(given.horizon_years * 4) + 1) / 4
    return times, start * venture.growth_index(times, growth, half_life, long_run)


def exposure_paths(given: Assumptions, paths: venture.VenturePaths) -> exposure.ExposurePaths:
    """SoftBank's simulated paths beside OpenAI's; `given` holds every name of `EXPOSURE` and ``seed``."""
    inputs = exposure.ExposureInputs(**{name: given[name] for name in EXPOSURE})
    return exposure.simulate(
        inputs, paths.stake_value_usd_bn, simulation.spawn(given.seed, ["other"])["other"]
    )


def editorial_verdict(
    paths: venture.VenturePaths, *, outsized_moic: float, catastrophe_moic: float
) -> EditorialVerdict:
    """Probabilities of a MOIC of at least `outsized_moic`, below `catastrophe_moic`, and between the two."""
    moic = paths.moic
    high, low = moic >= outsized_moic, moic < catastrophe_moic
    return EditorialVerdict(*(simulation.probability(hits) for hits in (high, low, ~high & ~low)))


def stress_table(given: Assumptions, start: exposure.ExposurePaths) -> pd.DataFrame:
    """Loan-to-value after a loss on the stake: ``loss_pct``, ``alone_pct``, ``along_pct``; losses up to 75%.

    Starts from the median of the simulated starting values.
    """
    losses = range(0, 80, 5)
    other, stake = (
        float(np.median(held[:, 0])) for held in (start.other_holdings_jpy_tn, start.openai_jpy_tn)
    )
    levels = {
        name: [
            float(exposure.ltv_after_loss(other, stake, float(start.net_debt_jpy_tn[0]), loss / 100, loading)) * 100
            for loss in losses
        ]
        for name, loading in (("alone_pct", 0.0), ("along_pct", float(given.loading)))
    }  # fmt: skip
    return pd.DataFrame({"loss_pct": list(losses)} | levels)


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
