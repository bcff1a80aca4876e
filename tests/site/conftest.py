"""The small site that the tests of the site look at, and how they publish another."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.site import build
from tests.site.site_material import (
    Publish,
    compiled_once,
    write_params,
    write_retired,
    write_runs,
)


@pytest.fixture(scope="module", autouse=True)
def templates() -> Iterator[None]:
    with compiled_once():
        yield


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return write_runs(tmp_path / "runs")


@pytest.fixture
def publish(tmp_path: Path, runs: Path) -> Publish:
    paths = {"params": write_params(tmp_path / "params"), "retired": write_retired(tmp_path / "retired.yml")}
    return lambda out=tmp_path / "site", **more: build.publish(more.pop("runs", runs), out, **paths | more)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, templates: None) -> Path:
    """A site to look at; tests that change something build their own, or take a copy of this as `earlier`."""
    folder = tmp_path_factory.mktemp("built")
    paths = {"params": write_params(folder / "params"), "retired": write_retired(folder / "retired.yml")}
    return build.publish(write_runs(folder / "runs"), folder / "site", **paths).parent


@pytest.fixture
def earlier(built: Path, tmp_path: Path) -> Path:
    """The same site where `publish` puts one."""
    return shutil.copytree(built, tmp_path / "site")
