"""What would the methods behind our probabilities have been worth? Past questions made by rule, forecast,
resolved and scored.

Decisions
- A question is made without looking at how it ended: on 30 June of each year, for each series that then had
  enough values, will the value so many months after the last one known lie above a threshold? At most one
  question a series, year and horizon, and windows of one series and horizon do not overlap.
- The horizons are the article's: 12, 24 and 36 months.
- The threshold is a quantile of the naive forecast of that day, a random walk with drift on the scale of the
  series (logs, or logits between bounds), so that the naive forecaster's probability is its nominal one. The
  five quantiles take turns in the order of the questions; the other four turns give the same record with
  other thresholds, and show how far it moves by that.
- What is known on a day is what had been published by then. A best score or a lowest price so far is read at
  the ends of quarters, since its steps alone are days on which something happened.
- Three forecasters besides the naive one: the trend that this report fits (least squares on that scale,
  Student's t), a base rate (how often earlier questions at this quantile, resolved by that day, came true),
  and the pool of all three, weighted as everywhere in this report by the record that they had on that day.
- Questions of one series share their fate, and so do those asked in one year. Skill is therefore bootstrapped
  over series and years at once, and the number that counts is printed.
- Where values are estimates that were made after the day on which they are taken as known, the questions are
  a record of their own and part of no other: whoever made the estimates knew what came later. A score
  that was collected late is no such value: it measures a model that stood as it was.
- The simulation has no record here: nothing that it forecasts of this investment has happened yet. Past cases
  of other companies judge it (`forecasts.calibration`).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from analysis.statistics import scoring, simulation, trend
from analysis.stored_results import computed_once
from analysis.units import heading, unit_of_name

HORIZONS_MONTHS = (12, 24, 36)
QUANTILES = (0.1, 0.3, 0.5, 0.7, 0.9)
ASKED_ON = (6, 30)
"""Month and day on which the questions of a year are made."""
LEAST_POINTS = 6
"""Values known before a question is made: a line and its spread take two and one, and three more say
something about both.
"""
NEAR_DAYS = 45
"""How far the value that resolves a question may lie from its due day."""
QUESTION_COLUMNS = (
    "series",
    "look_ahead",
    "asked_on",
    "last_on",
    "due_on",
    "horizon_months",
    "quantile",
    "threshold",
    "resolves_on",
    "actual_value",
    "unit",
    "outcome",
    "naive_probability",
    "trend_probability",
)
SCORES = (
    "look_ahead",
    "n_questions",
    "n_series",
    "n_years",
    "n_effective",
    "brier",
    "log_score",
    "skill",
    "skill_low",
    "skill_high",
    "verdict",
)
BINS = ("forecaster", "n_questions", "forecast", "observed", "observed_low", "observed_high")
FORECASTERS = {
    "naive": "naive forecast",
    "trend": "trend",
    "base_rate": "base rate",
    "pooled": "pool by record",
    "half": "always 50%",
}
"""Forecasters in the words of a reader, as the tables of scores name them; a question has the probability
that each of them gives in a column ``..._probability``.
"""
POOLED = ("naive", "trend", "base_rate")
"""The forecasters that the pool weighs."""


LOG_SCALE = trend.Scale("exponential", 0.0, 1.0)


@dataclass(frozen=True)
class ForecastSeries:
    """A series of past values that questions can be made of.

    Attributes
    ----------
    name
        What it is, in words.
    points : DataFrame
        ``valid_on, known_on`` (timestamps) and ``value`` (above 0, or between the bounds), by valid_on; a day
        may be there once.
    scale
        On which it is taken to move in straight lines: logs, or logits between bounds.
    look_ahead
        Whether values are estimates that were made after the day on which they are taken as known.
    unit
        Of the values, as a heading has it (`units.heading`).
    """

    name: str
    points: pd.DataFrame
    scale: trend.Scale = LOG_SCALE
    look_ahead: bool = False
    unit: str = ""


@dataclass(frozen=True)
class RandomWalk:
    """A random walk with drift on a scale, read some years ahead: Student's t with `dof` around `centre`."""

    centre: float
    spread: float
    dof: int

    def quantile(self, share: float) -> float:
        """The value on the scale that a share of it lies below."""
        from scipy import stats

        return float(stats.t.ppf(share, self.dof) * self.spread + self.centre)


