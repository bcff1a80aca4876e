"""A known fall is found, the frontier is counted by hand, and what the points cannot bear is refused."""

import dataclasses
import math
import re
import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats
from statsmodels.regression.mixed_linear_model import MixedLM

from analysis.evidence import evidence_tables
from analysis.models import prices
from analysis.statistics import trend

LN8 = math.log(8)


def spells_of(rows):
    """Spells from (developer, price, score, day); the seller is the developer."""
    frame = pd.DataFrame(rows, columns=["developer", "price_usd_per_mtok", "score_pct", "valid_on"])
    days = pd.to_datetime(frame["valid_on"])
    return frame.assign(
        seller=frame["developer"], model="m", weights="open", valid_on=days, t=trend.decimal_year(days)
    )


def market(rng, sellers=(20, 14, 7, 5, 4, 2, 2, 2, 2, 1), noise=0.6):
    """ln price = a_seller - ln 8 t + 0.9 logit(score; floor 0.25) + e: a price falls to 1/8 in a year."""
    names = np.repeat([f"s{i}" for i in range(len(sellers))], sellers)
    t, z = rng.uniform(0, 2.5, names.size), rng.normal(0, 1, names.size)
    a = np.repeat(rng.normal(0, 0.8, len(sellers)), sellers)
    log_price = a - LN8 * t + 0.9 * z + rng.normal(0, noise, names.size)
    return pd.DataFrame(
        {
            "seller": names,
            "developer": names,
            "model": "m",
            "weights": "open",
            "price_usd_per_mtok": np.exp(log_price),
            "score_pct": 100 * (0.25 + 0.75 / (1 + np.exp(-z))),
            "valid_on": pd.Timestamp("2023-01-01"),
            "t": 2023 + t,
        }
    )


@pytest.fixture(scope="module")
def gpqa():
    scores = evidence_tables.load("model_benchmarks").query("use == 'trend' and benchmark == 'GPQA Diamond'")
    return prices.price_spells(evidence_tables.load("api_prices"), scores, 0.75)


# The table of spells

LISTED = pd.DataFrame(
    [
        ("S", "a", "A", "list", "2024-01-01", 4.0, 8.0),
        ("S", "a", "A", "list", "2024-02-01", 4.0, 8.0),  # the same price again: no new spell
        ("S", "a", "A", "promotion", "2024-02-15", 1.0, 1.0),  # not a list price
        ("S", "a", "A", "list", "2024-03-01", 2.0, 8.0),  # a cut of the input price alone
        ("S", "a", "A", "list", "2024-04-01", 4.0, 8.0),  # back again: a spell of its own
        ("S", "a", "B", "list", "2024-05-01", 4.0, 8.0),  # the same name at the same price is another release
        ("H", "a", "A", "list", "2024-01-01", 4.0, 8.0),  # another seller
        ("H", "c", "C", "list", "2024-01-01", 1.0, 1.0),  # no score
        ("H", "d", "", "list", "2024-01-01", 1.0, 1.0),
    ],
    columns=[
        "seller",
        "model",
        "benchmark_model",
        "terms",
        "valid_on",
        "price_input_usd_per_mtok",
        "price_output_usd_per_mtok",
    ],
).assign(weights="open", valid_on=lambda frame: pd.to_datetime(frame["valid_on"]))
SCORES = pd.DataFrame(
    {
        "model": ["A", "B"],
        "developer": ["Dev", "Dev"],
        "benchmark": "MMLU",
        "protocol": "5-shot",
        "score_pct": [70.0, 80.0],
    }
)


