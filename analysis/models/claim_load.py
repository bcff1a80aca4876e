"""Which statements bear the load of the verdict? Each taken at its word, one at a time, and what that moves.

Decisions
- A statement that says something in the terms of the register (``bears_on``) replaces those values, all
  others stay as the evidence has them; random numbers are common, so what moves is moved by the statement.
- Two outcomes: the median multiple of the money, and the probability of the write-down that the article
  predicts. Statements are ranked by the mean of their two ranks, so that neither outcome's unit decides.
- A statement that has no counterpart in the register is outside the model, which says nothing of its weight.
- What moves both by less than their Monte-Carlo error moves nothing. That error is of the difference: on
  common random numbers it is far smaller than those of the two probabilities.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.models import outlook, start, venture
from analysis.scenarios import Assumptions
from analysis.statistics import simulation

COLUMNS = (
    "rank",
    "id",
    "assumptions",
    "median_moic_x",
    "moic_change_x",
    "write_down_pct",
    "write_down_change_pct",
    "noise_pct",
    "beyond_noise",
)


def outcomes(assumptions: Assumptions, evidence: start.StartEvidence) -> dict[str, NDArray[Any]]:
    """Draws of the multiple (``moic``) and whether the write-down comes (``down``), shape (draws,);
    `assumptions` as for `outlook.venture_paths`, with the write-down's two terms.
    """
    years, threshold_pct = outlook.deadline_years(assumptions), assumptions.write_down_pct

    def summary(paths: venture.VenturePaths, block: int) -> dict[str, Any]:
        hits = venture.write_down_hits(paths, threshold_pct=threshold_pct)
        return {"moic": paths.moic, "down": hits[:, paths.times_years <= years].any(axis=1)}

    setting = outlook.run_setting(assumptions, evidence)
    return outlook.summarise_draws(setting, assumptions.draws, summary)


def rank_claims(
    assumptions: Assumptions,
    evidence: start.StartEvidence,
    words: Mapping[str, Mapping[str, Any]],
    *,
    draws: int = 20_000,
) -> pd.DataFrame:
    """How far the outcomes move when each statement is taken at its word.

    Parameters
    ----------
    assumptions, evidence
        The assumptions as the evidence has them.
    words
        By claim: register names and the values that it gives them.
    draws
        Of each run, where the assumptions do not ask for fewer.

    Returns
    -------
    DataFrame
        `COLUMNS`, the heaviest first. ``rank``, 1 the heaviest; ``assumptions``: their labels, joined;
        ``median_moic_x`` and ``write_down_pct`` (percent) at the statement's word, ``..._change_...`` against
        `assumptions`; ``noise_pct``: half width of the Monte-Carlo interval of that change, draw by draw;
        ``beyond_noise``: False where the multiple moves by less than 1% and the write-down by less than that
        noise.

    Raises
    ------
    ParameterError
        A value that the register does not allow.
    """
    fewer = assumptions.with_changes(draws=min(draws, assumptions.draws))
    now = outcomes(fewer, evidence)
    moic = float(np.median(now["moic"]))
    rows = []
    for name, values in words.items():
        then = outcomes(fewer.with_changes(**values), evidence)
        then_moic = float(np.median(then["moic"]))
        changes = 100 * (then["down"].astype(float) - now["down"])
        change = float(changes.mean())
        noise = simulation.Z_LEVEL * float(changes.std(ddof=1)) / math.sqrt(changes.size)
        rows.append(
            {
                "id": name,
                "assumptions": ", ".join(assumptions.register[key].label for key in values),
                "median_moic_x": then_moic,
                "moic_change_x": then_moic - moic,
                "write_down_pct": 100 * float(then["down"].mean()),
                "write_down_change_pct": change,
                "noise_pct": noise,
                "beyond_noise": abs(then_moic - moic) >= 0.01 * moic or abs(change) > noise,
            }
        )
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    both = (
        table[["moic_change_x", "write_down_change_pct"]]
        .abs()
        .rank(ascending=False, method="min")
        .mean(axis=1)
    )
    return table.assign(rank=both.rank(method="min").astype(int)).sort_values(
        "rank", kind="stable", ignore_index=True
    )
