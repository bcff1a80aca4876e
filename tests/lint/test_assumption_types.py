"""The assumptions are attributes that a type checker and an editor know."""

import pytest

from analysis import scenarios
from analysis.assumptions import RegisterAttributes
from analysis.lint import assumption_types
from analysis.project import Project


@pytest.fixture
def project(tmp_path):
    """A project with a register of two entries and the module that names them."""
    (tmp_path / "analysis").mkdir()
    project = Project(tmp_path)
    (project.package / "assumptions.py").write_text("")
    assumption_types.update(project, register())
    return project


def register(*more):
    entry = {
        "unit": "years",
        "range": [0, 9],
        "status": "assumption",
        "reference": {"title": "t"},
        "group": "growth",
        "description": 'From the start \\ to the "end".',
    }
    return {
        name: scenarios.Entry.model_validate(entry | {"label": name} | changes)
        for name, changes in {
            "horizon_years": {"value": 5.0},
            "raises": {"value": 2, "integer": True},
            "spread_years": {"value": [1.0, 2.0], "dist": "normal"},
            **dict(more),
        }.items()
    }


def test_each_entry_is_an_attribute_with_its_type_and_meaning(project):
    namespace = {}
    exec(assumption_types.source(register()), namespace)
    assert namespace["RegisterAttributes"].__annotations__ == {
        "horizon_years": "float",
        "raises": "int",
        "spread_years": "Distribution",
    }


@pytest.mark.parametrize("length", range(70, 90))
def test_no_line_is_too_long_whatever_the_length_of_a_meaning(project, length):
    long = {"value": 1.0, "description": "d" * (length - 1) + "."}
    assumption_types.update(project, register(("a_years", long)))
    assert max(map(len, (project.package / "assumptions.py").read_text().splitlines())) <= 110


def test_a_module_that_lags_behind_the_register_is_named_and_rewritten(project):
    assert list(assumption_types.problems(project, register())) == []
    grown = register(("exit_years", {"value": 1.0}))
    (problem,) = assumption_types.problems(project, grown)
    assert "assumptions.py: does not name" in str(problem) and "Run `thesis notebooks`" in str(problem)
    assert assumption_types.update(project, grown) and not assumption_types.update(project, grown)
    assert list(assumption_types.problems(project, grown)) == []


def test_a_project_without_code_has_no_such_module(tmp_path):
    assert not assumption_types.update(Project(tmp_path), register())
    assert list(assumption_types.problems(Project(tmp_path), register())) == []


def test_attributes_complete_in_a_notebook():
    assumptions = scenarios.check({"seed": 3, "draws": 1000})
    assert {"seed", "draws", "with_changes"} <= set(dir(assumptions))
    assert "usdjpy" not in dir(assumptions)  # which this one does not declare
    assert "usdjpy" in RegisterAttributes.__annotations__


@pytest.mark.slow  # the type checker reads the whole package: half a minute without the cache of `make test`
def test_a_misspelt_assumption_is_an_error_to_the_type_checker(tmp_path):
    from mypy import api

    code = "from analysis.scenarios import Assumptions\ndef years(a: Assumptions) -> float: return a.{}\n"
    written = {name: tmp_path / f"{name}.py" for name in ("horizon_years", "horizon_yeers")}
    for name, path in written.items():
        path.write_text(code.format(name))
    output, _, _ = api.run([*map(str, written.values())])
    errors = [line for line in output.splitlines() if ": error:" in line]
    assert len(errors) == 1
    assert "horizon_yeers.py:2" in errors[0] and 'no attribute "horizon_yeers"' in errors[0]
