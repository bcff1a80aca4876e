"""What is kept of an executed notebook, and its limit (the rest of execution is in test_runner.py)."""

import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from analysis.batch import execute
from analysis.batch.execute import Job, Limits, StartedCell

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
    execute.strip_notebook(target, source, error=error)
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


def test_a_stream_that_is_cut_anywhere_is_the_same_bytes() -> None:
    text = "one\n/tmp/ipykernel_47/9.py:5: two\nthree"
    for at in range(1, len(text)):
        texts = (text[:at], [text[at:]])
        pieces = [{"output_type": "stream", "name": "stderr", "text": text} for text in texts]
        (output,) = execute._without_timing(pieces)
        assert output["text"] == ["one\n", "<cell 9>:5: two\n", "three"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a /tmp/ipykernel_1/2.py: b", "a <cell 2>: b"),
        ('File "/tmp/ipykernel_1/2.py", line 3', 'File <cell 2>", line 3'),
        ("ipykernel_1/2.py ipykernel_1/3.py", "<cell 2> <cell 3>"),
        ("ipykernel_1/2.py:ipykernel_1/3.py:x", "<cell 3>:x"),
        ("ipykernel_1/x.py ipykernel_/2.py", "ipykernel_1/x.py ipykernel_/2.py"),
    ],
)
def test_the_file_of_a_cell_is_named_by_its_number(text: str, left: str) -> None:
    assert execute.KERNEL_FILE.sub(r"<cell \1>", text) == left


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
        execute.strip_notebook(target, source, error="the kernel did not start")
        note, cell = json.loads(target.read_text())["cells"]
        assert "the kernel did not start." in note["source"]
        assert (cell["outputs"], cell["execution_count"]) == ([], None)
        target.unlink()


def test_a_cell_left_out_is_a_failure_unless_it_is_tagged_so(tmp_path: Path) -> None:
    skipped = code("b", metadata={"tags": ["skip-execution"]})
    empty = code(" ")
    done = code("a", execution_count=1)
    assert execute._unexecuted_cell(save(tmp_path / "x.ipynb", done, skipped, empty)) is None
    left = execute._unexecuted_cell(save(tmp_path / "x.ipynb", done, skipped, empty, code("c")))
    assert left is not None
    assert left.startswith("cell 2: was not executed")


def test_an_error_is_one_short_line() -> None:
    assert execute._short_line("\x1b[31mtwo\nlines.\x1b[0m ") == "two lines"
    assert execute._short_line("half \ud83d") == "half \ufffd"  # what no file and no terminal takes
    assert len(execute._short_line("x" * 5000)) < 420


def test_the_limit_of_a_notebook_leaves_a_cell_what_is_left_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With a kernel, which has to be interrupted: 1.5 s. The clock stands still until the cell starts that
    # sleeps, and then shows two seconds before the limit, an hour: nothing else can run into it.
    still, started = time.monotonic(), list[float]()

    def clock() -> float:
        return still + 3598 + time.monotonic() - started[0] if started else still

    def reached(cell: StartedCell) -> None:
        if cell.id == "sleeps":
            started.append(time.monotonic())

    monkeypatch.setattr(execute, "time", SimpleNamespace(monotonic=clock))
    (tmp_path / "notebooks").mkdir()
    sources = {
        "before": "print('before')",
        "sleeps": "import time; time.sleep(600)",
        "after": "print('never')",
    }
    cells = [code(source, id=name) for name, source in sources.items()]
    language = {"kernelspec": execute.KERNELSPEC, "language_info": {"name": "python"}}
    source = save(tmp_path / "notebooks" / "sleeps.ipynb", *cells, **language)
    job = Job(source, tmp_path / "sleeps.ipynb", limits=Limits(notebook_seconds=3600))
    ended = execute.execute(job, reached)
    assert ended.error == "cell 2: the notebook ran into its limit of 3600 s (--timeout)"
    note, before, marker, sleeps, after = json.loads(job.target.read_text())["cells"]
    assert "did not run to its end" in note["source"] and "ended in the next cell" in marker["source"]
    assert before["outputs"][0]["text"] == ["before\n"]
    assert sleeps["outputs"][0]["ename"] == "KeyboardInterrupt"
    assert after["execution_count"] is None
