"""The small site that the tests of the site look at, and how they publish another."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from analysis.project import Project
from analysis.site import build
from tests.site.site_material import Publish, compiled_once, write_project


@pytest.fixture(scope="module", autouse=True)
def templates() -> Iterator[None]:
    with compiled_once():
        yield


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return write_project(tmp_path)


@pytest.fixture
def runs(project: Project) -> Path:
    return project.runs


@pytest.fixture
def publish(project: Project) -> Publish:
    return partial(build.publish, project)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, templates: None) -> Path:
    """A site to look at; tests that change something build their own, or take a copy of this as `earlier`."""
    return build.publish(write_project(tmp_path_factory.mktemp("built"))).parent


@pytest.fixture
def earlier(built: Path, project: Project) -> Path:
    """The same site where `publish` puts one."""
    return shutil.copytree(built, project.site)
