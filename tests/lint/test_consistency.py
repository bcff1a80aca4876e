"""What `thesis check` finds: a copy of the project with one thing broken gives one more line."""

import datetime as dt
import hashlib
import json
import re
import shutil
from pathlib import Path
from unittest import mock

import pytest
import yaml

from analysis import cache, scenarios, thesis
from analysis.errors import ParameterError
from analysis.evidence import article_tables, claims, evidence_tables, predictions, sources
from analysis.exhibits import MIME
from analysis.forecasts import own_record
from analysis.lint import consistency, stored_outputs
from analysis.models import variants
from analysis.notebook import display
from analysis.project import Project
from tests.small_project import copy_report

ROOT = Project.default().root

LAST, DAY = scenarios.load_register()["as_of"].days[1], dt.timedelta(days=1)
DATA, EVIDENCE, THESIS = "analysis/data", "analysis/data/evidence", "analysis/data/thesis"


def problems_of(folder, **more):
    return [str(problem) for problem in consistency.check(Project(folder), **more).problems]


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    return copy_report(tmp_path_factory.mktemp("project")).root


@pytest.fixture(scope="module")
def before(shared):
    """What is found in an untouched copy: nothing, once the project is in order."""
    return set(problems_of(shared))


@pytest.fixture
def project(shared, before):
    """A copy of the project, one for all tests: what a test changes is put back, so the rest stays cached."""
    yield shared
    for path in sorted(shared.rglob("*"), reverse=True):
        original = ROOT / path.relative_to(shared)
        if path.is_dir() and not original.is_dir():
            path.rmdir()
        elif not path.is_dir() and not original.is_file():
            path.unlink()
        elif path.is_file() and path.read_bytes() != original.read_bytes():
            shutil.copyfile(original, path)
    for name in (DATA, "params", "notebooks"):
        for original in [path for path in (ROOT / name).rglob("*") if path.is_file()]:
            path = shared / original.relative_to(ROOT)
            if not path.exists():
                shutil.copyfile(original, path)


def edit(project, name, old, new):
    """Change a file, and the hash in its sidecar with it, so that only the mistake itself is left."""
    path = project / name
    raw = path.read_bytes()
    assert old.encode() in raw, old
    path.write_bytes(raw.replace(old.encode(), new.encode(), 1))
    meta = path.with_name(f"{path.stem}.meta.yml")
    if path.suffix == ".csv" and meta.exists():
        digests = [hashlib.sha256(content).hexdigest() for content in (raw, path.read_bytes())]
        meta.write_text(meta.read_text().replace(*digests))


def line(project, name, text):
    """The line of a file on which a text first stands."""
    return next(n for n, row in enumerate((project / name).read_text().splitlines(), 1) if text in row)


def test_a_file_that_cannot_be_found_as_a_scenario_is_a_problem(tmp_path):
    shutil.copytree(ROOT / "params", tmp_path / "params")
    (tmp_path / "params" / "son.yml").rename(tmp_path / "params" / "Son.yaml")
    project = consistency.ProjectFiles(Project(tmp_path))
    assert "son" not in [scenario.name for scenario in project.scenarios]
    assert [str(problem).partition(": ")[0][-len("params/Son.yaml") :] for problem in project.problems] == [
        "params/Son.yaml"
    ]


def new_problems(project, before, **more):
    """What is said of a project that was not said of the untouched copy."""
    return [text for text in problems_of(project, **more) if text not in before]


def test_the_project_is_in_order_and_everything_in_it_was_looked_at():
    checked = consistency.check()
    assert [str(problem) for problem in checked.problems] == []
    assert checked.counts == {
        "claims": len(claims.load()),
        "cells": sum(
            len(article_tables.printed_table(name)) * (len(sources.sidecar(name).columns) - 1)
            for name in thesis.load().tables
        ),
        "tables": sum(
            path.stem not in ("numbers", "published_probabilities") and path.parent.stem != "calibration"
            for path in (ROOT / DATA).rglob("*.csv")
        ),
        "numbers": len((ROOT / THESIS / "numbers.csv").read_text().splitlines()) - 1,
        "predictions": len(predictions.load_table()),
        "indicators": len(yaml.safe_load((ROOT / THESIS / "indicators.yml").read_text())),
        "gaps in the evidence": len(
            yaml.safe_load((ROOT / EVIDENCE / "gathering.yml").read_text())["not_found"]
        ),
        "assumptions": len(yaml.safe_load((ROOT / "params" / "register.yml").read_text())),
        "scenarios": len(list((ROOT / "params").glob("*.yml"))) - 2,  # all but the register and the variants
        "variants": len(variants.load()),
        "notebooks": len(list((ROOT / "notebooks").glob("*.ipynb"))),
    }
    assert all(f"{count} {name}" in checked.summary for name, count in checked.counts.items())


