"""Verdicts on market sizes against the forecasts in our data."""

import pytest

from tests.audit.conftest import gathered, judge_cell, with_rows


@pytest.mark.parametrize(
    ("times", "verdict"),
    # 2.15 to 15.2 is a sevenfold range around 3.0; from 4.3
    # up 3.0 lies outside, though 15.2 / 4.3 is still 3.5
    [(1.0, "uncheckable"), (2.0, "fails")],
)
def test_a_figure_inside_a_wide_range_is_not_borne_out_and_one_outside_fails(times, verdict):
    def scaled(forecasts):
        low = forecasts["forecaster"].str.startswith("The Business Research Company")
        sizes = [name for name in forecasts if name.endswith("_usd_bn")]
        return forecasts.assign(
            **{name: forecasts[name].mask(low, times * forecasts[name]) for name in sizes}
        )

    name = "market.table.ai_content_creation_text_image.size_2024_usd_bn"
    row = judge_cell(name, with_rows(gathered(), "market_size_forecasts", scaled))
    assert row["verdict"] == verdict
    assert ("hardly any figure could miss" in row["reason"]) == (verdict == "uncheckable")


@pytest.mark.parametrize(
    ("times", "answer"),
    # 6.7, 12.1 and 7.8 against 4: as they are, in the middle, and at a tenth of it
    [
        (1.0, "is below all three forecasts"),
        (0.5, "lies within the forecasts"),
        (0.1, "is above all three forecasts"),
    ],
)
def test_a_market_size_is_placed_among_the_forecasts(times, answer):
    def scaled(forecasts):
        sizes = [name for name in forecasts if name.endswith("_usd_bn")]
        return forecasts.assign(**{name: times * forecasts[name] for name in sizes})

    name = "market.table.ai_customer_service_chatbots.size_2024_usd_bn"
    row = judge_cell(name, with_rows(gathered(), "market_size_forecasts", scaled))
    assert row["reason"].startswith(f"The article's $4bn {answer} for 2024: ")
    # a firm with two forecasts is named once, with both
    assert row["reason"].count("MarketsandMarkets") == 1