def test_a_cut_is_counted_by_line_and_not_by_hosts_or_offers():
    table = pd.DataFrame(
        [
            ("S", "a1", "", None, "launch", "list", "2024-01-01", 10.0),
            ("S", "a2", "a1", None, "launch", "list", "2024-02-01", 7.0),  # a successor at 30% less
            ("S", "a3", "a2", None, "launch", "list", "2024-03-01", 5.0),  # 29% less: 5 / 7 = 0.714
            ("S", "a3", "a2", None, "cut", "list", "2024-04-01", 2.5),  # half of its own price, not of a2's
            ("S", "b", "", None, "launch", "list", "2024-04-01", 0.1),  # the first of another line
            ("T", "c", "", None, "launch", "list", "2024-01-01", 10.0),
            ("T", "c", "", None, "cut", "promotion", "2024-02-01", 1.0),  # ends, and changes no list price
            ("T", "c", "", None, "observation", "list", "2024-03-01", 1.0),  # seen, not announced
            ("H", "a1", "", "2024-01-01", "launch", "list", "2024-01-01", 10.0),
            ("H", "a1", "", "2024-01-01", "cut", "list", "2024-02-01", 1.0),  # a host's
        ],
        columns=[
            "seller",
            "model",
            "replaces",
            "released_on",
            "event",
            "terms",
            "valid_on",
            "price_input_usd_per_mtok",
        ],
    ).assign(
        price_output_usd_per_mtok=lambda t: t["price_input_usd_per_mtok"],
        released_on=lambda t: pd.to_datetime(t["released_on"]),
        valid_on=lambda t: pd.to_datetime(t["valid_on"]),
    )
    result = prices.price_cuts(table.sample(frac=1, random_state=1), 0.75, pct=30)
    assert result[["seller", "model", "price_input_usd_per_mtok"]].to_numpy().tolist() == [
        ["S", "a2", 7.0],
        ["S", "a3", 2.5],
    ]


def test_a_flagship_costs_no_less_than_the_median_of_its_sellers_prices_of_a_year():
    table = pd.DataFrame(
        [
            ("S", "large", "launch", "2024-01-01", 10.0),
            ("S", "small", "launch", "2024-01-02", 1.0),
            ("S", "mini", "launch", "2024-01-03", 0.1),
            ("S", "mini", "cut", "2024-02-01", 0.01),  # below the median of 10, 1 and 0.1
            ("S", "small", "cut", "2024-03-01", 0.5),  # the median itself
            ("S", "large", "cut", "2024-04-01", 5.0),
            ("S", "mini", "cut", "2025-04-02", 0.001),  # nothing else is of that year
            ("T", "other", "launch", "2024-01-01", 99.0),
        ],
        columns=["seller", "model", "event", "valid_on", "price_input_usd_per_mtok"],
    ).assign(
        replaces="",
        terms="list",
        price_output_usd_per_mtok=lambda t: t["price_input_usd_per_mtok"],
        released_on=pd.NaT,
        valid_on=lambda t: pd.to_datetime(t["valid_on"]),
    )
    assert len(prices.price_cuts(table, 0.75, pct=30)) == 4
    flagships = prices.price_cuts(table, 0.75, pct=30, flagship=True)
    assert flagships["price_input_usd_per_mtok"].tolist() == [0.5, 5.0, 0.001]


def test_what_a_model_replaces_is_an_earlier_model_of_its_seller():
    table = evidence_tables.load("api_prices")
    first = table.groupby(["seller", "model"])["valid_on"].min()
    named = table[table["replaces"] != ""].drop_duplicates(["seller", "model"])
    assert len(named)
    for row in named.itertuples():
        assert first[row.seller, row.replaces] <= first[row.seller, row.model], row.model
    # a host replaces nothing of its own
    assert named["released_on"].isna().all()


def test_consecutive_rows_of_one_price_are_one_spell():
    # 0.75 × 4 + 0.25 × 8 = 5; after the cut 0.75 × 2 + 0.25 × 8 = 3.5
    shuffled = LISTED.sample(frac=1, random_state=1)
    result = prices.price_spells(shuffled, SCORES, 0.75)
    assert list(result.columns) == prices.SPELL_COLUMNS
    assert result["valid_on"].dt.month.tolist() == [1, 1, 3, 4, 5]
    assert result["seller"].tolist() == ["H", "S", "S", "S", "S"]
    assert result["price_usd_per_mtok"].tolist() == [5, 5, 3.5, 5, 5]
    assert result["score_pct"].tolist() == [70, 70, 70, 70, 80]
    assert result["t"].iloc[2] == pytest.approx(2024 + 2 / 12)


@pytest.mark.parametrize(
    ("listed", "scores", "share", "message"),
    [
        (LISTED, SCORES, 1.5, "input_token_share is 1.5: write a share"),
        (LISTED, SCORES.assign(protocol=["5-shot", "0-shot"]), 0.75, "scores mix MMLU 5-shot; MMLU 0-shot"),
        (LISTED, SCORES.assign(model="A"), 0.75, "scores has 'A' twice: keep the rows whose use"),
        (
            LISTED.assign(price_input_usd_per_mtok=0.0, price_output_usd_per_mtok=0.0),
            SCORES,
            0.75,
            "prices of 'a' are not above 0",
        ),
    ],
)
def test_prices_and_scores_that_do_not_fit_are_refused(listed, scores, share, message):
    with pytest.raises(ValueError, match=message):
        prices.price_spells(listed, scores, share)


