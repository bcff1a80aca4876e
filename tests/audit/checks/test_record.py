"""What our data show: what overtook a statement, what was counted, what applied on the day."""

import datetime as dt

import pandas as pd
import pytest

from analysis.audit.checks import record
from analysis.audit.facts import Facts, NothingKnown
from analysis.audit.verdicts import judge
from analysis.errors import DataError
from analysis.units import parse_figure
from tests.audit.conftest import assumptions

DAY = "2026-05-21"


def row(id, valid_on, value=None, *, known_on=None, unit="stars", due_on=None):
    return {
        "id": id,
        "subject": "S",
        "fact": f"fact {id}",
        "value": value,
        "unit": unit,
        "due_on": pd.Timestamp(due_on),
        "date_precision": "day",
        "valid_on": pd.Timestamp(valid_on),
        "known_on": pd.Timestamp(known_on or valid_on),
        "quality": "reported",
        "source_title": "T",
        "source": f"https://example.org/{id}",
    }


def facts_with(*rows, as_of="2026-10-31", **changes):
    table = pd.DataFrame(rows).sort_values("valid_on").reset_index(drop=True)
    return Facts({}, assumptions(**changes), {"dated_facts": table}, pd.Timestamp(DAY), pd.Timestamp(as_of))


RELEASE = row("gpt.release", "2025-08-07")


def test_what_is_shown_on_record_holds():
    finding = record.on_record(facts_with(RELEASE), None, shows=["gpt.release"], told="Out on {gpt.release}.")
    assert (judge(finding, None), finding.reason) == ("holds", "Out on 7 August 2025.")


def test_a_statement_about_a_state_fails_once_something_ended_it():
    finding = record.on_record(
        facts_with(RELEASE), None, ended_by=["gpt.release"], told="{gpt.release.months} before."
    )
    # 7 August 2025 to 21 May 2026 are 287 days, 9.4 months
    assert (judge(finding, None), finding.overtaken, finding.reason) == ("fails", True, "nine months before.")


def test_a_contradicted_statement_was_never_right():
    finding = record.on_record(facts_with(RELEASE), None, denies=["gpt.release"], told="No: {gpt.release}.")
    assert (judge(finding, None), finding.overtaken) == ("fails", False)


def test_what_came_after_the_article_does_not_end_a_statement():
    late = row("gpt.release", "2026-06-01")
    with pytest.raises(NothingKnown):
        record.on_record(facts_with(late), None, ended_by=["gpt.release"], told="{gpt.release}")


def test_what_was_not_yet_known_does_not_decide():
    secret = row("gpt.release", "2025-08-07", known_on="2026-07-01")
    with pytest.raises(NothingKnown):
        record.on_record(
            facts_with(secret, as_of="2026-06-30"), None, ended_by=["gpt.release"], told="{gpt.release}"
        )
    assert record.on_record(
        facts_with(secret), None, ended_by=["gpt.release"], told="{gpt.release}"
    ).overtaken


def test_all_that_bears_a_statement_out_is_needed():
    with pytest.raises(NothingKnown, match=r"b\.two"):
        record.on_record(
            facts_with(RELEASE, row("b.two", "2026-08-01")), None, shows=["gpt.release", "b.two"], told="x"
        )


def test_a_sentence_that_names_what_is_not_known_lists_what_is():
    late = row("b.two", "2025-09-01", known_on="2026-07-01")
    finding = record.on_record(
        facts_with(RELEASE, late, as_of="2026-06-01"),
        None,
        shows=["gpt.release"],
        beside=["b.two"],
        told="{gpt.release}, {b.two}",
    )
    assert finding.reason == "On record: fact gpt.release (7 August 2025)."


@pytest.mark.parametrize(
    ("arm", "openai", "verdict", "answer"),
    [
        (90, 13, "partly", "Chips and centres yes, models no"),
        (
            1,
            13,
            "partly",
            "Centres yes, chips and models no",
        ),  # a stake is no ownership: 1% of Arm is no layer
        (90, 60, "holds", "Chips, models and centres yes"),
        (50, 13, "partly", "Centres yes, chips and models no"),  # half is no majority
    ],
)
def test_a_layer_is_owned_by_a_majority_or_by_what_shows_it(arm, openai, verdict, answer):
    facts = facts_with(row("a", "2025-11-18", arm), row("o", "2026-03-31", openai), row("run", "2025-01-21"))
    finding = record.layers_owned(
        facts,
        None,
        stakes={"chips": "a", "models": "o"},
        runs={"centres": ["run"]},
        told="{answer}: {models}.",
    )
    assert (judge(finding, None), finding.reason) == (verdict, f"{answer}: {openai}%.")


