"""Which notebook runs under which parameters, what is refused, and what a result follows from."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.batch import plan
from analysis.batch.reads import Reads
from analysis.errors import NotebookError, ParameterError
from analysis.project import Project

Build = Callable[..., Project]


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_every_notebook_runs_under_every_scenario_base_first(project: Build) -> None:
    tasks = plan.plan(project=project("good", "raises"))
    assert [task.name for task in tasks] == ["base/good", "base/raises", "slow/good", "slow/raises"]


def test_all_names_and_repeats_are_taken_once(project: Build) -> None:
    here = project("good", "raises")
    assert len(plan.plan(["all"], project=here)) == 4
    tasks = plan.plan(["slow", "slow"], ["good", "notebooks/good.ipynb"], project=here)
    assert [task.name for task in tasks] == ["slow/good"]


def test_a_notebook_is_given_what_it_declares_and_nothing_else(project: Build) -> None:
    # The cell declares scenario, years (a second `=` in its comment) and growth_pct (four lines); the
    # register holds seed as well, which the notebook does not declare.
    (task,) = plan.plan(["slow"], project=project("good"))
    assert task.parameters == {"scenario": "slow", "years": 4.0, "growth_pct": [0.0, 10.0]}


def test_an_override_stands_over_the_scenario_in_the_type_of_the_register(project: Build) -> None:
    (task,) = plan.plan(["slow"], [], ["growth_pct=7", "years=5"], project=project("good"))
    assert task.parameters == {"scenario": "slow", "years": 5.0, "growth_pct": 7.0}
    assert isinstance(task.parameters["years"], float)


def test_the_files_of_a_task_stand_together(project: Build) -> None:
    here = project("good")
    (task,) = plan.plan(["base"], project=here)
    folder = here.root / "reports" / "runs" / "base"
    assert (task.output, task.resolved, task.failed) == (
        folder / "good.ipynb",
        folder / "good.yml",
        folder / "good.failed.ipynb",
    )


def test_runs_with_values_of_ones_own_never_stand_among_those_of_the_scenarios(project: Build) -> None:
    here = project("good")
    (task,) = plan.plan(["base"], [], ["years=5"], project=here)
    assert task.output == here.root / "reports" / ".custom" / "base" / "good.ipynb"
    (task,) = plan.plan(["base"], [], ["years=5"], out=here.root / "mine", project=here)
    assert task.output == here.root / "mine" / "base" / "good.ipynb"
    with pytest.raises(ParameterError, match=r"--out .*runs: holds the runs of the scenarios themselves"):
        plan.plan(["base"], [], ["years=5"], out=here.runs, project=here)


@pytest.mark.parametrize(
    ("scenarios", "notebooks", "overrides", "message"),
    [
        (["slwo"], [], [], "--scenario slwo: there is no such scenario.*'slow'"),
        (["../slow"], [], [], "--scenario ../slow: there is no such scenario"),
        ([], ["god"], [], "--notebook god: there is no such notebook.*'good'"),
        ([], [], ["yeers=5"], "-p, key yeers: the register has no such name.*'years'"),
        ([], [], ["years=fast"], "-p, key years: 'fast' is not a number"),
        ([], [], ["years=99"], "-p, key years: 99 is outside 1 to 10 years"),
        ([], [], ["years=.nan"], "-p, key years: nan is outside 1 to 10 years"),
        ([], [], ["years"], "-p years: is not NAME=VALUE"),
        ([], [], ["years=5", "years=6"], "-p years=6: years is given twice"),
        ([], [], ["seed=2"], "-p seed: is declared by none of the chosen notebooks.*growth_pct, years"),
    ],
)
def test_a_request_that_cannot_be_met_is_refused(
    project: Build, scenarios: list[str], notebooks: list[str], overrides: list[str], message: str
) -> None:
    here = project("good")
    with pytest.raises((ParameterError, NotebookError), match=message) as refusal:
        plan.plan(scenarios, notebooks, overrides, project=here)
    assert refusal.value.exit_code == 2
    assert not (here.root / "reports").exists()


def test_everything_that_is_wrong_is_said_at_once(project: Build) -> None:
    here = project("good", "untagged", "undeclared")
    with pytest.raises(ParameterError) as refusal:
        plan.plan(["slwo", "fsat"], [], ["yeers=5", "years=99"], project=here)
    places = [problem.place for problem in refusal.value.problems]
    assert places == [
        "-p, key yeers",
        "-p, key years",
        "--scenario slwo",
        "--scenario fsat",
        "notebooks/undeclared.ipynb, parameter yeers",
        "notebooks/untagged.ipynb",
    ]


def test_a_notebook_must_name_its_parameters_as_the_register_does(project: Build) -> None:
    with pytest.raises(
        NotebookError, match=r"undeclared\.ipynb, parameter yeers: the register has no such name.*'years'"
    ):
        plan.plan(project=project("undeclared"))


def test_a_notebook_must_have_one_cell_of_parameters(project: Build) -> None:
    here = project("untagged", "good")
    with pytest.raises(NotebookError, match=r"untagged\.ipynb: has no cell tagged parameters"):
        plan.plan([], ["untagged"], project=here)
    path = here.notebooks / "good.ipynb"
    content = json.loads(path.read_text())
    content["cells"].append(content["cells"][1])
    path.write_text(json.dumps(content))
    with pytest.raises(NotebookError, match=r"good\.ipynb: has 2 cells tagged parameters"):
        plan.plan([], ["good"], project=here)


@pytest.mark.parametrize("name", ["untagged", "undeclared"])
def test_a_notebook_that_is_not_fit_to_run_is_named_and_the_others_run(project: Build, name: str) -> None:
    here = project("good", name)
    with pytest.raises(NotebookError) as refusal:
        plan.plan([], [name], project=here)
    good, unfit = plan.plan(["base"], project=here)  # the others run, and it is one that fails
    assert (good.unfit, good.name) == ((), "base/good")
    assert unfit.unfit == refusal.value.problems
    assert {book.path.stem: book.unfit for book in plan.refresh_sources(project=here)} == {
        "good": (),
        name: refusal.value.problems,
    }


def test_a_parameters_cell_that_is_not_python_is_named_with_its_line(project: Build) -> None:
    here = project("good")
    rewrite(here.notebooks / "good.ipynb", "years: float = 4.0", "years: float = = 4.0")
    with pytest.raises(NotebookError, match=r"good\.ipynb, parameters cell, line 2: is not Python"):
        plan.plan(project=here)
    rewrite(here.notebooks / "good.ipynb", "= = 4.0", "= 4.0\\u0000")
    with pytest.raises(NotebookError, match=r"good\.ipynb, parameters cell, line \d+: is not Python"):
        plan.plan(project=here)


def test_a_folder_without_notebooks_is_named(project: Build) -> None:
    with pytest.raises(NotebookError, match="notebooks: holds no notebook"):
        plan.plan(project=project())


def digests(here: Project, scenario: str = "base") -> dict[str, str]:
    (task,) = plan.plan([scenario], ["good"], project=here)
    reads = task.file_digests.of(Reads(everything=True), task.source)
    return {"code": task.digests.code, "parameters": task.digests.parameters, "data": json.dumps(reads)}


@pytest.mark.parametrize(
    ("part", "file", "old", "new"),
    [
        ("code", "notebooks/good.ipynb", "print(scenario", "print(1, scenario"),
        ("code", "notebooks/good.ipynb", "# Runs to its end", "# Ends"),
        ("code", "notebooks/good.ipynb", '"tags": []', '"tags": ["hide-input"]'),
        ("code", "analysis/model.py", "1", "2"),
        ("code", "requirements.lock", "2.7", "2.8"),
        ("data", "analysis/data/table.csv", "2024", "2025"),
        ("parameters", "params/register.yml", "value: 4.0", "value: 5.0"),
        ("parameters", "params/register.yml", "dist: normal", "dist: lognormal"),
        ("data", "params/base.yml", "As the register", "Just as the register"),  # if the kernel reads it
    ],
)
def test_a_change_shows_in_its_part_and_no_other(
    project: Build, part: str, file: str, old: str, new: str
) -> None:
    here = project("good")
    rewrite(
        here.notebooks / "good.ipynb",
        '"id": "step-2",\n   "metadata": {}',
        '"id": "step-2",\n   "metadata": {"tags": []}',
    )
    before = digests(here)
    rewrite(here.root / file, old, new)
    after = digests(here)
    assert [name for name in before if before[name] != after[name]] == [part]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (
            "notebooks/good.ipynb",
            '"outputs": []',
            '"outputs": [{"output_type": "stream", "name": "stdout", "text": "1"}]',
        ),
        ("notebooks/good.ipynb", '"execution_count": null', '"execution_count": 7'),
        ("notebooks/good.ipynb", '"id": "step-1"', '"id": "step-one"'),
        ("params/register.yml", "value: 1,", "value: 2,"),  # seed, which the notebook does not declare
        ("params/slow.yml", "0.0, 10.0", "1.0, 10.0"),  # another scenario
        ("params/base.yml", "As the register", "Just as the register"),  # which no kernel reads by itself
    ],
)
def test_what_a_result_does_not_follow_from_changes_nothing(
    project: Build, file: str, old: str, new: str
) -> None:
    here = project("good")
    before = digests(here) | {"data": ""}
    rewrite(here.root / file, old, new)
    assert digests(here) | {"data": ""} == before


def test_a_new_file_counts_and_a_new_time_does_not(project: Build) -> None:
    here = project("good")
    before = digests(here)
    for path in here.root.rglob("*.*"):
        os.utime(path, (0, 0))
    (here.package / "data" / ".DS_Store").write_text("x")
    assert digests(here) == before
    (here.package / "data" / "more.csv").write_text("x\n")
    assert digests(here)["data"] != before["data"]
    (here.package / "package").mkdir()
    assert digests(here)["code"] == before["code"]
    (here.package / "package" / "module.py").write_text("x = 1\n")
    assert digests(here)["code"] != before["code"]
    before = digests(here)
    (here.package / "columns.yml").write_text("n: {label: n, meaning: How many.}\n")
    assert digests(here)["code"] != before["code"]


def test_the_code_of_a_project_without_a_package_is_that_of_the_running_one(
    project: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, running = project("good"), Project(tmp_path / "running")
    running.package.mkdir(parents=True)
    (running.package / "__init__.py").write_text("")
    monkeypatch.setattr(plan, "CHECKOUT", running.root)
    before = digests(here)
    (running.package / "engine.py").write_text("x = 1\n")
    assert digests(here)["code"] != before["code"]
    (here.package / "__init__.py").write_text("")
    before = digests(here)
    (running.package / "engine.py").write_text("x = 2\n")
    assert digests(here) == before


def test_the_listing_of_scenarios_says_what_each_changes_and_why(project: Build) -> None:
    base, slow = plan.changes(project("good"))
    assert base["scenario"] == "base"
    assert base["name"] is None
    assert (slow["name"], slow["base"], slow["value"]) == ("growth_pct", [10.0, 30.0], [0.0, 10.0])
    assert slow["because"] == "So that something differs."
