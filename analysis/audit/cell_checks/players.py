"""Who leads a company's models, owns it, and pays for it? Cells of the table of companies.

Decisions
- An investor's money on conditions is left out for every investor alike; the largest are read by money and by
  stake.
- The rounds in our data are a floor of what was raised: they refute a smaller figure, never a larger one.
- A judgement stays undecided whatever figures bear on it: they are mentioned.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from analysis.audit.cell_checks import rules
from analysis.audit.cell_checks.finding import CellFinding, PrintedCell, cell_check, printed_figure
from analysis.audit.checks import money, record
from analysis.audit.facts import (
    Facts,
    Interval,
    NothingKnown,
    describe_day,
    fill_placeholders,
    placeholder_values,
)
from analysis.audit.verdicts import judge
from analysis.labels import join_words, number_word
from analysis.units import format_date, format_figure, parse_figure

ROUNDS, CAPEX = "funding_rounds", "hyperscaler_capex"
WITHOUT_CONDITIONS = "paid and promised without conditions"


@cell_check(rule=rules.Releases)
def releases(facts: Facts, cell: PrintedCell, rule: rules.Releases) -> CellFinding:
    """The named model against the developer's last release in our data; a former last one is stale."""
    rows = sorted(facts.facts_by_day(rule.names, decides=False), key=lambda row: row["valid_on"])
    if not rows:
        raise NothingKnown(f"releases of {cell.row}")
    released = {rule.names[row["id"]]: describe_day(row) for row in rows}
    last = list(released)[-1]
    printed = {re.sub(r"\s*\(.*\)", "", part): "in dev" in part for part in cell.printed.split(" / ")}
    out = [name for name, in_development in printed.items() if name in released and not in_development]
    late = [name for name, in_development in printed.items() if in_development and name in released]
    facts.facts_by_day(row["id"] for row in rows if rule.names[row["id"]] in (last, *out, *late))
    short, protocol = f"{last} since {released[last]}", released[last]
    if last in out and not late:
        reason = f"{last} of {released[last]} was the latest that we found."
        return CellFinding("holds", reason, short, last, protocol)
    earlier = f" {out[-1]} ({released[out[-1]]})" if out else " by then"
    reason = f"{last} ({released[last]}) had followed{earlier}"
    reason += f", and {late[0]} was no longer in development." if late else "."
    return CellFinding("fails", reason, short, last, protocol, stale=bool(out))


class Investment(NamedTuple):
    """Money of an investor in billion dollars: without what depends on conditions, and with it."""

    firm: float
    total: float


@cell_check(rule=rules.Investors)
def investors(facts: Facts, cell: PrintedCell, rule: rules.Investors) -> CellFinding:
    """The named investors against all we know of: the largest by money without conditions, and by stake."""
    amounts = _investments(facts, rule.amounts)
    named = [name.strip() for name in cell.printed.split(",")]
    if any(name not in amounts for name in named):
        raise NothingKnown(cell.printed)
    by_money = "money without conditions"
    sizes = {by_money: {name: amount.firm for name, amount in amounts.items()}}
    texts = {by_money: {name: f"{name} {_usd(size)}" for name, size in sizes[by_money].items()}}
    stakes, stake_texts, valuation = _stakes(facts, amounts, rule)
    if stakes:
        sizes["stake"], texts["stake"] = stakes, stake_texts
    ranked = {by: sorted(shares, key=lambda name: -shares[name]) for by, shares in sizes.items()}
    met = [by for by, names in ranked.items() if set(names[: len(named)]) == set(named)]
    verdict = "holds" if len(met) == len(ranked) else "partly"
    if met:
        only = " only" if verdict == "partly" else ""
        opening = f"They are the largest by {join_words(met)}{only}"
    else:
        opening = "They are investors, but not the largest"
    lists = " ".join(
        f"{f'By {by}: ' if len(ranked) > 1 else ''}{', '.join(texts[by][name] for name in names)}."
        for by, names in ranked.items()
    )
    return CellFinding(
        verdict,
        f"{opening}, of those whose own amounts we found. {lists}{valuation}",
        "; ".join(f"by {by.split()[0]} {', '.join(names[: len(named)])}" for by, names in ranked.items()),
        ", ".join(ranked[by_money][: len(named)]),
        f"by {by_money}, {format_date(facts.day)}",
    )


