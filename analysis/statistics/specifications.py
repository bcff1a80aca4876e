"""Does a growth rate survive other choices? The same record fitted in every way that can be defended.

Decisions
- Four choices are crossed: which window, which weights, which points count as outliers, and how the line is
  drawn. The primary specification is the first of each, written down before the fit; every other one is
  tried, none is picked.
- Least squares feels single points, Huber's M-estimator less, the median regression hardly: three lines
  through the logs.
- An outlier is a point whose studentised residual from the plain line of its own window exceeds 3, with
  itself left out.
- A specification that the data cannot carry keeps its row with the reason; it is counted and has no number.
  So does every one where there are too few points, as on an early day.
- Many looks find something by chance: p values against a stated factor are adjusted by Holm over all that
  were fitted.
"""

from __future__ import annotations

import datetime as dt
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.statistics import trend
from analysis.statistics.breaks import holm_column
from analysis.statistics.trend import decimal_year
from analysis.stored_results import computed_once

Floats = NDArray[np.float64]
METHODS = {"OLS": "OLS", "Huber": "RLM", "median": "QuantReg"}
"""How the line is drawn (least squares, M-estimator, median), and statsmodels' name of it."""

OUTLIERS = ("all points", "no outliers")
OUTLIER_CUT = 3.0
"""Studentised residual beyond which a point is an outlier."""

SUMMARY_COLUMNS = ["specification", "factor", "low", "high", "n", "p_holm", "primary", "reason"]
"""Columns of `SpecificationCurve.summary`."""

EXACT = 1e-9
"""Scatter below this share of the range is rounding, and no spread."""


class Window(NamedTuple):
    """A stretch of the record, both ends in it: in decimal years or days, and no longer before its last point
    than `last_years`.
    """

    start: float | dt.date = -math.inf
    end: float | dt.date = math.inf
    last_years: float = math.inf

    def holds(self, t: Floats) -> NDArray[np.bool_]:
        """Which of some decimal years lie in it, the last of them being the record's."""
        start, end = (float(decimal_year([x])[0]) if isinstance(x, dt.date) else x for x in self[:2])
        return (t >= start) & (t <= end) & (t >= t.max(initial=-math.inf) - self.last_years)


WHOLE_RECORD: Mapping[str, Window] = {"whole record": Window()}


def windows_since(*years: float) -> dict[str, Window]:
    """The whole record, which is the primary window, and what is left of it from some years on."""
    return {**WHOLE_RECORD, **{f"since {year:g}": Window(year) for year in years}}


@dataclass(frozen=True)
class SpecificationCurve:
    """A growth factor under every specification.

    Attributes
    ----------
    table : DataFrame
        One row a specification, the primary one first: ``specification`` (its choices in words), ``window,
        weights, outliers, method``, ``factor, low, high`` (times per year, interval at `level`), ``n``
        (points), ``p`` and ``p_holm`` (that the factor is `against`), ``primary``, ``reason`` (why there is
        no number).
    tried, fitted : int
        Specifications, and those of them that the data could carry.
    against : float
        The factor under test, times per year.
    level : float
        Level of the intervals.
    """

    table: pd.DataFrame
    tried: int
    fitted: int
    against: float
    level: float

    @property
    def summary(self) -> pd.DataFrame:
        """The table without the single choices, which the name of a specification has, and without raw p."""
        return self.table[SUMMARY_COLUMNS]

    @property
    def span(self) -> tuple[float, float]:
        """The lowest and the highest factor of all that were fitted."""
        return float(self.table["factor"].min()), float(self.table["factor"].max())

    @property
    def rejecting(self) -> int:
        """How many specifications tell the factor from `against` after Holm's adjustment."""
        return int((self.table["p_holm"] < 1 - self.level).sum())


@computed_once
def curve(
    t: ArrayLike,
    y: ArrayLike,
    *,
    windows: Mapping[str, Window] = WHOLE_RECORD,
    weights: Mapping[str, ArrayLike | None] | None = None,
    methods: Sequence[str] = tuple(METHODS),
    groups: Sequence[Any] | pd.Series | None = None,
    against: float = 1.0,
    level: float = 0.95,
) -> SpecificationCurve:
    """A yearly growth factor under every combination of window, weights, outlier rule and method.

    Parameters
    ----------
    t, y : array, shape (n,)
        Decimal years, and values above 0 in their own unit.
    windows : mapping of str to Window
        By name; the first is the primary one.
    weights : mapping of str to array of shape (n,) or None
        Precisions by name, None for equal ones; the first is the primary one. Only least squares uses them:
        with others it alone is tried. Equal ones where not given.
    methods : sequence of str
        Of `METHODS`; the first is the primary one.
    groups : sequence, shape (n,), optional
        Clusters of the errors of least squares.
    against : float
        Factor under test, above 0: 1 for no growth.
    level : float
        Level of the intervals, between 0 and 1.

    Returns
    -------
    Curve

    Raises
    ------
    ValueError
        Values that no trend takes (`trend.fit`), an unknown method, nothing to try, or a factor of 0 or less.

    References
    ----------
    Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4; Holm (1979),
    Scandinavian Journal of Statistics 6(2).
    """
    if not against > 0:
        raise ValueError(f"against is {against}: write a factor above 0, 1 for no growth")
    if unknown := [name for name in methods if name not in METHODS]:
        raise ValueError(f"methods {unknown} are unknown: write some of {', '.join(METHODS)}")
    weights = {"equal": None} if weights is None else weights
    if not (windows and weights and methods):
        raise ValueError(
            "windows, weights and methods need one entry each at least: the first is the primary one"
        )
    if np.size(t) >= trend.LEAST_POINTS:
        trend.fit(t, y, form="exponential", level=level)  # refuses what no specification can carry
    sample = _Sample(np.asarray(t, dtype=float), np.asarray(y, dtype=float), None, _clusters(groups))
    rows: list[dict[str, Any]] = []
    for (window, span), (weight, precision), rule, method in product(
        windows.items(), weights.items(), OUTLIERS, methods
    ):
        if precision is not None and method != "OLS":
            continue
        part = sample._replace(precision=_floats(precision)).where(span.holds(sample.t))
        choices = {"window": window, "weights": weight, "outliers": rule, "method": method}
        try:
            estimate = _fit_slope(part, rule, method, math.log(against), level)
        except ValueError as reason:
            estimate = {"reason": str(reason)}
        rows.append(choices | estimate | {"primary": not rows})
    table = _table(rows)
    return SpecificationCurve(table, len(table), int(table["factor"].notna().sum()), against, level)


