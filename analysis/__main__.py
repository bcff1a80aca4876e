"""What does a user type? The `thesis` command: it takes words apart, calls the rooms, and says how it ended.

Decisions
- It only wires: every verb is a call and what is printed of its result.
- What is heavy is imported by the verb that needs it, so that `--help` answers at once.
- Exit codes: 0 all well, 1 something ran and failed, 2 wrong usage or bad input (nothing ran), 130 stopped.
- Every verb ends on SIGTERM, and when its terminal is closed, as it does on Ctrl-C: it clears up first.
- Every error is one line on stderr for each problem, never a traceback; THESIS_DEBUG=1 shows it.
"""

from __future__ import annotations

import errno
import math
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, redirect_stdout, suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analysis import ROOT
from analysis.characters import for_terminal
from analysis.cli import console
from analysis.errors import (
    DataError,
    OutputError,
    ParameterError,
    PrintError,
    Problem,
    RunError,
    ThesisError,
    nearest,
)
from analysis.hashing import sha256

if TYPE_CHECKING:
    from analysis.batch.execute import Limits
    from analysis.batch.plan import Task
    from analysis.batch.runner import OnEvent, Outcome
    from analysis.models.sweep import Axis
    from analysis.scenarios import Assumptions, Entry

SITE = ROOT / "reports" / "site"
STOPPED = 130
UNWRITABLE = {errno.EROFS, errno.EACCES, errno.EPERM}
MOST_WORKERS = 512
"""More workers than any machine here needs; catches typing errors."""

SHORTEST, LONGEST = 0.1, 366 * 24 * 3600
"""Limits in seconds; a longer one is no limit."""

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

