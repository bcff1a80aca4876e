"""Forecasts: open until their day, with what the models say next to it and what our data show by then."""

import re

import pytest

from analysis.audit.checks import forecasts
from analysis.audit.verdicts import judge
from analysis.evidence import claims, predictions
from analysis.forecasts import indicators, methods
from analysis.models import balance_sheet, outlook
from analysis.units import parse_figure


def test_a_probability_leaves_a_forecast_open(rows):
    row = rows.loc["verdict.write_down"]
    assert row[["verdict", "basis", "strength"]].tolist() == ["open", "model", "model"]
    assert 0 < row["computed"] < 100
    assert f"of our raw model's futures ({row['computed']:.0f}%)" in row["reason"]
    assert "under our base assumptions" in row["reason"]


def test_the_noise_of_the_simulation_is_no_uncertainty_about_the_world(rows):
    open_ones = rows[(rows["basis"] == "model") & (rows["verdict"] == "open")]
    assert (open_ones["computed_low"] == open_ones["computed_high"]).all()
    texts = open_ones["reason"] + open_ones["details"]
    assert texts.str.contains("simulated futures").all()
    assert not texts.str.contains("another run|standard error|±").any()


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.845, "about five in six"),  # 5/6 = 0.833, 7/8 = 0.875
        (0.274, "about one in four"),  # 1/4 = 0.250, 1/3 = 0.333
        (0.5, "about one in two"),
        (0.1, "about one in ten"),
        (0.0557, "about one in 20"),  # 1 in 18
        (0.942, "about 19 in 20"),  # the other 5.8% are 1 in 17
        (0.002, "fewer than one in 100"),
        (0.999, "more than 99 in 100"),
    ],
)
def test_a_share_is_given_as_odds_that_a_reader_knows(share, words):
    assert forecasts.odds(share) == words


def test_a_cause_is_counted_among_the_futures_with_its_effect(rows, gather):
    # a cause: in what part of the futures with a write-down computing costs had outgrown revenue, and both as
    # a part of all; the claim and the part of the prediction count the same draws
    facts = gather()
    context = methods.MethodContext(facts.assumptions, facts, predictions.load_table())
    down, costs = methods.event_draws(context)
    row = rows.loc["verdict.costs_outpace"]
    assert row["computed"] == pytest.approx(100 * costs[down].mean())
    assert f"that is {(down & costs).mean():.0%} of all futures" in row["reason"]
    assert f"Counted in {down.sum():,} simulated futures" in row["details"]


@pytest.mark.parametrize(
    ("claim", "change"),
    [
        ("verdict.write_down", {"write_down_pct": 50.0}),
        ("verdict.no_outsized_returns", {"outsized_moic": 1.5}),
        ("verdict.no_catastrophe", {"catastrophe_moic": 0.9}),
        ("risks.dilution", {"write_down_years": 1.0}),
    ],
)
def test_every_probability_falls_when_its_event_gets_rarer(rows, judged, claim, change):
    assert judged(claim, **change).iloc[0]["computed"] < rows.loc[claim, "computed"]


def test_a_forecast_is_judged_by_what_is_known_at_as_of(judged):
    # GPT-5 at 1.25 / 10 is 3.4375 blended; of the models that matched its 86.2 by then Qwen3.5 (86.4), at 0.6
    # / 3.6, is cheapest: 1.35
    row = judged("verdict.open_hundredth", as_of="2026-05-21").iloc[0]
    assert (row["verdict"], row["computed"]) == ("open", pytest.approx(1.35 / 3.4375))
    assert "qwen3.5-397b-a17b from Alibaba, costs 1/3 of GPT-5's launch price" in row["reason"]
    assert row["reason"].endswith("The deadline is 21 May 2028.")


def test_only_an_open_model_that_matches_has_the_price_in_question(rows, gather):
    # V4-Flash of July scores 91.0 against GPT-5's 86.2 and costs 0.175 / 0.35 at Venice, 0.21875 blended:
    # 1/16 of 3.4375. That of April costs 0.122875 on OpenRouter, 1/28, and has no such score; gpt-oss-120b
    # (0.07425, 1/46) is older than GPT-5
    row = rows.loc["verdict.open_hundredth"]
    assert "1/16 of GPT-5's" in row["reason"] and "1/28" not in row["reason"]
    assert "April on OpenRouter (1/28)" in row["details"] and "1/46 of that price" in row["details"]


def test_the_claim_and_the_indicator_read_the_same_price(rows, gather):
    facts = gather()
    watched = indicators.table(facts.assumptions, facts).set_index("id").loc["open_price_ratio", "value"]
    assert rows.loc["verdict.open_hundredth", "computed"] == watched


