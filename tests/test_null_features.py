import gc
from pathlib import Path

import numpy as np
import pytest

from tests.support.eccv16 import CHANNELS
from vidsumm.errors import InputError
from vidsumm.null_features import read_null_features


def test_null_features_are_one_vector_or_the_mean_of_several(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(5, CHANNELS))
    np.save(tmp_path / "one.npy", rows[0])
    np.save(tmp_path / "five.npy", rows)
    assert read_null_features(tmp_path / "one.npy") == pytest.approx(rows[0], rel=1e-6)
    assert read_null_features(tmp_path / "five.npy") == pytest.approx(rows.mean(axis=0), rel=1e-5)
    assert read_null_features(tmp_path / "five.npy").dtype == np.float32


@pytest.mark.parametrize(
    "value",
    [np.array(["a"]), np.zeros(0), np.zeros((2, 2, 2)), np.array([1, np.nan]), np.array([{}], object)],
    ids=str,
)
def test_other_arrays_are_refused(tmp_path: Path, value: np.ndarray) -> None:
    np.save(tmp_path / "null.npy", value)
    with pytest.raises(InputError, match=r"null\.npy"):
        read_null_features(tmp_path / "null.npy")


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.npy").write_text("1 2 3")
    np.savez(tmp_path / "many.npz", a=np.zeros(3))
    for name in ("text.npy", "many.npz", "absent.npy"):
        with pytest.raises(InputError, match=name):
            read_null_features(tmp_path / name)
    gc.collect()  # a file that is left open fails this test, not a later one


def test_a_header_that_promises_more_than_the_file_holds_is_refused(tmp_path: Path) -> None:
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,), }".ljust(117) + b"\n"
    (tmp_path / "null.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(64))
    with pytest.raises(InputError, match=r"null\.npy"):
        read_null_features(tmp_path / "null.npy")
