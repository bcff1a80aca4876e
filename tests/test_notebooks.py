"""What every notebook of the report must be; that its outputs are current is nbval's to say."""

import ast
import json
import os
import re
import runpy
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner
from papermill.cli import papermill

from analysis import audit, scenarios, stored_results
from analysis.audit import cells
from analysis.audit.facts import SIMULATION
from analysis.errors import ParameterError, ProseError
from analysis.evidence import claims
from analysis.evidence.indicators import read as read_indicators
from analysis.exhibits import MIME
from analysis.forecasts import indicators, methods, probabilities
from analysis.models import headline, outlook
from analysis.project import Project

ROOT = Project.default().root

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PAPERMILL = [sys.executable, "-m", "papermill"]


def read(path):
    return nbformat.read(path, as_version=4)


def code(path):
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def parameters(path):
    (cell,) = (cell for cell in code(path) if "parameters" in cell.metadata.get("tags", []))
    return cell.source


def exhibits(path):
    return [
        output.data[MIME] for cell in code(path) for output in cell.outputs if MIME in output.get("data", {})
    ]


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return request.param


def test_parameters_are_declared_as_the_register_has_them(notebook):
    register = scenarios.load_register()
    first, *lines = parameters(notebook).splitlines()
    assert first == 'scenario: str = "base"  # label; the scenario that these values belong to'
    for line in lines:
        name = line.partition(":")[0]
        assert line == scenarios.parameter_line(name, register[name]), (
            f"{notebook.name}: write the line of the register"
        )


def test_papermill_can_read_every_parameter(notebook, caplog):
    result = CliRunner().invoke(papermill, ["--help-notebook", str(notebook)], catch_exceptions=False)
    assert result.exit_code == 0
    for line in parameters(notebook).splitlines():
        assert re.search(rf"^\s+{line.partition(':')[0]}:", result.output, re.MULTILINE), line
    assert "Unable to parse" not in result.output + caplog.text


class ObservedAssumptions(scenarios.Assumptions):
    """Assumptions that remember which of them were read."""

    def __init__(self, values, register):
        super().__init__(values, register)
        self.names = set()

    def __getitem__(self, name):
        self.names.add(name)
        return super().__getitem__(name)


def read_by_the_audit(path):
    """The readings of the article, seed and draws that the checks behind a notebook's ledgers read.

    What else they read is the register's: no notebook sets it for them.
    """
    register = scenarios.load_register()
    values = scenarios.check(scenarios.resolve("base", {"draws": 1000}))
    assumptions = ObservedAssumptions(values, register)
    facts = replace(audit.gather(values), assumptions=assumptions)
    listed = {
        row["id"] for exhibit in exhibits(path) if exhibit["kind"] == "ledger" for row in exhibit["rows"]
    }
    audit.judge_claims([claim for claim in claims.load() if claim.id in listed], facts)
    text = "\n".join(cell.source for cell in code(path))
    by_column = re.findall(re.escape(call(cells, cells.judge_cells)) + r'facts, \[\("(\w+)"', text)
    tables = [*re.findall(re.escape(call(cells, cells.judge_table)) + r'"(\w+)"', text), *by_column]
    assert len(tables) == sum(exhibit["id"].endswith(".cells") for exhibit in exhibits(path))
    for table in tables:
        cells.judge_table(table, facts)
    return {
        name
        for name in assumptions.names
        if name in SIMULATION or (name in register and register[name].reading)
    }


def call(module, function):
    """How a notebook writes the call of a function of a module."""
    return f"{module.__name__.rpartition('.')[2]}.{function.__name__}("


