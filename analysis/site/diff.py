"""What differs between two sets of executed notebooks, and by how much? Read from their exhibits.

Decisions
- A side is a folder of executed notebooks; the same exhibits that make the site are held side by side by
  their id.
- What differs first is what it was made from (parameters, code, data), then what came out: numbers, verdicts,
  sentences, findings, the order of rows.
- A number has moved if it differs as printed; what rounds to the same is counted with the same.
- An id that one side lacks is a difference of its own, never a zero.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from analysis import ipynb, labels, scenarios
from analysis.batch import manifest, storage
from analysis.batch.equal_jobs import INJECTED
from analysis.errors import ParameterError, Problem, PublishError, nearest
from analysis.exhibits import Evidence, Exhibit, Figure, Ledger, Metric, Statement, Table, Tabular
from analysis.project import Project
from analysis.scenarios import LABELS, Register, display_path
from analysis.site import build, context, exports, reader
from analysis.site.reader import PlacedExhibit

ASSIGNS_PARAMETERS = frozenset({ipynb.PARAMETERS, INJECTED})
"""Tags of the cells that give a notebook its values."""

Kind = Literal[
    "parameter",
    "code",
    "data",
    "evidence",
    "notebook",
    "exhibit",
    "metric",
    "verdict",
    "ranking",
    "finding",
    "statement",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""In the order in which they are listed: what a side was made from, what only one shows, what came out."""

GENERATOR = "thesis diff"
"""What a page says of itself, so that the next one may take its place."""

NAMED_ROWS = 4
"""Rows of a ranking that are named; the rest are counted."""


@dataclass(frozen=True)
class Difference:
    """One difference: the value on either side (None where it is missing), and the change in words."""

    kind: Kind
    id: str
    title: str
    notebook: str | None
    a: str | None
    b: str | None
    change: str = ""
    direction: Literal["", "better", "worse"] = ""

    @property
    def labelled(self) -> tuple[str | None, str | None]:
        """Both sides as a reader sees them: the labels of verdicts, anything else as it is."""
        return labels.label(self.kind, self.a), labels.label(self.kind, self.b)


@dataclass(frozen=True)
class Side:
    """What a folder of executed notebooks shows, by id, and what it was made from: `reads` has the digests of
    the files that each notebook read.
    """

    name: str
    folder: Path
    notebooks: tuple[str, ...]
    exhibits: Mapping[str, PlacedExhibit]
    parameters: Mapping[str, Any]
    digests: Mapping[str, Mapping[str, str]]
    reads: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Compared:
    """Two sides, their differences in the order of `KINDS`, and how many of each kind are the same."""

    a: Side
    b: Side
    differences: tuple[Difference, ...]
    same: Mapping[str, int]

    def of(self, kind: Kind) -> list[Difference]:
        """The differences of one kind."""
        return [difference for difference in self.differences if difference.kind == kind]

    @property
    def summary(self) -> str:
        """One line: how many of each kind differ, and how many of those that can be counted are the same."""
        counts = Counter(difference.kind for difference in self.differences)
        different = (
            ", ".join(_count_phrase(kind, counts[kind]) for kind in KINDS if counts[kind]) or "Nothing"
        )
        same = ", ".join(_count_phrase(kind, count) for kind, count in self.same.items()) or "nothing"
        return f"{different} {'differs' if counts.total() < 2 else 'differ'}; the same: {same}."

    def as_json(self) -> str:
        """Both sides, the differences and the counts as JSON text."""
        content = {
            key: {"name": side.name, "folder": display_path(side.folder), "notebooks": list(side.notebooks)}
            for key, side in (("a", self.a), ("b", self.b))
        }
        rows = [asdict(difference) for difference in self.differences]
        return exports.as_json(content | {"differences": rows, "same": dict(self.same)})


def _count_phrase(kind: str, count: int) -> str:
    if kind in ("code", "data"):  # there is one of each
        return kind
    if kind == "evidence":
        return f"{count} {'table' if count == 1 else 'tables'} of evidence"
    return f"{count} {kind if count == 1 else f'{kind}s'}"


