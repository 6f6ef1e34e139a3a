"""Turns changes of scene into shots: bounded in length, with borders on whole frames."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vidsumm.config import ShotConfig
from vidsumm.pipeline.analysis import Analysis
from vidsumm.shots.segment import bounded_shots
from vidsumm.video.info import VideoInfo
from vidsumm.video.sampling import SamplePlan

__all__ = ["Shots", "join_shots", "place_shots"]


@dataclass(frozen=True, eq=False)
class Shots:
    """The shots of one or several videos; row i is the same shot in all arrays."""

    source: NDArray[np.int64]
    """(M,) index of the video that each shot is from, ascending."""
    samples: NDArray[np.int64]
    """(M, 2) sample ranges [start, end), counted over all videos. They cover all samples in order; only a shot that was
    divided between two samples shares one with its neighbour."""
    frames: NDArray[np.int64]
    """(M, 2) frames of its video [first, last), covering all frames; only a still picture may be in two shots."""
    times_s: NDArray[np.float64]
    """(M, 2) seconds since the first frame of its video [start, end)."""


def place_shots(analysis: Analysis, config: ShotConfig) -> Shots:
    """Returns the shots of a video, none shorter or longer than allowed, with borders on whole frames.

    A change of scene lies somewhere between the last sample of one shot and the first sample of the next. Encoders put
    key frames where scenes change, so the last key frame in between becomes the border. Without one, the border is the
    first sample of the next shot.

    Args:
        analysis: the video.
        config: bounds on the length of shots.
    """
    fps = 1.0 / analysis.samples.step_s
    ranges = bounded_shots(analysis.change_points, analysis.features, config=config, fps=fps)
    has_found_borders = analysis.shot_settings.segmenter != "uniform"
    return _on_frames(analysis.info, analysis.samples, ranges[:, 0], use_keys=has_found_borders)


def join_shots(parts: Sequence[Shots], samples: Sequence[int]) -> Shots:
    """Returns the shots of several videos as those of one; `samples` counts the samples of each video."""
    if len(parts) == 1:
        return parts[0]
    before = np.cumsum([0, *samples[:-1]])
    return Shots(
        np.concatenate([np.full(len(shots.source), k, dtype=np.int64) for k, shots in enumerate(parts)]),
        np.concatenate([shots.samples + first for shots, first in zip(parts, before, strict=True)]),
        np.concatenate([shots.frames for shots in parts]),
        np.concatenate([shots.times_s for shots in parts]),
    )


def _on_frames(info: VideoInfo, plan: SamplePlan, starts: NDArray[np.int64], *, use_keys: bool) -> Shots:
    """Places the borders of shots that begin with the samples `starts` (M,), of which the first is 0, on frames."""
    borders = plan.frame_idx[starts]
    borders[0] = 0
    keys = np.searchsorted(info.frame_pts, info.key_pts)
    if use_keys and len(keys):
        borders = _move_to_key_frames(borders, plan.frame_idx[np.maximum(starts - 1, 0)], keys)
    kept = np.flatnonzero(np.diff(borders, prepend=-1) > 0)  # two samples of one frame cannot lie in different shots
    first, begin = borders[kept], starts[kept]
    frames = np.stack([first, np.append(first[1:], len(info.frame_pts))], axis=1)
    samples = np.stack([begin, np.append(begin[1:], len(plan.grid_s))], axis=1)
    edges_s = np.append(info.frame_times_s, info.duration_s)
    return Shots(np.zeros(len(kept), dtype=np.int64), samples, frames, edges_s[frames])


def _move_to_key_frames(
    borders: NDArray[np.int64], before: NDArray[np.int64], keys: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Moves each border back to the last key frame after the sample before it, where there is one."""
    place = np.searchsorted(keys, borders, side="right") - 1
    nearest = keys[np.maximum(place, 0)]
    return np.where((place >= 0) & (nearest > before), nearest, borders)
