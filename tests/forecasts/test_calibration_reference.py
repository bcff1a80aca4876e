"""The stored scores against those counted a second time, from the files and the equations alone.

What takes no random numbers is equal; the model is equal future by future where both have the same numbers,
and else within the error of both.
"""

import functools
import math
import random
import statistics
from pathlib import Path

import numpy as np
import pytest

from analysis import audit, scenarios
from analysis.forecasts import calibration, past_cases
from analysis.project import Project
from tests.reference import calibration as reference
from tests.reference import estimates
from tests.reference import past_cases as plain

AS_OF = str(scenarios.resolve("base")["as_of"])
STORED = 1e-4  # six digits are stored
FOLDER = Project.default().evidence
LATER = {1: "after_1_year_x", 2: "after_2_years_x", 3: "after_3_years_x", 5: "after_5_years_x"}
WALKS = 0.05  # a score of 2000 walks that all cases share, over its value: some two per cent, and twice that

COLUMNS = {
    "revenue": ("growth_pairs", "fiscal_year", LATER),
    "value": ("value_cases", "entry_year", LATER),
    "late": ("late_rounds", "valid_on", {years: f"ratio_{years}y" for years in (1, 3, 5)}),
}
LOWEST = {"value": ("lowest_in_3_years_x",), "late": ("ratio_1y", "ratio_3y")}
GROUPS = {
    "revenue": [("fast growers", "revenue")],
    "value": [("listed", "value"), ("late rounds, unchanged where no new price", "late")],
    "event": [("listed", "value"), ("late rounds, unchanged where no new price", "late")],
}
DECIDING = {("revenue", 5, "fast growers"), ("value", 5, "listed"), ("event", 3, "listed")}
FORECASTS = [
    pytest.param(
        test.name,
        years,
        group,
        kind,
        marks=[] if (test.name, years, group) in DECIDING else pytest.mark.slow,
        id=f"{test.name}-{years}-{group}",
    )
    for test in calibration.TESTS
    for years in test.horizons_years
    for group, kind in GROUPS[test.name]
]


@functools.cache
def rows(name):
    return plain.read(FOLDER / f"{name}.csv", AS_OF)


def cases(kind, years, *, event=False):
    name, year, outcomes = COLUMNS[kind]
    by_rule = [row for row in rows(name) if row.get("chosen", "rule") == "rule"]
    return plain.cases(by_rule, year, outcomes[years], LOWEST[kind] if event else ())


@functools.cache
def scores():
    return calibration.stored().scores.set_index(["test", "years_on", "group", "forecaster"])


def assumed():
    register = scenarios.load_register()
    return {name: register[name].value for name in ("long_run_growth_pct", "stock_pay_pct", "co_movement")}


def places_and_scores(forecasts, outcomes):
    pairs = list(zip(forecasts, outcomes, strict=True))
    return [reference.place(*pair) for pair in pairs], [reference.crps(*pair) for pair in pairs]


@pytest.mark.parametrize(("test", "years", "group", "kind"), FORECASTS)
def test_the_class_scores_what_counting_gives(test, years, group, kind):
    chosen, row = cases(kind, years, event=test == "event"), scores().loc[test, years, group, "class"]
    assert row["n_cases"] == len(chosen)

    if min(len(plain.others(chosen, case, "log")) for case in chosen) < plain.LEAST_OTHERS:
        assert math.isnan(row["score"])
        assert row["reason"]
        return
    if test == "event":
        chances = [plain.class_chance(chosen, case) for case in chosen]
        errors = [case["event"] - chance for case, chance in zip(chosen, chances, strict=True)]
        assert row["score"] == pytest.approx(statistics.fmean(e * e for e in errors), rel=STORED)
        assert row["mean_probability"] == pytest.approx(statistics.fmean(chances), rel=STORED)
        assert row["n_effective"] <= reference.effective(errors, chosen) * (1 + STORED)
        return
    draws = [plain.class_draws(chosen, case) for case in chosen]
    places, losses = places_and_scores(draws, [case["log"] for case in chosen])
    assert row["score"] == pytest.approx(statistics.fmean(losses), rel=STORED)
    assert row["mean_pit"] == pytest.approx(statistics.fmean(places), rel=STORED)
    for level in (0.5, 0.8, 0.9):
        share, name = reference.coverage(places, level), f"cover_{100 * level:.0f}"
        interval = reference.wilson(share, row["n_effective"])
        assert [row[f"{name}{end}"] for end in ("", "_low", "_high")] == pytest.approx(
            [share, *interval], rel=STORED
        )
    assert row["omnibus_p"] == pytest.approx(reference.omnibus_p(places, row["n_effective"]), rel=STORED)
    assert row["n_effective"] <= reference.effective(places, chosen) * (1 + STORED)


