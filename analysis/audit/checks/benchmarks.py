"""What can the models do, and for how much? Checks that hold benchmarks and prices against what others
measured.

Decisions
- Protocols are never mixed: a lead is taken within one protocol, and each protocol is a reading of its own.
- A frontier is the running best score by release date. Whether the gap between two frontiers closes is
  decided by the test on their slopes alone (`models.parity`), never by its mean over some months: a single
  release moves that.
- A record speaks of publication day where its last release lies at most `facts.CURRENT_FOR` before it. Each
  such record is a reading if its test shows a change; where none does, nothing is decided. A published
  finding without a test is mentioned: the study of 17 benchmarks on LessWrong draws bootstrap bands around
  smoothed trends, and does not test their change.
- Prices are list prices of the developer's own service, exact as listed; a price stands until the next one. A
  model that its developer does not sell is read at the cheapest and at the most expensive of its hosts.
- The article names no mix of input and output. Input alone and output alone are the extremes of a price for a
  token, and the usual mix lies between them: each is a reading.
- A column of the article's tables is judged by its cells where at least half of those with a figure are
  decided; fewer say nothing of the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from analysis import labels
from analysis.audit import cells
from analysis.audit.checks.record import render_sentence
from analysis.audit.facts import (
    Facts,
    Interval,
    NothingKnown,
    describe_benchmark,
    describe_day,
    describe_price,
    describe_value,
    exact,
    interval_of,
    model_name,
    too_early_note,
)
from analysis.audit.verdicts import Finding, accepted, check, judge, meets_interval
from analysis.evidence import cell_rules
from analysis.evidence.sources import sidecar
from analysis.labels import join_words
from analysis.models import frontier, parity
from analysis.units import DAYS_PER_MONTH, Quantity, format_date, format_figure, parse_figure

BENCHMARKS, PRICES = "model_benchmarks", "api_prices"
KINDS = ("input", "output")
MIX = "a usual mix of input and output"
COLUMNS = {
    "parameters_bn": "count",
    "mmlu_pct": "score",
    "humaneval_pct": "score",
    "price_usd_per_mtok": "price",
    "training_cost_usd_mn": "cost",
    "primary_model": "model",
    "key_investor": "entry",
    "total_funding_usd_bn": "sum",
    "size_2024_usd_bn": "size",
    "size_2028_usd_bn": "size",
}
"""What a cell of a column is called in a sentence."""
WRONG = {"Wrong": "fails", "Partly right": "partly"}
NAMED = 2
"""How many wrong figures a sentence compares with ours; of more it gives the rows alone."""
YEAR = pd.Timedelta(days=365)


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
    """A model's lead over the best of the article's other models and over the best open one: as printed, and
    scored alike.

    Scored alike means within one of the `protocols`; each model counts with the best version that the article
    means.
    """
    table = facts.column("models", column).set_index("row")
    bounds = {name: Interval(*row) for name, row in zip(table.index, table.to_numpy(), strict=True)}
    printed = {
        rival: interval_of(lambda a, b: a - b, bounds[reference], bounds[rival])
        for rival in _rivals(table["value"].drop(reference), open_models)
    }
    alike: dict[str, dict[str, Interval]] = {}
    for protocol in protocols:
        scores = facts.require(BENCHMARKS, benchmark=benchmark, protocol=protocol, use="trend")
        scores = scores[scores["article_model"] != ""].sort_values("score_pct", kind="stable")
        best = scores.drop_duplicates("article_model", keep="last")
        of = best.set_index("article_model")["score_pct"]
        if reference not in of or not of.index.isin(open_models).any():
            raise NothingKnown(f"{reference} and an open model on {benchmark}, {protocol}")
        rivals = _rivals(of.drop(reference), open_models)
        facts.cite(BENCHMARKS, best[best["article_model"].isin([reference, *rivals])])
        alike[protocol] = {rival: exact(float(of[reference] - of[rival])) for rival in rivals}
    readings: dict[str, Interval | bool] = {
        f"as printed over {rival}": lead for rival, lead in printed.items()
    }
    readings |= {
        f"{protocol} over {rival}": lead for protocol, leads in alike.items() for rival, lead in leads.items()
    }
    worst = sorted(min(lead.value for lead in leads.values()) for leads in alike.values())
    passed = [rival for rival, lead in printed.items() if meets_interval(lead, accepted(figure))]
    answer = {"holds": "Yes", "fails": "No"}.get(
        judge(Finding(readings, ""), figure), "Only where models are scored alike"
    )
    if answer.startswith("Only") and passed:
        some = f"over {labels.number_word(len(passed))} rival{'s' if len(passed) > 1 else ''}"
        answer = f"Only {some if len(passed) < len(printed) else 'as the article prints it'}"
    leads = sorted(printed.items(), key=lambda item: -item[1].value)
    verbs = ["leads" if lead.value >= 0 else "trails" for _, lead in leads]
    said = join_words(
        (
            f"{verb} {rival} by {abs(lead.value):.1f} points"
            if verb != before
            else f"{rival} by {abs(lead.value):.1f}"
        )
        for verb, before, (rival, lead) in zip(verbs, ["", *verbs], leads, strict=False)
    )
    reason = (
        f"{answer}: in the article's table {reference} {said}. Where all are scored alike it is"
        f" {_ahead(worst[0])} to {_ahead(worst[-1])} the best rival."
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
    """A price multiple in the article's table and at the last list prices before publication, on each mix of
    `_mixes`.

    `successors` names the two models that followed these; their multiple is mentioned and decides nothing.
    """
    own, other = (_listed(facts, article_model=model) for model in (reference, rival))
    years = sorted({row["valid_on"].year for row in (own, other)})
    dated = f"at the last list prices ({join_words(str(year) for year in years)})"
    places = {
        "at the prices in the article's own table": _multiples(
            facts, _printed(facts, reference), _printed(facts, rival)
        ),
        dated: _multiples(facts, _prices(own), _prices(other)),
    }
    readings: dict[str, Interval | bool] = {
        f"{place} on {mix}": exact(value) for place, values in places.items() for mix, value in values.items()
    }
    details = (
        f"Last list prices before publication day, for a million tokens of input and of output: {reference}"
        f" {describe_price(own)} ({format_date(own['valid_on'])}), {rival} {describe_price(other)}"
        f" ({format_date(other['valid_on'])})."
    )
    newer = _mentioned(facts, successors)
    if newer and len(newer) == len(successors):
        names = [model_name(row) for row in newer]
        multiple = _multiples(facts, *(_prices(row) for row in newer))
        details += (
            f" Of their successors {names[0]} cost {describe_price(newer[0])} and"
            f" {names[1]} {describe_price(newer[1])}: {_on_each(multiple)}."
        )
    printed, last = places.values()
    every = [*printed.values(), *last.values()]
    shown = Interval(printed[MIX], min(every), max(every))
    return Finding(readings, _priced(places, reference, rival, figure), computed=shown, details=details)


def _priced(places: Mapping[str, Mapping[str, float]], reference: str, rival: str, figure: Quantity) -> str:
    """Where a price multiple is as stated, then what it is elsewhere."""
    met = {
        place: {mix: value for mix, value in values.items() if meets_interval(exact(value), accepted(figure))}
        for place, values in places.items()
    }
    right = [place for place, values in met.items() if values]
    whole = [place for place, values in met.items() if len(values) == len(places[place])]
    order = sorted(places, key=lambda place: place not in right)
    answer = "Yes" if len(whole) == len(places) else "No"
    if right and answer == "No":
        answer = "Only in part" if len(right) > 1 else f"Only {right[0]}"
    said = []
    for number, place in enumerate(order):
        partly = place in right and place not in whole
        values = met[place] if partly else places[place]
        where = "" if answer.endswith(place) else f"{place} "
        whom = (f"{reference} cost", f" as {rival}") if not number else ("it cost", "")
        mixes = f" for {join_words(values)}" if partly else ""
        sentence = f"{where}{whom[0]} {_times(values.values())} as much{whom[1]}{mixes}."
        said.append(sentence if not number else sentence[0].upper() + sentence[1:])
    return f"{answer}: {' '.join(said)}"


@check("evidence")
def open_models_cheaper(
    facts: Facts, figure: Quantity, *, reference: str, open_models: Sequence[str]
) -> Finding:
    """How many times the price of each open model the reference asks: as printed, and at the last list
    prices.
    """
    readings: dict[str, Interval | bool] = {}
    answers, spans, details = {}, [], []
    own = _listed(facts, article_model=reference)
    for model in open_models:
        sellers = _sellers(facts, model)
        places = {"as printed": _multiples(facts, _printed(facts, reference), _printed(facts, model))}
        places |= {
            f"from {name}": _multiples(facts, _prices(own), _prices(row)) for name, row in sellers.items()
        }
        values = {
            f"{model} {place} on {mix}": exact(value)
            for place, multiples in places.items()
            for mix, value in multiples.items()
        }
        readings |= values
        verdict = judge(Finding(values, ""), figure)
        answers[model] = {"holds": "yes", "partly": "not always"}.get(verdict, "no")
        times = _times(value.value for value in values.values())
        spans.append(f"{times} as much as {model}{', depending on the seller' if len(sellers) > 1 else ''}")
        prices = " and ".join(
            f"{describe_price(row)} from {name} ({format_date(row['valid_on'])})"
            for name, row in sellers.items()
        )
        details.append(f"{model} was last listed at {prices}.")
    order = sorted(open_models, key=lambda model: answers[model] != "yes")
    alike = len(set(answers.values())) == 1
    answer = answers[order[0]] if alike else ", ".join(f"{model} {answers[model]}" for model in order)
    cost = " ".join(
        f"{'It' if number else reference} cost {spans[list(open_models).index(model)]}."
        for number, model in enumerate(order)
    )
    reason = f"{answer[0].upper()}{answer[1:]}: {cost}"
    details.append(
        f"{reference} was last listed at {describe_price(own)} ({format_date(own['valid_on'])}), input and"
        " output."
    )
    details.append(f"We take more than {_fold(accepted(figure)[0])} times as dramatic.")
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
    share = float(facts.assumptions["input_token_share"])
    launch = facts.rows(PRICES, model=model, event="launch").iloc[0]
    then = facts.at(launch["valid_on"]).last(PRICES, frontier.price_column("input"), **reference)
    multiple = frontier.blended_list_price(launch, share) / frontier.blended_list_price(then, share)
    reason = (
        f"{model_name(launch)} had come out on {format_date(launch['valid_on'])} at {_fold(multiple)} times"
        f" the price of {model_name(then)}."
    )
    later = _mentioned(facts, successors)
    if later:
        times = {
            model_name(row): frontier.blended_list_price(row, share)
            / frontier.blended_list_price(then, share)
            for row in later
        }
        side = {True: " more", False: " less", None: ""}[_all(value > multiple for value in times.values())]
        told = join_words(
            f"{_fold(value)} times{'' if place else f' as much as {model_name(then)}'} for {name}"
            for place, (name, value) in enumerate(times.items())
        )
        reason += f" Its successors cost{side}: {told}."
    details = (
        f"{model_name(launch)} cost {describe_price(launch)} for a million tokens of input and of output,"
        f" {model_name(then)} then {describe_price(then)}. Prices are compared for {MIX}, {share:.0%} input."
    )
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
        A `figure` asks for a speed besides: the mean gap of the last year over that of the year before has to
        meet it.
    series
        Each benchmark and protocol with its floor of guessing (a share). A series is a reading where the 90%
        interval of the difference of its frontiers' slopes lies on one side of zero.
    beside, told
        Published findings on the gap, and a sentence on them. They publish bands but no test of the change,
        so that they are mentioned only.
    """
    readings: dict[str, Interval | bool] = {}
    sentences, details, later = [], [], []
    for name, where in series.items():
        wanted = {key: value for key, value in where.items() if key != "floor"}
        scores = facts.require(BENCHMARKS, **wanted, use="trend")
        last = pd.Timestamp(scores["valid_on"].max())
        if not facts.is_current(scores):
            details.append(too_early_note(name, scores))
            continue
        result = _tested(facts, scores, name, where)
        sentences.append(_gap_in_words(name, result))
        details.append(_test_in_words(name, result))
        if result.change == parity.NOT_SHOWN:
            facts.mention(BENCHMARKS, _steps(scores))
        else:
            facts.cite(BENCHMARKS, _steps(scores))
            readings[f"on {name}"] = result.change == parity.CLOSING and _fast_enough(result, figure)
        whole = facts.at(facts.as_of).require(BENCHMARKS, **wanted, use="trend")
        if whole["valid_on"].max() > last:
            later.append(_gap_in_words(name, _tested(facts, whole, name, where)))
    if published := facts.facts_by_day(beside, decides=False):
        sentences.append(render_sentence(told, published, facts))
    since = " ".join(later) or None
    if readings:
        answer = {"holds": "Yes", "fails": "No"}.get(judge(Finding(readings, ""), None), "Only in part")
        reason = _answered(answer, sentences)
        return Finding(readings, reason, details=" ".join(details), since=since)
    opening = "Too close to call" if details and sentences else "Our records end too early to tell"
    reason = (
        f"{_answered(opening, sentences)} Scores of open and closed models over a longer time would"
        " settle it."
    )
    return Finding({}, reason, verdict="uncheckable", details=" ".join(details), since=since)


