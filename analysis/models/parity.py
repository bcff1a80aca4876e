"""How far do open weights trail closed ones, and when do they draw level? Lags, gap, and time to parity.

Decisions
- A step is a release that raises the best score so far of its kind; of several on one day the highest counts.
  All scores are of one benchmark and one protocol, one row a model.
- A closed step that no open model has reached is a lag that still runs. It is right-censored at the last
  release of the record; averaging the matched ones alone would leave out the longest.
- An open model that was there before makes the lag zero, never negative. A match on the first open day of the
  record may have happened earlier: that lag is marked "at most". The first closed step of a record that
  starts late may have been reached earlier by a closed model outside it: its lag is "at least", which the
  record cannot show.
- Frontiers are straight lines through the logits of their steps between guessing and 1. They rise by
  construction, so statsmodels' errors mean little; intervals come from resampling developers within each kind
  and taking the steps again.
- A draw without the strongest developer has a lower frontier than the record, never a higher one. Draws are
  therefore off centre, and the estimate of the full record is reported next to their quantiles.
- Never is a result: infinity in quantiles, and a probability of its own. Open already ahead is time 0.
- Closed records often start earlier. Lines through spans that differ compare slopes of different years, so
  `since` can leave early steps out of both lines; they still set the best that later steps must beat.
- The daily gap is a step function, so nothing is fitted to it: its means over two spans and the two slopes
  are compared.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.models import frontier
from analysis.statistics import trend
from analysis.statistics.simulation import Floats, cumulative_probability, quantile

WEIGHTS = ("open", "closed")
REQUIRED_COLUMNS = ("model", "developer", "weights", "score_pct", "valid_on")
LEAST_STEPS = 3
DRAWS = 4000
STEP_YEARS = 0.5
"""Distance of the dates for which the probability of parity is given."""

MONTHS_PER_DAY = 12 / 365
"""Months of a day, as Epoch AI counts its lags."""

TABLE_COLUMNS = [
    "benchmark",
    "record_end",
    "gap_points",
    "smallest_points",
    "largest_points",
    "slope_difference",
    "gain_low",
    "gain_high",
    "change",
    "median_months",
    "years",
    "never",
    "within_two",
]
"""Columns of `parity_table`."""

MATCHED, ALREADY_THERE, AT_MOST, NOT_YET = "matched", "already there", "at most", "not yet"
CLOSING, OPENING, NOT_SHOWN = "closing", "opening", "not shown"


@dataclass(frozen=True)
class TimeToMatch:
    """How long until an open model matches a closed step, by Kaplan and Meier.

    Attributes
    ----------
    survival : DataFrame
        One row a lag at which a match was seen: ``lag_months, at_risk, matches, unmatched_share`` (share of
        steps still unmatched after it), ``se`` (Greenwood) and the ends ``low, high`` of its pointwise
        interval at `level`.
    median_months, median_interval
        Lag by which half of the steps are matched, and its interval; NaN or infinite with a reason in
        `reasons`.
    naive_mean_months
        Mean of the matched lags alone, too short where steps are still unmatched; NaN without a match.
    n, events
        Steps, and those matched.
    matchers
        Different open models among the matches. One release often matches several steps at once: where this
        is below `events`, the intervals are too narrow.
    level
        Level of the intervals.
    reasons, notes
        Why a number is NaN or infinite, by its name; caveats of the result.
    """

    survival: pd.DataFrame
    median_months: float
    median_interval: tuple[float, float]
    naive_mean_months: float
    n: int
    events: int
    matchers: int
    level: float
    reasons: dict[str, str]
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class TimeToParity:
    """When the line of open weights meets the line of closed ones.

    Attributes
    ----------
    record_end, as_of_t
        Last release of the record; decimal year from which times count.
    open, closed : Trend
        The two lines, through the steps of the full record.
    years
        Time to parity of these lines: 0 if open is ahead already, infinite if never.
    low, median, high
        Quantiles of the time to parity over draws, at `level`; infinite where so many draws never reach it.
    never
        Share of draws in which parity never comes: open is behind and its slope is not above the closed
        one's.
    by : DataFrame
        Probability of parity by each date: ``t`` (decimal year), then ``times_years`` (from `as_of_t`),
        ``probability``, ``standard_error, low, high`` as in `simulation.cumulative_probability`: the error of
        drawing, nothing else.
    draw_years
        Time to parity of each draw, read-only; infinite for never. Draws in which one kind has fewer than
        three steps are left out.
    level
        Level of the interval `low` to `high`.
    notes
        Caveats: where lines and record disagree, and how far the lines were extended beyond the record.
    """

    record_end: pd.Timestamp
    as_of_t: float
    open: trend.Trend
    closed: trend.Trend
    years: float
    low: float
    median: float
    high: float
    never: float
    by: pd.DataFrame
    draw_years: Floats = field(repr=False)
    level: float
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Gap:
    """How far the best open model stands below the best closed one, and whether that changes.

    Attributes
    ----------
    record_end
        Last release of the record.
    points
        Closed minus open at the end of the record, in points.
    daily
        `frontier.frontier_gap`, by day.
    smallest, largest
        Its smallest and largest value.
    means
        `frontier.mean_gaps`: its mean over the last year and the year before, or None.
    slope_difference, low, high
        Slope of the open line minus that of the closed one, logits a year, in the full record, and the ends
        of its interval over draws at `level`.
    change
        ``closing`` or ``opening`` where that interval lies on one side of zero whatever the seed (the
        Monte-Carlo error of its end included), else ``not shown``.
    level
        Level of the interval.
    """

    record_end: pd.Timestamp
    points: float
    daily: pd.Series = field(repr=False)
    smallest: float
    largest: float
    means: frontier.MeanGaps | None
    slope_difference: float
    low: float
    high: float
    change: str
    level: float


@dataclass(frozen=True)
class _Lines:
    """Height at the record's end (logits) and slope (logits a year) of both lines, shape (draws,) or (1,)."""

    open: Floats
    open_slope: Floats
    closed: Floats
    closed_slope: Floats

    @property
    def lead(self) -> Floats:
        """How far closed is ahead at the end of the record, logits."""
        return self.closed - self.open

    @property
    def gain(self) -> Floats:
        """What open gains on closed in a year, logits."""
        return self.open_slope - self.closed_slope

    def years(self, after: float) -> Floats:
        """Time to parity from `after` years past the end of the record: 0 if reached, infinite if never."""
        behind = self.lead - self.gain * after
        never = np.full(behind.shape, math.inf)
        until = np.divide(behind, self.gain, out=never, where=self.gain > 0)
        return np.where(behind <= 0, 0.0, until)


