"""Verdicts on money, each with its hand calculation from the evidence tables."""

from dataclasses import replace

import pandas as pd
import pytest

from analysis.audit.checks import money
from analysis.audit.verdicts import judge
from analysis.evidence import claims
from analysis.exhibits import QUALITIES


@pytest.mark.parametrize(
    ("claim", "verdict", "computed"),
    [
        ("lead.still_to_come", "fails", 20.0),  # 64.6 less 34.6 at the end of 2025 and 10 of 1 April
        ("lead.deal_size", "partly", 64.6),  # 64.6 is about 60 (54 to 66), the 30 of February 2026 is not
        ("lead.largest_investment", "partly", 1.292),  # 64.6 / 50 of Amazon; 30 / 50 as one commitment
        ("lead.continuous_fundraising", "holds", 2.22),  # a margin of -122%; 34.00 / 13.07 = 2.60 in 2025
        ("players.microsoft_largest", "partly", 0.20124),  # 13 / 64.6 by money; 27 / 13 by stake
        (
            "players.external_capital",
            "partly",
            0.82143,
        ),  # 27.6 / 33.6 in the table; (87 + 30) / (242 - 35) in a quarter
        (
            "players.capital_efficiency",
            "holds",
            2.63158,
        ),  # 20 / 7.6 in the tables; (30 / 74.1) / (25 / 144.6) = 2.34
        ("players.self_funded_giants", "holds", 1.80104),  # Alphabet: 164.7 / 91.447
        ("market.nvidia_capacity", "fails", 0.09967),  # 60 / (75.246 x 8) a quarter, 0.2 needed
        (
            "market.small_against_investment",
            "partly",
            5.08475,
        ),  # 60 / 11.8 by the table; 60 / (25 + 30) = 1.09 on the day
        (
            "risks.costs_outgrow_revenue",
            "partly",
            2.29669,
        ),  # 21.52 over 9.37 dollars; (34.00 / 12.48) / (13.07 / 3.70) = 0.771 as a rate
        ("risks.nav_share", "partly", 0.24322),  # 60 / (40060 / 162.39); 44.6 paid are 0.181, below a fifth
    ],
)
def test_verdict_and_figure_of_each_claim(rows, claim, verdict, computed):
    assert rows.loc[claim, "verdict"] == verdict
    assert rows.loc[claim, "computed"] == pytest.approx(computed, rel=1e-4)
    assert rows.loc[claim, "basis"] == "evidence"


def test_the_investment_is_weeks_of_chip_revenue_not_years(rows):
    # 60 / 75.246 x 13 weeks = 10.37 by the quarter known on the day; 60 / 89.0 x 13 = 8.76 by the one after
    row = rows.loc["market.nvidia_capacity"]
    assert "$60bn buys 10 weeks" in row["reason"]
    assert "July" in row["since"] and "$60bn buys 9 weeks" in row["since"]


def test_a_market_is_small_if_it_is_less_than_half_the_investment(rows, judged):
    # the largest seller on the day is Anthropic, at 30, and not OpenAI, at 25: 60 / 55 = 1.09
    row = rows.loc["market.small_against_investment"]
    assert row["reason"].startswith("Small by the article's table of 2024, not by publication day: ")
    assert "1.1× what OpenAI and Anthropic" in row["reason"] and "$55bn" in row["details"]
    assert "OpenAI has $25bn and Anthropic has $30bn" in row["details"]
    assert "1.3×" in row["details"]  # 60 / (25 + 22), as OpenAI counts Anthropic's
    before = judged("market.small_against_investment", as_of="2026-04-01").iloc[0]
    assert before["verdict"] == "uncheckable"  # Anthropic's 30 was not known


def test_a_seller_outside_the_five_segments_can_be_larger_than_they_are(rows):
    # 3.7 in 2024 less 30% from businesses is 2.59, against 4.0, 3.0, 2.5, 1.5 and 0.8
    row = rows.loc["market.top_five"]
    assert row["verdict"] == "fails"
    assert "about $2.6bn in 2024, more than the table gives for three of its five segments" in row["reason"]


def test_segments_are_the_largest_where_consumers_paid_a_seller_less_than_the_smallest(gather):
    # 3.7 less 90% from businesses is 0.37, below 0.8
    facts = gather().without_memory()
    table = facts.evidence["dated_facts"]
    table = table.assign(value=table["value"].where(table["id"] != "openai.enterprise_share_2025_01", 90.0))
    changed = replace(facts, evidence={**facts.evidence, "dated_facts": table})
    finding = money.largest_segments(
        changed, None, seller="OpenAI", year="CY2024", business="openai.enterprise_share_2025_01"
    )
    assert finding.readings == {"largest": True} and finding.reason.startswith("Yes. ")


