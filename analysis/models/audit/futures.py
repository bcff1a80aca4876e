"""What do the models say of what lies ahead? Checks of forecasts, and of what a valuation takes for granted.

Decisions
- A forecast is judged at `as_of`: until its deadline it is open, and what is on record by then is told.
- A probability of a model never makes a forecast true or false; it is shown beside `open`, with basis `model`.
- All events are read off the same draws, those of the risk notebook.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import DataError, Problem, nearest
from analysis.evidence import predictions
from analysis.models import frontier, market, outlook, simulation, venture
from analysis.models.audit.facts import Facts, Interval, exact, fill, in_words, words
from analysis.models.audit.verdicts import Finding, check, judged
from analysis.scenarios import Assumptions
from analysis.units import Quantity, show

EVENTS = ("no_outsized", "no_catastrophe", "dilution", "write_down", "write_down_with_costs", "forced_sale")
NAMED = (
    "write_down_years",
    "write_down_pct",
    "horizon_years",
    "outsized_moic",
    "catastrophe_moic",
    "ltv_emergency_pct",
)
DILUTED = 0.1
"""The share of its stake from whose loss on an investor counts as diluted."""


@check("model")
def probability(facts: Facts, figure: Quantity | None, *, event: str, told: str) -> Finding:
    """The probability of an event in the simulation; the sentence names it as ``{p}``, and any register value by its name."""
    given = cast("Assumptions", facts.given)
    estimate = simulation.probability(_hits(event, given, outlook.venture_paths(given, facts.record)))
    share = Interval(estimate.value * 100, estimate.low * 100, estimate.high * 100)
    values = {"p": f"{estimate.value:.0%}"} | {
        name: f"{given[name]:g}" for name in NAMED if f"{{{name}}}" in told
    }
    return Finding({event: share}, str(fill(told, values)), verdict="open")


@check("evidence")
def ahead(
    facts: Facts,
    figure: Quantity | None,
    *,
    part: str,
    told: str,
    shows: Sequence[str] = (),
    denies: Sequence[str] = (),
) -> Finding:
    """A forecast whose deadline lies ahead, with what is on record by `as_of`; after the deadline it needs `shows` or `denies`."""
    deadline = _deadline(part)
    then = facts.at(facts.as_of)
    rows = [*then.happened(shows), *then.happened(denies)]
    values = {"deadline": in_words(deadline)}
    for row in rows:
        values |= words(row, facts.day)
    sentence = (
        fill(told, values) or f"Its deadline is {in_words(deadline)}; nothing on record decides it yet."
    )
    if facts.as_of <= deadline:
        return Finding({}, sentence, verdict="open")
    return Finding({"on record": bool(rows) and not then.happened(denies)}, sentence)


@check("evidence")
def open_price(
    facts: Facts, figure: Quantity, *, part: str, model: str, open_models: Sequence[str]
) -> Finding:
    """The price of the cheapest of some open models by `as_of` over that of a closed one at its launch, both blended."""
    share = float(facts.given["input_token_share"])
    then = facts.at(facts.as_of)
    launch = then.rows("api_prices", model=model, event="launch").iloc[0]
    prices = {
        str(row["model"]): _blended(row, share)
        for _, row in then.rows("api_prices", model=list(open_models), terms="list").iterrows()
    }
    cheapest = min(prices, key=lambda name: prices[name])
    multiple = _blended(launch, share) / prices[cheapest]
    deadline = _deadline(part)
    reason = (
        f"Blended at {share:.0%} input, {cheapest} costs 1/{multiple:.0f} of {model} at its launch; a hundredth is due by "
        f"{in_words(deadline)}, from a model that also matches it."
    )
    finding = Finding({"price": exact(1 / multiple)}, reason, accepts=(0.0, float(figure.high or 0)))
    return replace(finding, verdict="open") if facts.as_of <= deadline else finding


@check("model")
def implied_growth(facts: Facts, figure: Quantity, *, shares: Sequence[float]) -> Finding:
    """By what factor the five markets must grow for OpenAI's part of them to give the required return; one reading a share."""
    given = cast("Assumptions", facts.given)
    revenue = market.required_revenue_usd_bn(
        given.invested_usd_bn, given.required_return_pct, given.horizon_years, given.stake_share, 1.0,
        given.central("multiple_long_run"),
    )  # fmt: skip
    start = float(facts.column("market_size", "size_2024_usd_bn")["value"].sum())
    readings = {f"at a share of {share:.0%}": exact(revenue / share / start) for share in shares}
    told = ", ".join(f"{show(value.value, 'x', 0)} {name}" for name, value in readings.items())
    reason = (
        f"A return of {given.required_return_pct:g}% needs {show(revenue, 'usd_bn', 0)} of revenue in {given.horizon_years:g} years; "
        f"from {show(start, 'usd_bn', 1)} the markets would have to grow {told}{judged(readings, figure)}."
    )
    return Finding(readings, reason)


def _hits(event: str, given: Assumptions, paths: venture.VenturePaths) -> NDArray[np.bool_]:
    """In which futures an event happens; those of `forced_sale` are the futures with a write-down alone."""
    if event == "no_outsized":
        return paths.moic < given.outsized_moic
    if event == "no_catastrophe":
        return paths.moic >= given.catastrophe_moic
    last = round(given.write_down_years * 4)
    if event == "dilution":
        return paths.kept_share[:, last] < 1 - DILUTED
    hits = venture.write_down_hits(paths, threshold_pct=given.write_down_pct)[:, : last + 1]
    marked = np.asarray(np.any(hits, axis=1))
    if event == "write_down":
        return marked
    if event == "write_down_with_costs":
        ratio = paths.cost_usd_bn / paths.revenue_usd_bn
        return marked & (ratio[:, last] > ratio[:, 0])
    if event == "forced_sale":
        held = outlook.exposure_paths(given, paths)
        passed = held.ltv_share[:, : last + 1] > given.ltv_emergency_pct / 100
        return np.asarray(np.any(passed, axis=1)[marked])
    raise DataError(Problem("claims.yml, key check", f"there is no event {event!r}", nearest(event, EVENTS)))


def _deadline(part: str) -> pd.Timestamp:
    """The day by which a part of a prediction is due."""
    parts = {str(row["id"]): str(row["deadline"]) for row in predictions.load().to_dict("records")}
    if part not in parts:
        raise DataError(Problem("predictions.yml", f"has no part {part!r}", nearest(part, parts)))
    return pd.Timestamp(parts[part])


def _blended(row: pd.Series, share: float) -> float:
    return float(
        frontier.blended_price(row["price_input_usd_per_mtok"], row["price_output_usd_per_mtok"], share)
    )
