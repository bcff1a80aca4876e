"""The text of an error: one line for each problem, in characters that a reader sees."""

import pickle

import pytest

from analysis.errors import ParameterError, Problem, nearest


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029"])
def test_a_problem_is_one_line_whatever_is_in_it(end: str) -> None:
    text = str(ParameterError([Problem(f"a{end}b", f"says {end}", "Do it"), Problem("c", "is", "Do")]))
    first, second = text.splitlines()
    assert first.startswith("a b: says ") and second == "c: is. Do."


def test_a_problem_does_not_steer_a_terminal_and_crosses_a_process_border_as_it_is() -> None:
    problem = Problem("a\x1b[31m\x07", "says \u202e", "Do it \x9b")
    assert str(problem) == "a\ufffd: says \ufffd. Do it \ufffd."
    assert pickle.loads(pickle.dumps(ParameterError(problem))).problems == (problem,)


def test_a_fix_names_the_nearest_all_or_none_of_the_valid_names() -> None:
    assert nearest("sone", ["son", "base"]) == "The nearest valid name is 'son'"
    assert nearest("xyz", ["son", "base"]) == "Use one of: base, son"
    assert nearest("xyz", []) == "There is none yet; add one first"
