"""Who paid what, and when? Checks on SoftBank's investment, on funding, revenue and costs.

Decisions
- Paid, promised and conditional money are told apart: invested on a day is the last stated cost plus the instalments
  paid after it; promised money is never called invested.
- Tranches and rounds are added only where the table says that they may be (`in_total`).
- Growth of costs against revenue is decided by accounts of two whole years, in ratio and in dollars.
"""

from __future__ import annotations

from collections.abc import Sequence

from analysis.models.audit.facts import Facts, Interval, Unknown, exact, in_print, in_words
from analysis.models.audit.verdicts import Finding, check, judged
from analysis.units import Quantity, show

STAKE, ROUNDS, FINANCE, CHIPS, CAPEX, NAV = (
    "softbank_openai", "funding_rounds", "openai_finance", "nvidia_revenue", "hyperscaler_capex", "softbank_nav",
)  # fmt: skip


def invested_usd_bn(facts: Facts, *, later: bool = False) -> float:
    """What SoftBank had put into OpenAI by the article's day, or by `as_of`: stated cost plus instalments paid since."""
    position = facts.last(STAKE, "cumulative_cost_usd_bn", event="position")
    paid = facts.find(STAKE, event="paid")
    paid = paid[paid["valid_on"] > position["valid_on"]]
    facts.used.extend((STAKE, int(label)) for label in paid.index)
    after = facts.find(STAKE, later=True, event="paid")["amount_usd_bn"].sum() if later else 0.0
    return float(position["cumulative_cost_usd_bn"] + paid["amount_usd_bn"].sum() + after)


@check("evidence")
def still_to_pay(facts: Facts, figure: Quantity) -> Finding:
    """What of SoftBank's investment was still to come on the article's day."""
    whole = float(
        facts.last(STAKE, "cost_on_completion_usd_bn", event="committed")["cost_on_completion_usd_bn"]
    )
    paid = invested_usd_bn(facts)
    reason = (
        f"On the article's day {_usd(paid)} of {_usd(whole)} had been paid and "
        f"{_usd(whole - paid)} was to come."
    )
    now, day = invested_usd_bn(facts, later=True), in_words(facts.as_of)
    since = f"{_usd(now)} had been paid as far as known on {day}." if now > paid else None
    return Finding({"still to come": exact(whole - paid)}, reason, since=since)


@check("evidence")
def deal_size(facts: Facts, figure: Quantity) -> Finding:
    """The size of the deal: the whole holding on completion, or the commitment of 2026 alone."""
    row = facts.last(STAKE, "cost_on_completion_usd_bn", event="committed")
    whole, day = float(row["cost_on_completion_usd_bn"]), in_words(row["valid_on"])
    readings = {
        "for the whole holding": exact(whole),
        f"for the commitment of {day}": exact(float(row["amount_usd_bn"])),
    }
    reason = f"{_usd(whole)} in all on completion, since 2024, of which {_usd(row['amount_usd_bn'])} were committed on {day}"
    return Finding(readings, f"{reason}{judged(readings, figure)}.")


@check("evidence")
def largest_commitment(facts: Facts, figure: Quantity, *, others: Sequence[str]) -> Finding:
    """SoftBank's money against the largest other single investment in AI on record: as a holding, and as one commitment."""
    row = facts.last(STAKE, "cost_on_completion_usd_bn", event="committed")
    largest = max(facts.happened(others), key=lambda fact: fact["value"], default=None)
    if largest is None:
        raise Unknown("other single investments")
    readings = {
        "as a holding built since 2024": exact(float(row["cost_on_completion_usd_bn"] / largest["value"])),
        "as one commitment": exact(float(row["amount_usd_bn"] / largest["value"])),
    }
    other = f"{largest['subject']}'s {_usd(largest['value'])} of {in_words(largest['valid_on'])}"
    reason = (
        f"Against {other}: {_usd(row['cost_on_completion_usd_bn'])} since 2024 is {readings['as a holding built since 2024'].value:.2f} "
        f"times as much, the commitment of {_usd(row['amount_usd_bn'])} {readings['as one commitment'].value:.2f} times"
        f"{judged(readings, figure)}."
    )
    return Finding(readings, reason)


