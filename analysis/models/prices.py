"""How fast do prices fall at equal quality? A hedonic regression, and the cheapest model above a score.

Decisions
- A row is a price spell: a seller's model at one price for one quality, from the first day on which it was
  seen. Later readings of the same price add nothing; promotions and introductory prices are left out.
- Quality is the score under one benchmark and protocol, as its logit between the floor of guessing and 1.
  Where a score is unknown the spell is left out: results hold for scored models, and as long as they are
  scored.
- Every hedonic interval is a jackknife over sellers with Student's t, one degree of freedom less than there
  are sellers: a seller's prices are not independent, and the usual clustered errors (CV1) are too short where
  two sellers make half of the rows. In 400 simulated runs of the project's own 66 spells a 95% interval of
  CV1 held the slope in 86 to 89%, the jackknife's in 90 to 92%; of the quantile at 0.1 the closed form in 85
  to 88%, the jackknife's in 95% of 60 runs.
- Least squares has seller effects, so sellers with one spell say nothing in it and are no clusters. The
  quantiles have none: the cheap end is the cheap end of all sellers.
- The running cheapest is selected on the outcome, and its points depend on each other by construction. Next
  to the usual interval stands one from a bootstrap over developers that extracts the frontier again in each
  draw.
- Neither interval is one of the fall at equal quality. In three sets of 400 simulated markets of 9 or 20
  developers, where that fall was by 8 a year, the frontier's factor was 11 to 12 at the median (the more are
  on offer, the cheaper the cheapest), and its 90% intervals held the 8 in 53 to 69% (least squares) and 49 to
  72% (bootstrap) of them; they held the frontier's own median in 75 to 79% and 81 to 87%. The hedonic
  regression is the answer to that question.
- The frontier's line ends with the last fall. What the cheapest price did over the whole record stands next
  to it.
- A price per token is not a cost per task: models that reason use more tokens, and how many is not in the
  table.
- A cut is counted by line of models, since a seller more often launches a cheaper successor than it reprices
  a model that it sells. Hosts resell what others make and cut nothing of theirs; promotions and introductory
  prices end.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis.models.frontier import PRICE, blended_price
from analysis.statistics import breaks, specifications, trend
from analysis.statistics.breaks import holm_column
from analysis.statistics.simulation import Floats, spawn
from analysis.stored_results import computed_once

METHODS = ("ols", "mixed", "quantile_10", "quantile_50")
"""Seller effects; a random intercept by seller; the cheap end and the middle of all sellers."""

NAMES = {
    "ols": "seller effects",
    "mixed": "random seller effects",
    "quantile_10": "cheap tenth",
    "quantile_50": "median",
}
"""Labels of the methods."""

LEAST_SELLERS = 3
LEAST_SPARE = 5
"""Fewest residual degrees of freedom."""
LEAST_DEVELOPERS = 5
"""Three developers have seven different draws: their quantiles are no interval."""

LEAST_POINTS = 3

CURVE_METHODS = ("ols", "quantile_10", "quantile_50")
"""The methods of a specification curve; random effects say what seller effects say, and take as long as all
others.
"""

WINDOWS: Mapping[str, float] = {"whole record": -math.inf, "since 2024": 2024.0}

SPELL_COLUMNS = ["seller", "model", "developer", "weights", PRICE, "score_pct", "valid_on", "t"]
PUBLISHED_COLUMNS = [
    "published_fit",
    "level",
    "published",
    "published_low",
    "published_high",
    "published_n",
    "ours",
    "ours_low",
    "ours_high",
    "ours_n",
    "published_inside",
    "notes",
]
"""Columns of `published_comparison`."""

ACCELERATION_COLUMNS = [
    "benchmark",
    "prices",
    "sellers",
    "from",
    "to",
    "decline_factor_per_year",
    "quadratic_p_holm",
    "bend_p_holm",
    "tests",
    "verdict",
    "notes",
]
"""Columns of `acceleration_by_record`."""

THRESHOLD_COLUMNS = [
    "score_level",
    "threshold_pct",
    "decline_factor_per_year",
    "low",
    "high",
    "bootstrap_low",
    "bootstrap_median",
    "bootstrap_high",
    "end_to_end_factor",
    "level",
    "steps",
    "spells",
    "developers",
    "draws",
    "draws_left_out",
    "first_step_on",
    "last_step_on",
    "record_end",
    "notes",
]


@dataclass(frozen=True, eq=False)
class Hedonic:
    """How many times cheaper a year makes a model of the same score, by method.

    Attributes
    ----------
    table : DataFrame
        One row a method: ``method``; ``decline_factor_per_year`` (a price over that of the same quality a
        year later, exp(-slope); above one it falls) with its confidence interval ``low, high``;
        ``quality_elasticity`` (change of ln price by one unit of the logit of the score) with ``quality_low,
        quality_high``; ``prices`` (spells used), ``sellers`` (how many they have), ``notes`` (text, empty
        where there is nothing to say). A method that does not converge has NaN and a note.
    without : DataFrame
        ``method, seller, decline_factor_per_year``: the same without that seller.
    level : float
        Of all intervals.
    period : tuple of float
        First and last decimal year of the spells.
    """

    table: pd.DataFrame
    without: pd.DataFrame
    level: float
    period: trend.Interval

    def fall(self, method: str = "ols") -> PriceFall:
        """What one method gives."""
        (row,) = self.table[self.table["method"] == method].to_dict("records")
        return PriceFall(
            value=row["decline_factor_per_year"],
            low=row["low"],
            high=row["high"],
            level=self.level,
            prices=row["prices"],
            sellers=row["sellers"],
        )


class PriceFall(NamedTuple):
    """How many times cheaper the same quality gets in a year, with its interval, and from how many prices."""

    value: float
    low: float
    high: float
    level: float
    prices: int
    sellers: int


@dataclass(frozen=True, eq=False)
class FixedQuality:
    """How fast the cheapest price at or above a score fell.

    Attributes
    ----------
    threshold_pct : float
        The score to reach.
    decline_factor_per_year : float
        exp(-slope) of the line through ln price of the frontier's points.
    low, high : float
        Its confidence interval by ordinary least squares, as if the points were a random sample; they are
        not.
    bootstrap_low, bootstrap_median, bootstrap_high : float
        Quantiles over draws of developers; a median far from the factor says that few developers make it. NaN
        with a note where fewer than five developers reach the score.
    end_to_end_factor : float
        Factor a year between the first price and the lowest over the whole record, up to `record_end`; NaN
        where that is less than half a year.
    level : float
        Of both intervals.
    draws, draws_left_out : int
        Draws, and those of them without three points: they have no line and count in no quantile.
    points : DataFrame
        The frontier's points, columns as `price_spells`.
    spells, developers : int
        Spells at or above the score, and their developers.
    first_step_on, last_step_on, record_end : Timestamp
        Days of the first and last point, and of the last spell at or above the score.
    notes : tuple of str
        Caveats of the result.
    """

    threshold_pct: float
    decline_factor_per_year: float
    low: float
    high: float
    bootstrap_low: float
    bootstrap_median: float
    bootstrap_high: float
    end_to_end_factor: float
    level: float
    draws: int
    draws_left_out: int
    points: pd.DataFrame
    spells: int
    developers: int
    first_step_on: pd.Timestamp
    last_step_on: pd.Timestamp
    record_end: pd.Timestamp
    notes: tuple[str, ...]


def price_spells(prices: pd.DataFrame, scores: pd.DataFrame, input_token_share: float) -> pd.DataFrame:
    """Price spells of models whose score is known.

    Parameters
    ----------
    prices : DataFrame
        ``seller, model, weights, benchmark_model, terms, valid_on, price_input_usd_per_mtok,
        price_output_usd_per_mtok``; rows whose `terms` is not ``list`` are left out.
    scores : DataFrame
        ``model, developer, benchmark, protocol, score_pct``: one benchmark, one protocol, one row a model.
    input_token_share : float
        Share of input tokens in the blended price, 0 to 1.

    Returns
    -------
    DataFrame
        One row a spell, by day: ``seller, model`` (as the price list names it), ``developer, weights,
        price_usd_per_mtok`` (blended), ``score_pct, valid_on`` (its first day), ``t`` (decimal year, rule
        ``epoch``). Consecutive rows of a seller's model with the same two prices are one spell; the same name
        at the same price for another release is another one.

    Raises
    ------
    ValueError
        Scores of several benchmarks or protocols, or several of one model; a share outside 0 to 1; prices not
        above zero.
    """
    if not 0 <= input_token_share <= 1:
        raise ValueError(f"input_token_share is {input_token_share}: write a share between 0 and 1.")
    series = scores[["benchmark", "protocol"]].drop_duplicates()
    if len(series) > 1:
        named = "; ".join(" ".join(pair) for pair in series.itertuples(index=False))
        raise ValueError(f"scores mix {named}: scores compare within one benchmark and protocol, choose one.")
    if (twice := scores["model"].duplicated()).any():
        raise ValueError(
            f"scores has {scores.loc[twice, 'model'].iloc[0]!r} twice: keep the rows whose use is 'trend'."
        )
    listed = prices[prices["terms"] == "list"].sort_values("valid_on", kind="stable")
    terms = ["price_input_usd_per_mtok", "price_output_usd_per_mtok", "benchmark_model"]
    before = listed.groupby(["seller", "model"])[terms].shift()
    spells = listed[(listed[terms] != before).any(axis=1)]
    quality = scores[["model", "developer", "score_pct"]].rename(columns={"model": "benchmark_model"})
    joined = spells.merge(quality, on="benchmark_model", validate="many_to_one")
    blend = blended_price(joined[terms[0]], joined[terms[1]], input_token_share)
    if not (blend > 0).all():
        raise ValueError(
            f"prices of {joined.loc[~(blend > 0), 'model'].iloc[0]!r} are not above 0: leave that row out."
        )
    joined = joined.assign(t=trend.decimal_year(joined["valid_on"]))
    joined[PRICE] = blend
    return joined.sort_values(["valid_on", "seller", "model"], kind="stable", ignore_index=True)[
        SPELL_COLUMNS
    ]


def open_models_since(rows: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """The last price of each open model and seller, of models newer than a day.

    A model is as old as its release where a host sells it, and as its first listing where its developer does.
    `rows` is the price table, or some of it, by day.
    """
    open_ = rows[rows["weights"] == "open"]
    released = open_["released_on"].fillna(open_.groupby("model")["valid_on"].transform("min"))
    return open_[released > day].drop_duplicates(["seller", "model"], keep="last")


def open_matches(rows: pd.DataFrame, runs: pd.DataFrame, closed: pd.Series) -> pd.DataFrame:
    """The last price by seller of newer open models that score no lower than a closed one; may be empty.

    Parameters
    ----------
    rows : DataFrame
        The price table, or some of it, by day.
    runs : DataFrame
        ``model, score_pct``: test runs of one benchmark under one protocol; of several runs of a model its
        best counts.
    closed : Series
        The row of `rows` with which the closed model was launched.
    """
    best = runs.groupby("model")["score_pct"].max()
    newer = open_models_since(rows, closed["valid_on"])
    return newer[newer["benchmark_model"].map(best) >= best.get(closed["benchmark_model"], math.inf)]


FLAGSHIP_DAYS = 365
"""How far back a seller's list prices are looked at to tell its flagships."""


