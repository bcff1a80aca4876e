"""Which options do several commands share, and how is their text read?

Decisions
- A value that is empty is refused, such as that of an unset shell variable; it would count as no value.
- Whatever can be refused by its text alone is refused before anything else happens.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from analysis.cli import console
from analysis.errors import ParameterError, Problem

MAX_WORKERS = 512
"""More workers than any machine here needs; catches typing errors."""

MIN_SECONDS, MAX_SECONDS = 0.1, 366 * 24 * 3600
"""Bounds of a time limit; a longer one is no limit."""


def text_of(option: str) -> Callable[[str], str]:
    """The parser of a text that is not empty."""

    def parse(text: str) -> str:
        if not text.strip():
            raise ParameterError(Problem(f"{option} {text!r}", "is empty", "Write a value"))
        return text

    return parse


def path_of(option: str) -> Callable[[str | Path], Path]:
    """The parser of a folder or file with a name."""

    def parse(text: str | Path) -> Path:
        from analysis.batch import storage

        return storage.local_path(str(text), option)

    return parse


def location(text: str) -> Path:
    """A folder of this machine, or a URL."""
    from analysis.batch import storage

    return storage.location(text)


def seconds_of(option: str) -> Callable[[str], float]:
    """The parser of a number of seconds that can run out."""

    def parse(text: str) -> float:
        try:
            seconds = float(text)
        except ValueError:
            seconds = math.nan
        if not MIN_SECONDS <= seconds <= MAX_SECONDS:
            fix = f"Write {MIN_SECONDS:g} to {MAX_SECONDS:,} seconds, or leave the option out for no limit"
            raise ParameterError(Problem(f"{option} {text}", "is not a usable limit", fix))
        return seconds

    return parse


Scenarios = Annotated[
    list[str] | None,
    typer.Option("--scenario", metavar="NAME|all", help="Scenario; may be repeated.  [default: all]"),
]
Scenario = Annotated[str, typer.Option("--scenario", metavar="NAME", help="Scenario.")]
Notebooks = Annotated[
    list[str] | None,
    typer.Option("--notebook", metavar="SLUG", help="Notebook; may be repeated.  [default: all]"),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("-p", metavar="NAME=VALUE", help="Override a value of the scenario; may be repeated."),
]
RunOverrides = Annotated[
    list[str] | None,
    typer.Option(
        "-p",
        metavar="NAME=VALUE",
        help=(
            "Override a value of the scenario; may be repeated. Such runs are stored separately, in"
            " reports/.custom or --out, and never published."
        ),
    ),
]
DiffSide = Annotated[
    str,
    typer.Argument(
        parser=text_of("diff"),
        help="A scenario, a cut-off date (YYYY-MM-DD), or a folder of executed notebooks.",
    ),
]
Workers = Annotated[
    int, typer.Option(min=1, max=MAX_WORKERS, metavar="N", help="How many notebooks to run at a time.")
]
Force = Annotated[bool, typer.Option("--force", help="Re-run unchanged notebooks too.")]
Pdf = Annotated[
    bool, typer.Option("--pdf", help="Also write the report as one PDF, report.pdf in the site's folder.")
]
Timeout = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        parser=seconds_of("--timeout"),
        metavar="SECONDS",
        help="How long a notebook may run.  [default: no limit]",
    ),
]
CellTimeout = Annotated[
    float | None,
    typer.Option(
        "--cell-timeout",
        parser=seconds_of("--cell-timeout"),
        metavar="SECONDS",
        help="How long a cell may run.  [default: no limit]",
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        parser=text_of("--cluster"),
        metavar="ADDRESS",
        help=(
            "Run on the workers of this dask scheduler (tcp://HOST:8786), or on --workers processes of this"
            " machine (local)."
        ),
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")]
AsJson = Annotated[
    bool,
    typer.Option("--json", help="Print progress and result as one JSON object per line, for other programs."),
]
AllowPartial = Annotated[
    bool,
    typer.Option("--allow-partial", help="Publish even if notebooks are missing; their pages say so."),
]
Format = Annotated[
    console.Format, typer.Option("--format", metavar="table|csv|json", help="Format of the output.")
]
