"""Annotated feature files, read video by video: memory does not grow with the files."""

import os
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import h5py
import numpy as np
from numpy.typing import NDArray

from vidsumm.datasets.annotation import Annotation
from vidsumm.datasets.blocks import Block, find_block, read_block
from vidsumm.datasets.feature_arrays import as_float32, read_features, require_features, require_finite
from vidsumm.datasets.feature_info import FeatureInfo, read_feature_info
from vidsumm.datasets.hdf5 import damage_as_input_error, open_hdf5, own_dataset
from vidsumm.datasets.layout import CHECK_REMEDY, declared_kind, learns_gtscore, require_gtscore, require_video_keys
from vidsumm.datasets.reading import read_annotation
from vidsumm.errors import ConfigError, InputError

__all__ = ["FeatureStore"]

_DECLARE_REMEDY = "make one with `vidsumm features`, or say what its features are with `vidsumm data declare`"
_NULL_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class _VideoLocation:
    """Where the arrays of a video lie in its file, found when the video is first read."""

    length: int
    features: Block | None
    """None where only HDF5 can read them."""
    gtscore: Block | None
    """None where only HDF5 can read it, and where the network does not learn it."""


class _OpenFile:
    """A file open both for HDF5 and for reading bytes."""

    def __init__(self, path: Path) -> None:
        self.hdf5 = h5py.File(path, "r")
        self.descriptor = os.open(path, os.O_RDONLY)
        self._close_descriptor = weakref.finalize(self, os.close, self.descriptor)
        self.kind = declared_kind(self.hdf5.attrs.get("kind"))
        # HDF5 counts offsets from the end of a user block
        self._has_plain_offsets = not self.hdf5.userblock_size

    def locate(self, features: Any, gtscore: Any | None) -> _VideoLocation:
        """Finds where a video's data sets lie.

        A `gtscore` that does not fit gets no block: reading the whole annotation then says what is wrong with it.
        """
        length = int(features.shape[0])
        fits = gtscore is not None and gtscore.shape == (length,) and gtscore.dtype.kind in "iuf"
        stored = (features, gtscore if fits else None)
        return _VideoLocation(length, *(find_block(one) if self._has_plain_offsets else None for one in stored))

    def close(self) -> None:
        self.hdf5.close()
        self._close_descriptor()


