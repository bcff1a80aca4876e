"""Under which assumptions? The register, its scenarios, and the one check that every value passes.

Decisions
- `params/register.yml` holds every assumption once: value, kind, unit, range, description, reference, status.
- A scenario file is what `papermill -f` takes: flat overrides, plus `scenario`, `description` and `because`.
- A distribution is a short list in the order that its kind names; a single number fixes it.
- What the register says of a name stands on one line in notebooks, so it holds no line break and nothing else
  that would end that line, or papermill's reading of it. The break that ends a block of YAML is not part of
  the text.
- The batch, the command line and the first cell of every notebook call the same check (`check`), so that a
  value reaches a model only after it passed, whichever way it came.
- YAML has one reading here, that of papermill and of a reader who knows no YAML; what has two is refused with
  its line: numbers in another base, in sixtieths, with `_` or as `2e-1` (a text to papermill), yes and no,
  tags, merge keys, repeated keys. So are characters that no reader sees. A value of `-p` obeys the same rule,
  since it often ends up in a file.
- An alias has one reading and may use a plain value again; one of nested values could grow without end and
  may not.
- A name that the register once had stands in the entry that took its place (`replaces`): whoever writes it is
  told the new name, wherever an unknown name is refused.
"""

from __future__ import annotations

import datetime as dt
import json
import keyword
import math
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from analysis import cache, provenance
from analysis.assumptions import RegisterAttributes
from analysis.characters import first_hidden_character
from analysis.errors import ParameterError, Problem, nearest
from analysis.project import VARIABLE, Project

try:  # five times as fast, and in every wheel of PyYAML
    from yaml import CSafeLoader as SafeLoader
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]

BASE = "base"
LABELS = ("scenario", "description", "because")
"""The keys of a scenario file that are labels and not values."""

Scalar = float | int | str
Value = Scalar | list[float]

QUANTILES: dict[str, tuple[str, ...]] = {
    "normal": ("p5", "p95"),
    "lognormal": ("p5", "p95"),
    "split_normal": ("p5", "p50", "p95"),
    "pert": ("min", "mode", "max"),
}
"""The numbers that define each kind of distribution, in order."""


_DAY_RANGE = dt.date(1900, 1, 1), dt.date(2099, 12, 31)


def _parse_day(value: object) -> dt.date:
    """A date as a file writes it; pydantic alone would read a number as seconds since 1970."""
    text = str(value) if type(value) in (str, dt.date) else ""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise ValueError("is not a date; write it as YYYY-MM-DD")
    if not _DAY_RANGE[0] <= day <= _DAY_RANGE[1]:
        raise ValueError(f"is outside {_DAY_RANGE[0]} to {_DAY_RANGE[1]}; write a day within the range")
    return day


Day = Annotated[dt.date, BeforeValidator(_parse_day)]
"""A day in a file of the project: YYYY-MM-DD, in a century that it can be about."""


class Reference(BaseModel):
    """Where a value comes from: a title, an address where there is one, and the day it could be known."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str = Field(min_length=1)
    url: Annotated[str | None, Field(pattern=r"^https?://\S+$")] = None
    known_on: Day | None = None


class RiskOff(BaseModel):
    """The value that takes an assumption out of the risk it belongs to, and why that is no risk."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    value: float
    because: str = Field(min_length=10)


def _on_one_line(text: str) -> str:
    if any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in text):
        raise ValueError("holds a line break or a control character; write it on one line")
    return text


Label = Annotated[
    str,
    StringConstraints(min_length=2, max_length=40, strip_whitespace=True),
    AfterValidator(_on_one_line),
]
"""What a reader sees of an assumption in a chart: short and plain, such as "long-run growth"."""


class Entry(BaseModel):
    """One assumption of the register.

    `label` is what charts, sliders and pages call it, `group` the heading it belongs to: entries of one group
    stand together in the register. `value` is a number, a text, a date (ISO text, `unit: date`), or the list
    that `dist` asks for; `range` bounds every number in it, or the date by two days, ends included; `integer`
    and `multiple_of` say which numbers between them are possible, and `at_most` names another assumption that
    this one may not pass. A `reading` says how the article is read and judged, not how the future goes: a
    scenario may not set one. `replaces` has the retired names whose place it took, each with the reason.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    label: Label
    group: Label
    value: Value
    dist: Literal["normal", "lognormal", "split_normal", "pert"] | None = None
    unit: Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
    range: tuple[float, float] | tuple[dt.date, dt.date] | None = None
    integer: bool = False
    multiple_of: float | None = None
    at_most: str | None = None
    reading: bool = False
    description: Annotated[str, StringConstraints(min_length=10, strip_whitespace=True)]
    reference: Reference
    status: Literal["sourced", "derived", "estimated", "prior", "assumption"]
    risk: str | None = None
    calm: RiskOff | None = None
    replaces: Mapping[str, Annotated[str, Field(min_length=10), AfterValidator(_on_one_line)]] = {}

    @field_validator("value", mode="before")
    @classmethod
    def _a_date_is_stored_as_iso_text(cls, value: object) -> object:
        return value.isoformat() if isinstance(value, dt.date) else value

    @model_validator(mode="after")
    def _numbers_have_a_range_and_a_source_an_address(self) -> Entry:
        if not isinstance(self.value, str) and self.limits is None:
            raise ValueError("has a number but no range of numbers; give range: [lowest, highest]")
        if self.unit == "date" and self.days is None:
            raise ValueError("has a date but no range of dates; give range: [first day, last day]")
        if (self.risk is None) != (self.calm is None):
            raise ValueError("has only one of risk and calm; give both, or neither")
        if (
            self.calm is not None
            and self.limits is not None
            and not self.limits[0] <= self.calm.value <= self.limits[1]
        ):
            raise ValueError(f"calm.value {self.calm.value:g} is outside its range; give one within")
        if self.status == "sourced" and self.reference.url is None:
            raise ValueError(
                "is marked sourced but its reference has no url; give one or use status: assumption"
            )
        return self

    @property
    def limits(self) -> tuple[float, float] | None:
        """The lowest and the highest number; None where the entry is no number."""
        low, high = self.range or (None, None)
        return (low, high) if isinstance(low, float) and isinstance(high, float) else None

    @property
    def days(self) -> tuple[dt.date, dt.date] | None:
        """The first and the last day; None where the entry is no date."""
        first, last = self.range or (None, None)
        return (first, last) if isinstance(first, dt.date) and isinstance(last, dt.date) else None

    def central(self, value: Value | None = None) -> Scalar:
        """The middle of the value: itself, its mode or median, or midpoint (geometric for `lognormal`)."""
        value = self.value if value is None else value
        if not isinstance(value, list):
            return value
        if len(value) == 3:
            return value[1]
        return math.sqrt(value[0] * value[1]) if self.dist == "lognormal" else sum(value) / 2

    def type_name(self) -> str:
        """The Python type that the notebook's parameters cell writes."""
        if self.dist:
            return "list"
        return "str" if isinstance(self.value, str) else "int" if self.integer else "float"


