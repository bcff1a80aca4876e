import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.statistics import growth


def test_code_generation_growth_is_quoted_over_five_periods_though_four_years_elapse():
    # 15 / 2.5 = 6;   6 ** (1/4) = 1.5651 -> 56.5 %;   6 ** (1/5) = 1.4310 -> 43.1 %, printed as 43 %
    assert growth.cagr_pct(2.5, 15, years=4) == pytest.approx(56.51, abs=0.01)
    assert growth.cagr_pct(2.5, 15, years=5) == pytest.approx(43.10, abs=0.01)


def test_the_printed_rate_needs_five_years():
    # ln(6) / ln(1.43) = 1.79176 / 0.35767 = 5.0095
    assert growth.implied_years(2.5, 15, 43) == pytest.approx(5.0095, abs=1e-4)


def test_ten_to_twenty_times_in_five_years():
    # 10 ** 0.2 = 1.58489;   20 ** 0.2 = 1.82056
    assert growth.cagr_pct(1, 10, 5) == pytest.approx(58.489, abs=1e-3)
    assert growth.cagr_pct(1, 20, 5) == pytest.approx(82.056, abs=1e-3)


def test_doubling_time():
    # ln 2 / ln 1.41421356 = 2 years;   what does not grow never doubles
    assert growth.doubling_time_years(41.421356) == pytest.approx(2, abs=1e-6)
    assert math.isnan(growth.doubling_time_years(0))


@given(st.floats(0.1, 1e4), st.floats(-50, 300).filter(lambda r: abs(r) > 0.1), st.floats(0.5, 30))
def test_growing_by_the_rate_for_the_implied_years_comes_back(start, rate, years):
    end = growth.compound(start, rate, years)
    assert growth.cagr_pct(start, end, years) == pytest.approx(rate, rel=1e-6, abs=1e-6)
    assert growth.implied_years(start, end, rate) == pytest.approx(years, rel=1e-6)


@pytest.mark.parametrize(
    ("start", "end", "years"), [(0, 1, 1), (1, -1, 1), (1, 2, 0), (1, math.inf, 1), (math.nan, 1, 1)]
)
def test_growth_needs_positive_levels_and_a_period(start, end, years):
    with pytest.raises(ValueError, match="needs a finite number above zero"):
        growth.cagr_pct(start, end, years)


@pytest.mark.parametrize("rate", [-10, 0, -100])
def test_a_rate_of_the_wrong_sign_never_gets_there(rate):
    with pytest.raises(ValueError, match="never leads from"):
        growth.implied_years(1, 2, rate)
