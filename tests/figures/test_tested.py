"""Charts of reproduced fits, read through their artists: what stands where, and what the words count."""

import re
import xml.etree.ElementTree as ET
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_hex

from analysis.figures import charts, theme


def said(ax):
    chart = theme.chart_of(ax)
    assert chart.subtitle
    assert chart.alt.endswith(".")
    return chart.finding


def subtitle(ax):
    return theme.chart_of(ax).subtitle


def words(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


def marks(ax, edge, face=None):
    """Scattered points of an edge colour (and a face colour), as rows of x and y; what is NaN is not
    drawn.
    """
    found = [
        np.asarray(c.get_offsets(), dtype=float)
        for c in ax.collections
        if isinstance(c, PathCollection)
        and len(c.get_offsets())
        and to_hex(c.get_edgecolor()[0]) == edge
        and (face is None or to_hex(c.get_facecolor()[0]) == face)
    ]
    rows = np.concatenate(found) if found else np.empty((0, 2))
    return rows[np.isfinite(rows).all(axis=1)]


def bars(ax, color):
    """Horizontal bars of a colour: from, to, height."""
    found = [
        c for c in ax.collections if isinstance(c, LineCollection) and to_hex(c.get_edgecolor()[0]) == color
    ]
    rows = [(a[0], b[0], a[1]) for c in found for a, b in filter(len, c.get_segments())]
    return [row for row in rows if np.isfinite(row).all()]


def lines(ax, color, style=None):
    """Drawn lines of a colour that have any points, as rows of x and y."""
    return [
        np.column_stack([line.get_xdata(), line.get_ydata()]).astype(float)
        for line in ax.lines
        if to_hex(line.get_color()) == color
        and len(line.get_xdata())
        and (style is None or (line.get_linestyle() == "-") == (style == "solid"))
    ]


def rows_of(ax):
    return dict(zip((label.get_text() for label in ax.get_yticklabels()), ax.get_yticks(), strict=True))


def placed(ax, texts=None):
    """Boxes of texts in pixels, once the chart is laid out."""
    chart = theme.chart_of(ax)
    chart.draw_without_rendering()
    return [
        t.get_window_extent() for t in ax.texts if t.get_text() and (texts is None or t.get_text() in texts)
    ]


def nothing(ax):
    assert said(ax).startswith("No data")
    assert words(ax) == ["no data"]
    assert not ax.collections
    assert not ax.lines
    return True


PUBLISHED = pd.DataFrame(
    [
        # evidence/published_results.md, section 1: A prints 2.4 (95% 2.0 to 3.1) and comes out as 2.447931
        # (1.962059 to 3.054121)
        ("A", "Training cost", 2.4, 2.0, 3.1, 2.447931, 1.962059, 3.054121, True, 0.95),
        ("B", "Training cost, revised", 2.40727, 1.969, 2.9431, 2.407268, 1.968995, 2.943095, True, 0.9),
        ("C", "Invented", 10.0, np.nan, np.nan, 12.3, 9.0, 16.0, False, 0.9),
        ("D", "Range alone", np.nan, 4.0, 5.0, np.nan, np.nan, np.nan, False, np.nan),
    ],
    columns=[
        "fit",
        "what",
        "printed",
        "printed_low",
        "printed_high",
        "refitted",
        "refitted_low",
        "refitted_high",
        "agrees",
        "level",
    ],
)


def reproduced(table=PUBLISHED):
    return charts.trends.reproduced(table, ax=theme.axes(height_in=4))


def test_printed_and_refitted_factors_stand_in_their_row_one_above_the_other():
    ax = reproduced()
    assert ax.get_xscale() == "log"
    row = rows_of(ax)
    assert list(row) == ["Range alone", "Invented", "Training cost, revised", "Training cost"][::-1]
    assert row["Training cost"] > row["Range alone"]
    printed, again = marks(ax, theme.PRINTED), marks(ax, theme.RECOMPUTED)
    assert printed[:, 0].tolist() == [2.4, 2.40727, 10.0]
    assert again[:, 0].tolist() == [2.447931, 2.407268, 12.3]
    assert (printed[:, 1] > again[:, 1]).all()
    assert printed[0, 1] == pytest.approx(row["Training cost"], abs=0.3)


def test_intervals_are_bars_of_their_own_colour():
    ax = reproduced()
    assert [bar[:2] for bar in bars(ax, theme.PRINTED)] == [(2.0, 3.1), (1.969, 2.9431), (4.0, 5.0)]
    assert [bar[:2] for bar in bars(ax, theme.RECOMPUTED)] == [
        (1.962059, 3.054121),
        (1.968995, 2.943095),
        (9.0, 16.0),
    ]


def test_refitted_figures_are_told_to_the_digits_of_print():
    told = words(reproduced())
    # 1.962 and 3.054 to one decimal, as 2.4 has; 1.968995 to three, 2.943095 to four
    assert {"printed 2.4 (2.0 to 3.1)", "refitted 2.4 (2.0 to 3.1)"} <= set(told)
    assert told.count("2.40727 (1.969 to 2.9431)") == 2
    assert {"10", "12 (9 to 16), differs", "4 to 5", "no data to refit"} <= set(told)


def test_the_finding_counts_what_agrees_and_what_could_not_be_refitted():
    assert (
        said(reproduced())
        == "Two of three refitted trends agree with print to every digit; one could not be refitted"
    )
    assert said(reproduced(PUBLISHED.head(2))) == "Both refitted trends agree with print to every digit"
    assert said(reproduced(PUBLISHED.head(1))) == "One of one refitted trend agrees with print to every digit"
    assert (
        said(reproduced(PUBLISHED.iloc[[2]])) == "None of one refitted trend agrees with print to every digit"
    )
    assert said(reproduced(PUBLISHED.tail(1))) == "None of one published trends could be refitted"


def test_the_level_of_the_intervals_is_stated():
    assert subtitle(reproduced()).endswith("bars: intervals at the printed level, 90% and 95%")
    assert subtitle(reproduced(PUBLISHED.drop(columns="level"))).endswith(
        "bars: intervals at the printed level"
    )


def test_figures_stay_inside_the_axes_and_apart():
    wide = PUBLISHED.iloc[[1, 1]].assign(
        fit=["near", "far"],
        what=["Near the edge", "Far"],
        refitted=[2.40727, 851.1622],
        printed=[2.40727, 851.1622],
        printed_low=[1.969, 6.1768],
        printed_high=[2.9431, 117290.3],
    )
    ax = reproduced(wide)
    boxes = placed(ax)
    inside = ax.get_window_extent()
    assert all(box.x0 >= inside.x0 and box.x1 <= inside.x1 for box in boxes)
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"agrees": True}, "fit 'D' agrees and has no refitted factor"),
        ({"printed": -0.5}, "printed of 'A' is -0.5; factors are finite and above zero"),
        ({"refitted_high": np.inf}, "refitted_high of 'A' is inf"),
    ],
)
def test_reproductions_that_contradict_themselves_are_refused(change, told):
    with pytest.raises(ValueError, match=told):
        reproduced(PUBLISHED.assign(**change))


def test_reproductions_need_their_columns_and_a_number():
    with pytest.raises(ValueError, match="no column 'agrees'; it needs fit, what, printed"):
        reproduced(PUBLISHED.drop(columns="agrees"))
    assert nothing(reproduced(PUBLISHED.head(0)))


ONE, FOUR = "1 quarter", "4 quarters"


@pytest.mark.parametrize("draw", [reproduced])
def test_charts_are_the_same_bytes_each_time_well_formed_and_dark_where_they_should_be(draw):
    once, again = (theme.svg(theme.chart_of(draw())) for _ in range(2))
    assert once == again
    ET.fromstring(once)
    assert set(re.findall(r"(?:fill|stroke): (#\w{6})", once)) <= set(theme.DARK)
    assert theme.png(theme.chart_of(draw())).startswith(b"\x89PNG")