Register = Mapping[str, Entry]


@dataclass(frozen=True)
class Scenario:
    """A named set of overrides; everything it does not name is the register's."""

    name: str
    description: str
    overrides: Mapping[str, Value]
    because: Mapping[str, str]


DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*|[0-9]+\.[0-9]*([eE][-+][0-9]+)?|\.[0-9]+([eE][-+][0-9]+)?)")
"""How a number is written so that every reader of YAML reads the same."""

MAX_DIGITS = 100
"""How many characters a number may have; no meaningful one comes near."""

_TEXT, _LIST, _MAPPING = (f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map"))
_AMBIGUOUS_NUMBER = "!twofold"
"""The tag of what papermill takes for a text, and other readers and people for a number."""

_ALMOST_NUMBER = re.compile(
    r"^[-+]?(([0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)[eE][-+]?[0-9]+|0o[0-7]+|0[0-9]+|\.[0-9]+)$", re.ASCII
)
_NUMBER_STARTS = list("-+.0123456789")


@dataclass(frozen=True)
class _Ambiguity:
    """Something in YAML that has two readings, with its line (from 1) and its key."""

    line: int
    key: str
    rule: str
    fix: str


class _AmbiguousYaml(yaml.YAMLError):
    """YAML that can be read in two ways."""

    def __init__(self, ambiguities: Sequence[_Ambiguity]) -> None:
        self.ambiguities = ambiguities
        super().__init__(ambiguities[0].rule)


class _StrictLoader(SafeLoader):
    """YAML with one reading; ISO dates stay text."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._plain = not re.search(r"[!*\\]", text)
        """Whether nothing can have a tag, be an alias or hold an escaped character: texts need no check."""

    def get_single_node(self) -> yaml.Node | None:
        """The tree of the one document, each part of it looked at.

        Raises
        ------
        YAMLError
            Not YAML, more than one document, or a part with two readings.
        """
        node: yaml.Node | None = super().get_single_node()
        if ambiguities := list(self._ambiguities(node, "", set())) if node else []:
            raise _AmbiguousYaml(ambiguities)
        return node

    def _ambiguities(self, node: yaml.Node, key: str, visited: set[int]) -> Iterator[_Ambiguity]:
        if node.tag == _TEXT and self._plain:
            return
        line = node.start_mark.line + 1
        if id(node) in visited:
            if _nested(node):
                rule = "lists or mappings within others are used again by an alias (*)"
                yield _Ambiguity(line, key, rule, "Write them out at each place")
            return
        visited.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            yield from (_Ambiguity(line, key, rule, fix) for rule, fix in self._scalar_problems(node))
            return
        if node.tag != (_LIST if isinstance(node, yaml.SequenceNode) else _MAPPING):
            yield _Ambiguity(line, key, f"is not plain YAML: it has the tag {node.tag}", "Remove the tag")
        if isinstance(node, yaml.SequenceNode):
            for item in node.value:
                yield from self._ambiguities(item, key, visited)
            return
        names: set[str] = set()
        for name, value in node.value:
            if problem := self._key_problem(name, names):
                yield _Ambiguity(name.start_mark.line + 1, key, *problem)
            else:
                yield from self._ambiguities(name, key, visited)
            yield from self._ambiguities(value, f"{key}.{name.value}" if key else str(name.value), visited)

    def _key_problem(self, node: yaml.Node, names: set[str]) -> tuple[str, str] | None:
        """What is wrong with a key that is no name, or repeats one of `names`, to which it is added."""
        if not isinstance(node, yaml.ScalarNode):
            return "is not plain YAML: a key is not a plain name", "Write `name: value` lines"
        if node.value in names:
            return f"key {node.value!r} appears twice", "Write each name once"
        names.add(node.value)
        if _tag_name(node) == "merge":
            return "the key << takes values from another place", "Write each `name: value` out"
        if node.tag != _TEXT:
            return (
                f"the key {node.value} is not read as a text",
                f"Write '{node.value}' in quotes, or another name",
            )
        return None

    def _scalar_problems(self, node: yaml.ScalarNode) -> Iterator[tuple[str, str]]:
        """Rule and fix of what a scalar holds that has two readings, or none."""
        text, kind = node.value, _tag_name(node)
        if not self._plain and (hidden := first_hidden_character(text)):
            yield _unseen_character(hidden[1])
        elif not self._plain and node.tag != self.resolve(
            yaml.ScalarNode, text, (not node.style, bool(node.style))
        ):
            yield f"is not plain YAML: {text} has the tag {node.tag}", "Remove the tag"
        elif kind in ("int", "float", _AMBIGUOUS_NUMBER) and len(text) > MAX_DIGITS:
            yield f"a number has {len(text)} digits", "Write it shorter"
        elif node.style or kind in ("str", "null"):
            return
        elif kind in ("int", "float", _AMBIGUOUS_NUMBER):
            yield from self._number_problems(node, kind)
        elif kind == "bool":
            boolean = str(self.construct_yaml_bool(node)).lower()
            if text.lower() != boolean:
                yield f"{text} is read as {boolean}", f"Write {boolean}, or '{text}' in quotes"
        else:
            yield f"{text} means something of its own in YAML", f"Write '{text}' in quotes"

    def _number_problems(self, node: yaml.ScalarNode, kind: str) -> Iterator[tuple[str, str]]:
        text, quoted = node.value, f"or '{node.value}' in quotes if it is a text"
        try:
            value = self._value(node, kind)
        except ValueError:  # 0x_
            yield f"{text} is no number, and looks like one", f"Write one, {quoted}"
            return
        if text.lower().endswith((".inf", ".nan")):
            return  # they have one reading; an assumption has a range that refuses them
        if not math.isfinite(value):
            yield f"{text} is not a finite number", f"Write one, {quoted}"
        elif re.fullmatch(r"[-+]?0[0-7]+", text) and int(text) != value:
            rule = f"{text} is {value} in YAML, which reads a leading zero as base 8"
            yield rule, f"Write {int(text)}, or {value} if that is meant"
        elif kind == _AMBIGUOUS_NUMBER:
            rule = f"{text} is a text to papermill, and a number to other readers"
            yield rule, f"Write {_decimal(value)}, {quoted}"
        elif not DECIMAL.fullmatch(text):
            yield f"{text} is not written as a decimal number", f"Write {_decimal(value)}, {quoted}"

    def _value(self, node: yaml.ScalarNode, kind: str) -> float:
        if kind == _AMBIGUOUS_NUMBER:
            return int(node.value, 8) if "o" in node.value else float(node.value.replace("_", ""))
        construct = self.construct_yaml_int if kind == "int" else self.construct_yaml_float
        return construct(node)


def _nested(node: yaml.Node) -> bool:
    """Whether a node holds lists or mappings that hold such."""
    if isinstance(node, yaml.ScalarNode):
        return False
    items = node.value if isinstance(node, yaml.SequenceNode) else [value for _, value in node.value]
    return not all(isinstance(item, yaml.ScalarNode) for item in items)


def _unseen_character(name: str) -> tuple[str, str]:
    return f"holds {name}, which no reader sees", "Remove it"


def _tag_name(node: yaml.Node) -> str:
    return str(node.tag).removeprefix("tag:yaml.org,2002:")


def _decimal(value: float) -> str:
    """A finite number as every reader of YAML reads it: with a dot where it has an exponent."""
    text = repr(value).removesuffix(".0")
    return text.replace("e", ".0e") if "e" in text and "." not in text else text


_StrictLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_StrictLoader.add_implicit_resolver(_AMBIGUOUS_NUMBER, _ALMOST_NUMBER, _NUMBER_STARTS)


def _parse_yaml(text: str) -> Any:
    """What a text of YAML holds.

    Raises
    ------
    YAMLError
        As `_StrictLoader`, and for a character that no reader sees, in a comment too.
    """
    if hidden := first_hidden_character(text):
        raise _AmbiguousYaml(
            [_Ambiguity(text.count("\n", 0, hidden[0]) + 1, "", *_unseen_character(hidden[1]))]
        )
    try:
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 (a SafeLoader)
    except RecursionError:
        raise yaml.YAMLError("lists or mappings are nested too deeply") from None


def display_path(path: Path) -> str:
    """A path as a message prints it: relative to the project, or its last two parts."""
    root = Project.default().root
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(Path(*path.parts[-2:]))


def read_yaml(path: Path, *, error: type[ParameterError] | type = ParameterError) -> dict[str, Any]:
    """The mapping in a YAML file.

    Raises
    ------
    ParameterError (or `error`)
        The file is missing, cannot be read, is not UTF-8, not YAML, empty, not a mapping, or holds what has
        two readings.
    """
    where = display_path(path)
    cache.depends_on(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise error(Problem(where, "there is no such file", "Check the name")) from None
    except OSError as reason:
        rule = f"cannot be read ({reason.strerror or reason})"
        raise error(Problem(where, rule, "Check that it is a file which you may read")) from None
    except UnicodeDecodeError:
        raise error(Problem(where, "is not UTF-8 text", "Save it as UTF-8")) from None
    content = _read_as_yaml(text, where, error=error)
    if not isinstance(content, dict):
        rule = "is empty" if content is None else f"holds a {type(content).__name__}, not a mapping"
        raise error(Problem(where, rule, "Write `name: value` lines"))
    return content


def _read_as_yaml(text: str, where: str, *, error: type[ParameterError] | type = ParameterError) -> Any:
    """What a text of YAML holds; `error` with the lines of what is wrong in it."""
    try:
        return _parse_yaml(text)
    except _AmbiguousYaml as reason:
        raise error(
            Problem(
                f"{where}, line {ambiguity.line}{f', key {ambiguity.key}' if ambiguity.key else ''}",
                ambiguity.rule,
                ambiguity.fix,
            )
            for ambiguity in reason.ambiguities
        ) from None
    except yaml.YAMLError as reason:
        mark = getattr(reason, "problem_mark", None) or getattr(reason, "context_mark", None)
        line = f"{where}, line {mark.line + 1}" if mark else where
        rule = getattr(reason, "problem", None) or str(reason).splitlines()[0]
        raise error(
            Problem(line, f"is not plain YAML: {rule}", "Write `name: value` lines, each name once, no tags")
        ) from None


def validation_problems(reason: ValidationError, where: str) -> list[Problem]:
    """The errors that pydantic lists, as problems."""
    problems = []
    for detail in reason.errors():
        key = ".".join(str(part) for part in detail["loc"] if part != "function-after")
        text = detail["msg"].removeprefix("Value error, ")
        value = "" if isinstance(detail["input"], dict) else f" (got {detail['input']!r})"
        unknown_key = detail["type"] == "extra_forbidden"
        fix = "Remove the key or correct its spelling" if unknown_key else "Correct the entry"
        problems.append(Problem(f"{where}, key {key}" if key else where, f"{text}{value}", fix))
    return problems


def load_register(project: Project | None = None) -> dict[str, Entry]:
    """Every assumption of the project by name, each checked by its own range and distribution.

    Raises
    ------
    ParameterError
        There is no project, or an entry cannot be used; all of them at once.
    """
    default = Project.default()
    project = project or default
    path = project.register
    if project == default and not project.params.is_dir():
        raise ParameterError(_no_project(project.root))
    register: dict[str, Entry] = {}
    problems: list[Problem] = []
    for name, raw in read_yaml(path).items():
        where = f"{display_path(path)}, key {name}"
        try:
            entry = Entry.model_validate(raw)
        except ValidationError as reason:
            problems += validation_problems(reason, where)
            continue
        register[name] = entry
        problems += [*line_problems(name, entry, where), *value_problems(name, entry.value, entry, where)]
    for name, entry in register.items():
        if entry.at_most is not None and entry.at_most not in register:
            where = f"{display_path(path)}, key {name}.at_most"
            problems.append(
                Problem(where, f"there is no {entry.at_most!r}", nearest(entry.at_most, register))
            )
    problems += _label_and_group_problems(register, display_path(path))
    problems += _replaced_name_problems(register, display_path(path))
    problems = problems or pair_problems(
        {name: e.value for name, e in register.items()}, register, display_path(path)
    )
    if problems:
        raise ParameterError(problems)
    return register


def _label_and_group_problems(register: Register, where: str) -> Iterator[Problem]:
    """Labels that two entries have, and groups that are taken up again after another one."""
    labels: dict[str, str] = {}
    groups: list[str] = []
    for name, entry in register.items():
        if (first := labels.setdefault(entry.label, name)) != name:
            rule = f"{entry.label!r} is the label of {first}, too"
            yield Problem(f"{where}, key {name}.label", rule, "Give each a label of its own")
        if entry.group in groups and entry.group != groups[-1]:
            rule = f"{entry.group!r} begins above and is interrupted by {groups[-1]!r}"
            yield Problem(
                f"{where}, key {name}.group", rule, "Move the entry to its group, or correct the name"
            )
        if entry.group not in groups:
            groups.append(entry.group)


def _replaced_name_problems(register: Register, where: str) -> Iterator[Problem]:
    """Retired names that are in use again, or whose place two entries took."""
    owners: dict[str, str] = {}
    for name, entry in register.items():
        for old in entry.replaces:
            place = f"{where}, key {name}.replaces.{old}"
            if old in register:
                yield Problem(place, f"{old} is a name of the register", "Retire it, or remove this line")
            elif (first := owners.setdefault(old, name)) != name:
                yield Problem(place, f"{first} replaces {old}, too", "Name one successor")


def retired_names(register: Register) -> dict[str, str]:
    """The name that stands in the place of each retired one."""
    return {old: name for name, entry in register.items() for old in entry.replaces}


def unknown_name(name: object, where: str, register: Register) -> Problem:
    """Why the register has no such name: it was retired, or nothing is called so; with the name to write."""
    successor = retired_names(register).get(str(name))
    if successor is None:
        return Problem(where, "the register has no such name", nearest(str(name), register))
    reason = register[successor].replaces[str(name)].rstrip(".")
    return Problem(where, f"{name} is retired: {reason}", f"Write {successor} instead")


def _no_project(root: Path) -> Problem:
    """The package was installed apart from its project, or a variable names another folder."""
    where = f"{VARIABLE}={root}" if os.environ.get(VARIABLE) else str(root)
    fix = f"Set {VARIABLE} to a checkout of the project, or install the checkout itself (pip install -e .)"
    return Problem(where, "is not a project: it has no params folder", fix)


NAME = re.compile(r"[a-z][a-z0-9_]*")
NO_REASON_YET = "To be filled in: why this value?"
"""The reason that a new scenario file holds where none was given; `thesis check` asks for it."""


SUFFIX = ".yml"
ALL = "all"
"""What the command reads as every scenario, so that none can have that name."""
RESERVED = {
    ALL: "it stands for every scenario",
    "register": "the file of that name holds the assumptions",
    "variants": "the file of that name holds choices in the structure of the model",
}
"""Words that no scenario can be called, with the reason."""


def line_problems(name: object, entry: Entry, where: str) -> Iterator[Problem]:
    """What does not fit on the one line that declares an entry in notebooks; papermill reads by line."""
    if not isinstance(name, str) or not NAME.fullmatch(name) or keyword.iskeyword(name) or _is_taken(name):
        rule = (
            "cannot be the name of a value: lower-case letters, digits and _ only, no word of Python, no"
            " label and no attribute of `Assumptions`"
        )
        yield Problem(where, rule, "Write for example cash_usd_bn")
    texts = {"unit": entry.unit, "description": entry.description}
    texts |= {"value": entry.value} if isinstance(entry.value, str) else {}
    for key, text in texts.items():
        marks = "=#" if key == "value" else "="
        breaks = [
            character
            for character in text
            if character in marks or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
        ]
        if breaks or text.startswith("type:"):
            obstacle = repr(breaks[0]) if breaks else "'type:' at its start"
            rule = (
                f"holds {obstacle}, and it becomes part of one line of the notebooks, which papermill could"
                " not read"
            )
            yield Problem(f"{where}.{key}", rule, "Write it without, on one line")


def _is_taken(name: str) -> bool:
    """Whether a value of this name could not be read as an attribute, or would be taken for a label."""
    return name in (*LABELS, "register", "inputs") or hasattr(Assumptions, name)


def names(project: Project | None = None) -> list[str]:
    """The scenarios that there are, `base` first; a file that `file_name_problems` names is none."""
    stems = [path.stem for path in _scenario_files(project) if path.suffix == SUFFIX and is_name(path.stem)]
    return sorted(stems, key=lambda name: (name != BASE, name))


def file_name_problems(project: Project | None = None) -> list[Problem]:
    """The files next to the register that look like scenarios and are none, each with a name that works."""
    return [
        _file_name_problem(path)
        for path in _scenario_files(project)
        if path.suffix != SUFFIX or not is_name(path.stem)
    ]


def unknown_scenario(
    name: str, where: str, project: Project | None = None, also: Sequence[str] = ()
) -> Problem:
    """Why there is no scenario of a name: its file has another suffix, it is no name, or nothing is like it.

    `where` is what the user wrote, and `also` what could stand there besides the name of a scenario.
    """
    for path in _scenario_files(project):
        wrong = path.suffix != SUFFIX or not is_name(path.stem)
        if wrong and name in (path.stem, path.name, suggest_name(path.stem)):
            return _file_name_problem(path)
    rule = "there is no such scenario" + ("" if is_name(name) else f"; {_why_no_name(name)}")
    return Problem(where, rule, nearest(name, [*names(project), *also]))


def is_name(text: str) -> bool:
    """Whether a scenario can have this name: `NAME`, no word that YAML reads otherwise (yes), none of
    `RESERVED`.
    """
    return bool(NAME.fullmatch(text)) and _tag_of_word(text) == _TEXT and text not in RESERVED


def suggest_name(text: str) -> str:
    """A scenario name that is as near to a text as can be: ``slow_money`` for ``Slow-Money``,
    ``scenario_2027`` for ``2027``.
    """
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = re.sub("[^a-z0-9]+", "_", letters).strip("_")
    return name if is_name(name) else f"scenario_{name}" if name else "slow_money"


def _scenario_files(project: Project | None) -> list[Path]:
    """The files next to the register that could be meant as a scenario: YAML by its suffix, not hidden."""
    project = project or Project.default()
    return sorted(
        path
        for path in (project.params.iterdir() if project.params.is_dir() else ())
        if path.suffix.lower() in (SUFFIX, ".yaml")
        and not path.name.startswith(".")
        and path not in (project.register, project.variants)
    )


def _file_name_problem(path: Path) -> Problem:
    name = suggest_name(path.stem)
    rule = _why_no_name(path.stem)
    if is_name(path.stem):
        name, rule = path.stem, f"has the suffix {path.suffix}, and scenarios are found by {SUFFIX}"
    fix = f"Rename it to {name}{SUFFIX}"
    if path.with_name(f"{name}{SUFFIX}").exists():
        fix = f"Remove it, or rename it; {name}{SUFFIX} is taken"
    elif name != path.stem:
        fix += f" and write scenario: {name} in it"
    return Problem(display_path(path), rule, fix)


def _why_no_name(text: str) -> str:
    if text in RESERVED:
        reason = RESERVED[text]
    elif NAME.fullmatch(text):
        reason = "YAML does not read it as a text"
    else:
        reason = "lower-case letters, digits and _ only, a letter first"
    return f"{text!r} is no scenario name: {reason}"


def _tag_of_word(text: str) -> str:
    """What YAML takes a word without quotes for, as a tag."""
    return str(yaml.resolver.Resolver().resolve(yaml.ScalarNode, text, (True, False)))


def load(name: str, project: Project | None = None, register: Register | None = None) -> Scenario:
    """One scenario, its overrides checked against the register.

    Raises
    ------
    ParameterError
        Unknown scenario, a name that is no plain name (`../x`), labels that are missing or do not fit the
        file, or a value that `value_problems` refuses.
    """
    project = project or Project.default()
    if name not in names(project):
        raise ParameterError(unknown_scenario(name, f"scenario {name}".strip(), project))
    path = project.scenario(name)
    content = read_yaml(path)
    register = load_register(project) if register is None else register
    overrides = _without_labels(content)
    because = content.get("because") or {}
    problems = _label_problems(content, overrides, because, display_path(path), name)
    problems += overrides_problems(overrides, register, display_path(path))
    problems += reading_problems(overrides, register, display_path(path))
    if problems:
        raise ParameterError(problems)
    return Scenario(name, content["description"].strip(), overrides, dict(because))


def write_scenario(
    values: Assumptions,
    name: str,
    description: str,
    because: Mapping[str, str],
    project: Project | None = None,
) -> Scenario:
    """Write what some values differ in from the register as a new scenario, the file `name`.yml.

    Parameters
    ----------
    values : Assumptions
        As a notebook has them: of the scenario that `values.scenario` names, and changed since. What that
        scenario sets and a notebook does not declare is kept.
    name, description : str
        Of the new scenario.
    because : mapping of name to reason
        Why; a reason of the scenario that it starts from stands where the value still does, and
        `NO_REASON_YET` where none was given.

    Raises
    ------
    ParameterError
        A name that is no plain name or is taken, no description, nothing that differs, or a folder that
        cannot be written. Nothing was written then.
    """
    if not is_name(name):
        raise ParameterError(
            Problem("scenario", _why_no_name(name), f"Write for example {suggest_name(name)}")
        )
    project = project or Project.default()
    path, register = project.scenario(name), values.register
    where = display_path(path)
    if not description.strip():
        raise ParameterError(Problem(where, "has no description", "Say in a sentence what it assumes"))
    start = load(values.scenario, project, register)
    overrides = _differing({**start.overrides, **_without_labels(values)}, register, where)
    unchanged = {key: why for key, why in start.because.items() if overrides.get(key) == start.overrides[key]}
    reasons = {
        key: _without_line_breaks(because.get(key, "")) or unchanged.get(key) or NO_REASON_YET
        for key in overrides
    }
    scenario = Scenario(name, _without_line_breaks(description), overrides, reasons)
    _write_new(path, _scenario_text(scenario, where))
    return scenario


def _differing(values: Mapping[str, Any], register: Register, where: str) -> dict[str, Value]:
    """The values that are not the register's, checked."""
    _refuse_values(values, register, where)
    typed_values = {key: coerce(value, register[key]) for key, value in values.items()}
    differing = {key: v for key, v in typed_values.items() if v != coerce(register[key].value, register[key])}
    if not differing:
        raise ParameterError(Problem(where, "would change nothing", "Move a control first"))
    if problems := list(reading_problems(differing, register, where)):
        raise ParameterError(problems)
    return differing


def _without_labels(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key not in LABELS}


def _scenario_text(scenario: Scenario, where: str) -> str:
    """The file of a scenario, which has one reading in YAML."""
    labels = {"scenario": scenario.name, "description": scenario.description}
    content = {**labels, **scenario.overrides, "because": scenario.because}
    text = yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)
    _read_as_yaml(text, where)
    return text


