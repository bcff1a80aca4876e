"""What tests of the models share: the evidence that they start from."""

import pytest

from analysis.evidence import evidence_tables
from analysis.models import start


@pytest.fixture(scope="session")
def evidence():
    """What the evidence says of the start, as known on 31 October 2026."""
    return start.start_evidence(
        {name: evidence_tables.load(name, "2026-10-31") for name in ("openai_finance", "softbank_openai")}
    )
