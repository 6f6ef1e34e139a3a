"""The videos that a benchmark runs on: annotations, features where there are any, and what identifies both."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vidsumm.benchmark.config import BenchConfig
from vidsumm.datasets.annotation import Annotation
from vidsumm.datasets.reading import read_annotations
from vidsumm.datasets.store import FeatureStore
from vidsumm.datasets.synthetic import SyntheticConfig, write_synthetic
from vidsumm.errors import ConfigError, InputError
from vidsumm.files import file_identity, make_folder
from vidsumm.training.videos import StoredVideos, VideoSource

__all__ = ["AnnotatedVideos", "FeatureVideos", "Videos", "open_videos", "videos_of"]

_NAME_DIGITS = 12
_VIDEOS_IN_MEMORY = 128


class Videos(Protocol):
    """Annotated videos, each with a key."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all videos, in natural order."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """Facts that identify the videos: they differ wherever results could differ. Ready for JSON."""

    @property
    def null_features(self) -> NDArray[np.float32] | None:
        """(C,) features of a black frame; None where the videos have no features."""

    def annotation(self, key: str) -> Annotation:
        """Returns the annotation of a video."""

    def features(self, key: str) -> NDArray[np.float32]:
        """Returns the features (N, C) of a video."""

    def length(self, key: str) -> int:
        """Returns N, the number of samples of a video."""

    def training(self, keys: Sequence[str]) -> VideoSource:
        """Returns the videos with these keys in the form that training takes."""


class AnnotatedVideos:
    """Videos with annotations but without features.

    Args:
        path: an HDF5 file of the eccv16 or the Mr. HiSum layout.

    Raises:
        InputError: the file cannot be used.
    """

    null_features: None = None

    def __init__(self, path: Path) -> None:
        self._annotations = read_annotations(path)
        self.keys = tuple(self._annotations)
        self.identity: Mapping[str, Any] = {"annotations": file_identity(path)}

    def annotation(self, key: str) -> Annotation:
        """Returns the annotation of a video."""
        return self._annotations[key]

    def length(self, key: str) -> int:
        """Returns N, the number of samples of a video."""
        return len(self._annotations[key].picks)

    def features(self, key: str) -> NDArray[np.float32]:
        """Raises an error, because these videos have no features.

        Raises:
            InputError: always.
        """
        raise InputError(f"{key} has no features", remedy="give a feature file as `data`")

    def training(self, keys: Sequence[str]) -> VideoSource:
        """Raises an error, because these videos have no features.

        Raises:
            InputError: always.
        """
        raise InputError(f"{keys[0]} has no features", remedy="give a feature file as `data`")


class FeatureVideos:
    """Videos with annotations and features.

    Args:
        paths: annotated feature files of one feature id.

    Raises:
        InputError: a file cannot be used, or the feature ids differ.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self.store = FeatureStore(paths)
        self.keys = self.store.keys
        self.null_features: NDArray[np.float32] | None = self.store.null_features
        self.identity: Mapping[str, Any] = self._identity()
        self.annotation = lru_cache(_VIDEOS_IN_MEMORY)(self.store.annotation)
        self.features = lru_cache(_VIDEOS_IN_MEMORY)(self.store.features)
        self.length = self.store.length

    def training(self, keys: Sequence[str]) -> VideoSource:
        """Returns the videos with these keys in the form that training takes, each read when its turn comes."""
        return StoredVideos(self.store, keys)

    def _identity(self) -> dict[str, Any]:
        # Invented videos are known by their settings: the bytes of their file depend on the version of HDF5.
        if "synthetic" in self.store.provenance:
            return {"synthetic": self.store.provenance["synthetic"]}
        files = {path.stem: file_identity(path) for path in self.store.paths}
        return {"feature_id": self.store.feature_id, "files": files}


def videos_of(config: BenchConfig) -> Videos:
    """Returns the videos of a run; those of the synthetic data set are invented where no file is given.

    Raises:
        ConfigError: no videos are given.
        InputError: a file cannot be used.
        OutputError: invented videos cannot be written.
    """
    if config.dataset == "synthetic" and not config.data:
        return _invented_videos(config.output, config.synthetic)
    return open_videos(config.data, config.annotations)


def open_videos(data: Sequence[Path], annotations: Path | None) -> Videos:
    """Returns the videos of feature files, or of an annotation file where no feature file is given.

    Raises:
        ConfigError: neither is given.
        InputError: a file cannot be used, or the feature ids differ.
    """
    if not data:
        if annotations is None:
            raise ConfigError("no videos are given", remedy="give feature files as `data`, or a file of `annotations`")
        return AnnotatedVideos(annotations)
    return FeatureVideos(data)


def _invented_videos(folder: Path, config: SyntheticConfig) -> FeatureVideos:
    """Returns invented videos, written to a file in `folder` unless they are there already.

    Raises:
        OutputError: they cannot be written.
    """
    identity = hashlib.sha256(repr(config).encode()).hexdigest()[:_NAME_DIGITS]
    path = folder / f"synthetic-{identity}.h5"
    if not path.is_file():
        make_folder(folder)
        write_synthetic(path, config)
    return FeatureVideos([path])