def random_walk(years: np.ndarray, z: np.ndarray, ahead_years: float) -> RandomWalk:
    """The naive forecast: last value plus drift, for steps of any length.

    Parameters
    ----------
    years, z : ndarray, shape (points,)
        Rising decimal years, and values on the scale.
    ahead_years
        From the last value, above 0.

    Notes
    -----
    With increments d over times h, T = sum h and n increments: drift m = sum d / T, variance a year
    s² = sum (d - m h)² / h / (n - 1), and h years ahead s² (h + h² / T). For equal steps this is the random
    walk of `statistics.backtest`.
    """
    d, h = np.diff(z), np.diff(years)
    total, n = float(h.sum()), len(h)
    drift = float(d.sum()) / total
    variance = float((((d - drift * h) ** 2) / h).sum()) / (n - 1)
    spread = math.sqrt(variance * (ahead_years + ahead_years**2 / total))
    return RandomWalk(float(z[-1]) + drift * ahead_years, spread, n - 1)


EVIDENCE = (
    "nvidia_revenue",
    "hyperscaler_capex",
    "growth_reference",
    "openai_finance",
    "softbank_nav",
    "model_benchmarks",
    "training_cost",
)
"""The evidence tables of `evidence_series`."""


def evidence_series(known: Mapping[str, pd.DataFrame]) -> list[ForecastSeries]:
    """Every series of the evidence tables that questions can be made of, in a stated order.

    Parameters
    ----------
    known
        Evidence tables by name, as known on the cut-off date.
    """
    series = [
        _first_published(
            "NVIDIA's data-centre revenue", known["nvidia_revenue"], "data_center_revenue_usd_mn"
        ),
        *_first_published_by("capital spending of {}", known["hyperscaler_capex"], "capex_usd_mn"),
        *_first_published_by("revenue of {}", known["growth_reference"], "revenue_usd_bn"),
    ]
    finance = known["openai_finance"].query("counts == 'yes'")
    for measure, name, unit in (
        ("annualised_revenue", "OpenAI's annualised revenue", heading("usd_bn")),
        ("weekly_users", "ChatGPT's weekly users", "million people"),
    ):
        series.append(_first_published(name, finance[finance["measure"] == measure], "value", unit))
    series.append(_first_published("SoftBank's net asset value", known["softbank_nav"], "nav_jpy_tn"))
    for benchmark, floor in {"GPQA Diamond": 0.25, "MMLU": 0.25, "HumanEval": 0.0}.items():
        rows = known["model_benchmarks"].query("benchmark == @benchmark and use == 'trend'")
        for kind in ("closed", "open"):
            best = _best_so_far(
                rows[rows["weights"] == kind].assign(value=lambda t: t["score_pct"] / 100), "max"
            )
            scale = trend.Scale("logistic", floor, 1.0)
            series.append(
                ForecastSeries(f"best {kind} score on {benchmark}", best, scale, unit=heading("share"))
            )
    for basis, rows in known["training_cost"].query("run == @LATEST_RUN").groupby("cost_basis", sort=True):
        best = _best_so_far(rows.assign(value=rows["training_cost_usd"]), "max")
        name = f"most expensive training run ({COST_BASES.get(str(basis), basis)})"
        later = bool((pd.to_datetime(rows["estimated_on"]) > rows["known_on"]).any())
        series.append(ForecastSeries(name, best, look_ahead=later, unit=heading("usd")))
    return [entry for entry in series if len(entry.points) > LEAST_POINTS]


LATEST_RUN = "C"
COST_BASES = {
    "amortized_hardware_capex_plus_energy": "amortised hardware and energy",
    "cloud_rental": "rented hardware",
}
"""What a training cost counts, in words."""