def test_a_copy_is_compared_with_its_own_files_alone(project, monkeypatch):
    """Of all the files that were read, now or earlier, none belongs to the project of the package."""
    looked_at = []
    monkeypatch.setattr(cache, "state_of", lambda path: looked_at.append(path))
    consistency.check(Project(project))
    foreign = [ROOT / DATA, ROOT / "params", ROOT / "notebooks"]
    assert project / EVIDENCE / "dated_facts.csv" in looked_at
    assert [path for path in looked_at if any(path.is_relative_to(folder) for folder in foreign)] == []


def test_a_dated_fact_that_only_the_cells_name_is_missed_in_a_copy(project, before):
    edit(project, f"{EVIDENCE}/dated_facts.csv", "\nxai.merger,", "\nxai.merging,")
    assert any("cells.yml" in text and "'xai.merging'" in text for text in new_problems(project, before))


CLAIMS, COSTS = f"{THESIS}/claims.yml", f"{EVIDENCE}/training_cost"
BROKEN = [
    # round; file, what is there, what is written instead; then where it is said: a text on that line of that
    # file; and what is said
    (
        1,
        "params/register.yml",
        "risk: regulation",
        "risk: regulatoin",
        "params/register.yml",
        "risk: regulatoin",
        "there is no risk 'regulatoin'. The nearest valid name is 'regulation'.",
    ),
    (
        1,
        f"{THESIS}/thesis.yml",
        "  commoditised: ",
        "  comoditised: ",
        f"{THESIS}/thesis.yml",
        "  comoditised: ",
        "there is no scenario 'comoditised'. The nearest valid name is 'commoditised'.",
    ),
    (
        1,
        f"{THESIS}/thesis.yml",
        "front_chart: verdict.readings",
        "front_chart: verdict.readingz",
        f"{THESIS}/thesis.yml",
        "front_chart: verdict.readingz",
        "no notebook shows an exhibit 'verdict.readingz'",
    ),
    (
        1,
        CLAIMS,
        "{name: deal_size}",
        "{name: deal_sise}",
        CLAIMS,
        "{name: deal_sise}",
        (
            "claim lead.deal_size, key check: there is no check 'deal_sise'. The nearest valid name is"
            " 'deal_size'."
        ),
    ),
    (
        2,
        CLAIMS,
        "{name: deal_size}",
        "{name: deal_size, of: OpenAI}",
        CLAIMS,
        "of: OpenAI",
        (
            "claim lead.deal_size, key check: deal_size: got an unexpected keyword argument 'of'. The check"
            " takes no argument."
        ),
    ),
    (
        1,
        CLAIMS,
        "{name: share_of_nav}",
        "{name: growth_rate}",
        CLAIMS,
        "{name: growth_rate}",
        "The check takes table, row, start, end, years.",
    ),
    (
        1,
        CLAIMS,
        "[softbank.dissent]",
        "[softbank.discent]",
        CLAIMS,
        "[softbank.discent]",
        (
            "key shows.0: no table holds the dated fact 'softbank.discent'. The nearest valid name is"
            " 'softbank.dissent'."
        ),
    ),
    (
        1,
        CLAIMS,
        "{gpt_5.release.months}",
        "{gpt_5.releese.months}",
        CLAIMS,
        "releese",
        "key told: {gpt_5.releese.months} is a fact that nothing else here names",
    ),
    (
        1,
        CLAIMS,
        "{name: both_kinds}",
        "{name: both_kinds}\n  since: [softbank.nothing]",
        CLAIMS,
        "softbank.nothing",
        "claim lead.primary_and_secondary, key since.0: no table holds the dated fact 'softbank.nothing'.",
    ),
    (
        2,
        CLAIMS,
        "{name: both_kinds}",
        "{name: both_kinds}\n  since: ['By {softbank.nothing}.']",
        CLAIMS,
        "softbank.nothing",
        "claim lead.primary_and_secondary, key since.0.0: no table holds the dated fact 'softbank.nothing'.",
    ),
    (
        3,
        CLAIMS,
        "  check: {name: both_kinds}\n",
        "",
        CLAIMS,
        "lead.primary_and_secondary:",
        "claim lead.primary_and_secondary: has neither a check nor would_decide; write one of them.",
    ),
    (
        3,
        CLAIMS,
        "  check: {name: market_total}",
        "  cheque: {name: market_total}",
        CLAIMS,
        "cheque:",
        "claim market.total, key cheque: Extra inputs are not permitted",
    ),
    (
        1,
        CLAIMS,
        "stated: roughly $12 billion",
        "stated: roughly $13 billion",
        CLAIMS,
        "roughly $13 billion",
        "claim market.total, key stated: '$13 billion' is not among the numbers of market.5.",
    ),
    (
        2,
        CLAIMS,
        "where: [market.5]",
        "where: [market.6]",
        CLAIMS,
        "where: [market.6]",
        "key where: the article has no paragraph 'market.6'. The nearest valid name is 'market.5'.",
    ),
    (
        1,
        f"{THESIS}/cells.yml",
        "denies: [muse_spark.release]",
        "denies: [muse_spork.release]",
        f"{THESIS}/cells.yml",
        "muse_spork",
        (
            "key players.strategic_focus.rows.Meta AI.readings.its newest model.denies.0: no dated fact has"
            " this id. The nearest valid name is 'muse_spark.release'"
        ),
    ),
    (
        1,
        f"{THESIS}/numbers.csv",
        "claim,players.vllm_stars",
        "claim,players.vlm_stars",
        f"{THESIS}/numbers.csv",
        "players.vlm_stars",
        (
            "column target: there is no claim 'players.vlm_stars'. The nearest valid name is"
            " 'players.vllm_stars'."
        ),
    ),
    (
        1,
        f"{COSTS}.meta.yml",
        "credits: [",
        "credits: [Stanford, ",
        f"{COSTS}.meta.yml",
        "credits:",
        "key credits: credits Stanford, whom no row names in its source.",
    ),
    (
        2,
        f"{COSTS}.meta.yml",
        "credits: [",
        "credits: [Nobody, ",
        f"{COSTS}.meta.yml",
        "credits:",
        "key credits: names Nobody, whom credit does not.",
    ),
    (
        3,
        f"{COSTS}.csv",
        "epoch-research/training-cost-trends:",
        "my notes ",
        f"{COSTS}.csv",
        "my notes",
        (
            "column source: 'my notes cost_analysis.ipynb@4884b542c9' is not allowed. Write a URL or"
            " owner/repo:path."
        ),
    ),
    (
        1,
        f"{EVIDENCE}/nvidia_revenue.csv",
        "2026-07-26,2026-08-26",
        f"2026-07-26,{LAST + DAY}",
        f"{EVIDENCE}/nvidia_revenue.csv",
        f"2026-07-26,{LAST + DAY}",
        (
            f"column known_on: {LAST + DAY} is after {LAST}, the last day of as_of, so that no report would"
            " show the row. Correct the day, or move"
        ),
    ),
    (
        1,
        f"{EVIDENCE}/gathering.yml",
        "not_found:\n",
        "not_found:\n  a_gap: {what: Another quarter, tables: [nvidia_revenues], where: Nobody knows}\n",
        f"{EVIDENCE}/gathering.yml",
        "nvidia_revenues",
        "tables.0: there is no evidence table 'nvidia_revenues'. The nearest valid name is 'nvidia_revenue'.",
    ),
    (
        2,
        f"{EVIDENCE}/gathering.yml",
        "gathered_on: ",
        f"gathered_on: {LAST - DAY} #",
        f"{EVIDENCE}/gathering.yml",
        "gathered_on:",
        (
            f"key gathered_on: {LAST - DAY} is before {LAST}, the last day of as_of. Write the day on which"
            " you looked"
        ),
    ),
    (
        1,
        f"{EVIDENCE}/api_prices.csv",
        "OpenAI,gpt-4.1,closed,,GPT-4.1,gpt-4o-2024-11-20,",
        "OpenAI,gpt-4.1,closed,,GPT-4.1,gpt-4o-2024-11-21,",
        f"{EVIDENCE}/api_prices.csv",
        "OpenAI,gpt-4.1,",
        (
            "column replaces: 'gpt-4o-2024-11-21' is no other model of OpenAI before 2025-04-14. The"
            " nearest valid name is 'gpt-4o-2024-11-20'."
        ),
    ),
    (
        2,
        f"{EVIDENCE}/api_prices.csv",
        "OpenAI,gpt-4.1,closed,,GPT-4.1,gpt-4o-2024-11-20,",
        "OpenAI,gpt-4.1,closed,,GPT-4.1,gpt-4.1,",
        f"{EVIDENCE}/api_prices.csv",
        "OpenAI,gpt-4.1,",
        "column replaces: 'gpt-4.1' is no other model of OpenAI before 2025-04-14.",
    ),
    (
        3,
        f"{EVIDENCE}/api_prices.csv",
        "OpenAI,gpt-4.1,closed,,GPT-4.1,gpt-4o-2024-11-20,",
        "OpenAI,gpt-4.1,closed,,GPT-4.1,claude-3-opus,",
        f"{EVIDENCE}/api_prices.csv",
        "OpenAI,gpt-4.1,",
        "column replaces: 'claude-3-opus' is no other model of OpenAI",
    ),
    (
        4,
        f"{EVIDENCE}/api_prices.csv",
        "OpenAI,gpt-4.1,closed,,GPT-4.1,gpt-4o-2024-11-20,",
        "OpenAI,gpt-4.1,closed,,GPT-4.1,o3,",
        f"{EVIDENCE}/api_prices.csv",
        "OpenAI,gpt-4.1,",
        "column replaces: 'o3' is no other model of OpenAI before 2025-04-14.",
    ),
    (
        5,
        f"{EVIDENCE}/api_prices.csv",
        "Groq,Llama 2 70B,open,,Llama 2 70B,,2023-07-18",
        "Groq,Llama 2 70B,open,,Llama 2 70B,,2024-07-18",
        f"{EVIDENCE}/api_prices.csv",
        "Groq,Llama 2 70B",
        "column released_on: 2024-07-18 is after 2024-03-25, its valid_on.",
    ),
    (
        4,
        f"{COSTS}.csv",
        "run,model",
        "run,modle",
        f"{COSTS}.csv",
        "run,modle",
        "column 'modle' is not in the sidecar. The nearest valid name is 'model'.",
    ),
    (
        5,
        f"{COSTS}.meta.yml",
        "  run: {",
        "  runs: {title: Runs, kind: text, meaning: not in the file}\n  run: {",
        f"{COSTS}.csv",
        "run,model",
        "row 1: column runs is missing. Add it, or take it out of",
    ),
    (
        1,
        "params/register.yml",
        "sale_discount_pct:\n  {label",
        "fire_sale_days:\n  {label: days of a fire sale, group: SoftBank's balance sheet, value: 9,"
        " unit: days, range: [1, 90], status: assumption, description: Nobody asks.,"
        " reference: {title: None}}\n"
        "sale_discount_pct:\n  {label",
        "params/register.yml",
        "fire_sale_days",
        "no notebook declares it and no code uses it. Declare it in the parameters cell",
    ),
    (
        1,
        "params/son.yml",
        "shock_rate_per_year: 0.05",
        "shock_rate_per_year: 50",
        "params/son.yml",
        "shock_rate_per_year: 50",
        "key shock_rate_per_year: 50 is outside",
    ),
    (
        2,
        "params/son.yml",
        "# lead.5",
        "# lead.6",
        "params/son.yml",
        "# lead.6",
        "the article has no paragraph 'lead.6'. The nearest valid name is 'lead.5'.",
    ),
    (
        1,
        f"{THESIS}/predictions.yml",
        "where: verdict.4",
        "where: verdict.8",
        f"{THESIS}/predictions.yml",
        "verdict.8",
        "the article has no paragraph 'verdict.8'. The nearest valid name is",
    ),
    (
        1,
        f"{THESIS}/predictions.yml",
        "by: [gpt_5.release]",
        "by: [gpt_5.relase]",
        f"{THESIS}/predictions.yml",
        "gpt_5.relase",
        "there is no dated fact 'gpt_5.relase'. The nearest valid name is 'gpt_5.release'.",
    ),
    (
        2,
        f"{THESIS}/predictions.yml",
        "by: [gpt_5.release]",
        "by: [softbank.margin_loan_back]",
        f"{THESIS}/predictions.yml",
        "softbank.margin_loan_back",
        "after the day that it decides on (2026-05-21). Resolve the part by it instead.",
    ),
    (
        1,
        f"{THESIS}/predictions.yml",
        "within_months: 24\n    label: A price war",
        "within_months: 4\n    label: A price war",
        f"{THESIS}/predictions.yml",
        "p2.price_war:",
        "its deadline was 2026-09-21 and nothing resolves it. Add its resolution.",
    ),
    (
        2,
        f"{THESIS}/predictions.yml",
        "    source_of_truth: Price lists of sellers, as archived.\n",
        (
            "    source_of_truth: Price lists of sellers, as archived.\n    resolution: {resolved_on:"
            f" {LAST + DAY}, outcome: true, by: [price_cut.gpt_5_6_luna], because: Three sellers cut their"
            " prices.}\n"
        ),
        f"{THESIS}/predictions.yml",
        f"resolution: {{resolved_on: {LAST + DAY}",
        f"{LAST + DAY} is after as_of, {LAST}. Correct the day, or move",
    ),
    (
        1,
        "notebooks/3_market_dynamics.ipynb",
        "elapsed_years: float = 4.0",
        "elapsed_years: float = 5.0",
        "notebooks/3_market_dynamics.ipynb",
        "elapsed_years: float = 5.0",
        "parameter elapsed_years: is not declared as the register has it. Run thesis notebooks.",
    ),
    (
        2,
        "notebooks/3_market_dynamics.ipynb",
        "elapsed_years: float = 4.0",
        "elapsed_year: float = 4.0",
        "notebooks/3_market_dynamics.ipynb",
        "elapsed_year: float",
        "parameter elapsed_year: the register has no such name. The nearest valid name is 'elapsed_years'.",
    ),
    (
        4,
        "notebooks/3_market_dynamics.ipynb",
        '"cells": [',
        '"cells": [,',
        "notebooks/3_market_dynamics.ipynb",
        '"cells": [,',
        "is not JSON (",
    ),
]


