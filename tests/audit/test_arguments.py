"""What a file hands a check or a reader, compared with the signature."""

import pytest

from analysis.audit import arguments
from analysis.errors import DataError, Problem, TableError


def counted(facts, *, ids: list[str], share: float = 1.0, at_most: dict[str, int] | None = None):
    return ids, share, at_most


def refusals(**values):
    return [str(problem) for problem in arguments.problems(counted, values, "a.yml, key b", "reader", 1)]


def test_what_fits_the_signature_is_taken():
    assert refusals(ids=["a"], share=2, at_most={"a": 1}) == []


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({}, "missing a required argument: 'ids'. The reader takes ids, share, at_most."),
        ({"ids": "a.b"}, "ids: 'a.b' is a text, not a list. Write [a.b]."),
        ({"ids": ["a"], "share": "1"}, "share: '1' is not a number. Write a number."),
        (
            {"ids": ["a"], "at_most": {"a": 1, "b": "2"}},
            "at_most.b: '2' is not a whole number. Write a whole number.",
        ),
    ],
)
def test_what_does_not_is_named_with_the_way_to_it(values, says):
    (problem,) = refusals(**values)
    assert problem.startswith("a.yml, key b: ")
    assert problem.endswith(says)


@pytest.mark.parametrize(
    ("refusal", "says"),
    [
        (DataError(Problem("t.csv", "has no row", "Add it")), "a.yml, key b: t.csv has no row. Add it."),
        (KeyError("nothing"), "a.yml, key b: cannot be computed: KeyError: 'nothing'."),
    ],
)
def test_what_only_the_run_can_refuse_has_its_place_too(refusal, says):
    with pytest.raises(DataError) as caught, arguments.errors_at("a.yml, key b"):
        raise refusal
    assert str(caught.value).startswith(says)


def test_a_table_that_cannot_be_used_keeps_its_own_place():
    unusable = TableError(Problem("t.csv", "is empty", "Fill it"))
    with pytest.raises(TableError) as caught, arguments.errors_at("a.yml, key b"):
        raise unusable
    assert caught.value is unusable
