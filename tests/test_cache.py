"""A cached result is dropped as soon as one of its files changes; a watched process says what it reads."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from analysis import cache
from analysis.cache import cached, depends_on, uses_scenario_name

ROOT = Path(cache.__file__).parents[1]


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


WATCHED = """
import os, subprocess, sys
from pathlib import Path
from analysis import cache
folder = Path.cwd()
@cache.cached
def read(path):
    cache.depends_on(path)
    return path.read_text()
read(folder / "cached")
cache.watch(folder / "log")
"""


def watched(folder: Path, source: str) -> set[tuple[str, str]]:
    """What a process in a folder writes down that has read the file `cached` and then runs some lines; its
    paths are relative to the folder.
    """
    for name in ("a", "b", "cached", "sub/c"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(name)
    # a process of its own: there is no way to take an audit hook off again
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", WATCHED + source], cwd=folder, env=environment, check=True)
    lines = [json.loads(line) for line in (folder / "log").read_text().splitlines()]
    assert len(lines) == len({tuple(line) for line in lines})  # each is written once
    assert lines[0] == [cache.WATCHED, ""]
    inside = [(kind, os.path.relpath(path, folder)) for kind, path in lines if path.startswith(str(folder))]
    return {*inside, *((kind, path) for kind, path in lines if not path)} - {(cache.WATCHED, "")}


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("open('a').read()", {("read", "a")}),
        ("os.close(os.open(b'a', os.O_RDONLY))", {("read", "a")}),
        ("Path('a').read_text(); os.chdir('sub'); Path('c').read_text()", {("read", "a"), ("read", "sub/c")}),
        ("os.path.exists('none') or cache.depends_on(Path('none'))", {("read", "none")}),
        ("read(folder / 'cached')", {("read", "cached")}),  # from before, and yet it is depended on
        ("open('new', 'w').write('x'); open('new').read()", {("written", "new"), ("read", "new")}),
        ("open('a', 'a').write('x')", set()),
        ("os.listdir('sub')", {("read", "sub")}),
        ("list(Path('sub').glob('x*'))", {("read", "sub")}),
        ("import glob; glob.glob('sub/c')", {("read", "sub")}),
        ("import sqlite3; sqlite3.connect('a')", {("read", "a")}),
        ("import sqlite3; sqlite3.connect('file:a%20b?mode=rwc', uri=True)", {("read", "a b")}),
        # what looks for modules and distributions lists every folder of the path
        ("sys.path.insert(0, str(folder)); import colorsys", set()),
        ("import importlib.metadata as m; sys.path.insert(0, 'sub'); m.entry_points()", set()),
        ("import pkgutil; list(pkgutil.iter_modules(['sub']))", set()),
        ("os.waitpid(os.fork() or (open('a') and os._exit(0)), 0)", {("read", "a")}),
        ("subprocess.run(['true'])", {("everything", "")}),
        ("subprocess.run('true', shell=True)", {("everything", "")}),
        ("os.system('true')", {("everything", "")}),
        ("os.posix_spawn('/bin/true', ['true'], {})", {("everything", "")}),
        ("import multiprocessing.popen_spawn_posix", {("everything", "")}),
        ("import platform; platform.processor()", set()),
        ("cache.uses_scenario_name()", {("scenario", "")}),
        (
            "open('a'); cache.pause(); open('b'); os.unlink('log'); cache.watch(folder / 'log')",
            {("read", "a")},
        ),
    ],
)
def test_a_watched_process_writes_down_what_it_reads(tmp_path, source, lines):
    assert watched(tmp_path, source) == lines


def test_what_the_name_of_the_scenario_was_used_for_is_not_reused(calls):
    @cached
    def named() -> None:
        calls.append("named")
        uses_scenario_name()

    named(), named()
    assert calls == ["named", "named"]