@pytest.mark.parametrize("number", sorted({row[0] for row in BROKEN}))
def test_every_broken_thing_is_one_line_with_file_line_and_fix(project, before, number):
    """All problems come at once. A round breaks several things that do not hide each other."""
    broken = [row[1:] for row in BROKEN if row[0] == number]
    for name, old, new, *_ in broken:
        edit(project, name, old, new)
    everything = new_problems(project, before)
    for *_, file, at, rule in broken:
        (message,) = [text for text in everything if rule in text]
        where = (
            f"{'/'.join(file.split('/')[-2:])}, {'row' if file.endswith('csv') else 'line'}"
            f" {line(project, file, at)}"
        )
        assert re.match(rf"{re.escape(where)}\b", message), message
        assert re.search(r"\. [A-Z].*\.$", message)


def test_a_check_that_no_claim_uses_is_named_with_its_place(project, before):
    edit(project, CLAIMS, "name: both_kinds", "name: deal_size")
    assert new_problems(project, before) == []  # the code lies elsewhere and may serve another thesis
    (project / "analysis" / "audit" / "checks").mkdir(parents=True)
    shutil.copy(ROOT / "analysis/audit/checks/money.py", project / "analysis/audit/checks")
    (message,) = new_problems(project, before)
    at = line(ROOT, "analysis/audit/checks/money.py", "def both_kinds") - 1  # the decorator's line
    assert (
        message == f"analysis/audit/checks/money.py, line {at}: no claim uses the check both_kinds. Use it in"
        " claims.yml, or remove it."
    )


