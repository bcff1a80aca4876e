"""A table is read when it is asked for, and whoever asks depends on its files."""

import pytest

from analysis.cache import cached, depends_on
from analysis.errors import DataError, Problem, TableError
from analysis.evidence.lazy_tables import LazyTables


@pytest.fixture
def folder(tmp_path):
    """A folder with two files."""
    for name in ("cats", "dogs"):
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.fixture
def read_names():
    """The files that were read, in order."""
    return []


@pytest.fixture
def words(folder, read_names):
    """The words of each file, read when they are asked for."""

    @cached
    def read(name):
        depends_on(folder / name)
        read_names.append(name)
        return (folder / name).read_text()

    return LazyTables(["cats", "dogs"], read, str.split)


def test_names_are_known_without_reading(words, read_names):
    assert list(words) == ["cats", "dogs"] and len(words) == 2
    assert "cats" in words and "cows" not in words
    assert words.get("cows") is None
    assert read_names == []


def test_a_value_is_read_and_made_once_for_as_long_as_its_file_stays_the_same(folder, words, read_names):
    first = words["cats"]
    assert first == ["cats"] and words["cats"] is first
    (folder / "cats").write_text("two cats")
    assert words["cats"] == ["two", "cats"]
    assert read_names == ["cats", "cats"]


def test_a_name_that_it_does_not_have_is_a_key_error(words):
    with pytest.raises(KeyError, match="cows"):
        words["cows"]


def test_whoever_asks_for_a_value_that_was_read_before_depends_on_its_file(folder, words):
    @cached
    def first_word(name):
        return words[name][0]

    assert words["dogs"] == ["dogs"]
    assert first_word("dogs") == "dogs"
    (folder / "dogs").write_text("no dogs")
    assert first_word("dogs") == "no"


def test_what_cannot_be_read_is_refused_as_a_table_also_through_another_reader():
    def read(name):
        raise DataError(Problem(f"{name}.csv", "is empty", "Fill it"))

    tables = LazyTables(["cats"], read, str.split)
    for reader in (tables, LazyTables(tables, tables.__getitem__, list)):
        with pytest.raises(TableError, match=r"^cats\.csv: is empty\. Fill it\.$"):
            reader["cats"]
