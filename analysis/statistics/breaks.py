"""Does growth speed up, slow down or follow one line? Two tests against the line, and Holm's adjustment.

Decisions
- `faster` is measured along the line: rising more steeply where it rises, falling more steeply where it
  falls.
- Two tests, since a change can be gradual or sudden: a quadratic term, and the largest F of a line that bends
  at one date of the middle 70% (sup-F). The line bends and does not jump: a jump of the level is no
  acceleration.
- No date is chosen by eye. The date with the largest F is reported as chosen by the test: its F is compared
  with the largest F of lines without a bend, and the slopes before and after it are too far apart for having
  been chosen.
- Without groups the largest F is simulated with normal errors, which makes its size exact where those hold;
  the quadratic term has its closed t test. With groups both come from a wild cluster bootstrap under the
  straight line, since clustered errors of few and unequal clusters reject too often.
- For cross-sections of models and prices. Points that follow each other are no separate evidence: of 400
  straight quarterly series of ten years whose errors carry over by 0.8, the tests at 5% rejected 44 and 65%,
  with years as groups 19 and 24%.
- The verdict is Holm's over the two tests; over several series use `acceleration_table`, which adjusts over
  all of them.
- `not shown` is no evidence of steady growth: a short record shows large changes only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.statistics import trend
from analysis.statistics.simulation import Floats

Bend = Literal["linear", "exponential"]
FASTER, SLOWER, NOT_SHOWN = "faster", "slower", "not shown"
LEAST_POINTS = 8
LEAST_DATES = 5
LEAST_GROUPS = 5
TRIM = 0.15
"""Share of the points left out at either end of the record as dates of a bend."""

TINY = 1e-10  # share of a column or of the variation that counts as none: what rounding leaves
WEBB = np.sqrt([0.5, 1.0, 1.5])
"""Sizes of the wild bootstrap's weights, each with either sign: mean 0, variance 1, and more draws than two
signs give.
"""


@dataclass(frozen=True)
class Acceleration:
    """What two tests say about one series; slopes on the line's scale (ln for `exponential`), per year.

    Attributes
    ----------
    form, level
        As asked for; the verdict is at `level`.
    nobs, period, clusters
        Points; first and last decimal year; number of groups, None without.
    slope, slope_p
        Of the straight line (with controls), with its p value by the t test of one variance.
    quadratic, quadratic_p
        Coefficient of (t - mean)², a year squared: above zero it bends upwards; p value, two-sided.
    sup_f, critical
        Largest F over the dates, and its simulated quantile at `level` under the straight line.
    bend_p
        p value of the largest F.
    bend_at, slope_before, slope_after
        The date with the largest F, chosen by the test, and the slopes on either side of it; for description
        only.
    verdict
        ``faster``, ``slower`` or ``not shown``.
    notes
        Caveats of the result.
    """

    form: Bend
    level: float
    nobs: int
    period: trend.Interval
    clusters: int | None
    slope: float
    slope_p: float
    quadratic: float
    quadratic_p: float
    sup_f: float
    critical: float
    bend_p: float
    bend_at: float
    slope_before: float
    slope_after: float
    verdict: str
    notes: tuple[str, ...]


def holm(p_values: ArrayLike) -> Floats:
    """Holm's adjusted p values, in the order given: valid whatever the dependence of the tests.

    Raises
    ------
    ValueError
        No p value, or one outside 0 to 1.

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6(2).
    """
    raw = np.asarray(p_values, dtype=float)
    if raw.ndim != 1 or not raw.size or not ((raw >= 0) & (raw <= 1)).all():
        raise ValueError(f"p_values are {raw.tolist()}: write one or more numbers from 0 to 1.")
    # statsmodels' multipletests gives the same, but collects
    # garbage each time, which is most of a test's time.
    order = np.argsort(raw, kind="stable")
    stepped = np.maximum.accumulate(raw[order] * np.arange(raw.size, 0, -1))
    adjusted = np.empty_like(raw)
    adjusted[order] = np.minimum(stepped, 1)
    return adjusted


def holm_column(p_values: pd.Series) -> pd.Series:
    """Holm's adjusted p values of those that are not missing; the others stay missing."""
    adjusted, present = pd.Series(np.nan, p_values.index), p_values.notna()
    if present.any():
        adjusted[present] = holm(p_values[present])
    return adjusted


