"""Do the words of the answer follow the numbers?"""

import pandas as pd
import pytest

from analysis.forecasts import answer
from analysis.forecasts.class_estimate import CLASS, CORRECTED, RAW, Headlines


def past(**losses):
    """Results with the chance of a loss by each way, the one that comes first on top."""
    names = {"cases": CLASS, "corrected": CORRECTED, "raw": RAW}
    rows = [{"estimate": names[name], "money_lost_pct": loss} for name, loss in losses.items()]
    return Headlines(pd.DataFrame(rows), 5, 90, 44, 2005, 2020, 34.0, 1.5, 99.0)


@pytest.mark.parametrize(
    ("loss", "said"), [(18, answer.YES), (40, answer.TOSS), (60, answer.TOSS), (67, answer.NO)]
)
def test_a_chance_of_a_loss_says_yes_no_or_a_coin_toss(loss, said):
    assert answer.leaning(loss) == said


@pytest.mark.parametrize(("first", "said"), [(18, answer.YES), (50, answer.TOSS), (67, answer.NO)])
def test_the_way_that_comes_first_gives_the_answer_and_the_others_how_sure_it_is(first, said):
    sure = answer.answer(past(cases=first, corrected=first, raw=first))
    assert sure.startswith(answer.SURE[said])
    other = 90 if said != answer.NO else 5
    unsure = answer.answer(past(cases=first, corrected=first, raw=other))
    assert unsure.startswith(answer.UNSURE[said])


def test_an_unsure_answer_names_what_each_way_says():
    text = answer.answer(past(cases=18, corrected=50, raw=67))
    assert text.index("to a gain") < text.index("a coin toss") < text.index("to a loss")
    assert text.endswith(answer.CLASS_FIRST)


def test_where_the_model_comes_first_the_answer_is_its_own():
    text = answer.answer(past(corrected=50, raw=67, cases=18))
    assert text.startswith(answer.UNSURE[answer.TOSS])
    assert text.endswith(answer.MODEL_FIRST)


def test_outcomes_add_to_a_hundred_and_what_is_possible_stays():
    outcomes = pd.DataFrame({"worst": [44.325, 70.9], "middle": [53.2425, 28.996], "best": [2.4325, 0.104]})
    rounded = pd.DataFrame(answer.rounded_to_a_hundred(outcomes))
    assert rounded.loc[0].tolist() == [44.0, 53.0, 3.0]
    assert rounded.loc[1].tolist() == [71.0, 29.0, 0.104]


def test_money_back_is_in_dollars_or_cents():
    assert [answer.money_back(x) for x in (2.45, 1.0, 0.96, 0.58)] == ["$2.50", "$1.00", "$1.00", "60 cents"]
    assert [answer.money_back(x, 2) for x in (0.25, 3)] == ["25 cents", "$3.00"]
