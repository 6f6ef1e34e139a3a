"""Reads annotated videos from HDF5 files of either layout and finds what is wrong with them."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vidsumm.datasets.annotation import Annotation, Fault, Kind
from vidsumm.datasets.hdf5 import DAMAGE_ERRORS, has_name, one_line, open_hdf5, read_array, read_text
from vidsumm.datasets.layout import (
    CHECK_REMEDY,
    declared_kind,
    inclusive_shots,
    require_gtscore,
    require_video_keys,
    sample_count,
)
from vidsumm.errors import InputError

__all__ = ["examine_video", "read_annotation", "read_annotations"]


def read_annotations(path: Path) -> dict[str, Annotation]:
    """Reads the annotations of all videos in a file of either layout, with or without features, in natural order.

    Raises:
        InputError: not HDF5, no annotated video, or arrays that do not fit together.
    """
    with open_hdf5(path) as file:
        return {key: read_annotation(path, file, key) for key in require_video_keys(path, file)}


def read_annotation(path: Path, file: Any, name: str, key: str = "") -> Annotation:
    """Reads one video of an open file.

    Args:
        path: path of the file, for messages.
        file: the open file.
        name: name of the video's group.
        key: the annotation's `key`, where it is not the name of the group.

    Raises:
        InputError: its arrays do not fit together; the message names the first fault.
    """
    annotation, faults = examine_video(file, name)
    fatal = [fault.text for fault in faults if fault.is_fatal]
    if annotation is None or fatal:
        more = f" (and {len(fatal) - 1} more)" if len(fatal) > 1 else ""
        raise InputError(f"{path}: {name}: {fatal[0]}{more}", remedy=CHECK_REMEDY)
    return replace(annotation, key=key or name)


def examine_video(file: Any, key: str) -> tuple[Annotation | None, list[Fault]]:
    """Reads one video and collects all that is wrong with it; the annotation is None where a fault is fatal."""
    reader = _VideoReader(file[key])
    try:
        annotation = reader.read(key, file.attrs.get("kind"))
    except DAMAGE_ERRORS as error:
        if not reader.has_fatal_fault:  # otherwise the error only follows from the fault
            reader.add_fault(one_line(error) or type(error).__name__)
        annotation = None
    return None if reader.has_fatal_fault else annotation, reader.faults


@dataclass
class _VideoReader:
    """Reads the group of one video and collects its faults."""

    group: Any
    faults: list[Fault] = field(default_factory=list)

    @property
    def has_fatal_fault(self) -> bool:
        return any(fault.is_fatal for fault in self.faults)

    @property
    def has_picks(self) -> bool:
        """Whether the video has the eccv16 layout; otherwise it has that of Mr. HiSum."""
        return has_name(self.group, "picks")

    def add_fault(self, text: str) -> None:
        self.faults.append(Fault(text, is_fatal=True))

    def add_warning(self, text: str) -> None:
        self.faults.append(Fault(text, is_fatal=False))

    def read(self, key: str, declared: Any) -> Annotation | None:
        """Returns the annotation; None where something fatal was found.

        Args:
            key: key of the annotation.
            declared: the attribute `kind` of the file.
        """
        clock = self._read_clock()
        name = self._read_name()
        if clock is None:
            return None
        picks, n_frames = clock
        raw = self._read_raw_scores(len(picks), n_frames)
        kind = self._find_kind(declared, raw, len(picks))
        summary = self._read_summary(n_frames)
        gtscore = self._read_gtscore(len(picks))
        shots = self._read_shots(n_frames)
        if self.has_fatal_fault:
            return None
        scores = self._derive_scores(kind, raw, summary, gtscore, picks)
        if scores is None:
            return None
        self._warn_of_constant_scores(scores)
        fps = self._read_fps()
        mean = scores.mean(axis=0, dtype=np.float64).astype(np.float32)
        if summary is None:
            self.add_warning("user_summary is missing: F1 cannot be measured")
            summary = np.zeros((0, n_frames), np.bool_)
        truth = mean if gtscore is None else gtscore
        return Annotation(key, name, n_frames, picks, scores, shots, summary, truth, raw, kind, fps)

    def _require(self, holds: bool | np.bool_, text: str) -> bool:
        """Adds the fault `text` unless `holds`; returns whether it does."""
        if not holds:
            self.add_fault(text)
        return bool(holds)

    def _read_optional(self, name: str, ndim: int) -> NDArray[Any] | None:
        """Returns an array that may be missing; one that is damaged is a fault."""
        if not has_name(self.group, name):
            return None
        try:
            return read_array(self.group, name, ndim)
        except DAMAGE_ERRORS as error:
            self.add_fault(one_line(error))
            return None

    def _read_clock(self) -> tuple[NDArray[np.int64], int] | None:
        """Returns the picks and the number of frames."""
        try:
            if not self.has_picks:
                count = sample_count(self.group)
                self._require(count > 0, "gtscore is empty")
                self._require(read_array(self.group, "gtscore", 1).shape == (count,), "gtscore is damaged")
                return np.arange(count), count
            picks = read_array(self.group, "picks", 1)
            n_frames = int(read_array(self.group, "n_frames", 0))
        except DAMAGE_ERRORS as error:
            self.add_fault(one_line(error))
            return None
        whole = picks.astype(np.int64) if np.isfinite(picks).all() else np.array([], np.int64)
        ascending = len(whole) and (np.diff(whole, prepend=-1) > 0).all() and (whole == picks).all()
        if not self._require(bool(ascending), "picks are not ascending frame numbers"):
            return None
        self._require(whole[-1] < n_frames, f"the last pick {whole[-1]} lies beyond the {n_frames} frames")
        return whole, n_frames

    def _read_name(self) -> str:
        try:
            return read_text(self.group, "video_name") if has_name(self.group, "video_name") else ""
        except DAMAGE_ERRORS as error:
            self.add_fault(one_line(error))
            return ""

    def _find_kind(self, declared: Any, raw: NDArray[np.float32] | None, samples: int) -> Kind:
        known = declared_kind(declared)
        if known is not None:
            return known
        if not self.has_picks:
            return "mrhisum"
        if raw is None:
            return "other"
        return "tvsum" if raw.shape[1] == samples else "summe"

    def _read_raw_scores(self, samples: int, n_frames: int) -> NDArray[np.float32] | None:
        stored = self._read_optional("user_scores", 2)
        if stored is None:
            return None
        raw = stored.astype(np.float32)
        fits = raw.shape[1] in (samples, n_frames) and len(raw) > 0
        self._require(fits, f"user_scores {raw.shape} fit neither the {samples} picks nor the {n_frames} frames")
        self._require(np.isfinite(raw).all() and (raw >= 0).all(), "user_scores are not finite numbers of 0 or more")
        return raw

    def _read_summary(self, n_frames: int) -> NDArray[np.bool_] | None:
        """Returns the annotators' summaries (U, n_frames); in a video of Mr. HiSum, its only one."""
        if self.has_picks:
            stored = self._read_optional("user_summary", 2)
        else:
            name = "gt_summary" if has_name(self.group, "gt_summary") else "gtsummary"
            single = self._read_optional(name, 1)
            stored = None if single is None else single[None]
        if stored is None:
            return None
        shape = stored.shape
        self._require(shape[1] == n_frames and shape[0] > 0, f"user_summary {shape} does not fit {n_frames} frames")
        self._require(((stored == 0) | (stored == 1)).all(), "user_summary is not binary")
        return stored.astype(np.bool_)

    def _read_gtscore(self, samples: int) -> NDArray[np.float32] | None:
        stored = self._read_optional("gtscore", 1)
        if stored is None:
            return None
        try:
            return require_gtscore(stored, samples)
        except ValueError as error:
            self.add_fault(str(error))
            return None

    def _read_shots(self, n_frames: int) -> NDArray[np.int64]:
        stored = self._read_optional("change_points", 2)
        none = np.zeros((0, 2), np.int64)
        if stored is None:
            if not has_name(self.group, "change_points"):
                self.add_warning("change_points are missing: summaries of the benchmark's shots cannot be measured")
            return none
        try:
            shots = inclusive_shots(stored, n_frames)
        except ValueError as error:
            self.add_fault(str(error))
            return none
        lengths = self._read_optional("n_frame_per_seg", 1)
        if lengths is not None and not np.array_equal(lengths, shots[:, 1] - shots[:, 0] + 1):
            self.add_warning("n_frame_per_seg does not agree with change_points")
        return shots

    def _read_fps(self) -> float | None:
        stored = self._read_optional("fps", 0)
        if stored is None:
            return None if self.has_picks else 1.0  # a "frame" of Mr. HiSum is a second
        fps = float(stored)
        self._require(np.isfinite(fps) and 0 < fps <= 1000, f"fps is {fps:g}")
        return fps

    def _derive_scores(
        self,
        kind: Kind,
        raw: NDArray[np.float32] | None,
        summary: NDArray[np.bool_] | None,
        gtscore: NDArray[np.float32] | None,
        picks: NDArray[np.int64],
    ) -> NDArray[np.float32] | None:
        """Returns `Annotation.scores`, (U, N) in [0, 1]; None where the file has nothing to derive them from."""
        if kind == "mrhisum" and gtscore is not None:
            return gtscore[None]
        if raw is not None and raw.shape[1] == len(picks):
            highest = np.maximum(raw.max(axis=1, keepdims=True), 1e-6)
            shares: NDArray[np.float32] = (raw / highest).astype(np.float32)
            return shares
        if summary is None:
            self.add_fault("user_summary is missing")
            return None
        return summary[:, picks].astype(np.float32)

    def _warn_of_constant_scores(self, scores: NDArray[np.float32]) -> None:
        constant = np.flatnonzero(np.ptp(scores, axis=1) == 0)
        if len(constant):
            self.add_warning(f"{len(constant)} of {len(scores)} annotators give every sample the same score")
