"""Does the article's own arithmetic hold? Checks that look at nothing but what it prints.

Decisions
- The reason is written from the numbers that decided, in the units of the claim.
- A blend of input and output prices is shown, never judged: the article names no mix.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from analysis.models import frontier, growth
from analysis.models.audit.facts import Facts, Interval, corners, in_print, ratio, total
from analysis.models.audit.verdicts import Finding, check, judged
from analysis.units import Quantity, show


@check("article")
def growth_rate(facts: Facts, figure: Quantity, *, segment: str) -> Finding:
    """A printed growth rate against start, end and elapsed years; says which period would reproduce it."""
    start, end = (facts.cell("market_size", segment, f"size_{year}_usd_bn") for year in (2024, 2028))
    years = float(facts.given["elapsed_years"])
    rate = corners(lambda a, b: growth.cagr_pct(a, b, years), start, end)
    period = growth.implied_years(start.value, end.value, float(figure.value or math.nan))
    reason = (
        f"From {in_print(start.value, 'usd_bn')} to {in_print(end.value, 'usd_bn')} in {years:g} years is {rate.value:.1f}% a year; "
        f"the article's {figure.text} would take {in_print(period, 'years')}."
    )
    return Finding({"elapsed years": rate}, reason)


@check("article")
def market_total(facts: Facts, figure: Quantity) -> Finding:
    """The printed total against the sum of the year's sales, and against what the same table expects to be sold later.

    An addressable market is all that could be sold, so that it is no smaller than the sales that the table itself foresees.
    """
    sizes, later = (total(facts.column("market_size", f"size_{year}_usd_bn")) for year in (2024, 2028))
    reason = (
        f"Right as the sum of a year's sales, {in_print(sizes.value, 'usd_bn')}, but not as an addressable market: that is all that "
        f"could be sold, and the same table expects {in_print(later.value, 'usd_bn')} of sales by 2028."
    )
    return Finding({"as a year's sales": sizes, "as an addressable market": later}, reason)


@check("article")
def market_multiple(facts: Facts, figure: Quantity) -> Finding:
    """Whether the growth that the valuation is said to need is beyond that of the article's own table, over as many years."""
    start, end = (total(facts.column("market_size", f"size_{year}_usd_bn")) for year in (2024, 2028))
    elapsed, years = float(facts.given["elapsed_years"]), float(facts.text("market_growth_years").value)
    multiple = ratio(end, start)
    at_pace = Interval(*(bound ** (years / elapsed) for bound in multiple[:3]))
    needed = [growth.cagr_pct(1, float(factor or math.nan), years) for factor in (figure.low, figure.high)]
    printed = facts.column("market_size", "cagr_pct")["value"]
    reason = (
        f"{figure.text} in {years:g} years is {needed[0]:.0f}% to {needed[1]:.0f}% a year; the article's own table has "
        f"{printed.min():.0f}% to {printed.max():.0f}%. Its markets grow {in_print(multiple.value, 'x')} in {elapsed:g} years, which "
        f"is {in_print(at_pace.value, 'x')} in {years:g}."
    )
    beyond = at_pace.high < float(figure.low or 0)
    return Finding({"beyond its own table": beyond}, f"{'Yes' if beyond else 'No'}: {reason}")


@check("article")
def benchmark_lead(
    facts: Facts, figure: Quantity, *, column: str, reference: str, open_models: Sequence[str]
) -> Finding:
    """A lead on a benchmark, over the next best model and over the best open one."""
    own = facts.cell("models", reference, column)
    rivals = facts.column("models", column).query("row != @reference").set_index("row")
    best, best_open = (str(frame["value"].idxmax()) for frame in (rivals, rivals.loc[list(open_models)]))
    leads = {
        name: corners(lambda a, b: a - b, own, facts.cell("models", name, column))
        for name in (best, best_open)
    }
    told = " and ".join(_standing(lead.value, name) for name, lead in leads.items())
    readings = {
        f"over the next best, {best}": leads[best],
        f"over the best open model, {best_open}": leads[best_open],
    }
    return Finding(readings, f"{reference} is {told}{judged(readings, figure)}.")


@check("article")
def price_multiple(facts: Facts, figure: Quantity, *, reference: str, rival: str) -> Finding:
    """A price multiple per token on input and on output; the blend is shown, but the article names no mix."""
    readings = {
        f"on {kind}": ratio(
            *(facts.cell("models", model, f"{kind}_{frontier.PRICE}") for model in (reference, rival))
        )
        for kind in ("input", "output")
    }
    share = float(facts.given["input_token_share"])
    blend = ratio(*(_blend(facts, model, share) for model in (reference, rival)))
    told = ", ".join(
        f"{show(r.value, 'x')} {kind} ({r.low:.3g} to {r.high:.3g} within rounding)"
        for kind, r in readings.items()
    )
    reason = (
        f"{reference} against {rival}: {told}, {show(blend.value, 'x')} blended at {share:.0%} input tokens"
        f"{judged(readings, figure)}."
    )
    shown = Interval(
        blend.value, min(r.value for r in readings.values()), max(r.value for r in readings.values())
    )
    return Finding(readings, reason, computed=shown)


@check("article")
def cheaper_open(facts: Facts, figure: Quantity, *, reference: str, open_models: Sequence[str]) -> Finding:
    """How many times dearer the reference model is than each open model, blended."""
    share = float(facts.given["input_token_share"])
    own = _blend(facts, reference, share)
    readings = {model: ratio(own, _blend(facts, model, share)) for model in open_models}
    told = " and ".join(f"{show(value.value, 'x')} as much as {model}" for model, value in readings.items())
    reason = f"Blended, {reference} costs {told}; {figure.text} was taken as the least that counts."
    return Finding(readings, reason, computed=min(readings.values()))


def _blend(facts: Facts, model: str, share: float) -> Interval:
    prices = [facts.cell("models", model, f"{kind}_{frontier.PRICE}") for kind in ("input", "output")]
    return corners(lambda i, o: frontier.blended_price(i, o, share), *prices)


def _standing(lead_points: float, rival: str) -> str:
    return f"{abs(lead_points):.1f} points {'ahead of' if lead_points > 0 else 'behind'} {rival}"
