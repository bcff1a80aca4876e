import math
import re

import numpy as np
import pandas as pd
import pytest

from analysis import scenarios
from analysis.evidence import evidence_tables
from analysis.models import parity
from analysis.statistics import trend

FLOOR = 0.25


def record(*rows):
    """Rows of (weights, developer, score in percent, day); a model is named by its place."""
    frame = pd.DataFrame(rows, columns=["weights", "developer", "score_pct", "valid_on"])
    frame.insert(0, "model", [f"m{index}" for index in range(len(frame))])
    return frame.assign(valid_on=pd.to_datetime(frame["valid_on"]))


def on_line(weights, developer, height, slope, days):
    """Models that stand exactly on z = height + slope (t - 2024), z the logit between FLOOR and 1."""
    z = height + slope * (trend.decimal_year(days) - 2024)
    score = 100 * (FLOOR + (1 - FLOOR) / (1 + np.exp(-z)))
    return [(weights, developer, value, day) for value, day in zip(score, days, strict=True)]


DAYS = ["2024-01-01", "2024-07-01", "2025-01-01"]


def two_lines(open_slope, closed_slope, open_height=-2.0, closed_height=-1.0):
    """One developer a kind, so every draw is the full record."""
    return record(
        *on_line("open", "A", open_height, open_slope, DAYS),
        *on_line("closed", "B", closed_height, closed_slope, DAYS),
    )


def rng(seed=1):
    return np.random.default_rng(seed)


def rows_of(benchmark, protocol):
    table = evidence_tables.load("model_benchmarks", "2026-10-31")
    selected = (table["benchmark"] == benchmark) & (table["protocol"] == protocol) & (table["use"] == "trend")
    return table[selected]


def test_a_lag_runs_to_the_match_or_to_the_last_release():
    result = parity.lags(
        record(
            ("closed", "B", 50.0, "2024-01-01"),
            ("closed", "C", 45.0, "2024-01-20"),  # below the best: no step
            ("closed", "B", 60.0, "2024-03-01"),
            ("closed", "C", 70.0, "2024-06-01"),
            ("open", "A", 40.0, "2024-01-11"),
            ("open", "A", 55.0, "2024-01-31"),  # 30 days after the first closed step
            ("open", "D", 69.0, "2024-07-01"),  # 122 days after the second; 30 days after the third, the end
        )
    )
    assert result["model"].tolist() == ["m0", "m2", "m3"]
    assert result["matched_by"].tolist() == ["m5", "m6", ""]
    assert result["matched"].tolist() == [True, True, False]
    assert result["reading"].tolist() == ["matched", "matched", "not yet"]
    assert result["lag_months"].tolist() == pytest.approx([30 * 12 / 365, 122 * 12 / 365, 30 * 12 / 365])
    assert result["matched_on"].isna().tolist() == [False, False, True]


def test_the_end_of_the_record_may_be_of_either_kind():
    rows = [("open", "A", 30.0, "2024-01-01"), ("closed", "B", 50.0, "2024-01-01")]
    for kind, score in (("open", 20.0), ("closed", 40.0)):  # neither is a step
        result = parity.lags(record(*rows, (kind, "C", score, "2024-12-31")))
        assert result["lag_months"].tolist() == [pytest.approx(365 * 12 / 365)]


def test_what_open_had_before_is_no_negative_lag_and_the_first_open_day_is_a_bound():
    result = parity.lags(
        record(
            (
                "closed",
                "B",
                40.0,
                "2024-01-01",
            ),  # reached by the first open model, perhaps earlier by another
            ("open", "A", 45.0, "2024-02-01"),
            ("open", "A", 60.0, "2024-03-01"),
            ("closed", "B", 55.0, "2024-04-01"),  # open was there on 1 March
            ("closed", "B", 65.0, "2024-05-01"),
            ("open", "D", 65.0, "2024-05-01"),  # on the same day
        )
    )
    assert result["reading"].tolist() == ["at most", "already there", "already there"]
    assert result["lag_months"].tolist() == [pytest.approx(31 * 12 / 365), 0, 0]
    assert result["matched_by"].tolist() == ["m1", "m2", "m5"]
    assert any("first open model" in note for note in parity.time_to_match(result).notes)