def test_every_parameter_is_used(notebook, monkeypatch):
    monkeypatch.setenv(stored_results.VARIABLE, "off")  # what is taken from the store is not read
    text = "\n".join(cell.source for cell in code(notebook)[1:])
    through = {
        call(outlook, outlook.venture_paths): {*outlook.VENTURE, *outlook.EVIDENCE, "seed", "draws"},
        call(outlook, outlook.exposure_paths): set(outlook.EXPOSURE),
        call(outlook, outlook.revenue_paths): {
            *outlook.REVENUE,
            *outlook.EVIDENCE[:1],
            "co_movement",
            "horizon_years",
            "seed",
            "draws",
        },
        call(headline, headline.headline): {*outlook.VENTURE, *outlook.EVIDENCE, *headline.NEEDED, "draws"},
        call(scenarios, scenarios.known_after): {"as_of"},
        call(audit, audit.gather): {"approximation_share", "as_of"},
        call(probabilities, probabilities.table): {*outlook.VENTURE, *outlook.EVIDENCE, "horizon_years"},
        call(methods, methods.third_prediction): {
            *outlook.VENTURE,
            *outlook.EVIDENCE,
            "write_down_pct",
            "write_down_years",
        },
        call(outlook, outlook.price_paths): {"price_decline_factor_per_year", "seed", "draws"},
        call(indicators, indicators.table): {
            "input_token_share",
            "stake_share",
            "invested_usd_bn",
            *(e.threshold for e in read_indicators().values() if isinstance(e.threshold, str)),
        },
        call(outlook, outlook.needed_revenue_usd_bn): {
            "invested_usd_bn",
            "required_return_pct",
            "horizon_years",
            "stake_share",
            "multiple_long_run",
        },
    }
    used = set(re.findall(r"assumptions\.(\w+)", text)) | set(
        re.findall(r'assumptions\.\w+\("(\w+)"\)', text)
    )
    audited = read_by_the_audit(notebook)
    used = used.union(audited, *(names for function, names in through.items() if function in text))
    declared = {node.target.id for node in ast.parse(parameters(notebook)).body} - {"scenario"}
    assert declared <= used, f"{notebook.name} declares but never uses {declared - used}"
    assert audited <= declared, f"{notebook.name} judges claims by {audited - declared}, undeclared"


def names_in(node):
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def computed_from_assumptions(path):
    """The ids of the metrics whose value a notebook computes from `assumptions`, over any number of steps.

    What the evidence says (`audit.gather`) is left out: it depends on the cut-off date and readings alone.
    """
    follows, found = {"assumptions"}, []
    for statement in ast.parse("\n".join(cell.source for cell in code(path)[1:])).body:
        if isinstance(statement, ast.Assign):
            (target,) = statement.targets
            pairs = [(target, statement.value)]
            if isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple):
                pairs = list(zip(target.elts, statement.value.elts, strict=True))
            for part, value in pairs:
                if ast.unparse(value).startswith(("audit.gather", "scenarios.check")):
                    continue
                assigned = names_in(part)
                follows = follows | assigned if names_in(value) & follows else follows - assigned
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "display.metric":
                name, _, value = node.args
                if names_in(value) & follows:
                    found.append(name.value)
    return found


def test_a_number_that_follows_from_assumptions_names_them(notebook):
    inputs = {exhibit["id"]: exhibit.get("inputs") for exhibit in exhibits(notebook)}
    computed = computed_from_assumptions(notebook)
    assert [name for name in computed if name in inputs and not inputs[name]] == []


def test_the_numbers_that_follow_from_assumptions_are_found():
    found = {name for path in NOTEBOOKS for name in computed_from_assumptions(path)}
    assert {"risks.moic", "risks.ltv_over_ceiling", "verdict.between", "market.value_revenue"} <= found
    assert "players.paid" not in found


def test_stored_outputs_are_compared_with_what_is_computed_and_not_with_stored_results(monkeypatch):
    """nbval starts the kernel of a notebook in the set-up of its first cell."""
    monkeypatch.delenv(stored_results.VARIABLE, raising=False)
    set_up = runpy.run_path(str(ROOT / "notebooks" / "conftest.py"))["pytest_runtest_setup"]()
    next(set_up)
    assert os.environ[stored_results.VARIABLE] == "off"
    with suppress(StopIteration):
        next(set_up)
    assert stored_results.VARIABLE not in os.environ


def test_a_notebook_is_narrative_and_calls(notebook):
    cells = read(notebook).cells
    assert cells[0].cell_type == "markdown"
    assert cells[0].source.startswith("# ")
    for cell in code(notebook):
        tree = ast.parse(cell.source)
        assert not [
            node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda)
        ]
        assert "open(" not in cell.source
        assert "read_csv" not in cell.source


def test_stored_outputs_hold_a_figure_with_what_stands_around_it_and_figures_that_were_computed(notebook):
    stored = exhibits(notebook)
    kinds = {exhibit["kind"] for exhibit in stored}
    assert "figure" in kinds
    assert {"table", "ledger", "metric", "statement"} & kinds
    assert len({exhibit["id"] for exhibit in stored}) == len(stored)
    for exhibit in stored:
        assert exhibit["title"]
        if exhibit["kind"] == "figure":
            assert exhibit["rows"]
            assert exhibit["alt"]
            assert exhibit["subtitle"]


