"""What if? The assumptions behind a chart, and controls over them for whoever has the notebook open.

Decisions
- What is stored and published is a table: the assumptions, their ranges, and how to change them. Controls
  (`widgets`) are added only where someone has the notebook open, which `thesis review` says by
  `THESIS_REVIEW`, or the caller by `live=True`.
- The controls are an output of their own that holds the widget and nothing else: a comparison of stored
  outputs skips it, so that a notebook that was run and saved in JupyterLab is not another notebook.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from analysis.errors import ParameterError, Problem
from analysis.notebook import display
from analysis.scenarios import QUANTILES, Assumptions, Entry

LIVE = "THESIS_REVIEW"


def panel(
    id: str,
    draw: Callable[..., Axes],
    assumptions: Assumptions,
    names: Sequence[str],
    *,
    live: bool | None = None,
    **fixed: Any,
) -> Any:
    """Show the assumptions behind a chart, and controls over them where the notebook is looked at.

    Parameters
    ----------
    id : str
        Of the table (``section.what_if``).
    draw : callable
        The chart from the assumptions and what is `fixed`. It is called with fewer draws than the notebook's
        (`widgets.DRAWS`), if it has any.
    assumptions : Assumptions
        What the notebook runs with.
    names : sequence of str
        The assumptions to change, those that matter most first. Each must move the chart.
    live : bool, optional
        Whether to show controls; by default as the environment variable `THESIS_REVIEW` says.
    **fixed
        What the chart is drawn from apart from the assumptions, by name.

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
    any_for_scenario = any(not assumptions.register[name].reading for name in names)
    writes = ", and a button writes a scenario" if any_for_scenario else ""
    display.table(
        id,
        "What if? The assumptions to change here",
        frame,
        note=(
            "“make review” opens this notebook in JupyterLab with a slider for each: the chart follows"
            f" it{writes}. “thesis run --scenario base -p NAME=VALUE” runs all notebooks with another value."
        ),
    )
    if not (os.environ.get(LIVE) == "1" if live is None else live):
        return None
    if importlib.util.find_spec("ipywidgets") is None:
        rule = "needs ipywidgets, which is not installed"
        raise ParameterError(Problem(id, rule, "Run `make review`, or pip install -e '.[review]'"))
    from analysis.notebook import widgets

    controls = widgets.Panel(partial(draw, **fixed), assumptions, names)
    controls.show()
    return controls


def assumption_table(assumptions: Assumptions, names: Sequence[str]) -> pd.DataFrame:
    """Some assumptions, a row each: ``input`` (the label), ``name``, ``value, unit, range, description``."""
    rows = []
    for name in names:
        if name not in assumptions:
            raise ParameterError(Problem(name, "is not declared here", "Name a parameter of this notebook"))
        entry = assumptions.register[name]
        if entry.limits is None:
            raise ParameterError(Problem(name, "has no range to move in", "Change it in the parameters cell"))
        low, high = entry.limits
        rows.append(
            {
                "input": entry.label,
                "name": name,
                "value": format_assumption(assumptions[name], entry),
                "unit": entry.unit,
                "range": f"{low:g} to {high:g}",
                "description": entry.description,
            }
        )
    return pd.DataFrame(rows)


def format_assumption(value: Any, entry: Entry) -> str:
    """A value in words: ``650 to 2600 (p5, p95)``, ``0.1 to 0.5, mode 0.25``, ``20``."""
    if not isinstance(value, list):
        return f"{value:g}"
    ends = QUANTILES[entry.dist] if entry.dist else ()
    if len(value) == 3:
        return f"{value[0]:g} to {value[2]:g}, {ends[1]} {value[1]:g}"
    return f"{value[0]:g} to {value[1]:g} ({', '.join(ends)})"
