"""What becomes of notebooks that run, break, die or leave, with real kernels where these are the point.

The batch of `batch` runs once for many tests. Its project stands in a folder with a blank and braces in its
name, and the user's home, shell and Jupyter are as hostile as they can be.
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from analysis.batch import equal_jobs, execute, manifest, plan, pool, runner, storage
from analysis.batch.execute import Job, Limits, RunResult, StartedCell
from analysis.batch.pool import Pool
from analysis.batch.runner import CellStarted, Event, Outcome, Planned, Started
from analysis.project import Project
from tests.processes import has_ended, processes_below
from tests.small_project import NOTEBOOKS, write_notebook

YESTERDAY = '{"cells": [], "metadata": {"yesterday": true}, "nbformat": 4, "nbformat_minor": 5}'
INLINE = "module://matplotlib_inline.backend_inline"  # what a kernel has by default
GOOD = ("good", "tells")
BROKEN = ("dies", "exits", "quits", "raises")
FAILED = (*BROKEN, "may_raise")
"""The last one goes on after its error, and fails at its end."""

SCENARIOS = ("base", "slow")

Build = Callable[..., Project]


class Batch(NamedTuple):
    project: Project
    outcomes: dict[str, Outcome]
    events: list[Event]


def run(project: Project, **options: Any) -> Batch:
    events: list[Event] = []
    tasks = plan.plan(["base"], project=project)
    outcomes = runner.run(
        tasks,
        project=project,
        on_event=events.append,
        **options,
    )
    return Batch(project, {outcome.name.removeprefix("base/"): outcome for outcome in outcomes}, events)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A home that is none, a kernelspec `python3` that is another program, startup files that break all.

    Whatever tells of the user or of where things lie has `canary` in its name.
    """
    home = tmp_path_factory.mktemp("home")
    spec = home / "jupyter" / "kernels" / "python3"
    spec.mkdir(parents=True)
    (spec / "kernel.json").write_text(
        json.dumps({"argv": ["/bin/false"], "display_name": "x", "language": "python"})
    )
    startup = home / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text("print = None")
    (home / "start.py").write_text("raise SystemExit(7)")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", "/nonexistent/canary-home")
        for name in ("USER", "LOGNAME", "SECRET_TOKEN"):
            patch.setenv(name, "canary")
        patch.setenv("JUPYTER_PATH", str(home / "jupyter"))
        patch.setenv("IPYTHONDIR", str(home / "ipython"))
        patch.setenv("PYTHONSTARTUP", str(home / "start.py"))
        patch.setenv("MPLBACKEND", "no_such_backend")
        patch.setenv("THESIS_FIGURES", "hologram")
        patch.setenv("OMP_NUM_THREADS", "64")
        yield


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory, hostile: None, build: Build) -> Batch:
    project = build(tmp_path_factory.mktemp("canary") / "a {b} c", *GOOD, *FAILED)
    folder = project.runs / "base"
    folder.mkdir(parents=True)
    (folder / "raises.ipynb").write_text(YESTERDAY)
    (folder / "good.failed.ipynb").write_text(YESTERDAY)
    return run(project)


def cells(path: Path) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = json.loads(path.read_text())["cells"]
    return content


def test_one_that_fails_does_not_stop_the_others(batch: Batch) -> None:
    statuses = {name: outcome.status for name, outcome in batch.outcomes.items()}
    assert statuses == dict.fromkeys(GOOD, "succeeded") | dict.fromkeys(FAILED, "failed")


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("raises", "cell 3: ZeroDivisionError: float division by zero"),
        ("dies", "cell 3: the kernel died (killed, out of memory, or crashed)"),
        ("exits", "cell 3: SystemExit: the cell calls sys.exit(), and a notebook has to run to its end"),
        ("quits", "cell 3: the cell calls exit() or quit(), and a notebook has to run to its end"),
    ],
)
def test_an_error_says_which_cell_and_why(batch: Batch, name: str, error: str) -> None:
    assert batch.outcomes[name].error == error
    failed = batch.outcomes[name].failed
    assert failed == batch.project.runs / "base" / f"{name}.failed.ipynb"
    saved = cells(failed)
    numbers = {cell["id"]: cell.get("execution_count") for cell in saved}
    assert numbers["step-2"] is None  # the cell after it never ran
    notes = [
        at for at, cell in enumerate(saved) if "papermill-error-cell-tag" in cell["metadata"].get("tags", [])
    ]
    assert notes[0] == 0
    assert saved[notes[1] + 1]["id"] == "step-1"


