"""What is the verdict on each claim? Every claim put to its check, as rows of the ledger.

Decisions
- Sources and strength are those of the rows that the check read, not of what the claim says about itself.
- A claim that nothing at hand can decide says what would; so does a check that met a day on which nothing was known.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.errors import DataError, Problem, nearest
from analysis.evidence.claims import Claim
from analysis.models.audit import record
from analysis.models.audit.facts import Facts, Unknown, in_words
from analysis.models.audit.verdicts import CHECKS, VERDICTS, Finding, judge

FIELDS = (
    "id", "section", "where", "kind", "statement", "stated", "stated_low", "stated_high", "unit",
    "computed", "computed_low", "computed_high", "verdict", "basis", "stale", "void", "reason", "since", "sources",
    "strength",
)  # fmt: skip
"""The columns of the ledger, in order; the design gives their meaning."""

ARTICLE = {"title": "article", "url": None, "quality": "article"}


def judge_claims(claims: Sequence[Claim], facts: Facts) -> pd.DataFrame:
    """Every claim with what was found and the verdict, columns `FIELDS`, in the order of `claims`; no number is NaN.

    Raises
    ------
    DataError
        A claim names a check that does not exist, hands it arguments that it does not take, or asks for evidence that
        no table holds.
    """
    return pd.DataFrame([_row(claim, facts.fresh()) for claim in claims], columns=list(FIELDS)).astype(
        dict.fromkeys(("stated_low", "stated_high", "computed", "computed_low", "computed_high"), float)
    )


def counts(rows: pd.DataFrame) -> pd.DataFrame:
    """How many claims have each verdict, by section (rows) and verdict (columns, all of `VERDICTS`)."""
    table = pd.crosstab(rows["section"], rows["verdict"]).reindex(columns=list(VERDICTS), fill_value=0)
    order = list(rows["section"].unique())
    return table.loc[order]


def _row(claim: Claim, facts: Facts) -> dict[str, Any]:
    figure, finding = claim.figure, find(claim, facts)
    verdict = judge(finding, claim.accepted)
    computed = finding.shown
    basis = finding.basis or ("evidence" if facts.used or verdict in ("uncheckable", "open") else "article")
    told = [text for text in (finding.since, record.since(facts, claim.since)) if text]
    cited = [] if basis == "article" else facts.references
    return {
        "id": claim.id, "section": claim.section, "where": list(claim.where), "kind": claim.kind,
        "statement": claim.statement, "stated": claim.stated, "stated_low": figure and figure.low,
        "stated_high": figure and figure.high, "unit": claim.unit, "computed": computed and computed.value,
        "computed_low": computed and computed.low, "computed_high": computed and computed.high, "verdict": verdict,
        "basis": basis, "stale": finding.stale or (finding.overtaken and claim.kind != "forecast"),
        "void": finding.overtaken and claim.kind == "forecast", "reason": finding.reason,
        "since": " ".join(told) or None, "sources": [ARTICLE, *cited],
        "strength": facts.strength or (basis if basis != "evidence" else None),
    }  # fmt: skip


def find(claim: Claim, facts: Facts) -> Finding:
    """What the claim's check finds; where there is none, or nothing was known, that and what would decide.

    Raises
    ------
    DataError
        There is no such check, or it does not take these arguments.
    """
    if claim.check is None:
        return Finding({}, str(claim.would_decide), verdict="uncheckable")
    arguments = {key: value for key, value in claim.check.items() if key != "name"}
    where, name = f"claims.yml, claim {claim.id}, key check", claim.check["name"]
    if name not in CHECKS:
        raise DataError(Problem(where, f"there is no check {name!r}", nearest(name, CHECKS)))
    try:
        inspect.signature(CHECKS[name]).bind(facts, claim.accepted, **arguments)
    except TypeError as refused:
        rule = f"{name}: {refused}"
        raise DataError(Problem(where, rule, "Give the arguments that the check's signature names")) from None
    try:
        return CHECKS[name](facts, claim.accepted, **arguments)
    except DataError as misnamed:
        told = [
            Problem(where, f"{problem.place} {problem.rule}", problem.fix) for problem in misnamed.problems
        ]
        raise DataError(told) from None
    except Unknown as nothing:
        decide = claim.would_decide or f"A dated source for it would decide ({nothing})."
        reason = f"Nothing on this was known on {in_words(facts.as_of)}. {decide}"
        return Finding({}, reason, verdict="uncheckable")