def test_a_tolerance_lets_a_near_score_count():
    rows = record(
        ("open", "A", 30.0, "2024-01-01"),
        ("closed", "B", 50.0, "2024-01-01"),
        ("open", "A", 49.0, "2024-03-01"),
        ("open", "A", 50.0, "2024-05-01"),
    )
    assert parity.lags(rows)["matched_by"].tolist() == ["m3"]
    assert parity.lags(rows, 0.9)["matched_by"].tolist() == ["m3"]
    assert parity.lags(rows, 1.0)["matched_by"].tolist() == ["m2"]


def test_of_one_day_only_the_highest_is_a_step_whatever_the_order():
    rows = [
        ("open", "A", 30.0, "2024-01-01"),
        ("closed", "B", 60.0, "2024-02-01"),
        ("closed", "B", 50.0, "2024-02-01"),
    ]
    for scores in (record(*rows), record(*rows).iloc[::-1]):
        assert parity.lags(scores)["model"].tolist() == ["m1"]


# Frontier rows of MMLU as Epoch AI counted them: epoch-research/open-model-trends at a72b3e93,
# data/benchmarks_with_model_accessibility.csv, CC BY 4.0; fine-tuned systems left out.
EPOCH = """
closed 2020-05-28 39.7 text-davinci-001
closed 2021-12-08 60.0 Gopher
closed 2022-03-01 68.2 code-davinci-002
closed 2022-04-04 71.3 PaLM-540B
closed 2023-03-15 86.4 GPT-4
closed 2024-03-04 86.8 Claude-3-Opus
closed 2024-05-13 87.2 GPT-4o
closed 2024-06-20 88.7 Claude-3.5-Sonnet
open 2022-02-09 33.6 GPT-NeoX-20B
open 2022-05-02 35.99 OPT-66B
open 2022-07-11 39.13 BLOOM-176B
open 2022-08-04 44.8 GLM-130B
open 2023-02-24 63.4 LLaMA-1-65B
open 2023-07-18 68.9 Llama-2-70B
open 2023-11-03 73.0 Grok-1
open 2024-01-05 75.6 Camelidae
open 2024-04-04 75.7 Command-R+
open 2024-04-18 82.0 Llama-3-70B
open 2024-07-23 87.3 Llama-3.1-405B
"""


def test_epochs_printed_lags_come_out_of_epochs_rows():
    """Its tolerance, 0.02 in -ln(1 - score), is 0.6 points at most below its five steps where it decides."""
    cells = [line.split() for line in EPOCH.strip().splitlines()]
    rows = pd.DataFrame(cells, columns=["weights", "valid_on", "score_pct", "model"]).assign(
        developer="-",
        score_pct=lambda t: t["score_pct"].astype(float),
        valid_on=lambda t: pd.to_datetime(t["valid_on"]),
    )
    result = parity.lags(rows, tolerance_points=0.6)
    printed = result.iloc[:5]  # epochai.org/blog/open-models-report
    assert printed["matched_by"].tolist() == [
        "BLOOM-176B",
        "LLaMA-1-65B",
        "Llama-2-70B",
        "Grok-1",
        "Llama-3.1-405B",
    ]
    assert printed["lag_months"].round(1).tolist() == [25.4, 14.6, 16.6, 19.0, 16.3]
    assert printed["lag_months"].mean() == pytest.approx(18.4, abs=0.05)
    # the printed mean leaves out what its own rows hold: two later steps, soon matched, and one not yet
    assert result.iloc[5:]["lag_months"].round(1).tolist() == [4.6, 2.3, 1.1]
    assert result["matched"].tolist() == [True] * 7 + [False]


def test_the_steps_that_this_projects_rows_share_with_epochs_have_the_printed_lags():
    result = parity.lags(rows_of("MMLU", "5-shot")).set_index("model")
    shared = {"Gopher 280B": 14.6, "code-davinci-002": 16.6, "GPT-4 (0314)": 16.3}
    assert result.loc[list(shared), "lag_months"].round(1).to_dict() == shared


