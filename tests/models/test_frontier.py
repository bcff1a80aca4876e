import math

import numpy as np
import pandas as pd
import pytest

from analysis import scenarios
from analysis.evidence import article_tables, evidence_tables
from analysis.models import frontier
from analysis.provenance import inputs_of
from analysis.statistics import trend


@pytest.fixture(scope="module")
def models():
    return article_tables.load("models")


def test_price_multiples_of_the_article_are_those_of_a_hand_calculation(models):
    result = frontier.price_multiples(models, "GPT-4o", 0.75)
    claude, deepseek = (result.set_index("model").loc[name] for name in ("Claude 3.5 Sonnet", "DeepSeek-V2"))
    assert claude["input_multiple_x"] == pytest.approx(5 / 3)
    assert claude["output_multiple_x"] == pytest.approx(15 / 15)
    assert deepseek["input_multiple_x"] == pytest.approx(5 / 0.14)  # 35.7
    assert deepseek["output_multiple_x"] == pytest.approx(15 / 0.28)  # 53.6
    # (3 * 5 + 15) / 4 = 7.5;   (3 * 0.14 + 0.28) / 4 = 0.175;   7.5 / 0.175 = 42.86
    assert deepseek["blended_multiple_x"] == pytest.approx(42.857, abs=1e-3)
    # the bounds of a multiple are those of input and output, the lower one first: of Claude that of output
    multiple = frontier.price_multiple(models, "GPT-4o", "Claude 3.5 Sonnet", 0.75)
    assert (multiple.low, multiple.high) == (claude["output_multiple_x"], claude["input_multiple_x"])
    assert multiple.low < multiple.value == claude["blended_multiple_x"] < multiple.high


def test_a_price_multiple_knows_the_mix_that_it_follows_from(models):
    share = scenarios.check(scenarios.resolve("base")).input_token_share
    multiple = frontier.price_multiple(models, "GPT-4o", "DeepSeek-V2", share)
    assert inputs_of(multiple) == {"input_token_share": share}


def test_leads_are_signed_and_the_best_rival_comes_first(models):
    leads = frontier.leads(models, "GPT-4o", ["humaneval_pct", "mmlu_pct"], ["Llama 3.1 405B"])
    assert list(leads) == ["model", "open", "lead_points_humaneval", "lead_points_mmlu"]
    # 90.2 - 92.0 = -1.8 over Claude;   90.2 - 89.0 = 1.2 and 88.7 - 87.3 = 1.4 over Llama
    assert leads.iloc[0][["model", "lead_points_humaneval"]].tolist() == [
        "Claude 3.5 Sonnet",
        pytest.approx(-1.8),
    ]
    llama = leads.set_index("model").loc["Llama 3.1 405B"]
    assert llama.tolist() == [True, pytest.approx(1.2), pytest.approx(1.4)]


def test_the_front_is_what_nothing_beats_on_both_sides(models):
    front = frontier.pareto_front(frontier.with_blend(models, 0.75), "blended_price_usd_per_mtok", "mmlu_pct")
    # Gemini: 5.25 for 86.4, beaten by Llama: 2.00 for 87.3
    assert models["model"][~front].tolist() == ["Gemini 1.5 Pro"]


def test_equal_models_are_both_on_the_front_and_a_more_expensive_equal_is_not():
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


def released(*rows):
    return pd.DataFrame(rows, columns=["weights", "score_pct", "valid_on"]).assign(
        valid_on=lambda t: pd.to_datetime(t["valid_on"])
    )


def test_a_running_best_never_falls_and_keeps_the_best_of_a_day():
    rows = [
        ("closed", 60, "2024-01-01"),
        ("open", 40, "2024-01-01"),
        ("open", 45, "2024-01-01"),
        ("open", 30, "2024-03-01"),
    ]
    best = frontier.running_bests(released(*rows, ("closed", 70, "2024-04-01")))
    by_kind = best.groupby("weights")["best_pct"].apply(list)
    assert by_kind["open"] == [45, 45]  # the 30 of March does not lower it
    assert by_kind["closed"] == [60, 70]


def test_mean_gaps_compare_two_years_by_hand():
    # closed 80 all along; open 60 for the first 365 days, then 70: gaps 20 and 10
    scores = released(
        ("closed", 80, "2023-01-01"),
        ("open", 60, "2023-01-01"),
        ("open", 70, "2024-01-01"),
        ("open", 1, "2024-12-30"),
    )
    means = frontier.mean_gaps(frontier.frontier_gap(scores))
    # 1 January 2023 to 30 December 2024 are 730 days, the open 70 stands on the last 365 of them
    assert means == (pytest.approx(10), pytest.approx(20), 365)


def test_a_short_record_is_halved_and_a_shorter_one_says_nothing():
    gap = pd.Series([4.0] * 200 + [2.0] * 200)
    assert frontier.mean_gaps(gap) == (2, 4, 200)
    assert frontier.mean_gaps(gap.iloc[:363]) is None  # halves of 181 days
    assert frontier.mean_gaps(gap.iloc[:0]) is None


def test_what_lies_before_the_two_years_does_not_count():
    assert frontier.mean_gaps(pd.Series([50.0] * 100 + [20.0] * 365 + [10.0] * 365)) == (10, 20, 365)


