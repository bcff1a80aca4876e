"""A reviewer at work: JupyterLab with each notebook, all run, a slider moved, a scenario written and run.

Nothing here depends on how long something takes; a wait ends when what it waits for is there.
"""

import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from analysis import scenarios
from analysis.exhibits import MIME
from analysis.project import Project
from tests.browser.conftest import by_speed, cover

ROOT = Project.default().root

VIEW = "application/vnd.jupyter.widget-view+json"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[!.]*.ipynb"))
LONG = 600_000  # milliseconds; only a browser that hangs ever waits for it


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Path:
    """A copy of the project in which a reviewer may change what he likes, with what is compiled of it."""
    folder = tmp_path_factory.mktemp("checkout") / "project"
    no_source = shutil.ignore_patterns(".*", "tests", "*.egg-info", "*.pyc.*")
    computed = {str(path) for path in (Project.default().runs, Project.default().site)}
    shutil.copytree(
        ROOT,
        folder,
        ignore=lambda at, names: (
            no_source(at, names) | {name for name in names if str(Path(at, name)) in computed}
        ),
    )
    return folder


@pytest.fixture(scope="module")
def commands(checkout: Path) -> dict[str, str]:
    """The environment in which the copy's own package is the one that runs."""
    return os.environ | {"PYTHONPATH": str(checkout)}


@contextmanager
def reviewing(name: str, checkout: Path, commands: dict[str, str]) -> Iterator[str]:
    """The address that `thesis review` prints, for as long as it runs."""
    command = [sys.executable, "-m", "analysis", "review", name, "--no-browser"]
    process = subprocess.Popen(
        command, cwd=checkout, env=commands, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout
    try:
        line = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+/\S+", line)
        assert address and line.startswith(f"notebooks/{name}.ipynb is open at "), line
        yield address[0]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, device_scale_factor=1)
    context.set_default_timeout(LONG)
    expect.set_options(timeout=LONG)
    opened = context.new_page()
    requests: list[str] = []
    opened.on("request", lambda request: requests.append(request.url))
    yield opened
    outside = [url for url in requests if not re.match(r"(https?|wss?)://127\.0\.0\.1[:/]|data:|blob:", url)]
    context.close()
    assert outside == []  # nothing leaves this machine


