import json
import string

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import scenarios
from analysis.batch import defaults
from analysis.errors import NotebookError, ParameterError
from analysis.project import Project

REGISTER = """
rate_pct: {value: 3.0, unit: percent per year, range: [0, 10], description: a rate of growth,
           label: rate, group: growth, status: assumption, reference: {title: t}}
"""
DECLARED = "rate_pct: float = 3.0  # percent per year; a rate of growth"


@pytest.fixture
def register(tmp_path):
    project = Project(tmp_path)
    project.params.mkdir()
    project.register.write_text(REGISTER)
    return scenarios.load_register(project)


def notebook(path, source):
    code = nbformat.v4.new_code_cell(source, metadata={"tags": ["parameters"]})
    other = nbformat.v4.new_code_cell(
        "rate_pct: float = 9.0", outputs=[nbformat.v4.new_output("stream", text="9\n")]
    )
    nbformat.write(nbformat.v4.new_notebook(cells=[code, other]), path)
    return path


def test_declarations_are_the_register_s_and_the_rest_stays(tmp_path, register):
    path = notebook(
        tmp_path / "n.ipynb",
        'scenario: str = "base"  # label\n# a note\nrate_pct: float = (\n    2.0\n)\nother = 1',
    )
    before = nbformat.read(path, 4)
    assert defaults.align([path], register) == [path]
    after = nbformat.read(path, 4)
    assert after.cells[0].source == f'scenario: str = "base"  # label\n# a note\n{DECLARED}\nother = 1'
    assert after.cells[1] == before.cells[1]


def test_a_notebook_in_line_is_not_written(tmp_path, register):
    path = notebook(tmp_path / "n.ipynb", DECLARED)
    content = json.loads(path.read_text())
    content["cells"][0]["source"] = DECLARED  # one text instead of a list, in another layout
    path.write_text(json.dumps(content))
    before = path.read_bytes()
    assert defaults.align([path], register) == []
    assert path.read_bytes() == before


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\x0c", "\x0b", "\x1c"])
def test_only_what_ends_a_line_of_python_ends_a_line(tmp_path, register, mark):
    source = f"# pasted{mark}from the web\nrate_pct: float = 2.0\nother = 1  # so{mark} too"
    path = notebook(tmp_path / "n.ipynb", source)
    defaults.align([path], register)
    assert nbformat.read(path, 4).cells[0].source == source.replace("rate_pct: float = 2.0", DECLARED)


def test_each_line_keeps_its_end(tmp_path, register):
    path = notebook(tmp_path / "n.ipynb", "a = 1\r\nrate_pct: float = 2.0\r\nb = 2")
    defaults.align([path], register)
    assert nbformat.read(path, 4).cells[0].source == f"a = 1\r\n{DECLARED}\r\nb = 2"


def test_a_declaration_that_shares_its_line_is_refused_and_no_notebook_written(tmp_path, register):
    paths = [
        notebook(tmp_path / "1.ipynb", "rate_pct: float = 2.0"),
        notebook(tmp_path / "2.ipynb", "a = 1\nb = 2; rate_pct: float = 2.0"),
    ]
    before = [path.read_bytes() for path in paths]
    with pytest.raises(NotebookError, match=r"2\.ipynb, parameters cell, line 2: declares rate_pct and"):
        defaults.align(paths, register)
    assert [path.read_bytes() for path in paths] == before


@pytest.mark.parametrize(
    "changed",
    [
        {"description": "first\nimport os"},
        {"description": "a = b"},
        {"description": "half \ud83d"},
        {"unit": "\0"},
    ],
)
def test_what_would_not_be_read_back_is_refused_and_no_notebook_written(tmp_path, register, changed):
    """The register refuses such texts; one that came another way never gets into a notebook."""
    entry = register["rate_pct"]
    paths = [
        notebook(tmp_path / "1.ipynb", "rate_pct: float = 2.0"),
        notebook(tmp_path / "2.ipynb", "bad: float = 2.0"),
    ]
    before = [path.read_bytes() for path in paths]
    with pytest.raises(ParameterError, match=r"register\.yml, key bad: would not be read back"):
        defaults.align(paths, {"rate_pct": entry, "bad": entry.model_copy(update=changed)})
    assert [path.read_bytes() for path in paths] == before


def test_half_a_character_in_an_output_is_kept_as_json_writes_it(tmp_path, register):
    path = notebook(tmp_path / "n.ipynb", "rate_pct: float = 2.0")
    path.write_text(path.read_text().replace('"9\\n"', '"\\ud83d\\n"'))
    before = json.loads(path.read_text())
    assert defaults.align([path], register) == [path]
    after = json.loads(path.read_text(encoding="utf-8"))
    assert after["cells"][1] == before["cells"][1]


def test_a_notebook_behind_a_link_is_written_where_it_lies(tmp_path, register):
    path = notebook(tmp_path / "there.ipynb", "rate_pct: float = 2.0")
    link = tmp_path / "n.ipynb"
    link.symlink_to(path)
    defaults.align([link], register)
    assert link.is_symlink()
    assert nbformat.read(path, 4).cells[0].source == DECLARED


TEXTS = st.text(
    st.one_of(st.characters(), st.sampled_from(string.printable + "\u2028\x85=#:")), min_size=10, max_size=30
)


@given(description=TEXTS, unit=TEXTS, value=TEXTS)
def test_what_the_register_takes_papermill_reads(description, unit, value):
    base = {
        "range": [0, 10],
        "reference": {"title": "t"},
        "status": "assumption",
        "label": "rate",
        "group": "growth",
        "description": description,
        "unit": unit,
    }
    try:
        entries = [scenarios.Entry.model_validate(base | {"value": candidate}) for candidate in (3.0, value)]
    except ValueError:  # nothing but blanks
        return
    for entry in entries:
        if not list(scenarios.line_problems("some_name", entry, "here")):
            line = scenarios.parameter_line("some_name", entry)
            defaults.refuse_misread(line, "some_name", entry)  # does not
