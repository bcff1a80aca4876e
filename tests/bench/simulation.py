"""Speed and memory of the simulation, on one core: `make bench`. Speed is a ratio to drawing the uniforms
that a run needs and nothing more, within one process, so that a slow machine does not matter.
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

DRAWS, QUARTERS = 200_000, 20
MEGABYTE = 1024


def base_setting() -> outlook.RunSetting:
    assumptions = scenarios.check(scenarios.resolve("base"))
    return outlook.run_setting(assumptions, audit.gather(assumptions).record)


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE


def moic(paths: venture.VenturePaths, block: int) -> dict[str, np.ndarray]:
    return {"moic": paths.moic}


def bare_uniforms(setting: outlook.RunSetting) -> None:
    """As many uniforms as a run needs random numbers, and nothing done with them."""
    uncertain = [name for name, value, _ in setting.values if np.ndim(value)]
    for block, size in simulation.blocks(DRAWS):
        streams = simulation.spawn(setting.seed, [*uncertain, *venture.PURPOSES], block)
        for name in uncertain:
            streams[name].random(size)
        for name in venture.PURPOSES:
            streams[name].random((size, QUARTERS))


def inputs_alone(setting: outlook.RunSetting) -> None:
    """Every input drawn, and no path simulated."""
    for block, size in simulation.blocks(DRAWS):
        setting.inputs(size, block)


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
    bare = timed(bare_uniforms, setting)
    drawing = timed(inputs_alone, setting, repeats=1)  # a second time they would come from a cache
    model = timed(outlook.summarise_draws, setting, DRAWS, moic)
    added = peak_mb() - before
    print(
        f"{DRAWS:>9,} draws x {QUARTERS} quarters: {model:.2f} s on one core, {DRAWS / model:,.0f} a second"
    )
    print(
        f"          {model / bare:.1f} times the time of the bare uniforms, the drawing of the inputs"
        f" {drawing / bare:.1f} times"
    )
    print(f"          peak {peak_mb():,.0f} MB, {added:,.0f} MB of it for the draws (target 500)")
    sys.stdout.flush()
    subprocess.run(
        [sys.executable, __file__, "1000000"], check=True
    )  # a process of its own has a peak of its own


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else DRAWS)
