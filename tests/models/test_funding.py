import math

import numpy as np
import pandas as pd
import pytest

from analysis.evidence import article_tables, evidence_tables
from analysis.models import funding


@pytest.fixture
def article_funding():
    return article_tables.parsed_cells("players").rename(columns={"row": "company"})


def test_shares_leave_out_internal_money_and_carry_the_bounds(article_funding):
    shares = funding.funding_shares(article_funding).set_index("company")
    # 20 / (20 + 7.6 + 6) = 0.5952;   OpenAI lowest: 20 / (20 + 8.36 + 6.6) = 0.5721;   > has no top
    assert shares.loc["OpenAI"].tolist() == [
        pytest.approx(0.59524, abs=1e-5),
        pytest.approx(0.57208, abs=1e-5),
        1.0,
    ]
    assert "Meta AI" not in shares.index
    assert shares.loc["xAI", "share_low"] == 0  # OpenAI may have raised anything


def test_the_two_together_hold_at_least_eighty_percent(article_funding):
    share, low, high = funding.joint_share(article_funding, ["OpenAI", "Anthropic"])
    # 27.6 / 33.6 = 0.8214;   lowest: (20 + 6.84) / (26.84 + 6.6) = 0.8026
    assert (share, low, high) == (pytest.approx(0.82143, abs=1e-5), pytest.approx(0.80263, abs=1e-5), 1.0)


def test_an_investment_moves_value_and_bounds(article_funding):
    after = funding.with_investment(article_funding, "OpenAI", 60).set_index("company")
    assert after.loc["OpenAI", ["value", "low"]].tolist() == [80, 80]
    assert after.loc["xAI", "value"] == 6
    assert math.isnan(after.loc["Meta AI", "value"])


def test_rounds_add_up_by_company_and_conditional_money_does_not_count():
    rounds = pd.DataFrame(
        [
            ("A", "seed", 1.0, "yes", "2024-01-01"),
            ("B", "seed", 5.0, "yes", "2024-02-01"),
            ("A", "if", 9.0, "no", "2024-03-01"),
            ("A", "next", 2.0, "yes", "2024-04-01"),
        ],
        columns=["company", "round", "amount_usd_bn", "in_total", "valid_on"],
    )
    result = funding.raised_over_time(rounds)
    assert result[["company", "raised_usd_bn"]].to_numpy().tolist() == [["A", 1.0], ["B", 5.0], ["A", 3.0]]
    assert funding.raised_over_time(rounds.iloc[:0]).empty


def test_money_on_conditions_is_summed_by_company():
    rounds = pd.DataFrame(
        {
            "company": ["A", "A", "B", "B"],
            "event": ["conditional", "conditional", "commitment", "conditional"],
        }
    )
    result = funding.conditional_usd_bn(rounds.assign(amount_usd_bn=[1.0, 2.0, 4.0, 8.0]))
    assert result.to_dict() == {"A": 3.0, "B": 8.0}


def tranches(*rows):
    columns = ["event", "valid_on", "amount_usd_bn", "cumulative_cost_usd_bn", "cost_on_completion_usd_bn"]
    return pd.DataFrame(rows, columns=columns).assign(valid_on=lambda t: pd.to_datetime(t["valid_on"]))


def steps(rows):
    result = funding.paid_and_promised(rows)
    return {
        str(day.date()): (paid, promised)
        for day, paid, promised in result[["valid_on", "paid_usd_bn", "promised_usd_bn"]].itertuples(
            index=False
        )
    }


def test_softbanks_money_steps_from_the_record():
    result = steps(evidence_tables.load("softbank_openai"))
    assert result == {
        "2025-03-31": (
            pytest.approx(math.nan, nan_ok=True),
            pytest.approx(32.2),
        ),  # 2.2 before Series F, and 30
        "2025-04-01": (pytest.approx(2.2), pytest.approx(32.2)),
        "2025-04-30": (pytest.approx(9.7), pytest.approx(32.2)),  # 2.2 + 7.5
        "2025-12-31": (pytest.approx(34.6), pytest.approx(34.6)),  # stated, not 2.2 + 7.5 + 22.5 = 32.2
        "2026-02-27": (pytest.approx(34.6), pytest.approx(64.6)),
        "2026-03-31": (pytest.approx(34.6), pytest.approx(64.6)),  # stated again
        "2026-04-01": (pytest.approx(44.6), pytest.approx(64.6)),
        "2026-07-01": (pytest.approx(54.6), pytest.approx(64.6)),
        "2026-10-01": (pytest.approx(64.6), pytest.approx(64.6)),
    }


def test_before_the_year_end_cost_was_published_the_instalments_stand_on_the_cost_before():
    # the 34.6 of 31 December was published on 12 February: until then 2.2 + 7.5 + 22.5 = 32.2
    result = steps(evidence_tables.load("softbank_openai", "2026-01-31"))
    assert result["2025-12-31"] == (pytest.approx(32.2), pytest.approx(32.2))


def test_a_commitment_without_a_stated_cost_promises_nothing_in_all():
    assert steps(tranches(("committed", "2025-03-31", 30, math.nan, math.nan))) == {}


