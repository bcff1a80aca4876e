"""Is everything in its place? The problems in data, claims, register, scenarios and stored notebooks.

Decisions
- Every problem names file and line, what is wrong and what to do; they come all at once. What cannot be read
  is reported and left out, and the rest is checked all the same.
- What a loader refuses is reported in the loader's words; here is what only shows when two files are
  compared.
- The fresh ledger is an argument: the caller knows whether there is one. It is compared only where data and
  claims are sound, since else it would report the same again.
- A dated fact that nothing uses is counted and is no problem: evidence may wait for its claim.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import pandas as pd

from analysis import columns, ipynb, scenarios, thesis
from analysis.audit import arguments
from analysis.audit.facts import FACTS, SUFFIXES, fact_ids_in
from analysis.audit.verdicts import CHECKS
from analysis.cache import cached, depends_on
from analysis.columns import ColumnEntry
from analysis.errors import NotebookError, ParameterError, Problem, ThesisError, nearest
from analysis.evidence import (
    article_tables,
    cell_rules,
    claims,
    csv_files,
    evidence_tables,
    gathering,
    indicators,
    numbers,
    predictions,
    sources,
    yaml_lines,
)
from analysis.evidence.claims import Claim
from analysis.forecasts import calibration, own_record, past_cases
from analysis.forecasts.indicators import reference_problems
from analysis.lint import assumption_types, documents, stored_outputs
from analysis.models import variants
from analysis.models.variants import Variant
from analysis.project import Project, sidecar_of
from analysis.scenarios import Register, Scenario, display_path
from analysis.thesis import Thesis

P = ParamSpec("P")
T = TypeVar("T")
LedgerMaker = Callable[[], Sequence[Mapping[str, Any]]]
"""Makes the rows of a fresh ledger under the base scenario, as JSON holds them."""

_FACT_ID = r"[a-z][a-z0-9_]*(?:\.[a-z0-9_-]+)+"
_WORDS = re.compile("[a-z_0-9]+")
_FACT_IDS = re.compile(rf"(?<![a-z0-9_])[0-9_]*({_FACT_ID})")
"""Every fact in a text, looked for at the start of each word alone, so that a long word is read once."""
_FACT_PLACEHOLDER = re.compile(r"\{(" + _FACT_ID + r")\}")


@dataclass(frozen=True)
class CheckSummary:
    """What was checked, and the problems.

    Attributes
    ----------
    problems : tuple of Problem
        Everything that is wrong, sorted by place.
    counts : mapping of str to int
        How many of each kind were checked.
    unused : tuple of str
        Dated facts that neither a claim, a cell, a prediction, a notebook nor the code names.
    """

    problems: tuple[Problem, ...]
    counts: Mapping[str, int]
    unused: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """One line for whoever finds nothing wrong."""
        counted = ", ".join(f"{count} {name}" for name, count in self.counts.items())
        return f"checked: {counted}; {len(self.unused)} dated facts wait for a use"


@dataclass(frozen=True)
class ProjectFiles:
    """The files that are compared, and the problems met in reading them."""

    project: Project
    problems: list[Problem] = field(default_factory=list)

    @property
    def yaml_files(self) -> list[Path]:
        """Every file in which a key has a line."""
        folders = (self.project.thesis, self.project.evidence, self.project.params)
        return [path for folder in folders for path in folder.glob("*.yml")]

    @cached_property
    def thesis(self) -> Thesis | None:
        """What is particular to the thesis; None where it cannot be read."""
        return self._load(thesis.load, self.project)

    @cached_property
    def register(self) -> Register | None:
        """The register; None where it cannot be read."""
        return self._load(scenarios.load_register, self.project)

    @cached_property
    def scenarios(self) -> list[Scenario]:
        """The scenarios that can be read; a file that cannot be found as one is a problem."""
        self.problems.extend(scenarios.file_name_problems(self.project))
        names = [*dict.fromkeys([scenarios.BASE, *scenarios.names(self.project)])] if self.register else []
        read = [self._load(scenarios.load, name, self.project, self.register) for name in names]
        return [scenario for scenario in read if scenario is not None]

    @cached_property
    def variants(self) -> Mapping[str, Variant]:
        """The variants of the model that can be read; a project without the file of its past has none."""
        if self.register and self.project.model_changes.is_file():
            self._load(variants.load_history, self.project, self.register)
        return (self._load(variants.load, self.project, self.register) if self.register else None) or {}

    @cached_property
    def columns(self) -> Mapping[str, ColumnEntry] | None:
        """What describes the columns of tables and charts; None where it cannot be read."""
        return self._load(columns.load, self.project)

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The evidence tables that can be read."""
        names = evidence_tables.names(self.project)
        tables = {name: self._load(evidence_tables.load, name, None, self.project) for name in names}
        return {name: table for name, table in tables.items() if table is not None}

    @cached_property
    def rows(self) -> dict[str, pd.DataFrame]:
        """The rows of these tables as their files have them."""
        rows = {}
        for name in self.tables:
            meta = evidence_tables.sidecar(name, self.project)
            path = self.project.evidence_table(name)
            rows[name] = csv_files.read_rows(path, list(meta.columns), meta.key)[0]
        return rows

    @cached_property
    def gathering(self) -> gathering.Gathering | None:
        """When the evidence was gathered and what was not found; None where it cannot be read."""
        return self._load(gathering.load, self.project)

    @cached_property
    def printed_tables(self) -> list[str]:
        """The article's tables that can be read."""
        return [
            name
            for name in (article_tables.names(self.project) if self.thesis else ())
            if self._load(article_tables.parsed_cells, name, self.project) is not None
        ]

    @property
    def has_all_printed_tables(self) -> bool:
        """Whether it is known which tables the article has, and each of them can be read."""
        return self.thesis is not None and set(self.thesis.tables) <= set(self.printed_tables)

    @cached_property
    def cells(self) -> dict[str, str]:
        """The cells of these tables by their id; empty where one of them cannot be read."""
        return numbers.printed_cells(self.project) if self.has_all_printed_tables else {}

    @cached_property
    def cell_rules(self) -> Mapping[tuple[str, str], object] | None:
        """What decides the cells; None where it cannot be read."""
        return self._load(cell_rules.load, self.project)

    @cached_property
    def claims(self) -> tuple[Claim, ...] | None:
        """The claims that can be read; None where the file cannot."""
        valid, problems = self._read_claims or (None, ())
        self.problems.extend(problems)
        return valid

    @property
    def has_all_claims(self) -> bool:
        """Whether no claim was left out, so that one which is missing is missing."""
        return self._read_claims is not None and not self._read_claims[1]

    @cached_property
    def numbers(self) -> pd.DataFrame | None:
        """The list of printed numbers; None where it cannot be read."""
        return self._load(numbers.load, self.project)

    @cached_property
    def predictions(self) -> pd.DataFrame | None:
        """The predictions; None where they cannot be read."""
        return self._load(predictions.load_table, self.project)

    @cached_property
    def own_record(self) -> pd.DataFrame | None:
        """The probabilities that were published; None where their file cannot be read."""
        return self._load(own_record.load, self.project)

    @cached_property
    def indicators(self) -> dict[str, indicators.Indicator] | None:
        """The indicators; None where they cannot be read."""
        return self._load(indicators.read, self.project)

    @property
    def notebook_paths(self) -> list[Path]:
        """The notebooks that there are."""
        return self.project.notebook_paths()

    @cached_property
    def notebooks(self) -> list[stored_outputs.StoredNotebook]:
        """The notebooks that can be read."""
        read = [self._load(stored_outputs.read, path) for path in self.notebook_paths]
        return [book for book in read if book is not None]

    @property
    def counts(self) -> dict[str, int]:
        """How many of each kind could be read."""
        return {
            "claims": len(self.claims or ()),
            "cells": len(self.cells) if self.cell_rules else 0,
            "tables": len(self.tables) + len(self.printed_tables),
            "numbers": 0 if self.numbers is None else len(self.numbers),
            "predictions": 0 if self.predictions is None else len(self.predictions),
            "indicators": len(self.indicators or ()),
            "gaps in the evidence": len(self.gathering.not_found if self.gathering else ()),
            "assumptions": len(self.register or ()),
            "scenarios": len(self.scenarios),
            "variants": len(self.variants),
            "notebooks": len(self.notebooks),
        }

    @cached_property
    def _read_claims(self) -> tuple[tuple[Claim, ...], tuple[Problem, ...]] | None:
        return self._load(claims.load_with_problems, self.project)

    def _load(self, read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """What can be read; else None, and its problems are added to the others."""
        try:
            return read(*args, **kwargs)
        except ThesisError as reason:
            self.problems.extend(reason.problems)
        except OSError as reason:
            self.problems.append(
                Problem(str(reason.filename), f"cannot be read: {reason.strerror}", "Restore it")
            )
        return None


def check(
    project: Project | None = None,
    *,
    fresh_ledger: LedgerMaker | None = None,
    article: Path | None = None,
) -> CheckSummary:
    """Compare the files of a project with each other.

    Parameters
    ----------
    project : Project, optional
        Whose files.
    fresh_ledger : callable, optional
        Makes a fresh ledger of the claims (and of the tables' cells), to compare with the notebooks' stored
        ones.
    article : Path, optional
        The article's text with paragraph ids, to compare with `numbers.csv`; it is not part of the project.
    """
    files = ProjectFiles(project or Project.default())
    counts = files.counts
    problems = [*_claim_problems(files), *_evidence_problems(files), *_relation_problems(files)]
    sound = not problems and not files.problems
    problems += [
        *_number_problems(files, article),
        *_unused_assumption_problems(files),
        *_tag_problems(files),
        *_thesis_problems(files),
        *assumption_types.problems(files.project, files.register or {}),
        *_reason_problems(files),
        *_paragraph_problems(files),
        *_prediction_problems(files),
        *_own_record_problems(files),
        *_bears_on_problems(files),
        *_indicator_problems(files),
        *_stored_output_problems(files),
        *_calibration_problems(files),
    ]
    if fresh_ledger and sound:
        problems += _fresh_ledger_problems(files, fresh_ledger)
    problems = yaml_lines.with_line_numbers(dict.fromkeys([*files.problems, *problems]), files.yaml_files)
    return CheckSummary(
        tuple(sorted(problems, key=lambda problem: _file_order(problem.place))),
        counts,
        tuple(_unused_facts(files)),
    )


def _claim_problems(files: ProjectFiles) -> Iterator[Problem]:
    """Claims against checks, dated facts and predictions, and checks against claims."""
    if files.claims is None:
        return
    path, ids = display_path(files.project.claims), _known_ids(files)
    for claim in files.claims:
        where = f"{path}, claim {claim.id}"
        if claim.check is not None:
            yield from _call_problems(claim.check, f"{where}, key check")
        if ids is not None:
            yield from _name_problems(claim.check or {}, ids, f"{where}, key check")
            yield from _name_problems(
                {"since": [fact_ids_in(item) or item for item in claim.since]}, ids, where
            )
    used = {claim.check["name"] for claim in files.claims if claim.check}
    for name in [name for name in CHECKS if name not in used and files.has_all_claims]:
        if place := _place_in_project(CHECKS[name], files.project):
            yield Problem(place, f"no claim uses the check {name}", "Use it in claims.yml, or remove it")


def _call_problems(call: Mapping[str, Any], where: str) -> Iterator[Problem]:
    """A check that does not exist, or that does not take its arguments."""
    name, values = call["name"], {key: value for key, value in call.items() if key != "name"}
    if name not in CHECKS:
        yield Problem(where, f"there is no check {name!r}", nearest(name, CHECKS))
        return
    yield from arguments.problems(CHECKS[name], values, where, "check", 2)


def _known_ids(files: ProjectFiles) -> set[str] | None:
    """Every id that an argument may name: dated facts, the series they form, predictions; None where these
    cannot be read.
    """
    if FACTS not in files.tables or files.predictions is None:
        return None
    facts = {str(name) for name in files.tables[FACTS]["id"]}
    return facts.union(*map(_series_of, facts)) | set(files.predictions["id"])


def _name_problems(content: Mapping[str, Any], ids: set[str], where: str) -> Iterator[Problem]:
    """Arguments and sentences that name a dated fact that no table holds, or that the check does not get."""
    facts: set[str] = set()
    placeholders: set[str] = set()
    keys: dict[str, str] = {}
    for key, text in _nested_texts(content):
        if re.fullmatch(_FACT_ID, text):
            facts.add(text)
            keys.setdefault(text, key)
        for name in _FACT_PLACEHOLDER.findall(text):
            placeholders.add(name)
            keys.setdefault(name, key)
    for name in sorted(facts - ids):
        yield Problem(
            f"{where}, key {keys[name]}", f"no table holds the dated fact {name!r}", nearest(name, ids)
        )
    for name in sorted(placeholders):
        fact = next((name.removesuffix(end) for end in SUFFIXES if name.endswith(end)), name)
        if not {name, fact} & facts and not any(name.startswith(f"{series}.") for series in facts):
            rule = f"{{{name}}} is a fact that nothing else here names, so the sentence is never printed"
            yield Problem(
                f"{where}, key {keys[name]}", rule, nearest(name, facts) if facts else "Name the fact"
            )


def _evidence_problems(files: ProjectFiles) -> Iterator[Problem]:
    """Credits that no row supports, and rows that no day of the register can see."""
    if files.gathering is not None:
        yield from gathering.filled_gap_problems(
            files.gathering, files.tables, display_path(files.project.gathering)
        )
    for name, table in files.tables.items():
        meta = evidence_tables.sidecar(name, files.project)
        where = f"{display_path(sidecar_of(files.project.evidence_table(name)))}, key credits"
        yield from _unseen_row_problems(files, name)
        sources = (table["source_title"] + "\n" + table["source"]).str.lower()
        for credit in meta.credits:
            if credit not in meta.credit:
                yield Problem(
                    where, f"names {credit}, whom credit does not", "Write the name as credit has it"
                )
            elif not sources.str.contains(credit.lower(), regex=False).any():
                fix = "Take it out of credits and credit, or name it in the source of its rows"
                yield Problem(where, f"credits {credit}, whom no row names in its source", fix)


def _unseen_row_problems(files: ProjectFiles, name: str) -> Iterator[Problem]:
    """Rows that became known after the last day of `as_of`."""
    days = files.register["as_of"].days if files.register else None
    if days is None:
        return
    path, known_on = files.project.evidence_table(name), files.rows[name]["known_on"]
    for row, day in known_on[known_on > days[1].isoformat()].items():
        yield Problem(
            f"{display_path(path)}, row {row}, column known_on",
            f"{day} is after {days[1]}, the last day of as_of, so that no report would show the row",
            "Correct the day, or move value and range of as_of in params/register.yml",
        )


def _relation_problems(files: ProjectFiles) -> Iterator[Problem]:
    """Rows of evidence that name no earlier one where their sidecar says so (`predecessors`), and days after
    the one that they may not pass (`not_after`).

    What replaces another is compared with it, so that a name which fits none would hide a change.
    """
    for name, rows in files.rows.items():
        meta = evidence_tables.sidecar(name, files.project)
        where = display_path(files.project.evidence_table(name))
        if meta.predecessors is not None:
            yield from _predecessor_problems(rows, meta.predecessors, where)
        bounds = {column: spec.not_after for column, spec in meta.columns.items() if spec.not_after}
        for column, bound in bounds.items():
            for row, days in rows[rows[column] > rows[bound]].iterrows():
                rule = f"{days[column]} is after {days[bound]}, its {bound}"
                yield Problem(f"{where}, row {row}, column {column}", rule, "Correct one of the two days")


def _predecessor_problems(
    rows: pd.DataFrame, named: evidence_tables.Predecessors, where: str
) -> Iterator[Problem]:
    columns = [named.by, named.of, "valid_on", named.column]
    first_days: dict[str, dict[str, str]] = {}
    for group, name, day, _ in rows[columns].itertuples(index=False):
        days = first_days.setdefault(group, {})
        days[name] = min(day, days.get(name, day))
    for row, group, own, day, replaced in rows.loc[rows[named.column] != "", columns].itertuples():
        others = [other for other, first in first_days[group].items() if other != own and first < day]
        if replaced not in others:
            rule = f"{replaced!r} is no other {named.of} of {group} before {day}"
            fix = nearest(replaced, others) if others else "Leave it empty"
            yield Problem(f"{where}, row {row}, column {named.column}", rule, fix)


def _number_problems(files: ProjectFiles, article: Path | None) -> list[Problem]:
    """Printed numbers without claim or cell, claims and cells without numbers, and the list's problems."""
    listed, problems = files.numbers, []
    if listed is not None and files.claims is not None and files.has_all_claims and files.cells:
        problems += numbers.coverage_problems(files.claims, files.project)
    if article is not None and listed is not None:
        try:
            text = article.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as reason:
            raise ParameterError(
                Problem(f"--article {article}", f"cannot be read: {reason}", "Name a text file")
            ) from None
        problems += numbers.compare_with_article(text, listed, files.project, str(article))
    return problems


def _unused_assumption_problems(files: ProjectFiles) -> Iterator[Problem]:
    """Assumptions that no notebook declares and no code names."""
    if files.register is None:
        return
    try:
        used = [ipynb.declared_by(path, files.register) for path in files.notebook_paths]
    except NotebookError:  # it is named with its outputs, and what it declares is not known
        return
    declared = set(chain.from_iterable(used))
    undeclared = [name for name in files.register if name not in declared]
    code = _names_in_code(files) if undeclared else set()
    for name in [name for name in undeclared if name not in code]:
        where = f"{display_path(files.project.register)}, key {name}"
        fix = "Declare it in the parameters cell of the notebook that uses it, or remove the entry"
        yield Problem(where, "no notebook declares it and no code uses it", fix)


def _tag_problems(files: ProjectFiles) -> Iterator[Problem]:
    """Cells whose tags say nothing, or two things, of their place on the page."""
    for path in files.notebook_paths:
        with suppress(NotebookError):  # it is named with its outputs
            yield from ipynb.tag_problems(ipynb.read(path), path)


def _names_in_code(files: ProjectFiles) -> set[str]:
    """The words of the modules that run, of the files about the article and of notebooks."""
    paths = [*files.project.thesis.glob("*.yml"), *files.project.code.rglob("*.py")]
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in paths]
    return {word for text in (*texts, *(b.code for b in files.notebooks)) for word in _WORDS.findall(text)}


