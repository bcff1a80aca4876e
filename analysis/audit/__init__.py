"""Does the article hold? Its claims and table cells, each put to a check, judged, and traced to what decided.

One module a question: `facts` (what may be looked at), `verdicts` (when a statement holds), `ledger` (every claim), and
the checks: `arithmetic` (the article's own numbers), `record` (what happened), `capability` (benchmarks and prices),
`money` (who paid what), `trends` (what fits say), `futures` (what the models say). `cells` judges the tables cell by cell.
"""

from analysis.audit import arithmetic, capability, cells, futures, money, record, trends
from analysis.audit.facts import Facts, Interval, Unknown, gather
from analysis.audit.ledger import FIELDS, counts, errors, judge_claims
from analysis.audit.verdicts import CHECKS, VERDICTS, Check, Finding, check, judge

__all__ = [
    "CHECKS", "FIELDS", "VERDICTS", "Check", "Facts", "Finding", "Interval", "Unknown", "arithmetic", "capability", "cells",
    "check", "counts", "errors", "futures", "gather", "judge", "judge_claims", "money", "record",
    "trends",
]  # fmt: skip