def lags(scores: pd.DataFrame, tolerance_points: float = 0.0) -> pd.DataFrame:
    """How long each step of the closed frontier stood before an open model reached its score.

    Parameters
    ----------
    scores : DataFrame
        ``model, developer, weights`` (open or closed), ``score_pct`` (percent), ``valid_on`` (release day),
        of one benchmark and protocol, one row a model.
    tolerance_points : float
        How many points below counts as reached, 0 or more. A score of 70% on 198 questions has a standard
        error of 3.3.

    Returns
    -------
    DataFrame, one row a closed step, by date
        ``model, score_pct, valid_on``; ``matched_by, matched_on``, the first open model that reached it
        (empty and NaT where none did); ``lag_months`` (days/365*12), up to the last release of the record
        where none did; ``matched``; ``reading``: ``matched``; ``already there`` (open had it on that day or
        before: lag 0); ``at most`` (reached by the first open model of the record, so perhaps earlier); ``not
        yet`` (right-censored).

    Raises
    ------
    ValueError
        Columns missing, one kind missing, several benchmarks or protocols, a model twice, cells that are
        missing or no scores; a negative tolerance.
    """
    _check(scores)
    if not (math.isfinite(tolerance_points) and tolerance_points >= 0):
        raise ValueError(f"tolerance_points is {tolerance_points}: write 0 or more points.")
    end = scores["valid_on"].max()
    opened = _steps(scores, "open")
    first_open = opened["valid_on"].iloc[0]
    rows = []
    for step in _steps(scores, "closed").to_dict("records"):
        # steps of the open frontier suffice: the first model to reach a score raises the best so far
        matches = opened[opened["score_pct"] >= step["score_pct"] - tolerance_points - 1e-9].head(1)
        matched = len(matches) > 0
        by, on = (matches["model"].item(), matches["valid_on"].item()) if matched else ("", pd.NaT)
        if not matched:
            reading = NOT_YET
        elif on <= step["valid_on"]:
            reading = ALREADY_THERE
        else:
            reading = AT_MOST if on == first_open else MATCHED
        days = max(((on if matched else end) - step["valid_on"]).days, 0)
        rows.append(
            step
            | {
                "matched_by": by,
                "matched_on": on,
                "lag_months": days * MONTHS_PER_DAY,
                "matched": matched,
                "reading": reading,
            }
        )
    return pd.DataFrame(rows).astype({"matched_on": scores["valid_on"].dtype})


