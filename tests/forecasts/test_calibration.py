"""The record of the model: what decides was fixed, and what past cases say."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from analysis import scenarios
from analysis.errors import DataError
from analysis.evidence import evidence_tables
from analysis.forecasts import calibration, past_cases


@pytest.fixture(scope="module")
def known():
    return {name: evidence_tables.load(name, "2026-10-31") for name in past_cases.EVIDENCE}


@pytest.fixture(scope="module")
def base():
    return scenarios.Assumptions(scenarios.resolve("base", {}), scenarios.load_register())


@pytest.fixture(scope="module")
def stored():
    return calibration.stored()


def test_each_test_is_decided_by_one_score_at_one_of_its_horizons_against_the_class():
    for test in calibration.TESTS:
        assert test.primary_years in test.horizons_years
        assert test.score in {"CRPS", "Brier"}
        assert test.rival == calibration.CLASS


def test_a_shift_is_shrunk_by_fifteen_cases_without_one():
    outcomes = np.random.default_rng(0).standard_normal(400)
    repair = calibration.fit_repair(np.full(400, -2.0), np.ones(400), outcomes, 45.0)

    assert repair.weight == 45 / 60
    assert repair.shift == pytest.approx(0.75 * (outcomes.mean() + 2))
    assert repair.spread_factor == pytest.approx(1, abs=0.05)  # they are as wide as they should be


def test_a_spread_of_half_is_widened_towards_twice():
    outcomes = np.random.default_rng(0).standard_normal(400)
    few, many = (calibration.fit_repair(np.zeros(400), np.full(400, 0.5), outcomes, n) for n in (5.0, 1e9))

    assert many.spread_factor == pytest.approx(2, abs=0.1)
    assert few.spread_factor == pytest.approx(math.sqrt(0.25 * many.spread_factor**2 + 0.75))  # 5 of 20


def test_a_repair_moves_the_median_and_stretches_around_it():
    draws = np.array([1.0, 2.0, 4.0])

    repaired = calibration.Repair(0.5, 2.0, 1.0, 100.0).apply(draws)

    np.testing.assert_allclose(repaired, [0.5, 2.5, 6.5])


def test_an_event_that_happens_less_often_than_said_is_shifted_down_on_logits():
    said, happened = np.full(99, 0.5), np.repeat([1.0, 0.0], [19, 80])

    repair = calibration.fit_logit_shift(said, happened, 1e9)

    # (19 + 1/2) / 100 against (49.5 + 1/2) / 100
    assert repair.apply_to_probability(np.array([0.5]))[0] == pytest.approx(0.195)
    half = calibration.fit_logit_shift(said, happened, calibration.PSEUDO_CASES)
    assert half.shift == pytest.approx(repair.shift / 2)


def test_a_test_with_too_few_cases_has_scores_and_no_verdict(known, base, monkeypatch):
    monkeypatch.setattr(calibration, "TESTS", [test for test in calibration.TESTS if test.name == "event"])
    few = known["value_cases"].query("entry_year <= 2014")

    results = calibration.compute({**known, "value_cases": few}, base)

    primary = results.scores.query("primary == 'yes'")
    assert (primary["verdict"] == calibration.TOO_FEW).all()
    assert primary["score"].notna().all()


def test_a_rival_that_cannot_be_computed_leaves_its_row_empty_and_the_others_as_they_are(
    known, base, monkeypatch, stored
):
    monkeypatch.setattr(calibration, "TESTS", [test for test in calibration.TESTS if test.name == "event"])
    short = known["stock_index"].query("year >= 2005")

    scores = calibration.compute({**known, "stock_index": short}, base).scores

    columns = ["group", "forecaster", "score"]
    before, after = (
        table.query("test == 'event'").set_index(columns[:2])["score"] for table in (stored.scores, scores)
    )
    index = after.index.get_level_values("forecaster") == calibration.INDEX
    assert after[index].isna().all()
    np.testing.assert_allclose(after[~index], before[after.index][~index], rtol=1e-5)


def test_verdicts_follow_from_effective_cases_and_the_probability_of_beating_the_class(stored):
    rows = stored.scores.query("primary == 'yes' and forecaster == 'class'")

    assert sorted(rows["test"]) == sorted(test.name for test in calibration.TESTS)
    for row in rows.to_dict("records"):
        better = max(row["better_probability"], row["recalibrated_better_probability"])
        first = calibration.MODEL_FIRST if better >= 0.8 else calibration.CLASS_FIRST
        assert row["verdict"] == (first if row["n_effective"] >= 30 else calibration.TOO_FEW)


def test_effective_cases_are_no_more_than_cases_and_intervals_hold_what_they_are_of(stored):
    scores = stored.scores.dropna(subset="n_effective")

    assert (scores["n_effective"] <= scores["n_cases"]).all()
    for level in ("50", "80", "90"):
        share = scores[f"cover_{level}"].dropna()
        assert (scores.loc[share.index, f"cover_{level}_low"] <= share).all()
        assert (scores.loc[share.index, f"cover_{level}_high"] >= share).all()


def test_rounds_picked_by_hand_are_shown_and_score_nothing(stored):
    assert calibration.HAND_PICKED in set(stored.cases["group"])
    assert calibration.HAND_PICKED not in set(stored.scores["group"])
    by_hand = stored.cases["group"] == calibration.HAND_PICKED
    assert (stored.cases.loc[~by_hand, "chosen"] == past_cases.RULE).all()


def test_stored_results_are_those_of_the_cases_and_assumptions_of_base(known, base):
    assert calibration.unfit_files(known, base, calibration.Project.default()) == {}


def test_other_inputs_are_computed_and_not_read(known, base, monkeypatch):
    monkeypatch.setattr(calibration, "compute", lambda *_: "computed")

    assert calibration.results(known, base) != "computed"
    assert calibration.results(known, base.with_changes(co_movement=0.1)) == "computed"


@pytest.fixture
def elsewhere(known, base, stored, tmp_path):
    """A project that holds nothing but stored results of today's inputs."""
    project = dataclasses.replace(calibration.Project.default(), root=tmp_path)
    calibration.store(stored, calibration.inputs_digest(known, base), project)
    return project


