import io
import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure
from PIL import Image

from analysis import fonts, labels
from analysis.figures import theme
from analysis.project import Project

ROOT = Project.default().root


@pytest.fixture
def chart():
    ax = theme.axes()
    ax.plot([0, 1], [0, 1], color=theme.RECOMPUTED)
    ax.annotate("label", (0.5, 0.5), color=theme.PRINTED)
    return theme.chart_of(theme.set_texts(ax, "A finding & more", "Unit, percent", "A line."))


def test_equal_charts_are_equal_bytes(chart):
    assert theme.svg(chart) == theme.svg(chart)
    assert theme.png(chart) == theme.png(chart)


def make_crowded():
    """Two panels of dates with long names of rows, a legend outside and words with a halo."""
    top, bottom = theme.panels(2, height_in=4)
    days = pd.date_range("2024-01-31", periods=12, freq="ME")
    top.plot(days, range(12), label="a series")
    bottom.barh(["a long name of a row", "another"], [3, 4], label="bars")
    theme.dates(top, days[0], days[-1])
    theme.text(top, "words", (days[3], 4), (4, 4), theme.INK)
    top.set_title("a title")
    theme.legend(top)
    return theme.chart_of(theme.set_texts(top, "A finding", "Unit, percent", "A line."))


@pytest.fixture
def crowded():
    return make_crowded()


def test_a_chart_drawn_once_is_the_drawing_that_matplotlib_saves():
    """It lays a chart out while drawing everything, and then draws everything again."""
    saved = io.StringIO()
    make_crowded().savefig(saved, format="svg", metadata={"Date": None, "Creator": None})
    assert theme._drawing(make_crowded()) == saved.getvalue()


def test_a_picture_drawn_once_has_the_pixels_that_matplotlib_saves():
    saved, chart = io.BytesIO(), make_crowded()
    with theme._titled(chart):
        chart.savefig(saved, format="png", dpi=theme.PNG_DPI)
    pixels = Image.open(saved).convert("RGB")
    large, small = (Image.open(io.BytesIO(theme.png(make_crowded(), small=size))) for size in (False, True))
    assert large.tobytes() == pixels.tobytes()
    few = pixels.quantize(256, dither=Image.Dither.NONE)
    assert small.convert("RGB").tobytes() == few.convert("RGB").tobytes()


@pytest.mark.parametrize("form", [theme.svg, theme.png])
def test_a_chart_is_drawn_once(crowded, form, monkeypatch):
    drawn = []
    monkeypatch.setattr(crowded.patch, "draw", drawn.append)
    form(crowded)
    assert len(drawn) == 1


@pytest.mark.parametrize(
    ("form", "sizes"), [(theme.svg, theme._size_in_points), (theme.png, theme._size_in_pixels)]
)
def test_a_text_is_measured_once_for_all_charts(crowded, form, sizes):
    form(crowded)
    measured = sizes.cache_info()
    form(crowded)
    assert sizes.cache_info().misses == measured.misses
    assert sizes.cache_info().hits > measured.hits


def test_texts_are_measured_at_the_size_and_resolution_that_they_are_drawn_in():
    fonts_of = [font_manager.FontProperties(family=theme.FONT, size=size) for size in (10, 20)]
    theme.axes()
    small, large = (theme._size_in_points("wide", font, False)[0] for font in fonts_of)
    assert large == pytest.approx(2 * small)
    coarse, fine = (theme._size_in_pixels(dpi, "wide", fonts_of[0], False)[0] for dpi in (72, 144))
    assert fine == pytest.approx(2 * coarse, rel=0.1)  # in whole pixels


@pytest.mark.parametrize("form", [theme.svg, theme.png])
def test_a_chart_that_could_not_be_drawn_is_left_as_it_was(chart, form, monkeypatch):
    word = theme.text(chart.axes[0], "beside", (0.5, 0.2), (4, 0), theme.INK)

    def state():
        engine = chart.get_layout_engine()
        size = chart.get_size_inches().tolist()
        texts = (word.get_gid(), word.get_path_effects(), list(chart.texts))
        return chart.canvas, chart.dpi, engine, engine.get()["rect"], size, chart.get_facecolor(), texts

    def broken(_):
        raise ZeroDivisionError

    before = state()
    monkeypatch.setattr(chart.axes[0], "draw", broken)
    with pytest.raises(ZeroDivisionError):
        form(chart)
    assert state() == before


