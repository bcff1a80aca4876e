import json
import math

import numpy as np
import pandas as pd
import pytest

from analysis.evidence import claims, tables
from analysis.figures import display, theme
from analysis.models import audit


@pytest.fixture
def shown(monkeypatch):
    """What a notebook would have received, one MIME bundle a display."""
    found = []
    monkeypatch.setattr(display, "display", lambda data, raw: found.append(data))
    return found


def bundle(shown):
    found = shown[-1][display.MIME]
    json.dumps(found, allow_nan=False)
    assert {"id", "kind", "title", "unit", "role", "note", "sources", "claims"} <= set(found)
    return found


def test_a_metric_says_what_it_is_with_its_interval(shown):
    display.metric("a.b", "Return", 1.0934, unit="x", digits=2, low=0.1, high=7.8, level=0.9, reads="So it is.", formula="a / b",
                   inputs={"draws": np.int64(5), "share": [0.1, 0.2]}, role="headline", better="higher")  # fmt: skip
    found = bundle(shown)
    assert (found["text"], found["short"]) == ("1.09x (0.10x to 7.80x, 90%)", "1.09x")
    assert (found["value"], found["low"], found["high"], found["level"]) == (1.0934, 0.1, 7.8, 0.9)
    assert found["inputs"] == {"draws": 5, "share": [0.1, 0.2]}
    assert (found["role"], found["better"], found["formula"]) == ("headline", "higher", "a / b")
    assert shown[-1]["text/plain"] == "Return: 1.09x (0.10x to 7.80x, 90%). So it is."


def test_numbers_are_rounded_to_six_digits_and_what_json_cannot_hold_is_null(shown):
    display.metric("a.b", "R", 1 / 3, unit="x", reads=".", low=math.nan, high=math.inf)
    found = bundle(shown)
    assert (found["value"], found["low"], found["high"]) == (0.333333, None, None)


def test_a_table_shows_the_columns_asked_for_formatted_and_aligned(shown):
    frame = pd.DataFrame({"name": ["a", "b"], "x": [1.234, math.nan], "secret": [1, 2]})
    display.table("t.t", "Title", frame, {"name": "Name", "x": ("Value", "x", ".1f")})
    found = bundle(shown)
    assert found["columns"] == [
        {"name": "name", "title": "Name", "unit": None, "format": None, "align": "left"},
        {"name": "x", "title": "Value", "unit": "x", "format": ".1f", "align": "right"},
    ]
    assert found["rows"] == [{"name": "a", "x": 1.234}, {"name": "b", "x": None}]
    assert "1.2" in shown[-1]["text/html"]
    assert 'scope="col"' in shown[-1]["text/html"]
    assert "secret" not in shown[-1]["text/html"]
    assert "–" in shown[-1]["text/plain"]


def test_a_table_of_html_stays_text(shown):
    display.table("t.t", "T", pd.DataFrame({"name": ["<script>x</script>"]}), {"name": "Name"})
    assert "<script>x" not in shown[-1]["text/html"]


def test_a_figure_is_png_in_a_notebook_and_svg_in_the_batch(shown, monkeypatch):
    frame = pd.DataFrame({"x": [1.0]})
    monkeypatch.delenv("THESIS_FIGURES", raising=False)
    for medium, mime in ((None, "image/png"), ("svg", "image/svg+xml")):
        if medium:
            monkeypatch.setenv("THESIS_FIGURES", medium)
        display.figure(
            "f.f", theme.headline(theme.axes(), "It rises", "percent", "A line."), frame, {"x": "X"}
        )
        assert {mime} == {"image/png", "image/svg+xml"} & set(shown[-1])
        found = bundle(shown)
        assert (found["title"], found["subtitle"], found["alt"]) == ("It rises", "percent", "A line.")
        assert found["rows"] == [{"x": 1.0}]


def test_the_article_s_tables_are_shown_as_printed_with_their_source(shown):
    display.printed("market.table", "market_size")
    found = bundle(shown)
    assert found["rows"][0]["size_2024_usd_bn"] == "$2.5B"
    assert found["sources"][0]["title"].startswith("AINews")


def test_a_ledger_carries_every_field_of_the_design(shown):
    given = {"elapsed_years": 4.0, "input_token_share": 0.75, "vast_majority_share": 0.75}
    rows = audit.ledger(claims.load()[:2], audit.Facts(tables.every_cell(), given))
    display.ledger("l.l", "Claims", rows)
    found = bundle(shown)
    assert [column["name"] for column in found["columns"]] == list(audit.FIELDS)
    assert found["rows"][0]["where"] == ["lead.5"]
    assert found["rows"][0]["stated"] is None
    assert found["claims"] == ["lead.largest_investment", "technical.mmlu_lead"]


def test_a_sentence_is_made_of_values_and_keeps_them(shown):
    display.sentence("s.s", "It is {x:+.1f} of {n:,}.", x=-1.84, n=20000)
    assert bundle(shown)["text"] == "It is −1.8 of 20,000."
    assert bundle(shown)["inputs"] == {"x": -1.84, "n": 20000}
