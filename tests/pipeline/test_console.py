"""What the terminal shows."""

import json
from pathlib import Path

import pytest

from analysis.pipeline import console
from analysis.pipeline.console import Display, Format
from analysis.pipeline.runner import Outcome

GOOD = Outcome("base/good", "succeeded", "new", 4.21)
CACHED = Outcome("slow/good", "cached", "unchanged", 4.2)


def test_without_a_terminal_each_end_is_a_line_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    with Display(2) as show:
        show("base/good", None)
        show("base/good", GOOD)
        show("slow/good", CACHED)
    out, err = capsys.readouterr()
    assert out == "succeeded  base/good  4.2 s\ncached     slow/good  unchanged\n"
    assert err == ""


def test_on_a_terminal_there_is_a_bar_on_stderr_that_goes_away(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with Display(2) as show:
        show("base/[good]", None)
        show("slow/good", CACHED)
    out, err = capsys.readouterr()
    assert out == ""
    assert "1/2" in err
    assert "base/[good]" in err  # no markup in a name
    assert err.endswith("\x1b[2K") or err.endswith("\x1b[1A\x1b[2K")  # the line is cleared


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
    assert (
        str(console.problem(failed))
        == "base/risks: cell 7: ZeroDivisionError: division by zero. Open r.ipynb."
    )
    assert console.shown(Path("/elsewhere/x")) == "/elsewhere/x"


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
        == 'name,value,why\ngrowth_pct,"[1.0, 2.0]","because, it is\nso"\ngrowth_pct,"[""ü""]",quoted as JSON quotes\ngrowth_pct,,ü\n'
    )
    table = console.listing(ROWS, Format.table).splitlines()
    assert table[0].split() == ["name", "value", "why"]
    assert table[1].startswith("growth_pct")
    assert table[-1].split() == ["ü"]  # what repeats the row above is left blank


def test_a_listing_of_nothing_is_nothing_but_valid() -> None:
    assert json.loads(console.listing([], Format.json)) == []
    assert console.listing([], Format.csv).strip() == ""
