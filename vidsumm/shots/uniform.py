"""Shots of equal length, whatever is seen in them."""

import math

import numpy as np
from numpy.typing import NDArray

from vidsumm.errors import ConfigError

__all__ = ["equal_parts", "uniform"]


def equal_parts(start: int, end: int, parts: int) -> NDArray[np.int64]:
    """(parts - 1,) int64 inner edges that cut start..end-1 into parts whose sizes differ by one sample at most."""
    return start + (np.arange(1, parts, dtype=np.int64) * (end - start)) // parts


def uniform(n: int, length: float) -> NDArray[np.int64]:
    """Change points that divide n samples into the fewest equal segments of at most `length` samples.

    Segments never get shorter than one sample.

    Raises:
        ConfigError: a length that is not above zero.
    """
    if not length > 0:
        raise ConfigError(f"shots of {length!r} samples are not possible", remedy="give a length above zero")
    return equal_parts(0, n, max(1, min(n, math.ceil(n / length))))
