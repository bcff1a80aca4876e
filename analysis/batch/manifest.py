"""What was run, and is it still what a run would give? The manifest of the executed notebooks.

Decisions
- An entry describes one output. It is written as soon as the notebook is in place, so that an interrupted
  batch resumes; entries of other outputs stay as long as their file, scenario and notebook exist.
- A result is still good if it would follow from the same code and parameters, if all that it read holds the
  same, and if its file is byte for byte what was written: an executed notebook that somebody edited is run
  again, never published as a result.
- Where an equal job's result was taken over, the entry names that job (`same_as`): the one of the base
  scenario, if that is among them. It names one only as long as both results are good and equal.
- What varies between equal runs (seconds, reasons, versions, commit) is stored here and nowhere else. The
  next run is expected to take as many seconds as the last.
- A manifest that cannot be read is no manifest: everything runs again. Nor is an entry one that lacks what a
  batch computes with.
"""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from types import UnionType
from typing import Literal, NotRequired, TypedDict

from analysis import scenarios
from analysis.batch import storage
from analysis.batch.plan import Task
from analysis.batch.storage import content_digest
from analysis.hashing import sha256_of_texts
from analysis.project import Project

Status = Literal["succeeded", "failed", "cached"]
Reason = Literal["new", "code", "parameters", "data", "forced", "unchanged"]
Key = tuple[str, str]

NAME = "manifest.json"
GOOD = ("succeeded", "cached")
PARTS: tuple[Literal["code", "parameters"], ...] = ("code", "parameters")
"""What can be compared before a run by one digest each."""

PACKAGES = ("papermill", "ipykernel", "numpy", "pandas", "scipy", "seaborn")


KINDS: Mapping[str, type | UnionType] = {
    "scenario": str,
    "notebook": str,
    "status": str,
    "seconds": int | float,
    "digests": dict,
    "cells": list,
    "reads": dict,
    "changed": list,
    "same_as": str,
}
"""What fields of an entry are in Python, of those that a batch computes with."""


class RunEntry(TypedDict):
    """One output in the manifest.

    `output` is the digest of the executed notebook, None where it failed; `cells` the seconds of each cell
    that ran. `reads` has the digest of all that it read, by path, `changed` the tables and other files whose
    change made it run, `uses_scenario_name` whether its result may show the name of its scenario, and
    `same_as` the job whose result it is.
    """

    scenario: str
    notebook: str
    status: Status
    reason: Reason
    seconds: float
    digest: str
    digests: dict[str, str]
    output: NotRequired[str | None]
    error: str | None
    cells: NotRequired[list[float]]
    reads: NotRequired[dict[str, str]]
    changed: NotRequired[list[str]]
    uses_scenario_name: NotRequired[bool]
    same_as: NotRequired[str]


class Git(TypedDict):
    """The commit that was checked out, and whether files differed from it."""

    commit: str
    dirty: bool


Runs = dict[Key, RunEntry]