def folder_of(text: str, project: Project) -> Path:
    """The folder of executed notebooks that a word stands for: a scenario that was run, or the folder itself.

    Raises
    ------
    ParameterError
        It is neither, or that scenario was not run.
    """
    names = scenarios.names(project)
    if text in names:
        folder = project.runs / text
        if not any(folder.glob("*.ipynb")):
            raise ParameterError(Problem(text, "was not run", f"Run `thesis run --scenario {text}`"))
        return folder
    if text.strip() and Path(text).is_dir():
        return Path(text).resolve()
    rule = "is not a scenario, a day (YYYY-MM-DD) or a folder of executed notebooks"
    raise ParameterError(Problem(text, rule, nearest(text, names)))


def read(name: str, folder: Path) -> Side:
    """One side.

    Parameters
    ----------
    name : str
        What the user called it.
    folder : Path
        Holds executed notebooks; if it was the batch that ran them, the flat files of their parameters are
        next to them and a manifest is above. Without these files the parameters are read off the notebooks.

    Raises
    ------
    ParameterError
        No executed notebook there.
    PublishError
        A notebook that cannot be read, or a bundle in it that is not whole.
    """
    paths = sorted(path for path in folder.glob("*.ipynb") if not path.name.endswith(".failed.ipynb"))
    if not paths:
        raise ParameterError(
            Problem(
                display_path(folder), "holds no executed notebook", "Run `thesis run`, or name another folder"
            )
        )
    exhibits: dict[str, PlacedExhibit] = {}
    parameters: dict[str, Any] = {}
    for path in paths:
        content = reader.read_notebook(path)
        for placed in reader.of_notebook(content, folder.name, path.stem, display_path(path)):
            exhibits.setdefault(placed.exhibit.id, placed)
        values_file = path.with_suffix(".yml")
        if values_file.exists():
            parameters |= scenarios.read_yaml(values_file, error=PublishError)
        else:
            parameters |= _written_parameters(content)
    runs = manifest.read(folder.parent)
    entries = {path.stem: runs[key] for path in paths if (key := (folder.name, path.stem)) in runs}
    digests = {slug: entry["digests"] for slug, entry in entries.items()}
    reads = {slug: entry["reads"] for slug, entry in entries.items() if "reads" in entry}
    values = {key: value for key, value in parameters.items() if key not in LABELS}
    return Side(name, folder, tuple(path.stem for path in paths), exhibits, values, digests, reads)


def _written_parameters(content: reader.Node) -> dict[str, Any]:
    """What a notebook was given, by its own cells: the defaults, and what papermill put below them."""
    cells = [cell for cell in content.cells if ASSIGNS_PARAMETERS & set(cell.metadata.get("tags", ()))]
    return {name: value for cell in cells for name, value in ipynb.written_values(cell.source).items()}


def compare(a: Side, b: Side, register: Register | None = None) -> Compared:
    """Everything that differs from `a` to `b`; the register says what its assumptions are called."""
    same: Counter[str] = Counter()
    differences = [
        *_changed_inputs(a, b, same, register or {}),
        *_one_sided(a, b),
        *_changed_exhibits(a, b, same),
    ]
    order = {kind: position for position, kind in enumerate(KINDS)}
    return Compared(
        a,
        b,
        tuple(sorted(differences, key=lambda difference: order[difference.kind])),
        {kind: same[kind] for kind in KINDS if same[kind]},
    )


def _changed_inputs(a: Side, b: Side, same: Counter[str], register: Register) -> Iterator[Difference]:
    for name in [*a.parameters, *(name for name in b.parameters if name not in a.parameters)]:
        before, after = (_value(side.parameters.get(name)) for side in (a, b))
        if before == after:
            same["parameter"] += 1
        else:
            title = register[name].label if name in register else name
            yield Difference("parameter", name, title, None, before, after)
    both = [slug for slug in a.notebooks if slug in b.notebooks]
    unknown = [slug for slug in both if slug not in a.digests or slug not in b.digests]
    recorded = [slug for slug in both if slug not in unknown]
    parts: tuple[tuple[Literal["code", "data"], str], ...] = (
        ("code", "Code, notebooks and locked packages"),
        ("data", "Data of the project"),
    )
    for part, title in parts:
        other = [slug for slug in recorded if _was_other(part, slug, a, b)]
        same[part] += bool(recorded) and not other
        for slugs, words in ((other, "differs in"), (unknown, "was not recorded for")):
            if slugs:
                before, after = (side.digests.get(slugs[0], {}).get(part, "")[:12] or None for side in (a, b))
                yield Difference(part, part, title, None, before, after, f"{words} {', '.join(slugs)}")


