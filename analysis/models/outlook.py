"""What may happen under these assumptions? A run of venture and balance sheet, from register names to paths.

Decisions
- A register name and the model's field are one word, so that an assumption can be followed by searching for
  it.
- The simulation starts on 31 March 2026, the day of SoftBank's last balance sheet in our data and of the
  round at 852 billion; its dates are SoftBank's fiscal quarter ends. The last report due within the article's
  36 months is that of 31 March 2029.
- Run-rate and growth at the start are beliefs of the register, updated by the run-rates that were known by
  `as_of`. A number that is fixed stays as it is; how far growth decays cannot be read off so
  few points and stays a belief.
- Every input has random streams of its own, keyed by its name and the block of draws: a scenario that changes
  one input leaves the draws of the others as they were, and scenarios are compared on common random numbers.
- OpenAI's and SoftBank's paths share their draws.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.models import balance_sheet, frontier, funding, market, mechanisms, venture
from analysis.provenance import Inputs, traced
from analysis.scenarios import Assumptions
from analysis.statistics import simulation
from analysis.units import DAYS_PER_YEAR

START = dt.date(2026, 3, 31)
START_YEAR = 2026.25
"""The start of the simulation, also as a decimal year."""
INSTALMENTS = (dt.date(2026, 4, 1), dt.date(2026, 7, 1), dt.date(2026, 10, 1))
"""Days of the three equal instalments of the investment of 27 February 2026, as SoftBank announced them."""

VENTURE = venture.NAMES
EXPOSURE = tuple(field.name for field in fields(balance_sheet.ExposureInputs))
EVIDENCE = ("run_rate_weight", "run_rate_error_pct", "invested_usd_bn")
"""The names that say how the evidence enters, in addition to those of the models."""
UPDATED = ("revenue_usd_bn", "growth_factor_per_year")
"""The beliefs that the run-rates update."""


@dataclass(frozen=True)
class EditorialVerdict:
    """How likely both ends of the article's verdict are: neither outsized returns nor a total catastrophe."""

    outsized: simulation.MonteCarloEstimate
    catastrophe: simulation.MonteCarloEstimate
    between: simulation.MonteCarloEstimate


@dataclass(frozen=True)
class StartEvidence:
    """What the evidence of a day says of the start. Read once: the runs of a sweep share it.

    Attributes
    ----------
    fitted : mapping
        For each of `UPDATED` the mean and the standard deviation of its log by the run-rates; NaN
        without a fit.
    paid : tuple of Payment
        What SoftBank had paid by the start, by day.
    inputs : mapping
        The assumptions that it follows from: the cut-off date.
    """

    fitted: Mapping[str, tuple[float, float]]
    paid: tuple[venture.Payment, ...]
    inputs: Inputs = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True)
class UpdatedBeliefs:
    """What is believed of the start before and after the run-rates.

    Attributes
    ----------
    table : DataFrame
        A row each of `UPDATED`: ``name, input`` (its label), ``unit``; ``prior_p5, prior_p50,
        prior_p95``; ``data_low, data_mid, data_high``, 90% interval of the fit (NaN without
        one); ``posterior_p5, posterior_p50, posterior_p95``.
    values : mapping
        Value by name as the models take it: [p5, p95] of a lognormal, or the fixed number.
    inputs : mapping
        The assumptions that they follow from.
    """

    table: pd.DataFrame
    values: Mapping[str, float | list[float]]
    inputs: Inputs = field(default_factory=dict, compare=False, repr=False)


