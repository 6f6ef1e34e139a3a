"""The HDF5 layout that the field exchanges ("eccv16"), with the `feature_id` that says what its features are.

One group for each video: `features` (N, C), `picks` (N,) frame index of each sample, `n_frames`, `change_points` (M, 2)
inclusive frames, `n_frame_per_seg` (M,), `user_summary` (U, n_frames) binary, `user_scores`, `gtscore` (N,) and
`video_name`.
Root attributes added here: `feature_id`, `null_features` (C,) (a black frame's features), `provenance` (JSON).
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

from vidsumm.errors import InputError, OutputError

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
        null = np.asarray(file.attrs["null_features"], dtype=np.float32)
        videos = {k: DatasetVideo(a, _features(path, file[k], a, len(null))) for k, a in annotations.items()}
        provenance = json.loads(str(file.attrs.get("provenance", "{}")))
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
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with _open(annotations_path) as source, h5py.File(temporary, "w") as target:
            for key, values in features.items():
                source.copy(key, target)
                target[key].pop("features", None)
                target[key].create_dataset("features", data=values.astype(np.float32))
            target.attrs["feature_id"] = feature_id
            target.attrs["null_features"] = null_features.astype(np.float32)
            target.attrs["provenance"] = json.dumps(dict(provenance), sort_keys=True)
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error}", remedy="check the folder and the space left") from error
    finally:
        temporary.unlink(missing_ok=True)


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


def _video_keys(file: Any) -> list[str]:
    keys = [key for key in file if isinstance(file.get(key), h5py.Group) and "picks" in file[key]]
    return sorted(keys, key=lambda key: [int(part) if part.isdigit() else part for part in key.split("_")])


def _annotation(path: Path, key: str, group: Any) -> Annotation:
    try:
        picks = np.asarray(group["picks"], dtype=np.int64)
        n_frames = int(group["n_frames"][()])
        scores = _annotator_scores(group, picks)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise InputError(f"{path}: {key} is not in the eccv16 layout ({error})", remedy="check the file") from error
    name = group["video_name"][()].decode("utf-8", "replace") if "video_name" in group else ""
    ok = len(picks) > 0 and bool((np.diff(picks) > 0).all()) and picks[0] >= 0 and picks[-1] < n_frames
    if not ok or scores.shape[1:] != picks.shape or not np.isfinite(scores).all():
        raise InputError(f"{path}: picks, n_frames and scores of {key} do not agree", remedy="check the file")
    return Annotation(key, name, n_frames, picks, scores)


def _annotator_scores(group: Any, picks: NDArray[np.int64]) -> NDArray[np.float32]:
    if "user_scores" in group and group["user_scores"].shape[1] == len(picks):
        raw = np.asarray(group["user_scores"], dtype=np.float32)
        share: NDArray[np.float32] = (raw / np.maximum(raw.max(axis=1, keepdims=True), 1e-6)).astype(np.float32)
        return share
    binary: NDArray[np.float32] = np.asarray(group["user_summary"], dtype=np.float32)[:, picks]
    return binary


def _features(path: Path, group: Any, annotation: Annotation, dim: int) -> NDArray[np.float32]:
    values = np.asarray(group["features"], dtype=np.float32) if "features" in group else np.empty((0, dim), np.float32)
    if values.shape != (len(annotation.picks), dim) or not np.isfinite(values).all():
        raise InputError(f"{path}: features of {annotation.key} do not fit its picks", remedy=_MAKE_ONE)
    return values
