"""What `thesis.yml` says, and what it may not say."""

import shutil

import pytest

from analysis import thesis
from analysis.errors import DataError
from analysis.project import Project

FILE = Project.default().thesis_file


@pytest.fixture
def project(tmp_path):
    """A project that holds its `thesis.yml`."""
    project = Project(tmp_path)
    project.thesis.mkdir(parents=True)
    shutil.copy(FILE, project.thesis)
    return project


def problem_in(project, old, new):
    """The one problem of the file with something replaced."""
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    project.thesis_file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        thesis.load(project)
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("old", "new", "key", "rule", "fix"),
    [
        ("\nrisks:", "\nrisk: {}\nrisks:", "risk", "Extra inputs", "Remove the key"),
        ("published_on: 2026", "published_on: 26", "article.published_on", "is not a date", "Correct"),
        ("percent: pct", "percent: pc", "fact_units.percent", "'pc' is no unit", "'pct'"),
        ("[models, ", "[players, ", "tables", "'players' appears twice", "once"),
        ("paragraphs: 4", "paragraphs: 0", "sections.risks.paragraphs", "(got 0)", "Correct the entry"),
    ],
)
def test_what_cannot_be_used_is_refused_with_file_key_rule_and_fix(project, old, new, key, rule, fix):
    problem = problem_in(project, old, new)
    assert problem.place.endswith(f"thesis.yml, key {key}")
    assert rule in problem.rule and fix in problem.fix


def test_an_edit_is_seen_at_the_next_call(project):
    before = thesis.load(project).title
    path = project.thesis_file
    path.write_text(path.read_text(encoding="utf-8").replace(before, "Another title"), encoding="utf-8")
    assert thesis.load(project).title == "Another title"


def test_a_passage_is_a_paragraph_or_a_table_of_a_section_of_this_article():
    passage, (first, *_) = thesis.load().passage, thesis.load().sections
    assert passage.fullmatch(f"{first}.1") and passage.fullmatch(f"{first}.table")
    assert not passage.fullmatch(f"{first}.x") and not passage.fullmatch("no_section.1")
