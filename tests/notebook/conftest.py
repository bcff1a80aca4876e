import pytest

from analysis import scenarios


@pytest.fixture
def assumptions() -> scenarios.Assumptions:
    return scenarios.check(scenarios.resolve("base"))
