"""What did the work since an earlier commit save? The commands of every day, on that commit and on this one.

Decisions
- Both are clones outside of the project folder, run by the same environment. Step by step one follows the
  other, and from round to round they change places, so that what else the machine does falls on both.
- A clone holds what is committed, or what `git stash` would store; new files count once git knows them.
- From nothing means that nothing computed is there; what Python compiles of the package is.
- A target is a share of what the earlier commit takes, or a number of seconds.
- Both sides have to show the same: every output of every notebook, and what `thesis diff` compares.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import measure
from measure import ROOT, Cost

from analysis import scenarios
from analysis.batch import manifest
from analysis.hashing import sha256
from analysis.project import Project, sidecar_of
from analysis.site import diff

EARLIER = "1a805b6"
"""The commit before results were computed once and stored."""

TABLE = "nvidia_revenue"
"""The table of evidence in which one row changes, in a note that no notebook prints."""

SIDES = ("earlier", "now")
Costs = dict[str, dict[str, list[Cost]]]
"""By step and side, one for each round."""


def clear(root: Path) -> None:
    """Remove everything that was computed."""
    git(root, "clean", "-fdxq", "reports")


def clear_environment(root: Path) -> None:
    """Leave what a fresh clone has."""
    git(root, "clean", "-fdxq")


def clear_cache(root: Path) -> None:
    """Remove stored results, and leave the runs."""
    shutil.rmtree(root / "reports" / ".cache", ignore_errors=True)


def change_row(root: Path) -> None:
    """Change the note of the first row of a table, and enter what the file is now."""
    table = Project(root).evidence_table(TABLE)
    before = table.read_bytes()
    names, first, *rest = csv.reader(before.decode().splitlines())
    first[names.index("note")] += "Read again."
    with table.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([names, first, *rest])
    sidecar = sidecar_of(table)
    old, new = (sha256(content) for content in (before, table.read_bytes()))
    sidecar.write_text(sidecar.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def leave(root: Path) -> None:
    """Leave everything as it is."""


@dataclass(frozen=True)
class Step:
    """A command that is measured on both sides, after what makes it ready."""

    title: str
    words: tuple[str, ...]
    prepare: Callable[[Path], None] = leave


STEPS = {
    "batch": Step("all notebooks from nothing", ("run", "--quiet"), clear),
    "site": Step("the site from these", ("publish",)),
    "unchanged": Step("nothing changed", ("run", "--quiet")),
    "row": Step("one row of evidence changed", ("run", "--quiet"), change_row),
    "claims_cold": Step("thesis claims, nothing stored", ("claims",), clear_cache),
    "claims_warm": Step("thesis claims again", ("claims",)),
    "base": Step("the base scenario from nothing", ("run", "--quiet", "--scenario", "base"), clear),
}
CLONE, CLONE_TITLE = "clone", "fresh clone to site (run and publish)"
INSTALL = Step("fresh clone to site with its environment", ("make", "report"), clear_environment)


@dataclass(frozen=True)
class Target:
    """The most that a step may take: a share of the earlier commit, or an amount of its own."""

    step: str
    cost: str
    limit: float
    is_share: bool = True


TARGETS = (
    Target("batch", "cpu_seconds", 0.45),
    Target("batch", "peak_mb", 1.0),
    Target("base", "cpu_seconds", 0.75),
    Target(CLONE, "seconds", 0.6),
    Target("install", "seconds", 0.6),
    Target("unchanged", "seconds", 1.0, is_share=False),
    Target("claims_cold", "seconds", 2.0, is_share=False),
    Target("claims_cold", "cpu_seconds", 2.0, is_share=False),
)
COSTS = {"seconds": "seconds", "cpu_seconds": "CPU s", "peak_mb": "peak MB", "first_seconds": "first page s"}


def git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def clone(commit: str, folder: Path) -> None:
    """A checkout of a commit, with what Python compiles of the package."""
    git(ROOT, "clone", "--quiet", "--shared", "--no-checkout", str(ROOT), str(folder))
    git(folder, "checkout", "--quiet", "--detach", commit)
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(folder / "analysis")], check=True)


def measured(step: Step, root: Path, arguments: argparse.Namespace) -> Cost:
    step.prepare(root)
    command = [sys.executable, "-m", "analysis", *step.words]
    if step is INSTALL:
        command = [*step.words, f"PYTHON={sys.executable}", f"WORKERS={arguments.workers}"]
    elif step.words[0] == "run":
        command += [
            f"--workers={arguments.workers}",
            *(f"--notebook={name}" for name in arguments.notebook),
        ]
    return measure.run(command, code=root, awaited=root / "reports" / "site" / "index.html")


def by_reason(root: Path, reason: str) -> set[str]:
    """The runs that a clone made for a reason."""
    runs = manifest.read(Project(root).runs)
    return {"/".join(key) for key, entry in runs.items() if entry["reason"] == reason}


def readers(root: Path) -> set[str]:
    """The runs that read the table; none where the manifest does not say what a run read."""
    runs: Mapping[manifest.Key, Mapping[str, Any]] = manifest.read(Project(root).runs)
    name = Project(root).evidence_table(TABLE).relative_to(root).as_posix()
    return {"/".join(key) for key, entry in runs.items() if name in entry.get("reads", ())}


def different_outputs(folders: Mapping[str, Path]) -> list[str]:
    """The notebooks of which a cell shows something else on the two sides."""

    def outputs(folder: Path, name: Path) -> list[Any]:
        path = folder / name
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"] if path.exists() else []
        return [cell.get("outputs") for cell in cells]

    names = {path.relative_to(folder) for folder in folders.values() for path in folder.glob("*/*.ipynb")}
    return sorted(
        str(name) for name in names if outputs(folders["earlier"], name) != outputs(folders["now"], name)
    )


def differences(folders: Mapping[str, Path]) -> list[str]:
    """What `thesis diff` finds between the two sides, apart from the digests of code and data."""
    register = scenarios.load_register(Project.default())
    lines = []
    for name in scenarios.names(Project.default()):
        earlier, now = (diff.read(side, folders[side] / name) for side in SIDES)
        lines += [
            f"{name}: {difference.kind} {difference.id}"
            for difference in diff.compare(earlier, now, register).differences
            if difference.kind not in ("code", "data")
        ]
    return lines


def check_equal(roots: Mapping[str, Path]) -> dict[str, list[str]]:
    """What the two sides show differently; nothing, if all is well."""
    folders = {side: Project(root).runs for side, root in roots.items()}
    return {"outputs": different_outputs(folders), "differences": differences(folders)}


def round_of(
    number: int,
    steps: Mapping[str, Step],
    roots: Mapping[str, Path],
    arguments: argparse.Namespace,
    costs: Costs,
) -> dict[str, Any]:
    """Measure every step on both sides; what they show differently, and what ran because of the row."""
    content: dict[str, Any] = {}
    for name, step in steps.items():
        for side in SIDES[:: -1 if number % 2 else 1]:
            cost = measured(step, roots[side], arguments)
            costs.setdefault(name, {}).setdefault(side, []).append(cost)
            print(f"round {number + 1}: {step.title}, {side}: {cost.seconds:.1f} s", flush=True)
        if name == "batch":
            content |= check_equal(roots)
        if name == "row":
            content["row"] = {
                side: {"ran": sorted(by_reason(root, "data")), "readers": sorted(readers(root))}
                for side, root in roots.items()
            }
            for root in roots.values():
                git(root, "checkout", "--quiet", "analysis")
    return content


def medians(costs: Costs) -> dict[str, dict[str, dict[str, float]]]:
    """By step, side and kind of cost; a clone's way to its site is its batch and the site from it."""
    numbers = {
        step: {
            side: {kind: median(cost.numbers[kind] for cost in rows) for kind in rows[0].numbers}
            for side, rows in by_side.items()
        }
        for step, by_side in costs.items()
    }
    if {"batch", "site"} <= numbers.keys():
        numbers[CLONE] = {
            side: {
                kind: numbers["batch"][side][kind] + numbers["site"][side][kind]
                for kind in ("seconds", "cpu_seconds")
            }
            for side in SIDES
        }
    return numbers


