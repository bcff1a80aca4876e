"""Stored outputs are compared with what the cells compute, and not with results that were stored before."""

from collections.abc import Iterator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Iterator[None]:
    """A notebook's kernel starts with its first cell, and with the environment of that moment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("THESIS_CACHE", "off")
        return (yield)
