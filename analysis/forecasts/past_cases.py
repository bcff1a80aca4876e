"""What did past companies look like at their entry, and what would model and rivals have said of them?

Decisions
- A case is a company on one day. What goes into the model is what was known then, by one rule for all: growth
  of the year before, the price over revenue where it is in our data, and nothing that came later.
- Nothing is tuned on a case that it is scored on: half-life and noise of growth, level, slope and spread of
  the multiple, and the speed of repricing are estimated again for each entry year, without the cases that
  entered in it.
- The years after an entry belong to later entries too, and the model keeps the other years of a company,
  which the class does not see. Neither decides: with entries five years apart, or without the company, the
  order of the two on values is the same.
- What the record of the entry does not hold (growth and price of most late rounds) is drawn from the late
  rounds of other years for which it is known.
- The model runs in whole years: its growth, multiple and repricing, and dilution by pay in shares where the
  outcome is a price per share. Costs, money raised and the claim are of one company alone and are not tested.
- Three rivals, each as wide as the other years say: nothing changes (for revenue: growth stays); the index
  (for revenue: long-run growth); and the class itself, the outcomes of other companies in other years.
- All cases share their uniforms, so that two forecasts differ by their inputs and never by luck.
- A total loss counts as a hundredth of the entry: it has no logarithm.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import DataError, Problem
from analysis.models import mechanisms, reference_class
from analysis.scenarios import Assumptions
from analysis.statistics import scoring, simulation

Floats = NDArray[np.float64]

DRAWS = 2000
"""Simulated outcomes a case."""
LEAST_X = 0.01
"""What a total loss counts as, over the entry."""
FALL_X = 0.75
"""The value over that of the entry at which the event happens: a quarter below."""
INDEX_YEARS = 20
"""Years before the entry over which the index's growth is measured."""
LEAST_OTHERS = 10
"""Outcomes of other companies in other years below which the class says nothing."""
RULE, HAND = "rule", "hand"
PER_SHARE, MARKET_VALUE, ROUND, REVENUE = "share price", "market value", "round", "revenue"
"""What an outcome is: after dilution, before it, the price of a private round, or revenue."""
SHARED = ("growth_half_life_years", "revenue_volatility_pct", "long_run_growth_pct", "multiple_long_run")
STREAMS = (
    *SHARED,
    "multiple_sensitivity",
    "repricing_half_life_years",
    "multiple_volatility_pct",
    "stock_pay_pct",
    "year_growth_pct",
    "price_over_sales_x",
)
"""The random streams of a case's inputs, by the names of the register and of the cases."""


EVIDENCE = ("growth_pairs", "value_cases", "late_rounds", "revenue_multiples", "stock_index")
"""The tables of evidence that the tests rest on."""
ASSUMED = ("long_run_growth_pct", "stock_pay_pct", "co_movement", "seed")
"""The assumptions that they take from the register: what the class does not estimate."""


class CaseTable(NamedTuple):
    """How a table of evidence holds cases."""

    key: tuple[str, ...]
    year: str
    """The column with the entry year; ``valid_on`` for the year of that day."""
    outcomes: Mapping[int, str]
    """The column of the outcome over the entry, by years after it."""


TABLES = {
    "growth_pairs": CaseTable(("company", "fiscal_year"), "fiscal_year", reference_class.LATER),
    "value_cases": CaseTable(("company", "entry_year"), "entry_year", reference_class.LATER),
    "late_rounds": CaseTable(
        ("company", "valid_on"), "valid_on", {years: f"ratio_{years}y" for years in (1, 3, 5)}
    ),
}
COLUMNS = (
    "company",
    "entry_year",
    "chosen",
    "basis",
    "year_growth_pct",
    "price_over_sales_x",
    "outcome_x",
    "lowest_x",
)
"""What a case holds; growth, price and the lowest value may be missing."""


