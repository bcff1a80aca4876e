"""Does the article's own arithmetic hold? Every claim that its own numbers can decide, recomputed and judged.

Decisions
- Printed numbers carry their rounding: a result is an interval made of its inputs' bounds, and a claim holds where
  that interval meets the stated one. So no claim fails on a rounded digit.
- A stated range is its printed ends, not widened; a stated single figure is everything that rounds to it.
- Where the sentence can be read in several ways that its own text supports, each reading is judged: all hold, `holds`;
  none, `fails`; else `partly`, and the reason names them.
- Where open-ended figures (`>`) leave both answers possible, the verdict is `uncheckable` and says what would decide.
- The reason is written from the numbers that decided, in the units of the claim.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis.errors import DataError, Problem, nearest
from analysis.evidence.claims import Claim
from analysis.models import frontier, growth, players
from analysis.units import Quantity, show

VERDICTS = ("holds", "partly", "fails", "open", "uncheckable")
FIELDS = (
    "id", "section", "where", "kind", "statement", "stated", "stated_low", "stated_high", "unit",
    "computed", "computed_low", "computed_high", "verdict", "basis", "stale", "void", "reason", "since", "sources",
    "strength",
)  # fmt: skip
"""The columns of the ledger, in order; the design gives their meaning."""


class Interval(NamedTuple):
    """A number with the bounds that its inputs leave it; `open` where one of them is unbounded and not only rounded."""

    value: float
    low: float
    high: float
    open: bool = False


@dataclass(frozen=True)
class Facts:
    """What a check may look at: the article's parsed figures and the assumptions it was given.

    Attributes
    ----------
    cells : mapping of str to DataFrame
        `evidence.tables.cells` of each table, by table name.
    players : DataFrame
        The table of key players with its text columns.
    given : mapping
        Register values by name (``elapsed_years``, ``input_token_share``, ``vast_majority_share``).
    """

    cells: Mapping[str, pd.DataFrame]
    given: Mapping[str, Any]

    def cell(self, table: str, row: str, column: str) -> Interval:
        """One figure of a table with its bounds."""
        frame = self.cells[table]
        match = frame[(frame["row"] == row) & (frame["column"] == column)]
        if match.empty:
            raise DataError(
                Problem(f"{table}.csv", f"has no {column} for {row!r}", nearest(row, frame["row"].unique()))
            )
        value, low, high = match.iloc[0][["value", "low", "high"]]
        return Interval(value, low, high, open=math.isinf(low) or math.isinf(high))

    def column(self, table: str, column: str) -> pd.DataFrame:
        """All figures of a column: ``row``, ``value``, ``low``, ``high``."""
        frame = self.cells[table]
        return frame.loc[frame["column"] == column, ["row", "value", "low", "high"]].reset_index(drop=True)

    def text(self, name: str) -> Interval:
        """One figure that the article prints in its text."""
        return self.cell("text_figures", name, "printed")


@dataclass(frozen=True)
class Finding:
    """What a check found.

    `readings` are the results by reading of the sentence, `reason` one sentence with the numbers in it; `computed` is
    the result to show, the first reading where it is not given.
    """

    readings: Mapping[str, Interval]
    reason: str
    computed: Interval | None = None
    accepts: tuple[float, float] | None = field(default=None)

    @property
    def shown(self) -> Interval:
        """The result that the ledger shows."""
        return self.computed or next(iter(self.readings.values()))


Check = Callable[..., Finding]
CHECKS: dict[str, Check] = {}


def check(function: Check) -> Check:
    """Register a calculation under its own name, for claims to ask for."""
    CHECKS[function.__name__] = function
    return function


def corners(function: Callable[..., float], *inputs: Interval) -> Interval:
    """A function of uncertain inputs: its value at the printed figures, its extremes at the corners of their bounds.

    Right for functions that are monotone in each input, as sums, ratios and growth rates of positive figures are.
    """
    values = [function(*corner) for corner in itertools.product(*((i.low, i.high) for i in inputs))]
    return Interval(function(*(i.value for i in inputs)), min(values), max(values))


def ratio(top: Interval, bottom: Interval) -> Interval:
    """A quotient of two positive figures; one that is open leaves the quotient open."""
    low = 0.0 if math.isinf(bottom.high) else top.low / bottom.high
    high = math.inf if math.isinf(top.high) else top.high / bottom.low
    return Interval(top.value / bottom.value, low, high, open=top.open or bottom.open)


def total(cells: pd.DataFrame) -> Interval:
    """The sum of some figures, with the sums of their bounds."""
    value, low, high = cells[["value", "low", "high"]].sum()
    return Interval(value, low, high, open=math.isinf(low) or math.isinf(high))


@check
def growth_rate(facts: Facts, figure: Quantity, *, segment: str) -> Finding:
    """A printed growth rate against start, end and elapsed years; says which period would reproduce it."""
    start, end = (facts.cell("market_size", segment, f"size_{year}_usd_bn") for year in (2024, 2028))
    years = float(facts.given["elapsed_years"])
    rate = corners(lambda a, b: growth.cagr_pct(a, b, years), start, end)
    period = growth.implied_years(start.value, end.value, float(figure.value or math.nan))
    reason = (
        f"From {show(start.value, 'usd_bn', 1)} to {show(end.value, 'usd_bn', 0)} is {rate.value:.1f}% a year over "
        f"{years:g} years; the printed {figure.text} needs {period:.1f} years."
    )
    return Finding({"elapsed years": rate}, reason)


@check
def market_total(facts: Facts, figure: Quantity) -> Finding:
    """The sum of the printed 2024 sizes against the total in the text."""
    sizes = facts.column("market_size", "size_2024_usd_bn")
    together = total(sizes)
    reason = f"The {len(sizes)} printed sizes add up to {show(together.value, 'usd_bn', 1)}."
    return Finding({"sum": together}, reason)


@check
def market_multiple(facts: Facts, figure: Quantity) -> Finding:
    """Growth that the valuation is said to need against growth in the article's own table."""
    start, end = (facts.column("market_size", f"size_{year}_usd_bn") for year in (2024, 2028))
    grown = ratio(total(end), total(start))
    years = float(facts.text("market_growth_years").value)
    needed = [growth.cagr_pct(1, float(factor or math.nan), years) for factor in (figure.low, figure.high)]
    printed = facts.column("market_size", "cagr_pct")["value"]
    reason = (
        f"The table grows {grown.value:.1f}x from 2024 to 2028; {figure.text} in {years:g} years is {needed[0]:.0f}% to "
        f"{needed[1]:.0f}% a year, against {printed.min():.0f}% to {printed.max():.0f}% printed."
    )
    return Finding({"table": grown}, reason)


