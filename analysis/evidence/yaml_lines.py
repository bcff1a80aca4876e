"""Where does a key stand? Its line in a YAML file, for whoever has to correct it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import yaml

from analysis.errors import Problem
from analysis.scenarios import display_path

_KEYED = re.compile(r"^(?P<file>[^,]+\.yml)(?P<keys>(?:, (?:claim|cell|key) [^,]+)+)$")


def line_of(path: Path, keys: Sequence[str]) -> int:
    """The line on which a key stands, counted from 1; of the last one that exists where the rest is missing.

    Parameters
    ----------
    path : Path
        A YAML file that can be read.
    keys : sequence of str
        The way down to the key; each may itself be dotted (``columns.source``), and an index counts from 0.
    """
    node, line = _tree(path.read_text(encoding="utf-8")), 1
    remaining = ".".join(keys)
    while remaining:
        children = [
            (name, start, child)
            for name, start, child in _children(node)
            if remaining == name or remaining.startswith(f"{name}.")
        ]
        if not children:
            break
        name, line, node = max(children, key=lambda entry: len(entry[0]))
        remaining = remaining[len(name) + 1 :]
    return line


def with_line_numbers(problems: Iterable[Problem], paths: Iterable[Path]) -> list[Problem]:
    """The same problems, with the line where one names a key of a YAML file (``FILE, key NAME``)."""
    files = {display_path(path): path for path in paths}
    return [_with_line_number(problem, files) for problem in problems]


def _with_line_number(problem: Problem, files: dict[str, Path]) -> Problem:
    match = _KEYED.match(problem.place)
    path = files.get(match["file"]) if match else None
    if match is None or path is None:
        return problem
    try:
        line = line_of(path, re.findall(r", \w+ ([^,]+)", match["keys"]))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return problem
    return replace(problem, place=f"{match['file']}, line {line}{match['keys']}")


@lru_cache(maxsize=16)
def _tree(text: str) -> yaml.Node | None:
    return yaml.compose(text, Loader=yaml.SafeLoader)


def _children(node: yaml.Node | None) -> Iterable[tuple[str, int, yaml.Node]]:
    """What stands directly under a node: its name or index, its line, and itself."""
    if isinstance(node, yaml.MappingNode):
        return [(str(key.value), key.start_mark.line + 1, value) for key, value in node.value]
    if isinstance(node, yaml.SequenceNode):
        return [(str(index), item.start_mark.line + 1, item) for index, item in enumerate(node.value)]
    return []
