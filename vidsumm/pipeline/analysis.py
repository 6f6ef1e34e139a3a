"""From a probed video to features, shots and thumbnails."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vidsumm.config import ShotConfig, SummarizeConfig
from vidsumm.features.backbones import Backbone
from vidsumm.features.extractor import extract
from vidsumm.shots.segment import segment
from vidsumm.video.frames import FrameBatch, SamplePlan, open_frames
from vidsumm.video.info import VideoInfo
from vidsumm.video.thumbnails import ThumbnailKeeper

__all__ = ["FrameDescription", "Shots", "describe_frames", "find_shots"]

THUMBNAILS = 32
"""Frames kept for the picture; the widest one shows 24."""


@dataclass(frozen=True, eq=False)
class FrameDescription:
    """What the network saw at each sample."""

    features: NDArray[np.float32]
    """(N, D)."""
    thumbnails: NDArray[np.uint8]
    """(T, h, w, 3) RGB in display aspect."""
    thumbnail_times_s: NDArray[np.float64]
    """(T,)."""
    decoder: str
    """The decoder that delivered the last frame."""
    off_s: NDArray[np.float64]
    """(N,) how many seconds before or after the frame on display the one that was looked at is shown."""


@dataclass(frozen=True, eq=False)
class Shots:
    """The shots of a video on its three clocks; row i is the same shot in each."""

    samples: NDArray[np.int64]
    """(M, 2) sample ranges [start, end), covering all samples."""
    frames: NDArray[np.int64]
    """(M, 2) source frames [first, last), covering all frames."""
    times_s: NDArray[np.float64]
    """(M, 2) seconds [start, end)."""


def describe_frames(
    info: VideoInfo,
    plan: SamplePlan,
    backbone: Backbone,
    config: SummarizeConfig,
    *,
    on_progress: Callable[[int], None],
    on_notice: Callable[[str], None],
) -> FrameDescription:
    """Decodes the planned frames and describes them, decoding and network side by side.

    Raises:
        DecodeError: the frames cannot be decoded.
    """
    total = len(plan.unique_idx)
    keeper = ThumbnailKeeper(total, THUMBNAILS, info.display_size)
    source = open_frames(
        info,
        plan,
        size=backbone.spec.input_size,
        decoder=config.decode.decoder,
        stall_s=config.decode.stall_s,
        on_notice=on_notice,
        is_fast=config.decode.fast,
        memory_bytes=int(config.limits.max_memory_gb * 1e9),
    )
    with source:
        values = extract(
            backbone,
            _watched(source, keeper),
            total=total,
            batch_size=config.features.batch_size,
            on_progress=on_progress,
        )
        off_s = plan.off_s + np.array(source.off_s)[plan.inverse]
        return FrameDescription(values[plan.inverse], *keeper.result(), source.decoder, off_s)


def _watched(source: Iterable[FrameBatch], keeper: ThumbnailKeeper) -> Iterator[NDArray[np.uint8]]:
    for batch in source:
        keeper.see(batch.idx, batch.times_s, batch.frames)
        yield batch.frames


def find_shots(info: VideoInfo, plan: SamplePlan, features: NDArray[np.float32], config: ShotConfig) -> Shots:
    """Shots from features, on whole frames.

    A change of scene lies somewhere between the last sample of a shot and the first one of the next. Encoders put key
    frames where scenes change, so a key frame in between is taken as the border; else the next shot's first sample is.

    Args:
        info: the video.
        plan: the samples.
        features: (N, D), one row for each sample.
        config: method and bounds.
    """
    fps = 1.0 / (plan.grid_s[1] - plan.grid_s[0]) if len(plan.grid_s) > 1 else 1.0
    samples = segment(features, config=config, fps=fps)
    starts = samples[:, 0]
    borders = plan.frame_idx[starts]
    borders[0] = 0
    keys = np.searchsorted(info.frame_pts, info.key_pts)
    if config.segmenter != "uniform" and len(keys):
        borders = _at_key_frames(borders, plan.frame_idx[np.maximum(starts - 1, 0)], keys)
    kept = np.flatnonzero(np.diff(borders, prepend=-1) > 0)  # samples of one frame cannot be parted
    first = borders[kept]
    frames = np.stack([first, np.append(first[1:], len(info.frame_pts))], axis=1)
    edges_s = np.append(info.frame_times_s, info.duration_s)
    begin = starts[kept]
    ranges = np.stack([begin, np.append(begin[1:], len(features))], axis=1)
    return Shots(ranges, frames, edges_s[frames])


def _at_key_frames(borders: NDArray[np.int64], before: NDArray[np.int64], keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Moves each border back to the last key frame after the sample before it, where there is one."""
    place = np.searchsorted(keys, borders, side="right") - 1
    nearest = keys[np.maximum(place, 0)]
    return np.where((place >= 0) & (nearest > before), nearest, borders)
