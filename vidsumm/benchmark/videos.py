"""The videos a benchmark runs on: annotations, features where there are any, and what identifies both."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vidsumm.benchmark.config import BenchConfig
from vidsumm.benchmark.protocols.store import make_folder
from vidsumm.datasets.layout import Annotation, read_annotations
from vidsumm.datasets.store import FeatureStore
from vidsumm.datasets.synthetic import SyntheticConfig, write_synthetic
from vidsumm.errors import ConfigError, InputError
from vidsumm.files import file_identity
from vidsumm.training.loader import VideoSource
from vidsumm.training.run import StoredVideos

__all__ = ["AnnotatedVideos", "FeatureVideos", "Videos", "open_videos", "videos_of"]

_NAME_DIGITS = 12
_KEPT = 128  # videos held in memory


class Videos(Protocol):
    """Annotated videos by key."""

    @property
    def keys(self) -> tuple[str, ...]:
        """All of them, in natural order."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """JSON-ready facts that change whenever numbers measured on these videos may change."""

    @property
    def null_features(self) -> NDArray[np.float32] | None:
        """(C,) features of a black frame; None where there are no features at all."""

    def annotation(self, key: str) -> Annotation:
        """What people said about a video."""

    def features(self, key: str) -> NDArray[np.float32]:
        """(N, C) features of a video."""

    def length(self, key: str) -> int:
        """N of a video."""

    def training(self, keys: Sequence[str]) -> VideoSource:
        """Some of them as training takes them."""


class AnnotatedVideos:
    """Annotations without features.

    Args:
        path: file of the eccv16 or the Mr. HiSum layout.
    """

    null_features: None = None

    def __init__(self, path: Path) -> None:
        self._annotations = read_annotations(path)
        self.keys = tuple(self._annotations)
        self.identity: Mapping[str, Any] = {"annotations": file_identity(path)}

    def annotation(self, key: str) -> Annotation:
        """What people said about a video."""
        return self._annotations[key]

    def length(self, key: str) -> int:
        """N of a video."""
        return len(self._annotations[key].picks)

    def features(self, key: str) -> NDArray[np.float32]:
        """Refuses.

        Raises:
            InputError: always.
        """
        raise InputError(f"{key} has no features", remedy="give a feature file with --data")

    def training(self, keys: Sequence[str]) -> VideoSource:
        """Refuses.

        Raises:
            InputError: always.
        """
        raise InputError(f"{keys[0]} has no features", remedy="give a feature file with --data")


class FeatureVideos:
    """Annotated feature files.

    Args:
        paths: files of one feature id.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self.store = FeatureStore(paths)
        self.keys = self.store.keys
        self.null_features: NDArray[np.float32] | None = self.store.null_features
        self.identity: Mapping[str, Any] = self._identity()
        self.annotation = lru_cache(_KEPT)(self.store.annotation)
        self.features = lru_cache(_KEPT)(self.store.features)
        self.length = self.store.length

    def training(self, keys: Sequence[str]) -> VideoSource:
        """Some of them as training takes them, read when their turn comes."""
        return StoredVideos(self.store, keys)

    def _identity(self) -> dict[str, Any]:
        if "synthetic" in self.store.provenance:  # the bytes of an invented file follow the version of HDF5
            return {"synthetic": self.store.provenance["synthetic"]}
        files = {path.stem: file_identity(path) for path in self.store.paths}
        return {"feature_id": self.store.feature_id, "files": files}


def videos_of(config: BenchConfig) -> Videos:
    """The videos that a run measures; synthetic ones are invented where no file is given.

    Raises:
        VidsummError: a file cannot be used or written.
    """
    if config.dataset == "synthetic" and not config.data:
        return _invented_videos(config.output, config.synthetic)
    return open_videos(config.data, config.annotations)


def open_videos(data: Sequence[Path], annotations: Path | None) -> Videos:
    """The videos of feature files, or of an annotation file where there are none.

    Raises:
        ConfigError: neither is given.
        InputError: a file cannot be used, or the feature files are of several feature ids.
    """
    if not data:
        if annotations is None:
            raise ConfigError("no videos are given", remedy="give --data FEATURES.h5, or --annotations FILE.h5")
        return AnnotatedVideos(annotations)
    return FeatureVideos(data)


def _invented_videos(folder: Path, config: SyntheticConfig) -> FeatureVideos:
    """Synthetic videos, written to `folder` once.

    Raises:
        OutputError: they cannot be written.
    """
    identity = hashlib.sha256(repr(config).encode()).hexdigest()[:_NAME_DIGITS]
    path = folder / f"synthetic-{identity}.h5"
    if not path.is_file():
        make_folder(folder)
        write_synthetic(path, config)
    return FeatureVideos([path])
