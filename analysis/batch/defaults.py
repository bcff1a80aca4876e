"""Do a notebook's defaults say what the register says? Its parameters cell, brought in line.

Decisions
- The register is the one place for a value; a notebook repeats it, with unit and meaning, for whoever opens
  it alone.
- Only lines that declare a register name are rewritten; which names a notebook declares is up to the
  notebook.
- One declaration is one line, since papermill's help cannot read more.
- What is written is read back first, as Python and as papermill; no notebook is touched until all of them
  pass.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable
from pathlib import Path

from analysis import ipynb, scenarios
from analysis.batch import storage
from analysis.errors import NotebookError, ParameterError, Problem
from analysis.scenarios import Entry, Register, display_path


def align(paths: Iterable[Path], register: Register) -> list[Path]:
    """Write the register's declarations into the parameters cells of notebooks that are fit to run.

    Returns the notebooks that changed; their outputs are not touched.

    Raises
    ------
    NotebookError
        A declaration that shares its line with something else. No notebook was written.
    ParameterError
        A declaration that Python or papermill would not read as the register means it. No notebook was
        written.
    """
    texts = {path: text for path in paths if (text := _aligned(path, register)) is not None}
    for path, text in texts.items():
        storage.write_text(path.resolve(), text)
    return list(texts)


def _aligned(path: Path, register: Register) -> str | None:
    """A notebook in line with the register; None where it is already."""
    text = ipynb.read_text(path)
    content = json.loads(text)
    for cell in content["cells"]:
        if cell["cell_type"] == "code" and ipynb.PARAMETERS in cell["metadata"].get("tags", []):
            before = "".join(cell["source"])
            after = "".join(_lines(before, register, path))
            if after != before:
                cell["source"] = after.splitlines(keepends=True)  # as nbformat lays it out
    return None if content == json.loads(text) else ipynb.dumps(content)


def _lines(source: str, register: Register, path: Path) -> list[str]:
    """The lines of a parameters cell, each declaration of a register name as one line of the register's."""
    lines = ipynb.source_lines(source)
    statements = ast.parse(source).body
    for statement in reversed(statements):
        target = statement.target if isinstance(statement, ast.AnnAssign) else None
        if not isinstance(target, ast.Name) or target.id not in register:
            continue
        first, last = statement.lineno, statement.end_lineno or statement.lineno
        if sum(other.lineno <= last and (other.end_lineno or 0) >= first for other in statements) > 1:
            where = f"{display_path(path)}, parameters cell, line {first}"
            raise NotebookError(
                Problem(where, f"declares {target.id} and something else", "Give each a line of its own")
            )
        end = lines[last - 1].removeprefix(lines[last - 1].rstrip("\r\n"))
        declared = scenarios.parameter_line(target.id, register[target.id]) + end
        if lines[first - 1 : last] != [declared]:
            refuse_misread(declared, target.id, register[target.id])
            lines[first - 1 : last] = [declared]
    return lines


def refuse_misread(line: str, name: str, entry: Entry) -> None:
    """Refuse a declaration in which Python or papermill would not see the register's name, type and value."""
    from papermill.translators import PythonTranslator

    value = json.dumps(scenarios.coerce(entry.value, entry))
    expected = (name, entry.type_name(), value)
    by_papermill = [
        (parameter.name, parameter.inferred_type_name, parameter.default)
        for parameter in PythonTranslator.inspect({"source": line})
    ]
    if _read_by_python(line) != [expected] or by_papermill != [expected]:
        rule = f"would not be read back from the line that declares it in a notebook, {line.rstrip()!r}"
        fix = "Correct its name, value, unit or description"
        raise ParameterError(Problem(f"params/register.yml, key {name}", rule, fix))


def _read_by_python(line: str) -> list[tuple[str, ...]]:
    """The names, types and values that a line declares; nothing where it is no Python."""
    try:
        statements = ast.parse(line).body
    except (SyntaxError, ValueError):
        return []
    parts = [
        (
            (statement.target, statement.annotation, statement.value)
            if isinstance(statement, ast.AnnAssign)
            else (statement,)
        )
        for statement in statements
    ]
    return [tuple(ast.get_source_segment(line, node) or "" for node in nodes if node) for nodes in parts]
