"""Do a notebook's defaults say what the register says? Its parameters cell, brought in line.

Decisions
- The register is the one place for a value; a notebook repeats it, with unit and meaning, for whoever opens it alone.
- Only lines that declare a register name are written anew; which names a notebook declares is its own to say.
- One declaration is one line, since papermill's help cannot read more.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

from analysis import scenarios
from analysis.pipeline import places
from analysis.scenarios import Register


def align(path: Path, register: Register) -> bool:
    """Write the register's declarations into the parameters cell of a notebook that `plan.read` found fit to run.

    Returns whether the notebook changed; its outputs are not touched.
    """
    text = path.read_text(encoding="utf-8")
    content = json.loads(text)
    for cell in content["cells"]:
        if "parameters" in cell["metadata"].get("tags", []):
            lines = "\n".join(_aligned("".join(cell["source"]), register))
            cell["source"] = lines.splitlines(keepends=True)
    if content == json.loads(text):
        return False
    places.write_text(path, json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    return True


def _aligned(source: str, register: Register) -> Iterator[str]:
    lines, done = source.splitlines(), 0
    for statement in ast.parse(source).body:
        yield from lines[done : statement.lineno - 1]
        done = statement.end_lineno or statement.lineno
        target = statement.target if isinstance(statement, ast.AnnAssign) else None
        if isinstance(target, ast.Name) and target.id in register:
            yield scenarios.declaration(target.id, register[target.id])
        else:
            yield from lines[statement.lineno - 1 : done]
    yield from lines[done:]
