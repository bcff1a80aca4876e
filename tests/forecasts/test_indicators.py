"""Every indicator on its day, by hand from the evidence; what is refused; thresholds from the register."""

import datetime as dt

import pandas as pd
import pytest
import yaml

from analysis import audit, scenarios
from analysis.errors import DataError
from analysis.evidence import indicators as entries
from analysis.evidence import predictions
from analysis.forecasts import indicators
from analysis.project import Project


def on(day="2026-10-31", **changes):
    register = dict(scenarios.load_register())  # a model can be asked about any day
    register["as_of"] = register["as_of"].model_copy(update={"range": (dt.date.min, dt.date.max)})
    assumptions = scenarios.Assumptions(scenarios.resolve("base", changes) | {"as_of": day}, register)
    return assumptions, audit.gather(assumptions)


@pytest.fixture(scope="module")
def board():
    return indicators.table(*on()).set_index("id")


def test_values_by_hand(board):
    # V4-Flash-0731 (91.0 on GPQA Diamond, GPT-5 86.2) at Venice 0.175 and 0.35 over GPT-5 1.25 and 10:
    # 0.21875 / 3.4375; gpt-oss is cheaper, but two days older, and so is V4-Flash of April, of which there is
    # no such test
    assert board.loc["open_price_ratio", "value"] == pytest.approx(0.21875 / 3.4375)
    # by line and list price OpenAI (Sol, Luna, Terra) and
    # Anthropic (Haiku); Google's Flash prices are introductory
    assert board.loc["sellers_cutting", "value"] == 2
    # the last figure given is more than 50, which counts as 50 and is on the threshold
    assert board.loc["business_share", ["value", "status"]].tolist() == [50, "signals"]
    # 15 October to 31 October 2026: 16 days
    assert board.loc["meta_open_release", "value"] == pytest.approx(16 / 30.4375)
    # 852 x 0.13 = 110.76 on a cost of 64.6: 1 - 110.76 / 64.6 = -71.5%
    assert board.loc["stake_loss", "value"] == pytest.approx(100 * (1 - 110.76 / 64.6))
    # costs 12.48 to 34.00, revenue 3.70 to 13.07: (34 / 12.48) / (13.07 / 3.7)
    assert board.loc["costs_over_revenue_growth", "value"] == pytest.approx((34 / 12.48) / (13.07 / 3.7))
    # 10 closed and 10 sought over 64.6
    assert board.loc["loans_on_stake", "value"] == pytest.approx(100 * 20 / 64.6)
    # 31 October 2026 to 2 December 2027: 397 days
    assert board.loc["high_risk_duties", "value"] == pytest.approx(397 / 30.4375)
    # 2.65 at the end of June 2026 over 1.70 at the end of October 2025
    assert board.loc["gpu_rent", "value"] == pytest.approx(2.65 / 1.7)
    # 10.81 of net debt on 83.11 of holdings
    assert board.loc["ltv", "value"] == pytest.approx(100 * 10.81 / 83.11, abs=0.05)


def test_it_signals_on_the_side_that_it_names_and_on_the_threshold_itself(board):
    for row in board.to_dict("records"):
        crossed = (
            row["value"] >= row["threshold"] if row["side"] == "above" else row["value"] <= row["threshold"]
        )
        assert row["status"] == ("signals" if crossed else "quiet")
        assert row["sources"], row["label"]
    assumptions, facts = on()
    at = entries.Indicator(
        label="x at it",
        observable="a number of the balance",
        unit="pct",
        threshold=board.loc["ltv", "value"],
        signals="above",
        because="a reason that is long",
        moves={"balance sheet": "raises"},
        reads={"name": "column", "table": "softbank_nav", "column": "ltv_pct"},
    )
    assert indicators.table(assumptions, facts, {"at": at})["status"].item() == "signals"


def test_what_is_triggered_or_near_its_threshold_is_selected_and_the_unknown_is_not():
    board = pd.DataFrame(
        {
            "status": ["signals", "quiet", "quiet", "quiet", "unknown"],
            "to_threshold": [3.0, 0.75, 1.25, 0.7, float("nan")],
        },
        index=list("abcde"),
    )
    assert list(indicators.triggered_or_near(board, within=0.25).index) == ["a", "b", "c"]


def test_a_threshold_of_the_register_moves_with_it():
    quiet, loud = (
        indicators.table(*on(ltv_ceiling_pct=ceiling)).set_index("id").loc["ltv"] for ceiling in (25.0, 12.0)
    )
    assert (quiet["threshold"], quiet["status"]) == (25.0, "quiet")
    assert (loud["threshold"], loud["status"]) == (12.0, "signals")


