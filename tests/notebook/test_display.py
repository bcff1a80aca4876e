import json
import math
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from analysis import audit, exhibits, labels, scenarios
from analysis.errors import ExhibitError, ProseError
from analysis.evidence import evidence_tables, gathering, predictions
from analysis.figures import theme
from analysis.forecasts import indicators, probabilities
from analysis.models import sweep
from analysis.notebook import display, prose
from analysis.site import reader
from analysis.statistics import simulation


@pytest.fixture
def outputs(monkeypatch):
    """The outputs that a notebook would get, one MIME bundle a display."""
    outputs = []
    monkeypatch.setattr(display, "display", lambda data, raw: outputs.append(data))
    return outputs


def bundle(outputs):
    exhibit = outputs[-1][exhibits.MIME]
    json.dumps(exhibit, allow_nan=False)
    assert {"id", "kind", "title", "unit", "role", "note", "sources", "claims"} <= set(exhibit)
    return exhibit


def test_a_metric_says_what_it_is_with_its_interval(outputs):
    display.metric(
        "a.b",
        "Return",
        1.0934,
        unit="x",
        digits=2,
        low=0.1,
        high=7.8,
        level=0.9,
        meaning="So it is.",
        formula="a / b",
        inputs={"draws": np.int64(5), "share": [0.1, 0.2]},
        role="headline",
        better="higher",
    )
    exhibit = bundle(outputs)
    assert (exhibit["text"], exhibit["short"]) == ("1.09× (0.10× to 7.80×, 90%)", "1.09×")
    assert (exhibit["value"], exhibit["low"], exhibit["high"], exhibit["level"]) == (1.0934, 0.1, 7.8, 0.9)
    assert exhibit["inputs"] == {"draws": 5, "share": [0.1, 0.2]}
    assert (exhibit["role"], exhibit["better"], exhibit["formula"]) == ("headline", "higher", "a / b")
    assert outputs[-1]["text/plain"] == "Return: 1.09× (0.10× to 7.80×, 90%). So it is."


def test_a_metric_is_0_or_100_percent_only_where_the_share_is(outputs):
    display.metric("a.b", "Chance", 0.088, unit="pct", digits=0, meaning=".", low=0.0, high=99.6)
    assert bundle(outputs)["text"] == "<1% (0% to >99%)"


def test_numbers_are_rounded_to_six_digits_and_what_json_cannot_hold_is_null(outputs):
    display.metric("a.b", "R", 1 / 3, unit="x", meaning=".", low=math.nan, high=math.inf)
    exhibit = bundle(outputs)
    assert (exhibit["value"], exhibit["low"], exhibit["high"]) == (0.333333, None, None)


def test_a_figure_is_png_in_a_notebook_and_svg_in_the_batch(outputs, monkeypatch):
    frame = pd.DataFrame({"value": [1.0]})
    monkeypatch.delenv("THESIS_FIGURES", raising=False)
    for medium, mime in ((None, "image/png"), ("svg", "image/svg+xml")):
        if medium:
            monkeypatch.setenv("THESIS_FIGURES", medium)
        display.figure("f.f", theme.set_texts(theme.axes(), "It rises", "percent", "A line."), frame)
        assert {mime} == {"image/png", "image/svg+xml"} & set(outputs[-1])
        exhibit = bundle(outputs)
        assert (exhibit["title"], exhibit["subtitle"], exhibit["alt"]) == ("It rises", "percent", "A line.")
        assert exhibit["rows"] == [{"value": 1.0}]


def test_the_article_s_tables_are_shown_as_published_with_their_source(outputs):
    display.article_table("market.table", "market_size")
    exhibit = bundle(outputs)
    assert exhibit["rows"][0]["size_2024_usd_bn"] == "$2.5B"
    assert exhibit["sources"][0]["title"].startswith("AINews")


