"""Which notebook runs under which parameters, and from what would its result follow?

Decisions
- Everything is decided, and refused, before a kernel starts: names, values, notebooks; all problems at once.
- A notebook is given what it declares and nothing else. Its parameters cell is read as Python (`ast`); papermill's
  own reading works line by line and misses what spans two lines or holds a second `=`.
- A result follows from three parts, each with a digest: `code` (the notebook's cells, the package, the lock file),
  `parameters` (the resolved values, with what the register and the scenario say about them) and `data`.
  Digests are over content; times of files and the outputs stored in a notebook mean nothing.
- A notebook sees the register through the names it declares: an entry that it does not declare changes nothing for it.
- A notebook that cannot be read at all is one that fails, and the others run; where none can be read, nothing does.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis import ROOT, scenarios
from analysis.errors import NotebookError, ParameterError, Problem, ThesisError, nearest
from analysis.pipeline import places
from analysis.scenarios import Register, Scenario, Value, place

ALL = "all"
"""What `--scenario` takes for every scenario that there is."""

LABEL = "scenario"
"""The one declared name that is a label and not in the register."""


@dataclass(frozen=True)
class Project:
    """Where a project keeps what a batch reads and writes; every path follows from its root."""

    root: Path = field(default_factory=lambda: ROOT)

    @property
    def notebooks(self) -> Path:
        """The notebooks as they are kept, with the outputs of the base scenario."""
        return self.root / "notebooks"

    @property
    def params(self) -> Path:
        """The register and its scenarios."""
        return self.root / "params"

    @property
    def package(self) -> Path:
        """The code and data that notebooks stand on."""
        return self.root / "analysis"

    @property
    def runs(self) -> Path:
        """The executed notebooks of the scenarios; what is published."""
        return self.root / "reports" / "runs"

    @property
    def custom(self) -> Path:
        """Runs with values of one's own (`-p`); never published as a scenario."""
        return self.root / "reports" / ".custom"

    @property
    def refused(self) -> Path:
        """Where a notebook goes whose stored outputs could not be renewed."""
        return self.root / "reports" / ".notebooks"

    def slugs(self) -> list[str]:
        """The notebooks that there are, in the order of their names."""
        return sorted(path.stem for path in self.notebooks.glob("*.ipynb") if not path.name.startswith("."))


@dataclass(frozen=True)
class Digests:
    """The three parts that a result follows from, as SHA-256 in hexadecimal."""

    code: str
    parameters: str
    data: str

    @property
    def whole(self) -> str:
        """One digest over the three."""
        return _sha256(self.code, self.parameters, self.data)


@dataclass(frozen=True)
class Task:
    """One notebook under one scenario: what to execute, with what, and where its result goes.

    `unreadable` says why there is nothing to execute.
    """

    scenario: str
    notebook: str
    source: Path
    output: Path
    parameters: Mapping[str, Value]
    digests: Digests
    unreadable: str | None = None

    @property
    def name(self) -> str:
        """How messages call it: ``base/1_first``."""
        return f"{self.scenario}/{self.notebook}"

    @property
    def resolved(self) -> Path:
        """The flat file of its parameters, beside the output, as `papermill -f` takes it."""
        return self.output.with_name(f"{self.notebook}.yml")

    @property
    def failed(self) -> Path:
        """Where a notebook goes that did not run to its end; the last good output stays."""
        return self.output.with_name(f"{self.notebook}.failed.ipynb")


@dataclass(frozen=True)
class Notebook:
    """What a plan needs of a notebook: the names it declares, a digest of its cells, and why it cannot be read, if so."""

    path: Path
    declared: tuple[str, ...]
    digest: str
    unreadable: str | None = None


class _Unreadable(NotebookError):
    """What is there is no notebook."""


def plan(
    chosen: Sequence[str] = (),
    notebooks: Sequence[str] = (),
    overrides: Sequence[str] = (),
    *,
    out: Path | None = None,
    project: Project | None = None,
) -> list[Task]:
    """The tasks of a batch, scenario by scenario.

    Parameters
    ----------
    chosen : sequence of str
        Scenarios by name; none or `all` stands for every one.
    notebooks : sequence of str
        Notebooks by slug (or file name); none stands for every one.
    overrides : sequence of str
        `NAME=VALUE`, on top of each chosen scenario.
    out : Path, optional
        The folder of the outputs; by default that of the scenarios, or with overrides that of custom runs.

    Raises
    ------
    ParameterError, NotebookError
        Everything that is wrong with the request, in one error.
    """
    project = project or Project()
    register = scenarios.load_register(project.params)
    wrong: list[ThesisError] = []
    with _kept(wrong):
        given = _parsed(overrides, register)
    with _kept(wrong):
        labels = [scenarios.load(name, project.params, register) for name in _scenario_names(chosen, project)]
    with _kept(wrong):
        books = _read_all(notebook_names(notebooks, project), project, register)
    if wrong:
        raise type(wrong[0])(problem for error in wrong for problem in error.problems)
    _refuse_unused(given, books)
    folder = out or (project.custom if given else project.runs)
    if given and folder.resolve() == project.runs.resolve():
        raise ParameterError(_own_folder(folder))
    return _tasks(labels, books, given, register, folder, project)


