"""The ledger as a whole: every claim once, each with a verdict that its evidence bears, and mistakes told by claim."""

import pytest

from analysis.errors import DataError
from analysis.evidence import claims
from analysis.evidence.claims import Claim
from analysis.models import audit


def test_every_claim_has_its_row_and_every_section_its_claims(rows):
    assert list(rows.index) == [claim.id for claim in claims.load()]
    assert list(rows["section"].unique()) == list(claims.SECTIONS)
    assert set(audit.FIELDS) == {"id", *rows.columns}


def test_no_claim_holds_without_a_check(rows):
    unchecked = [claim.id for claim in claims.load() if claim.check is None]
    assert set(rows.loc[unchecked, "verdict"]) == {"uncheckable"}


def test_what_evidence_decided_names_its_sources_and_strength(rows):
    decided = rows[(rows["basis"] == "evidence") & ~rows["verdict"].isin(["uncheckable", "open"])]
    assert len(decided) > 0
    assert all(len(sources) > 1 for sources in decided["sources"])
    assert decided["strength"].notna().all()


def test_most_quantities_comparisons_and_trends_are_decided(rows):
    countable = rows[rows["kind"].isin(["quantity", "comparison", "trend"])]
    undecided = countable[countable["verdict"] == "uncheckable"]
    assert len(undecided) / len(countable) < 0.15, sorted(undecided.index)


def test_what_stays_uncheckable_says_what_would_decide_it(rows):
    reasons = rows.loc[rows["verdict"] == "uncheckable", "reason"]
    assert reasons.str.contains("would decide|cannot be compared").all(), reasons.to_dict()


def test_every_decided_reason_has_a_number_or_a_day(rows):
    decided = rows[rows["verdict"].isin(["holds", "partly", "fails"])]
    assert decided["reason"].str.contains(r"\d").all()
    assert not decided["reason"].str.contains(r"[{}]|nan|None").any()


def test_only_forecasts_are_open_or_void(rows):
    assert set(rows.loc[(rows["verdict"] == "open") | rows["void"], "kind"]) == {"forecast"}
    assert not (rows["stale"] & rows["void"]).any()


def test_what_the_article_day_knew_and_what_came_to_light_differ(rows, judged):
    then = judged(as_of="2026-05-21")
    moved = {name for name in rows.index if rows.loc[name, "verdict"] != then.loc[name, "verdict"]}
    assert "risks.costs_outgrow_revenue" in moved
    assert then["since"].isna().all()
    assert rows["since"].notna().sum() >= 5


def test_the_ledger_finds_what_it_must(rows):
    verdict, void, stale = rows["verdict"], rows["void"], rows["stale"]
    assert (verdict[[name for name in rows.index if name.startswith("market.cagr.")]] == "fails").all()
    assert "86.4 is GPT-4" in rows.loc["technical.table_mmlu", "details"]
    assert "GSM8K" in rows.loc["technical.table_humaneval", "details"]
    assert verdict["technical.table_mmlu"] == "partly"
    assert all(void[[n for n in rows.index if n.startswith("verdict.gpt5_")]])
    assert (verdict["risks.ai_act"], verdict["players.amazon_anthropic"], stale["players.amazon_anthropic"]) == ("fails", "fails", True)  # fmt: skip


def test_counts_hold_every_verdict_and_every_claim(rows):
    counts = audit.counts(rows.reset_index())
    assert list(counts.columns) == list(audit.VERDICTS)
    assert counts.to_numpy().sum() == len(rows)
    assert counts["fails"].sum() == (rows["verdict"] == "fails").sum()


def claim(check):
    return Claim(id="market.x", where=("market.5",), kind="quantity", statement="a statement of ours", unit="x",
                 stated="1x", check=check)  # fmt: skip


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ({"name": "growthrate"}, "there is no check 'growthrate'. The nearest valid name is 'growth_rate'"),
        ({"name": "growth_rate"}, "'segment'. Give the arguments that the check's signature names"),
        ({"name": "market_total", "years": 4}, "market_total: got an unexpected keyword argument 'years'"),
        ({"name": "growth_rate", "segment": "AI Drugs"}, "has no size_2024_usd_bn for 'AI Drugs'"),
        ({"name": "on_record", "shows": ["gpt5.release"], "told": "x"}, "claims.yml, claim market.x, key check: dated_facts.csv has no row with id 'gpt5.release'"),
        ({"name": "probability", "event": "boom", "told": "x"}, "there is no event 'boom'"),
        ({"name": "ahead", "part": "p9", "told": "x"}, "predictions.yml has no part 'p9'"),
    ],
)  # fmt: skip
def test_a_check_that_cannot_run_is_refused_by_claim(gather, check, said):
    with pytest.raises(DataError) as caught:
        audit.judge_claims([claim(check)], gather())
    assert said in str(caught.value)


def test_what_has_no_number_has_none_rather_than_a_zero(rows):
    assert rows.loc[rows["verdict"] == "uncheckable", "computed"].isna().all()
    assert rows[["computed", "computed_low", "computed_high", "stated_low"]].dtypes.eq(float).all()
