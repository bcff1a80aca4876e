"""Who paid what, and when? Checks on SoftBank's investment, on funding, revenue and costs.

Decisions
- Paid, promised and conditional money are kept apart: invested on a day is the last stated cost plus the
  instalments paid after it; promised money is never called invested.
- Tranches and rounds are added only where the table says that they may be (`in_total`). Money on conditions
  has rows of its own and is left out for every company alike; what it would change is a detail.
- Both readings of SoftBank's deal that its size allows, the holding built since 2024 and the commitment of
  2026, are readings of every other statement on the deal.
- Growth of costs against revenue is decided by accounts of two whole years, in ratio and in dollars.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from analysis import labels
from analysis.audit.checks.record import render_sentence
from analysis.audit.facts import Facts, Interval, NothingKnown, Pick, describe_day, exact, ratio, total
from analysis.audit.verdicts import Finding, accepted, answer, check, meets_interval
from analysis.labels import join_words
from analysis.models import funding
from analysis.units import Quantity, format_date, format_figure

STAKE, ROUNDS, FINANCE, CHIPS, CAPEX, NAV = (
    "softbank_openai",
    "funding_rounds",
    "openai_finance",
    "nvidia_revenue",
    "hyperscaler_capex",
    "softbank_nav",
)


def invested_usd_bn(facts: Facts, *, later: bool = False) -> float:
    """SoftBank's money in OpenAI by publication day, or by `as_of`: stated cost plus later instalments."""
    position = facts.last(STAKE, "cumulative_cost_usd_bn", event="position")
    paid = facts.find(STAKE, event="paid")
    paid = paid[paid["valid_on"] > position["valid_on"]]
    facts.used.extend((STAKE, int(label)) for label in paid.index)
    after = facts.find(STAKE, later=True, event="paid")["amount_usd_bn"].sum() if later else 0.0
    return float(position["cumulative_cost_usd_bn"] + paid["amount_usd_bn"].sum() + after)


@check("evidence")
def still_to_pay(facts: Facts, figure: Quantity) -> Finding:
    """What of SoftBank's investment was still to come on publication day."""
    holding = float(_commitment(facts)["cost_on_completion_usd_bn"])
    paid = invested_usd_bn(facts)
    reason = (
        f"{'Most' if paid > holding / 2 else 'Less than half'} of it had been invested: on publication day"
        f" {_usd(paid)} of {_usd(holding)} had been paid. The other {_usd(holding - paid)} was to come."
    )
    now, day = invested_usd_bn(facts, later=True), format_date(facts.as_of)
    part = "all" if now >= holding else _usd(now)
    since = f"SoftBank had paid {part} of the {_usd(holding)} by {day}." if now > paid else None
    return Finding({"still to come": exact(holding - paid)}, reason, since=since)


@check("evidence")
def deal_size(facts: Facts, figure: Quantity) -> Finding:
    """The size of the deal: the whole holding on completion, or the commitment of 2026 alone."""
    row = _commitment(facts)
    holding, deal = row["cost_on_completion_usd_bn"], row["amount_usd_bn"]
    day = format_date(row["valid_on"])
    readings = {"in total": exact(float(holding)), f"as the deal of {day}": exact(float(deal))}
    reason = (
        f"{_partial_answer(readings, accepted(figure))}SoftBank's whole holding in OpenAI, built since 2024,"
        f" costs {_usd(holding)}. The deal of {day} is {_usd(deal)} of it."
    )
    return Finding(readings, reason)


def _conditional(facts: Facts, amounts: Mapping[str, Pick]) -> float:
    """What of an investment depends on conditions, billion dollars."""
    return _uncited_figure(facts, amounts["conditional"]) if "conditional" in amounts else 0.0


