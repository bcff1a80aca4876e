"""The simulation against one written a second time, from the equations: equal futures, and equal spread."""

import ast
import functools
import math
import random
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from analysis.models import mechanisms, venture
from analysis.models.venture import Payment, VentureInputs, VenturePaths
from analysis.statistics.simulation import spawn
from tests.reference import venture as reference

RANGES = {
    "revenue_usd_bn": (10, 80), "growth_factor_per_year": (0.7, 5), "growth_half_life_years": (0.4, 4),
    "long_run_growth_pct": (-3, 12), "pool_usd_bn": (200, 2000), "pool_share": (0.05, 0.5), "ceiling": (0, 1),
    "parity_years": (0, 6), "parity_growth_loss_pct": (0, 100), "erosion_pct_per_year": (0, 45),
    "premium_share": (0, 0.8), "shock_rate_per_year": (0, 1.5), "shock_loss_pct": (0, 40),
    "shock_delay_years": (0, 1.2), "running_cost_ratio": (0.4, 2), "running_cost_ratio_long_run": (0.3, 1.1),
    "running_cost_half_life_years": (0.5, 3), "compute_usd_bn": (0, 60), "compute_factor_per_year": (1, 4),
    "compute_half_life_years": (0.4, 2.5), "committed_share": (0, 1), "commitment_years": (0.25, 6),
    "commitments_run_off": (0, 1), "plan_growth_pct": (0, 200), "plan_half_life_years": (0.5, 4),
    "discount_pct": (2, 30), "cash_usd_bn": (0, 120), "cash_floor_quarters": (1, 4), "raise_quarters": (1, 8),
    "capital_share_per_year": (0.02, 0.6), "compute_elasticity": (0, 1), "floor_multiple": (0, 3),
    "stock_pay_pct": (0, 6), "shut_fall_pct": (10, 60), "distress_discount_pct": (0, 60),
    "listing_years": (0, 5), "listing_price_share": (0.3, 1.5), "multiple_long_run": (1, 12),
    "multiple_sensitivity": (0, 4), "multiple_margin_sensitivity": (0, 4), "reference_margin_pct": (0, 40),
    "multiple_volatility_pct": (0, 0), "revenue_volatility_pct": (0, 0), "co_movement": (0, 0.9),
    "start_equity_usd_bn": (300, 1500), "repricing_half_life_years": (0, 3), "mark_smoothing_share": (0.2, 1),
    "stake_share": (0.1, 0.3), "preference_share": (0, 1), "paid_in_usd_bn": (80, 300),
    "manager_gain_share": (0, 0.2),
}  # fmt: skip
"""Lowest and highest value of each input in the comparison."""

PAYMENTS = [(-1.3, 14.6), (-0.25, 30.0), (0.003, 10.0), (0.26, 10.0), (2.5, 5.0)]
COMPARED = (
    "volume_usd_bn", "revenue_usd_bn", "running_cost_usd_bn", "compute_usd_bn", "committed_usd_bn",
    "idle_usd_bn", "cut_share", "market_factor", "cash_usd_bn", "raised_usd_bn", "kept_share", "rescued",
    "listed", "stake_share", "price_usd_bn", "round_price_usd_bn", "reported_usd_bn",
    "stake_usd_bn", "claim_usd_bn",
)  # fmt: skip
SWITCHES = ("ceiling", "commitments_run_off")
OFTEN_ZERO = ("repricing_half_life_years", "preference_share", "compute_elasticity")
UNCERTAIN = {
    "revenue_usd_bn": 34, "growth_factor_per_year": 2.6, "growth_half_life_years": 1.2,
    "long_run_growth_pct": 5, "pool_usd_bn": 1300, "pool_share": 0.3, "ceiling": 1, "parity_years": 0.6,
    "parity_growth_loss_pct": 10, "erosion_pct_per_year": 15, "premium_share": 0.3,
    "shock_rate_per_year": 0.8, "shock_loss_pct": 10, "shock_delay_years": 0.4, "running_cost_ratio": 1.1,
    "running_cost_ratio_long_run": 0.5, "running_cost_half_life_years": 1.5, "compute_usd_bn": 24,
    "compute_factor_per_year": 2.4, "compute_half_life_years": 1.4, "committed_share": 0.5,
    "commitment_years": 3, "commitments_run_off": 1, "plan_growth_pct": 150, "plan_half_life_years": 2.5,
    "discount_pct": 10, "cash_usd_bn": 15, "cash_floor_quarters": 2, "raise_quarters": 6,
    "capital_share_per_year": 0.08, "compute_elasticity": 0.4, "floor_multiple": 0.5, "stock_pay_pct": 3,
    "shut_fall_pct": 35, "distress_discount_pct": 30, "listing_years": 1.25, "listing_price_share": 0.6,
    "multiple_long_run": 5, "multiple_sensitivity": 2.5, "multiple_margin_sensitivity": 1.5,
    "reference_margin_pct": 25, "multiple_volatility_pct": 45, "revenue_volatility_pct": 28,
    "co_movement": 0.5, "start_equity_usd_bn": 852, "repricing_half_life_years": 1,
    "mark_smoothing_share": 0.5, "stake_share": 0.13, "preference_share": 0.5, "paid_in_usd_bn": 190,
    "manager_gain_share": 0.05,
}  # fmt: skip
"""A point near the register's, with more shocks than it has."""


def random_inputs(rng: random.Random) -> dict:
    """A point between the ends, often at an end where a rule changes; few years of cash among them."""
    inputs = {name: rng.uniform(*ends) for name, ends in RANGES.items()}
    inputs |= {name: rng.randint(0, 1) for name in SWITCHES}
    inputs |= {name: 0.0 for name in OFTEN_ZERO if rng.random() < 0.25}
    if rng.random() < 0.3:
        inputs |= {"multiple_long_run": rng.uniform(0.1, 1), "cash_usd_bn": rng.uniform(0, 20)}
    return inputs


