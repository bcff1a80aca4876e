"""A kernel starts with none of the settings that a shell holds for Jupyter, IPython and matplotlib."""

import json
import os
import sys
from pathlib import Path

import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_core import paths

from analysis.batch import environment, pool
from analysis.project import VARIABLE, Project

ROOT = Project.default().root


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of settings of a process that a batch starts, in whose environment the test runs."""
    home = tmp_path / "home"
    other = home / "kernels" / "python3" / "kernel.json"
    other.parent.mkdir(parents=True)
    other.write_text(json.dumps({"argv": ["other"], "display_name": "Other", "language": "python"}))
    for name in (
        "JUPYTER_PATH",
        "JUPYTER_CONFIG_PATH",
        "JUPYTER_DATA_DIR",
        "JUPYTER_CONFIG_DIR",
        "IPYTHONDIR",
    ):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
    return tmp_path / "ours"


def test_nothing_of_the_user_s_stands_on_jupyters_paths_and_python3_is_this_interpreter(
    started: Path, tmp_path: Path
) -> None:
    environment.write_kernelspec(started)
    with pool._variables(environment.variables(started, ROOT)):
        searched = [*paths.jupyter_path(), *paths.jupyter_config_path(), paths.jupyter_runtime_dir()]
        assert not [path for path in searched if Path(path).is_relative_to(tmp_path / "home")]
        assert KernelSpecManager().get_kernel_spec("python3").argv[0] == sys.executable


@pytest.mark.parametrize(
    "name",
    [
        "JUPYTER_DEFAULT_PROVISIONER_NAME",
        "JUPYTER_TOKEN",
        "JUPYTERLAB_DIR",
        "JUPYTER_PLATFORM_DIRS",
        "JPY_SESSION_NAME",
        "IPYTHON_SUPPRESS_CONFIG_ERRORS",
        "MATPLOTLIBRC",
        "MPLBACKEND",
        "PYTHONSTARTUP",
        "THESIS_FIGURES",
    ],
)
def test_a_setting_is_dropped_while_a_process_starts_and_stands_again_then(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "the user's")
    with pool._variables({}):
        assert name not in os.environ
    assert os.environ[name] == "the user's"


def test_a_kernel_reads_the_project_that_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "elsewhere")
    with pool._variables(environment.variables(Path("ours"), ROOT)):
        assert Project.default() == Project(ROOT)


def test_what_is_no_setting_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "C.UTF-8")
    with pool._variables(environment.variables(Path("ours"), ROOT)):
        assert os.environ["LANG"] == "C.UTF-8"
