"""What does a notebook file hold? JSON, refused with file, cell and key where papermill would break.

Decisions
- The model has what papermill needs in order to execute a notebook, and no more: one that it would run
  (without ids, without outputs, of an older format 4) is never refused, and one that it could not even load
  is refused with a message.
- nbformat is not used: it only logs what is wrong, and its schemas take longer to load than all notebooks
  take to read.
- The content of outputs is not checked: a run clears them.
- Cells are counted from the top, text and code alike; the number in `In [3]` is another one.
- Which assumptions a notebook uses is what its parameters cell declares, and not what is defined when it
  runs: plain papermill defines every name of a scenario file in every notebook.
- A line ends where Python ends it, at a line feed or a carriage return; `str.splitlines` knows seven ends
  more.
- Where a cell stands on the page of its notebook is a tag (`PLACES`); without one it stands where it is.
"""

from __future__ import annotations

import ast
import io
import json
import reprlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from analysis.cache import cached, depends_on
from analysis.errors import NotebookError, Problem, nearest
from analysis.project import Project
from analysis.scenarios import Entry, Register, display_path

RESTORE = "Restore the notebook"
SAVE = "Correct the file, or save the notebook again in JupyterLab"
EXPECTED_TYPES = {
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "string_type": "a text",
    "int_type": "a whole number",
}
"""What a value should be, by the code of pydantic's error."""

BOM = "\ufeff"
PARAMETERS = "parameters"
"""The tag of the cell that holds the defaults."""

OPENING = "opening"
FOLDED = "folded"
NOTEBOOK_ONLY = "notebook-only"
PLACES = (OPENING, FOLDED, NOTEBOOK_ONLY)
"""Tags that say where a cell stands on the page: at its top, folded away with its neighbours, or nowhere."""
KNOWN_TAGS = (PARAMETERS, *PLACES, "method", "counted", "skip-execution")
"""The tags that mean something here: the defaults, the places, and what tests and runs look for."""


def _writable(value: object) -> object:
    """A part that can be written to a file: none of its texts holds half a character."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError as reason:
        raise ValueError(f"holds half a character ({text[reason.start]!a})") from None
    return value


def _join_lines(value: object) -> object:
    """A text, which may be stored line by line."""
    is_lines = isinstance(value, list) and all(isinstance(line, str) for line in value)
    return "".join(value) if is_lines else value  # type: ignore[arg-type]


Text = Annotated[str, BeforeValidator(_join_lines), BeforeValidator(_writable)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Output(_Part):
    """One stored output."""

    output_type: str
    data: dict[str, Any] = {}
    text: str | list[str] = ""


class Metadata(_Part):
    """The metadata of a notebook or a cell; `papermill` is what an earlier run noted."""

    tags: list[str] = []
    papermill: dict[str, Any] = {}


class Cell(_Part):
    """One cell; its source is one text, even where it is stored as lines."""

    cell_type: Literal["code", "markdown", "raw"]
    metadata: Annotated[Metadata, BeforeValidator(_writable)]
    source: Text
    id: Text | None = None
    outputs: list[Output] = []
    attachments: Annotated[dict[str, dict[str, Any]], BeforeValidator(_writable)] = {}


class Notebook(_Part):
    """A notebook of format 4."""

    nbformat: Literal[4]
    nbformat_minor: int
    metadata: Annotated[Metadata, BeforeValidator(_writable)]
    cells: list[Cell]

    def parameters_cell(self, path: Path) -> Cell:
        """Its code cell that is tagged `parameters`; errors name `path`.

        Raises
        ------
        NotebookError
            There is no such cell, or there are several.
        """
        tagged = [
            cell for cell in self.cells if cell.cell_type == "code" and PARAMETERS in cell.metadata.tags
        ]
        if len(tagged) != 1:
            rule = f"has {len(tagged) or 'no'} cell{'s' if len(tagged) > 1 else ''} tagged {PARAMETERS}"
            fix = (
                f"Tag the one cell that holds the defaults `{PARAMETERS}`, or move the file out of the folder"
            )
            raise NotebookError(Problem(display_path(path), rule, fix))
        return tagged[0]


@cached
def read(path: Path) -> Notebook:
    """A notebook.

    Raises
    ------
    NotebookError
        As `read_text` and `parse`.
    """
    depends_on(path)
    return parse(read_text(path), path)


def read_text(path: Path) -> str:
    """The text of a notebook file.

    Raises
    ------
    NotebookError
        The file cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as reason:
        problem = Problem(
            display_path(path), f"cannot be read ({reason.strerror})", "Check the file, or remove it"
        )
    except UnicodeDecodeError:
        problem = Problem(display_path(path), "is not UTF-8 text", "Save it as UTF-8")
    raise NotebookError(problem)


