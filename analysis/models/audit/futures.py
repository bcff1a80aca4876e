"""What do the models say of what lies ahead? Checks of forecasts, and of what a valuation takes for granted.

Decisions
- A forecast is judged at `as_of`: it is open until somebody rules on it (`predictions.yml`) or its deadline passes, and what
  is on record by then is mentioned.
- A probability of a model never makes a forecast true or false; it is shown beside `open`, with basis `model`, as odds first.
- All events are read off the same draws, those of the risk notebook. What the article foretells under a condition is
  counted among the futures that meet it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import DataError, Problem, nearest
from analysis.evidence import predictions
from analysis.models import frontier, market, outlook, prices, simulation, venture
from analysis.models.audit.facts import FACTS, Facts, Unknown, exact, fill, in_print, in_words, words
from analysis.models.audit.verdicts import Finding, check, meets_interval
from analysis.scenarios import Assumptions
from analysis.units import Quantity

EVENTS = (
    "no_outsized", "no_catastrophe", "dilution", "write_down", "write_down_with_costs", "forced_sale", "insolvency",
)  # fmt: skip
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

WORDS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
ODDS = sorted({*(Fraction(n, d) for d in range(2, 7) for n in range(1, d)), Fraction(1, 8), Fraction(7, 8)})
"""The odds that a reader knows; rarer ones are one in some round number."""
RARE = (10, 12, 20, 30, 50, 100)


@check("model")
def probability(facts: Facts, figure: Quantity | None, *, event: str, told: str) -> Finding:
    """The probability of an event in the simulation.

    The sentence may name it as ``{odds}`` (about five in six) and ``{pct}``; for an event under a condition ``{all}`` is its
    share in all futures and ``{among}`` that of the condition; any register value of `NAMED` goes by its name.
    """
    given = cast("Assumptions", facts.given)
    hits, among = _hits(event, given, outlook.venture_paths(given, facts.record))
    if not among.any():
        raise Unknown("simulated futures that meet the condition")
    estimate = simulation.probability(hits[among])
    values = {name: f"{given[name]:g}" for name in NAMED} | {
        "odds": odds(estimate.value), "pct": _pct(estimate.value),
        "all": _pct(float(np.mean(hits & among))), "among": _pct(float(np.mean(among))), "diluted": f"{DILUTED:.0%}",
    }  # fmt: skip
    noise = (estimate.high - estimate.low) / 2 * 100
    details = f"Counted in {among.sum():,} simulated futures; another run of as many would give a share within about {noise:.1f} points."
    return Finding(
        {event: exact(estimate.value * 100)},
        _sentence(str(fill(told, values))),
        details=details,
        verdict="open",
    )


@check("evidence")
def ahead(
    facts: Facts, figure: Quantity | None, *, part: str, told: str, beside: Sequence[str] = ()
) -> Finding:
    """A forecast that is open until its part of `predictions.yml` is resolved; `beside` are mentioned and decide nothing."""
    deadline, ended = _ended(part, facts)
    if ended:
        return ended
    values = {"deadline": in_words(deadline)}
    for row in facts.at(facts.as_of).happened(beside, decides=False):
        values |= words(row, facts.day)
    sentence = fill(told, values) or f"It is due by {in_words(deadline)}; nothing in our data decides it yet."
    return Finding({}, sentence, verdict="open")


@check("evidence")
def open_price(
    facts: Facts,
    figure: Quantity,
    *,
    part: str,
    model: str,
    names: Mapping[str, str],
    older: Sequence[str],
    told: str,
) -> Finding:
    """As `ahead`, with the lowest price by `as_of` of an open model newer than a closed one over that one's at launch, blended.

    `names` says what the sentence calls a model of the price table; `older` ones came before the closed model, so that they are
    mentioned and no answer. The sentence may name ``{cheapest}`` and ``{times}``, ``{older}`` and ``{older_times}``, and
    ``{deadline}``.
    """
    deadline, ended = _ended(part, facts)
    if ended:
        return ended
    share = float(facts.given["input_token_share"])
    then = facts.at(facts.as_of)
    first = then.look("api_prices", model=model, event="launch").iloc[0]
    launch = _blended(first, share)
    listed = prices.open_since(then.look("api_prices", terms="list"), first["valid_on"])
    if listed.empty:
        raise Unknown(f"the price of an open model newer than {model}")
    blended = listed.apply(_blended, axis="columns", share=share)
    cheapest = listed.loc[[blended.idxmin()]]
    then.mention("api_prices", cheapest)
    name = str(cheapest.iloc[0]["model"])
    values = {
        "cheapest": names.get(name, f"{cheapest.iloc[0]['seller']}'s of {name}"),
        "times": f"{launch / blended.min():.0f}",
        "deadline": in_words(deadline),
    }
    hosted = then.find("api_prices", model=list(older), terms="list").tail(1)
    then.mention("api_prices", hosted)
    for _, row in hosted.iterrows():
        values |= {
            "older": names.get(row["model"], row["model"]),
            "older_times": f"{launch / _blended(row, share):.0f}",
        }
    short = f"The lowest list price in our data, {values['cheapest']}, is 1/{values['times']} of GPT-5's at launch; a hundredth is due by {values['deadline']}."
    details = f"A price is that of a million tokens, {share:.0%} of them input."
    reason = fill(told, values) or short
    return Finding({"price": exact(blended.min() / launch)}, reason, details=details, verdict="open")


@check("model")
def implied_growth(facts: Facts, figure: Quantity, *, shares: Sequence[float]) -> Finding:
    """By what factor the five markets must grow for OpenAI's part of them to give the required return; one reading a share."""
    given = cast("Assumptions", facts.given)
    revenue = market.required_revenue_usd_bn(
        given.invested_usd_bn, given.required_return_pct, given.horizon_years, given.stake_share, 1.0,
        given.central("multiple_long_run"),
    )  # fmt: skip
    start = float(facts.column("market_size", "size_2024_usd_bn")["value"].sum())
    readings = {f"{share:.0%}": exact(revenue / share / start) for share in shares}
    wanted = (float(figure.low or 0), float(figure.high or np.inf))
    met = [name for name, value in readings.items() if meets_interval(value, wanted)]
    answer = (
        "Not at any share that we tried"
        if not met
        else f"Only if OpenAI takes {' or '.join(met)} of these markets"
    )
    answer = "At every share that we tried" if len(met) == len(readings) else answer
    growth = [f"{in_print(value.value, 'x')} at a share of {name}" for name, value in readings.items()][::-1]
    reason = (
        f"{answer}, under our base assumptions. For a return of {given.required_return_pct:g}% a year the five markets would have to "
        f"grow {', '.join(growth[:-1])} and {growth[-1]}."
    )
    details = (
        f"That return needs {in_print(revenue, 'usd_bn', 0)} of revenue in {given.horizon_years:g} years; the five markets were "
        f"{in_print(start, 'usd_bn')} in 2024."
    )
    return Finding(readings, reason, details=details)


