"""Do the tables for readers hold what was stored, of what decides and of nothing else?"""

import pytest

from analysis.forecasts import calibration, calibration_tables

TESTS = {test.name: test for test in calibration.TESTS}


@pytest.fixture(scope="module")
def stored():
    return calibration.stored()


def test_every_forecaster_has_a_row_in_each_deciding_test_under_the_name_of_the_headline(stored):
    table = calibration_tables.scores(stored)
    assert len(table) == len(calibration.TESTS) * len(calibration.FORECASTERS)
    rows = table.set_index(["tested", "forecaster"])
    for test in TESTS.values():
        (source,) = stored.scores.query(
            "test == @test.name and primary == 'yes' and forecaster == @calibration.CLASS"
        ).to_dict("records")
        row = rows.loc[(calibration_tables.tested(test), "past cases")]
        assert row["mean_score"] == source["score"]
        assert row["skill_pct"] == pytest.approx(100 * source["skill"])
        assert row["corrected_better_pct"] == pytest.approx(100 * source["recalibrated_better_probability"])


def test_coverage_is_of_distributions_alone_in_percent(stored):
    table = calibration_tables.coverage(stored)
    names = {calibration_tables.tested(TESTS[name]) for name in ("revenue", "value")}
    assert set(table["tested"]) == names  # an event has no ranges
    assert sorted(table["level_pct"].unique()) == [50, 80, 90]
    assert (table["inside_low_pct"] < table["inside_pct"]).all()
    assert table["inside_pct"].max() > 1


def test_the_places_of_the_outcomes_of_each_forecaster_add_up_to_all_of_them(stored):
    table = calibration_tables.places(stored, TESTS["value"])
    totals = table.groupby("forecaster")["outcomes_pct"].sum()
    assert dict(totals) == pytest.approx(
        {"raw model": 100, "corrected model": 100, "past cases": 100}, abs=0.01
    )


def test_the_cases_are_those_that_decide_or_those_of_another_group(stored):
    table = calibration_tables.cases(stored, TESTS["value"])
    (count,) = stored.scores.query(
        "test == 'value' and primary == 'yes' and forecaster == @calibration.MODEL"
    )["n_cases"]
    assert len(table) == count
    assert table["entry_year"].is_monotonic_increasing
    picked = calibration_tables.cases(stored, TESTS["value"], calibration.HAND_PICKED)
    assert 0 < len(picked) < count
    assert not {*zip(picked["company"], picked["entry_year"], strict=True)} & {
        *zip(table["company"], table["entry_year"], strict=True)
    }
