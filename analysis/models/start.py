"""Where does the company stand on the first day, and what has been paid for the stake?

Decisions
- The simulation starts on 30 June 2026, the last quarter end with SoftBank's balance sheet in our data. Its
  dates are SoftBank's fiscal quarter ends; the last report due within the article's 36 months is that of 31
  March 2029.
- Level and growth of revenue at the start are beliefs of the register. All that was known of revenue by the
  cut-off date updates both at once, in one likelihood: run rates as points, "at least" and "at most" as
  bounds, revenue of a period as the integral of the path over it. A longer period counts by what it adds to
  the shorter ones inside it, so nothing counts twice.
- The figures of the last 18 months count, by the last day of each; those after the start do, too.
- The path is the model's own (`mechanisms.growth_index`), with half-life and long-run rate as the register
  has them: every scenario reads the same evidence. The slower growth decays, the faster it still is now by
  the same figures (`half_life_readings`), so what the half-life leaves open is part of what is believed. So
  few figures do not update it.
- Two errors: each figure strays from the path by an error of its own, of unknown size (`POINT_ERROR_PCT`),
  and all run rates by one that they share, since they come from few hands. Accounts do not share it.
- What is believed afterwards is a bivariate lognormal: two medians, two spreads, one correlation. A number
  that is fixed stays as it is, and the other belief is the one that goes with it.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import log_ndtr

from analysis.models import mechanisms, venture
from analysis.provenance import Inputs, traced
from analysis.scenarios import Assumptions
from analysis.statistics import simulation
from analysis.statistics.simulation import Floats
from analysis.units import DAYS_PER_YEAR

START = dt.date(2026, 6, 30)
START_YEAR = 2026.5
"""The start of the simulation, also as a decimal year."""
INSTALMENTS = (dt.date(2026, 4, 1), dt.date(2026, 7, 1), dt.date(2026, 10, 1))
"""Days of the three equal instalments of the investment of 27 February 2026, as SoftBank announced them."""
UPDATED = ("revenue_usd_bn", "growth_factor_per_year")
"""The beliefs that reported revenue updates: level and growth."""
WINDOW_YEARS = 1.5
POINT_ERROR_PCT = (2.0, 15.0)
"""How far a figure strays from the path, 5th and 95th percentile of a lognormal prior of its standard
deviation. Printed figures are rounded by 1 to 5%; the revenue of a quarter may stray further from a smooth
path.
"""
LEAST_POINTS = 3
"""Figures that are no bounds: fewer say nothing without a prior."""

_PERIODS = {
    "CY": (12, "year"),
    "H1": (6, "first half of"),
    "H2": (6, "second half of"),
    "Q1": (3, "first quarter of"),
    "Q2": (3, "second quarter of"),
    "Q3": (3, "third quarter of"),
    "Q4": (3, "fourth quarter of"),
}
"""What the table calls a period, without its year: its months, and what readers call it."""
_POINTS = ("exact", "about")
_NODES = np.linspace(-5.0, 5.0, 21)
"""Grid in standard deviations; at a step of half of one, sums of a normal density are exact to rounding."""
_POINT_ERROR_NODES = np.linspace(-4.0, 4.0, 15)
_SHARED_ERROR_NODES = np.linspace(-4.0, 4.0, 9)
_MARGIN = 0.15**2
_PASSES = 60


class ReportedFigure(NamedTuple):
    """A reported figure of revenue."""

    label: str
    day: dt.date
    """The last day of the period, or the day of the run rate."""
    spans: tuple[tuple[float, float], ...]
    """What it covers, years from the start: one span or more; empty for a run rate."""
    value_usd_bn: float
    qualifier: str
    """exact, about, at least, at most."""

    @property
    def years(self) -> float:
        """Of its last day, from the start."""
        return _years(self.day)


class Path(NamedTuple):
    """How growth decays: what of the path does not come from the figures."""

    half_life_years: float
    long_run_pct: float


NO_DECAY_YEARS = 1e6
"""A half-life at which growth stays what it is for as long as the figures reach."""
CONSTANT_GROWTH = Path(NO_DECAY_YEARS, 0.0)


class Prior(NamedTuple):
    """Means and standard deviations of ln level and ln growth, independent; 0: a fixed number."""

    means: tuple[float, float]
    spreads: tuple[float, float]


class Posterior(NamedTuple):
    """What is believed of ln level and ln growth; NaN where nothing is."""

    means: tuple[float, float]
    spreads: tuple[float, float]
    correlation: float
    point_error_pct: float
    """Mean of the standard deviation by which a figure strays from the path."""


HALF_LIFE_NODES = ((-math.sqrt(3), 1 / 6), (0.0, 2 / 3), (math.sqrt(3), 1 / 6))
"""Where the half-life is taken, in standard deviations of a normal that is as far out, and with what weight:
the nodes of Gauss and Hermite.
"""

NOTHING = Posterior((math.nan, math.nan), (math.nan, math.nan), math.nan, math.nan)


@dataclass(frozen=True)
class StartEvidence:
    """What the evidence of a day says of the start. Read once: the runs of a sweep share it.

    Attributes
    ----------
    figures : tuple of ReportedFigure
        Reported revenue, by day.
    paid : tuple of Payment
        What SoftBank had paid by the start, by day.
    inputs : mapping
        The assumptions that it follows from: the cut-off date.
    """

    figures: tuple[ReportedFigure, ...]
    paid: tuple[venture.Payment, ...]
    inputs: Inputs = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True)
class UpdatedBeliefs:
    """What is believed of the start before and after the reported figures.

    Attributes
    ----------
    table : DataFrame
        A row each of `UPDATED`: ``name, input`` (its label), ``unit``; ``prior_p5, prior_p50,
        prior_p95``; ``data_low, data_mid, data_high``, 90% interval of the figures alone (NaN below
        `LEAST_POINTS`); ``posterior_p5, posterior_p50, posterior_p95``.
    values : mapping
        Value by name as the models take it: [p5, p95] of a lognormal, or the fixed number.
    correlation : float
        Of the logs of both; 0 where one is fixed or nothing is known.
    point_error_pct : float
        How far a figure strays from the path, one standard deviation; NaN where nothing is known.
    inputs : mapping
        The assumptions that they follow from.
    """

    table: pd.DataFrame
    values: Mapping[str, float | list[float]]
    correlation: float
    point_error_pct: float
    inputs: Inputs = field(default_factory=dict, compare=False, repr=False)


def start_evidence(tables: Mapping[str, pd.DataFrame]) -> StartEvidence:
    """What the evidence says of the start.

    Parameters
    ----------
    tables
        The evidence tables ``openai_finance`` (as for `revenue_figures`) and ``softbank_openai`` (``event``,
        of which paid and position are read, ``valid_on``, ``amount_usd_bn``, ``cumulative_cost_usd_bn``).

    Notes
    -----
    A position that states more than was paid so far counts as a payment of the difference on its day.
    """
    stakes = tables["softbank_openai"]
    rows = stakes[stakes["valid_on"] <= pd.Timestamp(START)].sort_values("valid_on", kind="stable")
    paid: list[venture.Payment] = []
    for day, part in rows.groupby("valid_on"):
        amount = float(part.loc[part["event"] == "paid", "amount_usd_bn"].sum())
        stated = part.loc[part["event"] == "position", "cumulative_cost_usd_bn"].dropna()
        if len(stated):
            amount = max(amount, float(stated.iloc[-1]) - sum(p.amount_usd_bn for p in paid))
        if amount > 0:
            paid.append(venture.Payment(_years(pd.Timestamp(str(day)).date()), amount))
    return StartEvidence(revenue_figures(tables["openai_finance"]), tuple(paid))


def _years(day: dt.date) -> float:
    return (day - START).days / DAYS_PER_YEAR


def revenue_figures(finance: pd.DataFrame, window_years: float = WINDOW_YEARS) -> tuple[ReportedFigure, ...]:
    """Reported run rates and revenues of periods, by day.

    Parameters
    ----------
    finance : DataFrame
        ``measure`` (`annualised_revenue` and `period_revenue` are taken), ``period``, ``counts``, ``value``
        (billion dollars a year, or in the period), ``qualifier``, ``valid_on``; rows that count.
    window_years
        How far back from the last day they go.
    """
    counted = finance[finance["counts"] == "yes"].sort_values("valid_on", kind="stable")
    rates = [
        ReportedFigure(f"annualised, {day:%-d %B %Y}", day, (), float(row["value"]), row["qualifier"])
        for row in counted[counted["measure"] == "annualised_revenue"].to_dict("records")
        for day in [row["valid_on"].date()]
    ]
    figures = sorted(rates + _periods(counted), key=lambda figure: figure.day)
    return tuple(f for f in figures if f.years >= figures[-1].years - window_years)


def _periods(counted: pd.DataFrame) -> list[ReportedFigure]:
    """Revenues of periods, the longer ones less the shorter ones within them."""
    periods: list[ReportedFigure] = []
    for row in counted[counted["measure"] == "period_revenue"].to_dict("records"):
        day = row["valid_on"]
        months, words = _PERIODS[row["period"][:2]]
        span = (_years((day - pd.offsets.MonthEnd(months)).date()), _years(day.date()))
        label = f"{words} {day.year}"
        periods.append(ReportedFigure(label, day.date(), (span,), float(row["value"]), row["qualifier"]))
    parts: list[ReportedFigure] = []
    for whole in sorted(periods, key=lambda figure: np.ptp(figure.spans)):
        inner = [part for part in parts if part.qualifier in _POINTS and _within(part, whole)]
        parts += [_remainder(whole, inner)] if inner else [whole]
    return [part for part in parts if part.spans]


def _within(part: ReportedFigure, whole: ReportedFigure) -> bool:
    low, high = whole.spans[0]
    return all(low <= start and end <= high for start, end in part.spans)


def _remainder(whole: ReportedFigure, inner: Sequence[ReportedFigure]) -> ReportedFigure:
    """What a period adds to the parts of it that are reported, which do not overlap."""
    low, high = whole.spans[0]
    covered = sorted(span for part in inner for span in part.spans)
    starts, ends = [low, *(end for _, end in covered)], [*(start for start, _ in covered), high]
    spans = tuple((start, end) for start, end in zip(starts, ends, strict=True) if end > start)
    value = whole.value_usd_bn - sum(part.value_usd_bn for part in inner)
    if spans and value <= 0:
        rule = f"{whole.value_usd_bn:g} is no more than its parts, {', '.join(p.label for p in inner)}"
        raise ValueError(f"openai_finance, {whole.label}: {rule}. Compare the figures with their sources.")
    label = " less ".join([whole.label, *(part.label for part in inner)])
    return whole._replace(label=label, spans=spans, value_usd_bn=value)


def expected_log(figure: ReportedFigure, log_growth: Floats, path: Path) -> Floats:
    """Log of what a figure would be on the path, over the level at the start.

    Parameters
    ----------
    figure
        A run rate stands for the path on its day, a revenue for its integral.
    log_growth
        ln of the growth factor per year at the start.
    path
        How it decays.
    """
    if not figure.spans:
        return np.log(_index(figure.years, log_growth, path))
    nodes, weights = np.polynomial.legendre.leggauss(6)
    revenue = np.zeros_like(log_growth)
    for start, end in figure.spans:
        half = (end - start) / 2
        for node, weight in zip(nodes, weights, strict=True):
            revenue += half * weight * _index(start + half * (1 + node), log_growth, path)
    return np.log(revenue)


def _index(years: float, log_growth: Floats, path: Path) -> Floats:
    half_life, long_run = np.array(path.half_life_years), np.array(path.long_run_pct)
    return mechanisms.growth_index(np.array(years), np.exp(log_growth), half_life, long_run)


def log_likelihood(
    level: Floats,
    growth: Floats,
    point_error: Floats,
    shared_error: Floats,
    figures: Sequence[ReportedFigure],
    path: Path,
) -> Floats:
    """Log likelihood of some figures, up to a constant.

    Parameters
    ----------
    level, growth
        ln of revenue and of the growth factor per year at the start.
    point_error, shared_error
        Standard deviation of a figure's own error, and the error that run rates share, both in logs. All four
        broadcast.
    figures, path
        What was reported, and how growth decays.

    Notes
    -----
    With m the log of a figure on the path, s the point error and z = (ln y - m) / s: -z²/2 - ln s for a
    point, ln Φ(-z) for "at least y", ln Φ(z) for "at most y".
    """
    total = np.zeros(np.broadcast_shapes(level.shape, growth.shape, point_error.shape, shared_error.shape))
    for figure in figures:
        mean = level + expected_log(figure, growth, path)
        if not figure.spans:
            mean = mean + shared_error
        z = (math.log(figure.value_usd_bn) - mean) / point_error
        if figure.qualifier in _POINTS:
            total -= z**2 / 2 + np.log(point_error)
        else:
            total += log_ndtr(-z if figure.qualifier == "at least" else z)
    return total


@lru_cache(maxsize=512)
def posterior(
    prior: Prior | None,
    figures: tuple[ReportedFigure, ...],
    path: Path,
    shared_error: float,
    point_error_pct: tuple[float, float] = POINT_ERROR_PCT,
) -> Posterior:
    """Level and growth after the figures.

    Parameters
    ----------
    prior
        What is believed before; None: the figures alone, every level and growth being as likely.
    figures, path
        What was reported, and how growth decays.
    shared_error
        Standard deviation of the error that run rates share, in logs.
    point_error_pct
        5th and 95th percentile of the prior of the point error; twice the same number fixes it.

    Returns
    -------
    Posterior
        `NOTHING` without figures, or without a prior and fewer than `LEAST_POINTS` that are no bounds.

    Notes
    -----
    Moments of prior times likelihood on a grid over level and growth, both errors summed out. The grid covers
    five standard deviations along the principal axes of what is believed; as these are what is sought, it is
    laid anew until they stay.
    """
    points = [figure for figure in figures if figure.qualifier in _POINTS]
    if not figures or (prior is None and len(points) < LEAST_POINTS):
        return NOTHING
    first = prior or Prior((math.log(points[-1].value_usd_bn), 0.5), (1.0, 1.0))
    centre, covariance = np.array(first.means), np.diag(np.square(first.spreads))
    free = np.diag(covariance) > 0
    errors, log_weights = _error_grid(shared_error, point_error_pct)
    before = np.full(5, np.inf)
    for _ in range(_PASSES):
        level, growth = _grid(centre, covariance)
        density = log_likelihood(level, growth, *errors, figures, path) + log_weights
        if prior is not None:
            density = density + _log_prior(level, prior, 0) + _log_prior(growth, prior, 1)
        mean, spread, error = _moments(level, growth, errors[0], density)
        mean, spread = np.where(free, mean, first.means), spread * np.outer(free, free)
        now = np.array([*mean, spread[0, 0], spread[1, 1], spread[0, 1]])
        if np.allclose(now, before, rtol=1e-4, atol=1e-7):
            return _as_posterior(mean, spread, error)
        # wide enough to show whether what is sought lies beyond, and to reach back to where it was sought
        covariance = spread + _MARGIN * covariance + np.outer(mean - centre, mean - centre)
        centre, before = mean, now
    return NOTHING


def _as_posterior(mean: Floats, covariance: Floats, point_error: float) -> Posterior:
    spreads = np.sqrt(np.diag(covariance))
    correlation = float(covariance[0, 1] / spreads.prod()) if spreads.all() else 0.0
    means, ends = (float(mean[0]), float(mean[1])), (float(spreads[0]), float(spreads[1]))
    return Posterior(means, ends, correlation, 100 * math.expm1(point_error))


def _error_grid(
    shared_error: float, point_error_pct: tuple[float, float]
) -> tuple[tuple[Floats, Floats], Floats]:
    """Point errors along axis 1 and shared errors along axis 2, and the log of their prior weights."""
    low, high = (math.log(math.log1p(end / 100)) for end in point_error_pct)
    width = (high - low) / (2 * simulation.Z95)
    own = _POINT_ERROR_NODES if width else np.zeros(1)
    common = _SHARED_ERROR_NODES if shared_error else np.zeros(1)
    point = np.exp((low + high) / 2 + width * own)[None, :, None]
    weights = -(own[None, :, None] ** 2) / 2 - common[None, None, :] ** 2 / 2
    return (point, shared_error * common[None, None, :]), weights


def _grid(centre: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """Levels and growth rates along axis 0, on a grid along the principal axes; a fixed one is one value."""
    free = np.flatnonzero(np.diag(covariance))
    values, axes = np.linalg.eigh(covariance[np.ix_(free, free)])
    nodes = np.stack(np.meshgrid(*[_NODES] * len(free), indexing="ij"), axis=-1).reshape(-1, len(free))
    cells = np.tile(centre, (len(nodes), 1))
    cells[:, free] += nodes @ (axes * np.sqrt(values)).T
    return cells[:, 0, None, None], cells[:, 1, None, None]


def _log_prior(values: Floats, prior: Prior, which: int) -> Floats | float:
    """Log density of level (0) or growth (1), up to a constant; a fixed one has none."""
    spread = prior.spreads[which]
    return -(((values - prior.means[which]) / spread) ** 2) / 2 if spread else 0.0


def _moments(
    level: Floats, growth: Floats, point_error: Floats, log_density: Floats
) -> tuple[Floats, Floats, float]:
    """Mean and covariance of level and growth on a grid, and the mean point error."""
    weights = np.exp(log_density - log_density.max())
    weights /= weights.sum()
    cells = np.stack([level[:, 0, 0], growth[:, 0, 0]])
    share = weights.sum(axis=(1, 2))
    centre = cells @ share
    apart = cells - centre[:, None]
    return centre, (apart * share) @ apart.T, float((weights.sum(axis=(0, 2)) * point_error[0, :, 0]).sum())


def read_figures(
    prior: Prior | None,
    figures: tuple[ReportedFigure, ...],
    paths: Sequence[tuple[float, Path]],
    shared_error: float,
) -> Posterior:
    """Level and growth after the figures, over some ways in which growth may decay.

    Parameters
    ----------
    prior, figures, shared_error
        As for `posterior`.
    paths
        Each with its weight.

    Notes
    -----
    A mixture of one `posterior` a path: its mean is their mean, its covariance the mean of theirs and the
    covariance of their means. The weights are those of the paths whatever the figures say.
    """
    parts = [posterior(prior, figures, path, shared_error) for _, path in paths]
    if any(part is NOTHING for part in parts):
        return NOTHING
    weights = np.array([weight for weight, _ in paths])
    means = np.array([part.means for part in parts])
    free = np.array(parts[0].spreads) > 0
    mean = np.where(free, weights @ means, means[0])
    apart = (means - mean) * free
    covariance = (apart.T * weights) @ apart
    for weight, part in zip(weights, parts, strict=True):
        a, b = part.spreads
        covariance += weight * np.array(
            [[a * a, part.correlation * a * b], [part.correlation * a * b, b * b]]
        )
    error = math.log1p(weights @ [part.point_error_pct for part in parts] / 100)
    return _as_posterior(mean, covariance, error)


def reference_paths(assumptions: Assumptions) -> tuple[tuple[float, Path], ...]:
    """The register's half-lives of growth with their weights, and its middle long-run rate, whatever the
    scenario says.
    """
    half_life, long_run = (
        assumptions.register[name] for name in ("growth_half_life_years", "long_run_growth_pct")
    )
    rate = float(long_run.central())
    if not isinstance(half_life.value, list):
        return ((1.0, Path(float(half_life.value), rate)),)
    normal = NormalDist()
    shares = np.array([normal.cdf(z) for z, _ in HALF_LIFE_NODES])
    values = simulation.quantile_function(half_life.dist, half_life.value)(shares)
    weights = [weight for _, weight in HALF_LIFE_NODES]
    return tuple((weight, Path(float(value), rate)) for weight, value in zip(weights, values, strict=True))


def _prior(assumptions: Assumptions) -> Prior:
    means, spreads = [], []
    for name in UPDATED:
        value = assumptions[name]
        low, high = map(float, value) if isinstance(value, list) else (float(value), float(value))
        means.append((math.log(low) + math.log(high)) / 2)
        spreads.append(math.log(high / low) / (2 * simulation.Z95))
    return Prior((means[0], means[1]), (spreads[0], spreads[1]))


def _shared_error(assumptions: Assumptions) -> float:
    return math.log1p(float(assumptions.run_rate_error_pct) / 100)


@traced
def update_beliefs(assumptions: Assumptions, evidence: StartEvidence) -> UpdatedBeliefs:
    """Level and growth of revenue at the start: the register's beliefs, updated by the reported figures.

    Parameters
    ----------
    assumptions
        Holds `UPDATED` and ``run_rate_error_pct``.
    evidence
        From `start_evidence`.

    Returns
    -------
    UpdatedBeliefs
    """
    prior, paths, error = _prior(assumptions), reference_paths(assumptions), _shared_error(assumptions)
    alone = read_figures(None, evidence.figures, paths, error)
    uncertain = evidence.figures if any(prior.spreads) else ()
    after = read_figures(prior, uncertain, paths, error)
    known = not math.isnan(after.correlation)
    means, spreads = (after.means, after.spreads) if known else (prior.means, prior.spreads)
    rows, values = [], dict[str, float | list[float]]()
    for k, name in enumerate(UPDATED):
        entry, value = assumptions.register[name], assumptions[name]
        row = _range("prior", "p5 p50 p95", prior.means[k], prior.spreads[k])
        row |= _range("data", "low mid high", alone.means[k], alone.spreads[k])
        row |= _range("posterior", "p5 p50 p95", means[k], spreads[k])
        values[name] = [row["posterior_p5"], row["posterior_p95"]] if isinstance(value, list) else value
        rows.append({"name": name, "input": entry.label, "unit": entry.unit} | row)
    correlation = after.correlation if known else 0.0
    return UpdatedBeliefs(pd.DataFrame(rows), values, correlation, after.point_error_pct)


def _range(part: str, labels: str, mean: float, spread: float) -> dict[str, float]:
    """Median and 90% range of a lognormal, as columns of a table."""
    ends = (-simulation.Z95, 0.0, simulation.Z95)
    return {
        f"{part}_{label}": math.exp(mean + z * spread) for label, z in zip(labels.split(), ends, strict=True)
    }


def contributions(assumptions: Assumptions, evidence: StartEvidence) -> pd.DataFrame:
    """What each figure adds to what is believed of the start.

    Returns
    -------
    DataFrame
        A row a figure, by day: ``figure`` (its label), ``valid_on``, ``period_years`` (NaN for a run rate),
        ``reported_usd_bn``, ``qualifier``; ``path_usd_bn``, the same on the path in the middle of what is
        believed; ``run_rate_without_usd_bn, growth_without``, medians at the start without the figure;
        ``run_rate_change_pct, growth_change_pct``, by how much the medians with it are above those.
    """
    prior, paths, error = _prior(assumptions), reference_paths(assumptions), _shared_error(assumptions)
    figures = evidence.figures
    whole = read_figures(prior, figures, paths, error)
    middle = paths[len(paths) // 2][1]
    rows = []
    for figure in figures:
        rest = read_figures(prior, tuple(f for f in figures if f is not figure), paths, error)
        means = prior.means if rest is NOTHING else rest.means
        on_path = whole.means[0] + float(expected_log(figure, np.array(whole.means[1]), middle))
        rows.append(
            {
                "figure": figure.label,
                "valid_on": pd.Timestamp(figure.day),
                "period_years": sum(end - first for first, end in figure.spans) or math.nan,
                "reported_usd_bn": figure.value_usd_bn,
                "qualifier": figure.qualifier,
                "path_usd_bn": math.exp(on_path),
                "run_rate_without_usd_bn": math.exp(means[0]),
                "growth_without": math.exp(means[1]),
                "run_rate_change_pct": 100 * math.expm1(whole.means[0] - means[0]),
                "growth_change_pct": 100 * math.expm1(whole.means[1] - means[1]),
            }
        )
    return pd.DataFrame(rows)


def half_life_readings(assumptions: Assumptions, evidence: StartEvidence) -> pd.DataFrame:
    """What the same figures say under other half-lives: those of the register's range, and no decay.

    Returns
    -------
    DataFrame
        ``half_life_years`` (inf: growth does not decay); ``run_rate_usd_bn``, the median at the start;
        ``factor, factor_low, factor_high``, growth a year at the start, median and 90% range;
        ``point_error_pct``. No rows without figures.
    """
    prior, error = _prior(assumptions), _shared_error(assumptions)
    middle = reference_paths(assumptions)[0][1]
    entry = assumptions.register["growth_half_life_years"]
    ends = entry.value if isinstance(entry.value, list) else [entry.value]
    rows = []
    for half_life in sorted({float(ends[0]), float(entry.central()), float(ends[-1]), NO_DECAY_YEARS}):
        result = posterior(prior, evidence.figures, middle._replace(half_life_years=half_life), error)
        shown = math.inf if half_life == NO_DECAY_YEARS else half_life
        rows.append({"half_life_years": shown} | _level_and_growth(result))
    return pd.DataFrame(rows).dropna(subset="factor")


def kind_readings(assumptions: Assumptions, evidence: StartEvidence) -> pd.DataFrame:
    """What run rates and revenues of periods say apart, and together.

    Returns
    -------
    DataFrame
        ``figures`` (which of them), and the columns of `half_life_readings` after its first. No row for a
        kind without figures.
    """
    prior, paths, error = _prior(assumptions), reference_paths(assumptions), _shared_error(assumptions)
    kinds = {
        "annualised figures alone": tuple(figure for figure in evidence.figures if not figure.spans),
        "revenue of periods alone": tuple(figure for figure in evidence.figures if figure.spans),
        "all figures": evidence.figures,
    }
    return pd.DataFrame(
        [
            {"figures": kind} | _level_and_growth(read_figures(prior, figures, paths, error))
            for kind, figures in kinds.items()
        ]
    ).dropna(subset="factor")


def _level_and_growth(result: Posterior) -> dict[str, float]:
    """Level, growth with its 90% range, and the point error, as columns of a table."""
    low, middle, high = _range("factor", "low mid high", result.means[1], result.spreads[1]).values()
    return {
        "run_rate_usd_bn": math.exp(result.means[0]),
        "factor": middle,
        "factor_low": low,
        "factor_high": high,
        "point_error_pct": result.point_error_pct,
    }


def payments(paid: tuple[venture.Payment, ...], invested_usd_bn: float) -> tuple[venture.Payment, ...]:
    """SoftBank's dated payments: those made until the start, and the rest in equal instalments on the
    announced days that follow the last of them.

    Parameters
    ----------
    paid
        Of a `StartEvidence`.
    invested_usd_bn
        All payments together, above 0. Where it is less than what was paid, the payments are scaled to it.

    Returns
    -------
    tuple of Payment, by day
    """
    before = sum(p.amount_usd_bn for p in paid)
    if before >= invested_usd_bn:
        scale = invested_usd_bn / before
        return tuple(venture.Payment(p.years, p.amount_usd_bn * scale) for p in paid)
    last = paid[-1].years if paid else -math.inf
    days = [years for day in INSTALMENTS if (years := _years(day)) > last]
    rest = (invested_usd_bn - before) / len(days)
    return (*paid, *(venture.Payment(years, rest) for years in days))