@check
def investment_over_market(facts: Facts, figure: Quantity) -> Finding:
    """The investment against the market total of the table."""
    sizes = facts.column("market_size", "size_2024_usd_bn")
    together = total(sizes)
    multiple = ratio(facts.text("investment"), together)
    invested = show(facts.text("investment").value, "usd_bn", 0)
    reason = f"{invested} is {multiple.value:.1f} times the five segments' {show(together.value, 'usd_bn', 1)} of 2024."
    return Finding({"investment over market": multiple}, reason)


@check
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
    return Finding(readings, f"{reference} is {told}{_judged(readings, figure)}.")


@check
def price_multiple(facts: Facts, figure: Quantity, *, reference: str, rival: str) -> Finding:
    """A price multiple per token on input and on output; the blend is shown, but the article names no mix."""
    readings = {
        kind: ratio(
            *(facts.cell("models", model, f"{kind}_{frontier.PRICE}") for model in (reference, rival))
        )
        for kind in ("input", "output")
    }
    share = float(facts.given["input_token_share"])
    blend = ratio(*(_blend(facts, model, share) for model in (reference, rival)))
    told = ", ".join(
        f"{show(r.value, 'x')} on {kind} ({r.low:.3g} to {r.high:.3g} within rounding)"
        for kind, r in readings.items()
    )
    reason = (
        f"{reference} against {rival}: {told}, {show(blend.value, 'x')} blended at {share:.0%} input tokens"
        f"{_judged(readings, figure)}."
    )
    shown = Interval(
        blend.value, min(r.value for r in readings.values()), max(r.value for r in readings.values())
    )
    return Finding(readings, reason, computed=shown)


