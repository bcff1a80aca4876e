"""What did we publish, and how good was it? Every published probability with its day, scored once decided.

Decisions
- The file only grows: a record appends lines and never touches one that is there. Each line ends in a seal,
  the digest of its cells and of the seal of an earlier line, most often the one right above. A line that was
  edited, moved or taken out breaks the seal of itself or of the next one, and the file is refused.
- Any earlier line may come before: where two branches have both appended, the merged file has the lines of
  both as they are, and stands. That the last lines are gone only the history of the repository shows.
- A line is a day's statement. The same values again on the same day add nothing; on another day they do.
- Only what is open is recorded. The day of publication counts, not the cut-off date: what was published on
  the day a part was decided, or after its deadline, is no forecast.
- A probability that takes another part for granted is scored only if that part came true.
- The score of a part is the mean over the days on which each probability stood, from its day to the next or
  to the end: publishing more often earns nothing. Of one day the last counts.
"""

from __future__ import annotations

import csv
import datetime as dt
import fcntl
import io
import os
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from analysis.cache import cached, depends_on
from analysis.errors import DataError, Problem
from analysis.evidence import csv_files
from analysis.hashing import sha256_of_texts
from analysis.project import Project
from analysis.scenarios import Day, display_path, validation_problems
from analysis.statistics import scoring

Share = Annotated[float, Field(gt=0, lt=1)]

START = ""
"""What the first line continues."""

DIGITS, SEAL_LENGTH = 6, 16
SCORES = ("id", "status", "recorded_on", "probability", "days_before", "days_stood", "brier", "log_score")
ADDED = ("record_published", "record_days_before", "record_brier", "record_log_score")
"""What `with_scores` adds to each part."""
MEANS = ("id", "status", *ADDED)