def test_on_the_articles_day_only_what_was_known_counts():
    then = indicators.table(*on("2026-05-21")).set_index("id")
    # the deferral was not law yet: Annex III still due on 2 August 2026, 73 days on
    assert then.loc["high_risk_duties", "value"] == pytest.approx(73 / 30.4375)
    assert then.loc["high_risk_duties", "status"] == "signals"
    assert then.loc["loans_on_stake", "status"] == "unknown"
    assert "margin_loan_closed" in then.loc["loans_on_stake", "missing"]
    assert pd.isna(then.loc["loans_on_stake", "value"])


def test_a_day_before_everything_knows_nothing_and_says_so():
    first = indicators.table(*on("2015-01-01"))
    unknown = first[first["status"] == "unknown"]
    assert len(unknown) == len(first)
    assert unknown["missing"].astype(bool).all()


def test_sellers_that_cut_are_counted_once_each_within_the_days(monkeypatch):
    assumptions, facts = on()
    rows = pd.DataFrame(
        [
            ("A", "m", 10.0, "2026-08-01"),
            ("A", "m", 6.0, "2026-09-01"),
            ("A", "n", 8.0, "2026-08-01"),
            ("A", "n", 4.0, "2026-09-02"),
            ("B", "m", 10.0, "2026-01-01"),
            ("B", "m", 7.1, "2026-09-01"),
            ("C", "m", 10.0, "2026-01-01"),
            ("C", "m", 5.0, "2026-07-01"),
        ],
        columns=["seller", "model", "price_input_usd_per_mtok", "valid_on"],
    ).assign(
        price_output_usd_per_mtok=lambda t: t["price_input_usd_per_mtok"],
        valid_on=lambda t: pd.to_datetime(t["valid_on"]),
        known_on=lambda t: t["valid_on"],
        terms="list",
        event="x",
        weights="closed",
        replaces="",
        released_on=pd.NaT,
        source="s",
        source_title="t",
        quality="reported",
    )
    made = audit.Facts(
        facts.cells, assumptions, dict(facts.evidence) | {"api_prices": rows}, facts.as_of, facts.as_of
    )
    # A cut twice (40% and 50%), B by 29% only, C too early: one seller
    assert indicators.sellers_cutting(made, days=90, cut_pct=30).value == 1


def test_every_prediction_that_is_open_and_every_risk_is_watched():
    assumptions, _ = on()
    moved = {name for entry in entries.read().values() for name in entry.moves}
    risks = {entry.risk for entry in assumptions.register.values() if entry.risk}
    assert risks <= moved
    open_parts = {name for name, part in predictions.read().predictions.items() if not part.void}
    assert moved - risks <= open_parts
    assert {name.partition(".")[0] for name in moved - risks} == {
        name.partition(".")[0] for name in open_parts
    }


def priced(facts, *rows):
    """The facts with these list prices alone: seller, model, weights, price, first day, release if hosted.

    Open ones have the score of DeepSeek-V4-Pro (90.9 on GPQA Diamond), the closed one that of GPT-5 (86.2).
    """
    table = pd.DataFrame(
        rows, columns=["seller", "model", "weights", "price_input_usd_per_mtok", "valid_on", "released_on"]
    ).assign(
        price_output_usd_per_mtok=lambda t: t["price_input_usd_per_mtok"],
        valid_on=lambda t: pd.to_datetime(t["valid_on"]),
        released_on=lambda t: pd.to_datetime(t["released_on"]),
        known_on=lambda t: pd.to_datetime(t["valid_on"]),
        terms="list",
        benchmark_model=lambda t: t["weights"].map({"closed": "GPT-5", "open": "DeepSeek-V4-Pro"}),
        event="launch",
        replaces="",
        source="s",
        source_title="t",
        quality="reported",
    )
    return audit.Facts(
        facts.cells, facts.assumptions, dict(facts.evidence) | {"api_prices": table}, facts.as_of, facts.as_of
    )


MATCH = {"of": "gpt-5", "benchmark": "GPQA Diamond", "protocol": "Epoch AI run"}


