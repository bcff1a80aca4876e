"""Verdicts on printed prices against what was asked."""

from dataclasses import replace

import pandas as pd
import pytest

from tests.audit.conftest import gathered, judge_cell, with_rows


def test_before_its_cut_a_price_agrees():
    facts = replace(gathered(as_of="2024-07-31"), day=pd.Timestamp("2024-07-31"))
    early = judge_cell("technical.table.gpt_4o.price_usd_per_mtok", facts)
    assert (early["verdict"], early["stale"], early["sourced"]) == ("holds", False, "$5.00 / $15.00")


def test_a_price_that_was_cut_is_stale_and_says_since_when(cell_rows):
    gpt, gemini = (
        cell_rows.loc[f"technical.table.{model}.price_usd_per_mtok"] for model in ("gpt_4o", "gemini_1_5_pro")
    )
    assert (gpt["stale"], gpt["protocol"]) == (True, "list price of 6 August 2024")
    assert (gemini["stale"], gemini["short"]) == (True, "$1.25 / $5.00 since 1 October 2024")


def test_a_price_that_was_never_asked_fails_without_being_stale():
    def more_expensive(prices):
        listed = (prices["article_model"] == "DeepSeek-V2") & (prices["seller"] == "DeepSeek")
        return prices.assign(price_input_usd_per_mtok=prices["price_input_usd_per_mtok"].mask(listed, 0.27))

    row = judge_cell(
        "technical.table.deepseek_v2.price_usd_per_mtok", with_rows(gathered(), "api_prices", more_expensive)
    )
    assert (row["verdict"], row["stale"], row["sourced"]) == ("fails", False, "$0.27 / $0.28")


def test_a_list_price_is_exact_and_not_a_rounded_figure():
    def a_little_more(prices):
        listed = (prices["article_model"] == "DeepSeek-V2") & (prices["seller"] == "DeepSeek")
        return prices.assign(price_input_usd_per_mtok=prices["price_input_usd_per_mtok"].mask(listed, 0.142))

    # 0.142 rounds to the printed 0.14
    name = "technical.table.deepseek_v2.price_usd_per_mtok"
    assert judge_cell(name, with_rows(gathered(), "api_prices", a_little_more))["verdict"] == "fails"


@pytest.mark.parametrize(
    ("price", "verdict"),
    [(2.0, "holds"), (3.0, "fails"), (1.0, "fails")],  # every host at $2, above it, below it
)
def test_a_model_without_a_price_of_its_own_is_compared_with_hosts(price, verdict):
    def at_this_price(prices):
        hosted = prices["article_model"] == "Llama 3.1 405B"
        return prices.assign(
            price_input_usd_per_mtok=prices["price_input_usd_per_mtok"].mask(hosted, price),
            price_output_usd_per_mtok=prices["price_output_usd_per_mtok"].mask(hosted, price),
        )

    row = judge_cell(
        "technical.table.llama_3_1_405b.price_usd_per_mtok",
        with_rows(gathered(), "api_prices", at_this_price),
    )
    assert row["verdict"] == verdict
