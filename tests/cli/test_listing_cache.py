"""A listing is computed once for its name, its parameters and a state of code and data."""

from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.cli.listing_cache import Rows, cached_rows
from analysis.project import Project

Build = Callable[..., Project]


class Computed:
    """Rows that say how often they were computed."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Rows:
        self.times += 1
        return [{"times": self.times, "text": "ü"}]


@pytest.fixture
def here(project: Build) -> Project:
    return project()


@pytest.fixture
def computed() -> Computed:
    return Computed()


def cached_files(here: Project) -> list[Path]:
    return list((here.root / "reports" / ".cache").rglob("*.json"))


def test_rows_are_served_again_for_the_same_name_and_parameters_alone(
    here: Project, computed: Computed
) -> None:
    first = cached_rows("claims", {"years": 4}, computed, here)
    assert cached_rows("claims", {"years": 4}, computed, here) == first == [{"times": 1, "text": "ü"}]
    assert cached_rows("claims", {"years": 5}, computed, here) == [{"times": 2, "text": "ü"}]
    assert cached_rows("cells", {"years": 4}, computed, here) == [{"times": 3, "text": "ü"}]
    assert cached_rows("claims", {"years": 4}, computed, here) == first


@pytest.mark.parametrize("name", ["analysis/model.py", "analysis/data/table.csv", "requirements.lock"])
def test_a_change_of_code_or_data_has_them_computed_again_and_removes_those_of_before(
    here: Project, computed: Computed, name: str
) -> None:
    cached_rows("claims", {}, computed, here)
    cached_rows("cells", {}, computed, here)
    before = cached_files(here)
    (here.root / name).touch()
    assert cached_rows("claims", {}, computed, here) == [{"times": 1, "text": "ü"}]
    (here.root / name).write_text("changed\n")
    assert cached_rows("claims", {}, computed, here) == [{"times": 3, "text": "ü"}]
    (path,) = cached_files(here)
    assert path not in before


@pytest.mark.parametrize("content", [b"", b'[{"half', b'{"times": 7}', b"\xff"])
def test_damaged_rows_are_computed_again(here: Project, computed: Computed, content: bytes) -> None:
    cached_rows("claims", {}, computed, here)
    (path,) = cached_files(here)
    path.write_bytes(content)
    assert cached_rows("claims", {}, computed, here) == [{"times": 2, "text": "ü"}]
    assert cached_rows("claims", {}, computed, here) == [{"times": 2, "text": "ü"}]


def test_what_cannot_be_computed_leaves_nothing(here: Project) -> None:
    def broken() -> Rows:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cached_rows("claims", {}, broken, here)
    assert cached_files(here) == []


def test_a_place_that_takes_no_file_gets_its_answer(here: Project, computed: Computed) -> None:
    (here.root / "reports").write_text("a file")
    assert cached_rows("claims", {}, computed, here) == [{"times": 1, "text": "ü"}]
    assert cached_rows("claims", {}, computed, here) == [{"times": 2, "text": "ü"}]
