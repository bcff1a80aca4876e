"""Do simulated futures look like the world? What they hold, next to how often it happened.

Decisions
- A base rate is a range from the lowest to the highest share in our data, since no class of cases is this
  company. A simulated share that lies outside of it by a whole per cent or more disagrees and is reported as
  that: the model is not tuned to agree.
- Rounds count before the listing alone, as in the data. A round is down where its price per share lies below
  that of the round before; the first is compared with the price of the start.
- What the price of the start implies is the return of a share that was bought at it: before preferences and
  the manager's part, which are SoftBank's affair.
- Values at several horizons come from one long run, so that they differ by time alone.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.models import outlook, reference_class, start, venture
from analysis.provenance import Inputs, traced
from analysis.scenarios import Assumptions
from analysis.statistics import simulation
from analysis.statistics.simulation import QUARTERS_PER_YEAR, Floats

HORIZONS_YEARS = (3, 5, 7, 10)
"""The horizons at which the value of the stake is read off one run to the last of them."""
STEADY_SHARE = 0.7
"""The least share of the median after five years that a model with a steady state has left after ten."""
DOWN_ROUNDS = "down rounds among the rounds before a listing"
LOSSES = "companies whose costs exceed their revenue, in simulated futures at the exit"
FALLS = "equity below three quarters of the price paid after three years"
COLLAPSES = "equity below a quarter of the price paid after three years"
TRIPLES = "equity at three times the price paid or more after three years"
"""What is counted in simulated futures and in our data alike, in words."""
AFTER_YEARS = 3.0
"""When the value of the equity is compared with the price paid."""
FACTS = {DOWN_ROUNDS: "base_rate.down_rounds_", LOSSES: "base_rate.loss_makers_"}
"""How the ids of the facts begin that hold its base rates."""

AGREES, ABOVE, BELOW = "within the base rates", "above them", "below them"
"""How a simulated share can lie to the base rates."""


@dataclass(frozen=True)
class LongRun:
    """The stake's value over the money paid, at whole years of one run.

    Attributes
    ----------
    years
        Years from the start, 0 to the last horizon, shape (dates,).
    value_x
        SoftBank's claim after the manager's part over the money paid by then, shape (draws, dates).
    inputs
        The assumptions that it follows from.
    """

    years: Floats
    value_x: Floats
    inputs: Inputs = field(default_factory=dict, compare=False, repr=False)

    def at(self, horizons: Sequence[int] = HORIZONS_YEARS, *, catastrophe_moic: float) -> pd.DataFrame:
        """A row a horizon: ``horizon_years, median_moic_x, money_lost_pct`` and ``catastrophe_pct``, the
        shares of futures below the money paid and below `catastrophe_moic` times it, percent.
        """
        values = self.value_x[:, list(horizons)]
        return pd.DataFrame(
            {
                "horizon_years": list(horizons),
                "median_moic_x": np.median(values, axis=0),
                "money_lost_pct": 100 * (values < 1).mean(axis=0),
                "catastrophe_pct": 100 * (values < catastrophe_moic).mean(axis=0),
            }
        )


@traced
def long_run(assumptions: Assumptions, evidence: start.StartEvidence, draws: int) -> LongRun:
    """The stake's value at whole years up to the last of `HORIZONS_YEARS`; block by block, so that any number
    of draws fits the memory.

    `assumptions` as for `outlook.run_setting`; its horizon is not used.
    """
    last = HORIZONS_YEARS[-1]
    setting = outlook.run_setting(assumptions.with_changes(horizon_years=float(last)), evidence)
    dates = [year * QUARTERS_PER_YEAR for year in range(last + 1)]

    def reduce(paths: venture.VenturePaths, _: int) -> Mapping[str, Any]:
        return {"value": value_over_money(paths)[:, dates]}

    return LongRun(
        np.arange(last + 1.0), np.asarray(outlook.summarise_draws(setting, draws, reduce)["value"])
    )


def value_over_money(paths: venture.VenturePaths) -> Floats:
    """SoftBank's claim after the manager's part over the money paid by each date, shape (draws, dates)."""
    return np.asarray(paths.claim_usd_bn / paths.cost_to_date_usd_bn)


@dataclass(frozen=True)
class Rounds:
    """How many rounds were priced before the listing, and which part of them below the round before.

    Attributes
    ----------
    count, down
        All rounds of all futures, and the down rounds among them.
    """

    count: int
    down: int

    @property
    def down_pct(self) -> float:
        """Down rounds among all rounds, percent; NaN where there is no round."""
        return 100 * self.down / self.count if self.count else float("nan")


def rounds(price: Floats, is_round: NDArray[np.bool_]) -> Rounds:
    """Rounds and down rounds.

    Parameters
    ----------
    price
        Price per share at which money came or would have come, in any unit; column 0 is the price of the
        start. Shape (draws, dates).
    is_round
        Where there was a round; the start is none. Same shape.
    """
    priced = np.asarray(is_round).copy()
    priced[:, 0] = True
    last_priced = np.maximum.accumulate(np.where(priced, np.arange(price.shape[1]), 0), axis=1)
    before = np.take_along_axis(price, last_priced[:, :-1], axis=1)
    counted = priced[:, 1:]
    return Rounds(int(counted.sum()), int((counted & (price[:, 1:] < before)).sum()))


@traced
def simulated_shares(paths: venture.VenturePaths) -> dict[str, float]:
    """What is counted, with its share of simulated cases in percent; what lies past the horizon is left out.

    The value of the equity is that of the company, new money included, as in our data on late rounds.
    """
    counted = rounds(paths.round_price_usd_bn, (paths.raised_usd_bn > 0) & ~paths.listed)
    shares = {DOWN_ROUNDS: counted.down_pct, LOSSES: 100 * loss_making(paths).value}
    if paths.times_years[-1] >= AFTER_YEARS:
        at = int(np.searchsorted(paths.times_years, AFTER_YEARS))
        shares |= _value_shares(paths.equity_usd_bn[:, at] / paths.equity_usd_bn[:, 0])
    return shares


def _value_shares(ratio: Floats) -> dict[str, float]:
    """Shares of cases by the value of the equity over the price paid, percent."""
    hits = {FALLS: ratio < 0.75, COLLAPSES: ratio < 0.25, TRIPLES: ratio >= 3}
    return {name: 100 * float(hit.mean()) for name, hit in hits.items()}


def base_rates(facts: pd.DataFrame, late_rounds: pd.DataFrame) -> dict[str, list[float]]:
    """What is counted, with its shares in our data in percent.

    Parameters
    ----------
    facts : DataFrame
        ``id, value`` of dated facts.
    late_rounds : DataFrame
        ``ratio_3y`` (value after three years over that of the round; NaN where unknown) and ``priced_3y``
        (``yes`` where there was a new price by then); rounds that were not `chosen` by rule do not count.
        Rounds without a new price count as unchanged in one
        rate and are left out of the other: the one is too low, the other too high.
    """
    rates = {
        name: facts.loc[facts["id"].str.startswith(start), "value"].astype(float).tolist()
        for name, start in FACTS.items()
    }
    known = reference_class.by_rule(late_rounds).dropna(subset="ratio_3y")
    for rows in (known, known[known["priced_3y"] == "yes"]):
        shares = _value_shares(rows["ratio_3y"].to_numpy(dtype=float)) if len(rows) else {}
        for name, share in shares.items():
            rates[name] = [*rates.get(name, ()), share]
    return rates


@traced
def loss_making(paths: venture.VenturePaths) -> simulation.MonteCarloEstimate:
    """Share of the futures without a rescue in which costs exceed revenue at the horizon."""
    alive = ~paths.rescued[:, -1]
    return simulation.probability((paths.cost_usd_bn > paths.revenue_usd_bn)[alive, -1])


@dataclass(frozen=True)
class ImpliedReturn:
    """What a price implies where the model is right.

    Attributes
    ----------
    mean_pct, median_pct
        Return a year of a share bought at the price: of the mean over all futures, and of the middle one.
    fair_usd_bn
        The price of the whole company at which the mean would return what is asked.
    overpriced_pct
        By how much the price lies above that, percent; below 0 it is cheap.
    inputs
        The assumptions that it follows from.
    """

    mean_pct: float
    median_pct: float
    fair_usd_bn: float
    overpriced_pct: float
    inputs: Inputs = field(default_factory=dict, compare=False, repr=False)


@traced
def implied_return(paths: venture.VenturePaths, required_return_pct: float) -> ImpliedReturn:
    """What the price of the start implies, held to the horizon, against a required return in percent a year.

    Notes
    -----
    With growth = mean of the price at the horizon over that of the start and T years between them, the mean
    return is growth^(1/T) - 1 and the fair price is start × growth / (1 + required)^T.
    """
    years = float(paths.times_years[-1])
    start = float(np.mean(paths.price_usd_bn[:, 0]))
    ratio = paths.price_usd_bn[:, -1] / start
    mean, median = float(np.mean(ratio)), float(np.median(ratio))
    fair = start * mean / (1 + required_return_pct / 100) ** years
    return ImpliedReturn(
        100 * (mean ** (1 / years) - 1), 100 * (median ** (1 / years) - 1), fair, 100 * (start / fair - 1)
    )


@traced
def value_at_start(assumptions: Assumptions, evidence: start.StartEvidence) -> simulation.MedianAndRange:
    """What the model itself thinks the equity worth at the start, before anybody had paid a price for it, as
    the market factor starts at one: median and 90% range over one block of draws, billions of dollars.
    """
    free = outlook.run_setting(assumptions.with_changes(repricing_half_life_years=0.0), evidence)
    return simulation.median_and_range(free.paths(simulation.BLOCK).price_usd_bn[:, 0])


def against_base_rates(
    simulated: Mapping[str, float], base_rates: Mapping[str, Sequence[float]]
) -> pd.DataFrame:
    """Simulated shares next to their base rates.

    Parameters
    ----------
    simulated
        By what is counted, in words: the share of simulated cases, percent.
    base_rates
        By the same words: the shares in our data, percent, one or more.

    Returns
    -------
    DataFrame
        A row each: ``cross_check, simulated_pct, base_low_pct, base_high_pct`` and ``agreement`` (`AGREES`,
        `ABOVE`, `BELOW`). What has no base rate is left out, as an early cut-off date may know none;
        so is a share of no case, as where nobody raises money.
    """
    rows = []
    for name, share in simulated.items():
        rates = sorted(map(float, base_rates.get(name, ())))
        if rates and not math.isnan(share):
            low, high = rates[0], rates[-1]
            agreement = (
                ABOVE if round(share) > round(high) else BELOW if round(share) < round(low) else AGREES
            )
            rows.append((name, share, low, high, agreement))
    columns = ["cross_check", "simulated_pct", "base_low_pct", "base_high_pct", "agreement"]
    return pd.DataFrame(rows, columns=columns)


def disagreements(table: pd.DataFrame) -> list[str]:
    """Where the model and the base rates disagree, the farthest apart first, each as words for a sentence.

    `table` is that of `against_base_rates`.
    """
    apart = np.maximum(
        table["simulated_pct"] - table["base_high_pct"], table["base_low_pct"] - table["simulated_pct"]
    )
    rows = table.assign(apart=apart).sort_values("apart", ascending=False, kind="stable")
    return [
        f"{row['cross_check']} ({row['simulated_pct']:.0f}% simulated, {_nearer_end(row)} in our data)"
        for row in rows.to_dict("records")
        if row["agreement"] != AGREES
    ]


def _nearer_end(row: Mapping[Hashable, Any]) -> str:
    """The end of the base rate that a simulated share lies beyond."""
    if row["simulated_pct"] > row["base_high_pct"]:
        return f"at most {row['base_high_pct']:.0f}%"
    return f"at least {row['base_low_pct']:.0f}%"
