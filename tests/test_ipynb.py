"""What a notebook file may look like: as papermill executes it; what it would break on is named."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import ipynb, scenarios
from analysis.errors import NotebookError
from analysis.project import Project

Content = dict[str, Any]


def notebook_content() -> Content:
    """A notebook of a text and of a cell tagged parameters, as Jupyter stores it."""
    return {
        "cells": [
            {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["# Title\n", "text"]},
            {
                "cell_type": "code",
                "id": "b",
                "metadata": {"tags": ["parameters"]},
                "execution_count": 1,
                "outputs": [{"output_type": "stream", "name": "stdout", "text": ["1\n"]}],
                "source": ["years = 4"],
            },
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def put(path: str, value: object) -> Callable[[Content], None]:
    """A change: `cells.1.metadata.tags` becomes a value."""

    def change(content: Content) -> None:
        node: Any = content
        *way, last = path.split(".")
        for key in way:
            node = node[int(key)] if key.isdigit() else node[key]
        node[last] = value

    return change


def drop(path: str) -> Callable[[Content], None]:
    def change(content: Content) -> None:
        at, _, key = path.rpartition(".")
        del content["cells"][int(at)][key]

    return change


def papermill_takes(path: Path) -> None:
    """Do with a notebook what papermill does before and around a run, short of a kernel."""
    import nbformat
    from papermill import iorw, parameterize
    from papermill.execute import prepare_notebook_metadata, remove_error_markers

    notebook = iorw.load_notebook_node(str(path))
    notebook = parameterize.parameterize_notebook(
        notebook, {"years": 5}, kernel_name="python3", language="python"
    )
    notebook = remove_error_markers(prepare_notebook_metadata(notebook, "a", "b"))
    for cell in notebook.cells:
        cell.metadata.papermill = {}
        cell.get("metadata", {}).get("tags", [])
        if cell.cell_type == "code":
            cell.execution_count, cell.outputs = None, []
    nbformat.writes(notebook).encode()


TAKEN = {
    "as Jupyter stores it": lambda content: None,
    "format 4.0 without ids": lambda content: [
        put("nbformat_minor", 0)(content),
        drop("0.id")(content),
        drop("1.id")(content),
    ],
    "a source in one text": put("cells.1.source", "years = 4\nmore = 1"),
    "no outputs": drop("1.outputs"),
    "no execution count": drop("1.execution_count"),
    "attachments": put("cells.0.attachments", {"a.png": {"image/png": "iVBO"}}),
    "an empty cell": put("cells.1.source", []),
    "other line ends": put("cells.1.source", ["a = 1\r\n", "b = 2\u2028\x0c"]),
    "keys of others": put("cells.0.metadata.vscode", {"languageId": None}),
    "a repeated tag": put("cells.1.metadata.tags", ["parameters", "parameters"]),
}

REFUSED = {
    "metadata that are null": (put("cells.1.metadata", None), "cell 2 from the top, key metadata"),
    "tags that are null": (
        put("cells.0.metadata.tags", None),
        "cell 1 from the top, key metadata.tags: is None, not a list. ",
    ),
    "a tag that is a number": (put("cells.0.metadata.tags", [1]), "cell 1 from the top, key metadata.tags.0"),
    "a source that is null": (put("cells.0.source", None), "cell 1 from the top, key source"),
    "a source of numbers": (put("cells.0.source", [1]), "cell 1 from the top, key source"),
    "half a character": (
        put("cells.0.source", ["a\ud83d"]),
        "cell 1 from the top, key source: holds half a character",
    ),
    "half a character in what another tool notes": (
        put("cells.0.metadata.x", ["\ud83d"]),
        "cell 1 from the top, key metadata: holds half",
    ),
    "an unknown kind of cell": (
        put("cells.0.cell_type", "heading"),
        "key cell_type: is 'heading', not 'code', 'markdown' or 'raw'. ",
    ),
    "outputs that are null": (put("cells.1.outputs", None), "cell 2 from the top, key outputs"),
    "data that are null": (
        put("cells.1.outputs", [{"output_type": "display_data", "data": None}]),
        "key outputs.0.data",
    ),
    "attachments that are null": (put("cells.0.attachments", None), "cell 1 from the top, key attachments"),
    "a cell that is null": (lambda content: content["cells"].append(None), "cell 3 from the top"),
    "no metadata": (put("metadata", None), "key metadata"),
    "no minor format": (put("nbformat_minor", None), "key nbformat_minor"),
    "no cells": (put("cells", None), "key cells"),
    "an old format": (put("nbformat", 3), "is not a notebook of format 4"),
}


def save(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "some.ipynb"
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize("name", TAKEN)
def test_what_papermill_executes_is_taken(tmp_path: Path, name: str) -> None:
    TAKEN[name](content := notebook_content())  # type: ignore[no-untyped-call]
    path = save(tmp_path, content)
    papermill_takes(path)
    assert ipynb.read(path).parameters_cell(path).source == "".join(content["cells"][1]["source"])


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_notebook_is_named_with_its_cell_and_key(tmp_path: Path, name: str) -> None:
    change, message = REFUSED[name]
    change(content := notebook_content())
    path = save(tmp_path, content)
    with pytest.raises(NotebookError) as refusal:
        ipynb.read(path)
    (problem,) = refusal.value.problems
    assert str(problem).startswith(f"{tmp_path.name}/some.ipynb")
    assert message in str(problem)
    assert "\n" not in str(problem)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b'{"cells": [', "line 1: is not JSON"),
        (b'{\n"cells": [,', "line 2: is not JSON"),
        (b"", "line 1: is not JSON"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b"[]", "is not a notebook of format 4"),
        (b"[" * 100_000, "is not JSON"),
    ],
)
def test_a_file_that_holds_no_notebook_is_named(tmp_path: Path, raw: bytes, message: str) -> None:
    (path := tmp_path / "some.ipynb").write_bytes(raw)
    with pytest.raises(NotebookError, match=message):
        ipynb.read(path)


def test_a_folder_and_a_link_to_nothing_are_named(tmp_path: Path) -> None:
    (tmp_path / "folder.ipynb").mkdir()
    (tmp_path / "link.ipynb").symlink_to(tmp_path / "gone")
    for name in ("folder", "link"):
        with pytest.raises(NotebookError, match=rf"{name}\.ipynb: cannot be read"):
            ipynb.read(tmp_path / f"{name}.ipynb")


def test_windows_line_ends_of_the_file_say_nothing(tmp_path: Path) -> None:
    path = save(tmp_path, notebook_content())
    before = ipynb.read(path)
    path.write_bytes(json.dumps(notebook_content(), indent=1).replace("\n", "\r\n").encode())
    assert ipynb.read(path) == before


def test_a_line_ends_where_python_ends_it() -> None:
    source = "a = 1\rb = 2\r\nc = 3\n# x\x0cy\x0bz\x1cw\x85v\u2028u\nd = 4"
    assert "".join(ipynb.source_lines(source)) == source
    assert [line.rstrip("\r\n") for line in ipynb.source_lines(source)][-1] == "d = 4"
    import ast

    assert ast.parse(source).body[-1].lineno == len(ipynb.source_lines(source)) == 5


def test_what_is_written_can_be_read_whatever_it_holds() -> None:
    content = {"b": ["half \ud83d", "whole \U0001f600", "é"], "a": 1}
    text = ipynb.dumps(content)
    assert json.loads(text.encode("utf-8")) == content
    assert "\U0001f600" in text and text.index('"a"') < text.index('"b"')


NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,9}", fullmatch=True).filter(
    lambda name: name not in ("if", "in", "is", "or", "as")
)


@given(
    st.lists(
        st.tuples(NAMES, st.sampled_from(["{} = 1", "{}: float = 1  # x = y", "{}: list = [\n 1,\n]"])),
        max_size=6,
    )
)
def test_all_forms_of_assignment_declare_a_parameter(lines: list[tuple[str, str]]) -> None:
    source = "\n".join(["# text", *(form.format(name) for name, form in lines), "print(unused := 1)"])
    try:
        compile(source, "cell", "exec")
    except SyntaxError:  # another keyword
        return
    assert ipynb.declared_names(source, Path("x.ipynb")) == tuple(dict.fromkeys(name for name, _ in lines))


def test_a_notebook_uses_what_its_parameters_cell_declares(
    tmp_path: Path,
) -> None:
    content = notebook_content()
    declared = 'seed = 1\nscenario: str = "base"\nas_of: str = "2026-10-31"'
    content["cells"][1]["source"] = declared
    content["cells"][0] |= {"cell_type": "code", "outputs": [], "execution_count": 1, "source": "draws = 9"}
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "a.ipynb").write_text(json.dumps(content))
    assert list(ipynb.used_by("a", scenarios.load_register(), Project(tmp_path))) == ["as_of", "seed"]


def test_a_tag_that_nothing_knows_and_two_places_are_named_with_their_cell(tmp_path: Path) -> None:
    path = tmp_path / "x.ipynb"
    tags = [["opening"], ["foldd"], ["folded", "notebook-only"], ["parameters", "method"]]
    cells = [{"cell_type": "markdown", "metadata": {"tags": some}, "source": "a"} for some in tags]
    notebook = ipynb.parse(
        json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells}), path
    )
    unknown, two = (str(problem) for problem in ipynb.tag_problems(notebook, path))
    assert "cell 2 from the top: has the tag `foldd`" in unknown and "'folded'" in unknown
    assert "cell 3 from the top: is tagged both `folded` and `notebook-only`" in two
