import math

import numpy as np
import pandas as pd
import pytest

from analysis.evidence import evidence_tables
from analysis.models import mechanisms, reference_class, variants
from analysis.scenarios import load_register

LONG_RUN = math.log(1.05)
YEARLY_FADE = 0.5  # excess growth after a year over that of the year before: a half-life of one year


@pytest.fixture(scope="module")
def pairs():
    return evidence_tables.load("growth_pairs", "2026-10-31")


@pytest.fixture(scope="module")
def multiples():
    return evidence_tables.load("revenue_multiples", "2026-10-31")


@pytest.fixture(scope="module")
def readings(pairs):
    table = reference_class.growth_readings(pairs, seed=1)
    return table.set_index(["sample", "years_on"])


@pytest.fixture(scope="module")
def reference(readings):
    return readings.loc[("without fiscal 2020 to 2022", reference_class.REFERENCE_YEARS)]


def made_up(companies, years, noise=0.0, seed=0):
    """Companies whose excess growth halves every year, and noise around where that leads them."""
    rng = np.random.default_rng(seed)
    excess = rng.uniform(0.3, 0.8, companies)
    slope = sum(YEARLY_FADE**k for k in range(1, years + 1))
    later = years * LONG_RUN + slope * excess + noise * math.sqrt(years) * rng.standard_normal(companies)
    return pd.DataFrame(
        {
            "company": [f"company {i}" for i in range(companies)],
            "fiscal_year": 2015,
            "growth_kind": "own",
            "size_class_usd_bn": 1.0,
            "year_growth_pct": 100 * np.expm1(excess + LONG_RUN),
            reference_class.LATER[years]: np.exp(later),
        }
    )


def entries(companies, years, noise=0.0):
    return reference_class.entries(made_up(companies, years, noise), years)


@pytest.mark.parametrize("years", list(reference_class.LATER))
def test_growth_that_halves_every_year_is_found_at_every_horizon(years):
    decay = reference_class.growth_decay(entries(5, years), np.random.default_rng(0), years)
    assert decay[:3] == pytest.approx((1.0, 1.0, 1.0))
    assert decay[3:6] == pytest.approx((0.0, 0.0, 0.0), abs=1e-5)
    assert (decay.n, decay.n_companies) == (5, 5)


@pytest.mark.parametrize("years", list(reference_class.LATER))
def test_the_half_life_undoes_the_sum_of_what_is_left_after_each_year(years):
    # q + q^2 + .. + q^H at 1.7 years; no decay leaves H, no growth leaves 0
    slope = sum(2 ** (-k / 1.7) for k in range(1, years + 1))
    assert reference_class.half_life(np.array([slope, years, 0.0, -0.2]), years) == pytest.approx(
        [1.7, math.inf, 0.0, 0.0]
    )


def test_the_growth_of_the_model_is_read_back_with_the_half_life_that_it_was_made_with():
    # revenue of whole years from the model's own index: the mean of a year is that of five quarter ends
    index = mechanisms.growth_index(np.arange(0, 6.25, 0.25), 2.5, 1.2, 5.0)
    years = index[np.arange(6)[:, None] * 4 + np.arange(5)].mean(axis=1)
    rows = entries(2, 3).assign(year_growth_pct=100 * (years[1] / years[0] - 1), later_x=years[4] / years[1])
    decay = reference_class.growth_decay(rows, np.random.default_rng(0), 3)
    assert decay.half_life_years == pytest.approx(1.2, abs=0.03)


def test_noise_of_a_quarter_a_year_is_found_within_its_interval():
    decay = reference_class.growth_decay(entries(400, 3, noise=0.25), np.random.default_rng(0), 3)
    assert decay.half_life_low < 1.0 < decay.half_life_high
    assert decay.volatility_low < 25.0 < decay.volatility_high
    assert decay.volatility_high - decay.volatility_low < 4.0  # 25 x 1.645 / sqrt(800) = 1.5 to each side


