"""The certified set is the one that NIST publishes, and agreement is counted as NIST counts it."""

import numpy as np
import pytest

from analysis.statistics import trend, validation


def test_norris_comes_out_to_eleven_digits():
    assert len(validation.NORRIS) == 36
    result = validation.norris_fit().set_index("quantity")
    assert result["certified"].to_dict() == validation.CERTIFIED
    assert (result["digits"] == 11).all()


def test_digits_are_the_power_of_ten_of_the_relative_difference(monkeypatch):
    # off by one part in a million: six digits
    monkeypatch.setitem(validation.CERTIFIED, "slope", 1.00211681802045 * (1 + 0.9e-6))
    result = validation.norris_fit().set_index("quantity")["digits"]
    assert result["slope"] == 6


@pytest.mark.slow
def test_intervals_hold_a_known_factor_as_often_as_they_say():
    result = validation.coverage(np.random.default_rng(5), runs=400).set_index("interval")
    # the standard error of a share of 0.95 in 400 is sqrt(0.95 x 0.05 / 400) = 1.1 points; three of them
    assert ((result["covered"] - 0.95).abs() < 0.033).all()
    assert (result["low"] < result["covered"]).all() and (result["covered"] < result["high"]).all()


def test_intervals_that_are_too_short_are_found_out(monkeypatch):
    plain = trend.fit
    monkeypatch.setattr(trend, "fit", lambda *args, level, **more: plain(*args, level=level - 0.3, **more))
    result = validation.coverage(np.random.default_rng(5), runs=200)
    assert (result["covered"] < 0.8).all()
