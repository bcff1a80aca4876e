"""A forked kernel does what a stock one does: the same outcome, outputs and error markers, by notebook.

Those of `tests/notebooks/conformance` that end in an error, or end their kernel, do so in one way each. The
others go through what kernels offer, by topic, in cells named after what they use: what has to meet a fresh
kernel comes first. Plain papermill executes each on both. What the forks have preloaded is what these
notebooks import, as it is in a batch. That the notebooks of the report come out the same on both is shown
where stored outputs are compared: forked kernels made them, nbval executes them on stock ones.
"""

import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import papermill
import pytest

from analysis.batch import provisioner

MATERIAL = Path(__file__).parents[1] / "notebooks" / "conformance"
CASES = sorted(path.stem for path in MATERIAL.glob("*.ipynb"))
SECONDS = {"out_of_time": 2}
"""Time limits of cells that never end; others get two minutes."""

DIFFER = {
    "loaded": "What was preloaded is in sys.modules before it is imported; that is the point.",
    "command-line": (
        "The kernel lists the command line of what it was forked from; sys.argv and sys.orig_argv are its"
        " own."
    ),
    "proc-environ": (
        "/proc shows the environment that a process was started with; os.environ and child processes have its"
        " own."
    ),
    "frozen": (
        "Objects of preloaded modules are out of the garbage collector's sight, so that pages stay shared."
    ),
}
"""What is not the same: the cells of `differs`, with the reason."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the notebooks and two kernels, alike but for how they start."""
    root = tmp_path_factory.mktemp("conformance")
    names = provisioner.imports(sorted(MATERIAL.glob("*.ipynb")))
    assert {"seaborn", "matplotlib.pyplot", "ipywidgets", "statsmodels.api"} <= set(names)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    environment = {
        provisioner.PRELOAD: ",".join(names),
        "OPENBLAS_NUM_THREADS": "1",
        "IPYTHONDIR": str(root / "ipython"),
    }
    for name, start in (("stock", "local-provisioner"), ("forked", provisioner.NAME)):
        spec_dir = root / "jupyter" / "kernels" / name
        spec_dir.mkdir(parents=True)
        (spec_dir / "kernel.json").write_text(
            json.dumps(
                {
                    "argv": argv,
                    "display_name": name,
                    "language": "python",
                    "env": environment,
                    "metadata": {"kernel_provisioner": {"provisioner_name": start}},
                }
            )
        )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(root / "jupyter"))
        patch.delenv("MPLBACKEND", raising=False)
        yield root
    provisioner.end()


class Executed(NamedTuple):
    """How papermill ended on a notebook, and what it saved, without times, names and numbers of processes."""

    error: str
    cells: dict[str, Any]
    metadata: dict[str, Any]


def executed(folder: Path, name: str, kernel: str) -> Executed:
    """Execute a notebook on a kind of kernel."""
    sources, saved, error = folder / "notebooks", folder / f"{name}.{kernel}.ipynb", "succeeded"
    shutil.copytree(MATERIAL, sources)
    try:
        papermill.execute_notebook(
            sources / f"{name}.ipynb",
            saved,
            kernel_name=kernel,
            cwd=sources,
            progress_bar=False,
            execution_timeout=SECONDS.get(name, 120),
        )
    except Exception as reason:
        error = f"{type(reason).__name__}: {reason}"
    source_ids = [cell["id"] for cell in json.loads((sources / f"{name}.ipynb").read_text())["cells"]]
    shutil.rmtree(sources)
    content = json.loads(saved.read_text())
    del content["metadata"]["kernelspec"], content["metadata"]["papermill"]
    for number, cell in enumerate(content["cells"]):
        if cell["id"] not in source_ids:  # a note of papermill
            cell["id"] = f"note-{number}"
        cell["metadata"].pop("execution", None)
        times = cell["metadata"].pop("papermill", {})
        cell["metadata"]["papermill"] = {key: times.get(key) for key in ("exception", "status")}
        cell["outputs"] = _settled(cell.get("outputs", []))
    plain = json.loads(_without_chance(json.dumps(content, ensure_ascii=False)))
    for kind in plain["metadata"].get("widgets", {}).values():  # by number, which is drawn at random
        kind["state"] = sorted(json.dumps(state) for state in kind["state"])
    cells = {cell["id"]: cell for cell in plain["cells"]}
    return Executed(_without_chance(error), cells, plain["metadata"])


def _settled(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Outputs without what is a matter of time: the pieces of a stream, and which of two comes first."""
    settled: list[dict[str, Any]] = []
    streams: dict[str, dict[str, Any]] = {}
    for output in outputs:
        if output["output_type"] == "stream":
            stream = streams.setdefault(output["name"], output | {"text": ""})
            stream["text"] += "".join(output["text"])
        else:
            settled += [streams[name] for name in sorted(streams)] + [output]
            streams = {}
    return settled + [streams[name] for name in sorted(streams)]


def _without_chance(text: str) -> str:
    """A text without what differs between two runs on stock kernels, too."""
    text = re.sub(r"ipykernel_\d+", "ipykernel_N", text)
    text = re.sub(r"\b[0-9a-f]{32}\b|0x[0-9a-f]{6,}", "ID", text)  # models of widgets, addresses
    text = re.sub(r"<StreamHandler \d+", "<StreamHandler N", text)  # the number of a file
    text = re.sub(r"T_[0-9a-f]{5}|#T_[0-9a-f]{5}", "T_ID", text)  # tables of pandas
    return re.sub(r"[0-9][0-9.e+]* [mµμn]?s\b", "TIME", text)


@pytest.mark.parametrize("name", CASES)
def test_a_forked_kernel_does_what_a_stock_one_does(folder: Path, name: str) -> None:
    stock, forked = (executed(folder, name, kernel) for kernel in ("stock", "forked"))
    (parent,) = provisioner.parents()
    assert parent.status() == {"kernels": [], "left_out": {}, "refused": []}  # it was forked, and has ended
    if name == "differs":
        assert forked.error == stock.error == "succeeded"
        alike = [cell for cell, outputs in forked.cells.items() if outputs == stock.cells[cell]]
        assert alike == [], "these do not differ any more: take them out of the notebook and the table"
        assert list(forked.cells) == list(DIFFER)
        (printed,) = forked.cells["loaded"]["outputs"]
        assert printed["text"] == "['numpy', 'pandas', 'matplotlib', 'seaborn']\n"
    else:
        assert forked == stock
