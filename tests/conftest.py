"""What all tests share: one thread, repeatable property tests, the marker `quick`, and where the real data is."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.places import DATA, REFERENCE

# before anything imports torch: pools of threads cost more than they bring on networks this small
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("vidsumm", deadline=None, max_examples=50, derandomize=True)
settings.load_profile("vidsumm")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks every test that is not slow as quick."""
    for item in items:
        if item.get_closest_marker("slow") is None:
            item.add_marker("quick")


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache folder in place of the user's own, which tests neither read nor write."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VIDSUMM_CACHE", str(folder))
        yield folder


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
