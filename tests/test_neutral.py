"""What would serve another thesis names nothing of this one: no company, model, table or passage.

The names come from the data, so that a new one is looked for at once. Allowed are `dated_facts`, the one
table of evidence that every thesis has, and what the modules of this thesis say, which are not looked at:
`models`, `figures`, `notebook`, the checks of `audit`, the methods, series, readers and past cases of
`forecasts`, and `assumptions`, which is written from the register for type checkers alone.
"""

import re
from pathlib import Path

from analysis import thesis
from analysis.audit.facts import FACTS
from analysis.evidence import article_tables, claims, evidence_tables
from analysis.project import Project

ROOT = Project.default().root
OF_THIS_THESIS = (
    "analysis/assumptions.py",
    "analysis/models",
    "analysis/figures",
    "analysis/notebook",
    "analysis/audit/checks",
    "analysis/audit/cell_checks",
    "analysis/forecasts/calibration.py",
    "analysis/forecasts/class_estimate.py",
    "analysis/forecasts/methods.py",
    "analysis/forecasts/past_cases.py",
    "analysis/forecasts/track_record.py",
    "analysis/forecasts/indicators.py",
)
WHO = ("company", "seller", "model", "investor", "developer")
"""The columns that name companies and their products."""


def neutral_files() -> list[Path]:
    """Code, templates, style, script and the shared catalogue of columns."""
    files = [
        *(ROOT / "analysis").rglob("*.py"),
        ROOT / "analysis" / "columns.yml",
        *(ROOT / "reports" / "templates").iterdir(),
        *(ROOT / "reports" / "static").iterdir(),
    ]
    return [path for path in files if not path.relative_to(ROOT).as_posix().startswith(OF_THIS_THESIS)]


def names_of_this_thesis() -> set[str]:
    """Companies, models and tables; the investor, the company, and who published the article."""
    this = thesis.load()
    tables = [evidence_tables.load(name) for name in evidence_tables.names()]
    tables += [article_tables.printed_table(name) for name in this.tables]
    people = {str(name) for table in tables for column in WHO if column in table for name in table[column]}
    files = {*this.tables, *evidence_tables.names()} - {FACTS}
    tables_by_name = {f"{name}.csv" for name in files} | {name for name in files if "_" in name}
    return (people | tables_by_name | {this.beneficiary, this.company, this.article.publisher}) - {""}


def mentions_of_this_thesis() -> re.Pattern[str]:
    """What finds such a name, the id of a claim, or a passage of the article."""
    names = sorted(names_of_this_thesis(), key=len, reverse=True)
    words = [re.escape(name) for name in [*names, *claims.by_id()]]
    return re.compile(rf"(?<![\w-])(?:{'|'.join([*words, thesis.load().passage.pattern])})(?![\w-])")


def test_neutral_code_and_templates_name_nothing_of_this_thesis():
    mentions = mentions_of_this_thesis()
    assert not [
        f"{path.relative_to(ROOT)}, line {number}: {match[0]}"
        for path in neutral_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        for match in mentions.finditer(line)
    ]


def test_such_names_are_found_where_they_stand():
    this, mentions = thesis.load(), mentions_of_this_thesis()
    models = article_tables.printed_table(this.tables[0]).iloc[:, 0]
    for name in (this.beneficiary, *models, *claims.by_id(), f"{next(iter(this.sections))}.1"):
        assert mentions.search(f"as {name}, for example")
    assert ROOT / "analysis" / "audit" / "facts.py" in neutral_files()
