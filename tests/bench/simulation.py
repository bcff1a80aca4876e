"""Speed and memory of the simulation, on one core: `make bench`. Ratios within one run, so that a slow
machine does not matter.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from analysis import audit, scenarios
from analysis.models import outlook, venture
from analysis.statistics import simulation

DRAWS, QUARTERS = 100_000, 20
MEGABYTE = 1024


def base_setting() -> outlook.RunSetting:
    assumptions = scenarios.check(scenarios.resolve("base"))
    return outlook.run_setting(assumptions, audit.gather(assumptions).record)


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE


def moic(paths: venture.VenturePaths, block: int) -> dict[str, np.ndarray]:
    return {"moic": paths.moic}


def random_numbers(setting: outlook.RunSetting) -> None:
    """The same random numbers, and nothing done with them."""
    for block, size in simulation.blocks(DRAWS):
        streams = simulation.spawn(setting.seed, [*outlook.VENTURE, *venture.PURPOSES], block)
        for name, value, dist in setting.values:
            simulation.draw(dist, value, size, streams[name])
        streams["market"].standard_normal((size, QUARTERS))
        streams["shocks"].random((size, QUARTERS))


def timed(run: Callable[..., Any], *arguments: Any, repeats: int = 3) -> float:
    """Best of some runs, seconds of processor time."""
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        run(*arguments)
        best = min(best, time.process_time() - start)
    return best


def main(draws: int) -> None:
    setting = base_setting()
    setting.paths(16)  # imports that are made where they are used
    before = peak_mb()
    if draws > DRAWS:
        outlook.summarise_draws(setting, draws, moic)
        print(
            f"{draws:>9,} draws: peak {peak_mb():,.0f} MB, {peak_mb() - before:,.0f} MB of it for the draws"
        )
        return
    model_seconds = timed(outlook.summarise_draws, setting, DRAWS, moic)
    added = peak_mb() - before
    random_seconds = timed(random_numbers, setting)
    print(
        f"{DRAWS:>9,} draws x {QUARTERS} quarters: {model_seconds:.2f} s on one core (target 1.5),"
        f" {DRAWS / model_seconds:,.0f} draws a second"
    )
    print(
        f"          random numbers alone: {random_seconds:.2f} s; the model takes"
        f" {model_seconds / random_seconds:.1f} times as long"
    )
    print(f"          peak {peak_mb():,.0f} MB, {added:,.0f} MB of it for the draws (target 500)")
    sys.stdout.flush()
    subprocess.run(
        [sys.executable, __file__, "1000000"], check=True
    )  # a process of its own has a peak of its own


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else DRAWS)
