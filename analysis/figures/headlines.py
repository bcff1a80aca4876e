"""The chart that each section turns on, from its assumptions alone: the notebook shows it, and controls draw it again."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.evidence import tables
from analysis.figures import futures, positions, theme
from analysis.models import audit, frontier, outlook, players, venture
from analysis.scenarios import Assumptions
from analysis.units import show

WAIT_YEARS = 3.0


def price_fall(given: Assumptions) -> pd.DataFrame:
    """What GPT-4o's quality costs over time, blended, dollars per million tokens: `futures.quantiles`."""
    years = np.linspace(0, WAIT_YEARS, 25)
    after = frontier.price_after(outlook.price_falls(given), years) * _blended(given)["GPT-4o"]
    return futures.quantiles(years, after, "GPT-4o's quality")


def price_wait(given: Assumptions) -> Axes:
    """How long it takes until GPT-4o's quality costs what DeepSeek-V2 costs."""
    prices = _blended(given)
    ratio = prices["DeepSeek-V2"] / prices["GPT-4o"]
    wait = np.median(frontier.years_to_price_ratio(ratio, outlook.price_falls(given)))
    return futures.fan(
        [price_fall(given)],
        lines={"DeepSeek-V2": prices["DeepSeek-V2"]},
        finding=f"GPT-4o's quality costs what DeepSeek-V2 costs after {wait:.1f} years in the median",
        subtitle="Blended price of a fixed quality, dollars per million tokens, log scale, by years from the table",
        log=True,
        ax=theme.axes(grid="both"),
    )


def _blended(given: Assumptions) -> pd.Series:
    models = frontier.with_blend(tables.load("models"), given.input_token_share)
    return models.set_index("model")["blended_price_usd_per_mtok"]


def funding_shares(given: Assumptions) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`players.funding_shares` as printed, and with the investment; a figure printed with ~ reaches as far as it is taken to."""
    funding = audit.gather(given).cells["players"].rename(columns={"row": "company"})
    invested = players.with_investment(funding, "OpenAI", given.invested_usd_bn)
    return players.funding_shares(funding), players.funding_shares(invested)


def shares(given: Assumptions) -> Axes:
    """Who holds which part of the outside funding, before and after the investment."""
    amount = show(given.invested_usd_bn, "usd_bn", 1)
    return positions.shares(*funding_shares(given), amount=amount, company="OpenAI", ax=theme.axes())


def revenue(given: Assumptions, record: outlook.Record, *, segments_usd_bn: float) -> Axes:
    """OpenAI's revenue against what the required return needs, and the size of the article's segments in 2028."""
    times, drawn = outlook.revenue_paths(given, record)
    needed = outlook.needed_revenue_usd_bn(given)
    return futures.fan(
        [futures.quantiles(times, drawn, "revenue")],
        lines={"needed at the exit": needed, "the five segments in 2028": segments_usd_bn},
        finding=f"{(drawn[:, -1] >= needed).mean():.0%} of revenue paths reach what the required return needs",
        log=True,
        start_year=outlook.START_YEAR,
        subtitle="OpenAI's yearly revenue, billion dollars, log scale",
        ax=theme.axes(grid="both"),
    )


def returns(given: Assumptions, record: outlook.Record) -> Axes:
    """The multiple of invested capital, and which part of it lies between the two ends of the article's judgement."""
    ends = {"catastrophe": given.catastrophe_moic, "outsized": given.outsized_moic}
    return futures.outcome(outlook.venture_paths(given, record).moic, ends, ax=theme.axes(grid="y"))


def marked_down(given: Assumptions, record: outlook.Record) -> dict[str, pd.DataFrame]:
    """`venture.write_down_path` below cost, and below the highest mark so far."""
    paths = outlook.venture_paths(given, record)
    return {
        f"below {basis}": venture.write_down_path(paths, threshold_pct=given.write_down_pct, basis=basis)
        for basis in ("cost", "peak")
    }


def write_downs(given: Assumptions, record: outlook.Record) -> Axes:
    """When a write-down comes, and how likely the article's third prediction is."""
    chances = outlook.third_prediction(given, record)
    return futures.probability_over_time(
        marked_down(given, record),
        deadline=(f"{given.write_down_years * 12:.0f} months", outlook.START_YEAR + given.write_down_years),
        start_year=outlook.START_YEAR,
        finding=f"A write-down has a probability of {chances['down'].value:.0%}, one with costs outgrowing revenue {chances['both'].value:.0%}",
        subtitle="Probability that such a mark has occurred by then, percent of draws",
        ax=theme.axes(grid="both"),
    )
