"""Results over scenarios: differences written as the metric is, and lines on which they are drawn."""

from __future__ import annotations

from typing import Any

import pytest

from analysis.exhibits import JudgedClaim, Metric
from analysis.project import Project
from analysis.scenarios import Entry, Reference
from analysis.site import build
from analysis.site.context import (
    Assumption,
    ClaimView,
    ComparedMetric,
    Comparison,
    Input,
    NumberLine,
    difference,
)
from analysis.site.reader import PlacedExhibit


def metric(value: float | None, short: str, **more: Any) -> Metric:
    return Metric(id="a.b", kind="metric", value=value, text=short, short=short, **more)


@pytest.mark.parametrize(
    ("base", "other", "text"),
    [
        ((1.42, "1.4x"), (1.9, "1.9x"), "+0.5x"),  # 0.48
        ((0.13, "13%"), (0.4, "40%"), "+27 points"),  # a share, printed as a percentage
        ((43.0, "43%"), (44.0, "44%"), "+1 point"),
        ((43.0, "43%"), (40.0, "40%"), "\N{MINUS SIGN}3 points"),
        ((159.7, "$160B"), (1292.0, "$1,292B"), "+$1,132B"),  # 1132.3
        ((-2.0, "\N{MINUS SIGN}$2.0B"), (1.0, "$1.0B"), "+$3.0B"),
        ((1.40, "1.4x"), (1.44, "1.4x"), ""),  # rounds to nothing
        ((0.0, "0%"), (0.25, "25%"), "+25 points"),  # the scale comes from the other one
        ((43.0, "43%"), (0.088, "<1%"), "\N{MINUS SIGN}43 points"),  # a bound is no number: no scale
        ((7, "7"), (2, "2"), "\N{MINUS SIGN}5"),
        ((0.5, "1 in 2"), (0.25, "1 in 4"), "\N{MINUS SIGN}0.25"),  # no single number: the bare difference
        ((None, "–"), (1.0, "1"), ""),
    ],
)
def test_a_difference_is_written_as_the_metric_is(
    base: tuple[float | None, str], other: tuple[float | None, str], text: str
) -> None:
    assert difference(metric(*base), metric(*other)) == text


def over(*values: float, after: str = "B") -> Comparison:
    metrics = [metric(value, f"{value:g}{after}") for value in values]
    return Comparison(
        PlacedExhibit(metrics[0], "base", "n"),
        metrics[0],
        tuple(ComparedMetric(str(i), m) for i, m in enumerate(metrics)),
    )


def test_scenarios_share_one_line_that_spans_them_all() -> None:
    axis = over(1, 3, 2).axis
    assert axis == NumberLine(1, 3)
    assert axis and [axis.at(v, 200) for v in (1, 2, 3, 9)] == [0, 100, 200, 200]


def test_an_amount_has_a_logarithmic_line_only_where_one_scenario_would_flatten_all_others() -> None:
    axis = over(1, 0.1, 100).axis
    assert axis and axis.log and axis.low == 0.05
    assert axis.at(100) == 100 and 0 < axis.at(0.1) < axis.at(1) < 100
    linear = over(90, 70, 0.5).axis
    assert linear and not linear.log


def test_a_multiple_has_a_logarithmic_line_and_a_share_the_whole() -> None:
    assert over(1, 3, after="×").axis == NumberLine(1, 3, log=True)
    assert over(20, 30, after="%").axis == NumberLine(0, 100)
    assert over(20, 130, after="%").axis == NumberLine(20, 130)  # growth, not a share
    shares = tuple(ComparedMetric(str(v), metric(v, f"{100 * v:.0f}%")) for v in (0.2, 0.3))
    assert shares[0].metric
    of_one = Comparison(PlacedExhibit(shares[0].metric, "base", "n"), shares[0].metric, shares)
    assert of_one.axis == NumberLine(0, 1) and of_one.label(1) == "100%"


def test_no_line_where_nothing_differs() -> None:
    assert over(1, 1).axis is None


def checked(**claim: Any) -> ClaimView:
    return ClaimView(JudgedClaim(id="a.b", section="s", statement="S.", verdict="fails", **claim), ())


def test_stated_and_recomputed_are_drawn_from_zero() -> None:
    view = checked(
        stated="10-20x", stated_low=10, stated_high=20, computed=4.9, computed_low=4.6, computed_high=5.2
    )
    assert (view.stated, view.computed, view.axis) == ((10, 20), (4.6, 4.9, 5.2), NumberLine(0, 20))


def test_a_single_figure_is_its_own_interval() -> None:
    view = checked(stated=43, computed=56.5)
    assert (view.stated, view.computed) == ((43, 43), (56.5, 56.5, 56.5))


@pytest.mark.parametrize(
    "claim",
    [
        {"stated": "many", "computed": 3},
        {"stated": 3},
        {"stated": 1, "computed": -2},
        {"stated": 0, "computed": 0},
    ],
)
def test_nothing_is_drawn_where_bars_would_mislead(claim: dict[str, Any]) -> None:
    assert checked(**claim).axis is None


def assumption(name: str, group: str, value: Any = 1.0) -> Assumption:
    entry = Entry(
        label=f"what {name} is",
        group=group,
        value=value,
        unit="years",
        range=(0, 9),
        dist="normal" if isinstance(value, list) else None,
        description="How long it takes.",
        reference=Reference(title="t"),
        status="assumption",
    )
    return Assumption(name, entry, (), ())


def inputs(count: int) -> list[Input]:
    """So many inputs in two groups, the first of them not the register's, and one that is no assumption."""
    assumed = [assumption(f"a{i}", "money" if i % 2 else "time", [1.0, 2.0]) for i in range(count)]
    values = [Input(a.name, 3.0 if i == 0 else [1.0, 2.0], a) for i, a in enumerate(assumed)]
    return [Input("rows", 12, None), *values]


def shown(items: list[Input]) -> str:
    module: Any = build._environment(Project.default()).get_template("exhibits.j2").module
    return str(module.inputs(items, "../"))


def test_an_input_is_called_by_its_label_and_written_as_the_register_means_it() -> None:
    text = shown(inputs(2))
    assert '<a href="../assumptions.html#a1">what a1 is</a></dt><dd>1 to 2 years' in text
    assert "<dt>Rows</dt><dd>12</dd>" in text
    assert "<details" not in text


def test_of_many_inputs_those_that_differ_from_base_are_named_and_all_are_counted() -> None:
    text = shown(inputs(40))
    assert "what a0 is</a></dt><dd>3 years" in text and "what a1 is" not in text
    assert '<a href="../assumptions.html">40 assumptions</a>; those above differ' in text
