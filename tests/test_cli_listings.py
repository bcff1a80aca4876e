"""`thesis claims` and `thesis evidence`: three formats of the same rows, other assumptions, and what they say to bad input."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys

import pytest

from analysis import ROOT
from analysis.models import audit


def thesis(*arguments, cwd=ROOT, **environment):
    command = [sys.executable, "-m", "analysis", *arguments]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, env=os.environ | environment
    )


def test_the_three_formats_hold_the_same_ledger():
    rows = json.loads(thesis("claims", "--format", "json").stdout)
    table = list(csv.DictReader(io.StringIO(thesis("claims", "--format", "csv").stdout)))
    text = thesis("claims").stdout
    assert [row["id"] for row in rows] == [row["id"] for row in table]
    assert list(rows[0]) == list(audit.FIELDS) == list(table[0])
    assert all(row["id"] in text and row["verdict"] in text for row in rows)
    assert isinstance(rows[1]["computed"], float)


def test_another_scenario_and_another_value_give_other_verdicts():
    def fails(*arguments):
        return sum(
            row["verdict"] == "fails"
            for row in json.loads(thesis("claims", "--format", "json", *arguments).stdout)
        )

    # over five years the five printed growth rates hold
    assert fails() - fails("-p", "elapsed_years=5") == fails() - fails("--scenario", "article") == 5


def test_cells_are_listed_in_the_same_three_formats():
    rows = json.loads(thesis("claims", "--tables", "--format", "json").stdout)
    table = list(csv.DictReader(io.StringIO(thesis("claims", "--tables", "--format", "csv").stdout)))
    assert [row["id"] for row in rows] == [row["id"] for row in table]
    assert len(rows) == 70  # five rows with five columns each in two tables, and five with four
    assert "technical.table.gpt_4o.mmlu_pct" in thesis("claims", "--tables").stdout


def test_what_does_not_fit_together_is_told_with_file_and_line(project):
    claims = project / "analysis" / "data" / "thesis" / "claims.yml"
    claims.write_text(claims.read_text().replace("check: {name: market_total}", "check: {name: market_totl}"))
    done = thesis("check", cwd=project)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = [line for line in done.stderr.splitlines() if "market_totl" in line]
    number = 1 + claims.read_text().splitlines().index("  check: {name: market_totl}")
    assert f"claims.yml, line {number}" in line
    assert "'market_total'" in line


def test_what_fits_together_is_counted():
    done = thesis("check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("checked: 117 claims, 70 cells, 18 tables, 129 numbers")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--scenario", "sonn"], "The nearest valid name is 'son'"),
        (["-p", "elapsed_yeers=5"], "The nearest valid name is 'elapsed_years'"),
        (["-p", "elapsed_years=99"], "99 is outside 1 to 10 years"),
        (["--format", "xml"], "'xml' is not one of"),
        (["--formt", "csv"], "'--format'"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, said):
    done = thesis("claims", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.fixture
def project(tmp_path):
    """A copy of the project's code, data and parameters; its package is the one that runs."""
    ignore = shutil.ignore_patterns("__pycache__")
    for folder in ("analysis", "params"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignore)
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    return tmp_path


def test_a_result_is_served_again_until_an_input_changes(project):
    where = {"cwd": project, "PYTHONPATH": str(project)}
    first = thesis("claims", "--format", "json", **where)
    (kept,) = (project / "reports" / ".cache").rglob("*.json")
    kept.write_text(kept.read_text().replace('"fails"', '"served"'))
    assert '"served"' in thesis("claims", "--format", "json", **where).stdout
    data = project / "analysis" / "data" / "thesis" / "claims.yml"
    data.write_text(data.read_text() + "# touched\n")
    assert thesis("claims", "--format", "json", **where).stdout == first.stdout
    kept_now = list((project / "reports" / ".cache").rglob("*.json"))
    assert len(kept_now) == 1
    assert kept_now != [kept]


def test_a_damaged_result_is_computed_again(project):
    where = {"cwd": project, "PYTHONPATH": str(project)}
    first = thesis("claims", "--format", "json", **where)
    (kept,) = (project / "reports" / ".cache").rglob("*.json")
    kept.write_text("{half")
    assert thesis("claims", "--format", "json", **where).stdout == first.stdout


def test_a_bad_data_file_is_one_line_and_nothing_is_kept(project):
    path = project / "analysis" / "data" / "thesis" / "market_size.csv"
    path.write_text(path.read_text().replace("$2.5B", '"2,5"').replace("$18B", "lots"))
    done = thesis("claims", cwd=project, PYTHONPATH=str(project))
    assert done.returncode == 2
    assert (
        "analysis/data/thesis/market_size.csv, row 2, column size_2024_usd_bn: '2,5' has a decimal comma."
        in done.stderr
    )
    assert "row 3, column size_2028_usd_bn: 'lots' is not a figure." in done.stderr
    assert len(done.stderr.splitlines()) == 2
    assert not (project / "reports").exists()


