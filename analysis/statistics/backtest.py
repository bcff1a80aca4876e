"""How well would each method have forecast? Backtests against the naive forecast, and paths for sums.

Decisions
- A trend is worth a chart only if it would have beaten the naive forecast at the time. What is tested here
  compounds, so that is the drift of its logs: for a regular series a random walk with drift on logs, for a
  cross-section the mean of its last twelve months moved on by its change from the twelve before. Where a line
  is straight in the original unit, nothing compounds and the mean stays.
- A win is counted only where a test bears it out (Diebold and Mariano, with the correction of Harvey,
  Leybourne and Newbold), at 5%, divided by the methods that were tried on a series and horizon. Rows of a
  cross-section are tested as means of quarters, and all of them come from the line of one day: a win counts
  only if a later day can be tested and none contradicts it.
- Origins roll with an expanding window from ten points on, more than the six parameters of the largest
  method. Below eight origins there is no number. Errors are absolute and in the original unit; after a log
  the forecast is the median.
- Origins share most of their data, and the errors of horizons above one overlap: the binomial interval of a
  coverage counts every origin and is the narrowest that can be defended; how many origins lie a whole horizon
  apart is stated next to it.
- A method that fails at an origin is compared with the naive forecast at its other origins only, and the
  notes say so.
- OLS and the two random walks carry the error of their parameters in intervals and paths. Exponential
  smoothing and the local linear trend take their parameters as known, as statsmodels does; their measured
  coverage shows what that costs.
- Likelihoods of short series have several peaks, so each search starts more than once and the highest end
  counts. On the beginnings of the real tables and a hundred simulated series, 141 in all, statsmodels' own
  start ended below the highest end of many starts 33 times (ETS, by up to 9 units of log-likelihood) and
  twice (local trend, by 0.3); the starts used here never did, to 0.01.
- A fit depends on its values alone, never on the fit of an earlier origin, so paths are those of the method
  that was tested.
- Sums of forecasts come from simulated paths. Errors of neighbouring quarters move together, so ends of
  intervals do not add.
- Values are those of the table that is handed in; a later restatement of an early value is not undone.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.exhibits import SKILL_VERDICTS
from analysis.statistics import trend
from analysis.statistics.simulation import Floats, path_quantiles, probability, quantile, spawn
from analysis.stored_results import computed_once
from analysis.units import DAYS_PER_YEAR

NAIVE = "log_drift"
NAMES = {
    "log_drift": "random walk with drift",
    "drift": "drift in the original unit",
    "ols": "exponential trend",
    "ets": "damped ETS on logs",
    "local_trend": "local linear trend",
    "linear": "straight line",
    "exponential": "exponential line",
    "logistic": "logistic line",
}
"""Labels of the methods."""

LEVEL_DRIFT = "drift"
RIVALS = (NAMES[NAIVE], "last twelve months, moved on", "mean of the last twelve months")
"""The naive forecasts in words: of a regular series, of a cross-section, and of a straight line."""
QUARTERS_APART = 4
"""Quarters that lie nearer than that share what a line from one day gets wrong."""
EXACT = 1e-9
"""Errors below this part of the values are rounding."""
TEST_LEVEL = 0.05
"""Level of the test of a win or a loss."""
LEAST_POINTS = 10
LEAST_ORIGINS = 8
HORIZONS = (1, 4, 8)
LEVELS = (0.80, 0.95)
STEP_TOLERANCE = 0.15
"""How far a step may differ from the usual one: calendar quarters differ by 2%, fiscal ones of 13 and 14
weeks by 8%.
"""

PERIODS = {"week": 7.0, "month": 30.44, "quarter": 91.31, "year": DAYS_PER_YEAR}
"""Usual days of a step, by the word for it."""

ETS_STARTS = ((0.97, 0.02, 0.97), (0.2, 0.1, 0.97))
"""Smoothing of level, smoothing of slope and damping from which the search starts again, after statsmodels'
own start.
"""
TREND_START = (0.5, 0.1, 0.01)
"""The same for the local trend: variances of noise, level and slope, in variances of the log steps."""

ANY_METHOD = "any method"
BEATS, ALIKE, LOSES, NOT_BACKTESTABLE, NAIVE_ITSELF = SKILL_VERDICTS


@dataclass(frozen=True)
class Backtest:
    """What each method would have forecast, and how far off it was.

    Attributes
    ----------
    ranking : DataFrame
        One row a series, horizon and method, within a series and horizon by relative MAE: ``series, horizon,
        method``; ``ahead`` (the horizon in words: `4 quarters`); ``origins`` (at which both forecasts exist)
        and ``origins_apart`` (of them a whole horizon apart); ``rival`` in words; ``mae, naive_mae`` (unit of
        the series); ``relative_mae`` (ratio; below one is better than the naive forecast); ``p_better`` and
        ``p_worse`` (of the test that it is, times the methods tried; NaN for the naive forecast itself);
        ``closer_share`` (of origins at which the method was closer than the naive forecast); for each level
        ``coverage_80`` with its 95% Wilson interval ``coverage_80_low, coverage_80_high`` (shares, prediction
        intervals); ``verdict``: `beats naive` or `loses` where the test says so, else `no different`; `not
        backtestable` (then no numbers and a ``reason``), or `naive` for the naive forecast itself.
    forecasts : DataFrame
        One row a forecast: ``series, method, origin, horizon, target`` (dates), ``actual, forecast`` and the
        ends of the prediction intervals ``low_80, high_80, low_95, high_95`` (unit of the series).
    notes : DataFrame
        ``series, method, origin, note``: warnings of the fits and fits that failed.
    """

    ranking: pd.DataFrame
    forecasts: pd.DataFrame
    notes: pd.DataFrame


@dataclass(frozen=True)
class SumShare:
    """An amount as a share of a simulated sum.

    Attributes
    ----------
    amount : float
        The amount, in the unit of the paths.
    horizon, draws : int
        Steps that are summed, and paths.
    table : DataFrame
        One row a quantile: ``quantile_level``; ``total`` and ``share``, that quantile of the sum and of the
        share (the two run against each other); ``share_low, share_high``, the 95% Monte-Carlo interval of
        the share.
    """

    amount: float
    horizon: int
    draws: int
    table: pd.DataFrame


@dataclass(frozen=True)
class MethodChoice:
    """The method whose paths answer a question.

    Attributes
    ----------
    method : str
        One of `METHODS`.
    reason : str
        Why this one, as a sentence.
    """

    method: str
    reason: str


@dataclass(frozen=True)
class _Fit:
    """A method fitted up to an origin: predictive distributions by step, and joint paths, on its scale."""

    centre: Floats
    spread: Floats
    dof: float
    on_log: bool
    paths: Callable[[int, np.random.Generator], Floats]

    def interval(self, level: float) -> tuple[Floats, Floats]:
        from scipy import stats

        half = float(stats.t.ppf(0.5 + level / 2, self.dof)) * self.spread
        return self.unit(self.centre - half), self.unit(self.centre + half)

    def unit(self, x: Floats) -> Floats:
        """From the method's scale to the unit of the series."""
        return np.asarray(np.exp(x) if self.on_log else x)


