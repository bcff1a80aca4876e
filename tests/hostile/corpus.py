"""How does what could do harm come into a site? Each case of `cases.yml` in every place of a notebook.

Decisions
- One notebook a case, so that a page that fails names it and no case hides another; the other pages (index,
  claims, sources) show all of them together.
- The site is built by the code that publishes the report, from runs as a batch leaves them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

import yaml

from analysis import exhibits
from analysis.project import Project
from tests.small_project import write_titles

CASES = Path(__file__).with_name("cases.yml")
HOST = "hostile.invalid"
"""A name that no resolver knows."""

GRID = "breakout"
"""The case that has sliders, too; a site has one grid."""


@dataclass(frozen=True)
class Case:
    """One way to do harm."""

    name: str
    text: str
    forms: dict[str, Any] | None
    metadata: dict[str, Any]
    notebook: dict[str, Any]
    bites: bool

    @property
    def means(self) -> set[str]:
        """What it does harm with: the HTML elements and the types of output in it."""
        types = set() if self.forms is None else set(self.forms)
        return types | {f"<{name}" for name in re.findall(r"<([a-z]\w*)", self.raw.lower())}

    @property
    def raw(self) -> str:
        """What a page without any guard would take over."""
        return self.text if self.forms is None else str(next(iter(self.forms.values())))


@cache
def cases() -> tuple[Case, ...]:
    """Every case, in the order of the file."""
    return tuple(
        _case(name, entry) for name, entry in yaml.safe_load(CASES.read_text(encoding="utf-8")).items()
    )


def _case(name: str, entry: dict[str, Any]) -> Case:
    assert ("needs" in entry) != entry.get("bites", False), (
        f"{name}: either it bites, or it says what it needs"
    )
    filled = _filled(entry, {"run": f"ran(`{name}`)", "url": f"https://{HOST}/{name}"})
    return Case(
        name,
        filled.get("text", "nothing"),
        filled.get("forms"),
        filled.get("metadata", {}),
        filled.get("notebook", {}),
        filled.get("bites", False),
    )


def _filled(value: Any, words: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, words) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, words) for item in value]
    return Template(value).safe_substitute(words) if isinstance(value, str) else value


def write_project(root: Path) -> Project:
    """A project to publish whose every word would do harm: runs, and a register with a scenario."""
    project = Project(root)
    write_titles(project)
    _write_runs(project.runs)
    _write_params(project)
    return project


def _write_runs(folder: Path) -> None:
    """A batch of one scenario, with a notebook for each case."""
    (folder / "base").mkdir(parents=True)
    for case in cases():
        path = folder / "base" / f"{case.name}.ipynb"
        path.write_text(json.dumps(notebook(case)), encoding="utf-8")
        path.with_suffix(".yml").write_text(json.dumps({"scenario": "base", "growth": 2.0}), encoding="utf-8")
    runs = [
        {
            "scenario": "base",
            "notebook": case.name,
            "status": "succeeded",
            "reason": "new",
            "seconds": 1.0,
            "digest": "0" * 24,
            "error": None,
        }
        for case in cases()
    ]
    manifest = {"runs": runs, "versions": {"python": "3.11"}, "git": {"commit": "0" * 40, "dirty": False}}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def _write_params(project: Project) -> None:
    """A register and a scenario whose words would do harm, too."""
    project.params.mkdir()
    words = next(case.text for case in cases() if case.name == "image_handler")
    meaning = next(case.text for case in cases() if case.name == "script")  # the register takes no `=` there
    reference = {"title": words, "url": "https://example.org/t", "known_on": "2026-05-21"}
    entry = {
        "value": 2.0,
        "unit": "x",
        "range": [0, 9],
        "description": meaning,
        "status": "sourced",
        "label": "<b onclick=alert(1)>growth</b>",
        "group": "<script>alert(1)</script>",
        "reference": reference,
    }
    project.register.write_text(json.dumps({"growth": entry}), encoding="utf-8")
    scenario = {"scenario": "base", "description": words}
    project.scenario("base").write_text(json.dumps(scenario), encoding="utf-8")


def notebook(case: Case) -> dict[str, Any]:
    """A case in Markdown, in code, in outputs of every form, and in every text of every kind of bundle."""
    text = case.text
    prose = (
        f"# On {case.name} {text}\n\nIt says {text} and more.\n\n## Heading {text}\n\n{text}\n\n| a | b"
        f" |\n|---|---|\n| {text} | x |\n"
    )
    outputs = [_display(bundle) for bundle in _bundles(case)]
    outputs += [{"output_type": "stream", "name": name, "text": text} for name in ("stdout", "stderr")]
    outputs += [_display({form: text}) for form in ("text/html", "text/markdown", "text/latex", "text/plain")]
    if case.forms is not None:
        outputs += [_display(case.forms, case.metadata)]
        outputs += [_display(case.forms | {exhibits.MIME: _figure(case, "drawn")}, case.metadata)]
    cells = [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": prose},
        {
            "cell_type": "code",
            "id": "b",
            "metadata": {},
            "execution_count": 1,
            "source": text,
            "outputs": outputs,
        },
    ]
    return {"cells": cells, "metadata": case.notebook, "nbformat": 4, "nbformat_minor": 5}


def _display(data: dict[str, Any], metadata: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"output_type": "display_data", "data": data, "metadata": metadata or {}}


def _bundles(case: Case) -> list[dict[str, Any]]:
    drawn = [
        _figure(case, "figure"),
        _metric(case),
        _table(case),
        _statement(case),
        _ledger(case),
        _evidence(case),
    ]
    if case.name == GRID:
        drawn.append(_grid(case))
    return [{exhibits.MIME: bundle, "text/html": case.text} for bundle in drawn]


def _common(case: Case, kind: str, name: str | None = None) -> dict[str, Any]:
    source = {"title": case.text, "url": case.text, "quality": "reported"}
    return {
        "id": f"{case.name}.{name or kind}",
        "kind": kind,
        "title": f"{name or kind} {case.text}",
        "unit": case.text,
        "note": case.text,
        "sources": [source, {"title": case.text, "url": f"https://example.org/{case.text}"}],
        "claims": [f"{case.name}.claim"],
    }


def _columns(case: Case, *names: str) -> list[dict[str, Any]]:
    return [{"name": name, "title": case.text, "unit": case.text, "meaning": case.text} for name in names]


def _tabular(case: Case, kind: str, name: str | None = None) -> dict[str, Any]:
    columns = _columns(case, case.text, "verdict", "quality", "strength", "sources", "list")
    cited = [{"title": case.text, "url": case.text}]
    row = {
        case.text: case.text,
        "verdict": case.text,
        "quality": case.text,
        "strength": case.text,
        "sources": cited,
        "list": [case.text],
    }
    return _common(case, kind, name) | {"columns": columns, "rows": [row, row]}


def _figure(case: Case, name: str) -> dict[str, Any]:
    return _tabular(case, "figure", name) | {"alt": case.text, "subtitle": case.text}


def _table(case: Case) -> dict[str, Any]:
    return _tabular(case, "table") | {"role": "check"}


def _metric(case: Case) -> dict[str, Any]:
    numbers = {
        "value": 1.5,
        "low": 1.0,
        "high": 2.0,
        "level": 0.9,
        "text": f"1.5 ({case.text})",
        "short": "1.5",
    }
    words = {"formula": case.text, "inputs": {case.text: case.text}, "reads": case.text, "role": "headline"}
    return _common(case, "metric") | numbers | words


def _statement(case: Case) -> dict[str, Any]:
    return _common(case, "statement") | {"text": case.text, "role": "verdict"}


def _ledger(case: Case) -> dict[str, Any]:
    words = ("statement", "stated", "unit", "computed", "reason", "since")
    claim = dict.fromkeys(words, case.text) | {
        "id": f"{case.name}.claim",
        "section": "market",
        "verdict": "fails",
        "basis": "article",
        "where": [case.text],
        "kind": case.text,
        "sources": [{"title": case.text, "url": case.text}],
    }
    return _common(case, "ledger") | {"columns": _columns(case, *claim), "rows": [claim]}


def _grid(case: Case) -> dict[str, Any]:
    axis = {
        "name": "x",
        "title": case.text,
        "unit": case.text,
        "meaning": case.text,
        "values": [1.0, 2.0],
        "start": 1.5,
    }
    output = {"name": "y", "title": case.text, "dress": [case.text, case.text]}
    rows = [{"x": 1.0, "y": 3.0}, {"x": 2.0, "y": 4.0}]
    return _common(case, "grid") | {
        "columns": _columns(case, "x", "y"),
        "rows": rows,
        "axes": [axis],
        "outputs": [output],
    }


def _evidence(case: Case) -> dict[str, Any]:
    row = {
        "what": case.text,
        "valid_on": "2025-03-31",
        "known_on": "2025-04-30",
        "known_inferred": "yes",
        "quality": "reported",
        "source_title": case.text,
        "source": case.text,
    }
    words = ("note", "pick", "lag_because", "licence", "credit")
    gap = {"id": "gap", "what": case.text, "where": case.text}
    rest = {"lag_days": 30, "pseudo_out_of_sample": True, "as_of": "2026-05-21", "unseen": 4}
    rest |= {"gathered_on": "2026-06-30", "not_found": [gap]}
    texts = dict.fromkeys(words, case.text) | rest
    return _common(case, "evidence") | texts | {"columns": _columns(case, *row), "rows": [row]}