def _thesis_problems(files: ProjectFiles) -> Iterator[Problem]:
    """Scenarios, predictions and exhibits that `thesis.yml` names and that there are not, and risks that the
    register names and `thesis.yml` does not.
    """
    if files.thesis is None:
        return
    where = display_path(files.project.thesis_file)
    for name, entry in (files.register or {}).items():
        if entry.risk is not None and entry.risk not in files.thesis.risks:
            place = f"{display_path(files.project.register)}, key {name}.risk"
            fix = nearest(entry.risk, files.thesis.risks) if files.thesis.risks else f"Describe it in {where}"
            yield Problem(place, f"there is no risk {entry.risk!r}", fix)
    existing = {"scenarios": [scenarios.BASE, *scenarios.names(files.project)]}
    if files.register is not None:
        existing["risks"] = [entry.risk for entry in files.register.values() if entry.risk]
    if files.predictions is not None:
        existing["predictions"] = [str(name).partition(".")[0] for name in files.predictions["id"]]
    for key, names in existing.items():
        for name in [name for name in getattr(files.thesis, key) if name not in names]:
            fix = nearest(name, set(names)) if names else "Remove it"
            yield Problem(f"{where}, key {key}.{name}", f"there is no {key[:-1]} {name!r}", fix)
    shown = {exhibit.id for book in files.notebooks for exhibit in book.exhibits}
    every_book = len(files.notebooks) == len(files.notebook_paths)
    for name, key in files.thesis.pages.exhibit_ids.items() if every_book else ():
        alike = [other for other in shown if other.partition(".")[0] == name.partition(".")[0]]
        if alike and name not in alike:  # without any its notebook was not run, or is gone
            rule = f"no notebook shows an exhibit {name!r}"
            yield Problem(f"{where}, key pages.{key}", rule, nearest(name, alike))


