"""What all tests share: one thread, repeatable property tests, and where the real data lies."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.places import DATA, REFERENCE

# before anything imports torch: pools of threads cost more than they bring on networks this small
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("vidsumm", deadline=None, max_examples=50, derandomize=True)
settings.load_profile("vidsumm")


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of the real videos and annotations."""
    if not DATA.is_dir():
        pytest.skip(f"real data not found at {DATA}: set VIDSUMM_DATA")
    return DATA


@pytest.fixture(scope="session")
def reference() -> Path:
    """Folder of the vectors recorded from the authors' implementation."""
    if not REFERENCE.is_dir():
        pytest.skip(f"recorded vectors not found at {REFERENCE}: set VIDSUMM_REFERENCE or VIDSUMM_DATA")
    return REFERENCE
