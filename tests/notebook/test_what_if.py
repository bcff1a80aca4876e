import io
import json
import sys

import ipywidgets
import pytest
from PIL import Image

from analysis import scenarios
from analysis.errors import ParameterError
from analysis.figures import futures, theme
from analysis.notebook import what_if, widgets
from analysis.scenarios import Entry

NAMES = ["pool_usd_bn", "pool_share", "outsized_moic", "ceiling", "maturity_years", "write_down_years"]


@pytest.fixture
def assumptions() -> scenarios.Assumptions:
    return scenarios.check(scenarios.resolve("base"))


@pytest.fixture
def shown(monkeypatch):
    outputs = []
    monkeypatch.setattr(what_if.display, "display", lambda bundle, raw: outputs.append(bundle))
    monkeypatch.setattr(widgets, "display", lambda bundle, raw: outputs.append(bundle))
    monkeypatch.delenv(what_if.LIVE, raising=False)
    return outputs


def chart(assumptions):
    """A chart that says what it was given."""
    ax = theme.axes()
    ax.plot([0, 1], [0, assumptions.central("pool_usd_bn")])
    words = (
        f"pool {assumptions.pool_usd_bn}, share {assumptions.pool_share}, {assumptions.outsized_moic:g}x,"
        f" {assumptions.draws} draws"
    )
    return theme.set_texts(ax, words, "subtitle", "alt")


def panel(assumptions, draw=chart) -> widgets.Panel:
    return widgets.Panel(draw, assumptions, NAMES)


def entry(**changes: object) -> Entry:
    content = {
        "value": 1.0,
        "unit": "u",
        "range": (0, 10),
        "description": "something to move",
        "status": "assumption",
        "reference": {"title": "t"},
        "used_by": ["a"],
    }
    return Entry.model_validate(content | changes)


# What is stored and published


def test_without_anybody_there_it_is_a_table_that_says_how_to_go_live(assumptions, shown):
    assert what_if.panel("s.what_if", chart, assumptions, NAMES) is None
    [bundle] = shown
    exhibit = bundle["application/vnd.thesis.exhibit+json"]
    assert [row["name"] for row in exhibit["rows"]] == NAMES
    assert [row["value"] for row in exhibit["rows"]] == [
        "650 to 2600 (p5, p95)",
        "0.1 to 0.5, mode 0.25",
        "3",
        "1",
        "10",
        "3",
    ]
    assert exhibit["rows"][0]["range"] == "50 to 20000" and "make review" in exhibit["note"]
    assert "What if?" in bundle["text/plain"] and "<table" in bundle["text/html"]


def test_with_somebody_there_the_widget_is_an_output_of_its_own(assumptions, shown, monkeypatch):
    monkeypatch.setenv(what_if.LIVE, "1")
    made = what_if.panel("s.what_if", chart, assumptions, NAMES)
    table, widget = shown
    assert list(widget) == [widgets.VIEW] and widget[widgets.VIEW]["model_id"] == made.box.model_id
    assert json.dumps(widget) and widgets.VIEW not in table


@pytest.mark.parametrize(
    ("names", "said"),
    [(["nothing"], "nothing: is not declared here"), (["as_of"], "as_of: has no range to move in")],
)
def test_what_cannot_be_moved_is_refused(assumptions, shown, names, said):
    with pytest.raises(ParameterError, match=said):
        what_if.panel("s.what_if", chart, assumptions, names)


