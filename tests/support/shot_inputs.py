"""Feature sequences with a known structure."""

import numpy as np
from numpy.typing import NDArray


def _unit(x: NDArray[np.float64]) -> NDArray[np.float32]:
    rows: NDArray[np.float32] = (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)
    return rows


def noise(seed: int, n: int, dims: int = 6) -> NDArray[np.float32]:
    """Unit rows without structure: every segmentation has its own scatter."""
    x = np.random.default_rng(seed).standard_normal((n, dims))
    return _unit(x)


def scenes(seed: int, lengths: list[int], dims: int = 16, spread: float = 0.2) -> NDArray[np.float32]:
    """Noisy unit rows around one random direction per scene."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((len(lengths), dims))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    x = np.repeat(centres, lengths, axis=0)
    x = x + spread / np.sqrt(dims) * rng.standard_normal(x.shape)
    return _unit(x)
