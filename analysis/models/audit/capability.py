"""What can the models do, and for how much? Checks that hold benchmarks and prices against what others measured.

Decisions
- Protocols are never mixed: a lead is taken within one protocol, and each protocol is a reading of its own.
- A frontier is the running best score by release date. Whether the gap between two frontiers closes is decided by the test
  on their slopes alone (`models.parity`), never by its mean over some months: a single release moves that.
- A record speaks of publication day where its last release lies at most `SPEAKS_FOR` before it. Each such record is a
  reading if its test shows a change; where none does, nothing is decided. A published finding without a test is mentioned.
- Prices are list prices of the developer's own service, exact as listed; a price stands until the next one. A model that its
  developer does not sell is read at the cheapest and at the most expensive of its hosts.
- Input and output are readings of their own: the article names no mix, so a blend is shown and never judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.models import frontier, parity
from analysis.models.audit import cells
from analysis.models.audit.facts import Facts, Interval, Unknown, corners, exact, in_print, in_words, listed
from analysis.models.audit.record import told_on_record
from analysis.models.audit.verdicts import Finding, accepted, check, judge
from analysis.units import Quantity

BENCHMARKS, PRICES = "model_benchmarks", "api_prices"
KINDS = ("input", "output")
YEAR = pd.Timedelta(days=365)
SPEAKS_FOR = pd.Timedelta(days=92)
"""How long before publication day a record may end and still speak of that day: a quarter of a year."""


@check("evidence")
def benchmark_lead(
    facts: Facts,
    figure: Quantity,
    *,
    column: str,
    benchmark: str,
    reference: str,
    protocols: Sequence[str],
    open_models: Sequence[str],
) -> Finding:
    """A model's lead over the best of the article's other models and over the best open one: as printed, and scored alike.

    Scored alike means within one of the `protocols`; each model counts with the best version that the article means.
    """
    table = facts.column("models", column).set_index("row")
    bounds = {name: Interval(*row) for name, row in zip(table.index, table.to_numpy(), strict=True)}
    printed = {
        rival: corners(lambda a, b: a - b, bounds[reference], bounds[rival])
        for rival in _rivals(table["value"].drop(reference), open_models)
    }
    alike: dict[str, dict[str, Interval]] = {}
    for protocol in protocols:
        scores = facts.look(BENCHMARKS, benchmark=benchmark, protocol=protocol, use="trend")
        scores = scores[scores["article_model"] != ""].sort_values("score_pct", kind="stable")
        best = scores.drop_duplicates("article_model", keep="last")
        of = best.set_index("article_model")["score_pct"]
        if reference not in of or not of.index.isin(open_models).any():
            raise Unknown(f"{reference} and an open model on {benchmark}, {protocol}")
        rivals = _rivals(of.drop(reference), open_models)
        facts.cite(BENCHMARKS, best[best["article_model"].isin([reference, *rivals])])
        alike[protocol] = {rival: exact(float(of[reference] - of[rival])) for rival in rivals}
    readings: dict[str, Interval | bool] = {
        f"as printed over {rival}": lead for rival, lead in printed.items()
    }
    readings |= {
        f"{protocol} over {rival}": lead for protocol, leads in alike.items() for rival, lead in leads.items()
    }
    worst = {protocol: min(lead.value for lead in leads.values()) for protocol, leads in alike.items()}
    reason = (
        f"{_opening(readings, figure)} {reference} is {_standings(printed)} as the article prints it. With all models scored "
        f"alike, its lead over the best rival lies between {_signed(min(worst.values()))} and {_signed(max(worst.values()))} points."
    )
    details = " ".join(
        f"{benchmark}, {protocol}: {reference} is {_standings(leads)}." for protocol, leads in alike.items()
    )
    return Finding(readings, reason, details=details)


@check("evidence")
def price_multiple(
    facts: Facts,
    figure: Quantity,
    *,
    reference: str,
    rival: str,
    successors: Sequence[str] = (),
) -> Finding:
    """A price multiple on input and on output, in the article's table and at the last list prices before publication.

    `successors` names the two models that followed these; their multiple is mentioned and decides nothing.
    """
    printed = {kind: _printed(facts, reference, kind) / _printed(facts, rival, kind) for kind in KINDS}
    own, other = (_listed(facts, article_model=model) for model in (reference, rival))
    last = {kind: _price(own, kind) / _price(other, kind) for kind in KINDS}
    readings: dict[str, Interval | bool] = {
        f"as printed on {kind}": exact(value) for kind, value in printed.items()
    }
    readings |= {f"at the last list prices on {kind}": exact(value) for kind, value in last.items()}
    years = sorted({row["valid_on"].year for row in (own, other)})
    reason = (
        f"{_opening(readings, figure)} In the article's own table {reference} cost {_times(printed, rival)}; at the last list "
        f"prices, of {listed(str(year) for year in years)}, {_times(last)}."
    )
    details = (
        f"Last list prices before publication day, for a million tokens of input and of output: {reference} {_dollars(own)} "
        f"({in_words(own['valid_on'])}), {rival} {_dollars(other)} ({in_words(other['valid_on'])})."
    )
    newer = _mentioned(facts, successors)
    if newer and len(newer) == len(successors):
        multiple = {kind: _price(newer[0], kind) / _price(newer[1], kind) for kind in KINDS}
        details += (
            f" Of their successors {newer[0]['model']} cost {_dollars(newer[0])} and {newer[1]['model']} {_dollars(newer[1])}: "
            f"{_times(multiple)}."
        )
    values = [*printed.values(), *last.values()]
    share = float(facts.given["input_token_share"])
    blend = [
        frontier.blended_price(_printed(facts, model, "input"), _printed(facts, model, "output"), share)
        for model in (reference, rival)
    ]
    return Finding(
        readings, reason, computed=Interval(blend[0] / blend[1], min(values), max(values)), details=details
    )


@check("evidence")
def open_models_cheaper(
    facts: Facts, figure: Quantity, *, reference: str, open_models: Sequence[str]
) -> Finding:
    """How many times the price of each open model the reference asks: as printed, and at the last list prices."""
    readings: dict[str, Interval | bool] = {}
    spans, details = [], []
    own = _listed(facts, article_model=reference)
    for model in open_models:
        sellers = _sellers(facts, model)
        values = {
            f"{model} as printed on {kind}": _printed(facts, reference, kind) / _printed(facts, model, kind)
            for kind in KINDS
        }
        for name, row in sellers.items():
            values |= {
                f"{model} from {name} on {kind}": _price(own, kind) / _price(row, kind) for kind in KINDS
            }
        readings |= {name: exact(value) for name, value in values.items()}
        spans.append(
            f"{in_print(min(values.values()), 'x')} to {in_print(max(values.values()), 'x')} as much as {model}"
        )
        prices = " and ".join(
            f"{_dollars(row)} from {name} ({in_words(row['valid_on'])})" for name, row in sellers.items()
        )
        details.append(f"{model} was last listed at {prices}.")
    reason = f"{_opening(readings, figure)} {reference} cost {' and '.join(spans)}, depending on the price list and on input or output."
    details.append(
        f"{reference} was last listed at {_dollars(own)} ({in_words(own['valid_on'])}), input and output."
    )
    return Finding(readings, reason, details=" ".join(details))


@check("evidence")
def launch_price_multiple(
    facts: Facts,
    figure: Quantity,
    *,
    model: str,
    reference: Mapping[str, str],
    successors: Sequence[str] = (),
) -> Finding:
    """A model's price at its launch over another's on that day, both blended; `successors` are mentioned."""
    share = float(facts.given["input_token_share"])
    launch = facts.rows(PRICES, model=model, event="launch").iloc[0]
    then = facts.at(launch["valid_on"]).last(PRICES, _column("input"), **reference)
    multiple = _blended(launch, share) / _blended(then, share)
    reason = (
        f"{launch['model']} had come out on {in_words(launch['valid_on'])} at {_dollars(launch)}, {in_print(multiple, 'x')} the price "
        f"of {then['model']}, then {_dollars(then)}."
    )
    later = _mentioned(facts, successors)
    if later:
        told = listed(
            f"{row['model']} at {in_print(_blended(row, share) / _blended(then, share), 'x')}"
            for row in later
        )
        reason += f" Its successors came at a multiple of that: {told}."
    details = f"Prices are those of a million input and output tokens, taken together with {share:.0%} input."
    return Finding({"at launch": exact(multiple)}, reason, overtaken=True, details=details)


@check("evidence")
def frontier_gap(
    facts: Facts,
    figure: Quantity | None,
    *,
    series: Mapping[str, Mapping[str, str | float]],
    beside: Sequence[str] = (),
    told: str = "",
) -> Finding:
    """Whether open weights come closer to closed ones, by every record that speaks of publication day.

    Parameters
    ----------
    facts, figure
        A `figure` asks for a speed besides: the mean gap of the last year over that of the year before has to meet it.
    series
        Each benchmark and protocol with its floor of guessing (a share). A series is a reading where the 90% interval of
        the difference of its frontiers' slopes lies on one side of zero.
    beside, told
        Published findings on the gap, and a sentence on them. They state no test, so that they are mentioned only.
    """
    readings: dict[str, Interval | bool] = {}
    sentences, details, later = [], [], []
    for name, where in series.items():
        wanted = {key: value for key, value in where.items() if key != "floor"}
        scores = facts.look(BENCHMARKS, **wanted, use="trend")
        last = pd.Timestamp(scores["valid_on"].max())
        if facts.day - last > SPEAKS_FOR:
            details.append(
                f"On {name} the record ends on {in_words(last)}, too early to speak of publication day."
            )
            continue
        result = _tested(facts, scores, name, where)
        sentences.append(_gap_in_words(name, result))
        details.append(_test_in_words(name, result))
        if result.change == parity.NOT_SHOWN:
            facts.mention(BENCHMARKS, _steps(scores))
        else:
            facts.cite(BENCHMARKS, _steps(scores))
            readings[f"on {name}"] = result.change == parity.CLOSING and _fast_enough(result, figure)
        whole = facts.at(facts.as_of).look(BENCHMARKS, **wanted, use="trend")
        if whole["valid_on"].max() > last:
            later.append(_gap_in_words(name, _tested(facts, whole, name, where)))
    if published := facts.happened(beside, decides=False):
        sentences.append(told_on_record(told, published, facts))
    since = " ".join(later) or None
    if readings:
        reason = f"{_opening(readings, None)} {' '.join(sentences)}"
        return Finding(readings, reason, details=" ".join(details), since=since)
    opening = "Our records do not tell." if sentences else "Our records end too early to tell."
    reason = " ".join([opening, *sentences, "A longer record would settle it."])
    return Finding({}, reason, verdict="uncheckable", details=" ".join(details), since=since)


def _tested(facts: Facts, scores: pd.DataFrame, name: str, where: Mapping[str, str | float]) -> parity.Gap:
    rng = np.random.default_rng(int(facts.given["seed"]))
    try:
        return parity.gap(scores, rng, floor=float(where["floor"]))
    except ValueError:
        raise Unknown(f"{name}: enough models of both kinds for a test") from None


def _fast_enough(result: parity.Gap, figure: Quantity | None) -> bool:
    """Whether the mean gap of the last year is at most so many times that of the year before; a lead of open models is none."""
    if figure is None:
        return True
    if result.means is None:
        raise Unknown("two years of both kinds")
    return result.means.last <= accepted(figure)[1] * max(result.means.before, 0.0)


def _steps(scores: pd.DataFrame) -> pd.DataFrame:
    """The releases that raised the best score of their kind: they make the two frontiers."""
    rows = scores.sort_values(["valid_on", "score_pct"])
    best = rows.groupby("weights")["score_pct"].cummax()
    return rows[rows["score_pct"] > best.groupby(rows["weights"]).shift(fill_value=-np.inf)]


def _gap_in_words(name: str, result: parity.Gap) -> str:
    """The gap at the end of the record and a year before, and what the test makes of it."""
    change = {
        parity.NOT_SHOWN: "a change that our test cannot tell from chance",
        parity.CLOSING: "and by our test the gap closes",
        parity.OPENING: "and by our test the gap widens",
    }
    earlier = result.daily[: result.record_end - YEAR].tail(1)
    against = "".join(f", against {points:.1f} a year earlier" for points in earlier)
    month = f"{result.record_end:%B} {result.record_end.year}"
    return f"On {name} closed models led by {result.points:.1f} points in {month}{against}, {change[result.change]}."


def _test_in_words(name: str, result: parity.Gap) -> str:
    means = result.means
    spans = (
        f" The gap averaged {means.last:.1f} points in the last {round(means.days / 30.4375)} months and {means.before:.1f} in as many before."
        if means
        else ""
    )
    return (
        f"On {name} the open frontier gains {_signed(result.slope_difference)} logits a year on the closed one, with a "
        f"{result.level:.0%} interval of {_signed(result.low)} to {_signed(result.high)}.{spans}"
    )


@check("evidence")
def rise_of_the_best(
    facts: Facts, figure: Quantity | None, *, benchmark: str, beside: Sequence[str], told: str
) -> Finding:
    """The best published score a year before publication day and on it: what it does not decide is told with it.

    The sentence may name ``{before}``, ``{now}`` and days and figures of the facts `beside`.
    """
    scores = facts.look(BENCHMARKS, benchmark=benchmark).sort_values(["valid_on", "score_pct"])
    early = scores[scores["valid_on"] <= facts.day - YEAR]
    if early.empty:
        raise Unknown(f"{benchmark} over twelve months")
    before, now = (rows.loc[[rows["score_pct"].idxmax()]] for rows in (early, scores))
    facts.mention(BENCHMARKS, pd.concat([before, now]))
    rise = {name: f"{rows['score_pct'].iloc[0]:.1f}%" for name, rows in (("before", before), ("now", now))}
    reason = told_on_record(told, facts.happened(beside, decides=False), facts, rise)
    return Finding({}, reason, verdict="uncheckable")


@check("evidence")
def best_on_benchmark(
    facts: Facts,
    figure: Quantity | None,
    *,
    model: str,
    benchmark: str,
    protocol: str,
    told: str,
    developers: Sequence[str] = (),
    beside: Sequence[str] = (),
) -> Finding:
    """Whether a model leads a benchmark on the article's day; it is out of date where it led before.

    `developers` are scores that makers of other models report of their own runs (dated facts): whoever runs the test, a
    model that others have passed leads no longer. The sentence may name ``{own}`` and ``{best}``, the scores, besides days
    and figures of dated facts; `beside` decide nothing.
    """
    scores = facts.look(BENCHMARKS, benchmark=benchmark, protocol=protocol, use="trend").sort_values(
        "valid_on"
    )
    own = scores[scores["model"] == model].iloc[-1]
    best = scores.sort_values("score_pct", kind="stable").iloc[-1]
    facts.cite(BENCHMARKS, scores.loc[list({own.name, best.name})])
    at_release = scores[scores["valid_on"] <= own["valid_on"]]["score_pct"].max() <= own["score_pct"]
    claimed = facts.happened(developers)
    leads = bool(max([best["score_pct"], *(row["value"] for row in claimed)]) <= own["score_pct"])
    values = {"own": in_print(own["score_pct"], "pct"), "best": in_print(best["score_pct"], "pct")}
    reason = told_on_record(told, [*claimed, *facts.happened(beside, decides=False)], facts, values)
    details = (
        f"In the same runs {best['model']} has the best score, {values['best']} on {in_words(best['valid_on'])}; our record of "
        f"them ({protocol}) ends on {in_words(scores['valid_on'].iloc[-1])}."
    )
    if claimed:
        details += " The later scores are the developers' own runs, under another protocol."
    return Finding({"leads": leads}, reason, overtaken=bool(at_release and not leads), details=details)


@check("evidence")
def column_agrees(facts: Facts, figure: Quantity | None, *, table: str, column: str) -> Finding:
    """How many cells of a column of the article's tables agree with what others measured; only decided cells are cited."""
    rows = cells.ledger(facts, [(table, column)])
    decided = rows[rows["verdict"] != "uncheckable"]
    facts.used.extend(label for row in decided["used"] for label in row)
    if decided.empty:
        raise Unknown(f"{table}, {column}")
    agree = decided[decided["verdict"] == "holds"]
    wrong = decided[decided["verdict"] != "holds"]
    left = rows[rows["verdict"] == "uncheckable"]
    reason = f"Cells that agree with our sources: {len(agree)} of {len(decided)} that can be checked."
    if len(wrong):
        reason += f" The rest: {listed(wrong['row'])}."
    details = [f"{row['row']}: {row['short']}." for _, row in wrong.iterrows()]
    if len(left):
        details.append(f"Not decided: {listed(left['row'])}.")
    readings: dict[str, Interval | bool] = {
        str(row["row"]): row["verdict"] == "holds" for _, row in decided.iterrows()
    }
    stale = bool(len(wrong)) and bool(wrong["stale"].all())
    return Finding(readings, reason, overtaken=stale and agree.empty, details=" ".join(details) or None)