@computed_once
def questions(series: Sequence[ForecastSeries], as_of: str | dt.date, turn: int = 0) -> pd.DataFrame:
    """Every question that the rule makes and our data resolve.

    Parameters
    ----------
    series
        From `evidence_series`, or made up.
    as_of
        Only what was known by then resolves.
    turn
        0 to 4: with which of `QUANTILES` the turns begin.

    Returns
    -------
    DataFrame
        One row a question, those of `look_ahead` last, by the day it was made, series and horizon: ``series,
        look_ahead`` (yes or no), ``asked_on, last_on, due_on, horizon_months, quantile, threshold,
        resolves_on`` (day by which its value was known), ``actual_value``, its ``unit``, ``outcome`` (bool:
        the value lies above), and a ``..._probability`` of each of `FORECASTERS`, strictly between 0 and 1.
    """
    windows = _windows_of(series, as_of)
    parts = [_questions([w for w in windows if w.row["look_ahead"] == yes], turn) for yes in ("no", "yes")]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def _questions(windows: Sequence[_Window], turn: int) -> pd.DataFrame:
    """The questions of one record: neither their turns nor their probabilities know of the other."""
    rows = [window.question(QUANTILES[(turn + at) % len(QUANTILES)]) for at, window in enumerate(windows)]
    table = pd.DataFrame(rows, columns=list(QUESTION_COLUMNS))
    if table.empty:
        later = ("base_rate_probability", "pooled_probability", "half_probability")
        return table.assign(**dict.fromkeys(later, pd.Series(dtype=float)))
    table["base_rate_probability"] = [_base_rate(table, row) for row in table.to_dict("records")]
    table["pooled_probability"] = _pooled(table)
    return table.assign(half_probability=0.5)


def _pooled(table: pd.DataFrame) -> pd.Series:
    """The linear pool of each question, with weights by what had resolved on the day it was made."""
    pools = {
        at: scoring.linear_pool({name: float(row[f"{name}_probability"]) for name in POOLED}, weights)
        for asked_on, rows in table.groupby("asked_on")
        for weights in [_record(table[table["resolves_on"] <= asked_on]).weights]
        for at, row in rows.iterrows()
    }
    return pd.Series(pools, dtype=float)


class Record(NamedTuple):
    """What the forecasters of a pool lost on the same questions."""

    losses: dict[str, float]
    """Summed Brier scores by name of `POOLED`."""
    n: int
    n_effective: float
    """Questions that count: the fewest by `scoring.effective_cases` of the score differences between one of
    the forecasters and the naive one, over series and years.
    """

    @property
    def eta(self) -> float:
        """How fast the record counts in `scoring.pool_weights`: 2 n_effective / n, 0 without a question."""
        return 2 * self.n_effective / self.n if self.n else 0.0

    @property
    def weights(self) -> dict[str, float]:
        """What each of them weighs in the pool; equal without a question."""
        return scoring.pool_weights(self.losses, self.eta)


def record(table: pd.DataFrame) -> Record:
    """What the forecasters lost on the questions of `questions`, without those of `look_ahead`."""
    return _record(table[table["look_ahead"] == "no"])


def _record(table: pd.DataFrame) -> Record:
    if table.empty:
        return Record(dict.fromkeys(POOLED, 0.0), 0, 0.0)
    scores = {name: scoring.brier(table[f"{name}_probability"], table["outcome"]) for name in POOLED}
    effective = [
        scoring.effective_cases(scores[name] - scores["naive"], *_clusterings(table)) for name in POOLED[1:]
    ]
    return Record({name: float(values.sum()) for name, values in scores.items()}, len(table), min(effective))


def _clusterings(table: pd.DataFrame) -> tuple[list[str], list[int]]:
    """What questions share their fate with: their series, and the year in which they were asked."""
    return table["series"].tolist(), table["asked_on"].dt.year.tolist()


def score_forecasters(table: pd.DataFrame, seed: int, level: float = 0.9) -> pd.DataFrame:
    """How the forecasters did on the same questions.

    Parameters
    ----------
    table
        From `questions`.
    seed
        Of the bootstrap over series and years; each forecaster gets a stream of its own.

    Returns
    -------
    DataFrame
        One row a forecaster, and where there are questions of ``look_ahead`` one more of each with their
        scores alone: ``forecaster, look_ahead``; ``n_questions, n_series, n_years``; ``n_effective`` by
        the score differences from the naive forecast; ``brier, log_score`` (means; smaller is better);
        ``skill, skill_low, skill_high`` of the Brier score against the naive forecast, with the ends of the
        bootstrap interval (NaN where all questions are of one series or year); ``verdict``: better, worse, no
        different (the interval holds 0), not tested (there is none), or the measure. The naive forecast
        itself has no number that counts and no skill.
    """
    purposes = {"no": "track_record", "yes": "track_record, look_ahead"}
    streams = simulation.spawn(seed, list(purposes.values()))
    rows = [
        {"forecaster": words, "look_ahead": later} | _scores(part, name, rng, level)
        for later, purpose in purposes.items()
        for part in [table[table["look_ahead"] == later]]
        if len(part)
        for (name, words), rng in zip(
            FORECASTERS.items(), streams[purpose].spawn(len(FORECASTERS)), strict=True
        )
    ]
    return pd.DataFrame(rows, columns=["forecaster", *SCORES])


