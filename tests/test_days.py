"""Any day that the register allows: all six notebooks show what was known on it, and say what was not."""

import json
import re

import pytest

from analysis import scenarios
from analysis.notebook import display
from analysis.project import Project

ROOT = Project.default().root

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FIRST, _ = scenarios.load_register()["as_of"].days
BEFORE_FLAGSHIP = "2026-04-22"
"""The day before the model whose list price notebook 3 takes under the base was listed."""
NO_NUMBER = re.compile(r"(?<![A-Za-z])(?:nan|NaN|NaT|inf)(?![A-Za-z])")


def executed(path, monkeypatch, **values):
    """What a notebook displays, its code cells executed here, with some parameters replaced."""
    exhibits = []
    monkeypatch.setattr(display, "display", lambda data, raw: exhibits.append(data))
    names = {"__name__": "__main__"}
    for number, cell in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"]):
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"{path.stem}, cell {number}", "exec"), names)
            if "parameters" in cell["metadata"].get("tags", []):
                names |= {name: value for name, value in values.items() if name in names}
    return exhibits


@pytest.mark.slow  # half a minute a day: every notebook runs on it, with few draws
@pytest.mark.parametrize("day", [FIRST.isoformat(), "2025-08-08", BEFORE_FLAGSHIP])
def test_every_notebook_runs_on_a_day_of_the_register_and_writes_no_missing_number(day, monkeypatch):
    for path in NOTEBOOKS:
        exhibits = executed(path, monkeypatch, as_of=day, draws=1000)
        assert exhibits, path.stem
        for exhibit in exhibits:
            bundle = exhibit[display.MIME]
            words = [
                exhibit["text/plain"],
                *(str(bundle.get(key) or "") for key in ("note", "alt", "subtitle")),
            ]
            assert not NO_NUMBER.search("\n".join(words)), f"{bundle['id']}: {words}"