def time_to_match(lags: pd.DataFrame, level: float = 0.95) -> TimeToMatch:
    """The distribution of the lags, those that still run included.

    Parameters
    ----------
    lags : DataFrame
        What `lags` returns.
    level : float
        Level of the intervals, between 0 and 1.

    Returns
    -------
    TimeToMatch

    Raises
    ------
    ValueError
        No lags, a column missing, or a level outside (0, 1).

    Notes
    -----
    statsmodels' `SurvfuncRight`; intervals on the scale of log(-log). The median is the first lag
    at which half or fewer are unmatched (statsmodels' own asks for fewer than half). The estimate holds if a
    step's lag does not depend on its date: where lags change, recent steps are unlike the older ones that
    tell of them. "At most" lags enter as they stand.

    References
    ----------
    Kaplan and Meier (1958), Journal of the American Statistical Association 53(282).
    """
    from statsmodels.duration.survfunc import SurvfuncRight

    if absent := {"lag_months", "matched", "matched_by", "reading"} - set(lags):
        raise ValueError(f"lags has no column {', '.join(sorted(absent))}: hand in what parity.lags returns.")
    if lags.empty:
        raise ValueError("lags is empty: hand in one closed step or more, from parity.lags.")
    _check_level(level)
    months, matched = lags["lag_months"].to_numpy(float), lags["matched"].to_numpy(bool)
    events = int(matched.sum())
    matchers = lags.loc[lags["matched"], "matched_by"].nunique()
    curve = SurvfuncRight(months, matched.astype(int))
    survival = _survival(curve, level)
    with np.errstate(divide="ignore", invalid="ignore"):  # a share of 0 has no interval
        low, high = map(float, curve.quantile_ci(0.5, 1 - level)) if events else (math.nan, math.nan)
    # shares are products of fractions: rounding must not move the median
    halfway = survival.loc[survival["unmatched_share"] <= 0.5 + 1e-9, "lag_months"]
    median = float(halfway.iloc[0]) if len(halfway) else math.nan
    unmatched = float(survival["unmatched_share"].iloc[-1]) if len(survival) else 1.0
    return TimeToMatch(
        survival=survival,
        median_months=median,
        median_interval=(low, high),
        naive_mean_months=float(months[matched].mean()) if events else math.nan,
        n=len(lags),
        events=events,
        matchers=matchers,
        level=level,
        reasons=_reasons(median, low, high, unmatched, float(months.max()), events),
        notes=tuple(_match_notes(lags, events, matchers)),
    )


