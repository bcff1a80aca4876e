"""Where does a project keep its files? Every path of one, from its root.

Decisions
- Each path stands here and nowhere else: code that was given another project has no constant left through
  which it could read a file of the default one.
- What reads or writes takes a project, passes it on, and without one uses `Project.default()`. That looks at
  `THESIS_ROOT` at each call, so that a process can turn to another project.
- A project is data, parameters and notebooks. The code may lie elsewhere, and the templates and the style of
  pages belong to it: a project that has none of its own takes those next to the package.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
"""Where this package lies, with the templates next to it."""

VARIABLE = "THESIS_ROOT"
"""The environment variable that names the project where the package lies outside of one."""


@dataclass(frozen=True)
class Project:
    """The paths of a project; every one follows from its root."""

    root: Path

    @classmethod
    def default(cls) -> Project:
        """The folder that `THESIS_ROOT` names, else the checkout that this package was loaded from."""
        return _project_at(os.environ.get(VARIABLE) or str(CHECKOUT))

    # What somebody writes

    @property
    def notebooks(self) -> Path:
        """The notebooks as they are stored, with the outputs of the base scenario."""
        return self.root / "notebooks"

    @property
    def params(self) -> Path:
        """The register and its scenarios."""
        return self.root / "params"

    @property
    def register(self) -> Path:
        """Every assumption."""
        return self.params / "register.yml"

    @property
    def variants(self) -> Path:
        """The choices of structure that can be defended either way."""
        return self.params / "variants.yml"

    def scenario(self, name: str) -> Path:
        """The file of a scenario."""
        return self.params / f"{name}.yml"

    @property
    def package(self) -> Path:
        """The data that notebooks use, and the code where it lies in the project."""
        return self.root / "analysis"

    @property
    def code(self) -> Path:
        """The package that notebooks import: the project's own, else the one that is running."""
        own = (self.package / "__init__.py").is_file()
        return self.package if own else CHECKOUT / self.package.name

    @property
    def lock_file(self) -> Path:
        """The exact versions of all libraries."""
        return self.root / "requirements.lock"

    @property
    def readme(self) -> Path:
        """What a newcomer reads first, with the map of exhibits."""
        return self.root / "README.md"

    @property
    def contributing(self) -> Path:
        """How to change the project, with the map of exhibits."""
        return self.root / "CONTRIBUTING.md"

    @property
    def changelog(self) -> Path:
        """What changed from version to version."""
        return self.root / "CHANGELOG.md"

    @property
    def data(self) -> Path:
        """What the article says, and what others measured."""
        return self.package / "data"

    @property
    def thesis(self) -> Path:
        """What the article says: its tables, and the files that say what to do with its statements."""
        return self.data / "thesis"

    @property
    def thesis_file(self) -> Path:
        """What is particular to the thesis: its title, sections, tables and names."""
        return self.thesis / "thesis.yml"

    @property
    def glossary(self) -> Path:
        """Terms that a reader may not know, with what they mean."""
        return self.thesis / "glossary.yml"

    def article_table(self, name: str) -> Path:
        """One of the article's tables; its sidecar is next to it, `NAME.meta.yml`."""
        return self.thesis / f"{name}.csv"

    @property
    def claims(self) -> Path:
        """The article's checkable statements."""
        return self.thesis / "claims.yml"

    @property
    def cells(self) -> Path:
        """What decides the cells of the article's tables."""
        return self.thesis / "cells.yml"

    @property
    def numbers(self) -> Path:
        """The list of the numbers that the article prints, with its sidecar."""
        return self.article_table("numbers")

    @property
    def predictions(self) -> Path:
        """What the article predicts."""
        return self.thesis / "predictions.yml"

    @property
    def published_probabilities(self) -> Path:
        """What we said of it and when; lines are only appended (`thesis predictions --record`)."""
        return self.thesis / "published_probabilities.csv"

    @property
    def indicators(self) -> Path:
        """What to watch."""
        return self.thesis / "indicators.yml"

    @property
    def columns(self) -> Path:
        """What the columns of this thesis' models mean."""
        return self.thesis / "columns.yml"

    @property
    def evidence(self) -> Path:
        """What others measured: tables with their sidecars."""
        return self.data / "evidence"

    @property
    def calibration(self) -> Path:
        """How the model would have done on past cases, as `thesis calibrate` stored it."""
        return self.data / "calibration"

    def evidence_table(self, name: str) -> Path:
        """One table of the evidence; its sidecar is next to it, `NAME.meta.yml`."""
        return self.evidence / f"{name}.csv"

    @property
    def gathering(self) -> Path:
        """When the evidence was gathered, and what was not found."""
        return self.evidence / "gathering.yml"

    @property
    def reports(self) -> Path:
        """How pages are made, and all that is computed."""
        return self.root / "reports"

    @property
    def templates(self) -> Path:
        """The templates of the site's pages."""
        return self._of_the_pages("templates")

    @property
    def static(self) -> Path:
        """The style sheets and the script of the site."""
        return self._of_the_pages("static")

    @property
    def guide(self) -> Path:
        """How a reader argues with the report, step by step."""
        return self.reports / "guide.md"

    @property
    def model_changes(self) -> Path:
        """How the model of an earlier version was set, and which faults its changes mend."""
        return self.thesis / "model_changes.yml"

    @property
    def retired_ids(self) -> Path:
        """The ids that earlier pages had."""
        return self.reports / "retired.yml"

    def _of_the_pages(self, name: str) -> Path:
        own = self.reports / name
        return own if own.is_dir() else CHECKOUT / "reports" / name

    # What is computed

    @property
    def runs(self) -> Path:
        """The executed notebooks of the scenarios; what is published."""
        return self.reports / "runs"

    @property
    def custom(self) -> Path:
        """Runs with overridden values (`-p`); never published as a scenario."""
        return self.reports / ".custom"

    @property
    def failed_refreshes(self) -> Path:
        """Where a notebook goes whose stored outputs could not be renewed."""
        return self.reports / ".notebooks"

    @property
    def sweeps(self) -> Path:
        """The results of sweeps."""
        return self.reports / ".sweeps"

    @property
    def cache(self) -> Path:
        """Results that were computed before (`stored_results`)."""
        return self.reports / ".cache"

    @property
    def site(self) -> Path:
        """The pages."""
        return self.reports / "site"

    def notebook_paths(self) -> list[Path]:
        """The notebooks, in the order of their names."""
        return sorted(path for path in self.notebooks.glob("*.ipynb") if not path.name.startswith("."))

    def slugs(self) -> list[str]:
        """The names of the notebooks, in their order."""
        return [path.stem for path in self.notebook_paths()]


def sidecar_of(table: Path) -> Path:
    """The file that describes a table."""
    return table.with_suffix(".meta.yml")


@cache
def _project_at(folder: str) -> Project:
    """The project in a folder; one that is named relative to the working directory stays where it was."""
    return Project(Path(folder).resolve())
