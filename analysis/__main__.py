"""What does a user type? The `thesis` command: it parses the words, calls the packages and prints the result.

Decisions
- It only connects: every command is a call, and the print of its result.
- What is heavy is imported by the command that needs it, so that `--help` answers at once.
- How a command ends, with which exit code and errors, is the same for all (`cli.exits`).
"""

from __future__ import annotations

import datetime as dt
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, redirect_stdout
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analysis.cli import console, exits, options
from analysis.cli.options import (
    AllowPartial,
    AsJson,
    CellTimeout,
    Cluster,
    DiffSide,
    Force,
    Format,
    Notebooks,
    Overrides,
    Pdf,
    Quiet,
    RunOverrides,
    Scenario,
    Scenarios,
    Timeout,
    Workers,
)
from analysis.errors import DataError, ParameterError, PrintError, Problem, RunError, ThesisError, nearest
from analysis.hashing import sha256
from analysis.project import Project

if TYPE_CHECKING:
    import pandas as pd

    from analysis.batch.execute import Limits
    from analysis.batch.plan import Task
    from analysis.batch.runner import Event, OnEvent, Outcome
    from analysis.forecasts.calibration import Results
    from analysis.models.sweep import Axis
    from analysis.scenarios import Assumptions

DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
SAMPLES = ("grid", "sobol", "lhs")
COLUMNS = {
    "claims": ("id", "verdict", "weight", "statement", "reason"),
    "cells": ("id", "verdict", "printed", "sourced", "reason"),
    "errors": ("error", "weight", "statements", "statement", "reason"),
    "indicators": ("id", "label", "status", "value", "threshold", "valid_on", "moves"),
    "predictions": ("id", "status", "deadline", "statement", "probability", "range", "method", "given"),
}
"""The columns of a listing that a reader needs; csv and json hold all."""

HEADINGS: Mapping[str, Mapping[str, str]] = {
    "cells": {"printed": "the article says", "sourced": "we find"},
    "indicators": {
        "label": "what we watch",
        "value": "latest",
        "threshold": "triggered",
        "valid_on": "date",
        "moves": "once triggered",
    },
    "predictions": {"given": "given that"},
    "evidence": {"unseen": "known later"},
    "due": {"last_point": "last point", "not_found": "not found", "where": "where to look"},
}
"""What a table has above a column where its key says too little; csv and json keep the keys."""

Rows = list[dict[str, Any]]

app = typer.Typer(
    help="Check the facts of an investment thesis, simulate it under scenarios, and publish the results.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


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
    from analysis import stored_results

    stored_results.is_on()  # a value that is neither is refused here, and not in each kernel


@app.command()
def report(
    workers: Workers = 2,
    force: Force = False,
    allow_partial: AllowPartial = False,
    timeout: Timeout = None,
    cell_timeout: CellTimeout = None,
    cluster: Cluster = None,
    document: Pdf = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Run all notebooks and scenarios, then publish the site.

    Unchanged notebooks are skipped. The last line printed is the path of the site's front page. The first
    report can be read under the base scenario before the other scenarios are done. If a notebook fails, the
    exit code is 1 and the site stays as it was, unless you give --allow-partial.
    """
    from analysis.batch import plan
    from analysis.site import build, early

    project, progress = Project.default(), _progress(quiet, as_json)
    build.refuse_unfit(project.site)
    tasks, limits = plan.plan(project=project), _limits(timeout, cell_timeout)
    failed: RunError | None = None
    first = early.EarlySite(project, tasks, partial(_print_index, progress))
    try:
        with first:
            _run(
                tasks,
                project.runs,
                progress,
                workers=workers,
                force=force,
                cluster=cluster,
                limits=limits,
                on_event=first,
            )
    except RunError as reason:
        failed = reason
    if failed and not allow_partial:
        not_built = Problem(
            console.path_from_here(project.site),
            "has the base scenario only" if first.index else "was not built again",
            "Correct what failed, then run thesis report again",
        )
        raise RunError([*failed.problems, not_built]) from None
    _publish(project, project.site, progress, partial=allow_partial, document=document)
    if failed:
        raise failed


@app.command()
def run(
    scenario: Scenarios = None,
    notebook: Notebooks = None,
    override: RunOverrides = None,
    workers: Workers = 2,
    force: Force = False,
    timeout: Timeout = None,
    cell_timeout: CellTimeout = None,
    cluster: Cluster = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            parser=options.location,
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

    Results go to reports/runs/SCENARIO/NOTEBOOK.ipynb, their parameters to a .yml file next to it. Unchanged
    notebooks are skipped. To resume after Ctrl-C, run the same command.
    """
    from analysis.batch import plan

    progress = _progress(quiet, as_json)
    tasks = plan.plan(scenario or (), notebook or (), override or (), out=out)
    folder, limits = tasks[0].output.parents[1], _limits(timeout, cell_timeout)
    _run(tasks, folder, progress, workers=workers, force=force, cluster=cluster, limits=limits)


@app.command()
def publish(
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            parser=options.path_of("--out"),
            metavar="DIR",
            help="Where the site goes.",
            show_default="reports/site",
        ),
    ] = None,
    document: Pdf = False,
    allow_partial: AllowPartial = False,
) -> None:
    """Build the site from the executed notebooks.

    The new site replaces the old one completely, or not at all. Prints the path of its front page. If the PDF
    cannot be made, the reason is printed and the site is published without it.
    """
    project = Project.default()
    _publish(project, out or project.site, console.Progress.text, partial=allow_partial, document=document)


