import json

import nbformat
import pytest

from analysis import scenarios
from analysis.pipeline import declarations

REGISTER = """
rate_pct: {value: 3.0, unit: percent per year, range: [0, 10], description: a rate of growth, status: assumption,
           reference: {title: t}, used_by: [a]}
"""


@pytest.fixture
def register(tmp_path):
    (tmp_path / "register.yml").write_text(REGISTER)
    return scenarios.load_register(tmp_path)


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
    assert declarations.align(path, register)
    after = nbformat.read(path, 4)
    assert after.cells[0].source == (
        'scenario: str = "base"  # label\n# a note\nrate_pct: float = 3.0  # percent per year; a rate of growth\nother = 1'
    )
    assert after.cells[1] == before.cells[1]


def test_a_notebook_in_line_is_not_written(tmp_path, register):
    path = notebook(tmp_path / "n.ipynb", "rate_pct: float = 3.0  # percent per year; a rate of growth")
    path.write_text(json.dumps(json.loads(path.read_text())))  # another layout of the same content
    before = path.read_bytes()
    assert not declarations.align(path, register)
    assert path.read_bytes() == before
