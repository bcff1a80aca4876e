"""The verdicts on the cells of the article's tables, each with its source or hand calculation, and what holds
for all of them.
"""

import pytest

from analysis import audit, thesis
from analysis.audit import cells
from analysis.errors import DataError
from analysis.evidence import article_tables, cell_rules
from tests.audit.conftest import gathered, judge_cell, with_rows

ARITHMETIC = "cagr_pct"  # the one column that the article's own numbers decide


def judge_all(**changes):
    return cells.judge_cells(gathered(**changes)).set_index("id")


@pytest.mark.parametrize(
    ("cell", "verdict", "sourced"),
    [
        # Developers' model cards, READMEs and launch texts; 200
        # is repeated by a paper that calls its counts estimates
        ("gpt_4o.parameters_bn", "uncheckable", "200"),
        ("claude_3_5_sonnet.parameters_bn", "holds", "none"),
        ("gemini_1_5_pro.parameters_bn", "holds", "none"),
        ("llama_3_1_405b.parameters_bn", "holds", "405"),
        ("deepseek_v2.parameters_bn", "holds", "236, 21 active"),
        # MMLU, 5-shot: 88.7 and 88.3 are 0-shot chain of
        # thought, 86.4 is GPT-4 (0314) in its technical report
        ("gpt_4o.mmlu_pct", "partly", "87.2"),
        ("claude_3_5_sonnet.mmlu_pct", "partly", "88.7"),
        ("gemini_1_5_pro.mmlu_pct", "fails", "85.9"),
        ("llama_3_1_405b.mmlu_pct", "holds", "87.3"),
        ("deepseek_v2.mmlu_pct", "holds", "78.5"),
        # HumanEval, pass@1 by the developer: 79.2 is the base model on GSM8K
        ("gpt_4o.humaneval_pct", "holds", "90.2"),
        ("claude_3_5_sonnet.humaneval_pct", "holds", "92.0"),
        ("gemini_1_5_pro.humaneval_pct", "holds", "84.1"),
        ("llama_3_1_405b.humaneval_pct", "holds", "89.0"),
        ("deepseek_v2.humaneval_pct", "fails", "81.1"),
        # List prices: GPT-4o cut on 6 August 2024, Gemini 1.5 Pro on 1 October 2024
        ("gpt_4o.price_usd_per_mtok", "fails", "$2.50 / $10.00"),
        ("claude_3_5_sonnet.price_usd_per_mtok", "holds", "$3.00 / $15.00"),
        ("gemini_1_5_pro.price_usd_per_mtok", "fails", "$1.25 / $5.00"),
        ("llama_3_1_405b.price_usd_per_mtok", "uncheckable", "$0.80 to $16.00"),
        ("deepseek_v2.price_usd_per_mtok", "holds", "$0.14 / $0.28"),
        # Training: "a few ten million" is 20 to 100, five times as much; 80 less 10% is 72, above 61.6; 60
        # lies between 51.2 and 169.8
        ("claude_3_5_sonnet.training_cost_usd_mn", "uncheckable", "20 to 100"),
        ("gemini_1_5_pro.training_cost_usd_mn", "uncheckable", "7.83 to 61.6"),
        ("llama_3_1_405b.training_cost_usd_mn", "uncheckable", "51.2 to 170"),
    ],
)
def test_first_table(cell_rows, cell, verdict, sourced):
    assert cell_rows.loc[f"technical.table.{cell}", ["verdict", "sourced"]].tolist() == [verdict, sourced]


