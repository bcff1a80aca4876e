"""A changed data file is accepted with one command, and only where nothing else is wrong with it."""

import shutil
from pathlib import Path

import pytest

from analysis.errors import DataError
from analysis.evidence import csv_files
from analysis.hashing import sha256
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
    (digest,) = data_files.accept([path, path], project)
    after = sidecar.read_text().splitlines()
    assert [line for line in after if line not in before] == [f"sha256: {digest}"]
    assert len(after) == len(before)
    assert csv_files.hash_problems(path, digest) == []


def test_a_file_with_another_mistake_is_refused_with_that_mistake_alone(project):
    path = change(project, "reported", "rumoured")
    sidecar = path.with_name(f"{TABLE}.meta.yml").read_bytes()
    with pytest.raises(DataError) as refusal:
        data_files.accept([path], project)
    assert ["'rumoured'" in str(problem) for problem in refusal.value.problems] == [True]
    assert path.with_name(f"{TABLE}.meta.yml").read_bytes() == sidecar


@pytest.mark.parametrize("folder", ["analysis/data/evidence", "analysis/data/evidence/../evidence"])
def test_a_path_from_the_working_directory_names_the_same_file(project, monkeypatch, folder):
    change(project, "reported", "rumoured")
    monkeypatch.chdir(project.root)
    with pytest.raises(DataError, match="'rumoured'"):
        data_files.accept([Path(folder) / f"{TABLE}.csv"], project)


def test_a_mistake_in_one_sidecar_leaves_all_as_they_are(project):
    path, other = change(project, "reported", "estimate"), project.evidence / "softbank_nav.csv"
    sidecar, broken = path.with_name(f"{TABLE}.meta.yml"), other.with_name("softbank_nav.meta.yml")
    broken.write_text(broken.read_text() + "pickle: 1\n")
    before = sidecar.read_bytes()
    with pytest.raises(DataError, match="key pickle"):
        data_files.accept([path, other], project)
    assert sidecar.read_bytes() == before


def test_quotes_comments_and_line_ends_stay(project):
    path = change(project, "reported", "estimate")
    sidecar = path.with_name(f"{TABLE}.meta.yml")
    old = sha256(path.read_bytes().replace(b"estimate", b"reported", 1))
    form = 'sha256: "{}"  # of the release'
    text = sidecar.read_text().replace(f"sha256: {old}", form.format(old)).replace("\n", "\r\n")
    sidecar.write_bytes(text.encode())
    (digest,) = data_files.accept([path], project)
    assert sidecar.read_bytes().decode() == text.replace(form.format(old), form.format(digest))


def test_a_file_outside_of_the_data_is_refused(project, tmp_path):
    for name in (f"{TABLE}.csv", f"{TABLE}.meta.yml"):
        shutil.copyfile(project.evidence / name, tmp_path / name)
    before = (tmp_path / f"{TABLE}.meta.yml").read_bytes()
    with pytest.raises(DataError, match="is not a data file of the project"):
        data_files.accept([tmp_path / f"{TABLE}.csv"], project)
    assert (tmp_path / f"{TABLE}.meta.yml").read_bytes() == before


def test_what_has_no_sidecar_is_refused(project):
    with pytest.raises(DataError, match=r"none\.csv"):
        data_files.accept([project.evidence / "none.csv"], project)
    (project.evidence / "none.csv").write_text("a\n")
    with pytest.raises(DataError, match=r"none\.meta\.yml"):
        data_files.accept([project.evidence / "none.csv"], project)