HOSTILE = {
    "text.usetex": True,
    "font.family": ["serif"],
    "font.size": 30,
    "savefig.bbox": "tight",
    "savefig.dpi": 33,
    "svg.fonttype": "path",
    "timezone": "Asia/Tokyo",
    "lines.linewidth": 9,
    "axes.unicode_minus": False,
}


def test_a_chart_is_drawn_alike_whatever_the_user_has_set(monkeypatch):
    """A matplotlibrc sets such values before the first chart, a cell of a notebook between two."""

    def drawn():
        ax = theme.axes()
        theme.dates(ax, pd.Timestamp("2024-01-01"), pd.Timestamp("2025-01-01"))
        ax.plot(pd.to_datetime(["2024-01-01", "2025-01-01"]), [-1, 1])
        chart = theme.chart_of(theme.set_texts(ax, "It rises", "percent", "A line."))
        return theme.svg(chart), theme.png(chart)

    expected = drawn()
    for name, value in HOSTILE.items():
        monkeypatch.setitem(mpl.rcParams, name, value)
    assert drawn() == expected


def test_a_font_of_the_system_does_not_stand_in_for_that_of_the_report(monkeypatch):
    other = font_manager.FontEntry(
        fname=font_manager.findfont("DejaVu Sans"), name=theme.FONT, size="scalable"
    )
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [other])
    theme._register_fonts.__wrapped__()
    for weight in (400, 600):
        wanted = font_manager.FontProperties(family=theme.FONT, weight=weight)
        assert font_manager.findfont(wanted) == fonts.font_path(theme.FONT, weight)


def test_the_last_bits_of_numbers_on_a_straight_line_draw_the_same_bytes():
    """Processors differ in them; 4e-15 is eighteen times the gap between neighbouring numbers (2.2e-16)."""
    years = np.linspace(2016.3, 2026, 40)
    costs = 10 ** (0.2 * (years - 2016) + 6)
    drawn = set()
    for noise in (0, *np.random.default_rng(1).normal(size=(2, 40)) * 4e-15):
        ax = theme.axes(grid="y")
        ax.set_yscale("log")
        ax.plot(years, costs * (1 + noise), linewidth=2.2)
        drawn.add(theme.png(theme.chart_of(theme.set_texts(ax, "A finding", "Costs", "A line."))))
    assert len(drawn) == 1


def test_svg_is_well_formed_without_words_date_or_reference_to_elsewhere(chart):
    text = theme.svg(chart)
    ET.fromstring(text)
    assert "A finding" not in text
    assert not re.search(r"<dc:date>|20\d\d-\d\d-\d\d", text)
    assert not re.findall(r"(?:href|src)='(?!#)[^']*'", text)


def test_svg_carries_a_dark_colour_for_every_colour_of_the_theme(chart):
    text = theme.svg(chart)
    (line,) = re.findall(rf"\.(s\d+){{fill:none;stroke:{theme.RECOMPUTED};stroke-width:1.5", text)
    assert f"class='{line}'" in text and "style='" not in text
    dark = text.split("@media(prefers-color-scheme:dark)", 2)[2]
    assert f".{line}{{stroke:{theme.DARK[theme.RECOMPUTED]}}}" in dark


def test_svg_words_are_text_in_letters_that_it_carries(chart):
    text = theme.svg(chart)
    assert "label</text>" in text
    assert text.count("@font-face") == 1 and "font-weight:400" in text
    chart.axes[0].annotate("told", (0, 0), fontweight="semibold")
    assert theme.svg(chart).count("@font-face") == 2


def test_a_halo_is_drawn_by_the_style_sheet_and_stays_with_the_word(chart):
    word = theme.text(chart.axes[0], "beside", (0.5, 0.2), (4, 0), theme.INK)
    text = theme.svg(chart)
    assert re.search(r"<g class='halo'><text[^>]*>beside</text>", text)
    assert ".halo text{paint-order:stroke;stroke:#fff;" in text
    assert word.get_path_effects() == theme.HALO and word.get_gid() is None
    assert theme.svg(chart) == text


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


