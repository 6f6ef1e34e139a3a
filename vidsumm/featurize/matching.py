"""Builds an annotated feature file from videos and an annotation file."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vidsumm.config import SummarizeConfig
from vidsumm.datasets.checks import Problem
from vidsumm.datasets.layout import Annotation
from vidsumm.datasets.store import Description
from vidsumm.errors import InputError, ResourceError
from vidsumm.features.backbones import SPECS, Backbone
from vidsumm.features.feature_id import parse_feature_id
from vidsumm.pipeline.analysis import describe_frames
from vidsumm.video.frames import SamplePlan
from vidsumm.video.info import VideoInfo
from vidsumm.video.probe import probe

__all__ = [
    "DescribedVideo",
    "Match",
    "black_frame_features",
    "describe_annotated",
    "how_it_matches",
    "identity_problem",
    "match_videos",
]

Match = Literal["picks", "frames", "time"]
"""How a file answers to its annotation: one frame for each pick, the source's own frames, or another rate."""

_DURATION_TOLERANCE = 0.05  # annotations derive fps from container lengths, which sound and padding stretch


@dataclass(frozen=True, eq=False)
class DescribedVideo:
    """The features of an annotated video."""

    features: NDArray[np.float32]
    """(N, D), one row for each pick."""
    match: Match


def match_videos(
    annotations: Mapping[str, Annotation], files: Iterable[Path], given: Mapping[str, Path] | None = None
) -> dict[str, Path]:
    """The file of each annotated video.

    Args:
        annotations: the videos wanted.
        files: found by the stem of their names: the key (``video_7``) or the video's own name.
        given: files of certain keys, whatever their names; they come first.

    Raises:
        InputError: an annotated video has no file, or two files have the same stem.
    """
    by_stem: dict[str, Path] = {}
    for path in files:
        if path.stem in by_stem:
            raise InputError(f"{path} and {by_stem[path.stem]} have the same name", remedy="give only one of them")
        by_stem[path.stem] = path
    by_key = given or {}
    found = {k: by_key.get(k) or by_stem.get(k) or by_stem.get(a.name) for k, a in annotations.items()}
    missing = [key for key, path in found.items() if path is None]
    if missing:
        raise InputError(
            f"{len(missing)} annotated videos have no file, among them {missing[0]}",
            remedy="name files by key or video_name, say which is which with --video KEY=FILE, or choose with --only",
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
) -> DescribedVideo:
    """Features of an annotated video at its picks.

    The file may be the source itself, a clip that holds just the picked frames, or the source at another rate.

    Raises:
        InputError: it is none of these by its number of frames and its length.
    """
    info = probe(path)
    match = how_it_matches(info, annotation)
    idx = _picked_frames(info, annotation, match)
    unique, inverse = np.unique(idx, return_inverse=True)
    times_s = info.frame_times_s[idx]
    plan = SamplePlan(times_s, idx, times_s, unique, inverse, np.zeros(len(idx)))
    described = describe_frames(info, plan, backbone, config, on_progress=on_progress, on_notice=on_notice)
    return DescribedVideo(described.features, match)


def how_it_matches(info: VideoInfo, annotation: Annotation) -> Match:
    """Whether a file holds the picks, the source's frames, or the source at another rate.

    Raises:
        InputError: none of these.
    """
    frames, picks = len(info.frame_pts), annotation.picks
    if frames == len(picks):
        return "picks"
    # containers and annotation files disagree on the last few frames
    if abs(frames - annotation.n_frames) <= max(15, annotation.n_frames // 100):
        return "frames"
    what = f"{info.path} has {frames} frames, its annotation speaks of {annotation.n_frames} or of {len(picks)} picks"
    if annotation.fps is None:
        raise InputError(f"{what}, and gives no fps", remedy="give the annotated video at its own rate")
    source_s = annotation.n_frames / annotation.fps
    if abs(info.duration_s - source_s) > _DURATION_TOLERANCE * source_s:
        what = f"{what}, and it lasts {info.duration_s:.1f} s, not {source_s:.1f} s"
        raise InputError(what, remedy="give the annotated video")
    return "time"


def _picked_frames(info: VideoInfo, annotation: Annotation, match: Match) -> NDArray[np.int64]:
    """(N,) the frame of the file that stands for each pick."""
    last = len(info.frame_pts) - 1
    if match == "picks":
        return np.arange(last + 1)
    if match == "frames":
        return np.minimum(annotation.picks, last)
    # Shares of the video, as the annotation's fps is not exact. The source ends somewhere within the last frame.
    times_s = annotation.picks / annotation.n_frames * (info.duration_s + float(info.frame_times_s[-1])) / 2
    halfway_s = (info.frame_times_s[1:] + info.frame_times_s[:-1]) / 2
    return np.searchsorted(halfway_s, times_s).astype(np.int64)  # the nearest frame


def black_frame_features(backbone: Backbone) -> NDArray[np.float32]:
    """Features of a black frame, (D,) float32: the null video of classifier-free guidance."""
    width, height = backbone.spec.input_size
    features: NDArray[np.float32] = backbone(np.zeros((1, height, width, 3), np.uint8)).numpy()[0]
    return features


def identity_problem(description: Description) -> Problem | None:
    """What is wrong with what a feature file says its features are."""
    try:
        identity = parse_feature_id(description.feature_id)
    except ResourceError as error:
        return Problem("", f"feature_id {error}", is_fatal=True)
    dims = {name: spec.dim for name, spec in SPECS.items()}
    found = len(description.null_features)
    if identity.backbone in dims:
        wanted = dims[identity.backbone]
        text = f"{identity.backbone} has {wanted} channels, the file {found}"
        return None if found == wanted else Problem("", text, is_fatal=True)
    if identity.backbone == "synthetic" or "declared" in description.provenance:
        return None
    return Problem(
        "", f"feature_id names {identity.backbone!r}, a network unknown here and not declared", is_fatal=False
    )
