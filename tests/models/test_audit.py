"""The verdicts on the article's arithmetic, each with its hand calculation, and the rules that lead to them."""

import math

import pytest

from analysis.errors import DataError
from analysis.evidence import claims, tables
from analysis.evidence.claims import Claim
from analysis.models import audit
from analysis.models.audit import Finding, Interval
from analysis.units import parse

GIVEN = {"elapsed_years": 4.0, "input_token_share": 0.75, "vast_majority_share": 0.75}


def ledger(**changes):
    return audit.ledger(claims.load(), audit.Facts(tables.every_cell(), GIVEN | changes)).set_index("id")


@pytest.fixture(scope="module")
def rows():
    return ledger()


@pytest.mark.parametrize(
    ("claim", "verdict", "computed"),
    [
        ("market.cagr.code_generation", "fails", 56.508),  # 6 ** 0.25 - 1
        ("market.cagr.customer_service", "fails", 45.648),  # 4.5 ** 0.25 - 1
        ("market.cagr.content_creation", "fails", 41.421),  # 4 ** 0.25 - 1
        ("market.cagr.drug_discovery", "fails", 51.967),  # (16 / 3) ** 0.25 - 1
        ("market.cagr.robotics", "fails", 58.114),  # 6.25 ** 0.25 - 1
        ("market.total", "holds", 11.8),  # against 10.8 to 13.2
        ("market.small_against_investment", "holds", 5.0847),  # 60 / 11.8
        ("market.required_growth", "fails", 4.9153),  # 58 / 11.8 against 10 to 20
        ("technical.mmlu_lead", "partly", 0.4),  # 88.7 - 88.3 over Claude fails; 1.4 over Llama holds
        ("technical.humaneval_lead", "partly", -1.8),  # 90.2 - 92.0 over Claude fails; 1.2 over Llama holds
        ("technical.price_over_claude", "fails", 1.25),  # 7.5 / 6; 1.67 on input, 1.00 on output
        ("technical.price_over_deepseek", "partly", 42.857),  # 5 / 0.14 within rounding of 35, 15 / 0.28 not
        ("technical.open_models_cheaper", "holds", 3.75),  # 7.5 / 2, the dearer of the two open ones
        ("players.anthropic_parts", "holds", 0.78947),  # 6 / 7.6
        ("players.capital_efficiency", "holds", 2.63158),  # 20 / 7.6, and 20 is a floor
        ("players.external_capital", "holds", 0.82143),  # 27.6 / 33.6, at least 0.80
        ("lead.largest_investment", "uncheckable", 4.61538),  # 60 / 13, and 13 is a floor
        ("players.lifeline", "uncheckable", 3.0),  # 60 / 20, and 20 is a floor
    ],
)
def test_verdict_and_figure_of_each_claim(rows, claim, verdict, computed):
    assert rows.loc[claim, "verdict"] == verdict
    assert rows.loc[claim, "computed"] == pytest.approx(computed, rel=1e-4)


def test_no_claim_is_left_out(rows):
    assert len(rows) == 18
    assert set(audit.FIELDS) == {"id", *rows.columns}


def test_reasons_carry_the_numbers(rows):
    assert rows.loc["market.cagr.code_generation", "reason"] == (
        "From $2.5B to $15B is 56.5% a year over 4 years; the printed 43% needs 5.0 years."
    )
    assert (
        "35.7x on input (34.4 to 37.1 within rounding), 53.6x on output"
        in rows.loc["technical.price_over_deepseek", "reason"]
    )
    assert "it holds input, not output" in rows.loc["technical.price_over_deepseek", "reason"]
    assert "1.8 points behind Claude 3.5 Sonnet" in rows.loc["technical.humaneval_lead", "reason"]
    assert rows["reason"].str.contains(r"\d").all()


def test_over_five_years_every_growth_rate_holds():
    growth_rates = ledger(elapsed_years=5.0).filter(like="market.cagr", axis=0)
    assert growth_rates["verdict"].unique().tolist() == ["holds"]


def test_a_higher_threshold_for_a_vast_majority_turns_the_verdict():
    # the share is 0.80 to 1.00: above 0.75 for sure, above 0.9 perhaps
    assert ledger(vast_majority_share=0.9).loc["players.external_capital", "verdict"] == "uncheckable"


@pytest.mark.parametrize(
    ("readings", "accepted", "verdict"),
    [
        ([(5, 4, 6)], "4-5x", "holds"),
        ([(5, 5.1, 6)], "4-5x", "fails"),
        ([(5, 4, 6), (9, 8, 10)], "4-5x", "partly"),
        ([(5, 4, math.inf, True)], "over 3x", "holds"),  # wholly inside, though open above
        ([(5, 2, math.inf, True)], "over 3x", "uncheckable"),  # open above, and may lie on either side
        ([(5, 0, 6, True)], "over 3x", "uncheckable"),  # open below
        ([(5, 2.9, 3.2)], "over 3x", "holds"),  # rounding alone never decides against
    ],
)
def test_how_readings_and_bounds_become_a_verdict(readings, accepted, verdict):
    finding = Finding({str(i): Interval(*reading) for i, reading in enumerate(readings)}, "")
    assert audit.judge(finding, parse(accepted, "x")) == verdict


def test_a_quotient_of_open_ends_stays_open():
    floor = Interval(13, 13, math.inf, open=True)
    assert audit.ratio(Interval(60, 54, 66), floor) == (
        pytest.approx(60 / 13),
        0.0,
        pytest.approx(66 / 13),
        True,
    )
    assert audit.ratio(floor, Interval(8, 7, 9))[2:] == (math.inf, True)
    assert not audit.ratio(Interval(60, 54, 66), Interval(8, 7, 9)).open


def test_corners_give_the_extremes_of_a_monotone_function():
    # (14.5 / 2.55) ** 0.25 = 1.5442;   (15.5 / 2.45) ** 0.25 = 1.5860
    found = audit.corners(lambda a, b: (b / a) ** 0.25, Interval(2.5, 2.45, 2.55), Interval(15, 14.5, 15.5))
    assert (found.low, found.high) == (pytest.approx(1.5442, abs=1e-4), pytest.approx(1.5860, abs=1e-4))


def claim(check):
    return Claim(
        id="market.x",
        where=("market.5",),
        kind="quantity",
        statement="a statement of ours",
        unit="x",
        stated="1x",
        check=check,
    )


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ({"name": "growthrate"}, "there is no check 'growthrate'. The nearest valid name is 'growth_rate'"),
        ({"name": "growth_rate"}, "missing 1 required keyword-only argument: 'segment'"),
        ({"name": "market_total", "years": 4}, "unexpected keyword argument 'years'"),
        ({"name": "growth_rate", "segment": "AI Drugs"}, "has no size_2024_usd_bn for 'AI Drugs'"),
    ],
)
def test_a_check_that_cannot_run_is_refused_by_claim(check, said):
    with pytest.raises(DataError) as caught:
        audit.ledger([claim(check)], audit.Facts(tables.every_cell(), GIVEN))
    assert said in str(caught.value)


def test_counts_hold_every_verdict_and_every_claim(rows):
    counts = audit.counts(rows.reset_index())
    assert list(counts.columns) == list(audit.VERDICTS)
    assert counts.to_numpy().sum() == len(rows)
    assert counts["fails"].sum() == 7
