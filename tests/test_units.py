import datetime as dt
import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import units
from analysis.errors import FigureError
from analysis.units import (
    HEADINGS,
    BoundedFigure,
    format_value,
    heading,
    json_value,
    parse_figure,
    parse_figures,
    unit_of_name,
)


@pytest.mark.parametrize(
    ("text", "unit", "value", "low", "high", "qualifier", "note"),
    [
        # plain: half a unit of the last printed digit to each side
        ("88.7", "pct", 88.7, 88.65, 88.75, "", ""),
        ("$15B", "usd_bn", 15, 14.5, 15.5, "", ""),
        ("$2.5B", "usd_bn", 2.5, 2.45, 2.55, "", ""),
        ("43%", "pct", 43, 42.5, 43.5, "", ""),
        ("405B (Dense)", "parameters_bn", 405, 404.5, 405.5, "", "Dense"),
        ("236B (MoE, 21B active)", "parameters_bn", 236, 235.5, 236.5, "", "MoE, 21B active"),
        ("1M tokens", "tokens", 1e6, 0.5e6, 1.5e6, "", ""),
        # about: a tenth of the value to each side, 100 * 0.1 = 10
        ("~$100M", "usd_mn", 100, 90, 110, "~", ""),
        ("~$50M (est.)", "usd_mn", 50, 45, 55, "~ est.", ""),
        ("~200B (MoE, est.)", "parameters_bn", 200, 180, 220, "~ est.", "MoE"),
        ("roughly $12 billion", "usd_bn", 12, 10.8, 13.2, "~", ""),
        # a lower bound has no upper one
        (">$20B", "usd_bn", 20, 20, math.inf, ">", ""),
        ("over $1 billion", "usd_bn", 1, 1, math.inf, ">", ""),
        ("over 40,000 stars", "count", 40000, 40000, math.inf, ">", ""),
        ("$13B+", "usd_bn", 13, 13, math.inf, ">", ""),
        ("under 1x", "x", 1, -math.inf, 1, "<", ""),
        # a range states no central value
        ("10-20x", "x", None, 10, 20, "range", ""),
        ("1-2 points", "points", None, 1, 2, "range", ""),
        ("1/100th", "x", 0.01, 0.01, 0.01, "", ""),
        ("five years", "years", 5, 4.5, 5.5, "", ""),
    ],
)
def test_a_printed_figure_gives_value_bounds_qualifier_and_note(
    text, unit, value, low, high, qualifier, note
):
    figure = parse_figure(text, unit)
    assert figure.text == text
    assert figure.value == (None if value is None else pytest.approx(value))
    assert (figure.low, figure.high) == (pytest.approx(low), pytest.approx(high))
    assert (figure.qualifier, figure.note, figure.unit, figure.missing) == (qualifier, note, unit, None)


@pytest.mark.parametrize(
    ("text", "note"),
    [("Unknown", ""), ("Unknown (MoE)", "MoE"), ("N/A (internal)", "internal"), ("", ""), ("–", "")],
)
def test_a_missing_figure_keeps_its_reason_and_is_not_zero(text, note):
    figure = parse_figure(text, "usd_bn")
    assert (figure.value, figure.low, figure.high) == (None, None, None)
    assert figure.missing == (text or "empty cell")
    assert figure.note == note


def test_a_cell_gives_one_figure_for_each_part_or_one_for_all():
    assert [
        q.value for q in parse_figures("$5.00 (input) / $15.00 (output)", "usd_per_mtok", ["input", "output"])
    ] == [5, 15]
    assert [q.value for q in parse_figures("$2.00 (via API)", "usd_per_mtok", ["input", "output"])] == [2, 2]


@pytest.mark.parametrize(
    ("text", "unit", "message"),
    [
        ("2,5", "usd_bn", "decimal comma"),
        ("$1,5B", "usd_bn", "decimal comma"),
        ("cheap", "usd_bn", "is not a figure"),
        ("=1+1", "usd_bn", "is not a figure"),
        ("5%", "usd_bn", "printed in % but the column is in usd_bn"),
        ("$5", "pct", "printed in $ but the column is in pct"),
        ("$1 / $2 / $3", "usd_bn", "is not a figure"),
    ],
)
def test_what_is_no_figure_is_refused_with_rule_and_fix(text, unit, message):
    with pytest.raises(FigureError, match=message.replace("$", r"\$")) as caught:
        parse_figure(text, unit)
    assert caught.value.fix


