"""The charts that sections turn on: what they say, and that every control which is offered moves them."""

import json
from functools import partial

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from analysis import audit, scenarios
from analysis.exhibits import MIME
from analysis.figures import theme
from analysis.forecasts import methods
from analysis.models import headline, outlook, venture
from analysis.notebook import section_charts, widgets
from analysis.project import Project
from analysis.scenarios import Assumptions

ROOT = Project.default().root


@pytest.fixture(scope="module")
def assumptions() -> Assumptions:
    return scenarios.check(scenarios.resolve("base", {"draws": widgets.DRAWS}))


@pytest.fixture(scope="module")
def draws(assumptions):
    """What each notebook hands to its panel."""
    record = audit.gather(assumptions).record
    return {
        "2_key_players": section_charts.shares,
        "3_market_dynamics": partial(section_charts.revenue, record=record, segments_usd_bn=1000.0),
        "4_risks": partial(section_charts.returns, record=record),
        "5_predictions": partial(section_charts.write_downs, record=record),
        "6_verdict": partial(section_charts.returns, record=record),
    }


def panels():
    """The assumptions that each notebook with a panel offers to move, by notebook."""
    names = {}
    for path in sorted((ROOT / "notebooks").glob("[!.]*.ipynb")):
        outputs = [o for cell in json.loads(path.read_text())["cells"] for o in cell.get("outputs", [])]
        bundles = [output["data"][MIME] for output in outputs if MIME in output.get("data", {})]
        for panel in [bundle for bundle in bundles if bundle["id"].endswith(".what_if")]:
            names[path.stem] = [row["name"] for row in panel["rows"]]
    return names


OFFERED = panels()


def moved(assumptions: Assumptions, name: str) -> Assumptions:
    """The same with one assumption some stops higher, as a slider moves it; lower where that is refused."""
    entry, value = assumptions.register[name], assumptions[name]
    numbers = value if isinstance(value, list) else [value]
    stops = widgets.slider_values(entry, numbers)
    at = stops.index(numbers[-1])
    other = stops[at + 8] if at + 8 < len(stops) else stops[at - 8]
    try:
        return assumptions.with_changes(
            **{name: [*numbers[:-1], other] if isinstance(value, list) else other}
        )
    except scenarios.ParameterError:
        return assumptions.with_changes(**{name: stops[at - 4]})


def visible_parts(ax):
    """What a reader of a chart sees: its words, and its picture, small."""
    chart = theme.chart_of(ax)
    chart.set_dpi(50)
    chart.set_layout_engine("none")
    canvas = FigureCanvasAgg(chart)
    canvas.draw()
    return chart.finding, chart.subtitle, bytes(canvas.buffer_rgba())


@pytest.mark.parametrize("notebook", OFFERED)
def test_every_control_of_a_notebook_changes_its_chart(assumptions, draws, notebook):
    draw = draws[notebook]
    before = visible_parts(draw(assumptions))
    assert visible_parts(draw(assumptions)) == before  # nothing else moves it
    assert [
        name for name in OFFERED[notebook] if visible_parts(draw(moved(assumptions, name))) == before
    ] == []


def test_shares_follow_what_softbank_paid_and_no_scenario(assumptions):
    other = assumptions.with_changes(invested_usd_bn=10.0)
    assert (
        theme.chart_of(section_charts.shares(other)).finding
        == theme.chart_of(section_charts.shares(assumptions)).finding
    )


def test_a_share_that_nothing_was_added_to_stays(assumptions):
    assert (
        " stays at "
        in theme.chart_of(section_charts.shares(assumptions.with_changes(as_of="2024-12-31"))).finding
    )
    assert " rises from " in theme.chart_of(section_charts.shares(assumptions)).finding


def test_both_halves_of_the_third_prediction_come_from_the_same_draws(assumptions, draws):
    record = audit.gather(assumptions).record
    chances = {name: chance.value for name, chance in methods.third_prediction(assumptions, record).items()}
    assert 0 < chances["both"] <= chances["down"]
    assert chances["both"] == pytest.approx(chances["down"] * chances["outgrew"])
    paths = outlook.venture_paths(assumptions, record)
    table = venture.write_down_paths(paths, threshold_pct=assumptions.write_down_pct)
    table = table[table["series"] == "below cost"]
    by = table.loc[table["times_years"] <= outlook.deadline_years(assumptions)].iloc[-1]
    assert by["probability"] == pytest.approx(chances["down"])


def test_the_third_prediction_counts_the_draws_of_the_headline(assumptions):
    # one draw more than charts keep
    more = assumptions.with_changes(draws=outlook.SHOWN_DRAWS + 1)
    record = audit.gather(more).record
    down = methods.third_prediction(more, record)["down"].value
    assert down == headline.headline(more, record)["write_down_probability"].value


def test_the_needed_revenue_is_the_compounded_money_over_stake_and_multiple(assumptions):
    # 64.6 (1 + 20%)^5 = 160.75; over 13% of the equity and 8 times revenue: 154.6
    assert outlook.needed_revenue_usd_bn(assumptions.with_changes(multiple_long_run=8)) == pytest.approx(
        64.6 * 1.2**5 / 0.13 / 8
    )
