"""Do the pages of a built site read as the style guide asks, and keep to their length?

Decisions
- What counts is what a reader sees at first: closed folds and popovers are read for their words, and not
  counted against the length of a page.
- Code and charts are no prose; of a chart its title is read, and what it says below. Cells of tables are no
  sentences: they are read for what no reader should see anywhere.
- A number on a card of its own says what kind of uncertainty it has if it has a range or is a chance; a
  chance that rests on simulation, past cases or judgement is neither 0% nor 100%.
- What is quoted from elsewhere (titles of sources, texts of the changelog) is marked as such by the
  templates, with `data-quoted`.
- Text is read block by block, so that the words of two paragraphs never make one sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from analysis import labels
from analysis.errors import DataError, Problem
from analysis.lint import language
from analysis.lint.language import Fault, Kind
from analysis.thesis import Thesis

CELL_RULES = ("exponent", "certainty")
"""The rules that hold in tables, too, next to the one that no cell is a name of data."""

CARDS = frozenset(("metric", "chance"))
"""Classes of what shows one number, with its title, range and kind of uncertainty."""

TITLES = frozenset(("h1", "h2", "h3", "h4", "h5"))
CELLS = frozenset(("table", "tr", "td", "th"))
BLOCKS = (
    TITLES
    | CELLS
    | {"p", "li", "dt", "dd", "figcaption", "summary", "blockquote", "div", "section", "caption"}
)
UNREAD = frozenset(("script", "style", "svg", "pre", "code", "nav", "math", "title", "head", "form"))
VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)

UNREAD_CLASSES = frozenset(("alt", "metric-interval", "permalink", "statistics", "hidden"))
"""Classes of what is no running text: a chart as text, the range of a number, the mark of a link, statistics
behind a verdict, and labels that are not seen.
"""


_CHANCE = re.compile(r"\b(?:chance|probability|odds|how likely|simulated futures)\b", re.I)
_UNFILLED = re.compile(r"\{[a-z_]\w*(?:[:!.\[][^{}]*)?\}|\bnan\b")
_UNCERTAIN = {
    labels.UNCERTAINTY[key][0] for key in ("simulated", "structure", "past_cases", "judgement", "pooled")
}


@dataclass
class Card:
    """One number as a page shows it: the line, the words by their class, and its kind of uncertainty."""

    line: int
    words: dict[str, str] = field(default_factory=dict)

    @property
    def problem(self) -> tuple[str, str] | None:
        """What is wrong with it and how to mend it; None where it is right."""
        title, value = self.words.get("metric-title", ""), self.words.get("metric-value", "")
        kind = self.words.get("kind", "")
        has_range = " to " in self.words.get("metric-interval", "")
        if not kind and (has_range or ("%" in value and _CHANCE.search(title))):
            return (
                f"no uncertainty: “{title or value}”",
                "Give its exhibit `uncertainty=`, a key of labels.UNCERTAINTY",
            )
        if kind in _UNCERTAIN and value in ("0%", "100%") and (not title or _CHANCE.search(title)):
            return f"certainty: “{value}”, {kind}", "Print <1% or >99%"
        return None


@dataclass
class PageText:
    """What a page says.

    Attributes
    ----------
    blocks : list of (line, kind, text)
        Its running text and titles, block by block.
    cells : list of (line, text)
        What stands in its tables.
    cards : list of Card
        Its numbers that stand alone.
    words : int
        How many words a reader sees with folds closed, tables left out.
    charts : int
        How many charts stand outside of folds.
    metrics : dict of str to set of str
        Every printed value of a metric by its scenario and id (`data-metric`).
    """

    blocks: list[tuple[int, Kind, str]] = field(default_factory=list)
    cells: list[tuple[int, str]] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    words: int = 0
    charts: int = 0
    metrics: dict[str, set[str]] = field(default_factory=dict)


def problems(site: Path, thesis: Thesis) -> list[Problem]:
    """Every fault of the pages of a site.

    Raises
    ------
    DataError
        The folder is no site.
    """
    pages = sorted(site.rglob("*.html"))
    if not (site / "index.html").is_file():
        fix = "Build one with thesis publish, or name another folder"
        raise DataError(Problem(str(site), "holds no site: it has no index.html", fix))
    result: list[Problem] = []
    printed: dict[str, dict[str, str]] = {}
    for path in pages:
        name = path.relative_to(site).as_posix()
        page = read(path.read_text(encoding="utf-8"))
        result += _language(name, page)
        result += _length(name, page, thesis)
        for metric, values in page.metrics.items():
            for value in values:
                printed.setdefault(metric, {}).setdefault(value, name)
    return result + list(_one_value(printed))


def _language(name: str, page: PageText) -> Iterator[Problem]:
    found = [(line, fault) for line, kind, text in page.blocks for fault in language.faults(text, kind)]
    found += [
        (line, fault)
        for line, text in page.cells
        for fault in language.faults(text, "label")
        if fault.rule in CELL_RULES
    ]
    found += [
        (line, Fault("identifier", text, "Name the thing in words, or set it as code"))
        for line, text in page.cells
        if labels.is_key(text)
    ]
    found += [
        (line, Fault("unfilled", match[0], "Fill the field, or say why there is no number"))
        for line, text in (*((line, text) for line, _, text in page.blocks), *page.cells)
        for match in _UNFILLED.finditer(text)
    ]
    for line, fault in found:
        yield Problem(f"{name}, line {line}", f"{fault.rule}: “{fault.words}”", fault.fix)
    for card in page.cards:
        if (problem := card.problem) is not None:
            yield Problem(f"{name}, line {card.line}", *problem)


def _length(name: str, page: PageText, thesis: Thesis) -> Iterator[Problem]:
    budget = thesis.pages.budget(Path(name).stem) if "/" in name else None
    if budget is None:
        return
    for unit, count, most in (("words", page.words, budget.words), ("charts", page.charts, budget.charts)):
        if count > most:
            rule = f"has {count:,} {unit} with its folds closed, and may have {most:,}"
            yield Problem(name, rule, "Cut, fold or move what a reader does not need at first")


def _one_value(printed: Mapping[str, Mapping[str, str]]) -> Iterator[Problem]:
    for metric, values in printed.items():
        if len(values) > 1:
            shown = ", ".join(f"{value} ({page})" for value, page in values.items())
            yield Problem(f"metric {metric}", f"is printed with {len(values)} values: {shown}", "Print one")


def read(html: str) -> PageText:
    """What a page says, from its text."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.page


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = PageText()
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self._parts: list[str] = []
        self._line = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            self._parts.append(" ")
            return
        if tag in BLOCKS:
            self._flush()
        self._open.append((tag, dict(attrs)))
        if CARDS.intersection((dict(attrs).get("class") or "").split()) and "main" in self._tags:
            self.page.cards.append(Card(self.getpos()[0]))
        if "chart" in (dict(attrs).get("class") or "").split() and self._counted:
            self.page.charts += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self._flush()
        while self._open:
            if self._open.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        self._read_card(data)
        if not self._reads:
            return
        if not self._parts:
            self._line = self.getpos()[0]
        self._parts.append(data)
        metric = next((attrs.get("data-metric") for _, attrs in self._open if "data-metric" in attrs), None)
        if metric and data.strip():
            self.page.metrics.setdefault(metric, set()).add(" ".join(data.split()))

    def close(self) -> None:
        super().close()
        self._flush()

    def _read_card(self, data: str) -> None:
        """Note what a card says under the classes that say what it is."""
        classes = [(attrs.get("class") or "").split() for _, attrs in self._open]
        inside = [i for i, names in enumerate(classes) if CARDS.intersection(names)]
        popover = any("popover" in attrs or "data-quoted" in attrs for _, attrs in self._open)
        if not inside or popover or not self.page.cards or not data.strip():
            return
        words = self.page.cards[-1].words
        for name in (name for names in classes[inside[-1] + 1 :] for name in names):
            words[name] = f"{words.get(name, '')} {' '.join(data.split())}".strip()

    @property
    def _tags(self) -> list[str]:
        return [tag for tag, _ in self._open]

    @property
    def _reads(self) -> bool:
        tags = self._tags
        quoted = any("data-quoted" in attrs for _, attrs in self._open)
        classes = {name for _, attrs in self._open for name in (attrs.get("class") or "").split()}
        aside = quoted or UNREAD.intersection(tags) or UNREAD_CLASSES.intersection(classes)
        return "main" in tags and not aside

    @property
    def _counted(self) -> bool:
        """Whether what stands here is seen before a reader opens anything."""
        folds = [i for i, (tag, attrs) in enumerate(self._open) if tag == "details" and "open" not in attrs]
        popover = any("popover" in attrs for _, attrs in self._open)
        in_fold = any(all(tag != "summary" for tag, _ in self._open[i + 1 :]) for i in folds)
        return not popover and not in_fold

    def _flush(self) -> None:
        text = " ".join("".join(self._parts).split())
        self._parts = []
        if not text:
            return
        if "table" in self._tags:
            self.page.cells.append((self._line, text))
            return
        title = any(tag in TITLES for tag, _ in self._open)
        if title or len(text.split()) > 3:
            self.page.blocks.append((self._line, "title" if title else "prose", text))
        if self._counted:
            self.page.words += len(text.split())
