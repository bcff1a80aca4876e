"""How is one notebook executed, and what is kept of it?

Decisions
- Stock papermill executes: its engine, its injected cell, its error markers. Success is what papermill
  raises, never what the saved file says; beyond that, a cell that ends its kernel (`sys.exit`, `exit()`) and
  a cell left without having been executed are failures, which papermill lets pass.
- A notebook that failed is kept with a note at its top and at the cell; where papermill writes none (a dead
  kernel), we do.
- What is saved is stripped of times, of process numbers and of where the project and the user's home lie, and
  the cells that a run adds have fixed ids, so that equal runs are equal bytes.
- A kernel is killed once the last cell has answered: one asked to end sometimes takes seconds, and leaves
  children.
- A kernel that does not come up says nothing about the notebook: it is tried once more.
- A limit, of the notebook or of a cell, interrupts the cell that runs, so that its traceback shows the line
  that it was at. Whoever runs this ends a kernel that ignores an interrupt.
- A notebook that does not fit on a full disk is saved without outputs, with the note; if that fails, not at
  all.
"""

from __future__ import annotations

import errno
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from analysis import ipynb
from analysis.batch import storage
from analysis.batch.equal_jobs import INJECTED
from analysis.batch.reads import Reads
from analysis.characters import legible
from analysis.scenarios import Value

MARKER = "papermill-error-cell-tag"
"""The tag of notes on a failure; papermill removes such cells when it executes the notebook again."""

SKIP = "skip-execution"
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
START_SECONDS = 120
STOPPED = "the batch was stopped"
KERNEL_FILE = re.compile(r"(?<!\S)\S*ipykernel_\d+/(\d+)\.py")
"""The file that a kernel calls a cell, in a word of its output; tried once a word, so that a long one is read
once.
"""

FULL = (errno.ENOSPC, errno.EDQUOT)
"""Errors of writing where there is no room."""


@dataclass(frozen=True)
class Limits:
    """For how long a notebook and each of its cells may run; None is no limit."""

    notebook_seconds: float | None = None
    cell_seconds: float | None = None

    def exceeded(self, notebook_seconds: float, cell_seconds: float) -> str | None:
        """The message on the limit that was exceeded after so many seconds; None if none was."""
        if self.notebook_seconds is not None and notebook_seconds >= self.notebook_seconds:
            return f"the notebook ran into its limit of {self.notebook_seconds:g} s (--timeout)"
        if self.cell_seconds is not None and cell_seconds >= self.cell_seconds:
            return f"the cell ran into its limit of {self.cell_seconds:g} s (--cell-timeout)"
        return None


@dataclass(frozen=True)
class Job:
    """One execution: the notebook, where to write it, its parameters (none: its defaults), and its limits."""

    source: Path
    target: Path
    parameters: Mapping[str, Value] | None = None
    limits: Limits = Limits()


@dataclass(frozen=True)
class StartedCell:
    """A cell that starts: its number as in ``In [3]``, of how many, and its id."""

    number: int
    of: int
    id: str | None = None


@dataclass(frozen=True)
class RunResult:
    """How an execution ended: after how long, any error, the seconds of each code cell, and what it read
    (None where that is not known).
    """

    seconds: float
    error: str | None = None
    cells: tuple[float, ...] = ()
    reads: Reads | None = None

    @property
    def stopped(self) -> bool:
        """Whether the batch was asked to stop; that says nothing about the notebook."""
        return self.error is not None and self.error.endswith(STOPPED)

    @property
    def in_cell(self) -> bool:
        """Whether the error is that of a cell."""
        return self.error is not None and self.error.startswith("cell ")


OnCell = Callable[[StartedCell], None]
"""Called when a cell starts."""

OnJobStart = Callable[[int], None]
"""Called when one of several jobs starts, with its index."""

OnJobCell = Callable[[int, StartedCell], None]
"""Called when a cell of one of several jobs starts, with the index of the job."""