def price_cuts(
    prices: pd.DataFrame, input_token_share: float, *, pct: float, flagship: bool = False
) -> pd.DataFrame:
    """Days on which a developer cut the blended list price of a line of its models by `pct` percent or more.

    A price is compared with the last list price of the same model, or, where it is the model's first, with
    that of the model it replaces. Hosts, promotions, introductory prices and mere observations make no cut.

    Parameters
    ----------
    prices : DataFrame
        ``seller, model, replaces, released_on, event, terms, valid_on, price_input_usd_per_mtok,
        price_output_usd_per_mtok``.
    input_token_share : float
        Share of input tokens in the blended price, 0 to 1.
    pct : float
        The smallest cut that counts, percent of the price before.
    flagship : bool
        Count cuts of flagships alone: of models that cost no less before than the median of what their seller
        listed within `FLAGSHIP_DAYS`.

    Returns
    -------
    DataFrame
        The rows of `prices` that are such cuts, by day, with their labels.
    """
    listed = prices[(prices["terms"] == "list") & prices["released_on"].isna()]
    listed = listed.sort_values("valid_on", kind="stable")
    blend = blended_price(
        listed["price_input_usd_per_mtok"], listed["price_output_usd_per_mtok"], input_token_share
    )
    standing: dict[tuple[str, str], tuple[float, pd.Timestamp]] = {}
    before, usual = [], []
    rows = listed[["seller", "model", "replaces", "valid_on"]].itertuples(index=False)
    for (seller, model, replaced, day), price in zip(rows, blend, strict=True):
        old, _ = standing.get((seller, model)) or standing.get((seller, replaced)) or (math.nan, day)
        since = day - pd.Timedelta(days=FLAGSHIP_DAYS)
        recent = [cost for (of, _), (cost, on) in standing.items() if of == seller and on >= since]
        before.append(old)
        usual.append(float(np.median(recent)) if recent else -math.inf)
        standing[seller, model] = float(price), day
    low_enough = np.asarray(blend) <= np.asarray(before) * (1 - pct / 100)
    if flagship:
        low_enough &= np.asarray(before) >= np.asarray(usual)
    return listed[low_enough & (listed["event"] != "observation")]


