"""The guide of the site is true: its commands and files work in a copy of the project, in its order.

The copy is smaller than the project: its notebook has the parameters of the one that the guide runs and a
single number, and of the article's claims it holds those that a dated fact decides. What all of them show is
tested with the notebooks.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from analysis import __main__ as command
from analysis import thesis
from analysis.exhibits import MIME, Figure
from analysis.figures import charts
from analysis.lint import stored_outputs
from analysis.project import VARIABLE, Project
from analysis.site.guide import EXAMPLE

ROOT = Project.default().root

FACTS = "analysis/data/evidence/dated_facts"
NOTEBOOK = "6_verdict"
NUMBER = f"""
from IPython.display import display

from analysis import scenarios

assumptions = scenarios.check(globals())
names = ("committed_share", "compute_usd_bn", "cash_usd_bn")
share, compute, cash = (assumptions.register[name].central(assumptions[name]) for name in names)
text = f"{{share * compute - cash:.1f}}"
number = dict(id="verdict.uncovered", kind="metric", title="Compute beyond the cash")
number |= dict(text=text, short=text, value=float(text))
display({{"{MIME}": number}}, raw=True)
"""


@dataclass(frozen=True)
class Block:
    """One block of code of the guide: what is to be done with its text."""

    language: str
    words: frozenset[str]
    values: Mapping[str, str]
    text: str


def blocks(text: str) -> list[Block]:
    """Every block between fences: ```language word key=value."""
    found = re.findall(r"^```(\w+)([^\n]*)\n(.*?)\n```$", text, re.MULTILINE | re.DOTALL)
    return [
        Block(
            language,
            frozenset(word for word in info.split() if "=" not in word),
            dict(word.split("=", 1) for word in info.split() if "=" in word),
            body,
        )
        for language, info, body in found
    ]


GUIDE = Project.default().guide.read_text(encoding="utf-8")
BLOCKS = blocks(GUIDE)


@dataclass(frozen=True)
class Done:
    """A command of the guide as it ended."""

    command: str
    code: int
    out: str
    err: str


def _shorten_notebook(path: Path) -> None:
    content = json.loads((ROOT / "notebooks" / path.name).read_text(encoding="utf-8"))
    parameters = next(cell for cell in content["cells"] if "parameters" in cell["metadata"].get("tags", []))
    number = parameters | {"id": "number", "metadata": {}, "source": NUMBER, "outputs": []}
    path.write_text(json.dumps(content | {"cells": [parameters, number]}), encoding="utf-8")


def _shorten_claims(path: Path) -> None:
    claims = yaml.safe_load(path.read_text(encoding="utf-8"))
    on_record = {
        name: claim for name, claim in claims.items() if claim.get("check", {}).get("name") == "on_record"
    }
    assert on_record
    path.write_text(yaml.safe_dump(on_record, sort_keys=False, allow_unicode=True), encoding="utf-8")


class Copy:
    """A copy of the project in which somebody follows the guide."""

    def __init__(self, project: Project) -> None:
        self.root = project.root
        _shorten_notebook(project.notebooks / f"{NOTEBOOK}.ipynb")
        _shorten_claims(project.claims)
        self.done: dict[str, Done] = {}

    def follow(self, block: Block) -> None:
        if "run" in block.words:
            for line in block.text.splitlines():
                self._run(line, int(block.values.get("exit", "0")))
        elif name := block.values.get("file"):
            assert not (self.root / name).exists(), name
            (self.root / name).write_text(block.text + "\n")
        elif name := block.values.get("append"):
            with (self.root / name).open("a") as file:
                file.write(block.text + "\n")
        elif name := block.values.get("row"):
            self._insert(self.root / name, block.text)
        else:
            raise AssertionError(f"nothing says what is done with {block.text!r}")

    def _run(self, line: str, code: int) -> None:
        name, *words = shlex.split(line)
        assert name == "thesis", f"{line}: only this command can be followed here"
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.chdir(self.root)
            patch.setenv(VARIABLE, str(self.root))
            patch.setattr(sys, "argv", [name, *words])
            with pytest.raises(SystemExit) as end:
                command.main()
        ended = self.done[line] = Done(line, int(end.value.code or 0), out.getvalue(), err.getvalue())
        assert ended.code == code, f"{line}\n{ended.out}{ended.err}"
        if hash_ := re.search(r"write (sha256: [0-9a-f]{64}) in (\w+\.meta\.yml)", ended.err):
            sidecar = self.root / "analysis" / "data" / "evidence" / hash_[2]
            sidecar.write_text(
                re.sub(r"^sha256: \w+$", hash_[1], sidecar.read_text(), flags=re.MULTILINE), encoding="utf-8"
            )

    @staticmethod
    def _insert(path: Path, row: str) -> None:
        head, *rows = path.read_text(encoding="utf-8").splitlines()
        day = head.split(",").index("valid_on")
        days = [line[day] for line in csv.reader([*rows, row])]
        at = sum(earlier <= days[-1] for earlier in days[:-1])
        path.write_text("\n".join([head, *rows[:at], row, *rows[at:]]) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory, build: Callable[..., Project]) -> Copy:
    """The project after the whole guide; no command of it ended otherwise than the guide says.

    Its three batches of a real kernel each cost some seconds.
    """
    copy = Copy(build(tmp_path_factory.mktemp("guide") / "project", params=ROOT / "params"))
    for block in BLOCKS:
        copy.follow(block)
    return copy


def ended(copy: Copy, *words: str) -> Done:
    (match,) = (done for line, done in copy.done.items() if all(word in line for word in words))
    return match


def ledger(text: str) -> dict[str, dict[str, str]]:
    return {row["id"]: row for row in csv.DictReader(io.StringIO(text))}


def test_every_step_has_something_to_do_but_the_one_with_the_example() -> None:
    steps = re.split(r"^## ", GUIDE, flags=re.MULTILINE)[1:]
    assert len(steps) > 3
    assert [not blocks(step) for step in steps] == [EXAMPLE in step for step in steps]
    assert sum(len(blocks(step)) for step in steps) == GUIDE.count("\n```") / 2


