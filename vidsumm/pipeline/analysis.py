"""Analyses a probed video: features of the sampled frames, thumbnails, and shots."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vidsumm.config import ShotConfig, SummarizeConfig
from vidsumm.features.backbone import Backbone
from vidsumm.features.extractor import extract
from vidsumm.shots.segment import segment
from vidsumm.video.frames import FrameBatch, open_frames
from vidsumm.video.info import VideoInfo
from vidsumm.video.sampling import SamplePlan
from vidsumm.video.thumbnails import ThumbnailKeeper

__all__ = ["FrameFeatures", "Shots", "extract_features", "find_shots"]

THUMBNAILS = 32
"""Frames kept for ``summary.png``, which shows at most 24 of them."""


@dataclass(frozen=True, eq=False)
class FrameFeatures:
    """The features of the sampled frames, and what else was kept while they were decoded."""

    features: NDArray[np.float32]
    """(N, D), one row for each sample."""
    thumbnails: NDArray[np.uint8]
    """(T, h, w, 3) RGB, upright and in display aspect."""
    thumbnail_times_s: NDArray[np.float64]
    """(T,) seconds since the first frame."""
    decoder: str
    """The decoder that delivered the last frame: pyav or decord."""
    off_s: NDArray[np.float64]
    """(N,) seconds between the frame shown at the sample's time and the one that was looked at; above zero only with
    ``--fast``."""


@dataclass(frozen=True, eq=False)
class Shots:
    """The shots of a video, each given by samples, by frames and by time; row i is the same shot in all three."""

    samples: NDArray[np.int64]
    """(M, 2) sample ranges [start, end), covering all samples."""
    frames: NDArray[np.int64]
    """(M, 2) frames of the source [first, last), covering all frames."""
    times_s: NDArray[np.float64]
    """(M, 2) seconds since the first frame [start, end)."""


def extract_features(
    info: VideoInfo,
    plan: SamplePlan,
    backbone: Backbone,
    config: SummarizeConfig,
    *,
    on_progress: Callable[[int], None],
    on_notice: Callable[[str], None],
) -> FrameFeatures:
    """Decodes the sampled frames and runs the backbone over them, both at the same time.

    Args:
        info: the video.
        plan: which frames are sampled.
        backbone: the feature network.
        config: how frames are decoded, and how many the network takes at a time.
        on_progress: called with the number of frames done so far.
        on_notice: called with each warning.

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
            _keep_thumbnails(source, keeper),
            total=total,
            batch_size=config.features.batch_size,
            on_progress=on_progress,
        )
        off_s = plan.off_s + np.array(source.off_s)[plan.inverse]
        return FrameFeatures(values[plan.inverse], *keeper.result(), source.decoder, off_s)


def _keep_thumbnails(source: Iterable[FrameBatch], keeper: ThumbnailKeeper) -> Iterator[NDArray[np.uint8]]:
    """Passes the frames (B, H, W, 3) on and shows each batch to the keeper of thumbnails."""
    for batch in source:
        keeper.see(batch.idx, batch.times_s, batch.frames)
        yield batch.frames


def find_shots(info: VideoInfo, plan: SamplePlan, features: NDArray[np.float32], config: ShotConfig) -> Shots:
    """Finds shots in the features and places their borders on whole frames.

    A change of scene lies somewhere between the last sample of one shot and the first sample of the next. Encoders put
    key frames where scenes change, so the last key frame in between becomes the border. Without one, the border is the
    first sample of the next shot.

    Args:
        info: the video.
        plan: the samples.
        features: (N, D), one row for each sample.
        config: method, and bounds on the length of shots.
    """
    samples = segment(features, config=config, fps=1.0 / plan.step_s)
    starts = samples[:, 0]
    borders = plan.frame_idx[starts]
    borders[0] = 0
    keys = np.searchsorted(info.frame_pts, info.key_pts)
    if config.segmenter != "uniform" and len(keys):
        borders = _move_to_key_frames(borders, plan.frame_idx[np.maximum(starts - 1, 0)], keys)
    kept = np.flatnonzero(np.diff(borders, prepend=-1) > 0)  # two samples of one frame cannot lie in different shots
    first = borders[kept]
    frames = np.stack([first, np.append(first[1:], len(info.frame_pts))], axis=1)
    edges_s = np.append(info.frame_times_s, info.duration_s)
    begin = starts[kept]
    ranges = np.stack([begin, np.append(begin[1:], len(features))], axis=1)
    return Shots(ranges, frames, edges_s[frames])


def _move_to_key_frames(
    borders: NDArray[np.int64], before: NDArray[np.int64], keys: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Moves each border back to the last key frame after the sample before it, where there is one."""
    place = np.searchsorted(keys, borders, side="right") - 1
    nearest = keys[np.maximum(place, 0)]
    return np.where((place >= 0) & (nearest > before), nearest, borders)