@check("evidence")
def largest_commitment(
    facts: Facts,
    figure: Quantity,
    *,
    others: Mapping[str, Mapping[str, Pick]],
    told: str,
    beside: Sequence[str] = (),
) -> Finding:
    """SoftBank's money against the largest other investment in AI in our data: as holding and commitment.

    `others` names each rival investment with its amount (`all`) and what of it is on conditions
    (`conditional`), so that conditional money counts on neither side or on both; SoftBank's has no
    conditions. What was announced and is no commitment (`beside`) is left out; a sentence on it (`told`) goes
    into the details.
    """
    row = _commitment(facts)
    holding, commitment = float(row["cost_on_completion_usd_bn"]), float(row["amount_usd_bn"])
    promised = {name: _uncited_figure(facts, amounts["all"]) for name, amounts in others.items()}
    firm = {name: promised[name] - _conditional(facts, amounts) for name, amounts in others.items()}
    largest, largest_firm = (max(sums, key=lambda name: sums[name]) for sums in (promised, firm))
    for name in {largest, largest_firm}:
        for pick in others[name].values():
            facts.figure(pick)  # what decides is cited
    readings = {
        "as a holding built since 2024": exact(holding / promised[largest]),
        "as one commitment": exact(commitment / promised[largest]),
        "as one commitment, conditional money left out": exact(commitment / firm[largest_firm]),
    }
    is_largest = holding > max(promised.values())
    rank = (
        "is the largest"
        if is_largest
        else f"is not the largest: {largest} promised {_usd(promised[largest])}"
    )
    reason = (
        f"As a holding built since 2024, SoftBank's {_usd(holding)} {rank}. As a single commitment its"
        f" {_usd(commitment)} {_against_the_largest(commitment, promised, firm)}."
    )
    announced = facts.facts_by_day(beside, decides=False)
    details = render_sentence(told, announced, facts) if announced else None
    return Finding(readings, reason, details=details)


def _against_the_largest(commitment: float, promised: Mapping[str, float], firm: Mapping[str, float]) -> str:
    """A commitment against the largest other one, $bn, without conditional money and with it."""
    largest, largest_firm = (max(sums, key=lambda name: sums[name]) for sums in (promised, firm))
    comparisons = [f"{_comparison_verb(commitment, promised[largest])} {largest}'s {_usd(promised[largest])}"]
    conditional = promised[largest] - firm[largest]
    if largest_firm != largest:
        size = "" if commitment == firm[largest_firm] else f" {_usd(firm[largest_firm])}"
        comparisons.insert(0, f"{_comparison_verb(commitment, firm[largest_firm])} {largest_firm}'s{size}")
    conditions = f". Of {largest}'s money {_usd(conditional)} depends on conditions" if conditional else ""
    return f"{' and '.join(comparisons)}{conditions}"


@check("evidence")
def both_kinds(facts: Facts, figure: Quantity | None) -> Finding:
    """Whether SoftBank bought new shares of OpenAI (primary) and shares of holders (secondary): for its
    holding, and in 2026.
    """
    row = _commitment(facts)
    rounds = facts.require(ROUNDS, company="OpenAI")
    rounds = rounds[rounds["lead_investors"].fillna("").str.contains("SoftBank")]
    facts.cite(ROUNDS, rounds)
    day = format_date(row["valid_on"])
    parts = {"in total": rounds, f"in the deal of {day}": rounds[rounds["valid_on"] >= row["valid_on"]]}
    readings: dict[str, Interval | bool] = {
        name: set(part["event"] == "secondary") == {True, False} for name, part in parts.items()
    }
    sales = rounds[rounds["event"] == "secondary"]
    sold = "".join(
        f" and part of the {_usd(sale['amount_usd_bn'])} that employees sold by"
        f" {format_date(sale['valid_on'])}"
        for _, sale in sales.tail(1).iterrows()
    )
    both, both_in_deal = readings.values()
    opening = "Only in total: since" if both and not both_in_deal else "Yes: since" if both else "No: since"
    reason = (
        f"{opening} 2024 SoftBank has bought new"
        f" shares{sold or ', and no sale of holders to it is in our data'}. The deal of {day},"
        f" {_usd(row['amount_usd_bn'])}, is for {'both' if both_in_deal else 'new shares only'}."
    )
    return Finding(readings, reason)


