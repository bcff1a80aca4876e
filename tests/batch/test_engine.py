"""What is on disk while a notebook runs, and that in the end it is what papermill writes."""

import json
import re
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest

from analysis.batch import engine
from tests.small_project import NOTEBOOKS


@pytest.fixture(autouse=True)
def _threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a batch sets, and good.ipynb prints."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def execute(source: Path, target: Path, **options: Any) -> None:
    papermill.execute_notebook(source, target, cwd=target.parent, progress_bar=False, **options)


def without_times(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text())
    content["metadata"].pop("papermill")
    for cell in content["cells"]:
        cell["metadata"].pop("execution", None)
        times = cell["metadata"].pop("papermill", {})
        cell["metadata"]["papermill"] = {name: times.get(name) for name in ("status", "exception")}
        cell.pop("id")
    return content


@pytest.mark.parametrize(
    "name", ["good", "dies", *(pytest.param(name, marks=pytest.mark.slow) for name in ("raises", "exits"))]
)
def test_what_is_kept_is_what_papermill_keeps(tmp_path: Path, name: str) -> None:
    """In form, too: the last save is papermill's own, so laying a notebook out once more changes no byte."""
    errors = []
    for engine_name in (None, engine.ENGINE):
        target = tmp_path / f"{engine_name}.ipynb"
        try:
            execute(NOTEBOOKS / f"{name}.ipynb", target, engine_name=engine_name)
            errors.append("")
        except Exception as reason:
            errors.append(f"{type(reason).__name__}: {reason}")
    stock, ours = tmp_path / "None.ipynb", tmp_path / f"{engine.ENGINE}.ipynb"
    assert errors[0].replace("ipykernel_", "")[:60] == errors[1].replace("ipykernel_", "")[:60]
    saved = [without_times(path) for path in (stock, ours)]
    for cell in [cell for content in saved for cell in content["cells"] if name == "dies"]:
        for key in ("execution_count", "outputs"):  # whether a dying kernel's last words get out is chance
            cell.pop(key, None)
    texts = [json.dumps(content, sort_keys=True) for content in saved]
    assert len({re.sub(r"ipykernel_\d+", "", text) for text in texts}) == 1
    for path in (stock, ours):
        text = path.read_text()
        assert text == nbformat.writes(nbformat.reads(text, as_version=4))


def test_while_a_cell_runs_all_that_came_before_it_is_on_disk(tmp_path: Path) -> None:
    source = json.loads((NOTEBOOKS / "good.ipynb").read_text())
    cells = [
        "print('first')",
        "from pathlib import Path\nimport time\nwhile not Path('go').exists(): time.sleep(0.05)",
    ]
    source["cells"] = [
        {
            "cell_type": "code",
            "id": f"c{i}",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": text,
        }
        for i, text in enumerate(cells)
    ]
    (tmp_path / "source.ipynb").write_text(json.dumps(source))
    target = tmp_path / "target.ipynb"
    seen: list[dict[str, Any]] = []

    def look() -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if target.exists():
                content = json.loads(target.read_text())  # never a part of it
                if content["cells"][1]["metadata"].get("papermill", {}).get("status") == "running":
                    seen.append(content)
                    break
            time.sleep(0.01)
        (tmp_path / "go").touch()

    watcher = threading.Thread(target=look)
    watcher.start()
    execute(tmp_path / "source.ipynb", target, engine_name=engine.ENGINE)
    watcher.join()
    first, second = seen[0]["cells"]
    assert first["outputs"] == [{"name": "stdout", "output_type": "stream", "text": "first\n"}]
    assert (first["metadata"]["papermill"]["status"], second["metadata"]["papermill"]["status"]) == (
        "completed",
        "running",
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["go", "source.ipynb", "target.ipynb"]


def test_a_cell_is_saved_once_and_not_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """good.ipynb has four cells: a save as the notebook starts, one as each cell does, and two at its end."""
    saved = {"ours": 0, "papermill": 0}
    ours, theirs = engine.storage.write_text, papermill.iorw.papermill_io.write

    def count(who: str, write: Any) -> Any:
        def counted(*arguments: Any) -> None:
            saved[who] += 1
            write(*arguments)

        return counted

    monkeypatch.setattr(engine.storage, "write_text", count("ours", ours))
    monkeypatch.setattr(papermill.iorw.papermill_io, "write", count("papermill", theirs))
    shutil.copy(NOTEBOOKS / "good.ipynb", tmp_path / "source.ipynb")
    execute(tmp_path / "source.ipynb", tmp_path / "target.ipynb", engine_name=engine.ENGINE)
    assert saved == {"ours": 5, "papermill": 2}
