"""Annotated videos in the two HDF5 layouts of the field.

*eccv16* (SumMe, TVSum): one group for each video with `picks` (N,) frame index of each sample, `n_frames`,
`change_points` (M, 2), `n_frame_per_seg` (M,), `user_summary` (U, n_frames) binary, `user_scores` (U, N) or
(U, n_frames), `gtscore` (N,), `video_name` and, here, `fps`; `features` (N, C) in feature files.

*Mr. HiSum*: groups without picks, one sample a second: `gtscore` (N,), `change_points` (M, 2), `gt_summary` (N,) and
`features` (N, C).

Files disagree on whether the second column of `change_points` belongs to its shot; the rows themselves tell.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

import h5py
import numpy as np
from numpy.typing import NDArray

from vidsumm.datasets.hdf5 import DAMAGE, array_of, has, is_own, member, one_line, open_hdf5, text_of
from vidsumm.errors import InputError

__all__ = [
    "Annotation",
    "Fault",
    "Kind",
    "examine",
    "read_annotation",
    "read_annotations",
    "sample_count",
    "video_keys",
]

Kind = Literal["tvsum", "summe", "mrhisum", "other"]
"""Whose conventions hold for a video."""

_ROUNDING = 1e-5  # by which a stored score may pass 1
_CHECK = "see `vidsumm data check` for all that is wrong with it"


@dataclass(frozen=True)
class Annotation:
    """What people said about one video, on the benchmark's own clock. U annotators, N samples, M shots."""

    key: str
    """Group name, for example ``video_7``."""
    name: str
    """The video's own name; empty where the file has none."""
    n_frames: int
    """Frames of the source; of a video of Mr. HiSum, seconds."""
    picks: NDArray[np.int64]
    """(N,) source frame of each sample."""
    scores: NDArray[np.float32]
    """(U, N) in [0, 1], what a network learns: each annotator's scores over that annotator's maximum, or a binary
    summary, at the picks; of Mr. HiSum, `gtscore` as the one annotator."""
    shots: NDArray[np.int64]
    """(M, 2) first and last frame of each shot, both inclusive, covering the video; (0, 2) where the file has none."""
    user_summary: NDArray[np.bool_]
    """(U, n_frames); (0, n_frames) where the file has none."""
    gtscore: NDArray[np.float32]
    """(N,) in [0, 1]; the mean of `scores` where the file has none."""
    raw_scores: NDArray[np.float32] | None = None
    """`user_scores` as stored: (U, N), 1 to 5 in TVSum, or (U, n_frames), ordinal in SumMe."""
    kind: Kind = "other"
    fps: float | None = None
    """Frames per second of the source, where the file says so."""


@dataclass(frozen=True)
class Fault:
    """Something wrong with a video."""

    text: str
    is_fatal: bool
    """Whether the video cannot be used; else only some measurements cannot be taken."""


def read_annotations(path: Path) -> dict[str, Annotation]:
    """Annotations of every video in a file of either layout, with or without features, in natural order of their keys.

    Raises:
        InputError: not HDF5, no annotated video, or arrays that do not agree.
    """
    with open_hdf5(path) as file:
        found = {key: read_annotation(path, file, key) for key in video_keys(file)}
    if not found:
        raise InputError(f"{path} holds no annotated video", remedy="give a file of the eccv16 or Mr. HiSum layout")
    return found


def read_annotation(path: Path, file: Any, name: str, key: str = "") -> Annotation:
    """One video of an open file.

    Args:
        path: of the file, for messages.
        file: open.
        name: of the video's group.
        key: by which the annotation is to go, where not by that name.

    Raises:
        InputError: its arrays do not agree; the first fault is named.
    """
    annotation, faults = examine(file, name)
    fatal = [fault.text for fault in faults if fault.is_fatal]
    if annotation is None or fatal:
        more = f" (and {len(fatal) - 1} more)" if len(fatal) > 1 else ""
        raise InputError(f"{path}: {name}: {fatal[0]}{more}", remedy=_CHECK)
    return replace(annotation, key=key or name)


def video_keys(file: Any) -> list[str]:
    """Names of the groups that are videos, in natural order; links are passed over."""
    keys = [key for key in file if is_own(file, key) and isinstance(file[key], h5py.Group)]
    return sorted((key for key in keys if is_own(file[key], "picks") or is_own(file[key], "gtscore")), key=_natural)


def sample_count(group: Any) -> int:
    """N of a video, without reading its arrays.

    Raises:
        KeyError, TypeError, ValueError: it has neither picks nor gtscore.
    """
    shape = member(group, "picks" if has(group, "picks") else "gtscore").shape
    if shape is None or len(shape) != 1:
        raise ValueError(f"samples of the shape {shape}")
    return int(shape[0])


