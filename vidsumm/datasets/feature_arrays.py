"""The feature array of one video in an HDF5 file: checked before it is read, and read as float32."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from vidsumm.datasets.hdf5 import MAX_ARRAY_BYTES, own_dataset
from vidsumm.datasets.layout import sample_count

__all__ = ["as_float32", "read_features", "require_features", "require_finite"]


def require_features(group: Any, dim: int | None) -> Any:
    """Returns the data set `features` of a video, (N, C) numbers, checked but not yet read.

    Args:
        group: group of the video.
        dim: C; None where any will do.

    Raises:
        KeyError, TypeError: missing, or not in the file itself.
        ValueError: another shape, not numbers, or impossibly large.
    """
    stored, count = own_dataset(group, "features"), sample_count(group)
    shape = stored.shape
    if stored.dtype.kind not in "iuf" or shape is None or len(shape) != 2:
        raise ValueError("features are not a table of numbers")
    if shape[0] != count:
        raise ValueError(f"features have {shape[0]} rows for {count} samples")
    if shape[1] != dim and dim is not None:
        raise ValueError(f"features have {shape[1]} channels, not {dim}")
    if shape[0] * shape[1] * 4 > MAX_ARRAY_BYTES:
        raise ValueError(f"features are of an impossible size, {shape}")
    return stored


def read_features(group: Any, dim: int | None) -> NDArray[np.float32]:
    """Reads the features of a video, (N, C) float32.

    Raises:
        KeyError, TypeError, ValueError: see `require_features`; or a value is not finite.
    """
    return require_finite(as_float32(require_features(group, dim)[()]))


def require_finite(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns the same values if all of them are finite.

    Raises:
        ValueError: one of them is not finite.
    """
    if not np.isfinite(values).all():
        raise ValueError("features are not finite")
    return values


def as_float32(values: NDArray[Any]) -> NDArray[np.float32]:
    """Returns the values as float32. Half precision is converted by torch, which takes a seventh of NumPy's time."""
    if values.dtype == np.float16 and values.dtype.isnative:
        widened: NDArray[np.float32] = torch.from_numpy(values).float().numpy()
        return widened
    return np.asarray(values, dtype=np.float32)
