"""What do the models say of what lies ahead? Checks of forecasts, and of what a valuation takes for granted.

Decisions
- A forecast is judged at `as_of`: it is open until somebody rules on it (`predictions.yml`) or its deadline
  passes, and what is in our data by then is mentioned.
- A probability of a model never makes a forecast true or false; it is shown next to `open`, with basis
  `model`, as odds first.
- All events are counted in all draws, those of the headline, so that a share is the same wherever it stands.
  What the article predicts under a condition, or as the cause of something, is counted among the futures with
  that condition or effect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import labels
from analysis.audit.checks.record import refuse_unknown_names, render_sentence
from analysis.audit.facts import FACTS, Facts, NothingKnown, exact, fill_placeholders, placeholder_values
from analysis.audit.verdicts import Finding, accepted, check
from analysis.errors import DataError, Problem, nearest
from analysis.evidence import events, predictions
from analysis.exhibits import chance_in_words
from analysis.labels import join_words
from analysis.models import frontier, headline, market, outlook, prices, start, venture, write_downs
from analysis.scenarios import Assumptions
from analysis.statistics import simulation
from analysis.stored_results import computed_once
from analysis.units import Quantity, format_date, format_figure
from analysis.units import odds as odds_in_words

EVENTS = (
    "no_outsized",
    "no_catastrophe",
    "dilution",
    "write_down",
    "costs_outgrow",
    "forced_sale",
    "insolvency",
)
NAMED = (
    "write_down_years",
    "write_down_pct",
    "horizon_years",
    "outsized_moic",
    "ltv_emergency_pct",
)
DILUTED = 0.1
"""The share of its stake from whose loss on an investor counts as diluted."""


@check("model")
def probability(facts: Facts, figure: Quantity | None, *, event: str, told: str) -> Finding:
    """The probability of an event in the simulation.

    The sentence may name it as ``{odds}`` (about five in six) and ``{pct}``; for an event under a condition
    ``{all}`` is its share in all futures, ``{unconditional}`` that of the event with or without the
    condition, and ``{among}`` that of the condition; ``{left}`` is what is left of the money short of a
    catastrophe, and any register value of `NAMED` goes by its name.
    """
    assumptions = facts.assumptions
    count, draws = _count(event, facts), int(assumptions.draws)
    if not count.among:
        raise NothingKnown("simulated futures that meet the condition")
    share = count.both / count.among
    values = {
        name: f"{assumptions[name]:g}" if name.endswith("_pct") else labels.number_word(assumptions[name])
        for name in NAMED
    } | {
        "odds": odds(share),
        "pct": chance_in_words(share),
        "all": chance_in_words(count.both / draws),
        "unconditional": chance_in_words(count.hits / draws),
        "among": chance_in_words(count.among / draws),
        "diluted": _portion(DILUTED),
        "left": f"{assumptions.catastrophe_moic:.0%}",
        "write_down_by": format_date(_write_down_by(assumptions)),
    }
    details = f"Counted in {count.among:,} simulated futures.{_what_counts(event, facts)}"
    return Finding(
        {event: exact(share * 100)},
        _capitalised(render_sentence(told, (), facts, values)),
        details=details,
        verdict="open",
    )


def _what_counts(event: str, facts: Facts) -> str:
    """What of an event its statement leaves open, as a sentence to append."""
    if event == "dilution":
        return (
            " We say that costs outgrow revenue where a dollar of revenue costs more at the end than at the"
            " start."
        )
    if event == "costs_outgrow":
        cause = predictions.event("p3.cause", events.ComputeOutgrowsRevenue, facts.project)
        return (
            f" Computing is research, training and {cause.serving_share:.0%} of running costs, for serving."
            " Where the write-down comes in the first year, growth counts from the start of the model."
        )
    if event == "forced_sale":
        return f" The emergency limit is debt of {facts.assumptions.ltv_emergency_pct:g}% of assets."
    return ""


@check("evidence")
def ahead(
    facts: Facts, figure: Quantity | None, *, part: str, told: str, beside: Sequence[str] = ()
) -> Finding:
    """A forecast, open until its part of `predictions.yml` is resolved; `beside` decide nothing."""
    deadline, ended = _deadline_and_outcome(part, facts)
    if ended:
        return ended
    mentioned = facts.at(facts.as_of).facts_by_day(beside, decides=False)
    values = {"deadline": format_date(deadline)} | placeholder_values(mentioned, facts)
    refuse_unknown_names(told, facts, set(values))
    sentence = (
        fill_placeholders(told, values)
        or f"It is due by {format_date(deadline)}; nothing in our data decides it yet."
    )
    return Finding({}, sentence, verdict="open")


@check("evidence")
def open_price(
    facts: Facts,
    figure: Quantity,
    *,
    part: str,
    model: str,
    benchmark: str,
    protocol: str,
    names: Mapping[str, str],
    older: Sequence[str],
) -> Finding:
    """As `ahead`, with the lowest price by `as_of` of an open model that matches a closed one over that one's
    at launch, blended.

    It is the selection of `prices.open_matches`, by the runs of a benchmark under a protocol. `names` says
    what the sentence calls a model of the price table. Cheaper newer models that do not match, and `older`
    ones, which came before the closed model, are mentioned in the details and are no answer.
    """
    deadline, ended = _deadline_and_outcome(part, facts)
    if ended:
        return ended
    then = facts.at(facts.as_of)
    launch = then.require("api_prices", model=model, event="launch").iloc[0]
    listed = _relative_prices(then, launch)
    runs = then.require("model_benchmarks", benchmark=benchmark, protocol=protocol)
    matches = prices.open_matches(listed, runs, launch)
    closed = names.get(model, model)
    if matches.empty:
        raise NothingKnown(f"the price of a newer open model that matches {closed} on {benchmark}")
    cheapest = matches.iloc[int(matches["multiple"].argmin())]
    then.mention("api_prices", cheapest.to_frame().T)
    compared = [cheapest["benchmark_model"], launch["benchmark_model"]]
    then.mention("model_benchmarks", runs[runs["model"].isin(compared)])
    multiple = float(cheapest["multiple"])
    answer = "Not yet" if multiple > accepted(figure)[1] else "By price and one test it is there"
    reason = (
        f"{answer}: the cheapest newer open model that matches {closed} on the science questions of"
        f" {benchmark}, {_name_with_seller(cheapest, names)}, costs {_part(multiple)} {closed}'s launch"
        f" price. The deadline is {format_date(deadline)}."
    )
    details = (
        f"A price is that of a million tokens, {facts.assumptions.input_token_share:.0%} of them"
        f" input; a score is that of an {protocol}."
    )
    newer = prices.open_models_since(listed, launch["valid_on"])
    details += _cheaper_without_a_match(then, newer[newer["multiple"] < multiple], names)
    details += _older_models(then, listed[listed["model"].isin(older)].tail(1), names, closed)
    return Finding({"price": exact(multiple)}, reason, details=details, verdict="open")


def _relative_prices(facts: Facts, launch: pd.Series) -> pd.DataFrame:
    """The list prices known, with their `multiple` of a launch price, both blended."""
    share = facts.assumptions.input_token_share
    listed = facts.require("api_prices", terms="list")
    input_price, output_price = (listed[frontier.price_column(kind)] for kind in ("input", "output"))
    blended = frontier.blended_price(input_price, output_price, share)
    return listed.assign(multiple=blended / frontier.blended_list_price(launch, share))


def _name_with_seller(row: pd.Series, names: Mapping[str, str]) -> str:
    return names.get(row["model"], f"{row['model']} from {row['seller']}")


def _cheaper_without_a_match(facts: Facts, cheaper: pd.DataFrame, names: Mapping[str, str]) -> str:
    """The newer open models below the lowest price of a match, as a sentence to append; mentioned."""
    cheaper = cheaper.sort_values("multiple", kind="stable")
    facts.mention("api_prices", cheaper)
    models = [
        f"{_name_with_seller(row, names)} ({_part(row['multiple']).removesuffix(' of')})"
        for _, row in cheaper.iterrows()
    ]
    if not models:
        return ""
    return f" Newer open models that cost less have no score there or a lower one: {join_words(models)}."


def _older_models(facts: Facts, older: pd.DataFrame, names: Mapping[str, str], closed: str) -> str:
    """What open models cost that came before the closed one, a sentence each; they are mentioned."""
    facts.mention("api_prices", older)
    return "".join(
        f" {names.get(row['model'], row['model'])}, which is older than {closed} and so no answer, costs"
        f" {_part(row['multiple'])} that price."
        for _, row in older.iterrows()
    )


@check("model")
def implied_growth(facts: Facts, figure: Quantity, *, most: float) -> Finding:
    """By what factor the five markets must grow for OpenAI's part of them to give the required return.

    The shares of these markets for which that factor lies in the stated range are solved for; `most` is the
    share from which on OpenAI captures most of them. Readings are the factors at that share and at all of
    them.
    """
    assumptions = facts.assumptions
    revenue = market.required_revenue_usd_bn(
        assumptions.invested_usd_bn,
        assumptions.required_return_pct,
        assumptions.horizon_years,
        assumptions.stake_share,
        1.0,
        assumptions.central("multiple_long_run"),
    )
    start = float(facts.column("market_size", "size_2024_usd_bn")["value"].sum())
    low, high = accepted(figure)
    growth = {share: revenue / share / start for share in (most, 1.0)}
    fewest, largest = revenue / high / start, revenue / low / start
    verdict, opening = _market_share_verdict(fewest, largest, most)
    reason = (
        f"{opening}. Under our base assumptions a return of {assumptions.required_return_pct:g}% a year needs"
        f" these markets to grow {growth[1.0]:.0f}-fold if OpenAI takes all of them, {growth[most]:.0f}-fold"
        f" if it takes {_portion(most)}."
    )
    details = (
        f"That return needs {format_figure(revenue, 'usd_bn', 0)} of revenue in {assumptions.horizon_years:g}"
        f" years; the five markets were {format_figure(start, 'usd_bn')} in 2024. We take {_portion(most)} or"
        " more as most of them."
    )
    readings = {f"at {_portion(share)}": exact(factor) for share, factor in growth.items()}
    return Finding(readings, reason, details=details, verdict=verdict)


def _market_share_verdict(fewest: float, largest: float, most: float) -> tuple[str, str]:
    """The verdict where a statement holds for market shares from `fewest` to `largest`, judged on those from
    `most` to all, and how its reason opens.
    """
    if fewest <= most and largest >= 1:
        return "holds", f"Yes, at any market share above {_portion(most)}"
    if fewest > 1 or largest < most:
        return "fails", f"No, at no market share above {_portion(most)}"
    bounds = [f"at least {fewest:.0%}"] * (fewest > most) + [f"at most {largest:.0%}"] * (largest < 1)
    return "partly", f"Only if OpenAI takes {join_words(bounds)} of these markets"


def odds(share: float) -> str:
    """A share of the futures as odds: about five in six, about one in 20, more than 99 in 100."""
    if share < 0.01:
        return "fewer than one in 100"
    return "more than 99 in 100" if share > 0.99 else odds_in_words(share)


def _portion(share: float) -> str:
    return {0.1: "a tenth", 0.5: "half", 1.0: "all"}.get(share, f"{share:.0%}")


def _part(multiple: float) -> str:
    """A price over another: 1/28 of it, or 1.3× it."""
    return f"1/{1 / multiple:.0f} of" if multiple < 0.5 else format_figure(multiple, "x", 1)


def _write_down_by(assumptions: Assumptions) -> pd.Timestamp:
    """The last quarter end at which a write-down counts."""
    quarters = int(outlook.deadline_years(assumptions) * simulation.QUARTERS_PER_YEAR)
    return pd.Timestamp(start.START) + pd.offsets.MonthEnd(3 * quarters)


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


class _Count(NamedTuple):
    """In how many futures an event happens, among how many it is counted, and in how many of these."""

    hits: int
    among: int
    both: int


def _count(event: str, facts: Facts) -> _Count:
    """An event in all futures, counted among all of them or among those that meet its condition."""
    if event not in EVENTS:
        fix = nearest(event, EVENTS)
        raise DataError(Problem("claims.yml, key check", f"there is no event {event!r}", fix))
    assumptions = facts.assumptions
    cause = predictions.event("p3.cause", events.ComputeOutgrowsRevenue, facts.project)
    return _counted_together(
        outlook.run_setting(assumptions, facts.record),
        headline.Needed.of(assumptions),
        int(assumptions.draws),
        int(outlook.deadline_years(assumptions) * simulation.QUARTERS_PER_YEAR),
        cause.over_months,
        cause.serving_share,
    )[event]


@lru_cache(maxsize=8)
def _counted_together(
    setting: outlook.RunSetting,
    needed: headline.Needed,
    draws: int,
    last: int,
    months: int,
    serving_share: float,
) -> dict[str, _Count]:
    """`_counts` for a process that asks for one event after the other, also where nothing is stored."""
    return _counts(setting, needed.assumptions, draws, last, months, serving_share)


@computed_once
def _counts(
    setting: outlook.RunSetting,
    assumptions: Assumptions,
    draws: int,
    last: int,
    months: int,
    serving_share: float,
) -> dict[str, _Count]:
    """Every event of `EVENTS` in all draws.

    `assumptions` holds `headline.NEEDED`, `last` is the quarter of the deadline; the rest as for
    `write_downs.write_down_and_cause`.
    """

    def reduce(paths: venture.VenturePaths, block: int) -> dict[str, NDArray[np.bool_]]:
        pairs = _hits(assumptions, paths, block, last, months, serving_share)
        hits = {name: event for name, (event, _) in pairs.items()}
        return hits | {f"{name} among": among for name, (_, among) in pairs.items()}

    by_name = outlook.summarise_draws(setting, draws, reduce)
    return {
        name: _Count(
            int(by_name[name].sum()),
            int(by_name[f"{name} among"].sum()),
            int((by_name[name] & by_name[f"{name} among"]).sum()),
        )
        for name in EVENTS
    }


def _hits(
    assumptions: Assumptions,
    paths: venture.VenturePaths,
    block: int,
    last: int,
    months: int,
    serving_share: float,
) -> dict[str, tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """For each event the futures of a block in which it happens, and those it is counted among."""
    every = np.ones(len(paths.moic), dtype=bool)
    ratio = paths.cost_usd_bn / paths.revenue_usd_bn
    written_down, outgrew = write_downs.write_down_and_cause(
        paths, below_pct=assumptions.write_down_pct, last=last, months=months, serving_share=serving_share
    )
    debt = outlook.block_exposure(assumptions, paths, block).ltv_share[:, : last + 1].max(axis=1)
    return {
        "no_outsized": (paths.moic < assumptions.outsized_moic, every),
        "no_catastrophe": (paths.moic >= assumptions.catastrophe_moic, every),
        "dilution": (paths.kept_share[:, last] < 1 - DILUTED, ratio[:, last] > ratio[:, 0]),
        "write_down": (written_down, every),
        "costs_outgrow": (outgrew, written_down),
        "forced_sale": (debt > assumptions.ltv_emergency_pct / 100, written_down),
        "insolvency": (debt > 1.0, written_down),
    }


def _deadline_and_outcome(part: str, facts: Facts) -> tuple[pd.Timestamp, Finding | None]:
    """The day by which a part of a prediction is due, and what ended it by `as_of`: a ruling or the day."""
    content = predictions.read(facts.project)
    if part not in content.predictions:
        fix = nearest(part, content.predictions)
        raise DataError(Problem(facts.project.predictions.name, f"has no part {part!r}", fix))
    prediction = content.predictions[part]
    deadline = pd.Timestamp(predictions.deadline(content.made_on, prediction.within_months))
    resolution = prediction.resolution
    if resolution and pd.Timestamp(resolution.resolved_on) <= facts.as_of:
        facts.at(facts.as_of).rows(FACTS, id=list(resolution.by))
        return deadline, Finding({"as ruled": resolution.outcome}, resolution.because)
    if facts.as_of <= deadline:
        return deadline, None
    reason = (
        f"It was due by {format_date(deadline)} and nobody has ruled on it yet; a ruling would settle it."
    )
    return deadline, Finding({}, reason, verdict="uncheckable")
