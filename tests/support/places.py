"""Folders that the tests read from: the repository, and real data that is not part of it."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The repository."""
DATA = Path(os.environ.get("VIDSUMM_DATA", ROOT.parent / "shared" / "data"))
"""Real videos and annotations."""
REFERENCE = Path(os.environ.get("VIDSUMM_REFERENCE", DATA / "reference"))
"""Vectors recorded from the authors' implementation."""