def test_a_cell_with_another_number_of_figures_than_parts_is_refused():
    with pytest.raises(FigureError, match="prints 3 figures"):
        parse_figures("$1 / $2 / $3", "usd_per_mtok", ["input", "output"])


@pytest.mark.parametrize(
    ("value", "unit", "digits", "text"),
    [
        (11.8, "usd_bn", 1, "$11.8bn"),
        (43, "pct", 0, "43%"),
        (-1.8, "points", 1, "−1.8 points"),
        (4.915, "x", None, "4.92×"),
        (-0.0001, "pct", 0, "0%"),
        (1, "years", 0, "1 year"),
        (1.5, "years", 1, "1.5 years"),
        (math.inf, "usd_bn", None, "no upper bound"),
        (None, "x", None, "–"),
        (math.nan, "x", None, "–"),
    ],
)
def test_a_value_is_shown_with_its_unit(value, unit, digits, text):
    assert format_value(value, unit, digits) == text


@given(st.floats(0.01, 9999).map(lambda v: round(v, 2)), st.sampled_from(["", "~", ">"]))
def test_what_is_shown_in_dollars_reads_back_within_its_bounds(value, mark):
    figure = parse_figure(f"{mark}{format_value(value, 'usd_bn', 2)}", "usd_bn")
    assert figure.value == pytest.approx(value)
    assert figure.low <= figure.value <= figure.high


@pytest.mark.parametrize(
    ("text", "strict"),
    [
        ("over $13 billion", True),
        (">$20B", True),
        ("under $1B", True),
        ("at least $3B", False),
        ("≤ $3B", False),
        ("$3B", False),
        ("$1-2B", False),
    ],
)
def test_over_a_bound_is_more_than_at_least_it(text, strict):
    assert parse_figure(text, "usd_bn").strict is strict


def test_the_name_of_a_column_carries_its_unit():
    names = ("amount_usd_bn", "price_usd_per_mtok", "score_pct", "points", "usd_bn_total", "pct_of")
    expected = [HEADINGS["usd_bn"], HEADINGS["usd_per_mtok"], HEADINGS["pct"], HEADINGS["points"], None, None]
    assert [unit_of_name(name) for name in names] == expected


def test_a_heading_has_the_sign_of_a_unit_and_any_other_text_as_it_is():
    assert (heading("usd_bn"), heading("a year")) == (HEADINGS["usd_bn"], "a year")


def test_days_in_a_bundle_are_iso_dates():
    assert json_value(pd.Timestamp("2026-09-28")) == "2026-09-28"
    assert json_value({"day": dt.date(2026, 5, 21)}) == {"day": "2026-05-21"}


def test_a_share_in_percent_has_its_bounds_in_percent():
    assert BoundedFigure(0.5, 0.25, 1.0).percent == (50.0, 25.0, 100.0)


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.16, "about one in six"),  # 1/6 = 16.7%
        (0.5, "about one in two"),
        (0.66, "about two in three"),
        (0.036, "about one in 30"),  # log odds: nearer to 1/30 than to 1/20
        (0.004, "under one in a hundred"),
        (0.996, "almost certain"),
    ],
)
def test_a_probability_in_words(share: float, words: str) -> None:
    assert units.odds(share) == words


def test_odds_of_no_probability() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        units.odds(1.2)


def test_parts_of_a_whole_add_to_a_hundred() -> None:
    # 18.5 + 66.4 + 15.1: floors 18 + 66 + 15 = 99; the largest remainder, 0.5, is that of the first
    assert units.whole_percents([0.185, 0.664, 0.151]) == [19, 66, 15]
    with pytest.raises(ValueError, match="add to"):
        units.whole_percents([0.5, 0.4])


def test_a_possible_part_of_a_whole_is_never_printed_as_nothing_nor_as_all():
    assert units.percent_parts([0.185, 0.664, 0.151]) == ["19%", "66%", "15%"]
    assert units.percent_parts([0.001, 0.0, 0.999]) == ["<1%", "0%", ">99%"]
    assert units.percent_parts([1.0, 0.0]) == ["100%", "0%"]