def _answered(answer: str, sentences: Sequence[str]) -> str:
    """An answer and the sentences that follow it."""
    first, *rest = sentences or [""]
    lead = f"{answer}: {first[0].lower()}{first[1:]}" if first else f"{answer}."
    return " ".join([lead, *rest])


def _tested(facts: Facts, scores: pd.DataFrame, name: str, where: Mapping[str, str | float]) -> parity.Gap:
    rng = np.random.default_rng(int(facts.assumptions["seed"]))
    try:
        return parity.gap(scores, rng, floor=float(where["floor"]))
    except ValueError:
        raise NothingKnown(f"{name}: enough models of both kinds for a test") from None


def _fast_enough(result: parity.Gap, figure: Quantity | None) -> bool:
    """Whether the mean gap of the last year is at most so many times that of the year before; a lead of open
    models is none.
    """
    if figure is None:
        return True
    if result.means is None:
        raise NothingKnown("two years of both kinds")
    return result.means.last <= accepted(figure)[1] * max(result.means.before, 0.0)


def _steps(scores: pd.DataFrame) -> pd.DataFrame:
    """The releases that raised the best score of their kind: they make the two frontiers."""
    rows = scores.sort_values(["valid_on", "score_pct"])
    best = rows.groupby("weights")["score_pct"].cummax()
    return rows[rows["score_pct"] > best.groupby(rows["weights"]).shift(fill_value=-np.inf)]