def _scores(table: pd.DataFrame, name: str, rng: np.random.Generator, level: float) -> dict[str, object]:
    """`SCORES` of one forecaster on one record."""
    outcome = table["outcome"].to_numpy()
    ours, naive = (table[f"{n}_probability"].to_numpy(dtype=float) for n in (name, "naive"))
    skill = scoring.skill(ours, naive, outcome, *_clusterings(table), rng=rng, level=level)
    row: dict[str, object] = {
        "n_questions": skill.n,
        "n_series": skill.n_clusters[0],
        "n_years": skill.n_clusters[1],
        "brier": float(scoring.brier(ours, outcome).mean()),
        "log_score": float(scoring.log_score(ours, outcome).mean()),
    }
    if name == "naive":
        return row | {"verdict": "the measure"}
    return row | {
        "n_effective": skill.n_effective,
        "skill": skill.value,
        "skill_low": skill.low,
        "skill_high": skill.high,
        "verdict": _verdict(skill),
    }


@computed_once
def skill_by_turn(series: Sequence[ForecastSeries], as_of: str | dt.date) -> pd.DataFrame:
    """The Brier skill of trend, base rate and pool under each turn of the thresholds, without the series of
    `look_ahead`: ``turn, forecaster, skill``.
    """
    # fitted once: the turns differ in their thresholds alone
    windows = _windows_of([entry for entry in series if not entry.look_ahead], as_of)
    rows: list[dict[str, object]] = []
    for turn in range(len(QUANTILES)) if windows else ():
        table = _questions(windows, turn)
        naive = scoring.brier(table["naive_probability"], table["outcome"]).sum()
        rows += [
            {
                "turn": turn,
                "forecaster": FORECASTERS[name],
                "skill": float(
                    1 - scoring.brier(table[f"{name}_probability"], table["outcome"]).sum() / naive
                ),
            }
            for name in ("trend", "base_rate", "pooled")
        ]
    return pd.DataFrame(rows, columns=["turn", "forecaster", "skill"])


def reliability(table: pd.DataFrame, names: Sequence[str] = ("naive", "trend", "pooled")) -> pd.DataFrame:
    """How often it happened at each forecast probability, without the questions of `look_ahead`.

    Returns
    -------
    DataFrame
        `BINS`, a row a forecaster and bin of `scoring.calibration`: ``n_questions`` in it, ``forecast``, the
        mean of their probabilities, and ``observed``, the share that came true, with its 90% interval (of
        the questions that count).
    """
    main = table[table["look_ahead"] == "no"]
    rows = [
        {"forecaster": FORECASTERS[name], "n_questions": row["n"]} | row
        for name in names
        if len(main)
        for row in scoring.calibration(main[f"{name}_probability"], main["outcome"], *_clusterings(main))
    ]
    return pd.DataFrame(rows, columns=list(BINS))


def _verdict(skill: scoring.SkillScore) -> str:
    if math.isnan(skill.low):
        return "not tested"
    if not skill.low > 0 and not skill.high < 0:
        return "no different"
    return "better" if skill.low > 0 else "worse"


def _first_published(name: str, rows: pd.DataFrame, value: str, unit: str | None = None) -> ForecastSeries:
    """Values as they stand, one a day: the first published; in the unit that the column's name ends in, if
    none is given.
    """
    values = rows.assign(value=rows[value].astype(float)).dropna(subset="value")
    values = values.sort_values(["valid_on", "known_on"], kind="stable").drop_duplicates("valid_on")
    points = values[["valid_on", "known_on", "value"]].reset_index(drop=True)
    return ForecastSeries(name, points, unit=unit or unit_of_name(value) or "")


def _first_published_by(template: str, rows: pd.DataFrame, value: str) -> list[ForecastSeries]:
    return [
        _first_published(template.format(name), part, value)
        for name, part in rows.groupby("company", sort=True)
    ]


