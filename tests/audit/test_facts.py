"""What a check may see on a day, and what is remembered of it."""

import hashlib
import math
import shutil
from dataclasses import replace

import pandas as pd
import pytest

from analysis import scenarios, units
from analysis.audit import facts
from analysis.audit.facts import Facts, Interval, NothingKnown, gather
from analysis.cache import cached
from analysis.errors import DataError
from analysis.fingerprints import Contents
from analysis.project import Project, sidecar_of


def row(**values):
    blank = {
        "id": "x.one",
        "subject": "X",
        "fact": "It happened",
        "value": 3.0,
        "unit": "USD billion",
        "due_on": None,
        "date_precision": "day",
        "quality": "official",
        "source_title": "A page",
        "source": "https://example.org/a",
    }
    filled = blank | values
    return filled | {name: pd.Timestamp(filled[name]) for name in ("valid_on", "known_on")}


TABLE = pd.DataFrame(
    [
        row(id="x.one", valid_on="2025-01-01", known_on="2025-01-02"),
        row(
            id="x.two",
            valid_on="2025-06-01",
            known_on="2025-09-01",
            quality="secondary",
            source="a/b:c.md@1234abc",
        ),
        row(id="x.three", valid_on="2025-12-01", known_on="2025-12-01", value=None),
    ]
)


def seen(day, as_of):
    return Facts({}, {}, {"dated_facts": TABLE}, pd.Timestamp(day), pd.Timestamp(as_of))


def test_what_is_known_later_is_not_seen_and_what_describes_a_later_day_does_not_decide():
    assert list(seen("2025-07-01", "2025-08-01").find("dated_facts")["id"]) == ["x.one"]
    assert list(seen("2025-07-01", "2025-10-01").find("dated_facts")["id"]) == ["x.one", "x.two"]
    assert list(seen("2025-07-01", "2026-01-01").find("dated_facts", later=True)["id"]) == ["x.three"]
    assert list(seen("2025-06-01", "2025-09-01").find("dated_facts")["id"]) == [
        "x.one",
        "x.two",
    ]  # both on the day itself


def test_nothing_known_is_an_answer_and_a_name_that_no_day_knows_is_a_mistake():
    early = seen("2025-07-01", "2025-08-01")
    with pytest.raises(NothingKnown):
        early.fact("x.two")
    with pytest.raises(
        DataError, match=r"dated_facts.csv.*no row with id 'x.tow'.*nearest valid name is 'x.two'"
    ):
        early.fact("x.tow")


def test_what_was_read_gives_sources_and_the_weakest_quality():
    view = seen("2026-01-01", "2026-01-01")
    assert (view.strength, view.references) == (None, [])
    view.fact("x.one")
    assert view.strength == "official"
    view.fact("x.two")
    view.fact("x.one")
    assert view.strength == "secondary"
    assert view.references == [
        {"title": "A page", "url": "https://example.org/a", "quality": "official"},
        {"title": "A page", "url": "a/b:c.md@1234abc", "quality": "secondary"},
    ]
    assert view.without_memory().used == []


def test_looking_without_citing_is_not_remembered():
    view = seen("2026-01-01", "2026-01-01")
    view.find("dated_facts")
    view.require("dated_facts", id="x.one")
    assert (view.used, view.mentioned) == ([], [])


def test_what_is_mentioned_is_listed_apart_and_sets_no_strength():
    view = seen("2025-07-01", "2026-01-01")
    view.facts_by_day(["x.one"])
    view.facts_by_day(["x.two"], decides=False)
    assert [row["id"] for row in view.facts_after_day(["x.two", "x.three"])] == [
        "x.three"
    ]  # the only one after the day
    assert view.strength == "official"  # though a secondary source is mentioned
    assert [source["url"] for source in view.references] == ["https://example.org/a"]
    assert [source["url"] for source in view.mentions] == [
        "a/b:c.md@1234abc"
    ]  # what decides is not mentioned again
    assert [row["id"] for row in view.dated_facts] == ["x.one", "x.two", "x.three"]
    assert (view.without_memory().used, view.without_memory().mentioned) == ([], [])


