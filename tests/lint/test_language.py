"""Each rule finds its example and lets a neighbour of it pass."""

import pytest

from analysis.lint import language

FAULTY = [
    ("phrase", "That is what the judgement hangs on.", "The result depends on the judgement."),
    ("phrase", "The most expensive of them is the dearest.", "He is a dear friend of the benchmark."),
    ("phrase", "In the median it returns one dollar.", "The median is one dollar."),
    ("phrase", "It happens in 3% of draws.", "It draws on the record, in all scenarios."),
    ("identifier", "The price_decline_factor is high.", "The file params/price_decline.yml is long."),
    ("identifier", "The equity_value_usd_bn is high.", "Set `equity_value_usd_bn` to 900."),
    ("claim id", "See lead.gpt5_unreleased for it.", "See e.g. verdicts."),
    ("exponent", "It is 2.6e+03 billion.", "It is about 2,600 billion."),
    ("pasted", "This raises … and derives from Llama now.", "And so on …"),
    ("pasted", "It is the the one.", "That that it is."),
    ("house number", "It costs $60B today.", "It costs $60bn today."),
    ("house number", "It took 1 years to build.", "It took 1.1 years to build."),
    ("house number", "It returns 3x the money.", "It returns 3× the money."),
    ("certainty", "It fails in 100% of simulated futures.", "It fails in over 99% of simulated futures."),
    ("certainty", "It has a probability of 0%.", "It has a probability of 50%, and 100% of cells count."),
    ("many numbers", "It is 3% here, 4% there and 5% elsewhere.", "From 2024 to 2028 it is 3% to 5%."),
    ("many numbers", "Of 9 we found 4, and 3 of them new.", "GPT-4o beat Llama 3.1 by 3 on 21 May 2026."),
    ("long sentence", " ".join(["word"] * 36) + ".", " ".join(["word"] * 35) + "."),
]


@pytest.mark.parametrize(("rule", "faulty", "fine"), FAULTY)
def test_a_rule_finds_its_example_and_lets_its_neighbour_pass(rule: str, faulty: str, fine: str) -> None:
    assert rule in {fault.rule for fault in language.faults(faulty)}
    assert rule not in {fault.rule for fault in language.faults(fine)}


def test_every_phrase_is_found_in_words_of_its_own() -> None:
    # a phrase inside a longer word is none: "indebted" has no "debt", "foretold" no "told"
    assert not language.faults("Benchmarks and bookmarks were unforetold.")
    assert len(language.PHRASES) >= 25


def test_titles_are_short_and_may_have_numbers() -> None:
    title = " ".join(["word"] * language.TITLE_WORDS)
    assert not language.faults(title, "title")
    assert [fault.rule for fault in language.faults(f"{title} more", "title")] == ["long title"]


def test_an_excused_rule_does_not_count() -> None:
    assert not language.faults("It costs $60B today.", allowed={"house number"})


def test_an_exception_needs_a_reason() -> None:
    rules, wrong = language.allowances("# text-check: allow phrase, exponent because a quotation")
    assert (rules, wrong) == ({"phrase", "exponent"}, [])
    rules, wrong = language.allowances("<!-- text-check: allow phrase -->")
    assert rules == set()
    assert ["reason" in rule for _, rule, _ in wrong] == [True]


def test_an_exception_names_a_rule_of_ours() -> None:
    rules, wrong = language.allowances("# text-check: allow phrases because a quotation")
    assert rules == set()
    ((_, rule, fix),) = wrong
    assert "phrases" in rule and "phrase," in fix


def test_every_rule_has_its_example() -> None:
    assert {rule for rule, _, _ in FAULTY} | {"long title"} == set(language.RULES)


def test_a_range_in_brackets_belongs_to_its_number() -> None:
    assert language.count_numbers("It is 2.5× (0.4× to 12.4×, 90%) today") == 1  # the range explains the 2.5
    assert language.count_numbers("between 3% to 5% of 1,200 cases") == 2  # a span and a count


def test_odds_belong_to_the_per_cent_that_follow():
    assert language.count_numbers("It happens in about 11 in 12 futures (91%)") == 1
    assert language.count_numbers("It happens in 11 in 12 futures") == 1