def _was_other(part: Literal["code", "data"], slug: str, a: Side, b: Side) -> bool:
    """Whether a notebook had other code or data on one side.

    Of the data, what counts are the files that it read on both: which it reads may depend on its parameters.
    """
    if part == "data" and slug in a.reads and slug in b.reads:
        before, after = a.reads[slug], b.reads[slug]
        return any(before[path] != after[path] for path in before.keys() & after.keys())
    return a.digests[slug].get(part) != b.digests[slug].get(part)


def _value(value: object) -> str | None:
    return None if value is None else value if isinstance(value, str) else json.dumps(value)


def _one_sided(a: Side, b: Side) -> Iterator[Difference]:
    for side, other, words in ((a, b, ("there", None)), (b, a, (None, "there"))):
        absent = [slug for slug in side.notebooks if slug not in other.notebooks]
        for slug in absent:
            yield Difference("notebook", slug, slug, slug, *words)
        for name, placed in side.exhibits.items():
            if name not in other.exhibits and placed.notebook not in absent:
                yield Difference("exhibit", name, placed.exhibit.title, placed.notebook, *words)


def _changed_exhibits(a: Side, b: Side, same: Counter[str]) -> Iterator[Difference]:
    listed: set[str] = set()
    for name, placed in a.exhibits.items():
        if name in b.exhibits:
            yield from _changed_exhibit(
                placed.notebook, placed.exhibit, b.exhibits[name].exhibit, listed, same
            )


def _changed_exhibit(
    notebook: str, before: Exhibit, after: Exhibit, listed: set[str], same: Counter[str]
) -> Iterator[Difference]:
    """How an exhibit differs that both sides show; `listed` are the claims that came before it."""
    match before, after:
        case Metric(), Metric() if before.text != after.text:
            yield _metric(notebook, before, after)
        case Statement(), Statement() if before.text != after.text:
            yield Difference("statement", before.id, before.title, notebook, before.text, after.text)
        case (Metric(), Metric()) | (Statement(), Statement()):
            same[before.kind] += 1
        case Ledger(), Ledger():
            yield from _verdicts(notebook, before, after, listed, same)
        case Evidence(), Evidence():
            if (before.rows, before.gaps.keys()) == (after.rows, after.gaps.keys()):
                same["evidence"] += 1
            else:
                yield _evidence(notebook, before, after)
        case _ if before.kind != after.kind:
            yield Difference("exhibit", before.id, before.title, notebook, before.kind, after.kind)
        case Table() | Figure(), Table() | Figure():
            yield from _table(notebook, before, after, same)


def _metric(notebook: str, before: Metric, after: Metric) -> Difference:
    """A number as printed with its interval, the change in the site's words, and whether it is good news."""
    compared = context.compare_metric("", before, after)
    direction = "" if compared.verdict == "same" else compared.verdict
    rounded = "interval only" if before.short == after.short else "less than one in the last digit"
    change = compared.difference or rounded
    return Difference("metric", before.id, before.title, notebook, before.text, after.text, change, direction)


def _verdicts(
    notebook: str, before: Ledger, after: Ledger, listed: set[str], same: Counter[str]
) -> Iterator[Difference]:
    """Claims whose verdict differs, or that one side lacks; a claim of several ledgers is listed once."""
    was, now = ({claim.id: claim for claim in ledger.entries} for ledger in (before, after))
    for name in [name for name in was | now if name not in listed]:
        listed.add(name)
        old, new = was.get(name), now.get(name)
        if old and new and old.verdict == new.verdict:
            same["verdict"] += 1
            continue
        reason = (new.reason or "") if old and new else "listed on one side only"
        statement = (old or new or now[name]).statement
        yield Difference(
            "verdict",
            name,
            statement,
            notebook,
            old.verdict if old else None,
            new.verdict if new else None,
            reason,
        )


