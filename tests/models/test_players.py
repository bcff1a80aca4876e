import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.evidence import tables
from analysis.models import players


@pytest.fixture
def funding():
    return tables.cells("players").rename(columns={"row": "company"})


def test_shares_leave_out_internal_money_and_carry_the_bounds(funding):
    shares = players.funding_shares(funding).set_index("company")
    # 20 / (20 + 7.6 + 6) = 0.5952;   OpenAI lowest: 20 / (20 + 8.36 + 6.6) = 0.5721;   > has no top
    assert shares.loc["OpenAI"].tolist() == [
        pytest.approx(0.59524, abs=1e-5),
        pytest.approx(0.57208, abs=1e-5),
        1.0,
    ]
    assert "Meta AI" not in shares.index
    assert shares.loc["xAI", "share_low"] == 0  # OpenAI may have raised anything


def test_the_two_together_hold_at_least_eighty_percent(funding):
    share, low, high = players.joint_share(funding, ["OpenAI", "Anthropic"])
    # 27.6 / 33.6 = 0.8214;   lowest: (20 + 6.84) / (26.84 + 6.6) = 0.8026
    assert (share, low, high) == (pytest.approx(0.82143, abs=1e-5), pytest.approx(0.80263, abs=1e-5), 1.0)


def test_an_investment_moves_value_and_bounds(funding):
    after = players.with_investment(funding, "OpenAI", 60).set_index("company")
    assert after.loc["OpenAI", ["value", "low"]].tolist() == [80, 80]
    assert after.loc["xAI", "value"] == 6
    assert math.isnan(after.loc["Meta AI", "value"])


def test_hhi_by_hand():
    # shares 50, 30, 20 %: 2500 + 900 + 400
    assert players.hhi([5, 3, 2]) == pytest.approx(3800)


def test_hhi_bounds_with_an_open_top():
    low, high = players.hhi_bounds([20, 6.84, 5.4], [math.inf, 8.36, 6.6])
    # most even: 20, 8.36, 6.6 of 34.96: 57.21^2 + 23.91^2 + 18.88^2 = 4201
    assert low == pytest.approx(4201, abs=1)
    assert high == 10_000


@given(st.lists(st.tuples(st.floats(1, 50), st.floats(0, 20)), min_size=2, max_size=4), st.data())
def test_every_point_between_the_bounds_has_an_index_between_the_bounds(ends, data):
    lows, highs = [low for low, _ in ends], [low + width for low, width in ends]
    low, high = players.hhi_bounds(lows, highs)
    inside = [data.draw(st.floats(a, b)) for a, b in zip(lows, highs, strict=True)]
    assert low - 1 <= players.hhi(inside) <= high + 1  # the search over levels is a grid


def test_links_say_who_is_named_and_which_money_is_internal():
    links = players.investor_links(tables.load("players"))
    assert {("SoftBank", "OpenAI", False), ("Alphabet", "Google DeepMind", True)} <= set(
        links.itertuples(index=False, name=None)
    )
    graph = players.funding_graph(links)
    assert graph.in_degree("Anthropic") == 2
    assert graph.nodes["xAI"]["kind"] == "company"
    assert isinstance(links, pd.DataFrame)
