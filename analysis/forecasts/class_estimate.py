"""What do past cases alone say of the money, and how near to them is the company?

Decisions
- The class is the listed fast growers of `value_cases`: what became of their value in the years that the
  investment lasts is applied to what the stake was worth at the last round. No model of the company enters.
- Market values are those of a whole company, so new shares for employees are taken off them as in the model;
  share prices are after them. New shares for new money are not: nearly all of the class paid for its growth
  itself, and our company does not, which flatters the class.
- The company is larger and faster than nearly all cases. The farther it lies from their middle, in logs of
  size and of growth, the wider the class's outcomes are spread: by sqrt(1 + (1 + d²) / n) with d the distance
  of Mahalanobis and n the effective number of cases, as the error of a forecast at a point that far out in a
  regression.
- Its middle stays where it is: among the market values of the class what a company cost over its sales says
  nothing of its later value, and growth would have to be carried far beyond the cases.
- Size and growth are those of the model's start: revenue of the last twelve months, and the run rate over
  that of a year before, on the path in the middle of what is believed.
- Which reading comes first follows from the calibration's verdict alone (`calibration.LEAST_PROBABILITY`).
  Where the model does not beat the class, or too few cases count, the class does.
- The model is corrected by the repairs of the calibration, at the tested horizon that is nearest to that of
  the investment. They were fitted under base assumptions and are applied as they are under any others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis import units
from analysis.exhibits import share_in_words
from analysis.forecasts import calibration, past_cases
from analysis.labels import join_words
from analysis.models import headline, mechanisms, outlook, start
from analysis.models.reference_class import LATER
from analysis.provenance import Inputs, traced
from analysis.scenarios import Assumptions
from analysis.statistics import scoring
from analysis.statistics.simulation import Floats

CLASS, CORRECTED, RAW = "past cases", "corrected model", "raw model"
"""The readings of the headline."""
DRAWS_PER_CASE = 100
"""Draws of new shares for employees and of the manager's share for each case."""
QUANTILES = (5, 25, 75, 95)
"""The quantiles of a reading that stand next to its median, percent."""
PLACED = ("revenue", "value")
"""The tests in whose class the company has a place."""

Known = Mapping[str, pd.DataFrame]
"""Evidence tables by name, as they were known."""


@dataclass(frozen=True)
class Headlines:
    """What the money comes to by each reading.

    Attributes
    ----------
    table : DataFrame
        A row a reading, the one that comes first on top: ``estimate`` (`CLASS`, `CORRECTED`, `RAW`);
        ``median_moic_x p05_moic_x p25_moic_x p75_moic_x p95_moic_x``; in percent ``money_lost_pct
        outsized_pct between_pct catastrophe_pct write_down_pct``, as in `variants.MEASURES`.
    years_on : int
        Years after which the class was read, and the horizon of the correction.
    n_cases, n_companies, first_year, last_year
        Cases of the class, their companies, and the entry years from which to which they go.
    n_effective, widening_x : float
        Cases that count, and the factor by which their spread is widened.
    rising_pct : float
        Percent of the cases after whose entry the stock market rose over those years; NaN where unknown.
    inputs : mapping
        The assumptions that they follow from.
    """

    table: pd.DataFrame
    years_on: int
    n_cases: int
    n_companies: int
    first_year: int
    last_year: int
    n_effective: float
    widening_x: float
    rising_pct: float
    inputs: Inputs = field(default_factory=dict, compare=False, repr=False)

    def __getitem__(self, reading: str) -> dict[str, Any]:
        """The row of a reading."""
        row = self.table.set_index("estimate", drop=False).loc[reading]
        return {str(name): value for name, value in row.items()}

    @property
    def first(self) -> dict[str, Any]:
        """The row of the reading that comes first."""
        return self[str(self.table["estimate"].iloc[0])]

    @property
    def class_is_first(self) -> bool:
        """Whether past cases come before the model."""
        return bool(self.first["estimate"] == CLASS)

    @property
    def first_words(self) -> str:
        """Whose number comes first, as a sentence has it after "by"."""
        return _in_words(str(self.first["estimate"]))

    def compare(self, column: str) -> str:
        """A result by every reading, the first one first, as words for a sentence."""
        unit = units.unit_of_name(column)
        parts = [
            (share_in_words(value / 100) if unit == "%" else f"{value:.1f} times") + f" by {_in_words(name)}"
            for name, value in zip(self.table["estimate"], self.table[column], strict=True)
        ]
        return join_words(parts)