@check("evidence")
def both_kinds(facts: Facts, figure: Quantity | None) -> Finding:
    """Whether SoftBank's holding was built of new shares (primary) and of shares of holders (secondary)."""
    new = facts.rows(STAKE, event="paid")
    old = facts.rows(ROUNDS, company="OpenAI", event="secondary")
    reason = (
        f"{len(new)} payments for new shares, {_usd(new['amount_usd_bn'].sum())} by the article's day, and a share of "
        f"the {_usd(old.iloc[-1]['amount_usd_bn'])} that holders sold by {in_words(old.iloc[-1]['valid_on'])}."
    )
    return Finding({"both": True}, reason)


@check("evidence")
def raised_against(facts: Facts, figure: Quantity) -> Finding:
    """SoftBank's money on completion over what OpenAI had raised from all others by the article's day."""
    own = float(
        facts.last(STAKE, "cost_on_completion_usd_bn", event="committed")["cost_on_completion_usd_bn"]
    )
    raised = _raised(facts, "OpenAI")
    others = raised - own
    reason = (
        f"By the article's day OpenAI had raised or been promised {_usd(raised)}, of which "
        f"{_usd(own)} ({own / raised:.0%}) is SoftBank's and {_usd(others)} is not."
    )
    return Finding({"over all others": exact(own / others)}, reason)


@check("evidence")
def raised_share(facts: Facts, figure: Quantity | None, *, companies: Sequence[str]) -> Finding:
    """Share of some companies in all money raised by the developers on record, against what counts as a vast majority."""
    rounds = facts.rows(ROUNDS, in_total="yes")
    raised = rounds.groupby("company")["amount_usd_bn"].sum()
    if missing := [name for name in companies if name not in raised]:
        raise Unknown(f"what {' and '.join(missing)} had raised")
    share = float(raised[list(companies)].sum() / raised.sum())
    threshold = float(facts.given["vast_majority_share"])
    told = ", ".join(f"{name} {_usd(value)}" for name, value in raised.sort_values(ascending=False).items())
    reason = (
        f"On record by the article's day: {told}; {' and '.join(companies)} have {share:.0%}, and {threshold:.0%} was taken "
        "as a vast majority."
    )
    return Finding({"share": exact(share)}, reason, accepts=(threshold, 1.0))


@check("evidence")
def revenue_per_dollar(
    facts: Facts, figure: Quantity, *, leaner: str, richer: str, leaner_revenue: str
) -> Finding:
    """Annualised revenue per dollar raised of one company over another's, on the article's day."""
    revenue = {
        leaner: facts.figure(leaner_revenue),
        richer: float(facts.last(FINANCE, "value", measure="annualised_revenue", counts="yes")["value"]),
    }
    per_dollar = {name: revenue[name] / _raised(facts, name) for name in (leaner, richer)}
    told = " and ".join(
        f"{name} {_usd(revenue[name])} a year on {_usd(_raised(facts, name))} raised or promised"
        for name in (leaner, richer)
    )
    multiple = per_dollar[leaner] / per_dollar[richer]
    later = facts.find(ROUNDS, later=True, company=leaner, in_total="yes")
    since = "; ".join(
        f"{leaner} raised {_usd(row['amount_usd_bn'])} more on {in_words(row['valid_on'])}"
        for _, row in later.iterrows()
    )
    reason = f"{told}: {show(multiple, 'x')} the revenue per dollar."
    return Finding({"per dollar": exact(multiple)}, reason, since=f"{since}." if since else None)


@check("evidence")
def costs_against_revenue(facts: Facts, figure: Quantity, *, years: Sequence[str]) -> Finding:
    """Growth of costs over growth of revenue between two whole years, in ratio and in dollars."""
    before, after = (
        {m: float(facts.rows(FINANCE, measure=m, period=year).iloc[-1]["value"]) for m in ("total_costs", "period_revenue")}
        for year in years
    )  # fmt: skip
    growth = {name: after[name] / before[name] for name in before}
    rise = {name: after[name] - before[name] for name in before}
    readings = {
        "as a rate": exact(growth["total_costs"] / growth["period_revenue"]),
        "in dollars": exact(rise["total_costs"] / rise["period_revenue"]),
    }
    reason = (
        f"From {years[0][2:]} to {years[1][2:]} costs grew {growth['total_costs']:.2f}x and revenue {growth['period_revenue']:.2f}x, but by "
        f"{_usd(rise['total_costs'])} against {_usd(rise['period_revenue'])}{judged(readings, figure)}."
    )
    return Finding(readings, reason)


