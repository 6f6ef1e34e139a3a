"""What is in an annotated file, and all that is wrong with it.

Videos are examined by the functions that read them, one at a time.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from vidsumm.datasets.hdf5 import DAMAGE, has, is_own, member, one_line, open_hdf5
from vidsumm.datasets.layout import Annotation, examine, video_keys
from vidsumm.datasets.store import Description, describe, finite_features

__all__ = ["FileReport", "Problem", "Range", "VideoReport", "check_file"]

_UNIT_TOLERANCE = 0.01
_SAMPLE_FIELDS = ("scores", "gtscore")


@dataclass(frozen=True)
class Problem:
    """Something wrong."""

    key: str
    """The video's; empty where it concerns the file."""
    text: str
    is_fatal: bool
    """Whether the video or the file cannot be used for training; else only some measurements cannot be taken."""


@dataclass(frozen=True)
class Range:
    """Smallest and largest value."""

    low: float
    high: float

    @staticmethod
    def of(values: NDArray[Any]) -> "Range":
        """The range of an array that is not empty."""
        return Range(float(values.min()), float(values.max()))

    def joined(self, other: "Range") -> "Range":
        """The range of both."""
        return Range(min(self.low, other.low), max(self.high, other.high))


@dataclass(frozen=True)
class VideoReport:
    """What there is of one video that can be read."""

    key: str
    name: str
    kind: str
    samples: int
    annotators: int
    shots: int
    duration_s: float | None
    """None where the file does not give the source's fps."""
    channels: int | None
    """Of its features; None where there are none, or they cannot be used."""


@dataclass(frozen=True)
class FileReport:
    """What was found in a file."""

    path: Path
    size_bytes: int
    description: Description | None
    """None where the file does not say what its features are."""
    videos: tuple[VideoReport, ...]
    ranges: dict[str, Range]
    """Of ``features``, ``norms`` (of samples), ``scores``, ``gtscore`` and ``user_scores``, where there are any."""
    problems: tuple[Problem, ...]

    @property
    def is_usable(self) -> bool:
        """Whether nothing is fatal."""
        return not any(problem.is_fatal for problem in self.problems)

    @property
    def null_length(self) -> float | None:
        """Euclidean norm of the null features."""
        return None if self.description is None else float(np.linalg.norm(self.description.null_features))

    @property
    def has_features(self) -> bool:
        """Whether it is a feature file rather than annotations alone."""
        return any(video.channels is not None for video in self.videos)


def check_file(
    path: Path, *, against: Path | None = None, on_progress: Callable[[int, int], None] | None = None
) -> FileReport:
    """Examines a file of either layout, with or without features.

    Args:
        path: the file.
        against: annotations that it should hold; what differs is a problem.
        on_progress: told how many videos of how many are done.

    Raises:
        InputError: one of the files is missing or not HDF5.
    """
    with open_hdf5(path) as file:
        check = _Check(file)
        keys = video_keys(file)
        check.strangers(keys)
        for done, key in enumerate(keys, 1):
            check.video(key)
            if on_progress:
                on_progress(done, len(keys))
        check.whole()
        if against is not None:
            with open_hdf5(against) as other:
                check.compare(other, against.name)
        return check.report(path)


