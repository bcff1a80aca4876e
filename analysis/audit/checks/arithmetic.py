"""Does the article's own arithmetic hold? Checks that look at nothing but what it prints.

Decisions
- The reason is written from the numbers that decided, in the units of the claim.
"""

from __future__ import annotations

import math

from analysis import labels
from analysis.audit.facts import Facts, Interval, interval_of, ratio, total
from analysis.audit.verdicts import Finding, accepted, answer, check, meets_interval
from analysis.evidence.sources import sidecar
from analysis.statistics import growth
from analysis.units import Quantity, format_figure


@check("article")
def growth_rate(
    facts: Facts, figure: Quantity, *, table: str, row: str, start: str, end: str, years: str
) -> Finding:
    """A printed growth rate against two columns of a row and the years between them (an assumption); says
    which period would reproduce it.
    """
    first, last = (facts.cell(table, row, column) for column in (start, end))
    unit = sidecar(table, facts.project).columns[start].unit or "count"
    elapsed = float(facts.assumptions[years])
    rate = interval_of(lambda a, b: growth.cagr_pct(a, b, elapsed), first, last)
    period = growth.implied_years(first.value, last.value, float(figure.value or math.nan))
    readings = {"elapsed years": rate}
    reason = (
        f"{answer(Finding(readings, ''), figure)}: growth from {format_figure(first.value, unit)} to"
        f" {format_figure(last.value, unit)} in {labels.number_word(elapsed, 'year', 'years')} is"
        f" {rate.value:.0f}% a year. At the article's {figure.text} a year it would take"
        f" {format_figure(period, 'years')}."
    )
    return Finding(readings, reason)


@check("article")
def market_total(facts: Facts, figure: Quantity) -> Finding:
    """The printed total against the sum of the year's sales, and against the table's later sales.

    An addressable market is all that could be sold, so that it is no smaller than the sales that the table
    itself foresees.
    """
    sizes, later = (total(facts.column("market_size", f"size_{year}_usd_bn")) for year in (2024, 2028))
    reason = (
        f"{'Right' if meets_interval(sizes, accepted(figure)) else 'Wrong even'} as the sum of the table's"
        f" sales, {format_figure(sizes.value, 'usd_bn')}. An addressable market is all that could be sold,"
        f" and the same table expects {format_figure(later.value, 'usd_bn')} by 2028."
    )
    return Finding({"as a year's sales": sizes, "as an addressable market": later}, reason)


@check("article")
def market_multiple(facts: Facts, figure: Quantity) -> Finding:
    """Whether the growth that the valuation needs exceeds that of the article's sizes over the same span.

    Its sizes and not its growth rates, which do not follow from them (`growth_rate`).
    """
    start, end = (total(facts.column("market_size", f"size_{year}_usd_bn")) for year in (2024, 2028))
    elapsed, years = (
        facts.assumptions.elapsed_years,
        float(facts.text_figure("market_growth_years").value),
    )
    multiple = ratio(end, start)
    at_pace = Interval(*(bound ** (years / elapsed) for bound in multiple[:3]))
    needed = [growth.cagr_pct(1, float(factor or math.nan), years) for factor in (figure.low, figure.high)]
    pace = growth.cagr_pct(start.value, end.value, elapsed)
    beyond = at_pace.high < float(figure.low or 0)
    reason = (
        f"{'Yes' if beyond else 'No'}: by the article's own sizes the markets grow"
        f" {at_pace.value:.1f}-fold in"
        f" {labels.number_word(years, 'year', 'years')}."
    )
    details = (
        f"Together they grow {pace:.0f}% a year. Growth of {figure.low:g}-fold to {figure.high:g}-fold"
        f" would be {needed[0]:.0f}% to {needed[1]:.0f}% a year."
    )
    return Finding({"beyond its own sizes": beyond}, reason, details=details)