@check("evidence")
def share_of_raised(facts: Facts, figure: Quantity | None) -> Finding:
    """SoftBank's part of all that OpenAI got for new shares: it shows dependence and decides nothing."""
    row = _commitment(facts)
    paid = facts.rows(STAKE, event="paid")["amount_usd_bn"].sum()
    new_money = paid + float(row["cost_on_completion_usd_bn"]) - invested_usd_bn(facts)
    raised = Raised.of(facts, "OpenAI")
    reason = (
        "No figure tells a lifeline from an investment. SoftBank's new money is"
        f" {new_money / raised.firm:.0%} of what was paid or firmly promised to OpenAI. How"
        " long OpenAI could pay its bills without it would settle it."
    )
    details = (
        f"SoftBank's new money is {_usd(new_money)} of {_usd(raised.firm)}. Counting the"
        f" {_usd(raised.conditional)} that others promised on conditions, the share is"
        f" {new_money / raised.total:.0%}. Shares that SoftBank bought from holders are left out: that money"
        " did not reach OpenAI."
    )
    return Finding({}, reason, verdict="uncheckable", details=details)


@check("evidence")
def raised_share(
    facts: Facts, figure: Quantity | None, *, companies: Sequence[str], market: str, quarter: str
) -> Finding:
    """Share of some companies in outside capital, against what counts as a vast majority of it.

    Readings are the article's own table, and all venture money for AI (`market`, a dated fact) in the quarter
    that ends with it (`quarter`, in words), conditional money left out of both sides.
    """
    threshold = facts.assumptions.vast_majority_share
    article_funding = facts.column("players", "total_funding_usd_bn").rename(columns={"row": "company"})
    printed = Interval(
        *funding.joint_share(article_funding, list(companies)),
        open=bool((article_funding["high"] == float("inf")).any()),
    )
    market_row = facts.fact(market)
    raised = _raised_in_quarter(facts, companies, market_row["valid_on"], quarter)
    venture = float(market_row["value"])
    readings = {
        "in the article's own table": printed,
        "of all venture money for AI": exact(raised.firm / (venture - raised.conditional)),
    }
    reason = (
        f"{_answer_by_reading(readings, (threshold, 1.0))}: {' and '.join(companies)} hold"
        f" {printed.value:.0%} of the one and took {readings['of all venture money for AI'].value:.0%} of the"
        f" other {quarter}. We take {threshold:.0%} as a vast majority."
    )
    details = f"With money on conditions they took {(raised.firm + raised.conditional) / venture:.0%}."
    details += f" {_share_since_founding(facts, companies)}"
    return Finding(readings, reason, accepts=(threshold, 1.0), details=details)


def _raised_in_quarter(facts: Facts, companies: Sequence[str], end: pd.Timestamp, quarter: str) -> Raised:
    """What some companies raised together in the quarter that ends on a day; each must have a round in it."""
    rows = facts.require(ROUNDS, company=list(companies))
    rows = rows[(rows["valid_on"] > end - pd.offsets.QuarterEnd()) & (rows["valid_on"] <= end)]
    rounds, conditional = rows[rows["in_total"] == "yes"], rows[rows["event"] == "conditional"]
    if missing := [name for name in companies if name not in set(rounds["company"])]:
        raise NothingKnown(f"what {' and '.join(missing)} raised {quarter}")
    facts.cite(ROUNDS, rows.loc[[*rounds.index, *conditional.index]])
    return Raised(float(rounds["amount_usd_bn"].sum()), float(conditional["amount_usd_bn"].sum()))


def _share_since_founding(facts: Facts, companies: Sequence[str]) -> str:
    """The share of some companies in all that the developers of our list raised since founding, in words."""
    rounds = facts.find(ROUNDS, in_total="yes")
    sums = {name: Raised.of(facts, name, decides=False).firm for name in rounds["company"].unique()}
    ranked = sorted(sums.items(), key=lambda item: -item[1])
    return (
        f"Among the {labels.number_word(len(sums))} developers whose rounds we list, not a whole market, the"
        " share since their founding is"
        f" {sum(sums[name] for name in companies) / sum(sums.values()):.0%}: "
        + ", ".join(f"{name} {_usd(value)}" for name, value in ranked)
        + "."
    )


