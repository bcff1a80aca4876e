"""Methods of a part pooled by the record of their kinds: weights, range, and what has no record, by hand."""

import math

import pandas as pd
import pytest

from analysis.forecasts import pooling, track_record
from analysis.forecasts.methods import Method
from analysis.statistics import scoring


def methods_of(*chances):
    return [Method(kind, scoring.Chance(p, low, high, 0.9), "x", {}) for kind, p, low, high in chances]


WALK, TREND = ("random walk", 0.3, 0.2, 0.4), ("trend", 0.9, 0.85, 0.95)
SIMULATION, JUDGEMENT = ("simulation", 0.6, 0.59, 0.61), ("judgement", 0.8, 0.7, 0.9)
# 40 questions that count as 20: eta 1; the trend lost ln 3 more
PAST = pooling.KindRecord({"random walk": 2.0, "trend": 2.0 + math.log(3), "base rate": 2.5}, 40, 20.0)
CASES = pooling.KindRecord({"simulation": 9.0, "base rate": 4.0}, 60, 30.0)


def test_weights_follow_the_losses_of_the_kinds():
    result = pooling.pool(methods_of(WALK, TREND), [PAST, CASES])
    assert [one.weight for one in result.weights] == pytest.approx([0.75, 0.25])
    assert [one.loss for one in result.weights] == [2.0, 2.0 + math.log(3)]
    assert {(one.n, one.n_effective) for one in result.weights} == {(40, 20.0)}
    assert result.chance.probability == pytest.approx(0.75 * 0.3 + 0.25 * 0.9)


def test_without_a_record_all_count_the_same_as_they_are():
    result = pooling.pool(methods_of(WALK, TREND), [])
    assert result.chance.probability == pytest.approx(0.6)
    assert result.weights == (pooling.MethodWeight(0.5),) * 2


def test_a_part_goes_by_the_record_on_which_more_of_its_methods_were_scored():
    # a base rate is in both, the simulation in one of them
    both = pooling.pool(methods_of(SIMULATION, ("base rate", 0.2, 0.1, 0.3)), [PAST, CASES])
    assert [one.loss for one in both.weights] == [9.0, 4.0]
    assert both.weights[0].weight == pytest.approx(math.exp(-5) / (1 + math.exp(-5)))


def test_what_has_no_record_moves_half_way_to_the_others_and_weighs_an_equal_share():
    result = pooling.pool(methods_of(WALK, TREND, JUDGEMENT), [PAST])
    assert [one.weight for one in result.weights] == pytest.approx([0.5, 1 / 6, 1 / 3])
    center = 0.75 * 0.3 + 0.25 * 0.9
    expected = 2 / 3 * center + 1 / 3 * scoring.shrunk_half_way(0.8, center)
    assert result.chance.probability == pytest.approx(expected)
    assert result.weights[2] == pooling.MethodWeight(pytest.approx(1 / 3))
    # alone it stands as it is, with its own range
    alone = pooling.pool(methods_of(JUDGEMENT), [PAST])
    assert alone.weights == (pooling.MethodWeight(1.0),)
    assert (alone.chance.probability, alone.chance.low, alone.chance.high) == pytest.approx((0.8, 0.7, 0.9))


def test_the_range_is_that_of_the_mixture_and_not_the_outermost_ends():
    wide = pooling.pool(methods_of(WALK, TREND), [PAST]).chance
    # a quarter of it is the trend: the high end lies inside the trend's range, the low end inside the walk's
    assert 0.2 < wide.low < 0.3 and 0.85 < wide.high < 0.95
    sure = pooling.KindRecord({"random walk": 0.0, "trend": 50.0}, 40, 40.0)
    same = pooling.pool(methods_of(WALK, TREND), [sure]).chance
    assert (same.low, same.high) == pytest.approx((0.2, 0.4), abs=1e-6)


def test_the_record_of_past_cases_is_read_off_the_test_of_the_event():
    scores = pd.DataFrame(
        {
            "test": ["event"] * 3 + ["value"],
            "primary": "yes",
            "forecaster": ["model", "class", "constant", "model"],
            "score": [0.3, 0.15, 0.2, 0.7],
            "n_cases": [60, 60, 60, 90],
            "n_effective": [33.0, 30.0, 40.0, 35.0],
        }
    )
    (record,) = pooling.event_records(scores)
    assert record.losses == pytest.approx({"simulation": 18.0, "base rate": 9.0})
    assert (record.n, record.n_effective, record.eta) == (60, 30.0, 1.0)
    assert pooling.event_records(scores.assign(score=math.nan)) == []


def test_past_cases_have_no_record_before_the_last_of_them_was_known(context_on, monkeypatch):
    monkeypatch.setattr(track_record, "EVIDENCE", ("no such table",))
    late, early = (pooling.records(context_on(day)) for day in ("2026-10-31", "2025-03-31"))
    assert [set(record.losses) for record in late] == [{"simulation", "base rate"}]
    assert early == []


def test_a_record_of_few_cases_is_none(context, monkeypatch):
    asked = track_record.Record({"naive": 1.0, "trend": 3.0, "base_rate": 2.0}, 20, 9.0)
    monkeypatch.setattr(track_record, "evidence_series", lambda known: [])
    monkeypatch.setattr(track_record, "record", lambda table: asked)
    (cases,) = pooling.records(context)
    assert set(cases.losses) == {"simulation", "base rate"}
    monkeypatch.setattr(track_record, "record", lambda table: asked._replace(n_effective=10.0))
    questions, _ = pooling.records(context)
    assert questions.losses == {"random walk": 1.0, "trend": 3.0, "base rate": 2.0}
