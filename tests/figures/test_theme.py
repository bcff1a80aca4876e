import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from matplotlib.figure import Figure

from analysis.figures import theme


@pytest.fixture
def chart():
    ax = theme.axes()
    ax.plot([0, 1], [0, 1], color=theme.RECOMPUTED)
    ax.annotate("label", (0.5, 0.5), color=theme.PRINTED)
    return theme.chart_of(theme.headline(ax, "A finding & more", "Unit, percent", "A line."))


def test_equal_charts_are_equal_bytes(chart):
    assert theme.svg(chart) == theme.svg(chart)
    assert theme.png(chart) == theme.png(chart)


def test_svg_is_well_formed_without_words_date_or_reference_to_elsewhere(chart):
    text = theme.svg(chart)
    ET.fromstring(text)
    assert "A finding" not in text
    assert not re.search(r"<dc:date>|20\d\d-\d\d-\d\d", text)
    assert not re.findall(r'(?:href|src)="(?!#)[^"]*"', text)


def test_svg_carries_a_dark_colour_for_every_colour_of_the_theme(chart):
    css = theme.svg(chart).split("<style>", 1)[1].split("</style>", 1)[0]
    assert "prefers-color-scheme:dark" in css
    assert f'[style*="stroke: {theme.RECOMPUTED}"]{{stroke:{theme.DARK[theme.RECOMPUTED]}!important}}' in css


def test_drawing_a_png_leaves_the_chart_as_it_was(chart):
    size = chart.get_size_inches().tolist()
    theme.png(chart)
    assert chart.get_size_inches().tolist() == size
    assert not chart.texts


def test_axes_of_another_figure_are_refused():
    with pytest.raises(TypeError, match=r"theme\.axes"):
        theme.chart_of(Figure().add_subplot())


def test_printed_and_recomputed_differ_in_lightness_so_that_they_survive_grey():
    def lightness(colour):
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    verdicts = sorted(lightness(colour) for colour in theme.VERDICT.values())
    assert all(b - a > 8 for a, b in pairwise(verdicts))
    # orange-brown 179, 92, 0 -> 104;   blue 31, 95, 168 -> 87
    assert abs(lightness(theme.PRINTED) - lightness(theme.RECOMPUTED)) > 15