def _survival(curve: Any, level: float) -> pd.DataFrame:
    """`TimeToMatch.survival` of statsmodels' curve, with intervals on the scale of log(-log)."""
    from scipy import stats

    share, se = (np.asarray(values, dtype=float) for values in (curve.surv_prob, curve.surv_prob_se))
    with np.errstate(divide="ignore", invalid="ignore"):  # a share of 0 has no interval
        power = np.exp(stats.norm.ppf(0.5 + level / 2) * se / np.abs(share * np.log(share)))
        low, high = share**power, share ** (1 / power)
    return pd.DataFrame(
        {
            "lag_months": np.asarray(curve.surv_times, dtype=float),
            "at_risk": np.asarray(curve.n_risk, int),
            "matches": np.asarray(curve.n_events, int),
            "unmatched_share": share,
            "se": se,
            "low": low,
            "high": high,
        }
    )


def time_to_parity(
    scores: pd.DataFrame,
    rng: np.random.Generator | int,
    as_of_t: float | None = None,
    *,
    floor: float,
    since: str | pd.Timestamp | None = None,
    draws: int = DRAWS,
    level: float = 0.9,
    horizon_years: float = 10,
) -> TimeToParity:
    """When the open frontier meets the closed one, if both go on as they did.

    Parameters
    ----------
    scores : DataFrame
        As in `lags`.
    rng : Generator or int
        The draws' own stream, or its seed.
    as_of_t : float, optional
        Decimal year (`trend.decimal_year`) from which the time counts, not before the last release of the
        record, whose day it is where not given. The lines run on to it unseen.
    floor : float
        Share of right answers by guessing, 0 to below 1: 0.25 with four choices. Every score lies above it.
    since : date or ISO date, optional
        The lines run through the steps from this day on; through all where not given.
    draws : int
        Draws of developers, 100 or more.
    level : float
        Level of the interval of the time to parity, between 0 and 1.
    horizon_years : float
        Up to which time after `as_of_t` dates are given, 0.5 or more.

    Returns
    -------
    Parity

    Raises
    ------
    ValueError
        As in `lags`; fewer than three steps of a kind, in the record or in most draws; scores at or below the
        floor or at 100; an `as_of_t` before the end of the record; options out of range.

    Notes
    -----
    With z = logit((score - floor)/(1 - floor)) the lines are z = a + b t, and parity comes
    (a_closed - a_open)/(b_open - b_closed) later. A draw takes as many developers as each kind has, with
    replacement, and finds steps and lines again. Three steps have three dates, since a day has one step.

    On simulated records of nine and six developers, whose lines gain -0.4, 0 or 0.4 logits a year on each
    other, 90% intervals of the gain covered 84 to 86%, those of the time to parity 93 to 100% (300 records
    each): with so few developers all shares are rough. They know nothing of a break in the trend, nor of labs
    that are not in the record.
    """
    record, resampled = _lines(scores, np.random.default_rng(rng), floor, since, draws, level)
    if not (math.isfinite(horizon_years) and horizon_years >= STEP_YEARS):
        raise ValueError(f"horizon_years is {horizon_years}: write {STEP_YEARS} or more years.")
    end = float(trend.decimal_year([scores["valid_on"].max()])[0])
    start = end if as_of_t is None else float(as_of_t)
    if not (math.isfinite(start) and start >= end):
        raise ValueError(
            f"as_of_t is {as_of_t}: write a decimal year not before {end:.3f}, the last release."
        )
    years = resampled.years(start - end)
    years.flags.writeable = False
    times = np.arange(0, horizon_years + STEP_YEARS / 2, STEP_YEARS)
    by = cumulative_probability(years[:, None] <= times, times)
    by.insert(0, "t", start + times)
    low, median, high = _observed_quantiles(years, [(1 - level) / 2, 0.5, (1 + level) / 2])
    return TimeToParity(
        record_end=scores["valid_on"].max(),
        as_of_t=start,
        open=_trend(scores, "open", floor, since),
        closed=_trend(scores, "closed", floor, since),
        years=float(record.years(start - end)[0]),
        low=low,
        median=median,
        high=high,
        never=float(np.isinf(years).mean()),
        by=by,
        draw_years=years,
        level=level,
        notes=tuple(_parity_notes(scores, record, start - end)),
    )


