"""One published investment thesis, recomputed: what it says, what follows, and how sure we are."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The checkout that this package was loaded from; every default path of the project starts here."""
