"""How annotated videos lie in HDF5 files: the two layouts of the field.

*eccv16* (SumMe, TVSum): one group for each video with `picks` (N,) frame index of each sample, `n_frames`,
`change_points` (M, 2), `n_frame_per_seg` (M,), `user_summary` (U, n_frames) binary, `user_scores` (U, N) or
(U, n_frames), `gtscore` (N,), `video_name` and, in files written by vidsumm, `fps`; `features` (N, C) in feature files.

*Mr. HiSum*: groups without picks, one sample a second: `gtscore` (N,), `change_points` (M, 2), `gt_summary` (N,) and
`features` (N, C).

Files disagree on whether the second column of `change_points` belongs to its shot; `inclusive_shots` finds out.
"""

from pathlib import Path
from typing import Any, get_args

import h5py
import numpy as np
from numpy.typing import NDArray

from vidsumm.datasets.annotation import Kind
from vidsumm.datasets.hdf5 import has_name, is_hard_link, own_dataset
from vidsumm.errors import InputError

__all__ = [
    "CHECK_REMEDY",
    "declared_kind",
    "inclusive_shots",
    "learns_gtscore",
    "require_gtscore",
    "require_video_keys",
    "sample_count",
    "video_keys",
]

CHECK_REMEDY = "`vidsumm data check` lists everything that is wrong with the file"
"""The remedy of errors about damaged files."""

_ROUNDING = 1e-5  # how far rounding may lift a stored score above 1


def video_keys(file: Any) -> list[str]:
    """Returns the names of the groups that are videos, in natural order (9 before 10); links are ignored."""
    keys = [key for key in file if is_hard_link(file, key) and isinstance(file[key], h5py.Group)]
    videos = (key for key in keys if is_hard_link(file[key], "picks") or is_hard_link(file[key], "gtscore"))
    return sorted(videos, key=_natural_order)


def require_video_keys(path: Path, file: Any) -> list[str]:
    """Returns the `video_keys` of an open file, at least one.

    Raises:
        InputError: the file holds no annotated video; names `path`.
    """
    keys = video_keys(file)
    if not keys:
        raise InputError(f"{path} holds no annotated video", remedy="give a file of the eccv16 or Mr. HiSum layout")
    return keys


def sample_count(group: Any) -> int:
    """Returns N of a video, without reading its arrays.

    Raises:
        KeyError, TypeError, ValueError: it has neither picks nor gtscore, or they have more than one axis.
    """
    shape = own_dataset(group, "picks" if has_name(group, "picks") else "gtscore").shape
    if shape is None or len(shape) != 1:
        raise ValueError(f"samples of the shape {shape}")
    return int(shape[0])


def declared_kind(declared: Any) -> Kind | None:
    """Returns the value of a file's attribute `kind`; None where it is missing or not a known kind."""
    return next((kind for kind in get_args(Kind) if isinstance(declared, str) and declared == kind), None)


def learns_gtscore(declared: Kind | None, group: Any) -> bool:
    """Returns whether a network learns `gtscore` instead of the annotators' scores, as in videos of Mr. HiSum.

    Args:
        declared: what the file says its kind is.
        group: the video.
    """
    return declared == "mrhisum" or (declared is None and not has_name(group, "picks"))


def require_gtscore(stored: NDArray[Any], samples: int) -> NDArray[np.float32]:
    """Returns the stored `gtscore` as (N,) float32 in [0, 1].

    Raises:
        ValueError: another length, or values outside this range.
    """
    if len(stored) != samples:
        raise ValueError(f"gtscore has {len(stored)} values for {samples} samples")
    if not ((stored >= 0) & (stored <= 1 + _ROUNDING)).all():
        raise ValueError("gtscore is not within 0 and 1")
    return np.clip(stored.astype(np.float32), 0, 1)


def inclusive_shots(change_points: NDArray[Any], n_frames: int) -> NDArray[np.int64]:
    """Returns shots as (M, 2) first and last frame, both inclusive, from rows of either convention.

    Where every row ends at the number with which the next one begins, rows are [start, end); otherwise both numbers
    belong to the shot. The last row may end at `n_frames` or one before it under either convention (in Mr. HiSum's
    files it is sometimes one short).

    Args:
        change_points: (M, 2).
        n_frames: frames to cover.

    Raises:
        ValueError: they do not cover the frames 0 to n_frames - 1 without gap or overlap.
    """
    if change_points.shape[1:] != (2,) or not len(change_points):
        raise ValueError(f"change_points have the shape {change_points.shape}, not (M, 2)")
    if not np.isfinite(change_points).all():
        raise ValueError("change_points are not finite")
    rows = change_points.astype(np.int64)
    start, end = rows[:, 0], rows[:, 1]
    is_half_open = bool((start[1:] == end[:-1]).all()) and len(rows) > 1
    if start[0] != 0:
        raise ValueError(f"the shots begin at frame {start[0]}, not 0")
    if end[-1] not in (n_frames - 1, n_frames):
        raise ValueError(f"the shots end at frame {end[-1]}, the video at {n_frames - 1}")
    last = np.append(start[1:] - 1, n_frames - 1)
    meets = start[1:] == end[:-1] + (0 if is_half_open else 1)
    if not meets.all():
        where = int(np.argmin(meets))
        raise ValueError(f"the shots do not meet: one ends at {end[where]}, the next begins at {start[where + 1]}")
    if (last < start).any():
        raise ValueError("a shot is empty or runs backwards")
    return np.stack([start, last], axis=1)


def _natural_order(key: str) -> list[tuple[bool, int, str]]:
    """Returns a sort key: numbers by value, and before words."""
    return [(False, int(p), "") if p.isdecimal() else (True, 0, p) for p in key.split("_")]
