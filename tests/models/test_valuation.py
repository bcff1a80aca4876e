import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.models import valuation
from analysis.models.valuation import Business, Plan

TWO_YEARS = Business(
    revenue_usd_bn=100, margin_pct=-50, target_margin_pct=30, years=2, return_pct=10, long_run_growth_pct=5
)
OPENAI = Business(
    revenue_usd_bn=35, margin_pct=-122, target_margin_pct=25, years=10, return_pct=20, long_run_growth_pct=4
)


def worth(business, target_usd_bn):
    return valuation.cash_flow_path(business, target_usd_bn)["present_usd_bn"].sum()


def test_the_value_of_two_years_by_hand():
    # 100 -> 400 in two years: 200 and 400; margins -50 + 80/2 = -10 and 30 percent: -20 and +120
    # after: 120 * 1.05 / (0.10 - 0.05) = 2520
    # -20 / 1.1 + (120 + 2520) / 1.21 = -18.1818 + 2181.8182 = 2163.6364
    table = valuation.cash_flow_path(TWO_YEARS, 400)
    assert table["revenue_usd_bn"].tolist() == pytest.approx([200, 400])
    assert table["cash_flow_usd_bn"].tolist() == pytest.approx([-20, 120])
    assert table["terminal_usd_bn"].tolist() == pytest.approx([0, 2520])
    assert worth(TWO_YEARS, 400) == pytest.approx(2163.636364)
    assert valuation.required_revenue(TWO_YEARS, 2163.6363636363635) == pytest.approx(400, rel=1e-9)


def test_a_sale_at_a_multiple_by_hand():
    # as above, but sold after two years at 8 times the next year's revenue: 8 * 400 * 1.05 = 3360
    # -18.1818 + (120 + 3360) / 1.21 = 2857.8512
    sold = replace(TWO_YEARS, exit_multiple=8)
    assert worth(sold, 400) == pytest.approx(2857.851240)
    # what nobody sells is worth 0.30 / (0.10 - 0.05) = 6 times the next year's revenue
    assert TWO_YEARS.terminal_multiple == pytest.approx(6)
    assert worth(replace(TWO_YEARS, exit_multiple=6), 400) == pytest.approx(2163.636364)


@pytest.mark.parametrize("years", [1, 3, 10])
def test_growth_that_never_changes_is_a_perpetuity_from_the_first_year(years):
    # margin and growth are the same before and after: m R0 (1 + l) / (r - l) = 0.2 * 50 * 1.04 / 0.06,
    # however it is cut
    same = Business(50, 20, 20, years, 10, 4)
    assert worth(same, 50 * 1.04**years) == pytest.approx(0.2 * 50 * 1.04 / 0.06)


@settings(max_examples=60)
@given(
    price=st.floats(1, 5000),
    margin=st.floats(-200, 40),
    target=st.floats(2, 60),
    years=st.integers(1, 15),
    growth=st.floats(-5, 6),
    above=st.floats(1, 30),
    multiple=st.none() | st.floats(1, 30),
)
def test_the_business_is_worth_its_price_at_the_revenue_found(
    price, margin, target, years, growth, above, multiple
):
    business = Business(35, margin, target, years, growth + above, growth, multiple)
    needed = valuation.required_revenue(business, price)
    # terms up to the size of the revenue cancel, each to 16 digits
    assert worth(business, needed) == pytest.approx(price, rel=1e-9, abs=1e-15 * needed)
    dearer = replace(business, return_pct=business.return_pct + 1)
    assert valuation.required_revenue(dearer, price) > needed
    assert valuation.required_revenue(replace(business, target_margin_pct=target + 1), price) < needed


