"""Finds the file of each annotated video, and the frame of that file for each pick."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vidsumm.datasets.annotation import Annotation
from vidsumm.errors import InputError
from vidsumm.video.info import VideoInfo

__all__ = ["Match", "match_frames", "match_videos", "picked_frames"]

Match = Literal["picks", "frames", "time"]
"""How a file relates to its annotation: it has one frame for each pick, it has the annotated number of frames, or it
shows the same video at another frame rate."""

_DURATION_TOLERANCE = 0.05  # annotations derive fps from container lengths, which sound and padding stretch


def match_videos(
    annotations: Mapping[str, Annotation], files: Iterable[Path], given: Mapping[str, Path] | None = None
) -> dict[str, Path]:
    """Finds the file of each annotated video.

    Args:
        annotations: the videos wanted, by key.
        files: each is found by its name without the suffix, which is the key (``video_7``) or the video's own name.
        given: files by key, whatever they are called; they take precedence over `files`.

    Raises:
        InputError: an annotated video has no file, or two files have the same name.
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
            remedy="name files by key or video_name, say which is which with `given`, or choose with `only`",
        )
    return {key: path for key, path in found.items() if path is not None}


def match_frames(info: VideoInfo, annotation: Annotation) -> Match:
    """Finds out how a file relates to its annotation, from its number of frames and its length.

    Raises:
        InputError: it is not the annotated video.
    """
    frames, picks = len(info.frame_pts), annotation.picks
    if frames == len(picks):
        return "picks"
    # containers and annotation files disagree on the last few frames
    if abs(frames - annotation.n_frames) <= max(15, annotation.n_frames // 100):
        return "frames"
    what = f"{info.path} has {frames} frames, its annotation {annotation.n_frames} frames and {len(picks)} picks"
    if annotation.fps is None:
        raise InputError(f"{what}, and gives no fps", remedy="give the annotated video at its own rate")
    source_s = annotation.n_frames / annotation.fps
    if abs(info.duration_s - source_s) > _DURATION_TOLERANCE * source_s:
        what = f"{what}, and it lasts {info.duration_s:.1f} s, not {source_s:.1f} s"
        raise InputError(what, remedy="give the annotated video")
    return "time"


def picked_frames(info: VideoInfo, annotation: Annotation, match: Match) -> NDArray[np.int64]:
    """Returns (N,) the index of the file's frame for each pick."""
    last = len(info.frame_pts) - 1
    if match == "picks":
        return np.arange(last + 1)
    if match == "frames":
        return np.minimum(annotation.picks, last)
    # Picks as shares of the video, because the annotation's fps is not exact. The source ends at an unknown time within
    # the last frame; the middle of that frame is the best guess.
    times_s = annotation.picks / annotation.n_frames * (info.duration_s + float(info.frame_times_s[-1])) / 2
    halfway_s = (info.frame_times_s[1:] + info.frame_times_s[:-1]) / 2
    return np.searchsorted(halfway_s, times_s).astype(np.int64)  # the nearest frame
