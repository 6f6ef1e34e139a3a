"""Keeps the length of shots between two bounds."""

import math

import numpy as np
from numpy.typing import NDArray

from vidsumm.errors import ConfigError
from vidsumm.shots.scatter import prefix_sums
from vidsumm.shots.uniform import equal_parts

__all__ = ["bound_shots"]

_ROUNDING = 1e-9  # lengths are seconds times a rate, and 0.7 * 10 must count as 7 samples


def bound_shots(
    change_points: NDArray[np.int64],
    n: int,
    *,
    min_len: float,
    max_len: float,
    features: NDArray[np.floating] | None = None,
) -> NDArray[np.int64]:
    """Joins shots that are too short, then divides those that are too long.

    Joining: the shortest shot below `min_len` (the earliest of several) joins the neighbour whose mean feature is
    nearer, without features the shorter neighbour; ties go to the shorter, then to the earlier one. This repeats until
    no shot is too short or one is left. Dividing: a shot above `max_len` becomes the fewest parts within `max_len`,
    equal up to one sample. Where whole samples cannot keep both bounds, the shortest length is kept and the longest
    exceeded by less than one sample; no shot is shorter than one sample.

    Args:
        change_points: (m,) int64 ascending, in 1..n-1.
        n: number of samples.
        min_len: shortest length in samples, zero or more; at most half of `max_len`.
        max_len: longest length in samples, above zero.
        features: (n, D), one row for each sample; None joins by length alone.

    Returns:
        (k,) int64 ascending change points; every shot has at least `min_len` samples, unless n is less.

    Raises:
        ConfigError: the bounds exclude each other.
    """
    if not 0 <= 2 * min_len <= max_len or not max_len > 0:
        raise ConfigError(
            f"shots of {min_len:g} to {max_len:g} samples are not possible",
            remedy="make `max_shot_s` at least twice `min_shot_s`",
        )
    shortest = max(1, math.ceil(min_len - _ROUNDING))
    edges = np.concatenate([[0], change_points, [n]]).astype(np.int64)
    return _divide(_join(edges, shortest, features), shortest, max_len)


def _join(edges: NDArray[np.int64], shortest: int, features: NDArray[np.floating] | None) -> NDArray[np.int64]:
    """Removes edges until no shot is shorter than `shortest` or one shot is left."""
    sums = None if features is None else prefix_sums(features)
    while len(edges) > 2:
        lengths = np.diff(edges)
        shot = int(lengths.argmin())
        if lengths[shot] >= shortest:
            break
        edges = np.delete(edges, shot + _joins_next(edges, shot, sums))
    return edges


def _joins_next(edges: NDArray[np.int64], shot: int, sums: NDArray[np.float64] | None) -> bool:
    """Returns whether a shot joins the next one rather than the one before it."""
    if shot == 0 or shot == len(edges) - 2:
        return shot == 0
    around = edges[shot - 1 : shot + 3]
    lengths = np.diff(around)
    if sums is not None:
        before, own, after = np.diff(sums[around], axis=0) / lengths[:, None]
        to_before, to_after = np.linalg.norm(own - before), np.linalg.norm(own - after)
        if not math.isclose(to_before, to_after, rel_tol=_ROUNDING):
            return bool(to_after < to_before)
    return bool(lengths[2] < lengths[0])


def _divide(edges: NDArray[np.int64], shortest: int, max_len: float) -> NDArray[np.int64]:
    """Adds edges inside shots longer than `max_len`; returns all inner edges."""
    inner = [edges[1:-1]]
    for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        wanted = math.ceil((end - start) / max_len - _ROUNDING)
        inner.append(equal_parts(start, end, max(1, min(wanted, (end - start) // shortest))))
    return np.sort(np.concatenate(inner))
