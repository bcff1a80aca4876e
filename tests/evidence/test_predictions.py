"""The parts of the predictions: deadlines, how each stands on a day, and what is refused."""

import datetime as dt

import pandas as pd
import pytest
import yaml

from analysis import audit, scenarios
from analysis.errors import DataError
from analysis.evidence import claims, evidence_tables, predictions

PART = {
    "where": "verdict.4",
    "within_months": 12,
    "label": "x",
    "statement": "a statement of ours",
    "criterion": "a criterion that decides",
    "source_of_truth": "who has to say so",
}
FACTS = pd.DataFrame(
    {
        "id": ["before", "after", "late"],
        "valid_on": pd.to_datetime(["2025-08-07", "2026-09-01", "2026-09-01"]),
        "known_on": pd.to_datetime(["2025-08-07", "2026-09-03", "2026-12-01"]),
        "quality": ["official", "reported", "secondary"],
        "source_title": ["A", "B", "C"],
        "source": ["https://example.org/a", "https://example.org/b", "https://example.org/c"],
    }
)


@pytest.fixture
def written(project):
    """`written(p1={...})` is a project with predictions made on 21 May 2026, each `PART` with changes."""

    def write(**parts):
        content = {
            "made_on": dt.date(2026, 5, 21),
            "predictions": {n: PART | more for n, more in parts.items()},
        }
        project.predictions.write_text(yaml.safe_dump(content, sort_keys=False))
        return project

    return write


def status(project, day):
    (row,) = predictions.statuses(FACTS, day, project).to_dict("records")
    return row


def test_deadlines_count_from_publication():
    parts = predictions.load_table().set_index("id")
    # 21 May 2026 + 12, 24 and 36 months
    assert parts.loc["p1.price", "deadline"] == "2027-05-21"
    assert parts.loc["p2.price", "deadline"] == "2028-05-21"
    assert parts.loc["p3.write_down", "deadline"] == "2029-05-21"
    assert predictions.deadline(dt.date(2026, 8, 31), 6) == dt.date(2027, 2, 28)
    # 21 May 2026 to 21 May 2028 are 731 days, with 29 February 2028
    assert predictions.years_allowed("p2.price") == pytest.approx(731 / 365.25)


def test_three_predictions_in_a_dozen_parts():
    parts = predictions.load_table()
    assert parts["id"].str.partition(".")[0].value_counts().to_dict() == {"p1": 4, "p2": 4, "p3": 4}


def test_what_was_overtaken_before_it_was_made_is_void_and_the_rest_is_open():
    statuses = predictions.statuses(
        evidence_tables.load("dated_facts"), scenarios.resolve("base")["as_of"]
    ).set_index("id")
    assert set(statuses.index[statuses["status"] == "void"]) == {
        name for name in statuses.index if name.startswith("p1.")
    }
    assert set(statuses.loc[statuses["status"] != "void", "status"]) == {"open"}
    assert statuses.loc["p1.price", "resolved_on"] == "2026-05-21"
    assert all(statuses.loc[statuses["status"] == "void", "sources"].map(len))


def test_what_is_void_here_is_void_in_the_ledger():
    """The parts of the first prediction are void, and so is every claim of the ledger that restates it."""
    void = {name for name, part in predictions.read().predictions.items() if part.void}
    restated = [claim for claim in claims.load() if list(claim.where) == ["verdict.4"]]
    ledger = audit.judge_claims(restated, audit.gather(scenarios.check(scenarios.resolve("base"))))
    assert {name.partition(".")[0] for name in void} == {"p1"}
    assert len(ledger) >= len(void)
    assert (ledger["verdict"] == "void").all()


def test_a_part_ends_on_the_day_that_its_evidence_was_known(written):
    end = {
        "resolved_on": dt.date(2026, 9, 2),
        "outcome": True,
        "by": ["after"],
        "because": "It happened as it was said.",
    }
    project = written(p1={"resolution": end})
    # it happened on 1 September, was resolved by the 2nd, and the source is of the 3rd: open until then
    assert status(project, "2026-09-02")["status"] == "open"
    row = status(project, "2026-09-03")
    assert (row["status"], row["resolved_on"]) == ("true", "2026-09-03")
    assert row["sources"] == [{"title": "B", "url": "https://example.org/b", "quality": "reported"}]
    project = written(p1={"resolution": end | {"outcome": False}})
    assert status(project, "2026-10-01")["status"] == "false"


def test_one_fact_that_was_not_known_yet_leaves_it_open(written):
    end = {
        "resolved_on": dt.date(2026, 9, 2),
        "outcome": True,
        "by": ["after", "late"],
        "because": "It happened as it was said.",
    }
    project = written(p1={"resolution": end})
    assert status(project, "2026-10-31")["status"] == "open"
    assert status(project, "2026-12-01")["resolved_on"] == "2026-12-01"


def test_nothing_is_void_before_it_was_said(written):
    project = written(p1={"void": {"by": ["before"], "because": "It had happened before."}})
    assert status(project, "2026-05-20")["status"] == "open"
    assert status(project, "2026-05-21")["status"] == "void"


