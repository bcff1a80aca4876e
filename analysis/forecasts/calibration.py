"""Has a model like this been right before?

Decisions
- What each test is judged by was fixed before any of them was run: one score, at one horizon, against one
  rival. Everything else that is printed is there to be looked at and decides nothing.
- The horizon is that of the question: the investment ends after five years, the article's write-down within
  three. The rival is the class itself: the outcomes of other companies that looked alike at the entry. A
  model that does not beat them adds nothing to counting.
- Ratios are scored on logs, where half and twice are as far away.
- Cases of one year and of one company share their fate, so a score counts effective cases: the smaller of
  what the places of the outcomes in their forecasts, and the differences of the scores, are worth.
- What misfit remains is repaired by one shift and one spread, each shrunk as if `PSEUDO_CASES` cases without
  a misfit had been seen. The repaired forecast is scored with the entry year of each case left out.
- Rounds that were picked by hand are shown and score nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.cache import depends_on
from analysis.errors import DataError, Problem
from analysis.forecasts import past_cases
from analysis.forecasts.past_cases import Beliefs, CaseEvidence
from analysis.hashing import sha256, sha256_of_texts
from analysis.project import Project
from analysis.scenarios import Assumptions, display_path
from analysis.statistics import ensembles, scoring
from analysis.stored_results import computed_once

Floats = NDArray[np.float64]

MODEL, RECALIBRATED, CLASS, CONSTANT, INDEX = "model", "recalibrated", "class", "constant", "index"
FORECASTERS = (MODEL, RECALIBRATED, CLASS, CONSTANT, INDEX)
LEAST_EFFECTIVE = 30.0
"""Cases that must count, by clusters of entry years and companies, before a test has a verdict."""
LEAST_PROBABILITY = 0.8
"""How likely it must be that the model's score beats the class before its number comes first."""
PSEUDO_CASES = 15.0
"""Cases without a misfit that shrink a repair."""
LEVELS = (0.5, 0.8, 0.9)
"""Levels of the intervals whose coverage is counted."""
CANNOT_SAY = {
    MODEL: "growth or price is known of no late round of another year",
    RECALIBRATED: "the model says nothing of a case",
    CLASS: f"of a case there are fewer than {past_cases.LEAST_OTHERS} others in other years",
    CONSTANT: f"fewer than {past_cases.LEAST_OTHERS} cases of other years show a spread",
    INDEX: "the spread cannot be computed, or a year of the index before an entry is missing",
}
"""Why a forecaster has no score in a group."""
MODEL_FIRST, CLASS_FIRST, TOO_FEW = "model first", "class first", "too few cases"


class CalibrationTest(NamedTuple):
    """A part of the model that past cases can judge, and what decides."""

    name: str
    outcome: str
    horizons_years: tuple[int, ...]
    primary_years: int
    """The horizon that decides, fixed before the test was run."""
    score: str
    """The score that decides; smaller is better."""
    rival: str


TESTS = (
    CalibrationTest("revenue", "log of revenue over revenue at the entry", (1, 2, 3, 5), 5, "CRPS", CLASS),
    CalibrationTest("value", "log of value over value at the entry", (1, 3, 5), 5, "CRPS", CLASS),
    CalibrationTest("event", "value a quarter or more below the entry in the time", (3,), 3, "Brier", CLASS),
)
LISTED, SHARES, VALUES = "listed", "of them share prices", "of them market values"
LATE, LATE_PRICED = "late rounds, unchanged where no new price", "late rounds with a new price"
FAST = "fast growers"
PRIMARY_GROUPS = {"revenue": FAST, "value": LISTED, "event": LISTED}
"""The group of each test that decides."""


class Repair(NamedTuple):
    """One shift and one spread, shrunk: x becomes ``m + shift + spread (x - m)`` with m the median.

    For an event the shift is on logits, and the spread is 1.
    """

    shift: float
    spread_factor: float
    weight: float
    """The part of the misfit that is repaired, n / (n + `PSEUDO_CASES`) with n effective cases."""
    n_effective: float

    def apply(self, draws: Floats) -> Floats:
        """Draws of logs, repaired along the last axis."""
        middle = np.median(draws, axis=-1, keepdims=True)
        return np.asarray(middle + self.shift + self.spread_factor * (draws - middle))

    def apply_to_probability(self, probability: Floats) -> Floats:
        """A probability, repaired."""
        return np.asarray(1 / (1 + np.exp(-(np.log(probability / (1 - probability)) + self.shift))))