def _gap_in_words(name: str, result: parity.Gap) -> str:
    """The gap at the end of the record and a year before, and what the test makes of it."""
    change = {
        parity.NOT_SHOWN: "which may be chance",
        parity.CLOSING: "and our test finds that the gap closes",
        parity.OPENING: "and our test finds that the gap widens",
    }
    earlier = result.daily[: result.record_end - YEAR].tail(1)
    after = "".join(f" after {points:.1f} a year earlier" for points in earlier)
    month = f"{result.record_end:%B} {result.record_end.year}"
    return (
        f"On {describe_benchmark(name)} closed models led by {result.points:.1f} points in {month}{after},"
        f" {change[result.change]}."
    )


def _test_in_words(name: str, result: parity.Gap) -> str:
    means = result.means
    spans = (
        f" The gap averaged {means.last:.1f} points in the last {round(means.days / DAYS_PER_MONTH)} months"
        f" and {means.before:.1f} in as many before."
        if means
        else ""
    )
    return (
        f"On {name} the open frontier gains {_signed(result.slope_difference)} logits a year on the closed"
        f" one, with a {result.level:.0%} interval of {_signed(result.low)} to {_signed(result.high)}.{spans}"
    )


@check("evidence")
def rise_of_the_best(
    facts: Facts, figure: Quantity | None, *, benchmark: str, beside: Sequence[str], told: str
) -> Finding:
    """The best published score a year before publication day and on it: what it does not decide is told with
    it.

    The sentence may name ``{before}``, ``{now}`` and days and figures of the facts `beside`.
    """
    scores = facts.require(BENCHMARKS, benchmark=benchmark).sort_values(["valid_on", "score_pct"])
    early = scores[scores["valid_on"] <= facts.day - YEAR]
    if early.empty:
        raise NothingKnown(f"{benchmark} over twelve months")
    before, now = (rows.loc[[rows["score_pct"].idxmax()]] for rows in (early, scores))
    facts.mention(BENCHMARKS, pd.concat([before, now]))
    rise = {name: f"{rows['score_pct'].iloc[0]:.1f}%" for name, rows in (("before", before), ("now", now))}
    reason = render_sentence(told, facts.facts_by_day(beside, decides=False), facts, rise)
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
    later_protocol: str | None = None,
    developers: Sequence[str] = (),
    beside: Sequence[str] = (),
) -> Finding:
    """Whether a model leads a benchmark on the article's day; it is out of date where it led before.

    Parameters
    ----------
    facts, figure
        No figure is asked for.
    model, benchmark, protocol
        The runs that hold the model and its rivals.
    told
        The sentence may name the ``{answer}`` (Yes, No longer or No), ``{own}`` and ``{best}``, the scores,
        and ``{later_best}`` with ``{later_model}``, besides days and figures of dated facts.
    later_protocol
        Runs by the same third party with another harness: its scores compare with each other alone and are
        mentioned.
    developers
        Scores that makers of other models report of their own runs (dated facts). They decide only where a
        model leads the runs above: whoever runs the test, a model that others have passed leads no longer.
    beside
        Dated facts that decide nothing.
    """
    scores = facts.require(BENCHMARKS, benchmark=benchmark, protocol=protocol, use="trend").sort_values(
        "valid_on"
    )
    own = scores[scores["model"] == model].iloc[-1]
    best = scores.sort_values("score_pct", kind="stable").iloc[-1]
    facts.cite(BENCHMARKS, scores.loc[list({own.name, best.name})])
    at_release = scores[scores["valid_on"] <= own["valid_on"]]["score_pct"].max() <= own["score_pct"]
    leads = bool(best["score_pct"] <= own["score_pct"])
    claimed = facts.facts_by_day(developers, decides=leads)
    leads = leads and all(row["value"] <= own["score_pct"] for row in claimed)
    overtaken = bool(at_release and not leads)
    values = {"answer": "No longer" if overtaken else "Yes" if leads else "No"}
    values |= {"own": format_figure(own["score_pct"], "pct"), "best": format_figure(best["score_pct"], "pct")}
    details = [
        f"In the same runs {best['model']} has the best score, {values['best']} on"
        f" {format_date(best['valid_on'])}. Our record of these runs ({protocol}) ends on"
        f" {format_date(scores['valid_on'].iloc[-1])}."
    ]
    if later_protocol:
        later = facts.find(BENCHMARKS, benchmark=benchmark, protocol=later_protocol, use="trend")
        if len(later):
            ends = later.sort_values("score_pct", kind="stable").iloc[[0, -1]]
            facts.mention(BENCHMARKS, ends)
            low, top = (
                f"{row['model']} {format_figure(row['score_pct'], 'pct')}" for _, row in ends.iterrows()
            )
            values |= {"later_best": top.rpartition(" ")[2], "later_model": str(ends["model"].iloc[-1])}
            held = "holds" if model in set(later["model"]) else "leaves out"
            details.append(
                f"A newer record ({later_protocol}) {held} {model} and has {labels.number_word(len(later))}"
                f" models up to {format_date(later['valid_on'].max())}, from {low} to {top}."
            )
    if claimed:
        scored = join_words(
            f"{row['subject']} {describe_value(row)} ({describe_day(row)})" for row in claimed
        )
        details.append(f"Developers report of their own runs, under other protocols: {scored}.")
    unknown = ("later_best", "later_model") if later_protocol else ()  # on a day before the newer runs
    reason = render_sentence(
        told, [*claimed, *facts.facts_by_day(beside, decides=False)], facts, values, unknown
    )
    return Finding({"leads": leads}, reason, overtaken=overtaken, details=" ".join(details))


