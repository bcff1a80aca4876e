"""How is one notebook executed, and what is kept of it?

Decisions
- Stock papermill executes: its engine, its injected cell, its error markers. Success is what papermill raises, never
  what the saved file says; beyond that, a cell that ends its kernel (`sys.exit`, `exit()`) and a cell left without
  having been executed are failures, which papermill lets pass.
- A notebook that failed is kept with a note at its top and at the cell; where papermill writes none (a dead kernel), we do.
- What is saved is stripped of times, paths and process numbers, and the cells that a run adds have fixed ids, so that
  equal runs are equal bytes.
- A kernel is killed once the last cell has answered: one asked to leave sometimes takes seconds, and leaves children.
- A kernel that does not come up says nothing about the notebook: it is tried once more.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.scenarios import Value

INJECTED = "injected-parameters"
MARKER = "papermill-error-cell-tag"
"""The tag of notes on a failure; papermill removes such cells when it executes the notebook again."""

SKIP = "skip-execution"
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
START_SECONDS = 120


@dataclass(frozen=True)
class Job:
    """One execution: the notebook, where to write it, and its parameters (none: its own defaults)."""

    source: Path
    target: Path
    parameters: Mapping[str, Value] | None = None


@dataclass(frozen=True)
class Ended:
    """How an execution ended: after how long, and what went wrong, if anything."""

    seconds: float
    error: str | None = None

    @property
    def in_cell(self) -> bool:
        """Whether the error is that of a cell."""
        return self.error is not None and self.error.startswith("cell ")


class _CellEndedKernel(Exception):
    """A cell asked its kernel to stop."""


def execute(job: Job) -> Ended:
    """Execute a notebook into `job.target`, which afterwards holds it stripped, and with notes where it failed."""
    start = time.perf_counter()
    error = _attempt(job)
    if error and not _started(job.target):
        error = _attempt(job)
    clean(job.target, job.source, error=error)
    return Ended(round(time.perf_counter() - start, 1), error)


def give_up(job: Job, why: str) -> Ended:
    """The end of a job whose process is gone: what it had saved of the notebook is kept, with a note where it ended."""
    error = f"{_where(job.target)}{why}"
    clean(job.target, job.source, error=error)
    return Ended(0.0, error)


def _attempt(job: Job) -> str | None:
    """One papermill run; the error as one line that opens with its cell."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    from analysis.pipeline import saving

    try:
        papermill.execute_notebook(
            _literal(job.source),
            _literal(job.target),
            dict(job.parameters or {}),
            engine_name=saving.ENGINE,
            kernel_name=KERNELSPEC["name"],
            language=KERNELSPEC["language"],
            cwd=job.source.parent,
            progress_bar=False,
            start_timeout=START_SECONDS,
            shutdown_kernel="immediate",
            on_cell_executed=_refuse_to_end,
        )
    except PapermillExecutionError as reason:
        return _one_line(f"cell {reason.exec_count}: {reason.ename}: {reason.evalue}")
    except Exception as reason:  # a dead kernel, a timeout: all that papermill raises is a failure
        return _one_line(f"{_where(job.target)}{_why(reason)}")
    return _left_out(job.target)


def _literal(path: Path) -> str:
    """A path that papermill, which takes it for a format string, leaves as it is."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _refuse_to_end(*, execute_reply: dict[str, Any] | None, **_: object) -> None:
    """Called after each cell: papermill itself takes `sys.exit()` for success and races with the end after `exit()`."""
    content = (execute_reply or {}).get("content", {})
    if content.get("ename") == "SystemExit":
        raise _CellEndedKernel(f"SystemExit: the cell calls sys.exit({content.get('evalue') or ''})")
    if any(payload.get("source") == "ask_exit" for payload in content.get("payload", [])):
        raise _CellEndedKernel("the cell calls exit() or quit()")


def _why(reason: Exception) -> str:
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    if isinstance(reason, _CellEndedKernel):
        return f"{reason}, and a notebook has to run to its end"
    if isinstance(reason, DeadKernelError):
        return "the kernel died (killed, out of memory, or crashed)"
    if isinstance(reason, CellTimeoutError):
        return "the cell ran into its time limit"
    return f"{type(reason).__name__}: {reason}"


def _one_line(text: str, limit: int = 400) -> str:
    line = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", text).split())
    return (line if len(line) <= limit else f"{line[:limit]} [...]").rstrip(":. ")


def _load(path: Path) -> dict[str, Any] | None:
    """A saved notebook as plain JSON; None if it is not there or was cut off."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content


