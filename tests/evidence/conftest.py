"""Projects in which a loader finds what a test has written."""

import shutil
from pathlib import Path

import pytest

from analysis.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with `thesis.yml` alone in the folders of its data."""
    project = Project(tmp_path)
    for folder in (project.params, project.thesis, project.evidence):
        folder.mkdir(parents=True)
    shutil.copy(Project.default().thesis_file, project.thesis)
    return project
