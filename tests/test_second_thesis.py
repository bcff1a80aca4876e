"""Another thesis through the same machinery: an invented ferry, in `tests/second_thesis`.

Nothing of the engine is changed for it: it is data, parameters and notebooks, and `THESIS_ROOT` names it. The
templates of its pages are the engine's.
"""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from analysis import __main__ as command
from analysis.project import VARIABLE, Project
from analysis.thesis import load
from tests.test_neutral import mentions_of_this_thesis

FERRY = Project(Project.default().root / "tests" / "second_thesis")


def run(*words, project):
    """A command in this process, which has to succeed; for what a fixture of the module runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.root)
        patch.setenv(VARIABLE, str(project.root))
        patch.setattr(sys, "argv", ["thesis", *words])
        with pytest.raises(SystemExit) as end:
            command.main()
    assert end.value.code == 0


@pytest.fixture(scope="module")
def ferry(tmp_path_factory):
    """A copy of the second thesis whose notebooks were run, as stored and under both scenarios.

    Two batches of real kernels cost some ten seconds, nearly all of it their imports: whether a kernel finds
    the files of another project shows only where one runs.
    """
    project = Project(tmp_path_factory.mktemp("ferry") / "thesis")
    shutil.copytree(FERRY.root, project.root)
    run("notebooks", "--quiet", project=project)
    run("run", "--quiet", project=project)
    return project


def without_style(path):
    """The text of a page without its style and script, which hold its fonts and take long to search."""
    return re.sub(r"<(style|script)>.*?</\1>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.fixture
def listed(thesis, ferry):
    """The verdict of each claim, as `thesis claims` lists them."""

    def verdicts():
        done = thesis("claims", "--format", "json", at=ferry)
        assert (done.code, done.err) == (0, "")
        return {claim["id"]: claim["verdict"] for claim in json.loads(done.out)}

    return verdicts


def test_its_claims_are_judged_and_a_wrong_figure_turns_the_verdict(thesis, ferry, listed):
    expected = {
        "crossing.every_day": "fails",  # a storm stopped it on 4 November 2023
        "income.growth": "holds",  # 10,000 × 1.1^4 = 14,641: 10% a year
        "income.tickets": "partly",  # over $3m is true with the grant (3.1), not of tickets alone (2.4)
    }
    assert listed() == expected
    text = ferry.claims.read_text(encoding="utf-8")
    try:
        ferry.claims.write_text(text.replace("stated: 10%", "stated: 20%"), encoding="utf-8")
        assert listed() == expected | {"income.growth": "fails"}
        done = thesis("check", at=ferry)
        assert (done.code, "'20%' is not among the numbers of income.1" in done.err) == (1, True)
    finally:
        ferry.claims.write_text(text, encoding="utf-8")


def test_its_files_fit_together(thesis, ferry):
    done = thesis("check", at=ferry)
    assert (done.code, done.err) == (0, "")


def test_its_pages_say_its_words_and_none_of_this_thesis(thesis, ferry):
    done = thesis("publish", at=ferry)
    assert (done.code, done.err) == (0, "")
    assert Path(done.out.strip()).name == "index.html"
    files = [path for path in ferry.site.rglob("*") if path.suffix in (".html", ".csv", ".json")]
    texts = {str(path.relative_to(ferry.site)): without_style(path) for path in files}
    its = load(ferry)
    for words in (its.title, its.brand, its.summary, f"for {its.beneficiary}", *its.scenarios.values()):
        assert words in texts["index.html"]
    assert f"{its.author}: {its.title} Version" in texts["cite.html"]
    assert its.publisher.name in texts["cite.html"]
    # no statement of it is overtaken, open or undecided, and it watches one indicator
    assert "Of the rest" not in texts["claims.html"]
    assert "None of one indicator is triggered" in texts["predictions.html"]
    mentions = mentions_of_this_thesis()
    assert not {f"{name}: {match[0]}" for name, text in texts.items() for match in mentions.finditer(text)}


def test_a_sweep_of_models_that_it_does_not_have_is_refused(thesis, ferry):
    done = thesis("sweep", "-p", "price_usd_mn=1:5:3", at=ferry)
    (line,) = done.err.splitlines()
    assert done.code == 2
    assert "need seed, draws and" in line and "thesis run -p" in line


def test_its_predictions_and_indicators_are_listed(thesis, ferry):
    assert "second_ship" in thesis("predictions", at=ferry).out
    assert "tickets" in thesis("indicators", at=ferry).out
