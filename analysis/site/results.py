"""What was run, and is it fit to publish? The manifest and the executed notebooks that it lists.

Decisions
- The manifest says what succeeded, never the notebooks themselves; one that was edited after its run is no
  result.
- Every scenario has the same notebooks, all of the project, or pages would link to nothing: anything else is
  refused, all reasons at once, unless a part is asked for: then what is not there has its reason, and its
  page says so. An earlier result of a notebook that failed since is no part: it would be shown next to
  numbers that it does not fit.
- Scenarios have the base first, notebooks in the order of the number that opens their name.
- Whether a section is the same under every scenario is read off the results, not off how they came about:
  equal results give an equal site, whether a batch ran the notebook once or six times.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from analysis import scenarios
from analysis.batch.equal_jobs import INJECTED, LABEL
from analysis.batch.manifest import GOOD, NAME
from analysis.batch.storage import content_digest
from analysis.errors import Problem, PublishError
from analysis.scenarios import display_path, validation_problems


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
    """A set of runs: every scenario with every notebook, or why that is missing."""

    folder: Path
    manifest: Manifest
    scenarios: tuple[str, ...]
    notebooks: tuple[str, ...]
    missing: Mapping[tuple[str, str], str] = field(default_factory=dict)
    awaited: tuple[str, ...] = ()
    """Scenarios that are still being computed, and of which nothing is shown."""

    def path(self, scenario: str, notebook: str) -> Path:
        """The executed notebook of a run."""
        return self.folder / scenario / f"{notebook}.ipynb"

    def digest(self, scenario: str, notebook: str) -> str:
        """What the run was made from, as one number."""
        return next(
            run.digest for run in self.manifest.runs if (run.scenario, run.notebook) == (scenario, notebook)
        )

    def parameters(self, scenario: str, notebook: str) -> dict[str, Any]:
        """The values of its parameters, from the file next to its notebook; empty where there is none."""
        path = self.path(scenario, notebook).with_suffix(".yml")
        return scenarios.read_yaml(path, error=PublishError) if path.exists() else {}

    @cached_property
    def shared(self) -> frozenset[str]:
        """The notebooks that have one result under every scenario: all cells and parameters but the label."""
        return frozenset(slug for slug in self.notebooks if len(self.scenarios) > 1 and self._is_shared(slug))

    def _is_shared(self, notebook: str) -> bool:
        if any((scenario, notebook) in self.missing for scenario in self.scenarios):
            return False
        for read in (self._values, self._cells):  # the short files first
            first, *others = (read(scenario, notebook) for scenario in self.scenarios)
            if any(other != first for other in others):
                return False
        return True

    def _values(self, scenario: str, notebook: str) -> dict[str, Any]:
        values = self.parameters(scenario, notebook)
        return {name: value for name, value in values.items() if name != LABEL}

    def _cells(self, scenario: str, notebook: str) -> object:
        """The cells of an executed notebook but the one that holds its values; its bytes if it has none."""
        raw = self.path(scenario, notebook).read_bytes()
        with suppress(ValueError, LookupError, TypeError, AttributeError):  # refused when it is drawn
            return [
                cell
                for cell in json.loads(raw)["cells"]
                if INJECTED not in cell.get("metadata", {}).get("tags", ())
            ]
        return raw


def load(
    folder: Path, *, partial: bool = False, awaited: Collection[str] = (), notebooks: Collection[str] = ()
) -> Runs:
    """The runs in a folder; with `partial` also where some are missing.

    Parameters
    ----------
    folder : Path
        Where the batch put them.
    partial : bool
        Whether missing runs are left out with their reason, and not refused.
    awaited : collection of str
        Scenarios that are still being computed, whose runs do not count yet.
    notebooks : collection of str
        The notebooks of the project: one that was never run is missing, too.

    Raises
    ------
    PublishError
        No manifest, or nothing in it that can be shown; without `partial` also a run that failed, a notebook
        that is not there, or scenarios with different notebooks.
    """
    manifest = _read_manifest(folder / NAME)
    finished = [run for run in manifest.runs if run.scenario not in awaited]
    manifest = manifest.model_copy(update={"runs": finished})
    names = {run.scenario for run in manifest.runs}
    every = {*notebooks, *(run.notebook for run in manifest.runs)}
    runs = Runs(
        folder,
        manifest,
        tuple(sorted(names, key=lambda name: (name != scenarios.BASE, name))),
        tuple(sorted(every, key=_section_order)),
        awaited=tuple(awaited),
    )
    problems = {
        key: problem for check in (_missing_runs, _edited_runs, _failed_runs) for key, problem in check(runs)
    }
    if problems and (not partial or len(problems) == len(names) * len(every)):
        raise PublishError(problems[key] for key in sorted(problems))
    return replace(runs, missing={key: problem.rule for key, problem in problems.items()})


def _section_order(slug: str) -> tuple[int, str]:
    number = re.match(r"\d+", slug)
    return (int(number[0]) if number else 10**6, slug)


def _read_manifest(path: Path) -> Manifest:
    where = display_path(path)
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


def _run_command(scenario: str, notebook: str) -> str:
    return f"Run `thesis run --scenario {scenario} --notebook {notebook}`"


RunProblems = Iterator[tuple[tuple[str, str], Problem]]
"""Scenario and notebook, and what is wrong with that run."""


def _failed_runs(runs: Runs) -> RunProblems:
    for run in runs.manifest.runs:
        if run.status not in GOOD:
            again = _run_command(run.scenario, run.notebook)
            yield (
                (run.scenario, run.notebook),
                Problem(
                    f"{display_path(runs.folder / NAME)}, {run.scenario}/{run.notebook}",
                    f"{run.status}: {(run.error or 'no reason given').strip().splitlines()[0].rstrip('.')}",
                    f"Mend it, then {again[0].lower()}{again[1:]}",
                ),
            )


def _missing_runs(runs: Runs) -> RunProblems:
    recorded = {(run.scenario, run.notebook) for run in runs.manifest.runs}
    for scenario, notebook in product(runs.scenarios, runs.notebooks):
        path, again = runs.path(scenario, notebook), _run_command(scenario, notebook)
        if (scenario, notebook) not in recorded:
            has_others = any(run.notebook == notebook for run in runs.manifest.runs)
            rule = "was not run, while other scenarios have it" if has_others else "was never run"
            yield (scenario, notebook), Problem(f"{scenario}/{notebook}", rule, again)
        elif not path.is_file():
            yield (scenario, notebook), Problem(display_path(path), "there is no such notebook", again)


def _edited_runs(runs: Runs) -> RunProblems:
    for run in runs.manifest.runs:
        path = runs.path(run.scenario, run.notebook)
        if run.status in GOOD and run.output and path.is_file() and content_digest(path) != run.output:
            again = _run_command(run.scenario, run.notebook)
            yield (
                (run.scenario, run.notebook),
                Problem(display_path(path), "was edited after it was run", again),
            )