def test_the_answer_on_a_price_follows_the_part_that_is_asked_for(gather):
    # 1/16 is below a tenth and above a hundredth
    check = next(claim.check for claim in claims.load() if claim.id == "verdict.open_hundredth")
    arguments = {key: value for key, value in check.items() if key != "name"}
    finding = forecasts.open_price(gather().without_memory(), parse_figure("1/10th", "x"), **arguments)
    assert finding.reason.startswith("By price and one test it is there: ") and finding.verdict == "open"


def test_what_only_points_one_way_never_rules_on_a_forecast(judged):
    # Muse Spark, price cuts and an enterprise share are mentioned: past the deadline they would have borne
    # the forecast out
    names = [
        f"verdict.{name}"
        for name in ("open_parity", "open_hundredth", "open_llama", "price_war", "enterprise_pivot")
    ]
    late = judged(*names, as_of="2029-06-01")
    assert late["verdict"].tolist() == ["uncheckable"] * len(names)
    assert late["reason"].str.contains("a ruling would settle it").all()


@pytest.fixture
def ruled(monkeypatch):
    """A ruling on part p2.llama, of 1 September 2026 and by the release of Muse Spark."""
    content = predictions.read()
    ruling = predictions.Resolution(
        by=("muse_spark.release",), because="Not a Llama at all.", resolved_on="2026-09-01", outcome=False
    )
    part = content.predictions["p2.llama"].model_copy(update={"resolution": ruling})
    changed = content.model_copy(update={"predictions": content.predictions | {"p2.llama": part}})
    monkeypatch.setattr(predictions, "read", lambda *_: changed)


@pytest.mark.parametrize(("as_of", "verdict"), [("2026-08-31", "open"), ("2026-09-01", "fails")])
def test_a_ruling_decides_a_forecast_from_its_day(judged, ruled, as_of, verdict):
    row = judged("verdict.open_llama", as_of=as_of).iloc[0]
    assert row["verdict"] == verdict
    assert (row["reason"] == "Not a Llama at all.") == (verdict == "fails")
    assert (len(row["sources"]) == 2) == (verdict == "fails")  # the article, and what the ruling rests on


def test_the_growth_that_the_valuation_needs_depends_on_the_share(rows):
    # at the middle of 2.1 and 5.2, 64.6 x 1.2 ** 5 / (0.13 x 3.305) = 374.2 of revenue; / 11.8 = 31.7 at the
    # whole market, 63.4 at half: at no share do 10 to 20-fold markets suffice
    row = rows.loc["market.implied_growth"]
    assert (row["verdict"], row["basis"]) == ("fails", "model")
    assert row["computed"] == pytest.approx(63.4, abs=0.1)
    assert row["reason"].startswith("No")
    assert re.findall(r"\d+-fold", row["reason"]) == ["32-fold", "63-fold"]


@pytest.mark.parametrize(
    ("stated", "answer", "shares", "verdict"),
    [
        ("10-30x", "No", [], "fails"),  # all of the markets need 31.7, half of them 63.4
        ("10-70x", "Yes", [], "holds"),
        ("40-70x", "Only", ["at most 79%"], "partly"),  # 374.2 / (40 x 11.8)
        ("36-40x", "Only", ["at least 79%", "at most 88%"], "partly"),  # 374.2 / (36 x 11.8)
    ],
)
def test_the_answer_on_growth_follows_the_shares_that_meet_it(gather, stated, answer, shares, verdict):
    finding = forecasts.implied_growth(gather().without_memory(), parse_figure(stated, "x"), most=0.5)
    assert finding.reason.startswith(answer)
    assert re.findall(r"at (?:most|least) \d+%", finding.reason) == shares
    assert judge(finding, parse_figure(stated, "x")) == verdict


def test_dilution_is_counted_among_the_futures_in_which_costs_outgrow_revenue(rows, gather):
    paths = outlook.venture_paths(gather().assumptions, gather().record)
    last = int(outlook.deadline_years(gather().assumptions) * 4)
    in_all = (paths.kept_share[:, last] < 0.9).mean() * 100
    assert rows.loc["risks.dilution", "computed"] > in_all + 10  # who runs short sells more shares


def test_ruin_is_rarer_than_a_forced_sale(rows):
    assert rows.loc["risks.existential", "computed"] < rows.loc["risks.forced_sale", "computed"]


def test_a_forced_sale_is_counted_among_the_futures_with_a_write_down(rows, gather):
    assumptions = gather().assumptions
    paths = outlook.venture_paths(assumptions, gather().record)
    passed = balance_sheet.exceedance_probability(
        outlook.exposure_paths(assumptions, paths),
        assumptions.ltv_emergency_pct / 100,
        within_years=outlook.deadline_years(assumptions),
    )
    in_all = passed.percent.value
    row = rows.loc["risks.forced_sale"]
    assert row["computed"] > in_all + 10  # a fall of OpenAI goes with a fall of the rest
    assert f"{in_all:.0f}%" in row["reason"]
