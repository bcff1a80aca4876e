"""A small project of one's own for every test: two scenarios, and the notebooks that it asks for."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.pipeline.plan import Project

MATERIAL = Path(__file__).parents[1] / "notebooks"


def build(root: Path, *names: str) -> Project:
    """A project with the named notebooks of `tests/notebooks` and its parameters."""
    shutil.copytree(MATERIAL / "params", root / "params")
    (root / "notebooks").mkdir()
    for name in names:
        shutil.copy(MATERIAL / f"{name}.ipynb", root / "notebooks")
    (root / "analysis" / "data").mkdir(parents=True)
    (root / "analysis" / "model.py").write_text("FACTOR = 1\n", encoding="utf-8")
    (root / "analysis" / "data" / "table.csv").write_text("year,value\n2024,1\n", encoding="utf-8")
    (root / "requirements.lock").write_text("papermill==2.7\n", encoding="utf-8")
    return Project(root)


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Project]:
    """`project("good", "raises")` is a project with these notebooks."""
    return lambda *names: build(tmp_path / "project", *names)
