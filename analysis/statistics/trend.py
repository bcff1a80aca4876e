"""How fast does it grow, and how sure is that? One straight line on the right scale, with its intervals.

Decisions
- A date becomes a decimal year by one rule, the one that Epoch AI used for its training costs
  (`decimal_year`).
- `exponential` is a line through natural logs, `logistic` one through logits between a floor and a ceiling.
  Back in the unit of `y` the centre of such a forecast is a median and is named so.
- Interval of the curve and interval of a new point are two things with two names; each states its level.
- All intervals use Student's t, robust errors included: with n - 2 degrees of freedom, with clusters one less
  than there are clusters. Normal quantiles would make robust intervals too short in samples of this size.
- With HC3 the interval of a new point is bootstrapped, since the closed form assumes one variance for all
  points.
- Weights are precisions, not counts: they are scaled to mean one, and a new point has the mean weight.
- What the data cannot carry (two points, one date, no variation, two clusters) is refused, not fitted.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Interval = tuple[float, float]
Form = Literal["linear", "exponential", "logistic"]
Cov = Literal["nonrobust", "HC3", "HAC", "cluster"]
DateRule = Literal["epoch", "ordinal"]

DRAWS = 10_000
LEAST_POINTS = 3
"""Two points make no trend: nothing says how far they scatter."""
REGULAR = (
    1.5  # longest over shortest step of a series that still counts as regular: quarters reach 92/90, a gap 2
)
FEW_CLUSTERS = 10
EXACT = 1e-12  # variance left unexplained by a line through every point: what rounding leaves
NO_INTERVAL: Interval = (math.nan, math.nan)
INTERVAL_SUFFIXES = ("", "_low", "_high")
REFIT_COLUMNS = [
    "fit",
    "published_fit",
    "level",
    *(f"published{end}" for end in INTERVAL_SUFFIXES),
    *(f"refitted{end}" for end in INTERVAL_SUFFIXES),
    "published_n",
    "refitted_n",
    "published_r2",
    "refitted_r2",
    "refitted_slope_log10",
    "refitted_slope_log10_se",
    "refitted_doubling_months",
    "refitted_doubling_low",
    "refitted_doubling_high",
    "agrees",
]
"""Columns of `refit_published`."""


def decimal_year(dates: pd.Series | pd.DatetimeIndex | Sequence[Any], rule: DateRule = "epoch") -> Floats:
    """Dates as decimal years.

    Parameters
    ----------
    dates : Series, DatetimeIndex or sequence of dates or ISO dates, shape (n,)
        Time of day counts for nothing.
    rule : {"epoch", "ordinal"}
        ``epoch``, this project's rule: year + (month - 1)/12 + (day - 1)/365, as Epoch AI dates its training
        costs. ``ordinal``: days since 0001-01-01, that day being 1, over 365, as Epoch AI dates its price
        declines: a factor of this year is its 10^(365 slope). Rules differ in the third digit of a factor;
        never mix them in one fit.

    Returns
    -------
    ndarray, shape (n,), years.

    Raises
    ------
    ValueError
        An unknown rule, or a date that is missing or cannot be read.

    References
    ----------
    epoch-research/training-cost-trends and epoch-research/llm-benchmark-efficiency.
    """
    _one_of("rule", rule, get_args(DateRule))
    try:
        days = pd.DatetimeIndex(pd.to_datetime(list(dates)))
    except (ValueError, TypeError) as reason:
        raise ValueError(f"dates hold what is no date ({reason}): write YYYY-MM-DD or dates.") from reason
    if days.hasnans:
        raise ValueError(
            f"dates lack the one at position {int(days.isna().argmax())}: leave such rows out by rule."
        )
    if rule == "ordinal":
        return np.array([day.toordinal() for day in days], dtype=float) / 365
    year, month, day = (np.asarray(part, dtype=float) for part in (days.year, days.month, days.day))
    return year + (month - 1) / 12 + (day - 1) / 365


@dataclass(frozen=True)
class Diagnostics:
    """What to ask of a fit before it is believed, on the scale of the fit (natural log, logit).

    Attributes
    ----------
    nobs
        Points.
    df_resid, df_interval
        Degrees of freedom of the residuals, and of the t quantiles of the intervals.
    residual_sd
        Standard deviation of the residuals over `df_resid`.
    fvalue, f_pvalue, llf, aic, bic
        As statsmodels names them; with robust errors `fvalue` is the robust one.
    durbin_watson
        About 2 without, below 2 with positive autocorrelation; equal dates keep the order in which they were
        given.
    clusters
        Number of clusters; None where not used.
    notes
        Warnings of statsmodels, and caveats of the result.
    """

    nobs: int
    df_resid: float
    df_interval: float
    residual_sd: float
    fvalue: float
    f_pvalue: float
    llf: float
    aic: float
    bic: float
    durbin_watson: float
    clusters: int | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Scale:
    """The scale on which a form is a straight line."""

    form: Form
    floor: float
    ceiling: float

    def line(self, y: Floats) -> Floats:
        """From the unit of `y` to the scale of the line."""
        if self.form == "exponential":
            return np.log(y)
        return np.log((y - self.floor) / (self.ceiling - y)) if self.form == "logistic" else y

    def unit(self, z: Floats) -> Floats:
        """From the scale of the line back to the unit of `y`."""
        if self.form == "exponential":
            return np.exp(z)
        if self.form == "logistic":
            # (1 + tanh(z/2)) / 2 = 1/(1 + exp(-z)), without overflow
            return self.floor + (self.ceiling - self.floor) * (1 + np.tanh(z / 2)) / 2
        return z


@dataclass(frozen=True, eq=False)
class Trend:
    """A fitted trend: ask it for its factor, its intervals, its doubling time and a forecast.

    Attributes
    ----------
    form, cov, level
        As asked for; `level` is the one of every interval below.
    nobs
        Number of points.
    period
        First and last decimal year of the points.
    t, y
        The points by date, decimal years and the unit of `y`, shape (nobs,), read-only.
    params, bse
        Series ``const, slope``: estimates and standard errors on the scale of the form, `const` at year 0.
    rsquared
        Share of variance explained on that scale.
    """

    form: Form
    cov: Cov
    level: float
    nobs: int
    period: Interval
    params: pd.Series
    bse: pd.Series
    rsquared: float
    t: Floats = field(repr=False)
    y: Floats = field(repr=False)
    _scale: Scale = field(repr=False)
    _centre: float = field(repr=False)
    _fitted: Any = field(repr=False)
    _used: dict[str, int] = field(repr=False)
    _notes: tuple[str, ...] = field(repr=False)

    def conf_int(self, level: float | None = None) -> pd.DataFrame:
        """Intervals of the parameters: rows ``const, slope``, columns ``lower, upper``, at `level`."""
        half = self._quantile(self.level if level is None else level) * self.bse
        return pd.DataFrame({"lower": self.params - half, "upper": self.params + half})

    @property
    def growth_factor_per_year(self) -> float:
        """exp(slope), what a year multiplies by; NaN where there is no constant factor (see `reasons`)."""
        return math.exp(self.params["slope"]) if self.form == "exponential" else math.nan

    @property
    def growth_factor_interval(self) -> Interval:
        """Confidence interval of `growth_factor_per_year` at `level`: exp of the slope's ends."""
        if self.form != "exponential":
            return NO_INTERVAL
        low, high = self._slope_ends()
        return math.exp(low), math.exp(high)

    @property
    def doubling_time_years(self) -> float:
        """Years in which it doubles, ln 2 / slope; NaN where nothing doubles (see `reasons`)."""
        return self._time_of(2)

    @property
    def doubling_time_interval(self) -> Interval:
        """Confidence interval of the doubling time; infinite above where the slope's includes zero."""
        return self._times_of(2)

    @property
    def halving_time_years(self) -> float:
        """Years in which it halves, ln 2 / -slope; NaN where nothing halves (see `reasons`)."""
        return self._time_of(0.5)

    @property
    def halving_time_interval(self) -> Interval:
        """Confidence interval of the halving time; infinite above where the slope's includes zero."""
        return self._times_of(0.5)

    @property
    def reasons(self) -> dict[str, str]:
        """Why an attribute is NaN or infinite, by its name."""
        slope, low, high = self.params["slope"], *self._slope_ends()
        if self.form != "exponential":
            reason = (
                "a linear trend adds the same amount each year, so its factor changes: use form='exponential'"
                if self.form == "linear"
                else (
                    "a logistic trend has no constant factor; its odds are multiplied by"
                    f" {math.exp(slope):.4g} a year"
                )
            )
            return dict.fromkeys(
                ("growth_factor_per_year", "doubling_time_years", "halving_time_years"), reason
            )
        reasons = {}
        if slope <= 0:
            reasons["doubling_time_years"] = f"it does not grow: a year multiplies by {math.exp(slope):.4g}"
        if slope >= 0:
            reasons["halving_time_years"] = f"it does not fall: a year multiplies by {math.exp(slope):.4g}"
        if low <= 0 <= high and slope:
            name = "doubling_time_interval" if slope > 0 else "halving_time_interval"
            reasons[name] = f"no upper end: the {self.level:.0%} interval of the slope includes zero"
        return reasons

    def forecast(
        self,
        t: ArrayLike,
        level: float | None = None,
        *,
        rng: np.random.Generator | int = 0,
        draws: int = DRAWS,
    ) -> pd.DataFrame:
        """The curve and its two intervals at some dates, in the unit of `y`.

        Parameters
        ----------
        t : float or array, shape (m,)
            Decimal years, by the rule of the fit, in or outside its period.
        level : float, optional
            Level of both intervals; that of the fit where not given.
        rng : Generator or int
            Generator or seed of the bootstrap; used with ``cov="HC3"`` only. The default is a fixed seed.
        draws : int
            Draws of the bootstrap.

        Returns
        -------
        DataFrame, one row a date, named as in statsmodels' ``summary_frame``
            ``t``; ``mean``, which after a log or logit is called ``median``, since that is what comes back;
            ``mean_ci_lower, mean_ci_upper``, confidence interval of that curve; ``obs_ci_lower,
            obs_ci_upper``, prediction interval of a new point; ``level``; ``extrapolated``, whether the date
            lies outside the period.

        Raises
        ------
        ValueError
            Dates that are no vector of finite numbers, a level outside (0, 1), fewer than 100 draws.

        Notes
        -----
        With x = (1, t), V the covariance and q the t quantile, on the scale of the form: x b ± q
        sqrt(x V x') and x b ± q sqrt(x V x' + s²). With HC3 the second is x b plus quantiles of x (b* - b) +
        e*: b* from the wild bootstrap (signs at random on e_i/(1 - h_i), which gives b* exactly HC3's
        covariance), e* drawn from e_i/sqrt(1 - h_i) of all dates and multiplied by t/z, the ratio of
        Student's and the normal quantile. That follows skew and fat tails; where the spread itself drifts
        with time, e* is the record's average. On simulated normal noise of one variance its 95% interval
        covers 92 to 94% from 8 to 45 points; with a spread that grows sixfold over the record, 77 to 81% a
        year after it (the closed form: 73 to 79%). HAC and clusters keep s², and none of these intervals
        knows that the trend may break.

        References
        ----------
        Davidson and Flachaire (2008), The wild bootstrap, tamed at last, Journal of Econometrics 146(1).
        """
        at = np.atleast_1d(_numbers("t", t))
        if at.ndim != 1:
            raise ValueError(f"t has shape {at.shape}: write one date or a vector of dates.")
        level = self.level if level is None else level
        x = np.column_stack([np.ones(at.size), at - self._centre])
        line = x @ self._fitted.params
        variance = np.einsum("ij,jk,ik->i", x, self._fitted.cov_params(), x)
        q = self._quantile(level)
        mean = q * np.sqrt(variance)
        if self.cov == "HC3":
            below, above = self._bootstrapped(x, level, np.random.default_rng(rng), draws)
        else:
            above = q * np.sqrt(variance + self._fitted.scale)
            below = -above
        columns = {
            "mean" if self.form == "linear" else "median": line,
            "mean_ci_lower": line - mean,
            "mean_ci_upper": line + mean,
            "obs_ci_lower": line + below,
            "obs_ci_upper": line + above,
        }
        frame = pd.DataFrame({"t": at, **{name: self._scale.unit(z) for name, z in columns.items()}})
        outside = (at < self.period[0]) | (at > self.period[1])
        return frame.assign(level=level, extrapolated=outside)

    def probability_above(
        self,
        t: float,
        threshold: float,
        *,
        of: int = 1,
        shift: float = 0.0,
        rng: np.random.Generator | int = 0,
        draws: int = DRAWS,
    ) -> float:
        """Probability that the largest of some new points at one date lies above a threshold.

        Parameters
        ----------
        t : float
            Decimal year.
        threshold : float
            In the unit of `y`.
        of : int
            New points, 1 or more. Their noise is independent, the line and its spread are common to all.
        shift : float
            Standard errors of the mean by which the line is moved first: the probability if the line were off
            by that much.
        rng, draws
            Draws of the line and of its spread (flat prior, normal noise) for several points; one point has
            Student's t of the prediction interval, which needs none.

        Raises
        ------
        ValueError
            Robust errors, whose noise has no one variance; fewer than one point; a threshold outside the
            form's bounds.
        """
        from scipy import stats

        if self.cov != "nonrobust":
            raise ValueError(
                f"cov is {self.cov!r}: a probability needs one variance; fit with cov='nonrobust'."
            )
        if of < 1 or of != int(of):
            raise ValueError(f"of is {of}: write a whole number of new points, 1 or more.")
        (at,) = _numbers("t", [t])
        with np.errstate(divide="ignore", invalid="ignore"):
            (z,) = self._scale.line(_numbers("threshold", [threshold]))
        if not math.isfinite(z):
            raise ValueError(f"threshold is {threshold:g}: a {self.form} trend needs one inside its bounds.")
        df, x, scale = self._df(), np.array([1.0, at - self._centre]), float(self._fitted.scale)
        leverage = float(x @ self._fitted.normalized_cov_params @ x)
        middle = float(x @ self._fitted.params) + shift * math.sqrt(scale * leverage)
        if of == 1:
            return float(stats.t.sf((z - middle) / math.sqrt(scale * (1 + leverage)), df))
        generator = np.random.default_rng(rng)
        sigma = np.sqrt(scale * df / generator.chisquare(df, draws))
        line = middle + sigma * math.sqrt(leverage) * generator.standard_normal(draws)
        return float(np.mean(1 - stats.norm.cdf((z - line) / sigma) ** of))

    def diagnostics(self) -> Diagnostics:
        """Fit statistics, and in `notes` every warning of statsmodels on the way."""
        from scipy import stats
        from statsmodels.stats.stattools import durbin_watson

        fitted, n = self._fitted, self.nobs
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            llf, f_value = float(fitted.llf), float(fitted.fvalue)
            return Diagnostics(
                nobs=n,
                df_resid=float(fitted.df_resid),
                df_interval=self._df(),
                residual_sd=math.sqrt(fitted.scale),
                fvalue=f_value,
                f_pvalue=float(
                    stats.f.sf(f_value, 1, self._df())
                ),  # statsmodels' depends on what was asked before
                llf=llf,
                aic=float(fitted.aic),
                bic=float(fitted.bic),
                durbin_watson=float(durbin_watson(fitted.wresid)),
                clusters=self._used.get("clusters"),
                notes=tuple(dict.fromkeys((*self._notes, *warning_texts(caught)))),
            )

    def _df(self) -> float:
        return float(getattr(self._fitted, "df_resid_inference", self._fitted.df_resid))

    def _quantile(self, level: float) -> float:
        from scipy import stats

        return float(stats.t.ppf(0.5 + _checked_level(level) / 2, self._df()))

    def _slope_ends(self) -> Interval:
        low, high = self.conf_int().loc["slope"].to_numpy(float)
        return float(low), float(high)

    def _time_of(self, factor: float) -> float:
        slope = float(self.params["slope"]) * math.copysign(1, math.log(factor))
        return math.log(2) / slope if self.form == "exponential" and slope > 0 else math.nan

    def _times_of(self, factor: float) -> Interval:
        if math.isnan(self._time_of(factor)):
            return NO_INTERVAL
        low, high = self._slope_ends() if factor > 1 else (-end for end in reversed(self._slope_ends()))
        return math.log(2) / high, math.log(2) / low if low > 0 else math.inf

    def _bootstrapped(
        self, x: Floats, level: float, rng: np.random.Generator, draws: int
    ) -> tuple[Floats, Floats]:
        """Ends of the prediction interval as distances from the curve, on the scale of the form."""
        from scipy import stats

        if draws < 100:
            raise ValueError(f"draws is {draws}: the ends of an interval need 100 or more; use {DRAWS}.")
        residuals, room = self._fitted.wresid, 1 - _leverage(self._fitted)
        signs = rng.choice(np.array([-1.0, 1.0]), (draws, self.nobs))
        moved = (signs * (residuals / room)) @ self._fitted.model.pinv_wexog.T
        small_sample = self._quantile(level) / stats.norm.ppf(0.5 + level / 2)
        noise = rng.choice(residuals / np.sqrt(room), (draws, len(x))) * small_sample
        below, above = np.quantile(moved @ x.T + noise, [(1 - level) / 2, (1 + level) / 2], axis=0)
        return below, above


