"""What counts on a page, and what is a fault of a site."""

import pytest

from analysis.errors import DataError
from analysis.lint import built_site
from analysis.thesis import Budget, Pages

PAGE = """<html><body><nav>Six words that nobody counts here</nav><main><h1>A title</h1>
<p>Four words of text.</p><table><tr><td>a table with $60B in it</td></tr></table>
<div class="chart"><svg><text>9e+03</text></svg></div>
<details><summary>A fold to open</summary><p>Hidden words are read: $60B.</p>
<div class="chart"></div></details>
<div class="metric"><b data-metric="a.b">18%</b></div></main></body></html>"""


class OneThesis:
    pages = Pages(length=Budget(words=5, charts=1))


def test_a_page_counts_what_is_seen_before_anything_is_opened():
    page = built_site.read(PAGE)
    # A title (2), Four words of text. (4), A fold to open (4), 18% (1)
    assert (page.words, page.charts) == (11, 1)
    assert page.metrics == {"a.b": {"18%"}}


def test_folded_words_are_read_but_no_table_code_or_chart():
    texts = [text for _, _, text in built_site.read(PAGE).blocks]
    assert "Hidden words are read: $60B." in texts
    assert not any("9e+03" in text or "a table" in text for text in texts)


def test_a_site_is_measured_and_its_metrics_compared(tmp_path):
    (tmp_path / "base").mkdir()
    (tmp_path / "index.html").write_text(PAGE, encoding="utf-8")
    (tmp_path / "base" / "1_a.html").write_text(PAGE, encoding="utf-8")
    (tmp_path / "base" / "2_b.html").write_text(PAGE.replace("18%", "19%"), encoding="utf-8")
    rules = {
        (problem.place, problem.rule.split(":")[0]) for problem in built_site.problems(tmp_path, OneThesis())
    }
    assert ("metric a.b", "is printed with 2 values") in rules
    assert ("base/1_a.html", "has 11 words with its folds closed, and may have 5") in rules
    assert not any(place == "index.html" and "folds" in rule for place, rule in rules)  # no section


def test_a_folder_without_pages_is_no_site(tmp_path):
    with pytest.raises(DataError, match="no site"):
        built_site.problems(tmp_path, OneThesis())


CARD = (
    '<html><body><main><div class="metric"><h3 class="metric-title">{title}</h3>'
    '<div class="metric-value">{value}</div><p class="metric-interval">{range}</p>'
    '<p class="metric-rests">{kind}</p></div></main></body></html>'
)
SIMULATED = '<a class="kind" href="#">simulated</a>'


@pytest.mark.parametrize(
    ("title", "value", "range", "kind", "rule"),
    [
        ("Chance of a write-down", "18%", "", "", "no uncertainty"),
        ("Chance of a write-down", "18%", "", SIMULATED, None),
        ("Price of a token", "$3", "$2 to $4", "", "no uncertainty"),
        ("Price of a token", "$3", "", "", None),
        ("Growth of revenue", "18%", "", "", None),
        ("Chance of a write-down", "0%", "", SIMULATED, "certainty"),
        ("Chance of a write-down", "<1%", "", SIMULATED, None),
        ("Return in the median future", "0%", "", SIMULATED, None),
    ],
)
def test_a_number_says_how_uncertain_it_is(title, value, range, kind, rule):
    html = CARD.format(title=title, value=value.replace("<", "&lt;"), range=range, kind=kind)
    (card,) = built_site.read(html).cards
    assert (card.problem[0].split(":")[0] if card.problem else None) == rule


def test_what_stands_in_a_popover_is_no_part_of_a_card():
    inside = '<div popover><a class="kind" href="#">simulated</a></div>'
    (card,) = built_site.read(CARD.format(title="Chance of it", value="18%", range="", kind=inside)).cards
    assert card.problem is not None


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("total_costs", "identifier"),
        ("<code>total_costs</code>", None),
        ("total costs", None),
        ("2.6e+03", "exponent"),
        ("known_on is a day", None),  # a note of the data
        ("$60B", None),  # as the article has it
        ("{share:odds}", "unfilled"),
        ("nan", "unfilled"),
        ("finance", None),
    ],
)
def test_cells_show_no_names_of_data_and_no_gaps(tmp_path, text, rule):
    table = f"<main><table><tr><th>{text}</th></tr></table></main>"
    (tmp_path / "index.html").write_text(table, encoding="utf-8")
    found = {problem.rule.split(":")[0] for problem in built_site.problems(tmp_path, OneThesis())}
    assert found == ({rule} if rule else set())
