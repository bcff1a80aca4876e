"""What if? The assumptions behind a chart, and controls over them for whoever has the notebook open.

Decisions
- What is stored and published is a table: the assumptions, their ranges, and how to change them. Controls
  come on top of it only where someone sits before the notebook, which `thesis review` says by
  `THESIS_REVIEW`, or the caller by `live=True`.
- The controls are an output of their own that holds the widget and nothing else: whoever compares stored
  outputs passes over it, so that a notebook that was run and saved in JupyterLab is not another notebook.
- A control has stops: the range of the register in even steps, or in even ratios for what is uncertain by a
  factor. The value that it starts from is one of them, to the last digit, so that a reset is one.
- A chart is drawn again when a control is let go, on few draws; what cannot be drawn is said in a line and
  leaves the last one.
- A new scenario holds all that differs from the register, with a reason for each
  (`scenarios.write_scenario`), but not how the article is read: a notebook of another day writes the same
  scenario, a reading that was moved is refused, and where there is nothing else to move there is no form.
"""

from __future__ import annotations

import importlib.util
import math
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.errors import ParameterError, Problem
from analysis.notebook import display
from analysis.scenarios import QUANTILES, Assumptions, Entry

LIVE = "THESIS_REVIEW"
DRAWS = 2000
"""How many futures are drawn for a chart that follows a control; a probability is off by up to 2.2 points
then (95%).
"""
STOPS = 60
Draw = Callable[[Assumptions], Axes]
COLUMNS: display.Columns = {
    "name": "Assumption",
    "value": "Value",
    "unit": "Unit",
    "range": "Allowed",
    "description": "Meaning",
}


def panel(
    id: str, draw: Draw, assumptions: Assumptions, names: Sequence[str], *, live: bool | None = None
) -> Any:
    """Show the assumptions behind a chart, and controls over them where the notebook is looked at.

    Parameters
    ----------
    id : str
        Of the table (``section.what_if``).
    draw : callable
        The chart from the assumptions. It is called with fewer draws than the notebook's (`DRAWS`), if it has
        any.
    assumptions : Assumptions
        What the notebook runs with.
    names : sequence of str
        The assumptions to change, those that matter most first. Each must move the chart.
    live : bool, optional
        Whether to show controls; by default as the environment variable `THESIS_REVIEW` says.

    Returns
    -------
    Panel or None
        The controls, for programs; None where there are none.

    Raises
    ------
    ParameterError
        A name that the notebook does not declare or that has no range, or controls without ipywidgets.
    """
    frame = assumption_table(assumptions, names)
    kept = (
        ", and a button writes a scenario"
        if any(not assumptions.register[name].reading for name in names)
        else ""
    )
    display.table(
        id,
        "What if? The assumptions to change here",
        frame,
        COLUMNS,
        note=(
            "“make review” opens this notebook in JupyterLab with a slider for each: the chart follows"
            f" it{kept}. “thesis run --scenario base -p NAME=VALUE” runs all notebooks with another value."
        ),
    )
    if not (os.environ.get(LIVE) == "1" if live is None else live):
        return None
    if importlib.util.find_spec("ipywidgets") is None:
        rule = "needs ipywidgets, which is not installed"
        raise ParameterError(Problem(id, rule, "Run `make review`, or pip install -e '.[review]'"))
    from analysis.notebook import widgets

    made = widgets.Panel(draw, assumptions, names)
    made.show()
    return made


def assumption_table(assumptions: Assumptions, names: Sequence[str]) -> pd.DataFrame:
    """Some assumptions as they stand: ``name``, ``value``, ``unit``, ``range``, ``description``, one row
    each.
    """
    rows = []
    for name in names:
        if name not in assumptions:
            raise ParameterError(Problem(name, "is not declared here", "Name a parameter of this notebook"))
        entry = assumptions.register[name]
        if entry.limits is None:
            raise ParameterError(Problem(name, "has no range to move in", "Change it in the parameters cell"))
        low, high = entry.limits
        rows.append(
            (
                name,
                format_assumption(assumptions[name], entry),
                entry.unit,
                f"{low:g} to {high:g}",
                entry.description,
            )
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def format_assumption(value: Any, entry: Entry) -> str:
    """A value in words: ``650 to 2600 (p5, p95)``, ``0.1 to 0.5, mode 0.25``, ``20``."""
    if not isinstance(value, list):
        return f"{value:g}"
    ends = QUANTILES[entry.dist] if entry.dist else ()
    if len(value) == 3:
        return f"{value[0]:g} to {value[2]:g}, {ends[1]} {value[1]:g}"
    return f"{value[0]:g} to {value[1]:g} ({', '.join(ends)})"


def slider_values(entry: Entry, values: Sequence[float]) -> list[float]:
    """Where a control can stand: the range of an entry in about `STOPS` steps, with some values among them,
    rising.

    Steps are ratios where the entry is lognormal or spans more than a factor of 100 above zero, else a round
    number.
    """
    assert entry.limits is not None  # noqa: S101 (`assumption_table` looked)
    low, high = entry.limits
    if entry.dist == "lognormal" or (low > 0 and high / low > 100):
        start = low if low > 0 else min(v for v in values if v > 0) / 20
        grid = [float(v) for v in np.geomspace(start, high, STOPS + 1)]
    else:
        step = entry.multiple_of or _round_up((high - low) / STOPS)
        step = max(1.0, step) if entry.integer else step
        grid = [low + step * k for k in range(math.floor((high - low) / step + 1e-9) + 1)]
    found = {min(max(float(f"{v:.3g}"), low), high) for v in grid} | {float(v) for v in values}
    return sorted(round(v) if entry.integer else v for v in found | {high})


def _round_up(step: float) -> float:
    """The next of 1, 2, 5, 10 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= step * (1 - 1e-9))
