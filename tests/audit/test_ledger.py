"""The ledger as a whole: every claim once, each with a verdict that its evidence bears out."""

import hashlib
import shutil

import pandas as pd
import pytest

from analysis import audit, labels, scenarios, stored_results, thesis
from analysis.audit import verdicts
from analysis.audit.cell_checks import markets
from analysis.errors import DataError
from analysis.evidence import claims
from analysis.evidence.claims import Claim
from analysis.exhibits import WEIGHTS
from analysis.project import VARIABLE, Project, sidecar_of


def test_every_claim_has_its_row_and_every_section_its_claims(rows):
    assert list(rows.index) == [claim.id for claim in claims.load()]
    assert list(rows["section"].unique()) == list(thesis.load().sections)
    assert set(audit.FIELDS) == {"id", *rows.columns}


def test_no_claim_holds_without_a_check(rows):
    unchecked = [claim.id for claim in claims.load() if claim.check is None]
    assert set(rows.loc[unchecked, "verdict"]) == {"uncheckable"}


def test_what_evidence_decided_names_its_sources_and_strength(rows):
    decided = rows[(rows["basis"] == "evidence") & ~rows["verdict"].isin(["uncheckable", "open"])]
    assert len(decided) > 0
    assert all(len(sources) > 1 for sources in decided["sources"])
    assert decided["strength"].notna().all()


def test_most_quantities_comparisons_and_trends_are_put_to_a_check(rows):
    countable = [claim for claim in claims.load() if claim.kind in ("quantity", "comparison", "trend")]
    untried = [claim.id for claim in countable if claim.check is None]
    assert len(untried) / len(countable) < 0.1, untried


def test_what_stays_uncheckable_says_what_would_decide_it(rows):
    reasons = rows.loc[rows["verdict"] == "uncheckable", "reason"]
    assert reasons.str.contains("would settle it|cannot be compared").all(), reasons.to_dict()


def test_every_decided_reason_has_a_number_or_a_day(rows):
    decided = rows[rows["verdict"].isin(["holds", "partly", "fails"])]
    # a count below ten is a word: two of five scores
    counts = "|".join(["both", *labels.COUNT_WORDS])
    assert decided["reason"].str.contains(rf"\d|\b(?i:{counts})\b").all()
    assert not decided["reason"].str.contains(r"[{}]|\bnan\b|\bNone\b(?! of)").any()


def test_only_forecasts_are_open_or_void(rows):
    assert set(rows.loc[rows["verdict"].isin(["open", "void"]), "kind"]) == {"forecast"}
    assert not rows.loc[rows["verdict"] == "void", "stale"].any()


def test_what_the_article_day_knew_and_what_came_to_light_differ(rows, judged):
    then = judged(as_of="2026-05-21")
    moved = {name for name in rows.index if rows.loc[name, "verdict"] != then.loc[name, "verdict"]}
    assert "risks.costs_outgrow_revenue" in moved
    assert then["since"].isna().all()
    assert rows["since"].notna().sum() >= 5


def test_the_ledger_finds_what_it_must(rows):
    verdict, stale = rows["verdict"], rows["stale"]
    assert (verdict[[name for name in rows.index if name.startswith("market.cagr.")]] == "fails").all()
    assert "86.4 is GPT-4" in rows.loc["technical.table_mmlu", "details"]
    assert "GSM8K" in rows.loc["technical.table_humaneval", "details"]
    assert verdict["technical.table_mmlu"] == "partly"
    assert (verdict[[n for n in rows.index if n.startswith("verdict.gpt5_")]] == "void").all()
    assert (
        verdict["risks.ai_act"],
        verdict["players.amazon_anthropic"],
        stale["players.amazon_anthropic"],
    ) == ("fails", "fails", True)


def test_counts_hold_every_verdict_and_every_claim(rows):
    counts = audit.counts(rows.reset_index())
    assert list(counts.columns) == list(audit.VERDICTS)
    assert counts.to_numpy().sum() == len(rows)
    assert counts["fails"].sum() == (rows["verdict"] == "fails").sum()
    by_weight = audit.counts(rows.reset_index(), by="weight")
    assert list(by_weight.index) == [weight for weight in WEIGHTS if weight in set(rows["weight"])]
    assert by_weight.sum().equals(counts.sum())


def test_a_table_of_counts_has_their_sums(rows):
    counts, table = audit.counts(rows.reset_index()), audit.count_table(rows.reset_index(), total=True)
    assert list(table.columns) == ["section", *audit.VERDICTS, "statements"]
    assert table["section"].tolist() == [*counts.index, "all"]
    assert table["statements"].tolist() == [*counts.sum(axis=1), len(rows)]
    assert audit.count_table(rows.reset_index(), "weight")["statements"].sum() == len(rows)


