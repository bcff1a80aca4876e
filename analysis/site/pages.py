"""How does an executed notebook read as a page? Its cells as blocks: prose, exhibits, plain output, folds.

Decisions
- The first Markdown heading of level one is the title, the paragraph after it the standfirst. Then comes what
  cells tagged `opening` show, the answer of the section, and then the rest in its order.
- Neighbouring cells tagged `folded` are one closed fold up to the next heading, named by its own. Cells
  tagged `notebook-only` are not on the page; their exhibits can still be picked by other pages.
- An exhibit is drawn by our templates from its bundle; the readable output next to the bundle is for notebook
  viewers.
- Code, parameters and warnings are not on the page: the executed notebook is a download.
- The list of contents names what is visible while every fold is closed.
- A page that holds an error is refused: a run that failed is not published.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any, Literal
from urllib.parse import unquote

from markupsafe import Markup

from analysis import exhibits, ipynb
from analysis.errors import NotebookError, Problem, PublishError
from analysis.exhibits import Exhibit, Statement
from analysis.site import reader, sanitize
from analysis.site.reader import PlacedExhibit

NOTHING = Markup("")
Kind = Literal["prose", "output", "metrics", "evidence", "exhibit", "fold"]
HEADING = re.compile(r'<h[23] id="(?P<id>[^"]*)">(?P<text>.*?)</h[23]>', re.DOTALL)
FOLDERS = re.compile(r"(?<![\w.~:/])~?/(?:[^\s/:'\"]+/)+")
"""The folders before a file's name, from the root of a machine."""
UNTITLED = "In detail"
"""What a fold without a heading is called."""


@dataclass(frozen=True)
class Block:
    """One piece of a page.

    Attributes
    ----------
    kind : str
        ``prose`` and ``output`` have `html`; ``metrics`` and ``evidence`` (neighbours of one kind) and
        ``exhibit`` have `exhibits`; ``fold`` has the `title` and `anchor` of its heading, and `blocks`.
    level : int
        The heading level that a title inside the block takes.
    """

    kind: Kind
    html: Markup = NOTHING
    exhibits: tuple[PlacedExhibit, ...] = ()
    title: str = ""
    anchor: str = ""
    blocks: tuple[Block, ...] = ()
    level: int = 3


@dataclass(frozen=True)
class Page:
    """An executed notebook, ready for a template.

    Attributes
    ----------
    opening, blocks : tuple of Block
        What stands at its top, and the rest.
    exhibits : tuple of PlacedExhibit
        Everything that the notebook shows; `is_shown` says whether the page does, too.
    missing : str
        Why there is none to show.
    same_as : str
        The scenario whose page is this one's, too, since the section is the same under both.
    """

    scenario: str
    slug: str
    title: str
    standfirst: Markup
    opening: tuple[Block, ...]
    blocks: tuple[Block, ...]
    contents: tuple[tuple[str, str], ...]
    exhibits: tuple[PlacedExhibit, ...]
    parameters: Mapping[str, Any]
    digest: str
    missing: str = ""
    same_as: str = ""

    @property
    def file(self) -> str:
        """Its address in the folder of its scenario."""
        return reader.page_file(self.slug)

    @property
    def address(self) -> str:
        """Its address from the root of the site."""
        return f"{self.same_as or self.scenario}/{self.file}"

    @property
    def download(self) -> str:
        """The address of the executed notebook, from the root of the site."""
        return f"{self.same_as or self.scenario}/{reader.notebook_file(self.slug)}"

    @property
    def finding(self) -> str:
        """One line for a list of pages: the statement that opens the page, else the one that is marked as the
        page's own, else the first, else the standfirst.
        """
        opening = [placed for block in self.opening for placed in block.exhibits]
        statements = [
            placed.exhibit for placed in (*opening, *self.exhibits) if isinstance(placed.exhibit, Statement)
        ]
        marked = [statement for statement in statements if statement.role in ("headline", "verdict")]
        first = statements[:1] if any(isinstance(placed.exhibit, Statement) for placed in opening) else []
        texts = [statement.text for statement in (*first, *marked, *statements)]
        return texts[0] if texts else sanitize.strip_tags(self.standfirst)

    def of(self, *kinds: type[Exhibit]) -> list[PlacedExhibit]:
        """The exhibits of some kinds, in the order of the page."""
        return [placed for placed in self.exhibits if isinstance(placed.exhibit, kinds)]