def check_cases(table: pd.DataFrame, name: str) -> None:
    """Refuse cases that no score can be made of.

    Parameters
    ----------
    table, name
        One of `TABLES`.

    Raises
    ------
    DataError
        A company twice at one entry, a case without an outcome, an outcome at or below zero, or one known
        before its entry; growth that no model can start from, or a price at or below zero; all of them at
        once.
    """
    form = TABLES[name]
    outcomes, growth = table[list(form.outcomes.values())], table["year_growth_pct"]
    price = table.get("price_over_sales_x", pd.Series(math.nan, index=table.index))
    entered = _entry_day(table, form)
    no_growth = growth.le(-100) | (growth.isna() & (name != "late_rounds"))
    faults = {
        (f"is there twice for one {form.key[1]}", "Write it once"): table.duplicated(list(form.key)),
        ("has no outcome", "Write one, or leave the case out"): outcomes.isna().all(axis=1),
        ("has an outcome of zero or below", f"Write {LEAST_X:g} for a total loss"): outcomes.le(0).any(
            axis=1
        ),
        ("has an outcome that was known before its entry", "Mend one of the days"): table["known_on"].lt(
            entered
        ),
        ("has no growth above -100% before its entry", "Write it, or leave the case out"): no_growth,
        ("has a price over sales of zero or below", "Write what was paid, or leave it empty"): price.le(0),
    }
    problems = [
        Problem(f"{name}.csv, {row['company']} {_entry_in_words(row[form.key[1]])}", *fault)
        for fault, hit in faults.items()
        for row in table[hit].to_dict("records")
    ]
    if problems:
        raise DataError(problems)


def _entry_in_words(entry: float | pd.Timestamp) -> str:
    return entry.date().isoformat() if isinstance(entry, pd.Timestamp) else f"{entry:g}"


def _entry_day(table: pd.DataFrame, form: CaseTable) -> pd.Series:
    if form.year == "valid_on":
        return pd.to_datetime(table["valid_on"])
    return pd.to_datetime(table[form.year].astype(int).astype(str) + "-01-01")


def cases(table: pd.DataFrame, name: str, years_on: int) -> pd.DataFrame:
    """The cases of a table with an outcome that many years after their entry.

    Parameters
    ----------
    table, name
        One of `TABLES`, checked.
    years_on
        Years from the entry to the outcome.

    Returns
    -------
    DataFrame
        `COLUMNS`, a row a case in the order of the table; ``outcome_x`` is over the entry.
    """
    form = TABLES[name]
    rows = table[table[form.outcomes[years_on]].notna()]
    if name == "growth_pairs":
        rows = rows[rows["growth_kind"].eq("own")]
    basis = ROUND if name == "late_rounds" else REVENUE
    filled: dict[str, Any] = {"chosen": RULE, "basis": basis, "price_over_sales_x": math.nan}
    filled = {column: value for column, value in filled.items() if column not in rows}
    return rows.assign(
        entry_year=_entry_day(rows, form).dt.year,
        outcome_x=rows[form.outcomes[years_on]],
        lowest_x=_lowest(rows, name),
        **filled,
    )[list(COLUMNS)].reset_index(drop=True)


def _lowest(rows: pd.DataFrame, name: str) -> pd.Series:
    """The lowest value over the entry at the dates up to three years; NaN where one of them is missing."""
    if name == "value_cases":
        return rows["lowest_in_3_years_x"]
    if name == "late_rounds":
        return rows[["ratio_1y", "ratio_3y"]].min(axis=1, skipna=False)
    return pd.Series(math.nan, index=rows.index)


@dataclass(frozen=True)
class CaseEvidence:
    """The evidence tables that the tests rest on, as known on a day, and what the register says else."""

    growth_pairs: pd.DataFrame
    value_cases: pd.DataFrame
    late_rounds: pd.DataFrame
    revenue_multiples: pd.DataFrame
    stock_index: pd.DataFrame
    assumptions: Assumptions

    @classmethod
    def of(cls, known: Mapping[str, pd.DataFrame], assumptions: Assumptions) -> CaseEvidence:
        """From all evidence tables as known; cases that cannot be scored are refused (`check_cases`)."""
        if lacking := [name for name in EVIDENCE if name not in known]:
            rule, fix = "is not there, and past cases are scored with it", "Add the table"
            raise DataError(Problem(f"evidence {name}", rule, fix) for name in lacking)
        for name in TABLES:
            check_cases(known[name], name)
        register = {name: assumptions.register[name] for name in ASSUMED}
        values = {name: assumptions[name] for name in ASSUMED}
        tables = {name: known[name] for name in EVIDENCE}
        return cls(**tables, assumptions=Assumptions(values, register))

    def without(self, year: int) -> CaseEvidence:
        """The same without the cases that entered in a year, and the growth and multiples of that time."""
        pairs, multiples = self.growth_pairs, self.revenue_multiples
        return CaseEvidence(
            pairs[~pairs["fiscal_year"].isin((year - 1, year))],
            self.value_cases[self.value_cases["entry_year"] != year],
            self.late_rounds[pd.to_datetime(self.late_rounds["valid_on"]).dt.year != year],
            multiples[pd.to_datetime(multiples["valid_on"]).dt.year != year],
            self.stock_index,
            self.assumptions,
        )


