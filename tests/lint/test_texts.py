"""Where the texts of the sources stand, and which of them count as prose."""

import json
from pathlib import Path

from analysis.lint import texts
from analysis.project import Project


def found(path: Path, source: str, read) -> list[tuple[str, str]]:
    path.write_text(source, encoding="utf-8")
    return [(text.place.rpartition(" ")[2], text.words) for text in read(path)]


def test_markdown_has_paragraphs_with_their_line_but_no_tables_or_code(tmp_path):
    source = "# One two\n\nA first line\nand a second.\n\n| a | table |\n\n```sh\nrun it\n```\n- an item\n"
    assert found(tmp_path / "a.md", source, texts.of_markdown) == [
        ("1", "One two"),
        ("3", "A first line\nand a second."),
        ("11", "an item"),
    ]


def test_yaml_has_values_of_several_words_but_no_names_of_sources(tmp_path):
    source = (
        "label: Price of it\nsource: {title: The Paper of Record}\nname: key\nitems:\n  - A second text\n"
    )
    expected = [("1", "Price of it"), ("5", "A second text")]
    assert found(tmp_path / "a.yml", source, texts.of_yaml) == expected


def test_code_has_strings_of_several_words_but_no_docstrings(tmp_path):
    source = (
        'def f():\n    """What code is for, in words."""\n    return "what a reader sees here", "a key"\n'
    )
    assert found(tmp_path / "a.py", source, texts.of_module) == [("3", "what a reader sees here")]


def test_of_a_command_its_help_is_read(tmp_path):
    source = '@app.command()\ndef run():\n    """Run every notebook under a scenario."""\n'
    (tmp_path / "a.py").write_text(source, encoding="utf-8")
    assert [text.words for text in texts.of_module(tmp_path / "a.py", help_only=True)] == [
        "Run every notebook under a scenario."
    ]


def test_an_exception_holds_for_its_line_and_the_next(tmp_path):
    excuse = "# text-check: allow phrase because a quotation"
    source = f'{excuse}\nA = "The dearest of them all"\nB = "The dearest of all"\n'
    (tmp_path / "a.py").write_text(source, encoding="utf-8")
    allowed = {text.words: set(text.allowed) for text in texts.of_module(tmp_path / "a.py")}
    assert allowed["The dearest of them all"] == {"phrase"}
    source = source.replace('all"\n', 'all"\n\n', 1)
    (tmp_path / "a.py").write_text(source, encoding="utf-8")
    allowed = {text.words: set(text.allowed) for text in texts.of_module(tmp_path / "a.py")}
    assert allowed["The dearest of all"] == set()


def test_a_fault_names_file_line_and_rule(tmp_path):
    for folder in (
        "notebooks",
        "params",
        "analysis/data/thesis",
        "analysis/data/evidence",
        "reports/templates",
    ):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "README.md").write_text("# Title\n\nIt costs $60B now.\n", encoding="utf-8")
    (tmp_path / "CONTRIBUTING.md").write_text("Fine <!-- text-check: allow phrase -->\n", encoding="utf-8")
    cell = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "<!-- text-check: allow x -->"}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "notebooks" / "1_a.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    first, second, third = texts.problems(Project(tmp_path))
    assert first.place.endswith("README.md, line 3")
    assert first.rule == "house number: “$60B”"
    assert "gives no reason" in second.rule
    assert third.place.endswith("1_a.ipynb, cell 1")
