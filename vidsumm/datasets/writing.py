"""Writes annotated feature files in both layouts, video by video: memory does not grow with the file."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from vidsumm.datasets.annotation import Annotation, Kind
from vidsumm.datasets.feature_arrays import require_features
from vidsumm.datasets.feature_info import FeatureInfo, write_feature_info
from vidsumm.datasets.hdf5 import copy_own_datasets, damage_as_input_error, open_hdf5
from vidsumm.datasets.layout import CHECK_REMEDY, require_video_keys
from vidsumm.files import atomic_write

__all__ = ["copy_with_feature_info", "feature_channels", "write_dataset", "write_videos"]


def write_dataset(
    path: Path, annotations_path: Path, features: Mapping[str, NDArray[np.float32]], info: FeatureInfo
) -> None:
    """Writes an annotated feature file atomically: groups of an annotation file, each with its features.

    Args:
        path: where to write.
        annotations_path: the annotation file; the groups named in `features` are copied.
        features: key -> (N, C) float32.
        info: what the features are.

    Raises:
        InputError: the annotation file cannot be read.
        OutputError: the file cannot be written.
    """
    with atomic_write(path) as temporary, open_hdf5(annotations_path) as source, _new_file(temporary) as target:
        for key, values in features.items():
            with damage_as_input_error(annotations_path, key, CHECK_REMEDY):
                group = target.create_group(key)
                copy_own_datasets(source[key], group, skip=frozenset({"features"}))
                group.create_dataset("features", data=values.astype(np.float32))
        _write_attributes(target, info, source.attrs.get("kind"))


def write_videos(
    path: Path, videos: Iterable[tuple[Annotation, NDArray[np.floating[Any]] | None]], info: FeatureInfo | None
) -> None:
    """Writes videos one after the other, atomically; those of the kind ``mrhisum`` in its layout, others in eccv16's.

    Args:
        path: where to write.
        videos: each with its (N, C) features, in the type they are to be stored in, or None for annotations alone.
        info: what the features are; None for annotations alone.

    Raises:
        OutputError: the file cannot be written.
    """
    with atomic_write(path) as temporary, _new_file(temporary) as target:
        kinds: set[Kind] = set()
        for annotation, features in videos:
            group = target.create_group(annotation.key)
            for name, value in _stored_arrays(annotation).items():
                group[name] = value
            if features is not None:
                # a video's features are always read whole, so they are one chunk
                group.create_dataset("features", data=features, chunks=features.shape)
            kinds.add(annotation.kind)
        _write_attributes(target, info, kinds.pop() if len(kinds) == 1 else None)


def copy_with_feature_info(path: Path, output: Path, info: FeatureInfo, *, kind: Kind | None = None) -> int:
    """Writes a copy of a feature file that says what its features are, atomically.

    Links in a group are not copied.

    Args:
        path: a file of either layout with features.
        output: where to write; may be `path`.
        info: what the features are.
        kind: the data set whose conventions the videos follow; None keeps what the file says.

    Returns:
        The number of videos.

    Raises:
        InputError: not such a file, or its features have another number of channels than `info.null_features`.
        OutputError: the file cannot be written.
    """
    with atomic_write(output) as temporary, open_hdf5(path) as source, _new_file(temporary) as target:
        keys = require_video_keys(path, source)
        for key in keys:
            with damage_as_input_error(path, key, CHECK_REMEDY):
                require_features(source[key], len(info.null_features))
                copy_own_datasets(source[key], target.create_group(key))
        _write_attributes(target, info, kind or source.attrs.get("kind"))
    return len(keys)


def feature_channels(path: Path) -> int:
    """Returns C of the first video of a feature file, which need not say what its features are.

    Raises:
        InputError: not a feature file.
    """
    with open_hdf5(path) as file:
        keys = require_video_keys(path, file)
        with damage_as_input_error(path, keys[0], CHECK_REMEDY):
            return int(require_features(file[keys[0]], None).shape[1])


@contextmanager
def _new_file(path: Path) -> Iterator[Any]:
    with h5py.File(path, "w", libver="latest") as file:
        yield file


def _write_attributes(file: Any, info: FeatureInfo | None, kind: Any) -> None:
    if info is not None:
        write_feature_info(file, info)
    if isinstance(kind, str):
        file.attrs["kind"] = kind


def _stored_arrays(annotation: Annotation) -> dict[str, Any]:
    """Returns the data sets of a video's group, without its features."""
    shots, summary = annotation.shots, annotation.user_summary.astype(np.uint8)
    stored: dict[str, Any] = {"gtscore": annotation.gtscore}
    if annotation.name:
        stored["video_name"] = annotation.name
    if annotation.kind == "mrhisum":
        shots = shots + np.array([0, 1])
        stored |= {"gt_summary": summary[0]} if len(summary) else {}
    else:
        stored |= {"picks": annotation.picks, "n_frames": annotation.n_frames}
        stored |= {"user_summary": summary} if len(summary) else {}
        stored |= {"n_frame_per_seg": shots[:, 1] - shots[:, 0] + 1} if len(shots) else {}
        stored |= {} if annotation.raw_scores is None else {"user_scores": annotation.raw_scores}
        stored |= {} if annotation.fps is None else {"fps": annotation.fps}
    return stored | ({"change_points": shots} if len(shots) else {})