def repeat_sellers(spells: pd.DataFrame) -> pd.DataFrame:
    """Spells of sellers with two or more: with an effect for each seller the others say nothing."""
    return spells[spells.groupby("seller")["seller"].transform("size") > 1].reset_index(drop=True)


def hedonic_controls(spells: pd.DataFrame, floor: float) -> Floats:
    """What a regression of price on time holds fixed: logit of the score, and the seller.

    Parameters
    ----------
    spells : DataFrame
        As `price_spells` gives it.
    floor : float
        Share of right answers by guessing (GPQA Diamond and MMLU 0.25, HumanEval 0).

    Returns
    -------
    ndarray, shape (n, sellers): ln((score - floor)/(1 - score)), then 0 or 1 for each seller
    but the first by name.

    Raises
    ------
    ValueError
        A score at or below the floor, or of 100%; a floor outside 0 to 1.
    """
    sellers = pd.get_dummies(spells["seller"], drop_first=True, dtype=float)
    return np.column_stack([_quality(spells, floor), sellers.to_numpy()])


def hedonic(
    spells: pd.DataFrame, *, floor: float, level: float = 0.95, methods: Sequence[str] = METHODS
) -> Hedonic:
    """Regress ln price on date and quality: the fall of the price of a model of the same score.

    Parameters
    ----------
    spells : DataFrame
        As `price_spells` gives it.
    floor : float
        Share of right answers by guessing (GPQA Diamond and MMLU 0.25, HumanEval 0).
    level : float
        Level of the intervals, between 0 and 1.
    methods : sequence of str
        Of `METHODS`.

    Returns
    -------
    Hedonic

    Raises
    ------
    ValueError
        Fewer than three sellers with two spells, fewer than five spells more than parameters, one date, one
        score for all; a score that has no logit; an unknown method or level.

    Notes
    -----
    ln price = a_seller + b t + c logit(score) + e. ``ols`` has a constant for each seller;
    ``mixed`` draws the constants from a normal distribution (REML); ``quantile_10`` and ``quantile_50`` have
    one constant and fit that quantile of ln price, so the first is the cheap end. Standard error of b and c:
    sqrt((G-1)/G sum of squared (b without g - b)) over G sellers.

    References
    ----------
    MacKinnon, Nielsen and Webb (2023), Journal of Econometrics 232(2), for the
    jackknife over clusters and its merit in few and unequal ones; Koenker and Bassett (1978), Econometrica
    46(1), for regression quantiles.
    """
    if not 0 < level < 1:
        raise ValueError(f"level is {level}: write a share between 0 and 1, such as 0.95.")
    if unknown := [method for method in methods if method not in METHODS]:
        raise ValueError(f"methods {unknown} are unknown: write some of {list(METHODS)}.")
    frame = spells.assign(quality=_quality(spells, floor), log_price=np.log(spells[PRICE]))
    within = repeat_sellers(frame)
    _check_hedonic(frame, within)
    rows, left_out = [], []
    for method in methods:
        row, without = _estimated(method, within if method == "ols" else frame, level)
        if method == "ols" and (single := len(frame) - len(within)):
            row["notes"].insert(0, f"{single} sellers with one spell say nothing beside seller effects")
        rows.append(row | {"notes": "; ".join(row["notes"])})
        left_out += without
    return Hedonic(
        pd.DataFrame(rows), pd.DataFrame(left_out), level, (float(frame["t"].min()), float(frame["t"].max()))
    )