def refresh_sources(notebooks: Sequence[str] = (), *, project: Project | None = None) -> list[Path]:
    """The notebooks whose stored outputs are to be renewed, each read and found fit to run.

    Raises
    ------
    NotebookError
        As `plan`.
    """
    project = project or Project()
    register = scenarios.load_register(project.params)
    books = _read_all(notebook_names(notebooks, project), project, register)
    if broken := [book for book in books if book.unreadable]:
        read(broken[0].path, register)
    return [book.path for book in books]


def changes(project: Project | None = None) -> list[dict[str, object]]:
    """What each scenario changes: a row a value, with that of the base and the reason; one row where none changes."""
    project = project or Project()
    register = scenarios.load_register(project.params)
    rows: list[dict[str, object]] = []
    for label in (scenarios.load(name, project.params, register) for name in scenarios.names(project.params)):
        said: dict[str, object] = {"scenario": label.name, "description": label.description}
        for name, value in label.overrides.items():
            entry = register[name]
            change = {"name": name, "unit": entry.unit, "base": entry.value, "value": value}
            rows.append(said | change | {"because": label.because[name]})
        if not label.overrides:
            rows.append(said | dict.fromkeys(("name", "unit", "base", "value", "because")))
    return rows


@contextmanager
def _kept(wrong: list[ThesisError]) -> Iterator[None]:
    """Keep a refusal for later, so that one message tells all of them."""
    try:
        yield
    except ThesisError as reason:
        wrong.append(reason)


def _own_folder(folder: Path) -> Problem:
    rule = "holds the runs of the scenarios themselves, and -p changes what a scenario says"
    return Problem(f"--out {place(folder)}", rule, "Leave --out away, or name another folder")


def _parsed(overrides: Sequence[str], register: Register) -> dict[str, Value]:
    given: dict[str, Value] = {}
    problems: list[Problem] = []
    for text in overrides:
        try:
            name, value = scenarios.parse_override(text, register)
        except ParameterError as reason:
            problems += reason.problems
            continue
        if name in given:
            problems.append(Problem(f"-p {text}", f"{name} is given twice", "Give each name once"))
        given[name] = value
    if problems:
        raise ParameterError(problems)
    return given


def _scenario_names(chosen: Sequence[str], project: Project) -> list[str]:
    there = scenarios.names(project.params)
    if not chosen or ALL in chosen:
        return there
    if problems := [_no_such("scenario", name, [*there, ALL]) for name in chosen if name not in there]:
        raise ParameterError(problems)
    return list(dict.fromkeys(chosen))


def notebook_names(asked: Sequence[str], project: Project) -> list[str]:
    """The slugs that were asked for, by slug or file name; every notebook where none was.

    Raises
    ------
    NotebookError
        No notebook at all, or none of that name.
    """
    there = project.slugs()
    if not there:
        raise NotebookError(
            Problem(place(project.notebooks), "holds no notebook", "Put NAME.ipynb files there")
        )
    names = list(dict.fromkeys(Path(name).name.removesuffix(".ipynb") for name in asked)) or there
    if problems := [_no_such("notebook", name, there) for name in names if name not in there]:
        raise NotebookError(problems)
    return names


def _no_such(kind: str, name: str, there: Iterable[str]) -> Problem:
    return Problem(f"--{kind} {name}", f"there is no such {kind}", nearest(name, there))


def _read_all(names: Sequence[str], project: Project, register: Register) -> list[Notebook]:
    books: list[Notebook] = []
    broken: list[Problem] = []
    problems: list[Problem] = []
    for path in (project.notebooks / f"{name}.ipynb" for name in names):
        try:
            books.append(read(path, register))
        except _Unreadable as reason:
            broken += reason.problems
            books.append(Notebook(path, (), "", unreadable=str(reason).removesuffix(".")))
        except NotebookError as reason:
            problems += reason.problems
    if problems or len(broken) == len(books):
        raise NotebookError([*broken, *problems])
    return books


