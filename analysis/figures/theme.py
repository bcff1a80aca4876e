"""What do all charts share? Colours, type, size, and how a chart is turned into bytes.

Decisions
- A chart is a matplotlib `Figure` that knows its finding, its subtitle (what and which unit) and its text
  alternative.
- Figures of the article and ours have one colour each everywhere, and nothing else has them; the palette
  survives grey print (its lightnesses differ) and colour-blindness (orange-brown against blue).
- SVG carries its own dark colours, so that a chart follows the reader's setting inside an `<img>`; the page
  shows the finding as text, so the SVG holds none. PNG, for notebooks, draws both.
- Labels in SVG are text, with the letters of the font that they need embedded: a third of the size of
  outlines.
- The article's figure is a ring and ours a dot; what does not decide is hollow. Labels are next to what they
  name, with a halo.
- No pyplot: figures are made directly, so nothing is left open and no backend is chosen.
- Each chart starts from matplotlib's own defaults: neither a matplotlibrc nor a style that a cell has set
  changes it.
- A chart is laid out and drawn once, although matplotlib's `savefig` draws it twice, and each of its texts is
  measured once: the bytes are those of `savefig`.
- Equal data give equal bytes: salted ids, no date, coordinates to a hundredth of a point or pixel. That
  is so on every processor, although their last bits differ: without rounding, the corners of a stroke would
  depend on them where two parts of a straight line meet.
"""

from __future__ import annotations

import datetime as dt
import io
import math
import re
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any, NamedTuple, TypeVar, cast
from xml.etree.ElementTree import Element

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib import dates as mdates
from matplotlib import font_manager
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import FigureCanvasBase, GraphicsContextBase
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.path import Path
from matplotlib.patheffects import AbstractPathEffect, withStroke
from matplotlib.text import Annotation, Text
from matplotlib.textpath import text_to_path
from matplotlib.transforms import IdentityTransform, Transform
from PIL import Image

from analysis import fonts
from analysis import svg as drawings
from analysis.units import true_minus

PRINTED, RECOMPUTED = "#b35c00", "#1f5fa8"
SECOND = "#5a6672"
"""A second series of ours: the colour of the article is for its figures alone."""
INK, MUTED, GRID, FAINT = "#1b2530", "#5a6672", "#d5dbe1", "#eef1f4"
HOLDS, PARTLY, FAILS, VOID, OPEN, UNCHECKABLE = (
    "#2c7a57",
    "#d39a1c",
    "#8c2f2f",
    "#6a4a94",
    "#7a8794",
    "#b9c1c9",
)
VERDICT = {
    "holds": HOLDS,
    "partly": PARTLY,
    "fails": FAILS,
    "void": VOID,
    "open": OPEN,
    "uncheckable": UNCHECKABLE,
}
DARK = {
    PRINTED: "#f0a35e",
    RECOMPUTED: "#7db4f0",
    INK: "#e8ebee",
    MUTED: "#a7b1bb",
    GRID: "#3a434d",
    FAINT: "#262d35",
    HOLDS: "#63b58f",
    PARTLY: "#e3b74f",
    FAILS: "#d9807a",
    VOID: "#a389da",
    OPEN: "#8b97a3",
    UNCHECKABLE: "#59636e",
    "#ffffff": "#14181d",
}
"""Light colour to its dark counterpart; a colour that is not here stays as it is."""

HALO: list[AbstractPathEffect] = [withStroke(linewidth=3, foreground="#ffffff")]
"""Keeps a label readable where it crosses a line or a band."""

RING: dict[str, Any] = {
    "facecolors": "#ffffff",
    "edgecolors": PRINTED,
    "linewidths": 2.0,
    "s": 58,
    "zorder": 5,
    "clip_on": False,
}
DOT: dict[str, Any] = {"facecolors": RECOMPUTED, "edgecolors": RECOMPUTED, "linewidths": 1.6, "s": 46}
HOLLOW: dict[str, Any] = DOT | {"facecolors": "#ffffff"}
"""Marks of a figure of the article, of ours, and of one that does not decide, as `Axes.scatter` takes
them.
"""