def test_the_real_tables_give_the_spells_that_a_query_counts(gpqa):
    # OpenAI's o3: 10 and 40 from 2025-04-16, 2 and 8 from 2025-06-10: 0.75 × 10 + 0.25 × 40 = 17.5, then 3.5
    o3 = gpqa[gpqa["model"] == "o3"]
    assert o3["price_usd_per_mtok"].tolist() == [17.5, 3.5]
    assert not gpqa.duplicated(["seller", "model", "valid_on"]).any()
    assert set(gpqa.loc[gpqa["model"].str.startswith("Llama"), "developer"]) == {"Meta"}


# The hedonic regression


def test_the_regression_is_that_of_the_formula_and_its_error_the_jackknife_over_sellers():
    spells = market(np.random.default_rng(1))
    table = prices.hedonic(spells, floor=0.25, methods=["ols"]).table.loc[0]
    frame = spells.assign(
        ln=np.log(spells["price_usd_per_mtok"]),
        q=np.log((spells["score_pct"] - 25) / (100 - spells["score_pct"])),
    )
    full = smf.ols("ln ~ t + q + C(seller)", frame).fit().params  # the seller with one spell changes no slope
    assert table["decline_factor_per_year"] == pytest.approx(math.exp(-full["t"]), rel=1e-9)
    assert table["quality_elasticity"] == pytest.approx(full["q"], rel=1e-9)
    assert (table["prices"], table["sellers"]) == (58, 9)
    slopes = [
        smf.ols("ln ~ t + q + C(seller)", frame[frame["seller"] != f"s{i}"]).fit().params["t"]
        for i in range(9)
    ]
    half = stats.t.ppf(0.975, 8) * math.sqrt(8 / 9 * sum((slope - full["t"]) ** 2 for slope in slopes))
    assert table["low"] == pytest.approx(math.exp(-full["t"] - half), rel=1e-9)
    assert table["high"] == pytest.approx(math.exp(-full["t"] + half), rel=1e-9)


@pytest.mark.slow
def test_a_fit_is_computed_once_in_whatever_table_it_stands(count_stored):
    # 10 sellers, two methods each, of which one is asked for again: alone, and in a curve of three methods
    spells = market(np.random.default_rng(4))
    both = prices.hedonic(spells, floor=0.25, methods=["ols", "quantile_50"])
    assert count_stored() == 2
    alone = prices.hedonic(spells.copy(), floor=0.25, methods=["ols"])
    assert count_stored() == 2
    pd.testing.assert_frame_equal(alone.table, both.table.head(1))
    curve = prices.hedonic_curve({"a": spells}, floor=0.25, starts={"all": -math.inf})
    assert count_stored() == 2 + 1 + 1  # the cheap tenth, and the curve itself
    again = prices.hedonic_curve({"a": spells.copy()}, floor=0.25, starts={"all": -math.inf})
    assert count_stored() == 2 + 1 + 1
    pd.testing.assert_frame_equal(again.table, curve.table)
    prices.hedonic(spells[1:], floor=0.25, methods=["ols"])
    assert count_stored() == 5


def test_a_known_fall_is_covered():
    # 200 runs, nominal 95%: a share of 0.95 has a standard error of 1.5 points. Ten unequal sellers cost a
    # few points more, so the share has to lie between 0.88 and 0.99; the median factor within 5% of 8.
    rng = np.random.default_rng(20)
    tables = [prices.hedonic(market(rng), floor=0.25, methods=["ols"]).table.loc[0] for _ in range(200)]
    covered = np.mean([row["low"] <= 8 <= row["high"] for row in tables])
    assert 0.88 <= covered <= 0.99
    assert np.median([row["decline_factor_per_year"] for row in tables]) == pytest.approx(8, rel=0.05)
    elasticity = np.mean([row["quality_low"] <= 0.9 <= row["quality_high"] for row in tables])
    assert 0.88 <= elasticity <= 0.99


