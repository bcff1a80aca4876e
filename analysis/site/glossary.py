"""What does a term mean? Terms of a glossary, explained where a page first uses them in prose.

Decisions
- The terms are data. A term opens its explanation by the `popover` attribute, which needs no script; on paper
  it is a word like any other.
- Prose is the text of paragraphs, of items of lists and of descriptions in the main part of a page. Links,
  headings, code, drawings, tables, buttons and what opens on a number are left alone.
- Of several forms that fit at one place the longest counts, and each term is explained once on a page.
- A term that has a capital after its first letter is found only as it is written: LTV, but not ltv.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from markupsafe import escape
from pydantic import BaseModel, ConfigDict, ValidationError

from analysis.errors import Problem, PublishError
from analysis.scenarios import display_path, read_yaml, validation_problems
from analysis.site.sanitize import slugify

PROSE = frozenset({"p", "li", "dd"})
LEFT_ALONE = frozenset(
    {
        "a",
        "button",
        "code",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "nav",
        "pre",
        "script",
        "style",
        "summary",
        "svg",
        "table",
    }
)
VOID = frozenset({"br", "col", "hr", "img", "input", "link", "meta", "path", "rect", "circle", "i"})
NOT_PROSE = re.compile(r'\spopover[\s>=]|class="[^"]*\b(?:foot|kicker|ends|citation|find)\b')
"""Elements of pages that hold no sentences, by an attribute."""
TAG = re.compile(
    r"<(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9]*)(?:[^>\"]|\"[^\"]*\")*>|<!--.*?-->|<![^>]*>", re.DOTALL
)


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    means: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Glossary:
    """Terms with what they mean, by each of their forms."""

    meanings: dict[str, str]
    """By term."""
    terms: dict[str, str]
    """The term of each form."""

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        forms = sorted(self.terms, key=len, reverse=True)
        return re.compile(rf"(?<![\w-])(?:{'|'.join(map(_pattern_of, forms))})(?![\w-])")

    @cached_property
    def _by_lower(self) -> dict[str, str]:
        return {form.lower(): term for form, term in self.terms.items()}

    def explain(self, page: str) -> str:
        """A page with each term explained where its main part first uses it."""
        before, opened, main = page.partition("<main")
        main, closed, after = main.partition("</main>")
        if not (self.terms and opened and closed):
            return page
        return before + "".join(self._explained(opened + main)) + closed + after

    def _explained(self, main: str) -> Iterable[str]:
        left = set(self.meanings)
        open_tags: list[tuple[str, bool]] = []  # each with whether what is in it is left alone
        at = 0
        for tag in TAG.finditer(main):
            yield self._in_text(main[at : tag.start()], open_tags, left)
            yield tag[0]
            at = tag.end()
            name = (tag["name"] or "").lower()
            if not name or name in VOID or tag[0].endswith("/>"):
                continue
            if not tag["close"]:
                open_tags.append((name, name in LEFT_ALONE or bool(NOT_PROSE.search(tag[0]))))
            else:
                while open_tags and open_tags.pop()[0] != name:
                    pass
        yield self._in_text(main[at:], open_tags, left)

    def _in_text(self, text: str, open_tags: list[tuple[str, bool]], left: set[str]) -> str:
        is_prose = any(name in PROSE for name, _ in open_tags) and not any(alone for _, alone in open_tags)
        if not (left and is_prose and text.strip()):
            return text
        return self._pattern.sub(lambda match: self._button(match[0], left), text)

    def _button(self, words: str, left: set[str]) -> str:
        term = self._by_lower[words.lower()]
        if term not in left:
            return words
        left.discard(term)
        name = f"glossary-{slugify(term)}"
        title = term if term[1:] != term[1:].lower() else term[0].upper() + term[1:]
        return (
            f'<button class="term" type="button" popovertarget="{name}">{words}</button>'
            f'<span class="popover gloss" popover id="{name}" data-quoted><b>{escape(title)}</b> '
            f"{escape(self.meanings[term])}</span>"
        )


def _pattern_of(form: str) -> str:
    """A form as a page may have it: escaped as HTML is, in any case unless it is an abbreviation."""
    text = re.escape(str(escape(form)))
    return text if form[1:] != form[1:].lower() else f"(?i:{text})"


def read(path: Path) -> Glossary:
    """The glossary of a file; an empty one where there is none.

    Raises
    ------
    PublishError
        Entries that cannot be used, and forms that two of them have.
    """
    if not path.is_file():
        return Glossary({}, {})
    meanings: dict[str, str] = {}
    terms: dict[str, str] = {}
    problems: list[Problem] = []
    for term, raw in read_yaml(path, error=PublishError).items():
        where = f"{display_path(path)}, key {term}"
        try:
            entry = _Entry.model_validate(raw)
        except ValidationError as reason:
            problems += validation_problems(reason, where)
            continue
        meanings[term] = entry.means
        for form in (term, *entry.also):
            if (other := terms.setdefault(form, term)) != term:
                problems.append(
                    Problem(where, f"{form!r} is explained by {other!r}, too", "Keep one of them")
                )
    if problems:
        raise PublishError(problems)
    return Glossary(meanings, terms)
