"""The `thesis` command as a user meets it: what it prints and where, exit codes, and what it leaves behind.

What a command decides and prints is tested in this process, with notebooks that no kernel executes. What only
processes show (signals, a full disk, a checkout that takes no file) has a project with a copy of the package,
and real kernels.
"""

import csv
import ctypes
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from analysis import __main__ as command
from analysis.batch import lock
from analysis.batch.execute import Limits
from analysis.errors import DataError, Problem
from analysis.project import Project
from analysis.site import build
from tests.processes import PATIENCE_SECONDS, processes_below, wait_for

Build = Callable[..., Project]
Thesis = Callable[..., Any]
ON_A_DISK = next(
    (
        command
        for command in (["unshare", "-m"], ["unshare", "-Urm"])
        if shutil.which("unshare")
        and subprocess.run([*command, "mount", "-t", "tmpfs", "x", "/mnt"], capture_output=True).returncode
        == 0
    ),
    [],
)
"""What gives a command mounts of its own, where that is allowed."""


def environment(root: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(root), "COLUMNS": "110"}


def process(
    root: Path, *arguments: str, before: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own, in a project with a copy of the package."""
    return subprocess.run(
        [sys.executable, "-m", "analysis", *arguments],
        cwd=root,
        env=environment(root),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
        preexec_fn=before,
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rnu"], "No such command 'rnu'. Did you mean 'run'?"),
        (
            ["run", "--scenrio", "base"],
            "There is no option --scenrio. The nearest valid name is '--scenario'.",
        ),
        (
            ["run", "--workers", "0"],
            "Invalid value for '--workers': Input should be greater than or equal to 1.",
        ),
        (["run", "--workers"], "Option '--workers' requires an argument."),
        (["run", "base"], "Got unexpected extra argument(s) (base)."),
        (
            ["run", "--scenario", "slwo"],
            "--scenario slwo: there is no such scenario. The nearest valid name is 'slow'.",
        ),
        (
            ["run", "--notebook", "god"],
            "--notebook god: there is no such notebook. The nearest valid name is 'good'.",
        ),
        (
            ["run", "-p", "yeers=5"],
            "-p, key yeers: the register has no such name. The nearest valid name is 'years'.",
        ),
        (
            ["run", "-p", "months=5"],
            "-p, key months: months is retired: years are counted now. Write years instead.",
        ),
        (
            ["run", "-p", "years=99"],
            "-p, key years: 99 is outside 1 to 10 years. Write a number within the range.",
        ),
        (
            ["run", "--json", "--quiet"],
            "--quiet and --json: cannot be combined. Give one of them.",
        ),
        (
            ["scenarios", "--format", "xml"],
            "Invalid value for '--format': 'xml' is not one of 'table', 'csv', 'json'.",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line_before_anything_runs(
    project: Build, thesis: Thesis, arguments: list[str], message: str
) -> None:
    here = project("good")
    code, out, err = thesis(*arguments, at=here)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert err.startswith(f"error: {message}")
    assert not (here.root / "reports").exists()


def test_a_batch_says_what_became_of_each_notebook(copied: Build) -> None:
    # With real kernels: this is the whole way from the words of the user to the line about a cell.
    root = copied("good", "raises").root
    done = process(root, "run", "--scenario", "base")
    assert done.returncode == 1
    *lines, summary = done.stdout.splitlines()
    assert {tuple(line.split()[:2]) for line in lines} == {
        ("succeeded", "base/good"),
        ("failed", "base/raises"),
    }
    assert summary.startswith("2 notebooks: 1 succeeded, 1 failed in ")
    assert summary.endswith(" s. See reports/runs.")
    assert (
        done.stderr == "error: base/raises: cell 3: ZeroDivisionError: float division by zero. Open"
        " reports/runs/base/raises.failed.ipynb.\n"
    )

    again = process(root, "run", "--scenario", "base", "--notebook", "good")
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.splitlines()[0] == "cached     base/good  unchanged"


def test_values_of_ones_own_leave_the_runs_of_the_scenario_alone(
    project: Build, thesis: Thesis, without_kernels: list[Limits]
) -> None:
    here = project("good")
    code, _, err = thesis("run", "--scenario", "slow", "-p", "years=5", at=here)
    assert (code, err) == (0, "")
    assert "years: 5.0" in (here.root / "reports" / ".custom" / "slow" / "good.yml").read_text()
    assert not (here.root / "reports" / "runs").exists()
    refused = thesis("run", "--scenario", "slow", "-p", "years=5", "--out", "reports/runs", at=here)
    assert refused.code == 2
    assert refused.err.startswith(
        "error: --out reports/runs: holds the runs of the scenarios themselves, and -p changes"
    )


def test_an_output_folder_that_cannot_be_is_bad_input(
    project: Build, thesis: Thesis, without_kernels: list[Limits]
) -> None:
    here = project("good")
    (here.root / "reports").write_text("a file")
    code, _, err = thesis("run", "--scenario", "base", at=here)
    assert (code, err.count("\n")) == (2, 1)
    assert err.startswith(f"error: {here.root}/reports/runs: ")
    assert "Not a directory" in err and "--out" in err


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sites of a word or two: whether it is the whole of today, a part, or what comes first."""

    def publish(
        project: Project,
        out: Path | None = None,
        *,
        partial: bool = False,
        document: object = None,
        awaited: Sequence[str] = (),
        today: object = None,
    ) -> Path:
        out = out or project.site
        out.mkdir(parents=True, exist_ok=True)
        (out / "index.html").write_text(
            "without " + awaited[0] if awaited else "part of today" if partial else "today"
        )
        return out / "index.html"

    monkeypatch.setattr(build, "publish", publish)
    monkeypatch.setattr(build, "refuse_unfit", lambda out: None)  # the pages of yesterday are one word, too


@pytest.mark.parametrize("names", [["good"], ["good", "raises"]])
def test_a_report_is_published_only_when_everything_succeeded(
    project: Build, thesis: Thesis, without_kernels: list[Limits], published: None, names: list[str]
) -> None:
    here = project(*names)
    index = here.root / "reports" / "site" / "index.html"
    index.parent.mkdir(parents=True)
    index.write_text("yesterday")
    code, out, err = thesis("report", at=here)
    if "raises" in names:
        assert (code, index.read_text()) == (1, "yesterday")
        assert err.splitlines()[-1].startswith("error: reports/site: ")
    else:
        assert (code, index.read_text(), err) == (0, "today", "")
        assert out.splitlines()[-1] == "reports/site/index.html"


def test_where_there_is_no_site_base_can_be_read_while_the_others_are_computed(
    project: Build, thesis: Thesis, without_kernels: list[Limits], published: None
) -> None:
    here = project("good")
    _, out, _ = thesis("report", at=here)
    lines = [line for line in out.splitlines() if "site" in line]
    assert lines == [
        "reports/site/index.html has the base scenario; the others follow",
        "reports/site/index.html",
    ]
    assert (here.site / "index.html").read_text() == "today"
    again = thesis("report", "--force", "--json", at=here).out.splitlines()
    assert [json.loads(line)["awaited"] for line in again if "published" in line] == [[]]


def test_what_could_be_read_first_stays_where_a_later_scenario_fails(
    project: Build, thesis: Thesis, without_kernels: list[Limits], published: None
) -> None:
    here = project("good")
    here.runs.mkdir(parents=True)
    (here.runs / "slow").write_text("where its results would go")
    code, out, err = thesis("report", "--json", at=here)
    sites = [event for event in map(json.loads, out.splitlines()) if event["event"] == "published"]
    assert sites == [{"event": "published", "index": "reports/site/index.html", "awaited": ["slow"]}]
    assert (code, (here.site / "index.html").read_text()) == (1, "without slow")
    assert err.splitlines()[-1].startswith("error: reports/site: ")


def test_a_part_is_published_where_that_is_asked_for_and_the_code_says_so(
    project: Build, thesis: Thesis, without_kernels: list[Limits], published: None
) -> None:
    here = project("good", "raises")
    (here.params / "slow.yml").unlink()
    code, out, err = thesis("report", "--allow-partial", "--quiet", at=here)
    assert (code, out) == (1, "reports/site/index.html\n")
    assert err.startswith("error: base/raises: cell 3: ZeroDivisionError")
    assert err.count("\n") == 1
    assert (here.root / "reports" / "site" / "index.html").read_text() == "part of today"


def test_bad_data_is_refused_before_a_notebook_starts_and_what_was_published_stays(
    project: Build,
    thesis: Thesis,
    without_kernels: list[Limits],
    published: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def bad(project: Project) -> None:
        raise DataError(Problem("table.csv", "starts with a byte-order mark", "Save it without"))

    monkeypatch.setattr(command, "_read_data", bad)
    here = project("good")
    index = here.root / "reports" / "site" / "index.html"
    index.parent.mkdir(parents=True)
    index.write_text("yesterday")
    for verb in ("report", "run"):
        done = thesis(verb, at=here)
        assert done == (2, "", "error: table.csv: starts with a byte-order mark. Save it without.\n")
    assert without_kernels == []
    assert not here.runs.exists()
    assert index.read_text() == "yesterday"


def test_a_bad_file_of_the_package_is_refused_with_its_rows(copied: Build) -> None:
    # As a process, since the data files belong to the package that a process has loaded.
    here = copied("good")
    path = here.package / "data" / "thesis" / "market_size.csv"
    path.write_text(path.read_text().replace("$2.5B", '"2,5"').replace("$18B", "lots"))
    done = process(here.root, "run")
    assert (done.returncode, done.stdout) == (2, "")
    where = "error: analysis/data/thesis/market_size.csv, row"
    first, second = done.stderr.splitlines()
    assert first.startswith(f"{where} 2, column size_2024_usd_bn: '2,5' has a decimal comma.")
    assert second.startswith(f"{where} 3, column size_2028_usd_bn: 'lots' is not a figure.")
    assert not (here.root / "reports").exists()


def test_two_scenarios_are_held_side_by_side(
    project: Build, thesis: Thesis, without_kernels: list[Limits]
) -> None:
    here = project("good")
    refused = thesis("diff", "base", "slow", at=here)
    assert (refused.code, refused.out, refused.err.count("\n")) == (2, "", 1)
    assert refused.err.startswith("error: side A, base: ") and "`thesis run --scenario base`" in refused.err
    assert thesis("run", at=here).code == 0
    code, out, err = thesis("diff", "base", "slow", at=here)
    assert (code, err) == (0, "")
    assert out.startswith("1 parameter differs\n")
    assert "growth_pct  [10.0, 30.0]  [0.0, 10.0]" in out
    rows = list(csv.DictReader(io.StringIO(thesis("diff", "base", "slow", "--format", "csv", at=here).out)))
    words = ("diff", "base", "slow", "--format", "json", "--html", "d.html")
    content = json.loads(thesis(*words, at=here).out)
    assert [row["id"] for row in rows] == [row["id"] for row in content["differences"]]
    assert "growth_pct" in (here.root / "d.html").read_text()


def test_a_day_stands_for_the_base_as_it_was_known_then(
    project: Build, thesis: Thesis, without_kernels: list[Limits]
) -> None:
    here = project("good")
    entry = (
        "{label: cut-off date, group: run, value: '2026-10-31', unit: date, range: [2024-01-01, 2026-10-31],"
        " status: assumption, description: The cut-off date., reference: {title: T}}"
    )
    with (here.params / "register.yml").open("a") as register:
        register.write(f"as_of: {entry}\n")
    notebook = here.notebooks / "good.ipynb"
    content = json.loads(notebook.read_text())
    (cell,) = [cell for cell in content["cells"] if "parameters" in cell["metadata"].get("tags", [])]
    cell["source"] = "".join(cell["source"]) + '\nas_of: str = "2026-10-31"  # date: The cut-off date.'
    notebook.write_text(json.dumps(content))
    done = thesis("diff", "2026-05-21", "2026-10-31", "--format", "json", at=here)
    assert done.code == 0, done.err
    (changed,) = [row for row in json.loads(done.out)["differences"] if row["kind"] == "parameter"]
    assert (changed["id"], changed["a"], changed["b"]) == ("as_of", "2026-05-21", "2026-10-31")
    assert "succeeded" in done.err
    again = thesis("diff", "2026-05-21", "2026-10-31", "--format", "json", at=here)
    assert again.out == done.out and "unchanged" in again.err
    for a, b, place in (
        ("2026-05-22", "nosuchthing", "side B, nosuchthing: "),
        ("2026-05-22", "2026-13-01", "side B, -p, key as_of: "),
        ("2023-12-31", "2026-05-21", "side A, -p, key as_of: "),
    ):
        refused = thesis("diff", a, b, at=here)
        assert (refused.code, refused.out) == (2, "")
        assert refused.err.startswith(f"error: {place}")
    assert not list(here.root.rglob("2026-05-22"))  # nothing ran


def test_a_text_that_would_break_notebooks_is_refused_before_one_is_touched(
    project: Build, thesis: Thesis, without_kernels: list[Limits]
) -> None:
    here = project("good")
    register, notebook = here.params / "register.yml", here.notebooks / "good.ipynb"
    text, before = register.read_text(), notebook.read_bytes()
    register.write_text(text.replace("Elapsed years of the growth.", '"Elapsed years\\nimport this"'))
    assert register.read_text() != text
    done = thesis("notebooks", at=here)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "register.yml, key years.description: holds '\\n'" in done.err
    assert (notebook.read_bytes(), without_kernels) == (before, [])


def test_quiet_says_errors_alone_and_json_is_for_other_programs(
    project: Build, thesis: Thesis, without_kernels: list[Limits]
) -> None:
    here = project("good", "raises")
    quiet = thesis("run", "--scenario", "base", "--quiet", at=here)
    assert (quiet.code, quiet.out) == (1, "")
    assert quiet.err.startswith("error: base/raises: cell 3") and quiet.err.count("\n") == 1
    as_json = thesis("run", "--scenario", "base", "--json", at=here)
    assert (as_json.code, as_json.err) == (1, quiet.err)
    events = [json.loads(line) for line in as_json.out.splitlines()]
    assert [event["event"] for event in events] == [
        "planned",
        "ended",
        "started",
        "cell",
        "cell",
        "cell",
        "ended",
        "finished",
    ]
    assert events[1]["status"] == "cached"
    assert events[-2]["failed"] == "reports/runs/base/raises.failed.ipynb"


def test_limits_reach_every_notebook(project: Build, thesis: Thesis, without_kernels: list[Limits]) -> None:
    here = project("good", "raises")
    thesis("run", "--scenario", "base", "--timeout", "25", "--cell-timeout", "0.5", at=here)
    thesis("run", "--scenario", "slow", at=here)
    assert without_kernels == [Limits(25, 0.5)] * 2 + [Limits()] * 2


def test_a_second_batch_on_the_same_output_is_refused_with_the_process_of_the_first(
    project: Build, thesis: Thesis, without_kernels: list[Limits], published: None
) -> None:
    here = project("good")
    with lock.held(here.runs):
        for words in ("run --scenario base", "report", "publish --out site"):
            assert thesis(*words.split(), at=here) == (
                2,
                "",
                (
                    f"error: reports/runs: another batch writes here (process {os.getpid()}). Wait until that"
                    " has ended, or name another place where the command takes --out.\n"
                ),
            )
        assert thesis("run", "--scenario", "base", "--out", "elsewhere", at=here).code == 0
    assert thesis("run", "--scenario", "base", at=here).code == 0


@pytest.mark.skipif(not ON_A_DISK, reason="needs a namespace of its own to mount a small disk in")
def test_a_full_disk_fails_what_does_not_fit_and_nothing_else(copied: Build, tmp_path: Path) -> None:
    # A disk of 3 MB with the results of yesterday. Today `a_large` shows 4 MB; `good`, which comes after it,
    # fits. It takes real kernels and a disk: what fails at which byte is the system's to say.
    here = copied("good")
    content = json.loads((here.notebooks / "good.ipynb").read_text())
    content["cells"][2]["source"] = "print('x' * 4_000_000)"
    (here.notebooks / "a_large.ipynb").write_text(json.dumps(content))
    before = here.root / "before" / "base"
    before.mkdir(parents=True)
    for name in ("a_large.ipynb", "a_large.yml"):
        (before / name).write_text("yesterday")
    script = """
        mkdir disk && mount -t tmpfs -o size=3m disk disk && cp -a before/base disk
        python -m analysis run --scenario base --workers 1 --out disk; code=$?
        cp -a disk after; exit $code
    """
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        [*ON_A_DISK, "bash", "-c", script],
        cwd=here.root,
        env=environment(here.root) | {"PATH": path},
        text=True,
        capture_output=True,
        check=False,
        timeout=2 * PATIENCE_SECONDS,
    )
    assert done.returncode == 1, done.stderr
    error = "cell 3: the disk is full (No space left on device)"
    assert done.stderr == f"error: base/a_large: {error}. Open disk/base/a_large.failed.ipynb.\n"
    after = here.root / "after" / "base"
    assert [(after / name).read_text() for name in ("a_large.ipynb", "a_large.yml")] == ["yesterday"] * 2
    note = json.loads((after / "a_large.failed.ipynb").read_text())["cells"][0]["source"]
    assert "did not run to its end" in note and "the disk is full" in note
    entries = json.loads((after.parent / "manifest.json").read_text())["runs"]
    assert [(entry["notebook"], entry["status"]) for entry in entries] == [
        ("a_large", "failed"),
        ("good", "succeeded"),
    ]
    assert sorted(path.name for path in after.parent.iterdir()) == ["base", "manifest.json"]


@pytest.mark.parametrize(
    "how",
    [
        "ctrl-c",
        "kill the group",
        pytest.param("only the parent", marks=pytest.mark.slow),
        pytest.param("terminate", marks=pytest.mark.slow),
        pytest.param("kill", marks=pytest.mark.slow),
    ],
)
def test_a_batch_that_is_stopped_leaves_nothing_half_done_and_nothing_running(
    copied: Build, thesis: Thesis, how: str
) -> None:
    # Real signals to real processes: one that is asked to stop, and one that cannot clear up. The other ways
    # are slow ones.
    here = copied("good", "waits")
    root, runs = here.root, here.runs
    (runs / "base").mkdir(parents=True)
    (runs / "base" / "waits.ipynb").write_text("yesterday")
    batch = subprocess.Popen(
        [sys.executable, "-m", "analysis", "run", "--scenario", "base"],
        cwd=root,
        env=environment(root),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        wait_for((root / "notebooks" / "running-base").exists)
        wait_for((runs / "manifest.json").exists)  # written once the other notebook is in place
        assert processes_below(root) != []
        second = thesis("run", "--scenario", "base", "--notebook", "good", at=here)
        assert second.err.startswith(f"error: reports/runs: another batch writes here (process {batch.pid}).")
        number = signal.SIGKILL if "kill" in how else signal.SIGTERM if how == "terminate" else signal.SIGINT
        (os.killpg if how in ("ctrl-c", "kill the group") else os.kill)(batch.pid, number)
        _, errors = batch.communicate(timeout=PATIENCE_SECONDS)
    finally:
        batch.kill()
    if "kill" in how:  # nobody is there to clear up: the workers do it themselves
        wait_for(lambda: not processes_below(root) and not list(runs.glob(".batch-*")))
    else:
        assert batch.returncode == 130
        assert errors.startswith("stopped: 1 of 2 notebooks ") and errors.count("\n") == 1
    assert processes_below(root) == []
    # The file of a lock may be left by a killed batch; the lock itself is not.
    assert sorted({path.name for path in runs.iterdir()} - {".lock"}) == ["base", "manifest.json"]
    assert (runs / "base" / "waits.ipynb").read_text() == "yesterday"
    if "kill" not in how:  # what was running is kept as it was, next to the last good result
        note, *_, marker, waits = json.loads((runs / "base" / "waits.failed.ipynb").read_text())["cells"]
        assert "did not run to its end.** cell 4: the batch was stopped." in note["source"]
        assert ("ended in the next cell" in marker["source"], waits["id"]) == (True, "step-2")
    assert [run["notebook"] for run in json.loads((runs / "manifest.json").read_text())["runs"]] == ["good"]

    rest = thesis("run", "--scenario", "base", "--notebook", "good", at=here)
    assert rest.out.startswith("cached     base/good  unchanged")
    assert sorted(path.name for path in runs.iterdir()) == ["base", "manifest.json"]


def test_scenarios_are_listed_in_three_formats(project: Build, thesis: Thesis) -> None:
    here = project()
    table, rows, objects = (
        thesis("scenarios", "--format", form, at=here).out for form in ("table", "csv", "json")
    )
    assert [row["scenario"] for row in csv.DictReader(io.StringIO(rows))] == ["base", "slow"]
    assert json.loads(objects)[1] | {"base": "", "value": ""} == {
        "scenario": "slow",
        "description": "Growth is slower.",
        "name": "growth_pct",
        "label": "yearly growth",
        "unit": "percent per year",
        "base": "",
        "value": "",
        "because": "So that something differs.",
    }
    assert json.loads(list(csv.DictReader(io.StringIO(rows)))[1]["value"]) == [0.0, 10.0]
    assert "growth_pct" in table.splitlines()[2]


def test_the_list_of_commands_cuts_no_sentence_and_no_help_is_wide(thesis: Thesis) -> None:
    """The first sentence of each command fits a terminal of 80 columns; `make help` fits one of 100."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "80")
        commands = thesis("--help").out.split("Commands:\n")[1].splitlines()
    assert len(commands) > 10
    assert [line for line in commands if not line.endswith(".") or line.endswith("...")] == []
    make = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=Project.default().root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "  make report " in make
    assert [line for line in make.splitlines() if len(line) > 100] == []


def test_help_loads_nothing_heavy() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "analysis", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert (
        loaded & {"pydantic", "pandas", "numpy", "papermill", "nbformat", "rich", "yaml", "jinja2"} == set()
    )
    for verb in ("report", "run", "publish", "notebooks", "scenarios"):
        assert f"\n  {verb} " in done.stdout


@contextmanager
def read_only(root: Path) -> Iterator[None]:
    """A project in which no folder takes a file."""
    (root / "reports" / "runs").mkdir(parents=True, exist_ok=True)
    folders = [path for path in (root, *root.rglob("*")) if path.is_dir()]
    for folder in folders:
        folder.chmod(0o555)
    try:
        yield
    finally:
        for folder in folders:
            folder.chmod(0o755)


DAC_OVERRIDE = 1
"""The capability by which modes of files mean nothing to root."""


@contextmanager
def without_privilege() -> Iterator[None]:
    """Let modes of files count for this process if it is root; for others they do anyway."""
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header, before = (ctypes.c_uint32 * 2)(0x2008_0522, 0), (ctypes.c_uint32 * 6)()  # version 3; this process

    def put(sets: ctypes.Array[ctypes.c_uint32]) -> None:
        assert libc.capset(header, sets) == 0, os.strerror(ctypes.get_errno())

    assert libc.capget(header, before) == 0, os.strerror(ctypes.get_errno())
    without = (ctypes.c_uint32 * 6)(*before)
    without[0] &= ~(
        1 << DAC_OVERRIDE
    )  # the effective ones; the permitted ones stay, so that it can come back
    put(without)
    try:
        yield
    finally:
        put(before)


def drop_privilege() -> None:
    """The same for a process that is about to start, and for all that it starts."""
    if os.geteuid() == 0:
        drop_from_bounding_set = 24
        assert ctypes.CDLL(None).prctl(drop_from_bounding_set, DAC_OVERRIDE, 0, 0, 0) == 0


@pytest.mark.parametrize(
    ("verb", "refused"),
    [
        ("run", "reports/runs"),
        ("run -p years=5", "reports"),
        ("report", "reports/runs"),
        ("notebooks", "notebooks"),
    ],
)
def test_a_checkout_that_takes_no_file_is_refused_in_one_line(
    project: Build, thesis: Thesis, without_kernels: list[Limits], verb: str, refused: str
) -> None:
    here = project("good")
    with read_only(here.root), without_privilege():
        before = sorted(here.root.rglob("*"))
        code, _, err = thesis(*verb.split(), at=here)
        after = sorted(here.root.rglob("*"))
    assert code == 2, err
    assert err.count("\n") == 1
    assert refused in err and "cannot be written to (Permission denied)" in err
    assert after == before


def test_a_checkout_that_takes_no_file_can_be_read_and_run_elsewhere(copied: Build, tmp_path: Path) -> None:
    # As a process with real kernels, which might want to write where they run.
    root = copied("good").root
    with read_only(root):
        words = ("run", "--scenario", "base", "--out", str(tmp_path / "elsewhere"))
        done = process(root, *words, before=drop_privilege)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "elsewhere" / "base" / "good.ipynb").exists()