def _walk(z: Floats, horizon: int, on_log: bool) -> _Fit:
    """Random walk with drift; variance h steps ahead s² (h + h²/n), Student's t with n - 1, n differences."""
    differences = np.diff(z)
    n, drift, s = differences.size, float(differences.mean()), float(differences.std(ddof=1))
    ahead = np.arange(1, horizon + 1)

    def paths(draws: int, rng: np.random.Generator) -> Floats:
        sigma = s * np.sqrt((n - 1) / rng.chisquare(n - 1, (draws, 1)))
        drifts = drift + sigma / math.sqrt(n) * rng.standard_normal((draws, 1))
        return np.asarray(z[-1] + np.cumsum(drifts + sigma * rng.standard_normal((draws, horizon)), axis=1))

    return _Fit(z[-1] + drift * ahead, s * np.sqrt(ahead + ahead**2 / n), n - 1, on_log, paths)


def _ols(y: Floats, horizon: int) -> _Fit:
    """Straight line through ln y on the step number."""
    from statsmodels.regression.linear_model import OLS

    steps = np.arange(y.size + horizon, dtype=float)
    design = np.column_stack([np.ones_like(steps), steps])
    past, future = design[: y.size], design[y.size :]
    fit = OLS(np.log(y), past).fit()
    prediction = fit.get_prediction(future)
    dof, s = float(fit.df_resid), math.sqrt(fit.scale)
    root = np.linalg.cholesky(np.asarray(fit.normalized_cov_params))

    def paths(draws: int, rng: np.random.Generator) -> Floats:
        sigma = s * np.sqrt(dof / rng.chisquare(dof, (draws, 1)))
        lines = np.asarray(fit.params) + sigma * (rng.standard_normal((draws, 2)) @ root.T)
        return np.asarray(lines @ future.T + sigma * rng.standard_normal((draws, horizon)))

    return _Fit(
        np.asarray(prediction.predicted_mean), np.asarray(prediction.se_obs), dof, on_log=True, paths=paths
    )


