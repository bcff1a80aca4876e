"""Sliders and what they can be set to, the chart that follows them, and the scenario that they write."""

import io
import shutil

import ipywidgets
import numpy as np
import pytest
from PIL import Image

from analysis import scenarios
from analysis.figures import charts, theme
from analysis.notebook import widgets
from analysis.project import Project
from analysis.scenarios import Entry
from tests.bench import review

NAMES = ["pool_usd_bn", "pool_share", "outsized_moic", "ceiling", "maturity_years", "write_down_years"]


def chart(assumptions):
    """A chart that says what it assumes."""
    ax = theme.axes()
    ax.plot([0, 1], [0, assumptions.central("pool_usd_bn")])
    finding = (
        f"pool {assumptions.pool_usd_bn}, share {assumptions.pool_share}, {assumptions.outsized_moic:g}x,"
        f" {assumptions.draws} draws"
    )
    return theme.set_texts(ax, finding, "subtitle", "alt")


def panel_of(assumptions, draw=chart) -> widgets.Panel:
    return widgets.Panel(draw, assumptions, NAMES)


def entry(**changes: object) -> Entry:
    content = {
        "value": 1.0,
        "unit": "u",
        "range": (0, 10),
        "description": "something to move",
        "status": "assumption",
        "reference": {"title": "t"},
        "label": "a thing",
        "group": "things",
    }
    return Entry.model_validate(content | changes)


# Stops


def test_stops_are_even_steps_over_the_range_with_the_value_among_them():
    # (10 - 0) / 60 = 0.167, rounded up to 0.2: 0, 0.2, ..., 10 and the value
    stops = widgets.slider_values(entry(value=0.33), [0.33])
    assert stops[:4] == [0, 0.2, 0.33, 0.4] and stops[-1] == 10 and len(stops) == 52


def test_stops_of_a_factor_are_even_ratios():
    lognormal = entry(value=[2.0, 3.0], dist="lognormal", range=(1, 64))
    stops = widgets.slider_values(lognormal, [2.0, 3.0])
    assert stops[0] == 1 and stops[-1] == 64 and {2.0, 3.0} <= set(stops)
    assert stops[1] == pytest.approx(64 ** (1 / 60), rel=0.01)
    wide = widgets.slider_values(entry(range=(0.1, 1000)), [1.0])  # ten thousand times: even ratios, too
    assert wide[1] == pytest.approx(0.1 * 10000 ** (1 / 60), rel=0.01)


def test_a_factor_whose_range_starts_at_zero_starts_at_a_twentieth_of_its_value():
    stops = widgets.slider_values(entry(value=[0.25, 1.5], dist="lognormal", range=(0, 50)), [0.25, 1.5])
    assert stops[0] == pytest.approx(0.0125) and stops[-1] == 50


def test_stops_of_whole_numbers_are_whole_and_steps_are_kept():
    assert widgets.slider_values(entry(value=3, range=(1, 20), integer=True), [3.0]) == list(range(1, 21))
    assert widgets.slider_values(entry(value=1.0, range=(0.5, 2), multiple_of=0.25), [1.0]) == [
        0.5,
        0.75,
        1.0,
        1.25,
        1.5,
        1.75,
        2.0,
    ]


def test_every_assumption_with_a_range_can_be_set_to_its_own_value(assumptions):
    for name, entry in assumptions.register.items():
        if entry.limits is None:
            continue
        values = entry.value if isinstance(entry.value, list) else [entry.value]
        stops = widgets.slider_values(entry, values)
        assert set(values) <= set(stops), name
        assert stops == sorted(set(stops)) and entry.limits[0] <= stops[0] and stops[-1] == entry.limits[1], (
            name
        )
        assert len(stops) <= 1300, name


# Controls


def test_a_control_starts_from_the_value_to_the_last_digit_and_comes_back_to_it(assumptions):
    panel = panel_of(assumptions)
    assert panel.changes == {} and {name: c.value for name, c in panel.controls.items()} == {
        name: assumptions[name] for name in NAMES
    }
    first = panel.picture.value
    panel.controls["pool_usd_bn"].inputs[0].value = (50, 2600)
    panel.controls["pool_share"].inputs[1].value = panel.controls["pool_share"].inputs[1].options[20][1]
    panel.controls["ceiling"].inputs[0].value = not assumptions.ceiling
    assert (
        panel.changes["pool_usd_bn"] == [50, 2600]
        and panel.changes["ceiling"] == 1 - assumptions.ceiling
        and len(panel.changes) == 3
    )
    assert "3 of 6 changed" in panel.title.value and panel.picture.value != first
    panel.reset.click()
    assert panel.changes == {} and panel.picture.value == first and panel.reset.disabled


def test_the_chart_follows_on_few_draws_and_says_before_and_now(assumptions):
    panel = panel_of(assumptions)
    assert (
        "2000 draws" in panel.findings.value
        and "Now" not in panel.findings.value
        and "2,000 draws: probabilities within 2.2 points" in panel.title.value
    )
    panel.controls["outsized_moic"].inputs[0].value = 5.0
    assert "<b>Now:</b> pool [650.0, 2600.0], share [0.1, 0.25, 0.5], 5x, 2000 draws" in panel.findings.value
    assert Image.open(io.BytesIO(panel.picture.value)).format == "PNG"


