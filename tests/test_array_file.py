from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from vidsumm.array_file import DamagedError, Entry, pack, read

if TYPE_CHECKING:
    from numpy.typing import NDArray

IDENTITY = {"format": "test/1"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    arrays: dict[str, NDArray[Any]] = {
        "a": np.arange(6, dtype=np.int64).reshape(2, 3)[:, ::2],
        "b": np.zeros(0, np.float32),
    }
    (tmp_path / "file").write_bytes(pack(IDENTITY, Entry(arrays, {"name": "é", "list": [1, None, 0.1]})))
    return tmp_path / "file"


def test_arrays_and_facts_come_back(path: Path) -> None:
    entry = read(path, IDENTITY)
    assert entry.facts == {"name": "é", "list": [1, None, 0.1]}
    assert entry.arrays["a"].tolist() == [[0, 2], [3, 5]]
    assert entry.arrays["b"].dtype == np.float32
    assert entry.arrays["b"].shape == (0,)


def test_another_identity_is_refused(path: Path) -> None:
    with pytest.raises(DamagedError, match="something else"):
        read(path, {"format": "test/2"})


@pytest.mark.parametrize("place", [9, -1])
def test_a_changed_byte_is_noticed(place: int, path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    with pytest.raises(DamagedError):
        read(path, IDENTITY)


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not arrays")
    with pytest.raises(DamagedError):
        read(tmp_path / "text", IDENTITY)
    with pytest.raises(OSError, match="nothing"):
        read(tmp_path / "nothing", IDENTITY)