@check("evidence")
def capital_efficiency(
    facts: Facts,
    figure: Quantity,
    *,
    leaner: str,
    richer: str,
    models: Mapping[str, str],
    revenue: Pick,
    disputed: str,
) -> Finding:
    """What a company makes of its capital against another: by the article, and by revenue per dollar raised.

    `models` are the companies' models in the article's table; `revenue` is the leaner one's annualised
    revenue, `disputed` a lower figure for it that decides nothing.
    """
    printed = ratio(*(facts.cell("players", name, "total_funding_usd_bn") for name in (richer, leaner)))
    earned = [
        facts.figure(revenue),
        float(facts.last(FINANCE, "value", measure="annualised_revenue", counts="yes")["value"]),
    ]
    raised = [Raised.of(facts, name) for name in (leaner, richer)]
    firm, with_conditions = (_per_dollar(earned, raised, kind) for kind in ("firm", "total"))
    readings = {"in the article's own tables": printed, "by revenue per dollar raised": exact(firm)}
    sums = ", and ".join(
        f"{_usd(yearly)} a year on {_usd(money.firm)} ({name})"
        for name, yearly, money in zip((leaner, richer), earned, raised, strict=True)
    )
    reason = (
        f"{leaner} earns {_times(firm)} as much as {richer} per dollar raised. In the article's own tables"
        f" {richer} raised at least {_times(printed.value)} as much, for similar scores."
    )
    conditions = " and ".join(_usd(money.conditional) for money in reversed(raised))
    details = [
        f"They earn {sums}.",
        (
            f"Money on conditions is left out for both. Counted for both ({conditions}), {leaner} earns"
            f" {_times(with_conditions)} as much per dollar."
        ),
        _score_difference(facts, models[leaner], models[richer]),
    ]
    for row in facts.facts_by_day([disputed], decides=False):
        lower = [float(row["value"]), earned[1]]
        multiples = [_times(_per_dollar(lower, raised, kind)) for kind in ("firm", "total")]
        details.append(
            f"{richer} puts {leaner}'s revenue at {_usd(row['value'])}: then it earns {multiples[0]} as much,"
            f" or {multiples[1]} with money on conditions."
        )
    return Finding(readings, reason, details=" ".join(details), since=_raised_since(facts, leaner))


def _per_dollar(revenue: Sequence[float], raised: Sequence[Raised], kind: str) -> float:
    """The revenue of a company per dollar raised, of a kind of money, over that of another."""
    first, second = (value / getattr(money, kind) for value, money in zip(revenue, raised, strict=True))
    return float(first / second)


def _score_difference(facts: Facts, model: str, other: str) -> str:
    """How far a model is ahead of another, or behind it, on the two tests of the article's table."""
    scores = []
    for name, column in (("MMLU", "mmlu_pct"), ("HumanEval", "humaneval_pct")):
        lead = facts.cell("models", model, column).value - facts.cell("models", other, column).value
        side = "ahead of" if lead > 0 else "behind"
        scores.append(f"{format_figure(abs(lead), 'points', 1)} {side} {other} on {name}")
    return f"In the article's table {model} is {' and '.join(scores)}."


def _raised_since(facts: Facts, company: str) -> str | None:
    """What a company raised after publication day, mentioned; None where it raised nothing."""
    later = facts.find(ROUNDS, later=True, company=company, in_total="yes")
    facts.mention(ROUNDS, later)
    sentences = [
        f"{company} raised {_usd(row['amount_usd_bn'])} more on {format_date(row['valid_on'])}."
        for _, row in later.iterrows()
    ]
    return " ".join(sentences) or None


@check("evidence")
def costs_against_revenue(facts: Facts, figure: Quantity, *, years: Sequence[str]) -> Finding:
    """Growth of costs over growth of revenue between two whole years, in ratio and in dollars."""
    before, after = (
        {
            m: float(facts.rows(FINANCE, measure=m, period=year).iloc[-1]["value"])
            for m in ("total_costs", "period_revenue")
        }
        for year in years
    )
    growth = {name: after[name] / before[name] for name in before}
    rise = {name: after[name] - before[name] for name in before}
    readings = {
        "in dollars": exact(rise["total_costs"] / rise["period_revenue"]),
        "as a rate": exact(growth["total_costs"] / growth["period_revenue"]),
    }
    reason = (
        f"{_answer_by_reading(readings, accepted(figure))}: from {years[0][2:]} to {years[1][2:]} costs rose"
        f" by {_usd(rise['total_costs'])} and revenue by {_usd(rise['period_revenue'])}. That is"
        f" {growth['total_costs']:.1f}-fold for costs and {growth['period_revenue']:.1f}-fold for revenue."
    )
    return Finding(readings, reason)


