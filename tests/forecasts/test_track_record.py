"""Past questions by rule: the naive forecast against the regular walk and by hand, the rule's bounds, and
what no skill looks like.
"""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis import audit, scenarios
from analysis.forecasts import track_record
from analysis.forecasts.track_record import HORIZONS_MONTHS, QUANTILES, ForecastSeries
from analysis.statistics import backtest, scoring


def series(values, name="x", *, start="2015-03-31", freq="QE", lag_days=30):
    days = pd.date_range(start, periods=len(values), freq=freq)
    return ForecastSeries(
        name,
        pd.DataFrame({"valid_on": days, "known_on": days + pd.Timedelta(days=lag_days), "value": values}),
    )


def test_the_walk_by_hand():
    # logs 0, 1, 1 at years 0, 1, 3: T = 3, n = 2, drift 1/3; (1 - 1/3)²/1 + (0 - 2/3)²/2 = 4/9 + 2/9 = 2/3
    # over n - 1 = 1 a year ahead: centre 1 + 1/3, variance 2/3 (1 + 1/3) = 8/9
    walk = track_record.random_walk(np.array([0.0, 1.0, 3.0]), np.array([0.0, 1.0, 1.0]), 1.0)
    assert (walk.centre, walk.spread, walk.dof) == (
        pytest.approx(4 / 3),
        pytest.approx(math.sqrt(8 / 9)),
        1,
    )
    assert walk.quantile(0.5) == pytest.approx(4 / 3)


def test_on_equal_steps_it_is_the_random_walk_with_drift_of_the_backtests():
    z = np.array([1.0, 1.3, 1.2, 1.9, 2.0, 2.2])
    regular = backtest._walk(z, 3, on_log=False)
    for ahead in (1, 2, 3):
        walk = track_record.random_walk(np.arange(6.0), z, float(ahead))
        assert walk.centre == pytest.approx(regular.centre[ahead - 1])
        assert walk.spread == pytest.approx(regular.spread[ahead - 1])
        assert walk.dof == regular.dof


def test_windows_do_not_overlap_and_there_is_one_a_series_year_and_horizon():
    rng = np.random.default_rng(0)
    table = track_record.questions([series(np.exp(rng.normal(size=40).cumsum() / 10))], "2026-01-01")
    assert not table.duplicated(["series", "asked_on", "horizon_months"]).any()
    for months, group in table.groupby("horizon_months"):
        assert (group["last_on"].to_numpy()[1:] >= group["due_on"].to_numpy()[:-1]).all()
        spans = (group["due_on"] - group["last_on"]).dt.days / 30.4375
        assert spans.between(months - 1.5, months + 1.5).all()
    assert set(table["horizon_months"]) == set(HORIZONS_MONTHS)
    assert (table["asked_on"].dt.strftime("%m-%d") == "06-30").all()


def test_questions_and_the_skill_of_their_turns_are_computed_once(count_stored):
    first, again = (
        [
            track_record.questions([series(np.exp(np.arange(24) ** 1.1 / 9))], "2022-01-01"),
            track_record.skill_by_turn([series(np.exp(np.arange(24) ** 1.1 / 9))], "2022-01-01"),
        ]
        for _ in range(2)
    )
    assert count_stored() == 2 and len(first[0])
    for one, other in zip(first, again, strict=True):
        pd.testing.assert_frame_equal(one, other)
    track_record.questions([series(np.exp(np.arange(24) ** 1.1 / 9))], "2021-01-01")
    assert count_stored() == 3


def test_nothing_published_after_the_day_of_asking_enters_a_forecast():
    """A series that jumps after the first question: its forecasts are those of one without the jump."""
    values = np.exp(np.linspace(0, 3, 24) + np.tile([0.05, -0.05], 12))
    jump = np.where(np.arange(24) < 12, values, values * 50)
    calm, wild = (track_record.questions([series(v)], "2026-01-01").iloc[0] for v in (values, jump))
    assert calm["asked_on"] == wild["asked_on"]
    assert (calm["threshold"], calm["trend_probability"]) == (wild["threshold"], wild["trend_probability"])
    assert wild["actual_value"] == pytest.approx(50 * calm["actual_value"])


def test_what_was_not_known_by_the_day_of_looking_resolves_nothing():
    values = np.exp(np.linspace(0, 3, 24) + np.tile([0.05, -0.05], 12))
    every, early = (track_record.questions([series(values)], day) for day in ("2026-01-01", "2018-06-15"))
    assert 0 < len(early) < len(every)
    assert (early["resolves_on"] <= pd.Timestamp("2018-06-15")).all()


def test_the_quantiles_take_turns_and_the_naive_forecaster_says_what_is_left():
    rng = np.random.default_rng(1)
    made = [series(np.exp(rng.normal(size=30).cumsum() / 5), name) for name in "abc"]
    table = track_record.questions(made, "2026-01-01")
    assert list(table["quantile"][:7]) == [*QUANTILES, *QUANTILES[:2]]
    assert np.allclose(table["naive_probability"], 1 - table["quantile"])
    other = track_record.questions(made, "2026-01-01", turn=2)
    assert list(other["quantile"][:3]) == [0.5, 0.7, 0.9]
    assert (other["due_on"] == table["due_on"]).all()