def test_a_grid_holds_every_case_and_what_it_takes():
    table = valuation.required_grid(
        OPENAI, 772, pool_usd_bn=1200, returns_pct=[10, 20], margins_pct=[15, 25, 35]
    )
    assert table[["return_pct", "margin_pct"]].to_numpy().tolist() == [
        [r, m] for r in (10, 20) for m in (15, 25, 35)
    ]
    assert set(table["years"]) == {10}
    row = table.set_index(["return_pct", "margin_pct"]).loc[(20, 25)]
    assert row["revenue_usd_bn"] == pytest.approx(valuation.required_revenue(OPENAI, 772))
    assert row["pool_share"] == pytest.approx(row["revenue_usd_bn"] / 1200)
    assert 35 * (1 + row["growth_pct"] / 100) ** 10 == pytest.approx(row["revenue_usd_bn"])
    flows = valuation.cash_flow_path(OPENAI, row["revenue_usd_bn"])["cash_flow_usd_bn"]
    assert row["losses_usd_bn"] == pytest.approx(-sum(flow for flow in flows if flow < 0))
    # only what is asked for changes
    years = valuation.required_grid(OPENAI, 772, pool_usd_bn=1200, years=[5, 10])
    assert years["return_pct"].tolist() == [20, 20]
    short = valuation.required_revenue(replace(OPENAI, years=5), 772)
    assert years["revenue_usd_bn"].tolist() == pytest.approx([short, row["revenue_usd_bn"]])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"return_pct": 4}, "return_pct is 4 and long_run_growth_pct 4: growth without end must stay below"),
        ({"target_margin_pct": 0}, "target_margin_pct is 0: write greater than 0"),
        ({"revenue_usd_bn": math.nan}, "revenue_usd_bn is nan"),
        ({"years": 0}, "years is 0: write whole years"),
        ({"years": 2.5}, "years is 2.5: write whole years"),
        ({"exit_multiple": 0}, "exit_multiple is 0"),
        ({"exit_multiple": math.nan}, "exit_multiple is nan"),
        ({"return_pct": -100, "exit_multiple": 5}, "return_pct is -100: write a growth above -100 percent"),
    ],
)
def test_what_cannot_be_valued_is_refused_in_one_line(changed, message):
    with pytest.raises(ValueError, match=message) as refused:
        replace(OPENAI, **changed)
    assert "\n" not in str(refused.value)


def test_a_sale_needs_no_return_above_the_growth():
    assert valuation.required_revenue(replace(OPENAI, return_pct=3, exit_multiple=5), 772) > 0


@pytest.mark.parametrize("price", [0, -80, math.inf])
def test_no_revenue_explains_a_price_that_is_none(price):
    with pytest.raises(ValueError, match="price_usd_bn is"):
        valuation.required_revenue(OPENAI, price)


# Ten percent of the users take half of the tokens: z(0.9) + z(0.5) = 1.281552 + 0
SPREAD = 1.2815515655446004
PLAN = Plan(plan_usd=20, price_usd_per_mtok=10, cost_usd_per_mtok=4, cost_share=0.5, spread=SPREAD)


def test_the_spread_by_hand_and_by_drawing():
    assert valuation.spread(0.1, 0.5) == pytest.approx(SPREAD)
    # z(0.9) + z(0.75) = 1.281552 + 0.674490
    assert valuation.spread(0.1, 0.75) == pytest.approx(1.956041, abs=1e-6)
    use = np.sort(np.exp(SPREAD * np.random.default_rng(1).standard_normal(400_000)))
    assert use[-40_000:].sum() / use.sum() == pytest.approx(0.5, abs=0.01)


def test_the_use_of_subscribers_by_hand():
    # mean: half of 20 dollars at 4 dollars a million is 2.5
    # million; median 2.5 * exp(-1.281552^2 / 2) = 2.5 * 0.439909
    assert PLAN.mean_mtok == pytest.approx(2.5)
    assert PLAN.median_mtok == pytest.approx(1.099773, abs=1e-5)
    # nine in ten stay below the median * exp(1.281552^2) = 1.099773 * 5.16743
    assert PLAN.used_mtok([0.5, 0.9]).tolist() == pytest.approx([1.09977, 5.68300], abs=1e-4)


def test_where_use_passes_the_plan_by_hand():
    table = valuation.plan_break_even(PLAN).set_index("counted_at")
    # 20 / 4 and 20 / 10 million tokens
    assert table["use_mtok"].tolist() == pytest.approx([5, 2])
    # ln(5 / 1.099773) / 1.281552 = 1.18164: above it are 11.87% of the users with Phi(1.281552 - 1.18164) =
    # 53.98% of the tokens
    assert table.loc["cost", "share_above"] == pytest.approx(0.11867, abs=1e-4)
    assert table.loc["cost", "token_share_above"] == pytest.approx(0.53979, abs=1e-4)
    assert table.loc["price", "share_above"] > table.loc["cost", "share_above"]


def test_at_equal_margins_only_the_spread_decides_who_overpays():
    # price = cost / cost share: the mean subscriber pays 20
    # either way, and 1 - Phi(spread / 2) use more than the mean
    for plan in (replace(PLAN, price_usd_per_mtok=8), replace(PLAN, plan_usd=200, price_usd_per_mtok=8)):
        table = valuation.plan_break_even(plan).set_index("counted_at")
        assert table.loc["price", "use_mtok"] == pytest.approx(plan.mean_mtok)
        assert table.loc["price", "share_above"] == pytest.approx(0.5 * math.erfc(SPREAD / 2 / math.sqrt(2)))