RULING = {"by": ["after"], "because": "It happened as it was said."}


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (
            {"criterion": None},
            r"predictions\.yml, line 8, key predictions\.p1\.criterion: Input should be a valid string",
        ),
        ({"within_months": 0}, r"line 5, key predictions\.p1\.within_months: Input should be greater than 0"),
        (
            {"within_months": 99999999},
            r"line 5, key predictions\.p1\.within_months: Input should be less than or equal to 600",
        ),
        ({"given": "p9"}, r"key predictions\.p1\.given: 'p9' is no other part of the same prediction"),
        ({"where": "garbage"}, r"line 4, key predictions\.p1\.where: garbage: no paragraph id"),
        (
            {
                "judgement": {
                    "probability": 0.2,
                    "low": 0.1,
                    "high": 0.3,
                    "stated_on": "2026-05-20",
                    "because": "A reason that is long.",
                }
            },
            (
                r"key predictions\.p1\.judgement\.stated_on: 2026-05-20 is before the prediction, which was"
                r" made on 2026-05-21"
            ),
        ),
        (
            {"resolution": RULING | {"resolved_on": dt.date(2026, 5, 21), "outcome": True}},
            (
                r"resolution\.resolved_on: 2026-05-21 is not after the prediction, which was made on"
                r" 2026-05-21\. Say void"
            ),
        ),
        (
            {"resolution": RULING | {"resolved_on": dt.date(2027, 6, 1), "outcome": True}},
            "2027-06-01 is past the deadline 2027-05-21",
        ),
        (
            {
                "resolution": {
                    "resolved_on": dt.date(2026, 9, 2),
                    "outcome": True,
                    "by": [],
                    "because": "Because of nothing.",
                }
            },
            r"resolution\.by: .*at least 1 item",
        ),
        (
            {
                "resolution": {
                    "resolved_on": dt.date(2026, 9, 2),
                    "outcome": True,
                    "because": "Because of nothing.",
                }
            },
            r"resolution\.by: Field required",
        ),
        (
            {"void": RULING, "resolution": RULING | {"resolved_on": dt.date(2026, 9, 2), "outcome": True}},
            "an overtaken part has no resolution.*void.*resolution",
        ),
        (
            {
                "void": RULING,
                "judgement": {
                    "probability": 0.2,
                    "low": 0.1,
                    "high": 0.3,
                    "stated_on": "2026-06-01",
                    "because": "A reason that is long.",
                },
            },
            "an overtaken part has no probability.*void.*judgement",
        ),
    ],
)
def test_what_is_no_prediction_or_no_resolution_is_refused_with_its_line(written, part, expected):
    with pytest.raises(DataError, match=expected) as caught:
        predictions.load_table(written(p1=part))
    assert ", line " in str(caught.value)


def test_a_file_without_a_prediction_is_refused(written):
    with pytest.raises(DataError, match=r"predictions\.yml, line 2, key predictions: "):
        predictions.load_table(written())


def test_a_day_that_no_calendar_of_the_project_reaches_is_refused_with_its_line(written):
    project = written(p1={})
    file = project.predictions
    file.write_text(file.read_text().replace("2026-05-21", "9999-12-31"))
    with pytest.raises(DataError, match=r"line 1, key made_on: is outside 1900-01-01 to 2099-12-31"):
        predictions.load_table(project)


def test_a_late_false_is_no_mistake(written):
    """That something did not happen is known after the deadline alone."""
    end = {
        "resolved_on": dt.date(2027, 6, 1),
        "outcome": False,
        "by": ["after"],
        "because": "Nothing came by the deadline.",
    }
    assert len(predictions.load_table(written(p1={"resolution": end}))) == 1


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (
            {"void": {"by": ["befor"], "because": "It had happened before."}},
            "there is no dated fact 'befor'. The nearest valid name is 'before'",
        ),
        (
            {"void": RULING},
            (
                r"after is of 2026-09-01, after the day that it decides on \(2026-05-21\)\. Resolve the part"
                r" by it instead"
            ),
        ),
        (
            {"resolution": RULING | {"resolved_on": dt.date(2026, 8, 1), "outcome": True}},
            r"after is of 2026-09-01, after the day that it decides on \(2026-08-01\)",
        ),
    ],
)
def test_a_ruling_by_what_does_not_fit_is_refused_with_its_line(written, part, expected):
    with pytest.raises(DataError, match=expected) as caught:
        predictions.statuses(FACTS, "2026-10-31", written(p1=part))
    assert ", line " in str(caught.value)


JUDGEMENT = {
    "probability": 0.2,
    "low": 0.1,
    "high": 0.3,
    "stated_on": "2026-06-01",
    "because": "A reason that is long.",
}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"probability": 1.0, "high": 1.0}, "1, 1 is no probability above 0 and below 1"),
        ({"probability": 0.0, "low": 0.0}, "0, 0 is no probability above 0 and below 1"),
        ({"high": 1.2}, "1.2 is no probability"),
        ({"low": -0.1}, "-0.1 is no probability"),
        ({"probability": 0.4}, "0.4 lies outside of 0.1 to 0.3"),
    ],
)
def test_a_probability_that_is_none_is_refused_with_file_and_line(written, change, says):
    with pytest.raises(DataError, match=rf"predictions.yml, line \d+, key predictions.p1.judgement: {says}"):
        predictions.read(written(p1={"judgement": JUDGEMENT | change}))


def test_a_judgement_counts_from_the_day_it_was_stated_on(written):
    project = written(p1={"judgement": JUDGEMENT}, p2={})
    assert predictions.judgements("2026-05-31", project) == {}
    assert {
        name: judgement.probability
        for name, judgement in predictions.judgements("2026-06-01", project).items()
    } == {"p1": 0.2}
