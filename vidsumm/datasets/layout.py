"""The HDF5 layout that the field exchanges ("eccv16"), with the `feature_id` that says what its features are.

One group for each video: `features` (N, C), `picks` (N,) frame index of each sample, `n_frames`, `change_points` (M, 2)
inclusive frames, `n_frame_per_seg` (M,), `user_summary` (U, n_frames) binary, `user_scores`, `gtscore` (N,) and
`video_name`.
Root attributes added here: `feature_id`, `null_features` (C,) (a black frame's features), `provenance` (JSON).

HDF5 lets a file point into other files (links, virtual and external data sets); nothing of that kind is followed.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from vidsumm.errors import InputError
from vidsumm.files import atomic_write

__all__ = ["Annotation", "Dataset", "DatasetVideo", "read_annotations", "read_dataset", "write_dataset"]

_MAKE_ONE = "make one with `vidsumm features`"


@dataclass(frozen=True)
class Annotation:
    """What people said about one video, on the benchmark's own clock."""

    key: str
    """Group name, for example ``video_7``."""
    name: str
    """The video's own name; empty where the file has none."""
    n_frames: int
    """Frames of the source."""
    picks: NDArray[np.int64]
    """(N,) source frame of each sample."""
    scores: NDArray[np.float32]
    """(U, N) in [0, 1]: each annotator's scores over that annotator's maximum, or a binary summary, at the picks."""


@dataclass(frozen=True)
class DatasetVideo:
    """One annotated video with its features."""

    annotation: Annotation
    features: NDArray[np.float32]
    """(N, C)."""


@dataclass(frozen=True)
class Dataset:
    """An annotated feature file."""

    path: Path
    feature_id: str
    null_features: NDArray[np.float32]
    """(C,) features of a black frame."""
    provenance: dict[str, Any]
    videos: dict[str, DatasetVideo]


def read_annotations(path: Path) -> dict[str, Annotation]:
    """Annotations of every video in a file of the layout, with or without features, in natural order of their keys.

    Raises:
        InputError: not HDF5, no annotated video, or arrays that do not agree.
    """
    with _open(path) as file:
        found = {key: _annotation(path, key, file[key]) for key in _video_keys(file)}
    if not found:
        raise InputError(f"{path} holds no annotated video", remedy="give a file of the eccv16 layout")
    return found


def read_dataset(path: Path) -> Dataset:
    """An annotated feature file.

    Raises:
        InputError: not HDF5, features or `feature_id` missing, or arrays that do not agree.
    """
    annotations = read_annotations(path)
    with _open(path) as file:
        if "feature_id" not in file.attrs or "null_features" not in file.attrs:
            raise InputError(f"{path} does not say what its features are (feature_id)", remedy=_MAKE_ONE)
        with _refusing(path, "its description"):
            null = np.asarray(file.attrs["null_features"], dtype=np.float32)
            provenance = dict(json.loads(str(file.attrs.get("provenance", "{}"))))
            if null.ndim != 1 or not np.isfinite(null).all():
                raise ValueError("null_features")
        videos = {k: DatasetVideo(a, _features(path, file[k], a, len(null))) for k, a in annotations.items()}
        return Dataset(path, str(file.attrs["feature_id"]), null, provenance, videos)


def write_dataset(
    path: Path,
    annotations_path: Path,
    features: Mapping[str, NDArray[np.float32]],
    *,
    feature_id: str,
    null_features: NDArray[np.float32],
    provenance: Mapping[str, Any],
) -> None:
    """Writes an annotated feature file atomically: the annotation file's groups, each with its features.

    Args:
        path: where to.
        annotations_path: whose groups are copied, those named in `features`.
        features: key -> (N, C) float32.
        feature_id: what the features are.
        null_features: (C,) a black frame's features.
        provenance: JSON-ready facts about the making.

    Raises:
        OutputError: the file cannot be written.
    """
    with (
        atomic_write(path) as temporary,
        _open(annotations_path) as source,
        h5py.File(temporary, "w") as target,
    ):
        for key, values in features.items():
            source.copy(key, target)
            target[key].pop("features", None)
            target[key].create_dataset("features", data=values.astype(np.float32))
        target.attrs["feature_id"] = feature_id
        target.attrs["null_features"] = null_features.astype(np.float32)
        target.attrs["provenance"] = json.dumps(dict(provenance), sort_keys=True)