def start_evidence(tables: Mapping[str, pd.DataFrame]) -> StartEvidence:
    """What the evidence says of the start.

    Parameters
    ----------
    tables
        The evidence tables ``openai_finance`` (as for `funding.run_rate`) and ``softbank_openai`` (``event``,
        of which paid and position are read, ``valid_on``, ``amount_usd_bn``, ``cumulative_cost_usd_bn``).

    Notes
    -----
    The fit is the one through the last 18 months, read at the start. Its standard deviation is
    the half width of the 90% interval over 1.645, which keeps Student's wide tails. A position that states
    more than was paid so far counts as a payment of the difference on its day.
    """
    fitted = funding.run_rate(tables["openai_finance"])
    data = dict.fromkeys(UPDATED, (math.nan, math.nan))
    if fitted.current is not None:
        at = fitted.current.forecast([START_YEAR], 0.9).iloc[0]
        level = [math.log(at[name]) for name in ("median", "mean_ci_lower", "mean_ci_upper")]
        growth = [fitted.current.growth_factor_per_year, *fitted.current.growth_factor_interval]
        data = {
            name: (middle, (high - low) / (2 * simulation.Z95))
            for name, (middle, low, high) in zip(UPDATED, (level, map(math.log, growth)), strict=True)
        }
    stakes = tables["softbank_openai"]
    rows = stakes[stakes["valid_on"] <= pd.Timestamp(START)].sort_values("valid_on", kind="stable")
    paid: list[venture.Payment] = []
    for day, part in rows.groupby("valid_on"):
        years = (pd.Timestamp(str(day)).date() - START).days / DAYS_PER_YEAR
        amount = float(part.loc[part["event"] == "paid", "amount_usd_bn"].sum())
        stated = part.loc[part["event"] == "position", "cumulative_cost_usd_bn"].dropna()
        if len(stated):
            amount = max(amount, float(stated.iloc[-1]) - sum(p.amount_usd_bn for p in paid))
        if amount > 0:
            paid.append(venture.Payment(years, amount))
    return StartEvidence(data, tuple(paid))


@traced
def update_beliefs(assumptions: Assumptions, evidence: StartEvidence) -> UpdatedBeliefs:
    """Run-rate and growth at the start: the register's beliefs, updated by the run-rates.

    Parameters
    ----------
    assumptions
        Holds `UPDATED`, ``run_rate_weight`` (1: all the evidence, 0: none) and ``run_rate_error_pct``.
    evidence
        From `start_evidence`.

    Returns
    -------
    Beliefs

    Notes
    -----
    In logs, with precisions 1/s² of the prior (lognormal [p5, p95]) and w/s² of the data, the
    posterior mean is their weighted mean and its precision their sum. To the s of the level the error of the
    sources is added, since all figures come from few hands. Level and growth are updated apart: at the start,
    near the middle of the months that the fit goes through, their errors hardly depend on each other.
    """
    values, rows = _updated(assumptions, evidence)
    entries = [(name, assumptions.register[name], row) for name, row in rows.items()]
    table = [{"name": name, "input": entry.label, "unit": entry.unit} | row for name, entry, row in entries]
    return UpdatedBeliefs(pd.DataFrame(table), values)


def _updated(
    assumptions: Assumptions, evidence: StartEvidence
) -> tuple[dict[str, float | list[float]], dict[str, dict[str, float]]]:
    """The values of `UpdatedBeliefs` and the numbers of its table, by name."""
    errors = {"revenue_usd_bn": math.log1p(assumptions.run_rate_error_pct / 100)}
    rows, values = {}, {}
    for name in UPDATED:
        mean, spread = evidence.fitted[name]
        spread = math.hypot(spread, errors.get(name, 0.0))
        values[name], rows[name] = _update_belief(
            assumptions[name], mean, spread, assumptions.run_rate_weight
        )
    return values, rows


def _update_belief(
    prior: float | list[float], mean: float, spread: float, weight: float
) -> tuple[float | list[float], dict[str, float]]:
    """One belief after the data, as a value and as a row of the table."""
    low, high = prior if isinstance(prior, list) else (prior, prior)
    before, width = (math.log(low) + math.log(high)) / 2, math.log(high / low) / (2 * simulation.Z95)
    precision = weight / spread**2 if not math.isnan(mean) else 0.0
    after, left = before, width
    if precision and width:
        left = (1 / width**2 + precision) ** -0.5
        after = left**2 * (before / width**2 + precision * mean)
    ends = [-simulation.Z95, 0.0, simulation.Z95]
    row = {
        f"{part}_{label}": math.exp(centre + z * s)
        for part, centre, s, labels in (
            ("prior", before, width, ("p5", "p50", "p95")),
            ("data", mean, spread, ("low", "mid", "high")),
            ("posterior", after, left, ("p5", "p50", "p95")),
        )
        for label, z in zip(labels, ends, strict=True)
    }
    value = [row["posterior_p5"], row["posterior_p95"]] if isinstance(prior, list) else prior
    return value, row


