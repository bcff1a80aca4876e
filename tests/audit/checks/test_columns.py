"""Verdicts on whole columns of the article's tables."""

import pandas as pd

from analysis.audit.checks import columns
from analysis.audit.facts import Facts
from analysis.audit.verdicts import judge


def column(monkeypatch, *rows, name="training_cost_usd_mn", table="models", blank=()):
    """The finding on a column whose cells are (row, verdict, printed, sourced, stale)."""
    ledger = pd.DataFrame(rows, columns=["row", "verdict", "printed", "sourced", "stale"])
    ledger = ledger.assign(short="what we find", used=[[("training_cost", 0)]] * len(ledger))
    judged = ledger.to_dict("records")
    monkeypatch.setattr(columns.cells, "judged_rows", lambda facts, columns: judged)
    figures = pd.DataFrame({"row": ledger["row"], "column": name, "missing": None})
    figures.loc[figures["row"].isin(blank), "missing"] = "Unknown"
    finding = columns.column_agrees(Facts({table: figures}, {}), None, table=table, column=name)
    return judge(finding, None), finding.reason, finding.details


def test_wrong_figures_on_one_side_are_compared_with_ours(monkeypatch):
    high, low = ("A", "fails", "~$80M", "7.8 to 61.6", False), ("B", "fails", "$1M", "2.4 to 4.2", False)
    also_high = ("B", "fails", "$10M", "2.4 to 4.2", False)
    # 80 less 10% and 10 are above 61.6 and 4.2; 1 is below 2.4
    assert column(monkeypatch, high, also_high)[:2] == (
        "fails",
        (
            "Both costs are too high: the article has about $80m for A and $10m for B. We find at most $61.6m"
            " and $4.2m."
        ),
    )
    assert (
        column(monkeypatch, low)[1]
        == "The one cost is too low: the article has $1m for B. We find $2.4m to $4.2m."
    )
    assert column(monkeypatch, high, low)[1] == "None of the two costs is right. Wrong: A and B."


def test_a_cell_without_a_figure_is_no_figure_that_agrees(monkeypatch):
    cells = ("A", "holds", "$1M", "1", False), ("B", "holds", "Unknown", "none", False)
    verdict, reason, details = column(monkeypatch, *cells, blank=["B"])
    assert (verdict, reason, details) == ("holds", "The one cost is right.", "Without a figure: B.")


def test_a_cell_that_nobody_could_check_is_left_out_of_the_count(monkeypatch):
    cells = (
        ("A", "holds", "$1M", "1", False),
        ("B", "fails", "$9M", "1", True),
        ("C", "uncheckable", "$1M", "none", False),
    )
    verdict, reason, details = column(monkeypatch, *cells)
    assert (verdict, reason) == ("partly", "One of the two costs that we can check is right. Out of date: B.")
    assert details == "B: what we find. Not decided: C."


def test_a_column_is_judged_where_at_least_half_of_its_figures_are_decided(monkeypatch):
    wrong, left = ("A", "fails", "~$80M", "7.8 to 61.6", False), ("uncheckable", "$1M", "none", False)
    blank = ("D", "holds", "Unknown", "none", False)
    # 1 of 2, then 1 of 3; a cell without a figure counts on neither side
    assert column(monkeypatch, wrong, ("B", *left), blank, blank=["D"])[0] == "fails"
    verdict, reason, details = column(monkeypatch, wrong, ("B", *left), ("C", *left), blank, blank=["D"])
    assert verdict == "uncheckable"
    assert (
        reason
        == "Too few to judge: one of the three costs can be checked. It is too high: the article has about"
        " $80m for A. We find $7.8m to $61.6m. The basis of the cost, or the developer's own figure, would"
        " settle it."
    )
    assert details == "A: what we find. B: what we find. C: what we find. Without a figure: D."
    none = column(monkeypatch, ("B", *left), ("C", *left))[1]
    assert none.startswith("Too few to judge: none of the two costs can be checked. The basis")


def test_one_size_of_five_says_nothing_of_the_column(rows):
    # Forecasts of 2024 with the scope of chatbots alone agree well enough to judge by: 1 of 5 is under a
    # half, 3 of 5 is not
    assert rows.loc["market.table_2024", "verdict"] == "uncheckable"
    assert rows.loc["market.table_2028", "verdict"] == "holds"
    assert rows.loc["market.table_2024", "mentioned"]


def test_a_column_of_cells_that_are_right_in_part_is_right_in_part(monkeypatch):
    cells = ("A", "partly", "88.7", "87.2", False), ("B", "fails", "86.4", "85.9", False)
    verdict, reason, _ = column(monkeypatch, *cells, name="mmlu_pct")
    assert (verdict, reason) == ("partly", "None of the two scores is right. Wrong: B. Partly right: A.")


def test_a_sum_that_is_right_by_its_bound_alone_is_said_to_be(monkeypatch):
    cells = ("A", "holds", ">$20B", "144.6", True), ("B", "fails", "$6B", "42.0", True)
    assert column(monkeypatch, *cells, name="total_funding_usd_bn", table="players")[:2] == (
        "partly",
        "One of two sums is right, A's, and only because the article says 'over'. Out of date: B.",
    )


def test_no_sum_is_right_in_the_table_but_one_that_states_a_bound(rows):
    row = rows.loc["players.table_funding"]
    # two of the five cells print no figure; of the other three Anthropic's and xAI's are of 2024
    assert row["verdict"] == "partly"
    assert row["reason"].startswith("One of three sums is right, OpenAI's, and only because the article says")
    assert row["details"].endswith("Without a figure: Google DeepMind and Meta AI.")