def uniforms(seed: int) -> dict[str, Floats]:
    """The uniforms of each input, shape (draws,), and the normals of two walks, shape (draws, years)."""
    streams = simulation.spawn(seed, (*STREAMS, "revenue", "market"))
    normals = {name: streams[name].standard_normal((DRAWS, 5)) for name in ("revenue", "market")}
    return {name: streams[name].random(DRAWS) for name in STREAMS} | normals


def inputs(evidence: CaseEvidence, shared: Mapping[str, Floats]) -> dict[str, Floats]:
    """Draws of what the model believes of companies of this kind, estimated from some evidence.

    Parameters
    ----------
    evidence
        Without the entry year in question.
    shared
        From `uniforms`.

    Returns
    -------
    dict of ndarray, shape (draws,)
        By the names of the register, percent and years as there.
    """
    assumptions, rng = evidence.assumptions, np.random.default_rng(int(evidence.assumptions.seed))
    decay = reference_class.growth_decay(reference_class.entries(evidence.growth_pairs), rng)
    level = reference_class.long_run_multiple(evidence.revenue_multiples)
    slope = reference_class.multiple_slope(evidence.revenue_multiples)
    repricing = reference_class.repricing(evidence.value_cases, decay, level, slope, rng)
    values = {
        "growth_half_life_years": _between(decay.half_life_low, decay.half_life_high),
        "revenue_volatility_pct": _between(decay.volatility_low, decay.volatility_high),
        "multiple_long_run": _between(level.low, level.high),
        "multiple_sensitivity": ("pert", (slope.low, slope.value, slope.high)),
        "repricing_half_life_years": _between(repricing.half_life_low, repricing.half_life_high),
        "multiple_volatility_pct": _between(repricing.volatility_low, repricing.volatility_high),
    }
    for name in ("long_run_growth_pct", "stock_pay_pct"):
        values[name] = (assumptions.dist(name), assumptions[name])
    return {name: simulation.from_uniforms(*value, shared[name]) for name, value in values.items()}


def _between(low: float, high: float) -> tuple[str | None, Any]:
    """A lognormal with these ends; one number where they are the same."""
    return ("lognormal", (low, high)) if low < high else (None, low)


class Beliefs:
    """What other entry years show: the evidence without a year and the draws that follow from it, made once a
    year.
    """

    def __init__(self, evidence: CaseEvidence) -> None:
        self.evidence = evidence
        self.shared = uniforms(int(evidence.assumptions.seed))
        self._by_year: dict[int, tuple[CaseEvidence, dict[str, Floats]]] = {}

    def without(self, year: int) -> tuple[CaseEvidence, dict[str, Floats]]:
        """Evidence and `inputs` without the cases of an entry year.

        Raises
        ------
        DataError
            They are too few to estimate something.
        """
        if year not in self._by_year:
            others = self.evidence.without(year)
            try:
                self._by_year[year] = others, inputs(others, self.shared)
            except ValueError as reason:
                place, rule = f"past cases of other years than {year}", str(reason).partition(". ")[0]
                raise DataError(Problem(place, rule.rstrip("."), "Add cases of other years")) from None
        return self._by_year[year]


def model(cases: pd.DataFrame, beliefs: Beliefs, years: int, *, value: bool) -> Floats:
    """What the model says of cases, each from what other entry years show.

    Parameters
    ----------
    cases
        From `cases`.
    beliefs
        Of all evidence.
    years
        Whole years from the entry to the last outcome.
    value
        Whether the outcome is a value, or revenue.

    Returns
    -------
    ndarray, shape (cases, draws, years + 1)
        Log of the outcome over the entry, yearly.
    """
    paths, shared = np.empty((len(cases), DRAWS, years + 1)), beliefs.shared
    for year, rows in cases.groupby("entry_year"):
        others, x = beliefs.without(int(str(year)))
        growth = _known_or_drawn("year_growth_pct", rows, others, shared)
        path = log_revenue(growth, x, shared["revenue"], years)
        if value:
            price = _known_or_drawn("price_over_sales_x", rows, others, shared)
            path = path + log_value_over_revenue(growth, price, x, _market(x, beliefs), years)
            path = path + np.where(
                rows["basis"].eq(PER_SHARE).to_numpy()[:, np.newaxis, np.newaxis],
                np.log1p(-x["stock_pay_pct"] / 100)[:, np.newaxis] * np.arange(years + 1),
                0.0,
            )
        paths[rows.index] = np.maximum(path, math.log(LEAST_X))
    return paths