def _in_words(estimate: str) -> str:
    return estimate if estimate == CLASS else f"the {estimate}"


def size_and_growth(assumptions: Assumptions, evidence: start.StartEvidence) -> tuple[float, float]:
    """The company at the start: revenue of the last twelve months in billions of dollars, and growth of the
    run rate over a year before in percent.
    """
    beliefs = start.update_beliefs(assumptions, evidence).table.set_index("name")["posterior_p50"]
    level, factor = (float(beliefs[name]) for name in start.UPDATED)
    paths = start.reference_paths(assumptions)
    path = paths[len(paths) // 2][1]
    growth = np.array(math.log(factor))
    year = start.ReportedFigure("last twelve months", start.START, ((-1.0, 0.0),), level, "about")
    before = mechanisms.growth_index(
        np.array(-1.0), np.array(factor), np.array(path.half_life_years), np.array(path.long_run_pct)
    )
    return level * math.exp(float(start.expected_log(year, growth, path))), 100 * (1 / float(before) - 1)


def widening(distance: float, n_effective: float) -> float:
    """By how much a spread grows for a case that lies so far from the middle: sqrt(1 + (1 + d²) / n)."""
    return math.sqrt(1 + (1 + distance**2) / n_effective)


def mahalanobis(point: Floats, cases: Floats) -> tuple[float, Floats]:
    """Distance of a point from the mean of some cases, and those of the cases, in their own spreads.

    Parameters
    ----------
    point
        Shape (features,).
    cases
        Shape (cases, features), features that vary and are not multiples of each other.
    """
    inverse = np.linalg.inv(np.atleast_2d(np.cov(cases, rowvar=False)))
    apart = np.vstack([point, cases]) - cases.mean(axis=0)
    distances = np.sqrt(np.einsum("ij,jk,ik->i", apart, inverse, apart))
    return float(distances[0]), distances[1:]


def positions(assumptions: Assumptions, known: Known, evidence: start.StartEvidence) -> pd.DataFrame:
    """Where the company stands in the class of revenue and in that of value.

    Parameters
    ----------
    assumptions, evidence
        As for `headline.headline`.
    known
        ``growth_pairs`` and ``value_cases``.

    Returns
    -------
    DataFrame
        A row a test, over the cases with an outcome at the horizon that decides: ``test``; ``years_on n_cases
        n_companies n_effective``; ``company_revenue_usd_bn company_growth_pct``, the company's own;
        ``size_percentile growth_percentile``, the percent of cases that are no larger and no faster;
        ``distance`` from their middle; ``n_as_far``, cases at that distance or farther; ``widening_x``.
    """
    size, growth = size_and_growth(assumptions, evidence)
    horizons = {test.name: test.primary_years for test in calibration.TESTS}
    rows = [{"test": test} | _position(known, test, horizons[test], size, growth) for test in PLACED]
    return pd.DataFrame(rows)


def _position(known: Known, test: str, years: int, size_usd_bn: float, growth_pct: float) -> dict[str, Any]:
    """A row of `positions`; a size counts as the lower end of its class."""
    pairs = known["growth_pairs"]
    table = pairs[pairs["growth_kind"].eq("own")] if test == "revenue" else known["value_cases"]
    name = "growth_pairs" if test == "revenue" else "value_cases"
    sizes, growths = (
        table.loc[table[LATER[years]].notna(), column].to_numpy(dtype=float)
        for column in ("size_class_usd_bn", "year_growth_pct")
    )
    own = max((size for size in np.unique(sizes) if size <= size_usd_bn), default=float(sizes.min()))
    logs = np.column_stack([np.log(sizes), np.log1p(growths / 100)])
    distance, distances = mahalanobis(np.array([math.log(own), math.log1p(growth_pct / 100)]), logs)
    cases = past_cases.cases(table, name, years)
    effective = _effective(cases)
    return {
        "years_on": years,
        "n_cases": len(cases),
        "n_companies": cases["company"].nunique(),
        "n_effective": effective,
        "company_revenue_usd_bn": size_usd_bn,
        "company_growth_pct": growth_pct,
        "size_percentile": 100 * float((sizes <= own).mean()),
        "growth_percentile": 100 * float((growths <= growth_pct).mean()),
        "distance": distance,
        "n_as_far": int((distances >= distance).sum()),
        "widening_x": widening(distance, effective),
    }


def _effective(cases: pd.DataFrame) -> float:
    """Cases that count, by clusters of entry years and companies."""
    logs = past_cases.log_outcomes(cases)
    return scoring.effective_cases(logs, cases["entry_year"].tolist(), cases["company"].tolist())


class _Terms(NamedTuple):
    """What makes a multiple of the money out of a ratio of values, for each draw."""

    log_kept: Floats
    """Log of what new shares for employees leave of a share in a year."""
    manager_gain_share: Floats
    stake_over_cost: float
    """The stake at the last price over what it costs."""

    def multiple(self, logs: Floats) -> Floats:
        """The multiple after the manager's share, from logs of the value over that of the entry."""
        return mechanisms.after_manager(self.stake_over_cost * np.exp(logs), 1.0, self.manager_gain_share)


def _terms(assumptions: Assumptions, cases: pd.DataFrame) -> _Terms:
    """The terms of `DRAWS_PER_CASE` draws a case; share prices are after new shares already."""
    names, size = ("stock_pay_pct", "manager_gain_share"), len(cases) * DRAWS_PER_CASE
    values = [(name, _hashable(assumptions[name]), assumptions.dist(name)) for name in names]
    drawn = outlook.draw_inputs(values, size, assumptions.seed, 0)
    pay, manager = (np.broadcast_to(drawn[name], size) for name in names)
    per_share = np.repeat(cases["basis"].eq(past_cases.PER_SHARE).to_numpy(), DRAWS_PER_CASE)
    worth = assumptions.stake_share * assumptions.start_equity_usd_bn
    kept = np.where(per_share, 0.0, np.log1p(-pay / 100))
    return _Terms(kept, manager, float(worth / assumptions.invested_usd_bn))


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _spread(logs: Floats, factor: float) -> Floats:
    """Logs with their distance from the median times a factor, those of total losses at the lowest."""
    middle = float(np.median(logs))
    return np.maximum(middle + factor * (logs - middle), math.log(past_cases.LEAST_X))


def money_multiples(
    assumptions: Assumptions, cases: pd.DataFrame, years: int, widening_x: float = 1.0
) -> Floats:
    """The multiple of invested capital if the company's value did as those of the cases.

    Parameters
    ----------
    assumptions
        ``stock_pay_pct manager_gain_share stake_share start_equity_usd_bn invested_usd_bn seed``.
    cases
        `past_cases.cases` so many years after their entries.
    widening_x
        The factor by which the logs of the outcomes are spread about their median.

    Returns
    -------
    ndarray, shape (cases × `DRAWS_PER_CASE`,)
    """
    terms = _terms(assumptions, cases)
    logs = np.repeat(past_cases.log_outcomes(cases), DRAWS_PER_CASE) + years * terms.log_kept
    return terms.multiple(_spread(logs, widening_x))


def write_down_share(assumptions: Assumptions, value_cases: pd.DataFrame, widening_x: float = 1.0) -> float:
    """Part of the listed cases after which the stake would have been worth so far below cost at one of the
    yearly dates in time; NaN without cases or dates.
    """
    dates = [year for year in (1, 2, 3) if year <= assumptions.write_down_years]
    rows = dated_cases(value_cases, [LATER[year] for year in dates])
    return _share_below(assumptions, rows, {year: LATER[year] for year in dates}, widening_x)


def dated_cases(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The cases whose value is known at every date that some columns are of."""
    return table[table[list(columns)].notna().all(axis=1)]


def late_write_downs(assumptions: Assumptions, late_rounds: pd.DataFrame) -> tuple[float, int]:
    """Part of the late rounds by rule after which the stake would have been worth so far below cost after one
    year or three, as they are; and how many they are.
    """
    dates = {year: f"ratio_{year}y" for year in (1, 3)}
    rows = dated_cases(late_rounds[late_rounds["chosen"].eq(past_cases.RULE)], list(dates.values()))
    return _share_below(assumptions, rows.assign(basis=past_cases.ROUND), dates, 1.0), len(rows)


def _share_below(
    assumptions: Assumptions, rows: pd.DataFrame, dates: Mapping[int, str], widening_x: float
) -> float:
    if rows.empty or not dates:
        return math.nan
    terms = _terms(assumptions, rows)
    outcomes = np.log(np.maximum(rows[list(dates.values())].to_numpy(dtype=float), past_cases.LEAST_X))
    logs = np.repeat(outcomes, DRAWS_PER_CASE, axis=0) + np.outer(terms.log_kept, list(dates))
    lowest = terms.stake_over_cost * np.exp(_spread(logs.min(axis=1), widening_x))
    return float((lowest <= 1 - assumptions.write_down_pct / 100).mean())


class ClassParts(NamedTuple):
    """What the class's own number is made of, and how well its middle is known."""

    paid_x: float
    """The stake at the last price over what it costs."""
    outcome_x: float
    """The middle outcome of the cases over the entry, before new shares and the manager's share."""
    median_low_x: float
    median_high_x: float
    """Ends of the 90% interval of the median multiple, cases resampled by company and entry year."""


RESAMPLES = 1000


def class_parts(assumptions: Assumptions, cases: pd.DataFrame) -> ClassParts:
    """The parts of the class's number, and the interval of its median.

    Parameters
    ----------
    assumptions
        As for `money_multiples`.
    cases
        `past_cases.cases` of the listed class.
    """
    logs, rng = past_cases.log_outcomes(cases), np.random.default_rng(int(assumptions.seed))
    times = np.ones((RESAMPLES, len(cases)))
    for column in ("entry_year", "company"):
        codes, names = pd.factorize(cases[column])
        drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=RESAMPLES)
        times = times * drawn[:, codes]
    order = np.argsort(logs, kind="stable")
    shares = np.cumsum(times[:, order], axis=1)
    drawn_any = shares[:, -1] > 0
    middles = np.exp(logs[order][(2 * shares[drawn_any] >= shares[drawn_any, -1:]).argmax(axis=1)])
    middle = float(np.exp(np.median(logs)))
    scale = float(np.median(money_multiples(assumptions, cases, _horizon(assumptions)))) / middle
    low, high = np.quantile(middles, [0.05, 0.95]) * scale
    worth = assumptions.stake_share * assumptions.start_equity_usd_bn / assumptions.invested_usd_bn
    return ClassParts(float(worth), middle, float(low), float(high))


@traced
def headlines(
    assumptions: Assumptions, known: Known, evidence: start.StartEvidence, results: calibration.Results
) -> Headlines:
    """What the money comes to by past cases, by the model as the calibration corrects it, and by the model as
    it is.

    Parameters
    ----------
    assumptions, evidence
        As for `headline.headline`.
    known
        ``value_cases``, ``growth_pairs`` and ``stock_index``.
    results
        The calibration, whose verdict on values says what comes first.
    """
    years = _horizon(assumptions)
    cases = past_cases.cases(known["value_cases"], "value_cases", years)
    wider = float(positions(assumptions, known, evidence).set_index("test")["widening_x"]["value"])
    raw, chances = headline.moic_quantiles(assumptions, evidence), headline.headline(assumptions, evidence)
    down = chances["write_down_probability"].value
    logs = np.log(np.maximum(raw, past_cases.LEAST_X))
    corrected = np.exp(np.maximum(results.repair("value", years).apply(logs), math.log(past_cases.LEAST_X)))
    rows = {
        CLASS: _shares(assumptions, money_multiples(assumptions, cases, years, wider))
        | {"write_down_pct": 100 * write_down_share(assumptions, known["value_cases"], wider)},
        CORRECTED: _shares(assumptions, corrected)
        | {"write_down_pct": 100 * _repaired_chance(results, down)},
        RAW: _shares(assumptions, raw) | {"write_down_pct": 100 * down},
    }
    model_first = results.verdict("value") == calibration.MODEL_FIRST
    order = (CORRECTED, RAW, CLASS) if model_first else (CLASS, CORRECTED, RAW)
    table = pd.DataFrame([{"estimate": reading} | rows[reading] for reading in order])
    entered = cases["entry_year"]
    companies = cases["company"].nunique()
    span = (int(entered.min()), int(entered.max()))
    rising = rising_pct(cases, known["stock_index"], years)
    return Headlines(table, years, len(cases), companies, *span, _effective(cases), wider, rising)


def rising_pct(cases: pd.DataFrame, index: pd.DataFrame, years: int) -> float:
    """Percent of the cases after whose entry year the index rose over so many years; those years alone count
    that the index has, NaN where it has none.

    `cases` has ``entry_year``, `index` ``year`` and ``price_return_pct``.
    """
    returns = index.set_index("year")["price_return_pct"].astype(float)
    later = [
        np.log1p(returns.reindex(range(year + 1, year + years + 1)).to_numpy() / 100).sum()
        for year in cases["entry_year"]
    ]
    counted = np.array(later)[~np.isnan(later)]
    return 100 * float((counted > 0).mean()) if len(counted) else math.nan


def _horizon(assumptions: Assumptions) -> int:
    """The tested horizon that is nearest to that of the investment."""
    tested = next(test.horizons_years for test in calibration.TESTS if test.name == "value")
    return min(tested, key=lambda years: abs(years - assumptions.horizon_years))


def _repaired_chance(results: calibration.Results, probability: float) -> float:
    """A chance of the model, corrected by the event test; 0 and 1 stay."""
    if not 0 < probability < 1:
        return probability
    years = next(test.primary_years for test in calibration.TESTS if test.name == "event")
    return float(results.repair("event", years).apply_to_probability(np.array(probability)))


def _shares(assumptions: Assumptions, moic: Floats) -> dict[str, float]:
    """Median, quantiles and shares of some multiples, by the columns of `Headlines`."""
    low, high = assumptions.catastrophe_moic, assumptions.outsized_moic
    hits = {
        "money_lost_pct": moic < 1,
        "outsized_pct": moic >= high,
        "between_pct": (moic >= low) & (moic < high),
        "catastrophe_pct": moic < low,
    }
    ends = np.percentile(moic, QUANTILES)
    return (
        {"median_moic_x": float(np.median(moic))}
        | {f"p{q:02}_moic_x": float(end) for q, end in zip(QUANTILES, ends, strict=True)}
        | {name: 100 * float(hit.mean()) for name, hit in hits.items()}
    )


def class_readings(assumptions: Assumptions, known: Known) -> pd.DataFrame:
    """The multiple of the money by each kind of past cases, as they are, not widened.

    Parameters
    ----------
    assumptions
        As for `money_multiples`, and the ends of the article's judgement.
    known
        ``value_cases`` and ``late_rounds``.

    Returns
    -------
    DataFrame
        A row a group and horizon: ``cases_of years_on n_cases n_companies n_effective`` and the columns of
        `Headlines` from ``median_moic_x`` on, without the write-down. A late round without a new price counts
        as unchanged in one group and is left out of the other.
    """
    rows = []
    for group, years, cases in _groups(known):
        if len(cases):
            counted = {"n_cases": len(cases), "n_companies": cases["company"].nunique()}
            shares = _shares(assumptions, money_multiples(assumptions, cases, years))
            rows.append(
                {"cases_of": group, "years_on": years} | counted | {"n_effective": _effective(cases)} | shares
            )
    return pd.DataFrame(rows)


def _groups(known: Known) -> list[tuple[str, int, pd.DataFrame]]:
    """Listed companies after five years, and late rounds by rule after three and five."""
    listed = past_cases.cases(known["value_cases"], "value_cases", 5)
    groups = [(calibration.LISTED, 5, listed)]
    for name, basis in (
        (calibration.SHARES, past_cases.PER_SHARE),
        (calibration.VALUES, past_cases.MARKET_VALUE),
    ):
        groups.append((name, 5, listed[listed["basis"].eq(basis)].reset_index(drop=True)))
    rounds = known["late_rounds"]
    by_rule = rounds[rounds["chosen"].eq(past_cases.RULE)]
    for years in (3, 5):
        priced = by_rule[by_rule[f"priced_{years}y"].eq("yes")]
        groups.append((calibration.LATE, years, past_cases.cases(by_rule, "late_rounds", years)))
        groups.append((calibration.LATE_PRICED, years, past_cases.cases(priced, "late_rounds", years)))
    return groups