def test_more_rows_of_the_same_companies_do_not_narrow_the_interval():
    # four copies of each row say nothing new; taken for new companies they would halve the interval
    rows = entries(40, 3, noise=0.25)
    copies = pd.concat([rows] * 4)
    once, copied = (
        reference_class.growth_decay(table, np.random.default_rng(0), 3) for table in (rows, copies)
    )
    assert copied[:3] == pytest.approx(once[:3])
    assert copied.n == 4 * once.n and copied.n_companies == once.n_companies


def test_only_growth_of_the_companys_own_with_a_later_revenue_is_an_entry():
    kinds = ["own", "own", "own", "own", "mixed", "cyclical", "own"]
    rows = made_up(7, 3).assign(growth_kind=kinds, fiscal_year=[2019, 2020, 2022, 2023, 2019, 2019, 2019])
    rows.loc[6, reference_class.LATER[3]] = math.nan
    chosen = reference_class.entries(rows, 3)
    assert rows.loc[chosen.index, "fiscal_year"].tolist() == [2019, 2023]
    with_surge = reference_class.entries(rows, 3, surge=True)
    assert rows.loc[with_surge.index, "fiscal_year"].tolist() == [2019, 2020, 2022, 2023]
    assert reference_class.entries(rows, 3, least_revenue_usd_bn=10.0).empty


def test_a_decay_of_one_company_is_refused():
    with pytest.raises(ValueError, match="1 companies"):
        reference_class.growth_decay(entries(1, 3), np.random.default_rng(0), 3)


def test_readings_lie_within_the_intervals_of_those_on_the_full_set(readings):
    # computed on the 496 pairs of which these are a part: half-life with its 90% interval, by horizon
    full = {1: (0.53, 0.84), 2: (0.56, 0.95), 3: (0.64, 1.19), 5: (1.24, 1.91)}
    for years, (low, high) in full.items():
        assert low < readings.loc[("all years", years), "half_life_years"] < high


def test_growth_fades_faster_with_the_entries_of_the_surge(readings):
    for years in (1, 2, 3):
        without, with_surge = (
            readings.loc[(sample, years), "half_life_years"]
            for sample in ("without fiscal 2020 to 2022", "all years")
        )
        assert with_surge < without


def test_the_half_life_in_the_register_is_the_interval_of_the_reference_reading(reference, readings):
    entry = load_register()["growth_half_life_years"]
    assert (entry.dist, entry.status) == ("lognormal", "estimated")
    low, high = entry.value
    assert (low, high) == pytest.approx((reference.half_life_low, reference.half_life_high), abs=0.1)
    assert math.sqrt(low * high) == pytest.approx(reference.half_life_years, abs=0.1)
    # looking less far ahead, growth seems to fade faster; that of large companies faded as slowly
    shorter = [readings.loc[("without fiscal 2020 to 2022", years), "half_life_years"] for years in (1, 2, 3)]
    assert shorter == sorted(shorter) and shorter[-1] < reference.half_life_years
    assert low < readings.loc[("revenue of $10bn or more", 3), "half_life_years"] < high


@pytest.mark.parametrize(
    ("variant", "sample", "years"),
    [("slow_decay", "revenue of $10bn or more", 5), ("fast_decay", "growth of 50% or more", 3)],
)
def test_variants_of_the_decay_are_intervals_of_other_readings(readings, variant, sample, years):
    reading = readings.loc[(sample, years)]
    values = variants.load()[variant].values["growth_half_life_years"]
    assert values == pytest.approx([reading.half_life_low, reading.half_life_high], abs=0.1)


def test_the_long_run_growth_in_the_register_is_the_one_that_the_half_life_is_read_at():
    low, high = load_register()["long_run_growth_pct"].value
    assert (low + high) / 2 == pytest.approx(reference_class.LONG_RUN_PCT)


