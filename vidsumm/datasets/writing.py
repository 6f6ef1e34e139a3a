"""Writes annotated feature files in both layouts, video by video: memory does not grow with the file."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from vidsumm.datasets.hdf5 import MAX_ARRAY_BYTES, copy_own, open_hdf5, refusing
from vidsumm.datasets.layout import Annotation, Kind, video_keys
from vidsumm.datasets.store import Description, require_features
from vidsumm.errors import InputError
from vidsumm.files import atomic_write

__all__ = ["declare_features", "feature_channels", "read_null", "write_dataset", "write_videos"]

_REMEDY = "see `vidsumm data check` for what is wrong with it"


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
        InputError: the annotation file cannot be read.
        OutputError: the file cannot be written.
    """
    description = Description(feature_id, null_features, dict(provenance))
    with atomic_write(path) as temporary, open_hdf5(annotations_path) as source, _new_file(temporary) as target:
        for key, values in features.items():
            with refusing(annotations_path, key, _REMEDY):
                group = target.create_group(key)
                copy_own(source[key], group, leave=frozenset({"features"}))
                group.create_dataset("features", data=values.astype(np.float32))
        _write_description(target, description, source.attrs.get("kind"))


def write_videos(
    path: Path, videos: Iterable[tuple[Annotation, NDArray[np.floating[Any]] | None]], description: Description | None
) -> None:
    """Writes videos as they come, atomically; those of the kind ``mrhisum`` in that layout, others in eccv16's.

    Args:
        path: where to.
        videos: each with its (N, C) features, in the type they are to be stored in, or None for annotations alone.
        description: what the features are; None for annotations alone.

    Raises:
        OutputError: the file cannot be written.
    """
    with atomic_write(path) as temporary, _new_file(temporary) as target:
        kinds: set[Kind] = set()
        for annotation, features in videos:
            group = target.create_group(annotation.key)
            for name, value in _stored(annotation).items():
                group[name] = value
            if features is not None:
                # one chunk for a video: it is read whole
                group.create_dataset("features", data=features, chunks=features.shape)
            kinds.add(annotation.kind)
        _write_description(target, description, kinds.pop() if len(kinds) == 1 else None)


def declare_features(path: Path, output: Path, description: Description, *, kind: Kind | None = None) -> int:
    """Writes a copy of a feature file that says what its features are, atomically; `output` may be `path`.

    Links that lead out of a group are left behind.

    Args:
        path: a file of either layout with features.
        output: where to.
        description: what they are.
        kind: whose conventions hold; None keeps what the file says.

    Returns:
        The number of videos.

    Raises:
        InputError: not such a file, or its features have another number of channels than `null_features`.
        OutputError: the file cannot be written.
    """
    with atomic_write(output) as temporary, open_hdf5(path) as source, _new_file(temporary) as target:
        keys = video_keys(source)
        if not keys:
            raise _no_video(path)
        for key in keys:
            with refusing(path, key, _REMEDY):
                require_features(source[key], len(description.null_features))
                copy_own(source[key], target.create_group(key))
        _write_description(target, description, kind or source.attrs.get("kind"))
    return len(keys)


def feature_channels(path: Path) -> int:
    """C of a feature file, known or not, from its first video.

    Raises:
        InputError: not a feature file.
    """
    with open_hdf5(path) as file:
        keys = video_keys(file)
        if not keys:
            raise _no_video(path)
        with refusing(path, keys[0], _REMEDY):
            return int(require_features(file[keys[0]], None).shape[1])


def read_null(path: Path) -> NDArray[np.float32]:
    """(C,) features of a black frame from a .npy file of shape (C,), or the mean of several, (N, C).

    Raises:
        InputError: not such a file.
    """
    with refusing(path, "is no .npy file of a black frame's features", "give one of shape (C,) or (N, C)"):
        stored = np.lib.format.open_memmap(path, mode="r")  # unlike np.load it leaves no archive open
        if stored.dtype.kind not in "iuf" or stored.ndim not in (1, 2):
            raise ValueError("no table of numbers")
        if not stored.size or stored.nbytes > MAX_ARRAY_BYTES or not np.isfinite(stored).all():
            raise ValueError("empty, too large or not finite")
        null: NDArray[np.float32] = np.atleast_2d(stored).mean(axis=0, dtype=np.float64).astype(np.float32)
        return null


def _no_video(path: Path) -> InputError:
    return InputError(f"{path} holds no annotated video", remedy="give a file of the eccv16 or Mr. HiSum layout")


@contextmanager
def _new_file(path: Path) -> Iterator[Any]:
    with h5py.File(path, "w", libver="latest") as file:
        yield file


def _write_description(file: Any, description: Description | None, kind: Any) -> None:
    if description is not None:
        file.attrs["feature_id"] = description.feature_id
        file.attrs["null_features"] = description.null_features.astype(np.float32)
        file.attrs["provenance"] = json.dumps(description.provenance, sort_keys=True)
    if isinstance(kind, str):
        file.attrs["kind"] = kind


def _stored(annotation: Annotation) -> dict[str, Any]:
    """The arrays of a group, but features."""
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
