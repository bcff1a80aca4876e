"""How long a batch takes, compared with other ways to run the same notebooks, and with the work itself.

Every way runs the same notebooks under the same scenarios, round by round and one after the other, so that
what else the machine does falls on all. The limit is the same cells in one process that has imported
everything: no kernel, no saving. No way takes a result from the store of results.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import measure
import psutil
from measure import ROOT

from analysis.batch import execute, plan, provisioner
from analysis.project import Project

LIGHT = ("2_key_players", "5_predictions", "6_verdict")
FEW = ("base", "son")
WAYS = {
    "papermill": "stock papermill, one after the other",
    "papermill_pool": "stock papermill in a process pool",
    "nbclient": "nbclient, one after the other",
    "ours": "thesis run, nothing done yet",
    "unchanged": "thesis run, nothing changed",
    "limit": "the cells alone, in one warm process",
}
LIMIT_RATIO, UNCHANGED_SECONDS = 2.5, 1.0
"""Targets: a batch compared with the cells alone, and a batch that has nothing to do."""


def tasks(names: list[str], chosen: list[str]) -> list[plan.Task]:
    return plan.plan(chosen, names)


def stock(source: Path, target: Path, parameters: dict[str, Any]) -> None:
    """One notebook by papermill, on the kernel that is installed."""
    import papermill

    target.parent.mkdir(parents=True, exist_ok=True)
    papermill.execute_notebook(source, target, parameters, cwd=source.parent, progress_bar=False)


def by_nbclient(source: Path, target: Path, parameters: dict[str, Any]) -> None:
    import nbformat
    from nbclient import NotebookClient
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    target.parent.mkdir(parents=True, exist_ok=True)
    content = parameterize_notebook(load_notebook_node(str(source)), parameters)
    NotebookClient(content, timeout=None, resources={"metadata": {"path": str(source.parent)}}).execute()
    nbformat.write(content, target)


def cells_alone(todo: list[plan.Task]) -> None:
    """The cells of all notebooks in this process; prints wall-clock and CPU seconds without imports."""
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    for name in provisioner.imports(dict.fromkeys(task.source for task in todo)):
        exec(f"import {name.rpartition('.')[0] or name}")
    shell = InteractiveShell.instance()
    os.chdir(ROOT / "notebooks")
    contents = [parameterize_notebook(load_notebook_node(str(t.source)), dict(t.parameters)) for t in todo]
    start, used = time.perf_counter(), time.process_time()
    for content in contents:
        shell.reset()
        for cell in content.cells:
            if cell.cell_type == "code":
                with capture_output():
                    done = shell.run_cell(cell.source)
                done.raise_error()
    print(json.dumps({"seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - used}))


def run_here(way: str, todo: list[plan.Task], out: Path, workers: int) -> None:
    """One way, in this process, which was started for it."""
    jobs = [(task.source, out / f"{task.name}.ipynb", dict(task.parameters)) for task in todo]
    if way == "limit":
        cells_alone(todo)
    elif way == "papermill_pool":
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            list(pool.map(stock, *zip(*jobs, strict=True)))
    else:
        for job in jobs:
            (by_nbclient if way == "nbclient" else stock)(*job)


def measured(way: str, arguments: argparse.Namespace, out: Path) -> dict[str, float]:
    """Seconds, CPU seconds and peak memory of one way, in a process of its own."""
    names = [
        *(f"--notebook={name}" for name in arguments.notebook),
        *(f"--scenario={name}" for name in arguments.scenario),
    ]
    if way in ("ours", "unchanged"):
        command = [
            sys.executable,
            "-m",
            "analysis",
            "run",
            *names,
            f"--workers={arguments.workers}",
            f"--out={out}",
        ]
    else:
        command = [
            sys.executable,
            __file__,
            *names,
            f"--workers={arguments.workers}",
            f"--way={way}",
            f"--out={out}",
        ]
    cost = measure.run(command, code=ROOT, variables={"THESIS_CACHE": "off"})
    alone = json.loads(cost.text.strip().splitlines()[-1]) if way == "limit" else {}
    return cost.numbers | alone


def differing(todo: list[plan.Task], ours: Path, theirs: Path) -> list[str]:
    """The notebooks that stock papermill did not execute to the same bytes, apart from what varies."""
    names = []
    for task in todo:
        path = theirs / f"{task.name}.ipynb"
        execute.strip_notebook(path, task.source)
        if path.read_bytes() != (ours / f"{task.name}.ipynb").read_bytes():
            names.append(task.name)
    return names


def forks(count: int) -> dict[str, float]:
    """Start and end kernels in a row: what memory and descriptors the process that forks holds after a tenth,
    and at the end.
    """
    from jupyter_client.manager import KernelManager

    os.environ |= {
        "OPENBLAS_NUM_THREADS": "1",
        provisioner.PRELOAD: ",".join(provisioner.imports(sorted((ROOT / "notebooks").glob("*.ipynb")))),
    }
    costs: dict[str, float] = {"count": count}
    for number in range(1, count + 1):
        manager = KernelManager()
        spec = manager.kernel_spec
        assert spec is not None
        spec.argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec.metadata = {"kernel_provisioner": {"provisioner_name": provisioner.NAME}}
        start = time.perf_counter()
        manager.start_kernel(extra_arguments=["--log-level=ERROR"])
        client = manager.blocking_client()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        ready = time.perf_counter()
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        if number in (max(count // 10, 1), count):
            (parent,) = provisioner.parents()
            process, when = psutil.Process(parent.process.pid), "early" if number < count else "late"
            costs |= {
                f"{when}_mb": process.memory_info().rss / 1e6,
                f"{when}_descriptors": process.num_fds(),
                f"{when}_start_seconds": ready - start,
            }
            costs |= {f"{when}_owner_descriptors": psutil.Process().num_fds()}
    provisioner.end()
    return costs


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notebook", action="append", help="a notebook; may be repeated; all for every one")
    parser.add_argument("--scenario", action="append", help="a scenario; may be repeated; all for every one")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--forks", type=int, default=500, help="kernels in a row")
    parser.add_argument("--way", choices=list(WAYS), help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    chosen = arguments.notebook or list(LIGHT)
    arguments.notebook = Project.default().slugs() if chosen == ["all"] else chosen
    arguments.scenario = arguments.scenario or list(FEW)
    return arguments


def main() -> None:
    arguments = parse_arguments()
    todo = tasks(arguments.notebook, arguments.scenario)
    if arguments.way:
        run_here(arguments.way, todo, arguments.out, arguments.workers)
        return
    rounds: list[dict[str, dict[str, float]]] = []
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=ROOT / "reports") as folder:
        for number in range(arguments.rounds):
            folders = {
                way: Path(folder) / str(number) / ("ours" if way == "unchanged" else way) for way in WAYS
            }
            for out in folders.values():
                out.mkdir(parents=True, exist_ok=True)
            rounds.append({way: measured(way, arguments, out) for way, out in folders.items()})
            other = differing(todo, folders["ours"], folders["papermill"])
            print(
                f"round {number + 1}: {len(todo) - len(other)} of {len(todo)} notebooks equal byte for byte"
                f" {other or ''}",
                flush=True,
            )
    costs = {
        way: {key: median(costs[way][key] for costs in rounds) for key in rounds[0][way]} for way in WAYS
    }
    report(costs, arguments, len(todo), forks(arguments.forks) if arguments.forks else None, other)


def report(
    costs: dict[str, dict[str, float]],
    arguments: argparse.Namespace,
    count: int,
    row: dict[str, float] | None,
    other: list[str],
) -> None:
    print(
        f"\n{count} notebooks, {arguments.workers} workers, {os.cpu_count()} cores, median of"
        f" {arguments.rounds}"
    )
    print(f"{'':<42}{'seconds':>9}{'of limit':>10}{'of stock':>10}{'CPU s':>9}{'peak MB':>9}")
    for way, text in WAYS.items():
        way_costs = costs[way]
        way_costs["of_limit"] = way_costs["seconds"] / costs["limit"]["seconds"]
        way_costs["of_stock"] = way_costs["seconds"] / costs["papermill"]["seconds"]
        print(
            f"{text:<42}{way_costs['seconds']:>9.1f}{way_costs['of_limit']:>10.2f}"
            f"{way_costs['of_stock']:>10.2f}"
            f"{way_costs['cpu_seconds']:>9.1f}{way_costs['peak_mb']:>9.0f}"
        )
    print(f"ours compared with the limit: {costs['ours']['of_limit']:.2f} (target: {LIMIT_RATIO})")
    print(f"nothing changed: {costs['unchanged']['seconds']:.2f} s (target: {UNCHANGED_SECONDS})")
    print(f"stock papermill compared with ours: {1 / costs['ours']['of_stock']:.1f} times as long")
    if row:
        print(
            f"{row['count']} kernels in a row: {row['early_mb']:.1f} -> {row['late_mb']:.1f} MB, "
            f"{row['early_descriptors']} -> {row['late_descriptors']} descriptors in the process that forks, "
            f"{row['early_owner_descriptors']} -> {row['late_owner_descriptors']} in its owner"
        )
    content = {
        "notebooks": arguments.notebook,
        "scenarios": arguments.scenario,
        "workers": arguments.workers,
        "rounds": arguments.rounds,
        "ways": costs,
        "kernels_in_a_row": row,
        "differ_from_stock": other,
        "targets": {"ours_of_limit": LIMIT_RATIO, "unchanged_seconds": UNCHANGED_SECONDS},
    }
    measure.record("execution", content)


if __name__ == "__main__":
    main()