def test_a_later_cost_is_no_base_where_money_was_paid_in_between():
    none = math.nan
    result = steps(
        tranches(
            ("committed", "2025-01-01", 10, none, none),
            ("paid", "2025-02-01", 4, none, none),
            ("position", "2025-03-01", none, 6, none),
        )
    )
    assert result["2025-03-01"] == (6, pytest.approx(none, nan_ok=True))


def test_a_position_that_states_a_value_alone_says_nothing_of_the_cost():
    none = math.nan
    result = steps(
        tranches(
            ("position", "2025-01-01", none, 2, none),
            ("position", "2025-02-01", none, none, none),
            ("paid", "2025-03-01", 3, none, none),
        )
    )
    assert {day: paid for day, (paid, _) in result.items()} == {"2025-01-01": 2, "2025-03-01": 2 + 3}


def test_what_was_paid_is_the_last_known_sum_or_nothing():
    # in 2024 no position was known; by publication day 34.6 and an instalment of 10; two more later
    paid = {
        day: funding.paid_usd_bn(evidence_tables.load("softbank_openai", day))
        for day in ("2024-12-31", "2026-05-21", "2026-10-31")
    }
    assert paid == pytest.approx({"2024-12-31": 0.0, "2026-05-21": 44.6, "2026-10-31": 64.6})


def test_a_plan_is_neither_paid_nor_promised():
    none = math.nan
    result = steps(
        tranches(("position", "2025-01-01", none, 2, none), ("planned", "2025-02-01", 9, none, none))
    )
    assert list(result) == ["2025-01-01"]


def test_no_tranche_gives_no_step():
    assert funding.paid_and_promised(evidence_tables.load("softbank_openai", "2024-01-01")).empty


def finance(**points):
    rows = [
        {
            "measure": "annualised_revenue",
            "counts": "yes",
            "value": value,
            "qualifier": "about",
            "valid_on": pd.Timestamp(day.replace("_", "-")[1:]),
        }
        for day, value in points.items()
    ]
    return pd.DataFrame(rows)


def test_a_run_rate_is_its_last_point_and_the_growth_of_its_last_months():
    # doubling each year until 2025, quadrupling after: current growth is the latter alone
    table = finance(d2023_01_01=1.0, d2024_01_01=2.0, d2025_01_01=4.0, d2025_07_01=8.0, d2026_01_01=16.0)
    table = pd.concat([table, table.tail(1).assign(counts="no", value=99.0)], ignore_index=True)
    result = funding.run_rate(table, months=12)
    assert result.last[["value", "valid_on"]].tolist() == [16.0, pd.Timestamp("2026-01-01")]
    assert result.recent == 3
    # the interval of three points on a line is the point error's prior: 2 to 15%
    assert result.growth.value == pytest.approx(4.0, rel=2e-3)  # 365 days are a little less than a year
    assert 2 < result.record.value < 4
    assert result.growth.low < 4 < result.growth.high and result.growth.level == 0.9


def test_two_points_make_no_current_growth():
    result = funding.run_rate(finance(d2024_01_01=1.0, d2025_01_01=2.0, d2026_01_01=4.0), months=12)
    assert (result.recent, result.record, result.growth) == (2, None, None)
    assert result.last["value"] == 4.0
    nothing = funding.run_rate(finance(d2024_01_01=1.0).iloc[:0])
    assert (nothing.recent, nothing.growth) == (0, None)
    assert math.isnan(nothing.last["value"])


def test_a_bound_bounds_the_growth_and_is_no_point_of_it():
    points = finance(d2025_01_01=4.0, d2025_07_01=6.0, d2026_01_01=9.0)
    line = funding.run_rate(points).growth.value

    def growth(value, qualifier):
        bound = finance(d2026_06_01=value).assign(qualifier=qualifier)
        return funding.run_rate(pd.concat([points, bound], ignore_index=True)).growth.value

    # the line says 12 or 13 then: what it meets anyway leaves it, what it breaks moves it
    for value, qualifier in ((30.0, "at most"), (5.0, "at least")):
        assert growth(value, qualifier) == pytest.approx(line, rel=1e-3)
    assert growth(8.0, "at most") < line < growth(30.0, "at least")


def test_a_square_of_the_date_tells_acceleration_from_decay_and_needs_six_points():
    t = np.arange(6) / 2
    days = pd.to_datetime("2024-01-01") + pd.to_timedelta(t * 365.25, unit="D")

    def change(square, n=6):
        rates = pd.DataFrame(
            {
                "measure": "annualised_revenue",
                "counts": "yes",
                "qualifier": "about",
                "valid_on": days[:n],
                "value": np.exp(t + square * t**2)[:n],
            }
        )
        return funding.growth_change(funding.run_rate(rates))

    # ln y = t + 0.2 t² exactly: the coefficient of the square is 0.2 wherever the dates are centred
    assert change(0.2).square == pytest.approx(0.2, abs=0.01)  # leap years stretch the dates
    assert change(-0.2).square == pytest.approx(-0.2, abs=0.01)
    assert change(0.2).n == 6
    assert (math.isnan(change(0.2, n=5).square), change(0.2, n=5).n) == (True, 5)
    assert math.isnan(funding.growth_change(None).p)