def links(slugs: Iterable[str], page_names: Iterable[str], shared: Mapping[str, str]) -> sanitize.Link:
    """Where the relative links of a notebook lead: notebooks, pages one level up, its own headings.

    `shared` has the addresses, from the root of the site, of sections that all scenarios share.
    """
    files = {slug: f"../{shared[slug]}" if slug in shared else reader.page_file(slug) for slug in slugs}
    pages = {f"{slug}.{end}": file for slug, file in files.items() for end in ("ipynb", "html")}
    pages |= {f"{name}.html": f"../{name}.html" for name in page_names}

    def link(address: str) -> str | None:
        path, _, fragment = address.partition("#")
        if not path:
            return f"#{fragment if '.' in fragment else sanitize.slugify(fragment)}"
        target = pages.get(PurePosixPath(unquote(path)).name)
        return target and target + (f"#{fragment}" if fragment else "")

    return link


def read(
    notebook: Any,
    scenario: str,
    slug: str,
    where: str,
    link: sanitize.Link,
    parameters: Mapping[str, Any],
    digest: str,
    retired: Collection[str] = (),
) -> Page:
    """An executed notebook as a page.

    Parameters
    ----------
    notebook : NotebookNode
        As `reader.read_notebook` gives it.
    scenario, slug : str
        What was run.
    where : str
        The file, for messages.
    link : callable
        What relative links become (see `links`).
    parameters : mapping
        The values of its parameters.
    digest : str
        Of the run, from the manifest.
    retired : collection of str
        Ids that the page has besides those of its exhibits, so that no heading may take them.

    Raises
    ------
    PublishError
        A bundle that is not whole, or an output that is an error.
    """
    placed = tuple(reader.of_notebook(notebook, scenario, slug, where))
    anchors = sanitize.Anchors({*exhibits.RESERVED, *(item.exhibit.id for item in placed), *retired})
    cell_reader = _CellReader(scenario, slug, where, link, anchors)
    opening, blocks = cell_reader.blocks(notebook.cells)
    return Page(
        scenario,
        slug,
        cell_reader.title or _title_from_slug(slug),
        cell_reader.standfirst,
        tuple(_grouped(opening)),
        tuple(_grouped(blocks)),
        tuple(cell_reader.contents),
        tuple(replace(item, is_shown=item.exhibit.id in cell_reader.seen) for item in placed),
        parameters,
        digest,
    )


def shared_page(page: Page, scenario: str, parameters: Mapping[str, Any], digest: str) -> Page:
    """The page of a section that is the same under this scenario as under that of `page`."""
    placed = tuple(replace(item, scenario=scenario, same_as=page.scenario) for item in page.exhibits)
    return replace(
        page,
        scenario=scenario,
        exhibits=placed,
        parameters=parameters,
        digest=digest,
        same_as=page.scenario,
    )


def missing_page(scenario: str, slug: str, reason: str) -> Page:
    """The page of a notebook that has no result; where on a machine a file lay is not for readers."""
    reason = FOLDERS.sub("", reason)
    return Page(scenario, slug, _title_from_slug(slug), NOTHING, (), (), (), (), {}, "", reason)


def _title_from_slug(slug: str) -> str:
    return slug.lstrip("0123456789_-").replace("_", " ").capitalize()


