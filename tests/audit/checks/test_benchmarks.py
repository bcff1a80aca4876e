"""Verdicts on benchmark scores, each with its hand calculation from the evidence tables."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.audit.checks import benchmarks
from analysis.audit.verdicts import judge
from analysis.units import parse_figure
from tests.audit.conftest import facts_with


def test_a_lead_of_a_few_tenths_is_right_in_part(rows):
    row = rows.loc["technical.mmlu_lead"]
    # 88.7 - 88.3 over Claude; 1.4 over Llama; -2.3 to +0.1 scored alike
    assert (row["verdict"], row["basis"]) == ("partly", "evidence")
    assert row["computed"] == pytest.approx(0.4, rel=1e-3)


def test_every_protocol_is_a_reading_of_its_own(rows):
    details = rows.loc["technical.mmlu_lead", "details"]
    # 87.2 - 88.7 and 87.2 - 87.3; 84.2 - 86.5
    assert (
        "MMLU, 5-shot: GPT-4o is 1.5 points behind Claude 3.5 Sonnet and 0.1 points behind Llama 3.1 405B."
        in details
    )
    assert "MMLU, 5-shot HELM: GPT-4o is 2.3 points behind Claude 3.5 Sonnet" in details


def test_a_lead_cites_the_scores_of_the_models_compared_and_no_others(rows):
    titles = {source["title"] for source in rows.loc["technical.mmlu_lead", "sources"]}
    # Falcon, Gopher and their like have scores on the same test
    assert not [title for title in titles if "Falcon" in title or "Gopher" in title]
    assert any("simple-evals" in title for title in titles)


def test_a_model_that_led_once_is_out_of_date_not_wrong_from_the_start(rows):
    assert rows.loc["players.best_coder", ["verdict", "stale"]].tolist() == ["fails", True]


def test_with_a_short_record_no_trend_is_judged(judged):
    # on 1 September 2023 the open frontier on GPQA Diamond is six weeks old
    row = judged("technical.gap_closing", as_of="2023-09-01").iloc[0]
    assert row["verdict"] == "uncheckable"


GPQA = {"benchmark": "B", "protocol": "P", "floor": 0.25}


def race(open_slope, end="2026-05-01", closed_slope=1.0, noise=0.05, lead=1.0):
    """Six developers of each kind with a model each half year for three years; logits rise by so much a
    year.
    """
    drawn, rows, last = np.random.default_rng(1), [], pd.Timestamp(end)
    for kind, slope, start in (("open", open_slope, -lead), ("closed", closed_slope, 0.0)):
        for step in range(36):
            years = step / 12 - 3
            logit = start + slope * (years + 3) + noise * drawn.standard_normal()
            share = 0.25 + 0.75 / (1 + np.exp(-logit))
            rows.append(
                {
                    "model": f"{kind} {step}",
                    "developer": f"{kind} {step % 6}",
                    "weights": kind,
                    "benchmark": "B",
                    "protocol": "P",
                    "score_pct": 100 * share,
                    "use": "trend",
                    "valid_on": last + pd.Timedelta(days=round(365 * (years + 1 / 12))),
                }
            )
    return rows


def opening(finding):
    return finding.reason.partition(":")[0]


def gap(rows, figure=None):
    facts = facts_with("model_benchmarks", rows, seed=1)
    finding = benchmarks.frontier_gap(facts, figure, series={"a test": GPQA})
    return judge(finding, None), finding


@pytest.mark.parametrize(
    ("open_slope", "verdict", "answer"),
    # closed weights rise by 1 logit a year: open ones by twice as much, by half as much, and alike
    [(2.0, "holds", "Yes"), (0.5, "fails", "No"), (1.0, "uncheckable", "Too close to call")],
)
def test_the_slopes_of_the_frontiers_decide_whether_a_gap_closes(open_slope, verdict, answer):
    finding = gap(race(open_slope))
    assert (finding[0], opening(finding[1])) == (verdict, answer)


def test_a_record_that_ends_a_quarter_before_publication_day_says_nothing_of_it():
    # 21 May 2026 less 92 days is 18 February
    for end, verdict in (("2026-02-20", "holds"), ("2026-02-15", "uncheckable")):
        assert gap(race(2.0, end))[0] == verdict


def test_what_a_gap_did_after_publication_day_is_reported_and_decides_nothing():
    # the same race, seen on publication day and half a year later, when open weights have caught up further
    rows = race(2.0, end="2026-11-01")
    on_the_day, later = (
        gap([row for row in rows if row["valid_on"] <= pd.Timestamp(day)])
        for day in ("2026-05-21", "2026-11-01")
    )
    assert on_the_day[1].since is None
    assert later[1].since.startswith("On a test closed models led by") and "October 2026" in later[1].since
    assert (later[0], later[1].reason) == (on_the_day[0], on_the_day[1].reason)


def test_a_gap_that_closes_slowly_does_not_narrow_at_a_rate_that_halves_it():
    figure = parse_figure("under 0.5x", "x")
    slow, fast = race(1.2, lead=2.0), race(2.0, lead=2.0)
    # both close; by 0.2 logits a year out of 2, and by 1 logit a year
    assert [gap(rows)[0] for rows in (slow, fast)] == ["holds", "holds"]
    assert [gap(rows, figure)[0] for rows in (slow, fast)] == ["fails", "holds"]


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
    findings = {
        name: benchmarks.best_on_benchmark(
            facts_with("model_benchmarks", rows),
            None,
            model=name,
            benchmark="B",
            protocol="P",
            told="{own} after {best}",
        )
        for name in ("first", "second", "third")
    }
    assert {name: finding.readings["leads"] for name, finding in findings.items()} == {
        "first": False,
        "second": False,
        "third": True,
    }
    assert {name: finding.overtaken for name, finding in findings.items()} == {
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
    claimed = {
        "id": "b.score",
        "subject": "B",
        "fact": "B has",
        "value": 80.0,
        "unit": "percent",
        "due_on": pd.NaT,
        "date_precision": "day",
        "valid_on": "2026-04-01",
    }
    facts = facts_with("model_benchmarks", [score])
    facts = replace(facts, evidence={**facts.evidence, **facts_with("dated_facts", [claimed]).evidence})
    arguments = {"model": "a", "benchmark": "B", "protocol": "P", "told": "{own} of {best}"}
    assert benchmarks.best_on_benchmark(facts.without_memory(), None, **arguments).readings == {"leads": True}
    passed = benchmarks.best_on_benchmark(facts.without_memory(), None, developers=["b.score"], **arguments)
    assert (passed.readings, passed.overtaken, passed.reason) == ({"leads": False}, True, "50% of 50%")


def test_where_a_third_party_s_runs_decide_newer_runs_and_developers_own_scores_are_mentioned():
    def score(model, points, day, protocol="P"):
        return {
            "model": model,
            "score_pct": points,
            "valid_on": day,
            "benchmark": "B",
            "protocol": protocol,
            "use": "trend",
        }

    # b passed a in the same runs, 60 to 50; the newer harness has b and c alone, and c's maker reports 90
    rows = [
        score("a", 50.0, "2025-01-01"),
        score("b", 60.0, "2025-06-01"),
        score("b", 70.0, "2025-06-01", "Q"),
        score("c", 80.0, "2026-01-01", "Q"),
    ]
    claimed = {
        "id": "c.score",
        "subject": "C",
        "fact": "C has",
        "value": 90.0,
        "unit": "percent",
        "due_on": pd.NaT,
        "date_precision": "day",
        "valid_on": "2026-04-01",
    }
    facts = facts_with("model_benchmarks", rows)
    facts = replace(facts, evidence={**facts.evidence, **facts_with("dated_facts", [claimed]).evidence})
    finding = benchmarks.best_on_benchmark(
        facts,
        None,
        model="a",
        benchmark="B",
        protocol="P",
        later_protocol="Q",
        developers=["c.score"],
        told="{answer}: {own}, {later_model} with {later_best}.",
    )
    assert (finding.readings, finding.overtaken) == ({"leads": False}, True)
    assert finding.reason == "No longer: 50%, c with 80%."
    assert sorted(facts.used) == [("model_benchmarks", 0), ("model_benchmarks", 1)]
    assert sorted(facts.mentioned) == [("dated_facts", 0), ("model_benchmarks", 2), ("model_benchmarks", 3)]
    # 70 and 80 are scores of another harness: without b in the old runs a would still lead there
    assert "from b 70% to c 80%" in finding.details and "leaves out a" in finding.details


def test_the_newer_harness_of_the_coding_test_has_a_protocol_of_its_own(gather):
    scores = gather().find("model_benchmarks", benchmark="SWE-bench Verified", use="trend")
    sonnet = scores[scores["model"] == "Claude Sonnet 4.5"].set_index("protocol")["score_pct"]
    # the same model has 64.8 by the old harness and 71.3 by the new one
    assert sonnet.to_dict() == {"Epoch AI run": 64.8, "Epoch AI run, harness of 2026": 71.3}


def test_without_an_open_model_on_record_no_lead_is_judged(judged):
    # the open models of the table came in May and July 2024
    row = judged("technical.mmlu_lead", as_of="2024-05-01").iloc[0]
    assert row["verdict"] == "uncheckable"


# The columns of the article's tables
