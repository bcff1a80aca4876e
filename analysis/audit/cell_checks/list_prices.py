"""Is a printed price the one that was asked? Cells of prices a million tokens.

Decisions
- A price agrees with the last list price of the developer's own service, to the cent; an earlier one makes
  the cell stale.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from analysis.audit.cell_checks.finding import CellFinding, PrintedCell, cell_check, printed_figure
from analysis.audit.cell_checks.scores import SCORES
from analysis.audit.checks.list_prices import describe_price
from analysis.audit.facts import Facts, Interval, NothingKnown
from analysis.labels import number_word
from analysis.models.frontier import price_column
from analysis.units import format_date, format_figure

PRICES = "api_prices"
KINDS = ("input", "output")


@cell_check("models.price_usd_per_mtok")
def price(facts: Facts, cell: PrintedCell, rule: None) -> CellFinding:
    """A price against the developer's own list: the one in force on publication day, then earlier ones."""
    prices = facts.find(PRICES, article_model=cell.row, terms="list")
    if prices.empty:
        raise NothingKnown(f"prices of {cell.row}")
    printed = [printed_figure(facts, cell, kind) for kind in KINDS]
    developers = facts.find(SCORES, article_model=cell.row)["developer"].unique()
    first_party = prices[prices["seller"].isin(developers)]
    if first_party.empty:
        return _hosts_price(facts, prices, printed)
    changed = first_party[[price_column(kind) for kind in KINDS]].diff().abs().sum(axis=1) > 0
    launch, last = first_party.iloc[0], first_party.iloc[-1]
    since = first_party[changed].iloc[-1] if changed.any() else launch
    facts.cite(PRICES, first_party.loc[[since.name, last.name]])
    last_price, since_day = describe_price(last), format_date(since["valid_on"])
    protocol = f"list price of {since_day}"
    equal = [_equals(row, printed) for _, row in first_party.iterrows()]
    if equal[-1]:
        reason = f"{last['seller']} listed it at {last_price} from {since_day}"
        still = f" and still did on {format_date(last['valid_on'])}."
        reason += still if last.name != since.name else ", the last list price that we found."
        return CellFinding("holds", reason, f"list price since {since_day}", last_price, protocol)
    (facts.cite if any(equal) else facts.mention)(PRICES, first_party.loc[[launch.name]])
    reason = (
        f"{launch['seller']} listed it at {describe_price(launch)} from {format_date(launch['valid_on'])}"
    )
    reason += f", and at {last_price} since {since_day}." if changed.any() else "."
    return CellFinding(
        "fails", reason, f"{last_price} since {since_day}", last_price, protocol, stale=any(equal)
    )


def _hosts_price(facts: Facts, prices: pd.DataFrame, printed: Sequence[Interval]) -> CellFinding:
    """A price of a model that its developer does not sell, against the lists of hosts."""
    last = prices.drop_duplicates("seller", keep="last")
    ends = [(last[price_column(kind)].min(), last[price_column(kind)].max()) for kind in KINDS]
    span = f"${min(low for low, _ in ends):.2f} to ${max(high for _, high in ends):.2f}"
    opening = f"Its developer sells no access to it; {number_word(len(last))} hosts ask {span}"
    days = [format_date(day) for day in last["valid_on"].iloc[[0, -1]]]
    protocol = f"list prices of hosts, {' to '.join(days)}"
    equal = last[[_equals(row, printed) for _, row in last.iterrows()]]
    if len(equal):
        row = equal.iloc[-1]
        facts.cite(PRICES, equal.tail(1))
        reason = f"{opening}, {row['seller']} {describe_price(row)} on {format_date(row['valid_on'])}."
        return CellFinding("holds", reason, f"{row['seller']}'s price", span, protocol)
    facts.cite(PRICES, last)
    inside = all(low <= figure.value <= high for (low, high), figure in zip(ends, printed, strict=True))
    article_price = " / ".join(
        dict.fromkeys(format_figure(figure.value, "usd_per_mtok", 2) for figure in printed)
    )
    reason = f"{opening}, none of them the article's {article_price}."
    verdict = "uncheckable" if inside else "fails"
    return CellFinding(verdict, reason, f"no own price, hosts {span}", span, protocol)


def _equals(row: pd.Series, printed: Sequence[Interval]) -> bool:
    """Whether a list price is the printed one; list prices are exact."""
    return all(
        math.isclose(figure.value, row[price_column(kind)])
        for kind, figure in zip(KINDS, printed, strict=True)
    )