def _reason_problems(files: ProjectFiles) -> Iterator[Problem]:
    """Reasons of scenarios that nobody has filled in yet."""
    for scenario in files.scenarios:
        for key in [key for key, reason in scenario.because.items() if reason == scenarios.NO_REASON_YET]:
            where = f"{display_path(files.project.scenario(scenario.name))}, key because.{key}"
            yield Problem(where, "has no reason yet", f"Say why {key} has this value")


def _prediction_problems(files: ProjectFiles) -> Iterator[Problem]:
    """Rulings on predictions that their facts do not bear out, too late or missing past the deadline."""
    if files.predictions is None or FACTS not in files.tables or files.register is None:
        return
    content = predictions.read(files.project)
    path, today = display_path(files.project.predictions), str(files.register["as_of"].value)
    yield from predictions.decision_problems(content, files.tables[FACTS], path)
    for name, part in content.predictions.items():
        where = f"{path}, key predictions.{name}"
        due = predictions.deadline(content.made_on, part.within_months).isoformat()
        if part.resolution and part.resolution.resolved_on.isoformat() > today:
            rule = f"{part.resolution.resolved_on} is after as_of, {today}"
            yield Problem(
                f"{where}.resolution.resolved_on",
                rule,
                "Correct the day, or move as_of in params/register.yml",
            )
        elif part.decision is None and due < today:
            yield Problem(where, f"its deadline was {due} and nothing resolves it", "Add its resolution")