@dataclass
class _Check:
    """Gathers what is found."""

    file: Any
    problems: list[Problem] = field(default_factory=list)
    videos: list[VideoReport] = field(default_factory=list)
    ranges: dict[str, Range] = field(default_factory=dict)
    description: Description | None = None
    seen: dict[bytes, str] = field(default_factory=dict)
    """The first video of each digest of features and of each name."""
    without_features: list[str] = field(default_factory=list)

    def say(self, key: str, text: str, *, fatal: bool) -> None:
        self.problems.append(Problem(key, text, fatal))

    def report(self, path: Path) -> FileReport:
        order = ("features", "norms", "user_scores", "scores", "gtscore")
        ranges = {name: self.ranges[name] for name in order if name in self.ranges}
        problems = sorted(self.problems, key=lambda problem: problem.key != "")  # the file's first
        return FileReport(path, path.stat().st_size, self.description, tuple(self.videos), ranges, tuple(problems))

    def strangers(self, keys: list[str]) -> None:
        """Names at the root that are no videos."""
        known = set(keys)
        for name in self.file:
            if name in known:
                continue
            if not is_own(self.file, name):
                self.say(name, "is a link and is not followed", fatal=True)
            elif isinstance(self.file[name], h5py.Group):
                self.say(name, "is a group without picks or gtscore and is passed over", fatal=False)

    def video(self, key: str) -> None:
        try:
            annotation, faults = examine(self.file, key)
        except DAMAGE as error:
            return self.say(key, one_line(error), fatal=True)
        for fault in faults:
            self.say(key, fault.text, fatal=fault.is_fatal)
        self._links(key, self.file[key])
        features = self._features(key)
        if annotation is not None:
            self._note(annotation, features)
        return None

    def _links(self, key: str, group: Any) -> None:
        for name in group:
            try:
                member(group, name)
            except DAMAGE as error:
                text = one_line(error)
                if not any(p.key == key and p.text == text for p in self.problems):
                    self.say(key, text, fatal=False)

    def _features(self, key: str) -> NDArray[np.float32] | None:
        group = self.file[key]
        if not has(group, "features"):
            self.without_features.append(key)
            return None
        try:
            values = finite_features(group, None)
        except DAMAGE as error:
            self.say(key, one_line(error), fatal=True)
            return None
        if not len(values):
            return None
        self._widen("features", values)
        norms = np.linalg.norm(values, axis=1)
        self._widen("norms", norms)
        if (norms == 0).any():
            self.say(key, f"{int((norms == 0).sum())} of {len(norms)} samples have features of zeros", fatal=False)
        self._once(hashlib.blake2b(values.tobytes(), digest_size=16).digest(), key, "the same features")
        return values

    def _once(self, mark: bytes, key: str, what: str) -> None:
        first = self.seen.setdefault(mark, key)
        if first != key:
            self.say(key, f"{what} as {first}: a duplicate would sit on both sides of a split", fatal=True)

    def _widen(self, name: str, values: NDArray[Any]) -> None:
        found = Range.of(values)
        self.ranges[name] = self.ranges[name].joined(found) if name in self.ranges else found

    def _note(self, annotation: Annotation, features: NDArray[np.float32] | None) -> None:
        if annotation.name:
            self._once(
                annotation.name.encode("utf-8", "replace"), annotation.key, f"the same video_name {annotation.name!r}"
            )
        for name in _SAMPLE_FIELDS:
            self._widen(name, getattr(annotation, name))
        if annotation.raw_scores is not None:
            self._widen("user_scores", annotation.raw_scores)
        duration_s = None if annotation.fps is None else annotation.n_frames / annotation.fps
        channels = None if features is None else features.shape[1]
        self.videos.append(
            VideoReport(
                annotation.key,
                annotation.name,
                annotation.kind,
                len(annotation.picks),
                len(annotation.scores),
                len(annotation.shots),
                duration_s,
                channels,
            )
        )

    def whole(self) -> None:
        """What concerns the file, once its videos are known."""
        if not self.videos and not self.problems:
            self.say("", "holds no annotated video", fatal=True)
        dims = sorted({video.channels for video in self.videos if video.channels is not None})
        if not dims:
            return
        for key in self.without_features:
            self.say(key, "features are missing", fatal=True)
        if len(dims) > 1:
            self.say("", f"features have different numbers of channels: {', '.join(map(str, dims))}", fatal=True)
        self._own_words(dims)

    def _own_words(self, dims: list[int]) -> None:
        try:
            self.description = describe(self.file)
        except DAMAGE as error:
            self.say("", f"does not say what its features are: {one_line(error)}", fatal=True)
            return
        null = self.description.null_features
        if [len(null)] != dims:
            self.say("", f"null_features have {len(null)} channels, features {', '.join(map(str, dims))}", fatal=True)
        norms = self.ranges["norms"]
        is_unit = abs(norms.low - 1) < _UNIT_TOLERANCE and abs(norms.high - 1) < _UNIT_TOLERANCE
        length = float(np.linalg.norm(null))
        if is_unit and length and abs(length - 1) >= _UNIT_TOLERANCE:
            self.say("", f"features are of unit length, null_features of length {length:.3g}", fatal=False)

    def compare(self, other: Any, name: str) -> None:
        """What differs from an annotation file."""
        theirs = video_keys(other)
        mine = {video.key for video in self.videos}
        for key in theirs:
            if key in mine:
                for text in _differences(examine(self.file, key)[0], examine(other, key)[0]):
                    self.say(key, f"{text} differ from {name}", fatal=True)
            elif not has(self.file, key):
                self.say(key, f"is in {name} but not here", fatal=False)
        for key in sorted(mine - set(theirs)):
            self.say(key, f"is not in {name}", fatal=False)


def _differences(mine: Annotation | None, theirs: Annotation | None) -> Iterator[str]:
    """Names of the fields that are not the same."""
    if mine is None or theirs is None:
        return
    if (mine.name, mine.n_frames) != (theirs.name, theirs.n_frames):
        yield "video_name or n_frames"
    for name in ("picks", "scores", "shots", "user_summary", "gtscore"):
        if not np.array_equal(getattr(mine, name), getattr(theirs, name)):
            yield name
