"""Annotated feature files, read video by video: memory does not grow with the files."""

import json
import os
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import h5py
import numpy as np
from numpy.typing import NDArray

from vidsumm.datasets.blocks import Block, as_float32, block_of, read_block
from vidsumm.datasets.hdf5 import MAX_ARRAY_BYTES, member, open_hdf5, refusing
from vidsumm.datasets.layout import (
    Annotation,
    declared_kind,
    learns_gtscore,
    read_annotation,
    require_gtscore,
    sample_count,
    video_keys,
)
from vidsumm.errors import ConfigError, InputError

__all__ = ["Description", "FeatureStore", "describe", "finite_features", "require_features"]

_DECLARE = "make one with `vidsumm features`, or say what they are with `vidsumm data declare`"
_REMAKE = "see `vidsumm data check` for all that is wrong with it"
_NULL_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Description:
    """What a feature file says of itself."""

    feature_id: str
    null_features: NDArray[np.float32]
    """(C,) features of a black frame."""
    provenance: dict[str, Any]


def describe(file: Any) -> Description:
    """The root attributes of a feature file.

    Raises:
        KeyError: `feature_id` or `null_features` is missing.
        ValueError, TypeError: they are damaged.
    """
    for name in ("feature_id", "null_features"):
        if name not in file.attrs:
            raise KeyError(f"{name} is missing")
    null = np.asarray(file.attrs["null_features"])
    if null.dtype.kind not in "iuf" or null.ndim != 1 or not len(null) or not np.isfinite(null).all():
        raise ValueError("null_features are no vector of finite numbers")
    identity, provenance = file.attrs["feature_id"], json.loads(str(file.attrs.get("provenance", "{}")))
    if not isinstance(identity, str) or not identity or not isinstance(provenance, dict):
        raise ValueError("feature_id or provenance is not text as it should be")
    return Description(identity, null.astype(np.float32), provenance)


def require_features(group: Any, dim: int | None) -> Any:
    """The features of a video, not yet read: (N, C) numbers, C as `dim` says.

    Raises:
        KeyError, TypeError: missing, or not in the file itself.
        ValueError: another shape, no numbers, or impossibly large.
    """
    stored, count = member(group, "features"), sample_count(group)
    shape = stored.shape
    if stored.dtype.kind not in "iuf" or shape is None or len(shape) != 2:
        raise ValueError("features are no table of numbers")
    if shape[0] != count:
        raise ValueError(f"features have {shape[0]} rows for {count} samples")
    if shape[1] != dim and dim is not None:
        raise ValueError(f"features have {shape[1]} channels, not {dim}")
    if shape[0] * shape[1] * 4 > MAX_ARRAY_BYTES:
        raise ValueError(f"features are of an impossible size, {shape}")
    return stored


def finite_features(group: Any, dim: int | None) -> NDArray[np.float32]:
    """The features of a video, (N, C) float32.

    Raises:
        KeyError, TypeError, ValueError: see `require_features`; or a value is not finite.
    """
    return _require_finite(as_float32(require_features(group, dim)[()]))


def _require_finite(values: NDArray[np.float32]) -> NDArray[np.float32]:
    if not np.isfinite(values).all():
        raise ValueError("features are not finite")
    return values


@dataclass(frozen=True, slots=True)
class _Place:
    """What is kept in memory of a video."""

    length: int
    features: Block | None
    """None where only HDF5 can read them."""
    gtscore: Block | None
    """None also where `gtscore` is not what is learned."""


class _OpenFile:
    """A file open for HDF5 and for reading bytes."""

    def __init__(self, path: Path) -> None:
        self.hdf5 = h5py.File(path, "r")
        self.descriptor = os.open(path, os.O_RDONLY)
        self._close = weakref.finalize(self, os.close, self.descriptor)
        self.kind = declared_kind(self.hdf5.attrs.get("kind"))
        # a file that begins with a block of something else counts from its end
        self._has_blocks = not self.hdf5.userblock_size

    def place(self, features: Any, gtscore: Any | None) -> _Place:
        """Where a video lies; of `gtscore` only what fits, since who reads all of the annotation refuses the rest."""
        length = int(features.shape[0])
        fits = gtscore is not None and gtscore.shape == (length,) and gtscore.dtype.kind in "iuf"
        found = [block_of(stored) if self._has_blocks else None for stored in (features, gtscore if fits else None)]
        return _Place(length, *found)

    def close(self) -> None:
        self.hdf5.close()
        self._close()


