"""Which methods give a part of a prediction a probability? Trends, simulations, base rates, and judgements.

Decisions
- A method says in a sentence what it was fitted to, drawn from or counted among, with the numbers and
  the rows that went in.
- A method that has nothing to fit, draw or count gives nothing; two values make no trend.
- What is left of the fall of the price counts from today's cheapest open model that matches, as fact-check
  and indicator see it; only while there is none does it count from the launch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import audit, labels
from analysis.evidence import predictions
from analysis.exhibits import MethodKind
from analysis.labels import join_words
from analysis.models import frontier, outlook, parity, prices, venture
from analysis.scenarios import Assumptions
from analysis.statistics import scoring, trend
from analysis.units import DAYS_PER_YEAR, format_date

LEVEL = 0.9
LEAST_CHANCE = 1e-6
"""How near to 0 or 1 a probability may come: what is printed has six digits, and nothing that lies ahead is
certain.
"""
ONE_STANDARD_ERROR = 0.683
"""Level of an interval of one standard error either way."""
BENCHMARK = "GPQA Diamond"
"""The benchmark of our data on which open and closed models both still rise."""
PROTOCOL = "Epoch AI run"
FLOOR = 0.25
"""What guessing scores on it, as a share."""
TARGET = ("gpt-5", 0.01)
"""The model that is to be matched, and the part of its price."""
WINDOW_DAYS, WAR_SELLERS, WAR_CUT_PCT = 90, 3, 30
"""A price war: that many developers cut a list price by that percentage within that many days."""
DOWN_ROUNDS = ("base_rate.down_rounds_2022q1", "base_rate.down_rounds_2023q3")
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
ON_LOSSES = ("son.on_loss_2019", "son.on_loss_2020", "son.on_loss_2022")


@dataclass(frozen=True)
class Method:
    """One probability of a part.

    Attributes
    ----------
    kind
        Trend, simulation, base rate, or a judgement stated by hand.
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

    @cached_property
    def required_price_fall(self) -> RequiredPriceFall | None:
        """What is left of the fall of the price to the target, as the fact-check and the indicator see it;
        None before the launch or once it is due.
        """
        return _required_price_fall(self)

    def deadline(self, part: str) -> pd.Timestamp:
        """The day by which a part is due."""
        return pd.Timestamp(str(self.parts.set_index("id").loc[part, "deadline"]))


MethodFunction = Callable[[MethodContext], Method | None]
"""What gives a probability of a part from a context, or None where the evidence does not allow it."""

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
    methods = [method for function in functions if (method := function(context)) is not None]
    judgement = context.judgements.get(part)
    return methods + ([from_judgement(judgement)] if judgement else [])


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


def event_draws(assumptions: Assumptions, facts: audit.Facts) -> NDArray[np.bool_]:
    """Draws with a write-down in time, and those with higher costs a unit of revenue: shape (2, draws)."""
    paths = outlook.venture_paths(assumptions, facts.record)
    last = int(outlook.deadline_years(assumptions) * 4)
    down = venture.write_down_hits(paths, threshold_pct=assumptions.write_down_pct)[:, : last + 1].any(axis=1)
    ratio = paths.cost_usd_bn / paths.revenue_usd_bn
    return np.stack([np.asarray(down), np.asarray(ratio[:, last] > ratio[:, 0])])


def write_down_with_its_cause(context: MethodContext) -> tuple[scoring.Chance, str]:
    """The third prediction: how often its first two parts happen in the same draw."""
    both = np.logical_and(*event_draws(context.assumptions, context.facts))
    note = "share of simulated futures with its first two parts; the others can only make it rarer"
    return chance_from_draws(both), note


JOINT["p3"] = write_down_with_its_cause


@method("p2.quality")
def match_rate(context: MethodContext) -> Method | None:
    """How many open models matched a step of the closed frontier in as much time as there is."""
    lags, scores = context.closed_lead_lags, context.trend_scores
    launch_row = _launch_price(context)
    if lags is None or launch_row is None:
        return None
    months = (context.deadline("p2.quality") - launch_row["valid_on"]).days / DAYS_PER_YEAR * 12
    decided = lags[lags["matched"] | (lags["lag_months"] >= months)]
    in_time = decided["matched"] & (decided["lag_months"] <= months)
    # one open release often matches several steps at once: it is one case
    matchers = decided.loc[in_time, "matched_by"].nunique()
    late = int((~in_time).sum())
    if matchers + late == 0:
        return None
    running = len(lags) - len(decided)
    note = (
        f"Open models matched {labels.number_word(int(in_time.sum()))} of {labels.number_word(len(decided))}"
        f" advances of closed models on {BENCHMARK}, a test of science questions, within"
        f" {months:.0f} months; {labels.number_word(running)} more {'is' if running == 1 else 'are'}"
        f" undecided. The cases are the {labels.number_word(matchers)} open releases that did"
        f" so{f' and the {labels.number_word(late)} that came too late or not at all' if late else ''}. This"
        " is one benchmark; four of five tasks ask for more."
    )
    inputs = {
        "months": months,
        "steps": float(len(decided)),
        "releases": float(matchers),
        "unmatched": float(late),
    }
    chance = scoring.base_rate(matchers, matchers + late, LEVEL)
    return Method("base rate", chance, note, inputs, scores, (scores,))


