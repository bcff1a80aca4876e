"""How the code is laid out: packages, names that lead to one thing, short functions, and tests by module."""

import ast
import functools
import importlib
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from graphlib import TopologicalSorter
from importlib import metadata
from pathlib import Path

import analysis
from analysis.project import Project

ROOT = Project.default().root

MODULES = [
    module.name
    for module in pkgutil.walk_packages(analysis.__path__, "analysis.")
    if not module.name.endswith("__main__")
]


LONGEST_BODY, LONG_BODY, LONG_BODIES = 50, 30, 20
"""Lines of the longest body of a function, of one that is called long, and fewer than how many are."""

ONE_IDEA = {
    "Column": "the column of a table, as a notebook describes it and as its exhibit stores it",
    "Indicator": "a leading indicator, as its file defines it and as its exhibit stores it",
}
"""Names that several public classes may have, with the reason."""

TESTS_OF_NO_MODULE = {
    "batch/test_conformance": "forked kernels against stock ones, notebook by notebook",
    "cli/test_calibrate": "thesis calibrate of analysis/__main__.py",
    "cli/test_listings": "the listing commands of analysis/__main__.py",
    "cli/test_run": "thesis run, sweep and resume of analysis/__main__.py",
    "forecasts/test_calibration_reference": "the calibration against tests/reference, plain arithmetic",
    "models/test_venture_reference": "the simulation against tests/reference/venture.py",
    "site/test_long_lines": "every regular expression that meets what a notebook wrote",
    "site/test_templates": "the templates of pages in reports/templates",
    "test_days": "all notebooks on any day of the register",
    "test_guide": "the commands that the guide page shows",
    "test_locks": "the lock files",
    "test_neutral": "what no code names that would serve another thesis",
    "test_notebooks": "what every notebook of the report must be",
    "test_packages": "the layout of all modules",
    "test_readme": "what README.md and CONTRIBUTING.md show",
    "test_second_thesis": "another thesis through the same machinery",
    "test_words": "words kept by hand in several modules",
}
"""Test files that mirror no module, with what they test."""


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def sources(folder="analysis"):
    """The Python files of the project, and the name of each as a module."""
    paths = sorted((ROOT / folder).rglob("*.py"))
    return {path: ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths}


def public(path, *kinds):
    """The public definitions of a module."""
    return [node.name for node in tree(path).body if isinstance(node, kinds) and node.name[0] != "_"]


def without_docstring(node):
    return node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body


def test_no_two_public_classes_share_a_name():
    modules = defaultdict(list)
    for path, module in sources().items():
        for name in public(path, ast.ClassDef):
            modules[name].append(module)
    assert {name: where for name, where in modules.items() if len(where) > 1 and name not in ONE_IDEA} == {}


def test_no_public_name_is_that_of_another_module_in_the_same_package():
    """Else `package.name` could be the one or the other."""
    shadows = [
        f"{module}: {name}"
        for path, module in sources().items()
        for name in public(path, ast.FunctionDef, ast.ClassDef)
        if name != path.stem and path.parent != ROOT / "analysis" and path.with_name(f"{name}.py").exists()
    ]
    assert shadows == []


def test_functions_are_short():
    lines = {}
    for path, module in sources().items():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (body := without_docstring(node)):
                lines[f"{module}.{node.name}, line {node.lineno}"] = body[-1].end_lineno - body[0].lineno + 1
    long = {name: count for name, count in lines.items() if count > LONG_BODY}
    assert {name: count for name, count in long.items() if count > LONGEST_BODY} == {}
    assert len(long) < LONG_BODIES, long


def test_no_package_holds_more_than_a_quarter_of_the_code():
    """Lines of statements, without those of docstrings, comments and blank ones."""
    counts = Counter()
    for path, module in sources().items():
        docstrings = {
            line
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            for line in range(node.lineno, node.end_lineno + 1)
        }
        code = [
            line
            for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1)
            if line.strip() and not line.lstrip().startswith("#") and number not in docstrings
        ]
        counts[module.split(".")[1]] += len(code)
    assert counts.most_common(1)[0][1] < counts.total() / 4, counts.most_common(3)


def test_no_module_imports_itself_through_others():
    """By the imports that run when a module is imported; a package's own imports count as its `__init__`."""
    modules = {module.removesuffix(".__init__"): path for path, module in sources().items()}
    imports = {}
    for module, path in modules.items():
        statements = [node for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom)]
        inside = {
            inner
            for node in ast.walk(tree(path))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            for inner in ast.walk(node)
        }
        names = [
            (node.module, alias.name)
            for node in statements
            if node not in inside and node.module is not None
            for alias in node.names
        ]
        targets = {f"{parent}.{name}" if f"{parent}.{name}" in modules else parent for parent, name in names}
        imports[module] = targets & modules.keys()
    TopologicalSorter(imports).prepare()  # raises a CycleError that names the modules


def test_lines_fit_in_110_characters():
    """With their comments: the linter lets those for itself and for mypy run on."""
    lines = {
        f"{path.relative_to(ROOT)}:{number}"
        for folder in ("analysis", "tests")
        for path in (ROOT / folder).rglob("*.py")
        if "node_modules" not in path.parts
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > 110
    }
    assert lines == set()


def test_the_formatter_lays_out_all_but_tables():
    """`# fmt: skip` is for the rare literal of at least six rows."""
    skipped = []
    for folder in ("analysis", "tests"):
        for path in sources(folder):
            for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
                comment = line.rpartition("#")[2].strip()
                if comment in ("fmt: skip", "fmt: off") and not in_table(path, number):
                    skipped.append(f"{path.relative_to(ROOT)}, line {number}")
    assert skipped == []


def in_table(path, line):
    return any(
        node.lineno <= line <= node.end_lineno and len(list(ast.iter_child_nodes(node))) >= 6
        for node in ast.walk(tree(path))
        if isinstance(node, ast.List | ast.Tuple | ast.Dict | ast.Set)
    )


def test_a_test_file_is_named_after_the_module_that_it_tests():
    tests = {
        str(path.relative_to(ROOT / "tests").with_suffix(""))
        for path in (ROOT / "tests").rglob("test_*.py")
        if "browser" not in path.parts  # pages in a browser mirror no module
    }
    modules = {str(path.relative_to(ROOT / "analysis").with_suffix("")) for path in sources()}
    expected = {str(Path(name).with_name(f"test_{Path(name).name.strip('_')}")) for name in modules}
    assert tests - expected == set(TESTS_OF_NO_MODULE)


def test_a_module_is_reached_by_its_own_name():
    """`import a.b.c as c` takes the attribute `c` of `a.b`: a function of that name would hide the module."""
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
        base = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(
            command, cwd=tmp_path, env=base | environment, capture_output=True, text=True, check=False
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


def test_every_library_that_a_run_installs_is_imported():
    """One that is not makes each first run slower."""
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "dependencies"
    ]
    named = {re.match(r"[\w.-]+", line)[0].lower().replace("_", "-") for line in dependencies}
    imported = {
        name.partition(".")[0]
        for path in (ROOT / "analysis").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in _imported_modules(node)
    }
    used = {
        distribution.lower().replace("_", "-")
        for module, distributions in metadata.packages_distributions().items()
        if module in imported
        for distribution in distributions
    }
    assert named - used == set()


def _imported_modules(node):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