def test_the_fact_check_takes_readings_from_the_caller_and_the_model_from_the_register():
    register = scenarios.load_register()
    # a scenario's premium, another reading of 2024 to 2028, and a seed
    values = scenarios.resolve("commoditised", {"elapsed_years": 5.0, "seed": 7})
    assumptions = gather(scenarios.Assumptions(values, register)).assumptions
    assert values["premium_share"] != register["premium_share"].value
    assert assumptions["premium_share"] == register["premium_share"].value
    assert (assumptions["elapsed_years"], assumptions["seed"]) == (5.0, 7)


def test_a_figure_is_the_latest_that_has_one():
    assert (
        seen("2026-01-01", "2026-01-01").figure(
            {"table": "dated_facts", "column": "value", "where": {"subject": "X"}}
        )
        == 3.0
    )


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"date_precision": "day"}, "7 August 2025"),
        ({"date_precision": "month"}, "August 2025"),  # the day is a stand-in, and is not printed
        ({"date_precision": "approx"}, "August 2025"),
    ],
)
def test_a_day_is_worded_as_far_as_it_is_known(changes, text):
    assert facts.describe_day(pd.Series(row(valid_on="2025-08-07", known_on="2025-08-07") | changes)) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (13, "USD billion", "$13bn"),
        (64.6, "USD billion", "$64.6bn"),
        (0.02, "USD billion", "$20m"),
        (78720, "stars", "78,720"),
        (40, "percent", "40%"),
        (900, "million people", "900 million people"),
        (4, "months", "4 months"),
    ],
)
def test_a_value_is_worded_in_its_unit(value, unit, text):
    assert facts.describe_value(pd.Series({"value": value, "unit": unit}), Facts({}, {})) == text


def test_a_sentence_is_filled_only_if_everything_in_it_is_known():
    fact = pd.Series(row(valid_on="2025-08-07", known_on="2025-08-07"))
    values = facts.placeholder_values([fact], seen("2026-05-21", "2026-10-31"))
    # 287 days / 30.4375 = 9.4 months
    assert (
        facts.fill_placeholders("On {x.one}, {x.one.months} before: {x.one.value}.", values)
        == "On 7 August 2025, nine months before: $3bn."
    )
    assert facts.fill_placeholders("On {x.two}.", values) is None


def test_a_quotient_of_open_ends_stays_open():
    floor = Interval(13, 13, math.inf, open=True)
    result = facts.ratio(Interval(60, 54, 66), floor)
    assert result == (pytest.approx(60 / 13), 0.0, pytest.approx(66 / 13), True)
    assert facts.ratio(floor, Interval(8, 7, 9))[2:] == (math.inf, True)
    assert not facts.ratio(Interval(60, 54, 66), Interval(8, 7, 9)).open


def test_corners_give_the_extremes_of_a_monotone_function():
    # (14.5 / 2.55) ** 0.25 = 1.5442;   (15.5 / 2.45) ** 0.25 = 1.5860
    result = facts.interval_of(
        lambda a, b: (b / a) ** 0.25, Interval(2.5, 2.45, 2.55), Interval(15, 14.5, 15.5)
    )
    assert (result.low, result.high) == (pytest.approx(1.5442, abs=1e-4), pytest.approx(1.5860, abs=1e-4))


def test_the_article_day_comes_from_its_sidecar():
    assumptions = scenarios.Assumptions(
        scenarios.resolve(overrides={"as_of": "2026-06-01"}), scenarios.load_register()
    )
    assert gather(assumptions).day == pd.Timestamp("2026-05-21")
    assert gather(assumptions).as_of == pd.Timestamp("2026-06-01")


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (44.6, "usd_bn", "$44.6bn"),
        (0.5, "usd_bn", "$500m"),  # below a billion in millions, as the 0.4 next to it
        (0.0, "usd_bn", "$0bn"),
        (-9.96, "usd_bn", "−$10bn"),
        (1770.0, "usd_bn", "$1.77trn"),
        (-2000.0, "usd_bn", "−$2trn"),
        (2.6, "x", "2.6×"),
        (13.0, "pct", "13%"),
        (1234.0, "count", "1,234"),
    ],
)
def test_figures_are_written_as_the_house_writes_them(value, unit, words):
    assert units.format_figure(value, unit) == words


def test_the_readings_of_the_article_are_what_no_scenario_sets():
    assumptions = scenarios.check(scenarios.resolve("base"))
    readings = gather(assumptions).readings
    assert readings["as_of"] == assumptions.as_of and "elapsed_years" in readings
    assert all(assumptions.register[name].reading for name in readings)
    assert len(readings) == sum(entry.reading for entry in assumptions.register.values())


