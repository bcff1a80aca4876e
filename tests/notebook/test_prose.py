"""Words and values: each tie on both sides of its bound, and what a broken sentence says."""

import datetime as dt
import math

import pandas as pd
import pytest

from analysis.errors import ProseError
from analysis.notebook import prose


@pytest.mark.parametrize(
    ("tie", "holds"),
    [
        (prose.above(2, 1, "x"), True),
        (prose.above(1, 1, "x"), False),
        (prose.above(math.nan, 1, "x"), False),
        (prose.below(0, 1, "x"), True),
        (prose.below(1, 1, "x"), False),
        (prose.below(math.nan, 1, "x"), False),
        (prose.between(1, 1, 2, "x"), True),
        (prose.between(2.1, 1, 2, "x"), False),
        (prose.largest({"a": 2.0, "b": 1.0}, "a", "x"), True),
        (prose.largest({"a": 1.0, "b": 2.0}, "a", "x"), False),
        (prose.largest({"a": 2.0, "b": 2.0}, "a", "x"), False),
        (prose.largest({"a": 1.0, "b": math.nan}, "a", "x"), True),
        (prose.every([prose.above(2, 1, "x"), prose.below(2, 1, "y")]), False),
        (prose.every([]), True),
    ],
)
def test_a_tie_holds_or_does_not(tie, holds):
    assert tie.holds is holds


def test_a_broken_sentence_is_quoted_with_its_value_and_the_way_out():
    with pytest.raises(ProseError) as caught:
        prose.choose("market.weeks", "It is weeks.", prose.below(60, 52, "the number of weeks"), None)
    assert (
        str(caught.value)
        == "sentence market.weeks: “It is weeks.” no longer holds: the number of weeks is 60, and would have"
        " to be below 52. Write what holds now, or a form for the other side."
    )
    assert caught.value.exit_code == 1


def test_a_sentence_counts_in_words_with_the_verb_that_fits_and_keeps_every_other_format():
    template = "{n:Count|is|are} right, {m:count} of {all:count} wrong ({share:.0%}, {m}{name})."
    values = {"all": 127, "share": 0.016, "name": "!"}
    assert prose.render(template, values | {"n": 1, "m": 2}) == "One is right, two of 127 wrong (2%, 2!)."
    assert prose.render(template, values | {"n": 30, "m": 0}) == "30 are right, none of 127 wrong (2%, 0!)."


def test_a_sentence_has_0_or_100_percent_only_where_the_share_is():
    shares = [0.0, 0.0009, 0.006, 0.994, 0.999, 1.0]
    words = ["0%", "under 1%", "1%", "99%", "over 99%", "100%"]
    assert [prose.render("{x:.0%}", {"x": share}) for share in shares] == words
    assert [prose.render("{x:pct}", {"x": 100 * share}) for share in shares] == words
    assert prose.render("{x:.0%}", {"x": -0.25}) == "−25%"


def test_a_sentence_turns_with_a_sign_lists_names_and_quotes_a_statement():
    template = "It would {change:sign|rise|fall} by {change:+.0f}, if {text:quote} held: {names:list}."
    values = {"text": "Prices fall.", "names": ["a", "b, c"]}
    rising = prose.render(template, values | {"change": 3.0})
    assert rising == "It would rise by +3, if “Prices fall” held: a; b, c."
    falling = prose.render(template, values | {"change": -3.0})
    assert falling == "It would fall by −3, if “Prices fall” held: a; b, c."
    assert prose.render("{low:.1f} to {high:.1f} on {day}", {"low": -2, "high": -1, "day": "2026-05-21"}) == (
        "−2.0 to −1.0 on 2026-05-21"
    )


def test_a_large_number_has_no_exponent_in_a_sentence():
    assert prose.render("{x:.3g} and {y:g}", {"x": 2600.0, "y": 1234567.0}) == "2,600 and 1,234,570"


def test_a_sentence_has_a_day_as_a_reader_writes_it():
    for day in ("2026-08-07", dt.date(2026, 8, 7), pd.Timestamp("2026-08-07")):
        assert prose.render("on {day:date}", {"day": day}) == "on 7 August 2026"


def test_a_sentence_may_have_a_form_for_the_other_side():
    assert prose.choose("a", "weeks", prose.below(60, 52, "w"), "years") == "years"
    assert prose.choose("a", "weeks", prose.below(6, 52, "w"), "years") == "weeks"


def test_every_broken_tie_is_named():
    ties = [prose.above(0, 1, "x"), prose.below(2, 1, "y"), prose.above(2, 1, "z")]
    assert prose.every(ties).reason == (
        "x is 0, and would have to be above 1; y is 2, and would have to be below 1"
    )


def test_a_probability_may_be_said_as_odds() -> None:
    assert prose.render("{share:odds} ({share:.0%})", {"share": 0.1667}) == "about one in six (17%)"


def test_a_chance_is_never_none_or_certain() -> None:
    shares = {"none": 0.0, "some": 0.25, "every": 1.0}
    assert prose.render("{none:chance} {some:chance} {every:chance}", shares) == "under 1% 25% over 99%"
    assert prose.render("{none:.0%} {every:.0%}", shares) == "0% 100%"  # of what was counted in full