@check("evidence")
def costs_over_revenue(facts: Facts, figure: Quantity, *, year: str, margin: str) -> Finding:
    """Costs over revenue in the last whole year on record, and in the latest quarter if its margin is on record."""
    readings, told = {}, []
    for row in facts.happened([margin]):
        readings[in_words(row["valid_on"])] = exact(1 - row["value"] / 100)
        told.append(
            f"{1 - row['value'] / 100:.2f} times revenue in the quarter to {in_words(row['valid_on'])}"
        )
    if len(facts.find(FINANCE, measure="total_costs", period=year)):
        costs, revenue = (
            float(facts.rows(FINANCE, measure=m, period=year).iloc[-1]["value"]) for m in ("total_costs", "period_revenue")
        )  # fmt: skip
        readings[year[2:]] = exact(costs / revenue)
        told.append(f"{costs / revenue:.2f} times in {year[2:]} ({_usd(costs)} against {_usd(revenue)})")  # fmt: skip
    if not readings:
        raise Unknown("costs and revenue of the same period")
    return Finding(
        readings, f"OpenAI's costs were {' and '.join(told)}; the difference is raised, not earned."
    )


@check("evidence")
def share_of_chip_revenue(facts: Facts, figure: Quantity | None, *, years: Sequence[int]) -> Finding:
    """The investment as a share of NVIDIA's data-center revenue over some years, at the rate of the last reported quarter."""
    column = "data_center_revenue_usd_mn"
    money, threshold = facts.text("investment").value, float(facts.given["significant_share"])
    row = facts.last(CHIPS, column)
    quarter = float(row[column]) / 1000
    readings = {f"over {year} years": exact(money / (quarter * 4 * year)) for year in years}
    told = " and ".join(f"{value.value:.0%} {name}" for name, value in readings.items())
    reason = (
        f"{_usd(money)} is {_weeks(money, quarter):.1f} weeks of NVIDIA's data-center revenue at the quarter to "
        f"{in_words(row['valid_on'])} ({_usd(quarter)}), {told}; {threshold:.0%} was taken as significant."
    )
    later = facts.find(CHIPS, later=True)
    since = None
    if len(later):
        next_one = later.iloc[-1]
        weeks = _weeks(money, float(next_one[column]) / 1000)
        since = f"At the quarter to {in_words(next_one['valid_on'])} it is {weeks:.1f} weeks."
    return Finding(readings, reason, accepts=(threshold, 1.0), since=since)


@check("evidence")
def share_of_nav(facts: Facts, figure: Quantity | None) -> Finding:
    """The investment as a share of SoftBank's net asset value, against what counts as a significant part."""
    money, threshold = facts.text("investment"), float(facts.given["significant_share"])
    row = facts.last(NAV, "nav_jpy_tn")
    nav = float(row["nav_jpy_tn"]) * 1000 / float(facts.given["usdjpy"])
    share = Interval(money.value / nav, money.low / nav, money.high / nav)
    paid = invested_usd_bn(facts)
    reason = (
        f"{_usd(money.value)} is {share.value:.0%} of the {row['nav_jpy_tn']:.1f} trillion yen of "
        f"{in_words(row['valid_on'])} ({_usd(nav)} at {facts.given['usdjpy']:g}), the {_usd(paid)} paid by the "
        f"article's day {paid / nav:.0%}; {threshold:.0%} was taken as significant."
    )
    return Finding({"share of net asset value": share}, reason, accepts=(threshold, 10.0))


@check("evidence")
def investment_over_revenue(facts: Facts, figure: Quantity) -> Finding:
    """The investment against the yearly revenue of the largest seller of AI applications on the article's day."""
    row = facts.last(FINANCE, "value", measure="annualised_revenue", counts="yes")
    multiple = facts.text("investment").value / float(row["value"])
    sizes = float(facts.column("market_size", "size_2024_usd_bn")["value"].sum())
    reason = (
        f"It is {multiple:.1f} times OpenAI's own annualised revenue of {_usd(row['value'])} ({in_words(row['valid_on'])}), which "
        f"alone is {float(row['value']) / sizes:.1f} times what the table gives all five segments for 2024."
    )
    return Finding({"over revenue": exact(multiple)}, reason)