def streams() -> dict[str, np.random.Generator]:
    return spawn(5, venture.PURPOSES)


def simulated(futures: list[dict], horizon: float, n_draws: int | None = None) -> VenturePaths:
    """The project's paths of these futures, one a draw, or draws of a single one."""
    arrays = {name: np.array([inputs[name] for inputs in futures]) for name in RANGES}
    if n_draws:
        arrays = {name: float(value[0]) for name, value in arrays.items()}
    shared = {"horizon_years": horizon, "degrees_of_freedom": 0}
    assert {field.name for field in fields(VentureInputs)} == {*RANGES, *shared, "payments"}
    payments = tuple(Payment(*one) for one in paid_by(horizon))
    return venture.simulate(
        VentureInputs(**arrays, **shared, payments=payments),
        n_draws or len(futures),
        streams(),
    )


def paid_by(horizon: float) -> list[tuple[float, float]]:
    return [one for one in PAYMENTS if one[0] <= horizon]


def future_of(inputs: dict, horizon: float) -> dict:
    return inputs | {"horizon_years": horizon, "payments": paid_by(horizon)}


@functools.cache
def both(seed: int, horizon: float, count: int) -> tuple[VenturePaths, list[list[dict]]]:
    """Paths without volatility, and the reference with the same shocks."""
    rng = random.Random(seed)
    futures = [random_inputs(rng) for _ in range(count)]
    rates = np.array([[inputs["shock_rate_per_year"]] for inputs in futures])
    quarters = round(4 * horizon)
    shocks = np.diff(mechanisms.shock_counts(rates, quarters, streams()["shocks"]), axis=1)
    still = [0.0] * quarters
    rows = [
        reference.simulate(future_of(inputs, horizon), still, still, counts.tolist())
        for inputs, counts in zip(futures, shocks, strict=True)
    ]
    return simulated(futures, horizon), rows


def table(rows: list[list[dict]], name: str) -> np.ndarray:
    return np.array([[row[name] for row in future] for future in rows])


# A future takes a millisecond in plain Python, a quarter of a second in all.
@pytest.mark.parametrize(("seed", "horizon", "count"), [(1, 5.0, 150), (2, 10.0, 60), (3, 0.25, 50)])
def test_without_volatility_both_come_to_the_same_in_every_quarter(seed, horizon, count):
    paths, rows = both(seed, horizon, count)
    assert paths.moic == pytest.approx(table(rows, "moic")[:, -1], rel=1e-9, abs=1e-9)
    for name in COMPARED:
        expected = table(rows, name)
        got = np.broadcast_to(getattr(paths, name), expected.shape)
        assert got == pytest.approx(expected, rel=1e-9, abs=1e-9), name


def test_the_reference_shares_nothing_with_the_package():
    tree = ast.parse(Path(reference.__file__).read_text(encoding="utf-8"))
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert {alias.name for node in imported for alias in node.names} == {"math", "random"}


def test_the_futures_compared_meet_every_rule():
    # each in at least one future in twenty, a preference that counts at the end among them
    _, rows = both(1, 5.0, 150)
    ends = [table(rows, name)[:, -1] for name in ("rescued", "listed")]
    ever = [(table(rows, name) > 0).any(axis=1) for name in ("cut_share", "raised_usd_bn", "idle_usd_bn")]
    converted = table(rows, "stake_share") * table(rows, "price_usd_bn") / table(rows, "kept_share")
    preferred = (table(rows, "claim_usd_bn") > converted + 1e-6)[:, -1]
    assert min(hits.mean() for hits in (*ends, *ever, preferred)) >= 0.05


def test_with_volatility_both_have_the_same_distribution():
    """Means within four standard errors of their difference, of what each rule moves."""
    rng = random.Random(4)
    n = 600  # of a millisecond each in plain Python
    future = future_of(UNCERTAIN, 5.0)
    rows = [reference.simulate(future, *reference.draw_streams(future, rng)) for _ in range(n)]
    paths = simulated([UNCERTAIN], 5.0, 15 * n)
    expected = results(lambda name: table(rows, name))
    got = results(lambda name: getattr(paths, name))
    off = {}
    for name, simulated_results in got.items():
        spread = simulated_results.std() * math.sqrt(1 / n + 1 / (15 * n))
        off[name] = (expected[name].mean() - simulated_results.mean()) / spread
    assert {name: round(score, 1) for name, score in off.items() if abs(score) > 4} == {}
    assert min(expected[name].mean() for name in ("rescued", "listed", "loss", "gain", "cut_share")) > 0.02


def results(table_of: Callable[[str], np.ndarray]) -> dict[str, np.ndarray]:
    """One number a future, of what each rule moves."""
    sales, factor = np.log(table_of("revenue_usd_bn")[:, -1]), np.log(table_of("market_factor")[:, -1])
    claim = table_of("claim_usd_bn")
    rows = {
        "revenue": sales, "its spread": (sales - sales.mean()) ** 2, "market": factor,
        "co-movement": (sales - sales.mean()) * (factor - factor.mean()),
        "loss": claim[:, -1] < 60, "large loss": claim[:, -1] < 15, "gain": claim[:, -1] > 120,
        "money back": np.log1p(claim[:, -1]), "claim after two years": claim[:, 8],
        "reported after two years": table_of("reported_usd_bn")[:, 8],
    }  # fmt: skip
    at_the_end = {name: table_of(name)[:, -1] for name in ("kept_share", "rescued", "listed")}
    means = {name: table_of(name).mean(axis=1) for name in ("raised_usd_bn", "cut_share", "idle_usd_bn")}
    return rows | at_the_end | means
