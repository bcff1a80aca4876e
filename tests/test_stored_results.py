"""Results that are computed once: found while nothing that they follow from changed, and never in the way."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest

from analysis import cache, fingerprints, provenance, stored_results
from analysis.errors import ParameterError
from analysis.project import VARIABLE, Project
from analysis.scenarios import Assumptions, load_register
from analysis.stored_results import computed_once

LOG = "calls.txt"
"""Where the functions here note that they run: in a file, since a list in this module would be part of their
code.
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """An empty project in which no call was noted yet."""
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.setenv(VARIABLE, str(root))
    monkeypatch.setenv(stored_results.VARIABLE, "on")
    monkeypatch.setattr(fingerprints, "_replaced", set())
    (root / LOG).touch()
    return Project.default()


def note_call() -> None:
    with (Project.default().root / LOG).open("a") as log:
        log.write("called\n")


def calls() -> int:
    return len((Project.default().root / LOG).read_text().splitlines())


@computed_once
def squared(number: float, power: int = 2) -> dict[str, float]:
    note_call()
    return {"result": number**power}


@computed_once
def content(path: Path) -> str:
    note_call()
    cache.depends_on(path)
    return path.read_text() if path.exists() else "nothing"


@computed_once
def listing(folder: Path) -> list[str]:
    note_call()
    cache.depends_on(folder)
    return sorted(path.name for path in folder.iterdir())


@computed_once
def outer(path: Path) -> str:
    note_call()
    return content(path).upper()


@computed_once
def total(table: pd.DataFrame) -> float:
    note_call()
    return float(table["value"].sum())


@computed_once
def seeds(assumptions: Assumptions) -> int:
    note_call()
    return int(assumptions.seed)


@computed_once
def rolled(rng: np.random.Generator) -> float:
    return float(rng.random())


@computed_once
def applied(function: Callable[[float], float], value: float) -> float:
    note_call()
    return function(value)


# Found again


def test_a_second_call_is_not_computed_and_gives_the_same() -> None:
    assert squared(3.0) == squared(3.0) == {"result": 9.0}
    assert calls() == 1


def test_arguments_count_by_value_and_by_name() -> None:
    squared(3.0)
    squared(number=3.0, power=2)  # the same call, spelled out
    assert calls() == 1
    squared(4.0)
    squared(3.0, 3)
    assert calls() == 3


def test_whoever_gets_a_result_may_change_it() -> None:
    squared(3.0)["result"] = 0.0
    squared(3.0)["result"] = 0.0
    assert squared(3.0) == {"result": 9.0}


def test_equal_tables_are_equal_arguments() -> None:
    table = pd.DataFrame({"name": ["a", "b"], "value": [1.0, 2.0]})
    assert total(table) == total(table.copy()) == 3.0
    assert calls() == 1
    assert total(table.assign(value=[1.0, 3.0])) == 4.0


def test_another_process_finds_it() -> None:
    squared(3.0)
    process = multiprocessing.get_context("fork").Process(target=squared, args=(3.0,))
    process.start()
    process.join()
    assert (process.exitcode, calls()) == (0, 1)


# Files


def test_a_file_that_changed_is_read_again_and_one_that_changed_back_is_not(tmp_path: Path) -> None:
    path = tmp_path / "data.txt"
    path.write_text("one")
    assert content(path) == "one"
    path.write_text("two")
    assert content(path) == content(path) == "two"
    assert calls() == 2
    path.write_text("one")  # another time, the content of before
    assert content(path) == "one"
    assert calls() == 2


def test_a_file_that_was_not_there_counts(tmp_path: Path) -> None:
    path = tmp_path / "data.txt"
    assert content(path) == "nothing"
    path.write_text("one")
    assert content(path) == "one"


@computed_once
def opened(path: Path) -> str:
    note_call()
    import colorsys  # noqa: F401  a module that is read meanwhile is no data

    copy = path.with_name("copy.txt")
    copy.write_text(path.read_text())
    return copy.read_text()


def test_a_file_that_nobody_announced_counts_and_what_was_written_meanwhile_does_not(tmp_path: Path) -> None:
    path = tmp_path / "data.txt"
    path.write_text("one")
    sys.modules.pop("colorsys", None)
    result, files = cache.with_files(lambda: opened(path))
    assert result == "one"
    assert list(files) == [path]
    path.write_text("two")
    assert opened(path) == "two"
    assert calls() == 2