def payments(paid: tuple[venture.Payment, ...], invested_usd_bn: float) -> tuple[venture.Payment, ...]:
    """SoftBank's dated payments: those made until the start, and the rest in three equal instalments.

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
    rest = (invested_usd_bn - before) / len(INSTALMENTS)
    later = [venture.Payment((day - START).days / DAYS_PER_YEAR, rest) for day in INSTALMENTS]
    return (*paid, *later)


def draw_inputs(
    values: Sequence[tuple[str, Any, str | None]], n_draws: int, seed: int, block: int
) -> dict[str, Any]:
    """Draws of each input that has a distribution, from the stream of its name; the others as they are."""
    return {
        name: _draws(name, value, dist, n_draws, seed, block) if np.ndim(value) else value
        for name, value, dist in values
    }


@lru_cache(maxsize=256)
def _draws(
    name: str, value: tuple[float, ...], dist: str | None, n_draws: int, seed: int, block: int
) -> simulation.Floats:
    """Draws of one input, read-only: runs that differ in a few inputs share those of all others."""
    draws = simulation.draw(dist, value, n_draws, simulation.spawn(seed, [name], block)[name])
    draws.flags.writeable = False
    return draws


@dataclass(frozen=True)
class RunSetting:
    """All that a run of the venture model needs: hashable, so that a run is made once."""

    values: tuple[tuple[str, Any, str | None], ...]
    payments: tuple[venture.Payment, ...]
    seed: int

    def inputs(self, n_draws: int, block: int = 0) -> tuple[venture.VentureInputs, dict[str, Any]]:
        """The inputs of one block of draws, and its random streams."""
        streams = simulation.spawn(self.seed, venture.PURPOSES, block)
        inputs = draw_inputs(self.values, n_draws, self.seed, block)
        return venture.VentureInputs(**inputs, payments=self.payments), streams

    def paths(self, n_draws: int, block: int = 0) -> venture.VenturePaths:
        """The paths of one block of draws."""
        inputs, streams = self.inputs(n_draws, block)
        return venture.simulate(inputs, n_draws, streams)


def run_setting(assumptions: Assumptions, evidence: StartEvidence) -> RunSetting:
    """Checked assumptions and the evidence of the day as a `RunSetting`.

    `assumptions` holds every name of `VENTURE` and `EVIDENCE`, and ``seed``.
    """
    return RunSetting(
        _values(assumptions, evidence, VENTURE),
        payments(evidence.paid, assumptions.invested_usd_bn),
        assumptions.seed,
    )


def _values(
    assumptions: Assumptions, evidence: StartEvidence, names: Sequence[str]
) -> tuple[tuple[str, Any, str | None], ...]:
    """Name, value and distribution of inputs, with the beliefs that the record updated."""
    updated, _ = _updated(assumptions, evidence)
    values = ((name, updated.get(name, assumptions[name])) for name in names)
    return tuple(
        (name, tuple(value) if isinstance(value, list) else value, assumptions.dist(name))
        for name, value in values
    )


@traced
def venture_paths(assumptions: Assumptions, evidence: StartEvidence) -> venture.VenturePaths:
    """OpenAI's simulated paths: every input drawn as the register, the scenario and the evidence say.

    As `run_setting`; `assumptions` also holds ``draws``.
    """
    return _venture_paths(run_setting(assumptions, evidence), assumptions.draws)


@lru_cache(maxsize=4)
def _venture_paths(setting: RunSetting, draws: int) -> venture.VenturePaths:
    parts = simulation.run_blocks(lambda block, size: setting.paths(size, block), draws)
    return simulation.concat_paths(list(parts), shared=venture.SHARED)


def summarise_draws(
    setting: RunSetting,
    draws: int,
    reduce: Callable[[venture.VenturePaths, int], Mapping[str, Any]],
    *,
    workers: int = 1,
) -> dict[str, Any]:
    """A few numbers a draw, block by block, so that any number of draws runs in bounded memory.

    Parameters
    ----------
    setting, draws
        The setting, and 1 draw or more.
    reduce
        From the paths of a block and its number to numbers a draw by name, each of shape (draws of the
        block,).
    workers
        Threads; the result does not depend on them.

    Returns
    -------
    dict of ndarray, shape (draws,)
    """
    parts = [
        dict(part)
        for part in simulation.run_blocks(
            lambda block, size: reduce(setting.paths(size, block), block), draws, workers=workers
        )
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


REVENUE = (*UPDATED, "growth_half_life_years", "long_run_growth_pct", "pool_usd_bn", "pool_share", "ceiling")
"""The inputs that revenue follows from before erosion and shocks."""


@traced
def revenue_paths(
    assumptions: Assumptions, evidence: StartEvidence
) -> tuple[simulation.Floats, simulation.Floats]:
    """Times in years and revenue (draws by quarters) before price erosion and shocks, on the same draws as
    the full model.

    `assumptions` holds every name of `REVENUE`, ``run_rate_weight``, ``run_rate_error_pct``,
    ``horizon_years``, ``seed`` and ``draws``.
    """
    times = np.arange(round(assumptions.horizon_years * 4) + 1) / 4
    values = _values(assumptions, evidence, REVENUE)

    def paths(block: int, size: int) -> simulation.Floats:
        inputs = draw_inputs(values, size, assumptions.seed, block)
        x = {name: simulation.input_column(name, value, size) for name, value in inputs.items()}
        index = mechanisms.growth_index(
            times, x["growth_factor_per_year"], x["growth_half_life_years"], x["long_run_growth_pct"]
        )
        filled = mechanisms.share_of_ceiling(
            x["revenue_usd_bn"], x["pool_usd_bn"], x["pool_share"], x["ceiling"]
        )
        return x["revenue_usd_bn"] * mechanisms.under_ceiling(index, filled)

    return times, np.concatenate(list(simulation.run_blocks(paths, assumptions.draws)))


def stake_paths(paths: venture.VenturePaths) -> balance_sheet.StakePaths:
    """What SoftBank's balance sheet needs of the venture: the stake at the price of the day, what moves the
    other holdings along, and the instalments to come.
    """
    return balance_sheet.StakePaths(
        paths.stake_usd_bn,
        np.maximum(paths.price_usd_bn / paths.price_usd_bn[:, :1], 0.01),
        [balance_sheet.Instalment(*payment) for payment in paths.payments if payment.years > 0],
    )


@traced
def exposure_paths(assumptions: Assumptions, paths: venture.VenturePaths) -> balance_sheet.ExposurePaths:
    """SoftBank's paths along OpenAI's; `assumptions` holds every name of `EXPOSURE` and ``seed``."""
    stake = stake_paths(paths)
    parts = [
        _block_exposure(
            assumptions,
            stake._replace(
                value_usd_bn=stake.value_usd_bn[block * simulation.BLOCK :][:size],
                ai_factor=stake.ai_factor[block * simulation.BLOCK :][:size],
            ),
            block,
        )
        for block, size in simulation.blocks(len(stake.value_usd_bn))
    ]
    return simulation.concat_paths(parts, shared=("times_years",))


def block_exposure(
    assumptions: Assumptions, paths: venture.VenturePaths, block: int
) -> balance_sheet.ExposurePaths:
    """The same for one block of draws, from the paths of that block."""
    return _block_exposure(assumptions, stake_paths(paths), block)


def _block_exposure(
    assumptions: Assumptions, stake: balance_sheet.StakePaths, block: int
) -> balance_sheet.ExposurePaths:
    inputs = balance_sheet.ExposureInputs(**{name: assumptions[name] for name in EXPOSURE})
    draws, dates = stake.value_usd_bn.shape
    noise = {
        name: _holding_noise(
            name,
            assumptions[f"{name}_volatility_pct"],
            assumptions.degrees_of_freedom,
            (draws, dates - 1),
            assumptions.seed,
            block,
        )
        for name in balance_sheet.HOLDINGS
    }
    return balance_sheet.along_stake(inputs, stake, noise)


@lru_cache(maxsize=24)
def _holding_noise(
    name: str,
    volatility_pct: float,
    degrees_of_freedom: float,
    shape: tuple[int, int],
    seed: int,
    block: int,
) -> simulation.Floats:
    """A holding's own noise, read-only: whatever the stake does, it is the same."""
    stream = simulation.spawn(seed, [name], block)[name]
    noise = balance_sheet.holding_noise(name, volatility_pct, degrees_of_freedom, shape, stream)
    noise.flags.writeable = False
    return noise