def waits(*months):
    """Lags as time_to_match reads them; a negative one still runs."""
    return pd.DataFrame(
        {
            "lag_months": np.abs(np.array(months, dtype=float)),
            "matched": [month > 0 for month in months],
            "matched_by": [f"m{index}" if month > 0 else "" for index, month in enumerate(months)],
            "reading": ["matched" if month > 0 else "not yet" for month in months],
        }
    )


def test_kaplan_meier_by_hand():
    result = parity.time_to_match(waits(2, 4, -4, 6, -8))
    # at 2: 4/5;   at 4 the censored one is still at risk: 4/5 * 3/4;   at 6 two are: * 1/2
    assert result.survival["unmatched_share"].tolist() == pytest.approx([0.8, 0.6, 0.3])
    assert result.survival["at_risk"].tolist() == [5, 4, 2]
    # Greenwood at 4: 0.6 sqrt(1/(5*4) + 1/(4*3))
    assert result.survival["se"][1] == pytest.approx(0.6 * math.sqrt(1 / 20 + 1 / 12))
    # log(-log) interval at 2: se/(S |ln S|) = 0.17889/(0.8*0.22314)
    # = 1.0021, times 1.95996 = 1.9641, e^ = 7.1286
    assert result.survival["low"][0] == pytest.approx(0.8**7.1286, rel=1e-3)
    assert result.survival["high"][0] == pytest.approx(0.8 ** (1 / 7.1286), rel=1e-3)
    assert result.median_months == 6
    # the matched alone: (2 + 4 + 6)/3 = 4, too short
    assert result.naive_mean_months == pytest.approx(4)
    assert (result.n, result.events, result.matchers) == (5, 3, 3)
    assert math.isinf(result.median_interval[1]) and "median_interval" in result.reasons


def test_a_median_at_exactly_half_is_reached_and_one_below_is_not():
    assert parity.time_to_match(waits(1, 2, 3, 4)).median_months == 2  # 3/4 * 2/3 = 1/2
    far = parity.time_to_match(waits(3, -5, -5, -5))
    assert math.isnan(far.median_months)
    assert re.findall(r"[\d.]+%?", far.reasons["median_months"]) == ["75%", "5.0"]


def test_without_a_match_there_is_no_median_but_a_reason():
    result = parity.time_to_match(waits(-3, -5))
    assert math.isnan(result.median_months) and math.isnan(result.naive_mean_months)
    assert set(result.reasons) == {"median_months", "median_interval", "naive_mean_months"}


def test_one_release_that_matches_several_steps_is_said():
    notes = parity.time_to_match(waits(1, 2).assign(matched_by="m9")).notes
    assert [re.findall(r"\d+", note) for note in notes] == [["1", "2"]] and "too narrow" in notes[0]


@pytest.mark.parametrize(
    ("scores", "level", "message"),
    [
        (waits(1)[[]], 0.95, "no column lag_months"),
        (waits(1).iloc[:0], 0.95, "empty"),
        (waits(1), 1, "level"),
    ],
)
def test_no_lags_are_refused(scores, level, message):
    with pytest.raises(ValueError, match=message):
        parity.time_to_match(scores, level)


def test_two_lines_meet_where_they_cross():
    # -2 + t = -1 + t/2 at t = 2: one year after the last release, on 2025-01-01
    result = parity.time_to_parity(two_lines(1.0, 0.5), rng(), floor=FLOOR, draws=200)
    assert (result.years, result.low, result.median, result.high) == pytest.approx((1, 1, 1, 1))
    assert (result.open.params["slope"], result.closed.params["slope"]) == pytest.approx((1, 0.5))
    assert result.never == 0 and result.draw_years == pytest.approx([1] * 200)
    by = result.by.set_index("times_years")["probability"]
    assert by[0.5] == 0 and by[1.5] == 1 and by.index[-1] == 10
    assert result.by["t"].iloc[0] == pytest.approx(2025)
    # seen from half a year later, half a year is left, and the lines ran on unseen
    later = parity.time_to_parity(two_lines(1.0, 0.5), rng(), 2025.5, floor=FLOOR, draws=200)
    assert later.median == pytest.approx(0.5)
    assert "0.50 years" in later.notes[0]
    # seen from after the crossing open is ahead
    past = parity.time_to_parity(two_lines(1.0, 0.5), rng(), 2027, floor=FLOOR, draws=200)
    assert (past.years, past.high, past.draw_years.max()) == (0, 0, 0)


