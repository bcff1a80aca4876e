"""Importing the charts imports what all of them need, and no more."""

import subprocess
import sys


def test_importing_the_charts_loads_no_library_that_only_some_of_them_use():
    """A second in a process of its own: this one has loaded everything by now."""
    code = (
        "import sys; from analysis.figures import charts;"
        " print({'seaborn', 'scipy.stats', 'statsmodels', 'ipywidgets'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout == "set()\n"