def fit(
    t: ArrayLike,
    y: ArrayLike,
    *,
    form: Form = "linear",
    level: float = 0.95,
    cov: Cov = "nonrobust",
    maxlags: int | None = None,
    groups: Sequence[Any] | pd.Series | None = None,
    floor: float = 0.0,
    ceiling: float = 1.0,
    weights: ArrayLike | None = None,
) -> Trend:
    """Fit a trend by least squares.

    Parameters
    ----------
    t : array, shape (n,)
        Decimal years (`decimal_year`), in any order: points are sorted. Repeated dates are fine but with HAC.
    y : array, shape (n,)
        What is measured, in its own unit.
    form : {"linear", "exponential", "logistic"}
        y, ln y, or ln((y - floor)/(ceiling - y)) as a line in t.
    level : float
        Level of the intervals, between 0 and 1.
    cov : {"nonrobust", "HC3", "HAC", "cluster"}
        Standard errors: of one variance; of unequal variances; of a regular autocorrelated series; of
        clusters whose points are not independent.
    maxlags : int, optional
        Lags for HAC; where not given floor(4 (n/100)^(2/9)).
    groups : sequence, shape (n,), optional
        Cluster of each point, for ``cov="cluster"``: developer, provider.
    floor, ceiling : float
        Bounds of a logistic trend, in the unit of `y` (a share); GPQA's floor is guessing, 0.25.
    weights : array, shape (n,), optional
        Precision of each point, above 0, any scale: the inverse of its variance. To count a row twice, repeat
        the row.

    Returns
    -------
    Trend

    Raises
    ------
    ValueError
        Fewer than three points, one date only, no variation, values that are not finite, not positive
        (exponential) or not between the bounds (logistic), unequal lengths; a point alone at the end of a
        lever (HC3); repeated dates, gaps, or lags that do not fit (HAC); fewer than three clusters; an option
        that the form or `cov` does not use.

    Notes
    -----
    statsmodels OLS or WLS, with t measured from its mean while fitting: the same line, without
    the rounding errors of a year 0 two thousand years off. HAC and clusters with their small-sample
    corrections.

    References
    ----------
    MacKinnon and White (1985), Journal of Econometrics 29(3), for HC3; Newey and West
    (1994), Review of Economic Studies 61(4), for the lags; Cameron and Miller (2015), Journal of Human
    Resources 50(2), for clusters.
    """
    _check_options(form, level, cov, maxlags, groups, floor, ceiling)
    scale = Scale(form, float(floor), float(ceiling))
    years, values, precision, clusters = _sample(t, y, scale, weights, groups, cov)
    correction, options = _cov_options(cov, maxlags, clusters, years)
    centre = float(np.average(years, weights=precision))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fitted = _least_squares(years - centre, scale.line(values), precision, cov, options)
        params, bse = _at_year_zero(fitted, centre)
        rsquared = float(fitted.rsquared)
    notes = [*_fit_notes(correction, rsquared), *warning_texts(caught)]
    return Trend(
        form=form,
        cov=cov,
        level=level,
        nobs=int(years.size),
        period=(float(years[0]), float(years[-1])),
        params=params,
        bse=bse,
        rsquared=rsquared,
        t=years,
        y=values,
        _scale=scale,
        _centre=centre,
        _fitted=fitted,
        _used=correction,
        _notes=tuple(notes),
    )


