"""Does the chart say how the article stands: statements by verdict, agreement, what bears the verdict?"""

import math

import pandas as pd
import pytest

from analysis import audit, labels, scenarios
from analysis.evidence import claims
from analysis.figures import charts, theme
from tests.figures.artists import finding, points


@pytest.fixture(scope="module")
def ledger():
    register = scenarios.load_register()
    assumptions = scenarios.Assumptions(scenarios.resolve("base", {"draws": 1000}), register)
    return audit.judge_claims(claims.load(), audit.gather(assumptions))


def test_the_scoreboard_holds_every_claim(ledger):
    ax = charts.audit.scoreboard(audit.counts(ledger), errors=1)
    assert sum(bar.get_width() for bar in ax.patches) == len(ledger)
    labelled = {text.get_text() for text in theme.chart_of(ax).legends[0].get_texts()}
    assert labelled == {labels.VERDICTS[verdict] for verdict in ledger["verdict"]}


@pytest.mark.parametrize(
    ("errors", "title"), [(0, "no distinct errors"), (1, "one distinct error"), (16, "16 distinct errors")]
)
def test_the_scoreboard_names_the_errors_and_not_the_statements_that_repeat_them(ledger, errors, title):
    ax = charts.audit.scoreboard(audit.counts(ledger), errors=errors)
    assert finding(ax) == f"The article makes {title}"


def test_agreement_leaves_out_what_has_no_printed_figure(ledger):
    table = audit.comparable(ledger)
    both = ledger["stated_high"].lt(math.inf) & (ledger["computed"] > 0)
    assert set(table["id"]) == set(ledger.loc[both, "id"])
    # 56.508 over 43: 1.314
    assert table.set_index("id").loc["market.cagr.code_generation", "ratio"] == pytest.approx(1.314, abs=1e-3)
    ax = charts.audit.agreement(table)
    assert len(points(ax)) == len(table)
    names = [label.get_text() for label in ax.get_yticklabels()]
    for name, statement in zip(names, table["statement"], strict=True):
        assert statement.startswith(name.replace("\n", " ").removesuffix(" …")) and name.count("\n") < 2


LOADS = pd.DataFrame(
    {
        "id": ["x", "y"],
        "statement": ["A market.", "A lead."],
        "median_moic_x": [0.36, 1.4],
        "moic_change_x": [-0.63, 0.41],
        "write_down_pct": [56.0, 19.0],
        "write_down_change_pct": [29.0, -8.0],
        "noise_pct": [0.6, 0.7],
        "beyond_noise": [True, True],
    }
)


def test_each_statement_has_a_ring_where_it_takes_the_write_down():
    ax = charts.audit.load_bearing(LOADS)
    rings = [tuple(ring.get_offsets()[0]) for ring in ax.collections]
    assert rings == [(19.0, 0), (56.0, 1)]  # the heaviest on top
    assert {"56%, 0.4×", "19%, 1.4×", "A market", "as we find it: 27%, 1.0×"} <= {
        text.get_text() for text in ax.texts
    }
    assert "lifts" in theme.chart_of(ax).finding and "56%" in theme.chart_of(ax).finding
    assert not theme.chart_of(ax).note  # the noise of a simulation is nothing for readers
    certain = charts.audit.load_bearing(LOADS.assign(write_down_pct=[99.8, 62.8]))
    assert theme.chart_of(certain).finding.endswith("to over 99%")
    assert "as we find it: 71%, 1.0×" in {text.get_text() for text in certain.texts}  # 99.8 - 29 = 62.8 + 8


def test_a_load_that_lowers_and_loads_that_move_nothing_are_described_so():
    lowered = charts.audit.load_bearing(LOADS[1:])
    assert "lowers" in theme.chart_of(lowered).finding and "19%" in theme.chart_of(lowered).finding
    still = charts.audit.load_bearing(LOADS.assign(beyond_noise=False))
    assert theme.chart_of(still).finding.startswith("None")


def test_statements_that_move_it_about_as_far_are_named_together():
    near = pd.concat([LOADS, LOADS[:1].assign(id="z", write_down_change_pct=26.0)], ignore_index=True)
    assert charts.audit.heaviest(LOADS)["id"].tolist() == ["x"]
    assert charts.audit.heaviest(near)["id"].tolist() == ["x", "z"]
    assert charts.audit.heaviest(near)["quoted"].tolist() == ["“A market”", "“A market”"]
    assert charts.audit.heaviest(LOADS.assign(beyond_noise=False)).empty
    # as far, but the other way
    assert charts.audit.heaviest(LOADS.assign(write_down_change_pct=[29.0, -28.0]))["id"].tolist() == ["x"]
    assert "Two" in theme.chart_of(charts.audit.load_bearing(near)).finding
