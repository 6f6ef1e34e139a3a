"""Checks everything in an annotated file and collects all problems.

Videos are read one at a time, by the functions that training and the benchmark read them with.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from vidsumm.datasets.annotation import Annotation
from vidsumm.datasets.feature_arrays import read_features
from vidsumm.datasets.feature_info import FeatureInfo, read_feature_info
from vidsumm.datasets.hdf5 import DAMAGE_ERRORS, has_name, is_hard_link, one_line, open_hdf5, own_dataset
from vidsumm.datasets.layout import video_keys
from vidsumm.datasets.reading import examine_video
from vidsumm.datasets.report import FileProblem, FileReport, Range, VideoReport

__all__ = ["check_file"]

_UNIT_TOLERANCE = 0.01
_SAMPLE_FIELDS = ("scores", "gtscore")


def check_file(
    path: Path, *, against: Path | None = None, on_progress: Callable[[int, int], None] | None = None
) -> FileReport:
    """Examines a file of either layout, with or without features.

    Args:
        path: the file.
        against: annotations that the file should hold unchanged; every difference is a problem.
        on_progress: called with the number of videos that are done and the number of all.

    Raises:
        InputError: one of the files is missing or not HDF5.
    """
    with open_hdf5(path) as file:
        check = _FileCheck(file)
        keys = video_keys(file)
        check.check_root(keys)
        for done, key in enumerate(keys, 1):
            check.check_video(key)
            if on_progress:
                on_progress(done, len(keys))
        check.check_whole_file()
        if against is not None:
            with open_hdf5(against) as other:
                check.compare_with(other, against.name)
        return check.report(path)


@dataclass
class _FileCheck:
    """Collects what is found in one open file."""

    file: Any
    problems: list[FileProblem] = field(default_factory=list)
    videos: list[VideoReport] = field(default_factory=list)
    ranges: dict[str, Range] = field(default_factory=dict)
    feature_info: FeatureInfo | None = None
    first_keys: dict[bytes, str] = field(default_factory=dict)
    """The first video with each digest of features, and with each name."""
    without_features: list[str] = field(default_factory=list)

    def report(self, path: Path) -> FileReport:
        order = ("features", "norms", "user_scores", "scores", "gtscore")
        ranges = {name: self.ranges[name] for name in order if name in self.ranges}
        problems = sorted(self.problems, key=lambda problem: problem.key != "")  # those of the whole file first
        return FileReport(path, path.stat().st_size, self.feature_info, tuple(self.videos), ranges, tuple(problems))

    def check_root(self, keys: list[str]) -> None:
        """Adds a problem for each name at the root that is not a video."""
        known = set(keys)
        for name in self.file:
            if name in known:
                continue
            if not is_hard_link(self.file, name):
                self._add(name, "is a link and is not followed", fatal=True)
            elif isinstance(self.file[name], h5py.Group):
                self._add(name, "is a group without picks or gtscore and is ignored", fatal=False)

    def check_video(self, key: str) -> None:
        try:
            annotation, faults = examine_video(self.file, key)
        except DAMAGE_ERRORS as error:
            return self._add(key, one_line(error), fatal=True)
        for fault in faults:
            self._add(key, fault.text, fatal=fault.is_fatal)
        self._check_links(key)
        features = self._check_features(key)
        if annotation is not None:
            self._add_video(annotation, features)
        return None

    def check_whole_file(self) -> None:
        """Adds the problems of the whole file, once all its videos are known."""
        if not self.videos and not self.problems:
            self._add("", "holds no annotated video", fatal=True)
        dims = sorted({video.channels for video in self.videos if video.channels is not None})
        if not dims:
            return
        for key in self.without_features:
            self._add(key, "features are missing", fatal=True)
        if len(dims) > 1:
            self._add("", f"features have different numbers of channels: {', '.join(map(str, dims))}", fatal=True)
        self._check_feature_info(dims)

    def compare_with(self, other: Any, name: str) -> None:
        """Adds a problem for each difference from an annotation file.

        Args:
            other: the annotation file, open.
            name: its name, for the messages.
        """
        expected = video_keys(other)
        found = {video.key for video in self.videos}
        for key in expected:
            if key in found:
                for text in _differences(examine_video(self.file, key)[0], examine_video(other, key)[0]):
                    self._add(key, f"{text} differ from {name}", fatal=True)
            elif not has_name(self.file, key):
                self._add(key, f"is in {name} but not here", fatal=False)
        for key in sorted(found - set(expected)):
            self._add(key, f"is not in {name}", fatal=False)

    def _add(self, key: str, text: str, *, fatal: bool) -> None:
        self.problems.append(FileProblem(key, text, fatal))

    def _check_links(self, key: str) -> None:
        group = self.file[key]
        for name in group:
            try:
                own_dataset(group, name)
            except DAMAGE_ERRORS as error:
                text = one_line(error)
                if not any(p.key == key and p.text == text for p in self.problems):
                    self._add(key, text, fatal=False)

    def _check_features(self, key: str) -> NDArray[np.float32] | None:
        """Returns the features of a video; None where there are none, or they cannot be used."""
        group = self.file[key]
        if not has_name(group, "features"):
            self.without_features.append(key)
            return None
        try:
            values = read_features(group, None)
        except DAMAGE_ERRORS as error:
            self._add(key, one_line(error), fatal=True)
            return None
        if not len(values):
            return None
        self._widen_range("features", values)
        norms = np.linalg.norm(values, axis=1)
        self._widen_range("norms", norms)
        if (norms == 0).any():
            self._add(key, f"{int((norms == 0).sum())} of {len(norms)} samples have features of zeros", fatal=False)
        self._require_unique(hashlib.blake2b(values.tobytes(), digest_size=16).digest(), key, "the same features")
        return values

    def _require_unique(self, mark: bytes, key: str, what: str) -> None:
        """Adds a problem where an earlier video has the same mark."""
        first = self.first_keys.setdefault(mark, key)
        if first != key:
            self._add(key, f"{what} as {first}: duplicates could be trained on and tested on", fatal=True)

    def _widen_range(self, name: str, values: NDArray[Any]) -> None:
        found = Range.of(values)
        self.ranges[name] = self.ranges[name].union(found) if name in self.ranges else found

    def _add_video(self, annotation: Annotation, features: NDArray[np.float32] | None) -> None:
        if annotation.name:
            mark = annotation.name.encode("utf-8", "replace")
            self._require_unique(mark, annotation.key, f"the same video_name {annotation.name!r}")
        for name in _SAMPLE_FIELDS:
            self._widen_range(name, getattr(annotation, name))
        if annotation.raw_scores is not None:
            self._widen_range("user_scores", annotation.raw_scores)
        self.videos.append(
            VideoReport(
                key=annotation.key,
                name=annotation.name,
                kind=annotation.kind,
                samples=len(annotation.picks),
                annotators=len(annotation.scores),
                shots=len(annotation.shots),
                duration_s=None if annotation.fps is None else annotation.n_frames / annotation.fps,
                channels=None if features is None else features.shape[1],
            )
        )

    def _check_feature_info(self, dims: list[int]) -> None:
        try:
            self.feature_info = read_feature_info(self.file)
        except DAMAGE_ERRORS as error:
            self._add("", f"does not say what its features are: {one_line(error)}", fatal=True)
            return
        null = self.feature_info.null_features
        if [len(null)] != dims:
            self._add("", f"null_features have {len(null)} channels, features {', '.join(map(str, dims))}", fatal=True)
        norms = self.ranges["norms"]
        is_unit = abs(norms.low - 1) < _UNIT_TOLERANCE and abs(norms.high - 1) < _UNIT_TOLERANCE
        length = float(np.linalg.norm(null))
        if is_unit and length and abs(length - 1) >= _UNIT_TOLERANCE:
            self._add("", f"features are of unit length, null_features of length {length:.3g}", fatal=False)


def _differences(found: Annotation | None, expected: Annotation | None) -> Iterator[str]:
    """Returns the names of the fields that are not the same."""
    if found is None or expected is None:
        return
    if (found.name, found.n_frames) != (expected.name, expected.n_frames):
        yield "video_name or n_frames"
    for name in ("picks", "scores", "shots", "user_summary", "gtscore"):
        if not np.array_equal(getattr(found, name), getattr(expected, name)):
            yield name
