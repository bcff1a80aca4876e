"""How long a reviewer waits: each notebook from a fresh kernel on, each slider until the chart follows."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from statistics import median

import nbformat
from nbclient import NotebookClient

from analysis.project import Project

ROOT = Project.default().root

WHOLE_SECONDS, REDRAW_MS = 15.0, 300.0
"""Targets."""
MEASURE = """
import json, time

def move(part):
    "Move a part by a sixth of its way, and back."
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

redraws = {}
for name, control in panel.controls.items():
    before, start = panel.picture.value, time.perf_counter()
    move(control.parts[0])
    redraws[name] = 1000 * (time.perf_counter() - start)
    assert panel.picture.value != before and not panel.status.value, (name, panel.status.value)
    panel._reset()
print(json.dumps(redraws))
"""


def measured(path: Path) -> tuple[float, dict[str, float]]:
    """Seconds from the start of a kernel to the last cell, and milliseconds of each control's redraw."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace("what_if.panel(", "panel = what_if.panel(")
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        extra_arguments=["--log-level=ERROR"],
    )
    start = time.perf_counter()
    with client.setup_kernel(env=os.environ | {"THESIS_REVIEW": "1"}):
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)
        seconds = time.perf_counter() - start
        notebook.cells.append(nbformat.v4.new_code_cell(MEASURE))
        client.execute_cell(notebook.cells[-1], len(notebook.cells) - 1)
    printed = "".join(out.text for out in notebook.cells[-1].outputs if out.output_type == "stream")
    return seconds, json.loads(printed)


def main() -> None:
    paths = sorted((ROOT / "notebooks").glob("*.ipynb"))
    print(f"{'':<26}{'restart and run all':>22}{'of the target':>15}{'redraw, median':>17}{'slowest':>12}")
    for path in paths:
        seconds, redraws = measured(path)
        slowest = max(redraws, key=lambda name: redraws[name])
        print(
            f"{path.stem:<26}{seconds:>20.1f} s{seconds / WHOLE_SECONDS:>15.0%}"
            f"{median(redraws.values()):>14.0f} ms{redraws[slowest]:>9.0f} ms"
            f"  {redraws[slowest] / REDRAW_MS:.0%} of the target: {slowest}"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