class FeatureStore:
    """One or several annotated feature files of one feature id.

    Videos are read on demand. The videos of a single file are named after their groups (``video_1``),
    those of several files after the file too (``tvsum/video_1``). A store may be used by several threads, and pickled.

    Args:
        paths: the files.

    Raises:
        ConfigError: no file, or two of the same name.
        InputError: a file is not HDF5, does not say what its features are, holds no video, or holds other features than
            the first file.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        if not paths:
            raise ConfigError("no feature file is given", remedy="give one or several")
        stems = [path.stem for path in paths]
        if len(set(stems)) < len(stems):
            raise ConfigError(f"two feature files are named {max(stems, key=stems.count)}", remedy="rename one of them")
        self.paths = tuple(paths)
        self._files: dict[Path, _OpenFile] = {}
        self._process = os.getpid()
        self._locations: dict[str, _VideoLocation] = {}
        infos = [self._read_info(path) for path in self.paths]
        first = infos[0]
        self.feature_id = first.feature_id
        """What the features are, see `vidsumm.features.feature_id`."""
        self.null_features = first.null_features
        """(C,) float32 features of a black frame."""
        self.provenance: dict[str, Any] = (
            first.provenance if len(paths) == 1 else {s: i.provenance for s, i in zip(stems, infos, strict=True)}
        )
        """How the features were made; of several files, by the name of the file."""
        for path, other in zip(self.paths, infos, strict=True):
            self._require_same_features(path, first, other)
        self._groups = {key: group for path in self.paths for key, group in self._list_groups(path)}
        self.keys = tuple(self._groups)
        """Names of the videos, file by file, in natural order."""

    @property
    def feature_dim(self) -> int:
        """C, channels of the features."""
        return len(self.null_features)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(videos,) samples of each video, without reading features."""
        return np.array([self.length(key) for key in self.keys], dtype=np.int64)

    def length(self, key: str) -> int:
        """Returns N of a video, without reading its features.

        Raises:
            InputError: the store has no such video, or its features do not fit.
        """
        return self._locate(key).length

    def annotation(self, key: str) -> Annotation:
        """Reads the annotation of a video; the annotation's `key` is the store's.

        Raises:
            InputError: no such video, or arrays that do not fit together.
        """
        path, name = self._group_of(key)
        return read_annotation(path, self._open(path).hdf5, name, key=key)

    def scores(self, key: str) -> NDArray[np.float32]:
        """Reads `Annotation.scores` of a video, (U, N); for Mr. HiSum, without reading the rest of the annotation.

        Raises:
            InputError: no such video, or arrays that do not fit together.
        """
        block = self._locate(key).gtscore
        if block is None:
            return self.annotation(key).scores
        path, name = self._group_of(key)
        with damage_as_input_error(path, name, CHECK_REMEDY):
            return require_gtscore(read_block(self._open(path).descriptor, block), block.shape[0])[None]

    def features(self, key: str) -> NDArray[np.float32]:
        """Reads the features of a video, (N, C).

        Raises:
            InputError: no such video, or features that do not fit or are not finite.
        """
        path, name = self._group_of(key)
        block = self._locate(key).features
        with damage_as_input_error(path, name, CHECK_REMEDY):
            if block is None:
                return read_features(self._open(path).hdf5[name], self.feature_dim)
            return require_finite(as_float32(read_block(self._open(path).descriptor, block)))

    def close(self) -> None:
        """Closes the files; the next read opens them again."""
        files, self._files = self._files, {}
        for file in files.values():
            file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_files": {}}

    def _group_of(self, key: str) -> tuple[Path, str]:
        """Returns the file of a video and the name of its group there."""
        if key not in self._groups:
            files = ", ".join(map(str, self.paths))
            raise InputError(f"no video {key!r} in {files}", remedy="`vidsumm data check` lists the videos of a file")
        return self._groups[key]

    def _locate(self, key: str) -> _VideoLocation:
        if key not in self._locations:
            path, name = self._group_of(key)
            opened = self._open(path)
            with damage_as_input_error(path, name, CHECK_REMEDY):
                group = opened.hdf5[name]
                features = require_features(group, self.feature_dim)
                gtscore = own_dataset(group, "gtscore") if learns_gtscore(opened.kind, group) else None
                self._locations[key] = opened.locate(features, gtscore)
        return self._locations[key]

    def _open(self, path: Path) -> _OpenFile:
        if self._process != os.getpid():  # after a fork, parent and child share the position in the open file
            self._files, self._process = {}, os.getpid()
        if path not in self._files:
            with damage_as_input_error(path, "cannot be opened", "check the path"):
                self._files[path] = _OpenFile(path)
        return self._files[path]

    def _read_info(self, path: Path) -> FeatureInfo:
        what = "does not say what its features are"
        with open_hdf5(path) as file, damage_as_input_error(path, what, _DECLARE_REMEDY):
            return read_feature_info(file)

    def _list_groups(self, path: Path) -> list[tuple[str, tuple[Path, str]]]:
        """Returns the videos of a file: the store's key of each, with what `_group_of` returns."""
        with damage_as_input_error(path, "cannot be read", CHECK_REMEDY):
            names = require_video_keys(path, self._open(path).hdf5)
        prefix = f"{path.stem}/" if len(self.paths) > 1 else ""
        return [(prefix + name, (path, name)) for name in names]

    def _require_same_features(self, path: Path, first: FeatureInfo, other: FeatureInfo) -> None:
        if other.feature_id != first.feature_id:
            what = f"{path} holds '{other.feature_id}', {self.paths[0]} '{first.feature_id}'"
            raise InputError(what, remedy="use files of one feature id")
        null, expected = other.null_features, first.null_features
        if null.shape != expected.shape or not np.allclose(null, expected, atol=_NULL_TOLERANCE):
            raise InputError(f"{path} and {self.paths[0]} differ in null_features", remedy="make both the same way")
