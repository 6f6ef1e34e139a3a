"""What is known about one video before anything is chosen from it."""

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from vidsumm.array_file import array_sha256
from vidsumm.config import DecodeConfig, FeatureConfig, ShotConfig
from vidsumm.pipeline.analysis_file import load, save
from vidsumm.pipeline.source import Source
from vidsumm.progress import Log
from vidsumm.video.info import VideoInfo
from vidsumm.video.sampling import SamplePlan

__all__ = ["Analysis", "FeatureOrigin"]


@dataclass(frozen=True)
class FeatureOrigin:
    """What features were computed with."""

    feature_id: str
    """Identity of the features: backbone, digest of its weights, preprocessing and sampling rate."""
    weights_sha256: str
    """SHA-256 of the weights of the backbone."""
    device: str
    precision: str
    """Number format of the backbone, for example float32."""


@dataclass(frozen=True, eq=False)
class Analysis:
    """One video, looked at once: what was probed, the features of its samples, where scenes change, thumbnails.

    It depends on no length and no seed. It holds plain data, can be pickled, and can be kept in a file.

    Raises:
        ValueError: arrays do not fit together; the message names one.
    """

    source: Source
    """The file that was analysed."""
    samples: SamplePlan
    """Which frames the network looked at."""
    features: NDArray[np.float32]
    """(N, D), one row for each sample."""
    off_s: NDArray[np.float64]
    """(N,) seconds between the frame shown at the sample's time and the one that was looked at; above zero only where
    `fast` is set."""
    change_points: NDArray[np.int64]
    """(K,) samples with which a new scene begins, ascending, in 1..N-1: the borders of the base shots."""
    thumbnails: NDArray[np.uint8]
    """(T, h, w, 3) RGB, upright and in display aspect."""
    thumbnail_times_s: NDArray[np.float64]
    """(T,) seconds since the first frame."""
    decoder: str
    """The decoder that delivered the last frame: pyav or decord."""
    origin: FeatureOrigin
    decode: DecodeConfig
    """How frames were sampled."""
    feature_settings: FeatureConfig
    """How features were computed."""
    shot_settings: ShotConfig
    """How changes of scene were found."""
    versions: Mapping[str, str]
    """Versions of vidsumm and of the software it used."""
    content: str
    """Identifies the features and everything they depend on, see `vidsumm.pipeline.keys.content_key`; results computed
    from them are kept under it."""
    log: Log
    """What was noticed, how long each stage took, and which results were read from the cache."""

    def __post_init__(self) -> None:
        for name, is_good in _checks(self):
            if not is_good:
                raise ValueError(f"{name} does not fit the rest")

    @property
    def info(self) -> VideoInfo:
        """The probed video."""
        return self.source.info

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the analysis to a file, completely or not at all; the path of the video is kept as an absolute one.

        Raises:
            OutputError: the file cannot be written.
        """
        source = replace(self.source, info=replace(self.info, path=self.info.path.absolute()))
        save(replace(self, source=source), Path(path))

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, video: str | os.PathLike[str] | None = None) -> Self:
        """Reads an analysis that `save` wrote. No code in the file is run.

        The video is needed again only to cut it.

        Args:
            path: the file.
            video: where the video is now; None expects it where it was analysed.

        Raises:
            InputError: the file cannot be read, or is damaged or something else, or `video` is another video.
        """
        found = load(cls, Path(path))
        return found if video is None else replace(found, source=found.source.at(Path(video)))


def _checks(analysis: Analysis) -> Iterator[tuple[str, bool]]:
    """Yields what is checked of an analysis, which may come from a file: a name, and whether it is right."""
    info, samples, count = analysis.info, analysis.samples, len(analysis.samples.grid_s)
    frames = len(info.frame_pts)
    yield "frame_pts", _ascends(info.frame_pts, None, info.end_pts) and frames > 0
    yield "key_pts", bool(np.isin(info.key_pts, info.frame_pts).all()) and _ascends(info.key_pts, None, info.end_pts)
    yield "samples.grid_s", _ascends(samples.grid_s, 0, math.inf) and count > 0
    yield "samples.unique_idx", _ascends(samples.unique_idx, 0, frames)
    for name in ("frame_idx", "inverse", "off_s"):
        yield f"samples.{name}", getattr(samples, name).shape == (count,)
    yield "samples.inverse", _lies(samples.inverse, len(samples.unique_idx))
    yield "samples.frame_idx", np.array_equal(samples.unique_idx[samples.inverse], samples.frame_idx)
    yield "features", analysis.features.ndim == 2 and len(analysis.features) == count
    yield "features", bool(np.isfinite(analysis.features).all())
    yield "content", analysis.content.endswith(array_sha256(analysis.features))
    yield "off_s", analysis.off_s.shape == (count,)
    yield "change_points", _ascends(analysis.change_points, 1, count)
    yield "thumbnails", analysis.thumbnails.ndim == 4 and analysis.thumbnails.shape[3] == 3
    yield "thumbnail_times_s", analysis.thumbnail_times_s.shape == (len(analysis.thumbnails),)


def _lies(values: NDArray[np.int64], count: int) -> bool:
    return bool(((values >= 0) & (values < count)).all())


def _ascends(values: NDArray[Any], least: float | None, end: float) -> bool:
    """Returns whether values (K,) ascend, from `least` at least to below `end`."""
    if values.ndim != 1:
        return False
    inside = (values < end).all() and (least is None or (values >= least).all())
    return bool(inside and (np.diff(values) > 0).all())
