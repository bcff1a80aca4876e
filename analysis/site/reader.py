"""Which exhibits does an executed notebook hold, and where do they stand? Its bundles, read and placed.

Decisions
- A bundle is one output of type `exhibits.MIME`; nothing else of a notebook is a
  result. The site, comparisons and downloads read these and never the readable output next to them.
- The picture of a figure is another form of the same output: SVG where there is one, else PNG.
- A bundle that lacks what its kind needs is an error that names notebook and cell, because a page without it
  would pretend.
- A notebook is read as JSON: the schemas of nbformat take longer to load than all notebooks of a batch to
  read. Texts are looked through one by one only where the file holds a character that no reader sees.
- Scenarios have most exhibits alike: equal bundles are one exhibit, checked once and drawn once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from analysis import exhibits
from analysis.characters import is_legible_json, legible
from analysis.errors import ExhibitError, Problem, PublishError
from analysis.exhibits import MIME, Exhibit
from analysis.scenarios import display_path


@dataclass(frozen=True)
class Image:
    """The picture of a figure: SVG as text, PNG as base64."""

    kind: Literal["svg", "png"]
    content: str


def page_file(slug: str) -> str:
    """The page of a notebook as an address in the folder of its scenario; a file may have any name."""
    return f"{quote(slug)}.html"


def notebook_file(slug: str) -> str:
    """The executed notebook as an address in the folder of its scenario."""
    return f"{quote(slug)}.ipynb"


@dataclass(frozen=True)
class PlacedExhibit:
    """An exhibit where it was shown: which scenario, which notebook, and its picture if it has one."""

    exhibit: Exhibit
    scenario: str
    notebook: str
    image: Image | None = None
    same_as: str = ""
    """The scenario whose page shows it, where that is the same for this one."""
    is_shown: bool = True
    """Whether the page of its notebook shows it; a cell may stand in the notebook alone."""

    @property
    def page(self) -> str:
        """The address of the page that shows it, from the root of the site."""
        return f"{self.same_as or self.scenario}/{page_file(self.notebook)}"

    @property
    def download(self) -> str:
        """The address of the executed notebook, from the root of the site."""
        return f"{self.same_as or self.scenario}/{notebook_file(self.notebook)}"


class Node(dict[str, Any]):
    """A cell or an output of a notebook, its parts as attributes."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def read_notebook(path: Path) -> Node:
    """An executed notebook (format 4) as the site needs it: cells and outputs, texts in legible characters.

    Raises
    ------
    PublishError
        The file is missing or is not a notebook.
    """
    try:
        text = path.read_text(encoding="utf-8")
        raw, repair = json.loads(text), _as_it_is if is_legible_json(text) else legible
        if raw["nbformat"] != 4:
            raise ValueError(f"its format is {raw['nbformat']}, not 4")
        return Node(raw, cells=[_cell(cell, repair) for cell in raw["cells"]])
    except FileNotFoundError:
        raise PublishError(Problem(display_path(path), "there is no such notebook", "Run it again")) from None
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as reason:
        rule = f"cannot be read as a notebook: {type(reason).__name__}: {reason}"
        first_line = rule.splitlines()[0].rstrip(".")
        raise PublishError(Problem(display_path(path), first_line, "Run it again")) from None


Repair = Callable[[Any], Any]
"""Makes texts legible."""


def _as_it_is(value: Any) -> Any:
    return value


def _cell(raw: Mapping[str, Any], repair: Repair) -> Node:
    cell = Node(raw, source=_text(raw["source"], repair), metadata=raw.get("metadata", {}))
    if raw["cell_type"] == "code":
        cell["outputs"] = [_output(output, repair) for output in raw["outputs"]]
    return cell


def _output(raw: Mapping[str, Any], repair: Repair) -> Node:
    output = Node(raw, output_type=raw["output_type"])
    if "text" in raw:
        output["text"] = _text(raw["text"], repair)
    if "data" in raw:
        output["data"] = {
            kind: repair(value) if kind.endswith("json") else _text(value, repair)
            for kind, value in raw["data"].items()
        }
    return output


def _text(value: Any, repair: Repair) -> str:
    """A text of a notebook, which may be stored line by line."""
    text = repair(value if isinstance(value, str) else "".join(value))
    assert isinstance(text, str)  # noqa: S101 (for the type checker)
    return text


def of_output(output: Mapping[str, Any], scenario: str, notebook: str, where: str) -> PlacedExhibit | None:
    """The exhibit that one output carries, None where it carries none.

    Raises
    ------
    PublishError
        The bundle lacks what its kind needs; `where` names the place.
    """
    data = output.get("data", {})
    if MIME not in data:
        return None
    try:
        exhibit = _parsed(json.dumps(data[MIME]))
    except ExhibitError as reason:
        placed = (replace(problem, place=f"{where}, {problem.place}") for problem in reason.problems)
        raise PublishError(map(_of_older_run, placed)) from None
    return PlacedExhibit(exhibit, scenario, notebook, image_of(data))


@cache
def _parsed(bundle: str) -> Exhibit:
    """The exhibit of a bundle, by its text as JSON."""
    return exhibits.parse(json.loads(bundle))


def _of_older_run(problem: Problem) -> Problem:
    """A missing key is one that runs of an earlier version did not write."""
    if problem.rule != "is missing":
        return problem
    return replace(problem, rule="is missing, as in runs of an earlier version", fix="Run `thesis run` again")


def image_of(data: Mapping[str, Any]) -> Image | None:
    """The picture among the forms of one output."""
    if svg := data.get("image/svg+xml"):
        return Image("svg", svg)
    if png := data.get("image/png"):
        return Image("png", "".join(png.split()))
    return None


def of_notebook(notebook: Any, scenario: str, slug: str, where: str) -> Iterator[PlacedExhibit]:
    """Every exhibit of an executed notebook, in the order of its cells."""
    for number, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", ()):
            if placed := of_output(output, scenario, slug, f"{where}, cell {number}"):
                yield placed