def _investments(facts: Facts, amounts: Mapping[str, rules.Amount]) -> dict[str, Investment]:
    """What each investor has put in or promised; those of whom nothing was known are left out."""
    investments = {}
    for name, amount in amounts.items():
        try:
            total, _ = _amount(facts, amount)
        except NothingKnown:
            continue
        conditional = sum(float(row["value"]) for row in facts.facts_by_day(amount.less))
        investments[name] = Investment(total - conditional, total)
    return investments


def _stakes(
    facts: Facts, amounts: Mapping[str, Investment], rule: rules.Investors
) -> tuple[dict[str, float], dict[str, str], str]:
    """Stakes in percent: as stated, with the day, else what all the investor's money buys at the value of the
    last round, at most.

    The second mapping has them in words; the text says at which value the others are taken.
    """
    stakes, texts = {}, {}
    for name, amount in rule.stakes.items():
        try:
            stakes[name], day = _amount(facts, amount)
        except NothingKnown:
            continue
        texts[name] = f"{name} {format_figure(stakes[name], 'pct')} ({format_date(day)})"
    if not stakes:
        return {}, {}, ""
    last = facts.last(ROUNDS, "post_money_usd_bn", company=rule.valued_as)
    derived = {
        name: 100 * investment.total / float(last["post_money_usd_bn"])
        for name, investment in amounts.items()
        if name not in stakes
    }
    texts |= {name: f"{name} at most {format_figure(stake, 'pct')}" for name, stake in derived.items()}
    valuation = (
        " 'At most' takes all that is promised, at the value of the round of"
        f" {format_date(last['valid_on'])}."
    )
    return stakes | derived, texts, valuation if derived else ""


def _amount(facts: Facts, amount: rules.Amount) -> tuple[float, pd.Timestamp]:
    """An amount with the day of its latest row."""
    if amount.fact is not None:
        row = facts.fact(amount.fact)
        return float(row["value"]), row["valid_on"]
    table, column = str(amount.table), str(amount.column)
    if amount.add:
        rows = facts.rows(table, **amount.where)
        return float(rows[column].sum()), rows["valid_on"].max()
    row = facts.last(table, column, **amount.where)
    return float(row[column]), row["valid_on"]


@cell_check("players.total_funding_usd_bn")
def total_funding(facts: Facts, cell: PrintedCell, rule: None) -> CellFinding:
    """A total against the rounds in our data, whose sum is its floor; conditional money is left out."""
    rounds = facts.rows(ROUNDS, company=cell.row, in_total="yes")
    running = rounds.groupby("valid_on")["amount_usd_bn"].sum().cumsum()
    now, day, printed = float(running.iloc[-1]), format_date(running.index[-1]), printed_figure(facts, cell)
    count, article = number_word(rounds["round"].nunique()), f"the article's {_usd(printed.value)}"
    reason = f"{count[0].upper()}{count[1:]} rounds up to {day} add up to {_usd(now)}, {WITHOUT_CONDITIONS}."
    above, met = running[running > printed.high], running[running.between(printed.low, printed.high)]
    verdict, stale = "holds", False
    if now < printed.low or (printed.open and now <= printed.low):
        verdict = "uncheckable"
        reason += f" That is less than {article}, but our list may lack some."
    elif printed.open:
        above = running[running > printed.low]
        stale = record.passed_long_ago(facts, above.index[0], now, printed.low)
        reason += f" {_when_passed(cell, article, above)}."
    elif now > printed.high:
        verdict, stale = "fails", bool(len(met))
        reason += (
            f" T{article[1:]} was right from {_first_day_and_sum(met)} to {_first_day_and_sum(above)}."
            if len(met)
            else f" {_when_passed(cell, article, above)}, and had not met it before."
        )
    protocol = f"rounds to {day}, {WITHOUT_CONDITIONS}"
    return CellFinding(verdict, reason, f"{_usd(now)} by {day}", f"{now:.1f}", protocol, stale=stale)


