"""The video that is worked on, looked at once before anything is timed."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vidsumm.config import SummarizeConfig
from vidsumm.features.backbones import Backbone
from vidsumm.pipeline.analysis import FrameDescription, describe_frames
from vidsumm.pipeline.networks import Networks
from vidsumm.video.frames import FrameReader, SamplePlan, open_frames, plan_samples
from vidsumm.video.info import VideoInfo
from vidsumm.video.probe import probe

__all__ = ["Subject", "read_subject"]


@dataclass(frozen=True, eq=False)
class Subject:
    """A probed video, the frames that are sampled of it and the networks that look at them."""

    info: VideoInfo
    plan: SamplePlan
    config: SummarizeConfig
    networks: Networks

    @property
    def backbone(self) -> Backbone:
        """The feature network."""
        return self.networks.backbone

    @property
    def frames(self) -> int:
        """Frames that are decoded and described."""
        return len(self.plan.unique_idx)

    def decode(self, config: SummarizeConfig) -> int:
        """Decodes the sampled frames and lets them go; returns how many came."""
        with self._open(config) as source:
            return sum(len(batch.idx) for batch in source)

    def some_frames(self, count: int) -> NDArray[np.uint8]:
        """(count, H, W, 3) uint8 RGB: the first sampled frames, repeated where there are not enough."""
        found: list[NDArray[np.uint8]] = []
        with self._open(self.config) as source:
            for batch in source:
                found.append(batch.frames)
                if sum(map(len, found)) >= count:
                    break
        frames = np.concatenate(found)
        return frames[np.arange(count) % len(frames)]

    def describe(self) -> FrameDescription:
        """Decodes and describes, both at the same time."""
        return describe_frames(
            self.info, self.plan, self.backbone, self.config, on_progress=_nothing, on_notice=_nothing
        )

    def _open(self, config: SummarizeConfig) -> FrameReader:
        fast = config.decode.fast
        return open_frames(
            self.info,
            plan_samples(self.info, config.decode.fps, is_fast=True) if fast else self.plan,
            size=self.backbone.spec.input_size,
            decoder=config.decode.decoder,
            stall_s=config.decode.stall_s,
            on_notice=_nothing,
            is_fast=config.decode.fast,
        )


def _nothing(_: object) -> None:
    """Listens to nothing."""


def read_subject(path: Path, config: SummarizeConfig) -> Subject:
    """Probes the video and loads the networks.

    Raises:
        VidsummError: the video or a network cannot be used.
    """
    info = probe(path)
    return Subject(info, plan_samples(info, config.decode.fps), config, Networks(config))