@method("p2.llama")
def llama_share(context: MethodContext) -> Method | None:
    """How many of the open models that matched a closed step are named after Llama."""
    lags, scores = context.closed_lead_lags, context.trend_scores
    if lags is None or not (names := sorted(set(lags.loc[lags["matched"], "matched_by"]))):
        return None
    llamas = [name for name in names if "llama" in name.lower()]
    note = (
        f"{labels.number_word(len(llamas)).capitalize()} of the {labels.number_word(len(names))} open"
        f" releases that matched an advance of closed models on {BENCHMARK}"
        f" {'is a Llama' if len(llamas) == 1 else 'are Llamas'}: {join_words(names)}."
    )
    inputs = {"releases": float(len(names)), "llamas": float(len(llamas))}
    chance = scoring.base_rate(len(llamas), len(names), LEVEL)
    return Method("base rate", chance, note, inputs, scores, (scores,))


@dataclass(frozen=True)
class RequiredPriceFall:
    """How far the price of a model as good as the one to be matched still has to fall.

    Attributes
    ----------
    multiple
        The price today over that of the launch: of the cheapest open model that matches
        (`prices.open_matches`), 1 without one.
    years
        From today to the deadline, or from the launch while no open model matches.
    note
        Where it stands, as a sentence.
    rows
        The prices that were read.
    """

    multiple: float
    years: float
    note: str
    rows: pd.DataFrame

    @property
    def a_year(self) -> float:
        """The factor by which the price must fall each year."""
        return float((self.multiple / TARGET[1]) ** (1 / self.years))

    @property
    def inputs(self) -> dict[str, float]:
        """The numbers by name."""
        return {"multiple": self.multiple, "years": self.years, "needed_factor_per_year": self.a_year}


@method("p2.price", assumes=("price_decline_factor_per_year",))
def simulated_price_fall(context: MethodContext) -> Method | None:
    """The share of draws in which the price at fixed quality falls far enough from launch to deadline."""
    fall = context.required_price_fall
    if fall is None:
        return None
    chance = chance_from_draws(outlook.price_falls(context.assumptions) >= fall.a_year)
    note = (
        f"Share of simulated futures in which prices fall at least {fall.a_year:.1f}-fold a year. {fall.note}"
        f" A fall to {TARGET[1]:.0%} in the {fall.years:.1f} years to the deadline requires that."
    )
    return Method("simulation", chance, note, fall.inputs, fall.rows)


@method("p2.price")
def price_fall_trend(context: MethodContext) -> Method | None:
    """The probability that the fitted yearly fall of prices at equal score is large enough."""
    fall = context.required_price_fall
    if fall is None:
        return None
    needed, scores = fall.a_year, context.trend_scores
    try:
        spells = prices.price_spells(
            context.known["api_prices"], scores, float(context.assumptions.input_token_share)
        )
        fit = _price_fit(spells)
    except ValueError:
        return None
    if fit is None:
        return None
    low, mid, high = (math.log(float(fit[name])) for name in ("low", "decline_factor_per_year", "high"))
    se = (high - low) / (2 * NormalDist().inv_cdf(0.975))
    z_score = (mid - math.log(needed)) / se
    # the error of the fit is all that moves it: one standard error either way is the range
    low_p, p, high_p = (_clip(NormalDist().cdf(z_score + shift)) for shift in (-1.0, 0.0, 1.0))
    note = (
        f"Prices at equal {BENCHMARK} scores fell {math.exp(mid):.1f}-fold a year (95% interval"
        f" {math.exp(low):.1f} to {math.exp(high):.1f}; {int(fit['prices'])} prices,"
        f" {prices.NAMES[str(fit['method'])]}); {needed:.1f}-fold is needed. {fall.note} The chance follows"
        " from the error of that estimate, its range from one standard error either way."
    )
    inputs = {"factor_per_year": math.exp(mid), "low": math.exp(low), "high": math.exp(high)} | fall.inputs
    chance, listed = scoring.Chance(p, low_p, high_p, ONE_STANDARD_ERROR), context.known["api_prices"]
    return Method("trend", chance, note, inputs, listed, (scores, listed))