def _ets(y: Floats, horizon: int) -> _Fit:
    """Exponential smoothing of ln y, additive error and damped additive trend."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    model = ETSModel(pd.Series(np.log(y)), error="add", trend="add", damped_trend=True)
    start = np.asarray(model.start_params, dtype=float)
    starts = (np.concatenate([smoothing, start[3:]]) for smoothing in ETS_STARTS)
    fit = _likeliest(model, [start, *starts])
    prediction = fit.get_prediction(y.size, y.size + horizon - 1)
    spread = np.sqrt(np.asarray(prediction.var_pred_mean, dtype=float))

    def paths(draws: int, rng: np.random.Generator) -> Floats:
        simulated = fit.simulate(horizon, anchor="end", repetitions=draws, rng=rng)
        return np.asarray(simulated, dtype=float).reshape(horizon, draws).T

    return _Fit(np.asarray(prediction.predicted_mean), spread, math.inf, on_log=True, paths=paths)


def _local_trend(y: Floats, horizon: int) -> _Fit:
    """Local linear trend of ln y: level and slope are random walks, observed with noise; both start diffuse
    (Durbin and Koopman 2012, Time Series Analysis by State Space Methods, chapter 5).
    """
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    z = np.log(y)
    # Without the exact start, an enormous variance of the first level leaves the likelihood so few digits
    # that the forecast differs in the fourth one from machine to machine.
    model = UnobservedComponents(z, "local linear trend", use_exact_diffuse=True)
    scale = float(np.diff(z).var())
    fit = _likeliest(model, [np.asarray(model.start_params), np.array(TREND_START) * scale])
    ahead = fit.get_forecast(horizon)

    def paths(draws: int, rng: np.random.Generator) -> Floats:
        simulated = fit.simulate(horizon, anchor="end", repetitions=draws, rng=rng)
        return np.asarray(simulated, dtype=float).reshape(horizon, draws).T

    return _Fit(
        np.asarray(ahead.predicted_mean), np.asarray(ahead.se_mean), math.inf, on_log=True, paths=paths
    )


def _likeliest(model: Any, starts: Sequence[Floats]) -> Any:
    """The fit with the highest likelihood over several starts; only what that one warned of is passed on.

    Raises
    ------
    ValueError
        No start led to a fit.
    """
    best: tuple[float, Floats, list[warnings.WarningMessage]] | None = None
    for start in starts:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                params = model.fit(start_params=start, disp=False, return_params=True)
                llf = float(model.loglike(params))
            except (ValueError, np.linalg.LinAlgError):
                continue
        if math.isfinite(llf) and (best is None or llf > best[0]):
            best = llf, params, caught
    if best is None:
        raise ValueError(f"none of {len(starts)} starts led to a fit")
    for warning in best[2]:
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    return model.smooth(best[1])


_FITS: dict[str, Callable[[Floats, int], _Fit]] = {
    NAIVE: lambda y, horizon: _walk(np.log(y), horizon, on_log=True),
    LEVEL_DRIFT: lambda y, horizon: _walk(y, horizon, on_log=False),
    "ols": _ols,
    "ets": _ets,
    "local_trend": _local_trend,
}
METHODS = tuple(_FITS)
"""Random walk with drift on logs (the naive forecast), the same in the original unit, and on logs OLS, damped
ETS and local linear trend.
"""


@computed_once
def rolling_origin(
    series: Mapping[str, pd.Series],
    *,
    methods: Sequence[str] = METHODS,
    horizons: Sequence[int] = HORIZONS,
    least_points: int = LEAST_POINTS,
) -> Backtest:
    """Rolling-origin backtest of regular series.

    Every origin, from the `least_points`-th value to the last but one, is forecast from the values up to it
    alone.

    Parameters
    ----------
    series : mapping of name to Series
        Values of a regular series (quarters, months or years) by the date of each period's end; sorted here.
        Above zero.
    methods : sequence of str
        Of `METHODS`; the naive one runs in any case.
    horizons : sequence of int
        Steps ahead, 1 or more, each once.
    least_points : int
        Values before the first forecast, 10 or more.

    Returns
    -------
    Backtest

    Raises
    ------
    ValueError
        An unknown or repeated method, a bad horizon, fewer than ten `least_points`; a series that is not
        finite, not above zero, not by date, repeats a date or skips a period: the message says what to use
        instead.

    References
    ----------
    Hyndman and Koehler (2006), International Journal of Forecasting 22(4), for relative
    errors; Tashman (2000), 16(4), for rolling origins; Wilson (1927) for the interval of a share.
    """
    methods = _checked_methods(methods)
    if not horizons or len(set(horizons)) < len(horizons) or any(h != int(h) or h < 1 for h in horizons):
        raise ValueError(
            f"horizons are {list(horizons)}: write whole numbers of steps ahead, 1 or more, each once"
        )
    if least_points < LEAST_POINTS:
        raise ValueError(
            f"least_points is {least_points}: the methods have up to six parameters, write {LEAST_POINTS} or"
            " more"
        )
    if not series:
        raise ValueError("series is empty: write one regular series or more, each under its name")
    forecasts: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for name, values in series.items():
        _roll(name, _regular(name, values, methods), methods, horizons, least_points, forecasts, notes)
    columns = ["series", "method", "origin", "horizon", "target", "actual", "forecast", *_ends()]
    table = pd.DataFrame(forecasts, columns=columns)
    ranking: list[dict[str, Any]] = []
    for name, values in series.items():
        period = _period(values)
        for horizon in horizons:
            ahead = f"{horizon} {period}" + "s" * (horizon > 1)
            rows = [_method_row(table, name, method, horizon, ahead) for method in methods]
            ranking += sorted(map(_judged, _times_methods(rows)), key=_by_error)
    return Backtest(
        pd.DataFrame(ranking), table, pd.DataFrame(notes, columns=["series", "method", "origin", "note"])
    )


def longest_run(series: pd.Series) -> pd.Series:
    """The longest stretch of a series by date without a gap, the latest of equals, as this module needs it.

    A gap is a step that differs from the usual one by more than `STEP_TOLERANCE`.
    """
    values = series.dropna().sort_index()
    days, usual = _steps(values.index)
    if not days.size:
        return values
    breaks = np.flatnonzero(np.abs(days - usual) > STEP_TOLERANCE * usual) + 1
    stretches = np.split(np.arange(values.size), breaks)
    longest = max(reversed(stretches), key=len)
    return values.iloc[longest]


def simulate_paths(
    series: pd.Series, method: str, horizon: int, draws: int, rng: np.random.Generator
) -> Floats:
    """Joint paths of the next `horizon` values.

    Parameters
    ----------
    series : Series
        As in `rolling_origin`, at least ten values.
    method : str
        One of `METHODS`.
    horizon, draws : int
        Steps ahead and paths, 1 or more.
    rng : Generator
        The paths' own stream.

    Returns
    -------
    ndarray, shape (draws, horizon), in the unit of the series. At each step the paths spread
    as the method's prediction interval does; `drift`, `log_drift` and `ols` draw their parameters (with the
    usual flat prior) once a path.

    Raises
    ------
    ValueError
        As in `rolling_origin`; fewer than ten values, horizon or draws below 1, or a fit without a finite
        result.
    """
    (method,) = _checked_methods([method], with_naive=False)
    for name, number in {"horizon": horizon, "draws": draws}.items():
        if number != int(number) or number < 1:
            raise ValueError(f"{name} is {number}: write a whole number of 1 or more")
    label = str(series.name or "series") if isinstance(series, pd.Series) else "series"
    values = _regular(label, series, [method])
    if values.size < LEAST_POINTS:
        raise ValueError(
            f"{label} has {values.size} values: paths need {LEAST_POINTS} or more; grow it by a stated rate"
            " instead"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # `rolling_origin` reports them
        fit = _FITS[method](values.to_numpy(), horizon)
        paths = fit.unit(fit.paths(draws, rng))
    if not np.isfinite(paths).all():
        raise ValueError(
            f"{label}: {method} gives paths that are not finite; use {LEVEL_DRIFT}, or a shorter horizon"
        )
    return paths


def simulate_ahead(
    series: Mapping[str, pd.Series], ranking: pd.DataFrame, horizon: int, *, draws: int, seed: int
) -> pd.DataFrame:
    """Where each series may go next, by the method that its own backtest chooses, and the naive forecast.

    Parameters
    ----------
    series : mapping of name to Series
        As in `rolling_origin`; one of fewer than ten values is left out.
    ranking : DataFrame
        `Backtest.ranking` of these series.
    horizon : int
        Steps ahead, 1 or more.
    draws, seed : int
        Simulated paths of each series, and the seed of their streams, one a series by its name.

    Returns
    -------
    DataFrame
        A row a series and step: ``series``, ``decimal_year`` (in which the step ends), ``p5 p25 p50 p75 p95``
        of the paths and ``naive``, in the unit of the series.
    """
    steps, parts = np.arange(1, horizon + 1), []
    for name, values in series.items():
        if len(values) < LEAST_POINTS:
            continue
        method = method_for(ranking, name, horizon).method
        paths = simulate_paths(values, method, horizon, draws, spawn(seed, [name])[name])
        part = {"series": name, "decimal_year": _years_ahead(values, steps)} | path_quantiles(paths)
        parts.append(
            pd.DataFrame(part).assign(naive=values.iloc[-1] * np.exp(np.log(values).diff().mean() * steps))
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(AHEAD))


AHEAD = ("series", "decimal_year", "p5", "p25", "p50", "p75", "p95", "naive")
"""Columns of `simulate_ahead`."""


def _years_ahead(series: pd.Series, steps: NDArray[np.int64]) -> Floats:
    """The decimal year in which each of some steps ahead ends; a year is a whole number of steps."""
    dates = pd.DatetimeIndex(series.index)
    a_year = round(DAYS_PER_YEAR / _steps(dates)[1])
    return trend.decimal_year(dates[-1:])[0] + steps / a_year


def share_of_sum(amount: float, paths: Floats, quantiles: Sequence[float] = (0.05, 0.5, 0.95)) -> SumShare:
    """What share of the simulated sum an amount is: amount / (sum of each path), by quantile.

    Parameters
    ----------
    amount : float
        0 or more, in the unit of `paths`.
    paths : ndarray, shape (draws, horizon)
        From `simulate_paths`.
    quantiles : sequence of float
        Levels above 0 and below 1.

    Returns
    -------
    SumShare

    Raises
    ------
    ValueError
        An amount below zero, paths of another shape, a path that does not add up to more than zero.
    """
    if not (math.isfinite(amount) and amount >= 0):
        raise ValueError(f"amount is {amount}: write a finite number of 0 or more, in the unit of the paths")
    if paths.ndim != 2 or paths.size == 0:
        raise ValueError(
            f"paths have shape {paths.shape}: write (draws, horizon), as `simulate_paths` returns them"
        )
    totals = paths.sum(axis=1)
    if not (np.isfinite(totals) & (totals > 0)).all():
        count = int((~(np.isfinite(totals) & (totals > 0))).sum())
        raise ValueError(
            f"{count} of {totals.size} paths do not add up to a finite sum above 0: a share needs one; use a"
            " method on logs"
        )
    shares = amount / totals
    rows = []
    for q in quantiles:
        share = quantile(shares, q)
        rows.append(
            {
                "quantile_level": q,
                "total": float(np.quantile(totals, q)),
                "share": share.value,
                "share_low": share.low,
                "share_high": share.high,
            }
        )
    return SumShare(float(amount), int(paths.shape[1]), int(paths.shape[0]), pd.DataFrame(rows))


def time_split(
    name: str,
    dates: Sequence[Any] | pd.Series | pd.DatetimeIndex,
    values: Sequence[float] | pd.Series | Floats,
    splits: Sequence[Any],
    *,
    methods: Sequence[trend.Form] = ("exponential",),
    floor: float = 0.0,
    ceiling: float = 1.0,
    months: int | None = None,
) -> pd.DataFrame:
    """Would a line fitted before a day have forecast what came later? For cross-sections of models or prices.

    `trend.fit` over the rows up to the split, against the rows of the last twelve months before it: their
    mean on the scale of the line, moved on by its change from the twelve months before them; of a straight
    line their mean. Repeated dates are fine.

    Parameters
    ----------
    name : str
        What the values are, as the page calls it.
    dates, values : sequences of equal length
        Date and value of each model or price.
    splits : sequence of dates
        Days fixed beforehand; rows of the day itself belong to the past.
    methods : sequence of {"linear", "exponential", "logistic"}
        Forms of the line, as in `trend.fit`: `exponential` needs values above 0, `logistic` values between
        `floor` and `ceiling`.
    floor, ceiling : float
        Bounds of `logistic` in the unit of the values.
    months : int, optional
        How many months after the split rows are forecast; all of them where it is not given.

    Returns
    -------
    DataFrame
        One row a split and method, within a split by relative MAE: ``trend`` (the name), ``method, split,
        ahead`` (in words: `12 months after 2025-01-01`), ``n_before, n_last_year, n`` (rows forecast),
        ``rival, mae, naive_mae, relative_mae`` (in the unit of the values, which a few large ones decide),
        ``relative_scale_mae`` (the same of errors on the scale of the line, log or logit), ``p_better,
        p_worse`` (of errors on that scale), coverage of prediction intervals as in `Backtest`, ``verdict``
        and ``reason`` where it is `not backtestable`: fewer than eight rows after the split, none in one of
        the two years before it, or rows before it that carry no line.

    Raises
    ------
    ValueError
        Unequal lengths, non-finite values or dates, a value that a method cannot take, an unknown or repeated
        method, bad bounds, or months below one.
    """
    if not methods or len(set(methods)) < len(methods) or set(methods) - set(get_args(trend.Form)):
        raise ValueError(f"methods are {list(methods)}: write some of {get_args(trend.Form)}, each once")
    if months is not None and (months != int(months) or months < 1):
        raise ValueError(f"months is {months}: write a whole number of 1 or more, or leave it out")
    y, days = np.asarray(values, dtype=float), pd.DatetimeIndex(pd.to_datetime(list(dates)))
    if y.shape != (len(days),):
        raise ValueError(f"{len(days)} dates and values of shape {y.shape}: write one value a date")
    if bad := int((~np.isfinite(y) | np.asarray(days.isna())).sum()):
        raise ValueError(f"{bad} of {y.size} rows lack a finite value or a date: leave them out")
    if not floor < ceiling:
        raise ValueError(f"floor is {floor:g} and ceiling {ceiling:g}: write floor below ceiling")
    # a form without bounds takes none
    bounds = {"logistic": (float(floor), float(ceiling))}
    scales = [trend.Scale(form, *bounds.get(form, (0.0, 1.0))) for form in methods]
    for scale in scales:
        _check_domain(y, scale)
    rows: list[dict[str, Any]] = []
    for split in map(pd.Timestamp, splits):
        of_split = [{"trend": name} | _split_row(days, y, split, scale, months) for scale in scales]
        rows += sorted(map(_judged, _times_methods(of_split)), key=_by_error)
    return pd.DataFrame(rows)


def _check_domain(y: Floats, scale: trend.Scale) -> None:
    """Refuse a value that has no place on the scale of a line."""
    with np.errstate(divide="ignore", invalid="ignore"):
        undefined = ~np.isfinite(scale.line(y))
    if undefined.any():
        need = "above 0" if scale.form == "exponential" else f"between {scale.floor:g} and {scale.ceiling:g}"
        raise ValueError(
            f"value {y[undefined][0]:g} is not {need}: method {scale.form} needs that; move a bound, or use"
            " 'linear'"
        )


def _split_row(
    days: pd.DatetimeIndex, y: Floats, split: pd.Timestamp, scale: trend.Scale, months: int | None
) -> dict[str, Any]:
    """One row of `time_split`, without the name of the trend."""
    end = days.max() if months is None else split + pd.DateOffset(months=months)
    before, after = np.asarray(days <= split), np.asarray((days > split) & (days <= end))
    recent = before & np.asarray(days > split - pd.DateOffset(years=1))
    span = "all" if months is None else f"{months} month" + "s" * (months > 1)
    row: dict[str, Any] = {
        "method": scale.form,
        "split": split,
        "ahead": f"{span} after {split:%Y-%m-%d}",
        "n_before": int(before.sum()),
        "n_last_year": int(recent.sum()),
        "n": int(after.sum()),
        "rival": RIVALS[2 if scale.form == "linear" else 1],
        **_not_backtested_columns("relative_scale_mae"),
    }
    earlier = before & ~recent & np.asarray(days > split - pd.DateOffset(years=2))
    if after.sum() < LEAST_ORIGINS:
        return row | {"reason": f"{after.sum()} rows after the split, {LEAST_ORIGINS} are needed"}
    if not recent.any():
        return row | {"reason": "no row in the twelve months before the split"}
    if scale.form != "linear" and not earlier.any():
        return row | {
            "reason": "no row in the twelve months before those, so the naive forecast has no drift"
        }
    if before.sum() < 3 or days[before].nunique() < 2 or np.ptp(y[before]) == 0:
        return row | {"reason": "a line needs three rows, two dates and two values before the split"}
    naive = _moved_on(trend.decimal_year(days), y, scale, (earlier, recent, after))
    return row | _line_errors(trend.decimal_year(days), y, scale, before, after, naive)


def _moved_on(years: Floats, y: Floats, scale: trend.Scale, parts: tuple[NDArray[np.bool_], ...]) -> Floats:
    """The naive forecast of the rows after a split on the scale of the line, from two years before it."""
    earlier, recent, after = parts
    z = scale.line(y)
    middle = float(z[recent].mean())
    if scale.form == "linear":
        return np.full(int(after.sum()), middle)
    drift = (middle - z[earlier].mean()) / (years[recent].mean() - years[earlier].mean())
    return np.asarray(middle + drift * (years[after] - years[recent].mean()))


def _line_errors(
    years: Floats,
    y: Floats,
    scale: trend.Scale,
    before: NDArray[np.bool_],
    after: NDArray[np.bool_],
    naive: Floats,
) -> dict[str, float]:
    """How far the line through the rows before is off the rows after, against the naive forecast of them."""
    line = trend.fit(years[before], y[before], form=scale.form, floor=scale.floor, ceiling=scale.ceiling)
    ahead = {level: line.forecast(years[after], level) for level in LEVELS}
    actual, forecast = y[after], ahead[LEVELS[0]]["mean" if scale.form == "linear" else "median"].to_numpy()
    errors, z = _errors(actual, forecast, scale.unit(naive)), scale.line(actual)
    errors["relative_scale_mae"] = _errors(z, scale.line(forecast), naive)["relative_mae"]
    quarters = np.unique(np.floor(4 * years[after]), return_inverse=True)[1]
    errors |= _tested(*_mean_errors(z, scale.line(forecast), naive, quarters), QUARTERS_APART)
    for level, table in ahead.items():
        errors |= _coverage(level, actual, table["obs_ci_lower"].to_numpy(), table["obs_ci_upper"].to_numpy())
    return errors


PAGE_COLUMNS = (
    "trend",
    "method",
    "ahead",
    "n",
    "rival",
    "relative_mae",
    "p_better",
    "p_worse",
    "relative_scale_mae",
    *(f"coverage_{level * 100:.0f}{end}" for level in LEVELS for end in ("", "_low", "_high")),
    "verdict",
    "reason",
)
"""What `combined_ranking` takes from a backtest."""


def combined_ranking(*frames: pd.DataFrame) -> pd.DataFrame:
    """Every tested trend on one page, the best first.

    Parameters
    ----------
    frames : DataFrame
        From `Backtest.ranking` and `time_split`, any number of each.

    Returns
    -------
    DataFrame
        One row a trend and `ahead`, by relative MAE, those without one last: the best of the methods that
        were tried, and of several splits the first that can be tested, since the rows after a later one are
        among those after it. ``trend, method, ahead, n`` (origins, or rows after the split),
        ``methods_tested, rival, relative_mae, p_better, p_worse, relative_scale_mae`` (NaN for a series),
        ``coverage_80, coverage_80_low, coverage_80_high``, the same of 95, ``verdict, reason``. The naive
        forecast itself has no row: it is the rival.

    Raises
    ------
    ValueError
        No frame, a frame of another kind, or the same trend, method and `ahead` twice.
    """
    parts = []
    for position, frame in enumerate(frames):
        part = frame.rename(columns={"series": "trend", "origins": "n"})
        if absent := set(PAGE_COLUMNS) - {"relative_scale_mae"} - set(part.columns):
            raise ValueError(
                f"frame {position} lacks {sorted(absent)}: hand in Backtest.ranking or the result of"
                " time_split"
            )
        part = _first_split(part)
        parts.append(part[part["method"] != NAIVE].reindex(columns=list(PAGE_COLUMNS)))
    if not parts:
        raise ValueError("frames are missing: hand in Backtest.ranking or the result of time_split")
    page = pd.concat(parts, ignore_index=True)
    twice = page[page.duplicated(["trend", "method", "ahead"])]
    if len(twice):
        raise ValueError(
            f"{' / '.join(twice.iloc[0][['trend', 'method', 'ahead']])} stands twice: name each trend once"
        )
    return _join_untested(_best_method(page)).sort_values("relative_mae", kind="stable", ignore_index=True)


def _best_method(page: pd.DataFrame) -> pd.DataFrame:
    """Of each trend and `ahead` the method with the smallest error, or all where none can be tested."""
    groups = page.groupby(["trend", "ahead"])["relative_mae"]
    page.insert(list(page.columns).index("n") + 1, "methods_tested", groups.transform("count"))
    best = groups.rank(method="first").eq(1)
    return page[best | page["methods_tested"].eq(0)]


def _first_split(part: pd.DataFrame) -> pd.DataFrame:
    """Of the splits of a trend the first that can be tested, or the first; all rows of a rolling origin.

    One day is one forecast: a win or a loss counts only if a later day can be tested and each such day has it
    too.
    """
    if "split" not in part:
        return part
    tested = part[~part["verdict"].eq(NOT_BACKTESTABLE)].groupby(["trend", "method"])["verdict"]
    agreed = tested.transform("nunique").eq(1) & tested.transform("size").gt(1)
    agreed = agreed.reindex(part.index, fill_value=True)
    part = part.assign(verdict=part["verdict"].where(agreed, ALIKE))
    order = part.assign(untested=part["verdict"].eq(NOT_BACKTESTABLE)).sort_values(["untested", "split"])
    return part[part["split"] == part["trend"].map(order.groupby("trend")["split"].first())]


def _join_untested(page: pd.DataFrame) -> pd.DataFrame:
    """One row in place of several methods that cannot be tested for one and the same reason."""
    untested = page["verdict"] == NOT_BACKTESTABLE
    alike = page[untested].groupby(["trend", "ahead", "reason"], sort=False)["method"].transform("size") > 1
    several = alike.index[alike]
    joint = page.loc[several].drop_duplicates(["trend", "ahead", "reason"]).assign(method=ANY_METHOD)
    return pd.concat([page.drop(index=several), joint])


def method_for(ranking: pd.DataFrame, series: str, horizon: int) -> MethodChoice:
    """Which method's paths to use: the best of those that beat the naive forecast in a test.

    Parameters
    ----------
    ranking : DataFrame
        `Backtest.ranking`.
    series : str
        A series of it.
    horizon : int
        Steps ahead of the question. Where that was not backtested, the longest shorter horizon that was
        decides.

    Returns
    -------
    MethodChoice

    Raises
    ------
    ValueError
        A series that the ranking does not hold, or a horizon below one.
    """
    if horizon < 1:
        raise ValueError(f"horizon is {horizon}: write steps ahead, 1 or more")
    of_series = ranking[ranking["series"] == series]
    if of_series.empty:
        raise ValueError(f"series is {series!r}: the ranking holds {sorted(ranking['series'].unique())}")
    usable = of_series[(of_series["verdict"] != NOT_BACKTESTABLE) & (of_series["horizon"] <= horizon)]
    if usable.empty:
        return MethodChoice(
            NAIVE,
            f"{NAMES[NAIVE]}: no horizon up to {horizon} has {LEAST_ORIGINS} origins to test another method",
        )
    longest = int(usable["horizon"].max())
    at = usable[usable["horizon"] == longest].sort_values("relative_mae", kind="stable")
    where = f"at {at['ahead'].iloc[0]} ahead"
    if longest < horizon:
        where += f", the longest horizon with {LEAST_ORIGINS} origins ({horizon} asked for)"
    best = at[at["verdict"] == BEATS].head(1)
    if best.empty:
        return MethodChoice(NAIVE, f"{NAMES[NAIVE]}: no other method beats it in a test {where}")
    return MethodChoice(str(best["method"].item()), _choice_reason(best.iloc[0], where))


def _choice_reason(row: pd.Series, where: str) -> str:
    """Why a method that beats the naive forecast is chosen, as a sentence."""
    errors = f"{NAMES[row['method']]}: {row['relative_mae']:.2f} times the error of the {NAMES[NAIVE]}"
    return (
        f"{errors} {where}; {row['origins']} origins, {row['origins_apart']} of them a whole horizon apart,"
        f" and {row['coverage_95']:.0%} of them inside the 95% interval"
    )


def _roll(
    name: str,
    values: pd.Series,
    methods: Sequence[str],
    horizons: Sequence[int],
    least_points: int,
    forecasts: list[dict[str, Any]],
    notes: list[dict[str, Any]],
) -> None:
    """Forecast from every origin of one series; adds to the lists of forecasts and of notes."""
    y, dates = values.to_numpy(), values.index
    for last in range(least_points - 1, y.size - 1):
        within = [h for h in horizons if last + h < y.size]
        if not within:
            continue
        for method in methods:
            fit, warned = _attempt(method, y[: last + 1], max(within))
            key = {"series": name, "method": method, "origin": dates[last]}
            notes += [key | {"note": note} for note in warned]
            if fit is None:
                continue
            numbers = {"forecast": fit.unit(fit.centre)}
            for level in LEVELS:
                low, high = _ends(level)
                numbers[low], numbers[high] = fit.interval(level)
            for h in within:
                at = {column: float(values[h - 1]) for column, values in numbers.items()}
                forecasts.append(
                    key | {"horizon": h, "target": dates[last + h], "actual": float(y[last + h])} | at
                )


def _attempt(method: str, y: Floats, horizon: int) -> tuple[_Fit | None, list[str]]:
    """A fit, or None where it failed, with what the fit warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            fit: _Fit | None = _FITS[method](y, horizon)
            failure = []
        except (ValueError, np.linalg.LinAlgError) as reason:
            fit, failure = None, [f"no forecast: {type(reason).__name__}: {reason}"]
        if fit is not None and not np.isfinite([fit.unit(fit.centre), fit.centre, fit.spread]).all():
            fit, failure = None, ["no forecast: the fit has no finite result"]
    return fit, [*trend.warning_texts(caught), *failure]