app = typer.Typer(
    help="Recompute one published investment thesis under named scenarios, and publish what follows.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _text(option: str) -> Callable[[str], str]:
    """Refuse an empty value, such as an unset shell variable; it would count as no value."""

    def parse(text: str) -> str:
        if not text.strip():
            raise ParameterError(Problem(f"{option} {text!r}", "is empty", "Write a value"))
        return text

    return parse


def _place(option: str) -> Callable[[str | Path], Path]:
    """A folder or file with a name."""

    def parse(text: str | Path) -> Path:
        from analysis.batch import storage

        return storage.local_path(str(text), option)

    return parse


def _location(text: str) -> Path:
    """A folder of this machine, or a URL."""
    from analysis.batch import storage

    return storage.location(text)


def _limit(option: str) -> Callable[[str], float]:
    """A number of seconds that can run out."""

    def parse(text: str) -> float:
        try:
            seconds = float(text)
        except ValueError:
            seconds = math.nan
        if not SHORTEST <= seconds <= LONGEST:
            fix = f"Write {SHORTEST:g} to {LONGEST:,} seconds, or leave the option out for no limit"
            raise ParameterError(Problem(f"{option} {text}", "is not a usable limit", fix))
        return seconds

    return parse


Scenarios = Annotated[
    list[str] | None,
    typer.Option("--scenario", metavar="NAME|all", help="Scenario; may be repeated.  [default: all]"),
]
Notebooks = Annotated[
    list[str] | None,
    typer.Option("--notebook", metavar="SLUG", help="Notebook; may be repeated.  [default: all]"),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "-p",
        metavar="NAME=VALUE",
        help=(
            "A value of your own on top of the scenario; may be repeated. Such runs are kept apart from those"
            " of the scenarios, in reports/.custom or --out, and are never published as the scenario."
        ),
    ),
]
SideName = Annotated[
    str,
    typer.Argument(
        parser=_text("diff"), help="A scenario, a day (YYYY-MM-DD), or a folder of executed notebooks."
    ),
]
OneScenario = Annotated[str, typer.Option("--scenario", metavar="NAME", help="Scenario.")]
OneOff = Annotated[
    list[str] | None,
    typer.Option(
        "-p", metavar="NAME=VALUE", help="A value of your own on top of the scenario; may be repeated."
    ),
]
Workers = Annotated[
    int, typer.Option(min=1, max=MOST_WORKERS, metavar="N", help="How many notebooks run at a time.")
]
Force = Annotated[bool, typer.Option("--force", help="Run also what is unchanged.")]
Document = Annotated[
    bool, typer.Option("--pdf", help="Also bind the report as one PDF, report.pdf in the site.")
]
Timeout = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        parser=_limit("--timeout"),
        metavar="SECONDS",
        help="How long a notebook may run.  [default: no limit]",
    ),
]
CellTimeout = Annotated[
    float | None,
    typer.Option(
        "--cell-timeout",
        parser=_limit("--cell-timeout"),
        metavar="SECONDS",
        help="How long a cell may run.  [default: no limit]",
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        parser=_text("--cluster"),
        metavar="ADDRESS",
        help=(
            "Run on the workers of this dask scheduler (tcp://HOST:8786), or of a `local` one of --workers"
            " processes."
        ),
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
AsJson = Annotated[
    bool, typer.Option("--json", help="Tell progress and end as one JSON object a line, for other programs.")
]
Partial = Annotated[
    bool,
    typer.Option(
        "--allow-partial", help="Publish although notebooks are missing, and say so on their pages."
    ),
]
Form = Annotated[console.Format, typer.Option("--format", metavar="table|csv|json", help="How to print it.")]


@app.callback(invoke_without_command=True)
def _thesis(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from importlib import metadata

        console.echo(f"thesis {metadata.version('thesis-report')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        console.echo(context.get_help())
        raise typer.Exit(2)


@app.command()
def report(
    workers: Workers = 2,
    force: Force = False,
    allow_partial: Partial = False,
    timeout: Timeout = None,
    cell_timeout: CellTimeout = None,
    cluster: Cluster = None,
    document: Document = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Run everything, then publish the site: the main job.

    Every notebook under every scenario, except what is unchanged. Prints the path of the site's index page as
    its last line. If a notebook fails, the site stays as it was, unless --allow-partial is given; the exit
    code is 1 all the same.
    """
    from analysis.batch import plan
    from analysis.site import build

    build.refuse_unfit(SITE)
    project, how = plan.Project(), _progress(quiet, as_json)
    tasks = plan.plan(project=project)
    failed: RunError | None = None
    try:
        _run(
            tasks,
            project.runs,
            how,
            workers=workers,
            force=force,
            cluster=cluster,
            limits=_limits(timeout, cell_timeout),
        )
    except RunError as reason:
        failed = reason
    if failed and not allow_partial:
        kept = Problem(
            console.path_from_here(SITE),
            "was not built again",
            "Correct what failed, then run thesis report again",
        )
        raise RunError([*failed.problems, kept]) from None
    _publish(SITE, how, partial=allow_partial, document=document)
    if failed:
        raise failed


@app.command()
def run(
    scenario: Scenarios = None,
    notebook: Notebooks = None,
    override: Overrides = None,
    workers: Workers = 2,
    force: Force = False,
    timeout: Timeout = None,
    cell_timeout: CellTimeout = None,
    cluster: Cluster = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            parser=_location,
            metavar="DIR|URL",
            help=(
                "Where the executed notebooks go: a folder, or a URL that fsspec knows (s3://BUCKET/FOLDER). "
                " [default: reports/runs]"
            ),
        ),
    ] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Execute notebooks under scenarios.

    Results go to reports/runs/SCENARIO/NOTEBOOK.ipynb, their parameters to the .yml beside it. What would
    give the same result again is not run. After Ctrl-C the same command does the rest.
    """
    from analysis.batch import plan

    how = _progress(quiet, as_json)
    tasks = plan.plan(scenario or (), notebook or (), override or (), out=out)
    _run(
        tasks,
        tasks[0].output.parents[1],
        how,
        workers=workers,
        force=force,
        cluster=cluster,
        limits=_limits(timeout, cell_timeout),
    )


@app.command()
def publish(
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            parser=_place("--out"),
            metavar="DIR",
            help="Where the site goes.",
            show_default="reports/site",
        ),
    ] = SITE,
    document: Document = False,
    allow_partial: Partial = False,
) -> None:
    """Build the site from what was run.

    It is put in place whole, or not at all. Prints the path of its index page. A document that cannot be
    printed is told on stderr and keeps nothing back: the site is published without it.
    """
    _publish(out, console.Progress.text, partial=allow_partial, document=document)


def _publish(out: Path, how: console.Progress, *, partial: bool, document: bool) -> None:
    """Publish while no batch writes, and say where."""
    from analysis.batch import lock, plan
    from analysis.site import build, pdf

    runs, lacking = plan.Project().runs, pdf.missing() if document else None
    write = pdf.write if document and not lacking else None
    with lock.held(runs) if os.access(runs, os.W_OK) else nullcontext():
        try:
            index = build.publish(runs, out, partial=partial, document=write)
        except PrintError:
            _published(build.publish(runs, out, partial=partial), how)
            raise
    _published(index, how)
    if lacking:
        console.echo(f"The site has no document. {lacking}", error=True)


def _published(index: Path, how: console.Progress) -> None:
    if how is console.Progress.json:
        console.print_event("published", index=console.path_from_here(index))
    else:
        console.echo(console.path_from_here(index))


@app.command()
def notebooks(
    notebook: Notebooks = None,
    workers: Workers = 2,
    timeout: Timeout = None,
    cell_timeout: CellTimeout = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Renew the defaults and the outputs that are stored in the notebooks.

    Brings each parameters cell in line with the register, then executes the notebook in place with these
    defaults. One that fails keeps its outputs.
    """
    from analysis import scenarios as assumptions
    from analysis.batch import defaults, plan, runner

    how, limits = _progress(quiet, as_json), _limits(timeout, cell_timeout)
    books = plan.refresh_sources(notebook or ())
    register = assumptions.load_register(plan.Project().params)
    defaults.align([book.path for book in books if not book.unfit], register)
    _show(
        lambda show: runner.refresh(books, workers=workers, on_event=show, limits=limits),
        plan.Project().notebooks,
        how,
    )


@app.command()
def scenarios(form: Form = console.Format.table) -> None:
    """List the scenarios and what each changes, with the reason."""
    from analysis.batch import plan

    console.echo(console.listing(plan.changes(), form), end="")


@app.command()
def claims(
    override: Annotated[
        list[str] | None,
        typer.Option(
            "-p",
            metavar="NAME=VALUE",
            help="Another reading of the article, or another cut-off date (as_of); may be repeated.",
        ),
    ] = None,
    tables: Annotated[
        bool, typer.Option("--tables", help="The cells of the article's tables instead.")
    ] = False,
    errors: Annotated[
        bool,
        typer.Option(
            "--errors", help="The distinct errors instead: claims wrong for one and the same reason are one."
        ),
    ] = False,
    form: Form = console.Format.table,
) -> None:
    """List the claims of the article with their verdicts, which no scenario changes.

    A table shows what a reader needs; csv and json hold every field, and the verdicts by their keys.
    """
    from analysis.cli import listing_cache

    if tables and errors:
        raise ParameterError(Problem("--tables and --errors", "cannot be combined", "Give one of them"))
    values = _readings(override)
    if tables:
        rows = listing_cache.cached_rows("cells", values, lambda: _cells(values))
        short: tuple[str, ...] = ("id", "verdict", "printed", "sourced", "protocol", "reason")
    else:
        rows = listing_cache.cached_rows("claims", values, lambda: _ledger(values))
        short = ("id", "verdict", "weight", "statement", "reason")
    if errors:
        rows = _errors(rows)
        short = ("error", "weight", "statements", "statement", "reason")
    _list(rows, short, form)


def _list(rows: Sequence[Mapping[str, Any]], short: Sequence[str], form: console.Format) -> None:
    """Print rows: for people the columns that they need, with labels for keys; for programs everything as it
    is.
    """
    from analysis import labels

    if form is console.Format.table:
        rows = [{name: labels.label(name, row[name]) for name in short} for row in rows]
    console.echo(console.listing(rows, form), end="")


@app.command()
def indicators(
    scenario: OneScenario = "base",
    override: OneOff = None,
    form: Form = console.Format.table,
) -> None:
    """List the leading indicators: latest value, threshold, whether they are triggered, and what they move
    once they are.

    -p as_of=2026-05-21 gives the board of another day. csv and json hold what is looked at, why from there,
    and the sources.
    """
    from analysis.cli import listing_cache

    values = _values(scenario, override)
    rows = listing_cache.cached_rows("indicators", values, lambda: _indicators(values))
    _list(rows, ("id", "status", "value", "unit", "side", "threshold", "valid_on", "moves"), form)


@app.command()
def predictions(
    scenario: OneScenario = "base",
    override: OneOff = None,
    form: Form = console.Format.table,
) -> None:
    """List the parts of the predictions with our probability, its method, and how they stand.

    -p as_of=2026-05-21 gives what could be said on the day they were made. A table shows what a reader needs;
    csv and json hold criterion, every method with its inputs, sources and scores.
    """
    from analysis.cli import listing_cache

    values = _values(scenario, override)
    rows = listing_cache.cached_rows("predictions", values, lambda: _predictions(values))
    if form is console.Format.table:
        rows = [row | _percentages(row) for row in rows]
    _list(rows, ("id", "status", "deadline", "statement", "probability", "range", "method", "given"), form)


def _percentages(row: Mapping[str, Any]) -> dict[str, str | None]:
    """The probability of a part and its range in per cent; nothing where there is none."""
    from analysis.exhibits import number

    chance, low, high = (row[f"probability{end}"] for end in ("", "_low", "_high"))
    return {
        "probability": None if chance is None else number(chance, ".0%"),
        "range": None if low is None else f"{number(low, '.0%')} to {number(high, '.0%')}",
    }


@app.command()
def evidence(
    table: Annotated[
        str | None, typer.Argument(metavar="[TABLE]", help="A table to print; all in short without it.")
    ] = None,
    due: Annotated[
        bool, typer.Option("--due", help="What to look up next: last points, and what was not found.")
    ] = False,
    scenario: OneScenario = "base",
    override: OneOff = None,
    form: Form = console.Format.table,
) -> None:
    """List what others measured, as it was known on the scenario's day.

    Without TABLE one line a table: rows known and not yet known on the day (-p as_of=2026-05-21), span,
    sources, licence. --due lists for each table the date of its last point, and what was looked for and not
    found: by when it was expected, and where it would be published.
    """
    from analysis.cli import listing_cache

    given = _values(scenario, override)
    asked = {"as_of": given["as_of"], "table": table} | ({"due": _range(given.register)} if due else {})
    rows = listing_cache.cached_rows("evidence", asked, lambda: _evidence(table, given["as_of"], due))
    if not rows:
        console.echo(f"Nothing in {table} was known on {given['as_of']}.", error=True)
    long = ("licence", "credit") if table is None and form is console.Format.table else ()
    _list(rows, [name for name in rows[0] if name not in long] if rows else (), form)


@app.command()
def sweep(
    override: Annotated[
        list[str] | None,
        typer.Option(
            "-p",
            metavar="NAME=LOW:HIGH:STEPS",
            help=(
                "A range of a register name, LOW:HIGH with --sample; or NAME=VALUE on top of the scenario;"
                " may be repeated."
            ),
        ),
    ] = None,
    output: Annotated[
        list[str] | None,
        typer.Option("--output", metavar="NAME", help="What to compute; may be repeated.  [default: all]"),
    ] = None,
    scenario: OneScenario = "base",
    sample: Annotated[
        str,
        typer.Option(
            "--sample", metavar="grid|sobol|lhs", help="Every combination, or a sample of --points."
        ),
    ] = "grid",
    points: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Points of a sample; a power of 2 for sobol.")
    ] = None,
    draws: Annotated[
        int, typer.Option(max=10**12, metavar="N", help="Simulated futures at each point.")
    ] = 4096,
    workers: Annotated[
        int, typer.Option(min=1, max=MOST_WORKERS, metavar="N", help="How many points run at a time.")
    ] = 1,
    heat_map: Annotated[
        str | None,
        typer.Option(
            "--heat-map",
            parser=_text("--heat-map"),
            metavar="NAME",
            help="Draw this output over a grid of two ranges.",
        ),
    ] = None,
    cluster: Cluster = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            parser=_location,
            metavar="DIR|URL",
            help=(
                "Where the results go: a folder, or a URL that fsspec knows.  [default: a folder of its own"
                " in reports/.sweeps]"
            ),
        ),
    ] = None,
) -> None:
    """Take assumptions through ranges, straight through the models: tidy CSV and Parquet.

    One row a point and output, with the interval of the simulation. After Ctrl-C the same command does the
    rest.
    """
    import json

    from rich.progress import Progress

    from analysis import audit
    from analysis.batch import plan, storage, sweeps
    from analysis.models import sweep as sweeping

    given, axes = _swept(override or (), scenario, draws)
    outputs = _outputs([*(output or ()), *([heat_map] if heat_map else ())])
    if sample not in ("grid", "sobol", "lhs"):
        raise ParameterError(Problem("--sample", f"is {sample!r}", nearest(sample, ["grid", "sobol", "lhs"])))
    if heat_map and (len(axes) != 2 or sample != "grid"):
        raise ParameterError(
            Problem("--heat-map", "needs a grid of two ranges", "Give two -p NAME=LOW:HIGH:STEPS")
        )
    chosen = sweeping.points(axes, sample, points, given.seed)
    sweeping.check_points(chosen, given.register)
    parts = [plan.state_digest(plan.Project()), dict(given), chosen.to_dict("list"), outputs]
    key = sha256(json.dumps(parts, sort_keys=True, default=str))
    kept = ROOT / "reports" / ".sweeps" / key[:12]
    results = kept if out is None else out
    folder = kept if storage.is_remote(results) else results
    evaluate = partial(
        sweeping.evaluate, assumptions=given, known=audit.gather(given).record, outputs=outputs
    )
    start = time.monotonic()
    with Progress(transient=True) as progress:
        bar = progress.add_task("points", total=len(chosen))
        table = sweeps.run(
            chosen,
            evaluate,
            folder,
            key=key,
            workers=workers,
            cluster=cluster,
            results=results,
            on_point=lambda done, total: progress.update(bar, completed=done, total=total),
        )
    if heat_map:
        console.echo(
            console.path_from_here(_heat_map(table, heat_map, [axis.name for axis in axes], results))
        )
    console.echo(console.path_from_here(results / "sweep.parquet"))
    console.echo(
        f"{len(chosen)} points, {len(outputs)} outputs, {given.draws:,} draws each in"
        f" {time.monotonic() - start:.1f} s: {console.path_from_here(results / 'sweep.csv')}"
    )


def _swept(texts: Sequence[str], scenario: str, draws: int) -> tuple[Assumptions, list[Axis]]:
    """The assumptions of a sweep and its ranges, refused before anything runs."""
    import psutil

    from analysis import scenarios as assumptions
    from analysis.models import sweep as sweeping
    from analysis.statistics import simulation

    register = assumptions.load_register()
    axes, fixed = sweeping.parse_options(texts, register)
    if problems := assumptions.value_problems("draws", draws, register["draws"], "--draws"):
        raise ParameterError(problems)
    given = assumptions.Assumptions(assumptions.resolve(scenario, {"draws": draws} | fixed), register)
    try:
        simulation.check_memory(given.draws, sweeping.SUMMARY_BYTES, psutil.virtual_memory().available)
    except ValueError as reason:
        raise ParameterError(
            Problem("--draws", str(reason).rstrip("."), "Or run where there is more memory")
        ) from None
    return given, axes


def _outputs(names: Sequence[str]) -> list[str]:
    """The outputs asked for, all of them where none is."""
    from analysis.models.sweep import OUTPUTS

    for name in names:
        if name not in OUTPUTS:
            raise ParameterError(Problem("--output", f"there is no output {name!r}", nearest(name, OUTPUTS)))
    return list(dict.fromkeys(names)) or list(OUTPUTS)


def _heat_map(table: Any, output: str, names: Sequence[str], folder: Path) -> Path:
    """One output over two ranges as a picture."""
    from analysis.batch import storage
    from analysis.figures import sensitivity, theme

    drawn = sensitivity.sweep_map(table, output, names, ax=theme.axes(grid=""))
    path = folder / "heat_map.png"
    picture = theme.png(theme.chart_of(drawn))
    storage.write_whole(path, lambda aside: aside.write_bytes(picture))
    return path


@app.command()
def review(
    notebook: Annotated[
        str | None,
        typer.Argument(
            parser=_text("review"),
            metavar="[NOTEBOOK]",
            help="The notebook that stands open.",
            show_default="the first",
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, metavar="N", help="Where to listen.  [default: a free port]"),
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it in a browser.")] = True,
) -> None:
    """Open the notebooks in JupyterLab, on this machine alone, with the project's kernel.

    Run all cells to reproduce the stored outputs; change a value in the
    parameters cell and run them again to see what follows.
    """
    from analysis.cli import jupyterlab as lab

    with lab.start_server(notebook, port=port) as session:
        lab.review(session, browser=browser, echo=console.echo)


@app.command()
def diff(
    a: SideName,
    b: SideName,
    form: Form = console.Format.table,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html", parser=_place("--html"), metavar="FILE", help="Write the differences as a page, too."
        ),
    ] = None,
    workers: Workers = 2,
) -> None:
    """What differs between two runs, two scenarios or two days.

    Assumptions, code and data first, then the numbers, verdicts, sentences and rankings that moved, and by
    how much. Read from the executed notebooks; a day stands for the base as it was known then, and is run
    first where it was not.
    """
    from analysis.site import diff

    if html is not None:
        diff.refuse_foreign(html)
    sides = {"A": a, "B": b}
    chosen: dict[str, tuple[Path, list[Task]]] = {}
    for side, text in sides.items():  # both, before one of them runs for minutes
        with _on_side(side):
            chosen[side] = _side(text)
    for folder, tasks in chosen.values():
        if tasks:
            with redirect_stdout(sys.stderr):
                _run(tasks, folder.parent, workers=workers, force=False)
    read = []
    for side, text in sides.items():
        with _on_side(side):
            read.append(diff.read(text, chosen[side][0]))
    found = diff.compare(*read)
    if html is not None:
        diff.write_page(found, html)
    if form is console.Format.json:
        console.echo(found.as_json(), end="")
    elif form is console.Format.csv:
        console.echo(console.listing([asdict(one) for one in found.differences], form), end="")
    else:
        for heading, rows in diff.text(found):
            console.echo(f"{heading}\n{console.listing(rows, form)}")
        console.echo(found.summary)


@contextmanager
def _on_side(side: str) -> Iterator[None]:
    """Name the side of a comparison in what is wrong with it."""
    try:
        yield
    except ThesisError as reason:
        raise type(reason)(
            replace(problem, place=f"side {side}, {problem.place}") for problem in reason.problems
        ) from None


def _side(text: str) -> tuple[Path, list[Task]]:
    """The folder of one side of a comparison, and the tasks that make it; none where it was run."""
    from analysis.batch import plan
    from analysis.scenarios import BASE
    from analysis.site import diff

    project = plan.Project()
    if not DAY.fullmatch(text):
        return diff.place_of(text, project), []
    folder = project.custom / "as_of" / text
    return folder / BASE, plan.plan([BASE], (), [f"as_of={text}"], out=folder)


@app.command()
def check(
    article: Annotated[
        Path | None,
        typer.Option(
            "--article",
            parser=_place("--article"),
            metavar="FILE",
            help="The article's text, not part of this project, to hold the numbers against.",
        ),
    ] = None,
) -> None:
    """Hold data, claims, numbers, scenarios and stored outputs side by side.

    Says what does not fit together or was forgotten, with file and line, and ends with 1; else a line of
    counts.
    """
    from analysis.cli import listing_cache
    from analysis.lint import consistency

    def fresh() -> list[dict[str, Any]]:
        values = _values("base", None)
        listing_cache.cached_rows(
            "indicators", values, lambda: _indicators(values)
        )  # which refuses what none can read
        ledger = listing_cache.cached_rows("claims", values, lambda: _ledger(values))
        return [*ledger, *listing_cache.cached_rows("cells", values, lambda: _cells(values))]

    found = consistency.check(fresh=fresh, article=article)
    if found.problems:
        raise RunError(found.problems)
    console.echo(found.summary)


def _evidence(table: str | None, as_of: str, due: bool) -> list[dict[str, Any]]:
    from analysis.evidence import evidence_tables, gathering
    from analysis.units import json_value

    if table is not None and table not in evidence_tables.names():
        raise DataError(
            Problem(f"evidence {table}", "there is no such table", nearest(table, evidence_tables.names()))
        )
    if due:
        listed = gathering.due(as_of)
        found = listed if table is None else listed[listed["table"] == table]
    else:
        found = evidence_tables.summary(as_of) if table is None else evidence_tables.load(table, as_of)
    dates = found.select_dtypes("datetime").columns
    found = found.assign(**{name: found[name].dt.date.astype(str) for name in dates})
    return [json_value({str(name): value for name, value in row.items()}) for row in found.to_dict("records")]


def _values(scenario: str, override: Sequence[str] | None) -> Assumptions:
    """The resolved assumptions of a listing."""
    from analysis import scenarios as assumptions

    register = assumptions.load_register()
    given = dict(assumptions.parse_override(text, register) for text in override or ())
    return assumptions.Assumptions(assumptions.resolve(scenario, given), register)


def _readings(override: Sequence[str] | None) -> Assumptions:
    """The assumptions of the fact-check: those of the base, and the readings that the caller gives."""
    from analysis import scenarios as assumptions
    from analysis.audit.facts import SIMULATION

    register = assumptions.load_register()
    given = dict(assumptions.parse_override(text, register) for text in override or ())
    readings = [name for name, entry in register.items() if entry.reading]
    rule = "changes no verdict, since the fact-check is judged under base"
    problems = [
        Problem(f"-p, key {name}", rule, f"Give one of {', '.join(readings)}")
        for name in given
        if name not in (*readings, *SIMULATION)
    ]
    if problems:
        raise ParameterError(problems)
    return assumptions.Assumptions(assumptions.resolve(assumptions.BASE, given), register)


def _check_data() -> None:
    """Refuse bad data before a kernel starts; looked at again only when code, data or the range of `as_of`
    changed.
    """
    from analysis import scenarios as assumptions
    from analysis.cli import listing_cache

    listing_cache.cached_rows("data", {"as_of": _range(assumptions.load_register())}, _read_data)


def _range(register: Mapping[str, Entry]) -> list[str]:
    """The first and the last day of `as_of`, against which the day of gathering is checked."""
    days = register["as_of"].days if "as_of" in register else None
    return [day.isoformat() for day in days or ()]


def _read_data() -> list[dict[str, Any]]:
    from analysis.evidence import article_tables, evidence_tables, gathering, predictions
    from analysis.evidence import claims as stated

    gathering.load()
    for name in evidence_tables.names():
        evidence_tables.load(name)
    return [
        {
            "tables": len(article_tables.all_parsed_cells()),
            "claims": len(stated.load()),
            "predictions": len(predictions.load_table()),
        }
    ]


def _ledger(values: Assumptions) -> list[dict[str, Any]]:
    from analysis import audit
    from analysis.evidence import claims as stated
    from analysis.units import json_value

    rows = audit.judge_claims(stated.load(), audit.gather(values))
    return [json_value(row) for row in rows.to_dict("records")]


def _errors(claims: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The distinct errors of a ledger, with how many statements each holds."""
    import pandas as pd

    from analysis import audit

    found = audit.errors(pd.DataFrame(claims))
    found.insert(2, "statements", found["claims"].map(len))
    return [{str(name): value for name, value in row.items()} for row in found.to_dict("records")]


def _predictions(values: Assumptions) -> list[dict[str, Any]]:
    from analysis import audit
    from analysis.forecasts import probabilities
    from analysis.units import json_value

    rows = probabilities.table(values, audit.gather(values))
    return [json_value(row) for row in rows.to_dict("records")]


def _indicators(values: Assumptions) -> list[dict[str, Any]]:
    from analysis import audit
    from analysis.forecasts import indicators
    from analysis.units import json_value

    rows = indicators.table(values, audit.gather(values))
    return [json_value(row) for row in rows.to_dict("records")]


def _cells(values: Assumptions) -> list[dict[str, Any]]:
    from analysis import audit
    from analysis.audit import cells
    from analysis.units import json_value

    rows = cells.judge_cells(audit.gather(values)).drop(columns="used")
    return [json_value(row) for row in rows.to_dict("records")]


def _progress(quiet: bool, as_json: bool) -> console.Progress:
    if quiet and as_json:
        raise ParameterError(Problem("--quiet and --json", "cannot be combined", "Give one of them"))
    return console.Progress.quiet if quiet else console.Progress.json if as_json else console.Progress.text


def _limits(timeout: float | None, cell_timeout: float | None) -> Limits:
    from analysis.batch.execute import Limits

    return Limits(timeout, cell_timeout)


def _run(
    tasks: Sequence[Task],
    folder: Path,
    how: console.Progress = console.Progress.text,
    *,
    workers: int,
    force: bool,
    limits: Limits | None = None,
    cluster: str | None = None,
) -> None:
    from analysis.batch import runner

    _check_data()
    batch = partial(
        runner.run, tasks, workers=workers, force=force, cluster=cluster, limits=limits or _limits(None, None)
    )
    _show(lambda show: batch(on_event=show), folder, how)


def _show(batch: Callable[[OnEvent], list[Outcome]], folder: Path, how: console.Progress) -> None:
    """Run a batch with its progress on the terminal, and its summary after it.

    Raises
    ------
    RunError
        A line for each notebook that failed.
    """
    start = time.monotonic()
    with console.display(how) as show:
        outcomes = batch(show)
    show.end(outcomes, folder, time.monotonic() - start)
    if failed := console.problems(outcomes):
        raise RunError(failed)


def main() -> None:
    """Entry point: run a verb and leave with its exit code."""
    console.prepare()
    try:
        code = _exit_code(_verb)
    except OSError as reason:
        if reason.errno != errno.EIO:  # the terminal was closed
            raise
        code = STOPPED
    finally:
        console.drop_output()
    sys.exit(code)


def _verb() -> object:
    """Do what the command line says, ready for the signals that end it."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # otherwise whoever started us, such as nohup, decided
            signal.signal(number, _interrupt)
    return app(standalone_mode=False, prog_name="thesis")


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Do what Ctrl-C does, once: a terminal that is closed sends its signal twice."""
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _exit_code(verb: Callable[[], object]) -> int:
    """How a verb ended, said on stderr if it did not end well."""
    try:
        code = verb()
        console.flush()
    except SystemExit as end:  # typer leaves like this when whoever read our output has seen enough
        if not isinstance(end.__context__, BrokenPipeError):
            raise
        return _say(end.__context__)
    except KeyboardInterrupt:  # before typer is ready for it
        code = STOPPED
    except Exception as reason:
        if os.environ.get("THESIS_DEBUG") == "1":
            raise
        return _say(reason)
    if code == STOPPED:  # Ctrl-C outside of a batch, which typer turns into this
        _tell(["stopped."])
    return code if isinstance(code, int) else 0


def _say(reason: Exception) -> int:
    """Tell an error, one line for each problem; its exit code."""
    if isinstance(reason, BrokenPipeError):
        return 0
    if isinstance(reason, ThesisError):
        lines, code = str(reason).splitlines(), reason.exit_code
    elif isinstance(reason, typer.TyperException):
        lines, code = [_usage(reason)], 2
    elif isinstance(reason, OSError) and reason.filename and reason.errno in UNWRITABLE:
        lines, code = [str(_unwritable(reason))], 2
    elif isinstance(reason, OSError) and reason.strerror:
        lines, code = [str(_system(reason))], 1
    else:
        lines, code = [for_terminal(" ".join(f"{type(reason).__name__}: {reason}".split()))], 1
    _tell(line if code == STOPPED else f"error: {line}" for line in lines)
    return code


def _tell(lines: Iterable[str]) -> None:
    """Print on stderr; where that takes nothing the exit code alone says how a verb ended."""
    with suppress(BrokenPipeError, OutputError):
        for line in lines:
            console.echo(line, error=True)


def _unwritable(reason: OSError) -> Problem:
    """A folder that takes nothing, named as far as it is there: what was to be made in it means nothing to
    the user.
    """
    from analysis.scenarios import display_path

    path = Path(os.fsdecode(reason.filename)).resolve()
    there = next(folder for folder in (path, *path.parents) if folder.exists())
    fix = (
        "Work in a copy of the project that you may write to, or name another folder where the command takes"
        " --out"
    )
    return Problem(display_path(there), f"cannot be written to ({reason.strerror})", fix)


def _system(reason: OSError) -> Problem:
    """What the system refused, in its words: a disk that is full, a file that is gone."""
    name = "thesis" if reason.filename is None else str(os.fsdecode(reason.filename))
    return Problem(name, f"cannot go on ({reason.strerror})", "Correct that, then run the same command again")


def _usage(reason: typer.TyperException) -> str:
    """A usage error as one line, with the nearest option or verb."""
    context = getattr(reason, "ctx", None)
    message = " ".join(reason.format_message().replace("Value error, ", "").split())
    option = getattr(reason, "option_name", None)
    if context and option and hasattr(reason, "possibilities"):  # it is none of those of the verb
        known = [name for parameter in context.command.get_params(context) for name in parameter.opts]
        message = f"There is no option {option}. {nearest(option, known)}"
    end = "" if message.endswith(("?", ".")) else "."
    return f"{message}{end} See {context.command_path if context else 'thesis'} --help."


if __name__ == "__main__":
    main()
