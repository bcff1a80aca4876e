"""A sweep goes on where it stopped, gives one table for any number of workers, and overwrites none."""

import json

import pandas as pd
import pytest

from analysis.batch import sweeps
from analysis.errors import ParameterError

POINTS = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [0.5, 0.5, 0.25]})


def product(point):
    return [{"output": "ab", "value": point["a"] * point["b"]}, {"output": "a", "value": point["a"]}]


def test_the_table_is_tidy_and_written_twice(tmp_path):
    calls = []
    table = sweeps.run(
        POINTS, product, tmp_path, key="k", on_point=lambda done, total: calls.append((done, total))
    )
    assert table.columns.tolist() == ["point", "a", "b", "output", "value"]
    assert table.loc[table["output"] == "ab", "value"].tolist() == [0.5, 1.0, 0.75]
    assert calls == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert pd.read_csv(tmp_path / "sweep.csv").equals(table)
    assert pd.read_parquet(tmp_path / "sweep.parquet").equals(table)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_without_pyarrow_only_the_csv_is_written_and_no_older_parquet_stays(tmp_path, monkeypatch):
    (tmp_path / sweeps.PARQUET).write_bytes(b"of another sweep")
    monkeypatch.setattr(sweeps, "can_write_parquet", lambda: False)
    table = sweeps.run(POINTS, product, tmp_path, key="k")
    assert pd.read_csv(tmp_path / "sweep.csv").equals(table)
    assert not (tmp_path / sweeps.PARQUET).exists()


def test_workers_change_nothing(tmp_path):
    alone = sweeps.run(POINTS, product, tmp_path / "one", key="k")
    shared = sweeps.run(POINTS, product, tmp_path / "two", key="k", workers=2)
    assert alone.equals(shared)
    assert (tmp_path / "one" / "sweep.csv").read_bytes() == (tmp_path / "two" / "sweep.csv").read_bytes()


def test_a_stopped_sweep_goes_on_and_a_torn_line_is_run_again(tmp_path):
    evaluated = []

    def stops(point):
        evaluated.append(point["a"])
        if point["a"] == 3:
            raise KeyboardInterrupt
        return product(point)

    with pytest.raises(KeyboardInterrupt):
        sweeps.run(POINTS, stops, tmp_path, key="k")
    journal = tmp_path / sweeps.JOURNAL
    journal.write_text(journal.read_text()[:-5])  # a kill in the middle of the second point's line
    evaluated.clear()

    def goes_on(point):
        evaluated.append(point["a"])
        return product(point)

    table = sweeps.run(POINTS, goes_on, tmp_path, key="k")
    assert evaluated == [2, 3]
    assert table.equals(sweeps.run(POINTS, product, tmp_path / "whole", key="k"))


def test_a_finished_sweep_runs_nothing_again(tmp_path):
    first = sweeps.run(POINTS, product, tmp_path, key="k")
    again = sweeps.run(POINTS, lambda point: pytest.fail("ran again"), tmp_path, key="k")
    assert first.equals(again)


def test_another_sweep_in_the_folder_is_refused_and_left_as_it_is(tmp_path):
    sweeps.run(POINTS, product, tmp_path, key="k")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(ParameterError, match=r"holds another sweep.*Choose another folder with --out"):
        sweeps.run(POINTS, product, tmp_path, key="other")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert json.loads((tmp_path / sweeps.JOURNAL).read_text().splitlines()[0]) == {"key": "k"}