def test_a_result_for_which_a_process_was_started_is_not_stored() -> None:
    @computed_once
    def told() -> str:
        note_call()
        return subprocess.run(
            [sys.executable, "-c", "print(1)"], capture_output=True, text=True, check=True
        ).stdout

    assert told() == told() == "1\n"
    assert calls() == 2


def test_a_folder_counts_by_the_names_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    assert listing(folder) == []
    (folder / "new").touch()
    assert listing(folder) == ["new"]


@pytest.mark.parametrize("times", [1, 2])
def test_whoever_uses_a_result_depends_on_its_files_whether_it_was_computed_or_found(
    tmp_path: Path, times: int
) -> None:
    path = tmp_path / "data.txt"
    path.write_text("one")
    for _ in range(times):
        result, files = cache.with_files(lambda: content(path))
    assert (result, list(files)) == ("one", [path])
    assert outer(path) == "ONE"
    path.write_text("two")
    assert outer(path) == "TWO"


def test_a_file_that_changes_meanwhile_is_not_stored_as_what_was_read(tmp_path: Path) -> None:
    path = tmp_path / "data.txt"
    path.write_text("one")

    @computed_once
    def slow(path: Path) -> str:
        cache.depends_on(path)
        before = path.read_text()
        path.write_text(f"{before} and more")
        return before

    assert slow(path) == "one"
    assert slow(path) == "one and more"


# Assumptions


@pytest.mark.parametrize("times", [1, 2])
def test_a_result_follows_from_the_same_assumptions_whether_it_was_computed_or_found(times: int) -> None:
    register = load_register(Project(Path(__file__).parents[1]))
    assumptions = Assumptions({"seed": 5}, register)

    @provenance.traced
    def traced_result() -> int:
        return seeds(assumptions)

    for _ in range(times):
        result = traced_result()
    assert provenance.inputs_of(result) == {"seed": 5}
    assert calls() == 1


# Code


def test_code_of_another_module_and_what_somebody_replaced_count(monkeypatch: pytest.MonkeyPatch) -> None:
    helper = ModuleType("tests.sample_helper")
    exec("def helped(x):\n    return x + 1\n", vars(helper))
    monkeypatch.setitem(sys.modules, "tests.sample_helper", helper)
    assert applied(helper.helped, 1.0) == 2.0
    exec("def helped(x):\n    return x + 2\n", vars(helper))
    assert applied(helper.helped, 1.0) == 3.0
    assert calls() == 2


def test_what_code_that_was_replaced_remembers_is_not_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = """
import functools
FACTOR = 1
@functools.lru_cache
def helped(x):
    return FACTOR * x
"""
    helper = ModuleType("tests.sample_helper")
    exec(lines, vars(helper))
    monkeypatch.setitem(sys.modules, "tests.sample_helper", helper)
    assert applied(helper.helped, 1.0) == 1.0
    monkeypatch.setattr(helper, "FACTOR", 2)
    assert applied(helper.helped, 1.0) == 1.0  # as a call without a store: it remembers
    helper.helped.cache_clear()  # as in the next process
    assert applied(helper.helped, 1.0) == 2.0


def test_code_of_a_notebook_is_computed_each_time() -> None:
    own: dict[str, object] = {"__name__": "__main__"}
    exec("def doubled(x):\n    return 2 * x\n", own)
    assert applied(own["doubled"], 1.0) == applied(own["doubled"], 1.0) == 2.0  # type: ignore[arg-type]
    assert calls() == 2