def _period(series: pd.Series) -> str:
    """The word for a step of a regular series; `step` where no word fits, or there is one value only."""
    _, usual = _steps(series.index.sort_values())
    return next((word for word, of in PERIODS.items() if abs(usual - of) <= STEP_TOLERANCE * of), "step")


def _method_row(table: pd.DataFrame, name: str, method: str, horizon: int, ahead: str) -> dict[str, Any]:
    """One row of the ranking: a method against the naive forecast at the origins that both have."""
    rows = table[(table["series"] == name) & (table["horizon"] == horizon)].set_index("origin")
    forecasts = rows[rows["method"] == method]
    n = len(forecasts)
    row: dict[str, Any] = {
        "series": name,
        "horizon": horizon,
        "method": method,
        "ahead": ahead,
        "origins": n,
        "origins_apart": math.ceil(n / horizon),
        "rival": RIVALS[0],
        **_not_backtested_columns("closer_share"),
    }
    if n < LEAST_ORIGINS:
        return row | {"reason": f"{n} origins, {LEAST_ORIGINS} are needed"}
    naive = rows.loc[rows["method"] == NAIVE, "forecast"].reindex(forecasts.index).to_numpy()
    actual, forecast = forecasts["actual"].to_numpy(), forecasts["forecast"].to_numpy()
    row |= _errors(actual, forecast, naive)
    if method != NAIVE:
        row |= _tested(actual, forecast, naive, horizon)
        row["closer_share"] = float((np.abs(actual - forecast) < np.abs(actual - naive)).mean())
    for level in LEVELS:
        low, high = _ends(level)
        row |= _coverage(level, actual, forecasts[low].to_numpy(), forecasts[high].to_numpy())
    return row