def test_two_estimates_of_one_share_make_no_trend(rows):
    # 60% and 71%, the second corrected and the first not
    row = rows.loc["market.concentration"]
    assert row["verdict"] == "uncheckable"
    assert "60%" in row["reason"] and "71%" in row["reason"]


def test_net_asset_value_after_the_article_is_also_the_company_s_own_of_august(rows):
    assert "58.3 trillion yen" in rows.loc["risks.nav_share", "since"]


def test_the_growth_of_a_seller_is_mentioned_and_is_no_proof_of_a_deal(rows):
    # 75.246 / 39.112 = 1.92
    row = rows.loc["market.nvidia_beneficiary"]
    assert row["verdict"] == "uncheckable" and pd.isna(row["strength"])
    assert "1.9-fold in a year" in row["reason"]
    assert [source["title"] for source in row["sources"]] == ["article"]
    assert row["mentioned"]


@pytest.mark.parametrize(
    ("significant", "answer", "verdict"),
    [(0.15, "Yes: ", "holds"), (0.2, "Only if all of it counts: ", "partly"), (0.3, "No: ", "fails")],
)
def test_the_answer_on_asset_value_follows_the_committed_and_the_paid_share(
    judged, significant, answer, verdict
):
    # 60 / 253.5 is 24%, and 44.6 / 253.5 is 18%
    row = judged("risks.nav_share", significant_share=significant).iloc[0]
    assert (row["reason"].startswith(answer), row["verdict"]) == (True, verdict)


def test_later_asset_values_are_mentioned_and_change_no_verdict(judged):
    # 60 at 158 yen is 9.48 trillion yen, of 72.3: 13%
    now, then = (judged("risks.nav_share", as_of=day).iloc[0] for day in ("2026-10-31", "2026-05-21"))
    assert now["verdict"] == then["verdict"] == "partly"
    assert "$60bn was 13% of" in now["since"]
    assert then["since"] is None
    assert len(now["sources"]) == len(then["sources"])


@pytest.mark.parametrize(
    ("as_of", "since"),
    [
        ("2026-05-21", None),
        ("2026-06-30", None),
        ("2026-07-02", "$54.6bn"),  # 44.6 and the 10 of 1 July
        ("2026-10-31", "all"),
    ],
)
def test_instalments_paid_after_the_article_are_mentioned_and_change_no_verdict(judged, as_of, since):
    row = judged("lead.still_to_come", as_of=as_of).iloc[0]
    assert (row["verdict"], row["computed"]) == ("fails", pytest.approx(20.0))
    assert (row["since"] is None) == (since is None)
    assert since is None or f"paid {since} of the $64.6bn" in row["since"]
    assert "$44.6bn of $64.6bn had been paid" in row["reason"]


def test_a_fact_that_came_to_light_later_decides_only_from_then(judged):
    # the audited accounts of 2024 and 2025 became known on 16 June 2026
    on_the_day, at_base = (
        judged("risks.costs_outgrow_revenue", as_of=day).iloc[0] for day in ("2026-05-21", "2026-06-16")
    )
    assert on_the_day["verdict"] == "uncheckable"
    assert (
        on_the_day["reason"]
        == "Nothing in our data by 21 May 2026 settles it. Accounts of OpenAI for two whole years would"
        " settle it."
    )
    assert pd.isna(on_the_day["computed"])
    assert on_the_day["strength"] is None
    assert at_base["verdict"] == "partly"


def test_a_quarter_that_has_ended_but_is_not_reported_is_invisible(judged):
    # the quarter to 26 April 2026 was reported on 20 May: a day earlier the January quarter counts, 60 /
    # 62.314 x 13 = 12.5
    before = judged("market.nvidia_capacity", as_of="2026-05-19").iloc[0]
    assert "$60bn buys 13 weeks" in before["reason"]


def test_a_lower_threshold_turns_what_counts_as_significant(judged):
    # 10% over two years, 7% over three
    assert judged("market.nvidia_capacity", significant_share=0.08)["verdict"].tolist() == ["partly"]
    assert judged("market.nvidia_capacity", significant_share=0.05)["verdict"].tolist() == ["holds"]