def test_what_cannot_be_read_does_not_stop_the_rest(project, before):
    edit(project, f"{EVIDENCE}/nvidia_revenue.csv", "Q1 FY2021,3080", "Q1 FY2021,much")
    edit(project, CLAIMS, "  check: {name: both_kinds}\n", "")
    edit(project, CLAIMS, "{name: deal_size}", "{name: deal_sise}")
    edit(project, "params/son.yml", "scenario: son", "scenario: sun")
    sidecar = project / EVIDENCE / "nvidia_revenue.meta.yml"
    sidecar.with_name("lost.meta.yml").write_bytes(sidecar.read_bytes())
    (project / "notebooks" / "4_risks.ipynb").write_text("[]")
    output = "\n".join(new_problems(project, before))
    for text in (
        "'much' is not a number",
        "has neither a check",
        "no check 'deal_sise'",
        "says scenario: 'sun'",
        "lost.csv: there is no such file",
        "4_risks.ipynb: is not a notebook of format 4",
    ):
        assert text in output
    assert "there is no claim" not in output  # the claim that could not be read is not missing


READ = (
    CLAIMS,
    f"{THESIS}/cells.yml",
    f"{THESIS}/numbers.csv",
    f"{THESIS}/numbers.meta.yml",
    f"{THESIS}/models.csv",
    f"{THESIS}/predictions.yml",
    f"{EVIDENCE}/dated_facts.csv",
    f"{EVIDENCE}/api_prices.meta.yml",
    "params/register.yml",
    "params/base.yml",
    "notebooks/1_technical_deep_dive.ipynb",
)