def _observed_quantiles(years: Floats, probabilities: Sequence[float]) -> list[float]:
    """Quantiles that are draws themselves: interpolation fails between numbers and never."""
    ordered = np.sort(years)
    return [float(ordered[math.ceil(p * len(ordered)) - 1]) for p in probabilities]


def gap(
    scores: pd.DataFrame,
    rng: np.random.Generator,
    *,
    floor: float,
    since: str | pd.Timestamp | None = None,
    draws: int = DRAWS,
    level: float = 0.9,
) -> Gap:
    """The gap between the two frontiers at the end of the record, its range, and whether the slopes differ.

    Parameters
    ----------
    scores, rng, floor, since, draws, level
        As in `time_to_parity`.

    Returns
    -------
    Gap

    Raises
    ------
    ValueError
        As in `time_to_parity`.
    """
    record, resampled = _lines(scores, rng, floor, since, draws, level)
    daily = frontier.frontier_gap(scores)
    low, high = (quantile(resampled.gain, end) for end in ((1 - level) / 2, (1 + level) / 2))
    return Gap(
        record_end=scores["valid_on"].max(),
        points=float(daily.iloc[-1]),
        daily=daily,
        smallest=float(daily.min()),
        largest=float(daily.max()),
        means=frontier.mean_gaps(daily),
        slope_difference=float(record.gain[0]),
        low=low.value,
        high=high.value,
        change=CLOSING if low.low > 0 else OPENING if high.high < 0 else NOT_SHOWN,
        level=level,
    )


def parity_table(scores: Mapping[str, pd.DataFrame], seed: int, *, floor: float) -> pd.DataFrame:
    """`gap`, `time_to_match` and `time_to_parity` of several harnesses side by side, all with one seed.

    Returns
    -------
    DataFrame, one row a harness that can carry the lines
        ``benchmark`` (the name), ``record_end``, ``gap_points, smallest_points, largest_points``,
        ``slope_difference`` with its interval ``gain_low, gain_high``, and ``change``, of `Gap`;
        ``median_months`` of `TimeToMatch`; ``years, never`` of `TimeToParity` and ``within_two``, the
        probability of parity within two years.
    """
    rows = []
    for name, record in scores.items():
        try:
            distance = gap(record, np.random.default_rng(seed), floor=floor)
            crossing = time_to_parity(record, seed, floor=floor)
        except ValueError:
            continue
        by = crossing.by.set_index("times_years")["probability"]
        rows.append(
            {
                "benchmark": name,
                "record_end": distance.record_end,
                "gap_points": distance.points,
                "smallest_points": distance.smallest,
                "largest_points": distance.largest,
                "slope_difference": distance.slope_difference,
                "gain_low": distance.low,
                "gain_high": distance.high,
                "change": distance.change,
                "median_months": time_to_match(lags(record)).median_months,
                "years": crossing.years,
                "never": crossing.never,
                "within_two": by[2.0],
            }
        )
    return pd.DataFrame(rows, columns=TABLE_COLUMNS)


def _steps(scores: pd.DataFrame, kind: str) -> pd.DataFrame:
    """The releases that raised the best score of a kind, by date: `model, score_pct, valid_on`."""
    rows = _ordered(scores, kind)
    raises = rows["score_pct"] > rows["score_pct"].cummax().shift(fill_value=-math.inf)
    return rows.loc[raises, ["model", "score_pct", "valid_on"]].reset_index(drop=True)


def _ordered(scores: pd.DataFrame, kind: str) -> pd.DataFrame:
    """The rows of a kind by date and, on one day, the highest first; equal ones by name."""
    rows = scores[scores["weights"] == kind]
    return rows.sort_values(["valid_on", "score_pct", "model"], ascending=[True, False, True])


def _trend(scores: pd.DataFrame, kind: str, floor: float, since: str | pd.Timestamp | None) -> trend.Trend:
    steps = _steps(scores, kind)
    steps = steps[steps["valid_on"] >= _first_day(since)]
    years = trend.decimal_year(steps["valid_on"])
    return trend.fit(years, steps["score_pct"] / 100, form="logistic", floor=floor)