def _when_passed(cell: PrintedCell, article: str, above: pd.Series) -> str:
    """When the running sum of rounds, from that day on in `above`, passed the article's figure."""
    return f"{cell.row} passed {article} on {format_date(above.index[0])}, at {_usd(above.iloc[0])}"


def _first_day_and_sum(running: pd.Series) -> str:
    """The first day of a running sum, with the sum."""
    return f"{format_date(running.index[0])} ({_usd(running.iloc[0])})"


@cell_check(rule=rules.Internal)
def internal(facts: Facts, cell: PrintedCell, rule: rules.Internal) -> CellFinding:
    """A unit paid by its parent: right where facts show it; its capital expenditure is mentioned."""
    evidence = facts.facts_by_day(rule.shows)
    spending = _parents_spending(facts, rule.parent)
    if rule.shows and len(evidence) == len(rule.shows):
        reason = f"{record.render_sentence(str(rule.told), evidence, facts)}{spending}"
        return CellFinding("holds", reason, f"paid by {rule.parent}", rule.parent, describe_day(evidence[-1]))
    reason = (
        f"We found no outside round of {cell.row}, but that does not show that {rule.parent} pays for all of"
        f" it.{spending}"
    )
    return CellFinding("uncheckable", reason, "no accounts of the unit")


def _parents_spending(facts: Facts, parent: str) -> str:
    """The parent's capital expenditure in the last whole year, as a sentence to append; it is mentioned."""
    quarters = facts.find(CAPEX, company=parent)
    by_year = quarters.groupby(quarters["valid_on"].dt.year)["capex_usd_mn"].agg(["sum", "count"])
    whole_years = by_year[by_year["count"] == 4]
    if whole_years.empty:
        return ""
    year = whole_years.index[-1]
    facts.mention(CAPEX, quarters[quarters["valid_on"].dt.year == year])
    return (
        f" {parent} as a whole spent {_usd(whole_years['sum'].iloc[-1] / 1000)} on capital goods in {year}."
    )


@cell_check(rule=rules.Readings)
def readings(facts: Facts, cell: PrintedCell, rule: rules.Readings) -> CellFinding:
    """A statement with several readings against dated facts, as a claim is."""
    sides = {name: dict(reading) for name, reading in rule.readings.items()}
    finding = record.readings_on_record(facts, None, told=rule.told, readings=sides)
    rows = facts.dated_facts
    last = max(rows, key=lambda row: row["valid_on"])
    for text in (rule.short, rule.sourced):
        record.refuse_unknown_names(text, facts, set())
    verdict, day = judge(finding, None), describe_day(last)
    if verdict == "holds":
        return CellFinding(verdict, finding.reason, str(last["fact"]), cell.printed, day)
    values = placeholder_values(rows, facts)
    short, sourced = (
        fill_placeholders(text, values) or str(last["fact"]) for text in (rule.short, rule.sourced)
    )
    return CellFinding(verdict, finding.reason, short, sourced, day)


@cell_check(rule=rules.CostsOverRevenue)
def costs_over_revenue(facts: Facts, cell: PrintedCell, rule: rules.CostsOverRevenue) -> CellFinding:
    """How far the company spends more than it earns: a fact on its risks that does not rank them."""
    over = parse_figure("over 1x", "x")
    finding = money.costs_over_revenue(facts, over, year=rule.year, margin=rule.margin)
    ratios = {name: value.value for name, value in finding.readings.items() if isinstance(value, Interval)}
    multiples = " and ".join(format_figure(value, "x", 1) for value in ratios.values())
    periods = ", after ".join(
        f"{value:.1f} times{'' if number else ' its revenue'} in"
        f" {'the quarter to ' if ' ' in name else ''}{name}"
        for number, (name, value) in enumerate(ratios.items())
    )
    reason, short = f"{cell.row}'s costs were {periods}.", f"costs {multiples} revenue"
    return CellFinding("uncheckable", reason, short, short, " and ".join(ratios))


def _usd(value_usd_bn: float) -> str:
    return format_figure(value_usd_bn, "usd_bn")
