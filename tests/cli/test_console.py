"""What the terminal shows."""

import io
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from analysis.batch.execute import StartedCell
from analysis.batch.runner import CellStarted, Event, Outcome, Planned, Started
from analysis.cli import console, exits
from analysis.cli.console import Format, Progress
from analysis.errors import Problem

GOOD = Outcome("base/[good]", "succeeded", "new", 4.21)
CACHED = Outcome("slow/good", "cached", "unchanged", 4.2)


EVENTS: list[Event] = [
    Planned(2, 1, 8.0),
    CACHED,
    Started("base/[good]", 8.0),
    CellStarted("base/[good]", StartedCell(2, 5, "id"), 3.0),
    GOOD,
]


def show_events(progress: Progress) -> None:
    with console.display(progress) as show:
        for event in EVENTS:
            show(event)
    show.end([CACHED, GOOD], Path("runs").absolute(), 4.26)


def test_without_a_terminal_each_end_is_a_line_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    show_events(Progress.text)
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "cached     slow/good  unchanged",
        "succeeded  base/[good]  4.2 s",
        "2 notebooks: 1 succeeded, 1 cached in 4 s. See runs.",
    ]
    assert err == ""


def test_a_line_says_what_had_changed_and_whose_result_was_taken_over(
    capsys: pytest.CaptureFixture[str],
) -> None:
    changed = ("nvidia_revenue", "params/slow.yml")
    ran = Outcome("base/good", "succeeded", "data", 4.21, changed=changed)
    same = Outcome("slow/good", "succeeded", "new", 0.0, same_as="base/good")
    both = Outcome("slow/good", "succeeded", "data", 0.0, changed=changed[:1], same_as="base/good")
    code = Outcome("base/good", "succeeded", "code", 4.21)
    parameters = Outcome("slow/good", "failed", "parameters", 4.21, "e")
    for outcome in (ran, same, both, code, parameters):
        console.display(Progress.text)(outcome)
    assert capsys.readouterr().out.splitlines() == [
        "succeeded  base/good  4.2 s, as nvidia_revenue, params/slow.yml changed",
        "succeeded  slow/good  same as base/good",
        "succeeded  slow/good  same as base/good, as nvidia_revenue changed",
        "succeeded  base/good  4.2 s, as the code changed",
        "failed     slow/good  4.2 s, as its parameters changed",
    ]


