"""What does a chart show? Its artists read as numbers and words, for the tests of all charts."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
from matplotlib import dates as mdates
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_hex

from analysis.figures import theme


def numbers_in(text):
    """The numbers of a text as they are printed: what a sentence says, whatever its words."""
    return re.findall(r"\d[\d,]*(?:\.\d+)?", text)


def finding(ax):
    """The finding of a chart that has all its texts."""
    chart = theme.chart_of(ax)
    assert chart.subtitle
    assert chart.alt.endswith(".")
    return chart.finding


def subtitle(ax):
    return theme.chart_of(ax).subtitle


def note(ax):
    return theme.chart_of(ax).note


def words(ax):
    """Every text in the axes."""
    return [text.get_text() for text in ax.texts if text.get_text()]


def text(ax):
    """All words in the axes, in one line."""
    return " ".join(words(ax))


def marks(ax, edge, face=None):
    """Scattered points of an edge colour (and a face colour), as rows of x and y; NaN is not drawn."""
    offsets = [
        np.asarray(c.get_offsets(), dtype=float)
        for c in ax.collections
        if isinstance(c, PathCollection)
        and len(c.get_offsets())
        and to_hex(c.get_edgecolor()[0]) == edge
        and (face is None or to_hex(c.get_facecolor()[0]) == face)
    ]
    xy = np.concatenate(offsets) if offsets else np.empty((0, 2))
    return xy[np.isfinite(xy).all(axis=1)]


def points(ax):
    """Every scattered point, as rows of x and y."""
    return np.concatenate(
        [np.asarray(c.get_offsets()) for c in ax.collections if isinstance(c, PathCollection)]
    )


def bars(ax, color):
    """Horizontal bars of a colour: from, to, height."""
    segments = [
        segment
        for c in ax.collections
        if isinstance(c, LineCollection) and to_hex(c.get_edgecolor()[0]) == color
        for segment in filter(len, c.get_segments())
    ]
    return [(a[0], b[0], a[1]) for a, b in segments if np.isfinite([*a, *b]).all()]


def lines(ax, color, *, stepped=False, dashed=None):
    """Drawn lines of a colour that have any points, as rows of x and y."""
    return [
        np.column_stack([line.get_xdata(), line.get_ydata()]).astype(float)
        for line in ax.lines
        if to_hex(line.get_color()) == color
        and len(line.get_xdata())
        and (line.get_drawstyle() == "steps-post") == stepped
        and (dashed is None or (line.get_linestyle() != "-") == dashed)
    ]


def steps(ax):
    """Data of the stepped lines: days as dates, and heights."""
    return [
        (
            [pd.Timestamp(day).date().isoformat() for day in line.get_xdata(orig=True)],
            list(line.get_ydata(orig=True)),
        )
        for line in ax.lines
        if line.get_drawstyle() == "steps-post"
    ]


def date_number(day):
    """A day as a date axis counts."""
    return float(mdates.date2num(pd.Timestamp(day)))


def rows(ax):
    """Height of each row by its label."""
    return dict(zip(row_labels(ax), ax.get_yticks(), strict=True))


def row_labels(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def text_boxes(ax, texts=None):
    """Boxes of texts in pixels, once the chart is laid out."""
    theme.chart_of(ax).draw_without_rendering()
    return [
        t.get_window_extent() for t in ax.texts if t.get_text() and (texts is None or t.get_text() in texts)
    ]


def is_empty(ax):
    assert finding(ax).startswith("No data by the cut-off date: ")
    assert words(ax) == ["no data"]
    assert not ax.lines
    assert not ax.collections
    assert not ax.patches
    return True


def colours(ax):
    """Every visible colour of lines, patches, collections and texts."""
    return {
        colour
        for artist in (*ax.lines, *ax.patches, *ax.collections, *ax.texts)
        for colour in _colours_of(artist)
    }


def _colours_of(artist):
    for name in ("get_color", "get_facecolor", "get_edgecolor"):
        if (get := getattr(artist, name, None)) is not None:
            value = get()
            for colour in value if isinstance(value, np.ndarray) and value.ndim == 2 else [value]:
                if isinstance(colour, str) or (len(colour) == 4 and colour[3] > 0):
                    yield to_hex(colour)


def assert_drawn_alike(draw):
    """The same bytes each time, well formed, and dark where they should be."""
    once, again = (theme.svg(theme.chart_of(draw())) for _ in range(2))
    assert once == again
    ET.fromstring(once)
    assert set(re.findall(r"(?:fill|stroke): (#\w{6})", once)) <= set(theme.DARK)
    assert theme.png(theme.chart_of(draw())).startswith(b"\x89PNG")
