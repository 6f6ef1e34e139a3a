"""Decodes the sampled frames of a video and computes their features, keeping thumbnails on the way."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vidsumm.config import SummarizeConfig
from vidsumm.features.backbone import Backbone
from vidsumm.features.extractor import extract
from vidsumm.video.frames import FrameBatch, open_frames
from vidsumm.video.info import VideoInfo
from vidsumm.video.sampling import SamplePlan
from vidsumm.video.thumbnails import ThumbnailKeeper

__all__ = ["SampleFeatures", "extract_features"]

THUMBNAILS = 32
"""Frames kept for ``summary.png``, which shows at most 24 of them."""


@dataclass(frozen=True, eq=False)
class SampleFeatures:
    """The features of a video's samples, and what else was kept while they were decoded."""

    features: NDArray[np.float32]
    """(N, D), one row for each sample."""
    thumbnails: NDArray[np.uint8]
    """(T, h, w, 3) RGB, upright and in display aspect."""
    thumbnail_times_s: NDArray[np.float64]
    """(T,) seconds since the first frame."""
    decoder: str
    """The decoder that delivered the last frame: pyav or decord."""
    off_s: NDArray[np.float64]
    """(N,) seconds between the frame shown at the sample's time and the one that was looked at; above zero only where
    `fast` is set."""


def extract_features(
    info: VideoInfo,
    plan: SamplePlan,
    backbone: Backbone,
    config: SummarizeConfig,
    *,
    on_progress: Callable[[int], None],
    on_notice: Callable[[str], None],
) -> SampleFeatures:
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
        return SampleFeatures(values[plan.inverse], *keeper.result(), source.decoder, off_s)


def _keep_thumbnails(source: Iterable[FrameBatch], keeper: ThumbnailKeeper) -> Iterator[NDArray[np.uint8]]:
    """Passes the frames (B, H, W, 3) on and shows each batch to the keeper of thumbnails."""
    for batch in source:
        keeper.see(batch.idx, batch.times_s, batch.frames)
        yield batch.frames