def test_all_methods_find_the_fall_of_a_quiet_market():
    result = prices.hedonic(market(np.random.default_rng(4), sellers=(12,) * 8, noise=0.05), floor=0.25)
    table = result.table.set_index("method")
    assert tuple(table.index) == prices.METHODS
    assert table.loc[["ols", "mixed"], "decline_factor_per_year"].tolist() == pytest.approx([8, 8], rel=0.03)
    # The quantiles have no seller effects, and those (sd 0.8 over 8 sellers) are what they see
    assert ((table["low"] < 8) & (table["high"] > 8)).all()
    assert (table["prices"] == 96).all() and (table["sellers"] == 8).all()
    assert table["notes"].str.startswith("8 sellers: errors from fewer than 10").all()
    assert len(result.without) == 4 * 8
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.level = 0.5


def test_no_seller_effects_and_exact_prices_give_every_method_the_same_line():
    spells = market(np.random.default_rng(4), sellers=(6,) * 5, noise=0.0)
    effects = spells.groupby("seller")["seller"].ngroup()
    logit = np.log((spells["score_pct"] - 25) / (100 - spells["score_pct"]))
    even = spells.assign(price_usd_per_mtok=np.exp(3 - LN8 * (spells["t"] - 2023) + 0.9 * logit))
    assert effects.nunique() == 5
    table = prices.hedonic(even, floor=0.25, methods=["ols", "quantile_10", "quantile_50"]).table
    assert table["decline_factor_per_year"].tolist() == pytest.approx([8] * 3, rel=1e-5)
    assert table["quality_elasticity"].tolist() == pytest.approx([0.9] * 3, rel=1e-5)


def test_the_floor_is_the_logits():
    # ln((0.6 - 0.25)/(1 - 0.6)) = ln 0.875, with a floor of 0 ln 1.5; the seller first by name has no column
    spells = spells_of([("A", 1.0, 60.0, "2024-01-01"), ("B", 1.0, 60.0, "2024-01-01")])
    assert prices.hedonic_controls(spells, 0.25) == pytest.approx(
        np.array([[math.log(0.875), 0], [math.log(0.875), 1]])
    )
    assert prices.hedonic_controls(spells, 0.0)[:, 0] == pytest.approx([math.log(1.5)] * 2)


def test_a_method_that_does_not_converge_says_so_and_has_no_number(monkeypatch, recwarn):
    full = MixedLM.fit

    def stuck(self, *args, **options):
        warnings.warn("boundary", UserWarning, stacklevel=2)
        fit = full(self, *args, **options)
        fit._results.converged = False
        return fit

    monkeypatch.setattr(MixedLM, "fit", stuck)
    spells = market(np.random.default_rng(4), sellers=(6,) * 5)
    table = prices.hedonic(spells, floor=0.25, methods=["ols", "mixed"]).table.set_index("method")
    assert math.isnan(table.loc["mixed", "decline_factor_per_year"]) and math.isnan(table.loc["mixed", "low"])
    assert "no convergence" in table.loc["mixed", "notes"]
    assert math.isfinite(table.loc["ols", "low"])
    assert len(recwarn) == 0


def test_warnings_become_notes_that_name_the_seller_left_out(monkeypatch, recwarn):
    full = MixedLM.fit

    def warned(self, *args, **options):
        if len(self.endog) < 30:
            warnings.warn("near singular", UserWarning, stacklevel=2)
        return full(self, *args, **options)

    monkeypatch.setattr(MixedLM, "fit", warned)
    spells = market(np.random.default_rng(4), sellers=(10, 10, 10))
    notes = prices.hedonic(spells, floor=0.25, methods=["mixed"]).table.loc[0, "notes"]
    assert "without s0, s1, s2: UserWarning: near singular" in notes
    assert len(recwarn) == 0


@pytest.mark.parametrize(
    ("spells", "options", "message"),
    [
        (market(np.random.default_rng(1), (5, 5, 1)), {}, "spells has 2 sellers with two spells or more"),
        (
            market(np.random.default_rng(1), (3, 3, 3)),
            {},
            "spells leaves 4 degrees of freedom after 3 sellers",
        ),
        (market(np.random.default_rng(1)).assign(t=2024.0), {}, "spells has one t, 2024: its effect"),
        (market(np.random.default_rng(1)).assign(score_pct=50.0), {}, "spells has one score_pct, 50"),
        (
            market(np.random.default_rng(1)).assign(score_pct=25.0),
            {},
            "'m' has a score of 25: a logit needs scores above",
        ),
        (market(np.random.default_rng(1)), {"floor": 25}, "floor is 25: write a share"),
        (market(np.random.default_rng(1)), {"level": 95}, "level is 95: write a share"),
        (
            market(np.random.default_rng(1)),
            {"methods": ["ridge"]},
            r"methods \['ridge'\] are unknown: write some of",
        ),
    ],
)
def test_what_no_regression_can_carry_is_refused(spells, options, message):
    with pytest.raises(ValueError, match=message):
        prices.hedonic(spells, **{"floor": 0.25, **options})