def _write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet, or nothing."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        problem = Problem(
            display_path(path), "already exists", "Choose another name; nothing was overwritten"
        )
        raise ParameterError(problem) from None
    except OSError as reason:
        path.unlink(missing_ok=True)
        rule = f"cannot be written ({reason.strerror or reason})"
        fix = "Make the folder params/ writable, or work in a copy"
        raise ParameterError(Problem(display_path(path), rule, fix)) from None


def _without_line_breaks(text: str) -> str:
    return " ".join(text.split())


class _Dumper(yaml.SafeDumper):
    """A scenario as people write it: a list on one line."""


_Dumper.add_implicit_resolver(
    _AMBIGUOUS_NUMBER, _ALMOST_NUMBER, _NUMBER_STARTS
)  # so that such a text gets its quotes
_Dumper.add_representer(
    list, lambda dumper, value: dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=True)
)


def _label_problems(
    content: Mapping[str, Any], overrides: Mapping[str, Any], because: object, where: str, name: str
) -> list[Problem]:
    problems = []
    if content.get("scenario") != name:
        rule = f"says scenario: {content.get('scenario')!r} but the file is named {name}.yml"
        problems.append(Problem(f"{where}, key scenario", rule, f"Write scenario: {name}"))
    if not isinstance(content.get("description"), str) or not content["description"].strip():
        problems.append(
            Problem(f"{where}, key description", "is missing or empty", "Say in a sentence what it assumes")
        )
    if not isinstance(because, dict):
        return [
            *problems,
            Problem(f"{where}, key because", "is not a mapping", "Write because: {name: reason}"),
        ]
    for key in [key for key in overrides if not str(because.get(key) or "").strip()]:
        problems.append(
            Problem(f"{where}, key because", f"has no reason for {key}", f"Add `{key}: why` under because")
        )
    for key in [key for key in because if key not in overrides]:
        problems.append(
            Problem(f"{where}, key because", f"explains {key}, which is not overridden", "Remove it")
        )
    return problems


