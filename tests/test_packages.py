"""Importing a module gives that module, and the import rules cover new models."""

import importlib
import os
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path

import analysis
from analysis import ROOT

MODULES = [
    module.name
    for module in pkgutil.walk_packages(analysis.__path__, "analysis.")
    if not module.name.endswith("__main__")
]


def test_a_module_is_reached_by_its_own_name():
    """`import a.b.c as c` takes the attribute `c` of `a.b`: a function of that name would stand in front of
    the module.
    """
    shadowed = []
    for name in MODULES:
        module = importlib.import_module(name)
        parent, _, last = name.rpartition(".")
        if getattr(sys.modules[parent], last) is not module:
            shadowed.append(name)
    assert shadowed == []


def test_a_new_model_that_reads_the_evidence_breaks_the_rule_of_imports(tmp_path: Path):
    """Two runs of import-linter on a copy of the code, 2 s each: the contracts name packages, so nobody has
    to list the module.
    """
    shutil.copytree(
        ROOT / "analysis", tmp_path / "analysis", ignore=shutil.ignore_patterns("__pycache__", "data")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    linter = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    assert subprocess.run(linter, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "analysis" / "models" / "brand_new.py").write_text(
        "from analysis.evidence import evidence_tables\n"
    )
    done = subprocess.run(linter, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "analysis.models.brand_new -> analysis.evidence.evidence_tables" in done.stdout


def test_a_package_without_its_project_says_how_to_point_it_at_one(tmp_path: Path):
    """As where it was installed without -e: two processes, 0.5 s each, since the root is read when the
    package is imported.
    """
    shutil.copytree(ROOT / "analysis", tmp_path / "analysis", ignore=shutil.ignore_patterns("__pycache__"))

    def scenarios(**environment):
        command = [sys.executable, "-m", "analysis", "scenarios", "--format", "csv"]
        own = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(
            command, cwd=tmp_path, env=own | environment, capture_output=True, text=True, check=False
        )

    alone, elsewhere, pointed = (
        scenarios(),
        scenarios(THESIS_ROOT="/nowhere"),
        scenarios(THESIS_ROOT=str(ROOT)),
    )
    fix = (
        "is not a project: it has no params folder. Set THESIS_ROOT to a checkout of the project, or install"
        " the checkout itself (pip install -e .).\n"
    )
    assert (alone.returncode, alone.stdout, alone.stderr) == (2, "", f"error: {tmp_path}: {fix}")
    assert (elsewhere.returncode, elsewhere.stderr) == (2, f"error: THESIS_ROOT=/nowhere: {fix}")
    assert (pointed.returncode, pointed.stderr) == (0, "")
    assert pointed.stdout.startswith("scenario,")
