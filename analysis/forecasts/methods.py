"""Which methods give a part of a prediction a probability? Trends, random walks, simulations, base rates, and
judgements.

Decisions
- A method counts the event of its part (`evidence.events`), which the criterion names, and takes every figure
  from there: a scenario or a moved assumption changes what is believed of the world, never what is asked.
- A method says in a sentence what it was fitted to, drawn from or counted among, with the numbers and
  the rows that went in.
- A case counts only if the data could have shown that the event did not happen in it. Of what has not been
  matched yet only what stood as long as the target has says anything about it.
- One release that settles several cases at once is one case.
- A method that has nothing to fit, draw or count gives nothing, or says what is missing.
- Ranges are 90% intervals, whatever the method.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import audit, labels
from analysis.evidence import events, predictions
from analysis.exhibits import MethodKind, share_in_words
from analysis.forecasts import track_record
from analysis.labels import join_words
from analysis.models import frontier, outlook, parity, prices, reference_class, start, venture, write_downs
from analysis.project import Project
from analysis.provenance import traced
from analysis.scenarios import Assumptions
from analysis.statistics import scoring, simulation, trend
from analysis.units import DAYS_PER_YEAR, format_date, format_figure

LEVEL = 0.9
LEAST_CHANCE = 1e-6
"""How near to 0 or 1 a probability may come: what is printed has six digits, and nothing that lies ahead is
certain.
"""
BENCHMARK = "GPQA Diamond"
"""The benchmark of our data on which open and closed models both still rise."""
LEAST_CASES = 3
"""How many prices make a spread."""
LEAST_SHARES = 3
"""How many shares of revenue make a line."""
BUSINESS_SHARES = (
    "openai.enterprise_share_2025_01",
    "openai.enterprise_share_2026_01",
    "openai.enterprise_share_2026_03",
    "openai.enterprise_share_2026_08",
)
SIMULATED = (*outlook.VENTURE, "run_rate_error_pct")
"""What the simulation believes of the world."""
OUTCOME_YEARS = (1, 3)
"""How long after a late round its value is known."""

E = TypeVar("E", bound=events.Event)


@dataclass(frozen=True)
class Method:
    """One probability of a part.

    Attributes
    ----------
    kind
        Trend, random walk, simulation, base rate, or a judgement stated by hand.
    chance
        The probability with the interval of this method.
    note
        What it was counted among, fitted to or drawn from, as a sentence.
    inputs
        The numbers that went in, by name.
    sources
        Evidence rows that were read: ``source_title, source, quality``.
    series
        Those of them that are series, one frame each: what came after the last point of one is not in the
        probability.
    """

    kind: MethodKind
    chance: scoring.Chance
    note: str
    inputs: Mapping[str, float]
    sources: pd.DataFrame = field(default_factory=pd.DataFrame)
    series: tuple[pd.DataFrame, ...] = ()

    @property
    def data_to(self) -> str | None:
        """The last point of the series that ends first, as an ISO date; None where it rests on no series."""
        ends = [rows["valid_on"].max() for rows in self.series if len(rows)]
        return min(ends).date().isoformat() if ends else None


@dataclass(frozen=True)
class MethodContext:
    """What the methods may use: assumptions, the evidence that was known on their day, and the parts."""

    assumptions: Assumptions
    facts: audit.Facts
    parts: pd.DataFrame

    @property
    def known(self) -> Mapping[str, pd.DataFrame]:
        """Every evidence table as it was known."""
        return self.facts.known

    @cached_property
    def judgements(self) -> Mapping[str, predictions.Judgement]:
        """The probabilities that were stated by hand by that day, by part; the file is read once."""
        return predictions.judgements(str(self.assumptions.as_of), self.facts.project)

    @cached_property
    def trend_scores(self) -> pd.DataFrame:
        """The scores on `BENCHMARK` that lines and frontiers run through."""
        scores = self.known["model_benchmarks"]
        return scores[(scores["benchmark"] == BENCHMARK) & (scores["use"] == "trend")]

    @cached_property
    def closed_lead_lags(self) -> pd.DataFrame | None:
        """How long closed steps stood (`parity.lags`), None without closed and open models in our data."""
        try:
            return parity.lags(self.trend_scores)
        except ValueError:
            return None

    def event(self, part: str, kind: type[E]) -> E:
        """What the criterion of a part asks for, of the kind that a method counts (`predictions.event`)."""
        return predictions.event(part, kind, self.facts.project)

    def deadline(self, part: str) -> pd.Timestamp:
        """The day by which a part is due."""
        return pd.Timestamp(str(self.parts.set_index("id").loc[part, "deadline"]))


CASES = ("at_risk", "releases", "rounds", "losses", "days", "shares")
"""The inputs that say how many cases a method counts or points it is fitted to."""


def cases_in(inputs: Mapping[str, float]) -> float:
    """How many cases or points a method with these inputs rests on; NaN where it simulates or judges."""
    return next((inputs[name] for name in CASES if name in inputs), math.nan)


MethodFunction = Callable[[MethodContext], Method | str | None]
"""What gives a probability of a part from a context; where the evidence does not allow it, what is missing,
as a sentence, or None.
"""

METHODS: dict[str, list[MethodFunction]] = {}
"""The methods that bear on each part, in the order in which they registered."""

ASSUMES: dict[MethodFunction, tuple[str, ...]] = {}
"""Names of the register that a method draws on as beliefs of the world; the others count and fit what is in
our data.
"""

JOINT: dict[str, Callable[[MethodContext], tuple[scoring.Chance, str]]] = {}
"""What gives the probability of a whole prediction from joint draws, by prediction, with a note on it."""


def method(part: str, *, assumes: tuple[str, ...] = ()) -> Callable[[MethodFunction], MethodFunction]:
    """Register a method for a part of a prediction, and the assumptions that it draws on as beliefs."""

    def registered(function: MethodFunction) -> MethodFunction:
        METHODS.setdefault(part, []).append(function)
        if assumes:
            ASSUMES[function] = assumes
        return function

    return registered


def apply_methods(
    part: str, context: MethodContext, functions: Sequence[MethodFunction] | None = None
) -> list[Method]:
    """Every method that gives a part a probability in a context, the judgement by hand last.

    Only the methods of `functions` are tried where these are given; none may be left.
    """
    functions = METHODS.get(part, ()) if functions is None else functions
    methods = [method for function in functions if isinstance(method := function(context), Method)]
    judgement = context.judgements.get(part)
    return methods + ([from_judgement(judgement)] if judgement else [])


def missing_evidence(part: str, context: MethodContext) -> str:
    """Why no method gives a part a probability: what the methods say is missing."""
    reasons = [reason for function in METHODS.get(part, ()) if isinstance(reason := function(context), str)]
    return " ".join(reasons) or "What a method needs was not in our data yet."


def from_judgement(judgement: predictions.Judgement) -> Method:
    """A probability stated by hand, as a method."""
    note = f"Judged by hand on {format_date(judgement.stated_on)}: {judgement.because}"
    return Method(
        "judgement", scoring.Chance(judgement.probability, judgement.low, judgement.high, LEVEL), note, {}
    )


def chance_from_draws(hits: NDArray[np.bool_]) -> scoring.Chance:
    """A probability from simulated draws, never 0 or 1, as it is printed either; the interval is the
    Monte-Carlo error alone.
    """
    chance = scoring.base_rate(int(hits.sum()), len(hits), LEVEL)
    low, p, high = (_clip(value) for value in (chance.low, chance.probability, chance.high))
    return replace(chance, probability=p, low=low, high=high)


def _clip(share: float) -> float:
    """A probability kept so far from 0 and 1 that six digits of it are neither."""
    return min(max(share, LEAST_CHANCE), 1 - LEAST_CHANCE)


def last_quarter(context: MethodContext, part: str) -> int:
    """The last simulated quarter end by the deadline of a part."""
    return write_downs.last_quarter(start.START, context.deadline(part).date())


def event_draws(context: MethodContext) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Simulated futures with a write-down in time, and those in which computing costs outgrew revenue before
    it, each of shape (draws,).
    """
    below_pct = context.event("p3.write_down", events.BelowCost).below_pct
    cause = context.event("p3.cause", events.ComputeOutgrowsRevenue)
    setting = outlook.run_setting(context.assumptions, context.facts.record)
    return _counted(
        setting, context.assumptions.draws, below_pct, last_quarter(context, "p3.write_down"), cause
    )


