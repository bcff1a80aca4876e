"""Every path of a project follows from its root, and the default project from the environment."""

from pathlib import Path

import pytest

from analysis.project import CHECKOUT, VARIABLE, Project, sidecar_of

OF_THE_PAGES = {"templates", "static"}


def paths(project: Project) -> dict[str, Path]:
    """Every path that a project names, by its property."""
    return {
        name: getattr(project, name) for name, member in vars(Project).items() if isinstance(member, property)
    }


def test_every_path_lies_in_the_root_but_those_of_pages_and_no_two_are_one(tmp_path: Path) -> None:
    named = paths(Project(tmp_path))
    assert {name for name, path in named.items() if not path.is_relative_to(tmp_path)} == OF_THE_PAGES
    assert len(set(named.values())) == len(named)


def test_the_templates_and_the_style_are_those_next_to_the_package_unless_the_project_has_its_own(
    tmp_path: Path,
) -> None:
    project = Project(tmp_path)
    for name in OF_THE_PAGES:
        assert getattr(project, name) == getattr(Project(CHECKOUT), name)
        (own := project.reports / name).mkdir(parents=True)
        assert getattr(project, name) == own


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
