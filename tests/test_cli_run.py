"""The `thesis` command as a user meets it: what it prints, where, with which exit code, and what it leaves behind.

The package is copied into a folder with small notebooks of its own: the root of a project is the parent of its package,
so that copy is a project in itself.
"""

import csv
import ctypes
import errno
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

import analysis
from analysis import __main__ as command
from analysis.errors import ParameterError, Problem, RunError

MATERIAL = Path(__file__).parent / "notebooks"
PATIENCE_SECONDS = 240  # how long something may hang; nothing is measured by it
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

PUBLISHED = """
from pathlib import Path

def publish(runs: Path, out: Path, *, partial: bool = False, document: object = None) -> Path:
    out.mkdir(parents=True, exist_ok=True)
    (out / "index.html").write_text("part of today" if partial else "today")
    return out / "index.html"
"""


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """`project("good")` is the root of a project with that notebook."""

    def build(*names: str) -> Path:
        root = tmp_path / "project"
        shutil.copytree(
            analysis.ROOT / "analysis", root / "analysis", ignore=shutil.ignore_patterns("__pycache__")
        )
        shutil.copytree(MATERIAL / "params", root / "params")
        (root / "notebooks").mkdir()
        for name in names:
            shutil.copy(MATERIAL / f"{name}.ipynb", root / "notebooks")
        return root

    return build


@pytest.fixture
def read_only(project: Callable[..., Path]) -> Iterator[Path]:
    """A project in which no folder takes a file."""
    root = project("good")
    (root / "reports" / "runs").mkdir(parents=True)
    folders = [path for path in (root, *root.rglob("*")) if path.is_dir()]
    for folder in folders:
        folder.chmod(0o555)
    yield root
    for folder in folders:
        folder.chmod(0o755)


def without_privilege() -> None:
    """Let modes of files count for root, too; elsewhere they do anyway."""
    if os.geteuid() == 0:
        drop_from_bounding_set, dac_override = 24, 1
        assert ctypes.CDLL(None).prctl(drop_from_bounding_set, dac_override, 0, 0, 0) == 0


def environment(root: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(root), "COLUMNS": "110"}


