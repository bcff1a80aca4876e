"""Which charts are there? A module for every subject, reached as `charts.subject.chart`.

Decisions
- The chart of a model or method is in the module of its name (`funding`, `market`, `prices`, `valuation`,
  `balance_sheet`, `class_estimate`, `simulation`, `sensitivity`, `start`, `variants`) or in that of its
  subject: `benchmarks` (scores of `models.frontier`, `parity`), `simulation` (`models.outlook`, `venture`),
  `sensitivity` (`models.drivers`, `sweep`), `audit` (`models.claim_load` and the fact-check), `past_cases`
  (`forecasts.calibration_tables`), `forecasts` (that package), `trends` (all fits).
- One import gives a notebook all its charts, and none of their modules hides the model of the same name.
- It is a module of its own rather than the package: whoever needs only the theme imports only that.
- seaborn, which takes as long to import as all else that is here, is imported by the charts that use it.
"""

from analysis.figures import (
    audit,
    balance_sheet,
    benchmarks,
    class_estimate,
    forecasts,
    funding,
    layout,
    market,
    past_cases,
    prices,
    reference_class,
    sensitivity,
    simulation,
    start,
    trends,
    valuation,
    variants,
)

__all__ = [
    "audit",
    "balance_sheet",
    "benchmarks",
    "class_estimate",
    "forecasts",
    "funding",
    "layout",
    "market",
    "past_cases",
    "prices",
    "reference_class",
    "sensitivity",
    "simulation",
    "start",
    "trends",
    "valuation",
    "variants",
]
