"""A real browser on the real thing. `make test-browser` runs these; without it they say that they were skipped."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium of the system, without a window."""
    if os.environ.get("THESIS_BROWSER") != "1":
        pytest.skip("run by `make test-browser`")
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.fail(f"no browser: install one of {', '.join(NAMES)} from the system's packages")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as tool:
        started = tool.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield started
        started.close()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go: `reports/` with `make screenshots`, else a folder that is thrown away."""
    told = os.environ.get("THESIS_PICTURES")
    return Path(told).resolve() if told else tmp_path_factory.mktemp("pictures")
