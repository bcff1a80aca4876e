import pytest

from analysis.errors import DataError
from analysis.evidence import claims

GOOD = """market.total:
  where: [market.5]
  kind: quantity
  weight: supporting
  statement: The segments are worth twelve billion.
  unit: usd_bn
  stated: roughly $12 billion
  check: {name: market_total}
"""


def test_a_claim_knows_its_section_and_reads_its_figure():
    claim = claims.by_id()["market.total"]
    assert claim.section == "market"
    assert (claim.figure.value, claim.figure.qualifier) == (12, "~")


def test_every_claim_names_a_check_or_what_would_decide_it():
    loaded = claims.load()
    assert len({claim.id for claim in loaded}) == len(loaded)
    assert all((claim.check or {}).get("name") or claim.would_decide for claim in loaded)


def test_edited_claims_are_read_again_in_the_same_process(project):
    project.claims.write_text(GOOD)
    assert [claim.stated for claim in claims.load(project)] == ["roughly $12 billion"]
    project.claims.write_text(GOOD.replace("$12", "$13"))
    assert [claim.stated for claim in claims.load(project)] == ["roughly $13 billion"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("market.total:", "shop.total:", "is no claim id"),
        ("[market.5]", "[market.five]", "no paragraph id"),
        ("[market.5]", "[]", "at least 1 item"),
        ("kind: quantity", "kind: number", "'quantity', 'comparison'"),
        ("unit: usd_bn", "unit: dollars", "unit 'dollars' is unknown"),
        ("roughly $12 billion", "a lot", "is not a figure"),
        ("check: {name: market_total}", "check: {}", "check has no name"),
        ("  check: {name: market_total}\n", "", "has neither a check nor would_decide"),
        (
            "check: {name: market_total}",
            "check: {name: market_total}\n  since: [It grew.]",
            "'It grew.' names no dated fact",
        ),
        ("check: {name: market_total}", "would_decide: soon", "at least 15 characters"),
        ("  kind: quantity\n", "", "Field required"),
        ("  weight: supporting\n", "", "key weight: Field required"),
        ("weight: supporting", "weight: heavy", "'central', 'supporting' or 'passing'"),
        ("  weight: supporting\n", "  weight: supporting\n  error: Five Periods\n", "key error"),
        ("  unit: usd_bn\n", "  unit: usd_bn\n  verdict: holds\n", "Extra inputs"),
        ("  stated: roughly", "  criterion: over 1x\n  stated: roughly", "both stated and criterion"),
        ("market.total:\n", "market.total:\n  kind: quantity\n", "'kind' appears twice"),
    ],
)
def test_a_bad_claim_is_refused_by_name(project, old, new, expected):
    assert old in GOOD
    project.claims.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(DataError) as caught:
        claims.load(project)
    assert expected in str(caught.value)
    assert "claims.yml" in str(caught.value)


def test_a_file_without_a_claim_is_refused(project):
    project.claims.write_text("{}\n")
    with pytest.raises(DataError, match=r"claims\.yml, line 1: lists no claim\. Write one"):
        claims.load(project)


def test_the_name_of_an_error_is_for_a_reason_that_claims_share(project):
    def named(*errors):
        texts = [
            GOOD.replace("market.total", f"market.total{n}").replace("kind:", f"error: {error}\n  kind:", 1)
            for n, error in enumerate(errors)
        ]
        project.claims.write_text("".join(texts))
        return claims.load_with_problems(project)[1]

    assert named("five_periods", "five_periods") == ()
    (problem,) = named("five_periods", "five_periods", "five_perods")
    assert problem.place.endswith("claims.yml, claim market.total2, key error")
    assert "no other claim has the error 'five_perods'" in problem.rule
    assert "'five_periods'" in problem.fix
    assert [problem.fix for problem in named("alone")] == ["Remove it"]


def test_claims_below_a_stem_are_reached_together():
    stems = claims.ids("market.cagr")
    assert stems == [claim.id for claim in claims.load() if claim.id.startswith("market.cagr.")] != []
    with pytest.raises(DataError, match=r"has no claim below 'market\.cagrs'.*'market\.cagr'"):
        claims.ids("market.cagrs")