def test_strength_is_the_weakest_quality_that_decides(rows):
    assert rows.loc["market.nvidia_capacity", "strength"] == "official"
    row = rows.loc["lead.largest_investment"]
    weakest = max((source["quality"] for source in row["sources"][1:]), key=QUALITIES.index)
    assert row["strength"] == weakest == "secondary"  # the commitment is read through others
    assert rows.loc["risks.nav_share", "strength"] == "secondary"  # one transcription of the NAV page


def test_a_share_before_a_company_had_raised_anything_on_record_is_unknown(judged):
    row = judged("players.external_capital", as_of="2022-06-30").iloc[0]
    assert row["verdict"] == "uncheckable"


def reading(finding, name):
    """The number of one reading of a finding."""
    return finding.readings[name].value


def changed(facts, table, change):
    """The same facts with one evidence table changed."""
    return replace(facts, evidence={**facts.evidence, table: change(facts.evidence[table].copy())})


def test_money_on_conditions_is_kept_apart_for_every_company_alike(gather):
    facts = gather()
    # OpenAI 1 + 10 + 6.6 + 40 + 87 and 35 of Amazon's; Anthropic 20 + 30
    assert money.Raised.of(facts.without_memory(), "OpenAI") == pytest.approx((144.6, 35.0))
    assert money.Raised.of(facts.without_memory(), "Anthropic") == pytest.approx((74.1, 50.0))
    # a day before the round with conditions closed there were none
    early = facts.at(pd.Timestamp("2026-03-30"))
    assert money.Raised.of(early, "OpenAI") == pytest.approx((57.6, 0.0))


def test_revenue_per_dollar_counts_conditions_for_both_or_for_neither(rows):
    details = rows.loc["players.capital_efficiency", "details"]
    # (30 / 124.1) / (25 / 179.6) = 1.74, and with 22 for 30: 1.72 and 1.27
    assert "Anthropic earns 1.7× as much per dollar" in details
    assert "1.7× as much, or 1.3× with money on conditions" in details
    assert "Anthropic earns 2.3× as much as OpenAI" in rows.loc["players.capital_efficiency", "reason"]


def test_a_commitment_level_with_another_is_not_the_largest(gather):
    facts = gather()
    claim = next(claim for claim in claims.load() if claim.id == "lead.largest_investment")
    others = {key: value for key, value in claim.check.items() if key != "name"}
    finding = money.largest_commitment(facts.without_memory(), claim.accepted, **others)
    # 64.6 / 50, 30 / 50, and without Amazon's 35 on conditions 30 / 30 of NVIDIA
    assert [value.value for value in finding.readings.values()] == pytest.approx([1.292, 0.6, 1.0])
    assert judge(finding, claim.accepted) == "partly"
    assert "its $30bn equals NVIDIA's and is below Amazon's $50bn." in finding.reason
    assert "$35bn depends on conditions" in finding.reason

    def unconditional(table):
        table.loc[table["id"] == "openai.amazon_conditional", "value"] = 10.0
        return table

    # with 10 on conditions Amazon's 40 are the largest without: 30 / 40
    finding = money.largest_commitment(
        changed(facts, "dated_facts", unconditional).without_memory(), claim.accepted, **others
    )
    assert reading(finding, "as one commitment, conditional money left out") == pytest.approx(0.75)
    assert "is below Amazon's $50bn." in finding.reason
    assert "$10bn depends on conditions" in finding.reason


def test_new_and_old_shares_are_read_off_the_rounds_one_reading_at_a_time(gather):
    facts = gather()
    assert list(money.both_kinds(facts.without_memory(), None).readings.values()) == [True, False]

    def sold_in_2026(table):
        sale = (table["company"] == "OpenAI") & (table["event"] == "secondary")
        table.loc[sale, ["valid_on", "known_on"]] = pd.Timestamp("2026-03-15")
        return table.sort_values("valid_on", kind="stable")

    later = money.both_kinds(changed(facts, "funding_rounds", sold_in_2026).without_memory(), None)
    assert list(later.readings.values()) == [True, True]
    assert later.reason.endswith("is for both.")
    without = changed(facts, "funding_rounds", lambda table: table[table["event"] != "secondary"])
    none = money.both_kinds(without.without_memory(), None)
    # without the sale of October 2025 new shares are all that was bought
    assert list(none.readings.values()) == [False, False]
    assert (judge(none, None), none.reason.split(":")[0]) == ("fails", "No")


