"""The published report as a reader meets it: below a path of a web server, every page, by links alone.

Decisions
- One walk collects what all pages say of themselves; the tests ask it. What takes a page at a time (validity,
  accessibility, print) looks at each template and each kind of exhibit once, and at all other pages under
  `make test-all`.
- Checkers that others keep find what is wrong: vnu (HTML), axe-core (accessibility), Lighthouse.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urldefrag
from urllib.request import urlopen

import pytest

from analysis.project import Project
from analysis.site.build import publish
from tests.browser.conftest import CHECKERS, LEADS_ON, cover

ROOT = Project.default().root

LOOK = """
() => { document.querySelectorAll('details').forEach((part) => { part.open = true; });
  document.querySelectorAll('.exhibit').forEach((part) => { part.style.contentVisibility = 'visible'; });
  return {
    links: [...document.querySelectorAll('a[href]')].map((a) => a.href),
    ids: [...document.querySelectorAll('[id]')].map((part) => part.id),
    cut: [...document.querySelectorAll('.exhibit :is(.chart, .scroll)')].filter((part) => {
      const box = part.getBoundingClientRect(), room = part.closest('.exhibit').getBoundingClientRect();
      return box.left < room.left - 1 || box.right > room.right + 1;
    }).map((part) => part.closest('[id]').id),
    images: [...document.images].map((image) =>
      [image.getAttribute('alt'), image.closest('[id]').id, image.naturalWidth]),
    width: document.documentElement.scrollWidth }; }
"""
WIDE = """
() => [...document.querySelectorAll('main *')]
  .filter((part) => part.getBoundingClientRect().right > 391)
  .filter((part) => !part.parentElement.closest('.scroll, .chart, pre, svg'))
  .slice(0, 3).map((part) => part.outerHTML.slice(0, 120))
