"""Turns clips in seconds into cut plans of whole frames; pure arithmetic, no file is touched."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vidsumm.errors import ConfigError
from vidsumm.video.info import VideoInfo

__all__ = ["CutPlan", "FrameClock", "earliest_times", "frame_clock", "plan_cut", "union_pieces", "widen_to_keys"]

MAX_TICKS_PER_S = 1_000_000
"""Finer clocks overflow the 32-bit sample durations of MP4 when a picture stands still."""
COARSE_TICKS_PER_S = 90_000
"""The clock used in place of a finer one."""
MAX_RATE_DENOMINATOR = 1001
"""Rates with a larger denominator are averages over a file, not rates that a camera was set to."""
HELD_S = 0.25
"""An edge of a clip that is further than this from every edge of a frame lies in a still picture; it is not moved."""


@dataclass(frozen=True, eq=False)
class FrameClock:
    """When each frame is shown, on the clock of the files that are cut."""

    time_base: Fraction
    """Seconds per tick."""
    ticks: NDArray[np.int64]
    """(F + 1,) beginning of every frame, counted from the first one, ascending, and the end of the last one."""

    @property
    def frames(self) -> int:
        """Number of frames F."""
        return len(self.ticks) - 1

    @property
    def is_steady(self) -> bool:
        """Whether all intervals between frames are alike: the longest is at most 1.5 times the shortest.

        Only then can pictures be coded in another order than shown without odd decoding times.
        """
        steps = np.diff(self.ticks)
        return bool(2 * steps.max() <= 3 * steps.min())

    def seconds(self, ticks: NDArray[np.int64]) -> NDArray[np.float64]:
        """Converts `ticks` of any shape to seconds."""
        return ticks.astype(np.float64) * self.time_base.numerator / self.time_base.denominator


@dataclass(frozen=True, eq=False)
class CutPlan:
    """What one summary shows of the source: P clips in order."""

    clock: FrameClock
    ticks: NDArray[np.int64]
    """(P, 2) beginning and end of each clip on `clock`; ascending, clips neither touch nor overlap."""
    ranges: NDArray[np.int64]
    """(P, 2) frames [first, last) of each clip. Only a still picture may be shown for a part of its time."""

    @property
    def clips_s(self) -> NDArray[np.float64]:
        """(P, 2) beginning and end of each clip, seconds since the first frame of the source."""
        return self.clock.seconds(self.ticks)

    @property
    def duration_s(self) -> float:
        """Length of the summary, seconds."""
        return float(int(np.diff(self.ticks).sum()) * self.clock.time_base)

    @property
    def frames(self) -> int:
        """Number of frames in the summary."""
        return int(np.diff(self.ranges).sum())


def frame_clock(info: VideoInfo) -> FrameClock:
    """Returns the clock for files cut from `info`.

    If the time stamps of the source are a constant rate up to the container's rounding, the clock gets exactly that
    rate, so that 29.97 fps in containers that count milliseconds stays 30000/1001. Otherwise the clock keeps the ticks
    of the source.
    """
    for rate in (info.video.real_rate, info.video.average_rate):
        if rate > 0 and rate.denominator <= MAX_RATE_DENOMINATOR and _has_rate(info, rate):
            return FrameClock(1 / rate, np.arange(len(info.frame_pts) + 1, dtype=np.int64))
    ticks = np.append(info.frame_pts, info.end_pts) - info.frame_pts[0]
    base = info.video.time_base
    if base.denominator > MAX_TICKS_PER_S:
        scale = COARSE_TICKS_PER_S * base
        return FrameClock(Fraction(1, COARSE_TICKS_PER_S), _round(ticks * scale.numerator / scale.denominator))
    return FrameClock(Fraction(1, base.denominator), ticks * base.numerator)


def plan_cut(info: VideoInfo, clips_s: ArrayLike, *, clock: FrameClock | None = None) -> CutPlan:
    """Moves the edges of clips to whole frames.

    Each edge moves to the nearest edge of a frame, unless it lies inside a picture that stands still for long, which
    may be shown for a part of its time. A clip is never shorter than one frame; clips that touch or overlap become one.

    Args:
        info: the source.
        clips_s: (P, 2) beginning and end of each clip, ascending, seconds since the first frame.
        clock: `frame_clock(info)`, given to share it between plans.

    Raises:
        ConfigError: there is no clip, or the clips are not ascending pairs inside the video.
    """
    clock = clock or frame_clock(info)
    clips = np.asarray(clips_s, dtype=np.float64)
    if clips.ndim != 2 or clips.shape[1:] != (2,) or not len(clips):
        raise ConfigError(f"clips to cut have the shape {clips.shape}", remedy="give at least one (begin, end) pair")
    begins, ends = clips[:, 0], clips[:, 1]
    if not (np.isfinite(clips).all() and (begins < ends).all() and (np.diff(begins) >= 0).all()):
        raise ConfigError("clips to cut are not ascending pairs", remedy="give begin < end, in order")
    if (begins >= info.duration_s).any() or (ends <= 0).any():
        raise ConfigError(f"a clip to cut lies outside the video's {info.duration_s:.3f} s", remedy="give clips inside")
    return _plan(clock, _merge(_extend_to_one_frame(clock, _move_to_frames(clock, clips))))


def earliest_times(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns for each frame the earliest time that still counts as the time of that frame.

    It is a quarter of an interval before the frame, so that rounding of times cannot turn one frame into another.

    Args:
        times: (F,) times of the frames, ascending, in any unit.
    """
    early = times - np.diff(times, prepend=times[0]) / 4
    early[0] = times[0] - 1
    return early