def read(path: Path, register: Register) -> Notebook:
    """One notebook, found fit to run.

    Raises
    ------
    NotebookError
        No such file, not a notebook of format 4, not exactly one cell tagged `parameters`, a parameters cell that is
        not Python, or a declared name that the register does not hold.
    """
    cells = _cells(path)
    tagged = [cell for cell in cells if "parameters" in _tags(cell) and cell.get("cell_type") == "code"]
    if len(tagged) != 1:
        rule = f"has {len(tagged) or 'no'} cell{'s' if len(tagged) > 1 else ''} tagged parameters"
        raise NotebookError(
            Problem(place(path), rule, "Tag the one cell that holds the defaults `parameters`")
        )
    declared = _declared(_source(tagged[0]), path)
    problems = [
        Problem(f"{place(path)}, parameter {name}", "the register has no such name", nearest(name, register))
        for name in declared
        if name not in register and name != LABEL
    ]
    if problems:
        raise NotebookError(problems)
    material = [[cell.get("cell_type"), _source(cell), _tags(cell)] for cell in cells]
    return Notebook(path, declared, _sha256(json.dumps(material)))


def _cells(path: Path) -> list[dict[str, Any]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as reason:
        raise _Unreadable(
            Problem(place(path), f"cannot be read ({reason.strerror})", "Check the file")
        ) from None
    except ValueError as reason:
        fix = "Restore the notebook, or save it again in JupyterLab"
        raise _Unreadable(Problem(place(path), f"is not JSON ({reason})", fix)) from None
    cells = content.get("cells") if isinstance(content, dict) and content.get("nbformat") == 4 else None
    if not isinstance(cells, list) or not all(map(_is_cell, cells)):
        raise _Unreadable(
            Problem(place(path), "is not a notebook of format 4", "Save it again in JupyterLab")
        )
    return cells


def _is_cell(cell: object) -> bool:
    return isinstance(cell, dict) and {"cell_type", "metadata", "source"} <= cell.keys()


def _tags(cell: Mapping[str, Any]) -> list[str]:
    metadata = cell.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    return tags if isinstance(tags, list) else []


def _source(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def _declared(source: str, path: Path) -> tuple[str, ...]:
    """The names that a parameters cell assigns at its top level, in order."""
    try:
        statements = ast.parse(source).body
    except SyntaxError as reason:
        where = f"{place(path)}, parameters cell, line {reason.lineno}"
        raise NotebookError(
            Problem(where, f"is not Python ({reason.msg})", "Write `name: type = default`")
        ) from None
    targets: list[ast.expr] = []
    for statement in statements:
        if isinstance(statement, ast.Assign):
            targets += statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets.append(statement.target)
    return tuple(dict.fromkeys(target.id for target in targets if isinstance(target, ast.Name)))


def _refuse_unused(given: Mapping[str, Value], books: Sequence[Notebook]) -> None:
    declared = {name for book in books for name in book.declared} - {LABEL}
    fix = f"These are: {', '.join(sorted(declared)) or 'none'}"
    rule = "is declared by none of the chosen notebooks, so it would change nothing"
    if problems := [Problem(f"-p {name}", rule, fix) for name in given if name not in declared]:
        raise ParameterError(problems)


def _tasks(
    labels: Sequence[Scenario],
    books: Sequence[Notebook],
    given: Mapping[str, Value],
    register: Register,
    folder: Path,
    project: Project,
) -> list[Task]:
    code, data = _code_digest(project), _data_digest(project)
    tasks = []
    for label in labels:
        values = scenarios.resolve(label.name, given, project.params)
        for book in books:
            parameters = {name: values[name] for name in book.declared}
            digests = Digests(
                _sha256(code, book.digest), _parameters_digest(parameters, label, register), data
            )
            output = folder.absolute() / label.name / book.path.name
            tasks.append(
                Task(label.name, book.path.stem, book.path, output, parameters, digests, book.unreadable)
            )
    return tasks


def _parameters_digest(parameters: Mapping[str, Value], label: Scenario, register: Register) -> str:
    entries = {name: register[name].model_dump(mode="json") for name in parameters if name in register}
    said = {"description": label.description, "because": dict(label.because)}
    return _sha256(json.dumps([dict(parameters), entries, said], sort_keys=True))


def _code_digest(project: Project) -> str:
    return _files_digest([*project.package.rglob("*.py"), project.root / "requirements.lock"], project.root)


def _data_digest(project: Project) -> str:
    return _files_digest((project.package / "data").rglob("*"), project.root)


def _files_digest(files: Iterable[Path], root: Path) -> str:
    there = sorted(path for path in files if path.is_file() and not path.name.startswith("."))
    return _sha256(
        *(part for path in there for part in (path.relative_to(root).as_posix(), content_digest(path)))
    )


def content_digest(path: Path) -> str:
    """The SHA-256 of what a file holds."""
    return hashlib.sha256(places.read_bytes(path)).hexdigest()


def state_digest(project: Project) -> str:
    """One digest over the package's code, its data and the lock file."""
    return _sha256(_code_digest(project), _data_digest(project))


def text_digest(text: str) -> str:
    """The SHA-256 of a text."""
    return _sha256(text)


def _sha256(*parts: str) -> str:
    """One digest over several texts; a NUL between them, so that no two lists read alike."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