@contextmanager
def _open(path: Path) -> Iterator[Any]:
    if not path.is_file():
        raise InputError(f"{path}: no such file", remedy="check the path")
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise InputError(f"{path} is not a readable HDF5 file", remedy=_MAKE_ONE) from error
    with file:
        yield file


@contextmanager
def _refusing(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except (KeyError, ValueError, TypeError, IndexError, OSError, RuntimeError, MemoryError) as error:
        line = " ".join(str(error).split())
        raise InputError(f"{path}: {what} is not in the eccv16 layout ({line})", remedy="check the file") from error


def _video_keys(file: Any) -> list[str]:
    keys = [key for key in file if _is_own(file, key) and isinstance(file[key], h5py.Group)]
    return sorted((key for key in keys if _is_own(file[key], "picks")), key=_natural)


def _natural(key: str) -> list[tuple[bool, int, str]]:
    """Numbers by value and before words."""
    return [(False, int(p), "") if p.isdecimal() else (True, 0, p) for p in key.split("_")]


def _is_own(group: Any, name: str) -> bool:
    """Whether a name stands for something inside the file, not for a link that may lead out of it."""
    return isinstance(group.get(name, getlink=True), h5py.HardLink)


def _member(group: Any, name: str) -> Any:
    """A data set whose values lie in the file itself."""
    if not _is_own(group, name):
        raise KeyError(f"{name} is missing")
    found = group[name]
    if not isinstance(found, h5py.Dataset) or found.is_virtual or found.external:
        raise TypeError(f"{name} is no data set of the file itself")
    return found


def _annotation(path: Path, key: str, group: Any) -> Annotation:
    with _refusing(path, key):
        picks = np.asarray(_member(group, "picks"), dtype=np.int64)
        n_frames = int(np.asarray(_member(group, "n_frames"), dtype=np.int64).item())
        if picks.ndim != 1 or not len(picks) or (np.diff(picks, prepend=-1) <= 0).any() or picks[-1] >= n_frames:
            raise ValueError("picks are not ascending frames of the video")
        scores = _annotator_scores(group, picks)
        if not len(scores) or scores.shape[1:] != picks.shape or not ((scores >= 0) & (scores <= 1)).all():
            raise ValueError("scores do not fit the picks")
        return Annotation(key, _name(group), n_frames, picks, scores)


def _annotator_scores(group: Any, picks: NDArray[np.int64]) -> NDArray[np.float32]:
    if _is_own(group, "user_scores") and _member(group, "user_scores").shape[1:] == picks.shape:
        raw = np.asarray(group["user_scores"], dtype=np.float32)
        share: NDArray[np.float32] = (raw / np.maximum(raw.max(axis=1, keepdims=True), 1e-6)).astype(np.float32)
        return share
    binary: NDArray[np.float32] = np.asarray(_member(group, "user_summary"), dtype=np.float32)[:, picks]
    return binary


def _name(group: Any) -> str:
    value = _member(group, "video_name")[()] if _is_own(group, "video_name") else b""
    if not isinstance(value, bytes):
        raise TypeError("video_name is no text")
    return value.decode("utf-8", "replace")


def _features(path: Path, group: Any, annotation: Annotation, dim: int) -> NDArray[np.float32]:
    with _refusing(path, annotation.key):
        stored = _member(group, "features")
        if stored.shape == (len(annotation.picks), dim):
            values: NDArray[np.float32] = np.asarray(stored, dtype=np.float32)
            if np.isfinite(values).all():
                return values
    raise InputError(f"{path}: features of {annotation.key} do not fit its picks", remedy=_MAKE_ONE)