def _evidence(notebook: str, before: Evidence, after: Evidence) -> Difference:
    """How many rows either side has, up to when, how many the other lacks, and what only one did not find."""
    missing = sum(row not in after.rows for row in before.rows)
    new = sum(row not in before.rows for row in after.rows)
    changes = [f"{new} {'row' if new == 1 else 'rows'} only in the second, {missing} only in the first"]
    changes += [f"found since: {gap}" for name, gap in before.gaps.items() if name not in after.gaps]
    changes += [f"not found now: {gap}" for name, gap in after.gaps.items() if name not in before.gaps]
    was, now = (
        f"{len(side.rows)} rows" + (f" to {side.data_to}" if side.data_to else "") for side in (before, after)
    )
    return Difference("evidence", before.id, before.title, notebook, was, now, "; ".join(changes))


def _table(notebook: str, before: Tabular, after: Tabular, same: Counter[str]) -> Iterator[Difference]:
    if isinstance(before, Figure):
        if before.title == after.title:
            same["finding"] += 1
        else:
            yield Difference("finding", before.id, before.title, notebook, before.title, after.title)
    if moved := _moved_rows(before, after):
        first, second = (_labels(table)[0] for table in (before, after))
        moves = [f"{label} {was} to {now}" for label, was, now in moved[:NAMED_ROWS]]
        moves += [f"{len(moved) - NAMED_ROWS} more"] if len(moved) > NAMED_ROWS else []
        yield Difference("ranking", before.id, before.title, notebook, first, second, "; ".join(moves))


def _moved_rows(before: Tabular, after: Tabular) -> list[tuple[str, int, int]]:
    """Rows of both whose place among these changed: label, place before, place after, counted from one."""
    was, now = _labels(before), _labels(after)
    both = set(was) & set(now)
    was, now = ([label for label in labels if label in both] for labels in (was, now))
    return [(label, at + 1, now.index(label) + 1) for at, label in enumerate(was) if now.index(label) != at]


def _labels(table: Tabular) -> list[str]:
    """The names of the rows: the first column of different texts that are no dates, or none."""
    for column in table.columns:
        cells = [row.get(column.name) for row in table.rows]
        texts = [cell for cell in cells if isinstance(cell, str) and not re.match(r"\d{4}-\d{2}", cell)]
        if texts and len(texts) == len(cells) == len(set(texts)):
            return texts
    return []


def listing(compared: Compared) -> Iterator[tuple[str, list[dict[str, object]]]]:
    """Headings with the rows under them, as a listing prints them; a kind that has none is left out."""
    for kind in KINDS:
        differences = compared.of(kind)
        rows: list[dict[str, object]] = []
        for difference in differences:
            before, after = difference.labelled
            rows.append(
                {kind: difference.id, f"A: {compared.a.name}": before, f"B: {compared.b.name}": after}
            )
            if any(other.change for other in differences):
                rows[-1]["change"] = difference.change
        if rows:
            yield f"{_count_phrase(kind, len(rows))} {'differs' if len(rows) == 1 else 'differ'}", rows


def write_page(compared: Compared, file: Path, project: Project | None = None) -> None:
    """The differences as one HTML page; an earlier one of ours is replaced, nothing else is.

    Raises
    ------
    ParameterError
        The folder is not there, or the file exists and is something else.
    """
    refuse_foreign(file)
    page = build.render_single_page("differences", project, compared=compared, generator=GENERATOR)
    storage.write_text(file, page)


def refuse_foreign(file: Path) -> None:
    """Refuse a place where the page cannot go, before anything runs.

    Raises
    ------
    ParameterError
        As `write_page`.
    """
    where = f"--html {display_path(file)}"
    if not file.parent.is_dir():
        raise ParameterError(Problem(where, "its folder does not exist", "Make the folder, or name another"))
    if file.is_dir():
        raise ParameterError(Problem(where, "is a folder", "Name a file"))
    if file.exists() and GENERATOR not in file.read_bytes()[:4000].decode("utf-8", errors="replace"):
        raise ParameterError(Problem(where, "exists and is no page of differences", "Name another file"))
