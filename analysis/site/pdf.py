"""How do the pages of a site become one document? Bound in order, printed by Chromium, and numbered.

Decisions
- The finished pages are what is bound, so that paper says what the screen says; `bound.j2` names them in
  their order, `report.j2` is the document around them. What only a screen can use is left out
  (`SCREEN_ONLY`), and so are the data behind charts, the rows of evidence and what numbers inside tables
  open: they are files and pages of the site. Whatever else is folded, or opens on a number, stands there in
  full.
- Ids get the name of their page before them, and links between bound pages lead to the place in the document.
- Chromium writes tags and outline. It cannot count pages in a text: the document is printed, the places of
  its headings are read from it, and it is printed again with their numbers; these have fixed room, so that
  nothing moves.
- What differs from print to print is the moment of printing, which becomes a fixed day, and from where on the
  browser counts its tags, which becomes zero.
- Without a browser there is no document and the site is as good as before: `missing_requirement` says what
  to install.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from markupsafe import Markup

from analysis import labels
from analysis.errors import PrintError, Problem
from analysis.site import sanitize

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAME = "report.pdf"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""A browser that opens our own pages and nothing else; root, which containers run as, has no sandbox."""

SCREEN_ONLY = (
    "form, button:not(.opens, .sorts, .term), .gloss, nav, output, script, .files, .permalink, .more, .find,"
    " .behind, .matrix .popover, .figure > .fold, .evidence > .fold"
)
"""What paper cannot use, or what the site has as files."""

MOMENT = re.compile(rb"(?<=Date \(D:)\d{14}")
"""When a PDF says that it was made and changed."""
FIXED = b"20000101000000"
NODE = re.compile(rb"(?<=\(node)\d{8}(?=\))")
"""The name of a tag: the browser counts on from wherever it was before."""

Draw = Callable[..., str]
"""Draws a template by its name with what it is given."""

Write = Callable[[Path, Draw], bytes]
"""Makes one document of a folder of finished pages."""

READ_PART = """
([stem, names, screen]) => {
  const main = document.querySelector('main'), at = (page, id) => id ? `${page}--${id}` : page;
  main.querySelectorAll(screen).forEach((part) => part.remove());
  main.querySelectorAll('details').forEach((part) => {
    const box = document.createElement('div'), title = document.createElement('div');
    box.className = part.className; title.className = 'folded';
    title.append(...part.querySelector('summary').childNodes);
    part.querySelector('summary').replaceWith(title);
    box.append(...part.childNodes); part.replaceWith(box); });
  main.querySelectorAll('.opens, .sorts, .term').forEach((part) => part.replaceWith(...part.childNodes));
  main.querySelectorAll('[popover]').forEach((part) => part.removeAttribute('popover'));
  main.querySelectorAll('a[href]').forEach((link) => {
    const raw = link.getAttribute('href');
    if (/^[a-z]+:/.test(raw)) return;
    const [path, id] = link.href.split('#'), page = names[path];
    if (page) link.setAttribute('href', `#${at(page, id && decodeURIComponent(id))}`);
    else link.replaceWith(...link.childNodes); });
  for (const name of ['id', 'aria-labelledby', 'aria-describedby', 'for'])
    main.querySelectorAll(`[${name}]`).forEach((part) => {
      const ids = part.getAttribute(name).split(' ');
      part.setAttribute(name, ids.map((id) => at(stem, id)).join(' ')); });
  main.querySelectorAll('[tabindex]').forEach((part) => part.removeAttribute('tabindex'));
  const heads = [...main.querySelectorAll('h1, h2')].map((head) => {
    head.id ||= at(stem, `h${[...main.querySelectorAll('h1, h2')].indexOf(head)}`);
    return [head.id, Number(head.tagName[1]), head.textContent.trim()]; });
  return [document.body.className, main.className, main.innerHTML, heads];
}
"""
"""Makes a page a part of the document: the classes of its body and of itself, its HTML, and its headings as
id, level and text.
"""


@dataclass(frozen=True)
class Heading:
    """A line of the table of contents."""

    id: str
    level: int
    text: str


@dataclass(frozen=True)
class BoundPage:
    """One page of the site as a part of the document."""

    id: str
    kind: str
    classes: str
    html: Markup
    headings: tuple[Heading, ...]


