"""`thesis calibrate`: what it prints and stores, and the cases that it refuses."""

import csv
import hashlib
import io
import json

import pandas as pd
import pytest

from analysis.forecasts import calibration, calibration_summary, class_estimate
from analysis.project import Project
from tests.small_project import copy_report


@pytest.fixture
def computed(monkeypatch):
    """The tests give what is stored, so that nothing is computed."""
    results = calibration.stored()
    monkeypatch.setattr(calibration, "compute", lambda *_: results)
    return results


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    return copy_report(tmp_path_factory.mktemp("calibrate") / "project")


def test_a_table_ends_with_verdicts_and_places_and_other_formats_have_every_column(thesis, computed):
    text, values = thesis("calibrate"), thesis("calibrate", "--format", "csv")
    objects = json.loads(thesis("calibrate", "--format", "json").out)

    assert (text.code, text.err) == (0, "")
    lines = text.out.splitlines()
    verdicts = calibration_summary.lines(computed)
    places = [line for line in lines if line.startswith("the company in the class of ")]
    assert lines[-len(verdicts) - len(places) :] == [*verdicts, *places]
    assert len(places) == 2
    assert list(objects[0]) == list(computed.scores.columns)
    assert len(objects) == len(list(csv.DictReader(io.StringIO(values.out)))) == len(computed.scores)


def test_the_study_is_listed_instead_of_the_scores(thesis, computed, monkeypatch):
    monkeypatch.setattr(calibration_summary, "study", lambda *_: [{"test": "value", "n_effective": 35}])

    done = thesis("calibrate", "--study", "--format", "json")

    assert json.loads(done.out) == [{"test": "value", "n_effective": 35}]


def test_what_is_stored_is_read_again_and_fits(thesis, computed, here):
    before = {path.name: path.read_bytes() for path in here.calibration.iterdir()}
    for path in here.calibration.iterdir():
        path.unlink()

    done = thesis("calibrate", "--store", at=here)

    assert done.code == 0
    assert [line.rpartition("/")[2] for line in done.err.splitlines()] == [
        *(f"{name}.csv" for name in calibration.TABLES),
        calibration.DIGESTS,
    ]
    assert {path.name: path.read_bytes() for path in here.calibration.iterdir()} == before


@pytest.mark.parametrize("words", [("--scenario", "son"), ("-p", "co_movement=0.1")])
def test_only_what_base_says_is_stored(thesis, computed, words):
    done = thesis("calibrate", "--store", *words)

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: --store: ") and done.err.count("\n") == 1
    assert "--scenario" in done.err and "-p" in done.err


@pytest.fixture
def edited(here):
    """`edited(old, new)` is a project with another text in its cases, whose sidecar agrees."""
    path = here.evidence / "value_cases.csv"
    meta, raw = path.with_name("value_cases.meta.yml"), path.read_bytes()
    sidecar = meta.read_text()

    def edit(old, new):
        text = raw.decode()
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))
        digests = (hashlib.sha256(content).hexdigest() for content in (raw, path.read_bytes()))
        meta.write_text(sidecar.replace(*digests))
        return here

    yield edit
    path.write_bytes(raw)
    meta.write_text(sidecar)


def celgene():
    """A case of the table: the line, and the same without its end."""
    lines = (Project.default().evidence / "value_cases.csv").read_text().splitlines()
    return next(line for line in lines if line.startswith("Celgene,2009,"))


OUTCOMES = slice(6, 12)  # after one year to the lowest of three


def changed(line, columns, *values):
    cells = next(csv.reader([line]))
    cells[columns] = values
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(cells)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("new", "place", "rule"),
    [
        (lambda line: changed(line, OUTCOMES, *[""] * 6), "Celgene 2009", "has no outcome"),
        (lambda line: changed(line, slice(15, 16), "2001-01-01"), "column known_on", "lies before"),
        (lambda line: f"{line}\n{line}", "column company and entry_year", "stands in row"),
        (lambda line: changed(line, slice(9, 10), "0"), "column after_5_years_x", "'0' is not allowed"),
        (lambda line: changed(line, slice(8, 9), "-1"), "column after_3_years_x", "'-1' is not allowed"),
    ],
    ids=["no outcome", "outcome before entry", "twice", "total loss as zero", "below zero"],
)
def test_cases_that_cannot_be_scored_end_it_in_a_line(thesis, edited, new, place, rule):
    line = celgene()

    done = thesis("calibrate", at=edited(line, new(line)))

    assert (done.code, done.out) == (2, "")
    (message,) = done.err.splitlines()
    assert message.startswith("error: ")
    assert "value_cases.csv, " in message
    assert place in message
    assert rule in message


def cut(path, keep):
    """Keep some lines of a table, and make its sidecar agree."""
    meta, raw = path.with_name(f"{path.stem}.meta.yml"), path.read_bytes()
    head, *lines = raw.decode().splitlines(keepends=True)
    path.write_text("".join([head, *filter(keep, lines)]))
    digests = (hashlib.sha256(content).hexdigest() for content in (raw, path.read_bytes()))
    meta.write_text(meta.read_text().replace(*digests))


def test_few_cases_and_a_rival_that_cannot_be_computed_end_in_a_line_each(thesis, tmp_path, monkeypatch):
    """1 s: one test on the cases of a few years, computed."""
    monkeypatch.setattr(calibration, "TESTS", [test for test in calibration.TESTS if test.name == "event"])
    monkeypatch.setattr(class_estimate, "positions", lambda *_: pd.DataFrame())
    project = copy_report(tmp_path)
    cut(project.evidence / "value_cases.csv", lambda line: int(line.split(",")[1]) <= 2013)
    cut(project.evidence / "stock_index.csv", lambda line: not line.startswith("1995,"))

    done = thesis("calibrate", at=project)

    assert (done.code, done.err) == (0, "")
    verdict, *gaps = [line for line in done.out.splitlines() if line.startswith("event, 3 years")]
    assert verdict.startswith("event, 3 years: too few cases")
    index = [line for line in gaps if line.startswith("event, 3 years, listed, index: ")]
    assert len(index) == 1 and calibration.CANNOT_SAY[calibration.INDEX] in index[0]
