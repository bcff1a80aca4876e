"""A megabyte on one line is read once: every regular expression that meets what a notebook wrote, on what it
could trip over.

Nothing is timed. An expression that reads a line again from each of its places takes a million times as long
for a megabyte as one that reads it once: hours, in which the case does not come back. All cases together take
a few seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis import exhibits, svg
from analysis.batch import execute, provisioner
from analysis.characters import legible
from analysis.site import context, exports, sanitize
from analysis.site.reader import Image

BYTES = 1_000_000


def long(unit: str) -> str:
    return unit * (BYTES // len(unit))


def settled(text: str) -> object:
    return execute._without_timing([{"output_type": "stream", "name": "stdout", "text": [text]}])


def placeless(text: str) -> object:
    return execute._without_local_paths(text, Path("/home/somebody/project/notebooks/x.ipynb"))


def drawn(text: str) -> object:
    return sanitize.picture(Image("svg", f"<svg><style>{text}"))


CASES: dict[Callable[[str], object], list[str]] = {
    settled: ["x", "ipykernel_", "ipykernel_1/", "1"],
    placeless: ["/home/somebody"],
    execute._short_line: ["x", "\x1b["],
    legible: ["\x1b[0", "\x1b]"],
    sanitize.terminal: ["\x1b[0"],
    drawn: ["<!--", "<?xml", "<!DOCTYPE", "<metadata>", " ", "<", "<g ", "<g id='", "<g>", "url(#"],
    svg._shorten_path: [" ", " M", ",,", "M,"],
    svg._length_px: ["1", "1."],
    sanitize.slugify: ["-"],
    exhibits.source_url: ["a/", "a/b:c@"],
    exports.NUMBER.fullmatch: ["1"],
    context.PRINTED_NUMBER.fullmatch: ["1", "1,"],
    provisioner.AT_TOP.findall: ["from x import (\n"],
    provisioner.INDENTED.findall: [" from x import (\n"],
}
"""What meets a text, and the texts that it could read again and again."""


def named(value: Any) -> str:
    return value.__name__ if callable(value) else ascii(value)


@pytest.mark.parametrize(
    ("read", "unit"), [(read, unit) for read, units in CASES.items() for unit in units], ids=named
)
def test_a_long_line_is_read_once(read: Callable[[str], object], unit: str) -> None:
    read(long(unit))


def test_a_number_with_a_million_commas_is_read_once() -> None:
    assert context.PRINTED_NUMBER.fullmatch(f"1{long(',')}.1x1") is None