DASHED, DOTTED = (0, (4, 2)), (0, (2, 2))
"""Line styles: of what goes beyond the data, and of a level or a day to compare with."""

Day = str | dt.date
"""A day, or its ISO date."""

FONT = "Source Sans Pro"
WIDTH_IN, HEIGHT_IN, PNG_DPI, SVG_DPI = 5.6, 3.5, 130, 72
"""Narrow enough that the text stays legible when a phone shows the whole chart."""

STYLE: dict[str, Any] = {
    "font.size": 11,
    "axes.titlesize": 10.5,
    "axes.labelsize": 10.5,
    "xtick.labelsize": 10.5,
    "ytick.labelsize": 10.5,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "axes.titlelocation": "left",
    "axes.titlecolor": MUTED,
    "axes.facecolor": "none",
    "figure.facecolor": "white",
    "legend.frameon": False,
    "legend.fontsize": 10.5,
    "lines.solid_capstyle": "round",
    "svg.hashsalt": "thesis",
    "svg.fonttype": "none",
    "path.simplify": True,
    "text.parse_math": False,  # $ is money
    "font.family": FONT,
    "timezone": "UTC",
    "date.epoch": "1970-01-01T00:00:00",  # `rcdefaults` leaves the last two
}


class Label(NamedTuple):
    """A label at the right edge of a chart: the height that it belongs to, its words and its colour."""

    y: float
    text: str
    color: str


class Chart(Figure):
    """A figure with its finding (the title), its subtitle (what is shown, in which unit) and its alt text."""

    finding: str = ""
    subtitle: str = ""
    alt: str = ""
    note: str | None = None
    """What a reader has to know of the chart, below it."""


MAX_TEXTS = 4096
"""How many texts are remembered with their sizes."""

TextSize = tuple[float, float, float]
"""Width, height and descent of a text."""

_size_in_points = lru_cache(MAX_TEXTS)(text_to_path.get_text_width_height_descent)


@lru_cache(MAX_TEXTS)
def _size_in_pixels(dpi: float, words: str, font: FontProperties, is_math: Any) -> TextSize:
    return RendererAgg(1, 1, dpi).get_text_width_height_descent(words, font, is_math)


class _Renderer(RendererAgg):
    """Draws lines and outlines from coordinates to a hundredth of a pixel; measures a text once for all
    charts.
    """

    def draw_path(
        self,
        gc: GraphicsContextBase,
        path: Path,
        transform: Transform,
        rgbFace: Any = None,  # noqa: N803 (matplotlib's name)
    ) -> None:
        in_pixels = path.transformed(transform)
        in_pixels.vertices = np.asarray(in_pixels.vertices).round(2)
        super().draw_path(gc, in_pixels, IdentityTransform(), rgbFace)

    def get_text_width_height_descent(self, s: str, prop: FontProperties, ismath: Any) -> TextSize:
        return _size_in_pixels(self.dpi, s, prop, ismath)


class _Canvas(FigureCanvasAgg):
    """A canvas that draws with `_Renderer`."""

    _key: tuple[float, float, float] | None = None

    def get_renderer(self) -> RendererAgg:
        key = (*self.get_width_height(physical=True), self.figure.dpi)
        if self._key != key:
            self._key, self.renderer = key, _Renderer(*key)
        return self.renderer


class _SvgRenderer(RendererSVG):
    """Draws SVG; measures a text once for all charts."""

    def get_text_width_height_descent(self, s: str, prop: FontProperties, ismath: Any) -> TextSize:
        return _size_in_points(s, prop, ismath)


