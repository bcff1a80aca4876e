"""What do the models cost? Checks that compare claims on prices with the lists of those who sell.

Decisions
- Prices are list prices of the developer's own service, exact as listed; a price stands until the next one. A
  model that its developer does not sell is read at the cheapest and at the most expensive of its hosts.
- The article names no mix of input and output. Input alone and output alone are the extremes of a price for a
  token, and the usual mix lies between them: each is a reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from analysis.audit.facts import Facts, Interval, exact
from analysis.audit.verdicts import Finding, accepted, check, judge, meets_interval, unanimous
from analysis.labels import join_words
from analysis.models import frontier
from analysis.units import Quantity, format_date, format_figure

PRICES, BENCHMARKS = "api_prices", "model_benchmarks"
KINDS = ("input", "output")
MIX = "a usual mix of input and output"

MODELS = {
    "gpt-5.5-pro": "GPT-5.5 Pro",
    "deepseek-v4-flash": "DeepSeek V4-Flash",
    "deepseek/deepseek-v4-flash": "DeepSeek V4-Flash",
}
"""Names that people use for models whose rows in the price table give none, or that of one version of
several.
"""


def model_name(row: pd.Series) -> str:
    """The usual name of the model of a price: the article's, ours (`MODELS`), or its benchmark scores'."""
    names = (row["article_model"], MODELS.get(row["model"]), row["benchmark_model"], row["model"])
    return next(str(name) for name in names if name and pd.notna(name))


def describe_price(row: pd.Series) -> str:
    """A list price of a million tokens of input and of output: $2.50 / $10.00."""
    return " / ".join(f"${row[frontier.price_column(kind)]:.2f}" for kind in ("input", "output"))


@check("evidence")
def price_multiple(
    facts: Facts,
    figure: Quantity,
    *,
    reference: str,
    rival: str,
    successors: Sequence[str] = (),
) -> Finding:
    """A price multiple by the article and by the last list prices before it, for each of `_multiples`.

    `successors` names the two models that followed these; their multiple is mentioned and decides nothing.
    """
    row, rival_row = (_last_listed(facts, article_model=model) for model in (reference, rival))
    years = sorted({listed["valid_on"].year for listed in (row, rival_row)})
    dated = f"at the last list prices ({join_words(str(year) for year in years)})"
    multiples = {
        "at the prices in the article's own table": _multiples(
            facts, _printed_prices(facts, reference), _printed_prices(facts, rival)
        ),
        dated: _multiples(facts, _prices(row), _prices(rival_row)),
    }
    readings: dict[str, Interval | bool] = {
        f"{basis} on {mix}": exact(value)
        for basis, by_mix in multiples.items()
        for mix, value in by_mix.items()
    }
    details = (
        f"Last list prices before publication day, for a million tokens of input and of output: {reference}"
        f" {describe_price(row)} ({format_date(row['valid_on'])}), {rival} {describe_price(rival_row)}"
        f" ({format_date(rival_row['valid_on'])}).{_successors_multiple(facts, successors)}"
    )
    printed, last = multiples.values()
    every = [*printed.values(), *last.values()]
    computed = Interval(printed[MIX], min(every), max(every))
    reason = _multiple_reason(multiples, reference, rival, figure)
    return Finding(readings, reason, computed=computed, details=details)


def _successors_multiple(facts: Facts, models: Sequence[str]) -> str:
    """What the successors of two models cost, as a sentence to append; empty until both are listed."""
    rows = _last_prices_mentioned(facts, models)
    if not rows or len(rows) < len(models):
        return ""
    names = [model_name(row) for row in rows]
    multiple = _multiples(facts, *(_prices(row) for row in rows))
    return (
        f" Of their successors {names[0]} cost {describe_price(rows[0])} and"
        f" {names[1]} {describe_price(rows[1])}: {_on_each(multiple)}."
    )


def _multiple_reason(
    multiples: Mapping[str, Mapping[str, float]], reference: str, rival: str, figure: Quantity
) -> str:
    """By which prices a multiple is as stated, then what it is by the others."""
    met = {
        basis: {mix: value for mix, value in by_mix.items() if meets_interval(exact(value), accepted(figure))}
        for basis, by_mix in multiples.items()
    }
    right = [basis for basis, by_mix in met.items() if by_mix]
    fully_right = [basis for basis in right if len(met[basis]) == len(multiples[basis])]
    answer = "Yes" if len(fully_right) == len(multiples) else "No"
    if right and answer == "No":
        answer = "Only in part" if len(right) > 1 else f"Only {right[0]}"
    sentences = []
    for number, basis in enumerate(sorted(multiples, key=lambda basis: basis not in right)):
        partly = basis in right and basis not in fully_right
        by_mix = met[basis] if partly else multiples[basis]
        where = "" if answer.endswith(basis) else f"{basis} "
        mixes = f" for {join_words(by_mix)}" if partly else ""
        cost, compared = ("it cost", "") if number else (f"{reference} cost", f" as {rival}")
        sentence = f"{where}{cost} {_times(by_mix.values())} as much{compared}{mixes}."
        sentences.append(sentence[0].upper() + sentence[1:] if number else sentence)
    return f"{answer}: {' '.join(sentences)}"


@check("evidence")
def open_models_cheaper(
    facts: Facts, figure: Quantity, *, reference: str, open_models: Sequence[str]
) -> Finding:
    """The reference's price over that of each open model: as printed, and at the last list prices."""
    readings: dict[str, Interval | bool] = {}
    answers, multiples, details = {}, {}, []
    row = _last_listed(facts, article_model=reference)
    printed = _printed_prices(facts, reference)
    for model in open_models:
        sellers = _sellers(facts, model)
        by_basis = {"as printed": _multiples(facts, printed, _printed_prices(facts, model))}
        by_basis |= {
            f"from {seller}": _multiples(facts, _prices(row), _prices(listed))
            for seller, listed in sellers.items()
        }
        values = {
            f"{model} {basis} on {mix}": exact(value)
            for basis, by_mix in by_basis.items()
            for mix, value in by_mix.items()
        }
        readings |= values
        answers[model] = {"holds": "yes", "partly": "not always"}.get(
            judge(Finding(values, ""), figure), "no"
        )
        times = _times(value.value for value in values.values())
        multiples[model] = (
            f"{times} as much as {model}{', depending on the seller' if len(sellers) > 1 else ''}"
        )
        details.append(_last_prices_in_words(model, sellers))
    details.append(
        f"{reference} was last listed at {describe_price(row)} ({format_date(row['valid_on'])}), input and"
        f" output. We take more than {_fold(accepted(figure)[0])} times as dramatic."
    )
    return Finding(readings, _cheaper_reason(reference, answers, multiples), details=" ".join(details))


