"""The record of the model: what decides was fixed, and what past cases say."""

from __future__ import annotations

from analysis.forecasts import calibration


def test_each_test_is_decided_by_one_score_at_one_of_its_horizons_against_the_class() -> None:
    for test in calibration.TESTS:
        assert test.primary_years in test.horizons_years
        assert test.score in {"CRPS", "Brier"}
        assert test.rival == calibration.CLASS
