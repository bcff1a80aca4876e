"""Verdicts on training costs and counts of parameters."""

from dataclasses import replace

import pandas as pd
import pytest

from analysis.audit import cells
from analysis.audit.cell_checks import rules
from analysis.evidence import cell_rules
from tests.audit.conftest import gathered, judge_cell, with_rows


def test_an_estimate_counts_from_the_day_it_was_made():
    # both estimates of Gemini 1.5 Pro are of March 2025, though the model is of February 2024
    name = "technical.table.gemini_1_5_pro.training_cost_usd_mn"
    assert judge_cell(name, as_of="2025-03-12")[["verdict", "sourced"]].tolist() == ["uncheckable", "none"]
    # between the two the amortised one stands alone
    assert judge_cell(name, as_of="2025-03-14")[["verdict", "sourced"]].tolist() == ["uncheckable", "7.83"]


def test_an_estimate_that_its_author_calls_speculative_decides_nothing():
    name = "technical.table.gemini_1_5_pro.training_cost_usd_mn"

    def sure(costs):
        return costs.assign(compute_confidence="confident")

    row, surer = judge_cell(name), judge_cell(name, with_rows(gathered(), "training_cost", sure))
    # 80 less 10% is 72, above 7.83 and 61.6: it would fail if either were more than a guess
    assert (row["verdict"], len(row["used"])) == ("uncheckable", 0)
    assert len(row["mentioned"]) == 2
    assert (surer["verdict"], len(surer["used"])) == ("fails", 2)


@pytest.mark.parametrize(
    ("day", "hours", "verdict", "sourced"),
    [
        # rents of early 2024: 2.85, and a median above 7. 1.4 million hours are 3.99 to over 9.80; 10 less
        # 10% is 9
        ("2024-05-06", 1.4, "uncheckable", "3.99 to 9.80"),
        # 4 million hours are 11.4 and more, above 10 and 10%, which is 11
        ("2024-05-06", 4.0, "fails", "11.4 to 28.0"),
        # half a million are 1.43 to over 3.50: a bound that is open refutes no larger figure
        ("2024-05-06", 0.5, "uncheckable", "1.43 to 3.50"),
        # rents of October 2025 to June 2026: 1.70 to 2.95; 2.4 million hours are 4.08 to 7.08, below 9
        ("2026-06-30", 2.4, "fails", "4.08 to 7.08"),
        # no rent is dated in the year before 2024
        ("2023-12-31", 1.4, "uncheckable", "none"),
    ],
)
def test_hours_of_training_are_priced_at_the_rents_of_the_year_up_to_the_run(
    monkeypatch, day, hours, verdict, sourced
):
    when = pd.Timestamp(day)
    fact = {"id": "test.gpu_hours", "value": hours, "unit": "million GPU-hours", "valid_on": when}
    facts = with_rows(
        gathered(),
        "dated_facts",
        lambda dated: pd.concat(
            [dated, dated[dated["id"] == "deepseek_v2.release"].assign(**fact)], ignore_index=True
        ),
    )
    pair = ("models", "training_cost_usd_mn")
    rule = rules.TrainingCost.model_construct(gpu_hours="test.gpu_hours")
    column = cell_rules.ColumnRules("It would.", {"DeepSeek-V2": rule})
    monkeypatch.setattr(cell_rules, "load", lambda *_: {pair: column})
    row = (
        cells.judge_cells(replace(facts, day=max(facts.day, when)), [pair])
        .set_index("row")
        .loc["DeepSeek-V2"]
    )
    assert (row["verdict"], row["sourced"]) == (verdict, sourced)


def test_a_developer_s_word_that_fits_nearly_any_figure_decides_nothing(monkeypatch):
    pair, name = ("models", "training_cost_usd_mn"), "technical.table.claude_3_5_sonnet.training_cost_usd_mn"
    # 50 lies in both: 20 to 100 is fivefold, 30 to 60 twofold
    for low, high, verdict in ((20, 100, "uncheckable"), (30, 60, "holds"), (60, 600, "fails")):
        rule = rules.TrainingCost.model_construct(
            stated="claude_3_5_sonnet.training_cost", told="It said so.", read_as_usd_mn=(low, high)
        )
        column = cell_rules.ColumnRules("It would.", {"Claude 3.5 Sonnet": rule})
        monkeypatch.setattr(cell_rules, "load", lambda *_, column=column: {pair: column})
        assert judge_cell(name)["verdict"] == verdict


def test_a_wrong_count_of_active_parameters_is_half_right():
    def fewer(dated):
        return dated.assign(value=dated["value"].mask(dated["id"] == "deepseek_v2.parameters_active", 20.0))

    row = judge_cell("technical.table.deepseek_v2.parameters_bn", with_rows(gathered(), "dated_facts", fewer))
    assert (row["verdict"], row["sourced"]) == ("partly", "236, 20 active")