def _table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """`SpecificationCurve.table`."""
    choices = ["window", "weights", "outliers", "method"]
    table = pd.DataFrame(rows, columns=[*choices, "factor", "low", "high", "n", "p", "primary", "reason"])
    table.insert(0, "specification", table[choices].agg(", ".join, axis=1))
    table["reason"] = table["reason"].fillna("")
    return table.assign(p_holm=holm_column(table["p"]))


class _Sample(NamedTuple):
    """Points with the precision and the cluster of each, where there are such."""

    t: Floats
    y: Floats
    precision: Floats | None
    clusters: NDArray[np.object_] | None

    def where(self, included: NDArray[np.bool_]) -> _Sample:
        """The points that are included."""
        chosen = (None if values is None else values[included] for values in self)
        return _Sample(*chosen)  # type: ignore[arg-type]


def _floats(values: ArrayLike | None) -> Floats | None:
    return None if values is None else np.asarray(values, dtype=float)


def _clusters(groups: Sequence[Any] | pd.Series | None) -> NDArray[np.object_] | None:
    return None if groups is None else np.asarray(groups, dtype=object)


def _fit_slope(sample: _Sample, rule: str, method: str, slope: float, level: float) -> dict[str, Any]:
    """Factor, interval and p value of `slope` under one specification."""
    if rule == OUTLIERS[1]:
        sample = sample.where(~_outliers(sample.t, sample.y))
    t, y, precision, clusters = sample
    if method == "OLS":
        fit = trend.fit(
            t,
            y,
            form="exponential",
            level=level,
            cov="nonrobust" if clusters is None else "cluster",
            groups=None if clusters is None else list(clusters),
            weights=precision,
        )
        distance, df = (fit.params["slope"] - slope) / fit.bse["slope"], fit.diagnostics().df_interval
        ends = fit.growth_factor_interval
        return _row(fit.growth_factor_per_year, *ends, fit.nobs, _two_sided(distance, df))
    line = trend.fit(t, y, form="exponential", level=level)  # the same refusals as for least squares
    if line.diagnostics().residual_sd <= EXACT * np.ptp(np.log(y)):
        raise ValueError(
            f"{method} found no line: the points lie on one, which leaves nothing to tell an error by"
        )
    return _robust(t, y, method, slope, level)


def _robust(t: Floats, y: Floats, method: str, slope: float, level: float) -> dict[str, Any]:
    from scipy import stats
    from statsmodels import api

    x = np.column_stack([np.ones_like(t), t - t.mean()])
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a search that did not end, or a spread of zero, is no result
        try:
            fit = getattr(api, METHODS[method])(np.log(y), x).fit()
        except (Warning, ValueError, ZeroDivisionError) as reason:
            raise ValueError(f"{method} found no line: {reason}") from reason
    estimate, error, df = float(fit.params[1]), float(fit.bse[1]), len(t) - 2
    if not (math.isfinite(error) and error > 0):
        raise ValueError(f"{method} has no standard error from {len(t)} points")
    half = float(stats.t.ppf(0.5 + level / 2, df)) * error
    ends = math.exp(estimate - half), math.exp(estimate + half)
    return _row(math.exp(estimate), *ends, len(t), _two_sided((estimate - slope) / error, df))


def _row(factor: float, low: float, high: float, n: int, p: float) -> dict[str, Any]:
    return {"factor": factor, "low": low, "high": high, "n": n, "p": p, "reason": ""}


def _two_sided(distance: float, df: float) -> float:
    from scipy import stats

    return float(2 * stats.t.sf(abs(distance), df))


def _outliers(t: Floats, y: Floats) -> NDArray[np.bool_]:
    """Points whose externally studentised residual exceeds `OUTLIER_CUT`; none below five points."""
    from statsmodels.regression.linear_model import OLS

    if len(t) < 5 or np.ptp(t) == 0:
        return np.zeros(len(t), dtype=bool)
    fit = OLS(np.log(y), np.column_stack([np.ones_like(t), t - t.mean()])).fit()
    # From the internal ones in closed form: statsmodels
    # refits the line without each point, sixty times as slow.
    internal, spare = fit.get_influence().resid_studentized_internal, len(t) - 2
    with np.errstate(divide="ignore", invalid="ignore"):  # the line passes through all points but one
        residuals = internal * np.sqrt((spare - 1) / (spare - internal**2))
    return np.asarray(np.abs(residuals) > OUTLIER_CUT)
