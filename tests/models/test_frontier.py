import math

import numpy as np
import pandas as pd
import pytest

from analysis.evidence import tables
from analysis.models import frontier


@pytest.fixture(scope="module")
def models():
    return tables.load("models")


def test_price_multiples_of_the_article_are_those_of_a_hand_calculation(models):
    found = frontier.price_multiples(models, "GPT-4o", 0.75).set_index(["model", "kind"])["multiple_x"]
    assert found["Claude 3.5 Sonnet", "input"] == pytest.approx(5 / 3)
    assert found["Claude 3.5 Sonnet", "output"] == pytest.approx(15 / 15)
    assert found["DeepSeek-V2", "input"] == pytest.approx(5 / 0.14)  # 35.7
    assert found["DeepSeek-V2", "output"] == pytest.approx(15 / 0.28)  # 53.6
    # (3 * 5 + 15) / 4 = 7.5;   (3 * 0.14 + 0.28) / 4 = 0.175;   7.5 / 0.175 = 42.86
    assert found["DeepSeek-V2", "blended"] == pytest.approx(42.857, abs=1e-3)


def test_leads_are_signed_and_the_best_rival_comes_first(models):
    humaneval = frontier.leads(models, "GPT-4o", "humaneval_pct", ["Llama 3.1 405B"])
    # 90.2 - 92.0 = -1.8 over Claude;   90.2 - 89.0 = 1.2 over Llama
    assert humaneval.iloc[0][["model", "lead_points"]].tolist() == ["Claude 3.5 Sonnet", pytest.approx(-1.8)]
    assert humaneval.set_index("model").loc["Llama 3.1 405B", ["lead_points", "open"]].tolist() == [
        pytest.approx(1.2),
        True,
    ]


def test_the_front_is_what_nothing_beats_on_both_sides(models):
    front = frontier.pareto_front(frontier.with_blend(models, 0.75), "blended_price_usd_per_mtok", "mmlu_pct")
    # Gemini: 5.25 for 86.4, beaten by Llama: 2.00 for 87.3
    assert models["model"][~front].tolist() == ["Gemini 1.5 Pro"]


def test_equal_models_are_both_on_the_front_and_a_dearer_equal_is_not():
    equal = pd.DataFrame({"p": [1.0, 1.0, 2.0], "q": [5.0, 5.0, 5.0]})
    assert frontier.pareto_front(equal, "p", "q").tolist() == [True, True, False]


def test_a_hundredth_takes_two_years_at_a_factor_of_ten():
    # ln 100 / ln 10 = 2;   at a factor of one or less, never
    years = frontier.years_to_price_ratio(0.01, np.array([10.0, 1.0, 0.5]))
    assert years.tolist() == [pytest.approx(2), math.inf, math.inf]
    assert frontier.price_after(np.array([10.0]), np.array([0.0, 2.0])).tolist() == [
        [1.0, pytest.approx(0.01)]
    ]


@pytest.mark.parametrize("ratio", [0, 1, 2, -0.5])
def test_a_ratio_that_is_no_part_is_refused(ratio):
    with pytest.raises(ValueError, match="between 0 and 1"):
        frontier.years_to_price_ratio(ratio, np.array([2.0]))