def acceleration_test(
    t: ArrayLike,
    y: ArrayLike,
    *,
    rng: np.random.Generator,
    form: Bend = "exponential",
    draws: int = 2000,
    level: float = 0.95,
    groups: Sequence[Any] | pd.Series | None = None,
    controls: ArrayLike | None = None,
) -> Acceleration:
    """Test a straight line against one that curves and against one that bends once.

    Parameters
    ----------
    t : array, shape (n,)
        Decimal years, in any order; repeated dates are fine.
    y : array, shape (n,)
        What is measured; above zero for `exponential`.
    rng : Generator
        Stream of the simulation.
    form : {"exponential", "linear"}
        ln y or y as a line in t. For a logistic trend hand in logits as `linear`.
    draws : int
        Series simulated under the straight line, 200 or more.
    level : float
        Level of the verdict and of `critical`, between 0 and 1.
    groups : sequence, shape (n,), optional
        Cluster of each point whose errors are not independent: developer, seller.
    controls : array, shape (n, k), optional
        What else is held fixed, without a constant: `prices.hedonic_controls` for prices at equal quality.

    Returns
    -------
    Acceleration

    Raises
    ------
    ValueError
        As `trend.fit`; fewer than eight points, five dates, five groups or 200 draws; controls that leave
        nothing of the date, of its square or of every bend; points that lie on a line.

    Notes
    -----
    With u the residuals of the straight line and c the residuals of (t - mean)², or of max(0, t -
    date), on constant, date and controls: F = (c'u)² / c'c over s² of the longer regression. The simulated
    errors are projected the same way, so the parameters of the line do not matter. With groups they are u
    times one weight a group (Webb's six values). p = (1 + draws at least as large)/(1 + draws).

    In 1,000 simulated series of 40 points the two tests at 5% rejected a straight line in 4.4 and 4.5%; on
    the project's 66 price spells of fifteen unequal sellers in 4.4 to 5.8 and 3.8 to 5.1% (the usual
    clustered t test of the quadratic term: in 7 to 26%).

    References
    ----------
    Andrews (1993), Econometrica 61(4), for sup-F; Hansen (2017), Journal of Business
    and Economic Statistics 35(2), for the bend at an unknown date and its simulated p value; Cameron, Gelbach
    and Miller (2008), Review of Economics and Statistics 90(3), and Webb (2023), Canadian Journal of
    Economics 56(3), for the wild cluster bootstrap.
    """
    _check(form, draws, level)
    trend.fit(t, y, form=form, level=level)  # refuses what no trend can be fitted to
    order = np.argsort(np.asarray(t, dtype=float), kind="stable")
    years = np.asarray(t, dtype=float)[order]
    _check_size(years)
    z = trend.Scale(form, 0.0, 1.0).line(np.asarray(y, dtype=float)[order])
    base = _base(years, controls, order)
    members = None if groups is None else _members(groups, order)
    clusters = None if members is None else members.shape[1]
    line, spare = _line(z, base)
    slope, slope_p = float(line.params[1]), float(line.pvalues[1])
    tests = _tests(np.asarray(line.resid), _changes(years, base), spare, members, rng, draws, level)
    slope_before, bend = _slopes(z, base, np.maximum(0.0, years - tests.bend_at))
    p_values = holm([tests.quadratic_p, tests.bend_p])
    verdict, notes = _verdict(slope, (tests.quadratic, bend), p_values, 1 - level)
    return Acceleration(
        form=form,
        level=level,
        nobs=int(years.size),
        period=(float(years[0]), float(years[-1])),
        clusters=clusters,
        slope=slope,
        slope_p=slope_p,
        slope_before=slope_before,
        slope_after=slope_before + bend,
        verdict=verdict,
        notes=(*notes, *_notes(slope_p, clusters, level)),
        **tests._asdict(),
    )


def acceleration_table(results: Mapping[str, Acceleration], level: float = 0.95) -> pd.DataFrame:
    """Several series side by side, with Holm's adjustment over all of their tests.

    Parameters
    ----------
    results : mapping of name to Acceleration
        Every series that was tested, also those that showed nothing.
    level : float
        Level of the verdicts.

    Returns
    -------
    DataFrame
        One row a series: ``series, n, clusters, from, to`` (decimal years), ``slope, quadratic, quadratic_p,
        quadratic_p_holm, sup_f, critical, bend_p, bend_p_holm, bend_at, slope_before, slope_after, tests``
        (adjusted over), ``verdict, notes`` (text).

    Raises
    ------
    ValueError
        No result.
    """
    raw = [p for result in results.values() for p in (result.quadratic_p, result.bend_p)]
    adjusted = holm(raw).reshape(-1, 2)
    return pd.DataFrame(
        [
            {"series": name} | _table_row(result, pair, level, tests=len(raw))
            for (name, result), pair in zip(results.items(), adjusted, strict=True)
        ]
    )


