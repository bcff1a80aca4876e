"""`thesis claims` and `thesis evidence`: three formats, other assumptions, and bad input.

The commands run in this process on the project's own data, with a cache of this module's own: what one test
has computed is served to the next.
"""

import csv
import io
import json
from functools import partial
from typing import get_args

import pytest

from analysis import __main__ as command
from analysis import audit, exhibits, labels, scenarios, stored_results
from analysis.errors import DataError, Problem
from analysis.evidence import article_tables, claims, evidence_tables, numbers, predictions
from tests.small_project import copy_report


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """The project whose folder takes what is computed."""
    return copy_report(tmp_path_factory.mktemp("listings") / "project")


@pytest.fixture
def fresh(tmp_path):
    """The same, for which nothing was computed yet."""
    return copy_report(tmp_path)


@pytest.fixture
def listed(thesis, here):
    """`listed("claims")` is what a listing prints on the project's data."""
    return partial(thesis, at=here)


def rows(done):
    assert (done.code, done.err) == (0, "")
    return json.loads(done.out)


def table(done):
    return list(csv.DictReader(io.StringIO(done.out)))


def stored(project):
    """How many results are stored."""
    return stored_results.usage(project)[0]


def test_what_fits_together_is_counted(listed):
    # Every claim and every cell is judged once, against what
    # the notebooks hold; the tests below are served that.
    done = listed("check")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(
        f"checked: {len(claims.load())} claims, {len(numbers.printed_cells())} cells, "
        f"{len(evidence_tables.names()) + len(article_tables.names())} tables, {len(numbers.load())} numbers"
    )


def test_the_three_formats_hold_the_same_ledger(listed):
    content = rows(listed("claims", "--format", "json"))
    fields = table(listed("claims", "--format", "csv"))
    text = listed("claims").out
    assert (
        [row["id"] for row in content]
        == [row["id"] for row in fields]
        == [claim.id for claim in claims.load()]
    )
    assert list(content[0]) == list(audit.FIELDS) == list(fields[0])
    assert all(row["id"] in text and labels.VERDICTS[row["verdict"]] in text for row in content)
    assert any(isinstance(row["computed"], float) for row in content)


@pytest.fixture
def growth_rates(monkeypatch):
    """Only the claims on the growth rates that the article prints, which follow from its own table."""
    selected = [claim for claim in claims.load() if claim.id.startswith("market.cagr.")]
    monkeypatch.setattr(claims, "load", lambda *_: selected)
    return selected


def test_another_reading_gives_other_verdicts(thesis, fresh, growth_rates):
    def fails(*arguments):
        content = rows(thesis("claims", "--format", "json", *arguments, at=fresh))
        assert len(content) == len(growth_rates)
        return sum(row["verdict"] == "fails" for row in content)

    # over five years every printed growth rate holds
    assert fails() == len(growth_rates)
    assert fails("-p", "elapsed_years=5") == 0
    assert fails() == len(growth_rates)


def test_a_listing_is_served_again(thesis, fresh, growth_rates, own_store):
    first = thesis("claims", at=fresh)
    assert stored(fresh) == 1
    assert thesis("claims", at=fresh) == first
    assert stored(fresh) == 1
    assert thesis("claims", "-p", "elapsed_years=5", at=fresh) != first
    assert stored(fresh) == 2


def test_predictions_are_served_again(listed, here, own_store):
    """2 s: every method of every part is computed once."""
    first = listed("predictions")
    count = stored(here)
    assert first.code == 0 and count > 0
    assert listed("predictions") == first
    assert stored(here) == count


def test_bad_data_ends_a_listing_in_a_line_and_nothing_is_kept(thesis, fresh, monkeypatch):
    def bad(values):
        raise DataError(Problem("table.csv, row 2", "'2,5' has a decimal comma", "Write 2.5"))

    monkeypatch.setitem(command.LISTINGS, "claims", bad)
    done = thesis("claims", at=fresh)
    assert done == (2, "", "error: table.csv, row 2: '2,5' has a decimal comma. Write 2.5.\n")
    assert stored(fresh) == 0


def test_what_is_stored_is_said_and_removed(thesis, fresh, growth_rates, own_store):
    assert thesis("cache", at=fresh).out == "0 stored results, 0.0 of at most 200 MB, in reports/.cache\n"
    listed = thesis("claims", at=fresh)
    assert thesis("cache", at=fresh).out.startswith("1 stored result, ")
    assert thesis("cache", "--clear", at=fresh).out.startswith("removed 1 stored result, ")
    assert thesis("cache", at=fresh).out.startswith("0 stored results, 0.0 of ")
    assert thesis("claims", at=fresh) == listed


