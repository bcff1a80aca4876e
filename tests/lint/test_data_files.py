"""A changed data file is accepted with one command, and only where nothing else is wrong with it."""

import shutil

import pytest

from analysis.errors import DataError
from analysis.evidence import csv_files
from analysis.lint import data_files
from analysis.project import Project

ROOT = Project.default().root
TABLE = "gpu_economics"


@pytest.fixture
def project(tmp_path):
    """The data of the project without its notebooks, which would only be read."""
    shutil.copytree(ROOT / "analysis" / "data", tmp_path / "analysis" / "data")
    shutil.copytree(ROOT / "params", tmp_path / "params")
    return Project(tmp_path)


def change(project, old, new):
    path = project.evidence / f"{TABLE}.csv"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return path


def test_the_new_hash_enters_the_sidecar_and_nothing_else_changes(project):
    path = change(project, "reported", "estimate")
    sidecar = path.with_name(f"{TABLE}.meta.yml")
    before = sidecar.read_text().splitlines()
    digest = data_files.accept(path, project)
    after = sidecar.read_text().splitlines()
    assert [line for line in after if line not in before] == [f"sha256: {digest}"]
    assert len(after) == len(before)
    assert csv_files.hash_problems(path, digest) == []


def test_a_file_with_another_mistake_is_refused_with_that_mistake_alone(project):
    path = change(project, "reported", "rumoured")
    sidecar = path.with_name(f"{TABLE}.meta.yml").read_bytes()
    with pytest.raises(DataError) as refusal:
        data_files.accept(path, project)
    assert ["'rumoured'" in str(problem) for problem in refusal.value.problems] == [True]
    assert path.with_name(f"{TABLE}.meta.yml").read_bytes() == sidecar


def test_what_has_no_sidecar_is_refused(project):
    with pytest.raises(DataError, match=r"none\.csv"):
        data_files.accept(project.evidence / "none.csv", project)
    (project.evidence / "none.csv").write_text("a\n")
    with pytest.raises(DataError, match=r"none\.meta\.yml"):
        data_files.accept(project.evidence / "none.csv", project)