def test_a_ledger_carries_every_field_of_the_design(outputs):
    judged = {
        "section": "lead",
        "statement": "It is the largest.",
        "where": ["lead.5"],
        "verdict": "holds",
        "reason": "60 is more than 41.",
    }
    rows = pd.DataFrame(
        [
            dict.fromkeys(audit.FIELDS)
            | judged
            | {
                "id": "lead.largest",
                "sources": [{"title": "A", "url": None, "quality": "article"}],
            },
            dict.fromkeys(audit.FIELDS)
            | judged
            | {
                "id": "technical.lead",
                "stated": "1-2",
                "computed": 1.9,
                "sources": [],
            },
        ]
    )
    display.ledger("l.l", "Claims", rows)
    exhibit = bundle(outputs)
    assert [column["name"] for column in exhibit["columns"]] == list(audit.FIELDS)
    assert exhibit["rows"][0]["where"] == ["lead.5"]
    assert exhibit["rows"][0]["stated"] is None
    assert exhibit["rows"][0]["computed"] is None and exhibit["rows"][1]["computed"] == 1.9
    assert exhibit["claims"] == ["lead.largest", "technical.lead"]


ROWS = pd.DataFrame(
    {
        "what": ["a", "b", ""],
        "price": [0.123456789, 12345.0, math.nan],
        "valid_on": pd.to_datetime(["2025-01-31", "2025-03-31", None]),
        "quality": ["official", "secondary", "measured"],
        "source_title": ["Zebra", "Zebra, again", "Ant"],
        "source": ["o/r:z", "o/r:z", "https://a.org"],
    }
)


def test_evidence_is_one_line_to_read_and_complete_in_its_bundle(outputs):
    display.evidence("funding_rounds", "2025-06-30")
    exhibit, meta = bundle(outputs), evidence_tables.sidecar("funding_rounds")
    rows, every = (
        evidence_tables.load("funding_rounds", "2025-06-30"),
        evidence_tables.load("funding_rounds"),
    )
    assert set(outputs[-1]) == {"text/plain", exhibits.MIME}
    assert (
        outputs[-1]["text/plain"] == f"{meta.title}: {len(rows)} rows, {rows['valid_on'].min():%Y-%m-%d} to"
        f" {rows['valid_on'].max():%Y-%m-%d}, {rows['source'].nunique()} sources; {len(every) - len(rows)}"
        f" not yet known on 2025-06-30. Looked for on {exhibit['gathered_on']} and not found:"
        f" {len(exhibit['not_found'])} items."
    )
    gathered = gathering.load()
    assert exhibit["gathered_on"] == gathered.gathered_on.isoformat()
    assert [gap["id"] for gap in exhibit["not_found"]] == list(gathered.of("funding_rounds"))
    assert exhibit["data_to"] == str(rows["valid_on"].max().date())
    assert (exhibit["id"], exhibit["kind"], exhibit["as_of"]) == (
        "evidence.funding_rounds",
        "evidence",
        "2025-06-30",
    )
    assert 0 < len(exhibit["rows"]) == len(rows) < len(every) == len(rows) + exhibit["unseen"]
    assert max(row["known_on"] for row in exhibit["rows"]) <= "2025-06-30"
    assert (exhibit["note"], exhibit["pick"], exhibit["licence"]) == (meta.inclusion, meta.pick, meta.licence)
    assert [column["meaning"] for column in exhibit["columns"]] == [c.meaning for c in meta.columns.values()]


def test_before_anything_was_known_there_are_no_rows(outputs):
    display.evidence("funding_rounds", "1999-12-31")
    assert bundle(outputs)["rows"] == bundle(outputs)["sources"] == []
    assert ": 0 rows, 0 sources; " in outputs[-1]["text/plain"]


@pytest.mark.parametrize("name", evidence_tables.names())
def test_every_table_of_evidence_can_be_published(outputs, name):
    display.evidence(name, "2026-10-31")
    exhibit = reader.of_output({"data": outputs[-1]}, "base", "1_a", "here").exhibit
    assert isinstance(exhibit, exhibits.Evidence)
    assert all(row.reference.url for row in exhibit.observations)


def test_figures_of_evidence_are_those_of_the_source():
    cells = [
        [display._exact_value(value) for value in row] for row in ROWS[["what", "price", "valid_on"]].values
    ]
    assert display._exact_value(3.1e23) == 3.1e23 and isinstance(display._exact_value(3.1e23), float)
    assert cells == [["a", 0.123456789, "2025-01-31"], ["b", 12345, "2025-03-31"], [None, None, None]]
    spec = evidence_tables.EvidenceColumn(title="P", kind="number", meaning="What it costs.", unit="USD")
    assert display._evidence_column("price", spec, ROWS["price"])["format"] == ",.10g"
    assert display._evidence_column("price", spec, ROWS["price"][:1])["format"] == ".10g"