@computed_once
def hedonic_curve(
    spells: Mapping[str, pd.DataFrame],
    *,
    floor: float,
    starts: Mapping[str, float] = WINDOWS,
    level: float = 0.95,
) -> specifications.SpecificationCurve:
    """The fall of the price at equal quality under every benchmark, window and method: a specification curve.

    Parameters
    ----------
    spells : mapping of str to DataFrame
        Spells as `price_spells` gives them, by name of the benchmark; the first is the primary one.
    floor : float
        As in `hedonic`, of all of these benchmarks.
    starts : mapping of str to float
        Windows by name: the decimal year from which spells count; the first is the primary one.
    level : float
        Level of the intervals, between 0 and 1.

    Returns
    -------
    SpecificationCurve
        Its factor is how many times the price falls in a year, tested against no change; what the data cannot
        carry keeps its row.
    """
    rows: list[dict[str, Any]] = []
    for (name, sample), (window, start), method in product(spells.items(), starts.items(), CURVE_METHODS):
        rows.append(
            {"specification": f"{name}, {window}, {NAMES[method]}", "primary": not rows}
            | _specification(sample[sample["t"] >= start], floor, method, level)
        )
    table = pd.DataFrame(
        rows, columns=["specification", "factor", "low", "high", "n", "p", "primary", "reason"]
    )
    table = table.assign(p_holm=holm_column(table["p"]))
    return specifications.SpecificationCurve(
        table, len(table), int(table["factor"].notna().sum()), against=1.0, level=level
    )


