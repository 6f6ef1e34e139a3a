from pathlib import Path

import numpy as np
import pytest

from benchmarks.endurance import endure

pytestmark = pytest.mark.slow


def test_nothing_grows_one_after_the_other(tmp_path: Path) -> None:
    found = endure(tmp_path, rounds=3, each=2, at_once=1)
    assert found.alike
    assert len(set(found.handles[1:].tolist())) == 1
    assert found.threads[-1] <= found.threads[0]
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_nothing_grows_side_by_side(tmp_path: Path) -> None:
    found = endure(tmp_path, rounds=2, each=4, at_once=4)
    assert found.alike
    assert np.ptp(found.handles) <= 1
    assert found.summaries == 8