def parse(text: str, path: Path) -> Notebook:
    """The notebook that a text holds; errors name `path`.

    Raises
    ------
    NotebookError
        It is not JSON, not a notebook of format 4, or a cell is not what papermill can load; the first such
        place.
    """
    if text.startswith(BOM):
        rule = "starts with a byte order mark, which Jupyter does not read"
        raise NotebookError(Problem(display_path(path), rule, "Save it as UTF-8 without one"))
    try:
        content = json.loads(text)
    except json.JSONDecodeError as reason:
        where = f"{display_path(path)}, line {reason.lineno}"
        raise NotebookError(Problem(where, f"is not JSON ({reason.msg})", RESTORE)) from None
    except (ValueError, RecursionError) as reason:
        raise NotebookError(Problem(display_path(path), f"is not JSON ({reason})", RESTORE)) from None
    if not isinstance(content, dict) or content.get("nbformat") != 4:
        raise NotebookError(
            Problem(display_path(path), "is not a notebook of format 4", "Save it again in JupyterLab")
        )
    try:
        return Notebook.model_validate(content)
    except ValidationError as reason:
        raise NotebookError(_problem(reason, display_path(path))) from None


def _problem(error: ValidationError, where: str) -> Problem:
    """The first problem that pydantic reports, at its cell and key."""
    detail = error.errors()[0]
    keys = [str(part) for part in detail["loc"]]
    if keys[0] == "cells" and len(keys) > 1:
        where, keys = f"{where}, cell {int(keys[1]) + 1} from the top", keys[2:]
    where = f"{where}, key {'.'.join(keys)}" if keys else where
    expected = EXPECTED_TYPES.get(detail["type"]) or detail.get("ctx", {}).get("expected")
    if detail["type"] == "missing":
        rule = "is missing"
    elif expected:
        rule = f"is {reprlib.repr(detail['input'])}, not {expected}"
    else:
        rule = detail["msg"].removeprefix("Value error, ")
    return Problem(where, rule, SAVE)


def place_on_page(tags: Iterable[str], where: str) -> str:
    """The one of `PLACES` that a cell is tagged with, "" without one; errors name `where`.

    Raises
    ------
    NotebookError
        It is tagged with two.
    """
    places = [tag for tag in PLACES if tag in set(tags)]
    if len(places) > 1:
        rule = f"is tagged both `{places[0]}` and `{places[1]}`"
        raise NotebookError(Problem(where, rule, "Keep the one that says where the cell stands on the page"))
    return places[0] if places else ""


def tag_problems(notebook: Notebook, path: Path) -> Iterator[Problem]:
    """Cells with a tag that nothing knows, or with two places on the page."""
    for number, cell in enumerate(notebook.cells, start=1):
        where = f"{display_path(path)}, cell {number} from the top"
        for tag in [tag for tag in cell.metadata.tags if tag not in KNOWN_TAGS]:
            yield Problem(where, f"has the tag `{tag}`, which nothing knows", nearest(tag, KNOWN_TAGS))
        try:
            place_on_page(cell.metadata.tags, where)
        except NotebookError as reason:
            yield from reason.problems


def declared_names(source: str, path: Path) -> tuple[str, ...]:
    """The names that a parameters cell assigns at its top level, in order; errors name `path`.

    Raises
    ------
    NotebookError
        The cell is not Python.
    """
    try:
        statements = ast.parse(source).body
    except (SyntaxError, ValueError) as reason:  # what holds a NUL may be either
        line, rule = getattr(reason, "lineno", None) or 1, getattr(reason, "msg", reason)
        where = f"{display_path(path)}, parameters cell, line {line}"
        raise NotebookError(
            Problem(where, f"is not Python ({rule})", "Write `name: type = default`")
        ) from None
    return tuple(_assigned(statements))


def written_values(source: str) -> dict[str, Any]:
    """The values that a cell assigns at its top level, by name, as far as they are written out (no calls)."""
    values: dict[str, Any] = {}
    with suppress(SyntaxError, ValueError):
        for name, value in _assigned(ast.parse(source).body).items():
            with suppress(TypeError, ValueError):
                values |= {name: ast.literal_eval(value)} if value else {}
    return values


def _assigned(statements: Sequence[ast.stmt]) -> dict[str, ast.expr | None]:
    """The last value of each name that these statements assign, in the order of the first."""
    assigned: dict[str, ast.expr | None] = {}
    for statement in statements:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            assigned |= {target.id: statement.value for target in targets if isinstance(target, ast.Name)}
    return assigned


def used_by(notebook: str, register: Register, project: Project | None = None) -> dict[str, Entry]:
    """The assumptions that a notebook of the project uses, by its name; see `declared_by`."""
    folder = (project or Project.default()).notebooks
    return declared_by(folder / f"{notebook}.ipynb", register)


def declared_by(path: Path, register: Register) -> dict[str, Entry]:
    """The assumptions that a notebook declares, in the order of the register.

    Raises
    ------
    NotebookError
        As `read` and `declared_names`.
    """
    declared = declared_names(read(path).parameters_cell(path).source, path)
    return {name: entry for name, entry in register.items() if name in declared}


def dumps(content: Mapping[str, Any]) -> str:
    """A notebook as nbformat writes it; half a character, which no file can hold, is escaped as in JSON."""
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "backslashreplace").decode()


def source_lines(source: str) -> list[str]:
    """The lines of a source as Python counts them, each with its end."""
    return list(io.StringIO(source, newline=""))
