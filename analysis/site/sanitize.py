r"""How does text that a notebook wrote become HTML that cannot harm the page?

Decisions
- One way in: every piece of HTML that was not written by our own templates passes `clean_html`. It keeps
  prose, tables and embedded pictures, and drops scripts, styles, classes, ids, forms, frames and every
  address that is not a plain link.
- Ids are given after cleaning (`Anchors`), so that a notebook can neither take one of ours nor use one twice.
- Markdown is mistune without nbconvert's mathematics: there `$60 **bn** ... $5` is a formula and loses its
  emphasis, and nothing on the page could draw a formula anyway. `\$` reads as `$` in both.
- Nothing is fetched: style and script stand in the page and are allowed by their hash, pictures are `data:`
  addresses. So a page works from disk, in every browser, and when it is mailed alone. SVG in `<img>` runs no
  script.
- Scenarios share most of their prose and charts: what was made once is not made again.
- SVG is percent-encoded, slimmed first: smaller than base64, far smaller after compression, and the address
  is one that a validator accepts.
"""

from __future__ import annotations

import base64
import hashlib
import re
import struct
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any
from urllib.parse import quote

import nh3
from markupsafe import Markup, escape

from analysis import svg
from analysis.site.reader import Image

TAGS = frozenset(
    [
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "caption",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "details",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "u",
        "ul",
        "var",
    ]
)
ATTRIBUTES: dict[str, set[str]] = {
    "*": set(),
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align", "scope"},
}
DROPPED_WITH_CONTENT = frozenset(
    ["script", "style", "title", "template", "noscript", "iframe", "object", "svg", "math"]
)
"""What goes with all that it holds; of any other tag that is not in `TAGS` the text stays."""
EMBEDDED = ("data:image/png;", "data:image/svg+xml", "data:image/jpeg;")
"""How the address of a picture begins that is in the page itself."""
PAGE_LINK = re.compile(
    r'<a [^>]*?href="\.\./(?P<page>[^"/#]+)\.html(?:#[^"]*)?"[^>]*>(?P<text>.*?)</a>', re.DOTALL
)
"""A link from a section to a page one level up, as it is cleaned."""
Link = Callable[[str], str | None]
"""What a relative address of a notebook becomes on the site; None where it leads nowhere."""


def no_link(_: str) -> None:
    """A `Link` that knows no page."""


def clean_html(html: str, link: Link = no_link) -> Markup:
    """HTML without anything that could run, load, restyle or clash; relative links go through `link`."""
    aligned = re.sub(r' style="text-align:\s*(left|right|center);?"', r' align="\1"', html)
    cleaned = nh3.clean(
        aligned,
        tags=set(TAGS),
        attributes=ATTRIBUTES,
        clean_content_tags=set(DROPPED_WITH_CONTENT),
        attribute_filter=partial(_safe_value, link),
        url_schemes={"http", "https", "mailto", "data"},
        link_rel="noopener noreferrer",
    )
    html = _scrollable_tables(cleaned)
    return Markup(html)  # noqa: S704 (this is the one place where cleaned text becomes markup)


def without_dead_links(html: Markup, page_names: Collection[str]) -> Markup:
    """Cleaned HTML of a section in which a link to a page of the site that is not made is its text alone."""
    kept = PAGE_LINK.sub(lambda link: link[0] if link["page"] in page_names else link["text"], html)
    return Markup(kept)  # noqa: S704 (a part of what was cleaned)


def _safe_value(link: Link, tag: str, attribute: str, value: str) -> str | None:
    """What an attribute may keep: embedded pictures, web addresses and links that `link` knows; else None."""
    if attribute == "src":
        return value if value.startswith(EMBEDDED) else None
    if attribute != "href":
        return value
    return value if re.match(r"(https?://|mailto:)", value, re.IGNORECASE) else link(value)


def _scrollable_tables(html: str) -> str:
    # A wide table scrolls in a box of its own; the box can be focused, so that the keyboard scrolls it too.
    opened = '<div class="scroll" role="group" aria-label="Table" tabindex="0"><table>'
    return html.replace("<img>", "").replace("<table>", opened).replace("</table>", "</table></div>")


@cache
def _markdown() -> Callable[[str], Any]:
    import mistune

    return mistune.create_markdown(escape=False, plugins=["table", "strikethrough", "def_list"])


@cache
def markdown(text: str, link: Link = no_link) -> Markup:
    """Markdown as clean HTML."""
    return clean_html(str(_markdown()(text)), link)


def strip_tags(html: str) -> str:
    """The text of cleaned HTML, for titles and descriptions."""
    return " ".join(Markup(html).striptags().split())  # noqa: S704 (tags are removed, not trusted)


def terminal(text: str) -> Markup:
    """What a program printed, without the colours of a terminal."""
    return escape(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).rstrip("\n"))


class Anchors:
    """The ids of one page, each only once."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def take(self, text: str) -> str:
        """An id made from a text that nothing else on the page has."""
        stem = slugify(text) or "part"
        anchor, count = stem, 1
        while anchor in self._taken:
            count += 1
            anchor = f"{stem}-{count}"
        self._taken.add(anchor)
        return anchor

    def headings(self, html: Markup) -> tuple[Markup, list[tuple[str, str]]]:
        """The same HTML with an id on each h2 and h3, and (id, text) of each h2."""
        listed: list[tuple[str, str]] = []

        def add_id(match: re.Match[str]) -> str:
            level, inner = match.groups()
            text = strip_tags(inner)
            anchor = self.take(text)
            if level == "2":
                listed.append((anchor, text))
            return f'<h{level} id="{anchor}">{inner}</h{level}>'

        with_ids = re.sub(r"<h([23])>(.*?)</h\1>", add_id, str(html), flags=re.DOTALL)
        return Markup(with_ids), listed  # noqa: S704 (cleaned before, and only ids of ours were added)


def slugify(text: str) -> str:
    """A text as an address: lower-case letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


@dataclass(frozen=True)
class Picture:
    """What an `<img>` needs: its address and its size in CSS pixels, where that is known."""

    src: Markup
    width: int | None
    height: int | None


@cache
def picture(image: Image) -> Picture:
    """An image as an `<img>` can carry it in the page."""
    if image.kind == "png":
        raw = _decoded(image.content)
        sized = raw.startswith(b"\x89PNG\r\n\x1a\n") and len(raw) >= 24
        width, height = struct.unpack(">II", raw[16:24]) if sized else (None, None)
        content = base64.b64encode(raw).decode()
        return Picture(Markup("data:image/png;base64,{}").format(content), width, height)
    try:
        drawing = svg.read(image.content)
    except ValueError:
        return Picture(
            Markup("data:image/svg+xml,"), None, None
        )  # what is no drawing is shown as a broken one
    address = "data:image/svg+xml," + quote(svg.write(svg.shorten(drawing)), safe="!$'()*+,-./:;=?@_~")
    # Quoting left nothing that could end an attribute.
    return Picture(Markup(address), *svg.size_px(drawing))  # noqa: S704


def _decoded(content: str) -> bytes:
    try:
        return base64.b64decode(content)
    except ValueError:
        return b""  # what is no picture is shown as a broken one


def policy(styles: Iterable[str], scripts: Iterable[str]) -> str:
    """The content security policy of a page with just these inline styles and scripts, and no fetches."""
    allowed = {
        "default-src": "'none'",
        "style-src": _hashes(styles),
        "script-src": _hashes(scripts),
        "img-src": "data:",
        "font-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in allowed.items())


def _hashes(contents: Iterable[str]) -> str:
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in contents)
    return " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