Results = Iterator[tuple[int, RunResult]]
"""The results of jobs as they arrive, each with the index of its job."""


def ignore(*_: object) -> None:
    """A callback that does nothing."""


class _Stopped(Exception):
    """Why a notebook must not go on after a cell."""


@dataclass
class _Watch:
    """The cells of a notebook while it runs: reports each start, takes the time and applies the limits."""

    limits: Limits
    of: int
    on_cell: OnCell
    began: float = field(default_factory=time.monotonic)
    cell: StartedCell | None = None
    seconds: list[float] = field(default_factory=list)
    _cell_began: float = 0.0

    def starts(self, *, cell: Mapping[str, Any], **_: object) -> None:
        """Called before each cell, also before those that are not executed."""
        if _is_executed(cell):
            self._cell_began = time.monotonic()
            self.cell = StartedCell(1 if self.cell is None else self.cell.number + 1, self.of, cell.get("id"))
            self.on_cell(self.cell)

    def seconds_left(self, cell: Mapping[str, Any]) -> float | None:
        """How long a cell that starts now may take; never 0, which nbclient treats as no limit."""
        notebook, cell_limit = self.limits.notebook_seconds, self.limits.cell_seconds
        left = [] if notebook is None else [self.began + notebook - time.monotonic()]
        left += [] if cell_limit is None else [cell_limit]
        return max(min(left), 0.01) if left else None

    def answered(self, *, execute_reply: Mapping[str, Any] | None, **_: object) -> None:
        """Called after each cell: papermill treats `sys.exit()` as success, and a cell that ignored an
        interrupt goes on.
        """
        now = time.monotonic()
        self.seconds.append(round(now - self._cell_began, 2))
        if limit := self.limits.exceeded(now - self.began, now - self._cell_began):
            raise _Stopped(limit)
        content = (execute_reply or {}).get("content", {})
        rule = "and a notebook has to run to its end"
        if content.get("ename") == "SystemExit":
            raise _Stopped(f"SystemExit: the cell calls sys.exit({content.get('evalue') or ''}), {rule}")
        if any(payload.get("source") == "ask_exit" for payload in content.get("payload", [])):
            raise _Stopped(f"the cell calls exit() or quit(), {rule}")

    @property
    def prefix(self) -> str:
        """How an error opens."""
        return _cell_prefix(self.cell)


def _cell_prefix(cell: StartedCell | None) -> str:
    return "" if cell is None else f"cell {cell.number}: "


def execute(job: Job, on_cell: OnCell = lambda cell: None) -> RunResult:
    """Execute a notebook into `job.target`, stripped, and with notes where it failed."""
    watch = _Watch(job.limits, _count_cells(job), on_cell)
    error = _attempt(job, watch)
    if error and watch.cell is None:
        error = _attempt(job, watch)
    seconds = round(time.monotonic() - watch.began, 1)
    return RunResult(seconds, _save_result(job, error, watch.cell), tuple(watch.seconds))


def failed_result(job: Job, reason: str, cell: StartedCell | None = None, seconds: float = 0.0) -> RunResult:
    """The result of a job whose process is gone: the saved notebook is kept, with a note where it ended."""
    return RunResult(seconds, _save_result(job, f"{_cell_prefix(cell)}{reason}", cell))


def unreadable_result(job: Job, reason: str) -> RunResult:
    """The result of a job whose notebook cannot be read: a notebook that holds only a note of that."""
    cells: list[dict[str, Any]] = []
    _insert_notes(cells, reason, None)
    storage.write_text(job.target, _text({"cells": cells, "metadata": {}}, set()))
    return RunResult(0.0, _short_line(reason))


def _save_result(job: Job, error: str | None, cell: StartedCell | None) -> str | None:
    """Strip the executed notebook and note the error; returns it, or that the notebook cannot be saved."""
    try:
        strip_notebook(job.target, job.source, error=error, cell=cell)
    except OSError as reason:
        error = error or _short_line(f"could not be saved: {_cause(reason)}")
        with suppress(OSError):
            job.target.unlink(missing_ok=True)  # which makes room for the note
            strip_notebook(job.target, job.source, error=error, cell=cell)
    return error