def overrides_problems(overrides: Mapping[str, Any], register: Register, where: str) -> list[Problem]:
    """Unknown names (with the nearest valid one) and values that their entry refuses."""
    problems = []
    for name, value in overrides.items():
        if name not in register:
            problems.append(unknown_name(name, f"{where}, key {name}", register))
        else:
            problems += value_problems(name, value, register[name], f"{where}, key {name}")
    return problems


def reading_problems(overrides: Iterable[str], register: Register, where: str) -> Iterator[Problem]:
    """Names that say how the article is read, which no scenario changes."""
    for name in [name for name in overrides if name in register and register[name].reading]:
        rule = "says how the article is read, which a scenario may not change"
        yield Problem(f"{where}, key {name}", rule, f"Take it out; test another reading with -p {name}=VALUE")


def _refuse_values(values: Mapping[str, Any], register: Register, where: str) -> None:
    """Refuse values that their own entries do not allow; else those that another one bounds."""
    if problems := overrides_problems(values, register, where) or pair_problems(values, register, where):
        raise ParameterError(problems)


def pair_problems(values: Mapping[str, Any], register: Register, where: str) -> list[Problem]:
    """Plain numbers above the assumption that their entry names as `at_most`, where `values` has both."""
    problems = []
    for name, entry in register.items():
        upper = entry.at_most
        if upper and upper in values and name in values and values[name] > values[upper]:
            rule = f"{values[name]:g} is past {upper}, which is {values[upper]:g}"
            problems.append(Problem(f"{where}, key {name}", rule, f"Write at most that, or raise {upper}"))
    return problems


