"""Small projects for tests that run something: two scenarios, chosen notebooks, little code and data."""

import json
import shutil
from pathlib import Path

from analysis.project import Project

NOTEBOOKS = Path(__file__).parent / "notebooks"
PARAMS = NOTEBOOKS / "params"
CHECKOUT = Project.default()


def build(root: Path, *names: str, params: Path = PARAMS) -> Project:
    """Two scenarios with the named notebooks of `tests/notebooks`, a line each of code and data, and the data
    of the report, which the command checks before it runs anything.
    """
    project = Project(root)
    shutil.copytree(params, project.params)
    shutil.copytree(CHECKOUT.data, project.data)
    project.notebooks.mkdir()
    for name in names:
        shutil.copy(NOTEBOOKS / f"{name}.ipynb", project.notebooks)
    (project.package / "model.py").write_text("FACTOR = 1\n", encoding="utf-8")
    (project.data / "table.csv").write_text("year,value\n2024,1\n", encoding="utf-8")
    project.lock_file.write_text("papermill==2.7\n", encoding="utf-8")
    return project


def build_with_package(root: Path, *names: str, params: Path = PARAMS) -> Project:
    """The same with the package itself: the parent of a package is a project, so this copy is one.

    It comes with what is compiled of it: compiling takes longer than most of what is tested.
    """
    project = build(root, *names, params=params)
    shutil.rmtree(project.package)
    unfinished = shutil.ignore_patterns("*.pyc.*")  # what another process is about to rename
    shutil.copytree(CHECKOUT.package, project.package, ignore=unfinished)
    return project


def copy_report(root: Path) -> Project:
    """The report's own data, parameters and notebooks, to change something in them."""
    project = Project(root)
    for folder in (CHECKOUT.data, CHECKOUT.params, CHECKOUT.notebooks):
        shutil.copytree(folder, root / folder.relative_to(CHECKOUT.root))
    return project


def write_titles(project: Project) -> None:
    """What pages say besides results: the names of the report's thesis, its guide and its changelog."""
    for path in (CHECKOUT.thesis_file, CHECKOUT.guide, CHECKOUT.changelog):
        target = project.root / path.relative_to(CHECKOUT.root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)


def write_notebook(project: Project, name: str, *sources: str, declared: str = "") -> Path:
    """A notebook with a parameters cell and code cells of one's own."""
    tagged = [("parameters", {"tags": ["parameters"]}, declared)]
    tagged += [(f"own-{at}", {}, source) for at, source in enumerate(sources)]
    cells = [
        {
            "cell_type": "code",
            "id": cell_id,
            "metadata": metadata,
            "source": source.splitlines(keepends=True),
            "outputs": [],
            "execution_count": None,
        }
        for cell_id, metadata, source in tagged
    ]
    kernelspec = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernelspec, "language_info": {"name": "python"}}
    content = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    path = project.notebooks / f"{name}.ipynb"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
