"""A drawing is read as XML or refused, and gets shorter without drawing anything else."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import svg

HEAD = '<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x.dtd"><!-- made -->\n'


def shortened(text: str) -> str:
    return svg.write(svg.shorten(svg.read(text)))


def test_what_says_nothing_to_a_reader_goes() -> None:
    text = f"""{HEAD}<svg width="9pt" xmlns:xlink="http://www.w3.org/1999/xlink">
 <metadata><who>me</who></metadata>
 <path d="M 1 -2.5
L 3 4 z
"/>
</svg>"""
    expected = "<svg width='9pt' xmlns:xlink='http://www.w3.org/1999/xlink'><path d='M1,-2.5L3,4z'/></svg>"
    assert shortened(text) == expected


def test_words_keep_what_they_say() -> None:
    words = "<svg><text>a &lt; b &amp; 'c' \"d\"\n   <tspan>e</tspan> f</text></svg>"
    assert shortened(words) == "<svg><text>a &lt; b &amp; 'c' \"d\" <tspan>e</tspan> f</text></svg>"


def test_an_attribute_survives_being_written_and_read() -> None:
    (element,) = svg.read("""<svg><a b="it's &quot;so&quot; &lt; &#10; &amp;"/></svg>""")
    (again,) = svg.read(f"<svg>{svg.write(element)}</svg>")
    assert again.attrib == element.attrib == {"b": 'it\'s "so" < \n &'}


@pytest.mark.parametrize(
    ("groups", "left"),
    [
        ("<g><g id='a'><g><path/></g></g></g>", "<path/>"),
        ("<g><g/><g class='b'/><g><rect/></g></g>", "<rect/>"),
        ("<g class='c'><g><g class='d'><rect/></g></g></g>", "<g class='c'><g class='d'><rect/></g></g>"),
        ("<g class='c'><g id='e'> </g></g>", ""),
        ("<g id='a'><use href='#a'/></g>", "<g id='a'><use href='#a'/></g>"),
        ("<g id='a'><use xlink:href='#a'/></g>", "<g id='a'><use xlink:href='#a'/></g>"),
        ("<g id='a'><p fill='url(#a)'/></g>", "<g id='a'><p fill='url(#a)'/></g>"),
        ("<style>p{fill:url('#a')}</style><g id='a'><p/></g>", None),
        ("<clipPath id='c'/>", "<clipPath id='c'/>"),
    ],
)
def test_groups_and_ids_go_where_nothing_uses_them(groups: str, left: str | None) -> None:
    assert shortened(f"<svg>{groups}</svg>") == (f"<svg>{left or groups}</svg>" if left != "" else "<svg/>")


def grouped(inner: list[str]) -> str:
    return f"<g{' class=' + repr('c') if len(inner) % 2 else ''}>{''.join(inner)}</g>"


@given(st.recursive(st.just("<path/>"), lambda inner: st.lists(inner, max_size=3).map(grouped), max_leaves=9))
def test_shortening_twice_changes_nothing_more_and_loses_no_mark(marks: str) -> None:
    once = shortened(f"<svg>{marks}</svg>")
    assert shortened(once) == once
    assert once.count("<path/>") == marks.count("<path/>")
    assert "<g>" not in once


def test_groups_are_dissolved_however_deep_and_however_many() -> None:
    """A hundred thousand of each: neither the stack nor the square of it may count."""
    many = 100_000
    assert shortened(f"<svg>{'<g>' * many}<path/>{'</g>' * many}</svg>") == "<svg><path/></svg>"
    assert shortened(f"<svg>{'<g><path/></g>' * many}</svg>").count("<path/>") == many


@given(st.text(alphabet=" \t\nML1.,-"))
def test_a_path_loses_the_blanks_next_to_its_letters(path: str) -> None:
    short = svg._shorten_path(path)
    assert not re.search(r"\s", short)
    assert re.findall(r"[A-Za-z]|[^\sA-Za-z,]+", short) == re.findall(r"[A-Za-z]|[^\sA-Za-z,]+", path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<svg>", "is not XML"),
        ("", "is not XML"),
        ("<html/>", "its outermost element is svg; it is html"),
        ('<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>', "declares the entity a"),
        ("<svg>&nbsp;</svg>", "is not XML"),
        ("\ud800", "is not XML"),
    ],
)
def test_what_is_no_drawing_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        svg.read(text)


@pytest.mark.parametrize(
    ("width", "pixels"),
    [("460.8pt", 614), ("100px", 100), ("100", 100), ("5em", None), ("", None), ("1e9pt", None)],
)
def test_a_size_is_in_css_pixels(width: str, pixels: int | None) -> None:
    """A point is four thirds of a pixel: 460.8 / 72 * 96 = 614.4."""
    assert svg.size_px(svg.read(f"<svg width='{width}'/>")) == (pixels, None)


def test_what_is_written_is_xml() -> None:
    text = shortened(f"{HEAD}<svg xmlns='http://www.w3.org/2000/svg'><text>&#38; é</text></svg>")
    (word,) = ElementTree.fromstring(text)
    assert word.text == "& é"
