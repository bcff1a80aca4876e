"""Who leads, at what price? Leads on a benchmark, price multiples, the price-quality front, and time to a price.

Decisions
- A lead is read in two ways that the article's sentence supports: over the next best model, and over the best of the
  open ones that it names. It is never an average over rivals.
- A price multiple is given for input, output and a blend; the share of input tokens in the blend is a parameter.
- Price per token is not cost per task: models use different numbers of tokens, which the table does not give.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

KINDS = ("input", "output", "blended")
PRICE = "price_usd_per_mtok"
Price = TypeVar("Price", float, pd.Series)


def blended_price(input_price: Price, output_price: Price, input_token_share: float) -> Price:
    """Price of a million tokens of which `input_token_share` (0 to 1) are input, in the unit of the two prices."""
    return input_token_share * input_price + (1 - input_token_share) * output_price


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
        One row per other model and kind: ``model``, ``kind`` (input, output, blended), ``multiple_x``.
    """
    prices = with_blend(models, input_token_share).set_index("model")[[f"{kind}_{PRICE}" for kind in KINDS]]
    ratios = prices.loc[reference] / prices.drop(index=reference)
    wide = ratios.set_axis(list(KINDS), axis=1).reset_index()
    return wide.melt("model", list(KINDS), var_name="kind", value_name="multiple_x")


def leads(models: pd.DataFrame, reference: str, column: str, open_models: Sequence[str]) -> pd.DataFrame:
    """The reference model's lead on a benchmark over each other model, in points (negative: it trails).

    Returns
    -------
    DataFrame
        ``model``, ``lead_points``, ``open`` (is it one of `open_models`), best rival first.
    """
    scores = models.set_index("model")[column]
    lead = (scores[reference] - scores.drop(reference)).rename("lead_points").sort_values()
    return lead.reset_index().assign(open=lambda t: t["model"].isin(open_models))


def pareto_front(models: pd.DataFrame, price: str, quality: str) -> pd.Series:
    """Which models no other model beats on both price (lower) and quality (higher); a Boolean per row.

    A model that equals another on one side and loses on the other is beaten; two equal models are both on the front.
    """
    cost, score = models[price].to_numpy(float), models[quality].to_numpy(float)
    no_worse = (cost[:, None] <= cost) & (score[:, None] >= score)
    better = (cost[:, None] < cost) | (score[:, None] > score)
    return pd.Series(~(no_worse & better).any(axis=0), index=models.index, name="on_front")


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
