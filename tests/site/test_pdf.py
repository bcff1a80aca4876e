"""The report as one document, as far as no browser is needed; `tests/browser/test_pdf.py` prints it."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

import pytest

from analysis.errors import PrintError
from analysis.project import Project
from analysis.site import build, pdf
from tests.hostile import corpus


def test_a_missing_extra_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "find_spec", lambda name: None if name == "pypdf" else name)
    assert (
        str(pdf.missing_requirement())
        == "report.pdf: needs pypdf, which is not installed. Install the extra: pip install -e '.[pdf]'."
    )


def test_a_missing_browser_is_named_with_what_was_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "find_spec", lambda name: name)
    monkeypatch.setenv("PATH", "")
    message = str(pdf.missing_requirement())
    assert (
        "none of chromium, chromium-browser, google-chrome is on the PATH" in message
        and "apt-get install" in message
    )
    with pytest.raises(PrintError, match="none of chromium"):
        pdf.write(Path(), lambda *_: "")


def test_a_full_folder_of_temporary_files_is_named_and_not_taken_for_the_site_s(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pdf, "missing_requirement", lambda: None)
    monkeypatch.setattr("playwright.sync_api.sync_playwright", full)
    with pytest.raises(PrintError) as caught:
        pdf.write(Path(), lambda *_: "")
    assert f"cannot be printed in {tempfile.gettempdir()} (No space left on device)" in str(caught.value)


def built_site(folder: Path, document: pdf.Write | None) -> Path:
    project = Project(folder) if Project(folder).runs.exists() else corpus.write_project(folder)
    return build.publish(project, document=document).parent


def test_the_site_holds_the_document_and_leads_to_it_and_one_that_is_out_of_date_goes(tmp_path: Path) -> None:
    seen = []

    def write(folder: Path, draw: pdf.Draw) -> bytes:
        seen.append(draw("bound.j2").split())
        assert all((folder / name).is_file() for name in seen[-1])
        return b"%PDF \xff"

    out = built_site(tmp_path, write)
    assert (out / pdf.NAME).read_bytes() == b"%PDF \xff"
    assert f'href="{pdf.NAME}"' in (out / "index.html").read_text(encoding="utf-8")
    assert seen[0][0] == "index.html" and "base/script.html" in seen[0] and "guide.html" not in seen[0]
    built_site(tmp_path, write)
    assert len(seen) == 1  # nothing changed, nothing is printed again
    out = built_site(tmp_path, None)
    assert not (out / pdf.NAME).exists()
    assert pdf.NAME not in (out / "index.html").read_text(encoding="utf-8")


def test_a_document_that_cannot_be_printed_leaves_the_earlier_site(tmp_path: Path) -> None:
    out = built_site(tmp_path, None)
    before = (out / "index.html").read_bytes()

    def write(folder: Path, draw: pdf.Draw) -> bytes:
        raise PrintError(())

    with pytest.raises(PrintError):
        built_site(tmp_path, write)
    assert (out / "index.html").read_bytes() == before


def test_the_moment_of_printing_and_the_browser_s_count_are_no_part_of_a_document() -> None:
    made = (
        b"/CreationDate (D:20261127013406+00'00')\n/ModDate (D:20261127013407+00'00')\n/ID (node00000899) /ID"
        b" (node00001002)"
    )
    expected = (
        b"/CreationDate (D:20000101000000+00'00')\n/ModDate (D:20000101000000+00'00')\n/ID (node00000000) /ID"
        b" (node00000103)"
    )
    assert pdf.without_timestamps(made) == expected  # 1002 - 899 = 103