class PublishedProbability(BaseModel):
    """One line: the probability of a part (shares, with the ends of its range) that the report of a `version`
    published on `recorded_on`, from what was public by `as_of`.

    `given` is the part that it takes for granted, empty for none; `methods` is what each method gave, with
    its weight in the pool.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    recorded_on: Day
    id: str = Field(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)*$")
    as_of: Day
    probability: Share
    probability_low: Share
    probability_high: Share
    given: str
    methods: str = Field(min_length=1)
    version: str = Field(min_length=1)

    @model_validator(mode="after")
    def _it_lies_in_its_range_and_was_published_after_its_cut_off_date(self) -> PublishedProbability:
        if not self.probability_low <= self.probability <= self.probability_high:
            raise ValueError(
                f"{self.probability:g} lies outside of {self.probability_low:g} to {self.probability_high:g}"
            )
        if self.recorded_on < self.as_of:
            raise ValueError(f"recorded on {self.recorded_on}, before its cut-off date {self.as_of}")
        return self

    @property
    def cells(self) -> tuple[str, ...]:
        """What its line has before the seal."""
        return tuple(
            f"{value:.{DIGITS}f}" if isinstance(value, float) else str(value)
            for value in (getattr(self, name) for name in COLUMNS[:-1])
        )

    def says_the_same_as(self, other: PublishedProbability | None) -> bool:
        """Whether another line has the same day, part and values, as the file writes them."""
        return other is not None and self.cells[:6] == other.cells[:6]


COLUMNS = (*PublishedProbability.model_fields, "seal")
"""The header of the file."""


def load(project: Project | None = None) -> pd.DataFrame:
    """Every published probability in the order of the file: `COLUMNS`, with ``recorded_on`` and ``as_of`` as
    timestamps and shares as numbers; no row where nothing was recorded yet.

    Raises
    ------
    DataError
        A line that is none, or whose seal continues no line above it; all of them at once.
    """
    lines, seals = _read((project or Project.default()).published_probabilities)
    frame = pd.DataFrame([line.model_dump() for line in lines], columns=list(COLUMNS[:-1]))
    days = {name: pd.to_datetime(frame[name]) for name in ("recorded_on", "as_of")}
    shares = {name: frame[name].astype(float) for name in COLUMNS if name.startswith("probability")}
    return frame.assign(**days, **shares, seal=list(seals))


def append(
    parts: Iterable[Mapping[str, Any]],
    *,
    recorded_on: dt.date,
    as_of: str,
    version: str,
    project: Project | None = None,
) -> int:
    """Append the probabilities of the open parts that this day has not said yet; return how many.

    Parameters
    ----------
    parts : iterable of mappings
        The rows of `probabilities.table`.
    recorded_on : date
        The day on which they are published.
    as_of : ISO date
        Their cut-off date.
    version : str
        Of the report.

    Raises
    ------
    DataError
        The file is none to append to (`load`), or a probability is none. Nothing is written then.
    """
    path = (project or Project.default()).published_probabilities
    common = {"recorded_on": recorded_on, "as_of": as_of, "version": version}
    stated = [
        _validated(_published(part) | common, f"the probability of {part['id']}")
        for part in parts
        if part["status"] == "open" and part["probability"] is not None
    ]
    with _one_at_a_time(path.parent):
        lines, seals = _read(path)
        latest = {line.id: line for line in lines if line.recorded_on == recorded_on}
        fresh = [line for line in stated if not line.says_the_same_as(latest.get(line.id))]
        if fresh:
            _write(path, fresh, seals[-1] if seals else START)
    return len(fresh)


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Lets one process at a time append, from reading the file to having written it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def scores(record: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    """Every published probability of the parts that are decided, with its score.

    Parameters
    ----------
    record : DataFrame
        From `load`.
    parts : DataFrame
        ``id, status, resolved_on, deadline``, as `probabilities.table` has them.

    Returns
    -------
    DataFrame
        `SCORES`: a row a day and part; ``days_before`` from publication to the day on which the part was
        decided, at the latest its deadline; ``days_stood`` until the next probability of the part, or to that
        day; both scores are losses (`scoring`).
    """
    states = parts.set_index("id")
    decided = states[states["status"].isin(["true", "false"])].to_dict("index")
    met = {"", *states.index[states["status"] == "true"]}
    rows = [
        row
        for name, lines in record[record["given"].isin(met)].groupby("id", sort=False)
        if name in decided
        for row in _scored(lines, decided[name])
    ]
    return pd.DataFrame(rows, columns=list(SCORES))


def by_part(scored: pd.DataFrame) -> pd.DataFrame:
    """`scores` with a row a part, `MEANS`: on how many days a probability was published, how many days before
    the end the first was, and the mean scores over the days on which each stood.
    """
    rows = [
        {
            "id": name,
            "status": lines["status"].iloc[0],
            "record_published": len(lines),
            "record_days_before": int(lines["days_before"].max()),
            "record_brier": float(np.average(lines["brier"], weights=lines["days_stood"])),
            "record_log_score": float(np.average(lines["log_score"], weights=lines["days_stood"])),
        }
        for name, lines in scored.groupby("id", sort=False)
    ]
    return pd.DataFrame(rows, columns=list(MEANS))


def with_scores(parts: pd.DataFrame, record: pd.DataFrame) -> pd.DataFrame:
    """The rows of `probabilities.table` with the scores of what was published of each, `ADDED`; None where
    nothing of a part can be scored.
    """
    means = by_part(scores(record, parts)).set_index("id").to_dict("index")
    cells = [means.get(name, {}) for name in parts["id"]]
    return parts.assign(
        **{
            name: pd.Series([row.get(name) for row in cells], index=parts.index, dtype=object)
            for name in ADDED
        }
    )


def summary(record: pd.DataFrame, scored: pd.DataFrame) -> str:
    """In a sentence, how long the record is and how good it was."""
    if record.empty:
        return "Nothing was recorded yet: thesis predictions --record stores what is published."
    first = record["recorded_on"].min().date()
    noun = "probability" if len(record) == 1 else "probabilities"
    text = f"Our record has {len(record)} published {noun} since {first}"
    if scored.empty:
        return f"{text}; no part in it is decided yet, so none can be scored."
    means = by_part(scored)
    count = "one part that is" if len(means) == 1 else f"{len(means)} parts that are"
    brier, log_score = means["record_brier"].mean(), means["record_log_score"].mean()
    return f"{text}; over {count} decided the mean Brier score is {brier:.3f}, the log score {log_score:.3f}."


def id_problems(record: pd.DataFrame, known: Iterable[str], where: str) -> Iterator[Problem]:
    """Lines of the record, in the file `where`, on parts that there are not; `known` are those that there are
    or were.
    """
    names = set(known)
    for name, lines in record.groupby("id", sort=False):
        if name not in names:
            rule = f"there is and was no part {name!r} of a prediction"
            fix = "Enter its id in reports/retired.yml, with what replaced it"
            yield Problem(f"{where}, row {lines.index[0] + 2}, column id", rule, fix)


def _read(path: Path) -> tuple[tuple[PublishedProbability, ...], tuple[str, ...]]:
    """The lines of the file and their seals; none where there is no such file yet."""
    depends_on(path)
    return _parsed(path) if path.is_file() else ((), ())


@cached
def _parsed(path: Path) -> tuple[tuple[PublishedProbability, ...], tuple[str, ...]]:
    table, problems = csv_files.read_rows(path, COLUMNS, ["seal"])
    lines, where = [], display_path(path)
    for number, cells in zip(table.index, table.drop(columns="seal").to_dict("records"), strict=True):
        try:
            lines.append(_validated(cells, f"{where}, row {number}"))
        except DataError as reason:
            problems += reason.problems
    problems += _seal_problems(table, where)
    if problems:
        raise DataError(problems)
    return tuple(lines), tuple(table["seal"])


def _seal_problems(table: pd.DataFrame, where: str) -> Iterator[Problem]:
    """Lines that continue none of those above them."""
    above = [START]
    for number, *cells, seal in table.itertuples():
        if not any(_seal(cells, earlier) == seal for earlier in reversed(above)):
            rule = "continues no row above it: it or one above it was edited, moved or removed"
            fix = f"Restore the file (git checkout -- {where}) and append with thesis predictions --record"
            yield Problem(f"{where}, row {number}", rule, fix)
        above.append(seal)


def _seal(cells: Sequence[str], earlier: str) -> str:
    return sha256_of_texts(earlier, *cells)[:SEAL_LENGTH]


def _published(part: Mapping[str, Any]) -> dict[str, Any]:
    """What a row of `probabilities.table` has for the file, rounded as the file writes it."""
    shares = {name: _rounded(float(part[name])) for name in COLUMNS if name.startswith("probability")}
    methods = "; ".join(map(_as_text, part["methods"]))
    return {"id": part["id"], **shares, "given": part["given"] or "", "methods": methods}


def _as_text(method: Mapping[str, Any]) -> str:
    """What a method gave, with its weight in the pool where it has one."""
    text = f"{method['kind']} {method['probability']:.4f}"
    return text if method.get("weight") is None else f"{text} × {method['weight']:.2f}"


def _rounded(share: float) -> float:
    """A share as the file writes it, where one that is neither 0 nor 1 stays neither."""
    least = 10.0**-DIGITS
    return min(max(round(share, DIGITS), least), 1 - least) if 0 < share < 1 else share


def _validated(content: Mapping[Any, Any], where: str) -> PublishedProbability:
    try:
        return PublishedProbability.model_validate(content)
    except ValidationError as reason:
        raise DataError(validation_problems(reason, where)) from None


def _write(path: Path, lines: Iterable[PublishedProbability], last: str) -> None:
    """Put the file in its place whole, with these lines after those that it has."""
    content = path.read_bytes() if path.is_file() else b""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if not content:
        writer.writerow(COLUMNS)
    elif not content.endswith(b"\n"):
        text.write("\n")
    for line in lines:
        last = _seal(line.cells, last)
        writer.writerow((*line.cells, last))
    copy = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        copy.write_bytes(content + text.getvalue().encode("utf-8"))
        copy.replace(path)
    finally:
        copy.unlink(missing_ok=True)


def _scored(lines: pd.DataFrame, part: Mapping[Hashable, Any]) -> Iterator[dict[str, Any]]:
    """The scores of what was published of a part before its end, by day."""
    end, outcome = min(map(pd.Timestamp, (part["resolved_on"], part["deadline"]))), part["status"] == "true"
    before = lines[lines["recorded_on"] < end].drop_duplicates("recorded_on", keep="last")
    before = before.sort_values("recorded_on")
    following = chain(before["recorded_on"].iloc[1:], [end])
    for line, next_on in zip(before.to_dict("records"), following, strict=False):
        probability = [line["probability"]]
        yield {
            **{name: line[name] for name in ("id", "recorded_on", "probability")},
            "status": part["status"],
            "days_before": (end - line["recorded_on"]).days,
            "days_stood": (next_on - line["recorded_on"]).days,
            "brier": float(scoring.brier(probability, [outcome])[0]),
            "log_score": float(scoring.log_score(probability, [outcome])[0]),
        }
