"""Verdicts that rest on fits: what they find in the tables, and in records with a known answer."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.audit.checks import trends
from analysis.audit.facts import Facts, NothingKnown
from analysis.audit.verdicts import judge
from analysis.units import parse_figure
from tests.audit.conftest import assumptions

SERIES = {"a test": {"benchmark": "B", "protocol": "P", "floor": 0.25}}
DATES = {"quality": "official", "source_title": "T", "source": "https://example.org/a"}


def table(rows):
    frame = pd.DataFrame([DATES | row for row in rows])
    frame["known_on"] = frame["valid_on"] = pd.to_datetime(frame["valid_on"])
    return frame


def market(bend, day="2026-01-01", benchmark="B"):
    """Eight sellers until December 2025 with a price each quarter for six years; ln price falls by 1 a year,
    and by 1 + bend after the third.
    """
    scores, prices = [], []
    noise = np.random.default_rng(1)
    for seller in range(8):
        for quarter in range(24):
            years, model = quarter / 4 + seller / 40, f"{seller}-{quarter}"
            score = 50 + 20 * noise.random()
            price = np.exp(3 - years - bend * max(0.0, years - 3) + 0.05 * noise.standard_normal())
            since = pd.Timestamp("2020-01-01") + pd.Timedelta(days=round(365 * years))
            scores.append(
                {
                    "model": model,
                    "developer": f"{seller}",
                    "weights": "closed",
                    "benchmark": benchmark,
                    "protocol": "P",
                    "score_pct": score,
                    "use": "trend",
                    "valid_on": since,
                }
            )
            prices.append(
                {
                    "seller": f"{seller}",
                    "model": model,
                    "benchmark_model": model,
                    "weights": "closed",
                    "terms": "list",
                    "price_input_usd_per_mtok": price,
                    "price_output_usd_per_mtok": price,
                    "event": "launch",
                    "valid_on": since,
                }
            )
    day = pd.Timestamp(day)
    values = assumptions(seed=1)
    return Facts({}, values, {"model_benchmarks": table(scores), "api_prices": table(prices)}, day, day)


@pytest.mark.parametrize(("bend", "verdict"), [(1.0, "holds"), (-0.5, "fails"), (0.0, "uncheckable")])
def test_prices_that_fall_faster_hold_slower_fail_and_straight_ones_decide_nothing(bend, verdict):
    facts = market(bend)
    finding = trends.price_acceleration(facts, None, series=SERIES)
    assert judge(finding, None) == verdict
    assert bool(facts.used) == (verdict != "uncheckable")
    # a straight fall of 1 in logs divides the price by e each year
    if not bend:
        assert "fell 3-fold a year" in finding.reason
        assert "192 prices of 8 sellers" in finding.details


def test_too_few_prices_are_unknown():
    facts = market(0.0).at(pd.Timestamp("2020-02-01"))
    with pytest.raises(NothingKnown, match="a test: too few prices"):
        trends.price_acceleration(facts, None, series=SERIES)


def test_a_record_of_prices_that_ends_a_quarter_before_publication_day_says_nothing_of_it():
    # the last price is of 4 December 2025: 168 days before 21 May 2026, and more than 92
    facts = market(1.0, "2026-05-21")
    finding = trends.price_acceleration(facts, None, series=SERIES)
    assert judge(finding, None) == "uncheckable"
    assert finding.reason.startswith("Our records of prices end too early to tell.")
    assert "speeds up" in finding.details
    assert facts.mentioned and not facts.used


def test_a_record_whose_test_shows_a_change_decides_next_to_one_that_shows_none():
    straight, faster = market(0.0, benchmark="C"), market(1.0)
    for name, frame in straight.evidence.items():
        # models of their own, from sellers of their own
        named = {"model": "s" + frame["model"]}
        named |= {key: "s" + frame[key] for key in ("seller", "benchmark_model") if key in frame}
        both = pd.concat([faster.evidence[name], frame.assign(**named)], ignore_index=True)
        faster = replace(faster, evidence={**faster.evidence, name: both})
    series = SERIES | {"another test": {"benchmark": "C", "protocol": "P", "floor": 0.25}}
    finding = trends.price_acceleration(faster, None, series=series)
    assert finding.readings == {"on a test": True}
    # by 1 a year in logs, later by 2: the line through both falls by about 1.5, and e^1.5 is 4.5
    assert (
        finding.reason
        == "Yes: prices fell 4-fold a year at equal scores on a test (of late faster) and 3-fold a year at"
        " equal scores on another test."
    )
    # Holm over two tests of each of two records
    assert finding.details.count("all four tests") == 2


def test_a_p_value_that_rejects_never_reads_like_one_that_does_not():
    # 0.04998 has the three digits 0.050, as 0.0502 has
    assert [trends._p(value) for value in (0.04998, 0.0502, 0.1)] == ["below 0.05", "0.050", "0.100"]


def test_on_the_tables_no_acceleration_is_shown_and_the_prices_behind_the_numbers_are_mentioned(rows):
    row = rows.loc["technical.commoditisation_accelerating"]
    # GPQA Diamond: 2 of 4 tests have p 0.021 and 0.121, by Holm
    # 0.064 and 0.121; the prices on HELM end in August 2025
    assert row["verdict"] == "uncheckable"
    assert [source["title"] for source in row["sources"]] == ["article"]
    assert row["mentioned"]
    assert "HELM" not in row["reason"] and "a fall that slows down" in row["details"]


def costs(level):
    """Two bases whose runs double each year with a little noise; the second costs a fifth more."""
    runs = []
    for run, times in (("C", 1.0), ("D", 1.2)):
        for year in range(2016, 2025):
            value = level * times * 2.0 ** (year - 2025) * (1.1 if year % 2 else 1 / 1.1)
            runs.append({"run": run, "training_cost_usd": value, "valid_on": f"{year}-07-01"})
    day = pd.Timestamp("2026-05-21")
    return Facts(
        {},
        assumptions(seed=1),
        {"training_cost": table(runs), "dated_facts": table([{"id": "x"} | runs[0]])},
        day,
        day,
    )


@pytest.mark.parametrize(
    ("level", "verdict"),
    # a run of mid-2025 costs about `level`: ten times the threshold, a tenth of it, and the threshold itself
    [(1e10, "holds"), (1e8, "fails"), (1e9, "uncheckable")],
)
def test_a_cost_is_decided_where_all_bases_agree_by_far(level, verdict):
    figure = parse_figure("over $1 billion", "usd_bn")
    finding = trends.threshold_by_basis(
        costs(level),
        figure,
        runs={"if bought": "C", "if rented": "D"},
        year=2025,
        beside=[],
        told="No word.",
    )
    assert judge(finding, figure) == verdict
    assert "cost over $1bn was" in finding.details
    assert "if bought" in finding.details and "if rented" in finding.details
    assert "%" not in finding.reason


def test_on_the_tables_the_bases_do_not_settle_the_cost_of_the_model(rows):
    row = rows.loc["risks.gpt5_training_cost"]
    assert row["verdict"] == "uncheckable"
    assert "3% if hardware is written off and 6% if rented" in row["details"]
    assert "most expensive run it was 23% and 47%" in row["details"]


def test_without_a_trend_of_each_basis_nothing_is_known():
    facts = costs(1e9).at(pd.Timestamp("2017-01-01"))
    with pytest.raises(NothingKnown, match="a trend of training costs"):
        trends.threshold_by_basis(
            facts,
            parse_figure("over $1 billion", "usd_bn"),
            runs={"bought": "C"},
            year=2025,
            beside=[],
            told="No word.",
        )