def test_the_articles_scores_leave_out_other_models_other_tests_and_rows_that_do_not_count():
    rows = [
        ("A1", "A", "MMLU", "5-shot", "trend"),
        ("A1", "A", "MMLU", "0-shot CoT", "shown"),
        ("A1", "A", "GSM8K", "8-shot", "trend"),
        ("Z", "", "MMLU", "5-shot", "trend"),
    ]
    table = pd.DataFrame(rows, columns=["model", "article_model", "benchmark", "protocol", "use"]).assign(
        score_pct=80.0, variant=""
    )
    result = frontier.article_scores(table, "MMLU")
    assert result[["model", "version", "protocol"]].to_numpy().tolist() == [["A", "A1", "5-shot"]]


@pytest.fixture
def listings():
    return pd.DataFrame(
        [
            ("A", "Maker", "launch", "list", "2024-05-01", 4.0, 8.0),
            ("A", "Maker", "cut", "list", "2024-08-01", 2.0, 4.0),
            ("A", "Host", "launch", "list", "2024-09-01", 1.0, 1.0),
            ("B", "Host", "observation", "list", "2024-09-01", 3.0, 5.0),
            ("A", "Maker", "cut", "promotion", "2024-10-01", 0.1, 0.1),
            ("", "Maker", "launch", "list", "2024-05-01", 9.0, 9.0),
        ],
        columns=[
            "article_model",
            "seller",
            "event",
            "terms",
            "valid_on",
            "price_input_usd_per_mtok",
            "price_output_usd_per_mtok",
        ],
    ).assign(model="as listed", valid_on=lambda t: pd.to_datetime(t["valid_on"]))


def test_list_prices_are_lasting_and_know_the_models_own_service(listings):
    result = frontier.list_prices(listings, 0.75)
    assert result[["model", "seller", "own_service"]].to_numpy().tolist() == [
        ["A", "Maker", True],
        ["A", "Maker", True],
        ["A", "Host", False],  # a later launch by somebody else
        ["B", "Host", False],  # nobody launched it, so it has hosts alone
    ]
    assert result["blended_price_usd_per_mtok"].tolist() == [5.0, 2.5, 1.0, 3.5]  # (3 * 4 + 8) / 4 = 5


def test_the_newest_model_of_a_list_that_was_listed_gives_the_price():
    day = pd.Timestamp("2025-01-01")
    prices = pd.DataFrame(
        [
            ("A", "two", "promotion", day),
            ("A", "one", "list", day),
            ("A", "one", "list", day),
            ("B", "two", "list", day),
        ],
        columns=["seller", "model", "terms", "valid_on"],
    ).assign(usd=[1, 4, 3, 2])
    prices.loc[1, "valid_on"] = pd.Timestamp("2025-03-01")  # the later row comes first
    assert frontier.newest_listed(prices, "A", ["two", "one"])["usd"].tolist() == [3, 4]
    assert frontier.newest_listed(prices, "B", ["two", "one"])["usd"].tolist() == [2]
    with pytest.raises(
        ValueError, match="api_prices has no list price of B for any of one: add an older model"
    ):
        frontier.newest_listed(prices, "B", ["one"])


def test_the_five_models_have_four_services_of_their_own():
    prices = frontier.list_prices(evidence_tables.load("api_prices"), 0.75)
    sellers = prices[prices["own_service"]].groupby("model")["seller"].unique().map(list).to_dict()
    assert sellers == {
        "GPT-4o": ["OpenAI"],
        "Claude 3.5 Sonnet": ["Anthropic"],
        "Gemini 1.5 Pro": ["Google"],
        "DeepSeek-V2": ["DeepSeek"],
    }
    assert "Llama 3.1 405B" in set(prices["model"])


def test_costs_are_fitted_by_basis_and_a_year_has_as_many_runs_as_its_record():
    # runs that double each year with noise of a tenth; three in the last twelve months of the record
    days = [f"{year}-07-01" for year in range(2016, 2024)] + ["2024-01-01", "2024-03-01", "2024-07-01"]
    t = trend.decimal_year(days)
    noise = np.where(np.arange(len(days)) % 2, 1.1, 1 / 1.1)
    runs = pd.concat(
        pd.DataFrame(
            {
                "run": run,
                "valid_on": pd.to_datetime(days),
                "training_cost_usd": scale * 2.0 ** (t - 2025) * noise,
            }
        )
        for run, scale in (("C", 1e9), ("D", 3e9))
    )
    result = frontier.cost_by_basis(runs, {"bought": "C", "rented": "D"}, t=2025.0, threshold_usd=1e9, seed=1)
    bought, rented = (result.set_index("basis").loc[name] for name in ("bought", "rented"))
    assert bought["factor"] == pytest.approx(2, rel=0.02)
    assert bought["doubling_months"] == pytest.approx(12, rel=0.03)
    # the twelve months to 2024-07-01 begin after 2023-07-01
    assert (bought["models"], bought["yearly"]) == (11, 3)
    assert bought["p_one"] == pytest.approx(0.5, abs=0.15)
    assert bought["p_one"] < bought["p_dearest"] < rented["p_dearest"]
    assert bought["low_run_usd"] < bought["median_run_usd"] == pytest.approx(1e9, rel=0.1)
    assert rented["median_run_usd"] == pytest.approx(3 * bought["median_run_usd"])
    # the same draws give the same probabilities
    again = frontier.cost_by_basis(runs, {"bought": "C"}, t=2025.0, threshold_usd=1e9, seed=1)
    assert again["p_dearest"].item() == bought["p_dearest"]


def test_a_run_weighs_by_how_sure_its_compute_is_and_half_where_that_is_not_said():
    runs = pd.DataFrame({"compute_confidence": ["confident", "likely", "speculative", None]})
    assert frontier.confidence_weights(runs).tolist() == [1.0, 0.5, 0.25, 0.5]
