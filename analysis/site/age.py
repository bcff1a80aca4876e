"""Is the evidence old? What the pages say where it is more than 90 days older than the pages themselves.

Decisions
- The clock is not read here. The day of the build is that of `SOURCE_DATE_EPOCH`, as for any reproducible
  build, else the one that the command names; without either nothing is said.
- The evidence is as old as its cut-off date: what became public later is not in it.
- Pages say that the evidence is old, not how old: two builds on different days have the same bytes until that
  changes.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping

from analysis.errors import Problem, PublishError

OLD_AFTER = 90
"""Days from the cut-off date after which evidence is old."""
EPOCH = "SOURCE_DATE_EPOCH"


def build_day(today: dt.date | None, environment: Mapping[str, str] | None = None) -> dt.date | None:
    """The day of the build.

    Raises
    ------
    PublishError
        The system names a day that is none.
    """
    seconds = (os.environ if environment is None else environment).get(EPOCH)
    if not seconds:
        return today
    try:
        return dt.datetime.fromtimestamp(int(seconds), tz=dt.UTC).date()
    except (ValueError, OverflowError, OSError):
        rule = f"is {seconds!r}, not a number of seconds since 1970"
        raise PublishError(Problem(EPOCH, rule, "Correct it, or unset it")) from None


def is_old(as_of: dt.date | None, day: dt.date | None) -> bool:
    """Whether evidence up to one day is old on another; not where a day is unknown."""
    return as_of is not None and day is not None and (day - as_of).days > OLD_AFTER
