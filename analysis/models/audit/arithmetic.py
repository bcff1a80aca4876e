"""Does the article's own arithmetic hold? Checks that look at nothing but what it prints.

Decisions
- The reason is written from the numbers that decided, in the units of the claim.
"""

from __future__ import annotations

import math

from analysis.models import growth
from analysis.models.audit.facts import Facts, Interval, corners, in_print, ratio, total
from analysis.models.audit.verdicts import Finding, check
from analysis.units import Quantity


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