@dataclass(frozen=True)
class Results:
    """What the tests gave.

    Attributes
    ----------
    scores
        `SCORES`, a row a test, group, horizon and forecaster. Scores are means, smaller is better; skill is
        of the model against that forecaster with its 90% interval; shares and probabilities are 0 to 1.
    pit_bins
        Where in the forecasts the outcomes lay: ``share`` of the outcomes in each tenth, and the 90% band of
        a well calibrated forecast.
    cases
        Each forecast of the model in quantiles, and what happened, as ratios; of an event ``forecast_p50`` is
        its probability and ``outcome_x`` 1 or 0.
    repairs
        `Repair` of each test and horizon, from all cases of its deciding group.
    """

    scores: pd.DataFrame
    pit_bins: pd.DataFrame
    cases: pd.DataFrame
    repairs: pd.DataFrame

    def repair(self, test: str, years_on: int) -> Repair:
        """The repair of a test at a horizon."""
        rows = self.repairs.query("test == @test and years_on == @years_on")
        return Repair(*(float(rows[name].iloc[0]) for name in Repair._fields))

    def verdict(self, test: str) -> str:
        """Whose number comes first by a test: the model's, the class's, or too few cases to say."""
        rows = self.scores.query("test == @test and primary == 'yes' and forecaster == @CLASS")
        return str(rows["verdict"].iloc[0])


TABLES = tuple(item.name for item in fields(Results))
TEXTS = ("test", "group", "forecaster", "primary", "verdict", "reason", "company", "chosen")
"""The columns of the tables that are no numbers."""


def results(
    known: Mapping[str, pd.DataFrame], assumptions: Assumptions, project: Project | None = None
) -> Results:
    """The stored results where they follow from the same cases and assumptions, else computed."""
    project = project or Project.default()
    fit = is_stored(project) and not unfit_files(known, assumptions, project)
    return stored(project) if fit else compute(known, assumptions)


def inputs_digest(known: Mapping[str, pd.DataFrame], assumptions: Assumptions) -> str:
    """What the results follow from: the cases that were known and what of the register they use."""
    evidence = [known[name].to_csv(index=False) for name in past_cases.EVIDENCE]
    values = [f"{name}={assumptions[name]}" for name in past_cases.ASSUMED]
    return sha256_of_texts(*evidence, *values)


def is_stored(project: Project) -> bool:
    """Whether a project holds results."""
    depends_on(project.calibration / DIGESTS)
    return (project.calibration / DIGESTS).exists()


def unfit_files(
    known: Mapping[str, pd.DataFrame], assumptions: Assumptions, project: Project
) -> dict[Path, str]:
    """The files of the stored results that can no longer be used, and what happened to each: its inputs or it
    itself changed since, or it is gone.
    """
    digests = _digests(project)
    if digests.get(INPUTS) != inputs_digest(known, assumptions):
        return {project.calibration / DIGESTS: "does not follow from today's cases and assumptions"}
    paths = [_path(name, project) for name in TABLES]
    changed = [path for path in paths if digests.get(path.name) != _file_digest(path)]
    return {path: "was changed since it was stored" if path.exists() else "is gone" for path in changed}


def _digests(project: Project) -> dict[str, str]:
    """What the digests file has under each name; a line that is none counts for nothing."""
    lines = (project.calibration / DIGESTS).read_text(encoding="utf-8", errors="replace").splitlines()
    pairs = [line.split() for line in lines]
    return {pair[1]: pair[0] for pair in pairs if len(pair) == 2}


def _path(name: str, project: Project) -> Path:
    return project.calibration / f"{name}.csv"


def _file_digest(path: Path) -> str | None:
    depends_on(path)
    return sha256(path.read_bytes()) if path.exists() else None


def stored(project: Project | None = None) -> Results:
    """The results as the repository holds them.

    Raises
    ------
    DataError
        A table of them is not there.
    """
    paths = {name: _path(name, project or Project.default()) for name in TABLES}
    if gone := [path for path in paths.values() if not path.exists()]:
        raise DataError(Problem(display_path(path), "is not there", STORE_AGAIN) for path in gone)
    tables = {name: _read(path) for name, path in paths.items()}
    texts = {name: [column for column in TEXTS if column in table] for name, table in tables.items()}
    return Results(**{name: table.fillna(dict.fromkeys(texts[name], "")) for name, table in tables.items()})


def _read(path: Path) -> pd.DataFrame:
    depends_on(path)
    return pd.read_csv(path)