def _rivals(scores: pd.Series, open_models: Sequence[str]) -> list[str]:
    """The best of some models and the best open one; one name where they are the same."""
    among_open = scores[scores.index.isin(open_models)]
    return list(dict.fromkeys(str(rows.idxmax()) for rows in (scores, among_open)))


def _opening(readings: Mapping[str, Interval | bool], figure: Quantity | None) -> str:
    """The answer in a word, from which the reason goes on."""
    return {"holds": "Yes.", "partly": "Only partly."}.get(judge(Finding(readings, ""), figure), "No.")


def _standings(leads: Mapping[str, Interval]) -> str:
    return " and ".join(
        f"{abs(lead.value):.1f} points {'behind' if lead.value < 0 else 'ahead of'} {rival}"
        for rival, lead in leads.items()
    )


def _printed(facts: Facts, model: str, kind: str) -> float:
    return facts.cell("models", model, f"{kind}_{frontier.PRICE}").value


def _listed(facts: Facts, **where: str) -> pd.Series:
    return facts.last(PRICES, _column("input"), terms="list", **where)


def _sellers(facts: Facts, model: str) -> dict[str, pd.Series]:
    """Who decides the price of an open model: its developer, else the cheapest and the most expensive of its hosts."""
    prices = facts.look(PRICES, article_model=model, terms="list")
    developers = facts.find(BENCHMARKS, article_model=model)["developer"].unique()
    own = prices[prices["seller"].isin(developers)]
    last = (prices if own.empty else own).drop_duplicates("seller", keep="last")
    ends = last.sort_values(_column("input"), kind="stable").iloc[sorted({0, len(last) - 1})]
    facts.cite(PRICES, ends)
    return {str(row["seller"]): row for _, row in ends.iterrows()}