def _not_backtested_columns(*further: str) -> dict[str, Any]:
    """The columns of what was not backtested: errors, the `further` ones, coverages, verdict and reason."""
    errors = dict.fromkeys(("mae", "naive_mae", "relative_mae", "p_better", "p_worse", *further), np.nan)
    return {**errors, **_no_coverage(), "verdict": NOT_BACKTESTABLE, "reason": ""}


def _errors(actual: Floats, forecast: Floats, naive: Floats) -> dict[str, float]:
    """MAE of both and their ratio; infinite or one where the naive forecast is exact (to rounding)."""
    mae, naive_mae = float(np.abs(actual - forecast).mean()), float(np.abs(actual - naive).mean())
    exact = EXACT * float(np.abs(actual).mean())
    ratio = mae / naive_mae if naive_mae > exact else 1.0 if mae <= exact else math.inf
    return {"mae": mae, "naive_mae": naive_mae, "relative_mae": ratio}


def _by_error(row: Mapping[str, Any]) -> tuple[bool, float]:
    """Sorts rows by relative MAE, those without one last."""
    error = float(row["relative_mae"])
    return math.isnan(error), 0.0 if math.isnan(error) else error


def _mean_errors(
    actual: Floats, forecast: Floats, naive: Floats, groups: NDArray[np.intp]
) -> tuple[Floats, Floats, Floats]:
    """Values whose errors are the mean absolute errors of each group: rows of a quarter share their fate."""
    ours, theirs = (
        np.bincount(groups, np.abs(actual - values)) / np.bincount(groups) for values in (forecast, naive)
    )
    level = np.full(ours.size, float(np.abs(actual).mean()))
    return level, level - ours, level - theirs


