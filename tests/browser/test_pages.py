"""A reader on the published pages: opens numbers, sorts tables, moves assumptions, without script too."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

NUMBER = ".matrix .opens >> nth=0"
PROVENANCE = ".matrix .popover >> nth=0"


@pytest.fixture
def opened(browser: Any, site: Path) -> Any:
    """Opens a page of the site, and closes it when the test is over."""
    contexts = []

    def open_page(name: str, **options: Any) -> Any:
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.goto((site / name).as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("script", [True, False])
def test_a_number_opens_under_the_pointer_by_the_keyboard_and_by_a_click(opened: Any, script: bool) -> None:
    page = opened("scenarios.html", java_script_enabled=script)
    provenance = page.locator(PROVENANCE)
    assert not provenance.is_visible()
    page.hover(NUMBER)
    provenance.wait_for(state="visible")
    page.mouse.move(0, 0)
    provenance.wait_for(state="hidden")
    page.focus(NUMBER)
    provenance.wait_for(state="visible")
    page.keyboard.press("Enter")
    assert provenance.evaluate("part => part.matches(':popover-open')") if script else provenance.is_visible()
    assert "Calculated as" in provenance.inner_text()


def test_escape_closes_what_is_open_and_what_the_focus_shows(opened: Any) -> None:
    page = opened("scenarios.html")
    page.focus(NUMBER)
    page.locator(PROVENANCE).wait_for(state="visible")
    page.keyboard.press("Escape")
    page.locator(PROVENANCE).wait_for(state="hidden")


def test_a_number_opens_by_a_tap_on_a_phone(opened: Any) -> None:
    page = opened("scenarios.html", viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    page.locator(NUMBER).scroll_into_view_if_needed()  # what lies above is laid out on the way, and moves it
    page.tap(NUMBER)
    page.locator(PROVENANCE).wait_for(state="visible")


def test_what_if_gives_the_values_of_the_grid_at_its_corners_and_goes_back(opened: Any) -> None:
    page = opened("whatif.html")
    grid = json.loads(page.locator("[data-grid] >> nth=0").get_attribute("data-grid"))
    knobs = page.locator("input[type=range]")

    def readings() -> list[str]:
        return page.locator("[data-output]").all_inner_texts()

    start = readings()
    for end, place in (("max", -1), ("min", 0)):
        for n in range(knobs.count()):
            knobs.nth(n).evaluate(
                f"knob => {{ knob.value = knob.{end}; knob.dispatchEvent(new Event('input', {{ bubbles: true"
                " })); }"
            )
        assert readings() == [
            f"{output['dress'][0]}{output['values'][place]:.{output['decimals']}f}{output['dress'][1]}"
            for output in grid["outputs"]
        ]
    assert knobs.nth(0).get_attribute("aria-valuetext").startswith(f"{grid['axes'][0]['values'][0]:g} ")
    knobs.nth(0).focus()
    page.keyboard.press("ArrowRight")
    assert knobs.nth(0).evaluate("knob => Number(knob.value)") > 0
    page.click(".back")
    assert readings() == start


def test_what_if_follows_the_scenario_that_is_chosen(opened: Any) -> None:
    page = opened("whatif.html")
    scenarios = page.locator(".from input")
    if scenarios.count() < 2:
        pytest.skip("one scenario alone was published")
    before = page.locator("[data-output]").all_inner_texts()
    scenarios.nth(1).check()
    assert page.locator("[data-output]").all_inner_texts() != before


def test_without_script_what_if_shows_its_table_and_no_slider_that_does_nothing(opened: Any) -> None:
    page = opened("whatif.html", java_script_enabled=False)
    assert not page.locator("input[type=range] >> nth=0").is_visible()
    assert page.locator("table.along >> nth=0").is_visible()


def test_a_heading_sorts_up_down_and_back(opened: Any) -> None:
    page = opened("sources.html")
    table = page.locator("table.glance")
    cells = table.locator("tbody td:nth-child(2)")
    first = cells.all_inner_texts()
    numbers = sorted(map(int, first))
    for order, wanted in (("ascending", numbers), ("descending", numbers[::-1])):
        table.locator(".sorts").nth(1).click()
        assert table.locator("th").nth(1).get_attribute("aria-sort") == order
        assert [int(text) for text in cells.all_inner_texts()] == wanted
    table.locator(".sorts").nth(1).click()
    assert cells.all_inner_texts() == first


def test_a_table_of_an_exhibit_can_be_sorted_once_it_is_near(opened: Any, site: Path) -> None:
    listed = json.loads((site / "catalogue.json").read_text(encoding="utf-8"))["exhibits"]
    [(longest, _)] = Counter(exhibit["page"].partition("#")[0] for exhibit in listed).most_common(1)
    page = opened(longest)
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    tables = page.locator(".exhibit table.data:not(.plain, .matrix, .changes):has(tbody tr:nth-child(3))")
    assert tables.count() > 1
    assert tables.last.locator(".sorts").count() == 0  # far below
    for number in range(tables.count()):
        near = "(table) => { table.scrollIntoView(); return table.querySelector('.sorts'); }"
        page.wait_for_function(near, arg=tables.nth(number).element_handle())
    tables.last.locator(".sorts").first.click()
    assert tables.last.locator("th").first.get_attribute("aria-sort") == "ascending"


def test_a_long_table_is_searched_and_says_how_many_rows_are_left(opened: Any, site: Path) -> None:
    longest = max((site / "evidence").glob("*.html"), key=lambda path: path.stat().st_size)
    page = opened(f"evidence/{longest.name}")
    rows = [text.lower() for text in page.locator("tbody tr").all_text_contents()]
    rarest = min(rows[0].split(), key=lambda word: sum(word in row for row in rows))
    matches = sum(rarest in row for row in rows)
    assert 0 < matches < len(rows)
    page.fill(".find input", rarest)
    assert page.locator(".find output").inner_text() == f"{matches} of {len(rows)} rows"
    assert page.locator("tbody tr:visible").count() == matches