def _own_record_problems(files: ProjectFiles) -> Iterator[Problem]:
    """Published probabilities of parts that there are not and never were."""
    if files.own_record is None or files.predictions is None:
        return
    path = files.project.retired_ids
    content = (files._load(scenarios.read_yaml, path) if path.is_file() else None) or {}
    retired = [
        name for name, raw in content.items() if isinstance(raw, dict) and raw.get("kind") == "prediction"
    ]
    where = display_path(files.project.published_probabilities)
    yield from own_record.id_problems(files.own_record, [*files.predictions["id"], *retired], where)


def _bears_on_problems(files: ProjectFiles) -> Iterator[Problem]:
    """What claims say in the terms of the register, against the register."""
    if files.claims is None or files.register is None:
        return
    for claim in files.claims:
        where = f"{display_path(files.project.claims)}, claim {claim.id}, key bears_on"
        yield from scenarios.overrides_problems(claim.bears_on, files.register, where)


def _indicator_problems(files: ProjectFiles) -> Iterator[Problem]:
    """What an indicator names and does not exist, and arguments that its reader does not take."""
    if (
        files.indicators is None
        or files.register is None
        or FACTS not in files.tables
        or files.predictions is None
    ):
        return
    path = display_path(files.project.indicators)
    yield from reference_problems(
        files.indicators,
        files.register,
        set(files.tables[FACTS]["id"]),
        predictions.read(files.project).predictions,
        path,
    )


