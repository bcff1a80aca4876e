"""Which notebook runs under which parameters, and from what would its result follow?

Decisions
- Everything is decided, and refused, before a kernel starts: names, values, notebooks; all problems at once.
- A notebook gets what it declares and nothing else. Its parameters cell is read as Python (`ast`);
  papermill's own reading works line by line and misses what spans two lines or holds a second `=`.
- A result follows from its code (the notebook's cells, the package, the lock file), its parameters (the
  resolved values, with what the register says about them) and the files that it read (`reads`). The code of a
  project without a package of its own is that of the package that is running. Digests are over content; times
  of files and the outputs stored in a notebook mean nothing.
- The name of its scenario is none of them: it is a label, and the same values give the same result under any
  name, unless the notebook shows it (`equal_jobs`).
- A notebook sees the register through the names it declares: an entry that it does not declare changes
  nothing for it.
- A notebook that is not fit to run (no notebook, no parameters cell, a name that the register does not hold)
  is one that fails, and the others run; where none is fit, nothing does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from analysis import ipynb, scenarios
from analysis.batch import equal_jobs, reads
from analysis.batch.equal_jobs import LABEL
from analysis.batch.reads import FileDigests
from analysis.batch.storage import content_digest
from analysis.errors import NotebookError, ParameterError, Problem, ThesisError, nearest
from analysis.hashing import sha256, sha256_of_texts
from analysis.project import CHECKOUT, Project
from analysis.scenarios import ALL, Register, Scenario, Value, display_path


@dataclass(frozen=True)
class Digests:
    """What a result follows from, as far as it is known before it runs, as SHA-256 in hexadecimal."""

    code: str
    parameters: str


@dataclass(frozen=True)
class Task:
    """One notebook under one scenario: what to execute, with what, and where its result goes.

    `file_digests` are those of the files that it may read, as they were when it was planned. `shows_scenario`
    says that the name of its scenario may show in its result, and `reads_unnoticed` that it may read more
    than is noticed. `unfit` holds the reasons why it cannot be executed, if any.
    """

    scenario: str
    notebook: str
    source: Path
    output: Path
    parameters: Mapping[str, Value]
    digests: Digests
    file_digests: FileDigests
    shows_scenario: bool = False
    reads_unnoticed: bool = False
    unfit: tuple[Problem, ...] = ()

    @property
    def name(self) -> str:
        """How messages call it: ``base/1_first``."""
        return f"{self.scenario}/{self.notebook}"

    @property
    def key(self) -> tuple[str, str]:
        """How the manifest calls it."""
        return self.scenario, self.notebook

    @property
    def equality(self) -> tuple[str, ...]:
        """What it has in common with tasks that differ from it in the name of the scenario alone."""
        return self.notebook, self.digests.code, self.digests.parameters

    @property
    def resolved(self) -> Path:
        """The flat file of its parameters, next to the output, as `papermill -f` takes it."""
        return self.output.with_name(f"{self.notebook}.yml")

    @property
    def failed(self) -> Path:
        """Where a notebook goes that did not run to its end; the last good output stays."""
        return self.output.with_name(f"{self.notebook}.failed.ipynb")


@dataclass(frozen=True)
class DeclaredNotebook:
    """What a plan needs of a notebook: its declared names, a digest of its cells, whether they may show the
    name of the scenario or read files unnoticed, and why it cannot run.
    """

    path: Path
    declared: tuple[str, ...] = ()
    digest: str = ""
    shows_scenario: bool = False
    reads_unnoticed: bool = False
    unfit: tuple[Problem, ...] = ()


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
    project = project or Project.default()
    register = scenarios.load_register(project)
    errors: list[ThesisError] = []
    with _collecting(errors):
        values = _parsed(overrides, register)
    with _collecting(errors):
        labels = [scenarios.load(name, project, register) for name in _scenario_names(chosen, project)]
    books: list[DeclaredNotebook] = []
    with _collecting(errors):
        books = _read_all(notebook_names(notebooks, project), project, register)
    if errors:
        problems = [problem for error in errors for problem in error.problems]
        raise type(errors[0])([*problems, *(problem for book in books for problem in book.unfit)])
    _refuse_unused(values, books)
    folder = out or (project.custom if values else project.runs)
    if values and folder.resolve() == project.runs.resolve():
        raise ParameterError(_own_folder(folder))
    return _tasks(labels, books, values, register, folder, project)


def refresh_sources(
    notebooks: Sequence[str] = (), *, project: Project | None = None
) -> list[DeclaredNotebook]:
    """The notebooks whose stored outputs are to be renewed, and which of them are not fit to run.

    Raises
    ------
    NotebookError
        No such notebook, or none that is fit to run.
    """
    project = project or Project.default()
    register = scenarios.load_register(project)
    return _read_all(notebook_names(notebooks, project), project, register)


def changes(project: Project | None = None) -> list[dict[str, object]]:
    """What each scenario changes: a row a value, with the base's and the reason; one row where none does."""
    project = project or Project.default()
    register = scenarios.load_register(project)
    rows: list[dict[str, object]] = []
    for label in (scenarios.load(name, project, register) for name in _every_scenario(project)):
        label_fields: dict[str, object] = {"scenario": label.name, "description": label.description}
        for name, value in label.overrides.items():
            entry = register[name]
            change = {
                "name": name,
                "label": entry.label,
                "unit": entry.unit,
                "base": entry.value,
                "value": value,
            }
            rows.append(label_fields | change | {"because": label.because[name]})
        if not label.overrides:
            rows.append(label_fields | dict.fromkeys(("name", "label", "unit", "base", "value", "because")))
    return rows