def _table_row(result: Acceleration, adjusted: Floats, level: float, tests: int) -> dict[str, Any]:
    """One row of `acceleration_table`: the result, judged by the adjusted p values of curve and bend."""
    bend = result.slope_after - result.slope_before
    verdict, notes = _verdict(result.slope, (result.quadratic, bend), adjusted, 1 - level)
    return {
        "n": result.nobs,
        "clusters": result.clusters,
        "from": result.period[0],
        "to": result.period[1],
        "slope": result.slope,
        "quadratic": result.quadratic,
        "quadratic_p": result.quadratic_p,
        "quadratic_p_holm": adjusted[0],
        "sup_f": result.sup_f,
        "critical": result.critical,
        "bend_p": result.bend_p,
        "bend_p_holm": adjusted[1],
        "bend_at": result.bend_at,
        "slope_before": result.slope_before,
        "slope_after": result.slope_after,
        "tests": tests,
        "verdict": verdict,
        "notes": "; ".join(dict.fromkeys((*notes, *result.notes))),
    }


def _verdict(
    slope: float, changes: tuple[float, float], adjusted: Floats, size: float
) -> tuple[str, list[str]]:
    """The word for the tests that reject, with a note where they point in two directions."""
    ways = {
        math.copysign(1, change * slope) for change, p in zip(changes, adjusted, strict=True) if p <= size
    }
    if len(ways) > 1:
        return NOT_SHOWN, [
            "curve and bend both reject the line but point in two directions: look at the series"
        ]
    return (FASTER if ways.pop() > 0 else SLOWER) if ways else NOT_SHOWN, []


def _notes(slope_p: float, clusters: int | None, level: float) -> list[str]:
    """What the reader of one result should know of it."""
    notes = []
    if slope_p > 1 - level:
        notes.append("the slope of the line is not told apart from zero: faster and slower have no direction")
    if clusters is not None and clusters < trend.FEW_CLUSTERS:
        notes.append(
            f"{clusters} groups: p values from fewer than {trend.FEW_CLUSTERS} are themselves uncertain"
        )
    return notes


def _check(form: str, draws: int, level: float) -> None:
    if form not in get_args(Bend):
        raise ValueError(
            f"form is {form!r}: write one of {', '.join(get_args(Bend))}; hand in logits as 'linear'."
        )
    if draws < 200:
        raise ValueError(f"draws is {draws}: a p value near 0.05 needs 200 or more.")
    if not 0 < level < 1:
        raise ValueError(f"level is {level}: write a share between 0 and 1, such as 0.95.")


def _check_size(years: Floats) -> None:
    if years.size < LEAST_POINTS or np.unique(years).size < LEAST_DATES:
        raise ValueError(
            f"t has {years.size} points on {np.unique(years).size} dates: a test of curvature needs"
            f" {LEAST_POINTS} on {LEAST_DATES}; compare two rates with growth.cagr_pct and say that no test"
            " is possible."
        )


def _base(years: Floats, controls: ArrayLike | None, order: Any) -> Floats:
    """Constant, centred date and controls, by date."""
    columns = [np.ones(years.size), years - years.mean()]
    if controls is not None:
        others = np.asarray(controls, dtype=float)
        others = others[:, None] if others.ndim == 1 else others
        if others.ndim != 2 or len(others) != years.size or not np.isfinite(others).all():
            raise ValueError(
                f"controls have shape {np.shape(controls)} for {years.size} points: write finite numbers, one"
                " row a point."
            )
        columns += list(others[order].T)
    base = np.column_stack(columns)
    if np.linalg.matrix_rank(base) < base.shape[1]:
        raise ValueError("controls repeat the constant, the date or each other: leave one of them out.")
    if base.shape[1] + 1 >= years.size:
        raise ValueError(
            f"controls has {base.shape[1] - 2} columns for {years.size} points: nothing is left; use fewer."
        )
    return base


def _members(groups: Sequence[Any] | pd.Series, order: Any) -> Floats:
    """Which point belongs to which group, shape (n, groups), by date."""
    named = pd.Series(list(groups), dtype=object)
    if len(named) != len(order) or named.isna().any():
        raise ValueError(
            f"groups has {int(named.notna().sum())} names for {len(order)} points: name one for each."
        )
    members = pd.get_dummies(named, dtype=float).to_numpy()[order]
    if members.shape[1] < LEAST_GROUPS:
        raise ValueError(
            f"groups has {members.shape[1]} clusters: the bootstrap needs {LEAST_GROUPS}; leave groups out"
            " and say so."
        )
    return members


