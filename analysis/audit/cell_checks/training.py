"""What did a training run cost, and how many parameters came of it? Cells on how a model was made.

Decisions
- A training cost without a basis is decided by the developer's own word, else only where every estimate is
  off. One that its author calls speculative is mentioned and decides nothing; GPU-hours are priced at the
  rents of the year up to the run.
- What somebody else estimates or repeats (parameters) is mentioned and decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.audit.cell_checks import rules
from analysis.audit.cell_checks.finding import (
    NONE,
    CellFinding,
    PrintedCell,
    cell_check,
    printed_figure,
    range_in_cell,
    range_text,
    verdict_between,
)
from analysis.audit.checks.record import render_sentence
from analysis.audit.facts import Facts, Interval, NothingKnown, describe_day, describe_value
from analysis.audit.verdicts import accepted
from analysis.evidence.numbers import slug
from analysis.labels import join_words
from analysis.units import format_figure, parse_figure

COSTS, CHIPS = "training_cost", "gpu_economics"

BASES = {
    "amortized_hardware_capex_plus_energy": ("amortised", "if hardware is written off"),
    "cloud_rental": ("rented", "if rented"),
}
"""What an estimate of a training cost counts: in a word, and in a sentence."""

RENTS_OF = pd.Timedelta(days=365)
"""How long before the end of a training run its rents may be dated."""


@dataclass(frozen=True)
class TrainingCostEstimate:
    """What a training run cost by one basis.

    Attributes
    ----------
    basis, phrase : str
        What it counts, in a word or two ("if" before them makes a clause) and in a sentence.
    low, high : float
        Million dollars.
    open : bool
        `high` is a lower bound of the upper end.
    speculative : bool
        By its author's own word: mentioned, never decisive.
    """

    basis: str
    phrase: str
    low: float
    high: float
    open: bool = False
    speculative: bool = False

    @property
    def span(self) -> str:
        """The cost as a sentence has it."""
        if self.open:
            return f"{format_figure(self.low, 'usd_mn')} to over {format_figure(self.high, 'usd_mn')}"
        return range_text(self.low, self.high, "usd_mn")


@cell_check("models.training_cost_usd_mn", rule=rules.TrainingCost)
def training_cost(facts: Facts, cell: PrintedCell, rule: rules.TrainingCost | None) -> CellFinding:
    """A training cost against the developer's word, else against every estimate of it, whatever its basis."""
    printed = printed_figure(facts, cell)
    if rule and rule.stated and rule.read_as_usd_mn:
        for row in facts.facts_by_day([rule.stated]):
            return _against_developers_cost(facts, printed, rule, row, rule.read_as_usd_mn)
    estimates = _published_estimates(facts, cell)
    if rule and rule.gpu_hours:
        estimates += _rental_estimates(facts, rule.gpu_hours)
    if not estimates:
        raise NothingKnown(f"training cost of {cell.row}")
    return _against_estimates(printed, [e for e in estimates if not e.speculative] or estimates)


def _against_developers_cost(
    facts: Facts,
    printed: Interval,
    rule: rules.TrainingCost,
    row: pd.Series,
    bounds_usd_mn: tuple[float, float],
) -> CellFinding:
    """A training cost against what the developer says of it, read as a range."""
    low, high = bounds_usd_mn
    verdict, span = verdict_between(printed, low, high), range_text(low, high, "usd_mn")
    end = ", which hardly any figure could miss." if verdict == "uncheckable" else "."
    reason = f"{render_sentence(str(rule.told), [row], facts)} We read that as {span}{end}"
    short, protocol = f"{span} by the developer's word", f"developer's word, {describe_day(row)}"
    return CellFinding(verdict, reason, short, f"{low:g} to {high:g}", protocol)


def _against_estimates(printed: Interval, estimates: Sequence[TrainingCostEstimate]) -> CellFinding:
    """A training cost against estimates: all of them are speculative, or none."""
    costs = join_words(f"{estimate.span} {estimate.phrase}" for estimate in estimates)
    short = ", ".join(f"{estimate.span} if {estimate.basis}" for estimate in estimates)
    lowest, highest = min(e.low for e in estimates), max(e.high for e in estimates)
    sourced = range_in_cell(lowest, highest)
    protocol = "; ".join(f"{e.basis}, upper end open" if e.open else e.basis for e in estimates)
    if estimates[0].speculative:
        reason = f"Epoch AI calls the computing power behind its estimates speculative: {costs}."
        short = f"speculative: {join_words(estimate.span for estimate in estimates)}"
        return CellFinding("uncheckable", reason, short, sourced, protocol)
    above = printed.low > highest and not any(estimate.open for estimate in estimates)
    if above or printed.high < lowest:
        side = "above" if above else "below"
        ours = "both our figures" if len(estimates) == 2 else "what we find"
        reason = f"The article's {format_figure(printed.value, 'usd_mn')} is {side} {ours}: {costs}."
        return CellFinding("fails", reason, short, sourced, protocol)
    choice = "what is counted" if len(estimates) > 1 else "the rent"
    return CellFinding("uncheckable", f"It depends on {choice}: {costs}.", short, sourced, protocol)