def _known_or_drawn(
    name: str, rows: pd.DataFrame, others: CaseEvidence, shared: Mapping[str, Floats]
) -> Floats:
    """A column of cases, shape (cases, draws): as known, else drawn from the late rounds of other years; NaN
    where these have none.
    """
    known = rows[name].to_numpy(dtype=float)[:, np.newaxis]
    elsewhere = others.late_rounds.loc[others.late_rounds["chosen"].eq(RULE), name].dropna()
    late = rows["basis"].eq(ROUND).to_numpy()[:, np.newaxis]
    drawn = np.quantile(elsewhere, shared[name]) if len(elsewhere) else np.full(DRAWS, math.nan)
    return np.where(np.isnan(known) & late, drawn, known)


def _excess(growth_pct: Floats, x: Mapping[str, Floats], years: int) -> Floats:
    """Excess log growth of each year that follows, shape (cases, draws, years)."""
    long_run = np.log1p(x["long_run_growth_pct"] / 100)
    half_lives = (np.arange(years) + 1) / x["growth_half_life_years"][:, np.newaxis]
    return np.asarray((np.log1p(growth_pct / 100) - long_run)[..., np.newaxis] * np.exp2(-half_lives))


def log_revenue(growth_pct: Floats, x: Mapping[str, Floats], normals: Floats, years: int) -> Floats:
    """Log of revenue over that of the year before the entry, yearly.

    Parameters
    ----------
    growth_pct
        Growth of the year before the entry, percent, shape (cases, draws).
    x
        From `inputs`.
    normals
        Of the company's own noise, shape (draws, at least `years`).

    Returns
    -------
    ndarray, shape (cases, draws, years + 1), 0 at the entry
    """
    steps = np.log1p(x["long_run_growth_pct"] / 100)[:, np.newaxis] + _excess(growth_pct, x, years)
    steps = steps + (x["revenue_volatility_pct"] / 100)[:, np.newaxis] * normals[:, :years]
    return np.concatenate([np.zeros_like(steps[..., :1]), np.cumsum(steps, axis=-1)], axis=-1)


def log_value_over_revenue(
    growth_pct: Floats, price_over_sales_x: Floats, x: Mapping[str, Floats], market: Floats, years: int
) -> Floats:
    """Log of value over revenue, over that at the entry, yearly.

    What growth explains, the gap between the price and that as it closes, and the market factor; the gap is
    left out where the price is not known.

    Parameters
    ----------
    growth_pct, price_over_sales_x
        Shape (cases, draws); the price over the revenue of the year before the entry.
    x
        From `inputs`.
    market
        Log of the market factor, shape (draws, at least ``years + 1``).

    Returns
    -------
    ndarray, shape (cases, draws, years + 1), 0 at the entry
    """
    long_run, excess = np.log1p(x["long_run_growth_pct"] / 100), _excess(growth_pct, x, years + 1)
    multiple = mechanisms.ev_multiple(
        excess + long_run[:, np.newaxis],
        x["long_run_growth_pct"][:, np.newaxis],
        x["multiple_long_run"][:, np.newaxis],
        x["multiple_sensitivity"][:, np.newaxis],
    )
    explained = np.log(multiple) + long_run[:, np.newaxis] + excess
    gap = np.log(price_over_sales_x) - explained[..., 0]
    gap = np.where(np.isnan(gap), 0.0, gap)[..., np.newaxis]
    closed = np.exp2(-np.arange(years + 1) / x["repricing_half_life_years"][:, np.newaxis]) - 1
    return np.asarray(explained - explained[..., :1] + gap * closed + market[:, : years + 1])


def _market(x: Mapping[str, Floats], beliefs: Beliefs) -> Floats:
    """Log of the market factor at the ends of years: a walk whose factor has a mean of one."""
    together, shared = float(beliefs.evidence.assumptions.co_movement), beliefs.shared
    normals = together * shared["revenue"] + math.sqrt(1 - together**2) * shared["market"]
    volatility = (x["multiple_volatility_pct"] / 100)[:, np.newaxis]
    return simulation.from_zero(np.cumsum(volatility * normals - volatility**2 / 2, axis=1))


