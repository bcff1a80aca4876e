"""What every notebook of the report must be; that its outputs are current is nbval's to say."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner
from papermill.cli import papermill

from analysis import ROOT, scenarios
from analysis.evidence import claims, sources
from analysis.evidence import indicators as watched
from analysis.models import audit, outlook

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MIME = "application/vnd.thesis.exhibit+json"
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


def test_there_are_six():
    assert [path.stem for path in NOTEBOOKS] == [
        "1_technical_deep_dive", "2_key_players", "3_market_dynamics", "4_risks", "5_predictions", "6_verdict",
    ]  # fmt: skip


def test_parameters_are_declared_as_the_register_has_them(notebook):
    register = scenarios.load_register()
    first, *lines = parameters(notebook).splitlines()
    assert first == 'scenario: str = "base"  # label; the scenario that these values belong to'
    for line in lines:
        name = line.partition(":")[0]
        assert line == scenarios.declaration(name, register[name]), (
            f"{notebook.name}: write the line of the register"
        )


def test_papermill_can_read_every_parameter(notebook, caplog):
    shown = CliRunner().invoke(papermill, ["--help-notebook", str(notebook)], catch_exceptions=False)
    assert shown.exit_code == 0
    for line in parameters(notebook).splitlines():
        assert re.search(rf"^\s+{line.partition(':')[0]}:", shown.output, re.MULTILINE), line
    assert "Unable to parse" not in shown.output + caplog.text


class Asked(scenarios.Assumptions):
    """Assumptions that remember which of them were asked for."""

    def __init__(self, values, register):
        super().__init__(values, register)
        self.names = set()

    def __getitem__(self, name):
        self.names.add(name)
        return super().__getitem__(name)


def asked_by_the_audit(path):
    """The parameters that the checks behind a notebook's ledgers ask for."""
    given = Asked(scenarios.resolve("base", {"draws": 1000}), scenarios.load_register())
    facts = audit.gather(given)
    listed = {
        row["id"] for exhibit in exhibits(path) if exhibit["kind"] == "ledger" for row in exhibit["rows"]
    }
    audit.judge_claims([claim for claim in claims.load() if claim.id in listed], facts)
    for table in re.findall(
        r'cells\.ledger\(facts, \[\("(\w+)"', path.read_text(encoding="utf-8").replace("\\", "")
    ):
        audit.cells.ledger(facts, [(table, column) for column in sources.sidecar(table).columns][1:])
    return given.names


def test_every_parameter_is_used(notebook):
    register = scenarios.load_register()
    text = "\n".join(cell.source for cell in code(notebook)[1:])
    through = {
        "outlook.venture_paths(": {*outlook.VENTURE, *outlook.EVIDENCE, "seed", "draws"}, "outlook.exposure_paths(": set(outlook.EXPOSURE),
        "outlook.revenue_paths(": {*outlook.REVENUE, *outlook.EVIDENCE[:2], "horizon_years", "seed", "draws"}, "scenarios.hindsight(": {"as_of"},
        "outlook.price_falls(": {"price_decline_factor_per_year", "seed", "draws"},
        "indicators.board(": {"input_token_share", "stake_share", "invested_usd_bn", *(e.threshold for e in watched.read().values() if isinstance(e.threshold, str))},
        "outlook.needed_revenue_usd_bn(": {"invested_usd_bn", "required_return_pct", "horizon_years", "stake_share", "multiple_long_run"},
    }  # fmt: skip
    used = set(re.findall(r"given\.(\w+)", text)) | set(re.findall(r'given\.\w+\("(\w+)"\)', text))
    used = used.union(
        asked_by_the_audit(notebook), *(names for call, names in through.items() if call in text)
    )
    declared = {node.target.id for node in ast.parse(parameters(notebook)).body} - {"scenario"}
    assert declared <= used, f"{notebook.name} declares but never uses {declared - used}"
    assert {name for name, entry in register.items() if notebook.stem in entry.used_by} == declared


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


def test_stored_outputs_hold_at_least_three_figures_a_table_and_computed_prose(notebook):
    found = exhibits(notebook)
    kinds = [exhibit["kind"] for exhibit in found]
    assert kinds.count("figure") >= 3
    assert "statement" in kinds
    assert {"table", "ledger", "metric"} & set(kinds)
    assert len({exhibit["id"] for exhibit in found}) == len(found)
    for exhibit in found:
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


