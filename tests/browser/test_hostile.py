"""What could do harm, in a real browser: opened, hovered and clicked, with the page's policy and without.

Nothing may run, nothing may be asked for, and the page stays the page; `tests/hostile` holds the cases. So
that no check passes because it sees nothing, each case that says that it bites has to be seen in a page that
takes it as it is.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error

from analysis.site import build
from tests.browser.conftest import LEADS_ON, by_speed, cover
from tests.hostile import corpus

CASES = {case.name: case for case in corpus.cases()}
WORST = cover({name: case.means for name, case in CASES.items()})
"""Cases that use every element and every kind of output that any uses; the other pages show all cases."""
ROWS = [f"evidence/{name}.evidence" for name in ("script", "breakout", "javascript_link", "image_handler")]
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')

HEIGHT = 2500
"""Of the window, in pixels: what lies below is reached by script alone."""

POINTS = """
() => { document.querySelectorAll('details').forEach((part) => { part.open = true; });
  return [...document.querySelectorAll('main :is(a, area, button, summary, img, svg, p, td)')]
    .flatMap((part) => [...part.getClientRects()].slice(0, 1))
    .map((box) => [Math.round(box.x + Math.min(box.width / 2, 40)), Math.round(box.y + box.height / 2)]); }
"""
"""Where a reader would point."""

TOUCH = """
() => { for (const part of document.querySelectorAll('body *')) {
  for (const kind of ['pointerover', 'pointermove', 'mouseover', 'mouseenter', 'focus', 'toggle'])
    part.dispatchEvent(new MouseEvent(kind, {bubbles: true}));
  if (!part.closest("a[href^=http], a[download], a[href]:not([href^='#'], [href*=':'])"))
    part.dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}));
} }
"""
"""A click on everything, also on what lies under something else; but for links to pages and files, which lead
there.
"""

SHAPE = """
() => ({
  main: document.getElementById('main')?.tagName, mains: document.querySelectorAll('main').length,
  top: document.getElementById('top')?.tagName, children: typeof document.body.children.length,
  styles: document.querySelectorAll('style').length, sheets: document.styleSheets.length,
  scripts: document.scripts.length,
  restyled: document.querySelectorAll('[style], [accesskey], [contenteditable], .hostile').length,
  strange: document.querySelectorAll(
    'iframe, object, embed, dialog, base, link:not([rel=icon]), video, audio, math, '
    + 'meta[http-equiv=refresh], '
    + 'input:not([type=radio]):not([type=range]):not([type=search]):not([type=checkbox])').length,
  shown: document.querySelector('main').getClientRects().length > 0 && document.body.innerText.length > 200,
  twice: [...document.querySelectorAll('[id]')].map((part) => part.id)
    .filter((id, at, all) => all.indexOf(id) !== at),
})
"""
SOUND = {
    "main": "MAIN",
    "mains": 1,
    "top": "BODY",
    "children": "number",
    "styles": 1,
    "scripts": 1,
    "sheets": 1,
    "restyled": 0,
    "strange": 0,
    "shown": True,
    "twice": [],
}


class Recorder:
    """A browser context in which whatever runs, is requested, opens or asks the reader is recorded."""

    def __init__(self, browser: Any) -> None:
        self.ran: list[str] = []
        self.requests: list[str] = []
        self.context = browser.new_context(viewport={"width": 1200, "height": HEIGHT}, accept_downloads=False)
        self.context.expose_binding("ran", lambda _, name="": self.ran.append(name))
        self.context.route(lambda url: not url.startswith(("file:", "data:")), lambda route: route.abort())
        self.context.on("request", lambda request: self.requests.append(request.url))
        self.context.on("page", self._opened)

    def _opened(self, page: Any) -> None:
        page.on("dialog", self._dialog)
        page.on("websocket", lambda socket: self.requests.append(socket.url))

    def _dialog(self, dialog: Any) -> None:
        self.ran.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def visit(self, path: Path) -> dict[str, Any]:
        """Open a page, point at and click on everything in it; the shape that it has then."""
        self.ran.clear()
        self.requests.clear()
        page = self.context.new_page()
        try:
            shape = self._use(page, path)
        except Error as reason:  # a page that was led away or taken over answers no question
            self.ran.append(reason.message)
            shape = {}
        if (now := page.url.partition("#")[0]) != path.as_uri() or len(self.context.pages) > 1:
            self.ran.append(f"led to {now}, {len(self.context.pages)} pages")
        its_own = (path.as_uri(), "data:image/")
        self.requests[:] = [url for url in self.requests if not url.startswith(its_own)]
        for each in self.context.pages:
            each.close()
        return shape

    def _use(self, page: Any, path: Path) -> dict[str, Any]:
        page.goto(path.as_uri())
        page.mouse.click(1, 1)  # from here on the browser takes what happens for the reader's wish
        points = sorted({(y, x) for x, y in page.evaluate(POINTS) if 0 <= x < 1200 and 0 <= y < HEIGHT})
        for y, x in points[:: len(points) // 15 + 1]:
            page.mouse.move(x, y)
        shape: dict[str, Any] = page.evaluate(SHAPE)
        page.evaluate(TOUCH)
        page.evaluate("() => new Promise((done) => setTimeout(done, 50))")
        return shape


@pytest.fixture(scope="module")
def recorder(browser: Any) -> Iterator[Recorder]:
    started = Recorder(browser)
    yield started
    started.context.close()


@pytest.fixture(scope="module")
def published(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of all cases."""
    return build.publish(corpus.write_project(tmp_path_factory.mktemp("hostile"))).parent