def test_never_is_a_probability_and_infinite_in_quantiles():
    for open_slope in (0.5, 0.4):  # parallel lines never meet either
        result = parity.time_to_parity(two_lines(open_slope, 0.5 + 1e-9), rng(), floor=FLOOR, draws=200)
        assert (result.never, result.years, result.low, result.median) == (1, *[math.inf] * 3)
        assert result.by["probability"].tolist() == [0] * 21
    # open ahead and slower: ahead, not never
    ahead = parity.time_to_parity(two_lines(0.4, 0.5, open_height=0.0), rng(), floor=FLOOR, draws=200)
    assert (ahead.never, ahead.draw_years.max(), ahead.median) == (0, 0, 0)


def test_parity_beyond_the_horizon_is_later_and_not_never():
    # 1 logit behind at the start, 0.05 a year: 20 years, 19 of them after the record
    result = parity.time_to_parity(two_lines(0.55, 0.5), rng(), floor=FLOOR, draws=200, horizon_years=5)
    assert result.median == pytest.approx(19)
    assert result.never == 0 and (result.draw_years > 5).all()
    assert result.by["times_years"].max() == 5


DAYS_B = ["2024-03-01", "2024-09-01", "2025-02-01"]


def test_draws_resample_developers_and_take_their_steps_again():
    """Two open developers: A alone and B alone in a quarter of draws each, both in half; one closed."""
    open_a = on_line("open", "A", -2.0, 1.0, DAYS)
    open_b = on_line("open", "B", -2.2, 1.4, DAYS_B)
    closed = on_line("closed", "C", -1.0, 0.5, DAYS)
    result = parity.time_to_parity(record(*open_a, *open_b, *closed), rng(), floor=FLOOR, draws=4000)
    end = trend.decimal_year(["2025-02-01"])[0]
    slope = {}
    for name, rows in {"A": open_a, "B": open_b, "both": open_a + open_b}.items():
        rows = record(*rows).sort_values("valid_on")
        steps = rows[rows["score_pct"] > rows["score_pct"].cummax().shift(fill_value=0)]
        line = trend.fit(
            trend.decimal_year(steps["valid_on"]), steps["score_pct"] / 100, form="logistic", floor=FLOOR
        )
        slope[name] = line.params
    # a crossing of a + b t with -1 + 0.5 (t - 2024), less the end of the record
    years = {name: (-1 - 0.5 * 2024 - p["const"]) / (p["slope"] - 0.5) - end for name, p in slope.items()}
    values, counts = np.unique(result.draw_years.round(9), return_counts=True)
    expected = sorted(
        (round(years[name], 9), share) for name, share in (("A", 0.25), ("B", 0.25), ("both", 0.5))
    )
    assert values == pytest.approx([year for year, _ in expected], abs=1e-7)
    assert counts / 4000 == pytest.approx([share for _, share in expected], abs=0.03)  # four standard errors
    assert result.years == pytest.approx(years["both"], abs=1e-7)


def test_draws_with_too_few_steps_are_left_out():
    rows = record(
        *on_line("open", "A", -2.0, 1.0, DAYS),
        *on_line("open", "B", -2.0, 1.0, DAYS[:2]),  # alone in a quarter of draws: two steps
        *on_line("closed", "C", -1.0, 0.5, DAYS),
    )
    result = parity.time_to_parity(rows, rng(), floor=FLOOR, draws=4000)
    assert len(result.draw_years) / 4000 == pytest.approx(0.75, abs=0.03)
    assert result.median == pytest.approx(1)