@pytest.mark.parametrize(
    ("cell", "verdict", "stale", "sourced"),
    [
        ("openai.primary_model", "fails", True, "GPT-5.5"),  # 23 April 2026
        ("anthropic.primary_model", "fails", True, "Claude Opus 4.7"),  # 16 April 2026
        ("google_deepmind.primary_model", "fails", True, "Gemini 3.1 Pro"),  # 19 February 2026
        ("meta_ai.primary_model", "fails", True, "Muse Spark"),  # 8 April 2026
        ("xai.primary_model", "fails", True, "Grok 4.3"),  # 17 April 2026
        # by money 64.6, 30, 50 - 35 and 13; by stake 27 and 13 before 50 / 852 and 30 / 852
        ("openai.key_investor", "partly", False, "SoftBank, NVIDIA"),
        # 0.3 + 2 + 1 + 10; 1.25 + 2.75 + 4 + 5; NVIDIA 10
        ("anthropic.key_investor", "holds", False, "Google, Amazon"),
        ("google_deepmind.key_investor", "holds", False, "Alphabet"),
        ("meta_ai.key_investor", "holds", False, "Meta"),
        (
            "xai.key_investor",
            "partly",
            False,
            "SpaceX",
        ),  # private, but no longer Musk's own since 2 February 2026
        (
            "openai.total_funding_usd_bn",
            "holds",
            True,
            "144.6",
        ),  # 1 + 10 + 6.6 + 40 + 87, seven times the bound
        ("xai.total_funding_usd_bn", "fails", True, "42.0"),  # 6 + 6 + 10 + 20; 6 until 23 December 2024
        (
            "meta_ai.strategic_focus",
            "partly",
            False,
            "proprietary frontier model",
        ),  # its plans, not Muse Spark
        ("openai.key_risk", "uncheckable", False, "costs 2.2× and 2.6× revenue"),  # 1 + 1.22; 34.00 / 13.07
    ],
)
def test_second_table(cell_rows, cell, verdict, stale, sourced):
    assert cell_rows.loc[f"players.table.{cell}", ["verdict", "stale", "sourced"]].tolist() == [
        verdict,
        stale,
        sourced,
    ]


@pytest.mark.parametrize(
    ("cell", "verdict", "sourced"),
    [
        # 4.86 (26.03 / 4.86) ** (1 / 7): one firm alone reaches back to 2024
        ("code_generation_assistants.size_2024_usd_bn", "uncheckable", "6.18"),
        # 7.37 (23.97 / 7.37) ** (3 / 5) to 8.14 (127.05 / 8.14) ** (3 / 7)
        ("code_generation_assistants.size_2028_usd_bn", "holds", "15.0 to 26.4"),
        # 5.4 (15.5 / 5.4) ** (1 / 5) to 12.06, both above 4
        ("ai_customer_service_chatbots.size_2024_usd_bn", "fails", "6.67 to 12.1"),
        # 15.5 to 12.06 (47.82 / 12.06) ** (4 / 6)
        ("ai_customer_service_chatbots.size_2028_usd_bn", "holds", "15.5 to 30.2"),
        # 2.15 to 11.6 (175.3 / 11.6) ** (1 / 10)
        ("ai_content_creation_text_image.size_2024_usd_bn", "uncheckable", "2.15 to 15.2"),
        # 2.15 (10.59 / 2.15) ** (4 / 9) to 14.8 (80.12 / 14.8) ** (4 / 6)
        ("ai_content_creation_text_image.size_2028_usd_bn", "uncheckable", "4.37 to 45.6"),
        # 0.9 (4.9 / 0.9) ** (1 / 5), one firm
        ("ai_drug_discovery.size_2024_usd_bn", "uncheckable", "1.26"),
        # 2.35 (13.77 / 2.35) ** (3 / 8) to 4.6 (49.5 / 4.6) ** (3 / 9)
        ("ai_drug_discovery.size_2028_usd_bn", "holds", "4.56 to 10.2"),
        ("ai_robotics_warehouse_manuf.size_2024_usd_bn", "uncheckable", "none"),
        ("ai_robotics_warehouse_manuf.size_2028_usd_bn", "uncheckable", "none"),
        ("code_generation_assistants.cagr_pct", "fails", "56.5"),  # 6 ** 0.25 - 1
        ("ai_customer_service_chatbots.cagr_pct", "fails", "45.6"),  # 4.5 ** 0.25 - 1
        ("ai_content_creation_text_image.cagr_pct", "fails", "41.4"),  # 4 ** 0.25 - 1
        ("ai_drug_discovery.cagr_pct", "fails", "52.0"),  # (16 / 3) ** 0.25 - 1
        ("ai_robotics_warehouse_manuf.cagr_pct", "fails", "58.1"),  # 6.25 ** 0.25 - 1
    ],
)
def test_third_table(cell_rows, cell, verdict, sourced):
    assert cell_rows.loc[f"market.table.{cell}", ["verdict", "sourced"]].tolist() == [verdict, sourced]


def test_every_cell_but_the_keys_has_one_row(cell_rows):
    # five rows with five columns besides the key in two tables,
    # five with four in the third: as many as are printed
    assert len(cell_rows) == sum(
        printed.shape[0] * (printed.shape[1] - 1)
        for printed in map(article_tables.printed_table, thesis.load().tables)
    )
    assert cell_rows.index.is_unique
    assert set(cells.FIELDS) == {"id", *cell_rows.columns}
    assert cell_rows.groupby("table", sort=False)["section"].unique().explode().tolist() == [
        "technical",
        "players",
        "market",
    ]
    assert cell_rows["verdict"].isin(audit.VERDICTS).all()