def _specification(spells: pd.DataFrame, floor: float, method: str, level: float) -> dict[str, Any]:
    """Factor, interval and p value of no change by one method, or the reason why there are none."""
    from scipy import stats

    try:
        fit = hedonic(spells, floor=floor, level=level, methods=[method]).table.iloc[0]
    except ValueError as reason:
        return {"reason": str(reason)}
    factor, low, high = fit[["decline_factor_per_year", "low", "high"]]
    df = fit["sellers"] - 1
    error = math.log(high / low) / 2 / stats.t.ppf(0.5 + level / 2, df)
    p = float(2 * stats.t.sf(abs(math.log(factor)) / error, df))
    return {"factor": factor, "low": low, "high": high, "n": fit["prices"], "p": p, "reason": fit["notes"]}


def price_frontier(spells: pd.DataFrame, threshold_pct: float) -> pd.DataFrame:
    """The running cheapest price at or above a score: the spells that undercut all before, one a day at most.

    Parameters
    ----------
    spells : DataFrame
        As `price_spells` gives it.
    threshold_pct : float
        Score to reach, percent.

    Returns
    -------
    DataFrame, columns as `price_spells`, by day. Prices that rose or offers that ended later stay:
    it is the cheapest so far.
    """
    rows = _reaching(spells, threshold_pct)
    before = rows[PRICE].cummin().shift(fill_value=math.inf)
    return rows[rows[PRICE] < before].reset_index(drop=True)


def fixed_quality(
    spells: pd.DataFrame,
    threshold_pct: float,
    *,
    rng: np.random.Generator,
    draws: int = 2000,
    level: float = 0.9,
) -> FixedQuality:
    """How fast the cheapest price at or above a score fell, with two intervals.

    Parameters
    ----------
    spells : DataFrame
        As `price_spells` gives it.
    threshold_pct : float
        Score to reach, percent; one a claim, fixed beforehand.
    rng : Generator
        Stream of the bootstrap.
    draws : int
        Draws of the bootstrap, 100 or more.
    level : float
        Level of both intervals; Epoch AI prints 90%.

    Returns
    -------
    FixedQuality

    Raises
    ------
    ValueError
        Fewer than three points on the frontier, fewer than 100 draws, a bad level: the message says what to
        use instead.

    Notes
    -----
    A draw takes as many developers as reach the score, with replacement; a developer brings all
    its spells. Being drawn twice changes no frontier. Each draw has its own first day, so the draws differ in
    period as well; three points within days give an absurd factor a year, and where such draws are many the
    upper end is absurd too.

    References
    ----------
    Epoch AI (2025), LLM inference prices have fallen rapidly but unequally across
    tasks, for the frontier and the first interval (there on days over 365, which moves the third digit). From
    its prices and scores `price_frontier` extracts 9 of the 11 printed samples on MMLU, GPQA Diamond and
    HumanEval point for point; two hold o1-mini besides, which is not printed.
    """
    if draws < 100:
        raise ValueError(f"draws is {draws}: the ends of an interval need 100 or more.")
    rows, points = _reaching(spells, threshold_pct), price_frontier(spells, threshold_pct)
    _check_frontier(threshold_pct, rows, points)
    line = trend.fit(points["t"], points[PRICE], form="exponential", level=level)
    low, high = line.growth_factor_interval
    bootstrap, notes = _bootstrap(rows, rng, draws, level)
    last, end = points["valid_on"].iloc[-1], rows["valid_on"].iloc[-1]
    if end > last:
        notes.append(f"no cheaper price in the last {(end - last).days} days of our data")
    return FixedQuality(
        threshold_pct=float(threshold_pct),
        decline_factor_per_year=1 / line.growth_factor_per_year,
        low=1 / high,
        high=1 / low,
        end_to_end_factor=_end_to_end_factor(rows, points),
        level=level,
        draws=draws,
        points=points,
        spells=len(rows),
        developers=rows["developer"].nunique(),
        first_step_on=points["valid_on"].iloc[0],
        last_step_on=last,
        record_end=end,
        notes=(*line.diagnostics().notes, *notes),
        **bootstrap,
    )


def _check_frontier(threshold_pct: float, rows: pd.DataFrame, points: pd.DataFrame) -> None:
    if len(points) < LEAST_POINTS:
        raise ValueError(
            f"threshold_pct {threshold_pct:g} has {len(points)} frontier points from {len(rows)} spells: a"
            f" trend needs {LEAST_POINTS}; use hedonic, a lower threshold, or state the prices."
        )


