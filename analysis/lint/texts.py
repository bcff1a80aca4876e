"""Which texts of the sources does a reader see, and where? Each with its file, line and kind.

Decisions
- The words of a notebook are its Markdown and the strings of its code; those of a module are its strings and
  of a command its help. Docstrings of other code are for whoever reads code, and are left to review.
- A string of code counts as a text if it has several words; keys, paths and formats have none. The help of a
  command names options and columns as they are.
- Tables, code, addresses and what machines write are no prose.
- What is read is cut at blank lines, so that an exception holds for its paragraph, and in code for its line
  and the next.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from analysis import ipynb
from analysis.errors import NotebookError, Problem
from analysis.lint import language
from analysis.lint.language import Kind
from analysis.project import Project
from analysis.scenarios import display_path

SPOKEN = ("figures", "audit", "forecasts", "models", "notebook", "evidence", "site")
"""The packages whose strings reach a reader."""

TITLES = ("title", "finding", "heading")
"""The names of arguments and keys that hold a title."""

QUOTED = (
    "url",
    "source",
    "sources",
    "where",
    "quote",
    "sha256",
    "credit",
    "licence",
    "reference",
    "check",
    "id",
    "stated",
    "criterion",
)
"""The keys whose values are names of sources, addresses or code, and not our words."""

MESSAGES = ("rule", "fix", "message", "place")
"""The names of variables that hold a part of an error."""

IN_MESSAGES = {"identifier", "claim id", "many numbers"}
"""What an error may have: the key, the column and the values that it is about."""

_TEMPLATE = re.compile(
    r"\{%.*?%\}|\{#.*?#\}|<(?:script|style|svg|pre|code)\b.*?</(?:script|style|svg|pre|code)>", re.S
)
_EXPRESSION = re.compile(r"\{\{.*?\}\}", re.S)
_TAG = re.compile(r"<[^>]*>", re.S)
_FENCE = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.S | re.M)
_COMMENT = re.compile(r"<!--.*?-->", re.S)


@dataclass(frozen=True)
class Text:
    """Something that a reader sees: its words, what they are, and where they stand."""

    place: str
    words: str
    kind: Kind = "prose"
    allowed: frozenset[str] = frozenset()


def problems(project: Project) -> list[Problem]:
    """Every fault of the texts that the sources of a project hold."""
    result = []
    for text in of_project(project):
        for fault in language.faults(text.words, text.kind, allowed=text.allowed):
            result.append(Problem(text.place, f"{fault.rule}: “{fault.words}”", fault.fix))
    return result + _unexplained(project)


def of_project(project: Project) -> Iterator[Text]:
    """Every text of the sources."""
    for path in sorted(project.notebooks.glob("*.ipynb")):
        yield from of_notebook(path)
    for path in _modules(project):
        yield from of_module(path, help_only=path.name == "__main__.py" or path.parent.name == "cli")
    for path in _yaml_files(project):
        yield from of_yaml(path)
    for path in _markdown_files(project):
        yield from of_markdown(path)
    for path in sorted(project.templates.glob("*.j2")):
        yield from of_template(path)


def of_notebook(path: Path) -> Iterator[Text]:
    """The Markdown of a notebook and the strings of its code, without its parameters cell; of one that cannot
    be read, nothing.
    """
    for number, cell in enumerate(_cells(path), start=1):
        place = f"{display_path(path)}, cell {number}"
        if cell.cell_type == "markdown":
            yield from _paragraphs(cell.source, place)
        elif "parameters" not in cell.metadata.tags:
            yield from _strings(cell.source, place, 0)


def _cells(path: Path) -> Sequence[ipynb.Cell]:
    """The cells of a notebook; none of one that cannot be read."""
    try:
        return ipynb.read(path).cells
    except NotebookError:  # named by whoever compares the files
        return ()


def of_module(path: Path, *, help_only: bool = False) -> Iterator[Text]:
    """The strings of a module; of one with commands their help, too."""
    yield from _strings(path.read_text(encoding="utf-8"), display_path(path), None, help_only=help_only)


def of_yaml(path: Path) -> Iterator[Text]:
    """The texts of a YAML file: values of several words, but for those that name a source or are code; of one
    that cannot be read, nothing.
    """
    source = path.read_text(encoding="utf-8", errors="replace")
    try:
        root = yaml.compose(source, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:  # named by whoever compares the files
        return
    lines = source.splitlines()
    for key, node in _scalars(root, ""):
        if " " in node.value.strip() and key not in QUOTED:
            line = node.start_mark.line
            kind: Kind = "title" if key in TITLES else "label" if key in ("label", "unit") else "prose"
            allowed, _ = language.allowances("\n".join(lines[max(0, line - 1) : line + 1]))
            yield Text(f"{display_path(path)}, line {line + 1}", node.value, kind, frozenset(allowed))


def of_markdown(path: Path) -> Iterator[Text]:
    """The paragraphs, list items and headings of a Markdown file."""
    yield from _paragraphs(path.read_text(encoding="utf-8"), display_path(path))


def of_template(path: Path) -> Iterator[Text]:
    """The words between the tags of a template."""
    source = path.read_text(encoding="utf-8")
    blank = _blanked(_TEMPLATE, source)
    blank = _EXPRESSION.sub(lambda match: "{}" + "\n" * match[0].count("\n"), blank)
    for number, line in enumerate(
        _blanked(re.compile(r"</?(?:b|i|em|strong|a|span|abbr)\b[^>]*>"), blank).split("\n"), start=1
    ):
        allowed, _ = language.allowances(source.split("\n")[number - 1])
        for part in _TAG.split(line):
            if len(part.split()) > 3:
                yield Text(f"{display_path(path)}, line {number}", part.strip(), "prose", frozenset(allowed))


def _blanked(pattern: re.Pattern[str], text: str) -> str:
    """A text without what a pattern matches, with all its lines."""
    return pattern.sub(lambda match: "\n" * match[0].count("\n"), text)


def _paragraphs(source: str, place: str) -> Iterator[Text]:
    lines = _blanked(_FENCE, source).split("\n")
    start, block = 0, ""
    for number, line in enumerate([*lines, ""]):
        opens = re.match(r"\s*(?:[-*+]|\d+\.|#+|>)\s", line)
        if block and (not line.strip() or opens or line.lstrip().startswith("|")):
            yield from _paragraph(block, f"{place}, line {start + 1}")
            block = ""
        if line.strip() and not line.lstrip().startswith("|"):
            start = number if not block else start
            block += line + "\n"


def _paragraph(block: str, place: str) -> Iterator[Text]:
    allowed, _ = language.allowances(block)
    words = re.sub(r"^\s*(?:[-*+]|\d+\.|#+|>)\s+", "", _TAG.sub("", _COMMENT.sub("", block))).strip()
    kind: Kind = "title" if block.lstrip().startswith("#") else "prose"
    if words:
        yield Text(place, words.replace("**", ""), kind, frozenset(allowed))


def _strings(source: str, place: str, offset: int | None, *, help_only: bool = False) -> Iterator[Text]:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    lines = source.split("\n")
    nodes = list(ast.walk(tree))
    titles = set(_title_arguments(nodes))
    shown = _help_texts(nodes) if help_only else set()
    documented = _docstrings(nodes) - shown
    messages = _messages(nodes)
    queries = {part for call in _calls(nodes) if _called(call) == "query" for part in ast.walk(call)}
    for node, words in _literals(nodes):
        if node in documented or node in queries or len(words.split()) < 4:
            continue
        allowed, _ = language.allowances(
            "\n".join(lines[max(0, node.lineno - 2) : node.end_lineno or node.lineno])
        )
        kind: Kind = "title" if node in titles else "prose"
        allowed |= IN_MESSAGES if node in messages else {"identifier"} if help_only else set()
        for part in _TAG.sub(" ", words).split("\n\n"):
            yield Text(f"{place}, line {node.lineno}", " ".join(part.split()), kind, frozenset(allowed))


def _literals(nodes: Sequence[ast.AST]) -> Iterator[tuple[ast.expr, str]]:
    """The strings and formatted strings of some code; fields of the latter as empty braces."""
    inside = {
        id(part)
        for node in nodes
        if isinstance(node, ast.JoinedStr)
        for part in ast.walk(node)
        if part is not node
    }
    for node in nodes:
        if id(node) in inside:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node, node.value
        elif isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
            yield node, "".join(map(str, parts))


def _title_arguments(nodes: Sequence[ast.AST]) -> Iterator[ast.expr]:
    for node in nodes:
        if (isinstance(node, ast.keyword) and node.arg in TITLES) or (
            isinstance(node, ast.Assign) and any(getattr(name, "id", "") in TITLES for name in node.targets)
        ):
            yield from (
                part for part in ast.walk(node.value) if isinstance(part, ast.Constant | ast.JoinedStr)
            )


def _docstrings(nodes: Sequence[ast.AST]) -> set[ast.expr]:
    """The strings that stand as statements: docstrings, and comments on constants."""
    return {node.value for node in nodes if isinstance(node, ast.Expr)}


def _calls(nodes: Sequence[ast.AST]) -> Iterator[ast.Call]:
    return (node for node in nodes if isinstance(node, ast.Call))


def _called(call: ast.Call) -> str:
    """The name of what is called: of a function, or of the method of something."""
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def _messages(nodes: Sequence[ast.AST]) -> set[ast.AST]:
    """The strings of errors and problems."""
    made = (call for call in _calls(nodes) if re.search(r"Error$|^Problem$|_problem", _called(call)))
    raised = (node for node in nodes if isinstance(node, ast.Raise))
    assigned = (
        node
        for node in nodes
        if isinstance(node, ast.Assign) and any(getattr(name, "id", "") in MESSAGES for name in node.targets)
    )
    return {part for node in (*made, *raised, *assigned) for part in ast.walk(node)}


def _help_texts(nodes: Sequence[ast.AST]) -> set[ast.expr]:
    """The docstrings of commands."""
    functions = (node for node in nodes if isinstance(node, ast.FunctionDef))
    commands = (node for node in functions if any("command" in ast.unparse(d) for d in node.decorator_list))
    bodies = (node.body[0] for node in commands)
    return {first.value for first in bodies if isinstance(first, ast.Expr)}


def _scalars(node: yaml.Node | None, key: str) -> Iterator[tuple[str, yaml.ScalarNode]]:
    if isinstance(node, yaml.ScalarNode):
        yield key, node
    elif isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value not in QUOTED:
                yield from _scalars(value, name.value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _scalars(item, key)


def _modules(project: Project) -> list[Path]:
    """The modules that speak to a reader; none where a project is data alone."""
    package = project.root / "analysis"
    spoken = [path for name in SPOKEN for path in sorted((package / name).rglob("*.py"))]
    commands = [*sorted((package / "cli").glob("*.py")), package / "__main__.py"]
    return [*spoken, *(path for path in commands if path.is_file())]


def _yaml_files(project: Project) -> Iterable[Path]:
    data = [path for folder in (project.thesis, project.evidence) for path in sorted(folder.glob("*.yml"))]
    columns = project.root / "analysis" / "columns.yml"
    return [*data, *sorted(project.params.glob("*.yml")), *([columns] if columns.is_file() else [])]


def _markdown_files(project: Project) -> Iterable[Path]:
    names = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "reports/guide.md", "reports/reference.md")
    return [project.root / name for name in names if (project.root / name).is_file()]


def _unexplained(project: Project) -> list[Problem]:
    """Exceptions that give no reason, or name no rule."""
    files = [
        *_markdown_files(project),
        *_modules(project),
        *_yaml_files(project),
        *sorted(project.templates.glob("*.j2")),
    ]
    sources = [(path, "line", path.read_text(encoding="utf-8").splitlines()) for path in files]
    sources += [
        (path, "cell", [cell.source for cell in _cells(path)])
        for path in sorted(project.notebooks.glob("*.ipynb"))
    ]
    return [
        Problem(f"{display_path(path)}, {part} {number}", f"“{exception}” {rule}", fix)
        for path, part, parts in sources
        for number, source in enumerate(parts, start=1)
        if "text-check:" in source
        for exception, rule, fix in language.allowances(source)[1]
    ]
