"""Words and marks kept by hand: a new verdict, status, method, rule or unit has its own, or a test fails
before a reader sees a gap.
"""

from typing import get_args
from urllib.parse import quote

import pytest

from analysis import audit, exhibits, labels, thesis
from analysis.audit import cells
from analysis.audit.cell_checks import training
from analysis.evidence import cell_rules, evidence_tables, predictions
from analysis.figures import charts, theme
from analysis.forecasts import methods
from analysis.models import prices
from analysis.project import Project
from analysis.statistics import backtest, trend

ROOT = Project.default().root


def categories(table, column):
    """The values that the sidecar of an evidence table allows in a column."""
    return evidence_tables.sidecar(table).columns[column].values


@pytest.mark.parametrize(
    ("handwritten", "named"),
    [
        pytest.param(theme.VERDICT, audit.VERDICTS, id="colours of verdicts"),
        pytest.param(labels.PARTS, get_args(exhibits.Status), id="labels of parts of predictions"),
        pytest.param(labels.VERDICTS, audit.VERDICTS, id="labels of verdicts"),
        pytest.param(labels.INDICATORS, exhibits.SIGNALS, id="labels of indicators"),
        pytest.param(labels.QUALITIES, (*exhibits.QUALITIES, "article", "model"), id="labels of qualities"),
        pytest.param(charts.forecasts.METHODS, get_args(exhibits.MethodKind), id="marks of kinds of method"),
        pytest.param(
            backtest.NAMES, (*backtest.METHODS, *get_args(trend.Form)), id="words for methods of forecast"
        ),
        pytest.param(prices.NAMES, prices.METHODS, id="words for methods of the hedonic regression"),
        pytest.param(training.BASES, categories("training_cost", "cost_basis"), id="words for cost bases"),
        pytest.param(
            charts.benchmarks.KINDS, categories("model_benchmarks", "weights"), id="lines of open and closed"
        ),
        pytest.param(
            (*charts.funding.BOUNDS, "exact", "about"),
            categories("openai_finance", "qualifier"),
            id="arrows of bounds",
        ),
        pytest.param(cells.BY_RULE, cell_rules.RULES.values(), id="what decides a cell"),
    ],
)
def test_what_is_kept_by_hand_names_exactly_what_there_is(handwritten, named):
    assert set(handwritten) == set(named)


def test_pages_have_the_colours_of_the_charts():
    style = (ROOT / "reports/static/site.css").read_text(encoding="utf-8")
    light, dark = style.split("color-scheme: dark)", 1)
    for name, colour in {"printed": theme.PRINTED, "recomputed": theme.RECOMPUTED, **theme.VERDICT}.items():
        assert f"--{name}: {colour};" in light
        assert f"--{name}: {theme.DARK[colour]};" in dark
    frame = (ROOT / "reports/templates/base.j2").read_text(encoding="utf-8")
    for colour in (theme.PRINTED, theme.RECOMPUTED):  # the bars of the icon
        assert f"fill='{quote(colour)}'" in frame


def test_verdicts_have_one_order_and_no_two_share_a_label():
    assert tuple(labels.VERDICTS) == audit.VERDICTS == exhibits.VERDICTS
    assert len(set(labels.VERDICTS.values())) == len(labels.VERDICTS)


def test_a_key_is_labelled_in_its_own_column_alone():
    assert labels.label("verdict", "void") == labels.label("status", "void") == "overtaken"
    assert labels.label("statement", "void") == "void"
    assert labels.label("verdict", "beats naive") == "beats naive" and labels.label("verdict", None) is None


def test_no_key_has_two_labels_in_one_column():
    assert not set(labels.PARTS) & set(labels.INDICATORS)
    assert len(set(labels.COLUMNS["status"].values())) == len(labels.PARTS) + len(labels.INDICATORS)


def test_qualities_stand_in_the_order_of_their_strength():
    assert tuple(labels.QUALITIES)[: len(exhibits.QUALITIES)] == exhibits.QUALITIES == exhibits.QUALITIES


def test_prose_counts_in_words_up_to_nine_and_says_one_of_one():
    assert [labels.number_word(n) for n in (0, 1, 9, 10, 1234)] == ["none", "one", "nine", "10", "1,234"]
    assert [labels.number_word(n, "year", "years") for n in (0, 1.0, 2.5, 12)] == [
        "none years",
        "one year",
        "2.5 years",
        "12 years",
    ]


def test_units_of_dated_facts_are_units_of_this_report():
    known = thesis.load()
    assert {*known.fact_units, *known.unit_words} <= set(categories("dated_facts", "unit"))


def test_methods_are_of_parts_that_there_are():
    parts = set(predictions.load_table()["id"])
    assert set(methods.METHODS) <= parts
    assert set(methods.JOINT) <= {part.partition(".")[0] for part in parts}


@pytest.mark.parametrize("name", ["total_costs", "p2.price", "risks.write_down"])
def test_a_name_of_data_is_told_from_words(name):
    assert labels.is_key(name)
    assert not any(map(labels.is_key, ("costs", "total costs", "GPT-4.1", "3.5", "e.g. this", "a_b c", 1.5)))
