"""What does a reader see of how the model did on past cases?

Decisions
- Only what decides is shown next to each other: each test at its own horizon and in its own group. All other
  rows are what `thesis calibrate` prints.
- The readings of the model have the names that they have in the headline; what does nothing but go on is
  named by what it goes on with, which is another thing for revenue than for a value.
- Shares and probabilities are in percent, as everywhere on the pages.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.forecasts import calibration
from analysis.forecasts.calibration import CalibrationTest, Results
from analysis.forecasts.class_estimate import CLASS, CORRECTED, RAW

TESTED = {
    "revenue": "revenue after {years} years",
    "value": "value after {years} years",
    "event": "fall by a quarter within {years} years",
}
"""What each test forecasts, in words."""
NAMES = {calibration.MODEL: RAW, calibration.RECALIBRATED: CORRECTED, calibration.CLASS: CLASS}
"""What the forecasters are called that every test has; the other two go on with what is in `GOES_ON`."""
GOES_ON = {
    "revenue": {calibration.CONSTANT: "growth that stays", calibration.INDEX: "long-run growth"},
    "value": {calibration.CONSTANT: "no change", calibration.INDEX: "the stock index"},
    "event": {calibration.CONSTANT: "no change", calibration.INDEX: "the stock index"},
}


def tested(test: CalibrationTest) -> str:
    """What a test forecasts at the horizon that decides, in words."""
    return TESTED[test.name].format(years=test.primary_years)


def scores(results: Results) -> pd.DataFrame:
    """A row a deciding test and forecaster.

    Returns
    -------
    DataFrame
        ``tested forecaster n_cases n_companies n_effective mean_score``; in percent the skill of the raw
        model against the forecaster with its 90% interval, ``skill_pct skill_low_pct skill_high_pct``, that
        of the corrected one, ``corrected_skill_pct``, and how likely each of the two has the better score in
        other years and companies, ``better_pct corrected_better_pct``; empty where a forecaster says nothing.
    """
    rows = [_score(test, row) for test in calibration.TESTS for row in _deciding(results.scores, test)]
    return pd.DataFrame(rows)


def _score(test: CalibrationTest, row: dict[str, Any]) -> dict[str, Any]:
    percent = {
        "skill": "skill_pct",
        "skill_low": "skill_low_pct",
        "skill_high": "skill_high_pct",
        "recalibrated_skill": "corrected_skill_pct",
        "better_probability": "better_pct",
        "recalibrated_better_probability": "corrected_better_pct",
    }
    counted = {name: row[name] for name in ("n_cases", "n_companies", "n_effective")}
    return (
        {"tested": tested(test), "forecaster": _name(test, row["forecaster"])}
        | counted
        | {"mean_score": row["score"]}
        | {column: 100 * row[name] for name, column in percent.items()}
    )


def coverage(results: Results) -> pd.DataFrame:
    """A row a deciding test of a distribution, forecaster with a name of its own, and level.

    Returns
    -------
    DataFrame
        ``tested forecaster level_pct``, and the percent of outcomes inside with the 90% interval of that,
        ``inside_pct inside_low_pct inside_high_pct``.
    """
    rows = [
        {"tested": tested(test), "forecaster": NAMES[row["forecaster"]], "level_pct": 100 * level}
        | {f"inside{end}_pct": 100 * row[f"cover_{100 * level:.0f}{end}"] for end in ("", "_low", "_high")}
        for test in calibration.TESTS
        for row in _deciding(results.scores, test)
        for level in calibration.LEVELS
        if row["forecaster"] in NAMES and pd.notna(row["omnibus_p"])
    ]
    columns = ["tested", "forecaster", "level_pct", "inside_pct", "inside_low_pct", "inside_high_pct"]
    return pd.DataFrame(rows, columns=columns)


def places(results: Results, test: CalibrationTest) -> pd.DataFrame:
    """Where in the forecasts of a deciding test its outcomes lay, a row a forecaster and tenth.

    Returns
    -------
    DataFrame
        ``forecaster place_low place_high``, 0 to 1, and in percent of the outcomes ``outcomes_pct
        band_low_pct band_high_pct``.
    """
    bins = results.pit_bins
    rows = bins[_at(bins, test)] if len(bins) else bins.reindex(columns=["forecaster", *_PLACES])
    shares = {name: 100 * rows[name] for name in ("share", "band_low", "band_high")}
    renamed = rows.assign(**shares).rename(columns=_PLACES)
    return renamed.assign(forecaster=rows["forecaster"].map(NAMES))[["forecaster", *_PLACES.values()]]


_PLACES = {
    "bin_low": "place_low",
    "bin_high": "place_high",
    "share": "outcomes_pct",
    "band_low": "band_low_pct",
    "band_high": "band_high_pct",
}


def cases(results: Results, test: CalibrationTest, group: str = "") -> pd.DataFrame:
    """Each forecast of the raw model at the horizon that decides, and what happened, by entry year.

    Parameters
    ----------
    group
        Its name; without one the group that decides.

    Returns
    -------
    DataFrame
        ``company entry_year forecast_p05 forecast_p25 forecast_p50 forecast_p75 forecast_p95 outcome_x``,
        times the entry.
    """
    rows = results.cases[_at(results.cases, test, group)].sort_values(["entry_year", "company"])
    quantiles = [name for name in map(str, rows) if name.startswith("forecast_p")]
    return rows[["company", "entry_year", *quantiles, "outcome_x"]].reset_index(drop=True)


def _at(table: pd.DataFrame, test: CalibrationTest, group: str = "") -> pd.Series:
    """The rows of a test at the horizon that decides, in its deciding group or another."""
    key = {
        "test": test.name,
        "group": group or calibration.PRIMARY_GROUPS[test.name],
        "years_on": test.primary_years,
    }
    return table[list(key)].eq(list(key.values())).all(axis=1)


def _deciding(table: pd.DataFrame, test: CalibrationTest) -> list[dict[str, Any]]:
    rows = table[_at(table, test)].to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def _name(test: CalibrationTest, forecaster: str) -> str:
    return (NAMES | GOES_ON[test.name])[forecaster]
