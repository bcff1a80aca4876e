"""Who leads, at what price? Leads on a benchmark, price multiples, the price-quality front, costs of
training, time to a price.

Decisions
- A lead is read in two ways that the article's sentence supports: over the next best model, and over the best
  of the open ones that it names. It is never an average over rivals.
- A price multiple is given for input, output and a blend; the share of input tokens in the blend is a
  parameter.
- Price per token is not cost per task: models use different numbers of tokens, which the table does not give.
- Costs of training are fitted basis by basis and never pooled. A frontier run of a later year is one more
  draw from such a sample; the most expensive of a year is the largest of as many draws as the record had in
  its last twelve months.
- A model's own service is the seller of its first launch price; where there is none, all its sellers are
  hosts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.provenance import traced
from analysis.statistics import trend

PRICE_KINDS = ("input", "output", "blended")
PRICE = "price_usd_per_mtok"
CONFIDENCE_WEIGHTS = {"confident": 1.0, "likely": 0.5, "speculative": 0.25}
"""Weight of a training run in a fit by how sure its compute is; half where that is not said."""

Price = TypeVar("Price", float, pd.Series)


def blended_price(input_price: Price, output_price: Price, input_token_share: float) -> Price:
    """Price of a million tokens, `input_token_share` (0 to 1) of them input, in the unit of both prices."""
    return input_token_share * input_price + (1 - input_token_share) * output_price


def price_column(kind: str) -> str:
    """The column of the price table with the list price of a kind of token, input or output."""
    return f"price_{kind}_usd_per_mtok"


def blended_list_price(row: pd.Series, input_token_share: float) -> float:
    """As `blended_price`, of a row of the price table; dollars a million tokens."""
    return float(blended_price(row[price_column("input")], row[price_column("output")], input_token_share))


def with_blend(models: pd.DataFrame, input_token_share: float) -> pd.DataFrame:
    """The models table with a column `blended_price_usd_per_mtok`."""
    blend = blended_price(models[f"input_{PRICE}"], models[f"output_{PRICE}"], input_token_share)
    return models.assign(**{f"blended_{PRICE}": blend})


def price_multiples(models: pd.DataFrame, reference: str, input_token_share: float) -> pd.DataFrame:
    """How many times the reference model's price is another model's price.

    Parameters
    ----------
    models : DataFrame
        Columns ``model``, ``input_price_usd_per_mtok``, ``output_price_usd_per_mtok``.
    reference : str
        The model whose price is divided by the others'.
    input_token_share : float
        Share of input tokens in the blend, 0 to 1.

    Returns
    -------
    DataFrame
        One row per other model: ``model, input_multiple_x, output_multiple_x, blended_multiple_x``.
    """
    prices = with_blend(models, input_token_share).set_index("model")
    prices = prices[[f"{kind}_{PRICE}" for kind in PRICE_KINDS]]
    ratios = prices.loc[reference] / prices.drop(index=reference)
    return ratios.set_axis([f"{kind}_multiple_x" for kind in PRICE_KINDS], axis=1).reset_index()


class PriceMultiple(NamedTuple):
    """A price multiple of blended tokens; its bounds are those of input and of output tokens alone."""

    value: float
    low: float
    high: float
    level: float | None = None
    """Bounds of prices have no level."""


@traced
def price_multiple(
    models: pd.DataFrame, reference: str, rival: str, input_token_share: float
) -> PriceMultiple:
    """The multiple of `price_multiples` over one rival."""
    multiples = price_multiples(models, reference, input_token_share)
    (row,) = multiples[multiples["model"] == rival].to_dict("records")
    low, high = sorted((row["input_multiple_x"], row["output_multiple_x"]))
    return PriceMultiple(row["blended_multiple_x"], low, high)


def leads(
    models: pd.DataFrame, reference: str, columns: Sequence[str], open_models: Sequence[str]
) -> pd.DataFrame:
    """The reference model's lead on each benchmark over each other model, points (negative: it trails).

    `columns` are the columns of scores, ``BENCHMARK_pct``.

    Returns
    -------
    DataFrame
        ``model``, ``open`` (is it one of `open_models`), and a column ``lead_points_BENCHMARK`` for each
        column of scores; the best rival on the first benchmark comes first.
    """
    scores = models.set_index("model")[list(columns)]
    names = {column: f"lead_points_{column.removesuffix('_pct')}" for column in columns}
    lead = (scores.loc[reference] - scores.drop(index=reference)).rename(columns=names)
    table = lead.sort_values(names[columns[0]]).reset_index()
    table.insert(1, "open", table["model"].isin(open_models))
    return table


def pareto_front(models: pd.DataFrame, price: str, quality: str) -> pd.Series:
    """Which models no other model beats on both price (lower) and quality (higher); a Boolean per row.

    A model that equals another on one side and loses on the other is beaten; two equal models are both on the
    front.
    """
    cost, score = models[price].to_numpy(float), models[quality].to_numpy(float)
    no_worse = (cost[:, None] <= cost) & (score[:, None] >= score)
    better = (cost[:, None] < cost) | (score[:, None] > score)
    return pd.Series(~(no_worse & better).any(axis=0), index=models.index, name="on_front")


def frontier_gap(scores: pd.DataFrame) -> pd.Series:
    """How far the best closed model stands above the best open one, day by day.

    Parameters
    ----------
    scores : DataFrame
        ``weights`` (open or closed), ``score_pct`` and ``valid_on`` (release day), one benchmark and
        protocol.

    Returns
    -------
    Series
        Gap of the running bests in points by day, from the day on which both kinds have a model to the last
        release; negative where the open one leads. Empty where one kind has none.
    """
    best = {
        kind: rows.groupby("valid_on")["score_pct"].max().sort_index().cummax()
        for kind, rows in scores.groupby("weights")
    }
    if set(best) != {"open", "closed"}:
        return pd.Series(dtype=float)
    days = pd.date_range(max(series.index[0] for series in best.values()), scores["valid_on"].max())
    closed, open_ = (
        best[kind].reindex(best[kind].index.union(days)).ffill()[days] for kind in ("closed", "open")
    )
    return closed - open_


class MeanGaps(NamedTuple):
    """A gap averaged over its last days and over as many days before them."""

    last: float
    before: float
    days: int
    """How many days each mean takes: a year, or half of a shorter record."""


def mean_gaps(gap: pd.Series) -> MeanGaps | None:
    """The mean of a daily gap over the last year and the year before, or over halves of a shorter record.

    `gap` is `frontier_gap`. None where a half would have less than half a year: single releases would decide.
    """
    days = min(365, len(gap) // 2)
    if days < 182:
        return None
    return MeanGaps(float(gap.iloc[-days:].mean()), float(gap.iloc[-2 * days : -days].mean()), days)


def running_bests(scores: pd.DataFrame) -> pd.DataFrame:
    """The best score so far of open and of closed weights on each day on which one of that kind was released.

    Parameters
    ----------
    scores : DataFrame
        ``weights`` (open or closed), ``score_pct`` and ``valid_on`` (release day), one benchmark and
        protocol.

    Returns
    -------
    DataFrame
        ``weights``, ``valid_on``, ``best_pct``, by day.
    """
    daily = scores.groupby(["weights", "valid_on"])["score_pct"].max()
    best = daily.groupby("weights").cummax().rename("best_pct").reset_index()
    return best.sort_values("valid_on", kind="stable", ignore_index=True)


def article_scores(scores: pd.DataFrame, benchmark: str) -> pd.DataFrame:
    """What sources give for the article's models on a benchmark, under every protocol that counts.

    Parameters
    ----------
    scores : DataFrame
        ``article_model``, ``model``, ``benchmark``, ``protocol``, ``variant``, ``score_pct``, ``use``; rows
        that do not count (`use` not ``trend``) are left out.

    Returns
    -------
    DataFrame
        ``model`` (as the article names it), ``version``, ``protocol``, ``variant``, ``score_pct``.
    """
    counted = scores[
        (scores["article_model"] != "") & (scores["benchmark"] == benchmark) & (scores["use"] == "trend")
    ]
    named = counted.rename(columns={"model": "version", "article_model": "model"})
    return named[["model", "version", "protocol", "variant", "score_pct"]].reset_index(drop=True)


def list_prices(prices: pd.DataFrame, input_token_share: float) -> pd.DataFrame:
    """Lasting list prices of the article's models over time, and whether the model's own service asked them.

    Parameters
    ----------
    prices : DataFrame
        ``article_model``, ``seller``, ``event``, ``terms``, ``valid_on``, ``price_input_usd_per_mtok``,
        ``price_output_usd_per_mtok``; promotions and introductory prices are left out.
    input_token_share : float
        Share of input tokens in the blend, 0 to 1.

    Returns
    -------
    DataFrame
        ``model`` (as the article names it), ``seller``, ``own_service``, ``event``, ``valid_on``,
        ``input_price_usd_per_mtok``, ``output_price_usd_per_mtok``, ``blended_price_usd_per_mtok``, by day.
    """
    listed = prices[(prices["article_model"] != "") & (prices["terms"] == "list")].sort_values(
        "valid_on", kind="stable"
    )
    launches = listed[listed["event"] == "launch"].drop_duplicates("article_model")
    seller = dict(zip(launches["article_model"], launches["seller"], strict=True))
    kinds = {f"price_{kind}_usd_per_mtok": f"{kind}_{PRICE}" for kind in PRICE_KINDS[:2]}
    named = listed.drop(columns="model", errors="ignore").rename(columns={"article_model": "model"} | kinds)
    own_service = named["seller"] == named["model"].map(seller)
    blended = with_blend(named, input_token_share).assign(own_service=own_service)
    columns = ["model", "seller", "own_service", "event", "valid_on"]
    return blended[columns + [f"{kind}_{PRICE}" for kind in PRICE_KINDS]].reset_index(drop=True)


def newest_listed(prices: pd.DataFrame, seller: str, models: Sequence[str]) -> pd.DataFrame:
    """The list prices, by day, of the first of some models that a seller had listed.

    Parameters
    ----------
    prices : DataFrame
        ``seller``, ``model``, ``terms``, ``valid_on``, as known on a day.
    seller : str
        Whose list it is.
    models : sequence of str
        Its models, the newest first.

    Raises
    ------
    ValueError
        None of the models is listed.
    """
    listed = prices[(prices["seller"] == seller) & (prices["terms"] == "list")]
    newest = next((model for model in models if model in set(listed["model"])), None)
    if newest is None:
        raise ValueError(
            f"api_prices has no list price of {seller} for any of {', '.join(models)}: add an older model to"
            " the list."
        )
    return listed[listed["model"] == newest].sort_values("valid_on", kind="stable")


def cost_trend(training_cost: pd.DataFrame, run: str, level: float = 0.9) -> trend.Trend:
    """The exponential trend of training cost in the sample of one published fit.

    Parameters
    ----------
    training_cost : DataFrame
        ``run, valid_on, training_cost_usd``.
    run : str
        The sample, one cost basis.
    level : float
        Level of the intervals.

    Raises
    ------
    ValueError
        As `trend.fit`: fewer than three models of the run.
    """
    sample = training_cost[training_cost["run"] == run]
    years = trend.decimal_year(sample["valid_on"])
    return trend.fit(years, sample["training_cost_usd"], form="exponential", level=level)


def cost_by_basis(
    training_cost: pd.DataFrame,
    runs: Mapping[str, str],
    *,
    t: float,
    threshold_usd: float,
    seed: int,
    level: float = 0.9,
) -> pd.DataFrame:
    """What a training run costs at one date on each basis, and the probability that it passes a threshold.

    Parameters
    ----------
    training_cost : DataFrame
        ``run, valid_on, training_cost_usd``.
    runs : mapping of str to str
        Name of each basis and its sample.
    t : float
        Decimal year (`trend.decimal_year`).
    threshold_usd : float
        Dollars, above 0.
    seed : int
        Of the draws (`trend.Trend.probability_above`).
    level : float
        Level of the intervals.

    Returns
    -------
    DataFrame, one row a basis
        ``basis, run, models`` (how many), ``first, last`` (decimal years of the record), ``factor,
        factor_low, factor_high`` (times a year), ``doubling_months``, ``median_run_usd, low_run_usd,
        high_run_usd`` (dollars of a run at `t`, prediction interval), ``p_one`` (probability that one run
        costs more than the threshold), ``yearly`` (runs in the last twelve months of the record) and
        ``p_dearest`` (the same of the most expensive of `yearly`).
    """
    rows = []
    for basis, run in runs.items():
        line = cost_trend(training_cost, run, level)
        at = line.forecast(t).iloc[0]
        yearly = int((line.t > line.period[1] - 1).sum())
        p_one, p_dearest = (line.probability_above(t, threshold_usd, of=n, rng=seed) for n in (1, yearly))
        low, high = line.growth_factor_interval
        rows.append(
            {
                "basis": basis,
                "run": run,
                "models": line.nobs,
                "first": line.period[0],
                "last": line.period[1],
                "factor": line.growth_factor_per_year,
                "factor_low": low,
                "factor_high": high,
                "doubling_months": 12 * line.doubling_time_years,
                "median_run_usd": at["median"],
                "low_run_usd": at["obs_ci_lower"],
                "high_run_usd": at["obs_ci_upper"],
                "p_one": p_one,
                "yearly": yearly,
                "p_dearest": p_dearest,
            }
        )
    return pd.DataFrame(rows)


def confidence_weights(training_cost: pd.DataFrame) -> NDArray[np.float64]:
    """How much each training run weighs by how sure its compute is (`compute_confidence`), 0 to 1."""
    weights = training_cost["compute_confidence"].map(CONFIDENCE_WEIGHTS)
    return np.asarray(weights.fillna(CONFIDENCE_WEIGHTS["likely"]), dtype=float)


def years_to_price_ratio(ratio: float, decline_factor_per_year: NDArray[np.float64]) -> NDArray[np.float64]:
    """Years until a price has fallen to `ratio` of itself when it falls by a constant factor a year.

    ``ln(1 / ratio) / ln(factor)``; infinite where the factor is one or less.
    """
    if not 0 < ratio < 1:
        raise ValueError(f"ratio is {ratio}; give the part of today's price to reach, between 0 and 1")
    factor = np.asarray(decline_factor_per_year, dtype=float)
    years = np.full(factor.shape, math.inf)
    np.divide(math.log(1 / ratio), np.log(factor), out=years, where=factor > 1)
    return years


def price_after(factor_per_year: NDArray[np.float64], years: NDArray[np.float64]) -> NDArray[np.float64]:
    """Price relative to today's after some years of constant decline; draws by rows, years by columns."""
    return np.asarray(factor_per_year, dtype=float)[:, None] ** -np.asarray(years, dtype=float)[None, :]