CITED = [
    {"title": "Ant", "url": "https://a.org", "quality": "measured"},
    {"title": "Zebra, again", "url": "o/r:z", "quality": "secondary"},
]


def test_a_source_is_cited_once_with_the_weakest_quality_that_it_lends():
    assert display.citations(ROWS, ends=False) == CITED
    assert display.citations(ROWS[:1], ROWS[1:], ends=False) == CITED


def test_a_source_carries_the_last_point_of_each_series_that_it_is_cited_for():
    last_days = {source["url"]: source["series_to"] for source in display.citations(ROWS)}
    assert last_days == {"https://a.org": ["2025-03-31"], "o/r:z": ["2025-03-31"]}
    # o/r:z is the source of both series, https://a.org of the second alone
    last_days = {source["url"]: source["series_to"] for source in display.citations(ROWS[:1], ROWS[1:])}
    assert last_days == {"https://a.org": ["2025-03-31"], "o/r:z": ["2025-01-31", "2025-03-31"]}
    groups = ROWS.groupby(ROWS.index == 0)
    assert display.citations(groups) == display.citations(ROWS[1:], ROWS[:1])


def test_an_exhibit_has_the_last_points_of_its_series_and_its_sources_lose_them(outputs):
    def until(sources):
        display.metric("a.b", "R", 1.0, unit="x", meaning="So it is.", sources=sources)
        exhibit = bundle(outputs)
        return exhibit["data_to"], exhibit["data_to_latest"], outputs[-1]["text/plain"].splitlines()[1:]

    article = [{"title": "A", "url": "https://b.org"}]
    assert until([*article, *display.citations(ROWS)]) == (
        "2025-03-31",
        "2025-03-31",
        ["Data to 31 March 2025."],
    )
    assert bundle(outputs)["sources"] == [*article, *CITED]
    assert "<p>Data to 31 March 2025.</p>" in outputs[-1]["text/html"]
    both = ("2025-01-31", "2025-03-31", ["First series ends 31 January 2025."])
    assert until(display.citations(ROWS[:1], ROWS[1:])) == both
    assert until([*display.citations(ROWS[1:]), *display.citations(ROWS[:1])]) == both
    assert until([*article, *display.citations(ROWS, ends=False)]) == (None, None, [])
    assert until(display.citations(ROWS[:0])) == (None, None, [])


def test_every_kind_of_exhibit_says_to_when_its_series_reach(outputs):
    frame, cited = pd.DataFrame({"value": [1.0]}), display.citations(ROWS)
    display.table("t.t", "T", frame, sources=cited)
    display.figure(
        "f.f",
        theme.set_texts(theme.axes(), "It rises", "percent", "A line."),
        frame,
        sources=cited,
    )
    display.skill("a.skill", "Skill", RANKED, follows=".", sources=cited)
    assert [output[exhibits.MIME]["data_to"] for output in outputs] == ["2025-03-31"] * 3
    assert all(output["text/plain"].endswith("Data to 31 March 2025.") for output in outputs)


def test_a_cell_that_lists_sources_shows_their_titles_and_keeps_their_addresses(outputs):
    frame = pd.DataFrame({"verdict": ["holds"], "sources": [CITED]})
    display.table("t.t", "T", frame)
    assert bundle(outputs)["rows"][0]["sources"] == CITED
    assert "Ant, Zebra, again" in outputs[-1]["text/plain"] and "a.org" not in outputs[-1]["text/html"]


def test_a_sentence_is_made_of_values_and_keeps_them(outputs):
    display.sentence("s.s", "It is {x:+.1f} of {n:,}.", x=-1.84, n=20000)
    assert bundle(outputs)["text"] == "It is −1.8 of 20,000."
    assert bundle(outputs)["inputs"] == {"x": -1.84, "n": 20000}


RANKED = pd.DataFrame(
    {
        "trend": ["sales", "sales", "rates"],
        "method": ["ets", "ols", "any method"],
        "ahead": ["4 quarters", "4 quarters", "1 year"],
        "n": [12, 12, 3],
        "rival": "random walk with drift",
        "relative_mae": [0.5, 1.25, math.nan],
        "methods_tested": [4, 4, 0],
        "p_better": [0.01, 1.0, math.nan],
        "p_worse": [1.0, 0.02, math.nan],
        "relative_scale_mae": math.nan,
        **{
            f"coverage_{level}{end}": [0.8, 0.7, math.nan]
            for level in (80, 95)
            for end in ("", "_low", "_high")
        },
        "verdict": ["beats naive", "loses", "not backtestable"],
        "reason": ["", "", "3 origins, 8 are needed"],
    }
)


