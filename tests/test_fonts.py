"""A chart carries the letters that it uses and no others, and the same letters are the same bytes."""

import base64
import io
import re

import pytest
from fontTools.ttLib import TTFont

from analysis import fonts, project


def inside(rule):
    return TTFont(io.BytesIO(base64.b64decode(re.search(r"base64,([^)]+)", rule)[1])))


def test_a_face_holds_the_letters_asked_for_and_no_name_or_hint():
    font = inside(fonts.font_face("Source Sans Pro", 400, "Aé−"))
    assert set(map(chr, font.getBestCmap())) == set("Aé−")
    assert "GSUB" not in font and font["name"].names == []


def test_a_face_says_its_family_and_weight_and_is_allowed_nothing_from_elsewhere():
    rule = fonts.font_face("Source Serif Pro", 600, "a")
    assert rule.startswith(
        "@font-face{font-family:Source Serif Pro;font-weight:600;src:url(data:font/woff;base64,"
    )
    assert "http" not in rule


def test_equal_letters_are_equal_bytes():
    assert fonts.font_face.__wrapped__("Source Sans Pro", 600, "abc") == fonts.font_face(
        "Source Sans Pro", 600, "abc"
    )


def test_a_letter_that_the_font_does_not_have_is_left_to_the_reader():
    assert inside(fonts.font_face("Source Sans Pro", 400, "a\u4e00")).getBestCmap() == {97: "a"}


def test_a_weight_that_the_report_does_not_use_is_no_font():
    with pytest.raises(KeyError):
        fonts.font_face("Source Sans Pro", 300, "a")


def test_letters_are_taken_out_of_a_font_once_for_all_processes(tmp_path, monkeypatch, own_store):
    monkeypatch.setenv(project.VARIABLE, str(tmp_path))
    fonts._letters_of.cache_clear()
    letters = fonts._letters_of("Source Sans Pro", 400, "Aé−")
    fonts._letters_of.cache_clear()  # as another process starts

    def refuse(*_):
        raise AssertionError("a subset is made again")

    monkeypatch.setattr("fontTools.subset.Subsetter", refuse)
    assert fonts._letters_of("Source Sans Pro", 400, "Aé−") == letters
    with pytest.raises(AssertionError, match="made again"):
        fonts._letters_of("Source Sans Pro", 400, "Ab")
