"""Verdicts on printed scores, and where wrong ones come from."""

import pandas as pd

from tests.audit.conftest import gathered, judge_cell, with_rows


def test_a_wrong_score_is_traced_to_another_model_or_another_benchmark(cell_rows):
    gemini, deepseek = (
        cell_rows.loc["technical.table.gemini_1_5_pro.mmlu_pct"],
        cell_rows.loc["technical.table.deepseek_v2.humaneval_pct"],
    )
    assert gemini["short"] == "85.9 with five examples, 86.4 is GPT-4 (0314)'s score"
    assert deepseek["short"] == "81.1 at the first attempt, 79.2 is its GSM8K score"
    assert "https://arxiv.org/abs/2303.08774" in [source["url"] for source in gemini["mentioned"]]


def test_another_model_on_another_benchmark_is_no_look_alike():
    # Claude Sonnet 4 has 79.2 too, on GPQA Diamond
    facts = with_rows(gathered(), "model_benchmarks", lambda scores: scores[scores["benchmark"] != "GSM8K"])
    assert 79.2 in facts.evidence["model_benchmarks"]["score_pct"].to_numpy()
    row = judge_cell("technical.table.deepseek_v2.humaneval_pct", facts)
    assert (row["verdict"], row["short"]) == ("fails", "81.1 at the first attempt")
    assert "Claude" not in row["reason"]


def test_a_model_that_came_later_is_no_look_alike():
    def later(scores):
        moved = scores["model"] == "GPT-4 (0314)"
        return scores.assign(valid_on=scores["valid_on"].mask(moved, pd.Timestamp("2025-01-01")))

    row = judge_cell(
        "technical.table.gemini_1_5_pro.mmlu_pct", with_rows(gathered(), "model_benchmarks", later)
    )
    assert (row["verdict"], row["short"]) == ("fails", "85.9 with five examples")


def test_the_heading_decides_which_protocol_agrees(cell_rows):
    row = cell_rows.loc["technical.table.gpt_4o.mmlu_pct"]
    assert (row["protocol"], row["short"]) == ("5-shot", "87.2 with five examples, 88.7 is without examples")
    base = cell_rows.loc["technical.table.deepseek_v2.mmlu_pct"]
    assert base["reason"].startswith(
        "DeepSeek-V2 (base) scored 78.5 on MMLU with five examples. Other versions: DeepSeek-V2 Chat (SFT)"
        " 78.4"
    )


def test_a_score_under_another_protocol_says_how_either_test_is_run(cell_rows):
    assert (
        cell_rows.loc["technical.table.gpt_4o.mmlu_pct", "reason"]
        == "88.7 is GPT-4o's score without examples and with written-out reasoning (0-shot CoT). With five"
        " examples, as the heading says, it scored 87.2."
    )