def test_backtests_name_the_methods_and_say_what_loses_and_what_follows(outputs):
    display.skill("a.skill", "Skill", RANKED, follows="None is used.")
    exhibit = bundle(outputs)
    assert (
        exhibit["note"]
        == "One of two forecasts that can be tested beats the naive one at 5%; one loses to it."
        " 1 cannot be tested. None is used."
    )
    assert [row["method"] for row in exhibit["rows"]] == [
        "damped ETS on logs",
        "exponential trend",
        "any method",
    ]
    assert exhibit["note"] in outputs[-1]["text/plain"]
    read = reader.of_output({"data": outputs[-1]}, "base", "1_a", "here")
    assert [entry.verdict for entry in read.exhibit.entries] == RANKED["verdict"].tolist()
    assert read.exhibit.entries[2].relative_mae is None


def test_a_difference_that_comes_by_chance_is_neither_a_win_nor_a_loss(outputs):
    display.skill("a.skill", "Skill", RANKED.assign(verdict="no different"), follows=".")
    note = bundle(outputs)["note"]
    assert note.startswith("None of three forecasts that can be tested beats the naive one at 5%.")


def test_nothing_testable_is_said_at_once(outputs):
    display.skill("a.skill", "Skill", RANKED.tail(1), follows="None is used.")
    assert bundle(outputs)["note"].startswith("None of these trends can be backtested")
    display.skill("a.skill", "Skill", RANKED.head(1), follows="It is used.")
    assert (
        bundle(outputs)["note"]
        == "One of one forecast that can be tested beats the naive one at 5%. It is used."
    )


def test_what_a_search_found_keeps_four_digits(outputs):
    frame = display.rounded(
        pd.DataFrame({"a": [0.123456, 98765.4, math.nan], "n": [1, 2, 3], "b": ["x", "y", "z"]})
    )
    assert frame["a"].tolist() == pytest.approx([0.1235, 98770.0, math.nan], nan_ok=True)
    assert frame["n"].tolist() == [1, 2, 3]
    display.skill("a.skill", "Skill", RANKED.assign(relative_mae=[0.512345, 1.25, math.nan]), follows=".")
    assert bundle(outputs)["rows"][0]["relative_mae"] == 0.5123


def test_a_tied_sentence_is_shown_in_the_form_that_holds_or_stops_the_run(outputs):
    tied = {"tie": prose.above(3, 2, "x"), "alternative": "Not {n}.", "n": 3}
    display.sentence("a.b", "Above, {n}.", **tied)
    assert bundle(outputs)["text"] == "Above, 3."
    display.sentence("a.b", "Above, {n}.", **tied | {"tie": prose.above(1, 2, "x")})
    assert bundle(outputs)["text"] == "Not 3."
    with pytest.raises(
        ProseError, match=r"sentence a.b: “Above, 3.” no longer holds: x is 1, and would have to be above 2"
    ):
        display.sentence("a.b", "Above, {n}.", tie=prose.above(1, 2, "x"), n=3)


def test_of_several_forms_the_first_that_holds_is_shown(outputs):
    forms = {
        "alternatives": [(prose.between(5, 2, 4, "x"), "Middle."), (prose.above(5, 4, "x"), "Top.")],
        "alternative": "Neither.",
    }
    display.sentence("a.b", "Low.", tie=prose.below(5, 2, "x"), **forms)
    assert bundle(outputs)["text"] == "Top."
    display.sentence("a.b", "Low.", tie=prose.below(1, 2, "x"), **forms)
    assert bundle(outputs)["text"] == "Low."
    forms["alternatives"].pop()
    display.sentence("a.b", "Low.", tie=prose.below(5, 2, "x"), **forms)
    assert bundle(outputs)["text"] == "Neither."


