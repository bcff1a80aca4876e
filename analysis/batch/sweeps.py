"""How does a sweep run, stop and go on? Points over workers, each recorded as soon as it is done.

Decisions
- A folder holds one sweep, identified by its key. Finished points are in a journal, a line each; the same
  command goes on from there after Ctrl-C or a kill, and a torn last line is run again.
- Results go to a second file that is renamed, in the order of the points, whatever the order in which they
  finished.
- Another sweep in the folder is refused, never overwritten; so is a second one at the same time.
- Points run in processes here or on the workers of a cluster (`cluster.map_on_cluster`); the table does not
  depend on it. The journal stays on this machine; the results may go elsewhere.
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.batch import lock, storage
from analysis.errors import ParameterError, Problem
from analysis.project import Project

JOURNAL = "points.jsonl"
PARQUET = "sweep.parquet"
"""Written beside ``sweep.csv`` where pyarrow is installed."""

Evaluate = Callable[[Mapping[str, float]], list[dict[str, Any]]]
"""From a point to its rows; importable, so that worker processes can call it."""


def run(
    points: pd.DataFrame,
    evaluate: Evaluate,
    folder: Path,
    *,
    key: str,
    workers: int = 1,
    cluster: str | None = None,
    results: Path | None = None,
    on_point: Callable[[int, int], None] = lambda done, total: None,
    project: Project | None = None,
) -> pd.DataFrame:
    """Evaluate every point that the folder does not hold yet, and write the tidy table.

    Parameters
    ----------
    points
        One point a row.
    evaluate
        What is run for each.
    folder
        For the journal; made if it does not exist.
    key
        Identifies the sweep: the same key gives the same results.
    workers
        Processes, 1 or more; 1 runs here.
    cluster
        The address of a dask scheduler, or ``local``, instead.
    results
        Where ``sweep.csv`` and, with the extra ``parquet``, ``sweep.parquet`` go (see `storage.location`), by
        default into `folder`.
    on_point
        Called with the number of finished points and of all, at the start and after each.
    project
        Whose code and data the workers of a cluster must have.

    Returns
    -------
    DataFrame, a row a point and output: ``point``, the inputs, and what `evaluate` gives.

    Raises
    ------
    ParameterError
        The folder holds another sweep, or is not a folder.
    """
    out = results or folder
    backend = _Backend(workers, cluster, project or Project.default())
    with lock.held(folder), lock.held(out) if storage.is_remote(out) else nullcontext():
        done = _evaluated(points, evaluate, folder / JOURNAL, key, backend, on_point)
        table = pd.DataFrame(
            [
                {"point": index, **point, **row}
                for index, point in enumerate(_records(points))
                for row in done[index]
            ]
        )
        storage.make_folder(out)
        storage.write_whole(
            out / "sweep.csv", lambda path: table.to_csv(path, index=False, lineterminator="\n")
        )
        if can_write_parquet():
            storage.write_whole(out / PARQUET, lambda path: table.to_parquet(path, index=False))
        else:
            storage.remove(out / PARQUET)  # of an earlier sweep, which is not in sweep.csv any more
    return table


def can_write_parquet() -> bool:
    """Whether pyarrow, the extra ``parquet``, is installed."""
    return find_spec("pyarrow") is not None


@dataclass(frozen=True)
class _Backend:
    """What evaluates points: processes here, or a cluster."""

    workers: int
    cluster: str | None
    project: Project


def _records(points: pd.DataFrame) -> list[dict[str, float]]:
    return [{str(name): float(value) for name, value in row.items()} for row in points.to_dict("records")]


def _evaluated(
    points: pd.DataFrame,
    evaluate: Evaluate,
    journal: Path,
    key: str,
    backend: _Backend,
    on_point: Callable[[int, int], None],
) -> dict[int, list[dict[str, Any]]]:
    """The rows of every point; those that the journal does not hold yet are evaluated, and kept in it."""
    done = _read(journal, key)
    todo = {index: point for index, point in enumerate(_records(points)) if index not in done}
    on_point(len(done), len(points))
    with journal.open("a", encoding="utf-8") as stream:
        if not done and stream.tell() == 0:
            _write(stream, {"key": key})
        for index, rows in _results(evaluate, todo, backend):
            done[index] = rows
            _write(stream, {"point": index, "rows": rows})
            on_point(len(done), len(points))
    return done


def _results(
    evaluate: Evaluate, points: Mapping[int, Mapping[str, float]], backend: _Backend
) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Points by number with their rows, as they finish; a sweep that is stopped starts no further ones."""
    if backend.cluster and points:
        from analysis.batch.cluster import map_on_cluster

        yield from map_on_cluster(backend.cluster, backend.workers, backend.project, evaluate, points)
        return
    if backend.workers == 1 or not points:
        yield from ((index, evaluate(point)) for index, point in points.items())
        return
    pool = ProcessPoolExecutor(
        min(backend.workers, len(points)), mp_context=multiprocessing.get_context("spawn")
    )
    try:
        waiting = {pool.submit(evaluate, point): index for index, point in points.items()}
        for future in as_completed(waiting):
            yield waiting[future], future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _read(journal: Path, key: str) -> dict[int, list[dict[str, Any]]]:
    """The finished points of a journal; a line that a kill tore off is dropped from it."""
    if not journal.exists():
        return {}
    lines = journal.read_text(encoding="utf-8").splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines.pop()
        storage.write_text(journal, "".join(lines))
    if not lines:
        return {}
    entries = [json.loads(line) for line in lines]
    if entries[0].get("key") != key:
        raise ParameterError(
            Problem(
                str(journal.parent),
                "holds another sweep, or one of older code or data",
                "Choose another folder with --out, or remove this one",
            )
        )
    return {entry["point"]: entry["rows"] for entry in entries[1:]}


def _write(stream: Any, entry: Mapping[str, Any]) -> None:
    stream.write(json.dumps(entry) + "\n")
    stream.flush()