@check("evidence")
def column_agrees(facts: Facts, figure: Quantity | None, *, table: str, column: str) -> Finding:
    """Whether the cells of a column of the article's tables agree with what others measured; only decided
    cells are cited.

    A cell without a figure in a column of figures ("N/A", "Unknown") is neither right nor wrong: the details
    name it. Where fewer than half of the others are decided, the column is `uncheckable`, and the cells that
    are decided are mentioned.
    """
    rows = cells.judge_cells(facts, [(table, column)])
    rows = rows.assign(blank=rows["row"].isin(_blank(facts, table, column)))
    decided = rows[(rows["verdict"] != "uncheckable") & ~rows["blank"]]
    left = rows[(rows["verdict"] == "uncheckable") & ~rows["blank"]]
    few = len(decided) < len(left)
    (facts.mentioned if few else facts.used).extend(label for row in decided["used"] for label in row)
    agree, wrong = decided[decided["verdict"] == "holds"], decided[decided["verdict"] != "holds"]
    groups = {"Out of date": wrong["stale"].astype(bool)}
    groups |= {
        word: (wrong["verdict"] == verdict) & ~groups["Out of date"] for word, verdict in WRONG.items()
    }
    rest = " ".join(
        f"{word}: {join_words(wrong.loc[which, 'row'])}." for word, which in groups.items() if which.any()
    )
    unit = sidecar(table).columns[column].unit
    off = _off(wrong, unit) if agree.empty and 0 < len(wrong) <= NAMED else None
    blanks = f"Without a figure: {join_words(rows.loc[rows['blank'], 'row'])}." if rows["blank"].any() else ""
    if few:
        facts.mentioned.extend(label for row in left["used"] for label in row)
        finding = off or (rest if len(wrong) else "right.")
        it = (
            ""
            if decided.empty
            else rest
            if finding == rest
            else f"{'It is' if len(decided) == 1 else 'They are'} {finding}"
        )
        number = labels.number_word(len(decided)) if len(decided) else "none"
        opening = (
            f"Too few to judge: {number} of the {labels.number_word(len(decided) + len(left))}"
            f" {_plural(COLUMNS[column])} can be checked."
        )
        reason = " ".join(
            text for text in (opening, it, cell_rules.load()[table, column].would_decide) if text
        )
        shorts = [f"{row['row']}: {row['short']}." for _, row in pd.concat([wrong, left]).iterrows()]
        return Finding({}, reason, verdict="uncheckable", details=" ".join(filter(None, [*shorts, blanks])))
    every, among = _checked(len(decided), COLUMNS[column], whole=left.empty)
    verb = "is" if len(decided) == 1 else "are"
    if off is not None:
        reason = f"{every} {verb} {off}"
    elif wrong.empty:
        reason = f"{every} {verb} right."
    else:
        number, verb = labels.number_word(len(agree)), "is" if len(agree) <= 1 else "are"
        some = f"{number[0].upper()}{number[1:]} of {'the ' if agree.empty or len(left) else ''}{among}"
        reason = f"{some} {verb} right{_by_bound(agree)}. {rest}"
    details = [f"{row['row']}: {row['short']}." for _, row in wrong.iterrows()]
    if len(left):
        details.append(f"Not decided: {join_words(left['row'])}.")
    if blanks:
        details.append(blanks)
    readings: dict[str, Interval | bool] = {
        str(row["row"]): row["verdict"] == "holds" for _, row in decided.iterrows()
    }
    readings |= {f"{row}, in part": True for row in decided.loc[decided["verdict"] == "partly", "row"]}
    stale = bool(len(wrong)) and bool(wrong["stale"].all())
    return Finding(readings, reason, overtaken=stale and agree.empty, details=" ".join(details) or None)