@traced
def editorial_verdict(
    paths: venture.VenturePaths, *, outsized_moic: float, catastrophe_moic: float
) -> EditorialVerdict:
    """Probabilities of a MOIC of at least `outsized_moic`, below `catastrophe_moic`, and between the two."""
    moic = paths.moic
    high, low = moic >= outsized_moic, moic < catastrophe_moic
    return EditorialVerdict(*(simulation.probability(hits) for hits in (high, low, ~high & ~low)))


def stress_table(assumptions: Assumptions, start: balance_sheet.ExposurePaths) -> pd.DataFrame:
    """Loan-to-value after a loss on the stake: ``loss_pct``, ``alone_pct``, ``along_pct``; losses up to 75%.

    From the median of the simulated starting values, the instalments to come paid and borrowed at the price
    of the start.
    """
    losses = range(0, 80, 5)
    unpaid, debt, stake, *holdings = (
        float(np.median(getattr(start, f"{name}_jpy_tn")[:, 0]))
        for name in ("unpaid", "net_debt", "openai", *balance_sheet.HOLDINGS)
    )
    loadings = [float(assumptions[f"loading_{name}"]) for name in balance_sheet.HOLDINGS]
    levels = {
        name: [
            float(balance_sheet.ltv_after_loss(holdings, stake + unpaid, debt + unpaid, loss / 100, coupling))
            * 100
            for loss in losses
        ]
        for name, coupling in (("alone_pct", None), ("along_pct", loadings))
    }
    return pd.DataFrame({"loss_pct": list(losses)} | levels)


