"""Map and findings say what the stored notebooks show, and are written between their comments alone."""

import json

import pytest

from analysis.errors import NotebookError
from analysis.exhibits import MIME
from analysis.lint import documents, stored_outputs
from analysis.project import Project
from analysis.thesis import Pages


class THESIS:
    """A thesis whose front page picks an answer and two points."""

    pages = Pages(
        front_answer="one.answer", front_points={"The bet": ("one.bet",), "How sure?": ("one.sure",)}
    )


def cell(kind, source, *bundles):
    outputs = [{"output_type": "display_data", "metadata": {}, "data": {MIME: bundle}} for bundle in bundles]
    code = {"outputs": outputs, "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "id": source[:4].strip(), "metadata": {}, "source": source} | code


def figure(name):
    return {"id": name, "kind": "figure", "alt": "A curve.", "columns": [], "rows": []}


JUDGED = [
    {"id": f"claim{n}", "section": section, "statement": "It is so.", "verdict": "holds"}
    for n, section in enumerate(("one", "two", "one"))
]
LEDGER = {"id": "one.claims", "kind": "ledger", "columns": [], "rows": JUDGED}
METRIC = {"id": "one.sum", "kind": "metric", "value": 1.0, "text": "1", "short": "1"}
CELLS = [
    cell("markdown", "text\n\n# The first one\n"),
    cell("code", "show", figure("one.curve"), METRIC),
    cell("code", "more", LEDGER, figure("one.bars")),
]
ROW = "| `1_one` | The first one | `one.curve` `one.bars` | `one` `two` |"


@pytest.fixture
def project(tmp_path):
    (tmp_path / "notebooks").mkdir()
    notebook = {"cells": CELLS, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "notebooks" / "1_one.ipynb").write_text(json.dumps(notebook))
    (tmp_path / "README.md").write_text(
        f"# Before\n\n{documents.MAP.start}\nold\n{documents.MAP.end}\n\nAfter\n"
    )
    return Project(tmp_path)


def problems(project):
    notebooks = [stored_outputs.read(path) for path in project.notebook_paths()]
    return [str(problem) for problem in documents.problems(project, notebooks, THESIS)]


def test_the_map_is_written_between_its_comments_alone(project):
    assert documents.update(project)
    text = project.readme.read_text()
    assert text.startswith("# Before\n\n") and text.endswith("\n\nAfter\n")
    assert ROW in text.splitlines() and "old" not in text
    assert not documents.update(project)


def test_an_old_map_is_named_with_its_line_until_it_is_written(project):
    (problem,) = problems(project)
    assert "README.md, line 3" in problem and "thesis notebooks" in problem
    documents.update(project)
    assert problems(project) == []


@pytest.mark.parametrize("text", [documents.MAP.start, f"{documents.MAP.end}\n{documents.MAP.start}"])
def test_a_map_without_an_end_is_named_and_not_written(project, text):
    project.readme.write_text(f"{text}\nold\n")
    (problem,) = problems(project)
    assert "has no end" in problem and documents.MAP.end in problem
    assert not documents.update(project)


def test_a_readme_without_a_place_for_it_has_no_map(project):
    project.readme.write_text("# Before\n")
    assert not documents.update(project)
    assert problems(project) == []
    project.readme.unlink()
    assert not documents.update(project)
    assert problems(project) == []


def test_a_notebook_that_cannot_be_read_leaves_the_map_as_it_was(project):
    (project.notebooks / "2_two.ipynb").write_text("{")
    before = project.readme.read_text()
    with pytest.raises(NotebookError):
        documents.update(project)
    assert project.readme.read_text() == before


def statement(name, text):
    return {"id": name, "kind": "statement", "text": text}


def test_the_findings_are_those_of_the_front_page(project):
    cells = [cell("code", "say", statement("one.answer", "Yes. Because."), statement("one.bet", "It pays."))]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (project.notebooks / "1_one.ipynb").write_text(json.dumps(notebook))
    notebooks = [stored_outputs.read(path) for path in project.notebook_paths()]
    # a point whose sentence is not there is left out
    assert documents.render_findings(notebooks, THESIS).splitlines() == [
        "**Yes.** Because.",
        "",
        "- **The bet.** It pays.",
    ]