def store(results: Results, digest: str, project: Project) -> list[Path]:
    """Write the results into the repository, to six digits, and return the files.

    The digests of inputs and tables come last: results of which not all was written do not count as stored.
    """
    project.calibration.mkdir(parents=True, exist_ok=True)
    digests, paths = {INPUTS: digest}, [_path(name, project) for name in TABLES]
    for name, path in zip(TABLES, paths, strict=True):
        text = getattr(results, name).to_csv(index=False, float_format="%.6g", lineterminator="\n")
        path.write_bytes(text.encode("utf-8"))
        digests[path.name] = sha256(path.read_bytes())
    lines = [f"{value}  {name}\n" for name, value in digests.items()]
    (project.calibration / DIGESTS).write_text("".join(lines), encoding="utf-8", newline="\n")
    return [*paths, project.calibration / DIGESTS]


DIGESTS, INPUTS = "stored.sha256", "inputs"
"""The file with the digests of what is stored, and the name there of what that follows from."""
STORE_AGAIN = "Run thesis calibrate --store"


@dataclass(frozen=True)
class _Group:
    """Cases with what each forecaster said and what happened."""

    test: str
    name: str
    years: int
    cases: pd.DataFrame
    outcomes: Floats
    """Logs of the ratios, or 1 and 0."""
    forecasts: Mapping[str, Floats]
    """Draws of the logs, shape (cases, draws), or probabilities, shape (cases,)."""

    @property
    def clusters(self) -> tuple[list[object], list[object]]:
        return self.cases["entry_year"].tolist(), self.cases["company"].tolist()

    @cached_property
    def model_places(self) -> Floats:
        """`places` of the model."""
        return self.places(MODEL)

    @cached_property
    def model_shape(self) -> tuple[Floats, Floats]:
        """Median and standard deviation of each forecast of the model."""
        draws = self.forecasts[MODEL]
        return np.median(draws, axis=1), draws.std(axis=1)

    @property
    def is_event(self) -> bool:
        return self.test == "event"

    @property
    def is_primary(self) -> bool:
        decides = {test.name: test.primary_years for test in TESTS}
        return PRIMARY_GROUPS[self.test] == self.name and decides[self.test] == self.years

    def says(self, forecaster: str) -> bool:
        """Whether a forecaster says something of every case."""
        return bool(len(self.cases)) and not np.isnan(self.forecasts[forecaster]).any()

    def places(self, forecaster: str) -> Floats:
        """Where in its forecast each outcome lay, 0 to 1; of an event the outcome less its probability."""
        draws = self.forecasts[forecaster]
        return self.outcomes - draws if self.is_event else ensembles.pit(draws, self.outcomes)

    def scores(self, forecaster: str) -> Floats:
        """The score of each case."""
        draws = self.forecasts[forecaster]
        return (draws - self.outcomes) ** 2 if self.is_event else ensembles.crps(draws, self.outcomes)

    def of(self, name: str, chosen: pd.Series) -> _Group:
        """A part of it under a name."""
        at = chosen.to_numpy()
        return replace(
            self,
            name=name,
            cases=self.cases[at].reset_index(drop=True),
            outcomes=self.outcomes[at],
            forecasts={key: draws[at] for key, draws in self.forecasts.items()},
        )


def compute(known: Mapping[str, pd.DataFrame], assumptions: Assumptions) -> Results:
    """All three tests on the cases that were known.

    Parameters
    ----------
    known
        Evidence tables by name.
    assumptions
        ``seed``, and of the register what the class does not estimate (`past_cases.inputs`).

    Raises
    ------
    DataError
        Cases that cannot be scored (`past_cases.check_cases`).
    """
    return _computed(CaseEvidence.of(known, assumptions))


@computed_once
def _computed(evidence: CaseEvidence) -> Results:
    rng, beliefs = np.random.default_rng(int(evidence.assumptions.seed)), Beliefs(evidence)
    groups = [
        group for test in TESTS for years in test.horizons_years for group in _groups(test, years, beliefs)
    ]
    scored = [group for group in groups if group.name != HAND_PICKED]
    repairs = [
        {"test": group.test, "years_on": group.years}
        | _repair(group, np.full(len(group.cases), True))._asdict()
        for group in scored
        if PRIMARY_GROUPS[group.test] == group.name
    ]
    shown = [group for group in groups if group.name not in (SHARES, VALUES, LATE_PRICED)]
    return Results(
        pd.DataFrame([row for group in scored for row in _score_rows(group, rng)]),
        pd.concat([pd.DataFrame(), *map(_pit_rows, scored)], ignore_index=True),
        pd.concat([_case_rows(group) for group in shown], ignore_index=True),
        pd.DataFrame(repairs),
    )


