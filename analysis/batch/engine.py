"""How is a notebook saved while it runs, so that nothing is lost and little time goes into it?

Decisions
- Papermill's own engine and manager, but for `save`: theirs rewrites, validates and lays out the whole
  notebook twice a cell, for one with large outputs a third of its time. Here it is plain JSON in one line,
  once a cell: the output of a cell is saved as the next one starts, since both happen at once.
- It is written to another file and renamed: whoever is killed leaves a notebook that can be read.
- The last save is papermill's own, so what is stored is what papermill writes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

from analysis.batch import storage

ENGINE = "thesis"


class _Manager(NotebookExecutionManager):  # type: ignore[misc]
    """Saves often, at little cost, until the end."""

    output_path: str | None
    nb: Any
    _last = False

    def save(self, **kwargs: Any) -> None:
        """Save what there is; as papermill does at the end."""
        if self._last or not self.output_path:
            super().save(**kwargs)
            return
        storage.write_text(Path(self.output_path), json.dumps(kwargs.get("nb") or self.nb))
        self.last_save_time = self.now()

    def cell_complete(self, cell: Any, cell_index: int | None = None, **kwargs: Any) -> None:
        """Note the end of a cell; the start of the next one saves it, or the end of the notebook."""
        path, self.output_path = self.output_path, None
        try:
            super().cell_complete(cell, cell_index, **kwargs)
        finally:
            self.output_path = path

    def notebook_complete(self, **kwargs: Any) -> None:
        """Note the end of the notebook, and save it for good."""
        self._last = True
        super().notebook_complete(**kwargs)


class Engine(NBClientEngine):  # type: ignore[misc]
    """Papermill's engine with that manager."""

    @classmethod
    def execute_notebook(
        cls, nb: Any, kernel_name: str, output_path: str | None = None, **options: Any
    ) -> Any:
        """Execute a notebook, and keep its state in `output_path` meanwhile."""
        manager_options = ("progress_bar", "log_output", "autosave_cell_every")
        manager = _Manager(
            nb, output_path, **{name: options.pop(name) for name in manager_options if name in options}
        )
        manager.notebook_start()
        try:
            cls.execute_managed_notebook(manager, kernel_name, **options)
        finally:
            manager.cleanup_pbar()
            manager.notebook_complete()
        return manager.nb


papermill_engines.register(ENGINE, Engine)
