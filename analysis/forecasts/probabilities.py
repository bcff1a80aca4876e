"""How likely is each part of the three predictions? By every method that the record allows, and pooled.

Decisions
- A method is a trend, a simulation, a base rate or a judgement that somebody wrote down with its day, and
  says what it was drawn from or counted among. Where several bear on a part all are kept; the pool is the
  mean of their log-odds, and its range the widest that any of them gives.
- A part with nothing to count, fit or draw gets no probability and the reason; two values make no trend.
- What takes another part for granted is given as conditional on it and says so. A whole is counted on joint
  draws where there are some, else it is bounded (Fréchet).
- What is left of the fall of the price counts from today's cheapest open model that matches, as fact-check
  and indicator see it; only while there is none does it count from the launch.
- A void part has no probability: what was already decided cannot be forecast.
- Scores are those of the probability on the day when the part was made, from what was known then.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from statistics import NormalDist
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import audit, labels
from analysis.evidence import predictions
from analysis.labels import join_words
from analysis.models import frontier, outlook, parity, prices, venture
from analysis.scenarios import Assumptions
from analysis.statistics import scoring, trend
from analysis.units import format_date

Kind = Literal["trend", "simulation", "base rate", "judgement"]
LEVEL = 0.9
LEAST_CHANCE = 1e-6
"""How near to 0 or 1 a probability may come: what is printed has six digits, and nothing that lies ahead is
certain.
"""
ONE_STANDARD_ERROR = 0.683
"""Level of an interval of one standard error either way."""
BENCHMARK = "GPQA Diamond"
PROTOCOL = "Epoch AI run"
FLOOR = 0.25
"""The benchmark of our data that open and closed models both still rise on; guessing gives a quarter of it.
"""
TARGET = ("gpt-5", 0.01)
"""The model that is to be matched, and the part of its price."""
DOWN_ROUNDS = ("base_rate.down_rounds_2022q1", "base_rate.down_rounds_2023q3")
BUSINESS_SHARES = (
    "openai.enterprise_share_2025_01",
    "openai.enterprise_share_2026_01",
    "openai.enterprise_share_2026_03",
    "openai.enterprise_share_2026_08",
)
SIMULATED = (*outlook.VENTURE, "run_rate_weight", "run_rate_error_pct")
"""What the simulation believes of the world."""
ON_LOSSES = ("son.on_loss_2019", "son.on_loss_2020", "son.on_loss_2022")
CONDITIONAL = {
    "p2.llama": "p2.quality",
    "p2.price": "p2.quality",
    "p2.price_war": "p2.quality",
    "p3.cause": "p3.write_down",
    "p3.victory": "p3.write_down",
}
"""Parts that take another part for granted."""
FIELDS = (
    "id",
    "where",
    "statement",
    "criterion",
    "made_on",
    "deadline",
    "probability",
    "probability_low",
    "probability_high",
    "method",
    "given",
    "status",
    "resolved_on",
    "because",
    "methods",
    "sources",
    "brier",
    "log_score",
)


@dataclass(frozen=True)
class Method:
    """One probability of a part.

    Attributes
    ----------
    kind
        Trend, simulation, base rate, or a judgement stated by hand.
    chance
        The probability with the interval of this method.
    told
        What it was counted among, fitted to or drawn from, as a sentence.
    inputs
        The numbers that went in, by name.
    sources
        Evidence rows that were read: ``source_title, source, quality``.
    series
        Those of them that are series, one frame each: what came after the last point of one is not in the
        probability.
    """

    kind: Kind
    chance: scoring.Chance
    told: str
    inputs: Mapping[str, float]
    sources: pd.DataFrame = field(default_factory=pd.DataFrame)
    series: tuple[pd.DataFrame, ...] = ()

    @property
    def data_to(self) -> str | None:
        """The last point of the series that ends first, as an ISO date; None where it rests on no series."""
        ends = [rows["valid_on"].max() for rows in self.series if len(rows)]
        return min(ends).date().isoformat() if ends else None


@dataclass(frozen=True)
class MethodInputs:
    """What the methods may look at: assumptions and the evidence that was known on their day."""

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
        return predictions.judgements(str(self.assumptions.as_of))

    def deadline(self, part: str) -> pd.Timestamp:
        """The day by which a part is due."""
        return pd.Timestamp(str(self.parts.set_index("id").loc[part, "deadline"]))


def table(assumptions: Assumptions, facts: audit.Facts) -> pd.DataFrame:
    """Every part with its probability, method, status and scores.

    Parameters
    ----------
    assumptions : Assumptions
        Holds what the models of `outlook` need, ``input_token_share``, ``as_of`` and
        ``price_decline_factor_per_year``.
    facts : Facts
        Of the same day (`audit.gather`).

    Returns
    -------
    DataFrame
        `FIELDS`, a row a part in the order of the file. ``probability`` and its range are shares, None for a
        void part and where no method bears on it; ``given`` names the part that it is conditional on;
        ``methods``: list of mappings; ``brier`` and ``log_score`` are None until the part is true or false.
    """
    rows = []
    parts = predictions.load_table()
    view = MethodInputs(assumptions, facts, parts)
    stands = predictions.statuses(facts.evidence["dated_facts"], assumptions.as_of).set_index("id")
    for part in parts.to_dict("records"):
        name, ends = str(part["id"]), stands.loc[part["id"]]
        found = [] if ends["status"] == "void" else apply_methods(name, view)
        row = dict.fromkeys(FIELDS) | {key: part[key] for key in FIELDS if key in part}
        row |= {key: ends[key] if ends["status"] != "open" else None for key in ("resolved_on", "because")}
        row |= {
            "status": ends["status"],
            "given": CONDITIONAL.get(name),
            "methods": [method_row(m) for m in found],
        }
        row["method"] = _method_label(str(ends["status"]), found)
        row["sources"] = ends["sources"] or _sources_of(found)
        if found:
            row |= dict(
                zip(("probability", "probability_low", "probability_high"), pool_methods(found), strict=True)
            )
        if ends["status"] in ("true", "false") and (
            score := _scores(name, ends["status"] == "true", assumptions, parts)
        ):
            row |= score
        rows.append(row)
    return pd.DataFrame(rows, columns=list(FIELDS), dtype=object)


MethodFunction = Callable[["MethodInputs"], "Method | None"]
"""What gives a probability of a part from a view, or None where the record does not allow it."""


def apply_methods(
    part: str, view: MethodInputs, makers: Sequence[MethodFunction] | None = None
) -> list[Method]:
    """Every method that bears on a part on the day of the view (or those of some makers); none where the
    record does not allow one.
    """
    found = [
        found
        for make in (METHODS.get(part, ()) if makers is None else makers)
        if (found := make(view)) is not None
    ]
    said = view.judgements.get(part)
    return found + ([from_judgement(said)] if said else [])


def pool_methods(found: Sequence[Method]) -> tuple[float, float, float]:
    """Pooled probability, and the widest range: lowest low and highest high of the methods."""
    chances = [method.chance for method in found]
    pool = scoring.pooled([chance.probability for chance in chances])
    return pool, min(chance.low for chance in chances), max(chance.high for chance in chances)


@dataclass(frozen=True)
class History:
    """The probabilities of the parts on earlier days, each from what was known then.

    Attributes
    ----------
    table : DataFrame
        One row a day, part and method: ``day`` (timestamp), ``id, kind, probability_pct, low_pct, high_pct,
        told``.
    left_out : DataFrame
        Parts with a method that has no history, a row each: ``id``, and the ``assumptions`` it rests on that
        were not known on the first day or carry no day at all.
    """

    table: pd.DataFrame
    left_out: pd.DataFrame


def monthly_days(made_on: str | dt.date, as_of: str | dt.date) -> list[pd.Timestamp]:
    """The day a prediction was made, the same day of each month after it up to a day, and that day itself."""
    first, last = pd.Timestamp(made_on), pd.Timestamp(as_of)
    months = range((last.year - first.year) * 12 + last.month - first.month + 1)
    found = [day for month in months if (day := first + pd.DateOffset(months=month)) <= last]
    return found if not found or found[-1] == last else [*found, last]


def history(assumptions: Assumptions, facts: audit.Facts) -> History:
    """Every part's probability by every method, monthly from publication to the day of looking.

    A method that rests on an assumption without a day, or with one after the day in question, is left out on
    that day: its line would be drawn with hindsight. `assumptions` and `facts` as for `table`.
    """
    parts = predictions.load_table()
    rows, hidden = [], []
    undecided = _undecided(facts, assumptions.as_of, parts)
    every = monthly_days(str(parts["made_on"].iloc[0]), assumptions.as_of)
    for day in every:
        then = assumptions.with_changes(as_of=day.date().isoformat())
        view = MethodInputs(
            then, replace(facts, assumptions=then, as_of=day, used=[]), parts
        )  # the same tables, read once
        for part in undecided:
            hindsight = {
                make: known_only_later(ASSUMES.get(make, ()), then) if day < every[-1] else []
                for make in METHODS.get(part, ())
            }
            hidden += [{"id": part, "assumptions": ", ".join(names)} for names in hindsight.values() if names]
            rows += [
                _on_day(day, part, method)
                for method in apply_methods(
                    part, view, [make for make, names in hindsight.items() if not names]
                )
            ]
    columns = ["day", "id", "kind", "probability_pct", "low_pct", "high_pct", "told"]
    left_out = pd.DataFrame(hidden, columns=["id", "assumptions"]).drop_duplicates("id", ignore_index=True)
    return History(pd.DataFrame(rows, columns=columns), left_out)


def _on_day(day: pd.Timestamp, part: str, method: Method) -> dict[str, Any]:
    chance = method.chance
    return {
        "day": day,
        "id": part,
        "kind": method.kind,
        "probability_pct": 100 * chance.probability,
        "low_pct": 100 * chance.low,
        "high_pct": 100 * chance.high,
        "told": method.told,
    }


def known_only_later(names: Sequence[str], then: Assumptions) -> list[str]:
    """Those assumptions that were no knowledge of a day: their reference carries none, or a later one."""
    day = dt.date.fromisoformat(str(then.as_of))
    return [
        name for name in names if (known := then.register[name].reference.known_on) is None or known > day
    ]


def _undecided(facts: audit.Facts, as_of: str, parts: pd.DataFrame) -> list[str]:
    """The parts that are not void: what was decided before it was made has no probability on any day."""
    stands = predictions.statuses(facts.evidence["dated_facts"], as_of).set_index("id")["status"]
    return [str(name) for name in parts["id"] if stands[name] != "void"]


def by_method(rows: pd.DataFrame) -> pd.DataFrame:
    """A row a method of each part, in percent: ``id, kind, probability_pct, low_pct, high_pct, told, data_to,
    given, pooled_pct``.
    """
    return pd.DataFrame(
        [
            {
                "id": row["id"],
                "kind": method["kind"],
                "probability_pct": 100 * method["probability"],
                "low_pct": 100 * method["low"],
                "high_pct": 100 * method["high"],
                "told": method["told"],
                "data_to": method["data_to"],
                "given": row["given"],
                "pooled_pct": 100 * row["probability"],
            }
            for row in rows.to_dict("records")
            for method in row["methods"]
        ],
        columns=[
            "id",
            "kind",
            "probability_pct",
            "low_pct",
            "high_pct",
            "told",
            "data_to",
            "given",
            "pooled_pct",
        ],
    )


def cited_sources(rows: pd.DataFrame) -> list[dict[str, str]]:
    """The sources of all parts that have a probability, each once."""
    found = {
        source["url"]: source
        for row in rows.to_dict("records")
        if row["methods"]
        for source in row["sources"]
    }
    return list(found.values())


def whole_predictions(rows: pd.DataFrame, assumptions: Assumptions, facts: audit.Facts) -> pd.DataFrame:
    """How likely a prediction is as a whole, where some parts have a probability: ``id, low, high, told``.

    The third prediction's first two parts come from joint draws; everything else is a Fréchet bound over the
    parts that have a probability, each taken without its condition, so that the upper bound holds whatever
    hangs together.
    """
    found: list[dict[str, Any]] = []
    for name, own in rows.groupby(rows["id"].str.partition(".")[0], sort=False):
        shares = [float(share) for share in own["probability"].dropna()]
        high, told = (
            (scoring.joint_bounds(shares)[1] if shares else None),
            "at most as likely as its least likely part",
        )
        if (own["status"] == "void").all():
            told = "overtaken in every part"
        elif name == "p3":
            high = chance_from_draws(np.logical_and(*event_draws(assumptions, facts))).probability
            told = "share of simulated futures with its first two parts; the others can only make it rarer"
        elif not shares:
            told = "no part has a probability"
        found.append({"id": name, "low": None if high is None else 0.0, "high": high, "told": told})
    return pd.DataFrame(found)


def method_row(method: Method) -> dict[str, Any]:
    """A method as a listing prints it."""
    chance = method.chance
    return {
        "kind": method.kind,
        "probability": chance.probability,
        "low": chance.low,
        "high": chance.high,
        "level": chance.level,
        "told": method.told,
        "data_to": method.data_to,
        "inputs": dict(method.inputs),
    }


def chance_from_draws(hits: NDArray[np.bool_]) -> scoring.Chance:
    """A probability from simulated draws, never 0 or 1, as it is printed either; the interval is the
    Monte-Carlo error alone.
    """
    chance = scoring.base_rate(int(hits.sum()), len(hits), LEVEL)
    low, p, high = (_clip_to_open_interval(value) for value in (chance.low, chance.probability, chance.high))
    return replace(chance, probability=p, low=low, high=high)


def _clip_to_open_interval(share: float) -> float:
    """A probability kept so far from 0 and 1 that six digits of it are neither."""
    return min(max(share, LEAST_CHANCE), 1 - LEAST_CHANCE)


def event_draws(assumptions: Assumptions, facts: audit.Facts) -> NDArray[np.bool_]:
    """Draws with a write-down in time, and draws in which costs a unit of revenue are higher then: shape (2,
    draws).
    """
    paths = outlook.venture_paths(assumptions, facts.record)
    last = round(assumptions.write_down_years * 4)
    down = venture.write_down_hits(paths, threshold_pct=assumptions.write_down_pct)[:, : last + 1].any(axis=1)
    ratio = paths.cost_usd_bn / paths.revenue_usd_bn
    return np.stack([np.asarray(down), np.asarray(ratio[:, last] > ratio[:, 0])])


# The methods, a function each


def match_rate(view: MethodInputs) -> Method | None:
    """How many open models matched a step of the closed frontier in as much time as there is."""
    lags, scores = _closed_lead_lags(view)
    launched = _launch_price(view)
    if lags is None or launched is None:
        return None
    months = (view.deadline("p2.quality") - launched["valid_on"]).days / 365.25 * 12
    decided = lags[lags["matched"] | (lags["lag_months"] >= months)]
    in_time = decided["matched"] & (decided["lag_months"] <= months)
    # one open release often matches several steps at once: it is one case
    matchers = decided.loc[in_time, "matched_by"].nunique()
    late = int((~in_time).sum())
    if matchers + late == 0:
        return None
    running = len(lags) - len(decided)
    told = (
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
    return Method("base rate", chance, told, inputs, scores, (scores,))


def llama_share(view: MethodInputs) -> Method | None:
    """How many of the open models that matched a closed step are named after Llama."""
    lags, scores = _closed_lead_lags(view)
    if lags is None or not (names := sorted(set(lags.loc[lags["matched"], "matched_by"]))):
        return None
    llamas = [name for name in names if "llama" in name.lower()]
    told = (
        f"{labels.number_word(len(llamas)).capitalize()} of the {labels.number_word(len(names))} open"
        f" releases that matched an advance of closed models on {BENCHMARK}"
        f" {'is a Llama' if len(llamas) == 1 else 'are Llamas'}: {join_words(names)}."
    )
    inputs = {"releases": float(len(names)), "llamas": float(len(llamas))}
    chance = scoring.base_rate(len(llamas), len(names), LEVEL)
    return Method("base rate", chance, told, inputs, scores, (scores,))


def simulated_price_fall(view: MethodInputs) -> Method | None:
    """The share of draws in which the price of a fixed quality falls far enough from the launch to the
    deadline.
    """
    fall = _required_price_fall(view)
    if fall is None:
        return None
    chance = chance_from_draws(outlook.price_falls(view.assumptions) >= fall.a_year)
    told = (
        f"Share of simulated futures in which prices fall at least {fall.a_year:.1f}-fold a year. {fall.told}"
        f" A fall to {TARGET[1]:.0%} in the {fall.years:.1f} years to the deadline requires that."
    )
    return Method("simulation", chance, told, fall.inputs, fall.rows)


def price_fall_trend(view: MethodInputs) -> Method | None:
    """The probability that the fitted yearly fall of prices at equal score is large enough."""
    fall = _required_price_fall(view)
    if fall is None:
        return None
    needed, scores = fall.a_year, _trend_scores(view)
    try:
        spells = prices.price_spells(
            view.known["api_prices"], scores, float(view.assumptions.input_token_share)
        )
        fit = _price_fit(spells)
    except ValueError:
        return None
    if fit is None:
        return None
    low, mid, high = (math.log(float(fit[name])) for name in ("low", "decline_factor_per_year", "high"))
    se = (high - low) / (2 * NormalDist().inv_cdf(0.975))
    at = (mid - math.log(needed)) / se
    # the error of the fit is all that moves it: one standard error either way is the range
    low_p, p, high_p = (_clip_to_open_interval(NormalDist().cdf(at + shift)) for shift in (-1.0, 0.0, 1.0))
    told = (
        f"Prices at equal {BENCHMARK} scores fell {math.exp(mid):.1f}-fold a year (95% interval"
        f" {math.exp(low):.1f} to {math.exp(high):.1f}; {int(fit['n'])} prices,"
        f" {prices.NAMES[str(fit['method'])]}); {needed:.1f}-fold is needed. {fall.told} The chance follows"
        " from the error of that estimate, its range from one standard error either way."
    )
    inputs = {"factor_per_year": math.exp(mid), "low": math.exp(low), "high": math.exp(high)} | fall.inputs
    chance, listed = scoring.Chance(p, low_p, high_p, ONE_STANDARD_ERROR), view.known["api_prices"]
    return Method("trend", chance, told, inputs, listed, (scores, listed))


def _price_fit(spells: pd.DataFrame) -> dict[str, Any] | None:
    """The hedonic fit of choice: the mixed model, or least squares on blends of prices where it has no
    standard error.
    """
    for method in ("mixed", "ols"):
        (fit,) = prices.hedonic(spells, floor=FLOOR, methods=[method]).table.to_dict("records")
        if not any(math.isnan(fit[name]) for name in ("low", "decline_factor_per_year", "high")):
            return {str(name): value for name, value in fit.items()}
    return None


def price_wars_after_releases(view: MethodInputs) -> Method | None:
    """After how many open releases that moved the frontier three developers or more cut a line's price by 30%
    within 90 days.
    """
    lags, scores = _closed_lead_lags(view)
    if lags is None:
        return None
    listed = prices.price_cuts(
        view.known["api_prices"], float(view.assumptions.input_token_share), pct=WAR_CUT_PCT
    )
    end = pd.Timestamp(view.facts.as_of) - pd.Timedelta(days=WINDOW_DAYS)
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
    told = (
        f"After {labels.number_word(wars)} of {labels.number_word(len(sellers))} open releases that matched"
        f" an advance of closed models, at least {labels.number_word(WAR_SELLERS)} developers in our data cut"
        f" the list price of a line of models by {WAR_CUT_PCT}% or more within {WINDOW_DAYS} days"
        f" ({', '.join(f'{name}: {count}' for name, count in sellers.items())}). Our prices lack most sellers"
        " in China."
    )
    inputs = {"releases": float(len(sellers)), "wars": float(wars)}
    chance = scoring.base_rate(wars, len(sellers), LEVEL)
    return Method("base rate", chance, told, inputs, pd.concat([scores, listed]), (scores,))


WINDOW_DAYS, WAR_SELLERS, WAR_CUT_PCT = 90, 3, 30


def simulated_write_down(view: MethodInputs) -> Method | None:
    """The share of simulated futures with such a reported value at a quarter-end in time."""
    down, _ = event_draws(view.assumptions, view.facts)
    told = (
        f"Share of simulated futures with a reported value {view.assumptions.write_down_pct:g}% below cost at"
        f" a quarter-end within {labels.number_word(view.assumptions.write_down_years)} years."
    )
    return Method(
        "simulation",
        chance_from_draws(down),
        told,
        {"write_down_pct": view.assumptions.write_down_pct, "years": view.assumptions.write_down_years},
    )


def down_rounds(view: MethodInputs) -> Method | None:
    """How often a company's next round is priced below the last one, over the years that are left."""
    facts = view.known["dated_facts"]
    rows = facts[facts["id"].isin(DOWN_ROUNDS)]
    if len(rows) < len(DOWN_ROUNDS):
        return None
    years = (view.deadline("p3.write_down") - pd.Timestamp(view.assumptions.as_of)).days / 365.25
    if years <= 0:
        return None
    shares = sorted(float(value) / 100 for value in rows["value"])
    low, mid, high = (
        scoring.at_constant_hazard(share, 1.0, years)
        for share in (shares[0], sum(shares) / len(shares), shares[-1])
    )
    told = (
        f"In a good quarter {shares[0]:.1%} of venture rounds were priced below the one before, in a bad one"
        f" {shares[-1]:.1%}. We assume one round a year for the {years:.1f} years left. Such a round is more"
        f" common than a reported value {view.assumptions.write_down_pct:g}% below cost."
    )
    return Method(
        "base rate",
        scoring.Chance(mid, low, high, LEVEL),
        told,
        {"years": years, "share_low": shares[0], "share_high": shares[-1]},
        rows,
    )