@contextmanager
def _collecting(errors: list[ThesisError]) -> Iterator[None]:
    """Collect an error for later, so that one message shows all of them."""
    try:
        yield
    except ThesisError as reason:
        errors.append(reason)


def _own_folder(folder: Path) -> Problem:
    rule = "holds the runs of the scenarios themselves, and -p changes what a scenario says"
    return Problem(f"--out {display_path(folder)}", rule, "Leave out --out, or name another folder")


def _parsed(overrides: Sequence[str], register: Register) -> dict[str, Value]:
    values: dict[str, Value] = {}
    problems: list[Problem] = []
    for text in overrides:
        try:
            name, value = scenarios.parse_override(text, register)
        except ParameterError as reason:
            problems += reason.problems
            continue
        if name in values:
            problems.append(Problem(f"-p {text}", f"{name} is given twice", "Give each name once"))
        values[name] = value
    if problems:
        raise ParameterError(problems)
    return values


def _scenario_names(chosen: Sequence[str], project: Project) -> list[str]:
    available = scenarios.names(project)
    if not chosen or ALL in chosen:
        return _every_scenario(project)
    if problems := [
        scenarios.unknown_scenario(name, f"--scenario {name}", project, (ALL,))
        for name in chosen
        if name not in available
    ]:
        raise ParameterError(problems)
    return list(dict.fromkeys(chosen))


def _every_scenario(project: Project) -> list[str]:
    """All scenarios; a file next to them that cannot be found as one is refused."""
    if problems := scenarios.file_name_problems(project):
        raise ParameterError(problems)
    return scenarios.names(project)


def notebook_names(requested: Sequence[str], project: Project) -> list[str]:
    """The notebooks requested by slug or file name, as slugs; all of them where none was.

    Raises
    ------
    NotebookError
        No notebook at all, or none of that name.
    """
    available = project.slugs()
    if not available:
        raise NotebookError(
            Problem(display_path(project.notebooks), "holds no notebook", "Put NAME.ipynb files there")
        )
    names = list(dict.fromkeys(Path(name).name.removesuffix(".ipynb") for name in requested)) or available
    if problems := [_no_such("notebook", name, available) for name in names if name not in available]:
        raise NotebookError(problems)
    return names


def _no_such(kind: str, name: str, available: Iterable[str]) -> Problem:
    return Problem(f"--{kind} {name}", f"there is no such {kind}", nearest(name, available))


def _read_all(names: Sequence[str], project: Project, register: Register) -> list[DeclaredNotebook]:
    books = [_read(project.notebooks / f"{name}.ipynb", register) for name in names]
    if all(book.unfit for book in books):
        raise NotebookError(problem for book in books for problem in book.unfit)
    return books