def test_the_noise_of_revenue_in_the_register_is_the_interval_of_the_reference_reading(reference):
    entry = load_register()["revenue_volatility_pct"]
    assert (entry.dist, entry.status) == ("lognormal", "estimated")
    assert entry.value == pytest.approx([reference.volatility_low, reference.volatility_high], abs=1.0)
    assert math.sqrt(math.prod(entry.value)) == pytest.approx(reference.volatility_pct, abs=1.5)


def test_level_and_slope_of_the_multiple_in_the_register_are_those_of_the_lists(multiples):
    entries = load_register()
    level, slope = (
        getattr(reference_class, name)(multiples) for name in ("long_run_multiple", "multiple_slope")
    )
    assert entries["multiple_long_run"].value == pytest.approx([level.low, level.high], abs=0.1)
    assert entries["multiple_sensitivity"].value == pytest.approx(
        [slope.low, slope.value, slope.high], abs=0.05
    )
    assert {entries[name].status for name in ("multiple_long_run", "multiple_sensitivity")} == {"estimated"}


# What a company costs: its multiple comes back to what growth explains, half of the way in three years, while
# revenue strays by 20% a year and the multiple by 30.
REPRICED = {"decay": 1.5, "level": 3.0, "slope": 2.0, "gap": 3.0, "revenue": 20.0, "multiple": 30.0}


def decay_of(half_life_years, volatility_pct):
    return reference_class.GrowthDecay(
        half_life_years, *(half_life_years,) * 2, volatility_pct, *(volatility_pct,) * 2, 0, 0
    )


def made_up_prices(companies, together=0.0, drift=0.1, noise=1.0, basis="market value", seed=0):
    """Companies whose gap closes as `REPRICED` says, with correlated noise of revenue and of the multiple."""
    rng, years = np.random.default_rng(seed), reference_class.REFERENCE_YEARS
    excess, gap = rng.uniform(0.3, 0.8, companies), rng.normal(0.2, 0.5, companies)
    left = [excess * 2 ** (-(year + 1) / REPRICED["decay"]) for year in range(years + 1)]
    explained = [math.log(REPRICED["level"]) + REPRICED["slope"] * q + LONG_RUN + q for q in left]
    steps = rng.standard_normal((2, companies)) * noise * math.sqrt(years)
    steps[1] = together * steps[0] + math.sqrt(1 - together**2) * steps[1]
    revenue = years * LONG_RUN + sum(left[:years]) + REPRICED["revenue"] / 100 * steps[0]
    multiple = explained[years] - explained[0] + drift + REPRICED["multiple"] / 100 * steps[1]
    closed = gap * (2 ** (-years / REPRICED["gap"]) - 1)
    listed = basis == "market value"
    return pd.DataFrame(
        {
            "company": [f"{basis} {number}" for number in range(companies)],
            "basis": basis,
            "chosen": "rule",
            "year_growth_pct": 100 * np.expm1(excess + LONG_RUN),
            "price_over_sales_x": np.exp(explained[0] + gap) if listed else math.nan,
            "after_5_years_x": np.exp(revenue + multiple + (closed if listed else 0.0)),
            "revenue_after_5_years_x": np.exp(revenue) if listed else math.nan,
        }
    )


def repriced(*parts, seed=0):
    level, slope = (
        reference_class.MarketReading(REPRICED[name], *(REPRICED[name],) * 2, 1)
        for name in ("level", "slope")
    )
    return reference_class.repricing(
        pd.concat(parts, ignore_index=True),
        decay_of(REPRICED["decay"], REPRICED["revenue"]),
        level,
        slope,
        np.random.default_rng(seed),
    )


def test_a_gap_that_closes_by_half_in_three_years_is_read_as_that():
    # without noise every resample gives it, whatever the whole market gained
    read = repriced(made_up_prices(6, noise=0.0), made_up_prices(4, noise=0.0, basis="share price"))
    assert read[:3] == pytest.approx((REPRICED["gap"],) * 3)
    assert (read.volatility_low, read.least_high) == pytest.approx((0.0, 0.0), abs=1e-4)
    assert (read.n, read.n_companies, read.shares_n) == (6, 6, 4)