def correlations(assumptions: Assumptions) -> pd.DataFrame:
    """Correlation of quarterly log returns that loadings and volatilities imply, the AI factor first.

    Its volatility is that of what the market pays and of the company's own noise in revenue together, at the
    middle of their ranges; shocks come on top.
    """
    market_pct, revenue_pct, co_movement = (
        assumptions.central(name)
        for name in ("multiple_volatility_pct", "revenue_volatility_pct", "co_movement")
    )
    matrix = balance_sheet.implied_correlation(
        [assumptions[f"loading_{name}"] for name in balance_sheet.HOLDINGS],
        [assumptions[f"{name}_volatility_pct"] for name in balance_sheet.HOLDINGS],
        math.sqrt(market_pct**2 + revenue_pct**2 + 2 * co_movement * market_pct * revenue_pct),
    )
    names = ["AI factor", "Arm", "Vision Fund 2", "the rest"]
    return pd.DataFrame(matrix, index=pd.Index(names, name="holding"), columns=names)


class HalfLife(NamedTuple):
    """The time in which the excess of growth over its long-run rate halves, with its interval."""

    value: float
    """Years; inf where growth does not decay by that reading."""
    low: float
    high: float
    level: float
    n: int
    """Pairs of years that it was read from."""


def growth_decay(reference: pd.DataFrame, long_run_pct: float | None = None) -> HalfLife:
    """Half-life of the excess of log growth over its long-run rate, from yearly revenues of other companies.

    Parameters
    ----------
    reference : DataFrame
        ``company``, ``valid_on``, ``revenue_usd_bn``, a row a fiscal year.
    long_run_pct
        The long-run rate in percent a year; estimated along where it is None.

    Returns
    -------
    HalfLife
        Next year's log growth is regressed on this year's; with phi its slope the half-life is -ln 2 /
        ln phi. Errors allow for unequal scatter (HC3).
    """
    import statsmodels.api as sm  # a second: only where it is used

    rows = reference.sort_values(["company", "valid_on"])
    growth = np.log(rows["revenue_usd_bn"]).groupby(rows["company"]).diff()
    pairs = pd.DataFrame({"now": growth, "next": growth.groupby(rows["company"]).shift(-1)}).dropna()
    if long_run_pct is None:
        fit = sm.OLS(pairs["next"], sm.add_constant(pairs["now"])).fit(cov_type="HC3")
        position = 1
    else:
        pairs = pairs - math.log1p(long_run_pct / 100)
        fit = sm.OLS(pairs["next"], pairs[["now"]]).fit(cov_type="HC3")
        position = 0
    slopes = [float(fit.params.iloc[position]), *map(float, np.asarray(fit.conf_int(0.1))[position])]
    half, low, high = (
        math.inf if phi >= 1 else 0.0 if phi <= 0 else -math.log(2) / math.log(phi) for phi in slopes
    )
    return HalfLife(half, low, high, 0.9, len(pairs))


