"""Verdicts on models, investors, funding and risks of companies."""

import pandas as pd
import pytest

from analysis.audit.cell_checks import rules
from analysis.evidence import cell_rules
from tests.audit.conftest import gathered, judge_cell, with_rows, with_value


@pytest.mark.parametrize("margin", [-122.0, 50.0])
def test_which_risk_counts_most_stays_a_judgement_whatever_the_costs(margin):
    row = judge_cell("players.table.openai.key_risk", with_value("openai.operating_margin_2026q1", margin))
    # 1 + 1.22 and 1 - 0.5 times revenue in the quarter
    assert row["verdict"] == "uncheckable"
    assert f"{1 - margin / 100:.1f} times its revenue in the quarter to 31 March 2026" in row["reason"]
    assert row["mentioned"] and not row["sources"]


def test_a_unit_is_paid_by_its_parent_where_facts_show_it(monkeypatch):
    pair = ("players", "key_investor")
    rule = rules.Internal.model_construct(
        parent="Alphabet", shows=("gemini_1_5_pro.moe",), told="It says so on {gemini_1_5_pro.moe}."
    )  # any fact stands in for one that shows it
    monkeypatch.setattr(
        cell_rules, "load", lambda *_: {pair: cell_rules.ColumnRules("It would.", {"Google DeepMind": rule})}
    )
    visible, hidden = (
        judge_cell("players.table.google_deepmind.key_investor", as_of=day)
        for day in ("2026-10-31", "2024-03-07")
    )
    assert (visible["verdict"], visible["sourced"]) == ("holds", "Alphabet")
    assert visible["reason"].startswith("It says so on 8 March 2024. ")
    assert (hidden["verdict"], hidden["sourced"]) == ("uncheckable", "none")
    # 17.197 + 22.446 + 23.953 + 27.851
    assert "Alphabet as a whole spent $91.4bn on capital goods in 2025" in visible["reason"]


def test_money_on_conditions_is_left_out_for_each_investor_and_each_total():
    investor, total = "players.table.openai.key_investor", "players.table.openai.total_funding_usd_bn"
    firm = with_value("openai.amazon_conditional", 0.0)
    # all 50 of Amazon's stand before NVIDIA's 30
    assert judge_cell(investor, firm)["sourced"] == "SoftBank, Amazon"
    counted = with_rows(
        gathered(),
        "funding_rounds",
        lambda rounds: rounds.assign(
            in_total=rounds["in_total"].mask(rounds["event"] == "conditional", "yes")
        ),
    )
    # 1 + 10 + 6.6 + 40 + 87, and with the 35 on conditions 179.6
    assert [judge_cell(total, rows)["sourced"] for rows in (gathered(), counted)] == ["144.6", "179.6"]


def test_the_named_investors_are_the_largest_by_money_and_by_stake_or_only_one_of_them():
    name = "players.table.openai.key_investor"
    reason = judge_cell(name)["reason"]
    assert reason.startswith("They are the largest by stake only")
    # stated stakes have their days; Amazon's 50 and NVIDIA's 30 at the 852 of 31 March 2026 are 5.9% and 3.5%
    stakes = (
        "Microsoft 27% (28 October 2025), SoftBank 13% (27 February 2026), Amazon at most 5.9%, NVIDIA at"
        " most 3.5%."
    )
    assert (
        f"By stake: {stakes} 'At most' takes all that is promised, at the value of the round of 31 March"
        " 2026." in reason
    )
    # 5% is below Amazon's 50 of 852
    assert judge_cell(name, with_value("microsoft.openai_stake", 5.0))["reason"].startswith(
        "They are investors, but not the largest"
    )
    richer = with_value("microsoft.openai_commitment", 31.0)
    assert judge_cell(name, richer)["verdict"] == "holds"


def test_a_rival_with_more_money_turns_the_cell_of_another_company():
    row = judge_cell("players.table.anthropic.key_investor", with_value("anthropic.nvidia_commitment", 13.1))
    assert (row["verdict"], row["sourced"]) == ("partly", "Google, NVIDIA")


def test_rounds_that_met_the_printed_total_once_make_it_stale():
    name = "players.table.anthropic.total_funding_usd_bn"

    def with_round(rounds):
        # 0.3 + 0.45 + 1.25 + 2.0 + 0.85 + 2.75 = 7.6 by 27 March 2024, 11.6 on 22 November 2024
        rounds = rounds[~rounds["round"].isin(["Asian telecoms 2023", "Menlo 2024"])]
        more = rounds[rounds["round"] == "Google commitment 2023"].assign(round="more", amount_usd_bn=0.85)
        return pd.concat([rounds, more]).sort_values("valid_on", kind="stable").reset_index(drop=True)

    row = judge_cell(name, with_rows(gathered(), "funding_rounds", with_round))
    assert (row["verdict"], row["stale"]) == ("fails", True)
    assert (
        "The article's $7.6bn was right from 27 March 2024 ($7.6bn) to 22 November 2024 ($11.6bn)"
        in row["reason"]
    )


def test_rounds_on_record_never_refute_a_larger_total():
    # 17.6 of OpenAI's and 6.0 of xAI's were in our data by 15 October 2024
    for company, verdict in (("openai", "uncheckable"), ("xai", "holds")):
        assert (
            judge_cell(f"players.table.{company}.total_funding_usd_bn", as_of="2024-10-15")["verdict"]
            == verdict
        )


def test_how_long_a_bound_stands_decides_whether_it_is_out_of_date():
    name = "players.table.openai.total_funding_usd_bn"
    before_2026 = {"as_of": "2025-06-30", "stale_after_years": 2.0}
    # 57.6 is 2.9 times the bound
    assert judge_cell(name, **before_2026)[["verdict", "stale"]].tolist() == ["holds", True]

    def small(rounds):
        return rounds[
            rounds["round"].isin(["Microsoft 2023", "2024 round"]) | (rounds["company"] != "OpenAI")
        ].replace({"amount_usd_bn": {6.6: 13.0}})

    # 10 + 13 = 23 since 2 October 2024, 1.6 years before the article
    facts = with_rows(gathered(), "funding_rounds", small)
    assert judge_cell(name, facts)[["verdict", "stale"]].tolist() == ["holds", True]
    facts = with_rows(gathered(stale_after_years=2.0), "funding_rounds", small)
    assert judge_cell(name, facts)[["verdict", "stale"]].tolist() == ["holds", False]


def test_gpt_5_was_no_longer_in_development_once_it_was_out():
    row = judge_cell("players.table.openai.primary_model", as_of="2025-09-01")
    assert (row["verdict"], row["stale"], row["sourced"]) == ("fails", True, "GPT-5")
    assert "GPT-5 was no longer in development" in row["reason"]