def test_both_readings_give_the_volatility_of_the_multiple_whatever_moves_with_revenue():
    for together in (-0.4, 0.4):
        read = repriced(
            made_up_prices(500, together, seed=4), made_up_prices(500, together, basis="share price", seed=1)
        )
        assert read.half_life_low < REPRICED["gap"] < read.half_life_high
        # a standard deviation of 500 is known to 3%, the correlation to 0.04
        assert read.volatility_low == pytest.approx(REPRICED["multiple"], rel=0.08)
        assert read.volatility_high == pytest.approx(REPRICED["multiple"], rel=0.12)
        assert read.volatility_pct == pytest.approx(math.sqrt(read.volatility_low * read.volatility_high))
        assert read.least_low < read.volatility_low < read.least_high
        assert read.correlation_low < read.correlation < read.correlation_high
        assert read.correlation == pytest.approx(together, abs=0.1)


def test_the_noise_of_revenue_and_what_moves_with_it_come_off_the_variance():
    # 0.2^2 + 0.3^2 + 2 x 0.4 x 0.2 x 0.3 = 0.178; where revenue alone strays further, nothing is left
    left = reference_class._less_revenue(np.array([0.178, 0.03]), 0.2, np.array([0.4, 0.0]))
    assert left == pytest.approx([0.3, 0.0])


def test_cases_picked_by_hand_and_copies_of_a_company_say_nothing_new():
    listed, shares = made_up_prices(40), made_up_prices(20, basis="share price", seed=1)
    once = repriced(listed, shares)
    picked = listed.assign(chosen="hand", after_5_years_x=9.0, company="picked")
    assert repriced(listed, shares, picked) == once
    # 40 rows less 2 against 160 less 2: the same spread over more degrees of freedom
    copied = repriced(*[listed] * 4, *[shares] * 4)
    assert copied[:3] == pytest.approx(once[:3])
    assert copied.volatility_low == pytest.approx(once.volatility_low * math.sqrt(38 / 40 * 160 / 158))
    assert (copied.n, copied.n_companies) == (4 * once.n, once.n_companies)


@pytest.mark.parametrize(("drift", "expected"), [(-1.0, 0), (1.0, 1)])
def test_a_gap_that_more_than_closes_or_widens_counts_as_an_end_of_the_range(drift, expected):
    listed = made_up_prices(6, noise=0.0)
    gap = np.log(listed["price_over_sales_x"])
    moved = listed.assign(after_5_years_x=listed["after_5_years_x"] * np.exp(drift * gap))
    read = repriced(moved, made_up_prices(4, noise=0.0, basis="share price"))
    assert read.half_life_years == reference_class.GAP_HALF_LIVES[expected]


@pytest.mark.parametrize(
    ("listed", "shares", "missing"), [(1, 4, "a market value 5"), (4, 1, "a share price 5")]
)
def test_repricing_of_one_company_is_refused(listed, shares, missing):
    with pytest.raises(ValueError, match=missing):
        repriced(made_up_prices(listed), made_up_prices(shares, basis="share price"))


def test_repricing_and_volatility_in_the_register_are_read_off_the_cases(pairs, multiples):
    entries, rng = load_register(), np.random.default_rng(1)
    read = reference_class.repricing(
        evidence_tables.load("value_cases", "2026-10-31"),
        reference_class.growth_decay(reference_class.entries(pairs), rng),
        reference_class.long_run_multiple(multiples),
        reference_class.multiple_slope(multiples),
        rng,
    )
    half_life, volatility = entries["repricing_half_life_years"], entries["multiple_volatility_pct"]
    assert (half_life.dist, half_life.status) == (volatility.dist, volatility.status)
    assert (volatility.dist, volatility.status) == ("lognormal", "estimated")
    assert half_life.value == pytest.approx([read.half_life_low, read.half_life_high], rel=0.05)
    assert math.sqrt(math.prod(half_life.value)) == pytest.approx(read.half_life_years, rel=0.1)
    assert volatility.value == pytest.approx([read.volatility_low, read.volatility_high], abs=1.0)
    # over single years it moves more; the judged correlation lies within what the cases leave open
    assert max(volatility.value) < reference_class.multiple_volatility(multiples).high
    assert read.correlation_low < entries["co_movement"].value < read.correlation_high


