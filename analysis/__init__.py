"""One published investment thesis, recomputed: what it says, what follows, and how sure we are."""

import os
from pathlib import Path

ROOT_VARIABLE = "THESIS_ROOT"
"""The environment variable that names the project where the package lies outside of one."""

ROOT = Path(os.environ.get(ROOT_VARIABLE) or Path(__file__).parents[1]).resolve()
"""The project: `THESIS_ROOT`, else the checkout that this package was loaded from; every default path starts
here.
"""