def test_bad_data_is_refused_before_a_notebook_starts_and_what_was_published_stays(project):
    shutil.copytree(ROOT / "notebooks", project / "notebooks")
    site = project / "reports" / "site"
    site.mkdir(parents=True)
    (site / "index.html").write_text("yesterday's")
    path = project / "analysis" / "data" / "thesis" / "market_size.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    for verb in ("report", "run"):
        done = thesis(verb, cwd=project, PYTHONPATH=str(project))
        assert done.returncode == 2
        assert done.stderr.startswith(
            "error: analysis/data/thesis/market_size.csv: starts with a byte-order mark."
        )
        assert len(done.stderr.splitlines()) == 1
    assert not (project / "reports" / "runs").exists()
    assert (site / "index.html").read_text() == "yesterday's"


def test_evidence_is_listed_as_it_was_known_on_a_day():
    def rows(*arguments):
        return json.loads(thesis("evidence", "--format", "json", *arguments).stdout)

    then, now = (
        {row["name"]: row for row in rows("-p", f"as_of={day}")} for day in ("2026-05-21", "2026-10-31")
    )
    assert all(
        then[name]["rows"] + then[name]["unseen"] == now[name]["rows"] + now[name]["unseen"] for name in now
    )
    assert then["api_prices"]["unseen"] > now["api_prices"]["unseen"] == 0
    prices = rows("api_prices", "-p", "as_of=2026-05-21")
    assert max(row["known_on"] for row in prices) <= "2026-05-21"
    assert len(prices) == then["api_prices"]["rows"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["api_price"], "The nearest valid name is 'api_prices'"),
        (["-p", "as_of=yesterday"], "'yesterday' is not a date"),
    ],
)
def test_bad_input_to_evidence_is_one_line_and_exit_code_2(arguments, said):
    done = thesis("evidence", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_sweep_writes_its_table_and_its_picture_and_runs_nothing_twice(tmp_path):
    words = ["sweep", "-p", "multiple_long_run=6:9:2", "-p", "loading_arm=0:1:2", "--draws", "1000", "--out", str(tmp_path),
             "--heat-map", "moic_median"]  # fmt: skip
    done = thesis(*words)
    assert (done.returncode, done.stderr) == (0, "")
    assert "4 points, 1 outputs, 1,000 draws each" in done.stdout.splitlines()[-1]
    table = (tmp_path / "sweep.csv").read_text()
    assert table.splitlines()[0] == "point,multiple_long_run,loading_arm,output,value,low,high"
    assert (tmp_path / "heat_map.png").read_bytes().startswith(b"\x89PNG")
    journal = (tmp_path / "points.jsonl").read_bytes()
    assert thesis(*words).returncode == 0
    assert (tmp_path / "points.jsonl").read_bytes() == journal
    assert (tmp_path / "sweep.csv").read_text() == table


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "names no range"),
        (["-p", "loading_amr=0:1:3"], "The nearest valid name is 'loading_arm'"),
        (["-p", "loading_arm=1:0:3"], "Write the lower end first"),
        (["-p", "loading_arm=0:1:3", "--output", "moic"], "there is no output 'moic'"),
        (["-p", "loading_arm=0:1:3", "--sample", "sobl"], "The nearest valid name is 'sobol'"),
        (["-p", "loading_arm=0:1:3", "--heat-map", "moic_median"], "needs a grid of two ranges"),
        (["-p", "loading_arm=0:1:3", "--draws", "0"], "0 is outside 1000 to 1e+06"),
        (["-p", "loading_arm=0:1:3", "--draws", "1000000000"], "is outside 1000 to 1e+06"),
        (["-p", "loading_arm=0:1", "--sample", "sobol", "--points", "12"], "Write a power of 2"),
        (["-p", "horizon_years=-1:5:3"], "-1 is outside 3 to 15"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused_in_one_line_and_leaves_nothing(arguments, said, tmp_path):
    done = thesis("sweep", *arguments, "--out", str(tmp_path / "out"))
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr and len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_predictions_have_every_field_in_all_formats_and_follow_the_day():
    rows = json.loads(thesis("predictions", "--format", "json").stdout)
    table = list(csv.DictReader(io.StringIO(thesis("predictions", "--format", "csv").stdout)))
    text = thesis("predictions").stdout
    asked = {
        "id", "where", "statement", "criterion", "made_on", "deadline", "probability", "probability_low", "probability_high",
        "method", "status", "resolved_on", "sources", "brier", "log_score",
    }  # fmt: skip
    assert asked <= set(rows[0]) == set(table[0])
    assert [row["id"] for row in rows] == [row["id"] for row in table]
    assert all(row["id"] in text for row in rows)
    assert {row["status"] for row in rows} == {"open", "void"}
    earlier = json.loads(thesis("predictions", "-p", "as_of=2026-05-20", "--format", "json").stdout)
    assert {row["status"] for row in earlier} == {"open"}
    assert {row["id"]: row for row in earlier}["p1.price"]["probability"] is None