def test_the_level_is_a_geometric_mean_over_days_and_no_single_trough():
    # 2 and 8: the mean is 4; ln 2 and ln 8 lie 1.386 apart, so their standard deviation is 0.980
    rows = pd.DataFrame(
        {
            "companies": "software and internet",
            "measure": "multiple",
            "next_year_growth_pct": ["0 to 10", "0 to 10", "30 to 50"],
            "value": [2.0, 8.0, 90.0],
        }
    )
    level = reference_class.long_run_multiple(rows)
    assert (level.value, level.readings) == (pytest.approx(4.0), 2)
    assert level.high == pytest.approx(4 * math.exp(1.645 * math.log(4) / math.sqrt(2)), rel=1e-3)
    assert level.low == pytest.approx(16 / level.high)


def test_the_multiple_rises_with_growth_up_to_thirty_percent(multiples):
    # beyond that it stays level on realised growth
    table = reference_class.multiples_by_growth(multiples)
    for companies in ("software and internet", "technology and biotech"):
        rows = table[table["companies"].eq(companies)].set_index("next_year_growth_pct")["revenue_multiple_x"]
        rising = rows[["below 0", "0 to 10", "10 to 20", "20 to 30"]]
        assert rising.is_monotonic_increasing
    assert set(table["next_year_growth_pct"]) <= set(reference_class.GROWTH_CLASSES)
    assert (table["low_x"] <= table["revenue_multiple_x"] + 1e-9).all()
    assert (table["revenue_multiple_x"] <= table["high_x"] + 1e-9).all()


def test_base_rates_stand_beside_the_share_of_futures_that_grow_as_fast():
    # four futures grow by 10, 20, 30 and 50% a year over three years: three reach 20%, one 45%; at the
    # threshold counts; ten years are not simulated
    rates = pd.DataFrame(
        {
            "years_on": [3, 3, 10],
            "least_growth_pct": [20.0, 45.0, 20.0],
            "revenue_class_usd_bn": "all",
            "companies_pct": [11.9, 2.5, 4.5],
        }
    )
    times = np.array([0.0, 1.0, 2.0, 3.0])
    revenue = 40 * np.array([1.1, 1.2 + 1e-12, 1.3, 1.5])[:, None] ** times
    table = reference_class.growth_beside_base_rates(rates, revenue, times)
    assert table["futures_pct"].tolist()[:2] == [75.0, 25.0]
    assert math.isnan(table["futures_pct"].iloc[2])


def test_later_revenue_stands_beside_that_of_large_companies_that_grew_as_fast():
    after = reference_class.LATER[1]
    rows = pd.concat(
        [
            made_up(10, 1).assign(size_class_usd_bn=20.0, year_growth_pct=60.0, **{after: 1.5}),
            made_up(10, 1).assign(size_class_usd_bn=2.0, year_growth_pct=60.0, **{after: 9.0}),
            made_up(10, 1).assign(size_class_usd_bn=20.0, year_growth_pct=40.0, **{after: 9.0}),
            made_up(9, 2).assign(size_class_usd_bn=20.0, year_growth_pct=60.0),  # too few companies
        ]
    )
    rows = rows.reindex(columns=[*rows.columns, *(set(reference_class.LATER.values()) - set(rows.columns))])
    times = np.array([0.0, 1.0, 2.0])
    table = reference_class.growth_beside_class(rows, 40 * np.array([[1.0, 2.0, 3.0]]), times)
    assert table[["series", "years_on", "p50", "n"]].to_numpy().tolist() == [
        ["companies", 1, 1.5, 10],
        ["simulated futures", 1, 2.0, 1],
    ]