def test_quiet_is_quiet(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    show_events(Progress.quiet)
    assert capsys.readouterr() == ("", "")


def test_for_other_programs_each_event_is_an_object_on_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    show_events(Progress.json)
    out, err = capsys.readouterr()
    assert err == ""
    name = {"scenario": "base", "notebook": "[good]"}
    nothing = {"error": None, "failed": None, "changed": [], "same_as": None}
    ended = {"status": "succeeded", "reason": "new", "seconds": 4.21} | nothing
    cached = {"status": "cached", "reason": "unchanged", "seconds": 4.2} | nothing
    assert [json.loads(line) for line in out.splitlines()] == [
        {"event": "planned", "notebooks": 2, "to_run": 1, "expected_seconds": 8.0},
        {"event": "ended", "scenario": "slow", "notebook": "good"} | cached,
        {"event": "started"} | name | {"expected_seconds": 8.0},
        {"event": "cell"} | name | {"cell": 2, "cells": 5, "expected_seconds": 3.0},
        {"event": "ended"} | name | ended,
        {"event": "finished", "succeeded": 1, "cached": 1, "failed": 0, "seconds": 4.3, "folder": "runs"},
    ]


def test_on_a_terminal_there_are_bars_on_stderr_that_go_away(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with console.display() as show:
        for event in EVENTS[:4]:
            show(event)
    out, err = capsys.readouterr()
    assert out == ""
    last = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", err)
    assert (
        "1/2" in last and "of about 8 s" in last
    )  # the batch: one of two, and what the rest took the last time
    assert re.search(r"base/\[good\] .* 1/5 \d+ s of about 8 s, cell 2: \d+ s of about 3 s", last)
    assert err.endswith("\x1b[2K")  # the lines are cleared


def test_a_failure_says_which_file_to_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    failed = Outcome(
        "base/risks",
        "failed",
        "new",
        1.0,
        "cell 7: ZeroDivisionError: division by zero",
        tmp_path / "r.ipynb",
    )
    assert [str(problem) for problem in console.problems([GOOD, failed])] == [
        "base/risks: cell 7: ZeroDivisionError: division by zero. Open r.ipynb."
    ]
    assert console.path_from_here(Path("/elsewhere/x")) == "/elsewhere/x"


def test_a_file_that_is_not_fit_to_run_is_named_once_for_all_scenarios() -> None:
    unfit = (Problem("notebooks/x.ipynb", "has no cells", "Restore it"),)
    failed = [
        Outcome(f"{name}/x", "failed", "new", 0.0, "no cells", unfit=unfit) for name in ("base", "slow")
    ]
    assert console.problems(failed) == list(unfit)
    assert "unfit" not in console._flat(failed[0])  # `error` says it


def test_the_summary_counts_what_happened(tmp_path: Path) -> None:
    assert (
        console.summary([GOOD, CACHED, GOOD], tmp_path, 12.4)
        == f"3 notebooks: 2 succeeded, 1 cached in 12 s. See {tmp_path}."
    )
    assert console.summary([GOOD], tmp_path, 1).startswith("1 notebook: 1 succeeded")


ROWS: list[dict[str, object]] = [
    {"name": "growth_pct", "value": [1.0, 2.0], "why": "because, it is\nso"},
    {"name": "growth_pct", "value": ["ü"], "why": "quoted as JSON quotes"},
    {"name": "growth_pct", "value": None, "why": "ü"},
]


def test_a_listing_holds_the_same_in_every_format() -> None:
    assert json.loads(console.listing(ROWS, Format.json)) == ROWS
    assert (
        console.listing(ROWS, Format.csv)
        == 'name,value,why\ngrowth_pct,"[1.0, 2.0]","because, it is\nso"\ngrowth_pct,"[""ü""]",quoted as JSON'
        " quotes\ngrowth_pct,,ü\n"
    )
    table = console.listing(ROWS, Format.table).splitlines()
    assert table[0].split() == ["name", "value", "why"]
    assert table[1].startswith("growth_pct")
    assert table[-1].split() == ["ü"]  # what repeats the row above is left blank


LONG: list[dict[str, object]] = [
    {
        "id": f"market.claim_number_{number}",
        "value": number / 7,
        "moves": [],
        "statement": "Of forty words " * 12,
        "reason": "一 wide letter " * 20,
    }
    for number in (1, 2)
]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """`terminal(80)` is one of 80 columns on stdout."""

    def be(columns: int) -> None:
        monkeypatch.setattr("sys.stdout.isatty", lambda: True)
        monkeypatch.setenv("COLUMNS", str(columns))

    return be


@pytest.mark.parametrize("columns", [1, 30, 80])
def test_where_columns_would_be_squeezed_each_row_is_a_block_with_every_name_and_word(
    terminal: Callable[[int], None], columns: int
) -> None:
    terminal(columns)
    lines = console.listing(LONG, Format.table).splitlines()
    assert max(map(cell_len, lines)) <= max(columns, console.NARROWEST)
    blocks = "\n".join(lines).split("\n\n")
    assert len(blocks) == len(LONG)
    for block, row in zip(blocks, LONG, strict=True):
        starts = [line for line in block.splitlines() if not line.startswith(" ")]
        assert [line.partition(":")[0] for line in starts] == list(row)
        letters = "".join(block.split())
        assert all("".join(str(value).split()) in letters for value in row.values())


@pytest.mark.parametrize("columns", [120, 200])
def test_where_there_is_room_to_read_rows_stand_one_below_the_other(
    terminal: Callable[[int], None], columns: int
) -> None:
    terminal(columns)
    lines = console.listing(LONG, Format.table).splitlines()
    assert lines[0].split() == list(LONG[0])
    assert max(map(cell_len, lines)) <= columns
    statement = [line[lines[0].index("statement") :][: console.READABLE] for line in lines[1:]]
    assert all(len(part.split()) > 1 for part in statement[:3])


def test_a_long_name_that_cannot_be_wrapped_makes_blocks_and_is_not_cut(
    terminal: Callable[[int], None],
) -> None:
    terminal(60)
    url = f"https://example.org/{'a' * 80}"
    text = console.listing([{"id": "one", "url": url}], Format.table)
    assert text.startswith("id: one\n")
    assert url in "".join(text.split())


def test_without_a_terminal_the_environment_does_not_change_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = console.listing(ROWS, Format.table)
    for name, value in {"FORCE_COLOR": "1", "TERM": "dumb", "COLUMNS": "20", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
        assert console.listing(ROWS, Format.table) == plain


def test_a_table_shows_what_would_steer_a_terminal_as_marks_and_data_stay_as_they_are() -> None:
    rows = [{"id": "a\x1b[31mb\u202ec\rd"}]
    assert console.listing(rows, Format.table).splitlines()[1] == "ab\ufffdc\ufffdd"
    assert json.loads(console.listing(rows, Format.json)) == rows
    assert rows[0]["id"] in console.listing(rows, Format.csv)


@pytest.mark.parametrize("term", ["dumb", "unknown"])
def test_a_terminal_that_cannot_take_a_line_back_gets_plain_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, term: str
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", term)
    show_events(Progress.text)
    out, err = capsys.readouterr()
    assert out.startswith("cached     slow/good  unchanged\nsucceeded  base/[good]  4.2 s\n")
    assert err == ""


def test_bars_show_the_name_of_a_file_in_characters_that_are_seen(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    with console.display() as show:
        show(Started("base/a\x1b]0;title\x07b\x1b[5mc", None))
    assert "base/abc" in capsys.readouterr().err


def test_a_listing_of_nothing_is_nothing_but_valid() -> None:
    assert json.loads(console.listing([], Format.json)) == []
    assert console.listing([], Format.csv).strip() == ""


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (1, 2), (0, 1, 2)])
def test_a_stream_that_was_closed_before_the_start_takes_what_it_is_given(closed: tuple[int, ...]) -> None:
    child = os.fork()  # the least that has descriptors of its own; a new interpreter would take a second
    if not child:
        code = 1
        try:
            for descriptor in closed:
                os.close(descriptor)
                setattr(sys, ("stdin", "stdout", "stderr")[descriptor], None)
            console.prepare()
            code = exits.exit_code(lambda: console.echo("said") or console.echo("told", error=True))
            if not all(os.get_inheritable(descriptor) for descriptor in closed):
                code = 3
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


class Stream(io.TextIOWrapper):
    """A stream in the encoding of an environment, of a terminal or not."""

    def __init__(self, encoding: str, *, terminal: bool) -> None:
        super().__init__(io.BytesIO(), encoding=encoding)
        self._terminal = terminal

    def isatty(self) -> bool:
        """As it was made."""
        return self._terminal

    @property
    def written(self) -> bytes:
        """Every byte so far."""
        self.flush()
        buffer: Any = self.buffer
        return bytes(buffer.getvalue())


@pytest.mark.parametrize("name", ["stdout", "stderr"])
@pytest.mark.parametrize(
    ("encoding", "terminal", "expected"),
    [
        (
            "ascii",
            False,
            "é – 2×?\n".encode(),
        ),  # the last is half of a character, as of a file name that is no text
        ("latin-1", False, "é – 2×?\n".encode()),
        ("ascii", True, b"? ? 2??\n"),
        ("latin-1", True, b"\xe9 ? 2\xd7?\n"),
        ("utf-8", True, "é – 2×\N{REPLACEMENT CHARACTER}\n".encode()),
    ],
)
def test_files_and_pipes_get_utf8_and_terminals_what_they_can_show(
    monkeypatch: pytest.MonkeyPatch, name: str, encoding: str, terminal: bool, expected: bytes
) -> None:
    stream = Stream(encoding, terminal=terminal)
    monkeypatch.setattr(sys, name, stream)
    console.prepare()
    console.echo("é – 2×\udcff", error=name == "stderr")
    assert stream.written == expected


def test_a_terminal_is_not_steered_by_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {terminal: Stream("utf-8", terminal=terminal) for terminal in (True, False)}
    for stream in texts.values():
        monkeypatch.setattr(sys, "stdout", stream)
        console.echo("a\x1b[31mb\x1b[0m\x07c\rd\u202ee")
    assert texts[True].written.decode() == "ab\ufffdc\ufffdd\ufffde\n"
    assert texts[False].written.decode() == "a\x1b[31mb\x1b[0m\x07c\rd\u202ee\n"  # data stay as they are


def test_a_width_of_nothing_is_no_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "0")
    console.prepare()
    assert "COLUMNS" not in os.environ
    monkeypatch.setenv("COLUMNS", "100")
    console.prepare()
    assert os.environ["COLUMNS"] == "100"
