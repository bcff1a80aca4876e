"""Which pages of a site have to be drawn again? Those whose inputs are not what they were.

Decisions
- Every page has a key: a digest of all that it is drawn from. The page of a notebook depends on that
  notebook, on the leading scenario (whose verdicts and numbers are on all pages), on which sections are
  the same under every scenario, the register, the templates and the code; every other page on all
  notebooks.
- A site says in `built.json` under which keys its pages were drawn and what its files were. A page is taken
  over only where both still fit, so that a file that somebody edited is drawn again.
- Keys follow from inputs alone: equal inputs give an equal `built.json`, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from analysis.hashing import sha256
from analysis.site.results import Runs

BUILT = "built.json"
OTHER_PAGES = "sheets"
"""The key of all pages that are not the page of a notebook."""
LIBRARIES = ("fonttools", "jinja2", "markupsafe", "mistune", "nh3", "pydantic")
"""What pages are drawn with, besides our own code."""


def keys(
    runs: Runs, sources: Iterable[Path], *, document: bool = False, is_old: bool = False
) -> dict[str, str]:
    """The key of each page of a notebook by the page's name, and that of all other pages under `OTHER_PAGES`.

    Parameters
    ----------
    runs : Runs
        What the site is made of.
    sources : iterable of Path
        Files and folders that every page depends on: templates, style, register, changelog.
    document : bool
        Whether the pages are bound in one document, too, to which some of them lead.
    is_old : bool
        Whether the pages say that the evidence is old.
    """
    inputs = [path for source in sources for path in (source.rglob("*") if source.is_dir() else [source])]
    common = sorted(_file_digest(path) for path in {*code_files(), *inputs} if path.is_file())
    common += [f"{name} {metadata.version(name)}" for name in LIBRARIES]
    notebooks = {
        (scenario, slug): _notebook_digest(runs, scenario, slug)
        for scenario in runs.scenarios
        for slug in runs.notebooks
    }
    common += ["shared", *sorted(runs.shared), "awaited", *runs.awaited, f"old {is_old}"]
    common += [*runs.scenarios, *(notebooks[runs.scenarios[0], slug] for slug in runs.notebooks)]
    pages = {
        f"{scenario}/{slug}.html": _digest([*common, notebook])
        for (scenario, slug), notebook in notebooks.items()
    }
    about = json.dumps([runs.manifest.git, runs.manifest.versions], sort_keys=True)
    return pages | {OTHER_PAGES: _digest([*pages.values(), about, str(document)])}


def code_files() -> set[Path]:
    """The modules that pages are drawn with: the site, the batch whose runs it reads, and what all share."""
    package = Path(__file__).parents[1]
    return {path for folder in (package, package / "batch", package / "site") for path in folder.glob("*.py")}


def _notebook_digest(runs: Runs, scenario: str, slug: str) -> str:
    """What a notebook's page is drawn from: the executed notebook and parameters, or why it is missing."""
    if reason := runs.missing.get((scenario, slug)):
        return _digest(["missing", reason])
    parts = [
        _file_digest(runs.path(scenario, slug)),
        _parameters_digest(runs, scenario, slug),
        runs.digest(scenario, slug),
    ]
    return _digest(parts)


def _parameters_digest(runs: Runs, scenario: str, slug: str) -> str:
    path = runs.path(scenario, slug).with_suffix(".yml")
    return _file_digest(path) if path.is_file() else ""


def _file_digest(path: Path) -> str:
    return f"{path.name} {sha256(path.read_bytes())}"


def _digest(parts: Iterable[str]) -> str:
    return sha256("\n".join(parts))


def write_record(keys: Mapping[str, str], files: Mapping[str, str]) -> str:
    """The text of `built.json`: keys, and the digest of each file by its name."""
    return json.dumps({"keys": dict(keys), "files": dict(files)}, indent=0) + "\n"


@dataclass(frozen=True)
class PreviousBuild:
    """The site that stands where the new one goes; an empty one where there is none to read."""

    folder: Path
    keys: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def at(cls, folder: Path) -> PreviousBuild:
        """The site in a folder."""
        with suppress(OSError, ValueError, LookupError, TypeError):
            record = json.loads((folder / BUILT).read_text(encoding="utf-8"))
            return cls(folder, dict(record["keys"]), dict(record["files"]))
        return cls(folder)

    def is_unchanged(self, keys: Mapping[str, str]) -> bool:
        """Whether it was made under these keys, and every file is what was written, with none besides."""
        if not self.keys or self.keys != keys:
            return False
        there = {
            path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file()
        }
        return there == {*self.files, BUILT} and all(self._raw(name) is not None for name in self.files)

    def page(self, name: str, key: str) -> str | None:
        """A page that was drawn under this key and is what was written; None where it has to be drawn."""
        raw = self._raw(name) if self.keys.get(name) == key else None
        return None if raw is None else raw.decode()

    def _raw(self, name: str) -> bytes | None:
        """A file as it was written; None where it is gone or changed."""
        with suppress(OSError):
            raw = (self.folder / name).read_bytes()
            if sha256(raw) == self.files.get(name):
                return raw
        return None