@check("evidence")
def spending_growth(facts: Facts, figure: Quantity, *, companies: Sequence[str]) -> Finding:
    """Capital expenditure of some companies in the last whole year on record over that of the year before."""
    rows = facts.rows(CAPEX, company=companies)
    spent = rows.assign(year=rows["valid_on"].dt.year).groupby("year")["capex_usd_mn"].agg(["sum", "count"])
    whole = spent[spent["count"] == 4 * len(companies)]["sum"] / 1000
    if len(whole) < 2:
        raise Unknown("two whole years of capital expenditure")
    growth = float(whole.iloc[-1] / whole.iloc[-2])
    reason = (
        f"{', '.join(companies)} together spent {_usd(whole.iloc[-1])} in {whole.index[-1]} after "
        f"{_usd(whole.iloc[-2])} in {whole.index[-2]}, {show(growth, 'x', 2)}."
    )
    return Finding({"growth": exact(growth)}, reason)


@check("evidence")
def chip_growth(facts: Facts, figure: Quantity) -> Finding:
    """NVIDIA's data-center revenue of the last reported quarter over that of a year before."""
    column = "data_center_revenue_usd_mn"
    rows = facts.rows(CHIPS)
    now, then = rows.iloc[-1], rows.iloc[-5]
    growth = float(now[column] / then[column])
    reason = (
        f"NVIDIA's data-center revenue was {_usd(now[column] / 1000)} in the quarter to {in_words(now['valid_on'])}, "
        f"{show(growth, 'x', 2)} that of a year before ({_usd(then[column] / 1000)})."
    )
    return Finding({"growth in a year": exact(growth)}, reason)


@check("evidence")
def largest_funder(
    facts: Facts, figure: Quantity, *, money: str, others: Sequence[str], stake: str
) -> Finding:
    """A partner's money against the largest other commitment to OpenAI, and its stake against SoftBank's."""
    rivals = facts.happened(others)
    own = facts.fact(money)
    softbank = facts.last(STAKE, "cost_on_completion_usd_bn", event="committed")
    amounts = {row["subject"]: float(row["value"]) for row in rivals} | {"SoftBank": float(softbank["cost_on_completion_usd_bn"])}  # fmt: skip
    largest = max(amounts, key=lambda name: amounts[name])
    readings = {"by money": exact(float(own["value"]) / amounts[largest])}
    told = f"by money its {_usd(own['value'])} stand against {_usd(amounts[largest])} of {largest}"
    for row in facts.happened([stake]):
        held = float(softbank["stake_pct"])
        readings["by stake"] = exact(float(row["value"]) / held)
        told += f"; by stake its {row['value']:g}% against SoftBank's {held:g}% on completion"
    return Finding(readings, f"{own['subject']}: {told}{judged(readings, figure)}.")


@check("evidence")
def self_funded(facts: Facts, figure: Quantity, *, cash_flows: Sequence[str]) -> Finding:
    """Operating cash flow of a year over the capital expenditure of the same four quarters; one reading a company."""
    readings = {}
    for row in facts.happened(cash_flows):
        quarters = facts.rows(CAPEX, company=row["subject"])
        quarters = quarters[quarters["valid_on"] <= row["valid_on"]].iloc[-4:]
        readings[f"for {row['subject']}"] = exact(
            float(row["value"]) / (quarters["capex_usd_mn"].sum() / 1000)
        )
    if not readings:
        raise Unknown("operating cash flows")
    told = ", ".join(f"{show(value.value, 'x')} {name}" for name, value in readings.items())
    reason = f"Cash from operations over capital expenditure in the last reported year: {told}{judged(readings, figure)}."
    return Finding(readings, reason)


def _raised(facts: Facts, company: str) -> float:
    """All that a company raised or was promised by the article's day, conditional money left out."""
    return float(facts.rows(ROUNDS, company=company, in_total="yes")["amount_usd_bn"].sum())


def _usd(value_usd_bn: float) -> str:
    return in_print(float(value_usd_bn), "usd_bn")


def _weeks(money_usd_bn: float, quarter_usd_bn: float) -> float:
    """How many weeks of a quarter's revenue (thirteen weeks) an amount is."""
    return money_usd_bn / quarter_usd_bn * 13
