"""What is the verdict on each claim? Every claim put to its check, as rows of the ledger.

Decisions
- Sources and strength are those of the rows that decide; rows that a reason only mentions are listed apart. A
  verdict by evidence that no row decides is refused.
- A forecast whose premise was overtaken before it was made is void, neither right nor wrong, and no error.
- Claims that are wrong for one and the same reason are one error (`errors`).
- The ledger is the same under all scenarios, and is computed once for all of them.
- A claim that nothing available can decide says what would; so does a check that met a day on which nothing
  was known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis import thesis
from analysis.audit import arguments
from analysis.audit.checks import record
from analysis.audit.facts import Facts, NothingKnown
from analysis.audit.verdicts import BASIS, CHECKS, Finding, judge
from analysis.errors import DataError, Problem, nearest
from analysis.evidence.claims import Claim, load
from analysis.exhibits import VERDICTS, WEIGHTS
from analysis.stored_results import computed_once
from analysis.units import format_date

FIELDS = (
    "id",
    "section",
    "where",
    "kind",
    "weight",
    "error",
    "statement",
    "stated",
    "stated_low",
    "stated_high",
    "unit",
    "computed",
    "computed_low",
    "computed_high",
    "verdict",
    "basis",
    "stale",
    "reason",
    "details",
    "since",
    "sources",
    "mentioned",
    "strength",
)
"""The columns of the ledger, in order; the design gives their meaning."""

DECIDED = ("holds", "partly", "fails", "void")
"""The verdicts that something decides; `open` and `uncheckable` rest on nothing yet."""

ARTICLE = {"title": "article", "url": None, "quality": "article"}


@computed_once
def judge_claims(claims: Sequence[Claim], facts: Facts) -> pd.DataFrame:
    """Every claim with the result of its check and the verdict, columns `FIELDS`, in the order of `claims`;
    no number is NaN.

    Raises
    ------
    DataError
        A claim names a check that does not exist, hands it arguments that it does not take, or asks for
        evidence that no table holds.
    """
    return pd.DataFrame(
        [_row(claim, facts.without_memory()) for claim in claims], columns=list(FIELDS)
    ).astype(dict.fromkeys(("stated_low", "stated_high", "computed", "computed_low", "computed_high"), float))


def judge_section(sections: str | Sequence[str], facts: Facts) -> pd.DataFrame:
    """As `judge_claims`, the claims of a section of the article or of several, or those of its paragraphs.

    Parameters
    ----------
    sections : str or sequence of str
        Sections, or passages as `Claim.where` names them (``SECTION.4``).

    Raises
    ------
    DataError
        There is no such section, or no claim names such a passage; or as `judge_claims`.
    """
    wanted = {sections} if isinstance(sections, str) else set(sections)
    claims = load(facts.project)
    places = {*thesis.load(facts.project).sections, *(passage for claim in claims for passage in claim.where)}
    if unknown := sorted(wanted - places):
        rule = f"the claims have no section or passage {unknown[0]!r}"
        alike = [place for place in places if ("." in place) == ("." in unknown[0])]
        raise DataError(Problem("audit.judge_section", rule, nearest(unknown[0], alike)))
    return judge_claims([claim for claim in claims if wanted & {claim.section, *claim.where}], facts)


def counts(rows: pd.DataFrame, by: str = "section") -> pd.DataFrame:
    """How many claims have each verdict, by section or weight (rows) and verdict (columns, `VERDICTS`)."""
    table = pd.crosstab(rows[by], rows["verdict"]).reindex(columns=list(VERDICTS), fill_value=0)
    order = WEIGHTS if by == "weight" else rows[by].unique()
    return table.reindex([name for name in order if name in table.index])


def count_table(rows: pd.DataFrame, by: str = "section", *, total: bool = False) -> pd.DataFrame:
    """`counts` as a table with a column ``statements``, their sum, and a last row ``all`` where it is to have
    a total.
    """
    table = counts(rows, by).rename_axis(columns=None)
    if total:
        table.loc["all"] = table.sum()
    return table.assign(statements=table.sum(axis=1)).rename_axis(by).reset_index()


def comparable(rows: pd.DataFrame) -> pd.DataFrame:
    """The claims with a figure of the article and one of ours, of the same sign: our figure as a multiple of
    the article's.

    Returns
    -------
    DataFrame
        The columns of the ledger, and ``ratio`` with its bounds ``ratio_low, ratio_high``, and the article's
        own range ``article_low, article_high`` over the middle of it.
    """
    table = rows.dropna(subset=["stated_low", "computed"])
    middle = (table["stated_low"] + table["stated_high"]) / 2
    table = table.assign(
        ratio=table["computed"] / middle,
        ratio_low=table["computed_low"] / middle,
        ratio_high=table["computed_high"] / middle,
        article_low=table["stated_low"] / middle,
        article_high=table["stated_high"] / middle,
    )
    return table[np.isfinite(table["ratio_high"]) & (table["ratio"] > 0)].reset_index(drop=True)


def errors(rows: pd.DataFrame) -> pd.DataFrame:
    """The distinct errors among claims: those that fail for one and the same reason are one.

    Returns
    -------
    DataFrame
        One row an error, the heaviest first: ``error`` (its name, the claim's id where it has none),
        ``weight`` (that of its heaviest claim), ``id, section, statement, reason, stale`` of that claim,
        ``claims``, the ids of all, and ``further_statements``, how many there are besides that one.
    """
    failed = rows[rows["verdict"] == "fails"]
    failed = failed.assign(
        error=failed["error"].fillna(failed["id"]), order=failed["weight"].map(WEIGHTS.index)
    )
    failed = failed.sort_values("order", kind="stable")
    ids = failed.groupby("error", sort=False)["id"].agg(list)
    first = failed.drop_duplicates("error").assign(
        claims=lambda table: table["error"].map(ids),
        further_statements=lambda table: table["claims"].map(len) - 1,
    )
    fields = ["error", "weight", "id", "section", "statement", "further_statements", "reason", "stale"]
    return first[[*fields, "claims"]].reset_index(drop=True)


def _row(claim: Claim, facts: Facts) -> dict[str, Any]:
    figure, finding = claim.figure, find(claim, facts)
    verdict = "void" if finding.overtaken and claim.kind == "forecast" else judge(finding, claim.accepted)
    basis = BASIS[claim.check["name"]] if claim.check else "evidence"
    _require_deciding_rows(claim, facts, basis, verdict)
    with arguments.errors_at(f"claims.yml, claim {claim.id}, key since"):
        later = record.since(facts, claim.since)
    since = [text for text in (finding.since, later) if text]
    result = finding.result
    return {
        "id": claim.id,
        "section": claim.section,
        "where": list(claim.where),
        "kind": claim.kind,
        "weight": claim.weight,
        "error": claim.error,
        "statement": claim.statement,
        "stated": claim.stated,
        "stated_low": figure and figure.low,
        "stated_high": figure and figure.high,
        "unit": claim.unit,
        "computed": result and result.value,
        "computed_low": result and result.low,
        "computed_high": result and result.high,
        "verdict": verdict,
        "basis": basis,
        "stale": finding.stale or (finding.overtaken and claim.kind != "forecast"),
        "reason": finding.reason,
        "details": finding.details,
        "since": " ".join(since) or None,
    } | _provenance(facts, basis, decided=verdict in DECIDED)


def _require_deciding_rows(claim: Claim, facts: Facts, basis: str, verdict: str) -> None:
    """Refuse a verdict by evidence that no row of it decides."""
    if basis == "evidence" and verdict in DECIDED and not facts.used:
        rule = f"the verdict {verdict!r} rests on no row of the evidence"
        fix = "Name the facts that decide, not only those that are mentioned"
        raise DataError(Problem(f"claims.yml, claim {claim.id}, key check", rule, fix))


def _provenance(facts: Facts, basis: str, *, decided: bool) -> dict[str, Any]:
    """What a verdict rests on: its sources, those that are only mentioned, and the strength of the former."""
    if not decided:
        return {
            "sources": [ARTICLE],
            "mentioned": [*facts.references, *facts.mentions],
            "strength": basis if basis == "model" else None,
        }
    return {
        "sources": [ARTICLE, *facts.references],
        "mentioned": facts.mentions,
        "strength": facts.strength or basis,
    }


def find(claim: Claim, facts: Facts) -> Finding:
    """What the claim's check finds; where there is none, or nothing was known, that and what would settle it.

    Raises
    ------
    DataError
        There is no such check, or it does not take these arguments or cannot be computed from them.
    """
    if claim.check is None:
        return Finding({}, str(claim.would_decide), verdict="uncheckable")
    parameters = {key: value for key, value in claim.check.items() if key != "name"}
    where, name = f"claims.yml, claim {claim.id}, key check", claim.check["name"]
    if name not in CHECKS:
        raise DataError(Problem(where, f"there is no check {name!r}", nearest(name, CHECKS)))
    if wrong := list(arguments.problems(CHECKS[name], parameters, where, "check", 2)):
        raise DataError(wrong)
    try:
        with arguments.errors_at(where):
            return CHECKS[name](facts, claim.accepted, **parameters)
    except NothingKnown:
        decide = claim.would_decide or "A dated source for it would settle it."
        reason = f"Nothing in our data by {format_date(facts.as_of)} settles it. {decide}"
        return Finding({}, reason, verdict="uncheckable")