def refit_published(samples: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """The published fits of training cost, fitted again, next to what was printed.

    Parameters
    ----------
    samples : DataFrame
        ``run, valid_on, training_cost_usd, cost_basis``: the sample of each fit, by its run.
    published : DataFrame
        ``fit, what, factor_per_year, low, high, level_pct, n, r2``; the rows whose `fit` ends in a run of the
        samples (``QUANTITY.RUN``) are taken, the others left.

    Returns
    -------
    DataFrame, one row a published fit, in their order
        ``fit, published_fit`` (in words), ``level`` (share); ``published, published_low, published_high`` and
        ``refitted, refitted_low, refitted_high`` (times per year, interval at `level`); ``published_n,
        refitted_n``, ``published_r2, refitted_r2``; ``refitted_slope_log10`` and ``refitted_slope_log10_se``
        (powers of ten a year), ``refitted_doubling_months, refitted_doubling_low, refitted_doubling_high``;
        ``agrees``: factor, both ends and R squared are as published once rounded to the decimals that each of
        them shows, and n is the same. A zero that ends a published number is lost in a table of numbers, so
        2.9431 is compared to four decimals. No rows where none was published; a fit without a sample is left
        out.

    Raises
    ------
    ValueError
        A fit of training cost without factor, interval, level, n or R squared; a sample that mixes cost
        bases.

    Notes
    -----
    The authors' specification: least squares of the log of cost on decimal year by the rule
    ``epoch``, errors of one variance.
    """
    rows = []
    for row in published.to_dict("records"):
        sample = samples[samples["run"] == str(row["fit"]).partition(".")[2]]
        if sample.empty:
            continue
        _check_sample(row, sample)
        rows.append(_reproduced(row, sample))
    return pd.DataFrame(rows, columns=REFIT_COLUMNS)


def _check_sample(row: dict[Any, Any], sample: pd.DataFrame) -> None:
    needed = ("factor_per_year", "low", "high", "level_pct", "n", "r2")
    if absent := [name for name in needed if pd.isna(row[name])]:
        raise ValueError(
            f"{row['fit']} has no {', '.join(absent)} in published: leave out what was not printed."
        )
    bases = sorted(sample["cost_basis"].unique())
    if len(bases) > 1:
        raise ValueError(f"{row['fit']} mixes the cost bases {', '.join(bases)}: fit each basis by itself.")


def _reproduced(row: dict[Any, Any], sample: pd.DataFrame) -> dict[str, Any]:
    level = row["level_pct"] / 100
    years = decimal_year(sample["valid_on"])
    again = fit(years, sample["training_cost_usd"], form="exponential", level=level)
    printed = (row["factor_per_year"], row["low"], row["high"])
    refitted = (again.growth_factor_per_year, *again.growth_factor_interval)
    pairs = zip((*refitted, again.rsquared), (*printed, row["r2"]), strict=True)
    agrees = again.nobs == row["n"] and all(round(new, _decimals(old)) == old for new, old in pairs)
    months = [12 * time for time in (again.doubling_time_years, *again.doubling_time_interval)]
    return {
        "fit": row["fit"],
        "published_fit": row["what"],
        "level": level,
        **{f"published{end}": number for end, number in zip(INTERVAL_SUFFIXES, printed, strict=True)},
        **{f"refitted{end}": number for end, number in zip(INTERVAL_SUFFIXES, refitted, strict=True)},
        "published_n": int(row["n"]),
        "refitted_n": again.nobs,
        "published_r2": row["r2"],
        "refitted_r2": again.rsquared,
        "refitted_slope_log10": again.params["slope"] / math.log(10),
        "refitted_slope_log10_se": again.bse["slope"] / math.log(10),
        **{f"refitted_doubling_{end}": m for end, m in zip(("months", "low", "high"), months, strict=True)},
        "agrees": agrees,
    }


def _decimals(number: float) -> int:
    """Decimals that a printed number shows: 2.0 shows one, 2.40727 five."""
    return len(repr(float(number)).partition(".")[2])


def _least_squares(t: Floats, z: Floats, precision: Floats, cov: Cov, options: dict[str, Any]) -> Any:
    from statsmodels.regression.linear_model import (
        OLS,  # two seconds: only where it is used
        WLS,
    )

    x = np.column_stack([np.ones(t.size), t])
    model = OLS(z, x) if np.ptp(precision) == 0 else WLS(z, x, weights=precision)
    plain = model.fit()
    if cov == "nonrobust":
        return plain
    lonely = _leverage(plain) > 1 - 1e-9
    if cov == "HC3" and lonely.any():
        raise ValueError(
            f"cov is HC3, but the point {int(lonely.argmax())} in order of t is alone at its end and decides"
            " the slope: use cov='nonrobust', or more dates."
        )
    return model.fit(cov_type=cov, cov_kwds=options or None)


def _at_year_zero(fitted: Any, centre: float) -> tuple[pd.Series, pd.Series]:
    """Parameters and standard errors with the constant at year 0 rather than at the mean date."""
    move = np.array([[1.0, -centre], [0.0, 1.0]])
    names = ["const", "slope"]
    covariance = move @ fitted.cov_params() @ move.T
    return pd.Series(move @ fitted.params, names), pd.Series(np.sqrt(np.diag(covariance)), names)


def _leverage(fitted: Any) -> Floats:
    return np.einsum("ij,ji->i", fitted.model.wexog, fitted.model.pinv_wexog)


def _fit_notes(correction: dict[str, int], rsquared: float) -> list[str]:
    notes = []
    if (clusters := correction.get("clusters", FEW_CLUSTERS)) < FEW_CLUSTERS:
        notes.append(f"{clusters} clusters: errors from fewer than {FEW_CLUSTERS} are themselves uncertain")
    if rsquared > 1 - EXACT:
        notes.append(
            "the line passes through every point: its errors are rounding, and its intervals say nothing"
        )
    return notes


def warning_texts(caught: list[warnings.WarningMessage]) -> list[str]:
    """Warnings as notes, each once."""
    return list(dict.fromkeys(f"{w.category.__name__}: {str(w.message).strip()}" for w in caught))


def _one_of(name: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} is {value!r}: write one of {', '.join(allowed)}.")


def _checked_level(level: float) -> float:
    if not 0 < level < 1:
        raise ValueError(f"level is {level}: write a share between 0 and 1, such as 0.95.")
    return level


def _check_options(
    form: str, level: float, cov: str, maxlags: int | None, groups: Any, floor: float, ceiling: float
) -> None:
    _one_of("form", form, get_args(Form))
    _one_of("cov", cov, get_args(Cov))
    _checked_level(level)
    if maxlags is not None and cov != "HAC":
        raise ValueError(
            f"maxlags is {maxlags}, but cov {cov!r} has no lags: leave it out, or use cov='HAC'."
        )
    if groups is not None and cov != "cluster":
        raise ValueError(
            f"groups are given, but cov {cov!r} does not use them: leave them out, or use cov='cluster'."
        )
    if form != "logistic" and (floor, ceiling) != (0.0, 1.0):
        raise ValueError(
            f"floor {floor} and ceiling {ceiling} bound no {form} trend: leave them out, or use"
            " form='logistic'."
        )
    if not (math.isfinite(floor) and math.isfinite(ceiling) and floor < ceiling):
        raise ValueError(f"floor is {floor} and ceiling {ceiling}: write finite bounds, floor below ceiling.")


def _numbers(name: str, values: ArrayLike) -> Floats:
    """Finite numbers, as an array of floats."""
    array = np.asarray(values)
    if array.dtype.kind not in "iufO" or any(isinstance(first, np.datetime64) for first in array.flat[:1]):
        raise ValueError(f"{name} holds {array.dtype}, not numbers: use trend.decimal_year for dates.")
    try:
        numbers = array.astype(float)
    except (TypeError, ValueError) as reason:
        raise ValueError(
            f"{name} holds what is no number ({reason}): use trend.decimal_year for dates."
        ) from reason
    wrong = ~np.isfinite(numbers)
    if wrong.any():
        raise ValueError(
            f"{name} has {int(wrong.sum())} values that are not finite, the first at position"
            f" {int(wrong.argmax())}: leave such rows out by rule."
        )
    return numbers


def _sample(
    t: ArrayLike,
    y: ArrayLike,
    scale: Scale,
    weights: ArrayLike | None,
    groups: Sequence[Any] | pd.Series | None,
    cov: Cov,
) -> tuple[Floats, Floats, Floats, NDArray[np.int64]]:
    """Years, values, precisions and clusters of the points by date; years and values are read-only."""
    years, values = _points(t, y)
    _check_values(values, scale, _name(y))
    precision = np.ones(years.size) if weights is None else _weights(weights, years.size)
    clusters = _clusters(groups, years.size) if cov == "cluster" else np.zeros(years.size, dtype=np.int64)
    order = np.argsort(years, kind="stable")
    years, values = years[order], values[order]
    years.flags.writeable = values.flags.writeable = False
    return years, values, precision[order], clusters[order]


def _points(t: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    if np.ndim(t) != 1 or np.shape(t) != np.shape(y):
        raise ValueError(f"t has shape {np.shape(t)}, y {np.shape(y)}: write two vectors, one y for each t.")
    years, values = _numbers("t", t), _numbers("y", y)
    if years.size < LEAST_POINTS:
        raise ValueError(
            f"t has {years.size} points: a trend needs {LEAST_POINTS} or more; between two use"
            " growth.cagr_pct."
        )
    if np.ptp(years) == 0:
        raise ValueError(
            f"t is {years[0]:g} at all {years.size} points: one date has no trend; compare levels instead."
        )
    if np.ptp(values) == 0:
        raise ValueError(
            f"y is {values[0]:g} at all {values.size} points: no variation, no trend to fit; state the"
            " constant instead."
        )
    return years, values


def _name(y: ArrayLike) -> str:
    """What messages call the values: the column of an evidence table, where they come from one."""
    return str(y.name) if isinstance(y, pd.Series) and y.name is not None else "y"


def _check_values(values: Floats, scale: Scale, name: str) -> None:
    if scale.form == "exponential" and (values <= 0).any():
        first = int((values <= 0).argmax())
        raise ValueError(
            f"{name} is {values[first]:g} at position {first}: an exponential trend needs values above 0; use"
            " form='linear'."
        )
    outside = (values <= scale.floor) | (values >= scale.ceiling)
    if scale.form == "logistic" and outside.any():
        first = int(outside.argmax())
        raise ValueError(
            f"{name} is {values[first]:g} at position {first}: a logistic trend needs values between floor"
            f" {scale.floor:g} and ceiling {scale.ceiling:g}, ends left out; write shares, move a bound, or"
            " use form='linear'."
        )


def _weights(weights: ArrayLike, n: int) -> Floats:
    if np.shape(weights) != (n,):
        raise ValueError(f"weights have shape {np.shape(weights)}: write one for each of {n} points.")
    numbers = _numbers("weights", weights)
    if (numbers <= 0).any():
        first = int((numbers <= 0).argmax())
        raise ValueError(
            f"weights hold {numbers[first]:g} at position {first}: write numbers above 0, and leave out a"
            " point that should not count."
        )
    return numbers / numbers.mean()


def _clusters(groups: Sequence[Any] | pd.Series | None, n: int) -> NDArray[np.int64]:
    """The cluster of each point as a whole number."""
    if groups is None or len(groups) != n:
        count = "none" if groups is None else len(groups)
        raise ValueError(f"groups has {count} for {n} points: cov='cluster' needs a group for each point.")
    codes, names = pd.factorize(np.asarray(groups, dtype=object))
    if (codes < 0).any():
        raise ValueError(
            f"groups lacks the one at position {int((codes < 0).argmax())}: name it, or leave the row out by"
            " rule."
        )
    if len(names) < 3:
        raise ValueError(f"groups has {len(names)} clusters: errors need 3 or more; use cov='HC3'.")
    return codes.astype(np.int64)


def _cov_options(
    cov: Cov, maxlags: int | None, clusters: NDArray[np.int64], years: Floats
) -> tuple[dict[str, int], dict[str, Any]]:
    """The options of the errors for diagnostics, and those for statsmodels."""
    if cov == "cluster":
        return {"clusters": int(clusters.max()) + 1}, {"groups": clusters}
    if cov != "HAC":
        return {}, {}
    _check_regular(years)
    lags = math.floor(4 * (years.size / 100) ** (2 / 9)) if maxlags is None else maxlags
    if lags != int(lags) or not 0 <= lags < years.size:
        raise ValueError(f"maxlags is {lags}: write a whole number from 0 to below {years.size}, the points.")
    return {"maxlags": int(lags)}, {"maxlags": int(lags), "use_correction": True}


def _check_regular(years: Floats) -> None:
    steps = np.diff(years)
    if (steps <= 0).any():
        raise ValueError(
            f"t holds {years[int((steps <= 0).argmax())]:g} twice: HAC needs a regular series; use cov='HC3'"
            " or 'cluster'."
        )
    if steps.max() > REGULAR * steps.min():
        raise ValueError(
            f"t has steps from {steps.min():.3g} to {steps.max():.3g} years: HAC needs a regular series"
            " without gaps; use cov='HC3', or the longest stretch without one."
        )
