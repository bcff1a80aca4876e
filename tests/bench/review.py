"""How long a reviewer waits: each notebook from a fresh kernel on, each slider until the chart follows."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

import nbformat
from nbclient import NotebookClient

from analysis.notebook.widgets import Panel
from analysis.project import Project

ROOT = Project.default().root
PANEL = "what_if.panel("

WHOLE_SECONDS, REDRAW_MS = 15.0, 150.0
"""Targets: of a notebook, and of a control of a panel in the median."""

ROUNDS = 3
"""How often each control is moved."""

MEASURE = """
import json
from tests.bench.review import redraws_ms

print(json.dumps(redraws_ms(panel)))
"""


def move(part: Any) -> None:
    """Move an input of a control by a sixth of its way, forwards where there is room."""
    if isinstance(part.value, bool):
        part.value = not part.value
        return
    last = len(part.options) - 1
    step = max(1, last // 6)
    if isinstance(part.index, tuple):
        low, high = part.index
        part.index = (low, high + step) if high + step <= last else (max(0, low - step), high)
    else:
        part.index = part.index + step if part.index + step <= last else part.index - step


def redraws_ms(panel: Panel) -> dict[str, float]:
    """How long the chart takes to follow each control of a panel, in the median of some rounds."""
    redraws: dict[str, list[float]] = {name: [] for name in panel.controls}
    for _ in range(ROUNDS):
        for name, control in panel.controls.items():
            before, start = panel.picture.value, time.perf_counter()
            move(control.inputs[0])
            redraws[name].append(1000 * (time.perf_counter() - start))
            assert panel.picture.value != before and not panel.status.value, (name, panel.status.value)
            panel._reset()
    return {name: median(times) for name, times in redraws.items()}


def measured(path: Path) -> tuple[float, dict[str, float]]:
    """Seconds from the start of a kernel to the last cell, and milliseconds of each control's redraw; none
    where a notebook has no panel.
    """
    notebook = nbformat.read(path, as_version=4)
    has_panel = any(PANEL in cell.source for cell in notebook.cells if cell.cell_type == "code")
    for cell in notebook.cells:
        cell.source = cell.source.replace(PANEL, f"panel = {PANEL}")
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        extra_arguments=["--log-level=ERROR"],
    )
    start = time.perf_counter()
    with client.setup_kernel(env=os.environ | {"THESIS_REVIEW": "1", "PYTHONPATH": str(ROOT)}):
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)
        seconds = time.perf_counter() - start
        if not has_panel:
            return seconds, {}
        notebook.cells.append(nbformat.v4.new_code_cell(MEASURE))
        client.execute_cell(notebook.cells[-1], len(notebook.cells) - 1)
    printed = "".join(out.text for out in notebook.cells[-1].outputs if out.output_type == "stream")
    return seconds, json.loads(printed)


def redraw_columns(redraws: Mapping[str, float]) -> str:
    """The median over the controls of a panel beside the target, and the slowest by name."""
    if not redraws:
        return "  no panel"
    middle, slowest = median(redraws.values()), max(redraws, key=redraws.__getitem__)
    share = middle / REDRAW_MS
    return f"{middle:>14.0f} ms{share:>15.0%}{redraws[slowest]:>9.0f} ms  {slowest}"


def main() -> None:
    columns = ("restart and run all", "of the target", "redraw, median", "of the target", "slowest")
    print(f"{'':<26}{columns[0]:>22}{columns[1]:>15}{columns[2]:>17}{columns[3]:>15}{columns[4]:>12}")
    for path in sorted((ROOT / "notebooks").glob("[!.]*.ipynb")):
        seconds, redraws = measured(path)
        share = seconds / WHOLE_SECONDS
        print(f"{path.stem:<26}{seconds:>20.1f} s{share:>15.0%}{redraw_columns(redraws)}")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
