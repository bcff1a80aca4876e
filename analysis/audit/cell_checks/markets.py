"""How large are the markets, and how fast do they grow? Cells of market sizes and growth rates.

Decisions
- A size is compared with the forecasts of the same scope, each between its own base and end year; one firm
  alone decides nothing.
"""

from __future__ import annotations

import math
import re

import pandas as pd

from analysis.audit.cell_checks.finding import (
    CellFinding,
    PrintedCell,
    cell_check,
    printed_figure,
    range_in_cell,
    range_text,
    verdict_between,
)
from analysis.audit.checks import arithmetic
from analysis.audit.facts import Facts
from analysis.audit.verdicts import judge
from analysis.labels import join_words, number_word
from analysis.models import market
from analysis.units import format_figure, parse_figure

FORECASTS = "market_size_forecasts"
GROWTH = {"start": "size_2024_usd_bn", "end": "size_2028_usd_bn", "years": "elapsed_years"}
"""What a growth rate of the table is about: two of its columns, and the assumption of the years between."""


@cell_check("market_size.size_2024_usd_bn", "market_size.size_2028_usd_bn")
def size(facts: Facts, cell: PrintedCell, rule: None) -> CellFinding:
    """A market's size against forecasts with the same scope, each between its own base and end year."""
    year = int(re.findall(r"\d{4}", cell.column)[0])
    forecasts = facts.find(FORECASTS, segment=cell.row, scope_fit="close")
    forecasts = forecasts[market.forecast_value(forecasts, year).notna()]
    firms = forecasts["forecaster"].nunique()
    if not firms:
        reason = f"We found no forecast of a market with this scope that covers {year}."
        return CellFinding("uncheckable", reason, "no forecast with this scope")
    facts.cite(FORECASTS, forecasts)
    sizes = market.forecast_value(forecasts, year)
    low, high = float(sizes.min()), float(sizes.max())
    by_firm = _list_sizes_by_firm(sizes, forecasts["forecaster"])
    count = "one firm" if firms == 1 else f"{number_word(firms)} firms"
    sourced, short = range_in_cell(low, high), f"{range_text(low, high, 'usd_bn')} by {count}"
    protocol = f"{number_word(len(sizes), 'forecast', 'forecasts')} of {count}, each at its own rate"
    if firms < 2:
        reason = f"Only one firm covers {year}: {by_firm}."
        return CellFinding("uncheckable", reason, short, sourced, protocol)
    printed = printed_figure(facts, cell)
    verdict, article = verdict_between(printed, low, high), format_figure(printed.value, "usd_bn")
    side = "below" if printed.high < low else "above"
    every = "both" if len(sizes) == 2 else f"all {number_word(len(sizes))}"
    reason = {
        "holds": f"The article's {article} lies within the forecasts for {year}",
        "fails": f"The article's {article} is {side} {every} forecasts for {year}",
        "uncheckable": (
            f"Forecasts for {year} differ {high / low:.0f}-fold, so hardly any figure could miss them"
        ),
    }[verdict]
    return CellFinding(verdict, f"{reason}: {by_firm}.", short, sourced, protocol)


def _list_sizes_by_firm(sizes: pd.Series, firms: pd.Series) -> str:
    """The sizes that each firm forecasts, billion dollars, in words."""
    by_firm = sizes.groupby(firms, sort=False).agg(list)
    return ", ".join(
        f"{join_words(format_figure(size, 'usd_bn') for size in forecasts)}"
        f" ({str(firm).replace(' (attributed)', ', attributed')})"
        for firm, forecasts in by_firm.items()
    )


@cell_check("market_size.cagr_pct")
def growth(facts: Facts, cell: PrintedCell, rule: None) -> CellFinding:
    """A growth rate against the article's own two sizes."""
    figure = parse_figure(cell.printed, "pct")
    finding = arithmetic.growth_rate(facts, figure, table=cell.table, row=cell.row, **GROWTH)
    rate = finding.result.value if finding.result else math.nan
    years = f"{facts.assumptions.elapsed_years:g} years"
    return CellFinding(
        judge(finding, figure),
        finding.reason,
        f"{rate:.1f}% over {years}",
        f"{rate:.1f}",
        f"{years}, from the article's sizes",
    )