"""


def listed(problems: Iterable[Any]) -> str:
    """Problems, a line each."""
    return "\n" + "\n".join(map(str, sorted(problems, key=str)))


NARROW = {"width": 390, "height": 800}


@dataclass
class PageLook:
    """What a page has, asked for and wrote to the console."""

    links: list[str]
    ids: set[str]
    images: list[tuple[str | None, str, int]]
    requests: list[str]
    messages: list[str]
    too_wide: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def walk(browser: Any, served: str) -> dict[str, PageLook]:
    """Every page that links lead to from the index, on a phone; by its name in the site."""
    context = browser.new_context(viewport=NARROW, device_scale_factor=1)
    looks: dict[str, PageLook] = {}
    ahead = ["index.html"]
    for name in ahead:
        looks[name] = _look(context, served + name, served)
        pages = (
            urldefrag(link)[0].removeprefix(served) for link in looks[name].links if link.startswith(served)
        )
        ahead += [page for page in dict.fromkeys(pages) if page.endswith(".html") and page not in ahead]
    context.close()
    return looks


def _look(context: Any, address: str, served: str) -> PageLook:
    requests: list[str] = []
    messages: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda reason: messages.append(str(reason)))
    answer = page.goto(address)
    assert answer.status == 200, address
    parts = page.evaluate(LOOK)
    too_wide = page.evaluate(WIDE) or ["something"] if parts["width"] > NARROW["width"] else []
    page.close()
    others = [url for url in requests if url != address and not url.startswith("data:")]
    return PageLook(
        parts["links"], set(parts["ids"]), parts["images"], others, messages, too_wide, parts["cut"]
    )


@pytest.fixture(scope="module")
def leading_on(site: Path) -> set[str]:
    """The pages that lead on: earlier addresses, and sections that are the same under every scenario."""
    pages = (path for path in site.rglob("*.html") if LEADS_ON in path.read_text("utf-8"))
    return {quote(path.relative_to(site).as_posix()) for path in pages}


def test_links_lead_from_the_index_to_every_page_that_does_not_lead_on_itself(
    walk: dict[str, PageLook], site: Path, leading_on: set[str]
) -> None:
    files = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    assert set(walk) == files - {unquote(name) for name in leading_on}


@pytest.mark.parametrize("script", [True, False])
def test_an_address_that_leads_on_leads_to_its_page(
    browser: Any, served: str, leading_on: set[str], script: bool
) -> None:
    """With a script to the place on it, too."""
    context = browser.new_context(java_script_enabled=script)
    page = context.new_page()
    sections = sorted(name for name in leading_on if "/" in name)
    for name in sections[:1]:
        slug = name.partition("/")[2]
        page.goto(f"{served}{name}#main")
        page.wait_for_url(f"{served}base/{slug}{'#main' if script else ''}")
    for name, place, target in (
        ("indicators.html", "#main", "predictions.html#main"),
        ("skill.html", "#ranking", "methods.html#skill"),
    ):
        page.goto(f"{served}{name}{place}")
        page.wait_for_url(served + (target if script else target.partition("#")[0]))
    context.close()
    assert sections and len(leading_on) > len(sections)  # the report has both


def test_every_link_and_every_fragment_leads_somewhere(
    walk: dict[str, PageLook], site: Path, served: str
) -> None:
    broken = set()
    for name, look in walk.items():
        for address in look.links:
            target, fragment = urldefrag(address)
            if not address.startswith(served):
                if not re.match(r"https?://|mailto:", address) or "127.0.0.1" in address:
                    broken.add((name, address))
                continue
            inside = unquote(target.removeprefix(served))
            if not (site / inside).is_file() or (fragment and unquote(fragment) not in walk[inside].ids):
                broken.add((name, address.removeprefix(served)))
    assert not broken, listed(broken)


def test_a_download_is_given_as_it_stands(walk: dict[str, PageLook], site: Path, served: str) -> None:
    files = {
        link
        for look in walk.values()
        for link in look.links
        if link.startswith(served) and not urldefrag(link)[0].endswith(".html")
    }
    assert len(files) > 50
    for address in sorted(files):
        with urlopen(address) as answer:
            assert answer.read() == (site / unquote(address.removeprefix(served))).read_bytes()


def test_a_page_asks_for_nothing_but_itself(walk: dict[str, PageLook]) -> None:
    assert {name: look.requests for name, look in walk.items() if look.requests} == {}


def test_no_page_has_anything_to_say_to_the_console(walk: dict[str, PageLook]) -> None:
    assert {name: look.messages for name, look in walk.items() if look.messages} == {}


def test_no_page_scrolls_sideways_on_a_phone(walk: dict[str, PageLook]) -> None:
    wrong = {name: look.too_wide for name, look in walk.items() if look.too_wide}
    assert not wrong, listed(wrong.items())


def test_nothing_of_an_exhibit_is_cut_on_a_phone(walk: dict[str, PageLook]) -> None:
    """What is laid out only when it comes near is painted within its own box and nowhere else."""
    wrong = {name: look.cut for name, look in walk.items() if look.cut}
    assert not wrong, listed(wrong.items())


FILLER = re.compile(
    r"^$|^(no description|image|chart|figure|picture|plot|graph)\b.{0,20}$|\.(png|svg)$", re.IGNORECASE
)


def test_every_picture_is_drawn_and_says_what_it_shows_in_words_of_its_own(walk: dict[str, PageLook]) -> None:
    for name, look in walk.items():
        assert [place for alt, place, width in look.images if not width] == [], name
        fillers = [
            place for alt, place, _ in look.images if alt is None or FILLER.search(alt) or len(alt) < 40
        ]
        assert fillers == [], name
        twice = [alt for alt, count in Counter(alt for alt, _, _ in look.images).items() if count > 1]
        assert twice == [], name


SOME = pytest.mark.parametrize(
    "some", ["each kind once", pytest.param("the others", marks=pytest.mark.slow)], indirect=True
)


@pytest.fixture(scope="module")
def kinds(site: Path) -> list[str]:
    """Pages that have each template and each kind of exhibit: all of the top folder, some sections, one page
    of each other folder.
    """
    listed = json.loads((site / "catalogue.json").read_text(encoding="utf-8"))
    lead, scenarios = listed["runs"][0]["scenario"], {run["scenario"] for run in listed["runs"]}
    kinds: dict[str, set[str]] = {}
    for exhibit in listed["exhibits"]:
        if exhibit["scenario"] == lead:
            name = urldefrag(exhibit["page"])[0]
            if name.endswith(".html"):  # what stays in the notebook is a download, not a page
                kinds.setdefault(name, set()).add(exhibit["kind"])
    folders = [path for path in sorted(site.iterdir()) if path.is_dir() and path.name not in scenarios]
    others = chain(*(sorted(folder.glob("*.html"))[:1] for folder in folders))
    first_pages = [path.relative_to(site).as_posix() for path in [*sorted(site.glob("*.html")), *others]]
    return [*first_pages, *cover(kinds)]


@pytest.fixture(scope="module")
def some(request: pytest.FixtureRequest, site: Path, kinds: list[str]) -> list[str]:
    """Those pages, or all others."""
    every = sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    return kinds if request.param == "each kind once" else [name for name in every if name not in kinds]


NEWER = re.compile(r"CSS: “([a-z-]+)”: Property “\1” doesn't exist\.")
"""What vnu says of a property that it does not know; whether there is one, the browser knows."""


@SOME
def test_html_is_valid(browser: Any, site: Path, some: list[str]) -> None:
    checker = ["java", "-Xss8m", "-jar", str(CHECKERS / "vnu-jar/build/dist/vnu.jar"), "--format", "json"]
    command = [*checker, *(str(site / name) for name in some)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    messages = [one for one in json.loads(ran.stderr)["messages"] if one["type"] != "info"]
    newer = {match[1] for one in messages if (match := NEWER.fullmatch(one["message"]))}
    page = browser.new_page()
    known = {name for name in newer if page.evaluate("(name) => CSS.supports(name, 'inherit')", name)}
    page.close()
    wrong = Counter(
        (one["message"], one.get("extract", "")[:100])
        for one in messages
        if not ((found := NEWER.fullmatch(one["message"])) and found[1] in known)
    )
    assert not wrong, listed(wrong.items())


@pytest.fixture(scope="module")
def section(site: Path) -> str:
    """The section of the leading scenario to which the verdict on the index leads."""
    runs = json.loads((site / "catalogue.json").read_text(encoding="utf-8"))["runs"]
    return str(max(run["page"] for run in runs if run["scenario"] == runs[0]["scenario"]))


RULES = {"light": {}, "dark": {"runOnly": ["color-contrast", "link-in-text-block"]}}
"""What axe looks for: in the dark only what colours decide."""

OPEN = """
async () => { document.querySelectorAll('details').forEach((part) => { part.open = true; });
  document.querySelectorAll('.exhibit').forEach((part) => { part.style.contentVisibility = 'visible'; });
  for (const table of document.querySelectorAll('.exhibit table.data')) {
    table.scrollIntoView();  // it can be sorted once it has come near
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  }
  scrollTo(0, 0);
  document.querySelector('button[popovertarget]')?.click(); }
