"""Which jobs have the same result, and what is the result of one that did not run?

Decisions
- Jobs of one notebook whose code, values and data are equal differ in the name of their scenario alone. One
  runs, and stands for the others, unless that name can show in its result.
- Whether it can is found twice. In the cells: one that uses the name, or a way to every name (`globals()`,
  IPython's own), or is no plain Python, may show it; `scenarios.check(globals())` is what notebooks open with
  and does not. And while it runs: code that reads `assumptions.scenario` says so
  (`cache.uses_scenario_name`).
- The result for another scenario is the same file but for that one line of the cell which papermill injects.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator

from analysis import ipynb

LABEL = "scenario"
"""The one declared name that is a label and not in the register."""

INJECTED = "injected-parameters"
"""The tag of the cell that papermill adds."""

WAYS_TO_ALL_NAMES = frozenset(
    {
        "In",
        "__main__",
        "_dh",
        "_getframe",
        "_ih",
        "currentframe",
        "eval",
        "exec",
        "f_globals",
        "f_locals",
        "get_ipython",
        "globals",
        "locals",
        "user_ns",
        "vars",
    }
)
"""Names, attributes and modules through which a cell may read a name without writing it."""

HISTORY = re.compile(r"_i+|_i\d+")
"""What IPython calls the text of earlier cells."""

IN_TEXT = re.compile(rf"@\s*{LABEL}\b|~.*\b{LABEL}\b", re.DOTALL)
"""The name in a text that pandas (`query`) or a formula looks up."""


def may_show_scenario(sources: Iterable[str]) -> bool:
    """Whether one of these cells may use the name of the scenario, other than by assigning it."""
    return any(_may_show(source) for source in sources)


def _may_show(source: str) -> bool:
    if LABEL not in source and not any(name in source for name in (*WAYS_TO_ALL_NAMES, "_i")):
        return not _is_python(source)
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return True
    checked = {id(node) for call in ast.walk(tree) if _is_check(call) for node in ast.walk(call)}
    return any(id(node) not in checked and _is_way(node) for node in ast.walk(tree))


def _is_python(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    return True


def _is_check(node: ast.AST) -> bool:
    """Whether a node is `scenarios.check(globals())`."""
    return isinstance(node, ast.Call) and ast.unparse(node) == "scenarios.check(globals())"


def _is_way(node: ast.AST) -> bool:
    """Whether a node reads the name, or is a way to all names."""
    if isinstance(node, ast.Constant):
        text = node.value if isinstance(node.value, str) else ""  # also `sys.modules["__main__"]`, `getattr`
        return text in WAYS_TO_ALL_NAMES or IN_TEXT.search(text) is not None
    if isinstance(node, ast.AugAssign):
        return isinstance(node.target, ast.Name) and node.target.id == LABEL
    if isinstance(node, ast.Name) and node.id == LABEL:
        return not isinstance(node.ctx, ast.Store)
    return any(name in WAYS_TO_ALL_NAMES or HISTORY.fullmatch(name) for name in _names(node))


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.Import):
        yield from (part for alias in node.names for part in alias.name.split("."))
    elif isinstance(node, ast.ImportFrom):
        yield from [*(node.module or "").split("."), *(alias.name for alias in node.names)]


def relabelled(text: str, before: str, after: str) -> str:
    """The executed notebook of one scenario as it would be under another one with equal values.

    Raises
    ------
    ValueError
        Papermill's cell does not name the first scenario exactly once.
    """
    content = json.loads(text)
    cells = [cell for cell in content["cells"] if INJECTED in cell["metadata"].get("tags", [])]
    old, new = (f'{LABEL} = "{name}"' for name in (before, after))
    lines = [line for cell in cells for line in cell["source"]]
    if [line.rstrip("\n") for line in lines].count(old) != 1:
        raise ValueError(f"the cell of parameters does not say {old} once")
    for cell in cells:
        cell["source"] = [
            line.replace(old, new) if line.rstrip("\n") == old else line for line in cell["source"]
        ]
    return ipynb.dumps(content)