def _published_estimates(facts: Facts, cell: PrintedCell) -> list[TrainingCostEstimate]:
    """The estimates of a training cost by basis, of each the last vintage out by `as_of`."""
    estimates = []
    costs = facts.find(COSTS)
    costs = costs[(costs["model"].map(slug) == slug(cell.row)) & (costs["estimated_on"] <= facts.as_of)]
    for basis, rows in costs.sort_values("estimated_on").groupby("cost_basis", sort=True):
        speculative = rows["compute_confidence"].iloc[-1] == "speculative"
        (facts.mention if speculative else facts.cite)(COSTS, rows.tail(1))
        cost = float(rows["training_cost_usd"].iloc[-1]) / 1e6
        estimates.append(TrainingCostEstimate(*BASES[str(basis)], cost, cost, speculative=speculative))
    return estimates


def _rental_estimates(facts: Facts, gpu_hours: str) -> list[TrainingCostEstimate]:
    """The hours of a training run at the rents of their time; none where no rent was known."""
    estimates = []
    for run in facts.facts_by_day([gpu_hours]):
        rents = facts.find(CHIPS, metric="rental_price")
        rents = rents[rents["valid_on"].between(run["valid_on"] - RENTS_OF, run["valid_on"])]
        if rents.empty:
            continue
        tops = rents["value_high"].fillna(rents["value_low"])
        low, high = float(rents["value_low"].min()), float(tops.max())
        ends = rents[(rents["value_low"] == low) | (tops == high)]
        is_open = bool(ends["value_high"].isna().any())
        facts.cite(CHIPS, ends)
        hours, over = float(run["value"]), "over " if is_open else ""
        phrase = f"for {hours:g} million GPU-hours at rents of ${low:.2f} to {over}${high:.2f}"
        estimates.append(
            TrainingCostEstimate("rented by the hour", phrase, hours * low, hours * high, open=is_open)
        )
    return estimates


@cell_check(rule=rules.Parameters)
def parameters(facts: Facts, cell: PrintedCell, rule: rules.Parameters) -> CellFinding:
    """A count against the developer's own; unknown is right where a source says there is none."""
    figures = facts.cells[cell.table]
    printed = figures[(figures["row"] == cell.row) & (figures["column"] == cell.column)].iloc[0]
    repeated = facts.facts_by_day(rule.estimates, decides=False)
    estimates = "".join(
        f" Others repeat {describe_value(row, facts)} ({row['source_title']}, {describe_day(row)})."
        for row in repeated
    )
    if isinstance(printed["missing"], str):
        return _against_nondisclosure(facts, cell, rule, estimates)
    totals = facts.facts_by_day([rule.total] if rule.total else [])
    if totals:
        return _against_developers_count(facts, cell, rule, (printed["low"], printed["high"]), totals[-1])
    if not repeated:
        raise NothingKnown(f"parameters of {cell.row}")
    return CellFinding(
        "uncheckable",
        f"We found no count by the developer.{estimates}",
        "not disclosed, an estimate alone",
        ", ".join(f"{row['value']:g}" for row in repeated),
        f"repeated estimate, {describe_day(repeated[-1])}",
    )


def _against_nondisclosure(
    facts: Facts, cell: PrintedCell, rule: rules.Parameters, estimates: str
) -> CellFinding:
    """The article calls the count unknown: right where a source says that the developer gives none."""
    silent = facts.facts_by_day(rule.undisclosed)
    if not silent:
        raise NothingKnown(f"parameters of {cell.row}")
    day = describe_day(silent[-1])
    source = f"{silent[-1]['source_title']}, {day}"
    detail = f".{estimates}" if estimates else f" ({source})."
    reason = f"The developer gives no count{detail}"
    return CellFinding("holds", reason, "not disclosed", NONE, day)


def _against_developers_count(
    facts: Facts,
    cell: PrintedCell,
    rule: rules.Parameters,
    bounds_bn: tuple[float, float],
    total: pd.Series,
) -> CellFinding:
    """A count, and that of active parameters where the article has one, against the developer's."""
    printed, counts = {"in total": bounds_bn}, {"in total": total}
    if active := re.search(r"(\d+(?:\.\d+)?B) active", cell.printed):
        printed["active"] = accepted(parse_figure(active[1], "parameters_bn"))
        for row in facts.facts_by_day([rule.active] if rule.active else []):
            counts["active"] = row
    agree = [printed[name][0] <= row["value"] <= printed[name][1] for name, row in counts.items()]
    in_words = join_words(f"{describe_value(row, facts)} {name}" for name, row in counts.items())
    return CellFinding(
        "holds" if all(agree) else "partly" if any(agree) else "fails",
        f"{total['subject']} gives {in_words}.",
        f"{in_words} by the developer",
        ", ".join(f"{row['value']:g} {name}" for name, row in counts.items()).replace(" in total", ""),
        describe_day(total),
    )