def test_what_depends_on_one_backer_is_mentioned_and_decides_nothing(rows):
    row = rows.loc["players.lifeline"]
    assert row["verdict"] == "uncheckable"
    # 0.5 + 7.5 + 22.5 + 10 paid and 20 to come are 60.5 of 144.6, or of 179.6 with money on conditions
    assert "is 42% of" in row["reason"] and "$60.5bn of $144.6bn" in row["details"]
    assert "the share is 34%" in row["details"]


def test_cash_flow_cites_the_four_quarters_of_its_year_and_tells_what_comes(gather):
    claim = next(claim for claim in claims.load() if claim.id == "players.self_funded_giants")
    arguments = {key: value for key, value in claim.check.items() if key != "name"}
    facts = gather().without_memory()
    finding = money.self_funded(facts, claim.accepted, **arguments)
    assert sum(table == "hyperscaler_capex" for table, _ in facts.used) == 4 * len(finding.readings)
    # the low end of Alphabet's 180 to 190 exceeds 164.7, that of Meta's 125 to 145 exceeds 115.8
    assert "Alphabet and Meta plan" in finding.reason
    for plan in (
        "$180bn to $190bn against $164.7bn at Alphabet",
        "$125bn to $145bn against $115.8bn at Meta",
    ):
        assert plan in finding.details
    # Microsoft's year ends in June 2025: 136.2 / (17.079 +
    # 19.394 + 29.876 + 30.876 = 97.225) = 1.40 by March 2026
    assert "1.4× at Microsoft ($97.2bn)" in finding.details
    early = gather(as_of="2026-04-15").without_memory()
    assert "For the next year" not in money.self_funded(early, claim.accepted, **arguments).reason


def test_a_partner_is_compared_with_whoever_promised_most(gather):
    claim = next(claim for claim in claims.load() if claim.id == "players.microsoft_largest")
    arguments = {key: value for key, value in claim.check.items() if key != "name"}

    def promised_more(table):
        table.loc[table["id"] == "openai.amazon_commitment", "value"] = 130.0
        return table

    facts = changed(gather(), "dated_facts", promised_more).without_memory()
    finding = money.largest_funder(facts, claim.accepted, **arguments)
    assert reading(finding, "by money") == pytest.approx(0.1)  # 13 / 130
    assert "Amazon $130bn" in finding.reason
    assert [row["id"] for row in facts.dated_facts if row["subject"] in ("Amazon", "NVIDIA")] == [
        "openai.amazon_commitment"
    ]


def test_a_letter_of_intent_is_mentioned_next_to_the_largest_commitment_and_does_not_count(gather):
    claim = next(claim for claim in claims.load() if claim.id == "lead.largest_investment")
    arguments = {key: value for key, value in claim.check.items() if key != "name"}
    facts = gather().without_memory()
    finding = money.largest_commitment(facts, claim.accepted, **arguments)
    # the 100 of NVIDIA's letter would make it 64.6 / 100
    assert reading(finding, "as a holding built since 2024") == pytest.approx(1.292)
    assert "up to $100bn does not count" in finding.details
    deciding = [facts.evidence[table].loc[label] for table, label in facts.used]
    assert "openai.nvidia_letter" not in {row.get("id") for row in deciding}


def test_a_loss_is_followed_by_what_had_been_raised(gather, rows):
    # 1 + 10 + 6.6 + 40 + 87
    assert rows.loc["lead.continuous_fundraising", "reason"].endswith(
        "The difference has to be raised: investors had paid or firmly promised $144.6bn by publication day."
    )
    facts = gather()

    def unknown(table):
        return table.assign(known_on=table["known_on"].mask(table["company"] == "OpenAI", pd.Timestamp.max))

    before = changed(facts, "funding_rounds", unknown)
    arguments = {"year": "CY2025", "margin": "openai.operating_margin_2026q1"}
    figure = next(claim for claim in claims.load() if claim.id == "lead.continuous_fundraising").accepted
    finding = money.costs_over_revenue(before.without_memory(), figure, **arguments)
    assert finding.reason.endswith("The difference has to be raised.")

    def cheap(table):
        table.loc[(table["measure"] == "total_costs") & (table["period"] == "CY2025"), "value"] = 10.0
        return table

    # 10 / 13.07 of 2025 is no loss, a margin of -122% in the quarter is one
    finding = money.costs_over_revenue(
        changed(facts, "openai_finance", cheap).without_memory(), figure, **arguments
    )
    assert finding.reason.startswith("Only in part: ")
