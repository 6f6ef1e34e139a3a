"""Divides a video into shots, given the features of its samples."""

import numpy as np
from numpy.typing import NDArray

from vidsumm.config import ShotConfig
from vidsumm.shots.bounds import bound_shots
from vidsumm.shots.changepoint import kernel_cpd, pelt
from vidsumm.shots.kts import kts
from vidsumm.shots.scatter import require_features
from vidsumm.shots.uniform import uniform

__all__ = ["bounded_shots", "find_change_points", "segment"]

_KTS_WINDOW_SAMPLES = 14_400  # two hours at two samples per second: keeps KTS within 2 GiB
_PRUNED_WINDOW_SAMPLES = 1_800  # kernelcpd and pelt cannot prune in a still picture; this bounds their time
_UNIFORM_SHOT_S = 5.0  # the benchmark's mean shot


def segment(features: NDArray[np.floating], *, config: ShotConfig, fps: float) -> NDArray[np.int64]:
    """Divides a video into shots: `find_change_points`, then `bounded_shots`.

    Args:
        features: (N, D) float32, one row of unit length for each sample.
        config: method, penalty, and bounds on the length of shots.
        fps: samples per second.

    Returns:
        (M, 2) int64 sample ranges [start, end), in order, that cover 0..N-1 without overlap.

    Raises:
        InputError: the features are not a finite (N, D) matrix with N >= 1.
    """
    return bounded_shots(find_change_points(features, config=config, fps=fps), features, config=config, fps=fps)


def find_change_points(features: NDArray[np.floating], *, config: ShotConfig, fps: float) -> NDArray[np.int64]:
    """Finds the samples with which new shots begin, whatever the length of the shots.

    KTS may place at most one change point in every two shortest shots, and only as many as a vertex of its scatter
    curve has: in footage where every frame differs, its penalty alone would prefer to cut between all samples.

    More than 14,400 samples (1,800 for kernelcpd and pelt) are segmented window by window. A window begins at the
    last change point of the window before it, so it adds a border of its own only if it has no change point.

    Args:
        features: (N, D) float32, one row of unit length for each sample.
        config: method and penalty; the shortest shot limits how many change points there may be.
        fps: samples per second.

    Returns:
        (K,) int64 ascending, in 1..N-1.

    Raises:
        InputError: the features are not a finite (N, D) matrix with N >= 1.
    """
    require_features(features)
    return _in_windows(features, config, fps)


def bounded_shots(
    change_points: NDArray[np.int64], features: NDArray[np.floating], *, config: ShotConfig, fps: float
) -> NDArray[np.int64]:
    """Returns the shots between change points, none shorter or longer than allowed (see `bound_shots`).

    Args:
        change_points: (K,) int64 ascending, in 1..N-1.
        features: (N, D) float32, one row for each sample.
        config: bounds on the length of shots.
        fps: samples per second.

    Returns:
        (M, 2) int64 sample ranges [start, end), in order, that cover 0..N-1 without overlap.
    """
    n = len(features)
    bounds = {"min_len": config.min_shot_s * fps, "max_len": config.max_shot_s * fps}
    inner = bound_shots(change_points, n, features=features, **bounds)
    edges = np.concatenate([[0], inner, [n]]).astype(np.int64)
    return np.stack([edges[:-1], edges[1:]], axis=1)


def _change_points(features: NDArray[np.floating], config: ShotConfig, fps: float) -> NDArray[np.int64]:
    match config.segmenter:
        case "kts":
            most = int(len(features) / max(1.0, 2 * config.min_shot_s * fps))
            return kts(features, penalty=config.penalty, max_count=most, vertices_only=True).change_points
        case "kernelcpd":
            return kernel_cpd(features, config.penalty)
        case "pelt":
            return pelt(features, config.penalty)
        case "uniform":
            shot_s = min(max(_UNIFORM_SHOT_S, config.min_shot_s), config.max_shot_s)
            return uniform(len(features), shot_s * fps)


def _in_windows(features: NDArray[np.floating], config: ShotConfig, fps: float) -> NDArray[np.int64]:
    size = _KTS_WINDOW_SAMPLES if config.segmenter == "kts" else _PRUNED_WINDOW_SAMPLES
    start, found = 0, [np.empty(0, dtype=np.int64)]
    while True:
        window = features[start : start + size]
        inner = start + _change_points(window, config, fps)
        found.append(inner)
        if start + len(window) == len(features):
            return np.concatenate(found)
        if len(inner) == 0:
            found.append(np.array([start + len(window)]))
        start = int(found[-1][-1])