def _first_day(since: str | pd.Timestamp | None) -> pd.Timestamp:
    return pd.Timestamp.min if since is None else pd.Timestamp(since)


def _lines(
    scores: pd.DataFrame,
    rng: np.random.Generator,
    floor: float,
    since: str | pd.Timestamp | None,
    draws: int,
    level: float,
) -> tuple[_Lines, _Lines]:
    """The lines of the full record, and those of the draws that have enough steps of both kinds."""
    _check(scores)
    _check_level(level)
    _check_floor(scores, floor)
    if draws != int(draws) or draws < 100:
        raise ValueError(
            f"draws is {draws}: the ends of an interval need 100 or more whole draws; use {DRAWS}."
        )
    record: list[Floats] = []
    resampled: list[Floats] = []
    usable = np.ones(draws, dtype=bool)
    for kind in WEIGHTS:
        line, lines, steps = _fitted_lines(scores, kind, rng, floor, since, draws)
        record += line
        resampled += lines
        usable &= steps >= LEAST_STEPS
    if usable.mean() < 0.5:
        raise ValueError(
            f"scores leaves fewer than {LEAST_STEPS} steps of a kind in {int((~usable).sum())} of {draws}"
            " draws: too few developers to draw from; use lags and frontier.frontier_gap instead."
        )
    return _Lines(*record), _Lines(*(values[usable] for values in resampled))


def _fitted_lines(
    scores: pd.DataFrame,
    kind: str,
    rng: np.random.Generator,
    floor: float,
    since: str | pd.Timestamp | None,
    draws: int,
) -> tuple[list[Floats], list[Floats], NDArray[np.int64]]:
    """Height and slope of one kind's line in the full record and in each draw of developers, and the number
    of steps in each draw.
    """
    rows = _ordered(scores, kind)
    t = trend.decimal_year(rows["valid_on"]) - trend.decimal_year([scores["valid_on"].max()])[0]
    share = rows["score_pct"].to_numpy(float) / 100
    counted = (rows["valid_on"] >= _first_day(since)).to_numpy()
    everyone = np.ones((1, len(rows)), dtype=bool)
    *line, (steps,) = _frontier_lines(t, share, everyone, counted, floor)
    if steps < LEAST_STEPS:
        raise ValueError(
            f"scores has {steps} steps of {kind} weights{'' if since is None else f' since {since}'}:"
            f" a line needs {LEAST_STEPS} or more; use lags and frontier.frontier_gap instead."
        )
    developers, names = pd.factorize(rows["developer"])
    picks = rng.integers(len(names), size=(draws, len(names)))
    picked = (picks[:, :, None] == np.arange(len(names))).any(axis=1)
    *lines, drawn_steps = _frontier_lines(t, share, picked[:, developers], counted, floor)
    return line, lines, drawn_steps