def read(folder: Path) -> Runs:
    """The entries of a folder of runs by scenario and notebook; empty where there is no readable manifest."""
    try:
        content = json.loads(storage.read_bytes(folder / NAME))
        return {
            (entry["scenario"], entry["notebook"]): entry for entry in content["runs"] if _is_entry(entry)
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _is_entry(entry: Mapping[str, object]) -> bool:
    """Whether the fields that a batch computes with are there and of their kind; no job has run otherwise."""
    return all(name in entry for name in ("scenario", "notebook", "status", "seconds")) and all(
        isinstance(entry[name], kind) for name, kind in KINDS.items() if name in entry
    )


def reason_to_run(task: Task, entry: RunEntry | None, *, force: bool = False) -> Reason:
    """Why a task runs: `forced`, `new`, or the first part that changed; `unchanged` if it need not."""
    if force:
        return "forced"
    if entry is None or entry.get("status") not in GOOD or "reads" not in entry:
        return "new"
    for part in PARTS:
        if entry.get("digests", {}).get(part) != getattr(task.digests, part):
            return part
    if task.file_digests.changed(entry["reads"]):
        return "data"
    return "unchanged" if _is_intact(task, entry) else "new"


def result_digests(task: Task, reads: Mapping[str, str]) -> dict[str, str]:
    """The digests of all that a result follows from, once it is known what was read."""
    data = sha256_of_texts(*(part for item in sorted(reads.items()) for part in item))
    return {"code": task.digests.code, "parameters": task.digests.parameters, "data": data}


def equal_result(task: Task, runs: Runs) -> RunEntry | None:
    """The entry of an equal job whose good result is in place, of several that of the base scenario.

    None where there is none, or the name of the scenario may show in it.
    """
    if task.unfit or task.shows_scenario:
        return None
    others = [entry for entry in runs.values() if _stands_for(entry, task)]
    return min(
        others, key=lambda entry: (entry["scenario"] != scenarios.BASE, entry["scenario"]), default=None
    )


def _stands_for(entry: RunEntry, task: Task) -> bool:
    if entry["notebook"] != task.notebook or entry["scenario"] == task.scenario or "same_as" in entry:
        return False
    output = task.output.parents[1] / entry["scenario"] / task.output.name
    other = replace(task, scenario=entry["scenario"], output=output)
    return not entry.get("uses_scenario_name", True) and reason_to_run(other, entry) == "unchanged"


def _is_intact(task: Task, entry: RunEntry) -> bool:
    """Whether the files of an entry exist and are as they were written."""
    complete = storage.is_file(task.output) and storage.is_file(task.resolved)
    return complete and entry.get("output") == content_digest(task.output)


def existing_runs(folder: Path, project: Project) -> Runs:
    """The entries of a folder whose file, scenario and notebook still exist."""
    return {key: entry for key, entry in read(folder).items() if _exists(folder, key, project)}


def with_true_links(runs: Runs) -> Runs:
    """Entries whose `same_as` leads to a good and equal result, that of the base scenario if there is one."""
    result = {key: entry if _link_holds(entry, runs) else without_link(entry) for key, entry in runs.items()}
    for (scenario, notebook), entry in runs.items():
        link = result[scenario, notebook].get("same_as")
        if scenario == scenarios.BASE and link:
            first = result[_key(link)]
            times: RunEntry = entry | {"seconds": first["seconds"], "cells": first.get("cells", [])}
            result[scenario, notebook] = without_link(times)
            linked = [key for key, other in result.items() if other.get("same_as") == link]
            for key in [_key(link), *linked]:
                result[key] = result[key] | {"same_as": f"{scenario}/{notebook}"}
    return result


def _link_holds(entry: RunEntry, runs: Runs) -> bool:
    if not (link := entry.get("same_as")):
        return True
    target = runs.get(_key(link))
    return target is not None and target["status"] in GOOD and target["digests"] == entry["digests"]


def _key(name: str) -> Key:
    scenario, _, notebook = name.partition("/")
    return scenario, notebook


def without_link(entry: RunEntry) -> RunEntry:
    """An entry as that of a result of its own."""
    result = entry.copy()
    result.pop("same_as", None)
    return result


def write(folder: Path, runs: Runs, *, versions: Mapping[str, str], git: Git | None) -> None:
    """Write the manifest of a folder."""
    content = {"runs": [runs[key] for key in sorted(runs)], "versions": versions, "git": git}
    storage.write_text(folder / NAME, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def _exists(folder: Path, key: Key, project: Project) -> bool:
    scenario, notebook = key
    planned = scenario in scenarios.names(project) and notebook in project.slugs()
    return planned and any(
        storage.is_file(folder / scenario / f"{notebook}{end}") for end in (".ipynb", ".failed.ipynb")
    )


def expected(runs: Runs, scenario: str, notebook: str) -> RunEntry | None:
    """The run that best shows how long another takes: the last of the task, else one of the notebook.

    A result that was taken over took no time, and shows nothing.
    """
    good = [
        entry
        for entry in runs.values()
        if entry["notebook"] == notebook and entry["status"] in GOOD and entry["seconds"]
    ]
    return next((entry for entry in good if entry["scenario"] == scenario), good[0] if good else None)


def versions() -> dict[str, str]:
    """The versions that a result may depend on."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions


def git(root: Path) -> Git | None:
    """The commit of a checkout and whether it is dirty; None outside of one, or before its first commit."""
    head = _git(root, "rev-parse", "--show-toplevel", "HEAD")
    top, _, commit = (head or "").rpartition("\n")
    if not top or Path(top).resolve() != root.resolve():
        return None
    return {"commit": commit, "dirty": bool(_git(root, "status", "--porcelain"))}


def _git(root: Path, *arguments: str) -> str | None:
    command = ["git", "-C", str(root), *arguments]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return result.stdout.strip() if result.returncode == 0 else None
