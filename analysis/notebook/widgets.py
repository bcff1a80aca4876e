"""How are assumptions changed in an open notebook? By sliders made from the register, a chart that follows
them, and a form that writes what they are set to as a scenario.

Decisions
- The module is imported only where a notebook is open; ipywidgets is no part of what `make report` installs.
- A control has stops: the range of the register in even steps, or in even ratios for what is uncertain by a
  factor. The value that it starts from is one of them, to the last digit, so that a reset is exact.
- A chart is drawn again when a control is released, on few draws. If it cannot be drawn, a line says why and
  the last chart stays.
- A new scenario holds all that differs from the register, with a reason for each
  (`scenarios.write_scenario`), but not how the article is read: a notebook of another day writes the same
  scenario, a reading that was changed is refused, and where there is nothing else to change there is no form.
"""

from __future__ import annotations

import gc
import html
import math
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets
import numpy as np
from IPython.display import display
from matplotlib.axes import Axes

from analysis import labels, scenarios
from analysis.errors import ParameterError, Problem, ThesisError
from analysis.figures import theme
from analysis.project import Project
from analysis.scenarios import Assumptions, Entry, Value

VIEW = "application/vnd.jupyter.widget-view+json"
WIDE = {"width": "100%"}
Draw = Callable[[Assumptions], Axes]
"""A chart from the assumptions."""
DRAWS = 2000
"""How many futures are simulated for a chart that follows a control; a probability is off by up to 2.2 points
then (95%).
"""
STOPS = 60
"""About how many values a slider has."""


class Control:
    """What changes one assumption: a switch, a slider, or a slider of two ends and one of the middle.

    Attributes
    ----------
    box : HBox
        What is displayed: the label, unit, meaning and name, and the inputs.
    inputs : list of Widget
        The switch or the sliders.
    """

    def __init__(self, name: str, entry: Entry, value: Value, on_change: Callable[[], None]) -> None:
        self.name, self.entry, self.start = name, entry, value
        self.inputs = list(self._inputs(value))
        label = widgets.HTML(
            f'<div style="line-height:1.3"><b>{html.escape(entry.label)}</b>, {html.escape(entry.unit)}<br>'
            f"<small>{html.escape(entry.description)} <code>{name}</code></small></div>",
            layout={"width": "46%", "overflow": "visible"},
        )
        right = widgets.VBox(self.inputs, layout={"width": "52%"})
        self.box = widgets.HBox([label, right], layout={"align_items": "center", "width": "100%"})
        for widget in self.inputs:
            widget.observe(lambda _: on_change(), names="value")

    def _inputs(self, value: Value) -> Sequence[widgets.Widget]:
        entry = self.entry
        shared: dict[str, Any] = {"continuous_update": False, "layout": WIDE, "tooltip": entry.description}
        if entry.integer and entry.range == (0, 1):
            return [widgets.Checkbox(bool(value), description="on", indent=False, tooltip=entry.description)]
        numbers = value if isinstance(value, list) else [float(value)]
        options = [(f"{v:g}", v) for v in slider_values(entry, numbers)]
        if not isinstance(value, list):
            return [widgets.SelectionSlider(options=options, value=value, **shared)]
        first, *middle, last = scenarios.QUANTILES[entry.dist or ""]
        shared |= {"options": options, "style": {"description_width": "90px"}}
        ends = widgets.SelectionRangeSlider(
            value=(value[0], value[-1]), description=f"{first}, {last}", **shared
        )
        if len(value) == 2:
            return [ends]
        return [ends, widgets.SelectionSlider(value=value[1], description=middle[0], **shared)]

    @property
    def value(self) -> Value:
        """What the control is set to, as a scenario writes it."""
        values = [widget.value for widget in self.inputs]
        if isinstance(self.start, list):
            low, high = values[0]
            return [low, *values[1:], high]
        return scenarios.coerce(values[0], self.entry)

    def reset(self) -> None:
        """Set it back to where it started."""
        start = self.start
        self.inputs[0].value = (start[0], start[-1]) if isinstance(start, list) else start
        for widget in self.inputs[1:]:
            widget.value = start[1]  # type: ignore[index]  # three numbers, or there is no second input