def test_an_exhibit_says_what_kind_of_uncertainty_it_carries(outputs):
    display.sentence("a.b", "About half.", uncertainty="simulated")
    assert bundle(outputs)["uncertainty"] == "simulated"
    assert set(get_args(exhibits.Uncertainty)) == set(labels.UNCERTAINTY)
    with pytest.raises(ExhibitError, match="uncertainty"):
        display.sentence("a.b", "About half.", uncertainty="guess")


def test_a_grid_has_its_axes_from_the_register_and_shows_shares_in_per_cent(outputs):
    assumptions = scenarios.check(scenarios.resolve("base", {}))
    points = pd.DataFrame(
        {"pool_usd_bn": [650.0, 2600.0], "moic_median": [0.5, 2.0], "loss_probability": [0.9, 0.25]}
    )
    results = sweep.outputs(assumptions, ["moic_median", "loss_probability"])
    display.grid("s.g", "Return over the market", points, assumptions, results)
    shown = bundle(outputs)
    (axis,) = shown["axes"]
    assert axis["title"] == assumptions.register["pool_usd_bn"].label and axis["values"] == [650, 2600]
    assert [row["loss_probability"] for row in shown["rows"]] == [90, 25]
    assert [(output["unit"], output["decimals"], output["better"]) for output in shown["outputs"]] == [
        ("x", 2, "higher"),
        ("pct", 0, "lower"),
    ]


def test_a_sentence_without_its_value_says_so_whatever_its_words_are_tied_to(outputs):
    tie = prose.above(math.nan, 0, "the change")
    display.sentence("a.b", "It rises by {x:.1f}.", tie=tie, missing="Only {n} are known.", x=math.nan, n=2)
    assert bundle(outputs)["text"] == "Only 2 are known."
    assert bundle(outputs)["inputs"] == {"x": None, "n": 2}
    known = {"tie": prose.above(1, 0, "the change"), "missing": "Only {n} are known."}
    display.sentence("a.b", "It rises by {x:.1f}.", **known, x=1.0, n=9)
    assert bundle(outputs)["text"] == "It rises by 1.0."


def test_words_of_the_text_are_compared_with_a_value_and_shown_nowhere(outputs):
    display.check("It is far less.", prose.below(1, 2, "x"))
    assert outputs == []
    with pytest.raises(ProseError, match=r"“It is far less.” no longer holds"):
        display.check("It is far less.", prose.below(3, 2, "x"))


def test_predictions_go_out_as_typed_rows_with_the_columns_a_reader_needs(outputs):
    assumptions = scenarios.check(scenarios.resolve("base", {"draws": 1000}))
    rows = probabilities.table(assumptions, audit.gather(assumptions)).merge(
        predictions.load_table()[["id", "label", "source_of_truth"]], on="id"
    )
    display.predictions("p.ledger", "Parts", rows, note="A note.")
    exhibit = reader.of_output({"data": {exhibits.MIME: bundle(outputs)}}, "base", "5", "here").exhibit
    assert [part.id for part in exhibit.entries] == list(rows["id"])
    assert list(exhibit.groups) == ["p1", "p2", "p3"]
    assert exhibit.entries[-1].methods[0].kind == "base rate"
    assert "A note." in outputs[-1]["text/html"] and "criterion" not in outputs[-1]["text/html"]


def test_a_board_of_indicators_goes_out_with_its_values_in_their_units(outputs):
    assumptions = scenarios.check(scenarios.resolve("base"))
    display.indicators("p.board", "Board", indicators.table(assumptions, audit.gather(assumptions)))
    exhibit = reader.of_output({"data": {exhibits.MIME: bundle(outputs)}}, "base", "5", "here").exhibit
    texts = {row.id: (row.value_text, row.threshold_text) for row in exhibit.entries}
    assert texts["ltv"] == ("13%", "25%")
    assert texts["open_lag"] == ("4 months", "12 months")
    assert texts["open_price_ratio"] == ("0.06×", "0.01×")
    assert texts["stake_loss"] == ("−71.5%", "25%")
    assert texts["open_gap"] == ("2.7 points", "2 points")
    assert texts["loans_on_stake"] == ("31%", "25%")
    assert sum(exhibit.counts.values()) == len(exhibit.rows)


def test_a_bundle_that_no_page_could_show_fails_with_exhibit_key_and_rule(outputs):
    with pytest.raises(ExhibitError, match=r"exhibit A b, key metric\.id: .*pattern"):
        display.metric("A b", "R", 1.0, unit="x", meaning=".")
    assert outputs == []