def _paragraph_problems(files: ProjectFiles) -> Iterator[Problem]:
    """Paragraphs that a reason, reference, prediction or figure names and the article does not have."""
    if files.numbers is None or files.thesis is None:
        return
    paragraphs, passage = numbers.paragraphs(files.project), files.thesis.passage
    paths = [
        *sorted(files.project.params.glob("*.yml")),
        files.project.predictions,
        files.project.article_table(article_tables.TEXT_FIGURES),
    ]
    for path in [path for path in paths if path.exists()]:
        for number, line in enumerate(
            path.read_text(encoding="utf-8", errors="replace").split("\n"), start=1
        ):
            for name in [name for name in passage.findall(line) if name not in paragraphs]:
                yield Problem(
                    f"{display_path(path)}, line {number}",
                    f"the article has no paragraph {name!r}",
                    nearest(name, paragraphs),
                )


def _stored_output_problems(files: ProjectFiles) -> Iterator[Problem]:
    """What the notebooks keep, against the register, the claims and the evidence."""
    for book in files.notebooks:
        if files.register is not None:
            yield from stored_outputs.parameter_problems(book, files.register)
        yield from book.exhibit_problems
        if files.columns is not None and files.has_all_printed_tables:
            sidecars = [sources.sidecar(name, files.project).columns for name in files.printed_tables]
            yield from stored_outputs.column_problems(book, files.columns, sidecars)
        if files.claims is not None and files.has_all_claims:
            yield from stored_outputs.claim_problems(book, [claim.id for claim in files.claims])
        yield from stored_outputs.evidence_problems(book, files.tables, evidence_tables.names(files.project))
    if files.thesis is not None and len(files.notebooks) == len(files.notebook_paths):
        yield from documents.problems(files.project, files.notebooks, files.thesis)


