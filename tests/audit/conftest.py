"""The facts that checks look at, under assumptions of the test's choice."""

import datetime as dt
from dataclasses import replace

import pandas as pd
import pytest

from analysis import audit, scenarios
from analysis.audit import cells
from analysis.audit.facts import Facts
from analysis.evidence import claims


def assumptions(as_of="2026-10-31", **changes):
    """The base scenario with some values changed; few draws, since no test here is about the simulation.

    Models can be asked about any day, also about one that the register refuses to a user.
    """
    register = dict(scenarios.load_register())
    register["as_of"] = register["as_of"].model_copy(update={"range": (dt.date.min, dt.date.max)})
    values = scenarios.resolve("base", {"draws": 2000} | changes) | {"as_of": as_of}
    return scenarios.Assumptions(values, register)


def facts_with(table, rows, **values):
    """Facts with one evidence table of these rows, on publication day, under these assumptions."""
    dates = {"quality": "official", "source_title": "T", "source": "https://example.org/a"}
    frame = pd.DataFrame([dates | row for row in rows])
    frame["known_on"] = frame["valid_on"] = pd.to_datetime(frame["valid_on"])
    return Facts(
        {}, assumptions(**values), {table: frame}, pd.Timestamp("2026-05-21"), pd.Timestamp("2026-10-31")
    )


def gathered(**changes):
    """Facts under changed assumptions."""
    return audit.gather(assumptions(**changes))


def with_rows(facts, table, change):
    """The same facts with one evidence table changed; the labels of its rows stay."""
    return replace(facts, evidence={**facts.evidence, table: change(facts.evidence[table])})


def with_value(name, value):
    """The facts with another value of one dated fact."""
    return with_rows(
        gathered(),
        "dated_facts",
        lambda dated: dated.assign(value=dated["value"].mask(dated["id"] == name, value)),
    )


def judge_cell(name, facts=None, **changes):
    """One row of the ledger of cells, by id; only its column is judged."""
    table = {"technical": "models", "players": "players", "market": "market_size"}[name.partition(".")[0]]
    column = (table, name.rpartition(".")[2])
    return cells.judge_cells(facts or gathered(**changes), [column]).set_index("id").loc[name]


@pytest.fixture(scope="session")
def gather():
    """Facts under changed assumptions: ``gather(as_of="2026-05-21")``."""
    return lambda **changes: audit.gather(assumptions(**changes))


@pytest.fixture(scope="session")
def judged(gather):
    """The ledger of some claims under changed assumptions, by claim id; all claims where none is named."""

    def ledger(*names, **changes):
        chosen = [claim for claim in claims.load() if not names or claim.id in names]
        return audit.judge_claims(chosen, gather(**changes)).set_index("id")

    return ledger


@pytest.fixture(scope="session")
def rows(judged):
    """The whole ledger of the base scenario."""
    return judged()


@pytest.fixture(scope="session")
def cell_rows():
    """The whole ledger of cells of the base scenario."""
    return cells.judge_cells(gathered()).set_index("id")
