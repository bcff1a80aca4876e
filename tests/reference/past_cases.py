"""What do past cases show, and what does the model say of them, worked out a second time?

Decisions
- Cases are read from the files as they are, and everything is Python's own floats, from the equations alone:
  nothing of the package is imported, so that an error there has no way in here.
- An entry year is left out of everything that is estimated for its cases.
- Random numbers are this module's own, so that what rests on them agrees within its error and no closer.
"""

import csv
import math
import random
import statistics
from collections.abc import Callable
from pathlib import Path

CLASS_DRAWS, LEAST_OTHERS, LOSS, FALL, FUTURES = 2000, 10, 0.01, 0.75, 1000
Z95 = statistics.NormalDist().inv_cdf(0.95)


def read(path: Path, as_of: str) -> list[dict]:
    """Rows of a file that were known on a day, as texts."""
    with path.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["known_on"] <= as_of]


def number(text: str) -> float:
    return float(text) if text else math.nan


def cases(rows: list[dict], year: str, outcome: str, lowest: tuple[str, ...] = ()) -> list[dict]:
    """Cases with an outcome: log of it over the entry, and whether the event happened by what was lowest."""
    return [
        {
            "company": row["company"],
            "year": int(row[year][:4]),
            "growth": math.log1p(number(row.get("year_growth_pct", "")) / 100),
            "price": number(row.get("price_over_sales_x", "")),
            "per_share": row.get("basis") == "share price",
            "log": math.log(max(float(row[outcome]), LOSS)),
            "event": float(any(float(row[column]) <= FALL for column in lowest)),
        }
        for row in rows
        if row[outcome] and all(row[column] for column in lowest) and row.get("growth_kind", "own") == "own"
    ]


def quantile(ordered: list[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    low = min(int(place), len(ordered) - 2)
    return ordered[low] + (place - low) * (ordered[low + 1] - ordered[low])


def others(chosen: list[dict], case: dict, key: str) -> list[float]:
    return [c[key] for c in chosen if c["year"] != case["year"] and c["company"] != case["company"]]


def class_draws(chosen: list[dict], case: dict) -> list[float]:
    """Outcomes of other companies in other years, as equally likely draws."""
    ordered = sorted(others(chosen, case, "log"))
    return [quantile(ordered, (k + 0.5) / CLASS_DRAWS) for k in range(CLASS_DRAWS)]


def class_chance(chosen: list[dict], case: dict) -> float:
    happened = others(chosen, case, "event")
    return (sum(happened) + 0.5) / (len(happened) + 1)


def spread_elsewhere(chosen: list[dict], case: dict, key: str = "log") -> float:
    """Standard deviation over cases of other entry years."""
    return statistics.stdev(c[key] for c in chosen if c["year"] != case["year"])


def index_drift(index: list[dict], year: int) -> float:
    """Mean log growth over the twenty years before."""
    return statistics.fmean(
        math.log1p(float(row["price_return_pct"]) / 100)
        for row in index
        if year - 20 <= int(row["year"]) < year
    )


def between(low_high: tuple[float, float], rng: random.Random) -> float:
    """A lognormal number from its 90% interval."""
    low, high = map(math.log, low_high)
    return math.exp(rng.gauss((low + high) / 2, (high - low) / (2 * Z95)))


def pert(ends: tuple[float, float, float], rng: random.Random) -> float:
    low, mode, high = ends
    width = high - low
    return low + width * rng.betavariate(1 + 4 * (mode - low) / width, 1 + 4 * (high - mode) / width)


def future(beliefs: dict[str, tuple], assumed: dict, rng: random.Random, years: int) -> dict:
    """One draw of everything that cases share."""
    low, high = assumed["long_run_growth_pct"]
    x = {"long_run": math.log1p(rng.gauss((low + high) / 2, (high - low) / (2 * Z95)) / 100)}
    x |= {name: between(beliefs[name], rng) for name in beliefs if name != "slope"}
    x |= {"slope": pert(beliefs["slope"], rng), "pay": pert(assumed["stock_pay_pct"], rng) / 100}
    own = [rng.gauss(0, 1) for _ in range(years)]
    rho, v = assumed["co_movement"], x.get("volatility", 0.0)
    market = [rho * z + math.sqrt(1 - rho * rho) * rng.gauss(0, 1) for z in own]
    return x | {"own": own, "market": [v * z - v * v / 2 for z in market]}


def explained(growth: float, x: dict, years: int) -> tuple[list[float], list[float]]:
    """Excess log growth of the year that follows each year, and the log multiple that growth explains."""
    slow = x["long_run"]
    excess = [(growth - slow) * 2 ** (-(t + 1) / x["half_life"]) for t in range(years + 1)]
    return excess, [math.log(x["level"]) + x["slope"] * max(-0.5, min(1, q)) + slow + q for q in excess]


def path(case: dict, x: dict, years: int, value: bool) -> list[float]:
    """Log of revenue or value over the entry, at the end of each year."""
    logs, revenue, factor = [], 0.0, 0.0
    excess, multiple = explained(case["growth"], x, years)
    gap = 0.0 if math.isnan(case["price"]) else math.log(case["price"]) - multiple[0]
    for t in range(1, years + 1):
        revenue += x["long_run"] + excess[t - 1] + x["noise"] * x["own"][t - 1]
        factor += x["market"][t - 1]
        log = revenue
        if value:
            log += multiple[t] - multiple[0] + gap * (2 ** (-t / x["repricing"]) - 1) + factor
            log += t * math.log(1 - x["pay"]) if case["per_share"] else 0
        logs.append(max(log, math.log(LOSS)))
    return logs


def futures(
    chosen: list[dict], beliefs: Callable[[int], dict], assumed: dict, years: int, value: bool
) -> list[list[list[float]]]:
    """Yearly logs of each case in each future; the k-th future of all cases has the same random numbers.

    `beliefs` gives what is estimated without a year.
    """
    of_year = {}
    for year in {case["year"] for case in chosen}:
        known = beliefs(year)
        of_year[year] = [future(known, assumed, random.Random(k), years) for k in range(FUTURES)]
    return [[path(case, x, years, value) for x in of_year[case["year"]]] for case in chosen]
