"""The article's tables as data; the bad files are copies of a good one with one thing wrong."""

import hashlib
import math
import shutil

import pytest

from analysis.errors import DataError
from analysis.evidence import article_tables, sources
from analysis.project import Project, sidecar_of


@pytest.fixture
def tables(project):
    """A project with two of the article's tables."""
    for name in ("market_size", "players"):
        for suffix in ("csv", "meta.yml"):
            shutil.copy(Project.default().thesis / f"{name}.{suffix}", project.thesis)
    return project


def spoil(project, change, name="market_size", *, rehash=True):
    """Change the bytes of a table, and the hash in its sidecar, so that only the mistake itself is left."""
    path = project.article_table(name)
    before = path.read_bytes()
    path.write_bytes(change(before))
    if rehash:
        meta = sidecar_of(path)
        old, new = (hashlib.sha256(raw).hexdigest() for raw in (before, path.read_bytes()))
        meta.write_text(meta.read_text().replace(old, new))


def refused(project, name="market_size"):
    with pytest.raises(DataError) as caught:
        article_tables.parsed_cells(name, project)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_every_table_of_the_article_is_there_as_printed():
    models = article_tables.printed_table("models").set_index("model")
    assert models.loc["GPT-4o", "price_usd_per_mtok"] == "$5.00 (input) / $15.00 (output)"
    assert models.loc["Gemini 1.5 Pro", "parameters_bn"] == "Unknown (MoE)"
    assert [len(article_tables.printed_table(name)) for name in ("models", "players", "market_size")] == [
        5,
        5,
        5,
    ]


def test_cells_are_parsed_with_bounds_and_a_missing_one_says_why():
    cells = article_tables.parsed_cells("players").set_index("row")
    assert cells.loc["OpenAI", ["value", "low", "high", "qualifier"]].tolist() == [20, 20, math.inf, ">"]
    assert cells.loc["Meta AI", "missing"] == "N/A (internal)"
    assert math.isnan(cells.loc["Meta AI", "value"])


def test_a_wide_table_has_one_column_for_each_part_of_a_cell():
    models = article_tables.load("models").set_index("model")
    assert models.loc[
        "Llama 3.1 405B", ["input_price_usd_per_mtok", "output_price_usd_per_mtok"]
    ].tolist() == [2, 2]
    assert math.isnan(models.loc["Claude 3.5 Sonnet", "parameters_bn"])


def test_every_column_of_every_sidecar_has_a_unit_and_a_meaning():
    for name in article_tables.names():
        for column in sources.sidecar(name).columns.values():
            assert column.meaning
            assert column.kind == "text" or column.unit or column.unit_from


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda raw: raw.replace(b",cagr_pct", b"", 1), "row 1: column cagr_pct is missing"),
        (
            lambda raw: raw.replace(b"cagr_pct", b"cagr_pctt", 1),
            "row 1: column 'cagr_pctt' is not in the sidecar. The nearest valid name is 'cagr_pct'",
        ),
        (
            lambda raw: raw.replace(b"cagr_pct,key", b"cagr_pct,extra,key", 1),
            "row 1: column 'extra' is not in the sidecar",
        ),
        (
            lambda raw: raw.replace(b"segment,size_2024_usd_bn", b"size_2024_usd_bn,segment", 1),
            "columns are in another order",
        ),
        (
            lambda raw: raw.replace(b"$2.5B", b'"2,5"', 1),
            "row 2, column size_2024_usd_bn: '2,5' has a decimal comma. Write a dot",
        ),
        (lambda raw: raw.replace(b"$2.5B", b"2,5", 1), "row 2: has 6 cells, the header has 5"),
        (
            lambda raw: raw.replace(b"$2.5B", b"lots", 1),
            "row 2, column size_2024_usd_bn: 'lots' is not a figure",
        ),
        (
            lambda raw: raw.replace(b"$2.5B", b"Unknown", 1),
            "row 2, column size_2024_usd_bn: 'Unknown' is no figure",
        ),
        (
            lambda raw: raw.replace(b"43%", b"4300%", 1),
            (
                "row 2, column cagr_pct: '4300%' is out of bounds. Write a figure of at least -99.0 and at"
                " most 1000.0"
            ),
        ),
        (lambda raw: raw.replace(b"43%", b"$43", 1), "printed in $ but the column is in pct"),
        (
            lambda raw: raw.replace(b"AI Drug Discovery", b"AI Customer Service (Chatbots)", 1),
            "stands in row 3 too",
        ),
        (lambda raw: raw.replace(b"AI Drug Discovery", b"", 1), "row 5, column segment: '' is no key"),
        (lambda raw: b"\xef\xbb\xbf" + raw, "starts with a byte-order mark"),
        (lambda raw: b"", "is empty"),
        (lambda raw: b"\n\n", "is empty"),
        (lambda raw: raw.splitlines()[0] + b"\n", "has a header and no row"),
        (lambda raw: raw.replace(b"AI", b"\xff\xfe", 1), "is not UTF-8"),
        (
            lambda raw: raw.replace(b"AI Drug", "AI \u202eDrug".encode(), 1),
            "line 5: holds U+202E (right-to-left override)",
        ),
        (
            lambda raw: raw.replace(b"\n", b"\r\n").replace(b"$4.0B", b"$4.0B\x1b[31m", 1),
            "line 3: holds U+001B",
        ),
        (lambda raw: raw.replace(b"\n", b"\r\n").replace(b"$4.0B", b'"$4.0B', 1), "quot"),
    ],
)
def test_a_bad_file_is_refused_with_file_row_column_value_rule_and_fix(tables, change, expected):
    spoil(tables, change)
    message = refused(tables)
    assert expected in message
    assert "market_size.csv" in message


def test_all_bad_cells_come_at_once(tables):
    spoil(
        tables, lambda raw: raw.replace(b"$2.5B", b"lots").replace(b"$18B", b"1,5").replace(b"44%", b"-100%")
    )
    assert len(refused(tables).splitlines()) == 3


def test_a_changed_file_is_noticed_by_its_hash(tables):
    spoil(tables, lambda raw: raw.replace(b"$2.5B", b"$2.6B"), rehash=False)
    assert "is not the file that its sidecar describes" in refused(tables)


def test_a_missing_file_and_a_missing_sidecar_are_named(tables):
    (tables.thesis / "players.csv").unlink()
    assert "players.csv: there is no such file" in refused(tables, "players")
    (tables.thesis / "market_size.meta.yml").unlink()
    assert "market_size.meta.yml: there is no such file" in refused(tables)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("unit: pct", "unit: percent", "unit 'percent' is unknown"),
        ("title: CAGR, ", "title: CAGR, tittle: x, ", "Extra inputs are not permitted"),
        ("key: segment", "key: nothing", "key 'nothing' is not one of the columns"),
        ("kind: quantity, unit: pct", "kind: quantity", "a quantity needs either unit or unit_from"),
    ],
)
def test_a_sidecar_that_says_too_little_or_too_much_is_refused(tables, old, new, expected):
    path = tables.thesis / "market_size.meta.yml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    assert expected in refused(tables)


def test_a_figure_of_the_text_is_found_by_name():
    assert article_tables.text_figure("investment").value == 60
    with pytest.raises(DataError, match="The nearest valid name is 'investment'"):
        article_tables.text_figure("investmnet")


def test_a_source_line_is_made_of_the_origin():
    assert sources.references(["models", "players"]) == [
        {
            "title": 'AINews, "SoftBank\'s $60B OpenAI Bet", 21 May 2026',
            "url": "https://ainews.cool/article/20260521-softbank-openai-60-billion-bet",
        }
    ]