HAND_PICKED = "rounds picked by hand"


def _groups(test: CalibrationTest, years: int, beliefs: Beliefs) -> list[_Group]:
    """The groups of a test at a horizon, each with the forecasts of everybody."""
    if test.name == "revenue":
        return [_repaired(_revenue_group(years, beliefs))]
    evidence = beliefs.evidence
    late = evidence.late_rounds
    rule, priced = late["chosen"].eq(past_cases.RULE), late[f"priced_{years}y"].eq("yes")
    parts = {
        LISTED: (evidence.value_cases, "value_cases"),
        LATE: (late[rule], "late_rounds"),
        LATE_PRICED: (late[rule & priced], "late_rounds"),
        HAND_PICKED: (late[_describable(late)], "late_rounds"),
    }
    make = _event_group if test.name == "event" else _value_group
    groups = {
        name: make(name, past_cases.cases(*part, years), beliefs, years) for name, part in parts.items()
    }
    groups |= {name: _repaired(group) for name, group in groups.items() if name != HAND_PICKED}
    basis = groups[LISTED].cases["basis"]
    groups |= {
        name: groups[LISTED].of(name, basis.eq(kind))
        for name, kind in ((SHARES, past_cases.PER_SHARE), (VALUES, past_cases.MARKET_VALUE))
    }
    return [group for group in groups.values() if len(group.cases)]


def _describable(late: pd.DataFrame) -> pd.Series:
    """Rounds picked by hand whose growth and price are known."""
    known = late["year_growth_pct"].notna() & late["price_over_sales_x"].notna()
    return late["chosen"].eq(past_cases.HAND) & known


def _revenue_group(years: int, beliefs: Beliefs) -> _Group:
    evidence = beliefs.evidence
    rows = past_cases.cases(evidence.growth_pairs, "growth_pairs", years)
    paths = past_cases.model(rows, beliefs, years, value=False)
    steady = {
        CONSTANT: rows["year_growth_pct"].to_numpy(dtype=float),
        INDEX: np.full(len(rows), evidence.assumptions.central("long_run_growth_pct")),
    }
    forecasts = {MODEL: paths[..., -1], CLASS: past_cases.class_outcomes(rows)} | {
        name: past_cases.steady_revenue(rows, growth, years) for name, growth in steady.items()
    }
    return _Group("revenue", FAST, years, rows, past_cases.log_outcomes(rows), forecasts)


def _value_paths(rows: pd.DataFrame, beliefs: Beliefs, years: int) -> dict[str, Floats]:
    """Logs of value over entry value, yearly, by model, constant and index."""
    late, evidence = rows["basis"].eq(past_cases.ROUND).any(), beliefs.evidence
    table, name = (evidence.late_rounds, "late_rounds") if late else (evidence.value_cases, "value_cases")
    one_year = past_cases.cases(table[table["chosen"].eq(past_cases.RULE)], name, 1)
    still = past_cases.unchanged(rows, one_year, beliefs.shared, years)
    drift = past_cases.index_growth(rows, evidence.stock_index)[:, np.newaxis, np.newaxis]
    return {
        MODEL: past_cases.model(rows, beliefs, years, value=True),
        CONSTANT: still,
        INDEX: still + drift * np.arange(years + 1),
    }


def _value_group(name: str, rows: pd.DataFrame, beliefs: Beliefs, years: int) -> _Group:
    paths = _value_paths(rows, beliefs, years)
    forecasts = {forecaster: path[..., -1] for forecaster, path in paths.items()}
    forecasts[CLASS] = past_cases.class_outcomes(rows)
    return _Group("value", name, years, rows, past_cases.log_outcomes(rows), forecasts)


def _event_group(name: str, rows: pd.DataFrame, beliefs: Beliefs, years: int) -> _Group:
    """The event at the dates at which values are known: of listed companies each year, of late rounds after
    one year and three.
    """
    rows = rows[rows["lowest_x"].notna()].reset_index(drop=True)
    happened = rows["lowest_x"].to_numpy(dtype=float) <= past_cases.FALL_X
    late = rows["basis"].eq(past_cases.ROUND).any()
    dates = [1, 3] if late else list(range(1, years + 1))
    forecasts = {
        forecaster: _fall_probability(path[..., dates])
        for forecaster, path in _value_paths(rows, beliefs, years).items()
    }
    forecasts[CLASS] = past_cases.class_rates(rows, happened)
    return _Group("event", name, years, rows, happened.astype(float), forecasts)


