"""How are the results of the tests printed, and how well does the test of calibration tell models apart?

Decisions
- A table has the columns that a reader needs, as pages print numbers, then a line for each verdict, for each
  row that is empty (why), and for the place of the company in each class.
- The simulation study asks the test of calibration about a model that is right and about one that is too sure
  of itself, at as many cases as count here: a test that would catch neither says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.exhibits import number
from analysis.forecasts import calibration
from analysis.forecasts.calibration import CalibrationTest, Results
from analysis.statistics import ensembles
from analysis.units import json_value

Rows = list[dict[str, Any]]

WHOLE, SHARE = ".0f", ".0%"
COLUMNS = {
    "test": None,
    "years_on": WHOLE,
    "group": None,
    "forecaster": None,
    "n_cases": WHOLE,
    "n_effective": WHOLE,
    "score": ".3f",
    "skill": SHARE,
    "better_probability": SHARE,
    "cover_80": SHARE,
    "mean_pit": ".2f",
    "omnibus_p": ".2f",
}
"""The columns of the table and the format of their numbers."""
SCORES = {"CRPS": "CRPS", "Brier": "Brier score"}
STUDIED_SPREAD = 0.5
"""Spread of the model that is too sure of itself, over the spread that would be right."""
SHARED = 0.3
"""Share of the variance that years and companies explain in the study, half of it each."""
INDEPENDENT, CLUSTERED = "independent", "sharing years and companies"
TEST_KEY = ("test", "group", "years_on")


def records(table: pd.DataFrame) -> Rows:
    """The rows of a table as JSON holds them."""
    return [json_value({str(name): value for name, value in row.items()}) for row in table.to_dict("records")]


def score_rows(results: Results) -> Rows:
    """`COLUMNS` of the scores as a reader sees them."""
    return [
        {name: "" if row[name] is None else number(row[name], spec) for name, spec in COLUMNS.items()}
        for row in records(results.scores)
    ]


def lines(results: Results) -> list[str]:
    """For each test whose number comes first and why, then for each empty row why it is empty."""
    scores = results.scores
    deciding = scores[scores["primary"].eq("yes") & scores["forecaster"].eq(calibration.CLASS)]
    by_test = {row["test"]: row for row in records(deciding)}
    verdicts = [_verdict(test, by_test[test.name]) for test in calibration.TESTS if test.name in by_test]
    return verdicts + [_gap(row) for row in records(scores[scores["reason"].ne("")])]


def _verdict(test: CalibrationTest, row: Mapping[str, Any]) -> str:
    line = f"{test.name}, {test.primary_years} years: {row['verdict']}"
    if row["n_effective"] is None or row["better_probability"] is None:
        return f"{line}."
    counted = f"{number(row['n_effective'], WHOLE)} of {row['n_cases']} cases count"
    raw, repaired = (number(row[f"{which}better_probability"], SHARE) for which in ("", "recalibrated_"))
    least = f"{calibration.LEAST_EFFECTIVE:g} cases and {number(calibration.LEAST_PROBABILITY, SHARE)}"
    return (
        f"{line}. {counted}; by {SCORES[test.score]} the model beats the class with a probability of {raw},"
        f" recalibrated {repaired} (needed: {least})."
    )


def _gap(row: Mapping[str, Any]) -> str:
    return f"{row['test']}, {row['years_on']} years, {row['group']}, {row['forecaster']}: {row['reason']}"


def place_lines(positions: pd.DataFrame) -> list[str]:
    """For each row of `class_estimate.positions` where the company stands in that class."""
    return [
        f"the company in the class of {row['test']}: as large as or larger than"
        f" {number(row['size_percentile'], WHOLE)}% of {row['n_cases']} cases, as fast as or faster than"
        f" {number(row['growth_percentile'], WHOLE)}%; {row['n_as_far']} cases lie as far from the middle,"
        f" and outcomes are spread {number(row['widening_x'], '.2f')} times as far for it."
        for row in records(positions)
    ]


def study(results: Results, seed: int) -> Rows:
    """How often the test of calibration passes a model that is right, and catches one with half the spread.

    Returns
    -------
    list of dict
        ``test years_on cases n_effective right_passes_pct half_spread_caught_pct``, two rows for each
        deciding test of a distribution: independent cases, as many as count, and cases that share their fate
        by year and company as ours do (`SHARED` of their variance), where how many count is estimated.
    """
    scores, rows = results.scores, []
    tested = scores["primary"].eq("yes") & scores["forecaster"].eq(calibration.MODEL)
    for row in records(scores[tested & scores["omnibus_p"].notna()]):
        test = {name: row[name] for name in ("test", "years_on")}
        cases = results.cases[results.cases[list(TEST_KEY)].eq([row[name] for name in TEST_KEY]).all(axis=1)]
        clusters = [cases[name].tolist() for name in ("entry_year", "company")]
        independent = ensembles.pass_rates(
            int(row["n_effective"]), np.random.default_rng(seed), spread_factor=STUDIED_SPREAD
        )
        shared = ensembles.pass_rates_in_clusters(
            clusters, SHARED, np.random.default_rng(seed), spread_factor=STUDIED_SPREAD
        )
        for kind, rates in ((INDEPENDENT, independent), (CLUSTERED, shared)):
            rows.append(test | {"cases": kind} | _rates(rates))
    return rows


def _rates(rates: ensembles.PassRates) -> dict[str, float]:
    return {
        "n_effective": round(rates.n_effective),
        "right_passes_pct": round(100 * rates.right, 1),
        "half_spread_caught_pct": round(100 * (1 - rates.wrong_spread), 1),
    }