def declared_kind(declared: Any) -> Kind | None:
    """The value of a file's attribute `kind`, where it is one."""
    return next((kind for kind in get_args(Kind) if isinstance(declared, str) and declared == kind), None)


def learns_gtscore(declared: Kind | None, group: Any) -> bool:
    """Whether a network learns `gtscore`, not what single annotators said: in videos of Mr. HiSum."""
    return declared == "mrhisum" or (declared is None and not has(group, "picks"))


def require_gtscore(stored: NDArray[Any], samples: int) -> NDArray[np.float32]:
    """(N,) float32 in [0, 1].

    Raises:
        ValueError: another length, or values that are not in this range.
    """
    if len(stored) != samples:
        raise ValueError(f"gtscore has {len(stored)} values for {samples} samples")
    if not ((stored >= 0) & (stored <= 1 + _ROUNDING)).all():
        raise ValueError("gtscore is not within 0 and 1")
    return np.clip(stored.astype(np.float32), 0, 1)


def examine(file: Any, key: str) -> tuple[Annotation | None, list[Fault]]:
    """One video and all that is wrong with it; None in place of the video where a fault is fatal."""
    look = _Examination(file[key])
    try:
        annotation = look.annotation(key, file.attrs.get("kind"))
    except DAMAGE as error:  # what could not be read any further because of faults found before
        if not look.is_spoilt:
            look.fault(one_line(error) or type(error).__name__)
        annotation = None
    return None if look.is_spoilt else annotation, look.faults


def _natural(key: str) -> list[tuple[bool, int, str]]:
    """Numbers by value and before words."""
    return [(False, int(p), "") if p.isdecimal() else (True, 0, p) for p in key.split("_")]


