"""Invented videos, shots and curves: what the stages need, without a file or a network."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vidsumm.pipeline.analysis import Shots
from vidsumm.pipeline.choice import ShotBudget
from vidsumm.video.info import VideoInfo, VideoStream

TIME_BASE = Fraction(1, 1000)


def video_info(intervals_ms: Sequence[int], keys: Sequence[int] = (0,)) -> VideoInfo:
    """A video whose frames last the given milliseconds; `keys` are indices of key frames."""
    pts = 500 + np.concatenate([[0], np.cumsum(intervals_ms)]).astype(np.int64)
    stream = VideoStream(
        index=0,
        codec="h264",
        width=64,
        height=36,
        sample_aspect_ratio=Fraction(1),
        rotation=0,
        pixel_format="yuv420p",
        time_base=TIME_BASE,
        average_rate=Fraction(25),
        real_rate=Fraction(25),
    )
    return VideoInfo(
        path=Path("holiday.mp4"),
        container="mov,mp4,m4a,3gp,3g2,mj2",
        size_bytes=1000,
        video=stream,
        audio=None,
        frame_pts=pts[:-1],
        key_pts=pts[np.asarray(keys, dtype=np.int64)],
        end_pts=int(pts[-1]),
        is_vfr=len(set(intervals_ms)) > 1,
    )


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
