"""Every path of a project follows from its root, and whoever is handed one reads no other."""

from collections.abc import Callable
from pathlib import Path

import pytest

from analysis import audit, columns, scenarios, thesis
from analysis.audit import cells
from analysis.batch import plan
from analysis.errors import ThesisError
from analysis.evidence import (
    article_tables,
    cell_rules,
    claims,
    evidence_tables,
    gathering,
    indicators,
    numbers,
    predictions,
    sources,
)
from analysis.forecasts.indicators import table as indicator_table
from analysis.lint import consistency
from analysis.project import CHECKOUT, VARIABLE, Project, sidecar_of
from tests.small_project import copy_report

OF_THE_PAGES = {"templates", "static"}
"""What a project takes from next to the package where it has none of its own."""


def paths(project: Project) -> dict[str, Path]:
    """Every path that a project names, by its property."""
    return {
        name: getattr(project, name) for name, member in vars(Project).items() if isinstance(member, property)
    }


def test_every_path_lies_in_the_root_but_those_next_to_the_code_and_no_two_are_one(tmp_path: Path) -> None:
    named = paths(Project(tmp_path))
    assert {name for name, path in named.items() if not path.is_relative_to(tmp_path)} == {
        *OF_THE_PAGES,
        "code",
    }
    assert len(set(named.values())) == len(named)


def test_the_templates_and_the_style_are_those_next_to_the_package_unless_the_project_has_its_own(
    tmp_path: Path,
) -> None:
    project = Project(tmp_path)
    for name in OF_THE_PAGES:
        assert getattr(project, name) == getattr(Project(CHECKOUT), name)
        (own := project.reports / name).mkdir(parents=True)
        assert getattr(project, name) == own


def test_the_code_is_the_running_package_unless_the_project_has_one(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.data.mkdir(parents=True)
    assert project.code == Project(CHECKOUT).package
    (project.package / "__init__.py").touch()
    assert project.code == project.package


def test_a_table_has_its_description_next_to_it(tmp_path: Path) -> None:
    table = Project(tmp_path).evidence_table("prices")
    assert (table.name, sidecar_of(table)) == ("prices.csv", table.parent / "prices.meta.yml")


def test_without_the_variable_the_project_is_the_checkout_of_the_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert Project.default() == Project(Path(__file__).parents[1])


def test_the_variable_names_the_default_project_at_each_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "other"):
        monkeypatch.setenv(VARIABLE, str(tmp_path / name))
        assert Project.default() == Project(tmp_path / name)


def test_a_relative_folder_stays_the_same_project_where_the_process_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLE, f"project_of_{tmp_path.name}")
    before = Project.default()
    monkeypatch.chdir("elsewhere")
    assert Project.default() == before == Project(tmp_path / f"project_of_{tmp_path.name}")


def test_notebooks_are_in_the_order_of_their_names_without_hidden_ones(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.notebooks.mkdir()
    for name in ("2_b.ipynb", "1_a.ipynb", ".hidden.ipynb", "notes.md"):
        (project.notebooks / name).touch()
    assert project.slugs() == ["1_a", "2_b"]
    assert [path.parent for path in project.notebook_paths()] == [project.notebooks] * 2


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A copy of the report's project where the default one has no file: whoever reads that is refused."""
    copy = copy_report(tmp_path / "copy")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "nowhere"))
    return copy


def test_loaders_read_the_project_that_they_are_handed(copy: Project) -> None:
    listed = claims.load(copy)
    assert numbers.coverage_problems(listed, copy) == []
    assert numbers.load(copy)["target"].isin([claim.id for claim in listed]).any()
    assert set(gathering.due(project=copy)["table"]) == set(evidence_tables.names(copy))
    assert set(evidence_tables.summary(project=copy)["name"]) == set(evidence_tables.names(copy))
    assert sources.references(article_tables.all_parsed_cells(copy), copy)
    assert set(columns.load(copy)) > set(columns.load())
    assert set(plan.changes(copy)[0]) and thesis.load(copy).sections


READERS: dict[str, tuple[Callable[[Project], Path], Callable[[Project], object]]] = {
    "register": (lambda copy: copy.register, scenarios.load_register),
    "scenario": (lambda copy: copy.scenario("son"), lambda copy: scenarios.load("son", copy)),
    "thesis": (lambda copy: copy.thesis_file, thesis.load),
    "columns": (lambda copy: copy.columns, columns.load),
    "claims": (lambda copy: copy.claims, claims.load),
    "cells": (lambda copy: copy.cells, cell_rules.load),
    "facts of cells": (lambda copy: copy.evidence_table("dated_facts"), cell_rules.load),
    "numbers": (lambda copy: copy.numbers, numbers.load),
    "predictions": (lambda copy: copy.predictions, predictions.load_table),
    "indicators": (lambda copy: copy.indicators, indicators.read),
    "gathering": (lambda copy: copy.gathering, gathering.load),
    "last day of gathering": (lambda copy: copy.register, gathering.load),
    "article's table": (lambda copy: copy.article_table("models"), article_tables.all_parsed_cells),
    "its sidecar": (lambda copy: sidecar_of(copy.article_table("models")), article_tables.all_parsed_cells),
    "evidence": (lambda copy: copy.evidence_table("api_prices"), lambda copy: load_table("api_prices", copy)),
    "columns of evidence": (lambda copy: copy.columns, lambda copy: load_table("api_prices", copy)),
}
"""A file of a project, and what is read of it."""


def load_table(name: str, project: Project) -> object:
    return evidence_tables.load(name, project=project)


@pytest.mark.parametrize("name", READERS)
def test_an_edit_counts_at_the_next_reading_in_the_same_process(copy: Project, name: str) -> None:
    path, read = READERS[name]
    read(copy)
    path(copy).write_text("\n")  # no file of a project may be empty
    with pytest.raises(ThesisError):
        read(copy)


def test_every_check_and_every_indicator_reads_the_project_of_its_facts(copy: Project) -> None:
    """2 s: a claim for each of forty checks."""
    assumptions = scenarios.check(scenarios.resolve("base", {"draws": 1000}, copy), copy)
    facts = audit.gather(assumptions, copy)
    by_check = {claim.check["name"]: claim for claim in claims.load(copy) if claim.check}
    assert len(audit.judge_claims(list(by_check.values()), facts)) == len(audit.CHECKS)
    assert set(cells.judge_cells(facts, [("models", "mmlu_pct")])["row"]) == set(facts.cells["models"]["row"])
    assert set(indicator_table(assumptions, facts)["status"]) <= {"signals", "quiet", "unknown"}


def test_a_project_is_checked_and_planned_by_itself(copy: Project) -> None:
    """2 s: every file of the project is read; what notebooks have stored is compared elsewhere."""
    checked = consistency.check(copy)
    assert [str(problem) for problem in checked.problems if "notebooks/" not in problem.place] == []
    assert all(checked.counts.values())
    tasks = plan.plan(project=copy)
    assert {task.notebook for task in tasks} == set(copy.slugs())
    assert all(task.output.is_relative_to(copy.root) for task in tasks)