def _fall_probability(paths: Floats) -> Floats:
    """The share of draws that fall so far at one of some dates, never 0 or 1; NaN where there are none."""
    lowest = paths.min(axis=-1)
    hits = (lowest <= math.log(past_cases.FALL_X)).sum(axis=1)
    share = (hits + scoring.JEFFREYS) / (past_cases.DRAWS + 2 * scoring.JEFFREYS)
    return np.where(np.isnan(lowest).any(axis=1), math.nan, share)


def _repaired(group: _Group) -> _Group:
    """The group with the model repaired by the cases of other entry years."""
    if not group.says(MODEL):
        return replace(group, forecasts={**group.forecasts, RECALIBRATED: group.forecasts[MODEL]})
    draws, entered = group.forecasts[MODEL], group.cases["entry_year"].to_numpy()
    fixed = np.empty_like(draws)
    for year in np.unique(entered):
        at = entered == year
        repair = _repair(group, ~at)
        fixed[at] = repair.apply_to_probability(draws[at]) if group.is_event else repair.apply(draws[at])
    return replace(group, forecasts={**group.forecasts, RECALIBRATED: fixed})


def _repair(group: _Group, chosen: NDArray[np.bool_]) -> Repair:
    """The repair that the chosen cases of a group ask for."""
    if not chosen.any():
        return Repair(0.0, 1.0, 0.0, 0.0)
    outcomes = group.outcomes[chosen]
    clusters = (np.asarray(ids, dtype=object)[chosen].tolist() for ids in group.clusters)
    n = scoring.effective_cases(group.model_places[chosen], *clusters)
    if group.is_event:
        return fit_logit_shift(group.forecasts[MODEL][chosen], outcomes, n)
    middles, deviations = group.model_shape
    return fit_repair(middles[chosen], deviations[chosen], outcomes, n)


def fit_repair(middles: Floats, deviations: Floats, outcomes: Floats, n_effective: float) -> Repair:
    """One shift and one spread that bring forecasts to their outcomes, shrunk.

    With w = n / (n + `PSEUDO_CASES`): the shift is w times the mean distance of the outcomes from the
    medians; the spread is the root of w v + 1 - w, with v the mean square of what is left of the distances
    over the standard deviations of the forecasts.

    Parameters
    ----------
    middles, deviations
        Medians and standard deviations of the forecasts, logs, shape (cases,).
    outcomes
        Logs, shape (cases,).
    n_effective
        n, the cases that count.
    """
    weight = n_effective / (n_effective + PSEUDO_CASES)
    off = outcomes - middles
    variance = float((((off - off.mean()) / deviations) ** 2).mean())
    spread = math.sqrt(weight * variance + 1 - weight)
    return Repair(weight * float(off.mean()), spread, weight, n_effective)


def fit_logit_shift(probabilities: Floats, outcomes: Floats, n_effective: float) -> Repair:
    """One shift on logits that brings the mean probability to the share that happened, shrunk as above."""
    weight, count = n_effective / (n_effective + PSEUDO_CASES), len(outcomes)
    happened, said = (
        scoring.base_rate(float(values.sum()), count).probability for values in (outcomes, probabilities)
    )
    shift = math.log(happened / (1 - happened)) - math.log(said / (1 - said))
    return Repair(weight * shift, 1.0, weight, n_effective)


def _score_rows(group: _Group, rng: np.random.Generator) -> list[dict[str, object]]:
    """A row a forecaster."""
    cases = group.cases
    counted = {
        "test": group.test,
        "group": group.name,
        "years_on": group.years,
        "n_cases": len(cases),
        "n_companies": cases["company"].nunique(),
        "n_entry_years": cases["entry_year"].nunique(),
        "primary": "yes" if group.is_primary else "no",
    }
    rows = [counted | {"forecaster": name} | _score(group, name, rng) for name in FORECASTERS]
    verdict = _verdict(rows[FORECASTERS.index(CLASS)]) if group.is_primary else ""
    return [row | {"verdict": verdict} for row in rows]


