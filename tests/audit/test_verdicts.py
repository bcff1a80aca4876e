"""How readings and bounds become a verdict."""

import math

import pytest

from analysis.audit import verdicts
from analysis.audit.facts import Interval
from analysis.audit.verdicts import Finding
from analysis.units import parse_figure


def test_two_checks_of_one_name_are_refused():
    """A claim names its check: the second would take the place of the first."""
    with pytest.raises(ValueError, match="Two checks are called market_total"):

        @verdicts.check("article")
        def market_total(facts, figure):
            """Not the one that claims mean."""

    assert verdicts.CHECKS["market_total"].__module__.startswith("analysis.")


@pytest.mark.parametrize(
    ("readings", "accepted", "verdict"),
    [
        ([(5, 4, 6)], "4-5x", "holds"),
        ([(5, 5.1, 6)], "4-5x", "fails"),
        ([(5, 4, 6), (9, 8, 10)], "4-5x", "partly"),
        ([(5, 4, math.inf, True)], "over 3x", "holds"),  # wholly inside, though open above
        ([(5, 3, math.inf, True)], "at least 3x", "holds"),  # inside up to the bound, which counts
        ([(5, 2, math.inf, True)], "over 3x", "uncheckable"),  # open above, and may lie on either side
        ([(5, 0, 6, True)], "over 3x", "uncheckable"),  # open below
        ([(3.1, 2.9, 3.2)], "over 3x", "holds"),  # rounding alone never decides against
        ([(3, 3, 3)], "over 3x", "partly"),  # a rounded figure that equals a bound does not pass it
        ([(3, 3, 3)], "at least 3x", "holds"),
        ([(3, 3, 3), (2, 2, 2)], "over 3x", "partly"),
        ([(3, 3, 3)], "under 3x", "partly"),
    ],
)
def test_how_readings_and_bounds_become_a_verdict(readings, accepted, verdict):
    finding = Finding({str(i): Interval(*reading) for i, reading in enumerate(readings)}, "")
    assert verdicts.judge(finding, parse_figure(accepted, "x")) == verdict


@pytest.mark.parametrize(
    ("readings", "verdict"), [([True], "holds"), ([False], "fails"), ([True, False], "partly")]
)
def test_what_is_on_record_is_true_or_false(readings, verdict):
    assert verdicts.judge(Finding(dict(enumerate(readings)), ""), None) == verdict


def test_a_verdict_that_is_given_outright_stands():
    assert (
        verdicts.judge(Finding({"p": Interval(5, 4, 6)}, "", verdict="open"), parse_figure("4-5x", "x"))
        == "open"
    )


def test_the_result_shown_is_the_first_number():
    assert Finding({"a": True, "b": Interval(2, 1, 3), "c": Interval(9, 9, 9)}, "").result == Interval(
        2, 1, 3
    )
    assert Finding({"a": True}, "").result is None
