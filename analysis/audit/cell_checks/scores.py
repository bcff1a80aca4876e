"""Is a printed score the model's own? Cells of benchmark scores.

Decisions
- A score agrees under the protocol of its column's heading; the right number under another protocol is
  `partly`. For a wrong one the tables are searched for where it comes from: an earlier model on the same
  benchmark and protocol, else the same model on another benchmark. Another model on another benchmark is no
  match.
"""

from __future__ import annotations

import pandas as pd

from analysis.audit.cell_checks.finding import NONE, CellFinding, PrintedCell, cell_check, printed_figure
from analysis.audit.facts import Facts, Interval, NothingKnown

SCORES = "model_benchmarks"

HEADINGS = {"mmlu_pct": ("MMLU", "5-shot"), "humaneval_pct": ("HumanEval", "pass@1 developer")}
"""Benchmark and protocol that the heading of a column of scores names."""

PROTOCOLS = {
    "5-shot": "with five examples",
    "0-shot CoT": "without examples and with written-out reasoning (0-shot CoT)",
    "5-shot CoT": "with five examples and written-out reasoning (5-shot CoT)",
    "5-shot HELM": "with five examples in the HELM runs",
    "pass@1 developer": "at the first attempt",
}
"""How a test is run under a protocol, in words; another protocol is named as it is."""


@cell_check("models.mmlu_pct", "models.humaneval_pct")
def score(facts: Facts, cell: PrintedCell, rule: None) -> CellFinding:
    """A score against the row's own, by the heading's protocol and by others; else its origin."""
    benchmark, protocol = HEADINGS[cell.column]
    scores = facts.find(SCORES, article_model=cell.row)
    on_test = scores[scores["benchmark"] == benchmark].sort_values("score_pct", ascending=False)
    if on_test.empty:
        raise NothingKnown(f"{cell.row} on {benchmark}")
    printed, by_heading = printed_figure(facts, cell), on_test[on_test["protocol"] == protocol]
    equal = _equal_scores(by_heading, printed)
    if len(equal):
        facts.cite(SCORES, equal.head(1))
        facts.mention(SCORES, by_heading)
        return _finding_by_heading(cell, by_heading, equal.iloc[0])
    facts.cite(SCORES, by_heading)
    elsewhere = _equal_scores(on_test[on_test["protocol"] != protocol], printed)
    best = _best_score(by_heading)
    if len(elsewhere):
        facts.cite(SCORES, elsewhere.head(1))
        return _finding_by_other_protocol(cell, by_heading, best, elsewhere.iloc[0])
    if best is None:
        raise NothingKnown(f"{cell.row} on {benchmark}, {protocol}")
    look_alike = _look_alike(facts, cell, scores, printed)
    if look_alike is not None:
        facts.mention(SCORES, [look_alike])
    return _finding_without_match(cell, by_heading, best, look_alike)


def _finding_by_heading(cell: PrintedCell, by_heading: pd.DataFrame, row: pd.Series) -> CellFinding:
    """The score is one of those by the heading's protocol."""
    benchmark, protocol = HEADINGS[cell.column]
    score = f"{row['score_pct']:.1f}"
    reason = (
        f"{_version(row)} scored {score} on {benchmark} {_describe_protocol(protocol)}."
        f"{_other_versions(by_heading, row)}"
    )
    return CellFinding(
        "holds", reason, f"{score} {_shorten_protocol(protocol)}, {row['model']}", score, protocol
    )


def _finding_by_other_protocol(
    cell: PrintedCell, by_heading: pd.DataFrame, best: pd.Series | None, row: pd.Series
) -> CellFinding:
    """The score is the model's own by another protocol than the heading's, by which its best is `best`."""
    protocol = HEADINGS[cell.column][1]
    heading = _describe_protocol(protocol)
    if best is None:
        sourced, scored = NONE, "we found no score."
    else:
        sourced = f"{best['score_pct']:.1f}"
        scored = f"it scored {sourced}.{_other_versions(by_heading, best)}"
    reason = (
        f"{cell.printed} is {cell.row}'s score {_describe_protocol(row['protocol'])}."
        f" {heading[0].upper()}{heading[1:]}, as the heading says, {scored}"
    )
    short = f"{sourced} {_shorten_protocol(protocol)}, {cell.printed} is {_shorten_protocol(row['protocol'])}"
    return CellFinding("partly", reason, short, sourced, protocol)


def _finding_without_match(
    cell: PrintedCell, by_heading: pd.DataFrame, best: pd.Series, look_alike: pd.Series | None
) -> CellFinding:
    """The score is none of the model's on this test; `look_alike` is the score that reads the same."""
    benchmark, protocol = HEADINGS[cell.column]
    sourced = f"{best['score_pct']:.1f}"
    reason = (
        f"{_version(best)} scored {sourced} on {benchmark} {_describe_protocol(protocol)}, as the heading"
        f" says.{_other_versions(by_heading, best)}"
    )
    short = f"{sourced} {_shorten_protocol(protocol)}"
    if look_alike is not None:
        model, test = look_alike["model"], look_alike["benchmark"]
        where = "on the same test" if test == benchmark else f"on another test, {test}"
        reason += f" The article's {cell.printed} is the score of {model} {where}."
        whose = f"{model}'s score" if test == benchmark else f"its {test} score"
        short += f", {cell.printed} is {whose}"
    return CellFinding("fails", reason, short, sourced, protocol)


def _best_score(scores: pd.DataFrame) -> pd.Series | None:
    """The best score, of those that enter comparisons if there are any; None where there is no score."""
    trend = scores[scores["use"] == "trend"]
    return None if scores.empty else (scores if trend.empty else trend).iloc[0]


def _look_alike(facts: Facts, cell: PrintedCell, scores: pd.DataFrame, printed: Interval) -> pd.Series | None:
    """Whose score a wrong figure is: an earlier model's on the same benchmark and protocol, else the same
    model's on another.
    """
    benchmark, protocol = HEADINGS[cell.column]
    others = facts.find(SCORES, benchmark=benchmark, protocol=protocol)
    earlier = others[~others.index.isin(scores.index) & (others["valid_on"] < scores["valid_on"].min())]
    for candidates in (earlier, scores[scores["benchmark"] != benchmark]):
        equal = _equal_scores(candidates, printed)
        if len(equal):
            return equal.iloc[0]
    return None


def _equal_scores(scores: pd.DataFrame, printed: Interval) -> pd.DataFrame:
    """The scores that read as printed, those that enter comparisons first."""
    equal = scores[scores["score_pct"].between(printed.low, printed.high)]
    return equal.sort_values("use", key=lambda use: use != "trend", kind="stable")


def _other_versions(rows: pd.DataFrame, named: pd.Series) -> str:
    """The scores of a model's other versions, as a sentence of their own."""
    others = ", ".join(
        f"{_version(row)} {row['score_pct']:.1f}" for _, row in rows.drop(index=named.name).iterrows()
    )
    return f" Other versions: {others}." if others else ""


def _version(row: pd.Series) -> str:
    """The model as released, with the way it was run where its name does not say so."""
    variant, model = str(row["variant"]), str(row["model"])
    return f"{model} with {variant}" if variant.endswith("message") else model


def _describe_protocol(protocol: str) -> str:
    return PROTOCOLS.get(protocol, f"under the protocol {protocol}")


def _shorten_protocol(protocol: str) -> str:
    """How a test is run, in as few words as tell it apart."""
    return _describe_protocol(protocol).partition(" and ")[0]
