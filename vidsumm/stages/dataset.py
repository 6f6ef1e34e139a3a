"""Builds an annotated feature file from videos and an annotation file."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vidsumm.config import SummarizeConfig
from vidsumm.datasets.layout import Annotation
from vidsumm.errors import InputError
from vidsumm.features.backbones import Backbone
from vidsumm.stages.analysis import describe_frames
from vidsumm.video.frames import SamplePlan
from vidsumm.video.info import VideoInfo
from vidsumm.video.probe import probe

__all__ = ["black_frame_features", "describe_annotated", "match_videos"]


def match_videos(annotations: Mapping[str, Annotation], files: Iterable[Path]) -> dict[str, Path]:
    """The file of each annotated video, by the stem of its name: the key (``video_7``) or the video's own name.

    Raises:
        InputError: an annotated video has no file, or two files have the same stem.
    """
    by_stem: dict[str, Path] = {}
    for path in files:
        if path.stem in by_stem:
            raise InputError(f"{path} and {by_stem[path.stem]} have the same name", remedy="give only one of them")
        by_stem[path.stem] = path
    found = {key: by_stem.get(key) or by_stem.get(annotation.name) for key, annotation in annotations.items()}
    missing = [key for key, path in found.items() if path is None]
    if missing:
        raise InputError(
            f"{len(missing)} annotated videos have no file, among them {missing[0]}",
            remedy="name files by key or video_name, or choose keys with --only",
        )
    return {key: path for key, path in found.items() if path is not None}


def describe_annotated(
    path: Path,
    annotation: Annotation,
    backbone: Backbone,
    config: SummarizeConfig,
    *,
    on_progress: Callable[[int], None],
    on_notice: Callable[[str], None],
) -> NDArray[np.float32]:
    """Features of an annotated video at its picks, (N, D) float32.

    The file may be the source itself, or a clip that holds just the picked frames.

    Raises:
        InputError: its number of frames is neither that of the source nor that of the picks.
    """
    info = probe(path)
    idx = _picked_frames(info, annotation)
    unique, inverse = np.unique(idx, return_inverse=True)
    times_s = info.frame_times_s[idx]
    plan = SamplePlan(times_s, idx, times_s, unique, inverse)
    return describe_frames(info, plan, backbone, config, on_progress=on_progress, on_notice=on_notice).features


def _picked_frames(info: VideoInfo, annotation: Annotation) -> NDArray[np.int64]:
    frames, picks = len(info.frame_pts), annotation.picks
    if frames == len(picks):
        return np.arange(frames)
    # containers and annotation files disagree on the last few frames
    if abs(frames - annotation.n_frames) <= max(15, annotation.n_frames // 100):
        return np.minimum(picks, frames - 1)
    raise InputError(
        f"{info.path} has {frames} frames, its annotation speaks of {annotation.n_frames} or of {len(picks)} picks",
        remedy="give the annotated video",
    )


def black_frame_features(backbone: Backbone) -> NDArray[np.float32]:
    """Features of a black frame, (D,) float32: the null video of classifier-free guidance."""
    width, height = backbone.spec.input_size
    features: NDArray[np.float32] = backbone(np.zeros((1, height, width, 3), np.uint8)).numpy()[0]
    return features