def simulated_cost_growth(view: MethodInputs) -> Method | None:
    """Among the draws with a write-down, those in which costs a unit of revenue are higher than at the
    start.
    """
    down, lag = event_draws(view.assumptions, view.facts)
    if not down.any():
        return None
    told = (
        f"Share of the {int(down.sum()):,} simulated futures with a write-down in which costs per dollar of"
        f" revenue are higher after {labels.number_word(view.assumptions.write_down_years)} years than at the"
        " start. The criterion asks for computing costs, over the twelve months before the write-down."
    )
    return Method(
        "simulation", chance_from_draws(lag[down]), told, {"draws_with_write_down": float(down.sum())}
    )


def business_share_trend(view: MethodInputs) -> Method | None:
    """The probability that business customers pay more than half, by the line through their shares of revenue
    on record.
    """
    from scipy import stats

    facts = view.known["dated_facts"]
    rows = facts[facts["id"].isin(BUSINESS_SHARES)]
    if len(rows) < LEAST_SHARES:
        return None
    shares = rows["value"].to_numpy(dtype=float) / 100
    line = trend.fit(trend.decimal_year(rows["valid_on"]), shares, form="logistic", floor=0.0, ceiling=1.0)
    due = float(trend.decimal_year(pd.Series([view.deadline("p3.survival")]))[0])
    # with so few points a standard error is itself uncertain: Student's t says how many make the usual share
    one = float(stats.t.ppf((1 + ONE_STANDARD_ERROR) / 2, len(rows) - 2))
    low, middle, high = (line.probability_above(due, 0.5, shift=shift) for shift in (-one, 0.0, one))
    told = (
        f"A curve through the {labels.number_word(len(rows))} shares of revenue in our data"
        f" ({', '.join(f'{share:.0%}' for share in shares)}), extended to the deadline; “more than” counts as"
        " the figure itself. So few points say little. We assume that the company still operates, so this is"
        f" an upper bound; the range covers {ONE_STANDARD_ERROR:.0%} of the curve's error."
    )
    return Method(
        "trend",
        scoring.Chance(middle, low, high, ONE_STANDARD_ERROR),
        told,
        {"shares": float(len(rows)), "latest_share": float(shares[-1])},
        rows,
        (rows,),
    )