def chromium() -> str | None:
    """The browser that the system has; None where it has none."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def missing_requirement() -> Problem | None:
    """What has to be installed before a document can be printed; None where nothing is missing."""
    if lacking := [name for name in ("playwright", "pypdf") if find_spec(name) is None]:
        rule = f"needs {' and '.join(lacking)}, which {'is' if len(lacking) == 1 else 'are'} not installed"
        return Problem(NAME, rule, "Install the extra: pip install -e '.[pdf]'")
    if chromium() is None:
        rule = f"needs a Chromium, and none of {', '.join(BROWSERS)} is on the PATH"
        return Problem(
            NAME, rule, "Install one from the system's packages, for example apt-get install chromium"
        )
    return None


def write(folder: Path, draw: Draw) -> bytes:
    """The pages of a site as one tagged PDF with outline, page numbers and table of contents.

    Parameters
    ----------
    folder : Path
        The finished pages.
    draw : callable
        Draws `bound.j2` (which pages, in their order) and `report.j2` (from their parts and page numbers).

    Raises
    ------
    PrintError
        Something is missing, or the browser failed.
    """
    if requirement := missing_requirement():
        raise PrintError(requirement)
    from playwright.sync_api import Error, sync_playwright

    anchors = sanitize.Anchors()
    addresses = [unquote(address) for address in draw("bound.j2").split()]
    names = {(folder / name).as_uri(): anchors.take(Path(name).stem) for name in addresses}
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
            parts = _read_parts(browser, names)
            first = _print(browser, draw("report.j2", parts=parts, pages={}))
            second = _print(browser, draw("report.j2", parts=parts, pages=page_numbers(first)))
            browser.close()
    except Error as reason:
        first_line = reason.message.strip().splitlines()[0]
        raise PrintError(Problem(NAME, f"the browser failed: {first_line}", "Try it again")) from None
    except OSError as reason:
        rule = f"cannot be printed in {tempfile.gettempdir()} ({reason.strerror or reason})"
        raise PrintError(Problem(NAME, rule, "Make room there, or set TMPDIR to another folder")) from None
    return without_timestamps(second)


def without_timestamps(printed: bytes) -> bytes:
    """A PDF without what differs from print to print; numbers keep their width, so that no offset moves."""
    first = min(map(int, NODE.findall(printed)), default=0)
    renumbered = NODE.sub(lambda node: b"%08d" % (int(node[0]) - first), printed)
    return MOMENT.sub(FIXED, renumbered)


def _read_parts(browser: Browser, names: Mapping[str, str]) -> list[BoundPage]:
    page = browser.new_page(viewport={"width": 800, "height": 1000})
    parts = [_read_part(page, address, names) for address in names]
    page.close()
    return parts


def _read_part(page: Page, address: str, names: Mapping[str, str]) -> BoundPage:
    page.goto(address)
    kind, classes, html, heads = page.evaluate(READ_PART, [names[address], dict(names), SCREEN_ONLY])
    headings = tuple(Heading(*head) for head in heads)
    # A page of ours, sanitised when it was drawn.
    return BoundPage(names[address], kind, classes, Markup(html), headings)  # noqa: S704


def _print(browser: Browser, text: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        path.write_text(text, encoding="utf-8")
        page = browser.new_page()
        page.goto(path.as_uri())
        page.evaluate("document.fonts.ready")
        printed = page.pdf(
            prefer_css_page_size=True,
            tagged=True,
            outline=True,
            print_background=True,
            display_header_footer=True,
            header_template="<i></i>",
            footer_template=FOOTER,
        )
        page.close()
    return printed


FOOTER = (
    '<p style="width:100%;margin:0;text-align:center;font:8px sans-serif;color:#555">'
    f'{labels.DISCLAIMER} <span class="pageNumber"></span></p>'
)
"""What stands at the foot of every page of the document."""


def page_numbers(printed: bytes) -> dict[str, int]:
    """On which page of a PDF each named destination is."""
    from pypdf import PdfReader

    reader = PdfReader(BytesIO(printed))
    destinations: dict[str, Any] = reader.named_destinations
    return {
        name.removeprefix("/"): page + 1
        for name, destination in destinations.items()
        if (page := reader.get_destination_page_number(destination)) is not None
    }
