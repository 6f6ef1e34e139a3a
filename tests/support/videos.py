"""Invented videos, shots and curves: what the stages need, without a file or a network."""

import dataclasses
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.support.video_info import make_info
from vidsumm.pipeline.analysis import Shots
from vidsumm.pipeline.choice import ShotBudget
from vidsumm.video.info import VideoInfo

TIME_BASE = Fraction(1, 1000)


def video_info(intervals_ms: Sequence[int], keys: Sequence[int] = (0,)) -> VideoInfo:
    """Returns the info of a video whose frames last the given milliseconds; `keys` are indices of key frames."""
    pts = 500 + np.concatenate([[0], np.cumsum(intervals_ms)]).astype(np.int64)
    info = make_info(pts[:-1], TIME_BASE, rate=Fraction(25), last=intervals_ms[-1], keys=keys)
    return dataclasses.replace(info, path=Path("holiday.mp4"), is_vfr=len(set(intervals_ms)) > 1)


def shots_at(info: VideoInfo, first_frames: Sequence[int]) -> Shots:
    """Shots that begin at the given frames, the first of them 0; one sample for each frame."""
    frames = np.stack([first_frames, [*first_frames[1:], len(info.frame_pts)]], axis=1).astype(np.int64)
    edges_s = np.append(info.frame_times_s, info.duration_s)
    return Shots(frames, frames, edges_s[frames])


def even_budget(shots: int, capacity: int) -> ShotBudget:
    """Shots of one sample and one tick, a tick a second."""
    edges = np.arange(shots + 1)
    return ShotBudget(
        np.stack([edges[:-1], edges[1:]], axis=1), np.ones(shots, np.int64), capacity, 1.0, float(capacity)
    )


def seeded_curves(seeds: Sequence[int], *, length: int, levels: int = 1000) -> NDArray[np.float32]:
    """A curve for each seed, in (0, 1); few levels make many ties and repeated selections."""
    rows = [np.random.default_rng(seed).integers(1, levels + 1, length) for seed in seeds]
    curves: NDArray[np.float32] = (np.stack(rows) / (levels + 1)).astype(np.float32)
    return curves
