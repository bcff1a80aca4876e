"""Forecasts: open until their day, with what the models say beside it and what is on record by then."""

import pytest

from analysis.models import exposure, outlook


def test_a_probability_leaves_a_forecast_open(rows):
    row = rows.loc["verdict.write_down"]
    assert row[["verdict", "basis", "strength"]].tolist() == ["open", "model", "model"]
    assert 0 < row["computed_low"] < row["computed"] < row["computed_high"] < 100
    assert f"In {row['computed']:.0f}% of simulated futures" in row["reason"]


def test_both_halves_of_a_prediction_are_less_likely_than_one(rows):
    assert rows.loc["verdict.costs_outpace", "computed"] < rows.loc["verdict.write_down", "computed"]


@pytest.mark.parametrize(
    ("claim", "change"),
    [
        ("verdict.write_down", {"write_down_pct": 50.0}),
        ("verdict.no_outsized_returns", {"outsized_moic": 1.5}),
        ("verdict.no_catastrophe", {"catastrophe_moic": 0.9}),
        ("risks.forced_sale", {"ltv_emergency_pct": 60.0}),
        ("risks.dilution", {"write_down_years": 1.0}),
    ],
)
def test_every_probability_falls_when_its_event_gets_rarer(rows, judged, claim, change):
    assert judged(claim, **change).iloc[0]["computed"] < rows.loc[claim, "computed"]


def test_a_forecast_is_judged_by_what_is_known_at_as_of(judged):
    # GPT-5 at 1.25 / 10 is 3.4375 blended; V4-Flash at 0.14 / 0.28 is 0.175 from 24 April 2026: 0.0509
    row = judged("verdict.open_hundredth").iloc[0]
    assert (row["verdict"], row["computed"]) == ("open", pytest.approx(0.175 / 3.4375))
    assert "due by 21 May 2028" in row["reason"]


def test_after_its_deadline_a_forecast_is_no_longer_open(judged):
    late = judged("verdict.open_hundredth", "verdict.open_parity", as_of="2028-06-01")
    assert late["verdict"].tolist() == ["fails", "fails"] or "open" not in late["verdict"].tolist()


def test_the_growth_that_the_valuation_needs_depends_on_the_share(rows):
    # 64.6 x 1.2 ** 5 / (0.13 x 6.928) = 178.5 of revenue; / 11.8 = 15.1 at the whole market, 30.3 at half
    row = rows.loc["market.implied_growth"]
    assert (row["verdict"], row["basis"]) == ("partly", "model")
    assert row["computed"] == pytest.approx(30.25, abs=0.05)


def test_a_forced_sale_is_counted_among_the_futures_with_a_write_down(rows, gather):
    given = gather().given
    paths = outlook.venture_paths(given, gather().record)
    balance = exposure.exceedance(outlook.exposure_paths(given, paths), given.ltv_emergency_pct / 100)
    in_all = balance.set_index("times_years").loc[given.write_down_years, "probability"] * 100
    assert (
        rows.loc["risks.forced_sale", "computed"] > in_all + 20
    )  # a fall of OpenAI goes with a fall of the rest
