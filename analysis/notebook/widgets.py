"""The live part of `what_if`: sliders made from the register, the chart that follows them, and the scenario
they write.

Imported only where a notebook is looked at; ipywidgets is no part of what `make report` installs.
"""

from __future__ import annotations

import gc
import html
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import ipywidgets as widgets
from IPython.display import display

from analysis import labels, scenarios
from analysis.errors import ParameterError, Problem, ThesisError
from analysis.figures import theme
from analysis.notebook import what_if
from analysis.scenarios import Assumptions, Entry, Value

VIEW = "application/vnd.jupyter.widget-view+json"
WIDE = {"width": "100%"}


class Control:
    """What moves one assumption: a switch, a slider, or two ends and a middle. `box` is what is shown."""

    def __init__(self, name: str, entry: Entry, value: Value, changed: Callable[[], None]) -> None:
        self.name, self.entry, self.start = name, entry, value
        self.parts = list(self._parts(value))
        label = widgets.HTML(
            f'<div style="line-height:1.3"><b><code>{name}</code></b>, {html.escape(entry.unit)}<br>'
            f"<small>{html.escape(entry.description)}</small></div>",
            layout={"width": "46%", "overflow": "visible"},
        )
        right = widgets.VBox(self.parts, layout={"width": "52%"})
        self.box = widgets.HBox([label, right], layout={"align_items": "center", "width": "100%"})
        for part in self.parts:
            part.observe(lambda _: changed(), names="value")

    def _parts(self, value: Value) -> Sequence[widgets.Widget]:
        entry = self.entry
        shared: dict[str, Any] = {"continuous_update": False, "layout": WIDE, "tooltip": entry.description}
        if entry.integer and entry.range == (0, 1):
            return [widgets.Checkbox(bool(value), description="on", indent=False, tooltip=entry.description)]
        numbers = value if isinstance(value, list) else [float(value)]
        options = [(f"{v:g}", v) for v in what_if.slider_values(entry, numbers)]
        if not isinstance(value, list):
            return [widgets.SelectionSlider(options=options, value=value, **shared)]
        ends = scenarios.QUANTILES[entry.dist or ""]
        wide = {"description_width": "90px"}
        both = widgets.SelectionRangeSlider(
            options=options,
            value=(value[0], value[-1]),
            description=f"{ends[0]}, {ends[-1]}",
            style=wide,
            **shared,
        )
        if len(value) == 2:
            return [both]
        return [
            both,
            widgets.SelectionSlider(
                options=options, value=value[1], description=ends[1], style=wide, **shared
            ),
        ]

    @property
    def value(self) -> Value:
        """What the control stands at, as a scenario writes it."""
        found = [part.value for part in self.parts]
        if isinstance(self.start, list):
            low, high = found[0]
            return [low, *found[1:], high]
        return scenarios.coerce(found[0], self.entry)

    def reset(self) -> None:
        """Back to where it started."""
        start = self.start
        self.parts[0].value = (start[0], start[-1]) if isinstance(start, list) else start
        for part in self.parts[1:]:
            part.value = start[1]  # type: ignore[index]  # three numbers, or there is no second part


