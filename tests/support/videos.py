"""Invented videos, shots and curves: what the stages need, without a file or a network."""

import dataclasses
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.support.video_info import make_info
from vidsumm.array_file import array_sha256
from vidsumm.config import DecodeConfig, FeatureConfig, SelectConfig, ShotConfig
from vidsumm.pipeline.analysis import Analysis, FeatureOrigin
from vidsumm.pipeline.draws import ShotBudget, shot_budget
from vidsumm.pipeline.shots import Shots
from vidsumm.pipeline.source import Source
from vidsumm.pipeline.spans import MarkedShots
from vidsumm.progress import Log
from vidsumm.shots.segment import find_change_points
from vidsumm.video.info import VideoInfo
from vidsumm.video.sampling import plan_samples

TIME_BASE = Fraction(1, 1000)


def video_info(intervals_ms: Sequence[int], keys: Sequence[int] = (0,)) -> VideoInfo:
    """Returns the info of a video whose frames last the given milliseconds; `keys` are indices of key frames."""
    pts = 500 + np.concatenate([[0], np.cumsum(intervals_ms)]).astype(np.int64)
    info = make_info(pts[:-1], TIME_BASE, rate=Fraction(25), last=intervals_ms[-1], keys=keys)
    return dataclasses.replace(info, path=Path("holiday.mp4"), is_vfr=len(set(intervals_ms)) > 1)


def scenes(lengths: Sequence[int]) -> NDArray[np.float32]:
    """Unit features that jump from one direction to the next, as many samples of each as asked for."""
    rows = np.repeat(np.arange(len(lengths)), lengths)
    return np.eye(len(lengths), dtype=np.float32)[rows]


def make_analysis(
    info: VideoInfo, features: NDArray[np.float32], config: ShotConfig | None = None, *, name: str = "holiday.mp4"
) -> Analysis:
    """Returns the analysis of a video with these features, one row for each sample at two samples a second."""
    config = config or ShotConfig()
    samples = plan_samples(info, 2.0)
    return Analysis(
        source=Source(dataclasses.replace(info, path=Path(name)), "5e" * 32, (1, 2)),
        samples=samples,
        features=features,
        off_s=np.zeros(len(features)),
        change_points=find_change_points(features, config=config, fps=2.0),
        thumbnails=np.zeros((2, 9, 16, 3), dtype=np.uint8),
        thumbnail_times_s=np.array([0.0, 0.5]),
        decoder="pyav",
        origin=FeatureOrigin("tiny:00000000:2fps", "7f" * 32, "cpu", "float32"),
        decode=DecodeConfig(),
        feature_settings=FeatureConfig(),
        shot_settings=config,
        versions={"vidsumm": "0.1.0"},
        content=f"{name} {array_sha256(features)}",
        log=Log((), (), {"probe": 0.5}),
    )


def shots_at(info: VideoInfo, first_frames: Sequence[int]) -> Shots:
    """Shots that begin at the given frames, the first of them 0; one sample for each frame."""
    frames = np.stack([first_frames, [*first_frames[1:], len(info.frame_pts)]], axis=1).astype(np.int64)
    edges_s = np.append(info.frame_times_s, info.duration_s)
    return Shots(np.zeros(len(frames), np.int64), frames, frames, edges_s[frames])


def marked(shots: Shots, pinned: Sequence[int] = (), banned: Sequence[int] = ()) -> MarkedShots:
    """Shots of which some are pinned or banned."""
    rows = np.arange(len(shots.source))
    return MarkedShots(shots, np.isin(rows, pinned), np.isin(rows, banned))


def budget_of(info: VideoInfo, shots: MarkedShots, config: SelectConfig) -> ShotBudget:
    """The knapsack problem of a video."""
    limit_s = config.budget_s(info.duration_s)
    return shot_budget(shots, interval_s=info.duration_s / len(info.frame_pts), limit_s=limit_s)


def even_budget(shots: int, capacity: int, pinned: Sequence[int] = (), banned: Sequence[int] = ()) -> ShotBudget:
    """Shots of one sample and one tick, a tick a second."""
    edges = np.arange(shots + 1)
    ranges = np.stack([edges[:-1], edges[1:]], axis=1)
    found = Shots(np.zeros(shots, np.int64), ranges, ranges, ranges.astype(np.float64))
    return ShotBudget(marked(found, pinned, banned), np.ones(shots, np.int64), capacity, 1.0, float(capacity))


def seeded_curves(seeds: Sequence[int], *, length: int, levels: int = 1000) -> NDArray[np.float32]:
    """A curve for each seed, in (0, 1); few levels make many ties and repeated selections."""
    rows = [np.random.default_rng(seed).integers(1, levels + 1, length) for seed in seeds]
    curves: NDArray[np.float32] = (np.stack(rows) / (levels + 1)).astype(np.float32)
    return curves
