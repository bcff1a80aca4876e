"""The table of assumptions that is stored, and when controls come with it."""

import json
import sys

import pytest

from analysis.errors import ParameterError
from analysis.exhibits import MIME
from analysis.figures import theme
from analysis.notebook import what_if, widgets

NAMES = ["pool_usd_bn", "pool_share", "outsized_moic", "ceiling", "maturity_years", "write_down_years"]


@pytest.fixture
def outputs(monkeypatch):
    outputs = []
    monkeypatch.setattr(what_if.display, "display", lambda bundle, raw: outputs.append(bundle))
    monkeypatch.setattr(widgets, "display", lambda bundle, raw: outputs.append(bundle))
    monkeypatch.delenv(what_if.LIVE, raising=False)
    return outputs


def chart(assumptions):
    """A chart that says what it assumes."""
    return theme.set_texts(theme.axes(), f"pool {assumptions.pool_usd_bn}", "subtitle", "alt")


def test_without_anybody_there_it_is_a_table_that_says_how_to_go_live(assumptions, outputs):
    assert what_if.panel("s.what_if", chart, assumptions, NAMES) is None
    [bundle] = outputs
    exhibit = bundle[MIME]
    assert [row["name"] for row in exhibit["rows"]] == NAMES
    assert [row["value"] for row in exhibit["rows"]] == [
        "650 to 2600 (p5, p95)",
        "0.1 to 0.5, mode 0.25",
        "3",
        str(assumptions.ceiling),
        "10",
        "3",
    ]
    assert exhibit["rows"][0]["range"] == "50 to 20000" and "make review" in exhibit["note"]
    assert "What if?" in bundle["text/plain"] and "<table" in bundle["text/html"]


def test_with_somebody_there_the_widget_is_an_output_of_its_own(assumptions, outputs, monkeypatch):
    monkeypatch.setenv(what_if.LIVE, "1")
    panel = what_if.panel("s.what_if", chart, assumptions, NAMES)
    table, widget = outputs
    assert list(widget) == [widgets.VIEW] and widget[widgets.VIEW]["model_id"] == panel.box.model_id
    assert json.dumps(widget) and widgets.VIEW not in table


@pytest.mark.parametrize(
    ("names", "message"),
    [(["nothing"], "nothing: is not declared here"), (["as_of"], "as_of: has no range to move in")],
)
def test_what_cannot_be_moved_is_refused(assumptions, outputs, names, message):
    with pytest.raises(ParameterError, match=message):
        what_if.panel("s.what_if", chart, assumptions, names)


def test_controls_without_their_library_are_refused_in_a_line(assumptions, outputs, monkeypatch):
    monkeypatch.setattr(what_if.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(
        ParameterError, match=r"s\.what_if: needs ipywidgets, which is not installed. Run `make review`"
    ):
        what_if.panel("s.what_if", chart, assumptions, NAMES, live=True)


def test_the_static_part_imports_no_widgets():
    import subprocess

    code = "import sys; from analysis.notebook import what_if; sys.exit('ipywidgets' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