def judged_so(*claims):
    """Rows of a ledger: id, weight, verdict and error, each with a reason of its own."""
    table = pd.DataFrame(claims, columns=["id", "weight", "verdict", "error"])
    return table.assign(
        section="market", statement="S of " + table["id"], reason="R of " + table["id"], stale=False
    )


def test_claims_that_are_wrong_for_one_reason_are_one_error_as_heavy_as_the_heaviest():
    errors = audit.errors(
        judged_so(
            ("a", "passing", "fails", "slip"),
            ("b", "supporting", "fails", None),
            ("c", "central", "fails", "slip"),
            ("d", "supporting", "fails", "slip"),
            ("e", "central", "holds", "slip"),
        )
    )
    # a, c and d share a reason, which c carries; b stands alone; e is right in spite of it
    assert errors[["error", "weight", "id", "reason"]].to_numpy().tolist() == [
        ["slip", "central", "c", "R of c"],
        ["b", "supporting", "b", "R of b"],
    ]
    assert errors["claims"].tolist() == [["c", "d", "a"], ["b"]]


def test_what_is_not_wrong_is_no_error():
    others = [(verdict, "central", verdict, None) for verdict in audit.VERDICTS if verdict != "fails"]
    assert audit.errors(judged_so(*others)).empty


def test_errors_of_the_article_hold_every_wrong_claim_once_and_none_that_was_overtaken(rows):
    distinct = audit.errors(rows.reset_index())
    named = distinct["claims"].explode()
    assert distinct["further_statements"].sum() == len(named) - len(distinct)
    assert sorted(named) == sorted(rows.index[rows["verdict"] == "fails"])
    assert not set(named) & set(rows.index[rows["verdict"] == "void"])


def test_a_verdict_by_evidence_needs_a_row_that_decides(gather):
    """A row that is only mentioned decides nothing, and a check that names no other has no verdict."""

    def mentions(facts, figure):
        facts.facts_by_day(["gpt_5.release"], decides=False)
        return audit.Finding({"so": True}, "It was so on 7 August 2025.")

    def cites(facts, figure):
        facts.facts_by_day(["gpt_5.release"])
        return audit.Finding({"so": True}, "It was so on 7 August 2025.")

    with pytest.MonkeyPatch.context() as patch:
        for function in (mentions, cites):
            patch.setitem(audit.CHECKS, function.__name__, function)
            patch.setitem(verdicts.BASIS, function.__name__, "evidence")
        with pytest.raises(DataError) as caught:
            audit.judge_claims([claim({"name": "mentions"})], gather())
        (row,) = audit.judge_claims([claim({"name": "cites"})], gather()).to_dict("records")
    (problem,) = caught.value.problems
    assert problem.place == "claims.yml, claim market.x, key check"
    assert "'holds' rests on no row of the evidence" in problem.rule
    assert (row["verdict"], len(row["sources"])) == ("holds", 2)


@pytest.mark.parametrize(("kind", "verdict", "stale"), [("forecast", "void", False), ("fact", "fails", True)])
def test_only_a_forecast_is_void_where_something_came_before_it(gather, kind, verdict, stale):
    check = {"name": "on_record", "ended_by": ["gpt_5.release"], "told": "GPT-5 came out on {gpt_5.release}."}
    (row,) = audit.judge_claims(
        [claim(check).model_copy(update={"kind": kind, "stated": None})], gather()
    ).to_dict("records")
    assert (row["verdict"], row["stale"]) == (verdict, stale)


def claim(check):
    return Claim(
        id="market.x",
        where=("market.5",),
        kind="quantity",
        weight="supporting",
        statement="a statement of ours",
        unit="x",
        stated="1x",
        check=check,
    )


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ({"name": "growthrate"}, "there is no check 'growthrate'. The nearest valid name is 'growth_rate'"),
        ({"name": "growth_rate"}, "The check takes table, row, start, end, years"),
        ({"name": "on_record", "told": 5}, "key check: told: 5 is not a text. Write a text"),
        ({"name": "on_record", "told": "x", "shows": 5}, "key check: shows: 5 is not a list. Write a list"),
        ({"name": "on_record", "told": "x", "shows": None}, "key check: shows: None is not a list"),
        (
            {"name": "on_record", "told": "x", "shows": ["gpt_5.release", 5]},
            "key check: shows.1: 5 is not a text",
        ),
        (
            {"name": "on_record", "told": "x", "shows": "gpt_5.release"},
            "shows: 'gpt_5.release' is a text, not a list. Write [gpt_5.release]",
        ),
        (
            {"name": "readings_on_record", "told": "x", "readings": {"a": {"shows": "gpt_5.release"}}},
            "readings.a.shows: 'gpt_5.release' is a text",
        ),
        (
            {"name": "on_record_by", "told": "x", "due": "some day"},
            "key check: due: 'some day' cannot be used",
        ),
        (
            {"name": "figures_on_record", "told": "x", "readings": {"a": {"column": "value"}}},
            "claim market.x, key check: cannot be computed: KeyError: 'table'",
        ),
        ({"name": "market_total", "years": 4}, "market_total: got an unexpected keyword argument 'years'"),
        (
            {"name": "growth_rate", "table": "market_size", "row": "AI Drugs", **markets.GROWTH},
            "has no size_2024_usd_bn for 'AI Drugs'",
        ),
        (
            {"name": "on_record", "shows": ["gpt5.release"], "told": "x"},
            "claims.yml, claim market.x, key check: dated_facts.csv has no row with id 'gpt5.release'",
        ),
        ({"name": "probability", "event": "boom", "told": "x"}, "there is no event 'boom'"),
        (
            {"name": "probability", "event": "dilution", "told": "About {oods}."},
            (
                "{oods} is neither a figure of this check nor what a dated fact has. The nearest valid name"
                " is 'odds'"
            ),
        ),
        (
            {"name": "ahead", "part": "p2.price", "told": "By {deadlin}."},
            "The nearest valid name is 'deadline'",
        ),
        ({"name": "ahead", "part": "p9", "told": "x"}, "predictions.yml has no part 'p9'"),
    ],
)
def test_a_check_that_cannot_run_is_refused_by_claim(gather, check, expected):
    with pytest.raises(DataError) as caught:
        audit.judge_claims([claim(check)], gather())
    assert expected in str(caught.value)


