"""Are the fits right where the answer is known? A certified set, and simulated series of a known factor.

Decisions
- The certified set is Norris of the NIST Statistical Reference Datasets, a straight line whose results NIST
  computed with 500 digits; agreement is counted in digits, as NIST counts it.
- A simulated series has a factor, a spread and dates that were chosen; how often the intervals hold what was
  chosen is counted and stands with its own interval. The tests of this project do the same with 2,000 series.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis.statistics import trend
from analysis.statistics.simulation import probability

SOURCE = {
    "title": "NIST Statistical Reference Datasets, Norris",
    "url": "https://www.itl.nist.gov/div898/strd/lls/data/LINKS/DATA/Norris.dat",
}

NORRIS = (
    (0.2, 0.1),
    (337.4, 338.8),
    (118.2, 118.1),
    (884.6, 888.0),
    (10.1, 9.2),
    (226.5, 228.1),
    (666.3, 668.5),
    (996.3, 998.5),
    (448.6, 449.1),
    (777.0, 778.9),
    (558.2, 559.2),
    (0.4, 0.3),
    (0.6, 0.1),
    (775.5, 778.1),
    (666.9, 668.8),
    (338.0, 339.3),
    (447.5, 448.9),
    (11.6, 10.8),
    (556.0, 557.7),
    (228.1, 228.3),
    (995.8, 998.0),
    (887.6, 888.8),
    (120.2, 119.6),
    (0.3, 0.3),
    (0.3, 0.6),
    (556.8, 557.6),
    (339.1, 339.3),
    (887.2, 888.0),
    (999.0, 998.5),
    (779.0, 778.9),
    (11.1, 10.2),
    (118.3, 117.6),
    (229.2, 228.9),
    (669.1, 668.4),
    (448.9, 449.2),
    (0.5, 0.2),
)
"""Points (x, y): ozone concentration by the instrument under calibration against the standard (Norris, NIST);
a work of the US government, in the public domain.
"""

CERTIFIED = {
    "intercept": -0.262323073774029,
    "standard error of the intercept": 0.232818234301152,
    "slope": 1.00211681802045,
    "standard error of the slope": 0.429796848199937e-03,
    "residual standard deviation": 0.884796396144373,
    "R squared": 0.999993745883712,
}


MOST_DIGITS = 11
"""Digits that are compared; further ones depend on the processor."""


def norris_fit() -> pd.DataFrame:
    """The certified results and those of `trend.fit`.

    Returns
    -------
    DataFrame
        ``quantity, certified, our_value, digits``: the last is -log10 of the relative difference, in whole
        digits, `MOST_DIGITS` at most.

    References
    ----------
    NIST/ITL StRD, Linear Least Squares Regression, Norris (lower level of difficulty).
    """
    x, y = (np.array(column) for column in zip(*NORRIS, strict=True))
    line = trend.fit(x, y)
    computed = dict(
        zip(
            CERTIFIED,
            (
                line.params["const"],
                line.bse["const"],
                line.params["slope"],
                line.bse["slope"],
                line.diagnostics().residual_sd,
                line.rsquared,
            ),
            strict=True,
        )
    )
    rows = []
    for name, certified in CERTIFIED.items():
        difference = abs(computed[name] - certified) / abs(certified)
        digits = MOST_DIGITS if difference == 0 else min(MOST_DIGITS, math.floor(-math.log10(difference)))
        rows.append(
            {
                "quantity": name,
                "certified": certified,
                "our_value": float(computed[name]),
                "digits": digits,
            }
        )
    return pd.DataFrame(rows)


def coverage(
    rng: np.random.Generator,
    *,
    factor: float = 2.5,
    spread: float = 0.8,
    points: int = 40,
    runs: int = 400,
    level: float = 0.95,
) -> pd.DataFrame:
    """How often the intervals of a fit hold what was chosen, over simulated series.

    Parameters
    ----------
    rng : Generator
        Stream of the noise.
    factor : float
        What a year multiplies by.
    spread : float
        Standard deviation of the noise, logs.
    points, runs : int
        Points of a series, evenly over nine years; series.
    level : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        ``interval`` (of the factor, of the curve a year ahead, of a new point a year ahead), ``covered, low,
        high`` (share of series, with its 95% interval), ``runs``.
    """
    t = np.linspace(2016.0, 2025.0, points)
    log_values = (t - 2020) * math.log(factor)
    ahead = 2026.0
    true = math.exp((ahead - 2020) * math.log(factor))
    hits = np.zeros((runs, 3), dtype=bool)
    for run in range(runs):
        line = trend.fit(
            t, np.exp(log_values + spread * rng.standard_normal(points)), form="exponential", level=level
        )
        low, high = line.growth_factor_interval
        at = line.forecast(ahead).iloc[0]
        new = true * math.exp(spread * rng.standard_normal())
        hits[run] = (
            low <= factor <= high,
            at["mean_ci_lower"] <= true <= at["mean_ci_upper"],
            at["obs_ci_lower"] <= new <= at["obs_ci_upper"],
        )
    names = ("factor a year", "curve a year ahead", "new point a year ahead")
    rows = []
    for name, column in zip(names, hits.T, strict=True):
        share = probability(column)
        rows.append(
            {"interval": name, "covered": share.value, "low": share.low, "high": share.high, "runs": runs}
        )
    return pd.DataFrame(rows)
