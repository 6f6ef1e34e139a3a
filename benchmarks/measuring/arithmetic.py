"""Contests of the stages that compute on arrays: shots, curves and the choice of shots."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import ruptures
from numpy.typing import NDArray

from benchmarks.measuring.contest import Contest
from benchmarks.measuring.rivals import knapsack_per_shot, one_curve_at_a_time, table_knapsack, table_kts
from vidsumm.model.sampling import SamplingOptions, sample_curves
from vidsumm.model.summdiff import SummDiff
from vidsumm.selection.knapsack import solve
from vidsumm.selection.leave_one_out import leave_one_out_values
from vidsumm.shots.kts import kts

__all__ = ["curve_contests", "invented_features", "kts_contests", "selection_contests"]

_DIM = 1024
_SHOTS = 100
_HOUR_FRAMES = 108_000
_BUDGET = 0.15
_SHORT_TABLE = 2000  # samples; with more, the table takes minutes


def invented_features(length: int, seed: int = 0) -> NDArray[np.float32]:
    """Returns (length, 1024) features like those of a video, rows of length 1.

    Scenes last 3 to 60 s at 2 fps, and the picture drifts within a scene.
    """
    rng = np.random.default_rng(seed)
    rows = np.empty((length, _DIM))
    start = 0
    while start < length:
        scene = rows[start : start + int(rng.integers(6, 120))]
        scene[:] = rng.standard_normal(_DIM) + np.cumsum(0.1 * rng.standard_normal(scene.shape), axis=0)
        start += len(scene)
    rows += 0.3 * rng.standard_normal(rows.shape)
    unit: NDArray[np.float32] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def kts_contests(length: int, *, target: float) -> Iterator[Contest]:
    """Yields contests of KTS on invented features with `ruptures`, which gets the number of shots, and with a table.

    Args:
        length: N, samples of the video.
        target: upper limit of our time divided by that of the table.
    """
    features = invented_features(length)
    ours = partial(_find_change_points, features)
    count = len(ours())
    stage, table = f"KTS, {length:,} samples", partial(table_kts, features, length - 1)
    yield Contest(
        stage, "ruptures.KernelCPD, told the count", ours, partial(_find_by_ruptures, features, count), 1.0, _equal
    )
    yield Contest(stage, "the table in NumPy", ours, table, target, _equal, is_long=length > _SHORT_TABLE)


def _find_change_points(features: NDArray[np.float32]) -> NDArray[np.int64]:
    return kts(features).change_points


def _find_by_ruptures(features: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    ends = ruptures.KernelCPD(kernel="linear", min_size=1).fit(features).predict(n_bkps=count)
    return np.array(ends[:-1], dtype=np.int64)


def curve_contests(model: SummDiff, features: NDArray[np.float32], options: SamplingOptions) -> Iterator[Contest]:
    """Yields contests of one and of a hundred curves, in ten steps with guidance, with one curve at a time."""
    guided = replace(options, steps=10, guidance=options.guidance or 1.0)
    for count, target in ((1, 1 / 3), (100, 1 / 20)):
        seeds = list(range(count))
        yield Contest(
            f"{count} curve{'s' if count > 1 else ''}, {len(features):,} frames, 10 steps, guidance",
            "one at a time, video and null video in turn",
            partial(sample_curves, model, features, seeds, guided),
            partial(one_curve_at_a_time, model, features, seeds, guided),
            target,
            _nearly_equal,
            is_long=count > 1,
        )


def selection_contests() -> Iterator[Contest]:
    """Yields contests of the knapsack of an hour with a hundred shots, and of its values without each of the shots."""
    rng = np.random.default_rng(0)
    values = rng.random(_SHOTS)
    edges = np.sort(rng.choice(np.arange(1, _HOUR_FRAMES), _SHOTS - 1, replace=False))
    lengths = np.diff(edges, prepend=0, append=_HOUR_FRAMES).astype(np.int64)
    capacity = int(_HOUR_FRAMES * _BUDGET)
    yield Contest(
        f"knapsack, {_SHOTS} shots, {_HOUR_FRAMES:,} frames",
        "a table of Python numbers",
        partial(solve, values, lengths, capacity),
        partial(table_knapsack, values.tolist(), lengths.tolist(), capacity),
        1 / 100,
        _equal,
    )
    yield Contest(
        f"knapsacks of CIS and WIR, {_SHOTS} shots",
        "two knapsacks for each shot",
        partial(leave_one_out_values, values, lengths, capacity),
        partial(knapsack_per_shot, values, lengths, capacity),
        1 / 30,
        _nearly_equal,
    )


def _equal(ours: object, other: object) -> bool:
    return np.array_equal(np.asarray(ours), np.asarray(other))


def _nearly_equal(ours: object, other: object) -> bool:
    """Returns whether both differ little on average; rounding may move a noised score to another codebook entry."""
    one, two = np.asarray(ours), np.asarray(other)
    same = one == two  # infinities too, where a shot does not fit
    return one.shape == two.shape and float(np.abs(np.where(same, 0, one) - np.where(same, 0, two)).mean()) < 1e-3