def test_the_base_rate_counts_earlier_questions_of_that_quantile_that_had_been_resolved():
    rng = np.random.default_rng(2)
    table = track_record.questions(
        [series(np.exp(rng.normal(size=40).cumsum() / 5), name) for name in "abcd"], "2026-01-01"
    )
    for row in table.to_dict("records"):
        seen = table[(table["resolves_on"] <= row["asked_on"]) & (table["quantile"] == row["quantile"])]
        expected = (seen["outcome"].sum() + 0.5) / (len(seen) + 1) if len(seen) else 0.5
        assert row["base_rate_probability"] == pytest.approx(expected)
    assert table["base_rate_probability"].ne(0.5).any()


def many_walks(seed, names="abcd", length=40):
    rng = np.random.default_rng(seed)
    return [series(np.exp(rng.normal(size=length).cumsum() / 5), name) for name in names]


def test_the_pool_weighs_each_forecaster_by_what_it_had_lost_by_the_day_of_asking():
    table = track_record.questions(many_walks(2, "ab", 24), "2026-01-01")
    for row in table.to_dict("records"):
        record = track_record.record(table[table["resolves_on"] <= row["asked_on"]])
        probabilities = {name: row[f"{name}_probability"] for name in track_record.POOLED}
        assert row["pooled_probability"] == pytest.approx(scoring.linear_pool(probabilities, record.weights))
    first = table.iloc[0]
    # before anything had resolved the weights are equal
    assert first["pooled_probability"] == pytest.approx(
        np.mean([first[f"{name}_probability"] for name in track_record.POOLED])
    )


def test_the_record_by_hand():
    # one series and year each: all four questions count, so eta is 2. Losses: 4 of 1/4; 0; 2 of 0 and 2 of
    # 1/16. Weights are as exp(-2) to 1 to exp(-1/4)
    days = pd.to_datetime(["2018-06-30", "2019-06-30", "2020-06-30", "2021-06-30"])
    table = pd.DataFrame(
        {"series": list("abcd"), "asked_on": days, "look_ahead": "no", "outcome": [True, False, True, False]}
    ).assign(naive_probability=0.5, trend_probability=[1 - 1e-9, 1e-9] * 2)
    table["base_rate_probability"] = [1 - 1e-9, 1e-9, 0.75, 0.25]
    record = track_record.record(table)
    assert record.losses == pytest.approx({"naive": 1, "trend": 0, "base_rate": 0.125})
    assert (record.n, record.n_effective, record.eta) == (4, 4, 2)
    raw = np.exp([-2, 0, -0.25])
    assert list(record.weights.values()) == pytest.approx(raw / raw.sum())
    # asked twice, trends differ from the naive forecast by series and year alone: design effects of 2 and 2,
    # so 8 / (2 + 2 - 1) count. Base rates differ inside each series, but the fewest count
    trends, other = [0.9, 0.5, 0.6, 0.2], [0.75, 0.25, 1 - 1e-9, 1e-9]
    twice = pd.concat([table, table.assign(base_rate_probability=other)])
    record = track_record.record(twice.assign(trend_probability=trends * 2))
    assert (record.n, record.n_effective, record.eta) == (8, pytest.approx(8 / 3), pytest.approx(2 / 3))
    # questions whose values were estimated later have no say
    assert track_record.record(table.assign(look_ahead="yes")) == track_record.record(table.iloc[:0])
    assert set(track_record.record(table.iloc[:0]).weights.values()) == {1 / 3}


def test_values_that_were_estimated_later_never_enter_the_main_record():
    """With and without a series that looks ahead it is the same, to the last probability and interval."""
    made, later = many_walks(6, "bc", 16), [replace(many_walks(7, "a", 16)[0], look_ahead=True)]
    main, both = (track_record.questions(every, "2026-01-01") for every in (made, later + made))
    pd.testing.assert_frame_equal(both[both["look_ahead"] == "no"], main)
    assert set(both.loc[both["look_ahead"] == "yes", "series"]) == {"a"}
    scores = track_record.score_forecasters(both, 1)
    apart = scores[scores["look_ahead"] == "yes"]
    pd.testing.assert_frame_equal(
        scores[scores["look_ahead"] == "no"], track_record.score_forecasters(main, 1), check_dtype=False
    )
    assert len(apart) == len(track_record.FORECASTERS) and set(apart["n_series"]) == {1}
    assert set(apart["verdict"]) == {"the measure", "not tested"} and apart["skill_low"].isna().all()
    for use in (track_record.reliability, track_record.record):
        assert str(use(both)) == str(use(main))
    pd.testing.assert_frame_equal(
        track_record.skill_by_turn(later + made, "2026-01-01"),
        track_record.skill_by_turn(made, "2026-01-01"),
    )