def _count_cells(job: Job) -> int:
    """How many cells a kernel will execute: the notebook's and, with parameters, papermill's own."""
    cells = (_load(job.source) or {"cells": []})["cells"]
    return sum(map(_is_executed, cells)) + bool(job.parameters)


def _attempt(job: Job, watch: _Watch) -> str | None:
    """One papermill run; the error as one line that opens with its cell."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    from analysis.batch import engine

    try:
        papermill.execute_notebook(
            _literal(job.source),
            _literal(job.target),
            dict(job.parameters or {}),
            engine_name=engine.ENGINE,
            kernel_name=KERNELSPEC["name"],
            language=KERNELSPEC["language"],
            cwd=job.source.parent,
            progress_bar=False,
            start_timeout=START_SECONDS,
            shutdown_kernel="immediate",
            on_cell_start=watch.starts,
            on_cell_executed=watch.answered,
            timeout_func=watch.seconds_left,
            interrupt_on_timeout=True,
        )
    except PapermillExecutionError as reason:
        return _short_line(f"cell {reason.exec_count}: {reason.ename}: {reason.evalue}")
    except Exception as reason:  # a dead kernel, a full disk: whatever papermill raises is a failure
        return _short_line(f"{watch.prefix}{_cause(reason)}")
    return _unexecuted_cell(job.target)


def _literal(path: Path) -> str:
    """A path that papermill, which treats it as a format string, leaves as it is."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _cause(reason: Exception) -> str:
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    if isinstance(reason, _Stopped):
        return str(reason)
    if isinstance(reason, DeadKernelError):
        return "the kernel died (killed, out of memory, or crashed)"
    if isinstance(reason, CellTimeoutError):
        return "the kernel answered, but what it shows did not arrive"
    if isinstance(reason, OSError) and reason.errno in FULL:
        return f"the disk is full ({reason.strerror})"
    return f"{type(reason).__name__}: {reason}"


def _short_line(text: str, limit: int = 400) -> str:
    """A text on one line, cut after `limit` characters, without a full stop."""
    line = " ".join(str(legible(text)).split())
    return (line if len(line) <= limit else f"{line[:limit]} [...]").rstrip(":. ")


def _load(path: Path) -> dict[str, Any] | None:
    """A saved notebook as plain JSON; None if it does not exist or was cut off."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and isinstance(content.get("cells"), list) else None


def _is_executed(cell: Mapping[str, Any]) -> bool:
    """Whether a cell is one that a kernel executes and counts."""
    return (
        cell["cell_type"] == "code"
        and bool("".join(cell["source"]).strip())
        and SKIP not in cell["metadata"].get("tags", [])
    )


def _last_started(cells: list[dict[str, Any]]) -> int | None:
    """The index of the last cell by papermill's clock: its status says `completed` after a dead kernel."""
    times = [cell["metadata"].get("papermill", {}).get("start_time") for cell in cells]
    started = [index for index, cell in enumerate(cells) if times[index] and _is_executed(cell)]
    return started[-1] if started else None


def _cell_number(cells: list[dict[str, Any]], index: int) -> int:
    """The number in `In [...]` of a cell, also where it died before it got one."""
    return sum(map(_is_executed, cells[: index + 1]))


def _has_note(cells: list[dict[str, Any]]) -> bool:
    return any(MARKER in cell["metadata"].get("tags", []) for cell in cells)


def _unexecuted_cell(target: Path) -> str | None:
    """The error of a notebook that papermill calls a success although a cell did not run."""
    content = _load(target)
    cells = [] if content is None else content["cells"]
    for index, cell in enumerate(cells):
        if _is_executed(cell) and cell.get("execution_count") is None:
            return (
                f"cell {_cell_number(cells, index)}: was not executed, and a notebook has to run to its end"
            )
    return None


