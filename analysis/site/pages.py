"""How does an executed notebook read as a page? Its cells as blocks: prose, exhibits, plain output, code.

Decisions
- The first Markdown heading of level one is the title, the paragraph after it the standfirst; what follows is
  the page.
- An exhibit is drawn by our templates from its bundle; the readable output next to the bundle is for notebook
  viewers.
- Code is folded away: one fold at the end of what stands under a heading, so that reading is not
  interrupted; code that shows nothing (imports) joins the next one. Warnings (stderr) fold away with the code
  that gave them; parameter cells have a fold of their own.
- A page that holds an error is refused: a run that failed is not published.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any, Literal
from urllib.parse import unquote

from markupsafe import Markup

from analysis import exhibits
from analysis.errors import Problem, PublishError
from analysis.exhibits import Exhibit, Statement
from analysis.site import reader, sanitize
from analysis.site.reader import PlacedExhibit

PARAMETERS = frozenset({"parameters", "injected-parameters"})
NOTHING = Markup("")
Kind = Literal["prose", "output", "metrics", "evidence", "exhibit", "code"]


@dataclass(frozen=True)
class Block:
    """One piece of a page.

    Attributes
    ----------
    kind : str
        ``prose`` and ``output`` have `html`; ``metrics`` and ``evidence`` (neighbours of one kind) and
        ``exhibit`` have `exhibits`; ``code`` has `sources` and `messages`.
    level : int
        The heading level that a title inside the block takes.
    """

    kind: Kind
    html: Markup = NOTHING
    exhibits: tuple[PlacedExhibit, ...] = ()
    sources: tuple[Markup, ...] = ()
    messages: tuple[Markup, ...] = ()
    parameters: bool = False
    level: int = 3


@dataclass(frozen=True)
class Page:
    """An executed notebook, ready for a template.

    Attributes
    ----------
    missing : str
        Why there is none to show.
    same_as : str
        The scenario whose page is this one's, too, since the section is the same under both.
    """

    scenario: str
    slug: str
    title: str
    standfirst: Markup
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
    def finding(self) -> str:
        """One line for a list of pages: the computed statement that is marked as the page's own, else the
        first, else the standfirst.
        """
        statements = [placed.exhibit for placed in self.exhibits if isinstance(placed.exhibit, Statement)]
        marked = [statement for statement in statements if statement.role in ("headline", "verdict")]
        texts = [statement.text for statement in (*marked, *statements)]
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
    blocks = tuple(_grouped(cell_reader.blocks(notebook.cells)))
    return Page(
        scenario,
        slug,
        cell_reader.title or _title_from_slug(slug),
        cell_reader.standfirst,
        blocks,
        tuple(cell_reader.contents),
        placed,
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
    """The page of a notebook that has no result."""
    return Page(scenario, slug, _title_from_slug(slug), NOTHING, (), (), (), {}, "", reason)


def _title_from_slug(slug: str) -> str:
    return slug.lstrip("0123456789_-").replace("_", " ").capitalize()


@dataclass
class _CellReader:
    """Walks the cells of one notebook; the title and contents that it met are read afterwards."""

    scenario: str
    slug: str
    where: str
    link: sanitize.Link
    anchors: sanitize.Anchors
    title: str = ""
    standfirst: Markup = NOTHING
    contents: list[tuple[str, str]] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _sources: list[Markup] = field(default_factory=list)
    _messages: list[Markup] = field(default_factory=list)
    _showed: bool = False

    def blocks(self, cells: Iterable[Any]) -> Iterator[Block]:
        for number, cell in enumerate(cells, start=1):
            if cell.cell_type == "markdown":
                prose = list(self._prose(cell.source))
                yield from (
                    self._fold() if self._showed and any("<h2" in block.html for block in prose) else ()
                )
                yield from prose
            elif cell.cell_type == "code":
                yield from self._code(cell, f"{self.where}, cell {number}")
        yield from self._fold()

    def _prose(self, source: str) -> Iterator[Block]:
        html = sanitize.markdown(source, self.link)
        if not self.title and "<h1>" in html:
            html = self._opening(html)
        lowered = Markup(html.replace("<h1>", "<h2>").replace("</h1>", "</h2>"))  # noqa: S704 (cleaned above)
        html, headings = self.anchors.headings(lowered)
        self.contents += headings
        if html.strip():
            yield Block("prose", html)

    def _opening(self, html: Markup) -> Markup:
        before, _, rest = str(html).partition("<h1>")
        title, _, rest = rest.partition("</h1>")
        self.title = sanitize.strip_tags(title)
        if rest.lstrip().startswith("<p>"):
            first, _, rest = rest.lstrip().removeprefix("<p>").partition("</p>")
            self.standfirst = Markup(first)  # noqa: S704 (cleaned by sanitize.markdown)
        return Markup(before + rest)  # noqa: S704

    def _code(self, cell: Any, where: str) -> Iterator[Block]:
        results = [self._result(output, where) for output in cell.outputs]
        self._showed = self._showed or any(results)
        yield from (block for block in results if block)
        if PARAMETERS & set(cell.metadata.get("tags", ())):
            yield Block("code", sources=(sanitize.code(cell.source),), parameters=True)
        elif cell.source.strip():
            self._sources.append(sanitize.code(cell.source))

    def _result(self, output: Any, where: str) -> Block | None:
        if output.output_type == "error":
            rule = f"holds an error: {output.get('ename')}: {output.get('evalue')}"
            raise PublishError(Problem(where, rule, "Mend the notebook and run it again"))
        if output.output_type == "stream" and output.name == "stderr":
            self._messages.append(sanitize.terminal(output.text))
            return None
        if placed := reader.of_output(output, self.scenario, self.slug, where):
            return self._exhibit(placed)
        html = _plain_output(output, self.link)
        return Block("output", html) if html.strip() else None

    def _exhibit(self, placed: PlacedExhibit) -> Block | None:
        # An exhibit that a page shows twice would have its address twice, and say the same.
        if placed.exhibit.id in self._seen:
            return None
        self._seen.add(placed.exhibit.id)
        grouped: dict[str, Kind] = {"metric": "metrics", "evidence": "evidence"}
        kind = grouped.get(placed.exhibit.kind, "exhibit")
        return Block(kind, exhibits=(placed,), level=3 if self.contents else 2)

    def _fold(self) -> Iterator[Block]:
        if self._sources or self._messages:
            yield Block("code", sources=tuple(self._sources), messages=tuple(self._messages))
        self._sources, self._messages, self._showed = [], [], False


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