@pytest.fixture(scope="module")
def unguarded(published: Path) -> Path:
    """The same with the policy taken out of every page."""
    out = shutil.copytree(published, published.with_name("unguarded"))
    for path in out.rglob("*.html"):
        text, count = POLICY.subn("", path.read_text(encoding="utf-8"))
        assert count == 1, path
        path.write_text(text, encoding="utf-8")
    return out


def assert_sound(recorder: Recorder, path: Path) -> None:
    """Nothing runs, nothing is requested, and the page stays the page."""
    shape = recorder.visit(path)
    assert (recorder.ran, recorder.requests) == ([], []), path.name
    assert shape == SOUND, path.name


@pytest.mark.parametrize("name", by_speed(CASES, WORST))
def test_a_case_does_nothing_on_its_page_even_without_the_policy(
    unguarded: Path, recorder: Recorder, name: str
) -> None:
    assert_sound(recorder, unguarded / "base" / f"{name}.html")


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_a_case_does_nothing_on_its_page(published: Path, recorder: Recorder, name: str) -> None:
    assert_sound(recorder, published / "base" / f"{name}.html")


@pytest.mark.parametrize("guard", ["unguarded", pytest.param("published", marks=pytest.mark.slow)])
def test_all_cases_together_do_nothing_on_the_other_pages_and_as_rows_of_evidence(
    request: pytest.FixtureRequest, recorder: Recorder, guard: str
) -> None:
    out: Path = request.getfixturevalue(guard)
    pages = [path for path in sorted(out.glob("*.html")) if LEADS_ON not in path.read_text(encoding="utf-8")]
    assert pages
    for path in [*pages, *(out / f"{name}.html" for name in ROWS)]:
        assert_sound(recorder, path)


def visit_unguarded(recorder: Recorder, folder: Path, text: str) -> dict[str, Any]:
    """The shape of a page without any guard after it took a text over as it is."""
    path = folder / "unguarded.html"
    opening = "<!doctype html><meta charset=utf-8><style></style><script></script><body id=top><main id=main>"
    path.write_text(f"{opening}<p>{'x' * 300}</p>{text}</main>", encoding="utf-8")
    return recorder.visit(path)


@pytest.mark.parametrize("name", by_speed([name for name, case in CASES.items() if case.bites], WORST))
def test_a_case_harms_a_page_that_takes_it_as_it_is(recorder: Recorder, tmp_path: Path, name: str) -> None:
    assert visit_unguarded(recorder, tmp_path, CASES[name].raw) != SOUND or recorder.ran or recorder.requests


def test_a_harmless_text_is_not_taken_for_a_harmful_one(recorder: Recorder, tmp_path: Path) -> None:
    assert visit_unguarded(recorder, tmp_path, "<p>x <a href='#main'>y</a></p>") == SOUND
    assert (recorder.ran, recorder.requests) == ([], [])
