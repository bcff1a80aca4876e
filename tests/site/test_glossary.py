"""Terms are explained at their first use in prose, and nowhere else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analysis.errors import PublishError
from analysis.project import Project
from analysis.site import glossary
from analysis.site.glossary import Glossary
from tests.site.site_material import Elements, Publish, pages, prose, write_notebook

TERMS = Glossary(
    {"run-rate": "Revenue & more.", "LTV": "Debt.", "value": "Worth.", "reported value": "In <accounts>."},
    {
        form: term
        for term, forms in {
            "run-rate": ("run-rate", "run-rates"),
            "LTV": ("LTV",),
            "value": ("value",),
            "reported value": ("reported value",),
        }.items()
        for form in forms
    },
)


def marked(html: str) -> list[str]:
    page = TERMS.explain(f"<p>LTV</p><main>{html}</main><p>LTV</p>")
    return re.findall(r'<button class="term"[^>]*>([^<]*)</button>', page)


def test_the_first_use_of_each_term_is_explained_once() -> None:
    assert marked("<p>Run-rates and LTV.</p><li>The run-rate.</li><dd>LTV</dd>") == ["Run-rates", "LTV"]


def test_the_longest_form_counts() -> None:
    assert marked("<p>A reported value is a value.</p>") == ["reported value", "value"]


@pytest.mark.parametrize(
    "html",
    [
        "<p><a href='x'>LTV</a></p>",
        "<h2>LTV</h2>",
        "<p><code>LTV</code></p>",
        "<table><tr><td><p>LTV</p></td></tr></table>",
        '<svg><path d="M0 0"/><text>LTV</text></svg>',
        "<details><summary>LTV</summary></details>",
        '<div class="popover" popover id="x"><p>LTV</p></div>',
        '<p class="kicker">LTV</p>',
        '<div class="foot"><p>LTV</p></div>',
        "<div>LTV</div>",
        "<p>ltv, LTVs, pre-LTV</p>",
        '<p title="LTV > 1">x</p>',
    ],
)
def test_what_is_no_prose_is_left_alone(html: str) -> None:
    assert marked(html) == []
    assert TERMS.explain(f"<main>{html}</main>") == f"<main>{html}</main>"


def test_prose_goes_on_after_what_is_left_alone() -> None:
    assert marked('<p><img src="x" alt="a">A <a href="x">LTV</a><br>and LTV</p>') == ["LTV"]


def test_an_explanation_opens_without_script_and_is_text() -> None:
    page = TERMS.explain("<main><p>A reported value.</p></main>")
    assert 'popovertarget="glossary-reported-value"' in page
    assert '<span class="popover gloss" popover id="glossary-reported-value"' in page
    assert "In &lt;accounts&gt;." in page


def test_the_terms_of_the_project_can_be_read_and_a_form_has_one_meaning(tmp_path: Path) -> None:
    own = glossary.read(Project.default().glossary)
    assert "percentile" in own.meanings and own.terms["percentiles"] == "percentile"
    assert glossary.read(tmp_path / "none.yml") == Glossary({}, {})
    path = tmp_path / "glossary.yml"
    path.write_text("a: {means: One., also: [c]}\nb: {means: Two., also: [c]}\nd: {mean: x}\n")
    with pytest.raises(PublishError) as caught:
        glossary.read(path)
    text = str(caught.value)
    assert "key b: 'c' is explained by 'a', too" in text and "key d, key mean" in text


def test_each_page_explains_a_term_once(publish: Publish, project: Project) -> None:
    project.glossary.write_text("multiple: {means: So many times., also: [multiples]}\n")
    for scenario in ("base", "cheap", "dear"):
        cells = [prose("# A multiple\n\nA multiple.\n\nMultiples.")]
        write_notebook(project.runs / scenario / "1_prices.ipynb", cells)
    index = publish()
    page = Elements(index.parent / "base" / "1_prices.html")
    assert page.all("popovertarget").count("glossary-multiple") == 1
    for path, other in pages(index.parent):
        ids = other.all("id")
        assert len(ids) == len(set(ids)), path
