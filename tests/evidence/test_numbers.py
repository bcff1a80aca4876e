"""Every printed number with its claim or cell; the articles here are made up, the list is the project's."""

import hashlib
import shutil

import pytest

from analysis import thesis
from analysis.errors import DataError
from analysis.evidence import article_tables, claims, numbers, yaml_lines
from analysis.project import Project

ARTICLE = """# A title of 2020, which is no part of the body

`lead.1` A $3 billion bet of 2 May 2026

`lead.2` It took 2-3 years, GPT-4o and 1/100th of the cost;
GPT-4o's first decade-long lead, an order of magnitude.

## Section 7

`technical.table`

| Model | MMLU (5-shot) | Cost |
|---|---|---|
| Llama 3.1 405B | ~88.7 | $5.00 (input) / $5.00 (output) |
| Other | Unknown | >$20B |

`about.1` 2358 articles
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("roughly $12 billion in 2024.", ["$12 billion", "2024"]),
        ("a 1-million-token window", ["1-million-token"]),
        ("(1-2 points), 2-3x and 25-35x higher", ["1-2", "2-3x", "25-35x"]),
        ("80% of tasks at 1/100th the cost", ["80%", "1/100th"]),
        ("Llama 3.1 405B, GPT-5's and DeepSeek-V2", ["3.1", "405B", "GPT-5", "DeepSeek-V2"]),
        ("over 5,000 stars", ["5,000"]),
        ("the top five, a second one, half a dozen", ["five", "second", "one", "half", "dozen"]),
        ("millions, someone, tenth-hand, sixes", ["millions", "tenth-hand"]),  # part of a word is none
        (
            "It raised $4. Billion is a word",
            ["$4", "Billion"],
        ),  # no figure reaches over the end of a sentence
        ("Within 12 months:", ["12"]),
        ("like electricity—and 3—or 4", ["3", "4"]),
        ("no number at all", []),
    ],
)
def test_a_number_is_a_token_with_a_digit_or_a_number_word(text, expected):
    assert numbers.tokens(text) == expected


def test_paragraphs_and_tables_of_the_body_are_read_and_repeats_are_counted():
    assert numbers.extract(ARTICLE) == [
        ("lead.1", "$3 billion", 1),
        ("lead.1", "2", 1),
        ("lead.1", "2026", 1),
        ("lead.2", "2-3", 1),
        ("lead.2", "GPT-4o", 1),
        ("lead.2", "1/100th", 1),
        ("lead.2", "GPT-4o", 2),
        ("lead.2", "first", 1),
        ("lead.2", "decade-long", 1),
        ("lead.2", "order of magnitude", 1),
        ("technical.table", "5-shot", 1),
        ("technical.table", "3.1", 1),
        ("technical.table", "405B", 1),
        ("technical.table", "~88.7", 1),
        ("technical.table", "$5.00", 1),
        ("technical.table", "$5.00", 2),
        ("technical.table", ">$20B", 1),
    ]


def test_every_number_of_the_project_leads_to_a_claim_or_a_cell_and_every_figure_is_there():
    assert numbers.coverage_problems(claims.load()) == []


def test_the_list_counts_what_the_article_prints():
    listed = numbers.load()
    # table 1: 7 + 6 + 6 + 6 + 8 numbers in its cells (heads of rows apart); table 2: 3 + 2 + 1 + 1 + 2; table
    # 3: 5 x 3
    assert listed.loc[listed["kind"] == "cell", "paragraph"].value_counts().to_dict() == {
        "technical.table": 28,
        "market.table": 15,
        "players.table": 9,
    }
    assert not listed.duplicated(["paragraph", "text", "occurrence"]).any()
    assert set(listed["kind"]) == {"claim", "cell", "name", "date", "ordinal"}
    # $60 billion: once each in lead.4, technical.1, players.7, market.1, .2, .5, risks.4, verdict.2, and
    # twice in lead.5
    assert (listed["text"] == "$60 billion").sum() == 10


def test_cells_are_named_by_table_row_and_column():
    printed = numbers.printed_cells()
    tables_printed = [article_tables.printed_table(name) for name in thesis.load().tables]
    assert len(printed) == sum(len(table) * (len(table.columns) - 1) for table in tables_printed)
    assert printed["technical.table.gpt_4o.price_usd_per_mtok"] == "$5.00 (input) / $15.00 (output)"
    assert printed["market.table.ai_robotics_warehouse_manuf.cagr_pct"] == "44%"


@pytest.fixture
def copy(project):
    """A project with what the article says."""
    shutil.copytree(Project.default().thesis, project.thesis, dirs_exist_ok=True)
    return project


def edit(project, old, new, name="numbers.csv"):
    """Change a file, and the hash in its sidecar with it, so that only the mistake itself is left."""
    path, meta = project.thesis / name, project.thesis / name.replace(".csv", ".meta.yml")
    before = path.read_bytes()
    assert old.encode() in before
    path.write_bytes(before.replace(old.encode(), new.encode(), 1))
    digests = [hashlib.sha256(raw).hexdigest() for raw in (before, path.read_bytes())]
    if meta != path and meta.exists():
        meta.write_text(meta.read_text().replace(*digests))
    return project


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("lead.2,2026", "lead.9,2026", "row 3, column paragraph: the article has no paragraph 'lead.9'"),
        ("lead.2,2026", "lead.2,in 2026", "row 3, column text: 'in 2026' is no number"),
        ("lead.2,2026,1,date", "lead.2,2026,1,year", "row 3, column kind: 'year' is none of the values"),
        (
            "lead.2,2026,1,date,,",
            "lead.2,2026,1,date,lead.deal_size,",
            "row 3, column target: a date has no target",
        ),
        (
            "lead.1,$60B,1,claim,lead.deal_size",
            "lead.1,$60B,1,claim,",
            "row 2, column target: is empty. Write the id of the claim",
        ),
        (
            "lead.2,2026,1",
            "lead.2,2026,2",
            "row 3, column occurrence: '2' is out of turn: it is the 1st '2026' in lead.2",
        ),
        ("lead.2,2026,1", "lead.2,2026,x", "column occurrence: 'x' is out of turn"),
        ("lead.3,2026,1", "lead.2,2026,1", "stands in row 3 too"),
        ("paragraph,text", "paragraph,token", "column text is missing"),
    ],
)
def test_a_bad_row_is_refused_with_row_rule_and_fix(copy, old, new, expected):
    with pytest.raises(DataError) as caught:
        numbers.load(edit(copy, old, new))
    assert expected in str(caught.value)
    assert "thesis/numbers.csv" in str(caught.value)


def test_a_changed_list_is_noticed(copy):
    copy.numbers.write_bytes(copy.numbers.read_bytes() + b"verdict.7,one,1,ordinal,,\n")
    with pytest.raises(DataError, match="is not the file that its sidecar describes"):
        numbers.load(copy)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "claim,lead.deal_size",
            "claim,lead.deal_sise",
            (
                "row 2, column target: there is no claim 'lead.deal_sise'. The nearest valid name is"
                " 'lead.deal_size'"
            ),
        ),
        (
            "cell,technical.table.gpt_4o.mmlu_pct",
            "cell,technical.table.gpt_4.mmlu_pct",
            "there is no cell 'technical.table.gpt_4.mmlu_pct'",
        ),
        (
            "market.table,43%,1,cell,market.table.code_generation_assistants.cagr_pct",
            "market.table,43%,1,ordinal,",
            "code_generation_assistants.cagr_pct prints 43%, the list has none",
        ),
    ],
)
def test_an_orphan_is_named_with_its_row(copy, old, new, expected):
    problems = "\n".join(map(str, numbers.coverage_problems(claims.load(), edit(copy, old, new))))
    assert expected in problems


def test_a_cell_that_prints_another_number_is_missed_in_the_list(copy):
    edit(copy, "88.7,90.2", "88.8,90.2", "models.csv")
    (problem,) = numbers.coverage_problems(claims.load(copy), copy)
    assert "technical.table.gpt_4o.mmlu_pct prints 88.8, the list has 88.7" in str(problem)


def test_a_claim_whose_figure_its_paragraphs_do_not_print_is_named(copy):
    stated = claims.load(copy)
    claim = next(claim for claim in stated if claim.id == "technical.mmlu_lead")
    wrong = [
        claim.model_copy(update={"stated": "1-3 points"}),
        claim.model_copy(update={"where": ("technical.4",)}),
        claim.model_copy(update={"where": ("technical.9",)}),
    ]
    problems = [
        str(problem) for problem in numbers.coverage_problems(wrong, copy) if "claims.yml" in problem.place
    ]
    assert "key stated: '1-3' is not among the numbers of technical.5" in problems[0]
    assert "'1-2' is not among the numbers of technical.4" in problems[1]
    assert "key where: the article has no paragraph 'technical.9'" in problems[2]


def test_a_compound_prints_the_number_it_begins_with():
    assert numbers._is_printed("1 million", {"1-million-token"})
    assert not numbers._is_printed("1 million", {"10-million-token", "$1 million"})
    assert not numbers._is_printed("1", {"10x", "21"})


def test_the_list_is_compared_with_an_article_paragraph_by_paragraph():
    words = {name: f"`{name}` " for name in numbers.paragraphs()}
    for paragraph, text, _ in numbers.load()[list(numbers.KEY)].itertuples(index=False):
        words[paragraph] += f"{text} and "
    article = "\n\n".join(words.values())
    assert numbers.compare_with_article(article, numbers.load()) == []
    more = article.replace("`lead.2` 2026", "`lead.2` 2026 and 2026 and $5").replace(
        "`risks.2` second", "`risks.2`"
    )
    problems = [
        str(problem)
        for problem in numbers.compare_with_article(
            f"{more}\n\n`verdict.8` nothing", numbers.load(), article="a.md"
        )
    ]
    assert problems == [
        (
            "a.md, lead.2: prints '2026' (2nd time), which analysis/data/thesis/numbers.csv lacks. Add the"
            " row lead.2,2026,2, with its kind and target."
        ),
        (
            "a.md, lead.2: prints '$5' (1st time), which analysis/data/thesis/numbers.csv lacks. Add the row"
            " lead.2,$5,1, with its kind and target."
        ),
        (
            "analysis/data/thesis/numbers.csv, row 115: risks.2 does not print 'second' a 1st time. Remove"
            " the row."
        ),
        ("a.md, verdict.8: is not counted in thesis.yml. Correct the paragraphs of thesis.yml."),
    ]


def test_the_line_of_a_key_is_found_also_below_dotted_names_and_in_lists(tmp_path):
    path = tmp_path / "a.yml"
    path.write_text("# a comment\na.b:\n  c: {d: 1}\n  e:\n    - x\n    - y\na:\n  b: 2\n")
    assert yaml_lines.line_of(path, ["a.b"]) == 2
    assert yaml_lines.line_of(path, ["a.b", "c", "d"]) == 3
    assert yaml_lines.line_of(path, ["a.b.e.1"]) == 6
    assert yaml_lines.line_of(path, ["a.b", "nothing"]) == 2
    assert yaml_lines.line_of(path, ["z"]) == 1


def test_every_table_of_the_article_is_among_its_paragraphs():
    assert {"technical.table", "players.table", "market.table"} <= set(numbers.paragraphs())
    its = thesis.load()  # every paragraph of each section, and each table once
    assert len(numbers.paragraphs()) == sum(s.paragraphs for s in its.sections.values()) + len(its.tables)
    assert article_tables.names() == [*its.tables, "text_figures"]