def _blank(facts: Facts, table: str, column: str) -> set[str]:
    """The rows of a column of figures whose cell has none."""
    figures = facts.cells[table]
    own = figures[figures["column"] == column]
    return set(own.loc[own["missing"].map(lambda why: isinstance(why, str)), "row"])


def _checked(number: int, noun: str, *, whole: bool) -> tuple[str, str]:
    """The cells that were checked, as the subject of a sentence and by their number; `whole` where there are
    no others.
    """
    plural = _plural(noun)
    count, which = labels.number_word(number), "" if whole else " that we can check"
    every = {1: f"The one {noun}", 2: f"Both {plural}"}.get(number, f"All {count} {plural}")
    return f"{every}{which}", f"{count} {plural}{which}"


def _plural(noun: str) -> str:
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"


def _by_bound(agree: pd.DataFrame) -> str:
    """Whose lower bound is right although the figure has come far beyond it, where no other cell is right."""
    if len(agree) != 1 or not bool(agree["stale"].iloc[0]):
        return ""
    return f", {agree['row'].iloc[0]}'s, and only because the article says 'over'"


def _off(wrong: pd.DataFrame, unit: str | None) -> str | None:
    """On which side the article's figures lie of ours, with both; None where they are no figures or lie on
    both sides.
    """
    if unit not in ("usd_mn", "usd_bn"):
        return None
    printed = {row["row"]: parse_figure(row["printed"], unit) for _, row in wrong.iterrows()}
    ours = {
        row["row"]: [float(end.replace(",", "")) for end in row["sourced"].split(" to ")]
        for _, row in wrong.iterrows()
    }
    above = _all(float(printed[row].low or 0) > ends[-1] for row, ends in ours.items())
    if above is None or wrong["stale"].any() or (wrong["verdict"] != "fails").any():
        return None
    article = join_words(f"{_about(figure)} for {row}" for row, figure in printed.items())
    if len(ours) == 1:
        found = " to ".join(format_figure(end, unit) for end in next(iter(ours.values())))
    else:
        bound = "at most" if above else "at least"
        found = (
            f"{bound}"
            f" {join_words(format_figure(ends[-1] if above else ends[0], unit) for ends in ours.values())}"
        )
    return f"too {'high' if above else 'low'}: the article has {article}. We find {found}."