def test_since_leaves_early_steps_out_of_the_lines_but_not_out_of_the_best():
    rows = record(
        *on_line("open", "A", -2.0, 1.0, DAYS),
        ("closed", "B", 30.0, "2020-01-01"),  # a flat start that pulls the closed line
        ("closed", "B", 30.5, "2023-12-31"),
        *on_line("closed", "B", -1.0, 0.5, DAYS),
        ("closed", "B", 30.2, "2024-02-01"),  # above nothing: the best stands
        *[(*on_line("closed", "B", -1.0, 0.5, DAYS[1:2])[0][:3], "2024-09-01")],  # the same score again
    )
    full = parity.time_to_parity(rows, rng(), floor=FLOOR, draws=200)
    later = parity.time_to_parity(rows, rng(), floor=FLOOR, draws=200, since="2024-01-01")
    assert full.years != pytest.approx(1, abs=0.1)
    assert later.years == later.median == pytest.approx(1)
    assert parity.gap(
        rows, rng(), floor=FLOOR, draws=200, since="2024-01-01"
    ).slope_difference == pytest.approx(0.5)


def test_the_same_stream_gives_the_same_draws_in_any_order_of_rows():
    rows = rows_of("GPQA Diamond", "Epoch AI run")
    first, second = (
        parity.time_to_parity(scores, rng(), floor=FLOOR, draws=500) for scores in (rows, rows.iloc[::-1])
    )
    assert first.draw_years.tolist() == second.draw_years.tolist()
    assert not first.draw_years.flags.writeable


def test_the_gap_has_its_ends_and_its_change():
    rows = record(
        ("closed", "C", 40.0, "2024-01-01"),
        ("closed", "C", 50.0, "2024-05-01"),
        ("closed", "C", 55.0, "2024-12-31"),
        ("open", "A", 30.0, "2024-02-01"),  # 10 behind, then 20 from May
        ("open", "A", 48.0, "2024-06-01"),  # 2
        ("open", "A", 52.0, "2024-10-01"),  # ahead by 2, then behind by 3
    )
    result = parity.gap(rows, rng(), floor=FLOOR, draws=200)
    assert (result.points, result.smallest, result.largest) == pytest.approx((3, -2, 20))
    assert result.record_end == pd.Timestamp("2024-12-31")
    assert result.means is None  # 335 days: halves of 167 are too short


@pytest.mark.parametrize(("open_slope", "change"), [(1.0, "closing"), (0.2, "opening")])
def test_the_change_of_the_gap_is_the_difference_of_the_slopes(open_slope, change):
    result = parity.gap(two_lines(open_slope, 0.5), rng(), floor=FLOOR, draws=200)
    assert (result.slope_difference, result.low, result.high) == pytest.approx((open_slope - 0.5,) * 3)
    assert result.change == change


def simulated(seed, gain):
    """Nine open and six closed developers around two lines, the open one `gain` logits a year steeper."""
    draw, rows = np.random.default_rng(seed), []
    for kind, developers, models, height, slope in (
        ("open", 9, 3, -1.6, 1.2 + gain),
        ("closed", 6, 8, -0.8, 1.2),
    ):
        for developer in range(developers):
            level_shift = draw.normal(0, 0.3)
            for _ in range(models):
                day = int(draw.integers(0, 986))
                z = height + slope * day / 365 + level_shift + draw.normal(0, 0.3)
                score = 100 * (FLOOR + (1 - FLOOR) / (1 + math.exp(-z)))
                rows.append(
                    (kind, f"{kind}{developer}", score, pd.Timestamp("2023-03-01") + pd.Timedelta(days=day))
                )
    return record(*rows)