# The frontier

SIX = spells_of(
    [
        ("A", 30.0, 50.0, "2023-01-01"),
        ("B", 10.0, 40.0, "2023-03-01"),  # below the score of 45: never on the frontier
        ("C", 40.0, 60.0, "2023-06-01"),  # more expensive than what there was
        ("C", 3.0, 55.0, "2024-01-01"),
        ("D", 3.0, 70.0, "2024-06-01"),  # as cheap, not cheaper
        ("D", 0.3, 70.0, "2025-01-01"),
    ]
)


def test_the_frontier_by_hand():
    result = prices.price_frontier(SIX.iloc[::-1], 45)
    assert result["price_usd_per_mtok"].tolist() == [30, 3, 0.3]
    assert result["developer"].tolist() == ["A", "C", "D"]
    assert prices.price_frontier(SIX, 40)["price_usd_per_mtok"].tolist() == [30, 10, 3, 0.3]
    assert prices.price_frontier(SIX, 99).empty


def test_of_one_day_only_the_cheapest_counts():
    rows = [("A", 5.0, 50.0, "2023-01-01"), ("B", 4.0, 50.0, "2023-01-01"), ("C", 4.0, 50.0, "2023-01-01")]
    assert prices.price_frontier(spells_of(rows), 45)["developer"].tolist() == ["B"]


def test_a_tenth_a_year_by_hand():
    # 30, 3, 0.3 on three first days of the year: a factor of
    # 10, a line through every point, and 100 over two years
    result = prices.fixed_quality(SIX, 45, rng=np.random.default_rng(1))
    assert result.decline_factor_per_year == pytest.approx(10)
    assert (result.low, result.high) == pytest.approx((10, 10))
    assert result.end_to_end_factor == pytest.approx(10)
    assert (len(result.points), result.spells, result.developers) == (3, 5, 3)
    assert (result.first_step_on, result.last_step_on, result.record_end) == tuple(
        pd.to_datetime(["2023-01-01", "2025-01-01", "2025-01-01"])
    )
    assert math.isnan(result.bootstrap_low)
    assert result.notes[0].startswith("the line passes through every point")
    assert re.findall(r"\d+", result.notes[1]) == ["3", "5"]  # developers that there are and that are needed


def test_a_record_without_a_lower_price_counts_end_to_end():
    # the record goes on a year: 100 over three years is 100^(1/3) = 4.6416; 2025 is no leap year
    late = spells_of([("E", 9.0, 50.0, "2026-01-01")])
    result = prices.fixed_quality(pd.concat([SIX, late]), 45, rng=np.random.default_rng(1))
    assert result.decline_factor_per_year == pytest.approx(10)
    assert result.end_to_end_factor == pytest.approx(100 ** (1 / 3))
    assert any("365 days" in note for note in result.notes)


FIVE = spells_of(
    [
        (developer, price, 50.0, f"{2020 + year}-01-01")
        for developer, year, price in [
            ("A", 0, 64.0),
            ("B", 1, 16.0),
            ("C", 2, 8.0),
            ("D", 3, 1.0),
            ("E", 4, 0.5),
            ("A", 5, 0.1),
        ]
    ]
)


def test_the_bootstrap_draws_developers_and_extracts_the_frontier_again():
    # the same by hand: the set of developers of each draw, `frontier` and `trend.fit`
    result = prices.fixed_quality(FIVE, 45, rng=np.random.default_rng(7), draws=300, level=0.8)
    drawn = np.random.default_rng(7).integers(5, size=(300, 5))
    factors = []
    for draw in drawn:
        points = prices.price_frontier(FIVE[FIVE["developer"].isin([list("ABCDE")[i] for i in draw])], 45)
        if len(points) >= 3:
            line = trend.fit(points["t"], points["price_usd_per_mtok"], form="exponential")
            factors.append(1 / line.growth_factor_per_year)
    ends = (result.bootstrap_low, result.bootstrap_median, result.bootstrap_high)
    assert ends == pytest.approx(np.quantile(factors, [0.1, 0.5, 0.9]), rel=1e-9)
    assert result.draws_left_out == 300 - len(factors) > 0
    assert [re.findall(r"\d+", note) for note in result.notes] == [[str(result.draws_left_out), "300", "3"]]