def test_a_hosted_model_is_as_old_as_its_release_and_not_as_its_first_listing():
    _, facts = on()
    closed = ("O", "gpt-5", "closed", 10.0, "2025-08-07", None)
    made = priced(
        facts,
        closed,
        ("D", "v4", "open", 1.0, "2026-04-24", None),
        ("H", "old", "open", 0.1, "2026-08-19", "2025-08-05"),
    )
    # the host listed the old model last and cheapest: it is older than the model that is to be matched
    assert indicators.cheapest_open_over(made, **MATCH).value == pytest.approx(1.0 / 10.0)
    made = priced(
        facts,
        closed,
        ("D", "v4", "open", 1.0, "2026-04-24", None),
        ("H", "v4", "open", 0.5, "2026-08-19", "2026-04-24"),
    )
    # a host's price of a newer one counts: the criterion asks for the lowest hosted price
    assert indicators.cheapest_open_over(made, **MATCH).value == pytest.approx(0.5 / 10.0)


GOOD = {
    "label": "Something seen",
    "observable": "A number that anybody looks up",
    "unit": "pct",
    "threshold": 1,
    "signals": "above",
    "because": "It matters from there on",
    "moves": {"p2.price": "raises"},
    "reads": {"name": "latest_fact", "ids": ["softbank.sp_outlook"]},
}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"threshold": float("nan")}, "line 1, key one: threshold nan is not a number"),
        ({"signals": "near"}, "line 6, key one.signals"),
        ({"moves": {}}, "line 1, key one: moves nothing"),
        ({"because": "short"}, "line 7, key one.because"),
    ],
)
def test_what_is_no_indicator_is_refused_with_its_line(tmp_path, change, says):
    project = written(tmp_path, yaml.safe_dump({"one": GOOD | change}, sort_keys=False))
    with pytest.raises(DataError, match=says):
        entries.read(project)


def test_a_file_without_an_indicator_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"indicators\.yml, line 1: lists no indicator\. Write one"):
        entries.read(written(tmp_path, "{}\n"))


def written(folder, text):
    """A project with this file of indicators."""
    project = Project(folder)
    project.thesis.mkdir(parents=True)
    project.indicators.write_text(text)
    return project


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"reads": {"name": "latest_facts", "ids": []}}, "no reader 'latest_facts'.*latest_fact"),
        ({"reads": {"name": "latest_fact", "ids": ["softbank.outlook"]}}, "no dated fact 'softbank.outlook'"),
        ({"moves": {"p2.prize": "raises"}}, "'p2.prize' is neither a part.*p2.price"),
        ({"moves": {"p1.price": "raises"}}, "'p1.price' was overtaken before it was made.*Name an open part"),
        ({"threshold": "ltv_ceiling"}, "name ltv_ceiling: the register has no such name.*ltv_ceiling_pct"),
        ({"threshold": "as_of"}, "key one.threshold: as_of is '.*', which is no plain number"),
        ({"threshold": "parity_years"}, "key one.threshold: parity_years is .*, which is no plain number"),
        ({"reads": {"name": "latest_fact", "ids": []}}, "key one.reads.ids: names no dated fact"),
        (
            {"reads": {"name": "latest_fact", "ids": "softbank.sp_outlook"}},
            r"is a text, not a list. Write \[softbank.sp_outlook\]",
        ),
        (
            {"reads": {"name": "latest_fact", "id": ["softbank.sp_outlook"]}},
            "key one.reads: latest_fact: .*The reader takes ids",
        ),
        ({"reads": {"name": "latest_fact"}}, "missing a required argument: 'ids'"),
        (
            {"reads": {"name": "sellers_cutting", "days": "90", "cut_pct": 30}},
            "days: '90' is not a whole number",
        ),
        (
            {"reads": {"name": "gap", "benchmark": "GPQA"}},
            "key one.reads: model_benchmarks.csv has no row with benchmark 'GPQA'.*GPQA Diamond",
        ),
        (
            {
                "reads": {
                    "name": "cheapest_open_over",
                    "of": "gtp-5",
                    "benchmark": "GPQA Diamond",
                    "protocol": "Epoch AI run",
                }
            },
            "key one.reads: api_prices.csv has no model 'gtp-5'",
        ),
        (
            {"reads": {"name": "column", "table": "softbank_nva", "column": "ltv_pct"}},
            "softbank_nva.csv is no table.*softbank_nav",
        ),
        (
            {"reads": {"name": "column", "table": "softbank_nav", "column": "ltv"}},
            "softbank_nav.csv has no column 'ltv'.*ltv_pct",
        ),
        (
            {
                "reads": {
                    "name": "relative_growth",
                    "measure": "total_costs",
                    "over": "period_revenue",
                    "periods": ["CY2024"],
                }
            },
            "are not two accounts",
        ),
    ],
)
def test_names_that_nobody_knows_are_refused_with_the_nearest(change, says):
    with pytest.raises(DataError, match=says):
        indicators.table(*on(), {"one": entries.Indicator.model_validate(GOOD | change)})
