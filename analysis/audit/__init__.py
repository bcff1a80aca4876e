"""Does the article hold? Its claims and table cells, each put to a check, judged, and traced to what decided.

One module a question: `facts` (what may be looked at), `lookup` (which rows of a table fit), `verdicts`
(when a statement holds), `ledger` (every claim), `cells` (the tables, cell by cell), `arguments` (what a
check may be given), and in `checks` the calculations: `arithmetic` (the article's own numbers), `record`
(what happened), `benchmarks` (scores), `list_prices`, `columns` (the tables' columns), `money` (who paid
what), `trends` (what fits say), `forecasts` (what the models say).
"""

from analysis.audit import cells
from analysis.audit.checks import (  # noqa: F401  each registers its calculations
    arithmetic,
    benchmarks,
    columns,
    forecasts,
    list_prices,
    money,
    record,
    trends,
)
from analysis.audit.facts import Facts, Interval, NothingKnown, gather
from analysis.audit.ledger import FIELDS, comparable, count_table, counts, errors, judge_claims, judge_section
from analysis.audit.verdicts import CHECKS, Check, Finding, check, judge
from analysis.exhibits import VERDICTS

__all__ = [
    "CHECKS",
    "FIELDS",
    "VERDICTS",
    "Check",
    "Facts",
    "Finding",
    "Interval",
    "NothingKnown",
    "cells",
    "check",
    "comparable",
    "count_table",
    "counts",
    "errors",
    "gather",
    "judge",
    "judge_claims",
    "judge_section",
]