def test_cells_are_listed_in_the_same_three_formats(listed):
    content = rows(listed("claims", "--tables", "--format", "json"))
    fields = table(listed("claims", "--tables", "--format", "csv"))
    assert [row["id"] for row in content] == [row["id"] for row in fields] == list(numbers.printed_cells())
    text = listed("claims", "--tables").out
    assert all(row["id"] in text and labels.VERDICTS[row["verdict"]] in text for row in content)


def test_errors_are_listed_once_with_all_claims_that_repeat_them(listed):
    wrong = {row["id"] for row in rows(listed("claims", "--format", "json")) if row["verdict"] == "fails"}
    errors = rows(listed("claims", "--errors", "--format", "json"))
    named = [name for error in errors for name in error["claims"]]
    assert set(named) == wrong and len(named) == len(wrong)
    assert [error["statements"] for error in errors] == [len(error["claims"]) for error in errors]
    heaviest_first = [exhibits.WEIGHTS.index(error["weight"]) for error in errors]
    assert heaviest_first == sorted(heaviest_first)
    text = listed("claims", "--errors").out
    assert all(error["error"] in text for error in errors)


def test_what_does_not_fit_together_is_reported_with_file_and_line(thesis, fresh):
    path = fresh.claims
    path.write_text(path.read_text().replace("check: {name: market_total}", "check: {name: market_totl}"))
    done = thesis("check", at=fresh)
    assert (done.code, done.out) == (1, "")
    (line,) = [line for line in done.err.splitlines() if "market_totl" in line]
    number = 1 + path.read_text().splitlines().index("  check: {name: market_totl}")
    assert f"claims.yml, line {number}" in line
    assert "'market_total'" in line


def test_the_words_of_the_sources_are_read_with_file_and_line(thesis, fresh):
    readme = fresh.readme
    readme.write_text("# Title\n\nThe dearest of them costs $60B.\n")
    done = thesis("check", at=fresh)
    found = [line for line in done.err.splitlines() if "README.md, line 3" in line]
    assert done.code == 1
    assert [line.split(": ")[2] for line in found] == ["phrase", "house number"]


