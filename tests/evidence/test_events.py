"""The events that the criteria name: their figures are those of the criterion, no more and no fewer."""

import re
from fractions import Fraction

import pytest
import yaml

from analysis.errors import DataError
from analysis.evidence import events, predictions
from analysis.project import Project

WORDS = {"half": 50.0, "three": 3.0, "six": 6.0, "nine": 9.0, "twelve": 12.0}
IN_THE_CRITERION = {"p3.cause": {"serving_share"}, "p3.victory": {"cases"}}
"""Figures of an event that say how something is read, not what is asked."""


def figures_in(text):
    """Every figure of a criterion: 80%, 1/100, 3:1, 90, twelve; GPT-5 is a name."""
    text = re.sub(r"GPT-\d", "", text)
    found = [float(Fraction(1, int(n))) for n in re.findall(r"1/(\d+)", text)]
    found += [int(a) / (int(a) + int(b)) for a, b in re.findall(r"(\d+):(\d+)", text)]
    text = re.sub(r"1/\d+|\d+:\d+", "", text)
    found += [float(n) for n in re.findall(r"\d+(?:\.\d+)?", text)]
    return sorted([*found, *(WORDS[word] for word in re.findall(r"[a-z]+", text) if word in WORDS)])


def figures_of(part, event):
    left_out = IN_THE_CRITERION.get(part, set())
    values = event.model_dump(exclude={"counts", *left_out}).values()
    return sorted(float(value) for value in values if isinstance(value, int | float))


def test_every_part_that_is_not_overtaken_names_an_event():
    parts = predictions.read().predictions
    assert {name for name, part in parts.items() if part.event is None} == {
        name for name, part in parts.items() if part.void
    }


@pytest.mark.parametrize("part", list(predictions.load_events()))
def test_criterion_and_event_have_the_same_figures(part):
    prediction = predictions.read().predictions[part]
    assert figures_in(prediction.criterion) == pytest.approx(figures_of(part, prediction.event))


def moved(event):
    """The same event with each of its figures changed, one at a time, and the figure's name."""
    steps = {"over_months": 3, "within_days": 30, "sellers": 1, "serving_share": -0.67}
    for name, value in event.model_dump(exclude={"counts", "cases", "target", "family"}).items():
        yield name, event.model_copy(update={name: value + steps.get(name, value / 10)})


@pytest.mark.parametrize("part", list(predictions.load_events()))
def test_a_figure_that_only_one_of_the_two_changes_is_refused(part, project):
    content = yaml.safe_load(Project.default().predictions.read_text())
    event = predictions.load_events()[part]
    for name, other in moved(event):
        content["predictions"][part]["event"] = other.model_dump()
        project.predictions.write_text(yaml.safe_dump(content))
        with pytest.raises(DataError, match=rf"predictions\.{part}.*criterion lacks .* make the two agree"):
            predictions.read(project)
        assert name in events.Event.model_fields | type(event).model_fields


@pytest.mark.parametrize(
    ("part", "changes", "missing"),
    [
        ("p2.price", {"at_most_share": 0.1}, "1/10"),
        ("p3.write_down", {"below_pct": 5.0}, "5% below its cumulative cost"),
        ("p2.quality", {"target": "gpt-4"}, "no lower than gpt-4"),
    ],
)
def test_a_figure_that_is_a_part_of_another_one_is_not_named(part, changes, missing):
    event, criterion = predictions.load_events()[part], predictions.read().predictions[part].criterion
    assert event.missing_phrases(criterion) == ()
    assert event.model_copy(update=changes).missing_phrases(criterion) == (missing,)


def test_a_method_of_another_event_is_refused():
    with pytest.raises(
        DataError, match=r"p3\.cause\.event: is 'compute_outgrows_revenue' where a method counts"
    ):
        predictions.event("p3.cause", events.BelowCost)
    with pytest.raises(DataError, match=r"p1\.price\.event: is missing .*Write counts: below_cost"):
        predictions.event("p1.price", events.BelowCost)