@check("evidence")
def costs_over_revenue(facts: Facts, figure: Quantity, *, year: str, margin: str) -> Finding:
    """Costs over revenue in the last whole year in our data, and in the latest quarter with a margin."""
    readings, multiples, details = {}, [], None
    for row in facts.facts_by_day([margin]):
        multiple, day = 1 - row["value"] / 100, format_date(row["valid_on"])
        readings[day] = exact(multiple)
        multiples.append(f"{_times(multiple)} its revenue in the quarter to {day}")
    if len(facts.find(FINANCE, measure="total_costs", period=year)):
        costs, revenue = (
            float(facts.rows(FINANCE, measure=m, period=year).iloc[-1]["value"])
            for m in ("total_costs", "period_revenue")
        )
        readings[year[2:]] = exact(costs / revenue)
        multiples.append(f"{_times(costs / revenue)} in {year[2:]}")
        details = f"In {year[2:]} costs were {_usd(costs)} and revenue {_usd(revenue)}."
    if not readings:
        raise NothingKnown("costs and revenue of the same period")
    reason = f"{answer(Finding(readings, ''), figure)}: OpenAI's costs were {' and '.join(multiples)}."
    if all(value.value > 1 for value in readings.values()):
        reason += f" The difference has to be raised{_raised_in_words(facts)}."
    return Finding(readings, reason, details=details)


def _raised_in_words(facts: Facts) -> str:
    """What investors had put into OpenAI, mentioned; nothing where no round was known."""
    try:
        return (
            f": investors had paid or firmly promised {_usd(Raised.of(facts, 'OpenAI', decides=False).firm)}"
            " by publication day"
        )
    except NothingKnown:
        return ""


@check("evidence")
def share_of_chip_revenue(facts: Facts, figure: Quantity | None, *, years: Sequence[int]) -> Finding:
    """The investment as a share of NVIDIA's data-centre revenue over years at the last quarter's rate."""
    column = "data_center_revenue_usd_mn"
    money, threshold = facts.text_figure("investment").value, facts.assumptions.significant_share
    row = facts.last(CHIPS, column)
    quarter = float(row[column]) / 1000
    readings = {f"over {year} years": exact(money / (quarter * 4 * year)) for year in years}
    met = [name for name, value in readings.items() if value.value >= threshold]
    answer = "Yes" if len(met) == len(readings) else f"Only {' and '.join(met)}" if met else "No"
    shares = join_words(f"{value.value:.0%} {name}" for name, value in readings.items())
    reason = (
        f"{answer}: at the pace known on publication day, {_usd(money)} buys"
        f" {_weeks(money, quarter):.0f} weeks of NVIDIA's data-centre sales."
        f" We take {threshold:.0%} as significant."
    )
    details = (
        f"{_usd(money)} is {shares} of these sales, at the pace of the quarter to"
        f" {format_date(row['valid_on'])} ({_usd(quarter)})."
    )
    later = facts.find(CHIPS, later=True)
    since = None
    if len(later):
        next_one = later.iloc[-1]
        weeks = _weeks(money, float(next_one[column]) / 1000)
        since = (
            f"At NVIDIA's {next_one['valid_on']:%B}-quarter pace {_usd(money)} buys {weeks:.0f} weeks of its"
            " data-centre sales."
        )
        facts.mention(CHIPS, later.tail(1))
    return Finding(readings, reason, accepts=(threshold, 1.0), since=since, details=details)