def test_some_columns_can_be_asked_for_alone(cell_rows):
    pair = ("players", "primary_model")
    assert cells.judge_cells(gathered(), [pair])["id"].tolist() == [
        i for i in cell_rows.index if i.endswith("primary_model")
    ]
    with pytest.raises(DataError, match=r"no column 'players\.primary_modell'.*'players\.primary_model'"):
        cells.judge_cells(gathered(), [("players", "primary_modell")])


def test_a_table_is_judged_without_the_column_that_names_its_rows():
    rows = cells.judge_table("market_size", gathered())
    assert list(rows) == ["segment", *cells.SHOWN[1:]]
    whole = cells.judge_cells(gathered())
    # the key column, the segment, has no cells of its own
    assert len(rows) == (whole["table"] == "market_size").sum()
    assert set(rows["title"]) == set(whole.loc[whole["table"] == "market_size", "title"])


def test_what_was_not_known_yet_does_not_decide():
    early = judge_all(as_of="2024-12-31")["verdict"].filter(like="players.table")
    assert early["players.table.anthropic.primary_model"] == "holds"  # Claude 4 came in May 2025
    assert early["players.table.openai.primary_model"] == "holds"  # GPT-5 was in development as far as known
    assert early["players.table.meta_ai.strategic_focus"] == "uncheckable"  # no plans were reported yet
    assert early["players.table.xai.key_investor"] == "uncheckable"
    assert early["players.table.openai.key_risk"] == "uncheckable"
    before_amazon = judge_cell("players.table.anthropic.key_investor", as_of="2023-09-24")
    assert before_amazon["verdict"] == "uncheckable"
    assert before_amazon["reason"].startswith("We found nothing on this dated up to 24 September 2023. ")


@pytest.mark.parametrize("as_of", ["2015-01-01", "2024-06-30", "2025-06-30", "2026-10-31"])
def test_no_cell_is_decided_without_evidence(as_of):
    facts = judge_all(as_of=as_of)
    facts = facts[facts["column"] != ARITHMETIC]
    decided = facts[facts["verdict"] != "uncheckable"]
    assert decided["used"].map(len).gt(0).all()
    assert decided["sources"].map(len).gt(0).all()
    assert decided["strength"].notna().all()
    assert as_of != "2015-01-01" or decided.empty


def test_only_rows_that_decide_are_cited_and_set_the_strength(cell_rows):
    score = cell_rows.loc["technical.table.gpt_4o.humaneval_pct"]
    # 90.2 agrees, and 91.0 of another run is only mentioned
    assert (len(score["sources"]), score["strength"]) == (1, "official")
    assert score["mentioned"]
    undecided = cell_rows[cell_rows["verdict"] == "uncheckable"]
    assert undecided["strength"].isna().all()
    assert not undecided["sources"].map(len).any()


def test_what_cannot_be_decided_says_what_would(cell_rows):
    would_decide = {
        f"{table}.{column}": entry.would_decide for (table, column), entry in cell_rules.load().items()
    }
    for _, row in cell_rows[cell_rows["verdict"] == "uncheckable"].iterrows():
        assert row["reason"].endswith(would_decide[f"{row['table']}.{row['column']}"])


def test_reasons_and_shorts_are_whole_sentences_and_few_words(cell_rows):
    assert cell_rows["reason"].str.endswith(".").all()
    assert not cell_rows["reason"].str.contains(r"nan|None|\{|\}|\.\.").any()
    assert cell_rows["short"].str.len().between(5, 60).all()


def test_a_fact_that_decides_a_cell_and_is_gone_is_refused_by_cell():
    name = "technical.table.claude_3_5_sonnet.training_cost_usd_mn"
    gone = with_rows(
        gathered(), "dated_facts", lambda rows: rows[rows["id"] != "claude_3_5_sonnet.training_cost"]
    )
    with pytest.raises(DataError) as caught:
        judge_cell(name, gone)
    assert str(caught.value).startswith(f"cells.yml, cell {name}: dated_facts.csv has no row with id")


def test_a_note_that_no_day_fills_is_refused():
    rules = (rule for column in cell_rules.load().values() for rule in column.rows.values())
    rule = next(rule for rule in rules if rule and rule.note)
    with pytest.raises(DataError, match="neither a figure of this check nor what a dated fact has"):
        cells._note(gathered(), rule.model_copy(update={"note": "Out on {nothing}."}))