def cells_of(path: Path) -> list[dict[str, Any]]:
    """The cells of a notebook on disk. The server writes it in place, so that a look may meet a part of it:
    then look again.
    """
    for _ in range(LONG // 100):
        try:
            cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
        except json.JSONDecodeError:
            time.sleep(0.1)
        else:
            return cells
    pytest.fail(f"{path.stem} was never saved whole")


def outputs(path: Path) -> list[list[dict[str, Any]]]:
    """The outputs of each code cell."""
    return [cell["outputs"] for cell in cells_of(path) if cell["cell_type"] == "code"]


def exhibits(path: Path) -> list[Any]:
    return [
        output["data"][MIME] for cell in outputs(path) for output in cell if MIME in output.get("data", {})
    ]


def kinds(path: Path) -> set[str]:
    """The kinds of exhibits that a notebook shows."""
    return {exhibit["kind"] for exhibit in exhibits(path)}


def alike(a: Any, b: Any) -> bool:
    """Equal, but for how a browser writes a number."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(alike(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, int | float) and isinstance(b, int | float):
        return math.isclose(a, b, rel_tol=1e-12)
    return bool(a == b)


def run_all(page: Any, server: str, path: Path) -> None:
    """Restart the kernel of the notebook that stands open, run all cells, and save; its stored outputs are
    taken away first.
    """
    content = json.loads(path.read_text(encoding="utf-8"))
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    path.write_text(json.dumps(content), encoding="utf-8")
    page.goto(server)
    expect(page.locator(".jp-NotebookPanel .jp-Toolbar-kernelName")).to_have_text("Python 3 (ipykernel)")
    expect(page.locator(".jp-StatusBar-TextItem", has_text="| Idle")).to_be_visible()
    page.click('.lm-MenuBar-itemLabel:text-is("Run")')
    page.click('.lm-Menu-itemLabel:text-is("Restart Kernel and Run All Cells…")')
    page.click('.jp-Dialog button:has-text("Restart")')
    for _ in range(
        LONG // 1000
    ):  # cells that are out of sight are not in the page: the saved file says which have run
        page.wait_for_timeout(1000)
        page.keyboard.press("Control+s")
        counts = [cell["execution_count"] for cell in cells_of(path) if cell["cell_type"] == "code"]
        if counts == list(range(1, len(counts) + 1)):
            return
    pytest.fail(f"{path.stem} did not run to its end: {counts}")


def show_panel(page: Any, path: Path) -> Any:
    """Scroll to the controls."""
    index = next(i for i, cell in enumerate(cells_of(path)) if "what_if.panel(" in "".join(cell["source"]))
    panel = page.locator(".what-if")
    outer = page.locator(".jp-WindowedPanel-outer")
    for part in range(0, 101):
        if panel.count():
            break
        outer.evaluate("(end, part) => end.scrollTo(0, end.scrollHeight * part / 100)", part)
        page.wait_for_timeout(100)
    assert panel.count() == 1, f"no controls in cell {index}"
    panel.scroll_into_view_if_needed()
    return panel


KINDS = {path.stem: kinds(path) for path in NOTEBOOKS}


def move(page: Any, panel: Any, name: str, steps: int = 6) -> None:
    """Move the slider of an assumption by its keys, and wait for another picture."""
    picture = panel.locator("img")
    before = picture.get_attribute("src")
    row = panel.locator(".widget-hbox", has=page.locator(f"code:text-is('{name}')")).last
    handle = row.locator("[role=slider]").last
    handle.focus()
    for _ in range(steps):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("([img, before]) => img.src !== before", arg=[picture.element_handle(), before])


@pytest.mark.parametrize("name", by_speed(KINDS, cover(KINDS)[:1]))
def test_a_notebook_runs_as_stored_and_its_chart_follows_a_slider(
    page: Any, checkout: Path, commands: dict[str, str], pictures: Path, name: str
) -> None:
    path = checkout / "notebooks" / f"{name}.ipynb"
    stored = exhibits(path)
    [offered] = [
        [row["name"] for row in exhibit["rows"]] for exhibit in stored if exhibit["id"].endswith(".what_if")
    ]
    with reviewing(name, checkout, commands) as url:
        run_all(page, url, path)
        assert [o for cell in outputs(path) for o in cell if o["output_type"] in ("error", "stream")] == []
        again = exhibits(path)
        assert [exhibit["id"] for exhibit in again] == [exhibit["id"] for exhibit in stored]
        assert [
            exhibit["id"] for exhibit, other in zip(again, stored, strict=True) if not alike(exhibit, other)
        ] == []
        assert sum(list(o.get("data", {})) == [VIEW] for cell in outputs(path) for o in cell) == 1
        panel = show_panel(page, path)
        title, words = panel.locator("h4"), panel.locator("p", has_text="Before:")
        expect(title).to_contain_text("nothing changed")
        expect(words).not_to_contain_text("Now:")
        move(page, panel, offered[0])
        expect(title).to_contain_text("1 of")
        if name == "4_risks":
            panel.evaluate("e => e.scrollIntoView({block: 'start'})")
            page.wait_for_timeout(500)
            page.screenshot(path=pictures / "review.png")
        panel.locator("button:has-text('Reset')").click()
        expect(title).to_contain_text("nothing changed")


def test_a_scenario_written_in_the_notebook_runs_in_the_batch_and_is_compared(
    page: Any, checkout: Path, commands: dict[str, str]
) -> None:
    def thesis(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "analysis", *words]
        return subprocess.run(
            command, cwd=checkout, env=commands, capture_output=True, text=True, check=False
        )

    path = checkout / "notebooks" / "6_verdict.ipynb"
    with reviewing(path.stem, checkout, commands) as url:
        run_all(page, url, path)
        panel = show_panel(page, path)
        move(page, panel, "horizon_years", steps=1)  # a later step would clear what the form says
        panel.get_by_text("Keep these values as a scenario").click()
        labels = ("Name", "Says", scenarios.load_register()["horizon_years"].label)
        name, description, reason = (panel.get_by_label(text) for text in labels)
        status, write = panel.get_by_role("status"), panel.get_by_role("button", name="Write scenario")
        description.fill("The exit comes later.")
        for text, message in (("../x", "is no scenario name"), ("son", "already exists")):
            name.fill(text)
            write.click()
            expect(status).to_contain_text(message)
        before = {path.name for path in (checkout / "params").iterdir()}
        name.fill("more")
        reason.fill("Because a reviewer tried it.")
        write.click()
        expect(status).to_contain_text("thesis run --scenario more; compare: thesis diff base more")
    assert {path.name for path in (checkout / "params").iterdir()} - before == {"more.yml"}
    assert not (checkout / "x.yml").exists()
    for scenario in ("base", "more"):
        ran = thesis("run", "--scenario", scenario, "--notebook", "6_verdict", "--workers", "1")
        assert ran.returncode == 0, ran.stderr
    ran = thesis("diff", "base", "more", "--format", "json")
    assert ran.returncode == 0, ran.stderr
    compared = json.loads(ran.stdout)
    moved = {(difference["kind"], difference["id"]) for difference in compared["differences"]}
    assert ("parameter", "horizon_years") in moved and ("metric", "verdict.between") in moved
    assert ("metric", "verdict.failing") not in moved  # no scenario changes the fact-check