@check("evidence")
def share_of_nav(facts: Facts, figure: Quantity | None) -> Finding:
    """The investment as a share of SoftBank's net asset value: committed and paid, a reading each."""
    money, threshold = facts.text_figure("investment"), facts.assumptions.significant_share
    rate = facts.assumptions.usdjpy
    row = facts.last(NAV, "nav_jpy_tn")
    nav = float(row["nav_jpy_tn"]) * 1000 / rate
    paid = invested_usd_bn(facts)
    committed = Interval(money.value / nav, money.low / nav, money.high / nav)
    readings = {"as committed": committed, "as paid": exact(paid / nav)}
    by_committed, by_paid = (bool(meets_interval(value, (threshold, 10.0))) for value in readings.values())
    answer = "Yes" if by_committed and by_paid else "Only if all of it counts" if by_committed else "No"
    reason = (
        f"{answer}: {_usd(money.value)} is {committed.value:.0%} of SoftBank's net asset value. What had been"
        f" paid by publication day is {paid / nav:.0%}, and we take {threshold:.0%} as significant."
    )
    details = (
        f"Net asset value (holdings less net debt) was {row['nav_jpy_tn']:.1f} trillion yen on"
        f" {format_date(row['valid_on'])}, or {_usd(nav)}. We assume {rate:g} yen a dollar."
        f" {_usd(paid)} had been paid."
    )
    later = facts.find(NAV, later=True)
    later = later[later["nav_jpy_tn"].notna()].tail(1)
    facts.mention(NAV, later)
    since = "".join(
        f"On {format_date(next_one['valid_on'])} {_usd(money.value)} was"
        f" {money.value * rate / 1000 / next_one['nav_jpy_tn']:.0%} of SoftBank's net asset value."
        for _, next_one in later.iterrows()
    )
    return Finding(readings, reason, accepts=(threshold, 10.0), details=details, since=since or None)


@check("evidence")
def investment_over_revenue(
    facts: Facts, figure: Quantity, *, sellers: Mapping[str, Pick], disputed: str
) -> Finding:
    """The investment over the market: that of the article's table, and what the sellers in our data took in
    on publication day.

    `sellers` are the annualised revenues to add; `disputed` is a dated fact with a lower figure for the last
    of them.
    """
    money, table = facts.text_figure("investment"), total(facts.column("market_size", "size_2024_usd_bn"))
    revenue = {name: facts.figure(pick) for name, pick in sellers.items()}
    sold = sum(revenue.values())
    readings = {
        "in its own table of 2024": ratio(money, table),
        "on publication day": ratio(money, exact(sold)),
    }
    then, now = (bool(meets_interval(value, accepted(figure))) for value in readings.values())
    reason = (
        f"{_small_market_answer(then, now)}: {_usd(money.value)} is {_times(money.value / table.value)} the"
        f" markets in the table. It is {_times(money.value / sold)} what {join_words(revenue)} alone sell in"
        " a year."
    )
    details = (
        f"The table's markets come to {_usd(table.value)}, yearly sales to {_usd(sold)}:"
        f" {join_words(f'{name} has {_usd(value)}' for name, value in revenue.items())}. We call a market"
        f" small if the investment is over {labels.number_word(float(figure.low or 0))} times as large."
        " Yearly sales are annualised revenue of about the latest month. Other sellers would make the second"
        " multiple smaller."
    )
    last = list(revenue)[-1]
    for row in facts.facts_by_day([disputed], decides=False):
        lower = sold - revenue[last] + float(row["value"])
        details += (
            f" A memo of OpenAI is reported to put {last}'s revenue at {_usd(row['value'])}. The second"
            f" multiple would then be {_times(money.value / lower)}."
        )
    return Finding(readings, reason, details=details)


def _small_market_answer(then: bool, now: bool) -> str:
    """Whether the market is small compared with the investment, in 2024 and on publication day."""
    if then and now:
        return "Small by both"
    if not then and not now:
        return "Small by neither"
    first, second = ("Small", "not ") if then else ("Not small", "but ")
    return f"{first} by the article's table of 2024, {second}by publication day"


@check("evidence")
def largest_segments(
    facts: Facts, figure: Quantity | None, *, seller: str, year: str, business: str
) -> Finding:
    """Whether the table's segments are the largest: false where consumers paid one seller outside them more
    than the smallest.

    What consumers paid is the seller's revenue less the share of it from businesses (`business`, a dated
    fact).
    """
    revenue = float(facts.rows(FINANCE, measure="period_revenue", period=year).iloc[-1]["value"])
    share = facts.fact(business)
    consumers = revenue * (1 - float(share["value"]) / 100)
    sizes = facts.column("market_size", "size_2024_usd_bn")
    smaller = sizes[sizes["value"] < consumers]
    answer = "No: general assistants are missing from the table" if len(smaller) else "Yes"
    beyond = (
        f"more than the table gives for {labels.number_word(len(smaller))}"
        if len(smaller)
        else "less than the table gives for any"
    )
    reason = (
        f"{answer}. Consumers alone paid {seller}, which makes the best-known assistant, about"
        f" {_usd(consumers)} in {year[2:]}, {beyond} of its {labels.number_word(len(sizes))} segments."
    )
    details = (
        f"{seller} took in {_usd(revenue)}. We leave out about {share['value']:g}% that businesses paid, the"
        f" share of {describe_day(share)}, and assume that what consumers paid was for a general assistant,"
        " which is none of the five segments."
    )
    return Finding({"largest": smaller.empty}, reason, details=details)


