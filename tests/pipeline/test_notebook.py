"""What is kept of an executed notebook (how it is executed is tested in test_runner.py, with kernels)."""

import json
from pathlib import Path
from typing import Any

from analysis.pipeline import notebook

NOTE = "papermill-error-cell-tag"


def code(source: str, **fields: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {
        "cell_type": "code",
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "id": source,
    }
    return empty | {"source": [source]} | fields


def ran(at: str | None) -> dict[str, Any]:
    """What papermill notes of a cell."""
    return {"papermill": {"start_time": at, "status": "completed"}, "tags": []}


def save(path: Path, *cells: dict[str, Any], **metadata: Any) -> Path:
    path.write_text(json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}))
    return path


def cleaned(
    tmp_path: Path, *cells: dict[str, Any], error: str | None = None, **metadata: Any
) -> dict[str, Any]:
    source = save(tmp_path / "source.ipynb", code("a"), code("b"))
    target = save(tmp_path / "target.ipynb", *cells, **metadata)
    notebook.clean(target, source, error=error)
    content: dict[str, Any] = json.loads(target.read_text())
    return content


def test_times_paths_and_versions_are_not_kept(tmp_path: Path) -> None:
    content = cleaned(
        tmp_path,
        code(
            "a",
            metadata={
                **ran("2026-10-31T12:00:00"),
                "execution": {"iopub.status.busy": "2026"},
                "jp": {"hidden": True},
            },
        ),
        papermill={"input_path": "/home/x"},
        language_info={"name": "python", "version": "3.11.7"},
        kernelspec={"name": "mine", "display_name": "Mine"},
        title="kept",
    )
    assert content["cells"][0]["metadata"] == {"jp": {"hidden": True}}
    assert content["metadata"] == {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "title": "kept",
    }


def test_cells_that_a_run_adds_have_ids_that_do_not_change(tmp_path: Path) -> None:
    injected = code("years = 5", id="8a7f3c", metadata={"tags": ["injected-parameters"]})
    nameless = code("c", id="77aa01")  # the source had no id for it, so reading it made one up
    content = cleaned(tmp_path, code("a"), injected, code("b"), nameless)
    assert [cell["id"] for cell in content["cells"]] == ["a", "injected-parameters", "b", "cell-3"]


def test_pieces_of_a_stream_are_one_however_they_arrived(tmp_path: Path) -> None:
    def stream(name: str, text: str) -> dict[str, Any]:
        return {"output_type": "stream", "name": name, "text": [text]}

    figure = {"output_type": "display_data", "data": {}, "metadata": {}}
    pieces = [stream("stdout", "one\n"), stream("stdout", "two"), figure, stream("stdout", "three\n")]
    warning = stream("stderr", "/tmp/ipykernel_4711/99.py:5: UserWarning: careful\n")
    (cell,) = cleaned(tmp_path, code("a", outputs=[*pieces, warning]))["cells"]
    assert [output.get("text") for output in cell["outputs"]] == [
        ["one\n", "two"],
        None,
        ["three\n"],
        ["<cell 99>:5: UserWarning: careful\n"],
    ]


def test_where_papermill_leaves_no_note_there_is_one_at_the_top_and_at_the_cell(tmp_path: Path) -> None:
    # papermill calls both cells completed, but only the first has a time.
    cells = cleaned(
        tmp_path, code("a", metadata=ran("12:00")), code("b", metadata=ran(None)), error="cell 1: a < b"
    )["cells"]
    assert [NOTE in cell["metadata"].get("tags", []) for cell in cells] == [True, True, False, False]
    assert "**This notebook did not run to its end.** cell 1: a \\< b" in cells[0]["source"]
    assert 'href="#papermill-error-cell"' in cells[0]["source"]
    assert 'id="papermill-error-cell"' in cells[1]["source"]


def test_the_note_of_papermill_is_enough(tmp_path: Path) -> None:
    note = {
        "cell_type": "markdown",
        "metadata": {"tags": [NOTE]},
        "source": "An Exception was encountered",
        "id": "f00",
    }
    assert len(cleaned(tmp_path, note, code("a"), error="cell 1: x")["cells"]) == 2


def test_a_target_that_was_cut_off_becomes_the_source_with_a_note(tmp_path: Path) -> None:
    source = save(
        tmp_path / "source.ipynb", code("a", outputs=[{"output_type": "stream"}], execution_count=3)
    )
    (target := tmp_path / "target.ipynb").write_text('{"cells": [')
    for _ in ("cut off", "missing"):
        notebook.clean(target, source, error="the kernel did not start")
        note, cell = json.loads(target.read_text())["cells"]
        assert "the kernel did not start." in note["source"]
        assert (cell["outputs"], cell["execution_count"]) == ([], None)
        target.unlink()


def test_a_cell_left_out_is_a_failure_unless_it_is_tagged_so(tmp_path: Path) -> None:
    skipped = code("b", metadata={"tags": ["skip-execution"]})
    empty = code(" ")
    done = code("a", execution_count=1)
    assert notebook._left_out(save(tmp_path / "x.ipynb", done, skipped, empty)) is None
    left = notebook._left_out(save(tmp_path / "x.ipynb", done, skipped, empty, code("c")))
    assert left is not None
    assert left.startswith("cell 2: was not executed")


def test_an_error_is_one_short_line() -> None:
    assert notebook._one_line("\x1b[31mtwo\nlines.\x1b[0m ") == "two lines"
    assert len(notebook._one_line("x" * 5000)) < 420