def _best_so_far(rows: pd.DataFrame, best: Literal["max", "min"]) -> pd.DataFrame:
    """The best so far at the ends of quarters, from what was published by each."""
    if rows.empty:
        return pd.DataFrame({"valid_on": [], "known_on": [], "value": []})
    dated = rows.assign(seen=rows[["valid_on", "known_on"]].max(axis=1))
    ends = pd.date_range(dated["seen"].min(), dated["seen"].max(), freq="QE")
    values = [getattr(dated.loc[dated["seen"] <= end, "value"], best)() for end in ends]
    return pd.DataFrame({"valid_on": ends, "known_on": ends, "value": values})


@dataclass(frozen=True)
class _Window:
    """A window with the naive forecast and the trend of its first day."""

    row: Mapping[str, object]
    scale: trend.Scale
    naive: RandomWalk
    line: trend.Trend
    due: float

    def question(self, quantile: float) -> dict[str, object]:
        """The window as a question at a quantile of the naive forecast."""
        threshold = float(self.scale.unit(np.array([self.naive.quantile(quantile)]))[0])
        chance = min(max(self.line.probability_above(self.due, threshold), LEAST_CHANCE), 1 - LEAST_CHANCE)
        return dict(self.row) | {
            "quantile": quantile,
            "threshold": threshold,
            "outcome": bool(float(str(self.row["actual_value"])) > threshold),
            "naive_probability": 1 - quantile,
            "trend_probability": chance,
        }


def _windows_of(series: Sequence[ForecastSeries], as_of: str | dt.date) -> list[_Window]:
    """Every window by the day of its question, series and horizon."""
    windows = [
        _fit_window(entry, row)
        for entry in series
        for months in HORIZONS_MONTHS
        for row in _windows(entry, months, pd.Timestamp(as_of))
    ]
    return sorted(
        windows,
        key=lambda window: (
            str(window.row["asked_on"]),
            str(window.row["series"]),
            int(str(window.row["horizon_months"])),
        ),
    )


def _fit_window(series: ForecastSeries, row: Mapping[str, object]) -> _Window:
    """What was known on the day of the question, as a random walk and as a trend."""
    points = series.points[series.points["known_on"] <= row["asked_on"]]
    years, values = trend.decimal_year(points["valid_on"]), points["value"].to_numpy(dtype=float)
    due = float(trend.decimal_year(pd.Series([row["due_on"]]))[0])
    naive = random_walk(years, series.scale.line(values), due - float(years[-1]))
    scale = series.scale
    line = trend.fit(years, values, form=scale.form, floor=scale.floor, ceiling=scale.ceiling)
    return _Window(row, series.scale, naive, line, due)


def _windows(series: ForecastSeries, months: int, as_of: pd.Timestamp) -> Iterator[dict[str, object]]:
    """The windows of one series and horizon that do not overlap and have ended by a day."""
    points, free_from = series.points[series.points["known_on"] <= as_of], pd.Timestamp.min
    if points.empty:
        return
    for year in range(points["known_on"].min().year, as_of.year + 1):
        asked_on = pd.Timestamp(year, *ASKED_ON)
        before = points[points["known_on"] <= asked_on]
        if len(before) < LEAST_POINTS or before["value"].nunique() < 3:
            continue
        last = before["valid_on"].max()
        due = last + pd.DateOffset(months=months)
        gap = (points["valid_on"] - due).abs()
        if last < free_from or gap.min() > pd.Timedelta(days=NEAR_DAYS):
            continue
        end = points.loc[gap.idxmin()]
        if end["known_on"] <= asked_on:
            continue
        yield {
            "series": series.name,
            "look_ahead": "yes" if series.look_ahead else "no",
            "asked_on": asked_on,
            "last_on": last,
            "due_on": end["valid_on"],
            "horizon_months": months,
            "resolves_on": end["known_on"],
            "actual_value": float(end["value"]),
            "unit": series.unit,
        }
        free_from = end["valid_on"]


LEAST_CHANCE = 1e-3
"""No forecast of one of these questions is surer than one in a thousand: none of the methods knows what it
does not model.
"""


def _base_rate(table: pd.DataFrame, row: Mapping[Hashable, object]) -> float:
    """How often earlier questions at this quantile, resolved by the day this one was made, came true; one
    half without any.
    """
    seen = table[(table["resolves_on"] <= row["asked_on"]) & (table["quantile"] == row["quantile"])]
    return scoring.base_rate(int(seen["outcome"].sum()), len(seen)).probability if len(seen) else 0.5