@check("evidence")
def chip_growth(facts: Facts, figure: Quantity | None, *, told: str, beside: Sequence[str] = ()) -> Finding:
    """NVIDIA's data-centre revenue of the last reported quarter over that of a year before: mentioned, since
    it decides nothing.

    The sentence may name ``{growth}`` and the dated facts of `beside`.
    """
    column = "data_center_revenue_usd_mn"
    rows = facts.require(CHIPS).iloc[[-5, -1]]
    facts.mention(CHIPS, rows)
    values = {"growth": f"{rows.iloc[1][column] / rows.iloc[0][column]:.1f}-fold"}
    reason = render_sentence(told, facts.facts_by_day(beside, decides=False), facts, values)
    return Finding({}, reason, verdict="uncheckable")


@check("evidence")
def largest_funder(
    facts: Facts, figure: Quantity, *, money: str, others: Sequence[str], stake: str
) -> Finding:
    """A partner's money against the largest other commitment to OpenAI, and its stake against SoftBank's."""
    partner_money, softbank = facts.fact(money), _commitment(facts)
    largest, most = "SoftBank", float(softbank["cost_on_completion_usd_bn"])
    for row in facts.without_memory().facts_by_day(others):
        if row["value"] > most:
            largest, most = row["subject"], float(row["value"])
            facts.facts_by_day([row["id"]])
    partner, paid = partner_money["subject"], float(partner_money["value"])
    readings = {"by money": exact(paid / most)}
    reason = (
        f"By money {partner} is {'' if paid > most else 'not '}the largest: it has promised {_usd(paid)},"
        f" {largest} {_usd(most)}."
    )
    for row in facts.facts_by_day([stake]):
        partner_pct, softbank_pct = float(row["value"]), float(softbank["stake_pct"])
        readings["by stake"] = exact(partner_pct / softbank_pct)
        reason += (
            f" By stake it leads, with {partner_pct:g}% against the {softbank_pct:g}% that SoftBank holds"
            " once all is paid."
            if partner_pct > softbank_pct
            else f" Nor is it by stake, with {partner_pct:g}% against SoftBank's {softbank_pct:g}%."
        )
    return Finding(readings, reason)


@check("evidence")
def self_funded(
    facts: Facts, figure: Quantity, *, cash_flows: Sequence[str], guidance: Mapping[str, Sequence[str]]
) -> Finding:
    """Operating cash flow of a year over the capital expenditure of the same quarters; a reading a company.

    `guidance` names for each company the low and high end of the capital expenditure that it expects next; it
    is mentioned where it exceeds the cash flow, and decides nothing.
    """
    readings, earned = {}, {}
    for row in facts.facts_by_day(cash_flows):
        quarters = facts.require(CAPEX, company=row["subject"])
        quarters = quarters[quarters["valid_on"] <= row["valid_on"]].iloc[-4:]
        facts.cite(CAPEX, quarters)
        earned[row["subject"]] = row
        readings[f"for {row['subject']}"] = exact(
            float(row["value"]) / (quarters["capex_usd_mn"].sum() / 1000)
        )
    if not readings:
        raise NothingKnown("operating cash flows")
    multiples = {name: readings[f"for {name}"].value for name in earned}
    short = [name for name, multiple in multiples.items() if multiple <= 1]
    reason = (
        f"In the last reported year {join_words(short)} took in no more cash than it invested."
        if short
        else "In the last reported year each took in more cash than it invested, at least"
        f" {_times(min(multiples.values()))} as much."
    )
    above: dict[str, str] = {}
    for name, row in earned.items():
        ends = [float(end["value"]) for end in facts.facts_by_day(guidance.get(name, ()), decides=False)]
        if ends and min(ends) > row["value"]:
            above[name] = f"{_usd(min(ends))} to {_usd(max(ends))} against {_usd(row['value'])} at {name}"
    if above:
        verb = "plans" if len(above) == 1 else "plan"
        reason += f" For the next year {join_words(above)} {verb} to invest more than that cash."
    years = ", ".join(f"{format_date(row['valid_on'])} ({name})" for name, row in earned.items())
    by_name = join_words([f"{_times(multiples[name])} at {name}" for name in earned])
    details = f"Over what was invested, the cash was {by_name}."
    details += f" Plans for the next year: {join_words(above.values())}." if above else ""
    details += f" The years end on {years}. Leased equipment and borrowed money are not counted."
    return Finding(readings, reason, details=f"{details}{_later_investment(facts, earned)}")