def test_a_cell_that_may_raise_is_not_the_last_and_fails_its_notebook_as_papermill_has_it(
    batch: Batch,
) -> None:
    import nbformat
    from papermill.exceptions import PapermillExecutionError
    from papermill.execute import raise_for_execution_errors, remove_error_markers

    outcome = batch.outcomes["may_raise"]
    assert outcome.error == "cell 3: ZeroDivisionError: float division by zero"
    assert outcome.failed is not None
    saved = nbformat.read(outcome.failed, as_version=4)
    after = next(cell for cell in saved.cells if cell["id"] == "step-2")
    assert [output["text"] for output in after.outputs] == ["went on\n"]
    note = next(at for at, cell in enumerate(saved.cells) if cell["id"] == "step-1") - 1
    assert "papermill-error-cell-tag" in saved.cells[note].metadata.tags
    with pytest.raises(PapermillExecutionError) as judged:
        raise_for_execution_errors(remove_error_markers(saved), None)
    assert f"cell {judged.value.exec_count}: {judged.value.ename}: {judged.value.evalue}" == outcome.error


def test_what_failed_is_no_result(batch: Batch) -> None:
    folder = batch.project.runs / "base"
    assert (folder / "raises.ipynb").read_text() == YESTERDAY  # the last good output stays
    assert not (folder / "dies.ipynb").exists()
    assert not (folder / "raises.yml").exists()


def test_what_succeeded_is_in_place_with_its_parameters(batch: Batch) -> None:
    folder = batch.project.runs / "base"
    assert yaml.safe_load((folder / "good.yml").read_text()) == {
        "scenario": "base",
        "years": 4.0,
        "growth_pct": [10.0, 30.0],
    }
    assert not (folder / "good.failed.ipynb").exists()  # that of an earlier run is gone
    printed = [
        "".join(out.get("text", ""))
        for cell in cells(folder / "good.ipynb")
        for out in cell.get("outputs", [])
    ]
    assert printed[0] == "base 4.0 [10.0, 30.0]\n"


def test_a_kernel_is_this_interpreter_and_finds_nothing_of_the_user(batch: Batch) -> None:
    *_, last = cells(batch.project.runs / "base" / "good.ipynb")
    figures_threads_folder, warning, interpreter = last["outputs"]
    assert figures_threads_folder["text"] == [f"svg 1 notebooks {INLINE}\n"]
    assert re.fullmatch(
        r"<cell \d+>:5: UserWarning: every run has another process number\n", warning["text"][0]
    )
    assert interpreter["data"]["text/plain"] == [repr(sys.executable)]


def test_the_resolved_file_is_what_papermill_takes(batch: Batch) -> None:
    import papermill

    folder = batch.project.runs / "base"
    parameters = papermill.iorw.read_yaml_file(str(folder / "good.yml"))
    again = papermill.execute_notebook(str(NOTEBOOKS / "good.ipynb"), None, parameters, prepare_only=True)
    ours = next(cell for cell in cells(folder / "good.ipynb") if cell["id"] == "injected-parameters")
    theirs = next(cell for cell in again.cells if "injected-parameters" in cell.metadata.tags)
    assert "".join(ours["source"]) == theirs.source


def test_nothing_is_left_behind(batch: Batch) -> None:
    names = {path.name for path in batch.project.runs.rglob("*")}
    failed = {f"{name}.failed.ipynb" for name in FAILED}
    results = {f"{name}.{suffix}" for name in GOOD for suffix in ("ipynb", "yml")}
    assert names == {"base", "manifest.json", "raises.ipynb"} | results | failed
    assert {path.name for path in batch.project.notebooks.iterdir()} == {
        f"{name}.ipynb" for name in (*GOOD, *FAILED)
    }
    assert processes_below(batch.project.root) == []


