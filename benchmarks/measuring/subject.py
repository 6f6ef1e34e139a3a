"""The video on which the stages are timed, with the networks it needs."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vidsumm.config import SummarizeConfig
from vidsumm.features.backbone import Backbone
from vidsumm.pipeline.features import SampleFeatures, extract_features
from vidsumm.pipeline.networks import Networks
from vidsumm.video.frames import FrameReader, open_frames
from vidsumm.video.info import VideoInfo
from vidsumm.video.probe import probe
from vidsumm.video.sampling import SamplePlan, plan_samples

__all__ = ["Subject", "read_subject"]


@dataclass(frozen=True, eq=False)
class Subject:
    """A probed video, its sampled frames and the networks."""

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
        """Number of frames that are decoded and of which features are taken."""
        return len(self.plan.unique_idx)

    def decode(self, config: SummarizeConfig) -> int:
        """Decodes the sampled frames, drops them and returns their number."""
        with self._open(config) as source:
            return sum(len(batch.idx) for batch in source)

    def some_frames(self, count: int) -> NDArray[np.uint8]:
        """Returns (count, H, W, 3) uint8 RGB: the first sampled frames, repeated where there are fewer."""
        found: list[NDArray[np.uint8]] = []
        with self._open(self.config) as source:
            for batch in source:
                found.append(batch.frames)
                if sum(map(len, found)) >= count:
                    break
        frames = np.concatenate(found)
        return frames[np.arange(count) % len(frames)]

    def extract_features(self) -> SampleFeatures:
        """Decodes the sampled frames and takes their features, both at the same time."""
        return extract_features(
            self.info, self.plan, self.backbone, self.config, on_progress=_ignore, on_notice=_ignore
        )

    def _open(self, config: SummarizeConfig) -> FrameReader:
        fast = config.decode.fast
        return open_frames(
            self.info,
            plan_samples(self.info, config.decode.fps, is_fast=True) if fast else self.plan,
            size=self.backbone.spec.input_size,
            decoder=config.decode.decoder,
            stall_s=config.decode.stall_s,
            on_notice=_ignore,
            is_fast=config.decode.fast,
        )


def _ignore(_: object) -> None:
    """Ignores progress and notices."""


def read_subject(path: Path, config: SummarizeConfig) -> Subject:
    """Probes the video and loads the networks.

    Raises:
        VidsummError: the video or a network cannot be used.
    """
    info = probe(path)
    return Subject(info, plan_samples(info, config.decode.fps), config, Networks(config))
