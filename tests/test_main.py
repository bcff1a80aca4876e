"""The `thesis` command in this process: what it refuses before anything runs, and without a reader."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis import __main__ as command
from analysis import scenarios
from analysis.cli import jupyterlab
from analysis.project import VARIABLE, Project
from tests import small_project

Thesis = Callable[..., tuple[object, str, str]]


@pytest.fixture
def thesis(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Thesis:
    """`thesis("run", "--out", "")` gives exit code, stdout and stderr, and runs nothing."""
    monkeypatch.delenv("THESIS_DEBUG", raising=False)

    def started(*_: object, **__: object) -> None:
        raise AssertionError("this should have been refused before anything starts")

    for room, name in (
        (command, "_run"),
        (command, "_show"),
        (command, "_publish"),
        (command, "_sweep_inputs"),
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
    """A project with the tests' own small register and its two scenarios, which the command uses."""
    here = small_project.build(tmp_path / "project", "good")
    monkeypatch.setenv(VARIABLE, str(here.root))
    return here.root


def test_a_store_that_is_neither_on_nor_off_is_refused_before_anything_runs(
    thesis: Thesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THESIS_CACHE", "0")
    refused(thesis("run"), "THESIS_CACHE=0", "neither on nor off", "Write off, or unset it")


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
    ("arguments", "option"),
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
    thesis: Thesis, arguments: str, option: str
) -> None:
    refused(thesis(*arguments.split()), option)


@pytest.mark.parametrize("name", ["slow.yaml", "slow.YML", "Slow-Money.yml", "yes.yml"])
@pytest.mark.parametrize("verb", ["scenarios", "run"])
def test_a_file_that_cannot_be_found_as_a_scenario_is_named(
    thesis: Thesis, project: Path, verb: str, name: str
) -> None:
    slow = project / "params" / "slow.yml"
    slow.rename(slow.with_name(name))
    refused(thesis(verb), f"params/{name}: ", "Rename it to ")


def test_the_scenario_that_was_asked_for_is_named_by_its_file(project: Path) -> None:
    (project / "params" / "slow.yml").rename(project / "params" / "Slow-Money.yaml")
    for name in ("Slow-Money", "slow_money", "Slow-Money.yaml"):
        problem = scenarios.unknown_scenario(name, "--scenario", Project(project))
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
    monkeypatch.setitem(command.LISTINGS, "predictions", lambda _: PARTS)
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
    watched = {"label": "x", "unit": "x", "value": 2.0, "threshold": 3.0, "side": "above"}
    watched |= {"valid_on": "2026-10-31", "moves": ["raises p2.price", "lowers rain"]}
    rows = [watched | {"id": status, "status": status} for status in ("signals", "quiet")]
    monkeypatch.setitem(command.LISTINGS, "indicators", lambda _: rows)
    table = thesis("indicators")[1]
    first, second = (line for line in table.splitlines() if line.startswith(("signals", "quiet")))
    assert " triggered " in first and "not triggered" in second
    assert "2×" in first and "above 3×" in first and "p2.price" not in table and "rain" in table
    assert '"signals"' in thesis("indicators", "--format", "json")[1]
    monkeypatch.setattr(command, "_evidence_rows", lambda *_: [{"id": "x", "quality": "secondary"}])
    assert "second-hand" in thesis("evidence")[1] and "secondary" in thesis("evidence", "--format", "csv")[1]


def test_claims_are_printed_with_their_statement(thesis: Thesis, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = dict.fromkeys(("id", "verdict", "weight", "stated", "computed", "unit", "reason", "kind"), "x")
    rows = [claim | {"statement": "It rains.", "verdict": "void"}]
    monkeypatch.setitem(command.LISTINGS, "claims", lambda _: rows)
    code, table, _ = thesis("claims")
    assert code == 0
    assert table.splitlines()[0].split() == ["id", "verdict", "weight", "statement", "reason"]
    assert "It rains." in table.splitlines()[1] and "overtaken" in table.splitlines()[1]
    _, rows, _ = thesis("claims", "--format", "json")
    assert json.loads(rows)[0]["verdict"] == "void"
