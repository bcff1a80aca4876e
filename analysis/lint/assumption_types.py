"""Does Python know the assumptions by name? A class with an attribute for each, written from the register.

Decisions
- `analysis/assumptions.py` is written and never edited: `thesis notebooks` writes it, `thesis check` names it
  when it differs from the register.
- It serves the type checker and the editor alone. At run time any register works; a project that holds no
  code has no such file.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

from analysis.errors import Problem
from analysis.project import Project
from analysis.scenarios import Entry, Register, display_path

TYPES = {"list": "Distribution"}
"""How the attribute of a parameter is typed, where not as the parameters cell has it."""
WIDTH = 102

HEAD = '''"""Which assumptions are there? An attribute for each entry of the register, for type checkers.

Written by `thesis notebooks` from `params/register.yml`; edit that.
"""

from __future__ import annotations

Distribution = float | list[float]
"""A number, or the list that an uncertain assumption is written by."""


class RegisterAttributes:
    """The assumptions of this thesis, as attributes."""
'''


def source(register: Register) -> str:
    """The module that names every assumption of a register."""
    return HEAD + "".join(_attribute(name, entry) for name, entry in register.items())


def update(project: Project, register: Register) -> bool:
    """Write the module into a project that holds the code, if it is old; whether it did."""
    fresh = source(register)
    if _stored(project) in (None, fresh):
        return False
    _path(project).write_text(fresh, encoding="utf-8")
    return True


def problems(project: Project, register: Register) -> Iterator[Problem]:
    """A module that is not what the register says."""
    if register and _stored(project) not in (None, source(register)):
        rule = "does not name the assumptions as the register does"
        yield Problem(display_path(_path(project)), rule, "Run `thesis notebooks`")


def _path(project: Project) -> Path:
    return project.package / "assumptions.py"


def _stored(project: Project) -> str | None:
    """The module as it is; None in a project that holds no code."""
    path = _path(project)
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _attribute(name: str, entry: Entry) -> str:
    kind = TYPES.get(entry.type_name(), entry.type_name())
    meaning = f"{entry.label[0].upper()}{entry.label[1:]}, {entry.unit}. {entry.description}"
    lines = textwrap.wrap(meaning.replace("\\", "/").replace('"', "'"), WIDTH, break_long_words=False)
    text = "\n    ".join(lines) + ("\n    " if len(lines) > 1 or len(meaning) > WIDTH - 2 else "")
    return f'\n    {name}: {kind}\n    """{text}"""\n'
