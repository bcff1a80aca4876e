"""What was run, and is it still what a run would give? The manifest of the executed notebooks.

Decisions
- An entry describes one output. It is written as soon as the notebook is in place, so that an interrupted
  batch resumes; entries of other outputs stay as long as their file, scenario and notebook exist.
- A result is still good if it would follow from the same three parts, and its file is byte for byte what was
  written: an executed notebook that somebody edited is run again, never published as a result.
- What varies between equal runs (seconds, reasons, versions, commit) is stored here and nowhere else. The
  next run is expected to take as many seconds as the last.
- A manifest that cannot be read is no manifest: everything runs again.
"""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Literal, NotRequired, TypedDict

from analysis import scenarios
from analysis.batch import storage
from analysis.batch.plan import Task, content_digest
from analysis.project import Project

Status = Literal["succeeded", "failed", "cached"]
Reason = Literal["new", "code", "parameters", "data", "forced", "unchanged"]
Key = tuple[str, str]

NAME = "manifest.json"
GOOD = ("succeeded", "cached")
PARTS: tuple[Literal["code", "parameters", "data"], ...] = ("code", "parameters", "data")
PACKAGES = ("papermill", "ipykernel", "numpy", "pandas", "scipy", "seaborn")


class RunEntry(TypedDict):
    """One output in the manifest.

    `output` is the digest of the executed notebook, None where it failed; `cells` the seconds of each cell
    that ran.
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


class Git(TypedDict):
    """The commit that was checked out, and whether files differed from it."""

    commit: str
    dirty: bool


Runs = dict[Key, RunEntry]


def read(folder: Path) -> Runs:
    """The entries of a folder of runs by scenario and notebook; empty where there is no readable manifest."""
    try:
        content = json.loads(storage.read_bytes(folder / NAME))
        return {(entry["scenario"], entry["notebook"]): entry for entry in content["runs"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def reason_to_run(task: Task, entry: RunEntry | None, *, force: bool = False) -> Reason:
    """Why a task runs: `forced`, `new`, or the first part that changed; `unchanged` if it need not."""
    if force:
        return "forced"
    if entry is None or entry.get("status") not in GOOD:
        return "new"
    for part in PARTS:
        if entry.get("digests", {}).get(part) != getattr(task.digests, part):
            return part
    return "unchanged" if _is_intact(task, entry) else "new"


def _is_intact(task: Task, entry: RunEntry) -> bool:
    """Whether the files of an entry exist and are as they were written."""
    complete = storage.is_file(task.output) and storage.is_file(task.resolved)
    return complete and entry.get("output") == content_digest(task.output)


def existing_runs(folder: Path, project: Project) -> Runs:
    """The entries of a folder whose file, scenario and notebook still exist."""
    return {key: entry for key, entry in read(folder).items() if _exists(folder, key, project)}


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
    """The run that best shows how long another takes: the last of the task, else one of the notebook."""
    good = [entry for entry in runs.values() if entry["notebook"] == notebook and entry["status"] in GOOD]
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