def _price_fit(spells: pd.DataFrame) -> dict[str, Any] | None:
    """The hedonic fit of choice: the mixed model, or least squares if that has no standard error."""
    for method in ("mixed", "ols"):
        (fit,) = prices.hedonic(spells, floor=FLOOR, methods=[method]).table.to_dict("records")
        if not any(math.isnan(fit[name]) for name in ("low", "decline_factor_per_year", "high")):
            return {str(name): value for name, value in fit.items()}
    return None


@method("p2.price_war")
def price_wars_after_releases(context: MethodContext) -> Method | None:
    """After how many open releases that moved the frontier three developers or more cut a line's price by 30%
    within 90 days.
    """
    lags, scores = context.closed_lead_lags, context.trend_scores
    if lags is None:
        return None
    listed = prices.price_cuts(
        context.known["api_prices"], float(context.assumptions.input_token_share), pct=WAR_CUT_PCT
    )
    end = pd.Timestamp(context.facts.as_of) - pd.Timedelta(days=WINDOW_DAYS)
    matched = lags[lags["matched"] & (lags["matched_on"] <= end)]
    releases = matched.drop_duplicates("matched_by").set_index("matched_by")["matched_on"]
    if releases.empty:
        return None
    sellers = {
        name: (
            listed[
                (listed["valid_on"] >= day) & (listed["valid_on"] <= day + pd.Timedelta(days=WINDOW_DAYS))
            ]["seller"].nunique()
        )
        for name, day in releases.items()
    }
    wars = sum(count >= WAR_SELLERS for count in sellers.values())
    note = (
        f"After {labels.number_word(wars)} of {labels.number_word(len(sellers))} open releases that matched"
        f" an advance of closed models, at least {labels.number_word(WAR_SELLERS)} developers in our data cut"
        f" the list price of a line of models by {WAR_CUT_PCT}% or more within {WINDOW_DAYS} days"
        f" ({', '.join(f'{name}: {count}' for name, count in sellers.items())}). Our prices lack most sellers"
        " in China."
    )
    inputs = {"releases": float(len(sellers)), "wars": float(wars)}
    chance = scoring.base_rate(wars, len(sellers), LEVEL)
    return Method("base rate", chance, note, inputs, pd.concat([scores, listed]), (scores,))


@method("p3.write_down", assumes=SIMULATED)
def simulated_write_down(context: MethodContext) -> Method | None:
    """The share of simulated futures with such a reported value at a quarter-end in time."""
    down, _ = event_draws(context.assumptions, context.facts)
    note = (
        f"Share of simulated futures with a reported value {context.assumptions.write_down_pct:g}% below cost"
        f" at a quarter-end within {labels.number_word(context.assumptions.write_down_years)} years."
    )
    return Method(
        "simulation",
        chance_from_draws(down),
        note,
        {"write_down_pct": context.assumptions.write_down_pct, "years": context.assumptions.write_down_years},
    )


@method("p3.write_down")
def down_rounds(context: MethodContext) -> Method | None:
    """How often a company's next round is priced below the last one, over the years that are left."""
    facts = context.known["dated_facts"]
    rows = facts[facts["id"].isin(DOWN_ROUNDS)]
    if len(rows) < len(DOWN_ROUNDS):
        return None
    years = (context.deadline("p3.write_down") - pd.Timestamp(context.assumptions.as_of)).days / DAYS_PER_YEAR
    if years <= 0:
        return None
    shares = sorted(float(value) / 100 for value in rows["value"])
    low, mid, high = (
        scoring.at_constant_hazard(share, 1.0, years)
        for share in (shares[0], sum(shares) / len(shares), shares[-1])
    )
    note = (
        f"In a good quarter {shares[0]:.1%} of venture rounds were priced below the one before, in a bad one"
        f" {shares[-1]:.1%}. We assume one round a year for the {years:.1f} years left. Such a round is more"
        f" common than a reported value {context.assumptions.write_down_pct:g}% below cost."
    )
    return Method(
        "base rate",
        scoring.Chance(mid, low, high, LEVEL),
        note,
        {"years": years, "share_low": shares[0], "share_high": shares[-1]},
        rows,
    )