def test_a_sentence_of_which_nothing_is_known_is_none():
    late = row("b.two", "2025-09-01", known_on="2026-07-01")
    with pytest.raises(NothingKnown):
        record.undecided(facts_with(late, as_of="2026-06-01"), None, beside=["b.two"], told="{b.two}")


@pytest.mark.parametrize(
    ("counts", "stale", "verdict"),
    [
        ([("2026-05-01", 41_000)], False, "holds"),
        ([("2026-05-01", 80_000)], True, "holds"),  # twice the bound: passed long ago
        ([("2025-05-20", 40_001), ("2026-05-01", 41_000)], True, "holds"),  # 366 days before the article
        ([("2025-05-25", 40_001), ("2026-05-01", 41_000)], False, "holds"),  # 361 days
        ([("2026-05-01", 39_000)], False, "fails"),
        ([("2026-05-01", 39_000), ("2026-06-01", 41_000)], False, "fails"),  # passed after the article
    ],
)
def test_a_lower_bound_holds_or_fails_and_may_be_out_of_date(counts, stale, verdict):
    facts = facts_with(*(row(f"stars.a.{day}", day, value) for day, value in counts))
    bound = parse_figure("over 40,000 stars", "count")
    finding = record.bound_passed(facts, bound, series="stars.a")
    assert (judge(finding, bound), finding.stale) == (verdict, stale)


def test_counts_after_the_article_are_reported_and_decide_nothing():
    facts = facts_with(row("stars.a.1", "2026-05-01", 39_000), row("stars.a.2", "2026-06-01", 41_000))
    finding = record.bound_passed(facts, parse_figure("over 40,000 stars", "count"), series="stars.a")
    assert finding.since == "41,000 on 1 June 2026."
    assert finding.reason == "39,000 stars were counted on 1 May 2026."


def test_a_count_cites_the_latest_and_the_first_above_the_bound_alone():
    counts = [("2025-01-01", 30_000), ("2025-02-01", 40_001), ("2025-03-01", 50_000), ("2026-05-01", 60_000)]
    facts = facts_with(*(row(f"stars.a.{day}", day, value) for day, value in counts))
    record.bound_passed(facts, parse_figure("over 40,000 stars", "count"), series="stars.a")
    assert [fact["value"] for fact in facts.dated_facts] == [40_001, 60_000]


def test_figures_are_read_by_reading_and_an_earlier_sum_makes_them_out_of_date():
    facts = facts_with(
        row("a.first", "2023-09-25", 1.25, unit="USD billion"),
        row("a.second", "2024-03-27", 2.75, unit="USD billion"),
        row("a.all", "2024-11-22", 8, unit="USD billion"),
    )
    four = parse_figure("$4 billion", "usd_bn")
    arguments = {"readings": {"all": "a.all"}, "told": "{was} to {all} on {a.all}, not {stated}."}
    finding = record.figures_on_record(facts, four, was=["a.first", "a.second"], **arguments)
    # 1.25 + 2.75 = 4
    assert (judge(finding, four), finding.overtaken) == ("fails", True)
    assert finding.reason == "$4bn to $8bn on 22 November 2024, not $4 billion."
    assert not record.figures_on_record(facts, four, was=["a.first"], **arguments).overtaken
    still = {"readings": {"all": "a.all"}, "told": "{was}"}
    assert not record.figures_on_record(
        facts, parse_figure("over $3 billion", "usd_bn"), was=["a.first", "a.second"], **still
    ).overtaken
    # the sum of all rows that fit decides, what is named besides does not
    summed = {"table": "dated_facts", "column": "value", "where": {"subject": "S"}, "add": True}
    apart = facts.without_memory()
    finding = record.figures_on_record(
        apart, four, readings={"sum": summed}, others={"last": "a.all"}, told="{sum}, {last} of it last."
    )
    # 1.25 + 2.75 + 8
    assert (finding.result.value, finding.reason) == (12, "$12bn, $8bn of it last.")
    assert (len(apart.used), len(apart.mentioned)) == (3, 1)
    early = facts_with(*(row for _, row in facts.evidence["dated_facts"].iterrows()), as_of="2024-06-30")
    finding = record.figures_on_record(
        early, four, readings={"sum": summed}, others={"last": "a.all"}, told="{sum}, {last} of it last."
    )
    # 1.25 + 2.75; the last was not known yet, and decides nothing
    assert judge(finding, four) == "holds"
    eight = parse_figure("$8 billion", "usd_bn")
    assert judge(record.figures_on_record(facts, eight, was=["a.first"], **arguments), eight) == "holds"