def test_cheaper_tokens_by_hand():
    table = valuation.cheaper_tokens(PLAN, [1, 4], [0, 1, 1.5]).set_index(["elasticity", "fall_x"])
    # today: half of the plan is cost; 10 dollars * 2.5 million
    assert (table.xs(1, level="fall_x")["plan_margin_pct"] == 50).all()
    assert (table.xs(1, level="fall_x")["token_revenue_usd"] == 25).all()
    # a quarter of the price: constant use costs 0.125 of
    # the plan; at 1.5 use is 8 times, cost 4^0.5 = 2 times
    assert table.loc[(0, 4), ["use_x", "plan_margin_pct", "token_revenue_usd"]].tolist() == [1, 87.5, 6.25]
    assert table.loc[(1.5, 4), ["use_x", "plan_margin_pct", "token_revenue_usd"]].tolist() == pytest.approx(
        [8, 0, 50]
    )
    # an elasticity of one is the turning point: nothing changes
    assert table.loc[(1, 4), ["plan_margin_pct", "token_revenue_usd"]].tolist() == [50, 25]
    assert (table["token_margin_pct"] == 60).all()


def test_what_one_gains_the_other_loses():
    falls, elasticities = [1, 2, 5, 10], [0.5, 0.9, 1.1, 2]
    table = valuation.cheaper_tokens(PLAN, falls, elasticities)
    for elasticity, part in table.groupby("elasticity"):
        rises = elasticity > 1
        assert (part["token_revenue_usd"].diff().dropna() > 0).all() == rises
        assert (part["plan_margin_pct"].diff().dropna() < 0).all() == rises


def test_how_long_until_the_median_use_costs_a_tenth_of_the_plan():
    # 10 dollars * 1.099773 million = 10.99773 dollars; ln(10.99773 / 2) / ln 4 = 1.22957 years
    assert valuation.years_until(PLAN, 0.1, 4) == pytest.approx(1.22957, abs=1e-4)
    assert valuation.years_until(PLAN, 0.6, [4, 1]).tolist() == [0, 0]  # it costs 55% already
    # a price that falls by the square falls twice as fast in logs; one that does not fall never gets there
    assert valuation.years_until(PLAN, 0.1, [16, 1]).tolist() == [
        pytest.approx(1.22957 / 2, abs=1e-4),
        math.inf,
    ]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: replace(PLAN, cost_usd_per_mtok=11), "cost_usd_per_mtok is 11, above price_usd_per_mtok 10"),
        (lambda: replace(PLAN, spread=0), "spread is 0"),
        (lambda: valuation.spread(0.5, 0.4), "heavy_share is 0.5, heavy_token_share 0.4"),
        (lambda: valuation.cheaper_tokens(PLAN, [0], [1]), "falls_x must lie above 0"),
        (lambda: valuation.years_until(PLAN, 0, 4), "plan_share is 0"),
        (lambda: valuation.required_grid(OPENAI, 772, pool_usd_bn=0), "pool_usd_bn is 0"),
        (lambda: valuation.cash_flow_path(OPENAI, 0), "target_usd_bn is 0"),
    ],
)
def test_wrong_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_two_readings_of_a_price_are_those_of_the_business_held_and_sold():
    sold = OPENAI.sold_at(7.0)
    assert (sold.exit_multiple, sold.held) == (7.0, OPENAI)
    need = valuation.revenue_need(sold, 800, pool_usd_bn=1000)
    assert need.value == need.held == valuation.required_revenue(OPENAI, 800)
    assert need.sold == valuation.required_revenue(sold, 800)
    assert (need.low, need.high) == (min(need.held, need.sold), max(need.held, need.sold))
    assert (need.held_share, need.sold_share) == (need.held / 1000, need.sold / 1000)


def test_waiting_times_are_the_years_at_each_speed():
    table = valuation.waiting_times(PLAN, [0.1, 0.05], slow=4, central=13, fast=40).set_index("plan_share")
    assert table.loc[0.05].tolist() == valuation.years_until(PLAN, 0.05, [4, 13, 40]).tolist()
    assert (table["wait_slow_years"] > table["wait_fast_years"]).all()


def test_what_the_middle_subscriber_would_pay_by_the_token():
    assert PLAN.median_usd == pytest.approx(PLAN.median_mtok * PLAN.price_usd_per_mtok)