def class_outcomes(cases: pd.DataFrame) -> Floats:
    """The class itself: outcomes of other companies in other years, on logs, as draws.

    Parameters
    ----------
    cases
        From `cases`, of one kind and horizon.

    Returns
    -------
    ndarray, shape (cases, draws)
        Their quantiles; NaN for a case with fewer than `LEAST_OTHERS` of them.
    """
    logs, shares = log_outcomes(cases), (np.arange(DRAWS) + 0.5) / DRAWS
    draws = np.full((len(cases), DRAWS), math.nan)
    for row, others in enumerate(_others(cases)):
        if others.sum() >= LEAST_OTHERS:
            draws[row] = np.quantile(logs[others], shares)
    return draws


def class_rates(cases: pd.DataFrame, happened: NDArray[np.bool_]) -> Floats:
    """How often an event happened to other companies in other years, shape (cases,); NaN where these are
    fewer than `LEAST_OTHERS`.
    """
    return np.array(
        [
            scoring.base_rate(int(happened[others].sum()), int(others.sum())).probability
            if others.sum() >= LEAST_OTHERS
            else math.nan
            for others in _others(cases)
        ]
    )


def log_outcomes(cases: pd.DataFrame) -> Floats:
    """The logs of the outcomes over the entries, those of total losses at `LEAST_X`."""
    return np.log(np.maximum(cases["outcome_x"].to_numpy(dtype=float), LEAST_X))


def _others(cases: pd.DataFrame) -> list[NDArray[np.bool_]]:
    """For each case which cases are of another company and another year."""
    years, companies = cases["entry_year"].to_numpy(), cases["company"].to_numpy()
    return [(years != year) & (companies != company) for year, company in zip(years, companies, strict=True)]


def unchanged(
    cases: pd.DataFrame, one_year: pd.DataFrame, shared: Mapping[str, Floats], years: int
) -> Floats:
    """A constant value with the volatility that other years show over one year.

    Parameters
    ----------
    cases, one_year
        From `cases`: those that are forecast, and those of the same kind after one year.
    shared
        From `uniforms`.

    Returns
    -------
    ndarray, shape (cases, draws, years + 1), on logs
    """
    logs, entered = log_outcomes(one_year), one_year["entry_year"].to_numpy()
    walk = simulation.from_zero(np.cumsum(shared["market"][:, :years], axis=1))
    spreads = [_spread(logs[entered != year]) for year in cases["entry_year"]]
    return np.asarray(np.array(spreads)[:, np.newaxis, np.newaxis] * walk)


def _spread(logs: Floats) -> float:
    return float(logs.std(ddof=1)) if len(logs) >= LEAST_OTHERS else math.nan


def index_growth(cases: pd.DataFrame, index: pd.DataFrame) -> Floats:
    """Mean log growth a year of the index over the `INDEX_YEARS` years before each entry, shape (cases,); NaN
    where a year of them is missing.

    Parameters
    ----------
    index
        ``year`` and ``price_return_pct``.
    """
    growth = np.log1p(index.set_index("year")["price_return_pct"] / 100)
    means = [
        growth.reindex(range(year - INDEX_YEARS, year)).mean(skipna=False) for year in cases["entry_year"]
    ]
    return np.array(means, dtype=float)


def steady_revenue(cases: pd.DataFrame, growth_pct: Floats, years: int) -> Floats:
    """Revenue that grows at one rate, with the spread around it that other years show.

    Parameters
    ----------
    cases
        From `cases`.
    growth_pct
        A rate for each case, percent a year, shape (cases,).

    Returns
    -------
    ndarray, shape (cases, draws), on logs: quantiles of a normal distribution
    """
    centre, entered = years * np.log1p(growth_pct / 100), cases["entry_year"].to_numpy()
    off = log_outcomes(cases) - centre
    spreads = np.array([_spread(off[entered != year] - off[entered != year].mean()) for year in entered])
    normals = np.array([NormalDist().inv_cdf(share) for share in (np.arange(DRAWS) + 0.5) / DRAWS])
    return np.asarray(centre[:, np.newaxis] + spreads[:, np.newaxis] * normals)
