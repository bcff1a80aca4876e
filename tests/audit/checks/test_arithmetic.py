"""The verdicts on the article's own arithmetic, each with its hand calculation."""

import re

import numpy as np
import pytest

from analysis.audit.checks import arithmetic
from analysis.units import parse_figure


@pytest.mark.parametrize(
    ("claim", "verdict", "computed"),
    [
        ("market.cagr.code_generation", "fails", 56.508),  # 6 ** 0.25 - 1
        ("market.cagr.customer_service", "fails", 45.648),  # 4.5 ** 0.25 - 1
        ("market.cagr.content_creation", "fails", 41.421),  # 4 ** 0.25 - 1
        ("market.cagr.drug_discovery", "fails", 51.967),  # (16 / 3) ** 0.25 - 1
        ("market.cagr.robotics", "fails", 58.114),  # 6.25 ** 0.25 - 1
        ("market.total", "partly", 11.8),  # against 10.8 to 13.2; the 58 of 2028 are not
    ],
)
def test_verdict_and_figure_of_each_claim(rows, claim, verdict, computed):
    assert rows.loc[claim, "verdict"] == verdict
    assert rows.loc[claim, "computed"] == pytest.approx(computed, rel=1e-4)
    assert rows.loc[claim, ["basis", "strength"]].tolist() == ["article", "article"]
    assert [source["title"] for source in rows.loc[claim, "sources"]] == ["article"]


def test_reasons_carry_the_numbers(rows):
    # (15 / 2.5) ** (1 / 4) = 1.565; log(6) / log(1.43) = 5.0
    reason = rows.loc["market.cagr.code_generation", "reason"]
    assert reason.startswith("No")
    assert re.findall(r"\$?\d[\d.]*(?:bn|%| years)?", reason) == ["$2.5bn", "$15bn", "57%", "43%", "5 years"]


def test_growth_is_aggressive_where_it_is_beyond_the_sizes_of_the_article(rows, gather):
    # (58 / 11.8) ** (1 / 4) = 1.489 a year, 7.32 in five years: below the 10 of 10 to 20, above the 5 of 5 to
    # 20 10 ** (1 / 5) = 1.585 and 20 ** (1 / 5) = 1.821
    row = rows.loc["market.required_growth"]
    assert row["verdict"] == "holds"
    assert row["reason"].startswith("Yes") and "7.3-fold" in row["reason"]
    assert re.findall(r"\d+(?:-fold|%)", row["details"]) == ["49%", "10-fold", "20-fold", "58%", "82%"]
    assert np.isnan(
        row["computed"]
    )  # the pace of the table is no figure to compare with what the article calls aggressive
    less = arithmetic.market_multiple(gather(), parse_figure("5-20x", "x"))
    assert less.readings == {"beyond its own sizes": False} and less.reason.startswith("No")


def test_the_answer_on_the_total_follows_the_sum_of_the_table(rows, gather):
    # 2.5 + 4 + 3 + 1.5 + 0.8 = 11.8, which is roughly 12 and not roughly 20
    assert rows.loc["market.total", "reason"].startswith("Right as the sum of the table's sales, $11.8bn. ")
    other = arithmetic.market_total(gather(), parse_figure("roughly $20 billion", "usd_bn"))
    assert other.reason.startswith("Wrong even as the sum")


def test_over_five_years_every_growth_rate_holds(judged):
    names = ["code_generation", "customer_service", "content_creation", "drug_discovery", "robotics"]
    growth_rates = judged(*(f"market.cagr.{name}" for name in names), elapsed_years=5.0)
    assert growth_rates["verdict"].tolist() == ["holds"] * 5