def _calibration_problems(files: ProjectFiles) -> Iterator[Problem]:
    """The stored results of the calibration, against the cases and assumptions of the base scenario."""
    lacking = [name for name in past_cases.EVIDENCE if name not in files.tables]
    if files.register is None or lacking:
        return
    if not calibration.is_stored(files.project):
        place = display_path(files.project.calibration / calibration.DIGESTS)
        yield Problem(place, "is gone: pages and weights would leave past cases out", calibration.STORE_AGAIN)
        return
    values = files._load(scenarios.resolve, project=files.project, register=files.register)
    if values is None:
        return
    assumptions = scenarios.Assumptions(values, files.register)
    known = {
        name: evidence_tables.load(name, assumptions.as_of, files.project) for name in past_cases.EVIDENCE
    }
    for path, rule in calibration.unfit_files(known, assumptions, files.project).items():
        yield Problem(display_path(path), rule, calibration.STORE_AGAIN)


def _fresh_ledger_problems(files: ProjectFiles, fresh_ledger: LedgerMaker) -> list[Problem]:
    """The notebooks' ledgers against a fresh one; what one that cannot be read might show is not missing."""
    every_book = len(files.notebooks) == len(files.notebook_paths)
    try:
        claim_ids = [claim.id for claim in files.claims or () if every_book]
        return list(stored_outputs.ledger_problems(files.notebooks, fresh_ledger(), claim_ids))
    except ThesisError as reason:
        return list(reason.problems)
    except Exception as reason:  # a check with arguments that only it can refuse
        error = " ".join(f"{type(reason).__name__}: {reason}".split())
        where = display_path(files.project.claims)
        return [
            Problem(where, f"a check cannot be computed: {error}", "See thesis claims with THESIS_DEBUG=1")
        ]