@method("p3.cause", assumes=SIMULATED)
def simulated_cost_growth(context: MethodContext) -> Method | None:
    """Of the draws with a write-down, those with costs a unit of revenue above the start's."""
    down, lag = event_draws(context.assumptions, context.facts)
    if not down.any():
        return None
    note = (
        f"Share of the {int(down.sum()):,} simulated futures with a write-down in which costs per dollar of"
        f" revenue are higher after {labels.number_word(context.assumptions.write_down_years)} years than at"
        " the start. The criterion asks for computing costs, over the twelve months before the write-down."
    )
    return Method(
        "simulation", chance_from_draws(lag[down]), note, {"draws_with_write_down": float(down.sum())}
    )


@method("p3.survival")
def business_share_trend(context: MethodContext) -> Method | None:
    """The probability that business customers pay more than half, by the line through their shares so far."""
    from scipy import stats

    facts = context.known["dated_facts"]
    rows = facts[facts["id"].isin(BUSINESS_SHARES)]
    if len(rows) < LEAST_SHARES:
        return None
    shares = rows["value"].to_numpy(dtype=float) / 100
    line = trend.fit(trend.decimal_year(rows["valid_on"]), shares, form="logistic", floor=0.0, ceiling=1.0)
    due = float(trend.decimal_year(pd.Series([context.deadline("p3.survival")]))[0])
    # with so few points a standard error is itself uncertain: Student's t says how many make the usual share
    standard_error = float(stats.t.ppf((1 + ONE_STANDARD_ERROR) / 2, len(rows) - 2))
    low, middle, high = (
        line.probability_above(due, 0.5, shift=shift) for shift in (-standard_error, 0.0, standard_error)
    )
    note = (
        f"A curve through the {labels.number_word(len(rows))} shares of revenue in our data"
        f" ({', '.join(f'{share:.0%}' for share in shares)}), extended to the deadline; “more than” counts as"
        " the figure itself. So few points say little. We assume that the company still operates, so this is"
        f" an upper bound; the range covers {ONE_STANDARD_ERROR:.0%} of the curve's error."
    )
    return Method(
        "trend",
        scoring.Chance(middle, low, high, ONE_STANDARD_ERROR),
        note,
        {"shares": float(len(rows)), "latest_share": float(shares[-1])},
        rows,
        (rows,),
    )


@method("p3.victory")
def reactions_to_losses(context: MethodContext) -> Method | None:
    """After how many of SoftBank's large losses Son presented the outcome as a success."""
    facts = context.known["dated_facts"]
    rows = facts[facts["id"].isin(ON_LOSSES)]
    if rows.empty:
        return None
    years = join_words(str(day.year) for day in rows["valid_on"])
    note = (
        f"After none of the {labels.number_word(len(rows))} large losses of SoftBank's funds in our data"
        f" ({years}) did Son present the outcome as a success. So few cases say little."
    )
    return Method(
        "base rate", scoring.base_rate(0, len(rows), LEVEL), note, {"losses": float(len(rows))}, rows
    )


def _launch_price(context: MethodContext) -> pd.Series | None:
    """The list price of the model that is to be matched at its launch; None before it was known."""
    listed = context.known["api_prices"]
    rows = listed[(listed["model"] == TARGET[0]) & (listed["event"] == "launch")]
    return rows.iloc[0] if len(rows) else None


def _required_price_fall(context: MethodContext) -> RequiredPriceFall | None:
    """`MethodContext.required_price_fall`."""
    launch_row, deadline = _launch_price(context), context.deadline("p2.price")
    today = pd.Timestamp(str(context.assumptions.as_of))
    if launch_row is None or today >= deadline:
        return None
    table, runs = context.known["api_prices"], context.known["model_benchmarks"]
    runs = runs[(runs["benchmark"] == BENCHMARK) & (runs["protocol"] == PROTOCOL)]
    matches = prices.open_matches(table[table["terms"] == "list"], runs, launch_row)
    if matches.empty:
        years = (deadline - launch_row["valid_on"]).days / DAYS_PER_YEAR
        return RequiredPriceFall(
            1.0,
            years,
            "We count from the launch, since no open model in our data matches it.",
            _one_row_frame(launch_row),
        )
    share = float(context.assumptions.input_token_share)
    blend, launch = (
        frontier.blended_price(rows["price_input_usd_per_mtok"], rows["price_output_usd_per_mtok"], share)
        for rows in (matches, launch_row)
    )
    multiple = float(blend.min() / launch)
    note = (
        f"The cheapest open model that matches GPT-5 on {BENCHMARK} costs {multiple:.0%} of its launch price."
    )
    years = (deadline - today).days / DAYS_PER_YEAR
    return RequiredPriceFall(
        multiple, years, note, pd.concat([_one_row_frame(launch_row), matches.loc[[blend.idxmin()]]])
    )


def _one_row_frame(row: pd.Series) -> pd.DataFrame:
    return row.to_frame().T
