"""Features at the picks of an annotated video."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vidsumm.config import SummarizeConfig
from vidsumm.datasets.annotation import Annotation
from vidsumm.features.backbone import Backbone
from vidsumm.featurize.matching import Match, match_frames, picked_frames
from vidsumm.pipeline.features import extract_features
from vidsumm.video.probe import probe
from vidsumm.video.sampling import SamplePlan

__all__ = ["PickFeatures", "black_frame_features", "extract_at_picks"]


@dataclass(frozen=True, eq=False)
class PickFeatures:
    """The features of an annotated video."""

    features: NDArray[np.float32]
    """(N, C), one row for each pick."""
    match: Match


def extract_at_picks(
    path: Path,
    annotation: Annotation,
    backbone: Backbone,
    config: SummarizeConfig,
    *,
    on_progress: Callable[[int], None],
    on_notice: Callable[[str], None],
) -> PickFeatures:
    """Decodes the picked frames of a video and runs the feature network on them.

    The file may be the annotated video itself, a file that holds just the picked frames, or the video at another frame
    rate.

    Args:
        path: the file.
        annotation: annotation of the video.
        backbone: the feature network.
        config: how to decode.
        on_progress: called with the number of frames that are done.
        on_notice: called with warnings about the decoding.

    Raises:
        InputError: by its number of frames and its length, it is not the annotated video.
        DecodeError: the frames cannot be decoded.
    """
    info = probe(path, config.limits)
    match = match_frames(info, annotation)
    idx = picked_frames(info, annotation, match)
    unique, inverse = np.unique(idx, return_inverse=True)
    times_s = info.frame_times_s[idx]
    plan = SamplePlan(times_s, idx, unique, inverse, np.zeros(len(idx)))
    frames = extract_features(info, plan, backbone, config, on_progress=on_progress, on_notice=on_notice)
    return PickFeatures(frames.features, match)


def black_frame_features(backbone: Backbone) -> NDArray[np.float32]:
    """Returns the features of a black frame, (C,) float32: the null video of classifier-free guidance."""
    width, height = backbone.spec.input_size
    features: NDArray[np.float32] = backbone(np.zeros((1, height, width, 3), np.uint8)).numpy()[0]
    return features
