"""What does a run of the model come to? The results that open the report, counted in all of its draws.

Decisions
- A headline is printed to the precision it has: with `draws` of them (200,000) another seed moves none by
  more than one unit of its last digit. A few numbers of each draw are kept, so memory is that of a block.
- They are computed once for the same setting and thresholds, whichever notebook or comparison asks.
- What a sweep can give is made of the same numbers.
- The multiple is stored as many quantiles of all draws as well, so that whoever corrects it counts the same
  futures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from analysis.models import outlook, start, venture
from analysis.provenance import traced
from analysis.scenarios import Assumptions, Register
from analysis.statistics import simulation
from analysis.stored_results import computed_once

THRESHOLDS = (
    "outsized_moic",
    "catastrophe_moic",
    "required_return_pct",
    "write_down_pct",
    "write_down_years",
    "ltv_ceiling_pct",
    "ltv_emergency_pct",
)
"""The assumptions that say what the results count."""
NEEDED = tuple(dict.fromkeys((*outlook.EXPOSURE, *THRESHOLDS, "seed")))
"""The assumptions that results need besides a `outlook.RunSetting`."""
QUANTILES = 10_000
"""So many quantiles of the multiple are stored at most, each for a hundredth of a percent of all draws."""


@traced
def headline(
    assumptions: Assumptions, evidence: start.StartEvidence
) -> dict[str, simulation.MonteCarloEstimate]:
    """Every result of `ESTIMATES` by name, from `draws` draws.

    `assumptions` as for `outlook.run_setting`, with `NEEDED` and ``draws``. Probabilities are shares.
    """
    return of_setting(outlook.run_setting(assumptions, evidence), assumptions)


def of_setting(
    setting: outlook.RunSetting, assumptions: Assumptions
) -> dict[str, simulation.MonteCarloEstimate]:
    """`headline` of a setting, with the thresholds, the balance sheet and the draws of some assumptions."""
    return dict(_counts(setting, assumptions).estimates)


def moic_quantiles(assumptions: Assumptions, evidence: start.StartEvidence) -> simulation.Floats:
    """The multiple of invested capital in all draws, rising: each of them, or `QUANTILES` quantiles that
    stand for as many draws each where there are more.

    `assumptions` as for `headline`.
    """
    return _counts(outlook.run_setting(assumptions, evidence), assumptions).moic


class _Counts(NamedTuple):
    """What one run of the model comes to."""

    estimates: dict[str, simulation.MonteCarloEstimate]
    moic: simulation.Floats


def _counts(setting: outlook.RunSetting, assumptions: Assumptions) -> _Counts:
    return _remembered(setting, Needed.of(assumptions), int(assumptions.draws))


@dataclass(frozen=True)
class Needed:
    """What a result needs besides its setting (`NEEDED`), hashable by its values."""

    values: tuple[tuple[str, Any], ...]
    register: Register = field(compare=False)

    @classmethod
    def of(cls, assumptions: Assumptions) -> Needed:
        """Those of some assumptions."""
        register = {name: assumptions.register[name] for name in NEEDED}
        return cls(tuple((name, assumptions[name]) for name in NEEDED), register)

    @property
    def assumptions(self) -> Assumptions:
        """They alone."""
        return Assumptions(dict(self.values), self.register)


@lru_cache(maxsize=64)
def _remembered(setting: outlook.RunSetting, needed: Needed, draws: int) -> _Counts:
    """A process asks for the same results several times, also where nothing is stored on disk."""
    return _counted(setting, needed.assumptions, draws)


@computed_once
def _counted(setting: outlook.RunSetting, assumptions: Assumptions, draws: int) -> _Counts:
    by_name = outlook.summarise_draws(setting, draws, lambda paths, block: numbers(assumptions, paths, block))
    moic = np.sort(by_name["moic"])
    if draws > QUANTILES:
        moic = np.quantile(moic, (np.arange(QUANTILES) + 0.5) / QUANTILES)
    moic.flags.writeable = False
    return _Counts({name: estimate(by_name) for name, estimate in ESTIMATES.items()}, moic)


def numbers(
    assumptions: Assumptions, paths: venture.VenturePaths, block: int
) -> dict[str, simulation.Floats]:
    """The numbers of each draw of a block that `ESTIMATES` are made of, by name, each of shape (draws,).

    Parameters
    ----------
    assumptions
        `NEEDED`.
    paths, block
        The paths of a block of draws, and its number.
    """
    within = paths.times_years <= outlook.deadline_years(assumptions)
    ltv = outlook.block_exposure(assumptions, paths, block).ltv_share[:, within].max(axis=1)
    moic, irr = paths.moic, paths.irr_pct
    downs = {
        f"write_down_{basis}": venture.write_down_hits(
            paths, threshold_pct=assumptions.write_down_pct, basis=basis
        )
        for basis in ("cost", "peak")
    }  # type: ignore[arg-type, unused-ignore]
    return {
        "moic": moic,
        "irr": irr,
        "loss": moic < 1,
        "catastrophe": moic < assumptions.catastrophe_moic,
        "outsized": moic >= assumptions.outsized_moic,
        "between": (moic >= assumptions.catastrophe_moic) & (moic < assumptions.outsized_moic),
        "required": irr >= assumptions.required_return_pct,
        **{name: hits[:, within].any(axis=1) for name, hits in downs.items()},
        "ltv_ceiling": ltv > assumptions.ltv_ceiling_pct / 100,
        "ltv_emergency": ltv > assumptions.ltv_emergency_pct / 100,
        "ltv_peak_pct": ltv * 100,
        "revenue": paths.revenue_usd_bn[:, -1],
        "raised": paths.raised_usd_bn.sum(axis=1),
        "kept": paths.kept_share[:, -1],
    }


def _median(name: str) -> Callable[[Mapping[str, Any]], simulation.MonteCarloEstimate]:
    return lambda draws_by_name: simulation.quantile(draws_by_name[name], 0.5)


def _share(name: str) -> Callable[[Mapping[str, Any]], simulation.MonteCarloEstimate]:
    return lambda draws_by_name: simulation.probability(draws_by_name[name])


ESTIMATES: dict[str, Callable[[Mapping[str, Any]], simulation.MonteCarloEstimate]] = {
    "moic_median": _median("moic"),
    "irr_median_pct": _median("irr"),
    "loss_probability": _share("loss"),
    "catastrophe_probability": _share("catastrophe"),
    "outsized_probability": _share("outsized"),
    "between_probability": _share("between"),
    "required_return_probability": _share("required"),
    "write_down_probability": _share("write_down_cost"),
    "peak_write_down_probability": _share("write_down_peak"),
    "ltv_ceiling_probability": _share("ltv_ceiling"),
    "ltv_emergency_probability": _share("ltv_emergency"),
    "ltv_peak_median_pct": _median("ltv_peak_pct"),
    "revenue_usd_bn_at_exit": _median("revenue"),
    "raised_usd_bn": _median("raised"),
    "kept_share": _median("kept"),
}