"""
AXE = """
async (rules) => {
  const results = await axe.run({resultTypes: ['violations'], ...rules});
  const describe = (rule) => (node) => `${rule.id}: ${node.target}: ${node.failureSummary}`;
  return results.violations.flatMap((rule) => rule.nodes.slice(0, 5).map(describe(rule))); }
"""


@SOME
def test_axe_finds_nothing_in_the_light_and_in_the_dark(browser: Any, served: str, some: list[str]) -> None:
    axe = (CHECKERS / "axe-core/axe.min.js").read_text(encoding="utf-8")
    context = browser.new_context(reduced_motion="reduce", viewport={"width": 1280, "height": 900})
    wrong = {}
    for name in some:
        page = context.new_page()
        page.goto(served + name)
        page.evaluate(axe)
        page.evaluate(OPEN)
        for scheme, rules in RULES.items():
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") == (scheme == "dark")
            if violations := page.evaluate(AXE, rules):
                wrong[name, scheme] = violations
        page.close()
    context.close()
    assert not wrong, listed(wrong.items())


HIDDEN = """
() => {
  const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT), lost = [];
  while (walker.nextNode()) {
    const node = walker.currentNode, part = node.parentElement;
    if (!node.data.trim() || part.closest('NOT')) continue;
    const range = document.createRange(); range.selectNodeContents(node);
    const visible = part.checkVisibility({visibilityProperty: true, opacityProperty: true});
    if (!range.getClientRects().length || !visible)
      lost.push(`${part.closest('[class]')?.className}: ${node.data.trim().slice(0, 60)}`);
  }
  return lost; }
