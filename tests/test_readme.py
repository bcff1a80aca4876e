"""What README, reference and CONTRIBUTING show is true: example scenario and claim, commands, modules."""

import importlib
import itertools
import re
import shutil
import textwrap
import tomllib

import pytest
import yaml

from analysis import audit, labels, scenarios, thesis
from analysis.audit.checks import arithmetic
from analysis.evidence import evidence_tables, predictions
from analysis.evidence.claims import Claim
from analysis.lint import documents
from analysis.models import sweep
from analysis.project import Project

ROOT = Project.default().root

BASE = scenarios.Assumptions(scenarios.resolve("base"), scenarios.load_register())
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
REFERENCE = (ROOT / "reports" / "reference.md").read_text(encoding="utf-8")


def block(text, language, containing):
    (match,) = (b for b in re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL) if containing in b)
    return match


def test_the_example_scenario_can_be_used_as_it_stands(tmp_path):
    text = block(REFERENCE, "yaml", "slow_money")
    project = Project(tmp_path)
    shutil.copytree(Project.default().params, project.params)
    project.scenario("slow_money").write_text(text)
    assert set(scenarios.load("slow_money", project).overrides) == {"cash_usd_bn", "multiple_sensitivity"}


def test_the_example_claim_can_be_used_as_it_stands():
    ((name, entry),) = yaml.safe_load(textwrap.dedent(block(CONTRIBUTING, "yaml", "o3_cut"))).items()
    facts = audit.gather(BASE)
    row = audit.judge_claims([Claim.model_validate({"id": name, **entry})], facts).iloc[0]
    assert (row["verdict"], row["reason"]) == ("fails", "o3 was cut by 80% on 10 June 2025.")
    assert row["strength"] == "reported"


def test_the_example_resolution_can_be_used_as_it_stands():
    ending = yaml.safe_load(block(CONTRIBUTING, "yaml", "resolved_on"))["resolution"]
    content = yaml.safe_load((ROOT / "analysis" / "data" / "thesis" / "predictions.yml").read_text())
    content["predictions"]["p2.price"]["resolution"] = ending
    read = predictions.Predictions.model_validate(content)
    assert list(predictions.decision_problems(read, evidence_tables.load("dated_facts"), "here")) == []


def test_the_example_check_can_be_used_as_it_stands():
    namespace = vars(arithmetic) | {"check": lambda basis: lambda made: made}
    exec(block(CONTRIBUTING, "python", "segment_size"), namespace)
    finding = namespace["segment_size"](audit.gather(BASE), None, segment="AI Customer Service (Chatbots)")
    assert (finding.result.value, finding.reason) == (4.0, "The article's table has $4bn.")


@pytest.mark.parametrize(
    "verb", re.findall(r"`thesis (\w+)", REFERENCE.split("## Commands", 1)[1].split("## ", 1)[0])
)
def test_every_command_of_the_readme_exists(thesis, verb):
    done = thesis(verb, "--help")
    assert (done.code, done.err) == (0, "")
    for option in re.findall(rf"`thesis {verb}([^`]*)`", README + REFERENCE):
        for flag in re.findall(r"--[a-z]+", option):
            assert flag in done.out


def test_the_example_overrides_are_valid():
    register = scenarios.load_register()
    for name, value in re.findall(r"-p ([a-z_]+)=('[^']*'|[\w.-]+)(?= |$)", README, re.MULTILINE):
        assert scenarios.parse_override(f"{name}={value.strip(chr(39))}", register)


def test_the_example_sweeps_are_valid():
    register = scenarios.load_register()
    lines = [line.split("#")[0].split() for line in (README + REFERENCE).splitlines()]
    examples = [words for words in lines if words[:2] == ["thesis", "sweep"]]
    assert examples
    for words in examples:
        given = [word for option, word in itertools.pairwise(words) if option == "-p"]
        axes, _ = sweep.parse_options(given, register)
        assert len(axes) == len(given), "a name without a range"


def test_the_readme_is_short_and_says_what_it_found():
    lines = README.splitlines()
    assert len(lines) < 150
    assert lines.index("## Two commands") > lines.index(documents.FINDINGS.end)
    assert labels.DISCLAIMER in README


def test_the_citation_is_of_the_last_release():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## ([\d.]+), \d", changelog, re.MULTILINE)
    assert citation["version"] == released[0]
    assert [author["name"] for author in citation["authors"]] == [thesis.load().author]


def test_the_picture_is_there():
    for name in re.findall(r"^!\[.+\]\((.+)\)$", README, re.MULTILINE):
        assert (ROOT / name).stat().st_size < 500_000, name


def test_what_the_papermill_loop_writes_is_neither_committed_nor_linted():
    (folder,) = set(re.findall(r'"(\w+)/\$\(basename', README))
    assert f"{folder}/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_the_three_commands_for_many_machines_take_what_they_are_given(thesis):
    lines = [line.split("#")[0].split() for line in block(REFERENCE, "sh", "dask scheduler").splitlines()]
    assert [line[:2] for line in lines] == [["dask", "scheduler"], ["dask", "worker"], ["thesis", "run"]]
    for program, verb, *words in lines:
        if program == "thesis":
            options = thesis(verb, "--help").out
        else:
            module = importlib.import_module(f"distributed.cli.dask_{verb}")
            options = [name for option in module.main.params for name in option.opts]
        assert [flag for flag in words if flag.startswith("--") and flag not in options] == []


def test_the_drawing_of_imports_is_what_the_import_rules_say():
    """Layer by layer, the same names on each line; packages of a line stand in any order."""
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (layers,) = (rule["layers"] for rule in linter["contracts"] if rule["type"] == "layers")
    drawn = [set(line.split()) for line in block(CONTRIBUTING, "text", "evidence   statistics").splitlines()]
    assert drawn == [set(re.findall(r"\w+", layer)) for layer in layers]


def test_the_layout_names_every_module():
    """Each package on lines of its own with all its modules, the shared modules before the first."""
    layout = block(CONTRIBUTING, "text", "data/        thesis/").split("analysis/\n", 1)[1]
    parts = re.split(r"^  (\w+)/", layout, flags=re.MULTILINE)
    listed = {"": parts[0]} | dict(zip(parts[1::2], parts[2::2], strict=True))
    for folder in [ROOT / "analysis", *(path.parent for path in (ROOT / "analysis").glob("*/__init__.py"))]:
        modules = {path.stem for path in folder.glob("*.py")} - {"__init__", "__main__"}
        named = set(re.findall(r"\w+", listed[folder.name.removeprefix("analysis")]))
        assert modules <= named, f"{folder.name}: {modules - named}"