class _SvgCanvas(FigureCanvasBase):
    """A canvas for one drawing in SVG."""

    def __init__(self, figure: Figure) -> None:
        super().__init__(figure)
        self.file = io.StringIO()
        width, height = figure.get_size_inches() * SVG_DPI
        no_metadata = {"Date": None, "Creator": None}
        self.renderer = _SvgRenderer(width, height, self.file, metadata=no_metadata)

    def get_renderer(self) -> RendererSVG:
        return self.renderer


def _use_style() -> None:
    """Set the report's style, and nothing of the user's."""
    _register_fonts()
    mpl.rcdefaults()
    mpl.rcParams.update(cast(Any, STYLE))


@cache
def _register_fonts() -> None:
    """Put the font that comes with a package before one of the same name that the system may have."""
    entries = font_manager.fontManager.ttflist
    for weight in (400, 600):
        font_manager.fontManager.addfont(fonts.font_path(FONT, weight))
        entries.insert(0, entries.pop())


def axes(width_in: float = WIDTH_IN, height_in: float = HEIGHT_IN, *, grid: str = "x") -> Axes:
    """New Axes on a new chart in the report's style; `grid` is `x`, `y`, `both` or nothing."""
    return panels(1, width_in, height_in, grid=grid)[0]


def panels(
    rows: int, width_in: float = WIDTH_IN, height_in: float = HEIGHT_IN, *, grid: str = "y"
) -> list[Axes]:
    """Axes below one another on a new chart of that total height, from the top, with one horizontal axis."""
    _use_style()
    chart = Chart(figsize=(width_in, height_in), layout="constrained")
    _Canvas(chart)
    column = chart.subplots(rows, sharex=True, squeeze=False)[:, 0].tolist()
    for ax in column:
        ax.grid(visible=False)
        if grid:
            ax.grid(visible=True, axis=grid)
    return column


