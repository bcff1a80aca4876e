"""Do scales, amounts, names of points and refusals serve every chart alike?"""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from analysis.figures import charts, theme
from analysis.statistics import trend


def test_a_title_says_0_or_100_percent_only_where_the_share_is():
    shares = [0.0, 0.001, 0.25, 0.999, 1.0]
    titles = [charts.layout.fill("{x:.0%} of {n:g}", {"x": share, "n": 3}) for share in shares]
    assert titles == ["0% of 3", "under 1% of 3", "25% of 3", "over 99% of 3", "100% of 3"]


def test_a_chance_in_a_text_of_a_chart_is_never_none_or_certain():
    texts = [charts.layout.fill("{x:chance}", {"x": share}) for share in (0, 0.25, 1)]
    assert texts == ["under 1%", "25%", "over 99%"]


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (206.31, "usd", "$210"),
        (99_999, "usd", "$100k"),
        (0.31, "usd_bn", "$310m"),
        (2947, "usd_bn", "$2.9trn"),
        (-15, "usd_bn", "−$15bn"),
        (0.042, "usd_per_mtok", "$0.042"),
        (0, "usd", "$0"),
        (45, "pct", "45%"),
        (2.447, "x", "2.4×"),
        (3, "years", "3"),
    ],
)
def test_amounts_are_written_with_two_digits_in_thousands_and_so_on(value, unit, written):
    assert charts.layout.amount(value, unit) == written


@pytest.mark.parametrize("month", range(1, 13))
@pytest.mark.parametrize("day", [1, 28])
def test_a_month_is_derived_from_the_decimal_year_of_its_days(month, day):
    date = pd.Timestamp(2025, month, day)
    assert charts.layout.year_month(float(trend.decimal_year([date])[0])) == f"{date:%B} 2025"


@pytest.mark.parametrize("values", [[2.1, 2.2], [1.0, 9.0], [0.5, 117_290.3], [3.0, 3.0], [206.0, 1e10]])
def test_a_logarithmic_axis_has_two_to_nine_ticks_whatever_it_spans(values):
    ax = theme.axes()
    ax.set_xscale("log")
    charts.layout.log_ticks(ax.xaxis, values, "x", room=1.1)
    assert 2 <= len(ax.get_xticks()) <= 9
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert len(set(labels)) == len(labels)
    low, high = ax.get_xlim()
    assert low < min(values) <= max(values) < high


def test_a_line_is_parted_at_the_end_of_the_record_on_the_scale_of_the_axis():
    line = pd.DataFrame({"t": [2020.0, 2022.0], "y": [1.0, 4.0]})
    before, beyond = charts.layout.split_at(line, 2021, log=True)
    assert before.to_numpy() == pytest.approx(np.array([[2020, 1], [2021, 2]]))  # sqrt(1 * 4)
    assert beyond.to_numpy() == pytest.approx(np.array([[2021, 2], [2022, 4]]))
    assert charts.layout.split_at(line, 2021, log=False)[0]["y"].iloc[-1] == 2.5  # (1 + 4) / 2
    before_end, rest = charts.layout.split_at(line, 2030, log=False)
    assert len(before_end) == 2
    assert rest.empty


def test_names_of_points_keep_apart_and_off_the_line_where_they_can():
    ax = theme.axes()
    charts.layout.scales(ax, [2020, 2024], [0, 10], "usd", log=False)
    points = [(2022.0, 5.0), (2022.0, 5.0), (2022.0, 5.0)]
    grid = np.linspace(2022, 2024, 100)
    names = [charts.layout.Name(f"name {n}", x, y, theme.INK) for n, (x, y) in enumerate(points)]
    charts.layout.name_points(ax, names, points, np.column_stack([grid, np.full(100, 5.0)]))
    theme.chart_of(ax).draw_without_rendering()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    level = ax.transData.transform((2022, 5))[1]
    right = [box for box in boxes if box.x0 > ax.transData.transform((2022, 5))[0]]
    assert not any(box.y0 < level < box.y1 for box in right)  # the line runs to the right of all


def test_words_that_stand_out_of_the_axes_are_moved_in():
    ax = theme.axes()
    ax.set_xlim(0, 1)
    texts = [theme.text(ax, "some long words", (x, 0.5), (0, 0), theme.INK, ha="center") for x in (0, 1)]
    charts.layout.keep_inside(ax, texts)
    theme.chart_of(ax).draw_without_rendering()
    inside = ax.get_window_extent()
    assert all(inside.x0 <= t.get_window_extent().x0 and t.get_window_extent().x1 <= inside.x1 for t in texts)


@pytest.mark.parametrize(("at", "side"), [(2025.5, "right"), (2021.0, "left")])
def test_the_end_of_the_record_is_a_line_with_its_month_on_the_side_that_has_room(at, side):
    ax = theme.axes()
    ax.set_xlim(2020, 2027)
    charts.layout.record_end(ax, at, low=True)
    assert set(ax.lines[0].get_xdata()) == {at}
    (text,) = ax.texts
    assert text.get_text() == {2025.5: "record ends July 2025", 2021.0: "record ends January 2021"}[at]
    assert text.get_ha() == side
    theme.chart_of(ax).draw_without_rendering()
    box, inside = text.get_window_extent(), ax.get_window_extent()
    assert inside.x0 <= box.x0
    assert box.x1 <= inside.x1


def test_what_a_frame_lacks_or_cannot_be_drawn_is_named():
    frame = pd.DataFrame({"fit": ["A"], "factor": [-1.0]})
    charts.layout.require_columns("table", frame, ("fit", "factor"))
    with pytest.raises(ValueError, match="table has no column 'low' and 'high'; it needs fit, low, high"):
        charts.layout.require_columns("table", frame, ("fit", "low", "high"))
    with pytest.raises(ValueError, match="factor of 'A' is -1"):
        charts.layout.above_zero(frame, ["factor"], "fit")
    charts.layout.above_zero(frame.assign(factor=np.nan), ["factor"], "fit")
    for level in (0, 1, 95):
        with pytest.raises(ValueError, match=f"level is {level}; it lies between 0 and 1"):
            charts.layout.checked_level(level)
    assert charts.layout.numbers(pd.DataFrame({"a": [1.0, np.nan], "b": [2.0, 3.0]})) == [1, 2, 3]


def test_an_axis_without_a_power_of_ten_has_round_ticks_all_the_same():
    ax = theme.axes()
    ax.set_xscale("log")
    # nine candidates between 1.1 and 9, more than five, and no power of ten among them
    charts.layout.log_ticks(ax.xaxis, [1.2, 9.0], "x", room=1.05)
    assert 2 <= len(ax.get_xticks()) <= 6
    assert ax.get_xlim() == pytest.approx((1.2 / 1.05, 9.0 * 1.05))


def test_what_is_measured_is_laid_out_and_not_drawn(monkeypatch):
    ax = theme.axes()
    before = ax.get_position().x0
    ax.set_yticks([0], ["a name that takes half of the chart"])
    monkeypatch.setattr(ax, "draw", None)
    _, inside = charts.layout.renderer_and_extent(ax)
    assert ax.get_position().x0 > before
    assert inside.x0 == pytest.approx(ax.get_position().x0 * theme.WIDTH_IN * 100)  # pixels an inch
