"""Does the bet pay off, in words? The answer that opens the report, in the form that the results give.

Decisions
- Each way to the money (`class_estimate`) says yes, no, or that it is a coin toss, by how likely a loss is.
  The way that comes first gives the answer.
- The answer is called sure only where all ways agree. It says so in the same breath, and names what each of
  them says and why one comes first.
- The numbers choose the form, so that the words turn when the numbers do.
"""

from __future__ import annotations

import pandas as pd

from analysis import units
from analysis.forecasts.class_estimate import CLASS, CORRECTED, RAW, Headlines
from analysis.labels import join_words

YES, TOSS, NO = "yes", "coin toss", "no"
"""What a way to the money says of the bet."""
TOSS_PCT = (40.0, 60.0)
"""A loss with a chance between these is a coin toss."""

SURE = {
    YES: "Probably yes, and all our ways to an answer agree.",
    TOSS: "It could go either way, and all our ways to an answer say so.",
    NO: "Probably not, and all our ways to an answer agree.",
}
UNSURE = {
    YES: "Probably yes, but we are not very sure.",
    TOSS: "It could go either way, and our ways to an answer disagree.",
    NO: "Probably not, but we are not very sure.",
}
"""How the answer opens where all ways agree, and where they do not."""
WAYS = {
    CLASS: ("comparable companies of the past", "point", "call"),
    CORRECTED: ("our model corrected by them", "points", "calls"),
    RAW: ("our raw model", "points", "calls"),
}
"""Each way with its verbs."""
CLASS_FIRST = "The past comes first because our model did not forecast it better than counting cases does."
MODEL_FIRST = "Our model comes first because it forecast past cases better than counting them does."


def leaning(money_lost_pct: float) -> str:
    """What a chance of a loss, in percent, says of the bet: `YES`, `TOSS` or `NO`."""
    low, high = TOSS_PCT
    return YES if money_lost_pct < low else NO if money_lost_pct > high else TOSS


def answer(past: Headlines) -> str:
    """The answer in words: yes or no, how sure, what each way says, and why one comes first."""
    leanings = {way: leaning(past[way]["money_lost_pct"]) for way in past.table["estimate"]}
    first = next(iter(leanings.values()))
    opening = (SURE if is_sure(past) else UNSURE)[first]
    says = join_words([_says(way, said) for way, said in leanings.items()])
    why = CLASS_FIRST if past.class_is_first else MODEL_FIRST
    return f"{opening} {why}" if is_sure(past) else f"{opening} {says[0].upper()}{says[1:]}. {why}"


def is_sure(past: Headlines) -> bool:
    """Whether all ways to the money say the same."""
    return len({leaning(loss) for loss in past.table["money_lost_pct"]}) == 1


def _says(way: str, said: str) -> str:
    name, points, calls = WAYS[way]
    if said == TOSS:
        return f"{name} {calls} it a coin toss"
    return f"{name} {points} to a {'gain' if said == YES else 'loss'}"


def money_back(multiple: float, digits: int = 1) -> str:
    """What comes back of a dollar, to the precision of the multiple's decimals: `$2.50`, `60 cents`."""
    rounded = round(multiple, digits)
    return f"${rounded:.2f}" if rounded >= 1 else f"{100 * rounded:.0f} cents"


def rounded_to_a_hundred(outcomes: pd.DataFrame) -> dict[str, list[float]]:
    """Outcomes that make a whole in each row, in percent, as whole numbers that add to 100; one below half a
    percent stays as it is, since it is possible.
    """
    rows = [
        [
            value if whole == 0 else float(whole)
            for value, whole in zip(row, units.whole_percents(row / row.sum()), strict=True)
        ]
        for row in outcomes.to_numpy(dtype=float)
    ]
    return {str(name): [row[at] for row in rows] for at, name in enumerate(outcomes)}