def _publish(
    project: Project, out: Path, progress: console.Progress, *, partial: bool, document: bool
) -> None:
    """Publish while no batch writes, and print where."""
    from analysis.batch import lock
    from analysis.site import build, pdf

    runs, lacking = project.runs, pdf.missing_requirement() if document else None
    write = pdf.write if document and not lacking else None
    with lock.held(runs) if os.access(runs, os.W_OK) else nullcontext():
        try:
            index = build.publish(project, out, partial=partial, document=write, today=_today())
        except PrintError:
            _print_index(progress, build.publish(project, out, partial=partial, today=_today()))
            raise
    _print_index(progress, index)
    if lacking:
        console.echo(f"The site has no PDF. {lacking}", error=True)


def _print_index(progress: console.Progress, index: Path, awaited: Sequence[str] = ()) -> None:
    """Say where the site is, and whether other scenarios are awaited."""
    path = console.path_from_here(index)
    if progress is console.Progress.json:
        console.print_event("published", index=path, awaited=list(awaited))
    elif not awaited:
        console.echo(path)
    elif progress is console.Progress.text:
        console.echo(f"{path} has the base scenario; the others follow")


@app.command()
def notebooks(
    notebook: Notebooks = None,
    workers: Workers = 2,
    timeout: Timeout = None,
    cell_timeout: CellTimeout = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Update the defaults and outputs stored in the notebooks.

    Writes the defaults of our assumptions into each parameters cell, and their names into
    analysis/assumptions.py for type checkers. Then executes each notebook in place; one that fails keeps its
    outputs. Last, it updates the findings in the README and the map of exhibits in CONTRIBUTING.
    """
    from analysis import scenarios
    from analysis.batch import defaults, plan, runner
    from analysis.lint import assumption_types, documents

    progress, limits = _progress(quiet, as_json), _limits(timeout, cell_timeout)
    sources = plan.refresh_sources(notebook or ())
    register = scenarios.load_register(Project.default())
    assumption_types.update(Project.default(), register)
    defaults.align([source.path for source in sources if not source.unfit], register)
    try:
        _show(
            lambda show: runner.refresh(sources, workers=workers, on_event=show, limits=limits),
            Project.default().notebooks,
            progress,
        )
    finally:
        documents.update(Project.default())


@app.command("scenarios")
def list_scenarios(form: Format = console.Format.table) -> None:
    """List the scenarios, what each changes, and why."""
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
        bool, typer.Option("--tables", help="List the cells of the article's tables instead.")
    ] = False,
    errors: Annotated[
        bool,
        typer.Option(
            "--errors", help="List the distinct errors instead: claims wrong for the same reason count once."
        ),
    ] = False,
    form: Format = console.Format.table,
) -> None:
    """List the article's claims with our verdicts.

    No scenario changes a verdict. The table holds the main columns; csv and json hold every field, with
    verdicts as keys.
    """
    if tables and errors:
        raise ParameterError(Problem("--tables and --errors", "cannot be combined", "Give one of them"))
    listing = "cells" if tables else "claims"
    rows = LISTINGS[listing](_reading_assumptions(override))
    if errors:
        listing, rows = "errors", _error_rows(rows)
    _print_rows(rows, COLUMNS[listing], form, HEADINGS.get(listing, {}))


@app.command()
def indicators(
    scenario: Scenario = "base",
    override: Overrides = None,
    form: Format = console.Format.table,
) -> None:
    """List what to watch, and whether a threshold was crossed.

    One row for each indicator: its latest value, when it is triggered, and which prediction or risk then
    becomes more or less likely.

    -p as_of=2026-05-21 gives the values on another cut-off date. csv and json also hold what is measured, the
    reason for the threshold, and the sources.
    """
    rows = LISTINGS["indicators"](_assumptions(scenario, override))
    if form is console.Format.table:
        statements = _part_statements()
        rows = [row | _indicator_texts(row, statements) for row in rows]
    _print_rows(rows, COLUMNS["indicators"], form, HEADINGS["indicators"])


def _part_statements() -> dict[str, str]:
    """What each part of the predictions says, by its id."""
    from analysis.evidence import predictions

    table = predictions.load_table()
    return dict(zip(table["id"], table["statement"], strict=True))


def _indicator_texts(row: Mapping[str, Any], statements: Mapping[str, str]) -> dict[str, str]:
    """The value and the threshold of an indicator with their unit, and what it moves in words."""
    from analysis.forecasts.indicators import figure_text

    moved: dict[str, list[str]] = {"raises": [], "lowers": []}
    for move in row["moves"]:
        verb, _, name = move.partition(" ")
        moved[verb].append(statements.get(name, f"the risk “{name}”").rstrip("."))
    directions = {"more likely": moved["raises"], "less likely": moved["lowers"]}
    return {
        "value": figure_text(row["value"], row["unit"]),
        "threshold": f"{row['side']} {figure_text(row['threshold'], row['unit'])}",
        "moves": ". ".join(f"{word}: {'; '.join(names)}" for word, names in directions.items() if names),
    }


@app.command()
def predictions(
    scenario: Scenario = "base",
    override: Overrides = None,
    record: Annotated[
        bool, typer.Option("--record", help="Add today's probabilities to the record instead.")
    ] = False,
    form: Format = console.Format.table,
) -> None:
    """List the parts of the predictions with our probabilities.

    -p as_of=2026-05-21 gives what was known on publication day. The table holds the main columns; csv and
    json also hold the criterion, every method with its inputs, sources and scores.

    --record adds the probabilities of the base scenario to the record, with today's date. Nothing in the
    record is ever changed. Once a part is decided, every probability that we published for it is scored.
    """
    if record:
        _record_predictions(scenario, override, form)
        return
    rows = LISTINGS["predictions"](_assumptions(scenario, override))
    if form is not console.Format.table:
        _print_rows(rows, (), form)
        return
    parts = [row | _percentages(row) for row in rows]
    _print_rows(parts, COLUMNS["predictions"], form, HEADINGS["predictions"])
    console.echo(_record_summary(rows), error=True)


def _record_predictions(scenario: str, override: Sequence[str] | None, form: console.Format) -> None:
    """Append the probabilities of the base scenario to the record, and say how many were new."""
    from importlib import metadata

    from analysis import scenarios
    from analysis.forecasts import own_record

    if scenario != scenarios.BASE or override or form is not console.Format.table:
        rule = "stores what the report publishes: the base scenario as it is"
        raise ParameterError(Problem("--record", rule, "Leave out --scenario, -p and --format"))
    assumptions, today = _assumptions(scenario, None), _today()
    count = own_record.append(
        LISTINGS["predictions"](assumptions),
        recorded_on=today,
        as_of=str(assumptions.as_of),
        version=metadata.version("thesis-report"),
    )
    path = console.path_from_here(Project.default().published_probabilities)
    added = f"{count} {'probability' if count == 1 else 'probabilities'}" if count else "nothing new"
    console.echo(f"recorded {added} of {today} in {path}")


def _today() -> dt.date:
    """The day on which something is published."""
    return dt.date.today()


def _record_summary(rows: Rows) -> str:
    """A sentence on the record of what was published, with its scores."""
    import pandas as pd

    from analysis.forecasts import own_record

    record = own_record.load()
    return own_record.summary(record, own_record.scores(record, pd.DataFrame(rows)))


def _percentages(row: Mapping[str, Any]) -> dict[str, str | None]:
    """The probability of a part and its range in per cent; None where there is none, and no range where it is
    the noise of a simulation alone.
    """
    from analysis.exhibits import number

    chance, low, high = (
        None if share is None else number(share, ".0%")
        for share in (row[f"probability{end}"] for end in ("", "_low", "_high"))
    )
    return {"probability": chance, "range": None if low == high else f"{low} to {high}"}


@app.command()
def calibrate(
    scenario: Scenario = "base",
    override: Overrides = None,
    store: Annotated[
        bool, typer.Option("--store", help="Also store the tables that notebooks and pages read.")
    ] = False,
    study: Annotated[
        bool,
        typer.Option(
            "--study",
            help="List instead how often the test accepts a right model and rejects a wrong one.",
        ),
    ] = False,
    form: Format = console.Format.table,
) -> None:
    """Test the model's forecasts against past companies.

    Each company is forecast from what was known at the time, and the forecast is scored against what
    happened. One row for each test, horizon, group of companies and forecaster: the raw model (model), the
    corrected one (recalibrated), the outcomes of other companies in other years (class), a constant value and
    the index. Smaller scores are better. skill and better_probability compare the model with the forecaster
    of the row: below zero, or below 50%, that forecaster is better. The lines below the table say whose
    number comes first, and where the company of the report stands. csv and json hold every column.
    """
    from analysis.forecasts import calibration_summary as summary

    if store and (scenario != "base" or override):
        problem = Problem("--store", "stores the base scenario as it is", "Leave out --scenario and -p")
        raise ParameterError(problem)
    assumptions = _assumptions(scenario, override)
    results = _calibration(assumptions, store)
    if study:
        console.echo(console.listing(summary.study(results, assumptions.seed), form), end="")
        return
    as_table = form is console.Format.table
    rows = summary.score_rows(results) if as_table else summary.records(results.scores)
    _print_rows(rows, list(rows[0]) if rows else (), form)
    if as_table:
        from analysis import audit
        from analysis.forecasts import class_estimate

        facts = audit.gather(assumptions)
        places = class_estimate.positions(assumptions, facts.known, facts.record)
        for line in [*summary.lines(results), *summary.place_lines(places)]:
            console.echo(line)


def _calibration(assumptions: Assumptions, store: bool) -> Results:
    """The tests on what was known, stored in the project if wanted."""
    from analysis import audit
    from analysis.forecasts import calibration

    known = audit.gather(assumptions).known
    results = calibration.compute(known, assumptions)
    if store:
        digest = calibration.inputs_digest(known, assumptions)
        for path in calibration.store(results, digest, Project.default()):
            console.echo(console.path_from_here(path), error=True)
    return results


@app.command()
def evidence(
    table: Annotated[
        str | None,
        typer.Argument(metavar="[TABLE]", help="The table to print.  [default: one line for each table]"),
    ] = None,
    due: Annotated[bool, typer.Option("--due", help="List what to look up next instead.")] = False,
    scenario: Scenario = "base",
    override: Overrides = None,
    form: Format = console.Format.table,
) -> None:
    """List outside evidence, as known on a given date.

    Without TABLE, one line for each table: its rows known by then and later, its period and its sources. The
    date is the scenario's cut-off date; -p as_of=2026-05-21 gives another.

    --due lists the date of each table's last point, and the values that we looked for and did not find: when
    they are expected, and where they would be published.
    """
    as_of = _assumptions(scenario, override).as_of
    rows = _evidence_rows(table, as_of, due)
    if not rows:
        console.echo(f"Nothing in {table or 'the evidence'} was known on {as_of}.", error=True)
    long = ("licence", "credit") if table is None and form is console.Format.table else ()
    shown = [name for name in rows[0] if name not in long] if rows else ()
    headings = HEADINGS["due" if due else "evidence"] if due or table is None else {}
    _print_rows(rows, shown, form, headings)


@app.command("sweep")
def run_sweep(
    override: Annotated[
        list[str] | None,
        typer.Option(
            "-p",
            metavar="NAME=LOW:HIGH:STEPS",
            help=(
                "A range of an assumption (LOW:HIGH with --sample), or NAME=VALUE to override a value of the"
                " scenario; may be repeated."
            ),
        ),
    ] = None,
    output: Annotated[
        list[str] | None,
        typer.Option("--output", metavar="NAME", help="What to compute; may be repeated.  [default: all]"),
    ] = None,
    scenario: Scenario = "base",
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
        int,
        typer.Option(min=1, max=options.MAX_WORKERS, metavar="N", help="How many points run at a time."),
    ] = 1,
    heat_map: Annotated[
        str | None,
        typer.Option(
            "--heat-map",
            parser=options.text_of("--heat-map"),
            metavar="NAME",
            help="Also draw this output as a heat map; needs a grid of two ranges.",
        ),
    ] = None,
    cluster: Cluster = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            parser=options.location,
            metavar="DIR|URL",
            help=(
                "Where the results go: a folder, or a URL that fsspec knows.  [default: a folder of its own"
                " in reports/.sweeps]"
            ),
        ),
    ] = None,
) -> None:
    """Run the models over a grid or sample of assumptions.

    Writes tidy CSV, and Parquet if the extra parquet is installed: one row for each point and output, with
    the error of the simulation. To resume after Ctrl-C, run the same command.
    """
    assumptions, axes = _sweep_inputs(override or (), scenario, draws)
    outputs = _sweep_outputs([*(output or ()), *([heat_map] if heat_map else ())])
    if sample not in SAMPLES:
        raise ParameterError(Problem("--sample", f"is {sample!r}", nearest(sample, SAMPLES)))
    if heat_map and (len(axes) != 2 or sample != "grid"):
        rule, fix = "needs a grid of two ranges", "Give two -p NAME=LOW:HIGH:STEPS"
        raise ParameterError(Problem("--heat-map", rule, fix))
    request = _SweepRequest(assumptions, outputs, _sweep_points(axes, sample, points, assumptions))
    default_folder = Project.default().sweeps / request.key[:12]
    results = default_folder if out is None else out
    start = time.monotonic()
    table = _evaluate(request, default_folder, results, workers=workers, cluster=cluster)
    if heat_map:
        picture = _draw_heat_map(table, heat_map, [axis.name for axis in axes], assumptions, results)
        console.echo(console.path_from_here(picture))
    console.echo(_parquet_line(results))
    noun = "output" if len(outputs) == 1 else "outputs"
    console.echo(
        f"{len(request.points)} points, {len(outputs)} {noun}, {assumptions.draws:,} simulated futures each"
        f" in {time.monotonic() - start:.1f} s: {console.path_from_here(results / 'sweep.csv')}"
    )


def _parquet_line(results: Path) -> str:
    """Where the Parquet file of a sweep is, or how to get one."""
    from analysis.batch import sweeps

    if sweeps.can_write_parquet():
        return console.path_from_here(results / sweeps.PARQUET)
    return f"{sweeps.PARQUET} was not written: it needs the extra parquet (pip install -e '.[parquet]')"


@dataclass(frozen=True)
class _SweepRequest:
    """What a sweep computes: outputs at points, a row each, on top of assumptions."""

    assumptions: Assumptions
    outputs: list[str]
    points: pd.DataFrame

    @cached_property
    def key(self) -> str:
        """A digest of all that its results depend on."""
        import json

        from analysis.batch import plan

        state = plan.state_digest(Project.default())
        parts = [state, dict(self.assumptions), self.points.to_dict("list"), self.outputs]
        return sha256(json.dumps(parts, sort_keys=True, default=str))


def _sweep_inputs(texts: Sequence[str], scenario: str, draws: int) -> tuple[Assumptions, list[Axis]]:
    """The assumptions of a sweep and its ranges, refused before anything runs."""
    import psutil

    from analysis import scenarios
    from analysis.models import sweep
    from analysis.statistics import simulation

    register = scenarios.load_register()
    sweep.check_register(register)
    axes, fixed = sweep.parse_options(texts, register)
    if problems := scenarios.value_problems("draws", draws, register["draws"], "--draws"):
        raise ParameterError(problems)
    assumptions = scenarios.Assumptions(scenarios.resolve(scenario, {"draws": draws} | fixed), register)
    try:
        simulation.check_memory(assumptions.draws, sweep.SUMMARY_BYTES, psutil.virtual_memory().available)
    except ValueError as reason:
        raise ParameterError(
            Problem("--draws", str(reason).rstrip("."), "Or run where there is more memory")
        ) from None
    return assumptions, axes


def _sweep_outputs(names: Sequence[str]) -> list[str]:
    """The requested outputs; all of them where none is requested."""
    from analysis.models.sweep import OUTPUTS

    for name in names:
        if name not in OUTPUTS:
            raise ParameterError(Problem("--output", f"there is no output {name!r}", nearest(name, OUTPUTS)))
    return list(dict.fromkeys(names)) or list(OUTPUTS)


def _sweep_points(
    axes: list[Axis], sample: str, points: int | None, assumptions: Assumptions
) -> pd.DataFrame:
    """The points of a grid or sample over ranges, refused where the register does not allow one."""
    from analysis.models import sweep

    table = sweep.points(axes, sample, points, assumptions.seed)
    sweep.check_points(table, assumptions.register)
    return table


def _evaluate(
    request: _SweepRequest, default_folder: Path, results: Path, *, workers: int, cluster: str | None
) -> pd.DataFrame:
    """Compute a sweep with a bar on the terminal; its journal stays on this machine."""
    from rich.progress import Progress

    from analysis import audit
    from analysis.batch import storage, sweeps
    from analysis.models import sweep

    evidence = audit.gather(request.assumptions).record
    with Progress(transient=True) as progress:
        bar = progress.add_task("points", total=len(request.points))
        return sweeps.run(
            request.points,
            partial(
                sweep.evaluate, assumptions=request.assumptions, evidence=evidence, outputs=request.outputs
            ),
            default_folder if storage.is_remote(results) else results,
            key=request.key,
            workers=workers,
            cluster=cluster,
            results=results,
            on_point=lambda done, total: progress.update(bar, completed=done, total=total),
        )


def _draw_heat_map(
    table: pd.DataFrame, name: str, axes: list[str], assumptions: Assumptions, folder: Path
) -> Path:
    """One output over two ranges as a picture: its file."""
    from analysis.batch import storage
    from analysis.figures import sensitivity, theme
    from analysis.models import sweep

    output = sweep.outputs(assumptions, [name])[name]
    chart = theme.chart_of(sensitivity.sweep_map(table, name, output, axes))
    picture = theme.png(chart)
    path = folder / "heat_map.png"
    storage.write_whole(path, lambda file: file.write_bytes(picture))
    return path


@app.command()
def review(
    notebook: Annotated[
        str | None,
        typer.Argument(
            parser=options.text_of("review"),
            metavar="[NOTEBOOK]",
            help="The notebook to open.",
            show_default="the first",
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, metavar="N", help="The server's port.  [default: a free port]"),
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it in a browser.")] = True,
) -> None:
    """Open the notebooks in JupyterLab.

    The server listens on this machine alone. Run all cells to reproduce the stored outputs; change a value in
    the parameters cell and run them again to see what moves.
    """
    from analysis.cli import jupyterlab

    with jupyterlab.start_server(notebook, port=port) as session:
        jupyterlab.review(session, browser=browser, echo=console.echo)


@app.command()
def diff(
    a: DiffSide,
    b: DiffSide,
    form: Format = console.Format.table,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html",
            parser=options.path_of("--html"),
            metavar="FILE",
            help="Also write the differences as a page of HTML.",
        ),
    ] = None,
    workers: Workers = 2,
) -> None:
    """Compare two runs, two scenarios or two cut-off dates.

    Lists the assumptions, code and data that differ, then the numbers, verdicts, sentences and rankings that
    moved, and by how much. A date means the base scenario with that cut-off date, which is run first if need
    be.
    """
    from analysis import scenarios
    from analysis.site import diff

    if html is not None:
        diff.refuse_foreign(html)
    sides = {"A": a, "B": b}
    runs: dict[str, tuple[Path, list[Task]]] = {}
    for side, text in sides.items():  # both, before one of them runs for minutes
        with _on_side(side):
            runs[side] = _side(text)
    for folder, tasks in runs.values():
        if tasks:
            with redirect_stdout(sys.stderr):
                _run(tasks, folder.parent, workers=workers, force=False)
    read = []
    for side, text in sides.items():
        with _on_side(side):
            read.append(diff.read(text, runs[side][0]))
    comparison = diff.compare(read[0], read[1], scenarios.load_register(Project.default()))
    if html is not None:
        diff.write_page(comparison, html)
    if form is console.Format.json:
        console.echo(comparison.as_json(), end="")
    elif form is console.Format.csv:
        rows = [asdict(difference) for difference in comparison.differences]
        console.echo(console.listing(rows, form), end="")
    else:
        for heading, rows in diff.listing(comparison):
            console.echo(f"{heading}\n{console.listing(rows, form)}")
        console.echo(comparison.summary)


@contextmanager
def _on_side(side: str) -> Iterator[None]:
    """Name the side of a comparison in its errors."""
    try:
        yield
    except ThesisError as reason:
        raise type(reason)(
            replace(problem, place=f"side {side}, {problem.place}") for problem in reason.problems
        ) from None


def _side(text: str) -> tuple[Path, list[Task]]:
    """The folder of one side of a comparison, and the tasks that make it; none for a scenario or a folder."""
    from analysis.batch import plan
    from analysis.scenarios import BASE
    from analysis.site import diff

    project = Project.default()
    if not DATE.fullmatch(text):
        return diff.folder_of(text, project), []
    folder = project.custom / "as_of" / text
    return folder / BASE, plan.plan([BASE], (), [f"as_of={text}"], out=folder)


@app.command()
def check(
    article: Annotated[
        Path | None,
        typer.Option(
            "--article",
            parser=options.path_of("--article"),
            metavar="FILE",
            help="The article's text, to compare its numbers with ours; it is not part of the project.",
        ),
    ] = None,
    accept: Annotated[
        list[Path] | None,
        typer.Option(
            "--accept",
            parser=options.path_of("--accept"),
            metavar="CSV",
            help="First enter the new SHA-256 of a data file that was changed on purpose; may be repeated.",
        ),
    ] = None,
    site: Annotated[
        Path | None,
        typer.Option(
            "--site",
            parser=options.path_of("--site"),
            metavar="DIR",
            help="Check the texts and lengths of the pages of a built site instead.",
        ),
    ] = None,
) -> None:
    """Check data, claims, texts and stored outputs.

    Lists what is missing, contradicts something else or breaks a rule of our style, with file and line; the
    exit code is then 1. Otherwise prints one line of counts.
    """
    from analysis.lint import consistency, data_files, texts

    if site:
        _check_site(site)
        return
    if accept:
        data_files.accept(accept, Project.default())
    result = consistency.check(fresh_ledger=_judged_rows, article=article)
    if problems := [*result.problems, *texts.problems(Project.default())]:
        raise RunError(problems)
    console.echo(result.summary)


def _check_site(site: Path) -> None:
    """List what a reader of a built site should not meet."""
    from analysis import thesis
    from analysis.lint import built_site
    from analysis.scenarios import display_path

    if problems := built_site.problems(site, thesis.load()):
        raise RunError(problems)
    console.echo(f"checked: {len(list(site.rglob('*.html')))} pages of {display_path(site)}")


@app.command("cache")
def stored_results(
    clear: Annotated[
        bool, typer.Option("--clear", help="Remove them; they are computed again when needed.")
    ] = False,
) -> None:
    """Show how many results are stored, and where.

    Expensive results are computed once for all scenarios, notebooks and commands, and used while their code
    and data stay the same. The oldest go when the room is used up. With THESIS_CACHE=off none is used.
    """
    from analysis import stored_results
    from analysis.scenarios import display_path

    folder = display_path(Project.default().cache)
    count, size = stored_results.usage()
    results = f"{count:,} stored {'result' if count == 1 else 'results'}"
    if clear:
        stored_results.clear()
        console.echo(f"removed {results}, {_megabytes(size)} MB, from {folder}")
    else:
        limit = f"of at most {_megabytes(stored_results.LIMIT_BYTES)} MB"
        console.echo(f"{results}, {_megabytes(size)} {limit}, in {folder}")


def _megabytes(size: int) -> str:
    """Bytes in millions, with a decimal where there are few."""
    return f"{size / 1e6:.{1 if size < 1e7 else 0}f}"


def _judged_rows() -> Rows:
    """Verdicts on all claims and cells under base, once all indicators are computed."""
    assumptions = _assumptions("base", None)
    LISTINGS["indicators"](assumptions)
    return [*LISTINGS["claims"](assumptions), *LISTINGS["cells"](assumptions)]


def _assumptions(scenario: str, override: Sequence[str] | None) -> Assumptions:
    """The resolved assumptions of a listing."""
    from analysis import scenarios

    register = scenarios.load_register()
    values = dict(scenarios.parse_override(text, register) for text in override or ())
    return scenarios.Assumptions(scenarios.resolve(scenario, values), register)


def _reading_assumptions(override: Sequence[str] | None) -> Assumptions:
    """The assumptions of the fact-check: those of base, with other readings of the article."""
    from analysis import scenarios
    from analysis.audit.facts import SIMULATION

    register = scenarios.load_register()
    values = dict(scenarios.parse_override(text, register) for text in override or ())
    readings = [name for name, entry in register.items() if entry.reading]
    rule = "changes no verdict, since the fact-check is judged under base"
    problems = [
        Problem(f"-p, key {name}", rule, f"Give one of {', '.join(readings)}")
        for name in values
        if name not in (*readings, *SIMULATION)
    ]
    if problems:
        raise ParameterError(problems)
    return scenarios.Assumptions(scenarios.resolve(scenarios.BASE, values), register)


def _print_rows(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    form: console.Format,
    headings: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Print rows: a table has these columns, with labels instead of keys; other formats have everything."""
    from analysis import labels

    if form is console.Format.table:
        rows = [{headings.get(name, name): labels.label(name, row[name]) for name in columns} for row in rows]
    console.echo(console.listing(rows, form), end="")


def _claim_rows(assumptions: Assumptions) -> Rows:
    from analysis import audit
    from analysis.evidence import claims

    return _records(audit.judge_claims(claims.load(), audit.gather(assumptions)))


def _cell_rows(assumptions: Assumptions) -> Rows:
    from analysis import audit
    from analysis.audit import cells

    return _records(cells.judge_cells(audit.gather(assumptions)).drop(columns="used"))


def _prediction_rows(assumptions: Assumptions) -> Rows:
    from analysis import audit
    from analysis.forecasts import own_record, probabilities

    parts = probabilities.table(assumptions, audit.gather(assumptions))
    return _records(own_record.with_scores(parts, own_record.load()))


def _indicator_rows(assumptions: Assumptions) -> Rows:
    from analysis import audit
    from analysis.forecasts import indicators

    return _records(indicators.table(assumptions, audit.gather(assumptions)))


LISTINGS: dict[str, Callable[[Assumptions], Rows]] = {
    "claims": _claim_rows,
    "cells": _cell_rows,
    "predictions": _prediction_rows,
    "indicators": _indicator_rows,
}
"""The rows of each listing by its name."""


def _error_rows(claims: Sequence[Mapping[str, Any]]) -> Rows:
    """The distinct errors of the fact-check, with how many statements each holds."""
    import pandas as pd

    from analysis import audit

    table = audit.errors(pd.DataFrame(claims))
    table.insert(2, "statements", table["claims"].map(len))
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _evidence_rows(name: str | None, as_of: str, due: bool) -> Rows:
    """A table of the evidence as it was known on a date, or one row for each table."""
    from analysis.evidence import evidence_tables, gathering

    if name is not None and name not in evidence_tables.names():
        raise DataError(
            Problem(f"evidence {name}", "there is no such table", nearest(name, evidence_tables.names()))
        )
    if due:
        table = gathering.due(as_of)
        table = table if name is None else table[table["table"] == name]
    else:
        table = evidence_tables.summary(as_of) if name is None else evidence_tables.load(name, as_of)
    dates = table.select_dtypes("datetime").columns
    return _records(table.assign(**{column: table[column].dt.date.astype(str) for column in dates}))


def _records(table: pd.DataFrame) -> Rows:
    """The rows of a table as JSON holds them."""
    from analysis.units import json_value

    return [json_value({str(name): value for name, value in row.items()}) for row in table.to_dict("records")]


def _read_data(project: Project) -> None:
    """Read all data of a project.

    Raises
    ------
    DataError
        What is wrong with a file, all of it at once.
    """
    from analysis.evidence import article_tables, claims, evidence_tables, gathering, predictions
    from analysis.forecasts import own_record

    gathering.load(project)
    for name in evidence_tables.names(project):
        evidence_tables.load(name, project=project)
    article_tables.all_parsed_cells(project)
    claims.load(project)
    predictions.load_table(project)
    own_record.load(project)


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
    progress: console.Progress = console.Progress.text,
    *,
    workers: int,
    force: bool,
    limits: Limits | None = None,
    cluster: str | None = None,
    on_event: OnEvent | None = None,
) -> None:
    """Run a batch; `on_event` sees its events, too."""
    from analysis.batch import runner
    from analysis.cli import data_check

    def show_to_both(show: OnEvent, event: Event) -> None:
        show(event)
        if on_event:
            on_event(event)

    data_check.check(_read_data)
    batch = partial(
        runner.run, tasks, workers=workers, force=force, cluster=cluster, limits=limits or _limits(None, None)
    )
    _show(lambda show: batch(on_event=partial(show_to_both, show)), folder, progress)


def _show(batch: Callable[[OnEvent], list[Outcome]], folder: Path, progress: console.Progress) -> None:
    """Run a batch with its progress on the terminal, and its summary after it.

    Raises
    ------
    RunError
        A line for each notebook that failed.
    """
    start = time.monotonic()
    with console.display(progress) as show:
        outcomes = batch(show)
    show.end(outcomes, folder, time.monotonic() - start)
    if failed := console.problems(outcomes):
        raise RunError(failed)


def main() -> None:
    """Entry point: run a command and leave with its exit code."""
    exits.run(lambda: app(standalone_mode=False, prog_name="thesis"))


if __name__ == "__main__":
    main()