def _line(z: Floats, base: Floats) -> tuple[Any, int]:
    """The straight line with its controls, and the degrees of freedom that one more column leaves."""
    from statsmodels.regression.linear_model import OLS

    fit = OLS(z, base).fit()
    if fit.ssr <= TINY * ((z - z.mean()) ** 2).sum():
        raise ValueError("y lies on a straight line to rounding: nothing is left to test; state the line.")
    return fit, int(fit.df_resid) - 1


def _dates(years: Floats) -> Floats:
    """Dates between the first and last 15% of the points, at least one date on either side."""
    low, high = np.quantile(years, [TRIM, 1 - TRIM])
    inner = np.unique(years)[1:-1]
    return inner[(inner >= low) & (inner <= high)]


class _Changes(NamedTuple):
    """Columns that would change a straight line: the curve first, then a bend at each date."""

    dates: Floats
    """Dates of the bends, decimal years."""
    columns: Floats
    """What constant, date and controls leave of each column, of length one; shape (n, 1 + dates)."""
    lengths: Floats
    """Length of what is left of each column before that."""
    basis: Floats
    """Orthonormal basis of constant, date and controls."""


def _changes(years: Floats, base: Floats) -> _Changes:
    """The changes that constant, date and controls do not explain already."""
    dates = _dates(years)
    if not dates.size:
        raise ValueError(
            "t has no date between the first and last 15% of its points: too many share a date; use the mean"
            " of each date."
        )
    columns = np.column_stack([base[:, 1] ** 2, *(np.maximum(0.0, years - date) for date in dates)])
    basis = np.linalg.qr(base)[0]
    left = columns - basis @ (basis.T @ columns)
    lengths = np.sqrt((left**2).sum(axis=0))
    independent = lengths > TINY * np.sqrt((columns**2).sum(axis=0))
    if not independent[0] or not independent[1:].any():
        raise ValueError("controls leave nothing of the square of t or of a bend: leave some of them out.")
    lengths = lengths[independent]
    return _Changes(dates[independent[1:]], left[:, independent] / lengths, lengths, basis)


class _Tests(NamedTuple):
    """Results of the two tests, as `Acceleration` names them."""

    quadratic: float
    quadratic_p: float
    sup_f: float
    critical: float
    bend_p: float
    bend_at: float


def _tests(
    residuals: Floats,
    changes: _Changes,
    spare: int,
    members: Floats | None,
    rng: np.random.Generator,
    draws: int,
    level: float,
) -> _Tests:
    """The tests of a curve and of one bend from the residuals of the straight line, shape (n,)."""
    from scipy import stats

    row = residuals[None, :]
    observed = _f_statistics(row, changes.columns, spare)[0]
    noise = _null_errors(row, members, rng, draws)
    simulated = _f_statistics(noise - (noise @ changes.basis) @ changes.basis.T, changes.columns, spare)
    strongest = int(observed[1:].argmax())
    sup_f, largest = observed[1 + strongest], simulated[:, 1:].max(axis=1)
    return _Tests(
        quadratic=float(((row @ changes.columns)[0] / changes.lengths)[0]),
        quadratic_p=(
            float(stats.f.sf(observed[0], 1, spare))
            if members is None
            else _p_value(observed[0], simulated[:, 0])
        ),
        sup_f=float(sup_f),
        critical=float(np.quantile(largest, level)),
        bend_p=_p_value(sup_f, largest),
        bend_at=float(changes.dates[strongest]),
    )


def _f_statistics(residuals: Floats, columns: Floats, spare: int) -> Floats:
    """F of adding each column of length one, shape (series, columns)."""
    gain = (residuals @ columns) ** 2
    rest = (residuals**2).sum(axis=1, keepdims=True) - gain
    return spare * gain / np.maximum(rest, TINY * gain)


def _null_errors(residuals: Floats, members: Floats | None, rng: np.random.Generator, draws: int) -> Floats:
    """Errors of series on the line, shape (draws, n): normal, or residuals times a weight a group."""
    if members is None:
        return rng.standard_normal((draws, residuals.shape[1]))
    weights = rng.choice(np.concatenate([-WEBB, WEBB]), (draws, members.shape[1]))
    return residuals * (weights @ members.T)


def _p_value(observed: float, simulated: Floats) -> float:
    """Share of draws at least as large, the observed one counted among them."""
    count = int((simulated >= observed * (1 - TINY)).sum())
    return (1 + count) / (1 + simulated.size)


def _slopes(z: Floats, base: Floats, bend: Floats) -> tuple[float, float]:
    """Slope before a bend and its change there."""
    params = np.linalg.lstsq(np.column_stack([base, bend]), z, rcond=None)[0]
    return float(params[1]), float(params[-1])
