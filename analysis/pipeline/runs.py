"""What was run, and is it fit to publish? The manifest and the executed notebooks that it lists.

Decisions
- The manifest says what succeeded, never the notebooks themselves; one that was edited after its run is no result.
- Every scenario has the same notebooks, or pages would link to nothing: anything else is refused, all reasons at once.
- Scenarios stand with the base first, notebooks in the order of the number that opens their name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from analysis import scenarios
from analysis.errors import Problem, PublishError
from analysis.pipeline.manifest import GOOD, NAME
from analysis.pipeline.plan import content_digest
from analysis.scenarios import place, validation_problems


class Run(BaseModel):
    """One notebook under one scenario, as the manifest records it."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    scenario: str
    notebook: str
    status: str
    digest: str = ""
    output: str | None = None
    error: str | None = None


class Manifest(BaseModel):
    """What a batch wrote about itself; seconds and reasons differ between equal runs and are not read."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    runs: list[Run]
    versions: Mapping[str, Any] = {}
    git: Any = None


@dataclass(frozen=True)
class Runs:
    """A complete set of runs: every scenario with every notebook."""

    folder: Path
    manifest: Manifest
    scenarios: tuple[str, ...]
    notebooks: tuple[str, ...]

    def path(self, scenario: str, notebook: str) -> Path:
        """The executed notebook of a run."""
        return self.folder / scenario / f"{notebook}.ipynb"

    def digest(self, scenario: str, notebook: str) -> str:
        """What the run was made from, as one number."""
        return next(
            run.digest for run in self.manifest.runs if (run.scenario, run.notebook) == (scenario, notebook)
        )

    def parameters(self, scenario: str, notebook: str) -> dict[str, Any]:
        """The values that a run was given, from the file beside its notebook; empty where there is none."""
        path = self.path(scenario, notebook).with_suffix(".yml")
        return scenarios.read_yaml(path, error=PublishError) if path.exists() else {}


def load(folder: Path) -> Runs:
    """The runs in a folder.

    Raises
    ------
    PublishError
        No manifest, a run that failed, a notebook that is not there, or scenarios with different notebooks.
    """
    manifest = _manifest(folder / NAME)
    names = {run.scenario for run in manifest.runs}
    notebooks = {run.notebook for run in manifest.runs}
    runs = Runs(
        folder,
        manifest,
        tuple(sorted(names, key=lambda name: (name != scenarios.BASE, name))),
        tuple(sorted(notebooks, key=_order)),
    )
    if problems := [*_failed(runs), *_missing(runs), *_edited(runs)]:
        raise PublishError(problems)
    return runs


def _order(slug: str) -> tuple[int, str]:
    found = re.match(r"\d+", slug)
    return (int(found[0]) if found else 10**6, slug)


def _manifest(path: Path) -> Manifest:
    where = place(path)
    try:
        manifest = Manifest.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise PublishError(
            Problem(where, "there is no such file, so nothing was run", "Run `thesis run` first")
        ) from None
    except ValidationError as reason:
        raise PublishError(validation_problems(reason, where)) from None
    except ValueError as reason:
        raise PublishError(Problem(where, f"is not JSON: {reason}", "Run `thesis run` again")) from None
    if not manifest.runs:
        raise PublishError(Problem(where, "lists no runs", "Run `thesis run` first"))
    return manifest


def _again(scenario: str, notebook: str) -> str:
    return f"Run `thesis run --scenario {scenario} --notebook {notebook}`"


def _failed(runs: Runs) -> list[Problem]:
    return [
        Problem(
            f"{place(runs.folder / NAME)}, {run.scenario}/{run.notebook}",
            f"{run.status}: {(run.error or 'no reason given').strip().splitlines()[0].rstrip('.')}",
            f"Mend it, then {_again(run.scenario, run.notebook)[0].lower()}{_again(run.scenario, run.notebook)[1:]}",
        )
        for run in runs.manifest.runs
        if run.status not in GOOD
    ]


def _missing(runs: Runs) -> list[Problem]:
    listed = {(run.scenario, run.notebook): run.status in GOOD for run in runs.manifest.runs}
    problems = []
    for scenario in runs.scenarios:
        for notebook in runs.notebooks:
            if (scenario, notebook) not in listed:
                rule = "was not run, while other scenarios have it"
                problems.append(Problem(f"{scenario}/{notebook}", rule, _again(scenario, notebook)))
            elif listed[scenario, notebook] and not runs.path(scenario, notebook).is_file():
                where = place(runs.path(scenario, notebook))
                problems.append(Problem(where, "there is no such notebook", _again(scenario, notebook)))
    return problems


def _edited(runs: Runs) -> list[Problem]:
    problems = []
    for run in runs.manifest.runs:
        path = runs.path(run.scenario, run.notebook)
        if run.status in GOOD and run.output and path.is_file() and content_digest(path) != run.output:
            problems.append(
                Problem(place(path), "was edited after it was run", _again(run.scenario, run.notebook))
            )
    return problems