@pytest.mark.parametrize("years", [5, *(pytest.param(years, marks=pytest.mark.slow) for years in (1, 2, 3))])
def test_revenue_that_grows_at_one_rate_scores_what_the_normal_says(years):
    chosen, slow = (
        cases("revenue", years),
        math.log1p(statistics.fmean(assumed()["long_run_growth_pct"]) / 100),
    )
    for forecaster, rate in (("constant", None), ("index", slow)):
        centres = [years * (case["growth"] if rate is None else rate) for case in chosen]
        off = [case | {"off": case["log"] - centre} for case, centre in zip(chosen, centres, strict=True)]
        spreads = [plain.spread_elsewhere(off, case, "off") for case in chosen]
        losses = [
            reference.normal_crps(centre, spread, case["log"])
            for centre, spread, case in zip(centres, spreads, chosen, strict=True)
        ]
        # 2000 quantiles of a normal stand for it
        assert scores().loc["revenue", years, "fast growers", forecaster]["score"] == pytest.approx(
            statistics.fmean(losses), rel=1e-3
        )


@pytest.mark.parametrize("years", [1, 3, 5])
def test_a_constant_value_and_the_index_score_what_the_normal_says_within_their_error(years):
    chosen, one_year = cases("value", years), cases("value", 1)
    spreads = [math.sqrt(years) * plain.spread_elsewhere(one_year, case) for case in chosen]
    drifts = [years * plain.index_drift(rows("stock_index"), case["year"]) for case in chosen]
    for forecaster, centres in (("constant", [0.0] * len(chosen)), ("index", drifts)):
        losses = [
            reference.normal_crps(centre, spread, case["log"])
            for centre, spread, case in zip(centres, spreads, chosen, strict=True)
        ]
        row = scores().loc["value", years, "listed", forecaster]
        assert row["score"] == pytest.approx(statistics.fmean(losses), rel=WALKS)


def test_the_index_counts_the_twenty_years_before_an_entry(evidence):
    table = past_cases.cases(evidence.value_cases, "value_cases", 1)

    ours = past_cases.index_growth(table, evidence.stock_index)

    theirs = [plain.index_drift(rows("stock_index"), int(year)) for year in table["entry_year"]]
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@pytest.fixture(scope="module")
def evidence():
    assumptions = scenarios.check(scenarios.resolve("base"))
    return past_cases.CaseEvidence.of(audit.gather(assumptions).known, assumptions)


def futures_of(beliefs, year, count):
    """The first futures of the package for cases of a year, as the reference takes them."""
    _, x = beliefs.without(year)
    together = float(beliefs.evidence.assumptions.co_movement)
    alone = math.sqrt(1 - together**2)
    own, market = (beliefs.shared[name][:count].tolist() for name in ("revenue", "market"))
    for k in range(count):
        v = x["multiple_volatility_pct"][k] / 100
        steps = [together * a + alone * b for a, b in zip(own[k], market[k], strict=True)]
        yield {
            "long_run": math.log1p(x["long_run_growth_pct"][k] / 100),
            "half_life": x["growth_half_life_years"][k],
            "noise": x["revenue_volatility_pct"][k] / 100,
            "level": x["multiple_long_run"][k],
            "slope": x["multiple_sensitivity"][k],
            "repricing": x["repricing_half_life_years"][k],
            "pay": x["stock_pay_pct"][k] / 100,
            "own": own[k],
            "market": [v * z - v * v / 2 for z in steps],
        }


@pytest.mark.parametrize(("kind", "value"), [("revenue", False), ("value", True)])
def test_cases_have_equal_futures_under_equal_random_numbers(evidence, kind, value):
    name, beliefs, count = COLUMNS[kind][0], past_cases.Beliefs(evidence), 40
    table = past_cases.cases(getattr(evidence, name), name, 5)
    year = int(table["entry_year"].mode()[0])  # the year with the most cases
    table = table[table["entry_year"].eq(year)].reset_index(drop=True)
    chosen = [case for case in cases(kind, 5) if case["year"] == year]
    assert len(table) == len(chosen) > 3

    ours = past_cases.model(table, beliefs, 5, value=value)[:, :count, 1:]

    futures = list(futures_of(beliefs, year, count))
    theirs = [[plain.path(case, x, 5, value) for x in futures] for case in chosen]
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)


LEFT_OUT = {
    "growth_pairs": ("fiscal_year", 0, 1),
    "revenue_multiples": ("valid_on", 0),
    "value_cases": ("entry_year", 0),
}
"""For each table the column of the year, and the years back from the entry that are left out."""


def beliefs_without(year):
    """What other entry years show, as the reference estimates it."""
    tables = [
        estimates.without(rows(name), column, *(year - back for back in years))
        for name, (column, *years) in LEFT_OUT.items()
    ]
    return estimates.ranges(*tables, random.Random(year))


