"""The published pages in a real browser."""

from pathlib import Path
from typing import Any

import pytest

from analysis import ROOT

INDEX = ROOT / "reports" / "site" / "index.html"


def test_the_index_opens_from_disk_asks_for_nothing_and_says_nothing_to_the_console(
    browser: Any, pictures: Path
) -> None:
    if not INDEX.exists():
        pytest.fail(f"there is no {INDEX.relative_to(ROOT)}: run `make report` first")
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(INDEX.as_uri())
    assert page.locator("h1").inner_text().strip()
    page.screenshot(path=pictures / "overview.png")
    page.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == [] and said == []