def thesis(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "analysis", *arguments],
        cwd=root,
        env=environment(root),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
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
            ["run", "-p", "years=99"],
            "-p, key years: 99 is outside 1 to 10 years. Write a number within the range.",
        ),
        (
            ["scenarios", "--format", "xml"],
            "Invalid value for '--format': 'xml' is not one of 'table', 'csv', 'json'.",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line_before_anything_runs(
    project: Callable[..., Path], arguments: list[str], said: str
) -> None:
    root = project("good")
    done = thesis(root, *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"error: {said}")
    assert not (root / "reports").exists()


def test_a_batch_says_what_became_of_each_notebook(project: Callable[..., Path]) -> None:
    root = project("good", "raises")
    done = thesis(root, "run", "--scenario", "base")
    assert done.returncode == 1
    *lines, summary = done.stdout.splitlines()
    assert {tuple(line.split()[:2]) for line in lines} == {
        ("succeeded", "base/good"),
        ("failed", "base/raises"),
    }
    assert summary.startswith("2 notebooks: 1 succeeded, 1 failed in ")
    assert summary.endswith(" s. See reports/runs.")
    assert done.stderr == (
        "error: base/raises: cell 3: ZeroDivisionError: float division by zero. Open reports/runs/base/raises.failed.ipynb.\n"
    )

    again = thesis(root, "run", "--scenario", "base", "--notebook", "good")
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.splitlines()[0] == "cached     base/good  unchanged"


def test_values_of_ones_own_leave_the_runs_of_the_scenario_alone(project: Callable[..., Path]) -> None:
    root = project("good")
    done = thesis(root, "run", "--scenario", "slow", "-p", "years=5")
    assert (done.returncode, done.stderr) == (0, "")
    assert "years: 5.0" in (root / "reports" / ".custom" / "slow" / "good.yml").read_text()
    assert not (root / "reports" / "runs").exists()
    refused = thesis(root, "run", "--scenario", "slow", "-p", "years=5", "--out", "reports/runs")
    assert refused.returncode == 2
    assert refused.stderr.startswith(
        "error: --out reports/runs: holds the runs of the scenarios themselves, and -p changes"
    )


def test_an_output_folder_that_cannot_be_is_bad_input(project: Callable[..., Path]) -> None:
    root = project("good")
    (root / "reports").write_text("a file")
    done = thesis(root, "run", "--scenario", "base")
    assert done.returncode == 2
    assert done.stderr == (
        f"error: {root}/reports/runs: cannot be written to (Not a directory). "
        "Work where you may write, or name another place where the command takes --out.\n"
    )


@pytest.mark.parametrize("names", [["good"], ["good", "raises"]])
def test_a_report_is_published_only_when_everything_succeeded(
    project: Callable[..., Path], names: list[str]
) -> None:
    root = project(*names)
    (root / "params" / "slow.yml").unlink()
    (root / "analysis" / "pipeline" / "site.py").write_text(PUBLISHED)
    (root / "reports" / "site").mkdir(parents=True)
    (root / "reports" / "site" / "index.html").write_text("yesterday")
    done = thesis(root, "report")
    index = (root / "reports" / "site" / "index.html").read_text()
    if "raises" in names:
        assert (done.returncode, index) == (1, "yesterday")
        assert done.stderr.splitlines()[-1] == (
            "error: reports/site: was not built again. Correct what failed, then run thesis report again."
        )
    else:
        assert (done.returncode, index, done.stderr) == (0, "today", "")
        assert done.stdout.splitlines()[-1] == "reports/site/index.html"


def test_two_scenarios_are_held_side_by_side(project: Callable[..., Path]) -> None:
    root = project("good")
    refused = thesis(root, "diff", "base", "slow")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == "error: base: was not run. Run `thesis run --scenario base`.\n"
    assert thesis(root, "run").returncode == 0
    for name in ("templates", "static"):
        shutil.copytree(analysis.ROOT / "reports" / name, root / "reports" / name)
    done = thesis(root, "diff", "base", "slow")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("1 parameter differs\n")
    assert "growth_pct  [10.0, 30.0]  [0.0, 10.0]" in done.stdout
    rows = list(csv.DictReader(io.StringIO(thesis(root, "diff", "base", "slow", "--format", "csv").stdout)))
    content = json.loads(thesis(root, "diff", "base", "slow", "--format", "json", "--html", "d.html").stdout)
    assert [row["id"] for row in rows] == [row["id"] for row in content["differences"]]
    assert "growth_pct" in (root / "d.html").read_text()


def test_a_day_stands_for_the_base_as_it_was_known_then(project: Callable[..., Path]) -> None:
    root = project("good")
    entry = "{value: '2026-10-31', unit: date, status: assumption, used_by: [good], description: The day of looking., reference: {title: T}}"
    with (root / "params" / "register.yml").open("a") as register:
        register.write(f"as_of: {entry}\n")
    notebook = root / "notebooks" / "good.ipynb"
    content = json.loads(notebook.read_text())
    (cell,) = [cell for cell in content["cells"] if "parameters" in cell["metadata"].get("tags", [])]
    cell["source"] = "".join(cell["source"]) + '\nas_of: str = "2026-10-31"  # date: The day of looking.'
    notebook.write_text(json.dumps(content))
    done = thesis(root, "diff", "2026-05-21", "2026-10-31", "--format", "json")
    assert done.returncode == 0, done.stderr
    (changed,) = [row for row in json.loads(done.stdout)["differences"] if row["kind"] == "parameter"]
    assert (changed["id"], changed["a"], changed["b"]) == ("as_of", "2026-05-21", "2026-10-31")
    assert "succeeded" in done.stderr
    again = thesis(root, "diff", "2026-05-21", "2026-10-31", "--format", "json")
    assert again.stdout == done.stdout and "unchanged" in again.stderr
    refused = thesis(root, "diff", "2026-05-21", "2026-13-01")
    assert (refused.returncode, refused.stdout) == (2, "")


def test_a_part_is_published_where_that_is_asked_for_and_the_code_says_so(
    project: Callable[..., Path],
) -> None:
    root = project("good", "raises")
    (root / "params" / "slow.yml").unlink()
    (root / "analysis" / "pipeline" / "site.py").write_text(PUBLISHED)
    done = thesis(root, "report", "--allow-partial", "--quiet")
    assert (done.returncode, done.stdout) == (1, "reports/site/index.html\n")
    assert done.stderr.startswith("error: base/raises: cell 3: ZeroDivisionError")
    assert done.stderr.count("\n") == 1
    assert (root / "reports" / "site" / "index.html").read_text() == "part of today"


def test_quiet_says_errors_alone_and_json_is_for_other_programs(project: Callable[..., Path]) -> None:
    root = project("good", "raises")
    quiet = thesis(root, "run", "--scenario", "base", "--quiet")
    assert (quiet.returncode, quiet.stdout) == (1, "")
    assert quiet.stderr.startswith("error: base/raises: cell 3") and quiet.stderr.count("\n") == 1
    told = thesis(root, "run", "--scenario", "base", "--json")
    assert (told.returncode, told.stderr) == (1, quiet.stderr)
    events = [json.loads(line) for line in told.stdout.splitlines()]
    assert [event["event"] for event in events] == [
        "planned", "ended", "started", "cell", "cell", "cell", "ended", "finished",
    ]  # fmt: skip
    assert events[1]["status"] == "cached"
    assert events[-2]["failed"] == "reports/runs/base/raises.failed.ipynb"
    both = thesis(root, "run", "--json", "--quiet")
    assert (both.returncode, both.stdout) == (2, "")
    assert both.stderr == "error: --quiet --json: exclude each other. Give one of them.\n"


def test_only_what_a_change_can_have_changed_runs_again_and_the_manifest_says_why(
    project: Callable[..., Path],
) -> None:
    root = project("good")

    def reasons() -> dict[str, str]:
        done = thesis(root, "run", "--quiet")
        assert done.returncode == 0, done.stderr
        runs = json.loads((root / "reports" / "runs" / "manifest.json").read_text())["runs"]
        return {run["scenario"]: run["reason"] for run in runs}

    def append(name: str, text: str) -> None:
        with (root / name).open("a") as file:
            file.write(text)

    assert reasons() == {"base": "new", "slow": "new"}
    for path in root.rglob("*.*"):
        os.utime(path)
    assert reasons() == {"base": "unchanged", "slow": "unchanged"}
    append("params/slow.yml", "years: 5\n")
    slow = root / "params" / "slow.yml"
    slow.write_text(slow.read_text().replace("because:", "because:\n  years: Longer."))
    assert reasons() == {"base": "unchanged", "slow": "parameters"}
    append("analysis/figures/theme.py", "# changed\n")
    assert reasons() == {"base": "code", "slow": "code"}
    append("analysis/data/evidence/dated_facts.meta.yml", "# changed\n")
    assert reasons() == {"base": "data", "slow": "data"}
    (root / "reports" / "runs" / "slow" / "good.ipynb").unlink()
    assert reasons() == {"base": "unchanged", "slow": "new"}


def test_a_second_batch_on_the_same_output_is_refused_with_the_process_of_the_first(
    project: Callable[..., Path],
) -> None:
    root = project("good", "waits")
    command = [sys.executable, "-m", "analysis", "run", "--scenario", "base", "--notebook", "waits"]
    first = subprocess.Popen(command, cwd=root, env=environment(root), stdout=subprocess.DEVNULL)
    try:
        wait_for((root / "notebooks" / "running-base").exists)
        for verb in ("run --scenario base --notebook good", "report", "publish"):
            second = thesis(root, *verb.split())
            assert (second.returncode, second.stdout) == (2, "")
            assert second.stderr == (
                f"error: reports/runs: another batch writes here (process {first.pid}). Wait until that has ended, "
                "or name another place where the command takes --out.\n"
            )
        elsewhere = thesis(root, "run", "--scenario", "base", "--notebook", "good", "--out", "elsewhere")
        assert elsewhere.returncode == 0, elsewhere.stderr
    finally:
        first.kill()
        first.wait()
    after = thesis(root, "run", "--scenario", "base", "--notebook", "good")
    assert after.returncode == 0, after.stderr


def test_a_limit_ends_a_notebook_and_the_others_finish(project: Callable[..., Path]) -> None:
    root = project("good", "waits")
    done = thesis(root, "run", "--scenario", "base", "--timeout", "25", "--workers", "2")
    assert done.returncode == 1
    assert done.stderr == (
        "error: base/waits: cell 4: the notebook ran into its limit of 25 s (--timeout). "
        "Open reports/runs/base/waits.failed.ipynb.\n"
    )
    assert (root / "reports" / "runs" / "base" / "good.ipynb").exists()


@pytest.mark.skipif(not ON_A_DISK, reason="needs a namespace of its own to mount a small disk in")
def test_a_full_disk_fails_what_does_not_fit_and_nothing_else(
    project: Callable[..., Path], tmp_path: Path
) -> None:
    # A disk of 3 MB. The second run of `large` shows 4 MB; `good`, which comes after it, fits.
    root = project("good")
    large = root / "notebooks" / "a_large.ipynb"
    content = json.loads((root / "notebooks" / "good.ipynb").read_text())
    content["cells"][2]["source"] = "print('x' * 100)"
    large.write_text(json.dumps(content))
    content["cells"][2]["source"] = "print('x' * 4_000_000)"
    (tmp_path / "larger.ipynb").write_text(json.dumps(content))
    run = "python -m analysis run --scenario base --workers 1 --out disk"
    script = f"""
        mkdir disk && mount -t tmpfs -o size=3m disk disk
        {run} && cp {tmp_path}/larger.ipynb notebooks/a_large.ipynb && cp -a disk before
        {run} --force; code=$?
        df --output=pcent disk | tail -1 >&2
        cp -a disk after; exit $code
    """
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        [*ON_A_DISK, "bash", "-c", script], cwd=root, env=environment(root) | {"PATH": path}, text=True,
        capture_output=True, check=False, timeout=2 * PATIENCE_SECONDS,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    error = "cell 3: the disk is full (No space left on device)"
    assert done.stderr.splitlines()[0] == (
        f"error: base/a_large: {error}. Open disk/base/a_large.failed.ipynb."
    )
    before, after = root / "before" / "base", root / "after" / "base"
    for name in ("a_large.ipynb", "a_large.yml", "good.ipynb"):
        assert (after / name).read_bytes() == (before / name).read_bytes(), name
    note = json.loads((after / "a_large.failed.ipynb").read_text())["cells"][0]["source"]
    assert "did not run to its end" in note and "the disk is full" in note
    entries = json.loads((after.parent / "manifest.json").read_text())["runs"]
    assert [(entry["notebook"], entry["status"]) for entry in entries] == [
        ("a_large", "failed"),
        ("good", "succeeded"),
    ]
    assert sorted(path.name for path in after.parent.iterdir()) == ["base", "manifest.json"]


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def left_of(root: Path) -> list[int]:
    """Processes of a batch below a folder: workers and kernels, by the runtime folder in their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if (
                str(root) in process.environ().get("JUPYTER_RUNTIME_DIR", "")
                and process.status() != psutil.STATUS_ZOMBIE
            ):
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


@pytest.mark.parametrize("how", ["ctrl-c", "only the parent", "terminate", "kill", "kill the group"])
def test_a_batch_that_is_stopped_leaves_nothing_half_done_and_nothing_running(
    project: Callable[..., Path], how: str
) -> None:
    root = project("good", "waits")
    runs = root / "reports" / "runs"
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
        assert left_of(root) != []
        number = signal.SIGKILL if "kill" in how else signal.SIGTERM if how == "terminate" else signal.SIGINT
        (os.killpg if how in ("ctrl-c", "kill the group") else os.kill)(batch.pid, number)
        _, errors = batch.communicate(timeout=PATIENCE_SECONDS)
    finally:
        batch.kill()
    if "kill" in how:  # nobody is there to clear up: the workers do it themselves
        wait_for(lambda: not left_of(root) and not list(runs.glob(".batch-*")))
    else:
        assert batch.returncode == 130
        assert errors == "stopped: 1 of 2 notebooks are done. Run the same command again to do the rest.\n"
    assert left_of(root) == []
    # The file of a lock may be left by a killed batch; the lock itself is not.
    assert sorted({path.name for path in runs.iterdir()} - {".lock"}) == ["base", "manifest.json"]
    assert (runs / "base" / "waits.ipynb").read_text() == "yesterday"
    if "kill" not in how:  # what was running is kept as it was, beside the last good result
        note, *_, marker, waits = json.loads((runs / "base" / "waits.failed.ipynb").read_text())["cells"]
        assert "did not run to its end.** cell 4: the batch was stopped." in note["source"]
        assert ("ended in the next cell" in marker["source"], waits["id"]) == (True, "step-2")
    assert [run["notebook"] for run in json.loads((runs / "manifest.json").read_text())["runs"]] == ["good"]

    rest = thesis(root, "run", "--scenario", "base", "--notebook", "good")
    assert rest.stdout.startswith("cached     base/good  unchanged")
    assert sorted(path.name for path in runs.iterdir()) == ["base", "manifest.json"]


def test_scenarios_are_listed_in_three_formats(project: Callable[..., Path]) -> None:
    root = project()
    table, rows, objects = (
        thesis(root, "scenarios", "--format", form).stdout for form in ("table", "csv", "json")
    )
    assert [row["scenario"] for row in csv.DictReader(io.StringIO(rows))] == ["base", "slow"]
    assert json.loads(objects)[1] | {"base": "", "value": ""} == {
        "scenario": "slow",
        "description": "Growth is slower.",
        "name": "growth_pct",
        "unit": "percent per year",
        "base": "",
        "value": "",
        "because": "So that something differs.",
    }
    assert json.loads(list(csv.reader(io.StringIO(rows)))[2][5]) == [0.0, 10.0]
    assert "growth_pct" in table.splitlines()[2]


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
    read_only: Path, verb: str, refused: str
) -> None:
    before = sorted(read_only.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-m", "analysis", *verb.split()], cwd=read_only, env=environment(read_only), text=True,
        capture_output=True, check=False, timeout=PATIENCE_SECONDS, preexec_fn=without_privilege,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1
    assert refused in done.stderr and "cannot be written to (Permission denied)" in done.stderr
    assert sorted(read_only.rglob("*")) == before


def test_a_checkout_that_takes_no_file_can_be_read_and_run_elsewhere(read_only: Path, tmp_path: Path) -> None:
    for verb in ("scenarios", f"run --scenario base --out {tmp_path / 'elsewhere'}"):
        done = subprocess.run(
            [sys.executable, "-m", "analysis", *verb.split()], cwd=read_only, env=environment(read_only), text=True,
            capture_output=True, check=False, timeout=PATIENCE_SECONDS, preexec_fn=without_privilege,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "elsewhere" / "base" / "good.ipynb").exists()


def test_every_way_to_end_has_its_code_and_its_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("THESIS_DEBUG", raising=False)

    def ends(reason: Exception) -> tuple[int, str]:
        def verb() -> None:
            raise reason

        return command._exit_code(verb), capsys.readouterr().err

    one, two = Problem("a.yml", "is empty", "Fill it"), Problem("b.yml", "is a list", "Write a mapping")
    assert ends(ParameterError([one, two])) == (
        2,
        "error: a.yml: is empty. Fill it.\nerror: b.yml: is a list. Write a mapping.\n",
    )
    assert ends(RunError(one)) == (1, "error: a.yml: is empty. Fill it.\n")
    assert ends(KeyError("two\nlines")) == (1, "error: KeyError: 'two\\nlines'\n")
    assert command._exit_code(lambda: 130) == 130
    assert capsys.readouterr().err == "stopped.\n"
    assert command._exit_code(lambda: None) == 0
    monkeypatch.setenv("THESIS_DEBUG", "1")
    with pytest.raises(KeyError):
        ends(KeyError("x"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_verb_that_is_asked_to_end_is_stopped(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    def listing(*_: object) -> str:
        os.kill(os.getpid(), number)
        raise AssertionError("it went on")

    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGHUP)}
    monkeypatch.setattr(command.console, "listing", listing)
    monkeypatch.setattr(sys, "argv", ["thesis", "scenarios"])
    try:
        for one in before:
            signal.signal(one, signal.SIG_DFL)
        with pytest.raises(SystemExit) as end:
            command.main()
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
    assert (end.value.code, capsys.readouterr().err) == (130, "stopped.\n")


def test_a_terminal_that_is_gone_ends_a_verb_and_not_in_an_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(command, "_exit_code", gone)
    monkeypatch.setattr(os, "dup2", lambda *_: None)
    with pytest.raises(SystemExit) as end:
        command.main()
    assert end.value.code == 130


def test_a_reader_who_leaves_early_is_no_error(project: Callable[..., Path]) -> None:
    root = project()
    line = f"{sys.executable} -m analysis scenarios --format csv | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", line], cwd=root, env=environment(root), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
