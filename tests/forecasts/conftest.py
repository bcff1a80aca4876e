"""What the methods look at on a day, and the table of probabilities that they give."""

import datetime as dt

import pytest

from analysis import audit, scenarios
from analysis.evidence import predictions
from analysis.forecasts import methods, probabilities


@pytest.fixture(scope="session")
def context_on():
    """Assumptions and evidence of a day, also one that the register refuses: ``context_on(DAY)``."""

    def context(day):
        register = dict(scenarios.load_register())
        register["as_of"] = register["as_of"].model_copy(update={"range": (dt.date.min, dt.date.max)})
        values = scenarios.resolve("base", {"draws": 2000}) | {"as_of": day}
        assumptions = scenarios.Assumptions(values, register)
        return methods.MethodContext(assumptions, audit.gather(assumptions), predictions.load_table())

    return context


@pytest.fixture(scope="session")
def context(context_on):
    return context_on("2026-10-31")


@pytest.fixture(scope="session")
def rows(context):
    """The table of probabilities, by part."""
    return probabilities.table(context.assumptions, context.facts).set_index("id")