def test_what_cannot_be_drawn_is_said_and_leaves_the_last_chart(assumptions):
    def broken(assumptions):
        if assumptions.outsized_moic > 4:
            raise ValueError("too much")
        return chart(assumptions)

    panel = panel_of(assumptions, broken)
    before = panel.picture.value
    panel.controls["outsized_moic"].inputs[0].value = 5.0
    assert (
        "Not done:</b> cannot be drawn: too much" in panel.status.value
        and panel.picture.value == before
        and panel.write.disabled
    )
    panel.controls["outsized_moic"].inputs[0].value = 3.0
    panel.controls["pool_usd_bn"].inputs[0].value = (650, 650)
    assert "out of order for lognormal" in panel.status.value
    panel.controls["pool_usd_bn"].inputs[0].value = (650, 2600)
    panel.controls["write_down_years"].inputs[0].value = 6.0
    assert "6 is past horizon_years, which is 5" in panel.status.value
    panel.reset.click()
    assert panel.status.value == "" and not panel.write.disabled


@pytest.fixture
def copy(tmp_path):
    """A project with the report's register and scenarios."""
    project = Project(tmp_path)
    shutil.copytree(Project.default().params, project.params)
    return project


def test_the_form_writes_a_scenario_with_its_reasons_and_says_how_to_run_it(assumptions, copy):
    panel = widgets.Panel(chart, assumptions, NAMES, copy)
    panel.write.click()
    assert "&#x27;&#x27; is no scenario name" in panel.status.value
    panel.name.value, panel.description.value = "../x", "d"
    panel.write.click()
    assert "no scenario name" in panel.status.value
    panel.name.value = "larger"
    panel.write.click()
    assert "would change nothing" in panel.status.value
    panel.controls["outsized_moic"].inputs[0].value = 5.0
    panel.write.click()  # how the article is read is no scenario's to change
    assert "control outsized_moic: says how the article is read" in panel.status.value
    assert "Reset it." in panel.status.value
    assert not copy.scenario("larger").exists()
    panel.controls["outsized_moic"].inputs[0].value = assumptions.outsized_moic
    mode = panel.controls["pool_share"].inputs[1]
    mode.value = higher = mode.options[mode.index + 1][1]
    son = copy.scenario("son").read_bytes()
    panel.name.value = "son"
    panel.write.click()
    assert "already exists" in panel.status.value and copy.scenario("son").read_bytes() == son
    panel.name.value = "larger"
    panel.controls["pool_usd_bn"].inputs[0].value = (650, 20000)
    assert list(panel.reasons_box.children) == [panel.reasons["pool_usd_bn"], panel.reasons["pool_share"]]
    panel.reasons["pool_usd_bn"].value = "It is <large>."
    panel.write.click()
    assert "thesis run --scenario larger; compare: thesis diff base larger" in panel.status.value
    assert "reasons for pool_share are still to be filled in" in panel.status.value
    scenario = scenarios.load("larger", copy)
    assert scenario.overrides == {"pool_usd_bn": [650.0, 20000.0], "pool_share": [0.1, higher, 0.5]}
    assert scenario.because == {"pool_usd_bn": "It is <large>.", "pool_share": scenarios.NO_REASON_YET}


def test_a_notebook_of_another_day_writes_a_scenario_without_that_day(assumptions, copy):
    panel = widgets.Panel(chart, assumptions.with_changes(as_of="2026-05-21"), ["pool_usd_bn"], copy)
    panel.controls["pool_usd_bn"].inputs[0].value = (650, 20000)
    panel.name.value, panel.description.value = "larger", "More money is there."
    panel.write.click()
    assert scenarios.load("larger", copy).overrides == {"pool_usd_bn": [650.0, 20000.0]}


def test_where_only_readings_can_be_moved_there_is_no_form(assumptions):
    def offers_a_form(names):
        return any(
            isinstance(part, ipywidgets.Accordion)
            for part in widgets.Panel(chart, assumptions, names).box.children
        )

    assert assumptions.register["outsized_moic"].reading and not assumptions.register["pool_usd_bn"].reading
    assert not offers_a_form(["outsized_moic"])
    assert offers_a_form(["outsized_moic", "pool_usd_bn"])


def test_a_real_chart_moves_with_its_assumption(assumptions):
    def real(assumptions):
        return charts.simulation.outcome(
            np.linspace(0, 6, 100), {"outsized": assumptions.outsized_moic}, ax=theme.axes(grid="y")
        )

    panel = widgets.Panel(real, assumptions, ["outsized_moic"])
    first = panel.picture.value
    panel.controls["outsized_moic"].inputs[0].value = 5.0
    assert panel.picture.value != first


# How long it takes (`make bench`)


def test_the_measured_redraws_are_of_every_control_which_is_then_back_where_it_was(assumptions, monkeypatch):
    def all_of_them(assumptions):
        ax = chart(assumptions)
        return theme.set_texts(ax, str([assumptions[name] for name in NAMES]), "subtitle", "alt")

    monkeypatch.setattr(review, "ROUNDS", 1)
    panel = panel_of(assumptions, all_of_them)
    redraws = review.redraws_ms(panel)
    assert list(redraws) == NAMES
    assert min(redraws.values()) > 0
    assert panel.changes == {}


def test_a_control_that_moves_nothing_is_not_measured(assumptions, monkeypatch):
    monkeypatch.setattr(review, "ROUNDS", 1)
    with pytest.raises(AssertionError, match="ceiling"):
        review.redraws_ms(panel_of(assumptions))


def test_the_benchmark_names_the_slowest_control_and_compares_the_median_with_its_target():
    line = review.redraw_columns({"a": 30.0, "b": review.REDRAW_MS, "slow": 900.0})
    assert line.split() == ["150", "ms", "100%", "900", "ms", "slow"]
    assert review.redraw_columns({}).strip() == "no panel"


def test_a_picture_that_follows_a_control_is_not_reduced_to_few_colours(assumptions):
    """That takes as long as drawing it."""
    assert Image.open(io.BytesIO(panel_of(assumptions).picture.value)).mode == "RGB"