class FeatureStore:
    """One or several annotated feature files of one feature id.

    Videos are read when they are asked for. The videos of one file go by their group's name (``video_1``), those of
    several by the file's name too (``tvsum/video_1``). A store may be used by several threads, and pickled.

    Args:
        paths: the files.

    Raises:
        ConfigError: no file, or two of the same name.
        InputError: a file is not HDF5, does not say what its features are, holds no video, or features of another kind
            than the first.
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
        self._index: dict[str, _Place] = {}
        descriptions = [self._describe(path) for path in self.paths]
        first = descriptions[0]
        self.feature_id = first.feature_id
        """What the features are."""
        self.null_features = first.null_features
        """(C,) float32 features of a black frame."""
        self.provenance: dict[str, Any] = (
            first.provenance if len(paths) == 1 else {s: d.provenance for s, d in zip(stems, descriptions, strict=True)}
        )
        """What the file says about its making; of several, by file."""
        for path, other in zip(self.paths, descriptions, strict=True):
            self._require_same(path, first, other)
        self._places = {key: place for path in self.paths for key, place in self._find(path)}
        self.keys = tuple(self._places)
        """Names of the videos, file by file, in natural order."""

    @property
    def feature_dim(self) -> int:
        """C."""
        return len(self.null_features)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(videos,) samples of each video, without reading features."""
        return np.array([self.length(key) for key in self.keys], dtype=np.int64)

    def length(self, key: str) -> int:
        """N of a video, without reading its features.

        Raises:
            InputError: the store has no such video, or its features do not fit.
        """
        return self._look_up(key).length

    def annotation(self, key: str) -> Annotation:
        """What people said about a video; its `key` is the store's.

        Raises:
            InputError: no such video, or arrays that do not agree.
        """
        path, name = self._place(key)
        return read_annotation(path, self._open(path).hdf5, name, key=key)

    def scores(self, key: str) -> NDArray[np.float32]:
        """(U, N) `Annotation.scores` of a video; of Mr. HiSum, without reading the rest of the annotation.

        Raises:
            InputError: no such video, or arrays that do not agree.
        """
        block = self._look_up(key).gtscore
        if block is None:
            return self.annotation(key).scores
        path, name = self._place(key)
        with refusing(path, name, _REMAKE):
            return require_gtscore(read_block(self._open(path).descriptor, block), block.shape[0])[None]

    def features(self, key: str) -> NDArray[np.float32]:
        """(N, C) features of a video.

        Raises:
            InputError: no such video, or features that do not fit or are not finite.
        """
        path, name = self._place(key)
        block = self._look_up(key).features
        with refusing(path, name, _REMAKE):
            if block is None:
                return finite_features(self._open(path).hdf5[name], self.feature_dim)
            return _require_finite(as_float32(read_block(self._open(path).descriptor, block)))

    def close(self) -> None:
        """Closes the files; they are opened again when something is asked for."""
        files, self._files = self._files, {}
        for file in files.values():
            file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_files": {}}

    def _place(self, key: str) -> tuple[Path, str]:
        if key not in self._places:
            raise InputError(
                f"no video {key!r} in {', '.join(map(str, self.paths))}", remedy="see `vidsumm data check`"
            )
        return self._places[key]

    def _look_up(self, key: str) -> _Place:
        if key not in self._index:
            path, name = self._place(key)
            opened = self._open(path)
            with refusing(path, name, _REMAKE):
                group = opened.hdf5[name]
                features = require_features(group, self.feature_dim)
                gtscore = member(group, "gtscore") if learns_gtscore(opened.kind, group) else None
                self._index[key] = opened.place(features, gtscore)
        return self._index[key]

    def _open(self, path: Path) -> _OpenFile:
        if self._process != os.getpid():  # handles of a forked parent share its place in the file
            self._files, self._process = {}, os.getpid()
        if path not in self._files:
            with refusing(path, "cannot be opened", "check the path"):
                self._files[path] = _OpenFile(path)
        return self._files[path]

    def _describe(self, path: Path) -> Description:
        with open_hdf5(path) as file, refusing(path, "does not say what its features are", _DECLARE):
            return describe(file)

    def _find(self, path: Path) -> list[tuple[str, tuple[Path, str]]]:
        with refusing(path, "cannot be read", _REMAKE):
            names = video_keys(self._open(path).hdf5)
        if not names:
            raise InputError(f"{path} holds no annotated video", remedy=_REMAKE)
        prefix = f"{path.stem}/" if len(self.paths) > 1 else ""
        return [(prefix + name, (path, name)) for name in names]

    def _require_same(self, path: Path, first: Description, other: Description) -> None:
        if other.feature_id != first.feature_id:
            what = f"{path} holds '{other.feature_id}', {self.paths[0]} '{first.feature_id}'"
            raise InputError(what, remedy="use files of one feature id")
        null, mine = other.null_features, first.null_features
        if null.shape != mine.shape or not np.allclose(null, mine, atol=_NULL_TOLERANCE):
            raise InputError(f"{path} and {self.paths[0]} differ in null_features", remedy="make both the same way")
