"""A cached result is dropped as soon as one of its files changes."""

import os
from pathlib import Path

import pytest

from analysis.cache import cached, depends_on


@pytest.fixture
def calls():
    return []


@pytest.fixture
def read(calls):
    @cached
    def read(path: Path) -> str:
        calls.append(path.name)
        depends_on(path)
        return path.read_text()

    return read


def test_an_unchanged_file_is_read_once(tmp_path, read, calls):
    path = tmp_path / "a"
    path.write_text("one")
    assert [read(path), read(path)] == ["one", "one"]
    assert calls == ["a"]


def test_an_edit_of_equal_length_that_keeps_the_time_is_seen(tmp_path, read):
    path = tmp_path / "a"
    path.write_text("one")
    before = path.stat()
    assert read(path) == "one"
    path.write_text("two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert read(path) == "two"


def test_a_file_that_replaces_another_is_seen(tmp_path, read):
    path, other = tmp_path / "a", tmp_path / "b"
    path.write_text("one")
    other.write_text("two")
    assert read(path) == "one"
    other.replace(path)
    assert read(path) == "two"


def test_what_is_read_through_another_reader_counts_for_both(tmp_path, read, calls):
    @cached
    def both(folder: Path) -> list[str]:
        calls.append("both")
        return [read(folder / name) for name in "ab"]

    for name in "ab":
        (tmp_path / name).write_text(name)
    assert both(tmp_path) == both(tmp_path) == ["a", "b"]
    assert calls == ["both", "a", "b"]
    (tmp_path / "b").write_text("changed")
    assert both(tmp_path) == ["a", "changed"]
    assert calls == ["both", "a", "b", "both", "b"]  # and `a` is not read again


def test_a_file_that_comes_or_goes_is_seen(tmp_path):
    @cached
    def names(folder: Path) -> list[str]:
        depends_on(folder)
        return sorted(path.name for path in folder.iterdir())

    assert names(tmp_path) == []
    (tmp_path / "a").write_text("")
    assert names(tmp_path) == ["a"]
    (tmp_path / "a").unlink()
    assert names(tmp_path) == []


def test_an_error_is_not_kept(tmp_path, read):
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "a")
    (tmp_path / "a").write_text("one")
    assert read(tmp_path / "a") == "one"