def contrast(color, other):
    """How far two colours stand apart, 1 to 21, as WCAG 2 has it."""

    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    darker, lighter = sorted((luminance(color), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_that_of_the_standard():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#ffffff", "#777777") == pytest.approx(4.48, abs=0.01)


def test_what_was_overtaken_stands_out_by_day_and_by_night():
    paper = ("#ffffff", theme.DARK["#ffffff"])
    assert all(
        contrast(c, p) >= 4.5 for c, p in zip((theme.VOID, theme.DARK[theme.VOID]), paper, strict=True)
    )


def test_pages_and_charts_give_a_verdict_the_same_colours():
    by_day, by_night = (
        (ROOT / "reports" / "static" / "site.css").read_text().split("prefers-color-scheme: dark", 1)
    )
    for verdict, colour in theme.VERDICT.items():
        assert f"--{verdict}: {colour};" in by_day
        assert f"--{verdict}: {theme.DARK[colour]};" in by_night


def test_panels_stand_below_one_another_on_one_chart_with_one_horizontal_axis():
    top, bottom = theme.panels(2, height_in=4)
    chart = theme.chart_of(top)
    assert chart is theme.chart_of(bottom)
    assert chart.get_size_inches().tolist() == [theme.WIDTH_IN, 4]
    top.set_xlim(1, 2)
    assert bottom.get_xlim() == (1, 2)
    chart.draw_without_rendering()
    assert top.get_position().y0 > bottom.get_position().y1


def test_an_empty_chart_is_empty_in_all_its_panels():
    axes = theme.panels(3)
    theme.empty_chart(axes[0], "a thing")
    assert not any(len(ax.get_yticks()) for ax in axes)
    assert [len(ax.texts) for ax in axes] == [1, 0, 0]
    assert theme.chart_of(axes[0]).finding == "No data by the cut-off date: a thing"


def test_labels_of_panels_are_kept_apart_by_the_height_of_a_panel():
    for rows in (1, 2):
        ax = theme.panels(rows, height_in=4)[0]
        theme.edge_labels(ax, [theme.Label(0.5, "a", theme.INK), theme.Label(0.5, "b", theme.INK)])
        low, high = sorted(text.xy[1] for text in ax.texts)
        assert high - low == pytest.approx(rows * 12 / (4 * 72 * 0.85))  # 10 points with leading, of 4 inches


def test_a_legend_takes_as_many_lines_as_its_words_need():
    for words, columns in (("short", 5), ("words that are rather long", 2), ("w" * 100, 1)):
        ax = theme.axes()
        for n in range(5):
            ax.plot([n], [n], label=words)
        theme.legend(ax)
        (legend,) = theme.chart_of(ax).legends
        assert legend._ncols == columns


def test_counts_and_rows_of_words():
    assert [labels.number_word(n) for n in (0, 1, 9, 10)] == ["none", "one", "nine", "10"]
    assert labels.join_words(["a", "b", "c"]) == "a, b and c"
    assert labels.join_words(["a"]) == "a"
    assert labels.join_words([]) == ""


def test_a_day_is_a_line_with_words_above_it():
    ax = theme.axes()
    theme.mark_date(ax, 3.0, "a day")
    assert set(ax.lines[0].get_xdata()) == {3.0}
    (text,) = ax.texts
    assert (text.get_text(), text.xy) == ("a day", (3.0, 1))


def test_a_png_keeps_the_colours_that_mean_something_to_the_bit():
    ax = theme.axes()
    ax.bar(["printed", "recomputed"], [1, 2], color=[theme.PRINTED, theme.RECOMPUTED])
    chart = theme.chart_of(theme.set_texts(ax, "Two bars", "Units", "Two bars."))
    picture = Image.open(io.BytesIO(theme.png(chart)))
    assert picture.mode == "P"
    colours = {"#{:02x}{:02x}{:02x}".format(*pixel) for _, pixel in picture.convert("RGB").getcolors(10**7)}
    assert {theme.PRINTED, theme.RECOMPUTED} <= colours


def test_labels_that_would_touch_are_moved_apart_and_others_stay():
    ax = theme.axes()
    ax.set_ylim(0, 100)
    theme.edge_labels(ax, [theme.Label(y, str(y), "k") for y in (50, 10, 50)])
    low, *pair = sorted(text.xy[1] for text in ax.texts)
    assert low == pytest.approx(0.1)
    assert pair[1] - pair[0] == pytest.approx(12 / (3.5 * 72 * 0.85))
    assert sum(pair) / 2 == pytest.approx(0.5)


def test_negative_numbers_in_the_texts_of_a_chart_have_a_real_minus_sign():
    chart = theme.chart_of(theme.set_texts(theme.axes(), "It lost -$3bn", "x-1 to 2-3", "At -4.", note="-5"))
    assert (chart.finding, chart.subtitle) == ("It lost −$3bn", "x-1 to 2-3")
    assert (chart.alt, chart.note) == ("At −4.", "−5")
