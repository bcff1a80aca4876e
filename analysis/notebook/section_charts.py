"""Which chart carries the finding of each section? One function each, which draws it from the assumptions.

Decisions
- The notebook shows the chart, and `what_if.panel` draws it again when an assumption is changed: both call
  the same function.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from analysis import audit
from analysis.figures import charts, theme
from analysis.models import funding, outlook, venture
from analysis.scenarios import Assumptions
from analysis.units import format_value


def paid_usd_bn(facts: audit.Facts) -> float:
    """What SoftBank had paid into OpenAI as it was known by the cut-off date, billion dollars."""
    paid = funding.paid_and_promised(facts.known["softbank_openai"])["paid_usd_bn"].dropna()
    return float(paid.iloc[-1]) if len(paid) else 0.0


def funding_shares(assumptions: Assumptions) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`funding.funding_shares` by the article, and with what SoftBank paid; a figure with ~ has bounds
    `approximation_share` to each side.
    """
    facts = audit.gather(assumptions)
    article_funding = facts.cells["players"].rename(columns={"row": "company"})
    invested = funding.with_investment(article_funding, "OpenAI", paid_usd_bn(facts))
    return funding.funding_shares(article_funding), funding.funding_shares(invested)


def shares(assumptions: Assumptions) -> Axes:
    """Shares of the outside funding, without and with what SoftBank paid."""
    amount = format_value(paid_usd_bn(audit.gather(assumptions)), "usd_bn", 1)
    return charts.funding.shares(
        *funding_shares(assumptions), amount=amount, company="OpenAI", ax=theme.axes()
    )


def revenue(assumptions: Assumptions, record: outlook.StartEvidence, *, segments_usd_bn: float) -> Axes:
    """OpenAI's revenue against what the required return needs, and the article's segments in 2028."""
    times, paths = outlook.revenue_paths(assumptions, record)
    needed = outlook.needed_revenue_usd_bn(assumptions)
    return charts.simulation.fan(
        charts.simulation.quantiles(times, {"revenue": paths}),
        lines={"needed at the exit": needed, "the five segments in 2028": segments_usd_bn},
        finding="{reach:.0%} of revenue paths reach what the required return needs",
        log=True,
        subtitle="OpenAI's yearly revenue, billion dollars, log scale",
        reach=(paths[:, -1] >= needed).mean(),
    )


def returns(assumptions: Assumptions, record: outlook.StartEvidence) -> Axes:
    """The money back per dollar over all simulated futures, and how much of it lies between the two ends of
    the article's judgement.
    """
    ends = {"catastrophe": assumptions.catastrophe_moic, "outsized": assumptions.outsized_moic}
    return charts.simulation.outcome(outlook.venture_paths(assumptions, record).moic, ends)


def write_downs(assumptions: Assumptions, record: outlook.StartEvidence) -> Axes:
    """When a write-down comes, and how likely the article's third prediction is."""
    paths = outlook.venture_paths(assumptions, record)
    chances = outlook.third_prediction(assumptions, record)
    return charts.simulation.probability_over_time(
        venture.write_down_paths(paths, threshold_pct=assumptions.write_down_pct),
        deadline_years=assumptions.write_down_years,
        finding="A write-down has a probability of {down:.0%}, one with costs outgrowing revenue {both:.0%}",
        subtitle="Simulated futures with such a write-down by then, percent",
        down=chances["down"].value,
        both=chances["both"].value,
    )
