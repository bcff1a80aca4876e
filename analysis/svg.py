"""How is a drawing read, shortened and written? SVG through a parser of XML, for charts and for pages.

Decisions
- What is not XML, or declares entities of its own (which can grow without end), is no drawing.
- Names keep their prefix (`xlink:href`), as they stand in the file; comments, instructions and the document
  type are not kept, since they say nothing to a reader.
- Attributes are written in single quotes: an address in a page spends three characters on a double one.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from typing import NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

WORDS = ("text", "tspan", "title", "desc", "style")
"""The elements whose text is read; between others it only lays out the file."""

_ATTRIBUTE = str.maketrans({"&": "&amp;", "<": "&lt;", "'": "&#39;", "\n": "&#10;", "\t": "&#9;"})
_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_STYLE = str.maketrans({"&": "&amp;", "<": "&lt;"})


def read(text: str) -> Element:
    """A drawing as a tree.

    Raises
    ------
    ValueError
        It is not XML, its outermost element is not `svg`, or it declares entities.
    """
    builder = TreeBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = _refuse_entity
    try:
        parser.Parse(text, True)
    except (expat.ExpatError, UnicodeError) as reason:
        raise ValueError(f"is not XML: {reason}") from None
    root = builder.close()
    if root.tag != "svg":
        raise ValueError(f"is a drawing only if its outermost element is svg; it is {root.tag}")
    return root


def _refuse_entity(name: str, *_: object) -> NoReturn:
    raise ValueError(f"declares the entity {name}")


def write(root: Element) -> str:
    """The file of a drawing, without a line break that its tree does not hold."""
    parts = []
    for opens, element in _walk(root):
        is_leaf = not element.text and not len(element)
        if opens:
            attributes = "".join(
                f" {name}='{value.translate(_ATTRIBUTE)}'" for name, value in element.items()
            )
            text = (element.text or "").translate(_STYLE if element.tag == "style" else _TEXT)
            parts.append(f"<{element.tag}{attributes}{'/' if is_leaf else ''}>{text}")
        else:
            tail = (element.tail or "").translate(_TEXT)
            parts.append(tail if is_leaf else f"</{element.tag}>{tail}")
    return "".join(parts)


def shorten(root: Element) -> Element:
    """The same drawing without what says nothing to a reader: metadata, line breaks, ids that nothing uses,
    and groups that then say or hold nothing.
    """
    used, builder, tags = set(_references(root)), TreeBuilder(), [""]
    for opens, element in _walk(root, _silent(root)):
        attributes = {
            name: _shorten_path(value) if name == "d" else value
            for name, value in element.items()
            if element.tag != "g" or name != "id" or value in used
        }
        says_something = element.tag != "g" or bool(attributes)
        if opens:
            if says_something:
                builder.start(element.tag, attributes)
            builder.data(_words(element.text, element.tag))
            tags.append(element.tag)
        else:
            if says_something:
                builder.end(element.tag)
            tags.pop()
            builder.data(_words(element.tail, tags[-1]))
    return builder.close()


def _walk(root: Element, without: Container[Element] = ()) -> Iterator[tuple[bool, Element]]:
    """Each element when it opens and when it closes, in the order of the file and however deep they are; some
    are left out, with all that is in them.
    """
    todo = [(True, root)]
    while todo:
        opens, element = todo.pop()
        yield opens, element
        if opens:
            todo.append((False, element))
            todo += [(True, child) for child in reversed(element) if child not in without]


def _silent(root: Element) -> set[Element]:
    """Metadata, and groups that hold nothing or only such groups."""
    silent: set[Element] = set()
    for element in reversed(list(root.iter())):  # what is inside comes first
        holds_words = bool((element.text or "").strip())
        if element.tag == "metadata" or (
            element.tag == "g" and not holds_words and all(child in silent for child in element)
        ):
            silent.add(element)
    return silent


def size_px(root: Element) -> tuple[int | None, int | None]:
    """Width and height in CSS pixels; None where the drawing gives none, or not in pt or px."""
    return _length_px(root.get("width")), _length_px(root.get("height"))


def _length_px(text: str | None) -> int | None:
    match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]*)?)(pt|px|)", text or "")
    return round(float(match[1]) * (4 / 3 if match[2] == "pt" else 1)) if match else None


def _references(root: Element) -> Iterator[str]:
    """The ids that a drawing refers to: by an address, or in an attribute or a rule by `url(#id)`."""
    for element in root.iter():
        texts = [*element.attrib.values(), *([element.text or ""] if element.tag == "style" else [])]
        for text in texts:
            yield from re.findall(r"url\(\s*[\"']?#([^\"')\s]+)", text)
        for name in ("href", "xlink:href"):
            if element.get(name, "").startswith("#"):
                yield element.attrib[name][1:]


def _words(text: str | None, tag: str) -> str:
    """What a text inside of an element says: a line break in words is a space, and elsewhere only layout."""
    if tag in WORDS:
        return re.sub(r"[^\S\n]*\n\s*", " ", text or "")
    return text if text and text.strip() else ""


def _shorten_path(path: str) -> str:
    """A path with one comma between two numbers and nothing next to a letter."""
    return re.sub(r",?([A-Za-z]),?", r"\1", ",".join(path.split()))