def test_controls_without_their_library_are_refused_in_a_line(assumptions, shown, monkeypatch):
    monkeypatch.setattr(what_if.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(
        ParameterError, match=r"s\.what_if: needs ipywidgets, which is not installed. Run `make review`"
    ):
        what_if.panel("s.what_if", chart, assumptions, NAMES, live=True)


def test_the_static_part_imports_no_widgets():
    import subprocess

    code = "import sys; from analysis.notebook import what_if; sys.exit('ipywidgets' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Stops


def test_stops_are_even_steps_over_the_range_with_the_value_among_them():
    # (10 - 0) / 60 = 0.167, rounded up to 0.2: 0, 0.2, ..., 10 and the value
    found = what_if.slider_values(entry(value=0.33), [0.33])
    assert found[:4] == [0, 0.2, 0.33, 0.4] and found[-1] == 10 and len(found) == 52


def test_stops_of_a_factor_are_even_ratios():
    lognormal = entry(value=[2.0, 3.0], dist="lognormal", range=(1, 64))
    found = what_if.slider_values(lognormal, [2.0, 3.0])
    assert found[0] == 1 and found[-1] == 64 and {2.0, 3.0} <= set(found)
    assert found[1] == pytest.approx(64 ** (1 / 60), rel=0.01)
    wide = what_if.slider_values(entry(range=(0.1, 1000)), [1.0])  # ten thousand times: even ratios, too
    assert wide[1] == pytest.approx(0.1 * 10000 ** (1 / 60), rel=0.01)


def test_a_factor_whose_range_starts_at_zero_starts_at_a_twentieth_of_its_value():
    found = what_if.slider_values(entry(value=[0.25, 1.5], dist="lognormal", range=(0, 50)), [0.25, 1.5])
    assert found[0] == pytest.approx(0.0125) and found[-1] == 50


def test_stops_of_whole_numbers_are_whole_and_steps_are_kept():
    assert what_if.slider_values(entry(value=3, range=(1, 20), integer=True), [3.0]) == list(range(1, 21))
    assert what_if.slider_values(entry(value=1.0, range=(0.5, 2), multiple_of=0.25), [1.0]) == [
        0.5,
        0.75,
        1.0,
        1.25,
        1.5,
        1.75,
        2.0,
    ]


def test_every_assumption_with_a_range_can_stand_where_it_stands(assumptions):
    for name, one in assumptions.register.items():
        if one.limits is None:
            continue
        values = one.value if isinstance(one.value, list) else [one.value]
        found = what_if.slider_values(one, values)
        assert set(values) <= set(found), name
        assert found == sorted(set(found)) and one.limits[0] <= found[0] and found[-1] == one.limits[1], name
        assert len(found) <= 1300, name


# Controls


def test_a_control_stands_at_the_value_to_the_last_digit_and_comes_back_to_it(assumptions):
    made = panel(assumptions)
    assert made.changes == {} and {name: c.value for name, c in made.controls.items()} == {
        name: assumptions[name] for name in NAMES
    }
    first = made.picture.value
    made.controls["pool_usd_bn"].parts[0].value = (50, 2600)
    made.controls["pool_share"].parts[1].value = made.controls["pool_share"].parts[1].options[20][1]
    made.controls["ceiling"].parts[0].value = False
    assert (
        made.changes["pool_usd_bn"] == [50, 2600] and made.changes["ceiling"] == 0 and len(made.changes) == 3
    )
    assert "3 of 6 changed" in made.title.value and made.picture.value != first
    made.reset.click()
    assert made.changes == {} and made.picture.value == first and made.reset.disabled


def test_the_chart_follows_on_few_draws_and_says_before_and_now(assumptions):
    made = panel(assumptions)
    assert (
        "2000 draws" in made.words.value
        and "Now" not in made.words.value
        and "2,000 draws: probabilities within 2.2 points" in made.title.value
    )
    made.controls["outsized_moic"].parts[0].value = 5.0
    assert "<b>Now:</b> pool [650.0, 2600.0], share [0.1, 0.25, 0.5], 5x, 2000 draws" in made.words.value
    assert Image.open(io.BytesIO(made.picture.value)).format == "PNG"


def test_what_cannot_be_drawn_is_said_and_leaves_the_last_chart(assumptions):
    def broken(assumptions):
        if assumptions.outsized_moic > 4:
            raise ValueError("too much")
        return chart(assumptions)

    made = panel(assumptions, broken)
    before = made.picture.value
    made.controls["outsized_moic"].parts[0].value = 5.0
    assert (
        "Not done:</b> cannot be drawn: too much" in made.status.value
        and made.picture.value == before
        and made.write.disabled
    )
    made.controls["outsized_moic"].parts[0].value = 3.0
    made.controls["pool_usd_bn"].parts[0].value = (650, 650)
    assert "out of order for lognormal" in made.status.value
    made.controls["pool_usd_bn"].parts[0].value = (650, 2600)
    made.controls["write_down_years"].parts[0].value = 6.0
    assert "6 is past horizon_years, which is 5" in made.status.value
    made.reset.click()
    assert made.status.value == "" and not made.write.disabled


def test_the_form_writes_a_scenario_with_its_reasons_and_says_how_to_run_it(assumptions, tmp_path):
    for path in scenarios.PARAMS.glob("*.yml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    made = widgets.Panel(chart, assumptions, NAMES, tmp_path)
    made.write.click()
    assert "&#x27;&#x27; is no scenario name" in made.status.value
    made.name.value, made.description.value = "../x", "d"
    made.write.click()
    assert "no scenario name" in made.status.value
    made.name.value = "larger"
    made.write.click()
    assert "would change nothing" in made.status.value
    made.controls["outsized_moic"].parts[0].value = 5.0
    made.write.click()  # how the article is read is no scenario's to change
    assert "control outsized_moic: says how the article is read" in made.status.value
    assert "Reset it." in made.status.value
    assert not (tmp_path / "larger.yml").exists()
    made.controls["outsized_moic"].parts[0].value = assumptions.outsized_moic
    mode = made.controls["pool_share"].parts[1]
    mode.value = higher = mode.options[mode.index + 1][1]
    son = (tmp_path / "son.yml").read_bytes()
    made.name.value = "son"
    made.write.click()
    assert "is there already" in made.status.value and (tmp_path / "son.yml").read_bytes() == son
    made.name.value = "larger"
    made.controls["pool_usd_bn"].parts[0].value = (650, 20000)
    assert list(made.why.children) == [made.reasons["pool_usd_bn"], made.reasons["pool_share"]]
    made.reasons["pool_usd_bn"].value = "It is <large>."
    made.write.click()
    assert "thesis run --scenario larger; compare: thesis diff base larger" in made.status.value
    assert "reasons for pool_share are still to be filled in" in made.status.value
    found = scenarios.load("larger", tmp_path)
    assert found.overrides == {"pool_usd_bn": [650.0, 20000.0], "pool_share": [0.1, higher, 0.5]}
    assert found.because == {"pool_usd_bn": "It is <large>.", "pool_share": scenarios.NO_REASON_YET}


def test_a_notebook_of_another_day_writes_a_scenario_without_that_day(assumptions, tmp_path):
    for path in scenarios.PARAMS.glob("*.yml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    made = widgets.Panel(chart, assumptions.with_changes(as_of="2026-05-21"), ["pool_usd_bn"], tmp_path)
    made.controls["pool_usd_bn"].parts[0].value = (650, 20000)
    made.name.value, made.description.value = "larger", "More money is there."
    made.write.click()
    assert scenarios.load("larger", tmp_path).overrides == {"pool_usd_bn": [650.0, 20000.0]}


def test_where_only_readings_can_be_moved_there_is_no_form(assumptions):
    def offers_a_form(names):
        return any(
            isinstance(part, ipywidgets.Accordion)
            for part in widgets.Panel(chart, assumptions, names).box.children
        )

    assert assumptions.register["outsized_moic"].reading and not assumptions.register["pool_usd_bn"].reading
    assert not offers_a_form(["outsized_moic"])
    assert offers_a_form(["outsized_moic", "pool_usd_bn"])


def test_a_real_chart_moves_with_its_pinned_assumption(assumptions):
    import numpy as np

    def real(assumptions):
        return futures.outcome(
            np.linspace(0, 6, 100), {"outsized": assumptions.outsized_moic}, ax=theme.axes(grid="y")
        )

    made = widgets.Panel(real, assumptions, ["outsized_moic"])
    first = made.picture.value
    made.controls["outsized_moic"].parts[0].value = 5.0
    assert made.picture.value != first