def spoil(project, name, content):
    (project / name).unlink() if content is None else (project / name).write_bytes(content)


@pytest.mark.parametrize("name", [*READ, f"{THESIS}/thesis.yml"])  # without which none of THESIS is read
@pytest.mark.parametrize("content", [None, b"a: 1\n"])
def test_one_file_that_cannot_be_used_is_named_and_no_traceback(project, before, name, content):
    spoil(project, name, content)
    messages = new_problems(project, before)
    gone = content is None and name == READ[-1]  # nothing says which notebooks there should be
    assert gone or Path(name).name.split(".")[0] in "\n".join(messages)
    assert len(messages) < 20 or name == "params/register.yml"


@pytest.mark.parametrize("name", ["params/register.yml", f"{THESIS}/thesis.yml"])
def test_a_file_that_cannot_be_used_accuses_no_risk_and_no_column(project, before, name):
    spoil(project, name, b"a: 1\n")
    messages = "\n".join(new_problems(project, before))
    assert "there is no risk" not in messages
    assert "is not described as in the catalogue" not in messages


@pytest.mark.parametrize(
    "content", [None, b"", b"\xff\xfe", b"[1, 2]", b"a: {b: [", b"x: {y: [z]}\n", b"<<: *a"]
)
def test_files_that_cannot_be_used_are_all_named_at_once(project, before, content):
    for name in READ:
        spoil(project, name, content)
    output = "\n".join(new_problems(project, before))
    # the list is not read without its sidecar, a scenario not without the register; nothing says which
    # notebooks there should be
    for name in set(READ) - {f"{THESIS}/numbers.csv", "params/base.yml", None if content else READ[-1]}:
        assert Path(name).name.split(".")[0] in output


def test_a_register_that_cannot_be_read_is_named_and_nothing_else(project, before):
    """Not the risks of `thesis.yml` either: which of them the register names is not known."""
    edit(project, "params/register.yml", "value: 0.75,", "value: {share: 0.75},")
    messages = new_problems(project, before)
    assert messages
    assert {message.partition(",")[0] for message in messages} == {"params/register.yml"}