def test_an_estimate_brings_its_interval_and_texts_their_numbers(outputs):
    estimate = simulation.probability(np.arange(100) < 25)
    display.metric(
        "a.b",
        "Below {bound:g}",
        estimate.percent,
        unit="pct",
        meaning="In {n:count|case|cases}.",
        bound=3.0,
        n=2,
    )
    exhibit = bundle(outputs)
    assert (exhibit["value"], exhibit["level"]) == (25.0, estimate.level)
    assert exhibit["low"] == pytest.approx(100 * estimate.low, rel=1e-5)
    assert (exhibit["title"], exhibit["reads"]) == ("Below 3", "In two cases.")


def test_a_number_that_is_missing_is_left_out_with_the_reason(outputs):
    for value in (None, math.nan):
        display.metric(
            "a.b", "Rate", value, unit="pct", meaning=".", missing="No rate was known by {day}.", day="May"
        )
        assert (bundle(outputs)["kind"], bundle(outputs)["text"]) == (
            "statement",
            "No rate was known by May.",
        )


def test_a_table_without_rows_is_left_out_with_the_reason(outputs):
    frame = pd.DataFrame({"n": [3]})
    display.table("a.b", "Title", frame[:0], missing="All of {count} are known.", count=3)
    assert (bundle(outputs)["kind"], bundle(outputs)["text"]) == ("statement", "All of 3 are known.")
    display.table("a.b", "Title", frame, missing="All are known.")
    assert bundle(outputs)["kind"] == "table"


def test_predictions_say_what_their_scores_are_of(outputs):
    rows = pd.DataFrame(columns=[*probabilities.FIELDS, "label", "source_of_truth"])
    display.predictions("p.ledger", "Parts", rows)
    assert "None has been decided yet." in bundle(outputs)["note"]
    display.predictions("p.ledger", "Parts", rows, note="A note.")
    assert bundle(outputs)["note"] == "A note."


def test_the_inputs_of_a_number_are_those_of_the_results_it_is_taken_from(outputs):
    class Result:
        inputs = {"draws": 5}

    for inputs in (Result(), [Result(), {"draws": 5}], {"draws": 5}):
        display.metric("a.b", "Rate", 1.0, unit="pct", meaning=".", inputs=inputs)
        assert bundle(outputs)["inputs"] == {"draws": 5}


def test_a_value_that_knows_what_it_follows_from_brings_it(outputs):
    assumptions = scenarios.check(scenarios.resolve("base"))
    share = assumptions.ltv_ceiling_pct / 100
    display.metric("a.b", "Rate", share, unit="share", meaning=".", inputs={"n": 5})
    assert bundle(outputs)["inputs"] == {"ltv_ceiling_pct": 25.0, "n": 5}
    chance = simulation.MonteCarloEstimate(0.5, 0.1, 0.4, 0.6, inputs={"seed": 1})
    display.metric("a.b", "Chance", chance.percent, unit="pct", meaning=".")
    assert bundle(outputs)["inputs"] == {"seed": 1}


def test_rows_of_evidence_cite_themselves_next_to_sources(outputs):
    article, rows = display.article_sources("players"), evidence_tables.load("funding_rounds")
    display.table("t.t", "T", pd.DataFrame({"n": [1]}), sources=[article, rows])
    mixed = bundle(outputs)
    display.table("t.t", "T", pd.DataFrame({"n": [1]}), sources=[*article, *display.citations(rows)])
    assert mixed["sources"] == bundle(outputs)["sources"]
    assert mixed["data_to"] == bundle(outputs)["data_to"] is not None


def test_groups_of_claims_are_one_list(outputs):
    display.table("t.t", "T", pd.DataFrame({"n": [1]}), claims=["a", ("b", "c")])
    assert bundle(outputs)["claims"] == ["a", "b", "c"]


def test_a_chart_brings_its_note_and_a_note_of_the_exhibit_comes_first(outputs):
    for note, expected in ((None, "Of the chart."), ("Of {n} rows.", "Of 1 rows.")):
        ax = theme.set_texts(theme.axes(), "It rises", "percent", "A line.", note="Of the chart.")
        display.figure("f.f", ax, pd.DataFrame({"n": [1]}), note=note, **({"n": 1} if note else {}))
        assert bundle(outputs)["note"] == expected
