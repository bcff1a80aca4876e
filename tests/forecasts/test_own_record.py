"""What was published is stored once, never changed, and scored when it is decided."""

import csv
import datetime as dt
import json
import math
import shutil
import threading
from pathlib import Path

import pandas as pd
import pytest

from analysis import __main__ as command
from analysis.errors import DataError
from analysis.forecasts import own_record
from analysis.project import Project

FIRST, SECOND = dt.date(2030, 1, 10), dt.date(2030, 2, 9)


def part(name="p1.rain", probability=0.25, status="open", given=None, **more):
    """A row of the table of probabilities; without a probability no method bears on it."""
    low, high = (None, None) if probability is None else (probability / 2, (1 + probability) / 2)
    methods = [] if probability is None else [{"kind": "base rate", "probability": probability}]
    return {
        "id": name,
        "status": status,
        "probability": probability,
        "probability_low": low,
        "probability_high": high,
        "given": given,
        "methods": methods,
        "resolved_on": None,
        "deadline": "2030-12-31",
    } | more


@pytest.fixture
def here(tmp_path):
    project = Project(tmp_path)
    project.thesis.mkdir(parents=True)
    return project


@pytest.fixture
def publish(here):
    """`publish(FIRST, part())` appends what is published on a day; how many lines were new."""

    def append(day, *parts):
        return own_record.append(parts, recorded_on=day, as_of="2030-01-01", version="1.2.3", project=here)

    return append


def rows(here):
    with here.published_probabilities.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def rewrite(here, lines):
    with here.published_probabilities.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)


def scores(here, *parts):
    return own_record.scores(own_record.load(here), pd.DataFrame(list(parts)))


def test_without_a_file_nothing_was_published(here):
    record = own_record.load(here)
    assert record.empty and list(record) == list(own_record.COLUMNS)
    assert scores(here, part(status="true", resolved_on="2030-03-01")).empty
    assert own_record.summary(record, scores(here, part())).startswith("Nothing was recorded yet")


def test_a_line_says_part_day_cut_off_date_range_methods_and_version(here, publish):
    method = {"kind": "base rate", "probability": 0.25}
    weighed = [method | {"weight": 0.6}, method | {"kind": "trend", "weight": None}]
    assert publish(FIRST, part(given="p1.cloud", methods=weighed)) == 1
    header, line = rows(here)
    assert tuple(header) == own_record.COLUMNS
    assert line[:-1] == [
        *("2030-01-10", "p1.rain", "2030-01-01", "0.250000", "0.125000", "0.625000", "p1.cloud"),
        *("base rate 0.2500 × 0.60; trend 0.2500", "1.2.3"),
    ]
    read = own_record.load(here).iloc[0]
    assert (read["probability"], read["recorded_on"]) == (0.25, pd.Timestamp(FIRST))


def test_only_what_is_open_and_has_a_probability_is_recorded(here, publish):
    ended = [part(f"p1.{status}", status=status) for status in ("true", "false", "void")]
    assert publish(FIRST, *ended, part("p1.unknown", probability=None), part()) == 1
    assert list(own_record.load(here)["id"]) == ["p1.rain"]


def test_what_a_day_has_said_is_not_said_again_and_the_lines_before_stay(here, publish):
    assert publish(FIRST, part(), part("p1.snow", 0.5)) == 2
    before = here.published_probabilities.read_bytes()
    assert publish(FIRST, part(), part("p1.snow", 0.5)) == 0
    assert here.published_probabilities.read_bytes() == before
    assert publish(FIRST, part(probability=0.3), part("p1.snow", 0.5)) == 1  # moved on the same day
    assert publish(FIRST, part()) == 1  # and back
    assert publish(SECOND, part(), part("p1.snow", 0.5)) == 2  # the same on another day
    assert here.published_probabilities.read_bytes().startswith(before)


def change_a_cell(lines):
    lines[2][3] = "0.900000"


def change_the_methods(lines):
    lines[2][7] = "trend 0.2500"


def remove_a_line(lines):
    del lines[2]


def swap_two_lines(lines):
    lines[2], lines[3] = lines[3], lines[2]


def insert_a_line(lines):
    lines.insert(2, [*lines[2][:3], *lines[3][3:-1], "0123456789abcdef"])


def repeat_a_line(lines):
    lines.insert(2, lines[2])


@pytest.mark.parametrize(
    "tamper",
    [
        change_a_cell,
        change_the_methods,
        remove_a_line,
        swap_two_lines,
        insert_a_line,
        repeat_a_line,
    ],
)
def test_a_file_that_was_edited_in_the_middle_is_refused_and_nothing_is_appended(here, publish, tamper):
    for number, day in enumerate((FIRST, SECOND, SECOND, SECOND)):
        publish(day, part(probability=0.2 + number / 10))
    tamper(lines := rows(here))
    rewrite(here, lines)
    before = here.published_probabilities.read_bytes()
    with pytest.raises(DataError, match=r"published_probabilities\.csv, row [34].*\. \w+.*\.") as refused:
        publish(dt.date(2030, 3, 1), part())
    assert all("row 3" in problem.place or "row 4" in problem.place for problem in refused.value.problems)
    assert here.published_probabilities.read_bytes() == before