def reactions_to_losses(view: MethodInputs) -> Method | None:
    """After how many of SoftBank's large losses Son presented the outcome as a success."""
    facts = view.known["dated_facts"]
    rows = facts[facts["id"].isin(ON_LOSSES)]
    if rows.empty:
        return None
    years = join_words(str(day.year) for day in rows["valid_on"])
    told = (
        f"After none of the {labels.number_word(len(rows))} large losses of SoftBank's funds in our data"
        f" ({years}) did Son present the outcome as a success. So few cases say little."
    )
    return Method(
        "base rate", scoring.base_rate(0, len(rows), LEVEL), told, {"losses": float(len(rows))}, rows
    )


def from_judgement(said: predictions.Judgement) -> Method:
    """A probability stated by hand, as a method."""
    told = f"Judged by hand on {format_date(said.stated_on)}: {said.because}"
    return Method("judgement", scoring.Chance(said.probability, said.low, said.high, LEVEL), told, {})


LEAST_SHARES = 3
METHODS: Mapping[str, Sequence[MethodFunction]] = {
    "p2.quality": (match_rate,),
    "p2.llama": (llama_share,),
    "p2.price": (simulated_price_fall, price_fall_trend),
    "p2.price_war": (price_wars_after_releases,),
    "p3.write_down": (simulated_write_down, down_rounds),
    "p3.cause": (simulated_cost_growth,),
    "p3.survival": (business_share_trend,),
    "p3.victory": (reactions_to_losses,),
}
ASSUMES: Mapping[MethodFunction, tuple[str, ...]] = {
    simulated_price_fall: ("price_decline_factor_per_year",),
    simulated_write_down: SIMULATED,
    simulated_cost_growth: SIMULATED,
}
"""Names of the register that a method draws on as beliefs of the world; the others count and fit what is on
record.
"""