def strip_notebook(
    target: Path, source: Path, *, error: str | None = None, cell: StartedCell | None = None
) -> None:
    """Strip an executed notebook, and note in it where it failed unless papermill did.

    A target that was never written, or only in part, becomes the source without outputs, so that the note has
    a place. `cell` is the last that started, as it was reported while it ran.
    """
    content = _load(target) or _without_outputs(_load(source) or {"cells": [], "metadata": {}})
    if error and not _has_note(content["cells"]):
        _insert_notes(content["cells"], error, cell)
    source_ids = {cell["id"] for cell in (_load(source) or {"cells": []})["cells"] if "id" in cell}
    storage.write_text(target, _without_local_paths(_text(content, source_ids), source))


def _text(content: dict[str, Any], source_ids: set[str]) -> str:
    """A notebook as nbformat writes it, stripped."""
    return ipynb.dumps(_stripped(content, source_ids))


def _without_local_paths(text: str, source: Path) -> str:
    """A text without the folders of this machine: project files by their paths in it, the home as ``~``."""
    names = {str(source.resolve().parents[1]): "."}
    with suppress(RuntimeError):
        names.setdefault(str(Path.home()), "~")
    for folder, name in names.items():
        if folder != Path(folder).anchor:
            quoted = json.dumps(folder, ensure_ascii=False)[1:-1]
            text = re.sub(rf"(?<![\w.~-]){re.escape(quoted)}(?![\w.-])", name, text)
    return text


def _without_outputs(content: dict[str, Any]) -> dict[str, Any]:
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    return content


def _insert_notes(cells: list[dict[str, Any]], error: str, cell: StartedCell | None) -> None:
    """Insert notes at the top and at the cell on where and why a notebook ended."""
    reported = cell.id if cell else None
    matches = [index for index, other in enumerate(cells) if reported and other.get("id") == reported]
    index = matches[0] if matches else _last_started(cells)
    link = "" if index is None else ' <a href="#papermill-error-cell">Go to the cell.</a>'
    if index is not None:
        cells.insert(index, _note('<span id="papermill-error-cell">Execution ended in the next cell.</span>'))
    cells.insert(0, _note(f"**This notebook did not run to its end.** {_escaped(error)}.{link}"))


def _note(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {"tags": [MARKER]}, "source": text}


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", text)


def _stripped(content: dict[str, Any], source_ids: set[str]) -> dict[str, Any]:
    metadata = {key: value for key, value in content["metadata"].items() if key != "papermill"}
    metadata |= {"kernelspec": KERNELSPEC, "language_info": {"name": "python"}}
    cells = [_stripped_cell(cell, index, source_ids) for index, cell in enumerate(content["cells"])]
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _stripped_cell(cell: dict[str, Any], index: int, source_ids: set[str]) -> dict[str, Any]:
    """A cell without times; its id is that of the source, or says what the run added it for."""
    tags = cell["metadata"].get("tags", [])
    metadata = {
        key: value for key, value in cell["metadata"].items() if key not in ("papermill", "execution", "tags")
    }
    if cell.get("id") not in source_ids:
        cell["id"] = INJECTED if INJECTED in tags else f"{'note' if MARKER in tags else 'cell'}-{index}"
    cell["metadata"] = metadata | ({"tags": tags} if tags else {})
    if "outputs" in cell:
        cell["outputs"] = _without_timing(cell["outputs"])
    return cell


def _without_timing(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Outputs that do not depend on timing: pieces of a stream joined, no process number in paths."""
    joined: list[dict[str, Any]] = []
    for kind, pieces in groupby(outputs, key=lambda output: (output["output_type"], output.get("name"))):
        if kind[0] == "stream":
            first, *more = pieces
            text = "".join("".join(piece["text"]) for piece in (first, *more))
            joined.append(first | {"text": KERNEL_FILE.sub(r"<cell \1>", text).splitlines(keepends=True)})
        else:
            joined += pieces
    return joined
