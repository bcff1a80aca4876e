"""The `thesis` command in this process: what it refuses before anything runs, and what it does where nobody
can read it.
"""

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis import __main__ as command
from analysis import scenarios
from analysis.batch import plan
from analysis.cli import console, jupyterlab, listing_cache
from analysis.errors import RunError

Thesis = Callable[..., tuple[object, str, str]]
FULL = Path("/dev/full")


@pytest.fixture
def thesis(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Thesis:
    """`thesis("run", "--out", "")` is the exit code, and what was printed on stdout and stderr; nothing is
    run for it.
    """
    monkeypatch.delenv("THESIS_DEBUG", raising=False)

    def started(*_: object, **__: object) -> None:
        raise AssertionError("this should have been refused before anything starts")

    for room, name in (
        (command, "_run"),
        (command, "_show"),
        (command, "_publish"),
        (command, "_swept"),
        (jupyterlab, "start_server"),
    ):
        monkeypatch.setattr(room, name, started)

    def run(*arguments: str) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["thesis", *arguments])
        with pytest.raises(SystemExit) as end:
            command.main()
        return end.value.code, *capsys.readouterr()

    return run


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the tests' own small register and its two scenarios, which the command takes for its
    own.
    """
    material = Path(__file__).parent / "notebooks" / "params"
    (tmp_path / "params").mkdir()
    for path in material.iterdir():
        (tmp_path / "params" / path.name).write_bytes(path.read_bytes())
    small = plan.Project(tmp_path)
    monkeypatch.setattr(plan, "Project", lambda: small)
    return tmp_path


def refused(ended: tuple[object, str, str], *words: str) -> None:
    """One line on stderr that holds these words, nothing on stdout, and the code for bad input."""
    code, out, err = ended
    assert (code, out) == (2, "")
    assert err.startswith("error: ") and err.count("\n") == 1
    assert all(word in err for word in words), err


@pytest.mark.parametrize("empty", ["", "  "])
@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--out"],
        ["sweep", "--out"],
        ["publish", "--out"],
        ["diff", "a", "b", "--html"],
        ["check", "--article"],
    ],
)
def test_a_path_without_a_name_is_refused(thesis: Thesis, arguments: list[str], empty: str) -> None:
    # as of a shell's variable that is not set; it would stand for the folder one is in
    refused(thesis(*arguments, empty), f"{arguments[-1]} {empty!r}: is empty.")


@pytest.mark.parametrize(
    "arguments",
    [["run", "--cluster"], ["sweep", "--heat-map"], ["review"], ["diff", "base"]],
)
def test_a_text_that_says_nothing_does_not_pass_for_none(thesis: Thesis, arguments: list[str]) -> None:
    refused(thesis(*arguments, ""), "'': is empty.")


@pytest.mark.parametrize("seconds", ["inf", "nan", "0", "-1", "1e300", "soon", ""])
@pytest.mark.parametrize(("verb", "option"), [("run", "--timeout"), ("report", "--cell-timeout")])
def test_a_limit_that_never_runs_out_is_refused(thesis: Thesis, verb: str, option: str, seconds: str) -> None:
    refused(thesis(verb, option, seconds), f"{option} {seconds}:", "is not a usable limit. Write 0.1 to ")


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ("run --workers 0", "--workers"),
        ("run --workers 1000000", "--workers"),
        ("report --workers -1", "--workers"),
        ("notebooks --workers nan", "--workers"),
        ("diff base son --workers 1e9", "--workers"),
        ("sweep --workers 0", "--workers"),
        ("sweep --points 0", "--points"),
        ("sweep --draws 1" + 400 * "0", "--draws"),
        ("review --port 65536", "--port"),
        ("review --port -1", "--port"),
    ],
)
def test_a_number_that_cannot_be_meant_is_refused_by_its_option(
    thesis: Thesis, arguments: str, place: str
) -> None:
    refused(thesis(*arguments.split()), place)


@pytest.mark.parametrize("name", ["slow.yaml", "slow.YML", "Slow-Money.yml", "yes.yml"])
@pytest.mark.parametrize("verb", ["scenarios", "run"])
def test_a_file_that_cannot_be_found_as_a_scenario_is_named(
    thesis: Thesis, project: Path, verb: str, name: str
) -> None:
    slow = project / "params" / "slow.yml"
    slow.rename(slow.with_name(name))
    if verb == "run":
        (project / "notebooks").mkdir()
        (project / "notebooks" / "good.ipynb").write_bytes(
            (Path(__file__).parent / "notebooks" / "good.ipynb").read_bytes()
        )
    refused(thesis(verb), f"params/{name}: ", "Rename it to ")


def test_the_scenario_that_was_asked_for_is_named_by_its_file(project: Path) -> None:
    (project / "params" / "slow.yml").rename(project / "params" / "Slow-Money.yaml")
    for name in ("Slow-Money", "slow_money", "Slow-Money.yaml"):
        problem = scenarios.unknown_scenario(name, "--scenario", project / "params")
        assert problem.place.endswith("params/Slow-Money.yaml") and "slow_money.yml" in problem.fix


PART = dict.fromkeys(("criterion", "methods", "method", "given", "deadline"), "x")
PARTS = [
    PART
    | {
        "id": "p1",
        "status": "open",
        "statement": "It rains.",
        "probability": 0.274674,
        "probability_low": 0.0006,
        "probability_high": 1.0,
    },
    PART
    | {
        "id": "p2",
        "status": "void",
        "method": "none: overtaken",
        "given": None,
        "statement": "It snows.",
        "probability": None,
        "probability_low": None,
        "probability_high": None,
    },
]


def test_predictions_are_printed_with_statement_and_per_cent_and_stay_numbers_for_programs(
    thesis: Thesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing_cache, "cached_rows", lambda *_: PARTS)
    code, table, _ = thesis("predictions")
    assert code == 0
    first, second = table.splitlines()[1:]
    assert "It rains." in first and "27%" in first and "<1% to 100%" in first
    assert "too early to tell" in first
    assert "It snows." in second and "overtaken" in second and "%" not in second
    assert second.split()[-1] == "–"  # on the page, too, nothing stands where a method would
    _, rows, _ = thesis("predictions", "--format", "csv")
    assert "0.274674,0.0006,1.0" in rows and "%" not in rows


def test_indicators_and_evidence_are_printed_with_labels_and_stay_keys_for_programs(
    thesis: Thesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = dict.fromkeys(("id", "value", "unit", "side", "threshold", "valid_on", "moves"), "x")
    monkeypatch.setattr(
        listing_cache, "cached_rows", lambda *_: [watched | {"status": one} for one in ("signals", "quiet")]
    )
    first, second = thesis("indicators")[1].splitlines()[1:]
    assert " triggered " in first and "not triggered" in second
    assert '"signals"' in thesis("indicators", "--format", "json")[1]
    monkeypatch.setattr(listing_cache, "cached_rows", lambda *_: [{"id": "x", "quality": "secondary"}])
    assert "second-hand" in thesis("evidence")[1] and "secondary" in thesis("evidence", "--format", "csv")[1]


def test_claims_are_printed_with_their_statement(thesis: Thesis, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = dict.fromkeys(("id", "verdict", "weight", "stated", "computed", "unit", "reason", "kind"), "x")
    monkeypatch.setattr(
        listing_cache, "cached_rows", lambda *_: [claim | {"statement": "It rains.", "verdict": "void"}]
    )
    code, table, _ = thesis("claims")
    assert code == 0
    assert table.splitlines()[0].split() == ["id", "verdict", "weight", "statement", "reason"]
    assert "It rains." in table.splitlines()[1] and "overtaken" in table.splitlines()[1]
    _, rows, _ = thesis("claims", "--format", "json")
    assert json.loads(rows)[0]["verdict"] == "void"


@pytest.mark.skipif(not FULL.exists(), reason="this system has no file that is always full")
@pytest.mark.parametrize("lines", [1, 10_000])  # more than a buffer holds, and less
def test_what_cannot_be_written_down_ends_with_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, lines: int
) -> None:
    with FULL.open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        code = command._exit_code(lambda: console.echo("line\n" * lines))
        console.drop_output()  # closing it would fail otherwise
    assert code == 1
    err = capsys.readouterr().err
    assert err.startswith("error: standard output: cannot be written to (No space left on device).")
    assert err.count("\n") == 1


@pytest.mark.skipif(not FULL.exists(), reason="this system has no file that is always full")
def test_where_errors_cannot_be_told_the_code_says_how_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise RunError([])

    def slips() -> None:
        raise OSError(28, "No space left on device")

    with FULL.open("w") as full:
        monkeypatch.setattr(sys, "stderr", full)
        assert command._exit_code(fails) == 1
        assert command._exit_code(slips) == 1
        assert command._exit_code(lambda: 130) == 130
        console.drop_output()


def test_what_the_system_refused_is_told_in_its_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("THESIS_DEBUG", raising=False)

    def fails() -> None:
        raise OSError(28, "No space left on device", "/srv/a\x1b[31mb")

    assert command._exit_code(fails) == 1
    err = capsys.readouterr().err
    assert err.startswith("error: /srv/ab: ") and "(No space left on device)" in err and "OSError" not in err


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
            code = command._exit_code(lambda: console.echo("said") or console.echo("told", error=True))
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
