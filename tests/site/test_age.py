"""Old evidence has a banner on every page, from the day of the build and nothing else."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from analysis.errors import PublishError
from analysis.project import Project
from analysis.site import age
from tests.site.site_material import Publish, pages, tree

CUT_OFF = dt.date(2026, 5, 21)
LAST = CUT_OFF + dt.timedelta(days=90)
ENTRY = """
as_of: {label: cut-off date, group: time, value: 2026-05-21, unit: date, range: [2024-01-01, 2027-01-01],
  description: Up to when evidence counts., status: assumption,
  reference: {title: Ours, known_on: 2026-05-21}}
"""


@pytest.fixture(autouse=True)
def register(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(age.EPOCH, raising=False)
    project.register.write_text(project.register.read_text(encoding="utf-8") + ENTRY, encoding="utf-8")


def with_banner(index: Path) -> int:
    return sum('class="banner"' in path.read_text(encoding="utf-8") for path, _ in pages(index.parent))


def test_pages_say_that_evidence_is_old_from_the_day_after_the_last(publish: Publish) -> None:
    assert with_banner(publish()) == with_banner(publish(today=LAST)) == 0
    index = publish(today=LAST + dt.timedelta(days=1))
    assert with_banner(index) == len(list(pages(index.parent)))


def test_pages_of_two_days_have_the_same_bytes_until_that_changes(publish: Publish) -> None:
    first = tree(publish(today=CUT_OFF).parent)
    assert tree(publish(today=LAST).parent) == first


def test_the_day_that_the_system_names_counts_more(publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(age.EPOCH, "1798761600")  # 1 January 2027
    assert with_banner(publish(today=CUT_OFF)) > 0
    monkeypatch.setenv(age.EPOCH, "soon")
    with pytest.raises(PublishError, match="SOURCE_DATE_EPOCH: is 'soon', not a number of seconds"):
        publish(today=CUT_OFF)


def test_without_a_day_or_a_cut_off_date_nothing_is_old() -> None:
    assert not age.is_old(None, LAST) and not age.is_old(CUT_OFF, None)
    assert age.build_day(None, {}) is None