def legend(ax: Axes, handles: Sequence[Artist] | None = None) -> None:
    """A legend under the chart, where it covers nothing, in as few lines as its words need."""
    keys, labels = (
        (handles, [str(h.get_label()) for h in handles]) if handles else ax.get_legend_handles_labels()
    )
    columns = min(
        5, max(1, 85 // (max(map(len, labels), default=0) + 5))
    )  # characters of this size on one line
    if (inner := ax.get_legend()) is not None:
        inner.remove()
    chart_of(ax).legend(
        keys, labels, loc="outside lower left", ncols=columns, handletextpad=0.4, columnspacing=1.2
    )


def threshold(ax: Axes, label: str, level: float, curves: Sequence[Sequence[float]] = ()) -> None:
    """A horizontal line to compare curves with, labelled at the end that is farther from them."""
    log = ax.get_yscale() == "log"
    near = [
        min(_distance(curve[end], level, log) for curve in curves) if curves else float(end)
        for end in (0, -1)
    ]
    right = near[1] > near[0]
    ax.axhline(level, color=INK, linewidth=1.2, linestyle=DOTTED)
    ax.annotate(
        label,
        (0.995 if right else 0.005, level),
        xycoords=("axes fraction", "data"),
        xytext=(0, 3),
        fontsize=10,
        textcoords="offset points",
        ha="right" if right else "left",
        path_effects=HALO,
    )


def _distance(value: float, level: float, log: bool) -> float:
    return abs(math.log(value / level)) if log else abs(value - level)


def text(
    ax: Axes,
    words: str,
    at: tuple[Any, float],
    shift: tuple[float, float],
    color: str,
    *,
    ha: str = "left",
    va: str = "center",
    size: float = 10.0,
    xycoords: Any = "data",
) -> Annotation:
    """Words at a point, shifted by some points, readable over lines and allowed outside the axes."""
    return ax.annotate(
        words,
        at,
        xytext=shift,
        textcoords="offset points",
        xycoords=xycoords,
        color=color,
        ha=ha,
        va=va,
        fontsize=size,
        path_effects=HALO,
        annotation_clip=False,
        zorder=6,
    )


def annotate(
    ax: Axes, words: str, at: tuple[Any, float], shift: tuple[float, float], **style: Any
) -> Annotation:
    """Words at a point, shifted by some points, styled as `Axes.annotate` takes it; without a halo."""
    return ax.annotate(words, at, xytext=shift, textcoords="offset points", **style)


def edge_labels(ax: Axes, labels: Sequence[Label], size: float = 10.0) -> None:
    """Labels to the right of the axes at their heights, moved apart where they touch; for final axes."""
    from scipy.optimize import isotonic_regression

    if not labels:
        return
    ordered = sorted(labels, key=lambda label: label.y)
    heights = [float(ax.transLimits.transform(ax.transScale.transform((1, label.y)))[1]) for label in ordered]
    rows = ax.get_subplotspec().get_gridspec().nrows  # type: ignore[union-attr]  # `panels` made it
    gap = size * 1.2 / (chart_of(ax).get_size_inches()[1] / rows * 72 * 0.85)
    steps = np.arange(len(heights)) * gap
    for label, y in zip(ordered, isotonic_regression(np.array(heights) - steps).x + steps, strict=True):
        text(ax, label.text, (1, float(y)), (8, 0), label.color, size=size, xycoords="axes fraction")


def mark_date(ax: Axes, at: Any, words: str) -> None:
    """A vertical line at a day, as the axis counts days, with words above it."""
    ax.axvline(at, color=INK, linewidth=1.2, linestyle=DOTTED, zorder=1)
    text(
        ax, words, (at, 1), (3, 3), INK, ha="right", va="bottom", size=9.5, xycoords=("data", "axes fraction")
    )


class _DatesWithYear(mdates.ConciseDateFormatter):
    """Months and years in short, with the year under the first month, which would else have none."""

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        labels = super().format_ticks(values)
        if labels and not any(character.isdigit() for character in labels[0]):
            labels[0] += f"\n{mdates.num2date(values[0]).year}"
        return labels


def dates(ax: Axes, start: pd.Timestamp, end: pd.Timestamp) -> None:
    """A time axis from start to end, with years or months as the span needs them."""
    locator = mdates.AutoDateLocator(minticks=3, maxticks=7)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(_DatesWithYear(locator, show_offset=False))
    ax.set_xlim(start, end)  # type: ignore[arg-type]  # dates


def empty_chart(ax: Axes, subject: str) -> Axes:
    """An empty chart that says that our data hold no `subject`."""
    for panel in chart_of(ax).axes:
        panel.grid(visible=False)
        panel.spines["bottom"].set_visible(False)
        panel.set(xticks=[], yticks=[], xlabel="", ylabel="")
    ax.text(0.5, 0.5, "no data", transform=ax.transAxes, ha="center", va="center", color=MUTED)
    finding = f"No data by the cut-off date: {subject}"
    return set_texts(ax, finding, "No data", f"An empty chart. {finding}.")


def set_texts(ax: Axes, finding: str, subtitle: str, alt: str, *, note: str | None = None) -> Axes:
    """Give a chart its finding, what is plotted in which unit, a description for screen readers, and the note
    below it, if it needs one; negative numbers in these texts get a real minus sign.
    """
    chart = chart_of(ax)
    chart.finding, chart.subtitle, chart.alt = map(true_minus, (finding, subtitle, alt))
    chart.note = note and true_minus(note)
    return ax


def chart_of(ax: Axes) -> Chart:
    """The chart that some Axes belong to."""
    chart = ax.figure
    if not isinstance(chart, Chart):
        raise TypeError("these Axes are not of a Chart; make them with theme.axes()")
    return chart


C = TypeVar("C", bound=FigureCanvasBase)


@contextmanager
def _laid_out(chart: Chart, canvas_type: type[C], dpi: float) -> Iterator[C]:
    """A canvas for a chart that is laid out on it, for drawing it once: `Figure.savefig` draws all of it an
    extra time for the layout's sake.
    """
    canvas, dpi_before, engine = chart.canvas, chart.dpi, chart.get_layout_engine()
    chart.set_dpi(dpi)
    try:
        drawn_on = canvas_type(chart)
        lay_out(chart)
        chart.set_layout_engine("none")
        yield drawn_on
    finally:
        chart.set_layout_engine(engine)
        chart.set_canvas(canvas)
        chart.set_dpi(dpi_before)


def lay_out(chart: Chart) -> None:
    """Give the axes of a chart their places on its canvas, without drawing."""
    cast(ConstrainedLayoutEngine, chart.get_layout_engine()).execute(chart)


def png(chart: Chart, *, small: bool = True) -> bytes:
    """The chart with its finding and subtitle drawn above it, at the chart's left edge; `small` takes a third
    of the bytes and as long as drawing.
    """
    with _titled(chart), _laid_out(chart, _Canvas, PNG_DPI) as canvas:
        canvas.draw()
        picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    file = io.BytesIO()
    if small:
        # a chart has few colours: a palette of 256 keeps the ones that carry meaning to the bit
        picture.quantize(256, dither=Image.Dither.NONE).save(file, format="png", optimize=True)
    else:
        picture.save(file, format="png", compress_level=1)
    return file.getvalue()


@contextmanager
def _titled(chart: Chart) -> Iterator[None]:
    """The chart with its finding and subtitle above it."""
    title, subtitle = textwrap.wrap(chart.finding, 56), textwrap.wrap(chart.subtitle, 78)
    width, height = chart.get_size_inches()
    above = 0.27 * len(title) + 0.21 * len(subtitle) + 0.14
    engine = cast(ConstrainedLayoutEngine, chart.get_layout_engine())
    chart.set_size_inches(width, height + above)
    engine.set(rect=(0, 0, 1, height / (height + above)))
    top = 1 - 0.08 / (height + above)
    below = top - 0.27 * len(title) / (height + above)
    texts = [
        chart.text(0.012, top, "\n".join(title), va="top", fontsize=13, fontweight="semibold", color=INK),
        chart.text(0.012, below, "\n".join(subtitle), va="top", fontsize=10.5, color=MUTED),
    ]
    try:
        yield
    finally:
        for text in texts:
            text.remove()
        engine.set(rect=(0, 0, 1, 1))
        chart.set_size_inches(width, height)


def svg(chart: Chart) -> str:
    """The chart without its finding and subtitle, with dark colours and its letters embedded."""
    with _left_to_the_sheet(chart):
        full = drawings.read(_drawing(chart))
    styles = _replace_styles(full)
    drawing = drawings.shorten(full)
    _shorten_coordinates(drawing)
    letters = _letters(drawing, any("font-weight" in style for style in styles))
    sheet = Element("style")
    sheet.text = letters + _rules(styles)
    drawing.insert(0, sheet)
    return drawings.write(drawing)


def _drawing(chart: Chart) -> str:
    """The chart as matplotlib writes it."""
    with _laid_out(chart, _SvgCanvas, SVG_DPI) as canvas:
        chart.draw(canvas.renderer)
        canvas.renderer.finalize()
    return canvas.file.getvalue()


HALOED = "halo"
COORDINATES, SIZES = {"d", "x", "y", "transform"}, {"width", "height"}
"""The attributes that hold coordinates, and those that hold the size of what is defined once."""


@contextmanager
def _left_to_the_sheet(chart: Chart) -> Iterator[None]:
    """The chart without what a page or the style sheet draws: the background, and halos, for which matplotlib
    draws two outlines each; words that have one are marked.
    """
    haloed = [text for text in chart.findobj(Text) if text.get_path_effects()]
    background = chart.get_facecolor()
    chart.set_facecolor("none")
    for text in haloed:
        text.set_path_effects([])
        text.set_gid(HALOED)
    try:
        yield
    finally:
        chart.set_facecolor(background)
        for text in haloed:
            text.set_path_effects(HALO)
            text.set_gid(None)


def _shorten_coordinates(drawing: Element) -> None:
    """Coordinates to a tenth of a point, those of marks (defined once, and small) to a hundredth; a move or a
    turn by nothing goes.
    """
    marks = {element for defs in drawing.iter("defs") for element in defs.iter()}
    for element in drawing.iter():
        is_mark = element in marks
        for name in (COORDINATES | SIZES if is_mark else COORDINATES).intersection(element.keys()):
            element.set(name, _rounded(element.attrib[name], 2 if is_mark else 1))
        if re.fullmatch(r"rotate\(-?0([ ,][-\d.]+)*\)|translate\(0[ ,]0\)", element.get("transform", "")):
            del element.attrib["transform"]


def _rounded(text: str, digits: int) -> str:
    longer = rf"\d+\.\d{{{digits + 1},}}"
    return re.sub(longer, lambda n: f"{float(n[0]):.{digits}f}".rstrip("0").rstrip("."), text)


def _replace_styles(drawing: Element) -> list[str]:
    """Classes instead of styles, and the styles in the order of their classes; a halo is a class, too."""
    classes: dict[str, str] = {}
    for element in drawing.iter():
        if element.get("id") == HALOED:
            element.set("class", element.attrib.pop("id"))
        if style := element.attrib.pop("style", ""):
            style = _font_style(style) if element.tag == "text" else style
            element.set("class", classes.setdefault(style, f"s{len(classes)}"))
    return list(classes)


def _font_style(style: str) -> str:
    """The style of a word without what holds for the whole drawing: the family, and that it starts here."""
    declarations = dict(part.split(": ", 1) for part in style.removesuffix(";").split("; "))
    font = {}
    if weight_and_size := re.match(r"(?:(600|700|bold) )?([\d.]+px) ", declarations.pop("font", "")):
        font = {"font-weight": "600"} if weight_and_size[1] else {}
        font["font-size"] = weight_and_size[2]
    declarations.pop("font-family", None)
    if declarations.get("text-anchor") == "start":
        del declarations["text-anchor"]
    return "; ".join(f"{name}: {value}" for name, value in (font | declarations).items())


def _letters(drawing: Element, bold: bool) -> str:
    """The rules for the font of a chart, with the letters that its texts need, and for their halo."""
    letters = "".join(sorted(set("".join(element.text or "" for element in drawing.iter("text")))))
    faces = "".join(fonts.font_face(FONT, weight, letters) for weight in ((400, 600) if bold else (400,)))
    halo = f".{HALOED} text{{paint-order:stroke;stroke:#fff;stroke-width:3px;stroke-linejoin:round}}"
    dark = f"@media(prefers-color-scheme:dark){{.{HALOED} text{{stroke:{DARK['#ffffff']}}}}}"
    return f"{faces}svg{{font-family:{FONT},sans-serif}}{halo}{dark}"


def _rules(styles: Sequence[str]) -> str:
    """A rule for each style, and for those that have a colour of the theme the same in the dark."""
    light = [
        (f".s{number}", style.replace(": ", ":").replace("; ", ";")) for number, style in enumerate(styles)
    ]
    dark = []
    for name, style in light:
        darkened = [rule for part in style.split(";") if (rule := _dark(part))]
        if darkened:
            dark.append(f"{name}{{{';'.join(darkened)}}}")
    rules = "".join(f"{name}{{{style}}}" for name, style in light)
    return f"{rules}@media(prefers-color-scheme:dark){{{''.join(dark)}}}"


def _dark(declaration: str) -> str | None:
    """The declaration of a style with its colour in the dark; None where that stays."""
    kind, _, color = declaration.partition(":")
    return f"{kind}:{DARK[color]}" if color in DARK else None
