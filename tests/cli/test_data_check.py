"""Data is read before a kernel starts, once for each state of code and data."""

import shutil
from pathlib import Path

import pytest

from analysis import stored_results
from analysis.cli import data_check
from analysis.errors import DataError, Problem
from analysis.project import Project


@pytest.fixture
def here(tmp_path: Path) -> Project:
    """The second thesis, to change something in it."""
    root = tmp_path / "thesis"
    shutil.copytree(Project.default().root / "tests" / "second_thesis", root)
    return Project(root)


@pytest.fixture
def read() -> list[Project]:
    """The projects whose data was read, in order."""
    return []


def test_data_is_read_once_until_a_file_of_it_changes(here: Project, read: list[Project]) -> None:
    data_check.check(read.append, here)
    data_check.check(read.append, here)
    assert read == [here]
    here.claims.write_text(here.claims.read_text() + "\n# another line\n")
    data_check.check(read.append, here)
    assert read == [here, here]


def test_data_is_read_again_once_the_range_of_the_cut_off_date_has_changed(
    here: Project, read: list[Project]
) -> None:
    text = here.register.read_text()
    later = text.replace('"2025-06-30"]', '"2025-07-31"]')
    for content in (text, later, later):
        here.register.write_text(content)
        data_check.check(read.append, here)
    assert text != later and len(read) == 2


def test_data_is_read_again_once_stored_results_were_cleared(here: Project, read: list[Project]) -> None:
    data_check.check(read.append, here)
    stored_results.clear(here)
    data_check.check(read.append, here)
    assert len(read) == 2


def test_bad_data_is_refused_each_time(here: Project) -> None:
    def read(project: Project) -> None:
        raise DataError(Problem("seasons.csv", "is empty", "Write a header and at least one row"))

    for _ in range(2):
        with pytest.raises(DataError, match=r"seasons\.csv: is empty"):
            data_check.check(read, here)


def test_a_project_that_takes_no_file_is_checked_each_time(here: Project, read: list[Project]) -> None:
    here.reports.mkdir(exist_ok=True)
    here.cache.write_text("no folder")
    data_check.check(read.append, here)
    data_check.check(read.append, here)
    assert len(read) == 2