def test_the_order_of_the_rows_changes_nothing():
    result = prices.fixed_quality(FIVE, 45, rng=np.random.default_rng(7), draws=200)
    other = prices.fixed_quality(FIVE.iloc[::-1], 45, rng=np.random.default_rng(7), draws=200)
    assert (result.low, result.bootstrap_low, result.bootstrap_high) == (
        other.low,
        other.bootstrap_low,
        other.bootstrap_high,
    )


def test_the_first_interval_is_the_trends():
    result = prices.fixed_quality(FIVE, 45, rng=np.random.default_rng(7), draws=200, level=0.9)
    line = trend.fit(result.points["t"], result.points["price_usd_per_mtok"], form="exponential", level=0.9)
    low, high = line.growth_factor_interval
    assert (result.low, result.high) == pytest.approx((1 / high, 1 / low))


@pytest.mark.parametrize(
    ("threshold", "options", "message"),
    [
        (65, {}, "threshold_pct 65 has 2 frontier points from 2 spells: a trend needs 3; use hedonic"),
        (99, {}, "threshold_pct 99 has 0 frontier points from 0 spells"),
        (45, {"draws": 50}, "draws is 50: the ends of an interval need 100"),
        (45, {"level": 90}, "level is 90: write a share"),
    ],
)
def test_a_frontier_that_is_no_trend_is_refused(threshold, options, message):
    with pytest.raises(ValueError, match=message):
        prices.fixed_quality(SIX, threshold, rng=np.random.default_rng(1), **options)


def test_thresholds_side_by_side_keep_the_one_that_cannot_be_fitted():
    table = prices.at_thresholds(FIVE, {"all": 45, "none": 60}, rng=np.random.default_rng(7), draws=200)
    assert list(table.columns) == prices.THRESHOLD_COLUMNS
    stream = np.random.default_rng(7).spawn(1)[0]
    alone = prices.fixed_quality(FIVE, 45, rng=stream, draws=200)
    assert table.loc[0, "bootstrap_low"] == alone.bootstrap_low
    assert table["steps"].tolist() == [6, 0]
    assert math.isnan(table.loc[1, "decline_factor_per_year"])
    assert re.findall(r"\d+", table.loc[1, "notes"]) == ["0", "3"]  # points that there are and are needed


def test_the_frontier_of_the_real_prices_at_the_score_of_gpt_4(gpqa):
    # read off the price table: GPT-4 30 and 60 dollars = 37.5
    # blended, gpt-oss-120b at a host 0.039 and 0.18 = 0.07425
    points = prices.price_frontier(gpqa, 33)
    assert points["price_usd_per_mtok"].iloc[[0, -1]].tolist() == pytest.approx([37.5, 0.07425])
    assert points["model"].iloc[[0, -1]].tolist() == ["gpt-4 (8K)", "openai/gpt-oss-120b"]


def test_the_curve_tries_every_benchmark_window_and_method_and_adjusts_over_what_was_fitted():
    spells = market(np.random.default_rng(4))
    curve = prices.hedonic_curve(
        {"one": spells, "none": spells.head(2)}, floor=0.25, starts={"all": -math.inf}
    )
    result = curve.table
    assert (curve.tried, curve.fitted) == (6, 3)
    # 2 benchmarks x 1 window x 3 methods
    assert len(result) == 6 and result["specification"].is_unique
    assert result["primary"].tolist() == [True] + [False] * 5
    fitted = result[result["factor"].notna()]
    assert fitted["specification"].str.startswith("one").all()
    assert (result.loc[result["factor"].isna(), "reason"] != "").all()
    ours = prices.hedonic(spells, floor=0.25).table.iloc[0]
    assert (
        fitted.iloc[0][["factor", "low", "high"]].tolist()
        == ours[["decline_factor_per_year", "low", "high"]].tolist()
    )
    # the interval that just includes no change has p of five percent: here all fall
    smallest = fitted["p"].min()
    assert fitted.loc[fitted["p"].idxmin(), "p_holm"] == pytest.approx(min(1, smallest * len(fitted)))
    # p by hand: t = ln factor / se with sellers - 1 degrees of freedom, se from the interval
    df = ours["sellers"] - 1
    error = math.log(ours["high"] / ours["decline_factor_per_year"]) / stats.t.ppf(0.975, df)
    assert fitted.iloc[0]["p"] == pytest.approx(
        2 * stats.t.sf(math.log(ours["decline_factor_per_year"]) / error, df)
    )