def test_lines_of_two_branches_stand_below_each_other_and_the_record_goes_on(here, publish):
    publish(FIRST, part())
    common = here.published_probabilities.read_bytes()
    branches = []
    for day, probability in ((SECOND, 0.4), (dt.date(2030, 1, 20), 0.6)):
        here.published_probabilities.write_bytes(common)
        publish(day, part(probability=probability), part("p1.snow", probability))
        branches.append(here.published_probabilities.read_bytes().removeprefix(common))
    here.published_probabilities.write_bytes(common + branches[0] + branches[1])
    assert list(own_record.load(here)["probability"]) == [0.25, 0.4, 0.4, 0.6, 0.6]
    assert publish(SECOND, part(probability=0.4), part("p1.snow", 0.4)) == 0
    assert publish(dt.date(2030, 3, 1), part()) == 1
    assert len(own_record.load(here)) == 6
    # the lines of a day count in the order of days: 10 to 20 January, to 9 February, to 1 March, to 2 April
    scored = scores(here, part(status="true", resolved_on="2030-04-02"))
    assert list(scored["probability"]) == [0.25, 0.6, 0.4, 0.25]
    assert list(scored["days_stood"]) == [10, 20, 20, 32]


def test_a_write_that_fails_leaves_the_file_as_it_was(here, publish, monkeypatch):
    publish(FIRST, part())
    before = here.published_probabilities.read_bytes()

    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space"):
        publish(SECOND, part())
    assert here.published_probabilities.read_bytes() == before
    assert list(here.thesis.iterdir()) == [here.published_probabilities]


def test_two_who_record_at_once_both_stay_in_the_file(here, publish, monkeypatch):
    publish(FIRST, part())
    write, second = own_record._write, threading.Thread(target=publish, args=(SECOND, part("p1.snow")))
    waiting = threading.Event()
    lock = own_record.fcntl.flock

    def wait(*args):
        waiting.set()
        lock(*args)

    def write_while_another_starts(*args):
        monkeypatch.setattr(own_record, "_write", write)
        monkeypatch.setattr(own_record.fcntl, "flock", wait)
        second.start()
        assert waiting.wait(10)  # it is at the lock, and has read nothing yet
        write(*args)

    monkeypatch.setattr(own_record, "_write", write_while_another_starts)
    publish(SECOND, part())
    second.join()
    assert sorted(own_record.load(here)["id"]) == ["p1.rain", "p1.rain", "p1.snow"]


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"probability": 1.5}, "less than 1"),
        ({"probability_low": 0.3}, "lies outside of 0.3 to 0.625"),
        ({"id": "=HYPERLINK()"}, "pattern"),
    ],
)
def test_what_is_no_probability_of_a_part_is_refused_and_nothing_is_written(here, publish, wrong, rule):
    with pytest.raises(DataError, match=rule):
        publish(FIRST, part("p1.snow"), part() | wrong)
    assert not here.published_probabilities.exists()


def test_a_day_before_the_cut_off_date_is_refused(here, publish):
    with pytest.raises(DataError, match="recorded on 2029-12-31, before its cut-off date 2030-01-01"):
        publish(dt.date(2029, 12, 31), part())


def test_what_was_never_seen_is_recorded_as_neither_certain_nor_impossible(here, publish):
    publish(FIRST, part(probability_low=1e-9, probability_high=1 - 1e-9))
    line = own_record.load(here).iloc[0]
    assert (line["probability_low"], line["probability_high"]) == (1e-6, 1 - 1e-6)


def test_a_part_is_scored_by_each_probability_for_the_days_on_which_it_stood(here, publish):
    publish(FIRST, part(probability=0.25))
    publish(SECOND, part(probability=0.3))
    publish(SECOND, part(probability=0.1))  # of one day the last counts
    decided = part(status="false", resolved_on="2030-03-21")
    publish(dt.date(2030, 3, 21), part(probability=0.01))  # on the day itself: no forecast
    scored = scores(here, decided)
    assert list(scored["probability"]) == [0.25, 0.1]
    # from 10 January to 9 February to 21 March: 30 and 40 days, the first 70 days before the end
    assert list(scored["days_stood"]) == [30, 40] and list(scored["days_before"]) == [70, 40]
    assert list(scored["brier"]) == pytest.approx([0.25**2, 0.1**2])
    (mean,) = own_record.by_part(scored).to_dict("records")
    assert (mean["record_published"], mean["record_days_before"], mean["status"]) == (2, 70, "false")
    assert mean["record_brier"] == pytest.approx((30 * 0.25**2 + 40 * 0.1**2) / 70)
    assert mean["record_log_score"] == pytest.approx(-(30 * math.log(0.75) + 40 * math.log(0.9)) / 70)
    (row,) = own_record.with_scores(pd.DataFrame([decided]), own_record.load(here)).to_dict("records")
    assert (row["record_published"], row["record_brier"]) == (2, mean["record_brier"])
    text = own_record.summary(own_record.load(here), scored)
    assert "4 published probabilities since 2030-01-10" in text and f"{mean['record_brier']:.3f}" in text


