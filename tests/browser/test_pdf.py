"""The report as one document, printed by the command and read as a reader of PDFs reads it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from analysis import ROOT
from analysis.pipeline import pdf

FOOT = 45
"""Points from the lower edge, below which only the number of the page stands."""


@pytest.fixture(scope="module")
def folder(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the report with its document, as the command publishes it."""
    out = tmp_path_factory.mktemp("printed") / "site"
    command = [sys.executable, "-m", "analysis", "publish", "--pdf", "--out", str(out)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert (ran.stdout.strip(), ran.stderr) == (str(out / "index.html"), "")
    return out


@pytest.fixture(scope="module")
def document(folder: Path) -> PdfReader:
    return PdfReader(folder / pdf.NAME)


def headings(document: PdfReader, outline: list[Any] | None = None) -> Iterator[tuple[str, int, float]]:
    """The lines of the outline in their order: text, page from 0, height on it in points."""
    for item in document.outline if outline is None else outline:
        if isinstance(item, list):
            yield from headings(document, item)
        elif (page := document.get_destination_page_number(item)) is not None:
            yield str(item.title), page, float(item.top)


def lines(document: PdfReader, number: int) -> list[tuple[float, str]]:
    """What stands on a page: height in points, text."""
    found: list[tuple[float, str]] = []

    def note(text: str, cm: list[float], tm: list[float], *_: Any) -> None:
        if text.strip():
            found.append((tm[4] * cm[1] + tm[5] * cm[3] + cm[5], text.strip()))

    document.pages[number].extract_text(visitor_text=note)
    return found


def test_it_is_tagged_has_a_language_a_title_and_an_outline(document: PdfReader) -> None:
    root = document.root_object
    assert root["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in root and root["/Lang"] == "en"
    assert document.metadata and document.metadata.title
    assert len(list(headings(document))) > 50


def test_every_chapter_opens_a_page_in_the_order_of_the_contents(document: PdfReader, folder: Path) -> None:
    chapters = [item for item in document.outline if not isinstance(item, list)]
    pages = [document.get_destination_page_number(item) for item in chapters]
    assert all(a is not None and b is not None and a < b for a, b in pairwise(pages)), pages
    assert len(chapters) > 10


def test_the_contents_give_the_page_on_which_each_part_stands_and_pages_are_numbered(
    document: PdfReader,
) -> None:
    first = document.get_destination_page_number(
        document.outline[0 if "Contents" not in str(document.outline[0].title) else 1]
    )
    told = " ".join(document.pages[number].extract_text() for number in range(first))
    for item in document.outline[1:]:
        if not isinstance(item, list):
            number = document.get_destination_page_number(item) + 1
            title = r"\s+".join(map(re.escape, str(item.title).split()))
            assert re.search(rf"{title}\s*{number}\b", told), (item.title, number)
    for number, page in enumerate(document.pages, start=1):
        assert page.extract_text().strip().endswith(str(number)) or page.extract_text().strip().startswith(
            str(number)
        )


def test_no_heading_stands_alone_at_the_foot_of_a_page(document: PdfReader) -> None:
    alone = []
    for title, page, top in headings(document):
        below = [
            text for height, text in lines(document, page) if FOOT < height < top - 4 and text not in title
        ]
        if not below:
            alone.append((page + 1, title))
    assert alone == []


def test_printed_again_it_has_the_same_bytes(folder: Path) -> None:
    before = (folder / pdf.NAME).read_bytes()
    (folder / pdf.NAME).unlink()
    command = [sys.executable, "-m", "analysis", "publish", "--pdf", "--out", str(folder)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    assert (folder / pdf.NAME).read_bytes() == before