def _trend_scores(view: MethodInputs) -> pd.DataFrame:
    scores = view.known["model_benchmarks"]
    return scores[(scores["benchmark"] == BENCHMARK) & (scores["use"] == "trend")]


def _closed_lead_lags(view: MethodInputs) -> tuple[pd.DataFrame | None, pd.DataFrame]:
    """How long closed steps stood, None where the record holds no closed and open models; and the rows that
    say so.
    """
    scores = _trend_scores(view)
    try:
        return parity.lags(scores), scores
    except ValueError:
        return None, scores


def _launch_price(view: MethodInputs) -> pd.Series | None:
    """The list price of the model that is to be matched at its launch; None before it was known."""
    listed = view.known["api_prices"]
    rows = listed[(listed["model"] == TARGET[0]) & (listed["event"] == "launch")]
    return rows.iloc[0] if len(rows) else None


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
    told
        Where it stands, as a sentence.
    rows
        The prices that were read.
    """

    multiple: float
    years: float
    told: str
    rows: pd.DataFrame

    @property
    def a_year(self) -> float:
        """The factor by which the price must fall each year."""
        return float((self.multiple / TARGET[1]) ** (1 / self.years))

    @property
    def inputs(self) -> dict[str, float]:
        """The numbers by name."""
        return {"multiple": self.multiple, "years": self.years, "needed_factor_per_year": self.a_year}


def _required_price_fall(view: MethodInputs) -> RequiredPriceFall | None:
    """What is left of the fall to the target, as the fact-check and the indicator see it; None before the
    launch or once it is due.
    """
    launched, deadline = _launch_price(view), view.deadline("p2.price")
    today = pd.Timestamp(str(view.assumptions.as_of))
    if launched is None or today >= deadline:
        return None
    table, runs = view.known["api_prices"], view.known["model_benchmarks"]
    runs = runs[(runs["benchmark"] == BENCHMARK) & (runs["protocol"] == PROTOCOL)]
    matches = prices.open_matches(table[table["terms"] == "list"], runs, launched)
    if matches.empty:
        years = (deadline - launched["valid_on"]).days / 365.25
        return RequiredPriceFall(
            1.0,
            years,
            "We count from the launch, since no open model in our data matches it.",
            _one_row_frame(launched),
        )
    share = float(view.assumptions.input_token_share)
    blend, launch = (
        frontier.blended_price(rows["price_input_usd_per_mtok"], rows["price_output_usd_per_mtok"], share)
        for rows in (matches, launched)
    )
    multiple = float(blend.min() / launch)
    told = (
        f"The cheapest open model that matches GPT-5 on {BENCHMARK} costs {multiple:.0%} of its launch price."
    )
    years = (deadline - today).days / 365.25
    return RequiredPriceFall(
        multiple, years, told, pd.concat([_one_row_frame(launched), matches.loc[[blend.idxmin()]]])
    )


def _one_row_frame(row: pd.Series) -> pd.DataFrame:
    return row.to_frame().T


def _method_label(status: str, found: Sequence[Method]) -> str:
    if status == "void":
        return "none: overtaken"
    if not found:
        return "What a method needs was not in our data yet."
    kinds = " and ".join(dict.fromkeys(method.kind for method in found))
    return f"{kinds}, pooled" if len(found) > 1 else kinds


def _sources_of(found: Sequence[Method]) -> list[dict[str, str]]:
    rows = [method.sources for method in found if len(method.sources)]
    if not rows:
        return []
    cited = pd.concat(rows).drop_duplicates("source")[["source_title", "source", "quality"]].astype(str)
    return [dict(zip(("title", "url", "quality"), row, strict=True)) for row in cited.to_numpy().tolist()]


def _scores(
    part: str, outcome: bool, assumptions: Assumptions, parts: pd.DataFrame
) -> dict[str, float] | None:
    """The scores of a resolved part: of its probability on the day when it was made."""
    then = assumptions.with_changes(as_of=str(parts.set_index("id").loc[part, "made_on"]))
    found = apply_methods(part, MethodInputs(then, audit.gather(then), parts))
    if not found:
        return None
    said = pool_methods(found)[0]
    return {
        "brier": float(scoring.brier([said], [outcome])[0]),
        "log_score": float(scoring.log_score([said], [outcome])[0]),
    }