def test_what_was_known_follows_from_the_cut_off_date():
    assumptions = scenarios.check(scenarios.resolve("base", {"as_of": "2026-01-31"}))
    known = gather(assumptions)
    assert known.inputs == known.record.inputs == {"as_of": "2026-01-31"}


def test_without_dated_facts_nothing_is_judged(tmp_path):
    project = Project(tmp_path / "thesis")
    shutil.copytree(Project.default().root / "tests" / "second_thesis", project.root)
    for path in project.evidence.glob("dated_facts.*"):
        path.unlink()
    register = scenarios.load_register(project)
    with pytest.raises(DataError, match="dated_facts"):
        gather(scenarios.Assumptions(scenarios.resolve(project=project), register), project)


@pytest.fixture
def copy(tmp_path):
    """A project with the report's data and assumptions."""
    copy = Project(tmp_path)
    for folder in ("data", "params"):
        shutil.copytree(getattr(Project.default(), folder), getattr(copy, folder))
    return copy


def facts_of(project, **changes):
    register = scenarios.load_register(project)
    return gather(scenarios.Assumptions(scenarios.resolve("base", changes, project), register), project)


def test_no_table_is_read_before_it_is_asked_for(copy):
    for path in (copy.evidence_table("api_prices"), copy.article_table("models")):
        path.write_text("\n")
    view = facts_of(copy)
    assert "api_prices" in view.evidence and "api_prices" in view.known and "models" in view.cells
    assert len(view.find("nvidia_revenue")) and len(view.column("players", "total_funding_usd_bn"))
    for read in (lambda: view.evidence["api_prices"], lambda: view.known["api_prices"]):
        with pytest.raises(DataError, match=r"api_prices\.csv: is empty"):
            read()
    with pytest.raises(DataError, match=r"models\.csv: is empty"):
        _ = view.cells["models"]


def test_what_was_known_is_the_same_for_all_who_look_at_the_same_data_on_the_same_day(copy):
    """By which stored results are found again; a table that was changed in memory counts by its rows."""

    def content(view):
        return Contents().text(view.known)

    first, second, earlier = facts_of(copy), facts_of(copy), facts_of(copy, as_of="2026-05-21")
    second.fact(first.evidence["dated_facts"]["id"].iloc[0])
    assert content(first) == content(second) != content(earlier)
    table = first.evidence["nvidia_revenue"]
    changed = [replace(first, evidence={"nvidia_revenue": rows}) for rows in (table, table.copy(), table[1:])]
    assert content(changed[0]) == content(changed[1]) != content(changed[2])


@pytest.mark.parametrize(
    "read",
    [
        lambda view: view.evidence["openai_finance"],
        lambda view: view.known["openai_finance"],
        lambda view: view.find("openai_finance"),
        lambda view: view.at(view.as_of).find("openai_finance"),
        lambda view: view.record,
        lambda view: view.without_memory().record,
    ],
)
def test_whoever_asks_for_a_table_depends_on_it_and_on_no_other(copy, read):
    """Also where it had been read before: a result may rest on an access that read nothing anew."""
    view, times = facts_of(copy), []

    @cached
    def result(_):
        times.append(read(view))
        return len(times)

    read(view)
    assert [result(None), result(None)] == [1, 1]
    for path in (copy.evidence_table("nvidia_revenue"), sidecar_of(copy.evidence_table("nvidia_revenue"))):
        path.write_text("\n")
    assert result(None) == 1
    path = copy.evidence_table("openai_finance")
    path.write_bytes(path.read_bytes())
    assert result(None) == 2


def test_a_table_that_changed_is_read_anew(copy):
    view, path = facts_of(copy, as_of="2026-05-21"), copy.evidence_table("openai_finance")
    assert len(view.known["openai_finance"]) < len(view.evidence["openai_finance"])
    header, _, *rows = path.read_text().splitlines(keepends=True)
    accept(path, "".join([header, *rows]))
    assert len(view.evidence["openai_finance"]) == len(rows)
    day = view.evidence["openai_finance"]["known_on"]
    assert view.known["openai_finance"].equals(view.evidence["openai_finance"][day <= view.as_of])


def accept(path, text):
    """Write a data file with what its sidecar says of its content."""
    meta = sidecar_of(path)
    old = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_text(text)
    meta.write_text(meta.read_text().replace(old, hashlib.sha256(path.read_bytes()).hexdigest()))
