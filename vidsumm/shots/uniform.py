"""Shots of equal length, whatever they show."""

import math

import numpy as np
from numpy.typing import NDArray

from vidsumm.errors import ConfigError

__all__ = ["equal_parts", "uniform"]


def equal_parts(start: int, end: int, parts: int) -> NDArray[np.int64]:
    """Returns (parts - 1,) int64 inner edges that divide start..end-1 into parts of equal size, to within a sample."""
    return start + (np.arange(1, parts, dtype=np.int64) * (end - start)) // parts


def uniform(n: int, length: float) -> NDArray[np.int64]:
    """Returns the change points that divide n samples into the fewest equal segments of at most `length` samples.

    No segment is shorter than one sample.

    Args:
        n: number of samples.
        length: longest segment, samples.

    Raises:
        ConfigError: the length is not above zero.
    """
    if not length > 0:
        raise ConfigError(f"shots of {length!r} samples are not possible", remedy="give a length above zero")
    return equal_parts(0, n, max(1, min(n, math.ceil(n / length))))
