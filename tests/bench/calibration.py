"""How long the calibration takes on one core: `make bench`. It is a ratio to the simulation behind the
headline, within one process, so that a slow machine does not matter.
"""

from __future__ import annotations

import os

import simulation

from analysis import audit, scenarios
from analysis.forecasts import calibration, past_cases
from analysis.models import outlook

TARGET_SECONDS = 15.0


def main() -> None:
    os.environ["THESIS_CACHE"] = "off"
    assumptions = scenarios.check(scenarios.resolve("base"))
    facts = audit.gather(assumptions)
    known = {name: facts.known[name] for name in past_cases.EVIDENCE}
    setting = outlook.run_setting(assumptions, facts.record)
    setting.paths(16)  # imports that are made where they are used
    run = simulation.timed(outlook.summarise_draws, setting, simulation.DRAWS, simulation.moic)
    tests = simulation.timed(calibration.compute, known, assumptions, repeats=2)
    cases = len(calibration.stored().cases)
    print(
        f"{cases:>9,} forecasts of past cases: {tests:.1f} s on one core, {tests / TARGET_SECONDS:.0%} of the"
        f" target; {tests / run:.1f} times the time of {simulation.DRAWS:,} draws of the model"
    )


if __name__ == "__main__":
    main()