"""
CONTROLS = (
    "form, button, nav, noscript, .files, .permalink, .more, .find, .chosen, .none, .popover-title, .gloss"
)
"""What only a screen can use, what says that there is nothing, and the glossary: paper leaves it out."""


@SOME
def test_print_shows_everything(browser: Any, served: str, some: list[str]) -> None:
    context = browser.new_context(viewport={"width": 760, "height": 1000})
    lost = {}
    for name in some:
        page = context.new_page()
        page.goto(served + name)
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        if texts := page.evaluate(HIDDEN.replace("NOT", CONTROLS)):
            lost[name] = texts[:5]
        page.close()
    context.close()
    assert not lost, listed(lost.items())


SKIPPED = "robots-txt"
"""Asks the server for a file from within the page, which the policy of our pages forbids; it would be about
the server.
"""

CATEGORIES = ("performance", "accessibility", "best-practices", "seo")


@pytest.mark.parametrize(
    "kind", ["section", pytest.param("index", marks=pytest.mark.slow)]
)  # the heavier one
def test_lighthouse_gives_at_least_95_in_each_category(
    chromium: str, served: str, section: str, kind: str
) -> None:
    name = "index.html" if kind == "index" else section
    scores: dict[str, float] = {}
    for _ in range(3):  # a machine is slower from load to load: the best is what the page can do
        report = _lighthouse(served + name, chromium)
        for category in CATEGORIES:
            scores[category] = max(scores.get(category, 0), report["categories"][category]["score"] * 100)
        if min(scores.values()) >= 95:
            break
    failed = [
        one["title"] for one in report["audits"].values() if one["score"] is not None and one["score"] < 0.9
    ]
    assert min(scores.values()) >= 95, (scores, failed)


def _lighthouse(address: str, chromium: str) -> dict[str, Any]:
    flags = "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run"
    command = [
        *("node", str(CHECKERS / "lighthouse/cli/index.js"), address, "--quiet", "--output=json"),
        *(
            f"--only-categories={','.join(CATEGORIES)}",
            f"--skip-audits={SKIPPED}",
            "--no-enable-error-reporting",
        ),
        f"--chrome-flags={flags}",
    ]
    environment = os.environ | {"CHROME_PATH": chromium}
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert ran.returncode == 0, ran.stderr
    report: dict[str, Any] = json.loads(ran.stdout)
    return report


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_another_build_has_the_same_bytes(site: Path, tmp_path: Path) -> None:
    publish(out=tmp_path / "site")  # not by the command, which waits for nobody while another test publishes
    again, there = tree(tmp_path / "site"), tree(site)
    there.pop("report.pdf", None)
    assert [name for name in sorted(again.keys() | there.keys()) if again.get(name) != there.get(name)] == []


def test_the_index_opens_from_disk_with_its_verdict(browser: Any, site: Path, pictures: Path) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 1066})
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    page.goto((site / "index.html").as_uri())
    assert page.locator("h1").inner_text().strip()
    page.screenshot(path=pictures / "overview.png")
    page.close()
    assert [url for url in urls[1:] if not url.startswith("data:")] == []


@pytest.fixture
def page(browser: Any, served: str) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def tab_to(page: Any, selector: str, most: int = 400) -> Any:
    """Press Tab until what is wanted has the focus, which has to be seen."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            seen = page.evaluate(
                "() => { const it = document.activeElement, box = it.getBoundingClientRect(), style ="
                " getComputedStyle(it); return box.width > 0 && box.bottom > 0 && box.top < innerHeight &&"
                " style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2; }"
            )
            assert seen, f"the focus on {selector} cannot be seen"
            return page.locator(":focus")
    pytest.fail(f"Tab never reaches {selector}")


IN_VIEW = """
() => { const box = document.querySelector(':target')?.getBoundingClientRect();
  return Boolean(box) && box.top >= 0 && box.bottom <= innerHeight; }
"""


def test_a_link_with_a_retired_id_lands_without_script(browser: Any, site: Path, served: str) -> None:
    """On its section under every scenario, and a claim at the claim that replaced it."""
    catalogue = json.loads((site / "catalogue.json").read_text(encoding="utf-8"))
    sections = {(run["notebook"], run["page"]) for run in catalogue["runs"]}
    links = {
        f"{page}#{entry['id']}"
        for entry in catalogue["retired"]
        for notebook, page in sections
        if notebook == entry["section"]
    }
    merged = {entry["id"]: entry["replaced_by"] for entry in catalogue["retired"] if entry["kind"] == "claim"}
    context = browser.new_context(viewport={"width": 1280, "height": 900}, java_script_enabled=False)
    page = context.new_page()
    lost = []
    for link in sorted(links | {f"claims.html#{name}" for name in merged}):
        page.goto(served + link)
        # The page is laid out in steps: only a link that is lost waits for the last of them.
        if not any(page.evaluate(IN_VIEW) or page.wait_for_timeout(100) for _ in range(100)):
            lost.append(link)
    for name, replaced_by in merged.items():
        page.goto(f"{served}claims.html#{name}")
        at = page.locator(f"article.claim:has([id='{name}'])").get_attribute("id") if replaced_by else None
        if at != replaced_by:
            lost.append(f"{name}: {at}")
    context.close()
    assert not lost, listed(lost)


