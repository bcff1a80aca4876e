"""Which notebook shows which figures, and whose claims? The map in a project's README, written from what is
stored.

Decisions
- The map stands between two comments; `thesis notebooks` writes it, and `thesis check` says when it is old. A
  README without these comments has no map.
- A section of claims belongs to the notebooks whose ledgers list any of its claims.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from analysis.errors import Problem
from analysis.exhibits import Figure, Ledger
from analysis.lint import stored_outputs
from analysis.lint.stored_outputs import FIX, StoredNotebook
from analysis.project import Project
from analysis.scenarios import display_path

START = "<!-- map of exhibits: thesis notebooks writes what follows -->"
END = "<!-- end of the map -->"
_BETWEEN = re.compile(rf"(?<={re.escape(START)}\n).*?(?={re.escape(END)})", re.DOTALL)
HEAD = ("| notebook | what it is about | figures | claims |", "|---|---|---|---|")


def render(notebooks: Iterable[StoredNotebook]) -> str:
    """The map as a table of Markdown, a row a notebook."""
    return "\n".join([*HEAD, *map(_row, notebooks)])


def update(project: Project) -> bool:
    """Write the map into a project's README, if it has one that is old; whether it did.

    Raises
    ------
    NotebookError
        A notebook cannot be read; the README stays as it is.
    """
    readme = project.readme
    text = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    if START not in text:
        return False
    notebooks = [stored_outputs.read(path) for path in project.notebook_paths()]
    fresh = _with_map(text, render(notebooks))
    if fresh != text:
        readme.write_text(fresh, encoding="utf-8")
    return fresh != text


def problems(project: Project, notebooks: Iterable[StoredNotebook]) -> Iterator[Problem]:
    """A map that is not what the stored outputs show."""
    readme = project.readme
    text = readme.read_text(encoding="utf-8", errors="replace") if readme.is_file() else ""
    if START not in text:
        return
    line = text.count("\n", 0, text.index(START)) + 1
    where = f"{display_path(readme)}, line {line}"
    if _BETWEEN.search(text) is None:
        yield Problem(where, "the map of exhibits has no end", f"Write {END} on the line below it")
    elif _with_map(text, render(notebooks)) != text:
        yield Problem(where, "the map of exhibits is not what the notebooks show", FIX)


def _with_map(text: str, table: str) -> str:
    return _BETWEEN.sub(lambda _: f"{table}\n", text, count=1)


def _row(notebook: StoredNotebook) -> str:
    figures = [exhibit.id for exhibit in notebook.exhibits if isinstance(exhibit, Figure)]
    ledgers = [exhibit for exhibit in notebook.exhibits if isinstance(exhibit, Ledger)]
    sections = dict.fromkeys(row["section"] for ledger in ledgers for row in ledger.rows)
    cells = [f"`{notebook.path.stem}`", _title(notebook), _names(figures), _names(sections)]
    return f"| {' | '.join(cells)} |"


def _names(names: Iterable[str]) -> str:
    return " ".join(f"`{name}`" for name in names)


def _title(notebook: StoredNotebook) -> str:
    """The first heading of its text."""
    texts = [cell.source for cell in notebook.content.cells if cell.cell_type == "markdown"]
    heading = re.search(r"^# (.+)$", "\n".join(texts), re.MULTILINE)
    return heading[1].strip() if heading else ""