class Panel:
    """Controls over some assumptions, the chart that follows them, and a form that writes what they say as a
    scenario.

    Attributes
    ----------
    box : VBox
        What is shown.
    controls : dict of name to Control
    assumptions : Assumptions
        The values on the screen; those of the notebook where nothing was moved.
    """

    def __init__(
        self,
        draw: what_if.Draw,
        assumptions: Assumptions,
        names: Sequence[str],
        params: Path = scenarios.PARAMS,
    ) -> None:
        self.start, self.draw, self.params = assumptions, draw, params
        self.assumptions = assumptions
        self._quiet = False
        self.controls = {
            name: Control(name, assumptions.register[name], assumptions[name], self._moved) for name in names
        }
        self.title, self.words, self.status = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.picture = widgets.Image(
            format="png", layout={"width": "640px", "max_width": "100%", "object_fit": "contain"}
        )
        self.reset = widgets.Button(
            description="Reset", tooltip="Back to the values of this notebook", disabled=True
        )
        self.reset.on_click(lambda _: self._reset())
        self.name = widgets.Text(description="Name", placeholder="slow_money", layout=WIDE)
        self.description = widgets.Text(
            description="Says", placeholder="In a sentence what it assumes", layout=WIDE
        )
        self.reasons = {
            name: widgets.Text(
                description=name, placeholder="because …", layout=WIDE, style={"description_width": "240px"}
            )
            for name in names
        }
        self.why = widgets.VBox([], layout=WIDE)
        self.write = widgets.Button(description="Write scenario", button_style="primary")
        self.write.on_click(lambda _: self._write())
        form = widgets.VBox([self.name, self.description, self.why, self.write], layout=WIDE)
        keep = widgets.Accordion([form], titles=("Keep these values as a scenario",))
        self.first = self._drawn(assumptions)
        self._say()
        moved = [control.box for control in self.controls.values()]
        keeps = (
            [] if all(assumptions.register[name].reading for name in names) else [keep]
        )  # no scenario sets one
        self.box = widgets.VBox(
            [self.title, self.words, self.picture, *moved, self.reset, *keeps, self.status],
            layout={"max_width": "820px"},
        )
        self.box.add_class("what-if")
        # what a notebook holds by now stays; to look through it again would double the time of some redraws
        gc.freeze()

    def show(self) -> None:
        """Display the panel, as an output that holds nothing but the widget."""
        display({VIEW: {"version_major": 2, "version_minor": 0, "model_id": self.box.model_id}}, raw=True)

    @property
    def changes(self) -> dict[str, Value]:
        """The values that are not those of the notebook."""
        return {name: c.value for name, c in self.controls.items() if c.value != self.start[name]}

    @property
    def _draws(self) -> int:
        """How many futures are drawn for the chart; none where the notebook draws none."""
        return min(self.start.draws, what_if.DRAWS) if "draws" in self.start else 0

    def _drawn(self, assumptions: Assumptions) -> str:
        """Draw the chart and return its finding."""
        chart = theme.chart_of(
            self.draw(assumptions.with_changes(draws=self._draws) if self._draws else assumptions)
        )
        self.picture.value = theme.png(chart)
        return chart.finding

    def _moved(self) -> None:
        if self._quiet:
            return
        try:
            assumptions = self.start.with_changes(**self.changes)
            finding = self._drawn(assumptions)
        except Exception as reason:  # a model may refuse what the register allows; the last chart stays
            self._tell(
                str(reason) if isinstance(reason, ThesisError) else f"cannot be drawn: {reason}", bad=True
            )
            self.write.disabled = True  # what is on the screen is not what would be written
            return
        self.assumptions = assumptions
        self._say(finding)

    def _reset(self) -> None:
        self._quiet = True
        try:
            for control in self.controls.values():
                control.reset()
        finally:
            self._quiet = False
        self._moved()

    def _say(self, finding: str | None = None) -> None:
        """What the panel stands at, in words."""
        changes = self.changes
        what = f"{len(changes)} of {len(self.controls)} changed" if changes else "nothing changed"
        off = 100 * 0.98 / math.sqrt(self._draws) if self._draws else 0.0  # 95%, at a probability of one half
        error = f", {self._draws:,} draws: probabilities within {off:.1f} points" if off else ""
        scenario = html.escape(self.start.scenario)
        self.title.value = f"<h4>What if? Scenario <code>{scenario}</code>, {what}{error}</h4>"
        now = f"<br><b>Now:</b> {html.escape(finding)}" if finding and finding != self.first else ""
        self.words.value = f"<p><b>Before:</b> {html.escape(self.first)}{now}</p>"
        self.why.children = [self.reasons[name] for name in changes]
        self.reset.disabled = not changes
        self.write.disabled = False
        self._tell("")

    def _write(self) -> None:
        because = {name: self.reasons[name].value for name in self.changes}
        register = self.assumptions.register
        readings = {
            name: entry.value
            for name, entry in register.items()
            if entry.reading and name in self.assumptions
        }
        try:
            if moved := [name for name in readings if name in self.changes]:
                rule = "says how the article is read, which a scenario may not change"
                raise ParameterError(Problem(f"control {name}", rule, "Reset it") for name in moved)
            made = scenarios.write_scenario(
                self.assumptions.with_changes(**readings),
                self.name.value.strip(),
                self.description.value,
                because,
                self.params,
            )
        except ThesisError as reason:
            self._tell(str(reason), bad=True)
            return
        path = scenarios.display_path(self.params / f"{made.name}.yml")
        words = (
            f"{path} is written. Run it with: thesis run --scenario {made.name}; compare: thesis diff"
            f" {self.start.scenario} {made.name}."
        )
        if left := [name for name, reason in made.because.items() if reason == scenarios.NO_REASON_YET]:
            words += f" Its reasons for {labels.join_words(left)} are still to be filled in."
        self._tell(words)

    def _tell(self, words: str, *, bad: bool = False) -> None:
        mark = "<b>Not done:</b> " if bad else ""
        self.status.value = f'<p role="status">{mark}{html.escape(words)}</p>' if words else ""