def value_problems(name: str, value: object, entry: Entry, where: str) -> list[Problem]:
    """Why a value cannot stand for a register entry: type, length, order, range; nothing if it can."""
    if isinstance(entry.value, str):
        return _text_problems(value, entry, where)
    if isinstance(value, list) and entry.dist:
        return _list_problems(value, entry, where)
    if isinstance(value, bool) or not isinstance(value, int | float):
        form = f"a number or [{', '.join(QUANTILES[entry.dist])}]" if entry.dist else "a number"
        return [Problem(where, f"{value!r} is not {form}", f"Write {form}, in {entry.unit}")]
    if entry.integer and (not math.isfinite(value) or int(value) != value):
        return [Problem(where, f"{value!r} is not a whole number", "Write it without a fraction")]
    if entry.multiple_of and math.isfinite(value) and (value / entry.multiple_of) % 1:
        return [
            Problem(
                where,
                f"{value:g} is not a multiple of {entry.multiple_of:g}",
                f"Write whole steps of {entry.multiple_of:g}",
            )
        ]
    return _range_problems([float(value)], entry, where)


def _text_problems(value: object, entry: Entry, where: str) -> list[Problem]:
    if entry.unit == "date":
        return _date_problems(value, entry, where)
    if isinstance(value, str) and value.strip():
        return []
    return [Problem(where, f"{value!r} is not a text", "Write a text")]


