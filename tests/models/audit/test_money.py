"""Verdicts on money, each with its hand calculation from the evidence tables."""

import pandas as pd
import pytest


@pytest.mark.parametrize(
    ("claim", "verdict", "computed"),
    [
        ("lead.still_to_come", "fails", 20.0),  # 64.6 less 34.6 at the end of 2025 and 10 of 1 April
        ("lead.deal_size", "partly", 64.6),  # 64.6 is about 60 (54 to 66), the 30 of February 2026 is not
        ("lead.largest_investment", "partly", 1.292),  # 64.6 / 50 of Amazon; 30 / 50 as one commitment
        ("lead.continuous_fundraising", "holds", 2.22),  # a margin of -122%; 34.00 / 13.07 = 2.60 in 2025
        ("players.microsoft_largest", "partly", 0.20124),  # 13 / 64.6 by money; 27 / 13 by stake
        ("players.external_capital_today", "holds", 0.85220),  # (179.6 + 74.1) / 297.7
        ("players.lifeline", "fails", 0.56174),  # 64.6 / (179.6 - 64.6)
        ("players.capital_efficiency_today", "holds", 2.90850),  # (30 / 74.1) / (25 / 179.6)
        ("players.self_funded_giants", "holds", 1.80104),  # Alphabet: 164.7 / 91.447
        ("market.concentration", "holds", 1.64688),  # (91.447 + 131.819 + 69.691 + 83.094) / 228.342
        ("market.nvidia_beneficiary", "holds", 1.92386),  # 75.246 / 39.112
        ("market.nvidia_capacity", "fails", 0.09967),  # 60 / (75.246 x 8) a quarter, 0.2 needed
        ("market.small_against_investment_today", "holds", 2.4),  # 60 / 25
        (
            "risks.costs_outgrow_revenue",
            "partly",
            0.77124,
        ),  # (34.00 / 12.48) / (13.07 / 3.70); 21.52 > 9.37 dollars
        ("risks.nav_share", "holds", 0.23665),  # 60 / (40060 / 158)
    ],
)
def test_verdict_and_figure_of_each_claim(rows, claim, verdict, computed):
    assert rows.loc[claim, "verdict"] == verdict
    assert rows.loc[claim, "computed"] == pytest.approx(computed, rel=1e-4)
    assert rows.loc[claim, "basis"] == "evidence"


def test_the_investment_is_weeks_of_chip_revenue_not_years(rows):
    # 60 / 75.246 x 13 weeks = 10.37 by the quarter known on the day; 60 / 89.0 x 13 = 8.76 by the one after
    assert (
        "$60B is 10.4 weeks of NVIDIA's data-center revenue" in rows.loc["market.nvidia_capacity", "reason"]
    )
    assert rows.loc["market.nvidia_capacity", "since"] == "At the quarter to 26 July 2026 it is 8.8 weeks."


@pytest.mark.parametrize(
    ("as_of", "told"),
    [
        ("2026-05-21", None),
        ("2026-06-30", None),
        ("2026-07-02", "$54.6B had been paid as far as known on 2 July 2026."),  # 44.6 and the 10 of 1 July
        ("2026-10-31", "$64.6B had been paid as far as known on 31 October 2026."),
    ],
)
def test_instalments_paid_after_the_article_are_told_and_change_no_verdict(judged, as_of, told):
    row = judged("lead.still_to_come", as_of=as_of).iloc[0]
    assert (row["verdict"], row["computed"], row["since"]) == ("fails", pytest.approx(20.0), told)
    assert "$44.6B of $64.6B had been paid" in row["reason"]


def test_a_fact_that_came_to_light_later_decides_only_from_then(judged):
    # the audited accounts of 2024 and 2025 became known on 16 June 2026
    on_the_day, at_base = (
        judged("risks.costs_outgrow_revenue", as_of=day).iloc[0] for day in ("2026-05-21", "2026-06-16")
    )
    assert on_the_day["verdict"] == "uncheckable"
    assert on_the_day["reason"] == (
        "Nothing on this was known on 21 May 2026. Accounts of OpenAI for two whole years would decide."
    )
    assert pd.isna(on_the_day["computed"])
    assert on_the_day["strength"] is None
    assert at_base["verdict"] == "partly"


def test_a_quarter_that_has_ended_but_is_not_reported_is_invisible(judged):
    # the quarter to 26 April 2026 was reported on 20 May: a day earlier the January quarter counts, 60 / 62.314 x 13 = 12.5
    before = judged("market.nvidia_capacity", as_of="2026-05-19").iloc[0]
    assert "12.5 weeks of NVIDIA's data-center revenue at the quarter to 25 January 2026" in before["reason"]


def test_a_lower_threshold_turns_what_counts_as_significant(judged):
    # 10% over two years, 7% over three
    assert judged("market.nvidia_capacity", significant_share=0.08)["verdict"].tolist() == ["partly"]
    assert judged("market.nvidia_capacity", significant_share=0.05)["verdict"].tolist() == ["holds"]


def test_strength_is_the_weakest_quality_that_was_read(rows):
    assert rows.loc["market.nvidia_capacity", "strength"] == "official"
    assert rows.loc["lead.largest_investment", "strength"] == "reported"
    assert rows.loc["risks.nav_share", "strength"] == "secondary"  # one transcription of the NAV page


def test_a_share_before_a_company_had_raised_anything_on_record_is_unknown(judged):
    row = judged("players.external_capital_today", as_of="2022-06-30").iloc[0]
    assert row["verdict"] == "uncheckable"
