"""Where the tests look for what is not in the repository."""

import os
from pathlib import Path

DATA = Path(os.environ.get("VIDSUMM_DATA", Path(__file__).parents[2] / "shared" / "data"))
"""Real videos and annotations."""
REFERENCE = Path(os.environ.get("VIDSUMM_REFERENCE", DATA / "reference"))
"""Vectors recorded from the authors' implementation."""
