"""Does a text read as the style guide asks? The rules of it that a program can hold.

Decisions
- A rule finds few things and means them: a phrase counts only as whole words, and terms of a source, names
  of models and file paths are let through. What needs judgement is left to an editor.
- A finding names the words, the rule and what to write instead; where they stand is the caller's to say.
- A sentence is counted without its tables and code. Dates, years and the numbers in names are no numbers.
- An exception stands beside the text with its reason: `text-check: allow RULE because REASON`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

TITLE_WORDS = 14
SENTENCE_WORDS = 35
SENTENCE_NUMBERS = 2

Kind = Literal["prose", "title", "label"]
"""Running text, the title of a page, chart or table, or a few words that stand in no sentence."""

PHRASES: Mapping[str, str] = {
    r"the article's day|the day of looking": "publication day, or cut-off date",
    r"(?:in|of|the) (?:the )?draws(?! on| up| a | the | from| its)": "simulated futures",
    r"simulated (?:draws|paths)": "simulated futures",
    r"dearest|dearer|how dear|too dear|as dear": "most expensive, more expensive, expensive",
    r"foretold|foretells?": "predicted, predicts",
    r"for ever": "indefinitely",
    r"(?:is|are|be) at hand": "available",
    r"on record(?! as)": "in our data",
    r"hangs? (?:on|together)": "depends on, is correlated with",
    r"(?:held|hold|holds|holding) against": "compared with",
    r"(?:stands?|set|stood) beside": "is shown next to",
    r"(?:is|are|was|were|be) taken (?:for|to be)": "we treat … as",
    r"drawn anew": "resampled",
    r"comes? true in": "happens in",
    r"(?:a|each) year (?:multiplies|divides)": "say what grows: “costs have grown 2.8-fold a year”",
    r"in the median": "the median is",
    r"by the token": "per token",
    r"at its word": "assume it is true",
    r"(?:is|are|were|was) pinned": "fixed",
    r"where (?:it|the risk) bites|risk bites": "where the risk occurs",
    r"loan-to-value of the register|the register's|of the register|the register says": "our assumption",
    r"percentage points?|\d pp": "points",
    r"(?:as|is|are|the) printed(?= (?:figure|number|rate|price|size|cost|share|value)s?)": "the article says",
    r"recomputed": "we find",
    r"scientific notation|floor without a ceiling": "plain words",
    r"is likelier|likeliest": "more likely, most likely",
    r"the soberer one|It is drawn to be looked at": "no praise or excuse of the method",
}
"""Phrases that the style guide rules out, with what to write."""

RULES = (
    *("phrase", "identifier", "claim id", "exponent", "pasted", "house number", "certainty"),
    *("long title", "long sentence", "many numbers"),
)
"""Every rule, by the name that a finding and an exception give it."""

ALLOW = re.compile(
    r"text-check: allow (?P<rules>[a-z, ]+?)(?: because (?P<reason>\S.*?))?\s*(?:-->|\*/|#\}|$)", re.M
)
"""An exception, with its reason."""

_BANNED = [(re.compile(rf"(?<![\w-])(?:{phrase})(?![\w-])", re.I), fix) for phrase, fix in PHRASES.items()]
_CODE = re.compile(r"`[^`]*`|<code>.*?</code>", re.S)
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_FIELD = re.compile(r"\{[^{}]*\}")
_IDENTIFIER = re.compile(r"(?<![\w./#@<-])(?:[a-z][a-z0-9]*(?:_[a-z0-9]+)+)(?![\w/(.]|\.[a-z])")
_CLAIM_ID = re.compile(
    r"(?<![\w./-])(?:lead|technical|players|market|risks|verdict|p[123])\.[a-z][a-z_0-9]+(?!\w)"
)
_EXPONENT = re.compile(r"(?<![\w.])\d+(?:\.\d+)?e[+-]?\d{2}(?!\w)")
_PASTED = re.compile(
    r"(?:(?<=\s)|^)…\s?[a-z]\w+ \w+ \w+|\b(and|the|a|of|to|in|raises|lowers) \1\b|\b(?:raises|lowers) at a\b",
    re.I,
)
_HOUSE = re.compile(
    r"\$\d[\d,.]*\s?(?:B|M|T|K)\b|(?<![\d.])(?<!to )1 (?:years|points|months|days|weeks|statements|claims)\b"
    r"|\d+ pp\b|\d\.?\d*x\b(?! ?\d)"
)
_CERTAIN = re.compile(
    r"(?<![\d.,])(?:0|100)% of (?:the |all |our )*(?:simulated )?futures|\bprobability of (?:0|100)%", re.I
)
_DATE = re.compile(
    r"\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2} (?:January|February|March|April|May|June|July|August|September|October"
    r"|November|December)(?: \d{4})?\b|\b(?:19|20)\d{2}s?\b|\b[QH]\d\b|\bFY\d+\b"
)
_NAME = re.compile(
    r"\b[A-Z][\w.]*(?:[-‑]?\d| \d+\.\d)[\w.]*(?: \d+B\b)?|\b[A-Za-z]+-\d[\w.]*"
    r"|\b\d+-(?:year|month|quarter|day|week|fold|shot)\w*"
)
_NUMBER = re.compile(r"(?<![\w.])[~<>±+−-]?[$€£¥]?\d[\d,]*(?:\.\d+)?")
_SPAN = re.compile(r"(\d[\d,.]*(?:bn|trn|m|%|×)?)(?: to |–| in |(?<=\d) and )[~+−]?[$€£¥]?\d[\d,.]*")
_CHANCE = re.compile(r"\b(?:one|two|\d+) in \d+\b(?=[^.]*\d%)")
_RANGE = re.compile(r"\([^()]*\d[^()]* to [^()]*\d[^()]*\)")
_BREAK = re.compile(r"(?<=[.?!:])[”’\")]*\s+(?=[“‘\"(]?[A-Z0-9$])|\s·\s|\n\s*\n|;\s")
_ABBREVIATED = re.compile(r"\b(e\.g|i\.e|vs|No|St|Inc|Ltd|Corp|Mr|Ms|Dr|approx|cf|al|U\.S)\.", re.I)


@dataclass(frozen=True)
class Fault:
    """One thing that a text should not have: the rule, the words, and what to write."""

    rule: str
    words: str
    fix: str


def faults(text: str, kind: Kind = "prose", *, allowed: Iterable[str] = ()) -> list[Fault]:
    """What is wrong with a text.

    Parameters
    ----------
    text : str
        A paragraph, a title or a label, as Markdown; fields in braces stand for what will fill them.
    allowed : iterable of str
        Rules that do not count here.
    """
    plain = _CODE.sub("", _LINK.sub(r"\1", text))
    plain = _ABBREVIATED.sub(lambda match: match[0].replace(".", ""), plain)
    rules = [*_phrases(plain), *_marks(plain)]
    if kind == "title":
        rules += _title(plain)
    elif kind == "prose":
        rules += _sentences(plain)
    skipped = set(allowed)
    return [fault for fault in rules if fault.rule not in skipped]


def allowances(text: str) -> tuple[set[str], list[tuple[str, str, str]]]:
    """The rules that a text is excused from, and what is wrong with the exceptions in it: each with what is
    wrong and how to mend it.
    """
    rules: set[str] = set()
    wrong = []
    for match in ALLOW.finditer(text):
        named = {rule.strip() for rule in match["rules"].split(",")}
        exception = match[0].strip()
        if not match["reason"]:
            wrong.append((exception, "gives no reason", "Add: because …"))
        elif unknown := sorted(named.difference(RULES)):
            fix = f"Name one of these: {', '.join(RULES)}"
            wrong.append((exception, f"names no rule of ours: {', '.join(unknown)}", fix))
        else:
            rules |= named
    return rules, wrong


def sentences(text: str) -> list[str]:
    """The sentences of a paragraph; a semicolon ends one, since two clauses are counted apart."""
    return [part.strip() for part in _BREAK.split(text) if part.strip()]


def count_numbers(sentence: str) -> int:
    """How many numbers a sentence has; a span from one to another counts once, a range in brackets belongs to
    the number before it, and odds to the per cent after them.
    """
    plain = _SPAN.sub(r"\1 ", _RANGE.sub("", _NAME.sub("", _DATE.sub("", _CHANCE.sub("", sentence)))))
    return len(_NUMBER.findall(plain))


def _phrases(text: str) -> Iterator[Fault]:
    for pattern, fix in _BANNED:
        for match in pattern.finditer(text):
            yield Fault("phrase", match[0], f"Write: {fix}")


def _marks(text: str) -> Iterator[Fault]:
    without_fields = _FIELD.sub("0", text)
    found = {
        "identifier": (_IDENTIFIER, "Name the thing in words, or set it as code"),
        "claim id": (_CLAIM_ID, "Quote or link the statement"),
        "exponent": (_EXPONENT, "Write the number in full, or in bn and trn"),
        "pasted": (_PASTED, "Write a whole sentence around the label"),
        "house number": (_HOUSE, "Write $60bn, 3×, points, 1 year"),
        "certainty": (_CERTAIN, "Write under 1% or over 99%: `{share:chance}`"),
    }
    for rule, (pattern, fix) in found.items():
        for match in pattern.finditer(without_fields):
            yield Fault(rule, match[0], fix)


def _title(text: str) -> Iterator[Fault]:
    words = len(_FIELD.sub("0", text).split())
    if words > TITLE_WORDS:
        yield Fault(
            "long title", f"{words} words: {text[:60]}", f"Say one finding in at most {TITLE_WORDS} words"
        )


def _sentences(text: str) -> Iterator[Fault]:
    for sentence in sentences(text):
        words = len(_FIELD.sub("0", sentence).split())
        if words > SENTENCE_WORDS:
            fix = f"Split it: at most {SENTENCE_WORDS} words"
            yield Fault("long sentence", f"{words} words: {sentence[:60]}", fix)
        numbers = count_numbers(_FIELD.sub("", sentence))
        if numbers > SENTENCE_NUMBERS:
            fix = f"Keep {SENTENCE_NUMBERS} of them, and put a list into a table"
            yield Fault("many numbers", f"{numbers} numbers: {sentence[:60]}", fix)