def union_pieces(plans: Sequence[CutPlan]) -> NDArray[np.int64]:
    """Divides what the summaries of a video show into pieces, of which every clip of every summary is made.

    Args:
        plans: summaries of the same source.

    Returns:
        (Q, 2) frames [first, last) of each piece, ascending and disjoint: everything that any summary shows, split
        wherever a clip of any summary begins or ends.
    """
    ranges = np.concatenate([plan.ranges for plan in plans])
    edges = np.unique(ranges)
    cover = np.zeros(len(edges), dtype=np.int64)
    np.add.at(cover, np.searchsorted(edges, ranges[:, 0]), 1)
    np.subtract.at(cover, np.searchsorted(edges, ranges[:, 1]), 1)
    used = np.cumsum(cover)[:-1] > 0
    return np.stack([edges[:-1], edges[1:]], axis=1)[used]


def widen_to_keys(plan: CutPlan, key_idx: NDArray[np.int64]) -> CutPlan:
    """Widens the clips of a plan until each begins with a key frame and ends before one or with the video.

    Args:
        plan: what is wanted.
        key_idx: (K,) indices of the key frames, ascending.
    """
    begins = np.maximum(np.searchsorted(key_idx, plan.ranges[:, 0], side="right") - 1, 0)
    stops = np.append(key_idx, plan.clock.frames)
    ends = np.searchsorted(stops, plan.ranges[:, 1])
    frames = np.stack([key_idx[begins], np.maximum(stops[ends], stops[begins + 1])], axis=1)
    return _plan(plan.clock, _merge(plan.clock.ticks[frames]))


def _has_rate(info: VideoInfo, rate: Fraction) -> bool:
    """Returns whether the frames follow each other at exactly this rate, up to the container's rounding."""
    times = np.arange(len(info.frame_pts)) * rate.denominator / rate.numerator
    ends_in_step = abs(info.duration_s * rate - len(info.frame_pts)) < 1
    return bool(ends_in_step and np.abs(info.frame_times_s - times).max() <= 1.001 * info.video.time_base)


def _round(ticks: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.rint(ticks).astype(np.int64)


def _move_to_frames(clock: FrameClock, clips_s: NDArray[np.float64]) -> NDArray[np.int64]:
    """Returns the clips in ticks, each edge moved to the nearest edge of a frame unless it lies in a still picture."""
    exact = clips_s * clock.time_base.denominator / clock.time_base.numerator
    exact = np.clip(exact, 0, clock.ticks[-1])
    after = np.clip(np.searchsorted(clock.ticks, exact), 1, clock.frames)
    below, above = clock.ticks[after - 1], clock.ticks[after]
    nearest = np.where(exact - below < above - exact, below, above)
    is_held = np.abs(nearest - exact) * float(clock.time_base) > HELD_S
    return np.where(is_held, _round(exact), nearest)


def _extend_to_one_frame(clock: FrameClock, clips: NDArray[np.int64]) -> NDArray[np.int64]:
    """Extends empty clips to the end of the frame in which they begin."""
    begins = np.minimum(clips[:, 0], clock.ticks[-2])
    following = clock.ticks[np.searchsorted(clock.ticks, begins, side="right")]
    return np.stack([begins, np.where(clips[:, 1] > begins, clips[:, 1], following)], axis=1)


def _merge(clips: NDArray[np.int64]) -> NDArray[np.int64]:
    """Makes one clip of clips that touch or overlap."""
    reach = np.maximum.accumulate(clips[:, 1])
    opens = np.append(True, clips[1:, 0] > reach[:-1])
    closes = np.append(opens[1:], True)
    return np.stack([clips[opens, 0], reach[closes]], axis=1)


def _plan(clock: FrameClock, clips: NDArray[np.int64]) -> CutPlan:
    first = np.searchsorted(clock.ticks, clips[:, 0], side="right") - 1
    last = np.searchsorted(clock.ticks, clips[:, 1])
    return CutPlan(clock, clips, np.stack([first, last], axis=1).astype(np.int64))