def test_the_pages_of_a_site_are_read_and_nothing_else(thesis, fresh, tmp_path):
    site = tmp_path / "site"
    (site / "base").mkdir(parents=True)
    (site / "index.html").write_text("<main><p>It costs $60bn, as the article says.</p></main>")
    assert thesis("check", "--site", str(site), at=fresh).out.startswith("checked: 1 pages")
    (site / "base" / "a.html").write_text("<main><p>The dearest of them all is this one.</p></main>")
    done = thesis("check", "--site", str(site), at=fresh)
    assert (done.code, done.out) == (1, "")
    assert "base/a.html, line 1: phrase: “dearest”" in done.err
    assert thesis("check", "--site", str(tmp_path / "none"), at=fresh).code == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--scenario", "son"], "There is no option --scenario"),
        (["--tables", "--errors"], "--tables and --errors: cannot be combined. Give one of them."),
        (["-p", "elapsed_yeers=5"], "The nearest valid name is 'elapsed_years'"),
        (["-p", "elapsed_years=99"], "99 is outside 1 to 10 years"),
        (["--format", "xml"], "'xml' is not one of"),
        (["--formt", "csv"], "'--format'"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(listed, arguments, message):
    done = listed("claims", *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("option", [[], ["--tables"], ["--errors"]])
def test_what_is_no_reading_of_the_article_is_refused(listed, option):
    readings = [name for name, entry in scenarios.load_register().items() if entry.reading]
    done = listed("claims", *option, "-p", "growth_factor_per_year=2")
    assert done == (
        2,
        "",
        (
            "error: -p, key growth_factor_per_year: changes no verdict, since the fact-check is judged under"
            f" base. Give one of {', '.join(readings)}.\n"
        ),
    )


def test_evidence_is_listed_as_it_was_known_on_a_day(listed):
    def evidence(*arguments):
        return rows(listed("evidence", "--format", "json", *arguments))

    then, now = (
        {row["name"]: row for row in evidence("-p", f"as_of={day}")} for day in ("2026-05-21", "2026-10-31")
    )
    assert all(
        then[name]["rows"] + then[name]["unseen"] == now[name]["rows"] + now[name]["unseen"] for name in now
    )
    assert then["api_prices"]["unseen"] > now["api_prices"]["unseen"] == 0
    prices = evidence("api_prices", "-p", "as_of=2026-05-21")
    assert max(row["known_on"] for row in prices) <= "2026-05-21"
    assert len(prices) == then["api_prices"]["rows"]


def test_what_is_to_be_looked_up_next_is_listed_for_all_tables_or_for_one(listed):
    every = rows(listed("evidence", "--due", "--format", "json"))
    assert [row["table"] for row in every] == sorted(row["table"] for row in every)
    assert {row["table"] for row in every} == set(evidence_tables.names())
    single = rows(listed("evidence", "nvidia_revenue", "--due", "--format", "json"))
    assert single == [row for row in every if row["table"] == "nvidia_revenue"]
    earlier = rows(
        listed("evidence", "nvidia_revenue", "--due", "-p", "as_of=2026-05-21", "--format", "json")
    )
    assert earlier[0]["last_point"] < single[0]["last_point"]
    assert table(listed("evidence", "--due", "--format", "csv")) == [
        {name: value or "" for name, value in row.items()} for row in every
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["api_price"], "The nearest valid name is 'api_prices'"),
        (["-p", "as_of=yesterday"], "'yesterday' is not a date"),
    ],
)
def test_bad_input_to_evidence_is_one_line_and_exit_code_2(listed, arguments, message):
    done = listed("evidence", *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert len(done.err.splitlines()) == 1


def test_a_sweep_writes_its_table_and_its_picture_and_runs_nothing_twice(listed, tmp_path):
    words = [
        "sweep",
        "-p",
        "multiple_long_run=6:9:2",
        "-p",
        "loading_arm=0:1:2",
        "--draws",
        "1000",
        "--out",
        str(tmp_path),
        "--heat-map",
        "moic_median",
    ]
    done = listed(*words)
    assert (done.code, done.err) == (0, "")
    assert "4 points, 1 output, 1,000 simulated futures each" in done.out.splitlines()[-1]
    content = (tmp_path / "sweep.csv").read_text()
    assert content.splitlines()[0] == "point,multiple_long_run,loading_arm,output,value,low,high"
    assert (tmp_path / "heat_map.png").read_bytes().startswith(b"\x89PNG")
    journal = (tmp_path / "points.jsonl").read_bytes()
    assert listed(*words).code == 0
    assert (tmp_path / "points.jsonl").read_bytes() == journal
    assert (tmp_path / "sweep.csv").read_text() == content


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "names no range"),
        (["-p", "loading_amr=0:1:3"], "The nearest valid name is 'loading_arm'"),
        (["-p", "loading_arm=1:0:3"], "Write the lower end first"),
        (["-p", "loading_arm=0:1:3", "--output", "moic"], "there is no output 'moic'"),
        (["-p", "loading_arm=0:1:3", "--sample", "sobl"], "The nearest valid name is 'sobol'"),
        (["-p", "loading_arm=0:1:3", "--heat-map", "moic_median"], "needs a grid of two ranges"),
        (["-p", "loading_arm=0:1:3", "--draws", "0"], "0 is outside 1000 to 1000000 "),
        (["-p", "loading_arm=0:1:3", "--draws", "1000000000"], "1000000000 is outside 1000 to 1000000 "),
        (["-p", "loading_arm=0:1", "--sample", "sobol", "--points", "12"], "Write a power of 2"),
        (["-p", "horizon_years=-1:5:3"], "-1 is outside 3 to 15"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused_in_one_line_and_leaves_nothing(
    listed, arguments, message, tmp_path
):
    done = listed("sweep", *arguments, "--out", str(tmp_path / "out"))
    assert (done.code, done.out) == (2, "")
    assert message in done.err and len(done.err.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_predictions_have_every_field_in_all_formats_and_follow_the_day(listed):
    content = rows(listed("predictions", "--format", "json"))
    fields = table(listed("predictions", "--format", "csv"))
    text = listed("predictions").out
    fields_expected = {
        "id",
        "where",
        "statement",
        "criterion",
        "made_on",
        "deadline",
        "probability",
        "probability_low",
        "probability_high",
        "method",
        "status",
        "resolved_on",
        "sources",
        "brier",
        "log_score",
    }
    assert fields_expected <= set(content[0]) == set(fields[0])
    assert (
        [row["id"] for row in content]
        == [row["id"] for row in fields]
        == list(predictions.load_table()["id"])
    )
    assert all(row["id"] in text for row in content)
    assert {row["status"] for row in content} <= set(get_args(exhibits.Status))
    assert all((row["status"] == "open") == (row["resolved_on"] is None) for row in content)
    assert any(row["status"] != "open" for row in content)
    # a day before the predictions were made, nothing of them was decided
    earlier = rows(listed("predictions", "-p", "as_of=2026-05-20", "--format", "json"))
    assert {row["status"] for row in earlier} == {"open"}
    assert {row["id"]: row for row in earlier}["p1.price"]["probability"] is None