def test_readings_are_borne_out_or_contradicted_one_by_one():
    facts = facts_with(row("states.laws", "2024-12-31"), row("order", "2025-12-11"))
    readings = {"states": {"shows": ["states.laws"]}, "government": {"denies": ["order"]}}
    finding = record.readings_on_record(facts, None, readings=readings, told="{states.laws} and {order}.")
    assert (judge(finding, None), finding.readings) == ("partly", {"states": True, "government": False})


@pytest.mark.parametrize(
    ("sides", "verdict", "reason"),
    [
        ({"beside": ["order"]}, "partly", "yes, unknown"),
        ({"denies": ["order"]}, "partly", "yes, no"),
        ({"shows": ["order"]}, "holds", "yes, yes"),
        (
            {"denies": ["late"]},
            "partly",
            "yes, unknown",
        ),  # that nothing contradicts a reading does not show it
        ({"shows": ["order", "late"]}, "partly", "yes, unknown"),  # half of what is needed
    ],
)
def test_a_part_of_a_statement_that_no_fact_decides_is_unknown(sides, verdict, reason):
    facts = facts_with(
        row("states.laws", "2024-12-31"), row("order", "2025-12-11"), row("late", "2026-06-01")
    )
    readings = {"states": {"shows": ["states.laws"]}, "government": sides}
    finding = record.readings_on_record(facts, None, readings=readings, told="{states}, {government}")
    assert (judge(finding, None), finding.reason) == (verdict, reason)
    unknown = "government" not in finding.readings
    assert [facts.evidence[table].loc[label, "id"] for table, label in facts.used] == (
        ["states.laws"] if unknown else ["states.laws", "order"]
    )


def test_a_statement_that_is_wrong_in_one_part_and_unknown_in_the_other_cannot_be_checked():
    facts = facts_with(row("order", "2025-12-11"))
    readings = {"government": {"denies": ["order"]}, "states": {}}
    finding = record.readings_on_record(facts, None, readings=readings, told="{government}, {states}")
    assert (judge(finding, None), finding.reason) == ("uncheckable", "no, unknown")


@pytest.mark.parametrize(
    ("stated", "was", "opening"),
    [
        ("$8 billion", [], "Yes"),
        ("over $8 billion", [], "Only in part"),  # a bound that is met and not passed
        ("$4 billion", [], "No"),
        ("$4 billion", ["a.first"], "No longer"),
    ],
)
def test_the_opening_of_a_sentence_follows_the_verdict(stated, was, opening):
    facts = facts_with(
        row("a.first", "2023-09-25", 4, unit="USD billion"), row("a.all", "2024-11-22", 8, unit="USD billion")
    )
    figure = parse_figure(stated, "usd_bn")
    finding = record.figures_on_record(
        facts, figure, readings={"all": "a.all"}, was=was, told="{answer}: {all}"
    )
    assert finding.reason == f"{opening}: $8bn"


@pytest.mark.parametrize(
    ("as_of", "verdict", "deciding"),
    [("2026-06-29", "open", []), ("2026-06-30", "open", []), ("2026-07-01", "fails", ["passed"])],
)
def test_a_forecast_with_a_day_of_its_own_is_open_until_then(as_of, verdict, deciding):
    facts = facts_with(row("passed", "2026-01-27"), as_of=as_of)
    finding = record.on_record_by(
        facts, None, due=dt.date(2026, 6, 30), denies=["passed"], told="By {due}; {passed}."
    )
    assert (judge(finding, None), finding.reason) == (verdict, "By 30 June 2026; 27 January 2026.")
    assert [facts.evidence[table].loc[label, "id"] for table, label in facts.used] == deciding