def report(numbers: Mapping[str, Mapping[str, Mapping[str, float]]], titles: Mapping[str, str]) -> None:
    """A line for each cost of each step: both sides, the share, and the target with what became of it."""
    print(f"\n{'':<42}{'':<14}{'earlier':>9}{'now':>9}{'share':>8}  target")
    targets = {(target.step, target.cost): target for target in TARGETS}
    for step, by_side in numbers.items():
        for kind, label in COSTS.items():
            if kind not in by_side["now"]:
                continue
            before, after = by_side["earlier"].get(kind, 0.0), by_side["now"][kind]
            share = after / before if before else float("nan")
            target = targets.get((step, kind))
            line = f"{titles[step]:<42}{label:<14}{before:>9.1f}{after:>9.1f}{share:>8.0%}"
            if target:
                met = (share if target.is_share else after) <= target.limit
                limit = f"{target.limit:.0%}" if target.is_share else f"{target.limit:g}"
                line += f"  {limit}: {'met' if met else 'missed'}"
            print(line)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--earlier", default=EARLIER, help="the commit to compare with")
    parser.add_argument(
        "--notebook", action="append", default=[], help="run this one alone; may be repeated; makes no site"
    )
    parser.add_argument("--step", action="append", choices=list(STEPS), help="may be repeated; all without")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--install", action="store_true", help="also `make report` in a fresh clone, with its environment"
    )
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    chosen = arguments.step or [name for name in STEPS if name != "site" or not arguments.notebook]
    steps = {name: step for name, step in STEPS.items() if name in chosen}
    if arguments.install:
        steps["install"] = INSTALL
    commits = {
        "earlier": git(ROOT, "rev-parse", "--verify", f"{arguments.earlier}^{{commit}}"),
        "now": git(ROOT, "stash", "create") or git(ROOT, "rev-parse", "HEAD"),
    }
    costs: Costs = {}
    with tempfile.TemporaryDirectory(prefix="thesis-bench-") as folder:
        roots = {side: Path(folder, side) for side in SIDES}
        for side, commit in commits.items():
            clone(commit, roots[side])
        rounds = [round_of(number, steps, roots, arguments, costs) for number in range(arguments.rounds)]
    numbers = medians(costs)
    report(numbers, {CLONE: CLONE_TITLE} | {name: step.title for name, step in steps.items()})
    for number, content in enumerate(rounds, 1):
        for kind in ("outputs", "differences"):
            if kind in content:
                print(f"round {number}: {len(content[kind])} {kind} differ {content[kind] or ''}")
        for side, row in content.get("row", {}).items():
            met = "met" if row["ran"] == row["readers"] else "missed"
            print(
                f"round {number}: a row of {TABLE}, {side}: {len(row['ran'])} ran again,"
                f" {len(row['readers'])} had read it; target: the same, {met}"
            )
    measure.record("pair", {"commits": commits, "costs": numbers, "rounds": rounds})


if __name__ == "__main__":
    main()