def _bootstrap(
    rows: pd.DataFrame, rng: np.random.Generator, draws: int, level: float
) -> tuple[dict[str, Any], list[str]]:
    """Quantiles of the factor over draws of developers, by the names of `FixedQuality`, and its notes."""
    slopes = _resampled_slopes(rows, rng, draws)
    factors = np.exp(-slopes[np.isfinite(slopes)])
    developers, notes = rows["developer"].nunique(), []
    if developers < LEAST_DEVELOPERS or not factors.size:
        low, median, high = [math.nan] * 3
        notes.append(
            f"{developers} developers reach the score; an interval by resampling needs {LEAST_DEVELOPERS}"
        )
    else:
        low, median, high = np.quantile(factors, [(1 - level) / 2, 0.5, (1 + level) / 2]).tolist()
    if left_out := draws - factors.size:
        notes.append(f"{left_out} of {draws} resamples left out for fewer than {LEAST_POINTS} points")
    quantiles = {"bootstrap_low": low, "bootstrap_median": median, "bootstrap_high": high}
    return quantiles | {"draws_left_out": left_out}, notes


def _end_to_end_factor(rows: pd.DataFrame, points: pd.DataFrame) -> float:
    """Fall a year from the first price to the lowest over the whole record; NaN below half a year."""
    years = float(rows["t"].iloc[-1] - points["t"].iloc[0])
    fall = float(points[PRICE].iloc[0] / points[PRICE].iloc[-1])
    return fall ** (1 / years) if years >= 0.5 else math.nan


def published_comparison(
    published: pd.DataFrame, spells: Mapping[str, pd.DataFrame], *, seed: int
) -> pd.DataFrame:
    """Published declines of the cheapest price at a score, and those of these spells at the same score.

    Not the same points: the published ones are a third party's prices. What is compared is the answer.

    Parameters
    ----------
    published : DataFrame
        ``fit, what, factor_per_year, low, high, level_pct, n``; rows whose `what` ends in ``(SCORE) on
        BENCHMARK`` are taken.
    spells : mapping of str to DataFrame
        `price_spells` by benchmark.
    seed : int
        Of the bootstrap.

    Returns
    -------
    DataFrame
        ``published_fit, level, published, published_low, published_high, published_n`` and ``ours, ours_low,
        ours_high`` (the usual interval at that level), ``ours_n``; ``published_inside``: whether the
        published factor lies in our interval; ``notes``.
    """
    rows = []
    for row in published.to_dict("records"):
        match = re.search(r"\((?P<score>[\d.]+)\) on (?P<benchmark>.+)$", str(row["what"]))
        if match is None or match["benchmark"] not in spells:
            continue
        level, score = row["level_pct"] / 100, float(match["score"])
        rng = np.random.default_rng(seed)
        ours = at_thresholds(spells[match["benchmark"]], {"ours": score}, rng=rng, level=level).iloc[0]
        inside = ours["low"] <= row["factor_per_year"] <= ours["high"]
        rows.append(
            {
                "published_fit": row["what"],
                "level": level,
                "published": row["factor_per_year"],
                "published_low": row["low"],
                "published_high": row["high"],
                "published_n": row["n"],
                "ours": ours["decline_factor_per_year"],
                "ours_low": ours["low"],
                "ours_high": ours["high"],
                "ours_n": ours["steps"],
                "published_inside": bool(inside),
                "notes": ours["notes"],
            }
        )
    return pd.DataFrame(rows, columns=PUBLISHED_COLUMNS)


def scores_to_reach(scores: pd.DataFrame, models: Mapping[str, str]) -> dict[str, float]:
    """The scores of some models, percent, by a short name with the score: thresholds for `at_thresholds`.

    Parameters
    ----------
    scores : DataFrame
        ``model, score_pct``: one benchmark and protocol, one row a model.
    models : mapping of str to str
        Names of models by their short names; one without a score is left out.
    """
    score = scores.set_index("model")["score_pct"]
    return {f"{short} ({score[name]:.0f}%)": score[name] for short, name in models.items() if name in score}


