"""A number knows the assumptions that it follows from, whatever it was computed with."""

import copy
import pickle
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import pytest

from analysis import scenarios
from analysis.provenance import Inputs, inputs_of, traced


@pytest.fixture
def assumptions():
    return scenarios.check(scenarios.resolve("base"))


@dataclass(frozen=True)
class Result:
    value: float
    inputs: Inputs = field(default_factory=dict, compare=False, repr=False)


class Pair(NamedTuple):
    first: Result | None
    second: float


def test_what_is_read_knows_its_name_and_arithmetic_keeps_it(assumptions):
    assert inputs_of(assumptions.ltv_ceiling_pct) == {"ltv_ceiling_pct": 25.0}
    share = 1 - assumptions.ltv_ceiling_pct / 100
    assert (share, inputs_of(share)) == (0.75, {"ltv_ceiling_pct": 25.0})
    both = assumptions.start_equity_usd_bn - assumptions.central("cash_usd_bn")
    assert inputs_of(both) == {"start_equity_usd_bn": 852.0, "cash_usd_bn": [20.0, 55.0, 90.0]}
    assert inputs_of(-(abs(assumptions["horizon_years"]) ** 2)) == {"horizon_years": 5.0}


def test_a_number_that_knows_is_the_number_to_everything_else(assumptions):
    share, draws = assumptions.stake_share, assumptions.draws
    assert (share, draws) == (0.13, 200000) and hash(share) == hash(0.13)
    assert f"{share:.0%} {draws:,}" == "13% 200,000"
    assert type(share * np.ones(2)) is np.ndarray and type(np.float64(2) * share) is np.float64
    for copied in (copy.deepcopy(share), pickle.loads(pickle.dumps(share))):
        assert inputs_of(copied) == {"stake_share": 0.13}


def test_a_traced_function_gives_its_result_what_it_read_and_what_its_arguments_follow_from(assumptions):
    @traced
    def inner(given):
        return Result(given.stake_share)

    @traced
    def outer(given, years, *, before):
        return Pair(replace(inner(given), value=given["usdjpy"] + before.value), 1.0)

    before = Result(1.0, {"seed": 3})
    first, second = outer(assumptions, assumptions.horizon_years, before=before)
    expected = {"stake_share": 0.13, "usdjpy": 162.39, "horizon_years": 5.0, "seed": 3}
    assert inputs_of(first) == inputs_of(second) == expected
    assert first == Result(163.39)  # what it follows from is no part of what it is
    assert inputs_of(Pair(None, 1.0)) == {}


def test_what_a_traced_function_sets_itself_is_no_input_of_its_result(assumptions):
    @traced
    def at_a_thousand(given):
        few = given.with_changes(draws=1000, usdjpy=given.usdjpy + 1)
        return Result(few.draws + few.usdjpy + few.arm_jpy_tn)

    assert at_a_thousand(assumptions).inputs == {"usdjpy": 162.39, "arm_jpy_tn": 49.91}
    # what a reader changes is
    assert at_a_thousand(assumptions.with_changes(usdjpy=150.0)).inputs["usdjpy"] == 150.0


def test_of_two_numbers_both_are_followed_and_the_right_one_decides(assumptions):
    before, after = (assumptions.with_changes(usdjpy=rate) for rate in (150.0, 160.0))
    ratio = after.usdjpy / before.usdjpy * 2
    assert (ratio, inputs_of(ratio)) == (2 * 160 / 150, {"usdjpy": 150.0})
    assert inputs_of(before.usdjpy + after.stake_share) == {"usdjpy": 150.0, "stake_share": 0.13}
    assert inputs_of(2 - before.usdjpy) == inputs_of(before.usdjpy**2) == {"usdjpy": 150.0}


def test_assumptions_are_not_asked_what_they_follow_from(assumptions, monkeypatch):
    # they would look for the nearest name to one that the register does not have
    monkeypatch.setattr(scenarios, "nearest", None)
    assert traced(lambda given: Result(given.stake_share))(assumptions).inputs == {"stake_share": 0.13}
    assert inputs_of([assumptions, {"a": assumptions.usdjpy}]) == {"usdjpy": 162.39}


def test_what_was_read_before_a_failure_counts(assumptions):
    @traced
    def fails(given):
        raise ValueError(given.seed)

    @traced
    def catches(given):
        with pytest.raises(ValueError):
            fails(given)
        return Result(given.usdjpy)

    assert catches(assumptions).inputs == {"seed": 20260521, "usdjpy": 162.39}