@lru_cache(maxsize=4)
def _counted(
    setting: outlook.RunSetting, draws: int, below_pct: float, last: int, cause: events.ComputeOutgrowsRevenue
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """`write_downs.write_down_and_cause` in all draws, those that the headline counts."""

    def reduce(paths: venture.VenturePaths, _: int) -> Mapping[str, NDArray[np.bool_]]:
        down, outgrew = write_downs.write_down_and_cause(
            paths,
            below_pct=below_pct,
            last=last,
            months=cause.over_months,
            serving_share=cause.serving_share,
        )
        return {"down": down, "outgrew": outgrew}

    counted = outlook.summarise_draws(setting, draws, reduce)
    return counted["down"], counted["outgrew"]


@traced
def third_prediction(
    assumptions: Assumptions, record: start.StartEvidence, project: Project | None = None
) -> dict[str, simulation.MonteCarloEstimate]:
    """The first two parts of the third prediction on the same draws: its halves are not independent.

    Parameters
    ----------
    assumptions
        As for `outlook.venture_paths`, with ``write_down_pct`` and ``write_down_years``: the size and the
        time of the write-down, which a reader may move.
    record
        From `start.start_evidence`.
    project
        Of the predictions, which name the costs and the months of the cause.

    Returns
    -------
    dict
        ``down``, ``outgrew`` (before the first write-down computing costs outgrew revenue, as a share of the
        futures with one; left out without any) and ``both``, as a share of all.
    """
    cause = predictions.event("p3.cause", events.ComputeOutgrowsRevenue, project)
    last = int(outlook.deadline_years(assumptions) * simulation.QUARTERS_PER_YEAR)
    setting = outlook.run_setting(assumptions, record)
    down, outgrew = _counted(setting, assumptions.draws, assumptions.write_down_pct, last, cause)
    parts = {"down": down, "both": outgrew} | ({"outgrew": outgrew[down]} if down.any() else {})
    return {name: simulation.probability(part) for name, part in parts.items()}


def write_down_with_its_cause(context: MethodContext) -> tuple[scoring.Chance, str]:
    """The third prediction: how often its first two parts happen in the same draw."""
    both = np.logical_and(*event_draws(context))
    note = "share of our raw model's futures with its first two parts; the others can only make it rarer"
    return chance_from_draws(both), note


JOINT["p3"] = write_down_with_its_cause


@method("p2.quality")
def match_rate(context: MethodContext) -> Method | str | None:
    """How likely a closed step that stood unmatched as long as the target has is matched in the time left."""
    event = context.event("p2.quality", events.OpenMatch)
    lags, scores, launched_on = context.closed_lead_lags, context.trend_scores, _launch_day(context, event)
    if lags is None or launched_on is None:
        return None
    today, end = pd.Timestamp(context.facts.as_of), scores["valid_on"].max()
    stood, seen, months = (
        (day - launched_on).days * parity.MONTHS_PER_DAY
        for day in (today, min(today, end), context.deadline("p2.quality"))
    )
    chance, at_risk = chance_of_match(lags, seen, months)
    if chance is None:
        return (
            f"No advance of closed models on {BENCHMARK} stood unmatched for as long as GPT-5 has, which is"
            f" {seen:.0f} months by the end of our scores. The longest took {lags['lag_months'].max():.0f}."
            " So matches that came sooner say nothing about this one, and no"
            f" suite in our data shows what {event.tasks_pct:g}% of its tasks take."
        )
    note = (
        f"{labels.number_word(at_risk).capitalize()} of the advances of closed models on {BENCHMARK}, a test"
        f" of science questions, stood unmatched for as long as GPT-5 had been out by the end of our scores"
        f" ({seen:.0f} of {stood:.0f} months). The chance is the share of such advances that open models"
        f" matched within {months:.0f} months of release (Kaplan and Meier). That is one task; the criterion"
        f" asks for {event.tasks_pct:g}% of a suite."
    )
    inputs = {"months": months, "stood_months": seen, "at_risk": float(at_risk)}
    return Method("base rate", chance, note, inputs, scores, (scores,))


def chance_of_match(lags: pd.DataFrame, stood: float, months: float) -> tuple[scoring.Chance | None, int]:
    """The chance that a step is matched by some months after its release if it stood unmatched for `stood`.

    Parameters
    ----------
    lags
        From `parity.lags`. Steps that one open release matched share one weight; a lag that still runs is
        censored.
    stood, months
        Months from release.

    Returns
    -------
    Chance, int
        By Kaplan and Meier among the steps that stood longer, with the interval of as many cases as there are
        releases and lags that still run; None where there is none. And the number of these steps.
    """
    left = lags[lags["lag_months"] > stood]
    if left.empty:
        return None, 0
    case = left["matched_by"].where(left["matched"], left["model"])
    weight = 1 / case.map(case.value_counts())
    unmatched = 1.0
    for month in sorted(set(left.loc[left["matched"] & (left["lag_months"] <= months), "lag_months"])):
        now = left["matched"] & (left["lag_months"] == month)
        unmatched *= 1 - float(weight[now].sum() / weight[left["lag_months"] >= month].sum())
    cases = case.nunique()
    return scoring.base_rate((1 - unmatched) * cases, cases, LEVEL), len(left)


@method("p2.llama")
def llama_share(context: MethodContext) -> Method | None:
    """How many of the open models that were first to match a closed step carry the name of the family."""
    family = context.event("p2.llama", events.DerivedModel).family
    lags, scores = context.closed_lead_lags, context.trend_scores
    if lags is None or not (names := sorted(set(lags.loc[lags["matched"], "matched_by"]))):
        return None
    derived = [name for name in names if family.lower() in name.lower()]
    note = (
        f"{_count(len(derived)).capitalize()} of the {labels.number_word(len(names))} open releases that were"
        f" first to match an advance of closed models on {BENCHMARK}"
        f" {'carries' if len(derived) < 2 else 'carry'}"
        f" the name {family}; we go by the name alone. The releases are {join_words(names)}."
    )
    inputs = {"releases": float(len(names)), "derived": float(len(derived))}
    chance = scoring.base_rate(len(derived), len(names), LEVEL)
    return Method("base rate", chance, note, inputs, scores, (scores,))


def first_match_prices(context: MethodContext) -> pd.DataFrame:
    """What the open releases that were first to match a closed step cost, against what they matched.

    Returns
    -------
    DataFrame, one row an open release with a list price, by day
        ``matched_by, matched_on``; ``price_ratio``: its lowest list price by any seller so far over the
        launch price of the closed model, blended; of several steps that it matched the lowest ratio.
    """
    columns = ["matched_by", "matched_on", "price_ratio"]
    lags, listed = context.closed_lead_lags, context.known["api_prices"]
    input_token_share = context.event("p2.price", events.FirstMatchPrice).input_token_share
    if lags is None:
        return pd.DataFrame(columns=columns)
    listed = listed[listed["terms"] == "list"]
    blend = pd.Series(
        frontier.blended_price(
            listed["price_input_usd_per_mtok"], listed["price_output_usd_per_mtok"], input_token_share
        ),
        listed.index,
    )
    lowest = blend.groupby(listed["benchmark_model"]).min()
    launched = listed["event"] == "launch"
    launch = blend[launched].groupby(listed.loc[launched, "benchmark_model"]).first()
    matched = lags[lags["matched"]]
    ratio = matched["matched_by"].map(lowest) / matched["model"].map(launch)
    rows = matched.assign(price_ratio=ratio).dropna(subset="price_ratio")
    rows = rows.sort_values("price_ratio", kind="stable").drop_duplicates("matched_by")
    return rows.sort_values("matched_on", kind="stable")[columns].reset_index(drop=True)


@method("p2.price")
def cheap_matches(context: MethodContext) -> Method | None:
    """How many open releases that were first to match a closed step cost so small a part of its price."""
    event = context.event("p2.price", events.FirstMatchPrice)
    rows = first_match_prices(context)
    if rows.empty:
        return None
    cheap = int((rows["price_ratio"] <= event.at_most_share).sum())
    lowest = _price_part(float(rows["price_ratio"].min()))
    note = (
        f"{_count(cheap).capitalize()} of {labels.number_word(len(rows))}"
        f" open releases that were first to match an advance of closed models on {BENCHMARK} has cost"
        f" {event.at_most_share:.0%} of that model's launch price or less by now. The cheapest cost"
        f" {lowest} it. The other releases that matched have no list price in our data."
    )
    inputs = {
        "releases": float(len(rows)),
        "cheap": float(cheap),
        "lowest_ratio": float(rows["price_ratio"].min()),
    }
    chance, table = scoring.base_rate(cheap, len(rows), LEVEL), context.known["api_prices"]
    scores = context.trend_scores
    return Method("base rate", chance, note, inputs, pd.concat([scores, table]), (scores, table))


@method("p2.price")
def price_of_first_matches(context: MethodContext) -> Method | None:
    """The probability of so small a part by the spread of what the first matches cost, on logs."""
    from scipy import stats

    event = context.event("p2.price", events.FirstMatchPrice)
    logs = np.log(first_match_prices(context)["price_ratio"].to_numpy(dtype=float))
    n = len(logs)
    if n < LEAST_CASES or not (spread := float(logs.std(ddof=1))) > 0:
        return None
    middle, of_mean = float(logs.mean()), spread / math.sqrt(n)
    off = float(stats.t.ppf((1 + LEVEL) / 2, n - 1)) * of_mean
    low, p, high = (
        _clip(
            float(
                stats.t.cdf(
                    (math.log(event.at_most_share) - middle - shift) / math.hypot(spread, of_mean), n - 1
                )
            )
        )
        for shift in (off, 0.0, -off)
    )
    note = (
        f"The {labels.number_word(n)} open releases that were first to match cost a median of"
        f" {math.exp(middle):.0%} of the matched model's launch price. Two of three lie within a factor of"
        f" {math.exp(spread):.1f} of that. The chance is how often so wide a spread gives"
        f" {event.at_most_share:.0%} or less."
    )
    inputs = {"releases": float(n), "middle_ratio": math.exp(middle), "spread_factor": math.exp(spread)}
    scores, table = context.trend_scores, context.known["api_prices"]
    sources = pd.concat([scores, table])
    return Method("trend", scoring.Chance(p, low, high, LEVEL), note, inputs, sources, (scores, table))


@method("p2.price")
def walk_of_first_matches(context: MethodContext) -> Method | None:
    """The probability of so small a part by a random walk with drift through what the first matches cost."""
    event, rows = context.event("p2.price", events.FirstMatchPrice), first_match_prices(context)
    logs = rows["price_ratio"].astype(float).map(math.log)
    by_day = logs.groupby(rows["matched_on"]).mean()
    n = len(by_day)
    if n < LEAST_CASES:
        return None
    years = trend.decimal_year(pd.Series(by_day.index))
    ahead = _due(context, "p2.price") - float(years[-1])
    above = _walk_above(years, by_day.to_numpy(dtype=float), ahead, math.log(event.at_most_share))
    if above is None:
        return None
    low, p, high = (_clip(1 - share) for share in reversed(above))
    latest = math.exp(float(by_day.iloc[-1]))
    note = (
        f"A random walk with drift through what first matches cost on only {labels.number_word(n)} days. It"
        f" starts from the last one, at {_price_part(latest)} the matched model's launch price, and asks what"
        " one on the day of the deadline would cost."
    )
    inputs = {"days": float(n), "latest_ratio": latest}
    scores, table = context.trend_scores, context.known["api_prices"]
    sources = pd.concat([scores, table])
    return Method("random walk", scoring.Chance(p, low, high, LEVEL), note, inputs, sources, (scores, table))


def _price_part(ratio: float) -> str:
    """A price over another in words: 1/9 of it, or 1.3× it."""
    return f"1/{1 / ratio:.0f} of" if ratio < 0.5 else format_figure(ratio, "x", 1)


@method("p2.price_war")
def price_wars_after_releases(context: MethodContext) -> Method | None:
    """After how many open releases that moved the frontier so many sellers cut a flagship's price in time."""
    event = context.event("p2.price_war", events.PriceWar)
    lags, scores, table = context.closed_lead_lags, context.trend_scores, context.known["api_prices"]
    if lags is None:
        return None
    cuts = prices.price_cuts(table, event.input_token_share, pct=event.cut_pct, flagship=True)
    window = pd.Timedelta(days=event.within_days)
    end = min(pd.Timestamp(context.facts.as_of), table["valid_on"].max()) - window
    matched = lags[lags["matched"] & (lags["matched_on"] <= end)]
    releases = matched.drop_duplicates("matched_by").set_index("matched_by")["matched_on"]
    if releases.empty:
        return None
    sellers = {
        name: cuts.loc[cuts["valid_on"].between(day, day + window), "seller"].nunique()
        for name, day in releases.items()
    }
    wars = sum(count >= event.sellers for count in sellers.values())
    most = max(sellers.values())
    note = (
        f"A price war followed {_count(wars)} of {labels.number_word(len(sellers))} open releases that were"
        f" first to match a closed model: at least {labels.number_word(event.sellers)} sellers that cut a"
        f" flagship's list price by {event.cut_pct:g}% or more within {event.within_days} days. After no"
        f" release did {f'more than {_count(most)}' if most else 'any'} do so. Our prices lack most sellers"
        " in China."
    )
    inputs = {"releases": float(len(sellers)), "wars": float(wars), "most_sellers": float(most)}
    chance = scoring.base_rate(wars, len(sellers), LEVEL)
    return Method("base rate", chance, note, inputs, pd.concat([scores, cuts]), (scores, table))


@method("p3.write_down", assumes=SIMULATED)
def simulated_write_down(context: MethodContext) -> Method | str:
    """The share of simulated futures with such a reported value at a quarter-end in time."""
    below_pct, last = (
        context.event("p3.write_down", events.BelowCost).below_pct,
        last_quarter(context, "p3.write_down"),
    )
    if last < 1:
        return "No simulated quarter-end lies before the deadline."
    down, _ = event_draws(context)
    note = (
        f"Share of our raw model's futures with a reported value {below_pct:g}% below cost at one of the"
        f" {labels.number_word(last)} quarter-ends from the start of the model to the deadline."
    )
    inputs = {"below_pct": below_pct, "quarter_ends": float(last)}
    return Method("simulation", chance_from_draws(down), note, inputs)


@method("p3.write_down")
def falls_of_late_rounds(context: MethodContext) -> Method | None:
    """How many large late rounds were followed by as deep a fall of value as the stake would have to take."""
    event, rows = context.event("p3.write_down", events.BelowCost), _late_rounds(context)
    stakes, paid = context.known["softbank_openai"], context.facts.record.paid
    fall = price_at_write_down(stakes, paid, event.below_pct)
    if fall is None or rows.empty:
        return None
    fell, priced = _fell_and_priced(rows, fall)
    chance = _middle(_clustered_rate(fell, rows), _clustered_rate(fell[priced], rows[priced]))
    sourced = rows["outcome_sourced"] == "yes"
    note = (
        f"SoftBank paid less than the last price, so a value {event.below_pct:g}% below cost takes a fall to"
        f" {fall:.0%} of that price. Of {len(rows)} large late rounds, chosen by rule from three"
        f" dated lists, {int(fell.sum())} fell so far one or three years on. Of the {int(priced.sum())} that"
        f" found a new price {int(fell.sum())} did, and we take the middle of both shares. Where a source"
        f" gives the outcome, {int(fell[sourced].sum())} of {int(sourced.sum())} fell so far. The rounds"
        " cluster in few years, so they tell less than their number suggests. They show what whole companies"
        " were worth, since our data have no values that holders reported."
    )
    inputs = {
        "fall_to": fall,
        "rounds": float(len(rows)),
        "fell": float(fell.sum()),
        "priced": float(priced.sum()),
    }
    return Method("base rate", chance, note, inputs, pd.concat([rows, stakes]))


def _late_rounds(context: MethodContext) -> pd.DataFrame:
    return reference_class.by_rule(context.known["late_rounds"])


def _fell_and_priced(rows: pd.DataFrame, fall: float) -> tuple[pd.Series, pd.Series]:
    """The late rounds after which the value fell to a part of the price or less, and those whose last value
    is a new price.
    """
    fell = rows[[f"ratio_{years}y" for years in OUTCOME_YEARS]].min(axis=1) <= fall
    ended = rows["ratio_3y"].isna() & rows["priced_1y"].eq("yes")
    return fell, rows["priced_3y"].eq("yes") | ended | fell


def price_at_write_down(
    stakes: pd.DataFrame, paid: Sequence[venture.Payment], below_pct: float
) -> float | None:
    """The part of today's price at which the stake is worth so much less than it cost; None before a value of
    it was reported.

    The stake's last reported value holds what had been paid by then; money paid or promised since buys at
    the price of that day. `stakes` is the evidence table ``softbank_openai`` as known, `paid` what was paid
    by the start (`start.StartEvidence`).
    """
    valued = stakes[stakes["fair_value_usd_bn"].notna()].sort_values("valid_on", kind="stable")
    if valued.empty:
        return None
    latest = valued.iloc[-1]
    valued_on = (latest["valid_on"].date() - start.START).days / DAYS_PER_YEAR
    by_then = sum(payment.amount_usd_bn for payment in paid if payment.years <= valued_on)
    stated = stakes[["cumulative_cost_usd_bn", "cost_on_completion_usd_bn"]].max(axis=None)
    cost = float(np.nanmax([stated, by_then]))
    return (1 - below_pct / 100) * cost / (float(latest["fair_value_usd_bn"]) + cost - by_then)


def _middle(first: scoring.Chance, second: scoring.Chance) -> scoring.Chance:
    """Two readings of the same cases: their middle, and a range that holds the ranges of both."""
    middle = (first.probability + second.probability) / 2
    return scoring.Chance(middle, min(first.low, second.low), max(first.high, second.high), LEVEL)


def _clustered_rate(happened: pd.Series, rows: pd.DataFrame) -> scoring.Chance:
    """`scoring.base_rate` of as many cases as rows of the same entry years are worth."""
    return scoring.clustered_rate(happened.to_numpy(), rows["valid_on"].dt.year.tolist(), LEVEL)


@method("p3.cause", assumes=SIMULATED)
def simulated_cost_growth(context: MethodContext) -> Method | str:
    """Of the draws with a write-down, those in which computing costs had outgrown revenue by then."""
    cause = context.event("p3.cause", events.ComputeOutgrowsRevenue)
    down, outgrew = event_draws(context)
    if not down.any():
        return "No simulated future has a write-down in time."
    note = (
        f"Share of the {int(down.sum()):,} simulated futures with a write-down in which computing costs grew"
        f" by a higher percentage than revenue over the {cause.over_months} months before the first one, as"
        " the criterion asks. Computing is research, training and serving, for which we count"
        f" {cause.serving_share:.0%} of running costs. Where the write-down comes in the first year, growth"
        " counts from the start of the model. No past cases are counted: our data hold no write-down with the"
        " accounts of the company behind it."
    )
    inputs = {"draws_with_write_down": float(down.sum()), "over_months": float(cause.over_months)}
    return Method("simulation", chance_from_draws(outgrew[down]), note, inputs)


@method("p3.survival")
def business_share_trend(context: MethodContext) -> Method | None:
    """The probability that the company operates and business customers pay more than the share, by the line
    through their shares so far.
    """
    from scipy import stats

    event, rows = context.event("p3.survival", events.BusinessShare), _business_shares(context)
    operates = chance_of_operating(context)
    if rows is None or operates is None:
        return None
    shares, due = rows["value"].to_numpy(dtype=float) / 100, _due(context, "p3.survival")
    line = trend.fit(trend.decimal_year(rows["valid_on"]), shares, form="logistic", floor=0.0, ceiling=1.0)
    # with so few points a standard error is itself uncertain: Student's t says how many make the usual share
    off = float(stats.t.ppf((1 + LEVEL) / 2, len(rows) - 2))
    low, middle, high = (
        line.probability_above(due, event.more_than_pct / 100, shift=shift) for shift in (-off, 0.0, off)
    )
    note = f"This is a curve through {_shares_in_words(shares)}, extended to the deadline."
    return _survival_method("trend", (low, middle, high), operates, note, rows)


@method("p3.survival")
def business_share_walk(context: MethodContext) -> Method | None:
    """The same by a random walk with drift through the shares, on logits."""
    event, rows = context.event("p3.survival", events.BusinessShare), _business_shares(context)
    operates = chance_of_operating(context)
    if rows is None or operates is None:
        return None
    shares, years = rows["value"].to_numpy(dtype=float) / 100, trend.decimal_year(rows["valid_on"])
    ahead = _due(context, "p3.survival") - float(years[-1])
    threshold = math.log(event.more_than_pct / (100 - event.more_than_pct))
    above = _walk_above(years, np.log(shares / (1 - shares)), ahead, threshold)
    if above is None:
        return None
    note = f"This is a random walk with drift through {_shares_in_words(shares)}, to the deadline."
    return _survival_method("random walk", above, operates, note, rows)


def _walk_above(
    years: NDArray[np.float64], z: NDArray[np.float64], ahead_years: float, threshold: float
) -> tuple[float, float, float] | None:
    """The probability that a random walk with drift lies above a threshold some years after its last value.

    With the drift as low as it may be in nine of ten cases, in the middle, and as high; None without spread.
    """
    from scipy import stats

    if not ahead_years > 0:
        return None
    walk = track_record.random_walk(years, z, ahead_years)
    if not walk.spread > 0:
        return None
    of_drift = walk.spread * math.sqrt(ahead_years / (ahead_years + float(years[-1] - years[0])))
    off = float(stats.t.ppf((1 + LEVEL) / 2, walk.dof)) * of_drift
    low, middle, high = (
        float(stats.t.sf((threshold - walk.centre - shift) / walk.spread, walk.dof))
        for shift in (-off, 0.0, off)
    )
    return low, middle, high


def _survival_method(
    kind: MethodKind,
    above: tuple[float, float, float],
    operates: scoring.Chance,
    note: str,
    rows: pd.DataFrame,
) -> Method:
    """A share of revenue above its threshold and a company that operates, taken as independent."""
    ends = zip(above, (operates.low, operates.probability, operates.high), strict=True)
    low, middle, high = (_clip(share * lives) for share, lives in ends)
    told = (
        f"{note} It gives a chance of {share_in_words(above[1])} that the share is large enough, and so few"
        " points say little. The shares are rounded, and “more than” counts as the figure itself. We multiply"
        f" by {operates.probability:.0%}, the chance that the company still operates. It is the share of"
        " companies with large late rounds in our data that did not fail in as much time."
    )
    inputs = {"shares": float(len(rows)), "share_above": above[1], "operates": operates.probability}
    inputs["latest_share"] = float(rows["value"].iloc[-1]) / 100
    return Method(kind, scoring.Chance(middle, low, high, LEVEL), told, inputs, rows, (rows,))


def chance_of_operating(context: MethodContext) -> scoring.Chance | None:
    """The chance that the company operates at the deadline: how few late rounds' companies failed in as much
    time, at a constant hazard.
    """
    rows = _late_rounds(context)
    years = (context.deadline("p3.survival") - pd.Timestamp(context.facts.as_of)).days / DAYS_PER_YEAR
    if rows.empty or years <= 0:
        return None
    failed = _clustered_rate(rows["insolvent_3y"] == "yes", rows)
    high, middle, low = (
        1 - scoring.at_constant_hazard(share, max(OUTCOME_YEARS), years)
        for share in (failed.low, failed.probability, failed.high)
    )
    return scoring.Chance(middle, low, high, LEVEL)


def _business_shares(context: MethodContext) -> pd.DataFrame | None:
    """The reported shares of revenue from business customers, None where they are too few."""
    facts = context.known["dated_facts"]
    rows = facts[facts["id"].isin(BUSINESS_SHARES)]
    return rows if len(rows) >= LEAST_SHARES else None


def _shares_in_words(shares: NDArray[np.float64]) -> str:
    count = labels.number_word(len(shares))
    return f"only {count} shares of revenue, the latest {shares[-1]:.0%}"


def _due(context: MethodContext, part: str) -> float:
    """The deadline of a part as a decimal year."""
    return float(trend.decimal_year(pd.Series([context.deadline(part)]))[0])


@method("p3.victory")
def reactions_to_losses(context: MethodContext) -> Method | None:
    """After how many of SoftBank's large losses Son presented the outcome as a success."""
    cases = context.event("p3.victory", events.CalledSuccess).cases
    facts = context.known["dated_facts"]
    rows = facts[facts["id"].isin(cases)]
    if rows.empty:
        return None
    years = join_words(str(day.year) for day in rows["valid_on"])
    called = sum(cases[name] for name in rows["id"])
    note = (
        f"Son presented the outcome as a success after {_count(called)} of the"
        f" {labels.number_word(len(rows))} large losses of SoftBank's funds for which our data have his words"
        f" ({years}). So few cases say little."
    )
    inputs = {"losses": float(len(rows)), "called": float(called)}
    return Method("base rate", scoring.base_rate(called, len(rows), LEVEL), note, inputs, rows)


def _count(cases: int) -> str:
    """A number of cases in words, none of them included."""
    return labels.number_word(cases) if cases else "none"


def _launch_day(context: MethodContext, event: events.OpenMatch) -> pd.Timestamp | None:
    """The day on which the model that is to be matched was launched; None before it was known."""
    listed = context.known["api_prices"]
    rows = listed[(listed["model"] == event.target) & (listed["event"] == "launch")]
    return pd.Timestamp(rows["valid_on"].iloc[0]) if len(rows) else None