def diebold_mariano(ours: Floats, theirs: Floats, horizon: int) -> float:
    """The p-value of the test that our errors are no smaller than theirs: small where ours are smaller.

    Parameters
    ----------
    ours, theirs
        Errors of both at the same origins, in order, two or more.
    horizon
        Steps ahead, 1 or more; errors of origins nearer to each other than that share values.

    References
    ----------
    Diebold and Mariano (1995), Journal of Business and Economic Statistics 13(3), with absolute errors;
    Harvey, Leybourne and Newbold (1997), International Journal of Forecasting 13(2), for few origins.
    """
    from scipy import stats

    d = np.abs(ours) - np.abs(theirs)
    n, off = d.size, d - d.mean()
    covariances = [float((off[lag:] * off[: n - lag]).sum()) / n for lag in range(min(horizon, n))]
    variance = (covariances[0] + 2 * sum(covariances[1:])) / n
    variance = variance if variance > 0 else covariances[0] / n
    if variance <= 1e-18 * float(np.abs(theirs).mean()) ** 2:
        return 0.5 if d.mean() == 0 else float(d.mean() > 0)
    few = max((n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n, 0.0)
    return float(stats.t.cdf(d.mean() / math.sqrt(variance) * math.sqrt(few), n - 1))


def _tested(actual: Floats, forecast: Floats, naive: Floats, horizon: int) -> dict[str, float]:
    """How likely so large a win, and so large a loss, is by chance; rounding is no error."""
    exact = EXACT * float(np.abs(actual).mean())
    ours, theirs = (
        np.where(np.abs(actual - values) > exact, actual - values, 0.0) for values in (forecast, naive)
    )
    p = diebold_mariano(ours, theirs, horizon)
    return {"p_better": p, "p_worse": 1 - p}


def _times_methods(rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows of one series and horizon, their p-values times the number of methods that were tested."""
    tried = sum(not math.isnan(row["p_better"]) for row in rows)
    for row in rows:
        yield row | {name: float(np.minimum(1.0, tried * row[name])) for name in ("p_better", "p_worse")}


def _judged(row: dict[str, Any]) -> dict[str, Any]:
    """A row with its verdict by the test; one that was not backtested keeps it."""
    if math.isnan(row["relative_mae"]):
        return row
    if math.isnan(row["p_better"]):
        return row | {"verdict": NAIVE_ITSELF}
    wins, loses = row["p_better"] < TEST_LEVEL, row["p_worse"] < TEST_LEVEL
    return row | {"verdict": BEATS if wins else LOSES if loses else ALIKE}


def _ends(level: float | None = None) -> list[str]:
    levels = LEVELS if level is None else (level,)
    return [f"{end}_{share * 100:.0f}" for share in levels for end in ("low", "high")]


def _coverage(level: float, actual: Floats, low: Floats, high: Floats) -> dict[str, float]:
    name, covered = f"coverage_{level * 100:.0f}", probability((low <= actual) & (actual <= high))
    return {name: covered.value, f"{name}_low": covered.low, f"{name}_high": covered.high}


def _no_coverage() -> dict[str, float]:
    return {f"coverage_{level * 100:.0f}{end}": np.nan for level in LEVELS for end in ("", "_low", "_high")}


def _checked_methods(methods: Sequence[str], *, with_naive: bool = True) -> list[str]:
    if unknown := [method for method in methods if method not in _FITS]:
        raise ValueError(f"methods {unknown} are unknown: write some of {list(METHODS)}")
    if len(set(methods)) < len(methods):
        raise ValueError(f"methods {list(methods)} repeat one: name each once")
    return [NAIVE, *(m for m in methods if m != NAIVE)] if with_naive else list(methods)


def _regular(name: str, series: pd.Series, methods: Sequence[str]) -> pd.Series:
    """The series by date, refused where it is not regular, not finite, or not above zero on logs."""
    if not isinstance(series, pd.Series) or not isinstance(series.index, pd.DatetimeIndex):
        raise ValueError(
            f"{name} has no dates: write a Series by date, as `table.set_index('valid_on')` gives"
        )
    values = series.astype(float).sort_index()
    dates = pd.DatetimeIndex(values.index)
    if bad := int((~np.isfinite(values.to_numpy()) | np.asarray(dates.isna())).sum()):
        raise ValueError(
            f"{name} has {bad} values or dates that are not finite: use the longest run without a gap"
        )
    _check_steps(name, dates)
    if any(method != LEVEL_DRIFT for method in methods) and not (values > 0).all():
        raise ValueError(
            f"{name} holds {values.min():g}: forecasts on logs need values above 0; leave the series out"
        )
    return values


def _steps(dates: pd.Index) -> tuple[Floats, float]:
    """Days of each step of sorted dates, and of the usual one; NaN where there is no step."""
    days = np.diff(dates.to_numpy()) / np.timedelta64(1, "D")
    return days, float(np.median(days)) if days.size else math.nan


def _check_steps(name: str, dates: pd.DatetimeIndex) -> None:
    """Refuse dates that repeat or skip a period."""
    if not dates.is_unique:
        day = dates[dates.duplicated()][0].date()
        raise ValueError(
            f"{name} repeats {day}: a regular series has one value a date; keep the one that the table's pick"
            " names, or use time_split for a cross-section"
        )
    days, usual = _steps(dates)
    odd = np.flatnonzero(np.abs(days - usual) > STEP_TOLERANCE * usual)
    if odd.size:
        first = int(odd[0])
        raise ValueError(
            f"{name} steps {days[first]:.0f} days from {dates[first].date()} to {dates[first + 1].date()}"
            f" where {usual:.0f} are usual: a rolling origin needs equal steps; use the longest run without a"
            " gap, or time_split"
        )