def at_thresholds(
    spells: pd.DataFrame,
    thresholds: Mapping[str, float],
    *,
    rng: np.random.Generator,
    draws: int = 2000,
    level: float = 0.9,
) -> pd.DataFrame:
    """`fixed_quality` for several thresholds; what cannot be fitted keeps its row with the reason.

    Parameters
    ----------
    spells, rng, draws, level
        As in `fixed_quality`; each threshold has a stream of its own.
    thresholds : mapping of name to float
        Scores to reach, percent.

    Returns
    -------
    DataFrame
        One row a threshold: ``score_level`` (the name), ``threshold_pct, decline_factor_per_year, low, high,
        bootstrap_low, bootstrap_median, bootstrap_high, end_to_end_factor, level, steps`` (points), ``spells,
        developers, draws, draws_left_out, first_step_on, last_step_on, record_end, notes`` (text). Where too
        few points are left the numbers are NaN and `notes` says why.

    Raises
    ------
    ValueError
        Fewer than 100 draws or a bad level.
    """
    table = []
    for (name, threshold), stream in zip(thresholds.items(), rng.spawn(len(thresholds)), strict=True):
        reaching, points = _reaching(spells, threshold), price_frontier(spells, threshold)
        row = {
            "score_level": name,
            "threshold_pct": threshold,
            "level": level,
            "steps": len(points),
            "spells": len(reaching),
            "developers": reaching["developer"].nunique(),
            "draws": draws,
        }
        if len(points) < LEAST_POINTS:
            table.append(row | {"notes": f"{len(points)} points, and a trend needs {LEAST_POINTS}"})
            continue
        fall = fixed_quality(spells, threshold, rng=stream, draws=draws, level=level)
        numbers = {key: getattr(fall, key) for key in THRESHOLD_COLUMNS if hasattr(fall, key)}
        table.append(row | numbers | {"notes": "; ".join(fall.notes)})
    return pd.DataFrame(table, columns=THRESHOLD_COLUMNS)


def acceleration(spells: pd.DataFrame, floor: float, seed: int) -> breaks.Acceleration:
    """The tests for a changing rate on price spells at equal quality, with seller effects and sellers as
    clusters; `floor` as in `hedonic`, `seed` that of the simulated p value.
    """
    repeated = repeat_sellers(spells)
    return breaks.acceleration_test(
        repeated["t"],
        repeated[PRICE],
        rng=spawn(seed, ["acceleration"])["acceleration"],
        groups=repeated["seller"],
        controls=hedonic_controls(repeated, floor),
    )


def acceleration_by_record(spells: Mapping[str, pd.DataFrame], *, floor: float, seed: int) -> pd.DataFrame:
    """Whether the price at equal quality falls faster than it did, by record: `breaks.acceleration_table`.

    Parameters
    ----------
    spells : mapping of str to DataFrame
        `price_spells` by name of the benchmark.
    floor : float
        As in `hedonic`, of all of these benchmarks.
    seed : int
        Of the simulated p values.

    Returns
    -------
    DataFrame, one row a record
        ``benchmark, prices, sellers, from, to`` (decimal years), ``decline_factor_per_year, quadratic_p_holm,
        bend_p_holm`` (p values of a gradual change and of a break, adjusted over all ``tests``), ``verdict,
        notes`` (text).
    """
    tests = {name: acceleration(sample, floor, seed) for name, sample in spells.items()}
    names = {"series": "benchmark", "n": "prices", "clusters": "sellers"}
    table = breaks.acceleration_table(tests).rename(columns=names)
    return table.assign(decline_factor_per_year=np.exp(-table["slope"]))[ACCELERATION_COLUMNS]


def _quality(spells: pd.DataFrame, floor: float) -> Floats:
    if not 0 <= floor < 1:
        raise ValueError(f"floor is {floor}: write a share from 0 to below 1, such as 0.25 for four answers.")
    share = spells["score_pct"].to_numpy(float) / 100
    outside = ~((share > floor) & (share < 1))
    if outside.any():
        worst = spells.loc[outside].iloc[0]
        raise ValueError(
            f"{worst['model']!r} has a score of {worst['score_pct']:g}: a logit needs scores above the floor"
            f" of {100 * floor:g} and below 100; leave that model out, or lower the floor."
        )
    return trend.Scale("logistic", floor, 1.0).line(share)


def _check_hedonic(frame: pd.DataFrame, within: pd.DataFrame) -> None:
    sellers = within["seller"].nunique()
    if sellers < LEAST_SELLERS:
        raise ValueError(
            f"spells has {sellers} sellers with two spells or more: errors by seller need {LEAST_SELLERS}; "
            "use fixed_quality, or trend.fit of one seller's prices."
        )
    if (spare := len(within) - sellers - 2) < LEAST_SPARE:
        raise ValueError(
            f"spells leaves {spare} degrees of freedom after {sellers} sellers, date and score: {LEAST_SPARE}"
            " are needed; use fixed_quality, or state the prices."
        )
    for column in ("t", "score_pct"):
        if frame[column].nunique() < 2:
            raise ValueError(
                f"spells has one {column}, {frame[column].iloc[0]:g}: its effect cannot be told; compare"
                " levels instead."
            )