def test_the_user_s_own_environment_is_as_it_was(batch: Batch) -> None:
    assert os.environ["MPLBACKEND"] == "no_such_backend"
    assert os.environ["OMP_NUM_THREADS"] == "64"


def test_the_manifest_holds_every_run(batch: Batch) -> None:
    content = json.loads((batch.project.runs / "manifest.json").read_text())
    assert set(content) == {"runs", "versions", "git"}
    assert [(run["notebook"], run["status"], run["reason"]) for run in content["runs"]] == [
        (name, "failed" if name in FAILED else "succeeded", "new") for name in sorted((*GOOD, *FAILED))
    ]
    runs = {run["notebook"]: run for run in content["runs"]}
    assert runs["raises"]["error"] == "cell 3: ZeroDivisionError: float division by zero"
    (task,) = plan.plan(["base"], ["good"], project=batch.project)
    digests = manifest.result_digests(task, runs["good"]["reads"])
    assert runs["good"]["digests"] == digests
    assert set(runs["good"]["digests"]) == {"code", "parameters", "data"}


def test_events_tell_plan_start_cells_and_end_of_each(batch: Batch) -> None:
    assert batch.events[0] == Planned(len(GOOD + FAILED), len(GOOD + FAILED), None)
    for name, outcome in batch.outcomes.items():
        mine = [event for event in batch.events[1:] if getattr(event, "name", "") == f"base/{name}"]
        assert (mine[0], mine[-1]) == (Started(f"base/{name}", None), outcome)
        cells = [event.cell for event in mine if isinstance(event, CellStarted)]
        # parameters, the injected cell, step-1 and step-2; nothing is reached after the cell that breaks
        assert [cell.number for cell in cells] == ([1, 2, 3] if name in BROKEN else [1, 2, 3, 4])
        assert {cell.of for cell in cells} == {4}
        assert cells[2].id == "step-1"