def _read(path: Path, register: Register) -> DeclaredNotebook:
    try:
        return read(path, register)
    except NotebookError as reason:
        return DeclaredNotebook(path, unfit=reason.problems)


def read(path: Path, register: Register) -> DeclaredNotebook:
    """One notebook, found fit to run.

    Raises
    ------
    NotebookError
        What `ipynb.read` refuses, not exactly one cell tagged `parameters`, a parameters cell that is not
        Python, or a declared name that the register does not hold.
    """
    content = ipynb.read(path)
    declared = ipynb.declared_names(content.parameters_cell(path).source, path)
    problems = [
        scenarios.unknown_name(name, f"{display_path(path)}, parameter {name}", register)
        for name in declared
        if name not in register and name != LABEL
    ]
    if problems:
        raise NotebookError(problems)
    cells = [[cell.cell_type, cell.source, cell.metadata.tags] for cell in content.cells]
    sources = [cell.source for cell in content.cells if cell.cell_type == "code"]
    shows = LABEL in declared and equal_jobs.may_show_scenario(sources)
    unnoticed = reads.may_read_unnoticed(sources)
    return DeclaredNotebook(path, declared, sha256(json.dumps(cells)), shows, unnoticed)


def _refuse_unused(overrides: Mapping[str, Value], books: Sequence[DeclaredNotebook]) -> None:
    declared = {name for book in books for name in book.declared} - {LABEL}
    fix = f"These are: {', '.join(sorted(declared)) or 'none'}"
    rule = "is declared by none of the chosen notebooks, so it would change nothing"
    if problems := [Problem(f"-p {name}", rule, fix) for name in overrides if name not in declared]:
        raise ParameterError(problems)


def _tasks(
    labels: Sequence[Scenario],
    books: Sequence[DeclaredNotebook],
    overrides: Mapping[str, Value],
    register: Register,
    folder: Path,
    project: Project,
) -> list[Task]:
    code, file_digests = _code_digest(project), FileDigests(project)
    unnoticed = reads.may_read_unnoticed(_module_texts(project))
    tasks = []
    for label in labels:
        values = scenarios.resolve(label.name, overrides, project)
        for book in books:
            parameters = {name: values[name] for name in book.declared}
            digests = Digests(sha256_of_texts(code, book.digest), _parameters_digest(parameters, register))
            tasks.append(
                Task(
                    label.name,
                    book.path.stem,
                    book.path,
                    folder.absolute() / label.name / book.path.name,
                    parameters,
                    digests,
                    file_digests,
                    book.shows_scenario,
                    unnoticed or book.reads_unnoticed,
                    book.unfit,
                )
            )
    return tasks


def _parameters_digest(parameters: Mapping[str, Value], register: Register) -> str:
    """A digest over all but the label, with which order and names of the declared ones count."""
    entries = {name: register[name].model_dump(mode="json") for name in parameters if name in register}
    values = [(name, None if name == LABEL else value) for name, value in parameters.items()]
    return sha256(json.dumps([values, entries], sort_keys=True))


def _module_texts(project: Project) -> Iterator[str]:
    """The modules of a project, also those next to its notebooks."""
    for folder in (project.package, project.notebooks):
        for path in folder.rglob("*.py"):
            with suppress(OSError):
                yield path.read_text(encoding="utf-8", errors="replace")


def _code_digest(project: Project) -> str:
    package = project.package  # its catalogue of columns (YAML) is next to the modules
    files = [*package.rglob("*.py"), *package.glob("*.yml"), project.lock_file]
    own = _files_digest(files, project.root)
    return own if project.code == project.package else sha256_of_texts(own, _code_digest(Project(CHECKOUT)))


def _data_digest(project: Project) -> str:
    return _files_digest(project.data.rglob("*"), project.root)


def _files_digest(files: Iterable[Path], root: Path) -> str:
    existing = sorted(path for path in files if path.is_file() and not path.name.startswith("."))
    return sha256_of_texts(
        *(part for path in existing for part in (path.relative_to(root).as_posix(), content_digest(path)))
    )


def state_digest(project: Project) -> str:
    """One digest over the package's code, its data and the lock file."""
    return sha256_of_texts(_code_digest(project), _data_digest(project))