NOTEBOOK = "notebooks/3_market_dynamics.ipynb"


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('"cells"', '"cels"', "key cells: is missing."),
        ('"cells": [', '"cells": [,', "is not JSON"),
        ('"metadata": {', '"metadata": null, "other": {', "cell 1 from the top, key metadata: "),
        ('"parameters"', '"notebook-only"', "has no cell tagged parameters. Tag the one cell"),
    ],
)
def test_a_notebook_that_is_not_fit_to_run_is_named_and_nothing_else(project, before, old, new, rule):
    """Not the register, which says where a name is used."""
    edit(project, NOTEBOOK, old, new)
    (message,) = new_problems(project, before)
    assert message.startswith(NOTEBOOK)
    assert rule in message


def test_claims_that_only_a_broken_notebook_would_show_are_not_missing(project, before):
    rows = ledger(project)
    (project / "notebooks" / "6_verdict.ipynb").write_text("{")
    messages = new_problems(project, before, fresh_ledger=lambda: rows)
    assert any("6_verdict.ipynb, line 1: is not JSON" in text for text in messages)
    assert not [text for text in messages if "no stored ledger shows" in text]


def test_a_leftover_notebook_is_named_and_nothing_else(project, before):
    (project / "notebooks" / "Untitled.ipynb").write_text(
        '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    )
    (project / "notebooks" / "Folder.ipynb").mkdir()
    untitled, folder = sorted(new_problems(project, before), reverse=True)
    assert untitled.startswith("notebooks/Untitled.ipynb: has no cell tagged parameters")
    assert folder.startswith("notebooks/Folder.ipynb: cannot be read")


def test_an_empty_parameters_cell_declares_nothing(project, before):
    path = project / NOTEBOOK
    content = json.loads(path.read_text())
    (cell,) = [cell for cell in content["cells"] if "parameters" in cell["metadata"].get("tags", [])]
    names = {line.partition(":")[0] for line in cell["source"]} - {"scenario"}
    cell["source"] = []
    path.write_text(json.dumps(content, indent=1))
    messages = new_problems(project, before)
    undeclared = {text.partition("uses assumptions.")[2].partition(",")[0] for text in messages}
    assert undeclared and undeclared <= names


def test_a_parameters_cell_is_read_in_the_lines_of_python(project, before):
    path = project / NOTEBOOK
    content = json.loads(path.read_text())
    (cell,) = [cell for cell in content["cells"] if "parameters" in cell["metadata"].get("tags", [])]
    cell["source"].insert(0, "# pasted\u2028from\x0c the web\n")
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False))
    assert new_problems(project, before) == []


def test_the_facts_that_a_text_names_are_found_wherever_a_word_starts():
    """A long word is read once: from each of its letters on, this would take hours."""
    named = "a.b (gpt_4o.release.2024-05-13) 4x.y Xa.b_c ab no. .z " + "a" * 1_000_000
    assert consistency._FACT_IDS.findall(named) == ["a.b", "gpt_4o.release.2024-05-13", "x.y", "a.b_c"]
    assert consistency._FACT_IDS.findall(named[:60]) == re.findall(consistency._FACT_ID, named[:60])


# Stored outputs


def ledger(project, slug="6_verdict"):
    """The rows of a notebook's stored ledger of claims."""
    book = stored_outputs.read(project / "notebooks" / f"{slug}.ipynb")
    return [row for exhibit in book.exhibits if exhibit.kind == "ledger" for row in exhibit.rows]


def rewrite(project, change, slug="6_verdict"):
    """Change the bundles of a notebook's stored exhibits."""
    path = project / "notebooks" / f"{slug}.ipynb"
    content = json.loads(path.read_text())
    for cell in content["cells"]:
        for output in cell.get("outputs", ()):
            if MIME in output.get("data", {}):
                change(output["data"][MIME], output["data"])
    path.write_text(json.dumps(content, indent=1))


def test_a_stored_verdict_that_a_fresh_ledger_does_not_give_is_named(project, before):
    rows = ledger(project)
    assert new_problems(project, before, fresh_ledger=lambda: rows) == new_problems(project, before)
    row = next(row for row in rows if row["verdict"] == "holds")
    changed = [{**r, "verdict": "fails", "reason": "x"} if r is row else r for r in rows]
    output = [
        text
        for text in new_problems(project, before, fresh_ledger=lambda: changed)
        if row["id"] in text and "6_verdict" in text
    ]
    assert len(output) == 1
    assert (
        f"exhibit verdict.claims: stored verdict of {row['id']} is holds, a fresh one is fails. Run thesis"
        " notebooks." in output[0]
    )
    text = (project / "notebooks/6_verdict.ipynb").read_text()
    exhibit = text[: text.index('"id": "verdict.claims"')].count("\n") + 1
    at = int(re.match(r"notebooks/6_verdict\.ipynb, line (\d+), ", output[0])[1])
    assert at > exhibit
    assert f'"{row["id"]}"' in text.splitlines()[at - 1]