@check
def cheaper_open(facts: Facts, figure: Quantity, *, reference: str, open_models: Sequence[str]) -> Finding:
    """How many times dearer the reference model is than each open model, blended."""
    share = float(facts.given["input_token_share"])
    own = _blend(facts, reference, share)
    readings = {model: ratio(own, _blend(facts, model, share)) for model in open_models}
    told = " and ".join(f"{show(value.value, 'x')} as much as {model}" for model, value in readings.items())
    reason = f"Blended, {reference} costs {told}; {figure.text} was taken as the least that counts."
    return Finding(readings, reason, computed=min(readings.values()))


@check
def largest_investment(facts: Facts, figure: Quantity) -> Finding:
    """The investment against the largest single one that the article prints."""
    others = {name: facts.text(f"{name}_investment") for name in ("microsoft", "amazon", "google")}
    largest = max(others, key=lambda name: others[name].value)
    multiple = ratio(facts.text("investment"), others[largest])
    reason = (
        f"It is {multiple.value:.1f} times the largest other investment that the article prints "
        f"({largest.title()}, over {show(others[largest].value, 'usd_bn', 0)}), which is only a lower bound; "
        "a dated list of rounds would decide."
    )
    return Finding({"against the largest printed": multiple}, reason)


@check
def investment_over_funding(facts: Facts, figure: Quantity, *, company: str) -> Finding:
    """The investment against all that a company raised before, as the table prints it."""
    before = facts.cell("players", company, "total_funding_usd_bn")
    multiple = ratio(facts.text("investment"), before)
    reason = (
        f"It is at most {multiple.value:.1f} times the table's {show(before.value, 'usd_bn', 0)}, which is printed as a lower "
        "bound; a dated list of rounds would decide."
    )
    return Finding({"against prior funding": multiple}, reason)


@check
def parts_within_total(facts: Facts, figure: Quantity, *, company: str, parts: Sequence[str]) -> Finding:
    """Named investments against the total that the table prints for the company."""
    amounts = [facts.text(name) for name in parts]
    together = Interval(
        *(sum(getattr(amount, name) for amount in amounts) for name in ("value", "low", "high"))
    )
    whole = facts.cell("players", company, "total_funding_usd_bn")
    share = ratio(together, whole)
    reason = (
        f"{' and '.join(show(a.value, 'usd_bn', 0) for a in amounts)} are {share.value:.0%} of the printed "
        f"{show(whole.value, 'usd_bn', 1)}; {show(whole.value - together.value, 'usd_bn', 1)} is left for others."
    )
    return Finding({"parts of the total": share}, reason)


@check
def joint_funding_share(facts: Facts, figure: Quantity | None, *, companies: Sequence[str]) -> Finding:
    """Share of some companies in all external funding of the table, against a stated threshold of the register."""
    funding = facts.column("players", "total_funding_usd_bn").rename(columns={"row": "company"})
    share = Interval(
        *players.joint_share(funding, list(companies)), open=bool(np.isinf(funding["high"]).any())
    )
    threshold = float(facts.given["vast_majority_share"])
    reason = (
        f"{' and '.join(companies)} hold {share.value:.0%} of the external funding that the table prints (at least "
        f"{share.low:.0%}); {threshold:.0%} was taken as a vast majority."
    )
    return Finding({"share": share}, reason, accepts=(threshold, 1.0))


@check
def capital_efficiency(
    facts: Facts, figure: Quantity, *, leaner: str, richer: str, leaner_model: str, richer_model: str
) -> Finding:
    """Funding of one company over another's, beside what their models score."""
    multiple = ratio(
        *(facts.cell("players", company, "total_funding_usd_bn") for company in (richer, leaner))
    )
    gap = {
        name: facts.cell("models", leaner_model, column).value
        - facts.cell("models", richer_model, column).value
        for name, column in (("MMLU", "mmlu_pct"), ("HumanEval", "humaneval_pct"))
    }
    told = " and ".join(f"{_signed(points)} points on {name}" for name, points in gap.items())
    reason = f"{richer} raised at least {multiple.value:.1f} times as much; {leaner_model} stands {told} against {richer_model}."
    return Finding({"funding": multiple}, reason)


