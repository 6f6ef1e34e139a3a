"""Chooses the frames that the network looks at: samples at a fixed rate, planned before anything is decoded."""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from vidsumm.video.info import VideoInfo

__all__ = ["SamplePlan", "plan_samples"]

_MAX_EARLY_S = 0.02
"""A frame may begin at most this much after the instant that it stands for."""
_ROUNDING_TICKS = 1e-3
"""Added to comparisons of ticks, so that ties do not depend on the rounding of floats."""


@dataclass(frozen=True)
class SamplePlan:
    """Which frame stands for each instant of a regular grid. N samples, U distinct frames."""

    grid_s: NDArray[np.float64]
    """(N,) the instants k / fps before the end of the video, seconds."""
    frame_idx: NDArray[np.int64]
    """(N,) index into `VideoInfo.frame_pts` of the frame that stands for each instant."""
    unique_idx: NDArray[np.int64]
    """(U,) the distinct values of `frame_idx`, ascending: the frames to decode."""
    inverse: NDArray[np.int64]
    """(N,) position of each sample's frame in `unique_idx`."""
    off_s: NDArray[np.float64]
    """(N,) seconds between each sample's frame and the one on display at its instant; not 0 for key frames only."""

    @property
    def step_s(self) -> float:
        """Seconds between two instants; 1 if there is only one."""
        return float(self.grid_s[1] - self.grid_s[0]) if len(self.grid_s) > 1 else 1.0


def plan_samples(info: VideoInfo, fps: float, *, is_fast: bool = False) -> SamplePlan:
    """Chooses the frame on display at every k / fps seconds, at least one frame; with `is_fast`, a key frame near it.

    A frame that begins up to half a usual frame interval after the instant (at most 20 ms, and at most a quarter of the
    step) counts as being on display already: sampled at 2 fps, a video of 30000/1001 fps then gives the frames
    0, 15, 30 ... and not 0, 14, 29 ...

    With `is_fast`, the nearest key frame takes the place of each frame if every frame of the video has a key frame
    within half a step. Otherwise the plan is the same as without.

    Args:
        info: the probed video.
        fps: samples per second.
        is_fast: prefer key frames, which can be decoded without any other frame.
    """
    ticks_per_s = float(1 / info.video.time_base)
    pts = (info.frame_pts - info.frame_pts[0]).astype(np.float64)
    duration = (info.end_pts - int(info.frame_pts[0])) * info.video.time_base
    grid_s = np.arange(max(1, math.ceil(duration * Fraction(fps).limit_denominator(1_000_000)))) / fps
    interval = float(np.median(np.diff(pts))) if len(pts) > 1 else 1.0
    early = max(min(interval / 2, min(_MAX_EARLY_S, 0.25 / fps) * ticks_per_s) - _ROUNDING_TICKS, _ROUNDING_TICKS)
    on_display = np.searchsorted(pts, grid_s * ticks_per_s + early, side="right").astype(np.int64) - 1
    use_keys = is_fast and _has_close_key_frames(info, 1 / fps)
    frame_idx = _nearest_key_frames(info, on_display) if use_keys else on_display
    times_s = info.frame_times_s
    unique_idx, inverse = np.unique(frame_idx, return_inverse=True)
    off_s = np.abs(times_s[frame_idx] - times_s[on_display])
    return SamplePlan(grid_s, frame_idx, unique_idx, inverse.astype(np.int64), off_s)


def _has_close_key_frames(info: VideoInfo, step_s: float) -> bool:
    """Returns whether every frame has a key frame within half a step."""
    edges = np.concatenate([info.frame_pts[:1], info.key_pts, info.frame_pts[-1:]])
    gaps = np.diff(edges)
    gaps[[0, -1]] *= 2  # before the first key frame and after the last, only one is near
    return len(info.key_pts) > 0 and float(gaps.max()) * float(info.video.time_base) <= step_s


def _nearest_key_frames(info: VideoInfo, frame_idx: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns the index of the key frame nearest to each frame, the earlier one if two are equally near."""
    keys, own = np.searchsorted(info.frame_pts, info.key_pts), info.frame_pts[frame_idx]
    place = np.searchsorted(info.key_pts, own)
    earlier, later = np.maximum(place - 1, 0), np.minimum(place, len(keys) - 1)
    is_later = np.abs(info.key_pts[later] - own) < np.abs(own - info.key_pts[earlier])
    return keys[np.where(is_later, later, earlier)].astype(np.int64)
