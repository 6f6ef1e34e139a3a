"""Random pictures to extract features from."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

ReadFrame = Callable[[str, int, int], NDArray[np.uint8]]
"""(path of a clip below videos/, frame index, size) -> the frame as (1, size, size, 3) uint8."""


def pictures(count: int, size: int, seed: int = 0) -> NDArray[np.uint8]:
    """Random pictures (count, size, size, 3) uint8 with the 1/f spectrum and the correlated colours of photographs."""
    rng = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None])
    spectrum = np.fft.rfft2(rng.standard_normal((count, 4, size, size))) / (frequency + 1 / size)
    noise = np.fft.irfft2(spectrum, s=(size, size))
    noise /= noise.std(axis=(-2, -1), keepdims=True)
    grey, colours = noise[:, :1], noise[:, 1:]
    values = 120 + 50 * grey + 20 * colours
    return np.clip(values, 0, 255).astype(np.uint8).transpose(0, 2, 3, 1)