def test_a_fall_by_one_method_has_its_interval_and_what_it_rests_on():
    fitted = prices.hedonic(market(np.random.default_rng(4)), floor=0.25, methods=["ols"])
    row, fall = fitted.table.iloc[0], fitted.fall()
    assert (fall.value, fall.low, fall.high) == tuple(row[["decline_factor_per_year", "low", "high"]])
    assert (fall.level, fall.prices, fall.sellers) == (0.95, row["prices"], row["sellers"])


def test_scores_to_reach_carry_the_score_and_leave_out_a_model_without_one():
    scores = pd.DataFrame({"model": ["GPT-4 (0314)"], "score_pct": [35.7]})
    reached = prices.scores_to_reach(scores, {"GPT-4": "GPT-4 (0314)", "GPT-4o": "GPT-4o (2024-05-13)"})
    assert reached == {"GPT-4 (36%)": 35.7}


def test_seller_effects_leave_out_sellers_with_one_price_when_the_rate_is_tested():
    spells = market(np.random.default_rng(4))
    alone = pd.concat([spells, spells.tail(1).assign(seller="once")], ignore_index=True)
    plain, more = (prices.acceleration(frame, 0.25, 1) for frame in (spells, alone))
    assert plain.nobs == more.nobs == len(prices.repeat_sellers(spells)) < len(spells)


def test_the_rate_is_tested_by_record_with_what_a_year_divides_the_price_by():
    spells = market(np.random.default_rng(4))
    table = prices.acceleration_by_record({"one": spells, "same": spells}, floor=0.25, seed=1)
    alone = prices.acceleration(spells, 0.25, 1)
    # two tests a record; a slope of ln price turned round is what a year divides by
    assert table["benchmark"].tolist() == ["one", "same"] and (table["tests"] == 4).all()
    assert table["prices"].tolist() == [alone.nobs] * 2
    assert table["decline_factor_per_year"].tolist() == pytest.approx([math.exp(-alone.slope)] * 2)


def test_published_declines_stand_next_to_those_of_the_same_score(gpqa):
    published = evidence_tables.load("published_fits")
    result = prices.published_comparison(published, {"GPQA Diamond": gpqa}, seed=1).set_index("published_fit")
    # two of the published fits are on GPQA Diamond, at 33 and at 53
    assert len(result) == 2
    row = result[result.index.str.contains("GPT-4-0314")].iloc[0]
    ours = prices.fixed_quality(gpqa, 33, rng=np.random.default_rng(1), level=0.9)
    assert (row["published"], row["level"]) == (42.019, 0.9)
    assert row["ours"] == ours.decline_factor_per_year
    assert row["published_inside"] == (ours.low <= 42.019 <= ours.high)
    assert prices.published_comparison(published, {}, seed=1).empty


def test_an_open_model_matches_by_its_best_run_and_only_where_it_is_newer():
    # the closed model has 80 in its best run; A has 79 and
    # 81, B only 79, C is older, and of D there is no run
    names = ["closed", "A", "B", "C", "D"]
    rows = pd.DataFrame(
        {
            "seller": names,
            "model": names,
            "weights": ["closed", *["open"] * 4],
            "benchmark_model": [*names[:4], None],
            "released_on": pd.NaT,
            "valid_on": pd.to_datetime(["2025-08-07", *["2025-09-01"] * 2, "2025-08-01", "2025-09-01"]),
        }
    )
    runs = pd.DataFrame(
        {
            "model": ["closed", "closed", "A", "A", "B", "C"],
            "score_pct": [80.0, 78.0, 79.0, 81.0, 79.0, 90.0],
        }
    )
    assert prices.open_matches(rows, runs, rows.iloc[0])["model"].tolist() == ["A"]
    assert prices.open_matches(rows, runs[runs["model"] != "closed"], rows.iloc[0]).empty  # nothing to match
