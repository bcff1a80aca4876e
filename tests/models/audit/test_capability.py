"""Verdicts on benchmarks and prices, each with its hand calculation from the evidence tables."""

from dataclasses import replace

import pandas as pd
import pytest

from analysis.models.audit import capability
from analysis.models.audit.facts import Facts
from analysis.units import parse


def look(table, rows, **given):
    dates = {"quality": "official", "source_title": "T", "source": "https://example.org/a"}
    frame = pd.DataFrame([dates | row for row in rows])
    frame["known_on"] = frame["valid_on"] = pd.to_datetime(frame["valid_on"])
    return Facts({}, given, {table: frame}, pd.Timestamp("2026-05-21"), pd.Timestamp("2026-10-31"))


@pytest.mark.parametrize(
    ("claim", "verdict", "computed"),
    [
        (
            "technical.mmlu_lead_by_protocol",
            "fails",
            -1.5,
        ),  # 87.2 - 88.7 on 5-shot; +0.1 on 0-shot CoT; 84.2 - 86.5 on HELM
        ("technical.price_over_claude_today", "fails", 0.83333),  # 2.5 / 3 on input, 10 / 15 on output
        (
            "technical.price_over_deepseek_today",
            "fails",
            17.857,
        ),  # 2.5 / 0.14 on input; 10 / 0.28 = 35.7 on output
        ("technical.capability_still_rises", "holds", 25.2),  # 87.6 less 62.4 twelve months before
        ("technical.gap_closing", "partly", 1.0940),  # 10.8 points after 9.9 on GPQA; 3.3 after 8.9 on HELM
        ("verdict.gpt5_ten_times", "fails", 0.78571),  # (1.25 x 0.75 + 10 x 0.25) / (2.5 x 0.75 + 10 x 0.25)
    ],
)
def test_verdict_and_figure_of_each_claim(rows, claim, verdict, computed):
    assert rows.loc[claim, "verdict"] == verdict
    assert rows.loc[claim, "computed"] == pytest.approx(computed, rel=1e-3)
    assert rows.loc[claim, "basis"] == "evidence"


def test_every_protocol_is_a_reading_of_its_own(rows):
    assert rows.loc["technical.mmlu_lead_by_protocol", "reason"] == (
        "GPT-4o's lead on MMLU in points: 5-shot −1.5 over Claude 3.5 Sonnet and −0.1 over Llama 3.1 405B; 0-shot CoT +0.1 over "
        "Llama 3.1 405B; 5-shot HELM −2.3 over Claude 3.5 Sonnet and −0.3 over Llama 3.1 405B."
    )


def test_the_price_of_a_launch_is_held_against_what_was_asked_that_day(rows):
    row = rows.loc["verdict.gpt5_ten_times"]
    assert row["void"]
    assert not row["stale"]
    # 11.25 / 4.375 = 2.6 and 67.5 / 4.375 = 15.4
    assert "gpt-5.5 costs 2.6 times as much; gpt-5.5-pro costs 15.4 times as much" in row["reason"]


def test_a_model_that_led_once_is_out_of_date_not_wrong_from_the_start(rows):
    assert rows.loc["players.best_coder", ["verdict", "stale"]].tolist() == ["fails", True]


def test_with_a_short_record_no_trend_is_judged(judged):
    # on 1 September 2023 the open frontier on GPQA Diamond is six weeks old
    row = judged("technical.gap_closing", as_of="2023-09-01").iloc[0]
    assert row["verdict"] == "uncheckable"


def test_a_price_cut_counts_from_its_day(judged):
    # before 6 August 2024 GPT-4o cost 5 / 15: 1.67 times Claude on input, 1.00 on output
    early = judged("technical.price_over_claude_today", as_of="2024-08-05").iloc[0]
    assert early["computed"] == pytest.approx(5 / 3)
    assert "$5 / $15" in early["reason"]


def test_a_model_that_never_led_was_never_right():
    rows = [
        {
            "model": name,
            "score_pct": score,
            "valid_on": day,
            "benchmark": "B",
            "protocol": "P",
            "use": "trend",
        }
        for name, score, day in (
            ("first", 50.0, "2024-01-01"),
            ("second", 40.0, "2024-06-01"),
            ("third", 60.0, "2025-01-01"),
        )
    ]
    found = {
        name: capability.best_on_benchmark(
            look("model_benchmarks", rows),
            None,
            model=name,
            benchmark="B",
            protocol="P",
            told="{own} after {best}",
        )
        for name in ("first", "second", "third")
    }
    assert {name: finding.readings["leads"] for name, finding in found.items()} == {
        "first": False,
        "second": False,
        "third": True,
    }
    assert {name: finding.overtaken for name, finding in found.items()} == {
        "first": True,
        "second": False,
        "third": False,
    }


def test_a_score_that_a_rival_reports_ends_a_lead_on_an_older_record():
    score = {
        "model": "a",
        "score_pct": 50.0,
        "valid_on": "2025-01-01",
        "benchmark": "B",
        "protocol": "P",
        "use": "trend",
    }
    claimed = {"id": "b.score", "subject": "B", "fact": "B has", "value": 80.0, "unit": "percent", "due_on": pd.NaT,
               "date_precision": "day", "valid_on": "2026-04-01"}  # fmt: skip
    facts = look("model_benchmarks", [score])
    facts = replace(facts, evidence=facts.evidence | look("dated_facts", [claimed]).evidence)
    arguments = {"model": "a", "benchmark": "B", "protocol": "P", "told": "{own} of {best}"}
    assert capability.best_on_benchmark(facts.fresh(), None, **arguments).readings == {"leads": True}
    passed = capability.best_on_benchmark(facts.fresh(), None, developers=["b.score"], **arguments)
    assert (passed.readings, passed.overtaken, passed.reason) == ({"leads": False}, True, "50% of 50%")


def test_a_launch_is_held_against_the_price_of_its_own_day_not_of_a_later_one():
    rows = [
        {"model": model, "article_model": model, "event": event, "terms": "list", "price_input_usd_per_mtok": price,
         "price_output_usd_per_mtok": price, "valid_on": day}
        for model, event, price, day in (("old", "launch", 4.0, "2024-01-01"), ("new", "launch", 8.0, "2025-01-01"), ("old", "cut", 1.0, "2025-06-01"))
    ]  # fmt: skip
    facts = look("api_prices", rows, input_token_share=0.75)
    found = capability.launch_price_multiple(
        facts, parse("10x", "x"), model="new", reference={"article_model": "old", "terms": "list"}
    )
    assert found.shown.value == 2.0  # 8 / 4, not 8 / 1


def test_without_an_open_model_on_record_no_lead_is_judged(judged):
    # the open models of the table came in May and July 2024
    row = judged("technical.mmlu_lead_by_protocol", as_of="2024-05-01").iloc[0]
    assert row["verdict"] == "uncheckable"