def test_what_is_unchanged_starts_no_kernel(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_pool(*_: object, **__: object) -> None:
        raise AssertionError("a kernel would have started")

    monkeypatch.setattr(runner, "Pool", no_pool)
    tasks = plan.plan(["base"], ["good"], project=batch.project)
    (outcome,) = runner.run(tasks, project=batch.project)
    assert (outcome.status, outcome.reason) == ("cached", "unchanged")
    (entry,) = [
        run
        for run in json.loads((batch.project.runs / "manifest.json").read_text())["runs"]
        if run["notebook"] == "good"
    ]
    assert (entry["status"], entry["seconds"]) == ("cached", batch.outcomes["good"].seconds)
    with pytest.raises(AssertionError, match="would have started"):
        runner.run(tasks, project=batch.project, force=True)


def test_equal_runs_are_equal_bytes(batch: Batch) -> None:
    path = batch.project.runs / "base" / "good.ipynb"
    before = path.read_bytes()
    path.write_text("edited by hand")
    tasks = plan.plan(["base"], ["good"], project=batch.project)
    (outcome,) = runner.run(tasks, project=batch.project, force=True)
    assert (outcome.status, outcome.reason) == ("succeeded", "forced")
    assert path.read_bytes() == before


def test_stored_outputs_are_renewed_in_place_and_stay_as_they_are(
    tmp_path: Path, build: Build, request: pytest.FixtureRequest
) -> None:
    project = build(tmp_path / "project", "good", "raises")
    untouched = (project.notebooks / "raises.ipynb").read_bytes()
    good = project.notebooks / "good.ipynb"
    outcomes = runner.refresh(plan.refresh_sources(project=project), project=project)
    assert [(outcome.name, outcome.status) for outcome in outcomes] == [
        ("notebooks/good", "succeeded"),
        ("notebooks/raises", "failed"),
    ]
    assert (project.notebooks / "raises.ipynb").read_bytes() == untouched
    assert outcomes[1].failed == project.root / "reports" / ".notebooks" / "raises.failed.ipynb"
    assert [cell["id"] for cell in cells(good)] == [
        "title",
        "parameters",
        "step-1",
        "step-2",
    ]  # nothing injected
    assert cells(good)[3]["outputs"][0]["text"] == [
        f"None 1 notebooks {INLINE}\n"
    ]  # the stored figures are not SVG
    before = good.stat().st_mtime_ns, good.read_bytes()
    request.getfixturevalue("without_kernels")  # whose results are as the notebook stands
    (again,) = runner.refresh(plan.refresh_sources(["good"], project=project), project=project)
    assert (again.status, again.reason) == ("succeeded", "unchanged")
    assert (good.stat().st_mtime_ns, good.read_bytes()) == before
    assert sorted(path.name for path in project.notebooks.iterdir()) == ["good.ipynb", "raises.ipynb"]


def test_outputs_of_a_notebook_behind_a_link_are_renewed_where_it_lies(tmp_path: Path, build: Build) -> None:
    project = build(tmp_path / "project", "good")
    (target := tmp_path / "there.ipynb").write_text("old")
    (link := project.notebooks / "link.ipynb").symlink_to(target)
    (result := tmp_path / "result.ipynb").write_text("new")
    (outcome,) = runner._renew(link, project, result, RunResult(1.0))
    assert (outcome.status, outcome.reason) == ("succeeded", "forced")
    assert link.is_symlink() and target.read_text() == "new"


def test_a_worker_that_is_killed_fails_its_notebook_and_no_other(tmp_path: Path, build: Build) -> None:
    project = build(tmp_path / "project", "waits", "good")
    with Pool(tmp_path, size=1, root=project.root) as pool:
        sources = [project.notebooks / "waits.ipynb", project.notebooks / "good.ipynb"]
        jobs = [Job(source, pool.target(source.stem)) for source in sources]

        def kill(index: int, cell: StartedCell) -> None:
            if (index, cell.number) == (0, 3):
                pool._workers[0].process.kill()

        ends = dict(pool.results(jobs, stop=threading.Event(), on_cell=kill))
        assert ends[0].error == "cell 3: the process that ran the notebook died (killed, or out of memory)"
        assert "did not run to its end" in cells(jobs[0].target)[0]["source"]
        assert ends[1].error is None
        # the worker that has nothing to do, and what kernels
        # are forked from; the predecessor's kernel is gone
        assert len(processes_below(pool.folder)) == 2
    assert processes_below(tmp_path) == []
    assert not pool.folder.exists()


def kernel(pool: Pool, code: str) -> None:
    """Have the kernels of a pool run some code first."""
    argv = [sys.executable, "-c", code, "-f", "{connection_file}"]
    spec = pool.folder / "jupyter" / "kernels" / "python3" / "kernel.json"
    spec.write_text(json.dumps({"argv": argv, "display_name": "x", "language": "python"}))


def test_a_kernel_that_does_not_start_is_tried_again_and_said_with_its_last_words(
    tmp_path: Path, build: Build
) -> None:
    project = build(tmp_path / "project", "good")
    with Pool(tmp_path, size=1, root=project.root) as pool:
        job = Job(project.notebooks / "good.ipynb", pool.target("good"))
        noise = "print('[IPKernelApp] WARNING | Kernel is running over TCP without encryption.', flush=True)"
        kernel(pool, f"print('no module named ipykernel', flush=True); {noise}; raise SystemExit(1)")
        ((_, never),) = pool.results([job], stop=threading.Event())
        kernel(pool, "raise SystemExit(1)")
        ((_, silent),) = pool.results([job], stop=threading.Event())
        starts = "except OSError: runpy.run_module('ipykernel_launcher', run_name='__main__')"
        (tmp_path / "once").mkdir()
        kernel(pool, f"import os, runpy\ntry: os.rmdir({str(tmp_path / 'once')!r})\n{starts}")
        ((_, second),) = pool.results([job], stop=threading.Event())
    assert (
        never.error == "RuntimeError: Kernel died before replying to kernel_info (no module named ipykernel)"
    )
    assert (
        silent.error == "RuntimeError: Kernel died before replying to kernel_info"
    )  # no words of an earlier job
    assert second.error is None


def test_what_is_saved_tells_neither_of_the_environment_nor_of_the_home_nor_of_the_user(batch: Batch) -> None:
    for path in (path for path in batch.project.runs.rglob("*") if path.is_file()):
        assert "canary" not in path.read_text(encoding="utf-8"), path
    texts = [
        output.get("text") or output["data"]["text/plain"]
        for cell in cells(batch.project.runs / "base" / "tells.ipynb")
        for output in cell.get("outputs", [])
    ]
    warned, printed, displayed = ("".join(text) for text in texts)
    assert (
        "~/lib/tool.py:1: UserWarning: a library" in warned
        and "./analysis/model.py:1: UserWarning: so" in warned
    )
    assert printed == "~ ./notebooks file://~/x\n" and displayed == "PosixPath('~/y')"


DECLARED = 'scenario: str = "base"\nyears: float = 4.0\ngrowth_pct: list = [10.0, 30.0]'
"""What `good` declares; the scenario `slow` changes the last of them."""


def write(project: Project, name: str, *sources: str) -> Path:
    """A notebook with the parameters of `good` and cells of one's own."""
    return write_notebook(project, name, *sources, declared=DECLARED)


CHILD = "import subprocess\nprint(subprocess.Popen(['sleep', '600'], start_new_session=True).pid)"
IGNORES = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(600)"
CELL_SECONDS = (
    5  # what a cell that only prints never takes; counted from its start, not from that of the kernel
)
SWALLOWS = "try:\n    import time; time.sleep(600)\nexcept KeyboardInterrupt:\n    print('went on')"


def test_a_limit_shows_the_line_that_it_ended_and_no_other_notebook(
    tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "GRACE_SECONDS", 30)
    project = build(tmp_path / "project")
    write(project, "1_sleeps", CHILD, "import time\ntime.sleep(600)", "print('never reached')")
    write(project, "2_swallows", "print('before')", SWALLOWS, "print('never reached')")
    write(project, "3_good", CHILD, "print('reached')")
    done = run(project, limits=Limits(cell_seconds=CELL_SECONDS), workers=3)
    reason = f"the cell ran into its limit of {CELL_SECONDS} s (--cell-timeout)"
    assert {name: outcome.error for name, outcome in done.outcomes.items()} == {
        "1_sleeps": f"cell 4: {reason}",  # parameters, those injected, the child, and the one that sleeps
        "2_swallows": f"cell 4: {reason}",
        "3_good": None,
    }
    sleeps, swallows = (
        cells(project.runs / "base" / f"{n}.failed.ipynb") for n in ("1_sleeps", "2_swallows")
    )
    assert f"run to its end.** cell 4: {reason}." in sleeps[0]["source"].replace("\\", "")
    at = next(n for n, cell in enumerate(sleeps) if cell["id"] == "own-1")
    assert "Execution ended in the next cell" in sleeps[at - 1]["source"]
    (error,) = sleeps[at]["outputs"]
    assert error["ename"] == "KeyboardInterrupt"
    assert "----> 2 time.sleep(600)" in re.sub(r"\x1b\[[0-9;]*m", "", "".join(error["traceback"]))
    assert swallows[-2]["outputs"][0]["text"] == ["went on\n"]
    assert [cell["execution_count"] for cell in (sleeps[-1], swallows[-1])] == [None, None]
    good = cells(project.runs / "base" / "3_good.ipynb")
    started = [cell for cell in (*sleeps, *good) if cell["id"] == "own-0"]
    children = [int("".join(cell["outputs"][0]["text"])) for cell in started]
    assert len(children) == 2 and all(map(has_ended, children))
    assert processes_below(project.root) == []


def test_a_cell_that_does_not_heed_an_interrupt_is_ended_with_its_kernel(
    tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "GRACE_SECONDS", 2)
    project = build(tmp_path / "project")
    write(project, "ignores", "print('before')", IGNORES)
    done = run(project, limits=Limits(cell_seconds=CELL_SECONDS))
    outcome = done.outcomes["ignores"]
    assert outcome.error == f"cell 4: the cell ran into its limit of {CELL_SECONDS} s (--cell-timeout)"
    assert outcome.seconds >= CELL_SECONDS
    assert outcome.failed is not None
    note, *_, before, marker, ignores = cells(outcome.failed)
    assert "did not run to its end" in note["source"]
    assert before["outputs"][0]["text"] == ["before\n"]
    assert ("ended in the next cell" in marker["source"], ignores["id"]) == (True, "own-1")
    assert processes_below(project.root) == []


def test_only_what_a_change_can_have_changed_runs_again_and_the_manifest_says_why(
    tmp_path: Path, build: Build, without_kernels: list[Limits]
) -> None:
    project = build(tmp_path / "project", "good")

    def reasons() -> dict[str, str]:
        before = len(without_kernels)
        runner.run(plan.plan(project=project), project=project)
        runs = json.loads((project.runs / "manifest.json").read_text())["runs"]
        reasons = {run["scenario"]: run["reason"] for run in runs}
        assert len(without_kernels) - before == sum(reason != "unchanged" for reason in reasons.values())
        return reasons

    def append(name: str, text: str) -> None:
        with (project.root / name).open("a") as file:
            file.write(text)

    assert reasons() == {"base": "new", "slow": "new"}
    for path in project.root.rglob("*.*"):
        os.utime(path)
    assert reasons() == {"base": "unchanged", "slow": "unchanged"}
    append("params/slow.yml", "years: 5\n")
    slow = project.params / "slow.yml"
    slow.write_text(slow.read_text().replace("because:", "because:\n  years: Longer."))
    assert reasons() == {"base": "unchanged", "slow": "parameters"}
    append("analysis/model.py", "# changed\n")
    assert reasons() == {"base": "code", "slow": "code"}
    append("analysis/data/table.csv", "2025,2\n")
    assert reasons() == {"base": "data", "slow": "data"}
    (project.runs / "slow" / "good.ipynb").unlink()
    assert reasons() == {"base": "unchanged", "slow": "new"}


EQUAL = "years: float = 4.0"
"""What a notebook declares that no scenario here changes; nor does it declare the name of the scenario."""


def run_all(project: Project, *names: str, **options: Any) -> tuple[dict[str, Outcome], Planned]:
    """The outcomes of some scenarios (all without a name), and what was planned."""
    events: list[Event] = []
    tasks = plan.plan(names, project=project)
    outcomes = runner.run(tasks, project=project, on_event=events.append, **options)
    ended = [event for event in events if isinstance(event, Outcome)]
    assert {outcome.name: outcome for outcome in ended} == {outcome.name: outcome for outcome in outcomes}
    (planned,) = (event for event in events if isinstance(event, Planned))
    return {outcome.name: outcome for outcome in outcomes}, planned


def links(project: Project) -> dict[str, str | None]:
    """What each result is the same as, by the manifest."""
    entries = manifest.read(project.runs).values()
    return {f"{entry['scenario']}/{entry['notebook']}": entry.get("same_as") for entry in entries}


def test_equal_jobs_run_once_and_the_others_take_the_result_over(
    tmp_path: Path, build: Build, without_kernels: list[Limits]
) -> None:
    project = build(tmp_path / "project", "good")
    write_notebook(project, "equal", "print(years)", declared=EQUAL)
    outcomes, planned = run_all(project)
    assert (len(without_kernels), planned) == (3, Planned(4, 3, None))  # `good` under both, `equal` once
    taken = outcomes["slow/equal"]
    assert (taken.status, taken.reason, taken.same_as) == ("succeeded", "new", "base/equal")
    assert links(project) == dict.fromkeys(outcomes) | {"slow/equal": "base/equal"}
    for name in ("equal.ipynb", "equal.yml"):
        assert (project.runs / "slow" / name).read_bytes() == (project.runs / "base" / name).read_bytes()
    outcomes, planned = run_all(project)
    assert {outcome.status for outcome in outcomes.values()} == {"cached"} and planned.to_run == 0
    assert outcomes["slow/equal"].same_as == links(project)["slow/equal"] == "base/equal"
    (project.data / "table.csv").write_text("year,value\n2024,2\n")
    outcomes, planned = run_all(project, force=True)
    assert (planned.to_run, len(without_kernels)) == (3, 6)
    (project.data / "table.csv").write_text("year,value\n2024,3\n")
    outcomes, _ = run_all(project)
    assert {(outcome.reason, outcome.changed) for outcome in outcomes.values()} == {("data", ("table",))}
    assert {tuple(entry["changed"]) for entry in manifest.read(project.runs).values()} == {("table",)}


@pytest.mark.parametrize("first", ["base", "slow"])
def test_an_equal_result_in_place_is_taken_over_and_the_base_is_the_one_that_is_named(
    tmp_path: Path, build: Build, without_kernels: list[Limits], first: str
) -> None:
    project = build(tmp_path / "project")
    write_notebook(project, "equal", "print(years)", declared=EQUAL)
    run_all(project, first)
    second = "slow" if first == "base" else "base"
    outcomes, planned = run_all(project, second)
    assert outcomes[f"{second}/equal"].same_as == f"{first}/equal"
    assert (planned.to_run, len(without_kernels)) == (0, 1)
    assert links(project) == {"base/equal": None, "slow/equal": "base/equal"}
    assert {entry["seconds"] for key, entry in manifest.read(project.runs).items() if key[0] == "base"} == {
        0.1
    }


@pytest.mark.parametrize("name", ["raises", "names"])
def test_a_job_that_fails_or_uses_the_name_of_its_scenario_stands_for_itself_alone(
    tmp_path: Path, build: Build, without_kernels: list[Limits], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    project = build(tmp_path / "project")
    monkeypatch.setattr(equal_jobs, "relabelled", lambda text, before, after: text)
    (project.runs / "base").mkdir(parents=True)
    (project.runs / "base" / f"{name}.ipynb").write_text(YESTERDAY)  # which could be taken over
    declared = 'scenario: str = "base"' if name == "names" else EQUAL
    write_notebook(project, name, "print(1)", "print(2)", "print(3)", declared=declared)
    outcomes, planned = run_all(project)
    assert (planned.to_run, len(without_kernels)) == (1, 2)
    status = "failed" if name == "raises" else "succeeded"
    assert {outcome.status for outcome in outcomes.values()} == {status}
    assert set(links(project).values()) == {None}
    (project.data / "table.csv").write_text("year,value\n2024,2\n")
    _, planned = run_all(project)
    assert planned.to_run == (2 if name == "names" else 1)  # which is known by then
    assert len(without_kernels) == 4


def test_what_took_over_a_result_stands_for_itself_once_that_comes_out_differently(
    tmp_path: Path, build: Build, without_kernels: list[Limits], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = build(tmp_path / "project")
    write_notebook(project, "equal", "print(years)", declared=EQUAL)
    run_all(project)
    run_all(project, "base", force=True)
    assert links(project)["slow/equal"] == "base/equal"  # whose bytes are as they were
    strip = execute.strip_notebook

    def otherwise(target: Path, source: Path) -> None:
        strip(target, source)
        storage.write_text(target, target.read_text() + "\n")

    monkeypatch.setattr(execute, "strip_notebook", otherwise)
    run_all(project, "base", force=True)
    assert links(project) == {"base/equal": None, "slow/equal": None}


def test_the_base_scenario_comes_first_and_then_what_took_longest_the_last_time(
    tmp_path: Path, build: Build, without_kernels: list[Limits]
) -> None:
    project = build(tmp_path / "project", "good")
    write(project, "zz_long", "print(growth_pct)")
    project.scenario("later").write_text(
        project.scenario("slow").read_text().replace("slow", "later").replace("10.0", "11.0")
    )
    run_all(project)
    path = project.runs / manifest.NAME
    content = json.loads(path.read_text())
    for entry in content["runs"]:
        entry["seconds"] = 9.0 if entry["notebook"] == "zz_long" else 1.0
    path.write_text(json.dumps(content))
    started: list[str] = []

    def note(event: Event) -> None:
        if isinstance(event, Started):
            started.append(event.name)

    runner.run(plan.plan(project=project), project=project, force=True, on_event=note)
    assert started == [
        *("base/zz_long", "base/good"),
        *("later/zz_long", "slow/zz_long", "later/good", "slow/good"),
    ]


CHECKS = "from analysis import scenarios\nassumptions = scenarios.check(globals())"
READS = "print(open('../analysis/data/evidence/nvidia_revenue.csv').readline(), years)"


def test_kernels_say_what_is_equal_and_what_a_changed_table_means(tmp_path: Path, build: Build) -> None:
    """Six kernels in three batches, which take five seconds: what they are told and tell is the point."""
    project = build(tmp_path / "project")
    declared = 'scenario: str = "base"\nyears: float = 4.0'
    write_notebook(project, "equal", CHECKS, READS, declared=declared)
    write_notebook(project, "named", CHECKS, "print(assumptions.scenario)", declared=declared)
    outcomes, _ = run_all(project)
    assert links(project) == dict.fromkeys(outcomes) | {"slow/equal": "base/equal"}
    printed = [
        "".join(cells(project.runs / name / "named.ipynb")[-1]["outputs"][0]["text"]) for name in SCENARIOS
    ]
    assert printed == ["base\n", "slow\n"]
    really = plan.plan(["slow"], ["equal"], out=tmp_path / "really", project=project)
    runner.run(really, project=project)
    for name in ("equal.ipynb", "equal.yml"):
        taken_over = (project.runs / "slow" / name).read_bytes()
        assert taken_over == (tmp_path / "really" / "slow" / name).read_bytes()
    with project.evidence_table("nvidia_revenue").open("a") as file:
        file.write("a row\n")
    outcomes, planned = run_all(project)
    assert planned.to_run == 1
    assert {name: (outcome.reason, outcome.changed) for name, outcome in outcomes.items()} == {
        "base/equal": ("data", ("nvidia_revenue",)),
        "slow/equal": ("data", ("nvidia_revenue",)),
        "base/named": ("unchanged", ()),
        "slow/named": ("unchanged", ()),
    }


def test_a_notebook_that_cannot_be_read_fails_and_the_others_finish(
    tmp_path: Path, build: Build, without_kernels: list[Limits]
) -> None:
    project = build(tmp_path / "project", "good")
    (project.notebooks / "cut_off.ipynb").write_text('{"cells": [')
    done = run(project)
    assert {name: outcome.status for name, outcome in done.outcomes.items()} == {
        "cut_off": "failed",
        "good": "succeeded",
    }
    outcome = done.outcomes["cut_off"]
    assert outcome.error is not None and outcome.failed is not None
    assert "notebooks/cut_off.ipynb, line 1: is not JSON" in outcome.error
    (note,) = cells(outcome.failed)
    assert "did not run to its end" in note["source"] and "is not JSON" in note["source"]
    assert run(project).outcomes["cut_off"].status == "failed"  # and never counts as done


def test_what_a_killed_batch_left_is_cleared_away_by_the_next(
    tmp_path: Path, build: Build, without_kernels: list[Limits]
) -> None:
    project = build(tmp_path / "project", "good")
    left = project.runs / ".batch-left" / "worker-x"
    left.mkdir(parents=True)
    kernel = subprocess.Popen(["sleep", "600"], env=os.environ | {"JUPYTER_RUNTIME_DIR": str(left)})
    run(project)
    assert kernel.wait(timeout=60) == -signal.SIGKILL
    assert sorted(path.name for path in project.runs.iterdir()) == ["base", "manifest.json"]


def test_a_result_that_cannot_be_put_into_place_is_a_failure_and_the_old_one_stays(
    tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch, without_kernels: list[Limits]
) -> None:
    project = build(tmp_path / "project", "good")
    run(project)
    folder = project.runs / "base"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    write_text = storage.write_text

    def full(path: Path, text: str) -> None:
        if path.suffix == ".yml":
            raise OSError(28, "No space left on device")
        write_text(path, text)

    with monkeypatch.context() as patch:
        patch.setattr(storage, "write_text", full)
        outcome = run(project, force=True).outcomes["good"]
    assert outcome.error == "could not be put into place ([Errno 28] No space left on device)"
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert run(project).outcomes["good"].status == "succeeded"
