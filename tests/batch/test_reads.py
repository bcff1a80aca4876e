"""What counts of all that a kernel reads, and whether it still holds the same; kernels only at the end."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from analysis import cache
from analysis.batch import plan, reads, runner
from analysis.batch.execute import Job, RunResult
from analysis.batch.pool import Pool
from analysis.batch.reads import ABSENT, FileDigests, Reads
from analysis.batch.runner import Outcome
from analysis.project import Project
from tests.small_project import write_notebook

Build = Callable[..., Project]
TABLE = "analysis/data/table.csv"
EVIDENCE = "analysis/data/evidence"


def log(here: Project, *lines: tuple[str, object]) -> Path:
    """What a kernel of a project wrote down."""
    path = here.root / "log"
    path.write_text("".join(json.dumps([kind, str(text)]) + "\n" for kind, text in lines))
    return path


def read(here: Project, *paths: Path) -> tuple[str, ...]:
    """What counts of some paths that a kernel read."""
    lines = [(cache.READ, path) for path in paths]
    return reads.read_log(log(here, (cache.WATCHED, ""), *lines), here).paths


def test_data_parameters_and_notebooks_count_and_neither_the_register_nor_code_nor_results(
    project: Build,
) -> None:
    here = project("good")
    counts = [here.data / "table.csv", here.scenario("slow"), here.notebooks / "helper.py", here.evidence]
    others = [here.register, here.package / "model.py", here.runs / "manifest.json", here.root.parent / "x"]
    assert read(here, *counts, *others) == (
        EVIDENCE,
        TABLE,
        "notebooks/helper.py",
        "params/slow.yml",
    )


def test_a_module_counts_that_python_reads_compiled(project: Build) -> None:
    here = project("good")
    assert read(here, here.notebooks / "__pycache__" / "helper.cpython-311.pyc") == ("notebooks/helper.py",)


def test_a_file_counts_by_whatever_path_it_is_reached(project: Build, tmp_path: Path) -> None:
    here = project("good")
    (link := tmp_path / "link").symlink_to(here.root)
    (there := here.data / "there.csv").symlink_to(tmp_path / "elsewhere.csv")
    assert read(here, link / TABLE, there) == (TABLE, "analysis/data/there.csv")
    assert read(Project(link), here.root / TABLE) == (TABLE,)


def test_what_a_kernel_wrote_itself_is_no_input_and_what_it_overwrote_is_one(project: Build) -> None:
    here = project("good")
    own, table = here.notebooks / "own.csv", here.data / "table.csv"
    lines = [(cache.WRITTEN, own), (cache.READ, own), (cache.READ, table), (cache.WRITTEN, table)]
    assert reads.read_log(log(here, (cache.WATCHED, ""), *lines), here).paths == (TABLE,)


@pytest.mark.parametrize(
    ("kinds", "everything", "scenario_name"),
    [
        ([cache.WATCHED], False, False),
        ([cache.WATCHED, cache.EVERYTHING], True, False),
        ([cache.WATCHED, cache.SCENARIO], False, True),
        ([], True, True),  # it was not watched, and may have done anything
    ],
)
def test_a_log_says_whether_more_may_have_been_read_and_the_name_of_the_scenario_used(
    project: Build, kinds: list[str], everything: bool, scenario_name: bool
) -> None:
    here = project("good")
    assert reads.read_log(log(here, *((kind, "") for kind in kinds)), here) == Reads(
        (), everything, scenario_name
    )


def test_a_log_that_is_not_there_or_cut_off_says_nothing(project: Build, tmp_path: Path) -> None:
    here = project("good")
    (cut_off := tmp_path / "cut").write_text('["watched", ""]\n["re')
    for path in (tmp_path / "none", cut_off):
        assert reads.read_log(path, here) == Reads((), everything=True, scenario_name=True)


@pytest.mark.parametrize(
    ("source", "unnoticed"),
    [
        ("import polars as pl", True),
        ("if True:\n    from pyarrow import dataset", True),
        ("import pandas as pd\n# import polars", False),
        ("import tables_of_ours", False),
    ],
)
def test_a_project_that_imports_a_compiled_reader_may_read_anything(
    project: Build, source: str, unnoticed: bool
) -> None:
    here = project("good")
    (here.package / "model.py").write_text(source + "\n")
    (task,) = plan.plan(["base"], project=here)
    assert task.reads_unnoticed is unnoticed
    (here.package / "model.py").write_text("")
    write_notebook(here, "good", source, declared="years: float = 4.0")
    (task,) = plan.plan(["base"], project=here)
    assert task.reads_unnoticed is unnoticed
    ended = Outcome(task.name, "failed", "new", 1.0, "e")
    entry = runner._entry(task, ended, RunResult(1.0, "e", (), Reads()))
    assert ("analysis/data/" in entry["reads"]) is unnoticed


def changes(here: Project, *paths: str, everything: bool = False) -> Callable[[], tuple[str, ...]]:
    """A function that says what has changed since now, of what a notebook read."""
    before = FileDigests(here).of(Reads(paths, everything), here.notebooks / "good.ipynb")
    return lambda: FileDigests(here).changed(before)


def test_a_table_has_changed_if_its_content_or_its_description_has(project: Build) -> None:
    here = project("good")
    table = here.evidence_table("nvidia_revenue")
    name = table.relative_to(here.root).as_posix()
    changed = changes(here, name, name.replace(".csv", ".meta.yml"), TABLE)
    assert changed() == ()
    table.touch()
    assert changed() == ()
    table.write_text("another\n")
    table.with_suffix(".meta.yml").write_text("another: 1\n")
    assert changed() == ("nvidia_revenue",)


def test_what_was_not_there_counts_as_soon_as_it_is(project: Build) -> None:
    here = project("good")
    changed = changes(here, "params/new.yml")
    assert changed() == ()
    (here.params / "new.yml").write_text("scenario: new\n")
    assert changed() == ("params/new.yml",)


def test_what_a_link_to_a_folder_leads_to_counts(project: Build, tmp_path: Path) -> None:
    here = project("good")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "large.csv").write_text("one\n")
    (elsewhere / "back").symlink_to(here.data)
    (here.data / "linked").symlink_to(elsewhere)
    changed = changes(here, "analysis/data/linked/large.csv")
    assert changed() == ()
    (elsewhere / "large.csv").write_text("two\n")
    assert changed() == ("large",)


def test_of_a_folder_the_names_count_and_not_what_the_files_hold_nor_hidden_ones(project: Build) -> None:
    here = project("good")
    changed = changes(here, EVIDENCE, "notebooks")
    here.evidence_table("nvidia_revenue").write_text("another\n")
    for left_by_an_editor in (".swap", "nvidia_revenue.csv~", "#nvidia_revenue.csv#"):
        (here.evidence / left_by_an_editor).write_text("")
    (here.notebooks / "__pycache__").mkdir()
    (here.notebooks / "__pycache__" / "helper.cpython-311.pyc").write_text("")
    assert changed() == ()
    here.evidence_table("one_more").write_text("year\n")
    assert changed() == (f"{EVIDENCE}/",)


def test_a_notebook_counts_by_its_code_and_not_as_a_file_that_it_reads(project: Build) -> None:
    here = project("good", "raises")
    changed = changes(here, "notebooks/good.ipynb", "notebooks/raises.ipynb")
    for name in ("good", "raises"):
        (here.notebooks / f"{name}.ipynb").write_text("{}")
    assert changed() == ("notebooks/raises.ipynb",)


def test_a_kernel_that_may_have_read_anything_depends_on_all_data_and_parameters(project: Build) -> None:
    here = project("good")
    (here.data / ".hidden.csv").write_text("x")
    changed = changes(here, everything=True)
    (here.data / ".hidden.csv").write_text("y")
    here.register.write_text(here.register.read_text() + "# a remark\n")
    assert changed() == ()
    (here.data / "new.csv").write_text("x\n")
    here.scenario("slow").write_text("{}")
    assert set(changed()) == {"analysis/data/", "params/slow.yml"}
    known = FileDigests(here).of(None, here.notebooks / "good.ipynb")
    assert known == FileDigests(here).of(Reads(everything=True), here.notebooks / "good.ipynb")
    assert ABSENT not in known.values()


AT_IMPORT = (
    "from pathlib import Path\nROWS = (Path(__file__).parent / 'data' / 'at_import.csv').read_text()\n"
)
READS_A_TABLE = "print(open('../analysis/data/table.csv').read(), dir())"
STARTS_A_PROCESS = "import subprocess\nprint(subprocess.check_output(['cat', '../analysis/data/table.csv']))"


@pytest.fixture(scope="module", params=[True, False], ids=["forked", "stock"])
def results(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, build: Build
) -> Iterator[dict[str, tuple[RunResult, str]]]:
    """How notebooks ended, and what they printed; two kernels each, which take a second."""
    here = build(tmp_path_factory.mktemp("reads") / "project")
    (here.package / "__init__.py").unlink(missing_ok=True)
    (here.root / "rows_of_test.py").write_text(AT_IMPORT.replace("'data'", "'analysis' / 'data'"))
    (here.data / "at_import.csv").write_text("1\n")
    sources = {
        "reads": ["import rows_of_test", READS_A_TABLE],
        "starts": [STARTS_A_PROCESS],
    }
    paths = [write_notebook(here, name, *cells) for name, cells in sources.items()]
    with Pool(here.root, size=1, root=here.root, forked=request.param) as pool:
        jobs = [Job(path, pool.target(path.stem)) for path in paths]
        ends = dict(pool.results(jobs, stop=threading.Event()))
        yield {job.source.stem: (ends[at], job.target.read_text()) for at, job in enumerate(jobs)}


def test_a_kernel_says_what_it_read_also_as_its_modules_were_imported(
    results: dict[str, tuple[RunResult, str]],
) -> None:
    result, _ = results["reads"]
    assert result.error is None
    assert result.reads == Reads(("analysis/data/at_import.csv", TABLE))


def test_a_kernel_that_starts_a_process_may_have_read_anything_and_the_one_before_does_not_count(
    results: dict[str, tuple[RunResult, str]],
) -> None:
    result, _ = results["starts"]
    assert result.error is None and result.reads is not None
    assert result.reads.everything
    assert TABLE not in result.reads.paths


def test_no_name_in_a_kernel_is_that_of_what_watches_it(results: dict[str, tuple[RunResult, str]]) -> None:
    _, saved = results["reads"]
    assert not [name for name in ("'cache'", "'json'", "'os'", "'watch'") if name in saved]
