"""Which charts are there? A module for every subject, reached as `charts.subject.chart`.

Decisions
- The chart of `models.x`, `statistics.x` or `forecasts.x` is in `figures.x`; charts of several models that
  answer one question stand together.
- One import gives a notebook all its charts, and none of their modules hides the model of the same name.
- It is a module of its own rather than the package: whoever needs only the theme does not import seaborn, and
  with it ipywidgets.
"""

from analysis.figures import (
    audit,
    balance_sheet,
    benchmarks,
    forecasts,
    funding,
    layout,
    market,
    prices,
    sensitivity,
    simulation,
    trends,
    valuation,
)

__all__ = [
    "audit",
    "balance_sheet",
    "benchmarks",
    "forecasts",
    "funding",
    "layout",
    "market",
    "prices",
    "sensitivity",
    "simulation",
    "trends",
    "valuation",
]
