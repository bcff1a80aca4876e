"""Which of the user's settings reach a kernel or JupyterLab? None of Jupyter's, IPython's or matplotlib's.

Decisions
- Variables of Jupyter, IPython and matplotlib are dropped by how their names begin: a list of names would
  miss the next one.
- Their folders lie in one of ours, so that no configuration, start-up file, kernel or matplotlibrc of the
  user's is read.
- `python3` is this very interpreter. Its kernelspec comes first on Jupyter's path, so that no other kernel
  of that name wins.
- Linear algebra has one thread, so that results and speed do not depend on how many there are.
- The kernels of a batch write down what they read (`cache.watch`), from before their first cell on: IPython
  runs a start-up file in our folder, which leaves no name behind. JupyterLab has none.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from analysis.batch import reads
from analysis.batch.execute import KERNELSPEC
from analysis.project import VARIABLE

SETTINGS = (
    "IPY",
    "JPY_",
    "JUPYTER",
    "MATPLOTLIB",
    "MPL",
    "PYTHONSTARTUP",
    "THESIS_FIGURES",
    reads.VARIABLE,
    "THESIS_REVIEW",
)
"""How the variables begin that a shell may hold and that would change what a notebook shows or how it is
opened.
"""

THREADS = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")


def is_setting(name: str) -> bool:
    """Whether a variable is one of `SETTINGS`."""
    return name.startswith(SETTINGS)


def variables(folder: Path, root: Path) -> dict[str, str]:
    """The variables to set where those of `SETTINGS` are dropped.

    Parameters
    ----------
    folder : Path
        Our folder for what Jupyter, IPython and matplotlib read and write.
    root : Path
        The project that notebooks read, whose package the kernels import if it has one.
    """
    path = [str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
    jupyter = str(folder / "jupyter")
    return {f"{library}_NUM_THREADS": "1" for library in THREADS} | {
        "PYTHONPATH": os.pathsep.join(path),
        VARIABLE: str(root),
        "JUPYTER_PATH": jupyter,
        "JUPYTER_DATA_DIR": jupyter,
        "JUPYTER_CONFIG_DIR": jupyter,
        "IPYTHONDIR": str(folder / "ipython"),
        "MPLCONFIGDIR": str(folder / "matplotlib"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def write_kernelspec(folder: Path, provisioner: str | None = None) -> None:
    """Make this interpreter the kernel of `variables` for this folder, started by the named provisioner."""
    target = folder / "jupyter" / "kernels" / KERNELSPEC["name"]
    target.mkdir(parents=True)
    spec: dict[str, object] = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": KERNELSPEC["display_name"],
        "language": KERNELSPEC["language"],
    }
    if provisioner:
        spec["metadata"] = {"kernel_provisioner": {"provisioner_name": provisioner}}
    (target / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")


def write_start_up_file(folder: Path) -> None:
    """Make the kernels of this folder write down what they read, in the file that `reads.VARIABLE` names."""
    target = folder / "ipython" / "profile_default" / "startup"
    target.mkdir(parents=True)
    watch = f"__import__('analysis.cache').cache.watch(__import__('os').environ[{reads.VARIABLE!r}])\n"
    (target / "00-watch.py").write_text(watch, encoding="utf-8")