@dataclass
class _Examination:
    """Reads a group and keeps what is wrong with it."""

    group: Any
    faults: list[Fault] = field(default_factory=list)

    @property
    def is_spoilt(self) -> bool:
        return any(fault.is_fatal for fault in self.faults)

    def fault(self, text: str) -> None:
        self.faults.append(Fault(text, is_fatal=True))

    def note(self, text: str) -> None:
        self.faults.append(Fault(text, is_fatal=False))

    def require(self, holds: bool | np.bool_, text: str) -> bool:
        if not holds:
            self.fault(text)
        return bool(holds)

    def optional(self, name: str, ndim: int) -> NDArray[Any] | None:
        """An array that may be missing, but not damaged."""
        if not has(self.group, name):
            return None
        try:
            return array_of(self.group, name, ndim)
        except DAMAGE as error:
            self.fault(one_line(error))
            return None

    def annotation(self, key: str, declared: Any) -> Annotation | None:
        clock = self._clock()
        name = self._name()
        if clock is None:
            return None
        picks, n_frames = clock
        raw = self._raw_scores(len(picks), n_frames)
        kind = self._kind(declared, raw, len(picks))
        summary = self._summary(n_frames)
        gtscore = self._gtscore(len(picks))
        shots = self._shots(n_frames)
        if self.is_spoilt:
            return None
        scores = self._targets(kind, raw, summary, gtscore, picks)
        if scores is None:
            return None
        self._flat_annotators(scores)
        fps = self._fps()
        mean = scores.mean(axis=0, dtype=np.float64).astype(np.float32)
        if summary is None:
            self.note("user_summary is missing: F1 cannot be measured")
            summary = np.zeros((0, n_frames), np.bool_)
        truth = mean if gtscore is None else gtscore
        return Annotation(key, name, n_frames, picks, scores, shots, summary, truth, raw, kind, fps)

    def _clock(self) -> tuple[NDArray[np.int64], int] | None:
        """Picks and number of frames."""
        try:
            if not has(self.group, "picks"):  # Mr. HiSum
                count = sample_count(self.group)
                self.require(count > 0, "gtscore is empty")
                self.require(array_of(self.group, "gtscore", 1).shape == (count,), "gtscore is damaged")
                return np.arange(count), count
            picks = array_of(self.group, "picks", 1)
            n_frames = int(array_of(self.group, "n_frames", 0))
        except DAMAGE as error:
            self.fault(one_line(error))
            return None
        whole = picks.astype(np.int64) if np.isfinite(picks).all() else np.array([], np.int64)
        ascending = len(whole) and (np.diff(whole, prepend=-1) > 0).all() and (whole == picks).all()
        if not self.require(bool(ascending), "picks are not ascending frame numbers"):
            return None
        self.require(whole[-1] < n_frames, f"the last pick {whole[-1]} is no frame of the {n_frames}")
        return whole, n_frames

    def _name(self) -> str:
        try:
            return text_of(self.group, "video_name") if has(self.group, "video_name") else ""
        except DAMAGE as error:
            self.fault(one_line(error))
            return ""

    def _kind(self, declared: Any, raw: NDArray[np.float32] | None, samples: int) -> Kind:
        known = declared_kind(declared)
        if known is not None:
            return known
        if not has(self.group, "picks"):
            return "mrhisum"
        if raw is None:
            return "other"
        return "tvsum" if raw.shape[1] == samples else "summe"

    def _raw_scores(self, samples: int, n_frames: int) -> NDArray[np.float32] | None:
        stored = self.optional("user_scores", 2)
        if stored is None:
            return None
        raw = stored.astype(np.float32)
        fits = raw.shape[1] in (samples, n_frames) and len(raw) > 0
        self.require(fits, f"user_scores {raw.shape} fit neither the {samples} picks nor the {n_frames} frames")
        self.require(np.isfinite(raw).all() and (raw >= 0).all(), "user_scores are not finite numbers of 0 or more")
        return raw

    def _summary(self, n_frames: int) -> NDArray[np.bool_] | None:
        if has(self.group, "picks"):
            stored = self.optional("user_summary", 2)
        else:
            single = self.optional("gt_summary", 1) if has(self.group, "gt_summary") else self.optional("gtsummary", 1)
            stored = None if single is None else single[None]
        if stored is None:
            return None
        shape = stored.shape
        self.require(shape[1] == n_frames and shape[0] > 0, f"user_summary {shape} does not fit {n_frames} frames")
        self.require(((stored == 0) | (stored == 1)).all(), "user_summary is not binary")
        return stored.astype(np.bool_)

    def _gtscore(self, samples: int) -> NDArray[np.float32] | None:
        stored = self.optional("gtscore", 1)
        if stored is None:
            return None
        try:
            return require_gtscore(stored, samples)
        except ValueError as error:
            self.fault(str(error))
            return None

    def _shots(self, n_frames: int) -> NDArray[np.int64]:
        stored = self.optional("change_points", 2)
        none = np.zeros((0, 2), np.int64)
        if stored is None:
            if not has(self.group, "change_points"):
                self.note("change_points are missing: summaries of the benchmark's shots cannot be measured")
            return none
        try:
            shots = inclusive_shots(stored, n_frames)
        except ValueError as error:
            self.fault(str(error))
            return none
        lengths = self.optional("n_frame_per_seg", 1)
        if lengths is not None and not np.array_equal(lengths, shots[:, 1] - shots[:, 0] + 1):
            self.note("n_frame_per_seg does not agree with change_points")
        return shots

    def _fps(self) -> float | None:
        stored = self.optional("fps", 0)
        if stored is None:
            return None if has(self.group, "picks") else 1.0
        fps = float(stored)
        self.require(np.isfinite(fps) and 0 < fps <= 1000, f"fps is {fps:g}")
        return fps

    def _targets(
        self,
        kind: Kind,
        raw: NDArray[np.float32] | None,
        summary: NDArray[np.bool_] | None,
        gtscore: NDArray[np.float32] | None,
        picks: NDArray[np.int64],
    ) -> NDArray[np.float32] | None:
        """(U, N) in [0, 1]."""
        if kind == "mrhisum" and gtscore is not None:
            return gtscore[None]
        if raw is not None and raw.shape[1] == len(picks):
            highest = np.maximum(raw.max(axis=1, keepdims=True), 1e-6)
            shares: NDArray[np.float32] = (raw / highest).astype(np.float32)
            return shares
        if summary is None:
            self.fault("user_summary is missing")
            return None
        return summary[:, picks].astype(np.float32)

    def _flat_annotators(self, scores: NDArray[np.float32]) -> None:
        flat = np.flatnonzero(np.ptp(scores, axis=1) == 0)
        if len(flat):
            self.note(f"{len(flat)} of {len(scores)} annotators give every sample the same score")


def inclusive_shots(change_points: NDArray[Any], n_frames: int) -> NDArray[np.int64]:
    """Shots as first and last frame, both inclusive, from rows of either convention.

    Rows whose second number is where the next row begins are [start, end); else both numbers belong to the shot. The
    last row may end at `n_frames` or one before it under either convention (Mr. HiSum's sometimes lack one).

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
    open_ended = bool((start[1:] == end[:-1]).all()) and len(rows) > 1
    if start[0] != 0:
        raise ValueError(f"the shots begin at frame {start[0]}, not 0")
    if end[-1] not in (n_frames - 1, n_frames):
        raise ValueError(f"the shots end at frame {end[-1]}, the video at {n_frames - 1}")
    last = np.append(start[1:] - 1, n_frames - 1)
    meets = start[1:] == end[:-1] + (0 if open_ended else 1)
    if not meets.all():
        where = int(np.argmin(meets))
        raise ValueError(f"the shots do not meet: one ends at {end[where]}, the next begins at {start[where + 1]}")
    if (last < start).any():
        raise ValueError("a shot is empty or runs backwards")
    return np.stack([start, last], axis=1)