def test_plain_papermill_runs_a_notebook_under_a_scenario(tmp_path):
    """The loop of the README, for one notebook: nothing of this project's own pipeline is needed."""
    out = tmp_path / "out.ipynb"
    command = [*PAPERMILL, "notebooks/3_market_dynamics.ipynb", out, "-f", "params/article.yml"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    found = {exhibit["id"]: exhibit for exhibit in exhibits(out)}
    # elapsed_years is 5 in that scenario, and the printed growth rates come out to within a point
    assert abs(found["market.growth_gap"]["value"]) < 0.5
    assert found["market.required_revenue"]["inputs"]["invested_usd_bn"] == 60


def test_plain_papermill_is_refused_what_the_batch_is_refused(tmp_path):
    command = [
        *PAPERMILL,
        "notebooks/3_market_dynamics.ipynb",
        tmp_path / "o.ipynb",
        "-p",
        "elapsed_years",
        "-3",
    ]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode != 0
    assert "parameters, key elapsed_years: -3 is outside 1 to 10 years" in done.stderr


# Prose under test

STATES = re.compile(
    r"\b(more|less|fewer|most|largest|smallest|dearest|cheapest|narrow\w*|wider|closer|faster|slower|above|below|exceeds?|beats?|lifts?|rises?|falls?|grows?|far|weeks"
    r"|disagree|do not agree|opened again|too (?:few|short|narrow|small)|no longer|ends? (?:in|before)|nearly|hardly|never|at most|at least)\b",
    re.IGNORECASE,
)
"""Words that state a sign, a ranking or a threshold, or are used in other senses, which are listed below."""

OF_METHOD = (
    "is to show how narrow OpenAI's lead has become", "never both in one", "models among the ten largest at their release",
    "models that reason use more tokens", "the cheapest model so far at or above a score", "### The cheapest model above a score",
    "has raised the best score so far", "that raised the best score so far", "Never is counted, not dropped", "take nearly all outside money",
    "hollow ones a wider one", "needs them to grow ten to twenty times", "The calculation above asks", "revenue grows at one rate to maturity",
    "the most that can be asked", "the buyer is content with less", "if it beats the random walk with drift", "below its floor OpenAI raises money",
    "a mark at least a quarter below cost", "The bridge loan of March 2026 falls due in a year", "above the ceiling nobody is taken to lend again",
    "The value of each input that moves the multiple most", "as far as it can be checked", "at most one question a series, year and horizon",
    "Each of the inputs that move the multiple most is pinned", "does the judgement still come true more often than not?",
    "The four inputs with the longest bars above", "lie above a threshold 12, 24 or 36 months", "will a series of the evidence lie above a",
    "The price of a fixed quality must fall", "how likely is it under the assumed fall",
    "how far do the return and the write-down move",
)  # fmt: skip
"""Sentences that tell a method, a question or what the article says, and hold whatever the numbers are."""

COUNTED = {
    "predictions.wholes": "at most and least name the bound that is printed",
    "predictions.price": "dearest names the price that is printed",
    "verdict.pressure": "below names the threshold that is printed",
    "verdict.change": "more are counted",
    "verdict.load": "its tie is that the statement moves anything; which it is is computed",
    "predictions.worth": "its tie is the high end of the skill",
}
"""Computed sentences in which such a word names what the printed number counts."""


def sentences(path):
    """Every sentence of the Markdown cells, headings left out."""
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            text = " ".join(re.sub(r"^#.*$", "", cell.source, flags=re.MULTILINE).split())
            yield from re.split(r"(?<=[.?!:;])\s+", text)


def calls(path, name):
    for cell in code(path):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == f"display.{name}":
                yield node


def test_a_sentence_of_the_text_that_states_a_sign_a_ranking_or_a_threshold_is_tied_to_a_value(notebook):
    tied = [ast.literal_eval(call.args[0]) for call in calls(notebook, "check")]
    untied = [
        sentence for sentence in sentences(notebook)
        if STATES.search(sentence) and not any(words in sentence for words in (*OF_METHOD, *tied))
    ]  # fmt: skip
    assert not untied, "tie it by display.check, compute it, or list it as one of method"


def test_a_computed_sentence_that_states_one_has_its_tie(notebook):
    for call in calls(notebook, "sentence"):
        name, template = (ast.literal_eval(argument) for argument in call.args[:2])
        states = STATES.search(re.sub(r"\{[^}]*\}", "", template))
        has = any(keyword.arg == "tie" for keyword in call.keywords)
        assert has or not states or name in COUNTED, f"{name} states “{states[0]}” and has no tie"


def test_words_that_are_checked_stand_in_the_text(notebook):
    text = " ".join(sentences(notebook))
    for call in calls(notebook, "check"):
        assert ast.literal_eval(call.args[0]) in text


def test_a_value_that_crosses_stops_the_notebook_and_names_the_sentence(tmp_path):
    """The lead over the best open model is 1.4 points; claimed to be one to two, so a changed claim breaks the sentence."""
    copy = read(ROOT / "notebooks" / "1_technical_deep_dive.ipynb")
    until = next(i for i, cell in enumerate(copy.cells) if '"technical.finding"' in cell.source)
    copy.cells = copy.cells[: until + 1]
    copy.cells[-1].source = copy.cells[-1].source.replace("*claimed,", "3, 4,")
    nbformat.write(copy, tmp_path / "crossed.ipynb")
    done = subprocess.run(
        [*PAPERMILL, tmp_path / "crossed.ipynb", tmp_path / "out.ipynb"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert re.search(
        r"ProseError: sentence technical.finding: “On MMLU GPT-4o.*no longer holds: the lead on MMLU over the best open model is 1.4",
        done.stderr,
    )
