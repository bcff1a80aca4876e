"""How the text of an option that several commands share is read."""

from pathlib import Path

import pytest

from analysis.cli import options
from analysis.errors import ParameterError


@pytest.mark.parametrize("text", ["0.1", "25", "31622400"])
def test_a_limit_is_a_number_of_seconds(text: str) -> None:
    # from a tenth of a second to 366 days of 86,400 s
    assert options.seconds_of("--timeout")(text) == float(text)


@pytest.mark.parametrize("text", ["0.09", "31622401", "nan", "soon"])
def test_a_limit_that_is_no_limit_is_refused_by_its_option(text: str) -> None:
    with pytest.raises(ParameterError) as refused:
        options.seconds_of("--timeout")(text)
    assert str(refused.value).startswith(f"--timeout {text}: is not a usable limit.")


def test_a_path_and_a_text_are_taken_as_they_are() -> None:
    assert options.path_of("--out")("a b/c") == Path("a b/c")
    assert options.location("reports/runs") == Path("reports/runs")
    assert options.text_of("--cluster")("local") == "local"


@pytest.mark.parametrize("parse", [options.text_of("--out"), options.path_of("--out"), options.location])
def test_an_empty_text_is_refused(parse) -> None:
    with pytest.raises(ParameterError) as refused:
        parse("  ")
    assert str(refused.value).startswith("--out '  ': is empty.")