def _last_prices_in_words(model: str, sellers: Mapping[str, pd.Series]) -> str:
    """The last list price of a model by seller, as a sentence."""
    prices = " and ".join(
        f"{describe_price(row)} from {seller} ({format_date(row['valid_on'])})"
        for seller, row in sellers.items()
    )
    return f"{model} was last listed at {prices}."


def _cheaper_reason(reference: str, answers: Mapping[str, str], multiples: Mapping[str, str]) -> str:
    """Which open models are cheaper, by model the answer (yes, not always, no) and how many times."""
    order = sorted(answers, key=lambda model: answers[model] != "yes")
    alike = len(set(answers.values())) == 1
    answer = answers[order[0]] if alike else ", ".join(f"{model} {answers[model]}" for model in order)
    cost = " ".join(
        f"{'It' if number else reference} cost {multiples[model]}." for number, model in enumerate(order)
    )
    return f"{answer[0].upper()}{answer[1:]}: {cost}"


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
    share = facts.assumptions.input_token_share
    launch = facts.rows(PRICES, model=model, event="launch").iloc[0]
    then = facts.at(launch["valid_on"]).last(PRICES, frontier.price_column("input"), **reference)
    reference_price = frontier.blended_list_price(then, share)
    multiple = frontier.blended_list_price(launch, share) / reference_price
    reason = (
        f"{model_name(launch)} had come out on {format_date(launch['valid_on'])} at {_fold(multiple)} times"
        f" the price of {model_name(then)}."
    )
    if later := _last_prices_mentioned(facts, successors):
        times = {model_name(row): frontier.blended_list_price(row, share) / reference_price for row in later}
        more_expensive = unanimous(value > multiple for value in times.values())
        side = {True: " more", False: " less", None: ""}[more_expensive]
        compared = join_words(
            f"{_fold(value)} times{'' if number else f' as much as {model_name(then)}'} for {name}"
            for number, (name, value) in enumerate(times.items())
        )
        reason += f" Its successors cost{side}: {compared}."
    details = (
        f"{model_name(launch)} cost {describe_price(launch)} for a million tokens of input and of output,"
        f" {model_name(then)} then {describe_price(then)}. Prices are compared for {MIX}, {share:.0%} input."
    )
    return Finding({"at launch": exact(multiple)}, reason, overtaken=True, details=details)


def _printed_prices(facts: Facts, model: str) -> dict[str, float]:
    return {kind: facts.cell("models", model, f"{kind}_{frontier.PRICE}").value for kind in KINDS}


def _prices(row: pd.Series) -> dict[str, float]:
    return {kind: _price(row, kind) for kind in KINDS}


def _multiples(facts: Facts, price: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    """One price over another for input, output and the usual mix; all are decimals."""
    share = facts.assumptions.input_token_share
    both = [
        dict(each) | {MIX: frontier.blended_price(each["input"], each["output"], share)}
        for each in (price, other)
    ]
    return {mix: round(both[0][mix] / both[1][mix], 9) for mix in (*KINDS, MIX)}


def _last_listed(facts: Facts, **where: str) -> pd.Series:
    return facts.last(PRICES, frontier.price_column("input"), terms="list", **where)


def _sellers(facts: Facts, model: str) -> dict[str, pd.Series]:
    """Who sets the price of an open model: its developer, else its cheapest and its most expensive host."""
    prices = facts.require(PRICES, article_model=model, terms="list")
    developers = facts.find(BENCHMARKS, article_model=model)["developer"].unique()
    first_party = prices[prices["seller"].isin(developers)]
    last = (prices if first_party.empty else first_party).drop_duplicates("seller", keep="last")
    ends = last.sort_values(frontier.price_column("input"), kind="stable").iloc[sorted({0, len(last) - 1})]
    facts.cite(PRICES, ends)
    return {str(row["seller"]): row for _, row in ends.iterrows()}


def _last_prices_mentioned(facts: Facts, models: Sequence[str]) -> list[pd.Series]:
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
    """A multiple in a sentence, without its sign: 54, 15.4, 2.6, 0.8; no decimal from twenty up."""
    return format_figure(
        multiple, "count", 0 if multiple >= 20 else None if round(multiple, 1) == round(multiple) else 1
    )