def test_a_number_that_moved_is_named_and_one_that_rounds_alike_is_not(project, before):
    rows = [row for row in ledger(project) if row["computed"]]
    nudged = [{**row, "computed": row["computed"] * (1 + 1e-7)} for row in rows]
    assert new_problems(project, before, fresh_ledger=lambda: nudged) == new_problems(project, before)
    moved = [{**row, "computed": row["computed"] * 1.01} for row in rows[:1]]
    output = "\n".join(new_problems(project, before, fresh_ledger=lambda: moved))
    assert f"stored computed of {rows[0]['id']} is" in output


def test_of_a_long_reason_the_place_where_it_differs_is_shown(project, before):
    row = ledger(project)[0]
    rows = [{**row, "reason": "A long beginning. " * 20 + "The end is 3."}]
    rewrite(
        project,
        lambda bundle, _: bundle.update(
            rows=[
                r | {"reason": "A long beginning. " * 20 + "The end is 2."} if r.get("id") == row["id"] else r
                for r in bundle.get("rows") or []
            ]
        ),
    )
    output = "\n".join(
        text for text in new_problems(project, before, fresh_ledger=lambda: rows) if "6_verdict" in text
    )
    assert re.search(
        r"is \.\.\. .{10,40}The end is 2, a fresh one is \.\.\. .{10,40}The end is 3\. Run", output
    )


def test_a_stored_column_that_is_not_called_as_in_the_catalogue_is_named(project, before):
    def rename(bundle, _):
        if bundle["id"] == "verdict.moic":
            bundle["columns"][0]["title"] = "Old"

    rewrite(project, rename)
    (message,) = [text for text in new_problems(project, before) if "exhibit verdict.moic" in text]
    assert "column quantile, stored as 'Old', is not described as in the catalogue" in message


def test_a_claim_that_no_notebook_shows_is_named(project, before):
    gone = ledger(project)[0]["id"]
    for path in (project / "notebooks").glob("*.ipynb"):
        rewrite(
            project,
            lambda bundle, _: bundle.update(
                rows=[r for r in bundle.get("rows") or [] if r.get("id") != gone]
            ),
            path.stem,
        )
    rows = ledger(project)
    (message,) = [
        text
        for text in new_problems(project, before, fresh_ledger=lambda: rows)
        if "no stored ledger" in text
    ]
    assert message.endswith(f"/notebooks: no stored ledger shows {gone}. Run thesis notebooks.")


def test_an_exhibit_that_names_a_claim_which_is_gone_is_named(project, before):
    rewrite(
        project,
        lambda bundle, _: bundle.update(claims=["market.totals"]) if bundle["id"] == "verdict.moic" else None,
    )
    (message,) = new_problems(project, before)
    assert (
        "exhibit verdict.moic: there is no claim 'market.totals'. The nearest valid name is 'market.total'."
        in message
    )


def evidence(project, change=lambda rows: rows, name="nvidia_revenue", as_of="2026-10-31"):
    """Store an evidence exhibit in a notebook, as `display.evidence` does."""
    outputs = []
    with mock.patch.object(display, "display", lambda data, raw: outputs.append(data)):
        display.evidence(name, as_of)
    bundle = outputs[0][MIME]
    bundle["rows"] = change(bundle["rows"])
    path = project / "notebooks" / "1_technical_deep_dive.ipynb"
    content = json.loads(path.read_text())
    content["cells"][-1].setdefault("outputs", [])
    code = next(cell for cell in reversed(content["cells"]) if cell["cell_type"] == "code")
    code["outputs"].append({"output_type": "display_data", "metadata": {}, "data": {MIME: bundle}})
    path.write_text(json.dumps(content, indent=1))


def test_stored_scores_are_compared_with_what_they_follow_from(project, before):
    edit(project, f"{EVIDENCE}/stock_index.csv", "1980,23.8,", "1980,23.9,")
    (message,) = new_problems(project, before)
    rule = "does not follow from today's cases and assumptions"
    assert message.endswith(f"stored.sha256: {rule}. Run thesis calibrate --store.")


def test_stored_scores_that_were_changed_by_hand_are_named(project, before):
    edit(project, f"{DATA}/calibration/repairs.csv", "revenue,5,", "revenue,6,")
    (message,) = new_problems(project, before)
    assert message.endswith("repairs.csv: was changed since it was stored. Run thesis calibrate --store.")


def test_stored_scores_that_are_gone_are_named(project, before):
    (project / DATA / "calibration" / "stored.sha256").unlink()
    (message,) = new_problems(project, before)
    assert "stored.sha256: is gone" in message


def test_stored_evidence_is_compared_with_its_table(project, before):
    evidence(project)
    assert new_problems(project, before) == []
    evidence(project, lambda rows: rows[1:])
    evidence(project, lambda rows: [rows[0] | {"total_revenue_usd_mn": 1.0}, *rows[1:]])
    messages = new_problems(project, before)
    n = len(evidence_tables.load("nvidia_revenue", "2026-10-31"))
    assert [text.split("evidence.nvidia_revenue: ")[1] for text in messages] == [
        f"{n - 1} rows are stored, the table has {n}. Run thesis notebooks.",
        "stored total_revenue_usd_mn of row 1 is 1, the table has 3080. Run thesis notebooks.",
    ]