def test_what_came_after_the_day_of_a_forecast_does_not_decide_it():
    facts = facts_with(RELEASE, row("late", "2026-07-02"))
    with pytest.raises(NothingKnown):
        record.on_record_by(facts, None, due=dt.date(2026, 6, 30), shows=["late"], told="x")
    finding = record.on_record_by(facts, None, due=dt.date(2026, 7, 2), shows=["late"], told="x")
    assert judge(finding, None) == "holds"


def test_a_duty_is_in_force_from_the_day_that_its_rule_sets():
    duty = row("act", "2024-08-01", due_on="2026-08-02")
    told = "{answer}, set for {act.due}."
    finding = record.duty_in_force(facts_with(duty), None, duties=["act"], told=told)
    assert (judge(finding, None), finding.reason) == ("fails", "Not yet, set for 2 August 2026.")
    early = row("act", "2024-08-01", due_on="2025-08-02")
    finding = record.duty_in_force(facts_with(early), None, duties=["act"], told=told)
    assert (judge(finding, None), finding.reason) == ("holds", "Yes, set for 2 August 2025.")


@pytest.mark.parametrize(
    ("weekly", "monthly", "readings", "verdict"),
    [
        (901, 900, {"by users": True}, "holds"),  # a month has at least the users of a week
        (900, 900, {}, "holds"),  # the same round figure: either may be the larger
        (900, 5000, {"by users": False}, "partly"),  # five weeks of 900 are 4500 at most
        (
            900,
            1500,
            {},
            "holds",
        ),  # 900 in a week may be more or less than 1500 in a month: visits alone decide
    ],
)
def test_users_of_a_week_and_of_a_month_are_compared_as_far_as_they_can_be(
    weekly, monthly, readings, verdict
):
    facts = facts_with(
        row("a", "2026-03-31", weekly),
        row("b", "2026-05-19", monthly),
        row("c", "2026-05-14", 60),
        row("d", "2026-05-14", 40),
    )
    bound = parse_figure("over 1x", "x")
    finding = record.more_used(
        facts, bound, weekly="a", monthly="b", visits=["c", "d"], told="{visits} {by visits}, {by users}"
    )
    visits = finding.readings.pop("by visits")
    assert (visits.value, finding.readings) == (pytest.approx(1.5), readings)  # 60 / 40
    users = {None: "unknown", True: "yes", False: "no"}[finding.readings.get("by users")]
    assert finding.reason == f"1.5× yes, {users}"
    # users that do not decide are mentioned only
    assert len(facts.used) == (4 if finding.readings else 2) and len(facts.dated_facts) == 4
    finding.readings["by visits"] = visits
    assert judge(finding, bound) == verdict


def test_what_does_not_decide_is_mentioned():
    facts = facts_with(RELEASE)
    finding = record.undecided(
        facts, None, beside=["gpt.release"], told="Seen {gpt.release}; a test would decide."
    )
    assert judge(finding, None) == "uncheckable"
    assert facts.mentions[0]["url"] == "https://example.org/gpt.release"


def test_the_time_after_the_article_is_described_in_full_sentences():
    facts = facts_with(row("r", "2026-07-27", due_on="2027-12-02"), RELEASE)
    assert record.since(facts, ["r", "gpt.release"]) == "27 July 2026, S: fact r (2 December 2027)."
    assert record.since(facts, ["gpt.release"]) is None


def test_a_sentence_on_the_time_after_the_article_is_shown_once_all_its_facts_are_known():
    before = row("a.before", "2026-04-30", 180, unit="USD billion")
    after = row("a.after", "2026-07-22", 195, unit="USD billion")
    sentence = "A raised its plan from {a.before.value} to {a.after.value} on {a.after}."
    facts = facts_with(before, after)
    assert record.since(facts, [sentence]) == "A raised its plan from $180bn to $195bn on 22 July 2026."
    assert (facts.used, len(facts.mentioned)) == ([], 2)
    early = facts_with(before, after, as_of="2026-06-30")
    assert (record.since(early, [sentence]), early.mentioned) == (None, [])