def _later_investment(facts: Facts, earned: Mapping[str, pd.Series]) -> str:
    """The same cash flows over the investment of the last four quarters where those end later; mentioned."""
    multiples: dict[str, list[str]] = {}
    for name, row in earned.items():
        quarters = facts.require(CAPEX, company=name).iloc[-4:]
        end = quarters["valid_on"].iloc[-1]
        if end > row["valid_on"]:
            facts.mention(CAPEX, quarters)
            spent = quarters["capex_usd_mn"].sum() / 1000
            multiple = f"{_times(row['value'] / spent)} at {name} ({_usd(spent)})"
            multiples.setdefault(format_date(end), []).append(multiple)
    return "".join(
        f" Over what was invested in the four quarters to {end}, the same cash is {join_words(texts)}."
        for end, texts in multiples.items()
    )


class Raised(NamedTuple):
    """What a company had raised or been promised by publication day, in billions of US dollars.

    Attributes
    ----------
    firm : float
        Money paid, or promised without conditions.
    conditional : float
        Money promised on conditions, such as a listing or targets.
    """

    firm: float
    conditional: float

    @property
    def total(self) -> float:
        """Both together."""
        return self.firm + self.conditional

    @classmethod
    def of(cls, facts: Facts, company: str, *, decides: bool = True) -> Raised:
        """What `company` had raised, read off its rounds; the rows decide, or are only mentioned.

        Raises
        ------
        NothingKnown
            No round of it was known.
        """
        rounds = facts.require(ROUNDS, company=company, in_total="yes")
        (facts.cite if decides else facts.mention)(ROUNDS, rounds)
        conditional = facts.find(ROUNDS, company=company, event="conditional")
        facts.mention(ROUNDS, conditional)
        return cls(float(rounds["amount_usd_bn"].sum()), float(conditional["amount_usd_bn"].sum()))


def _commitment(facts: Facts) -> pd.Series:
    """SoftBank's commitment of 2026: its own amount, and what the whole holding costs on completion."""
    return facts.last(STAKE, "cost_on_completion_usd_bn", event="committed")


def _uncited_figure(facts: Facts, pick: Pick) -> float:
    """A figure of the evidence, read without remembering its rows."""
    return facts.without_memory().figure(pick)


def _comparison_verb(amount: float, other: float) -> str:
    """How an amount compares with another, as a verb."""
    return "equals" if amount == other else "exceeds" if amount > other else "is below"


def _answer_by_reading(readings: Mapping[str, Interval], bounds: tuple[float, float]) -> str:
    """Which readings meet what the statement needs: In dollars, but not as a rate."""
    met = [name for name, value in readings.items() if meets_interval(value, bounds)]
    missed = [name for name in readings if name not in met]
    answer = f"{' and '.join(met)}, but not {' or '.join(missed)}" if met and missed else None
    answer = answer or f"{'yes' if met else 'no'}, {' and '.join(readings)}"
    return answer[0].upper() + answer[1:]


def _partial_answer(readings: Mapping[str, Interval], bounds: tuple[float, float]) -> str:
    """How a reason opens where a statement is right in some readings alone: Only in total."""
    met = [name for name, value in readings.items() if meets_interval(value, bounds)]
    return f"Only {' and '.join(met)}: " if 0 < len(met) < len(readings) else ""


def _usd(value_usd_bn: float) -> str:
    return format_figure(float(value_usd_bn), "usd_bn")


def _times(multiple: float) -> str:
    return format_figure(multiple, "x", 1)


def _weeks(money_usd_bn: float, quarter_usd_bn: float) -> float:
    """How many weeks of a quarter's revenue (thirteen weeks) an amount is."""
    return money_usd_bn / quarter_usd_bn * 13
