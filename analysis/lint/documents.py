"""What do README and CONTRIBUTING take from the stored notebooks? The findings of the front page, and the
map of exhibits.

Decisions
- Each stands between two comments; `thesis notebooks` writes what lies between them, and `thesis check` says
  when it is old. A document without these comments has neither.
- Which findings are quoted follows from what the front page picks (`pages` of `thesis.yml`), so that both say
  the same.
- A section of claims belongs to the notebooks whose ledgers list any of its claims.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis import thesis
from analysis.errors import Problem
from analysis.exhibits import Figure, Ledger, Statement
from analysis.lint import stored_outputs
from analysis.lint.stored_outputs import FIX, StoredNotebook
from analysis.project import Project
from analysis.scenarios import display_path
from analysis.thesis import Thesis

HEAD = ("| notebook | what it is about | figures | claims |", "|---|---|---|---|")


@dataclass(frozen=True)
class WrittenPart:
    """A part of a document that is written from the stored notebooks: what it is called, and its maker."""

    name: str
    render: Callable[[Sequence[StoredNotebook], Thesis | None], str]

    @property
    def start(self) -> str:
        """The comment above it."""
        return f"<!-- {self.name}: thesis notebooks writes what follows -->"

    @property
    def end(self) -> str:
        """The comment below it."""
        return f"<!-- end of {self.name} -->"

    def written(self, text: str, fresh: str) -> str | None:
        """A document with this part in its new form; None where the part has no end."""
        between = re.compile(rf"(?<={re.escape(self.start)}\n).*?(?={re.escape(self.end)})", re.DOTALL)
        return between.sub(lambda _: f"{fresh}\n", text, count=1) if between.search(text) else None


def render_map(notebooks: Sequence[StoredNotebook], _: Thesis | None = None) -> str:
    """The map of exhibits as a table of Markdown, a row a notebook."""
    return "\n".join([*HEAD, *map(_row, notebooks)])


def render_findings(notebooks: Sequence[StoredNotebook], of: Thesis | None) -> str:
    """The answer and the points of the front page, as the stored notebooks have them."""
    if of is None:
        return ""
    said = {
        exhibit.id: exhibit.text
        for notebook in notebooks
        for exhibit in notebook.exhibits
        if isinstance(exhibit, Statement)
    }
    pages = of.pages
    lines = []
    if pages.front_answer in said:
        answer, _, reason = said[pages.front_answer].partition(". ")
        lines += [f"**{answer}.** {reason}".rstrip(), ""]
    for lead, names in pages.front_points.items():
        sentences = [said[name] for name in names if name in said]
        stop = "" if lead.endswith("?") else "."
        lines += [f"- **{lead}{stop}** {' '.join(sentences)}"] if sentences else []
    return "\n".join(lines)


MAP = WrittenPart("map of exhibits", render_map)
FINDINGS = WrittenPart("findings", render_findings)
PARTS = (FINDINGS, MAP)


def update(project: Project) -> list[Path]:
    """Write the parts that are old into the documents of a project; gives the documents that changed.

    Raises
    ------
    NotebookError
        A notebook cannot be read; the documents stay as they are.
    """
    texts = {path: _text(path) for path in _documents(project)}
    wanted = [part for part in PARTS if any(part.start in text for text in texts.values())]
    if not wanted:
        return []
    notebooks = [stored_outputs.read(path) for path in project.notebook_paths()]
    of = thesis.load(project) if FINDINGS in wanted else None
    changed = []
    for path, old in texts.items():
        fresh = old
        for part in (part for part in wanted if part.start in old):
            fresh = part.written(fresh, part.render(notebooks, of)) or fresh
        if fresh != old:
            path.write_text(fresh, encoding="utf-8")
            changed.append(path)
    return changed


def problems(project: Project, notebooks: Iterable[StoredNotebook], of: Thesis) -> Iterator[Problem]:
    """Parts of documents that are not what the stored outputs show."""
    stored = list(notebooks)
    for path in _documents(project):
        text = _text(path)
        for part in (part for part in PARTS if part.start in text):
            line = text.count("\n", 0, text.index(part.start)) + 1
            where = f"{display_path(path)}, line {line}"
            fresh = part.written(text, part.render(stored, of))
            if fresh is None:
                yield Problem(where, f"the {part.name} has no end", f"Write {part.end} on the line below it")
            elif fresh != text:
                yield Problem(where, f"the {part.name} is not what the notebooks show", FIX)


def _documents(project: Project) -> tuple[Path, ...]:
    return (project.readme, project.contributing)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


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
