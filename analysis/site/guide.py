"""How does the guide become a page? Its Markdown, cut into steps at its headings.

Decisions
- The guide is a file that reads well by itself; its first paragraph opens the page, and each `##` is a step.
- `EXAMPLE` on a line of its own is where the page shows a chart of this report.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup

from analysis.site import sanitize

EXAMPLE = "<!-- example: a fan -->"


@dataclass(frozen=True)
class Step:
    """One thing to do.

    Attributes
    ----------
    anchor, title : str
        Its id on the page and its heading.
    text : Markup
        What it says, up to the example if it has one.
    rest : Markup or None
        What follows the example; None where there is none.
    """

    anchor: str
    title: str
    text: Markup
    rest: Markup | None


@dataclass(frozen=True)
class Guide:
    """A guide: its title, what it opens with, and its steps."""

    title: str
    opening: Markup
    steps: tuple[Step, ...]


def read(text: str) -> Guide | None:
    """The guide that a text of Markdown holds; None for an empty one."""
    if not text.strip():
        return None
    head, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
    title, _, opening = head.lstrip().removeprefix("# ").partition("\n")
    anchors = sanitize.Anchors()
    return Guide(title.strip(), sanitize.markdown(opening), tuple(_step(part, anchors) for part in parts))


def _step(part: str, anchors: sanitize.Anchors) -> Step:
    title, _, body = part.partition("\n")
    text, example, rest = body.partition(EXAMPLE)
    return Step(
        anchors.take(title),
        title.strip(),
        sanitize.markdown(text),
        sanitize.markdown(rest) if example else None,
    )