def _blend(facts: Facts, model: str, share: float) -> Interval:
    prices = [facts.cell("models", model, f"{kind}_{frontier.PRICE}") for kind in ("input", "output")]
    return corners(lambda i, o: frontier.blended_price(i, o, share), *prices)


def _standing(lead_points: float, rival: str) -> str:
    return f"{abs(lead_points):.1f} points {'ahead of' if lead_points > 0 else 'behind'} {rival}"


def _signed(points: float) -> str:
    return f"{'−' if points < 0 else '+'}{abs(points):.1f}"


def _judged(readings: Mapping[str, Interval], figure: Quantity) -> str:
    """Which readings meet the stated figure, said where they differ."""
    meets = {name: _meets(value, _accepts(figure)) for name, value in readings.items()}
    if len(set(meets.values())) == 1:
        return ""
    return (
        "; it holds "
        + " and ".join(n for n, m in meets.items() if m)
        + ", not "
        + " or ".join(n for n, m in meets.items() if not m)
    )


def _accepts(figure: Quantity | None) -> tuple[float, float]:
    if figure is None or figure.low is None or figure.high is None:
        raise ValueError("a claim needs a figure to be held against")
    return figure.low, figure.high


def _meets(found: Interval, accepted: tuple[float, float]) -> bool | None:
    """Does a result meet the accepted interval: surely, surely not, or (None) both remain possible?

    Rounding alone never leaves it open: an interval that only touches the accepted one meets it. It is open where an
    unbounded input lets the result lie on either side.
    """
    low, high = accepted
    if found.high < low or found.low > high:
        return False
    inside = found.low >= low and found.high <= high
    return None if found.open and not inside else True


def judge(finding: Finding, figure: Quantity | None) -> str:
    """The verdict that the readings give together, held against the stated figure or what the check accepts."""
    accepted = finding.accepts or _accepts(figure)
    meets = [_meets(value, accepted) for value in finding.readings.values()]
    if None in meets:
        return "uncheckable"
    return "holds" if all(meets) else "partly" if any(meets) else "fails"


def ledger(claims: Sequence[Claim], facts: Facts) -> pd.DataFrame:
    """Every claim with what was computed and the verdict, columns `FIELDS`, in the order of `claims`.

    Raises
    ------
    DataError
        A claim names a check that does not exist, or hands it arguments that it does not take.
    """
    return pd.DataFrame([_row(claim, facts) for claim in claims], columns=list(FIELDS))


def _row(claim: Claim, facts: Facts) -> dict[str, Any]:
    figure = claim.figure
    finding = _find(claim, facts, claim.accepted)
    computed = finding.shown
    return {
        "id": claim.id, "section": claim.section, "where": list(claim.where), "kind": claim.kind,
        "statement": claim.statement, "stated": claim.stated, "stated_low": figure and figure.low,
        "stated_high": figure and figure.high, "unit": claim.unit, "computed": computed.value,
        "computed_low": computed.low, "computed_high": computed.high, "verdict": judge(finding, claim.accepted),
        "basis": "article", "stale": False, "void": False, "reason": finding.reason, "since": None,
        "sources": ["article"], "strength": "article",
    }  # fmt: skip


def _find(claim: Claim, facts: Facts, figure: Quantity | None) -> Finding:
    arguments = {key: value for key, value in claim.check.items() if key != "name"}
    where = f"claims.yml, claim {claim.id}, key check"
    name = claim.check["name"]
    if name not in CHECKS:
        raise DataError(Problem(where, f"there is no check {name!r}", nearest(name, CHECKS)))
    try:
        return CHECKS[name](facts, figure, **arguments)
    except TypeError as reason:
        told = str(reason).removeprefix(f"{name}() ")
        raise DataError(
            Problem(where, f"{name} {told}", "Give the arguments that the check's signature names")
        ) from None


def counts(rows: pd.DataFrame) -> pd.DataFrame:
    """How many claims have each verdict, by section (rows) and verdict (columns, all of `VERDICTS`)."""
    table = pd.crosstab(rows["section"], rows["verdict"]).reindex(columns=list(VERDICTS), fill_value=0)
    order = list(rows["section"].unique())
    return table.loc[order]
