"""What reaches a reader is what a reader can see."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.characters import first_hidden_character, for_terminal, is_legible_json, legible
from analysis.site import reader


@pytest.mark.parametrize(
    ("text", "legible_text"),
    [
        ("a\tb\r\nc", "a\tb\r\nc"),
        ("\x1b[1;31mred\x1b[0m \x1b[?1049h\x1b]8;;https://example.org\x07a link\x1b]8;;\x07", "red a link"),
        ("a\0b\x08c\x9fd\x7f\x1b", "a\ufffdb\ufffdc\ufffdd\ufffd\ufffd"),
        ("sum \u202e001\u202c \u2066x\u2069", "sum \ufffd001\ufffd \ufffdx\ufffd"),
        ("\ud83d \U0001f600 \uffff \U0002ffff", "\ufffd \U0001f600 \ufffd \ufffd"),
        ("שלום\u200f, −5 %\u00a0é", "שלום\u200f, −5 %\u00a0é"),
    ],
)
def test_what_cannot_be_seen_is_dropped_or_marked_and_all_else_stays(text: str, legible_text: str) -> None:
    assert legible(text) == legible_text


def test_texts_are_found_wherever_json_has_them() -> None:
    assert legible({"a\0": ["b\0", {"c": "d\0"}, 1, None]}) == {
        "a\ufffd": ["b\ufffd", {"c": "d\ufffd"}, 1, None]
    }


@given(st.text())
def test_whatever_comes_in_can_be_written_and_nothing_is_left_to_do(text: str) -> None:
    once = legible(text)
    once.encode("utf-8")
    assert legible(once) == once


def test_a_notebook_is_read_in_legible_characters(tmp_path) -> None:
    path = tmp_path / "a.ipynb"
    cell = '{"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["a \\ud83d", " \\u202e"]}'
    path.write_text(f'{{"cells": [{cell}], "metadata": {{}}, "nbformat": 4, "nbformat_minor": 5}}')
    notebook = reader.read_notebook(path)
    assert notebook.cells[0].source == "a \ufffd \ufffd"


@pytest.mark.parametrize(
    ("text", "place_and_name"),
    [
        ("all\tis\nwell: é 日本 שלום\u200f \u00a0", None),
        ("ab\x1b", (2, "U+001B (a control character)")),
        ("a\rb", (1, "U+000D (a control character)")),
        ("a\nb\u2028", (3, "U+2028 (line separator)")),
        ("\u202e", (0, "U+202E (right-to-left override)")),
        ("\udc80", (0, "U+DC80 (half of a character)")),
    ],
)
def test_the_first_character_that_is_not_seen_is_named(
    text: str, place_and_name: tuple[int, str] | None
) -> None:
    assert first_hidden_character(text) == place_and_name
    assert first_hidden_character(for_terminal(text)) is None


HIDDEN_TEXTS = ["a\x1b[1mb", "bell\x07", "\x08", "\x0c", "half \ud800", "turn \u202e", "\x85", "none \ufffe"]


@pytest.mark.parametrize("text", HIDDEN_TEXTS)
@pytest.mark.parametrize("ascii", [True, False])
def test_json_is_legible_only_if_every_text_in_it_is(text: str, ascii: bool) -> None:
    assert not is_legible_json(json.dumps(["fine", {"key": [text]}], ensure_ascii=ascii))
    assert not is_legible_json(json.dumps({text: 1}, ensure_ascii=ascii))


def test_most_json_is_legible_at_first_sight() -> None:
    texts = ["two\nlines\tand a tab", "dash \N{EN DASH} and \N{NO-BREAK SPACE}", 'a "quote" and a \\ as well']
    assert is_legible_json(json.dumps(texts, ensure_ascii=False))
    assert legible(texts) == texts
