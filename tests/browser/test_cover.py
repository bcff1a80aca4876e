"""Which pages, cases and notebooks the browser looks at by default: few that have everything."""

from tests.browser.conftest import cover
from tests.hostile import corpus


def test_a_cover_takes_what_adds_most_and_the_first_of_equals() -> None:
    assert cover({"a": "x", "b": "xy", "c": "zy", "d": "z"}) == ["b", "c"]
    assert cover({}) == []


def test_every_means_of_harm_of_any_case_is_in_one_that_is_looked_at() -> None:
    means = {case.name: case.means for case in corpus.cases()}
    seen = set().union(*(means[name] for name in cover(means)))
    assert seen == set().union(*means.values()) >= {"<script", "<svg", "<iframe", "image/png"}