@pytest.mark.parametrize("gain", [0.0, 0.4])
@pytest.mark.slow
def test_the_interval_of_the_gain_covers_it_about_as_often_as_it_says(gain):
    result = [parity.gap(simulated(seed, gain), rng(), floor=FLOOR, draws=300) for seed in range(60)]
    covered = np.mean([estimate.low <= gain <= estimate.high for estimate in result])
    # 84 to 86% in 300 records: with p = 0.85 three standard errors of 60 are 0.14
    assert 0.71 <= covered <= 0.97
    assert np.mean([estimate.slope_difference for estimate in result]) == pytest.approx(gain, abs=0.1)
    wrong = [estimate.change for estimate in result if estimate.change == "opening"]
    assert len(wrong) <= 8  # 5% and a little at no gain, none at 0.4
    assert len([estimate for estimate in result if estimate.change == "closing"]) > (30 if gain else -1)


def test_gpqa_is_a_record_of_lags_that_mostly_ended():
    rows = rows_of("GPQA Diamond", "Epoch AI run")
    result = parity.time_to_match(parity.lags(rows))
    lags = parity.lags(rows)
    assert result.n == len(lags)
    assert result.events == lags["matched"].sum() > result.n / 2
    assert result.matchers == lags.loc[lags["matched"], "matched_by"].nunique()
    # Claude 3.5 Sonnet of June 2024 to DeepSeek-V3: 2024-06-20 to 2024-12-26 are 189 days
    assert result.median_months == pytest.approx(189 * 12 / 365)


def test_the_years_to_parity_in_the_register_are_those_of_the_record():
    # from the shortest lag to past the longest, half of them by the median of Kaplan and Meier
    entry = scenarios.load_register()["parity_years"]
    lags = parity.lags(rows_of("GPQA Diamond", "Epoch AI run"))
    matched_years = lags.loc[lags["matched"], "lag_months"] / 12
    low, high = entry.value
    assert (entry.dist, entry.status) == ("lognormal", "estimated")
    assert math.sqrt(low * high) == pytest.approx(parity.time_to_match(lags).median_months / 12, abs=0.02)
    assert low == pytest.approx(matched_years.min(), abs=0.02)
    assert high >= matched_years.max()


def test_probabilities_of_gpqa_add_up_and_o1_preview_decides_nothing():
    rows = rows_of("GPQA Diamond", "Epoch AI run")
    table = evidence_tables.load("model_benchmarks", "2026-10-31")
    o1_preview = table[(table["model"] == "o1-preview") & (table["use"] == "shown")].assign(
        protocol="Epoch AI run"
    )
    for scores in (rows, pd.concat([rows, o1_preview])):
        result = parity.time_to_parity(scores, rng(), floor=FLOOR)
        within, later = (result.draw_years <= 10).mean(), (result.draw_years > 10).mean()
        assert result.by["probability"].iloc[-1] == pytest.approx(within)
        assert result.never <= later and within + later == pytest.approx(1)
        assert 0.3 < result.median < 0.8  # about 0.56 over seeds
        assert result.never < 0.05  # 0.014 to 0.019 over seeds
        # the runs of 2026 show it, those known on publication day do not
        assert parity.gap(scores, rng(), floor=FLOOR).change == parity.CLOSING
        before = scores[scores["valid_on"] <= "2026-05-21"]
        assert parity.gap(before, rng(), floor=FLOOR).change == parity.NOT_SHOWN


def test_lines_that_disagree_with_the_record_are_reported():
    # the best open model is 1.4 points behind, the line through the steps of MMLU ahead
    notes = parity.time_to_parity(rows_of("MMLU", "5-shot"), rng(), floor=FLOOR, draws=200).notes
    assert len(notes) == 1 and "behind by 1.4 points" in notes[0]