def test_a_generator_is_refused_with_and_without_a_store(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("on", "off"):
        monkeypatch.setenv(stored_results.VARIABLE, value)
        with pytest.raises(TypeError, match=r"rolled\(rng=...\) takes a seed"):
            rolled(np.random.default_rng(1))


# Never in the way


def test_turned_off_everything_is_computed(monkeypatch: pytest.MonkeyPatch, project: Project) -> None:
    monkeypatch.setenv(stored_results.VARIABLE, "off")
    assert squared(3.0) == squared(3.0) == {"result": 9.0}
    assert calls() == 2
    assert not project.cache.exists()


def test_a_value_that_is_neither_on_nor_off_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(stored_results.VARIABLE, "of")
    with pytest.raises(ParameterError, match="THESIS_CACHE=of: is neither on nor off"):
        squared(3.0)


def _emptied(path: Path) -> None:
    path.write_bytes(b"")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _flipped(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[-2] ^= 1
    path.write_bytes(bytes(raw))


def _gone(path: Path) -> None:
    path.unlink()


def _a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("damage", [_emptied, _cut, _flipped, _gone, _a_folder])
@pytest.mark.parametrize("kind", [stored_results.RESULT, stored_results.READS])
def test_a_damaged_file_is_computed_again(
    project: Project, damage: Callable[[Path], None], kind: str
) -> None:
    squared(3.0)
    (path,) = project.cache.glob(f"*{kind}")
    damage(path)
    assert squared(3.0) == {"result": 9.0}
    assert calls() == 2


def test_without_a_place_to_store_it_still_computes(project: Project) -> None:
    project.reports.write_text("a file where the folder would be")
    assert squared(3.0) == squared(3.0) == {"result": 9.0}
    assert calls() == 2
    assert stored_results.usage() == (0, 0)
    stored_results.clear()


def test_what_cannot_be_pickled_is_computed_each_time() -> None:
    @computed_once
    def made() -> Callable[[], int]:
        note_call()
        return lambda: 1

    assert made()() == made()() == 1
    assert calls() == 2


def test_results_that_nobody_can_mark_as_used_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    squared(3.0)
    monkeypatch.setattr(os, "utime", lambda path: (_ for _ in ()).throw(PermissionError(path)))
    assert squared(3.0) == {"result": 9.0}
    assert calls() == 1


def test_an_argument_into_which_nobody_can_look_is_computed_each_time() -> None:
    endless = Mock(return_value=2.0)  # each of its attributes has attributes of its own
    assert applied(endless, 1.0) == applied(endless, 1.0) == 2.0
    assert calls() == 2


def test_an_error_is_not_stored() -> None:
    @computed_once
    def fails() -> None:
        note_call()
        raise ValueError("no result")

    for _ in range(2):
        with pytest.raises(ValueError, match="no result"):
            fails()
    assert calls() == 2


# Two at once


def _waits(started: Path, go_on: Path) -> None:
    waiting(started, go_on)


@computed_once
def waiting(started: Path, go_on: Path) -> int:
    note_call()
    started.touch()
    while not go_on.exists():
        pass
    return 1


@pytest.mark.parametrize("dies", [False, True])
def test_of_two_that_ask_at_once_one_computes_unless_the_first_dies(tmp_path: Path, dies: bool) -> None:
    started, go_on = tmp_path / "started", tmp_path / "go_on"
    context = multiprocessing.get_context("fork")
    first = context.Process(target=_waits, args=(started, go_on))
    first.start()
    while not started.exists():
        pass
    second = context.Process(target=_waits, args=(started, go_on))
    second.start()
    if dies:
        os.kill(first.pid or 0, signal.SIGKILL)
        first.join()
    go_on.touch()
    for process in (first, second):
        process.join()
    assert (second.exitcode, calls()) == (0, 2 if dies else 1)


def test_two_threads_at_once_both_get_their_result() -> None:
    results: list[dict[str, float]] = []
    threads = [threading.Thread(target=lambda: results.append(squared(3.0))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [{"result": 9.0}] * 4


# Limits


def test_what_was_not_used_for_longest_goes_first(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (1.0, 2.0):
        squared(number)
    _, size = stored_results.usage()
    for age, path in enumerate(sorted(project.cache.iterdir(), key=lambda path: path.stat().st_mtime_ns)):
        os.utime(path, (age, age))  # long ago, in the order in which they were written
    squared(1.0)  # used just now
    monkeypatch.setattr(stored_results, "LIMIT_BYTES", size)
    squared(3.0)
    assert stored_results.usage()[1] <= size
    before = calls()
    squared(1.0)
    assert calls() == before
    squared(2.0)
    assert calls() == before + 1


def test_clear_removes_every_result_and_usage_counts_them(project: Project) -> None:
    assert stored_results.usage() == (0, 0)
    squared(3.0)
    squared(4.0)
    count, size = stored_results.usage(project)
    assert count == 2
    assert size == sum(path.stat().st_size for path in project.cache.iterdir())
    stored_results.clear(project)
    assert stored_results.usage(project) == (0, 0)
    squared(3.0)
    assert calls() == 3