def test_results_are_read_as_they_were_stored(known, base, stored, elsewhere):
    again = calibration.results(known, base, elsewhere)

    for name in calibration.TABLES:
        pd.testing.assert_frame_equal(getattr(again, name), getattr(stored, name))


def test_results_that_were_edited_or_are_not_all_there_are_computed_again(
    known, base, elsewhere, monkeypatch
):
    monkeypatch.setattr(calibration, "compute", lambda *_: "computed")
    scores, repairs = (elsewhere.calibration / f"{name}.csv" for name in ("scores", "repairs"))
    scores.write_text(scores.read_text().replace("class first", "model first", 1))
    repairs.unlink()

    assert calibration.results(known, base, elsewhere) == "computed"
    assert calibration.unfit_files(known, base, elsewhere) == {
        scores: "was changed since it was stored",
        repairs: "is gone",
    }
    with pytest.raises(DataError, match=r"repairs\.csv: is not there\. Run thesis calibrate --store\."):
        calibration.stored(elsewhere)


def test_no_results_are_stored_until_the_digests_are(known, base, stored, elsewhere, monkeypatch):
    (elsewhere.calibration / calibration.DIGESTS).unlink()
    monkeypatch.setattr(calibration, "compute", lambda *_: "computed")

    assert not calibration.is_stored(elsewhere)
    assert calibration.results(known, base, elsewhere) == "computed"


@pytest.mark.slow
def test_stored_results_are_those_that_are_computed(known, base, stored):
    """All three tests on all cases: some seconds."""
    results = calibration.compute(known, base)

    for name in calibration.TABLES:
        pd.testing.assert_frame_equal(
            getattr(results, name).reset_index(drop=True), getattr(stored, name), rtol=1e-4, check_dtype=False
        )
