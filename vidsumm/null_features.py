"""Reads the features of a black frame, which are those of the null video of classifier-free guidance."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vidsumm.errors import InputError

__all__ = ["read_null_features"]

_MAX_BYTES = 1 << 30
"""Larger arrays are refused before they are read."""


def read_null_features(path: Path) -> NDArray[np.float32]:
    """Reads (C,) features of a black frame from a .npy file: an array (C,), or the mean of several, (N, C).

    Raises:
        InputError: the file cannot be read or holds something else.
    """
    try:
        stored = np.lib.format.open_memmap(path, mode="r")  # unlike np.load it leaves no archive open
        if stored.dtype.kind not in "iuf" or stored.ndim not in (1, 2):
            raise ValueError("not a table of numbers")
        if not stored.size or stored.nbytes > _MAX_BYTES or not np.isfinite(stored).all():
            raise ValueError("empty, too large or not finite")
    except (OSError, ValueError, TypeError, EOFError, MemoryError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"{path}: not a .npy file with the features of a black frame: {reason}",
            remedy="give an array of shape (C,) or (N, C)",
        ) from error
    null: NDArray[np.float32] = np.atleast_2d(stored).mean(axis=0, dtype=np.float64).astype(np.float32)
    return null