def test_what_came_later_is_refused_by_claim(gather):
    check = {"name": "on_record", "shows": ["gpt_5.release"], "told": "GPT-5 came out on {gpt_5.release}."}
    with pytest.raises(DataError) as caught:
        late = claim(check).model_copy(update={"stated": None, "since": ("nothing.here",)})
        audit.judge_claims([late], gather())
    assert str(caught.value).startswith(
        "claims.yml, claim market.x, key since: dated_facts.csv has no row with id 'nothing.here'."
    )


def test_what_has_no_number_has_none_rather_than_a_zero(rows):
    assert rows.loc[rows["verdict"] == "uncheckable", "computed"].isna().all()
    assert rows[["computed", "computed_low", "computed_high", "stated_low"]].dtypes.eq(float).all()


def test_no_sentence_names_a_model_by_its_identifier(rows, gather):
    models = set(gather().evidence["api_prices"]["model"])
    identifiers = {model for model in models if model == model.lower() and "-" in model}
    assert {"gpt-5.5-pro", "claude-opus-4.7", "deepseek-v4-flash"} <= identifiers
    for text in rows["reason"] + " " + rows["details"].fillna(""):
        assert not {word.strip(",.:;()") for word in text.split()} & identifiers


def test_the_claims_of_sections_and_of_passages_are_judged_alone(gather):
    facts = gather(as_of="2026-05-21")
    sections = [claim.id for claim in claims.load() if claim.section in ("lead", "market")]
    paragraph = [claim.id for claim in claims.load() if "market.1" in claim.where]
    assert paragraph
    assert list(audit.judge_section(["lead", "market"], facts)["id"]) == sections
    assert list(audit.judge_section("market.1", facts)["id"]) == paragraph


@pytest.mark.parametrize(("name", "near"), [("risk", "'risks'"), ("verdict.44", "'verdict.4'")])
def test_a_section_that_the_article_does_not_have_is_refused_with_the_nearest(gather, name, near):
    with pytest.raises(DataError) as caught:
        audit.judge_section(name, gather(as_of="2026-05-21"))
    (problem,) = caught.value.problems
    assert repr(name) in problem.rule
    assert near in problem.fix


def test_claims_are_judged_once_until_a_table_that_they_read_changes(tmp_path, monkeypatch, own_store):
    copy = Project(tmp_path)
    for folder in ("data", "params"):
        shutil.copytree(getattr(Project.default(), folder), getattr(copy, folder))
    monkeypatch.setenv(VARIABLE, str(copy.root))
    chosen = [claim for claim in claims.load(copy) if claim.id == "lead.largest_investment"]

    def judged(scenario):
        assumptions = scenarios.check(scenarios.resolve(scenario, project=copy), copy)
        return audit.judge_claims(chosen, audit.gather(assumptions, copy))

    first = judged("base")
    assert stored_results.usage(copy)[0] == 1
    pd.testing.assert_frame_equal(judged("commoditised"), first)
    rewrite(copy.evidence_table("nvidia_revenue"))
    judged("base")
    assert stored_results.usage(copy)[0] == 1
    rewrite(copy.evidence_table("funding_rounds"))
    pd.testing.assert_frame_equal(judged("base"), first)
    assert stored_results.usage(copy)[0] == 2


def rewrite(path):
    """Change a file in a way that changes no value: its last row ends the file."""
    old = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(path.read_bytes().removesuffix(b"\n"))
    meta = sidecar_of(path)
    meta.write_text(meta.read_text().replace(old, hashlib.sha256(path.read_bytes()).hexdigest()))