def test_the_keyboard_skips_to_the_content_and_switches_the_scenario(
    page: Any, served: str, section: str
) -> None:
    page.goto(served + section)
    tab_to(page, "a.skip", most=1)
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")
    other = tab_to(page, ".switch a:not([aria-current])").get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url.endswith(str(other).removeprefix("..")))
    assert page.locator(".switch [aria-current]").count() == 1


def test_the_keyboard_opens_and_closes_where_a_number_comes_from(page: Any, served: str) -> None:
    page.goto(served + "scenarios.html")
    button = tab_to(page, "main button.opens")
    opened = page.locator(f"[id='{button.get_attribute('popovertarget')}']")
    page.keyboard.press("Enter")
    assert opened.evaluate("(it) => it.matches(':popover-open')") and "Calculated as" in opened.inner_text()
    page.keyboard.press("Tab")
    assert opened.evaluate("(it) => it.contains(document.activeElement)")  # its links are next
    page.keyboard.press("Escape")
    assert not opened.evaluate("(it) => it.matches(':popover-open')")
    assert page.evaluate(
        "(id) => document.activeElement.getAttribute('popovertarget') === id", opened.get_attribute("id")
    )


def column(page: Any, table: Any, number: int) -> list[str]:
    return [
        str(text)
        for text in table.locator("tbody tr").evaluate_all(
            "(rows, n) => rows.map((row) => row.cells[n].textContent.trim())", number
        )
    ]


def test_the_keyboard_scrolls_and_sorts_a_table(page: Any, served: str) -> None:
    page.set_viewport_size(NARROW)
    page.goto(served + "scenarios.html")
    box = tab_to(page, "main .scroll")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("(box) => box.scrollLeft > 0", arg=box.element_handle())
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(served + "methods.html#ranking")  # which opens the fold that holds it
    tab_to(page, "main th button")
    head = page.locator("th:focus-within")
    table = page.locator("table", has=page.locator("th:focus-within"))
    number = head.evaluate("(it) => it.cellIndex")
    before = column(page, table, number)
    for direction in ("ascending", "descending"):
        page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == direction
        texts = column(page, table, number)
        assert sorted(texts) == sorted(before)
        assert texts == sorted(before, key=str.casefold, reverse=direction == "descending")


def test_the_keyboard_moves_a_slider_and_the_results_follow(page: Any, served: str) -> None:
    page.goto(served + "whatif.html")
    knob = tab_to(page, "input[type=range]")
    results = page.locator("[data-output]")
    before, value = results.all_inner_texts(), knob.get_attribute("aria-valuetext")
    page.keyboard.press("End")
    assert results.all_inner_texts() != before and knob.get_attribute("aria-valuetext") != value
    tab_to(page, ".back")
    page.keyboard.press("Enter")
    assert results.all_inner_texts() == before


def test_no_file_tells_of_the_machine_that_made_it(site: Path) -> None:
    secrets = {
        name: value
        for name, value in os.environ.items()
        if len(value) >= 12 and not re.fullmatch(r"https?://.*|[0-9a-f]+|[\d.]+", value)
    }
    secrets |= {"the project": str(ROOT), "the home": f"{Path.home()}/", "the interpreter": sys.prefix}
    leaks = set()
    for path in (
        path for folder in (site, ROOT / "reports" / "runs", ROOT / "notebooks") for path in folder.rglob("*")
    ):
        if path.suffix in {".html", ".csv", ".json", ".yml", ".ipynb"}:
            text = path.read_text(encoding="utf-8")
            leaks |= {
                (path.relative_to(ROOT).as_posix(), name) for name, value in secrets.items() if value in text
            }
    assert not leaks, listed(leaks)