def test_skill_is_resampled_over_series_and_over_years():
    """Ten series on which the naive forecast is wrong in the same years: the years decide, not the series."""
    years = [year for year in range(2012, 2020) for _ in range(10)]
    wrong = np.isin(years, (2013, 2016))
    table = pd.DataFrame(
        {"series": list("abcdefghij") * 8, "asked_on": pd.to_datetime([f"{y}-06-30" for y in years])}
    )
    table = table.assign(look_ahead="no", outcome=True, naive_probability=np.where(wrong, 0.1, 0.6))
    for name in ("trend", "base_rate", "pooled", "half"):
        table[f"{name}_probability"] = 0.5
    trend = track_record.score_forecasters(table, 1).set_index("forecaster").loc["trend"]
    assert (trend["n_series"], trend["n_years"]) == (10, 8)
    assert trend["n_effective"] == pytest.approx(8)  # all scatter lies between years
    assert trend["skill"] > 0 > trend["skill_low"]
    assert trend["verdict"] == "no different"


@pytest.fixture(scope="module")
def walks():
    """Many random walks with drift: the naive forecast is right by construction."""
    rng = np.random.default_rng(3)
    made = [series(np.exp((0.05 + rng.normal(0, 0.1, 48)).cumsum()), f"walk {k:03}") for k in range(120)]
    return track_record.questions(made, "2028-01-01")


@pytest.mark.slow
def test_on_random_walks_the_naive_forecaster_is_calibrated(walks):
    # each share of outcomes within four standard errors of what was said
    for probability, group in walks.groupby("naive_probability"):
        assert abs(group["outcome"].mean() - probability) < 4 * math.sqrt(
            probability * (1 - probability) / len(group)
        ), probability


@pytest.mark.slow
def test_on_random_walks_a_trend_shows_no_skill(walks):
    scores = track_record.score_forecasters(walks, 4).set_index("forecaster")
    assert scores.loc["trend", "skill_high"] < 0
    assert scores.loc["trend", "verdict"] == "worse"
    assert scores.loc[track_record.FORECASTERS["naive"], "verdict"] == "the measure"
    assert scores.loc["always 50%", "brier"] == 0.25
    assert scores.loc["always 50%", "log_score"] == pytest.approx(math.log(2))


@pytest.mark.slow
def test_on_noise_around_a_line_a_trend_shows_skill():
    rng = np.random.default_rng(5)
    made = [series(np.exp(0.05 * np.arange(48) + rng.normal(0, 0.1, 48)), f"line {k:03}") for k in range(60)]
    scores = track_record.score_forecasters(track_record.questions(made, "2028-01-01"), 6).set_index(
        "forecaster"
    )
    assert scores.loc["trend", "skill_low"] > 0
    assert scores.loc["trend", "verdict"] == "better"


def test_too_few_values_make_no_question():
    assert track_record.questions([series(np.exp(np.arange(5.0)))], "2026-01-01").empty
    none = track_record.questions([], "2026-01-01")
    assert track_record.score_forecasters(none, 0).empty
    assert track_record.reliability(none).empty
    assert track_record.skill_by_turn([], "2026-01-01").empty


@pytest.fixture(scope="module")
def real():
    assumptions = scenarios.check(scenarios.resolve("base"))
    return track_record.evidence_series(audit.gather(assumptions).known), assumptions.as_of


def test_the_evidence_gives_series_of_several_kinds_and_questions_of_each_horizon(real):
    all_series, as_of = real
    assert {series.scale.form for series in all_series} == {"exponential", "logistic"}
    assert len({series.name for series in all_series}) == len(all_series) > 10
    for series in all_series:
        assert series.points["valid_on"].is_monotonic_increasing
        assert np.isfinite(series.scale.line(series.points["value"].to_numpy(dtype=float))).all(), series.name
    table = track_record.questions(all_series, as_of)
    assert set(table["horizon_months"]) == set(HORIZONS_MONTHS)
    probabilities = table.filter(like="_probability")
    assert list(probabilities) == [f"{name}_probability" for name in track_record.FORECASTERS]
    assert ((probabilities > 0) & (probabilities < 1)).all(axis=None)
    assert ((table["actual_value"] > table["threshold"]) == table["outcome"]).all()


def test_what_training_runs_cost_was_estimated_after_the_models_came_out(real):
    all_series, _ = real
    assert {"most expensive" in series.name for series in all_series if series.look_ahead} == {True}
    assert not any("most expensive" in series.name for series in all_series if not series.look_ahead)


def test_a_best_so_far_never_falls_and_is_read_when_it_was_published(real):
    all_series, _ = real
    for series in all_series:
        if series.name.startswith(("best", "most expensive")):
            assert series.points["value"].is_monotonic_increasing, series.name
            assert (series.points["known_on"] == series.points["valid_on"]).all()