def _runs(cell: Mapping[str, Any]) -> bool:
    """Whether a cell is one that a kernel executes and counts."""
    return (
        cell["cell_type"] == "code"
        and bool("".join(cell["source"]).strip())
        and SKIP not in cell["metadata"].get("tags", [])
    )


def _last_started(cells: list[dict[str, Any]]) -> int | None:
    """The index of the cell that ran last, by papermill's clock: after a dead kernel its status says `completed`."""
    times = [cell["metadata"].get("papermill", {}).get("start_time") for cell in cells]
    started = [index for index, cell in enumerate(cells) if times[index] and _runs(cell)]
    return started[-1] if started else None


def _number(cells: list[dict[str, Any]], index: int) -> int:
    """The number in `In [...]` of a cell, also where it died before it got one."""
    return sum(map(_runs, cells[: index + 1]))


def _started(target: Path) -> bool:
    """Whether any cell ran."""
    content = _load(target)
    return content is not None and _last_started(content["cells"]) is not None


def _marked(cells: list[dict[str, Any]]) -> bool:
    return any(MARKER in cell["metadata"].get("tags", []) for cell in cells)


def _where(target: Path) -> str:
    content = _load(target)
    index = None if content is None else _last_started(content["cells"])
    return "" if content is None or index is None else f"cell {_number(content['cells'], index)}: "


def _left_out(target: Path) -> str | None:
    """What to say of a notebook that papermill calls a success although a cell did not run."""
    content = _load(target)
    cells = [] if content is None else content["cells"]
    for index, cell in enumerate(cells):
        if _runs(cell) and cell.get("execution_count") is None:
            return f"cell {_number(cells, index)}: was not executed, and a notebook has to run to its end"
    return None


def clean(target: Path, source: Path, *, error: str | None = None) -> None:
    """Strip an executed notebook, and note in it where it failed unless papermill did.

    A target that was never written, or only in part, becomes the source without outputs, so that the note has a place.
    """
    content = _load(target) or _without_outputs(_load(source) or {"cells": [], "metadata": {}})
    if error and not _marked(content["cells"]):
        _mark(content["cells"], error)
    known = {cell["id"] for cell in (_load(source) or {"cells": []})["cells"] if "id" in cell}
    text = json.dumps(
        _stripped(content, known), indent=1, sort_keys=True, ensure_ascii=False
    )  # as nbformat writes it
    target.write_text(text + "\n", encoding="utf-8")


def _without_outputs(content: dict[str, Any]) -> dict[str, Any]:
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    return content


def _mark(cells: list[dict[str, Any]], error: str) -> None:
    """Say at the top and at the cell where and why a notebook ended."""
    index = _last_started(cells)
    link = "" if index is None else ' <a href="#papermill-error-cell">Go to the cell.</a>'
    if index is not None:
        cells.insert(index, _note('<span id="papermill-error-cell">Execution ended in the next cell.</span>'))
    cells.insert(0, _note(f"**This notebook did not run to its end.** {_escaped(error)}.{link}"))


def _note(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {"tags": [MARKER]}, "source": text}


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", text)


def _stripped(content: dict[str, Any], known: set[str]) -> dict[str, Any]:
    metadata = {key: value for key, value in content["metadata"].items() if key != "papermill"}
    metadata |= {"kernelspec": KERNELSPEC, "language_info": {"name": "python"}}
    cells = [_stripped_cell(cell, index, known) for index, cell in enumerate(content["cells"])]
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _stripped_cell(cell: dict[str, Any], index: int, known: set[str]) -> dict[str, Any]:
    """A cell without times; its id is that of the source, or says what the run added it for."""
    tags = cell["metadata"].get("tags", [])
    kept = {
        key: value for key, value in cell["metadata"].items() if key not in ("papermill", "execution", "tags")
    }
    if cell.get("id") not in known:
        cell["id"] = INJECTED if INJECTED in tags else f"{'note' if MARKER in tags else 'cell'}-{index}"
    cell["metadata"] = kept | ({"tags": tags} if tags else {})
    if "outputs" in cell:
        cell["outputs"] = _settled(cell["outputs"])
    return cell


def _settled(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Outputs as they do not depend on timing: neighbouring pieces of a stream joined, no process number in paths."""
    settled: list[dict[str, Any]] = []
    for output in outputs:
        if output["output_type"] == "stream":
            text = re.sub(r"\S*ipykernel_\d+/(\d+)\.py", r"<cell \1>", "".join(output["text"]))
            output["text"] = text.splitlines(keepends=True)
            last = settled[-1] if settled else {}
            if last.get("output_type") == "stream" and last["name"] == output["name"]:
                last["text"] += output["text"]
                continue
        settled.append(output)
    return settled
