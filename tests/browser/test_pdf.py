"""The report as one document, printed by the command and read as a reader of PDFs reads it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from analysis import labels
from analysis.project import Project
from analysis.site import pdf

ROOT = Project.default().root

FOOT = 45
"""Points from the lower edge, below which only the number of the page stands."""


@pytest.fixture(scope="module")
def folder(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the report with its document, as the command publishes it; its pages are taken over."""
    out = shutil.copytree(site, tmp_path_factory.mktemp("printed") / "site")
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


@pytest.fixture(scope="module")
def lines(document: PdfReader) -> list[list[tuple[float, str]]]:
    """What stands on each page: height in points, text."""
    return [_lines(page) for page in document.pages]


def _lines(page: Any) -> list[tuple[float, str]]:
    lines: list[tuple[float, str]] = []

    def note(text: str, cm: list[float], tm: list[float], *_: Any) -> None:
        if text.strip():
            lines.append((tm[4] * cm[1] + tm[5] * cm[3] + cm[5], " ".join(text.split())))

    page.extract_text(visitor_text=note)
    return lines


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


def test_the_contents_give_the_page_on_which_each_chapter_stands(
    document: PdfReader, lines: list[list[tuple[float, str]]]
) -> None:
    chapters = {
        str(item.title): document.get_destination_page_number(item)
        for item in document.outline
        if not isinstance(item, list)
    }
    first, *_ = (number for title, number in chapters.items() if title != "Contents")
    contents = " ".join(text for page in lines[:first] for _, text in page)
    for title, number in chapters.items():
        if title != "Contents":
            assert f"{title} {number + 1} " in f"{contents} ", title


def test_every_page_has_its_number_at_its_foot(lines: list[list[tuple[float, str]]]) -> None:
    feet = [[text for height, text in page if height < FOOT] for page in lines]
    assert [foot[-1] for foot in feet] == [str(number) for number in range(1, len(lines) + 1)]
    assert {" ".join(foot[:-1]) for foot in feet} == {labels.DISCLAIMER}


def test_no_heading_stands_alone_at_the_foot_of_a_page(
    document: PdfReader, lines: list[list[tuple[float, str]]]
) -> None:
    alone = [
        (page + 1, title)
        for title, page, top in headings(document)
        if not any(FOOT < height < top - 4 and text not in title for height, text in lines[page])
    ]
    assert alone == []


def test_tables_have_the_headings_of_their_columns(
    folder: Path, lines: list[list[tuple[float, str]]]
) -> None:
    listed = json.loads((folder / "catalogue.json").read_text(encoding="utf-8"))["exhibits"]
    table = next(entry for entry in listed if entry["kind"] == "table")
    columns = json.loads((folder / table["json"]).read_text(encoding="utf-8"))["columns"]
    [page] = [
        " ".join(text for _, text in page)
        for page in lines
        if any(text == table["title"] for _, text in page)
    ][:1]
    assert [column["title"] for column in columns if column["title"] not in page] == []


@pytest.mark.slow
def test_printed_again_it_has_the_same_bytes(folder: Path) -> None:
    before = (folder / pdf.NAME).read_bytes()
    (folder / pdf.NAME).unlink()
    command = [sys.executable, "-m", "analysis", "publish", "--pdf", "--out", str(folder)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    assert (folder / pdf.NAME).read_bytes() == before
