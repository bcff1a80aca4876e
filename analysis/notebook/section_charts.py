"""Which chart carries the finding of each section? One function each, which draws it from the assumptions.

Decisions
- The notebook shows the chart, and `what_if.panel` draws it again when an assumption is changed: both call
  the same function.
"""

from __future__ import annotations

from matplotlib.axes import Axes

from analysis import audit, thesis
from analysis.figures import charts
from analysis.forecasts import methods
from analysis.models import funding, headline, outlook, start, venture
from analysis.scenarios import Assumptions
from analysis.units import format_value


def shares(assumptions: Assumptions) -> Axes:
    """Shares of the outside funding, by the article and with what SoftBank had paid by the cut-off date; a
    figure with ~ has bounds `approximation_share` to each side.
    """
    facts, company = audit.gather(assumptions), thesis.load().company
    article_funding = facts.cells["players"].rename(columns={"row": "company"})
    paid = funding.paid_usd_bn(facts.known["softbank_openai"])
    with_paid = funding.with_investment(article_funding, company, paid)
    return charts.funding.shares(
        funding.funding_shares(article_funding),
        funding.funding_shares(with_paid),
        amount=format_value(paid, "usd_bn", 1),
        company=company,
    )


def revenue(assumptions: Assumptions, record: start.StartEvidence, *, segments_usd_bn: float) -> Axes:
    """OpenAI's revenue against what the required return needs, and the article's segments in 2028."""
    times, paths = outlook.revenue_paths(assumptions, record)
    needed = outlook.needed_revenue_usd_bn(assumptions)
    return charts.simulation.fan(
        charts.simulation.quantiles(times, {"revenue": paths}),
        lines={"needed at the exit": needed, "the five markets in 2028": segments_usd_bn},
        finding="Revenue reaches what the return needs in {reach:chance} of futures",
        log=True,
        subtitle="OpenAI's yearly revenue before costs, $bn, log scale",
        reach=(paths[:, -1] >= needed).mean(),
    )


def returns(assumptions: Assumptions, record: start.StartEvidence) -> Axes:
    """The money back per dollar over all simulated futures, and how much of it lies between the two ends of
    the article's judgement.
    """
    ends = {"catastrophe": assumptions.catastrophe_moic, "outsized": assumptions.outsized_moic}
    results = headline.headline(assumptions, record)
    return charts.simulation.outcome(
        outlook.venture_paths(assumptions, record).moic,
        ends,
        median=results["moic_median"].value,
        shares=[results[f"{part}_probability"].value for part in ("catastrophe", "between", "outsized")],
    )


def write_downs(assumptions: Assumptions, record: start.StartEvidence) -> Axes:
    """When a write-down comes, and how likely the article's third prediction is."""
    paths = outlook.venture_paths(assumptions, record)
    chances = methods.third_prediction(assumptions, record)
    return charts.simulation.probability_over_time(
        venture.write_down_paths(paths, threshold_pct=assumptions.write_down_pct),
        deadline_years=outlook.deadline_years(assumptions),
        finding="In {down:chance} of simulated futures the stake is written down in time",
        subtitle="Simulated futures with such a write-down by then, per cent; in {both:.0%} computing costs"
        " outgrew revenue before one in time",
        down=chances["down"].value,
        both=chances["both"].value,
    )