def _unused_facts(files: ProjectFiles) -> list[str]:
    """Dated facts that no claim, cell, prediction, notebook or module names, by id or by series."""
    if FACTS not in files.tables:
        return []
    groups = files.project.thesis.glob("*.yml"), files.project.code.rglob("*.py")
    named = frozenset().union(*(_facts_in(tuple(sorted(paths))) for paths in groups))
    named |= set(_FACT_IDS.findall("\n".join(book.code for book in files.notebooks)))
    named |= {text.removesuffix(end) for text in named for end in SUFFIXES}
    return [name for name in files.tables[FACTS]["id"] if named.isdisjoint({name, *_series_of(name)})]


@cached
def _facts_in(paths: tuple[Path, ...]) -> frozenset[str]:
    """What looks like the id of a fact in the texts of files."""
    for path in paths:
        depends_on(path)
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in paths]
    return frozenset(_FACT_IDS.findall("\n".join(texts)))


def _series_of(name: str) -> list[str]:
    """The series that a dated fact may belong to: its id up to a dot, the first one excepted."""
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(2, len(parts))]


def _nested_texts(content: object, key: str = "") -> Iterator[tuple[str, str]]:
    """Every key and every text in a nested mapping with the way to it."""
    if isinstance(content, str):
        yield key, content
    elif isinstance(content, Mapping):
        for name, below in content.items():
            yield f"{key}.{name}".strip("."), str(name)
            yield from _nested_texts(below, f"{key}.{name}".strip("."))
    elif isinstance(content, list | tuple):
        for index, below in enumerate(content):
            yield from _nested_texts(below, f"{key}.{index}".strip("."))


def _place_in_project(function: Callable[..., object], project: Project) -> str | None:
    """Where a function is defined; None where the project has no such file: the package lies elsewhere then,
    and its functions wait for other theses, too.
    """
    path, checkout = Path(inspect.getsourcefile(function) or ""), Path(__file__).parents[2]
    relative = path.relative_to(checkout) if path.is_relative_to(checkout) else path
    if not (project.root / relative).is_file():
        return None
    return f"{relative}, line {inspect.getsourcelines(function)[1]}"


def _file_order(text: str) -> tuple[str, int]:
    """By file, then by line or row, so that a file can be mended from top to bottom."""
    match = re.match(r"([^,]+)(?:, (?:line|row) (\d+))?", text)
    return (match[1], int(match[2] or 0)) if match else (text, 0)