def _mentioned(facts: Facts, models: Sequence[str]) -> list[pd.Series]:
    """The last list price before publication day of each of some models that has one, mentioned."""
    last = [facts.find(PRICES, model=model, terms="list").tail(1) for model in models]
    for rows in last:
        facts.mention(PRICES, rows)
    return [row for rows in last for _, row in rows.iterrows()]


def _column(kind: str) -> str:
    return f"price_{kind}_usd_per_mtok"


def _price(row: pd.Series, kind: str) -> float:
    return float(row[_column(kind)])


def _blended(row: pd.Series, share: float) -> float:
    return float(frontier.blended_price(_price(row, "input"), _price(row, "output"), share))


def _times(multiples: Mapping[str, float], rival: str = "") -> str:
    """Multiples of a price as a sentence has them: 1.67× on input and 1.00× on output."""
    than = f" as much as {rival}" if rival else ""
    return " and ".join(
        f"{in_print(value, 'x', 1 if value >= 10 else 2)}{than if kind == KINDS[0] else ''} on {kind}"
        for kind, value in multiples.items()
    )


def _dollars(row: pd.Series) -> str:
    return " / ".join(f"${_price(row, kind):.2f}" for kind in KINDS)


def _signed(points: float) -> str:
    return f"{'−' if points < 0 else '+'}{abs(points):.1f}"