GOOD = two_lines(1.0, 0.5)


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (GOOD.drop(columns="developer"), "no column developer"),
        (GOOD[GOOD["weights"] == "open"], "disagrees with open and closed on closed"),
        (GOOD.assign(weights=["half", *GOOD["weights"][1:]]), "on half"),
        (GOOD.assign(protocol=["a", "a", "a", "b", "b", "b"]), "mixes the protocols a, b"),
        (GOOD.assign(benchmark=["x", "y", "x", "y", "x", "y"]), "mixes the benchmarks x, y"),
        (GOOD.assign(valid_on=GOOD["valid_on"].astype(str)), "not dates"),
        (GOOD.assign(score_pct=[math.nan, *GOOD["score_pct"][1:]]), "score_pct lacks 1"),
        (GOOD.assign(model="same"), "there twice"),
        (GOOD.assign(score_pct=[101.0, *GOOD["score_pct"][1:]]), "m0 is 101"),
    ],
)
def test_rows_that_cannot_be_compared_are_refused_everywhere(scores, message):
    for refuse in (
        lambda: parity.lags(scores),
        lambda: parity.time_to_parity(scores, rng(), floor=FLOOR),
        lambda: parity.gap(scores, rng(), floor=FLOOR),
    ):
        with pytest.raises(ValueError, match=message):
            refuse()


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (GOOD.iloc[1:], "2 steps of open weights"),
        (GOOD.assign(valid_on=pd.Timestamp("2024-01-01")), "1 steps of open weights"),  # one day has one step
        (GOOD.assign(score_pct=[25.0, *GOOD["score_pct"][1:]]), "above guessing, 25"),
        (GOOD.assign(score_pct=[100.0, *GOOD["score_pct"][1:]]), "below 100"),
    ],
)
def test_records_that_carry_no_line_are_refused(scores, message):
    for refuse in (parity.time_to_parity, parity.gap):
        with pytest.raises(ValueError, match=message):
            refuse(scores, rng(), floor=FLOOR)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"floor": 1}, "floor is 1"),
        ({"draws": 99}, "draws is 99"),
        ({"level": 0}, "level is 0"),
        ({"since": "2024-06-01"}, "2 steps of open weights since 2024-06-01"),
        ({"horizon_years": 0}, "horizon_years is 0"),
        ({"as_of_t": 2024.9}, "not before 2025.000"),
        ({"as_of_t": math.nan}, "as_of_t is nan"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        parity.time_to_parity(GOOD, rng(), **{"floor": FLOOR} | options)


def test_a_negative_tolerance_is_refused():
    with pytest.raises(ValueError, match="tolerance_points is -1"):
        parity.lags(GOOD, -1)


def test_a_record_whose_draws_mostly_lack_steps_is_refused():
    # three open developers with a step each: 3! of 3^3 draws hold all three, and 78% are without a line
    rows = record(
        *[
            ("open", name, score, day)
            for name, score, day in zip("ABC", (40.0, 50.0, 60.0), DAYS, strict=True)
        ],
        *on_line("closed", "D", -1.0, 0.5, DAYS),
    )
    with pytest.raises(ValueError, match=r"fewer than 3 steps of a kind in 3\d\d of 400 draws"):
        parity.time_to_parity(rows, rng(), floor=FLOOR, draws=400)


# On earlier days, and side by side


def test_harnesses_stand_side_by_side_and_one_without_lines_has_no_row():
    scores = two_lines(2.0, 1.0)
    short = record(("open", "A", 30.0, "2024-01-01"), ("closed", "B", 40.0, "2024-01-01"))
    result = parity.parity_table({"a": scores, "b": short}, 1, floor=FLOOR)
    assert result["benchmark"].tolist() == ["a"]
    row = result.iloc[0]
    assert row["slope_difference"] == pytest.approx(1.0)
    assert row["gap_points"] == pytest.approx(parity.gap(scores, rng(), floor=FLOOR).points)
    assert (row["never"], row["within_two"]) == (0.0, 1.0)


def test_the_years_to_parity_of_the_register_are_what_the_record_gives():
    result = parity.time_to_match(parity.lags(rows_of("GPQA Diamond", "Epoch AI run")))
    entry = scenarios.load_register()["parity_years"]
    assert entry.status == "estimated"
    assert f"half within {result.median_months:.1f} months" in entry.reference.title
    # Median of a lognormal from its 5% and 95% quantiles: sqrt(0.2 x 1.3) = 0.510 years, 6.12 months
    assert 12 * float(entry.central()) == pytest.approx(result.median_months, rel=0.05)
    # The spread of single matches is wider than what is uncertain about their median
    low, high = (12 * end for end in entry.value)
    assert low < result.median_interval[0] and result.median_interval[1] < high