def test_stored_outputs_are_clean(notebook):
    text = notebook.read_text(encoding="utf-8")
    for cell in code(notebook):
        for output in cell.outputs:
            assert output.output_type == "display_data", output
            assert "image/svg+xml" not in output.data
    assert "papermill" not in json.dumps(read(notebook).metadata)
    assert str(ROOT) not in text
    assert f"{Path.home()}{os.sep}" not in text


def test_every_scenario_changes_what_the_notebooks_are_given():
    base = scenarios.resolve("base")
    declared = {
        ast.parse(line).body[0].target.id for path in NOTEBOOKS for line in parameters(path).splitlines()
    }
    for name in scenarios.names()[1:]:
        changed = {key for key, value in scenarios.resolve(name).items() if value != base[key]} - {"scenario"}
        assert changed
        assert changed <= declared


def executed(path, until, **values):
    """A notebook's names after the first cell with some text, run in this process with other parameters."""
    names = {"__name__": "__main__"}
    for cell in code(path):
        exec(compile(cell.source, f"{path.stem}, {cell.id}", "exec"), names)
        if "parameters" in cell.metadata.get("tags", []):
            names |= values
        if until in cell.source:
            return names
    raise AssertionError(f"{path.stem} has no cell with {until}")


SET_BY_SCENARIOS = {name for scenario in scenarios.names() for name in scenarios.load(scenario).overrides}


@pytest.mark.parametrize("name", ["1_technical_deep_dive", "2_key_players"])
def test_no_scenario_changes_the_notebooks_that_check_the_article_by_evidence_alone(name):
    (path,) = (path for path in NOTEBOOKS if path.stem == name)
    declared = {node.target.id for node in ast.parse(parameters(path)).body}
    assert declared & SET_BY_SCENARIOS == set()


READINGS = ("audit.gather", "scenarios.check")
"""Calls that take all assumptions and give nothing of what a scenario sets: the article, the evidence, the
assumptions themselves.
"""


