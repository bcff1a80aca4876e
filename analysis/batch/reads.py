"""What did a notebook read, and does that still hold the same?

Decisions
- What counts is what the kernel did (`cache.watch`), not what somebody declared: files that it opened or
  announced under the project's data, parameters and notebooks, and folders that it listed, which count with
  the names of all files in them but hidden ones and the copies that an editor leaves.
- A kernel that started another process counts as having read all data and parameters, and so does one whose
  notebook or package imports a library that opens files without Python's knowledge. One that was not watched
  also counts as having used the name of its scenario.
- The register is left out: what a notebook sees of it is among its parameters. So are its own file, whose
  cells are its code, and a file that it wrote before it read it.
- A file counts with what it held before the first notebook of the batch started: an edit in between makes a
  result stale, never wrong. A file that was not there counts, too: it may come.
- A module that lies next to the notebooks is a file like others, also where Python reads what it compiled of
  it.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from analysis import cache
from analysis.batch import storage
from analysis.hashing import sha256_of_texts
from analysis.project import Project

VARIABLE = "THESIS_READS"
"""The variable of a kernel that names the file in which it writes down what it reads."""

COMPILED_READERS = re.compile(
    r"^\s*(?:from|import)\s+(?:duckdb|fastparquet|h5py|netCDF4|polars|pyarrow|pyreadr|tables)\b",
    re.MULTILINE,
)
"""The import of a library that opens files without Python's knowledge."""

ABSENT = ""
"""The digest of what is not there."""


@dataclass(frozen=True)
class Reads:
    """What a kernel read: files and folders of the project by their paths in it.

    `everything` says that it may have read more, `scenario_name` that it used the name of its scenario.
    """

    paths: tuple[str, ...] = ()
    everything: bool = False
    scenario_name: bool = False


def may_read_unnoticed(sources: Iterable[str]) -> bool:
    """Whether one of these sources imports a library that opens files without Python's knowledge."""
    return any(COMPILED_READERS.search(source) for source in sources)


def read_log(log: Path, project: Project) -> Reads:
    """What a kernel wrote down, as far as it counts (see the decisions)."""
    try:
        lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError):
        lines = []
    kinds = {kind for kind, _ in lines}
    watched = cache.WATCHED in kinds
    paths: dict[str, str] = {}
    for kind, text in lines:
        if kind in (cache.READ, cache.WRITTEN) and (path := _path_in(project, text)):
            paths.setdefault(path, kind)
    return Reads(
        tuple(sorted(path for path, kind in paths.items() if kind == cache.READ)),
        not watched or cache.EVERYTHING in kinds,
        not watched or cache.SCENARIO in kinds,
    )


def _path_in(project: Project, text: str) -> str | None:
    """The path in a project of what lies under its data, parameters or notebooks; None elsewhere."""
    root = project.root.absolute()
    full = Path(text)
    if full.parent.name == "__pycache__" and full.suffix == ".pyc":
        full = Path(importlib.util.source_from_cache(full))
    for path in (full, full.resolve()):
        for base in (root, root.resolve()):
            if path.is_relative_to(base):
                name = path.relative_to(base).as_posix()
                return name if _counts(name, project) else None
    return None


def _counts(name: str, project: Project) -> bool:
    folders = [folder.relative_to(project.root).as_posix() for folder in _folders(project)]
    inside = any(PurePosixPath(name).is_relative_to(folder) for folder in folders)
    return inside and project.root / name != project.register


def _folders(project: Project) -> tuple[Path, ...]:
    return project.data, project.params, project.notebooks


def _files_under(folder: Path, above: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """All files under a folder, also where a link leads to another one, but for a link to one above."""
    real = folder.resolve()
    if folder.is_dir() and real not in above:
        for path in folder.iterdir():
            if path.is_dir():
                yield from _files_under(path, above | {real})
            elif path.is_file():
                yield path


class FileDigests:
    """What the files that notebooks may read hold, at one moment: digests by their paths in the project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        paths = [path for folder in _folders(project) for path in _files_under(folder)]
        self._files = {
            name: storage.content_digest(path)
            for path in sorted(paths)
            if _counts(name := path.relative_to(project.root).as_posix(), project)
        }

    def of(self, reads: Reads | None, notebook: Path) -> dict[str, str]:
        """The digest of all that a notebook read, by path; a folder ends with ``/``.

        Without `reads` nothing is known, which is `Reads.everything`.
        """
        reads = reads or Reads(everything=True)
        own = notebook.absolute().relative_to(self._project.root.absolute()).as_posix()
        paths = {self._as_key(path) for path in reads.paths} | (set(self._all) if reads.everything else set())
        return {path: self.digest(path) for path in sorted(paths - {own})}

    def digest(self, path: str) -> str:
        """The digest of a file's content, or of the names of a folder's files; `ABSENT` if there is none."""
        if path.endswith("/"):
            names = [name for name in self._files if name.startswith(path) and not _is_hidden(name)]
            return sha256_of_texts(*names) if names else ABSENT
        return self._files.get(path, ABSENT)

    def changed(self, digests: Mapping[str, str]) -> tuple[str, ...]:
        """What does not hold the same any more as when these digests were taken, in words: a table by its
        name, anything else by its path.
        """
        paths = [path for path, digest in digests.items() if self.digest(path) != digest]
        return tuple(dict.fromkeys(_table_name(path) or path for path in paths))

    @cached_property
    def _all(self) -> list[str]:
        """All data and parameters."""
        return list(self._everything())

    def _everything(self) -> Iterator[str]:
        for folder in (self._project.data, self._project.params):
            name = f"{folder.relative_to(self._project.root).as_posix()}/"
            yield name
            yield from (path for path in self._files if path.startswith(name) and not _is_hidden(path))

    def _as_key(self, path: str) -> str:
        is_folder = path not in self._files and any(name.startswith(f"{path}/") for name in self._files)
        return f"{path}/" if is_folder else path


def _is_hidden(name: str) -> bool:
    """Whether a name is hidden, or one under which an editor leaves a copy."""
    parts = name.split("/")
    return any(part.startswith((".", "#")) or part.endswith("~") or part == "__pycache__" for part in parts)


def _table_name(path: str) -> str | None:
    """The name of a table, by its own file or that which describes it; None for any other file."""
    name = PurePosixPath(path).name
    return next((name.removesuffix(end) for end in (".csv", ".meta.yml") if name.endswith(end)), None)
