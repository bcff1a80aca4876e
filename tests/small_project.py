"""Small projects for tests that run something: two scenarios, chosen notebooks, little code and data."""

import shutil
from pathlib import Path

from analysis import ROOT
from analysis.batch.plan import Project

NOTEBOOKS = Path(__file__).parent / "notebooks"
PARAMS = NOTEBOOKS / "params"


def build(root: Path, *names: str, params: Path = PARAMS) -> Project:
    """Two scenarios with the named notebooks of `tests/notebooks` and a line each of code and data."""
    shutil.copytree(params, root / "params")
    (root / "notebooks").mkdir()
    for name in names:
        shutil.copy(NOTEBOOKS / f"{name}.ipynb", root / "notebooks")
    (root / "analysis" / "data").mkdir(parents=True)
    (root / "analysis" / "model.py").write_text("FACTOR = 1\n", encoding="utf-8")
    (root / "analysis" / "data" / "table.csv").write_text("year,value\n2024,1\n", encoding="utf-8")
    (root / "requirements.lock").write_text("papermill==2.7\n", encoding="utf-8")
    return Project(root)


def build_with_package(root: Path, *names: str, params: Path = PARAMS) -> Project:
    """The same with the package itself: the parent of a package is a project, so this copy is one.

    It comes with what is compiled of it: compiling takes longer than most of what is tested.
    """
    build(root, *names, params=params)
    shutil.rmtree(root / "analysis")
    unfinished = shutil.ignore_patterns("*.pyc.*")  # what another process is about to rename
    shutil.copytree(ROOT / "analysis", root / "analysis", ignore=unfinished)
    return Project(root)