def follows(node, names):
    """Whether code depends on what a scenario sets: a parameter, all of them, or a name made from one."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) in READINGS:
        return False
    if isinstance(node, ast.Call) and ast.unparse(node.func).startswith(
        "assumptions."
    ):  # assumptions.central("NAME")
        return any(
            isinstance(argument, ast.Constant) and argument.value in SET_BY_SCENARIOS
            for argument in node.args
        )
    if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "assumptions":
        return node.attr in SET_BY_SCENARIOS
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        return node.id == "assumptions" or node.id in names
    return any(follows(part, names) for part in ast.iter_child_nodes(node))


def exhibits_of_scenarios(path):
    """The exhibits of a notebook that a scenario can change, by the names that flow into them."""
    names, ids = set(), set()
    for statement in (node for cell in code(path)[1:] for node in ast.parse(cell.source).body):
        nodes = list(ast.walk(statement))
        made = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        if not follows(statement, names):
            names -= made
            continue
        names |= made
        calls = [
            node
            for node in nodes
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)
        ]
        ids |= {
            call.args[0].value
            for call in calls
            if ast.unparse(call.func).startswith(("display.", "what_if."))
        }
    return ids


def test_a_scenario_changes_what_notebook_3_says_of_the_future_and_nothing_that_it_checks():
    (path,) = (path for path in NOTEBOOKS if path.stem == "3_market_dynamics")
    moved = exhibits_of_scenarios(path)
    assert moved == {
        "market.required_revenue",
        "market.required_revenue_grid",
        "market.revenue_fan",
        "market.value_revenue",
        "market.value_grid",
        "market.value_grid_sold",
        "market.plan_by_token",
        "market.what_if",
    }
    kinds = {exhibit["id"]: exhibit["kind"] for exhibit in exhibits(path)}
    assert {kinds[name] for name in moved}.isdisjoint({"ledger", "evidence"})


@pytest.mark.parametrize(
    ("cells", "moved"),
    [
        ('display.table("a", assumptions.parity_years)', {"a"}),
        ('display.table("a", assumptions.central("parity_years"))', {"a"}),
        ('display.table("a", assumptions.as_of); display.table("b", models.run(assumptions))', {"b"}),
        (
            (
                'x = models.run(assumptions)\ny = x + 1\ndisplay.table("a", y)\nx = y = 2\ndisplay.table("b",'
                " x, y)"
            ),
            {"a"},
        ),
        ('facts = audit.gather(assumptions)\ndisplay.ledger("a", audit.judge_claims(stated, facts))', set()),
    ],
)
def test_what_flows_into_an_exhibit_is_followed(monkeypatch, cells, moved):
    monkeypatch.setattr(sys.modules[__name__], "code", lambda path: [None, nbformat.v4.new_code_cell(cells)])
    assert exhibits_of_scenarios(None) == moved


def test_plain_papermill_runs_a_notebook_under_a_scenario(tmp_path):
    """The loop of the READMEneeds nothing of our batch. One notebook, as far as its first metrics.

    A kernel has to start and to import what the notebook does: 4 s.
    """
    path, last = tmp_path / "3_market_dynamics.ipynb", '"market.growth_gap"'
    copy = read(ROOT / "notebooks" / path.name)
    copy.cells = copy.cells[: 1 + next(i for i, cell in enumerate(copy.cells) if last in cell.source)]
    nbformat.write(copy, path)
    command = [
        *PAPERMILL,
        path,
        tmp_path / "out.ipynb",
        "-f",
        "params/article.yml",
        "-p",
        "elapsed_years",
        "5.0",
    ]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    results = {exhibit["id"]: exhibit for exhibit in exhibits(tmp_path / "out.ipynb")}
    # over five years the printed growth rates come out to within a point
    assert abs(results["market.growth_gap"]["value"]) < 0.5


def test_a_notebook_itself_refuses_what_the_batch_refuses(notebook):
    """So do plain papermill and JupyterLab: the first cell after the parameters checks them."""
    with pytest.raises(ParameterError, match="parameters, key as_of: 'yesterday' is not a date"):
        executed(notebook, "scenarios.check(", as_of="yesterday")


# Prose under test


def calls(cell, name):
    return [
        node
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == f"display.{name}"
    ]


def checked_words(path):
    """The words of Markdown cells that some `display.check` ties to a value."""
    return [ast.literal_eval(call.args[0]) for cell in code(path) for call in calls(cell, "check")]


def words(cell):
    """The text of a Markdown cell without its headings, on one line."""
    lines = [line for line in cell.source.split("\n") if not line.startswith("#")]
    return " ".join(" ".join(lines).split())


def test_a_text_says_that_it_holds_whatever_the_numbers_are_or_is_tied_to_a_value(notebook):
    tied = checked_words(notebook)
    undecided = [
        words(cell)
        for cell in read(notebook).cells
        if cell.cell_type == "markdown"
        and words(cell)
        and ("method" in cell.metadata.get("tags", [])) == any(text in words(cell) for text in tied)
    ]
    assert undecided == [], (
        "tag the cell `method` if it states no result; else tie its result by display.check, and take the tag"
        " away"
    )


def test_a_computed_sentence_has_its_tie_or_says_that_it_only_counts(notebook):
    for cell in code(notebook):
        untied = [
            ast.literal_eval(call.args[0])
            for call in calls(cell, "sentence")
            if not any(keyword.arg == "tie" for keyword in call.keywords)
        ]
        assert bool(untied) == ("counted" in cell.metadata.get("tags", [])), (
            f"{notebook.name}, {cell.id}: give each sentence a tie, or tag the cell `counted` if its words"
            " hold for any number"
        )


def test_words_that_are_checked_stand_in_the_text(notebook):
    text = " ".join(words(cell) for cell in read(notebook).cells if cell.cell_type == "markdown")
    assert [checked for checked in checked_words(notebook) if checked not in text] == []


def test_a_value_that_crosses_stops_the_notebook_and_names_the_sentence(tmp_path):
    """The lead over the best open model is 1.4 points, claimed 1 to 2; another claim breaks the sentence."""
    copy, path = read(ROOT / "notebooks" / "1_technical_deep_dive.ipynb"), tmp_path / "crossed.ipynb"
    (cell,) = [cell for cell in copy.cells if '"technical.finding"' in cell.source]
    cell.source = cell.source.replace("claimed.low, claimed.high,", "3, 4,")
    nbformat.write(copy, path)
    with pytest.raises(ProseError) as crossed:
        executed(path, '"technical.finding"')
    (problem,) = crossed.value.problems
    assert problem.place == "sentence technical.finding"
    assert "the lead on MMLU over the best open model is 1.4" in problem.rule