@computed_once
def _estimated(method: str, frame: pd.DataFrame, level: float) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A row of `Hedonic.table` (notes as a list) and the rows of `Hedonic.without`."""
    from scipy import stats

    full, notes = _fitted(method, frame)
    slope, quality = full
    refits, refit_notes = _without_each_seller(method, frame)
    count = len(refits)
    error = np.sqrt((count - 1) / count * ((np.array(list(refits.values())) - full) ** 2).sum(axis=0))
    half, quality_half = stats.t.ppf(0.5 + level / 2, count - 1) * error
    if count < trend.FEW_CLUSTERS:
        notes.append(f"{count} sellers: errors from fewer than {trend.FEW_CLUSTERS} are themselves uncertain")
    row = {
        "method": method,
        "decline_factor_per_year": math.exp(-slope),
        "low": math.exp(-slope - half),
        "high": math.exp(-slope + half),
        "quality_elasticity": float(quality),
        "quality_low": float(quality - quality_half),
        "quality_high": float(quality + quality_half),
        "prices": len(frame),
        "sellers": count,
        "notes": notes + refit_notes,
    }
    without = [
        {"method": method, "seller": seller, "decline_factor_per_year": math.exp(-refit[0])}
        for seller, refit in refits.items()
    ]
    return row, without


def _without_each_seller(method: str, frame: pd.DataFrame) -> tuple[dict[str, Floats], list[str]]:
    """Slope and quality elasticity without each seller, and what these fits warned of."""
    refits, sellers_by_note = dict[str, Floats](), dict[str, list[str]]()
    for seller in sorted(frame["seller"].unique()):
        refits[seller], notes = _fitted(method, frame[frame["seller"] != seller])
        for note in notes:
            sellers_by_note.setdefault(note, []).append(seller)
    return refits, [f"without {', '.join(sellers)}: {note}" for note, sellers in sellers_by_note.items()]


def _fitted(method: str, frame: pd.DataFrame) -> tuple[Floats, list[str]]:
    """Slope and quality elasticity, NaN where the fit fails, with what it warned of."""
    from statsmodels.regression.linear_model import OLS
    from statsmodels.regression.mixed_linear_model import MixedLM
    from statsmodels.regression.quantile_regression import QuantReg

    y = frame["log_price"].to_numpy()
    # Centred, so that no step of a search is lost in a year 0 two thousand years off.
    lines = np.column_stack([frame["t"] - frame["t"].mean(), frame["quality"] - frame["quality"].mean()])
    constant = np.column_stack([lines, np.ones(len(y))])
    nothing = np.full(2, math.nan)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            if method == "ols":
                design = np.column_stack([lines, pd.get_dummies(frame["seller"], dtype=float)])
                if np.linalg.matrix_rank(design) < design.shape[1]:
                    return nothing, ["date and score cannot be told apart from the sellers"]
                fit = OLS(y, design).fit()
            elif method == "mixed":
                fit = MixedLM(y, constant, groups=frame["seller"].to_numpy()).fit(reml=True)
                if not fit.converged:
                    return nothing, ["no convergence"]
            else:
                fit = QuantReg(y, constant).fit(q=int(method.removeprefix("quantile_")) / 100)
        except (ValueError, np.linalg.LinAlgError) as reason:
            return nothing, [f"no fit: {type(reason).__name__}: {reason}"]
    return np.asarray(fit.params[:2], dtype=float), trend.warning_texts(caught)


def _reaching(spells: pd.DataFrame, threshold_pct: float) -> pd.DataFrame:
    """Spells at or above the score, by day, the cheapest of a day first."""
    reached = spells[spells["score_pct"] >= threshold_pct]
    return reached.sort_values(["valid_on", PRICE, "seller", "model"], kind="stable", ignore_index=True)


def _resampled_slopes(rows: pd.DataFrame, rng: np.random.Generator, draws: int) -> Floats:
    """Slope of ln price on the frontier by draw of developers, shape (draws,); NaN below three points."""
    names = sorted(rows["developer"].unique())
    codes = rows["developer"].map({name: code for code, name in enumerate(names)}).to_numpy()
    selected = np.zeros((draws, len(names)), dtype=bool)
    selected[np.arange(draws)[:, None], rng.integers(len(names), size=selected.shape)] = True
    z, t = np.log(rows[PRICE].to_numpy()), (rows["t"] - rows["t"].mean()).to_numpy()
    log_prices = np.where(selected[:, codes], z, math.inf)
    before = np.column_stack([np.full(draws, math.inf), np.minimum.accumulate(log_prices, axis=1)[:, :-1]])
    on = (log_prices < before).astype(float)
    count = on.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        centre, level = on @ t / count, on @ z / count
        spread = on @ t**2 - count * centre**2
        slopes = (on @ (t * z) - count * centre * level) / spread
    return np.where(count >= LEAST_POINTS, slopes, math.nan)
