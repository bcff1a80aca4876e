"""A real browser on real pages. `make test-browser` runs these; otherwise they say that they were skipped.

What takes a page, a case or a notebook at a time runs on some that have between them whatever any of them has
(`cover`); the others are marked slow, and `make test-all` runs them, too.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from analysis.project import Project
from analysis.site import pdf

ROOT = Project.default().root

CHECKERS = Path(__file__).with_name("node_modules")
"""Where `npm ci` puts vnu, axe-core and Lighthouse."""

LEADS_ON = '<link rel="canonical"'
"""In a page that only leads on to another: an earlier address, or a section that another scenario shares."""


def cover(parts: Mapping[str, Collection[str]]) -> list[str]:
    """Names that together cover every part: greedily, the one that adds most, the first of equals."""
    lacking, chosen = {part for group in parts.values() for part in group}, []
    while lacking:
        chosen.append(max(parts, key=lambda name: len(lacking.intersection(parts[name]))))
        lacking.difference_update(parts[chosen[-1]])
    return chosen


def by_speed(names: Iterable[str], chosen: Collection[str]) -> list[Any]:
    """Names as parameters of a test; those that were not chosen are slow."""
    return [pytest.param(name, marks=[] if name in chosen else pytest.mark.slow) for name in names]


@pytest.fixture(scope="session")
def chromium() -> str:
    """The system's browser."""
    if os.environ.get("THESIS_BROWSER") != "1":
        pytest.skip("run by `make test-browser`")
    if (path := pdf.chromium()) is None:
        pytest.fail(f"no browser: install one of {', '.join(pdf.BROWSERS)} from the system's packages")
    return path


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    """Chromium of the system, without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as tool:
        started = tool.chromium.launch(executable_path=chromium, args=list(pdf.FLAGS))
        yield started
        started.close()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go: `reports/` with `make screenshots`, else a folder that is thrown away."""
    folder = os.environ.get("THESIS_PICTURES")
    return Path(folder).resolve() if folder else tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="session")
def site(chromium: str) -> Path:
    """The published site of the report."""
    folder = ROOT / "reports" / "site"
    if not (folder / "index.html").exists():
        pytest.fail(f"there is no {folder.relative_to(ROOT)}: run `make report` first")
    return folder


@pytest.fixture(scope="session")
def served(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The site below a path of a plain web server on loopback: the address of its folder."""
    root = tmp_path_factory.mktemp("served")
    (root / "a").mkdir()
    (root / "a" / "b").symlink_to(site)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(root)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/a/b/"
    server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    """Files as any web server gives them: compressed where the browser takes that."""

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if "gzip" not in self.headers.get("Accept-Encoding", "") or not path.is_file():
            super().do_GET()
            return
        content = gzip.compress(path.read_bytes(), mtime=0)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path) + "; charset=utf-8")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