def test_another_value_of_an_assumption_moves_what_the_guide_compares(followed: Copy) -> None:
    out = ended(followed, "diff", "out/committed").out
    assert re.search(r"^committed_share .*0\.9$", out, re.MULTILINE)
    assert "1 parameter differs" in out
    assert "no number moved" not in out


def test_a_value_that_makes_no_sense_is_refused_with_one_that_would(followed: Copy) -> None:
    err = ended(followed, "committed_share=90").err
    assert "90 is outside 0 to 1" in err
    assert err.count("\n") == 1


def test_the_claim_is_judged_with_its_evidence_and_only_once_that_was_known(followed: Copy) -> None:
    later = ledger(_claims(followed, None))
    earlier = ledger(_claims(followed, "2024-12-31"))
    name = "technical.o1_mini_cut"
    assert (later[name]["verdict"], later[name]["strength"]) == ("fails", "secondary")
    assert later[name]["reason"] == "o1-mini was cut by 63% on 31 January 2025."
    assert "Simon Willison" in later[name]["sources"]
    assert earlier[name]["verdict"] == "uncheckable"


def _claims(copy: Copy, day: str | None) -> str:
    return next(
        done.out
        for line, done in copy.done.items()
        if line.startswith("thesis claims") and (f"as_of={day}" in line if day else "as_of" not in line)
    )


def test_the_refused_table_says_which_hash_to_enter(followed: Copy) -> None:
    err = ended(followed, "evidence dated_facts").err
    assert f"{FACTS}.csv" in err
    assert "write sha256: " in err


def test_the_scenario_is_listed_and_its_run_differs_by_what_it_sets(followed: Copy) -> None:
    assert "slow_money" in ended(followed, "thesis scenarios").out
    assert "1 notebook: 1 succeeded" in ended(followed, "run", "slow_money").out
    listed = followed.done["thesis diff base slow_money"].out
    assert "2 parameters differ" in listed
    assert re.search(r"^cash_usd_bn ", listed, re.MULTILINE)
    page = (followed.root / "out" / "slow_money.html").read_text(encoding="utf-8")
    assert "multiple_sensitivity" in page


def test_the_guide_says_what_becomes_of_a_cell_that_may_raise() -> None:
    """That it is so is tested in tests/batch/test_runner.py, with papermill's own judgement."""
    assert "`raises-exception`" in GUIDE


def test_the_chart_that_the_guide_explains_is_a_fan_of_one_series() -> None:
    """Its page looks for the bands, and shows none where several series share the chart."""
    picked = thesis.load().pages.fan_chart
    (fan,) = (
        exhibit
        for path in Project.default().notebook_paths()
        for exhibit in stored_outputs.read(path).exhibits
        if exhibit.id == picked
    )
    assert isinstance(fan, Figure)
    assert {"time", "p5", "p25", "p50", "p75", "p95"} <= {column.name for column in fan.columns}
    assert len({row.get("series") for row in fan.rows}) == 1


def test_the_words_on_a_fan_are_those_of_its_bands() -> None:
    """The guide has nine of ten in the pale band and half in the dark one: 95 - 5 = 90, 75 - 25 = 50."""
    assert [round(high - low, 2) for low, high, _ in charts.simulation.BANDS] == [0.9, 0.5]
    assert charts.simulation.BANDS[0][2] < charts.simulation.BANDS[1][2], "the pale band is the wide one"
    names = {"median": ["p50"], "dark band": ["p25", "p75"], "pale band": ["p5", "p95"]}
    template = (Project.default().templates / "guide.html.j2").read_text(encoding="utf-8")
    for words, quantiles in names.items():
        (item,) = (line for line in template.splitlines() if line.startswith(f"<li>{words}"))
        assert re.findall(r"last\.(p\d+)", item) == quantiles
    assert "dark band holds the middle half" in GUIDE and "pale band holds nine of ten" in GUIDE