@dataclass
class _CellReader:
    """Walks the cells of one notebook; the title, contents and exhibits that it met are read afterwards."""

    scenario: str
    slug: str
    where: str
    link: sanitize.Link
    anchors: sanitize.Anchors
    title: str = ""
    standfirst: Markup = NOTHING
    contents: list[tuple[str, str]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    _title_cell: Any = None
    _without_title: Markup = NOTHING

    def blocks(self, cells: Iterable[Any]) -> tuple[list[Block], list[Block]]:
        """What stands at the top of the page, and the rest."""
        placed = [(self._place(cell, where), where, cell) for where, cell in self._located(cells)]
        on_page = [part for part in placed if part[0] != ipynb.NOTEBOOK_ONLY]
        self._find_title(cell for _, _, cell in on_page)
        # What opens the page is read first: an exhibit that stands there does not stand further down.
        opening = [block for part in on_page if part[0] == ipynb.OPENING for block in self._cell(*part)]
        rest: list[Block] = []
        others = (part for part in on_page if part[0] != ipynb.OPENING)
        for (place, _), run in groupby(others, key=_FoldCounter()):
            blocks = [block for part in run for block in self._cell(*part)]
            rest += [_fold(blocks)] if place == ipynb.FOLDED and blocks else blocks
        return opening, rest

    def _located(self, cells: Iterable[Any]) -> Iterator[tuple[str, Any]]:
        for number, cell in enumerate(cells, start=1):
            where = f"{self.where}, cell {number}"
            for output in cell.get("outputs", ()):
                if output.output_type == "error":
                    rule = f"holds an error: {output.get('ename')}: {output.get('evalue')}"
                    raise PublishError(Problem(where, rule, "Mend the notebook and run it again"))
            yield where, cell

    def _place(self, cell: Any, where: str) -> str:
        try:
            return ipynb.place_on_page(cell.metadata.get("tags", ()), where)
        except NotebookError as reason:
            raise PublishError(reason.problems) from None

    def _find_title(self, cells: Iterable[Any]) -> None:
        """Take the first heading of level one, and the paragraph after it, out of their cell."""
        for cell in cells:
            html = sanitize.markdown(cell.source, self.link) if cell.cell_type == "markdown" else ""
            if "<h1>" in html:
                before, _, rest = str(html).partition("<h1>")
                title, _, rest = rest.partition("</h1>")
                self.title = sanitize.strip_tags(title)
                if rest.lstrip().startswith("<p>"):
                    first, _, rest = rest.lstrip().removeprefix("<p>").partition("</p>")
                    self.standfirst = Markup(first)  # noqa: S704 (cleaned by sanitize.markdown)
                self._title_cell = cell
                self._without_title = Markup(before + rest)  # noqa: S704
                return

    def _cell(self, place: str, where: str, cell: Any) -> Iterator[Block]:
        if cell.cell_type == "markdown":
            yield from self._prose(cell, listed=place == "")
        elif cell.cell_type == "code":
            level = 3 if self.contents else 2
            results = (self._result(output, where, level) for output in cell.outputs)
            yield from (block for block in results if block)

    def _prose(self, cell: Any, *, listed: bool) -> Iterator[Block]:
        is_title = cell is self._title_cell
        html = self._without_title if is_title else sanitize.markdown(cell.source, self.link)
        lowered = Markup(html.replace("<h1>", "<h2>").replace("</h1>", "</h2>"))  # noqa: S704 (cleaned above)
        html, headings = self.anchors.headings(lowered)
        self.contents += headings if listed else []
        if html.strip():
            yield Block("prose", html)

    def _result(self, output: Any, where: str, level: int) -> Block | None:
        if output.output_type == "stream" and output.name == "stderr":
            return None
        if placed := reader.of_output(output, self.scenario, self.slug, where):
            return self._exhibit(placed, level)
        html = _plain_output(output, self.link)
        return Block("output", html) if html.strip() else None

    def _exhibit(self, placed: PlacedExhibit, level: int) -> Block | None:
        # An exhibit that a page shows twice would have its address twice, and say the same.
        if placed.exhibit.id in self.seen:
            return None
        self.seen.add(placed.exhibit.id)
        grouped: dict[str, Kind] = {"metric": "metrics", "evidence": "evidence"}
        return Block(grouped.get(placed.exhibit.kind, "exhibit"), exhibits=(placed,), level=level)


class _FoldCounter:
    """The place of a cell, and which fold it is in: one that starts with a heading starts another fold."""

    def __init__(self) -> None:
        self._number = 0

    def __call__(self, part: tuple[str, str, Any]) -> tuple[str, int]:
        place, _, cell = part
        if place == ipynb.FOLDED and cell.cell_type == "markdown" and cell.source.startswith("#"):
            self._number += 1
        return place, self._number if place == ipynb.FOLDED else 0


def _fold(blocks: Sequence[Block]) -> Block:
    """Neighbouring blocks as one fold; the first heading in them becomes its name."""
    rest = list(blocks)
    for at, block in enumerate(rest):
        if match := HEADING.search(block.html):
            html = Markup(block.html[: match.start()] + block.html[match.end() :])  # noqa: S704 (cleaned)
            rest[at : at + 1] = [replace(block, html=html)] if html.strip() else []
            text = sanitize.strip_tags(match["text"])
            return Block("fold", title=text, anchor=match["id"], blocks=tuple(_grouped(rest)))
    return Block("fold", title=UNTITLED, blocks=tuple(_grouped(rest)))


def _grouped(blocks: Iterable[Block]) -> Iterator[Block]:
    """Numbers that are shown one after another are one block, and so are tables of evidence."""
    for kind, run in groupby(blocks, key=lambda block: block.kind):
        neighbours = list(run)
        if kind in ("metrics", "evidence"):
            yield Block(
                kind,
                exhibits=tuple(placed for block in neighbours for placed in block.exhibits),
                level=neighbours[0].level,
            )
        else:
            yield from neighbours


def _plain_output(output: Any, link: sanitize.Link) -> Markup:
    """An output without a bundle, in the richest form that can be shown."""
    if output.output_type == "stream":
        return Markup("<pre>{}</pre>").format(sanitize.terminal(output.text))
    data = output.get("data", {})
    forms: dict[str, Callable[[str], Markup]] = {
        "text/html": lambda text: sanitize.clean_html(text, link),
        "text/markdown": lambda text: sanitize.markdown(text, link),
        "text/plain": lambda text: Markup("<pre>{}</pre>").format(sanitize.terminal(text)),
    }
    image = None if "text/html" in data else reader.image_of(data)
    if image:
        return Markup('<img src="{}" alt="">').format(sanitize.picture(image).src)
    return next((draw(data[form]) for form, draw in forms.items() if form in data), NOTHING)