def _about(figure: Quantity) -> str:
    about = "about " if figure.qualifier.startswith("~") else ""
    return f"{about}{format_figure(float(figure.value or 0), figure.unit)}"


def _all(answers: Iterable[bool]) -> bool | None:
    """The answer that all give; None where they differ."""
    distinct = set(answers)
    return distinct.pop() if len(distinct) == 1 else None


def _rivals(scores: pd.Series, open_models: Sequence[str]) -> list[str]:
    """The best of some models and the best open one; one name where they are the same."""
    among_open = scores[scores.index.isin(open_models)]
    return list(dict.fromkeys(str(rows.idxmax()) for rows in (scores, among_open)))


def _standings(leads: Mapping[str, Interval]) -> str:
    return " and ".join(
        f"{abs(lead.value):.1f} points {'behind' if lead.value < 0 else 'ahead of'} {rival}"
        for rival, lead in leads.items()
    )


def _printed(facts: Facts, model: str) -> dict[str, float]:
    return {kind: facts.cell("models", model, f"{kind}_{frontier.PRICE}").value for kind in KINDS}


def _prices(row: pd.Series) -> dict[str, float]:
    return {kind: _price(row, kind) for kind in KINDS}


def _multiples(facts: Facts, own: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    """One price over another on input, on output and for the usual mix; prices are decimals, and so are their
    quotients.
    """
    share = float(facts.assumptions["input_token_share"])
    both = [
        dict(each) | {MIX: frontier.blended_price(each["input"], each["output"], share)}
        for each in (own, other)
    ]
    return {mix: round(both[0][mix] / both[1][mix], 9) for mix in (*KINDS, MIX)}


def _listed(facts: Facts, **where: str) -> pd.Series:
    return facts.last(PRICES, frontier.price_column("input"), terms="list", **where)


def _sellers(facts: Facts, model: str) -> dict[str, pd.Series]:
    """Who decides the price of an open model: its developer, else the cheapest and the most expensive of its
    hosts.
    """
    prices = facts.require(PRICES, article_model=model, terms="list")
    developers = facts.find(BENCHMARKS, article_model=model)["developer"].unique()
    own = prices[prices["seller"].isin(developers)]
    last = (prices if own.empty else own).drop_duplicates("seller", keep="last")
    ends = last.sort_values(frontier.price_column("input"), kind="stable").iloc[sorted({0, len(last) - 1})]
    facts.cite(PRICES, ends)
    return {str(row["seller"]): row for _, row in ends.iterrows()}


def _mentioned(facts: Facts, models: Sequence[str]) -> list[pd.Series]:
    """The last list price before publication day of each of some models that has one, mentioned."""
    last = [facts.find(PRICES, model=model, terms="list").tail(1) for model in models]
    for rows in last:
        facts.mention(PRICES, rows)
    return [row for rows in last for _, row in rows.iterrows()]


def _price(row: pd.Series, kind: str) -> float:
    return float(row[frontier.price_column(kind)])


def _on_each(multiples: Mapping[str, float]) -> str:
    """Multiples of a price as a sentence has them: 1.67× on input and 1.00× on output."""
    return " and ".join(
        f"{format_figure(multiples[kind], 'x', 1 if multiples[kind] >= 10 else 2)} on {kind}"
        for kind in KINDS
    )


def _times(multiples: Iterable[float]) -> str:
    """The least and the greatest of some multiples: 36 to 54 times."""
    values = sorted(multiples)
    return f"{' to '.join(dict.fromkeys(_fold(value) for value in (values[0], values[-1])))} times"


def _fold(multiple: float) -> str:
    """A multiple in a sentence, without its sign: 54, 15.4, 2.6, 0.8; from twenty up a decimal says
    nothing.
    """
    return format_figure(
        multiple, "count", 0 if multiple >= 20 else None if round(multiple, 1) == round(multiple) else 1
    )


def _signed(points: float) -> str:
    return f"{'−' if points < 0 else '+'}{abs(points):.1f}"


def _ahead(points: float) -> str:
    return f"{abs(points):.1f} {'points behind' if points < 0 else 'ahead of'}"