def _score(group: _Group, forecaster: str, rng: np.random.Generator) -> dict[str, Any]:
    """Score, skill of the model against it, and how well it is calibrated; NaN where it says nothing of a
    case.
    """
    if not (group.says(forecaster) and group.says(MODEL)):
        return dict.fromkeys(_SCORED, math.nan) | {"reason": CANNOT_SAY[forecaster]}
    scores, places = group.scores(forecaster), group.places(forecaster)
    n = scoring.effective_cases(places, *group.clusters)
    row = dict.fromkeys(_SCORED, math.nan) | {"score": float(scores.mean()), "reason": ""}
    if forecaster != MODEL:
        n = min(n, scoring.effective_cases(group.scores(MODEL) - scores, *group.clusters))
        row |= _skill(group, forecaster, scores, rng)
    row["n_effective"] = n
    if group.is_event:
        said = float(group.forecasts[forecaster].mean())
        return row | {"mean_probability": said, "happened_share": float(group.outcomes.mean())}
    for level in LEVELS:
        ends = ensembles.coverage(places, level, n)
        row |= dict(
            zip((f"cover_{level * 100:.0f}{end}" for end in ("", "_low", "_high")), ends, strict=True)
        )
    low, high = np.quantile(group.forecasts[forecaster], [0.1, 0.9], axis=1)
    return row | {
        "mean_pit": float(places.mean()),
        "omnibus_p": ensembles.omnibus_p(places, n),
        "width_80_x": float(np.exp(np.mean(high - low))),
    }


def _skill(group: _Group, forecaster: str, scores: Floats, rng: np.random.Generator) -> dict[str, float]:
    """How the model does against another forecaster, and how it does when repaired."""
    ours, clusters = group.scores(MODEL), group.clusters
    skill = scoring.skill_of_scores(ours, scores, *clusters, rng=rng)
    row = {"skill": skill.value, "skill_low": skill.low, "skill_high": skill.high}
    row["better_probability"] = scoring.better_probability(ours - scores, *clusters, rng=rng)
    if forecaster != RECALIBRATED:
        repaired = group.scores(RECALIBRATED) - scores
        row["recalibrated_skill"] = -float(repaired.mean() / scores.mean())
        row["recalibrated_better_probability"] = scoring.better_probability(repaired, *clusters, rng=rng)
    return row


_SCORED = (
    "n_effective",
    "score",
    "skill",
    "skill_low",
    "skill_high",
    "better_probability",
    "recalibrated_skill",
    "recalibrated_better_probability",
    "mean_probability",
    "happened_share",
    *(f"cover_{level * 100:.0f}{end}" for level in LEVELS for end in ("", "_low", "_high")),
    "mean_pit",
    "omnibus_p",
    "width_80_x",
)


def _verdict(row: Mapping[str, object]) -> str:
    """Whose number comes first by the row of the class: the model's if it beats that, raw or repaired."""
    effective = float(str(row["n_effective"]))
    better = max(float(str(row[name])) for name in ("better_probability", "recalibrated_better_probability"))
    if not effective >= LEAST_EFFECTIVE:
        return TOO_FEW
    return MODEL_FIRST if better >= LEAST_PROBABILITY else CLASS_FIRST


def _pit_rows(group: _Group) -> pd.DataFrame:
    """Where the outcomes lay in the forecasts of the model, raw and repaired, and of the class."""
    tables = []
    for forecaster in (MODEL, RECALIBRATED, CLASS):
        if group.says(forecaster) and not group.is_event:
            places = group.places(forecaster)
            n = scoring.effective_cases(places, *group.clusters)
            columns: dict[str, Any] = {
                "test": group.test,
                "group": group.name,
                "years_on": group.years,
                "forecaster": forecaster,
            }
            columns |= {"n_cases": len(places), "n_effective": n}
            tables.append(ensembles.pit_histogram(places, n).assign(**columns))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def _case_rows(group: _Group) -> pd.DataFrame:
    """What the model said of each case, and what happened."""
    draws, columns = group.forecasts[MODEL], [f"forecast_p{q * 100:02.0f}" for q in QUANTILES]
    if group.is_event:
        ends = np.full((len(draws), len(QUANTILES)), math.nan)
        ends[:, 2] = draws
    else:
        ends = np.exp(np.quantile(draws, QUANTILES, axis=1)).T
    table = pd.DataFrame(ends, columns=columns).assign(
        test=group.test,
        group=group.name,
        years_on=group.years,
        outcome_x=group.outcomes if group.is_event else np.exp(group.outcomes),
        pit=math.nan if group.is_event else group.places(MODEL),
    )
    return pd.concat([table, group.cases[["company", "entry_year", "chosen"]]], axis=1)
