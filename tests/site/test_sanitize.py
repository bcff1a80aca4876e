"""What a notebook wrote, made harmless; pictures and policies as a page can carry them."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from html.parser import HTMLParser
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from analysis.characters import legible
from analysis.site import sanitize
from analysis.site.reader import Image
from tests.hostile import corpus


@pytest.mark.parametrize(
    ("hostile", "left"),
    [
        ("<script>alert(1)</script>x", "x"),
        ("<img src=x onerror=alert(1)>", ""),
        ("<img src='data:text/html,x'>", ""),
        ("<img src='//example.org/x.png'>", ""),
        ("<p style='color:red' class='claim' id='main' onclick='x()'>x</p>", "<p>x</p>"),
        ("<meta http-equiv=refresh content='0;url=https://example.org'>x", "x"),
        ("<style>*{}</style><title>t</title><base href=/><form><input><button>x</button></form>", "x"),
        ("<svg><script>alert(1)</script><text>y</text></svg>x", "x"),
        ("<math><mi>y</mi></math><template><b>y</b></template><noscript>y</noscript>x", "x"),
    ],
)
def test_what_could_run_load_restyle_or_clash_is_gone(hostile: str, left: str) -> None:
    assert sanitize.clean_html(hostile).strip() == left


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        " java\nscript:x",
        "//example.org",
        "vbscript:x",
        "../../etc",
    ],
)
def test_a_link_that_is_none_loses_its_address(address: str) -> None:
    assert "href" not in sanitize.clean_html(f'<a href="{address}">x</a>')


@pytest.mark.parametrize(
    "address", ["https://example.org/a?b=1", "HTTP://example.org", "mailto:a@example.org"]
)
def test_a_link_to_the_web_is_kept_and_tells_nobody_where_it_came_from(address: str) -> None:
    assert (
        sanitize.clean_html(f'<a href="{address}">x</a>')
        == f'<a href="{address}" rel="noopener noreferrer">x</a>'
    )


def test_relative_links_go_where_the_site_says() -> None:
    assert 'href="there.html"' in sanitize.clean_html(
        '<a href="there.ipynb">x</a>', {"there.ipynb": "there.html"}.get
    )


def test_tables_keep_their_structure_and_alignment_and_scroll_in_a_box_of_their_own() -> None:
    html = sanitize.clean_html(
        "<table class=dataframe><tr style='text-align: right;'><th scope=col colspan=2>a</th></tr></table>"
    )
    assert html.startswith('<div class="scroll"') and html.endswith("</table></div>")
    assert '<th scope="col" colspan="2">' in html


def test_dollars_in_markdown_are_money_and_not_mathematics() -> None:
    html = sanitize.markdown(r"From $60 **billion** to $5 and \$7 *each*.")
    assert html.strip() == "<p>From $60 <strong>billion</strong> to $5 and $7 <em>each</em>.</p>"


def test_markdown_tables_keep_their_right_alignment() -> None:
    assert '<td align="right">1</td>' in sanitize.markdown("| a |\n|--:|\n| 1 |\n")


def test_an_id_is_given_once_and_never_one_of_ours() -> None:
    anchors = sanitize.Anchors({"main"})
    html, listed = anchors.headings(sanitize.markdown("## Main\n\n### Main\n\n## A & B\n\n## A & B"))
    assert listed == [("main-2", "Main"), ("a-b", "A & B"), ("a-b-2", "A & B")]
    assert '<h3 id="main-3">' in html


def test_terminal_colours_are_dropped() -> None:
    assert sanitize.terminal("\x1b[31mred\x1b[0m <b>\n") == "red &lt;b&gt;"


SVG = """<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x.dtd">
<svg width="460.8pt" height="100px" viewBox="0 0 9 9" xmlns="http://www.w3.org/2000/svg">
 <metadata>who</metadata><style>[style*="fill: #b35c00"]{fill:#f0a35e}</style>
 <path d="M 1 -2.5
L 3 4 z
" style="fill: #b35c00"/>
 <text>50% of it</text></svg>"""


def test_a_drawing_is_slimmed_but_draws_the_same_and_its_address_is_valid() -> None:
    picture = sanitize.picture(Image("svg", SVG))
    drawing = ElementTree.fromstring(unquote(picture.src.removeprefix("data:image/svg+xml,")))
    parts = {element.tag.rpartition("}")[2]: element for element in drawing}
    assert (picture.width, picture.height) == (614, 100)
    assert parts["path"].attrib == {"d": "M1,-2.5L3,4z", "style": "fill: #b35c00"}
    assert (parts["text"].text, parts["style"].text) == (
        "50% of it",
        '[style*="fill: #b35c00"]{fill:#f0a35e}',
    )
    assert "metadata" not in parts and not set(picture.src) & set(' "<>#\n')


def test_what_is_no_drawing_is_shown_as_a_broken_one() -> None:
    for content in ("<svg", "<p/>", '<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>', "", "\ud800"):
        broken = sanitize.Picture(Markup("data:image/svg+xml,"), None, None)
        assert sanitize.picture(Image("svg", content)) == broken


def test_a_bitmap_tells_its_size() -> None:
    raw = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (640).to_bytes(4, "big") + (370).to_bytes(4, "big")
    picture = sanitize.picture(Image("png", base64.b64encode(raw).decode()))
    assert (picture.width, picture.height) == (640, 370)
    for broken in (b"no", raw[:20]):
        assert sanitize.picture(Image("png", base64.b64encode(broken).decode())).width is None


def test_what_is_no_bitmap_cannot_end_its_attribute() -> None:
    for content in ('AAAA" onerror="x', "A", "ü"):
        assert re.fullmatch(
            r"data:image/png;base64,[A-Za-z0-9+/=]*", sanitize.picture(Image("png", content)).src
        )


ADDRESS = re.compile(r"#|https?://|mailto:|data:image/(png|jpeg|svg\+xml)[;,]")


@pytest.mark.parametrize("case", corpus.cases(), ids=lambda case: case.name)
@pytest.mark.parametrize("form", [sanitize.clean_html, sanitize.markdown])
def test_nothing_of_what_could_do_harm_is_left(case: corpus.Case, form: Callable[[str], str]) -> None:
    tags: list[tuple[str, list[tuple[str, str | None]]]] = []
    reader = HTMLParser()
    reader.handle_starttag = lambda *start: tags.append(start)  # type: ignore[method-assign]
    reader.feed(form(legible(case.raw)))
    for tag, attributes in tags:
        links = (
            {"class", "role", "aria-label", "tabindex"} if tag == "div" else {"rel"} if tag == "a" else set()
        )
        assert (
            tag in sanitize.TAGS
            and {name for name, _ in attributes} <= sanitize.ATTRIBUTES.get(tag, set()) | links
        )
        for name, value in attributes:
            assert name not in ("href", "src") or ADDRESS.match(value or ""), (tag, value)


def test_a_policy_names_the_hash_of_each_inline_part_and_nothing_else() -> None:
    policy = sanitize.policy(["a{}"], [])
    # printf 'a{}' | openssl dgst -sha256 -binary | base64
    assert "; style-src 'sha256-X1RutGBrXCt9KkSaXMK7tHftWiRscFHOhxsS8tv8hBk='; " in policy
    assert policy.startswith("default-src 'none'; ") and "script-src 'none'" in policy


@given(st.text(alphabet=st.sampled_from("<>/=\"' abhrefscriptonimgsvg:&;#\n"), max_size=80))
def test_cleaning_leaves_no_tag_or_attribute_that_was_not_allowed(text: str) -> None:
    cleaned = str(sanitize.clean_html(text))
    assert "<script" not in cleaned and " on" not in "".join(
        part.partition(">")[0] for part in cleaned.split("<")[1:]
    )
    assert sanitize.clean_html(cleaned).count("<script") == 0