def test_a_year_is_left_out_of_what_its_cases_are_forecast_from(evidence):
    year, beliefs = 2018, past_cases.Beliefs(evidence)
    (others, ours), theirs = beliefs.without(year), beliefs_without(year)
    for name, (column, *years) in LEFT_OUT.items():
        left = estimates.without(rows(name), column, *(year - back for back in years))
        assert len(getattr(others, name)) == len(left) < len(rows(name))
    for name, key, scale in (
        ("growth_half_life_years", "half_life", 1),
        ("revenue_volatility_pct", "noise", 100),
        ("multiple_long_run", "level", 1),
        ("repricing_half_life_years", "repricing", 1),
        ("multiple_volatility_pct", "volatility", 100),
    ):
        ends = np.quantile(ours[name], [0.05, 0.95])
        # 2000 draws of what 2000 and 600 resamples gave
        assert ends == pytest.approx([scale * end for end in theirs[key]], rel=0.15), name
    assert statistics.median(ours["multiple_sensitivity"]) == pytest.approx(
        statistics.median(plain.pert(theirs["slope"], random.Random(k)) for k in range(2000)), rel=0.05
    )


@pytest.mark.slow
@pytest.mark.parametrize(("test", "years", "kind"), [("revenue", 5, "revenue"), ("value", 5, "value")])
def test_the_model_scores_what_plain_arithmetic_gives_within_the_error_of_both(test, years, kind):
    """5 s each: every case in a thousand futures, one number at a time."""
    chosen = cases(kind, years)
    futures = plain.futures(chosen, functools.cache(beliefs_without), assumed(), years, value=test == "value")
    group = calibration.PRIMARY_GROUPS[test]
    row, repair = scores().loc[test, years, group, "model"], calibration.stored().repair(test, years)

    score, error = reference.crps_of_model(chosen, futures)
    both = error * math.sqrt(1 + plain.FUTURES / past_cases.DRAWS)
    assert row["score"] == pytest.approx(score, abs=4 * both)
    draws = [[path[-1] for path in paths] for paths in futures]
    outcomes = [case["log"] for case in chosen]
    places, losses = places_and_scores(draws, outcomes)
    n = reference.effective(places, chosen)
    assert repair.n_effective == pytest.approx(n, rel=0.15)
    shift, spread = reference.repair(draws, outcomes, n)
    assert repair.shift == pytest.approx(shift, abs=0.1)
    assert repair.spread_factor == pytest.approx(spread, rel=0.1)

    _, rival = places_and_scores([plain.class_draws(chosen, case) for case in chosen], outcomes)
    against = scores().loc[test, years, group, "class"]
    for prefix, ours in (("", losses), ("recalibrated_", recalibrated_losses(chosen, draws, outcomes))):
        differences = [a - b for a, b in zip(ours, rival, strict=True)]
        chance = reference.better_probability(differences, chosen, random.Random(1))
        assert against[f"{prefix}better_probability"] == pytest.approx(chance, abs=0.08)
    assert scores().loc[test, years, group, "recalibrated"]["score"] == pytest.approx(
        statistics.fmean(ours), abs=4 * both
    )


def recalibrated_losses(chosen, draws, outcomes):
    """Scores of the model repaired by the cases of other entry years."""
    repairs = {}
    for year in {case["year"] for case in chosen}:
        others = [k for k, case in enumerate(chosen) if case["year"] != year]
        theirs, happened = [draws[k] for k in others], [outcomes[k] for k in others]
        places = [reference.place(*pair) for pair in zip(theirs, happened, strict=True)]
        n = reference.effective(places, [chosen[k] for k in others])
        repairs[year] = reference.repair(theirs, happened, n)
    losses = []
    for case, some, outcome in zip(chosen, draws, outcomes, strict=True):
        (shift, spread), middle = repairs[case["year"]], statistics.median(some)
        losses.append(reference.crps([middle + shift + spread * (x - middle) for x in some], outcome))
    return losses


@pytest.mark.slow
def test_the_model_gives_the_event_the_chance_that_plain_arithmetic_gives():
    """2 s, as above."""
    chosen = cases("value", 3, event=True)
    futures = plain.futures(chosen, functools.cache(beliefs_without), assumed(), 3, value=True)
    row, repair = scores().loc["event", 3, "listed", "model"], calibration.stored().repair("event", 3)

    score, error = reference.brier_of_model(chosen, futures)
    both = error * math.sqrt(1 + plain.FUTURES / past_cases.DRAWS)
    assert row["score"] == pytest.approx(score, abs=4 * both)
    chances, happened = [reference.chance(paths) for paths in futures], [case["event"] for case in chosen]
    errors = [y - p for y, p in zip(happened, chances, strict=True)]
    n = reference.effective(errors, chosen)
    assert repair.n_effective == pytest.approx(n, rel=0.15)
    assert repair.shift == pytest.approx(reference.logit_shift(chances, happened, n), abs=0.15)


def test_the_reference_takes_nothing_from_the_package():
    for module in (reference, estimates, plain):
        lines = Path(module.__file__).read_text(encoding="utf-8").splitlines()
        imported = {line.split()[1] for line in lines if line.startswith(("import ", "from "))}
        assert not {name.partition(".")[0] for name in imported} & {"analysis", "numpy", "pandas", "scipy"}