def price_falls(assumptions: Assumptions) -> NDArray[np.float64]:
    """Draws of the factor by which the price of a fixed quality of answer falls in a year."""
    name = "price_decline_factor_per_year"
    return simulation.draw(
        assumptions.dist(name),
        assumptions[name],
        assumptions.draws,
        simulation.spawn(assumptions.seed, ["price"])["price"],
    )


@traced
def price_fall_probability(assumptions: Assumptions, factor_per_year: float) -> simulation.MonteCarloEstimate:
    """Probability that the price of a fixed quality of answer falls by that factor a year, or by more."""
    return simulation.probability(price_falls(assumptions) >= factor_per_year)


def price_paths(assumptions: Assumptions) -> tuple[simulation.Floats, simulation.Floats]:
    """Times in years, quarterly over three years, and the price of a fixed quality of answer at them in
    percent of that at the start (draws by quarters), on the draws of `price_falls`.
    """
    times = np.arange(13) / 4
    return times, 100 * frontier.price_after(price_falls(assumptions), times)


@traced
def needed_revenue_usd_bn(assumptions: Assumptions) -> float:
    """Yearly revenue at the exit that the required return needs, at the middle long-run multiple."""
    return market.required_revenue_usd_bn(
        assumptions.invested_usd_bn,
        assumptions.required_return_pct,
        assumptions.horizon_years,
        assumptions.stake_share,
        1.0,
        assumptions.central("multiple_long_run"),
    )


@traced
def third_prediction(
    assumptions: Assumptions, evidence: StartEvidence
) -> dict[str, simulation.MonteCarloEstimate]:
    """Probabilities of the third prediction from the same draws: its halves are not independent.

    Returns
    -------
    dict
        ``down``: a mark `write_down_pct` below cost within `write_down_years`; ``lag``: costs per unit of
        revenue are higher then than at the start; ``both``.
    """
    paths = venture_paths(assumptions, evidence)
    quarters = round(assumptions.write_down_years * 4)
    hits = venture.write_down_hits(paths, threshold_pct=assumptions.write_down_pct)
    down = np.asarray(hits[:, : quarters + 1].any(axis=1))
    ratio = paths.cost_usd_bn / paths.revenue_usd_bn
    lag = np.asarray(ratio[:, quarters] > ratio[:, 0])
    parts = {"down": down, "lag": lag, "both": down & lag}
    return {name: simulation.probability(part) for name, part in parts.items()}
