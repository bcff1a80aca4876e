"""What do fitted trends say about a statement? Checks that rest on a fit, and say what it cannot decide.

Decisions
- A test that does not tell a change from none decides nothing: the statement is `uncheckable`, neither true nor false.
- A figure without a basis is held against every basis; it is decided where all of them agree by a wide margin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.models import acceleration, frontier, prices, simulation
from analysis.models.audit.facts import Facts, Interval, Unknown, in_print, listed, told_test
from analysis.models.audit.record import told_on_record
from analysis.models.audit.verdicts import Finding, check
from analysis.units import Quantity

SURE = 0.95
"""From which probability on a basis decides, and below one minus it."""


@check("evidence")
def price_acceleration(
    facts: Facts, figure: Quantity | None, *, series: Mapping[str, Mapping[str, str | float]]
) -> Finding:
    """Whether prices at equal quality fall faster than they did, by the tests of `models.acceleration`.

    `series` names each benchmark and protocol with its floor of guessing (a share). Falling faster in all is true, slower
    in all is false; anything else decides nothing, and then no price is cited.
    """
    listed_prices, scores, results = facts.look("api_prices", terms="list"), {}, {}
    for name, where in series.items():
        wanted = {key: value for key, value in where.items() if key != "floor"}
        scores[name] = facts.look("model_benchmarks", use="trend", **wanted)
        spells = prices.priced(listed_prices, scores[name], float(facts.given["input_token_share"]))
        try:
            results[name] = accelerating(spells, float(where["floor"]), int(facts.given["seed"]))
        except ValueError:
            raise Unknown(f"{name}: too few prices of scored models for a test") from None
    table = acceleration.compare(results)
    found = set(table["verdict"])
    falls = " and ".join(
        f"{np.exp(-row['slope']):.0f}-fold a year at equal scores on {told_test(row['series'])}"
        for _, row in table.iterrows()
    ).removesuffix(",")
    details = " ".join(
        f"At equal {row['series']}: {row['n']:.0f} prices of {row['clusters']:.0f} sellers, p = {row['quadratic_p_holm']:.2f} for a "
        f"gradual change of the rate and {row['bend_p_holm']:.2f} for a sudden one, both adjusted for all tests (Holm)."
        for _, row in table.iterrows()
    )
    if found == {acceleration.FASTER} or found == {acceleration.SLOWER}:
        faster = found == {acceleration.FASTER}
        facts.cite("api_prices", listed_prices)
        facts.cite("model_benchmarks", pd.concat(scores.values()))
        reason = f"{'Yes' if faster else 'No'}: prices fell {falls}. Of late they fell {'faster' if faster else 'more slowly'}."
        return Finding({"falls faster": faster}, reason, details=details)
    reason = (
        f"Too close to call: prices fell {falls}. No test tells whether the fall is speeding up. A longer record of prices would "
        "settle it."
    )
    return Finding({}, reason, verdict="uncheckable", details=details)


def accelerating(spells: pd.DataFrame, floor: float, seed: int) -> acceleration.Acceleration:
    """The tests on price spells at equal quality, with seller effects and sellers as clusters."""
    stream = simulation.spawn(seed, ["acceleration"])["acceleration"]
    kept = prices.repeated(spells)
    return acceleration.test_acceleration(
        kept["t"],
        kept[frontier.PRICE],
        rng=stream,
        groups=kept["seller"],
        controls=prices.controls(kept, floor),
    )


@check("evidence")
def threshold_by_basis(
    facts: Facts,
    figure: Quantity,
    *,
    runs: Mapping[str, str],
    year: int,
    beside: Sequence[str],
    told: str,
) -> Finding:
    """Whether a training run of a year passed a cost, by the trend of each cost basis; decided where all agree.

    `runs` names each basis, as a condition ("if rented"), and its sample; costs are those of the middle of the year; `told` and `beside` as in `undecided`.
    """
    try:
        table = frontier.cost_by_basis(
            facts.rows("training_cost", run=list(runs.values())),
            runs,
            t=year + 0.5,
            threshold_usd=float(figure.low or 0.0) * 1e9,
            seed=int(facts.given["seed"]),
        )
    except ValueError:
        raise Unknown("a trend of training costs on each basis") from None
    one = listed(f"{row.p_one:.0%} {row.basis}" for row in table.itertuples(index=False))
    dearest = listed(f"{chance:.0%}" for chance in table["p_dearest"])
    reason = told_on_record(told, facts.happened(beside, decides=False), facts)
    details = (
        f"Going by training costs to {int(table['last'].max())}, the chance that a run of {year} cost over "
        f"{in_print(float(figure.low or 0.0), 'usd_bn')} was {one}. For the year's most expensive run it was {dearest}."
    )
    chances = [*table["p_one"], *table["p_dearest"]]
    first = table.iloc[0]
    shown = Interval(
        float(first["median"]) / 1e9, float(first["obs_low"]) / 1e9, float(first["obs_high"]) / 1e9
    )
    if min(chances) >= SURE or max(chances) <= 1 - SURE:
        return Finding({"passed": min(chances) >= SURE}, reason, computed=shown, details=details)
    return Finding({}, reason, verdict="uncheckable", details=details)
