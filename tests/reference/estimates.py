"""What do companies of this kind teach the model, worked out a second time?

Decisions
- From the equations alone, in plain arithmetic: nothing of the package is imported.
- Intervals draw companies again, fewer times than the package does: they agree within that error.
"""

import math
import random
import statistics
from collections.abc import Callable

from tests.reference.past_cases import Z95, explained, quantile

RESAMPLES, LONG_RUN, SURGE, YEARS, GAP_HALF_LIVES = 600, math.log(1.05), ("2020", "2022"), 5, (0.05, 50)


def line_through_origin(rows: list[tuple]) -> tuple[float, float]:
    xx = sum(x * x for _, x, _ in rows)
    slope = sum(x * y for _, x, y in rows) / xx
    return slope, math.sqrt(sum((y - slope * x) ** 2 for _, x, y in rows) / (len(rows) - 1))


def half_life(slope: float, years: int) -> float:
    """At which q + .. + q^years is the slope, with q = 2^(-1/h)."""
    low, high = 0.0, 1.0
    for _ in range(50):
        q = (low + high) / 2
        low, high = (low, q) if sum(q**k for k in range(1, years + 1)) > slope else (q, high)
    return -1 / math.log2(q)


def resampled(rows: list[tuple], estimate: Callable, rng: random.Random) -> list[tuple[float, float]]:
    """Where 90% of the estimates lie when companies (the first of each row) are drawn again."""
    groups: dict = {}
    for row in rows:
        groups.setdefault(row[0], []).append(row)
    names = list(groups)
    drawn = [
        estimate([row for name in rng.choices(names, k=len(names)) for row in groups[name]])
        for _ in range(RESAMPLES)
    ]
    return [
        tuple(quantile(sorted(values), share) for share in (0.05, 0.95))
        for values in zip(*drawn, strict=True)
    ]


def without(rows: list[dict], column: str, *years: int) -> list[dict]:
    """Rows of other years than these."""
    return [row for row in rows if int(row[column][:4]) not in years]


def decay(pairs: list[dict]) -> list[tuple]:
    """Company, excess log growth of a year, and log of revenue five years on beyond long-run growth."""
    rows = []
    for pair in pairs:
        if pair["growth_kind"] != "own" or not pair["after_5_years_x"]:
            continue
        if not SURGE[0] <= pair["fiscal_year"] <= SURGE[1]:
            excess = math.log1p(float(pair["year_growth_pct"]) / 100) - LONG_RUN
            rows.append(
                (pair["company"], excess, math.log(float(pair["after_5_years_x"])) - YEARS * LONG_RUN)
            )
    return rows


def repriced(values: list[dict], x: dict) -> list[dict]:
    """Beyond what growth explains over five years, in logs: the gap of the price at the entry, the change of
    the multiple, the noise of revenue, and the change of value.
    """
    rows = []
    for row in (row for row in values if row["after_5_years_x"]):
        excess, multiple = explained(math.log1p(float(row["year_growth_pct"]) / 100), x, YEARS)
        grown, change = sum(excess[:-1]) + YEARS * LONG_RUN, multiple[-1] - multiple[0]
        value, found = math.log(float(row["after_5_years_x"])) - change, {"company": row["company"]}
        if row["basis"] == "share price":
            found["value"] = value - grown
        elif row["price_over_sales_x"] and row["revenue_after_5_years_x"]:
            revenue = math.log(float(row["revenue_after_5_years_x"]))
            found["gap"] = math.log(float(row["price_over_sales_x"])) - multiple[0]
            found |= {"multiple": value - revenue, "noise": revenue - grown}
        rows.append(found)
    return rows


def gap_half_life(rows: list[tuple]) -> tuple[float]:
    """In which the gap closes by as much as the line of change on gap has it."""
    _, gaps, changes = zip(*rows, strict=True)
    closed = -statistics.linear_regression(gaps, changes).slope if len(set(gaps)) > 1 else math.nan
    years = -YEARS / math.log2(1 - closed) if 0 < closed < 1 else (math.inf if closed <= 0 else 0)
    return (min(max(years, GAP_HALF_LIVES[0]), GAP_HALF_LIVES[1]),)


def volatilities(rows: list[dict], noise: float) -> tuple[float, float]:
    """A year's standard deviation of the multiple: of market values, and of share prices less revenue's."""
    valued = [row for row in rows if "gap" in row]
    gaps, changes, noises = ([row[name] for row in valued] for name in ("gap", "multiple", "noise"))
    line = statistics.linear_regression(gaps, changes)
    left = [y - line.intercept - line.slope * x for x, y in zip(gaps, changes, strict=True)]
    low = math.sqrt(sum(e * e for e in left) / (len(left) - 2) / YEARS)
    beside = statistics.correlation(left, noises) * noise
    shares = statistics.variance([row["value"] for row in rows if "value" in row]) / YEARS
    return low, max(low, math.sqrt(max(beside**2 + shares - noise**2, 0)) - beside)


def ranges(
    pairs: list[dict], multiples: list[dict], values: list[dict], rng: random.Random
) -> dict[str, tuple]:
    """90% intervals of what companies show of growth and multiples; of the slope lowest, middle, highest."""
    grown = decay(pairs)
    slope, noise = line_through_origin(grown)
    slopes, noises = resampled(grown, line_through_origin, rng)
    levels = [
        math.log(float(m["value"]))
        for m in multiples
        if m["companies"] == "software and internet" and m["next_year_growth_pct"] == "0 to 10"
    ]
    middle, spread = statistics.fmean(levels), Z95 * statistics.stdev(levels)
    steep = sorted(float(m["value"]) for m in multiples if m["measure"] == "slope")
    x = {"long_run": LONG_RUN, "half_life": half_life(slope, YEARS), "level": math.exp(middle)}
    rows = repriced(values, x | {"slope": statistics.median(steep)})
    gaps = [(row["company"], row["gap"], row["multiple"]) for row in rows if "gap" in row]
    return {
        "half_life": tuple(half_life(end, YEARS) for end in slopes),
        "noise": tuple(end / math.sqrt(YEARS) for end in noises),
        "level": (math.exp(middle - spread), math.exp(middle + spread)),
        "slope": (steep[0], statistics.median(steep), steep[-1]),
        "repricing": resampled(gaps, gap_half_life, rng)[0],
        "volatility": volatilities(rows, noise / math.sqrt(YEARS)),
    }