def test_a_sentence_of_which_nothing_came_after_the_article_is_not_shown():
    assert record.since(facts_with(RELEASE), ["Out on {gpt.release}."]) is None


@pytest.mark.parametrize(
    ("sentence", "rule"),
    [("Up to {a.after.value}.", "no row with id"), ("{gpt.after.value}", "asks for more")],
)
def test_a_sentence_that_can_never_be_shown_is_refused(sentence, rule):
    with pytest.raises(DataError, match=rule):
        record.since(facts_with(row("gpt.after", "2026-07-22")), [sentence])


@pytest.mark.parametrize(
    ("fact", "sentence"),
    [
        ("A seeks this in new funding", "A seeks $30bn in new funding"),
        ("A burns this much cash", "A burns $30bn of cash"),
        ("Up to this much more for A", "Up to $30bn more for A"),
        ("Loan of A of this amount", "Loan of A of $30bn"),
        ("Loss that A reports on this day", "Loss that A reports on this day: $30bn"),
        ("Loss of A", "Loss of A: $30bn"),
    ],
)
def test_a_fact_that_speaks_of_its_figure_gets_it_in_place(fact, sentence):
    facts = facts_with(row("r", "2026-07-27", 30, unit="USD billion") | {"fact": fact, "subject": "A"})
    assert record.since(facts, ["r"]) == f"27 July 2026: {sentence}."


SIDES = {
    "on_record": (record.on_record, {}, "shows, denies or ended_by"),
    "on_record_by": (record.on_record_by, {"due": "2026-07-01"}, "shows or denies"),
    "duty_in_force": (record.duty_in_force, {"duties": []}, "duties"),
    "reading 'so'": (record.readings_on_record, {"readings": {"so": {}}}, "shows or denies"),
}


@pytest.mark.parametrize("place", SIDES)
def test_a_call_that_names_no_deciding_fact_is_refused(place):
    """Facts that are only mentioned decide nothing on any day, so the claim would stay uncheckable."""
    check, more, sides = SIDES[place]
    beside = {} if "readings" in more else {"beside": ["gpt.release"]}
    with pytest.raises(DataError) as caught:
        check(facts_with(RELEASE), None, told="Out on {gpt.release}.", **more, **beside)
    assert (
        str(caught.value) == f"{place}: names no fact that decides. Give {sides}, or use the check undecided."
    )


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (
            "It has {stars}.",
            (
                "{stars} is neither a figure of this check nor what a dated fact has. Use one of:"
                " gpt.release, gpt.release.months"
            ),
        ),
        ("Out on {gpt.releese}.", "The nearest valid name is 'gpt.release'"),
        ("It cost {gpt.release.value}.", "{gpt.release.value} is neither"),
        ("Out on {gpt.release.", "has '{' without a name in a pair of braces"),
        ("Out on gpt.release}.", "has '}' without a name in a pair of braces"),
        ("Out on {}.", "has '{' without a name in a pair of braces"),
    ],
)
def test_a_sentence_that_no_day_fills_is_refused(told, says):
    with pytest.raises(DataError) as caught:
        record.on_record(facts_with(RELEASE), None, shows=["gpt.release"], told=told)
    assert says in str(caught.value)


def test_a_brace_without_its_other_is_refused_in_what_came_later_too():
    with pytest.raises(DataError, match="without a name in a pair of braces"):
        record.since(facts_with(row("gpt.after", "2026-07-22")), ["Out on {gpt.after} {."])


def test_what_came_later_names_facts_of_some_day():
    with pytest.raises(DataError, match=r"no row with id 'gpt\.relese'.*'gpt\.release'"):
        record.since(facts_with(RELEASE), ["gpt.relese"])


def test_agents_plan_but_need_no_world_model_for_it(rows):
    row = rows.loc["technical.agents_need_world_model"]
    # an overview of agents bears out the planning, an agent without a world model contradicts the rest
    assert row["verdict"] == "partly"
    assert len(row["sources"]) == 3  # the article and both
