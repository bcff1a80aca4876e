"""What decides a cell: rules that their project's evidence bears out, or a message that says where not."""

import hashlib
import shutil

import pytest

from analysis.errors import DataError
from analysis.evidence import cell_rules
from analysis.project import Project, sidecar_of


@pytest.fixture
def copy(tmp_path):
    """A project with the report's data."""
    project = Project(tmp_path)
    shutil.copytree(Project.default().data, project.data)
    return project


@pytest.mark.parametrize(
    ("old", "new", "key", "fix"),
    [
        (
            "gpt_5_5.release: GPT-5.5",
            "gpt_5_9.release: GPT-5.9",
            r"players\.primary_model\.rows\.OpenAI\.names",
            "gpt_5_[0-9]",
        ),
        (
            "denies: [xai.merger]",
            "denies: [xai.mergr]",
            r"players\.key_investor\.rows\.xAI\.readings\.held by Musk himself\.denies\.0",
            "xai.merger",
        ),
        (
            "denies: [xai.merger]",
            "denied: [xai.merger]",
            r"players\.key_investor\.rows\.xAI\.readings\.held by Musk himself\.denied",
            "Remove the key",
        ),
        (
            "rule: readings_on_record",
            "rule: readings_on_recrod",
            r"players\.key_investor\.rows\.xAI",
            "readings_on_record",
        ),
        ("on {xai.merger} at", "on {xai.merged} at", r"players\.key_investor\.rows\.xAI", "xai.merged"),
        (
            "    Meta AI:\n      rule: internal",
            "    Meta:\n      rule: internal",
            r"players\.key_investor\.rows\.Meta",
            "Meta AI",
        ),
        (
            "      told: Alphabet reports",
            "      note: Alphabet reports",
            r"players\.key_investor\.rows\.Google DeepMind",
            "shows and told belong together",
        ),
        (
            "      read_as_usd_mn: [20, 100]\n",
            "",
            r"models\.training_cost_usd_mn\.rows\.Claude 3\.5 Sonnet",
            "told and read_as_usd_mn belong together",
        ),
        ("market_size.cagr_pct:", "market_size.cagr:", r"market_size\.cagr", "market_size.cagr_pct"),
        (
            "column: amount_usd_bn",
            "column: amount",
            r"players\.key_investor\.rows\.Anthropic\.amounts\.Amazon",
            "amount_usd_bn",
        ),
        (
            "  would_decide: A dated list of the dev",
            "  would: A dated list of the dev",
            r"players\.primary_model",
            "would_decide",
        ),
    ],
)
def test_a_mistake_in_the_rules_is_refused_by_file_and_key(copy, old, new, key, fix):
    path = copy.cells
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(DataError, match=rf"cells\.yml, key {key}.*: .*{fix}"):
        cell_rules.load(copy)


def test_rules_may_name_what_the_evidence_of_their_own_project_holds_and_nothing_else(copy):
    rename(copy.evidence_table("dated_facts"), "xai.merger", "xai.merging")
    with pytest.raises(
        DataError,
        match=(
            r"cells\.yml, key .*xAI.*: no dated fact has this id\. The nearest valid name is 'xai\.merging'"
        ),
    ):
        cell_rules.load(copy)
    rename(copy.evidence_table("dated_facts"), "xai.merging", "xai.merger")
    rename(copy.evidence_table("funding_rounds"), "amount_usd_bn", "paid_usd_bn")
    with pytest.raises(
        DataError, match=r"cells\.yml, key .*Amazon.*: funding_rounds has no column 'amount_usd_bn'"
    ):
        cell_rules.load(copy)


def rename(table, old, new):
    """Write another name in a table and its sidecar, and the hash of the table that comes of it."""
    meta, before = sidecar_of(table), hashlib.sha256(table.read_bytes()).hexdigest()
    table.write_text(table.read_text().replace(old, new))
    after = hashlib.sha256(table.read_bytes()).hexdigest()
    meta.write_text(meta.read_text().replace(old, new).replace(before, after))


def test_rules_depend_on_the_columns_of_those_tables_alone_that_they_name(copy):
    sidecar_of(copy.evidence_table("nvidia_revenue")).write_text("\n")
    assert cell_rules.load(copy)
    sidecar_of(copy.evidence_table("softbank_openai")).write_text("\n")
    with pytest.raises(DataError, match=r"softbank_openai\.meta\.yml"):
        cell_rules.load(copy)