def _frontier_lines(
    t: Floats, share: Floats, included: NDArray[np.bool_], counted: NDArray[np.bool_], floor: float
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Height at t = 0, slope and number of steps of the frontier of the included rows.

    `t` and `share` have shape (rows,), by date and within a day from the highest; `included` has shape
    (draws, rows), and steps that are not `counted`, shape (rows,), set the best but enter no line. Least
    squares in closed form for all draws at once: the line that `trend.fit` draws, and a test holds the two
    together.
    """
    best = np.maximum.accumulate(np.where(included, share, -math.inf), axis=1)
    before = np.column_stack([np.full(len(included), -math.inf), best[:, :-1]])
    step = included & counted & (share > before)
    count = step.sum(axis=1)
    z = np.log((share - floor) / (1 - share))
    with np.errstate(divide="ignore", invalid="ignore"):  # draws of one step have no line and are dropped
        middle, height = step @ t / count, step @ z / count
        away = np.where(step, t - middle[:, None], 0.0)
        slope = (away @ z) / (away**2).sum(axis=1)
    return height - slope * middle, slope, count


def _parity_notes(scores: pd.DataFrame, record: _Lines, unseen: float) -> list[str]:
    notes = []
    points = float(frontier.frontier_gap(scores).iloc[-1])
    if (points > 0) != (record.lead[0] > 0):
        who = "behind" if points > 0 else "level or ahead"
        notes.append(
            f"by the last scores open models are {who} by {abs(points):.1f} points, and the lines disagree"
        )
    if unseen > 0:
        notes.append(
            f"the lines are extended {unseen:.2f} years beyond the scores before the time to parity starts"
        )
    return notes


def _reasons(
    median: float, low: float, high: float, unmatched: float, longest: float, events: int
) -> dict[str, str]:
    """Why the median or its interval is NaN or infinite, by the name of the field."""
    if not events:
        reason = f"open models have matched no advance of closed ones in up to {longest:.1f} months"
        return dict.fromkeys(("median_months", "median_interval", "naive_mean_months"), reason)
    reasons = {}
    if math.isnan(median):
        reasons["median_months"] = (
            f"{unmatched:.0%} of advances stay unmatched for the longest time seen, {longest:.1f} months"
        )
    if math.isnan(low):
        reasons["median_interval"] = f"{events} matches are too few for an interval"
    elif math.isinf(high):
        reasons["median_interval"] = "no upper end, since too few advances were followed for longer"
    return reasons


def _match_notes(lags: pd.DataFrame, events: int, matchers: int) -> list[str]:
    notes = []
    if matchers < events:
        notes.append(
            f"only {matchers} open {'model' if matchers == 1 else 'models'} behind {events} matches, so the"
            " intervals are too narrow"
        )
    if bounds := int((lags["reading"] == AT_MOST).sum()):
        notes.append(f"{bounds} matched by the first open model in our data, so their lags may be shorter")
    return notes


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"level is {level}: write a share between 0 and 1, such as 0.9.")


def _check_floor(scores: pd.DataFrame, floor: float) -> None:
    if not 0 <= floor < 1:
        raise ValueError(
            f"floor is {floor}: write the share right by guessing, such as 0.25 of four choices."
        )
    outside = (scores["score_pct"] <= 100 * floor) | (scores["score_pct"] >= 100)
    if outside.any():
        row = scores[outside].iloc[0]
        raise ValueError(
            f"score_pct of {row['model']} is {row['score_pct']:g}: a logit needs scores above guessing,"
            f" {100 * floor:g}, and below 100; leave such rows out by rule, or lower the floor."
        )


def _check(scores: pd.DataFrame) -> None:
    if absent := [name for name in REQUIRED_COLUMNS if name not in scores]:
        raise ValueError(f"scores has no column {', '.join(absent)}: hand in rows of model_benchmarks.")
    for name in ("benchmark", "protocol"):
        mixed = sorted(set(scores[name])) if name in scores else []
        if len(mixed) > 1:
            raise ValueError(
                f"scores mixes the {name}s {', '.join(mixed)}: compare models inside one, never across."
            )
    if not pd.api.types.is_datetime64_any_dtype(scores["valid_on"]):
        raise ValueError(f"valid_on holds {scores['valid_on'].dtype}, not dates: use pandas.to_datetime.")
    for name in REQUIRED_COLUMNS:
        if scores[name].isna().any():
            raise ValueError(
                f"{name} lacks {int(scores[name].isna().sum())} cells: leave such rows out by rule."
            )
    if kinds := set(WEIGHTS) ^ set(scores["weights"]):
        raise ValueError(
            f"weights disagrees with open and closed on {', '.join(sorted(kinds))}: hand in rows of both, and"
            " no others."
        )
    if (twice := scores["model"].duplicated()).any():
        raise ValueError(
            f"model {scores['model'][twice].iloc[0]} is there twice: keep one row a model (use == 'trend')."
        )
    wrong = ~scores["score_pct"].between(0, 100)
    if wrong.any():
        raise ValueError(
            f"score_pct of {scores['model'][wrong].iloc[0]} is {scores['score_pct'][wrong].iloc[0]:g}: write"
            " a percentage."
        )