def _date_problems(value: object, entry: Entry, where: str) -> list[Problem]:
    assert entry.days is not None  # noqa: S101 (the model demands a range for dates)
    text = value.isoformat() if isinstance(value, dt.date) else value
    try:
        if not (isinstance(text, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", text)):
            raise ValueError
        day = dt.date.fromisoformat(text)
    except ValueError:
        return [Problem(where, f"{value!r} is not a date", "Write it as YYYY-MM-DD")]
    first, last = entry.days
    if first <= day <= last:
        return []
    why = entry.description[0].lower() + entry.description[1:].rstrip(".")
    return [Problem(where, f"{day} is outside {first} to {last} ({why})", "Write a day within the range")]


def _list_problems(value: Sequence[object], entry: Entry, where: str) -> list[Problem]:
    assert entry.dist is not None  # noqa: S101 (the caller checked; this is for the type checker)
    quantiles = QUANTILES[entry.dist]
    form = f"[{', '.join(quantiles)}]"
    numbers = [float(v) for v in value if isinstance(v, int | float) and not isinstance(v, bool)]
    if not len(numbers) == len(value) == len(quantiles):
        rule = f"{value!r} is not a list of {len(quantiles)} numbers"
        return [Problem(where, rule, f"Write {form} or one number")]
    if problems := _range_problems(numbers, entry, where):
        return problems
    if any(a > b for a, b in pairwise(numbers)) or numbers[0] >= numbers[-1]:
        rule = f"{value!r} is out of order for {entry.dist}"
        return [Problem(where, rule, f"Write {form}, rising; or one number to fix it")]
    if entry.dist == "lognormal" and numbers[0] <= 0:
        rule = f"{value!r} is not positive, as lognormal needs"
        return [Problem(where, rule, "Write numbers above zero")]
    return []


def _range_problems(numbers: Sequence[float], entry: Entry, where: str) -> list[Problem]:
    assert entry.limits is not None  # noqa: S101 (the model demands a range for numbers)
    low, high = entry.limits
    return [
        Problem(
            where,
            f"{number:.15g} is outside {low:.15g} to {high:.15g} {entry.unit}",
            "Write a number within the range",
        )
        for number in numbers
        if not (math.isfinite(number) and low <= number <= high)
    ]


def parse_override(text: str, register: Register) -> tuple[str, Value]:
    """`NAME=VALUE` of the command line as a name and a checked value; VALUE is read as YAML reads it."""
    name, sep, raw = text.partition("=")
    if not sep or not name:
        raise ParameterError(Problem(f"-p {text}", "is not NAME=VALUE", "Write for example -p seed=1"))
    try:
        value = _parse_yaml(raw)
    except _AmbiguousYaml as reason:
        raise ParameterError(
            Problem(f"-p {text}", ambiguity.rule, ambiguity.fix) for ambiguity in reason.ambiguities
        ) from None
    except yaml.YAMLError:
        raise ParameterError(
            Problem(f"-p {text}", f"{raw!r} cannot be read", "Write a number, a text or [a, b]")
        ) from None
    if problems := overrides_problems({name: value}, register, "-p"):
        raise ParameterError(problems)
    return name, coerce(value, register[name])


def coerce(value: Any, entry: Entry) -> Value:
    """A checked value in the type that a notebook declares, so that equal values are equal text."""
    if isinstance(value, list):
        return [float(v) for v in value]
    if isinstance(entry.value, str):
        return str(value)
    return int(value) if entry.integer else float(value)


def resolve(
    scenario: str = BASE,
    overrides: Mapping[str, Value] | None = None,
    project: Project | None = None,
    register: Register | None = None,
) -> dict[str, Value]:
    """Every register name with its value in a scenario, `overrides` last, and `scenario` as a label; the
    register is read where it is not given.
    """
    register = load_register(project) if register is None else register
    content = load(scenario, project, register)
    merged = (
        {name: entry.value for name, entry in register.items()}
        | dict(content.overrides)
        | dict(overrides or {})
    )
    _refuse_values(merged, register, "-p")
    return {"scenario": scenario} | {name: coerce(value, register[name]) for name, value in merged.items()}


class Assumptions(RegisterAttributes, dict[str, Any]):
    """Checked values by name, readable as attributes (`assumptions.seed`), with their distributions.

    There is no way past the check: it is part of making them, and they cannot be changed afterwards. What is
    read is noted for the result that is being computed from it (`provenance`). A label is no value and not
    among them; that it is read, as `assumptions.scenario`, is announced (`cache.uses_scenario_name`).

    Parameters
    ----------
    values : mapping
        Values by name of the register, and labels (`scenario`), which are not checked.
    register : mapping
        The entry of each name.
    where : str
        How messages call the place that the values come from.

    Raises
    ------
    ParameterError
        A name that the register does not hold, a value of the wrong type, out of order or out of range.
    """

    scenario: str
    register: Register
    _labels: dict[str, Any]
    _set_here: frozenset[str] = frozenset()
    """The names that the traced function which runs has set itself: its result does not follow from them."""

    def __init__(self, values: Mapping[str, Any], register: Register, where: str = "parameters") -> None:
        inherited: Mapping[str, Any] = values._labels if isinstance(values, Assumptions) else {}
        self._labels = {**inherited, **{name: value for name, value in values.items() if name in LABELS}}
        checked = _without_labels(values)
        _refuse_values(checked, register, where)
        super().__init__({name: coerce(value, register[name]) for name, value in checked.items()})
        self.register = register

    def _refuse_change(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("assumptions cannot be changed in place; write assumptions.with_changes(NAME=VALUE)")

    __setitem__ = __delitem__ = __ior__ = _refuse_change
    update = setdefault = pop = popitem = clear = _refuse_change

    def content_key(self) -> tuple[object, ...]:
        """What two sets of assumptions are equal by besides their values (`fingerprints`)."""
        return ({name: entry.model_dump() for name, entry in self.register.items()}, self._set_here)

    def __reduce__(self) -> tuple[type[Assumptions], tuple[dict[str, Any], Register]]:
        return Assumptions, (self._labels | dict(self), self.register)

    def __getitem__(self, name: str) -> Any:
        return self._read(name, super().__getitem__(name))

    def __missing__(self, name: str) -> Any:
        if name in self._labels:
            cache.uses_scenario_name()
            return self._labels[name]
        if name not in self.register:
            raise KeyError(str(unknown_name(name, f"assumptions.{name}", self.register)))
        raise KeyError(f"this notebook declares no {name}; `{name}: float = 0.0` in its parameters is enough")

    if not TYPE_CHECKING:  # to a type checker they are the attributes that `analysis/assumptions.py` names

        def __getattr__(self, name: str) -> Any:
            try:
                return self[name]
            except KeyError as reason:
                raise AttributeError(reason.args[0]) from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self]

    def _read(self, name: str, value: Any) -> Any:
        """A value that was read off an assumption."""
        if name in self._set_here or name not in self.register:
            return value
        return provenance.named(value, name, super().__getitem__(name))

    def dist(self, name: str) -> str | None:
        """The kind of distribution that the register gives a name, None for a plain value."""
        return self.register[name].dist

    def central(self, name: str) -> Any:
        """The middle of the value, see `Entry.central`."""
        return self._read(name, self.register[name].central(self[name]))

    def with_changes(self, **changes: Value) -> Assumptions:
        """The same with some values changed, which are checked like any other.

        A function that is traced follows from what it was given, and not from what it sets itself: the names
        that it changes are not among the inputs of its result.

        Raises
        ------
        ParameterError
            A value of the wrong type, out of order or out of range.
        """
        changed = Assumptions(self._labels | dict(self) | changes, self.register, "what if")
        changed._set_here = self._set_here | (changes.keys() if provenance.is_tracing() else set())
        return changed


def check(values: Mapping[str, Any], project: Project | None = None) -> Assumptions:
    """The parameters of a notebook, checked: `assumptions = scenarios.check(globals())` is its first line.

    Takes the register's names out of `values` and checks each by its entry, so that plain papermill is
    refused what the batch is refused: a scenario file that it was given (`papermill -f`) leaves its `because`
    there, and names that are retired.

    Raises
    ------
    ParameterError
        A value of the wrong type, out of order or out of range, a name that is retired, or a scenario file
        that changes a reading.
    """
    register = load_register(project)
    because = values.get("because")
    problems = [
        unknown_name(name, f"parameters, key {name}", register)
        for name in retired_names(register)
        if name in values
    ]
    if isinstance(because, Mapping):
        problems += reading_problems(because, register, "parameters")
    if problems:
        raise ParameterError(problems)
    declared = {name: values[name] for name in register if name in values}
    return Assumptions({"scenario": str(values.get("scenario", BASE))} | declared, register)


def parameter_line(name: str, entry: Entry) -> str:
    """The line of a register name in a parameters cell: `name: type = value  # unit; meaning`."""
    kind = f"{', '.join(QUANTILES[entry.dist])}; " if entry.dist else ""
    value = json.dumps(coerce(entry.value, entry))
    return f"{name}: {entry.type_name()} = {value}  # {entry.unit}; {kind}{entry.description}"


def known_after(entries: Register, as_of: str) -> dict[str, Entry]:
    """Which assumptions could not be known on the day `as_of`: their reference is of a later day."""
    day = dt.date.fromisoformat(as_of)
    return {
        name: entry for name, entry in entries.items() if (known := entry.reference.known_on) and known > day
    }


def labels_of(entries: Register) -> list[str]:
    """What readers call some assumptions, in their order."""
    return [entry.label for entry in entries.values()]