def test_stored_evidence_is_compared_with_what_was_known_on_its_day(project, before):
    evidence(project, as_of="2026-05-21")
    assert len(evidence_tables.load("nvidia_revenue", "2026-05-21")) < len(
        evidence_tables.load("nvidia_revenue")
    )
    assert new_problems(project, before) == []


def test_evidence_of_no_table_and_of_no_day_is_named(project, before):
    evidence(project)
    text = (project / "notebooks" / "1_technical_deep_dive.ipynb").read_text()
    for old, new, rule in (
        ("evidence.nvidia_revenue", "evidence.nvidia", "no evidence table 'nvidia'"),
        ("2026-10-31", "2026-13-31", "exhibit evidence.nvidia_revenue, key evidence.as_of: "),
    ):
        head, _, tail = text.rpartition('"id": "evidence.nvidia_revenue"')
        (project / "notebooks" / "1_technical_deep_dive.ipynb").write_text(
            head + ('"id": "evidence.nvidia_revenue"' + tail).replace(old, new, 1)
        )
        assert rule in "\n".join(new_problems(project, before))


# The rest


def test_a_ledger_that_cannot_be_made_is_one_line(project, before):
    def fresh():
        raise KeyError("nothing")

    assert "claims.yml: a check cannot be computed: KeyError: 'nothing'." in "\n".join(
        new_problems(project, before, fresh_ledger=fresh)
    )


def test_bad_data_is_not_reported_again_by_the_ledger(project, before):
    edit(project, CLAIMS, "{name: deal_size}", "{name: deal_sise}")

    def fresh():
        raise AssertionError("is not asked for")

    assert not [
        text for text in new_problems(project, before, fresh_ledger=fresh) if "cannot be computed" in text
    ]


def test_the_article_is_compared_when_it_is_given(project, before, tmp_path):
    article = tmp_path / "article.md"
    article.write_text("`lead.1` A $60B deal of $5\n")
    messages = new_problems(project, before, article=article)
    assert messages[0].startswith(
        f"{article}, lead.1: prints '$5' (1st time), which analysis"
    ) or "prints '$5'" in "\n".join(messages)
    assert "does not print '$60B'" not in "\n".join(messages)


def test_an_article_that_is_not_there_is_bad_usage(project):
    with pytest.raises(ParameterError, match=r"--article nowhere\.md: cannot be read"):
        consistency.check(Project(project), article=Path("nowhere.md"))


def test_a_dated_fact_that_nothing_uses_is_counted_and_no_problem(project, before):
    row = (
        "waits.for_a_claim,Nobody,Something that nothing names,,,,day,2019-01-01,2019-01-01,no,official,A"
        " page,https://example.org\n"
    )
    first = (project / EVIDENCE / "dated_facts.csv").read_text().splitlines()[1]
    edit(project, f"{EVIDENCE}/dated_facts.csv", first, row + first)
    checked = consistency.check(Project(project))
    assert "waits.for_a_claim" in checked.unused
    assert all(
        "rows are stored" in str(problem) for problem in checked.problems if str(problem) not in before
    )
    assert "softbank.dissent" not in checked.unused
    assert "stars.vllm.2026-05-01" not in checked.unused  # used through its series


def test_a_reason_that_nobody_filled_in_is_named_with_its_line(project, before):
    edit(
        project,
        "params/son.yml",
        "parity_years: With a lead of a decade open models stay behind until SoftBank sells.",
        "parity_years: 'To be filled in: why this value?'",
    )
    at = line(project, "params/son.yml", "To be filled in")
    [text] = new_problems(project, before)
    assert (
        text.startswith(f"params/son.yml, line {at}")
        and "has no reason yet. Say why parity_years has this value" in text
    )


def test_a_published_probability_of_a_part_that_is_gone_is_a_problem_until_its_id_is_retired(project, before):
    here = Project(project)
    gone = {
        "id": "p9.gone",
        "status": "open",
        "given": None,
        "methods": [{"kind": "trend", "probability": 0.2}],
    }
    shares = {"probability": 0.2, "probability_low": 0.1, "probability_high": 0.4}
    own_record.append([gone | shares], recorded_on=LAST + DAY, as_of=str(LAST), version="1.0.0", project=here)
    (problem,) = new_problems(project, before)
    assert "published_probabilities.csv, row" in problem and "'p9.gone'" in problem
    here.retired_ids.parent.mkdir(exist_ok=True)
    here.retired_ids.write_text("p9.gone: {kind: prediction, section: 5_predictions, since: 2030-01-01}\n")
    assert not new_problems(project, before)
    with here.published_probabilities.open("a", encoding="utf-8") as file:
        file.write(here.published_probabilities.read_text(encoding="utf-8").splitlines()[-1][:-1] + "x\n")
    (problem,) = new_problems(project, before)
    assert "continues no row above it" in problem