def odds(share: float) -> str:
    """A share as odds: about five in six, about one in 20, more than 99 in 100."""
    if share < 0.005:
        return "fewer than one in 100"
    if share > 0.995:
        return "more than 99 in 100"
    if (rarer := min(share, 1 - share)) < 0.105:
        every = min(RARE, key=lambda n: abs(np.log(n * rarer)))
        return (
            f"about one in {_number(every)}"
            if share < 0.5
            else f"about {_number(every - 1)} in {_number(every)}"
        )
    nearest_odds = min(ODDS, key=lambda one: abs(one - Fraction(share)))
    return f"about {_number(nearest_odds.numerator)} in {_number(nearest_odds.denominator)}"


def _number(value: int) -> str:
    return WORDS[value] if value < len(WORDS) else "ten" if value == 10 else str(value)


def _pct(share: float) -> str:
    return "under 1%" if 0 < share < 0.005 else "over 99%" if 0.995 < share < 1 else f"{share:.0%}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _hits(
    event: str, given: Assumptions, paths: venture.VenturePaths
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """In which futures an event happens, and among which it is counted: all, or those that meet the event's condition."""
    every = np.ones(len(paths.moic), dtype=bool)
    if event == "no_outsized":
        return paths.moic < given.outsized_moic, every
    if event == "no_catastrophe":
        return paths.moic >= given.catastrophe_moic, every
    last = round(given.write_down_years * 4)
    ratio = paths.cost_usd_bn / paths.revenue_usd_bn
    costs_outgrew = ratio[:, last] > ratio[:, 0]
    if event == "dilution":
        return paths.kept_share[:, last] < 1 - DILUTED, costs_outgrew
    hits = venture.write_down_hits(paths, threshold_pct=given.write_down_pct)[:, : last + 1]
    marked = np.asarray(np.any(hits, axis=1))
    if event == "write_down":
        return marked, every
    if event == "write_down_with_costs":
        return marked & costs_outgrew, every
    if event in ("forced_sale", "insolvency"):
        ceiling = given.ltv_emergency_pct / 100 if event == "forced_sale" else 1.0
        held = outlook.exposure_paths(given, paths)
        return np.asarray(np.any(held.ltv_share[:, : last + 1] > ceiling, axis=1)), marked
    raise DataError(Problem("claims.yml, key check", f"there is no event {event!r}", nearest(event, EVENTS)))


def _ended(part: str, facts: Facts) -> tuple[pd.Timestamp, Finding | None]:
    """The day by which a part of a prediction is due, and what ended it by `as_of`: a ruling, or the day without one."""
    content = predictions.read()
    if part not in content.predictions:
        known = content.predictions
        raise DataError(Problem("predictions.yml", f"has no part {part!r}", nearest(part, known)))
    found = content.predictions[part]
    deadline = pd.Timestamp(predictions.deadline(content.made_on, found.within_months))
    ruling = found.resolution
    if ruling and pd.Timestamp(ruling.resolved_on) <= facts.as_of:
        facts.at(facts.as_of).rows(FACTS, id=list(ruling.by))
        return deadline, Finding({"as ruled": ruling.outcome}, ruling.because)
    if facts.as_of <= deadline:
        return deadline, None
    reason = f"It was due by {in_words(deadline)} and nobody has ruled on it yet; a ruling would settle it."
    return deadline, Finding({}, reason, verdict="uncheckable")


def _blended(row: pd.Series, share: float) -> float:
    return float(
        frontier.blended_price(row["price_input_usd_per_mtok"], row["price_output_usd_per_mtok"], share)
    )
