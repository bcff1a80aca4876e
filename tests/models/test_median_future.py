"""One draw told year by year: which one it is, and what is said of its years."""

import numpy as np

from analysis.models import median_future
from tests.models.test_cross_checks import paths_of

QUARTERS = 9


def test_the_draw_that_is_told_stays_in_the_middle_and_does_not_only_end_there():
    """Of 41 draws the three with the middle multiples are compared, numbers 19 to 21; number 21 has the
    middle revenue, costs and price of all.
    """
    draws = 41
    level = np.arange(draws, dtype=float)
    level[[0, 19, 20, 21, 40]] = [19, 0, 40, 20, 21]  # the ends of multiples and of levels change places
    path = (1 + level)[:, np.newaxis] * np.ones(QUARTERS)
    paths = paths_of(
        dates=QUARTERS,
        draws=draws,
        claim_usd_bn=np.arange(draws)[:, np.newaxis] * np.ones(QUARTERS),
        revenue_usd_bn=path,
        running_cost_usd_bn=path,
        price_usd_bn=path,
        market_factor=path,
    )
    assert median_future.typical_draw(paths) == 21


def years(**given):
    paths = paths_of(dates=QUARTERS, draws=1, **given)
    return median_future.year_by_year(paths, 0)


def test_a_year_has_the_money_of_its_four_quarters_and_the_rates_of_its_last_day():
    raised = np.zeros((1, QUARTERS))
    raised[0, [1, 4, 5]] = [10.0, 20.0, 5.0]
    table = years(
        raised_usd_bn=raised,
        revenue_usd_bn=[np.arange(QUARTERS) + 1.0],
        price_usd_bn=[np.full(QUARTERS, 50.0)],
        kept_share=[np.full(QUARTERS, 0.5)],
        cut_share=np.zeros((1, QUARTERS)),
    )
    assert table["date_of_year"].tolist() == ["2026-06-30", "2027-06-30", "2028-06-30"]
    assert table["new_money_usd_bn"].tolist() == [0, 30, 5]  # quarters 1 to 4, then 5 to 8
    assert table["revenue_usd_bn"].tolist() == [1, 5, 9]
    assert table["company_value_usd_bn"].tolist() == [100, 100, 100]
    assert table["events"].tolist() == ["–", "raises $30bn", "raises $5bn"]


def test_changes_of_state_and_large_moves_are_told():
    after = np.arange(QUARTERS)[np.newaxis]
    table = years(
        raised_usd_bn=np.zeros((1, QUARTERS)),
        cut_share=np.where(after == 2, 0.25, 0.01),
        listed=after >= 3,
        rescued=after >= 8,
        market_factor=np.where(after >= 5, 0.7, 1.0),
    )
    assert table["revenue_usd_bn"].isna().tolist() == [False, False, True]  # a buyer's from the last day on
    assert table["events"].tolist() == [
        "–",
        "cuts compute by up to 25%; lists its shares",
        "is sold in a rescue; the market pays 30% less",
    ]