def test_what_came_after_the_deadline_is_no_forecast(here, publish):
    publish(FIRST, part())
    publish(SECOND, part(probability=0.01))
    scored = scores(here, part(status="false", deadline="2030-01-31", resolved_on="2030-03-21"))
    assert list(scored["probability"]) == [0.25]
    assert list(scored["days_stood"]) == list(scored["days_before"]) == [21]  # 10 to 31 January


@pytest.mark.parametrize(("status", "expected"), [("true", 1), ("false", 0), ("open", 0), ("void", 0)])
def test_a_condition_has_to_come_true_before_what_rests_on_it_is_scored(here, publish, status, expected):
    publish(FIRST, part("p1.flood", given="p1.rain"))
    rain = part(status=status, resolved_on="2030-03-01")
    flood = part("p1.flood", given="p1.rain", status="true", resolved_on="2030-03-01")
    assert len(scores(here, rain, flood)) == expected


def test_nothing_is_scored_while_everything_is_open(here, publish):
    publish(FIRST, part())
    assert scores(here, part()).empty
    (row,) = own_record.with_scores(pd.DataFrame([part()]), own_record.load(here)).to_dict("records")
    assert [row[name] for name in own_record.ADDED] == [None] * len(own_record.ADDED)
    text = own_record.summary(own_record.load(here), scores(here, part()))
    assert "1 published probability since 2030-01-10; no part in it is decided yet" in text


def test_lines_on_a_part_that_never_was_are_named_once_with_their_row(here, publish):
    for day in (FIRST, SECOND):
        publish(day, part(), part("p1.hail"))
    record = own_record.load(here)
    assert list(own_record.id_problems(record, ["p1.rain", "p1.hail"], "file")) == []
    (problem,) = own_record.id_problems(record, ["p1.rain"], "file")
    assert problem.place == "file, row 3, column id" and "'p1.hail'" in problem.rule


@pytest.fixture
def ferry(tmp_path):
    """The invented ferry, whose one prediction has a probability that somebody stated by hand."""
    project = Project(tmp_path / "ferry")
    shutil.copytree(Project.default().root / "tests" / "second_thesis", project.root)
    return project


def replace(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_an_invented_part_is_recorded_on_two_days_resolved_and_scored(thesis, ferry, monkeypatch):
    def move(old, new):
        replace(ferry.register, f'value: "{old}"', f'value: "{new}"')

    def record(day):
        monkeypatch.setattr(command, "_today", lambda: day)
        done = thesis("predictions", "--record", at=ferry)
        assert (done.code, done.err) == (0, "")
        return done.out

    def listed():
        done = thesis("predictions", "--format", "json", at=ferry)
        return json.loads(done.out)[0]

    move("2025-06-30", "2025-03-31")
    assert record(dt.date(2025, 4, 1)).startswith("recorded 1 probability of 2025-04-01")
    assert record(dt.date(2025, 4, 1)).startswith("recorded nothing new")
    move("2025-03-31", "2025-04-30")
    replace(ferry.predictions, "probability: 0.25", "probability: 0.1")
    assert record(dt.date(2025, 5, 1)).startswith("recorded 1 probability of 2025-05-01")
    assert listed()["record_brier"] is None
    assert "no part in it is decided yet" in thesis("predictions", at=ferry).err
    move("2025-04-30", "2025-06-30")
    with ferry.predictions.open("a", encoding="utf-8") as file:
        file.write(
            "    resolution:\n      resolved_on: 2025-06-10\n      outcome: false\n"
            "      by: [ferry.tickets_2024]\n      because: The council voted against it for good.\n"
        )
    # 0.25 stood for 30 days, to 1 May, and 0.1 for 40, to 10 June; it did not come true
    brier = (30 * 0.25**2 + 40 * 0.1**2) / 70
    assert listed()["record_brier"] == pytest.approx(brier)
    assert listed()["record_published"] == 2
    assert (
        f"over one part that is decided the mean Brier score is {brier:.3f}"
        in thesis("predictions", at=ferry).err
    )
    # what is decided has no probability to publish any more, and check finds nothing wrong with the record
    assert record(dt.date(2025, 7, 1)).startswith("recorded nothing new")
    problems = thesis("check", at=ferry).err.splitlines()
    assert not [line for line in problems if "published_probabilities" in line]


@pytest.mark.parametrize("more", [["--scenario", "slow"], ["-p", "as_of=2025-04-01"], ["--format", "json"]])
def test_only_what_the_report_publishes_can_be_recorded(thesis, ferry, more):
    done = thesis("predictions", "--record", *more, at=ferry)
    assert (done.code, done.out) == (2, "") and len(done.err.splitlines()) == 1
    assert "--record: stores what the report publishes" in done.err
    assert not ferry.published_probabilities.exists()
