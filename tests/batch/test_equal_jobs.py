"""Which notebooks may show the name of their scenario, and how one result becomes another scenario's."""

import json

import pytest

from analysis import ipynb
from analysis.batch import equal_jobs
from analysis.project import Project

OPENING = "from analysis import scenarios\n\nassumptions = scenarios.check(globals())\n"


@pytest.mark.parametrize(
    "source",
    [
        'scenario: str = "base"  # label of the scenario',
        'years: float = 4.0\nscenario = "base"',
        OPENING,
        "print(years)",
        "# in every scenario\nprint('Under no scenario does it matter.')",
        "facts.scenario_of(years)",
        "draw(scenario='a keyword')",
        "_, i = divmod(years, 2)",
        "",
    ],
)
def test_a_cell_that_only_declares_or_hands_on_the_name_does_not_show_it(source: str) -> None:
    assert not equal_jobs.may_show_scenario([OPENING, source])


@pytest.mark.parametrize(
    "source",
    [
        "print(scenario)",
        "print(f'{scenario}')",
        'scenario: str = "base"\ntitle = scenario.title()',
        "scenario += '!'",
        "del scenario",
        "globals()['sce' + 'nario']",
        "check(globals())",
        "scenarios.check(dict(globals()))",
        OPENING + "print(globals())",
        "locals()",
        "vars()",
        "eval(name)",
        "exec(code)",
        "import __main__",
        "from __main__ import years",
        "sys.modules['__main__'].scenario",
        "getattr(sys, '_getframe')().f_back",
        "inspect.currentframe()",
        "sys._getframe()",
        "get_ipython().user_ns",
        "print(In[2])",
        "print(_ih)",
        "print(_i2)",
        "print(_ii)",
        "table.query('name == @scenario')",
        "fit('y ~ scenario', table)",
        "%who",
        "!echo {scenario}",
        "broken(",
    ],
)
def test_a_cell_that_may_read_the_name_may_show_it(source: str) -> None:
    assert equal_jobs.may_show_scenario([OPENING, source])


def executed(*lines: str) -> str:
    """An executed notebook with papermill's cell."""
    cell = {
        "cell_type": "code",
        "id": equal_jobs.INJECTED,
        "metadata": {"tags": [equal_jobs.INJECTED]},
        "source": list(lines),
        "outputs": [],
        "execution_count": 2,
    }
    text = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ['scenario = "base"\n']}
    return ipynb.dumps({"cells": [text, cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def test_only_the_line_that_papermill_wrote_is_another_under_another_scenario() -> None:
    before = executed("# Parameters\n", 'scenario = "base"\n', "title = 'scenario = \"base\"'\n")
    after = equal_jobs.relabelled(before, "base", "slow")
    assert after == executed("# Parameters\n", 'scenario = "slow"\n', "title = 'scenario = \"base\"'\n")
    assert equal_jobs.relabelled(after, "slow", "base") == before
    last = executed("years = 1.0\n", 'scenario = "base"')
    assert (
        json.loads(equal_jobs.relabelled(last, "base", "slow"))["cells"][1]["source"][1]
        == 'scenario = "slow"'
    )


@pytest.mark.parametrize(
    "lines", [(), ('scenario = "fast"\n',), ('scenario = "base"\n', 'scenario = "base"\n')]
)
def test_a_result_whose_cell_of_parameters_does_not_name_its_scenario_once_is_refused(
    lines: tuple[str, ...],
) -> None:
    with pytest.raises(ValueError, match='does not say scenario = "base" once'):
        equal_jobs.relabelled(executed(*lines), "base", "slow")


def test_of_the_report_s_notebooks_none_shows_the_name_in_its_cells() -> None:
    for path in Project.default().notebook_paths():
        cells = ipynb.read(path).cells
        assert not equal_jobs.may_show_scenario(
            [cell.source for cell in cells if cell.cell_type == "code"]
        ), path