class Panel:
    """Controls over some assumptions, the chart that follows them, and a form that writes what they are set
    to as a scenario.

    Attributes
    ----------
    box : VBox
        What is displayed.
    controls : dict of name to Control
    assumptions : Assumptions
        The values of the chart on the screen; those of the notebook where nothing was changed.
    """

    _resetting = False

    def __init__(
        self, draw: Draw, assumptions: Assumptions, names: Sequence[str], project: Project | None = None
    ) -> None:
        self.start, self.draw, self.project = assumptions, draw, project or Project.default()
        self.assumptions = assumptions
        self.controls = {
            name: Control(name, assumptions.register[name], assumptions[name], self._on_change)
            for name in names
        }
        self.title, self.findings, self.status = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.picture = widgets.Image(
            format="png", layout={"width": "640px", "max_width": "100%", "object_fit": "contain"}
        )
        self.reset = widgets.Button(
            description="Reset", tooltip="Back to the values of this notebook", disabled=True
        )
        self.reset.on_click(lambda _: self._reset())
        form = self._form(names)
        self.first_finding = self._draw_chart(assumptions)
        self._update_texts()
        boxes = [
            self.title,
            self.findings,
            self.picture,
            *(c.box for c in self.controls.values()),
            self.reset,
        ]
        if any(not assumptions.register[name].reading for name in names):  # no scenario sets a reading
            boxes.append(form)
        self.box = widgets.VBox([*boxes, self.status], layout={"max_width": "820px"})
        self.box.add_class("what-if")
        # what a notebook holds by now stays; to look through it again would double the time of some redraws
        gc.freeze()

    def _form(self, names: Sequence[str]) -> widgets.Accordion:
        """The inputs for name, description and reasons of a scenario, and the button that writes it."""
        self.name = widgets.Text(description="Name", placeholder="slow_money", layout=WIDE)
        self.description = widgets.Text(
            description="Says", placeholder="In a sentence what it assumes", layout=WIDE
        )
        self.reasons = {
            name: widgets.Text(
                description=self.start.register[name].label,
                placeholder="because …",
                layout=WIDE,
                style={"description_width": "240px"},
            )
            for name in names
        }
        self.reasons_box = widgets.VBox([], layout=WIDE)
        self.write = widgets.Button(description="Write scenario", button_style="primary")
        self.write.on_click(lambda _: self._write())
        form = widgets.VBox([self.name, self.description, self.reasons_box, self.write], layout=WIDE)
        return widgets.Accordion([form], titles=("Keep these values as a scenario",))

    def show(self) -> None:
        """Display the panel, as an output that holds nothing but the widget."""
        display({VIEW: {"version_major": 2, "version_minor": 0, "model_id": self.box.model_id}}, raw=True)

    @property
    def changes(self) -> dict[str, Value]:
        """The values that are not those of the notebook."""
        return {
            name: control.value
            for name, control in self.controls.items()
            if control.value != self.start[name]
        }

    @property
    def _draws(self) -> int:
        """How many futures are simulated for the chart; none where the notebook simulates none."""
        return min(self.start.draws, DRAWS) if "draws" in self.start else 0

    def _draw_chart(self, assumptions: Assumptions) -> str:
        """Draw the chart and return its finding."""
        few = assumptions.with_changes(draws=self._draws) if self._draws else assumptions
        chart = theme.chart_of(self.draw(few))
        self.picture.value = theme.png(chart, small=False)
        return chart.finding

    def _on_change(self) -> None:
        if self._resetting:
            return
        try:
            assumptions = self.start.with_changes(**self.changes)
            finding = self._draw_chart(assumptions)
        except Exception as reason:  # a model may refuse what the register allows; the last chart stays
            message = str(reason) if isinstance(reason, ThesisError) else f"cannot be drawn: {reason}"
            self._set_status(message, failed=True)
            self.write.disabled = True  # what is on the screen is not what would be written
            return
        self.assumptions = assumptions
        self._update_texts(finding)

    def _reset(self) -> None:
        self._resetting = True
        try:
            for control in self.controls.values():
                control.reset()
        finally:
            self._resetting = False
        self._on_change()

    def _update_texts(self, finding: str | None = None) -> None:
        """Say what was changed and what the chart found before and now, and ask for the reasons."""
        changes = self.changes
        changed = f"{len(changes)} of {len(self.controls)} changed" if changes else "nothing changed"
        off = 100 * 0.98 / math.sqrt(self._draws) if self._draws else 0.0  # 95%, at a probability of one half
        error = f", {self._draws:,} draws: probabilities within {off:.1f} points" if off else ""
        scenario = html.escape(self.start.scenario)
        self.title.value = f"<h4>What if? Scenario <code>{scenario}</code>, {changed}{error}</h4>"
        is_new = finding and finding != self.first_finding
        now = f"<br><b>Now:</b> {html.escape(finding)}" if finding and is_new else ""
        self.findings.value = f"<p><b>Before:</b> {html.escape(self.first_finding)}{now}</p>"
        self.reasons_box.children = [self.reasons[name] for name in changes]
        self.reset.disabled = not changes
        self.write.disabled = False
        self._set_status("")

    def _write(self) -> None:
        because = {name: self.reasons[name].value for name in self.changes}
        try:
            scenario = scenarios.write_scenario(
                self.assumptions.with_changes(**self._readings()),
                self.name.value.strip(),
                self.description.value,
                because,
                self.project,
            )
        except ThesisError as reason:
            self._set_status(str(reason), failed=True)
            return
        path = scenarios.display_path(self.project.scenario(scenario.name))
        message = (
            f"{path} is written. Run it with: thesis run --scenario {scenario.name}; compare: thesis diff"
            f" {self.start.scenario} {scenario.name}."
        )
        if to_do := [name for name, reason in scenario.because.items() if reason == scenarios.NO_REASON_YET]:
            message += f" Its reasons for {labels.join_words(to_do)} are still to be filled in."
        self._set_status(message)

    def _readings(self) -> dict[str, Value]:
        """How the article is read, as the register has it.

        Raises
        ------
        ParameterError
            A control changed one of them.
        """
        readings = {
            name: entry.value
            for name, entry in self.assumptions.register.items()
            if entry.reading and name in self.assumptions
        }
        if changed := [name for name in readings if name in self.changes]:
            rule = "says how the article is read, which a scenario may not change"
            raise ParameterError(Problem(f"control {name}", rule, "Reset it") for name in changed)
        return readings

    def _set_status(self, message: str, *, failed: bool = False) -> None:
        mark = "<b>Not done:</b> " if failed else ""
        self.status.value = f'<p role="status">{mark}{html.escape(message)}</p>' if message else ""


def slider_values(entry: Entry, values: Sequence[float]) -> list[float]:
    """What a slider can be set to: the range of an entry in about `STOPS` steps, and some values, rising.

    Steps are ratios where the entry is lognormal or spans more than a factor of 100 above zero, else a round
    number.
    """
    assert entry.limits is not None  # noqa: S101 (`what_if.assumption_table` refuses others)
    low, high = entry.limits
    if entry.dist == "lognormal" or (low > 0 and high / low > 100):
        start = low if low > 0 else min(v for v in values if v > 0) / 20
        grid = [float(v) for v in np.geomspace(start, high, STOPS + 1)]
    else:
        step = entry.multiple_of or _round_up((high - low) / STOPS)
        step = max(1.0, step) if entry.integer else step
        grid = [low + step * k for k in range(math.floor((high - low) / step + 1e-9) + 1)]
    stops = {min(max(float(f"{v:.3g}"), low), high) for v in grid} | {float(v) for v in values}
    return sorted(round(v) if entry.integer else v for v in stops | {high})


def _round_up(step: float) -> float:
    """The next of 1, 2, 5, 10 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= step * (1 - 1e-9))
