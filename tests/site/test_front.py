"""News by day, openings of texts, and outcomes that add to a whole."""

import datetime as dt

import pytest

from analysis.exhibits import JudgedClaim, Table
from analysis.site import front


def claim(id: str, since: str | None) -> JudgedClaim:
    return JudgedClaim(id=id, section="market", statement="It is.", verdict="holds", since=since)


def test_news_is_dated_by_the_first_day_of_a_sentence_and_the_newest_comes_first() -> None:
    items = front.news(
        [
            claim("market.a", "It grew to $3.5bn on 2 May 2026. In July 2026 it fell after 9 June 2026."),
            claim("market.b", "From 12 June 2026 it applies from 2 December 2027."),
            claim("market.c", None),
        ]
    )
    assert [(item.when, item.claims) for item in items] == [
        ("July 2026", ("market.a",)),
        ("12 June 2026", ("market.b",)),
        ("2 May 2026", ("market.a",)),
    ]
    assert items[0].on == dt.date(2026, 7, 1) and items[2].text == "It grew to $3.5bn on 2 May 2026."


def test_what_two_claims_say_is_one_item() -> None:
    (item,) = front.news(
        [claim("market.a", "It fell in July 2026."), claim("market.b", "It fell in July 2026.")]
    )
    assert item.claims == ("market.a", "market.b")


def test_a_sentence_without_a_day_follows_the_one_before_and_alone_comes_last() -> None:
    items = front.news([claim("market.a", "It grew."), claim("market.b", "It fell in May 2026. All of it.")])
    assert [(item.when, item.text) for item in items] == [
        ("May 2026", "It fell in May 2026. All of it."),
        ("", "It grew."),
    ]


@pytest.mark.parametrize(
    ("words", "text"), [(1, "No."), (2, "No. It cost $1.5bn."), (9, "No. It cost $1.5bn. Half is paid.")]
)
def test_a_text_is_opened_by_whole_sentences(words: int, text: str) -> None:
    assert front.first_sentences("No. It cost $1.5bn. Half is paid.", words) == text


def test_the_bars_of_a_row_follow_each_other_and_their_numbers_add_to_a_hundred() -> None:
    columns = [{"name": name, "title": name} for name in ("case", "bad", "good")]
    rows = [{"case": "Calm", "bad": 99.9, "good": 0.1}]
    table = Table.model_validate({"id": "x.y", "kind": "table", "columns": columns, "rows": rows})
    (row,) = front.outcome_rows(table)
    assert row.label == "Calm"
    assert [(part.start, part.width, part.text) for part in row.parts] == [
        (0, 99.9, ">99%"),
        (99.9, 0.1, "<1%"),
    ]
